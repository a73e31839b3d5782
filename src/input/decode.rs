//! Decoding whole lines, each for itself.
//!
//! In UTF-8, UTF-16 and all the code pages a line end stands for itself alone: its bytes (its code unit) are part of no
//! other character, and a broken sequence ends before it. So lines can be found in the original bytes, and decoding
//! needs no state beyond one line.

use encoding_rs::Encoding;
use memchr::{memchr, memchr2};

use super::line::to_u32;
use super::mixed::{WideLine, holds_wide_lines, wide_line};

/// Which characters end a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Newline {
    /// LF, with any CR before it.
    Lf,
    /// CR, CR LF or LF: a text of the old Mac kind.
    CrOrLf,
}

/// The length of the first line of decoded text or of the bytes of a code page, its line end included.
pub(super) fn first_line_len(bytes: &[u8], newline: Newline) -> usize {
    match newline {
        Newline::Lf => memchr(b'\n', bytes).map_or(bytes.len(), |at| at.saturating_add(1)),
        Newline::CrOrLf => match memchr2(b'\n', b'\r', bytes) {
            None => bytes.len(),
            Some(at) => {
                let next = at.saturating_add(1);
                let pair = bytes.get(at) == Some(&b'\r') && bytes.get(next) == Some(&b'\n');
                next.saturating_add(usize::from(pair))
            }
        },
    }
}

/// Printable ASCII or the white space of text.
pub(super) fn is_printable_ascii(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r')
}

/// A line of a decoded batch whose text doesn't have the original's bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    /// Where the line starts in the decoded text of the batch.
    pub(super) text_start: u32,
    /// The length of the line in the original, its line end included.
    pub(super) original_len: u32,
    /// Its points in `Decoded::breaks`.
    pub(super) breaks: (u32, u32),
}

/// Decoded lines and their break points; used again for every batch.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    pub(super) text: String,
    pub(super) breaks: Vec<(u32, u32)>,
    pub(super) marks: Vec<Mark>,
    /// Where the first line that is UTF-16 among others starts in the text.
    pub(super) first_wide: Option<usize>,
}

impl Decoded {
    /// Decodes lines one by one: those that are valid UTF-8 (`utf8`) or ASCII as they are, the others by `decode`; lines of
    /// UTF-16 among them as such.
    fn lines(
        &mut self,
        mut bytes: &[u8],
        newline: Newline,
        as_is: impl Fn(&[u8]) -> Option<&str>,
        decode: impl Fn(&[u8], &mut String, &mut Vec<(u32, u32)>),
    ) {
        self.text.clear();
        self.breaks.clear();
        self.marks.clear();
        self.first_wide = None;
        // A text in which CR ends lines is none that PowerShell appends to.
        let mixed = newline == Newline::Lf && memchr(0, bytes).is_some() && holds_wide_lines(bytes);
        while !bytes.is_empty() {
            let Some((line, rest)) = bytes.split_at_checked(first_line_len(bytes, newline)) else { break };
            bytes = rest;
            let wide = if mixed { wide_line(line) } else { None };
            if let Some(wide) = wide {
                self.wide_line(line.len(), wide);
                continue;
            }
            if let Some(text) = as_is(line) {
                self.text.push_str(text);
                continue;
            }
            let text_start = to_u32(self.text.len());
            let first = to_u32(self.breaks.len());
            decode(line, &mut self.text, &mut self.breaks);
            let breaks = (first, to_u32(self.breaks.len()));
            self.marks.push(Mark { text_start, original_len: to_u32(line.len()), breaks });
        }
    }

    /// Decodes a line of UTF-16 that stands among others. Each character has its point.
    fn wide_line(&mut self, len: usize, line: WideLine<'_>) {
        let start = self.text.len();
        if !line.units.is_empty() {
            self.first_wide.get_or_insert(start);
        }
        let first = to_u32(self.breaks.len());
        self.text.push_str(ascii(line.narrow).unwrap_or_default());
        let mut at = line.narrow.len().saturating_add(line.skipped);
        push_point(&mut self.breaks, self.text.len().saturating_sub(start), at);
        let (pairs, _) = line.units.as_chunks::<2>();
        for decoded in char::decode_utf16(pairs.iter().map(|pair| u16::from_le_bytes(*pair))) {
            let c = decoded.unwrap_or(char::REPLACEMENT_CHARACTER);
            self.text.push(c);
            at = at.saturating_add(c.len_utf16().saturating_mul(2));
            push_point(&mut self.breaks, self.text.len().saturating_sub(start), at);
        }
        self.text.push_str(ascii(line.behind).unwrap_or_default());
        if line.ends {
            self.text.push('\n');
        }
        let breaks = (first, to_u32(self.breaks.len()));
        self.marks.push(Mark { text_start: to_u32(start), original_len: to_u32(len), breaks });
    }

    /// Decodes lines of a code page.
    pub(super) fn page(&mut self, bytes: &[u8], newline: Newline, page: &PageDecoder) {
        self.lines(bytes, newline, ascii, |line, text, breaks| page.decode_line(line, text, breaks));
    }

    /// Decodes lines of UTF-8 with broken sequences, each maximal one of which becomes U+FFFD, or with lines of UTF-16.
    pub(super) fn broken_utf8(&mut self, bytes: &[u8], newline: Newline) {
        self.lines(bytes, newline, |line| std::str::from_utf8(line).ok(), decode_broken_utf8);
    }
}

/// ASCII bytes as text.
fn ascii(bytes: &[u8]) -> Option<&str> {
    if bytes.is_ascii() { std::str::from_utf8(bytes).ok() } else { None }
}

fn decode_broken_utf8(line: &[u8], text: &mut String, breaks: &mut Vec<(u32, u32)>) {
    let start = text.len();
    let mut at = 0_usize;
    for chunk in line.utf8_chunks() {
        text.push_str(chunk.valid());
        at = at.saturating_add(chunk.valid().len());
        if !chunk.invalid().is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
            at = at.saturating_add(chunk.invalid().len());
            push_point(breaks, text.len().saturating_sub(start), at);
        }
    }
}

fn push_point(breaks: &mut Vec<(u32, u32)>, decoded: usize, original: usize) {
    breaks.push((to_u32(decoded), to_u32(original)));
}

/// What decodes the lines of one code page.
#[derive(Debug)]
pub(super) enum PageDecoder {
    /// One byte per character: the characters of 0x80 to 0xFF.
    Single(Box<[char; 128]>),
    /// One or two bytes (four in GB 18030) per character.
    Double(&'static Encoding),
}

impl PageDecoder {
    /// Appends the text of one line to `text` and its break points, which count from the start of the line.
    pub(super) fn decode_line(&self, line: &[u8], text: &mut String, breaks: &mut Vec<(u32, u32)>) {
        match self {
            Self::Single(table) => decode_single(table, line, text, breaks),
            Self::Double(encoding) => decode_double(encoding, line, text, breaks),
        }
    }

    /// Whether a byte is the first one of a character of two.
    pub(super) fn is_lead(&self, byte: u8) -> bool {
        match self {
            Self::Single(_) => false,
            Self::Double(encoding) => double_len(encoding, &[byte, 0x40]) == 2,
        }
    }

    /// The last character boundary at or before `target` in bytes that start at one, for the cuts of very long lines.
    pub(super) fn boundary(&self, bytes: &[u8], target: usize) -> usize {
        let Self::Double(encoding) = self else { return target };
        let mut at = 0_usize;
        let mut rest = bytes;
        while !rest.is_empty() {
            let len = double_len(encoding, rest);
            let next = at.saturating_add(len);
            if next > target {
                break;
            }
            at = next;
            rest = rest.get(len..).unwrap_or_default();
        }
        at
    }
}

/// The length of the character that `bytes` start with, as its first bytes promise it.
fn double_len(encoding: &'static Encoding, bytes: &[u8]) -> usize {
    let lead = if encoding == encoding_rs::SHIFT_JIS { is_shift_jis_lead } else { is_dbcs_lead };
    match bytes {
        [first, second, ..] if lead(*first) && *second >= 0x40 => 2,
        [first, b'0'..=b'9', third, b'0'..=b'9', ..]
            if encoding == encoding_rs::GBK && lead(*first) && lead(*third) =>
        {
            4
        }
        _ => 1,
    }
}

fn is_shift_jis_lead(byte: u8) -> bool {
    matches!(byte, 0x81..=0x9F | 0xE0..=0xFC)
}

fn is_dbcs_lead(byte: u8) -> bool {
    matches!(byte, 0x81..=0xFE)
}

fn decode_single(table: &[char; 128], line: &[u8], text: &mut String, breaks: &mut Vec<(u32, u32)>) {
    let start = text.len();
    let mut at = 0_usize;
    let mut rest = line;
    while !rest.is_empty() {
        let run = rest.iter().position(|b| *b >= 0x80).unwrap_or(rest.len());
        let Some((plain, tail)) = rest.split_at_checked(run) else { break };
        text.push_str(ascii(plain).unwrap_or_default());
        at = at.saturating_add(run);
        let Some((byte, tail)) = tail.split_first() else { break };
        let c = table.get(usize::from(byte & 0x7F)).copied().unwrap_or(char::REPLACEMENT_CHARACTER);
        text.push(c);
        at = at.saturating_add(1);
        push_point(breaks, text.len().saturating_sub(start), at);
        rest = tail;
    }
}

fn decode_double(encoding: &'static Encoding, line: &[u8], text: &mut String, breaks: &mut Vec<(u32, u32)>) {
    let start = text.len();
    let mut at = 0_usize;
    while let Some(rest) = line.get(at..) {
        let plain = rest.iter().position(|b| *b >= 0x80).unwrap_or(rest.len());
        text.push_str(rest.get(..plain).and_then(ascii).unwrap_or_default());
        at = at.saturating_add(plain);
        let Some(rest) = line.get(at..).filter(|r| !r.is_empty()) else { break };
        match decode_run(encoding, rest, (start, at), text, breaks) {
            Some(len) => at = at.saturating_add(len),
            None => {
                decode_byte_by_byte(encoding, rest, (start, at), text, breaks);
                break;
            }
        }
    }
}

/// Decodes the characters outside ASCII that `bytes` start with, all at once, if they are well formed; returns their
/// length in bytes. `origin` is where the line starts in the text, and where `bytes` start in the line.
fn decode_run(
    encoding: &'static Encoding,
    bytes: &[u8],
    origin: (usize, usize),
    text: &mut String,
    breaks: &mut Vec<(u32, u32)>,
) -> Option<usize> {
    let mut len = 0_usize;
    while let Some(rest) = bytes.get(len..).filter(|r| r.first().is_some_and(|b| *b >= 0x80)) {
        len = len.saturating_add(double_len(encoding, rest));
    }
    let run = bytes.get(..len)?;
    let decoded = encoding.decode_without_bom_handling_and_without_replacement(run)?;
    let points = breaks.len();
    let (mut rest, mut at, mut end) = (run, origin.1, text.len().saturating_sub(origin.0));
    for c in decoded.chars() {
        // A pair of Big5 can stand for two characters: the bytes are then at their end too early.
        let len = double_len(encoding, rest);
        let Some(after) = rest.get(len..) else {
            breaks.truncate(points);
            return None;
        };
        (rest, at, end) = (after, at.saturating_add(len), end.saturating_add(c.len_utf8()));
        push_point(breaks, end, at);
    }
    if !rest.is_empty() {
        breaks.truncate(points);
        return None;
    }
    text.push_str(&decoded);
    Some(len)
}

/// Decodes byte by byte, so that the end of each character and of each broken sequence is seen.
fn decode_byte_by_byte(
    encoding: &'static Encoding,
    bytes: &[u8],
    origin: (usize, usize),
    text: &mut String,
    breaks: &mut Vec<(u32, u32)>,
) {
    let (start, offset) = origin;
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut pending = false;
    for (at, byte) in (offset..).zip(bytes) {
        if byte.is_ascii() && !pending {
            text.push(char::from(*byte));
            continue;
        }
        let before = text.len();
        // Room for four characters is enough for what one more byte can complete.
        text.reserve(16);
        let _ = decoder.decode_to_string(std::slice::from_ref(byte), text, false);
        let new = text.get(before..).unwrap_or_default();
        pending = new.is_empty();
        if pending {
            continue;
        }
        // A broken sequence gives back the ASCII character that ended it.
        if byte.is_ascii() && new.len() > 1 && new.as_bytes().last() == Some(byte) {
            push_point(breaks, text.len().saturating_sub(start).saturating_sub(1), at);
        }
        push_point(breaks, text.len().saturating_sub(start), at.saturating_add(1));
    }
    if pending {
        text.reserve(16);
        let _ = decoder.decode_to_string(&[], text, true);
        push_point(breaks, text.len().saturating_sub(start), offset.saturating_add(bytes.len()));
    }
}

/// Appends UTF-16 as UTF-8. A lone surrogate becomes U+FFFD, and so does an odd last byte.
///
/// Returns whether all of it is ASCII.
pub(super) fn decode_utf16<const BIG_ENDIAN: bool>(bytes: &[u8], out: &mut Vec<u8>) -> bool {
    const BLOCK: usize = 32;
    let (mut units, odd) = bytes.as_chunks::<2>();
    let mut all_ascii = true;
    loop {
        while let Some((block, rest)) = units.split_first_chunk::<BLOCK>() {
            let mut narrow = [0_u8; BLOCK];
            let mut any = 0_u16;
            for (unit, slot) in block.iter().zip(&mut narrow) {
                let [first, second] = *unit;
                let [high, low] = if BIG_ENDIAN { [first, second] } else { [second, first] };
                any |= u16::from_be_bytes([high, low]);
                *slot = low;
            }
            if any >= 0x80 {
                break;
            }
            out.extend_from_slice(&narrow);
            units = rest;
        }
        let unit = |pair: &[u8; 2]| if BIG_ENDIAN { u16::from_be_bytes(*pair) } else { u16::from_le_bytes(*pair) };
        let mut taken = 0_usize;
        while taken < BLOCK {
            let Some((first, rest)) = units.split_first() else { break };
            let decoded = char::decode_utf16(units.iter().take(2).map(unit)).next();
            let c = decoded.and_then(Result::ok).unwrap_or(char::REPLACEMENT_CHARACTER);
            units = if c.len_utf16() == 2 { rest.get(1..).unwrap_or_default() } else { rest };
            all_ascii &= unit(first) < 0x80;
            let mut utf8 = [0_u8; 4];
            out.extend_from_slice(c.encode_utf8(&mut utf8).as_bytes());
            taken = taken.saturating_add(1);
        }
        if units.is_empty() {
            break;
        }
    }
    if !odd.is_empty() {
        all_ascii = false;
        let mut utf8 = [0_u8; 4];
        out.extend_from_slice(char::REPLACEMENT_CHARACTER.encode_utf8(&mut utf8).as_bytes());
    }
    all_ascii
}
