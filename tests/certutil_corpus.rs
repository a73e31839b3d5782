//! The cases of `corpus/certutil` about reading (dialects, damage, verbs, bad input): the facts that their `case.toml`
//! states, and a snapshot of all facts.
#![allow(clippy::unwrap_used, missing_docs)]
#![allow(clippy::panic)]

use keyspect::analyze::{Analysis, Options};
use keyspect::report::inspect;
use keyspect::report::model::{CredentialReport, Report};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use time::macros::datetime;
use toml::Table;

fn cases() -> Vec<PathBuf> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/certutil");
    let about_reading = |p: &PathBuf| {
        let name = p.file_name().unwrap().to_string_lossy().into_owned();
        ["dialect-", "damage-", "verb-", "bad-input-"].iter().any(|prefix| name.starts_with(prefix))
    };
    let mut folders: Vec<PathBuf> =
        fs::read_dir(root).unwrap().map(|e| e.unwrap().path()).filter(about_reading).collect();
    folders.sort();
    folders
}

fn input_of(folder: &Path) -> (String, Vec<u8>) {
    let name = ["input.txt", "input.bin"].into_iter().find(|n| folder.join(n).is_file()).unwrap();
    (name.to_owned(), fs::read(folder.join(name)).unwrap())
}

fn analyze(folder: &Path) -> Report {
    let (name, bytes) = input_of(folder);
    let mut analysis = Analysis::new(Options::new(datetime!(2026-01-01 0:00 UTC)));
    analysis.read(&name, None, &mut bytes.as_slice()).unwrap();
    analysis.finish().unwrap()
}

/// What the report says under the name that a `case.toml` uses for a fact of a credential.
fn fact(c: &CredentialReport, name: &str) -> Value {
    let certificate = c.certificate.as_ref();
    let key = &c.key;
    match name {
        "sha1" => json!(certificate.and_then(|x| x.sha1.clone())),
        "serial" => json!(certificate.and_then(|x| x.serial.clone())),
        "subject" => json!(certificate.and_then(|x| x.subject.clone())),
        "issuer" => json!(certificate.and_then(|x| x.issuer.clone())),
        "not_before" => json!(certificate.and_then(|x| x.not_before.clone())),
        "not_after" => json!(certificate.and_then(|x| x.not_after.clone())),
        "validity_text" => json!(certificate.and_then(|x| x.validity_text.clone())),
        "key_usage" => json!(certificate.and_then(|x| x.key_usage.clone())),
        "extended_key_usage" => json!(certificate.and_then(|x| x.extended_key_usage.clone())),
        "public_key" => json!(certificate.map(|x| {
            let key = &x.public_key;
            [key.algorithm.clone(), key.bits.map(|b| b.to_string()), key.sha1.clone()]
                .map(|t| t.unwrap_or_else(|| "-".to_owned()))
                .join(" ")
        })),
        "ca" => json!(certificate.and_then(|x| x.ca)),
        "archived" => json!(certificate.map(|x| x.archived)),
        "store" => json!(c.store.as_ref().and_then(|s| s.name.clone())),
        "scope" => json!(c.store.as_ref().map(|s| s.scope.clone())),
        "association" => json!(key.association),
        "access" => json!(key.access),
        "stored" => json!(key.container.stored),
        "name" => json!(key.container.name),
        "unique_name" => json!(key.container.unique_name),
        "rule" => json!(key.container.file_name_rule),
        "provider" => json!(key.provider.name),
        "provider_type" => json!(key.provider.provider_type),
        "kind" => json!(key.provider.kind),
        "flags" => json!(key.flags.as_ref().map(|f| f.value)),
        "key_spec" => json!(key.key_spec.as_ref().map(|k| k.value)),
        "basis" => json!(key.key_spec.as_ref().map(|k| k.basis.clone())),
        "usage" => json!(key.usage),
        "exportable" => json!(key.exportable),
        "encryption_test" => json!(key.encryption_test),
        "signature_test" => json!(key.signature_test),
        other => panic!("no fact of a credential is called {other:?}"),
    }
}

/// Compares one fact; subjects, issuers and problems need only contain what is expected.
fn differs(expected: &toml::Value, found: &Value, contains: bool) -> Option<String> {
    let expected: Value = serde_json::to_value(expected).unwrap();
    let same = match (&expected, found) {
        (Value::String(part), Value::String(whole)) if contains => whole.contains(part.as_str()),
        _ => expected == *found,
    };
    (!same).then(|| format!("expected {expected}, found {found}"))
}

fn check_credential(c: &CredentialReport, expected: &Table, wrong: &mut Vec<String>) {
    for (name, value) in expected {
        if name == "absent" {
            for name in value.as_array().unwrap() {
                let found = fact(c, name.as_str().unwrap());
                if !found.is_null() {
                    wrong.push(format!("credential {}: {name} should not be known, found {found}", c.id));
                }
            }
            continue;
        }
        if let Some(text) = differs(value, &fact(c, name), matches!(name.as_str(), "subject" | "issuer")) {
            wrong.push(format!("credential {}: {name}: {text}", c.id));
        }
    }
}

fn runs(report: &Report) -> Vec<Value> {
    let runs = report.inputs[0].details.as_ref().map_or(Value::Null, |d| d["runs"].clone());
    let text = |r: &Value| {
        let outcome = r["hresult"].as_str().or(r["outcome"].as_str()).unwrap_or("");
        json!(format!("{} {outcome}", r["verb"].as_str().unwrap_or("")))
    };
    runs.as_array().map_or(Vec::new(), |list| list.iter().map(text).collect())
}

fn providers(report: &Report) -> Vec<Value> {
    let list = report.inputs[0].details.as_ref().map_or(Value::Null, |d| d["providers"].clone());
    let text = |p: &Value| json!(format!("{} {}", p["type"], p["name"].as_str().unwrap_or("")));
    list.as_array().map_or(Vec::new(), |list| list.iter().map(text).collect())
}

/// The expectations of `[expect]` about the input as a whole; what belongs to rules is left to their own test.
fn check_input(report: &Report, expected: &Table, wrong: &mut Vec<String>) {
    let input = &report.inputs[0];
    let facts = [
        ("kind", json!(input.kind)),
        ("status", json!(input.status)),
        ("language", json!(input.language.as_deref().unwrap_or("unknown"))),
        ("encoding", json!(input.encoding)),
        ("runs", json!(runs(report))),
        ("providers", json!(providers(report))),
        ("credentials", json!(report.credentials.len())),
    ];
    for (name, found) in facts {
        if let Some(text) = expected.get(name).and_then(|e| differs(e, &found, false)) {
            wrong.push(format!("{name}: {text}"));
        }
    }
    let texts = |name: &str| -> Vec<String> {
        let list = expected.get(name).and_then(toml::Value::as_array);
        list.map_or(Vec::new(), |l| l.iter().map(|t| t.as_str().unwrap().to_owned()).collect())
    };
    for problem in texts("problems") {
        if !input.problems.iter().any(|p| p.message.contains(&problem)) {
            wrong.push(format!("no problem says {problem:?}: {:?}", input.problems));
        }
    }
    let whole = serde_json::to_string(report).unwrap();
    for secret in texts("not_in_report") {
        if whole.contains(&secret) {
            wrong.push(format!("{secret:?} is in the report"));
        }
    }
}

#[test]
fn every_case_gives_the_facts_it_states() {
    let mut failures = Vec::new();
    for folder in cases() {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let case: Table = fs::read_to_string(folder.join("case.toml")).unwrap().parse().unwrap();
        let expected = case["expect"].as_table().unwrap();
        let report = analyze(&folder);
        let mut wrong = Vec::new();
        check_input(&report, expected, &mut wrong);
        let list = expected.get("credential").and_then(toml::Value::as_array);
        for (i, credential) in list.into_iter().flatten().enumerate() {
            match report.credentials.get(i) {
                Some(found) => check_credential(found, credential.as_table().unwrap(), &mut wrong),
                None => wrong.push(format!("credential {i} is missing")),
            }
        }
        failures.extend(wrong.into_iter().map(|w| format!("{name}: {w}")));
    }
    assert!(failures.is_empty(), "{} facts are wrong:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn every_case_keeps_its_snapshot() {
    for folder in cases() {
        let mut facts = inspect::facts(&analyze(&folder));
        facts["tool"]["version"] = json!("0.0.0");
        let mut settings = insta::Settings::clone_current();
        // The order of keys depends on what other crates ask of serde_json.
        settings.set_sort_maps(true);
        settings.set_snapshot_path(&folder);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_json_snapshot!("facts", facts));
    }
}
