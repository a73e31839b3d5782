//! Certificate templates: certutil's `-v -template`, `-adtemplate` and `-dstemplate`, LDIF, `Get-ADObject` and other
//! printings of the directory attributes.
//!
//! The names of the attributes and of the template properties are the same in every language and are the only anchors.
//!
//! Sources: Microsoft Open Specifications, MS-CRTD 2.4 (flags), 2.9 to 2.12 (pKIDefaultKeySpec, pKIKeyUsage,
//! pKIDefaultCSPs), 2.23 (msPKI-RA-Application-Policies), 2.27 (msPKI-Private-Key-Flag), 2.22 (msPKI-Minimal-Key-Size);
//! Microsoft Learn, "EnrollmentTemplateProperty enumeration" for the property names; RFC 2849 (LDIF).

use super::glance::{self, Glance};
use super::piece::Piece;
use super::text_reader::{TextReader, joined_place, keep_line};
use crate::limits::Limits;
use crate::model::fact::{Excerpts, Fact, Place, SourceId};
use crate::model::key_request::{KeyRequest, RequestForm};
use crate::model::observation::{Observation, Observed};
use std::borrow::Cow;

/// The report's word.
pub const KIND: &str = "certificate-template";

/// Lines that are not understood after which a template is over.
const FOREIGN_LINES: u32 = 60;
/// The same for certutil's template properties, which hold dumps of extensions.
const FOREIGN_LINES_OF_PROPERTIES: u32 = 400;

/// `CT_FLAG_MACHINE_TYPE` (MS-CRTD 2.4).
const MACHINE_TYPE: u32 = 0x40;
/// `CT_FLAG_EXPORTABLE_KEY` (MS-CRTD 2.4 and 2.27).
const EXPORTABLE_KEY: u32 = 0x10;

/// An attribute that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attribute {
    CommonName,
    DistinguishedName,
    DisplayName,
    Flags,
    SchemaVersion,
    KeySpec,
    KeyUsage,
    ExtendedKeyUsage,
    Providers,
    PrivateKeyFlag,
    MinimalKeySize,
    CngValues,
    KeyAlgorithm,
    HashAlgorithm,
    /// Shown, not read.
    Other,
}

/// The attribute names and property names with their field names.
const NAMES: &[(&str, &str, Attribute)] = &[
    ("cn", "cn", Attribute::CommonName),
    ("dn", "dn", Attribute::DistinguishedName),
    ("distinguishedName", "distinguished_name", Attribute::DistinguishedName),
    ("displayName", "display_name", Attribute::DisplayName),
    ("objectClass", "object_class", Attribute::Other),
    ("flags", "flags", Attribute::Flags),
    ("revision", "revision", Attribute::Other),
    ("pKIDefaultKeySpec", "pki_default_key_spec", Attribute::KeySpec),
    ("pKIKeyUsage", "pki_key_usage", Attribute::KeyUsage),
    ("pKIExtendedKeyUsage", "pki_extended_key_usage", Attribute::ExtendedKeyUsage),
    ("pKIDefaultCSPs", "pki_default_csps", Attribute::Providers),
    ("msPKI-Template-Schema-Version", "mspki_template_schema_version", Attribute::SchemaVersion),
    ("msPKI-Private-Key-Flag", "mspki_private_key_flag", Attribute::PrivateKeyFlag),
    ("msPKI-Minimal-Key-Size", "mspki_minimal_key_size", Attribute::MinimalKeySize),
    ("msPKI-RA-Application-Policies", "mspki_ra_application_policies", Attribute::CngValues),
    ("TemplatePropCommonName", "template_prop_common_name", Attribute::CommonName),
    ("TemplatePropFriendlyName", "template_prop_friendly_name", Attribute::DisplayName),
    ("TemplatePropEKUs", "template_prop_ekus", Attribute::ExtendedKeyUsage),
    ("TemplatePropCryptoProviders", "template_prop_crypto_providers", Attribute::Providers),
    ("TemplatePropKeySpec", "template_prop_key_spec", Attribute::KeySpec),
    ("TemplatePropSchemaVersion", "template_prop_schema_version", Attribute::SchemaVersion),
    ("TemplatePropMinimumKeySize", "template_prop_minimum_key_size", Attribute::MinimalKeySize),
    ("TemplatePropAsymmetricAlgorithm", "template_prop_asymmetric_algorithm", Attribute::KeyAlgorithm),
    ("TemplatePropHashAlgorithm", "template_prop_hash_algorithm", Attribute::HashAlgorithm),
    ("TemplatePropPrivateKeyFlags", "template_prop_private_key_flags", Attribute::PrivateKeyFlag),
    ("TemplatePropGeneralFlags", "template_prop_general_flags", Attribute::Flags),
];

impl Attribute {
    /// A second value of it begins another template.
    fn is_single(self) -> bool {
        !matches!(self, Self::ExtendedKeyUsage | Self::Providers | Self::Other | Self::KeyUsage)
    }
}

/// The template that is open.
struct Template {
    request: KeyRequest,
    display_name: Option<Fact<String>>,
    flags: Option<Fact<u32>>,
    private_key_flag: Option<Fact<u32>>,
    schema: Option<u32>,
    /// The providers with their order.
    providers: Vec<(u32, Fact<String>)>,
    seen: Vec<Attribute>,
    /// The attribute whose values may go on in the next lines.
    last: Attribute,
    fields: Vec<(Cow<'static, str>, Fact<String>)>,
    excerpts: Excerpts,
    first: Place,
    end: Place,
    /// certutil's template properties.
    properties: bool,
    /// Attributes with a colon at the first column: a blank in front of a line goes on with the one before.
    ldif: bool,
    /// Inside the dump of the key usage extension.
    in_key_usage: bool,
    attributes: u32,
    foreign: u32,
}

/// Reads templates.
pub struct TemplateReader {
    source: SourceId,
    limits: Limits,
    /// A name that stands in front of the first attribute, and the lines since.
    name: Option<(Fact<String>, u32)>,
    open: Option<Template>,
    records: Vec<Observed>,
}

impl TemplateReader {
    /// A reader for an input.
    pub fn new(source: SourceId, limits: &Limits) -> Self {
        Self { source, limits: limits.clone(), name: None, open: None, records: Vec::new() }
    }

    fn begin(&mut self, place: Place, properties: bool, ldif: bool) {
        let mut request = KeyRequest::new(RequestForm::Template);
        request.name = self.name.take().map(|(name, _)| name);
        self.open = Some(Template {
            request,
            display_name: None,
            flags: None,
            private_key_flag: None,
            schema: None,
            providers: Vec::new(),
            seen: Vec::new(),
            last: Attribute::Other,
            fields: Vec::new(),
            excerpts: Excerpts::default(),
            first: place,
            end: place,
            properties,
            ldif,
            in_key_usage: false,
            attributes: 0,
            foreign: 0,
        });
    }

    /// A line of an attribute; `false`: it is none, or none that begins a template.
    fn attribute_line(&mut self, piece: Piece<'_>) -> bool {
        let Some(line) = attribute(piece.text.trim()) else { return false };
        let known = NAMES.iter().find(|(n, ..)| n.eq_ignore_ascii_case(line.name));
        let own = starts_with_ignoring_case(line.name, "pKI") || starts_with_ignoring_case(line.name, "msPKI-");
        let properties = line.name.starts_with("TemplateProp");
        let attribute = known.map_or(Attribute::Other, |(_, _, a)| *a);
        let of_templates = match attribute {
            Attribute::DistinguishedName => contains_ignoring_case(line.value, "CN=Certificate Templates,"),
            _ => line.name.eq_ignore_ascii_case("objectClass") && line.value.contains("pKICertificateTemplate"),
        };
        let again = self.open.as_ref().is_some_and(|t| attribute.is_single() && t.seen.contains(&attribute));
        if again || self.open.as_ref().is_some_and(|t| t.properties != properties && own) {
            self.finish();
        }
        let place = piece.trim().place(self.source);
        if self.open.is_none() {
            if !own && !properties && !of_templates {
                if attribute == Attribute::CommonName {
                    let value = line.value.trim_matches('"');
                    self.name = (!value.is_empty()).then(|| (piece.text_fact(self.source, value), 0));
                }
                return false;
            }
            self.begin(place, properties, line.colon && piece.indent() == 0);
        }
        let Some(template) = &mut self.open else { return false };
        template.end = place;
        template.foreign = 0;
        template.in_key_usage = false;
        template.attributes = template.attributes.saturating_add(1);
        template.last = attribute;
        template.seen.push(attribute);
        template.seen.truncate(256);
        if let Some((_, field, _)) = known {
            if template.fields.len() < self.limits.record_values && !line.value.is_empty() {
                let value = line.value.trim_end_matches([';', ' ']).trim_matches('"');
                template.fields.push(((*field).into(), piece.text_fact(self.source, value)));
            }
            if attribute != Attribute::Other {
                keep_line(&mut template.excerpts, place, piece, self.limits.excerpt_lines, self.limits.excerpt_columns);
            }
        }
        template.value(self.source, piece, attribute, line.value, line.base64, &self.limits);
        true
    }

    /// A line that goes on with the attribute before it.
    fn continuation(&mut self, piece: Piece<'_>) -> bool {
        let Some(template) = &mut self.open else { return false };
        let text = piece.text.trim();
        if template.properties && text.starts_with("2.5.29.15:") {
            template.in_key_usage = true;
            return true;
        }
        if template.in_key_usage
            && let Some(bits) = text.strip_suffix(')').and_then(|t| t.rsplit_once('(')).map(|(_, bits)| bits)
            && let Some(value) = key_usage(bits)
        {
            template.in_key_usage = false;
            template.request.key_usage = Some(piece.fact(self.source, value, text));
            let place = piece.trim().place(self.source);
            template.end = place;
            keep_line(&mut template.excerpts, place, piece, self.limits.excerpt_lines, self.limits.excerpt_columns);
            return true;
        }
        let value_of_list = match template.last {
            Attribute::Providers if template.properties => text.split_once(':').is_some_and(|(n, _)| is_number(n)),
            Attribute::Providers => text.trim_start_matches('"').starts_with(|c: char| c.is_ascii_digit()),
            Attribute::ExtendedKeyUsage => oids(text).next().is_some(),
            _ => false,
        };
        if value_of_list {
            let place = piece.trim().place(self.source);
            template.end = place;
            template.foreign = 0;
            keep_line(&mut template.excerpts, place, piece, self.limits.excerpt_lines, self.limits.excerpt_columns);
            let attribute = template.last;
            template.value(self.source, piece, attribute, text, false, &self.limits);
            return true;
        }
        // RFC 2849: a line that begins with a blank is the rest of the one before. Only a long provider name or a list of
        // CNG values is so long that its rest matters.
        if template.ldif
            && let Some(rest) = piece.text.strip_prefix(' ')
        {
            let place = piece.trim().place(self.source);
            template.end = place;
            template.folded(rest, place);
            return true;
        }
        false
    }

    fn finish(&mut self) {
        let Some(mut template) = self.open.take() else { return };
        template.providers.sort_by_key(|(order, _)| *order);
        let mut request = template.request;
        request.providers = template.providers.into_iter().map(|(_, name)| name).collect();
        let says = request.key_spec.is_some()
            || !request.providers.is_empty()
            || template.private_key_flag.is_some()
            || request.key_length.is_some()
            || request.key_usage.is_some();
        if !says {
            return;
        }
        request.name = request.name.or(template.display_name);
        request.machine_keyset = template.flags.as_ref().map(|f| Fact {
            value: f.value & MACHINE_TYPE != 0,
            place: f.place,
            basis: f.basis,
        });
        // Templates of the first schema have the flag among the general ones.
        let flag = match template.schema {
            Some(1) | None => template.private_key_flag.filter(|f| f.value & EXPORTABLE_KEY != 0).or(template.flags),
            Some(_) => template.private_key_flag,
        };
        request.exportable =
            flag.map(|f| Fact { value: f.value & EXPORTABLE_KEY != 0, place: f.place, basis: f.basis });
        // A listing of some chosen attributes does not tell that there are no usages.
        request.usages_shown = !request.extended_key_usage.is_empty() || template.attributes > 7;
        self.records.push(Observed {
            kind: KIND,
            place: joined_place(template.first, template.end),
            fields: template.fields,
            excerpts: template.excerpts,
            what: Observation::Request(Box::new(request)),
        });
    }
}

impl Template {
    fn value(
        &mut self,
        source: SourceId,
        piece: Piece<'_>,
        attribute: Attribute,
        value: &str,
        base64: bool,
        limits: &Limits,
    ) {
        // ldp ends values with a semicolon.
        let bare = value.trim_end_matches([';', ' ']).trim_matches(['"', ' ']);
        let number = || number(bare).map(|n| piece.fact(source, n, value));
        let text = || (!bare.is_empty()).then(|| piece.text_fact(source, bare));
        match attribute {
            Attribute::CommonName => self.request.name = text().or(self.request.name.take()),
            Attribute::DistinguishedName => {
                if self.request.name.is_none()
                    && let Some(name) = bare.get(3..).filter(|_| starts_with_ignoring_case(bare, "CN="))
                {
                    let name = name.split(',').next().unwrap_or("");
                    self.request.name = Some(piece.text_fact(source, name));
                }
            }
            Attribute::DisplayName => self.display_name = text(),
            Attribute::Flags => self.flags = number(),
            Attribute::SchemaVersion => self.schema = number().map(|f| f.value),
            Attribute::KeySpec => self.request.key_spec = number().filter(|f| f.value <= 2),
            Attribute::PrivateKeyFlag => self.private_key_flag = number(),
            Attribute::MinimalKeySize => self.request.key_length = number(),
            Attribute::KeyAlgorithm => self.request.key_algorithm = text(),
            Attribute::HashAlgorithm => self.request.hash_algorithm = text(),
            Attribute::KeyUsage => {
                let usage = if base64 { base64_bits(bare) } else { key_usage(bare) };
                if let Some(usage) = usage {
                    self.request.key_usage = Some(piece.fact(source, usage, value));
                }
            }
            Attribute::ExtendedKeyUsage => {
                for oid in oids(value) {
                    if self.request.extended_key_usage.len() < limits.certificate_extensions {
                        self.request.extended_key_usage.push(piece.text_fact(source, oid));
                    }
                }
            }
            Attribute::Providers => {
                let list = if self.properties { numbered(value).into_iter().collect() } else { ordered(value) };
                for (order, name) in list {
                    if self.providers.len() < limits.certificate_extensions {
                        self.providers.push((order, piece.text_fact(source, name)));
                    }
                }
            }
            Attribute::CngValues => self.cng_values(source, piece, value),
            Attribute::Other => {}
        }
    }

    /// Triples of name, type and value that backquotes divide (MS-CRTD 2.23).
    fn cng_values(&mut self, source: SourceId, piece: Piece<'_>, value: &str) {
        let mut parts = value.split('`');
        while let (Some(name), Some(_), Some(value)) = (parts.next(), parts.next(), parts.next()) {
            match name {
                "msPKI-Asymmetric-Algorithm" => self.request.key_algorithm = Some(piece.text_fact(source, value)),
                "msPKI-Hash-Algorithm" => self.request.hash_algorithm = Some(piece.text_fact(source, value)),
                "msPKI-Key-Usage" => {
                    self.request.key_usage_property = value.parse().ok().map(|n| piece.fact(source, n, value));
                }
                _ => {}
            }
        }
    }

    /// The rest of a folded line.
    fn folded(&mut self, text: &str, place: Place) {
        let join = |fact: &mut Fact<String>| {
            if fact.value.len() < 4096 {
                fact.value.push_str(text);
                fact.place = joined_place(fact.place, place);
            }
        };
        if let Some((_, field)) = self.fields.last_mut() {
            join(field);
        }
        if self.last == Attribute::Providers
            && let Some((_, name)) = self.providers.last_mut()
        {
            join(name);
        }
        if self.last == Attribute::CngValues
            && let Some((_, field)) = self.fields.last()
        {
            let field = field.clone();
            let mut parts = field.value.split('`');
            while let (Some(name), Some(_), Some(value)) = (parts.next(), parts.next(), parts.next()) {
                let fact = Fact::stated(value.to_owned(), field.place);
                match name {
                    "msPKI-Asymmetric-Algorithm" => self.request.key_algorithm = Some(fact),
                    "msPKI-Hash-Algorithm" => self.request.hash_algorithm = Some(fact),
                    "msPKI-Key-Usage" => {
                        self.request.key_usage_property = value.parse().ok().map(|n| Fact::stated(n, field.place));
                    }
                    _ => {}
                }
            }
        }
    }
}

impl TextReader for TemplateReader {
    fn line(&mut self, piece: Piece<'_>) -> bool {
        let text = piece.text.trim();
        if self.open.is_none() {
            if let Some((_, age)) = &mut self.name {
                *age = age.saturating_add(1);
                if *age > 12 {
                    self.name = None;
                }
            }
            let first = text.as_bytes().first().copied().unwrap_or(b' ');
            if !may_begin(first) {
                return false;
            }
        }
        if text.is_empty() {
            if self.open.as_ref().is_some_and(|t| t.ldif) {
                self.finish();
            }
            return true;
        }
        if let Some(section) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
            self.finish();
            self.name = (section != "Version").then(|| (piece.text_fact(self.source, section), 0));
            return false;
        }
        let numbered = text.strip_prefix("Template[").and_then(|t| t.strip_suffix("]:"));
        if numbered.is_some_and(is_number) {
            self.finish();
            self.name = None;
            return true;
        }
        if self.attribute_line(piece) {
            return true;
        }
        if self.open.is_none() {
            return false;
        }
        if text.starts_with("CertUtil:") || text.starts_with("=====") {
            self.finish();
            return false;
        }
        if self.continuation(piece) {
            return true;
        }
        let Some(template) = &mut self.open else { return false };
        template.foreign = template.foreign.saturating_add(1);
        let most = if template.properties { FOREIGN_LINES_OF_PROPERTIES } else { FOREIGN_LINES };
        if template.foreign > most {
            self.finish();
            return false;
        }
        // Dumps of extensions and other attributes stand between the properties.
        template.properties
    }

    fn passes_over(&self, _piece: Piece<'_>, glance: &Glance<'_>) -> bool {
        let plain = !glance.has(glance::COLON | glance::EQUALS | glance::BRACKET);
        self.open.is_none() && self.name.is_none() && (plain || !may_begin(glance.first))
    }

    fn is_open(&self) -> bool {
        self.open.is_some()
    }

    fn close(&mut self) {
        self.finish();
        self.name = None;
    }

    fn take(&mut self) -> Vec<Observed> {
        std::mem::take(&mut self.records)
    }
}

/// Whether an attribute or a heading can begin with a byte.
fn may_begin(first: u8) -> bool {
    matches!(first, b'p' | b'P' | b'm' | b'M' | b'T' | b'd' | b'D' | b'o' | b'O' | b'c' | b'C' | b'[')
}

/// A line of an attribute.
struct AttributeLine<'t> {
    name: &'t str,
    value: &'t str,
    colon: bool,
    base64: bool,
}

/// `name = value`, `name: value`, `name:: base64`, `name : value`, ldp's `name (2): value`.
fn attribute(text: &str) -> Option<AttributeLine<'_>> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))?;
    let (name, rest) = text.split_at_checked(end)?;
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || name.len() > 64 {
        return None;
    }
    let mut rest = rest.trim_start();
    if let Some((count, after)) = rest.strip_prefix('(').and_then(|r| r.split_once(')'))
        && is_number(count)
    {
        rest = after;
    }
    let (colon, base64, value) = if let Some(value) = rest.strip_prefix("::") {
        (true, true, value)
    } else if let Some(value) = rest.strip_prefix(':') {
        (true, false, value)
    } else {
        (false, false, rest.strip_prefix('=')?)
    };
    Some(AttributeLine { name, value: value.trim(), colon, base64 })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn starts_with_ignoring_case(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|t| t.eq_ignore_ascii_case(start))
}

fn contains_ignoring_case(text: &str, part: &str) -> bool {
    text.to_ascii_lowercase().contains(&part.to_ascii_lowercase())
}

/// A number as certutil prints it (`800 (2048)`: hexadecimal, then decimal), or decimal (LDAP, also negative), or `0x…`.
fn number(text: &str) -> Option<u32> {
    let text = text.trim_matches(['"', ' ', ';', '{', '}']);
    if let Some((first, rest)) = text.split_once('(') {
        let inner = rest.split(')').next().unwrap_or("").trim();
        if let Some(n) = decimal(inner) {
            return Some(n);
        }
        return decimal(first.trim()).or_else(|| hexadecimal(inner));
    }
    let word = text.split(char::is_whitespace).next()?.trim_end_matches([',', ';']);
    decimal(word).or_else(|| hexadecimal(word))
}

/// LDAP writes flags as signed numbers.
fn decimal(text: &str) -> Option<u32> {
    text.parse::<u32>().ok().or_else(|| text.parse::<i32>().ok().map(i32::cast_unsigned))
}

fn hexadecimal(text: &str) -> Option<u32> {
    u32::from_str_radix(text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?, 16).ok()
}

/// Key usage bits: `a0 00`, `a0`, `{160, 0}`: the first octet in the low byte.
fn key_usage(text: &str) -> Option<u32> {
    let braces = text.starts_with('{');
    let mut out = 0u32;
    let mut count = 0u32;
    for (word, shift) in text.trim_matches(['{', '}', '"']).split([' ', ',']).filter(|w| !w.is_empty()).zip([0u32, 8]) {
        let octet = if braces {
            word.parse::<u8>().ok()?
        } else {
            u8::from_str_radix(word.trim_start_matches("0x"), 16).ok()?
        };
        out |= u32::from(octet) << shift;
        count = count.saturating_add(1);
    }
    (count > 0).then_some(out)
}

/// The first two octets of a base64 value.
fn base64_bits(text: &str) -> Option<u32> {
    let digit = |b: u8| -> Option<u32> {
        let value = match b {
            b'A'..=b'Z' => b.checked_sub(b'A')?,
            b'a'..=b'z' => b.checked_sub(b'a')?.checked_add(26)?,
            b'0'..=b'9' => b.checked_sub(b'0')?.checked_add(52)?,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        Some(u32::from(value))
    };
    let bytes = text.as_bytes();
    let mut bits = 0u32;
    for index in 0..4 {
        let value = match bytes.get(index) {
            Some(b'=') if index > 1 => 0,
            Some(b) => digit(*b)?,
            None => return None,
        };
        bits = (bits << 6) | value;
    }
    let first = (bits >> 16) & 0xff;
    let second = if bytes.get(2) == Some(&b'=') { 0 } else { (bits >> 8) & 0xff };
    Some(first | (second << 8))
}

/// The OIDs of a value.
fn oids(text: &str) -> impl Iterator<Item = &str> {
    text.split([' ', ',', ';', '"', '{', '}', '(', ')', '\t'])
        .filter(|w| w.split('.').count() > 3 && w.split('.').all(is_number))
}

/// `0: name` of certutil's list.
fn numbered(text: &str) -> Option<(u32, &str)> {
    let (order, name) = text.split_once(':')?;
    let name = name.trim().trim_matches('"');
    (!name.is_empty()).then_some((order.trim().parse().ok()?, name))
}

/// `1,name` one or several times, in quotes, braces or divided by semicolons (MS-CRTD 2.12).
fn ordered(text: &str) -> Vec<(u32, &str)> {
    let bytes = text.as_bytes();
    let mut starts: Vec<(usize, usize, u32)> = Vec::new();
    for (comma, _) in text.match_indices(',') {
        let letter =
            text.get(comma.saturating_add(1)..).and_then(|t| t.chars().next()).is_some_and(char::is_alphabetic);
        let head = text.get(..comma).unwrap_or("");
        let digits = head.len().saturating_sub(head.trim_end_matches(|c: char| c.is_ascii_digit()).len());
        let at = comma.saturating_sub(digits);
        let free =
            at.checked_sub(1).and_then(|i| bytes.get(i)).is_none_or(|b| matches!(b, b'"' | b'{' | b' ' | b';' | b','));
        if letter
            && (1..4).contains(&digits)
            && free
            && let Some(order) = text.get(at..comma).and_then(|d| d.parse().ok())
        {
            starts.push((at, comma.saturating_add(1), order));
        }
    }
    starts
        .iter()
        .enumerate()
        .filter_map(|(i, (_, from, order))| {
            let end = starts.get(i.saturating_add(1)).map_or(text.len(), |(at, ..)| *at);
            let name = text.get(*from..end)?.trim_matches(['"', ',', ';', ' ', '}', '{', '\t']);
            (!name.is_empty()).then_some((*order, name))
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use crate::formats::reader_testing::{SOURCE, field, read, request, words};
    use proptest::prelude::*;

    fn templates(text: &str) -> Vec<Observed> {
        read(&mut TemplateReader::new(SOURCE, &Limits::default()), text).records
    }

    #[test]
    fn ldif() {
        let text = "dn: CN=ContosoWeb,CN=Certificate Templates,CN=Public Key Services,CN=Services,CN=Configuration,DC=contoso,DC=com\nchangetype: add\nobjectClass: top\nobjectClass: pKICertificateTemplate\ncn: ContosoWeb\ndisplayName: Contoso Web\nflags: 131649\npKIDefaultKeySpec: 2\npKIKeyUsage:: oAA=\npKIExtendedKeyUsage: 1.3.6.1.5.5.7.3.1\npKIDefaultCSPs: 2,Microsoft Enhanced Cryptographic\n  Provider v1.0\npKIDefaultCSPs: 1,Microsoft RSA SChannel Cryptographic Provider\nmsPKI-Minimal-Key-Size: 2048\nmsPKI-Private-Key-Flag: 16842768\nmsPKI-Template-Schema-Version: 4\n\ndn: CN=B,CN=Certificate Templates,CN=x\npKIDefaultKeySpec: 1\nmsPKI-RA-Application-Policies: msPKI-Asymmetric-Algorithm`PZPWSTR`RSA`msPKI-Hash-Algorithm`PZPWSTR`SHA256`msPKI-Key-Usage`DWORD`16777215`\n";
        let all = templates(text);
        assert_eq!(all.len(), 2);
        let r = request(&all[0]);
        assert_eq!(r.name.as_ref().unwrap().value, "ContosoWeb");
        assert_eq!(r.key_spec.as_ref().unwrap().value, 2);
        assert_eq!(words(text, r.key_spec.as_ref().unwrap().place), "2");
        assert_eq!(r.key_usage.as_ref().unwrap().value, 0xa0);
        assert_eq!(
            r.providers.iter().map(|p| p.value.as_str()).collect::<Vec<_>>(),
            ["Microsoft RSA SChannel Cryptographic Provider", "Microsoft Enhanced Cryptographic Provider v1.0"]
        );
        assert_eq!((r.key_length.as_ref().unwrap().value, r.exportable.as_ref().unwrap().value), (2048, true));
        assert!(r.machine_keyset.as_ref().unwrap().value);
        assert_eq!(r.extended_key_usage[0].value, "1.3.6.1.5.5.7.3.1");
        let r = request(&all[1]);
        assert_eq!(r.name.as_ref().unwrap().value, "B");
        assert_eq!(r.key_algorithm.as_ref().unwrap().value, "RSA");
        assert_eq!(r.key_usage_property.as_ref().unwrap().value, 0xff_ffff);
    }

    #[test]
    fn template_properties() {
        let text = "  Template[0]:\n  TemplatePropCommonName = ContosoWeb\n  TemplatePropFriendlyName = Contoso Web\n  TemplatePropEKUs =\n1 ObjectIds:\n    1.3.6.1.5.5.7.3.1 Serverauthentifizierung\n\n  TemplatePropCryptoProviders =\n    0: Microsoft RSA SChannel Cryptographic Provider\n    1: Microsoft DH SChannel Cryptographic Provider\n\n  TemplatePropKeySpec = 2\n  TemplatePropSchemaVersion = 2\n  TemplatePropMinimumKeySize = 800 (2048)\n  TemplatePropPrivateKeyFlags = 10 (16)\n    CTPRIVATEKEY_FLAG_EXPORTABLE_KEY -- 10 (16)\n  TemplatePropGeneralFlags = 20241 (131649)\n  TemplatePropExtensions =\n1 Extensions:\n\n  Extension[0]:\n    2.5.29.15: Flags = 1(Critical), Length = 4\n    Schlüsselverwendung\n        Digitale Signatur, Schlüsselverschlüsselung (a0)\n\n  Template[1]:\n  TemplatePropCommonName = Other\n  TemplatePropKeySpec = 1\nCertUtil: -template command completed successfully.\n";
        let all = templates(text);
        assert_eq!(all.len(), 2);
        let r = request(&all[0]);
        assert_eq!(r.name.as_ref().unwrap().value, "ContosoWeb");
        assert_eq!((r.key_spec.as_ref().unwrap().value, r.key_length.as_ref().unwrap().value), (2, 2048));
        assert_eq!(r.providers.len(), 2);
        assert_eq!(r.key_usage.as_ref().unwrap().value, 0xa0);
        assert_eq!((r.exportable.as_ref().unwrap().value, r.machine_keyset.as_ref().unwrap().value), (true, true));
        assert_eq!(field(&all[0], "template_prop_key_spec"), Some("2"));
    }

    #[test]
    fn directory_attributes_of_other_tools() {
        let text = "[ContosoWeb]\n    objectClass = \"top\", \"pKICertificateTemplate\"\n    cn = \"ContosoWeb\"\n    flags = \"131649\"\n    pKIDefaultKeySpec = \"2\"\n    pKIKeyUsage = a0 00\n    pKIDefaultCSPs = \"2,Microsoft DH SChannel Cryptographic Provider\", \"1,Microsoft RSA SChannel Cryptographic Provider\"\n";
        let r = templates(text);
        let r = request(&r[0]);
        assert_eq!(r.name.as_ref().unwrap().value, "ContosoWeb");
        assert_eq!(r.providers[0].value, "Microsoft RSA SChannel Cryptographic Provider");
        assert_eq!(r.key_usage.as_ref().unwrap().value, 0xa0);
        let text = "CN                       : ContosoWeb\nDistinguishedName        : CN=ContosoWeb,CN=Certificate Templates,CN=Public Key Services\npKIDefaultCSPs           : {1,Microsoft A Provider, 2,Microsoft B Provider}\npKIDefaultKeySpec        : 1\npKIKeyUsage              : {160, 0}\n";
        let all = templates(text);
        let r = request(&all[0]);
        assert_eq!(
            r.providers.iter().map(|p| p.value.as_str()).collect::<Vec<_>>(),
            ["Microsoft A Provider", "Microsoft B Provider"]
        );
        assert_eq!(
            (r.name.as_ref().unwrap().value.as_str(), r.key_usage.as_ref().unwrap().value),
            ("ContosoWeb", 0xa0)
        );
    }

    #[test]
    fn a_request_inf_is_none() {
        assert!(
            templates("[Version]\nSignature=\"$Windows NT$\"\n[NewRequest]\nKeySpec = 1\nSubject = \"CN=x\"\n")
                .is_empty()
        );
    }

    proptest! {
        #[test]
        fn never_panics(text in "(Template\\[0\\]:\n|TemplateProp|pKIDefaultCSPs: |pKIKeyUsage:: |msPKI-RA-Application-Policies: |2.5.29.15: |dn: CN=|[a0,:;=`\"(){} ä\n]){0,60}") {
            templates(&text);
        }
    }
}
