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
mod ready;
mod shaped;

use super::*;
use crate::input::{Ahead, Batch, Lines};
use crate::limits::{BATCH_RECORDS, BLOCK_SHAPE_BYTES, BLOCK_SHAPES};
use compare::{Fit, Shape, find};
pub use made_up::MadeUp;
pub use ready::{HEADER_MARK, Known, ReadyBlocks, blocks_of};
use ready::{NextHeader, Ready};
use shaped::Header;
pub use shaped::{ShapedBlock, Spot, UsedBlocks};
use std::collections::VecDeque;
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
    /// They have changed so often.
    changes: u64,
    /// Blocks of the lines ahead that were compared already, in their order.
    ready: ReadyBlocks,
    begun: Option<Begun>,
    /// The block before: its end is seen when the next one begins.
    ended: Option<Begun>,
    /// Where each run of a shape stands in the text that is compared; kept for its room.
    positions: Vec<usize>,
    used: UsedBlocks,
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
    /// Takes blocks that are no longer used.
    pub fn reuse(&mut self, blocks: &mut UsedBlocks) {
        self.shapes.used.append(blocks);
    }

    /// Whether the blocks repeat the shape of earlier ones.
    pub fn repeats(&self) -> bool {
        self.shapes.unused == 0 && !self.shapes.known.is_empty()
    }

    /// With what blocks can be compared ahead of the state machine.
    pub fn known(&self) -> Option<Known> {
        let first = self.shapes.known.first()?;
        Some(Known {
            shapes: self.shapes.known.clone(),
            mode: first.mode,
            word: self.header_word.clone(),
            source: self.source,
        })
    }

    /// Changes when [`Parser::known`] does, but for the order.
    pub fn known_changes(&self) -> u64 {
        self.shapes.changes
    }

    /// Takes blocks of lines that come next, which were compared with the shapes of [`Parser::known`].
    pub fn take_ready(&mut self, blocks: ReadyBlocks) {
        self.shapes.ready = blocks;
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
            let seen = self.compared(lines).or_else(|| self.bare_ahead(lines));
            let reached = seen.map_or_else(|| self.block_ahead(lines), Ok);
            let next = match reached {
                Ok(next) => next,
                Err(reached) => return (reached, header),
            };
            let Some(last) = self.next_header(lines, &next) else { return (Reached::Line, header) };
            header = Some(last);
        }
    }

    /// The header of the next certificate, if that comes at once.
    fn bare_ahead(&self, lines: &Lines<'_>) -> Option<NextHeader> {
        if !self.at_block_start() || self.is_open() {
            return None;
        }
        next_header(lines.ahead()?.text, &self.header_word)
    }

    /// Reads the header of the next certificate, which was looked at: the number of its line, and its end.
    fn next_header(&mut self, lines: &mut Lines<'_>, next: &NextHeader) -> Option<(u64, u64)> {
        let (here, unit) = (lines.here(), lines.unit()?);
        let Some(number) = next.number.filter(|_| self.header_word.is_ascii()) else {
            let line = lines.next()?;
            let last = (line.number, line.end);
            self.read_line(line);
            return Some(last);
        };
        let bytes = |text: usize| u64::try_from(text).unwrap_or(u64::MAX).saturating_mul(u64::from(unit));
        let place = |from: usize, to: usize| Place {
            source: self.source,
            line: u32::try_from(here.number()).unwrap_or(u32::MAX),
            column: u32::try_from(from).unwrap_or(u32::MAX).saturating_add(1),
            start: here.start().saturating_add(bytes(from)),
            len: u32::try_from(bytes(to.saturating_sub(from))).unwrap_or(u32::MAX),
        };
        let word = next.digits.start.saturating_sub(self.header_word.len()).saturating_sub(1);
        let (rule, index) = (place(0, next.text), Fact::stated(number, place(word, next.digits.end)));
        self.block_lines = 1;
        self.begin_certificate(rule, Some(index), self.header_known);
        lines.step_over(next.whole, 1, bytes(next.whole));
        Some((here.number(), lines.here().start()))
    }

    /// Reads one block by its shape, up to the header of the next.
    fn block_ahead(&mut self, lines: &mut Lines<'_>) -> Result<NextHeader, Reached> {
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
        self.shapes.positions = positions;
        let (index, ready) = read?;
        self.take(lines, index, ready).ok_or(Reached::Line)
    }

    /// The header behind the block that comes next, if it was compared with a shape that is known in this state.
    fn compared(&mut self, lines: &mut Lines<'_>) -> Option<NextHeader> {
        let here = lines.here();
        let ready = self.shapes.ready.at(here.start(), &self.header_word)?;
        let mode = self.mode(lines.unit()?).filter(|_| self.at_block_start() && u32::try_from(here.number()).is_ok());
        let shape = &ready.block.shape;
        let index = self.shapes.known.iter().position(|known| Arc::ptr_eq(known, shape));
        self.take(lines, index.filter(|_| mode == Some(shape.mode))?, ready)
    }

    /// Compares the lines ahead with a shape that they fit.
    fn shaped(&mut self, index: usize, ahead: &Ahead<'_>, positions: &[usize]) -> Result<(usize, Ready), Reached> {
        let shape = self.shapes.known.get(index).ok_or(Reached::Line)?;
        let ready = Ready::new(shape, (ahead, positions), &self.header_word, self.source, &mut self.shapes.used)?;
        Ok((index, ready))
    }

    /// Takes a block that was compared with the shape of this index, and steps over its lines.
    fn take(&mut self, lines: &mut Lines<'_>, index: usize, ready: Ready) -> Option<NextHeader> {
        let opened = self.block.as_deref_mut()?;
        let Ready { mut block, text, original, next } = ready;
        for (total, more) in self.languages.iter_mut().zip(block.shape.languages) {
            *total = total.saturating_add(more);
        }
        (self.shapes.unused, self.shapes.wait) = (0, 0);
        self.shapes.begun = None;
        let line_count = u64::from(block.shape.lines);
        (block.header, block.number) = (Header::of(opened), lines.here().number());
        self.records.push(Record::Shaped(block));
        // The next header opens it again: a block is large.
        self.spare = self.block.take();
        if index > 0 {
            self.shapes.known.get_mut(..=index).into_iter().for_each(|first| first.rotate_right(1));
        }
        lines.step_over(text, line_count, original);
        Some(next)
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
        self.shapes.changes = self.shapes.changes.wrapping_add(1);
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

/// The header of a certificate with which a text begins, if its word is this one.
fn next_header(text: &str, word: &str) -> Option<NextHeader> {
    let number = text.strip_prefix("================ ")?.strip_prefix(word)?.strip_prefix(' ')?;
    let digits = number.bytes().take(10).take_while(u8::is_ascii_digit).count();
    let behind = number.get(digits..)?.strip_prefix(" ================")?;
    let end = behind.trim_start_matches('\r').strip_prefix('\n')?;
    let before = |rest: &str| text.len().saturating_sub(rest.len());
    let from = before(number);
    (1..=9).contains(&digits).then(|| NextHeader {
        number: number.get(..digits).and_then(|digits| digits.parse().ok()),
        digits: from..from.saturating_add(digits),
        text: before(behind),
        whole: before(end),
    })
}
