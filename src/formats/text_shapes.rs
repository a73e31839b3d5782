//! Shapes in console output that do not depend on the language of Windows: a label with its value, an endpoint, a GUID,
//! a prompt with the command behind it.

use crate::model::binding::Endpoint;

/// The widths at which a console window wraps a line.
const CONSOLE_WIDTHS: [usize; 2] = [80, 120];

/// Splits `label : value` at the first colon that a blank follows or that ends the line: labels and values have colons of
/// their own (`IP:port : [::]:443`). Both parts come without blanks around them.
pub(super) fn label_value(text: &str) -> Option<(&str, &str)> {
    let mut from = 0usize;
    loop {
        let at = from.saturating_add(colon(text.get(from..)?)?);
        let (label, rest) = text.split_at_checked(at)?;
        let value = rest.strip_prefix([':', '\u{ff1a}'])?;
        let wide = rest.starts_with('\u{ff1a}');
        if wide || value.is_empty() || value.starts_with([' ', '\t']) {
            return (!label.trim().is_empty()).then(|| (label.trim(), value.trim()));
        }
        from = text.len().saturating_sub(value.len());
    }
}

/// The first colon, of ordinary or of full width.
fn colon(text: &str) -> Option<usize> {
    // The first byte of the wide one begins other characters, too.
    let mut candidates = memchr::memchr2_iter(b':', 0xEF, text.as_bytes());
    candidates.find(|at| text.get(*at..).is_some_and(|t| t.starts_with([':', '\u{ff1a}'])))
}

/// The 36 characters of a GUID, with or without braces around them.
pub(super) fn guid(text: &str) -> Option<&str> {
    let text = text.trim();
    let inner = text.strip_prefix('{').map_or(Some(text), |t| t.strip_suffix('}'))?;
    let shaped = inner.len() == 36
        && inner.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        });
    shaped.then_some(inner)
}

/// Whether a text is hexadecimal digits only.
pub(super) fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// A port: 1 to 65535, digits only.
pub(super) fn port(text: &str) -> Option<u16> {
    let digits = text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().filter(|p| *p > 0)
}

/// Whether a host is an address: dotted digits, an address in brackets, `*`; a masked one (`10.x.x.5`) too.
pub(super) fn is_address(host: &str) -> bool {
    if host.starts_with('[') {
        return host.ends_with(']') && host.contains(':');
    }
    host == "*"
        || host.split('.').count() == 4
            && host.split('.').all(|part| {
                let masked = part.bytes().all(|b| matches!(b, b'x' | b'X' | b'*' | b'#'));
                !part.is_empty() && part.len() <= 3 && (masked || part.bytes().all(|b| b.is_ascii_digit()))
            })
}

/// `address:port` or `name:port`.
pub(super) fn endpoint(text: &str) -> Option<Endpoint> {
    let (host, number) = text.rsplit_once(':')?;
    let port = port(number)?;
    if is_address(host) {
        return Some(Endpoint::IpPort { ip: host.to_owned(), port });
    }
    let shaped = !host.is_empty()
        && host.len() <= 255
        && host.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '.' | '_' | '*' | '<' | '>'));
    shaped.then(|| Endpoint::HostPort { host: host.to_lowercase(), port })
}

/// What is typed behind a prompt (`C:\Windows>`, `PS C:\>`, `netsh http>`); the text itself when there is none.
pub(super) fn behind_prompt(text: &str) -> &str {
    prompted(text).unwrap_or_else(|| text.trim())
}

/// What is typed behind a prompt, possibly nothing; `None` when there is no prompt.
pub(super) fn prompted(text: &str) -> Option<&str> {
    let text = text.trim();
    let (before, command) = text.split_once('>')?;
    let mut head = before.bytes();
    let drive = head.next().is_some_and(|b| b.is_ascii_alphabetic()) && head.next() == Some(b':');
    let named = before.starts_with("PS ") || before == "PS" || before.starts_with('[') && before.contains("]: PS");
    let netsh = before == "netsh" || before.starts_with("netsh ") && before.len() < 32;
    (drive || named || netsh || before.starts_with("\\\\")).then(|| command.trim_start_matches('>').trim())
}

/// Whether a line fills a console window, so that the next one may be its rest.
pub(super) fn fills_a_console(text: &str) -> bool {
    // Characters are at most four bytes.
    let possible = CONSOLE_WIDTHS.iter().any(|w| text.len() >= *w && text.len() <= w.saturating_mul(4));
    possible && CONSOLE_WIDTHS.contains(&if text.is_ascii() { text.len() } else { text.chars().count() })
}

/// Whether a text begins with a drive or a share.
pub(super) fn is_path(text: &str) -> bool {
    let text = text.trim();
    let mut bytes = text.bytes();
    match (bytes.next(), bytes.next(), bytes.next()) {
        (Some(drive), Some(b':'), Some(b'\\' | b'/')) => drive.is_ascii_alphabetic(),
        (Some(b'\\'), Some(second), _) => second == b'\\' || second.is_ascii_alphanumeric(),
        _ => false,
    }
}

/// Whether a line stands for others that someone left out: `...`, `[…]`, `<snip>`.
pub(super) fn is_elision(text: &str) -> bool {
    let text = text.trim();
    if text.len() > 40 {
        return false;
    }
    let bare = text.trim_matches(['[', ']', '(', ')', '<', '>', '-', '*', ' ']);
    let dots = bare.len() >= 3 && bare.chars().all(|c| matches!(c, '.' | '\u{2026}' | ' '));
    let words = ["snip", "snipped", "cut", "omitted", "output omitted", "truncated", "redacted"];
    dots || words.iter().any(|w| bare.eq_ignore_ascii_case(w))
}

/// Whether a text has a word, without case (ASCII).
pub(super) fn contains_word(text: &str, lower: &str) -> bool {
    find_ignoring_case(text, lower).is_some()
}

/// Where an ASCII word, given in lower case, stands in a text, without case.
pub(super) fn find_ignoring_case(text: &str, lower: &str) -> Option<usize> {
    let first = *lower.as_bytes().first()?;
    memchr::memchr2_iter(first, first.to_ascii_uppercase(), text.as_bytes()).find(|at| {
        let end = at.saturating_add(lower.len());
        text.get(*at..end).is_some_and(|part| part.eq_ignore_ascii_case(lower))
    })
}

/// A label as a field's name: `Verify Client Certificate Revocation` becomes `verify_client_certificate_revocation`.
pub(super) fn snake_case(label: &str) -> String {
    let mut out = String::new();
    for c in label.chars() {
        if c.is_alphanumeric() {
            out.extend(c.to_lowercase());
        } else if !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
    }
    out.truncate(out.trim_end_matches('_').len());
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn labels_with_colons() {
        assert_eq!(label_value("    IP:port                      : [::]:443"), Some(("IP:port", "[::]:443")));
        assert_eq!(label_value("Ctl Identifier :"), Some(("Ctl Identifier", "")));
        assert_eq!(label_value("https://a.example.org:443/"), None);
        assert_eq!(label_value(" : x"), None);
        assert_eq!(label_value("主机名：a"), Some(("主机名", "a")));
        assert_eq!(label_value("ｃｏｎ：a: b"), Some(("ｃｏｎ", "a: b")));
    }

    #[test]
    fn endpoints() {
        assert_eq!(endpoint("[::]:443"), Some(Endpoint::IpPort { ip: "[::]".into(), port: 443 }));
        assert_eq!(
            endpoint("STS.contoso.com:49443"),
            Some(Endpoint::HostPort { host: "sts.contoso.com".into(), port: 49443 })
        );
        for text in ["443", "0.0.0.0:0", "0.0.0.0:65536", "http://a:80", "a b:80", ":443", "x:4x"] {
            assert_eq!(endpoint(text), None, "{text}");
        }
        assert!(is_address("10.x.x.5") && !is_address("1.2.3") && is_address("[fe80::1%4]"));
    }

    #[test]
    fn prompts() {
        assert_eq!(behind_prompt("C:\\Users\\a b>hostname"), "hostname");
        assert_eq!(behind_prompt("PS C:\\> netsh http show sslcert"), "netsh http show sslcert");
        assert_eq!(behind_prompt("netsh http>show sslcert"), "show sslcert");
        assert_eq!(prompted("a > b"), None);
        assert_eq!(prompted("PS C:\\>"), Some(""));
    }

    #[test]
    fn words() {
        assert_eq!(snake_case("Disable TLS1.2"), "disable_tls1_2");
        assert_eq!(snake_case("IP:port"), "ip_port");
        assert!(contains_word("netsh http add SSLCert", "sslcert"));
        assert!(is_elision("[...]") && is_elision("<snip>") && !is_elision("a"));
        assert_eq!(guid("{4dc3e181-e14b-4a21-b022-59fc669b0914}"), Some("4dc3e181-e14b-4a21-b022-59fc669b0914"));
        assert_eq!(guid("4dc3e181-e14b-4a21-b022-59fc669b091"), None);
    }
}

/// Feeds a text to one reader, as an analysis does.
#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod testing {
    use crate::formats::piece::Cleaned;
    use crate::formats::text_reader::TextReader;
    use crate::input::{Line, LineMap};
    use crate::model::observation::Observed;

    pub(in crate::formats) fn read(reader: &mut dyn TextReader, text: &str) -> Vec<Observed> {
        let mut out = Vec::new();
        let mut start = 0u64;
        for (number, line) in text.split('\n').enumerate() {
            let len = u64::try_from(line.len()).unwrap();
            let line = Line {
                text: line,
                number: u64::try_from(number).unwrap().saturating_add(1),
                order: u64::try_from(number).unwrap().saturating_add(1),
                start,
                end: start.saturating_add(len),
                map: LineMap::Identity,
                window: None,
            };
            start = line.end.saturating_add(1);
            for piece in Cleaned::new(line).pieces() {
                reader.line(piece);
            }
            out.extend(reader.take());
        }
        reader.close();
        out.extend(reader.take());
        out
    }
}
