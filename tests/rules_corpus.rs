//! The rules over the certutil corpus: what must be found, what must stay silent, what decides.

use keyspect::analyze::{Analysis, Options};
use keyspect::report::model::{CheckOutcome, Report, Role, VerdictOutcome};
use keyspect::rules::{Kind, RULES};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use time::macros::datetime;

/// What a case expects of the rules.
struct Case {
    name: String,
    path: PathBuf,
    expect: toml::Table,
}

impl Case {
    fn list(&self, key: &str) -> Vec<String> {
        let values = self.expect.get(key).and_then(toml::Value::as_array);
        values.into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
    }

    fn report(&self) -> Report {
        let mut options = Options::new(datetime!(2026-11-01 12:00 UTC));
        let workloads = self.list("for");
        if !workloads.is_empty() {
            options.targets =
                workloads.iter().flat_map(|w| keyspect::workloads::parse(w).expect("a known workload")).collect();
        }
        let mut analysis = Analysis::new(options);
        let mut file = std::fs::File::open(&self.path).expect("the input");
        analysis.read("input.txt", None, &mut file).expect("nothing is written");
        analysis.finish().expect("nothing is written")
    }
}

/// The cases that say which rules fail.
fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/certutil");
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the corpus") {
        let folder = entry.expect("an entry").path();
        let Ok(text) = std::fs::read_to_string(folder.join("case.toml")) else { continue };
        let table: toml::Table = toml::from_str(&text).expect("a table");
        let Some(expect) = table.get("expect").and_then(toml::Value::as_table) else { continue };
        if expect.contains_key("rules") && folder.join("input.txt").exists() {
            let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
            cases.push(Case { name, path: folder.join("input.txt"), expect: expect.clone() });
        }
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

fn word(outcome: VerdictOutcome) -> &'static str {
    match outcome {
        VerdictOutcome::Fails => "fails",
        VerdictOutcome::AtRisk => "at-risk",
        VerdictOutcome::Unknown => "unknown",
        VerdictOutcome::Works => "works",
    }
}

#[test]
fn cases_are_judged_as_they_say() {
    let mut wrong = Vec::new();
    for case in cases() {
        let report = case.report();
        let found: BTreeSet<&str> = report.findings.iter().map(|f| f.rule.as_str()).collect();
        let name = &case.name;
        for rule in case.list("rules").iter().filter(|r| !found.contains(r.as_str())) {
            let checks: Vec<String> = report
                .checks
                .iter()
                .filter(|c| c.rule == *rule)
                .map(|c| format!("{:?} {}", c.outcome, c.reason))
                .collect();
            wrong.push(format!("{name}: {rule} is silent; found {found:?}; {checks:?}"));
        }
        for rule in case.list("silent").iter().filter(|r| found.contains(r.as_str())) {
            wrong.push(format!("{name}: {rule} must be silent"));
        }
        for rule in case.list("not_the_cause") {
            let speaks = |c: &&keyspect::report::model::Check| {
                c.rule == rule && c.not_the_cause && c.outcome == CheckOutcome::Pass
            };
            if !report.checks.iter().any(|c| speaks(&c)) {
                wrong.push(format!("{name}: {rule} must speak"));
            }
        }
        if let Some(rule) = case.expect.get("root_cause").and_then(toml::Value::as_str) {
            let roots: BTreeSet<&str> =
                report.findings.iter().filter(|f| f.role == Role::RootCause).map(|f| f.rule.as_str()).collect();
            if roots != BTreeSet::from([rule]) {
                wrong.push(format!("{name}: the root cause is {rule}, not {roots:?}"));
            }
        }
        for (workload, outcome) in case.expect.get("verdicts").and_then(toml::Value::as_table).into_iter().flatten() {
            for credential in &report.credentials {
                let verdict = credential.verdicts.iter().find(|v| v.workload == *workload);
                let said = verdict.map(|v| word(v.outcome));
                if said != outcome.as_str() {
                    let because = verdict.map(|v| v.because.clone());
                    wrong.push(format!("{name}: {workload} is {said:?} because {because:?}, not {outcome}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Rules that a certutil log alone never fails: they wait for a binding or a configuration.
const NEVER_ALONE: &[&str] = &["eku-missing-serverauth", "ku-digital-signature-only-rsa-kx"];

/// Further artifacts on a rule's page: such a rule does not judge what certutil prints alone, its cases are in
/// `corpus/cases`.
const FURTHER: &[&str] = &["icacls", "acl", "procmon", "listing", "registry", "event", "netsh", "error"];

/// Rules that judge what certutil prints.
fn judged_by_certutil() -> impl Iterator<Item = &'static str> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules");
    RULES.iter().map(|r| r.meta()).filter_map(move |meta| {
        let page = std::fs::read_to_string(folder.join(format!("{}.md", meta.name))).unwrap_or_default();
        let further = FURTHER.iter().any(|kind| page.contains(&format!("```{kind}")));
        // Another artifact before the log: the log is only a part of the example.
        let part = page.split("```certutil").next().is_some_and(|before| before.contains("```text"));
        (page.contains("```certutil") && !further && !part).then_some(meta.name)
    })
}

#[test]
fn every_rule_has_a_case_where_it_speaks_and_one_where_it_is_silent() {
    let cases = cases();
    let said = |key: &str| -> BTreeSet<String> { cases.iter().flat_map(|c| c.list(key)).collect() };
    let (fails, silent, speaks) = (said("rules"), said("silent"), said("not_the_cause"));
    let mut missing = Vec::new();
    for name in judged_by_certutil() {
        let suppressor = RULES.iter().any(|r| r.meta().name == name && r.meta().kind == Kind::Suppressor);
        if suppressor {
            if !speaks.contains(name) {
                missing.push(format!("{name} never speaks"));
            }
        } else if !NEVER_ALONE.contains(&name) {
            if !fails.contains(name) {
                missing.push(format!("{name} never fails"));
            }
            if !silent.contains(name) {
                missing.push(format!("{name} is never silent"));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
