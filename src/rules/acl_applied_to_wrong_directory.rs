//! Permissions were set in CryptoAPI's folder, and the key is CNG's.

use super::key_access::{self, Reach, Reader};
use super::prelude::*;
use crate::case::key_file_link::{self, KeyFileArtifacts, KeyFileName};
use crate::model::access::{AceKind, KeyPath, Principal};

/// The rule.
pub(super) struct AclAppliedToWrongDirectory;

static META: RuleMeta = RuleMeta {
    name: "acl-applied-to-wrong-directory",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "the permissions were set in another folder than the one that holds the key file",
    sources: &[sources::WAC418, sources::SQLSERVERDSC2087, sources::SQL_LAB, sources::KEY_STORAGE],
    explains: &[
        "key-file-service-account-no-read",
        "sql-service-no-key-read",
        "shir-service-acl",
        "rdp-key-no-network-service",
        "wac-cng-acl",
        "app-code-no-key-read",
    ],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/acl-applied-to-wrong-directory.md"),
};

/// The account for which somebody may have set permissions; code in an application pool too.
fn reader(c: &Credential, target: &Target) -> Option<&'static Reader> {
    if target.workload.name == "dotnet" {
        return Some(&key_access::APP_POOL);
    }
    super::key_file_service_account_no_read::reader(c, target).map(|(reader, _)| reader)
}

/// Evidence that permissions were set in CryptoAPI's folder: an entry for the account on the folder itself, which has none
/// by default, or a tool's own words with the folder and no file behind it.
fn set_there(case: &CaseIndex, artifacts: &KeyFileArtifacts<'_>, reader: &Reader) -> Option<Evidence> {
    for (observed, list) in artifacts.folder_lists(&KeyPath::MachineKeys) {
        let own = list.entries.iter().find(|a| a.kind == AceKind::Allow && reader.is_named_by(a));
        if let Some(ace) = own {
            return Some(observed.evidence(ace.principal.place, "set on CryptoAPI's folder", true));
        }
    }
    case.errors()
        .find(|(_, e)| names_folder_alone(&e.text.value))
        .map(|(observed, e)| observed.evidence(e.text.place, "a tool looked for the file in CryptoAPI's folder", true))
}

/// Whether a text holds `RSA\MachineKeys\` with no file name behind it.
fn names_folder_alone(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.match_indices("rsa\\machinekeys\\").any(|(at, found)| {
        let after = lower.get(at + found.len()..).unwrap_or("").chars().next();
        after.is_none_or(|c| c.is_whitespace() || matches!(c, '"' | '\'' | ')' | ':' | ',' | ']'))
    })
}

impl CaseRule for AclAppliedToWrongDirectory {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        let artifacts = KeyFileArtifacts::of(case);
        // What does not depend on the certificate is looked for once.
        let mut proofs: Vec<(&'static Reader, Option<Evidence>)> = Vec::new();
        let capi_files: BTreeSet<(String, String)> = case
            .folder_listings()
            .filter(|(_, listing)| listing.target == KeyPath::MachineKeys)
            .flat_map(|(_, listing)| &listing.files)
            .filter_map(|(file, _)| container_name::split_file_name(&file.value))
            .collect();
        for (c, targets) in key_access::judged(case, cx) {
            if key_file_link::folder(c) != Some(KeyPath::CngMachineKeys) {
                continue;
            }
            let Some(name) = KeyFileName::of(c) else { continue };
            // Workloads of one account make one finding.
            let mut accounts: Vec<(&'static Reader, Vec<Target>)> = Vec::new();
            for target in targets {
                let Some(reader) = reader(c, &target) else { continue };
                match accounts.iter_mut().find(|(r, _)| *r == reader) {
                    Some((_, list)) => list.push(target),
                    None => accounts.push((reader, vec![target])),
                }
            }
            let out = out.about(Some(c.id));
            for (reader, workloads) in accounts {
                let proof = match proofs.iter().find(|(r, _)| *r == reader) {
                    Some((_, proof)) => proof.clone(),
                    None => {
                        let proof = set_there(case, &artifacts, reader);
                        proofs.push((reader, proof.clone()));
                        proof
                    }
                };
                let Some(proof) = proof else { continue };
                let lists = artifacts.lists_of(c);
                let in_capi = |target: &KeyPath| matches!(target, KeyPath::KeyFile { folder, .. } if **folder == KeyPath::MachineKeys);
                let listed = name.prefixes.iter().any(|prefix| match &name.machine {
                    Some(machine) => capi_files.contains(&(prefix.clone(), machine.clone())),
                    None => {
                        capi_files.range((prefix.clone(), String::new())..).next().is_some_and(|(p, _)| p == prefix)
                    }
                });
                if listed || lists.iter().any(|(_, list)| in_capi(&list.target)) {
                    out.pass("the key file is in CryptoAPI's folder");
                    continue;
                }
                let (confidence, list) = match key_access::agreed(&lists, reader) {
                    Some((.., Reach::Allowed)) => {
                        out.pass("the account may read the key file itself");
                        continue;
                    }
                    Some((observed, list, Reach::Denied(_) | Reach::Missing | Reach::Elsewhere)) => {
                        (Confidence::Likely, Some((observed, list)))
                    }
                    _ => (Confidence::Possible, None),
                };
                let path = key_file_link::command_path(c, list.map(|(_, l)| l.path.value.as_str()));
                let mut draft = FindingDraft::new(
                    &META,
                    META.summary,
                    format!(
                        "The key is in CNG's provider, which keeps its files in Crypto\\Keys. The permissions for {} were \
                         set in RSA\\MachineKeys, the folder of CryptoAPI: they reach no CNG key.",
                        reader.words
                    ),
                )
                .confidence(confidence)
                .workloads(workloads)
                .conditions(if list.is_some() { 4 } else { 2 })
                .evidence(proof);
                if let Some((observed, list)) = list {
                    draft = draft.evidence(observed.evidence(
                        list.path.place,
                        "the key file itself: the account is not there",
                        false,
                    ));
                }
                if let Some(place) = subject::kind_place(c) {
                    draft = draft.evidence(c.evidence(place, "CNG's provider", false));
                }
                out.fail(draft.remedy(key_access::grant(&path, reader)));
            }
        }
        out.about(None).pass("no permissions were set in a folder that does not hold the key");
    }
}

impl Reader {
    /// Whether an entry names the account itself, not a group that it is in.
    fn is_named_by(&self, ace: &crate::model::access::Ace) -> bool {
        let printed = ace.printed.to_ascii_lowercase();
        if self.begins.iter().any(|begin| printed.starts_with(begin)) {
            return true;
        }
        self.accounts.iter().any(|account| match &ace.principal.value {
            Principal::Sid(sid) => {
                sid == account || crate::model::principal::virtual_sid(account).as_ref() == Some(sid)
            }
            Principal::Name(name) => crate::model::principal::same_name(name, account),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::names_folder_alone;

    #[test]
    fn only_the_folder_with_nothing_behind_it() {
        assert!(names_folder_alone(
            "Access to the path 'C:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys\\' failed"
        ));
        assert!(names_folder_alone("C:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys\\"));
        assert!(!names_folder_alone("C:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys\\99247943bd018ca7"));
        assert!(!names_folder_alone("C:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys"));
    }
}
