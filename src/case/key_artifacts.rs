//! From the bytes of a key, store or request artifact to what it gives to the case, whatever its family.

use super::artifact::{Artifact, Origin, ReadStatus};
use super::credential::{Association, Credential};
use super::{from_events, from_keys, from_pfx, from_pfx_listing, from_requests, from_stores};
use crate::formats::detect_binary::{self, BinaryKind};
use crate::formats::text_lines::lines;
use crate::formats::{FormatError, pem, pfx_listing, reg_export, reg_query, request_inf};
use crate::input::Passwords;
use crate::limits::Limits;
use crate::model::fact::{Fact, Place};
use serde_json::{Value, json};

/// Reads an artifact of one of these families; `None` for bytes of none of them, and for a PFX that is not armoured, which has
/// its own reader.
pub fn read(data: &[u8], origin: &Origin<'_>, limits: &Limits) -> Option<Artifact> {
    match detect_binary::detect_with_armour(data)? {
        (kind, true) => armoured(data, kind, origin, limits),
        (BinaryKind::Pfx, false) => None,
        (kind, false) => Some(of_kind(kind, data, origin, limits)),
    }
}

/// Reads an artifact that was found inside a text; also what is none by itself: the lines of `reg query`.
pub fn read_embedded(text: &str, origin: &Origin<'_>, limits: &Limits) -> Option<Artifact> {
    if reg_query::recognise(text) {
        return from_stores::reg_query(text, origin, limits);
    }
    if text.starts_with("LS0tLS1CRUdJTi")
        && let Some(armour) = pem::base64(text)
    {
        // The armour is none of the text: all of it stands where the Base64 does.
        return read(&armour, &Origin { block: Some(origin.place(0, text.len())), ..*origin }, limits);
    }
    read(text.as_bytes(), origin, limits)
}

/// Whether a text, by its first bytes, is read whole by [`read`]: a registry export, a request INF, PEM or bare Base64.
/// Not a log of certutil that shows one of these.
pub fn claims_text(head: &[u8]) -> bool {
    if reg_export::recognise(head) {
        return true;
    }
    if !(pem::recognise(head) || request_inf::recognise(head) || pem::bare(head, &Limits::default()).is_some()) {
        return false;
    }
    let log = |line: &str| line.contains("CertUtil:") || line.starts_with("================");
    !lines(head).any(|line| log(&line.text))
}

fn of_kind(kind: BinaryKind, data: &[u8], origin: &Origin<'_>, limits: &Limits) -> Artifact {
    match kind {
        BinaryKind::CapiKeyBlob => from_keys::capi_key_blob(data, origin, limits),
        BinaryKind::Pvk => from_keys::pvk(data, origin, limits),
        BinaryKind::CngKeyBlob => from_keys::cng_key_blob(data, origin, limits),
        BinaryKind::CapiKeyContainer => from_keys::capi_key_container(data, origin, limits),
        BinaryKind::CngKeyFile => from_keys::cng_key_file(data, origin, limits),
        BinaryKind::CngKeyTransport => from_keys::cng_key_transport(data, origin, limits),
        BinaryKind::TpmKeyBlob => from_keys::tpm_key_blob(data, origin, limits),
        BinaryKind::DpapiBlob => from_keys::dpapi_blob(data, limits),
        BinaryKind::DpapiMasterKey => from_keys::dpapi_master_key(data, limits),
        BinaryKind::RoamingToken => from_keys::roaming_token(data, origin, limits, |inner, place| {
            let kind = detect_binary::detect(inner).filter(|kind| *kind != BinaryKind::RoamingToken)?;
            Some(of_kind(kind, inner, place, limits))
        }),
        BinaryKind::CertStore => from_stores::cert_store(data, origin, limits),
        BinaryKind::RegistryCertBlob => from_stores::registry_blob(data, origin, limits),
        BinaryKind::RegExport => from_stores::reg_export(data, origin, limits),
        BinaryKind::EventLog => from_events::evtx(data, origin, limits),
        BinaryKind::RegistryHive => from_stores::registry_hive(data),
        BinaryKind::Certificate => from_stores::certificate_file(data, origin, limits),
        BinaryKind::Pkcs7 => from_stores::pkcs7(data, origin, limits),
        BinaryKind::CertificateRequest => from_requests::certificate_request(data, origin, limits),
        BinaryKind::RequestInf => from_requests::request_inf(data, origin, limits),
        BinaryKind::PrivateKey => from_keys::private_key(data, origin, limits),
        BinaryKind::Pfx => {
            let none = Passwords::default();
            let passwords = origin.passwords.unwrap_or(&none).for_file(origin.file_name.unwrap_or_default());
            match from_pfx::open(data, &passwords, limits) {
                Ok(opened) => from_pfx::read(opened, &mut || None, origin, limits),
                Err(error) => Artifact::failed("pfx", error),
            }
        }
    }
}

/// The blocks of a PEM file. A certificate and the private key of the same file become one credential when their public
/// keys are the same; in what OpenSSL prints of a PFX, as they do in the file.
fn armoured(data: &[u8], kind: BinaryKind, origin: &Origin<'_>, limits: &Limits) -> Option<Artifact> {
    let pem = pem::parse(data, limits).ok()?;
    let mut artifact = Artifact::new(kind.word());
    artifact.encoding = Some(crate::formats::text_lines::encoding(data).0.name());
    let mut details = Vec::new();
    let mut credentials = Vec::new();
    let mut locked = false;
    // The bytes are the input's own.
    let direct = origin.lines.is_none() && origin.block.is_none();
    for (index, block) in pem.blocks.iter().enumerate() {
        let mut place = origin.place(block.bytes.0, block.bytes.1);
        if direct {
            place.line = u32::try_from(block.line).unwrap_or(u32::MAX);
            place.column = 1;
        }
        // A key file's name is no armour's; the name of a PFX chooses its passwords.
        let inside = Origin { block: Some(place), file_name: None, ..*origin };
        let inner = if block.encrypted {
            locked = true;
            let details = json!({ "form": block.label, "encryption": "PEM" });
            Artifact { details: Some(details), ..Artifact::new("private-key") }
        } else {
            match detect_binary::detect_armoured(&block.content) {
                // They stand in front of a key that has them, too.
                None if block.label.ends_with(" PARAMETERS") => continue,
                None => {
                    let message = format!("the block {} is none of the known structures", block.label);
                    artifact.add_problems([FormatError::new(message, block.bytes.0)]);
                    continue;
                }
                Some(BinaryKind::Pfx) => {
                    let inside = Origin { file_name: origin.file_name, ..inside };
                    of_kind(BinaryKind::Pfx, &block.content, &inside, limits)
                }
                Some(kind) => of_kind(kind, &block.content, &inside, limits),
            }
        };
        locked |= inner.status == ReadStatus::Locked;
        let shift = |error: FormatError| FormatError::new(error.message, block.bytes.0);
        artifact.add_problems(inner.problems.into_iter().map(shift));
        details.push((block, inner.kind, inner.details));
        credentials.extend(inner.credentials.into_iter().map(|credential| (index, credential)));
        artifact.observed.extend(inner.observed);
    }
    let details_empty = details.is_empty();
    artifact.details = if let [(_, _, only)] = details.as_slice() {
        only.clone()
    } else {
        let blocks: Vec<Value> = details
            .iter()
            .map(|(block, kind, details)| {
                json!({ "label": block.label, "line": block.line, "kind": kind, "details": details })
            })
            .collect();
        Some(json!({ "blocks": blocks }))
    };
    match pfx_listing::read(data, &pem.blocks) {
        Some(listing) => {
            artifact.credentials = from_pfx_listing::credentials(&listing, &pem.blocks, credentials, origin);
        }
        None => {
            artifact.credentials = join(credentials.into_iter().map(|(_, credential)| credential).collect());
            for place in strangers(&artifact.credentials) {
                let here = |block: &&pem::PemBlock| origin.place(block.bytes.0, block.bytes.1).start == place.start;
                let at = pem.blocks.iter().find(here).map_or(0, |block| block.bytes.0);
                let message =
                    "the private key is the key of none of the certificates beside it: the public keys differ";
                artifact.problems.push(FormatError::new(message, at));
            }
        }
    }
    artifact.add_problems(pem.problems);
    if direct {
        for problem in &mut artifact.problems {
            let before = data.get(..problem.offset).unwrap_or(data);
            let line = memchr::memchr_iter(b'\n', before).count().saturating_add(1);
            problem.message = format!("{} (line {line})", problem.message);
        }
    }
    if artifact.credentials.is_empty() && details_empty && !artifact.problems.is_empty() {
        artifact.status = ReadStatus::Failed;
    }
    if locked && artifact.status == ReadStatus::Analyzed {
        artifact.status = ReadStatus::Locked;
    }
    Some(artifact)
}

/// The places of keys that are the key of no certificate of the same file, if it has certificates whose public keys are known.
fn strangers(credentials: &[Credential]) -> Vec<Place> {
    let certificate = |c: &Credential| c.certificate.as_ref().is_some_and(|c| c.public_key.sha1.is_some());
    if !credentials.iter().any(certificate) {
        return Vec::new();
    }
    let alone = credentials.iter().filter(|c| c.certificate.is_none() && c.pfx.is_none());
    alone.filter_map(|c| c.key.public_key_sha1.as_ref().map(|sha1| sha1.place)).collect()
}

/// Gives each key without a certificate to the certificate of the same file that has the same public key.
fn join(credentials: Vec<Credential>) -> Vec<Credential> {
    let (mut keys, mut out): (Vec<_>, Vec<_>) = credentials.into_iter().partition(|c| c.certificate.is_none());
    for credential in &mut out {
        let own = credential.certificate.as_ref().and_then(|c| c.public_key.sha1.as_ref());
        let Some(own) = own.map(|sha1| sha1.value) else { continue };
        let of = |key: &Credential| key.key.public_key_sha1.as_ref().map(|sha1| sha1.value);
        if let Some(at) = keys.iter().position(|key| !key.key.public_only && of(key) == Some(own)) {
            let key = keys.remove(at);
            let place = key.key.public_key_sha1.as_ref().map_or(Place::default(), |sha1| sha1.place);
            credential.key = key.key;
            credential.key.association = Association::Linked;
            credential.key.association_place = Some(place);
            credential.key.matches_certificate = Some(Fact::stated(true, place));
            credential.sources.extend(key.sources);
        }
    }
    out.extend(keys);
    out
}
