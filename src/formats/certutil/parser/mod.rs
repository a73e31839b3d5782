//! The state machine: one line in, records out.

mod closing;
mod continued;
mod extension;
mod identity;
mod key_link;
mod key_list;
mod labelled;
mod passed_over;
mod property;
mod shape;

use super::command::{self, CommandLine};
use super::labels::{self, Label, Language, Phrase};
use super::values::{self, PrintedDate};
use super::{CertificateBlock, DateLine, Record, Test};
use super::{anchors, split};
use crate::formats::piece::{Cleaned, Piece};
use crate::formats::text_shapes::{fills_a_console, prompted};
use crate::input::{Line, Window};
use crate::limits::{BARE_HEADERS, BLOCK_VALUES, LINE_CODES, Limits};

use crate::model::fact::{Basis, Fact, Place, SourceId};
use crate::model::key_remark::KeyRemark;
use crate::model::{
    access::Principal, container_name, hresult, key_spec::KeySpec, key_usage::KeyUsage, oid, principal, property_id,
    provider, thumbprint::Sha1, windows::WindowsVersion,
};
use memchr::{memchr2, memmem::Finder};
use shape::Shapes;
pub use shape::{
    BatchRead, HEADER_MARK, Known, LineByLine, MadeUp, ReadyBlocks, ShapedBlock, Spot, UsedBlocks, blocks_of,
    read_batch,
};
use std::sync::LazyLock;

/// Where in a block the next line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Section {
    /// The identity of a block, or between blocks.
    #[default]
    Head,
    /// After `Issuer:` or `Subject:` alone: one RDN per line.
    Names(NameOf),
    /// In a hex dump of the public key.
    PublicKey,
    /// In a hex dump of the signature.
    Signature,
    /// In an extension.
    Extension(Extension),
    /// In a property.
    Property(u32),
    /// After the properties: the key was opened.
    Details,
    /// In a request attribute.
    Request,
    /// In the lines of a chain verification.
    Chain,
}

/// The extensions whose lines are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extension {
    KeyUsage,
    ExtendedKeyUsage,
    AlternativeNames,
    BasicConstraints,
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NameOf {
    Issuer,
    Subject,
    /// The label is of an unknown language: the first name is the issuer's, the second the subject's.
    Next,
}

/// A text value that may go on in the next line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Container,
    Unique,
    Simple,
    Provider,
    Subject,
    Issuer,
    Template,
    Hash,
    Sha256,
    Serial,
}

/// Reads the text output of certutil line by line.
pub struct Parser {
    source: SourceId,
    records: Vec<Record>,
    block: Option<Box<CertificateBlock>>,
    /// A block of which nothing but the header was read.
    spare: Option<Box<CertificateBlock>>,
    section: Section,
    open: Option<(Open, bool)>,
    header_word: String,
    /// The word above the last header that had something under it.
    filled_word: String,
    /// Its language has a table.
    header_known: bool,
    last_was_header: bool,
    public_key: Vec<u8>,
    /// `label = value` whose label is of no known language: perhaps the container.
    unknown_value: Option<Fact<String>>,
    algorithm_of_key: bool,
    link_values: u8,
    /// The line of the last of them that was the provider or its type.
    link_line: u64,
    sddl_open: bool,
    in_provider_list: bool,
    pending_provider: Option<Fact<String>>,
    /// The provider whose keys `-key` lists, and the key that is being read.
    listed_provider: Option<Fact<String>>,
    listed_key: Option<Box<super::ListedKey>>,
    /// There is an empty line between all lines of the listing.
    listed_spaced: bool,
    /// Lines of the key are missing.
    listed_cut: bool,
    requested: (Option<Fact<KeySpec>>, Option<Fact<String>>),
    languages: [u32; 7],
    /// Headers whose word is in the table, and others: of a language without table.
    headers: (u32, u32),
    block_lines: usize,
    block_full: bool,
    /// The lines that may still hold the code of a failed test whose line ended before it.
    code_of_test: u8,
    limits: Limits,
    /// Parts of lines that were certutil's own.
    recognized: u64,
    smart_card: bool,
    /// The listing has nesting levels: a PFX file.
    nested: bool,
    /// In a very long line: the original offset at which the next window goes on.
    resume: u64,
    /// The line that `open` stands on.
    open_line: OpenLine,
    /// The width at which this log's lines are wrapped, in characters.
    wrap_width: usize,
    /// The digits of a wrapped thumbprint so far.
    partial_hash: String,
    shapes: Shapes,
    /// The next line answers `whoami`.
    asks_account: bool,
    /// The command that starts a shell as SYSTEM; its banner shows that it did.
    system_shell: Option<Fact<String>>,
    /// Headers with nothing under them so far.
    bare: u64,
}

/// What tells whether the next line goes on with this one.
#[derive(Debug, Clone, Copy, Default)]
struct OpenLine {
    /// The physical line's length in characters.
    width: usize,
    /// It ends with a blank.
    ends_blank: bool,
}

/// The width of a console where nothing else is known.
const CONSOLE_WIDTH: usize = 80;

/// No line of certutil's own about a test or an error is longer (bytes); a longer text is several lines joined.
const ONE_LINE: usize = 400;

const LANGUAGES: [Language; 7] =
    [Language::En, Language::De, Language::Fr, Language::Es, Language::Pt, Language::Zh, Language::Ru];

impl Parser {
    /// A parser for one input.
    pub fn new(source: SourceId, limits: &Limits) -> Self {
        Self {
            source,
            records: Vec::new(),
            block: None,
            spare: None,
            section: Section::Head,
            open: None,
            header_word: String::new(),
            filled_word: String::new(),
            header_known: false,
            last_was_header: false,
            public_key: Vec::new(),
            unknown_value: None,
            algorithm_of_key: false,
            link_values: 0,
            link_line: 0,
            sddl_open: false,
            in_provider_list: false,
            pending_provider: None,
            listed_provider: None,
            listed_key: None,
            listed_spaced: false,
            listed_cut: false,
            requested: (None, None),
            languages: [0; 7],
            headers: (0, 0),
            block_lines: 0,
            block_full: false,
            code_of_test: 0,
            limits: limits.clone(),
            recognized: 0,
            smart_card: false,
            nested: false,
            resume: 0,
            open_line: OpenLine::default(),
            wrap_width: CONSOLE_WIDTH,
            partial_hash: String::new(),
            shapes: Shapes::default(),
            asks_account: false,
            system_shell: None,
            bare: 0,
        }
    }

    /// How many records wait to be taken.
    pub fn waiting(&self) -> usize {
        self.records.len()
    }

    /// The records that are complete, in the order of the text.
    pub fn take_records(&mut self) -> Vec<Record> {
        std::mem::take(&mut self.records)
    }

    /// The user interface language in which most labels were.
    pub fn language(&self) -> Option<Language> {
        if self.headers.1 > self.headers.0 {
            return None;
        }
        let mut best = None;
        let mut most = 0;
        // English last: a translated log keeps some English labels, an English one has no translated ones.
        for (language, count) in LANGUAGES.iter().zip(self.languages).skip(1) {
            if count > most {
                most = count;
                best = Some(*language);
            }
        }
        best.or_else(|| self.languages.first().is_some_and(|n| *n > 0).then_some(Language::En))
    }

    /// Whether a certificate block is open.
    pub fn in_block(&self) -> bool {
        self.block.is_some()
    }

    /// Ends the open block: output of another program follows.
    pub fn interrupt(&mut self) {
        self.end_block(false);
    }

    /// Ends the text.
    pub fn finish(&mut self) {
        self.end_listed(None);
        self.end_requested();
        self.end_block(false);
    }

    /// Reads one physical line (or one window of a very long one). Whether the line was certutil's own: a label, a value,
    /// a row of a hex dump, the continuation of a value, a closing line. An empty line and text of unknown kind are not.
    pub fn line(&mut self, line: Line<'_>) -> bool {
        let seen = self.seen(&line);
        let own = self.read_line(line);
        if let Some(seen) = seen {
            self.shapes.saw(seen, own);
        }
        own
    }

    fn read_line(&mut self, line: Line<'_>) -> bool {
        if line.window.is_none() {
            if line.text.is_empty() {
                self.blank();
                return false;
            }
            if let Some(own) = self.digits(&line) {
                return own;
            }
        }
        let before = self.recognized;
        let (window, end) = (line.window, line.end);
        let cleaned = Cleaned::of_certutil(line);
        match window {
            None => match cleaned.one_piece() {
                Some(piece) => self.piece(piece, 0),
                None => cleaned.pieces().for_each(|piece| self.piece(piece, 0)),
            },
            Some(window) => self.window(&cleaned, window, end),
        }
        self.recognized != before
    }

    /// A line of hexadecimal digits and blanks alone inside a block, where it can only be a row of a dump or bytes that
    /// nobody reads: a short way for the most frequent lines. `None`: it goes the way of all lines.
    fn digits(&mut self, line: &Line<'_>) -> Option<bool> {
        let text = line.text;
        let quiet = self.open.is_none() && self.listed_provider.is_none() && !self.block_full;
        let section = match self.section {
            Section::PublicKey | Section::Signature | Section::Extension(_) => true,
            // Between the labels of the identity; later such a line may be a closing line in an unknown language.
            Section::Head => self.block.as_ref().is_some_and(|b| b.provider.is_none() && b.sha1.is_none()),
            _ => false,
        };
        if !quiet || !section || self.block.is_none() || !is_digits(text) {
            return None;
        }
        if self.block_lines.saturating_add(1) >= self.limits.block_lines {
            return None;
        }
        let row = (self.section != Section::Head).then(|| values::dump_row(text)).flatten();
        let indented = text.starts_with(' ');
        if row.is_none() && !matches!(self.section, Section::Extension(_) | Section::Head) {
            return None;
        }
        self.block_lines = self.block_lines.saturating_add(1);
        self.last_was_header = false;
        let Some((bytes, length)) = row else {
            if indented {
                self.claim();
            }
            return Some(indented);
        };
        self.claim();
        if self.section == Section::PublicKey && self.public_key.len() < self.limits.key_blob_bytes {
            self.public_key.extend(bytes.iter().take(length));
        }
        Some(true)
    }

    /// A window of a very long line. Its last part may be cut by the window's end, and so may a header that begins with the
    /// rule in front of it: if the next window shows them whole, they are left to that one.
    fn window(&mut self, cleaned: &Cleaned<'_>, window: Window, end: u64) {
        let from = if window.index == 0 { 0 } else { self.resume };
        let again = end.saturating_sub(u64::try_from(self.limits.line_overlap).unwrap_or(0));
        let full = self.block_full;
        let read = |piece| if full { split::from_next_block(piece) } else { Some(piece) };
        let parts = cleaned.pieces().filter_map(read).flat_map(split::split_at_anchors);
        let parts: Vec<Piece<'_>> = parts.filter(|part| part.start() >= from).collect();
        let is_cut = |part: &&Piece<'_>| !window.last && part.start() > again;
        let last = parts.last().filter(is_cut).map(|_| parts.len().saturating_sub(1));
        let rule = last
            .and_then(|last| last.checked_sub(1))
            .filter(|at| parts.get(*at).filter(is_cut).is_some_and(|part| part.trim().text.bytes().all(|b| b == b'=')));
        let left = rule.or(last).and_then(|at| parts.get(at).map(|part| (at, part.start())));
        // What ends a full block may begin in this window and end in the next one.
        self.resume = match left {
            Some((_, start)) => start,
            None if full && parts.is_empty() => again,
            None => end,
        };
        parts.iter().take(left.map_or(parts.len(), |(at, _)| at)).for_each(|part| self.piece(*part, 1));
    }

    /// Counts a part of a line as certutil's own.
    fn claim(&mut self) {
        self.recognized = self.recognized.saturating_add(1);
    }

    fn block(&mut self) -> &mut CertificateBlock {
        self.block.get_or_insert_with(Box::default)
    }

    fn touch(&mut self, piece: Piece<'_>) {
        self.touch_place(piece.place(self.source));
    }

    fn touch_place(&mut self, place: Place) {
        let Self { block, spare, smart_card, .. } = self;
        let block = block.get_or_insert_with(|| {
            let mut block = spare.take().unwrap_or_default();
            (block.first_line, block.start, block.end) = (place.line, place.start, 0);
            (block.index, block.nested, block.smart_card) = (None, false, *smart_card);
            block
        });
        if block.first_line == 0 {
            block.first_line = place.line;
            block.start = place.start;
        }
        block.end = block.end.max(place.end());
    }

    /// Keeps the line of a fact for excerpts.
    fn keep(&mut self, piece: Piece<'_>) {
        self.claim();
        self.touch(piece);
        let place = piece.place(self.source);
        let columns = self.limits.excerpt_columns;
        let block = self.block();
        if block.excerpts.lines().len() >= BLOCK_VALUES {
            return;
        }
        if piece.is_whole_line() {
            let line = piece.line();
            let text = line.text.get(..cut_at(line.text, columns)).unwrap_or("").trim_end();
            block.excerpts.push(place.source, place.line, 1, line.start, text);
        } else {
            let text = piece.text.get(..cut_at(piece.text, columns)).unwrap_or("");
            block.excerpts.push_runs(place, text, piece.runs());
        }
    }

    fn stated<T>(&self, value: T, piece: Piece<'_>) -> Fact<T> {
        Fact::stated(value, piece.place(self.source))
    }

    fn saw(&mut self, language: Language) {
        let at = LANGUAGES.iter().position(|l| *l == language);
        if let Some(count) = at.and_then(|i| self.languages.get_mut(i)) {
            *count = count.saturating_add(1);
        }
    }

    fn damage(&mut self, what: impl Into<String>, piece: Piece<'_>) {
        self.damage_at(what.into(), piece.place(self.source));
    }

    fn damage_at(&mut self, what: String, place: Place) {
        let damage = &mut self.block().damage;
        match damage.len() {
            many if many < BLOCK_VALUES => damage.push((what, place)),
            BLOCK_VALUES => damage.push(("problems after these of this certificate are not kept".to_owned(), place)),
            _ => {}
        }
    }

    /// Whether a list of the block takes another value; what it does not take is said once.
    fn has_room(&mut self, many: usize, what: &str, place: Place) -> bool {
        if many < BLOCK_VALUES {
            return true;
        }
        let message = format!("{what} after the first {BLOCK_VALUES} of this certificate are not kept");
        if !self.block().damage.iter().any(|(said, _)| *said == message) {
            self.damage_at(message, place);
        }
        false
    }

    fn end_block(&mut self, complete: bool) {
        self.end_key_list(complete);
        self.open = None;
        self.section = Section::Head;
        self.unknown_value = None;
        self.algorithm_of_key = false;
        self.link_values = 0;
        self.sddl_open = false;
        self.block_lines = 0;
        self.block_full = false;
        if let Some(mut block) = self.block.take() {
            if block.public_key_sha1.is_none()
                && block.key_id.is_none()
                && is_whole_public_key(&self.public_key, self.public_key.len())
                && let Some(place) = block.public_key_algorithm.as_ref().map(|a| a.place)
            {
                let fact = Fact::derived(Sha1::of(&self.public_key), place, "from the printed public key");
                block.public_key_sha1 = Some(fact);
            }
            block.complete = complete;
            if block.has_content() {
                if self.filled_word != self.header_word {
                    self.filled_word.clone_from(&self.header_word);
                }
                self.records.push(Record::Certificate(block));
            } else if block.index.is_some() && (self.header_known || self.filled_word == self.header_word) {
                self.bare_header(block);
            }
        }
        self.public_key.clear();
    }

    /// A header with nothing under it. Under a word that begins no certificate of this text it is a heading of another kind.
    fn bare_header(&mut self, block: Box<CertificateBlock>) {
        self.bare = self.bare.saturating_add(1);
        if self.bare > BARE_HEADERS {
            match self.records.last_mut() {
                Some(Record::BareHeaders(many)) => *many = many.saturating_add(1),
                _ => self.records.push(Record::BareHeaders(1)),
            }
            self.spare = Some(block);
            return;
        }
        if let Some(index) = &block.index {
            let message = format!("nothing follows the header of certificate {}", index.value);
            self.records.push(Record::Problem(message, index.place));
        }
        self.records.push(Record::Certificate(block));
    }

    fn end_requested(&mut self) {
        let (key_spec, provider) = std::mem::take(&mut self.requested);
        if key_spec.is_some() || provider.is_some() {
            self.records.push(Record::RequestedKey { key_spec, provider });
        }
    }

    fn piece(&mut self, whole: Piece<'_>, depth: u8) {
        let piece = whole.trim();
        let text = piece.text;
        if text.is_empty() {
            self.blank();
            return;
        }
        if self.block.is_some() {
            self.count_line(piece);
        }
        let was_header = std::mem::replace(&mut self.last_was_header, false);
        if std::mem::take(&mut self.asks_account) && text.contains('\\') && prompted(text).is_none() {
            self.account(piece, is_system(text));
            return;
        }
        if text.starts_with("=====") {
            self.rule(piece, was_header, depth);
            return;
        }
        if matches!(
            self.section,
            Section::PublicKey | Section::Signature | Section::Extension(_) | Section::Property(_)
        ) && let Some((bytes, length)) = values::dump_row(text)
        {
            self.open = None;
            self.claim();
            if self.section == Section::PublicKey
                && !self.block_full
                && self.public_key.len() < self.limits.key_blob_bytes
            {
                self.public_key.extend(bytes.iter().take(length));
            }
            return;
        }
        if text.starts_with("-----") {
            self.dashes(piece);
            return;
        }
        if text.starts_with("--- ") {
            // `--- Reader: …`, in any language, only in `-scinfo`.
            if self.smart_card || self.block.is_some() {
                self.claim();
            }
            self.smart_card = true;
            if let Some(block) = self.block.as_mut().filter(|b| b.serial.is_none()) {
                block.smart_card = true;
            }
            return;
        }
        let marked = split::may_hold_a_mark(text);
        if marked && depth < 2 && split::holds_a_rule(piece) {
            self.collapsed(piece);
            return;
        }
        if self.block_full && !text.starts_with("CertUtil:") {
            return;
        }
        if self.certutil_line(piece) {
            self.open = None;
            return;
        }
        if self.key_list(piece) {
            return;
        }
        if self.phrase(piece) || self.test_line(piece, marked) || self.error_line(piece, marked) {
            self.open = None;
            return;
        }
        if self.property_title(piece, marked) || self.extension_title(piece) || self.attribute_title(piece) {
            self.open = None;
            return;
        }
        if self.command_line(piece) || self.moved_argument(piece) || self.store_header(piece) || self.banner(piece) {
            self.open = None;
            return;
        }
        if self.labelled(piece, whole.text.starts_with(char::is_whitespace), depth) {
            self.claim_of_block(whole);
            if self.open.is_some() {
                let line = piece.line().text;
                let width = line.get(..ONE_LINE).unwrap_or(line).chars().count();
                self.open_line = OpenLine { width, ends_blank: whole.text.ends_with(' ') };
            }
            return;
        }
        if depth < 2 && text.len() > 24 && !split::is_whole(text) {
            let parts = split::split_at_anchors(piece);
            if parts.len() > 1 {
                for part in parts {
                    self.piece(part, 2);
                }
                return;
            }
        }
        if self.continued(piece, whole.text.starts_with(' ')) {
            self.claim_of_block(whole);
            return;
        }
        self.open = None;
        if matches!(self.section, Section::Extension(_)) || self.section == Section::Details && is_of_key_blob(text) {
            self.claim_of_block(whole);
        }
        self.loose(piece);
    }

    /// Counts a line of the open block. Other lines, however many, are no part of one.
    fn count_line(&mut self, piece: Piece<'_>) {
        self.block_lines = self.block_lines.saturating_add(1);
        if self.block_lines > self.limits.block_lines && !self.block_full {
            self.block_full = true;
            let place = piece.place(self.source);
            let message = format!(
                "a certificate block has more than {} lines; the rest of it is not read",
                self.limits.block_lines
            );
            self.records.push(Record::Problem(message, place));
        }
    }

    /// An extension, a property and a chain hold lines of every kind; their own are indented, what follows the block is
    /// not.
    fn claim_of_block(&mut self, whole: Piece<'_>) {
        if whole.text.starts_with([' ', '\t']) && (self.block.is_some() || self.section != Section::Head) {
            self.claim();
        }
    }

    fn blank(&mut self) {
        self.sddl_open = false;
        self.blank_in_key_list();
    }

    /// A line that several lines were joined into, headers among them.
    fn collapsed(&mut self, piece: Piece<'_>) {
        let mut parts = split::split_at_anchors(piece).into_iter().peekable();
        while let Some(part) = parts.next() {
            let before_rule = parts.peek().is_some_and(|next| next.text.starts_with("====="));
            match split::split_store_header(part.trim()).filter(|_| before_rule) {
                Some((before, header)) => {
                    self.piece(before, 2);
                    self.piece(header, 2);
                }
                None => self.piece(part, 2),
            }
        }
    }

    /// `================ Certificate 0 ================` and every other rule of equals signs.
    fn rule(&mut self, piece: Piece<'_>, was_header: bool, depth: u8) {
        let text = piece.text;
        let opened = text.trim_start_matches('=');
        let signs = text.len().saturating_sub(opened.len());
        let middle = opened.trim_start();
        let inner_start = text.len().saturating_sub(middle.len());
        let inner_end = match middle.find("=====") {
            Some(at) => inner_start.saturating_add(at),
            // A cut or wrapped header: `================ Certificate 1 ====`.
            None => inner_start.saturating_add(middle.trim_end_matches('=').len()),
        };
        let inner = piece.slice(inner_start..inner_end).trim();
        let tail = text.get(inner_end..).unwrap_or("").trim_start_matches('=');
        let rest_start = text.len().saturating_sub(tail.len());
        if signs >= 5 && !inner.text.is_empty() {
            self.titled_rule(piece.slice(0..rest_start), inner, was_header);
        }
        let rest = piece.from(rest_start).trim();
        if !rest.text.is_empty() && rest_start > 0 && depth < 4 {
            self.piece(rest, depth.saturating_add(1));
        }
    }

    fn titled_rule(&mut self, rule: Piece<'_>, inner: Piece<'_>, was_header: bool) {
        let text = inner.text;
        let number_start = text
            .rfind(|c: char| !c.is_ascii_digit())
            .map_or(0, |i| i.saturating_add(text.get(i..).and_then(|t| t.chars().next()).map_or(1, char::len_utf8)));
        let number = text.get(number_start..).unwrap_or("");
        let word = text.get(..number_start).unwrap_or("").trim();
        let is_nesting = word.contains("Nesting") || word.contains("嵌套") || word.contains("force NCrypt");
        // A number of another thing touches its word: `===== WEB01 =====`, `===== 2026-11-27 =====`.
        let apart = text.get(..number_start).is_some_and(|before| before.ends_with(char::is_whitespace));
        let one_word = apart && !word.is_empty() && !word.contains(char::is_whitespace);
        let known = matches!(word, "Certificate" | "Zertifikat" | "Certificat" | "Certificado" | "证书" | "Сертификат");
        let certificate =
            !number.is_empty() && !is_nesting && (known || (one_word && (!was_header || word == self.header_word)));
        if certificate {
            self.end_requested();
            self.end_block(true);
            word.clone_into(&mut self.header_word);
            let index = number.parse().ok().map(|n: u32| self.stated(n, inner));
            self.begin_certificate(rule.place(self.source), index, known);
        } else if self.block.is_some()
            && (is_nesting && !word.contains("force NCrypt") || was_header && !number.is_empty())
        {
            self.claim();
            self.block().nested = true;
            self.nested = true;
            self.last_was_header = was_header;
        }
    }

    /// The header of a certificate: the block before it is over.
    fn begin_certificate(&mut self, rule: Place, index: Option<Fact<u32>>, known: bool) {
        self.end_requested();
        self.end_block(true);
        self.claim();
        self.last_was_header = true;
        self.header_known = known;
        let count = if known { &mut self.headers.0 } else { &mut self.headers.1 };
        *count = count.saturating_add(1);
        if let Some(language) = self.header_language() {
            self.saw(language);
        }
        self.touch_place(rule);
        let nested = self.nested;
        let block = self.block();
        block.nested = nested;
        block.index = index;
        self.shapes.header();
    }

    /// The language of the headers' word, if it is of one only.
    fn header_language(&self) -> Option<Language> {
        match self.header_word.as_str() {
            "Certificate" => Some(Language::En),
            "Zertifikat" => Some(Language::De),
            "Certificat" => Some(Language::Fr),
            "证书" => Some(Language::Zh),
            "Сертификат" => Some(Language::Ru),
            _ => None,
        }
    }

    /// `----------------  End Nesting Level 1  ----------------` and separators.
    fn dashes(&mut self, piece: Piece<'_>) {
        let inner = piece.text.trim_matches(['-', '=', ' ']);
        if inner.is_empty() {
            return;
        }
        if self.block.is_some() && (inner.contains("Nesting Level") || inner.contains("嵌套")) {
            self.claim();
            self.block().nested = true;
            self.nested = true;
            self.section = Section::Head;
        }
    }

    /// `CertUtil: …`: the end of a run.
    fn certutil_line(&mut self, piece: Piece<'_>) -> bool {
        let Some(after) = piece.text.strip_prefix("CertUtil:") else { return false };
        self.claim();
        let Some(dash) = after.find('-').filter(|at| after.get(..*at).is_some_and(|t| t.trim().is_empty())) else {
            // The second line of a failure: the system's words.
            return true;
        };
        let verb: String = after
            .get(dash.saturating_add(1)..)
            .unwrap_or("")
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .take(32)
            .collect();
        if after.contains("command completed") || after.contains("command FAILED") {
            self.saw(Language::En);
        }
        let fact = self.stated(verb, piece);
        let code = codes(piece).into_iter().next().map(|(value, part)| self.stated(value, part));
        self.end_listed(None);
        self.end_requested();
        if let Some(block) = &mut self.block {
            block.end = block.end.max(piece.place(self.source).end());
        }
        self.end_block(true);
        self.smart_card = false;
        self.nested = false;
        self.in_provider_list = false;
        if code.is_some() || piece.text.contains("FAILED") {
            let line = piece.text.get(..cut_at(piece.text, self.limits.excerpt_columns)).unwrap_or("").to_owned();
            self.records.push(Record::Failed { verb: fact, code, line });
        } else {
            self.records.push(Record::Completed(fact));
        }
        true
    }

    /// The text names the computer on which what follows was printed.
    pub fn of_machine(&mut self, name: Fact<String>) {
        self.end_block(true);
        self.records.push(Record::Machine(name));
    }

    fn command_line(&mut self, piece: Piece<'_>) -> bool {
        let text = piece.text;
        let prompt_like = memchr2(b'>', b'$', text.as_bytes()).is_some()
            || text.get(..8).is_some_and(|t| t.eq_ignore_ascii_case("certutil"));
        if !prompt_like || text.starts_with("CertUtil:") {
            return false;
        }
        if let Some(name) = command::session(text) {
            self.of_machine(self.stated(name.to_owned(), piece));
        }
        let Some(command) = CommandLine::parse(text) else {
            self.shell(piece);
            if let Some(elevated) = command::elevation(text).filter(|_| text.len() < 200) {
                // A prompt without a command of certutil. What another command prints belongs to whoever reads that.
                if text.trim_end().ends_with(['>', '#']) {
                    self.claim();
                }
                self.end_block(true);
                let line = self.stated(text.to_owned(), piece);
                self.records.push(Record::Command { command: CommandLine::default(), line, elevated: Some(elevated) });
                return true;
            }
            return false;
        };
        self.claim();
        self.end_requested();
        self.end_block(true);
        self.smart_card = command.verb == "scinfo";
        self.nested = false;
        let line = self.stated(mask_password(text), piece);
        let elevated = command::elevation(text);
        // `… my "51000…"my "Personal"`: the listing's first line touches the command.
        if let Some(at) = text.rfind("\"my \"").or_else(|| text.rfind("\"My \"")) {
            let store = piece.slice(at.saturating_add(1)..at.saturating_add(3));
            let header = self.stated(store.text.to_owned(), store);
            self.records.push(Record::Command { command, line, elevated });
            self.records.push(Record::StoreHeader(header));
            return true;
        }
        self.records.push(Record::Command { command, line, elevated });
        true
    }

    /// The argument that a mail program moved from a command to the next line: the thumbprint or serial number of the one
    /// certificate that is asked for. certutil itself prints no such line under a command.
    fn moved_argument(&mut self, piece: Piece<'_>) -> bool {
        let Some(text) = bare_digits(piece.text) else { return false };
        let Some(Record::Command { command, line, .. }) = self.records.last_mut() else { return false };
        let follows = u64::from(line.place.line).saturating_add(1) == piece.line().number;
        if !follows || command.store().is_none() || command.arguments.len() > 1 {
            return false;
        }
        command.arguments.push(text.to_owned());
        true
    }

    /// What a command behind a prompt, which is none of certutil, tells of whose shell it is.
    fn shell(&mut self, piece: Piece<'_>) {
        let Some(typed) = prompted(piece.text).filter(|_| piece.text.len() < 200) else { return };
        self.asks_account = typed.eq_ignore_ascii_case("whoami") || typed.eq_ignore_ascii_case("whoami.exe");
        self.system_shell = command::starts_as_system(typed).then(|| self.stated(piece.text.to_owned(), piece));
        if typed.eq_ignore_ascii_case("exit") {
            self.account(piece, false);
        }
    }

    fn account(&mut self, piece: Piece<'_>, system: bool) {
        self.end_block(true);
        let text = piece.text.get(..cut_at(piece.text, self.limits.excerpt_columns)).unwrap_or("");
        let line = self.stated(text.to_owned(), piece);
        self.records.push(Record::Account { system, line });
    }

    /// `my "Personal"`, or the bare name of a well-known store.
    fn store_header(&mut self, piece: Piece<'_>) -> bool {
        let text = piece.text;
        let name = if let Some((name, title)) = quoted_title(text) {
            let quoted = !title.contains(['"', '\u{201c}', '\u{201d}', '\u{201e}']) && title.len() <= 80;
            let plain = !name.is_empty()
                && name.len() <= 40
                && !name.contains(['=', ':', '(', '\\', '>', ','])
                && name.split(' ').count() <= 3
                && !matches!(name, "Certificate" | "Zertifikat" | "Certificat" | "Certificado");
            if !(quoted && plain) {
                return false;
            }
            name
        } else if self.block.is_none() && is_bare_store(text) {
            text
        } else {
            return false;
        };
        self.claim();
        self.end_requested();
        self.end_block(true);
        self.nested = false;
        let fact = self.stated(name.to_owned(), piece.slice(0..name.len()));
        self.records.push(Record::StoreHeader(fact));
        true
    }

    /// `Microsoft Windows [Version 10.0.14393]`.
    fn banner(&mut self, piece: Piece<'_>) -> bool {
        let text = piece.text;
        if !text.starts_with("Microsoft Windows [") {
            return false;
        }
        let number: String =
            text.chars().skip_while(|c| !c.is_ascii_digit()).take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        let Some(version) = WindowsVersion::parse(&number) else { return false };
        self.claim();
        let fact = self.stated(version, piece);
        if let Some(line) = self.system_shell.take() {
            self.records.push(Record::Account { system: true, line });
        }
        self.records.push(Record::Windows(fact));
        true
    }
}

impl CertificateBlock {
    /// Whether the block holds anything but its header and stray lines: an identity, a key link, closing lines.
    pub(crate) fn has_content(&self) -> bool {
        let named = self.subject.is_some() || self.issuer.is_some();
        let closed = !self.tests.is_empty() || !self.remarks.is_empty();
        self.serial.is_some()
            || self.sha1.is_some()
            || self.subject.is_some() && self.issuer.is_some()
            || self.subject.is_some() && self.verbose
            || self.provider.is_some()
            || self.stored_container.is_some()
            || self.index.is_some() && (named || closed || self.verbose || self.key_link.is_some())
    }
}

/// Stores whose names are printed alone.
const BARE_STORES: &[&str] = &[
    "my",
    "root",
    "ca",
    "trust",
    "authroot",
    "trustedpublisher",
    "trustedpeople",
    "disallowed",
    "webhosting",
    "request",
];

/// Whether a line is the name of a well-known store.
fn is_bare_store(text: &str) -> bool {
    BARE_STORES.iter().any(|name| text.eq_ignore_ascii_case(name))
}

/// The words before a title in quotation marks, and the title: `my "Personal"`. In a cell of CSV the marks are doubled, and
/// programs for mail make others of them.
fn quoted_title(text: &str) -> Option<(&str, &str)> {
    let title = text.strip_suffix(['"', '\u{201d}', '\u{201c}'])?;
    let title = title.strip_suffix('"').unwrap_or(title);
    [" \"\"", " \"", " \u{201c}", " \u{201e}", " \u{201d}"].iter().find_map(|open| title.split_once(open))
}

/// Whether a text is hexadecimal digits and blanks alone, with at least one digit.
fn is_digits(text: &str) -> bool {
    // The first bytes tell most words; the rest is looked at without an early end, many bytes at once.
    let known = |b: u8| (b == b' ') | b.is_ascii_hexdigit();
    let bytes = text.as_bytes();
    bytes.iter().take(8).all(|b| known(*b))
        && bytes.iter().fold(true, |all, b| all & known(*b))
        && bytes.iter().any(|b| *b != b' ')
}

/// Whether a text goes on with another word after a name.
fn goes_on_after(text: &str, name: &str) -> bool {
    text.strip_prefix(name).is_some_and(|rest| rest.starts_with(' '))
}

/// The thumbprint or serial number that is all of a line.
fn bare_digits(text: &str) -> Option<&str> {
    let digits = text.trim().trim_matches('"');
    ((16..=64).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit())).then_some(digits)
}

/// Whether a printed public key of `length` bytes that begins with `head` is not cut: a DER SEQUENCE of its stated length,
/// or an uncompressed point of a NIST curve.
fn is_whole_public_key(head: &[u8], length: usize) -> bool {
    match head {
        [0x30, 0x82, high, low, ..] => length == usize::from(u16::from_be_bytes([*high, *low])).saturating_add(4),
        [0x30, 0x81, stated, ..] => length == usize::from(*stated).saturating_add(3),
        [0x04, ..] => matches!(length, 65 | 97 | 133),
        _ => false,
    }
}

fn number_until(text: &str, start: usize, end: char) -> Option<u32> {
    let rest = text.get(start..)?;
    let close = rest.find(end)?;
    rest.get(..close)?.parse().ok()
}

static HEX_PREFIX: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("0x"));

/// Known error codes in a text, each with its part.
fn codes(piece: Piece<'_>) -> Vec<(u32, Piece<'_>)> {
    let text = piece.text;
    let mut out = Vec::new();
    let mut from = 0usize;
    while let Some(found) = text.get(from..).and_then(|t| HEX_PREFIX.find(t.as_bytes())) {
        let start = from.saturating_add(found);
        let digits = text.get(start.saturating_add(2)..).unwrap_or("");
        let length = digits.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digits.len());
        from = start.saturating_add(2).saturating_add(length);
        if length != 8 {
            continue;
        }
        let Some(value) = digits.get(..8).and_then(|d| u32::from_str_radix(d, 16).ok()) else { continue };
        let failure = text.contains("FAILED") || text.starts_with("CertUtil:");
        if (hresult::find(value).is_some() || failure) && value >= 0x8000_0000 {
            out.push((value, piece.slice(start..from)));
        }
        if out.len() > LINE_CODES {
            break;
        }
    }
    out
}

/// A container on a line of its own after `Key Container =`: one word, or a key-file name; never a sentence.
fn plausible_container(text: &str) -> bool {
    text.len() <= 260 && !text.contains(" = ") && !text.contains(": ") && text.split(' ').count() <= 4
}

/// Where to cut a text so that it has at most so many characters.
fn cut_at(text: &str, columns: usize) -> usize {
    if text.len() <= columns {
        return text.len();
    }
    text.char_indices().nth(columns).map_or(text.len(), |(i, _)| i)
}

/// Whether a line is one of the dump of a key's blob that gives no fact: the name of a constant (`PRIVATEKEYBLOB`,
/// `CALG_RSA_KEYX`), a row of bytes (`0000  52 53 41 32  RSA2`, `0000  ...`), the offset of the end.
fn is_of_key_blob(text: &str) -> bool {
    let is_constant = text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    let (offset, row) = text.split_at_checked(4).unwrap_or((text, ""));
    let is_hex = |word: &str| word.bytes().all(|b| b.is_ascii_hexdigit());
    let first = row.split_whitespace().next().unwrap_or_default();
    let is_row = row.is_empty() || row.starts_with(' ') && (first == "..." || first.len() == 2 && is_hex(first));
    is_constant || is_hex(offset) && is_row
}

/// A command line without the passwords after `-p`.
fn mask_password(text: &str) -> String {
    let mut out = String::new();
    let mut mask = false;
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end();
        if mask && !bare.is_empty() {
            out.push_str("<password>");
            out.push_str(word.get(bare.len()..).unwrap_or(""));
            mask = false;
            continue;
        }
        out.push_str(word);
        mask = mask || bare.eq_ignore_ascii_case("-p") || bare.eq_ignore_ascii_case("/p");
    }
    out
}

/// Whether `whoami` names SYSTEM, which it does in the language of Windows.
fn is_system(text: &str) -> bool {
    matches!(principal::of_name(text), Principal::Sid(sid) if sid == principal::SYSTEM)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{LineReader, TextEncoding};

    /// The lines that the parser says are certutil's own.
    fn claimed(text: &str) -> Vec<&str> {
        let mut lines = LineReader::new(text.as_bytes(), TextEncoding::Utf8, &Limits::default());
        let mut parser = Parser::new(SourceId(0), &Limits::default());
        let mut own = Vec::new();
        while let Ok(Some(batch)) = lines.next_batch() {
            own.extend(batch.lines().map(|line| parser.line(line)));
        }
        text.lines().zip(own).filter_map(|(line, own)| own.then_some(line)).collect()
    }

    fn records(text: &str, limits: &Limits) -> Vec<Record> {
        let mut lines = LineReader::new(text.as_bytes(), TextEncoding::Utf8, limits);
        let mut parser = Parser::new(SourceId(0), limits);
        while let Ok(Some(batch)) = lines.next_batch() {
            for line in batch.lines() {
                parser.line(line);
            }
        }
        parser.finish();
        parser.take_records()
    }

    #[test]
    fn lines_of_other_tools_are_left() {
        let text = "Hello,\n\n\
            C:\\>certutil -store my\nmy \"Personal\"\n================ Certificate 0 ================\n\
            Serial Number: 1a2b3c4d\nIssuer: CN=Contoso CA\n NotBefore: 1/1/2024 1:00 PM\nSubject: CN=www.contoso.com\n\
            Cert Hash(sha1): a909502dd82ae41433e6f83886b00d4277a32a7b\n  Key Container = web\n  KeySpec = 1 -- AT_KEYEXCHANGE\n\
            Encryption test passed\nCertUtil: -store command completed successfully.\n\n\
            SSL Certificate bindings:\n-------------------------\n\n\
            \x20   IP:port                      : 0.0.0.0:443\n    Certificate Store Name       : MY\n";
        let own = claimed(text);
        assert_eq!(own.first().copied(), Some("C:\\>certutil -store my"));
        assert_eq!(own.last().copied(), Some("CertUtil: -store command completed successfully."));
        assert_eq!(own.len(), 12);
    }

    #[test]
    fn lines_before_a_dump_are_no_lines_of_a_block() {
        let limits = Limits { block_lines: 10, ..Limits::default() };
        let dump = "my \"Personal\"\n================ Certificate 0 ================\nSerial Number: 1a2b3c4d\n";
        let text = format!("{}{dump}{}", "words of another program\n".repeat(30), "Issuer: CN=Contoso CA\n".repeat(9));
        let records = self::records(&text, &limits);
        assert!(matches!(records.as_slice(), [Record::StoreHeader(_), Record::Certificate(_)]), "{records:?}");
        // One line more is one too many.
        let records = self::records(&format!("{text}Issuer: CN=Contoso CA\n"), &limits);
        assert!(
            records.iter().any(|record| matches!(record, Record::Problem(_, place) if place.line == 43)),
            "{records:?}"
        );
    }

    /// Wherever the window of the long line ends.
    #[test]
    fn behind_a_block_that_is_too_long_the_next_one_is_read() {
        let limits = Limits { block_lines: 20, line_bytes: 400, line_overlap: 150, ..Limits::default() };
        for filler in 200..700 {
            let text = format!(
                "================ Certificate 0 ================ Serial Number: 2b {}{}================ Certificate 1 ================ \
                Serial Number: 1a2b3c4d Cert Hash(sha1): a909502dd82ae41433e6f83886b00d4277a32a7b   Key Container = web \
                KeySpec = 2 -- AT_SIGNATURE Signature test passed CertUtil: -store command completed successfully.",
                "KeySpec = 1 ".repeat(25),
                "x".repeat(filler),
            );
            let records = records(&text, &limits);
            let too_long = records
                .iter()
                .filter(|record| matches!(record, Record::Problem(what, _) if what.contains("more than 20 lines")))
                .count();
            let blocks: Vec<_> =
                records.iter().filter_map(|r| if let Record::Certificate(b) = r { Some(b) } else { None }).collect();
            let [_, second] = blocks.as_slice() else { panic!("{filler}: {records:?}") };
            assert_eq!(too_long, 1, "{filler}");
            assert_eq!(second.index.as_ref().map(|i| i.value), Some(1), "{filler}");
            assert_eq!(second.serial.as_ref().map(|s| s.value.to_string()).as_deref(), Some("1a2b3c4d"), "{filler}");
            assert_eq!(second.key_spec.as_ref().map(|s| s.value.0), Some(2), "{filler}");
            assert!(records.iter().any(|r| matches!(r, Record::Completed(_))), "{filler}: {records:?}");
        }
    }

    #[test]
    fn an_open_extension_takes_indented_lines_alone() {
        let text = "X509 Certificate:\nVersion: 3\nSerial Number: 1a2b3c4d\n    2.5.29.17: Flags = 0, Length = 14\n    \
            Subject Alternative Name\n        DNS Name=www.contoso.com\nIP:port : 0.0.0.0:443\nsome words\n";
        assert_eq!(claimed(text).len(), 6);
    }
}
