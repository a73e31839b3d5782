//! A text that mixes artifacts: which reader gets which line, and the parts that come out.

use super::embedded::{Embedded, EmbeddedText};
use super::readers::{Readers, text_readers};
use crate::formats::certutil::{LineByLine, Parser};
use crate::formats::piece::{Cleaned, Piece};
use crate::input::Line;
use crate::limits::{LOG_RECORDS, Limits};
use crate::model::fact::{Place, SourceId};
use crate::model::observation::Observed;

/// The kind under which the lines of certutil are kept until it is known whether they are a dump.
pub(super) const CERTUTIL: &str = "certutil";

/// A run of lines of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    /// The report's word for the kind.
    pub(super) kind: &'static str,
    /// The first line.
    pub(super) line: u32,
    /// The first byte.
    pub(super) start: u64,
    /// One after the last byte.
    pub(super) end: u64,
}

impl Part {
    /// A part that is one place.
    pub(super) fn new(kind: &'static str, place: Place) -> Self {
        Self { kind, line: place.line, start: place.start, end: place.end() }
    }
}

/// Parts in the order of the text; neighbours of one kind are one part.
pub(super) fn ordered(mut parts: Vec<Part>) -> Vec<Part> {
    parts.sort_by_key(|p| p.start);
    parts.dedup_by(|next, part| {
        let same = next.kind == part.kind;
        if same {
            part.end = part.end.max(next.end);
        }
        same
    });
    parts
}

/// Hands the lines of one text to the readers.
pub(super) struct Segments {
    /// The readers that are asked before certutil's, unless a certificate block is open.
    first: Readers,
    /// The readers that are asked about what nobody else took.
    last: Readers,
    embedded: Embedded,
    open: Open,
    records: Vec<Observed>,
    parts: Vec<Part>,
    /// It is said that there are more parts than are kept.
    parts_full: bool,
    problems: Vec<(String, Place)>,
    last_line: u64,
}

impl LineByLine for Segments {
    fn line(&mut self, line: Line<'_>, parser: &mut Parser) {
        self.last_line = line.number;
        self.hand_on(line, parser);
    }

    fn is_idle(&self) -> bool {
        self.open == Open::Nobody
    }

    fn passed(&mut self, number: u64, end: u64) {
        self.last_line = number;
        if let Some(last) = self.parts.last_mut().filter(|last| last.kind == CERTUTIL) {
            last.end = end;
        }
    }
}

/// Who is in the middle of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Nobody,
    First(usize),
    Last(usize),
    Embedded,
}

impl Segments {
    /// For one input.
    pub(super) fn new(source: SourceId, limits: &Limits) -> Self {
        let (first, last) = text_readers(source, limits);
        Self {
            first,
            last,
            embedded: Embedded::new(source, limits),
            open: Open::Nobody,
            records: Vec::new(),
            parts: Vec::new(),
            problems: Vec::new(),
            parts_full: false,
            last_line: 0,
        }
    }

    /// The number of the last line that was read.
    pub(super) fn last_line(&self) -> u64 {
        self.last_line
    }

    /// Hands on one line.
    pub(super) fn hand_on(&mut self, line: Line<'_>, parser: &mut Parser) {
        // A line of more than 64 KiB is no record of any other kind, and an empty one is none.
        let for_none_other = line.window.is_some() || line.text.trim_ascii_start().is_empty();
        if self.open == Open::Nobody && (parser.in_block() || for_none_other) {
            if parser.line(line) {
                return self.of_certutil(&line);
            }
            if for_none_other {
                return;
            }
            let cleaned = Cleaned::new(line);
            for piece in cleaned.pieces() {
                if self.offer_first(piece) {
                    // Another kind of record begins: the block that nothing closed is over.
                    if self.open != Open::Nobody {
                        parser.interrupt();
                    }
                } else {
                    self.offer_last(piece);
                }
            }
            return;
        }
        let cleaned = Cleaned::new(line);
        let mut taken = false;
        for piece in cleaned.pieces() {
            taken |= self.offer_open(piece) || self.offer_first(piece);
        }
        if taken {
            return;
        }
        if parser.line(line) {
            return self.of_certutil(&line);
        }
        for piece in cleaned.pieces() {
            self.offer_last(piece);
        }
    }

    /// The text is over.
    pub(super) fn finish(&mut self) {
        self.close();
        for index in 0..self.first.len() {
            self.collect(Open::First(index));
        }
        for index in 0..self.last.len() {
            self.collect(Open::Last(index));
        }
    }

    /// The records that are complete.
    pub(super) fn take_records(&mut self) -> Vec<Observed> {
        std::mem::take(&mut self.records)
    }
    /// The texts of other artifacts that were found inside: PEM, INF, registry exports.
    pub(super) fn take_embedded(&mut self) -> Vec<EmbeddedText> {
        self.embedded.take()
    }
    /// What could not be read.
    pub(super) fn take_problems(&mut self) -> Vec<(String, Place)> {
        std::mem::take(&mut self.problems)
    }
    /// The parts, once the text is over.
    pub(super) fn into_parts(self) -> Vec<Part> {
        self.parts
    }
    /// Notes a part.
    fn part(&mut self, kind: &'static str, place: Place) {
        let part = Part::new(kind, place);
        let full = self.parts.len() >= LOG_RECORDS;
        match self.parts.last_mut() {
            Some(last) if last.kind == kind => last.end = last.end.max(part.end),
            Some(last) if full => {
                last.end = last.end.max(part.end);
                if !std::mem::replace(&mut self.parts_full, true) {
                    let message =
                        format!("kinds of text after the first {LOG_RECORDS} parts of this one are not listed");
                    self.problems.push((message, place));
                }
            }
            _ => self.parts.push(part),
        }
    }

    fn of_certutil(&mut self, line: &Line<'_>) {
        let number = u32::try_from(line.number).unwrap_or(u32::MAX);
        match self.parts.last_mut() {
            Some(last) if last.kind == CERTUTIL => last.end = line.end,
            _ => self.parts.push(Part { kind: CERTUTIL, line: number, start: line.start, end: line.end }),
        }
    }

    /// Offers a piece to the reader that is in the middle of a record.
    fn offer_open(&mut self, piece: Piece<'_>) -> bool {
        let taken = match self.open {
            Open::Nobody => return false,
            Open::Embedded => self.embedded.line(piece),
            _ if begins_something_else(piece.text) => {
                self.close();
                return false;
            }
            Open::First(index) => self.first.get_mut(index).is_some_and(|r| r.line(piece)),
            Open::Last(index) => self.last.get_mut(index).is_some_and(|r| r.line(piece)),
        };
        self.collect(self.open);
        let still = match self.open {
            Open::Nobody => false,
            Open::Embedded => self.embedded.is_open(),
            Open::First(index) => self.first.get(index).is_some_and(|r| r.is_open()),
            Open::Last(index) => self.last.get(index).is_some_and(|r| r.is_open()),
        };
        if !still {
            self.open = Open::Nobody;
        }
        taken
    }

    /// Offers a piece to the readers that go before certutil's.
    fn offer_first(&mut self, piece: Piece<'_>) -> bool {
        if piece.text.trim_start().is_empty() {
            return false;
        }
        if self.open != Open::Embedded && self.embedded.line(piece) {
            self.opened(Open::Embedded);
            return true;
        }
        for index in 0..self.first.len() {
            let who = Open::First(index);
            if self.open != who && self.first.get_mut(index).is_some_and(|r| r.line(piece)) {
                self.opened(who);
                return true;
            }
        }
        false
    }

    /// Offers a piece to the readers that come after certutil's.
    fn offer_last(&mut self, piece: Piece<'_>) {
        if piece.text.trim_start().is_empty() {
            return;
        }
        for index in 0..self.last.len() {
            let who = Open::Last(index);
            if self.open != who && self.last.get_mut(index).is_some_and(|r| r.line(piece)) {
                self.opened(who);
                return;
            }
        }
    }

    /// A reader took a line: whoever was in the middle of a record is at its end.
    fn opened(&mut self, who: Open) {
        if self.open != who {
            self.close();
        }
        let open = match who {
            Open::Nobody => false,
            Open::Embedded => self.embedded.is_open(),
            Open::First(index) => self.first.get(index).is_some_and(|r| r.is_open()),
            Open::Last(index) => self.last.get(index).is_some_and(|r| r.is_open()),
        };
        self.open = if open { who } else { Open::Nobody };
        self.collect(who);
    }

    fn close(&mut self) {
        let open = std::mem::replace(&mut self.open, Open::Nobody);
        match open {
            Open::Nobody => {}
            Open::Embedded => self.embedded.close(),
            Open::First(index) => self.first.get_mut(index).into_iter().for_each(|r| r.close()),
            Open::Last(index) => self.last.get_mut(index).into_iter().for_each(|r| r.close()),
        }
        self.collect(open);
    }

    fn collect(&mut self, who: Open) {
        let reader = match who {
            Open::First(index) => self.first.get_mut(index),
            Open::Last(index) => self.last.get_mut(index),
            Open::Nobody | Open::Embedded => None,
        };
        let Some(reader) = reader else { return };
        let records = reader.take();
        let problems = reader.problems();
        self.problems.extend(problems);
        for record in records {
            self.part(record.kind, record.place);
            self.records.push(record);
        }
    }
}

/// Lines with which certutil's output or a new command surely begins.
fn begins_something_else(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with("================") || text.starts_with("CertUtil: ") || is_prompt(text)
}

/// `C:\Windows\system32>`, `PS C:\>`, `[server]: PS C:\>` in front of a command or alone.
fn is_prompt(text: &str) -> bool {
    let text = text.split_once("]: ").filter(|_| text.starts_with('[')).map_or(text, |(_, rest)| rest);
    let path = text.strip_prefix("PS ").unwrap_or(text);
    let mut bytes = path.bytes();
    let drive = bytes.next().is_some_and(|b| b.is_ascii_alphabetic());
    drive && bytes.next() == Some(b':') && bytes.next() == Some(b'\\') && path.bytes().take(260).any(|b| b == b'>')
}
