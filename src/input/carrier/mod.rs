//! Texts that carry a log: web pages, Word and OpenDocument documents, the texts of workbooks, and RTF, whose own lines mean nothing, but the lines of what they
//! show do; texts whose signs are others than those that programs print; JSON with texts of several lines in its strings; what a terminal showed, with the sequences that colour it; logs
//! whose lines each stand behind a prefix; and lines that a console wrapped, or that are all indented.
//!
//! A [`Carrier`] is given the lines of the file and gives those of its text, one paragraph or break a line, every character
//! with its place in the file. It holds one line of text. Plain texts never come here: the first bytes tell.
//!
//! Sources: HTML Living Standard sections 13.2.5 (tags, comments, character references) and 15.3 (blocks); ECMA-376-1
//! section 17.3.3 (text of a run: `w:t`, `w:br`, `w:cr`, `w:tab`); Rich Text Format Specification 1.9.1.

mod carried;
mod console;
mod json_line;
mod json_strings;
mod markup;
mod open_document;
mod page;
mod prefixed;
mod rtf;
mod signs;
mod terminal;
mod word;
mod workbook;

use super::line::{Line, to_u64};
use crate::limits::Limits;
use carried::{Carried, Cursor, Spot, floor};
use console::Console;
use json_strings::JsonStrings;
use open_document::OpenDocument;
use page::Page;
use prefixed::Prefixed;
use rtf::Rtf;
use signs::Signs;
use std::borrow::Cow;
use terminal::Terminal;
pub(crate) use terminal::shown as without_terminal_sequences;
use word::Word;
use workbook::Workbook;

/// Bytes of an input that are looked at for the marks of a carrier.
const HEAD: usize = 4_096;

/// Reads what a page or document shows.
pub struct Carrier {
    form: Box<dyn Form>,
    carried: Carried,
    /// In a very long line: the original offset up to which it is read.
    resume: u64,
    overlap: usize,
}

/// A kind of page or document.
trait Form: Send {
    /// Reads a line of the file up to `stop`; `ends`: the line ends there.
    fn line(&mut self, cursor: &mut Cursor<'_>, stop: usize, ends: bool, out: &mut Carried, take: &mut Take<'_>);

    /// The file is over.
    fn finish(&mut self, out: &mut Carried, take: &mut Take<'_>);

    /// What could not be read, since this was asked last.
    fn take_unread(&mut self) -> Vec<Unread>;
}

/// Something of a page or document that could not be read: what, the number of the line, and the original offset.
pub type Unread = (String, u64, u64);

/// Takes a line of text.
pub(super) type Take<'t> = dyn FnMut(Line<'_>) + 't;

impl Carrier {
    /// A reader for an input with these first bytes, if it is a page or document.
    pub fn of(head: &[u8], limits: &Limits) -> Option<Self> {
        // The marks are ASCII; in UTF-16 each has a zero beside it.
        let whole = head.get(..limits.detect_bytes).unwrap_or(head);
        let head = head.get(..HEAD).unwrap_or(head);
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        let plain = without_zeros(head);
        let signs = if whole.is_ascii() && !whole.contains(&0) {
            Signs::default()
        } else {
            Signs::of(&console::decoded(whole, limits))
        };
        let form: Box<dyn Form> = if plain.trim_ascii_start().starts_with(b"{\\rtf") {
            Box::<Rtf>::default()
        } else if let Some(json) = JsonStrings::of(&without_zeros(whole)) {
            Box::new(json)
        } else if let Some(terminal) = Terminal::of(&without_zeros(whole)) {
            Box::new(terminal)
        } else if let Some(prefixed) = Prefixed::of(&without_zeros(whole)) {
            Box::new(prefixed)
        } else if let Some(document) = root(&plain).and_then(|name| document(&name)) {
            document
        } else {
            Box::new(Console::of(whole, limits).or_else(|| signs.is_any().then(Console::plain))?)
        };
        // A window of a very long line is in memory anyway.
        let carried = Carried::new(limits.line_bytes.clamp(64, 64 << 20), limits.line_overlap, signs);
        let overlap = limits.line_overlap.min(limits.line_bytes.clamp(64, 64 << 20) >> 1);
        Some(Self { form, carried, resume: 0, overlap })
    }

    /// Reads a line of the file; `take` gets the lines of text that end in it.
    pub fn line(&mut self, line: Line<'_>, take: &mut dyn FnMut(Line<'_>)) {
        let mut cursor = Cursor::new(line);
        let mut stop = line.text.len();
        if let Some(window) = line.window {
            if window.index > 0 {
                cursor.skip_to_original(self.resume);
            }
            if !window.last {
                // The next window begins before here, and every mark that begins before here ends in this one.
                stop = match floor(line.text, stop.saturating_sub(self.overlap >> 1)) {
                    0 => stop,
                    boundary => boundary,
                };
            }
        }
        let ends = line.window.is_none_or(|window| window.last);
        self.form.line(&mut cursor, stop, ends, &mut self.carried, take);
        self.resume = cursor.original();
    }

    /// The file is over: its last line of text.
    pub fn finish(&mut self, take: &mut dyn FnMut(Line<'_>)) {
        self.form.finish(&mut self.carried, take);
        if !self.carried.is_empty() {
            self.carried.end_line(Spot::default(), take);
        }
    }

    /// What could not be read, since this was asked last.
    pub fn take_unread(&mut self) -> Vec<Unread> {
        self.form.take_unread()
    }
}

/// The reader of a page or document whose first element has this name.
fn document(name: &[u8]) -> Option<Box<dyn Form>> {
    Some(if name.starts_with(b"w:") || name == b"pkg:package" {
        Box::<Word>::default()
    } else if name == b"office:document-content" || name == b"office:document" {
        Box::<OpenDocument>::default()
    } else if name == b"sst" {
        Box::<Workbook>::default()
    } else if [&b"!doctype html"[..], b"html", b"head", b"body", b"meta", b"div"].contains(&name) {
        Box::<Page>::default()
    } else {
        return None;
    })
}

/// Without what UTF-16 has beside ASCII, and byte order marks.
fn without_zeros(bytes: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr3(0, 0xFE, 0xFF, bytes).is_none() {
        return Cow::Borrowed(bytes);
    }
    bytes.iter().copied().filter(|b| !matches!(b, 0 | 0xFE | 0xFF)).collect()
}

/// The name of the first element of a text that begins with mark-up, in lower case, behind the declaration of XML, processing
/// instructions and comments.
fn root(text: &[u8]) -> Option<Vec<u8>> {
    let mut rest = text.trim_ascii_start();
    loop {
        let inner = rest.strip_prefix(b"<")?;
        let end: &[u8] = if inner.starts_with(b"?") {
            b">"
        } else if inner.starts_with(b"!--") {
            b"-->"
        } else {
            let inner = inner.get(..64).unwrap_or(inner).to_ascii_lowercase();
            if inner.starts_with(b"!doctype") {
                let words: Vec<&[u8]> =
                    inner.split(|b| b.is_ascii_whitespace() || *b == b'>').filter(|w| !w.is_empty()).take(2).collect();
                return Some(words.join(&b' '));
            }
            let name = inner.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b':' | b'-')).count();
            let ends = inner.get(name).is_some_and(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/'));
            return inner.get(..name).filter(|_| ends).map(<[u8]>::to_vec);
        };
        let at = memchr::memmem::find(inner, end)?;
        rest = inner.get(at.saturating_add(end.len())..)?.trim_ascii_start();
    }
}

/// The offset after an original one.
fn after(original: u64, bytes: usize) -> u64 {
    original.saturating_add(to_u64(bytes))
}

#[cfg(test)]
mod tests;
