//! Reads a text in portions: what its lines gave so far. The reading can run on a thread of its own, ahead of the judging.

use super::embedded::EmbeddedText;
use super::measured::Measured;
use super::segments::{Part, Segments};
use crate::case::from_certutil::{LogCredentials, Logged};
use crate::formats::certutil::{BatchRead, Language, LineByLine, Parser, ShapedBlock, read_batch};
use crate::formats::words_beyond_ascii;
use crate::input::{Carrier, Change, LineReader, TextEncoding};
use crate::limits::{BATCH_RECORDS, Limits};
use crate::model::fact::{Place, SourceId};
use crate::model::observation::Observed;
use std::io::{self, Cursor, Read};
use std::sync::mpsc;
use std::thread;

/// Portions that the reading may be ahead of the judging.
const AHEAD: usize = 4;

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

/// Blocks of a log that are no longer used: its later blocks get their room.
pub(super) type Used = Vec<Box<ShapedBlock>>;

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
    /// What takes the text out of a page or document.
    carrier: Option<Carrier>,
    source: SourceId,
    parser: Parser,
    segments: Segments,
    log: LogCredentials,
}

impl<R: Read> Reading<R> {
    /// Reads to the end, or until `take` answers otherwise; the last portion is what was open then. Fewer credentials than
    /// `few` wait while each batch of lines gives more.
    fn run(mut self, few: usize, mut take: impl FnMut(Portion, &mut Used) -> io::Result<Next>) -> io::Result<TextEnd> {
        let mut error = None;
        let mut used = Used::new();
        loop {
            match self.lines.next_batch() {
                Ok(Some(batch)) => {
                    let mut lines = batch.lines();
                    if let Some(carrier) = &mut self.carrier {
                        let (parser, segments) = (&mut self.parser, &mut self.segments);
                        for line in lines {
                            carrier.line(line, &mut |line| segments.line(line, parser));
                        }
                        if take(self.portion(), &mut used)? == Next::Stop {
                            break;
                        }
                        continue;
                    }
                    let (parser, segments, log) = (&mut self.parser, &mut self.segments, &mut self.log);
                    let mut next = Next::Read;
                    let mut read = BatchRead::Enough;
                    while read == BatchRead::Enough && next == Next::Read {
                        let before = parser.waiting();
                        read = read_batch(&batch, &mut lines, parser, segments);
                        let more = before.saturating_add(1)..few;
                        if read == BatchRead::Done && more.contains(&parser.waiting()) {
                            break;
                        }
                        next = take(portion(parser, segments, log), &mut used)?;
                        parser.reuse(&mut used);
                    }
                    let here = lines.here();
                    self.lines.go_on_from(here);
                    if next == Next::Stop {
                        break;
                    }
                }
                Ok(None) => break,
                Err(e) => {
                    error = Some(e);
                    break;
                }
            }
        }
        if let Some(carrier) = &mut self.carrier {
            let (parser, segments) = (&mut self.parser, &mut self.segments);
            carrier.finish(&mut |line| segments.line(line, parser));
        }
        self.segments.finish();
        self.parser.finish();
        take(self.portion(), &mut used)?;
        Ok(TextEnd {
            log: self.log,
            encoding: self.lines.encoding(),
            language: self.parser.language(),
            broken: self.lines.first_broken_line(),
            change: self.lines.change(),
            parts: self.segments.into_parts(),
            error,
        })
    }

    /// What the lines gave since this was asked last, with what of a page or document could not be read.
    fn portion(&mut self) -> Portion {
        let mut portion = portion(&mut self.parser, &mut self.segments, &mut self.log);
        let unread = self.carrier.iter_mut().flat_map(Carrier::take_unread);
        portion.problems.extend(unread.map(|(message, line, start)| {
            let line = u32::try_from(line).unwrap_or(u32::MAX);
            (message, Place { source: self.source, line, column: 1, start, len: 1 })
        }));
        portion
    }
}

/// What the lines gave since this was asked last.
fn portion(parser: &mut Parser, segments: &mut Segments, log: &mut LogCredentials) -> Portion {
    let records = parser.take_records().into_iter();
    Portion {
        credentials: records.filter_map(|record| log.record(record)).collect(),
        observed: segments.take_records(),
        embedded: segments.take_embedded(),
        problems: segments.take_problems(),
        line: segments.last_line(),
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
    let start = move || Reading {
        carrier,
        source,
        lines: LineReader::new(Cursor::new(head).chain(rest), encoding, limits).with_words(words_beyond_ascii),
        parser: Parser::new(source, limits),
        segments: Segments::new(source, limits),
        log: LogCredentials::new(source),
    };
    if threads < 2 || whole {
        return start().run(0, take);
    }
    thread::scope(|scope| {
        let (send, receive) = mpsc::sync_channel(AHEAD);
        let (give_back, given_back) = mpsc::channel::<Used>();
        let reading = scope.spawn(move || {
            // Each portion may have to wake whoever judges.
            start().run(BATCH_RECORDS, |portion, used| {
                given_back.try_iter().for_each(|mut blocks| used.append(&mut blocks));
                // When nobody takes portions any more, the rest is not read.
                Ok(if send.send(portion).is_ok() { Next::Read } else { Next::Stop })
            })
        });
        let mut failure = None;
        for portion in receive {
            let mut used = Used::new();
            let next = take(portion, &mut used);
            // At its end the reading takes none any more.
            let _ = give_back.send(used);
            match next {
                Ok(Next::Read) => {}
                Ok(Next::Stop) => break,
                Err(e) => {
                    failure = Some(e);
                    break;
                }
            }
        }
        let end = reading.join().unwrap_or_else(|fault| std::panic::resume_unwind(fault))?;
        failure.map_or(Ok(end), Err)
    })
}
