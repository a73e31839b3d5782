//! The table of all rules (`docs/rules/README.md`), made from the registry and the corpus, and the proof that each rule has
//! its cases: a fault one that fails and one that passes, a suppressor and a dispatch one where it speaks and one where it
//! is silent.
//!
//! `KEYSPECT_UPDATE=1 cargo test --test rule_table` writes the table anew.

#![allow(clippy::panic)]

mod below;

use below::files_below;
use keyspect::rules::{Grade, Kind, RULES, RuleMeta};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The cases of one rule, as paths below `corpus/`.
#[derive(Default)]
struct Cases {
    fails: BTreeSet<String>,
    passes: BTreeSet<String>,
}

/// The names in a list, or the keys of a table.
fn names(expect: &toml::Table, key: &str) -> Vec<String> {
    match expect.get(key) {
        Some(toml::Value::Array(list)) => list.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect(),
        Some(toml::Value::Table(table)) => table.keys().cloned().collect(),
        _ => Vec::new(),
    }
}

/// What the expectations in the corpus say of each rule.
fn cases() -> BTreeMap<String, Cases> {
    let corpus = root().join("corpus");
    let mut files = files_below(&corpus);
    files.retain(|path| path.file_name().is_some_and(|name| name == "case.toml"));
    let mut out: BTreeMap<String, Cases> = RULES.iter().map(|r| (r.meta().name.to_owned(), Cases::default())).collect();
    for file in files {
        let folder = file.parent().expect("a folder").strip_prefix(&corpus).expect("below the corpus");
        let name = folder.to_string_lossy().replace('\\', "/");
        let text = std::fs::read_to_string(&file).expect("a case");
        let table: toml::Table = text.parse().expect("a table");
        let Some(expect) = table.get("expect").and_then(toml::Value::as_table) else { continue };
        for key in ["rules", "fires", "not_the_cause", "speaks"] {
            for rule in names(expect, key) {
                out.entry(rule).or_default().fails.insert(name.clone());
            }
        }
        for key in ["root", "root_cause"] {
            if let Some(rule) = expect.get(key).and_then(toml::Value::as_str).filter(|rule| !rule.is_empty()) {
                out.entry(rule.to_owned()).or_default().fails.insert(name.clone());
            }
        }
        for key in ["silent", "passes", "quiet"] {
            for rule in names(expect, key) {
                out.entry(rule).or_default().passes.insert(name.clone());
            }
        }
        // There the list of rules is the whole of what is found.
        let family: &[&str] = match name.split('/').next() {
            Some("pfx") => &["pfx-"],
            Some("preflight") => &["inf-", "csr-", "template-"],
            _ => &[],
        };
        if expect.contains_key("rules") {
            let found = names(expect, "rules");
            for (rule, cases) in &mut out {
                if family.iter().any(|f| rule.starts_with(f)) && !found.contains(rule) {
                    cases.passes.insert(name.clone());
                }
            }
        }
    }
    out
}

/// Each rule once, in the order of its name: some have a part about one credential and one about the case.
fn metas() -> BTreeMap<&'static str, &'static RuleMeta> {
    RULES.iter().map(|r| (r.meta().name, r.meta())).collect()
}

/// The artifacts of the examples on a rule's page.
fn artifacts(meta: &RuleMeta) -> String {
    let known = [
        ("certutil", "certutil log"),
        ("icacls", "icacls"),
        ("acl", "Get-Acl"),
        ("procmon", "Process Monitor"),
        ("listing", "folder listing"),
        ("registry", "registry query"),
        ("event", "event"),
        ("netsh", "netsh"),
        ("iis", "IIS configuration"),
        ("error", "error text"),
        ("inf", "INF file"),
        ("csr", "request"),
        ("template", "certificate template"),
        ("script", "script"),
        ("pfx", "PFX file"),
        ("powershell", "PowerShell list"),
    ];
    let mut found: Vec<&str> = Vec::new();
    for line in meta.doc.lines() {
        let kind = line.strip_prefix("```").and_then(|rest| rest.split([' ', ',']).next()).unwrap_or_default();
        if let Some((_, words)) = known.iter().find(|(name, _)| *name == kind)
            && !found.contains(words)
        {
            found.push(words);
        }
    }
    let family = if meta.name.starts_with("pfx-") {
        "PFX file"
    } else if meta.name.starts_with("inf-") {
        "INF file, script"
    } else if meta.name.starts_with("csr-") {
        "request"
    } else {
        ""
    };
    if found.is_empty() { family.to_owned() } else { found.join(", ") }
}

fn grades(meta: &RuleMeta) -> String {
    let letter = |g: Grade| match g {
        Grade::A => "A",
        Grade::B => "B",
        Grade::C => "C",
        Grade::D => "D",
    };
    let letters: BTreeSet<&str> = meta.sources.iter().map(|s| letter(s.grade)).collect();
    letters.into_iter().collect::<Vec<_>>().join(", ")
}

/// At most three cases, and how many more there are.
fn links(cases: &BTreeSet<String>) -> String {
    let shown: Vec<String> = cases.iter().take(3).map(|c| format!("[{c}](../../corpus/{c})")).collect();
    let more = cases.len().saturating_sub(3);
    if more > 0 { format!("{}, {more} more", shown.join(", ")) } else { shown.join(", ") }
}

fn table() -> String {
    let cases = cases();
    let metas = metas();
    let mut out = String::from(
        "# The rules\n\nMade from the registry of rules and from the expectations in the corpus by \
         `KEYSPECT_UPDATE=1 cargo test --test rule_table`; the same test fails when this page is stale.\n\n\
         A *fault* is a check that can fail, a *suppressor* says what is not the cause, a *dispatch* reads a symptom and points to \
         the rules that decide. Severity, role and confidence are the highest that a finding of the rule gets. Grades of the sources: \
         A documentation of the vendor, B re-computed or checked against public data, C issues, blogs and public answers, D inference. The artifacts are those of the \
         examples on the rule's page.\n\n",
    );
    let _ = writeln!(out, "{} rules.\n", metas.len());
    out.push_str("| Rule | Kind | Severity | Role | Confidence | Reads | Sources | Cases that fail or speak | Cases that pass or are silent |\n");
    out.push_str("|---|---|---|---|---|---|---|---|---|\n");
    let word = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    for meta in metas.values() {
        let own = &cases[meta.name];
        let kind = match meta.kind {
            Kind::Fault => "fault",
            Kind::Suppressor => "suppressor",
            Kind::Dispatch => "dispatch",
        };
        let judged = if meta.kind == Kind::Suppressor {
            ["–", "–", "–"].map(str::to_owned)
        } else {
            [
                word(serde_json::to_value(meta.severity).expect("a word")),
                word(serde_json::to_value(meta.role).expect("a word")),
                word(serde_json::to_value(meta.confidence).expect("a word")),
            ]
        };
        let _ = writeln!(
            out,
            "| [{name}]({name}.md) | {kind} | {} | {} | {} | {} |",
            judged.join(" | "),
            artifacts(meta),
            grades(meta),
            [links(&own.fails), links(&own.passes)].join(" | "),
            name = meta.name,
        );
    }
    out
}

#[test]
fn the_table_is_what_the_registry_and_the_corpus_say() {
    let path = root().join("docs/rules/README.md");
    let table = table();
    if std::env::var_os("KEYSPECT_UPDATE").is_some() {
        std::fs::write(&path, &table).expect("the table is written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(kept == table, "docs/rules/README.md is stale: KEYSPECT_UPDATE=1 cargo test --test rule_table");
}

#[test]
fn every_rule_has_its_cases() {
    let cases = cases();
    let mut missing = Vec::new();
    for (name, meta) in metas() {
        let own = &cases[name];
        let (speaks, quiet) = match meta.kind {
            Kind::Fault => ("fails", "passes"),
            Kind::Suppressor | Kind::Dispatch => ("speaks", "is silent"),
        };
        if own.fails.is_empty() {
            missing.push(format!("{name}: no case in which it {speaks}"));
        }
        if own.passes.is_empty() {
            missing.push(format!("{name}: no case in which it {quiet}"));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn the_corpus_names_only_rules_that_exist() {
    let metas = metas();
    let unknown: Vec<String> = cases().into_keys().filter(|name| !metas.contains_key(name.as_str())).collect();
    assert!(unknown.is_empty(), "no such rules: {unknown:?}");
}
