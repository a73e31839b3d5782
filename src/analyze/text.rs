//! Reads a text in portions: what its lines gave so far. The reading can run on a thread of its own, ahead of the judging.

use super::embedded::EmbeddedText;
use super::measured::Measured;
use super::pieces_ahead::{Made, PiecesAhead, Role};
use super::segments::{Part, Segments};
use crate::case::from_certutil::{LogCredentials, Logged};
pub(super) use crate::formats::certutil::UsedBlocks as Used;
use crate::formats::certutil::{BatchRead, HEADER_MARK, Language, LineByLine, Parser, read_batch};
use crate::formats::words_beyond_ascii;
use crate::input::{Batch, Carrier, Change, Line, LineReader, Position, TextEncoding};
use crate::limits::{BATCH_RECORDS, LOG_THREADS, Limits, PIECE_BYTES};
use crate::model::fact::{Place, SourceId};
use crate::model::observation::Observed;
use std::io::{self, Cursor, Read};
use std::thread;

/// What some lines of a text gave.
#[derive(Default)]
pub(super) struct Portion {
    /// The credentials of certutil's output, but the one that later lines may still change.
    pub(super) credentials: Vec<Logged>,
    /// The records of other text artifacts.
    pub(super) observed: Vec<Observed>,
    /// Artifacts that stand in the text and are read whole.
    pub(super) embedded: Vec<EmbeddedText>,
    /// What could not be read.
    pub(super) problems: Vec<(String, Place)>,
    /// The last line.
    pub(super) line: u64,
}

/// What is known once a text is read.
pub(super) struct TextEnd {
    /// What certutil's output says as a whole, and its last credential.
    pub(super) log: LogCredentials,
    /// The encoding in use.
    pub(super) encoding: TextEncoding,
    /// The language of certutil's labels.
    pub(super) language: Option<Language>,
    /// The first line that is not valid in its encoding: its number and offset.
    pub(super) broken: Option<(u64, u64)>,
    /// Where the encoding changes.
    pub(super) change: Option<Change>,
    /// The parts, in the order of the text.
    pub(super) parts: Vec<Part>,
    /// The error that ended the reading.
    pub(super) error: Option<io::Error>,
}

/// Whether the reading goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// It does.
    Read,
    /// The time for this input is over.
    Stop,
}

/// The lines of one text and those who read them.
struct Reading<R> {
    lines: LineReader<R>,
    readers: TextParts,
}

/// Those who read the lines of one text.
struct TextParts {
    /// What takes the text out of a page or document.
    carrier: Option<Carrier>,
    source: SourceId,
    parser: Parser,
    segments: Segments,
    log: LogCredentials,
    /// Fewer credentials than this wait while each batch of lines gives more.
    few: usize,
}

impl TextParts {
    /// Reads a batch, and hands on what it gave. Gives the place up to which it was read.
    fn batch(
        &mut self,
        batch: &Batch<'_>,
        take: &mut impl FnMut(Portion, &mut Used) -> io::Result<Next>,
    ) -> io::Result<(Position, Next)> {
        let mut lines = batch.lines();
        let mut next = Next::Read;
        let mut read = BatchRead::Enough;
        let mut used = Used::new();
        while read == BatchRead::Enough && next == Next::Read {
            let before = self.parser.waiting();
            read = read_batch(batch, &mut lines, &mut self.parser, &mut self.segments);
            let more = before.saturating_add(1)..self.few;
            if read == BatchRead::Done && more.contains(&self.parser.waiting()) {
                break;
            }
            next = take(self.portion(), &mut used)?;
            self.parser.reuse(&mut used);
        }
        Ok((lines.here(), next))
    }
}

impl<R: Read> Reading<R> {
    /// Reads to the end, or until `take` answers otherwise; the last portion is what was open then. A log is read in
    /// pieces if there is a place `ahead` for them.
    fn run(
        mut self,
        mut ahead: Option<&PiecesAhead<R>>,
        mut take: impl FnMut(Portion, &mut Used) -> io::Result<Next>,
    ) -> io::Result<TextEnd> {
        let mut error = None;
        loop {
            let next = match self.lines.next_batch() {
                Ok(Some(batch)) if self.readers.carrier.is_some() => {
                    self.readers.carry(batch.lines());
                    take(self.readers.portion(), &mut Used::new())?
                }
                Ok(Some(batch)) => {
                    let (here, next) = self.readers.batch(&batch, &mut take)?;
                    self.lines.go_on_from(here);
                    next
                }
                Ok(None) => break,
                Err(e) => {
                    error = Some(e);
                    break;
                }
            };
            if next == Next::Stop {
                break;
            }
            if self.readers.parser.repeats()
                && let Some(ahead) = ahead.take_if(|_| self.readers.carrier.is_none())
                && self.pieces(ahead, &mut take)? == Next::Stop
            {
                break;
            }
        }
        let mut readers = self.readers;
        readers.finish();
        take(readers.portion(), &mut Used::new())?;
        Ok(TextEnd {
            log: readers.log,
            encoding: self.lines.encoding(),
            language: readers.parser.language(),
            broken: self.lines.first_broken_line(),
            change: self.lines.change(),
            parts: readers.segments.into_parts(),
            error,
        })
    }

    /// Reads what follows in pieces, as long as it is plain.
    fn pieces(
        &mut self,
        ahead: &PiecesAhead<R>,
        take: &mut impl FnMut(Portion, &mut Used) -> io::Result<Next>,
    ) -> io::Result<Next> {
        let Some(pieces) = self.lines.lend_pieces(PIECE_BYTES, HEADER_MARK) else { return Ok(Next::Read) };
        let mut number = self.lines.next_number();
        let mut told = None;
        let mut next = Next::Read;
        ahead.open(pieces);
        let other = loop {
            let changes = Some(self.readers.parser.known_changes());
            if told != changes {
                told = changes;
                ahead.tell(self.readers.parser.known());
            }
            match ahead.next() {
                Some(Made::Plain(piece, blocks)) => {
                    self.readers.parser.take_ready(blocks);
                    let (here, answer) = self.readers.batch(&piece.batch(number), take)?;
                    (number, next) = (here.number(), answer);
                    ahead.give_back(piece);
                    if next == Next::Stop {
                        break None;
                    }
                }
                Some(Made::Other(piece)) => break Some(piece.into_bytes()),
                Some(Made::End) => break None,
                None => {
                    next = Next::Stop;
                    break None;
                }
            }
        };
        if let Some((pieces, back)) = ahead.close() {
            self.lines.take_back(pieces, other.into_iter().chain(back), number);
        }
        Ok(next)
    }
}

impl TextParts {
    /// Reads lines of a page or document.
    fn carry<'l>(&mut self, lines: impl Iterator<Item = Line<'l>>) {
        let (parser, segments) = (&mut self.parser, &mut self.segments);
        if let Some(carrier) = &mut self.carrier {
            for line in lines {
                carrier.line(line, &mut |line| segments.line(line, parser));
            }
        }
    }

    /// The text is over.
    fn finish(&mut self) {
        let (parser, segments) = (&mut self.parser, &mut self.segments);
        if let Some(carrier) = &mut self.carrier {
            carrier.finish(&mut |line| segments.line(line, parser));
        }
        segments.finish();
        parser.finish();
    }

    /// What the lines gave since this was asked last, with what of a page or document could not be read.
    fn portion(&mut self) -> Portion {
        let records = self.parser.take_records().into_iter();
        let mut portion = Portion {
            credentials: records.filter_map(|record| self.log.record(record)).collect(),
            observed: self.segments.take_records(),
            embedded: self.segments.take_embedded(),
            problems: self.segments.take_problems(),
            line: self.segments.last_line(),
        };
        let unread = self.carrier.iter_mut().flat_map(Carrier::take_unread);
        portion.problems.extend(unread.map(|(message, line, start)| {
            let line = u32::try_from(line).unwrap_or(u32::MAX);
            (message, Place { source: self.source, line, column: 1, start, len: 1 })
        }));
        portion
    }
}

/// Reads a text whose first bytes are `head`; `take` gets the portions in order, on this thread. With `threads` above 1
/// the lines are read on another one.
pub(super) fn read(
    (head, rest): (Vec<u8>, &mut Measured<'_>),
    encoding: TextEncoding,
    source: SourceId,
    limits: &Limits,
    threads: usize,
    mut take: impl FnMut(Portion, &mut Used) -> io::Result<Next>,
) -> io::Result<TextEnd> {
    let whole = head.len() < limits.detect_bytes;
    let carrier = Carrier::of(&head, limits);
    let start = move |few| Reading {
        lines: LineReader::new(Cursor::new(head).chain(rest), encoding, limits).with_words(words_beyond_ascii),
        readers: TextParts {
            carrier,
            source,
            parser: Parser::new(source, limits),
            segments: Segments::new(source, limits),
            log: LogCredentials::new(source),
            few,
        },
    };
    if threads < 2 || whole {
        return start(0).run(None, take);
    }
    let ahead = PiecesAhead::new();
    thread::scope(|scope| {
        let ahead = &ahead;
        let reading = scope.spawn(move || {
            let _leaves = ahead.leaves(Role::Reads);
            // Each portion may have to wake whoever judges.
            start(BATCH_RECORDS).run(Some(ahead), |portion, used| {
                used.append(&mut ahead.take_used());
                // When nobody takes portions any more, the rest is not read.
                Ok(if ahead.hand_over(portion) { Next::Read } else { Next::Stop })
            })
        });
        for _ in 2..threads.min(LOG_THREADS) {
            scope.spawn(|| ahead.help());
        }
        let mut failure = None;
        {
            let _leaves = ahead.leaves(Role::Judges);
            while let Some(portion) = ahead.portion() {
                let mut used = Used::new();
                let next = take(portion, &mut used);
                ahead.reuse(used);
                match next {
                    Ok(Next::Read) => {}
                    Ok(Next::Stop) => break,
                    Err(e) => {
                        failure = Some(e);
                        break;
                    }
                }
            }
        }
        let end = reading.join().unwrap_or_else(|fault| std::panic::resume_unwind(fault))?;
        failure.map_or(Ok(end), Err)
    })
}
