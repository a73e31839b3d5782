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
use super::json_line::{quote_from, string, syntax, values};
use super::prefixed::{HEADER, is_header};
use super::{Form, Take, Unread};
use crate::input::json_escape::json_escape;
use crate::limits::JSON_FIRST_LINE;
use memchr::{memchr2, memmem};

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
/// Bytes of a line that tell whether it is taken as it is.
const LINE_HEAD: usize = 4_096;

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
    unread: Vec<Unread>,
    /// That a string is not read is said.
    said: bool,
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
    /// In a string of such a line that is not shown; `long`: it goes on where no first line end is looked for.
    Left { long: bool },
    /// In a string that is shown; `return_before`: `\r` came last, which ended a line.
    Shown { return_before: bool },
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
            let content = value.content.as_bytes();
            ends = ends.saturating_add(value.line_ends);
            found |= value.line_ends > 0 && memmem::find(content, HEADER).is_some();
            if wanted.is_none() && is_header(content) {
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
        if values(line).any(|value| value.line_ends > 0) {
            return false;
        }
        // Quotation marks in the texts of other languages are not those of strings: `"my "Personal"",`.
        let Some(has_key) = syntax(line) else { return true };
        let signs = line.bytes().all(|b| b"{}[], \t".contains(&b)) && !line.trim().is_empty();
        let shown = |key: Option<&str>| self.repeated && key.is_none() || self.shows(key, 0);
        !(has_key || signs || values(line).any(|value| shown(value.key)))
    }

    /// Between the strings of a line: up to the next one, which is a key or a value, or to `stop`.
    fn around(&mut self, cursor: &mut Cursor<'_>, stop: usize) {
        let Some(quote) = quote_from(cursor.text(), cursor.index()).filter(|at| *at < stop) else {
            return cursor.to(stop);
        };
        cursor.to(quote.saturating_add(1));
        // As many bytes stand behind every place in a window of a very long line.
        let content = head_of(cursor.rest(), JSON_FIRST_LINE);
        let found = string(content);
        if let (Some(len), Some(value)) = (found.len, found.value) {
            let key = content.get(..len);
            self.key = key.filter(|_| value.starts_with('"')).map(str::to_owned);
            return cursor.by(len.saturating_add(1));
        }
        let key = self.key.take();
        let text = found.len.and_then(|len| content.get(..len)).unwrap_or_default();
        let shown = self.shows(key.as_deref(), found.line_ends) || is_command(key.as_deref(), text);
        self.gave = false;
        self.state = match shown {
            true => State::Shown { return_before: false },
            false => State::Left { long: found.len.is_none() },
        };
    }

    /// Moves to the end of a string that is not shown, or to `stop`.
    fn left(&mut self, cursor: &mut Cursor<'_>, stop: usize, long: bool) {
        let ahead = cursor.text().get(cursor.index()..stop).unwrap_or_default();
        let Some(at) = memchr2(b'"', b'\\', ahead.as_bytes()) else { return cursor.to(stop) };
        cursor.by(at);
        match cursor.rest().as_bytes() {
            [b'\\', b'"' | b'\\', ..] => return cursor.by(2),
            [b'\\', b'n', ..] if long && !self.said => {
                self.said = true;
                let message =
                    format!("strings of JSON whose first line has more than {JSON_FIRST_LINE} bytes are not read");
                let spot = cursor.spot();
                self.unread.push((message, spot.line, spot.original));
            }
            [b'"', ..] => self.state = State::Around,
            _ => {}
        }
        cursor.by(1);
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
        match json_escape(rest) {
            Some(('\n', bytes)) => {
                cursor.by(bytes);
                if !return_before {
                    out.end_line(spot, take);
                    self.gave = true;
                }
            }
            Some(('\r', bytes)) => {
                cursor.by(bytes);
                self.state = State::Shown { return_before: true };
                out.end_line(spot, take);
                self.gave = true;
            }
            Some((c, bytes)) => {
                cursor.by(bytes);
                out.push(c, spot, cursor.original(), take);
            }
            None => out.copy(cursor, cursor.index().saturating_add(1), take),
        }
    }
}

impl Form for JsonStrings {
    fn line(&mut self, cursor: &mut Cursor<'_>, stop: usize, ends: bool, out: &mut Carried, take: &mut Take<'_>) {
        if self.state == State::Begins {
            self.state = if self.is_plain(head_of(cursor.rest(), LINE_HEAD)) { State::Plain } else { State::Around };
            self.key = None;
        }
        while cursor.index() < stop {
            match self.state {
                State::Begins | State::Plain => out.copy(cursor, stop, take),
                State::Shown { .. } => self.shown(cursor, stop, out, take),
                State::Around => self.around(cursor, stop),
                State::Left { long } => self.left(cursor, stop, long),
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
        std::mem::take(&mut self.unread)
    }
}

/// Whether a string of one line is the command whose output another one is: it says which store was asked for, and whose.
fn is_command(key: Option<&str>, text: &str) -> bool {
    key.is_some_and(|key| COMMANDS.iter().any(|name| key.eq_ignore_ascii_case(name)))
        || key.is_some() && text.to_ascii_lowercase().contains("certutil")
}

/// The first bytes of a text.
fn head_of(text: &str, bytes: usize) -> &str {
    text.get(..floor(text, bytes)).unwrap_or_default()
}
