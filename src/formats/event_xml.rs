//! An event as XML: one `<Event>…</Event>` fragment of a details pane, a copy, `wevtutil /f:xml`, a forwarder or a binary
//! event log.
//!
//! Source: Microsoft Learn, "Event Schema" (System, EventData, UserData, RenderingInfo); published records for the forms.
//! Elements are known by their local names. No entity is expanded but the five of XML and character references.

use super::event_fields::{event_number, utc, without_marks};
use crate::limits::{Limits, XML_DEPTH};
use crate::model::event_record::EventRecord;
use crate::model::fact::{Fact, Place};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::collections::HashMap;
use std::ops::Range;

/// A range of a text by one of its slices; `None` for a foreign text.
fn range_in(text: &str, part: &str) -> Option<Range<usize>> {
    let start = part.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
    let end = start.checked_add(part.len())?;
    (end <= text.len()).then_some(start..end)
}

/// Reads one fragment. What is damaged or cut ends the reading; what was complete before it stands, and the record says
/// that it is cut. `place` gives the place of a range of `xml`.
pub fn parse(xml: &str, place: &dyn Fn(Range<usize>) -> Place, limits: &Limits) -> EventRecord {
    let mut reader = Reader::from_str(xml);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let mut fragment = Fragment {
        xml,
        place,
        most: limits.record_values,
        string_bytes: limits.record_bytes,
        record: EventRecord::default(),
        stack: Vec::new(),
        names: HashMap::new(),
    };
    let mut closed = false;
    loop {
        match reader.read_event() {
            Ok(Event::Start(element)) => {
                if fragment.stack.len() >= XML_DEPTH {
                    fragment.record.bound = Some(format!(
                        "an event with more than {XML_DEPTH} elements inside each other is not read further"
                    ));
                    break;
                }
                fragment.start(&element);
            }
            Ok(Event::Empty(element)) => {
                fragment.start(&element);
                fragment.end();
            }
            Ok(Event::End(element)) => {
                let name = element.local_name();
                // A damaged fragment may have lost the end of an inner element.
                if fragment.stack.iter().any(|open| open.name == name.as_ref()) {
                    while fragment.stack.last().is_some_and(|open| open.name != name.as_ref()) {
                        fragment.stack.pop();
                    }
                    fragment.end();
                }
                if name.as_ref() == "Event" {
                    closed = true;
                    break;
                }
            }
            Ok(Event::Text(text)) => fragment.text(&text, &text),
            Ok(Event::CData(text)) => fragment.text(&text, &text),
            Ok(Event::GeneralRef(reference)) => {
                let value = resolve(&reference);
                fragment.text(&reference, value.as_deref().unwrap_or(""));
            }
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    fragment.record.cut = !closed;
    fragment.record
}

fn resolve(reference: &str) -> Option<String> {
    let c = match reference {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = reference.strip_prefix('#')?;
            let value = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(value)?
        }
    };
    Some(c.to_string())
}

/// The value of an attribute with its references resolved.
fn unescape(raw: &str) -> String {
    let mut out = String::new();
    let mut rest = raw;
    while let Some(at) = rest.find('&') {
        let (head, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(head);
        let end = tail.find(';').filter(|end| *end <= 10);
        let value = end.and_then(|end| resolve(tail.get(1..end)?));
        match (value, end) {
            (Some(value), Some(end)) => {
                out.push_str(&value);
                rest = tail.get(end.saturating_add(1)..).unwrap_or("");
            }
            _ => {
                out.push('&');
                rest = tail.get(1..).unwrap_or("");
            }
        }
    }
    out.push_str(rest);
    out
}

/// An element whose end was not read yet.
struct Open {
    name: String,
    /// The attribute `Name`.
    named: Option<String>,
    text: String,
    /// The range of the text in the fragment.
    range: Option<Range<usize>>,
    has_children: bool,
}

struct Fragment<'a> {
    xml: &'a str,
    place: &'a dyn Fn(Range<usize>) -> Place,
    most: usize,
    string_bytes: usize,
    record: EventRecord,
    stack: Vec<Open>,
    /// How often a name of the data was seen.
    names: HashMap<String, usize>,
}

impl Fragment<'_> {
    fn fact(&self, value: String, raw: &str) -> Fact<String> {
        let range = range_in(self.xml, raw).unwrap_or(0..self.xml.len());
        Fact::stated(value, (self.place)(range))
    }

    fn inside(&self, name: &str) -> bool {
        self.stack.iter().any(|open| open.name == name)
    }

    /// Keeps a value of the data; a name that was seen before gets a number.
    fn keep(&mut self, name: &str, value: Fact<String>) {
        if self.record.data.len() >= self.most {
            let most = self.most;
            self.record.bound.get_or_insert_with(|| format!("values after the first {most} of an event are not kept"));
            return;
        }
        let count = self.names.entry(name.to_owned()).or_insert(0);
        *count = count.saturating_add(1);
        let name = if *count == 1 { name.to_owned() } else { format!("{name}_{count}") };
        self.record.data.push((name, value));
    }

    fn start(&mut self, element: &BytesStart<'_>) {
        let name = element.local_name().as_ref().to_owned();
        if let Some(parent) = self.stack.last_mut() {
            parent.has_children = true;
        }
        let (system, user) = (self.inside("System"), self.inside("UserData"));
        let mut named = None;
        for attribute in element.attributes().with_checks(false).flatten() {
            let key = attribute.key.local_name();
            let key = key.as_ref();
            let raw: &str = &attribute.value;
            let value = without_marks(unescape(raw).trim());
            if value.is_empty() {
                continue;
            }
            if system {
                let fact = self.fact(value, raw);
                match (name.as_str(), key) {
                    ("Provider", "Name") => self.record.provider = Some(fact),
                    ("Provider", "EventSourceName") if self.record.provider.is_none() => {
                        self.record.provider = Some(fact);
                    }
                    ("TimeCreated", "SystemTime") => {
                        self.record.moment = utc(&fact.value);
                        self.record.time = Some(fact);
                    }
                    ("Security", "UserID") => self.record.user = Some(fact),
                    _ => {}
                }
            } else if key == "Name" && !user {
                named = Some(value);
            } else if user && !attribute.key.as_ref().starts_with("xmlns") {
                let fact = self.fact(value, raw);
                self.keep(&format!("{name}.{key}"), fact);
            }
        }
        self.stack.push(Open { name, named, text: String::new(), range: None, has_children: false });
    }

    fn text(&mut self, raw: &str, value: &str) {
        let range = range_in(self.xml, raw);
        let Some(open) = self.stack.last_mut() else { return };
        if open.text.len().saturating_add(value.len()) > self.string_bytes {
            return;
        }
        open.text.push_str(value);
        open.range = match (open.range.take(), range) {
            (Some(first), Some(next)) => Some(first.start..next.end.max(first.end)),
            (first, next) => first.or(next),
        };
    }

    fn end(&mut self) {
        let Some(open) = self.stack.pop() else { return };
        let value = without_marks(open.text.trim());
        if value.is_empty() || open.has_children {
            return;
        }
        let whole = open.range.clone().unwrap_or(0..self.xml.len());
        let raw = self.xml.get(whole.clone()).unwrap_or("");
        let lead = raw.len().saturating_sub(raw.trim_start().len());
        let start = whole.start.saturating_add(lead);
        let range = start..start.saturating_add(raw.trim().len());
        let place = (self.place)(range);
        if self.inside("System") {
            let fact = Fact::stated(value, place);
            match open.name.as_str() {
                "EventID" => {
                    self.record.id = event_number(&fact.value).map(|id| Fact::stated(id, fact.place));
                }
                "Level" => self.record.level = Some(fact),
                "Channel" => self.record.channel = Some(fact),
                "Computer" => self.record.computer = Some(fact),
                _ => {}
            }
        } else if self.inside("RenderingInfo") {
            if open.name == "Message" {
                self.record.message = Some(Fact::stated(value, place));
            }
        } else if self.inside("EventData") || self.inside("UserData") {
            let name = open.named.unwrap_or(open.name);
            self.keep(&name, Fact::stated(value, place));
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::as_conversions)]
mod tests {
    use super::*;
    use crate::formats::event_fields::interpret;
    use crate::model::fact::SourceId;
    use proptest::prelude::*;

    fn read(xml: &str) -> EventRecord {
        let place = |r: Range<usize>| Place::binary(SourceId(0), r.start, r.end);
        let mut record = parse(xml, &place, &Limits::default());
        interpret(&mut record, None);
        record
    }

    const CAPI2: &str = "<Event><System><Provider Name='Microsoft-Windows-CAPI2'/><EventID>70</EventID></System><UserData>\
        <CryptAcquireCertificatePrivateKey><Certificate fileRef='00112233445566778899AABBCCDDEEFF00112233.cer' subjectName='a &amp; b'/>\
        <EventAuxInfo ProcessName='w3wp.exe'/><Result value='80090016'>Keyset does not exist</Result>\
        </CryptAcquireCertificatePrivateKey></UserData></Event>";

    #[test]
    fn values_have_their_place() {
        let record = read(CAPI2);
        let id = record.id.as_ref().unwrap();
        assert_eq!((id.value, &CAPI2[id.place.start as usize..id.place.end() as usize]), (70, "70"));
        let code = record.code.as_ref().unwrap();
        assert_eq!(&CAPI2[code.place.start as usize..code.place.end() as usize], "80090016");
        assert_eq!(code.value, 0x8009_0016);
        assert_eq!(record.value("Certificate.subjectName").unwrap().value, "a & b");
        assert_eq!(record.thumbprint.unwrap().value.to_string(), "00112233445566778899aabbccddeeff00112233");
        assert_eq!(record.process.unwrap().value, "w3wp.exe");
        assert!(!record.cut);
    }

    #[test]
    fn a_cut_value_is_no_value() {
        let xml = "<Event><System><Provider Name=\"Schannel\"/><EventID>36870</EventID></System><EventData>\
            <Data Name=\"Type\">server</Data><Data Name=\"ErrorCode\">0x8009";
        let record = read(xml);
        assert!(record.cut && record.code.is_none() && record.side.is_some());
    }

    #[test]
    fn entities_of_a_document_type_are_not_expanded() {
        let xml = "<!DOCTYPE e [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><Event><System><Provider Name='Schannel'/>\
            <EventID>36870</EventID></System><EventData><Data Name='Type'>&b;server</Data></EventData></Event>";
        assert_eq!(read(xml).value("Type").unwrap().value, "server");
    }

    proptest! {
        #[test]
        fn never_panics_and_places_lie_inside(cut in 0_usize..CAPI2.len(), noise in "[<>&'/ a-z]{0,12}") {
            let xml = format!("{}{noise}{}", &CAPI2[..cut], &CAPI2[cut..]);
            for place in crate::formats::event_fields::places(&read(&xml)) {
                prop_assert!(place.end() as usize <= xml.len());
            }
        }
    }
}
