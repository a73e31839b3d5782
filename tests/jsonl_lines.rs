//! The lines that are written as a run goes are those of the report: read as an item and written by the serializer each gives
//! the same bytes, and the last one about a credential or a finding is the report's.
#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs)]

use keyspect::analyze::{Analysis, Options};
use keyspect::report::json_text;
use keyspect::report::jsonl::{self, JsonLines};
use keyspect::report::model::{Item, Report, Withdrawn};
use keyspect::workloads::{self, Target};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use time::macros::datetime;

fn options(targets: &[Target], all_checks: bool) -> Options {
    let mut options = Options::new(datetime!(2026-01-01 0:00 UTC));
    options.targets = targets.to_vec();
    options.all_checks = all_checks;
    options
}

/// Reads files as one case.
fn read(mut analysis: Analysis<'_>, files: &[PathBuf]) -> Report {
    for file in files {
        analysis.read(&file.to_string_lossy(), None, &mut fs::read(file).unwrap().as_slice()).unwrap();
    }
    analysis.finish().unwrap()
}

/// What tells items apart of which the last one counts.
fn key(item: &Item) -> Option<String> {
    match item {
        Item::Credential(credential) => Some(format!("credential {}", credential.id)),
        Item::Finding(finding) => Some({
            format!(
                "finding {} {}",
                finding.fingerprint,
                finding.credential.map_or_else(String::new, |id| id.to_string())
            )
        }),
        _ => None,
    }
}

/// Compares a streamed report with the report as a whole; gives the number of its lines.
fn compare(files: &[PathBuf], targets: &[Target], all_checks: bool) -> usize {
    let mut streamed = Vec::new();
    let mut sink = JsonLines::new(&mut streamed);
    read(Analysis::new(options(targets, all_checks)).with_sink(&mut sink), files);
    let mut last = HashMap::new();
    let streamed = String::from_utf8(streamed).unwrap();
    for line in streamed.lines() {
        let item: Item = serde_json::from_str(line).unwrap();
        if let Item::Withdrawn(Withdrawn { credential, fingerprint }) = &item {
            match fingerprint {
                Some(fingerprint) => drop(last.remove(&format!("finding {fingerprint} {credential}"))),
                None => {
                    last.remove(&format!("credential {credential}"));
                    last.retain(|key: &String, _| !key.ends_with(&format!(" {credential}")));
                }
            }
            continue;
        }
        let Some(key) = key(&item) else { continue };
        let mut again = Vec::new();
        json_text::compact(&mut again, &item).unwrap();
        assert_eq!(line.as_bytes(), again, "{files:?}");
        last.insert(key, line);
    }
    let mut whole = Vec::new();
    jsonl::render(&read(Analysis::new(options(targets, all_checks)), files), &mut whole).unwrap();
    // Two findings of one rule about one credential have one fingerprint: there, too, the last one counts.
    let whole = String::from_utf8(whole).unwrap();
    let mut lines = HashMap::new();
    for line in whole.lines() {
        if let Some(key) = key(&serde_json::from_str(line).unwrap()) {
            lines.insert(key, line);
        }
    }
    for (key, line) in lines {
        assert_eq!(last.remove(&key), Some(line), "{files:?}");
    }
    assert_eq!(last.into_keys().next(), None, "{files:?}: not in the report");
    streamed.lines().count()
}

fn files_below(folder: &Path, out: &mut Vec<Vec<PathBuf>>) {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, out);
        } else if path.metadata().unwrap().len() < 4 << 20 {
            files.push(path);
        }
    }
    files.sort();
    if !files.is_empty() {
        out.push(files);
    }
}

/// Every folder below this one as a case.
fn compare_all(folder: &Path) -> usize {
    let mut cases = Vec::new();
    files_below(folder, &mut cases);
    let every = workloads::parse("all").unwrap();
    let mut lines = 0;
    for files in cases {
        lines += compare(&files, &[workloads::default_target()], false);
        lines += compare(&files, &every, true);
    }
    lines
}

#[test]
fn lines_of_the_corpus_are_those_of_the_report() {
    assert!(compare_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")) > 1_000);
}

#[test]
fn lines_of_the_samples_are_those_of_the_report() {
    let root = std::env::var_os("KEYSPECT_SAMPLES")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/samples")), PathBuf::from);
    let folder = root.join("certutil");
    if !folder.is_dir() {
        eprintln!("skipped: no certutil samples in {}", folder.display());
        return;
    }
    assert!(compare_all(&folder) > 100);
}
