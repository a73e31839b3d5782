//! The corpus of key blobs, key containers, stores and requests, through a whole run.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::path::{Path, PathBuf};

use keyspect::analyze::{Analysis, Options};
use serde_json::Value;

const FAMILIES: &[&str] = &[
    "capi-key-blob",
    "capi-key-container",
    "cert-store",
    "certificate",
    "certificate-request",
    "cng-key-blob",
    "cng-key-file",
    "cng-key-transport",
    "dpapi-blob",
    "dpapi-master-key",
    "pkcs7",
    "private-key",
    "pvk",
    "reg-export",
    "registry-cert-blob",
    "registry-hive",
    "request-inf",
    "roaming-token",
    "tpm-key-blob",
];

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

fn report(paths: &[PathBuf]) -> Value {
    let mut analysis = Analysis::new(Options::new(time::macros::datetime!(2026-01-01 00:00 UTC)));
    for path in paths {
        let mut file = std::fs::File::open(path).unwrap();
        analysis.read(&path.to_string_lossy(), None, &mut file).unwrap();
    }
    serde_json::to_value(analysis.finish().unwrap()).unwrap()
}

/// Where in the report a name of `[expect]` is stated.
fn actual<'a>(report: &'a Value, name: &str) -> Option<&'a Value> {
    let input = report.pointer("/inputs/0").unwrap();
    let path = match name {
        "kind" | "status" => return input.get(name),
        "key_spec" => "/credentials/0/key/key_spec/value",
        "basis" => "/credentials/0/key/key_spec/basis",
        "second_key_spec" => "/credentials/1/key/key_spec/value",
        "second_public_key_sha1" => "/credentials/1/key/public_key_sha1",
        "container" => "/credentials/0/key/container/name",
        "stored" => "/credentials/0/key/container/stored",
        "unique_name" => "/credentials/0/key/container/unique_name",
        "machine_guid" => "/credentials/0/key/container/machine_guid",
        "file_name_rule" => "/credentials/0/key/container/file_name_rule",
        "provider" => "/credentials/0/key/provider/name",
        "provider_type" => "/credentials/0/key/provider/type",
        "provider_kind" => "/credentials/0/key/provider/kind",
        "flags" => "/credentials/0/key/flags/value",
        "algorithm" | "bits" | "public_key_sha1" | "association" | "exportable" | "matches_certificate" => {
            return report.pointer(&format!("/credentials/0/key/{name}"));
        }
        "sha1" => "/credentials/0/certificate/sha1",
        "certificate_public_key_sha1" => "/credentials/0/certificate/public_key/sha1",
        "template" => "/credentials/0/certificate/template",
        "archived" => "/credentials/0/certificate/archived",
        "friendly_name" => "/credentials/0/certificate/friendly_name",
        "store" => "/credentials/0/store/name",
        "scope" => "/credentials/0/store/scope",
        _ => {
            let field = name.strip_prefix("details_").unwrap_or_else(|| panic!("unknown expectation {name}"));
            return report.pointer(&format!("/inputs/0/details/{field}"));
        }
    };
    report.pointer(path)
}

#[test]
fn every_case_gives_what_it_expects() {
    let mut wrong = Vec::new();
    let mut cases = 0;
    for family in FAMILIES {
        for entry in std::fs::read_dir(corpus().join(family)).unwrap() {
            let folder = entry.unwrap().path();
            let case: toml::Table = std::fs::read_to_string(folder.join("case.toml")).unwrap().parse().unwrap();
            let report = report(&[folder.join(case["artifact"].as_str().unwrap())]);
            cases += 1;
            let expect = case["expect"].as_table().unwrap();
            let name = |what: &str| format!("{family}/{}: {what}", folder.file_name().unwrap().to_string_lossy());
            if !expect.contains_key("status") && report.pointer("/inputs/0/status") != Some(&"analyzed".into()) {
                wrong.push(name(&format!("{}", report["inputs"][0])));
            }
            for (what, value) in expect {
                let wanted = serde_json::to_value(value).unwrap();
                match what.as_str() {
                    "credentials" => {
                        let count = report["credentials"].as_array().unwrap().len();
                        if wanted != count {
                            wrong.push(name(&format!("{count} credentials, not {wanted}")));
                        }
                    }
                    "rules" => {
                        let found: Vec<&Value> =
                            report["findings"].as_array().unwrap().iter().map(|finding| &finding["rule"]).collect();
                        for rule in wanted.as_array().unwrap() {
                            if !found.contains(&rule) {
                                wrong.push(name(&format!("{rule} is not among {found:?}")));
                            }
                        }
                    }
                    "problem" => {
                        let problems = report["inputs"][0]["problems"].to_string();
                        if !problems.contains(value.as_str().unwrap()) {
                            wrong.push(name(&format!("{wanted} is not among {problems}")));
                        }
                    }
                    "details_absent" => {
                        for field in wanted.as_array().unwrap() {
                            let found = report["inputs"][0]["details"].get(field.as_str().unwrap());
                            if found != Some(&Value::Null) {
                                wrong.push(name(&format!("{field} is {found:?}")));
                            }
                        }
                    }
                    _ => {
                        let found = actual(&report, what);
                        if found != Some(&wanted) {
                            wrong.push(name(&format!("{what} is {found:?}, not {wanted}")));
                        }
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(cases >= 70, "only {cases} cases");
}

fn artifact(case: &str) -> PathBuf {
    let folder = corpus().join(case);
    let text = std::fs::read_to_string(folder.join("case.toml")).unwrap();
    let case: toml::Table = text.parse().unwrap();
    folder.join(case["artifact"].as_str().unwrap())
}

#[test]
fn a_container_with_another_key_is_not_the_certificates() {
    let paths = [artifact("reg-export/version-5"), artifact("capi-key-container/another-key")];
    let report = report(&paths);
    let credentials = report["credentials"].as_array().unwrap();
    assert_eq!(credentials.len(), 2);
    assert_eq!(credentials[0]["key"]["matches_certificate"], false);
    let mismatch = report["findings"].as_array().unwrap().iter().find(|f| f["rule"] == "cert-key-mismatch").unwrap();
    // The proof is the public key in the container file.
    assert_eq!(mismatch["evidence"][0]["input"], 1);
}

#[test]
fn a_certificate_and_its_container_in_two_files_are_one_credential() {
    let certificate = artifact("registry-cert-blob/signature-key");
    let report = report(&[artifact("capi-key-container/exchange-only"), certificate]);
    let credentials = report["credentials"].as_array().unwrap();
    assert_eq!(credentials.len(), 1);
    let key = &credentials[0]["key"];
    assert_eq!(key["matches_certificate"], true);
    // The key link states 2; that the container holds an exchange key is the second witness, not the value.
    assert_eq!(key["key_spec"]["value"], 2);
    assert_eq!(key["container"]["file_name_rule"], "capi");
    assert_eq!(credentials[0]["sources"].as_array().unwrap().len(), 2);
    assert_eq!(report["summary"]["credentials"], 1);
    let findings = report["findings"].as_array().unwrap();
    let finding = findings.iter().find(|f| f["rule"] == "keyspec-signature-on-csp").unwrap();
    assert_eq!(finding["confidence"], "certain");
    assert_eq!(finding["evidence"][0]["input"], 0);
}

/// What certutil prints of the certificate in `cert-store/one-linked-one-not`, after the layout of `certutil -store`.
fn log_of(certificate: &Value) -> String {
    let text = |name: &str| certificate[name].as_str().unwrap().to_owned();
    format!(
        "my \"Personal\"\r\n================ Certificate 0 ================\r\nSerial Number: {}\r\nIssuer: {}\r\n NotBefore: 1/20/2026 10:00 AM\r\n \
         NotAfter: 1/21/2126 10:00 AM\r\nSubject: {}\r\nNon-root Certificate\r\nTemplate: \r\nCert Hash(sha1): {}\r\n\r\n  CERT_KEY_PROV_INFO_PROP_ID(2):\r\n    \
         Key Container = {{4F2C8F4B-0C5E-4C0C-9C39-6E2B5B1A7D10}}\r\n    Provider = Microsoft Strong Cryptographic Provider\r\n    ProviderType = 1\r\n    Flags = 20 (32)\r\n    \
         CRYPT_MACHINE_KEYSET -- 20 (32)\r\n    KeySpec = 2 -- AT_SIGNATURE\r\n\r\n  CERT_FRIENDLY_NAME_PROP_ID(11):\r\n    Web\r\n\r\nCertUtil: -store command completed successfully.\r\n",
        text("serial"),
        text("issuer"),
        text("subject"),
        text("sha1"),
    )
}

#[test]
fn a_store_and_the_log_of_it_give_the_same_facts() {
    let store = corpus().join("cert-store/one-linked-one-not/my.sst");
    let from_store = report(std::slice::from_ref(&store))["credentials"][0].clone();
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log.txt");
    std::fs::write(&log, log_of(&from_store["certificate"])).unwrap();
    let from_log = report(std::slice::from_ref(&log))["credentials"][0].clone();
    for name in ["association", "container", "provider", "flags", "key_spec", "exportable"] {
        assert_eq!(from_store["key"][name], from_log["key"][name], "{name}");
    }
    for name in ["sha1", "serial", "subject", "issuer", "friendly_name"] {
        assert_eq!(from_store["certificate"][name], from_log["certificate"][name], "{name}");
    }
    // Both together are one credential, with the log's store and the bytes' public key.
    let both = report(&[log, store]);
    let credentials = both["credentials"].as_array().unwrap();
    assert_eq!(credentials.len(), 2);
    assert_eq!(credentials[0]["store"]["name"], "my");
    assert!(credentials[0]["certificate"]["public_key"]["sha1"].is_string());
    assert_eq!(credentials[0]["sources"].as_array().unwrap().len(), 2);
}

#[test]
fn no_report_shows_private_numbers() {
    // The private exponent of the CNG blob, in the byte orders of both families.
    let blob = std::fs::read(corpus().join("cng-key-blob/rsa-full-private/key.blob")).unwrap();
    let exponent = &blob[blob.len() - 256..];
    let hex = |bytes: &mut dyn Iterator<Item = &u8>| -> String { bytes.take(16).map(|b| format!("{b:02x}")).collect() };
    let needles = [hex(&mut exponent.iter()), hex(&mut exponent.iter().rev())];
    for case in
        ["cng-key-blob/rsa-full-private/key.blob", "capi-key-blob/rsa-private-exchange/key.blob", "pvk/clear/key.pvk"]
    {
        let text = report(&[corpus().join(case)]).to_string();
        assert!(needles.iter().all(|needle| !text.contains(needle)), "{case}");
    }
}

/// Each artifact of the corpus, with bytes changed, cut out and repeated after a fixed seed: a run survives it, and every
/// place of a credential lies inside the input.
#[test]
fn damaged_cases_are_survived() {
    use keyspect::case::artifact::Origin;
    use keyspect::case::key_artifacts;
    use keyspect::limits::Limits;
    use keyspect::model::fact::SourceId;
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below.max(1) as u64).unwrap()
    };
    let rounds = std::env::var("KEYSPECT_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(150);
    for family in FAMILIES {
        for entry in std::fs::read_dir(corpus().join(family)).unwrap() {
            let folder = entry.unwrap().path();
            let case: toml::Table = std::fs::read_to_string(folder.join("case.toml")).unwrap().parse().unwrap();
            let whole = std::fs::read(folder.join(case["artifact"].as_str().unwrap())).unwrap();
            for _ in 0..rounds {
                let mut bytes = whole.clone();
                for _ in 0..=random(3) {
                    // The headers are at the front: most changes go there.
                    let span = if random(3) > 0 { bytes.len().min(160) } else { bytes.len() };
                    let at = random(span);
                    match random(6) {
                        0 => bytes.truncate(at),
                        1 => drop(bytes.splice(at..at, whole[..random(40).min(whole.len())].to_vec())),
                        2 => drop(bytes.splice(at..(at + 4).min(bytes.len()), [0xFF, 0xFF, 0xFF, 0x7F])),
                        3 => drop(bytes.splice(at..(at + random(9)).min(bytes.len()), [])),
                        _ => {
                            if let Some(byte) = bytes.get_mut(at) {
                                *byte = u8::try_from(random(256)).unwrap();
                            }
                        }
                    }
                }
                let origin = Origin::new(SourceId(0), None);
                let Some(artifact) = key_artifacts::read(&bytes, &origin, &Limits::default()) else { continue };
                for source in artifact.credentials.iter().flat_map(|credential| &credential.sources) {
                    assert!(source.start <= source.end && source.end <= bytes.len() as u64, "{}", folder.display());
                }
                for problem in &artifact.problems {
                    assert!(problem.offset <= bytes.len(), "{}: {problem}", folder.display());
                }
            }
        }
    }
}
