//! Signs that a word processor, a forum or an input method put in the place of those that programs print: typographic quotation
//! marks, blanks that do not break, wide colons, separators of lines.
//!
//! A text in which every sign of a kind is such a one has lost the others: programs print the plain ones. Where plain ones
//! stand beside them, they are the text's own.

use super::carried::floor;

/// Bytes of a line that are looked at.
const NEAR: usize = 4_096;

/// The kinds of signs that a text has lost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Signs {
    quotes: bool,
    apostrophes: bool,
    colons: bool,
    blanks: bool,
    lines: bool,
}

/// Signs of a text.
#[derive(Default)]
struct Seen {
    plain: usize,
    other: usize,
}

impl Seen {
    fn is_lost(&self) -> bool {
        self.plain == 0 && self.other > 0
    }
}

impl Signs {
    /// Of the first lines of a text.
    pub(super) fn of(lines: &[String]) -> Self {
        let [mut quotes, mut apostrophes, mut colons, mut blanks] = [const { Seen { plain: 0, other: 0 } }; 4];
        let mut separators = 0_usize;
        for line in lines {
            let line = line.get(..floor(line, NEAR)).unwrap_or(line);
            let mut characters = line.chars().peekable();
            while let Some(c) = characters.next() {
                let counter = match c {
                    '"' => &mut quotes.plain,
                    '\u{201c}'..='\u{201f}' => &mut quotes.other,
                    '\'' => &mut apostrophes.plain,
                    '\u{2018}'..='\u{201b}' => &mut apostrophes.other,
                    ':' if characters.peek() == Some(&' ') => &mut colons.plain,
                    '\u{ff1a}' if characters.peek() == Some(&' ') => &mut colons.other,
                    ' ' => &mut blanks.plain,
                    '\u{a0}' => &mut blanks.other,
                    '\u{2028}' | '\u{2029}' => &mut separators,
                    _ => continue,
                };
                *counter = counter.saturating_add(1);
            }
        }
        Self {
            quotes: quotes.is_lost(),
            apostrophes: apostrophes.is_lost(),
            colons: colons.is_lost(),
            blanks: blanks.is_lost(),
            // In a text with lines of its own a single one may be part of a name.
            lines: separators > lines.len(),
        }
    }

    pub(super) fn is_any(self) -> bool {
        self != Self::default()
    }

    /// The index and length of the first sign of a text that stands for another one, and that one.
    pub(super) fn first(self, text: &str) -> Option<(usize, usize, char)> {
        if text.is_ascii() {
            return None;
        }
        text.char_indices().find_map(|(at, c)| {
            let plain = match c {
                '\u{201c}'..='\u{201f}' if self.quotes => '"',
                '\u{2018}'..='\u{201b}' if self.apostrophes => '\'',
                '\u{ff1a}' if self.colons => ':',
                '\u{a0}' if self.blanks => ' ',
                '\u{2028}' | '\u{2029}' if self.lines => '\n',
                _ => return None,
            };
            Some((at, c.len_utf8(), plain))
        })
    }
}
