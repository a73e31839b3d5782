//! The report's schema: printed as it is generated, and obeyed by what is written.
#![allow(clippy::unwrap_used)]

mod fixture;

use keyspect::report::jsonl::{JsonLines, Sink as _};
use keyspect::report::model::{Item, Withdrawn};
use keyspect::report::{json, schema};
use serde_json::Value;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/report.schema.json");

fn valid(value: &Value) {
    let schema: Value = serde_json::from_str(&schema::schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = validator.iter_errors(value).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

/// `KEYSPECT_UPDATE=1 cargo test --test schema` writes the file anew.
#[test]
fn the_printed_schema_is_not_stale() {
    let schema = schema::schema();
    if std::env::var_os("KEYSPECT_UPDATE").is_some() {
        std::fs::write(PATH, &schema).unwrap();
    }
    assert_eq!(std::fs::read_to_string(PATH).unwrap(), schema);
}

#[test]
fn a_report_obeys_the_schema() {
    let mut out = Vec::new();
    json::render(&fixture::broken(), &mut out).unwrap();
    let value: Value = serde_json::from_slice(&out).unwrap();
    valid(&value);
    assert_eq!(value["schema"], "keyspect.report/1");
    assert_eq!(value["credentials"][0]["key"]["provider"]["type"], 1);
    assert_eq!(value["findings"][0]["remedies"][0]["steps"][0]["where"], "server");
    assert_eq!(value["inputs"][0]["member"], Value::Null);
}

#[test]
fn each_line_obeys_the_schema() {
    let report = fixture::broken();
    let mut out = Vec::new();
    let mut sink = JsonLines::new(&mut out);
    sink.item(&Item::Input(report.inputs[0].clone())).unwrap();
    sink.item(&Item::Credential(Box::new(report.credentials[0].clone()))).unwrap();
    sink.item(&Item::Finding(Box::new(report.findings[0].clone()))).unwrap();
    sink.item(&Item::Check(report.checks[0].clone())).unwrap();
    sink.item(&Item::Withdrawn(Withdrawn { credential: 0, fingerprint: None })).unwrap();
    sink.item(&Item::Summary(report.summary.clone())).unwrap();
    let types: Vec<_> = String::from_utf8(out)
        .unwrap()
        .lines()
        .map(|line| {
            let value: Value = serde_json::from_str(line).unwrap();
            valid(&value);
            value["type"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(types, ["input", "credential", "finding", "check", "withdrawn", "summary"]);
}

#[test]
fn a_report_that_breaks_the_contract_is_refused() {
    let schema: Value = serde_json::from_str(&schema::schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut value = serde_json::to_value(fixture::broken()).unwrap();
    value["findings"][0].as_object_mut().unwrap().remove("severity");
    assert!(!validator.is_valid(&value));
}
