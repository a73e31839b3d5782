//! The facts of a certificate that was read as bytes.

use super::artifact::Origin;
use super::credential::{Certificate, PublicKey, ValidityDate};
use crate::formats::FormatError;
use crate::formats::x509;
use crate::limits::Limits;
use crate::model::date::Moment;
use crate::model::fact::{Fact, Place};
use crate::model::key_usage::{KEY_USAGE_BITS, KeyUsage};
use crate::model::thumbprint::Sha1;
use sha2::{Digest, Sha256};

/// The bits of key-usage names of RFC 5280.
pub fn key_usage(names: &[&str]) -> KeyUsage {
    let bits = KEY_USAGE_BITS.iter().filter(|(_, name, _)| names.contains(name));
    KeyUsage(bits.fold(0, |all, (bit, ..)| all | bit))
}

/// A subject alternative name as certutil prints it.
pub fn printed_name(name: &x509::AlternativeName) -> String {
    let label = match name.kind {
        "dns" => "DNS Name=",
        "ip" => "IP Address=",
        "email" => "RFC822 Name=",
        "uri" => "URL=",
        "upn" => "Principal Name=",
        "directory" => "Directory Address:",
        "registered-id" => "Registered ID=",
        _ => "Other Name:",
    };
    format!("{label}{}", name.value)
}

/// The certificate in `bytes`, which start at `start` of their artifact. One that can't be read still has its
/// thumbprints, and the error.
pub fn certificate(
    bytes: &[u8],
    start: usize,
    origin: &Origin<'_>,
    limits: &Limits,
) -> (Certificate, Option<FormatError>) {
    let end = start.saturating_add(bytes.len());
    let place = origin.place(start, end);
    let text = |value: &str| Some(Fact::stated(value.to_owned(), place));
    let facts = match x509::read(bytes, limits) {
        Ok(facts) => facts,
        Err(error) => {
            let certificate = Certificate {
                sha1: Some(Fact::stated(Sha1::of(bytes), place)),
                sha256: text(&crate::formats::bytes::hex(&Sha256::digest(bytes))),
                ..Certificate::default()
            };
            let error = FormatError::new(error.message, start.saturating_add(error.offset));
            return (certificate, Some(error));
        }
    };
    let certificate = of_facts(&facts, place);
    let problem = facts.problems.into_iter().next().map(|message| FormatError::new(message, start));
    (certificate, problem)
}

/// The facts of a certificate whose bytes stand at a place.
pub fn of_facts(facts: &x509::Certificate, place: Place) -> Certificate {
    let text = |value: &str| Some(Fact::stated(value.to_owned(), place));
    let date = |time: time::OffsetDateTime| {
        let moment = Moment::Utc(time);
        // Nothing was printed: the text is empty.
        let text = Fact::stated(String::new(), place);
        Some(ValidityDate { text, value: Some(moment), readings: vec![moment] })
    };
    Certificate {
        sha1: Sha1::parse(&facts.sha1).map(|sha1| Fact::stated(sha1, place)),
        sha256: text(&facts.sha256),
        // A number without a byte is none (X.690, section 8.3.1: one byte at least).
        serial: if facts.serial.is_empty() { None } else { text(&facts.serial) },
        subject: text(&facts.subject),
        issuer: text(&facts.issuer),
        not_before: date(facts.not_before),
        not_after: date(facts.not_after),
        key_usage: facts.key_usage.as_ref().map(|names| Fact::stated(key_usage(names), place)),
        extended_key_usage: facts.extended_key_usage.clone().map(|oids| Fact::stated(oids, place)),
        alternative_names: facts.alternative_names.iter().map(|name| Fact::stated(printed_name(name), place)).collect(),
        names_hidden: false,
        extensions_shown: true,
        is_ca: facts.ca.map(|ca| Fact::stated(ca, place)),
        self_signed: Some(Fact::stated(facts.self_issued, place)),
        signature_algorithm: text(&facts.signature_algorithm),
        template: facts.template.as_deref().and_then(text),
        friendly_name: None,
        public_key: PublicKey {
            algorithm: text(&facts.public_key.algorithm),
            bits: facts.public_key.bits.map(|bits| Fact::stated(bits, place)),
            sha1: Sha1::parse(&facts.public_key.sha1).map(|sha1| Fact::stated(sha1, place)),
            md5: None,
        },
        archived: None,
        altered: false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::model::fact::SourceId;

    #[test]
    fn names_become_bits() {
        assert_eq!(key_usage(&["digitalSignature", "keyEncipherment"]), KeyUsage(0xA0));
        assert_eq!(key_usage(&["decipherOnly"]), KeyUsage(0x8000));
        assert_eq!(key_usage(&[]), KeyUsage(0));
    }

    /// As it is in a damaged certificate whose serial number lost its bytes.
    #[test]
    fn a_serial_number_without_a_byte_is_none() {
        let bytes = include_bytes!("../../corpus/certificate/template-oid/www.cer");
        let mut facts = x509::read(bytes, &Limits::default()).unwrap();
        let place = Origin::new(SourceId::default(), None).place(0, bytes.len());
        assert_eq!(of_facts(&facts, place).serial.unwrap().value, facts.serial);
        facts.serial.clear();
        assert!(of_facts(&facts, place).serial.is_none());
    }
}
