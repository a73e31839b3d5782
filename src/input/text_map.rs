//! Rewritten lines: entities decoded, quoting stripped, and the way back to the line as it was.

use std::borrow::Cow;
use std::ops::Range;

use super::line::to_u32;

/// A text that was made from a physical line, with the way back to that line.
///
/// Between two points the text has the line's bytes one by one. A point is (byte index in this text, byte index in the
/// line), both rising; the start (0, 0) is understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapped<'a> {
    /// The text.
    pub text: Cow<'a, str>,
    /// The points, in order.
    pub breaks: Vec<(u32, u32)>,
}

impl<'a> Mapped<'a> {
    /// A line as it is.
    pub fn same(line: &'a str) -> Self {
        Self { text: Cow::Borrowed(line), breaks: Vec::new() }
    }

    /// The index in the line of the character that starts at an index of the text. Never falls while the index rises.
    ///
    /// Where something was skipped this is the place behind it; the end of a range is better asked of
    /// [`Self::to_source_range`].
    pub fn to_source(&self, index: usize) -> usize {
        let index = to_u32(index.min(self.text.len()));
        self.through(index, self.breaks.partition_point(|(text, _)| *text <= index))
    }

    /// The bytes of the line that a range of the text stands for, half-open; what was skipped at its ends is not in it.
    pub fn to_source_range(&self, range: Range<usize>) -> Range<usize> {
        let start = self.to_source(range.start);
        if range.end <= range.start {
            return start..start;
        }
        let end = to_u32(range.end.min(self.text.len()));
        // The first of several points at the end: what comes after it was skipped behind the range.
        let before = self.breaks.partition_point(|(text, _)| *text < end);
        let passed = match self.breaks.get(before) {
            Some((text, _)) if *text == end => before.saturating_add(1),
            _ => before,
        };
        let reached = self.through(end, passed);
        start..reached.max(start)
    }

    /// The place of an index that lies at or after the first `passed` points.
    fn through(&self, index: u32, passed: usize) -> usize {
        let last = passed.checked_sub(1).and_then(|i| self.breaks.get(i));
        let (text, line) = last.copied().unwrap_or((0, 0));
        let offset = line.saturating_add(index.saturating_sub(text));
        let bound = self.breaks.get(passed).map_or(u32::MAX, |(_, line)| *line);
        usize::try_from(offset.min(bound)).unwrap_or(usize::MAX)
    }
}

/// Makes a [`Mapped`] text from the pieces of a line, from its start to its end.
#[derive(Debug, Clone, Default)]
pub struct MappedBuilder {
    text: String,
    line: usize,
    breaks: Vec<(u32, u32)>,
}

impl MappedBuilder {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next bytes of the line, as they are.
    pub fn push_same(&mut self, text: &str) {
        self.text.push_str(text);
        self.line = self.line.saturating_add(text.len());
    }

    /// Another text in place of the next `old_len` bytes of the line.
    pub fn push_replaced(&mut self, text: &str, old_len: usize) {
        if text.is_empty() {
            return self.skip(old_len);
        }
        self.text.push_str(text);
        self.line = self.line.saturating_add(old_len);
        self.point();
    }

    /// Leaves out the next `old_len` bytes of the line.
    pub fn skip(&mut self, old_len: usize) {
        if old_len > 0 {
            // Where the text before ends, for ranges that end here.
            self.point();
            self.line = self.line.saturating_add(old_len);
            self.point();
        }
    }

    /// The text and its points.
    pub fn finish(self) -> Mapped<'static> {
        Mapped { text: Cow::Owned(self.text), breaks: self.breaks }
    }

    fn point(&mut self) {
        let point = (to_u32(self.text.len()), to_u32(self.line));
        let same_as_start = self.breaks.is_empty() && point == (0, 0);
        if !same_as_start && self.breaks.last() != Some(&point) {
            self.breaks.push(point);
        }
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quoting_and_entities() {
        // "> Key&#160;Container = a&amp;b"
        let line = "> Key&#160;Container = a&amp;b  ";
        let mut builder = MappedBuilder::new();
        builder.skip(2);
        builder.push_same("Key");
        builder.push_replaced("\u{a0}", 6);
        builder.push_same("Container = a");
        builder.push_replaced("&", 5);
        builder.push_same("b");
        builder.skip(2);
        let mapped = builder.finish();
        assert_eq!(mapped.text, "Key\u{a0}Container = a&b");
        let source = |part: &str| {
            let at = mapped.text.find(part).unwrap();
            &line[mapped.to_source_range(at..at + part.len())]
        };
        assert_eq!(source("Key"), "Key");
        assert_eq!(source("\u{a0}"), "&#160;");
        assert_eq!(source("Container"), "Container");
        assert_eq!(source("a&b"), "a&amp;b");
        assert_eq!(source("&"), "&amp;");
        assert_eq!(source("b"), "b");
        assert_eq!(mapped.to_source(0), 2);
        assert_eq!(mapped.to_source_range(0..0), 2..2);
    }

    #[test]
    fn a_line_as_it_is() {
        let mapped = Mapped::same("Flags = 20");
        assert_eq!(mapped.to_source_range(8..10), 8..10);
        assert_eq!(mapped.to_source(99), 10);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Every piece of the text leads to exactly the bytes it was made from.
        #[test]
        fn pieces_lead_back(pieces in prop::collection::vec((0..3_u8, "[a-z\u{e4}]{1,5}", 1..7_usize), 0..12)) {
            let mut builder = MappedBuilder::new();
            let (mut at, mut line) = (0, 0);
            let mut expected = Vec::new();
            for (kind, text, old) in &pieces {
                let old = if *kind == 0 { text.len() } else { *old };
                match kind {
                    0 => builder.push_same(text),
                    1 => builder.push_replaced(text, old),
                    _ => builder.skip(old),
                }
                if *kind < 2 {
                    expected.push((at..at + text.len(), line..line + old));
                    at += text.len();
                }
                line += old;
            }
            let mapped = builder.finish();
            for (range, source) in expected {
                prop_assert_eq!(mapped.to_source_range(range), source);
            }
            let places: Vec<usize> = (0..=at + 2).map(|i| mapped.to_source(i)).collect();
            prop_assert!(places.is_sorted());
            prop_assert!(places.last().is_none_or(|last| *last <= line));
        }
    }
}
