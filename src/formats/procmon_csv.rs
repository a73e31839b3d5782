//! Traces of Process Monitor: the CSV file with or without its header, rows copied from the window (TAB between the
//! fields), and the text of an event's properties.
//!
//! A trace has millions of rows; only those whose path leads to a key file or key folder, or that read MachineGuid,
//! become records. Every other row costs one search.
//!
//! Sources: Microsoft Learn, Sysinternals, "Process Monitor" (columns, "Save as CSV"); published traces for the column
//! names, the order of the columns, which is the user's, and the words of the Detail column. RFC 4180 for quotes.

use super::csv_fields::{self, CsvField, is_cut, odd_quotes};
use super::glance::{self, Glance};
use super::joined_lines::JoinedLines;
use super::piece::Piece;
use super::text_reader::{Reached, TextReader};
use super::word_search::WordSearch;
use crate::input::Line;
use crate::limits::{CSV_COLUMNS, Limits};
use crate::model::access::KeyPath;
use crate::model::container_name::is_guid;
use crate::model::fact::{Fact, Place, SourceId};
use crate::model::observation::{Observation, Observed, SystemFact, TraceRow};
use std::borrow::Cow;
use std::ops::Range;

/// The report's word.
pub const KIND: &str = "procmon-csv";

/// The columns whose values are kept, with their names.
const NAMES: &[(&str, Column)] = &[
    ("Time of Day", Column::Time),
    ("Date & Time", Column::DateTime),
    ("Process Name", Column::Process),
    ("PID", Column::ProcessId),
    ("User", Column::User),
    ("Operation", Column::Operation),
    ("Path", Column::Path),
    ("Result", Column::Result),
    ("Detail", Column::Detail),
];

/// The labels of an event's properties, as "Copy" in the Event Properties window writes them.
const PROPERTIES: &[&str] = &[
    "Date & Time:",
    "Event Class:",
    "Operation:",
    "Result:",
    "Path:",
    "TID:",
    "Duration:",
    "Desired Access:",
    "Disposition:",
    "Options:",
    "Attributes:",
    "ShareMode:",
    "AllocationSize:",
    "Impersonating:",
    "OpenResult:",
    "Description:",
    "Company:",
    "Name:",
    "Version:",
    "Command Line:",
    "PID:",
    "Parent PID:",
    "Session ID:",
    "User:",
    "Auth ID:",
    "Architecture:",
    "Virtualized:",
    "Integrity:",
    "Started:",
    "Ended:",
    "Modules:",
    "Stack:",
    "Type:",
    "Length:",
    "Data:",
];

/// A column that this reader knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Time,
    DateTime,
    Process,
    ProcessId,
    User,
    Operation,
    Path,
    Result,
    Detail,
}

impl Column {
    fn field_name(self) -> &'static str {
        match self {
            Self::Time => "time_of_day",
            Self::DateTime => "date_and_time",
            Self::Process => "process_name",
            Self::ProcessId => "pid",
            Self::User => "user",
            Self::Operation => "operation",
            Self::Path => "path",
            Self::Result => "result",
            Self::Detail => "detail",
        }
    }
}

/// What is open.
enum Open {
    Nothing,
    /// A row whose quoted field goes on in the next line.
    Row(JoinedLines),
    /// The same, but too long to be kept: only its end is looked for.
    Skipped(Place),
    /// The rest of a physical line that comes in windows.
    Windows {
        odd: bool,
    },
    /// The text of an event's properties.
    Properties {
        lines: JoinedLines,
        empty: u32,
    },
}

/// What a row must hold to be looked at.
static WANTED: WordSearch = WordSearch::new(
    || ["\\crypto\\", "\\machineguid"].map(str::to_owned).to_vec(),
    |builder| {
        builder.ascii_case_insensitive(true);
    },
);

/// Reads traces.
pub struct ProcmonReader {
    source: SourceId,
    limits: Limits,
    /// The known column of each field, once a header was seen.
    header: Option<Vec<Option<Column>>>,
    open: Open,
    records: Vec<Observed>,
    problems: Vec<(String, Place)>,
    reached: Reached,
    other_rows: u64,
    last_line: u64,
}

impl ProcmonReader {
    /// A reader for an input.
    pub fn new(source: SourceId, limits: &Limits) -> Self {
        Self {
            source,
            limits: limits.clone(),
            header: None,
            open: Open::Nothing,
            records: Vec::new(),
            problems: Vec::new(),
            reached: Reached::default(),
            other_rows: 0,
            last_line: 0,
        }
    }

    /// The rows that were seen and concern no key.
    pub fn other_rows(&self) -> u64 {
        self.other_rows
    }

    fn is_wanted(&self, text: &str) -> bool {
        WANTED.in_text(text).is_none_or(|wanted| wanted.is_match(text))
    }

    /// A line that may be a row of the CSV: it begins with a quote.
    fn csv_line(&mut self, line: &Line<'_>, at: usize) -> bool {
        let text = line.text.get(at..).unwrap_or("");
        let odd = odd_quotes(text);
        if !odd && text.contains("\"Operation\"") && text.contains("\"Path\"") && self.read_header(line, text) {
            return true;
        }
        let known = self.header.is_some();
        let wanted = self.is_wanted(text);
        if !(known || wanted && is_row(text, 5)) {
            return false;
        }
        if known && !text.contains("\",\"") {
            return false;
        }
        if line.window.is_some_and(|w| !w.last) {
            // Everything that is wanted stands in front of the Detail; the rest of the line is not kept.
            if wanted {
                let mut lines = JoinedLines::new(self.source);
                lines.push_raw(line);
                self.row(&lines);
            }
            self.open = Open::Windows { odd };
        } else if odd {
            let mut lines = JoinedLines::new(self.source);
            lines.push_raw(line);
            self.open = Open::Row(lines);
        } else if wanted {
            let mut lines = JoinedLines::new(self.source);
            lines.push_raw(line);
            self.row(&lines);
        } else {
            self.other_rows = self.other_rows.saturating_add(1);
        }
        true
    }

    /// Says that a row, a heading or an event's properties have more fields than are looked at.
    fn say_cut(&mut self, place: Place) {
        self.reached.say(format!("fields after the first {CSV_COLUMNS} of a row are not read"), place);
    }

    fn read_header(&mut self, line: &Line<'_>, text: &str) -> bool {
        let fields = csv_fields::split(text, ',');
        let names: Vec<Option<Column>> = fields
            .iter()
            .map(|f| text.get(f.range.clone()).unwrap_or("").trim())
            .map(|name| NAMES.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, c)| *c))
            .collect();
        let found = names.contains(&Some(Column::Operation)) && names.contains(&Some(Column::Path));
        if found {
            if is_cut(text, &fields, ',') {
                let mut lines = JoinedLines::new(self.source);
                lines.push_raw(line);
                self.say_cut(lines.whole());
            }
            self.header = Some(names);
        }
        found
    }

    /// A whole row.
    fn row(&mut self, lines: &JoinedLines) {
        let text = lines.text();
        if !self.is_wanted(text) {
            self.other_rows = self.other_rows.saturating_add(1);
            return;
        }
        // Marks of quoting may stand in front of the first field.
        let Some(start) = text.find('"') else { return };
        let fields: Vec<CsvField> = csv_fields::split(text.get(start..).unwrap_or(""), ',')
            .into_iter()
            .map(|f| CsvField { range: f.range.start.saturating_add(start)..f.range.end.saturating_add(start), ..f })
            .collect();
        if is_cut(text, &fields, ',') {
            self.say_cut(lines.whole());
        }
        let columns = match &self.header {
            Some(header) if header.len() == fields.len() || fields.len() > 4 && header.len() > fields.len() => {
                header.clone()
            }
            _ => by_shape(text, &fields),
        };
        self.record(lines, &fields, &columns);
    }

    /// A row of a copy from the window.
    fn tab_row(&mut self, piece: Piece<'_>) -> bool {
        let mut lines = JoinedLines::new(self.source);
        lines.push(piece);
        let mut at = 0usize;
        let mut fields = Vec::new();
        for part in lines.text().split('\t').take(CSV_COLUMNS) {
            fields.push(CsvField { range: at..at.saturating_add(part.len()), doubled: false });
            at = at.saturating_add(part.len()).saturating_add(1);
        }
        let columns = by_shape(lines.text(), &fields);
        if !columns.contains(&Some(Column::Operation)) {
            return false;
        }
        if lines.text().split('\t').nth(CSV_COLUMNS).is_some() {
            self.say_cut(lines.whole());
        }
        self.record(&lines, &fields, &columns);
        true
    }

    fn record(&mut self, lines: &JoinedLines, fields: &[CsvField], columns: &[Option<Column>]) {
        let text = lines.text();
        let value = |column: Column| -> Option<Fact<String>> {
            let index = columns.iter().position(|c| *c == Some(column))?;
            let field = fields.get(index)?;
            let value = field.value(text);
            (!value.trim().is_empty()).then(|| Fact::stated(value, lines.place(field.range.clone())))
        };
        let Some(path) = value(Column::Path) else {
            self.other_rows = self.other_rows.saturating_add(1);
            return;
        };
        let detail_range = columns
            .iter()
            .position(|c| *c == Some(Column::Detail))
            .and_then(|i| fields.get(i))
            .map_or(0..0, |f| f.range.clone());
        let detail = text.get(detail_range).unwrap_or("");
        let mut printed: Vec<(Cow<'static, str>, Fact<String>)> = Vec::new();
        for (_, column) in NAMES {
            if *column != Column::Detail
                && let Some(fact) = value(*column)
            {
                printed.push((column.field_name().into(), fact));
            }
        }
        let detail_fact = |name: &str| detail_value(detail, name).map(|part| lines.text_fact(part));
        let what = if is_machine_guid(&path.value) {
            let guid = detail_value(detail, "Data").filter(|d| is_guid(d.trim_matches(['{', '}'])));
            let Some(guid) = guid else {
                self.other_rows = self.other_rows.saturating_add(1);
                return;
            };
            printed.push(("data".into(), lines.text_fact(guid)));
            let value = guid.trim_matches(['{', '}']).to_ascii_lowercase();
            Observation::System(SystemFact::MachineGuid(lines.fact(value, guid)))
        } else {
            let target = KeyPath::of(&path.value);
            if target == KeyPath::Other {
                self.other_rows = self.other_rows.saturating_add(1);
                return;
            }
            let desired_access = detail_fact("Desired Access");
            let impersonating = detail_fact("Impersonating");
            for (name, fact) in [("desired_access", &desired_access), ("impersonating", &impersonating)] {
                if let Some(fact) = fact {
                    printed.push((name.into(), fact.clone()));
                }
            }
            let process_id = value(Column::ProcessId).and_then(|f| {
                f.value.trim().parse::<u32>().ok().map(|id| Fact { value: id, place: f.place, basis: f.basis })
            });
            Observation::Trace(TraceRow {
                process: value(Column::Process),
                process_id,
                user: impersonating.or_else(|| value(Column::User)),
                operation: value(Column::Operation),
                path,
                target,
                result: value(Column::Result),
                desired_access,
            })
        };
        let places: Vec<Place> = printed.iter().map(|(_, f)| f.place).collect();
        self.records.push(Observed {
            kind: KIND,
            place: lines.whole(),
            fields: printed,
            excerpts: lines.excerpts(&places, self.limits.excerpt_lines, self.limits.excerpt_columns),
            what,
        });
    }

    /// The text of an event's properties: each label's value reaches to the next label or the end of its line.
    fn properties(&mut self, lines: &JoinedLines) {
        let text = lines.text();
        if !self.is_wanted(text) {
            self.other_rows = self.other_rows.saturating_add(1);
            return;
        }
        let found = labels(text);
        if found.len() > CSV_COLUMNS {
            self.say_cut(lines.whole());
        }
        // `Path:` and `Name:` come again with the program's own file: the first of each counts.
        let range = |label: &str| -> Option<Range<usize>> {
            let index = found.iter().position(|(_, l)| *l == label)?;
            let (at, label) = found.get(index)?;
            let start = at.saturating_add(label.len());
            let next = found.get(index.saturating_add(1)).map_or(text.len(), |(at, _)| *at);
            let line_end = text.get(start..next)?.find('\n').map_or(next, |n| start.saturating_add(n));
            let raw = text.get(start..line_end)?;
            let trimmed = raw.trim();
            let from = start.saturating_add(raw.len().saturating_sub(raw.trim_start().len()));
            Some(from..from.saturating_add(trimmed.len()))
        };
        let mut fields = Vec::new();
        let mut columns = Vec::new();
        let wanted = [
            ("Date & Time:", Column::DateTime),
            ("Name:", Column::Process),
            ("PID:", Column::ProcessId),
            ("User:", Column::User),
            ("Operation:", Column::Operation),
            ("Path:", Column::Path),
            ("Result:", Column::Result),
        ];
        for (label, column) in wanted {
            if let Some(range) = range(label) {
                fields.push(CsvField { range, doubled: false });
                columns.push(Some(column));
            }
        }
        // The Detail column's parts stand as labels of their own, in the same words.
        fields.push(CsvField { range: 0..text.len(), doubled: false });
        columns.push(Some(Column::Detail));
        self.record(lines, &fields, &columns);
    }

    fn keep_problem(&mut self, message: &str, place: Place) {
        if self.problems.len() < self.limits.problems {
            self.problems.push((message.to_owned(), place));
        }
    }

    /// A line while something is open; `None`: the open record has ended and the line is looked at anew.
    fn continued(&mut self, piece: Piece<'_>) -> Option<bool> {
        let line = piece.line();
        match std::mem::replace(&mut self.open, Open::Nothing) {
            Open::Nothing => None,
            Open::Windows { odd } => {
                let Some(window) = line.window.filter(|w| w.index > 0) else {
                    if odd {
                        self.open = Open::Skipped(piece.place(self.source));
                        return self.continued(piece);
                    }
                    return None;
                };
                let new = usize::try_from(window.overlap).unwrap_or(usize::MAX);
                let odd = odd != odd_quotes(line.text.get(new..).unwrap_or(""));
                self.open = if !window.last {
                    Open::Windows { odd }
                } else if odd {
                    Open::Skipped(piece.place(self.source))
                } else {
                    Open::Nothing
                };
                Some(true)
            }
            Open::Row(mut lines) => {
                if self.begins_row(line.text) {
                    self.keep_problem("a quoted field of a trace's row does not end", lines.whole());
                    self.row(&lines);
                    return None;
                }
                if lines.len().saturating_add(line.text.len()) > self.limits.record_bytes {
                    self.keep_problem("a row of a trace is longer than the limit", lines.whole());
                    self.row(&lines);
                    if !odd_quotes(line.text) {
                        self.open = Open::Skipped(piece.place(self.source));
                    }
                    return Some(true);
                }
                lines.push_raw(line);
                if odd_quotes(line.text) {
                    self.row(&lines);
                } else {
                    self.open = Open::Row(lines);
                }
                Some(true)
            }
            Open::Skipped(place) => {
                if self.begins_row(line.text) {
                    return None;
                }
                if !odd_quotes(line.text) {
                    self.open = Open::Skipped(place);
                }
                Some(true)
            }
            Open::Properties { mut lines, empty } => {
                let text = piece.text.trim();
                let labelled = PROPERTIES.iter().any(|l| text.starts_with(l));
                let again = text.starts_with("Date & Time:")
                    || text.starts_with("Event Class:") && lines.text().contains("Event Class:");
                let full = lines.len().saturating_add(text.len()) > self.limits.record_bytes;
                if again || full || !labelled && !text.is_empty() || empty > 3 {
                    self.properties(&lines);
                    return None;
                }
                lines.push(piece);
                let empty = if text.is_empty() { empty.saturating_add(1) } else { 0 };
                self.open = Open::Properties { lines, empty };
                Some(true)
            }
        }
    }

    /// Whether a line is a whole row by itself, although a quoted field is open.
    fn begins_row(&self, text: &str) -> bool {
        let columns = self.header.as_ref().map_or(7, Vec::len);
        let text = text.get(before_rows(text)..).unwrap_or_default();
        text.starts_with('"') && is_row(text, columns)
    }
}

impl TextReader for ProcmonReader {
    fn line(&mut self, piece: Piece<'_>) -> bool {
        let line = piece.line();
        if !piece.begins_its_line() {
            return self.last_line == line.order;
        }
        if let Some(taken) = self.continued(piece) {
            self.last_line = line.order;
            return taken;
        }
        if line.window.is_some_and(|w| w.index > 0) {
            return false;
        }
        let at = before_rows(line.text);
        let taken = match line.text.as_bytes().get(at) {
            Some(b'"') => self.csv_line(line, at),
            Some(b'D' | b'E') => {
                let text = piece.text.trim();
                let begins = text.starts_with("Date & Time:")
                    || text.strip_prefix("Event Class:").is_some_and(|v| {
                        v.trim_start().starts_with("File System") || v.trim_start().starts_with("Registry")
                    });
                if begins {
                    let mut lines = JoinedLines::new(self.source);
                    lines.push(piece);
                    self.open = Open::Properties { lines, empty: 0 };
                }
                begins
            }
            Some(_) => piece.text.contains('\t') && self.is_wanted(piece.text) && self.tab_row(piece),
            None => false,
        };
        if taken {
            self.last_line = line.order;
        }
        taken
    }

    fn passes_over(&self, piece: Piece<'_>, glance: &Glance<'_>) -> bool {
        let line = piece.line().text;
        let first = line.as_bytes().get(before_rows(line));
        matches!(self.open, Open::Nothing)
            && piece.begins_its_line()
            && !glance.has(glance::TAB)
            && !matches!(first, Some(b'"' | b'D' | b'E'))
    }

    fn is_open(&self) -> bool {
        !matches!(self.open, Open::Nothing)
    }

    fn close(&mut self) {
        match std::mem::replace(&mut self.open, Open::Nothing) {
            Open::Row(lines) => {
                self.keep_problem("a quoted field of a trace's row does not end", lines.whole());
                self.row(&lines);
            }
            Open::Properties { lines, .. } => self.properties(&lines),
            Open::Nothing | Open::Skipped(_) | Open::Windows { .. } => {}
        }
    }

    fn take(&mut self) -> Vec<Observed> {
        std::mem::take(&mut self.records)
    }

    fn problems(&mut self) -> Vec<(String, Place)> {
        self.problems.append(&mut self.reached.take());
        std::mem::take(&mut self.problems)
    }
}

/// The length of what may stand before the first quote of a row: marks of quoting, blanks and a byte order mark.
fn before_rows(line: &str) -> usize {
    let front = |c: char| matches!(c, ' ' | '\t' | '>' | '|' | '#' | '+' | '\u{feff}');
    line.len().saturating_sub(line.trim_start_matches(front).len())
}

/// Whether a line is a row with at least so many fields, each in quotes.
fn is_row(text: &str, columns: usize) -> bool {
    let text = text.trim_end().trim_end_matches(',');
    text.ends_with('"') && text.matches("\",\"").take(columns).count().saturating_add(1) >= columns
}

/// The columns of a row without a header: the path by what it leads to, its neighbours by their shapes.
fn by_shape(text: &str, fields: &[CsvField]) -> Vec<Option<Column>> {
    let part = |i: usize| fields.get(i).and_then(|f| text.get(f.range.clone())).unwrap_or("").trim();
    let mut columns = vec![None; fields.len()];
    let mut set = |index: Option<usize>, column: Column| {
        if let Some(slot) = index.and_then(|i| columns.get_mut(i)) {
            *slot = Some(column);
        }
    };
    let indices = || 0..fields.len();
    let leads = |i: usize| {
        let text = part(i);
        !text.contains(": ") && text.len() < 1024 && (is_machine_guid(text) || KeyPath::of(text) != KeyPath::Other)
    };
    let Some(path) = indices().find(|i| leads(*i)) else { return columns };
    set(indices().find(|i| is_operation(part(*i))), Column::Operation);
    set(indices().find(|i| *i != path && is_process(part(*i))), Column::Process);
    // The process number stands before the thread number in the default order.
    set(indices().find(|i| part(*i).len() < 11 && part(*i).parse::<u32>().is_ok()), Column::ProcessId);
    set(
        indices().find(|i| *i > path && is_result(part(*i))).or_else(|| indices().find(|i| is_result(part(*i)))),
        Column::Result,
    );
    let is_detail = |i: &usize| ["Desired Access: ", "Type: REG_"].iter().any(|w| part(*i).contains(w));
    set(indices().find(is_detail), Column::Detail);
    set(indices().find(|i| *i != path && is_account(part(*i))), Column::User);
    set(indices().find(|i| is_time(part(*i))), Column::Time);
    set(Some(path), Column::Path);
    columns
}

/// `CreateFile`, `RegQueryValue`, `QuerySecurityFile`, `IRP_MJ_CREATE`.
fn is_operation(text: &str) -> bool {
    let camel = text.len() > 5
        && text.bytes().all(|b| b.is_ascii_alphabetic())
        && text.bytes().next().is_some_and(|b| b.is_ascii_uppercase())
        && text.bytes().skip(1).any(|b| b.is_ascii_uppercase())
        && ["File", "Reg", "Query", "Directory", "Load"].iter().any(|w| text.contains(w));
    camel || text.starts_with("IRP_MJ_") || text.starts_with("FASTIO_")
}

fn is_process(text: &str) -> bool {
    let tail = text.len().checked_sub(4).and_then(|at| text.get(at..));
    tail.is_some_and(|t| t.eq_ignore_ascii_case(".exe")) && !text.contains('\\') || text == "System"
}

/// `ACCESS DENIED`: capital letters, blanks and `/`; `SUCCESS` alone is one word.
fn is_result(text: &str) -> bool {
    text.len() > 5 && text.bytes().all(|b| b.is_ascii_uppercase() || matches!(b, b' ' | b'/'))
}

/// `NT AUTHORITY\SYSTEM`: one backslash, no drive.
fn is_account(text: &str) -> bool {
    text.matches('\\').count() == 1
        && !text.contains([':', '/', '.', '%'])
        && !text.starts_with('\\')
        && !text.starts_with("HK")
}

fn is_time(text: &str) -> bool {
    let mut parts = text.splitn(3, ':');
    let digits =
        |t: Option<&str>| t.is_some_and(|t| (1..=2).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_digit()));
    digits(parts.next())
        && digits(parts.next())
        && parts.next().is_some_and(|t| t.starts_with(|c: char| c.is_ascii_digit()))
}

/// `HKLM\SOFTWARE\Microsoft\Cryptography\MachineGuid`; the 32-bit view's own value is another one.
fn is_machine_guid(path: &str) -> bool {
    let path = path.trim().to_ascii_lowercase();
    path.ends_with("\\microsoft\\cryptography\\machineguid") && !path.contains("wow6432node")
}

/// A value of the Detail column: `Desired Access: Generic Read/Write, Delete, Disposition: Open`. A comma ends it only
/// where words and a colon follow.
fn detail_value<'t>(detail: &'t str, name: &str) -> Option<&'t str> {
    let mut from = 0usize;
    loop {
        let rest = detail.get(from..)?;
        let at = from.saturating_add(rest.find(name)?);
        let after = at.saturating_add(name.len());
        let begins = detail.get(..at)?.chars().next_back().is_none_or(|c| !c.is_alphanumeric());
        if let Some(value) = detail.get(after..)?.strip_prefix(':').filter(|_| begins) {
            let value = value.split('\n').next().unwrap_or("");
            return Some(until_next_name(value).trim()).filter(|v| !v.is_empty());
        }
        from = after;
    }
}

fn until_next_name(value: &str) -> &str {
    let mut from = 0usize;
    while let Some(n) = value.get(from..).and_then(|t| t.find([',', ':'])) {
        let at = from.saturating_add(n);
        let tail = value.get(at.saturating_add(1)..).unwrap_or("");
        if value.get(at..).is_some_and(|t| t.starts_with(',')) {
            let words = tail.split([',', ':']).next().unwrap_or("");
            let named = tail.get(words.len()..).is_some_and(|t| t.starts_with(": "))
                && words.trim().len() < 40
                && words.trim().chars().all(|c| c.is_alphanumeric() || c == ' ');
            if named {
                return value.get(..at).unwrap_or(value);
            }
        } else if let Some(label) =
            PROPERTIES.iter().find(|l| value.get(..at.saturating_add(1)).is_some_and(|v| v.ends_with(*l)))
        {
            // A page joined the lines of an event's properties.
            return value.get(..at.saturating_add(1).saturating_sub(label.len())).unwrap_or(value);
        }
        from = at.saturating_add(1);
    }
    value
}

/// The labels of an event's properties with their indices, in order: one more than are looked at, where there are more.
fn labels(text: &str) -> Vec<(usize, &'static str)> {
    let mut out = Vec::new();
    for (colon, _) in text.match_indices(':') {
        let head = text.get(..colon.saturating_add(1)).unwrap_or("");
        // The longest label that ends here: `Parent PID:` is not `PID:`.
        let label = PROPERTIES.iter().filter(|l| head.ends_with(**l)).max_by_key(|l| l.len());
        let Some(label) = label else { continue };
        let at = head.len().saturating_sub(label.len());
        let before = text.get(..at).unwrap_or("");
        if before.chars().next_back().is_none_or(char::is_whitespace) && out.len() <= CSV_COLUMNS {
            out.push((at, *label));
        }
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use crate::formats::reader_testing::{SOURCE, field, read, words};
    use proptest::prelude::*;

    const KEY: &str = "C:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys\\99247943bd018ca78ef945b82652598d_0ef7ae28-3cf4-4ec1-a36d-7a0fa4d2a2a1";
    const HEADER: &str = "\"Time of Day\",\"Process Name\",\"PID\",\"Operation\",\"Path\",\"Result\",\"Detail\"\r\n";

    fn reader() -> ProcmonReader {
        ProcmonReader::new(SOURCE, &Limits::default())
    }
    fn trace(record: &Observed) -> &TraceRow {
        match &record.what {
            Observation::Trace(row) => row,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn rows_of_the_default_columns() {
        let text = format!(
            "\u{feff}{HEADER}\"3:58:46.6882889 PM\",\"lsass.exe\",\"612\",\"CreateFile\",\"{KEY}\",\"ACCESS DENIED\",\"Desired Access: Generic Read/Write, Delete, Disposition: Open, Impersonating: CONTOSO\\svc-web\"\r\n\"3:58:46.7 PM\",\"a.exe\",\"1\",\"ReadFile\",\"C:\\a\",\"SUCCESS\",\"\"\r\n"
        );
        let mut r = reader();
        let out = read(&mut r, &text);
        assert_eq!((out.records.len(), r.other_rows(), out.left.len()), (1, 1, 0));
        let row = trace(&out.records[0]);
        assert_eq!(row.process.as_ref().unwrap().value, "lsass.exe");
        assert_eq!(row.process_id.as_ref().unwrap().value, 612);
        assert_eq!(row.result.as_ref().unwrap().value, "ACCESS DENIED");
        assert_eq!(row.desired_access.as_ref().unwrap().value, "Generic Read/Write, Delete");
        assert_eq!(row.user.as_ref().unwrap().value, "CONTOSO\\svc-web");
        assert_eq!(words(&text, row.path.place), KEY);
        assert_eq!(words(&text, row.desired_access.as_ref().unwrap().place), "Generic Read/Write, Delete");
    }

    #[test]
    fn a_line_end_inside_a_field_and_doubled_quotes() {
        let text = format!(
            "{HEADER}\"1:00:00.0 AM\",\"x.exe\",\"9\",\"Process Start\",\"\",\"SUCCESS\",\"Command line: \"\"a b\"\", Environment: \n\tA=1\n\tB=\\Crypto\\x\"\n\"1:00:00.1 AM\",\"w3wp.exe\",\"10\",\"CreateFile\",\"{KEY}\",\"NAME NOT FOUND\",\"Desired Access: Read \"\"x\"\"\n, Disposition: Open\"\n"
        );
        let out = read(&mut reader(), &text);
        assert_eq!(out.records.len(), 1);
        assert_eq!(trace(&out.records[0]).result.as_ref().unwrap().value, "NAME NOT FOUND");
        assert!(out.problems.is_empty());
    }

    #[test]
    fn a_quote_that_does_not_end_costs_one_row() {
        let good = format!("\"1:00:00.1 AM\",\"w3wp.exe\",\"10\",\"CreateFile\",\"{KEY}\",\"SUCCESS\",\"\"\n");
        let text = format!(
            "{HEADER}\"1:00:00.0 AM\",\"x.exe\",\"9\",\"Cre\"ateFile\",\"C:\\a\",\"SUCCESS\",\"\"\n{good}{good}"
        );
        let out = read(&mut reader(), &text);
        assert_eq!(out.records.len(), 2);
        assert_eq!(out.problems.len(), 1);
    }

    #[test]
    fn without_header_and_from_the_window() {
        let text = format!(
            "\"16:53:03,6001516\",\"svchost.exe\",\"1044\",\"CreateFile\",\"{KEY}\",\"ACCESS DENIED\",\"Desired Access: Generic Read\"\n16:53:03,6001516\tw3wp.exe\t4711\tCreateFile\t{KEY}\tACCESS DENIED\tDesired Access: Generic Read, Disposition: Open\tNT AUTHORITY\\NETWORK SERVICE\n"
        );
        let out = read(&mut reader(), &text);
        assert_eq!(out.records.len(), 2);
        let row = trace(&out.records[0]);
        assert_eq!(
            (row.process.as_ref().unwrap().value.as_str(), row.process_id.as_ref().unwrap().value),
            ("svchost.exe", 1044)
        );
        assert_eq!(row.operation.as_ref().unwrap().value, "CreateFile");
        let row = trace(&out.records[1]);
        assert_eq!(row.user.as_ref().unwrap().value, "NT AUTHORITY\\NETWORK SERVICE");
        assert_eq!(row.desired_access.as_ref().unwrap().value, "Generic Read");
        assert_eq!(field(&out.records[1], "time_of_day"), Some("16:53:03,6001516"));
    }

    #[test]
    fn properties_on_lines_and_on_one_line() {
        let text = format!(
            "Date & Time:\t1/15/2026 9:12:00 AM\nEvent Class:\tFile System\nOperation:\tCreateFile\nResult:\tACCESS DENIED\nPath:\t{KEY}\nTID:\t99\nDuration:\t0.0000100\nDesired Access:\tGeneric Read\nDisposition:\tOpen\n\nName:\tlsass.exe\nPath:\tC:\\Windows\\system32\\lsass.exe\nPID:\t612\nUser:\tNT AUTHORITY\\SYSTEM\n\nthat was all\nDate & Time: 1/15/2026 9:12:00 AM Event Class: File System Operation: CreateFile Result: ACCESS DENIED Path: {KEY} TID: 99 Duration: 0.1 Desired Access: Generic Read Disposition: Open\n"
        );
        let out = read(&mut reader(), &text);
        assert_eq!(out.records.len(), 2);
        for record in &out.records {
            let row = trace(record);
            assert_eq!(row.path.value, KEY);
            assert_eq!(row.result.as_ref().unwrap().value, "ACCESS DENIED");
            assert_eq!(row.desired_access.as_ref().unwrap().value, "Generic Read");
        }
        assert_eq!(trace(&out.records[0]).process.as_ref().unwrap().value, "lsass.exe");
    }

    #[test]
    fn machine_guid() {
        let text = format!(
            "{HEADER}\"1:00:00.1 AM\",\"w3wp.exe\",\"10\",\"RegQueryValue\",\"HKLM\\SOFTWARE\\Microsoft\\Cryptography\\MachineGuid\",\"SUCCESS\",\"Type: REG_SZ, Length: 74, Data: 0EF7AE28-3cf4-4ec1-a36d-7a0fa4d2a2a1\"\n"
        );
        let out = read(&mut reader(), &text);
        let Observation::System(SystemFact::MachineGuid(guid)) = &out.records[0].what else { panic!() };
        assert_eq!(guid.value, "0ef7ae28-3cf4-4ec1-a36d-7a0fa4d2a2a1");
        assert_eq!(words(&text, guid.place), "0EF7AE28-3cf4-4ec1-a36d-7a0fa4d2a2a1");
    }

    #[test]
    fn a_row_longer_than_a_line_may_be() {
        let long = "x".repeat(200_000);
        let text = format!(
            "{HEADER}\"1:00:00.1 AM\",\"w3wp.exe\",\"10\",\"CreateFile\",\"{KEY}\",\"SUCCESS\",\"Desired Access: Read, {long}\"\n\"1:00:00.1 AM\",\"a.exe\",\"10\",\"CreateFile\",\"{KEY}\",\"SUCCESS\",\"\"\n"
        );
        let out = read(&mut reader(), &text);
        assert_eq!(out.records.len(), 2);
    }

    proptest! {
        #[test]
        fn never_panics(text in "(\"Time of Day\",\"Process Name\",\"PID\",\"Operation\",\"Path\",\"Result\",\"Detail\"\n)?([\",a:\t \n]|Date & Time:|Path:|\\\\Crypto\\\\|Data: |C:\\\\ProgramData\\\\Microsoft\\\\Crypto\\\\Keys|\u{e4}){0,80}") {
            read(&mut reader(), &text);
        }
    }
}
