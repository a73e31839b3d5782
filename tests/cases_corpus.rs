//! Whole cases: several artifacts of one machine judged together, each folder of `corpus/cases/` as one run.
//!
//! All files of a folder but `case.toml` are the inputs, in the order of their names. `[expect]`, written by hand:
//! `for` (the workloads), `root` (the rule of the first finding, a root cause; empty: no root cause), `fires`, `silent`,
//! `unknown` (rules whose check says that something is missing), `not_the_cause` and `quiet` (suppressors that speak, and that
//! don't), `says` (words of a rule's message), `repairs` (words of a command that repairs it), `verdicts` (of the first certificate, or of the one whose thumbprint is
//! `certificate`), `errors` and `warnings` (how many findings), `credentials` (how many), `remarks` (`input:line: words` of what is said about artifacts
//! that contradict each other; all of them).

#![allow(clippy::panic)]

use keyspect::analyze::{Analysis, Options};
use keyspect::report::model::{CheckOutcome, Report, Role, VerdictOutcome};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use time::macros::datetime;

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/cases");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root)
        .expect("the corpus")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.join("case.toml").is_file())
        .collect();
    folders.sort();
    folders
}

fn strings(table: &toml::Table, key: &str) -> Vec<String> {
    let values = table.get(key).and_then(toml::Value::as_array);
    values.into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
}

fn report(folder: &Path, workloads: &[String]) -> Report {
    let mut options = Options::new(datetime!(2026-11-01 12:00 UTC));
    if !workloads.is_empty() {
        options.targets =
            workloads.iter().flat_map(|w| keyspect::workloads::parse(w).expect("a known workload")).collect();
    }
    let mut analysis = Analysis::new(options);
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("the case").map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|file| file.file_name().is_some_and(|name| name != "case.toml"));
    files.sort();
    for file in files {
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        let mut reader = std::fs::File::open(&file).expect("the input");
        analysis.read(&name, None, &mut reader).expect("nothing is written");
    }
    analysis.finish().expect("nothing is written")
}

fn word(outcome: VerdictOutcome) -> &'static str {
    match outcome {
        VerdictOutcome::Fails => "fails",
        VerdictOutcome::AtRisk => "at-risk",
        VerdictOutcome::Unknown => "unknown",
        VerdictOutcome::Works => "works",
    }
}

/// What a case says of a rule, for a failure's message.
fn checks(report: &Report, rule: &str) -> Vec<String> {
    let own = report.checks.iter().filter(|c| c.rule == rule);
    own.map(|c| format!("{:?} {}", c.outcome, c.reason)).collect()
}

fn judge(folder: &Path, wrong: &mut Vec<String>) {
    let text = std::fs::read_to_string(folder.join("case.toml")).expect("a case");
    let case: toml::Table = text.parse().expect("a table");
    for key in ["origin", "made", "why"] {
        assert!(case.get(key).is_some_and(toml::Value::is_str), "{}: {key}", folder.display());
    }
    let expect = case["expect"].as_table().expect("expectations");
    let report = report(folder, &strings(expect, "for"));
    let name = folder.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let mut say = |what: String| wrong.push(format!("{name}: {what}"));
    let fired: BTreeSet<&str> = report.findings.iter().map(|f| f.rule.as_str()).collect();
    for rule in strings(expect, "fires").iter().filter(|r| !fired.contains(r.as_str())) {
        say(format!("{rule} is silent; found {fired:?}; {:?}", checks(&report, rule)));
    }
    for rule in strings(expect, "silent").iter().filter(|r| fired.contains(r.as_str())) {
        say(format!("{rule} must be silent"));
    }
    // Suppressors: what is said not to be the cause.
    let said = |rule: &String| {
        report.checks.iter().any(|c| c.rule == *rule && c.not_the_cause && c.outcome == CheckOutcome::Pass)
    };
    for rule in strings(expect, "quiet").iter().filter(|r| said(r)) {
        say(format!("{rule} must be quiet: {:?}", checks(&report, rule)));
    }
    for rule in strings(expect, "unknown") {
        if !report.checks.iter().any(|c| c.rule == rule && c.outcome == CheckOutcome::Unknown && c.obtain.is_some()) {
            say(format!("{rule} is not unknown: {:?}", checks(&report, &rule)));
        }
    }
    for rule in strings(expect, "not_the_cause") {
        if !report.checks.iter().any(|c| c.rule == rule && c.not_the_cause) {
            say(format!("{rule} does not say that something is not the cause: {:?}", checks(&report, &rule)));
        }
    }
    for (rule, words) in expect.get("says").and_then(toml::Value::as_table).into_iter().flatten() {
        let words = words.as_str().expect("words");
        let own: Vec<&str> = report.findings.iter().filter(|f| f.rule == *rule).map(|f| f.message.as_str()).collect();
        if !own.iter().any(|message| message.contains(words)) {
            say(format!("{rule} does not say {words:?}: {own:?}"));
        }
    }
    for (rule, words) in expect.get("repairs").and_then(toml::Value::as_table).into_iter().flatten() {
        let words = words.as_str().expect("words");
        let own = report.findings.iter().filter(|f| f.rule == *rule).flat_map(|f| &f.remedies).flat_map(|r| &r.steps);
        let commands: Vec<&str> = own.map(|step| step.run.as_str()).collect();
        if !commands.iter().any(|command| command.contains(words)) {
            say(format!("no command for {rule} has {words:?}: {commands:?}"));
        }
    }
    if let Some(root) = expect.get("root").and_then(toml::Value::as_str) {
        let first = report.findings.first().filter(|f| f.role == Role::RootCause).map_or("", |f| f.rule.as_str());
        if first != root {
            let all: Vec<_> =
                report.findings.iter().map(|f| (f.rule.as_str(), f.role, f.severity, f.confidence)).collect();
            say(format!("the root cause is {root:?}, not {first:?}: {all:?}"));
        }
    }
    if !report.findings.is_sorted_by_key(|f| f.role) {
        let all: Vec<_> = report.findings.iter().map(|f| (f.rule.as_str(), f.role)).collect();
        say(format!("the findings do not stand in the order of their roles: {all:?}"));
    }
    let credentials = u64::try_from(report.credentials.len()).expect("a number");
    let counts =
        [("errors", report.summary.errors), ("warnings", report.summary.warnings), ("credentials", credentials)];
    for (key, found) in counts {
        if let Some(wanted) = expect.get(key).and_then(toml::Value::as_integer)
            && i64::try_from(found).ok() != Some(wanted)
        {
            say(format!("{found} {key}, not {wanted}: {fired:?}"));
        }
    }
    if expect.contains_key("remarks") {
        let wanted = strings(expect, "remarks");
        let told: Vec<String> = report
            .inputs
            .iter()
            .flat_map(|i| i.problems.iter().map(move |p| (i, p)))
            .filter(|(_, p)| ["contradict", "shows a change"].iter().any(|words| p.message.contains(words)))
            .map(|(i, p)| format!("{}:{}: {}", i.path, p.line.unwrap_or(0), p.message))
            .collect();
        let tells = |told: &str, wanted: &str| {
            let (place, words) = wanted.split_once(": ").expect("a place and words");
            told.starts_with(&format!("{place}: ")) && told.contains(words)
        };
        if told.len() != wanted.len() || !wanted.iter().all(|w| told.iter().any(|t| tells(t, w))) {
            say(format!("the remarks are {told:?}, not {wanted:?}"));
        }
    }
    let verdicts = expect.get("verdicts").and_then(toml::Value::as_table);
    for (workload, outcome) in verdicts.into_iter().flatten() {
        let wanted = expect.get("certificate").and_then(toml::Value::as_str);
        let credential = report.credentials.iter().find(|c| match wanted {
            None => true,
            Some(sha1) => c.certificate.as_ref().and_then(|c| c.sha1.as_deref()) == Some(sha1),
        });
        let verdict = credential.and_then(|c| c.verdicts.iter().find(|v| v.workload == *workload));
        let said = verdict.map(|v| word(v.outcome));
        if said != outcome.as_str() {
            say(format!("{workload} is {said:?} because {:?}, not {outcome}", verdict.map(|v| &v.because)));
        }
    }
}

#[test]
fn every_case_is_judged_as_it_says() {
    let mut wrong = Vec::new();
    let folders = folders();
    for folder in &folders {
        judge(folder, &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(folders.len() >= 32, "only {} cases", folders.len());
}
