//! Distinguished names as OpenSSL prints them, turned into those of Windows: most specific part first, the short names of
//! `CERT_X500_NAME_STR`, values in quotes where Windows has them.
//!
//! OpenSSL prints `C = US, O = "Contoso, Ltd.", CN = www.contoso.com` (1.1 and 3.0), `C=US, O=…` (3.2 and later),
//! `/C=US/O=…/CN=…` (short forms of 1.0 and earlier), `C=US, O=Contoso, Ltd., CN=…` (texts of 1.0), `CN=…,O=…,C=US` (`-nameopt RFC2253`, most specific part first).
//!
//! Sources: openssl-namedisplay-options(1) (oneline, RFC2253, compat, esc_msb), RFC 2253 section 2.4; the short names of
//! OpenSSL's `objects.txt` as its output shows them.

use super::x509::quoted;

/// OpenSSL's name of an attribute, and that of Windows.
const NAMES: &[(&str, &str)] = &[
    ("ST", "S"),
    ("emailAddress", "E"),
    ("serialNumber", "SERIALNUMBER"),
    ("street", "STREET"),
    ("streetAddress", "STREET"),
    ("title", "T"),
    ("GN", "G"),
    ("initials", "I"),
    ("description", "Description"),
    ("postalCode", "PostalCode"),
    ("postOfficeBox", "POBox"),
    ("telephoneNumber", "Phone"),
    ("UID", "OID.0.9.2342.19200300.100.1.1"),
    ("businessCategory", "OID.2.5.4.15"),
    ("organizationIdentifier", "OID.2.5.4.97"),
    ("jurisdictionL", "OID.1.3.6.1.4.1.311.60.2.1.1"),
    ("jurisdictionST", "OID.1.3.6.1.4.1.311.60.2.1.2"),
    ("jurisdictionC", "OID.1.3.6.1.4.1.311.60.2.1.3"),
];

/// A part of a name: attributes with their values; mostly one.
type Part = Vec<(String, String)>;

/// The name as Windows writes it; `None` for a text that is no name.
pub(super) fn windows_name(text: &str) -> Option<String> {
    let text = text.trim();
    let (mut parts, most_specific_first) = match text.strip_prefix('/') {
        Some(rest) => (slashed(rest)?, false),
        None => separated(text)?,
    };
    if most_specific_first {
        // The order within a part is turned around, too.
        parts.iter_mut().for_each(|part| part.reverse());
    } else {
        parts.reverse();
    }
    let mut out = String::new();
    for part in parts {
        for (n, (name, value)) in part.iter().enumerate() {
            out.push_str(match (n, out.is_empty()) {
                (0, true) => "",
                (0, false) => ", ",
                _ => " + ",
            });
            match NAMES.iter().find(|(own, _)| own == name) {
                Some((_, windows)) => out.push_str(windows),
                None => {
                    if name.starts_with(|c: char| c.is_ascii_digit()) {
                        out.push_str("OID.");
                    }
                    out.push_str(name);
                }
            }
            out.push('=');
            out.push_str(&quoted(value));
        }
    }
    (!out.is_empty()).then_some(out)
}

/// Whether a text can name an attribute: `CN`, `1.2.3.4`, `jurisdictionC`.
fn is_attribute(name: &str) -> bool {
    !name.is_empty() && name.len() <= 64 && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
}

/// `C=US/O=Contoso/CN=www`: a slash begins a part only where an attribute follows, since values have slashes, too.
fn slashed(text: &str) -> Option<Vec<Part>> {
    let mut parts: Vec<Part> = Vec::new();
    for piece in text.split('/') {
        match piece.split_once('=').filter(|(name, _)| is_attribute(name)) {
            Some((name, value)) => parts.push(vec![(name.to_owned(), value.to_owned())]),
            None => {
                let (_, value) = parts.last_mut()?.last_mut()?;
                value.push('/');
                value.push_str(piece);
            }
        }
    }
    Some(parts)
}

/// Parts with `, ` or `,` between them, and whether the most specific one is the first (`,` alone).
fn separated(text: &str) -> Option<(Vec<Part>, bool)> {
    let mut parts: Vec<Part> = Vec::new();
    let mut rest = text;
    let (mut joined, mut tight) = (false, false);
    loop {
        let (name, after) = match rest.split_once('=').map(|(name, after)| (name.trim(), after)) {
            Some((name, after)) if is_attribute(name) => (Some(name), after.trim_start_matches(' ')),
            _ => (None, rest),
        };
        let (value, end) = value(after)?;
        match (name, parts.last_mut()) {
            (Some(name), Some(part)) if joined => part.push((name.to_owned(), value)),
            (Some(name), _) => parts.push(vec![(name.to_owned(), value)]),
            // OpenSSL 1.0 puts a value with a comma in no quotes.
            (None, part) => {
                let (_, before) = part?.last_mut()?;
                before.push_str(if joined { " + " } else { ", " });
                before.push_str(&value);
            }
        }
        let Some(separator) = end.chars().next() else { return Some((parts, tight)) };
        joined = separator == '+';
        let next = end.get(1..)?;
        tight |= separator == ',' && !next.starts_with(' ');
        rest = next.trim_start();
    }
}

/// Whether another part follows: a separator, and an attribute's name with its sign.
fn goes_on(text: &str) -> bool {
    let Some(rest) = text.strip_prefix([',', '+']) else { return false };
    rest.split_once('=').is_some_and(|(name, _)| is_attribute(name.trim()))
}

/// Whether an attribute with a long name begins at a slash, as texts of OpenSSL 1.0 have it: `CN=a/emailAddress=b`.
fn long_name_follows(text: &str) -> bool {
    let name = text.strip_prefix('/').and_then(|rest| rest.split_once('=')).map(|(name, _)| name);
    name.is_some_and(|name| name.len() > 2 && NAMES.iter().any(|(own, _)| *own == name))
}

/// The character or byte that a `\` stands before, and its length: `\,`, `\C3`, `\xC3` (OpenSSL 1.0).
fn escaped(rest: &str) -> Option<(Vec<u8>, usize)> {
    for (skipped, digits) in [(0, rest.get(..2)), (1, rest.strip_prefix('x').and_then(|hex| hex.get(..2)))] {
        let digits = digits.filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        if let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            return Some((vec![byte], 2_usize.saturating_add(skipped)));
        }
    }
    let c = rest.chars().next()?;
    Some((c.encode_utf8(&mut [0; 4]).as_bytes().to_vec(), c.len_utf8()))
}

/// A value up to its separator, and what stands from the separator on: in quotes, or with `\` before what is special.
fn value(text: &str) -> Option<(String, &str)> {
    let (mut text, is_quoted) = text.strip_prefix('"').map_or((text, false), |inner| (inner, true));
    let mut out: Vec<u8> = Vec::new();
    loop {
        let Some(c) = text.chars().next() else {
            if is_quoted {
                return None;
            }
            break;
        };
        let rest = text.get(c.len_utf8()..)?;
        match c {
            '"' if is_quoted => {
                let end = rest.trim_start_matches(' ');
                if end.is_empty() || goes_on(end) {
                    text = end;
                    break;
                }
            }
            ',' | '+' if !is_quoted => break,
            '/' if !is_quoted && long_name_follows(text) => break,
            '\\' => {
                let (bytes, length) = escaped(rest)?;
                out.extend(bytes);
                text = rest.get(length..)?;
                continue;
            }
            _ => {}
        }
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        text = rest;
    }
    let value = String::from_utf8_lossy(&out).into_owned();
    let value = if is_quoted { value } else { value.trim_end_matches(' ').to_owned() };
    Some((value, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Option<String> {
        windows_name(text)
    }

    #[test]
    fn each_form() {
        let windows = Some("CN=www.contoso.com, O=\"Contoso, Ltd.\", S=Wien, C=AT".to_owned());
        for text in [
            r#"C = AT, ST = Wien, O = "Contoso, Ltd.", CN = www.contoso.com"#,
            r#"C=AT, ST=Wien, O="Contoso, Ltd.", CN=www.contoso.com"#,
            r"CN=www.contoso.com,O=Contoso\, Ltd.,ST=Wien,C=AT",
            "/C=AT/ST=Wien/O=Contoso, Ltd./CN=www.contoso.com",
            "C=AT, ST=Wien, O=Contoso, Ltd., CN=www.contoso.com",
        ] {
            assert_eq!(name(text), windows, "{text}");
        }
    }

    #[test]
    fn escapes_and_parts_of_several_values() {
        assert_eq!(name(r"O = Caf\C3\A9, CN = a").as_deref(), Some("CN=a, O=Café"));
        assert_eq!(name(r#"CN = "a \"b\"""#).as_deref(), Some("CN=\"a \"\"b\"\"\""));
        // A page may have taken the backslashes before quotes away.
        assert_eq!(name("CN = \"a \"b\" + c\"").as_deref(), Some("CN=\"a \"\"b\"\" + c\""));
        assert_eq!(name(r"O=\xC3\xA9, CN=a/b/emailAddress=c").as_deref(), Some("E=c, CN=a/b, O=é"));
        assert_eq!(name("CN=a+OU=b,C=AT").as_deref(), Some("OU=b + CN=a, C=AT"));
        assert_eq!(name("CN = a + OU = b").as_deref(), Some("CN=a + OU=b"));
        assert_eq!(name("/O=a/b c/CN=http://x/emailAddress=m@x").as_deref(), Some("E=m@x, CN=http://x, O=a/b c"));
        assert_eq!(
            name("jurisdictionC = AT, 1.2.3.4 = x").as_deref(),
            Some("OID.1.2.3.4=x, OID.1.3.6.1.4.1.311.60.2.1.3=AT")
        );
    }

    #[test]
    fn what_is_no_name() {
        for text in ["", "a", "/", "/a", "CN", "= a", "CN = \"a", "CN = \"a\" b", "a b = c", "b, CN = a", "CN=a\\"] {
            assert_eq!(name(text), None, "{text}");
        }
    }
}
