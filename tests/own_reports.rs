//! A report that was saved beside the artifacts it is about changes nothing about them.
#![allow(clippy::unwrap_used)]

use assert_cmd::Command;
use keyspect::Report;
use keyspect::report::model::InputStatus;
use std::path::Path;

/// A key that does not open: each report of it tells the command that is to print `Encryption test passed`.
const CASE: &str = "corpus/cases/article-scenario-2-en";

fn run(arguments: &[&str], input: &Path) -> Vec<u8> {
    let mut command = Command::cargo_bin("keyspect").unwrap();
    command.args(["--no-config", "--fail-on", "never", "--at", "2026-11-25T00:00:00Z"]);
    command.args(arguments).arg(input).output().unwrap().stdout
}

fn verdicts(report: &Report) -> Vec<String> {
    report.credentials.iter().map(|c| format!("{:?} {:?}", c.certificate, c.verdicts)).collect()
}

#[test]
fn a_report_beside_the_artifacts_is_no_evidence() {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join(CASE);
    let alone: Report = serde_json::from_slice(&run(&["--format", "json"], &case)).unwrap();
    assert_eq!(alone.summary.credentials, 1);
    let text = run(&["--format", "text"], &case);
    let wide: Vec<u8> = String::from_utf8(text).unwrap().encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut reports = vec![("wide".to_owned(), [&[0xFF, 0xFE], wide.as_slice()].concat())];
    for format in ["text", "short", "summary", "markdown", "html", "json", "jsonl", "sarif", "junit", "csv"] {
        reports.push((format.to_owned(), run(&["--format", format], &case)));
    }
    reports.push(("quiet".to_owned(), run(&["--format", "markdown", "--quiet"], &case)));
    reports.push(("quiet text".to_owned(), run(&["--quiet"], &case)));
    reports.push(("quiet ASCII".to_owned(), run(&["--quiet", "--ascii"], &case)));
    reports.push(("coloured".to_owned(), run(&["--color", "always"], &case)));
    reports.push(("bom".to_owned(), run(&["--format", "csv", "--csv-bom"], &case)));
    for (name, report) in reports {
        let folder = tempfile::tempdir().unwrap();
        for entry in std::fs::read_dir(&case).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|end| end == "txt") {
                std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
            }
        }
        // Last, so that what it says would count.
        std::fs::write(folder.path().join("z-report.txt"), report).unwrap();
        let beside: Report = serde_json::from_slice(&run(&["--format", "json"], folder.path())).unwrap();
        assert_eq!(verdicts(&beside), verdicts(&alone), "{name}");
        let input = beside.inputs.last().unwrap();
        assert!(input.path.ends_with("z-report.txt"));
        assert_eq!(input.status, InputStatus::Unrecognized, "{name}");
        assert!(input.problems[0].message.starts_with("a report of keyspect"), "{name}: {:?}", input.problems);
    }
}

/// Of a request judged for every workload, the beginning of a page holds the verdicts and not the last line.
#[test]
fn a_page_on_requests_is_no_evidence() {
    for case in ["certificate-template/dstemplate", "certificate-template/fragment-in-ticket", "preflight/csr-ec-p384"]
    {
        let artifacts = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(case);
        let folder = tempfile::tempdir().unwrap();
        let page = folder.path().join("report.md");
        std::fs::write(&page, run(&["--format", "markdown", "--for", "all"], &artifacts)).unwrap();
        let report: Report = serde_json::from_slice(&run(&["--format", "json"], &page)).unwrap();
        let input = report.inputs.first().unwrap();
        assert_eq!(input.status, InputStatus::Unrecognized, "{case}");
        assert!(input.problems[0].message.starts_with("a report of keyspect"), "{case}: {:?}", input.problems);
    }
}

#[test]
fn words_of_a_report_in_an_artifact_are_none() {
    for text in [
        "# ✅ Done\n\n✅ **Step 1** on web-1\n\nKey Container = web-1\n",
        "# Ticket\n\n❌ **fails on** IIS, says the customer\n\nKey Container = web-1\n",
        "keyspect 0.1.0 says 5 artifacts\r\n",
        "# ✅ Done\n\nKey Container = web-1\n",
        "{\"type\":\"credential\",\"name\":\"x\"}\n",
        "{\"type\":\"input\",\"id\":7,\"log\":\"Key Container = web-1\"}\n",
        "{\"type\":\"finding\",\"rule\":\"unknown-rule\"}\n",
        "dump.txt:1:1: error[unknown-rule]: x\n",
        "type,id,name\n",
        "! Note: read this first\n  thumbprint: see below\n",
        "x Step 1: what it printed\n    Key Container = web-1\n",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        std::fs::write(&path, text).unwrap();
        let report: Report = serde_json::from_slice(&run(&["--format", "json"], &path)).unwrap();
        let told = report.inputs[0].problems.iter().any(|problem| problem.message.contains("a report of keyspect"));
        assert!(!told, "{text}");
    }
}
