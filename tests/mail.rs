//! The mails of `corpus/mail`: their parts, and what is found in them.

#![cfg(feature = "mail")]
#![allow(clippy::panic)]

use keyspect::analyze::{Analysis, Options};
use keyspect::report::model::Report;
use std::path::Path;
use time::macros::datetime;

fn read(name: &str, bytes: &[u8], change: impl FnOnce(&mut Options)) -> Report {
    let mut options = Options::new(datetime!(2026-11-01 12:00 UTC));
    change(&mut options);
    let mut analysis = Analysis::new(options);
    analysis.read(name, None, &mut &*bytes).expect("nothing is written");
    analysis.finish().expect("nothing is written")
}

fn word<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).expect("a word").as_str().unwrap_or_default().to_owned()
}

fn corpus(case: &str) -> Vec<u8> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/mail").join(case).join("artifact.eml");
    std::fs::read(file).expect("the mail")
}

#[test]
fn every_mail_is_read_as_its_case_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/mail");
    let mut cases = 0;
    for folder in std::fs::read_dir(root).expect("the corpus").map(|entry| entry.expect("an entry").path()) {
        let Ok(case) = std::fs::read_to_string(folder.join("case.toml")) else { continue };
        let case: toml::Table = case.parse().expect("a case");
        let expect = case["expect"].as_table().expect("expectations");
        let bytes = std::fs::read(folder.join("artifact.eml")).expect("the mail");
        for threads in [1, 2] {
            let report = read("a.eml", &bytes, |options| options.threads = threads);
            let name = folder.display();
            let mail = report.inputs.first().expect("an input");
            assert_eq!(mail.kind, expect["kind"].as_str().expect("a kind"), "{name}");
            assert_eq!(word(&mail.status), expect["status"].as_str().expect("a status"), "{name}: {:?}", mail.problems);
            assert_eq!(mail.bytes, bytes.len() as u64, "{name}");
            let members: Vec<Vec<String>> = report.inputs[1..]
                .iter()
                .map(|i| vec![i.member.clone().unwrap_or_default(), i.kind.clone(), word(&i.status)])
                .collect();
            let wanted: Vec<Vec<String>> = expect["members"].clone().try_into().expect("members");
            assert_eq!(members, wanted, "{name}");
            let mut rules: Vec<&str> = report.findings.iter().map(|f| f.rule.as_ref()).collect();
            rules.sort_unstable();
            let wanted: Vec<String> = expect["rules"].clone().try_into().expect("rules");
            assert_eq!(rules, wanted, "{name}");
        }
        cases += 1;
    }
    assert_eq!(cases, 5);
}

/// A decoded log says what the log says, at the same lines.
#[test]
fn a_part_is_judged_like_the_file() {
    let log = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/certutil/article-scenario-3/input.txt");
    let own = read("input.txt", &std::fs::read(log).expect("the log"), |_| {});
    let places = |report: &Report| -> Vec<_> {
        let evidence = report.findings.iter().flat_map(|f| &f.evidence);
        evidence.map(|e| (e.line, e.column, e.excerpt.clone())).collect()
    };
    assert!(!places(&own).is_empty());
    for case in ["quoted-printable", "forwarded"] {
        assert_eq!(places(&read("a.eml", &corpus(case), |_| {})), places(&own), "{case}");
    }
}

#[test]
fn bounds_are_said() {
    let said = |bytes: &[u8], change: fn(&mut Options)| {
        let report = read("a.eml", bytes, change);
        let problems: Vec<String> =
            report.inputs.iter().flat_map(|i| &i.problems).map(|problem| problem.message.clone()).collect();
        problems.join("\n")
    };
    let small = said(&corpus("attachments"), |options| options.limits.binary_bytes = 1_000);
    assert!(small.contains("this one has more than 500 bytes"), "{small}");
    let few = said(&corpus("attachments"), |options| options.limits.archive_members = 2);
    assert!(few.contains("more than 2 parts"), "{few}");
    let flat = said(&corpus("forwarded"), |options| options.limits.archive_depth = 1);
    assert!(flat.contains("a mail inside 1 others"), "{flat}");
}
