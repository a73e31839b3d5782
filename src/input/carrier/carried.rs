//! One line of text that is being put together, and the way back to the file.

use super::Take;
use super::signs::Signs;
use crate::input::line::{Line, LineMap, Run, Window, to_u32};

/// The longest run: places are counted from the beginning of one.
const RUN_BYTES: usize = 256;

/// A place in the file.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spot {
    pub(super) original: u64,
    pub(super) line: u64,
    pub(super) column: u32,
}

/// A position in a line of the file, which only moves forward.
pub(super) struct Cursor<'l> {
    line: Line<'l>,
    index: usize,
    characters: u32,
    units: u64,
}

impl<'l> Cursor<'l> {
    pub(super) fn new(line: Line<'l>) -> Self {
        Self { line, index: 0, characters: 0, units: 0 }
    }
    /// The text of the whole line.
    pub(super) fn text(&self) -> &'l str {
        self.line.text
    }
    /// The index in it.
    pub(super) fn index(&self) -> usize {
        self.index
    }
    /// What comes next.
    pub(super) fn rest(&self) -> &'l str {
        self.line.text.get(self.index..).unwrap_or_default()
    }
    /// Moves forward to a character boundary.
    pub(super) fn to(&mut self, index: usize) {
        let Some(between) = self.line.text.get(self.index..index) else { return };
        let (characters, units) = if between.is_ascii() {
            (between.len(), between.len())
        } else {
            (between.chars().count(), between.chars().map(char::len_utf16).sum())
        };
        self.index = index;
        self.characters = self.characters.saturating_add(to_u32(characters));
        self.units = super::after(self.units, units);
    }
    /// Moves forward by characters of a known length in bytes.
    pub(super) fn by(&mut self, bytes: usize) {
        self.to(self.index.saturating_add(bytes));
    }
    /// Moves forward to an original offset.
    pub(super) fn skip_to_original(&mut self, original: u64) {
        if self.line.map == LineMap::Identity {
            let index = usize::try_from(original.saturating_sub(self.line.start)).unwrap_or(usize::MAX);
            self.to(index.min(self.line.text.len()));
        }
        while self.original() < original {
            let Some(c) = self.rest().chars().next() else { return };
            self.by(c.len_utf8());
        }
    }
    /// The original offset.
    pub(super) fn original(&self) -> u64 {
        match self.line.map {
            LineMap::Utf16 => self.line.start.saturating_add(self.units.saturating_mul(2)).min(self.line.end),
            _ => self.line.original(self.index),
        }
    }
    pub(super) fn spot(&self) -> Spot {
        let skipped = self.line.window.map_or(0, |window| window.characters_before);
        Spot {
            original: self.original(),
            line: self.line.number,
            column: self.characters.saturating_add(skipped).saturating_add(1),
        }
    }
    /// Whether a physical line begins at the position.
    pub(super) fn begins_line(&self) -> bool {
        self.index == 0 && self.line.window.is_none_or(|window| window.index == 0)
    }
}

/// The line of text so far.
pub(super) struct Carried {
    text: String,
    runs: Vec<Run>,
    /// The last run is of characters as they are, so that the next ones can be part of it.
    open: bool,
    order: u64,
    line_bytes: usize,
    overlap: usize,
    /// What was given of this line already, as windows.
    window: Option<Window>,
    signs: Signs,
}

impl Carried {
    pub(super) fn new(line_bytes: usize, overlap: usize, signs: Signs) -> Self {
        let overlap = overlap.min(line_bytes >> 1);
        Self { text: String::new(), runs: Vec::new(), open: false, order: 1, line_bytes, overlap, window: None, signs }
    }

    /// The line so far, but what was given as windows.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether the line has no character.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Adds the characters from the cursor to an index of its line, and moves the cursor there.
    pub(super) fn copy(&mut self, cursor: &mut Cursor<'_>, end: usize, take: &mut Take<'_>) {
        while self.signs.is_any() {
            let Some(rest) = cursor.text().get(cursor.index()..end) else { break };
            let Some((at, len, plain)) = self.signs.first(rest) else { break };
            self.copy_as_it_is(cursor, cursor.index().saturating_add(at), take);
            let spot = cursor.spot();
            cursor.by(len);
            if plain == '\n' {
                self.end_line(spot, take);
            } else {
                self.push(plain, spot, cursor.original(), take);
            }
        }
        self.copy_as_it_is(cursor, end, take);
    }

    fn copy_as_it_is(&mut self, cursor: &mut Cursor<'_>, end: usize, take: &mut Take<'_>) {
        while cursor.index() < end {
            let Some(rest) = cursor.text().get(cursor.index()..end) else { return };
            let wide = cursor.line.map == LineMap::Utf16;
            let mut len = floor(rest, RUN_BYTES).max(rest.chars().next().map_or(1, char::len_utf8));
            let same_width = wide || cursor.line.map == LineMap::Identity;
            if !same_width {
                len = match rest.bytes().take(len).position(|b| !b.is_ascii()) {
                    Some(0) => rest.chars().next().map_or(1, char::len_utf8),
                    Some(ascii) => ascii,
                    None => len,
                };
            }
            let part = rest.get(..len).unwrap_or_default();
            let spot = cursor.spot();
            cursor.by(len);
            let end = cursor.original();
            let at = self.text.len();
            let joins = |run: &&mut Run| {
                run.end == spot.original
                    && run.line == spot.line
                    && run.wide == wide
                    && at.saturating_sub(run.at()).saturating_add(len) <= RUN_BYTES
            };
            match self.runs.last_mut().filter(|run| self.open && joins(run)) {
                Some(run) => run.end = end,
                None => self.runs.push(run(at, spot, end, wide)),
            }
            self.open = same_width || part.is_ascii();
            self.text.push_str(part);
            self.cut(take);
        }
    }

    /// Adds a character that other characters of the file stand for, up to an original offset.
    pub(super) fn push(&mut self, c: char, spot: Spot, end: u64, take: &mut Take<'_>) {
        self.runs.push(run(self.text.len(), spot, end, false));
        self.open = false;
        self.text.push(c);
        self.cut(take);
    }

    /// Ends the line, which may be empty; `spot` is where.
    pub(super) fn end_line(&mut self, spot: Spot, take: &mut Take<'_>) {
        let window = self.window.take().map(|window| Window { last: true, ..window });
        self.give(window, spot, take);
        self.text.clear();
        self.runs.clear();
        self.open = false;
        self.order = self.order.saturating_add(1);
    }

    fn give(&self, window: Option<Window>, spot: Spot, take: &mut Take<'_>) {
        let first = self.runs.first().map_or(spot, |r| Spot { original: r.original, line: r.line, column: r.column });
        take(Line {
            text: &self.text,
            number: first.line,
            order: self.order,
            start: first.original,
            end: self.runs.last().map_or(first.original, |run| run.end),
            map: LineMap::Carried(&self.runs),
            window,
        });
    }

    /// Gives a line that is too long as windows, as those of a plain text are.
    fn cut(&mut self, take: &mut Take<'_>) {
        if self.text.len() < self.line_bytes {
            return;
        }
        let window = self.window.unwrap_or(Window { index: 0, overlap: 0, characters_before: 0, last: false });
        self.give(Some(window), Spot::default(), take);
        let kept = floor(&self.text, self.text.len().saturating_sub(self.overlap));
        let given = self.text.get(..kept).unwrap_or_default();
        let characters = to_u32(given.chars().count());
        let line = Line {
            text: &self.text,
            number: 0,
            order: 0,
            start: 0,
            end: u64::MAX,
            map: LineMap::Carried(&self.runs),
            window: None,
        };
        let (original, column) = (line.original(kept), line.column(kept));
        let first = self.runs.partition_point(|run| run.at() <= kept).saturating_sub(1);
        self.runs.drain(..first);
        for run in &mut self.runs {
            if run.at() < kept {
                (run.original, run.column) = (original, column);
            }
            run.at = to_u32(run.at().saturating_sub(kept));
        }
        self.text.drain(..kept);
        self.window = Some(Window {
            index: window.index.saturating_add(1),
            overlap: to_u32(self.text.len()),
            characters_before: window.characters_before.saturating_add(characters),
            last: false,
        });
    }
}

fn run(at: usize, spot: Spot, end: u64, wide: bool) -> Run {
    Run { at: to_u32(at), original: spot.original, end, line: spot.line, column: spot.column, wide }
}

/// The last character boundary at or before an index.
pub(super) fn floor(text: &str, index: usize) -> usize {
    let index = index.min(text.len());
    (index.saturating_sub(3)..=index).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}
