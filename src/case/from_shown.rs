//! Credentials from the certificates and keys that PowerShell and other tools show.

use super::credential::{
    Access, Association, Certificate, Credential, Exportable, Key, Origin, Scope, SourceRange, Store, Surroundings,
    ValidityDate,
};
use crate::formats::certutil::PrintedDate;
use crate::model::fact::{Basis, Fact};
use crate::model::flags::CRYPT_MACHINE_KEYSET;
use crate::model::observation::{Observation, Observed, ShownBy, ShownCertificate, ShownKey};
use crate::model::thumbprint::Sha1;

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
        archived: shown.archived.clone(),
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
        surroundings: Surroundings { machine: computer(observed).map(str::to_lowercase), ..Surroundings::default() },
        ..Credential::default()
    })
}

/// The computer that a remote session adds to a list (Microsoft Learn, "Invoke-Command": PSComputerName). An address is no name.
pub(super) fn computer(observed: &Observed) -> Option<&str> {
    let (_, name) = observed.fields.iter().find(|(label, _)| label == "ps_computer_name")?;
    let name = name.value.trim();
    let address = name.contains(':') || name.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    Some(name).filter(|name| !address && !name.eq_ignore_ascii_case("localhost"))
}

/// Lines between a certificate's list and the list of its key.
const NEXT_LIST: u32 = 6;

/// A key. It is that of the certificate that the command in front of it names, or its own text, else of the one whose list is the
/// record `before` and stands directly above.
pub fn of_key(observed: &Observed, shown: &ShownKey, before: Option<&Observed>) -> Credential {
    let place = observed.place;
    let above = before.filter(|_| shown.thumbprint.is_none()).and_then(|before| match &before.what {
        Observation::Certificate(certificate) if before.place.source == place.source => {
            let last = before.fields.iter().map(|(_, value)| value.place.line).max().unwrap_or(before.place.line);
            // A row of a table is one certificate of several, and after a command another one may be meant.
            let is_list = last > before.place.line && shown.command_line <= before.place.line;
            (is_list && place.line.saturating_sub(last) <= NEXT_LIST).then_some(&**certificate)
        }
        _ => None,
    });
    let derived = |sha1: &Fact<Sha1>, how| Fact::derived(sha1.value, sha1.place, how);
    let sha1 = match (&shown.thumbprint, above) {
        (Some(sha1), _) if shown.shown_by == ShownBy::CertificateText => Some(sha1.clone()),
        (Some(sha1), _) => Some(derived(sha1, "from the command in front of the key")),
        (None, Some(certificate)) => {
            certificate.thumbprint.as_ref().map(|sha1| derived(sha1, "from the list above the key's"))
        }
        (None, None) => None,
    };
    let opened = shown.shown_by == ShownBy::CngKey;
    let store_path = shown.store_path.as_ref().or_else(|| above?.store_path.as_ref());
    let key = Key {
        association: if sha1.is_some() { Association::Linked } else { Association::Unknown },
        association_place: sha1.as_ref().map(|_| place),
        access: match shown.accessible.as_ref().map(|accessible| accessible.value) {
            Some(true) => Access::Opened,
            Some(false) => Access::NotOpened,
            // There is a `CngKey` only of a key that was opened.
            None if opened => Access::Opened,
            None => Access::Unknown,
        },
        access_place: shown.accessible.as_ref().map(|accessible| accessible.place).or(opened.then_some(place)),
        container: shown.container.clone(),
        unique_name: shown.unique_name.clone(),
        provider: shown.provider.clone(),
        provider_type: shown.provider_type.clone(),
        family: shown.family.clone(),
        flags: shown.machine.as_ref().and_then(|machine| {
            let flags = if machine.value { CRYPT_MACHINE_KEYSET } else { 0 };
            let how = match shown.shown_by {
                ShownBy::CspKeyContainerInfo => "from MachineKeyStore",
                ShownBy::CertificateText => "from Key Store",
                ShownBy::KeyFile => "from the folder of the key file",
                ShownBy::CngKey => return None,
            };
            Some(Fact::derived(flags, machine.place, how))
        }),
        key_spec: shown.key_spec.clone(),
        bits: shown.bits.clone(),
        exportable: match shown.exportable.as_ref().map(|exportable| exportable.value) {
            Some(true) => Exportable::Yes,
            Some(false) => Exportable::No,
            None => Exportable::Unknown,
        },
        ..Key::default()
    };
    Credential {
        // A key whose certificate is not known gets no verdict.
        origin: if sha1.is_some() { Origin::StoreDump } else { Origin::KeyFile },
        certificate: sha1.map(|sha1| Certificate { sha1: Some(sha1), ..Certificate::default() }),
        store: store_path.map(store),
        key,
        sources: vec![SourceRange { source: place.source, line: place.line, start: place.start, end: place.end() }],
        excerpts: observed.excerpts.clone(),
        ..Credential::default()
    }
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
