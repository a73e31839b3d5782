//! The PFX reader against the corpus: OpenSSL's view recorded in each `case.toml`, p12-keystore as second opinion, and
//! every file cut at every offset.
#![cfg(feature = "decrypt")]
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};

use keyspect::formats::pfx::open::open;
use keyspect::formats::pfx::{Engine, PasswordState, Pfx, certificate_of_key, chain, looks_like, walk};
use keyspect::limits::Limits;
use zeroize::Zeroizing;

struct Case {
    name: String,
    bytes: Vec<u8>,
    password: String,
    expect: toml::Table,
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/pfx");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let read = |folder: PathBuf| {
        let case: toml::Table = std::fs::read_to_string(folder.join("case.toml")).unwrap().parse().unwrap();
        Case {
            name: folder.file_name().unwrap().to_str().unwrap().to_owned(),
            bytes: std::fs::read(folder.join("file.pfx")).unwrap(),
            password: case["password"].as_str().unwrap().to_owned(),
            expect: case["expect"].as_table().unwrap().clone(),
        }
    };
    folders.into_iter().filter(|folder| folder.is_dir()).map(read).collect()
}

fn case(name: &str) -> Case {
    cases().into_iter().find(|case| case.name == name).unwrap()
}

fn opened(case: &Case) -> (Pfx, PasswordState) {
    let mut pfx = walk(&case.bytes, &Limits::default()).unwrap();
    let given = if case.password.is_empty() { vec![] } else { vec![Zeroizing::new(case.password.clone())] };
    let outcome = open(&mut pfx, &given, &Limits::default());
    (pfx, outcome)
}

fn texts(case: &Case, key: &str) -> Vec<String> {
    case.expect[key].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

#[test]
fn certificates_and_keys_are_those_of_openssl() {
    for case in cases() {
        assert!(looks_like(&case.bytes), "{}", case.name);
        let (pfx, outcome) = opened(&case);
        let certificates: Vec<String> =
            pfx.bags().filter_map(|bag| bag.certificate()).map(|certificate| certificate.sha1.clone()).collect();
        assert_eq!(certificates, texts(&case, "certificates"), "{}: {:?}", case.name, pfx.problems);
        let keys: Vec<Option<String>> =
            pfx.bags().filter_map(|bag| bag.key()).map(|key| key.public_key_sha1.clone()).collect();
        let want = texts(&case, "public_keys");
        assert_eq!(keys.len(), want.len(), "{}", case.name);
        for (key, want) in keys.into_iter().zip(want) {
            // Ed25519 keys in PKCS#8 version 1 and Java's EC keys don't hold their public half: it is computed.
            assert_eq!(key, Some(want), "{}", case.name);
        }
        let expected = match case.name.as_str() {
            "empty-password" => PasswordState::Empty,
            "null-password" => PasswordState::Null,
            _ => PasswordState::Given(0),
        };
        if case.name != "scrypt-over-limit" {
            assert_eq!(outcome, expected, "{}: {:?}", case.name, pfx.problems);
            assert!(!pfx.locked(), "{}", case.name);
        }
    }
}

#[test]
fn openssl_states_the_same_macs_and_encryptions() {
    for case in cases() {
        let (pfx, _) = opened(&case);
        let listing = case.expect["openssl"].as_str().unwrap();
        if let Some(line) =
            listing.lines().find(|line| line.starts_with("MAC: ")).filter(|line| !line.contains("PBMAC1"))
        {
            let mac = pfx.mac.as_ref().unwrap();
            let want = format!("MAC: {}, Iteration {}", mac.algorithm.value.name(), mac.iterations.value);
            assert_eq!(line.to_lowercase(), want.to_lowercase(), "{}", case.name);
        }
        let wanted: Vec<&str> = listing.lines().filter(|line| line.starts_with("Shrouded Keybag: ")).collect();
        let found: Vec<_> = pfx.bags().filter_map(|bag| bag.encryption.as_ref()).collect();
        if listing.contains("PBMAC1") || wanted.is_empty() {
            continue;
        }
        assert_eq!(wanted.len(), found.len(), "{}", case.name);
        for (line, encryption) in wanted.iter().zip(found) {
            assert_eq!(line.contains("PBES2"), encryption.is_pbes2(), "{}", case.name);
            if let Some(iterations) = encryption.kdf.as_ref().unwrap().iterations() {
                assert!(line.contains(&format!("Iteration {iterations}")), "{}: {line}", case.name);
            }
        }
    }
}

#[test]
fn p12_keystore_is_of_the_same_opinion() {
    let mut accepted = 0;
    for case in cases() {
        let Ok(archive) = p12_keystore::Pkcs12Archive::from_pkcs12(&case.bytes, &case.password) else { continue };
        accepted += 1;
        let (pfx, _) = opened(&case);
        if case.name == "nested-safe" || case.name == "scrypt-over-limit" {
            continue;
        }
        assert_eq!(archive.keys.len(), pfx.bags().filter(|bag| bag.is_key()).count(), "{}", case.name);
        let certificates: Vec<String> =
            pfx.bags().filter_map(|bag| bag.certificate()).map(|c| c.sha1.clone()).collect();
        let theirs: Vec<String> = archive
            .certs
            .iter()
            .map(|bag| keyspect::formats::x509::read(bag.cert.as_der(), &Limits::default()).unwrap().sha1)
            .collect();
        assert_eq!(theirs, certificates, "{}", case.name);
    }
    assert!(accepted > 20, "{accepted}");
}

#[test]
fn p12_keystore_opens_what_it_accepts_and_nothing_else() {
    let engine = |name: &str| opened(&case(name)).0.bags().find_map(|bag| bag.opened_by);
    for name in ["openssl-default", "openssl-legacy", "trailing-bytes", "pbmac1", "scrypt", "pbes2-sha512-prf"] {
        assert_eq!(engine(name), Some(Engine::P12Keystore), "{name}");
    }
    for name in ["pbes2-sha1-prf", "rc2-128-rc4-128", "rc4-40-2des", "null-password"] {
        assert_eq!(engine(name), Some(Engine::Own), "{name}");
    }
    assert_eq!(engine("not-encrypted"), None);
}

#[test]
fn what_stands_in_clear_needs_no_password() {
    let pfx = walk(&case("windows-like").bytes, &Limits::default()).unwrap();
    let bags: Vec<_> = pfx.bags().collect();
    let key = &bags[0].attributes;
    assert_eq!(key.provider.as_ref().unwrap().value, "Microsoft Strong Cryptographic Provider");
    assert_eq!(key.friendly_name.as_ref().unwrap().value, "{9F1C3E0A-51C6-4A7B-8C43-0E5C5E7A1B11}");
    assert_eq!(key.local_key_id.as_ref().unwrap().value, [1, 0, 0, 0]);
    assert!(key.machine_keyset.is_some());
    assert!(pfx.locked());
    let certificate = &bags[1].attributes;
    assert_eq!(certificate.friendly_name.as_ref().unwrap().value, "web server");
    let properties: Vec<_> =
        certificate.properties.iter().map(|p| (p.value.id, p.value.host_name.as_deref())).collect();
    assert_eq!(properties, [(20, None), (71, Some("WEB01.corp.contoso.com"))]);
}

#[test]
fn values_have_their_place() {
    let case = case("windows-like");
    let pfx = walk(&case.bytes, &Limits::default()).unwrap();
    let provider = pfx.bags().next().unwrap().attributes.provider.clone().unwrap();
    let written: Vec<u8> = provider.value.encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert!(case.bytes[provider.start..provider.end].ends_with(&written));
    let mac = pfx.mac.unwrap();
    assert_eq!(mac.end, case.bytes.len());
    assert_eq!(&case.bytes[mac.iterations.start..mac.iterations.end], [2, 2, 0x07, 0xd0]);
}

#[test]
fn the_first_of_two_attributes_counts() {
    let pfx = walk(&case("duplicate-attributes").bytes, &Limits::default()).unwrap();
    let attributes = &pfx.bags().next().unwrap().attributes;
    assert_eq!(attributes.friendly_name.as_ref().unwrap().value, "keyname000");
    assert_eq!(attributes.provider.as_ref().unwrap().value, "Microsoft Strong Cryptographic Provider");
    let twice: Vec<_> = attributes.duplicates.iter().map(|duplicate| duplicate.value.as_str()).collect();
    assert_eq!(twice, ["1.2.840.113549.1.9.20", "1.3.6.1.4.1.311.17.1"]);
}

#[test]
fn a_key_belongs_to_a_certificate_by_its_public_key() {
    let (pfx, _) = opened(&case("mismatch"));
    assert_eq!(certificate_of_key(&pfx, pfx.bags().next().unwrap()), None);
    let (pfx, _) = opened(&case("two-keys"));
    let of: Vec<_> = pfx.bags().filter_map(|bag| certificate_of_key(&pfx, bag)).map(|found| found.bag).collect();
    assert_eq!(of, [2, 3]);
    let (pfx, _) = opened(&case("openssl-ed25519"));
    let bags: Vec<_> = pfx.bags().collect();
    let found = certificate_of_key(&pfx, bags.iter().find(|bag| bag.is_key()).unwrap()).unwrap();
    assert!(found.by_public_key);
    let (pfx, _) = opened(&case("openssl-default"));
    assert_eq!(chain(&pfx, 0), (vec![0, 1], false));
}

#[test]
fn key_usage_bytes() {
    let usage = |name: &str| {
        let (pfx, _) = opened(&case(name));
        pfx.bags()
            .find_map(|bag| bag.key())
            .unwrap()
            .key_usage
            .as_ref()
            .map(|usage| (usage.value.unused, usage.value.bits))
    };
    assert_eq!(usage("openssl-keyex"), Some((4, 0x10)));
    assert_eq!(usage("openssl-keysig"), Some((7, 0x80)));
    assert_eq!(usage("windows-like"), Some((0, 0x10)));
    assert_eq!(usage("pbes2-sha512-prf"), Some((0, 0x88)));
    assert_eq!(usage("openssl-default"), None);
}

#[test]
fn sid_protection_is_read_without_a_password() {
    let pfx = walk(&case("sid-protected").bytes, &Limits::default()).unwrap();
    let protection = pfx.sid_protection.unwrap().value;
    let sids: Vec<_> = protection
        .recipients
        .iter()
        .flat_map(|r| &r.descriptors)
        .map(|d| (d.value.0.as_str(), d.value.1.as_str()))
        .collect();
    assert_eq!(
        sids,
        [
            ("SID", "S-1-5-21-1004336348-1177238915-682003330-512"),
            ("SID", "S-1-5-21-1004336348-1177238915-682003330-519")
        ]
    );
    let key = &protection.recipients[0].key.as_ref().unwrap().value;
    assert_eq!(key.root_key, "03020100-0504-0706-0809-0a0b0c0d0e0f");
    assert_eq!((key.domain.as_str(), key.forest.as_str()), ("corp.contoso.com", "contoso.com"));
}

#[test]
fn limits_are_checked_before_any_derivation() {
    let (pfx, _) = opened(&case("scrypt-over-limit"));
    assert!(pfx.problems.iter().any(|problem| problem.message.contains("scrypt with N=16384, r=127, p=1")));
    assert_eq!(
        pfx.bags().next().unwrap().attributes.provider.as_ref().unwrap().value,
        "Microsoft Strong Cryptographic Provider"
    );
    let case = case("openssl-legacy");
    let mut limits = Limits::default();
    limits.kdf_iterations = 10;
    let mut pfx = walk(&case.bytes, &limits).unwrap();
    open(&mut pfx, &[Zeroizing::new(case.password.clone())], &limits);
    assert!(pfx.locked() && pfx.problems.len() == 2, "{:?}", pfx.problems);
    limits = Limits::default();
    limits.mac_iterations = 10;
    let mut pfx = walk(&case.bytes, &limits).unwrap();
    assert_eq!(open(&mut pfx, &[Zeroizing::new(case.password)], &limits), PasswordState::Given(0));
    assert!(pfx.problems[0].message.contains("the limit is 10"), "{:?}", pfx.problems);
}

#[test]
fn a_password_is_tried_once_however_often_it_is_given() {
    let case = case("openssl-default");
    let mut pfx = walk(&case.bytes, &Limits::default()).unwrap();
    // Room for the wrong password, the empty one and the right one.
    let mut limits = Limits::default();
    limits.kdf_iterations_total = 3 * pfx.mac.as_ref().unwrap().iterations.value;
    let wrong = || Zeroizing::new("wrong".to_owned());
    let given = [wrong(), Zeroizing::default(), wrong(), wrong(), wrong(), wrong(), Zeroizing::new(case.password)];
    assert_eq!(open(&mut pfx, &given, &limits), PasswordState::Given(6));
    assert!(!pfx.locked() && pfx.problems.is_empty(), "{:?}", pfx.problems);
}

#[test]
fn a_wrong_password_opens_nothing() {
    for name in ["openssl-default", "openssl-legacy", "openssl-no-mac", "pbmac1"] {
        let case = case(name);
        let mut pfx = walk(&case.bytes, &Limits::default()).unwrap();
        let outcome = open(&mut pfx, &[Zeroizing::new("wrong".to_owned())], &Limits::default());
        assert_eq!((outcome, pfx.locked()), (PasswordState::Wrong, true), "{name}");
        let outcome = open(&mut pfx, &[], &Limits::default());
        assert_eq!(outcome, PasswordState::Missing, "{name}");
        let both = [Zeroizing::new("wrong".to_owned()), Zeroizing::new(case.password)];
        assert_eq!(open(&mut pfx, &both, &Limits::default()), PasswordState::Given(1), "{name}");
    }
}

#[test]
fn cut_at_every_offset_gives_an_error_or_what_is_left() {
    for name in ["windows-like", "nss", "sid-protected", "pbmac1", "nested-safe", "keytool-two-keys"] {
        let case = case(name);
        let mut seen = 0;
        for end in 0..case.bytes.len() {
            let Ok(pfx) = walk(&case.bytes[..end], &Limits::default()) else { continue };
            assert!(!pfx.problems.is_empty() || pfx.trailing.is_some() || pfx.mac.is_none(), "{name} cut at {end}");
            seen = seen.max(pfx.bags().count());
        }
        assert!(seen > 0, "{name}");
    }
}

#[test]
fn every_byte_changed_does_no_harm() {
    for name in ["windows-like", "sid-protected", "nested-safe"] {
        let mut bytes = case(name).bytes;
        for at in 0..bytes.len() {
            for change in [0xff, 0x80, 0x01] {
                bytes[at] ^= change;
                let _ = walk(&bytes, &Limits::default());
                bytes[at] ^= change;
            }
        }
    }
}
