//! Registry exports: `.reg` of both versions, and the registry files of Wine.
//!
//! Sources: Microsoft support article 310516 ("How to add, modify, or delete registry subkeys and values by using a .reg
//! file"); Wine's `system.reg` ("WINE REGISTRY Version 2"). Only values that concern keys are kept: `Blob` of a
//! certificate, the settings in which services name theirs (`model::service_setting`), and the permissions that Wine keeps in
//! clear.

use super::bytes::check_size;
use super::text_lines::{Line, lines};
use super::{FormatError, Spanned};
use crate::limits::{Limits, STORE_ELEMENTS};
use crate::model::container_name::is_guid;
use crate::model::service_setting::{self, CertificateName, Form, ServiceSetting};
use crate::model::thumbprint::Sha1;

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
    /// The settings in which services name their certificates.
    pub settings: Vec<RegSetting>,
    /// The machine's GUID: the last value of that name, not that of the 32-bit view.
    pub machine_guid: Option<RegGuid>,
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
    /// The line of the value, from 1, and the column (characters) at which its hexadecimal text begins, from 1.
    pub position: (usize, usize),
    /// The value; its place is that of the whole hexadecimal text.
    pub bytes: Spanned<Vec<u8>>,
}

/// A setting in which a service names its certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegSetting {
    /// Which setting it is.
    pub setting: &'static ServiceSetting,
    /// The registry key that holds it.
    pub key: String,
    /// The certificate; its place is that of the value's text.
    pub certificate: Spanned<CertificateName>,
    /// The line of the value, from 1, and the column (characters) at which the value's text begins, from 1.
    pub position: (usize, usize),
    /// The offset of the line's first byte.
    pub line_start: usize,
    /// The line's text, cut to the width of an excerpt.
    pub text: String,
}

/// The value `MachineGuid`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegGuid {
    /// The GUID, lower case; its place is that of the value's text.
    pub guid: Spanned<String>,
    /// The line of the value, from 1, and the column (characters) at which its text begins, from 1.
    pub position: (usize, usize),
    /// The offset of the line's first byte.
    pub line_start: usize,
    /// The line's text, cut to the width of an excerpt.
    pub text: String,
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
    let mut export = RegExport {
        version,
        encoding,
        blobs: Vec::new(),
        settings: Vec::new(),
        machine_guid: None,
        permissions: Vec::new(),
        keys: 0,
        problems: Vec::new(),
    };
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
        if name.eq_ignore_ascii_case("MachineGuid") && is_cryptography(&key.value) {
            let guid = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).filter(|text| is_guid(text));
            export.machine_guid = guid.map(|guid| RegGuid {
                guid: line.span_of(guid.to_ascii_lowercase(), guid),
                position: (line.number, column(&line, guid)),
                line_start: line.start,
                text: line.text.chars().take(limits.excerpt_columns).collect::<String>().trim_end().to_owned(),
            });
            continue;
        }
        if let Some(setting) = service_setting::find(&key.value, name) {
            if export.settings.len() >= STORE_ELEMENTS {
                export.full("settings", line.start);
                break;
            }
            match named(&line, setting, value, &mut all, limits) {
                Ok(certificate) => export.settings.extend(certificate.map(|certificate| RegSetting {
                    setting,
                    key: key.value.clone(),
                    certificate,
                    line_start: line.start,
                    position: (line.number, column(&line, value)),
                    text: line.text.chars().take(limits.excerpt_columns).collect::<String>().trim_end().to_owned(),
                })),
                Err(error) if export.problems.len() <= limits.problems => export.problems.push(error),
                Err(_) => {}
            }
            continue;
        }
        let Some(digits) = value.strip_prefix("hex:") else { continue };
        if name.eq_ignore_ascii_case("Blob") {
            if export.blobs.len() >= STORE_ELEMENTS {
                export.full("certificates", line.start);
                break;
            }
            match hex_value(&line, ("Blob", digits), &mut all, limits) {
                Ok(bytes) => {
                    let position = (line.number, column(&line, digits));
                    export.blobs.push(RegBlob { key: key.clone(), position, bytes });
                }
                // One more than are shown, so that there are said to be more.
                Err(error) if export.problems.len() <= limits.problems => export.problems.push(error),
                Err(_) => {}
            }
        }
    }
    Ok(export)
}

/// The key of the machine's GUID. The 32-bit view, under `WOW6432Node`, has one of its own.
fn is_cryptography(key: &str) -> bool {
    let rest = key.split_once('\\').map_or("", |(_, rest)| rest);
    let machine = ["HKEY_LOCAL_MACHINE\\", "HKLM\\"]
        .iter()
        .any(|root| key.get(..root.len()).is_some_and(|start| start.eq_ignore_ascii_case(root)));
    machine && rest.eq_ignore_ascii_case("SOFTWARE\\Microsoft\\Cryptography")
}

/// The column at which a part of a line begins (characters, from 1).
fn column(line: &Line, part: &str) -> usize {
    let before = line.text.find(part).and_then(|at| line.text.get(..at)).unwrap_or("");
    before.chars().count().saturating_add(1)
}

/// The certificate that the value of a setting names. `None`: an empty value (no certificate is chosen), or none that can be
/// the name of a certificate.
fn named(
    line: &Line,
    setting: &ServiceSetting,
    value: &str,
    more: &mut impl Iterator<Item = Line>,
    limits: &Limits,
) -> Result<Option<Spanned<CertificateName>>, FormatError> {
    if setting.form == Form::HashText {
        let digits = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).map(str::trim);
        let plain = digits.filter(|digits| digits.len() == 40);
        return Ok(plain.and_then(|digits| Some(line.span_of(CertificateName::Sha1(Sha1::parse(digits)?), digits))));
    }
    let Some(digits) = value.strip_prefix("hex:") else { return Ok(None) };
    let bytes = hex_value(line, (setting.value, digits), more, limits)?;
    let name = match setting.form {
        Form::SerialBytes => service_setting::serial(&bytes.value).map(CertificateName::Serial),
        _ => <[u8; 20]>::try_from(bytes.value.as_slice()).ok().map(|sha1| CertificateName::Sha1(Sha1(sha1))),
    };
    Ok(name.map(|name| Spanned::new(name, bytes.start, bytes.end)))
}

/// Pairs of digits with commas between them; a backslash at the end of a line continues on the next.
fn hex_value(
    line: &Line,
    (name, first): (&str, &str),
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
                return Err(FormatError::new(format!("the hexadecimal value of {name} is damaged"), value.start));
            };
            value.value.push(byte);
        }
        if value.value.len() > limits.armor_bytes {
            return Err(FormatError::new(format!("{name} is longer than {} bytes", limits.armor_bytes), value.start));
        }
        if !continued {
            return Ok(value);
        }
        let Some(next) = more.next() else {
            return Err(FormatError::new(format!("the hexadecimal value of {name} is cut"), value.end));
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
            assert_eq!((blob.key.value.as_str(), blob.position), (KEY, (4, 12)));
            let place: Vec<u8> = bytes[blob.bytes.start..].iter().copied().filter(|byte| *byte != 0).take(5).collect();
            assert_eq!(place, b"20,00");
        }
    }

    #[test]
    fn the_guid_of_the_machine() {
        let of = |key: &str, guid: &str| {
            let text = format!("Windows Registry Editor Version 5.00\r\n\r\n[{key}]\r\n\"MachineGuid\"=\"{guid}\"\r\n");
            parse(text.as_bytes(), &Limits::default()).unwrap().machine_guid
        };
        const GUID: &str = "0F8FAD5B-d9cb-469f-a165-70867728950e";
        let found = of("HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Cryptography", GUID).unwrap();
        assert_eq!((found.guid.value, found.position), (GUID.to_ascii_lowercase(), (4, 16)));
        assert!(of("HKEY_LOCAL_MACHINE\\SOFTWARE\\WOW6432Node\\Microsoft\\Cryptography", GUID).is_none());
        assert!(of("HKEY_CURRENT_USER\\SOFTWARE\\Microsoft\\Cryptography", GUID).is_none());
        assert!(of("HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Cryptography", "no GUID").is_none());
    }

    const HASH: &str = "A1B2C3D4E5F60718293A4B5C6D7E8F9001122334";

    #[test]
    fn settings_of_services() {
        let text = [
            "Windows Registry Editor Version 5.00",
            "",
            r"[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Microsoft SQL Server\MSSQL15.A\MSSQLServer\SuperSocketNetLib]",
            "\"Certificate\"=\"a1b2c3d4e5f60718293a4b5c6d7e8f9001122334\"",
            "\"ForceEncryption\"=dword:00000001",
            "",
            r"[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Terminal Server\WinStations\RDP-Tcp]",
            "\"SSLCertificateSHA1Hash\"=hex:a1,b2,c3,d4,e5,f6,07,18,29,3a,4b,5c,6d,7e,8f,\\",
            "  90,01,12,23,34",
            "",
            r"[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Microsoft Operations Manager\3.0\Machine Settings]",
            "\"ChannelCertificateSerialNumber\"=hex:0b,f2,00,3f,00",
            "\"ChannelCertificateHash\"=\"A1B2C3D4E5F60718293A4B5C6D7E8F9001122334\"",
            "",
        ]
        .join("\r\n");
        let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let hash = || CertificateName::Sha1(Sha1::parse(HASH).unwrap());
        for (bytes, width) in [(text.clone().into_bytes(), 1), (utf16, 2)] {
            let record = parse(&bytes, &Limits::default()).unwrap();
            assert!(record.problems.is_empty());
            let found: Vec<_> =
                record.settings.iter().map(|s| (s.setting.workload, s.certificate.value.clone(), s.position)).collect();
            assert_eq!(
                found,
                [
                    ("sql-server", hash(), (4, 15)),
                    ("rdp", hash(), (8, 26)),
                    ("scom", CertificateName::Serial("3f00f20b".to_owned()), (12, 34)),
                    ("scom", hash(), (13, 26)),
                ]
            );
            let place = &record.settings[0].certificate;
            assert_eq!(place.end - place.start, 40 * width);
            let shown: Vec<u8> = bytes[place.start..place.end].iter().copied().filter(|b| *b != 0).collect();
            assert_eq!(shown, b"a1b2c3d4e5f60718293a4b5c6d7e8f9001122334");
            // To the end of the continued line.
            let place = &record.settings[1].certificate;
            let shown: Vec<u8> = bytes[place.start..place.end].iter().copied().filter(|b| *b != 0).collect();
            assert!(shown.starts_with(b"a1,b2") && shown.ends_with(b"23,34"));
        }
    }

    #[test]
    fn what_is_no_setting() {
        let sql = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Microsoft SQL Server\MSSQL15.A\MSSQLServer\SuperSocketNetLib";
        let rdp = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Terminal Server\WinStations\RDP-Tcp";
        let scom = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Microsoft Operations Manager\3.0\Machine Settings";
        for (key, value) in [
            (sql, "\"Certificate\"=\"\"".to_owned()),
            (sql, "\"Certificate\"=-".to_owned()),
            (sql, format!("\"Certificate\"=\"{HASH}0\"")),
            (sql, format!("\"Other\"=\"{HASH}\"")),
            (scom, format!("\"Certificate\"=\"{HASH}\"")),
            (rdp, "\"SSLCertificateSHA1Hash\"=hex:01,02".to_owned()),
            (scom, "\"ChannelCertificateSerialNumber\"=hex:00,00".to_owned()),
            (scom, "\"ChannelCertificateSerialNumber\"=hex:".to_owned()),
        ] {
            let text = format!("REGEDIT4\n[{key}]\n{value}\n");
            let record = parse(text.as_bytes(), &Limits::default()).unwrap();
            assert!(record.settings.is_empty() && record.problems.is_empty(), "{text}");
        }
        let text = format!("REGEDIT4\n[-{sql}]\n\"Certificate\"=\"{HASH}\"\n");
        assert!(parse(text.as_bytes(), &Limits::default()).unwrap().settings.is_empty());
        let text = format!("REGEDIT4\n[{scom}]\n\"ChannelCertificateSerialNumber\"=hex:0b,zz\n");
        let record = parse(text.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(record.problems[0].message, "the hexadecimal value of ChannelCertificateSerialNumber is damaged");
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
