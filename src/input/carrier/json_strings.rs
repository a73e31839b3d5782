//! Texts of several lines in the strings of JSON: what `az vm run-command` and other agents answer with, an entry of a ticket
//! system, the log of a container engine with an object for each line.
//!
//! The strings with line ends are shown, a line for each, and where a header of certutil is a string by itself, all that stand as
//! it does: the elements of arrays, or the values of its key; what stands around them on the same line of the file is not, and lines
//! with no string but a key aren't. Another line of the file is taken as it is, and events in JSON stay what they are: their messages
//! have line ends, too.
//!
//! Sources: RFC 8259 section 7 (strings, escapes, surrogates). Which programs answer so is experience.

use super::carried::{Carried, Cursor, floor};
use super::prefixed::{HEADER, is_header};
use super::{Form, Take, Unread};
use memchr::{memchr_iter, memchr2, memmem};

/// Line ends in the strings of the first bytes that show such a text.
const LINE_ENDS: usize = 3;
/// Keys of events.
const OF_EVENTS: [&[u8]; 4] = [b"\"EventID\"", b"event_id", b"\"ProviderName\"", b"\"event.code\""];
/// What Ansible prints before an object: `ok: [web01] => {`, `fatal: [web01]: FAILED! => {`.
const OF_ANSIBLE: [&[u8]; 2] = [b"] => {", b"! => {"];
/// Keys under which Ansible gives the same text twice: as one string, and as an array of its lines.
const REPEATED: [&[u8]; 2] = [b"\"stdout\"", b"\"stdout_lines\""];
/// Keys of the command that was run.
const COMMANDS: [&str; 4] = ["cmd", "command", "commandline", "script"];
/// Bytes of a string in which its first line end, or its end and the colon of a key, are looked for. As many stand behind every
/// place in a window of a very long line.
const NEAR: usize = 1_024;
/// Bytes of a line that tell whether it is taken as it is.
const LINE_HEAD: usize = 4_096;
/// Bytes of a key that are compared.
const KEY: usize = 64;
/// Bytes of two escapes that are one character.
const LONGEST_ESCAPE: usize = 12;

/// Reads the strings of several lines.
#[derive(Default)]
pub(super) struct JsonStrings {
    state: State,
    /// Where the texts of one line are.
    wanted: Option<Lines>,
    /// The elements of arrays say what a string with line ends says.
    repeated: bool,
    /// The key of the value that comes next.
    key: Option<String>,
    /// A line of the string that is being shown is given.
    gave: bool,
}

/// Where each string is a line: the elements of arrays, or the values of a key.
#[derive(Debug, PartialEq, Eq)]
enum Lines {
    Elements,
    Of(String),
}

impl Lines {
    fn are(&self, key: Option<&str>) -> bool {
        match self {
            Self::Elements => key.is_none(),
            Self::Of(wanted) => key == Some(wanted),
        }
    }
}

/// Where the reading stands, inside one line of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// At its beginning.
    #[default]
    Begins,
    /// The line is taken as it is.
    Plain,
    /// Around the strings of a line that are shown.
    Around,
    /// In a string without line ends on such a line.
    Left,
    /// In a string that is shown; `return_before`: `\r` came last, which ended a line.
    Shown { return_before: bool },
}

/// What stands at a backslash.
enum Escape {
    /// A character, and the bytes that stand for it.
    Character(char, usize),
    /// None of JSON, or cut.
    Unknown,
}

impl JsonStrings {
    /// For an input with these first bytes, if it is JSON with texts of several lines.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        if OF_EVENTS.iter().any(|key| memmem::find(head, key).is_some()) {
            return None;
        }
        let is_json = matches!(head.trim_ascii_start().first(), Some(b'{' | b'[' | b'"'))
            || OF_ANSIBLE.iter().any(|mark| memmem::find(head, mark).is_some());
        // Only the output of certutil shows that other texts hold JSON.
        let mut found = is_json;
        if !found && memmem::find(head, HEADER).is_none() {
            return None;
        }
        let text = String::from_utf8_lossy(head);
        let (mut ends, mut wanted) = (0usize, None);
        for value in text.lines().flat_map(values) {
            ends = ends.saturating_add(value.ends);
            found |= value.ends > 0 && value.content.as_bytes().starts_with(HEADER);
            found |= value.ends > 0 && memmem::find(value.content.as_bytes(), b"n================ ").is_some();
            if wanted.is_none() && is_header(value.content.as_bytes()) {
                wanted = Some(value.key.map_or(Lines::Elements, |key| Lines::Of(key.to_owned())));
            }
        }
        let several = found && ends >= LINE_ENDS;
        let repeated = several && REPEATED.iter().all(|key| memmem::find(head, key).is_some());
        let wanted = wanted.filter(|lines| !repeated || *lines != Lines::Elements);
        let several = several || wanted.is_some();
        several.then(|| Self { wanted, repeated, ..Self::default() })
    }

    /// Whether a value is shown.
    fn shows(&self, key: Option<&str>, ends: usize) -> bool {
        ends > 0 || self.wanted.as_ref().is_some_and(|wanted| wanted.are(key))
    }

    /// Whether no string of a line is shown and no key stands in it, so that it is taken as it is.
    fn is_plain(&self, line: &str) -> bool {
        if values(line).any(|value| value.ends > 0) {
            return false;
        }
        // Quotation marks in the texts of other languages are not those of strings: `"my "Personal"",`.
        let Some(has_key) = syntax(line) else { return true };
        let signs = line.bytes().all(|b| b"{}[], \t".contains(&b)) && !line.trim().is_empty();
        let shown = |value: Value<'_>| self.repeated && value.key.is_none() || self.shows(value.key, 0);
        !(has_key || signs || values(line).any(shown))
    }

    /// Between the strings of a line: up to the next one, which is a key or a value, or to `stop`.
    fn around(&mut self, cursor: &mut Cursor<'_>, stop: usize) {
        let Some(quote) = quote_from(cursor.text(), cursor.index()).filter(|at| *at < stop) else {
            return cursor.to(stop);
        };
        cursor.to(quote.saturating_add(1));
        let content = head(cursor.rest(), NEAR);
        let found = string(content);
        if let Some(len) = found.len
            && let Some(value) = value_of_key(content, len)
        {
            let key = content.get(..floor(content, len.min(KEY)));
            self.key = key.filter(|_| value.starts_with('"')).map(str::to_owned);
            return cursor.by(len.saturating_add(1));
        }
        let key = self.key.take();
        let text = found.len.and_then(|len| content.get(..len)).unwrap_or_default();
        let shown = self.shows(key.as_deref(), found.ends) || is_command(key.as_deref(), text);
        self.gave = false;
        self.state = if shown { State::Shown { return_before: false } } else { State::Left };
    }

    /// Moves to the end of a string that is not shown, or to `stop`.
    fn left(&mut self, cursor: &mut Cursor<'_>, stop: usize) {
        let ahead = cursor.text().get(cursor.index()..stop).unwrap_or_default();
        match memchr2(b'"', b'\\', ahead.as_bytes()) {
            None => cursor.to(stop),
            Some(at) => {
                cursor.by(at);
                let escaped = matches!(cursor.rest().as_bytes(), [b'\\', b'"' | b'\\', ..]);
                if cursor.rest().starts_with('"') {
                    self.state = State::Around;
                }
                cursor.by(if escaped { 2 } else { 1 });
            }
        }
    }

    /// Reads on in a string that is shown, up to its end or `stop`.
    fn shown(&mut self, cursor: &mut Cursor<'_>, stop: usize, out: &mut Carried, take: &mut Take<'_>) {
        let rest = cursor.rest();
        let ahead = stop.saturating_sub(cursor.index()).min(rest.len());
        let found = memchr2(b'"', b'\\', rest.as_bytes().get(..ahead).unwrap_or_default());
        if found != Some(0) {
            self.state = State::Shown { return_before: false };
            return out.copy(cursor, cursor.index().saturating_add(found.unwrap_or(ahead)), take);
        }
        let spot = cursor.spot();
        if rest.starts_with('"') {
            cursor.by(1);
            if !out.is_empty() || !self.gave {
                out.end_line(spot, take);
            }
            self.state = State::Around;
            return;
        }
        let return_before = self.state == State::Shown { return_before: true };
        self.state = State::Shown { return_before: false };
        match escape(rest) {
            Escape::Character('\n', bytes) => {
                cursor.by(bytes);
                if !return_before {
                    out.end_line(spot, take);
                    self.gave = true;
                }
            }
            Escape::Character('\r', bytes) => {
                cursor.by(bytes);
                self.state = State::Shown { return_before: true };
                out.end_line(spot, take);
                self.gave = true;
            }
            Escape::Character(c, bytes) => {
                cursor.by(bytes);
                out.push(c, spot, cursor.original(), take);
            }
            Escape::Unknown => out.copy(cursor, cursor.index().saturating_add(1), take),
        }
    }
}

impl Form for JsonStrings {
    fn line(&mut self, cursor: &mut Cursor<'_>, stop: usize, ends: bool, out: &mut Carried, take: &mut Take<'_>) {
        if self.state == State::Begins {
            self.state = if self.is_plain(head(cursor.rest(), LINE_HEAD)) { State::Plain } else { State::Around };
            self.key = None;
        }
        while cursor.index() < stop {
            match self.state {
                State::Begins | State::Plain => out.copy(cursor, stop, take),
                State::Shown { .. } => self.shown(cursor, stop, out, take),
                State::Around => self.around(cursor, stop),
                State::Left => self.left(cursor, stop),
            }
        }
        if ends {
            if self.state == State::Plain || !out.is_empty() {
                out.end_line(cursor.spot(), take);
            }
            self.state = State::Begins;
        }
    }

    fn finish(&mut self, _: &mut Carried, _: &mut Take<'_>) {}

    fn take_unread(&mut self) -> Vec<Unread> {
        Vec::new()
    }
}

/// The next quotation mark with which a string may begin. One behind a backslash is in the middle of a text.
fn quote_from(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut quotes = memchr_iter(b'"', bytes.get(from..)?).map(|at| from.saturating_add(at));
    quotes.find(|at| at.checked_sub(1).and_then(|before| bytes.get(before)) != Some(&b'\\'))
}

/// A string that is no key.
struct Value<'l> {
    key: Option<&'l str>,
    content: &'l str,
    ends: usize,
}

/// The strings of a line that are no keys.
fn values(line: &str) -> impl Iterator<Item = Value<'_>> {
    let mut at = 0;
    let mut key = None;
    std::iter::from_fn(move || {
        loop {
            let begin = quote_from(line, at)?.saturating_add(1);
            let here = line.get(begin..)?;
            let found = string(here);
            let len = found.len.unwrap_or(here.len());
            let content = here.get(..len)?;
            at = begin.saturating_add(len).saturating_add(1);
            if let Some(value) = value_of_key(here, len) {
                key = content.get(..floor(content, KEY)).filter(|_| value.starts_with('"'));
                continue;
            }
            return Some(Value { key: key.take(), content, ends: found.ends });
        }
    })
}

/// Whether a key stands in a line that has nothing but signs of JSON, numbers and its words between strings.
fn syntax(line: &str) -> Option<bool> {
    let mut rest = line;
    let mut has_key = false;
    loop {
        let (before, behind) = rest.split_once('"').unwrap_or((rest, ""));
        let mut words = before.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '-' | '.'));
        let signs = before.bytes().all(|b| b.is_ascii_alphanumeric() || b"{}[]:, \t\r+-.".contains(&b));
        let known = |word: &str| matches!(word, "" | "null" | "true" | "false") || word.parse::<f64>().is_ok();
        if !signs || !words.all(known) {
            return None;
        }
        let Some(len) = string(behind).len else { return Some(has_key) };
        has_key |= value_of_key(behind, len).is_some();
        rest = behind.get(len.saturating_add(1)..).unwrap_or_default();
    }
}

/// What stands behind the colon, if the string whose content has this length is a key.
fn value_of_key(content: &str, len: usize) -> Option<&str> {
    let behind = content.get(len.saturating_add(1)..)?.trim_start();
    behind.strip_prefix(':').map(str::trim_start)
}

/// A string whose content begins somewhere.
struct Found {
    /// Its length, if it ends in this text.
    len: Option<usize>,
    /// Its line ends, none when it has what no string of JSON has.
    ends: usize,
}

/// The string whose content begins here.
fn string(content: &str) -> Found {
    let (mut at, mut ends, mut valid) = (0usize, 0usize, true);
    let mut len = None;
    while let Some(rest) = content.get(at..)
        && let Some(found) = memchr2(b'"', b'\\', rest.as_bytes())
    {
        at = at.saturating_add(found);
        let here = content.get(at..).unwrap_or_default();
        if here.starts_with('"') {
            len = Some(at);
            break;
        }
        match escape(here) {
            Escape::Character(c, bytes) => {
                ends = ends.saturating_add(usize::from(c == '\n'));
                at = at.saturating_add(bytes);
            }
            Escape::Unknown => {
                // One that is cut may be of JSON.
                valid &= here.len() < LONGEST_ESCAPE;
                at = at.saturating_add(1);
            }
        }
    }
    Found { len, ends: if valid { ends } else { 0 } }
}

/// Whether a string of one line is the command whose output another one is: it says which store was asked for, and whose.
fn is_command(key: Option<&str>, text: &str) -> bool {
    key.is_some_and(|key| COMMANDS.iter().any(|name| key.eq_ignore_ascii_case(name)))
        || key.is_some() && text.to_ascii_lowercase().contains("certutil")
}

/// The first bytes of a text.
fn head(text: &str, bytes: usize) -> &str {
    text.get(..floor(text, bytes)).unwrap_or_default()
}

/// The character that an escape stands for.
fn escape(text: &str) -> Escape {
    let c = match text.as_bytes().get(1) {
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'b' | b'f') => ' ',
        Some(b @ (b'"' | b'\\' | b'/')) => char::from(*b),
        Some(b'u') => return unicode(text),
        _ => return Escape::Unknown,
    };
    Escape::Character(c, 2)
}

/// `\u` and four hexadecimal digits, or two of them that are one character.
fn unicode(text: &str) -> Escape {
    let unit = |from: usize| {
        let part = text.get(from..from.saturating_add(6))?;
        let digits = part.strip_prefix("\\u").filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
        u16::from_str_radix(digits, 16).ok()
    };
    let Some(first) = unit(0) else { return Escape::Unknown };
    if let Some(c) = char::from_u32(u32::from(first)) {
        return Escape::Character(c, 6);
    }
    let pair = unit(6).and_then(|second| char::decode_utf16([first, second]).next()?.ok());
    pair.map_or(Escape::Character(char::REPLACEMENT_CHARACTER, 6), |c| Escape::Character(c, 12))
}
