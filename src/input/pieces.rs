//! Pieces of a plain text: whole lines, which can be decoded and looked at out of their order, on any thread.
//!
//! A text is plain when its encoding doesn't change, LF ends its lines, and none of them is very long. What is not stays
//! with the [`LineReader`](super::LineReader), which gets back what was cut off.

use std::io::{self, Read};

use memchr::{memchr, memmem};

use super::decode::decode_utf16;
use super::encoding::TextEncoding;
use super::line::to_u64;
use super::lines::{Batch, Direction, Position, behind_unit};
use super::mixed::narrow_part;

/// So many bytes at the end of a piece are searched for a line with which the next piece had better begin.
const MARK_REACH: usize = 16 << 10;

/// Cuts a text into pieces.
#[derive(Debug)]
pub struct Pieces<R> {
    reader: R,
    rest: Rest,
    encoding: TextEncoding,
    line_bytes: usize,
    piece_bytes: usize,
    /// The first bytes of the line behind which a piece had better end.
    mark: Vec<u8>,
    after_mark: bool,
}

/// What of a text is not cut off yet.
#[derive(Debug, Default)]
pub(super) struct Rest {
    /// The bytes at hand.
    pub(super) bytes: Vec<u8>,
    /// The offset of the first of them.
    pub(super) base: u64,
    /// They are the last ones.
    pub(super) done: bool,
    /// The error that ended the reading.
    pub(super) error: Option<io::Error>,
}

/// Whole lines that are not decoded yet.
#[derive(Debug)]
pub struct Piece {
    bytes: Vec<u8>,
    base: u64,
    encoding: TextEncoding,
    line_bytes: usize,
    after_mark: bool,
}

/// Whole lines of a plain text.
#[derive(Debug)]
pub struct PlainPiece {
    text: String,
    /// The original bytes, where they are not those of the text.
    wide: Vec<u8>,
    base: u64,
    encoding: TextEncoding,
    ascii: bool,
    after_mark: bool,
}

impl<R: Read> Pieces<R> {
    pub(super) fn new(
        reader: R,
        rest: Rest,
        encoding: TextEncoding,
        (line_bytes, piece_bytes): (usize, usize),
        mark: &str,
    ) -> Self {
        // Even, so that no code unit of UTF-16 is cut.
        let piece_bytes = piece_bytes.clamp(64, 64 << 20) & !1;
        let mark = match encoding {
            TextEncoding::Utf16Le => mark.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            TextEncoding::Utf16Be => mark.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            _ => mark.as_bytes().to_vec(),
        };
        Self { reader, rest, encoding, line_bytes, piece_bytes, mark, after_mark: false }
    }

    /// The next piece, in the room of a buffer. None when the end is near, the reader fails, or a line is longer than a
    /// piece: the rest is not for pieces.
    pub fn next_piece(&mut self, mut buffer: Vec<u8>) -> Option<Piece> {
        let at_hand = self.rest.bytes.len().min(self.piece_bytes);
        buffer.resize(self.piece_bytes, 0);
        buffer.get_mut(..at_hand)?.copy_from_slice(self.rest.bytes.get(..at_hand)?);
        self.rest.bytes.drain(..at_hand);
        let mut end = at_hand;
        while let Some(free) = buffer.get_mut(end..).filter(|free| !free.is_empty() && !self.rest.done) {
            match self.reader.read(free) {
                Ok(0) => self.rest.done = true,
                Ok(n) => end = end.saturating_add(n).min(self.piece_bytes),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    self.rest.error = Some(e);
                    self.rest.done = true;
                }
            }
        }
        buffer.truncate(end);
        let is_last = self.rest.done && self.rest.bytes.is_empty();
        let marked = if is_last { None } else { self.behind_mark(&buffer) };
        let cut = if is_last { None } else { marked.or_else(|| behind_line(&buffer, Direction::Last, self.encoding)) };
        self.rest.bytes.splice(..0, buffer.drain(cut.unwrap_or(0)..));
        let base = self.rest.base;
        self.rest.base = base.saturating_add(to_u64(cut?));
        let after_mark = std::mem::replace(&mut self.after_mark, marked.is_some());
        Some(Piece { bytes: buffer, base, encoding: self.encoding, line_bytes: self.line_bytes, after_mark })
    }

    /// Where the last line with the mark ends, near the end of some bytes.
    fn behind_mark(&self, bytes: &[u8]) -> Option<usize> {
        let mut from = bytes.len().saturating_sub(MARK_REACH) & !1;
        let mut end = None;
        while let Some(at) = bytes.get(from..).and_then(|near| memmem::find(near, &self.mark)) {
            let mark = from.saturating_add(at);
            let line = bytes.get(mark..)?;
            let Some(len) = behind_line(line, Direction::First, self.encoding) else { break };
            from = mark.saturating_add(len);
            if from & usize::from(self.is_wide()) == 0 {
                end = Some(from);
            }
        }
        end
    }

    /// Whether the bytes of a piece are not those of its text, which needs room of its own.
    pub fn is_wide(&self) -> bool {
        self.encoding.unit() > 1
    }

    /// What was not cut off, with pieces that were and are not plain, or come after such a one.
    pub(super) fn into_rest(mut self, back: impl IntoIterator<Item = Vec<u8>>) -> (R, Rest) {
        let mut bytes: Vec<u8> = back.into_iter().flatten().collect();
        self.rest.base = self.rest.base.saturating_sub(to_u64(bytes.len()));
        bytes.append(&mut self.rest.bytes);
        self.rest.bytes = bytes;
        (self.reader, self.rest)
    }
}

impl Piece {
    /// Decodes it.
    ///
    /// # Errors
    /// It is not plain: the piece as it is.
    pub fn plain(mut self, room: Vec<u8>) -> Result<PlainPiece, Self> {
        let narrow = match self.encoding {
            TextEncoding::Utf16Le => narrow_part(&self.bytes, [b'\n', 0]).is_some(),
            TextEncoding::Utf16Be => narrow_part(&self.bytes, [0, b'\n']).is_some(),
            // Lines of UTF-16 may be among them.
            _ => memchr(0, &self.bytes).is_some(),
        };
        if narrow || !self.lines_are_short() {
            return Err(self);
        }
        let mut wide = room;
        wide.clear();
        let (decoded, ascii) = match self.encoding {
            TextEncoding::Utf8 | TextEncoding::Utf8Bom => (String::from_utf8(std::mem::take(&mut self.bytes)), true),
            TextEncoding::Utf16Le => {
                let ascii = decode_utf16::<false>(&self.bytes, &mut wide);
                (String::from_utf8(std::mem::take(&mut wide)), ascii)
            }
            TextEncoding::Utf16Be => {
                let ascii = decode_utf16::<true>(&self.bytes, &mut wide);
                (String::from_utf8(std::mem::take(&mut wide)), ascii)
            }
            TextEncoding::CodePage(_) => return Err(self),
        };
        match decoded {
            Ok(text) => {
                let Self { bytes: wide, base, encoding, after_mark, .. } = self;
                Ok(PlainPiece { text, wide, base, encoding, ascii, after_mark })
            }
            Err(broken) => {
                if self.bytes.is_empty() {
                    self.bytes = broken.into_bytes();
                }
                Err(self)
            }
        }
    }

    fn lines_are_short(&self) -> bool {
        let mut rest = self.bytes.as_slice();
        while rest.len() > self.line_bytes {
            let reach = rest.get(..self.line_bytes).unwrap_or_default();
            let Some(end) = behind_line(reach, Direction::Last, self.encoding) else { return false };
            rest = rest.get(end..).unwrap_or_default();
        }
        true
    }

    /// The original bytes.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl PlainPiece {
    /// The lines, as a batch whose first line has this number.
    pub fn batch(&self, first_line: u64) -> Batch<'_> {
        let len = if self.wide.is_empty() { self.text.len() } else { self.wide.len() };
        let end = self.base.saturating_add(to_u64(len));
        Batch::plain(&self.text, Position { start: self.base, number: first_line }, end, self.encoding, self.ascii)
    }

    /// Whether the line before the first one has the mark.
    pub fn is_after_mark(&self) -> bool {
        self.after_mark
    }

    /// The original bytes, and the room of the text if they are not its own.
    pub fn into_bytes(self) -> (Vec<u8>, Vec<u8>) {
        if self.wide.is_empty() { (self.text.into_bytes(), Vec::new()) } else { (self.wide, self.text.into_bytes()) }
    }
}

/// One after the first or last line end of some bytes that begin with a character.
fn behind_line(bytes: &[u8], direction: Direction, encoding: TextEncoding) -> Option<usize> {
    behind_unit(bytes, (b'\n', b'\n'), direction, encoding)
}
