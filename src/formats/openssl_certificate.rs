//! A certificate as OpenSSL prints it: `openssl x509 -text`, and the lines of `-subject`, `-issuer`, `-serial`, `-dates`,
//! `-fingerprint`, `-ext`; and a certificate request (`openssl req -text`), which has the same lines without an issuer and
//! a serial number, and attributes (see `openssl_request.rs`).
//!
//! A text says nothing of a private key; with the public key in it, it tells which key is the certificate's.
//!
//! The labels are the same in every language. Copies lose their indentation, so that lines are known by their words; a line
//! that is not known (a policy, an address of a CRL) leaves the certificate open for a while.
//!
//! Sources: openssl-x509(1), openssl-req(1), x509v3_config(5); output of OpenSSL 1.0 to 3.5, whose labels differ (`RSA Public Key:`,
//! `RSA Public-Key:`, `Public-Key:`; `SHA1 Fingerprint=`, `sha1 Fingerprint=`).

use super::glance::{self, Glance};
use super::key_algorithm;
use super::key_facts::{self, KeyFacts};
use super::openssl_name::windows_name;
use super::openssl_request::{self, Parts};
use super::piece::Piece;
use super::text_reader::{TextReader, joined_place, keep_line};
use super::text_shapes::prompted;
use super::x509::bounded;
use crate::limits::{LIST_ITEMS, Limits};
use crate::model::date::Moment;
use crate::model::fact::{Excerpts, Fact, Place, SourceId};
use crate::model::hex;
use crate::model::key_usage::{KEY_USAGE_BITS, KeyUsage};
use crate::model::observation::{Observation, Observed, PrintedCertificate, ZonedDate};
use crate::model::oid;
use crate::model::thumbprint::Sha1;
use std::borrow::Cow;

/// The report's word.
pub const KIND: &str = "certificate";

/// Lines that are not known, after which a certificate is over: within a full text, whose extensions have lines of any
/// kind, and else.
const STRANGE_IN_TEXT: u32 = 40;
const STRANGE: u32 = 3;

/// A number of more digits is none of a certificate (bytes): twice the largest RSA modulus that Windows takes (16,384 bits).
const NUMBER_BYTES: usize = 4096;

/// Lines from a request's heading to its version.
const HEADING_LINES: u32 = 2;

/// Names of purposes in OpenSSL's output that are none of Windows.
const PURPOSES: &[(&str, &str)] = &[
    ("TLS Web Server Authentication", oid::SERVER_AUTH),
    ("TLS Web Client Authentication", oid::CLIENT_AUTH),
    ("E-mail Protection", oid::EMAIL_PROTECTION),
    ("IPSec End System", "1.3.6.1.5.5.7.3.5"),
    ("IPSec Tunnel", "1.3.6.1.5.5.7.3.6"),
    ("IPSec User", "1.3.6.1.5.5.7.3.7"),
    ("ipsec Internet Key Exchange", "1.3.6.1.5.5.7.3.17"),
    ("Microsoft Individual Code Signing", "1.3.6.1.4.1.311.2.1.21"),
    ("Microsoft Commercial Code Signing", "1.3.6.1.4.1.311.2.1.22"),
    ("Microsoft Trust List Signing", "1.3.6.1.4.1.311.10.3.1"),
    ("Microsoft Encrypted File System", oid::EFS),
    ("Microsoft Smartcard Login", oid::SMART_CARD_LOGON),
    ("Microsoft Smartcardlogin", oid::SMART_CARD_LOGON),
    ("Any Extended Key Usage", oid::ANY_EKU),
    ("Signing KDC Response", oid::KDC_AUTH),
    ("PKINIT Client Auth", "1.3.6.1.5.2.3.4"),
];

/// What the next lines are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Nothing,
    Serial,
    Modulus,
    Point,
    Signature,
    KeyUsage,
    Purposes,
    Names,
    Constraints,
    Attributes,
    Template,
    Other,
}

/// A big-endian number over several lines, with its place.
#[derive(Debug, Default)]
struct Number {
    bytes: Vec<u8>,
    place: Option<Place>,
    broken: bool,
}

/// A certificate that is being read.
struct Open {
    certificate: PrintedCertificate,
    fields: Vec<(&'static str, Fact<String>)>,
    excerpts: Excerpts,
    first: Place,
    last: Place,
    /// It began as a full text.
    is_text: bool,
    /// The line of the subject is there, which may be empty.
    has_subject: bool,
    /// It is a request: by its heading, or by attributes.
    is_request: bool,
    /// What only a request has.
    parts: Parts,
    within: Within,
    /// Lines that were not taken since one was.
    strange: u32,
    serial: Number,
    modulus: Number,
    exponent: Option<u32>,
    point: Number,
}

/// Reads what OpenSSL prints of certificates.
pub struct OpensslCertificateReader {
    source: SourceId,
    limits: Limits,
    open: Option<Open>,
    /// The line of the last heading of a request.
    heading: Option<u32>,
    done: Vec<Observed>,
}

impl OpensslCertificateReader {
    /// A reader for one input.
    pub fn new(source: SourceId, limits: &Limits) -> Self {
        Self { source, limits: limits.clone(), open: None, heading: None, done: Vec::new() }
    }

    fn finish(&mut self) {
        let Some(mut open) = self.open.take() else { return };
        open.end_numbers();
        let own = &open.certificate;
        let has = |name: &str| open.fields.iter().any(|(own, _)| *own == name);
        // A name alone (`-subject`, a chain that a client shows) is not told from other certificates of that name.
        // Other programs write `serial=` and `issuer=`, too: two values must be what OpenSSL prints there.
        let named = own.sha1.is_some() || own.serial.is_some();
        let dated = own.not_before.is_some() || own.not_after.is_some();
        let known = [own.sha1.is_some(), own.serial.is_some(), own.subject.is_some(), own.issuer.is_some(), dated];
        let named = named && known.iter().filter(|known| **known).count() > 1;
        let place = joined_place(open.first, open.last);
        if open.is_text && open.is_request && !has("issuer") && own.serial.is_none() {
            if open.has_subject && own.key_algorithm.is_some() {
                self.done.extend(open.parts.request(open.certificate, open.fields, open.excerpts, place));
            }
            return;
        }
        if !(if open.is_text { has("issuer") && open.has_subject } else { named }) {
            return;
        }
        self.done.push(Observed {
            kind: KIND,
            place,
            fields: open.fields.into_iter().map(|(name, value)| (Cow::Borrowed(name), value)).collect(),
            excerpts: open.excerpts,
            what: Observation::Printed(Box::new(open.certificate)),
        });
    }

    /// Takes a value under a field name; `true`.
    fn put(&mut self, piece: Piece<'_>, name: &'static str, value: &str) -> &mut Open {
        // The same value may be printed twice (`-text -subject`); another one is another certificate's.
        let other = self
            .open
            .as_ref()
            .is_some_and(|open| open.fields.iter().any(|(own, fact)| *own == name && fact.value != value));
        if other {
            self.finish();
        }
        let (source, limits) = (self.source, &self.limits);
        let place = piece.place(source);
        let open = self.open.get_or_insert_with(|| Open::new(place));
        (open.last, open.strange) = (place, 0);
        if !open.fields.iter().any(|(own, _)| *own == name) {
            let mut fact = piece.text_fact(source, value);
            fact.value = bounded(fact.value, limits);
            open.fields.push((name, fact));
            keep_line(&mut open.excerpts, place, piece, limits.excerpt_lines, limits.excerpt_columns);
        }
        open
    }

    /// A line with a label: of the short forms (`subject=…`), or of the text (`Subject: …`).
    fn labelled(&mut self, piece: Piece<'_>) -> bool {
        let text = piece.text;
        if let Some(version) = text.strip_prefix("Version:").map(str::trim).filter(|version| is_version(version)) {
            self.finish();
            let heading = self.heading.take();
            let open = self.put(piece, "version", version);
            (open.is_text, open.within) = (true, Within::Nothing);
            // `Data:` stands between them.
            open.is_request = heading.is_some_and(|line| open.first.line.saturating_sub(line) <= HEADING_LINES);
            return true;
        }
        if let Some((label, value)) = text.split_once('=').map(|(label, value)| (label, value.trim()))
            && let Some(name) = short_field(label)
        {
            return self.field(piece, name, value);
        }
        let is_text = self.open.as_ref().is_some_and(|open| open.is_text);
        let extension = text.strip_prefix("X509v3 ");
        if let Some(extension) = extension {
            let label = extension.split(':').next().unwrap_or_default();
            if self.open.is_none() || !text.contains(':') {
                return false;
            }
            return self.extension(piece, label);
        }
        if !is_text {
            return false;
        }
        let Some((label, value)) = text.split_once(':').map(|(label, value)| (label.trim_end(), value.trim())) else {
            return false;
        };
        match label {
            "Serial Number" if value.is_empty() => self.section(piece, Within::Serial),
            "Serial Number" => {
                // `4660 (0x1234)`: the same number twice.
                let twice = value.split_once(" (0x").and_then(|(decimal, hex)| Some((decimal, hex.strip_suffix(')')?)));
                let Some((decimal, digits)) = twice else { return self.field(piece, "serial_number", value) };
                self.field(piece, "serial_number", digits) && self.field(piece, "serial_number_decimal", decimal)
            }
            "Signature Algorithm" => {
                let seen = self.open.as_ref().is_some_and(|open| open.certificate.signature_algorithm.is_some());
                self.field(piece, "signature_algorithm", value);
                let is_last = seen || self.open.as_ref().is_some_and(|open| open.is_request);
                self.section(piece, if is_last { Within::Signature } else { Within::Nothing })
            }
            "Signature Value" => self.section(piece, Within::Signature),
            "Issuer" => self.field(piece, "issuer", value),
            "Subject" if value.is_empty() => self.named(piece) && self.section(piece, Within::Nothing),
            "Subject" => self.field(piece, "subject", value) && self.named(piece),
            "Not Before" => self.field(piece, "not_before", value),
            "Not After" => self.field(piece, "not_after", value),
            "Public Key Algorithm" => self.field(piece, "public_key_algorithm", value),
            "ASN1 OID" | "NIST CURVE" | "Validity" | "Subject Public Key Info" => self.section(piece, Within::Nothing),
            "Public-Key" | "RSA Public-Key" | "RSA Public Key" | "DSA Public-Key" | "ED25519 Public-Key" => {
                if value.is_empty() {
                    self.section(piece, Within::Nothing)
                } else {
                    self.field(piece, "public_key", value)
                }
            }
            "pub" => self.section(piece, Within::Point),
            "Exponent" => self.field(piece, "exponent", value),
            "Attributes" if value.is_empty() => self.asked(piece, Within::Attributes),
            "Requested Extensions" if value.is_empty() => self.asked(piece, Within::Nothing),
            _ if label == "Modulus" || label.starts_with("Modulus (") => self.section(piece, Within::Modulus),
            _ if self.open.as_ref().is_some_and(|open| open.is_request) => {
                let unnamed = openssl_request::unnamed_extension(label, value);
                let within = unnamed.map(|is_template| if is_template { Within::Template } else { Within::Other });
                within.is_some_and(|within| self.section(piece, within))
            }
            _ => false,
        }
    }

    /// Notes that the subject is shown.
    fn named(&mut self, piece: Piece<'_>) -> bool {
        let place = piece.place(self.source);
        let open = self.open.get_or_insert_with(|| Open::new(place));
        open.has_subject = true;
        true
    }

    /// A heading that only a request has.
    fn asked(&mut self, piece: Piece<'_>, within: Within) -> bool {
        if let Some(open) = &mut self.open {
            open.is_request = true;
        }
        self.section(piece, within)
    }

    fn section(&mut self, piece: Piece<'_>, within: Within) -> bool {
        let place = piece.place(self.source);
        let Some(open) = &mut self.open else { return false };
        (open.last, open.strange, open.within) = (place, 0, within);
        true
    }

    fn extension(&mut self, piece: Piece<'_>, label: &str) -> bool {
        let within = match label {
            "Key Usage" => Within::KeyUsage,
            "Extended Key Usage" => Within::Purposes,
            "Subject Alternative Name" => Within::Names,
            "Basic Constraints" => Within::Constraints,
            _ => Within::Other,
        };
        let taken = self.section(piece, within);
        // Some options print single extensions: others may be there.
        if let Some(open) = &mut self.open {
            open.certificate.extensions_shown |= open.is_text;
        }
        taken
    }

    fn field(&mut self, piece: Piece<'_>, name: &'static str, value: &str) -> bool {
        if value.is_empty() {
            return false;
        }
        let source = self.source;
        let said = |open: &mut Open| -> Option<()> {
            let own = &mut open.certificate;
            match name {
                "serial_number" => own.serial = Some(piece.fact(source, serial(value)?, value)),
                "subject" => own.subject = Some(piece.fact(source, windows_name(value)?, value)),
                "issuer" => own.issuer = Some(piece.fact(source, windows_name(value)?, value)),
                "not_before" => own.not_before = Some(date(piece, source, value)?),
                "not_after" => own.not_after = Some(date(piece, source, value)?),
                "sha1_fingerprint" => own.sha1 = Some(piece.fact(source, Sha1::parse(value)?, value)),
                "sha256_fingerprint" => own.sha256 = Some(piece.fact(source, sha256(value)?, value)),
                "signature_algorithm" => {
                    let name = if value == "rsassaPss" { "RSASSA-PSS" } else { value };
                    own.signature_algorithm = Some(piece.fact(source, name.to_owned(), value));
                }
                "public_key_algorithm" => {
                    let number = algorithm(value);
                    own.key_algorithm = Some(piece.fact(source, key_algorithm::name(number)?.to_owned(), value));
                    own.key_bits = key_algorithm::fixed_bits(number).map(|bits| piece.fact(source, bits, value));
                }
                "public_key" => own.key_bits = Some(piece.fact(source, bits(value)?, value)),
                "exponent" => open.exponent = Some(value.split(' ').next()?.parse().ok()?),
                _ => {}
            }
            Some(())
        };
        let open = self.put(piece, name, value);
        open.within = Within::Nothing;
        // What can't be read as what the label promises stays a field and is no fact.
        let _ = said(open);
        true
    }

    /// A line of the list or number that is open.
    fn content(&mut self, piece: Piece<'_>) -> bool {
        let (source, text) = (self.source, piece.text);
        let Some(open) = &mut self.open else { return false };
        let place = piece.place(source);
        let taken = match open.within {
            Within::Serial => open.serial.push(text, place),
            Within::Modulus => open.modulus.push(text, place),
            Within::Point => open.point.push(text, place),
            Within::Signature => hex::colon_pairs(text).is_some(),
            Within::Attributes => open.parts.attribute(piece, source),
            Within::Template => {
                open.parts.template(piece, source);
                open.within = Within::Other;
                true
            }
            Within::KeyUsage => {
                let usage = key_usage(text);
                if let Some(usage) = usage {
                    open.certificate.key_usage = Some(piece.fact(source, usage, text));
                    keep_line(&mut open.excerpts, place, piece, self.limits.excerpt_lines, self.limits.excerpt_columns);
                }
                open.fields.push(("key_usage", piece.text_fact(source, text)));
                open.within = Within::Other;
                true
            }
            Within::Purposes => {
                if let Some(purposes) = purposes(text) {
                    open.certificate.extended_key_usage = Some(piece.fact(source, purposes, text));
                }
                let each = text.split(", ").map(str::trim).take(LIST_ITEMS);
                let each = each.map(|name| piece.fact(source, purpose(name).unwrap_or(name).to_owned(), name));
                open.parts.purposes = each.collect();
                open.fields.push(("extended_key_usage", piece.text_fact(source, text)));
                open.within = Within::Other;
                true
            }
            Within::Names => {
                let names = text.split(", ").take(LIST_ITEMS).map(|name| alternative_name(piece, source, name));
                let (read, unread): (Vec<_>, Vec<_>) = names.partition(Option::is_some);
                open.certificate.alternative_names = read.into_iter().flatten().collect();
                open.parts.unread_names = !unread.is_empty();
                open.within = Within::Other;
                true
            }
            Within::Constraints => {
                let is_ca = text.starts_with("CA:TRUE");
                if is_ca || text.starts_with("CA:FALSE") {
                    open.certificate.is_ca = Some(piece.fact(source, is_ca, text));
                }
                open.within = Within::Other;
                true
            }
            Within::Other => hex::colon_pairs(text).is_some(),
            Within::Nothing => false,
        };
        if taken {
            (open.last, open.strange) = (place, 0);
        }
        taken
    }
}

impl Open {
    fn new(place: Place) -> Self {
        Self {
            certificate: PrintedCertificate::default(),
            fields: Vec::new(),
            excerpts: Excerpts::default(),
            first: place,
            last: place,
            is_text: false,
            has_subject: false,
            is_request: false,
            parts: Parts::default(),
            within: Within::Nothing,
            strange: 0,
            serial: Number::default(),
            modulus: Number::default(),
            exponent: None,
            point: Number::default(),
        }
    }

    /// Turns numbers over several lines into what they are.
    fn end_numbers(&mut self) {
        let own = &mut self.certificate;
        if let Some(place) = self.serial.place.filter(|_| !self.serial.broken) {
            own.serial = Some(Fact::stated(signed(hex::lower(&self.serial.bytes)), place));
        }
        let hash = match own.key_algorithm.as_ref().map(|name| name.value.as_str()) {
            Some("RSA" | "RSA-PSS") => self.modulus.whole().zip(self.exponent).map(|((modulus, place), exponent)| {
                (KeyFacts::rsa(modulus, &exponent.to_be_bytes(), false).public_key_sha1, place)
            }),
            Some("ECC" | "Ed25519" | "Ed448") => {
                self.point.whole().map(|(point, place)| (Some(key_facts::sha1(point)), place))
            }
            _ => None,
        };
        let whole = match (&hash, own.key_bits.as_ref()) {
            // A number of which lines are missing is another number.
            (Some(_), Some(bits)) if own.key_algorithm.as_ref().is_some_and(|name| name.value.starts_with("RSA")) => {
                key_facts::bit_length(&self.modulus.bytes) == bits.value
            }
            _ => true,
        };
        if let Some((Some(sha1), place)) = hash.filter(|_| whole) {
            own.public_key_sha1 = Some(Fact::derived(Sha1(sha1), place, "from the numbers of the public key"));
        }
    }
}

impl Number {
    /// Adds a line of it; `false`: it is none.
    fn push(&mut self, text: &str, place: Place) -> bool {
        // A negative serial number stands as its amount.
        let negative = text.strip_prefix("(Negative)");
        self.broken |= negative.is_some();
        let digits = negative.unwrap_or(text).trim();
        let Some(bytes) = hex::colon_pairs(digits) else { return false };
        if self.bytes.len().saturating_add(bytes.len()) > NUMBER_BYTES {
            self.broken = true;
            return true;
        }
        self.bytes.extend(bytes);
        self.place = Some(self.place.map_or(place, |first| joined_place(first, place)));
        true
    }

    fn whole(&self) -> Option<(&[u8], Place)> {
        self.place.filter(|_| !self.broken).map(|place| (self.bytes.as_slice(), place))
    }
}

impl TextReader for OpensslCertificateReader {
    fn line(&mut self, piece: Piece<'_>) -> bool {
        let piece = piece.trim();
        let text = piece.text;
        if text.is_empty() {
            return false;
        }
        if text == "Certificate Request:" {
            self.finish();
            self.heading = Some(piece.place(self.source).line);
            return false;
        }
        // A value of an attribute may begin like anything.
        let among_attributes = self.open.as_ref().is_some_and(|open| open.within == Within::Attributes);
        if among_attributes && self.content(piece) || self.labelled(piece) || self.content(piece) {
            return true;
        }
        if prompted(text).is_some() {
            self.finish();
        }
        if let Some(open) = &mut self.open {
            open.strange = open.strange.saturating_add(1);
            if open.strange > if open.is_text { STRANGE_IN_TEXT } else { STRANGE } {
                self.finish();
            }
        }
        false
    }

    fn words(&self) -> Vec<&'static str> {
        vec!["Version:", "Certificate Request:"]
    }

    fn passes_over(&self, _piece: Piece<'_>, glance: &Glance<'_>) -> bool {
        let named = glance.has(glance::EQUALS)
            && glance.text.split_once('=').is_some_and(|(label, _)| short_field(label).is_some());
        self.open.is_none() && !named
    }

    fn is_open(&self) -> bool {
        self.open.is_some()
    }

    fn close(&mut self) {
        self.finish();
    }

    fn take(&mut self) -> Vec<Observed> {
        std::mem::take(&mut self.done)
    }
}

/// Whether a line can begin a certificate: `Version: 3 (0x2)`, `serial=01`.
pub fn is_label(text: &str) -> bool {
    let version = text.strip_prefix("Version:").map(str::trim);
    version.is_some_and(is_version) || text.split_once('=').is_some_and(|(label, _)| short_field(label).is_some())
}

/// The field of a short line's label.
fn short_field(label: &str) -> Option<&'static str> {
    Some(match label.trim_end() {
        "subject" => "subject",
        "issuer" => "issuer",
        "serial" => "serial_number",
        "notBefore" => "not_before",
        "notAfter" => "not_after",
        label => match label.strip_suffix(" Fingerprint")? {
            "SHA1" | "sha1" => "sha1_fingerprint",
            "SHA256" | "sha256" => "sha256_fingerprint",
            "MD5" | "md5" => "md5_fingerprint",
            _ => return None,
        },
    })
}

/// `3 (0x2)`; of a request until OpenSSL 1.0 `0 (0x0)`.
fn is_version(text: &str) -> bool {
    matches!(text, "0 (0x0)" | "1 (0x0)" | "2 (0x1)" | "3 (0x2)")
}

/// A serial number in lower-case hexadecimal, from its digits. A negative one has a sign and is none.
fn serial(digits: &str) -> Option<String> {
    let shaped = (1..=64).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit());
    let even = if digits.len() % 2 == 1 { "0" } else { "" };
    shaped.then(|| signed(format!("{even}{}", digits.to_ascii_lowercase())))
}

/// The digits as certutil prints them: those of the encoded INTEGER (X.690 section 8.3), whose first bit is the sign.
fn signed(digits: String) -> String {
    if digits.starts_with(|c: char| c.is_ascii_hexdigit() && !c.is_digit(8)) { format!("00{digits}") } else { digits }
}

/// A fingerprint in SHA-256, as lower-case digits.
fn sha256(text: &str) -> Option<String> {
    hex::colon_pairs(text).filter(|bytes| bytes.len() == 32).map(|bytes| hex::lower(&bytes))
}

/// The object identifier of an algorithm that OpenSSL names by its short name.
fn algorithm(name: &str) -> &str {
    match name {
        "rsaEncryption" => "1.2.840.113549.1.1.1",
        "rsassaPss" => "1.2.840.113549.1.1.10",
        "id-ecPublicKey" => "1.2.840.10045.2.1",
        "dsaEncryption" => "1.2.840.10040.4.1",
        "ED25519" => "1.3.101.112",
        "ED448" => "1.3.101.113",
        other => other,
    }
}

/// `(2048 bit)`, also with words behind the number.
fn bits(text: &str) -> Option<u32> {
    text.strip_prefix('(')?.split_once(" bit")?.0.parse().ok()
}

/// The bits of the names, as OpenSSL writes them; `None` when one is not known.
fn key_usage(text: &str) -> Option<KeyUsage> {
    text.split(", ").try_fold(KeyUsage(0), |all, name| {
        let name = match name.trim() {
            "Non Repudiation" => "Non-Repudiation",
            "Certificate Sign" => "Certificate Signing",
            "CRL Sign" => "CRL Signing",
            name => name,
        };
        let (bit, ..) = KEY_USAGE_BITS.iter().find(|(.., printed)| *printed == name)?;
        Some(KeyUsage(all.0 | bit))
    })
}

/// The purposes as object identifiers; `None` when one is not known.
fn purposes(text: &str) -> Option<Vec<String>> {
    text.split(", ").take(LIST_ITEMS).map(|name| purpose(name.trim()).map(str::to_owned)).collect()
}

/// The object identifier of a purpose's name.
fn purpose(name: &str) -> Option<&str> {
    let own = PURPOSES.iter().find(|(own, _)| *own == name).map(|(_, number)| *number);
    own.or_else(|| oid::EXTENDED_KEY_USAGES.iter().find(|(_, own)| *own == name).map(|(number, _)| *number))
        .or_else(|| oid::is_oid(name).then_some(name))
}

/// A subject alternative name as certutil prints it; `None` for a kind whose value OpenSSL does not print.
fn alternative_name(piece: Piece<'_>, source: SourceId, name: &str) -> Option<Fact<String>> {
    let (label, value) = name.trim().split_once(':')?;
    let printed = match label {
        "DNS" => format!("DNS Name={value}"),
        // Version 6 stands with all its zeros.
        "IP Address" => match value.parse::<std::net::IpAddr>() {
            Ok(address) => format!("IP Address={address}"),
            Err(_) => return None,
        },
        "email" => format!("RFC822 Name={value}"),
        "URI" => format!("URL={value}"),
        // `UPN::` until OpenSSL 3.0.
        "othername" => format!("Principal Name={}", value.trim().strip_prefix("UPN:")?.trim_start_matches(':')),
        _ => return None,
    };
    Some(piece.fact(source, printed, name))
}

/// `Nov  9 15:31:59 2026 GMT`.
fn date(piece: Piece<'_>, source: SourceId, text: &str) -> Option<ZonedDate> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut words = text.split_ascii_whitespace();
    let (month, day, clock, year, zone) = (words.next()?, words.next()?, words.next()?, words.next()?, words.next()?);
    let month = MONTHS.iter().position(|own| *own == month).and_then(|at| u8::try_from(at.saturating_add(1)).ok())?;
    let date = time::Date::from_calendar_date(year.parse().ok()?, month.try_into().ok()?, day.parse().ok()?).ok()?;
    let mut parts = clock.split(':');
    let mut part = || parts.next()?.parse::<u8>().ok();
    let clock = time::Time::from_hms(part()?, part()?, part()?).ok()?;
    (zone == "GMT" && words.next().is_none()).then(|| ZonedDate {
        text: piece.text_fact(source, text),
        value: Moment::Utc(time::PrimitiveDateTime::new(date, clock).assume_utc()),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use crate::formats::text_shapes::testing::read;

    const TEXT: &str = include_str!("../../corpus/certificate/openssl-text/input.txt");

    fn certificates(text: &str) -> Vec<PrintedCertificate> {
        let mut reader = OpensslCertificateReader::new(SourceId(0), &Limits::default());
        let of = |record: Observed| match record.what {
            Observation::Printed(certificate) => *certificate,
            other => panic!("{other:?}"),
        };
        read(&mut reader, text).into_iter().map(of).collect()
    }

    fn value<T: Clone>(fact: &Option<Fact<T>>) -> Option<T> {
        fact.as_ref().map(|fact| fact.value.clone())
    }

    #[test]
    fn a_full_text_with_and_without_its_indentation() {
        let bare: String = TEXT.lines().map(|line| format!("{}\n", line.trim_start())).collect();
        for text in [TEXT, &bare] {
            let [own] = &certificates(text)[..] else { panic!("{text}") };
            assert_eq!(value(&own.serial).as_deref(), Some("00e1f2"));
            assert_eq!(value(&own.subject).as_deref(), Some("CN=www.contoso.com, O=\"Contoso, Ltd.\", C=AT"));
            assert_eq!(own.not_after.as_ref().unwrap().value.rfc3339(), "2036-11-26T15:59:20Z");
            assert_eq!(value(&own.key_usage), Some(KeyUsage(0x80)));
            assert_eq!(value(&own.extended_key_usage).unwrap(), [oid::SERVER_AUTH, "1.3.6.1.4.1.311.99.1"]);
            assert_eq!(value(&own.is_ca), Some(false));
            assert_eq!(own.alternative_names.len(), 2);
            assert!(own.extensions_shown);
            let key = (value(&own.key_algorithm).unwrap(), value(&own.key_bits), value(&own.public_key_sha1).unwrap());
            assert_eq!((key.0.as_str(), key.1), ("RSA", Some(512)));
            assert_eq!(key.2.to_string(), SHA1);
        }
        let place = certificates(TEXT)[0].key_usage.as_ref().unwrap().place;
        assert_eq!((place.line, place.column, place.len), (25, 17, 17));
    }

    /// SHA-1 of the RSAPublicKey, by `openssl asn1parse -strparse` and `sha1sum`.
    const SHA1: &str = "916a88d3b81edc5180c435e43de4df522d70c647";

    #[test]
    fn a_key_with_a_line_missing_is_not_hashed() {
        let cut: String = TEXT.lines().enumerate().filter(|(n, _)| *n != 16).map(|(_, l)| format!("{l}\n")).collect();
        let [own] = &certificates(&cut)[..] else { panic!() };
        assert_eq!((value(&own.key_bits), value(&own.public_key_sha1)), (Some(512), None));
    }

    #[test]
    fn short_lines() {
        let sha1 = "A1:B2:C3:D4:E5:F6:07:18:29:3A:4B:5C:6D:7E:8F:90:01:12:23:34";
        for text in [
            format!("subject=CN = a\nserial=1A2B\nSHA1 Fingerprint={sha1}\n"),
            format!("sha1 Fingerprint={sha1}\nserial=1A2B\nsubject= /CN=a\n"),
        ] {
            let [own] = &certificates(&text)[..] else { panic!("{text}") };
            assert_eq!(value(&own.sha1).unwrap().to_string(), sha1.replace(':', "").to_lowercase());
            assert_eq!((value(&own.serial).as_deref(), value(&own.subject).as_deref()), (Some("1a2b"), Some("CN=a")));
        }
        let two = "serial=01\nsubject=CN = a\nserial=02\nsubject=CN = b\n";
        assert_eq!(certificates(two).len(), 2);
        assert_eq!(value(&certificates("serial=FF\nsubject=CN=a\n")[0].serial).as_deref(), Some("00ff"));
    }

    #[test]
    fn what_is_no_certificate() {
        for text in [
            "subject=CN = a\nissuer=CN = b\n",
            "SHA1 Fingerprint=00\n",
            "serial=01\n",
            "serial=1234\nissuer=ABC\nsubject=notebook\n",
            "serial=01\nnotBefore=yesterday\n",
            "Version: 3\nSerial Number: 1 (0x1)\nIssuer: CN=a\nSubject: CN=b\n",
            "Version: 1 (0x0)\nSubject: CN = a\nSubject Public Key Info:\n",
            "X509v3 Key Usage: \n    Digital Signature\n",
            "Issuer: CN=a\nSubject: CN=b\nSerial Number: 1 (0x1)\n",
            "Hexadecimal: (Negative)05:01\n",
        ] {
            assert!(certificates(text).is_empty(), "{text}");
        }
    }

    const REQUEST: &str = include_str!("../../corpus/certificate-request/openssl-text/input.txt");

    fn requests(text: &str) -> Vec<Observed> {
        read(&mut OpensslCertificateReader::new(SourceId(0), &Limits::default()), text)
    }

    #[test]
    fn a_request_in_the_words_of_several_versions() {
        let bare: String = REQUEST.lines().map(|line| format!("{}\n", line.trim_start())).collect();
        let old = REQUEST.replace("1 (0x0)", "0 (0x0)").replace("    Signature Value:\n", "");
        // The first lines are not copied.
        let headless: String = REQUEST.lines().skip(2).map(|line| format!("{line}\n")).collect();
        for text in [REQUEST, &bare, &old, &headless] {
            let records = requests(text);
            let [record] = &records[..] else { panic!("{text}") };
            let own = crate::formats::reader_testing::request(record);
            assert_eq!(record.kind, "certificate-request");
            assert_eq!(own.template.as_ref().unwrap().value, "WebServer");
            assert_eq!(own.key_usage.as_ref().unwrap().value, 0xa0);
            assert_eq!(
                own.public_key_sha1.as_ref().unwrap().value.to_string(),
                "2a9f5a8b74a2110b90984d0cd55cf783cb541d82"
            );
            assert!(own.is_printed && own.unprinted.is_empty() && own.is_ca.as_ref().is_some_and(|ca| !ca.value));
            assert!(!format!("{record:?}").contains("not-for-you"), "{record:?}");
        }
        let records = requests(REQUEST);
        let place = crate::formats::reader_testing::request(&records[0]).extended_key_usage[1].place;
        assert_eq!((place.line, place.column, place.len), (28, 52, 20));
    }

    #[test]
    fn attributes_that_are_not_printed() {
        let text = "Certificate Request:\n Data:\n  Version: 1 (0x0)\n  Subject:\n  Subject Public Key Info:\n   \
                    Public Key Algorithm: rsaEncryption\n  Attributes:\n   1.3.6.1.4.1.311.13.2.3   :10.0.20348.2\n   \
                    1.3.6.1.4.1.311.13.2.2   :unable to print attribute\n";
        let records = requests(text);
        let [request, windows] = &records[..] else { panic!("{records:?}") };
        let own = crate::formats::reader_testing::request(request);
        assert!(own.is_unprinted("1.3.6.1.4.1.311.13.2.2") && !own.is_unprinted("1.3.6.1.4.1.311.13.2.3"));
        assert_eq!((own.subject.as_ref(), own.key_spec.as_ref()), (None, None));
        assert_eq!((windows.place.line, windows.place.column, windows.place.len), (8, 30, 12));
        for none in [
            // A certificate of version 1 that is cut; words of another program; no attributes, no heading.
            "Version: 1 (0x0)\nSubject: CN = a\nPublic Key Algorithm: rsaEncryption\n",
            "Certificate Request:\nSubject: CN = a\nPublic Key Algorithm: rsaEncryption\nAttributes:\n",
            "Certificate Request:\n\n\n\nVersion: 1 (0x0)\nSubject: CN = a\nPublic Key Algorithm: rsaEncryption\n",
            "Certificate Request:\nVersion: 1 (0x0)\nSubject: CN = a\nAttributes:\n",
            "Certificate Request:\nVersion: 1 (0x0)\nPublic Key Algorithm: rsaEncryption\nAttributes:\n",
        ] {
            assert!(requests(none).is_empty(), "{none}");
        }
    }

    #[test]
    fn what_openssl_does_not_name_is_not_known() {
        assert_eq!(key_usage("Digital Signature, Key Encipherment"), Some(KeyUsage(0xa0)));
        assert_eq!(key_usage("Certificate Sign, CRL Sign, Non Repudiation"), Some(KeyUsage(0x46)));
        assert_eq!(key_usage("Digital Signature, 0x40"), None);
        assert_eq!(purposes("TLS Web Server Authentication, Strange Purpose"), None);
    }
}
