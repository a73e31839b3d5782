//! Who may do what with a key file or key folder: one model for every notation (icacls letters, SDDL, .NET words).
//!
//! Sources: Microsoft Open Specifications, MS-DTYP 2.4.2 (SID), 2.4.3 (ACCESS_MASK), 2.4.4 (ACE); Microsoft Learn, "File
//! Security and Access Rights".

use super::container_name;
use super::fact::{Fact, Place};

/// A set of access rights (MS-DTYP 2.4.3): the lower 16 bits are those of files, then the standard and generic rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct AccessMask(pub u32);

impl AccessMask {
    /// FILE_ALL_ACCESS.
    pub const FULL: Self = Self(0x001f_01ff);
    /// FILE_GENERIC_READ.
    pub const READ: Self = Self(0x0012_0089);
    /// FILE_GENERIC_WRITE.
    pub const WRITE: Self = Self(0x0012_0116);
    /// FILE_GENERIC_EXECUTE.
    pub const EXECUTE: Self = Self(0x0012_00a0);
    /// READ, EXECUTE, WRITE and DELETE: what icacls prints as `M`.
    pub const MODIFY: Self = Self(0x0013_01bf);
    /// FILE_READ_DATA, for a folder FILE_LIST_DIRECTORY.
    pub const READ_DATA: u32 = 0x1;
    /// FILE_WRITE_DATA, for a folder FILE_ADD_FILE.
    pub const WRITE_DATA: u32 = 0x2;
    /// FILE_APPEND_DATA, for a folder FILE_ADD_SUBDIRECTORY.
    pub const APPEND_DATA: u32 = 0x4;
    /// DELETE.
    pub const DELETE: u32 = 0x0001_0000;
    /// WRITE_DAC.
    pub const WRITE_DAC: u32 = 0x0004_0000;
    /// WRITE_OWNER.
    pub const WRITE_OWNER: u32 = 0x0008_0000;

    /// The generic rights as the rights of files that they stand for.
    #[must_use]
    pub fn of_file(self) -> Self {
        let generic = [
            (0x8000_0000, Self::READ.0),
            (0x4000_0000, Self::WRITE.0),
            (0x2000_0000, Self::EXECUTE.0),
            (0x1000_0000, Self::FULL.0),
        ];
        let own = self.0 & 0x0fff_ffff;
        Self(generic.iter().filter(|(bit, _)| self.0 & bit != 0).fold(own, |mask, (_, rights)| mask | rights))
    }
    /// Whether every one of these rights is among them.
    pub fn holds(self, rights: u32) -> bool {
        self.of_file().0 & rights == rights
    }
    /// Whether a process with these rights can read the content of a file. That is what using a key takes.
    pub fn can_read(self) -> bool {
        self.holds(Self::READ_DATA)
    }
    /// Full control.
    pub fn is_full(self) -> bool {
        self.holds(Self::FULL.0)
    }
}

/// Whom an entry is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Principal {
    /// A security identifier, `S-1-5-18`: printed as such, as an SDDL alias, or by a name that a table of names proves.
    Sid(String),
    /// A name whose SID does not follow from it, as printed.
    Name(String),
}

impl Principal {
    /// The security identifier.
    pub fn sid(&self) -> Option<&str> {
        match self {
            Self::Sid(sid) => Some(sid),
            Self::Name(_) => None,
        }
    }
}

/// Allows, denies, or only audits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AceKind {
    /// Allows.
    Allow,
    /// Denies.
    Deny,
    /// Audits: no influence on access.
    Audit,
}

/// One access control entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ace {
    /// Whom it is about, with its place.
    pub principal: Fact<Principal>,
    /// The principal as printed.
    pub printed: String,
    /// Allows or denies.
    pub kind: AceKind,
    /// The rights; `None` when they can't be read.
    pub mask: Option<AccessMask>,
    /// It comes from a folder above.
    pub inherited: bool,
    /// Files in the folder inherit it.
    pub object_inherit: bool,
    /// Folders in the folder inherit it.
    pub container_inherit: bool,
    /// It is for children only, not for the folder itself.
    pub inherit_only: bool,
    /// Children do not hand it on.
    pub no_propagate: bool,
}

/// Which place of key files a path leads to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum KeyPath {
    /// `…\Microsoft\Crypto\RSA\MachineKeys` or `…\DSS\MachineKeys`: machine keys of CryptoAPI.
    MachineKeys,
    /// `…\Microsoft\Crypto\Keys` under ProgramData (or All Users): machine keys of CNG.
    CngMachineKeys,
    /// `…\Microsoft\Crypto\SystemKeys`: the system's own keys of CNG.
    SystemKeys,
    /// A key folder of a user's or service's profile (`…\Crypto\RSA\S-1-5-21-…`, `…\Crypto\Keys` in a profile).
    UserKeys,
    /// A key file, by the two parts of its name, lower case; and in which folder, when the path shows it.
    KeyFile {
        /// The 32 hexadecimal digits.
        prefix: String,
        /// The machine's GUID, without braces.
        machine_guid: String,
        /// The folder: one of the others, or `Other`.
        folder: Box<KeyPath>,
    },
    /// None of these.
    Other,
}

impl KeyPath {
    /// What a path as printed leads to. Case, kind of slash, quotes, the `\\?\` and `Microsoft.PowerShell.Core\FileSystem::`
    /// prefixes and a trailing slash or `*` do not matter.
    pub fn of(path: &str) -> Self {
        let clean: String = path
            .trim_matches(|c: char| c.is_whitespace() || c == '"' || c == '\'')
            .chars()
            .map(|c| if c == '/' { '\\' } else { c.to_ascii_lowercase() })
            .collect();
        let clean = clean.trim_end_matches(['\\', '*', '.']);
        let (folder, name) = clean.rsplit_once('\\').unwrap_or(("", clean));
        if let Some((prefix, machine_guid)) = container_name::split_file_name(name) {
            return Self::KeyFile { prefix, machine_guid, folder: Box::new(Self::folder(folder)) };
        }
        Self::folder(clean)
    }

    fn folder(clean: &str) -> Self {
        if clean.ends_with("\\machinekeys") || clean == "machinekeys" {
            return Self::MachineKeys;
        }
        let Some(at) = clean.rfind("\\crypto\\") else {
            return Self::Other;
        };
        let under = clean.get(at + "\\crypto\\".len()..).unwrap_or("");
        let of_profile = clean.contains("\\users\\") && !clean.contains("\\all users\\")
            || clean.contains("\\appdata\\")
            || clean.contains("\\application data\\") && !clean.contains("\\all users\\")
            || clean.contains("\\serviceprofiles\\")
            || clean.contains("\\systemprofile\\");
        match under {
            "keys" if of_profile => Self::UserKeys,
            "keys" => Self::CngMachineKeys,
            "systemkeys" => Self::SystemKeys,
            _ if under.starts_with("rsa\\s-1-") || under.starts_with("dss\\s-1-") => Self::UserKeys,
            _ => Self::Other,
        }
    }
}

/// The permissions of one file or folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessList {
    /// The path as printed.
    pub path: Fact<String>,
    /// What the path leads to.
    pub target: KeyPath,
    /// The owner.
    pub owner: Option<Fact<Principal>>,
    /// Whether entries of folders above are kept out (`P` in SDDL, AreAccessRulesProtected).
    pub protected: Option<bool>,
    /// The entries, in order.
    pub entries: Vec<Ace>,
    /// All entries were shown: the next record or the closing line came, and nothing between could not be read.
    pub complete: bool,
    /// The tool could not read the permissions: its own words (`Access is denied.`).
    pub refused: Option<Fact<String>>,
    /// The lines.
    pub place: Place,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generic_rights_are_those_of_files() {
        // The mask of a new machine key's entries: full with and without generic bits, read with the generic bit.
        assert!(AccessMask(0xd01f_01ff).is_full());
        assert!(AccessMask(0x1000_0000).is_full());
        assert!(AccessMask(0x8012_0089).can_read());
        assert!(!AccessMask(0x8012_0089).is_full());
        assert!(!AccessMask(0x0010_0000).can_read());
    }

    #[test]
    fn paths_of_key_files() {
        let guid = "0ef7ae28-3cf4-4ec1-a36d-7a0fa4d2a2a1";
        let name = format!("99247943bd018ca78ef945b82652598d_{guid}");
        let file = KeyPath::of(&format!("C:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys\\{name}"));
        let expected = |folder| KeyPath::KeyFile {
            prefix: "99247943bd018ca78ef945b82652598d".to_owned(),
            machine_guid: guid.to_owned(),
            folder: Box::new(folder),
        };
        assert_eq!(file, expected(KeyPath::MachineKeys));
        assert_eq!(KeyPath::of(&name), expected(KeyPath::Other));
        for path in [
            "C:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys",
            "\"c:/programdata/microsoft/crypto/rsa/machinekeys/\"",
            "Microsoft.PowerShell.Core\\FileSystem::C:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys",
            "C:\\Documents and Settings\\All Users\\Application Data\\Microsoft\\Crypto\\RSA\\MachineKeys",
            "MachineKeys",
        ] {
            assert_eq!(KeyPath::of(path), KeyPath::MachineKeys, "{path}");
        }
        assert_eq!(KeyPath::of("C:\\ProgramData\\Microsoft\\Crypto\\Keys"), KeyPath::CngMachineKeys);
        assert_eq!(KeyPath::of("C:\\Users\\All Users\\Microsoft\\Crypto\\Keys"), KeyPath::CngMachineKeys);
        assert_eq!(KeyPath::of("C:\\ProgramData\\Microsoft\\Crypto\\SystemKeys\\"), KeyPath::SystemKeys);
        assert_eq!(KeyPath::of("C:\\Users\\a\\AppData\\Roaming\\Microsoft\\Crypto\\Keys"), KeyPath::UserKeys);
        let profile = "C:\\Users\\a\\AppData\\Roaming\\Microsoft\\Crypto\\RSA\\S-1-5-21-1-2-3-1001";
        assert_eq!(KeyPath::of(profile), KeyPath::UserKeys);
        assert_eq!(KeyPath::of("C:\\inetpub"), KeyPath::Other);
    }
}
