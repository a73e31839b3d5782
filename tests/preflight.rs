//! Requests and INF files alone: findings, verdicts, and the corrected INF.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use keyspect::analyze::{Analysis, Options};
use keyspect::report::model::{CheckOutcome, Report, Severity};
use keyspect::rules::{RULES, RuleEntry};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use time::macros::datetime;

struct Case {
    name: String,
    artifact: PathBuf,
    expect: toml::Table,
}

impl Case {
    fn list(&self, key: &str) -> Option<BTreeSet<String>> {
        let values = self.expect.get(key)?.as_array()?;
        Some(values.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect())
    }
    fn report(&self) -> Report {
        let asked: Vec<String> = self.list("for").unwrap_or_default().into_iter().collect();
        analyze(&std::fs::read(&self.artifact).unwrap(), &asked)
    }
}

fn analyze(bytes: &[u8], asked: &[String]) -> Report {
    let mut options = Options::new(datetime!(2026-11-01 12:00 UTC));
    if !asked.is_empty() {
        options.targets = asked.iter().flat_map(|w| keyspect::workloads::parse(w).unwrap()).collect();
    }
    let mut analysis = Analysis::new(options);
    analysis.read("artifact", None, &mut &bytes[..]).unwrap();
    analysis.finish().unwrap()
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/preflight");
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let folder = entry.unwrap().path();
        let table: toml::Table = std::fs::read_to_string(folder.join("case.toml")).unwrap().parse().unwrap();
        cases.push(Case {
            name: folder.file_name().unwrap().to_string_lossy().into_owned(),
            artifact: folder.join(table["artifact"].as_str().unwrap()),
            expect: table["expect"].as_table().unwrap().clone(),
        });
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

fn word(value: impl serde::Serialize) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

#[test]
fn every_case_is_judged_as_it_says() {
    let mut wrong = Vec::new();
    for case in cases() {
        let report = case.report();
        let name = &case.name;
        let input = &report.inputs[0];
        assert_eq!(input.kind, case.expect["kind"].as_str().unwrap(), "{name}");
        let found: BTreeSet<String> = report.findings.iter().map(|f| f.rule.clone()).collect();
        if Some(&found) != case.list("rules").as_ref() {
            wrong.push(format!("{name}: found {found:?}, not {:?}", case.expect["rules"]));
        }
        if let Some(errors) = case.list("errors") {
            let severe = report.findings.iter().filter(|f| f.severity == Severity::Error);
            let severe: BTreeSet<String> = severe.map(|f| f.rule.clone()).collect();
            if severe != errors {
                wrong.push(format!("{name}: errors are {severe:?}, not {errors:?}"));
            }
        }
        for rule in case.list("passes").unwrap_or_default() {
            let of_rule = report.checks.iter().filter(|c| c.rule == rule);
            if !of_rule.clone().any(|c| c.outcome == CheckOutcome::Pass) {
                let outcomes: Vec<_> = of_rule.map(|c| (c.outcome, &c.reason)).collect();
                wrong.push(format!("{name}: {rule} does not pass: {outcomes:?}"));
            }
        }
        let verdicts: BTreeMap<String, String> =
            input.verdicts.iter().map(|v| (v.workload.clone(), word(v.outcome))).collect();
        let expected = case.expect["verdicts"].as_table().unwrap();
        let expected: BTreeMap<String, String> =
            expected.iter().map(|(k, v)| (k.clone(), v.as_str().unwrap().to_owned())).collect();
        if verdicts != expected {
            wrong.push(format!("{name}: verdicts {:?}, not {expected:?}", input.verdicts));
        }
        for (field, value) in case.expect.get("details").and_then(toml::Value::as_table).into_iter().flatten() {
            let shown = input.details.as_ref().and_then(|d| d.get(field));
            if shown != Some(&serde_json::to_value(value).unwrap()) {
                wrong.push(format!("{name}: {field} is {shown:?}, not {value}"));
            }
        }
        assert!(report.credentials.is_empty(), "{name}: a request is no credential");
        for finding in &report.findings {
            assert_eq!(finding.credential, None, "{name}");
            assert_eq!(finding.evidence.iter().filter(|e| e.primary).count(), 1, "{name}: {}", finding.rule);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn evidence_of_an_inf_stands_at_its_line_and_bytes() {
    let mut compared = 0;
    for case in cases().iter().filter(|c| c.expect["kind"].as_str() == Some("request-inf")) {
        let bytes = std::fs::read(&case.artifact).unwrap();
        let text = match bytes.strip_prefix(&[0xFF, 0xFE]) {
            Some(rest) => {
                let units: Vec<u16> = rest.chunks(2).map(|u| u16::from_le_bytes([u[0], u[1]])).collect();
                String::from_utf16(&units).unwrap()
            }
            None => String::from_utf8(bytes.clone()).unwrap(),
        };
        let lines: Vec<&str> = text.lines().collect();
        for finding in case.report().findings {
            for e in finding.evidence {
                let line = lines[e.line.unwrap() as usize - 1];
                let at: String = line.chars().skip(e.column.unwrap() as usize - 1).collect();
                assert_eq!(e.line_text.as_deref(), Some(line), "{}", case.name);
                let [start, end] = e.bytes.map(|b| usize::try_from(b).unwrap());
                let raw: String = bytes[start..end].iter().filter(|b| **b != 0).map(|b| char::from(*b)).collect();
                assert!(at.starts_with(&raw), "{}: {raw:?} is not at {at:?}", case.name);
                assert_eq!(e.excerpt, raw, "{}: {}", case.name, finding.rule);
                compared += 1;
            }
        }
    }
    assert!(compared > 30, "only {compared}");
}

#[test]
fn the_corrected_inf_has_no_error_left() {
    let mut corrected = 0;
    for case in cases().iter().filter(|c| c.expect["kind"].as_str() == Some("request-inf")) {
        let report = case.report();
        if report.findings.iter().all(|f| f.severity == Severity::Note) {
            continue;
        }
        let steps = || report.findings.iter().flat_map(|f| &f.remedies).flat_map(|r| &r.steps);
        let texts: Vec<&String> = steps().filter(|s| s.shell == "inf").map(|s| &s.run).collect();
        // Which of several ways out is right depends on what else is wanted.
        let open = ["inf-hash-unsupported-by-csp", "tpm-rsa-pss"];
        if report.findings.iter().all(|f| open.contains(&f.rule.as_str())) {
            assert!(texts.is_empty(), "{}", case.name);
            continue;
        }
        assert_eq!(texts.len(), 1, "{}: one corrected INF", case.name);
        let asked: Vec<String> = case.list("for").unwrap_or_default().into_iter().collect();
        let again = analyze(texts[0].as_bytes(), &asked);
        assert_eq!(again.inputs[0].kind, "request-inf", "{}", case.name);
        assert!(again.inputs[0].problems.is_empty(), "{}: {:?}", case.name, again.inputs[0].problems);
        let left: Vec<&str> =
            again.findings.iter().filter(|f| f.severity == Severity::Error).map(|f| f.rule.as_str()).collect();
        assert!(left.is_empty(), "{}: {left:?} in\n{}", case.name, texts[0]);
        // No subject is made up, and none is lost.
        let subject = |r: &Report| r.inputs[0].details.as_ref().and_then(|d| d.get("subject").cloned());
        assert_eq!(subject(&again), subject(&report), "{}", case.name);
        corrected += 1;
    }
    assert!(corrected > 20, "only {corrected}");
}

/// Rules whose check never passes: they point to a setting, and its absence means nothing.
const NEVER_PASS: &[&str] =
    &["inf-exportable-false-warning", "inf-requesttype-cert-self-signed", "csr-key-not-on-target"];

#[test]
fn every_rule_fails_in_one_case_and_passes_in_another() {
    let cases = cases();
    let said = |key: &str| -> BTreeSet<String> { cases.iter().flat_map(|c| c.list(key).unwrap_or_default()).collect() };
    let (fails, passes) = (said("rules"), said("passes"));
    for entry in RULES {
        let RuleEntry::Request(rule) = entry else { continue };
        let name = rule.meta().name;
        assert!(fails.contains(name), "{name} never fails");
        // A rule about stored keys passes in cases of its own.
        let stored = RULES.iter().any(|r| matches!(r, RuleEntry::Credential(own) if own.meta().name == name));
        assert!(passes.contains(name) || stored || NEVER_PASS.contains(&name), "{name} never passes");
    }
}

#[test]
fn the_report_for_a_person_shows_the_verdict_the_line_and_one_corrected_inf() {
    let cases = cases();
    let case = cases.iter().find(|c| c.name == "many-faults").unwrap();
    let mut out = Vec::new();
    let options = keyspect::report::text::TextOptions::default();
    keyspect::report::text::render(&case.report(), &options, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[2], "\u{2717} artifact  fails on IIS", "{text}");
    assert!(lines[3].starts_with("  asks for CN=www.contoso.com, KeySpec 2, Microsoft RSA SChannel"), "{text}");
    assert!(text.contains("error[inf-unquoted-pipe]") && text.contains("error[inf-machinekeyset-missing]"), "{text}");
    assert_eq!(text.matches("; corrected.inf").count(), 1, "{text}");
    assert!(lines.contains(&"    KeySpec = AT_KEYEXCHANGE ; was 0x2"), "{text}");
    assert!(lines.contains(&"    RequestType = CMC ; was PKCS10"), "{text}");
    assert!(text.contains("Beside it (-v tells more):") && text.contains("  warning[inf-no-san]"), "{text}");
}

#[test]
fn a_streamed_report_ends_with_the_verdicts() {
    let cases = cases();
    let case = cases.iter().find(|c| c.name == "keyspec-2").unwrap();
    let mut out = Vec::new();
    let mut sink = keyspect::report::jsonl::JsonLines::new(&mut out);
    let mut analysis = Analysis::new(Options::new(datetime!(2026-11-01 12:00 UTC))).with_sink(&mut sink);
    analysis.read("a.inf", None, &mut std::fs::read(&case.artifact).unwrap().as_slice()).unwrap();
    analysis.finish().unwrap();
    let text = String::from_utf8(out).unwrap();
    let mut inputs = text.lines().filter(|l| l.contains("\"type\":\"input\""));
    let last: serde_json::Value = serde_json::from_str(inputs.next_back().unwrap()).unwrap();
    assert_eq!(last["verdicts"][0]["outcome"], "fails");
    assert_eq!(last["verdicts"][0]["because"][0], "inf-keyspec-signature-tls");
    assert!(text.lines().any(|l| l.contains("\"type\":\"finding\"") && l.contains("inf-keyspec-signature-tls")));
}

#[test]
fn fingerprints_tell_inputs_apart_and_are_the_same_for_the_same_bytes() {
    let cases = cases();
    let fingerprints = |names: &[&str]| -> Vec<String> {
        let mut analysis = Analysis::new(Options::new(datetime!(2026-11-01 12:00 UTC)));
        for (at, name) in names.iter().enumerate() {
            let case = cases.iter().find(|c| c.name == *name).unwrap();
            let bytes = std::fs::read(&case.artifact).unwrap();
            analysis.read(&format!("{at}.inf"), None, &mut bytes.as_slice()).unwrap();
        }
        let report = analysis.finish().unwrap();
        report.findings.iter().map(|f| f.fingerprint.clone()).collect()
    };
    let both = fingerprints(&["machinekeyset-absent", "machinekeyset-false"]);
    assert_eq!(both.len(), 2);
    assert_ne!(both[0], both[1]);
    assert_eq!(fingerprints(&["machinekeyset-false"])[0], both[1]);
}

#[test]
fn an_inf_in_a_ticket_has_its_own_lines() {
    let cases = cases();
    let case = cases.iter().find(|c| c.name == "keyspec-2").unwrap();
    let inf = std::fs::read_to_string(&case.artifact).unwrap();
    let quoted: String = inf.lines().map(|line| format!("> {line}\n")).collect();
    let ticket = format!("Hello,\nthis is our request:\n{quoted}Regards\n");
    let report = analyze(ticket.as_bytes(), &[]);
    let finding = report.findings.iter().find(|f| f.rule == "inf-keyspec-signature-tls").unwrap();
    let e = finding.evidence.iter().find(|e| e.primary).unwrap();
    let line = ticket.lines().nth(e.line.unwrap() as usize - 1).unwrap();
    assert_eq!(line, "> KeySpec = 2");
    let [start, end] = e.bytes.map(|b| usize::try_from(b).unwrap());
    assert_eq!(&ticket[start..end], "2");
    assert_eq!(word(report.inputs[0].verdicts[0].outcome), "fails");
}
