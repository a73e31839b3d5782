//! The permissions of the MachineKeys folder are broken.

use super::key_access;
use super::prelude::*;
use crate::case::key_file_link::{self, KeyFileArtifacts};
use crate::model::{
    access::{AccessList, AccessMask, Ace, AceKind, KeyPath},
    principal,
};

/// The rule.
pub(super) struct MachinekeysFolderAclBroken;

static META: RuleMeta = RuleMeta {
    name: "machinekeys-folder-acl-broken",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "the permissions of the MachineKeys folder are broken",
    sources: &[sources::KB278381, sources::ARTICLE, sources::WINACME887, sources::WSDOCS5614],
    explains: &["keyset-missing", "pfx-import-not-persisted", "acl-deny-or-orphan-sid", "procmon-key-access-denied"],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/machinekeys-folder-acl-broken.md"),
};

/// What Everyone has by default on the folder: list and read, create files and folders, write attributes, read permissions
/// (KB278381). SYNCHRONIZE comes with it and decides nothing.
const EVERYONE_RIGHTS: u32 = 0x0002_019f;

/// The folder for commands.
const FOLDER: &str = "%ProgramData%\\Microsoft\\Crypto\\RSA\\MachineKeys";

/// What is wrong with the folder.
enum Broken<'a> {
    Denial(&'a Ace),
    Administrators,
    Everyone,
    Both,
    /// Everyone is not there, but a group that takes in every account that logs on has the same rights.
    EveryoneReplaced,
}

/// `None`: the list does not tell.
fn state(list: &AccessList) -> Option<Option<Broken<'_>>> {
    let all = [
        principal::EVERYONE,
        principal::AUTHENTICATED_USERS,
        principal::USERS,
        principal::ADMINISTRATORS,
        principal::SYSTEM,
        principal::SERVICE,
        principal::NETWORK_SERVICE,
    ];
    let denies = |a: &&Ace| {
        let who = a.principal.value.sid().is_some_and(|sid| all.contains(&sid));
        let what = a.mask.is_some_and(|m| m.of_file().0 & EVERYONE_RIGHTS != 0);
        a.kind == AceKind::Deny && !a.inherit_only && who && what
    };
    if list.refused.is_some() {
        return None;
    }
    if let Some(ace) = list.entries.iter().find(denies) {
        return Some(Some(Broken::Denial(ace)));
    }
    let administrators = list.grants(&[principal::ADMINISTRATORS, principal::EVERYONE], AccessMask::FULL.0)?;
    let everyone = list.grants(&[principal::EVERYONE], EVERYONE_RIGHTS)?;
    let replaced = || {
        [principal::AUTHENTICATED_USERS, principal::USERS]
            .iter()
            .any(|group| list.grants(&[group, principal::EVERYONE], EVERYONE_RIGHTS) == Some(true))
    };
    Some(match (administrators, everyone) {
        (true, true) => None,
        (true, false) if replaced() => Some(Broken::EveryoneReplaced),
        (true, false) => Some(Broken::Everyone),
        (false, true) => Some(Broken::Administrators),
        (false, false) => Some(Broken::Both),
    })
}

impl CaseRule for MachinekeysFolderAclBroken {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        let artifacts = KeyFileArtifacts::of(case);
        let lists = artifacts.folder_lists(&KeyPath::MachineKeys);
        if lists.is_empty() {
            return out.not_applicable("the permissions of the folder MachineKeys are not among the inputs");
        }
        for (observed, list) in lists {
            let Some(state) = state(list) else {
                out.unknown(
                    "all permissions of the folder MachineKeys: the list is cut, refused, or can't be read",
                    format!("icacls {FOLDER}"),
                );
                continue;
            };
            let Some(broken) = state else {
                out.pass("the folder MachineKeys has the permissions that creating keys needs");
                continue;
            };
            let (place, label, what) = match broken {
                Broken::Denial(ace) => {
                    (ace.principal.place, "this entry denies", "An entry denies what everybody needs there.")
                }
                Broken::Administrators => {
                    (list.path.place, "Administrators lack full control", "Administrators have no full control.")
                }
                Broken::Everyone => (
                    list.path.place,
                    "Everyone lacks (R,W)",
                    "Everyone lacks the rights to list the folder and to create files in it.",
                ),
                Broken::Both => (
                    list.path.place,
                    "Administrators lack full control, Everyone lacks (R,W)",
                    "Administrators have no full control, and Everyone can not create files.",
                ),
                Broken::EveryoneReplaced => (
                    list.path.place,
                    "Everyone lacks (R,W)",
                    "Everyone lacks its default rights; another group of all users has them, which may be enough.",
                ),
            };
            let step = key_access::failing_step(case);
            let tried = step.is_some() || !subject::named(cx, &["enrollment", "pfx-import"]).is_empty();
            let mut draft = FindingDraft::new(
                &META,
                META.summary,
                format!(
                    "{what} An import, a request and the renewal of Remote Desktop's own certificate create a file in \
                     this folder and fail without. A key that is already there does not need the folder: the permissions \
                     of its own file count."
                ),
            )
            .subject(list.path.value.clone())
            .conditions(if step.is_some() { 3 } else { 2 })
            .evidence(observed.evidence(place, label, true));
            if !tried {
                draft = draft.severity(Severity::Warning);
            }
            if matches!(broken, Broken::EveryoneReplaced) {
                draft = draft.confidence(Confidence::Possible);
            }
            draft = key_access::with_entries(draft, observed, list, cx);
            draft.evidence.extend(step);
            // A key that opens has no use for the folder.
            let concerned = key_access::judged(case, cx).into_iter().filter(|(c, _)| {
                let there = key_file_link::folder(c) == Some(KeyPath::MachineKeys);
                there && (c.key.access == Access::NotOpened || (tried && c.key.access == Access::Unknown))
            });
            draft.related = concerned.map(|(c, _)| c.id).collect();
            let path = key_file_link::whole_path(&list.path.value).unwrap_or_else(|| FOLDER.to_owned());
            if let Broken::Denial(ace) = broken {
                draft = draft.remedy(key_access::remove_denial(&path, ace));
            }
            out.fail(draft.remedy(Remedy {
                title: "Give the folder its default permissions, then repeat the import or request",
                steps: vec![
                    Step::cmd(format!("icacls \"{path}\" /grant *S-1-5-32-544:(F)"))
                        .note("if this is denied, first: takeown /a /f with the same path"),
                    Step::cmd(format!("icacls \"{path}\" /grant *S-1-1-0:(R,W)")).note("this folder only: no (OI)(CI), no /t"),
                    Step::text(
                        "Repeat the import or the request, then give services that do not run as SYSTEM their read \
                         permission on the new key file.",
                    ),
                ],
                caution: Some(
                    "Do not reset the permissions of the files in it: that fails on the system's own keys and opens the \
                     others to everybody.",
                ),
                verify: Some(Verify::new(format!("icacls \"{path}\"")).shows("(F) for S-1-5-32-544 (Administrators), (R,W) for S-1-1-0 (Everyone)")),
            }));
        }
    }
}
