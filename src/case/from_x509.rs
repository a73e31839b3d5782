//! The facts of a certificate in an artifact that holds its bytes.

use super::credential::{Certificate, PublicKey, ValidityDate};
use crate::formats::x509;
use crate::model::{date::Moment, fact::Fact, fact::Place, key_usage, key_usage::KeyUsage, thumbprint::Sha1};
use time::OffsetDateTime;

/// The facts of a certificate whose bytes stand at a place.
pub fn certificate(facts: &x509::Certificate, place: Place) -> Certificate {
    let text = |value: &str| Some(Fact::stated(value.to_owned(), place));
    let public = &facts.public_key;
    let mut certificate = Certificate {
        sha1: Sha1::parse(&facts.sha1).map(|sha1| Fact::stated(sha1, place)),
        sha256: text(&facts.sha256),
        serial: text(&facts.serial),
        subject: text(&facts.subject),
        issuer: text(&facts.issuer),
        not_before: Some(date(facts.not_before, place)),
        not_after: Some(date(facts.not_after, place)),
        extensions_shown: true,
        is_ca: Some(Fact::stated(facts.ca == Some(true), place)),
        self_signed: Some(Fact::stated(facts.self_issued, place)),
        signature_algorithm: text(&facts.signature_algorithm),
        public_key: PublicKey {
            algorithm: text(&public.algorithm),
            bits: public.bits.map(|bits| Fact::stated(bits, place)),
            sha1: Sha1::parse(&public.sha1).map(|sha1| Fact::stated(sha1, place)),
            md5: None,
        },
        ..Certificate::default()
    };
    certificate.key_usage = facts.key_usage.as_ref().map(|names| Fact::stated(usage(names), place));
    certificate.extended_key_usage = facts.extended_key_usage.clone().map(|oids| Fact::stated(oids, place));
    certificate.alternative_names = facts
        .alternative_names
        .iter()
        .map(|name| Fact::stated(format!("{}={}", printed_kind(name.kind), name.value), place))
        .collect();
    certificate
}

fn usage(names: &[&'static str]) -> KeyUsage {
    let bits = key_usage::KEY_USAGE_BITS.iter().filter(|(_, name, _)| names.contains(name)).map(|(bit, ..)| bit);
    KeyUsage(bits.fold(0, |all, bit| all | bit))
}

/// The words that English certutil prints before an alternative name.
fn printed_kind(kind: &str) -> &'static str {
    match kind {
        "dns" => "DNS Name",
        "ip" => "IP Address",
        "email" => "RFC822 Name",
        "uri" => "URL",
        "directory" => "Directory Address",
        "upn" => "Other Name:Principal Name",
        "registered-id" => "Registered ID",
        _ => "Other Name",
    }
}

fn date(value: OffsetDateTime, place: Place) -> ValidityDate {
    let moment = Moment::Utc(value);
    ValidityDate { text: Fact::stated(moment.rfc3339(), place), value: Some(moment), readings: vec![moment] }
}
