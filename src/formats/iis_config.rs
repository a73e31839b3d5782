//! Bindings as IIS wants them: applicationHost.config, `appcmd list site`, Get-WebBinding and Get-IISSiteBinding.
//!
//! `<binding protocol="https" bindingInformation="ip:port:host" sslFlags="1" />` names no certificate; HTTP.sys holds that.
//! Only a `<binding>` with `bindingInformation` counts: WCF has an element of this name, and `<access sslFlags>` has an
//! attribute of that one. Sources: IIS documentation, "binding" of site bindings (bits of sslFlags); "Getting Started with
//! AppCmd.exe"; the property names of the WebAdministration and IISAdministration modules; [MS-PSRP] section 2.2.5 for
//! the elements of Clixml.

use super::glance::Glance;
use super::joined_lines::JoinedLines;
use super::piece::{Cleaned, Piece};
use super::text_reader::{Reached, TextReader, joined_place, keep_line};
use super::text_shapes::{fills_a_console, is_elision, label_value, port};
use crate::limits::{Limits, SITE_BINDINGS, TAG_BYTES, TAG_LINES};
use crate::model::binding::{Binding, BindingHash, BindingOrigin, Endpoint};
use crate::model::fact::{Excerpts, Fact, Place, SourceId};
use crate::model::observation::{Observation, Observed};
use crate::model::thumbprint::Sha1;
use std::borrow::Cow;

/// The report's word for this kind of artifact.
pub const KIND: &str = "iis-config";

/// What IIS says about one binding, as it is collected.
#[derive(Clone, Default)]
struct Wanted {
    protocol: Option<Fact<String>>,
    information: Option<Fact<String>>,
    flags: Option<Fact<String>>,
    hash: Option<Fact<String>>,
    store: Option<Fact<String>>,
    site: Option<Fact<String>>,
    /// Where the element stands in the configuration, with the site's name.
    path: Option<Fact<String>>,
    /// The site is stopped.
    stopped: bool,
    /// A property `protocol` was read: another one begins the next binding.
    named: bool,
    first: Option<Place>,
    last: Option<Place>,
    excerpts: Excerpts,
}

/// A table of Get-WebBinding.
struct Table {
    /// Property names in lower case.
    columns: Vec<String>,
    /// Where each column begins, in characters, once the dashes were seen.
    starts: Vec<usize>,
}

/// What is open.
enum Open {
    Nothing,
    /// A tag, or an element with text, that goes on in the next line.
    Markup,
    /// `SITE "…" (…` that the window wrapped.
    Site,
    Table(Table),
    /// `protocol : https` and its like.
    List(Box<Wanted>),
    /// `appcmd list site /text:*`.
    Text,
}

/// Reads what IIS is told to listen on.
pub struct IisConfigReader {
    source: SourceId,
    bytes: usize,
    excerpt_lines: usize,
    columns: usize,
    done: Vec<Observed>,
    open: Open,
    buffer: JoinedLines,
    lines: u32,
    /// The site whose bindings follow, in XML or in `/text:*`.
    site: Option<Fact<String>>,
    comment: bool,
    /// Inside the output of `appcmd … /xml`.
    appcmd: bool,
    /// The bindings of appcmd's summary, replaced by the detailed ones when they follow.
    summary: Vec<Wanted>,
    /// The binding of `/text:*` or Clixml that is being collected.
    wanted: Option<Wanted>,
    clixml: bool,
    reached: Reached,
}

impl IisConfigReader {
    /// A reader for one input.
    pub fn new(source: SourceId, limits: &Limits) -> Self {
        Self {
            source,
            bytes: limits.record_bytes,
            excerpt_lines: limits.excerpt_lines,
            columns: limits.excerpt_columns,
            done: Vec::new(),
            open: Open::Nothing,
            buffer: JoinedLines::new(source),
            lines: 0,
            site: None,
            comment: false,
            appcmd: false,
            summary: Vec::new(),
            wanted: None,
            clixml: false,
            reached: Reached::default(),
        }
    }

    /// Whether a tag, or a wrapped line, that is not complete may take another line.
    fn has_room(&self, buffer: &JoinedLines) -> bool {
        self.lines < TAG_LINES && buffer.len() < self.bytes.min(TAG_BYTES)
    }

    fn emit(&mut self, wanted: Wanted, origin: BindingOrigin) {
        if let Some(observed) = wanted.finish(origin) {
            self.done.push(observed);
        }
    }

    fn push_to_buffer(&mut self, piece: Piece<'_>, joined: bool) {
        self.lines = self.lines.saturating_add(1);
        let line = piece.line();
        // In XML `&quot;` stands for a character; in a web page's text even `<` is written as `&lt;`.
        if line.text.contains('&') && line.text.contains('<') && piece.begins_its_line() && !line.text.contains("<br") {
            let cleaned = Cleaned::raw(*line);
            for piece in cleaned.pieces() {
                self.buffer.push(piece);
            }
        } else if joined {
            self.buffer.extend(piece);
        } else {
            self.buffer.push(piece);
        }
    }

    fn drop_buffer(&mut self) {
        self.buffer.clear();
        self.lines = 0;
        self.open = Open::Nothing;
    }

    /// A line of XML.
    fn markup(&mut self, piece: Piece<'_>) -> bool {
        self.push_to_buffer(piece, false);
        let buffer = std::mem::replace(&mut self.buffer, JoinedLines::new(self.source));
        let (whole, ours) = self.tags(&buffer);
        let room = self.has_room(&buffer);
        if !whole && !room {
            let bytes = self.bytes.min(TAG_BYTES);
            let message = format!("a tag of more than {TAG_LINES} lines or {bytes} bytes is not read");
            self.reached.say(message, buffer.whole());
        }
        if whole || !room {
            self.drop_buffer();
        } else {
            self.buffer = buffer;
            self.open = Open::Markup;
        }
        ours
    }

    /// Reads the tags of the collected lines; whether they are whole, and whether any is one of ours. Tags that go on in
    /// the next line are read again with it, so nothing is taken from the lines before they are whole.
    fn tags(&mut self, buffer: &JoinedLines) -> (bool, bool) {
        let text = buffer.text();
        let tags = scan(text);
        let tags = match tags {
            Ok(tags) => tags,
            // Only our own elements are worth waiting for.
            Err(name) => {
                let ours = matches!(name, "binding" | "site" | "SITE" | "S" | "ToString");
                return (!ours, ours);
            }
        };
        let mut ours = false;
        for tag in tags {
            match tag {
                Markup::CommentBegins => self.comment = true,
                Markup::CommentEnds => self.comment = false,
                Markup::Tag { name, inside, text } => {
                    if matches!(name, "?xml" | "configuration" | "sites" | "Objs" | "appcmd") {
                        self.comment = false;
                    }
                    if !self.comment {
                        ours |= self.tag(buffer, name, inside, text);
                    }
                }
            }
        }
        (true, ours)
    }

    fn tag(&mut self, buffer: &JoinedLines, name: &str, inside: &str, text: &str) -> bool {
        match name {
            "?xml" | "configuration" | "sites" | "/sites" | "/configuration" => {
                self.site = None;
                self.appcmd = false;
                name == "sites" || name == "/sites"
            }
            "bindings" | "/bindings" => true,
            "site" => {
                self.site = attribute(inside, "name").map(|v| buffer.fact(unescape(v), v));
                true
            }
            "/site" => {
                self.site = None;
                true
            }
            "appcmd" | "/appcmd" => {
                self.appcmd = name == "appcmd";
                true
            }
            "SITE" => {
                self.end_summary();
                let Some(bindings) = attribute(inside, "bindings") else { return false };
                let site = attribute(inside, "SITE.NAME").map(|v| buffer.fact(unescape(v), v));
                self.summarize(buffer, bindings, site.clone());
                if inside.trim_end().ends_with('/') {
                    self.end_summary();
                } else {
                    self.site = site;
                }
                true
            }
            "/SITE" => {
                self.end_summary();
                self.site = None;
                true
            }
            "binding" => {
                let Some(information) = attribute(inside, "bindingInformation") else { return false };
                let fact = |name: &str| attribute(inside, name).map(|v| buffer.fact(unescape(v), v));
                let place = buffer.place_of(inside);
                let mut wanted = Wanted {
                    protocol: fact("protocol"),
                    information: Some(buffer.fact(unescape(information), information)),
                    flags: fact("sslFlags"),
                    hash: fact("certificateHash"),
                    store: fact("certificateStoreName"),
                    site: self.site.clone(),
                    first: Some(place),
                    last: Some(place),
                    ..Wanted::default()
                };
                let places = [wanted.information.as_ref().map_or(place, |i| i.place)];
                wanted.excerpts = buffer.excerpts(&places, self.excerpt_lines, self.columns);
                self.summary.clear();
                let origin = if self.appcmd { BindingOrigin::AppCmd } else { BindingOrigin::IisConfig };
                self.emit(wanted, origin);
                true
            }
            "Objs" | "/Objs" => {
                self.end_clixml();
                self.clixml = name == "Objs";
                self.clixml
            }
            "ToString" => self.shown(buffer, text),
            _ => match attribute(inside, "N") {
                Some(property) if !text.is_empty() => self.property(buffer, property, text),
                _ => false,
            },
        }
    }

    /// `<ToString>https *:443: sslFlags=0</ToString>`: a binding of Get-WebBinding begins.
    fn shown(&mut self, buffer: &JoinedLines, text: &str) -> bool {
        let mut words = text.split(' ');
        let (protocol, information) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        let flags = words.next().and_then(|w| w.strip_prefix("sslFlags="));
        if !matches!(protocol, "http" | "https") || !information.contains(':') {
            return false;
        }
        self.end_clixml();
        let place = buffer.place_of(text);
        self.wanted = Some(Wanted {
            protocol: Some(buffer.text_fact(protocol)),
            information: Some(buffer.fact(unescape(information), information)),
            flags: flags.map(|f| buffer.text_fact(f)),
            first: Some(place),
            last: Some(place),
            excerpts: buffer.excerpts(&[place], self.excerpt_lines, self.columns),
            ..Wanted::default()
        });
        true
    }

    /// `<S N="certificateHash">…</S>`.
    fn property(&mut self, buffer: &JoinedLines, name: &str, text: &str) -> bool {
        let lower = name.to_ascii_lowercase();
        if lower == "protocol" && self.wanted.as_ref().is_none_or(|w| w.named) {
            self.end_clixml();
            self.wanted = Some(Wanted::default());
        }
        let Some(wanted) = &mut self.wanted else { return false };
        let fact = buffer.fact(unescape(text), text);
        let place = fact.place;
        if !wanted.set(&lower, fact) {
            return false;
        }
        wanted.first = wanted.first.or(Some(place));
        wanted.last = Some(place);
        if wanted.excerpts.lines().len() < self.excerpt_lines {
            wanted.excerpts.extend(buffer.excerpts(&[place], 1, self.columns));
        }
        wanted.named |= lower == "protocol";
        true
    }

    fn end_clixml(&mut self) {
        if let Some(wanted) = self.wanted.take() {
            self.emit(wanted, BindingOrigin::PowerShell);
        }
    }

    /// `http/*:80:,https/*:443:host` of appcmd.
    fn summarize(&mut self, buffer: &JoinedLines, bindings: &str, site: Option<Fact<String>>) {
        if bindings.split(',').nth(SITE_BINDINGS).is_some() {
            let message = format!("bindings after the first {SITE_BINDINGS} of a site are not read");
            self.reached.say(message, buffer.whole());
        }
        for item in bindings.split(',').take(SITE_BINDINGS) {
            let Some((protocol, information)) = item.trim().split_once('/') else { continue };
            let place = buffer.place_of(item);
            let protocol_fact = buffer.text_fact(protocol);
            self.summary.push(Wanted {
                protocol: Some(protocol_fact),
                information: Some(buffer.fact(unescape(information), information)),
                site: site.clone(),
                first: Some(place),
                last: Some(place),
                excerpts: buffer.excerpts(&[place], self.excerpt_lines, self.columns),
                ..Wanted::default()
            });
        }
    }

    fn end_summary(&mut self) {
        for wanted in std::mem::take(&mut self.summary) {
            self.emit(wanted, BindingOrigin::AppCmd);
        }
    }

    /// `SITE "name" (id:1,bindings:…,state:Started)`.
    fn site_line(&mut self, piece: Piece<'_>) -> bool {
        let joined = matches!(self.open, Open::Site);
        self.push_to_buffer(piece, joined);
        let text = self.buffer.text().trim_end();
        let goes_on = !text.ends_with(')') && fills_a_console(piece.text.trim_end());
        if goes_on && self.has_room(&self.buffer) {
            self.open = Open::Site;
            return true;
        }
        if goes_on {
            let bytes = self.bytes.min(TAG_BYTES);
            let message = format!("a site of more than {TAG_LINES} lines or {bytes} bytes: the rest of it is not read");
            self.reached.say(message, self.buffer.whole());
        }
        let buffer = std::mem::replace(&mut self.buffer, JoinedLines::new(self.source));
        self.drop_buffer();
        let text = buffer.text();
        let name = text.split_once('"').map_or("", |(_, rest)| rest);
        let (name, rest) = name.rsplit_once("\" (id:").unwrap_or(("", name));
        let site = (!name.is_empty()).then(|| buffer.text_fact(name));
        let bindings = rest.split_once("bindings:").map_or("", |(_, b)| b);
        let (bindings, state) = bindings.rsplit_once(",state:").unwrap_or((bindings, ""));
        self.summarize(&buffer, bindings.trim_end_matches(')'), site);
        // The states are names of the configuration, which no language changes.
        let stopped = state.trim_end_matches(')').eq_ignore_ascii_case("Stopped");
        self.summary.iter_mut().for_each(|wanted| wanted.stopped = stopped);
        self.end_summary();
        true
    }

    /// A line of `appcmd list site /text:*`; `None`: it is none.
    fn text_line(&mut self, piece: Piece<'_>, text: &str) -> bool {
        if text.starts_with('[') && text.ends_with(']') {
            if text == "[binding]" {
                self.end_text_binding();
                self.summary.clear();
                self.wanted = Some(Wanted { site: self.site.clone(), ..Wanted::default() });
            }
            return true;
        }
        let Some((name, value)) = text.split_once(':') else { return false };
        if name.is_empty() || name.contains(' ') || name.len() > 64 {
            return false;
        }
        let value = value.trim();
        let value = value.strip_prefix('"').map_or(value, |v| v.strip_suffix('"').unwrap_or(v));
        let fact = piece.text_fact(self.source, value);
        if name == "SITE.NAME" {
            self.site = Some(fact);
        } else if name == "bindings" {
            let mut buffer = JoinedLines::new(self.source);
            buffer.push(piece);
            let whole = buffer.text();
            let list = whole.find(value).and_then(|at| whole.get(at..at.saturating_add(value.len()))).unwrap_or("");
            let site = self.site.clone();
            self.summarize(&buffer, list, site);
        } else if let Some(wanted) = &mut self.wanted {
            let place = piece.trim().place(self.source);
            if wanted.set(&name.to_ascii_lowercase(), fact) {
                wanted.first = wanted.first.or(Some(place));
                wanted.last = Some(place);
                keep_line(&mut wanted.excerpts, place, piece, self.excerpt_lines, self.columns);
            }
        }
        true
    }

    fn end_text_binding(&mut self) {
        if let Some(wanted) = self.wanted.take() {
            self.emit(wanted, BindingOrigin::AppCmd);
        }
    }

    fn end_text(&mut self) {
        self.end_text_binding();
        self.end_summary();
        self.site = None;
    }

    /// A row of a table.
    fn row(&mut self, table: &mut Table, piece: Piece<'_>, text: &str) -> bool {
        if table.starts.is_empty() {
            if !text.bytes().all(|b| b == b'-' || b == b' ') {
                return false;
            }
            let mut last = ' ';
            for (at, c) in piece.text.chars().enumerate() {
                if c == '-' && last != '-' {
                    table.starts.push(at);
                }
                last = c;
            }
            return table.starts.len() == table.columns.len();
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        let cells: Vec<&str> = if words.len() == table.columns.len() {
            words
        } else {
            // An empty cell, or one with blanks: by the columns of the dashes.
            let index = |column: usize| piece.text.char_indices().nth(column).map_or(piece.text.len(), |(i, _)| i);
            let ends = table.starts.iter().skip(1).map(|s| index(*s)).chain([piece.text.len()]);
            let starts = table.starts.iter().map(|s| index(*s));
            starts.zip(ends).map(|(s, e)| piece.text.get(s..e).unwrap_or("").trim()).collect()
        };
        let place = piece.trim().place(self.source);
        let mut wanted = Wanted { first: Some(place), last: Some(place), ..Wanted::default() };
        for (column, cell) in table.columns.iter().zip(cells) {
            if !cell.is_empty() {
                wanted.set(column, piece.text_fact(self.source, cell));
            }
        }
        let known = wanted.protocol.as_ref().is_some_and(|p| !p.value.contains(['"', '>', '$']));
        if !known || wanted.information.is_none() {
            return false;
        }
        keep_line(&mut wanted.excerpts, place, piece, self.excerpt_lines, self.columns);
        self.emit(wanted, BindingOrigin::PowerShell);
        true
    }

    /// A line of a list; `false`: it is over.
    fn item(&mut self, wanted: &mut Wanted, piece: Piece<'_>, text: &str) -> bool {
        let place = piece.trim().place(self.source);
        match label_value(text) {
            Some((label, _)) if label.contains(' ') => return false,
            Some((label, value)) => {
                let lower = label.to_ascii_lowercase();
                if lower == "protocol" && wanted.protocol.is_some() {
                    return false;
                }
                if !value.is_empty() {
                    let fact = piece.text_fact(self.source, value);
                    if wanted.set(&lower, fact) {
                        keep_line(&mut wanted.excerpts, place, piece, self.excerpt_lines, self.columns);
                    }
                }
            }
            None => {
                // The rest of a path that the window wrapped.
                let path = wanted.path.as_mut().filter(|p| !p.value.ends_with(']'));
                let Some(path) = path else { return false };
                if path.value.len() > 4096 {
                    return false;
                }
                path.value.push_str(text);
                path.place = joined_place(path.place, place);
            }
        }
        wanted.first = wanted.first.or(Some(place));
        wanted.last = Some(place);
        true
    }

    /// Whether a line begins something of ours, and takes it.
    fn begins(&mut self, piece: Piece<'_>, text: &str) -> bool {
        let Some(first) = text.as_bytes().first() else { return false };
        if self.comment && *first != b'<' {
            return text.contains("-->") && self.markup(piece);
        }
        match first {
            b'<' => {
                let next = text.as_bytes().get(1);
                // `<- this one` and `<hash>` in prose are no XML that goes on.
                if !next.is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'/' | b'?' | b'!')) {
                    return false;
                }
                self.markup(piece)
            }
            b'S' if text.starts_with("SITE \"") => self.site_line(piece),
            b'S' if text == "SITE" => {
                self.open = Open::Text;
                true
            }
            b'p' | b'P' => {
                if text.get(..8).is_some_and(|t| t.eq_ignore_ascii_case("protocol")) {
                    return self.powershell(piece, text);
                }
                false
            }
            b'b' | b'B' => self.table(text),
            _ => false,
        }
    }

    fn table(&mut self, text: &str) -> bool {
        if text.contains(':') || text.len() > 512 {
            return false;
        }
        let columns: Vec<String> = text.split_whitespace().map(str::to_ascii_lowercase).collect();
        let has = |name: &str| columns.iter().any(|c| c == name);
        if !(has("protocol") && has("bindinginformation")) {
            return false;
        }
        self.open = Open::Table(Table { columns, starts: Vec::new() });
        true
    }

    fn powershell(&mut self, piece: Piece<'_>, text: &str) -> bool {
        if self.table(text) {
            return true;
        }
        let protocols = ["http", "https", "net.tcp", "net.pipe", "net.msmq", "msmq.formatname", "ftp"];
        let shaped = label_value(text).is_some_and(|(label, value)| {
            label.eq_ignore_ascii_case("protocol") && protocols.contains(&value.to_ascii_lowercase().as_str())
        });
        if shaped {
            let mut wanted = Wanted::default();
            self.item(&mut wanted, piece, text);
            self.open = Open::List(Box::new(wanted));
        }
        shaped
    }
}

impl TextReader for IisConfigReader {
    fn line(&mut self, piece: Piece<'_>) -> bool {
        let text = piece.text.trim();
        match std::mem::replace(&mut self.open, Open::Nothing) {
            Open::Nothing => {}
            Open::Markup => {
                // Another element begins: the tag before is cut.
                if text.starts_with('<') && !text.starts_with("</") {
                    self.drop_buffer();
                } else {
                    return self.markup(piece);
                }
            }
            Open::Site => {
                self.open = Open::Site;
                if !text.is_empty() && !text.starts_with("SITE \"") {
                    return self.site_line(piece);
                }
                self.close();
            }
            Open::Table(mut table) => {
                if text.is_empty() && table.starts.is_empty() || self.row(&mut table, piece, text) {
                    self.open = Open::Table(table);
                    return true;
                }
            }
            Open::List(mut wanted) => {
                if !text.is_empty() && self.item(&mut wanted, piece, text) {
                    self.open = Open::List(wanted);
                    return true;
                }
                self.emit(*wanted, BindingOrigin::PowerShell);
            }
            Open::Text => {
                if text != "SITE" && (text.is_empty() || self.text_line(piece, text)) {
                    self.open = Open::Text;
                    return true;
                }
                self.end_text();
            }
        }
        if text.is_empty() {
            return false;
        }
        let in_comment = self.comment;
        if self.begins(piece, text) {
            return true;
        }
        if !in_comment && !text.starts_with('<') && !is_elision(text) {
            // Words between two elements: the site before them is not that of the next fragment.
            self.site = None;
        }
        false
    }

    fn words(&self) -> Vec<&'static str> {
        vec!["bindingInformation"]
    }

    fn passes_over(&self, _piece: Piece<'_>, glance: &Glance<'_>) -> bool {
        let text = glance.text;
        let begins = text.starts_with('<')
            || text.starts_with("SITE")
            || text.get(..8).is_some_and(|t| t.eq_ignore_ascii_case("protocol"));
        matches!(self.open, Open::Nothing) && !self.comment && self.site.is_none() && !begins
    }

    fn is_open(&self) -> bool {
        !matches!(self.open, Open::Nothing) || self.wanted.is_some() || !self.summary.is_empty()
    }

    fn close(&mut self) {
        match std::mem::replace(&mut self.open, Open::Nothing) {
            Open::Site => {
                let buffer = std::mem::replace(&mut self.buffer, JoinedLines::new(self.source));
                let text = buffer.text();
                let name = text.split_once('"').and_then(|(_, r)| r.rsplit_once("\" (id:"));
                let site = name.map(|(n, _)| buffer.text_fact(n));
                // The last binding may be cut.
                let bindings =
                    text.split_once("bindings:").and_then(|(_, b)| b.rsplit_once(',')).map_or("", |(b, _)| b);
                self.summarize(&buffer, bindings, site);
            }
            Open::List(wanted) => self.emit(*wanted, BindingOrigin::PowerShell),
            Open::Text => self.end_text(),
            Open::Nothing | Open::Markup | Open::Table(_) => {}
        }
        self.drop_buffer();
        self.end_clixml();
        self.end_summary();
    }

    fn take(&mut self) -> Vec<Observed> {
        std::mem::take(&mut self.done)
    }

    fn problems(&mut self) -> Vec<(String, Place)> {
        self.reached.take()
    }
}

impl Wanted {
    /// Takes a value under its property's name in lower case; whether it is one of a binding.
    fn set(&mut self, name: &str, fact: Fact<String>) -> bool {
        let slot = match name {
            "protocol" => &mut self.protocol,
            "bindinginformation" => &mut self.information,
            "sslflags" => &mut self.flags,
            "certificatehash" => &mut self.hash,
            "certificatestorename" => &mut self.store,
            "itemxpath" => &mut self.path,
            _ => return false,
        };
        *slot = Some(fact);
        true
    }

    /// The binding; `None` for protocols that TLS has nothing to do with.
    fn finish(self, origin: BindingOrigin) -> Option<Observed> {
        let protocol = self.protocol.as_ref().map_or(String::new(), |p| p.value.to_ascii_lowercase());
        if protocol != "https" && protocol != "http" {
            return None;
        }
        let information = self.information?;
        let flags = self.flags.as_ref().and_then(|f| ssl_flags(&f.value).map(|bits| Fact::stated(bits, f.place)));
        let bits = flags.as_ref().map_or(0, |f| f.value);
        let end = endpoint_of(&information.value, bits)?;
        let path = self.path;
        let of_path = path.as_ref().and_then(|p| site_of(&p.value).map(|name| Fact::stated(name, p.place)));
        let site = self.site.or(of_path);
        let hash = self.hash.as_ref().map(|h| {
            let value = h.value.trim();
            let value = match Sha1::parse(value) {
                Some(sha1) => BindingHash::Sha1(sha1),
                None if value.is_empty() => BindingHash::Null,
                None => BindingHash::Unusable(value.to_owned()),
            };
            Fact::stated(value, h.place)
        });
        let store = self.store.as_ref().map(|s| s.clone().map(|v| (!v.is_empty()).then_some(v)));
        let mut fields: Vec<(Cow<'static, str>, Fact<String>)> = Vec::new();
        let printed = [
            ("protocol", &self.protocol),
            ("binding_information", &Some(information.clone())),
            ("certificate_hash", &self.hash),
            ("certificate_store_name", &self.store),
            ("item_x_path", &path),
        ];
        for (name, fact) in printed {
            fields.extend(fact.clone().map(|f| (Cow::Borrowed(name), f)));
        }
        let place = joined_place(self.first?, self.last?);
        let binding = Binding {
            origin,
            endpoint: Fact::stated(end, information.place),
            protocol,
            hash,
            app_id: None,
            store,
            ssl_flags: flags,
            site,
            stopped: self.stopped,
            succeeded: None,
        };
        Some(Observed { kind: KIND, place, fields, excerpts: self.excerpts, what: Observation::Binding(binding) })
    }
}

/// The bits of sslFlags: a number, or the names that Get-IISSiteBinding prints.
fn ssl_flags(text: &str) -> Option<u32> {
    if let Ok(number) = text.trim().parse() {
        return Some(number);
    }
    text.split(',').try_fold(0u32, |bits, name| {
        let bit = match name.trim().to_ascii_lowercase().as_str() {
            "none" => 0,
            "sni" => 1,
            "centralcertstore" => 2,
            "disablehttp2" => 4,
            "disableocspstp" => 8,
            "disablequic" => 16,
            "disabletls13" => 32,
            "disablelegacytls" => 64,
            _ => return None,
        };
        Some(bits | bit)
    })
}

/// `ip:port:host` with the bits of sslFlags: HTTP.sys listens on the name only with SNI, on the port's central store with
/// bit 2.
fn endpoint_of(information: &str, bits: u32) -> Option<Endpoint> {
    let (front, host) = information.rsplit_once(':')?;
    let (ip, number) = front.rsplit_once(':')?;
    let port = port(number)?;
    Some(match bits {
        b if b & 2 != 0 => Endpoint::CentralStore { port },
        b if b & 1 != 0 && !host.is_empty() => Endpoint::HostPort { host: host.to_lowercase(), port },
        _ => Endpoint::IpPort { ip: ip.to_owned(), port },
    })
}

/// The site's name in `/system.applicationHost/sites/site[@name='Default Web Site' and @id='1']`.
fn site_of(path: &str) -> Option<String> {
    let (_, rest) = path.split_once("/site[@name='")?;
    let name = rest.split_once("' and @id=").or_else(|| rest.split_once("']"))?.0;
    Some(name.to_owned())
}

/// What a text of XML consists of.
enum Markup<'a> {
    /// A tag: its name, everything behind the name, and the text up to the next tag.
    Tag {
        name: &'a str,
        inside: &'a str,
        text: &'a str,
    },
    CommentBegins,
    CommentEnds,
}

/// The tags of a text; the name of the last one as error when it goes on in the next line.
fn scan(text: &str) -> Result<Vec<Markup<'_>>, &str> {
    let mut out = Vec::new();
    let mut rest = text;
    loop {
        let comment_end = rest.find("-->");
        let Some(at) = rest.find('<') else {
            if comment_end.is_some() {
                out.push(Markup::CommentEnds);
            }
            return Ok(out);
        };
        if comment_end.is_some_and(|end| end < at) {
            out.push(Markup::CommentEnds);
        }
        let after = rest.get(at.saturating_add(1)..).unwrap_or("");
        if let Some(comment) = after.strip_prefix("!--") {
            match comment.find("-->") {
                Some(end) => rest = comment.get(end.saturating_add(3)..).unwrap_or(""),
                None => {
                    out.push(Markup::CommentBegins);
                    return Ok(out);
                }
            }
            continue;
        }
        let Some((inside, tail)) = end_of_tag(after).and_then(|end| after.split_at_checked(end)) else {
            return Err(after.split([' ', '\t', '\n']).next().unwrap_or(""));
        };
        let name = inside.split([' ', '\t', '\n', '/']).next().unwrap_or("");
        let name = if name.is_empty() { inside.trim_end_matches('/') } else { name };
        rest = tail.strip_prefix('>').unwrap_or(tail);
        let value = rest.find('<').and_then(|e| rest.get(..e));
        // An element with text ends in a later line.
        let with_text = matches!(name, "S" | "ToString") && !inside.ends_with('/');
        if with_text && value.is_none() {
            return Err(name);
        }
        out.push(Markup::Tag { name, inside, text: value.unwrap_or("").trim() });
    }
}

/// Where the `>` of a tag stands, outside quotes.
fn end_of_tag(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, b) in text.bytes().enumerate() {
        match (quote, b) {
            (None, b'"' | b'\'') => quote = Some(b),
            (None, b'>') => return Some(at),
            (Some(q), b) if q == b => quote = None,
            _ => {}
        }
    }
    None
}

/// The value of an attribute, as written.
fn attribute<'a>(inside: &'a str, wanted: &str) -> Option<&'a str> {
    let mut rest = inside;
    loop {
        let (before, after) = rest.split_once('=')?;
        let name = before.split_whitespace().next_back().unwrap_or("");
        let value = after.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, tail) = value.get(1..)?.split_once(quote)?;
        if name == wanted {
            return Some(value);
        }
        rest = tail;
    }
}

/// The five entities of XML and the escapes of Clixml (`_x000D_`) are resolved; everything else stays.
fn unescape(text: &str) -> String {
    if !text.contains('&') && !text.contains("_x00") {
        return text.to_owned();
    }
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#39;", "'"), ("&amp;", "&")];
    let out = entities.iter().fold(text.to_owned(), |out, (from, to)| out.replace(from, to));
    out.replace("_x000D_", "").replace("_x000A_", " ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::formats::text_shapes::testing::read;
    use proptest::prelude::*;

    fn all(text: &str) -> Vec<Observed> {
        read(&mut IisConfigReader::new(SourceId(0), &Limits::default()), text)
    }

    #[test]
    fn what_only_looks_like_it() {
        let text = "<access sslFlags=\"Ssl\" />\n<- protocol\n<hash of it\nprotocol : tcp\nSITE down\n";
        assert_eq!(all(text), vec![]);
    }

    #[test]
    fn a_comment_that_nothing_ends_is_over_with_the_next_document() {
        let binding = "<binding protocol=\"https\" bindingInformation=\"*:443:\"/>\n";
        let text = format!("<!-- begin\n{binding}<?xml version=\"1.0\"?>\n{binding}");
        let found = all(&text);
        assert_eq!(found.len(), 1);
        assert_eq!(found.first().unwrap().place.line, 4);
    }

    #[test]
    fn names_of_flags() {
        assert_eq!(ssl_flags("Sni, CentralCertStore"), Some(3));
        assert_eq!(ssl_flags("None"), Some(0));
        assert_eq!(ssl_flags("Maybe"), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 256 }))]
        #[test]
        fn any_text(lines in proptest::collection::vec(prop_oneof![
            ".{0,40}",
            Just("<site name=\"a\" id=\"1\">".to_owned()),
            Just("<binding protocol=\"https\" ".to_owned()),
            Just("bindingInformation=\"*:443:\" />".to_owned()),
            Just("<!--".to_owned()),
            Just("-->".to_owned()),
            Just("<ToString>https :443: sslFlags=0</ToString>".to_owned()),
            Just("<S N=\"certificateHash\">ab".to_owned()),
            Just("SITE \"x\" (id:1,bindings:https/*:443:,state:Started)".to_owned()),
            Just("SITE".to_owned()),
            Just("[binding]".to_owned()),
            Just("protocol bindingInformation sslFlags".to_owned()),
            Just("-------- ------------------ --------".to_owned()),
            Just("https \u{e9}:443: 0 1".to_owned()),
            Just("protocol : https".to_owned()),
            Just("bindingInformation : *:443:".to_owned()),
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
