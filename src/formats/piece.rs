//! Pieces of lines: what is left of a physical line after quoting, mark-up and escapes are taken off, each with its way
//! back to the original bytes.

use crate::input::character_reference::character_reference;
use crate::input::json_escape::json_escape;
use crate::input::{Line, LineMap};
use crate::model::fact::{Fact, KeptRun, Place, SourceId};
use memchr::{memchr3, memmem};
use std::borrow::Cow;
use std::cell::Cell;
use std::ops::Range;

/// A physical line without quoting and mark-up, and the way back.
#[derive(Debug)]
pub struct Cleaned<'a> {
    text: Cow<'a, str>,
    /// (index in `text`, index in the physical line): between two points both rise together.
    breaks: Vec<(usize, usize)>,
    line: Line<'a>,
    /// Whether each character stands in the column of the physical line.
    same_columns: bool,
    /// The physical line is ASCII and `text` is all of it: an index is a column, and a fixed number of bytes.
    plain: bool,
    /// The last place that was asked for: in a very long line the next one is counted from there.
    last: Cell<Counted>,
}

/// A place in a physical line, counted from its start.
#[derive(Debug, Clone, Copy, Default)]
struct Counted {
    /// The index in the line's text.
    index: usize,
    /// The characters before it.
    characters: usize,
    /// The UTF-16 units before it.
    units: usize,
}

/// Blanks that a web page or a French label puts where others have a space.
const NO_BREAK: [char; 2] = ['\u{a0}', '\u{202f}'];

/// Characters that show nothing.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// What lists put in front of an item.
const BULLETS: [char; 9] =
    ['\u{2022}', '\u{b7}', '\u{25aa}', '\u{25e6}', '\u{2013}', '\u{2014}', '\u{25cf}', '\u{25cb}', '\u{25a0}'];

/// The longest tag that is taken off (bytes after its name): those of mails name fonts and colours.
const TAG: usize = 400;
/// The longest name of one.
const TAG_NAME: usize = 24;

/// Whether a line is a text with its line ends escaped, as JSON writes it.
fn is_json_string(text: &str) -> bool {
    let of_certutil = text.contains("=====") || text.contains("CertUtil:");
    let has = |mark: &str, times| memmem::find_iter(text.as_bytes(), mark).take(times).count() == times;
    has("\\r\\n", 2) || of_certutil && has("\\n", 3)
}

impl<'a> Cleaned<'a> {
    /// Takes off what web pages, tickets and escapes put into a line: HTML entities, backslash-escaped underscores and
    /// quotes, `\u2019`, `<b>`-like tags, no-break spaces, the line ends of a JSON string. A line without any is borrowed.
    ///
    /// Invisible characters in front, a byte order mark in the middle of a file or what a page or a mail program puts there, are
    /// no part of any record; at the end a name can have them.
    pub fn new(line: Line<'a>) -> Self {
        Self::visible(line, line.text.len())
    }

    /// Like `new` for certutil's output, in which they don't stand at the end of a line either.
    pub fn of_certutil(line: Line<'a>) -> Self {
        let text = if line.text.is_ascii() { line.text } else { line.text.trim_end_matches(is_invisible) };
        Self::visible(line, text.len())
    }

    fn visible(line: Line<'a>, end: usize) -> Self {
        let text = line.text.get(..end).unwrap_or(line.text);
        let special = memchr3(b'&', b'\\', b'<', text.as_bytes()).is_some();
        let ascii = text.is_ascii();
        // The beginning of a window is the end of the one before.
        let whole = line.window.is_none();
        let front =
            if ascii || !whole { 0 } else { text.len().saturating_sub(text.trim_start_matches(is_invisible).len()) };
        let borrowed = || Self {
            text: Cow::Borrowed(text.get(front..).unwrap_or(text)),
            breaks: if front > 0 { vec![(0, front)] } else { Vec::new() },
            same_columns: front == 0,
            ..Self::raw(line)
        };
        if !special && (ascii || !text.contains(NO_BREAK)) {
            return borrowed();
        }
        let mut json = None;
        let mut same_columns = front == 0;
        let mut out = String::new();
        let mut breaks = if front > 0 { vec![(0, front)] } else { Vec::new() };
        // What is taken into the new text, and what is looked through.
        let (mut taken, mut seen) = (front, front);
        let next = |rest: &str| {
            if ascii {
                return memchr3(b'&', b'\\', b'<', rest.as_bytes());
            }
            rest.find(['&', '\\', '<', NO_BREAK[0], NO_BREAK[1]])
        };
        while let Some(at) = text.get(seen..).and_then(next).map(|at| seen.saturating_add(at)) {
            let tail = text.get(at..).unwrap_or("");
            let is_json = tail.starts_with('\\') && *json.get_or_insert_with(|| is_json_string(text));
            let Some((new, length)) = replacement(tail, is_json) else {
                seen = at.saturating_add(tail.chars().next().map_or(1, char::len_utf8));
                continue;
            };
            same_columns = same_columns && tail.starts_with(NO_BREAK);
            out.push_str(text.get(taken..at).unwrap_or(""));
            out.extend(new);
            taken = at.saturating_add(length);
            seen = taken;
            breaks.push((out.len(), taken));
        }
        if taken == front {
            return borrowed();
        }
        out.push_str(text.get(taken..).unwrap_or(""));
        Self { text: Cow::Owned(out), breaks, line, same_columns, plain: false, last: Cell::default() }
    }

    /// The line as it is: for formats in which `&lt;` and `<b>` are no mark-up. Quoting in front is still taken off by
    /// [`Cleaned::pieces`].
    pub fn raw(line: Line<'a>) -> Self {
        let text = Cow::Borrowed(line.text);
        let simple = !matches!(line.map, LineMap::Breaks(_) | LineMap::Carried(_));
        let plain = simple && line.window.is_none() && line.text.is_ascii();
        Self { text, breaks: Vec::new(), line, same_columns: true, plain, last: Cell::default() }
    }

    /// The whole physical line as one piece, quoting taken off, if nothing was taken off inside it, it holds no mark at which
    /// it is cut, and it is no window of a longer one.
    pub fn one_piece(&self) -> Option<Piece<'_>> {
        let untouched = || self.breaks.is_empty() && self.line.window.is_none() && !self.text.contains('\u{2028}');
        (self.plain || untouched()).then(|| Piece { text: &self.text, at: 0, cleaned: self }.unquoted().list_item())
    }

    /// The whole line, quoting taken off, quotes around it left: for formats in which these mark a field.
    pub fn row(&self) -> Piece<'_> {
        Piece { text: &self.text, at: 0, cleaned: self }.unquoted()
    }

    /// The whole line as pieces: cut at `<br>` marks, quoting taken off.
    pub fn pieces(&self) -> impl Iterator<Item = Piece<'_>> {
        let whole = Piece { text: &self.text, at: 0, cleaned: self };
        let mut start = 0usize;
        let mut ended = false;
        std::iter::from_fn(move || {
            if ended {
                return None;
            }
            let rest = whole.text.get(start..)?;
            // `<br>` and an escaped line end become U+2028 in `replacement`.
            let (range, next) = match rest.find('\u{2028}') {
                Some(at) => {
                    let end = start.saturating_add(at);
                    (start..end, end.saturating_add('\u{2028}'.len_utf8()))
                }
                None => {
                    ended = true;
                    (start..whole.text.len(), whole.text.len())
                }
            };
            start = next;
            Some(whole.slice(range).unquoted().list_item())
        })
    }

    /// What stands before an index of the physical line. Most indices are near the one before, so that a line is counted
    /// once.
    fn counted(&self, index: usize) -> Counted {
        let last = self.last.get();
        let near = last.index <= index.saturating_mul(2);
        let from = if near { last } else { Counted::default() };
        let range = from.index.min(index)..from.index.max(index);
        let Some(between) = self.line.text.get(range) else { return from };
        let (characters, units) = if between.is_ascii() {
            (between.len(), between.len())
        } else {
            (between.chars().count(), between.chars().map(char::len_utf16).sum())
        };
        let moved = |n: usize, by| if from.index <= index { n.saturating_add(by) } else { n.saturating_sub(by) };
        Counted { index, characters: moved(from.characters, characters), units: moved(from.units, units) }
    }

    /// The original offset of an index of the physical line.
    fn original(&self, index: usize) -> u64 {
        if self.line.map == LineMap::Utf16 {
            let bytes = u64::try_from(self.counted(index).units).unwrap_or(u64::MAX).saturating_mul(2);
            return self.line.start.saturating_add(bytes).min(self.line.end);
        }
        self.line.original(index)
    }

    /// The column, from 1, of an index of the physical line.
    fn column(&self, index: usize) -> u32 {
        if self.is_carried() {
            return self.line.column(index);
        }
        let skipped = self.line.window.map_or(0, |w| w.characters_before);
        let before = u32::try_from(self.counted(index).characters).unwrap_or(u32::MAX);
        before.saturating_add(skipped).saturating_add(1)
    }

    /// Whether the line was taken out of a page or document.
    fn is_carried(&self) -> bool {
        matches!(self.line.map, LineMap::Carried(_))
    }

    fn physical(&self, index: usize) -> usize {
        let after = self.breaks.partition_point(|(i, _)| *i <= index);
        let (cleaned, physical) = after.checked_sub(1).and_then(|i| self.breaks.get(i)).copied().unwrap_or((0, 0));
        physical.saturating_add(index.saturating_sub(cleaned))
    }
}

/// The character, if any, that stands for an escape at the beginning of a text, and how many bytes the escape takes.
fn replacement(text: &str, json: bool) -> Option<(Option<char>, usize)> {
    if let Some(blank) = text.chars().next().filter(|c| NO_BREAK.contains(c)) {
        return Some((Some(' '), blank.len_utf8()));
    }
    if let Some(rest) = text.strip_prefix('\\') {
        if rest.starts_with('u') {
            return json_escape(text).map(|(c, length)| (Some(c), length));
        }
        return match rest.chars().next()? {
            'n' if json => Some((Some('\u{2028}'), 2)),
            'r' if json => Some((None, 2)),
            't' if json => Some((Some('\t'), 2)),
            c @ ('_' | '*' | '[' | ']' | '#' | '-' | '`' | '"' | '\\' | '|') => {
                Some((Some(c), c.len_utf8().saturating_add(1)))
            }
            _ => None,
        };
    }
    if text.starts_with('&') {
        return character_reference(text).map(|(c, length)| (Some(c), length));
    }
    let inner = text.get(1..)?;
    let inner = inner.strip_prefix('/').unwrap_or(inner);
    let name =
        inner.get(..inner.bytes().take(TAG_NAME).take_while(|b| b.is_ascii_alphanumeric() || *b == b':').count())?;
    let new = match name.to_ascii_lowercase().as_str() {
        "br" | "p" | "div" | "li" | "tr" | "w:p" | "w:br" => Some('\u{2028}'),
        "a" | "b" | "i" | "u" | "strong" | "em" | "code" | "pre" | "span" | "td" | "font" | "o:p" => None,
        // WordprocessingML has tags of its own inside every line.
        name if name.starts_with("w:") => None,
        _ => return None,
    };
    let rest = inner.get(name.len()..)?;
    if !rest.starts_with(['>', '/', ' ']) {
        return None;
    }
    let end = rest.bytes().take(TAG).position(|b| b == b'>')?;
    Some((new, text.len().saturating_sub(rest.len()).saturating_add(end).saturating_add(1)))
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// How many blanks stand in front: as many at once as fit a vector, since a hostile line has nothing else.
fn blanks(text: &[u8]) -> usize {
    let (wide, _) = text.as_chunks::<16>();
    let blank = |bytes: &&[u8; 16]| bytes.iter().fold(true, |all, byte| all & is_blank(*byte));
    let whole = wide.iter().take_while(blank).count().saturating_mul(16);
    let rest = text.get(whole..).unwrap_or_default();
    whole.saturating_add(rest.iter().take_while(|byte| is_blank(**byte)).count())
}

/// A part of a cleaned line.
#[derive(Clone, Copy)]
pub struct Piece<'a> {
    /// The words.
    pub text: &'a str,
    at: usize,
    cleaned: &'a Cleaned<'a>,
}

impl<'a> Piece<'a> {
    /// A part of this piece; a range outside the text gives an empty piece.
    pub fn slice(self, range: Range<usize>) -> Self {
        let at = self.at.saturating_add(range.start.min(self.text.len()));
        Self { text: self.text.get(range).unwrap_or(""), at, cleaned: self.cleaned }
    }
    /// From an index to the end.
    pub fn from(self, start: usize) -> Self {
        self.slice(start..self.text.len())
    }
    /// Without blanks (of any kind) on either side.
    pub fn trim(self) -> Self {
        // Blanks around ASCII by their bytes; everything else character by character.
        let bytes = self.text.as_bytes();
        let letter = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_graphic);
        let first = blanks(bytes);
        if first == bytes.len() {
            return self.from(first);
        }
        let end = bytes.iter().rposition(|b| !is_blank(*b)).map_or(0, |last| last.saturating_add(1));
        if letter(first) && end.checked_sub(1).is_some_and(letter) {
            return self.slice(first..end);
        }
        let tail = self.text.trim_start();
        let start = self.text.len().saturating_sub(tail.len());
        let end = start.saturating_add(tail.trim_end().len());
        self.slice(start..end)
    }
    /// Whether there is nothing but blanks.
    pub fn is_blank(self) -> bool {
        blanks(self.text.as_bytes()) == self.text.len()
    }
    /// The columns of blanks before the first letter.
    pub fn indent(self) -> usize {
        self.text.len().saturating_sub(self.text.trim_start().len())
    }
    /// Takes off the marks of quoted text and of lists: `> `, `>> `, `% `, `# `, `| `, `+ `, `• `; and the line at the end of a
    /// row, if one began it: ` |`.
    pub fn unquoted(self) -> Self {
        let mut out = self;
        let mut row = None;
        // Most lines begin with a letter or a digit.
        let first = self.text.as_bytes().get(blanks(self.text.as_bytes()));
        if first.is_none_or(u8::is_ascii_alphanumeric) {
            return self;
        }
        for _ in 0..8 {
            let start = blanks(out.text.as_bytes());
            let trimmed = out.text.get(start..).unwrap_or_default();
            let mut chars = trimmed.chars();
            let (first, second) = (chars.next(), chars.next());
            let bullet = first.is_some_and(|mark| BULLETS.contains(&mark)) && matches!(second, Some(' ' | '\t'));
            let marked = matches!(first, Some('>' | '%' | '#' | '|' | '+' | '\u{2502}'))
                && matches!(second, None | Some(' ' | '\t' | '>'));
            if !marked && !bullet {
                break;
            }
            row = row.or(first.filter(|mark| matches!(mark, '|' | '\u{2502}')));
            let width = first.map_or(0, char::len_utf8);
            out = out.from(start.saturating_add(width));
            if let Some(rest) = out.text.strip_prefix(' ').or_else(|| out.text.strip_prefix('\t').filter(|_| bullet)) {
                out = out.from(out.text.len().saturating_sub(rest.len()));
            }
            // One bullet is the list's; a dash behind it is the text's.
            if bullet {
                break;
            }
        }
        let inner = row.and_then(|mark| out.text.trim_end().strip_suffix(mark));
        match inner.filter(|inner| inner.ends_with([' ', '\t']) || inner.is_empty()) {
            Some(inner) => out.slice(0..inner.len()),
            None => out,
        }
    }
    /// Takes off the quotes and the comma of a line that is an item of a JSON list.
    fn list_item(self) -> Self {
        if !self.text.ends_with(['"', ',']) && !self.text.ends_with(char::is_whitespace) {
            return self;
        }
        let item = self.trim();
        let inner = item.text.strip_prefix('"').and_then(|t| t.strip_suffix("\",").or_else(|| t.strip_suffix('"')));
        match inner {
            // A name and a value of a registry export: `"Certificate"="a1b2…"`.
            Some(inner) if inner.contains("\"=\"") => self,
            Some(inner) => item.slice(1..inner.len().saturating_add(1)),
            None => self,
        }
    }
    /// The physical line.
    pub fn line(self) -> &'a Line<'a> {
        &self.cleaned.line
    }
    /// The original offset of the first byte.
    pub fn start(self) -> u64 {
        if self.cleaned.plain {
            return self.cleaned.line.original(self.at);
        }
        let start = self.cleaned.physical(self.at);
        if !self.cleaned.is_carried() {
            self.cleaned.last.set(self.cleaned.counted(start));
        }
        self.cleaned.original(start)
    }
    /// Whether this is the first piece of its physical line: `<br>` marks cut a line into several.
    pub fn begins_its_line(self) -> bool {
        self.cleaned.text.get(..self.at).is_none_or(|before| !before.contains('\u{2028}'))
    }
    /// A part of the piece: a slice of its `text`. A foreign text gives the piece itself.
    pub fn part(self, part: &str) -> Self {
        let start = part.as_ptr().addr().wrapping_sub(self.text.as_ptr().addr());
        let end = start.wrapping_add(part.len());
        if start <= end && end <= self.text.len() { self.slice(start..end) } else { self }
    }
    /// A value stated by a part of the piece (a slice of its `text`).
    pub fn fact<T>(self, source: SourceId, value: T, part: &str) -> Fact<T> {
        Fact::stated(value, self.part(part).place(source))
    }
    /// A part of the piece as a fact.
    pub fn text_fact(self, source: SourceId, part: &str) -> Fact<String> {
        self.fact(source, part.to_owned(), part)
    }
    /// The place in the original input.
    pub fn place(self, source: SourceId) -> Place {
        let line = &self.cleaned.line;
        if self.cleaned.plain {
            let width: u32 = if line.map == LineMap::Utf16 { 2 } else { 1 };
            let (at, len) =
                (u32::try_from(self.at).unwrap_or(u32::MAX), u32::try_from(self.text.len()).unwrap_or(u32::MAX));
            return Place {
                source,
                line: u32::try_from(line.number).unwrap_or(u32::MAX),
                column: at.saturating_add(1),
                start: line.start.saturating_add(u64::from(at.saturating_mul(width))),
                len: len.saturating_mul(width),
            };
        }
        let start = self.cleaned.physical(self.at);
        let end = self.cleaned.physical(self.at.saturating_add(self.text.len()));
        let first = self.start();
        let after = match line.map {
            LineMap::Carried(_) if end > start => line.original_end(end),
            _ => self.cleaned.original(end.max(start)),
        };
        Place {
            source,
            line: u32::try_from(line.number_at(start)).unwrap_or(u32::MAX),
            column: self.cleaned.column(start),
            start: first,
            len: u32::try_from(after.saturating_sub(first)).unwrap_or(u32::MAX),
        }
    }
    /// Where the characters of the piece stand in the file, if it was taken out of a page or document.
    pub fn runs(self) -> Vec<KeptRun> {
        let mut runs = Vec::new();
        if !self.cleaned.is_carried() {
            return runs;
        }
        let line = &self.cleaned.line;
        let mut expected = None;
        for (index, (at, _)) in self.text.char_indices().enumerate() {
            let physical = self.cleaned.physical(self.at.saturating_add(at));
            let (number, column) = (line.number_at(physical), line.column(physical));
            if expected != Some((number, column)) {
                let small = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
                runs.push(KeptRun { number: small(number), column, index: u32::try_from(index).unwrap_or(u32::MAX) });
            }
            expected = Some((number, column.saturating_add(1)));
        }
        runs
    }
    /// Whether the piece is its whole physical line, so that the line itself can be shown.
    pub fn is_whole_line(self) -> bool {
        if self.cleaned.is_carried() {
            return false;
        }
        if self.text.len() == self.cleaned.text.len() {
            return self.cleaned.same_columns;
        }
        self.cleaned.same_columns && self.text.trim().len() == self.cleaned.text.trim().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_in_front_of_any_length() {
        for length in 0..70 {
            let text: Vec<u8> = (0..length).map(|at| if at % 3 == 0 { b'\t' } else { b' ' }).collect();
            assert_eq!(blanks(&text), length);
            for behind in [&b"a"[..], b"\xc2\xa0", b"\n", b"0123456789abcdef "] {
                assert_eq!(blanks(&[&text[..], behind].concat()), length, "{behind:?}");
            }
        }
    }

    #[test]
    fn invisible_characters_in_front() {
        for (text, wanted, at) in [
            ("\u{feff}my", "my", 3),
            ("\u{200b}\u{200e}  a&amp;b", "  a&b", 6),
            ("my\u{200b}", "my\u{200b}", 0),
            ("a\u{200e}b", "a\u{200e}b", 0),
        ] {
            let line = Line { text, number: 1, order: 1, start: 0, end: 64, map: LineMap::Identity, window: None };
            let cleaned = Cleaned::new(line);
            let piece = cleaned.pieces().next().unwrap();
            assert_eq!((piece.text, piece.start()), (wanted, at), "{text}");
        }
        let text = "\u{feff}my\u{200b}";
        let line = Line { text, number: 1, order: 1, start: 0, end: 8, map: LineMap::Identity, window: None };
        assert_eq!(Cleaned::of_certutil(line).pieces().next().unwrap().text, "my");
    }

    #[test]
    fn quoting_is_taken_off() {
        for (line, wanted) in [
            ("> > a |", "a |"),
            ("| a: b  |", "a: b  "),
            ("\u{2502}   a \u{2502} ", "  a "),
            ("| |", ""),
            ("| a|", "a|"),
            ("|a |", "|a |"),
            ("%  a", " a"),
            ("\u{2022}  a", " a"),
            ("> \u{2013}\ta", "a"),
            ("\u{b7}a", "\u{b7}a"),
        ] {
            let line =
                Line { text: line, number: 1, order: 1, start: 0, end: 64, map: LineMap::Identity, window: None };
            let cleaned = Cleaned::raw(line);
            assert_eq!(cleaned.pieces().next().unwrap().unquoted().text, wanted, "{}", line.text);
        }
    }
}
