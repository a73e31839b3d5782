//! The key's container is there but damaged.

use super::key_access;
use super::prelude::*;
use crate::case::key_file_link::KeyFileName;
use crate::model::{fact::Place, observation::Observed};

/// The rule.
pub(super) struct KeyFileCorrupt;

static META: RuleMeta = RuleMeta {
    name: "key-file-corrupt",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "the key's container is there but damaged",
    sources: &[sources::IIS_TROUBLESHOOT, sources::WINERROR],
    explains: &["keyset-missing", "cert-key-mismatch", "pfx-import-not-persisted"],
    doc: include_str!("../../docs/rules/key-file-corrupt.md"),
};

impl CredentialRule for KeyFileCorrupt {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let Some(code) = subject::code(c, 0x8009_001A) else {
            return out.not_applicable("no error says that the container is damaged");
        };
        if c.key.any_test_passed() {
            return out.pass("the key was opened and a test passed");
        }
        if cx.workloads.is_empty() && c.origin != Origin::KeyFile {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        out.fail(
            FindingDraft::new(
                &META,
                META.summary,
                "The provider found the container and could not read what is in it (NTE_KEYSET_ENTRY_BAD). \
                 The file is cut, empty or overwritten; no permission and no key link repairs that.",
            )
            .evidence(c.evidence(code.place, "the container's contents are invalid", true))
            .remedy(remedy::import_from_backup(c, "Replace the damaged key: import it from a PFX")),
        );
    }
}

impl CaseRule for KeyFileCorrupt {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        let empty = empty_files(case);
        if case.damaged_key_files.is_empty() && empty.is_empty() {
            return;
        }
        for (c, workloads) in key_access::judged(case, cx) {
            let Some(name) = KeyFileName::of(c).filter(|_| subject::software(c)) else { continue };
            let of = |prefix: &String, machine: &String| {
                name.prefixes.contains(prefix) && name.machine.as_ref().is_none_or(|own| own == machine)
            };
            let (evidence, problem) = if let Some(file) =
                case.damaged_key_files.iter().find(|f| of(&f.prefix, &f.machine))
            {
                (file_evidence(file.place), file.problem.clone())
            } else if let Some((_, observed, place)) = empty.iter().find(|((prefix, machine), ..)| of(prefix, machine))
            {
                (observed.evidence(*place, "a file without a byte", true), "the listing shows 0 bytes".to_owned())
            } else {
                continue;
            };
            let out = out.about(Some(c.id));
            if c.key.any_test_passed() || c.key.access == Access::Opened {
                out.pass("the key opens: the damaged file is a copy, or of another time");
                continue;
            }
            let shut = subject::missing_keyset(c).is_some();
            let mut draft = FindingDraft::new(
                &META,
                META.summary,
                format!(
                    "The key file {} is there and holds no key: {problem}. No permission and no key link repairs that.",
                    name.name()
                ),
            )
            // A copy can break off on its way; that the key does not open on the machine says that the file itself does.
            .confidence(if shut { Confidence::Likely } else { Confidence::Possible })
            .conditions(2 + u8::from(shut))
            .workloads(workloads)
            .evidence(evidence)
            .evidence(c.evidence(name.place, "the key link leads to this file", false));
            if let Some(place) = subject::missing_keyset(c) {
                draft = draft.evidence(c.evidence(place, "the key could not be opened", false));
            }
            out.fail(draft.remedy(remedy::import_from_backup(c, "Replace the damaged key: import it from a PFX")));
        }
    }
}

/// The key files that a listing shows with a length of 0, with the place of the name.
fn empty_files(case: &CaseIndex) -> Vec<((String, String), &Observed, Place)> {
    let mut out = Vec::new();
    for (observed, listing) in case.folder_listings() {
        for (name, _) in listing.files.iter().filter(|(_, bytes)| *bytes == Some(0)) {
            out.extend(container_name::split_file_name(&name.value).map(|file| (file, observed, name.place)));
        }
    }
    out
}

/// A whole input as evidence.
fn file_evidence(place: Place) -> Evidence {
    Evidence {
        place,
        label: "the key file among the inputs".into(),
        excerpt: String::new(),
        line_text: String::new(),
        path: None,
        primary: true,
    }
}
