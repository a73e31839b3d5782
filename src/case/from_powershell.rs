//! Credentials from the certificates that PowerShell lists.

use super::credential::{Association, Certificate, Credential, Key, Origin, Scope, SourceRange, Store, ValidityDate};
use crate::formats::certutil::PrintedDate;
use crate::model::fact::{Basis, Fact};
use crate::model::observation::{Observed, ShownCertificate};

/// The certificate of a listing with what the listing tells of its key; `None` without a thumbprint.
///
/// `HasPrivateKey` only says that the certificate has a key link (ARTIFACTS of the field: an empty `PrivateKey` beside it is a
/// CNG key seen by .NET Framework, or one without access). Which key it is, the listing does not show.
pub fn credential(observed: &Observed, shown: &ShownCertificate) -> Option<Credential> {
    let sha1 = shown.thumbprint.clone()?;
    let association = shown.has_private_key.as_ref();
    let key = Key {
        association: match association.map(|h| h.value) {
            Some(true) => Association::Linked,
            Some(false) => Association::None,
            None => Association::Unknown,
        },
        association_place: association.map(|h| h.place),
        ..Key::default()
    };
    let usages: Vec<String> = shown.extended_key_usage.iter().map(|u| u.value.clone()).collect();
    // Names in a language that no table holds are no OIDs: then the usages are not known.
    let known = usages.iter().all(|u| u.bytes().all(|b| b.is_ascii_digit() || b == b'.'));
    let extended_key_usage = shown.extended_key_usage.first().filter(|_| known).map(|u| Fact {
        value: usages,
        place: u.place,
        basis: u.basis,
    });
    let certificate = Certificate {
        sha1: Some(sha1),
        serial: shown.serial.clone(),
        // A cut subject is only a beginning.
        subject: shown.subject.clone().filter(|_| !shown.subject_cut),
        issuer: shown.issuer.clone(),
        not_before: shown.not_before.as_ref().and_then(date),
        not_after: shown.not_after.as_ref().and_then(date),
        friendly_name: shown.friendly_name.clone(),
        extended_key_usage,
        alternative_names: shown
            .alternative_names
            .iter()
            .map(|n| n.clone().map(|name| format!("DNS Name={name}")))
            .collect(),
        self_signed: match (&shown.subject, &shown.issuer) {
            (Some(subject), Some(issuer)) if !shown.subject_cut => Some(Fact {
                value: subject.value == issuer.value,
                place: subject.place,
                basis: Basis::Derived("from the subject and the issuer"),
            }),
            _ => None,
        },
        ..Certificate::default()
    };
    let place = observed.place;
    Some(Credential {
        origin: Origin::StoreDump,
        certificate: Some(certificate),
        store: shown.store_path.as_ref().map(store),
        key,
        sources: vec![SourceRange { source: place.source, line: place.line, start: place.start, end: place.end() }],
        excerpts: observed.excerpts.clone(),
        ..Credential::default()
    })
}

/// `LocalMachine\My`, with or without the provider's prefix in front.
fn store(path: &Fact<String>) -> Store {
    let parts: Vec<&str> = path.value.rsplit(['\\', '/', ':']).filter(|p| !p.is_empty()).take(2).collect();
    let scope = match parts.get(1).map(|p| p.to_ascii_lowercase()).as_deref() {
        Some("localmachine") => Scope::Machine,
        Some("currentuser") => Scope::User,
        _ => Scope::Unknown,
    };
    Store {
        name: parts.first().map(|name| Fact::stated((*name).to_owned(), path.place)),
        scope: Some(Fact::derived(scope, path.place, "from the store's path")),
    }
}

/// A date in the culture of the host: what it says is open until its order of day and month is.
fn date(text: &Fact<String>) -> Option<ValidityDate> {
    let printed = PrintedDate::parse(&text.value)?;
    let readings = printed.readings();
    let value = match readings.as_slice() {
        [one] => Some(*one),
        _ => None,
    };
    Some(ValidityDate { text: text.clone(), value, readings })
}
