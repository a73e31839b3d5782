//! Names of users and groups and their security identifiers.
//!
//! The SID is the truth: Windows prints its name in the language that the system was installed in. The tables hold only
//! names that are documented or were seen in real output of that language; every other name stays a name.
//!
//! Sources: Microsoft Open Specifications, MS-DTYP 2.4.2.4 (well-known SIDs) and 2.5.1.1 (SDDL aliases); Microsoft Learn,
//! "Security identifiers", "Service accounts" and "Application pool identities"; for other languages than English output
//! of `icacls` and `Get-Acl`, and Microsoft Learn, "Configure Windows service accounts and permissions" (SQL Server), localized
//! service names.

use super::access::Principal;
use sha1::{Digest, Sha1};
use std::fmt::Write as _;

/// SYSTEM.
pub const SYSTEM: &str = "S-1-5-18";
/// LOCAL SERVICE.
pub const LOCAL_SERVICE: &str = "S-1-5-19";
/// NETWORK SERVICE.
pub const NETWORK_SERVICE: &str = "S-1-5-20";
/// The local group Administrators.
pub const ADMINISTRATORS: &str = "S-1-5-32-544";
/// The local group Users.
pub const USERS: &str = "S-1-5-32-545";
/// The local group IIS_IUSRS.
pub const IIS_IUSRS: &str = "S-1-5-32-568";
/// Everyone.
pub const EVERYONE: &str = "S-1-1-0";
/// Authenticated Users.
pub const AUTHENTICATED_USERS: &str = "S-1-5-11";
/// SERVICE: who was logged on as a service.
pub const SERVICE: &str = "S-1-5-6";
/// OWNER RIGHTS: the owner, instead of the rights that an owner has without it.
pub const OWNER_RIGHTS: &str = "S-1-3-4";
/// CREATOR OWNER: stands for the creator in what children inherit.
pub const CREATOR_OWNER: &str = "S-1-3-0";
/// `NT SERVICE\ALL SERVICES`.
const ALL_SERVICES: &str = "S-1-5-80-0";

/// English names (MS-DTYP 2.4.2.4; Microsoft Learn, "Security identifiers").
pub static ENGLISH: [(&str, &str); 46] = [
    (SYSTEM, "NT AUTHORITY\\SYSTEM"),
    (ADMINISTRATORS, "BUILTIN\\Administrators"),
    (NETWORK_SERVICE, "NT AUTHORITY\\NETWORK SERVICE"),
    (LOCAL_SERVICE, "NT AUTHORITY\\LOCAL SERVICE"),
    (EVERYONE, "Everyone"),
    (AUTHENTICATED_USERS, "NT AUTHORITY\\Authenticated Users"),
    (USERS, "BUILTIN\\Users"),
    (IIS_IUSRS, "BUILTIN\\IIS_IUSRS"),
    (SERVICE, "NT AUTHORITY\\SERVICE"),
    (OWNER_RIGHTS, "OWNER RIGHTS"),
    (CREATOR_OWNER, "CREATOR OWNER"),
    ("S-1-3-1", "CREATOR GROUP"),
    ("S-1-2-0", "LOCAL"),
    ("S-1-2-1", "CONSOLE LOGON"),
    ("S-1-5-1", "NT AUTHORITY\\DIALUP"),
    ("S-1-5-2", "NT AUTHORITY\\NETWORK"),
    ("S-1-5-3", "NT AUTHORITY\\BATCH"),
    ("S-1-5-4", "NT AUTHORITY\\INTERACTIVE"),
    ("S-1-5-7", "NT AUTHORITY\\ANONYMOUS LOGON"),
    ("S-1-5-9", "NT AUTHORITY\\ENTERPRISE DOMAIN CONTROLLERS"),
    ("S-1-5-10", "NT AUTHORITY\\SELF"),
    ("S-1-5-12", "NT AUTHORITY\\RESTRICTED"),
    ("S-1-5-13", "NT AUTHORITY\\TERMINAL SERVER USER"),
    ("S-1-5-14", "NT AUTHORITY\\REMOTE INTERACTIVE LOGON"),
    ("S-1-5-15", "NT AUTHORITY\\This Organization"),
    ("S-1-5-17", "NT AUTHORITY\\IUSR"),
    ("S-1-5-33", "NT AUTHORITY\\WRITE RESTRICTED"),
    ("S-1-5-113", "NT AUTHORITY\\Local account"),
    ("S-1-5-114", "NT AUTHORITY\\Local account and member of Administrators group"),
    ("S-1-5-32-546", "BUILTIN\\Guests"),
    ("S-1-5-32-547", "BUILTIN\\Power Users"),
    ("S-1-5-32-548", "BUILTIN\\Account Operators"),
    ("S-1-5-32-549", "BUILTIN\\Server Operators"),
    ("S-1-5-32-550", "BUILTIN\\Print Operators"),
    ("S-1-5-32-551", "BUILTIN\\Backup Operators"),
    ("S-1-5-32-552", "BUILTIN\\Replicator"),
    ("S-1-5-32-554", "BUILTIN\\Pre-Windows 2000 Compatible Access"),
    ("S-1-5-32-555", "BUILTIN\\Remote Desktop Users"),
    ("S-1-5-32-556", "BUILTIN\\Network Configuration Operators"),
    ("S-1-5-32-558", "BUILTIN\\Performance Monitor Users"),
    ("S-1-5-32-559", "BUILTIN\\Performance Log Users"),
    ("S-1-5-32-569", "BUILTIN\\Cryptographic Operators"),
    ("S-1-5-32-574", "BUILTIN\\Certificate Service DCOM Access"),
    (ALL_SERVICES, "NT SERVICE\\ALL SERVICES"),
    ("S-1-15-2-1", "APPLICATION PACKAGE AUTHORITY\\ALL APPLICATION PACKAGES"),
    ("S-1-15-2-2", "APPLICATION PACKAGE AUTHORITY\\ALL RESTRICTED APPLICATION PACKAGES"),
];

/// Names of other languages, as `icacls` and `Get-Acl` print them. Japanese and Chinese systems print the English names.
pub static TRANSLATED: [(&str, &str); 30] = [
    (SYSTEM, "NT-AUTORITÄT\\SYSTEM"),
    (SYSTEM, "AUTORITE NT\\Système"),
    (SYSTEM, "NT AUTHORITY\\СИСТЕМА"),
    (SYSTEM, "AUTORIDADE NT\\SISTEMA"),
    (SYSTEM, "NT instans\\SYSTEM"),
    (SYSTEM, "AUTORITE NT\\SYSTEM"),
    (NETWORK_SERVICE, "NT-AUTORITÄT\\NETZWERKDIENST"),
    (NETWORK_SERVICE, "AUTORITE NT\\SERVICE RÉSEAU"),
    (NETWORK_SERVICE, "NT AUTHORITY\\SERVIZIO DI RETE"),
    (NETWORK_SERVICE, "NT AUTHORITY\\SERVICIO DE RED"),
    (LOCAL_SERVICE, "NT-AUTORITÄT\\LOKALER DIENST"),
    (LOCAL_SERVICE, "AUTORITE NT\\SERVICE LOCAL"),
    (LOCAL_SERVICE, "NT AUTHORITY\\SERVIZIO LOCALE"),
    (LOCAL_SERVICE, "NT AUTHORITY\\SERVICIO LOC"),
    (LOCAL_SERVICE, "NT AUTHORITY\\SERVICIO LOCAL"),
    (ADMINISTRATORS, "VORDEFINIERT\\Administratoren"),
    (ADMINISTRATORS, "BUILTIN\\Administrateurs"),
    (ADMINISTRATORS, "BUILTIN\\Администраторы"),
    (ADMINISTRATORS, "BUILTIN\\Administradores"),
    (ADMINISTRATORS, "BUILTIN\\Administratörer"),
    (USERS, "VORDEFINIERT\\Benutzer"),
    (USERS, "BUILTIN\\Utilisateurs"),
    (USERS, "BUILTIN\\Usuários"),
    (USERS, "BUILTIN\\Användare"),
    (EVERYONE, "Jeder"),
    (EVERYONE, "Tout le monde"),
    (EVERYONE, "Все"),
    (AUTHENTICATED_USERS, "NT instans\\Autentiserade användare"),
    (OWNER_RIGHTS, "EIGENTÜMERRECHTE"),
    // Some tools print the account of the owner without its authority.
    (SYSTEM, "SYSTEM"),
];

/// What the service manager calls the accounts of Windows (Microsoft Learn, "Win32_Service class", StartName).
pub static SERVICE_ACCOUNTS: [(&str, &str); 3] = [
    (SYSTEM, "LocalSystem"),
    (NETWORK_SERVICE, "NT AUTHORITY\\NetworkService"),
    (LOCAL_SERVICE, "NT AUTHORITY\\LocalService"),
];

/// Aliases of SDDL that stand for the same SID on every machine (MS-DTYP 2.5.1.1).
pub static ALIASES: [(&str, &str); 47] = [
    ("AA", "S-1-5-32-579"),
    ("AC", "S-1-15-2-1"),
    ("AN", "S-1-5-7"),
    ("AO", "S-1-5-32-548"),
    ("AS", "S-1-18-1"),
    ("AU", AUTHENTICATED_USERS),
    ("BA", ADMINISTRATORS),
    ("BG", "S-1-5-32-546"),
    ("BO", "S-1-5-32-551"),
    ("BU", USERS),
    ("CD", "S-1-5-32-574"),
    ("CG", "S-1-3-1"),
    ("CO", CREATOR_OWNER),
    ("CY", "S-1-5-32-569"),
    ("ED", "S-1-5-9"),
    ("ER", "S-1-5-32-573"),
    ("ES", "S-1-5-32-576"),
    ("HA", "S-1-5-32-578"),
    ("HI", "S-1-16-12288"),
    ("IS", IIS_IUSRS),
    ("IU", "S-1-5-4"),
    ("LS", LOCAL_SERVICE),
    ("LU", "S-1-5-32-559"),
    ("LW", "S-1-16-4096"),
    ("ME", "S-1-16-8192"),
    ("MP", "S-1-16-8448"),
    ("MS", "S-1-5-32-577"),
    ("MU", "S-1-5-32-558"),
    ("NO", "S-1-5-32-556"),
    ("NS", NETWORK_SERVICE),
    ("NU", "S-1-5-2"),
    ("OW", OWNER_RIGHTS),
    ("PO", "S-1-5-32-550"),
    ("PS", "S-1-5-10"),
    ("PU", "S-1-5-32-547"),
    ("RA", "S-1-5-32-575"),
    ("RC", "S-1-5-12"),
    ("RD", "S-1-5-32-555"),
    ("RE", "S-1-5-32-552"),
    ("RM", "S-1-5-32-580"),
    ("RU", "S-1-5-32-554"),
    ("SI", "S-1-16-16384"),
    ("SO", "S-1-5-32-549"),
    ("SS", "S-1-18-2"),
    ("SU", SERVICE),
    ("SY", SYSTEM),
    ("WD", EVERYONE),
];

/// Aliases whose SID holds the number of a domain or machine, which the alias does not show, with the English name of
/// the account or group (MS-DTYP 2.5.1.1).
pub static RELATIVE_ALIASES: [(&str, &str); 17] = [
    ("AP", "Protected Users"),
    ("CA", "Cert Publishers"),
    ("CN", "Cloneable Domain Controllers"),
    ("DA", "Domain Admins"),
    ("DC", "Domain Computers"),
    ("DD", "Domain Controllers"),
    ("DG", "Domain Guests"),
    ("DU", "Domain Users"),
    ("EA", "Enterprise Admins"),
    ("EK", "Enterprise Key Admins"),
    ("KA", "Key Admins"),
    ("LA", "Administrator"),
    ("LG", "Guest"),
    ("PA", "Group Policy Creator Owners"),
    ("RO", "Enterprise Read-only Domain Controllers"),
    ("RS", "RAS and IAS Servers"),
    ("SA", "Schema Admins"),
];

/// The authorities before the backslash whose accounts are well known, in the languages that are proven.
const AUTHORITIES: [&str; 9] = [
    "NT AUTHORITY",
    "BUILTIN",
    "NT-AUTORITÄT",
    "VORDEFINIERT",
    "AUTORITE NT",
    "AUTORIDADE NT",
    "NT instans",
    "APPLICATION PACKAGE AUTHORITY",
    "Mandatory Label",
];

/// The authorities of virtual accounts. They are not translated.
const VIRTUAL: [&str; 4] = ["NT SERVICE", "IIS APPPOOL", "NT VIRTUAL MACHINE", "Window Manager"];

/// Two names are the same: case does not matter to Windows.
pub fn same_name(a: &str, b: &str) -> bool {
    let lower = |text: &str| -> String { text.chars().flat_map(char::to_lowercase).collect() };
    a.eq_ignore_ascii_case(b) || !a.is_ascii() && !b.is_ascii() && lower(a) == lower(b)
}

/// The SID in a text that is one, upper case: `S-1-`, an authority, and at least one number.
pub fn as_sid(text: &str) -> Option<String> {
    let rest = text.get(..4).filter(|p| p.eq_ignore_ascii_case("S-1-")).and_then(|_| text.get(4..))?;
    let mut numbers = 0usize;
    for number in rest.split('-') {
        // The authority has 48 bits and may be printed in hexadecimal (MS-DTYP 2.4.2.1).
        let digits = number.strip_prefix("0x").filter(|_| numbers == 0);
        let right = match digits {
            Some(hex) => !hex.is_empty() && hex.len() <= 12 && hex.bytes().all(|b| b.is_ascii_hexdigit()),
            None => !number.is_empty() && number.len() <= 15 && number.bytes().all(|b| b.is_ascii_digit()),
        };
        if !right || numbers > 15 {
            return None;
        }
        numbers += 1;
    }
    (numbers >= 2).then(|| format!("S-1-{rest}"))
}

/// The principal that a printed name or SID stands for.
pub fn of_name(printed: &str) -> Principal {
    let name = printed.trim().trim_start_matches('*');
    if let Some(sid) = as_sid(name) {
        return Principal::Sid(sid);
    }
    let known = ENGLISH.iter().chain(&TRANSLATED).find(|(_, known)| same_name(known, name));
    match known {
        Some((sid, _)) => Principal::Sid((*sid).to_owned()),
        None => Principal::Name(name.to_owned()),
    }
}

/// The principal that an alias or SID in SDDL stands for. An alias that needs the number of a domain stays as printed.
pub fn of_sddl(printed: &str) -> Principal {
    if let Some(sid) = as_sid(printed) {
        return Principal::Sid(sid);
    }
    match ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(printed)) {
        Some((_, sid)) => Principal::Sid((*sid).to_owned()),
        None => Principal::Name(printed.to_owned()),
    }
}

/// Whether a text is an alias of SDDL.
pub fn is_alias(text: &str) -> bool {
    let known = |alias: &str| alias.eq_ignore_ascii_case(text);
    ALIASES.iter().any(|(alias, _)| known(alias)) || RELATIVE_ALIASES.iter().any(|(alias, _)| known(alias))
}

/// The English name of a SID, for a person: `NT AUTHORITY\SYSTEM`.
pub fn name_of(sid: &str) -> Option<&'static str> {
    ENGLISH.iter().find(|(known, _)| *known == sid).map(|(_, name)| *name)
}

/// The names that are not ASCII, by which a code page is told from another.
pub fn names_beyond_ascii() -> impl Iterator<Item = &'static str> {
    TRANSLATED.iter().map(|(_, name)| *name).filter(|name| !name.is_ascii())
}

/// Every name that a table knows, in every language.
pub fn known_names() -> impl Iterator<Item = &'static str> {
    ENGLISH.iter().chain(&TRANSLATED).chain(&SERVICE_ACCOUNTS).map(|(_, name)| *name)
}

/// The name of the part before the backslash, and the one after it.
pub fn split_name(name: &str) -> (Option<&str>, &str) {
    match name.split_once('\\') {
        Some((authority, account)) => (Some(authority), account),
        None => (None, name),
    }
}

/// The SID of a virtual account, which follows from its name: `NT SERVICE\x` is `S-1-5-80-` and `IIS APPPOOL\x` is
/// `S-1-5-82-` with the five numbers of the SHA-1 of the name in UTF-16LE, in upper case of a service and in lower case of
/// a pool.
pub fn virtual_sid(name: &str) -> Option<String> {
    let (Some(authority), account) = split_name(name) else { return None };
    if same_name(name, "NT SERVICE\\ALL SERVICES") {
        return Some(ALL_SERVICES.to_owned());
    }
    let (prefix, account): (_, String) = if authority.eq_ignore_ascii_case("NT SERVICE") {
        ("S-1-5-80", account.chars().flat_map(char::to_uppercase).collect())
    } else if authority.eq_ignore_ascii_case("IIS APPPOOL") {
        ("S-1-5-82", account.chars().flat_map(char::to_lowercase).collect())
    } else {
        return None;
    };
    let bytes: Vec<u8> = account.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut sid = prefix.to_owned();
    for number in Sha1::digest(&bytes).chunks_exact(4) {
        let number = number.try_into().map(u32::from_le_bytes).unwrap_or(0);
        let _ = write!(sid, "-{number}");
    }
    Some(sid)
}

/// Whether an account is virtual: it belongs to a service or an application pool of this machine, by name or SID.
pub fn is_virtual(name: &str) -> bool {
    let by_name = split_name(name).0.is_some_and(|authority| VIRTUAL.iter().any(|v| same_name(v, authority)));
    by_name || name.starts_with("S-1-5-80-") || name.starts_with("S-1-5-82-")
}

/// The SIDs and names in the token of an account that Windows itself puts there: the account first, then the groups it is
/// in on every machine. A group that an administrator made is not among them.
///
/// Sources: Microsoft Learn, "LocalSystem Account", "NetworkService Account", "LocalService Account", "Service accounts"
/// (virtual accounts), "Application pool identities"; "Security identifiers" (SERVICE, Authenticated Users, Users).
pub fn token_of(account: &str) -> Vec<String> {
    let own = match of_name(account) {
        Principal::Sid(sid) => sid,
        Principal::Name(name) => name,
    };
    let groups: &[&str] = match own.as_str() {
        SYSTEM => &[ADMINISTRATORS, EVERYONE, AUTHENTICATED_USERS],
        NETWORK_SERVICE | LOCAL_SERVICE => &[EVERYONE, AUTHENTICATED_USERS, SERVICE, USERS],
        // A group is asked for alone, and everybody is in Everyone.
        EVERYONE => &[],
        AUTHENTICATED_USERS | ADMINISTRATORS | USERS | IIS_IUSRS | SERVICE => &[EVERYONE],
        _ if own.starts_with("S-1-5-80-") || split_name(&own).0.is_some_and(|a| same_name(a, "NT SERVICE")) => {
            &[ALL_SERVICES, EVERYONE, AUTHENTICATED_USERS, SERVICE, USERS]
        }
        _ if own.starts_with("S-1-5-82-") || split_name(&own).0.is_some_and(|a| same_name(a, "IIS APPPOOL")) => {
            &[IIS_IUSRS, EVERYONE, AUTHENTICATED_USERS, SERVICE, USERS]
        }
        _ => &[EVERYONE, AUTHENTICATED_USERS, USERS],
    };
    let mut token = vec![own];
    token.extend(groups.iter().map(|g| (*g).to_owned()));
    token
}

/// Whether a name that no table knows may still be one of the well-known principals: in a language that no table holds,
/// or damaged by a wrong code page.
///
/// `language_known` says that another name of the same list was found in a table. Then a name of which the part before the
/// backslash has the form of a domain's or machine's name belongs to that domain or machine.
pub fn may_be_well_known(name: &str, language_known: bool) -> bool {
    let (Some(authority), _) = split_name(name) else { return true };
    if is_virtual(name) {
        return false;
    }
    let reserved = AUTHORITIES.iter().any(|a| same_name(a, authority))
        || authority.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("NT"));
    let netbios = (1..=15).contains(&authority.len())
        && authority.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    reserved || !netbios || !language_known
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sid(text: &str) -> Principal {
        Principal::Sid(text.to_owned())
    }

    #[test]
    fn proven_names_are_sids() {
        for (printed, expected) in [
            ("NT AUTHORITY\\SYSTEM", SYSTEM),
            ("nt authority\\system", SYSTEM),
            ("NT-AUTORITÄT\\SYSTEM", SYSTEM),
            ("AUTORITE NT\\Système", SYSTEM),
            ("NT AUTHORITY\\система", SYSTEM),
            ("AUTORIDADE NT\\SISTEMA", SYSTEM),
            ("NT instans\\SYSTEM", SYSTEM),
            ("VORDEFINIERT\\Administratoren", ADMINISTRATORS),
            ("BUILTIN\\Администраторы", ADMINISTRATORS),
            ("Tout le monde", EVERYONE),
            ("NT AUTHORITY\\NETWORK SERVICE", NETWORK_SERVICE),
            ("BUILTIN\\IIS_IUSRS", IIS_IUSRS),
            ("*S-1-5-20", NETWORK_SERVICE),
            ("s-1-5-21-1-2-3-1001", "S-1-5-21-1-2-3-1001"),
        ] {
            assert_eq!(of_name(printed), sid(expected), "{printed}");
        }
    }

    #[test]
    fn other_names_stay_names() {
        for printed in [
            "Alla",
            "ZARZĄDZANIE NT\\SYSTEM",
            "NT-AUTORIT\u{fffd}T\\SYSTEM",
            "IIS APPPOOL\\shop",
            "NT SERVICE\\MSSQLSERVER",
            "CONTOSO\\S-1-team",
            "S-1-5",
            "S-1-5-",
            "S-1-5-21-x",
        ] {
            assert_eq!(of_name(printed), Principal::Name(printed.to_owned()), "{printed}");
        }
    }

    #[test]
    fn aliases_of_sddl() {
        // MS-DTYP 2.5.1.1.
        for (alias, expected) in [
            ("SY", "S-1-5-18"),
            ("BA", "S-1-5-32-544"),
            ("BU", "S-1-5-32-545"),
            ("WD", "S-1-1-0"),
            ("NS", "S-1-5-20"),
            ("LS", "S-1-5-19"),
            ("AU", "S-1-5-11"),
            ("CO", "S-1-3-0"),
            ("OW", "S-1-3-4"),
            ("IS", "S-1-5-32-568"),
            ("SU", "S-1-5-6"),
        ] {
            assert_eq!(of_sddl(alias), sid(expected), "{alias}");
        }
        assert_eq!(of_sddl("LA"), Principal::Name("LA".to_owned()));
        assert!(is_alias("LA") && is_alias("WD") && !is_alias("XX"));
    }

    #[test]
    fn tables_hold_each_name_once() {
        for (at, (_, name)) in ENGLISH.iter().chain(&TRANSLATED).enumerate() {
            let again = ENGLISH.iter().chain(&TRANSLATED).skip(at + 1).any(|(_, other)| same_name(name, other));
            assert!(!again, "{name}");
        }
        assert!(ALIASES.is_sorted());
    }

    #[test]
    fn virtual_accounts_follow_from_their_names() {
        // Microsoft Learn, "Security identifiers" (NT SERVICE\TrustedInstaller) and the SQL Server documentation.
        let installer = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";
        assert_eq!(virtual_sid("NT SERVICE\\TrustedInstaller").as_deref(), Some(installer));
        let sql = "S-1-5-80-3880718306-3832830129-1677859214-2598158968-1052248003";
        assert_eq!(virtual_sid("nt service\\MSSQLSERVER").as_deref(), Some(sql));
        let pool = "S-1-5-82-3006700770-424185619-1745488364-794895919-4004696415";
        assert_eq!(virtual_sid("IIS APPPOOL\\DefaultAppPool").as_deref(), Some(pool));
        assert_eq!(virtual_sid("CONTOSO\\x"), None);
    }

    #[test]
    fn tokens_hold_the_groups_of_every_machine() {
        assert_eq!(token_of("NT AUTHORITY\\SYSTEM"), [SYSTEM, ADMINISTRATORS, EVERYONE, AUTHENTICATED_USERS]);
        assert!(token_of(NETWORK_SERVICE).iter().any(|s| s == SERVICE));
        assert!(token_of("IIS APPPOOL\\shop").iter().any(|s| s == IIS_IUSRS));
        assert_eq!(token_of("CONTOSO\\app")[0], "CONTOSO\\app");
    }

    #[test]
    fn what_is_a_sid() {
        for right in
            ["S-1-5-18", "S-1-0x500000000000-1", "S-1-123456789012345-1", "S-1-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16"]
        {
            assert_eq!(as_sid(right).as_deref(), Some(right));
        }
        for other in [
            "S-1-5",
            "S-1-0x-1",
            "S-1-0x5000000000001-1",
            "S-1-0x5g-1",
            "S-1-5-0x12",
            "S-1-1234567890123456-1",
            "S-1-5--1",
            "S-1-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16-17",
            "S-2-5-18",
        ] {
            assert_eq!(as_sid(other), None, "{other}");
        }
    }

    #[test]
    fn names_without_regard_to_case() {
        assert!(same_name("NT-AUTORITÄT", "nt-autorität") && same_name("System", "SYSTEM"));
        // The Kelvin sign is a k in lower case: a name in ASCII is no other name for it.
        assert!(!same_name("k", "\u{212a}") && !same_name("\u{212a}", "K") && !same_name("ä", "ö"));
    }

    #[test]
    fn names_of_sids() {
        assert_eq!(name_of("S-1-5-18"), Some("NT AUTHORITY\\SYSTEM"));
        assert_eq!(name_of("S-1-5-32-544"), Some("BUILTIN\\Administrators"));
        assert_eq!(name_of("S-1-5-21-1-2-3-500"), None);
        assert!(names_beyond_ascii().all(|name| !name.is_ascii()));
        assert!(names_beyond_ascii().any(|name| name == "NT-AUTORITÄT\\SYSTEM"));
        let known: Vec<&str> = known_names().collect();
        assert!(known.contains(&"Everyone") && known.contains(&"NT-AUTORITÄT\\SYSTEM") && known.len() > 50);
    }

    #[test]
    fn tokens_of_groups_and_of_virtual_accounts() {
        assert_eq!(token_of("Everyone"), [EVERYONE]);
        for group in [AUTHENTICATED_USERS, ADMINISTRATORS, USERS, IIS_IUSRS, SERVICE] {
            assert_eq!(token_of(group), [group, EVERYONE]);
        }
        let service = "S-1-5-80-3880718306-3832830129-1677859214-2598158968-1052248003";
        for account in [service, "NT SERVICE\\MSSQLSERVER"] {
            assert_eq!(token_of(account)[1..], [ALL_SERVICES, EVERYONE, AUTHENTICATED_USERS, SERVICE, USERS]);
        }
        for account in ["S-1-5-82-1-2-3-4-5", "IIS APPPOOL\\shop"] {
            assert_eq!(token_of(account)[1..], [IIS_IUSRS, EVERYONE, AUTHENTICATED_USERS, SERVICE, USERS]);
        }
        assert_eq!(token_of("CONTOSO\\app")[1..], [EVERYONE, AUTHENTICATED_USERS, USERS]);
    }

    #[test]
    fn names_that_may_be_windows_own() {
        for (name, known, may) in [
            ("Alla", true, true),
            ("IIS APPPOOL\\shop", false, false),
            ("CONTOSO\\web", true, false),
            ("CONTOSO\\web", false, true),
            ("NTX\\web", true, true),
            ("Mandatory Label\\x", true, true),
            ("TOO-LONG-FOR-NETBIOS\\x", true, true),
            ("with blank\\x", true, true),
            ("a_b.c-1\\x", true, false),
            ("\\x", true, true),
        ] {
            assert_eq!(may_be_well_known(name, known), may, "{name} {known}");
        }
    }
}
