//! Certificate bindings of HTTP.sys: `netsh http show sslcert`, `show iplisten`, and typed `add sslcert`, `update sslcert`
//! and `delete sslcert` commands with their replies.
//!
//! The labels are translated, so nothing rests on them: a record begins with `label : endpoint`, its hash has 40
//! hexadecimal digits, its application id is a GUID, and the value after it is the store. The order of the fields is
//! fixed; older versions of Windows stop earlier. Sources: Microsoft Learn, "netsh http"; Microsoft Learn,
//! `HTTP_SERVICE_CONFIG_SSL_PARAM` (an empty store name stands for MY); console output of Windows Server 2012 to 2025.

use super::glance::{self, Glance};
use super::joined_lines::JoinedLines;
use super::piece::Piece;
use super::text_reader::{TextReader, joined_place, keep_line};
use super::text_shapes::{
    behind_prompt, contains_word, endpoint, fills_a_console, find_ignoring_case, guid, is_address, is_elision, is_hex,
    label_value, port, prompted, snake_case,
};
use crate::limits::Limits;
use crate::model::binding::{Binding, BindingHash, BindingListing, BindingOrigin, Endpoint};
use crate::model::fact::{Excerpts, Fact, Place, SourceId};
use crate::model::observation::{ErrorContext, ErrorText, Observation, Observed};
use crate::model::thumbprint::Sha1;
use std::borrow::Cow;
use std::net::IpAddr;

/// The report's word for this kind of artifact.
pub const KIND: &str = "sslcert-bindings";

/// The fields of a whole record: Windows Server 2012 R2 ends with the thirteenth, Negotiate Client Certificate.
const WHOLE_RECORD: usize = 13;
/// The port 443 of a central store is told from the numbers of extended properties by being greater than any of their ids.
const LOWEST_CENTRAL_PORT: u16 = 26;
/// A heading is no longer than this, in bytes.
const HEADING: usize = 200;
/// The fewest columns of a window that a command is typed in.
const NARROWEST: usize = 60;

/// The names of the first fields.
const FIELDS: [&str; 4] = ["ip_port", "certificate_hash", "application_id", "certificate_store_name"];

/// One line of a record.
struct Field {
    label: String,
    value: String,
    place: Place,
    /// The line fills the window: the next one may be its rest.
    fills: bool,
}

/// A record that is being read.
struct Record {
    fields: Vec<Field>,
    /// Fields before the extended properties.
    base: usize,
    extended: bool,
    indent: usize,
    first: Place,
    last: Place,
    excerpts: Excerpts,
}

/// What a listing lists.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Listed {
    /// Not clear before its first line.
    Unknown,
    Certificates,
    Addresses,
    /// `show urlacl`: read over.
    Reservations,
}

/// A listing that is being read.
struct Listing {
    heading: Option<Fact<String>>,
    what: Listed,
    records: u32,
    /// Fields of the first record.
    fields: usize,
    cut: bool,
    /// The reply that there are none.
    none: bool,
    addresses: Vec<Fact<String>>,
    first: Place,
    last: Place,
    excerpts: Excerpts,
}

/// A typed command.
struct Command {
    lines: JoinedLines,
    excerpts: Excerpts,
    first: Place,
    last: Place,
    /// The last line asks for more: `^` or a backtick at its end, or it may fill the window.
    more: bool,
    /// The last line may fill the window: what follows belongs to the same word.
    fills: bool,
    /// The columns of the first line: those of the window, if it goes on.
    columns: usize,
    succeeded: Option<bool>,
    /// `delete`.
    deletes: bool,
}

/// A reply that something failed, while its text is awaited.
struct Failure {
    code: Fact<u32>,
    printed: Fact<String>,
    reply: Fact<String>,
    excerpts: Excerpts,
}

/// What the commands are about.
const NAMES: &[&str] = &["sslcert", "iplisten", "urlacl"];

/// Reads bindings of HTTP.sys.
pub struct SslCertReader {
    source: SourceId,
    values: usize,
    bytes: usize,
    excerpt_lines: usize,
    columns: usize,
    done: Vec<Observed>,
    candidate: Option<(Fact<String>, u64)>,
    asked: Listed,
    filtered: bool,
    /// The next listing is the answer to a visible command for all bindings.
    all: bool,
    listing: Option<Listing>,
    record: Option<Record>,
    command: Option<Command>,
    failure: Option<Failure>,
    blank: bool,
}

impl SslCertReader {
    /// A reader for one input.
    pub fn new(source: SourceId, limits: &Limits) -> Self {
        Self {
            source,
            values: limits.record_values,
            bytes: limits.record_bytes,
            excerpt_lines: limits.excerpt_lines,
            columns: limits.excerpt_columns,
            done: Vec::new(),
            candidate: None,
            asked: Listed::Unknown,
            filtered: false,
            all: false,
            listing: None,
            record: None,
            command: None,
            failure: None,
            blank: false,
        }
    }

    fn lists(&self, what: Listed) -> bool {
        self.listing.as_ref().is_some_and(|l| l.what == what)
    }

    /// A line with words; whether it is taken.
    fn words(&mut self, piece: Piece<'_>, text: &str, named: bool) -> bool {
        let heading = self.candidate.take();
        if self.failure.is_some() {
            let reply = prompted(text).is_none() && label_value(text).is_none();
            self.end_failure(reply.then_some((piece, text)));
            if reply {
                return true;
            }
        }
        if self.command.is_some()
            && let Some(taken) = self.after_command(piece, text)
        {
            return taken;
        }
        if self.rest_of_value(piece, text) {
            return true;
        }
        if text.len() >= 10 && text.bytes().all(|b| b == b'-') {
            return self.dashes(piece, heading);
        }
        if let Some(taken) = self.typed(piece, text, named) {
            return taken;
        }
        if self.failed_reply(piece, text, false) {
            return true;
        }
        if text.len() <= HEADING && text.ends_with([':', '\u{ff1a}']) && self.record.is_none() {
            self.end_listing();
            self.candidate = Some((piece.text_fact(self.source, text), piece.line().order));
            return false;
        }
        let taken = match label_value(text) {
            Some((label, value)) => self.entry(piece, label, value),
            None => self.plain(piece, text),
        };
        if !taken {
            self.end_listing();
        }
        taken
    }

    /// A line of dashes: the one before it was a heading.
    fn dashes(&mut self, piece: Piece<'_>, heading: Option<(Fact<String>, u64)>) -> bool {
        let line = piece.line().order;
        let Some((heading, _)) = heading.filter(|(_, at)| at.saturating_add(2) >= line) else {
            self.end_listing();
            return false;
        };
        self.end_listing();
        let what = if contains_word(&heading.value, "ssl") {
            Listed::Certificates
        } else if contains_word(&heading.value, "ip listen") {
            Listed::Addresses
        } else {
            self.asked
        };
        let mut excerpts = Excerpts::default();
        let place = heading.place;
        excerpts.push(place.source, place.line, place.column, place.start, &heading.value);
        self.listing = Some(Listing {
            first: place,
            last: piece.trim().place(self.source),
            heading: Some(heading),
            what,
            records: 0,
            fields: 0,
            cut: false,
            none: false,
            addresses: Vec::new(),
            excerpts,
        });
        true
    }

    /// `label : value`.
    fn entry(&mut self, piece: Piece<'_>, label: &str, value: &str) -> bool {
        if value.starts_with("http://") || value.starts_with("https://") {
            return self.reservation(piece);
        }
        if self.lists(Listed::Reservations) {
            return true;
        }
        if self.begins_record(piece, label, value) {
            self.end_record();
            let what = self.listing.as_ref().map(|l| l.what);
            if what.is_some_and(|w| w != Listed::Certificates && w != Listed::Unknown) {
                self.end_listing();
            }
            let place = piece.trim().place(self.source);
            self.record = Some(Record {
                fields: Vec::new(),
                base: 0,
                extended: false,
                indent: piece.indent(),
                first: place,
                last: place,
                excerpts: Excerpts::default(),
            });
            self.add_field(piece, label, value);
            return true;
        }
        let Some(record) = &mut self.record else { return false };
        // netsh pads its labels: a blank before the colon, or the indentation of the first line.
        let padded = piece.text.split_once(label).is_some_and(|(_, rest)| rest.starts_with([' ', '\t']));
        let same_indent = record.indent > 0 && piece.indent() == record.indent;
        if value.is_empty() && record.base >= 10 && !padded {
            record.extended = true;
            record.last = piece.trim().place(self.source);
            return true;
        }
        if !(padded || same_indent) {
            return false;
        }
        if record.fields.len() < self.values.min(256) {
            self.add_field(piece, label, value);
        }
        true
    }

    fn begins_record(&self, piece: Piece<'_>, label: &str, value: &str) -> bool {
        if label.len() > HEADING {
            return false;
        }
        let open = self.record.as_ref();
        if endpoint(value).is_some() {
            // A time (`12:30`) has no letter and no address.
            let host = value.rsplit_once(':').map_or("", |(host, _)| host);
            let named = host.bytes().any(|b| b.is_ascii_alphabetic() || b == b'.') || !host.is_ascii();
            return (named || is_address(host) || host.contains('*'))
                && open.is_none_or(|r| r.base != 1 && r.base != 2);
        }
        let in_listing = self.lists(Listed::Certificates);
        if let Some(number) = port(value) {
            let central = contains_word(label, "central certificate store");
            return central || in_listing && self.blank && number >= LOWEST_CENTRAL_PORT;
        }
        // A long name of a host, cut by the window.
        in_listing
            && open.is_none_or(|r| r.base >= 10 && self.blank)
            && fills_a_console(piece.text.trim_end())
            && value.contains('.')
            && !value.contains(' ')
    }

    fn add_field(&mut self, piece: Piece<'_>, label: &str, value: &str) {
        let Some(record) = &mut self.record else { return };
        let place = piece.part(if value.is_empty() { label } else { value }).place(self.source);
        let fills = fills_a_console(piece.text.trim_end());
        record.fields.push(Field { label: label.to_owned(), value: value.to_owned(), place, fills });
        if !record.extended {
            record.base = record.base.saturating_add(1);
        }
        record.last = piece.trim().place(self.source);
        if record.fields.len() <= 4 {
            keep_line(&mut record.excerpts, place, piece, self.excerpt_lines, self.columns);
        }
    }

    /// A line without label that completes the value before it.
    fn rest_of_value(&mut self, piece: Piece<'_>, text: &str) -> bool {
        let Some(record) = &mut self.record else { return false };
        if self.blank || label_value(text).is_some() {
            return false;
        }
        let Some(last) = record.fields.last_mut() else { return false };
        let hash = is_hex(&last.value)
            && is_hex(text)
            && last.value.len() >= 8
            && matches!(last.value.len().saturating_add(text.len()), 40 | 64);
        let id = last.value.starts_with('{')
            && !last.value.ends_with('}')
            && guid(&format!("{}{}", last.value, text.get(..38.min(text.len())).unwrap_or(""))).is_some();
        let filled = last.fills && piece.indent() == 0 && text.len() <= 255 && prompted(text).is_none();
        // A mail program puts a value that does not fit beside its label on a line of its own.
        let moved = last.value.is_empty()
            && (is_hex(text) && matches!(text.len(), 40 | 64)
                || guid(text).is_some()
                || piece.indent() == 0 && record.indent > 0 && !text.contains(' ') && prompted(text).is_none());
        if !(hash || id || filled || moved) {
            return false;
        }
        let part = piece.trim();
        let place = part.place(self.source);
        last.place = if last.value.is_empty() { place } else { joined_place(last.place, place) };
        last.value.push_str(text);
        last.fills = false;
        record.last = part.place(self.source);
        if record.fields.len() <= 4 {
            keep_line(&mut record.excerpts, part.place(self.source), piece, self.excerpt_lines, self.columns);
        }
        true
    }

    /// A line without label.
    fn plain(&mut self, piece: Piece<'_>, text: &str) -> bool {
        let source = self.source;
        let most = self.values;
        let Some(listing) = &mut self.listing else {
            return self.record.is_some() && is_elision(text) && {
                self.end_record();
                true
            };
        };
        let place = piece.trim().place(source);
        if matches!(listing.what, Listed::Unknown | Listed::Addresses) && listing.records == 0 {
            if text.parse::<IpAddr>().is_ok() {
                listing.what = Listed::Addresses;
                listing.last = place;
                if listing.addresses.len() < most {
                    listing.addresses.push(piece.text_fact(source, text));
                }
                keep_line(&mut listing.excerpts, place, piece, self.excerpt_lines, self.columns);
                return true;
            }
            return false;
        }
        if listing.what != Listed::Certificates {
            return false;
        }
        if is_elision(text) {
            listing.cut = true;
            listing.last = place;
            self.end_record();
            return true;
        }
        if listing.records == 0 && self.record.is_none() {
            // "The system cannot find the file specified." in the language of Windows; only the English words are sure.
            let sentence = text.ends_with(['.', '\u{3002}']) && text.len() <= HEADING && prompted(text).is_none();
            if sentence {
                listing.last = place;
                listing.none = true;
                listing.cut |= !text.eq_ignore_ascii_case("The system cannot find the file specified.");
                keep_line(&mut listing.excerpts, place, piece, self.excerpt_lines, self.columns);
                self.end_listing();
                return true;
            }
            listing.cut = true;
        }
        false
    }

    /// `Reserved URL : https://+:443/x/`: `show urlacl`, which says nothing of certificates.
    fn reservation(&mut self, piece: Piece<'_>) -> bool {
        let place = piece.trim().place(self.source);
        match &mut self.listing {
            Some(listing) if matches!(listing.what, Listed::Unknown | Listed::Reservations) => {
                listing.what = Listed::Reservations;
                listing.last = place;
                true
            }
            _ => false,
        }
    }

    /// A typed command. `named`: the words of one of ours stand in the line.
    fn typed(&mut self, piece: Piece<'_>, text: &str, named: bool) -> Option<bool> {
        let command = if named { behind_prompt(text) } else { "" };
        if let Some(at) = find_ignoring_case(command, "sslcert") {
            let (before, after) = command.split_at_checked(at)?;
            let after = after.get("sslcert".len()..).unwrap_or("");
            let verb = before.split_whitespace().next_back().unwrap_or("");
            if verb.eq_ignore_ascii_case("show") {
                self.asks(Listed::Certificates, !after.trim().is_empty());
                return Some(false);
            }
            let adds = verb.eq_ignore_ascii_case("add") || verb.eq_ignore_ascii_case("update");
            let deletes = verb.eq_ignore_ascii_case("delete");
            let wrapped = fills_a_console(piece.text.trim_end());
            if (adds || deletes) && (after.contains('=') || continues(after) || wrapped) {
                self.close();
                let mut lines = JoinedLines::new(self.source);
                let place = piece.part(command).place(self.source);
                // A blank at the edge of the window is part of the command.
                lines.push(piece.from(piece.text.find(command).unwrap_or_default()));
                let mut excerpts = Excerpts::default();
                keep_line(&mut excerpts, place, piece, self.excerpt_lines, self.columns);
                let columns = piece.text.chars().count();
                let fills = !continues(command) && columns >= NARROWEST;
                let more = fills || continues(command);
                let (first, last, succeeded) = (place, place, None);
                self.command = Some(Command { lines, excerpts, first, last, more, fills, columns, succeeded, deletes });
                return Some(true);
            }
            return None;
        }
        let http = find_ignoring_case(command, "iplisten").map(|_| Listed::Addresses);
        let http = http.or_else(|| find_ignoring_case(command, "urlacl").map(|_| Listed::Reservations));
        if let Some(what) = http
            && contains_word(command, "show")
        {
            self.asks(what, false);
            return Some(false);
        }
        if prompted(text).is_some() {
            self.end_listing();
            self.asked = Listed::Unknown;
            self.filtered = false;
            self.all = false;
            return Some(false);
        }
        None
    }

    fn asks(&mut self, what: Listed, filtered: bool) {
        self.end_listing();
        self.asked = what;
        self.filtered = filtered;
        self.all = what == Listed::Certificates && !filtered;
    }

    /// A line after a typed command; `None`: it is something else.
    fn after_command(&mut self, piece: Piece<'_>, text: &str) -> Option<bool> {
        let place = piece.trim().place(self.source);
        let full = self.command.as_ref().is_some_and(|c| c.lines.len() > self.bytes.min(16 << 10));
        let command = self.command.as_mut()?;
        // A reply has several words, and no parameter.
        let rest = text.contains('=') || !text.contains(' ');
        // A mail breaks a command between its parameters.
        let parameter = begins_with_parameter(text);
        let more = command.more && (rest || !command.fills) || parameter;
        if more && !self.blank && !full && prompted(text).is_none() {
            if command.fills && !parameter {
                command.lines.extend(piece);
            } else {
                command.lines.push(piece);
            }
            let columns = piece.text.chars().count();
            command.fills = !continues(text) && command.fills && columns == command.columns;
            command.more = command.fills || continues(text);
            command.last = place;
            keep_line(&mut command.excerpts, place, piece, self.excerpt_lines, self.columns);
            return Some(true);
        }
        command.more = false;
        if prompted(text).is_some() {
            self.end_command();
            return None;
        }
        let lower = text.to_ascii_lowercase();
        let about_ssl = lower.starts_with("ssl");
        if about_ssl && trailing_number(text).is_some() {
            command.succeeded = Some(false);
        } else if about_ssl && lower.contains("success") {
            command.succeeded = Some(true);
        } else if lower.starts_with("the parameter is incorrect")
            || lower.starts_with("one or more essential parameters were not entered")
            || lower.starts_with("the syntax supplied for this command is not valid")
        {
            command.succeeded = Some(false);
        } else if !about_ssl {
            self.end_command();
            return None;
        }
        command.last = place;
        keep_line(&mut command.excerpts, place, piece, self.excerpt_lines, self.columns);
        // What can't be deleted is not there: no error of a binding.
        let deletes = command.deletes;
        self.end_command();
        if !deletes {
            self.failed_reply(piece, text, true);
        }
        Some(true)
    }

    /// `SSL Certificate add failed, Error: 1312`, in other languages when it answers a command or names 1312.
    fn failed_reply(&mut self, piece: Piece<'_>, text: &str, answers: bool) -> bool {
        if !text.get(..3).is_some_and(|t| t.eq_ignore_ascii_case("ssl")) {
            return false;
        }
        let Some((printed, number)) = trailing_number(text) else { return false };
        if !(answers || number == 1312 || contains_word(text, "add failed")) {
            return false;
        }
        if !answers {
            self.end_listing();
        }
        let mut excerpts = Excerpts::default();
        let reply = piece.text_fact(self.source, text);
        keep_line(&mut excerpts, reply.place, piece, self.excerpt_lines, self.columns);
        // HRESULT_FROM_WIN32: facility 7.
        let code = piece.fact(self.source, 0x8007_0000 | (number & 0xFFFF), printed);
        self.failure = Some(Failure { code, printed: piece.text_fact(self.source, printed), reply, excerpts });
        true
    }

    fn end_failure(&mut self, text: Option<(Piece<'_>, &str)>) {
        let Some(mut failure) = self.failure.take() else { return };
        let mut place = failure.reply.place;
        let mut fields = vec![(Cow::Borrowed("error"), failure.printed)];
        let words = match text {
            Some((piece, text)) => {
                let fact = piece.text_fact(self.source, text);
                keep_line(&mut failure.excerpts, fact.place, piece, self.excerpt_lines, self.columns);
                place = joined_place(place, fact.place);
                fields.push((Cow::Borrowed("message"), fact.clone()));
                fact
            }
            None => failure.reply,
        };
        let what = Observation::Error(ErrorText {
            code: Some(failure.code),
            text: words,
            context: ErrorContext::NetshAdd,
            thumbprint: None,
            subject: None,
            instance: None,
        });
        self.done.push(Observed { kind: KIND, place, fields, excerpts: failure.excerpts, what });
    }

    fn end_command(&mut self) {
        let Some(command) = self.command.take() else { return };
        if command.deletes && command.succeeded != Some(true) {
            return;
        }
        if let Some((binding, fields)) = typed_binding(&command) {
            let place = joined_place(command.first, command.last);
            let what = Observation::Binding(binding);
            self.done.push(Observed { kind: KIND, place, fields, excerpts: command.excerpts, what });
        }
    }

    fn end_record(&mut self) {
        let Some(record) = self.record.take() else { return };
        let in_listing = self.lists(Listed::Certificates);
        let (base, first, last) = (record.base, record.first, record.last);
        let Some(observed) = record.finish(in_listing) else { return };
        let listing = self.listing.get_or_insert_with(|| Listing {
            heading: None,
            what: Listed::Certificates,
            records: 0,
            fields: base,
            cut: true,
            none: false,
            addresses: Vec::new(),
            first,
            last,
            excerpts: observed.excerpts.clone(),
        });
        listing.what = Listed::Certificates;
        if listing.records == 0 {
            listing.fields = base;
        }
        listing.records = listing.records.saturating_add(1);
        listing.cut |= base < WHOLE_RECORD || base != listing.fields;
        listing.last = last;
        self.done.push(observed);
    }

    fn end_listing(&mut self) {
        self.end_record();
        let Some(listing) = self.listing.take() else { return };
        let all = std::mem::take(&mut self.all);
        let place = joined_place(listing.first, listing.last);
        let fields: Vec<_> = listing.heading.clone().map(|h| (Cow::Borrowed("heading"), h)).into_iter().collect();
        let known = listing.heading.as_ref().is_some_and(|h| contains_word(&h.value, "ip listen"));
        let what = match listing.what {
            Listed::Certificates => Observation::BindingListing(BindingListing {
                complete: listing.heading.is_some()
                    && !listing.cut
                    && !self.filtered
                    && (listing.records > 0 || listing.none),
                heading: listing.heading,
                records: listing.records,
                all,
            }),
            Listed::Addresses if known || !listing.addresses.is_empty() => Observation::IpListen(listing.addresses),
            _ => return,
        };
        self.done.push(Observed { kind: KIND, place, fields, excerpts: listing.excerpts, what });
    }
}

impl TextReader for SslCertReader {
    fn line(&mut self, piece: Piece<'_>) -> bool {
        let text = piece.text.trim();
        if text.is_empty() {
            if let Some(command) = &mut self.command {
                command.more = false;
            }
            self.blank = true;
            return self.is_open();
        }
        let open = self.is_open() || self.candidate.is_some();
        let named = NAMES.iter().any(|name| contains_word(text, name));
        // What none of these begins is foreign.
        let possible = open || named || text.contains(':') || text.contains('\u{ff1a}');
        let taken = possible && self.words(piece, text, named);
        self.blank = false;
        taken
    }

    fn words(&self) -> Vec<&'static str> {
        NAMES.to_vec()
    }

    fn passes_over(&self, _piece: Piece<'_>, glance: &Glance<'_>) -> bool {
        let waits = self.is_open() || self.candidate.is_some() || self.blank;
        let asked = self.filtered || !matches!(self.asked, Listed::Unknown);
        let replies = glance.text.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("ssl"));
        let labelled = glance.has(glance::LABEL)
            && label_value(glance.text).is_some_and(|(_, value)| endpoint(value).is_some() || port(value).is_some());
        !waits && !asked && !replies && glance.last != b':' && !labelled
    }

    fn is_open(&self) -> bool {
        self.record.is_some() || self.listing.is_some() || self.command.is_some() || self.failure.is_some()
    }

    fn close(&mut self) {
        self.end_failure(None);
        self.end_command();
        self.end_listing();
    }

    fn take(&mut self) -> Vec<Observed> {
        std::mem::take(&mut self.done)
    }
}

impl Record {
    /// The binding, when it is one: its listing has a heading, or a hash, a GUID or a known label shows it.
    fn finish(self, in_listing: bool) -> Option<Observed> {
        let first = self.fields.first()?;
        let end = match endpoint(&first.value) {
            Some(end) => end,
            None => Endpoint::CentralStore { port: port(&first.value)? },
        };
        let mut hash = None;
        let mut app_id = None;
        let mut store = None;
        let mut sure = in_listing;
        let mut names: Vec<Cow<'static, str>> = vec![first_name(&first.label, &end).into()];
        for (index, field) in self.fields.iter().enumerate().skip(1) {
            let value = field.value.as_str();
            let null = value.is_empty() || value == "(null)";
            let english = snake_case(&field.label);
            let german = matches!(english.as_str(), "zertifikathash");
            let known = FIELDS.contains(&english.as_str());
            let is_id = guid(value).is_some();
            let role = match english.as_str() {
                "certificate_hash" | "zertifikathash" => 1,
                "application_id" => 2,
                "certificate_store_name" | "zertifikatspeichername" => 3,
                _ if index > 3 => 0,
                _ if is_id => 2,
                _ if is_hex(value) && matches!(value.len(), 40 | 64) => 1,
                // After a value that is missing everything stands one place earlier.
                _ if app_id.is_some() && store.is_none() => 3,
                _ => index,
            };
            sure |= known || german || role == 1 && Sha1::parse(value).is_some() || role == 2 && is_id;
            let name = match role {
                1 if hash.is_none() => {
                    let value = match Sha1::parse(value) {
                        Some(sha1) => BindingHash::Sha1(sha1),
                        None if null => BindingHash::Null,
                        None => BindingHash::Unusable(value.to_owned()),
                    };
                    hash = Some(Fact::stated(value, field.place));
                    Cow::Borrowed("certificate_hash")
                }
                2 if app_id.is_none() => {
                    let id = guid(value).map(|id| format!("{{{}}}", id.to_ascii_lowercase()));
                    let id = id.or_else(|| (!null).then(|| value.to_owned()));
                    app_id = Some(Fact::stated(id, field.place));
                    Cow::Borrowed("application_id")
                }
                3 if store.is_none() => {
                    store = Some(Fact::stated((!null).then(|| value.to_owned()), field.place));
                    Cow::Borrowed("certificate_store_name")
                }
                _ if field.label.is_ascii() => english.into(),
                _ => field.label.clone().into(),
            };
            names.push(name);
        }
        if !sure {
            return None;
        }
        // `*:443` without a certificate is a port's central store.
        let no_hash = hash.as_ref().is_none_or(|h| h.value == BindingHash::Null);
        let end = match end {
            Endpoint::IpPort { ip, port } if ip == "*" && no_hash => Endpoint::CentralStore { port },
            Endpoint::HostPort { port, .. } if contains_word(&first.label, "central certificate store") => {
                Endpoint::CentralStore { port }
            }
            end => end,
        };
        let binding = Binding {
            origin: BindingOrigin::HttpSys,
            endpoint: Fact::stated(end, first.place),
            protocol: "https".to_owned(),
            hash,
            app_id,
            store,
            ssl_flags: None,
            site: None,
            stopped: false,
            succeeded: None,
        };
        let place = joined_place(self.first, self.last);
        let mut fields: Vec<(Cow<'static, str>, Fact<String>)> = Vec::new();
        for (name, field) in names.into_iter().zip(self.fields) {
            // Each extended property repeats the label of its number.
            if name != "propertyid" {
                fields.push((name, Fact::stated(field.value, field.place)));
            }
        }
        Some(Observed { kind: KIND, place, fields, excerpts: self.excerpts, what: Observation::Binding(binding) })
    }
}

/// The name of a record's first field.
fn first_name(label: &str, end: &Endpoint) -> &'static str {
    match end {
        _ if contains_word(label, "central certificate store") => "central_certificate_store",
        _ if contains_word(label, "hostname") => "hostname_port",
        Endpoint::IpPort { .. } => "ip_port",
        Endpoint::HostPort { .. } => "hostname_port",
        Endpoint::CentralStore { .. } => "central_certificate_store",
    }
}

/// A number at the end of a line behind a colon: `Error: 1312`.
fn trailing_number(text: &str) -> Option<(&str, u32)> {
    let (_, number) = text.rsplit_once([':', '\u{ff1a}'])?;
    let digits = number.trim().trim_end_matches('.');
    let shaped = !digits.is_empty() && digits.len() <= 5 && digits.bytes().all(|b| b.is_ascii_digit());
    shaped.then(|| digits.parse().ok().map(|n| (digits, n))).flatten()
}

/// Whether a command goes on in the next line: `^` of cmd.exe, a backtick of PowerShell.
fn continues(text: &str) -> bool {
    text.trim_end().ends_with(['^', '`'])
}

/// Whether a line begins with a parameter of `netsh http add sslcert`.
fn begins_with_parameter(text: &str) -> bool {
    let name = text.trim_start().split_once('=').map_or("", |(name, _)| name);
    ["ipport", "hostnameport", "certhash", "appid", "certstorename", "clientcertnegotiation"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

/// The parameters of a typed command: names in lower case, values without quotes.
fn parameters(text: &str) -> Vec<(String, &str)> {
    let mut out: Vec<(String, &str)> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('=') {
        let (before, after) = rest.split_at_checked(at).unwrap_or((rest, ""));
        let name = before.rsplit([' ', '\t', '\n', '^', '`', '"', '\'']).next().unwrap_or("");
        let value = after.get(1..).unwrap_or("");
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let end = match quote {
            Some(quote) => value.get(1..).and_then(|v| v.find(quote)).map_or(value.len(), |e| e.saturating_add(1)),
            None => {
                // A hash may be typed in pairs: up to the next name.
                let next = value.find('=').and_then(|e| value.get(..e));
                let whole = next.and_then(|v| v.rfind([' ', '\t', '\n'])).unwrap_or(value.len());
                let paired = value.get(..whole).is_some_and(|v| name.eq_ignore_ascii_case("certhash") && pairs(v));
                if paired { whole } else { value.find([' ', '\t', '\n', '"', '\'', '`']).unwrap_or(value.len()) }
            }
        };
        let bare = value.get(usize::from(quote.is_some())..end).unwrap_or("");
        let bare = bare.trim_matches([' ', '\t', '\n', '^', '`', ',', ';', ')']);
        if !name.is_empty() && out.len() < 64 {
            out.push((name.to_ascii_lowercase(), bare));
        }
        rest = value.get(end..).unwrap_or("");
    }
    out
}

/// Whether a text is hexadecimal digits in groups.
fn pairs(text: &str) -> bool {
    text.contains(' ') && Sha1::parse(text.trim_matches([' ', '\t', '\n', '^', '`'])).is_some()
}

/// What a typed command binds, or the endpoint whose binding it deletes, with its parameters.
#[allow(clippy::type_complexity)]
fn typed_binding(command: &Command) -> Option<(Binding, Vec<(Cow<'static, str>, Fact<String>)>)> {
    let lines = &command.lines;
    let mut fields = Vec::new();
    let (mut end, mut hash, mut app_id, mut store) = (None, None, None, None);
    for (name, value) in parameters(lines.text()) {
        let fact = lines.text_fact(value);
        let field: Cow<'static, str> = match name.as_str() {
            "ipport" | "hostnameport" => {
                end = endpoint(value).filter(|_| !value.contains(['<', '>'])).map(|e| lines.fact(e, value));
                if name == "ipport" { "ip_port" } else { "hostname_port" }.into()
            }
            "ccs" => {
                let number = value.rsplit(':').next().and_then(port);
                end = number.map(|port| lines.fact(Endpoint::CentralStore { port }, value));
                "central_certificate_store".into()
            }
            "certhash" => {
                let parsed = Sha1::parse(value).map(BindingHash::Sha1);
                let parsed = parsed.unwrap_or_else(|| BindingHash::Unusable(value.to_owned()));
                hash = Some(lines.fact(parsed, value));
                "certificate_hash".into()
            }
            "appid" => {
                let id = guid(value).map(|id| format!("{{{}}}", id.to_ascii_lowercase()));
                app_id = Some(lines.fact(Some(id.unwrap_or_else(|| value.to_owned())), value));
                "application_id".into()
            }
            "certstorename" => {
                store = Some(lines.fact(Some(value.to_owned()), value));
                "certificate_store_name".into()
            }
            _ => Cow::Owned(name),
        };
        fields.push((field, fact));
    }
    let binding = Binding {
        origin: if command.deletes { BindingOrigin::Deletion } else { BindingOrigin::Command },
        endpoint: end?,
        protocol: "https".to_owned(),
        hash,
        app_id,
        store,
        ssl_flags: None,
        site: None,
        stopped: false,
        succeeded: command.succeeded,
    };
    Some((binding, fields))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::formats::text_shapes::testing::read;
    use proptest::prelude::*;

    fn all(text: &str) -> Vec<Observed> {
        read(&mut SslCertReader::new(SourceId(0), &Limits::default()), text)
    }

    #[test]
    fn times_and_prose_are_no_records() {
        let text = "Start : 12:30\nServer : web1.contoso.com:443\nNote: nothing\nhttps://a.example.org:443/x : 1\n";
        assert_eq!(all(text), vec![]);
    }

    #[test]
    fn a_record_needs_only_its_anchors() {
        let text = "  X : 10.0.0.5:443\n  Y : 0123456789abcdef0123456789abcdef01234567\nend\n";
        let found = all(text);
        let Observation::Binding(binding) = &found[0].what else { panic!("{found:?}") };
        assert!(matches!(binding.hash.as_ref().unwrap().value, BindingHash::Sha1(_)));
        let at = usize::try_from(binding.endpoint.place.start).unwrap();
        assert!(text[at..].starts_with("10.0.0.5:443\n"));
    }

    #[test]
    fn a_value_on_a_line_of_its_own_is_its_labels() {
        let hash = "0123456789abcdef0123456789abcdef01234567";
        let record = |hash: &str, store: &str| {
            format!(
                "    IP:port                      : 10.0.0.5:443\n    Certificate Hash             :{hash}\n    Application ID               \
                 :\n{{4dc3e181-e14b-4a21-b022-59fc669b0914}}\n    Certificate Store Name       :{store}\n"
            )
        };
        let of = |text: &str| match all(text).remove(0).what {
            Observation::Binding(binding) => {
                let place = binding.hash.as_ref().unwrap().place;
                (binding.hash.unwrap().value, binding.app_id.unwrap().value, binding.store.unwrap().value, place)
            }
            other => panic!("{other:?}"),
        };
        let text = record(&format!("\n{hash}"), "\nWebHosting");
        let (found, id, store, place) = of(&text);
        assert_eq!(found, BindingHash::Sha1(Sha1::parse(hash).unwrap()));
        assert_eq!(id.as_deref(), Some("{4dc3e181-e14b-4a21-b022-59fc669b0914}"));
        assert_eq!(store.as_deref(), Some("WebHosting"));
        assert_eq!(place.start, u64::try_from(text.find(hash).unwrap()).unwrap());
        // What is missing stays missing: the next label, a prompt or an empty line is no value.
        assert_eq!(of(&record("", "\n\nMY")).0, BindingHash::Null);
        assert_eq!(of(&record("", "\nC:\\Windows>")).2, None);
    }

    #[test]
    fn an_invisible_mark_in_a_typed_hash_stays_in_the_field() {
        let text =
            "netsh http add sslcert ipport=0.0.0.0:443 certhash=\u{200e}0123456789abcdef0123456789abcdef01234567\n";
        let found = all(text);
        assert!(found[0].fields.iter().any(|(n, v)| n == "certificate_hash" && v.value.starts_with('\u{200e}')));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 256 }))]
        #[test]
        fn any_text(lines in proptest::collection::vec(prop_oneof![
            ".{0,40}",
            Just("SSL Certificate bindings:".to_owned()),
            Just("-------------------------".to_owned()),
            Just("    IP:port                      : 0.0.0.0:443".to_owned()),
            Just("    Certificate Hash             : 0123456789abcdef0123456789abcdef0123".to_owned()),
            Just("4567".to_owned()),
            Just("    Application ID               : {4dc3e181-e14b-4a21-b022-59fc669b0914}".to_owned()),
            Just(" Extended Properties:".to_owned()),
            Just("netsh http add sslcert ipport=[::]:443 certhash= ^".to_owned()),
            Just("SSL Certificate add failed, Error: 1312".to_owned()),
            Just(String::new()),
        ], 0..24)) {
            let text = lines.join("\n");
            for found in all(&text) {
                prop_assert!(found.place.end() <= u64::try_from(text.len()).unwrap());
                for (_, value) in &found.fields {
                    prop_assert!(value.place.end() <= u64::try_from(text.len()).unwrap());
                }
            }
        }
    }
}
