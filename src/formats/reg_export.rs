//! Registry exports: `.reg` of both versions, and the registry files of Wine.
//!
//! Sources: Microsoft support article 310516 ("How to add, modify, or delete registry subkeys and values by using a .reg
//! file"); Wine's `system.reg` ("WINE REGISTRY Version 2"). Only values that concern keys are kept: `Blob` of a
//! certificate, and the permissions that Wine keeps in clear.

use super::bytes::check_size;
use super::text_lines::{Line, lines};
use super::{FormatError, Spanned};
use crate::limits::{Limits, STORE_ELEMENTS};

/// Which program wrote the export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegVersion {
    /// `REGEDIT4`, 8-bit text.
    Regedit4,
    /// `Windows Registry Editor Version 5.00`, UTF-16.
    Version5,
    /// `WINE REGISTRY Version 2`.
    Wine2,
}

/// A registry export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegExport {
    /// Which form it has.
    pub version: RegVersion,
    /// The encoding of the text.
    pub encoding: &'static str,
    /// The certificates' `Blob` values.
    pub blobs: Vec<RegBlob>,
    /// DWORD values that Wine keeps with a CryptoAPI key: `KeyExchangePermissions`, `SignaturePermissions`.
    pub permissions: Vec<RegDword>,
    /// The number of registry keys in the export.
    pub keys: usize,
    /// What could not be read.
    pub problems: Vec<FormatError>,
}

/// A `Blob` value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegBlob {
    /// The registry key that holds it.
    pub key: Spanned<String>,
    /// The line of the value, from 1.
    pub line: usize,
    /// The value; its place is that of the whole hexadecimal text.
    pub bytes: Spanned<Vec<u8>>,
}

/// A DWORD value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegDword {
    /// The registry key that holds it.
    pub key: String,
    /// The value's name.
    pub name: String,
    /// The value.
    pub value: Spanned<u32>,
}

/// Where a certificate's registry key says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorePath {
    /// `machine`, `user`, `service`, `enterprise`, `group-policy` or `unknown`.
    pub scope: &'static str,
    /// The store's name, as written.
    pub store: String,
    /// The thumbprint in the key's name.
    pub thumbprint: Option<String>,
}

fn version(first: &str) -> Option<RegVersion> {
    match first.trim() {
        "REGEDIT4" => Some(RegVersion::Regedit4),
        "Windows Registry Editor Version 5.00" => Some(RegVersion::Version5),
        "WINE REGISTRY Version 2" => Some(RegVersion::Wine2),
        _ => None,
    }
}

/// True when the first line is the signature of a registry export.
pub fn recognise(bytes: &[u8]) -> bool {
    let start = bytes.get(..256).unwrap_or(bytes);
    lines(start).next().is_some_and(|line| version(&line.text).is_some())
}

/// The store that a registry key of a certificate belongs to; `None` for other keys.
pub fn store_of(key: &str) -> Option<StorePath> {
    let parts: Vec<&str> = key.split('\\').filter(|part| !part.is_empty()).collect();
    let is = |part: &&str, name: &str| part.eq_ignore_ascii_case(name);
    let at = parts.iter().position(|part| {
        is(part, "SystemCertificates") || is(part, "EnterpriseCertificates") || is(part, "GroupPolicy")
    })?;
    let store = parts.get(at.checked_add(1)?)?;
    let before = parts.get(..at).unwrap_or_default();
    let root = before.first().copied().unwrap_or_default();
    let scope = if parts.get(at).is_some_and(|part| is(part, "EnterpriseCertificates")) {
        "enterprise"
    } else if before.iter().any(|part| is(part, "Policies")) {
        "group-policy"
    } else if before.iter().any(|part| is(part, "Services")) {
        "service"
    } else if is(&root, "HKEY_LOCAL_MACHINE") || is(&root, "HKLM") {
        "machine"
    } else if is(&root, "HKEY_CURRENT_USER") || is(&root, "HKCU") || is(&root, "HKEY_USERS") {
        "user"
    } else {
        "unknown"
    };
    let hex = |part: &&&str| part.len() == 40 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let thumbprint = parts.last().filter(hex).map(|part| part.to_ascii_lowercase());
    Some(StorePath { scope, store: (*store).to_owned(), thumbprint })
}

impl RegExport {
    fn full(&mut self, what: &str, offset: usize) {
        let message =
            format!("{what} after the first {STORE_ELEMENTS} of a registry export: the rest of it is not read");
        self.problems.insert(0, FormatError::new(message, offset));
    }
}

/// Reads a registry export.
///
/// # Errors
/// No signature of a registry export. What is wrong below it is a problem, and the rest is read.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<RegExport, FormatError> {
    check_size(bytes, limits.binary_bytes, "registry export")?;
    let mut all = lines(bytes);
    let encoding = all.encoding().name();
    let Some(version) = all.next().and_then(|line| version(&line.text)) else {
        return Err(FormatError::new("no signature of a registry export", 0));
    };
    let mut export =
        RegExport { version, encoding, blobs: Vec::new(), permissions: Vec::new(), keys: 0, problems: Vec::new() };
    let mut key = Spanned::new(String::new(), 0, 0);
    while let Some(line) = all.next() {
        let text = line.text.trim();
        if let Some(rest) = text.strip_prefix('[') {
            // Wine writes a time after the bracket and doubles the backslashes.
            let name = rest.rfind(']').and_then(|end| rest.get(..end)).unwrap_or(rest);
            let doubled = version == RegVersion::Wine2;
            key = line.span_of(if doubled { name.replace("\\\\", "\\") } else { name.to_owned() }, name);
            export.keys = export.keys.saturating_add(1);
            continue;
        }
        let Some((name, value)) = text.strip_prefix('"').and_then(|rest| rest.split_once("\"=")) else { continue };
        if let Some(digits) = value.strip_prefix("dword:") {
            let wanted = ["KeyExchangePermissions", "SignaturePermissions"];
            if let (true, Ok(number)) = (wanted.contains(&name), u32::from_str_radix(digits.trim(), 16)) {
                if export.permissions.len() >= STORE_ELEMENTS {
                    export.full("permissions", line.start);
                    break;
                }
                let value = line.span_of(number, digits.trim());
                export.permissions.push(RegDword { key: key.value.clone(), name: name.to_owned(), value });
            }
            continue;
        }
        let Some(digits) = value.strip_prefix("hex:") else { continue };
        if name.eq_ignore_ascii_case("Blob") {
            if export.blobs.len() >= STORE_ELEMENTS {
                export.full("certificates", line.start);
                break;
            }
            match hex_value(&line, digits, &mut all, limits) {
                Ok(bytes) => export.blobs.push(RegBlob { key: key.clone(), line: line.number, bytes }),
                // One more than are shown, so that there are said to be more.
                Err(error) if export.problems.len() <= limits.problems => export.problems.push(error),
                Err(_) => {}
            }
        }
    }
    Ok(export)
}

/// Pairs of digits with commas between them; a backslash at the end of a line continues on the next.
fn hex_value(
    line: &Line,
    first: &str,
    more: &mut impl Iterator<Item = Line>,
    limits: &Limits,
) -> Result<Spanned<Vec<u8>>, FormatError> {
    let mut value = line.span_of(Vec::new(), first);
    let mut text = first.trim().to_owned();
    loop {
        let (digits, continued) = match text.strip_suffix('\\') {
            Some(digits) => (digits, true),
            None => (text.as_str(), false),
        };
        for pair in digits.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let byte = Some(pair).filter(|pair| pair.len() <= 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
            let Some(byte) = byte else {
                return Err(FormatError::new("the hexadecimal value of Blob is damaged", value.start));
            };
            value.value.push(byte);
        }
        if value.value.len() > limits.armor_bytes {
            return Err(FormatError::new(format!("Blob is longer than {} bytes", limits.armor_bytes), value.start));
        }
        if !continued {
            return Ok(value);
        }
        let Some(next) = more.next() else {
            return Err(FormatError::new("the hexadecimal value of Blob is cut", value.end));
        };
        value.end = next.span((), 0, next.text.len()).end;
        text = next.text.trim().to_owned();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    const KEY: &str = "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\SystemCertificates\\MY\\Certificates\\AB00000000000000000000000000000000000001";

    fn export(signature: &str, feed: &str) -> String {
        [
            signature,
            "",
            &format!("[{KEY}]"),
            "\"Blob\"=hex:20,00,00,00,01,00,\\",
            "  00,00,02,00,00,00,30,\\",
            "  00",
            "\"Other\"=hex:01",
            "",
        ]
        .join(feed)
    }

    #[test]
    fn both_versions() {
        let ansi = export("REGEDIT4", "\r\n").into_bytes();
        let text = export("Windows Registry Editor Version 5.00", "\r\n");
        let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        for bytes in [ansi, utf16] {
            assert!(recognise(&bytes));
            let record = parse(&bytes, &Limits::default()).unwrap();
            assert!(record.problems.is_empty());
            assert_eq!(record.blobs.len(), 1);
            let blob = &record.blobs[0];
            assert_eq!(blob.bytes.value, [0x20, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0x30, 0]);
            assert_eq!((blob.key.value.as_str(), blob.line), (KEY, 4));
            let place: Vec<u8> = bytes[blob.bytes.start..].iter().copied().filter(|byte| *byte != 0).take(5).collect();
            assert_eq!(place, b"20,00");
        }
    }

    #[test]
    fn wine_has_doubled_backslashes_and_times() {
        let text = "WINE REGISTRY Version 2\n;; All keys relative to \\\\Machine\n\n[Software\\\\Microsoft\\\\SystemCertificates\\\\My\\\\Certificates\\\\AB00000000000000000000000000000000000001] 1600000000\n#time=1d\n\"Blob\"=hex:20,00,\\\n  01\n\n[Software\\\\Wine\\\\Crypto\\\\RSA\\\\te]\n\"KeyExchangePermissions\"=dword:0000003f\n";
        let record = parse(text.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(record.version, RegVersion::Wine2);
        assert_eq!(record.blobs[0].bytes.value, [0x20, 0, 1]);
        let path = store_of(&record.blobs[0].key.value).unwrap();
        assert_eq!((path.scope, path.store.as_str()), ("unknown", "My"));
        assert_eq!(record.permissions[0].value.value, 0x3F);
    }

    #[test]
    fn stores_by_path() {
        let path = store_of(KEY).unwrap();
        assert_eq!((path.scope, path.store.as_str()), ("machine", "MY"));
        assert_eq!(path.thumbprint.as_deref(), Some("ab00000000000000000000000000000000000001"));
        for (key, scope) in [
            ("HKEY_CURRENT_USER\\Software\\Microsoft\\SystemCertificates\\CA\\Certificates\\X", "user"),
            ("HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\EnterpriseCertificates\\NTAuth\\Certificates\\X", "enterprise"),
            (
                "HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\SystemCertificates\\EFS\\Certificates\\X",
                "group-policy",
            ),
            (
                "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Cryptography\\Services\\adfssrv\\SystemCertificates\\My\\Certificates\\X",
                "service",
            ),
        ] {
            assert_eq!(store_of(key).unwrap().scope, scope);
        }
        assert!(store_of("HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft").is_none());
    }

    #[test]
    fn damage_is_a_problem_with_a_place() {
        let text = format!("REGEDIT4\n[{KEY}]\n\"Blob\"=hex:20,zz\n\"Blob\"=hex:20,\\");
        let record = parse(text.as_bytes(), &Limits::default()).unwrap();
        assert_eq!((record.blobs.len(), record.problems.len()), (0, 2));
        assert!(parse(b"[x]", &Limits::default()).is_err());
    }
}
