//! The key file comes from another machine.

use super::prelude::*;

/// The rule.
pub(super) struct MachineguidMismatch;

static META: RuleMeta = RuleMeta {
    name: "machineguid-mismatch",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::RootCause,
    confidence: Confidence::Possible,
    summary: "the key file comes from another machine",
    sources: &[sources::GUID_INFERENCE, sources::GUID_SCRIPTS],
    explains: &[],
    doc: include_str!("../../docs/rules/machineguid-mismatch.md"),
};

impl CaseRule for MachineguidMismatch {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        let mut inputs: BTreeMap<u32, Vec<&IndexEntry>> = BTreeMap::new();
        for entry in case.entries.iter().filter(|e| e.origin == Origin::StoreDump && e.machine_guid.is_some()) {
            inputs.entry(entry.source.0).or_default().push(entry);
        }
        if inputs.is_empty() {
            return out.not_applicable("no key file's name is shown");
        }
        for entries in inputs.values() {
            let mut opened: BTreeMap<u128, usize> = BTreeMap::new();
            for guid in entries.iter().filter(|e| e.access == Access::Opened).filter_map(|e| e.machine_guid) {
                let count = opened.entry(guid).or_default();
                *count = count.saturating_add(1);
            }
            // The machine's own GUID: the one of all keys that open here, at least two of them.
            let own = match opened.iter().next() {
                Some((guid, count)) if opened.len() == 1 && *count > 1 => *guid,
                _ => {
                    out.about(None).unknown(
                        "the GUID of this machine",
                        "reg query HKLM\\SOFTWARE\\Microsoft\\Cryptography /v MachineGuid",
                    );
                    continue;
                }
            };
            for entry in entries {
                if entry.access != Access::NotOpened || entry.machine_guid == Some(own) || entry.is_ca {
                    continue;
                }
                let out = out.about(Some(entry.id));
                let c = case.credential(entry.id);
                if entry.archived || c.is_none_or(|c| judge::candidates(c, cx.workloads).is_empty()) {
                    out.not_applicable(subject::NO_WORKLOAD);
                    continue;
                }
                let mut draft = FindingDraft::new(
                    &META,
                    META.summary,
                    "The name of a key file ends with the GUID of the machine that made it. The keys that open \
                 in this dump end with another GUID than this one: the file was probably copied from another \
                 machine or from before a clone, and its protection can't be opened here.",
                );
                if let Some((c, name)) = c.and_then(|c| c.key.unique_name.as_ref().map(|n| (c, n))) {
                    draft = draft.evidence(c.evidence(name.place, "another machine's GUID", true)).remedy(
                        remedy::import_from_backup(c, "Import the key from a PFX: a copied key file stays closed"),
                    );
                }
                out.fail(draft);
            }
            out.about(None).pass("every other key file is this machine's, or it opens");
        }
    }
}
