//! Runs over several inputs at once: a log and the key files of the same machine, judged together.

#![allow(clippy::panic)]

use keyspect::analyze::{Analysis, Options};
use serde_json::Value;
use std::path::Path;
use time::macros::datetime;

fn report(folder: &Path, inputs: &[String], workloads: &[String]) -> Value {
    let mut options = Options::new(datetime!(2026-11-01 12:00 UTC));
    if !workloads.is_empty() {
        options.targets =
            workloads.iter().flat_map(|w| keyspect::workloads::parse(w).expect("a known workload")).collect();
    }
    let mut analysis = Analysis::new(options);
    for input in inputs {
        let mut file = std::fs::File::open(folder.join(input)).expect("the input");
        analysis.read(input, None, &mut file).expect("nothing is written");
    }
    serde_json::to_value(analysis.finish().expect("nothing is written")).expect("a report")
}

fn strings(table: &toml::Table, key: &str) -> Vec<String> {
    let values = table.get(key).and_then(toml::Value::as_array);
    values.into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
}

fn list<'a>(report: &'a Value, key: &str) -> &'a [Value] {
    report[key].as_array().map_or(&[], Vec::as_slice)
}

#[test]
fn every_case_is_judged_as_it_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/linking");
    let mut wrong = Vec::new();
    let mut cases = 0;
    for entry in std::fs::read_dir(root).expect("the corpus") {
        let folder = entry.expect("an entry").path();
        let text = std::fs::read_to_string(folder.join("case.toml")).expect("a case");
        let case: toml::Table = text.parse().expect("a table");
        let expect = case["expect"].as_table().expect("expectations");
        let report = report(&folder, &strings(&case, "inputs"), &strings(expect, "for"));
        cases += 1;
        let mut say = |what: String| wrong.push(format!("{}: {what}", folder.display()));
        let findings = list(&report, "findings");
        let found: Vec<&str> = findings.iter().filter_map(|f| f["rule"].as_str()).collect();
        for rule in strings(expect, "rules") {
            let Some(finding) = findings.iter().find(|f| f["rule"] == rule.as_str()) else {
                say(format!("{rule} is silent; found {found:?}"));
                continue;
            };
            for key in ["severity", "confidence"] {
                if let Some(wanted) = expect.get(key).and_then(toml::Value::as_str)
                    && finding[key] != wanted
                {
                    say(format!("{key} of {rule} is {}, not {wanted}", finding[key]));
                }
            }
            if let Some(wanted) = expect.get("primary_input").and_then(toml::Value::as_integer) {
                let primary = list(finding, "evidence").iter().find(|e| e["primary"] == true);
                if primary.map(|e| &e["input"]) != Some(&Value::from(wanted)) {
                    say(format!("the proof of {rule} is {primary:?}"));
                }
            }
            if let Some(wanted) = expect.get("remedy").and_then(toml::Value::as_str)
                && !finding["remedies"].to_string().contains(wanted)
            {
                say(format!("the remedies of {rule} are {}", finding["remedies"]));
            }
        }
        if let Some(wanted) = expect.get("credentials").and_then(toml::Value::as_integer) {
            let count = list(&report, "credentials").len();
            if i64::try_from(count).ok() != Some(wanted) {
                say(format!("{count} credentials, not {wanted}"));
            }
        }
        for rule in strings(expect, "silent").iter().filter(|r| found.contains(&r.as_str())) {
            say(format!("{rule} must be silent"));
        }
        if let Some(root) = expect.get("root_cause").and_then(toml::Value::as_str) {
            let roots: Vec<&Value> =
                findings.iter().filter(|f| f["role"] == "root-cause").map(|f| &f["rule"]).collect();
            if roots != [root] {
                say(format!("the root causes are {roots:?}"));
            }
        }
        let checks = list(&report, "checks");
        for rule in strings(expect, "pass") {
            if !checks.iter().any(|c| c["rule"] == rule.as_str() && c["outcome"] == "pass") {
                say(format!("{rule} does not pass"));
            }
        }
        for rule in strings(expect, "not_unknown") {
            if checks.iter().any(|c| c["rule"] == rule.as_str() && c["outcome"] == "unknown") {
                say(format!("{rule} is unknown"));
            }
        }
        for (rule, command) in expect.get("unknown").and_then(toml::Value::as_table).into_iter().flatten() {
            let unknown = checks.iter().find(|c| c["rule"] == rule.as_str() && c["outcome"] == "unknown");
            let said = unknown.map(ToString::to_string).unwrap_or_default();
            let command = serde_json::to_string(command.as_str().unwrap_or_default()).unwrap_or_default();
            let name = expect.get("missing").and_then(toml::Value::as_str).unwrap_or_default();
            if !said.contains(&command) || !said.contains(name) {
                say(format!("{rule} says {said}"));
            }
        }
        for (workload, outcome) in expect.get("verdicts").and_then(toml::Value::as_table).into_iter().flatten() {
            let verdicts = list(&report["credentials"][0], "verdicts");
            let verdict = verdicts.iter().find(|v| v["workload"] == workload.as_str());
            if verdict.and_then(|v| v["outcome"].as_str()) != outcome.as_str() {
                say(format!("{workload} is {verdict:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases >= 8, "only {cases} cases");
}
