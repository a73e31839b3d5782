//! Redaction over the corpus: no name survives, in a report or in a copy, and the copy is judged like the original.
#![allow(clippy::unwrap_used, clippy::panic)]

mod below;

use below::files_below;
use keyspect::analyze::{Analysis, Options};
use keyspect::limits::Limits;
use keyspect::redact::Redactor;
use keyspect::report::csv::CsvOptions;
use keyspect::report::html::HtmlOptions;
use keyspect::report::junit::JunitOptions;
use keyspect::report::markdown::MarkdownOptions;
use keyspect::report::model::{Report, VerdictOutcome};
use keyspect::report::sarif::SarifOptions;
use keyspect::report::text::TextOptions;
use keyspect::report::{csv, html, jsonl, junit, markdown, sarif};
use keyspect::report::{inspect, json, short, summary, text};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use time::macros::datetime;

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = files_below(folder);
    files.retain(|f| !f.extension().is_some_and(|e| e == "toml" || e == "snap" || e == "py"));
    files
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// The artifacts of each case; those of `cases`, `bundle` and `linking` belong together.
fn cases() -> Vec<Vec<PathBuf>> {
    let mut out = Vec::new();
    for kind in std::fs::read_dir(corpus()).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()) {
        for case in std::fs::read_dir(&kind).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()) {
            out.push(files(&case));
        }
    }
    out.sort();
    out
}

fn analyse(inputs: &[(String, Vec<u8>)]) -> Report {
    let mut options = Options::new(datetime!(2026-11-01 12:00 UTC));
    options.targets = keyspect::workloads::parse("all").unwrap();
    options.all_checks = true;
    let mut analysis = Analysis::new(options);
    for (name, bytes) in inputs {
        analysis.read(name, None, &mut bytes.as_slice()).unwrap();
    }
    analysis.finish().unwrap()
}

/// Folded for a search: lower case, without blanks.
fn fold(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// What must not survive: read from the report's own fields, not by the code under test.
fn tokens(report: &Report) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let mut take = |text: &str| {
        let folded = fold(text);
        let letters = folded.chars().filter(|c| c.is_alphanumeric()).count();
        let one = folded.chars().collect::<BTreeSet<_>>().len() < 3;
        if letters >= 6 && !one && !COMMON.iter().any(|c| fold(c) == folded) {
            out.insert(folded);
        }
    };
    for credential in &report.credentials {
        let c = &credential.key.container;
        for name in [&c.stored, &c.name, &c.unique_name, &c.machine_guid].into_iter().flatten() {
            take(name);
        }
        for bound in credential.bound_by.iter().filter_map(|b| b.endpoint.as_deref()) {
            take(bound.rsplit_once(':').map_or(bound, |(h, _)| h));
        }
        let Some(certificate) = &credential.certificate else { continue };
        // A person is told the first digits.
        if let Some(digits) = certificate.sha1.as_deref().and_then(|sha1| sha1.get(..8)) {
            take(digits);
        }
        for value in [
            &certificate.sha1,
            &certificate.sha256,
            &certificate.serial,
            &certificate.public_key.sha1,
            &certificate.friendly_name,
        ]
        .into_iter()
        .flatten()
        {
            take(value);
        }
        for name in [&certificate.subject, &certificate.issuer].into_iter().flatten() {
            for part in name.split([',', '+', '\n']) {
                if let Some((_, value)) = part.split_once('=') {
                    take(value.trim().trim_matches('"'));
                }
            }
        }
        for name in &certificate.alternative_names {
            take(name.rsplit(['=', ':']).next().unwrap());
        }
    }
    fn walk(key: &str, value: &serde_json::Value, take: &mut dyn FnMut(&str)) {
        match value {
            serde_json::Value::Object(map) => map.iter().for_each(|(k, v)| walk(k, v, take)),
            serde_json::Value::Array(list) => list.iter().for_each(|v| walk(key, v, take)),
            serde_json::Value::String(text) => match key {
                "thumbprint" | "computer" | "machine_guid" | "serial" | "hash" | "key_name" | "site" | "addresses" => {
                    take(text);
                }
                "binding_information" | "ip_port" | "hostname_port" => take(text.split([':', '*']).next().unwrap()),
                "endpoint" => take(text.rsplit_once(':').map_or(text, |(h, _)| h)),
                "principal" | "user" | "owner" => {
                    // Windows's own accounts stay.
                    let own = [
                        "NT ",
                        "BUILTIN",
                        "S-1-5-32-",
                        "VORDEFINIERT",
                        "AUTORI",
                        "NT-",
                        "IIS APPPOOL",
                        "APPLICATION",
                        "ZARZĄDZANIE NT",
                    ];
                    if text.contains('\\') && !own.iter().any(|o| text.to_uppercase().starts_with(o)) {
                        text.split('\\').for_each(&mut *take);
                    } else if text.starts_with("S-1-5-21-") {
                        take(text);
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }
    for input in &report.inputs {
        if let Some(details) = &input.details {
            walk("", details, &mut take);
        }
    }
    out
}

/// Names that are the same on every machine, and words of every report.
const COMMON: &[&str] = &[
    "[::]",
    "0.0.0.0",
    "iisWasKey",
    "TSSecKeySet1",
    "Default Web Site",
    "iisConfigurationKey",
    "NetFrameworkConfigurationKey",
    "Microsoft Internet Information Server",
    "MS IIS DCOM Server",
    "WMSvc Certificate Key Container",
    "127.0.0.1",
    "localhost",
    "DefaultKeys",
    "SYSTEM",
    "Exchange Back End",
    "<redacted>",
];

fn renderings(report: &Report) -> Vec<(&'static str, String)> {
    let mut out = Vec::new();
    let mut push = |name, render: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = Vec::new();
        render(&mut bytes);
        out.push((name, String::from_utf8(bytes).unwrap()));
    };
    push("json", &|out| json::render(report, out).unwrap());
    push("text", &|out| {
        let mut options = TextOptions::default();
        options.verbose = true;
        text::render(report, &options, out).unwrap();
    });
    push("short", &|out| short::render(report, false, out).unwrap());
    push("summary", &|out| summary::render(report, false, out).unwrap());
    push("inspect", &|out| inspect::render(report, false, out).unwrap());
    push("jsonl", &|out| jsonl::render(report, out).unwrap());
    push("html", &|out| html::render(report, &HtmlOptions::default(), out).unwrap());
    push("markdown", &|out| markdown::render(report, &MarkdownOptions::default(), out).unwrap());
    push("sarif", &|out| {
        let mut bytes = Vec::new();
        sarif::render(report, &SarifOptions::default(), &mut bytes).unwrap();
        let mut log: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        // The pages of the rules hold examples of our own, with names that the corpus has too.
        log["runs"][0]["tool"]["driver"]["rules"].take();
        *out = log.to_string().into_bytes();
    });
    push("junit", &|out| junit::render(report, &JunitOptions::default(), out).unwrap());
    push("csv", &|out| csv::render(report, &CsvOptions::default(), out).unwrap());
    out
}

/// The verdicts of each credential, and the findings.
type Judged = (Vec<BTreeMap<String, VerdictOutcome>>, Vec<(String, String)>);

fn judged(report: &Report) -> Judged {
    let verdicts = report
        .credentials
        .iter()
        .map(|c| c.verdicts.iter().map(|v| (v.workload.clone(), v.outcome)).collect())
        .collect();
    let mut findings: Vec<_> =
        report.findings.iter().map(|f| (f.rule.clone(), format!("{:?} {:?}", f.severity, f.role))).collect();
    findings.sort();
    (verdicts, findings)
}

fn inputs(case: &[PathBuf]) -> Vec<(String, Vec<u8>)> {
    case.iter().map(|f| (f.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(f).unwrap())).collect()
}

fn only(case: &[PathBuf]) -> bool {
    let wanted = std::env::var("KEYSPECT_CASE").unwrap_or_default();
    case.iter().any(|f| f.to_string_lossy().contains(&wanted))
}

/// A search that is fast without optimisation, too: there are thousands of names, and as many texts.
fn holds(text: &str, token: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), token.as_bytes()).is_some()
}

/// Two halves of the cases, so that two tests run beside each other.
#[test]
fn no_name_survives_in_a_report() {
    no_name_survives(0);
}

#[test]
fn no_name_survives_in_another_report() {
    no_name_survives(1);
}

fn no_name_survives(half: usize) {
    let mut wrong = Vec::new();
    for case in cases().iter().skip(half).step_by(2).filter(|c| only(c)) {
        let report = analyse(&inputs(case));
        let redacted = Redactor::new([3; 32]).report(&report);
        assert_eq!(judged(&report), judged(&redacted), "{case:?}");
        assert_eq!(report.inputs.len(), redacted.inputs.len());
        let tokens = tokens(&report);
        for (format, rendered) in renderings(&redacted) {
            let folded = fold(&rendered);
            for token in tokens.iter().filter(|t| holds(&folded, t)) {
                let at = folded.find(token.as_str()).unwrap();
                let around: String =
                    folded.get(at.saturating_sub(30)..).unwrap_or(&folded[at..]).chars().take(90).collect();
                wrong
                    .push(format!("{} {format}: {token}: {around}", case[0].strip_prefix(corpus()).unwrap().display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{} names:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_copy_is_judged_like_its_original_and_holds_no_name() {
    let (mut wrong, mut names, mut copied) = (Vec::new(), Vec::new(), 0);
    for case in cases().iter().filter(|c| only(c)) {
        let inputs = inputs(case);
        let report = analyse(&inputs);
        // Without the names of archives' members, which are read from the archive alone.
        if report.inputs.len() != inputs.len() {
            continue;
        }
        let place = case[0].strip_prefix(corpus()).unwrap().display();
        let mut redactor = Redactor::new([3; 32]);
        redactor.learn(&report);
        let mut copies = Vec::new();
        for ((name, bytes), input) in inputs.iter().zip(&report.inputs) {
            match redactor.copy(bytes, &input.kind, None, &Limits::default()) {
                Ok(copy) => copies.push((redactor.path(name), copy.into_bytes())),
                Err(_) => break,
            }
        }
        if copies.len() != inputs.len() {
            continue;
        }
        copied += 1;
        let tokens = tokens(&report);
        for (_, copy) in &copies {
            let folded = fold(std::str::from_utf8(copy).unwrap());
            for token in tokens.iter().filter(|t| holds(&folded, t)) {
                let at = folded.find(token.as_str()).unwrap();
                let around: String =
                    folded.get(at.saturating_sub(30)..).unwrap_or(&folded[at..]).chars().take(90).collect();
                names.push(format!("{place}: {token}: {around}"));
            }
        }
        let again = analyse(&copies);
        let armoured = copies.iter().any(|(_, c)| String::from_utf8_lossy(c).contains("[armoured bytes removed]"));
        if judged(&again) != judged(&report) && !armoured {
            let (v1, f1) = judged(&report);
            let (v2, f2) = judged(&again);
            let changed: Vec<_> = f1.iter().filter(|f| !f2.contains(f)).map(|f| format!("-{f:?}")).collect();
            let new: Vec<_> = f2.iter().filter(|f| !f1.contains(f)).map(|f| format!("+{f:?}")).collect();
            wrong.push(format!(
                "{place}: {} {} credentials, verdicts {} {changed:?} {new:?}",
                v1.len(),
                v2.len(),
                v1 == v2
            ));
        }
    }
    println!("{copied} copies");
    assert!(
        names.is_empty() && wrong.is_empty(),
        "{}:\n{}\n{}:\n{}",
        names.len(),
        names.join("\n"),
        wrong.len(),
        wrong.join("\n")
    );
}

/// The dump of a server with a key that can only sign: written after the grammar of certutil output.
const DUMP: &str = "\
C:\\Users\\anna.berg>certutil -v -store my
my \"Personal\"
================ Certificate 0 ================
Serial Number: 1b5ae1ab000000000012
Issuer: CN=Contoso Issuing CA, O=Contoso
 NotBefore: 4/22/2026 10:00 AM
 NotAfter: 4/22/2029 10:00 AM
Subject: CN=www.contoso.com, O=Contoso
Non-root Certificate
Cert Hash(sha1): 32b5398ed3c9c6f1a350bcd4b514ebb5a45d1fc6
  Key Container = {00F81886-5F70-430A-939C-BB7DD58ECE2A}
  Unique container name: 99247943bd018ca78ef945b82652598d_3ade29bb-f050-41f3-b0db-f2b69957a1d7
  Provider = Microsoft Strong Cryptographic Provider
  ProviderType = 1
  Flags = 20
  KeySpec = 2 -- AT_SIGNATURE
Signature test passed
CertUtil: -store command completed successfully.
";

fn keyspect(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_keyspect"));
    let output = command.current_dir(folder).args(arguments).output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

fn clean(text: &str) {
    let lower = text.to_lowercase();
    for name in ["contoso", "anna", "32b5398e", "00f81886", "99247943", "3ade29bb", "1b5ae1ab", "secret-ticket"] {
        assert!(!lower.contains(name), "{name}:\n{text}");
    }
}

#[test]
fn every_format_can_be_redacted() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("secret-ticket.txt"), DUMP).unwrap();
    for format in ["text", "short", "summary", "json", "jsonl"] {
        let (status, out, err) = keyspect(dir.path(), &["--redact", "-f", format, "secret-ticket.txt"]);
        assert_eq!((status, err.as_str()), (Some(1), ""), "{format}");
        assert!(format == "summary" || out.contains("keyspec-signature-on-csp"), "{out}");
        clean(&out);
    }
    let (_, out, _) = keyspect(dir.path(), &["inspect", "--redact", "secret-ticket.txt"]);
    assert!(out.contains("AT_SIGNATURE") && out.contains("host-1.example"), "{out}");
    clean(&out);
}

#[test]
fn a_copy_keeps_the_fault_and_the_names_relation() {
    let dir = tempfile::tempdir().unwrap();
    let wide: Vec<u8> = DUMP.encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(dir.path().join("secret-ticket.txt"), [b"\xff\xfe", wide.as_slice()].concat()).unwrap();
    let (status, _, err) = keyspect(dir.path(), &["redact", "secret-ticket.txt", "-o", "copy.txt"]);
    assert_eq!((status, err.as_str()), (Some(0), ""));
    clean(&std::fs::read_to_string(dir.path().join("copy.txt")).unwrap());
    let (status, out, _) = keyspect(dir.path(), &["-f", "json", "copy.txt"]);
    assert_eq!(status, Some(1));
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["credentials"][0]["key"]["container"]["file_name_rule"], "capi");
    assert_eq!(report["findings"][0]["rule"], "keyspec-signature-on-csp");
    // Nothing is overwritten.
    let (status, _, err) = keyspect(dir.path(), &["redact", "secret-ticket.txt", "-o", "copy.txt"]);
    assert_eq!(status, Some(2), "{err}");
}

#[test]
fn a_folder_gives_a_folder_and_binary_artifacts_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("in")).unwrap();
    std::fs::write(dir.path().join("in/one.txt"), DUMP).unwrap();
    std::fs::write(dir.path().join("in/two.txt"), DUMP.replace("KeySpec = 2 -- AT_SIGNATURE", "KeySpec = 1")).unwrap();
    std::fs::copy(corpus().join("pfx/openssl-keyex/file.pfx"), dir.path().join("in/three.pfx")).unwrap();
    std::fs::copy(corpus().join("certificate/pem/www.pem"), dir.path().join("in/four.pem")).unwrap();
    let (status, _, err) = keyspect(dir.path(), &["redact", "in", "-o", "out", "--passin", "pass:x"]);
    assert_eq!(status, Some(1), "{err}");
    assert!(err.contains("three.pfx: a binary artifact") && err.contains("four.pem: its names"), "{err}");
    let copies = files(&dir.path().join("out"));
    assert_eq!(copies.len(), 2);
    let texts: Vec<String> = copies.iter().map(|c| std::fs::read_to_string(c).unwrap()).collect();
    texts.iter().for_each(|t| clean(t));
    // The same certificate is the same in both.
    let hash = |t: &str| t.lines().find(|l| l.contains("Cert Hash")).unwrap().to_owned();
    assert_eq!(hash(&texts[0]), hash(&texts[1]));
}

#[test]
fn a_key_makes_the_same_identifiers_again() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a.txt"), DUMP).unwrap();
    std::fs::write(dir.path().join("key"), "0123456789abcdef0123456789abcdef").unwrap();
    let with = |arguments: &[&str]| {
        keyspect(
            dir.path(),
            &[&["--redact", "-f", "json", "--at", "2026-11-01T00:00:00Z", "a.txt"], arguments].concat(),
        )
        .1
    };
    assert_eq!(with(&["--redact-key", "key"]), with(&["--redact-key", "key"]));
    assert_ne!(with(&[]), with(&[]));
    std::fs::write(dir.path().join("short"), "x").unwrap();
    let (status, _, err) = keyspect(dir.path(), &["--redact-key", "short", "a.txt"]);
    assert_eq!(status, Some(2), "{err}");
}
