//! The state machine: one line in, records out.

use super::command::{self, CommandLine};
use super::labels::{self, Label, Language, Phrase};
use super::piece::{Cleaned, Piece};
use super::values::{self, PrintedDate};
use super::{CertificateBlock, DateLine, Record, Test};
use crate::input::{Line, Window};
use crate::limits::Limits;
use crate::model::fact::{Basis, Fact, Place, SourceId};
use crate::model::key_remark::KeyRemark;
use crate::model::{
    container_name, hresult, key_spec::KeySpec, key_usage::KeyUsage, oid, property_id, provider, thumbprint::Sha1,
    windows::WindowsVersion,
};

/// Where in a block the next line stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
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
    Extension(String),
    /// In a property.
    Property(u32),
    /// After the properties: the key was opened.
    Details,
    /// In a request attribute.
    Request,
    /// In the lines of a chain verification.
    Chain,
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
    Serial,
}

/// Reads the text output of certutil line by line.
pub struct Parser {
    source: SourceId,
    records: Vec<Record>,
    block: Option<Box<CertificateBlock>>,
    section: Section,
    open: Option<(Open, bool)>,
    header_word: String,
    last_was_header: bool,
    public_key: Vec<u8>,
    /// `label = value` whose label is of no known language: perhaps the container.
    unknown_value: Option<Fact<String>>,
    algorithm_of_key: bool,
    link_values: u8,
    sddl_open: bool,
    in_provider_list: bool,
    pending_provider: Option<Fact<String>>,
    requested: (Option<Fact<KeySpec>>, Option<Fact<String>>),
    languages: [u32; 7],
    /// Headers whose word is in the table, and others: of a language without table.
    headers: (u32, u32),
    block_lines: usize,
    block_full: bool,
    limits: Limits,
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

/// The most lines of a block that are kept as excerpts, and the most values of a list.
const KEPT: usize = 256;

impl Parser {
    /// A parser for one input.
    pub fn new(source: SourceId, limits: &Limits) -> Self {
        Self {
            source,
            records: Vec::new(),
            block: None,
            section: Section::Head,
            open: None,
            header_word: String::new(),
            last_was_header: false,
            public_key: Vec::new(),
            unknown_value: None,
            algorithm_of_key: false,
            link_values: 0,
            sddl_open: false,
            in_provider_list: false,
            pending_provider: None,
            requested: (None, None),
            languages: [0; 7],
            headers: (0, 0),
            block_lines: 0,
            block_full: false,
            limits: limits.clone(),
            recognized: 0,
            smart_card: false,
            nested: false,
            resume: 0,
            open_line: OpenLine::default(),
            wrap_width: CONSOLE_WIDTH,
            partial_hash: String::new(),
        }
    }

    /// The records that are complete, in the order of the text.
    pub fn take_records(&mut self) -> Vec<Record> {
        std::mem::take(&mut self.records)
    }

    /// How many lines of certutil's own were recognised.
    pub fn recognized(&self) -> u64 {
        self.recognized
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

    /// Ends the text.
    pub fn finish(&mut self) {
        self.end_listed(None);
        self.end_requested();
        self.end_block(false);
    }

    /// Reads one physical line (or one window of a very long one).
    pub fn line(&mut self, line: Line<'_>) {
        let (window, end) = (line.window, line.end);
        let cleaned = Cleaned::new(line);
        match window {
            None => cleaned.pieces().for_each(|piece| self.piece(piece, 0)),
            Some(window) => self.window(&cleaned, window, end),
        }
    }

    /// A window of a very long line. Its last part may be cut by the window's end: if the next window shows it whole, it
    /// is left to that one.
    fn window(&mut self, cleaned: &Cleaned<'_>, window: Window, end: u64) {
        let from = if window.index == 0 { 0 } else { self.resume };
        let overlap = u64::try_from(self.limits.line_overlap).unwrap_or(0);
        let parts = cleaned.pieces().flat_map(Piece::split_at_anchors).filter(|part| part.start() >= from);
        let mut parts = parts.peekable();
        self.resume = end;
        while let Some(part) = parts.next() {
            if !window.last && parts.peek().is_none() && part.start() > end.saturating_sub(overlap) {
                self.resume = part.start();
                break;
            }
            self.piece(part, 1);
        }
    }

    fn block(&mut self) -> &mut CertificateBlock {
        self.block.get_or_insert_with(Box::default)
    }

    fn touch(&mut self, piece: Piece<'_>) {
        let place = piece.place(self.source);
        let smart_card = self.smart_card;
        let block = self.block.get_or_insert_with(|| {
            Box::new(CertificateBlock { first_line: place.line, start: place.start, smart_card, ..Default::default() })
        });
        if block.first_line == 0 {
            block.first_line = place.line;
            block.start = place.start;
        }
        block.end = block.end.max(place.end());
    }

    /// Keeps the line of a fact for excerpts.
    fn keep(&mut self, piece: Piece<'_>) {
        self.recognized = self.recognized.saturating_add(1);
        self.touch(piece);
        let place = piece.place(self.source);
        let columns = self.limits.excerpt_columns;
        let block = self.block();
        if block.excerpts.lines().len() >= KEPT {
            return;
        }
        if piece.is_whole_line() {
            let line = piece.line();
            let text = line.text.get(..cut_at(line.text, columns)).unwrap_or("").trim_end();
            block.excerpts.push(place.source, place.line, 1, line.start, text);
        } else {
            let text = piece.text.get(..cut_at(piece.text, columns)).unwrap_or("");
            block.excerpts.push(place.source, place.line, place.column, place.start, text);
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
        let place = piece.place(self.source);
        let block = self.block();
        if block.damage.len() < KEPT {
            block.damage.push((what.into(), place));
        }
    }

    fn end_block(&mut self, complete: bool) {
        self.open = None;
        self.section = Section::Head;
        self.unknown_value = None;
        self.algorithm_of_key = false;
        self.link_values = 0;
        self.sddl_open = false;
        self.block_lines = 0;
        self.block_full = false;
        if let Some(mut block) = self.block.take() {
            if block.public_key_sha1.is_none() && is_whole_public_key(&self.public_key) {
                if let Some(place) = block.public_key_algorithm.as_ref().map(|a| a.place) {
                    let fact = Fact::derived(Sha1::of(&self.public_key), place, "from the printed public key");
                    block.public_key_sha1 = Some(fact);
                }
            }
            block.complete = complete;
            if block.says_something() {
                self.records.push(Record::Certificate(block));
            } else if let Some(index) = block.index {
                let message = format!("nothing follows the header of certificate {}", index.value);
                self.records.push(Record::Problem(message, index.place));
            }
        }
        self.public_key.clear();
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
        let was_header = std::mem::replace(&mut self.last_was_header, false);
        if text.starts_with("=====") {
            self.rule(piece, was_header, depth);
            return;
        }
        if text.starts_with("-----") {
            self.dashes(piece);
            return;
        }
        if text.starts_with("--- ") {
            // `--- Reader: …`, in any language, only in `-scinfo`.
            self.smart_card = true;
            if let Some(block) = self.block.as_mut().filter(|b| b.serial.is_none()) {
                block.smart_card = true;
            }
            return;
        }
        if depth < 2 && piece.holds_a_rule() {
            self.collapsed(piece);
            return;
        }
        if self.block_full && !text.starts_with("CertUtil:") {
            return;
        }
        if matches!(
            self.section,
            Section::PublicKey | Section::Signature | Section::Extension(_) | Section::Property(_)
        ) {
            if let Some(bytes) = values::dump_row(text) {
                self.open = None;
                if self.section == Section::PublicKey && self.public_key.len() < self.limits.key_blob_bytes {
                    self.public_key.extend(bytes);
                }
                return;
            }
        }
        if self.certutil_line(piece) || self.phrase(piece) || self.test_line(piece) || self.error_line(piece) {
            self.open = None;
            return;
        }
        if self.property_title(piece) || self.extension_title(piece) || self.attribute_title(piece) {
            self.open = None;
            return;
        }
        if self.command_line(piece) || self.store_header(piece) || self.banner(piece) {
            self.open = None;
            return;
        }
        if self.labelled(piece, whole.indent(), depth) {
            if self.open.is_some() {
                let line = piece.line().text;
                let width = line.get(..ONE_LINE).unwrap_or(line).chars().count();
                self.open_line = OpenLine { width, ends_blank: whole.text.ends_with(' ') };
            }
            return;
        }
        if depth < 2 && text.len() > 24 {
            let parts = piece.split_at_anchors();
            if parts.len() > 1 {
                for part in parts {
                    self.piece(part, 2);
                }
                return;
            }
        }
        if self.continued(piece, whole.text.starts_with(' ')) {
            return;
        }
        self.open = None;
        self.loose(piece);
    }

    fn blank(&mut self) {
        self.sddl_open = false;
    }

    /// A line that several lines were joined into, headers among them.
    fn collapsed(&mut self, piece: Piece<'_>) {
        let mut parts = piece.split_at_anchors().into_iter().peekable();
        while let Some(part) = parts.next() {
            let before_rule = parts.peek().is_some_and(|next| next.text.starts_with("====="));
            match part.trim().split_store_header().filter(|_| before_rule) {
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
        let one_word = !word.is_empty() && !word.contains(char::is_whitespace);
        let known = matches!(word, "Certificate" | "Zertifikat" | "Certificat" | "Certificado" | "证书" | "Сертификат");
        let certificate =
            !number.is_empty() && !is_nesting && (known || (one_word && (!was_header || word == self.header_word)));
        if certificate {
            self.end_requested();
            self.end_block(true);
            self.recognized = self.recognized.saturating_add(1);
            self.header_word = word.to_owned();
            self.last_was_header = true;
            let count = if known { &mut self.headers.0 } else { &mut self.headers.1 };
            *count = count.saturating_add(1);
            match word {
                "Certificate" => self.saw(Language::En),
                "Zertifikat" => self.saw(Language::De),
                "Certificat" => self.saw(Language::Fr),
                "证书" => self.saw(Language::Zh),
                "Сертификат" => self.saw(Language::Ru),
                _ => {}
            }
            self.touch(rule);
            let nested = self.nested;
            self.block().nested = nested;
            let index = number.parse().ok().map(|n: u32| self.stated(n, inner));
            self.block().index = index;
        } else if self.block.is_some()
            && (is_nesting && !word.contains("force NCrypt") || was_header && !number.is_empty())
        {
            self.block().nested = true;
            self.nested = true;
            self.last_was_header = was_header;
        }
    }

    /// `----------------  End Nesting Level 1  ----------------` and separators.
    fn dashes(&mut self, piece: Piece<'_>) {
        let inner = piece.text.trim_matches(['-', '=', ' ']);
        if inner.is_empty() {
            return;
        }
        if self.block.is_some() && (inner.contains("Nesting Level") || inner.contains("嵌套")) {
            self.block().nested = true;
            self.nested = true;
            self.section = Section::Head;
        }
    }

    /// `CertUtil: …`: the end of a run.
    fn certutil_line(&mut self, piece: Piece<'_>) -> bool {
        let Some(after) = piece.text.strip_prefix("CertUtil:") else { return false };
        self.recognized = self.recognized.saturating_add(1);
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

    /// A whole line that is a known phrase.
    fn phrase(&mut self, piece: Piece<'_>) -> bool {
        let text = piece.text;
        if text.len() > 140 {
            return false;
        }
        let bare = text.strip_suffix(" (CNG)").unwrap_or(text);
        let hit = labels::find_phrase(bare).or_else(|| {
            let prompt = ["Enter PFX password:", "Enter new password", "Confirm new password:"];
            prompt.iter().any(|p| text.starts_with(p)).then_some((Phrase::PasswordPrompt, Language::En))
        });
        let Some((phrase, language)) = hit else { return false };
        if phrase != Phrase::PasswordPrompt {
            self.saw(language);
        }
        if self.section == Section::Chain && phrase != Phrase::PasswordPrompt {
            return true;
        }
        match phrase {
            Phrase::PasswordPrompt => {
                self.recognized = self.recognized.saturating_add(1);
                let place = piece.place(self.source);
                self.records.push(Record::PasswordPrompt(place));
                return true;
            }
            _ => self.keep(piece),
        }
        if !matches!(phrase, Phrase::Archived) {
            self.section = Section::Head;
        }
        let place = piece.place(self.source);
        let remark = |r| Some(Fact::stated(r, place));
        let mut new_remark = None;
        match phrase {
            Phrase::SignatureMatchesPublicKey | Phrase::RootCertificate => {
                self.block().self_signed = Some(Fact::stated(true, place));
            }
            Phrase::NonRootCertificate => self.block().self_signed = Some(Fact::stated(false, place)),
            Phrase::Archived => self.block().archived = Some(place),
            Phrase::NoKeyProviderInformation => new_remark = remark(KeyRemark::NoKeyProviderInformation),
            Phrase::NoKeyForDecryption => new_remark = remark(KeyRemark::NoKeyForDecryption),
            Phrase::MissingStoredKeyset => new_remark = remark(KeyRemark::MissingStoredKeyset),
            Phrase::NotExportable => new_remark = remark(KeyRemark::NotExportable),
            Phrase::NotPlainTextExportable => new_remark = remark(KeyRemark::NotPlainTextExportable),
            Phrase::VsmKey => new_remark = remark(KeyRemark::VsmKey),
            Phrase::PrivateKeyVerifies => new_remark = remark(KeyRemark::PrivateKeyVerifies),
            Phrase::PublicKeyMatches => new_remark = remark(KeyRemark::PublicKeyMatches),
            Phrase::PublicKeyDoesNotMatch => new_remark = remark(KeyRemark::PublicKeyDoesNotMatch),
            Phrase::AccessDenied => new_remark = remark(KeyRemark::AccessDenied),
            Phrase::EncryptionTestPassed => self.test(Test::Encryption, true, place),
            Phrase::EncryptionTestFailed => self.test(Test::Encryption, false, place),
            Phrase::SignatureTestPassed => self.test(Test::Signature, true, place),
            Phrase::SignatureTestFailed => self.test(Test::Signature, false, place),
            Phrase::PasswordPrompt => {}
        }
        if let Some(r) = new_remark {
            self.remark(r);
        }
        true
    }

    fn remark(&mut self, remark: Fact<KeyRemark>) {
        let block = self.block();
        if block.remarks.len() < KEPT {
            block.remarks.push(remark);
        }
    }

    fn test(&mut self, test: Test, passed: bool, place: Place) {
        let block = self.block();
        if block.tests.len() < KEPT {
            block.tests.push(Fact::stated((test, passed), place));
        }
    }

    /// `AES256+RSAES_OAEP(RSA:AT_KEYEXCHANGE) test passed`, `… test FAILED: … 0x…`, `<provider>: KeySpec=1`,
    /// `Performing AT_SIGNATURE public key matching test...`.
    fn test_line(&mut self, piece: Piece<'_>) -> bool {
        let text = piece.text;
        if self.section == Section::Chain || text.len() > ONE_LINE {
            return false;
        }
        if let Some((before, spec)) = text.rsplit_once(": KeySpec=") {
            if !before.contains('=') {
                if let Some(value) = values::key_spec(spec) {
                    self.keep(piece);
                    let fact = self.stated(KeySpec(value), piece);
                    let block = self.block();
                    if block.key_spec.is_none() {
                        block.key_spec = Some(fact);
                    }
                    return true;
                }
            }
        }
        if let Some(at) = text.find(" test ") {
            let (what, outcome) = (text.get(..at).unwrap_or(""), text.get(at.saturating_add(6)..).unwrap_or(""));
            let passed = outcome.starts_with("passed");
            let failed = outcome.starts_with("FAILED");
            let technical = what.contains("RSA")
                || what.contains("AES")
                || what.contains("EC")
                || what == "Encryption"
                || what == "Signature";
            if technical && (passed || failed || outcome.starts_with("skipped")) {
                self.keep(piece);
                let place = piece.place(self.source);
                for (value, part) in codes(piece) {
                    let fact = self.stated(value, part);
                    self.block().codes.push(fact);
                }
                let signature = what.contains("RSASSA") || what.contains("ECDSA") || what.contains("Sign");
                let test = if signature { Test::Signature } else { Test::Encryption };
                if passed || failed {
                    self.test(test, passed, place);
                }
                let witness = if what.contains("AT_KEYEXCHANGE") {
                    Some(KeySpec::KEYEXCHANGE)
                } else if what.contains("AT_SIGNATURE") {
                    Some(KeySpec::SIGNATURE)
                } else {
                    None
                };
                if let Some(w) = witness {
                    self.block().key_spec_witness = Some(Fact::derived(w, place, "from the test's name"));
                }
                return true;
            }
        }
        let witness = if text.contains("AT_KEYEXCHANGE") {
            KeySpec::KEYEXCHANGE
        } else if text.contains("AT_SIGNATURE") {
            KeySpec::SIGNATURE
        } else {
            return false;
        };
        if text.ends_with("...") && self.block.is_some() {
            // `Performing AT_KEYEXCHANGE public key matching test...`, in any language.
            self.keep(piece);
            let place = piece.place(self.source);
            self.block().key_spec_witness = Some(Fact::derived(witness, place, "from the test's name"));
            return true;
        }
        false
    }

    fn error_line(&mut self, piece: Piece<'_>) -> bool {
        let text = piece.text;
        if text.len() > ONE_LINE {
            return false;
        }
        let remark = if text.contains("missing key association property") {
            KeyRemark::MissingKeyAssociation
        } else if text.contains("Container name inconsistent") {
            KeyRemark::ContainerNameInconsistent
        } else if text.starts_with("Cannot open the ") && text.contains("key for reader") {
            KeyRemark::CannotOpenKey
        } else {
            return false;
        };
        self.keep(piece);
        let fact = self.stated(remark, piece);
        self.remark(fact);
        true
    }

    /// `CERT_KEY_PROV_INFO_PROP_ID(2):`, `Unknown Property(98):`.
    fn property_title(&mut self, piece: Piece<'_>) -> bool {
        let text = piece.text;
        let (id, end) = if let Some(at) = text.find("_PROP_ID(") {
            let digits_start = at.saturating_add("_PROP_ID(".len());
            let name = text.get(..at).unwrap_or("");
            let title = name.len() <= 100 && name.split_whitespace().count() <= 3;
            let Some(digits) = number_until(text, digits_start, ')').filter(|_| title) else { return false };
            (digits, digits_start)
        } else {
            let Some(open) = text.rfind('(') else { return false };
            let plausible = text.ends_with("):")
                && text.get(..open).is_some_and(|t| {
                    let words = t.split_whitespace().count();
                    !t.contains(':') && !t.contains('=') && (1..=4).contains(&words)
                })
                && text.to_ascii_lowercase().contains("prop");
            let Some(digits) = number_until(text, open.saturating_add(1), ')').filter(|_| plausible) else {
                return false;
            };
            (digits, open)
        };
        if self.section == Section::Chain {
            self.section = Section::Head;
        }
        self.touch(piece);
        self.recognized = self.recognized.saturating_add(1);
        self.block().properties_shown = true;
        self.block().verbose = true;
        self.section = Section::Property(id);
        self.link_values = 0;
        if id == property_id::KEY_PROV_INFO {
            self.keep(piece);
            let place = piece.place(self.source);
            self.block().key_link = Some(place);
        }
        if id == property_id::ARCHIVED {
            let place = piece.place(self.source);
            self.keep(piece);
            self.block().archived = Some(place);
        }
        // A flattened page can hold the values behind the title: `…(2): Key Container = …`.
        let rest = text.get(end..).and_then(|t| t.find(':').map(|c| end.saturating_add(c).saturating_add(1)));
        if let Some(start) = rest {
            let tail = piece.from(start).trim();
            if !tail.text.is_empty() {
                for part in tail.split_at_anchors() {
                    self.piece(part, 2);
                }
            }
        }
        true
    }

    /// `2.5.29.15: Flags = 1(Critical), Length = 4`.
    fn extension_title(&mut self, piece: Piece<'_>) -> bool {
        let text = piece.text;
        if !text.starts_with(|c: char| c.is_ascii_digit()) {
            return false;
        }
        let Some((id, rest)) = text.split_once(':') else { return false };
        if !oid::is_oid(id.trim()) || !rest.contains('=') {
            return false;
        }
        self.recognized = self.recognized.saturating_add(1);
        self.touch(piece);
        let block = self.block();
        block.extensions_shown = true;
        block.verbose = true;
        self.section = Section::Extension(id.trim().to_owned());
        true
    }

    /// `Attribute[3]: 1.3.6.1.4.1.311.13.2.2 (Enrollment CSP)` of a request dump.
    fn attribute_title(&mut self, piece: Piece<'_>) -> bool {
        let text = piece.text;
        let attribute = text.find('[').is_some_and(|open| {
            let word = text.get(..open).unwrap_or("");
            !word.is_empty()
                && word.len() <= 24
                && !word.contains(' ')
                && number_until(text, open.saturating_add(1), ']').is_some()
                && text
                    .split_once("]:")
                    .is_some_and(|(_, after)| after.trim_start().split([' ', '(']).next().is_some_and(oid::is_oid))
        });
        if attribute {
            self.recognized = self.recognized.saturating_add(1);
            self.end_block(true);
            self.section = Section::Request;
            return true;
        }
        if text.starts_with("CertContext[") || text.starts_with("ChainContext.") || text.starts_with("SimpleChain.") {
            self.recognized = self.recognized.saturating_add(1);
            self.section = Section::Chain;
            return true;
        }
        false
    }

    fn command_line(&mut self, piece: Piece<'_>) -> bool {
        let text = piece.text;
        let prompt_like = text.contains('>')
            || text.contains('$')
            || text.get(..8).is_some_and(|t| t.eq_ignore_ascii_case("certutil"));
        if !prompt_like || text.starts_with("CertUtil:") {
            return false;
        }
        let Some(command) = CommandLine::parse(text) else {
            if let Some(elevated) = command::elevation(text).filter(|_| text.len() < 200) {
                // A bare prompt.
                self.end_block(true);
                let line = self.stated(text.to_owned(), piece);
                self.records.push(Record::Command { command: CommandLine::default(), line, elevated: Some(elevated) });
                return true;
            }
            return false;
        };
        self.recognized = self.recognized.saturating_add(1);
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

    /// `my "Personal"`, or the bare name of a well-known store.
    fn store_header(&mut self, piece: Piece<'_>) -> bool {
        let text = piece.text;
        const BARE: &[&str] = &[
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
        let name = if let Some((name, title)) = text.split_once(" \"") {
            let quoted = title.strip_suffix('"').is_some_and(|t| !t.contains('"') && t.len() <= 80);
            let plain = !name.is_empty()
                && name.len() <= 40
                && !name.contains(['=', ':', '(', '\\', '>', ','])
                && name.split(' ').count() <= 3
                && !matches!(name, "Certificate" | "Zertifikat" | "Certificat" | "Certificado");
            if !(quoted && plain) {
                return false;
            }
            name
        } else if self.block.is_none() && BARE.contains(&text.to_ascii_lowercase().as_str()) {
            text
        } else {
            return false;
        };
        self.recognized = self.recognized.saturating_add(1);
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
        self.recognized = self.recognized.saturating_add(1);
        let fact = self.stated(version, piece);
        self.records.push(Record::Windows(fact));
        true
    }

    /// `label: value` and `label = value`.
    fn labelled(&mut self, piece: Piece<'_>, indent: usize, depth: u8) -> bool {
        let text = piece.text;
        let Some((separator, width)) = separator(text) else { return false };
        let equals = text.get(separator..).is_some_and(|t| t.starts_with('='));
        let name = text.get(..separator).unwrap_or("").trim_end();
        if name.is_empty() || name.len() > 120 {
            return false;
        }
        let value = piece.from(separator.saturating_add(width)).trim();
        // `Cert Hash(sha1)`, `Hach. cert. (sha1)`: the algorithm is never translated.
        let (base, algorithm) = match name.strip_suffix(')').and_then(|n| n.rsplit_once('(')) {
            Some((base, algorithm)) if is_hash_name(algorithm) => (base.trim_end(), Some(algorithm)),
            _ => (name, None),
        };
        let known = labels::find_label(base);
        if let Some((_, language)) = known {
            self.saw(language);
        }
        let label = known.map(|(l, _)| l);
        if algorithm.is_some() || label == Some(Label::SignatureHash) {
            return self.hash_line(piece, label, algorithm, value);
        }
        if self.section == Section::Chain {
            return true;
        }
        if self.section == Section::Request {
            return self.request_line(piece, label, value);
        }
        if let Section::Extension(id) = &self.section {
            let id = id.clone();
            let leaves = matches!(
                label,
                Some(
                    Label::SignatureAlgorithm
                        | Label::Signature
                        | Label::KeyContainer
                        | Label::UniqueContainerName
                        | Label::Serial
                        | Label::X509Certificate
                )
            );
            if !leaves {
                return self.extension_line(&id, piece);
            }
            self.section = Section::Head;
        }
        match label {
            Some(label) => self.known_label(label, piece, value, depth),
            None => self.unknown_label(piece, value, equals, indent),
        }
    }

    /// A value after which other lines were joined: the value alone, and the rest is read as lines of its own.
    fn cut_joined<'p>(&mut self, value: Piece<'p>, depth: u8) -> (Piece<'p>, Vec<Piece<'p>>) {
        if depth >= 2 {
            return (value, Vec::new());
        }
        let mut parts = value.split_at_anchors();
        if parts.len() < 2 {
            return (value, Vec::new());
        }
        let rest = parts.split_off(1);
        (parts.first().map_or(value, |p| p.trim()), rest)
    }

    fn known_label(&mut self, label: Label, piece: Piece<'_>, value: Piece<'_>, depth: u8) -> bool {
        self.open = None;
        let free = matches!(
            label,
            Label::Issuer
                | Label::Subject
                | Label::Template
                | Label::KeyContainer
                | Label::Provider
                | Label::CaVersion
                | Label::NotBefore
                | Label::NotAfter
                | Label::Serial
                | Label::UniqueContainerName
                | Label::SimpleContainerName
        );
        let (value, rest) = if free { self.cut_joined(value, depth) } else { (value, Vec::new()) };
        let statement = if rest.is_empty() {
            piece
        } else {
            let used =
                value.text.as_ptr().addr().saturating_add(value.text.len()).saturating_sub(piece.text.as_ptr().addr());
            piece.slice(0..used).trim()
        };
        let read = self.label_value(label, statement, value);
        for part in rest {
            self.piece(part, 2);
        }
        read
    }

    fn label_value(&mut self, label: Label, piece: Piece<'_>, value: Piece<'_>) -> bool {
        let text = value.text;
        if self.block.is_none() && !may_begin(label, text) {
            return false;
        }
        match label {
            Label::X509Certificate => {
                if self.block.as_ref().is_some_and(|b| b.serial.is_some() || b.subject.is_some() || b.sha1.is_some()) {
                    self.end_block(true);
                }
                self.touch(piece);
                self.recognized = self.recognized.saturating_add(1);
                self.block().verbose = true;
                self.section = Section::Head;
            }
            Label::Serial => self.serial(piece, value),
            Label::Issuer => self.name(NameOf::Issuer, piece, value),
            Label::Subject => self.name(NameOf::Subject, piece, value),
            Label::NotBefore | Label::NotAfter => self.date(label == Label::NotBefore, piece, value),
            Label::CaVersion => {
                self.keep(piece);
                let fact = self.stated(true, piece);
                self.block().is_ca = Some(fact);
                self.section = Section::Head;
            }
            Label::Template => {
                self.keep(piece);
                let name = text.split_once(", ").map_or(text, |(n, _)| n);
                let is_ca = matches!(name, "CA" | "SubCA" | "Root Certification Authority");
                if is_ca {
                    let fact = self.stated(true, piece);
                    let block = self.block();
                    if block.is_ca.is_none() {
                        block.is_ca = Some(fact);
                    }
                }
                if !text.is_empty() {
                    let fact = self.stated(text.to_owned(), piece);
                    self.block().template = Some(fact);
                }
                self.open = Some((Open::Template, text.is_empty()));
                self.section = Section::Head;
            }
            Label::RootCertificate => {
                self.keep(piece);
                let fact = self.stated(true, piece);
                self.block().self_signed = Some(fact);
            }
            Label::SignatureAlgorithm => {
                self.recognized = self.recognized.saturating_add(1);
                self.algorithm_of_key = false;
                self.section = Section::Head;
            }
            Label::PublicKeyAlgorithm => {
                self.recognized = self.recognized.saturating_add(1);
                self.algorithm_of_key = true;
                self.section = Section::Head;
            }
            Label::AlgorithmObjectId => self.algorithm(piece, value),
            Label::PublicKeyLength => self.key_length(piece, value),
            Label::PublicKey => {
                self.recognized = self.recognized.saturating_add(1);
                self.public_key.clear();
                self.section = Section::PublicKey;
            }
            Label::Signature => {
                self.recognized = self.recognized.saturating_add(1);
                self.section = Section::Signature;
            }
            Label::Extensions => {
                self.recognized = self.recognized.saturating_add(1);
                self.touch(piece);
                self.block().extensions_shown = true;
                self.section = Section::Head;
            }
            Label::KeyContainer => self.container(piece, value),
            Label::UniqueContainerName => self.unique(piece, value),
            Label::SimpleContainerName => self.simple(piece, value),
            Label::Provider => self.provider(piece, value),
            Label::ProviderType => self.provider_type(piece, value),
            Label::Flags => self.flags(piece, value),
            Label::KeySpec => self.key_spec(piece, value),
            Label::ExportPolicy => {
                if let Some(n) = values::hex_first(text) {
                    self.detail(piece);
                    let fact = self.stated(n.value, piece);
                    self.block().export_policy = Some(fact);
                }
            }
            Label::KeyUsageProperty => {
                if let Some(n) = values::hex_first(text) {
                    self.detail(piece);
                    let fact = self.stated(n.value, piece);
                    self.block().key_usage_property = Some(fact);
                }
            }
            Label::UiPolicy => self.detail(piece),
            Label::KpPermissions => {
                if let Some(n) = values::hex_first(text) {
                    self.detail(piece);
                    let fact = self.stated(n.value, piece);
                    self.block().permissions = Some(fact);
                }
            }
            Label::AccessState => {
                if let Some(n) = values::hex_first(text) {
                    self.keep(piece);
                    let fact = self.stated(n.value, piece);
                    self.block().access_state = Some(fact);
                }
            }
            Label::AiKeyAlg => {
                if let Some(n) = values::hex_first(text) {
                    self.detail(piece);
                    if let Some(spec) = KeySpec::from_alg_id(n.value) {
                        let place = piece.place(self.source);
                        self.block().key_spec_witness =
                            Some(Fact::derived(spec, place, "from the key blob's aiKeyAlg"));
                    }
                }
            }
            Label::PrivateKey => self.detail(piece),
            Label::ProviderName => {
                self.recognized = self.recognized.saturating_add(1);
                self.end_listed(None);
                let fact = self.stated(text.to_owned(), piece);
                self.pending_provider = Some(fact);
                self.in_provider_list = true;
            }
            Label::AlgorithmParameters
            | Label::Version
            | Label::NameHash
            | Label::CertHash
            | Label::KeyIdHash
            | Label::SignatureHash => {}
        }
        true
    }

    fn end_listed(&mut self, provider_type: Option<u32>) {
        if let Some(name) = self.pending_provider.take() {
            self.records.push(Record::ListedProvider(name, provider_type));
        }
    }

    fn detail(&mut self, piece: Piece<'_>) {
        self.keep(piece);
        let place = piece.place(self.source);
        let block = self.block();
        if block.details.is_none() {
            block.details = Some(place);
        }
        self.section = Section::Details;
    }

    fn serial(&mut self, piece: Piece<'_>, value: Piece<'_>) {
        let starts_anew = self
            .block
            .as_ref()
            .is_some_and(|b| !b.smart_card && (b.serial.is_some() || b.sha1.is_some() || !b.tests.is_empty()));
        if starts_anew {
            self.end_block(true);
        }
        self.keep(piece);
        self.section = Section::Head;
        match values::hex(value.text) {
            Some(serial) => {
                let fact = self.stated(serial, piece);
                let block = self.block();
                if block.serial.is_none() {
                    block.serial = Some(fact);
                }
                self.open = Some((Open::Serial, false));
            }
            None if value.text.is_empty() => self.open = Some((Open::Serial, true)),
            None => {
                let digits = values::leading_hex(value.text);
                if digits.len() >= 8 && digits.len() % 2 == 0 {
                    let place = piece.place(self.source);
                    self.block().serial = Some(Fact::derived(digits, place, "the line goes on after the number"));
                } else {
                    self.damage("the serial number can't be read", piece);
                }
            }
        }
    }

    fn name(&mut self, of: NameOf, piece: Piece<'_>, value: Piece<'_>) {
        if of == NameOf::Issuer
            && self
                .block
                .as_ref()
                .is_some_and(|b| !b.smart_card && (b.sha1.is_some() || b.key_link.is_some()) && b.issuer.is_some())
        {
            self.end_block(true);
        }
        self.keep(piece);
        if value.text.is_empty() {
            self.section = Section::Names(of);
            self.open = Some((if of == NameOf::Issuer { Open::Issuer } else { Open::Subject }, true));
            return;
        }
        self.section = Section::Head;
        let fact = self.stated(value.text.to_owned(), piece);
        let block = self.block();
        match of {
            NameOf::Issuer if block.issuer.is_none() => block.issuer = Some(fact),
            NameOf::Subject if block.subject.is_none() => block.subject = Some(fact),
            _ => {}
        }
        self.open = Some((if of == NameOf::Issuer { Open::Issuer } else { Open::Subject }, false));
    }

    fn date(&mut self, from: bool, piece: Piece<'_>, value: Piece<'_>) {
        self.keep(piece);
        self.section = Section::Head;
        if value.text.is_empty() {
            return;
        }
        let line = DateLine { text: self.stated(value.text.to_owned(), piece), date: PrintedDate::parse(value.text) };
        let block = self.block();
        let slot = if from { &mut block.not_before } else { &mut block.not_after };
        if slot.is_none() {
            *slot = Some(line);
        }
    }

    fn hash_line(&mut self, piece: Piece<'_>, label: Option<Label>, algorithm: Option<&str>, value: Piece<'_>) -> bool {
        let Some(algorithm) = algorithm else { return true };
        if self.block.is_none() && Sha1::parse(value.text).is_none() {
            return true;
        }
        match (label, algorithm) {
            (Some(Label::NameHash), _) => {}
            (Some(Label::KeyIdHash), "rfc-sha1") | (None, "rfc-sha1") => {
                self.section = Section::Head;
                if let Some(sha1) = Sha1::parse(value.text) {
                    self.keep(piece);
                    let fact = self.stated(sha1, piece);
                    self.block().key_id = Some(fact);
                }
            }
            (Some(Label::KeyIdHash), _) => self.section = Section::Head,
            (label, "sha1") => {
                // In a language without table the last `(sha1)` line before the key part is the certificate's.
                let certain = label == Some(Label::CertHash);
                if self.section == Section::Chain || (!certain && matches!(self.section, Section::Names(_))) {
                    return true;
                }
                self.section = Section::Head;
                let digits = values::leading_hex(value.text);
                let cut: String = digits.chars().take(40).collect();
                self.keep(piece);
                match Sha1::parse(&cut) {
                    Some(sha1) => {
                        let fact = self.stated(sha1, piece);
                        let block = self.block();
                        if certain || block.key_link.is_none() {
                            block.sha1 = Some(fact);
                        }
                        let tail = value.text.get(leading_length(value.text, 40)..).unwrap_or("").trim();
                        if !tail.is_empty() {
                            let start = value.text.len().saturating_sub(tail.len());
                            for part in value.from(start).split_at_anchors() {
                                self.piece(part, 2);
                            }
                        }
                    }
                    None => {
                        self.open = Some((Open::Hash, value.text.is_empty()));
                        self.partial_hash = cut;
                    }
                }
            }
            (label, "sha256") if label != Some(Label::KeyIdHash) => {
                if let Some(hex) = values::hex(value.text).filter(|h| h.len() == 64) {
                    self.keep(piece);
                    let fact = self.stated(hex, piece);
                    self.block().sha256 = Some(fact);
                }
            }
            _ => {}
        }
        true
    }

    fn algorithm(&mut self, piece: Piece<'_>, value: Piece<'_>) {
        let mut words = value.text.splitn(2, ' ');
        let id = words.next().unwrap_or("");
        let name = words.next().unwrap_or("").trim();
        if !oid::is_oid(id) {
            return;
        }
        if self.section == Section::Names(NameOf::Next) {
            self.section = Section::Head;
        }
        self.keep(piece);
        let place = piece.place(self.source);
        let key = oid::public_key_algorithm(id);
        let for_key = self.algorithm_of_key || (key.is_some() && self.block().subject.is_some());
        if for_key {
            if let Some(algorithm) = key {
                self.block().public_key_algorithm = Some(Fact::stated(algorithm.to_owned(), place));
            }
        } else {
            let text = if name.is_empty() { id.to_owned() } else { format!("{id} {name}") };
            self.block().signature_algorithm = Some(Fact::stated(text, place));
        }
    }

    fn key_length(&mut self, piece: Piece<'_>, value: Piece<'_>) {
        let digits: String = value.text.chars().take_while(char::is_ascii_digit).collect();
        if let Ok(bits) = digits.parse::<u32>() {
            self.keep(piece);
            let fact = self.stated(bits, piece);
            self.block().public_key_bits = Some(fact);
        }
    }

    /// The first line of a key part.
    fn link(&mut self, piece: Piece<'_>) {
        self.keep(piece);
        let place = piece.place(self.source);
        let block = self.block();
        if block.key_link.is_none() {
            block.key_link = Some(place);
        }
    }

    fn container(&mut self, piece: Piece<'_>, value: Piece<'_>) {
        self.link(piece);
        let name = without_default_mark(value.text);
        if name == "(null)" {
            return;
        }
        let fact = self.stated(name.to_owned(), piece);
        let block = self.block();
        if block.stored_container.as_ref().is_none_or(|c| c.value.is_empty()) {
            block.stored_container = Some(fact);
        }
        self.open = Some((Open::Container, name.is_empty()));
    }

    fn unique(&mut self, piece: Piece<'_>, value: Piece<'_>) {
        self.keep(piece);
        let text = value.text;
        // A console leaves the tail of an older line behind a shorter one: the name has 69 characters.
        let cut = text.get(..69).filter(|t| container_name::split_file_name(t).is_some());
        let fact = match cut {
            Some(name) if name.len() < text.len() => {
                Fact::derived(name.to_owned(), piece.place(self.source), "the line keeps the tail of an older one")
            }
            _ => self.stated(text.to_owned(), piece),
        };
        if !text.is_empty() {
            let block = self.block();
            if block.unique_name.is_none() {
                block.unique_name = Some(fact);
            }
        }
        self.open = Some((Open::Unique, text.is_empty()));
    }

    fn simple(&mut self, piece: Piece<'_>, value: Piece<'_>) {
        self.keep(piece);
        if !value.text.is_empty() {
            let place = piece.place(self.source);
            let block = self.block();
            // On a collapsed line other words follow; the key link has the same name.
            let stored = block.stored_container.as_ref().map(|c| c.value.as_str());
            let fact = match stored.filter(|s| !s.is_empty() && goes_on_after(value.text, s)) {
                Some(name) => Fact::derived(name.to_owned(), place, "the line goes on after the name"),
                None => Fact::stated(value.text.to_owned(), place),
            };
            if block.simple_name.is_none() {
                block.simple_name = Some(fact);
            }
        }
        self.open = Some((Open::Simple, value.text.is_empty()));
    }

    /// The value of an unknown label between the thumbprint and the provider is the container.
    fn adopt_container(&mut self) {
        let Some(container) = self.unknown_value.take() else { return };
        let block = self.block();
        if block.stored_container.is_none() {
            block.key_link = block.key_link.or(Some(container.place));
            block.stored_container = Some(container);
        }
    }

    fn provider(&mut self, piece: Piece<'_>, value: Piece<'_>) {
        self.adopt_container();
        self.keep(piece);
        let text = value.text;
        let second = self.block().provider.is_some() && !self.block().smart_card;
        if second {
            let place = piece.place(self.source);
            let in_link = self.section == Section::Property(property_id::KEY_PROV_INFO) && self.link_values < 2;
            if !in_link && self.block().details.is_none() && !self.block().nested {
                self.block().details = Some(place);
                self.section = Section::Details;
            }
            return;
        }
        if text.is_empty() {
            self.open = Some((Open::Provider, true));
            return;
        }
        let fact = match overprinted_provider(text) {
            Some(name) => {
                Fact::derived(name.to_owned(), piece.place(self.source), "the line keeps the tail of an older one")
            }
            None => self.stated(text.to_owned(), piece),
        };
        let block = self.block();
        if block.provider.is_none() {
            block.provider = Some(fact);
        }
        self.link_values = self.link_values.max(1);
        self.open = Some((Open::Provider, false));
    }

    fn provider_type(&mut self, piece: Piece<'_>, value: Piece<'_>) {
        self.keep(piece);
        self.link_values = self.link_values.max(2);
        if self.block().provider_type.is_some() {
            return;
        }
        let place = piece.place(self.source);
        let expected = self.block().provider.as_ref().and_then(|p| provider::find(&p.value)).map(|p| p.provider_type);
        let fact = match values::hex_first(value.text) {
            Some(n) => match (expected, n.decimal) {
                (Some(e), Some(d)) if d == e && n.value != e && !n.confirmed => {
                    Some(Fact::derived(d, place, "read as decimal: only so does it fit the provider"))
                }
                _ if n.value <= 0xFF => Some(Fact::stated(n.value, place)),
                _ => overprinted_number(value.text, expected, place),
            },
            None => overprinted_number(value.text, expected, place),
        };
        match fact {
            Some(f) => self.block().provider_type = Some(f),
            None => self.damage("the provider type can't be read", piece),
        }
    }

    fn flags(&mut self, piece: Piece<'_>, value: Piece<'_>) {
        let in_link = matches!(self.section, Section::Property(2) | Section::Head | Section::Details);
        let Some(n) = values::hex_first(value.text).filter(|_| in_link) else { return };
        self.keep(piece);
        self.link_values = self.link_values.max(3);
        let fact = self.stated(n.value, piece);
        let block = self.block();
        if block.flags.is_none() {
            block.flags = Some(fact);
        }
    }

    fn key_spec(&mut self, piece: Piece<'_>, value: Piece<'_>) {
        self.keep(piece);
        self.link_values = self.link_values.max(4);
        match values::key_spec(value.text) {
            Some(spec) => {
                let fact = self.stated(KeySpec(spec), piece);
                let block = self.block();
                if block.key_spec.is_none() {
                    block.key_spec = Some(fact);
                }
            }
            None => self.damage("the KeySpec can't be read, or its number and its name contradict each other", piece),
        }
    }

    /// A label of no known language: its place and value tell.
    fn unknown_label(&mut self, piece: Piece<'_>, value: Piece<'_>, equals: bool, indent: usize) -> bool {
        let text = value.text;
        match self.section.clone() {
            Section::Property(id) if id != property_id::KEY_PROV_INFO => {
                return self.property_line(id, piece, value, equals);
            }
            Section::Property(_) => {
                if self.link_line(piece, value, equals) {
                    return true;
                }
            }
            Section::Names(of) if equals && values::is_distinguished_name(piece.text) => {
                self.rdn(of, piece);
                return true;
            }
            _ => {}
        }
        if self.pending_provider.is_some() && !equals && text.contains(" - PROV_") {
            let number = text.split(' ').next().and_then(|n| n.parse().ok());
            self.recognized = self.recognized.saturating_add(1);
            self.end_listed(number);
            return true;
        }
        if values::is_distinguished_name(piece.text) && equals {
            return false;
        }
        if self.block.is_none() {
            return false;
        }
        if equals {
            if provider::find(text).is_some() {
                self.provider(piece, value);
                return true;
            }
            let key_part = indent > 0 && self.block().sha1.is_some() && self.block().provider.is_none();
            if key_part && !text.is_empty() {
                self.keep(piece);
                let fact = self.stated(text.to_owned(), piece);
                self.unknown_value = Some(fact);
                return true;
            }
            return false;
        }
        if container_name::split_file_name(text).is_some() {
            self.unique(piece, value);
            self.open = None;
            return true;
        }
        if self.block().sha1.is_some() {
            return false;
        }
        if values::is_distinguished_name(text) {
            let of = if self.block().issuer.is_none() { NameOf::Issuer } else { NameOf::Subject };
            self.name(of, piece, value);
            return true;
        }
        if let Some(date) = PrintedDate::parse(text) {
            let line = DateLine { text: self.stated(text.to_owned(), piece), date: Some(date) };
            self.keep(piece);
            let block = self.block();
            if block.not_before.is_none() {
                block.not_before = Some(line);
            } else if block.not_after.is_none() {
                block.not_after = Some(line);
            }
            return true;
        }
        if text.is_empty() && matches!(self.section, Section::Head | Section::Names(_)) {
            // Only verbose blocks have labels with their values below them.
            self.block().verbose = true;
            self.section = Section::Names(NameOf::Next);
            return true;
        }
        let hex_only = values::hex(text).filter(|h| (4..=42).contains(&h.len()) && !text.contains(' '));
        if self.block().serial.is_none() && self.block().issuer.is_none() && self.block().index.is_some() {
            if let Some(serial) = hex_only {
                self.keep(piece);
                let fact = self.stated(serial, piece);
                self.block().serial = Some(fact);
                return true;
            }
        }
        if text.split(' ').next().is_some_and(|t| oid::is_oid(t) && t.len() > 6) {
            self.algorithm(piece, value);
            return true;
        }
        if matches!(self.section, Section::Head | Section::Names(NameOf::Next))
            && self.block().verbose
            && text.ends_with(char::is_alphabetic)
            && text.starts_with(|c: char| c.is_ascii_digit())
        {
            self.key_length(piece, value);
            return true;
        }
        false
    }

    /// A line of property 2, by its place: container, second name, provider, type, flags, KeySpec.
    fn link_line(&mut self, piece: Piece<'_>, value: Piece<'_>, equals: bool) -> bool {
        let text = value.text;
        if !equals {
            if container_name::split_file_name(text).is_some() {
                self.unique(piece, value);
            } else {
                self.simple(piece, value);
            }
            return true;
        }
        if text.contains("AT_KEYEXCHANGE") || text.contains("AT_SIGNATURE") || text.contains("AT_NONE") {
            self.key_spec(piece, value);
            return true;
        }
        if self.block().stored_container.is_none() && self.link_values == 0 {
            self.container(piece, value);
            return true;
        }
        match self.link_values {
            0 => self.provider(piece, value),
            1 => self.provider_type(piece, value),
            2 => self.flags(piece, value),
            3 => self.key_spec(piece, value),
            _ => return false,
        }
        true
    }

    /// A line of another property.
    fn property_line(&mut self, id: u32, piece: Piece<'_>, value: Piece<'_>, equals: bool) -> bool {
        if id == property_id::ACCESS_STATE && equals {
            if let Some(n) = values::hex_first(value.text) {
                self.keep(piece);
                let fact = self.stated(n.value, piece);
                self.block().access_state = Some(fact);
                return true;
            }
        }
        if equals && provider::find(value.text).is_some() {
            self.provider(piece, value);
            return true;
        }
        if !equals && container_name::split_file_name(value.text).is_some() {
            self.unique(piece, value);
            return true;
        }
        self.property_value(id, piece);
        true
    }

    /// The value of a property that is a line of its own.
    fn property_value(&mut self, id: u32, piece: Piece<'_>) {
        let text = piece.text;
        match id {
            property_id::SHA1_HASH => {
                if let Some(sha1) = Sha1::parse(text) {
                    self.keep(piece);
                    let fact = self.stated(sha1, piece);
                    let block = self.block();
                    if block.sha1.is_none() {
                        block.sha1 = Some(fact);
                    }
                }
            }
            property_id::SHA256_HASH => {
                if let Some(hex) = values::hex(text).filter(|h| h.len() == 64) {
                    let fact = self.stated(hex, piece);
                    let block = self.block();
                    if block.sha256.is_none() {
                        block.sha256 = Some(fact);
                    }
                }
            }
            property_id::SUBJECT_PUBLIC_KEY_MD5_HASH => {
                if let Some(hex) = values::hex(text).filter(|h| h.len() == 32) {
                    self.keep(piece);
                    let fact = self.stated(hex, piece);
                    self.block().public_key_md5 = Some(fact);
                }
            }
            property_id::FRIENDLY_NAME => {
                let fact = self.stated(text.to_owned(), piece);
                let block = self.block();
                if block.friendly_name.is_none() {
                    block.friendly_name = Some(fact);
                    self.keep(piece);
                }
            }
            property_id::SUBJECT_PUB_KEY_BIT_LENGTH => {
                if let Some(n) = values::hex_first(text) {
                    self.keep(piece);
                    let fact = self.stated(n.value, piece);
                    let block = self.block();
                    if block.public_key_bits.is_none() {
                        block.public_key_bits = Some(fact);
                    }
                }
            }
            _ => {}
        }
    }

    /// One RDN of a verbose name.
    fn rdn(&mut self, of: NameOf, piece: Piece<'_>) {
        self.keep(piece);
        let source = self.source;
        let block = self.block();
        let of = match of {
            NameOf::Next if block.issuer.is_none() => NameOf::Issuer,
            NameOf::Next if block.subject.is_none() => NameOf::Subject,
            NameOf::Next => return,
            other => other,
        };
        let slot = if of == NameOf::Issuer { &mut block.issuer } else { &mut block.subject };
        match slot {
            Some(name) if name.value.len() < 4096 => {
                name.value.push_str(", ");
                name.value.push_str(piece.text);
            }
            Some(_) => {}
            None => *slot = Some(Fact::stated(piece.text.to_owned(), piece.place(source))),
        }
        self.open = None;
        self.section = Section::Names(of);
    }

    /// A line of an extension.
    fn extension_line(&mut self, id: &str, piece: Piece<'_>) -> bool {
        let text = piece.text;
        match id {
            "2.5.29.15" => {
                if let Some(bits) = key_usage_bits(text) {
                    self.keep(piece);
                    let fact = self.stated(KeyUsage(bits), piece);
                    self.block().key_usage = Some(fact);
                }
            }
            "2.5.29.37" => {
                let id = text.strip_suffix(')').and_then(|t| t.rsplit_once('(')).map_or(text, |(_, id)| id);
                if oid::is_oid(id) {
                    self.keep(piece);
                    let first = self.stated(Vec::new(), piece);
                    let list = self.block().extended_key_usage.get_or_insert(first);
                    if list.value.len() < KEPT {
                        list.value.push(id.to_owned());
                    }
                }
            }
            "2.5.29.17" => {
                if text.contains('=') && self.block().alternative_names.len() < KEPT {
                    self.keep(piece);
                    let fact = self.stated(text.to_owned(), piece);
                    self.block().alternative_names.push(fact);
                }
            }
            "2.5.29.19" => {
                let value = text.split_once('=').map(|(_, v)| v.trim());
                let first = self.block().is_ca.is_none();
                match value {
                    Some("CA") => {
                        self.keep(piece);
                        let fact = self.stated(true, piece);
                        self.block().is_ca = Some(fact);
                    }
                    Some("End Entity") if first => {
                        self.keep(piece);
                        let fact = self.stated(false, piece);
                        self.block().is_ca = Some(fact);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
        true
    }

    /// A line of a request's attributes.
    fn request_line(&mut self, piece: Piece<'_>, label: Option<Label>, value: Piece<'_>) -> bool {
        match label {
            Some(Label::KeySpec) => {
                if let Some(spec) = values::key_spec(value.text) {
                    let fact = self.stated(KeySpec(spec), piece);
                    self.requested.0 = Some(fact);
                }
            }
            Some(Label::Provider) => {
                let fact = self.stated(value.text.to_owned(), piece);
                self.requested.1 = Some(fact);
            }
            Some(Label::CertHash | Label::KeyContainer | Label::X509Certificate) => {
                self.section = Section::Head;
                return false;
            }
            _ => {}
        }
        true
    }

    /// A line that goes on with the value of the line before: a value on a line of its own, or a hard wrap.
    fn continued(&mut self, piece: Piece<'_>, begins_blank: bool) -> bool {
        if let Section::Property(id) = self.section {
            if id != property_id::KEY_PROV_INFO {
                self.property_value(id, piece);
                if self.sddl(piece) {
                    return true;
                }
                return self.open.is_none();
            }
        }
        let Some((open, empty)) = self.open else { return false };
        let text = piece.text;
        let place = piece.place(self.source);
        // Only a line that reached a console's width was wrapped; a value that is missing stands on the next line.
        let continues = |value: &str| !empty && !value.is_empty() && text.len() <= 200;
        let full_width = !empty && self.open_line.width == self.wrap_width;
        let blank = if begins_blank || self.open_line.ends_blank { " " } else { "" };
        let block = self.block.get_or_insert_with(Box::default);
        let append = |slot: &mut Option<Fact<String>>, separator: &str| -> bool {
            match slot {
                Some(fact) if fact.value.is_empty() || (empty && fact.value.is_empty()) => {
                    *slot = Some(Fact::stated(text.to_owned(), place));
                    true
                }
                Some(fact) if continues(&fact.value) => {
                    fact.value.push_str(separator);
                    fact.value.push_str(text);
                    fact.basis = Basis::Derived("the line was wrapped");
                    true
                }
                None => {
                    *slot = Some(Fact::stated(text.to_owned(), place));
                    true
                }
                _ => false,
            }
        };
        let done = match open {
            Open::Container => {
                let wraps = block.stored_container.as_ref().is_some_and(|c| {
                    c.value.is_empty() && plausible_container(text)
                        || container_name::split_file_name(&format!("{}{text}", c.value)).is_some()
                        || full_width && plausible_container(text)
                });
                wraps && append(&mut block.stored_container, blank)
            }
            Open::Unique => {
                let joined = block.unique_name.as_ref().map_or(String::new(), |u| u.value.clone());
                container_name::split_file_name(&format!("{joined}{text}")).is_some()
                    && append(&mut block.unique_name, "")
            }
            Open::Simple => block.simple_name.is_none() && append(&mut block.simple_name, ""),
            Open::Provider => {
                let joined = block.provider.as_ref().map_or(String::new(), |p| p.value.clone());
                let spaced = format!("{joined} {text}");
                if joined.is_empty() {
                    append(&mut block.provider, "")
                } else if provider::find(&joined).is_none() && provider::find(&format!("{joined}{text}")).is_some() {
                    append(&mut block.provider, "")
                } else if provider::find(&joined).is_none() && provider::find(&spaced).is_some() {
                    append(&mut block.provider, " ")
                } else {
                    false
                }
            }
            Open::Subject if empty => values::is_distinguished_name(text) && append(&mut block.subject, ", "),
            Open::Issuer if empty => values::is_distinguished_name(text) && append(&mut block.issuer, ", "),
            Open::Subject => wrapped_name(text) && append(&mut block.subject, blank),
            Open::Issuer => wrapped_name(text) && append(&mut block.issuer, blank),
            Open::Template => wrapped_name(text) && append(&mut block.template, blank),
            Open::Hash => match Sha1::parse(&format!("{}{text}", self.partial_hash)) {
                Some(sha1) => {
                    block.sha1 = Some(Fact::stated(sha1, place));
                    true
                }
                None => false,
            },
            Open::Serial => {
                empty
                    && values::hex(text).is_some_and(|hex| {
                        block.serial = Some(Fact::stated(hex, place));
                        true
                    })
            }
        };
        if done {
            self.keep(piece);
            if !empty {
                self.wrap_width = self.open_line.width;
                self.open_line.width = piece.line().text.chars().count();
                self.open_line.ends_blank = false;
            }
            let open = match open {
                Open::Container | Open::Unique | Open::Simple | Open::Provider | Open::Hash | Open::Serial => None,
                name => Some((name, false)),
            };
            self.open = open;
        }
        done
    }

    fn sddl(&mut self, piece: Piece<'_>) -> bool {
        let text = piece.text;
        let descriptor =
            (text.starts_with("D:") || text.starts_with("O:")) && text.contains("(A;") && text.ends_with(')');
        if descriptor {
            self.detail(piece);
            let fact = self.stated(text.to_owned(), piece);
            self.block().sddl = Some(fact);
            self.sddl_open = true;
        }
        descriptor
    }

    /// A line without a label that is no phrase.
    fn loose(&mut self, piece: Piece<'_>) {
        let text = piece.text;
        if let Section::Extension(id) = &self.section {
            let id = id.clone();
            self.extension_line(&id, piece);
            return;
        }
        if self.block.is_some() {
            if self.sddl(piece) {
                return;
            }
            if let Section::Names(of) = self.section {
                if values::is_distinguished_name(text) {
                    self.rdn(of, piece);
                    return;
                }
            }
            if matches!(self.section, Section::Details | Section::Property(_)) {
                if matches!(text, "RSA" | "DSA" | "ECDSA" | "ECDH" | "DH")
                    || text.starts_with("ECDSA_P")
                    || text.starts_with("ECDH_P")
                {
                    self.detail(piece);
                    let fact = self.stated(text.to_owned(), piece);
                    self.block().key_algorithm = Some(fact);
                    return;
                }
                let acl = text.contains('\\') || text.contains('\t');
                if acl && self.block().sddl.is_some() && self.block().acl.len() < KEPT {
                    self.keep(piece);
                    let fact = self.stated(text.to_owned(), piece);
                    self.block().acl.push(fact);
                    return;
                }
            }
        }
        self.note_unread_closing(text);
        for (value, part) in codes(piece) {
            let fact = self.stated(value, part);
            if self.block.is_some() {
                self.keep(piece);
                let block = self.block();
                if block.codes.len() < KEPT {
                    block.codes.push(fact);
                }
            } else {
                let line = text.get(..cut_at(text, self.limits.excerpt_columns)).unwrap_or("").to_owned();
                self.records.push(Record::Code(fact, line));
            }
        }
    }
}

impl Parser {
    /// A closing line in a language whose closing lines are not all known may say that the key can't be exported.
    fn note_unread_closing(&mut self, text: &str) {
        let translated = self.language() != Some(Language::En);
        let plain = !text.contains(['=', ':']) && text.len() <= ONE_LINE;
        if let Some(block) = self.block.as_mut().filter(|b| translated && plain && b.provider.is_some()) {
            block.unread_closing = true;
        }
    }
}

impl CertificateBlock {
    /// Whether the block holds anything but stray lines: an identity, or a key link.
    fn says_something(&self) -> bool {
        self.serial.is_some()
            || self.sha1.is_some()
            || self.subject.is_some() && (self.issuer.is_some() || self.index.is_some() || self.verbose)
            || self.index.is_some() && (self.issuer.is_some() || self.properties_shown || !self.tests.is_empty())
            || self.index.is_some() && (!self.remarks.is_empty() || self.key_link.is_some())
            || (self.verbose && self.subject.is_some())
            || self.shows_a_key_link()
    }
}

impl CertificateBlock {
    /// Whether lines of a key part, without anything of a certificate, are certutil's: `provider = …` also stands in
    /// configuration files of other programs.
    fn shows_a_key_link(&self) -> bool {
        let titled = self.properties_shown && self.key_link.is_some();
        let known = self.provider.as_ref().is_some_and(|p| provider::find(&p.value).is_some());
        let details = [self.stored_container.is_some(), self.unique_name.is_some(), self.simple_name.is_some()];
        let numbers = [self.provider_type.is_some(), self.flags.is_some(), self.key_spec.is_some()];
        titled
            || (self.provider.is_some() && details.contains(&true))
            || (known && (numbers.contains(&true) || !self.tests.is_empty() || !self.remarks.is_empty()))
            || (self.unique_name.is_some() && self.stored_container.is_some())
    }
}

/// Whether a label outside a block can begin one: its value must be of its kind, else it is a word of a sentence or of a
/// mail's header.
fn may_begin(label: Label, value: &str) -> bool {
    match label {
        Label::Serial => value.is_empty() || values::leading_hex(value).len() >= 2,
        Label::Issuer | Label::Subject => value.is_empty() || values::is_distinguished_name(value),
        Label::NotBefore | Label::NotAfter => PrintedDate::parse(value).is_some(),
        Label::Provider => provider::kind_of_name(value).is_some() || overprinted_provider(value).is_some(),
        Label::ProviderType | Label::Flags => values::hex_first(value).is_some(),
        Label::KeySpec => values::key_spec(value).is_some(),
        Label::Extensions => value.starts_with(|c: char| c.is_ascii_digit()),
        Label::X509Certificate => value.is_empty() || value.len() > ONE_LINE,
        Label::CaVersion | Label::Template | Label::RootCertificate | Label::PrivateKey | Label::UiPolicy => false,
        _ => true,
    }
}

/// Whether a text goes on with another word after a name.
fn goes_on_after(text: &str, name: &str) -> bool {
    text.strip_prefix(name).is_some_and(|rest| rest.starts_with(' '))
}

/// The separator of a label and its value: the first `:` or `=` that blanks or the text's end follow, or ` = ` or `=`.
fn separator(text: &str) -> Option<(usize, usize)> {
    for (at, c) in text.char_indices() {
        match c {
            ':' | '\u{ff1a}' => {
                let after = text.get(at.saturating_add(c.len_utf8())..)?;
                if after.is_empty() || after.starts_with(|c: char| c.is_whitespace()) || c == '\u{ff1a}' {
                    return Some((at, c.len_utf8()));
                }
            }
            '=' => return Some((at, 1)),
            _ => {}
        }
        if at > 160 {
            return None;
        }
    }
    None
}

/// Whether a printed public key is not cut: a DER SEQUENCE of its stated length, or an uncompressed point of a NIST curve.
fn is_whole_public_key(bytes: &[u8]) -> bool {
    match bytes {
        [0x30, 0x82, high, low, rest @ ..] => rest.len() == usize::from(u16::from_be_bytes([*high, *low])),
        [0x30, 0x81, length, rest @ ..] => rest.len() == usize::from(*length),
        [0x04, rest @ ..] => matches!(rest.len(), 64 | 96 | 132),
        _ => false,
    }
}

fn is_hash_name(text: &str) -> bool {
    matches!(
        text,
        "sha1"
            | "md5"
            | "sha256"
            | "sha384"
            | "sha512"
            | "rfc-sha1"
            | "bcrypt-sha1"
            | "bcrypt-sha256"
            | "pin-sha256"
            | "pin-sha256-hex"
    )
}

fn number_until(text: &str, start: usize, end: char) -> Option<u32> {
    let rest = text.get(start..)?;
    let close = rest.find(end)?;
    rest.get(..close)?.parse().ok()
}

/// How many bytes of a text hold its first `digits` hexadecimal digits.
fn leading_length(text: &str, digits: usize) -> usize {
    let mut seen = 0usize;
    for (at, c) in text.char_indices() {
        if seen == digits {
            return at;
        }
        if c.is_ascii_hexdigit() {
            seen = seen.saturating_add(1);
        } else if c != ' ' && c != '\t' {
            return at;
        }
    }
    text.len()
}

/// `Digital Signature, Key Encipherment (a0)`, `… (80 80)`: the bits.
fn key_usage_bits(text: &str) -> Option<u16> {
    let inner = text.strip_suffix(')')?.rsplit_once('(')?.1;
    let mut bytes = inner
        .split([' ', ','])
        .filter(|p| !p.is_empty())
        .map(|p| u8::from_str_radix(p, 16).ok().filter(|_| p.len() <= 2));
    let low = bytes.next()??;
    let high = match bytes.next() {
        None => 0,
        Some(byte) => byte?,
    };
    if bytes.next().is_some() {
        return None;
    }
    Some(u16::from_le_bytes([low, high]))
}

/// Known error codes in a text, each with its part.
fn codes(piece: Piece<'_>) -> Vec<(u32, Piece<'_>)> {
    let text = piece.text;
    let mut out = Vec::new();
    let mut from = 0usize;
    while let Some(found) = text.get(from..).and_then(|t| t.find("0x")) {
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
        if out.len() >= 8 {
            break;
        }
    }
    out
}

/// Without `[Default Container]` in any language.
fn without_default_mark(text: &str) -> &str {
    match text.strip_suffix(']').and_then(|t| t.rsplit_once(" [")) {
        Some((name, _)) => name.trim_end(),
        None => text,
    }
}

/// A container on a line of its own after `Key Container =`: one word, or a key-file name; never a sentence.
fn plausible_container(text: &str) -> bool {
    text.len() <= 260 && !text.contains(" = ") && !text.contains(": ") && text.split(' ').count() <= 4
}

/// What can be the rest of a wrapped name: not a sentence of another tool.
fn wrapped_name(text: &str) -> bool {
    text.len() <= 200
        && (text.contains('=')
            || text.contains(", ")
            || text.starts_with(|c: char| c.is_ascii_digit() || c == '.' || c == ','))
}

/// A known provider whose name begins a text that goes on without a blank.
fn overprinted_provider(text: &str) -> Option<&'static str> {
    if provider::find(text).is_some() {
        return None;
    }
    provider::PROVIDERS
        .iter()
        .map(|p| p.name)
        .filter(|name| {
            text.get(name.len()..).is_some_and(|rest| text.starts_with(name) && !rest.starts_with([' ', '(']))
        })
        .max_by_key(|name| name.len())
}

/// A number behind which a console left the tail of an older line: only when the provider's type confirms it.
fn overprinted_number(text: &str, expected: Option<u32>, place: Place) -> Option<Fact<u32>> {
    let expected = expected?;
    let printed = format!("{expected:x}");
    text.starts_with(&printed).then(|| Fact::derived(expected, place, "the line keeps the tail of an older one"))
}

/// Where to cut a text so that it has at most so many characters.
fn cut_at(text: &str, columns: usize) -> usize {
    text.char_indices().nth(columns).map_or(text.len(), |(i, _)| i)
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
