//! The key file comes from another machine.

use super::key_access;
use super::prelude::*;
use crate::case::key_file_link::{self, KeyFileName};
use crate::model::{
    access::KeyPath,
    fact::{Fact, Place},
    observation::Observed,
};

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
    explains: &["pfx-import-not-persisted"],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/machineguid-mismatch.md"),
};

/// The machine's own GUID and what shows it.
struct Own {
    guid: String,
    proof: Evidence,
    /// For a GUID that the listings show: the two parts of the names in them. Only such files can be compared with it.
    listed: Option<BTreeSet<(String, String)>>,
}

/// The machine's own GUID: the registry's; else the GUID of most key files in the listings.
fn stated_or_listed(case: &CaseIndex) -> Option<Own> {
    if let Some((observed, guid)) = key_file_link::stated_machine_guid(case) {
        let proof = observed.evidence(guid.place, "this machine's GUID", false);
        return Some(Own { guid: guid.value.clone(), proof, listed: None });
    }
    let mut listed = BTreeSet::new();
    let mut proof = None;
    for (observed, listing) in case.folder_listings() {
        listed.extend(listing.files.iter().filter_map(|(f, _)| container_name::split_file_name(&f.value)));
        let label = "most key files here end with another GUID";
        proof.get_or_insert_with(|| observed.evidence(listing.folder.place, label, false));
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, machine) in &listed {
        let count = counts.entry(machine).or_default();
        *count = count.saturating_add(1);
    }
    let (guid, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    // One or two files say nothing, and a folder with several machines' files has no owner.
    let most = count > 2 && count.saturating_mul(2) > listed.len();
    let guid = guid.to_owned();
    most.then_some(Own { guid, proof: proof?, listed: Some(listed) })
}

/// The file of one name in the listings.
#[derive(Default)]
struct Listed<'a> {
    /// It stands there with this machine's GUID.
    own: bool,
    /// The GUID of another machine with which it stands in a complete listing of a folder that has files of this machine, too.
    foreign: Option<(String, Place, &'a Observed, &'a KeyPath)>,
}

/// The key files of the listings by the first part of their names.
fn listed_files<'a>(case: &'a CaseIndex, guid: &str) -> BTreeMap<String, Listed<'a>> {
    let mut files: BTreeMap<String, Listed<'a>> = BTreeMap::new();
    for (observed, listing) in case.folder_listings() {
        let named =
            |(name, _): &'a (Fact<String>, _)| Some((container_name::split_file_name(&name.value)?, name.place));
        let is_own = |machine: &str| machine.eq_ignore_ascii_case(guid);
        let whole =
            listing.complete && listing.files.iter().filter_map(named).any(|((_, machine), _)| is_own(&machine));
        for ((prefix, machine), place) in listing.files.iter().filter_map(named) {
            let listed = files.entry(prefix).or_default();
            if is_own(&machine) {
                listed.own = true;
            } else if whole && listed.foreign.is_none() {
                listed.foreign = Some((machine, place, observed, &listing.target));
            }
        }
    }
    files
}

/// The GUID of another machine with which alone the file that a missing key must have is in its folder, with the proof. certutil
/// shows the name only of a file that opens; it follows from the container's.
fn foreign(c: &Credential, name: &KeyFileName, files: &BTreeMap<String, Listed<'_>>) -> Option<(String, Evidence)> {
    let folder = key_file_link::folder(c).filter(|_| c.key.access == Access::NotOpened)?;
    let own: Vec<&Listed<'_>> = name.prefixes.iter().filter_map(|prefix| files.get(prefix)).collect();
    if own.iter().any(|listed| listed.own) {
        return None;
    }
    let mut found = own.iter().filter_map(|listed| listed.foreign.as_ref());
    let (machine, place, observed, _) = found.find(|(_, _, _, target)| **target == folder)?;
    Some((machine.clone(), observed.evidence(*place, "the only file of this container: another machine's GUID", true)))
}

/// Compares the names of the key files with the machine's own GUID.
fn against(case: &CaseIndex, cx: &Context<'_>, own: &Own, out: &mut Checks) {
    let guid = &own.guid;
    let files = listed_files(case, guid);
    for (c, _) in key_access::judged(case, cx) {
        let Some(name) = KeyFileName::of(c) else { continue };
        let (machine, proof) = match &name.machine {
            Some(machine) => (machine.clone(), None),
            None => match foreign(c, &name, &files) {
                Some((machine, proof)) => (machine, Some(proof)),
                None => continue,
            },
        };
        let out = out.about(Some(c.id));
        let there = |listed: &BTreeSet<_>| name.prefixes.iter().any(|p| listed.contains(&(p.clone(), machine.clone())));
        if proof.is_none() && own.listed.as_ref().is_some_and(|listed| !there(listed)) {
            out.not_applicable("the key file is in no listing");
        } else if machine.eq_ignore_ascii_case(guid) {
            out.pass("the key file's name ends with this machine's GUID");
        } else if c.key.access == Access::Opened {
            out.pass("the key file's name ends with another GUID, and the key opens");
        } else {
            let draft = FindingDraft::new(
                &META,
                META.summary,
                format!(
                    "The name of a key file ends with the GUID of the machine that made it. This machine's is {guid}, and the \
                     key link leads to a file of {machine}: it was probably copied from another machine or from before a \
                     clone, and its protection can't be opened here."
                ),
            )
            .conditions(2);
            let draft = match proof {
                Some(proof) => draft.evidence(proof).evidence(c.evidence(
                    name.place,
                    "the file's name follows from this container",
                    false,
                )),
                None => draft.evidence(c.evidence(name.place, "another machine's GUID", true)),
            };
            let draft = draft.evidence(own.proof.clone());
            out.fail(
                draft
                    .remedy(remedy::import_from_backup(c, "Import the key from a PFX: a copied key file stays closed")),
            );
        }
    }
    out.about(None).pass("every other key file is this machine's, or it opens");
}

impl CaseRule for MachineguidMismatch {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        let stated = stated_or_listed(case);
        if let Some(own) = &stated {
            return against(case, cx, own, out);
        }
        // The GUIDs of the keys that open in each input, how often each, and the keys that do not.
        let mut inputs: BTreeMap<u32, (BTreeMap<u128, usize>, Vec<&IndexEntry>)> = BTreeMap::new();
        for entry in case.entries.iter().filter(|e| e.origin == Origin::StoreDump) {
            let Some(guid) = entry.machine_guid else { continue };
            let (opened, closed) = inputs.entry(entry.source.0).or_default();
            match entry.access {
                Access::Opened => {
                    let count = opened.entry(guid).or_default();
                    *count = count.saturating_add(1);
                }
                Access::NotOpened => closed.push(entry),
                _ => {}
            }
        }
        if inputs.is_empty() {
            return out.not_applicable("no key file's name is shown");
        }
        for (opened, closed) in inputs.into_values() {
            // The machine's own GUID: the one of all keys that open here, at least two of them.
            let own = match opened.iter().next() {
                Some((guid, count)) if opened.len() == 1 && *count > 1 => *guid,
                _ if closed.is_empty() => {
                    out.about(None).pass("every key whose file is named opens");
                    continue;
                }
                _ => {
                    out.about(None).unknown(
                        "the GUID of this machine",
                        "reg query HKLM\\SOFTWARE\\Microsoft\\Cryptography /v MachineGuid",
                    );
                    continue;
                }
            };
            for entry in closed {
                if entry.machine_guid == Some(own) || entry.is_ca {
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
