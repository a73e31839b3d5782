//! Credentials and details from key blobs, key containers and key files.

use super::artifact::{Artifact, Origin, ReadStatus};
use super::credential::{self, Credential, Key};
use crate::formats::capi_key_blob::{self, CapiKeyBlob, CapiKeyBody};
use crate::formats::capi_key_container::{self, CapiKeyContainer, KeySlot, SlotPublicKey};
use crate::formats::cng_key_file::{self, CngKeyFile};
use crate::formats::dpapi_blob::{self, DpapiBlob};
use crate::formats::key_facts::{KeyFacts, KeySpecFact, KeySpecSource};
use crate::formats::tpm_key_blob::{self, PcpKeyBlob, TpmKeyBlob};
use crate::formats::{
    FormatError, Spanned, bytes, cng_key_blob, cng_key_transport, dpapi_master_key, private_key, pvk, roaming_token,
};
use crate::limits::Limits;
use crate::model::fact::{Basis, Fact, Place};
use crate::model::key_spec::KeySpec;
use crate::model::provider::SOFTWARE_KSP;
use crate::model::thumbprint::Sha1;
use serde_json::{Map, Value, json};

/// The provider whose keys are in the TPM.
const PLATFORM_KSP: &str = "Microsoft Platform Crypto Provider";

/// A value that DPAPI protects.
pub fn protected() -> Value {
    json!({ "protected": "dpapi" })
}

fn how(source: KeySpecSource) -> Basis {
    match source {
        KeySpecSource::Stated => Basis::Stated,
        KeySpecSource::AiKeyAlg => Basis::Derived("from aiKeyAlg, the algorithm id of the key blob"),
        KeySpecSource::Slot => Basis::Derived(credential::ONLY_SLOT),
        KeySpecSource::KeyUsageAttribute => Basis::Derived("from the key's own key usage attribute"),
        KeySpecSource::Cng => Basis::Derived("a CNG key has no KeySpec"),
    }
}

fn key_spec(origin: &Origin<'_>, spec: &Spanned<KeySpecFact>) -> Fact<KeySpec> {
    let place = origin.place(spec.start, spec.end);
    Fact { value: KeySpec(spec.value.value), place, basis: how(spec.value.source) }
}

/// A credential for a key without a certificate. `range` is the record's own bytes.
fn credential(origin: &Origin<'_>, range: (usize, usize), facts: Option<&KeyFacts>) -> Credential {
    let place = origin.place(range.0, range.1);
    let mut key = Key { unique_name: origin.key_file_name(), ..Key::default() };
    if let Some(facts) = facts {
        key.algorithm = Some(Fact::stated(facts.algorithm.clone(), place));
        key.bits = facts.bits.map(|bits| Fact::stated(bits, place));
        key.public_key_sha1 = facts.public_key_sha1.map(|sha1| Fact::stated(Sha1(sha1), place));
    }
    Credential {
        origin: credential::Origin::KeyFile,
        key,
        sources: vec![origin.range(range.0, range.1)],
        ..Credential::default()
    }
}

/// No provider is named in a CryptoAPI artifact: the type that the default providers of this algorithm have.
fn default_type(facts: Option<&KeyFacts>, place: Place) -> Option<Fact<u32>> {
    match facts?.algorithm.as_str() {
        "RSA" => Some(Fact::derived(1, place, "a CryptoAPI key; RSA keys default to PROV_RSA_FULL")),
        "DSA" | "DH" => Some(Fact::derived(13, place, "a CryptoAPI key; DSA keys default to PROV_DSS_DH")),
        _ => None,
    }
}

fn cng(key: &mut Key, provider: &str, place: Place) {
    key.provider = Some(Fact::derived(provider.to_owned(), place, "the format is this provider's own"));
    key.provider_type = Some(Fact::derived(0, place, "a key storage provider"));
    key.key_spec = Some(Fact { value: KeySpec::NONE, place, basis: how(KeySpecSource::Cng) });
}

/// The key's algorithm, size and public-key hash, for the details.
fn facts_json(facts: Option<&KeyFacts>) -> Value {
    let Some(facts) = facts else { return Value::Null };
    json!({
        "algorithm": facts.algorithm,
        "parameters": facts.parameters,
        "bits": facts.bits,
        "sha1": facts.public_key_sha1.map(|sha1| bytes::hex(&sha1)),
        "private": facts.has_private,
    })
}

fn named(alg: u32) -> Value {
    json!({ "value": alg, "name": capi_key_blob::alg_name(alg) })
}

fn rfc3339(time: time::OffsetDateTime) -> String {
    crate::model::date::Moment::Utc(time).rfc3339()
}

fn dpapi_json(blob: &DpapiBlob) -> Value {
    json!({
        "dwVersion": blob.version.value,
        "provider": blob.provider.value,
        "master_key_version": blob.master_key_version.value,
        "master_key_guid": blob.master_key_guid.value,
        "flags": blob.flags.value,
        "local_machine": blob.is_local_machine(),
        "description": blob.description.value,
        "algCrypt": named(blob.alg_crypt.value),
        "algCryptBits": blob.alg_crypt_bits.value,
        "algHash": named(blob.alg_hash.value),
        "algHashBits": blob.alg_hash_bits.value,
        "cbSalt": blob.cb_salt,
        "cbHmacKey": blob.cb_hmac_key,
        "cbHmac": blob.cb_hmac,
        "cbData": blob.cb_data,
        "cbSign": blob.cb_sign,
        "data": protected(),
    })
}

fn optional_dpapi(blob: Option<&DpapiBlob>) -> Value {
    blob.map_or(Value::Null, dpapi_json)
}

fn read<T>(kind: &'static str, parsed: Result<T, FormatError>, fill: impl FnOnce(T, &mut Artifact)) -> Artifact {
    match parsed {
        Ok(record) => {
            let mut artifact = Artifact::new(kind);
            fill(record, &mut artifact);
            artifact
        }
        Err(error) => Artifact::failed(kind, error),
    }
}

fn blob_json(blob: &CapiKeyBlob) -> Value {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| {
        fields.insert(name.to_owned(), value);
    };
    if let Some(header) = &blob.strong_name {
        put("SigAlgId", header.sig_alg_id.value.into());
        put("HashAlgId", header.hash_alg_id.value.into());
        put("cbPublicKey", header.cb_public_key.value.into());
    }
    if let Some(header) = &blob.backup_key {
        put("version", header.version.value.into());
        put("cbKey", header.cb_key.value.into());
        put("cbCertificate", header.cb_certificate.value.into());
    }
    put("bType", blob.b_type.value.into());
    put("blob", capi_key_blob::blob_type_name(blob.b_type.value).into());
    put("bVersion", blob.b_version.value.into());
    put("reserved", blob.reserved.value.into());
    put("aiKeyAlg", blob.ai_key_alg.value.into());
    put("aiKeyAlg_name", capi_key_blob::alg_name(blob.ai_key_alg.value).into());
    match &blob.body {
        CapiKeyBody::Rsa { magic, bitlen, pubexp } => {
            put("magic", bytes::magic_text(magic.value).into());
            put("bitlen", bitlen.value.into());
            put("pubexp", pubexp.value.into());
        }
        CapiKeyBody::DiscreteLog { magic, bitlen, bitlen_q, bitlen_j, bitlen_x, seed_counter } => {
            put("magic", bytes::magic_text(magic.value).into());
            put("bitlen", bitlen.value.into());
            for (name, value) in [("bitlenQ", bitlen_q), ("bitlenJ", bitlen_j), ("bitlenX", bitlen_x)] {
                if let Some(value) = value {
                    put(name, value.value.into());
                }
            }
            put("seed_counter", seed_counter.as_ref().map(|counter| counter.value).into());
        }
        CapiKeyBody::Simple { wrapping_alg, cb_encrypted } => {
            put("wrapping_alg", named(wrapping_alg.value));
            put("cbEncryptedKey", (*cb_encrypted).into());
        }
        CapiKeyBody::PlainText { key_size } => put("dwKeySize", key_size.value.into()),
        CapiKeyBody::Opaque { cb } => put("cbOpaque", (*cb).into()),
        CapiKeyBody::Encrypted { cb } => {
            put("cbEncrypted", (*cb).into());
            put("key", json!({ "protected": "encrypted with a session key or a password" }));
        }
    }
    put("public_key", facts_json(blob.key.as_ref()));
    put("trailing_zeros", blob.trailing_zeros.into());
    Value::Object(fields)
}

/// A CryptoAPI key blob.
pub fn capi_key_blob(data: &[u8], origin: &Origin<'_>, limits: &Limits) -> Artifact {
    read("capi-key-blob", capi_key_blob::parse(data, limits), |blob, artifact| {
        artifact.details = Some(blob_json(&blob));
        if matches!(blob.body, CapiKeyBody::Encrypted { .. }) {
            artifact.status = ReadStatus::Locked;
        }
        let Some(facts) = &blob.key else { return };
        let mut credential = credential(origin, (0, data.len()), Some(facts));
        credential.key.public_only = !facts.has_private;
        credential.key.key_spec = blob.key_spec.as_ref().map(|spec| key_spec(origin, spec));
        credential.key.provider_type =
            default_type(Some(facts), origin.place(blob.ai_key_alg.start, blob.ai_key_alg.end));
        artifact.credentials.push(credential);
    })
}

/// A PVK file: its `keytype` states the KeySpec, the blob's `aiKeyAlg` is a second witness.
pub fn pvk(data: &[u8], origin: &Origin<'_>, limits: &Limits) -> Artifact {
    read("pvk", pvk::parse(data, limits), |file, artifact| {
        artifact.details = Some(json!({
            "magic": file.magic.value,
            "reserved": file.reserved.value,
            "keytype": file.keytype.value,
            "encrypttype": file.encrypt_type.value,
            "saltlen": file.saltlen.value,
            "keylen": file.keylen.value,
            "keytype_agrees": file.keytype_agrees,
            "blob": blob_json(&file.blob),
        }));
        if file.is_encrypted() {
            artifact.status = ReadStatus::Locked;
        }
        let mut credential = credential(origin, (0, data.len()), file.blob.key.as_ref());
        credential.key.key_spec = Some(key_spec(origin, &file.key_spec));
        credential.key.key_spec_witness = file.blob.key_spec.as_ref().map(|spec| key_spec(origin, spec));
        let place = origin.place(file.blob.ai_key_alg.start, file.blob.ai_key_alg.end);
        credential.key.provider_type = default_type(file.blob.key.as_ref(), place);
        artifact.credentials.push(credential);
    })
}

/// A CNG key blob. It names no provider, and a KeySpec means nothing for it.
pub fn cng_key_blob(data: &[u8], origin: &Origin<'_>, limits: &Limits) -> Artifact {
    read("cng-key-blob", cng_key_blob::parse(data, limits), |blob, artifact| {
        let mut details = Map::new();
        details.insert("dwMagic".to_owned(), bytes::magic_text(blob.magic.value).into());
        details.insert("blob".to_owned(), blob.blob.into());
        for (name, value) in &blob.fields {
            details.insert((*name).to_owned(), value.value.into());
        }
        if let Some(set) = &blob.parameter_set {
            details.insert("parameter_set".to_owned(), set.value.clone().into());
        }
        details.insert("public_key".to_owned(), facts_json(blob.key.as_ref()));
        details.insert("trailing_zeros".to_owned(), blob.trailing_zeros.into());
        artifact.details = Some(Value::Object(details));
        if let Some(facts) = blob.key.as_ref().filter(|facts| facts.algorithm != "symmetric") {
            let mut credential = credential(origin, (0, data.len()), Some(facts));
            credential.key.public_only = !facts.has_private;
            if facts.algorithm != "RSA" && facts.algorithm != "DSA" && facts.algorithm != "DH" {
                let place = origin.place(blob.magic.start, blob.magic.end);
                credential.key.provider_type = Some(Fact::derived(0, place, "only CNG has keys of this algorithm"));
            }
            artifact.credentials.push(credential);
        }
    })
}

fn slot_json(slot: Option<&KeySlot>) -> Value {
    let Some(slot) = slot else { return Value::Null };
    let public = slot.public.as_ref().map(|public| match public.value {
        SlotPublicKey::Rsa { keylen, bitlen, datalen, pubexp } => {
            json!({ "magic": "RSA1", "keylen": keylen, "bitlen": bitlen, "datalen": datalen, "pubexp": pubexp })
        }
        SlotPublicKey::Blob { ai_key_alg } => json!({ "aiKeyAlg": ai_key_alg }),
    });
    json!({
        "key_spec": slot.key_spec.value.value,
        "public": public,
        "public_key": facts_json(slot.key.as_ref()),
        "private": optional_dpapi(slot.private.as_ref()),
        "export_flag": optional_dpapi(slot.export_flag.as_ref()),
        "exportable": protected(),
    })
}

/// A CryptoAPI key container: one credential for each filled slot.
pub fn capi_key_container(data: &[u8], origin: &Origin<'_>, limits: &Limits) -> Artifact {
    let mut artifact = read("capi-key-container", capi_key_container::parse(data, limits), |file, artifact| {
        let mut details = Map::new();
        details.insert("dwVersion".to_owned(), file.version.value.into());
        details.insert("unknown".to_owned(), file.unknown.value.into());
        for (name, length) in &file.lengths {
            details.insert((*name).to_owned(), length.value.into());
        }
        details.insert("name".to_owned(), file.name.value.clone().into());
        details.insert("hash".to_owned(), file.hash.value.clone().into());
        details.insert("signature".to_owned(), slot_json(file.signature.as_ref()));
        details.insert("exchange".to_owned(), slot_json(file.exchange.as_ref()));
        details.insert("expected_file_name".to_owned(), expected_capi(&file).into());
        artifact.details = Some(Value::Object(details));
        for slot in [&file.exchange, &file.signature].into_iter().flatten() {
            let mut credential = credential(origin, (0, data.len()), slot.key.as_ref());
            if let (Some(public), Some(facts)) = (&slot.public, &slot.key) {
                let place = origin.place(public.start, public.end);
                credential.key.bits = facts.bits.map(|bits| Fact::stated(bits, place));
                credential.key.public_key_sha1 = facts.public_key_sha1.map(|sha1| Fact::stated(Sha1(sha1), place));
            }
            credential.key.container = Some(origin.stated(&file.name));
            let place = origin.place(slot.key_spec.start, slot.key_spec.end);
            credential.key.key_spec = Some(if file.exchange.is_some() && file.signature.is_some() {
                let how = "from the slot of the key container that holds it; the other slot is filled too";
                Fact::derived(KeySpec(slot.key_spec.value.value), place, how)
            } else {
                key_spec(origin, &slot.key_spec)
            });
            credential.key.provider_type = default_type(slot.key.as_ref(), place);
            artifact.credentials.push(credential);
        }
        artifact.add_problems(file.problems);
    });
    keep_file_name(&mut artifact, origin);
    artifact
}

fn expected_capi(file: &CapiKeyContainer) -> Option<String> {
    crate::model::container_name::capi_file_prefix(&file.name.value)
}

/// A key file that can't be read is still named by its file name: something stands where the key should be.
fn keep_file_name(artifact: &mut Artifact, origin: &Origin<'_>) {
    if artifact.status == ReadStatus::Failed
        && let Some(name) = origin.key_file_name()
    {
        artifact.details = Some(json!({ "file_name": name.value }));
    }
}

fn key_file_json(file: &CngKeyFile) -> Value {
    let properties: Vec<Value> = file
        .public_properties
        .iter()
        .map(|p| json!({ "type": p.property_type, "name": p.name, "cbValue": p.cb_value }))
        .collect();
    json!({
        "version": file.version.value,
        "unknown": file.unknown.value,
        "type": file.key_type.value,
        "algorithm": file.algorithm,
        "cbName": file.cb_name.value,
        "cbPublicProperties": file.cb_public_properties.value,
        "cbPrivateProperties": file.cb_private_properties.value,
        "cbPrivateKey": file.cb_private_key.value,
        "name": file.name.value,
        "expected_file_name": crate::model::container_name::cng_file_prefix(&file.name.value),
        "Modified": file.modified.as_ref().map(|time| rfc3339(time.value)),
        "CreatorProcessName": file.creator_process.as_ref().map(|name| name.value.clone()),
        "public_properties": properties,
        "public_key": facts_json(file.key.as_ref()),
        "private_properties": optional_dpapi(file.private_properties.as_ref()),
        "private_key": optional_dpapi(file.private_key.as_ref()),
        "Export Policy": protected(),
        "Key Usage": protected(),
        "UI Policy": protected(),
        "Security Descr": protected(),
    })
}

fn key_file_credential(file: &CngKeyFile, range: (usize, usize), origin: &Origin<'_>) -> Credential {
    let mut credential = credential(origin, range, file.key.as_ref());
    credential.key.container = Some(origin.stated(&file.name));
    let place = origin.place(file.key_type.start, file.key_type.end);
    cng(&mut credential.key, SOFTWARE_KSP, place);
    credential
}

/// A CNG key file.
pub fn cng_key_file(data: &[u8], origin: &Origin<'_>, limits: &Limits) -> Artifact {
    let mut artifact = read("cng-key-file", cng_key_file::parse(data, limits), |file, artifact| {
        artifact.details = Some(key_file_json(&file));
        artifact.credentials.push(key_file_credential(&file, (0, data.len()), origin));
        artifact.add_problems(file.problems);
    });
    keep_file_name(&mut artifact, origin);
    artifact
}

/// A CNG transport blob, with the key file in it.
pub fn cng_key_transport(data: &[u8], origin: &Origin<'_>, limits: &Limits) -> Artifact {
    read("cng-key-transport", cng_key_transport::parse(data, limits), |blob, artifact| {
        let master_keys: Vec<&str> = blob.master_keys.iter().map(|guid| guid.value.as_str()).collect();
        artifact.details = Some(json!({
            "cchName": blob.cch_name.value,
            "cbFileName": blob.cb_file_name.value,
            "cbPrivateKeyFile": blob.cb_private_key_file.value,
            "cbLegacyFileName": blob.cb_legacy_file_name.value,
            "cbLegacyKey": blob.cb_legacy_key.value,
            "flags": blob.flags.value,
            "name": blob.name.value,
            "file_name": blob.file_name.value,
            "legacy_file_name": blob.legacy_file_name.value,
            "master_keys": master_keys,
            "key_file": blob.key_file.as_ref().map(key_file_json),
        }));
        if let Some(file) = blob.key_file {
            let mut credential = key_file_credential(&file, (0, data.len()), origin);
            if crate::model::container_name::split_file_name(&blob.file_name.value).is_some() {
                credential.key.unique_name = Some(origin.stated(&blob.file_name));
            }
            artifact.credentials.push(credential);
            artifact.add_problems(file.problems);
        }
    })
}

fn pcpm(blob: &PcpKeyBlob, data: &[u8], origin: &Origin<'_>, artifact: &mut Artifact) {
    let mut details = Map::new();
    details.insert("magic".to_owned(), "PCPM".into());
    details.insert("cbHeader".to_owned(), blob.cb_header.value.into());
    details.insert("pcpType".to_owned(), blob.pcp_type.value.into());
    details.insert("flags".to_owned(), blob.flags.value.into());
    for (name, length) in &blob.lengths {
        details.insert((*name).to_owned(), length.value.into());
    }
    details.insert("pcrAlgId".to_owned(), blob.pcr_alg_id.as_ref().map(|alg| alg.value).into());
    let attributes = blob.public.as_ref().map(|public| {
        json!({
            "value": public.attributes.value,
            "fixedTPM": public.fixed_tpm(),
            "sign": public.sign(),
            "decrypt": public.decrypt(),
        })
    });
    details.insert("objectAttributes".to_owned(), attributes.into());
    details.insert("public_key".to_owned(), facts_json(blob.key.as_ref()));
    artifact.details = Some(Value::Object(details));
    let mut credential = credential(origin, (0, data.len()), blob.key.as_ref());
    cng(&mut credential.key, PLATFORM_KSP, origin.place(0, 4));
    if blob.public.as_ref().is_some_and(tpm_key_blob::TpmPublic::fixed_tpm) {
        credential.key.exportable = credential::Exportable::No;
    }
    artifact.credentials.push(credential);
}

/// A key of the Platform Crypto Provider.
pub fn tpm_key_blob(data: &[u8], origin: &Origin<'_>, limits: &Limits) -> Artifact {
    read("tpm-key-blob", tpm_key_blob::parse(data, limits), |blob, artifact| match blob {
        TpmKeyBlob::Pcpm(blob) => pcpm(&blob, data, origin, artifact),
        TpmKeyBlob::Pksp(file) => {
            let entries: Vec<Value> =
                file.entries.iter().map(|(tag, length)| json!({ "tag": tag, "length": length.value })).collect();
            artifact.details = Some(json!({
                "magic": "PKSP",
                "unique_name": file.unique_name.as_ref().map(|name| name.value.clone()),
                "key_type": file.key_type.as_ref().map(|name| name.value.clone()),
                "entries": entries,
                "key": optional_dpapi(file.key.as_ref()),
            }));
            let mut credential = credential(origin, (0, data.len()), None);
            cng(&mut credential.key, PLATFORM_KSP, origin.place(0, 4));
            credential.key.container = file.unique_name.as_ref().map(|name| origin.stated(name));
            artifact.credentials.push(credential);
            artifact.add_problems(file.problems);
        }
    })
}

/// A DPAPI blob: described, never opened.
pub fn dpapi_blob(data: &[u8], limits: &Limits) -> Artifact {
    read("dpapi-blob", dpapi_blob::parse(data, limits), |blob, artifact| {
        artifact.details = Some(dpapi_json(&blob));
    })
}

/// A DPAPI master key file: described, never opened.
pub fn dpapi_master_key(data: &[u8], limits: &Limits) -> Artifact {
    read("dpapi-master-key", dpapi_master_key::parse(data, limits), |file, artifact| {
        artifact.details = Some(json!({
            "dwVersion": file.version.value,
            "guid": file.guid.value,
            "dwPolicy": file.flags.value,
            "cbMasterKey": file.cb_master_key.value,
            "cbBackupKey": file.cb_backup_key.value,
            "cbCredHist": file.cb_cred_hist.value,
            "cbDomainKey": file.cb_domain_key.value,
        }));
    })
}

/// A credential roaming token; `content` reads the wrapped file.
pub fn roaming_token(
    data: &[u8],
    origin: &Origin<'_>,
    limits: &Limits,
    content: impl FnOnce(&[u8], &Origin<'_>) -> Option<Artifact>,
) -> Artifact {
    read("roaming-token", roaming_token::parse(data, limits), |token, artifact| {
        let (start, end) = token.data;
        let wrapped = data.get(start..end).filter(|wrapped| !wrapped.is_empty());
        let inner = wrapped.and_then(|wrapped| {
            let place = Origin { file_name: Some(&token.id.value), base: origin.base.saturating_add(start), ..*origin };
            content(wrapped, &place)
        });
        let mut details = json!({
            "type": token.token_type.value,
            "type_name": roaming_token::type_name(token.token_type.value),
            "id": token.id.value,
            "modified": token.modified.as_ref().map(|time| rfc3339(time.value)),
            "flags": token.flags.value,
            "unreadable": token.flags.value & roaming_token::UNREADABLE != 0,
            "cbExtra": token.cb_extra.value,
            "sha1": token.sha1.value,
            "sha1_matches": token.sha1_matches,
            "cbData": token.cb_data.value,
            "content": null,
        });
        if let Some(inner) = inner {
            if let Some(slot) = details.get_mut("content") {
                *slot = json!({ "kind": inner.kind, "details": inner.details });
            }
            artifact.credentials = inner.credentials;
            let shift = |error: FormatError| FormatError::new(error.message, error.offset.saturating_add(start));
            artifact.add_problems(inner.problems.into_iter().map(shift));
        }
        artifact.details = Some(details);
        if token.sha1_matches == Some(false) {
            let message = "the SHA-1 of the roaming token is not the one of the file in it";
            artifact.add_problems([FormatError::new(message, token.sha1.start)]);
        }
    })
}

/// A private key in DER.
pub fn private_key(data: &[u8], origin: &Origin<'_>, limits: &Limits) -> Artifact {
    read("private-key", private_key::parse(data, limits), |file, artifact| {
        artifact.details = Some(json!({
            "form": file.form.name(),
            "algorithm": file.key.as_ref().map(|key| key.algorithm.clone()),
            "encryption": file.encryption,
            "key_usage": file.key_usage.as_ref().map(|usage| format!("{:02x}", usage.value)),
            "public_key": facts_json(file.key.as_ref()),
        }));
        if file.encryption.is_some() {
            artifact.status = ReadStatus::Locked;
        }
        let mut credential = credential(origin, (0, data.len()), file.key.as_ref());
        credential.key.key_spec = file.key_spec.as_ref().map(|spec| key_spec(origin, spec));
        artifact.credentials.push(credential);
        artifact.add_problems(file.problem);
    })
}
