//! INF files of `certreq -new`.
//!
//! Source: Microsoft's documentation of `certreq` ("certreq -new", the keys of `[NewRequest]`), and INF syntax: sections in
//! brackets, keys without case, `;` comments, quotes, `%token%` values from `[Strings]`. Real files are often templates
//! (`$name`, `<placeholder>`) or broken (a missing quote); what can be read is read.

use super::bytes::check_size;
use super::text_lines::{Line, lines};
use super::text_shapes::is_elision;
use super::{FormatError, Spanned};
use crate::limits::{INF_VALUES, Limits};

/// An INF that describes a certificate request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestInf {
    /// The encoding of the text.
    pub encoding: &'static str,
    /// Every value, in file order.
    pub values: Vec<InfValue>,
    /// `KeySpec`: 0 `AT_NONE`, 1 `AT_KEYEXCHANGE`, 2 `AT_SIGNATURE`. `None` when the file does not state it.
    pub key_spec: Option<Spanned<u32>>,
    /// `ProviderName`.
    pub provider: Option<Spanned<String>>,
    /// `ProviderType`.
    pub provider_type: Option<Spanned<u32>>,
    /// `MachineKeySet`.
    pub machine_keyset: Option<Spanned<bool>>,
    /// `Exportable`.
    pub exportable: Option<Spanned<bool>>,
    /// `ExportableEncrypted`.
    pub exportable_encrypted: Option<Spanned<bool>>,
    /// `KeyUsage`, as the first byte of the certificate's key usage.
    pub key_usage: Option<Spanned<u32>>,
    /// `KeyUsageProperty`.
    pub key_usage_property: Option<Spanned<u32>>,
    /// `KeyLength`, in bits.
    pub key_length: Option<Spanned<u32>>,
    /// `KeyAlgorithm`.
    pub key_algorithm: Option<Spanned<String>>,
    /// `RequestType`, upper case.
    pub request_type: Option<Spanned<String>>,
    /// `HashAlgorithm`.
    pub hash_algorithm: Option<Spanned<String>>,
    /// `Subject`.
    pub subject: Option<Spanned<String>>,
    /// `KeyContainer`.
    pub key_container: Option<Spanned<String>>,
    /// `FriendlyName`.
    pub friendly_name: Option<Spanned<String>>,
    /// `UseExistingKeySet`.
    pub use_existing_keyset: Option<Spanned<bool>>,
    /// `CertificateTemplate` of `[RequestAttributes]`.
    pub certificate_template: Option<Spanned<String>>,
    /// `SecurityDescriptor`: SDDL.
    pub security_descriptor: Option<Spanned<String>>,
    /// `PrivateKeyArchive`.
    pub private_key_archive: Option<Spanned<bool>>,
    /// `Silent`.
    pub silent: Option<Spanned<bool>>,
    /// `UserProtected`: strong key protection.
    pub user_protected: Option<Spanned<bool>>,
    /// `RenewalCert`: the certificate whose request this renews.
    pub renewal_cert: Option<Spanned<String>>,
    /// `CA` of `[BasicConstraintsExtension]`, or of a `2.5.29.19` extension in text form.
    pub ca: Option<Spanned<bool>>,
    /// OIDs of `[EnhancedKeyUsageExtension]`, and bare `OID =` lines of `[Extensions]`.
    pub extended_key_usage: Vec<Spanned<String>>,
    /// Subject alternative names of a `2.5.29.17` extension in text form, or of `SAN` in `[RequestAttributes]`: `dns=name`.
    pub alternative_names: Vec<Spanned<String>>,
    /// A `2.5.29.17` or `2.5.29.37` extension that is not text: its names or usages are there, but not read.
    pub encoded_names: bool,
    /// See `encoded_names`.
    pub encoded_usages: bool,
    /// The lines `[NewRequest]`.
    pub heading: Option<Heading>,
    /// Someone left lines out (`...`, `; [snip]`): what is not there may have been.
    pub left_out: bool,
    /// The indices in `values` of bit masks with `|` outside quotes. certreq's documentation asks for quotes there.
    pub unquoted_pipes: Vec<usize>,
    /// Values that could not be understood.
    pub problems: Vec<FormatError>,
}

/// The line that opens the section `[NewRequest]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// The line as it is.
    pub text: Spanned<String>,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
}

/// One `key = value` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InfValue {
    /// The section and the key as they are written.
    pub written: (String, String),
    /// The column of the value, from 1, in characters.
    pub column: usize,
    /// Whether the value begins with a quote.
    pub quoted: bool,
    /// The section, lower case.
    pub section: String,
    /// The key, lower case.
    pub key: String,
    /// The value, without quotes and comment, tokens replaced.
    pub value: Spanned<String>,
    /// The line, from 1.
    pub line: usize,
}

fn section(text: &str) -> Option<String> {
    let rest = text.trim().strip_prefix('[')?;
    let (name, after) = rest.split_once(']')?;
    let after = after.trim();
    (after.is_empty() || after.starts_with(';')).then(|| name.trim().to_ascii_lowercase())
}

/// True when a line opens the section `[NewRequest]`.
pub fn recognise(bytes: &[u8]) -> bool {
    let start = bytes.get(..64 << 10).unwrap_or(bytes);
    lines(start).any(|line| section(&line.text).is_some_and(|name| name == "newrequest"))
}

/// The part of a value before its comment; a semicolon inside quotes is no comment.
fn without_comment(text: &str) -> &str {
    let mut quoted = false;
    for (at, character) in text.char_indices() {
        match character {
            '"' => quoted = !quoted,
            ';' if !quoted => return text.get(..at).unwrap_or(text),
            _ => {}
        }
    }
    // An odd quote: a broken value. What follows its last semicolon is still most likely a comment.
    match (quoted, text.rfind(';')) {
        (true, Some(at)) if text.get(..at).is_some_and(|before| !before.trim().is_empty()) => {
            text.get(..at).unwrap_or(text)
        }
        _ => text,
    }
}

fn unquoted(text: &str) -> &str {
    let text = text.trim();
    let text = text.strip_prefix('"').unwrap_or(text);
    text.strip_suffix('"').unwrap_or(text).trim()
}

fn number(text: &str) -> Option<u32> {
    let lower = text.trim().to_ascii_lowercase();
    match lower.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => lower.parse().ok(),
    }
}

fn key_spec(text: &str) -> Option<u32> {
    let upper = text.trim().to_ascii_uppercase();
    match upper.strip_prefix("XCN_").unwrap_or(&upper) {
        "AT_NONE" => Some(0),
        "AT_KEYEXCHANGE" => Some(1),
        "AT_SIGNATURE" => Some(2),
        _ => number(text),
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => Some(true),
        "false" | "no" | "0" => Some(false),
        _ => None,
    }
}

/// A number, or names joined by `|`.
fn named_bits(text: &str, names: &[(&str, u32)]) -> Option<u32> {
    if let Some(value) = number(text) {
        return Some(value);
    }
    text.split('|').try_fold(0_u32, |bits, name| {
        let name = name.trim();
        let value = names.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value);
        Some(bits | value.or_else(|| number(name))?)
    })
}

const KEY_USAGE: &[(&str, u32)] = &[
    ("CERT_DIGITAL_SIGNATURE_KEY_USAGE", 0x80),
    ("CERT_NON_REPUDIATION_KEY_USAGE", 0x40),
    ("CERT_KEY_ENCIPHERMENT_KEY_USAGE", 0x20),
    ("CERT_DATA_ENCIPHERMENT_KEY_USAGE", 0x10),
    ("CERT_KEY_AGREEMENT_KEY_USAGE", 0x08),
    ("CERT_KEY_CERT_SIGN_KEY_USAGE", 0x04),
    ("CERT_OFFLINE_CRL_SIGN_KEY_USAGE", 0x02),
    ("CERT_CRL_SIGN_KEY_USAGE", 0x02),
    ("CERT_ENCIPHER_ONLY_KEY_USAGE", 0x01),
    ("CERT_DECIPHER_ONLY_KEY_USAGE", 0x8000),
];

const KEY_USAGE_PROPERTY: &[(&str, u32)] = &[
    ("NCRYPT_ALLOW_DECRYPT_FLAG", 1),
    ("NCRYPT_ALLOW_SIGNING_FLAG", 2),
    ("NCRYPT_ALLOW_KEY_AGREEMENT_FLAG", 4),
    ("NCRYPT_ALLOW_ALL_USAGES", 0xFF_FFFF),
];

/// Reads an INF.
///
/// # Errors
/// No `[NewRequest]` section, or over the size limit.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<RequestInf, FormatError> {
    check_size(bytes, limits.armor_bytes, "request INF")?;
    let all = lines(bytes);
    let encoding = all.encoding().name();
    let mut values: Vec<InfValue> = Vec::new();
    let mut problems = Vec::new();
    let mut current = (String::new(), String::new());
    let mut heading = None;
    let mut left_out = false;
    for line in all {
        if is_elision(line.text.trim_start().trim_start_matches([';', '#'])) {
            left_out = true;
            continue;
        }
        if let Some(name) = section(&line.text) {
            if name == "newrequest" && heading.is_none() {
                let text = line.text.trim();
                let blanks = line.text.chars().take_while(|c| c.is_whitespace()).count();
                let text = line.span_of(text.to_owned(), text);
                heading = Some(Heading { text, line: line.number, column: blanks.saturating_add(1) });
            }
            let written = line.text.trim().strip_prefix('[').and_then(|rest| rest.split(']').next());
            current = (name, written.unwrap_or_default().trim().to_owned());
            continue;
        }
        if let Some(value) = value_of(&line, &current, limits, &mut problems) {
            if values.len() >= INF_VALUES {
                problems.push(FormatError::new(format!("more than {INF_VALUES} values"), line.start));
                break;
            }
            values.push(value);
        }
    }
    if heading.is_none() {
        return Err(FormatError::new("no section [NewRequest]", 0));
    }
    replace_tokens(&mut values, limits);
    let mut inf = RequestInf {
        encoding,
        values: Vec::new(),
        key_spec: None,
        provider: None,
        provider_type: None,
        machine_keyset: None,
        exportable: None,
        exportable_encrypted: None,
        key_usage: None,
        key_usage_property: None,
        key_length: None,
        key_algorithm: None,
        request_type: None,
        hash_algorithm: None,
        subject: None,
        key_container: None,
        friendly_name: None,
        use_existing_keyset: None,
        certificate_template: None,
        security_descriptor: None,
        private_key_archive: None,
        silent: None,
        user_protected: None,
        renewal_cert: None,
        ca: None,
        extended_key_usage: Vec::new(),
        alternative_names: Vec::new(),
        encoded_names: false,
        encoded_usages: false,
        heading,
        left_out,
        unquoted_pipes: Vec::new(),
        problems,
    };
    let mut continued = String::new();
    for (index, value) in values.iter().enumerate() {
        interpret(value, &mut continued, &mut inf);
        let mask = matches!(value.key.as_str(), "keyusage" | "keyusageproperty");
        if mask && value.section == "newrequest" && !value.quoted && value.value.value.contains('|') {
            inf.unquoted_pipes.push(index);
        }
    }
    inf.values = values;
    Ok(inf)
}

fn value_of(
    line: &Line,
    section: &(String, String),
    limits: &Limits,
    problems: &mut Vec<FormatError>,
) -> Option<InfValue> {
    let text = line.text.trim();
    if text.starts_with(';') || text.starts_with('#') {
        return None;
    }
    // Batch files that write the INF.
    let text = text.strip_prefix("echo ").unwrap_or(text);
    let (key, value) = text.split_once('=')?;
    let value = without_comment(value);
    let plain = unquoted(value);
    let mut kept = plain;
    if kept.len() > limits.string_bytes {
        let message = format!("a value of {} bytes is cut to {}", plain.len(), limits.string_bytes);
        problems.push(FormatError::new(message, line.start));
        let mut end = limits.string_bytes;
        while !plain.is_char_boundary(end) {
            end = end.saturating_sub(1);
        }
        kept = plain.get(..end).unwrap_or_default();
    }
    // The value is searched after the key, so that `Exportable = Exportable` has the right place.
    let after = line.text.find('=').map_or(0, |at| at.saturating_add(1));
    let at = line.text.get(after..).and_then(|tail| tail.find(plain)).map_or(after, |at| after.saturating_add(at));
    let spanned = line.span(kept.to_owned(), at, at.saturating_add(plain.len()));
    let column = line.text.get(..at).map_or(0, |before| before.chars().count()).saturating_add(1);
    Some(InfValue {
        written: (section.1.clone(), key.trim().to_owned()),
        column,
        quoted: value.trim_start().starts_with('"'),
        section: section.0.clone(),
        key: key.trim().to_ascii_lowercase(),
        value: spanned,
        line: line.number,
    })
}

fn replace_tokens(values: &mut [InfValue], limits: &Limits) {
    let strings: Vec<(String, String)> = values
        .iter()
        .filter(|value| value.section == "strings")
        .map(|value| (value.key.clone(), value.value.value.clone()))
        .collect();
    if strings.is_empty() {
        return;
    }
    for value in values.iter_mut().filter(|value| value.section != "strings") {
        let text = &value.value.value;
        let token = text.strip_prefix('%').and_then(|rest| rest.strip_suffix('%')).map(str::to_ascii_lowercase);
        let found = token.and_then(|token| strings.iter().find(|(name, _)| *name == token));
        if let Some((_, replacement)) = found.filter(|(_, text)| text.len() <= limits.string_bytes) {
            value.value.value.clone_from(replacement);
        }
    }
}

fn interpret(value: &InfValue, continued: &mut String, inf: &mut RequestInf) {
    let text = &value.value.value;
    let at = |span: &Spanned<String>| (span.start, span.end);
    let (start, end) = at(&value.value);
    let as_text = || Some(value.value.clone());
    let as_number = |number: Option<u32>| number.map(|number| Spanned::new(number, start, end));
    let as_bool = |truth: Option<bool>| truth.map(|truth| Spanned::new(truth, start, end));
    let mut understood = true;
    match (value.section.as_str(), value.key.as_str()) {
        ("newrequest", key) => match key {
            "keyspec" => {
                inf.key_spec = as_number(key_spec(text));
                understood = inf.key_spec.is_some();
            }
            "providername" => inf.provider = as_text(),
            "providertype" => {
                inf.provider_type = as_number(number(text));
                understood = inf.provider_type.is_some();
            }
            "machinekeyset" => {
                inf.machine_keyset = as_bool(boolean(text));
                understood = inf.machine_keyset.is_some();
            }
            "exportable" => {
                inf.exportable = as_bool(boolean(text));
                understood = inf.exportable.is_some();
            }
            "exportableencrypted" => inf.exportable_encrypted = as_bool(boolean(text)),
            "useexistingkeyset" => inf.use_existing_keyset = as_bool(boolean(text)),
            "keyusage" => {
                inf.key_usage = as_number(named_bits(text, KEY_USAGE));
                understood = inf.key_usage.is_some();
            }
            "keyusageproperty" => {
                inf.key_usage_property = as_number(named_bits(text, KEY_USAGE_PROPERTY));
                understood = inf.key_usage_property.is_some();
            }
            "keylength" => {
                inf.key_length = as_number(number(text));
                understood = inf.key_length.is_some();
            }
            "keyalgorithm" => inf.key_algorithm = as_text(),
            "requesttype" => {
                let name = match number(text) {
                    Some(1) => "PKCS10".to_owned(),
                    Some(2) => "PKCS7".to_owned(),
                    Some(3) => "CMC".to_owned(),
                    Some(4) => "CERT".to_owned(),
                    Some(0xFD00) => "SCEP".to_owned(),
                    _ => text.to_ascii_uppercase(),
                };
                inf.request_type = Some(Spanned::new(name, start, end));
            }
            "hashalgorithm" => inf.hash_algorithm = as_text(),
            "subject" => inf.subject = as_text(),
            "keycontainer" => inf.key_container = as_text(),
            "friendlyname" => inf.friendly_name = as_text(),
            "securitydescriptor" => inf.security_descriptor = as_text(),
            "renewalcert" => inf.renewal_cert = as_text(),
            "privatekeyarchive" => inf.private_key_archive = as_bool(boolean(text)),
            "silent" => inf.silent = as_bool(boolean(text)),
            "userprotected" => inf.user_protected = as_bool(boolean(text)),
            _ => {}
        },
        ("requestattributes", "certificatetemplate") => inf.certificate_template = as_text(),
        ("requestattributes", "san") => names(value, inf),
        ("basicconstraintsextension", "ca") => inf.ca = as_bool(boolean(text)),
        ("enhancedkeyusageextension" | "applicationpolicystatementextension" | "extensions", "oid") => {
            inf.extended_key_usage.push(value.value.clone());
        }
        ("extensions", "_continue_") if continued == "2.5.29.17" => names(value, inf),
        ("extensions", "_continue_") if continued == "2.5.29.37" => usages(value, inf),
        ("extensions", key) if key != "_continue_" => {
            *continued = key.to_owned();
            let lower = text.to_ascii_lowercase();
            let in_text = lower.starts_with("{text}");
            match key {
                "2.5.29.17" if in_text || text.contains('=') && !text.starts_with('{') => names(value, inf),
                "2.5.29.17" => inf.encoded_names = true,
                "2.5.29.37" if in_text => usages(value, inf),
                "2.5.29.37" => inf.encoded_usages = true,
                "2.5.29.19" if in_text && lower.replace(' ', "").contains("ca=1") => inf.ca = as_bool(Some(true)),
                _ => {}
            }
        }
        _ => {}
    }
    if !understood {
        inf.problems.push(FormatError::new(format!("{} = {text} is not understood", value.key), start));
    }
}

fn names(value: &InfValue, inf: &mut RequestInf) {
    let text = &value.value.value;
    let prefixed = text.get(..6).is_some_and(|head| head.eq_ignore_ascii_case("{text}"));
    let text = if prefixed { text.get(6..).unwrap_or_default() } else { text.as_str() };
    for name in text.split('&').map(str::trim).filter(|name| name.contains('=')) {
        inf.alternative_names.push(value.value.clone().map(|_| name.to_owned()));
    }
}

/// `{text}1.3.6.1.5.5.7.3.1,1.3.6.1.5.5.7.3.2`, also with `oid=` and `&`.
fn usages(value: &InfValue, inf: &mut RequestInf) {
    let text = &value.value.value;
    let text = text
        .get(..6)
        .filter(|head| head.eq_ignore_ascii_case("{text}"))
        .map_or(text.as_str(), |_| text.get(6..).unwrap_or_default());
    for part in text.split(['&', ',']) {
        let oid = part.trim().trim_start_matches("oid=").trim_start_matches("OID=").trim();
        if oid.contains('.') && oid.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
            inf.extended_key_usage.push(value.value.clone().map(|_| oid.to_owned()));
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn inf(text: &str) -> RequestInf {
        parse(text.as_bytes(), &Limits::default()).unwrap()
    }

    #[test]
    fn values_in_every_form() {
        let text = "[Version]\nSignature=\"$Windows NT$\nMissing\n[NewRequest] ; here\nSubject = \"CN=a;b, O=x\" ; c\nkeyspec = AT_KEYEXCHANGE ; 2\nKeyLength=0x800\nKeyUsage = \"CERT_DIGITAL_SIGNATURE_KEY_USAGE | CERT_KEY_ENCIPHERMENT_KEY_USAGE\"\nEXPORTABLE = yes\nMachineKeySet = False\nProviderName = %csp%\nProviderType=12\nRequestType = 3\n[Strings]\ncsp = \"Microsoft RSA SChannel Cryptographic Provider\"\n[Extensions]\n2.5.29.17 = \"{text}\"\n_continue_ = \"dns=a.b&\"\n_continue_ = \"dns=c.d\"\n[EnhancedKeyUsageExtension]\nOID=1.3.6.1.5.5.7.3.1 ; Server\n";
        let record = inf(text);
        let spec = record.key_spec.unwrap();
        assert_eq!(spec.value, 1);
        assert_eq!(&text[spec.start..spec.end], "AT_KEYEXCHANGE");
        assert_eq!(record.subject.unwrap().value, "CN=a;b, O=x");
        assert_eq!(record.key_length.unwrap().value, 2048);
        assert_eq!(record.key_usage.unwrap().value, 0xA0);
        assert!(record.exportable.unwrap().value);
        assert!(!record.machine_keyset.unwrap().value);
        assert_eq!(record.provider.unwrap().value, "Microsoft RSA SChannel Cryptographic Provider");
        assert_eq!(record.provider_type.unwrap().value, 12);
        assert_eq!(record.request_type.unwrap().value, "CMC");
        let names: Vec<String> = record.alternative_names.into_iter().map(|name| name.value).collect();
        assert_eq!(names, ["dns=a.b", "dns=c.d"]);
        assert_eq!(record.extended_key_usage[0].value, "1.3.6.1.5.5.7.3.1");
        assert!(record.problems.is_empty());
    }

    #[test]
    fn what_certreq_needs_quotes_for_and_where_it_stands() {
        let text = "[newrequest]\n  KeyUsage = CERT_DIGITAL_SIGNATURE_KEY_USAGE | 0x20\nKeyUsageProperty=\"NCRYPT_ALLOW_SIGNING_FLAG | 1\"\nSubject=CN=a|b\nSecurityDescriptor=\"D:P(A;;GA;;;SY)\" ; who\nPrivateKeyArchive=TRUE\nSilent=true\n[RequestAttributes]\nSAN=\"dns=a.b&dns=c.d\"\n[Extensions]\n2.5.29.37=\"{text}1.3.6.1.5.5.7.3.1,1.3.6.1.5.5.7.3.2\"\n2.5.29.19 = \"{TEXT}ca=1\"\n";
        let record = inf(text);
        let pipes: Vec<_> = record.unquoted_pipes.iter().map(|at| &record.values[*at]).collect();
        assert_eq!(pipes.len(), 1);
        assert_eq!((pipes[0].line, pipes[0].column, pipes[0].written.1.as_str()), (2, 14, "KeyUsage"));
        assert_eq!(record.key_usage.unwrap().value, 0xA0);
        assert_eq!(record.security_descriptor.unwrap().value, "D:P(A;;GA;;;SY)");
        assert!(record.private_key_archive.unwrap().value && record.silent.unwrap().value && record.ca.unwrap().value);
        let heading = record.heading.unwrap();
        assert_eq!((heading.line, heading.text.value.as_str()), (1, "[newrequest]"));
        let names: Vec<String> = record.alternative_names.into_iter().map(|name| name.value).collect();
        assert_eq!(names, ["dns=a.b", "dns=c.d"]);
        assert_eq!(record.extended_key_usage.len(), 2);
    }

    #[test]
    fn absent_is_absent_and_nonsense_is_a_problem() {
        let record = inf("[NewRequest]\nSubject=CN=<name>\nKeyLength=$length\n");
        assert_eq!(record.key_spec, None);
        assert_eq!(record.exportable, None);
        assert_eq!(record.key_length, None);
        assert_eq!(record.problems.len(), 1);
    }

    #[test]
    fn utf_16_and_foreign_files() {
        let text = "[NewRequest]\r\nKeySpec = 2\r\n";
        let bytes: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert!(recognise(&bytes));
        let record = parse(&bytes, &Limits::default()).unwrap();
        let spec = record.key_spec.unwrap();
        assert_eq!((spec.value, &bytes[spec.start..spec.end]), (2, &b"2\0"[..]));
        assert!(!recognise(b"[Version]\nSignature=x\n"));
        assert!(parse(b"[Version]\n", &Limits::default()).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "(\\[NewRequest\\]\n)?([\\PC]{0,20}[=;\"%&\n]){0,20}") {
            let _ = parse(text.as_bytes(), &Limits::default());
        }
    }
}
