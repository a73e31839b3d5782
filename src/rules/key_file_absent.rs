//! The key file of a certificate is not on its machine.

use super::prelude::*;
use crate::case::key_file_link::{self, KeyFileArtifacts, KeyFileName};
use crate::model::{
    access::KeyPath,
    observation::{FolderListing, Observed, TraceRow},
};

/// The rule.
pub(super) struct KeyFileAbsent;

static META: RuleMeta = RuleMeta {
    name: "key-file-absent",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "the key file that the key link leads to is not there",
    sources: &[sources::KEY_STORAGE, sources::FILE_NAMES],
    explains: &["keyset-missing", "pfx-import-not-persisted"],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/key-file-absent.md"),
};

/// The command that lists the folder in which the provider keeps its keys.
fn listing(c: &Credential) -> String {
    if c.key.machine_keyset() == Some(false) {
        return "dir /a /s %APPDATA%\\Microsoft\\Crypto".to_owned();
    }
    let fallback = key_file_link::folder(c) == Some(KeyPath::CngMachineKeys) && c.key.unique_name.is_none();
    let older = if fallback { " %ProgramData%\\Microsoft\\Crypto\\RSA\\MachineKeys" } else { "" };
    format!("dir /a {}{older}", key_file_link::folder_path(c))
}

/// One listing of a key folder.
struct Listed<'a> {
    observed: &'a Observed,
    listing: &'a FolderListing,
    /// The folder is CryptoAPI's for DSS, not the one for RSA.
    dss: bool,
    /// The two parts of the names of its key files.
    files: BTreeSet<(String, String)>,
    machines: BTreeSet<String>,
}

impl<'a> Listed<'a> {
    fn new(observed: &'a Observed, listing: &'a FolderListing) -> Self {
        let files: BTreeSet<(String, String)> =
            listing.files.iter().filter_map(|(name, _)| container_name::split_file_name(&name.value)).collect();
        let machines = files.iter().map(|(_, machine)| machine.clone()).collect();
        let dss = listing.folder.value.to_ascii_lowercase().contains("\\dss\\");
        Self { observed, listing, dss, files, machines }
    }
    /// Whether it can be of the machine that the file's name tells.
    fn is_of(&self, name: &KeyFileName) -> bool {
        self.machines.is_empty() || name.machine.as_ref().is_none_or(|m| self.machines.contains(m))
    }
    fn holds(&self, name: &KeyFileName) -> bool {
        holds(&self.files, name)
    }
}

/// What the listings say about a key file.
enum Found<'a> {
    /// It is in one of them.
    There,
    /// A complete listing of the provider's folder does not hold it.
    Missing(&'a Listed<'a>, Confidence),
    /// A listing does not hold it, but it is cut, or of another folder.
    Open,
    /// No listing of this machine.
    NotListed,
}

fn find<'a>(c: &Credential, name: &KeyFileName, listings: &'a [Listed<'a>]) -> Found<'a> {
    let own: Vec<&Listed<'_>> = listings.iter().filter(|l| l.is_of(name)).collect();
    if own.is_empty() {
        return Found::NotListed;
    }
    if own.iter().any(|l| l.holds(name)) {
        return Found::There;
    }
    let dss = matches!(c.key.effective_type(), Some(3 | 13));
    let complete = |kind: &KeyPath| {
        own.iter().copied().find(|l| {
            l.listing.complete && l.listing.target == *kind && (*kind != KeyPath::MachineKeys || l.dss == dss)
        })
    };
    let Some(folder) = key_file_link::folder(c).filter(|f| *f != KeyPath::UserKeys) else { return Found::Open };
    let Some(listed) = complete(&folder) else { return Found::Open };
    // CNG falls back to CryptoAPI's folder for a name after its rule: both have to be seen.
    if folder == KeyPath::CngMachineKeys && !name.stated && complete(&KeyPath::MachineKeys).is_none() {
        return Found::Open;
    }
    // Without the flags the key may be in a profile.
    let sure = c.key.machine_keyset() == Some(true);
    Found::Missing(listed, if sure { Confidence::Certain } else { Confidence::Likely })
}

/// A trace that looked for the file in the machine's folders and never found it: its last such row.
fn not_found<'a>(rows: &[(&'a Observed, &'a TraceRow)]) -> Option<(&'a Observed, &'a TraceRow)> {
    let result = |row: &TraceRow, words: &[&str]| {
        row.result.as_ref().is_some_and(|r| words.iter().any(|w| r.value.trim().eq_ignore_ascii_case(w)))
    };
    let machine = |row: &TraceRow| {
        matches!(&row.target, KeyPath::KeyFile { folder, .. }
            if matches!(**folder, KeyPath::MachineKeys | KeyPath::CngMachineKeys))
    };
    // Any other result means that the file is there.
    let missing = ["NAME NOT FOUND", "NO SUCH FILE"];
    if rows.iter().any(|(_, row)| row.result.is_some() && !result(row, &missing) && !result(row, &["PATH NOT FOUND"])) {
        return None;
    }
    rows.iter().rev().find(|(_, row)| machine(row) && result(row, &missing)).copied()
}

/// What the artifacts show of key files that are there.
pub(super) struct KeyFiles<'a> {
    case: &'a CaseIndex,
    listings: Vec<Listed<'a>>,
    artifacts: KeyFileArtifacts<'a>,
}

impl<'a> KeyFiles<'a> {
    /// Sorts what the case holds.
    pub(super) fn of(case: &'a CaseIndex) -> Self {
        let listings = case.folder_listings().map(|(o, l)| Listed::new(o, l)).collect();
        Self { case, listings, artifacts: KeyFileArtifacts::of(case) }
    }

    /// What shows that the credential's key file is there.
    pub(super) fn shown(&self, c: &Credential) -> Option<&'static str> {
        let name = KeyFileName::of(c)?;
        let holds = |files: &BTreeSet<(String, String)>| holds(files, &name);
        if holds(&self.case.key_files) {
            return Some("the key file is among the inputs: the container was not deleted");
        }
        if holds(&self.case.listed_keys) {
            return Some("certutil -key lists the container: it was not deleted");
        }
        if self.listings.iter().any(|listed| listed.is_of(&name) && listed.holds(&name)) {
            return Some("the key file is in the listing of its folder: the container was not deleted");
        }
        if self.artifacts.lists_of(c).iter().any(|(_, list)| list.refused.is_none()) {
            return Some("the permissions of the key file are shown: the container was not deleted");
        }
        let there = |row: &TraceRow| {
            let result = row.result.as_ref().map(|r| r.value.trim().to_ascii_uppercase());
            result.is_some_and(|result| result == "SUCCESS" || result == "ACCESS DENIED")
        };
        let traced = self.artifacts.traces_of(c).iter().any(|(_, row)| there(row));
        traced.then_some("a trace shows the key file: the container was not deleted")
    }
}

/// Whether a file of this name is among those.
fn holds(files: &BTreeSet<(String, String)>, name: &KeyFileName) -> bool {
    name.prefixes.iter().any(|prefix| match &name.machine {
        Some(machine) => files.contains(&(prefix.clone(), machine.clone())),
        None => files.range((prefix.clone(), String::new())..).next().is_some_and(|(p, _)| p == prefix),
    })
}

impl CaseRule for KeyFileAbsent {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        let listings: Vec<Listed<'_>> = case.folder_listings().map(|(o, l)| Listed::new(o, l)).collect();
        let artifacts = KeyFileArtifacts::of(case);
        if case.key_files.is_empty() && listings.is_empty() && case.traces().next().is_none() {
            return out.not_applicable("no key file and no listing of key files is among the inputs");
        }
        let machines: BTreeSet<&str> = case.key_files.iter().map(|(_, machine)| machine.as_str()).collect();
        let prefixes: BTreeSet<&str> = case.key_files.iter().map(|(prefix, _)| prefix.as_str()).collect();
        for c in &case.kept {
            let linked = c.certificate.is_some() && c.key.association == Association::Linked;
            let archived = c.certificate.as_ref().and_then(|c| c.archived.as_ref()).is_some_and(|a| a.value);
            if !linked || !subject::stored(c) || archived || judge::candidates(c, cx.workloads).is_empty() {
                continue;
            }
            let out = out.about(Some(c.id));
            if !subject::software(c) {
                out.not_applicable("the provider is not one of Microsoft's that keep keys in files");
                continue;
            }
            if c.key.matches_certificate.as_ref().is_some_and(|m| m.value) {
                out.pass("the key itself is among the inputs");
                continue;
            }
            let Some(file) = KeyFileName::of(c) else {
                out.not_applicable("the key file's name is not shown and does not follow from the container's");
                continue;
            };
            let listed = find(c, &file, &listings);
            if matches!(listed, Found::There) {
                out.pass("the key file is in the listing of its folder");
                continue;
            }
            if c.key.access == Access::Opened && !matches!(listed, Found::NotListed) {
                out.pass("the key opens: the listing is of another time or another folder");
                continue;
            }
            if let Found::Missing(listed, confidence) = listed {
                let evidence = listed.observed.evidence(
                    listed.listing.folder.place,
                    "the key file is not in this complete listing",
                    true,
                );
                out.fail(draft(c, &file, evidence, confidence));
                continue;
            }
            if let Some((observed, row)) = not_found(&artifacts.traces_of(c))
                && c.key.access != Access::Opened
            {
                let place = row.result.as_ref().map_or(row.path.place, |r| r.place);
                let evidence = observed.evidence(place, "the key file was looked for and not found", true);
                out.fail(draft(c, &file, evidence, Confidence::Likely));
                continue;
            }
            // Without a GUID of its own the certificate may be of any of the machines.
            let machine = match &file.machine {
                Some(machine) if !machines.contains(machine.as_str()) && !matches!(listed, Found::Open) => {
                    out.not_applicable("the key files among the inputs are of another machine");
                    continue;
                }
                Some(machine) => Some(machine.as_str()),
                None => machines.first().copied().filter(|_| machines.len() == 1),
            };
            let there = |prefix: &String| match machine {
                Some(machine) => case.key_files.contains(&(prefix.clone(), machine.to_owned())),
                None => prefixes.contains(prefix.as_str()),
            };
            if file.prefixes.iter().any(there) {
                out.pass("the key file is among the inputs");
                continue;
            }
            if case.key_files.is_empty() && !matches!(listed, Found::Open) {
                out.not_applicable("no listing of this machine's key files is among the inputs");
                continue;
            }
            let names: Vec<String> =
                file.prefixes.iter().map(|prefix| format!("{prefix}_{}", machine.unwrap_or("*"))).collect();
            let why = if matches!(listed, Found::Open) {
                "it is in no listing, but not every folder that can hold it is listed completely"
            } else {
                "it is not among the key files that were given"
            };
            out.unknown(format!("whether the key file {} is on the machine: {why}", names.join(" or ")), listing(c));
        }
        out.about(None).pass("no other certificate's key file is looked for");
    }
}

fn draft(c: &Credential, file: &KeyFileName, evidence: Evidence, confidence: Confidence) -> FindingDraft {
    let label =
        if file.stated { "the key link leads to this file" } else { "the file's name follows from this container" };
    FindingDraft::new(
        &META,
        META.summary,
        format!(
            "The key file {} is not in the folder in which the provider keeps its keys. Without it there is no key, and no \
             repair of the certificate or of permissions brings it back.",
            file.name()
        ),
    )
    .confidence(confidence)
    .conditions(3)
    .evidence(evidence)
    .evidence(c.evidence(file.place, label, false))
    .remedy(remedy::import_from_backup(c, "Import the certificate and its key from a PFX"))
}
