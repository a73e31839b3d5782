//! Passwords that stand in scripts never come out.
#![allow(clippy::unwrap_used)]

use keyspect::analyze::{Analysis, Options};
use std::fs;
use std::path::Path;
use time::OffsetDateTime;

/// The password of the cases.
const CANARY: &str = "C4nary-Pa55word";

#[test]
fn a_report_has_no_password_of_a_script() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/script");
    let mut with_password = 0;
    for case in fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
        for file in fs::read_dir(case).unwrap().map(|e| e.unwrap().path()) {
            let bytes = fs::read(&file).unwrap();
            if file.extension().is_some_and(|e| e == "toml") {
                continue;
            }
            with_password += usize::from(String::from_utf8_lossy(&bytes).contains(CANARY));
            let mut analysis = Analysis::new(Options::new(OffsetDateTime::UNIX_EPOCH));
            analysis.read("script", None, &mut &bytes[..]).unwrap();
            let report = serde_json::to_string(&analysis.finish().unwrap()).unwrap();
            assert!(!report.contains(CANARY), "{}: {report}", file.display());
            assert!(!report.contains("C4nary"), "{}: {report}", file.display());
        }
    }
    assert!(with_password > 4, "the cases hold passwords");
}
