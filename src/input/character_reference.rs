//! Character references of HTML and XML: `&lt;`, `&#160;`, `&#xa0;`.
//!
//! Source: HTML Living Standard sections 13.2.5.72 to 13.2.5.80 and 13.5, as far as programs write them.

/// The longest that is read: `&thetasym;` (bytes without the first).
const REFERENCE: usize = 10;

/// The characters 160 to 255 by their names in HTML (section 13.5 of the standard).
const LATIN: [&str; 96] = [
    "nbsp", "iexcl", "cent", "pound", "curren", "yen", "brvbar", "sect", "uml", "copy", "ordf", "laquo", "not", "shy",
    "reg", "macr", "deg", "plusmn", "sup2", "sup3", "acute", "micro", "para", "middot", "cedil", "sup1", "ordm",
    "raquo", "frac14", "frac12", "frac34", "iquest", "Agrave", "Aacute", "Acirc", "Atilde", "Auml", "Aring", "AElig",
    "Ccedil", "Egrave", "Eacute", "Ecirc", "Euml", "Igrave", "Iacute", "Icirc", "Iuml", "ETH", "Ntilde", "Ograve",
    "Oacute", "Ocirc", "Otilde", "Ouml", "times", "Oslash", "Ugrave", "Uacute", "Ucirc", "Uuml", "Yacute", "THORN",
    "szlig", "agrave", "aacute", "acirc", "atilde", "auml", "aring", "aelig", "ccedil", "egrave", "eacute", "ecirc",
    "euml", "igrave", "iacute", "icirc", "iuml", "eth", "ntilde", "ograve", "oacute", "ocirc", "otilde", "ouml",
    "divide", "oslash", "ugrave", "uacute", "ucirc", "uuml", "yacute", "thorn", "yuml",
];

/// The other names that programs write.
const NAMED: [(&str, char); 16] = [
    ("lt", '<'),
    ("gt", '>'),
    ("amp", '&'),
    ("quot", '"'),
    ("apos", '\''),
    ("ndash", '\u{2013}'),
    ("mdash", '\u{2014}'),
    ("lsquo", '\u{2018}'),
    ("rsquo", '\u{2019}'),
    ("ldquo", '\u{201c}'),
    ("rdquo", '\u{201d}'),
    ("bull", '\u{2022}'),
    ("hellip", '\u{2026}'),
    ("ensp", ' '),
    ("emsp", ' '),
    ("thinsp", ' '),
];

/// The character that a reference at the beginning of a text stands for, and the length of the reference. A line end is none,
/// and a no-break space is a blank: pages put them where the log has blanks.
pub(crate) fn character_reference(text: &str) -> Option<(char, usize)> {
    let inner = text.strip_prefix('&')?;
    let end = inner.bytes().take(REFERENCE).position(|b| b == b';')?;
    let name = inner.get(..end)?;
    let c = if let Some(number) = name.strip_prefix('#') {
        let (digits, radix) = number.strip_prefix(['x', 'X']).map_or((number, 10), |digits| (digits, 16));
        let value = u32::from_str_radix(digits, radix).ok().filter(|_| !digits.starts_with('+'))?;
        char::from_u32(value).filter(|c| !matches!(c, '\0' | '\r' | '\n'))?
    } else if let Some((_, c)) = NAMED.iter().find(|(own, _)| *own == name) {
        *c
    } else {
        let at = LATIN.iter().position(|own| *own == name)?;
        char::from(u8::try_from(at.saturating_add(160)).ok()?)
    };
    Some((if c == '\u{a0}' { ' ' } else { c }, end.saturating_add(2)))
}

#[cfg(test)]
mod tests {
    use super::character_reference;

    #[test]
    fn references() {
        for (text, c, length) in [
            ("&lt;b", '<', 4),
            ("&quot;", '"', 6),
            ("&Ouml;ffentlich", 'Ö', 6),
            ("&yuml;", 'ÿ', 6),
            ("&#214;", 'Ö', 6),
            ("&#xd6;", 'Ö', 6),
            ("&#XD6;", 'Ö', 6),
            ("&nbsp;", ' ', 6),
            ("&#160;", ' ', 6),
        ] {
            assert_eq!(character_reference(text), Some((c, length)), "{text}");
        }
        for text in
            ["lt;", "&", "&lt", "&nothing;", "&#;", "&#x;", "&#+65;", "&#x+41;", "&#10;", "&#0;", "&#xd800;", "& lt;"]
        {
            assert_eq!(character_reference(text), None, "{text}");
        }
    }
}
