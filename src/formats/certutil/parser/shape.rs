//! Certificate blocks that look like an earlier one.
//!
//! A long log repeats itself: the same lines, with other numbers, names and dates. Once a block was read line by line, its
//! shape is remembered: the bytes that made the state machine go the way it went, and where its values stand. A later block
//! of the same shape is compared with it, which is much faster than to read its lines, and gives the same record. What may
//! differ is only what no step of the state machine depends on: digits of a hash or a dump, the text of a name, a date. A
//! block that differs in anything else is read line by line, and its shape is remembered in turn.

use super::*;
use crate::formats::certutil::block_fields::{Field, TextField};
use crate::input::{Ahead, Batch, LineMap, Lines, Position};
use crate::limits::{BLOCK_SHAPE_BYTES, BLOCK_SHAPES};
use std::ops::Range;

/// The longest text of a name or date that may differ, in bytes: no bound of the state machine is near.
const VALUE_BYTES: usize = 80;

/// Bytes that stand for themselves are not worth a span of their own below this number.
const GAP_BYTES: usize = 64;

/// By so many bytes the values of a block may be longer than those of its shape, without a second allocation.
const RESERVE_BYTES: usize = 32;

/// So many shapes in a row are remembered at once without one that fits; in a log that doesn't repeat itself the pauses
/// between them then grow.
const UNUSED_SHAPES: u32 = 8;

/// The longest run of bytes that is compared at once: so finely it is known where two shapes part.
const RUN_BYTES: usize = 1024;

/// Which bytes may stand for a digit of a number that may differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Digits {
    /// None but itself.
    Same,
    /// `0` to `9`, `a` to `f`.
    Lower,
    /// `0` to `9`, `A` to `F`.
    Upper,
}

/// The shapes of a log's blocks, and the block that may become one.
#[derive(Default)]
pub(super) struct Shapes {
    /// The one that fitted last is the first: they change places often, and are large.
    #[allow(clippy::vec_box)]
    known: Vec<Box<Shape>>,
    begun: Option<Begun>,
    /// The block before: its end is seen when the next one begins.
    ended: Option<Begun>,
    /// Where each run of a shape stands in the text that is compared; kept for its room.
    positions: Vec<usize>,
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

/// Reads the lines of a batch: blocks that have the shape of an earlier one at once, all others one by one. Gives the
/// line at which the next batch is to begin, if it is one of these.
pub fn read_batch(batch: &Batch<'_>, parser: &mut Parser, others: &mut impl LineByLine) -> Option<Position> {
    let mut lines = batch.lines();
    // Where the block begins that is read line by line.
    let mut body = None;
    loop {
        if others.is_idle() && parser.at_block_start() {
            let (reached, header) = parser.blocks_ahead(&mut lines);
            if let Some((number, end)) = header {
                others.passed(number, end);
            }
            if reached == Reached::Cut && batch.continues && lines.index() > 0 {
                return Some(lines.position());
            }
            body = Some(lines.index());
        }
        let before = lines.index();
        let line = lines.next()?;
        others.line(line, parser);
        // Words in front of the header would be the block's, too.
        if parser.at_block_start()
            && let Some((body, next)) =
                body.and_then(|from| batch.text.get(from..)?.split_at_checked(before.checked_sub(from)?))
            && is_next_header(next, &parser.header_word)
        {
            parser.learn(body, line.start);
        }
    }
}

/// What may stand for a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// A name without blanks.
    Name,
    /// A name, an address or a path without blanks.
    Address,
    /// Words, as in a part of a distinguished name.
    Words,
    /// A date and a time.
    Date,
}

impl Class {
    /// The bit in [`ALLOWED`].
    const fn bit(self) -> u8 {
        match self {
            Self::Name => 1,
            Self::Address => 2,
            Self::Words => 4,
            Self::Date => 8,
        }
    }

    /// The length of such a value at the beginning of a text. `None`: there is none.
    fn measure(self, text: &[u8]) -> Option<usize> {
        let reach = text.get(..VALUE_BYTES.saturating_add(1)).unwrap_or(text);
        let allowed = |b: &u8| ALLOWED.get(usize::from(*b)).is_some_and(|classes| classes & self.bit() != 0);
        let length = reach.iter().position(|b| !allowed(b)).unwrap_or(reach.len());
        let value = text.get(..length).filter(|_| length <= VALUE_BYTES)?;
        let edge = |b: Option<&u8>| b.is_none_or(|b| matches!(b, b' ' | b','));
        if edge(value.first()) || edge(value.last()) {
            return None;
        }
        // Whole phrases and the names of constants say something wherever they stand.
        let quiet = self == Self::Date || !value.iter().any(|b| matches!(b, b' ' | b'_')) || {
            let words = std::str::from_utf8(value).ok()?;
            !split::may_hold_a_mark(words) && !split::holds_an_anchor(words) && !words.contains("AT_")
        };
        quiet.then_some(length)
    }
}

/// For each byte in the values of which classes it may stand. With none of them a line is quoted, cut, or told from others.
static ALLOWED: LazyLock<[u8; 256]> = LazyLock::new(|| {
    std::array::from_fn(|byte| {
        let Ok(byte) = u8::try_from(byte) else { return 0 };
        let name = byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'*' | b'@' | b'_');
        let address = name || matches!(byte, b'/' | b':' | b'%' | b'?' | b'+' | b'~');
        let words = name || matches!(byte, b' ' | b'(' | b')' | b',' | b'\'' | b'/');
        let date = byte.is_ascii_digit() || matches!(byte, b'/' | b'.' | b'-' | b':' | b' ' | b'A' | b'P' | b'M');
        let classes = [(name, Class::Name), (address, Class::Address), (words, Class::Words), (date, Class::Date)];
        classes.iter().filter(|(allowed, _)| *allowed).fold(0, |bits, (_, class)| bits | class.bit())
    })
});

/// Bytes that are compared, and the value behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    from: usize,
    to: usize,
    value: Option<Class>,
    /// Its spans.
    spans: (usize, usize),
    /// The same for the same run of shapes that are the same up to its end.
    id: u64,
}

/// Bytes of a run that are compared in one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    from: usize,
    to: usize,
    digits: Digits,
}

/// An index in the text of the block that taught a shape, and the run with which it moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Point {
    at: usize,
    run: usize,
}

/// A part of that text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    from: Point,
    to: Point,
}

/// A line that is kept for excerpts.
#[derive(Debug, Clone, Copy)]
struct KeptLine {
    number: u32,
    column: u32,
    start: u64,
    part: Part,
}

/// The shape of a block. Lines and original offsets in it count from the line after the header.
struct Shape {
    mode: Mode,
    text: Vec<u8>,
    /// For each byte of the text whether other digits may stand for it: 0xFF, or 0.
    mask: Vec<u8>,
    spans: Vec<Span>,
    runs: Vec<Run>,
    lines: u32,
    block: CertificateBlock,
    /// For each place of the block, in their order, the runs with which its beginning and its end move.
    moves: Vec<(usize, usize)>,
    /// The run with which the end of the block moves.
    end: usize,
    texts: Vec<(TextField, Vec<Part>)>,
    kept: Vec<KeptLine>,
    /// About how many bytes they have.
    kept_bytes: usize,
    /// The rows of the public key's dump.
    rows: Vec<Part>,
    /// The length of the public key.
    key_bytes: usize,
    /// The length of the original.
    original: u64,
    languages: [u32; 7],
}

/// How a text fits the shapes.
enum Fit {
    /// The shape of this index.
    Whole(usize),
    /// The text ends before it is known.
    Cut,
    /// None.
    None,
}

impl Parser {
    /// What is to be noted of a line before it is read.
    pub(super) fn seen(&self, line: &Line<'_>) -> Option<Seen> {
        self.shapes.begun.as_ref()?;
        Some(Seen { section: self.section, start: line.start, own: false })
    }

    /// Whether the last line was the header of a certificate.
    fn at_block_start(&self) -> bool {
        self.last_was_header && self.block.is_some()
    }

    /// The state that outlives a block. `None` when something else is open in it.
    fn mode(&self, unit: u8) -> Option<Mode> {
        let open = self.in_provider_list
            || self.pending_provider.is_some()
            || self.listed_provider.is_some()
            || self.requested.0.is_some()
            || self.requested.1.is_some()
            || self.open.is_some();
        (!open).then(|| Mode {
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
            let reached = match self.block_ahead(lines) {
                Ok(()) => lines.next(),
                Err(reached) => return (reached, header),
            };
            // It was looked at: it is the header of the next certificate.
            let Some(line) = reached else { return (Reached::Line, header) };
            header = Some((line.number, line.end));
            self.next_header(line);
        }
    }

    /// Reads the header of the next certificate, whose form is known.
    fn next_header(&mut self, line: Line<'_>) {
        let unit: u32 = if line.map == LineMap::Utf16 { 2 } else { 1 };
        let digits = line.text.bytes().position(|b| b.is_ascii_digit());
        let number = digits.and_then(|at| line.text.get(at..)?.split(' ').next()?.parse::<u32>().ok().zip(Some(at)));
        let Some((number, at)) = number.filter(|_| line.text.is_ascii()) else {
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
        let end = line.text.get(at..).and_then(|t| t.find(' ')).map_or(line.text.len(), |n| at.saturating_add(n));
        let (rule, index) = (place(0, line.text.len()), Fact::stated(number, place(word, end)));
        self.block_lines = 1;
        self.begin_certificate(rule, Some(index), self.header_known);
    }

    /// Reads one block by its shape, up to the header of the next.
    fn block_ahead(&mut self, lines: &mut Lines<'_>) -> Result<(), Reached> {
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
        let (count, original) = read?;
        self.shapes.begun = None;
        lines.step_over(end, u64::from(count), original);
        Ok(())
    }

    /// Takes the block that fits a shape: its lines, and its length in the original.
    fn shaped(&mut self, index: usize, ahead: &Ahead<'_>, positions: &[usize]) -> Result<(u32, u64), Reached> {
        let shape = self.shapes.known.get(index).ok_or(Reached::Line)?;
        let rest = ahead.text.get(positions.last().copied().unwrap_or(0)..).ok_or(Reached::Line)?;
        if rest.is_empty() {
            return Err(Reached::Cut);
        }
        if !is_next_header(rest, &self.header_word) {
            return Err(Reached::Line);
        }
        let moved = Moved::new(shape, positions, ahead);
        let opened = self.block.as_deref().ok_or(Reached::Line)?;
        let mut block = Box::new(shape.block.clone());
        block.index.clone_from(&opened.index);
        (block.first_line, block.start) = (opened.first_line, opened.start);
        (block.nested, block.smart_card) = (opened.nested, opened.smart_card);
        moved.fill(&mut block, self.source).ok_or(Reached::Line)?;
        self.block = None;
        for (total, more) in self.languages.iter_mut().zip(shape.languages) {
            *total = total.saturating_add(more);
        }
        let read = (shape.lines, moved.original(shape.original, shape.runs.len()));
        (self.shapes.unused, self.shapes.wait) = (0, 0);
        self.records.push(Record::Certificate(block));
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
        self.shapes.known.insert(0, Box::new(shape));
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

/// Whether a text begins with the header of a certificate whose word is this one.
fn is_next_header(text: &str, word: &str) -> bool {
    let number = text.strip_prefix("================ ").and_then(|t| t.strip_prefix(word)?.strip_prefix(' '));
    let Some(number) = number else { return false };
    let rest = number.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = number.len().saturating_sub(rest.len());
    let end = rest.strip_prefix(" ================").map(|end| end.trim_start_matches('\r'));
    (1..=9).contains(&digits) && end.is_some_and(|end| end.starts_with('\n'))
}

/// Looks for the shape that a text begins with. `positions` then holds where each of its runs begins, and its end.
fn find(known: &[Box<Shape>], mode: Mode, text: &[u8], positions: &mut Vec<usize>) -> Fit {
    positions.clear();
    let mut last: Option<&Shape> = None;
    for (index, shape) in known.iter().enumerate().filter(|(_, shape)| shape.mode == mode) {
        // What fitted of the shape before fits of this one, as far as they are the same.
        let same = last.map_or(0, |last| shape.runs_shared_with(last, positions.len().saturating_sub(1)));
        positions.truncate(same.saturating_add(1));
        match shape.compare(text, same, positions) {
            Fit::None => last = Some(shape),
            Fit::Cut => return Fit::Cut,
            Fit::Whole(_) => return Fit::Whole(index),
        }
    }
    Fit::None
}

/// Whether bytes are the same, but for hexadecimal digits where the mask allows others. `A` is the first letter.
fn same_but_digits<const A: u8>(own: &[u8], mask: &[u8], text: &[u8]) -> bool {
    // No end before the last byte, and no branches: compilers make vector instructions of it.
    let all = |yes: bool| if yes { u8::MAX } else { 0 };
    let mut differs = 0_u8;
    for ((own, mask), byte) in own.iter().zip(mask).zip(text) {
        let digit = all(byte.wrapping_sub(b'0') < 10) | all(byte.wrapping_sub(A) < 6);
        differs |= (own ^ byte) & !(digit & mask);
    }
    differs == 0
}

impl Shape {
    /// How many runs at the beginning, of the first `most`, are the same in both.
    fn runs_shared_with(&self, other: &Self, most: usize) -> usize {
        self.runs.iter().zip(&other.runs).take(most).take_while(|(own, others)| own.id == others.id).count()
    }

    /// Whether a run of this shape is one of another's, but for its place.
    fn has_run_of(&self, own: &Run, other: &Self, others: &Run) -> bool {
        let mask = self.mask.get(own.from..own.to);
        let text = self.text.get(own.from..own.to).unwrap_or_default();
        let others_text = other.text.get(others.from..others.to).unwrap_or_default();
        own.value == others.value
            && mask == other.mask.get(others.from..others.to)
            && text.iter().zip(others_text).zip(mask.unwrap_or_default()).all(|((a, b), mask)| *mask != 0 || a == b)
            && self.spans_of(own).map(|s| s.digits).eq(other.spans_of(others).map(|s| s.digits))
    }

    fn spans_of(&self, run: &Run) -> impl Iterator<Item = &Span> + use<'_> {
        self.spans.get(run.spans.0..run.spans.1).unwrap_or_default().iter()
    }

    /// Gives the runs the numbers of the same ones of known shapes, and new numbers after `next`.
    fn number_runs(&mut self, known: &[Box<Self>], next: &mut u64) {
        let mut alike: Vec<&Self> = known.iter().map(Box::as_ref).collect();
        for at in 0..self.runs.len() {
            let Some(run) = self.runs.get(at).copied() else { break };
            alike.retain(|other| other.runs.get(at).is_some_and(|others| self.has_run_of(&run, other, others)));
            let known = alike.first().and_then(|other| other.runs.get(at)).map(|run| run.id);
            let id = known.unwrap_or_else(|| {
                *next = next.wrapping_add(1);
                *next
            });
            if let Some(run) = self.runs.get_mut(at) {
                run.id = id;
            }
        }
    }

    /// Whether a text begins with a run, or is the beginning of one.
    fn begins_with(&self, run: &Run, text: &[u8]) -> bool {
        self.spans_of(run).all(|span| {
            let skipped = span.from.saturating_sub(run.from);
            let part = text.get(skipped..).unwrap_or_default();
            let part = part.get(..span.to.saturating_sub(span.from)).unwrap_or(part);
            let own = span.from..span.from.saturating_add(part.len());
            let (own, mask) = (self.text.get(own.clone()).unwrap_or_default(), self.mask.get(own).unwrap_or_default());
            match span.digits {
                Digits::Same => own == part,
                Digits::Lower => same_but_digits::<b'a'>(own, mask, part),
                Digits::Upper => same_but_digits::<b'A'>(own, mask, part),
            }
        })
    }

    /// Compares a text with the runs from the given one on.
    fn compare(&self, text: &[u8], from: usize, positions: &mut Vec<usize>) -> Fit {
        if positions.is_empty() {
            positions.push(0);
        }
        for run in self.runs.get(from..).unwrap_or_default() {
            let at = positions.last().copied().unwrap_or(0);
            let rest = text.get(at..).unwrap_or_default();
            let length = run.to.saturating_sub(run.from);
            if !self.begins_with(run, rest) {
                return Fit::None;
            }
            if rest.len() < length {
                return Fit::Cut;
            }
            let mut end = at.saturating_add(length);
            if let Some(class) = run.value {
                let rest = text.get(end..).unwrap_or_default();
                match class.measure(rest) {
                    Some(length) if length < rest.len() => end = end.saturating_add(length),
                    Some(_) => return Fit::Cut,
                    None if rest.is_empty() => return Fit::Cut,
                    None => return Fit::None,
                }
            }
            positions.push(end);
        }
        Fit::Whole(0)
    }

    /// The shape of a block that was read line by line; `None` when its record can't be told from a shape.
    fn of(
        block: &CertificateBlock,
        body: &str,
        end: u64,
        begun: &Begun,
        mode: Mode,
        languages: [u32; 7],
    ) -> Option<Self> {
        let first = begun.lines.first()?;
        if body.len() > BLOCK_SHAPE_BYTES || !block.codes.is_empty() || !block.damage.is_empty() || !block.complete {
            return None;
        }
        let mut sketch = Sketch::of(block, body, begun)?;
        let (runs, spans) = sketch.runs(body.len());
        let lines = sketch.lines;
        let mut shape = Self {
            mode,
            text: body.as_bytes().to_vec(),
            mask: sketch.mask,
            spans,
            runs,
            lines: u32::try_from(lines.len()).ok()?,
            block: block.clone(),
            moves: Vec::new(),
            end: 0,
            texts: Vec::new(),
            kept: Vec::new(),
            kept_bytes: block.excerpts.bytes().saturating_add(RESERVE_BYTES),
            rows: Vec::new(),
            key_bytes: 0,
            original: end.checked_sub(first.start)?,
            languages,
        };
        let drawn = Drawn { lines: &lines, first_line: begun.first_line, start: first.start, unit: mode.unit };
        shape.take_places(&drawn)?;
        shape.take_texts(block, &drawn)?;
        shape.take_kept(block, &drawn)?;
        shape.take_key(&lines);
        // What was learned has to give the block itself again.
        let ahead = Ahead { text: body, start: first.start, number: u64::from(drawn.first_line), unit: mode.unit };
        let mut positions = Vec::new();
        let fits = matches!(shape.compare(body.as_bytes(), 0, &mut positions), Fit::Whole(_));
        let mut again = shape.block.clone();
        Moved::new(&shape, &positions, &ahead).fill(&mut again, block.serial.as_ref()?.place.source)?;
        again.index.clone_from(&block.index);
        (again.first_line, again.start) = (block.first_line, block.start);
        (fits && again == *block).then_some(shape)
    }

    /// The places of the block, counted from its first line, and with which runs they move.
    fn take_places(&mut self, drawn: &Drawn<'_>) -> Option<()> {
        let mut moves = Vec::new();
        let mut sound = true;
        self.block.each_place(&mut |field, place| {
            let Some((line, from, to)) = drawn.moves(*place) else {
                sound = false;
                return;
            };
            // A value that is told from words is only known where the line is the same.
            sound &= field != Field::Value || line.value.is_none() && line.digits == Digits::Same;
            moves.push((from, to));
            place.line = place.line.saturating_sub(drawn.first_line);
            place.start = place.start.saturating_sub(drawn.start);
        });
        self.moves = moves;
        let last = Place { start: self.block.end.saturating_sub(1), len: 1, ..Place::default() };
        let line = drawn.lines.iter().rfind(|line| line.seen.start <= last.start)?;
        self.end = drawn.run_after(line, last);
        self.block.end = self.block.end.checked_sub(drawn.start)?;
        self.block.excerpts = crate::model::fact::Excerpts::default();
        self.block.index = None;
        sound.then_some(())
    }

    /// The values that follow from texts on lines that may differ, and where these texts stand.
    fn take_texts(&mut self, block: &CertificateBlock, drawn: &Drawn<'_>) -> Option<()> {
        let mut fields = Vec::new();
        block.clone().each_place(&mut |field, place| {
            if let Field::Text(field) = field {
                fields.push((field, *place));
            }
        });
        for (field, place) in fields {
            let at = drawn.index(place.line)?;
            let line = drawn.lines.get(at)?;
            let mut candidates: Vec<Vec<Part>> = Vec::new();
            candidates.extend(line.value_part().map(|part| vec![part]));
            candidates.extend(line.trimmed_part().map(|part| vec![part]));
            // The parts of a distinguished name, one to a line.
            let mut parts = Vec::new();
            for line in drawn.lines.iter().skip(at).take_while(|line| !line.text.trim().is_empty()) {
                parts.extend(line.trimmed_part());
                if parts.len() > 1 {
                    candidates.push(parts.clone());
                }
            }
            let source = candidates.into_iter().find(|parts| {
                let mut again = block.clone();
                let mut joined = String::new();
                again.set_text(field, join(parts, |part| self.own(part), &mut joined)).is_some() && again == *block
            })?;
            let varies = source.iter().any(|part| {
                drawn
                    .lines
                    .iter()
                    .any(|line| line.holds(*part) && (line.value.is_some() || line.digits != Digits::Same))
            });
            if varies {
                self.block.set_text(field, "").unwrap_or_default();
                self.texts.push((field, source));
            }
        }
        Some(())
    }

    fn take_kept(&mut self, block: &CertificateBlock, drawn: &Drawn<'_>) -> Option<()> {
        for kept in block.excerpts.lines() {
            let line = drawn.lines.get(drawn.index(kept.number)?)?;
            let from = if kept.column == 1 { 0 } else { line.text.find(kept.text)? };
            let to = from.checked_add(kept.text.len())?;
            if line.text.get(from..to) != Some(kept.text) {
                return None;
            }
            // The words of a line that may differ are kept to its end.
            let whole = to == line.text.len() || line.value.is_none();
            let part = Part { from: line.point(from), to: line.point(to) };
            whole.then(|| {
                self.kept.push(KeptLine {
                    number: kept.number.saturating_sub(drawn.first_line),
                    column: kept.column,
                    start: kept.start.saturating_sub(drawn.start),
                    part,
                });
            })?;
        }
        Some(())
    }

    /// The rows of the public key.
    fn take_key(&mut self, lines: &[ShapeLine<'_>]) {
        for line in lines.iter().filter(|line| line.seen.section == Section::PublicKey) {
            if let Some((_, length)) = values::dump_row(line.text.trim()) {
                self.key_bytes = self.key_bytes.saturating_add(length);
                self.rows.extend(line.trimmed_part());
            }
        }
    }

    /// A part of the shape's own text.
    fn own(&self, part: &Part) -> &str {
        self.text.get(part.from.at..part.to.at).and_then(|t| std::str::from_utf8(t).ok()).unwrap_or_default()
    }
}

/// Parts of a distinguished name as one text, for which there is `room`; a single part as it is.
fn join<'t>(parts: &[Part], text: impl Fn(&Part) -> &'t str, room: &'t mut String) -> &'t str {
    if let [part] = parts {
        return text(part);
    }
    room.clear();
    for (at, part) in parts.iter().enumerate() {
        room.push_str(if at > 0 { ", " } else { "" });
        room.push_str(text(part));
    }
    room
}

/// A line of the block that teaches a shape.
struct ShapeLine<'t> {
    text: &'t str,
    /// Where it begins in the text of the block.
    at: usize,
    seen: Seen,
    /// The run that holds its beginning.
    run: usize,
    /// Where its value begins, if it may differ.
    value: Option<(usize, Class)>,
    /// Which digits in it may differ, where the mask says so.
    digits: Digits,
}

impl ShapeLine<'_> {
    /// A point of the line.
    fn point(&self, index: usize) -> Point {
        let behind = self.value.is_some() && index >= self.text.len();
        Point { at: self.at.saturating_add(index), run: self.run.saturating_add(usize::from(behind)) }
    }

    /// The line without blanks around it.
    fn trimmed_part(&self) -> Option<Part> {
        self.part(self.text.trim())
    }

    /// What stands behind the label.
    fn value_part(&self) -> Option<Part> {
        let trimmed = self.text.trim();
        let (at, width) = labelled::separator(trimmed)?;
        self.part(trimmed.get(at.saturating_add(width)..)?.trim())
    }

    fn part(&self, text: &str) -> Option<Part> {
        let from = text.as_ptr().addr().checked_sub(self.text.as_ptr().addr())?;
        let part = Part { from: self.point(from), to: self.point(from.saturating_add(text.len())) };
        (!text.is_empty()).then_some(part)
    }

    fn holds(&self, part: Part) -> bool {
        (self.at..=self.at.saturating_add(self.text.len())).contains(&part.from.at) && part.from.run == self.run
    }
}

/// The lines of a block, and how their places lead to runs.
struct Drawn<'t> {
    lines: &'t [ShapeLine<'t>],
    first_line: u32,
    start: u64,
    unit: u8,
}

impl<'t> Drawn<'t> {
    fn index(&self, line: u32) -> Option<usize> {
        usize::try_from(line.checked_sub(self.first_line)?).ok()
    }

    /// The line of a place, and the runs with which its beginning and end move. `None`: it begins in or behind a value,
    /// or is more than a part of one line.
    fn moves(&self, place: Place) -> Option<(&'t ShapeLine<'t>, usize, usize)> {
        let at = self.index(place.line)?;
        let line = self.lines.get(at)?;
        let next = self.lines.get(at.saturating_add(1)).map_or(u64::MAX, |next| next.seen.start);
        let before = line.value.is_none_or(|(value, _)| {
            let value = u64::try_from(value).unwrap_or(u64::MAX).saturating_mul(u64::from(self.unit));
            place.start <= line.seen.start.saturating_add(value)
        });
        let inside = line.seen.start <= place.start && place.end() <= next;
        (before && inside).then(|| (line, line.run, self.run_after(line, place)))
    }

    /// The run with which the end of a place moves.
    fn run_after(&self, line: &ShapeLine<'_>, place: Place) -> usize {
        let length = u64::try_from(line.text.len()).unwrap_or(u64::MAX).saturating_mul(u64::from(self.unit));
        let behind = line.value.is_some() && place.end() >= line.seen.start.saturating_add(length);
        line.run.saturating_add(usize::from(behind))
    }
}

/// The lines of a block and what may differ in them.
struct Sketch<'t> {
    mask: Vec<u8>,
    lines: Vec<ShapeLine<'t>>,
}

impl<'t> Sketch<'t> {
    fn of(block: &CertificateBlock, body: &'t str, begun: &Begun) -> Option<Self> {
        let mut sketch = Self { mask: vec![0; body.len()], lines: Vec::new() };
        let dates = [&block.not_before, &block.not_after].map(|d| d.as_ref().map(|d| d.text.place.line));
        let mut seen = begun.lines.iter();
        let mut at = 0_usize;
        for (number, whole) in (begun.first_line..).zip(body.split_inclusive('\n')) {
            let seen = *seen.next()?;
            let text = whole.trim_end_matches(['\r', '\n']);
            // A line that nobody knows may be another reader's.
            if !seen.own && !text.trim().is_empty() {
                return None;
            }
            let value = differing_value(text, seen.section, dates.contains(&Some(number)));
            let mask = sketch.mask.get_mut(at..at.saturating_add(text.len()))?;
            let digits = if value.is_none() { mask_digits(text, mask) } else { Digits::Same };
            sketch.lines.push(ShapeLine { text, at, seen, run: 0, value, digits });
            at = at.saturating_add(whole.len());
        }
        seen.next().is_none().then_some(sketch)
    }

    /// The runs and their spans; each line gets the run that holds its beginning.
    fn runs(&mut self, length: usize) -> (Vec<Run>, Vec<Span>) {
        let mut drawn = (Vec::new(), Vec::new());
        let mut from = 0_usize;
        for at in 0..self.lines.len() {
            let Some(line) = self.lines.get_mut(at) else { break };
            if line.at.saturating_sub(from) >= RUN_BYTES {
                let to = line.at;
                self.run(from..to, None, &mut drawn);
                from = to;
            }
            let Some(line) = self.lines.get_mut(at) else { break };
            line.run = drawn.0.len();
            let end = line.at.saturating_add(line.text.len());
            if let Some((value, class)) = line.value {
                let to = line.at.saturating_add(value);
                self.run(from..to, Some(class), &mut drawn);
                from = end;
            }
        }
        self.run(from..length, None, &mut drawn);
        drawn
    }

    /// Ends a run: its spans are cut where lines with digits that may differ begin and end.
    fn run(&self, range: Range<usize>, value: Option<Class>, (runs, spans): &mut (Vec<Run>, Vec<Span>)) {
        let first = spans.len();
        let mut from = range.start;
        let beyond = self.lines.partition_point(|line| line.at < range.start);
        let lines = self.lines.iter().skip(beyond).take_while(|line| line.at < range.end);
        for line in lines.filter(|line| line.digits != Digits::Same) {
            let to = line.at.saturating_add(line.text.len());
            match spans.get_mut(first..).and_then(<[Span]>::last_mut) {
                // The few bytes between two such lines are compared with them.
                Some(last) if last.digits == line.digits && line.at.saturating_sub(from) < GAP_BYTES => last.to = to,
                _ => {
                    spans.push(Span { from, to: line.at, digits: Digits::Same });
                    spans.push(Span { from: line.at, to, digits: line.digits });
                }
            }
            from = to;
        }
        spans.push(Span { from, to: range.end, digits: Digits::Same });
        let spans = (first, spans.len());
        runs.push(Run { from: range.start, to: range.end, value, spans, id: 0 });
    }
}

/// Where the value of a line begins, if nothing that is read of the line depends on its text.
fn differing_value(text: &str, section: Section, date: bool) -> Option<(usize, Class)> {
    let line = text.trim_start();
    if !text.is_ascii() || line.trim_end() != line {
        return None;
    }
    let (at, width) = labelled::separator(line)?;
    let value = line.get(at.saturating_add(width)..)?.trim_start();
    let name = line.get(..at)?.trim_end();
    let equals = line.as_bytes().get(at) == Some(&b'=');
    let label = labels::find_label(name).map(|(label, _)| label);
    let class = match (label, section) {
        _ if name.ends_with(')') => return None,
        (_, _) if date => Class::Date,
        (Some(Label::KeyContainer | Label::SimpleContainerName), _) => Class::Name,
        (None, Section::Names(_)) if equals && values::is_distinguished_name(line) => Class::Words,
        (None, Section::Extension(Extension::AlternativeNames)) if equals => Class::Name,
        (None, Section::Extension(Extension::Other)) => Class::Address,
        _ => return None,
    };
    // A line as wide as the console is one that may go on.
    let narrow = text.len().saturating_sub(value.len()).saturating_add(VALUE_BYTES) < ONE_LINE;
    let start = text.len().checked_sub(value.len())?;
    (narrow && class.measure(value.as_bytes()) == Some(value.len())).then_some((start, class))
}

/// Marks the digits of a line that may differ: rows of a dump, bytes, hashes and GUIDs. Tells in which case they are.
fn mask_digits(text: &str, mask: &mut [u8]) -> Digits {
    let line = text.trim();
    let indent = text.len().saturating_sub(text.trim_start().len());
    let is_bytes = |part: &str| {
        let words = || part.split(' ').filter(|w| !w.is_empty());
        words().count() >= 4 && words().all(|w| w.len() == 2 && w.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    let value = line.rfind(['=', ':']).map_or(0, |at| at.saturating_add(1));
    let mut parts: Vec<Range<usize>> = Vec::new();
    if is_digits(line) && values::dump_row(line).is_some() {
        // Behind the row's offset, if bytes are all there is.
        let row = line.get(4..).unwrap_or_default();
        if row.split(' ').all(|w| matches!(w.len(), 0 | 2)) {
            parts.push(indent.saturating_add(4)..indent.saturating_add(line.len()));
        }
    } else if line.get(value..).is_some_and(is_bytes) {
        parts.push(indent.saturating_add(value)..indent.saturating_add(line.len()));
    } else {
        let mut from = 0_usize;
        for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && c != '-') {
            let part = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
            let hash = part.len() >= 16 && part.bytes().all(|b| b.is_ascii_hexdigit());
            if hash || container_name::is_guid(part) {
                parts.push(from..from.saturating_add(part.len()));
            }
            from = from.saturating_add(word.len());
        }
    }
    let words = || parts.iter().filter_map(|part| text.get(part.clone())).flat_map(str::bytes);
    let digits = match (words().any(|b| b.is_ascii_lowercase()), words().any(|b| b.is_ascii_uppercase())) {
        _ if parts.is_empty() => Digits::Same,
        (true, true) => Digits::Same,
        (false, true) => Digits::Upper,
        (_, false) => Digits::Lower,
    };
    if digits != Digits::Same {
        for part in parts {
            let slots = mask.get_mut(part.clone()).unwrap_or_default();
            for (slot, byte) in slots.iter_mut().zip(text.get(part).unwrap_or_default().bytes()) {
                *slot = if byte.is_ascii_hexdigit() { u8::MAX } else { 0 };
            }
        }
    }
    digits
}

/// A shape where it fits: the way from its own text to the one at hand.
struct Moved<'s> {
    shape: &'s Shape,
    positions: &'s [usize],
    ahead: &'s Ahead<'s>,
    /// For each run, by how many bytes of the original it has moved.
    by: Vec<i64>,
}

impl<'s> Moved<'s> {
    fn new(shape: &'s Shape, positions: &'s [usize], ahead: &'s Ahead<'s>) -> Self {
        let length = shape.text.len();
        let end = Run { from: length, to: length, value: None, spans: (0, 0), id: 0 };
        let to_i64 = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let by = shape.runs.iter().chain([&end]).zip(positions);
        let by = by.map(|(run, at)| to_i64(*at).saturating_sub(to_i64(run.from)).saturating_mul(i64::from(ahead.unit)));
        Self { shape, positions, ahead, by: by.collect() }
    }

    fn moved_by(&self, run: usize) -> i64 {
        self.by.get(run).copied().unwrap_or(0)
    }

    /// An offset in the original from the beginning of the block.
    fn original(&self, offset: u64, run: usize) -> u64 {
        offset.saturating_add_signed(self.moved_by(run))
    }

    fn index(&self, point: Point) -> usize {
        let from = self.shape.runs.get(point.run).map_or(self.shape.text.len(), |run| run.from);
        let position = self.positions.get(point.run).copied().unwrap_or(0);
        point.at.saturating_add(position).saturating_sub(from)
    }

    /// The text that stands for a part of the shape's own.
    fn text(&self, part: &Part) -> &'s str {
        self.ahead.text.get(self.index(part.from)..self.index(part.to)).unwrap_or_default()
    }

    /// Gives a copy of the shape's block the places and values of this one. `None`: a value is none.
    fn fill(&self, block: &mut CertificateBlock, source: SourceId) -> Option<()> {
        let shape = self.shape;
        let first_line = u32::try_from(self.ahead.number).unwrap_or(u32::MAX);
        let mut moves = shape.moves.iter();
        block.each_place(&mut |_, place| {
            let (from, to) = moves.next().copied().unwrap_or_default();
            let longer = self.moved_by(to).saturating_sub(self.moved_by(from));
            place.line = place.line.saturating_add(first_line);
            place.start = self.ahead.start.saturating_add(self.original(place.start, from));
            place.len = place.len.saturating_add_signed(i32::try_from(longer).unwrap_or(0));
        });
        block.end = self.ahead.start.saturating_add(self.original(block.end, shape.end));
        let mut joined = String::new();
        for (field, parts) in &shape.texts {
            block.set_text(*field, join(parts, |part| self.text(part), &mut joined))?;
        }
        self.key(block)?;
        block.excerpts.reserve(shape.kept.len(), shape.kept_bytes);
        for kept in &shape.kept {
            let start = self.ahead.start.saturating_add(self.original(kept.start, kept.part.from.run));
            let number = kept.number.saturating_add(first_line);
            block.excerpts.push(source, number, kept.column, start, self.text(&kept.part));
        }
        Some(())
    }

    /// The hash of the printed public key. `None`: it is whole where the shape's own was cut, or the other way round.
    fn key(&self, block: &mut CertificateBlock) -> Option<()> {
        let shape = self.shape;
        let row = |part: &Part| values::dump_row(self.text(part));
        let head = shape.rows.first().and_then(row).unwrap_or_default();
        let head = head.0.get(..head.1).unwrap_or_default();
        let whole = is_whole_public_key(head, shape.key_bytes);
        match &mut block.public_key_sha1 {
            None => (!whole || block.public_key_algorithm.is_none()).then_some(()),
            Some(fact) if whole => {
                let mut key = Vec::with_capacity(shape.key_bytes);
                for (bytes, length) in shape.rows.iter().filter_map(row) {
                    key.extend(bytes.iter().take(length));
                }
                fact.value = Sha1::of(&key);
                Some(())
            }
            Some(_) => None,
        }
    }
}
