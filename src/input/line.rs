//! One decoded line and its way back to the original bytes.

use std::ops::Range;

/// One physical line of a text input, decoded, with its way back to the original bytes.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// The decoded text without its line end.
    pub text: &'a str,
    /// The number of the physical line, from 1; the first one of a line of text that a page or document spreads over several.
    pub number: u64,
    /// Which line of text this is, from 1: the number, but for the lines inside a page or document.
    pub order: u64,
    /// The original offset of the first byte of the line (of the window, if this is one).
    pub start: u64,
    /// The original offset after the line's last byte, its line end included.
    pub end: u64,
    /// How an index in `text` leads back to the original bytes.
    pub map: LineMap<'a>,
    /// Set when the line was longer than `Limits::line_bytes` and this is one of its windows.
    pub window: Option<Window>,
}

/// The part that one window is of a very long line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Which window of the line this is, from 0. 0 starts the line; every other one continues it.
    pub index: u32,
    /// How many bytes at the start of the window's text the window before ended with.
    pub overlap: u32,
    /// The characters of the line before this window.
    pub characters_before: u32,
    /// Whether the line ends with this window.
    pub last: bool,
}

/// How an index in the decoded text of a line leads back to the original bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineMap<'a> {
    /// The decoded text has the original bytes: UTF-8, or only ASCII in a code page.
    Identity,
    /// The original has two bytes per UTF-16 code unit of the text.
    Utf16,
    /// Between two points the text has the original bytes one by one. A point is (byte index in the decoded text, byte
    /// offset in the line), both rising; the start (0, 0) is understood.
    Breaks(&'a [(u32, u32)]),
    /// The text was taken out of a page or document: its runs, in order.
    Carried(&'a [Run]),
}

/// Characters of a line that stand one after the other in the original, on one physical line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Where they begin in the line's text.
    pub(super) at: u32,
    /// The original offset of the first one.
    pub(super) original: u64,
    /// The original offset after the last one.
    pub(super) end: u64,
    /// The physical line.
    pub(super) line: u64,
    /// The column of the first one.
    pub(super) column: u32,
    /// The original has two bytes per UTF-16 code unit of the text.
    pub(super) wide: bool,
}

impl Run {
    /// Where the run begins in the line's text.
    pub fn at(&self) -> usize {
        usize::try_from(self.at).unwrap_or(usize::MAX)
    }

    /// The original offset of a byte index of the text, which is in the run or at its end.
    fn original(&self, text: &str, index: usize) -> u64 {
        let bytes = match text.get(self.at()..index) {
            Some(between) if self.wide => utf16_units(between, between.len()).saturating_mul(2),
            _ => index.saturating_sub(self.at()),
        };
        self.original.saturating_add(to_u64(bytes)).min(self.end)
    }
}

impl Line<'_> {
    /// The original offset of the character that starts at a byte index of `text`.
    ///
    /// An index inside a character gives an offset inside or after that character, an index beyond the text the end
    /// of the text. Never before `start`, never after `end`, never falling while the index rises.
    pub fn original(&self, decoded_index: usize) -> u64 {
        let index = decoded_index.min(self.text.len());
        let in_line = match self.map {
            LineMap::Identity => to_u64(index),
            LineMap::Utf16 => to_u64(utf16_units(self.text, index)).saturating_mul(2),
            LineMap::Breaks(points) => through_breaks(points, index),
            LineMap::Carried(_) => {
                let original = self.run(index).map_or(self.start, |run| run.original(self.text, index));
                return original.clamp(self.start, self.end);
            }
        };
        self.start.saturating_add(in_line).min(self.end)
    }

    /// The original offset after the character that ends at a byte index of `text`.
    pub fn original_end(&self, decoded_index: usize) -> u64 {
        let LineMap::Carried(runs) = self.map else { return self.original(decoded_index) };
        let index = decoded_index.min(self.text.len());
        let next = runs.partition_point(|run| run.at() < index);
        let Some(run) = next.checked_sub(1).and_then(|last| runs.get(last)) else { return self.original(index) };
        let whole = runs.get(next).map_or(self.text.len(), Run::at) <= index;
        let end = if whole { run.end } else { run.original(self.text, index) };
        end.clamp(self.start, self.end)
    }

    /// The original bytes of a range of `text`, half-open.
    pub fn original_range(&self, range: Range<usize>) -> Range<u64> {
        let start = self.original(range.start);
        start..if range.end > range.start { self.original_end(range.end).max(start) } else { start }
    }

    /// The number of the physical line on which the character stands that starts at a byte index of `text`.
    pub fn number_at(&self, decoded_index: usize) -> u64 {
        self.run(decoded_index).map_or(self.number, |run| run.line)
    }

    /// The run in which a byte index of `text` is, if the text was taken out of a page or document.
    fn run(&self, index: usize) -> Option<&Run> {
        let LineMap::Carried(runs) = self.map else { return None };
        let after = runs.partition_point(|run| run.at() <= index);
        after.checked_sub(1).and_then(|last| runs.get(last))
    }

    /// The column, from 1 and in characters, of the character that starts at a byte index of `text`.
    pub fn column(&self, decoded_index: usize) -> u32 {
        if let Some(run) = self.run(decoded_index) {
            let between = self.text.get(run.at()..decoded_index.min(self.text.len())).unwrap_or_default();
            return run.column.saturating_add(to_u32(between.chars().count()));
        }
        let before = match self.text.get(..decoded_index.min(self.text.len())) {
            Some(head) => head.chars().count(),
            None => self.text.char_indices().take_while(|(at, _)| *at < decoded_index).count(),
        };
        let skipped = self.window.map_or(0, |w| w.characters_before);
        to_u32(before).saturating_add(skipped).saturating_add(1)
    }
}

/// The UTF-16 code units of the characters that start before a byte index.
fn utf16_units(text: &str, index: usize) -> usize {
    match text.get(..index) {
        Some(head) if head.is_ascii() => head.len(),
        Some(head) => head.chars().map(char::len_utf16).sum(),
        None => text.char_indices().take_while(|(at, _)| *at < index).map(|(_, c)| c.len_utf16()).sum(),
    }
}

/// The offset in the line that a byte index of the decoded text stands for.
fn through_breaks(points: &[(u32, u32)], index: usize) -> u64 {
    let index = to_u32(index);
    let after = points.partition_point(|(decoded, _)| *decoded <= index);
    let (decoded, original) = after.checked_sub(1).and_then(|i| points.get(i)).copied().unwrap_or((0, 0));
    let offset = original.saturating_add(index.saturating_sub(decoded));
    let bound = points.get(after).map_or(u32::MAX, |(_, original)| *original);
    u64::from(offset.min(bound))
}

/// A length as `u64`; lengths in memory always fit.
pub(super) fn to_u64(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// A length within one batch as `u32`; batches are far below 4 GiB.
pub(super) fn to_u32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line<'a>(text: &'a str, map: LineMap<'a>, end: u64) -> Line<'a> {
        Line { text, number: 1, order: 1, start: 100, end, map, window: None }
    }

    #[test]
    fn identity_and_columns() {
        let l = line("a\u{e9}b", LineMap::Identity, 104);
        assert_eq!(l.original_range(1..3), 101..103);
        assert_eq!((l.column(0), l.column(1), l.column(3), l.column(99)), (1, 2, 3, 4));
    }

    #[test]
    fn utf16_counts_units() {
        let l = line("a\u{e9}\u{1f511}b", LineMap::Utf16, 110);
        assert_eq!(l.original_range(1..3), 102..104);
        assert_eq!(l.original_range(3..7), 104..108);
        assert_eq!(l.original(8), 110);
    }

    #[test]
    fn breaks_never_pass_the_next_point() {
        // "é" from one byte, then "x", then a replacement character from one byte.
        let l = line("\u{e9}x\u{fffd}y", LineMap::Breaks(&[(2, 1), (6, 3)]), 104);
        assert_eq!(l.original_range(0..2), 100..101);
        assert_eq!(l.original_range(2..3), 101..102);
        assert_eq!(l.original_range(3..6), 102..103);
        assert_eq!(l.original_range(6..7), 103..104);
        assert_eq!(l.original(1), 101);
        assert_eq!(l.original(5), 103);
    }
}
