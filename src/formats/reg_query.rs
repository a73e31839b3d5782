//! What `reg query` prints of a certificate's registry key: the key's path, and its value `Blob` as one line of digits.
//!
//! ```text
//! HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\SystemCertificates\MY\Certificates\<thumbprint>
//!     Blob    REG_BINARY    0200000001000000…
//! ```
//!
//! The words are names of registry keys, values and types, the same in every language. A console wraps the path and the
//! digits at its width; a line of more than 64 KiB comes in windows: the lines that follow hold digits and nothing else.
//!
//! Sources: Microsoft Learn, "reg query" (also `/z`, which prints the number of the type behind it), "System Store
//! Locations" (the keys of the stores); MS-GPEF 2.2.1.1.1 (`Blob`).

use super::reg_export::store_of;
use super::text_shapes::{fills_a_console, is_hex};
use super::{FormatError, Spanned};
use crate::limits::Limits;
use crate::model::hex;

/// The subkeys of a store that hold certificates, revocation lists and trust lists.
const SUBKEYS: [&str; 3] = ["certificates", "crls", "ctls"];

/// The registry key of a certificate and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegQuery {
    /// The registry key that holds the value; `None` when only the value was shown.
    pub key: Option<Spanned<String>>,
    /// The value; its place is that of the whole hexadecimal text.
    pub bytes: Spanned<Vec<u8>>,
}

/// What a line can be the beginning of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// The path of a certificate's registry key, whole or up to the width of a console.
    Key,
    /// A certificate's value without the key in front of it.
    Value,
}

/// Whether a line, without blanks around it, begins such an artifact.
pub fn begins(text: &str) -> Option<Begin> {
    if text.starts_with("HKEY_") {
        return (is_key(text) || fills_a_console(text) && may_be_cut_key(text)).then_some(Begin::Key);
    }
    let (digits, _) = blob(text).filter(|digits| is_hex(digits))?.split_at_checked(16)?;
    // The first property: an identifier below 0x10000 that is not 0, and the reserved word 1 (MS-GPEF 2.2.1.1.1.1).
    let (id, rest) = digits.split_at_checked(8)?;
    (id.ends_with("0000") && !id.starts_with("0000") && rest == "01000000").then_some(Begin::Value)
}

/// Whether a line can go on with the path of a registry key that a console wrapped: `tificates\<digits>`, `<digits>`.
pub fn goes_on_key(text: &str) -> bool {
    let (head, digits) = text.rsplit_once('\\').unwrap_or(("", text));
    let part = head.rsplit('\\').next().unwrap_or_default().to_ascii_lowercase();
    digits.len() <= 40 && is_hex(digits) && SUBKEYS.iter().any(|name| name.ends_with(&part))
}

/// Whether a line is a value of a registry key.
pub fn is_value(text: &str) -> bool {
    value(text).is_some()
}

/// Whether a line can go on with the digits of a value.
pub fn goes_on_value(text: &str) -> bool {
    is_hex(text)
}

/// `…\SystemCertificates\<store>\Certificates\<thumbprint>` and the like.
fn is_key(text: &str) -> bool {
    let mut parts = text.rsplit('\\');
    let named = store_of(text).is_some_and(|path| path.thumbprint.is_some());
    named && parts.nth(1).is_some_and(|part| SUBKEYS.iter().any(|name| part.eq_ignore_ascii_case(name)))
}

/// The beginning of such a path: it has come to the stores, or to keys that have stores below them.
fn may_be_cut_key(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["\\systemcertificates\\", "\\enterprisecertificates\\", "\\microsoft\\cryptography\\services\\"]
        .iter()
        .any(|part| lower.contains(part))
        || lower.starts_with("hkey_users\\s-1-") && lower.contains("\\software\\microsoft\\")
}

/// `name    REG_TYPE    data`; the number of the type may stand behind it. Names may have blanks in them.
fn value(text: &str) -> Option<(&str, &str, &str)> {
    let at = [" REG_", "\tREG_"].iter().filter_map(|mark| text.find(mark)).min()?;
    let (name, rest) = text.split_at_checked(at)?;
    let rest = rest.trim_start();
    let (kind, data) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let data = data.trim();
    let number = data.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    let data = number.filter(|(number, _)| number.parse::<u8>().is_ok()).map_or(data, |(_, data)| data.trim());
    let shaped = kind.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    (shaped && !name.trim().is_empty()).then_some((name.trim(), kind, data))
}

/// The data of the value `Blob` in a line that shows one.
pub fn blob(text: &str) -> Option<&str> {
    value(text).filter(|(name, kind, _)| name.eq_ignore_ascii_case("Blob") && *kind == "REG_BINARY").map(|v| v.2)
}

/// Whether a text is such an artifact: its first line begins one.
pub fn recognise(text: &str) -> bool {
    text.lines().map(str::trim).find(|line| !line.is_empty()).is_some_and(|line| begins(line).is_some())
}

/// Reads the lines of one registry key; `None` without a value `Blob`.
///
/// # Errors
/// The value is none of whole pairs of digits, or is too long.
pub fn parse(text: &str, limits: &Limits) -> Result<Option<RegQuery>, FormatError> {
    let mut key: Option<Spanned<String>> = None;
    let mut found: Option<Spanned<String>> = None;
    for line in text.split('\n').map(str::trim).filter(|line| !line.is_empty()) {
        let start = line.as_ptr().addr().saturating_sub(text.as_ptr().addr());
        let end = start.saturating_add(line.len());
        if let Some(digits) = &mut found {
            if !goes_on_value(line) {
                break;
            }
            digits.value.push_str(line);
            digits.end = end;
        } else if let Some(digits) = blob(line) {
            found = Some(Spanned::new(digits.to_owned(), end.saturating_sub(digits.len()), end));
        } else if value(line).is_none() {
            match &mut key {
                None => key = Some(Spanned::new(line.to_owned(), start, end)),
                Some(key) => {
                    key.value.push_str(line);
                    key.end = end;
                }
            }
        }
    }
    let Some(digits) = found else { return Ok(None) };
    if digits.value.len() / 2 > limits.armor_bytes {
        return Err(FormatError::new(format!("Blob is longer than {} bytes", limits.armor_bytes), digits.start));
    }
    let bytes = hex::decode(&digits.value)
        .filter(|bytes| !bytes.is_empty())
        .ok_or_else(|| FormatError::new("the hexadecimal value of Blob is damaged or cut", digits.start))?;
    let key = key.filter(|key| is_key(&key.value));
    Ok(Some(RegQuery { key, bytes: Spanned::new(bytes, digits.start, digits.end) }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const HASH: &str = "A1B2C3D4E5F60718293A4B5C6D7E8F9001122334";
    const STORE: &str = "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\SystemCertificates\\MY\\Certificates";

    fn parsed(text: &str) -> RegQuery {
        parse(text, &Limits::default()).unwrap().unwrap()
    }

    #[test]
    fn a_key_and_its_value() {
        let text = format!("{STORE}\\{HASH}\n    Blob    REG_BINARY    0200000001000000\n");
        let record = parsed(&text);
        let key = record.key.unwrap();
        assert_eq!(key.value, format!("{STORE}\\{HASH}"));
        assert_eq!((key.start, key.end), (0, 113));
        assert_eq!(record.bytes.value, [2, 0, 0, 0, 1, 0, 0, 0]);
        assert_eq!((record.bytes.start, record.bytes.end), (140, 156));
        // `/z`, blanks that a page collapsed, small digits, another value in front.
        for value in
            ["Blob REG_BINARY (3) 0aFF", "Blob\tREG_BINARY\t0Aff", "(Default)    REG_SZ    x\nBlob REG_BINARY 0AFF"]
        {
            assert_eq!(parsed(&format!("{STORE}\\{HASH}\n\n{value}")).bytes.value, [10, 255], "{value}");
        }
    }

    #[test]
    fn a_console_wraps_both() {
        let text = format!("{STORE}\\{}\n{}\n    Blob    REG_BINARY    02000\n0000100\n0000\n", &HASH[..7], &HASH[7..]);
        let record = parsed(&text);
        assert_eq!(record.key.unwrap().value, format!("{STORE}\\{HASH}"));
        assert_eq!(record.bytes.value, [2, 0, 0, 0, 1, 0, 0, 0]);
        let first = text.lines().next().unwrap();
        assert_eq!((first.len(), begins(first)), (80, Some(Begin::Key)));
        assert!(
            goes_on_key(&HASH[7..]) && goes_on_key(&format!("icates\\{HASH}")) && goes_on_key(&format!("\\{HASH}"))
        );
        assert!(!goes_on_key("Root\\ABC") && !goes_on_key("") && !goes_on_key(&format!("{HASH}0")));
    }

    #[test]
    fn where_it_begins() {
        let service =
            "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Cryptography\\Services\\adfssrv\\SystemCertificates\\My";
        for key in [
            format!("{STORE}\\{HASH}"),
            format!("HKEY_CURRENT_USER\\Software\\Microsoft\\SystemCertificates\\CA\\CRLs\\{HASH}"),
            format!("HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\EnterpriseCertificates\\NTAuth\\Certificates\\{HASH}"),
            format!("{service}\\Certificates\\{HASH}"),
        ] {
            assert_eq!(begins(&key), Some(Begin::Key), "{key}");
        }
        assert_eq!(begins("Blob    REG_BINARY    6B0000000100000020"), Some(Begin::Value));
        for other in [
            STORE,
            "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Cryptography",
            "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\WinStation",
            "Blob    REG_BINARY    000000000100000020",
            "Blob    REG_BINARY    6B00000002000000",
            "Blob    REG_BINARY    6B",
            "Blob    REG_SZ    6B00000001000000",
            "SSLCertificateSHA1Hash    REG_BINARY    0200000001000000",
        ] {
            assert_eq!(begins(other), None, "{other}");
        }
        assert_eq!(begins(&format!("{STORE}\\{}", &HASH[..39])), None);
    }

    #[test]
    fn what_is_not_whole() {
        let of = |value: &str| parse(&format!("{STORE}\\{HASH}\n    {value}\n"), &Limits::default());
        for value in ["Blob    REG_BINARY    020", "Blob    REG_BINARY    02…", "Blob    REG_BINARY    "] {
            assert!(of(value).is_err(), "{value}");
        }
        assert_eq!(of("x    REG_SZ    y"), Ok(None));
        // Digits behind a text are not the value's.
        let record = parsed(&format!("{STORE}\\{HASH}\nBlob REG_BINARY 02\nend\n03"));
        assert_eq!(record.bytes.value, [2]);
    }
}
