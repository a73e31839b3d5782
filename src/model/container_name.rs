//! Container names, key-file names, and the two rules that connect them.

use super::hex;
use md5::{Digest, Md5};

/// Which rule a container name and a key-file name obey together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileNameRule {
    /// CryptoAPI: MD5 of the lower-cased name in 8-bit text and one NUL.
    Capi,
    /// CNG: MD5 of the lower-cased name in UTF-16LE and one 16-bit NUL.
    Cng,
    /// Neither: retyped, anonymised, or another key's file.
    Mismatch,
}

/// The digest's four little-endian words.
type Prefix = [u8; 16];

fn swapped_md5(bytes: &[u8]) -> Prefix {
    let mut digest: Prefix = Md5::digest(bytes).into();
    for word in digest.as_chunks_mut::<4>().0 {
        word.reverse();
    }
    digest
}

/// Container names up to this length (bytes) are hashed without a buffer of their own.
const SHORT: usize = 128;

fn capi_prefix(container: &str) -> Option<Prefix> {
    if container.is_ascii()
        && let Some(name) = [0_u8; SHORT + 1].get_mut(..=container.len())
    {
        for (to, from) in name.iter_mut().zip(container.bytes()) {
            *to = from.to_ascii_lowercase();
        }
        return Some(swapped_md5(name));
    }
    let mut bytes = Vec::with_capacity(container.len() + 1);
    for c in container.chars().flat_map(char::to_lowercase) {
        bytes.push(u8::try_from(u32::from(c)).ok()?);
    }
    bytes.push(0);
    Some(swapped_md5(&bytes))
}

fn cng_prefix(container: &str) -> Prefix {
    if container.is_ascii()
        && let Some(name) = [[0_u8; 2]; SHORT + 1].get_mut(..=container.len())
    {
        for (to, from) in name.iter_mut().zip(container.bytes()) {
            *to = [from.to_ascii_lowercase(), 0];
        }
        return swapped_md5(name.as_flattened());
    }
    let lower: String = container.chars().flat_map(char::to_lowercase).collect();
    let mut bytes: Vec<u8> = lower.encode_utf16().flat_map(u16::to_le_bytes).collect();
    bytes.extend([0, 0]);
    swapped_md5(&bytes)
}

/// The first part of the file name (32 hexadecimal digits) of a CryptoAPI key container.
///
/// MD5 over the lower-cased name in 8-bit text and one NUL; the digest's four little-endian words printed as hexadecimal
/// (M. Gallant, "Unique Key Container Names"; 19 of 19 published pairs). `None` for a name with a character beyond
/// Latin-1: the code page that Windows then uses is not documented.
pub fn capi_file_prefix(container: &str) -> Option<String> {
    capi_prefix(container).map(|prefix| hex::lower(&prefix))
}

/// The first part of the file name (32 hexadecimal digits) of a CNG key of Microsoft's software KSP.
///
/// As for CryptoAPI, over UTF-16LE with a 16-bit NUL (no published statement; 15 of 15 published pairs).
pub fn cng_file_prefix(container: &str) -> String {
    hex::lower(&cng_prefix(container))
}

/// The two parts of a key-file name: 32 hexadecimal digits and the machine's GUID, both lower case.
///
/// `None` when the text is not of the form `<32 hex>_<GUID>`.
pub fn split_file_name(name: &str) -> Option<(String, String)> {
    let (prefix, guid) = file_name_parts(name)?;
    Some((prefix.to_ascii_lowercase(), guid.to_ascii_lowercase()))
}

/// The first part of a key-file name, as written.
pub fn file_prefix(name: &str) -> Option<&str> {
    file_name_parts(name).map(|(prefix, _)| prefix)
}

/// The machine's GUID in a key-file name, as written.
pub fn machine_guid(name: &str) -> Option<&str> {
    file_name_parts(name).map(|(_, guid)| guid)
}

/// The length of a key-file name without blanks around it: 32 digits, `_`, a GUID.
pub const FILE_NAME_LENGTH: usize = 69;

/// Whether a text is of the form `<32 hex>_<GUID>`.
pub fn is_file_name(name: &str) -> bool {
    file_name_parts(name).is_some()
}

/// The two parts of a key-file name as written.
fn file_name_parts(name: &str) -> Option<(&str, &str)> {
    let name = name.trim();
    let (prefix, guid) = (name.get(..32)?, name.get(33..)?);
    let hex = || prefix.bytes().fold(true, |hex, b| hex & b.is_ascii_hexdigit());
    (name.as_bytes().get(32) == Some(&b'_') && is_guid(guid) && hex()).then_some((prefix, guid))
}

/// Whether a text is a GUID without braces: 8-4-4-4-12 hexadecimal digits.
pub fn is_guid(text: &str) -> bool {
    let Ok(bytes) = <&[u8; 36]>::try_from(text.as_bytes()) else { return false };
    // Loops without a way out are run over many bytes at once.
    let hyphens = bytes.iter().fold(0_u8, |count, byte| count.wrapping_add(u8::from(*byte == b'-')));
    let good = bytes.iter().fold(true, |good, byte| good & (byte.is_ascii_hexdigit() | (*byte == b'-')));
    good && hyphens == 4 && [8, 13, 18, 23].iter().all(|place| bytes.get(*place) == Some(&b'-'))
}

/// The number that a GUID's hexadecimal digits make in the order in which they are written.
pub fn guid_number(guid: &str) -> u128 {
    let digits = guid.bytes().filter_map(|byte| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' | b'A'..=b'F' => Some((byte | 0x20) - b'a' + 10),
        _ => None,
    });
    digits.fold(0, |number, digit| (number << 4) | u128::from(digit))
}

/// Whether a container name is of a form that Windows itself makes: a GUID with or without braces, `te-`, `tp-`, `tq-`,
/// `le-`, `lp-` and a GUID at the end, `PvkTmp:`, `CertReq-`, or a key-file name.
pub fn is_windows_made(name: &str) -> bool {
    let name = name.trim();
    let bare = name.strip_prefix('{').and_then(|n| n.strip_suffix('}')).unwrap_or(name);
    if is_guid(bare) || is_file_name(name) || name.starts_with("PvkTmp:") {
        return true;
    }
    let begins = |with: &&str| name.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    let prefixed = ["te-", "tp-", "tq-", "le-", "lp-", "certreq-"].iter().any(begins);
    prefixed && name.get(name.len().saturating_sub(36)..).is_some_and(is_guid)
}

/// Whether a container's name is neither one that Windows makes nor one of Windows' own containers.
pub fn is_brought(name: &str) -> bool {
    let name = name.trim();
    let own = SYSTEM_CONTAINERS.iter().any(|(_, own)| own.eq_ignore_ascii_case(name))
        || name.eq_ignore_ascii_case("IIS Express Development Certificate Container");
    !name.is_empty() && !own && !is_windows_made(name)
}

/// `{GUID}`: how a PFX import names the container when the file does not.
pub fn is_import_name(name: &str) -> bool {
    name.trim().strip_prefix('{').and_then(|n| n.strip_suffix('}')).is_some_and(is_guid)
}

/// The rule that a container name and a key-file name obey together; `None` when the file name is not a key-file name.
pub fn rule_of(container: &str, file_name: &str) -> Option<FileNameRule> {
    let (digits, _) = file_name_parts(file_name)?;
    let prefix: Prefix = hex::bytes(<&[u8; 32]>::try_from(digits.as_bytes()).ok()?)?;
    if capi_prefix(container) == Some(prefix) {
        Some(FileNameRule::Capi)
    } else if cng_prefix(container) == prefix {
        Some(FileNameRule::Cng)
    } else {
        Some(FileNameRule::Mismatch)
    }
}

/// Containers that belong to Windows itself, by the first part of their file name: never a site's key, never to be deleted.
pub static SYSTEM_CONTAINERS: &[(&str, &str)] = &[
    ("f686aace6942fb7f7ceb231212eef4a4", "TSSecKeySet1"),
    ("6de9cb26d2b98c01ec4e9e8b34824aa2", "iisConfigurationKey"),
    ("76944fb33636aeddb9590521c2e8815a", "iisWasKey"),
    ("d6d986f09a1ee04e24c949879fdb506c", "NetFrameworkConfigurationKey"),
    ("c2319c42033a5ca7f44e731bfd3fa2b5", "Microsoft Internet Information Server"),
    ("7a436fe806e483969f48a894af2fe9a1", "MS IIS DCOM Server"),
    ("bedbf0b4da5f8061b6444baedf4c00b1", "WMSvc Certificate Key Container"),
    ("fc1e3851f429ea606d6ff1e01a5229f1", "DefaultKeys"),
    ("f0e91f6485ac2d09485e4ec18135601e", "iisCngConfigurationKey"),
    ("597367cc37b886d7ee6c493e3befb421", "iisCngWasKey"),
];

/// The system container behind a key-file name's first part.
pub fn system_container(prefix: &str) -> Option<&'static str> {
    SYSTEM_CONTAINERS.iter().find(|(p, _)| p.eq_ignore_ascii_case(prefix)).map(|(_, n)| *n)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Pairs from the article and from published lists (knowledge of the field, not our output).
    #[test]
    fn capi_pairs() {
        for (name, prefix) in [
            ("{00F81886-5F70-430A-939C-BB7DD58ECE2A}", "99247943bd018ca78ef945b82652598d"),
            ("MyCoolContainer", "52ab417621a9d74c73e3e0f1bc374e0a"),
            ("iisConfigurationKey", "6de9cb26d2b98c01ec4e9e8b34824aa2"),
            ("TSSecKeySet1", "f686aace6942fb7f7ceb231212eef4a4"),
            ("PvkTmp:4ad6844b-2e1e-4ecb-9b04-b42e81d7ded2", "ca46e0b8fd93edc96f075e19a2a1c9f9"),
        ] {
            assert_eq!(capi_file_prefix(name).as_deref(), Some(prefix), "{name}");
        }
    }

    #[test]
    fn names_that_somebody_gave() {
        for (name, brought) in [
            ("fabrikam web", true),
            ("iisConfigurationKey", false),
            ("IIS Express Development Certificate Container", false),
            ("{00F81886-5F70-430A-939C-BB7DD58ECE2A}", false),
            (" ", false),
        ] {
            assert_eq!(is_brought(name), brought, "{name}");
        }
    }

    #[test]
    fn cng_pairs() {
        for (name, prefix) in [
            ("Contoso CA", "944d5680c0c53e2295b1cb4f50ba2b71"),
            ("te-0125d557-d02e-41dc-8476-36f189060ce9", "b59b1bf435f36edf92e0609b0f6826a0"),
            ("Google Chromekey1", "7096db7aeb75c0d3497ecd56d355a695"),
        ] {
            assert_eq!(cng_file_prefix(name), prefix, "{name}");
        }
    }

    /// The prefixes come from Python's hashlib over the encodings that the functions name.
    #[test]
    fn long_names_and_letters_beyond_ascii() {
        let long = "A".repeat(SHORT + 1);
        assert_eq!(capi_file_prefix(&long).as_deref(), Some("73cec978fab7558b4b155fd70c64efad"));
        assert_eq!(cng_file_prefix(&long), "e7fdd707e9947967865afbbd1e5327b5");
        assert_eq!(capi_file_prefix("SchlüsselÄ").as_deref(), Some("59b90f75ddea3e9b9e02aa6a296d0922"));
        assert_eq!(cng_file_prefix("SchlüsselÄ"), "d130d53589e77c0e2c98ac09e37e7292");
        assert_eq!(capi_file_prefix("ключ"), None);
        assert_eq!(cng_file_prefix("КЛЮЧ"), "beb2b174d663252ab607760ca5e5d972");
    }

    #[test]
    fn system_containers_follow_a_rule() {
        for (prefix, name) in SYSTEM_CONTAINERS {
            assert!(capi_file_prefix(name).as_deref() == Some(*prefix) || cng_file_prefix(name) == *prefix, "{name}");
        }
    }

    #[test]
    fn which_rule() {
        let file = "99247943bd018ca78ef945b82652598d_3ade29bb-f050-41f3-b0db-f2b69957a1d7";
        assert_eq!(rule_of("{00f81886-5f70-430a-939c-bb7dd58ece2a}", file), Some(FileNameRule::Capi));
        assert_eq!(rule_of("other", file), Some(FileNameRule::Mismatch));
        assert_eq!(rule_of("other", "server.pem"), None);
    }

    #[test]
    fn guids_as_numbers() {
        assert_eq!(guid_number("3ade29bb-f050-41f3-B0DB-f2b69957a1d7"), 0x3ade_29bb_f050_41f3_b0db_f2b6_9957_a1d7);
    }

    #[test]
    fn windows_made_names() {
        assert!(is_windows_made("{00F81886-5F70-430A-939C-BB7DD58ECE2A}"));
        assert!(is_windows_made("te-DomainController-3ece1f1c-d299-4a4d-be95-efa688b7fee2"));
        assert!(!is_windows_made("my web site"));
    }

    #[test]
    fn what_is_a_key_files_name() {
        let guid = "3ade29bb-f050-41f3-b0db-f2b69957a1d7";
        let name = format!("99247943BD018ca78ef945b82652598d_{guid}");
        assert_eq!(file_prefix(&name), Some("99247943BD018ca78ef945b82652598d"));
        assert_eq!(machine_guid(&name), Some(guid));
        assert!(is_file_name(&format!(" {name} ")));
        for other in [
            format!("g9247943bd018ca78ef945b82652598d_{guid}"),
            format!("99247943bd018ca78ef945b82652598g_{guid}"),
            format!("gg247943bd018ca78ef945b82652598d_{guid}"),
            format!("99247943bd018ca78ef945b82652598d-{guid}"),
            format!("99247943bd018ca78ef945b82652598d_{}", guid.replace('a', "g")),
            "99247943bd018ca78ef945b82652598d_".to_owned(),
        ] {
            assert_eq!((file_prefix(&other), is_file_name(&other)), (None, false), "{other}");
        }
    }

    #[test]
    fn what_is_a_guid() {
        assert!(is_guid("3ade29bb-f050-41f3-B0DB-f2b69957a1d7"));
        for other in [
            "3ade29bb-f050-41f3-b0db-f2b69957a1dg",
            "3ade29bb-f050-41f3-b0db-f2b69957a1-7",
            "3ade29bbf-050-41f3-b0db-f2b69957a1d7",
            "3ade29bb0f050-41f3-b0db-f2b69957a1d7",
            "3ade29bb-f050-41f3-b0db-f2b69957a1d",
            "3ade29bb-f050-41f3-b0db-f2b69957a1d70",
            "------------------------------------",
        ] {
            assert!(!is_guid(other), "{other}");
        }
    }

    #[test]
    fn prefixes_alone_are_not_windows_own() {
        let guid = "3ece1f1c-d299-4a4d-be95-efa688b7fee2";
        for name in [format!("CertReq-{guid}"), format!("LP-{guid}"), guid.to_owned(), "PvkTmp:x".to_owned()] {
            assert!(is_windows_made(&name), "{name}");
        }
        for name in ["te-web", &format!("web-{guid}"), &format!("{{{guid}"), ""] {
            assert!(!is_windows_made(name), "{name}");
        }
    }
}
