//! Several lines as one text, for records that a parser reads as a whole; every index leads back to the original bytes.

use super::piece::Piece;
use crate::input::{Line, LineMap};
use crate::model::fact::{Excerpts, Fact, KeptRun, Place, SourceId};
use std::ops::Range;

/// Columns that are kept in front of a place in a long line.
const BEFORE_PLACE: u32 = 24;

/// Lines joined by `\n`.
#[derive(Debug, Clone, Default)]
pub struct JoinedLines {
    source: SourceId,
    text: String,
    points: Vec<Point>,
    /// The original end of what was added last: no place goes beyond it.
    last: u64,
}

/// From an index of the joined text on, characters stand one after the other in the original.
#[derive(Debug, Clone, Copy)]
struct Point {
    at: usize,
    original: u64,
    line: u32,
    column: u32,
    /// Two bytes per UTF-16 unit instead of the text's own bytes.
    wide: bool,
}

impl JoinedLines {
    /// No lines yet, of an input.
    pub fn new(source: SourceId) -> Self {
        Self { source, text: String::new(), points: Vec::new(), last: 0 }
    }
    /// Adds a physical line as it is.
    pub fn push_raw(&mut self, line: &Line<'_>) {
        self.end_line();
        self.points.push(self.point(line, 0));
        if let LineMap::Breaks(points) = line.map {
            for (decoded, _) in points {
                let at = usize::try_from(*decoded).unwrap_or(usize::MAX).min(line.text.len());
                self.points.push(Point { at: self.text.len().saturating_add(at), ..self.point(line, at) });
            }
        }
        if let LineMap::Carried(runs) = line.map {
            for run in runs.iter().filter(|run| run.at() > 0) {
                self.points.push(Point { at: self.text.len().saturating_add(run.at()), ..self.point(line, run.at()) });
            }
        }
        self.text.push_str(line.text);
        self.last = line.end;
    }
    /// Adds a piece of a line, without what was taken off in front of it.
    pub fn push(&mut self, piece: Piece<'_>) {
        self.end_line();
        self.extend(piece);
    }
    /// Adds a piece to the last line: a line that a console wrapped.
    pub fn extend(&mut self, piece: Piece<'_>) {
        let line = piece.line();
        let wide = line.map == LineMap::Utf16;
        // Where characters were taken off or another width begins, a new point: each character that is none of these
        // follows the one before it.
        let mut expected = None;
        for (index, character) in piece.text.char_indices() {
            let place = piece.slice(index..index.saturating_add(character.len_utf8())).place(self.source);
            if expected != Some(place.start) {
                self.points.push(Point {
                    at: self.text.len().saturating_add(index),
                    original: place.start,
                    line: place.line,
                    column: place.column,
                    wide,
                });
            }
            let width = if wide { character.len_utf16().saturating_mul(2) } else { character.len_utf8() };
            expected = Some(place.start.saturating_add(u64::try_from(width).unwrap_or(0)));
        }
        if piece.text.is_empty() {
            let place = piece.place(self.source);
            self.points.push(Point {
                at: self.text.len(),
                original: place.start,
                line: place.line,
                column: place.column,
                wide,
            });
        }
        self.text.push_str(piece.text);
        self.last = piece.place(self.source).end();
    }
    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }
    /// The length of the text in bytes.
    pub fn len(&self) -> usize {
        self.text.len()
    }
    /// Whether there is no line.
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }
    /// Forgets the lines.
    pub fn clear(&mut self) {
        self.text.clear();
        self.points.clear();
    }
    /// The place of a range of the text.
    pub fn place(&self, range: Range<usize>) -> Place {
        let (start, line, column) = self.locate(range.start);
        // The end stands on the line of the last character, not at the beginning of the next line.
        let last = self.text.get(range.clone()).and_then(|t| t.char_indices().next_back());
        let end = match last {
            Some((at, c)) => {
                let from = range.start.saturating_add(at);
                let wide = self.before(from).is_some_and(|p| p.wide);
                let width = if wide { c.len_utf16().saturating_mul(2) } else { c.len_utf8() };
                let next = self.points.partition_point(|p| p.at <= from);
                let bound = self.points.get(next).map_or(self.last, |p| p.original);
                let start = self.locate(from).0;
                start.saturating_add(u64::try_from(width).unwrap_or(0)).min(bound.max(start))
            }
            None => start,
        };
        let len = u32::try_from(end.saturating_sub(start)).unwrap_or(u32::MAX);
        Place { source: self.source, line, column, start, len }
    }
    /// The range of a part of the text: a slice of what [`JoinedLines::text`] gave. A foreign text gives the whole.
    pub fn range_of(&self, part: &str) -> Range<usize> {
        let start = part.as_ptr().addr().wrapping_sub(self.text.as_ptr().addr());
        let end = start.wrapping_add(part.len());
        if start <= end && end <= self.text.len() { start..end } else { 0..self.text.len() }
    }
    /// The place of a part of the text.
    pub fn place_of(&self, part: &str) -> Place {
        self.place(self.range_of(part))
    }
    /// A value stated by a part of the text.
    pub fn fact<T>(&self, value: T, part: &str) -> Fact<T> {
        Fact::stated(value, self.place_of(part))
    }
    /// A part of the text as a fact.
    pub fn text_fact(&self, part: &str) -> Fact<String> {
        self.fact(part.to_owned(), part)
    }
    /// The place of all lines.
    pub fn whole(&self) -> Place {
        self.place(0..self.text.len())
    }
    /// The lines that hold these places, for evidence: of a line with more columns than asked for a part around each place.
    pub fn excerpts(&self, places: &[Place], most: usize, columns: usize) -> Excerpts {
        let mut wanted: Vec<u32> = places.iter().map(|p| p.line).collect();
        wanted.sort_unstable();
        wanted.dedup();
        wanted.truncate(most);
        let mut out = Excerpts::default();
        let mut at = 0usize;
        for line in self.text.split('\n') {
            if wanted.is_empty() {
                break;
            }
            let (start, number, column) = self.locate(at);
            let end = at.saturating_add(line.len());
            // A line of a page or document can stand on several of the file.
            let more = self.points.partition_point(|p| p.at <= at)..self.points.partition_point(|p| p.at < end);
            let points = self.points.get(more).unwrap_or_default();
            let before = wanted.len();
            for number in std::iter::once(number).chain(points.iter().map(|p| p.line)) {
                if let Ok(index) = wanted.binary_search(&number) {
                    wanted.remove(index);
                }
            }
            if wanted.len() < before {
                let place = Place { source: self.source, line: number, column, start, len: 0 };
                if line.len() > columns {
                    self.parts(line, at, places, columns, &mut out);
                } else if points.iter().all(|p| p.line == number) {
                    out.push(self.source, number, column, start, line.trim_end());
                } else {
                    let index = |p: &Point| {
                        let before = self.text.get(at..p.at).unwrap_or_default().chars().count();
                        u32::try_from(before).unwrap_or(u32::MAX)
                    };
                    let runs = points.iter().map(|p| KeptRun { number: p.line, column: p.column, index: index(p) });
                    let first = KeptRun { number, column, index: 0 };
                    out.push_runs(place, line.trim_end(), std::iter::once(first).chain(runs));
                }
            }
            at = at.saturating_add(line.len()).saturating_add(1);
        }
        out
    }

    /// Keeps the part of a long line around each of its places.
    fn parts(&self, line: &str, at: usize, places: &[Place], columns: usize, out: &mut Excerpts) {
        let (_, number, first) = self.locate(at);
        let mut starts: Vec<u32> = places
            .iter()
            .filter(|p| p.line == number)
            .map(|p| p.column.saturating_sub(first).saturating_sub(BEFORE_PLACE))
            .collect();
        starts.sort_unstable();
        starts.dedup();
        for start in starts {
            let skip = usize::try_from(start).unwrap_or(usize::MAX);
            let index = line.char_indices().nth(skip).map_or(line.len(), |(i, _)| i);
            let text: String = line.get(index..).unwrap_or("").chars().take(columns / 2).collect();
            let (original, _, column) = self.locate(at.saturating_add(index));
            out.push(self.source, number, column, original, text.trim_end());
        }
    }

    fn end_line(&mut self) {
        if !self.points.is_empty() {
            self.text.push('\n');
        }
    }
    fn point(&self, line: &Line<'_>, index: usize) -> Point {
        Point {
            at: self.text.len(),
            original: line.original(index),
            line: u32::try_from(line.number_at(index)).unwrap_or(u32::MAX),
            column: line.column(index),
            wide: line.map == LineMap::Utf16,
        }
    }
    fn before(&self, at: usize) -> Option<&Point> {
        let after = self.points.partition_point(|p| p.at <= at);
        after.checked_sub(1).and_then(|i| self.points.get(i))
    }
    /// The original offset, line and column of an index.
    fn locate(&self, at: usize) -> (u64, u32, u32) {
        let Some(point) = self.before(at) else { return (0, 0, 0) };
        let between = self.text.get(point.at..at).unwrap_or("");
        let bytes = if point.wide { between.encode_utf16().count().saturating_mul(2) } else { between.len() };
        let next = self.points.partition_point(|p| p.at <= at);
        let bound = self.points.get(next).map_or(self.last, |p| p.original).max(point.original);
        let original = point.original.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX)).min(bound);
        let column = point.column.saturating_add(u32::try_from(between.chars().count()).unwrap_or(u32::MAX));
        (original, point.line, column)
    }
}

impl zeroize::Zeroize for JoinedLines {
    fn zeroize(&mut self) {
        self.text.zeroize();
        self.points.clear();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::formats::piece::Cleaned;

    fn line<'a>(text: &'a str, number: u64, start: u64, map: LineMap<'static>) -> Line<'a> {
        Line { text, number, order: number, start, end: start.saturating_add(100), map, window: None }
    }

    #[test]
    fn raw_lines_lead_back() {
        let mut joined = JoinedLines::new(SourceId(3));
        joined.push_raw(&line("a\u{e9}b", 7, 100, LineMap::Identity));
        joined.push_raw(&line("c\u{e9}d", 8, 200, LineMap::Utf16));
        assert_eq!(joined.text(), "a\u{e9}b\nc\u{e9}d");
        let b = &joined.text()[3..4];
        let place = joined.place_of(b);
        assert_eq!((place.source.0, place.line, place.column, place.start, place.len), (3, 7, 3, 103, 1));
        let d = &joined.text()[8..9];
        let place = joined.place_of(d);
        assert_eq!((place.line, place.column, place.start, place.len), (8, 3, 204, 2));
        // Over both lines.
        assert_eq!((joined.whole().start, joined.whole().end()), (100, 206));
        assert_eq!(joined.place_of("foreign"), joined.whole());
    }

    #[test]
    fn pieces_lose_their_quoting_and_keep_their_place() {
        let mut joined = JoinedLines::new(SourceId(0));
        let text = "> x &amp; yz";
        let cleaned = Cleaned::new(line(text, 1, 0, LineMap::Identity));
        for piece in cleaned.pieces() {
            joined.push(piece);
        }
        assert_eq!(joined.text(), "x & yz");
        let place = joined.place_of(&joined.text()[4..6]);
        let (start, end) = (usize::try_from(place.start).unwrap(), usize::try_from(place.end()).unwrap());
        assert_eq!(&text[start..end], "yz");
        assert_eq!(place.column, 11);
        let excerpts = joined.excerpts(&[place], 3, 80);
        assert_eq!(excerpts.at(place).unwrap().text, "x & yz");
    }
}
