//! Which artifact concerns which credential's key file: by the file's name, stated or computed from the container, and by
//! the folder in which its provider keeps keys.
//!
//! Sources: Microsoft Learn, "Key Storage and Retrieval" (folders); the rules of file names are those of
//! [`crate::model::container_name`].

use super::credential::{Credential, Scope};
use super::index::CaseIndex;
use crate::formats::sddl;
use crate::model::{
    access::{AccessList, Ace, KeyPath},
    container_name::{self, FileNameRule},
    fact::{Fact, Place},
    observation::{Observation, Observed, SystemFact, TraceRow},
    principal,
    provider::{ProviderClass, ProviderKind},
};
use std::collections::BTreeMap;

/// The name that the key file of a key link has or can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFileName {
    /// The first parts (32 hexadecimal digits, lower case) that the file's name can begin with; the provider's own rule
    /// first. More than one for a CNG key whose file is not shown: CNG falls back to CryptoAPI's folder.
    pub prefixes: Vec<String>,
    /// The machine's GUID, when an artifact shows it.
    pub machine: Option<String>,
    /// Whether the log shows the file's name; otherwise it follows from the container's name.
    pub stated: bool,
    /// The place of the name that tells.
    pub place: Place,
}

impl KeyFileName {
    /// The key file by the name that the artifact shows, else by the rules from the container's name.
    pub fn of(c: &Credential) -> Option<Self> {
        let key = &c.key;
        for name in [&key.unique_name, &key.stored_container, &key.container].into_iter().flatten() {
            if let Some((prefix, machine)) = container_name::split_file_name(&name.value) {
                return Some(Self { prefixes: vec![prefix], machine: Some(machine), stated: true, place: name.place });
            }
        }
        let name = key.container.as_ref().or(key.stored_container.as_ref()).filter(|name| !name.value.is_empty())?;
        let capi = container_name::capi_file_prefix(&name.value);
        let prefixes = match key.kind()? {
            ProviderKind::Csp => vec![capi?],
            ProviderKind::Ksp => std::iter::once(container_name::cng_file_prefix(&name.value)).chain(capi).collect(),
        };
        Some(Self { prefixes, machine: None, stated: false, place: name.place })
    }

    /// Whether a path leads to this file: the first part agrees, and the machine's GUID where both show it.
    pub fn is(&self, target: &KeyPath) -> bool {
        let KeyPath::KeyFile { prefix, machine_guid, .. } = target else { return false };
        self.prefixes.contains(prefix) && self.machine.as_ref().is_none_or(|m| m == machine_guid)
    }

    /// The name, with `*` for a GUID that is not known.
    pub fn name(&self) -> String {
        let prefix = self.prefixes.first().map_or("", String::as_str);
        format!("{prefix}_{}", self.machine.as_deref().unwrap_or("*"))
    }
}

/// The folder in which the credential's provider keeps its key file; `None`: the provider keeps keys elsewhere (a card, a
/// TPM, another vendor's module), or is not shown.
pub fn folder(c: &Credential) -> Option<KeyPath> {
    if c.key.known_provider().map(|p| p.class) != Some(ProviderClass::Software) {
        return None;
    }
    if c.key.machine_keyset() == Some(false) || c.scope() == Scope::User {
        return Some(KeyPath::UserKeys);
    }
    match c.key.kind()? {
        // CNG opens a container that CryptoAPI made where CryptoAPI keeps it.
        ProviderKind::Ksp if c.key.file_name_rule() != Some(FileNameRule::Capi) => Some(KeyPath::CngMachineKeys),
        ProviderKind::Ksp | ProviderKind::Csp => Some(KeyPath::MachineKeys),
    }
}

/// The permissions of the key file that certutil prints with the key's details, as what icacls would show of the file: its
/// name and folder are the key's. `None`: no descriptor is shown, it is cut, or the key is in no file.
///
/// Sources: Microsoft Learn, "CryptGetProvParam" (`PP_KEYSET_SEC_DESCR`) and "Key Storage Property Identifiers"
/// (`NCRYPT_SECURITY_DESCR_PROPERTY`): the descriptor that certutil prints is that of the key's file.
pub fn permissions_of_key(c: &Credential) -> Option<Observed> {
    let text = c.key.sddl.as_ref()?;
    let name = KeyFileName::of(c).filter(|name| name.stated)?;
    let target = KeyPath::KeyFile {
        prefix: name.prefixes.first()?.clone(),
        machine_guid: name.machine.clone()?,
        folder: Box::new(folder(c)?),
    };
    let descriptor = sddl::parse(&text.value).filter(|descriptor| !descriptor.cut)?;
    let dacl = descriptor.dacl.filter(|dacl| dacl.absent.is_none())?;
    let entry = |entry: &sddl::SddlAce<'_>| {
        let who = principal::of_sddl(entry.trustee);
        let printed = who.sid().and_then(principal::name_of).unwrap_or(entry.trustee).to_owned();
        let ace = Ace::new(Fact::stated(who, text.place), printed, entry.kind, entry.mask);
        Ace { inherited: entry.inherited, inherit_only: entry.inherit_only, ..ace }
    };
    let list = AccessList {
        path: Fact::derived(name.name(), text.place, "the key's own permissions"),
        target,
        owner: None,
        protected: Some(dacl.protected),
        entries: dacl.entries.iter().map(entry).collect(),
        complete: true,
        by_sid: true,
        refused: None,
        place: text.place,
    };
    Some(Observed {
        kind: "certutil",
        place: text.place,
        fields: Vec::new(),
        excerpts: c.excerpts.clone(),
        what: Observation::AccessList(list),
    })
}

/// The folder as a path for commands on the server.
pub fn folder_path(c: &Credential) -> &'static str {
    match (folder(c), c.key.effective_type()) {
        (Some(KeyPath::CngMachineKeys), _) => "%ProgramData%\\Microsoft\\Crypto\\Keys",
        (Some(KeyPath::UserKeys), _) => "%APPDATA%\\Microsoft\\Crypto",
        // PROV_DSS and PROV_DSS_DH.
        (_, Some(3 | 13)) => "%ProgramData%\\Microsoft\\Crypto\\DSS\\MachineKeys",
        _ => "%ProgramData%\\Microsoft\\Crypto\\RSA\\MachineKeys",
    }
}

/// The path of the key file for commands on the server: as an artifact prints it when it is whole and safe to repeat,
/// else from the folder and the name.
pub fn command_path(c: &Credential, printed: Option<&str>) -> String {
    if let Some(path) = printed.and_then(whole_path) {
        return path;
    }
    let name = KeyFileName::of(c).map_or_else(|| "<key file>".to_owned(), |n| n.name());
    format!("{}\\{name}", folder_path(c))
}

/// A path that names its drive and holds nothing that a shell would read otherwise.
pub fn whole_path(path: &str) -> Option<String> {
    let path = path.trim().trim_matches('"');
    let path = path.strip_prefix("Microsoft.PowerShell.Core\\FileSystem::").unwrap_or(path);
    let bytes = path.as_bytes();
    let drive = bytes.first().is_some_and(u8::is_ascii_alphabetic) && path.get(1..3) == Some(":\\");
    let safe = path.len() <= 260 && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b" \\:._{}()-".contains(b));
    (drive && safe).then(|| path.to_owned())
}

/// The machine's GUID as the registry states it, when the artifacts agree on one, with its observation.
pub fn stated_machine_guid(case: &CaseIndex) -> Option<(&Observed, &Fact<String>)> {
    let mut found: Option<(&Observed, &Fact<String>)> = None;
    for (observed, fact) in case.system_facts() {
        let SystemFact::MachineGuid(guid) = fact else { continue };
        match found {
            Some((_, other)) if !other.value.eq_ignore_ascii_case(&guid.value) => return None,
            Some(_) => {}
            None => found = Some((observed, guid)),
        }
    }
    found
}

/// The permissions and accesses of key files, found by the first part of the file's name.
#[derive(Default)]
pub struct KeyFileArtifacts<'a> {
    lists: BTreeMap<&'a str, Vec<(&'a Observed, &'a AccessList)>>,
    traces: BTreeMap<&'a str, Vec<(&'a Observed, &'a TraceRow)>>,
    folders: Vec<(&'a Observed, &'a AccessList)>,
}

impl<'a> KeyFileArtifacts<'a> {
    /// Sorts what the case holds.
    pub fn of(case: &'a CaseIndex) -> Self {
        let mut out = Self::default();
        for (observed, list) in case.access_lists() {
            match &list.target {
                KeyPath::KeyFile { prefix, .. } => out.lists.entry(prefix).or_default().push((observed, list)),
                KeyPath::Other => {}
                _ => out.folders.push((observed, list)),
            }
        }
        for (observed, row) in case.traces() {
            if let KeyPath::KeyFile { prefix, .. } = &row.target {
                out.traces.entry(prefix).or_default().push((observed, row));
            }
        }
        out
    }
    /// Whether any artifact shows permissions of key files or key folders.
    pub fn shows_permissions(&self) -> bool {
        !self.lists.is_empty() || !self.folders.is_empty()
    }
    /// The permissions of this credential's key file, in input order: of each input the last list, for within one
    /// transcript the later state counts. A user's key folder holds no machine key.
    pub fn lists_of(&self, c: &Credential) -> Vec<(&'a Observed, &'a AccessList)> {
        let Some(name) = KeyFileName::of(c) else { return Vec::new() };
        let mut last = BTreeMap::new();
        for (observed, list) in name.prefixes.iter().filter_map(|p| self.lists.get(p.as_str())).flatten() {
            let later = |(_, other): &(&Observed, &AccessList)| other.place.start > list.place.start;
            let known = last.get(&observed.place.source);
            // A refused command tells nothing of what a list before it shows.
            let told = !known.is_some_and(later) && (list.refused.is_none() || known.is_none());
            if told && name.is(&list.target) && fits(c, &list.target) {
                last.insert(observed.place.source, (*observed, *list));
            }
        }
        last.into_values().collect()
    }
    /// The accesses to this credential's key file, in input order.
    pub fn traces_of(&self, c: &Credential) -> Vec<(&'a Observed, &'a TraceRow)> {
        let Some(name) = KeyFileName::of(c) else { return Vec::new() };
        let all = name.prefixes.iter().filter_map(|p| self.traces.get(p.as_str())).flatten();
        all.filter(|(_, row)| name.is(&row.target) && fits(c, &row.target)).copied().collect()
    }
    /// The permissions of every key file.
    pub fn lists(&self) -> impl Iterator<Item = (&'a Observed, &'a AccessList)> {
        self.lists.values().flatten().copied()
    }
    /// The permissions of one kind of key folder, of each input the last.
    pub fn folder_lists(&self, kind: &KeyPath) -> Vec<(&'a Observed, &'a AccessList)> {
        let mut last = BTreeMap::new();
        for (observed, list) in self.folders.iter().filter(|(_, list)| list.target == *kind) {
            last.insert(observed.place.source, (*observed, *list));
        }
        last.into_values().collect()
    }
}

/// Whether a file in this folder can be the credential's: a machine key is in no user's folder, and the other way round.
fn fits(c: &Credential, target: &KeyPath) -> bool {
    let KeyPath::KeyFile { folder: place, .. } = target else { return false };
    !matches!(
        (folder(c), &**place),
        (Some(KeyPath::UserKeys), KeyPath::MachineKeys | KeyPath::CngMachineKeys | KeyPath::SystemKeys)
            | (Some(KeyPath::MachineKeys | KeyPath::CngMachineKeys), KeyPath::UserKeys)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUID: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

    fn credential(provider: &str, provider_type: u32, container: &str) -> Credential {
        let mut c = Credential::default();
        c.key.provider = Some(Fact::stated(provider.to_owned(), Place::default()));
        c.key.provider_type = Some(Fact::stated(provider_type, Place::default()));
        c.key.flags = Some(Fact::stated(0x20, Place::default()));
        c.key.stored_container = Some(Fact::stated(container.to_owned(), Place::default()));
        c
    }

    fn file(prefix: &str, folder: KeyPath) -> KeyPath {
        KeyPath::KeyFile { prefix: prefix.to_owned(), machine_guid: GUID.to_owned(), folder: Box::new(folder) }
    }

    #[test]
    fn the_name_follows_from_the_container_by_the_published_pairs() {
        let csp = credential("Microsoft Strong Cryptographic Provider", 1, "{00F81886-5F70-430A-939C-BB7DD58ECE2A}");
        let name = KeyFileName::of(&csp).unwrap_or_else(|| panic!("no name"));
        assert_eq!(name.prefixes, ["99247943bd018ca78ef945b82652598d"]);
        assert!(!name.stated);
        assert!(name.is(&file("99247943bd018ca78ef945b82652598d", KeyPath::MachineKeys)));
        assert_eq!(folder(&csp), Some(KeyPath::MachineKeys));
        let ksp = credential("Microsoft Software Key Storage Provider", 0, "Contoso CA");
        let name = KeyFileName::of(&ksp).unwrap_or_else(|| panic!("no name"));
        assert_eq!(name.prefixes.first().map(String::as_str), Some("944d5680c0c53e2295b1cb4f50ba2b71"));
        assert_eq!(folder(&ksp), Some(KeyPath::CngMachineKeys));
    }

    #[test]
    fn a_stated_name_is_of_one_machine_alone() {
        let mut c = credential("Microsoft Strong Cryptographic Provider", 1, "x");
        let other = "99247943bd018ca78ef945b82652598d_3ade29bb-f050-41f3-b0db-f2b69957a1d7";
        c.key.unique_name = Some(Fact::stated(other.to_owned(), Place::default()));
        let name = KeyFileName::of(&c).unwrap_or_else(|| panic!("no name"));
        assert!(name.stated);
        assert!(!name.is(&file("99247943bd018ca78ef945b82652598d", KeyPath::MachineKeys)));
        assert_eq!(command_path(&c, None), format!("%ProgramData%\\Microsoft\\Crypto\\RSA\\MachineKeys\\{other}"));
    }

    #[test]
    fn cards_and_modules_have_no_folder() {
        assert_eq!(folder(&credential("Microsoft Base Smart Card Crypto Provider", 1, "x")), None);
        assert_eq!(folder(&credential("Microsoft Platform Crypto Provider", 0, "x")), None);
        let mut user = credential("Microsoft Strong Cryptographic Provider", 1, "x");
        user.key.flags = Some(Fact::stated(0, Place::default()));
        assert_eq!(folder(&user), Some(KeyPath::UserKeys));
    }

    #[test]
    fn only_whole_and_harmless_paths_are_repeated_in_commands() {
        let path = "C:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys\\a_b";
        assert_eq!(whole_path(path).as_deref(), Some(path));
        let full = format!("Microsoft.PowerShell.Core\\FileSystem::{path}");
        assert_eq!(whole_path(&full).as_deref(), Some(path));
        for bad in ["MachineKeys\\a_b", "C:\\a&del", "C:\\%x%", "\\\\host\\share\\a"] {
            assert_eq!(whole_path(bad), None, "{bad}");
        }
    }
}
