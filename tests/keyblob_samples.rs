//! The readers of key blobs, containers, stores and requests against real files.
//!
//! Expected values: the samples' own index, and `tests/data/keyblob_public_keys.txt`, which OpenSSL and the Python package
//! "cryptography" made (`tests/data/keyblob_public_keys.py`). The samples are not part of the project; without them the
//! tests say that they were skipped.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, missing_docs)]

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use keyspect::formats::bytes::hex;
use keyspect::formats::detect_binary::{BinaryKind, asn1, detect};
use keyspect::formats::key_facts::KeyFacts;
use keyspect::formats::tpm_key_blob::TpmKeyBlob;
use keyspect::formats::{
    FormatError, Readable, capi_key_blob, capi_key_container, cert_element, cert_store, certificate_request,
    cng_key_blob, cng_key_file, cng_key_transport, dpapi_blob, dpapi_master_key, pem, pkcs7, private_key, pvk,
    request_inf, roaming_token, tpm_key_blob, x509,
};
use keyspect::limits::Limits;
use serde_json::Value;

fn folder() -> Option<PathBuf> {
    let root = std::env::var_os("KEYSPECT_SAMPLES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/samples"), PathBuf::from);
    let folder = root.join("keyblobs");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no folder {}", folder.display());
    None
}

struct Sample {
    file: String,
    family: String,
    expected: Value,
    bytes: Vec<u8>,
}

fn samples() -> Vec<Sample> {
    let Some(folder) = folder() else { return Vec::new() };
    let index: Value = serde_json::from_slice(&std::fs::read(folder.join("index.json")).unwrap()).unwrap();
    let mut samples = Vec::new();
    for entry in index.as_array().unwrap() {
        let file = entry["file"].as_str().unwrap().to_owned();
        let Ok(bytes) = std::fs::read(folder.join(&file)) else { continue };
        let family = entry["family"].as_str().unwrap().to_owned();
        samples.push(Sample { file, family, expected: entry["expected"].clone(), bytes });
    }
    samples
}

fn kinds(family: &str) -> &'static [BinaryKind] {
    match family {
        "capi_blob" | "capi_blob_bad" | "snk" => &[BinaryKind::CapiKeyBlob],
        "pvk" => &[BinaryKind::Pvk],
        "cng_blob" => &[BinaryKind::CngKeyBlob],
        "capi_container" => &[BinaryKind::CapiKeyContainer],
        "cng_keyfile" => &[BinaryKind::CngKeyFile],
        "cng_opaquetransport" => &[BinaryKind::CngKeyTransport],
        "pcp_blob" => &[BinaryKind::TpmKeyBlob],
        "dpapi_blob" => &[BinaryKind::DpapiBlob],
        "dpapi_masterkey" => &[BinaryKind::DpapiMasterKey],
        "roaming_token" => &[BinaryKind::RoamingToken],
        "sst" => &[BinaryKind::CertStore],
        "registry_blob" | "cert_element" => &[BinaryKind::RegistryCertBlob],
        "csr" => &[BinaryKind::CertificateRequest],
        "inf" => &[BinaryKind::RequestInf],
        _ => &[],
    }
}

#[test]
fn every_sample_is_recognised_as_its_family() {
    let mut wrong = Vec::new();
    for sample in samples() {
        let found = detect(&sample.bytes);
        let wanted = kinds(&sample.family);
        if wanted.is_empty() && found.is_none() || found.is_some_and(|kind| wanted.contains(&kind)) {
            continue;
        }
        wrong.push(format!("{}: {found:?}", sample.file));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What a certificate says of its public key, in the words of [`KeyFacts`].
fn certificate_key(bytes: &[u8]) -> Option<(String, String, u32)> {
    let key = x509::read(bytes, &Limits::default()).ok()?.public_key;
    Some((key.sha1, key.algorithm, key.bits?))
}

fn facts(key: Option<&KeyFacts>) -> Option<(String, String, u32)> {
    let key = key?;
    Some((hex(&key.public_key_sha1?), key.algorithm.to_owned(), key.bits?))
}

fn request(bytes: &[u8]) -> Result<certificate_request::CertificateRequest, FormatError> {
    let limits = Limits::default();
    if bytes.first() == Some(&0x30) {
        return certificate_request::parse(bytes, &limits);
    }
    let pem = pem::parse(bytes, &limits)?;
    if let Some(problem) = pem.problems.into_iter().next() {
        return Err(problem);
    }
    let block = pem.blocks.first().ok_or_else(|| FormatError::new("no PEM block", 0))?;
    certificate_request::parse(&block.content, &limits)
}

fn public_key(sample: &Sample) -> Option<(String, String, u32)> {
    let (bytes, limits) = (&sample.bytes, Limits::default());
    match sample.family.as_str() {
        "capi_blob" | "snk" => facts(capi_key_blob::parse(bytes, &limits).unwrap().key.as_ref()),
        "cng_blob" => facts(cng_key_blob::parse(bytes, &limits).unwrap().key.as_ref()),
        "pvk" => facts(pvk::parse(bytes, &limits).unwrap().blob.key.as_ref()),
        "cng_keyfile" => facts(cng_key_file::parse(bytes, &limits).unwrap().key.as_ref()),
        "cng_opaquetransport" => {
            facts(cng_key_transport::parse(bytes, &limits).unwrap().key_file.unwrap().key.as_ref())
        }
        "capi_container" => facts(capi_key_container::parse(bytes, &limits).unwrap().exchange.unwrap().key.as_ref()),
        "cert_element" | "registry_blob" => {
            let (start, end) = cert_element::parse(bytes, &limits).unwrap().encoded;
            certificate_key(&bytes[start..end])
        }
        "csr" => {
            let key = request(bytes).unwrap().public_key.unwrap().value;
            Some((key.sha1, key.algorithm, key.bits?))
        }
        _ => None,
    }
}

#[test]
fn public_keys_are_those_of_openssl() {
    let table: HashMap<&str, (&str, &str, u32)> = include_str!("data/keyblob_public_keys.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let mut words = line.splitn(4, ' ');
            let mut next = || words.next().unwrap();
            let (sha1, algorithm, bits) = (next(), next(), next().parse().unwrap());
            (next(), (sha1, algorithm, bits))
        })
        .collect();
    assert!(table.len() > 100);
    let mut compared = 0;
    for sample in samples() {
        let Some((sha1, algorithm, bits)) = table.get(sample.file.as_str()) else { continue };
        match public_key(&sample) {
            Some((own, own_algorithm, own_bits)) => {
                assert_eq!((own.as_str(), own_algorithm.as_str()), (*sha1, *algorithm), "{}", sample.file);
                // A modulus may have leading zero bits; the blob states the size it was made for.
                assert!(own_bits == *bits || own_bits == bits.next_multiple_of(8), "{}: {own_bits}", sample.file);
                compared += 1;
            }
            // A DSS private blob of version 2 holds no public number; OpenSSL computes it.
            None => assert_eq!(*algorithm, "DSA", "{}", sample.file),
        }
    }
    assert!(compared == 0 || compared > 125, "only {compared} were compared");
}

fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => {
            let word = text.split_whitespace().next()?;
            match word.strip_prefix("0x") {
                Some(hex) => u64::from_str_radix(hex, 16).ok(),
                None => word.parse().ok(),
            }
        }
        _ => None,
    }
}

fn spec_name(value: u32) -> &'static str {
    match value {
        1 => "AT_KEYEXCHANGE",
        2 => "AT_SIGNATURE",
        _ => "other",
    }
}

/// Compares when the index states the value.
fn same(file: &str, name: &str, expected: &Value, own: impl Into<Value>) {
    let own = own.into();
    if expected.is_null() {
        return;
    }
    let equal = match (number(expected), number(&own)) {
        (Some(a), Some(b)) => a == b,
        _ => *expected == own,
    };
    assert!(equal, "{file}: {name} is {own}, the index says {expected}");
}

#[test]
fn key_blobs_give_the_values_of_the_index() {
    for sample in samples() {
        let (e, file, limits) = (&sample.expected, sample.file.as_str(), Limits::default());
        match sample.family.as_str() {
            "capi_blob" | "snk" => {
                let record = capi_key_blob::parse(&sample.bytes, &limits).unwrap();
                let spec = record.key_spec.as_ref().map(|spec| spec_name(spec.value.value));
                if let Some(text) = e["bType"].as_str() {
                    assert_eq!(capi_key_blob::blob_type_name(record.b_type.value), text, "{file}");
                } else {
                    same(file, "bType", &e["bType"], record.b_type.value);
                }
                same(file, "bVersion", &e["bVersion"], record.b_version.value);
                same(file, "aiKeyAlg", &e["aiKeyAlg"], record.ai_key_alg.value);
                same(file, "key_spec", &e["key_spec"], spec);
                same(file, "inner_key_spec", &e["inner_key_spec"], spec);
                same(file, "alg", &e["alg"], capi_key_blob::alg_name(record.ai_key_alg.value));
                same(file, "bitlen", &e["bitlen"], record.key.as_ref().and_then(|key| key.bits));
                same(file, "trailing", &e["trailing"], record.trailing_zeros);
                if let capi_key_blob::CapiKeyBody::Rsa { pubexp, .. } = &record.body {
                    same(file, "pubexp", &e["pubexp"], pubexp.value);
                }
            }
            "pvk" => {
                let record = pvk::parse(&sample.bytes, &limits).unwrap();
                same(file, "key_spec", &e["key_spec"], spec_name(record.key_spec.value.value));
                same(file, "encrypted", &e["encrypted"], record.encrypt_type.value);
                same(file, "salt_len", &e["salt_len"], record.saltlen.value);
                same(file, "key_len", &e["key_len"], record.keylen.value);
                same(file, "inner_aiKeyAlg", &e["inner_aiKeyAlg"], record.blob.ai_key_alg.value);
                same(file, "inner_bType", &e["inner_bType"], record.blob.b_type.value);
            }
            "cng_blob" => {
                let record = cng_key_blob::parse(&sample.bytes, &limits).unwrap();
                let field = |name: &str| {
                    record.fields.iter().find(|(known, _)| *known == name).map(|(_, value)| Value::from(value.value))
                };
                same(file, "bits", &e["bits"], record.key.as_ref().and_then(|key| key.bits));
                same(file, "cbKey", &e["cbKey"], field("cbKey"));
                same(file, "cbExp", &e["cbExp"], field("cbPublicExp"));
                same(file, "cbMod", &e["cbMod"], field("cbModulus"));
                same(file, "cbP", &e["cbP"], field("cbPrime1"));
                same(file, "cb", &e["cb"], field("cbKeyData"));
                same(file, "trailing", &e["trailing"], record.trailing_zeros);
                assert_eq!(
                    e["magic"],
                    String::from_utf8_lossy(&record.magic.value.to_le_bytes()).into_owned(),
                    "{file}"
                );
            }
            "capi_blob_bad" => {
                let error = capi_key_blob::parse(&sample.bytes, &limits).unwrap_err();
                assert!(error.message.contains("needs"), "{error}");
            }
            _ => {}
        }
    }
}

#[test]
fn containers_and_key_files_give_the_values_of_the_index() {
    for sample in samples() {
        let (e, file, limits) = (&sample.expected, sample.file.as_str(), Limits::default());
        match sample.family.as_str() {
            "capi_container" => {
                let record = capi_key_container::parse(&sample.bytes, &limits).unwrap();
                assert_eq!(record.problems, []);
                same(file, "sign_slot", &e["sign_slot"], record.signature.is_some());
                same(file, "exchange_slot", &e["exchange_slot"], record.exchange.is_some());
                assert_eq!(record.name.value, "472576b9-14d6-44c3-bfaf-bccd074d4695");
                let slot = record.exchange.unwrap();
                same(file, "key_spec", &e["key_spec"], spec_name(slot.key_spec.value.value));
                assert!(!slot.key_spec.value.source.is_stated());
                assert_eq!(slot.exportable, Readable::Protected("dpapi"));
                assert_eq!(slot.private.unwrap().description.value, "CryptoAPI Private Key");
                assert_eq!(slot.export_flag.unwrap().description.value, "Export Flag");
            }
            "cng_keyfile" => {
                let record = cng_key_file::parse(&sample.bytes, &limits).unwrap();
                assert_eq!(record.problems, [], "{file}");
                same(file, "name", &e["name"], record.name.value.as_str());
                same(file, "type", &e["type"], record.key_type.value);
                same(file, "pub_len", &e["pub_len"], record.cb_public_properties.value);
                same(file, "privprop_len", &e["privprop_len"], record.cb_private_properties.value);
                same(file, "priv_len", &e["priv_len"], record.cb_private_key.value);
                assert!(record.modified.is_some(), "{file}");
                assert_eq!(record.creator_process.is_some(), file.contains("Chromekey1"), "{file}");
                assert_eq!(record.private_key.unwrap().description.value, "Private Key");
                assert_eq!(record.private_properties.unwrap().description.value, "Private Key Properties");
            }
            "cng_opaquetransport" => {
                let record = cng_key_transport::parse(&sample.bytes, &limits).unwrap();
                assert_eq!(record.key_file.unwrap().name.value, record.name.value);
            }
            "pcp_blob" => {
                let TpmKeyBlob::Pcpm(record) = tpm_key_blob::parse(&sample.bytes, &limits).unwrap() else {
                    panic!("{file} is no PCPM")
                };
                same(file, "cbHeader", &e["cbHeader"], record.cb_header.value);
                same(file, "pcpType", &e["pcpType"], record.pcp_type.value);
                same(file, "flags", &e["flags"], record.flags.value);
                same(file, "cbPublic", &e["cbPublic"], record.lengths[0].1.value);
                same(file, "cbPrivate", &e["cbPrivate"], record.lengths[1].1.value);
                let public = record.public.unwrap();
                assert!(public.fixed_tpm() && public.decrypt());
                assert_eq!(record.key.unwrap().bits, Some(2048));
            }
            "roaming_token" => {
                let record = roaming_token::parse(&sample.bytes, &limits).unwrap();
                same(file, "token_type", &e["token_type"], record.token_type.value);
                same(file, "id", &e["id"], record.id.value.as_str());
                same(file, "flags", &e["flags"], record.flags.value);
                same(file, "data_size", &e["data_size"], record.cb_data.value);
                assert_ne!(record.sha1_matches, Some(false), "{file}");
                let data = &sample.bytes[record.data.0..record.data.1];
                assert_eq!(data.is_empty(), detect(data).is_none(), "{file}");
            }
            "dpapi_masterkey" => {
                let record = dpapi_master_key::parse(&sample.bytes, &limits).unwrap();
                assert!(file.ends_with(&record.guid.value), "{file}");
            }
            "dpapi_blob" => {
                let record = dpapi_blob::parse(&sample.bytes, &limits).unwrap();
                same(file, "masterkey_guid", &e["masterkey_guid"], record.master_key_guid.value.as_str());
                same(file, "flags", &e["flags"], record.flags.value);
                same(file, "description", &e["description"], record.description.value.as_str());
                same(file, "alg_crypt", &e["alg_crypt"], record.alg_crypt.value);
                same(file, "alg_crypt_len", &e["alg_crypt_len"], record.alg_crypt_bits.value);
                same(file, "salt_len", &e["salt_len"], record.cb_salt);
                same(file, "hmac_key_len", &e["hmac_key_len"], record.cb_hmac_key);
                same(file, "alg_hash", &e["alg_hash"], record.alg_hash.value);
                same(file, "alg_hash_len", &e["alg_hash_len"], record.alg_hash_bits.value);
                same(file, "hmac2_len", &e["hmac2_len"], record.cb_hmac);
                same(file, "data_len", &e["data_len"], record.cb_data);
                same(file, "sign_len", &e["sign_len"], record.cb_sign);
            }
            _ => {}
        }
    }
}

fn check_elements(file: &str, expected: &Value, elements: &[cert_element::CertElement]) {
    let Some(wanted) = expected["elements"].as_array() else { return };
    let own: Vec<(u32, usize, &cert_element::CertElement)> = elements
        .iter()
        .flat_map(|element| element.records.iter().map(move |r| (r.id, r.value.1 - r.value.0, element)))
        .collect();
    let wanted: Vec<&Value> = wanted.iter().filter(|value| value.is_object()).collect();
    assert_eq!(own.len(), wanted.len(), "{file}");
    for ((id, length, element), want) in own.iter().zip(wanted) {
        same(file, "id", &want["id"], *id);
        same(file, "len", &want["len"], *length);
        if want["friendly_name"].is_string() {
            assert_eq!(want["friendly_name"], element.friendly_name.as_ref().unwrap().value, "{file}");
        }
        if want["sha1"].is_string() {
            assert_eq!(want["sha1"], element.sha1.as_ref().unwrap().value, "{file}");
        }
        let link = &want["key_prov_info"];
        if link.is_object() {
            let own = &element.key_prov_info.as_ref().unwrap().value;
            assert_eq!(link["container"], own.container.as_ref().unwrap().value, "{file}");
            assert_eq!(link["provider"], own.provider.as_ref().unwrap().value, "{file}");
            same(file, "prov_type", &link["prov_type"], own.provider_type.value);
            same(file, "flags", &link["flags"], own.flags.value);
            same(file, "key_spec", &link["key_spec"], own.key_spec.value);
        }
    }
}

#[test]
fn stores_and_elements_give_the_values_of_the_index() {
    use sha1::{Digest, Sha1};
    for sample in samples() {
        let (e, file, limits) = (&sample.expected, sample.file.as_str(), Limits::default());
        match sample.family.as_str() {
            "cert_element" | "registry_blob" => {
                let record = cert_element::parse(&sample.bytes, &limits).unwrap();
                assert_eq!(record.problems, [], "{file}");
                let encoded = &sample.bytes[record.encoded.0..record.encoded.1];
                check_elements(file, e, std::slice::from_ref(&record));
                if let Some(thumbprint) = e["sha1_of_prop32"].as_str() {
                    assert_eq!(hex(&Sha1::digest(encoded)), thumbprint.to_lowercase(), "{file}");
                    let ids: Vec<Value> = record.records.iter().map(|r| Value::from(r.id)).collect();
                    assert_eq!(e["prop_ids"], Value::from(ids), "{file}");
                }
                assert!(record.records.iter().all(|r| r.encoding == 1), "{file}");
            }
            "sst" => {
                let store = cert_store::parse(&sample.bytes, &limits).unwrap();
                let of = |kind| store.elements.iter().filter(|element| element.contents == kind).count();
                same(file, "certs", &e["certs"], of(cert_element::Contents::Certificate));
                same(file, "crls", &e["crls"], of(cert_element::Contents::Crl));
                same(file, "ctls", &e["ctls"], of(cert_element::Contents::Ctl));
                same(file, "end_marker", &e["end_marker"], store.terminated);
                assert_eq!(store.problem, None, "{file}");
                check_elements(file, e, &store.elements);
                for element in &store.elements {
                    assert_eq!(element.problems, [], "{file}");
                    if let Some(stated) = &element.sha1 {
                        let encoded = &sample.bytes[element.encoded.0..element.encoded.1];
                        assert_eq!(stated.value, hex(&Sha1::digest(encoded)), "{file}");
                    }
                }
            }
            _ => {}
        }
    }
}

#[test]
fn requests_and_infs_give_the_values_of_the_index() {
    for sample in samples() {
        let (e, file) = (&sample.expected, sample.file.as_str());
        match sample.family.as_str() {
            "csr" => {
                let record = request(&sample.bytes).unwrap();
                // Its author put other names into it: `openssl req -verify` refuses it, too.
                let edited = file == "csr/asn1crypto/test-windows-host.csr";
                assert_eq!(record.problems.len(), usize::from(edited), "{file}");
                assert_eq!(record.signature_valid == Some(false), edited, "{file}");
                same(file, "key_spec", &e["csp_key_spec"], record.key_spec.map(|spec| spec.value));
                same(file, "provider", &e["csp_name"], record.provider.map(|name| name.value));
                same(file, "client", &e["clientinfo_attr"], record.client.is_some());
                same(file, "os_version", &e["osver_attr"], record.os_version.is_some());
                same(file, "os", &e["os"], record.os_version.map(|text| text.value));
                let client = record.client;
                let text =
                    |field: fn(certificate_request::ClientInfo) -> Option<keyspect::formats::Spanned<String>>| {
                        client.clone().and_then(field).map(|text| text.value)
                    };
                same(file, "process", &e["process"], text(|client| client.process));
                same(file, "machine", &e["machine"], text(|client| client.machine));
                same(file, "client_id", &e["client_id"], client.clone().and_then(|c| c.client_id).map(|id| id.value));
                // The index calls everything CMC that is wrapped; the file names tell the two wrappers.
                let wrapped = matches!(record.format, "cmc" | "pkcs7");
                same(file, "cmc", &e["cmc"], wrapped);
                if wrapped {
                    assert!(file.contains(if record.format == "cmc" { "/cmc" } else { "/pkcs--7" }), "{file}");
                }
                assert_eq!(record.archived_key, file.contains("archival"), "{file}");
            }
            "inf" => {
                let record = request_inf::parse(&sample.bytes, &Limits::default()).unwrap();
                let text = |value: &Value| Value::from(value.as_str().map(|text| text.trim_matches('"').to_owned()));
                same(file, "keyspec", &e["keyspec"], record.key_spec.map(|spec| spec.value));
                same(file, "provider", &text(&e["providername"]), record.provider.map(|name| name.value));
                same(file, "type", &e["providertype"], record.provider_type.map(|value| value.value));
                same(file, "length", &e["keylength"], record.key_length.map(|value| value.value));
                let truth = |value: &Value| Value::from(value.as_str().map(|text| text.eq_ignore_ascii_case("true")));
                same(file, "exportable", &truth(&e["exportable"]), record.exportable.map(|value| value.value));
                same(file, "machine", &truth(&e["machinekeyset"]), record.machine_keyset.map(|value| value.value));
            }
            _ => {}
        }
    }
}

/// True when the whole artifact was read without a complaint.
fn reads_whole(kind: BinaryKind, bytes: &[u8]) -> bool {
    let limits = Limits::default();
    match kind {
        BinaryKind::CapiKeyBlob => capi_key_blob::parse(bytes, &limits).is_ok(),
        BinaryKind::Pvk => pvk::parse(bytes, &limits).is_ok(),
        BinaryKind::CngKeyBlob => cng_key_blob::parse(bytes, &limits).is_ok(),
        BinaryKind::CapiKeyContainer => capi_key_container::parse(bytes, &limits).is_ok(),
        BinaryKind::CngKeyFile => cng_key_file::parse(bytes, &limits).is_ok(),
        BinaryKind::CngKeyTransport => cng_key_transport::parse(bytes, &limits).is_ok(),
        BinaryKind::TpmKeyBlob => tpm_key_blob::parse(bytes, &limits).is_ok(),
        BinaryKind::DpapiBlob => dpapi_blob::parse(bytes, &limits).is_ok(),
        BinaryKind::DpapiMasterKey => dpapi_master_key::parse(bytes, &limits).is_ok(),
        BinaryKind::RoamingToken => roaming_token::parse(bytes, &limits).is_ok(),
        BinaryKind::CertStore => cert_store::parse(bytes, &limits).is_ok_and(|store| store.problem.is_none()),
        BinaryKind::RegistryCertBlob => cert_element::parse(bytes, &limits).is_ok(),
        BinaryKind::CertificateRequest => request(bytes).is_ok(),
        BinaryKind::Pkcs7 => pkcs7::parse(bytes, &limits).is_ok(),
        BinaryKind::PrivateKey => private_key::parse(bytes, &limits).is_ok(),
        _ => false,
    }
}

#[test]
fn a_cut_sample_is_an_error_at_every_offset() {
    for sample in samples() {
        let Some(kind) = kinds(&sample.family).first().copied() else { continue };
        let length = sample.bytes.len();
        // The large store is cut at offsets spread over it.
        let step = if length > 100_000 { length.div_ceil(200) } else { 1 };
        for cut in (0..length).step_by(step) {
            let part = &sample.bytes[..cut];
            let _ = (detect(part), asn1(part), request_inf::parse(part, &Limits::default()));
            if sample.family == "inf" || !reads_whole(kind, part) {
                continue;
            }
            // Layouts that do not state their own length: the ciphertext of a SIMPLEBLOB, the optional DSSSEED at the
            // end of a DSS blob, and PEM text, which may lose its last line end.
            let simple = sample.bytes.first() == Some(&1);
            let without_seed = cut + 24 == length;
            let text = sample.bytes.starts_with(b"-----") && sample.bytes[cut..].iter().all(u8::is_ascii_whitespace);
            assert!(simple || without_seed || text, "{} cut at {cut} of {length} is read as whole", sample.file);
        }
    }
}

/// The elements of a store are read one after the other and independently, so cutting each of them at every offset in a
/// store of its own is cutting the whole store at every offset, in linear time.
#[test]
fn a_large_store_cut_at_every_offset_says_so() {
    let limits = Limits::default();
    for sample in samples().into_iter().filter(|s| s.bytes.len() > 100_000) {
        let whole = cert_store::parse(&sample.bytes, &limits).unwrap();
        let mut start = 8;
        for element in &whole.elements {
            let end = element.encoded.1;
            let alone = [&sample.bytes[..8], &sample.bytes[start..end]].concat();
            for cut in 9..alone.len() {
                let store = cert_store::parse(&alone[..cut], &limits).unwrap();
                assert!(store.problem.is_some(), "{} cut at {}", sample.file, start + cut - 8);
                assert!(store.elements.is_empty(), "{} cut at {}", sample.file, start + cut - 8);
            }
            start = end;
        }
        assert!(whole.elements.len() > 400);
        // The terminator.
        for cut in start..sample.bytes.len() {
            assert!(!cert_store::parse(&sample.bytes[..cut], &limits).unwrap().terminated);
        }
    }
}
