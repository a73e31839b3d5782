//! Reads a text in portions: what its lines gave so far. The reading can run on a thread of its own, ahead of the judging.

use super::embedded::EmbeddedText;
use super::measured::Measured;
use super::segments::{Part, Segments};
use crate::case::from_certutil::{LogCredentials, Logged};
use crate::formats::certutil::{BatchRead, Language, Parser, read_batch};
use crate::input::{LineReader, TextEncoding};
use crate::limits::Limits;
use crate::model::fact::{Place, SourceId};
use crate::model::observation::Observed;
use std::io::{self, Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc;
use std::thread;

/// Portions that the reading may be ahead of the judging.
const AHEAD: usize = 4;
/// Buffers that are fetched ahead of the reading, and the bytes of each.
const BUFFERS: usize = 8;
const BUFFER_BYTES: usize = 256 << 10;

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
    parser: Parser,
    segments: Segments,
    log: LogCredentials,
}

impl<R: Read> Reading<R> {
    fn new(input: R, encoding: TextEncoding, source: SourceId, limits: &Limits) -> Self {
        Self {
            lines: LineReader::new(input, encoding, limits),
            parser: Parser::new(source, limits),
            segments: Segments::new(source, limits),
            log: LogCredentials::new(source),
        }
    }

    /// Reads to the end, or until `take` answers otherwise; the last portion is what was open then.
    fn run(mut self, mut take: impl FnMut(Portion) -> io::Result<Next>) -> io::Result<TextEnd> {
        let mut error = None;
        loop {
            match self.lines.next_batch() {
                Ok(Some(batch)) => {
                    let mut lines = batch.lines();
                    let (parser, segments, log) = (&mut self.parser, &mut self.segments, &mut self.log);
                    let mut next = Next::Read;
                    let mut read = BatchRead::Enough;
                    while read == BatchRead::Enough && next == Next::Read {
                        read = read_batch(&batch, &mut lines, parser, segments);
                        next = take(portion(parser, segments, log))?;
                    }
                    if let BatchRead::UpTo(position) = read {
                        self.lines.give_back(position);
                    }
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
        self.segments.finish();
        self.parser.finish();
        take(portion(&mut self.parser, &mut self.segments, &mut self.log))?;
        Ok(TextEnd {
            log: self.log,
            encoding: self.lines.encoding(),
            language: self.parser.language(),
            broken: self.lines.first_broken_line(),
            parts: self.segments.into_parts(),
            error,
        })
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
    mut take: impl FnMut(Portion) -> io::Result<Next>,
) -> io::Result<TextEnd> {
    let whole = head.len() < limits.detect_bytes;
    if threads < 2 || whole {
        return Reading::new(Cursor::new(head).chain(rest), encoding, source, limits).run(take);
    }
    thread::scope(|scope| {
        let (hand, filled) = mpsc::sync_channel(BUFFERS);
        let (send, receive) = mpsc::sync_channel(AHEAD);
        let reading = scope.spawn(move || {
            let handed = Handed { filled, spent: send.clone(), buffer: Buffer::default(), at: 0 };
            let reading = Reading::new(Cursor::new(head).chain(handed), encoding, source, limits);
            // When nobody takes portions any more, the rest is not read.
            reading.run(|portion| {
                Ok(if send.send(FromReading::Portion(portion)).is_ok() { Next::Read } else { Next::Stop })
            })
        });
        let mut hand = Some(hand);
        let mut fault = None;
        let mut fill = |buffer: Vec<u8>| {
            // What was read before a fault is judged before it ends the reading.
            let filled = catch_unwind(AssertUnwindSafe(|| Buffer::fill(buffer, rest)));
            let filled = filled.unwrap_or_else(|payload| {
                fault = Some(payload);
                Buffer::default()
            });
            let more = !filled.bytes.is_empty() && filled.error.is_none();
            // There are never more buffers than have room in the channel.
            hand = hand.take().filter(|hand| hand.send(filled).is_ok() && more);
        };
        (0..BUFFERS).for_each(|_| fill(Vec::new()));
        let mut failure = None;
        for message in receive {
            match message {
                FromReading::Spent(buffer) => fill(buffer),
                FromReading::Portion(portion) => match take(portion) {
                    Ok(Next::Read) => {}
                    Ok(Next::Stop) => break,
                    Err(e) => {
                        failure = Some(e);
                        break;
                    }
                },
            }
        }
        drop(hand);
        let end = reading.join().unwrap_or_else(|fault| resume_unwind(fault))?;
        if let Some(fault) = fault {
            resume_unwind(fault);
        }
        failure.map_or(Ok(end), Err)
    })
}

/// What the thread that reads lines sends.
enum FromReading {
    Portion(Portion),
    /// A buffer to be filled again.
    Spent(Vec<u8>),
}

/// The bytes of a text as they are handed over by the thread that judges: it has more time to fetch them.
struct Handed {
    filled: mpsc::Receiver<Buffer>,
    spent: mpsc::SyncSender<FromReading>,
    buffer: Buffer,
    at: usize,
}

/// Some bytes of an input, and the error behind them. Without both it is at its end.
#[derive(Default)]
struct Buffer {
    bytes: Vec<u8>,
    error: Option<io::Error>,
}

impl Buffer {
    /// The next bytes of an input, in the room of earlier ones.
    fn fill(mut bytes: Vec<u8>, input: &mut impl Read) -> Self {
        bytes.resize(BUFFER_BYTES, 0);
        let (mut length, mut error) = (0, None);
        while let Some(free) = bytes.get_mut(length..).filter(|free| !free.is_empty() && error.is_none()) {
            match input.read(free) {
                Ok(0) => break,
                Ok(read) => length = length.saturating_add(read),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => error = Some(e),
            }
        }
        bytes.truncate(length);
        Self { bytes, error }
    }
}

impl Read for Handed {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while self.at >= self.buffer.bytes.len() {
            if let Some(error) = self.buffer.error.take() {
                return Err(error);
            }
            // Without anybody who hands over there is no more.
            let Ok(filled) = self.filled.recv() else { return Ok(0) };
            let spent = std::mem::replace(&mut self.buffer, filled).bytes;
            self.at = 0;
            if self.buffer.bytes.is_empty() && self.buffer.error.is_none() {
                return Ok(0);
            }
            if spent.capacity() > 0 {
                // Nobody takes it when the reading was stopped.
                self.spent.send(FromReading::Spent(spent)).unwrap_or_default();
            }
        }
        let mut rest = self.buffer.bytes.get(self.at..).unwrap_or_default();
        let read = rest.read(to)?;
        self.at = self.at.saturating_add(read);
        Ok(read)
    }
}
