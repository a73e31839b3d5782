//! An entry denies the key to a group, or only accounts that no longer exist have access.

use super::key_access::{self, Reader};
use super::prelude::*;
use crate::case::key_file_link::{self, KeyFileArtifacts};
use crate::model::{
    access::{AccessList, AccessMask, Ace, AceKind, Principal},
    principal,
};

/// The rule.
pub(super) struct AclDenyOrOrphanSid;

static META: RuleMeta = RuleMeta {
    name: "acl-deny-or-orphan-sid",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::RootCause,
    confidence: Confidence::Possible,
    summary: "an entry denies the key, or only unknown accounts have access to it",
    sources: &[sources::DENY_INFERENCE],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/acl-deny-or-orphan-sid.md"),
};

/// The account that opens the key for a workload.
fn reader(c: &Credential, target: &Target) -> Option<&'static Reader> {
    if target.workload.name == "dotnet" {
        return Some(&key_access::APP_POOL);
    }
    super::key_file_service_account_no_read::reader(c, target)
        .map(|(reader, _)| reader)
        .or_else(|| super::key_file_no_system_access::reader(c, target).map(|(reader, _)| reader))
}

/// A denial of reading for the account or a group that it is in.
fn denial<'a>(list: &'a AccessList, reader: &Reader) -> Option<&'a Ace> {
    let tokens: Vec<String> = reader.accounts.iter().flat_map(|account| principal::token_of(account)).collect();
    let who: Vec<&str> = tokens.iter().map(String::as_str).collect();
    let found =
        list.entries_about(&who).find(|a| a.kind == AceKind::Deny && a.mask.is_some_and(AccessMask::can_read))?;
    list.entries.iter().find(|a| *a == found)
}

/// Every entry that allows is for an account whose name the tool could not find. SDDL shows SIDs where there is a name too.
fn orphans(list: &AccessList) -> bool {
    let mut allowed = list.entries.iter().filter(|a| a.kind == AceKind::Allow).peekable();
    let unresolved = |a: &Ace| {
        matches!(&a.principal.value, Principal::Sid(sid) if sid.starts_with("S-1-5-21-"))
            && a.printed.trim().to_ascii_uppercase().starts_with("S-1-5-21-")
    };
    list.complete && !list.by_sid && allowed.peek().is_some() && allowed.all(unresolved)
}

impl CaseRule for AclDenyOrOrphanSid {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        let artifacts = KeyFileArtifacts::of(case);
        if !artifacts.shows_permissions() {
            return out.not_applicable("no permissions of key files are among the inputs");
        }
        for (c, targets) in key_access::judged(case, cx) {
            let mut lists = artifacts.lists_of(c);
            let files = lists.len();
            if let Some(folder) = key_file_link::folder(c) {
                lists.extend(artifacts.folder_lists(&folder));
            }
            let out = out.about(Some(c.id));
            for (n, (observed, list)) in lists.into_iter().enumerate() {
                if list.refused.is_some() {
                    continue;
                }
                let path = key_file_link::whole_path(&list.path.value)
                    .unwrap_or_else(|| key_file_link::command_path(c, Some(&list.path.value)));
                let mut found: Option<(&Ace, Vec<Target>)> = None;
                for target in &targets {
                    let Some(ace) = reader(c, target).and_then(|reader| denial(list, reader)) else { continue };
                    match &mut found {
                        Some((_, workloads)) => workloads.push(*target),
                        None => found = Some((ace, vec![*target])),
                    }
                }
                if let Some((ace, workloads)) = found {
                    let message = format!(
                        "An entry of the {} denies reading to {}. A denial goes before what other entries allow when it \
                         stands first, as Windows sorts them.",
                        if n < files { "key file" } else { "key folder" },
                        ace.printed
                    );
                    out.fail(
                        FindingDraft::new(&META, "an entry denies access to the key", message)
                            .workloads(workloads)
                            .conditions(1)
                            .evidence(observed.evidence(ace.principal.place, "denied", true))
                            .remedy(key_access::remove_denial(&path, ace)),
                    );
                } else if n < files && orphans(list) {
                    let draft = FindingDraft::new(
                        &META,
                        "only accounts that can't be found have access to the key file",
                        "Every entry is for a SID that the tool could not turn into a name: accounts of another machine or \
                         domain, or deleted ones. Neither SYSTEM nor Administrators are there.",
                    )
                    .conditions(1);
                    let place = list.entries.first().map_or(list.path.place, |a| a.principal.place);
                    out.fail(draft.evidence(observed.evidence(place, "a SID without a name", true)).remedy(Remedy {
                        title: "Take the file over and give SYSTEM and Administrators full control",
                        steps: vec![
                            Step::cmd(format!("takeown /a /f \"{path}\"")),
                            Step::cmd(format!("icacls \"{path}\" /grant *S-1-5-18:F /grant *S-1-5-32-544:F")),
                        ],
                        caution: Some(
                            "A file that came from another machine stays closed whatever its permissions are: then \
                                     import the key from a PFX.",
                        ),
                        verify: Some(
                            Verify::new(format!("icacls \"{path}\"")).shows("S-1-5-18 and S-1-5-32-544 with (F)"),
                        ),
                    }));
                }
            }
        }
        out.about(None).pass("no other entry denies, and no other file belongs to unknown accounts alone");
    }
}
