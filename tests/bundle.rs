//! One server's artifacts of every kind of text: as the members of a zip and as one pasted text they give the same facts.
#![cfg(feature = "zip")]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use keyspect::analyze::{Analysis, Options};
use keyspect::report::model::{Report, Role, VerdictOutcome};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;
use time::macros::datetime;

fn parts() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/bundle/parts");
    let mut out: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    out.sort();
    out
}

fn options() -> Options {
    Options::new(datetime!(2026-11-01 12:00 UTC))
}

fn zipped() -> Report {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts() {
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(&bytes).unwrap();
    }
    let bytes = writer.finish().unwrap().into_inner();
    let mut analysis = Analysis::new(options());
    analysis.read("ticket.zip", None, &mut &bytes[..]).unwrap();
    analysis.finish().unwrap()
}

fn pasted() -> Report {
    let mut text = Vec::new();
    text.extend_from_slice(b"Hello, this is what we have from the server:\r\n\r\n");
    for (_, bytes) in parts() {
        text.extend_from_slice(&bytes);
        text.extend_from_slice(b"\r\n\r\nand then\r\n\r\n");
    }
    let mut analysis = Analysis::new(options());
    analysis.read("ticket.txt", None, &mut &text[..]).unwrap();
    analysis.finish().unwrap()
}

/// The records of all inputs without their places.
fn records(report: &Report) -> Vec<String> {
    let mut out = Vec::new();
    for input in &report.inputs {
        let details = input.details.clone().unwrap_or_default();
        for record in details["records"].as_array().into_iter().flatten() {
            let mut record = record.as_object().unwrap().clone();
            // A console's banner above a log is a part of the log.
            if record["kind"] == "system-info" {
                continue;
            }
            record.remove("line");
            record.remove("bytes");
            out.push(Value::from(record).to_string());
        }
    }
    out.sort();
    out
}

/// What is known of the credentials, without their places.
fn credentials(report: &Report) -> Vec<String> {
    let mut out: Vec<String> = report
        .credentials
        .iter()
        .map(|c| {
            let mut value = serde_json::to_value(c).unwrap();
            let map = value.as_object_mut().unwrap();
            for key in ["id", "sources", "bound_by"] {
                map.remove(key);
            }
            value.to_string()
        })
        .collect();
    out.sort();
    out
}

fn kinds(report: &Report) -> BTreeSet<String> {
    let of_segments = report.inputs.iter().flat_map(|i| i.segments.iter().flatten()).map(|s| s.kind.clone());
    report.inputs.iter().map(|i| i.kind.clone()).chain(of_segments).collect()
}

#[test]
fn a_zip_and_a_paste_give_the_same_facts() {
    let (zipped, pasted) = (zipped(), pasted());
    assert_eq!(records(&zipped), records(&pasted));
    assert_eq!(credentials(&zipped), credentials(&pasted));
    let rules = |r: &Report| r.findings.iter().map(|f| f.rule.clone()).collect::<BTreeSet<_>>();
    assert_eq!(rules(&zipped), rules(&pasted));
}

#[test]
fn every_kind_is_recognised_and_the_root_cause_stands_first() {
    let case: toml::Value = toml::from_str(
        &fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/bundle/case.toml")).unwrap(),
    )
    .unwrap();
    let expect = &case["expect"];
    for report in [zipped(), pasted()] {
        let kinds = kinds(&report);
        for kind in expect["kinds"].as_array().unwrap() {
            assert!(kinds.contains(kind.as_str().unwrap()), "{kind}: {kinds:?}");
        }
        let first = &report.findings[0];
        assert_eq!(first.rule, expect["root"].as_str().unwrap());
        assert_eq!(first.role, Role::RootCause);
        let bound = report.credentials.iter().find(|c| !c.bound_by.is_empty()).unwrap();
        assert_eq!(bound.verdicts.len(), 1);
        assert_eq!(bound.verdicts[0].outcome, VerdictOutcome::Fails);
        // Every part of the paste lies within it, in order, without overlap.
        for input in &report.inputs {
            let segments = input.segments.clone().unwrap_or_default();
            assert!(segments.windows(2).all(|w| w[0].bytes[1] <= w[1].bytes[0]), "{segments:?}");
        }
    }
}
