//! An event as a JSON object on one line, as NXLog, winlogbeat, `evtx_dump` or `ConvertTo-Json -Compress` write it.
//!
//! Source: published records of these programs; no standard. Keys are compared without case and by their last part, so that
//! nested (`winlog.event_data.KeyName`) and flat forms are read alike.

use super::event_fields::{event_number, utc, without_marks};
use crate::limits::{JSON_DEPTH, Limits};
use crate::model::date::Moment;
use crate::model::event_record::EventRecord;
use crate::model::fact::{Fact, Place};
use std::collections::HashMap;
use std::ops::Range;

/// Names of event data that flat forms write beside the header's.
const DATA_NAMES: [&str; 34] = [
    "AlertDesc",
    "AlgorithmName",
    "Binary",
    "CallerProcessId",
    "CallerProcessImageName",
    "CertFlags",
    "CipherSuite",
    "ClientProcessId",
    "CredContext",
    "CSPName",
    "CSPType",
    "DeviceObject",
    "Endpoint",
    "ErrorCode",
    "ErrorState",
    "ErrorStatus",
    "ExchangeStrength",
    "KeyFileName",
    "KeyFilePath",
    "KeyFlags",
    "KeyName",
    "KeyType",
    "Operation",
    "OperationType",
    "ProcessName",
    "Protocol",
    "ReturnCode",
    "SocketAddress",
    "Status",
    "SubjectUserName",
    "SubjectDomainName",
    "SubjectUserSid",
    "Type",
    "SubjectLogonId",
];

/// Whether a line looks like such an object: cheap, before [`parse`].
pub fn looks_like(line: &str) -> bool {
    let Some(start) = line.find('{').filter(|at| *at < 256) else { return false };
    let body = line.get(start..).unwrap_or("");
    if !body.get(1..).is_some_and(|t| t.trim_start().starts_with('"')) {
        return false;
    }
    let has = |word: &str| memchr::memmem::find(body.as_bytes(), word.as_bytes()).is_some();
    has("\"EventID\"") || has("event_id") || has("\"ProviderName\"") && has("\"Id\"") || has("\"event.code\"")
}

/// Reads the object of a line; `None` when it holds no event. A cut object gives what was complete.
/// `place` gives the place of a range of `line`.
pub fn parse(line: &str, place: &dyn Fn(Range<usize>) -> Place, limits: &Limits) -> Option<EventRecord> {
    let start = line.find('{')?;
    let mut leaves = Leaves { text: line, at: start, most: limits.record_values, ..Leaves::default() };
    let complete = leaves.value(0).is_some();
    let mut record = EventRecord { cut: !complete, bound: leaves.bound, ..EventRecord::default() };
    let mut rest = Rest::default();
    for leaf in leaves.out {
        let fact = Fact::stated(without_marks(leaf.value.trim()), place(leaf.range));
        if !fact.value.is_empty() {
            assign(&mut record, &leaf.path, fact, &mut rest);
        }
    }
    record.id = record.id.or(rest.id);
    record.id.is_some().then_some(record)
}

/// One scalar with the keys that lead to it.
struct Leaf {
    path: Vec<String>,
    value: String,
    range: Range<usize>,
}

#[derive(Default)]
struct Leaves<'a> {
    text: &'a str,
    at: usize,
    most: usize,
    path: Vec<String>,
    out: Vec<Leaf>,
    /// The bound that was reached.
    bound: Option<String>,
}

impl Leaves<'_> {
    fn peek(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let blank = rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
        self.at = self.at.saturating_add(blank);
        self.text.as_bytes().get(self.at).copied()
    }

    fn step(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    /// A string: its decoded value and the range between its quotes.
    fn string(&mut self) -> Option<(String, Range<usize>)> {
        if self.peek()? != b'"' {
            return None;
        }
        let open = self.at;
        let bytes = self.text.as_bytes();
        let mut end = open.saturating_add(1);
        loop {
            match bytes.get(end)? {
                b'"' => break,
                b'\\' => end = end.saturating_add(2),
                _ => end = end.saturating_add(1),
            }
        }
        self.at = end.saturating_add(1);
        let raw = self.text.get(open..self.at)?;
        let range = open.saturating_add(1)..end;
        // Programs that write wrong escapes: the words as they stand.
        let value = serde_json::from_str(raw).unwrap_or_else(|_| self.text.get(range.clone()).unwrap_or("").to_owned());
        Some((value, range))
    }

    fn leaf(&mut self, value: String, range: Range<usize>) {
        if self.out.len() < self.most {
            self.out.push(Leaf { path: self.path.clone(), value, range });
        } else {
            let most = self.most;
            self.bound.get_or_insert_with(|| format!("values after the first {most} of an event are not kept"));
        }
    }

    /// Reads a value; `None` where the text is cut or is no JSON.
    fn value(&mut self, depth: usize) -> Option<()> {
        if depth > JSON_DEPTH {
            self.bound =
                Some(format!("an event with more than {JSON_DEPTH} values inside each other is not read further"));
            return None;
        }
        match self.peek()? {
            b'"' => {
                let (value, range) = self.string()?;
                self.leaf(value, range);
            }
            b'{' => {
                self.step();
                while self.peek()? != b'}' {
                    let (key, _) = self.string()?;
                    if self.peek()? != b':' {
                        return None;
                    }
                    self.step();
                    self.path.push(key);
                    self.value(depth.saturating_add(1))?;
                    self.path.pop();
                    match self.peek()? {
                        b',' => self.step(),
                        b'}' => {}
                        _ => return None,
                    }
                }
                self.step();
            }
            b'[' => {
                self.step();
                while self.peek()? != b']' {
                    self.value(depth.saturating_add(1))?;
                    match self.peek()? {
                        b',' => self.step(),
                        b']' => {}
                        _ => return None,
                    }
                }
                self.step();
            }
            _ => {
                let start = self.at;
                let rest = self.text.as_bytes().get(start..)?;
                let len = rest.iter().position(|b| matches!(b, b',' | b'}' | b']') || b.is_ascii_whitespace())?;
                let range = start..start.saturating_add(len);
                let value = self.text.get(range.clone())?;
                if value.is_empty() {
                    return None;
                }
                self.at = range.end;
                if value != "null" {
                    self.leaf(value.to_owned(), range);
                }
            }
        }
        Some(())
    }
}

/// Gives a scalar to the record by its keys.
fn assign(record: &mut EventRecord, path: &[String], fact: Fact<String>, rest: &mut Rest) {
    let parts: Vec<&str> = path.iter().flat_map(|key| key.split('.')).filter(|part| !part.is_empty()).collect();
    let lower: Vec<String> = parts.iter().map(|part| part.to_ascii_lowercase()).collect();
    let is_data = |part: &String| matches!(part.as_str(), "event_data" | "eventdata" | "user_data" | "userdata");
    let attribute = lower.iter().any(|part| part == "#attributes");
    let named: Vec<(&str, &str)> = parts
        .iter()
        .zip(&lower)
        .filter(|(_, low)| !low.starts_with('#'))
        .map(|(part, low)| (*part, low.as_str()))
        .collect();
    let Some((last, low)) = named.last().copied() else { return };
    let parent = named.iter().rev().nth(1).copied();
    if lower.iter().any(is_data) {
        let name = match parent {
            Some((parent, _)) if attribute && low != "xmlns" => format!("{parent}.{last}"),
            _ if attribute => return,
            _ => last.to_owned(),
        };
        keep(record, rest, &name, fact);
        return;
    }
    let parent = parent.map_or("", |(_, low)| low);
    match low {
        "eventid" | "event_id" if !attribute => {
            let id = event_number(&fact.value).map(|id| Fact::stated(id, fact.place));
            record.id = record.id.take().or(id);
        }
        "id" | "code" if named.len() == 1 || parent == "event" => {
            let id = event_number(&fact.value).map(|id| Fact::stated(id, fact.place));
            rest.id = rest.id.take().or(id);
        }
        "providername" | "provider_name" | "sourcename" | "source_name" => {
            record.provider.get_or_insert(fact);
        }
        "name" | "provider" if parent == "provider" || parent == "event" => {
            record.provider.get_or_insert(fact);
        }
        "channel" | "log_name" | "logname" => {
            record.channel.get_or_insert(fact);
        }
        "level" | "severity" | "leveldisplayname" => {
            record.level.get_or_insert(fact);
        }
        "@timestamp" | "timecreated" | "time_created" | "eventtime" | "systemtime" => {
            let moment = utc(&fact.value).or_else(|| since_1970(&fact.value));
            let fact = match moment {
                Some(moment) if fact.value.contains("Date(") => {
                    Fact::derived(moment.rfc3339(), fact.place, "the milliseconds since 1970 as a date")
                }
                _ => fact,
            };
            if record.time.is_none() || record.moment.is_none() && moment.is_some() {
                record.moment = moment;
                record.time = Some(fact);
            }
        }
        "hostname" | "computer" | "computer_name" | "machinename" => {
            record.computer.get_or_insert(fact);
        }
        "userid" => {
            record.user.get_or_insert(fact);
        }
        // The object that `ConvertTo-Json` makes of a SID.
        "value" if parent == "userid" => {
            record.user.get_or_insert(fact);
        }
        "message" => {
            record.message.get_or_insert(fact);
        }
        _ => {
            if let Some(name) = DATA_NAMES.iter().find(|name| name.eq_ignore_ascii_case(last)) {
                keep(record, rest, name, fact);
            }
        }
    }
}

/// The time of `/Date(1793682997000)/`, in milliseconds since 1970, as Windows PowerShell writes it.
fn since_1970(text: &str) -> Option<Moment> {
    let (_, behind) = text.split_once("Date(")?;
    let milliseconds: i64 = behind.split(')').next()?.parse().ok()?;
    time::OffsetDateTime::from_unix_timestamp(milliseconds.checked_div(1000)?).ok().map(Moment::Utc)
}

/// What is known while a record is put together.
#[derive(Default)]
struct Rest {
    /// The number under a key that other objects also have.
    id: Option<Fact<u32>>,
    /// How often a name of the data was seen.
    names: HashMap<String, usize>,
}

fn keep(record: &mut EventRecord, rest: &mut Rest, name: &str, fact: Fact<String>) {
    let count = rest.names.entry(name.to_owned()).or_insert(0);
    *count = count.saturating_add(1);
    let name = if *count == 1 { name.to_owned() } else { format!("{name}_{count}") };
    record.data.push((name, fact));
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::as_conversions)]
mod tests {
    use super::*;
    use crate::formats::event_fields::interpret;
    use crate::model::fact::SourceId;
    use proptest::prelude::*;

    fn read(line: &str) -> Option<EventRecord> {
        let place = |r: Range<usize>| Place::binary(SourceId(0), r.start, r.end);
        let mut record = parse(line, &place, &Limits::default())?;
        interpret(&mut record, None);
        Some(record)
    }

    const FLAT: &str = r#"{"EventTime":"2026-03-02 10:11:12","Hostname":"WEB01","EventID":"5061","SourceName":"Microsoft-Windows-Security-Auditing","Message":"a\r\nb \"q\"","KeyName":"web","KeyType":"%%2499","ReturnCode":"0x80090016"}"#;

    #[test]
    fn flat_and_nested() {
        let record = read(FLAT).unwrap();
        assert_eq!((record.number(), record.code.as_ref().unwrap().value), (5061, 0x8009_0016));
        let code = record.code.as_ref().unwrap().place;
        assert_eq!(&FLAT[code.start as usize..code.end() as usize], "0x80090016");
        assert_eq!(record.value("KeyType").unwrap().value, "Machine key");
        assert_eq!(record.message.unwrap().value, "a\r\nb \"q\"");

        let nested = r#"{"@timestamp":"2026-03-02T10:11:12.345Z","winlog":{"event_id":36870,"provider_name":"Schannel","event_data":{"Type":"server","ErrorCode":"0x8009030d","ErrorStatus":"10001"}}}"#;
        let record = read(nested).unwrap();
        assert_eq!(record.state.unwrap().value, 10_001);
        assert_eq!(record.moment.unwrap().rfc3339(), "2026-03-02T10:11:12Z");

        let dump = r##"{"Event":{"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-HttpEvent"}},"EventID":{"#attributes":{"Qualifiers":49152},"#text":15021}},"EventData":{"Endpoint":"0.0.0.0:443"}}}"##;
        let record = read(dump).unwrap();
        assert_eq!((record.number(), record.endpoint.unwrap().value.as_str()), (15_021, "0.0.0.0:443"));
    }

    proptest! {
        #[test]
        fn never_panics_and_places_lie_inside(cut in 0_usize..FLAT.len(), noise in "[{}\\[\\]\",:\\\\ a-z0-9]{0,12}") {
            let line = format!("{}{noise}{}", &FLAT[..cut], &FLAT[cut..]);
            if let Some(record) = read(&line) {
                for place in crate::formats::event_fields::places(&record) {
                    prop_assert!(place.end() as usize <= line.len());
                }
            }
        }
    }
}
