//! The corpus of text artifacts other than logs of certutil: the facts that a person wrote down before the parser ran,
//! against the details of a real run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use keyspect::analyze::{Analysis, Options};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use time::OffsetDateTime;

/// The folders under `corpus/` whose cases are read here.
const FORMATS: &[&str] = &[
    "acl-listing",
    "certificate-template",
    "error-text",
    "event-json",
    "event-text",
    "event-xml",
    "evtx",
    "icacls",
    "iis-config",
    "key-folder-listing",
    "mixed",
    "powershell-certificates",
    "procmon-csv",
    "script",
    "sslcert-bindings",
    "system-info",
];

fn cases() -> Vec<PathBuf> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut out = Vec::new();
    for format in FORMATS {
        let Ok(folder) = fs::read_dir(corpus.join(format)) else { continue };
        out.extend(folder.map(|entry| entry.unwrap().path()).filter(|path| path.join("case.toml").is_file()));
    }
    out.sort();
    out
}

fn artifact(case: &Path) -> PathBuf {
    let mut files: Vec<PathBuf> = fs::read_dir(case)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_stem().is_some_and(|stem| stem == "artifact"))
        .collect();
    assert_eq!(files.len(), 1, "{}: one artifact", case.display());
    files.remove(0)
}

/// Every key that is expected has the same value; others may be there. Numbers compare as numbers.
fn compare(expected: &Value, actual: &Value, path: &str, wrong: &mut Vec<String>) {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            for (key, value) in expected {
                compare(value, actual.get(key).unwrap_or(&Value::Null), &format!("{path}.{key}"), wrong);
            }
        }
        (Value::Array(expected), Value::Array(actual)) => {
            if expected.len() != actual.len() {
                wrong.push(format!("{path}: {} items expected, {} there", expected.len(), actual.len()));
            }
            for (index, (expected, actual)) in expected.iter().zip(actual).enumerate() {
                compare(expected, actual, &format!("{path}[{index}]"), wrong);
            }
        }
        // TOML has no null: an empty text stands for it.
        (Value::String(text), Value::Null) if text.is_empty() => {}
        _ if expected == actual => {}
        _ => wrong.push(format!("{path}: {expected} expected, {actual} there")),
    }
}

#[test]
fn facts_are_those_that_were_written_down() {
    let mut failures = Vec::new();
    let cases = cases();
    for case in &cases {
        let name = case.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().display().to_string();
        let toml: toml::Value = toml::from_str(&fs::read_to_string(case.join("case.toml")).unwrap())
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        for key in ["origin", "made", "why"] {
            assert!(toml.get(key).is_some_and(|v| v.is_str()), "{name}: case.toml has no {key}");
        }
        let expect = serde_json::to_value(toml.get("expect").expect("[expect]")).unwrap();
        let mut analysis = Analysis::new(Options::new(OffsetDateTime::UNIX_EPOCH));
        let bytes = fs::read(artifact(case)).unwrap();
        analysis.read("artifact", None, &mut &bytes[..]).unwrap();
        let report = analysis.finish().unwrap();
        let input = serde_json::to_value(&report.inputs[0]).unwrap();
        let mut wrong = Vec::new();
        for (key, expected) in expect.as_object().unwrap() {
            match key.as_str() {
                "records" | "counts" | "embedded" => {
                    compare(expected, &input["details"][key], key, &mut wrong);
                }
                "problems" => {
                    let count = input["problems"].as_array().map_or(0, Vec::len);
                    compare(expected, &Value::from(count), key, &mut wrong);
                }
                "credentials" => {
                    compare(expected, &serde_json::to_value(&report.credentials).unwrap(), key, &mut wrong);
                }
                "kind" | "status" | "encoding" | "language" | "segments" => {
                    compare(expected, &input[key], key, &mut wrong);
                }
                other => panic!("{name}: [expect] does not know {other}"),
            }
        }
        if expect.get("records").is_none() && input["details"]["records"].is_array() {
            wrong.push(format!("records: none expected, {} there", input["details"]["records"]));
        }
        failures.extend(wrong.into_iter().map(|what| format!("{name}: {what}")));
    }
    assert!(failures.is_empty(), "{} cases\n{}", cases.len(), failures.join("\n"));
}

/// A fact stands inside its input, and its line is one of the input's lines.
#[test]
fn places_are_inside_the_input() {
    for case in cases() {
        let bytes = fs::read(artifact(&case)).unwrap();
        let mut analysis = Analysis::new(Options::new(OffsetDateTime::UNIX_EPOCH));
        analysis.read("artifact", None, &mut &bytes[..]).unwrap();
        let report = analysis.finish().unwrap();
        let details = report.inputs[0].details.clone().unwrap_or_default();
        for record in details["records"].as_array().into_iter().flatten() {
            let (start, end) = (record["bytes"][0].as_u64().unwrap(), record["bytes"][1].as_u64().unwrap());
            assert!(start < end && end <= bytes.len() as u64, "{}: {record}", case.display());
        }
        for segment in report.inputs[0].segments.iter().flatten() {
            assert!(segment.bytes[0] < segment.bytes[1] && segment.bytes[1] <= bytes.len() as u64);
        }
    }
}
