//! The counts of binary event logs against the index of the samples.
#![cfg(feature = "evtx")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, missing_docs)]

use keyspect::analyze::{Analysis, Options};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use time::OffsetDateTime;

#[test]
fn counts_are_those_of_the_index() {
    let folder = std::env::var_os("KEYSPECT_SAMPLES")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/samples")), PathBuf::from)
        .join("evtx");
    let Ok(index) = fs::read_to_string(folder.join("index.json")) else {
        eprintln!("skipped: {} is not there", folder.display());
        return;
    };
    let index: Value = serde_json::from_str(&index).unwrap();
    for entry in index.as_array().unwrap() {
        let name = entry["file"].as_str().unwrap();
        let bytes = fs::read(folder.join(name)).unwrap();
        let mut analysis = Analysis::new(Options::new(OffsetDateTime::UNIX_EPOCH));
        analysis.read(name, None, &mut &bytes[..]).unwrap();
        let report = analysis.finish().unwrap();
        let input = &report.inputs[0];
        assert_eq!(input.kind, "evtx", "{name}");
        let details = input.details.as_ref().unwrap();
        for (event, count) in entry["events"].as_object().unwrap() {
            assert_eq!(&details["counts"][event], count, "{name}: {event}");
        }
        for record in details["records"].as_array().unwrap() {
            let start = usize::try_from(record["bytes"][0].as_u64().unwrap()).unwrap();
            assert_eq!(bytes[start..start + 4], [0x2a, 0x2a, 0, 0], "{name}");
        }
        if std::env::var_os("KEYSPECT_SHOW").is_some() {
            eprintln!("{name}: {} {:?}\n{}", details["counts"], input.problems, details["records"][0]);
        }
    }
}
