//! Facts of an X.509 certificate, read with x509-parser and written the way certutil prints them.
//!
//! Sources: RFC 5280 (certificates and extensions), Microsoft's documentation of `CertNameToStr` (the text form of
//! names), RFC 3279, RFC 5480 and RFC 8410 (public keys).

use std::net::{Ipv4Addr, Ipv6Addr};

use sha1::{Digest, Sha1};
use sha2::Sha256;
use time::OffsetDateTime;
use x509_parser::der_parser::oid::Oid;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::{FromDer, X509Certificate, X509Name};
use x509_parser::x509::SubjectPublicKeyInfo;

use super::FormatError;
use super::certificate_request::{TEMPLATE, TEMPLATE_NAME};
use super::der::{self, Reader, hex};
use super::key_algorithm;
use super::x509_validity;
use crate::limits::Limits;

/// The facts of one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// SHA-1 over the whole encoding: the thumbprint.
    pub sha1: String,
    /// SHA-256 over the whole encoding.
    pub sha256: String,
    /// The content of the serial number, leading zero bytes kept, as lowercase hexadecimal digits.
    pub serial: String,
    /// The subject, most specific part first.
    pub subject: String,
    /// The issuer, most specific part first.
    pub issuer: String,
    /// SHA-1 over the encoded subject and over the encoded issuer: they link a chain without comparing texts.
    pub subject_hash: [u8; 20],
    /// See `subject_hash`.
    pub issuer_hash: [u8; 20],
    /// Whether subject and issuer are the same name.
    pub self_issued: bool,
    /// The first moment of validity.
    pub not_before: OffsetDateTime,
    /// The last moment of validity.
    pub not_after: OffsetDateTime,
    /// The names of the Key Usage bits in the order of RFC 5280 section 4.2.1.3; `None` without the extension.
    pub key_usage: Option<Vec<&'static str>>,
    /// The purposes of the Extended Key Usage as object identifiers; `None` without the extension.
    pub extended_key_usage: Option<Vec<String>>,
    /// The subject alternative names.
    pub alternative_names: Vec<AlternativeName>,
    /// The CA flag of Basic Constraints; `None` without the extension.
    pub ca: Option<bool>,
    /// The Subject Key Identifier as hexadecimal digits.
    pub subject_key_id: Option<String>,
    /// The certificate template that it was issued from: its name (version 1), else its object identifier (MS-WCCE 2.2.2.7.7).
    pub template: Option<String>,
    /// The public key.
    pub public_key: PublicKey,
    /// The object identifier of the algorithm the issuer signed with.
    pub signature_algorithm: String,
    /// What could not be read of the extensions.
    pub problems: Vec<String>,
}

/// The facts of one public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// `RSA`, `ECC`, `DSA`, `Ed25519`, `ML-DSA-65`, …; the object identifier of an unknown algorithm.
    pub algorithm: String,
    /// The size in bits: of the RSA modulus, the DSA prime, the field of the curve.
    pub bits: Option<u32>,
    /// The name of the curve of an elliptic-curve key.
    pub curve: Option<&'static str>,
    /// SHA-1 over the content of the subjectPublicKey BIT STRING, RFC 5280 section 4.2.1.2 method 1.
    pub sha1: String,
}

/// One subject alternative name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlternativeName {
    /// `dns`, `ip`, `email`, `uri`, `directory`, `upn`, `registered-id` or `other`.
    pub kind: &'static str,
    /// The name as text; of kind `other` the object identifier or the tag.
    pub value: String,
}

/// Reads one certificate in DER. Bytes after it are ignored.
///
/// # Errors
/// Larger than the limit, or not a certificate.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Certificate, FormatError> {
    if bytes.len() > limits.certificate_bytes {
        return Err(FormatError::new(
            format!("a certificate of {} bytes is over the limit of {}", bytes.len(), limits.certificate_bytes),
            0,
        ));
    }
    let (rest, parsed) = X509Certificate::from_der(bytes)
        .map_err(|error| FormatError::new(cut(bytes).unwrap_or_else(|| unreadable(&error)), 0))?;
    let encoded = bytes.get(..bytes.len().saturating_sub(rest.len())).unwrap_or(bytes);
    let [not_before, not_after] = x509_validity::with_zone(encoded, limits);
    let mut facts = Certificate {
        sha1: hex(&Sha1::digest(encoded)),
        sha256: hex(&Sha256::digest(encoded)),
        serial: hex(parsed.raw_serial()),
        subject: name_text(&parsed.subject, limits),
        issuer: name_text(&parsed.issuer, limits),
        subject_hash: Sha1::digest(parsed.subject.as_raw()).into(),
        issuer_hash: Sha1::digest(parsed.issuer.as_raw()).into(),
        self_issued: parsed.subject.as_raw() == parsed.issuer.as_raw(),
        not_before: not_before.unwrap_or_else(|| parsed.validity.not_before.to_datetime()),
        not_after: not_after.unwrap_or_else(|| parsed.validity.not_after.to_datetime()),
        key_usage: None,
        extended_key_usage: None,
        alternative_names: Vec::new(),
        ca: None,
        subject_key_id: None,
        template: None,
        public_key: public_key(&parsed.subject_pki),
        signature_algorithm: oid_text(&parsed.signature_algorithm.algorithm),
        problems: Vec::new(),
    };
    read_extensions(&parsed, limits, &mut facts);
    Ok(facts)
}

/// Says how much is missing, if less is there than the outermost length states (X.690, section 8.1.3).
fn cut(bytes: &[u8]) -> Option<String> {
    let (header, length) = match bytes {
        [0x30, 0x81, length, ..] => (3_usize, usize::from(*length)),
        [0x30, 0x82, high, low, ..] => (4, usize::from(u16::from_be_bytes([*high, *low]))),
        [0x30, length @ 0..=0x7F, ..] => (2, usize::from(*length)),
        _ => return None,
    };
    let stated = header.saturating_add(length);
    let there = bytes.len();
    (there < stated).then(|| format!("the certificate is cut: {there} bytes of {stated} are there"))
}

fn unreadable(error: &x509_parser::nom::Err<x509_parser::error::X509Error>) -> String {
    match error {
        x509_parser::nom::Err::Incomplete(_) => "not an X.509 certificate: it is cut".to_owned(),
        x509_parser::nom::Err::Error(error) | x509_parser::nom::Err::Failure(error) => {
            format!("not an X.509 certificate: {error}")
        }
    }
}

fn read_extensions(parsed: &X509Certificate<'_>, limits: &Limits, facts: &mut Certificate) {
    let count = parsed.extensions().len();
    if count > limits.certificate_extensions {
        facts.problems.push(format!("{count} extensions, only {} are read", limits.certificate_extensions));
    }
    for extension in parsed.extensions().iter().take(limits.certificate_extensions) {
        match extension.parsed_extension() {
            ParsedExtension::KeyUsage(usage) if facts.key_usage.is_none() => {
                facts.key_usage = Some(key_usage_names(usage.flags));
            }
            ParsedExtension::ExtendedKeyUsage(usage) if facts.extended_key_usage.is_none() => {
                let known = [
                    (usage.any, "2.5.29.37.0"),
                    (usage.server_auth, "1.3.6.1.5.5.7.3.1"),
                    (usage.client_auth, "1.3.6.1.5.5.7.3.2"),
                    (usage.code_signing, "1.3.6.1.5.5.7.3.3"),
                    (usage.email_protection, "1.3.6.1.5.5.7.3.4"),
                    (usage.time_stamping, "1.3.6.1.5.5.7.3.8"),
                    (usage.ocsp_signing, "1.3.6.1.5.5.7.3.9"),
                ];
                let known = known.into_iter().filter(|(set, _)| *set).map(|(_, oid)| oid.to_owned());
                let other = usage.other.iter().take(limits.certificate_names).map(oid_text);
                let purposes: Vec<String> = known.chain(other).collect();
                for purpose in purposes.iter().filter(|purpose| purpose.starts_with('#')).take(limits.problems) {
                    facts.problems.push(format!("the purpose {purpose} is not an object identifier"));
                }
                facts.extended_key_usage = Some(purposes);
            }
            ParsedExtension::SubjectAlternativeName(names) if facts.alternative_names.is_empty() => {
                let all = names.general_names.len();
                if all > limits.certificate_names {
                    let message =
                        format!("{all} subject alternative names, only {} are read", limits.certificate_names);
                    facts.problems.push(message);
                }
                facts.alternative_names = names
                    .general_names
                    .iter()
                    .take(limits.certificate_names)
                    .map(|name| alternative_name(name, limits))
                    .collect();
            }
            ParsedExtension::BasicConstraints(constraints) if facts.ca.is_none() => facts.ca = Some(constraints.ca),
            ParsedExtension::SubjectKeyIdentifier(id) if facts.subject_key_id.is_none() => {
                facts.subject_key_id = Some(hex(id.0.get(..64).unwrap_or(id.0)));
            }
            ParsedExtension::UnsupportedExtension { .. } => {
                let value = || Reader::new(extension.value, 4).read().ok().flatten();
                let template = match oid_text(&extension.oid).as_str() {
                    TEMPLATE_NAME => value().and_then(|name| name.text()),
                    TEMPLATE if facts.template.is_none() => value()
                        .and_then(|template| template.children().read().ok().flatten())
                        .and_then(|oid| oid.oid("the template").ok()),
                    _ => None,
                };
                facts.template = template.map(|template| bounded(template, limits)).or(facts.template.take());
            }
            ParsedExtension::ParseError { .. } => {
                facts.problems.push(format!("the extension {} can't be read", oid_text(&extension.oid)));
            }
            _ => {}
        }
    }
}

/// An object identifier in dotted form; a malformed one, which names nothing, as `#` and its bytes. x509-parser gives a
/// cut arc or one with leading zeros the text of the identifier that it resembles, and counts the second arc modulo 40.
pub(crate) fn oid_text(oid: &Oid<'_>) -> String {
    let bytes = oid.as_bytes();
    der::oid_text(bytes).unwrap_or_else(|| format!("#{}", hex(bytes.get(..64).unwrap_or(bytes))))
}

/// The names of Key Usage bits, bit 0 (digitalSignature) lowest, RFC 5280 section 4.2.1.3.
pub fn key_usage_names(flags: u16) -> Vec<&'static str> {
    let names = [
        "digitalSignature",
        "nonRepudiation",
        "keyEncipherment",
        "dataEncipherment",
        "keyAgreement",
        "keyCertSign",
        "cRLSign",
        "encipherOnly",
        "decipherOnly",
    ];
    names.iter().enumerate().filter(|(bit, _)| (flags >> bit) & 1 != 0).map(|(_, name)| *name).collect()
}

/// The facts of a SubjectPublicKeyInfo, of a certificate or of a request.
pub fn public_key(info: &SubjectPublicKeyInfo<'_>) -> PublicKey {
    let oid = oid_text(&info.algorithm.algorithm);
    let key = info.subject_public_key.data.as_ref();
    let parameters = info.algorithm.parameters.as_ref();
    let curve = parameters.and_then(|any| any.as_oid().ok()).and_then(|oid| key_algorithm::curve(&oid_text(&oid)));
    let name = key_algorithm::name(&oid);
    let bits = match name {
        Some("RSA" | "RSA-PSS" | "RSA-OAEP") => first_integer_bits(key),
        Some("DSA" | "DH") => parameters.and_then(|any| integer_bits_of_first(any.data)),
        Some("ECC") => curve.map(|curve| curve.bits).or_else(|| field_bits(key)),
        _ => key_algorithm::fixed_bits(&oid),
    };
    PublicKey {
        algorithm: name.map_or(oid, str::to_owned),
        bits,
        curve: curve.map(|curve| curve.name),
        sha1: hex(&Sha1::digest(key)),
    }
}

/// The size of the first INTEGER of an encoded SEQUENCE.
fn first_integer_bits(encoded: &[u8]) -> Option<u32> {
    let sequence = Reader::new(encoded, 4).universal(der::tag::SEQUENCE, "the public key").ok()?;
    integer_bits_of_first(sequence.content())
}

fn integer_bits_of_first(content: &[u8]) -> Option<u32> {
    let number = Reader::new(content, 2).universal(der::tag::INTEGER, "the number").ok()?;
    u32::try_from(number.integer_bits()).ok()
}

/// The size in bits of an elliptic curve's field, from an encoded point on it (SEC 1 section 2.3.3).
pub fn field_bits(point: &[u8]) -> Option<u32> {
    let (first, rest) = point.split_first()?;
    let bytes = match first {
        4 | 6 | 7 => rest.len() / 2,
        2 | 3 => rest.len(),
        _ => return None,
    };
    u32::try_from(bytes).ok()?.checked_mul(8)
}

pub(crate) fn alternative_name(name: &GeneralName<'_>, limits: &Limits) -> AlternativeName {
    let (kind, value) = match name {
        GeneralName::DNSName(text) => ("dns", (*text).to_owned()),
        GeneralName::RFC822Name(text) => ("email", (*text).to_owned()),
        GeneralName::URI(text) => ("uri", (*text).to_owned()),
        GeneralName::IPAddress(bytes) => ("ip", ip_text(bytes)),
        GeneralName::DirectoryName(name) => ("directory", name_text(name, limits)),
        GeneralName::RegisteredID(oid) => ("registered-id", oid_text(oid)),
        GeneralName::OtherName(oid, value) => {
            // The user principal name of [MS-WCCE] section 2.2.2.7.7.4 stands as [0] EXPLICIT UTF8String.
            let oid = oid_text(oid);
            match Reader::new(value, 4).read() {
                Ok(Some(outer)) if oid == "1.3.6.1.4.1.311.20.2.3" => {
                    match outer.children().read().ok().flatten().and_then(|inner| inner.text()) {
                        Some(text) => ("upn", text),
                        None => ("other", oid),
                    }
                }
                _ => ("other", oid),
            }
        }
        GeneralName::X400Address(_) => ("other", "x400Address".to_owned()),
        GeneralName::EDIPartyName(_) => ("other", "ediPartyName".to_owned()),
        GeneralName::Invalid(tag, bytes) => ("other", format!("[{}] {}", tag.0, hex(bytes.get(..32).unwrap_or(bytes)))),
    };
    AlternativeName { kind, value: bounded(value, limits) }
}

fn ip_text(bytes: &[u8]) -> String {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        Ipv4Addr::from(four).to_string()
    } else if let Ok(sixteen) = <[u8; 16]>::try_from(bytes) {
        Ipv6Addr::from(sixteen).to_string()
    } else {
        hex(bytes.get(..32).unwrap_or(bytes))
    }
}

/// A text of at most [`Limits::string_bytes`], with `…` where it was cut.
pub(super) fn bounded(mut text: String, limits: &Limits) -> String {
    if text.len() > limits.string_bytes {
        let end = (0..=limits.string_bytes).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push('\u{2026}');
    }
    text
}

/// A distinguished name as `CertNameToStr` writes it with `CERT_X500_NAME_STR | CERT_NAME_STR_REVERSE_FLAG`: most
/// specific part first, `, ` between parts, ` + ` inside a part of several values, values in quotes where they need it.
pub fn name_text(name: &X509Name<'_>, limits: &Limits) -> String {
    let mut parts: Vec<&x509_parser::x509::RelativeDistinguishedName<'_>> = name.iter_rdn().collect();
    parts.reverse();
    let mut text = String::new();
    for part in parts {
        if !text.is_empty() {
            text.push_str(", ");
        }
        for (index, value) in part.iter().enumerate() {
            if index > 0 {
                text.push_str(" + ");
            }
            text.push_str(&attribute_name(&oid_text(value.attr_type())));
            text.push('=');
            let any = value.attr_value();
            let shown = der::text_of(any.tag().0, any.data).unwrap_or_else(|| format!("#{}", hex(any.data)));
            text.push_str(&quoted(&shown));
        }
        if text.len() > limits.string_bytes.saturating_mul(4) {
            break;
        }
    }
    bounded(text, limits)
}

/// The short names of `CERT_X500_NAME_STR`; others are `OID.1.2.3`.
fn attribute_name(oid: &str) -> String {
    let short = match oid {
        "2.5.4.3" => "CN",
        "2.5.4.4" => "SN",
        "2.5.4.5" => "SERIALNUMBER",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "S",
        "2.5.4.9" => "STREET",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.12" => "T",
        "2.5.4.13" => "Description",
        "2.5.4.17" => "PostalCode",
        "2.5.4.18" => "POBox",
        "2.5.4.20" => "Phone",
        "2.5.4.42" => "G",
        "2.5.4.43" => "I",
        "2.5.4.46" => "dnQualifier",
        "1.2.840.113549.1.9.1" => "E",
        "0.9.2342.19200300.100.1.25" => "DC",
        _ => return format!("OID.{oid}"),
    };
    short.to_owned()
}

/// `CertNameToStr` quotes a value that begins or ends with white space or holds one of `,+="<>#;` or a line break.
pub(super) fn quoted(value: &str) -> String {
    let special = |c: char| matches!(c, ',' | '+' | '=' | '"' | '\n' | '\r' | '<' | '>' | '#' | ';');
    let edge = value.starts_with(char::is_whitespace) || value.ends_with(char::is_whitespace);
    if value.is_empty() || edge || value.contains(special) {
        format!("\"{}\"", value.replace('"', "\"\""))
    } else {
        value.to_owned()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_as_windows_quotes_them() {
        assert_eq!(quoted("Contoso, Ltd."), "\"Contoso, Ltd.\"");
        assert_eq!(quoted("a \"b\""), "\"a \"\"b\"\"\"");
        assert_eq!(quoted("www.contoso.com"), "www.contoso.com");
        assert_eq!(quoted(" x"), "\" x\"");
    }

    #[test]
    fn key_usage_bits_have_the_names_of_rfc_5280() {
        assert_eq!(key_usage_names(0b1_0000_0101), ["digitalSignature", "keyEncipherment", "decipherOnly"]);
    }

    #[test]
    fn object_identifiers_are_those_of_x_690() {
        let text = |bytes: &'static [u8]| oid_text(&Oid::new(bytes.into()));
        assert_eq!(text(&[0x2b, 6, 1, 5, 5, 7, 3, 1]), "1.3.6.1.5.5.7.3.1");
        // X.690 section 8.19.5 has this one as its example.
        assert_eq!(text(&[0x88, 0x37, 3]), "2.999.3");
        // A purpose whose last arc is cut, and one whose last arc begins with a zero (section 8.19.2), are not serverAuth.
        assert_eq!(text(&[0x2b, 6, 1, 5, 5, 7, 3, 0x81]), "#2b06010505070381");
        assert_eq!(text(&[0x2b, 6, 1, 5, 5, 7, 3, 0x80, 1]), "#2b0601050507038001");
        assert_eq!(text(&[]), "#");
    }

    #[test]
    fn what_is_no_certificate_is_an_error() {
        let limits = Limits::default();
        assert!(read(&[], &limits).is_err());
        assert!(read(&[0x30, 0x82, 0xff, 0xff], &limits).is_err());
        assert!(read(&vec![0; limits.certificate_bytes + 1], &limits).unwrap_err().message.contains("limit"));
    }

    #[test]
    fn the_facts_are_those_of_openssl() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/x509/every-fact");
        let case: toml::Table = std::fs::read_to_string(format!("{folder}/case.toml")).unwrap().parse().unwrap();
        let facts = read(&std::fs::read(format!("{folder}/certificate.der")).unwrap(), &Limits::default()).unwrap();
        for (name, value) in [
            ("sha1", &facts.sha1),
            ("sha256", &facts.sha256),
            ("serial", &facts.serial),
            ("subject", &facts.subject),
            ("public_key_sha1", &facts.public_key.sha1),
        ] {
            assert_eq!(case.get("expect").unwrap().get(name).unwrap().as_str().unwrap(), value, "{name}");
        }
        assert_eq!(facts.subject, facts.issuer);
        assert!(facts.self_issued);
        assert_eq!(facts.key_usage.unwrap(), ["digitalSignature", "keyEncipherment"]);
        assert_eq!(
            facts.extended_key_usage.unwrap(),
            ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "1.3.6.1.4.1.311.20.2.2"]
        );
        let names: Vec<String> = facts.alternative_names.iter().map(|n| format!("{}:{}", n.kind, n.value)).collect();
        assert_eq!(
            names,
            ["dns:www.contoso.com", "ip:192.0.2.1", "ip:2001:db8::1", "email:a@contoso.com", "upn:user@contoso.com"]
        );
        assert_eq!((facts.ca, facts.public_key.bits), (Some(false), Some(1024)));
        assert_eq!(facts.public_key.algorithm, "RSA");
        assert_eq!(facts.signature_algorithm, "1.2.840.113549.1.1.11");
        assert_eq!(facts.not_after.unix_timestamp() - facts.not_before.unix_timestamp(), 36_500 * 86_400);
        assert_eq!(facts.subject_key_id.as_deref(), Some(facts.public_key.sha1.as_str()));
        assert!(facts.problems.is_empty());
    }
}
