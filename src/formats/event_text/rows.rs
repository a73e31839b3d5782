//! Events as rows of separated values: the CSV and tab files of Event Viewer, and `Export-Csv` of `Get-WinEvent` and
//! `Get-EventLog`.
//!
//! Event Viewer writes a heading in its own language, without one for the message: level or keywords, date and time, source,
//! number, task category, message. `Export-Csv` writes the names of the properties. A message of several lines stands in
//! quotes (RFC 4180).
//!
//! Sources: Microsoft Learn, "Export-Csv", and the properties of `EventLogRecord` and `EventLogEntry`; the order of Event
//! Viewer's columns is that of its list.

use super::labels::{self, Field};
use super::{looks_dated, observed};
use crate::formats::csv_fields::{self, CsvField};
use crate::formats::event_fields::{self, Words, event_number, is_known_provider};
use crate::formats::joined_lines::JoinedLines;
use crate::limits::Limits;
use crate::model::event_record::EventRecord;
use crate::model::fact::{Fact, Place};
use crate::model::observation::Observed;
use std::ops::Range;

/// The columns of Event Viewer's list.
const VIEWER: [Option<Field>; 6] =
    [Some(Field::Level), Some(Field::Date), Some(Field::Source), Some(Field::Id), None, Some(Field::Description)];

/// What stands in which field of a row.
#[derive(Clone)]
pub(super) struct Heading {
    columns: Vec<Option<Field>>,
    separator: char,
}

/// A row whose message goes on in the next line.
pub(super) struct OpenRow {
    pub(super) lines: JoinedLines,
    pub(super) heading: Heading,
    /// Its lines.
    pub(super) count: u32,
}

/// The names of properties over the rows of `Export-Csv`.
pub(super) fn heading(text: &str) -> Option<Heading> {
    memchr::memmem::find(text.as_bytes(), b"Message").filter(|_| !text.contains(':'))?;
    let separator = [',', ';', '\t'].into_iter().find(|separator| text.contains(*separator))?;
    let fields = csv_fields::split(text, separator);
    let column = |field: &CsvField| {
        let name = field.value(text);
        labels::find(name.trim()).filter(|(_, row)| row.is_none() || name == "Source").map(|(field, _)| field)
    };
    let columns: Vec<Option<Field>> = fields.iter().map(column).collect();
    let has = |field: Field| columns.contains(&Some(field));
    (has(Field::Id) && has(Field::Source) && has(Field::Description)).then_some(Heading { columns, separator })
}

/// The columns of a row of Event Viewer's list, whose message may go on in the next lines.
pub(super) fn of_viewer(text: &str) -> Option<Heading> {
    let is = |separator: &char| {
        let mut parts = text.splitn(6, *separator).map(|part| part.trim_matches('"'));
        let (_, date, source, id) = (parts.next(), parts.next(), parts.next(), parts.next());
        parts.next().is_some()
            && date.is_some_and(looks_dated)
            && source.is_some_and(|name| is_known_provider(name.trim()))
            && id.is_some_and(|id| id.len() <= 10 && event_number(id).is_some())
    };
    let separator = [',', '\t', ';'].into_iter().find(is)?;
    Some(Heading { columns: VIEWER.to_vec(), separator })
}

impl Heading {
    /// Whether a line has the beginning of a row under this heading.
    pub(super) fn begins_row(&self, text: &str) -> bool {
        text.matches(self.separator).take(2).count() == 2 || text.starts_with('"') && csv_fields::odd_quotes(text)
    }
}

/// Reads a row; `None` for one of another event.
pub(super) fn read(row: &OpenRow, cut: bool, limits: &Limits) -> Option<Observed> {
    let (lines, text) = (&row.lines, row.lines.text());
    let fields = csv_fields::split(text, row.heading.separator);
    let mut record = EventRecord { cut, ..EventRecord::default() };
    let mut message: Option<&CsvField> = None;
    for (field, column) in fields.iter().zip(&row.heading.columns) {
        let value = field.value(text);
        let value = value.trim();
        let Some(column) = column.filter(|_| !value.is_empty()) else { continue };
        let fact = Fact::stated(value.to_owned(), lines.place(field.range.clone()));
        let number = || event_number(value).map(|number| Fact::stated(number, fact.place));
        match column {
            Field::Id => record.id = number(),
            Field::InstanceId => record.id = record.id.take().or_else(number),
            Field::Source => record.provider = Some(fact),
            Field::Log => record.channel = Some(fact),
            Field::Date => record.time = Some(fact),
            Field::Computer => record.computer = Some(fact),
            Field::User => record.user = Some(fact),
            // The level's name counts before its number.
            Field::Level if record.level.is_none() || value.parse::<u32>().is_err() => record.level = Some(fact),
            Field::Description => {
                record.message = Some(fact);
                message = Some(field);
            }
            _ => {}
        }
    }
    match message {
        Some(field) => {
            let words = field.value(text);
            let place = |range: Range<usize>| -> Place {
                // Where a quote is doubled the parts don't stand where they stand in the value.
                if field.doubled {
                    return lines.place(field.range.clone());
                }
                let at = |index: usize| field.range.start.saturating_add(index);
                lines.place(at(range.start)..at(range.end))
            };
            event_fields::interpret(&mut record, Some(&Words { text: &words, place: &place }));
        }
        None => event_fields::interpret(&mut record, None),
    }
    if !event_fields::matters(&record) {
        return None;
    }
    let places = event_fields::places(&record);
    let excerpts = lines.excerpts(&places, limits.excerpt_lines, limits.excerpt_columns);
    Some(observed(record, lines.whole(), excerpts))
}
