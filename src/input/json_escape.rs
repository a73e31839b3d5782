//! Escapes in strings of JSON: `\n`, `\"`, `\u00fc`, `\ud83d\udd15`.
//!
//! Source: RFC 8259 section 7.

/// The character that the escape at the beginning of a text stands for, and the length of the escape in bytes; `None` when it
/// is none of JSON, or cut. Half of a pair stands for U+FFFD.
pub(crate) fn json_escape(text: &str) -> Option<(char, usize)> {
    let c = match text.strip_prefix('\\')?.as_bytes().first()? {
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b @ (b'"' | b'\\' | b'/') => char::from(*b),
        b'u' => return unicode(text),
        _ => return None,
    };
    Some((c, 2))
}

/// `\u` and four hexadecimal digits, or two of them that are one character.
fn unicode(text: &str) -> Option<(char, usize)> {
    let unit = |from: usize| {
        let digits = text.get(from..from.saturating_add(6))?.strip_prefix("\\u")?;
        let hexadecimal = digits.bytes().all(|b| b.is_ascii_hexdigit());
        hexadecimal.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
    };
    let first = unit(0)?;
    if let Some(c) = char::from_u32(u32::from(first)) {
        return Some((c, 6));
    }
    let pair = unit(6).and_then(|second| char::decode_utf16([first, second]).next()?.ok());
    Some(pair.map_or((char::REPLACEMENT_CHARACTER, 6), |c| (c, 12)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_of_json() {
        for (text, wanted) in [
            ("\\nx", Some(('\n', 2))),
            ("\\/", Some(('/', 2))),
            ("\\\\n", Some(('\\', 2))),
            ("\\u00fCx", Some(('\u{fc}', 6))),
            ("\\ud83d\\udd15x", Some(('\u{1f515}', 12))),
            ("\\ud83d\\u0041", Some(('\u{fffd}', 6))),
            ("\\udd15", Some(('\u{fffd}', 6))),
            ("\\u+0fc", None),
            ("\\u00f", None),
            ("\\W", None),
            ("\\", None),
            ("n", None),
            ("\\\u{fc}", None),
        ] {
            assert_eq!(json_escape(text), wanted, "{text}");
        }
    }
}
