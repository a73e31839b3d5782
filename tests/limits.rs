//! Every bound is reached: a message that names it, with its place, and the rest of the run goes on.
//!
//! The table has a row for each field of `Limits`; `every_field_has_a_row` compares it with the struct.
#![cfg(all(feature = "decrypt", feature = "zip"))]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use keyspect::analyze::{Analysis, Options};
use keyspect::formats::der_write::encoded;
use keyspect::formats::{certificate_request, event_json, pem};
use keyspect::limits::{
    ARCHIVE_PASSWORD_TRIES, BASELINE_BYTES, BLOCK_VALUES, CHAIN_CERTIFICATES, CONTAINER_CERTIFICATES, ELEMENT_RECORDS,
    EVENT_CERTIFICATES, HTML_CASE_FINDINGS, HTML_GROUPS, HTML_OVERVIEW_ROWS, HTML_ROWS, HTML_UNDECIDED, INF_VALUES,
    JSON_DEPTH, JSON_FIRST_LINE, JUNIT_SAME_RULE, LINE_VALUES, LIST_ITEMS, LISTED_CREDENTIALS, LOG_RECORDS, Limits,
    MAIL_FIELDS, MAIL_LINES, MAIL_MULTIPARTS, MARKDOWN_GROUPS, MARKDOWN_ROWS, PASSWORD_BYTES, PASSWORD_LIST_BYTES,
    PEM_BLOCKS, PORT_ENTRIES, PREFIXES, REQUEST_DEPTH, RTF_DEPTH, RTF_FONTS, SARIF_DESCRIPTION_CHARACTERS,
    SARIF_MESSAGE_CHARACTERS, SARIF_NOTIFICATIONS, SARIF_RESULTS, SETTINGS_BYTES, SITE_BINDINGS, STATEMENT_NAMES,
    STORE_ELEMENTS, TEXT_ENDPOINTS, TEXT_HEALTHY, TEXT_ROWS, TEXT_UNDECIDED, XML_DEPTH,
};
use keyspect::model::fact::{Place, SourceId};
use keyspect::model::judgement::Severity;
use keyspect::report::html::{self, HtmlOptions};
use keyspect::report::jsonl::JsonLines;
use keyspect::report::junit::{self, JunitOptions};
use keyspect::report::markdown::{self, MarkdownOptions};
use keyspect::report::model::{Check, CheckOutcome, InputStatus, Problem, Report};
use keyspect::report::sarif::{self, SarifOptions};
use keyspect::report::text::{self, TextOptions};
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

/// One of three findings is listed; that and where the others begin is said.
fn counts_the_rest(report: &Report) -> bool {
    let told = "2 findings from here on are only counted: the report lists 1";
    let line = log(1).lines().count() as u32;
    let said = report.inputs[0].problems.iter().any(|p| p.message == told && p.line == Some(line));
    report.findings.len() == 1 && report.summary.errors == 3 && said
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
        row("findings", |l| l.findings = 1, log(3), Quiet(counts_the_rest)),
        row("kept_credentials", |l| l.kept_credentials = 2, log(9), Quiet(|r| r.credentials.len() == 10)),
        row("brief_credentials", |l| l.brief_credentials = 2, log(9), Quiet(|r| r.credentials.len() == 10)),
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
        row("observations", |l| l.observations = 1, bindings.clone(), Partial("more records are not kept")),
        row("records_bytes", |l| l.records_bytes = 10_000, bindings.clone(), Partial("more records are not kept")),
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
    let run = |many: usize| {
        let mut options = Options::new(datetime!(2026-01-01 0:00 UTC));
        options.limits.kept_credentials = 2;
        let mut out = Vec::new();
        let mut lines = JsonLines::new(&mut out);
        let mut analysis = Analysis::new(options).with_sink(&mut lines);
        analysis.read("a.txt", None, &mut log(many).as_bytes()).unwrap();
        let kept = analysis.case().kept.len();
        analysis.finish().unwrap();
        (kept, String::from_utf8(out).unwrap())
    };
    // Of less than four times as many as the limit says all stay.
    assert_eq!((run(7).0, run(9).0), (7, 2));
    let (kept, text) = run(20);
    assert_eq!(kept, 2);
    for i in 0..20 {
        assert!(text.contains(&format!("host{i}.contoso.com")), "{i}");
    }
}

/// A brief report counts what is like others: whatever stands out is kept, wherever it stands, and no number changes.
#[test]
fn a_brief_report_counts_what_is_like_others() {
    let odd = |log: String| {
        let rare = "  Key Container = key 13\n  Provider = Microsoft Strong Cryptographic Provider\n  KeySpec = 2 -- AT_SIGNATURE";
        assert!(log.contains(rare));
        log.replace(rare, "Missing stored keyset")
    };
    let run = |brief: bool, kept: usize| {
        let mut options = Options::new(datetime!(2026-01-01 0:00 UTC));
        (options.brief, options.limits.brief_credentials) = (brief, kept);
        let mut analysis = Analysis::new(options);
        analysis.read("a.txt", None, &mut odd(log(20)).as_bytes()).unwrap();
        analysis.read("after.txt", None, &mut AFTER.as_bytes()).unwrap();
        analysis.finish().unwrap()
    };
    let (whole, brief) = (run(false, 3), run(true, 3));
    let ids = |report: &Report| report.credentials.iter().map(|c| c.id).collect::<Vec<_>>();
    assert_eq!((ids(&whole).len(), whole.inputs[0].status), (21, InputStatus::Analyzed));
    // The first one that only signs, the one without a keyset, and the healthy one of the next input.
    assert_eq!(ids(&brief), [0, 13, 20]);
    let counts = |report: &Report| {
        let s = &report.summary;
        (s.credentials, s.errors, s.warnings, s.notes, s.passed.clone(), s.not_applicable.clone(), s.unknown.clone())
    };
    assert_eq!(counts(&brief), counts(&whole));
    let of_rule = |report: &Report, rule: &str| report.findings.iter().filter(|f| f.rule == rule).count();
    for rule in ["keyspec-signature-on-csp", "keyset-missing"] {
        let counted = brief.checks.iter().filter(|c| c.rule == rule && c.outcome == CheckOutcome::Fail);
        let counted: u64 = counted.filter_map(|check| check.count).sum();
        assert_eq!(of_rule(&brief, rule) as u64 + counted, of_rule(&whole, rule) as u64, "{rule}");
    }
    assert_eq!((of_rule(&whole, "keyspec-signature-on-csp"), of_rule(&brief, "keyspec-signature-on-csp")), (19, 1));
    let input = &brief.inputs[0];
    let said = "18 credentials like others of this report: only counted";
    assert!(input.problems.iter().any(|p| p.message.starts_with(said)), "{:?}", input.problems);
    assert_eq!((input.status, brief.inputs[1].status), (InputStatus::Partial, InputStatus::Analyzed));
    let mut text = Vec::new();
    keyspect::report::text::render(&brief, &keyspect::report::text::TextOptions::default(), &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("18 times keyspec-signature-on-csp") && text.contains(said), "{text}");
    // As many as it keeps are no reason to count any.
    assert_eq!(ids(&run(true, 21)).len(), 21);
}

/// What reaching a fixed bound looks like.
enum Fixed {
    /// A problem with these words; the input is `partial`, or refused.
    Said(Vec<u8>, &'static str),
    /// A problem with these words, and nothing of the input is lost.
    Remarked(Vec<u8>, &'static str),
    /// A rule says that it does not know, with these words.
    Unknown(Vec<u8>, &'static str),
    /// This test reaches it.
    Test(&'static str),
    /// Nothing is said, since nothing of an answer is lost: why.
    Silent(&'static str),
}

/// A listing of one certificate with these lines in its block.
fn block_with(lines: &str) -> Vec<u8> {
    log(1).replace("Signature test passed\n", &format!("{lines}Signature test passed\n")).into_bytes()
}

/// A verbose listing with an extension that has these values.
fn extension(heading: &str, values: &str) -> Vec<u8> {
    let text = log(1).replace("Subject: CN", "Subject:\n    CN");
    let extensions = format!(
        "Certificate Extensions: 1\n{heading}{values}\nSignature Algorithm:\n    Algorithm ObjectId: 1.2.840.113549.1.1.11 sha256RSA\n"
    );
    text.replace("Non-root", &format!("{extensions}Non-root")).into_bytes()
}

fn many(count: usize, line: &dyn Fn(usize) -> String) -> String {
    (0..count).map(line).collect()
}

/// Errors that certutil prints, each another one.
fn failures(count: usize) -> String {
    many(count, &|i| format!("the step FAILED: 0x{:08x} (x)\n", 0x8001_0000_u32 + u32::try_from(i).unwrap()))
}

fn netsh(entries: usize) -> String {
    let entry = |i: usize| {
        format!(
            "    IP:port                      : 10.{}.{}.1:443\n    Certificate Hash             : {i:040x}\n    \
             Application ID               : {{4dc3e181-e14b-4a21-b022-59fc669b0914}}\n    Certificate Store Name       \
             : My\n\n",
            i / 250,
            i % 250
        )
    };
    format!("SSL Certificate bindings:\n-------------------------\n\n{}", many(entries, &entry))
}

const EVENT: &str = "Log Name:      System\nSource:        Schannel\nDate:          11/3/2026 5:16:37 AM\nEvent ID:      \
    36870\nLevel:         Error\nDescription:\nA fatal error occurred when attempting to access the TLS server credential \
    private key. The error code returned from the cryptographic module is 0x8009030D. The internal error state is 10001.\n";

/// A statement that makes a key, with these further parameters.
fn script(parameters: &str) -> Vec<u8> {
    format!("New-SelfSignedCertificate -Subject \"CN=a.contoso.com\" -KeySpec Signature {parameters}\n\n").into_bytes()
}

fn procmon(columns: usize) -> Vec<u8> {
    let more = |word: &str| many(columns, &|i| format!(",\"{word}{i}\""));
    let key = "C:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys\\99247943bd018ca78ef945b82652598d_0ef7ae28-3cf4-4ec1-a36d-7a0fa4d2a2a1";
    format!(
        "\"Time of Day\",\"Process Name\",\"PID\",\"Operation\",\"Path\",\"Result\",\"Detail\"{}\n\
         \"3:58:46.68 PM\",\"lsass.exe\",\"612\",\"CreateFile\",\"{key}\",\"ACCESS DENIED\",\"x\"{}\n",
        more("Column "),
        more("value ")
    )
    .into_bytes()
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    encoded(0x30, &parts.concat())
}

/// A public key of Ed25519 (RFC 8410) and the algorithm of its signatures.
fn ed25519() -> Vec<u8> {
    sequence(&[encoded(6, &[0x2b, 0x65, 0x70])])
}

fn name(text: &str) -> Vec<u8> {
    sequence(&[encoded(0x31, &sequence(&[encoded(6, &[0x55, 4, 3]), encoded(12, text.as_bytes())]))])
}

/// A PFX (RFC 7292) without encryption and MAC: a key, and so many certificates, each of which the next one has issued.
fn chain(certificates: usize) -> Vec<u8> {
    let bits = |bytes: &[u8]| encoded(3, &[&[0], bytes].concat());
    let certificate = |i: usize| {
        let validity = sequence(&[encoded(23, b"240101000000Z"), encoded(23, b"340101000000Z")]);
        let subject = name(&format!("c{i}"));
        let key = sequence(&[ed25519(), bits(&[u8::try_from(i).unwrap(); 32])]);
        let version = encoded(0xa0, &encoded(2, &[2]));
        let serial = encoded(2, &[1, u8::try_from(i).unwrap()]);
        let signed = sequence(&[version, serial, ed25519(), name(&format!("c{}", i + 1)), validity, subject, key]);
        sequence(&[signed, ed25519(), bits(&[0; 64])])
    };
    let pkcs12 = |last: &[u8]| encoded(6, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1], last].concat());
    let pkcs9 = |last: &[u8]| encoded(6, &[&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9], last].concat());
    let data = encoded(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1]);
    // localKeyID, by which the key and its certificate belong together.
    let id = || encoded(0x31, &sequence(&[pkcs9(&[21]), encoded(0x31, &encoded(4, &[1]))]));
    let pkcs8 = sequence(&[encoded(2, &[0]), ed25519(), encoded(4, &encoded(4, &[7; 32]))]);
    let mut bags = vec![sequence(&[pkcs12(&[1]), encoded(0xa0, &pkcs8), id()])];
    for i in 0..certificates {
        let value = sequence(&[pkcs9(&[22, 1]), encoded(0xa0, &encoded(4, &certificate(i)))]);
        let attributes = if i == 0 { id() } else { Vec::new() };
        bags.push(sequence(&[pkcs12(&[3]), encoded(0xa0, &value), attributes]));
    }
    let content = |inner: Vec<u8>| sequence(&[data.clone(), encoded(0xa0, &encoded(4, &inner))]);
    sequence(&[encoded(2, &[3]), content(sequence(&[content(sequence(&bags))]))])
}

/// A PKCS #10 request (RFC 2986) for an RSA key with a modulus of so many bytes. The signature is none.
fn request(modulus: usize) -> Vec<u8> {
    let oid = |last: u8| sequence(&[encoded(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, last]), encoded(5, &[])]);
    let number = [vec![0], vec![0xff; modulus]].concat();
    let public = sequence(&[encoded(2, &number), encoded(2, &[1, 0, 1])]);
    let bits = |bytes: Vec<u8>| encoded(3, &[vec![0], bytes].concat());
    let info = sequence(&[encoded(2, &[0]), name("a"), sequence(&[oid(1), bits(public)]), encoded(0xa0, &[])]);
    sequence(&[info, oid(11), bits(vec![1; modulus])])
}

/// A request inside so many signed messages (RFC 5652), as renewals have one.
fn nested_request(messages: usize) -> Vec<u8> {
    let oid = |last: u8| encoded(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, last]);
    let mut inner = corpus("certificate-request/pkcs10-signature/request.req");
    for _ in 0..messages {
        let content = sequence(&[oid(1), encoded(0xa0, &encoded(4, &inner))]);
        let signed = sequence(&[encoded(2, &[1]), encoded(0x31, &[]), content, encoded(0x31, &[])]);
        inner = sequence(&[oid(2), encoded(0xa0, &signed)]);
    }
    inner
}

/// A serialized store with so many elements.
fn store(count: usize, element: &[u8]) -> Vec<u8> {
    [&b"\0\0\0\0CERT"[..], &element.repeat(count), &[0; 12]].concat()
}

/// A registry export with so many certificates.
fn registry(count: usize, element: &[u8]) -> Vec<u8> {
    let digits: Vec<String> = element.iter().map(|byte| format!("{byte:02x}")).collect();
    let key = "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\SystemCertificates\\MY\\Certificates\\00]";
    let one = format!("{key}\r\n\"Blob\"=hex:{}\r\n\r\n", digits.join(","));
    format!("Windows Registry Editor Version 5.00\r\n\r\n{}", one.repeat(count)).into_bytes()
}

fn registry_permissions(count: usize) -> Vec<u8> {
    let one = "\"KeyExchangePermissions\"=dword:00000001\r\n";
    format!("Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\a]\r\n{}", one.repeat(count)).into_bytes()
}

/// A PKCS #7 file (RFC 5652) that holds a certificate so many times.
fn bundle(count: usize) -> Vec<u8> {
    let oid = |last: u8| encoded(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, last]);
    let certificates = encoded(0xa0, &corpus("certificate/der/www.cer").repeat(count));
    let signed =
        sequence(&[encoded(2, &[1]), encoded(0x31, &[]), sequence(&[oid(1)]), certificates, encoded(0x31, &[])]);
    sequence(&[oid(2), encoded(0xa0, &signed)])
}

/// A mail with a text in Base64 (not looked at) and so many lines.
fn mail(line: &str, count: usize) -> Vec<u8> {
    format!("From: a@contoso.com\nContent-Transfer-Encoding: base64\n\n{}", line.repeat(count)).into_bytes()
}

/// A log in RTF, and these marks in its table of fonts.
fn rtf(marks: &str) -> Vec<u8> {
    let log = log(1).replace('\n', "\\par\n");
    format!("{{\\rtf1 {log}{{\\fonttbl{marks}}}}}").into_bytes()
}

fn fixed_rows() -> Vec<(&'static str, Fixed)> {
    use Fixed::{Remarked, Said, Silent, Test, Unknown};
    let runs = "C:\\> certutil -store my\nCertUtil: -store command completed successfully.\n".repeat(LOG_RECORDS + 5);
    let headers = many(1_005, &|i| format!("================ Certificate {i} ================\n"));
    let parts = "CertUtil: -store command completed successfully.\n\nthe key can't be used: error 0x8009030D\n\n"
        .repeat(LOG_RECORDS);
    let values = many(INF_VALUES + 5, &|i| format!("Value{i} = 1\n"));
    let inf = format!("[NewRequest]\nSubject=\"CN=a\"\nKeySpec=1\n{values}");
    let deep = format!("{}{}\n", corpus_event_start(), "<a>".repeat(XML_DEPTH + 5));
    let json = format!("{{\"Id\":36870,\"ProviderName\":\"Schannel\",\"a\":{}1{}}}\n", "[".repeat(20), "]".repeat(20));
    let certificate = corpus("certificate/der/www.cer");
    let record = |id: u32, content: &[u8]| {
        let length = u32::try_from(content.len()).unwrap();
        [&id.to_le_bytes()[..], &1_u32.to_le_bytes(), &length.to_le_bytes(), content].concat()
    };
    let many_properties = [record(11, b"").repeat(1_000), record(33, &[0x30, 0])].concat();
    let mut element: Vec<u8> = (0..ELEMENT_RECORDS + 5).flat_map(|_| record(11, b"x\0\0\0")).collect();
    element.extend(record(32, &certificate));
    let listed = format!(
        "Subject      : CN=a.contoso.com\nThumbprint   : {:040x}\nDnsNameList  : {{{}b}}\n\n",
        1,
        many(LIST_ITEMS + 5, &|i| format!("h{i}.contoso.com, "))
    );
    let few = format!("================ Certificate 0 ================\nSerial Number: 01\n{}", "a\n".repeat(8));
    let servers = many(PREFIXES + 1, &|i| {
        let letters: String = [i / 26, i % 26].iter().map(|at| char::from(b'a' + u8::try_from(*at).unwrap())).collect();
        few.lines().map(|line| format!("{letters}: {line}\n")).collect()
    }) + "\n"
        + &log(1);
    let text = serde_json::to_string(&log(1)).unwrap();
    let long_string = format!("{{\"a\":{text},\"b\":\"{}\\nx\"}}\n", "x".repeat(JSON_FIRST_LINE));
    let one = log(1);
    let block = &one[one.find("====").unwrap()..one.find("CertUtil").unwrap()];
    let sightings =
        format!("my \"Personal\"\n{}", format!("{block}CertUtil: -store command completed successfully.\n").repeat(70));
    let keys = format!(
        "C:\\>certutil -key\nMicrosoft Strong Cryptographic Provider:\n  te-Webserver\n  \
         0e555c67e91a2bc439f76464f056ec87_5b1c0a7e-94d2-4f06-8a3d-d1e6f2b47c19\n{}\nCertUtil: -key command completed successfully.\n",
        "  AT_SIGNATURE\n".repeat(BLOCK_VALUES + 5)
    );
    let attributes = |count, width: usize| {
        let lines = many(count, &|i| format!("  a{i}=\"{}\"\n", "x".repeat(width)));
        format!("<binding protocol=\"https\"\n{lines}").into_bytes()
    };
    let site = many(SITE_BINDINGS + 5, &|_| "https/*:1:,".to_owned());
    let names = many(STATEMENT_NAMES + 5, &|i| format!("\"h{i}.contoso.com\","));
    let assignments = many(LINE_VALUES + 5, &|i| format!(" $k.Length = {i};"));
    let sentence = format!(
        "A fatal error occurred when attempting to access the TLS server credential private key for a reason\n{}",
        "that this sentence tells in many words and with no end in sight, since its author has much to say\n"
            .repeat(10)
    );
    let labels = EVENT.replace("Description", &format!("{}Description", "Level:         Error\n".repeat(70)));
    let row = format!(
        "Error,11/3/2026 5:16:37 AM,Schannel,36870,None,\"A fatal error occurred\n{}",
        "and its description goes on\n".repeat(110)
    );
    let codes = [
        "80090016", "8009000d", "80090003", "80090029", "8009030d", "8009030e", "80070005", "80070002", "80070520",
        "80092004",
    ];
    let line = |count: usize| codes.iter().take(count).map(|code| format!("0x{code} ")).collect::<String>();
    let errors = format!("{}\n", line(8)).repeat(6);
    let of_line = format!("{}{}\n", line(10), line(10));
    let same = log(CONTAINER_CERTIFICATES + 5);
    let same =
        (0..CONTAINER_CERTIFICATES + 5).fold(same, |text, i| text.replace(&format!("= key {i}\n"), "= key one\n"));
    let same = same.replace("Signature test passed\n", "");
    let bindings = format!(
        "{}\nC:\\>appcmd list site\nSITE \"a\" (id:1,bindings:https/10.200.0.1:443:a.contoso.com,state:Started)\n",
        netsh(PORT_ENTRIES + 5)
    );
    vec![
        ("BLOCK_VALUES", Said(block_with(&"Encryption test passed\n".repeat(300)), "tests after the first 256")),
        ("BLOCK_VALUES", Said(block_with(&"Missing stored keyset\n".repeat(300)), "remarks after the first 256")),
        ("BLOCK_VALUES", Said(block_with(&failures(300)), "error codes after the first 256 of this certificate")),
        ("BLOCK_VALUES", Said(block_with(&"  KeySpec = zz\n".repeat(300)), "problems after these of this certificate")),
        (
            "BLOCK_VALUES",
            Said(
                extension(
                    "    2.5.29.17: Flags = 0, Length = 20\n    Subject Alternative Name\n",
                    &many(300, &|i| format!("        DNS Name=h{i}.contoso.com\n")),
                ),
                "names after the first 256",
            ),
        ),
        (
            "BLOCK_VALUES",
            Said(
                extension(
                    "    2.5.29.37: Flags = 0, Length = c\n    Enhanced Key Usage\n",
                    &many(300, &|i| format!("        Use (1.3.6.1.4.1.311.99.{i})\n")),
                ),
                "purposes after the first 256",
            ),
        ),
        ("BLOCK_VALUES", Said(keys.into_bytes(), "keys after the first 256 of one container")),
        ("LOG_RECORDS", Said(runs.into_bytes(), "5 more runs")),
        ("LOG_RECORDS", Said(parts.into_bytes(), "after the first 10000 parts")),
        ("BARE_HEADERS", Said(headers.into_bytes(), "5 more headers of certificates with nothing under them")),
        ("SIGHTINGS", Remarked(sightings.into_bytes(), "is seen more than 64 times")),
        ("SAME_BYTES", Silent("a copy that is not known as one is read like any other input")),
        ("BATCH_RECORDS", Silent("speed: records wait to be judged, none is lost")),
        ("PORTIONS_AHEAD", Silent("speed: portions wait to be judged, none is lost")),
        ("PIECES_AHEAD", Silent("speed: the next piece is read when it is its turn")),
        ("PIECE_BYTES", Silent("speed: the next piece goes on where it ends")),
        ("LOG_THREADS", Silent("speed: other threads have other inputs")),
        ("BLOCK_SHAPES", Silent("speed: a block of another shape is read line by line")),
        ("FORMS", Silent("speed: a credential of another form is judged as a whole")),
        ("BLOCK_SHAPE_BYTES", Silent("speed: a longer block is read line by line")),
        ("AHEAD_BYTES", Silent("speed: a larger input is read when it is its turn")),
        ("AHEAD_TEXT_BYTES", Silent("speed: a larger text is read when it is its turn")),
        ("AHEAD_INPUTS", Silent("speed: more inputs are read when it is their turn")),
        ("MAIL_LINES", Said(mail("--\n", MAIL_LINES + 1), "more than 100000 lines that can part it")),
        ("MAIL_FIELDS", Said(mail("a:\n", MAIL_FIELDS + 1), "more than 1000000 lines that can be header fields")),
        (
            "MAIL_MULTIPARTS",
            Said(
                mail("Content-Type: multipart/mixed; boundary=b\n\n--b\n", MAIL_MULTIPARTS + 1),
                "more than 64 parts with parts of their own",
            ),
        ),
        ("RTF_DEPTH", Said(rtf(&"{\\b ".repeat(RTF_DEPTH + 1)), "inside more than 512 others")),
        (
            "RTF_FONTS",
            Said(rtf(&many(RTF_FONTS + 5, &|i| format!("{{\\f{i}\\fcharset204 x;}}"))), "more than 4096 fonts"),
        ),
        ("PREFIXES", Said(servers.into_bytes(), "lines behind more than 64 different prefixes")),
        ("PREFIX_BYTES", Silent("lines behind a longer prefix are read as they stand: what has a label is found")),
        (
            "JSON_FIRST_LINE",
            Said(long_string.into_bytes(), "strings of JSON whose first line has more than 1024 bytes"),
        ),
        ("TERMINAL_SEQUENCE", Silent("a longer sequence stays in its line: what has a label is found")),
        ("HEX_DUMP_HEADING_LINES", Silent("a text with more lines above its first row is read as a text")),
        ("OWN_REPORT_BYTES", Silent("what is told by more is read as a text")),
        ("ELEMENT_RECORDS", Said(element, "an element with more than 1024 properties")),
        (
            "STORE_ELEMENTS",
            Said(store(STORE_ELEMENTS + 5, &record(33, &[0x30, 0])), "a store of more than 10000 elements"),
        ),
        (
            "STORE_ELEMENTS",
            Said(registry(STORE_ELEMENTS + 5, &record(33, &[0x30, 0])), "certificates after the first 10000"),
        ),
        ("STORE_ELEMENTS", Said(registry_permissions(STORE_ELEMENTS + 5), "permissions after the first 10000")),
        ("STORE_ELEMENTS", Said(bundle(STORE_ELEMENTS + 5), "certificates after the first 10000 of a PKCS #7 file")),
        ("STORE_PROPERTIES", Said(store(110, &many_properties), "or 100000 properties")),
        ("STORE_PROPERTIES", Said(registry(110, &many_properties), "properties after the first 100000")),
        ("LIST_ITEMS", Said(listed.into_bytes(), "items after the first 1000 of a list")),
        ("INF_VALUES", Said(inf.into_bytes(), "more than 4096 values")),
        ("PEM_BLOCKS", Test("blocks_of_a_pem_file")),
        ("XML_DEPTH", Said(deep.into_bytes(), "more than 32 elements inside each other")),
        ("JSON_DEPTH", Said(json.into_bytes(), "more than 16 values inside each other")),
        ("CSV_COLUMNS", Said(procmon(70), "fields after the first 64 of a row")),
        ("TAG_LINES", Said(attributes(70, 1), "a tag of more than 64 lines")),
        ("TAG_BYTES", Said(attributes(20, 4_000), "or 65536 bytes is not read")),
        (
            "SITE_BINDINGS",
            Said(
                format!("C:\\>appcmd list site\nSITE \"a\" (id:1,bindings:{site}state:Started)\n").into_bytes(),
                "bindings after the first 4096",
            ),
        ),
        (
            "STATEMENT_LINES",
            Said(script(&format!("`\n{}", "-KeyLength 2048 `\n".repeat(50))), "a statement of more than 40 lines"),
        ),
        ("STATEMENT_NAMES", Said(script(&format!("-DnsName {names}\"b\"")), "names and purposes after the first 100")),
        (
            "LINE_VALUES",
            Said(
                format!(
                    "$k = New-Object -ComObject \"X509Enrollment.CX509PrivateKey.1\"\n$k.KeySpec = 2;{assignments}\n"
                )
                .into_bytes(),
                "values after the first 16 of a line",
            ),
        ),
        ("SENTENCE_LINES", Said(sentence.into_bytes(), "a message of more than 8 lines")),
        ("EVENT_HEADERS", Said(labels.into_bytes(), "or 64 labels")),
        ("EVENT_ROW_LINES", Said(row.into_bytes(), "a row of an event of more than 100 lines")),
        ("WAITING_ERRORS", Said(errors.into_bytes(), "more than 32 errors in 8 lines")),
        ("LINE_ERRORS", Said(of_line.into_bytes(), "error codes after the first 16 of a line")),
        ("LINE_CODES", Said(block_with(&format!("{}\n", line(10))), "error codes after the first 8 of a line")),
        ("REQUEST_DEPTH", Test("requests_inside_each_other")),
        ("SIGNATURE_MODULUS_BYTES", Said(request(2_049), "a key of more than 16384 bits")),
        ("CHAIN_CERTIFICATES", Said(chain(CHAIN_CERTIFICATES + 2), "a chain of more than 32 certificates")),
        ("SERVICE_ACCOUNTS", Silent("no service runs under so many accounts: nothing is concluded from them")),
        ("SYMPTOMS", Said(format!("{}{}", log(1), failures(40)).into_bytes(), "more than 32 different error codes")),
        (
            "EVENT_CERTIFICATES",
            Unknown(
                format!("{}\n{EVENT}", log(EVENT_CERTIFICATES + 5)).into_bytes(),
                "concern certificates after the first 64",
            ),
        ),
        ("PORT_ENTRIES", Unknown(bindings.into_bytes(), "after the first 256 on port 443")),
        ("CONTAINER_CERTIFICATES", Unknown(same.into_bytes(), "after the first 16 of one container")),
        ("WRITTEN_INF_BYTES", Silent("the INF is judged as a whole; only the copy with the corrections is left out")),
        ("LISTED_CREDENTIALS", Test("checks_after_the_first_credentials_are_counted")),
        ("SARIF_RESULTS", Test("what_sarif_and_junit_leave_out_is_counted")),
        ("SARIF_LOCATIONS", Silent("GitHub refuses more; the other formats name all places")),
        ("SARIF_TAGS", Silent("every rule has three of them at most")),
        ("SARIF_DESCRIPTION_CHARACTERS", Test("long_texts_in_sarif_end_with_an_ellipsis")),
        ("SARIF_MESSAGE_CHARACTERS", Test("long_texts_in_sarif_end_with_an_ellipsis")),
        ("SARIF_NOTIFICATIONS", Test("what_sarif_and_junit_leave_out_is_counted")),
        ("JUNIT_SAME_RULE", Test("what_sarif_and_junit_leave_out_is_counted")),
        ("MARKDOWN_GROUPS", Test("kinds_of_fault_after_the_first_ones_are_rows")),
        ("MARKDOWN_ROWS", Test("rows_after_the_first_ones_are_counted")),
        ("HTML_OVERVIEW_ROWS", Test("kinds_of_fault_after_the_first_ones_are_rows")),
        ("HTML_GROUPS", Test("kinds_of_fault_after_the_first_ones_are_rows")),
        ("HTML_OPEN_GROUPS", Silent("the later ones are on the page, folded")),
        ("HTML_CASE_FINDINGS", Test("findings_about_the_case_after_the_first_ones_are_counted")),
        ("HTML_UNDECIDED", Test("many_undecided_and_healthy_ones_become_a_table")),
        ("HTML_ROWS", Test("rows_after_the_first_ones_are_counted")),
        ("TEXT_HEALTHY", Test("many_undecided_and_healthy_ones_become_a_table")),
        ("TEXT_UNDECIDED", Test("many_undecided_and_healthy_ones_become_a_table")),
        ("TEXT_ROWS", Test("rows_after_the_first_ones_are_counted")),
        ("TEXT_ENDPOINTS", Test("endpoints_after_the_first_ones_are_counted")),
        ("REDACTED_CALL_BYTES", Silent("a quoted text that far away is no argument of the call")),
        ("PASSWORD_BYTES", Test("bounds_of_the_command_line")),
        ("PASSWORD_LIST_BYTES", Test("bounds_of_the_command_line")),
        ("BASELINE_BYTES", Test("bounds_of_the_command_line")),
        ("ARCHIVE_PASSWORD_TRIES", Test("wrong_passwords_of_an_archive_are_bounded")),
        ("SETTINGS_BYTES", Test("bounds_of_the_command_line")),
    ]
}

#[test]
fn every_fixed_bound_that_is_reached_is_said_and_the_run_goes_on() {
    let mut wrong = Vec::new();
    for (constant, fixed) in fixed_rows() {
        let (input, words, seen) = match fixed {
            Fixed::Said(input, words) => (input, words, 0),
            Fixed::Remarked(input, words) => (input, words, 1),
            Fixed::Unknown(input, words) => (input, words, 2),
            Fixed::Test(_) | Fixed::Silent(_) => continue,
        };
        let report = run(&|l| l.problems = 1_000, &input);
        let bounded = &report.inputs[0];
        let problem = bounded.problems.iter().find(|p| p.message.contains(words));
        let holds = match seen {
            0 => problem.is_some() && bounded.status != InputStatus::Analyzed,
            1 => problem.is_some_and(|p| p.line.is_some()) && bounded.status == InputStatus::Analyzed,
            _ => report.checks.iter().any(|c| c.outcome == CheckOutcome::Unknown && c.reason.contains(words)),
        };
        let after = report.credentials.iter().any(|c| c.display_name == "after.contoso.com");
        if !holds || !after {
            let first: Vec<_> = bounded.problems.iter().take(3).collect();
            wrong.push(format!("{constant}: {words}: {:?} {} {after} {first:?}", bounded.status, bounded.kind));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Of as many as are looked at nothing is left unsaid.
#[test]
fn what_just_fits_is_not_called_cut() {
    // The certificate of the input that comes after counts, too.
    let event = format!("{}\n{EVENT}", log(EVENT_CERTIFICATES - 1));
    let of_one_container = log(CONTAINER_CERTIFICATES).replace("Signature test passed\n", "");
    let of_one_container = (0..CONTAINER_CERTIFICATES)
        .fold(of_one_container, |text, i| text.replace(&format!("= key {i}\n"), "= key one\n"));
    for input in [event, of_one_container, netsh(PORT_ENTRIES)] {
        let report = run(&|_| {}, input.as_bytes());
        let cut =
            report.checks.iter().find(|c| c.outcome == CheckOutcome::Unknown && c.reason.contains("after the first"));
        assert_eq!(cut.map(|c| c.reason.as_str()), None);
    }
}

/// A new constant without a row fails; so does a row that names a test that is not here.
#[test]
fn every_fixed_bound_has_a_row() {
    let read = |path: &str| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let (source, tests) = (read("src/limits.rs"), read("tests/limits.rs"));
    let constants: BTreeSet<&str> =
        source.lines().filter_map(|l| l.strip_prefix("pub const ")?.split(':').next()).collect();
    let rows = fixed_rows();
    assert_eq!(rows.iter().map(|(constant, _)| *constant).collect::<BTreeSet<_>>(), constants);
    for (constant, fixed) in &rows {
        match fixed {
            Fixed::Test(name) => {
                assert!(tests.contains(&format!("#[test]\nfn {name}()")), "{constant}: no test {name}")
            }
            Fixed::Silent(why) => assert!(why.len() > 20, "{constant}: {why}"),
            _ => {}
        }
    }
    // What is silent says so where it stands.
    let words = source.split("pub const ").collect::<Vec<_>>();
    for (constant, _) in rows.iter().filter(|(_, fixed)| matches!(fixed, Fixed::Silent(_))) {
        let at = words.iter().position(|part| part.starts_with(&format!("{constant}:"))).unwrap();
        let doc = words[at - 1].rsplit(";\n").next().unwrap();
        assert!(doc.contains("Silent"), "{constant}: {doc}");
    }
}

#[test]
fn checks_after_the_first_credentials_are_counted() {
    let report = run(&|_| {}, log(LISTED_CREDENTIALS + 20).as_bytes());
    let listed = |c: &&Check| c.outcome == CheckOutcome::Pass && c.credential.is_some();
    let last = report.checks.iter().filter(listed).filter_map(|c| c.credential).max().unwrap();
    assert!(usize::try_from(last).unwrap() < LISTED_CREDENTIALS);
    // Each of the 121 certificates has a finding, listed or not.
    assert_eq!(report.summary.credentials, 121);
    assert!(report.summary.errors >= 120);
}

#[test]
fn wrong_passwords_of_an_archive_are_bounded() {
    let opened = |wrong: usize| {
        let mut options = Options::new(datetime!(2026-01-01 0:00 UTC));
        (0..wrong).for_each(|i| options.passwords.add(Zeroizing::new(format!("wrong{i}"))));
        options.passwords.add(Zeroizing::new("corpus-Password1".to_owned()));
        let mut analysis = Analysis::new(options);
        let archive = corpus("zip/zipcrypto/artifact.zip");
        analysis.read_seekable("bounded", None, &mut Cursor::new(archive)).unwrap();
        analysis.finish().unwrap().inputs[1].clone()
    };
    assert_eq!(opened(ARCHIVE_PASSWORD_TRIES - 1).status, InputStatus::Analyzed);
    let locked = opened(ARCHIVE_PASSWORD_TRIES);
    assert_eq!(locked.status, InputStatus::Locked);
    assert!(locked.problems[0].message.contains("after 1000 wrong passwords"), "{:?}", locked.problems);
}

/// The report in the formats for a person: for a terminal, as Markdown, as a page.
fn shown(report: &Report) -> [String; 3] {
    let (mut terminal, mut notes, mut page) = (Vec::new(), Vec::new(), Vec::new());
    text::render(report, &TextOptions::default(), &mut terminal).unwrap();
    markdown::render(report, &MarkdownOptions::default(), &mut notes).unwrap();
    html::render(report, &HtmlOptions::default(), &mut page).unwrap();
    [terminal, notes, page].map(|bytes| String::from_utf8(bytes).unwrap())
}

/// A listing of certificates that work.
fn healthy(certificates: usize) -> String {
    log(certificates).replace("2 -- AT_SIGNATURE", "1 -- AT_KEYEXCHANGE").replace("Signature test", "Encryption test")
}

#[test]
fn what_sarif_and_junit_leave_out_is_counted() {
    let mut report = run(&|_| {}, log(1).as_bytes());
    let finding = report.findings.iter().find(|f| f.severity == Severity::Error).unwrap().clone();
    let problem = Problem { message: "cut".to_owned(), line: Some(1), bytes: None };
    report.findings = vec![finding; SARIF_RESULTS + 5];
    report.summary.errors = u64::try_from(SARIF_RESULTS + 5).unwrap();
    (report.summary.warnings, report.summary.notes) = (0, 0);
    report.inputs[0].problems = vec![problem; SARIF_NOTIFICATIONS + 3];
    let mut out = Vec::new();
    sarif::render(&report, &SarifOptions::default(), &mut out).unwrap();
    let written: serde_json::Value = serde_json::from_slice(&out).unwrap();
    let run = &written["runs"][0];
    assert_eq!(run["results"].as_array().unwrap().len(), SARIF_RESULTS);
    let said: Vec<&str> = run["invocations"][0]["toolExecutionNotifications"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|n| n["message"]["text"].as_str())
        .collect();
    assert_eq!(said.iter().filter(|text| text.contains("cut")).count(), SARIF_NOTIFICATIONS);
    assert!(said.iter().any(|text| text.starts_with("3 more problems")), "{:?}", said.last());
    assert!(said.iter().any(|text| text.starts_with("25005 findings; the 25000 that rank first")), "{:?}", said.last());

    report.findings.truncate(JUNIT_SAME_RULE + 5);
    report.summary.errors = u64::try_from(JUNIT_SAME_RULE + 5).unwrap();
    let mut out = Vec::new();
    junit::render(&report, &JunitOptions::default(), &mut out).unwrap();
    let written = String::from_utf8(out).unwrap();
    assert!(written.contains("1005 findings; the 1000 that rank first are written here"), "{}", written.len());
}

#[test]
fn long_texts_in_sarif_end_with_an_ellipsis() {
    let mut report = run(&|_| {}, log(1).as_bytes());
    report.findings[0].message = "x".repeat(SARIF_MESSAGE_CHARACTERS * 2);
    let mut out = Vec::new();
    sarif::render(&report, &SarifOptions::default(), &mut out).unwrap();
    let written: serde_json::Value = serde_json::from_slice(&out).unwrap();
    let message = written["runs"][0]["results"][0]["message"]["text"].as_str().unwrap();
    assert!(message.chars().count() <= SARIF_MESSAGE_CHARACTERS && message.ends_with('…'), "{}", message.len());
    for rule in written["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap() {
        for text in ["shortDescription", "fullDescription"] {
            let text = rule[text]["text"].as_str().unwrap();
            assert!(text.chars().count() <= SARIF_DESCRIPTION_CHARACTERS, "{text}");
        }
    }
}

#[test]
fn rows_after_the_first_ones_are_counted() {
    // With the one of the other input.
    let report = run(&|_| {}, healthy(HTML_ROWS + 5).as_bytes());
    let [terminal, notes, page] = shown(&report);
    assert!(terminal.contains(&format!("and {} more", HTML_ROWS + 6 - TEXT_ROWS)), "{terminal}");
    assert!(notes.contains(&format!("and {} more", HTML_ROWS + 6 - MARKDOWN_ROWS)), "{notes}");
    assert!(page.contains("and 6 more"));
}

/// One kind of fault for each certificate: the findings have different titles.
#[test]
fn kinds_of_fault_after_the_first_ones_are_rows() {
    let mut report = run(&|_| {}, log(HTML_GROUPS + 4).as_bytes());
    for (number, finding) in report.findings.iter_mut().enumerate() {
        finding.title = format!("fault {number}");
    }
    let [_, notes, page] = shown(&report);
    assert_eq!(page.matches("<article").count(), HTML_GROUPS);
    assert!(page.contains("4 further kinds of fault"));
    assert!(page.contains(&format!("and {} more", HTML_GROUPS + 4 - HTML_OVERVIEW_ROWS)), "{page}");
    assert!(notes.contains("## Further kinds of fault, one row each"), "{notes}");
    assert!(notes.contains(&format!("and {} more", HTML_GROUPS + 4 - MARKDOWN_GROUPS - MARKDOWN_ROWS)), "{notes}");
}

#[test]
fn findings_about_the_case_after_the_first_ones_are_counted() {
    let mut report = run(&|_| {}, log(1).as_bytes());
    let finding = report.findings[0].clone();
    for number in 0..HTML_CASE_FINDINGS + 2 {
        let mut of_case = finding.clone();
        (of_case.credential, of_case.title) = (None, format!("fault {number}"));
        of_case.related.clear();
        report.findings.push(of_case);
    }
    let [_, _, page] = shown(&report);
    assert!(page.contains("and 2 more"), "{page}");
}

#[test]
fn many_undecided_and_healthy_ones_become_a_table() {
    // Without a test nothing says that the key opens.
    let undecided = |many| healthy(many).replace("Encryption test passed\n", "");
    let full = |page: &str| page.matches("<article").count();
    let [terminal, _, page] = shown(&run(&|_| {}, undecided(TEXT_UNDECIDED).as_bytes()));
    assert!(!terminal.contains("Not decided: "), "{terminal}");
    let in_full = full(&page);
    let [terminal, _, page] = shown(&run(&|_| {}, undecided(TEXT_UNDECIDED + 1).as_bytes()));
    assert!(terminal.contains(&format!("Not decided: {} credentials", TEXT_UNDECIDED + 1)), "{terminal}");
    assert_eq!(in_full - full(&page), HTML_UNDECIDED);
    // With the one of the other input.
    let [terminal, ..] = shown(&run(&|_| {}, healthy(TEXT_HEALTHY - 1).as_bytes()));
    assert!(!terminal.contains("Healthy: "), "{terminal}");
    let [terminal, ..] = shown(&run(&|_| {}, healthy(TEXT_HEALTHY).as_bytes()));
    assert!(terminal.contains(&format!("Healthy: {} credentials", TEXT_HEALTHY + 1)), "{terminal}");
}

#[test]
fn endpoints_after_the_first_ones_are_counted() {
    let hash = format!("{:040x}", 1);
    let bound = many(TEXT_ENDPOINTS + 3, &|i| {
        netsh(1).replace("10.0.0.1", &format!("10.0.0.{}", i + 1)).replace(&format!("{:040x}", 0), &hash)
    });
    let report = run(&|_| {}, format!("{}\n{bound}", log(1)).as_bytes());
    let [terminal, ..] = shown(&report);
    assert!(terminal.contains("and 3 more"), "{terminal}");
}

/// Files that the command line names: a message and the status of wrong usage; a run without them goes on.
#[cfg(feature = "cli")]
#[test]
fn bounds_of_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("log.txt"), AFTER).unwrap();
    // Sparse: no byte of them is written.
    let sparse = |name: &str, bytes: u64| {
        std::fs::File::create(path(name)).unwrap().set_len(bytes).unwrap();
        path(name)
    };
    let analyze = |arguments: &[&str]| {
        let mut command = assert_cmd::Command::cargo_bin("keyspect").unwrap();
        let output = command.arg("check").args(arguments).arg(path("log.txt")).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let password = format!("file:{}", sparse("password", PASSWORD_BYTES + 1));
    let list = sparse("list", PASSWORD_LIST_BYTES + 1);
    let baseline = sparse("baseline", BASELINE_BYTES + 1);
    let settings = sparse("settings.toml", SETTINGS_BYTES + 1);
    for (option, value, words) in [
        ("--passin", &password, "longer than 4096 bytes"),
        ("--passwords", &list, "larger than 1048576 bytes"),
        ("--baseline", &baseline, "larger than 268435456 bytes"),
        ("--config", &settings, "larger than 1048576 bytes"),
    ] {
        let (status, said) = analyze(&[option, value]);
        assert_eq!(status, 2, "{option}: {said}");
        assert!(said.contains(words), "{option}: {said}");
    }
    // One byte less is no reason to refuse a password.
    std::fs::write(path("password"), format!("{}\n", "x".repeat(4_094))).unwrap();
    assert_eq!(analyze(&["--passin", &password]).0, 0);
}

#[test]
fn requests_inside_each_other() {
    let read = |messages| certificate_request::parse(&nested_request(messages), &Limits::default());
    assert_eq!(read(REQUEST_DEPTH - 1).unwrap().problems, []);
    assert_eq!(read(REQUEST_DEPTH).unwrap_err().message, "requests are nested too deep");
}

/// Events that are cut at a bound also say so themselves.
#[test]
fn a_cut_event_says_so() {
    let deep = format!("{}{}\n", corpus_event_start(), "<a>".repeat(XML_DEPTH + 5));
    let report = run(&|_| {}, deep.as_bytes());
    assert_eq!(report.inputs[0].details.as_ref().unwrap()["records"][0]["cut"], true);
    let json = format!(
        "{{\"Id\":36870,\"ProviderName\":\"Schannel\",\"a\":{}1{}}}\n",
        "[".repeat(JSON_DEPTH + 5),
        "]".repeat(JSON_DEPTH + 5)
    );
    let place = |_| Place::binary(SourceId(0), 0, 0);
    assert!(event_json::parse(&json, &place, &Limits::default()).unwrap().cut);
    assert!(!event_json::parse(&json.replace(['[', ']'], ""), &place, &Limits::default()).unwrap().cut);
}

/// Fields of one event beyond `record_values`.
#[test]
fn values_of_an_event() {
    let event = String::from_utf8(corpus("event-xml/wevtutil-lines/artifact.xml")).unwrap();
    let report = run(&|l| l.record_values = 1, event.as_bytes());
    let problems = &report.inputs[0].problems;
    assert!(problems.iter().any(|p| p.message == "values after the first 1 of an event are not kept"), "{problems:?}");
    assert_eq!(report.inputs[0].status, InputStatus::Partial);
    assert!(run(&|_| {}, event.as_bytes()).inputs[0].problems.is_empty());
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
