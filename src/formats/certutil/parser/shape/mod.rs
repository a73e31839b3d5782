//! Certificate blocks that look like an earlier one: who reads what.
//!
//! A long log repeats itself: the same lines, with other numbers, names and dates. Once a block was read line by line, its
//! shape is remembered: the bytes that made the state machine go the way it went, and where its values stand. A later block
//! of the same shape is compared with it, which is much faster than to read its lines, and gives the same record. What may
//! differ is only what no step of the state machine depends on: digits of a hash or a dump, the text of a name, a date. A
//! block that differs in anything else is read line by line, and its shape is remembered in turn.

mod compare;
mod learn;
mod made_up;
mod moved;
mod shaped;

use super::*;
use crate::input::{Ahead, Batch, LineMap, Lines};
use crate::limits::{BATCH_RECORDS, BLOCK_SHAPE_BYTES, BLOCK_SHAPES};
use compare::{Fit, Shape, find};
pub use made_up::MadeUp;
use moved::Moved;
use shaped::Header;
pub use shaped::{ShapedBlock, Spot};
use std::ops::Range;
use std::sync::Arc;

/// So many shapes in a row are remembered at once without one that fits; in a log that doesn't repeat itself the pauses
/// between them then grow.
const UNUSED_SHAPES: u32 = 8;

/// The shapes of a log's blocks, and the block that may become one.
#[derive(Default)]
pub(super) struct Shapes {
    /// The one that fitted last is the first.
    known: Vec<Arc<Shape>>,
    begun: Option<Begun>,
    /// The block before: its end is seen when the next one begins.
    ended: Option<Begun>,
    /// Where each run of a shape stands in the text that is compared; kept for its room.
    positions: Vec<usize>,
    /// Blocks that are no longer used, for their room.
    #[expect(clippy::vec_box, reason = "the boxes come out of records, and go into others")]
    used: Vec<Box<ShapedBlock>>,
    /// The numbers of runs that were given.
    numbers: u64,
    /// Shapes that were remembered since one fitted.
    unused: u32,
    /// Blocks that pass before the next shape is remembered.
    wait: u32,
}

/// A block whose lines are read one by one.
#[derive(Default)]
struct Begun {
    mode: Option<Mode>,
    languages: [u32; 7],
    records: usize,
    first_line: u32,
    lines: Vec<Seen>,
}

/// What is known of a line that was read by the state machine.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    section: Section,
    start: u64,
    own: bool,
}

/// The state that outlives a block: a shape is good only for the state in which it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mode {
    smart_card: bool,
    nested: bool,
    wrap_width: usize,
    language: Option<Language>,
    unit: u8,
}

/// How far the lines ahead were read by the shapes of earlier blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reached {
    /// The next line has to be read by itself.
    Line,
    /// What is at hand ends within a block: with more lines it may fit.
    Cut,
}

/// Whoever is given the lines that have to be read one by one.
pub trait LineByLine {
    /// Reads a line; one of certutil's is handed to the parser.
    fn line(&mut self, line: Line<'_>, parser: &mut Parser);

    /// Whether the next line is the parser's before it is anybody else's.
    fn is_idle(&self) -> bool;

    /// The lines before were certutil's own, and were read at once; the last one has this number and ends at this offset
    /// of the original.
    fn passed(&mut self, number: u64, end: u64);
}

/// How far the lines of a batch were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchRead {
    /// There are many records: they are to be taken before the rest of the batch is read.
    Enough,
    /// To the end, or up to the line at which the next batch is to begin ([`crate::input::LineReader::go_on_from`]).
    Done,
}

/// Reads the lines of a batch: blocks that have the shape of an earlier one at once, all others one by one.
pub fn read_batch(
    batch: &Batch<'_>,
    lines: &mut Lines<'_>,
    parser: &mut Parser,
    others: &mut impl LineByLine,
) -> BatchRead {
    // Where the block begins that is read line by line.
    let mut body = None;
    loop {
        if others.is_idle() && parser.at_block_start() {
            let (reached, header) = parser.blocks_ahead(lines);
            if let Some((number, end)) = header {
                others.passed(number, end);
            }
            if parser.records.len() >= BATCH_RECORDS {
                return BatchRead::Enough;
            }
            if reached == Reached::Cut && batch.continues && lines.index() > 0 {
                return BatchRead::Done;
            }
            body = Some(lines.index());
        }
        let before = lines.index();
        let Some(line) = lines.next() else { return BatchRead::Done };
        others.line(line, parser);
        // Words in front of the header would be the block's, too.
        if parser.at_block_start()
            && let Some((body, next)) =
                body.and_then(|from| batch.text.get(from..)?.split_at_checked(before.checked_sub(from)?))
            && next_header(next, &parser.header_word).is_some()
        {
            parser.learn(body, line.start);
        }
    }
}

impl Parser {
    /// Takes blocks that are no longer used: later ones get their room, which is then not wiped and asked for again.
    pub fn reuse(&mut self, blocks: &mut Vec<Box<ShapedBlock>>) {
        self.shapes.used.append(blocks);
    }

    /// What is to be noted of a line before it is read.
    pub(super) fn seen(&self, line: &Line<'_>) -> Option<Seen> {
        self.shapes.begun.as_ref()?;
        Some(Seen { section: self.section, start: line.start, own: false })
    }

    /// Whether the last line was the header of a certificate.
    fn at_block_start(&self) -> bool {
        self.last_was_header && self.block.is_some()
    }

    /// Whether something is open that is no part of a block.
    fn is_open(&self) -> bool {
        self.in_provider_list
            || self.pending_provider.is_some()
            || self.listed_provider.is_some()
            || self.requested.0.is_some()
            || self.requested.1.is_some()
            || self.open.is_some()
    }

    /// The state that outlives a block. `None` when something else is open in it.
    fn mode(&self, unit: u8) -> Option<Mode> {
        (!self.is_open()).then(|| Mode {
            smart_card: self.smart_card,
            nested: self.nested,
            wrap_width: self.wrap_width,
            language: self.language(),
            unit,
        })
    }

    /// After the header of a certificate: reads its block and those that follow, as long as each has the shape of an
    /// earlier one and the header of the next behind it. Gives the line and the end of the last header.
    fn blocks_ahead(&mut self, lines: &mut Lines<'_>) -> (Reached, Option<(u64, u64)>) {
        let mut header = None;
        loop {
            if self.records.len() >= BATCH_RECORDS {
                return (Reached::Line, header);
            }
            let reached = match self.bare_ahead(lines) {
                Some(digits) => Ok(digits),
                None => self.block_ahead(lines),
            };
            let digits = match reached {
                Ok(digits) => digits,
                Err(reached) => return (reached, header),
            };
            // It was looked at: it is the header of the next certificate.
            let Some(line) = lines.next() else { return (Reached::Line, header) };
            header = Some((line.number, line.end));
            self.next_header(line, digits);
        }
    }

    /// Where the number stands in the header of the next certificate, if that comes at once.
    fn bare_ahead(&self, lines: &Lines<'_>) -> Option<Range<usize>> {
        if !self.at_block_start() || self.is_open() {
            return None;
        }
        next_header(lines.ahead()?.text, &self.header_word)
    }

    /// Reads the header of the next certificate, whose form is known: where its number stands.
    fn next_header(&mut self, line: Line<'_>, digits: Range<usize>) {
        let unit: u32 = if line.map == LineMap::Utf16 { 2 } else { 1 };
        let (at, end) = (digits.start, digits.end);
        let number = line.text.get(digits).and_then(|number| number.parse::<u32>().ok());
        let Some(number) = number.filter(|_| self.header_word.is_ascii()) else {
            self.read_line(line);
            return;
        };
        let place = |from: usize, to: usize| Place {
            source: self.source,
            line: u32::try_from(line.number).unwrap_or(u32::MAX),
            column: u32::try_from(from).unwrap_or(u32::MAX).saturating_add(1),
            start: line.original(from),
            len: u32::try_from(to.saturating_sub(from)).unwrap_or(u32::MAX).saturating_mul(unit),
        };
        let word = at.saturating_sub(self.header_word.len()).saturating_sub(1);
        let (rule, index) = (place(0, line.text.len()), Fact::stated(number, place(word, end)));
        self.block_lines = 1;
        self.begin_certificate(rule, Some(index), self.header_known);
    }

    /// Reads one block by its shape, up to the header of the next. Tells where the number stands in that.
    fn block_ahead(&mut self, lines: &mut Lines<'_>) -> Result<Range<usize>, Reached> {
        let ahead = lines.ahead().ok_or(Reached::Line)?;
        let mode = self.mode(ahead.unit).filter(|_| self.at_block_start()).ok_or(Reached::Line)?;
        self.shapes.begin(Begun {
            mode: Some(mode),
            languages: self.languages,
            records: self.records.len(),
            first_line: u32::try_from(ahead.number).ok().ok_or(Reached::Line)?,
            lines: Vec::new(),
        });
        let mut positions = std::mem::take(&mut self.shapes.positions);
        let fit = find(&self.shapes.known, mode, ahead.text.as_bytes(), &mut positions);
        let read = match fit {
            Fit::Whole(index) => self.shaped(index, &ahead, &positions),
            Fit::Cut if ahead.text.len() < BLOCK_SHAPE_BYTES.saturating_mul(2) => Err(Reached::Cut),
            Fit::Cut | Fit::None => Err(Reached::Line),
        };
        let end = positions.last().copied().unwrap_or(0);
        self.shapes.positions = positions;
        let (count, original, digits) = read?;
        self.shapes.begun = None;
        lines.step_over(end, u64::from(count), original);
        Ok(digits)
    }

    /// Takes the block that fits a shape: its lines, its length in the original, and where the number stands in the header
    /// behind it.
    fn shaped(
        &mut self,
        index: usize,
        ahead: &Ahead<'_>,
        positions: &[usize],
    ) -> Result<(u32, u64, Range<usize>), Reached> {
        let shape = self.shapes.known.get(index).ok_or(Reached::Line)?;
        let rest = ahead.text.get(positions.last().copied().unwrap_or(0)..).ok_or(Reached::Line)?;
        if rest.is_empty() {
            return Err(Reached::Cut);
        }
        let digits = next_header(rest, &self.header_word).ok_or(Reached::Line)?;
        let moved = Moved::of(shape, positions, *ahead);
        let dates = moved.dates().ok_or(Reached::Line)?;
        let read = (shape.lines, moved.original(shape.original, shape.runs.len()), digits);
        let opened = self.block.as_deref_mut().ok_or(Reached::Line)?;
        for (total, more) in self.languages.iter_mut().zip(shape.languages) {
            *total = total.saturating_add(more);
        }
        (self.shapes.unused, self.shapes.wait) = (0, 0);
        let (header, used) = (Header::of(opened), self.shapes.used.pop());
        let block = ShapedBlock::new(shape, (ahead, positions), dates, header, self.source, used);
        self.records.push(Record::Shaped(block));
        // The next header opens it again: a block is large.
        self.spare = self.block.take();
        if index > 0 {
            self.shapes.known.get_mut(..=index).into_iter().for_each(|first| first.rotate_right(1));
        }
        Ok(read)
    }

    /// The header of the next certificate was read after a block that was read line by line: its shape is remembered.
    /// `body` is the text between the two headers; the second one begins at the original offset `end`.
    fn learn(&mut self, body: &str, end: u64) {
        let Some(ended) = self.shapes.ended.take() else { return };
        let Some(mode) = ended.mode.filter(|mode| self.mode(mode.unit) == Some(*mode)) else { return };
        let alone = self.records.len() == ended.records.saturating_add(1);
        let Some(Record::Certificate(block)) = self.records.last().filter(|_| alone) else { return };
        let languages = std::array::from_fn(|at| {
            let count = |of: &[u32; 7]| of.get(at).copied().unwrap_or(0);
            // The header that was read last is counted where blocks are counted.
            count(&self.languages)
                .saturating_sub(count(&ended.languages))
                .saturating_sub(u32::from(self.header_language().is_some_and(|of| LANGUAGES.get(at) == Some(&of))))
        });
        // At most 512 blocks.
        self.shapes.wait = self.shapes.unused.checked_sub(UNUSED_SHAPES).map_or(0, |over| 1 << over.min(9));
        self.shapes.unused = self.shapes.unused.saturating_add(1);
        let Some(mut shape) = Shape::of(block, body, end, &ended, mode, languages) else { return };
        shape.number_runs(&self.shapes.known, &mut self.shapes.numbers);
        self.shapes.known.truncate(BLOCK_SHAPES.saturating_sub(1));
        self.shapes.known.insert(0, Arc::new(shape));
    }
}

impl Shapes {
    /// A block begins.
    fn begin(&mut self, block: Begun) {
        if self.wait > 0 {
            self.wait = self.wait.saturating_sub(1);
            self.begun = None;
            return;
        }
        let mut lines = self.begun.take().map(|begun| begun.lines).unwrap_or_default();
        lines.clear();
        self.begun = Some(Begun { lines, ..block });
    }

    /// Whether lines are noted.
    pub(super) fn is_begun(&self) -> bool {
        self.begun.is_some()
    }

    /// Notes a line of the block.
    pub(super) fn saw(&mut self, seen: Seen, own: bool) {
        if self.begun.as_ref().is_some_and(|begun| begun.lines.len() >= BLOCK_SHAPE_BYTES >> 3) {
            self.begun = None;
        }
        if let Some(begun) = &mut self.begun {
            begun.lines.push(Seen { own, ..seen });
        }
    }

    /// The header of a certificate was read: the block before it is over.
    pub(super) fn header(&mut self) {
        self.ended = self.begun.take();
    }
}

/// Where the number stands in the header of a certificate with which a text begins, if its word is this one.
fn next_header(text: &str, word: &str) -> Option<Range<usize>> {
    let number = text.strip_prefix("================ ")?.strip_prefix(word)?.strip_prefix(' ')?;
    let digits = number.bytes().take(10).take_while(u8::is_ascii_digit).count();
    let end = number.get(digits..)?.strip_prefix(" ================")?.trim_start_matches('\r');
    let from = text.len().saturating_sub(number.len());
    ((1..=9).contains(&digits) && end.starts_with('\n')).then(|| from..from.saturating_add(digits))
}
