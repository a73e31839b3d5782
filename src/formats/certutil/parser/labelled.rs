//! Lines of the form `label: value` and `label = value`.

use super::*;
use memchr::{memchr, memchr2_iter};

impl Parser {
    /// `Attribute[3]: 1.3.6.1.4.1.311.13.2.2 (Enrollment CSP)` of a request dump.
    pub(super) fn attribute_title(&mut self, piece: Piece<'_>) -> bool {
        let text = piece.text;
        if is_attribute(text) {
            self.claim();
            self.end_block(true);
            self.section = Section::Request;
            return true;
        }
        if is_of_chain(text) {
            self.claim();
            self.section = Section::Chain;
            return true;
        }
        false
    }

    /// `label: value` and `label = value`.
    pub(super) fn labelled(&mut self, piece: Piece<'_>, indented: bool, depth: u8) -> bool {
        let text = piece.text;
        let Some(Named { separator, width, name, algorithm }) = Named::of(text) else { return false };
        let equals = text.get(separator..).is_some_and(|t| t.starts_with('='));
        let value = piece.from(separator.saturating_add(width)).trim();
        let known = labels::find_label(name);
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
            let id = *id;
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
                return self.extension_line(id, piece);
            }
            self.section = Section::Head;
        }
        match label {
            Some(label) => self.known_label(label, piece, value, depth),
            None => self.unknown_label(piece, value, equals, indented),
        }
    }

    /// A value after which other lines were joined: the value alone, and the rest is read as lines of its own.
    pub(super) fn cut_joined<'p>(&mut self, value: Piece<'p>, depth: u8) -> (Piece<'p>, Vec<Piece<'p>>) {
        if depth >= 2 || split::is_whole(value.text) {
            return (value, Vec::new());
        }
        let mut parts = split::split_at_anchors(value);
        if parts.len() < 2 {
            return (value, Vec::new());
        }
        let rest = parts.split_off(1);
        (parts.first().map_or(value, |p| p.trim()), rest)
    }

    pub(super) fn known_label(&mut self, label: Label, piece: Piece<'_>, value: Piece<'_>, depth: u8) -> bool {
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

    pub(super) fn label_value(&mut self, label: Label, piece: Piece<'_>, value: Piece<'_>) -> bool {
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
                self.claim();
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
                self.claim();
                self.algorithm_of_key = false;
                self.section = Section::Head;
            }
            Label::PublicKeyAlgorithm => {
                self.claim();
                self.algorithm_of_key = true;
                self.section = Section::Head;
            }
            Label::AlgorithmObjectId => self.algorithm(piece, value),
            Label::PublicKeyLength => self.key_length(piece, value),
            Label::PublicKey => {
                self.claim();
                self.public_key.clear();
                self.section = Section::PublicKey;
            }
            Label::Signature => {
                self.claim();
                self.section = Section::Signature;
            }
            Label::Extensions => {
                self.claim();
                self.touch(piece);
                self.block().extensions_shown = true;
                self.block().extensions_missing = value.text.trim().parse().unwrap_or(0);
                self.section = Section::Head;
            }
            Label::KeyContainer => self.container(piece, value),
            Label::UniqueContainerName => self.unique(piece, value),
            Label::SimpleContainerName => self.simple(piece, value),
            Label::Provider => self.provider(piece, value),
            Label::ProviderType => self.provider_type(piece, value),
            Label::Flags => self.flags(piece, value),
            Label::KeySpec => self.key_spec(piece, value),
            Label::UiPolicy => {
                self.detail(piece);
                if let Some(n) = values::hex_first(text) {
                    let fact = self.stated(n.value, piece);
                    self.block().ui_policy = Some(fact);
                }
            }
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
                self.claim();
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
            | Label::PpKeyStorage
            | Label::SignatureHash => {
                if self.block.is_some() {
                    self.claim();
                }
            }
        }
        true
    }

    pub(super) fn end_listed(&mut self, provider_type: Option<u32>) {
        if let Some(name) = self.pending_provider.take() {
            self.records.push(Record::ListedProvider(name, provider_type));
        }
    }

    /// A label of no known language: its place and value tell.
    pub(super) fn unknown_label(&mut self, piece: Piece<'_>, value: Piece<'_>, equals: bool, indented: bool) -> bool {
        let text = value.text;
        let section = self.section;
        match section {
            Section::Property(id) if id != property_id::KEY_PROV_INFO => {
                return self.property_line(id, piece, value, equals);
            }
            Section::Property(_) if self.link_line(piece, value, equals) => {
                return true;
            }
            Section::Names(of) if equals && values::is_distinguished_name(piece.text) => {
                self.rdn(of, piece);
                return true;
            }
            _ => {}
        }
        if self.pending_provider.is_some() && !equals && text.contains(" - PROV_") {
            let number = text.split(' ').next().and_then(|n| n.parse().ok());
            self.claim();
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
            if self.next_link_value(piece, value) {
                return true;
            }
            // The provider type, once more.
            if section == Section::Details && indented && values::hex_first(text).is_some() {
                self.claim();
                return true;
            }
            let key_part = indented && self.block().sha1.is_some() && self.block().provider.is_none();
            if key_part && !text.is_empty() {
                self.keep(piece);
                let fact = self.stated(text.to_owned(), piece);
                self.unknown_value = Some(fact);
                return true;
            }
            return false;
        }
        if container_name::is_file_name(text) {
            self.unique(piece, value);
            self.open = None;
            return true;
        }
        // The simple name: the container's, once more.
        let stored = self.block().stored_container.as_ref().is_some_and(|stored| stored.value == text);
        // `Algorithm Class: 0xa000(5) ALG_CLASS_KEY_EXCHANGE`: of the key's blob.
        if section == Section::Details && indented && (stored || text.starts_with("0x")) {
            self.claim();
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
        if self.block().serial.is_none()
            && self.block().issuer.is_none()
            && self.block().index.is_some()
            && let Some(serial) = hex_only
        {
            self.keep(piece);
            let fact = self.stated(serial, piece);
            self.block().serial = Some(fact);
            return true;
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

    /// A line of a request's attributes.
    pub(super) fn request_line(&mut self, piece: Piece<'_>, label: Option<Label>, value: Piece<'_>) -> bool {
        match label {
            Some(Label::KeySpec) => {
                self.claim();
                if let Some(spec) = values::key_spec(value.text) {
                    let fact = self.stated(KeySpec(spec), piece);
                    self.requested.0 = Some(fact);
                }
            }
            Some(Label::Provider) => {
                self.claim();
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
}

/// What a line with a label and a value begins with.
struct Named<'t> {
    /// Where the sign between them stands, and its length.
    separator: usize,
    width: usize,
    /// The label, without an algorithm behind it.
    name: &'t str,
    /// `Cert Hash(sha1)`, `Hach. cert. (sha1)`: the algorithm is never translated.
    algorithm: Option<&'t str>,
}

impl<'t> Named<'t> {
    fn of(text: &'t str) -> Option<Self> {
        let (separator, width) = separator(text)?;
        let name = text.get(..separator).unwrap_or("").trim_end();
        if name.is_empty() || name.len() > 120 {
            return None;
        }
        let (name, algorithm) = match name.strip_suffix(')').and_then(|n| n.rsplit_once('(')) {
            Some((base, algorithm)) if super::identity::is_hash_name(algorithm) => (base.trim_end(), Some(algorithm)),
            _ => (name, None),
        };
        Some(Self { separator, width, name, algorithm })
    }
}

/// Whether a line begins with a label of certutil's, in any language, or states a hash.
pub(super) fn has_known_label(text: &str) -> bool {
    Named::of(text).is_some_and(|named| named.algorithm.is_some() || labels::find_label(named.name).is_some())
}

/// Whether a line is the title of a request's attribute.
pub(super) fn is_attribute(text: &str) -> bool {
    memchr(b'[', text.as_bytes()).is_some_and(|open| {
        let word = text.get(..open).unwrap_or("");
        !word.is_empty()
            && word.len() <= 24
            && !word.contains(' ')
            && number_until(text, open.saturating_add(1), ']').is_some()
            && text
                .split_once("]:")
                .is_some_and(|(_, after)| after.trim_start().split([' ', '(']).next().is_some_and(oid::is_oid))
    })
}

/// Whether the lines of a chain's verification begin.
pub(super) fn is_of_chain(text: &str) -> bool {
    text.starts_with("CertContext[") || text.starts_with("ChainContext.") || text.starts_with("SimpleChain.")
}

/// Whether a label outside a block can begin one: its value must be of its kind, else it is a word of a sentence or of a
/// mail's header.
pub(super) fn may_begin(label: Label, value: &str) -> bool {
    match label {
        Label::Serial => value.is_empty() || values::leading_hex(value).len() >= 2,
        Label::Issuer | Label::Subject => value.is_empty() || values::is_distinguished_name(value),
        Label::NotBefore | Label::NotAfter => PrintedDate::parse(value).is_some(),
        Label::Provider => {
            provider::kind_of_name(value).is_some() || super::key_link::overprinted_provider(value).is_some()
        }
        Label::ProviderType | Label::Flags => values::hex_first(value).is_some(),
        Label::KeySpec => values::key_spec(value).is_some(),
        Label::Extensions => value.starts_with(|c: char| c.is_ascii_digit()),
        Label::X509Certificate => value.is_empty() || value.len() > ONE_LINE,
        Label::CaVersion | Label::Template | Label::RootCertificate | Label::PrivateKey | Label::UiPolicy => false,
        _ => true,
    }
}

/// A separator stands within the first so many bytes of a line.
const LABEL_REACH: usize = 162;

/// The separator of a label and its value: the first `:` or `=` that blanks or the text's end follow, or ` = ` or `=`.
pub(super) fn separator(text: &str) -> Option<(usize, usize)> {
    if text.is_ascii() {
        let head = text.as_bytes().get(..LABEL_REACH.min(text.len()))?;
        return memchr2_iter(b':', b'=', head)
            .find(|at| {
                let after = text.as_bytes().get(at.saturating_add(1)).copied();
                text.as_bytes().get(*at) == Some(&b'=') || after.is_none_or(|b| char::from(b).is_whitespace())
            })
            .map(|at| (at, 1));
    }
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
        if at.saturating_add(2) > LABEL_REACH {
            return None;
        }
    }
    None
}
