//! Everybody may read or replace private keys.

use super::key_access;
use super::prelude::*;
use crate::case::key_file_link::{self, KeyFileArtifacts};
use crate::model::{
    access::{AccessList, AccessMask, Ace, AceKind, KeyPath},
    observation::Observed,
    principal,
};

/// The rule.
pub(super) struct MachinekeysOverbroad;

static META: RuleMeta = RuleMeta {
    name: "machinekeys-overbroad",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::Hygiene,
    confidence: Confidence::Certain,
    summary: "every user of the machine may read private keys",
    sources: &[sources::KB278381, sources::EVERYONE_ADVICE],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/machinekeys-overbroad.md"),
};

/// Groups that take in every user or anybody at all.
const BROAD: &[&str] =
    &[principal::EVERYONE, principal::AUTHENTICATED_USERS, principal::USERS, "S-1-5-4", "S-1-5-7", "S-1-5-32-546"];

/// FILE_DELETE_CHILD: to delete what is in a folder.
const DELETE_CHILD: u32 = 0x40;

/// The entry that opens a file to everybody.
fn open_file(list: &AccessList) -> Option<&Ace> {
    list.entries.iter().find(|a| broad(a) && a.mask.is_some_and(AccessMask::can_read))
}

/// The entry that lets everybody delete, replace or open the files of a folder. To list it and to create files in it is
/// the default.
fn open_folder(list: &AccessList) -> Option<&Ace> {
    let rights = [DELETE_CHILD, AccessMask::WRITE_DAC, AccessMask::WRITE_OWNER];
    list.entries.iter().find(|a| broad(a) && a.mask.is_some_and(|m| rights.iter().any(|r| m.holds(*r))))
}

fn broad(ace: &Ace) -> bool {
    ace.kind == AceKind::Allow && !ace.inherit_only && ace.principal.value.sid().is_some_and(|sid| BROAD.contains(&sid))
}

/// Takes the groups away from a file.
fn narrow(path: &str, ace: &Ace) -> Remedy {
    let group = key_access::account_argument(ace);
    Remedy {
        title: "Take the group away, and keep the accounts that use the key",
        steps: vec![
            Step::cmd(format!("icacls \"{path}\" /grant *S-1-5-18:F /grant *S-1-5-32-544:F"))
                .note("and read permission for each service that does not run as SYSTEM"),
            Step::cmd(format!("icacls \"{path}\" /remove:g {group}")),
        ],
        caution: Some("A key that everybody could read may have been copied: think of a new one."),
        verify: Some(Verify::new(format!("icacls \"{path}\"")).shows("no line for the group")),
    }
}

impl CaseRule for MachinekeysOverbroad {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        let artifacts = KeyFileArtifacts::of(case);
        if !artifacts.shows_permissions() {
            return out.not_applicable("no permissions of key files are among the inputs");
        }
        let judged = key_access::judged(case, cx);
        let owners = key_access::Owners::of(&judged);
        let mut others: Vec<(&Observed, &AccessList, &Ace)> = Vec::new();
        for (observed, list) in artifacts.lists() {
            // Some of Windows' own containers are for every user by design.
            let system = matches!(&list.target, KeyPath::KeyFile { prefix, .. }
                if container_name::system_container(prefix).is_some());
            let Some(ace) = open_file(list).filter(|_| !system) else { continue };
            let credentials = owners.of_file(&list.target);
            let Some(c) = credentials.first() else {
                others.push((observed, list, ace));
                continue;
            };
            let path = key_file_link::command_path(c, Some(&list.path.value));
            let mut draft = FindingDraft::new(
                &META,
                META.summary,
                format!(
                    "The key file of this certificate may be read by {}: whoever has an account on the machine can take the \
                     private key. This does not stop TLS.",
                    ace.printed
                ),
            )
            .evidence(observed.evidence(ace.principal.place, "everybody may read the key", true))
            .remedy(narrow(&path, ace));
            draft.related = credentials.iter().skip(1).map(|c| c.id).collect();
            out.about(Some(c.id)).fail(draft);
        }
        if let Some((observed, list, ace)) = others.first() {
            let path = key_file_link::whole_path(&list.path.value).unwrap_or_else(|| "<key file>".to_owned());
            let mut draft = FindingDraft::new(
                &META,
                META.summary,
                format!(
                    "{} key file{} may be read by {}: whoever has an account on the machine can take the private key. This \
                     does not stop TLS.",
                    others.len(),
                    if others.len() == 1 { "" } else { "s" },
                    ace.printed
                ),
            )
            .subject(list.path.value.to_ascii_lowercase())
            .evidence(observed.evidence(ace.principal.place, "everybody may read the key", true))
            .remedy(narrow(&path, ace));
            for (observed, _, ace) in others.iter().skip(1).take(cx.limits.excerpt_lines.saturating_sub(1)) {
                draft = draft.evidence(observed.evidence(ace.principal.place, "this one too", false));
            }
            out.about(None).fail(draft);
        }
        for kind in [KeyPath::MachineKeys, KeyPath::CngMachineKeys, KeyPath::SystemKeys] {
            for (observed, list) in artifacts.folder_lists(&kind) {
                let Some(ace) = open_folder(list) else { continue };
                let path = key_file_link::whole_path(&list.path.value).unwrap_or_else(|| list.path.value.clone());
                let safe = key_file_link::whole_path(&path).unwrap_or_else(|| "<folder>".to_owned());
                let mut steps = Vec::new();
                if kind == KeyPath::MachineKeys {
                    steps.push(Step::cmd(format!("icacls \"{safe}\" /grant:r *S-1-1-0:(R,W) /grant *S-1-5-32-544:F")));
                    if ace.principal.value.sid() != Some(principal::EVERYONE) {
                        let group = key_access::account_argument(ace);
                        steps.push(Step::cmd(format!("icacls \"{safe}\" /remove:g {group}")));
                    }
                } else {
                    let group = key_access::account_argument(ace);
                    steps.push(Step::cmd(format!("icacls \"{safe}\" /remove:g {group}")));
                }
                out.about(None).fail(
                    FindingDraft::new(
                        &META,
                        "every user of the machine may delete or replace private keys",
                        format!(
                            "{} has more rights on the key folder than to list it and to create files: it can delete or \
                             take over the key files of others. This does not stop TLS.",
                            ace.printed
                        ),
                    )
                    .subject(list.path.value.to_ascii_lowercase())
                    .evidence(observed.evidence(ace.principal.place, "more than (R,W)", true))
                    .remedy(Remedy {
                        title: "Give the folder its default permissions",
                        steps,
                        caution: Some("This folder only: do not reset the permissions of the files in it."),
                        verify: Some(Verify::new(format!("icacls \"{safe}\"")).shows("(R,W) at most for groups of all users")),
                    }),
                );
            }
        }
        out.about(None).pass("no other permissions open keys to everybody");
    }
}
