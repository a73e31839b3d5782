//! The shared certutil samples: every fact of their `expected.json`, and key usages and scopes read once more from the text
//! by a few lines of this test.
#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs)]

use keyspect::analyze::{Analysis, Options};
use keyspect::report::model::{CredentialReport, Report};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use time::macros::datetime;

/// The folder with the samples, or none with a note that the test is skipped.
fn samples() -> Option<PathBuf> {
    let root = std::env::var_os("KEYSPECT_SAMPLES")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/samples")), PathBuf::from);
    let folder = root.join("certutil");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no certutil samples in {}", folder.display());
    None
}

fn analyze(bytes: &[u8]) -> Report {
    let mut analysis = Analysis::new(Options::new(datetime!(2026-01-01 0:00 UTC)));
    analysis.read("sample", None, &mut &bytes[..]).unwrap();
    analysis.finish().unwrap()
}

/// The credential that an expectation is about: by thumbprint, serial number, else by its place in the list.
fn find<'r>(report: &'r Report, expected: &Value, index: usize) -> Option<&'r CredentialReport> {
    let same = |name: &str, found: fn(&CredentialReport) -> Option<&String>| {
        let wanted = expected[name].as_str()?;
        report.credentials.iter().find(|c| found(c).is_some_and(|f| f == wanted))
    };
    same("sha1", |c| c.certificate.as_ref()?.sha1.as_ref())
        .or_else(|| same("serial", |c| c.certificate.as_ref()?.serial.as_ref()))
        .or_else(|| report.credentials.get(index))
}

fn facts(c: &CredentialReport) -> Value {
    let (certificate, key) = (c.certificate.as_ref(), &c.key);
    let stated = key.key_spec.as_ref().filter(|k| k.basis == "stated");
    json!({
        "sha1": certificate.and_then(|x| x.sha1.clone()),
        "serial": certificate.and_then(|x| x.serial.clone()),
        "subject": certificate.and_then(|x| x.subject.clone()),
        "association": key.association, "access": key.access, "exportable": key.exportable,
        "stored_name": key.container.stored, "name": key.container.name, "unique_name": key.container.unique_name,
        "provider": key.provider.name, "provider_type": key.provider.provider_type,
        "flags": key.flags.as_ref().map(|f| f.value), "key_spec": stated.map(|k| k.value),
        "encryption_test": key.encryption_test, "signature_test": key.signature_test,
    })
}

#[test]
fn the_samples_give_what_was_read_by_eye() {
    let Some(folder) = samples() else { return };
    let expected: Value = serde_json::from_slice(&fs::read(folder.join("expected.json")).unwrap()).unwrap();
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for (file, expected) in expected.as_object().unwrap() {
        let report = analyze(&fs::read(folder.join(file)).unwrap());
        let mut compare = |what: &str, wanted: &Value, found: &Value| {
            compared += 1;
            if wanted != found {
                wrong.push(format!("{file}: {what}: expected {wanted}, found {found}"));
            }
        };
        compare("kind", &expected["kind"], &json!(report.inputs[0].kind));
        let list = expected["credentials"].as_array().unwrap();
        compare("credentials", &json!(list.len()), &json!(report.credentials.len()));
        if let Some(code) = expected.get("hresult") {
            let runs = report.inputs[0].details.as_ref().map_or(Value::Null, |d| d["runs"].clone());
            let codes: Vec<&Value> = runs.as_array().map_or(Vec::new(), |l| l.iter().map(|r| &r["hresult"]).collect());
            compare("a run with the code", &json!(true), &json!(codes.contains(&code)));
        }
        for (i, wanted) in list.iter().enumerate() {
            let Some(found) = find(&report, wanted, i).map(facts) else { continue };
            let doubtful = |name: &str| wanted["doubtful"].as_array().is_some_and(|l| l.contains(&json!(name)));
            for name in ["sha1", "serial"].into_iter().filter(|n| !doubtful(n) && !wanted[*n].is_null()) {
                compare(&format!("credential {i}: {name}"), &wanted[name], &found[name]);
            }
            if let Some(part) = wanted["subject_contains"].as_str().filter(|_| !doubtful("subject_contains")) {
                let holds = found["subject"].as_str().is_some_and(|s| s.contains(part)) || doubtful("subject");
                compare(&format!("credential {i}: subject contains {part:?}"), &json!(true), &json!(holds));
            }
            for (name, value) in wanted["key"].as_object().unwrap().iter().filter(|(n, _)| !doubtful(n)) {
                // The expectation leaves these open where the text doesn't forbid to conclude them.
                let open = name == "name" && value.is_null()
                    || name == "exportable" && found[name] == "yes" && value == "unknown";
                if !open {
                    compare(&format!("credential {i}: {name}"), value, &found[name]);
                }
            }
        }
    }
    eprintln!("{compared} facts of the samples compared");
    assert!(wrong.is_empty(), "{} of {compared} facts are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// The names of RFC 5280 for the first byte that the line after `2.5.29.15:` ends with.
fn key_usages(lines: &[&str]) -> Vec<Vec<&'static str>> {
    const NAMES: [(u8, &str); 8] = [
        (0x80, "digitalSignature"),
        (0x40, "nonRepudiation"),
        (0x20, "keyEncipherment"),
        (0x10, "dataEncipherment"),
        (0x08, "keyAgreement"),
        (0x04, "keyCertSign"),
        (0x02, "cRLSign"),
        (0x01, "encipherOnly"),
    ];
    let starts = lines.iter().enumerate().filter(|(_, l)| l.trim_start().starts_with("2.5.29.15: Flags"));
    let byte = |at: usize| {
        let value = lines.get(at + 2)?.trim().strip_suffix(')')?.rsplit_once('(')?.1;
        u8::from_str_radix(value.get(..2)?, 16).ok()
    };
    starts
        .filter_map(|(at, _)| byte(at))
        .map(|b| NAMES.iter().filter(|(bit, _)| b & bit != 0).map(|(_, n)| *n).collect())
        .collect()
}

/// The OIDs in parentheses of the lines below `2.5.29.37:`, until an empty line.
fn extended_key_usages(lines: &[&str]) -> Vec<Vec<String>> {
    let starts = lines.iter().enumerate().filter(|(_, l)| l.trim_start().starts_with("2.5.29.37: Flags"));
    let oid = |line: &&str| Some(line.trim().strip_suffix(')')?.rsplit_once('(')?.1.to_owned());
    starts
        .map(|(at, _)| lines[at + 2..].iter().take_while(|l| !l.trim().is_empty()).filter_map(oid).collect())
        .collect()
}

/// The scope of the first store in a text: its access state, else the options of its only command line.
fn scope(lines: &[&str]) -> Option<&'static str> {
    let state = lines.iter().find_map(|l| l.trim().strip_prefix("AccessState = "));
    let command = lines.iter().find(|l| {
        let l = l.to_lowercase();
        l.contains("certutil ") && (l.contains("-store") || l.contains("-repairstore"))
    });
    match (state, command) {
        (Some("6"), _) => Some("machine"),
        (Some("2"), _) => Some("user"),
        (_, Some(c)) if c.contains("-user") => Some("user"),
        (_, Some(c)) if c.contains("-enterprise") => Some("enterprise"),
        (_, Some(_)) => Some("machine"),
        _ => None,
    }
}

#[test]
fn usages_and_scopes_are_those_of_the_text() {
    let Some(folder) = samples() else { return };
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    let (mut usages, mut scopes) = (0, 0);
    for path in paths.into_iter().filter(|p| p.extension().is_some_and(|e| e == "txt")) {
        let bytes = fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        let report = analyze(&bytes);
        let certificates: Vec<_> = report.credentials.iter().filter_map(|c| c.certificate.as_ref()).collect();
        if certificates.is_empty() {
            continue;
        }
        let found: Vec<Vec<String>> = certificates.iter().filter_map(|c| c.key_usage.clone()).collect();
        assert_eq!(found, key_usages(&lines), "key usage of {}", path.display());
        let found: Vec<Vec<String>> = certificates.iter().filter_map(|c| c.extended_key_usage.clone()).collect();
        assert_eq!(found, extended_key_usages(&lines), "extended key usage of {}", path.display());
        usages += found.len() + key_usages(&lines).len();
        if let (Some(wanted), Some(store)) = (scope(&lines), &report.credentials[0].store) {
            assert_eq!(store.scope, wanted, "scope of {}", path.display());
            scopes += 1;
        }
    }
    eprintln!("{usages} usages and {scopes} scopes of the samples compared");
}
