//! Text of an input on its way to a terminal: nothing in it may move the cursor, change colours, hide or reorder words.

use crate::model::columns::char_columns;
use std::borrow::Cow;
use std::fmt::Write as _;

/// How many blanks stand for a tab. Fixed, so that the escaped form of a text is the sum of its characters' forms.
const TAB: &str = "    ";

/// Whether a character is never shown as it is: C0 and C1 controls, bidirectional controls (U+061C, U+200E, U+200F,
/// U+202A to U+202E, U+2066 to U+2069), zero-width and other invisible characters, line and paragraph separators, tags.
pub(super) fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// A text of an input for a terminal, on one line: hidden characters as `\u{202e}`, tabs as blanks.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => out.push_str(TAB),
            c if is_hidden(c) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// As [`escape`], in ASCII alone: typographic marks as their plain counterparts, every other character beyond ASCII as
/// `\u{fc}`.
pub fn escape_ascii(text: &str) -> Cow<'_, str> {
    let text = escape(text);
    if text.is_ascii() {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '…' => out.push_str("..."),
            '–' | '—' => out.push('-'),
            '“' | '”' => out.push('"'),
            '‘' | '’' => out.push('\''),
            c if c.is_ascii() => out.push(c),
            c => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
        }
    }
    Cow::Owned(out)
}

/// The number of terminal columns of an escaped text.
pub fn columns(text: &str) -> usize {
    text.chars().map(char_columns).sum()
}

/// A text cut to at most `width` columns, with `…` (or `...`) where something was cut off.
pub fn cut(text: &str, width: usize, ascii: bool) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mark = if ascii { "..." } else { "…" };
    let room = width.saturating_sub(columns(mark));
    let mut used = 0usize;
    let mut out = String::new();
    for c in text.chars() {
        used = used.saturating_add(char_columns(c));
        if used > room {
            break;
        }
        out.push(c);
    }
    out.push_str(mark);
    out
}

/// A text broken at blanks into lines of at most `width` columns; a longer word keeps a line of its own.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0usize;
    for word in text.split(' ').filter(|w| !w.is_empty()) {
        let len = columns(word);
        if used > 0 && used.saturating_add(1).saturating_add(len) > width {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used = used.saturating_add(1);
        }
        line.push_str(word);
        used = used.saturating_add(len);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_moves_or_hides_gets_through() {
        assert_eq!(escape("www.contoso.com"), "www.contoso.com");
        assert_eq!(escape("a\u{1b}[31mred"), "a\\u{1b}[31mred");
        assert_eq!(escape("a\u{202e}b\u{2066}c\u{2069}"), "a\\u{202e}b\\u{2066}c\\u{2069}");
        assert_eq!(escape("\u{200e}\u{200f}\u{61c}"), "\\u{200e}\\u{200f}\\u{61c}");
        assert_eq!(escape("a\u{200b}b\u{feff}c\u{2060}"), "a\\u{200b}b\\u{feff}c\\u{2060}");
        assert_eq!(escape("a\u{2028}b\u{2029}c"), "a\\u{2028}b\\u{2029}c");
        assert_eq!(escape("a\r\nb\0\u{7f}\u{9b}"), "a\\u{d}\\u{a}b\\u{0}\\u{7f}\\u{9b}");
        assert_eq!(escape("a\tb"), "a    b");
        assert_eq!(escape("Schlüssel 证书 Ключ"), "Schlüssel 证书 Ключ");
    }

    #[test]
    fn every_control_and_bidi_character_is_escaped() {
        for n in (0..0x20).chain(0x7f..0xa0).chain(0x202a..=0x202e).chain(0x2066..=0x2069).chain([0x200e, 0x200f]) {
            let c = char::from_u32(n).expect("a character");
            if c != '\t' {
                assert_eq!(escape(&c.to_string()), format!("\\u{{{n:x}}}"));
            }
        }
    }

    #[test]
    fn the_escaped_form_is_the_sum_of_its_parts() {
        let text = "x\ty\u{202e}z";
        let (a, b) = text.split_at(3);
        assert_eq!(escape(text), format!("{}{}", escape(a), escape(b)));
    }

    #[test]
    fn ascii_alone() {
        assert_eq!(escape_ascii("a\u{202e}“Schlüssel”…"), "a\\u{202e}\"Schl\\u{fc}ssel\"...");
        assert_eq!(escape_ascii("plain"), "plain");
    }

    #[test]
    fn widths_cuts_and_breaks() {
        assert_eq!(columns("证书"), 4);
        assert_eq!(cut("abcdef", 4, false), "abc…");
        assert_eq!(cut("abcdef", 4, true), "a...");
        assert_eq!(cut("abcd", 4, true), "abcd");
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("averylongword x", 4), ["averylongword", "x"]);
        assert_eq!(wrap("", 4), [""]);
    }
}
