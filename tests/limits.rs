//! Every bound is reached: a message that names it, with its place, and the rest of the run goes on.
//!
//! The table has a row for each field of `Limits`; `every_field_has_a_row` compares it with the struct.
#![cfg(all(feature = "decrypt", feature = "zip"))]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use keyspect::analyze::{Analysis, Options};
use keyspect::formats::{cert_element, event_json, pem};
use keyspect::limits::{ELEMENT_RECORDS, INF_VALUES, JSON_DEPTH, LOG_RECORDS, Limits, PEM_BLOCKS, XML_DEPTH};
use keyspect::model::fact::{Place, SourceId};
use keyspect::report::jsonl::JsonLines;
use keyspect::report::model::{InputStatus, Report};
use std::collections::BTreeSet;
use std::io::Cursor;
use std::path::Path;
use time::macros::datetime;
use zeroize::Zeroizing;

fn corpus(path: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(path)).unwrap()
}

/// A listing whose keys can only sign: one finding for each.
fn log(certificates: usize) -> String {
    let block = |i: usize| {
        format!(
            "================ Certificate {i} ================\nSerial Number: {:016x}\nIssuer: CN=Contoso CA\n NotBefore: \
             13/01/2024 10:00\n NotAfter: 13/01/2034 10:00\nSubject: CN=host{i}.contoso.com\nNon-root Certificate\n\
             Cert Hash(sha1): {:040x}\n  Key Container = key {i}\n  Provider = Microsoft Strong Cryptographic Provider\n  \
             KeySpec = 2 -- AT_SIGNATURE\nSignature test passed\n",
            i + 1,
            i + 1
        )
    };
    let blocks: String = (0..certificates).map(block).collect();
    format!("my \"Personal\"\n{blocks}CertUtil: -store command completed successfully.\n")
}

/// A log whose certificate no other input has: what must still be read after the one that reached a bound.
const AFTER: &str = "my \"Personal\"\n================ Certificate 0 ================\nSerial Number: 77\nIssuer: CN=Contoso CA\n\
    Subject: CN=after.contoso.com\nCert Hash(sha1): 7777777777777777777777777777777777777777\n  Key Container = after\n  \
    Provider = Microsoft Strong Cryptographic Provider\n  KeySpec = 1 -- AT_KEYEXCHANGE\nEncryption test passed\n\
    CertUtil: -store command completed successfully.\n";

fn run(set: &dyn Fn(&mut Limits), input: &[u8]) -> Report {
    let mut options = Options::new(datetime!(2026-01-01 0:00 UTC));
    options.passwords.add(Zeroizing::new("corpus-Password1".to_owned()));
    set(&mut options.limits);
    let mut analysis = Analysis::new(options);
    analysis.read_seekable("bounded", None, &mut Cursor::new(input)).unwrap();
    analysis.read("after.txt", None, &mut AFTER.as_bytes()).unwrap();
    analysis.finish().unwrap()
}

/// What reaching a bound looks like.
enum Seen {
    /// A problem with these words and its place; the input is read as far as it goes.
    Partial(&'static str),
    /// A problem with these words; nothing of the input is used.
    Refused(&'static str),
    /// A problem with these words; the file stays locked.
    Locked(&'static str),
    /// No problem: it bounds what is shown or kept, or the work for it.
    Quiet(fn(&Report) -> bool),
}

struct Row {
    field: &'static str,
    set: fn(&mut Limits),
    input: Vec<u8>,
    seen: Seen,
}

fn row(field: &'static str, set: fn(&mut Limits), input: impl Into<Vec<u8>>, seen: Seen) -> Row {
    Row { field, set, input: input.into(), seen }
}

fn complete(report: &Report) -> bool {
    let key = report.credentials.iter().find(|c| c.display_name == "host0.contoso.com").map(|c| &c.key);
    key.is_some_and(|key| key.container.stored.as_deref() == Some("key 0") && key.key_spec.is_some())
}

fn evidence_lines(report: &Report) -> impl Iterator<Item = &str> {
    let evidence = report.findings.iter().flat_map(|f| &f.evidence);
    evidence.flat_map(|e| e.line_text.as_deref().into_iter().chain(e.context.iter().map(|c| c.text.as_str())))
}

fn rows() -> Vec<Row> {
    use Seen::{Locked, Partial, Quiet, Refused};
    let one_line = || log(40).split_whitespace().collect::<Vec<_>>().join(" ");
    let junk: String = (0..100).map(|i| format!("line {i}\n")).collect();
    let long_block = log(1).replace("Non-root", &format!("{junk}Non-root"));
    let headers: String = (0..10).map(|i| format!("================ Certificate {i} ================\n")).collect();
    let bindings = "SSL Certificate bindings:\n-------------------------\n\n".to_owned()
        + &(0..3)
            .map(|i| {
                format!(
                    "    IP:port                      : 10.0.0.{i}:443\n    Certificate Hash             : {i:040x}\n    \
                     Application ID               : {{4dc3e181-e14b-4a21-b022-59fc669b0914}}\n    Certificate Store Name       \
                     : My\n\n"
                )
            })
            .collect::<String>();
    let event = String::from_utf8(corpus("event-xml/wevtutil-lines/artifact.xml")).unwrap();
    let permissions = corpus("icacls/default-folder/artifact.txt");
    vec![
        row("line_bytes", |l| l.line_bytes = 1_024, one_line(), Quiet(complete)),
        row("line_overlap", |l| (l.line_bytes, l.line_overlap) = (2_048, 1_024), one_line(), Quiet(complete)),
        row("block_lines", |l| l.block_lines = 50, long_block, Partial("more than 50 lines")),
        row("findings", |l| l.findings = 1, log(3), Quiet(|r| r.findings.len() == 1 && r.summary.errors >= 3)),
        row("kept_credentials", |l| l.kept_credentials = 2, log(9), Quiet(|r| r.credentials.len() == 10)),
        row("excerpt_lines", |l| l.excerpt_lines = 1, bindings.clone(), Quiet(|r| r.inputs.len() == 2)),
        row(
            "excerpt_columns",
            |l| l.excerpt_columns = 10,
            log(1),
            Quiet(|r| evidence_lines(r).count() > 0 && evidence_lines(r).all(|line| line.chars().count() <= 12)),
        ),
        row(
            "excerpts_bytes",
            |l| l.excerpts_bytes = 0,
            log(1),
            Quiet(|r| {
                !r.findings.is_empty() && evidence_lines(r).count() == 0 && r.findings[0].evidence[0].line.is_some()
            }),
        ),
        row("problems", |l| l.problems = 2, headers, Partial("more problems")),
        row(
            "binary_bytes",
            |l| l.binary_bytes = 70_000,
            vec![0; 80_000],
            Refused("a binary file of more than 70000 bytes"),
        ),
        row("pfx_bytes", |l| l.pfx_bytes = 100, corpus("pfx/windows-like/file.pfx"), Refused("over the limit of 100")),
        row("der_depth", |l| l.der_depth = 3, corpus("pfx/windows-like/file.pfx"), Refused("nested too deep")),
        row("pfx_bags", |l| l.pfx_bags = 1, corpus("pfx/windows-like/file.pfx"), Partial("more than 1 ")),
        row(
            "pfx_public_half_bags",
            |l| l.pfx_public_half_bags = 0,
            corpus("pfx/openssl-ed25519/file.pfx"),
            Quiet(|r| r.inputs[0].status == InputStatus::Analyzed && r.credentials.len() > 1),
        ),
        row(
            "bag_attributes",
            |l| l.bag_attributes = 1,
            corpus("pfx/windows-like/file.pfx"),
            Partial("more than 1 attributes"),
        ),
        row(
            "string_bytes",
            |l| l.string_bytes = 16,
            "[NewRequest]\nSubject=\"CN=a-long-name.contoso.com\"\nKeySpec=2\nKeyLength=2048\n",
            Partial("is cut to 16"),
        ),
        row(
            "kdf_iterations",
            |l| l.kdf_iterations = 100,
            corpus("pfx/windows-like/file.pfx"),
            Locked("the limit is 100"),
        ),
        row(
            "kdf_iterations_total",
            |l| l.kdf_iterations_total = 3_000,
            corpus("pfx/two-keys/file.pfx"),
            Locked("over the limit of 3000"),
        ),
        row(
            "mac_iterations",
            |l| l.mac_iterations = 100,
            corpus("pfx/windows-like/file.pfx"),
            Locked("the limit is 100"),
        ),
        row("scrypt_bytes", |l| l.scrypt_bytes = 1_024, corpus("pfx/scrypt/file.pfx"), Locked("1024 bytes")),
        row("scrypt_p", |l| l.scrypt_p = 0, corpus("pfx/scrypt/file.pfx"), Locked("scrypt")),
        row(
            "certificate_bytes",
            |l| l.certificate_bytes = 100,
            corpus("certificate/der/www.cer"),
            Refused("over the limit of 100"),
        ),
        row(
            "certificate_extensions",
            |l| l.certificate_extensions = 1,
            corpus("x509/every-fact/certificate.der"),
            Partial("only 1 are read"),
        ),
        row(
            "certificate_names",
            |l| l.certificate_names = 1,
            corpus("x509/every-fact/certificate.der"),
            Partial("5 subject alternative names, only 1 are read"),
        ),
        row(
            "key_blob_bytes",
            |l| l.key_blob_bytes = 100,
            corpus("capi-key-blob/rsa-private-exchange/key.blob"),
            Refused("more than the limit of 100"),
        ),
        row(
            "armor_bytes",
            |l| l.armor_bytes = 100,
            corpus("certificate/pem/www.pem"),
            Refused("longer than 100 bytes"),
        ),
        row(
            "archive_depth",
            |l| l.archive_depth = 1,
            corpus("zip/nested/artifact.zip"),
            Refused("an archive inside 1 others"),
        ),
        row(
            "archive_members",
            |l| l.archive_members = 1,
            corpus("zip/plain/artifact.zip"),
            Refused("more than 1 members"),
        ),
        row(
            "archive_bytes",
            |l| l.archive_bytes = 100,
            corpus("zip/plain/artifact.zip"),
            Refused("more than 100 bytes together"),
        ),
        row(
            "archive_ratio",
            |l| (l.archive_ratio, l.archive_ratio_from) = (1, 0),
            corpus("zip/plain/artifact.zip"),
            Refused("over 1 times as much"),
        ),
        row(
            "archive_ratio_from",
            |l| (l.archive_ratio, l.archive_ratio_from) = (1, 100),
            corpus("zip/plain/artifact.zip"),
            Refused("over 1 times as much"),
        ),
        row("observations", |l| l.observations = 1, bindings, Partial("more records are not kept")),
        row("record_bytes", |l| l.record_bytes = 200, event.clone(), Refused("an event of more than 200 bytes")),
        row(
            "record_values",
            |l| l.record_values = 1,
            permissions,
            Partial("more entries of the permissions than are kept"),
        ),
        row("detect_bytes", |l| l.detect_bytes = 64, log(3), Quiet(complete)),
        row("hash_bytes", |l| l.hash_bytes = 10, log(1), Quiet(|r| r.inputs[0].sha256.is_none() && complete(r))),
    ]
}

/// The bounds that other tests of this file reach.
const ELSEWHERE: [&str; 1] = ["walked_files"];

#[test]
fn every_bound_that_is_reached_is_said_and_the_run_goes_on() {
    let mut wrong = Vec::new();
    for Row { field, set, input, seen } in rows() {
        let report = run(&set, &input);
        let bounded = &report.inputs[0];
        let all: Vec<_> = report.inputs.iter().filter(|i| i.path == "bounded").flat_map(|i| &i.problems).collect();
        let after = report.inputs.iter().find(|i| i.path == "after.txt").unwrap();
        let mut expect = |holds: bool, what: &str| {
            if !holds {
                wrong.push(format!("{field}: {what}: {:?} {all:?}", bounded.status));
            }
        };
        let problem = |words: &str| all.iter().find(|p| p.message.contains(words));
        match seen {
            Seen::Partial(words) => {
                expect(problem(words).is_some(), words);
                expect(bounded.status == InputStatus::Partial, "partial");
            }
            Seen::Refused(words) => {
                expect(problem(words).is_some(), words);
                let refused =
                    matches!(bounded.status, InputStatus::Failed | InputStatus::Unrecognized | InputStatus::Partial);
                expect(refused, "refused");
            }
            Seen::Locked(words) => {
                expect(problem(words).is_some_and(|p| p.bytes.is_some()), words);
                expect(matches!(bounded.status, InputStatus::Locked | InputStatus::Partial), "locked");
            }
            Seen::Quiet(holds) => expect(holds(&report), "what it bounds"),
        }
        expect(after.status == InputStatus::Analyzed, "the next input");
        // A bound on what is kept of a run holds for all of its inputs.
        expect(report.credentials.iter().any(|c| c.display_name == "after.contoso.com"), "the next input's credential");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Without the bound the same inputs have no such problem: the rows show the bound and nothing else.
#[test]
fn without_the_bound_there_is_no_such_problem() {
    for Row { field, input, seen, .. } in rows() {
        let (Seen::Partial(words) | Seen::Refused(words) | Seen::Locked(words)) = seen else { continue };
        let report = run(&|_| {}, &input);
        let problems = report.inputs.iter().filter(|i| i.path == "bounded").flat_map(|i| &i.problems);
        let same: Vec<_> = problems.filter(|p| p.message.contains(words) && words.len() > 3).collect();
        assert!(same.is_empty(), "{field}: {same:?}");
    }
}

#[test]
fn every_field_has_a_row() {
    let printed = format!("{:#?}", Limits::default());
    let fields: BTreeSet<String> =
        printed.lines().filter_map(|l| l.trim().split_once(": ").map(|(name, _)| name.to_owned())).collect();
    let reached: BTreeSet<String> = rows().iter().map(|row| row.field).chain(ELSEWHERE).map(str::to_owned).collect();
    assert_eq!(reached, fields);
}

#[cfg(feature = "cli")]
#[test]
fn files_found_in_folders() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.txt", "b.txt", "c.txt"] {
        std::fs::write(folder.path().join(name), AFTER).unwrap();
    }
    let mut limits = Limits::default();
    limits.walked_files = 2;
    let found = keyspect::input::walk(&[folder.path()], &limits);
    assert_eq!(found.iter().filter(|f| matches!(f.place, keyspect::input::Place::File(_))).count(), 2);
    let said = found.iter().filter_map(|f| match &f.place {
        keyspect::input::Place::Failed(words) | keyspect::input::Place::Skipped(words) => Some(words.as_str()),
        _ => None,
    });
    assert!(said.collect::<String>().contains("more files than one run reads (2)"));
}

/// A streamed report lets go of credentials, and each was written before.
#[test]
fn a_streamed_report_writes_what_it_does_not_keep() {
    let mut options = Options::new(datetime!(2026-01-01 0:00 UTC));
    options.limits.kept_credentials = 2;
    let mut out = Vec::new();
    let mut lines = JsonLines::new(&mut out);
    let mut analysis = Analysis::new(options).with_sink(&mut lines);
    analysis.read("a.txt", None, &mut log(20).as_bytes()).unwrap();
    assert!(analysis.case().kept.len() <= 4);
    analysis.finish().unwrap();
    let text = String::from_utf8(out).unwrap();
    for i in 0..20 {
        assert!(text.contains(&format!("host{i}.contoso.com")), "{i}");
    }
}

/// The bounds that are fixed, each one beyond.
#[test]
fn fixed_bounds() {
    let runs = "C:\\> certutil -store my\nCertUtil: -store command completed successfully.\n".repeat(LOG_RECORDS + 5);
    let values: String = (0..INF_VALUES + 5).map(|i| format!("Value{i} = 1\n")).collect();
    let inf = format!("[NewRequest]\nSubject=\"CN=a\"\nKeySpec=1\n{values}");
    let deep = format!("{}{}\n", corpus_event_start(), "<a>".repeat(XML_DEPTH + 5));
    let json = format!(
        "{{\"Id\":36870,\"ProviderName\":\"Schannel\",\"a\":{}1{}}}\n",
        "[".repeat(JSON_DEPTH + 5),
        "]".repeat(JSON_DEPTH + 5)
    );
    let certificate = corpus("certificate/der/www.cer");
    let record = |id: u32, content: &[u8]| {
        let length = u32::try_from(content.len()).unwrap();
        [&id.to_le_bytes()[..], &1_u32.to_le_bytes(), &length.to_le_bytes(), content].concat()
    };
    let mut element: Vec<u8> = (0..ELEMENT_RECORDS + 5).flat_map(|_| record(11, b"x\0\0\0")).collect();
    element.extend(record(32, &certificate));
    let inputs: [(&str, Vec<u8>, &str); 2] =
        [("LOG_RECORDS", runs.into_bytes(), "5 more runs"), ("INF_VALUES", inf.into_bytes(), "4096")];
    for (name, input, words) in inputs {
        let report = run(&|_| {}, &input);
        let problems = &report.inputs[0].problems;
        assert!(words.is_empty() || problems.iter().any(|p| p.message.contains(words)), "{name}: {problems:?}");
        assert!(report.credentials.iter().any(|c| c.display_name == "after.contoso.com"), "{name}");
    }
    let error = cert_element::parse(&element, &Limits::default()).unwrap_err();
    assert!(error.message.contains("1024"), "{error}");
    assert_eq!(error.offset, ELEMENT_RECORDS * 16);
    // An event that is nested too deep says itself that it is not whole.
    let report = run(&|_| {}, deep.as_bytes());
    assert_eq!(report.inputs[0].details.as_ref().unwrap()["records"][0]["cut"], true);
    let place = |_| Place::binary(SourceId(0), 0, 0);
    assert!(event_json::parse(&json, &place, &Limits::default()).unwrap().cut);
    assert!(!event_json::parse(&json.replace(['[', ']'], ""), &place, &Limits::default()).unwrap().cut);
    let report = run(&|_| {}, json.as_bytes());
    assert!(report.credentials.iter().any(|c| c.display_name == "after.contoso.com"));
}

/// Blocks of one PEM file: those beyond are a problem with the place of the first.
#[test]
fn blocks_of_a_pem_file() {
    let one = String::from_utf8(corpus("certificate/pem/www.pem")).unwrap();
    let text = one.repeat(PEM_BLOCKS + 5);
    let read = pem::parse(text.as_bytes(), &Limits::default()).unwrap();
    assert_eq!((read.blocks.len(), read.problems.len()), (PEM_BLOCKS, 1));
    assert_eq!(read.problems[0].message, "more than 10000 PEM blocks");
    assert_eq!(read.problems[0].offset, one.len() * PEM_BLOCKS);
}

fn corpus_event_start() -> &'static str {
    "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Schannel'/><EventID>36870</EventID></System><UserData>"
}
