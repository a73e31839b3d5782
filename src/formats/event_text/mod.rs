//! Events in any text: copies of Event Viewer (new and old), `wevtutil`, PowerShell lists and tables, dcdiag, XML and JSON
//! records among other text, and messages alone.
//!
//! One reader for all forms, because the text and the XML of one record stand together (`Event Xml:`) and are one record.
//! Sources: published records in English, German, Japanese, Chinese and Russian for the layout (nine lines, the value in
//! column 15, the number in line four); Microsoft Learn for the PowerShell and `wevtutil` property names.

mod dump;
mod json_lines;
mod labels;
mod rows;
mod table;

use super::csv_fields;
use super::event_fields::{self, SENTENCES, Words, event_number, is_bidi_mark, is_known_provider, without_marks};
use super::glance::{self, Glance};
use super::joined_lines::JoinedLines;
use super::piece::{Cleaned, Piece};
use super::text_reader::{Reached, TextReader, joined_place, keep_line};
use super::word_search::WordSearch;
use super::{event_json, event_xml};
use crate::limits::{EVENT_HEADERS, EVENT_ROW_LINES, Limits, SENTENCE_LINES};
use crate::model::event_record::EventRecord;
use crate::model::fact::{Basis, Excerpts, Fact, Place, SourceId};
use crate::model::observation::{Observation, Observed};
use json_lines::OpenObject;
pub use labels::words_beyond_ascii;
use labels::{Field, LEGACY_ORDER, VIEWER, VIEWER_ORDER};
use rows::{Heading, OpenRow};
use table::Columns;

/// The report's word for an event in a text.
pub const KIND: &str = "schannel-event";

/// The first lines of the messages of security events about a key. They are short: only a whole line counts.
const SECURITY_TITLES: [(&str, u32); 3] =
    [("Cryptographic operation.", 5061), ("Key file operation.", 5058), ("Key migration operation.", 5059)];

/// Whether the record is one of these.
fn is_security(record: &EventRecord) -> bool {
    SECURITY_TITLES.iter().any(|(_, id)| *id == record.number())
}

/// The first words of the product's sentences: an automaton of the whole ones takes longer to make than a dump to read.
static HEADS: WordSearch = WordSearch::new(
    || SENTENCES.iter().map(|(words, _, _)| words.chars().take(HEAD).collect()).collect(),
    |builder| {
        builder.ascii_case_insensitive(true);
    },
);

/// The letters of a sentence that are looked for.
const HEAD: usize = 10;

/// The layout that a record was opened with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Labels of a known language, in any order.
    Labels,
    /// A language without known labels: values by their position; the number of header lines that were read.
    Viewer(usize),
    /// The same for the older Event Viewer.
    Legacy(usize),
    /// PowerShell's list, a property per line.
    List,
    /// dcdiag.
    Dcdiag,
    /// A message alone; its lines.
    Sentence(u32),
    /// XML without text.
    Xml,
}

/// The XML of a record.
struct Fragment {
    lines: JoinedLines,
    /// Taken from physical lines, in which `&lt;` is no mark-up.
    raw: bool,
    closed: bool,
    /// The last line was empty.
    blank: bool,
}

/// A record that is being read.
struct Record {
    form: Form,
    header: Vec<(Field, Fact<String>)>,
    message: JoinedLines,
    in_message: bool,
    /// Empty lines since the last line of the message.
    blanks: u32,
    sentence: Option<(u32, &'static str, Place)>,
    xml: Option<Fragment>,
    excerpts: Excerpts,
    first: Place,
    last: Place,
}

/// A line that may be the first, second or third of a header in an unknown language.
#[derive(Default)]
struct Candidate {
    value: String,
    place: Place,
    line_place: Place,
    /// The value has the digits of a date.
    dated: bool,
}

/// Reads events; see [`TextReader`].
pub struct EventReader {
    source: SourceId,
    limits: Limits,
    open: Option<Box<Record>>,
    done: Vec<Observed>,
    /// The last candidates; only the first `held` count.
    candidates: [Candidate; 3],
    held: usize,
    columns: Option<Columns>,
    /// The heading of rows of separated values, and the row that is open.
    heading: Option<Heading>,
    row: Option<OpenRow>,
    /// The JSON object that is open.
    object: Option<OpenObject>,
    group: Option<Fact<String>>,
    /// The physical line, and its window, that was read whole.
    swallowed: Option<(u64, u32)>,
    problems: Vec<(String, Place)>,
    reached: Reached,
}

/// What becomes of a line that is offered to an open record.
#[derive(PartialEq, Eq)]
enum Step {
    Taken,
    Ended,
}

/// `label: value`; the label without mark-up, the value as a piece.
fn split_label(piece: Piece<'_>) -> Option<(&str, Piece<'_>)> {
    let text = piece.text;
    // Of ASCII, as most lines are, a byte is a character.
    let at = match text.get(..48.min(text.len())).filter(|start| start.is_ascii()) {
        Some(start) => memchr::memchr(b':', start.as_bytes()).map(|at| (at, ':')),
        None => text.char_indices().take(48).find(|(_, c)| matches!(c, ':' | '：')),
    }?;
    let after = at.0.saturating_add(at.1.len_utf8());
    let mark = |c: char| c.is_whitespace() || matches!(c, '*' | '`') || is_bidi_mark(c);
    let label = text.get(..at.0)?.trim_matches(mark);
    let label = label.strip_prefix("- ").unwrap_or(label);
    if label.is_empty() {
        return None;
    }
    Some((label, strip_marks(piece.from(after))))
}

/// A value without blanks and mark-up around it.
fn strip_marks(piece: Piece<'_>) -> Piece<'_> {
    let mark = |c: char| c.is_whitespace() || matches!(c, '*' | '`') || is_bidi_mark(c);
    let head = piece.text.trim_start_matches(mark);
    let start = piece.text.len().saturating_sub(head.len());
    piece.slice(start..start.saturating_add(head.trim_end_matches(mark).len()))
}

/// Digits and separators enough for a date with a time.
fn looks_dated(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    (6..=24).contains(&digits) && (text.contains(':') || text.contains('.')) && text.chars().count() <= 48
}

/// The sentence of the product in a line: its event's number, its provider, and its words.
fn anchor(piece: Piece<'_>) -> Option<(u32, &'static str, Piece<'_>)> {
    HEADS.in_text(piece.text)?.find_overlapping_iter(piece.text).find_map(|head| {
        let (words, id, provider) = SENTENCES.get(head.pattern().as_usize()).copied()?;
        let sentence = head.start()..head.start().saturating_add(words.len());
        let stands = piece.text.get(sentence.clone()).is_some_and(|text| text.eq_ignore_ascii_case(words));
        stands.then(|| (id, provider, piece.slice(sentence)))
    })
}

/// The start of an event's element: `<Event ` or `<Event>`, not `<EventID>`.
fn event_start(text: &str) -> Option<usize> {
    memchr::memchr(b'<', text.as_bytes())?;
    memchr::memmem::find_iter(text.as_bytes(), b"<Event").find(|at| {
        let next = text.as_bytes().get(at.saturating_add(6));
        next.is_none_or(|b| matches!(b, b' ' | b'>' | b'\t'))
    })
}

/// Whether a value can be the number in a header without known labels.
fn is_event_number(text: &str) -> bool {
    text.len() <= 10 && event_number(text).is_some_and(|number| number >= 50)
}

/// Whether a label has the signs of one in any language. In a code page that is not known its letters are other signs.
fn is_plain(label: &str) -> bool {
    label.chars().all(|c| c.is_alphabetic() || !c.is_ascii() || matches!(c, ' ' | '-' | '\'' | '.' | '(' | ')'))
}

/// Adds a line to a text, without bidirectional marks.
fn push_clean(lines: &mut JoinedLines, piece: Piece<'_>) {
    if piece.text.is_ascii() || !piece.text.contains(is_bidi_mark) {
        lines.push(piece);
        return;
    }
    let mut begun = false;
    for part in piece.text.split(is_bidi_mark) {
        let part = piece.part(part);
        if begun {
            lines.extend(part)
        } else {
            lines.push(part)
        }
        begun = true;
    }
}

impl EventReader {
    /// For one input.
    pub fn new(source: SourceId, limits: &Limits) -> Self {
        Self {
            source,
            limits: limits.clone(),
            open: None,
            done: Vec::new(),
            candidates: Default::default(),
            held: 0,
            columns: None,
            heading: None,
            row: None,
            object: None,
            group: None,
            swallowed: None,
            problems: Vec::new(),
            reached: Reached::default(),
        }
    }

    fn fact(&self, piece: Piece<'_>) -> Fact<String> {
        Fact::stated(without_marks(piece.text), piece.place(self.source))
    }

    fn start(&mut self, form: Form, piece: Piece<'_>) -> &mut Record {
        self.close();
        self.held = 0;
        let place = piece.place(self.source);
        let record = Record {
            form,
            header: Vec::new(),
            message: JoinedLines::new(self.source),
            in_message: false,
            blanks: 0,
            sentence: None,
            xml: None,
            excerpts: Excerpts::default(),
            first: place,
            last: place,
        };
        self.open.insert(Box::new(record))
    }

    // ---- XML ----

    fn xml_is_open(&self) -> bool {
        self.open.as_ref().is_some_and(|r| r.xml.as_ref().is_some_and(|x| !x.closed))
    }

    /// The physical line as one piece, for XML and JSON.
    fn whole_line(&mut self, piece: Piece<'_>, then: impl FnOnce(&mut Self, Piece<'_>)) {
        let line = *piece.line();
        self.swallowed = Some((line.order, line.window.map_or(0, |w| w.index)));
        let cleaned = Cleaned::raw(line);
        if let Some(mut whole) = cleaned.pieces().next() {
            if let Some(window) = line.window.filter(|w| w.index > 0) {
                whole = whole.from(usize::try_from(window.overlap).unwrap_or(0));
            }
            then(self, whole);
        }
    }

    /// A line while a fragment is open.
    fn xml_line(&mut self, piece: Piece<'_>) -> bool {
        let Some(fragment) = self.open.as_mut().and_then(|r| r.xml.as_mut()) else { return false };
        let text = piece.text.trim();
        if text.is_empty() {
            fragment.blank = true;
            return true;
        }
        let foreign = fragment.blank && !text.contains('<');
        let fence = text.starts_with("```");
        let header = labels::find(split_label(piece).map_or("", |(label, _)| label));
        let again = matches!(header, Some((Field::Log, Some(_))));
        if foreign || fence || again {
            self.close();
            return fence || self.begin(piece);
        }
        fragment.blank = false;
        let raw = fragment.raw;
        if raw && piece.begins_its_line() {
            self.whole_line(piece, Self::feed);
        } else {
            self.feed(piece);
        }
        true
    }

    /// A line in which an event's element begins.
    fn xml_begins(&mut self, piece: Piece<'_>) {
        if piece.begins_its_line() && event_start(piece.line().text).is_some() {
            self.whole_line(piece, |reader, whole| reader.feed_as(whole, true));
        } else {
            self.feed_as(piece, false);
        }
    }

    fn feed(&mut self, piece: Piece<'_>) {
        let raw = self.open.as_ref().and_then(|r| r.xml.as_ref()).is_some_and(|x| x.raw);
        self.feed_as(piece, raw);
    }

    /// Takes the elements of a line, which may end one and begin others.
    fn feed_as(&mut self, piece: Piece<'_>, raw: bool) {
        let mut rest = piece;
        loop {
            if !self.xml_is_open() {
                let Some(at) = event_start(rest.text) else { return };
                rest = rest.from(at);
                let with_text = self.open.as_ref().is_some_and(|r| r.xml.is_none());
                if !with_text {
                    self.start(Form::Xml, rest);
                }
                let fragment = Fragment { lines: JoinedLines::new(self.source), raw, closed: false, blank: false };
                if let Some(record) = &mut self.open {
                    record.xml = Some(fragment);
                }
            } else if let Some(at) =
                event_start(rest.text).filter(|at| rest.text.get(..*at).is_some_and(|t| !t.contains("</Event>")))
                && self.open.as_ref().and_then(|r| r.xml.as_ref()).is_some_and(|x| !x.lines.is_empty())
            {
                // The one before was cut.
                self.close();
                rest = rest.from(at);
                continue;
            }
            let end = rest.text.find("</Event>").map(|at| at.saturating_add(8));
            let part = rest.slice(0..end.unwrap_or(rest.text.len()));
            let place = part.place(self.source);
            let most = self.limits.record_bytes;
            let Some(record) = &mut self.open else { return };
            let Some(fragment) = &mut record.xml else { return };
            if fragment.lines.len().saturating_add(part.text.len()) > most {
                if self.problems.len() < self.limits.problems {
                    let message = format!("an event of more than {most} bytes: the rest of it is not read");
                    self.problems.push((message, place));
                }
                self.close();
                return;
            }
            let continued = piece.line().window.is_some_and(|w| w.index > 0);
            if continued {
                fragment.lines.extend(part)
            } else {
                fragment.lines.push(part)
            }
            record.last = place;
            let Some(end) = end else { return };
            fragment.closed = true;
            self.close();
            rest = rest.from(end);
        }
    }

    // ---- JSON ----

    fn json_line(&mut self, piece: Piece<'_>) -> bool {
        let line = *piece.line();
        if !piece.begins_its_line() || line.window.is_some_and(|w| w.index > 0) || !event_json::looks_like(line.text) {
            return false;
        }
        let mut lines = JoinedLines::new(self.source);
        lines.push_raw(&line);
        let place = |range| lines.place(range);
        let Some(mut record) = event_json::parse(lines.text(), &place, &self.limits) else { return false };
        self.close();
        self.swallowed = Some((line.order, line.window.map_or(0, |w| w.index)));
        if let Some(bound) = record.bound.take() {
            self.reached.say(bound, lines.whole());
        }
        interpret_with_own_message(&mut record);
        if event_fields::matters(&record) {
            let mut excerpts = Excerpts::default();
            let whole = lines.whole();
            let text: String = line.text.chars().take(self.limits.excerpt_columns).collect();
            excerpts.push(self.source, whole.line, 1, line.start, text.trim_end());
            self.done.push(observed(record, whole, excerpts));
        }
        true
    }

    /// A line of a JSON object that stands on several. `false`: it is none, or other readers may have it.
    fn object_line(&mut self, piece: Piece<'_>) -> bool {
        if !piece.begins_its_line() || piece.line().window.is_some() {
            self.object = None;
            return false;
        }
        let cleaned = Cleaned::raw(*piece.line());
        let whole = cleaned.row();
        let Some(object) = &mut self.object else {
            if json_lines::begins(whole.text) {
                self.object = Some(OpenObject::new(JoinedLines::new(self.source), whole));
            }
            return false;
        };
        let most = self.limits.record_bytes;
        if object.lines.len().saturating_add(whole.text.len()) > most {
            if object.is_event {
                let message = format!("an event of more than {most} bytes is not read");
                self.reached.say(message, object.lines.whole());
            }
            self.object = None;
            return false;
        }
        match object.push(whole) {
            json_lines::Step::Inside => object.is_event,
            json_lines::Step::Last => {
                let event = object.is_event;
                self.finish_object();
                if json_lines::begins(whole.text) {
                    self.object = Some(OpenObject::new(JoinedLines::new(self.source), whole));
                }
                event
            }
            json_lines::Step::Foreign => {
                self.finish_object();
                false
            }
        }
    }

    /// Ends the open object and keeps what it states.
    fn finish_object(&mut self) {
        let Some(object) = self.object.take().filter(|object| object.is_event) else { return };
        let lines = &object.lines;
        let place = |range| lines.place(range);
        let Some(mut record) = event_json::parse(lines.text(), &place, &self.limits) else { return };
        if let Some(bound) = record.bound.take() {
            self.reached.say(bound, lines.whole());
        }
        interpret_with_own_message(&mut record);
        if event_fields::matters(&record) {
            self.close_text();
            let places = event_fields::places(&record);
            let excerpts = lines.excerpts(&places, self.limits.excerpt_lines, self.limits.excerpt_columns);
            self.done.push(observed(record, lines.whole(), excerpts));
        }
    }

    // ---- rows of separated values ----

    /// A line of a row; `None`: it is none.
    fn row_line(&mut self, piece: Piece<'_>) -> Option<bool> {
        if !piece.begins_its_line() || piece.line().window.is_some_and(|w| w.index > 0) {
            return None;
        }
        let cleaned = Cleaned::raw(*piece.line());
        let whole = cleaned.row();
        let odd = csv_fields::odd_quotes(whole.text);
        if let Some(row) = &mut self.row {
            let anew = rows::of_viewer(whole.text).is_some();
            let bytes = row.lines.len().saturating_add(whole.text.len());
            let full = bytes > self.limits.record_bytes || row.count >= EVENT_ROW_LINES;
            if !anew && !full {
                row.count = row.count.saturating_add(1);
                push_clean(&mut row.lines, whole);
                if odd {
                    self.finish_row(false);
                }
                return Some(true);
            }
            if full {
                let message =
                    format!("a row of an event of more than {EVENT_ROW_LINES} lines: the rest of it is not read");
                self.reached.say(message, row.lines.whole());
            }
            self.finish_row(true);
        }
        let text = whole.text.trim_start();
        if self.heading.as_ref().is_some_and(|heading| !heading.begins_row(text)) {
            self.heading = None;
        }
        let heading = match rows::of_viewer(text).or_else(|| self.heading.clone()) {
            Some(heading) => heading,
            None => {
                self.heading = Some(rows::heading(text)?);
                self.close_text();
                return Some(true);
            }
        };
        self.close_text();
        let mut lines = JoinedLines::new(self.source);
        push_clean(&mut lines, whole.part(text));
        self.row = Some(OpenRow { lines, heading, count: 1 });
        if !odd {
            self.finish_row(false);
        }
        Some(true)
    }

    fn finish_row(&mut self, cut: bool) {
        let Some(row) = self.row.take() else { return };
        self.done.extend(rows::read(&row, cut, &self.limits));
    }

    // ---- text ----

    /// A line while a record of a text form is open.
    fn text_line(&mut self, piece: Piece<'_>) -> Step {
        let Some(record) = &mut self.open else { return Step::Ended };
        let text = piece.text.trim();
        let most = self.limits.record_bytes;
        if text.is_empty() {
            record.blanks = record.blanks.saturating_add(1);
            return if record.blanks > 3 { Step::Ended } else { Step::Taken };
        }
        if text.starts_with("```") {
            return Step::Taken;
        }
        if record.message.len().saturating_add(text.len()) > most || record.header.len() > EVENT_HEADERS {
            let message = format!(
                "an event of more than {most} bytes or {EVENT_HEADERS} labels: the rest of it is not read as its own"
            );
            self.reached.say(message, joined_place(record.first, record.last));
            return Step::Ended;
        }
        let label = split_label(piece);
        let known = label.and_then(|(name, value)| Some((labels::find(name)?, value)));
        let step =
            if record.in_message { self.message_line(piece, known) } else { self.header_line(piece, label, known) };
        if step == Step::Taken
            && let Some(record) = &mut self.open
        {
            record.blanks = 0;
            record.last = piece.place(self.source);
        }
        step
    }

    fn header_line(
        &mut self,
        piece: Piece<'_>,
        label: Option<(&str, Piece<'_>)>,
        known: Option<((Field, Option<usize>), Piece<'_>)>,
    ) -> Step {
        let Some(record) = &mut self.open else { return Step::Ended };
        if let Some(((field, row), value)) = known {
            let repeated = matches!(field, Field::Log | Field::Source | Field::Id)
                && record.header.iter().any(|(f, _)| *f == field)
                || field == Field::Description && !record.message.is_empty();
            if repeated {
                return Step::Ended;
            }
            if let Form::Viewer(count) | Form::Legacy(count) = &mut record.form {
                *count = count.saturating_add(1);
            }
            self.assign(piece, field, value);
            if let Some(row) = row {
                self.flattened(row, value);
            }
            return Step::Taken;
        }
        // The labels of the source and the date are the same in French: the header goes by its order.
        let by_order = record.form == Form::Labels
            && matches!(record.header.as_slice(), [(Field::Source, _), (Field::Date, date)] if looks_dated(&date.value))
            && label.is_some_and(|(_, value)| is_event_number(value.text));
        if by_order {
            record.form = Form::Viewer(labels::ID_ROW);
        }
        let position = match record.form {
            Form::Viewer(count) => Some((count, VIEWER_ORDER.get(count).copied())),
            Form::Legacy(count) => Some((count, LEGACY_ORDER.get(count).copied())),
            _ => None,
        };
        match (position, label) {
            (Some((count, Some(field))), Some((_, value))) => {
                record.form = match record.form {
                    Form::Legacy(_) => Form::Legacy(count.saturating_add(1)),
                    _ => Form::Viewer(count.saturating_add(1)),
                };
                self.assign(piece, field, value);
                Step::Taken
            }
            // The label of the description, alone on its line or with the message behind it.
            (Some((_, None)), Some((name, value))) if value.text.is_empty() || name.chars().count() <= 14 => {
                self.assign(piece, Field::Description, value);
                Step::Taken
            }
            // In a list any other property; elsewhere a label without a known meaning.
            (_, Some((name, _))) if record.form == Form::List && !name.contains(' ') => Step::Taken,
            (_, Some((name, value)))
                if record.form == Form::Labels && value.text.chars().count() < 40 && name.chars().count() <= 24 =>
            {
                Step::Taken
            }
            _ => {
                let has_id = record.header.iter().any(|(f, _)| matches!(f, Field::Id | Field::InstanceId));
                // Some pages drop the label of the description.
                let starts_message = has_id && (anchor(piece).is_some() || position.is_some());
                if !starts_message {
                    return Step::Ended;
                }
                record.in_message = true;
                push_clean(&mut record.message, piece);
                Step::Taken
            }
        }
    }

    fn message_line(&mut self, piece: Piece<'_>, known: Option<((Field, Option<usize>), Piece<'_>)>) -> Step {
        let Some(record) = &mut self.open else { return Step::Ended };
        let text = piece.text.trim();
        let indented = piece.text.starts_with([' ', '\t']);
        if let Form::Sentence(count) = &mut record.form {
            *count = count.saturating_add(1);
            let too_long = *count > SENTENCE_LINES;
            let goes_on = sentence_goes_on(record.message.text(), text, record.blanks);
            if too_long && goes_on {
                let message =
                    format!("a message of more than {SENTENCE_LINES} lines: the rest of it is not read as its own");
                self.reached.say(message, joined_place(record.first, record.last));
            }
            if too_long || !goes_on {
                return Step::Ended;
            }
            push_clean(&mut record.message, piece);
            return Step::Taken;
        }
        if let Some(((field, row), value)) = known {
            let empty = value.text.is_empty();
            match field {
                Field::Xml => return Step::Taken,
                Field::Log if row.is_some() => return Step::Ended,
                Field::Level | Field::Source | Field::Id if row.is_some() && !indented && record.form != Form::List => {
                    return Step::Ended;
                }
                _ if record.form == Form::List && !indented && row_is_property(piece.text) => {
                    let repeated = matches!(field, Field::Date | Field::Id | Field::Description)
                        && record.header.iter().any(|(f, _)| *f == field)
                        || field == Field::Description && !record.message.is_empty();
                    if repeated {
                        return Step::Ended;
                    }
                    record.in_message = false;
                    self.assign(piece, field, value);
                    return Step::Taken;
                }
                Field::Level if !indented && !empty && record.form != Form::List => return Step::Ended,
                _ => {}
            }
        }
        if record.form == Form::List && !indented && row_is_property(piece.text) {
            record.in_message = false;
            return Step::Taken;
        }
        // The label of the XML form in a language that is not known.
        let ends_as_label = text.ends_with([':', '：']) && text.chars().count() < 40;
        if ends_as_label && text.to_ascii_lowercase().contains("xml") {
            return Step::Taken;
        }
        if text.starts_with("Event[") {
            return Step::Ended;
        }
        let dcdiag_ends = record.form == Form::Dcdiag && (text.starts_with("....") || text.contains("EventID: 0x"));
        if dcdiag_ends {
            return Step::Ended;
        }
        if record.blanks > 0 && !record.message.is_empty() && !after_blank(record.message.text(), piece.text) {
            return Step::Ended;
        }
        push_clean(&mut record.message, piece);
        Step::Taken
    }

    /// Keeps the value of a header line.
    fn assign(&mut self, piece: Piece<'_>, field: Field, value: Piece<'_>) {
        let fact = self.fact(value);
        let (source, most, columns) = (self.source, self.limits.excerpt_lines, self.limits.excerpt_columns);
        let Some(record) = &mut self.open else { return };
        if field == Field::Description {
            record.in_message = true;
            if !value.text.is_empty() {
                push_clean(&mut record.message, value);
            }
            return;
        }
        if matches!(field, Field::Other | Field::Xml) || fact.value.is_empty() {
            return;
        }
        if matches!(field, Field::Source | Field::Date | Field::Id | Field::InstanceId | Field::Computer | Field::Log) {
            keep_line(&mut record.excerpts, piece.place(source), piece, most, columns);
        }
        record.header.push((field, fact));
    }

    /// A header that a page put on one line: the value holds the next labels of its language.
    fn flattened(&mut self, row: usize, value: Piece<'_>) {
        let Some(all) = VIEWER.get(row) else { return };
        let mut rest = value;
        let mut found: Vec<(Field, Piece<'_>)> = Vec::new();
        let mut last: Option<Field> = None;
        let mut head_end = None;
        for (at, label) in all.iter().enumerate() {
            let hit = memchr::memmem::find_iter(rest.text.as_bytes(), label.as_bytes()).find(|i| {
                let before = rest.text.get(..*i).unwrap_or("");
                let after = rest.text.get(i.saturating_add(label.len())..).unwrap_or("");
                (before.is_empty() || before.ends_with([' ', '\t', '*', '|'])) && after.starts_with([':', '：'])
            });
            let Some(start) = hit else { continue };
            let before = strip_marks(rest.slice(0..start));
            match last {
                Some(field) => found.push((field, before)),
                None => head_end = Some(before),
            }
            let colon = start.saturating_add(label.len());
            let width = rest.text.get(colon..).and_then(|t| t.chars().next()).map_or(1, char::len_utf8);
            rest = rest.from(colon.saturating_add(width));
            last = Some(labels::of_position(at));
        }
        let Some(field) = last else { return };
        found.push((field, strip_marks(rest)));
        // The value of the first label ends where the second label begins.
        if let Some(record) = &mut self.open
            && let (Some((_, fact)), Some(head)) = (record.header.last_mut(), head_end)
        {
            *fact = Fact::stated(without_marks(head.text), head.place(self.source));
        }
        for (field, value) in found {
            self.assign(value, field, value);
        }
    }

    /// A line outside any record: opens one when it surely begins one.
    fn begin(&mut self, piece: Piece<'_>) -> bool {
        let text = piece.text.trim();
        if text.is_empty() {
            return false;
        }
        if let Some(taken) = self.table_line(piece) {
            return taken;
        }
        if text.starts_with("Event[") {
            let number = text.get(6..).and_then(|t| t.split_once(']'));
            if number.is_some_and(|(n, rest)| n.bytes().all(|b| b.is_ascii_digit()) && matches!(rest, "" | ":")) {
                self.start(Form::Viewer(0), piece);
                return true;
            }
        }
        if let Some(at) = memchr::memchr(b':', text.as_bytes()).and_then(|_| piece.text.find("EventID: 0x")) {
            let digits = piece.from(at.saturating_add(9));
            let digits = digits.part(digits.text.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or(""));
            if event_number(digits.text).is_some() {
                self.start(Form::Dcdiag, piece);
                self.assign(piece, Field::Id, digits);
                return true;
            }
        }
        if let Some((label, value)) = split_label(piece) {
            if let Some((field, row)) = labels::find(label) {
                let value_text = value.text;
                let spaced = row_is_property(piece.text);
                let number = event_number(value_text);
                let flat = field == Field::Log && row.is_some();
                let opens = match field {
                    Field::Log => row.is_some(),
                    Field::Source => {
                        is_known_provider(value_text) || is_known_provider(value_text.split(' ').next().unwrap_or(""))
                    }
                    Field::Id | Field::InstanceId => {
                        (label.len() > 2 || spaced) && number.is_some_and(event_fields::opens)
                    }
                    Field::Level => label.eq_ignore_ascii_case("Event Type"),
                    Field::Date => label == "TimeCreated" && spaced,
                    Field::Other => label == "Index" && spaced && number.is_some(),
                    // `Format-List *` prints the message first.
                    Field::Description => label == "Message" && spaced && anchor(value).is_some(),
                    _ => false,
                };
                if opens {
                    let list = row.is_none() && !label.contains(' ');
                    self.start(if list { Form::List } else { Form::Labels }, piece);
                    self.assign(piece, field, value);
                    let known = anchor(value).filter(|_| field == Field::Description);
                    let words = known.map(|(id, provider, place)| (id, provider, place.place(self.source)));
                    if let Some(record) = &mut self.open {
                        record.sentence = words;
                    }
                    if let Some(row) = row.filter(|_| flat || field == Field::Source) {
                        self.flattened(row, value);
                    }
                    return true;
                }
            }
            if self.candidate(piece, label, value) {
                return true;
            }
        } else {
            self.held = 0;
        }
        self.sentence(piece)
    }

    /// A line of a header in a language whose labels are not known: the fourth one holds the number.
    fn candidate(&mut self, piece: Piece<'_>, label: &str, value: Piece<'_>) -> bool {
        if !is_plain(label) || value.text.is_empty() || value.text.len() > 120 || label.len() > 60 {
            self.held = 0;
            return false;
        }
        let dated = looks_dated(value.text);
        if self.held == 3 && is_event_number(value.text) {
            let form = match &self.candidates {
                [_, _, third] if third.dated => Some(Form::Viewer(4)),
                [_, second, _] if is_known_provider(&second.value) => Some(Form::Legacy(4)),
                _ => None,
            };
            if let Some(form) = form {
                let order = if matches!(form, Form::Viewer(_)) { &VIEWER_ORDER[..] } else { &LEGACY_ORDER[..] };
                let facts: Vec<_> = self
                    .candidates
                    .iter()
                    .zip(order)
                    .map(|(c, field)| (*field, Fact::stated(without_marks(&c.value), c.place)))
                    .collect();
                let first = self.candidates.first().map(|c| c.line_place);
                let record = self.start(form, piece);
                record.first = first.unwrap_or(record.first);
                record.header = facts;
                self.assign(piece, Field::Id, value);
                return true;
            }
        }
        if self.held == 3 {
            self.candidates.rotate_left(1);
            self.held = 2;
        }
        let (place, line_place) = (value.place(self.source), piece.place(self.source));
        if let Some(slot) = self.candidates.get_mut(self.held) {
            slot.value.clear();
            slot.value.push_str(value.text);
            slot.place = place;
            slot.line_place = line_place;
            slot.dated = dated;
            self.held = self.held.saturating_add(1);
        }
        false
    }

    /// Tables: `None` for a line that is no part of one.
    fn table_line(&mut self, piece: Piece<'_>) -> Option<bool> {
        let text = piece.text;
        if let Some(name) = table::group(text) {
            self.group = table::is_of_keys(name).then(|| self.fact(piece.part(name)));
            return self.group.is_some().then_some(true);
        }
        if let Some(columns) = table::header(text) {
            self.columns = Some(columns);
            return Some(true);
        }
        let columns = self.columns?;
        let trimmed = text.trim();
        if trimmed.starts_with("---") {
            return Some(true);
        }
        let Some(row) = columns.row(piece) else {
            self.columns = None;
            return None;
        };
        let group = self.group.clone();
        self.start(Form::Labels, piece);
        self.assign(piece, Field::Date, row.time);
        self.assign(piece, Field::InstanceId, row.id);
        if let Some(level) = row.level {
            self.assign(piece, Field::Level, level);
        }
        match (row.source, group) {
            (Some(source), _) => self.assign(piece, Field::Source, source),
            (None, Some(group)) => {
                if let Some(record) = &mut self.open {
                    record.header.push((Field::Source, group));
                }
            }
            _ => {}
        }
        let whole = !row.message.text.ends_with("...") && !row.message.text.ends_with('…');
        if let Some(record) = &mut self.open
            && !row.message.text.is_empty()
        {
            push_clean(&mut record.message, row.message);
        }
        self.finish(!whole);
        Some(true)
    }

    /// A message alone, in the words of the product.
    fn sentence(&mut self, piece: Piece<'_>) -> bool {
        let title = SECURITY_TITLES.iter().find(|(words, _)| piece.text.trim() == *words);
        if let Some((_, id)) = title {
            let place = piece.trim().place(self.source);
            let record = self.start(Form::Labels, piece);
            record.sentence = Some((*id, "Microsoft-Windows-Security-Auditing", place));
            record.in_message = true;
            push_clean(&mut record.message, piece);
            return true;
        }
        let Some((id, provider, words)) = anchor(piece) else { return false };
        let place = words.place(self.source);
        let record = self.start(Form::Sentence(0), piece);
        record.sentence = Some((id, provider, place));
        record.in_message = true;
        push_clean(&mut record.message, piece);
        true
    }

    /// Ends the open record and keeps what it states.
    fn finish(&mut self, cut: bool) {
        let Some(record) = self.open.take() else { return };
        let mut text = EventRecord { cut, ..EventRecord::default() };
        let header = |field: Field| record.header.iter().find(|(f, _)| *f == field).map(|(_, fact)| fact.clone());
        let number = |fact: Fact<String>| Some(Fact::stated(event_number(&fact.value)?, fact.place));
        text.id = header(Field::Id).and_then(number).or_else(|| header(Field::InstanceId).and_then(number));
        text.provider = header(Field::Source);
        text.channel = header(Field::Log);
        text.level = header(Field::Level);
        text.time = match (header(Field::Date), header(Field::Time)) {
            (Some(date), Some(time)) => {
                let place = joined_place(date.place, time.place);
                Some(Fact::stated(format!("{} {}", date.value, time.value), place))
            }
            (date, time) => date.or(time),
        };
        text.computer = header(Field::Computer);
        text.user = header(Field::User);
        if let Some((id, provider, place)) = record.sentence.filter(|_| text.id.is_none()) {
            text.id = (id != 0).then(|| Fact::derived(id, place, "the sentence is that of this event"));
            let derived = || Fact::derived(provider.to_owned(), place, "the sentence is that of this provider");
            text.provider = text.provider.or_else(|| Some(derived()));
        }
        let message = record.message.text().trim();
        if !message.is_empty() {
            text.message = Some(record.message.text_fact(message));
        }
        if matches!(text.number(), 15_021 | 1055 | 1056) {
            let listed = header(Field::Data).and_then(|data| Some((dump::of_list(&data.value)?, data.place)));
            let rows = || {
                let (bytes, range) = dump::of_rows(record.message.text())?;
                Some((bytes, record.message.place(range)))
            };
            text.data.extend(listed.or_else(rows).map(|(bytes, place)| {
                let digits = super::bytes::hex(&bytes);
                ("Binary".to_owned(), Fact::derived(digits, place, "the bytes that are shown"))
            }));
        }
        let place = |range| record.message.place(range);
        event_fields::interpret(&mut text, Some(&Words { text: record.message.text(), place: &place }));
        // The title alone, without the groups of values, may stand in any text.
        if text.id.as_ref().is_some_and(|id| id.basis != Basis::Stated) && is_security(&text) && text.data.is_empty() {
            return;
        }
        let mut excerpts = record.excerpts;
        let (most, columns) = (self.limits.excerpt_lines, self.limits.excerpt_columns);
        let room = |excerpts: &Excerpts| most.saturating_sub(excerpts.lines().len());
        let places = event_fields::places(&text);
        excerpts.extend(record.message.excerpts(&places, room(&excerpts), columns));
        let whole = joined_place(record.first, record.last);
        let Some(fragment) = record.xml else {
            if event_fields::matters(&text) {
                self.done.push(observed(text, whole, excerpts));
            }
            return;
        };
        let place = |range| fragment.lines.place(range);
        let mut xml = event_xml::parse(fragment.lines.text(), &place, &self.limits);
        xml.cut = xml.cut || !fragment.closed;
        if let Some(bound) = xml.bound.take() {
            self.reached.say(bound, whole);
        }
        interpret_with_own_message(&mut xml);
        let places = event_fields::places(&xml);
        excerpts.extend(fragment.lines.excerpts(&places, room(&excerpts), columns));
        let both = text.id.is_some() && xml.id.is_some() && text.number() != xml.number();
        let records = if both { vec![text, xml] } else { vec![event_fields::prefer(xml, text)] };
        for record in records {
            if event_fields::matters(&record) {
                self.done.push(observed(record, whole, excerpts.clone()));
            }
        }
    }
}

/// `Name  : value` of a PowerShell list: a blank before the colon.
fn row_is_property(text: &str) -> bool {
    let Some((name, rest)) = text.split_once(':') else { return false };
    let word = name.trim_end();
    name.len() > word.len() && !word.is_empty() && !word.contains(' ') && (rest.is_empty() || rest.starts_with(' '))
}

/// Whether a line behind an empty one still belongs to a message.
fn after_blank(message: &str, text: &str) -> bool {
    const STARTS: [&str; 17] = [
        "The SSPI",
        "For more information",
        "Data:",
        "Binary data:",
        "In Words",
        "In Bytes",
        "0000: ",
        "This typically means",
        "Subject:",
        "Cryptographic",
        "Key File",
        "Additional",
        "The following",
        "If the event",
        "The message",
        "The locale",
        "Process Information",
    ];
    let trimmed = text.trim_start();
    let unresolved = message.contains("escription for Event ID");
    text.starts_with(['\t', ' '])
        || STARTS.iter().any(|start| trimmed.starts_with(start))
        || unresolved && (!trimmed.contains(' ') || trimmed.len() < 40)
}

/// Whether the next line belongs to a message that stands alone.
fn sentence_goes_on(message: &str, next: &str, blanks: u32) -> bool {
    const STARTS: [&str; 9] = [
        "The SSPI",
        "The error code",
        "The internal error",
        "The TLS protocol",
        "The Windows SChannel",
        "The relevant",
        "CSP ",
        "Key ",
        "This most often",
    ];
    if blanks > 1 || blanks == 1 && !next.starts_with("The SSPI") && !next.starts_with("CSP ") {
        return false;
    }
    if STARTS.iter().any(|start| next.starts_with(start)) {
        return true;
    }
    let last = message.rsplit('\n').next().unwrap_or(message).trim_end();
    let ended = last.ends_with(['.', '。', ')', '"', '\'', ';', ':']);
    let words = next.chars().next().is_some_and(|c| c.is_alphanumeric())
        && !next.starts_with(|c: char| c.is_ascii_digit() && next.contains("20"));
    blanks == 0 && !ended && last.chars().count() >= 60 && words
}

/// Interprets a record whose message, if any, is one value: its words have the place of the whole.
fn interpret_with_own_message(record: &mut EventRecord) {
    let message = record.message.clone();
    match &message {
        Some(message) => {
            let text = message.value.replace('\r', "");
            let place = |_| message.place;
            event_fields::interpret(record, Some(&Words { text: &text, place: &place }));
        }
        None => event_fields::interpret(record, None),
    }
}

fn observed(record: EventRecord, place: Place, excerpts: Excerpts) -> Observed {
    Observed { kind: KIND, place, fields: Vec::new(), excerpts, what: Observation::Event(Box::new(record)) }
}

impl TextReader for EventReader {
    fn line(&mut self, piece: Piece<'_>) -> bool {
        let line = piece.line();
        if self.swallowed == Some((line.order, line.window.map_or(0, |w| w.index))) {
            return true;
        }
        if self.xml_is_open() {
            return self.xml_line(piece);
        }
        if let Some(taken) = self.row_line(piece) {
            return taken;
        }
        if self.object_line(piece) {
            return true;
        }
        if event_start(piece.text).is_some() {
            self.xml_begins(piece);
            return true;
        }
        if self.json_line(piece) {
            return true;
        }
        if self.open.is_some() {
            if self.text_line(piece) == Step::Taken {
                return true;
            }
            self.close();
        }
        self.begin(piece)
    }

    fn words(&self) -> Vec<&'static str> {
        let sentences = SENTENCES.iter().map(|(words, _, _)| *words);
        let titles = SECURITY_TITLES.iter().map(|(words, _)| *words);
        // Names of providers and of a property in rows of separated values.
        let names = [
            "Schannel",
            "HttpEvent",
            "RemoteConnectionManager",
            "Security-Auditing",
            "CAPI2",
            "Crypto-NCrypt",
            "ProviderName",
        ];
        let properties = ["TimeCreated", "EntryType", "Event[", "EventID: 0x"];
        sentences.chain(titles).chain(names).chain(properties).collect()
    }

    fn passes_over(&self, piece: Piece<'_>, glance: &Glance<'_>) -> bool {
        // All known labels are plain, and none begins with a digit, as dates and times do.
        let labelled = glance.has(glance::COLON)
            && !glance.first.is_ascii_digit()
            && split_label(piece).is_some_and(|(label, _)| is_plain(label));
        let is_json = glance.has(glance::BRACE)
            && (event_json::looks_like(piece.line().text) || json_lines::begins(piece.line().text));
        self.open.is_none()
            && self.heading.is_none()
            && self.row.is_none()
            && self.object.is_none()
            && self.columns.is_none()
            && self.held == 0
            && !labelled
            && !is_json
            && !glance.has(glance::LESS)
    }

    fn is_open(&self) -> bool {
        self.open.is_some() || self.row.is_some() || self.object.as_ref().is_some_and(|object| object.is_event)
    }

    fn close(&mut self) {
        self.finish_object();
        self.finish_row(true);
        self.heading = None;
        self.close_text();
    }

    fn take(&mut self) -> Vec<Observed> {
        std::mem::take(&mut self.done)
    }

    fn problems(&mut self) -> Vec<(String, Place)> {
        self.problems.append(&mut self.reached.take());
        std::mem::take(&mut self.problems)
    }
}

impl EventReader {
    /// Ends the open record of a text.
    fn close_text(&mut self) {
        let cut = self.open.as_ref().is_some_and(|r| {
            let message = r.message.text().trim_end();
            let words = !message.is_empty() && !message.ends_with(['.', '。', ')', '"']);
            // A header alone, or a sentence without its end, in a form that always has both.
            r.xml.is_none()
                && (matches!(r.form, Form::Labels | Form::Viewer(_) | Form::Legacy(_)) && message.is_empty()
                    || words && is_cut_sentence(message))
        });
        self.finish(cut);
    }
}

/// Whether a message ends inside a sentence: on the last line there are words, and the sentences before it ended.
fn is_cut_sentence(message: &str) -> bool {
    let last = message.rsplit('\n').next().unwrap_or(message).trim();
    last.contains(' ') && !last.contains(':')
}
