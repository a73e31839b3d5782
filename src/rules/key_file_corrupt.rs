//! The key's container is there but damaged.

use super::prelude::*;
use super::{key_access, key_use_refused};
use crate::case::key_file_link::KeyFileName;
use crate::model::fact::Place;

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
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/key-file-corrupt.md"),
};

impl CredentialRule for KeyFileCorrupt {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        // Schannel's event does not say which key it means: the one of a bound certificate that does not open.
        let shut = subject::missing_keyset(c).is_some() && !cx.bound.is_empty();
        let event = || subject::symptom(c, 0x8009_001A).filter(|_| shut);
        let Some(code) = subject::code(c, 0x8009_001A).or_else(event) else {
            return out.not_applicable("no error says that the container is damaged");
        };
        if c.key.any_test_passed() {
            return out.pass("the key was opened and a test passed");
        }
        if cx.workloads.is_empty() && c.origin != Origin::KeyFile {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        out.fail(damaged(c.evidence(code.place, INVALID, true), c));
    }
}

/// What NTE_KEYSET_ENTRY_BAD says, at its place.
const INVALID: &str = "the container's contents are invalid";

fn damaged(evidence: Evidence, c: &Credential) -> FindingDraft {
    FindingDraft::new(
        &META,
        META.summary,
        "The provider found the container and could not read what is in it (NTE_KEYSET_ENTRY_BAD). The file is cut, empty or \
         overwritten; no permission and no key link repairs that.",
    )
    .evidence(evidence)
    .remedy(remedy::import_from_backup(c, "Replace the damaged key: import it from a PFX"))
}

/// What a log gives as the reason why this very key could not be used.
fn refused(case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
    for refusal in key_use_refused::refusals_by(case, cx, 0x8009_001A) {
        let c = refusal.credential;
        let told = subject::symptom(c, 0x8009_001A).is_some() || c.key.any_test_passed();
        if let Some(reason) = refusal.reason(0x8009_001A, INVALID).filter(|_| !told) {
            out.about(Some(c.id)).fail(damaged(reason, c).workloads(refusal.targets));
        }
    }
}

impl CaseRule for KeyFileCorrupt {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        refused(case, cx, out);
        let damaged = damaged_files(case);
        if damaged.is_empty() {
            return;
        }
        for (c, workloads) in key_access::judged(case, cx) {
            let Some(name) = KeyFileName::of(c).filter(|_| subject::software(c)) else { continue };
            let found = name.prefixes.iter().find_map(|prefix| match &name.machine {
                Some(machine) => damaged.get(&(prefix.clone(), machine.clone())),
                None => {
                    let next = damaged.range((prefix.clone(), String::new())..).next();
                    next.filter(|((own, _), _)| own == prefix).map(|(_, file)| file)
                }
            });
            let Some((evidence, problem)) = found.cloned() else { continue };
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

/// The key files that hold no key, by the two parts of their names: inputs, and those that a listing shows with a length of
/// 0. Each with its place and what is wrong.
fn damaged_files(case: &CaseIndex) -> BTreeMap<(String, String), (Evidence, String)> {
    let mut out = BTreeMap::new();
    for file in &case.damaged_key_files {
        let name = (file.prefix.clone(), file.machine.clone());
        out.entry(name).or_insert_with(|| (file_evidence(file.place), file.problem.clone()));
    }
    for (observed, listing) in case.folder_listings() {
        for (name, _) in listing.files.iter().filter(|(_, bytes)| *bytes == Some(0)) {
            let Some(file) = container_name::split_file_name(&name.value) else { continue };
            out.entry(file).or_insert_with(|| {
                let evidence = observed.evidence(name.place, "a file without a byte", true);
                (evidence, "the listing shows 0 bytes".to_owned())
            });
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
