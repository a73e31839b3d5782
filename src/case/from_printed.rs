//! Credentials from certificates whose fields a tool printed: like a certificate file, without a key.

use super::credential::{Certificate, Credential, Origin, PublicKey, SourceRange, ValidityDate};
use crate::model::fact::{Basis, Fact};
use crate::model::observation::{Observed, PrintedCertificate, ZonedDate};

/// The certificate with nothing of its key.
pub fn credential(observed: &Observed, printed: &PrintedCertificate) -> Credential {
    let certificate = Certificate {
        sha1: printed.sha1.clone(),
        sha256: printed.sha256.clone(),
        serial: printed.serial.clone(),
        subject: printed.subject.clone(),
        issuer: printed.issuer.clone(),
        not_before: printed.not_before.as_ref().map(date),
        not_after: printed.not_after.as_ref().map(date),
        key_usage: printed.key_usage.clone(),
        extended_key_usage: printed.extended_key_usage.clone(),
        alternative_names: printed.alternative_names.clone(),
        names_hidden: false,
        extensions_shown: printed.extensions_shown,
        is_ca: printed.is_ca.clone(),
        self_signed: printed.subject.as_ref().zip(printed.issuer.as_ref()).map(|(subject, issuer)| Fact {
            value: subject.value == issuer.value,
            place: subject.place,
            basis: Basis::Derived("from the subject and the issuer"),
        }),
        signature_algorithm: printed.signature_algorithm.clone(),
        public_key: PublicKey {
            algorithm: printed.key_algorithm.clone(),
            bits: printed.key_bits.clone(),
            sha1: printed.public_key_sha1.clone(),
            md5: None,
        },
        ..Certificate::default()
    };
    let place = observed.place;
    Credential {
        origin: Origin::CertificateFile,
        certificate: Some(certificate),
        sources: vec![SourceRange { source: place.source, line: place.line, start: place.start, end: place.end() }],
        excerpts: observed.excerpts.clone(),
        ..Credential::default()
    }
}

fn date(printed: &ZonedDate) -> ValidityDate {
    ValidityDate { text: printed.text.clone(), value: Some(printed.value), readings: vec![printed.value] }
}
