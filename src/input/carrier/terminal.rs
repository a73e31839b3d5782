//! What a terminal showed, with the sequences that colour it: the log of a pipeline, `script`, PowerShell 7.
//!
//! The sequences are taken off, which print nothing; behind them lines can have a prefix.
//!
//! Source: ECMA-48 sections 5.4 (control sequences) and 5.6 (control strings), 8.3.117 (SGR).

use super::carried::{Carried, Cursor};
use super::prefixed::Prefixed;
use super::{Form, Take, Unread};
use crate::limits::TERMINAL_SEQUENCE;
use memchr::{memchr, memchr_iter};

const ESCAPE: u8 = 0x1B;
const BELL: u8 = 0x07;

/// Reads lines without control sequences.
pub(super) struct Terminal {
    prefixed: Option<Prefixed>,
}

impl Terminal {
    /// For an input with these first bytes, if a line begins with a control sequence or one of four has one. A name may have
    /// one, too: it stays what it is.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        memchr(ESCAPE, head)?;
        let (mut lines, mut with) = (0usize, 0usize);
        let mut begins = false;
        for line in head.split(|b| matches!(b, b'\n' | b'\r')).filter(|line| !line.trim_ascii().is_empty()) {
            begins |= sequence(line).is_some();
            lines = lines.saturating_add(1);
            let any = memchr_iter(ESCAPE, line).any(|at| sequence(line.get(at..).unwrap_or_default()).is_some());
            with = with.saturating_add(usize::from(any));
        }
        (begins || with.saturating_mul(4) > lines).then(|| Self { prefixed: Prefixed::of(&shown(head)) })
    }
}

impl Form for Terminal {
    fn line(&mut self, cursor: &mut Cursor<'_>, stop: usize, ends: bool, out: &mut Carried, take: &mut Take<'_>) {
        if cursor.begins_line() {
            while let Some(len) = sequence(cursor.rest().as_bytes()) {
                cursor.by(len);
            }
            self.prefixed.iter_mut().for_each(|prefixed| prefixed.skip(cursor));
        }
        while cursor.index() < stop {
            let ahead = cursor.text().get(cursor.index()..stop).unwrap_or_default();
            match memchr(ESCAPE, ahead.as_bytes()) {
                Some(0) => match sequence(cursor.rest().as_bytes()) {
                    None => out.copy(cursor, cursor.index().saturating_add(1), take),
                    Some(len) => cursor.by(len),
                },
                Some(at) => out.copy(cursor, cursor.index().saturating_add(at), take),
                None => out.copy(cursor, stop, take),
            }
        }
        if ends {
            out.end_line(cursor.spot(), take);
        }
    }

    fn finish(&mut self, _: &mut Carried, _: &mut Take<'_>) {}

    fn take_unread(&mut self) -> Vec<Unread> {
        self.prefixed.as_mut().map(Form::take_unread).unwrap_or_default()
    }
}

/// The length of the sequence that begins here, if one does.
fn sequence(bytes: &[u8]) -> Option<usize> {
    let near = bytes.get(..TERMINAL_SEQUENCE).unwrap_or(bytes);
    let (_, rest) = near.split_first().filter(|(first, _)| **first == ESCAPE)?;
    let (kind, rest) = rest.split_first()?;
    match kind {
        b'[' => {
            let parameters = rest.iter().position(|b| !(0x20..=0x3F).contains(b))?;
            rest.get(parameters).filter(|b| (0x40..=0x7E).contains(*b))?;
            parameters.checked_add(3)
        }
        // A string for the terminal, such as its title.
        b']' => {
            let len = rest.iter().position(|b| matches!(*b, BELL | ESCAPE))?;
            match rest.get(len..) {
                Some([BELL, ..]) => len.checked_add(3),
                Some([_, b'\\', ..]) => len.checked_add(4),
                _ => len.checked_add(2),
            }
        }
        b'(' | b')' => rest.first().filter(|b| b.is_ascii_alphanumeric()).map(|_| 3),
        b'=' | b'>' | b'7' | b'8' | b'M' => Some(2),
        _ => None,
    }
}

/// The bytes without sequences.
pub(crate) fn shown(mut bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    while let Some(at) = memchr(ESCAPE, bytes) {
        let (text, rest) = bytes.split_at(at);
        out.extend_from_slice(text);
        bytes = rest.get(sequence(rest).unwrap_or(1)..).unwrap_or_default();
    }
    out.extend_from_slice(bytes);
    out
}
