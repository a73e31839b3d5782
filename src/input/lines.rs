//! Reads a text of any size as decoded lines, in batches of whole lines.

use std::io::{self, Read};

use memchr::{memchr, memchr_iter, memchr2, memrchr, memrchr2};

use super::chunked::{CHUNK, Chunked};
use super::decode::{Decoded, Mark, Newline, PageDecoder, decode_utf16, first_line_len};
use super::encoding::{TextEncoding, choose_narrow};
use super::line::{Line, LineMap, Window, to_u32, to_u64};
use super::mixed::{holds_wide_lines, narrow_lines, narrow_part};
use super::pieces::Pieces;
use crate::limits::Limits;

/// Reads a text as decoded lines, in batches, with memory bounded by the chunk size and `Limits::line_bytes`.
///
/// The lines don't depend on how the reader portions its answers. LF ends a line, with any CR before it; a text whose
/// first `Limits::detect_bytes` have CR but no LF is split at CR as well. A line longer than `Limits::line_bytes`
/// original bytes comes as windows of that size which overlap by `Limits::line_overlap`; [`Line::window`] tells.
#[derive(Debug)]
pub struct LineReader<R> {
    raw: Chunked<R>,
    encoding: TextEncoding,
    /// The encoding before it changed.
    stated: Option<TextEncoding>,
    page: Option<PageDecoder>,
    newline: Newline,
    line_bytes: usize,
    overlap: usize,
    detect_bytes: usize,
    started: bool,
    /// Bytes at hand that the batch before used up.
    taken: usize,
    /// The number of the line that comes next, once the lines of the batch before are counted.
    number: u64,
    uncounted: Uncounted,
    /// The window that comes next, within a very long line.
    inside: Option<Inside>,
    decoded: Decoded,
    wide: Vec<u8>,
    first_broken: Option<(u64, u64)>,
    change: Option<Change>,
    words: fn() -> Vec<&'static str>,
}

/// Where the encoding of a text changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// The line.
    pub line: u64,
    /// Its original offset.
    pub start: u64,
    /// The encoding from there.
    pub to: TextEncoding,
}

/// Where the reader stands within a very long line.
#[derive(Debug, Clone, Copy)]
struct Inside {
    index: u32,
    overlap: u32,
    characters_before: u32,
}

/// The lines of the last batch that are not counted yet: mostly whoever reads them tells where the next one begins.
#[derive(Debug, Clone, Copy, Default)]
enum Uncounted {
    #[default]
    Nothing,
    /// The bytes that it used up.
    Raw,
    /// Their text, which was decoded from UTF-16.
    Wide,
}

/// What the next batch is made of.
#[derive(Debug, Clone, Copy)]
enum Cut {
    /// Whole lines, that many bytes.
    Lines(usize),
    /// A window of a very long line; the next one starts after `advance` bytes.
    Window { len: usize, advance: usize },
    /// The last window of a very long line.
    LastWindow(usize),
}

impl<R: Read> LineReader<R> {
    /// Reads `reader` in an encoding. A byte order mark at the start is skipped, and decides the byte order of UTF-16.
    pub fn new(reader: R, encoding: TextEncoding, limits: &Limits) -> Self {
        Self::with_chunk(reader, encoding, limits, CHUNK)
    }

    /// Tells the code page of a part that is none of UTF-16 by these words ([`choose`](super::choose)).
    #[must_use]
    pub fn with_words(mut self, words: fn() -> Vec<&'static str>) -> Self {
        self.words = words;
        self
    }

    /// Like `new`, with another chunk size.
    pub(super) fn with_chunk(reader: R, encoding: TextEncoding, limits: &Limits, chunk: usize) -> Self {
        // Even, so that no code unit of UTF-16 is cut, and far from what would not fit into the maps.
        let line_bytes = limits.line_bytes.clamp(64, 64 << 20) & !1;
        let overlap = limits.line_overlap.min(line_bytes >> 1) & !1;
        let detect_bytes = limits.detect_bytes.clamp(64, 64 << 20);
        let size = chunk.max(line_bytes.saturating_mul(2)).max(detect_bytes);
        let page = match encoding {
            TextEncoding::CodePage(page) => Some(page.decoder()),
            _ => None,
        };
        Self {
            raw: Chunked::new(reader, size),
            encoding,
            stated: None,
            page,
            newline: Newline::Lf,
            line_bytes,
            overlap,
            detect_bytes,
            started: false,
            taken: 0,
            number: 1,
            uncounted: Uncounted::Nothing,
            inside: None,
            decoded: Decoded::default(),
            wide: Vec::new(),
            first_broken: None,
            change: None,
            words: Vec::new,
        }
    }

    /// The encoding in use: the one given to `new`, with the byte order that a byte order mark states.
    pub fn encoding(&self) -> TextEncoding {
        self.stated.unwrap_or(self.encoding)
    }

    /// The first place so far at which the encoding changes. Lines of both are read.
    pub fn change(&self) -> Option<Change> {
        self.change
    }

    /// The first line so far that is not valid UTF-8 in a text that is read as UTF-8: its number and original offset.
    ///
    /// Its broken sequences are U+FFFD in the text.
    pub fn first_broken_line(&self) -> Option<(u64, u64)> {
        self.first_broken
    }

    /// The next lines; none at the end of the text.
    ///
    /// # Errors
    /// The reader's error, after all complete and incomplete lines before it were given.
    pub fn next_batch(&mut self) -> io::Result<Option<Batch<'_>>> {
        self.count();
        self.raw.consume(std::mem::take(&mut self.taken));
        self.fill();
        if !self.started {
            self.start();
        }
        if self.raw.bytes().is_empty() {
            return self.raw.take_error().map_or(Ok(None), Err);
        }
        let mut cut = self.next_cut();
        let mut cut_short = false;
        match self.narrow_part(cut) {
            None => {}
            Some(0) => {
                self.go_narrow();
                cut = self.next_cut();
            }
            Some(at) => {
                cut = Cut::Lines(at);
                cut_short = true;
            }
        }
        let len = match cut {
            Cut::Lines(len) | Cut::LastWindow(len) => len,
            Cut::Window { len, .. } => len,
        };
        self.taken = match cut {
            Cut::Lines(len) | Cut::LastWindow(len) => len,
            Cut::Window { advance, .. } => advance,
        };
        let base = self.raw.base();
        let first_line = self.number;
        let bytes = self.raw.bytes().get(..len).unwrap_or_default();
        let encoding = self.encoding;

        let valid = match (encoding, &self.page) {
            (TextEncoding::Utf8 | TextEncoding::Utf8Bom, _) => simdutf8::basic::from_utf8(bytes).ok(),
            (TextEncoding::CodePage(_), Some(_)) if bytes.is_ascii() => std::str::from_utf8(bytes).ok(),
            _ => None,
        };
        let mixed = |bytes| self.newline == Newline::Lf && memchr(0, bytes).is_some() && holds_wide_lines(bytes);
        let valid = valid.filter(|text| !mixed(text.as_bytes()));
        let (text, map) = if let Some(text) = valid {
            (text, BatchMap::Identity)
        } else if matches!(encoding, TextEncoding::Utf16Le | TextEncoding::Utf16Be) {
            self.wide.clear();
            let ascii = if encoding == TextEncoding::Utf16Be {
                decode_utf16::<true>(bytes, &mut self.wide)
            } else {
                decode_utf16::<false>(bytes, &mut self.wide)
            };
            (std::str::from_utf8(&self.wide).unwrap_or_default(), BatchMap::Utf16 { ascii })
        } else {
            match &self.page {
                Some(page) => self.decoded.page(bytes, self.newline, page),
                None => self.decoded.broken_utf8(bytes, self.newline),
            }
            let Decoded { text, breaks, marks, .. } = &self.decoded;
            (text.as_str(), BatchMap::Marked { marks, breaks })
        };

        let window = match cut {
            Cut::Lines(_) => {
                match map {
                    BatchMap::Identity => self.uncounted = Uncounted::Raw,
                    // Its last line may have no end.
                    BatchMap::Utf16 { .. } if cut_short => {
                        let open = u64::from(self.newline == Newline::Lf && !text.ends_with('\n'));
                        let lines = count_lines(text.as_bytes(), self.newline).saturating_add(open);
                        self.number = self.number.saturating_add(lines);
                    }
                    BatchMap::Utf16 { .. } => self.uncounted = Uncounted::Wide,
                    BatchMap::Marked { .. } => {
                        self.number = self.number.saturating_add(count_lines(text.as_bytes(), self.newline));
                    }
                }
                None
            }
            Cut::LastWindow(_) => {
                self.number = self.number.saturating_add(1);
                self.inside.take().map(|at| at.window(text, true))
            }
            Cut::Window { advance, .. } => {
                let at = self.inside.unwrap_or(Inside { index: 0, overlap: 0, characters_before: 0 });
                let repeated = decoded_index(text, map, advance);
                let (given, kept) = text.split_at_checked(repeated).unwrap_or((text, ""));
                self.inside = Some(Inside {
                    index: at.index.saturating_add(1),
                    overlap: to_u32(kept.len()),
                    characters_before: at.characters_before.saturating_add(to_u32(given.chars().count())),
                });
                Some(at.window(text, false))
            }
        };
        let end = base.saturating_add(to_u64(len));
        let continues = !self.raw.done() && !cut_short;
        let batch = Batch { text, first_line, base, encoding, end, continues, map, newline: self.newline, window };
        if matches!(map, BatchMap::Marked { .. }) {
            if self.first_broken.is_none() && self.page.is_none() {
                let is_broken = |line: &Line<'_>| {
                    matches!(line.map, LineMap::Breaks(_)) && line.text.contains(char::REPLACEMENT_CHARACTER)
                };
                self.first_broken = batch.lines().find(is_broken).map(|line| (line.number, line.start));
            }
            if let (None, Some(wide)) = (self.change, self.decoded.first_wide) {
                let mut lines = batch.lines();
                while lines.index() < wide && lines.next().is_some() {}
                let Position { start, number } = lines.here();
                self.change = Some(Change { line: number, start, to: TextEncoding::Utf16Le });
            }
        }
        Ok(Some(batch))
    }

    /// Where 8-bit text begins in the next lines of a text in UTF-16.
    fn narrow_part(&self, cut: Cut) -> Option<usize> {
        let line_end = match self.encoding {
            TextEncoding::Utf16Le => [b'\n', 0],
            TextEncoding::Utf16Be => [0, b'\n'],
            _ => return None,
        };
        if self.inside.is_some() {
            return None;
        }
        let (Cut::Lines(len) | Cut::LastWindow(len) | Cut::Window { len, .. }) = cut;
        narrow_part(self.raw.bytes().get(..len)?, line_end)
    }

    /// From here the text has 8 bits: in UTF-8, or in the code page that its words tell.
    fn go_narrow(&mut self) {
        let bytes = self.raw.bytes();
        let window = bytes.get(..self.line_bytes).unwrap_or(bytes);
        let to = choose_narrow(&narrow_lines(window), &(self.words)()).encoding;
        self.stated.get_or_insert(self.encoding);
        self.encoding = to;
        if let TextEncoding::CodePage(page) = to {
            self.page = Some(page.decoder());
        }
        self.change.get_or_insert(Change { line: self.number, start: self.raw.base(), to });
    }

    /// Counts the lines of the last batch, if nobody has told how many they are.
    fn count(&mut self) {
        let bytes = match std::mem::take(&mut self.uncounted) {
            Uncounted::Nothing => return,
            Uncounted::Raw => self.raw.bytes().get(..self.taken).unwrap_or_default(),
            Uncounted::Wide => &self.wide,
        };
        self.number = self.number.saturating_add(count_lines(bytes, self.newline));
    }

    /// Makes the next batch begin where the lines of the last one were read up to: at its end, or, while the batch says
    /// that it continues, at one of its lines but the first, which is then given again with more lines behind it.
    pub fn go_on_from(&mut self, here: Position) {
        let read = here.start.checked_sub(self.raw.base()).and_then(|read| usize::try_from(read).ok());
        if let Some(read) = read.filter(|read| *read > 0 && *read <= self.taken)
            && (read == self.taken || !self.raw.done())
        {
            self.taken = read;
            self.number = here.number;
            self.uncounted = Uncounted::Nothing;
        }
    }

    /// Gives the rest of the text away as pieces of at most so many bytes, which had better end behind lines that begin
    /// with `mark`. None if it can be seen that the text is not plain.
    pub fn lend_pieces(&mut self, piece_bytes: usize, mark: &str) -> Option<Pieces<R>> {
        if !self.started {
            self.fill();
            self.start();
        }
        let plain =
            self.newline == Newline::Lf && self.page.is_none() && self.inside.is_none() && self.change.is_none();
        if !plain {
            return None;
        }
        self.count();
        self.raw.consume(std::mem::take(&mut self.taken));
        let (reader, rest) = self.raw.lend()?;
        Some(Pieces::new(reader, rest, self.encoding, (self.line_bytes, piece_bytes), mark))
    }

    /// The number of the line that comes next, once the last batch is read.
    pub fn next_number(&mut self) -> u64 {
        self.count();
        self.number
    }

    /// Goes on behind the lines that were read as pieces: `back` are the bytes of those that were cut off and not read, and
    /// the next line has this number.
    pub fn take_back(&mut self, pieces: Pieces<R>, back: impl IntoIterator<Item = Vec<u8>>, number: u64) {
        let (reader, rest) = pieces.into_rest(back);
        self.raw.take_back(reader, rest);
        self.number = number;
    }

    /// Has enough bytes at hand to see the end of a line that is not a very long one, with two CR before its LF.
    fn fill(&mut self) {
        self.raw.fill(self.line_bytes.saturating_add(8));
    }

    /// Skips the byte order mark and decides what ends a line.
    fn start(&mut self) {
        self.started = true;
        let bytes = self.raw.bytes();
        let wide = matches!(self.encoding, TextEncoding::Utf16Le | TextEncoding::Utf16Be);
        let skipped = match bytes {
            [0xEF, 0xBB, 0xBF, ..] if matches!(self.encoding, TextEncoding::Utf8 | TextEncoding::Utf8Bom) => 3,
            [0xFF, 0xFE, ..] if wide => {
                self.encoding = TextEncoding::Utf16Le;
                2
            }
            [0xFE, 0xFF, ..] if wide => {
                self.encoding = TextEncoding::Utf16Be;
                2
            }
            _ => 0,
        };
        self.raw.consume(skipped);
        let bytes = self.raw.bytes();
        let window = bytes.get(..self.detect_bytes & !1).unwrap_or(bytes);
        let find = |wanted| self.find(window, wanted, wanted, Direction::First);
        if find(b'\r').is_some() && find(b'\n').is_none() {
            self.newline = Newline::CrOrLf;
        }
        self.fill();
    }

    /// The bytes of one code unit.
    fn unit(&self) -> usize {
        self.encoding.unit()
    }

    /// What the next batch is made of. There is at least one byte at hand.
    fn next_cut(&self) -> Cut {
        let bytes = self.raw.bytes();
        if self.inside.is_none() {
            let mut len = 0_usize;
            while let Some(more) = bytes.get(len..).and_then(|rest| self.short_lines(rest)) {
                len = len.saturating_add(more);
            }
            if len > 0 {
                return Cut::Lines(len);
            }
        } else if let Some(len) = self.line_end(bytes, Direction::First) {
            return Cut::LastWindow(len);
        }
        let len = self.boundary(bytes, self.line_bytes);
        let advance = self.boundary(bytes, len.saturating_sub(self.overlap));
        Cut::Window { len, advance }
    }

    /// The length of some lines at the start of `bytes`, none of them a very long one; none if the first one is, or if
    /// its end is not at hand yet.
    ///
    /// Looks for the last line end within reach of a line: the lines before it are all short, whatever their number.
    fn short_lines(&self, bytes: &[u8]) -> Option<usize> {
        self.line_end(bytes, Direction::Last)
    }

    /// Where a line ends that is not longer than `line_bytes` from here: its first end, or the last one within reach.
    fn line_end(&self, bytes: &[u8], direction: Direction) -> Option<usize> {
        if bytes.is_empty() {
            return None;
        }
        let unit = self.unit();
        let reach = self.line_bytes.saturating_add(unit);
        let region = bytes.get(..reach).unwrap_or(bytes);
        match self.newline {
            Newline::Lf => {
                if let Some(end) = self.find(region, b'\n', b'\n', direction) {
                    return Some(end);
                }
                // The CR before the LF don't count as part of the line.
                let mut at = self.line_bytes;
                for _ in 0..2 {
                    if self.unit_at(bytes, at) != Some(b'\r') {
                        break;
                    }
                    at = at.saturating_add(unit);
                    if self.unit_at(bytes, at) == Some(b'\n') {
                        return Some(at.saturating_add(unit));
                    }
                }
            }
            Newline::CrOrLf => {
                // Whether LF follows the last CR at hand is not known before the end of the text.
                let known = if self.raw.done() { bytes.len() } else { bytes.len().saturating_sub(unit) };
                let region = region.get(..known).unwrap_or(region);
                if let Some(end) = self.find(region, b'\n', b'\r', direction) {
                    let after_cr = self.unit_at(bytes, end.saturating_sub(unit)) == Some(b'\r');
                    let pair = after_cr && self.unit_at(bytes, end) == Some(b'\n');
                    return Some(if pair { end.saturating_add(unit) } else { end });
                }
            }
        }
        (self.raw.done() && bytes.len() <= self.line_bytes).then_some(bytes.len())
    }

    /// The code unit at an offset if it is ASCII.
    fn unit_at(&self, bytes: &[u8], at: usize) -> Option<u8> {
        unit_at(bytes, at, self.encoding)
    }

    /// The offset after the first or last code unit that is one of two ASCII characters.
    fn find(&self, bytes: &[u8], one: u8, other: u8, direction: Direction) -> Option<usize> {
        behind_unit(bytes, (one, other), direction, self.encoding)
    }

    /// The last character boundary at or before `target` in bytes that start at one.
    fn boundary(&self, bytes: &[u8], target: usize) -> usize {
        match (self.encoding, &self.page) {
            (TextEncoding::CodePage(_), Some(page)) => page.boundary(bytes, target),
            (TextEncoding::Utf16Le | TextEncoding::Utf16Be, _) => {
                let target = target & !1;
                let high_at = usize::from(self.encoding == TextEncoding::Utf16Le);
                let high = bytes.get(target.saturating_add(high_at)).copied().unwrap_or(0);
                let splits_pair = (0xDC..=0xDF).contains(&high);
                if splits_pair { target.saturating_sub(2) } else { target }
            }
            _ => {
                let continues = |at: &usize| bytes.get(*at).is_some_and(|b| matches!(b, 0x80..=0xBF));
                let back = (target.saturating_sub(3)..=target).rev().find(|at| !continues(at));
                back.unwrap_or(target)
            }
        }
    }
}

/// The code unit at an offset if it is ASCII.
fn unit_at(bytes: &[u8], at: usize, encoding: TextEncoding) -> Option<u8> {
    match (encoding, bytes.get(at..)?) {
        (TextEncoding::Utf16Le, [low, 0, ..]) => Some(*low),
        (TextEncoding::Utf16Le | TextEncoding::Utf16Be, []) => None,
        (TextEncoding::Utf16Be, [0, low, ..]) => Some(*low),
        (TextEncoding::Utf16Le | TextEncoding::Utf16Be, _) => None,
        (_, [byte, ..]) => Some(*byte),
        (_, []) => None,
    }
}

/// The offset after the first or last code unit, in bytes that begin with one, that is one of two ASCII characters.
pub(super) fn behind_unit(
    bytes: &[u8],
    (one, other): (u8, u8),
    direction: Direction,
    encoding: TextEncoding,
) -> Option<usize> {
    let unit = encoding.unit();
    let low_byte = usize::from(encoding == TextEncoding::Utf16Be);
    let mut region = 0..bytes.len();
    while let Some(hay) = bytes.get(region.clone()) {
        let at = match (direction, one == other) {
            (Direction::First, true) => memchr(one, hay),
            (Direction::First, false) => memchr2(one, other, hay),
            (Direction::Last, true) => memrchr(one, hay),
            (Direction::Last, false) => memrchr2(one, other, hay),
        }?;
        let at = region.start.saturating_add(at);
        let start = at.saturating_sub(low_byte);
        let aligned = unit == 1 || (start & 1 == 0 && at >= low_byte);
        if aligned && unit_at(bytes, start, encoding).is_some_and(|b| b == one || b == other) {
            return Some(start.saturating_add(unit));
        }
        match direction {
            Direction::First => region.start = at.saturating_add(1),
            Direction::Last => region.end = at,
        }
    }
    None
}

/// Which of several line ends is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    First,
    Last,
}

impl Inside {
    fn window(self, text: &str, last: bool) -> Window {
        let overlap = floor_boundary(text, usize::try_from(self.overlap).unwrap_or(0));
        Window { index: self.index, overlap: to_u32(overlap), characters_before: self.characters_before, last }
    }
}

/// The last character boundary of a text at or before an index.
fn floor_boundary(text: &str, index: usize) -> usize {
    let index = index.min(text.len());
    (index.saturating_sub(3)..=index).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// The line ends of a text.
fn count_lines(text: &[u8], newline: Newline) -> u64 {
    match newline {
        Newline::Lf => to_u64(memchr_iter(b'\n', text).count()),
        Newline::CrOrLf => {
            let mut rest = text;
            let mut count = 0_u64;
            while !rest.is_empty() {
                rest = rest.get(first_line_len(rest, newline)..).unwrap_or_default();
                count = count.saturating_add(1);
            }
            count
        }
    }
}

/// The index in the text of a window that an offset in its original bytes leads to.
fn decoded_index(text: &str, map: BatchMap<'_>, original: usize) -> usize {
    let index = match map {
        BatchMap::Identity => original,
        BatchMap::Utf16 { ascii: true } => original >> 1,
        BatchMap::Utf16 { ascii: false } => {
            let mut units = 0_usize;
            let mut chars = text.char_indices();
            loop {
                match chars.next() {
                    Some((at, _)) if units >= original >> 1 => break at,
                    Some((_, c)) => units = units.saturating_add(c.len_utf16()),
                    None => break text.len(),
                }
            }
        }
        BatchMap::Marked { marks: [], .. } => original,
        BatchMap::Marked { breaks, .. } => {
            let wanted = to_u32(original);
            let after = breaks.partition_point(|(_, at)| *at <= wanted);
            let (decoded, at) = after.checked_sub(1).and_then(|i| breaks.get(i)).copied().unwrap_or((0, 0));
            usize::try_from(decoded.saturating_add(wanted.saturating_sub(at))).unwrap_or(usize::MAX)
        }
    };
    floor_boundary(text, index)
}

/// How the lines of a batch lead back to the original bytes.
#[derive(Debug, Clone, Copy)]
enum BatchMap<'a> {
    Identity,
    Utf16 { ascii: bool },
    Marked { marks: &'a [Mark], breaks: &'a [(u32, u32)] },
}

/// Some whole lines of a text, or one window of a very long line.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    /// The decoded text, line ends included.
    pub text: &'a str,
    /// The number of the first line, from 1.
    pub first_line: u64,
    /// The original offset of the first byte.
    pub base: u64,
    /// The encoding of the text.
    pub encoding: TextEncoding,
    /// The original offset after the last byte.
    pub end: u64,
    /// More lines may follow.
    pub continues: bool,
    map: BatchMap<'a>,
    newline: Newline,
    window: Option<Window>,
}

impl<'a> Batch<'a> {
    /// Lines of a plain text from a place on; `end` is one after the last byte.
    pub(super) fn plain(text: &'a str, from: Position, end: u64, encoding: TextEncoding, ascii: bool) -> Self {
        let map = match encoding {
            TextEncoding::Utf16Le | TextEncoding::Utf16Be => BatchMap::Utf16 { ascii },
            _ => BatchMap::Identity,
        };
        let Position { start: base, number: first_line } = from;
        Self { text, first_line, base, encoding, end, continues: false, map, newline: Newline::Lf, window: None }
    }

    /// The lines of the batch.
    pub fn lines(&self) -> Lines<'a> {
        Lines { at: 0, start: self.base, number: self.first_line, batch: *self }
    }
}

/// The lines of a [`Batch`], in order.
#[derive(Debug, Clone)]
pub struct Lines<'a> {
    /// Where the next one starts in the batch's text.
    at: usize,
    /// The same in the original.
    start: u64,
    number: u64,
    batch: Batch<'a>,
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    #[inline]
    fn next(&mut self) -> Option<Line<'a>> {
        let rest = self.rest();
        if rest.is_empty() {
            return None;
        }
        let window = self.batch.window;
        let len = if window.is_some() { rest.len() } else { first_line_len(rest.as_bytes(), self.batch.newline) };
        let whole = rest.get(..len)?;
        let (original_len, map) = match &mut self.batch.map {
            BatchMap::Identity => (len, LineMap::Identity),
            BatchMap::Utf16 { ascii } => (utf16_len(whole, *ascii), LineMap::Utf16),
            BatchMap::Marked { marks, breaks } => match marks.split_first() {
                Some((mark, others)) if usize::try_from(mark.text_start) == Ok(self.at) => {
                    *marks = others;
                    mark.map(breaks)
                }
                _ => (len, LineMap::Identity),
            },
        };
        let start = self.start;
        let end = start.saturating_add(to_u64(original_len)).min(self.batch.end);
        let number = self.number;
        self.at = self.at.saturating_add(len);
        self.start = end;
        self.number = number.saturating_add(1);
        let text = if window.is_some_and(|w| !w.last) { whole } else { without_line_end(whole) };
        Some(Line { text, number, order: number, start, end, map, window })
    }
}

impl Mark {
    /// The length of the line in the original, and its map.
    fn map<'a>(&self, breaks: &'a [(u32, u32)]) -> (usize, LineMap<'a>) {
        let (first, last) = self.breaks;
        let points = usize::try_from(first).ok().zip(usize::try_from(last).ok());
        let points = points.and_then(|(first, last)| breaks.get(first..last)).unwrap_or_default();
        (usize::try_from(self.original_len).unwrap_or(usize::MAX), LineMap::Breaks(points))
    }
}

/// The lines of a [`Batch`] that were not read yet, as one text.
///
/// LF ends each line. Text that is ASCII has `unit` original bytes for each of its own.
#[derive(Debug, Clone, Copy)]
pub struct Ahead<'a> {
    /// The text, line ends included.
    pub text: &'a str,
    /// The original offset of the first byte.
    pub start: u64,
    /// The number of the first line.
    pub number: u64,
    /// The original bytes of an ASCII character: 1 or 2.
    pub unit: u8,
}

impl<'a> Lines<'a> {
    fn rest(&self) -> &'a str {
        self.batch.text.get(self.at..).unwrap_or_default()
    }

    /// The original bytes of an ASCII character. `None` for a window of a very long line, for a text in which CR ends
    /// lines, and where characters of the original are not all of one width.
    pub fn unit(&self) -> Option<u8> {
        let unit = match self.batch.map {
            BatchMap::Identity => 1,
            BatchMap::Utf16 { .. } => 2,
            BatchMap::Marked { .. } => return None,
        };
        let plain = self.batch.window.is_none() && self.batch.newline == Newline::Lf;
        plain.then_some(unit)
    }

    /// The lines that come next, where [`Lines::unit`] is known.
    pub fn ahead(&self) -> Option<Ahead<'a>> {
        Some(Ahead { text: self.rest(), start: self.start, number: self.number, unit: self.unit()? })
    }

    /// Steps over whole lines that were read from [`Lines::ahead`]: their bytes in the text, their number, and their
    /// bytes in the original. The text is not touched.
    pub fn step_over(&mut self, text: usize, lines: u64, original: u64) {
        self.at = self.at.saturating_add(text);
        self.start = self.start.saturating_add(original).min(self.batch.end);
        self.number = self.number.saturating_add(lines);
    }

    /// Steps over whole lines without counting them.
    pub fn step_over_text(&mut self, text: usize) {
        let rest = self.rest();
        let skipped = rest.get(..text).unwrap_or(rest);
        let original = match self.batch.map {
            BatchMap::Utf16 { ascii } => utf16_len(skipped, ascii),
            BatchMap::Identity | BatchMap::Marked { .. } => skipped.len(),
        };
        self.step_over(text, 0, to_u64(original));
    }

    /// The index of the next line in the batch's text.
    pub fn index(&self) -> usize {
        self.at
    }

    /// The place where the next line begins, for [`LineReader::go_on_from`].
    pub fn here(&self) -> Position {
        Position { start: self.start, number: self.number }
    }
}

/// The beginning of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub(super) start: u64,
    pub(super) number: u64,
}

impl Position {
    /// The offset in the original.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// The number of the line, from 1.
    pub fn number(&self) -> u64 {
        self.number
    }
}

/// The length in bytes of a text in UTF-16.
fn utf16_len(text: &str, ascii: bool) -> usize {
    let units = if ascii || text.is_ascii() { text.len() } else { text.chars().map(char::len_utf16).sum() };
    units.saturating_mul(2)
}

/// A line without LF and the CR before it.
fn without_line_end(line: &str) -> &str {
    let bytes = line.as_bytes();
    let mut end = bytes.len().saturating_sub(usize::from(bytes.last() == Some(&b'\n')));
    while let Some(b'\r') = end.checked_sub(1).and_then(|last| bytes.get(last)) {
        end = end.saturating_sub(1);
    }
    line.get(..end).unwrap_or(line)
}
