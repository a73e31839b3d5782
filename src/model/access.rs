//! Who may do what with a key file or key folder: one model for every notation (icacls letters, SDDL, .NET words).
//!
//! Sources: Microsoft Open Specifications, MS-DTYP 2.4.2 (SID), 2.4.3 (ACCESS_MASK), 2.4.4 (ACE); Microsoft Learn, "File
//! Security and Access Rights".

use super::container_name;
use super::fact::{Fact, Place};
use super::principal::{self, same_name};
use super::provider::ProviderKind;

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
    /// READ_CONTROL.
    pub const READ_CONTROL: u32 = 0x0002_0000;
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
    /// A security identifier, `S-1-5-18`, upper case: printed as such, as an SDDL alias, or by a name that a table of names proves.
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
    /// The rights; `None` when they can't be read. What could not be read may then be a denial as well.
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

impl Ace {
    /// An entry that is not inherited and that nothing inherits.
    pub fn new(principal: Fact<Principal>, printed: String, kind: AceKind, mask: Option<AccessMask>) -> Self {
        Self {
            principal,
            printed,
            kind,
            mask,
            inherited: false,
            object_inherit: false,
            container_inherit: false,
            inherit_only: false,
            no_propagate: false,
        }
    }
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
        let clean = plain(path);
        let (folder, name) = clean.rsplit_once('\\').unwrap_or(("", &clean));
        if let Some((prefix, machine_guid)) = container_name::split_file_name(name) {
            return Self::KeyFile { prefix, machine_guid, folder: Box::new(Self::folder(folder)) };
        }
        Self::folder(&clean)
    }

    fn folder(clean: &str) -> Self {
        if clean.ends_with("\\machinekeys") || clean == "machinekeys" {
            return Self::MachineKeys;
        }
        let Some((_, under)) = clean.rsplit_once(CRYPTO) else {
            return Self::Other;
        };
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

/// The folder of the profile or of the machine that holds all folders of key files.
const CRYPTO: &str = "\\crypto\\";

/// A path in lower case with backslashes, without quotes and without a slash or `*` at its end.
fn plain(path: &str) -> String {
    let clean: String = path
        .trim_matches(|c: char| c.is_whitespace() || c == '"' || c == '\'')
        .chars()
        .map(|c| if c == '/' { '\\' } else { c.to_ascii_lowercase() })
        .collect();
    clean.trim_end_matches(['\\', '*', '.']).to_owned()
}

/// CSP or KSP: whose keys a folder of key files holds, by its path; `None`: the path does not tell.
///
/// Source: Microsoft Learn, "Key Storage and Retrieval" (key directories of CNG and of the legacy CryptoAPI).
pub fn family_of_folder(path: &str) -> Option<ProviderKind> {
    let clean = plain(path);
    let (_, under) = clean.rsplit_once(CRYPTO)?;
    match under {
        "keys" | "systemkeys" => Some(ProviderKind::Ksp),
        _ if under.starts_with("rsa\\") || under.starts_with("dss\\") => Some(ProviderKind::Csp),
        _ => None,
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
    /// All entries were shown: the next record or the closing line came. Where it is `false`, entries may be missing after
    /// the last one; between two entries none is missing, one that can't be read stands there without rights.
    pub complete: bool,
    /// The accounts are shown by their SIDs whether or not they have names: SDDL.
    pub by_sid: bool,
    /// The tool could not read the permissions: its own words (`Access is denied.`).
    pub refused: Option<Fact<String>>,
    /// The lines.
    pub place: Place,
}

/// What a part of a command does with the entries of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// Adds rights.
    Grant,
    /// The rights in place of those that were granted before.
    Replace,
    /// Adds a denial.
    Deny,
    /// Takes all entries away.
    Remove,
    /// Takes those away that allow.
    RemoveGrants,
    /// Takes those away that deny.
    RemoveDenials,
}

/// A command that changed the permissions of one file or folder, and whose reply says that it succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessChange {
    /// The path as typed.
    pub path: Fact<String>,
    /// What the path leads to.
    pub target: KeyPath,
    /// What it does, in order.
    pub edits: Vec<(Edit, Ace)>,
    /// The entries of folders above are taken away.
    pub drops_inherited: bool,
    /// It does something else, too, that may change who may read.
    pub unread: bool,
    /// The command.
    pub place: Place,
}

impl AccessChange {
    /// The permissions after the command; without those before it only what it set is known.
    #[must_use]
    pub fn after(&self, before: Option<&AccessList>) -> AccessList {
        let mut list = before.cloned().unwrap_or_else(|| AccessList {
            path: self.path.clone(),
            target: self.target.clone(),
            owner: None,
            protected: None,
            entries: Vec::new(),
            complete: false,
            by_sid: false,
            refused: None,
            place: self.place,
        });
        list.complete &= !self.unread && list.refused.is_none();
        list.refused = None;
        if self.drops_inherited {
            list.entries.retain(|ace| !ace.inherited);
        }
        for (edit, ace) in &self.edits {
            let own = |other: &Ace| {
                !other.inherited
                    && (other.principal.value == ace.principal.value || same_name(&other.printed, &ace.printed))
            };
            let goes = |other: &Ace| match edit {
                Edit::Grant | Edit::Deny => false,
                Edit::Remove => own(other),
                Edit::Replace | Edit::RemoveGrants => own(other) && other.kind == AceKind::Allow,
                Edit::RemoveDenials => own(other) && other.kind == AceKind::Deny,
            };
            let many = list.entries.len();
            list.entries.retain(|other| !goes(other));
            let removes = matches!(edit, Edit::Remove | Edit::RemoveGrants | Edit::RemoveDenials);
            // An account by another name than in the list may be one that stays there.
            let unsure = list.entries.iter().any(|other| matches!(other.principal.value, Principal::Name(_)));
            if removes && many == list.entries.len() && unsure {
                list.complete = false;
            }
            match edit {
                Edit::Grant | Edit::Replace => list.entries.push(ace.clone()),
                Edit::Deny => list.entries.insert(0, ace.clone()),
                Edit::Remove | Edit::RemoveGrants | Edit::RemoveDenials => {}
            }
        }
        list
    }
}

/// How sure it is that an entry is about someone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    /// Surely.
    Yes,
    /// Surely not.
    No,
    /// The name does not tell.
    Maybe,
}

/// Which way what is not known is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guess {
    /// It allows.
    Best,
    /// It denies.
    Worst,
}

impl AccessList {
    /// Whether a process whose token holds these users and groups (SIDs or names, all of them) has all of these rights on
    /// the file or folder itself. `None` when what is not shown or can't be read decides.
    ///
    /// This is the check of MS-DTYP 2.5.3.2 (EvaluateTokenAgainstDescriptor): entries in their order, each right is decided
    /// by the first entry that names it; entries for children only (`IO`) do not count; the owner may read and change the
    /// permissions unless an entry for OWNER RIGHTS stands there. Which groups an account is in, the caller says
    /// ([`principal::token_of`]); a domain's or local user may be in groups that are not given, so an entry for an unknown
    /// group leaves it open for him.
    pub fn grants(&self, who: &[&str], rights: u32) -> Option<bool> {
        if self.refused.is_some() {
            return None;
        }
        let best = self.check(who, rights, Guess::Best);
        let worst = self.check(who, rights, Guess::Worst);
        (best == worst).then_some(best)
    }

    /// Whether an account has these rights, with the groups that it is in on every machine.
    pub fn grants_account(&self, account: &str, rights: u32) -> Option<bool> {
        let token = principal::token_of(account);
        let who: Vec<&str> = token.iter().map(String::as_str).collect();
        self.grants(&who, rights)
    }

    /// The entries that surely are about one of these and hold for the file or folder itself.
    pub fn entries_about<'a>(&'a self, who: &'a [&'a str]) -> impl Iterator<Item = &'a Ace> {
        let language_known = self.language_known();
        let applies = move |ace: &&Ace| self.about(&ace.principal.value, who, language_known) == About::Yes;
        self.entries.iter().filter(|ace| !ace.inherit_only && ace.kind != AceKind::Audit).filter(applies)
    }

    fn check(&self, who: &[&str], rights: u32, guess: Guess) -> bool {
        let language_known = self.language_known();
        let mut wanted = rights;
        let own_rule =
            self.entries.iter().any(|a| !a.inherit_only && a.principal.value.sid() == Some(principal::OWNER_RIGHTS));
        if !own_rule && self.taken(self.owner_is(who, language_known), guess == Guess::Best) {
            wanted &= !(AccessMask::READ_CONTROL | AccessMask::WRITE_DAC);
        }
        for ace in self.entries.iter().filter(|a| !a.inherit_only && a.kind != AceKind::Audit) {
            if wanted == 0 {
                return true;
            }
            let about = self.about(&ace.principal.value, who, language_known);
            let (allows, denies) = match (ace.kind, ace.mask) {
                (AceKind::Deny, Some(mask)) => (0, mask.of_file().0),
                (AceKind::Deny, None) => (0, if guess == Guess::Worst { u32::MAX } else { 0 }),
                (_, Some(mask)) => (mask.of_file().0, 0),
                (_, None) if guess == Guess::Best => (u32::MAX, 0),
                (_, None) => (0, u32::MAX),
            };
            if wanted & denies != 0 && self.taken(about, guess == Guess::Worst) {
                return false;
            }
            if self.taken(about, guess == Guess::Best) {
                wanted &= !allows;
            }
        }
        wanted == 0 || !self.complete && guess == Guess::Best
    }

    fn taken(&self, about: About, if_unsure: bool) -> bool {
        about == About::Yes || about == About::Maybe && if_unsure
    }

    /// Whether a name of this list was found in the tables of names: the list's language is then one of theirs.
    fn language_known(&self) -> bool {
        self.entries.iter().any(|a| a.principal.value.sid().is_some() && a.printed.contains('\\'))
    }

    fn owner_is(&self, who: &[&str], language_known: bool) -> About {
        match &self.owner {
            Some(owner) => self.about(&owner.value, who, language_known),
            None => About::Maybe,
        }
    }

    fn about(&self, principal: &Principal, who: &[&str], language_known: bool) -> About {
        // An account of a domain or machine: it may be in groups that only that domain or machine knows.
        let open = who.iter().any(|w| match principal::of_name(w) {
            Principal::Sid(sid) => sid.starts_with("S-1-5-21-"),
            Principal::Name(name) => !principal::is_virtual(&name),
        });
        match principal {
            Principal::Sid(sid) if who.iter().any(|w| is_sid(w, sid)) => About::Yes,
            Principal::Sid(sid) if sid == principal::OWNER_RIGHTS => {
                self.owner.as_ref().map_or(About::Maybe, |owner| {
                    // The owner cannot be OWNER RIGHTS itself.
                    if owner.value == *principal { About::No } else { self.about(&owner.value, who, language_known) }
                })
            }
            Principal::Sid(sid) if open && (sid.starts_with("S-1-5-21-") || sid.starts_with("S-1-5-32-")) => {
                About::Maybe
            }
            Principal::Sid(_) => About::No,
            Principal::Name(name) => {
                let virtual_sid = principal::virtual_sid(name);
                let same = |w: &&str| same_name(w, name) || virtual_sid.as_deref().is_some_and(|sid| is_sid(w, sid));
                if who.iter().any(same) {
                    About::Yes
                } else if principal::may_be_well_known(name, language_known) || open && !principal::is_virtual(name) {
                    About::Maybe
                } else {
                    About::No
                }
            }
        }
    }
}

/// Whether a SID or name is this SID.
fn is_sid(who: &str, sid: &str) -> bool {
    who.eq_ignore_ascii_case(sid)
        || principal::of_name(who).sid() == Some(sid)
        || principal::virtual_sid(who).as_deref() == Some(sid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::principal::{ADMINISTRATORS, EVERYONE, NETWORK_SERVICE, SYSTEM};

    /// A list as `principal:kind:mask` words; `io` in front of one for children only.
    fn list(entries: &[(&str, AceKind, Option<u32>)]) -> AccessList {
        let place = Place::default();
        let entries = entries
            .iter()
            .map(|(printed, kind, mask)| {
                let principal = Fact::stated(principal::of_name(printed), place);
                Ace::new(principal, (*printed).to_owned(), *kind, mask.map(AccessMask))
            })
            .collect();
        AccessList {
            path: Fact::stated(String::new(), place),
            target: KeyPath::Other,
            owner: None,
            protected: None,
            entries,
            complete: true,
            by_sid: false,
            refused: None,
            place,
        }
    }

    const READ_DATA: u32 = AccessMask::READ_DATA;
    const ALLOW: AceKind = AceKind::Allow;
    const DENY: AceKind = AceKind::Deny;

    #[test]
    fn folders_of_keys() {
        let of = |under: &str| family_of_folder(&format!("C:\\ProgramData\\Microsoft\\Crypto\\{under}"));
        for folder in ["RSA\\MachineKeys", "DSS\\S-1-5-18", "RSA\\MachineKeys\\"] {
            assert_eq!(of(folder), Some(ProviderKind::Csp), "{folder}");
        }
        for folder in ["Keys", "SystemKeys"] {
            assert_eq!(of(folder), Some(ProviderKind::Ksp), "{folder}");
        }
        // The platform provider's keys, and folders of neither.
        for folder in ["PCPKSP\\abc", "RSA", "Keys\\x", ""] {
            assert_eq!(of(folder), None, "{folder}");
        }
        assert_eq!(family_of_folder("C:\\Temp\\RSA\\MachineKeys"), None);
    }

    #[test]
    fn the_default_key_folder() {
        // KB 278381: Everyone 0x12019f, Administrators full, this folder only.
        let folder =
            list(&[("Everyone", ALLOW, Some(0x0012_019f)), ("BUILTIN\\Administrators", ALLOW, Some(0x001f_01ff))]);
        assert_eq!(folder.grants(&[EVERYONE], 0x0012_019f), Some(true));
        assert_eq!(folder.grants_account(NETWORK_SERVICE, READ_DATA), Some(true));
        assert_eq!(folder.grants_account(NETWORK_SERVICE, AccessMask::DELETE), Some(false));
        assert_eq!(folder.grants_account(SYSTEM, AccessMask::FULL.0), Some(true));
        assert_eq!(folder.grants(&[ADMINISTRATORS], AccessMask::FULL.0), Some(true));
    }

    #[test]
    fn a_new_machine_key() {
        // KB 238187: SYSTEM and Administrators; NETWORK SERVICE is added for Remote Desktop (KB 3042780).
        let system_only = list(&[("S-1-5-18", ALLOW, Some(0xd01f_01ff)), ("S-1-5-32-544", ALLOW, Some(0xd01f_01ff))]);
        assert_eq!(system_only.grants_account(SYSTEM, READ_DATA), Some(true));
        assert_eq!(system_only.grants_account(NETWORK_SERVICE, READ_DATA), Some(false));
        let mut with_service = system_only;
        with_service.entries.extend(list(&[("S-1-5-20", ALLOW, Some(0x8012_0089))]).entries);
        assert_eq!(with_service.grants_account(NETWORK_SERVICE, READ_DATA), Some(true));
        assert_eq!(with_service.grants_account(NETWORK_SERVICE, AccessMask::WRITE_DATA), Some(false));
    }

    #[test]
    fn the_first_entry_decides() {
        let deny = ("Everyone", DENY, Some(READ_DATA));
        let allow = ("NT AUTHORITY\\SYSTEM", ALLOW, Some(AccessMask::FULL.0));
        assert_eq!(list(&[deny, allow]).grants_account(SYSTEM, READ_DATA), Some(false));
        assert_eq!(list(&[allow, deny]).grants_account(SYSTEM, READ_DATA), Some(true));
        // A denial of other rights decides nothing here.
        let other = ("Everyone", DENY, Some(AccessMask::WRITE_DATA));
        assert_eq!(list(&[other, allow]).grants_account(SYSTEM, READ_DATA), Some(true));
        let audit = ("Everyone", AceKind::Audit, Some(u32::MAX));
        assert_eq!(list(&[audit]).grants_account(SYSTEM, READ_DATA), Some(false));
    }

    #[test]
    fn rights_that_cannot_be_read_leave_it_open() {
        let open = |who: &str, printed: &str| list(&[(printed, ALLOW, None)]).grants(&[who], READ_DATA);
        assert_eq!(open(SYSTEM, "NT AUTHORITY\\SYSTEM"), None);
        assert_eq!(open(SYSTEM, "NT AUTHORITY\\NETWORK SERVICE"), Some(false));
        // A user may be in the group.
        assert_eq!(open("S-1-5-21-1-2-3-1001", "BUILTIN\\Users"), None);
        // An account by its name.
        let read = list(&[("S-1-5-20", ALLOW, Some(READ_DATA))]);
        assert_eq!(read.grants(&["NT AUTHORITY\\NETWORK SERVICE"], READ_DATA), Some(true));
        assert_eq!(read.grants(&["NT AUTHORITY\\LOCAL SERVICE"], READ_DATA), Some(false));
    }

    #[test]
    fn entries_for_children_do_not_count() {
        let mut folder = list(&[("Everyone", ALLOW, Some(AccessMask::FULL.0)), ("Everyone", DENY, Some(READ_DATA))]);
        folder.entries[0].inherit_only = true;
        assert_eq!(folder.grants_account(SYSTEM, READ_DATA), Some(false));
        folder.entries[0].inherit_only = false;
        folder.entries.swap(0, 1);
        folder.entries[0].inherit_only = true;
        assert_eq!(folder.grants_account(SYSTEM, READ_DATA), Some(true));
        assert_eq!(folder.entries_about(&[EVERYONE]).count(), 1);
    }

    #[test]
    fn what_is_not_known_decides_nothing() {
        let users = ("BUILTIN\\Users", ALLOW, Some(AccessMask::READ.0));
        let unread = ("NT AUTHORITY\\SYSTEM", ALLOW, None);
        assert_eq!(list(&[users, unread]).grants_account(SYSTEM, READ_DATA), None);
        // The entry that can't be read is about somebody else.
        assert_eq!(list(&[users, unread]).grants_account(NETWORK_SERVICE, READ_DATA), Some(true));
        assert_eq!(list(&[users, ("BUILTIN\\Guests", ALLOW, None)]).grants_account(SYSTEM, READ_DATA), Some(false));
        let mut cut = list(&[users]);
        cut.complete = false;
        assert_eq!(cut.grants_account(SYSTEM, READ_DATA), None);
        // What comes after the entry that decides changes nothing.
        assert_eq!(cut.grants_account(NETWORK_SERVICE, READ_DATA), Some(true));
        cut.refused = Some(Fact::stated("Access is denied.".to_owned(), Place::default()));
        assert_eq!(cut.grants_account(NETWORK_SERVICE, READ_DATA), None);
    }

    #[test]
    fn names_of_unknown_languages_leave_it_open() {
        let full = Some(AccessMask::FULL.0);
        assert_eq!(list(&[("ZARZĄDZANIE NT\\SYSTEM", ALLOW, full)]).grants_account(SYSTEM, READ_DATA), None);
        let damaged = list(&[("VORDEFINIERT\\Benutzer", ALLOW, full), ("NT-AUTORIT?T\\SYSTEM", ALLOW, full)]);
        assert_eq!(damaged.grants_account(SYSTEM, READ_DATA), None);
        // Accounts of a domain and of services are somebody else.
        let others = list(&[
            ("BUILTIN\\Users", ALLOW, full),
            ("CONTOSO\\web", ALLOW, full),
            ("IIS APPPOOL\\shop", ALLOW, full),
            ("NT SERVICE\\MSSQLSERVER", ALLOW, full),
            ("S-1-5-21-1-2-3-500", ALLOW, full),
            ("S-1-5-5-0-4711", ALLOW, full),
        ]);
        assert_eq!(others.grants_account(SYSTEM, READ_DATA), Some(false));
    }

    #[test]
    fn virtual_accounts_by_name_and_by_sid() {
        let full = Some(AccessMask::FULL.0);
        let sql = "S-1-5-80-3880718306-3832830129-1677859214-2598158968-1052248003";
        for (printed, asked) in [(sql, "NT SERVICE\\MSSQLSERVER"), ("NT Service\\MSSQLSERVER", sql)] {
            assert_eq!(list(&[(printed, ALLOW, full)]).grants_account(asked, READ_DATA), Some(true), "{printed}");
        }
        let other = list(&[(sql, ALLOW, full)]);
        assert_eq!(other.grants_account("NT SERVICE\\DIAHostService", READ_DATA), Some(false));
        assert_eq!(other.grants_account("IIS APPPOOL\\shop", READ_DATA), Some(false));
    }

    #[test]
    fn a_user_may_be_in_groups_that_are_not_shown() {
        let full = Some(AccessMask::FULL.0);
        let of_group = list(&[("NT AUTHORITY\\SYSTEM", ALLOW, full), ("CONTOSO\\Key Readers", ALLOW, full)]);
        assert_eq!(of_group.grants_account("CONTOSO\\svc-app", READ_DATA), None);
        assert_eq!(of_group.grants_account(NETWORK_SERVICE, READ_DATA), Some(false));
        let system_only = list(&[("NT AUTHORITY\\SYSTEM", ALLOW, full)]);
        assert_eq!(system_only.grants_account("CONTOSO\\svc-app", READ_DATA), Some(false));
    }

    #[test]
    fn the_owner_may_change_the_permissions() {
        let rights = AccessMask::WRITE_DAC;
        let mut folder = list(&[("Everyone", ALLOW, Some(READ_DATA))]);
        assert_eq!(folder.grants(&[ADMINISTRATORS], rights), None);
        folder.owner = Some(Fact::stated(Principal::Sid(ADMINISTRATORS.to_owned()), Place::default()));
        assert_eq!(folder.grants(&[ADMINISTRATORS], rights), Some(true));
        assert_eq!(folder.grants_account(SYSTEM, rights), Some(true));
        assert_eq!(folder.grants_account(NETWORK_SERVICE, rights), Some(false));
        folder.entries.extend(list(&[("OWNER RIGHTS", ALLOW, Some(READ_DATA))]).entries);
        assert_eq!(folder.grants(&[ADMINISTRATORS], rights), Some(false));
    }

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

    #[test]
    fn a_part_of_the_owners_rights_and_of_nobodys() {
        // Only these two rights come with being the owner.
        let mut folder = list(&[]);
        folder.owner = Some(Fact::stated(Principal::Sid(ADMINISTRATORS.to_owned()), Place::default()));
        for (rights, granted) in [
            (AccessMask::READ_CONTROL, true),
            (AccessMask::WRITE_DAC, true),
            (AccessMask::READ_CONTROL | AccessMask::WRITE_DAC, true),
            (AccessMask::WRITE_DAC | READ_DATA, false),
        ] {
            assert_eq!(folder.grants(&[ADMINISTRATORS], rights), Some(granted), "{rights:x}");
        }
        // An entry for OWNER RIGHTS is for the owner, whoever asks.
        folder.entries = list(&[("OWNER RIGHTS", ALLOW, Some(READ_DATA))]).entries;
        assert_eq!(folder.grants(&[ADMINISTRATORS], READ_DATA), Some(true));
        assert_eq!(folder.grants(&[NETWORK_SERVICE], READ_DATA), Some(false));
        folder.owner = Some(Fact::stated(Principal::Sid(principal::OWNER_RIGHTS.to_owned()), Place::default()));
        assert_eq!(folder.grants(&[ADMINISTRATORS], READ_DATA), Some(false));
        folder.owner = None;
        assert_eq!(folder.grants(&[ADMINISTRATORS], READ_DATA), None);
        // For children only it takes nothing from the owner.
        folder.owner = Some(Fact::stated(Principal::Sid(ADMINISTRATORS.to_owned()), Place::default()));
        folder.entries[0].inherit_only = true;
        assert_eq!(folder.grants(&[ADMINISTRATORS], AccessMask::WRITE_DAC), Some(true));
    }

    #[test]
    fn a_denial_that_can_not_be_read() {
        let full = Some(AccessMask::FULL.0);
        let deny = list(&[("Everyone", DENY, None), ("NT AUTHORITY\\SYSTEM", ALLOW, full)]);
        assert_eq!(deny.grants_account(SYSTEM, READ_DATA), None);
        let after = list(&[("NT AUTHORITY\\SYSTEM", ALLOW, full), ("Everyone", DENY, None)]);
        assert_eq!(after.grants_account(SYSTEM, READ_DATA), Some(true));
        // A denial for a name that may be one of the account's groups.
        let maybe = list(&[("ZARZĄDZANIE NT\\X", DENY, full), ("S-1-5-18", ALLOW, full)]);
        assert_eq!(maybe.grants_account(SYSTEM, READ_DATA), None);
        let audit = list(&[("Everyone", AceKind::Audit, None), ("S-1-5-18", ALLOW, full)]);
        assert_eq!(audit.grants_account(SYSTEM, READ_DATA), Some(true));
    }

    /// What is not known counts both ways even where something else is not known either.
    #[test]
    fn several_things_that_are_not_known() {
        let mut cut = list(&[("Everyone", ALLOW, Some(READ_DATA))]);
        cut.complete = false;
        assert_eq!(cut.grants(&[ADMINISTRATORS], AccessMask::WRITE_DAC), None, "nor is the owner");
        for deny in [("NT AUTHORITY\\SYSTEM", DENY, None), ("ZARZĄDZANIE NT\\X", DENY, Some(AccessMask::FULL.0))] {
            let mut cut = list(&[deny]);
            cut.complete = false;
            assert_eq!(cut.grants_account(SYSTEM, READ_DATA), None, "{deny:?}");
            // Whole, it is certain that nothing allows.
            cut.complete = true;
            assert_eq!(cut.grants_account(SYSTEM, READ_DATA), Some(false), "{deny:?}");
        }
    }

    #[test]
    fn groups_that_only_a_domain_or_a_machine_knows() {
        let full = Some(AccessMask::FULL.0);
        let user = "S-1-5-21-1-2-3-1001";
        for (entry, known) in [
            (user, Some(true)),
            ("S-1-5-21-1-2-3-512", None),
            ("S-1-5-32-555", None),
            ("S-1-5-80-1-2-3-4-5", Some(false)),
        ] {
            assert_eq!(list(&[(entry, ALLOW, full)]).grants_account(user, READ_DATA), known, "{entry}");
            let service = list(&[(entry, ALLOW, full)]).grants_account(NETWORK_SERVICE, READ_DATA);
            assert_eq!(service, Some(false), "{entry}");
        }
        // With a name that the tables know a domain's name is a domain's.
        let mixed = |first: &str| list(&[(first, ALLOW, Some(AccessMask::DELETE)), ("CONTOSO\\web", ALLOW, full)]);
        assert_eq!(mixed("BUILTIN\\Guests").grants_account(SYSTEM, READ_DATA), Some(false));
        assert_eq!(mixed("Everyone").grants_account(SYSTEM, READ_DATA), None);
        assert_eq!(mixed("S-1-5-32-546").grants_account(SYSTEM, READ_DATA), None);
    }

    #[test]
    fn folders_of_profiles() {
        for (path, target) in [
            ("C:\\Users\\a\\Crypto\\Keys", KeyPath::UserKeys),
            ("C:\\Documents and Settings\\a\\Application Data\\Microsoft\\Crypto\\Keys", KeyPath::UserKeys),
            (
                "C:\\Documents and Settings\\All Users\\Application Data\\Microsoft\\Crypto\\Keys",
                KeyPath::CngMachineKeys,
            ),
            ("D:\\x\\AppData\\Crypto\\Keys", KeyPath::UserKeys),
            ("C:\\Windows\\ServiceProfiles\\LocalService\\Crypto\\Keys", KeyPath::UserKeys),
            ("C:\\Windows\\System32\\config\\systemprofile\\Crypto\\Keys", KeyPath::UserKeys),
            ("C:\\x\\Crypto\\DSS\\S-1-5-18", KeyPath::UserKeys),
            ("C:\\x\\Crypto\\RSA\\other", KeyPath::Other),
        ] {
            assert_eq!(KeyPath::of(path), target, "{path}");
        }
    }
}
