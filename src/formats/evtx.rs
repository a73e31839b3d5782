//! Windows event logs in their binary form (`.evtx`).
//!
//! Source: the format's public description (file header `ElfFile`, 4096 bytes; then chunks of 65536 bytes that begin with
//! `ElfChnk`; records that begin with `2A 2A 00 00`). The chunks are read one by one, so that a damaged header or chunk
//! costs only itself; each record's BinXml is rendered as XML and read like any other event.

use super::FormatError;
use super::event_fields;
use super::event_xml;
use crate::limits::Limits;
use crate::model::event_record::EventRecord;
use crate::model::fact::{Excerpts, Place, SourceId};
use crate::model::observation::{Observation, Observed};
use evtx::{EvtxChunkData, ParserSettings};
use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;

/// The report's word for a binary event log.
pub const KIND: &str = "evtx";

const HEADER: usize = 4096;
const CHUNK: usize = 65_536;
/// The record's header before its BinXml: magic, size, number, time.
const RECORD_HEADER: u64 = 24;
/// The bytes behind it, in which the size stands again.
const REPEATED_SIZE: usize = 4;
/// Both.
const RECORD_HEADER_AND_SIZE: usize = 28;

/// What is said of a chunk in which a fault of keyspect or of the crate that reads it shows.
pub const FAULT: &str = "a fault of keyspect itself in a chunk: its other events are not read";

#[cfg(not(test))]
fn provoke(_: usize) {}

#[cfg(test)]
use tests::provoke;

/// What an event log holds.
#[derive(Debug, Default)]
pub struct EventLog {
    /// How many events of each provider and number there are, under `provider/number`.
    pub counts: BTreeMap<String, u64>,
    /// The events that say something about keys or bindings.
    pub records: Vec<Observed>,
    /// Chunks and records that could not be read.
    pub problems: Vec<FormatError>,
    /// Events that say something and are beyond the limit.
    beyond: u64,
    /// The bytes of the XML of those that are kept.
    kept_bytes: usize,
}

/// The number of chunks that the header states (offset 42, two bytes); `None` when it can't be: more than the file has.
fn declared_chunks(data: &[u8]) -> Option<usize> {
    let header = data.get(..HEADER)?;
    let count = usize::from(u16::from_le_bytes(*header.get(42..)?.first_chunk()?));
    let room = data.len().saturating_sub(HEADER).div_ceil(CHUNK);
    (count <= room).then_some(count)
}

/// Reads a log. Records beyond the limit of observations are counted, not kept.
pub fn parse(data: &[u8], source: SourceId, limits: &Limits) -> EventLog {
    let mut log = EventLog::default();
    let settings = Arc::new(ParserSettings::new().num_threads(1));
    let mut start = HEADER;
    let mut chunks = 0_u32;
    let body = data.get(HEADER..).unwrap_or(&[]);
    let declared = declared_chunks(data);
    for (index, bytes) in body.chunks(CHUNK).enumerate() {
        let offset = start;
        start = start.saturating_add(bytes.len());
        if !bytes.starts_with(b"ElfChnk\0") {
            // Chunks that were never used are zero; the header does not count them.
            if bytes.iter().any(|b| *b != 0) {
                log.problem("a chunk without its signature", offset, limits);
            } else if declared.is_some_and(|count| index < count) {
                log.problem("a chunk that the header counts is empty", offset, limits);
            }
            continue;
        }
        chunks = chunks.saturating_add(1);
        let mut whole = bytes.to_vec();
        let present = whole.len();
        if whole.len() < CHUNK {
            log.problem("the last chunk is cut", offset, limits);
            whole.resize(CHUNK, 0);
        }
        // The crate that reads it may have a fault of its own: it costs the rest of this chunk.
        let read = panic::catch_unwind(AssertUnwindSafe(|| {
            provoke(offset);
            chunk(whole, present, offset, source, limits, &settings, &mut log);
        }));
        if read.is_err() {
            log.problem(FAULT, offset, limits);
        }
    }
    if log.beyond > 0 {
        log.problem(format!("{} more records are not kept", log.beyond), data.len().saturating_sub(1), limits);
    }
    if chunks == 0 && declared != Some(0) {
        log.problem("an event log without a chunk", data.len().min(HEADER), limits);
    }
    log
}

impl EventLog {
    fn problem(&mut self, message: impl Into<String>, offset: usize, limits: &Limits) {
        if self.problems.len() <= limits.problems {
            self.problems.push(FormatError::new(message, offset));
        }
    }
}

/// Reads the records of one chunk, of which the first `present` bytes stand in the file.
fn chunk(
    bytes: Vec<u8>,
    present: usize,
    offset: usize,
    source: SourceId,
    limits: &Limits,
    settings: &Arc<ParserSettings>,
    log: &mut EventLog,
) {
    let mut data = match EvtxChunkData::new(bytes, false) {
        Ok(data) => data,
        Err(e) => return log.problem(format!("a chunk that can't be read: {e}"), offset, limits),
    };
    if !data.validate_checksum() {
        log.problem("the checksum of a chunk is wrong", offset, limits);
    }
    let mut chunk = match data.parse(Arc::clone(settings)) {
        Ok(chunk) => chunk,
        Err(e) => return log.problem(format!("a chunk that can't be read: {e}"), offset, limits),
    };
    for record in chunk.iter() {
        let record = match record {
            Ok(record) => record,
            Err(e) => {
                log.problem(format!("an event that can't be read: {e}"), offset, limits);
                continue;
            }
        };
        let inside = usize::try_from(record.binxml_offset.saturating_sub(RECORD_HEADER)).unwrap_or(0);
        let from = offset.saturating_add(inside);
        // The header, the BinXml and the repeated size.
        let size = usize::try_from(record.binxml_size).unwrap_or(0).saturating_add(RECORD_HEADER_AND_SIZE);
        let end = from.saturating_add(size);
        let file_end = offset.saturating_add(present);
        if end > file_end {
            let beyond = end.saturating_sub(file_end);
            // Of the size that is repeated after the BinXml nothing is read.
            let whole = beyond <= REPEATED_SIZE;
            let what = if whole { "read without them" } else { "not read" };
            log.problem(
                format!("an event whose last {beyond} bytes are beyond the end of the file: {what}"),
                from,
                limits,
            );
            if !whole {
                continue;
            }
        }
        let place = Place::binary(source, from, end.min(file_end));
        match record.into_xml() {
            Ok(xml) => log.keep(&xml.data, place, limits),
            Err(e) => log.problem(format!("an event that can't be read: {e}"), from, limits),
        }
    }
}

impl EventLog {
    fn keep(&mut self, xml: &str, place: Place, limits: &Limits) {
        let mut record: EventRecord = event_xml::parse(xml, &|_| place, limits);
        let provider = record.provider.as_ref().map_or("", |p| p.value.as_str());
        let key = format!("{provider}/{}", record.number());
        let room = self.counts.len() < limits.record_values;
        if let Some(count) = self.counts.get_mut(&key) {
            *count = count.saturating_add(1);
        } else if room {
            self.counts.insert(key, 1);
        }
        if let Some(bound) = record.bound.take() {
            self.problem(bound, usize::try_from(place.start).unwrap_or(usize::MAX), limits);
        }
        event_fields::interpret(&mut record, None);
        if !event_fields::matters(&record) {
            return;
        }
        // Its values are weighed once they are kept in the run; until then a file may not hold more than all of them.
        let bytes = self.kept_bytes.saturating_add(xml.len().saturating_mul(4));
        if self.records.len() >= limits.observations || bytes > limits.records_bytes {
            self.beyond = self.beyond.saturating_add(1);
            return;
        }
        self.kept_bytes = bytes;
        let what = Observation::Event(Box::new(record));
        self.records.push(Observed { kind: KIND, place, fields: Vec::new(), excerpts: Excerpts::default(), what });
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::as_conversions, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::cell::Cell;

    #[test]
    fn a_record_ends_where_the_file_ends() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/evtx/schannel-and-http/artifact.evtx");
        let whole = std::fs::read(path).unwrap();
        // The sizes in the records' headers: they end at 5436, 6652 and 7852. Of the last one, two bytes of its repeated
        // size are cut: the event is whole.
        let end = 7_850;
        let log = parse(whole.get(..end).unwrap(), SourceId(0), &Limits::default());
        let found = |log: &EventLog| log.problems.iter().map(|p| (p.offset, p.message.clone())).collect::<Vec<_>>();
        let said = "an event whose last 2 bytes are beyond the end of the file: read without them".to_owned();
        assert!(found(&log).contains(&(6_652, said)), "{:?}", log.problems);
        assert_eq!(log.records.last().unwrap().place.end(), end as u64);
        let all = log.records.len();
        // Of its BinXml one byte is cut, some values, half: it is no event any more. The others are.
        let mut told = 0;
        for end in [7_847, 7_846, 7_845, 7_800, 7_700, 7_252, 6_700] {
            let log = parse(whole.get(..end).unwrap(), SourceId(0), &Limits::default());
            let said = format!("an event whose last {} bytes are beyond the end of the file: not read", 7_852 - end);
            let unread = |(_, message): &(usize, String)| message.starts_with("an event that can't be read");
            told += usize::from(found(&log).contains(&(6_652, said.clone())));
            assert!(
                found(&log).contains(&(6_652, said)) || found(&log).iter().any(unread),
                "{end}: {:?}",
                log.problems
            );
            assert_eq!(log.records.len(), all - 1);
            assert_eq!(log.counts.values().sum::<u64>(), 2);
            assert!(log.records.iter().all(|record| record.place.end() <= 6_652));
        }
        // Where zeros in the place of values could be read.
        assert!(told > 0);
        // The whole file says nothing of the kind.
        assert!(parse(&whole, SourceId(0), &Limits::default()).problems.is_empty());
    }

    thread_local! {
        static FAULTY: Cell<Option<usize>> = const { Cell::new(None) };
    }

    /// The fault that a test wants in the chunk at this offset.
    pub(super) fn provoke(offset: usize) {
        assert!(FAULTY.get() != Some(offset), "C4nary of a fault");
    }

    #[test]
    fn a_fault_in_one_chunk_costs_no_other() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/evtx/schannel-and-http/artifact.evtx");
        let one = std::fs::read(path).unwrap();
        // The header, its chunk twice.
        let two = [&one[..], &one[HEADER..HEADER + CHUNK]].concat();
        let read = |fault: Option<usize>| {
            FAULTY.set(fault);
            let log = parse(&two, SourceId(0), &Limits::default());
            FAULTY.set(None);
            log
        };
        let whole = read(None);
        assert!(whole.problems.is_empty());
        for fault in [HEADER, HEADER + CHUNK] {
            let log = read(Some(fault));
            let found: Vec<_> = log.problems.iter().map(|p| (p.offset, p.message.as_str())).collect();
            assert_eq!(found, [(fault, FAULT)]);
            assert_eq!(log.records.len() * 2, whole.records.len());
            let other = if fault == HEADER { HEADER + CHUNK } else { HEADER };
            assert!(log.records.iter().all(|r| (other..other + CHUNK).contains(&(r.place.start as usize))));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn damaged_chunks_are_problems(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
            let mut data = vec![0_u8; HEADER];
            data.extend_from_slice(b"ElfChnk\0");
            data.extend_from_slice(&bytes);
            let log = parse(&data, SourceId(0), &Limits::default());
            prop_assert!(!log.problems.is_empty());
        }
    }
}
