//! The PFX reader against the collected samples and what their index states, and against damage.
#![cfg(feature = "decrypt")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use keyspect::formats::der::hex;
use keyspect::formats::pfx::algorithms::{Encryption, Kdf, MacAlgorithm};
use keyspect::formats::pfx::open::open;
use keyspect::formats::pfx::{Bag, BagValue, Engine, PasswordState, Pfx, SafeKind, certificate_of_key, walk};
use keyspect::limits::Limits;
use serde_json::Value;
use zeroize::Zeroizing;

fn samples() -> Option<PathBuf> {
    let folder = std::env::var_os("KEYSPECT_SAMPLES")
        .map(PathBuf::from)
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/samples"))
        .join("pfx");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: the samples are not at {}", folder.display());
    None
}

struct Score {
    misses: Vec<String>,
    facts: usize,
}

impl Score {
    fn fact<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, want: T, got: T) {
        self.facts += 1;
        if want != got {
            self.misses.push(format!("{what}: want {want:?}, got {got:?}"));
        }
    }
}

fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key)?.as_str()
}

fn compare_encryption(score: &mut Score, what: &str, want: &Value, got: Option<&Encryption>) {
    let Some(oid) = text(want, "oid") else { return };
    let Some(got) = got else { return score.fact(what, Some(oid), None) };
    score.fact(what, oid, &got.oid);
    let cipher = got.cipher.as_ref().map(|cipher| cipher.name());
    if let Some(name) = text(want, "cipher") {
        let name = name.replace("DES-EDE3", "3DES");
        // The index names RC2 in PBES2 without its effective bits.
        let got = cipher.unwrap_or_default();
        let got = if name == "RC2" { got.split('-').next().unwrap().to_owned() } else { got };
        score.fact(&format!("{what} cipher"), name, got);
    }
    if let Some(kdf) = text(want, "kdf") {
        score.fact(&format!("{what} kdf"), Some(kdf), got.kdf.as_ref().and_then(Kdf::name));
    }
    if let (Some(prf), Some(Kdf::Pbkdf2 { prf: got, .. })) = (text(want, "prf"), &got.kdf) {
        score.fact(&format!("{what} prf"), prf, got.name());
    }
    if let Some(iterations) = want.get("iter").and_then(Value::as_u64) {
        let got = got.kdf.as_ref().and_then(Kdf::iterations);
        score.fact(&format!("{what} iterations"), Some(iterations), got);
    }
    if let Some(length) = want.get("salt_len").and_then(Value::as_u64) {
        let got = got.kdf.as_ref().map_or(0, |kdf| kdf.salt_length() as u64);
        score.fact(&format!("{what} salt"), length, got);
    }
}

fn compare_bag(score: &mut Score, pfx: &Pfx, bags: &[Value], index: usize, want: &Value, got: &Bag) {
    let what = format!("bag {index}");
    score.fact(&format!("{what} type"), text(want, "type").unwrap(), got.kind.name());
    let none = Vec::new();
    let mut count = 0;
    let mut types = std::collections::BTreeSet::new();
    for attribute in want.get("attributes").and_then(Value::as_array).unwrap_or(&none) {
        let oid = text(attribute, "oid").unwrap();
        let value = attribute.get("values").and_then(|values| values.get(0)).and_then(Value::as_str);
        count += 1;
        if !types.insert(oid) {
            let again = got.attributes.duplicates.iter().any(|duplicate| duplicate.value == oid);
            score.fact(&format!("{what} second {oid}"), true, again);
            continue;
        }
        // The index cuts long values: `…..(132)`.
        let value = value.filter(|value| !value.contains("..(")).map(str::to_owned);
        if value.is_none() && attribute.get("values").is_some_and(|values| values.get(0).is_some()) {
            continue;
        }
        match oid {
            "1.2.840.113549.1.9.20" => {
                let value = value.map(|value| value.trim_end_matches('\0').to_owned());
                let got = got.attributes.friendly_name.as_ref().map(|name| name.value.clone());
                score.fact(&format!("{what} friendlyName"), value, got);
            }
            "1.2.840.113549.1.9.21" => {
                let got = got.attributes.local_key_id.as_ref().map(|id| hex(&id.value));
                score.fact(&format!("{what} localKeyID"), value, got);
            }
            "1.3.6.1.4.1.311.17.1" => {
                let got = got.attributes.provider.as_ref().map(|name| name.value.clone());
                score.fact(&format!("{what} provider"), value, got);
            }
            "1.3.6.1.4.1.311.17.2" => {
                score.fact(&format!("{what} machine key"), true, got.attributes.machine_keyset.is_some());
            }
            "2.16.840.1.113894.746875.1.1" => {
                score.fact(&format!("{what} Java trust"), true, got.attributes.java_trusted);
            }
            _ => match oid.strip_prefix("1.3.6.1.4.1.311.17.3.") {
                Some(id) => {
                    let id: u32 = id.parse().unwrap();
                    let property = got.attributes.properties.iter().find(|property| property.value.id == id);
                    score.fact(&format!("{what} property {id}"), true, property.is_some());
                    if id == 71 {
                        let host = property.and_then(|property| property.value.host_name.clone()).unwrap_or_default();
                        let utf16: Vec<u8> = host.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
                        score.fact(&format!("{what} host name"), value, Some(hex(&utf16)));
                    }
                }
                None => {
                    let found = got.attributes.unknown.iter().any(|unknown| unknown.value == oid);
                    score.fact(&format!("{what} attribute {oid}"), true, found);
                }
            },
        }
    }
    let attributes = &got.attributes;
    let seen = usize::from(attributes.friendly_name.is_some())
        + usize::from(attributes.local_key_id.is_some())
        + usize::from(attributes.provider.is_some())
        + usize::from(attributes.machine_keyset.is_some())
        + usize::from(attributes.java_trusted)
        + attributes.properties.len()
        + attributes.unknown.len()
        + attributes.duplicates.len();
    score.fact(&format!("{what} number of attributes"), count, seen);
    if let Some(encryption) = want.get("encryption") {
        compare_encryption(score, &format!("{what} encryption"), encryption, got.encryption.as_ref());
    }
    if let Some(subject) = text(want, "subject") {
        let common = |name: &str| name.split("CN=").nth(1).map(|rest| rest.split(',').next().unwrap().to_owned());
        let got = got.certificate().map(|certificate| certificate.subject.clone()).unwrap_or_default();
        if !subject.contains(['\\', '+', '#']) && !got.contains('"') {
            score.fact(&format!("{what} subject"), common(subject), common(&got));
        }
    }
    let Some(key) = want.get("key") else { return };
    let Some(got_key) = got.key() else { return score.fact(&format!("{what} key"), true, false) };
    let name = match text(key, "alg").unwrap() {
        "EC" => "ECC",
        "2.16.840.1.101.3.4.4.3" => "ML-KEM-1024",
        "2.16.840.1.101.3.4.4.2" => "ML-KEM-768",
        other => other,
    };
    score.fact(&format!("{what} algorithm"), name, &got_key.algorithm);
    if let Some(bits) = key.get("bits").and_then(Value::as_u64) {
        score.fact(&format!("{what} bits"), Some(bits), got_key.bits.map(u64::from));
    }
    let usage = key.get("pkcs8_attributes").and_then(Value::as_array).and_then(|attributes| {
        let attribute = attributes.iter().find(|attribute| text(attribute, "oid") == Some("2.5.29.15"))?;
        attribute.get("values")?.get(0)?.as_str()?.split(' ').next_back().map(str::to_owned)
    });
    let got_usage = got_key.key_usage.as_ref().map(|usage| hex(&[usage.value.unused, usage.value.bits]));
    score.fact(&format!("{what} key usage"), usage, got_usage);
    // The index has no match where its tool could not read the certificate's key type.
    let unread = |bag: &Value| bag.get("cert_error").is_some();
    if bags.iter().any(unread) {
        return;
    }
    if let Some(matches) = want.get("matches_cert").and_then(Value::as_bool) {
        score.fact(&format!("{what} certificate"), matches, certificate_of_key(pfx, got).is_some());
    }
}

/// Files whose MAC is wrong on purpose: it decides, so what is encrypted stays locked.
const WRONG_MAC: [&str; 2] =
    ["gnutls__gnutls/pbmac1_256_256.bad-iter.p12", "gnutls__gnutls/pbmac1_256_256.bad-salt.p12"];

fn compare(folder: &Path, entry: &Value, score: &mut Score, opened: &mut [usize; 2]) {
    let limits = Limits::default();
    let file = text(entry, "file").unwrap();
    let content = entry.get("content").unwrap();
    let bytes = std::fs::read(folder.join(file)).unwrap();
    let before = Instant::now();
    let walked = walk(&bytes, &limits);
    let Some(bags) = content.get("bags").and_then(Value::as_array) else { return };
    let mut pfx = match walked {
        Ok(pfx) => pfx,
        Err(error) => return score.fact("is read", String::new(), error.to_string()),
    };
    let locked_keys = pfx.bags().filter(|bag| matches!(bag.value, BagValue::LockedKey)).count();
    let given: Vec<Zeroizing<String>> =
        text(entry, "password").map(|password| Zeroizing::new(password.to_owned())).into_iter().collect();
    let outcome = open(&mut pfx, &given, &limits);
    let time = before.elapsed();
    score.fact("time", true, time < Duration::from_secs(20));

    score.fact("version", content.get("version").and_then(Value::as_u64), Some(pfx.version.value));
    let trailing = content.get("trailing_bytes").and_then(Value::as_u64).unwrap_or(0);
    score.fact("trailing", trailing, pfx.trailing.as_ref().map_or(0, |trailing| trailing.value as u64));
    if content.get("ber_indefinite") == Some(&Value::Bool(true)) {
        score.fact("BER", true, pfx.ber);
    }
    match content.get("mac").filter(|mac| !mac.is_null()) {
        None => score.fact("MAC", true, pfx.mac.is_none()),
        Some(want) => {
            let Some(mac) = &pfx.mac else { return score.fact("MAC", false, true) };
            score.fact("MAC algorithm", text(want, "alg").unwrap(), mac.algorithm.value.name());
            let iterations = want.get("pbkdf2_iterations").or_else(|| want.get("iterations")).and_then(Value::as_u64);
            score.fact("MAC iterations", iterations, Some(mac.iterations.value));
            if !matches!(mac.algorithm.value, MacAlgorithm::Pbmac1 { .. }) {
                score.fact("MAC salt", want.get("salt_len").and_then(Value::as_u64), Some(mac.salt.len() as u64));
            }
        }
    }
    let safes = content.get("safes").and_then(Value::as_array).unwrap();
    let state = text(entry, "password_state").unwrap();
    if state != "unknown" && safes.iter().any(|safe| safe.get("error").is_some() && safe.get("encryption").is_none()) {
        return score.fact("a broken part is a problem", true, !pfx.problems.is_empty());
    }
    score.fact("number of safes", safes.len(), pfx.safes.len());
    for (want, got) in safes.iter().zip(&pfx.safes) {
        let (kind, encryption) = match &got.kind {
            SafeKind::Data => ("data", None),
            SafeKind::Encrypted(encryption) => ("encryptedData", Some(encryption)),
            SafeKind::Enveloped => ("envelopedData", None),
            SafeKind::Other(oid) => (oid.as_str(), None),
        };
        score.fact("type of a safe", text(want, "type").unwrap(), kind);
        if let Some(want) = want.get("encryption") {
            compare_encryption(score, "safe", want, encryption);
        }
    }
    if WRONG_MAC.contains(&file) {
        score.fact("password", PasswordState::Wrong, outcome);
        return;
    }
    match state {
        "known" if text(entry, "password") == Some("") => {
            let fine = matches!(outcome, PasswordState::Given(0) | PasswordState::NoneNeeded | PasswordState::Null);
            score.fact("empty password", true, fine);
        }
        "known" => score.fact("password", true, matches!(outcome, PasswordState::Given(0) | PasswordState::NoneNeeded)),
        "null" => score.fact("password", PasswordState::Null, outcome),
        _ => {}
    }
    // The index's tool could not decrypt RC2 in PBES2, so it lists only the keys of such files.
    let rc2 = safes.iter().any(|safe| safe.get("encryption").and_then(|e| text(e, "cipher")) == Some("RC2"));
    let got: Vec<&Bag> = pfx.bags().filter(|bag| !rc2 || bag.is_key()).collect();
    if state == "unknown" {
        let got: Vec<&Bag> = got.into_iter().filter(|bag| bag.is_key()).collect();
        let want: Vec<&Value> = bags.iter().filter(|bag| text(bag, "type") == Some("shroudedKeyBag")).collect();
        score.fact("key bags", want.len(), locked_keys);
        for (index, (want, got)) in want.iter().zip(&got).enumerate() {
            compare_bag(score, &pfx, bags, index, want, got);
        }
        return;
    }
    score.fact("number of bags", bags.len(), got.len());
    for (index, (want, got)) in bags.iter().zip(&got).enumerate() {
        compare_bag(score, &pfx, bags, index, want, got);
    }
    opened[0] += got.iter().filter(|bag| bag.opened_by == Some(Engine::P12Keystore)).count();
    opened[1] += got.iter().filter(|bag| bag.opened_by == Some(Engine::Own)).count();
}

#[test]
fn every_sample_gives_what_its_index_states() {
    let Some(folder) = samples() else { return };
    let index: Vec<Value> = serde_json::from_slice(&std::fs::read(folder.join("index.json")).unwrap()).unwrap();
    let (mut facts, mut perfect, mut misses, mut opened) = (0, 0, Vec::new(), [0, 0]);
    for entry in &index {
        let mut score = Score { misses: Vec::new(), facts: 0 };
        compare(&folder, entry, &mut score, &mut opened);
        facts += score.facts;
        perfect += usize::from(score.misses.is_empty());
        let file = text(entry, "file").unwrap();
        misses.extend(score.misses.into_iter().map(|miss| format!("{file}: {miss}")));
    }
    eprintln!("{perfect} of {} files, {facts} facts, {} misses", index.len(), misses.len());
    eprintln!("keys opened: {} by p12-keystore, {} by the ciphers of RustCrypto", opened[0], opened[1]);
    assert!(misses.is_empty(), "{}", misses.join("\n"));
    assert!(opened[0] > opened[1]);
}
