//! What an event record says about a key: from named values or from the words of its message to typed facts, the same
//! for every form of record.
//!
//! Values are found by name, never by position: newer Windows put `CallerProcessId` and `CallerProcessImageName` in front.
//! Sources: the providers' manifests of Windows 7 to 11 for names and ids; published records for the words; RULES 1.5 of
//! this project's notes for the packet of HttpEvent 15021; winerror.h for the texts of 1057 and 1058.

use crate::model::date::Moment;
use crate::model::event;
use crate::model::event_record::{EventRecord, Side};
use crate::model::fact::{Basis, Fact, Place};
use crate::model::hresult;
use crate::model::key_spec::KeySpec;
use crate::model::thumbprint::Sha1;
use std::ops::Range;
use time::macros::format_description;
use time::{PrimitiveDateTime, UtcOffset};

/// The words of a record and the way from them to the original bytes.
pub struct Words<'a> {
    /// The rendered message, without bidirectional marks.
    pub text: &'a str,
    /// The place of a range of the text.
    pub place: &'a dyn Fn(Range<usize>) -> Place,
}

impl Words<'_> {
    fn fact<T>(&self, value: T, range: Range<usize>) -> Fact<T> {
        Fact::stated(value, (self.place)(range))
    }
}

/// Marks that only steer the direction of writing; Windows puts them between the digits of dates.
pub fn is_bidi_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text without bidirectional marks.
pub fn without_marks(text: &str) -> String {
    text.chars().filter(|c| !is_bidi_mark(*c)).collect()
}

/// The number of an event as logs write it: decimal or hexadecimal, with or without severity bits.
pub fn event_number(text: &str) -> Option<u32> {
    let text = text.trim();
    let value = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => {
            let negative = text.starts_with('-');
            let value: i64 = text.parse().ok()?;
            let bits = if negative { value.checked_add(1 << 32)? } else { value };
            u32::try_from(bits).ok()?
        }
    };
    let value = if value > 0xFFFF { value & 0xFFFF } else { value };
    (value != 0).then_some(value)
}

/// The provider's short name of the table of known events.
fn family(provider: &str) -> Option<&'static str> {
    let name = provider.trim().to_ascii_lowercase();
    let name = name.strip_prefix("microsoft-windows-").unwrap_or(&name);
    Some(match name {
        "schannel" => "Schannel",
        "httpevent" | "http" => "HttpEvent",
        "httpservice" => "HttpService",
        "terminalservices-remoteconnectionmanager" | "termservice" => "TerminalServices-RemoteConnectionManager",
        "security-auditing" | "security" => "Security-Auditing",
        "capi2" => "CAPI2",
        "crypto-ncrypt" => "Crypto-NCrypt",
        "opsmgr connector" => event::OPS_MGR,
        "msexchangetransport" => event::EXCHANGE,
        _ => return None,
    })
}

/// Whether a provider is one whose events concern keys.
pub fn is_known_provider(provider: &str) -> bool {
    family(provider).is_some()
}

/// Whether a number alone, before a provider is named, can be one of those events. The numbers of programs are those of many
/// others: without the provider they tell nothing.
pub fn opens(id: u32) -> bool {
    event::find(id).any(|e| event::workload_of(e.provider).is_none())
}

/// Whether a record is of those that say something about keys or bindings: others are left out of the report.
pub fn matters(record: &EventRecord) -> bool {
    let id = record.number();
    let provider = record.provider.as_ref().map(|p| p.value.as_str());
    match provider.map(family) {
        Some(Some("Security-Auditing")) => matches!(id, 5058 | 5059 | 5061),
        // Most of what these write is about connections and mail.
        Some(Some(name @ (event::OPS_MGR | event::EXCHANGE))) => event::find(id).any(|e| e.provider == name),
        Some(Some(_)) => true,
        Some(None) => {
            let name = provider.unwrap_or("").to_ascii_lowercase();
            // Translated pages change the provider's name, but not the number.
            (36_864..=36_928).contains(&id)
                || matches!(id, 15_021 | 15_300 | 15_301)
                || event::find(id).any(|e| name.contains(&e.provider.to_ascii_lowercase()))
                || (id == 17_826 || (26_013..=26_017).contains(&id)) && name.starts_with("mssql")
        }
        None => opens(id) || (id == 0 && (record.code.is_some() || record.side.is_some())),
    }
}

/// The words for the parameter codes of Security 5058, 5059 and 5061, as far as published records prove them.
pub fn parameter_words(code: &str) -> Option<&'static str> {
    Some(match code.trim() {
        "%%2458" => "Read persisted key from file",
        "%%2464" => "Export of persistent cryptographic key",
        "%%2480" => "Open Key",
        "%%2499" => "Machine key",
        "%%2500" => "User key",
        _ => return None,
    })
}

/// Status words of the events 1057 and 1058 of Remote Desktop, lower case, and their codes.
const STATUS_WORDS: [(&str, u32); 4] = [
    ("keyset does not exist", 0x8009_0016),
    ("object already exists", 0x8009_000F),
    ("access is denied", 0x8007_0005),
    ("key not valid for use in specified state", 0x8009_000B),
];

/// A time as event XML writes it: `2024-01-31T12:16:37.123456789Z`.
pub fn utc(text: &str) -> Option<Moment> {
    let text = text.trim();
    let rest = text.strip_suffix(['Z', 'z']).or_else(|| text.strip_suffix("+00:00"))?;
    let seconds = rest.split('.').next().unwrap_or(rest).replace(' ', "T");
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
    let at = PrimitiveDateTime::parse(&seconds, format).ok()?;
    Some(Moment::Utc(at.assume_offset(UtcOffset::UTC)))
}

/// Fills the typed facts of a record: named values first, then what only the message says.
pub fn interpret(record: &mut EventRecord, words: Option<&Words<'_>>) {
    for (_, value) in &mut record.data {
        if let Some(words) = parameter_words(&value.value) {
            *value = Fact::derived(words.to_owned(), value.place, "the words of this parameter code");
        }
    }
    from_data(record);
    if let Some(words) = words.filter(|w| !w.text.trim().is_empty()) {
        from_words(record, words);
    }
}

fn first<'r>(record: &'r EventRecord, names: &[&str]) -> Option<&'r Fact<String>> {
    names.iter().find_map(|name| record.value(name).filter(|v| !v.value.trim().is_empty()))
}

fn text_of(record: &EventRecord, names: &[&str]) -> Option<Fact<String>> {
    first(record, names).map(|v| v.clone().map(|text| text.trim().to_owned()))
}

fn number_of(record: &EventRecord, names: &[&str]) -> Option<Fact<u32>> {
    let fact = first(record, names)?;
    Some(Fact { value: number(&fact.value)?, place: fact.place, basis: fact.basis })
}

/// A number as event data writes it: decimal, or hexadecimal with `0x`.
fn number(text: &str) -> Option<u32> {
    let text = text.trim();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

fn from_data(record: &mut EventRecord) {
    let id = record.number();
    let family = record.provider.as_ref().and_then(|p| family(&p.value));
    if let Some(value) = first(record, &["Type"]) {
        let side = side_word(&value.value);
        record.side = side.map(|side| Fact::stated(side, value.place));
    }
    record.state = number_of(record, &["ErrorStatus", "ErrorState"]);
    record.alert = number_of(record, &["AlertDesc"]);
    record.process = text_of(record, &["CallerProcessImageName", "EventAuxInfo.ProcessName", "ProcessName"]);
    record.process_id = number_of(record, &["CallerProcessId", "ClientProcessId", "ProcessId"]);
    record.endpoint = text_of(record, &["Endpoint", "SocketAddress"]);
    record.key_name = text_of(record, &["KeyName"]);
    record.key_file = text_of(record, &["KeyFilePath", "KeyFileName"]);
    record.key_provider = text_of(record, &["CSPName", "ProviderName"]);
    record.key_provider_type = number_of(record, &["CSPType"]);
    record.key_flags = number_of(record, &["KeyFlags"]);
    if id == 36_868
        && let Some(value) = first(record, &["KeyType"])
    {
        record.key_spec = key_spec(&value.value).map(|spec| Fact::stated(spec, value.place));
    }
    let code = first(record, &["ErrorCode", "ReturnCode", "Status"]).map(|v| (v, hresult::parse(&v.value)));
    let capi2 = first(record, &["Result.value", "Result_value"]);
    record.code = match (code, capi2) {
        (Some((v, Some(code))), _) => Some(Fact::stated(code, v.place)),
        // CAPI2 writes the result in hexadecimal digits without a prefix.
        (_, Some(v)) => hexadecimal(&v.value).map(|code| Fact::stated(code, v.place)),
        _ => None,
    };
    if matches!(id, 1057 | 1058) && record.code.is_none() {
        record.code = record.data.iter().find_map(|(_, v)| {
            let (code, _) = status_words(&v.value)?;
            Some(Fact::derived(code, v.place, "the words are the text of this code"))
        });
    }
    if family == Some(event::OPS_MGR) && record.code.is_none() {
        // A classic event: its values have no names.
        record.code = record.data.iter().find_map(|(_, v)| {
            let text = v.value.trim();
            let shaped = text.len() == 10 && text.get(..2).is_some_and(|p| p.eq_ignore_ascii_case("0x"));
            number(text).filter(|_| shaped).map(|code| Fact::stated(code, v.place))
        });
    }
    let binary = first(record, &["Binary"]).and_then(|v| Some((v.place, hex_bytes(&v.value)?)));
    if let Some((place, bytes)) = binary {
        if id == 15_021 {
            record.code = driver_packet_status(&bytes).map(|code| Fact::stated(code, place));
        }
        if matches!(id, 1055 | 1056) {
            let sha1: Option<[u8; 20]> = bytes.as_slice().try_into().ok();
            record.thumbprint = sha1.map(|sha1| Fact::stated(Sha1(sha1), place));
        }
    }
    if matches!(id, 26_013 | 26_014) {
        // SQL Server's events are classic ones: the hash is a value without a name.
        record.thumbprint = record.data.iter().find_map(|(_, v)| {
            let sha1 = Sha1::parse(v.value.trim().trim_matches('"'))?;
            Some(Fact::stated(sha1, v.place))
        });
    }
    if family == Some("CAPI2")
        && let Some(value) = first(record, &["Certificate.fileRef"])
    {
        let name = value.value.trim();
        let digits = name.split('.').next().unwrap_or(name);
        record.thumbprint = Sha1::parse(digits).map(|sha1| Fact::stated(sha1, value.place));
    }
}

fn hexadecimal(text: &str) -> Option<u32> {
    let text = text.trim();
    u32::from_str_radix(text.strip_prefix("0x").unwrap_or(text), 16).ok()
}

/// `server` and `client`, and the word for a client that Chinese and Japanese records insert (published records).
fn side_word(text: &str) -> Option<Side> {
    match text.trim() {
        "客户端" | "クライアント" => Some(Side::Client),
        word if word.eq_ignore_ascii_case("server") => Some(Side::Server),
        word if word.eq_ignore_ascii_case("client") => Some(Side::Client),
        _ => None,
    }
}

/// The key type of Schannel 36868: `key exchange` or `signature`.
fn key_spec(text: &str) -> Option<u32> {
    match text.trim().to_ascii_lowercase().as_str() {
        "key exchange" => Some(KeySpec::KEYEXCHANGE.0),
        "signature" => Some(KeySpec::SIGNATURE.0),
        _ => None,
    }
}

fn status_words(text: &str) -> Option<(u32, Range<usize>)> {
    let lower = text.to_ascii_lowercase();
    STATUS_WORDS.iter().find_map(|(words, code)| {
        let at = lower.find(words)?;
        Some((*code, at..at.saturating_add(words.len())))
    })
}

/// Hexadecimal digits, with or without blanks between them, as bytes. At most 64 KiB.
pub fn hex_bytes(text: &str) -> Option<Vec<u8>> {
    if text.len() > 0x2_0000 {
        return None;
    }
    let mut out = Vec::new();
    let mut high: Option<u32> = None;
    for c in text.chars().filter(|c| !c.is_whitespace()) {
        let digit = c.to_digit(16)?;
        high = match high {
            None => Some(digit),
            Some(first) => {
                out.push(u8::try_from((first << 4) | digit).ok()?);
                None
            }
        };
    }
    (high.is_none() && !out.is_empty()).then_some(out)
}

/// The NTSTATUS at the end of the dump data of a driver's error-log packet (IO_ERROR_LOG_PACKET, wdm.h: the size of the
/// dump data at offset 2, the dump data from offset 40). HTTP.sys puts the status of event 15021 there.
pub fn driver_packet_status(packet: &[u8]) -> Option<u32> {
    let size = u16::from_le_bytes(packet.get(2..4)?.try_into().ok()?);
    let code = u32::from_le_bytes(packet.get(12..16)?.try_into().ok()?);
    if code & 0xFFFF != 15_021 {
        return None;
    }
    let end = 40_usize.checked_add(usize::from(size))?;
    let start = end.checked_sub(4).filter(|start| *start >= 40)?;
    Some(u32::from_le_bytes(packet.get(start..end)?.try_into().ok()?))
}

/// The hash in the message of SQL Server's 26013 and 26014: `[Cert Hash(sha1) "…"]`.
fn sql_hash(text: &str) -> Option<(Sha1, Range<usize>)> {
    const LABEL: &str = "Cert Hash(sha1) \"";
    let start = text.find(LABEL)?.checked_add(LABEL.len())?;
    let digits = text.get(start..)?.split('"').next()?;
    Some((Sha1::parse(digits)?, start..start.checked_add(digits.len())?))
}

fn from_words(record: &mut EventRecord, words: &Words<'_>) {
    let id = record.number();
    let text = words.text;
    let family = record.provider.as_ref().and_then(|p| family(&p.value));
    let security = matches!(id, 5058 | 5059 | 5061);
    let http = matches!(id, 15_021 | 15_300..=15_302) && family != Some("HttpService");
    if security {
        security_words(record, words);
        return;
    }
    if http {
        if record.endpoint.is_none() {
            record.endpoint = endpoint_behind(text, sentence_of(text, id))
                .map(|r| words.fact(text.get(r.clone()).unwrap_or("").to_owned(), r));
        }
        return;
    }
    if matches!(id, 1055..=1058) || family == Some("TerminalServices-RemoteConnectionManager") {
        if record.code.is_none()
            && let Some((code, range)) = status_words(text)
        {
            record.code = Some(Fact::derived(code, (words.place)(range), "the words are the text of this code"));
        }
        return;
    }
    if matches!(id, 26_013 | 26_014) && record.thumbprint.is_none() {
        record.thumbprint = sql_hash(text).map(|(sha1, range)| words.fact(sha1, range));
    }
    if id == 26_013 {
        return;
    }
    if id == 36_868 {
        key_properties(record, words);
    }
    let schannel = (36_864..=36_928).contains(&id);
    if record.code.is_none() {
        record.code = hresults(text).next().map(|(code, range)| words.fact(code, range));
    }
    if !schannel {
        return;
    }
    if record.side.is_none() && (matches!(id, 36_867..=36_872 | 36_880 | 36_889)) {
        record.side = side(text).map(|(side, range)| words.fact(side, range));
    }
    if record.process.is_none()
        && record.process_id.is_none()
        && let Some((name, number)) = process(text)
    {
        let value = text.get(name.clone()).unwrap_or("").to_owned();
        record.process = Some(words.fact(value, name));
        record.process_id =
            text.get(number.clone()).and_then(|n| n.parse().ok()).map(|value| words.fact(value, number));
    }
    numbers_of_schannel(record, words, id);
}

/// The alert and the error state: bare integers in a fixed order in every language.
fn numbers_of_schannel(record: &mut EventRecord, words: &Words<'_>, id: u32) {
    let text = words.text;
    match id {
        36_870 => {
            let after = hresults(text).next().map_or(0, |(_, range)| range.end);
            if record.state.is_none() {
                record.state = integers(text).find(|(_, r)| r.start >= after).map(|(v, r)| words.fact(v, r));
            }
        }
        36_871 if record.state.is_none() => {
            record.state = integers(text).next().map(|(v, r)| words.fact(v, r));
        }
        36_887 | 36_888 => {
            let mut found = integers(text);
            if record.alert.is_none() {
                record.alert = found.find(|(v, _)| *v <= 255).map(|(v, r)| words.fact(v, r));
            }
            if record.state.is_none() {
                record.state = found.find(|(v, _)| *v >= 1000).map(|(v, r)| words.fact(v, r));
            }
        }
        _ => {}
    }
}

/// Every `0x` with exactly eight hexadecimal digits. Chinese and Japanese text touches it.
fn hresults(text: &str) -> impl Iterator<Item = (u32, Range<usize>)> {
    let mut from = 0_usize;
    std::iter::from_fn(move || {
        loop {
            let rest = text.get(from..)?;
            let at = from.saturating_add(memchr::memmem::find(rest.as_bytes(), b"0x").or_else(|| rest.find("0X"))?);
            let start = at.saturating_add(2);
            let digits = text.get(start..)?.bytes().take_while(u8::is_ascii_hexdigit).count();
            from = start.saturating_add(digits);
            if digits == 8
                && let Some(Ok(value)) = text.get(start..from).map(|hex| u32::from_str_radix(hex, 16))
            {
                return Some((value, at..from));
            }
        }
    })
}

/// Decimal integers of a sentence: no version (`1.2`), no part of a word or of a hexadecimal number, no number of a
/// process in brackets.
fn integers(text: &str) -> impl Iterator<Item = (u32, Range<usize>)> {
    let bytes = text.as_bytes();
    let mut at = 0_usize;
    let word = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    std::iter::from_fn(move || {
        loop {
            let start = at.saturating_add(bytes.get(at..)?.iter().position(u8::is_ascii_digit)?);
            let length = bytes.get(start..)?.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
            at = start.saturating_add(length);
            let before = start.checked_sub(1).and_then(|i| bytes.get(i));
            let pointed = before == Some(&b'.')
                || bytes.get(at) == Some(&b'.') && bytes.get(at.saturating_add(1)).is_some_and(u8::is_ascii_digit);
            let head = text.get(..start).unwrap_or("").trim_end();
            let of_process = head.ends_with("PID:") || before == Some(&b'(');
            if word(before) || pointed || of_process {
                continue;
            }
            if let Some(Ok(value)) = text.get(start..at).map(str::parse) {
                return Some((value, start..at));
            }
        }
    })
}

/// `server` or `client` behind `TLS` or `SSL`.
fn side(text: &str) -> Option<(Side, Range<usize>)> {
    for mark in ["TLS", "SSL"] {
        let Some(at) = text.find(mark) else { continue };
        let from = at.saturating_add(mark.len());
        let Some(rest) = text.get(from..) else { continue };
        let skipped = rest.len().saturating_sub(rest.trim_start_matches([' ', '-']).len());
        let start = from.saturating_add(skipped);
        let tail = text.get(start..).unwrap_or("");
        for (word, value) in [
            ("server", Side::Server),
            ("client", Side::Client),
            ("客户端", Side::Client),
            ("クライアント", Side::Client),
        ] {
            let matches = tail.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
            if matches {
                return Some((value, start..start.saturating_add(word.len())));
            }
        }
    }
    // A message that the viewer could not resolve lists the inserted values, one per line.
    let mut at = 0_usize;
    for line in text.split('\n') {
        let trimmed = line.trim();
        if let Some(value) = side_word(trimmed) {
            let start = at.saturating_add(line.find(trimmed).unwrap_or(0));
            return Some((value, start..start.saturating_add(trimmed.len())));
        }
        at = at.saturating_add(line.len()).saturating_add(1);
    }
    None
}

/// `NAME (PID: n)`.
fn process(text: &str) -> Option<(Range<usize>, Range<usize>)> {
    let at = text.find("(PID:")?;
    let after = at.saturating_add(5);
    let rest = text.get(after..)?;
    let blank = rest.len().saturating_sub(rest.trim_start().len());
    let start = after.saturating_add(blank);
    let digits = text.get(start..)?.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return None;
    }
    let head = text.get(..at)?.trim_end();
    // The name may hold blanks; the English sentence in front of it ends with "is".
    let from = head.rfind("process is ").map(|i| i.saturating_add(11));
    let from = from.or_else(|| head.rfind(char::is_whitespace).map(|i| i.saturating_add(1))).unwrap_or(0);
    let name = head.get(from..)?;
    (!name.is_empty()).then_some((from..head.len(), start..start.saturating_add(digits)))
}

/// Where the product's sentence of an event begins; before it a line of a table or of another log has other values.
fn sentence_of(text: &str, id: u32) -> usize {
    let own = SENTENCES.iter().filter(|(_, of, _)| *of == id);
    own.filter_map(|(words, ..)| memchr::memmem::find(text.as_bytes(), words.as_bytes())).min().unwrap_or(0)
}

/// An endpoint by its shape from a place on: `0.0.0.0:443`, `[::]:443`, `name:443`. A time of day (`9:00:05`) is none.
fn endpoint_behind(text: &str, from: usize) -> Option<Range<usize>> {
    let mut at = from;
    for token in text.get(from..)?.split(char::is_whitespace) {
        let start = at;
        at = at.saturating_add(token.len());
        at = at.saturating_add(text.get(at..).and_then(|t| t.chars().next()).map_or(0, char::len_utf8));
        let trimmed = token.trim_matches(|c: char| matches!(c, '.' | ',' | ';' | '"' | '\'' | '(' | ')' | '。'));
        let Some((host, port)) = trimmed.rsplit_once(':') else { continue };
        let of_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '[' | ']' | ':' | '%' | '*');
        // Text without blanks between words touches the address.
        let tail = host.trim_end_matches(of_host);
        let host = host.get(tail.len()..).unwrap_or("");
        let digits = port.bytes().take_while(u8::is_ascii_digit).count();
        let number: Option<u32> = port.get(..digits).and_then(|p| p.parse().ok());
        let time = host.bytes().all(|b| b.is_ascii_digit()) || host.contains(':') && !host.starts_with('[');
        if time {
            continue;
        }
        if !host.is_empty() && number.is_some_and(|n| (1..=65_535).contains(&n)) {
            let lead = token.find(trimmed).unwrap_or(0).saturating_add(tail.len());
            let from = start.saturating_add(lead);
            let len = host.len().saturating_add(1).saturating_add(digits);
            return Some(from..from.saturating_add(len));
        }
    }
    None
}

/// Lines `label: value` of a message, with the range of the value; the value loses a final dot.
fn labelled(text: &str) -> impl Iterator<Item = (&str, Range<usize>)> {
    let mut at = 0_usize;
    text.split('\n').filter_map(move |line| {
        let start = at;
        at = at.saturating_add(line.len()).saturating_add(1);
        let colon = line.find(':')?;
        let (label, rest) = line.split_at_checked(colon)?;
        let rest = rest.get(1..)?;
        let value = rest.trim();
        if value.is_empty() {
            return None;
        }
        let lead = rest.len().saturating_sub(rest.trim_start().len());
        let from = start.saturating_add(colon).saturating_add(1).saturating_add(lead);
        Some((label.trim(), from..from.saturating_add(value.len())))
    })
}

/// The five properties of Schannel 36868, by their English labels.
fn key_properties(record: &mut EventRecord, words: &Words<'_>) {
    for (label, range) in labelled(words.text) {
        let value = words.text.get(range.clone()).unwrap_or("");
        let place = (words.place)(range);
        let label = label.to_ascii_lowercase();
        if label.ends_with("csp name") {
            record.key_provider.get_or_insert_with(|| Fact::stated(value.to_owned(), place));
        } else if label.ends_with("csp type") {
            record.key_provider_type =
                record.key_provider_type.take().or(number(value).map(|v| Fact::stated(v, place)));
        } else if label.ends_with("key name") {
            record.key_name.get_or_insert_with(|| Fact::stated(value.to_owned(), place));
        } else if label.ends_with("key type") {
            record.key_spec = record.key_spec.take().or(key_spec(value).map(|v| Fact::stated(v, place)));
        } else if label.ends_with("key flags") {
            record.key_flags = record.key_flags.take().or(number(value).map(|v| Fact::stated(v, place)));
        }
    }
}

/// The rendered message of Security 5058, 5059 and 5061: groups of labels and values, each value with a final dot when it
/// is a sentence. The key file and the return code are known by their shape in every language.
fn security_words(record: &mut EventRecord, words: &Words<'_>) {
    let mut data: Vec<(&'static str, Fact<String>)> = Vec::new();
    for (label, range) in labelled(words.text) {
        let value = words.text.get(range.clone()).unwrap_or("");
        let fact = |text: &str| Fact::stated(text.to_owned(), (words.place)(range.clone()));
        let sentence = value.strip_suffix('.').unwrap_or(value);
        let bytes = value.as_bytes();
        let path = bytes.get(1) == Some(&b':') && bytes.get(2) == Some(&b'\\');
        match label.to_ascii_lowercase().as_str() {
            "provider name" => data.push(("ProviderName", fact(value))),
            "algorithm name" => data.push(("AlgorithmName", fact(value))),
            "key name" => data.push(("KeyName", fact(value))),
            "key type" => data.push(("KeyType", fact(sentence))),
            "operation" => data.push(("Operation", fact(sentence))),
            "process id" => data.push(("ClientProcessId", fact(value))),
            "security id" => data.push(("SubjectUserSid", fact(value))),
            "account name" => data.push(("SubjectUserName", fact(value))),
            "return code" => data.push(("ReturnCode", fact(value))),
            _ if path => data.push(("KeyFilePath", fact(value))),
            _ => {}
        }
    }
    // In another language the return code is the last number in hexadecimal digits; the first one is the logon's.
    if data.iter().all(|(name, _)| *name == "KeyFilePath") {
        let hexadecimal =
            labelled(words.text).filter(|(_, r)| words.text.get(r.clone()).is_some_and(|v| v.starts_with("0x")));
        if let Some((_, range)) = hexadecimal.skip(1).last() {
            let value = words.text.get(range.clone()).unwrap_or("").to_owned();
            data.push(("ReturnCode", Fact::stated(value, (words.place)(range))));
        }
    }
    let missing = record.code.is_none();
    for (name, value) in data {
        if record.value(name).is_none() {
            record.data.push((name.to_owned(), value));
        }
    }
    let from = |names: &[&str]| text_of(record, names);
    let (name, file, provider) = (from(&["KeyName"]), from(&["KeyFilePath"]), from(&["ProviderName"]));
    let process_id = number_of(record, &["ClientProcessId"]);
    let code = first(record, &["ReturnCode"]).and_then(|v| Some(Fact::stated(hresult::parse(&v.value)?, v.place)));
    record.key_name = record.key_name.take().or(name);
    record.key_file = record.key_file.take().or(file);
    record.key_provider = record.key_provider.take().or(provider);
    record.process_id = record.process_id.take().or(process_id);
    if missing {
        record.code = code;
    }
}

/// The sentences of the product that tell an event without its number, and the number.
///
/// Only what published records or the manifests prove. The sentence of Remote Desktop's 1057 is also printed under 1058,
/// so it gives no number.
pub const SENTENCES: [(&str, u32, &str); 29] = [
    ("credential's private key has the following properties", 36_868, "Schannel"),
    ("certificate does not have a private key information property", 36_869, "Schannel"),
    ("fatal error occurred when attempting to access the TLS", 36_870, "Schannel"),
    ("fatal error occurred when attempting to access the SSL", 36_870, "Schannel"),
    ("fatal error occurred while creating a TLS", 36_871, "Schannel"),
    ("fatal error occurred while creating an SSL", 36_871, "Schannel"),
    ("specified certificate's chain could not be retrieved", 36_872, "Schannel"),
    ("connection request was received from a remote client application, but none", 36_874, "Schannel"),
    ("No suitable default server credential exists on this system", 36_886, "Schannel"),
    ("fatal alert was received", 36_887, "Schannel"),
    ("Es wurde eine schwerwiegende Warnung empfangen", 36_887, "Schannel"),
    ("fatal alert was generated", 36_888, "Schannel"),
    ("次の致命的な警告が生成されました", 36_888, "Schannel"),
    ("凭据时发生严重错误", 36_871, "Schannel"),
    ("error occurred while using SSL configuration for", 15_021, "Microsoft-Windows-HttpEvent"),
    ("SSL Certificate Settings deleted for", 15_300, "Microsoft-Windows-HttpEvent"),
    ("SSL Certificate Settings created by an admin process", 15_301, "Microsoft-Windows-HttpEvent"),
    ("failed to create a new self signed certificate", 0, "Microsoft-Windows-TerminalServices-RemoteConnectionManager"),
    (
        "failed to replace the expired self signed certificate",
        0,
        "Microsoft-Windows-TerminalServices-RemoteConnectionManager",
    ),
    // Microsoft Learn prints "couldn't" and "doesn't" where the product has "could not" and "does not".
    ("because the KeySpec must be AT_KEYEXCHANGE", 20_069, event::OPS_MGR),
    ("does not contain a usable private key or because the private key is", 20_068, event::OPS_MGR),
    ("doesn't contain a usable private key or because the private key is", 20_068, event::OPS_MGR),
    ("because the certificate cannot be queried for property information", 20_077, event::OPS_MGR),
    ("because the certificate can't be queried for property information", 20_077, event::OPS_MGR),
    ("A certificate for use with Mutual Authentication was specified", 20_066, event::OPS_MGR),
    ("Enhanced Key Usage specified does not meet OpsMgr requirements", 20_050, event::OPS_MGR),
    ("Enhanced Key Usage specified doesn't meet OpsMgr requirements", 20_050, event::OPS_MGR),
    ("OpsMgr Connector has loaded the specified authentication certificate", 20_053, event::OPS_MGR),
    ("Microsoft Exchange could not find a certificate that contains the domain name", 12_014, event::EXCHANGE),
];

/// Takes the values that an XML form states over those of the text form of the same record; the text keeps the place.
pub fn prefer(xml: EventRecord, text: EventRecord) -> EventRecord {
    EventRecord {
        id: xml.id.or(text.id),
        provider: xml.provider.or(text.provider),
        channel: xml.channel.or(text.channel),
        level: xml.level.or(text.level),
        moment: xml.moment.or(text.moment),
        time: xml.time.or(text.time),
        computer: xml.computer.or(text.computer),
        user: xml.user.or(text.user),
        data: if xml.data.is_empty() { text.data } else { xml.data },
        message: text.message.or(xml.message),
        side: xml.side.or(text.side),
        code: xml.code.or(text.code),
        state: xml.state.or(text.state),
        alert: xml.alert.or(text.alert),
        process: xml.process.or(text.process),
        process_id: xml.process_id.or(text.process_id),
        endpoint: xml.endpoint.or(text.endpoint),
        thumbprint: xml.thumbprint.or(text.thumbprint),
        key_name: xml.key_name.or(text.key_name),
        key_file: xml.key_file.or(text.key_file),
        key_provider: xml.key_provider.or(text.key_provider),
        key_provider_type: xml.key_provider_type.or(text.key_provider_type),
        key_spec: xml.key_spec.or(text.key_spec),
        key_flags: xml.key_flags.or(text.key_flags),
        cut: xml.cut || text.cut,
        bound: xml.bound.or(text.bound),
    }
}

/// Every place on which the typed facts of a record stand, for excerpts.
pub fn places(record: &EventRecord) -> Vec<Place> {
    let texts = [
        &record.provider,
        &record.channel,
        &record.time,
        &record.computer,
        &record.process,
        &record.endpoint,
        &record.key_name,
        &record.key_file,
        &record.key_provider,
    ];
    let numbers = [
        &record.id,
        &record.code,
        &record.state,
        &record.alert,
        &record.process_id,
        &record.key_provider_type,
        &record.key_spec,
        &record.key_flags,
    ];
    let mut out: Vec<Place> = numbers.iter().filter_map(|f| f.as_ref().map(|f| f.place)).collect();
    out.extend(record.side.as_ref().map(|f| f.place));
    out.extend(record.thumbprint.as_ref().map(|f| f.place));
    out.extend(texts.iter().filter_map(|f| f.as_ref().map(|f| f.place)));
    out
}

/// The number of a record that states it.
pub fn stated_id(record: &EventRecord) -> bool {
    record.id.as_ref().is_some_and(|id| id.basis == Basis::Stated)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn record(provider: Option<&str>, id: u32) -> EventRecord {
        EventRecord {
            id: Some(Fact::stated(id, Place::default())),
            provider: provider.map(|name| Fact::stated(name.to_owned(), Place::default())),
            ..EventRecord::default()
        }
    }

    #[test]
    fn numbers_of_programs_count_with_their_provider_alone() {
        for id in [20_050, 20_052, 20_053, 20_057, 20_066, 20_068, 20_069, 20_070, 20_071, 20_077, 21_001, 21_016] {
            assert!(matters(&record(Some("OpsMgr Connector"), id)), "{id}");
            assert!(matters(&record(Some("opsmgr connector"), id)), "{id}");
            for other in [None, Some("Health Service Modules"), Some("MSExchangeTransport"), Some("Contoso")] {
                assert!(!matters(&record(other, id)), "{other:?} {id}");
            }
        }
        assert!(matters(&record(Some("MSExchangeTransport"), 12_014)));
        for (provider, id) in [
            (Some("OpsMgr Connector"), 20_000),
            (Some("OpsMgr Connector"), 36_870),
            (Some("MSExchangeTransport"), 12_017),
            (None, 12_014),
        ] {
            assert!(!matters(&record(provider, id)), "{provider:?} {id}");
        }
        assert!(matters(&record(None, 36_870)));
    }

    #[test]
    fn values_without_names_of_operations_manager() {
        let of = |provider: &str, values: &[&str]| {
            let mut record = record(Some(provider), 20_068);
            record.data = values
                .iter()
                .map(|value| ("Data".to_owned(), Fact::stated((*value).to_owned(), Place::default())))
                .collect();
            interpret(&mut record, None);
            record.code.map(|code| code.value)
        };
        assert_eq!(of("OpsMgr Connector", &["HKEY_LOCAL_MACHINE\\A", "0x8009030E"]), Some(0x8009_030E));
        assert_eq!(of("OpsMgr Connector", &["0x20", "2148074254", "0x8009030Z", "8009030E00"]), None);
        assert_eq!(of("Contoso", &["0x8009030E"]), None);
    }
}
