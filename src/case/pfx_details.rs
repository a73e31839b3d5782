//! `inputs[].details` of a PFX file.

use super::credential::Credential;
use super::pfx::Pair;
use super::pfx::PfxFile;
use crate::formats::der::hex;
use crate::formats::pfx::algorithms::{Encryption, Kdf};
use crate::formats::pfx::{self, Bag, Mac, Pfx, SafeKind};
use serde_json::{Value, json};

/// The details, under the names of the report's contract.
pub(super) fn details(
    pfx: &Pfx,
    file: &PfxFile,
    pairs: &[Pair],
    chains: &[&[usize]],
    credentials: &[Credential],
) -> Value {
    let mut bags = Vec::new();
    let mut index = 0_usize;
    for safe in &pfx.safes {
        let of_safe = match &safe.kind {
            SafeKind::Encrypted(encryption) => Some(encryption),
            _ => None,
        };
        for item in &safe.bags {
            bags.push(bag(item, of_safe, pairs.iter().find(|pair| pair.key == index)));
            index = index.saturating_add(1);
        }
    }
    // Importers differ by key only through what its bag says, so a file with one key has one list.
    let parts = credentials.iter().filter_map(|credential| credential.pfx.as_ref());
    let imports: Vec<Value> = parts
        .enumerate()
        .flat_map(|(number, part)| part.imports.iter().map(move |import| (number, import)))
        .map(|(number, import)| {
            json!({
                "importer": import.importer,
                "provider": import.provider,
                "provider_type": import.provider_type,
                "key_spec": import.key_spec.map(|spec| spec.0),
                "scope": import.scope,
                "confidence": import.confidence,
                "key_file": import.key_file,
                "source": import.source,
                "note": (!import.note.is_empty()).then_some(import.note),
                "key": number,
            })
        })
        .collect();
    json!({
        "version": pfx.version.value,
        "mac": pfx.mac.as_ref().map(mac),
        "password": file.password.word(),
        "sid_protected": pfx.sid_protection.is_some(),
        "sid_protection": sid_protection(pfx),
        "ber": pfx.ber,
        "trailing_bytes": pfx.trailing.as_ref().map_or(0, |trailing| trailing.value),
        "safes": pfx.safes.iter().map(safe).collect::<Vec<_>>(),
        "bags": bags,
        "chain": chains,
        "imports": imports,
        "opens_on": file.opens_on(),
    })
}

fn mac(mac: &Mac) -> Value {
    json!({
        "algorithm": mac.algorithm.value.name(),
        "iterations": mac.iterations.value,
        "salt_bytes": mac.salt.len(),
    })
}

fn safe(safe: &pfx::Safe) -> Value {
    let (kind, encrypted) = match &safe.kind {
        SafeKind::Data => ("data", None),
        SafeKind::Encrypted(encryption) => ("encryptedData", Some(encryption)),
        SafeKind::Enveloped => ("envelopedData", None),
        SafeKind::Other(oid) => (oid.as_str(), None),
    };
    json!({ "type": kind, "encryption": encrypted.map(encryption), "locked": safe.locked, "bytes": [safe.start, safe.end] })
}

fn encryption(encryption: &Encryption) -> Value {
    let kdf = encryption.kdf.as_ref();
    let prf = match kdf {
        Some(Kdf::Pbkdf2 { prf, .. }) => Some(prf.name()),
        _ => None,
    };
    let mut value = json!({
        "scheme": encryption.scheme_name(),
        "cipher": encryption.cipher.as_ref().map(|cipher| cipher.name()),
        "kdf": kdf.and_then(Kdf::name),
        "prf": prf,
        "iterations": kdf.and_then(Kdf::iterations),
        "salt_bytes": kdf.map(Kdf::salt_length),
    });
    if let (Some(Kdf::Scrypt { n, r, p, .. }), Some(map)) = (kdf, value.as_object_mut()) {
        map.insert("scrypt".to_owned(), json!({ "n": n, "r": r, "p": p }));
    }
    value
}

fn bag(bag: &Bag, of_safe: Option<&Encryption>, pair: Option<&Pair>) -> Value {
    let attributes = &bag.attributes;
    let key = bag.key();
    let mut value = json!({
        "type": bag.kind.name(),
        "encryption": bag.encryption.as_ref().or(of_safe).map(encryption),
        "friendly_name": attributes.friendly_name.as_ref().map(|name| &name.value),
        "local_key_id": attributes.local_key_id.as_ref().map(|id| hex(&id.value)),
        "provider": attributes.provider.as_ref().map(|name| &name.value),
        "machine_keyset": attributes.machine_keyset.is_some(),
        "key_usage": key.and_then(|key| key.key_usage.as_ref()).map(|usage| hex(&[usage.value.bits])),
        "algorithm": key.map(|key| &key.algorithm),
        "bits": key.and_then(|key| key.bits),
        "curve": key.and_then(|key| key.curve),
        "matches_bag": pair.filter(|pair| key.is_some() && pair.matches != Some(false)).and_then(|pair| pair.certificate),
        "matched_by": pair.filter(|pair| pair.certificate.is_some()).and_then(|pair| match pair.matches {
            Some(true) => Some("public-key"),
            None if key.is_some() => Some("local-key-id"),
            _ => None,
        }),
        "properties": attributes
            .properties
            .iter()
            .map(|property| json!({ "id": property.value.id, "host_name": property.value.host_name }))
            .collect::<Vec<_>>(),
        "other_attributes": attributes.unknown.iter().map(|oid| &oid.value).collect::<Vec<_>>(),
        "duplicate_attributes": attributes.duplicates.iter().map(|oid| &oid.value).collect::<Vec<_>>(),
        "bytes": [bag.start, bag.end],
    });
    if let (Some(certificate), Some(map)) = (bag.certificate(), value.as_object_mut()) {
        let facts = json!({
            "sha1": certificate.sha1,
            "subject": certificate.subject,
            "issuer": certificate.issuer,
            "ca": certificate.ca,
            "public_key": {
                "algorithm": certificate.public_key.algorithm,
                "bits": certificate.public_key.bits,
                "sha1": certificate.public_key.sha1,
            },
        });
        map.insert("certificate".to_owned(), facts);
    }
    value
}

fn sid_protection(pfx: &Pfx) -> Value {
    let Some(protection) = &pfx.sid_protection else { return Value::Null };
    let recipients = protection.value.recipients.iter().map(|recipient| {
        let key = recipient.key.as_ref().map(|key| &key.value);
        json!({
            "descriptors": recipient
                .descriptors
                .iter()
                .map(|descriptor| format!("{}={}", descriptor.value.0, descriptor.value.1))
                .collect::<Vec<_>>(),
            "root_key": key.map(|key| &key.root_key),
            "domain": key.map(|key| &key.domain),
            "forest": key.map(|key| &key.forest),
        })
    });
    Value::Array(recipients.collect())
}
