//! What the unit tests of the text readers share.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use super::piece::Cleaned;
use super::text_reader::TextReader;
use crate::input::{LineReader, TextEncoding};
use crate::limits::Limits;
use crate::model::fact::{Place, SourceId};
use crate::model::observation::{Observation, Observed};

/// The input of the tests.
pub(crate) const SOURCE: SourceId = SourceId(7);

/// What a reader made of a text.
pub(crate) struct ReadText {
    pub(crate) records: Vec<Observed>,
    pub(crate) problems: Vec<(String, Place)>,
    /// The numbers of the lines that the reader did not take.
    pub(crate) left: Vec<u64>,
}

/// Offers every line of a text to a reader. Every place must lie in the text.
pub(crate) fn read(reader: &mut dyn TextReader, text: &str) -> ReadText {
    read_with(reader, text, &Limits::default())
}

/// The same, with limits.
pub(crate) fn read_with(reader: &mut dyn TextReader, text: &str, limits: &Limits) -> ReadText {
    let mut out = ReadText { records: Vec::new(), problems: Vec::new(), left: Vec::new() };
    let mut lines = LineReader::new(text.as_bytes(), TextEncoding::Utf8, limits);
    while let Some(batch) = lines.next_batch().unwrap() {
        for line in batch.lines() {
            let number = line.number;
            let cleaned = Cleaned::new(line);
            for piece in cleaned.pieces() {
                if !reader.line(piece) {
                    out.left.push(number);
                }
            }
            out.records.append(&mut reader.take());
        }
    }
    reader.close();
    assert!(!reader.is_open(), "a closed reader has no open record");
    out.records.append(&mut reader.take());
    out.problems = reader.problems();
    let end = u64::try_from(text.len()).unwrap();
    for record in &out.records {
        assert!(record.place.end() <= end, "{record:?}");
        for (name, fact) in &record.fields {
            assert!(fact.place.end() <= end, "{name}: {fact:?}");
            assert!(fact.place.source == SOURCE && fact.place.line > 0, "{name}: {fact:?}");
        }
        for line in record.excerpts.lines() {
            assert!(line.start <= end);
        }
    }
    out
}

/// The words of a text at a place.
pub(crate) fn words(text: &str, place: Place) -> &str {
    &text[usize::try_from(place.start).unwrap()..usize::try_from(place.end()).unwrap()]
}

/// The value of a field as printed.
pub(crate) fn field<'a>(record: &'a Observed, name: &str) -> Option<&'a str> {
    record.fields.iter().find(|(n, _)| n == name).map(|(_, f)| f.value.as_str())
}

/// The key request of a record.
pub(crate) fn request(record: &Observed) -> &crate::model::key_request::KeyRequest {
    match &record.what {
        Observation::Request(request) => request,
        other => panic!("{other:?}"),
    }
}
