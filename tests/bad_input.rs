//! Inputs that are too large, cut, or no log at all: a clear problem, the right status, nothing lost.
#![allow(clippy::unwrap_used, missing_docs)]

use keyspect::analyze::{Analysis, Options};
use keyspect::report::model::{InputStatus, Report};
use std::io::Read;
use time::macros::datetime;

fn report(reader: &mut (dyn Read + Send)) -> Report {
    let mut analysis = Analysis::new(Options::new(datetime!(2026-01-01 0:00 UTC)));
    analysis.read("input", None, reader).unwrap();
    analysis.finish().unwrap()
}

fn assert_problem(report: &Report, status: InputStatus, part: &str) {
    let input = &report.inputs[0];
    assert_eq!(input.status, status, "{:?}", input.problems);
    assert!(input.problems.iter().any(|p| p.message.contains(part)), "{part}: {:?}", input.problems);
}

/// A listing with so many certificates; each has its own serial number, thumbprint and container.
fn listing(certificates: usize) -> String {
    let block = |i: usize| {
        format!(
            "================ Certificate {i} ================\nSerial Number: {:016x}\nIssuer: CN=Fabrik CA\n \
             NotBefore: 13/01/2024 10:00\n NotAfter: 13/01/2034 10:00\nSubject: CN=host{i}.fabrik.example\n\
             Non-root Certificate\nCert Hash(sha1): {:040x}\n  Key Container = key {i}\n  Provider = Microsoft \
             Strong Cryptographic Provider\nEncryption test passed\n",
            i + 1,
            i + 1
        )
    };
    let blocks: Vec<String> = (0..certificates).map(block).collect();
    format!("my \"Personal\"\n{}CertUtil: -store command completed successfully.\n", blocks.join("\n"))
}

/// The facts of a listing's credentials that must survive.
fn assert_complete(report: &Report, certificates: usize) {
    assert_eq!(report.credentials.len(), certificates);
    for (i, credential) in report.credentials.iter().enumerate() {
        let certificate = credential.certificate.as_ref().unwrap();
        assert_eq!(certificate.sha1.as_deref(), Some(format!("{:040x}", i + 1).as_str()));
        assert_eq!(certificate.serial.as_deref(), Some(format!("{:016x}", i + 1).as_str()));
        assert_eq!(certificate.subject.as_deref(), Some(format!("CN=host{i}.fabrik.example").as_str()));
        assert_eq!(credential.key.container.stored.as_deref(), Some(format!("key {i}").as_str()));
        assert_eq!(credential.key.provider.name.as_deref(), Some("Microsoft Strong Cryptographic Provider"));
        assert_eq!(credential.key.encryption_test, "passed", "{i}");
    }
}

#[test]
fn a_log_on_one_very_long_line_loses_nothing() {
    let certificates = 700;
    let log = listing(certificates);
    for joined in [
        log.split_whitespace().collect::<Vec<_>>().join(" "),
        log.replace('\n', "<br>\u{20}"),
        serde_json::to_string(&log.replace('\n', "\r\n")).unwrap(),
    ] {
        assert!(joined.len() > 3 * 65_536 && !joined.contains('\n'));
        assert_complete(&report(&mut joined.as_bytes()), certificates);
        let wide: Vec<u8> = joined.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_complete(&report(&mut wide.as_slice()), certificates);
    }
}

#[test]
fn a_line_of_five_megabytes() {
    let line = std::io::repeat(b'x').take(5 << 20);
    assert_problem(&report(&mut { line }), InputStatus::Unrecognized, "nothing was recognised");
    let mut between = b"junk \"".chain(std::io::repeat(b'=').take(5 << 20)).chain(&b"\n"[..]);
    let mut log = between.by_ref().chain(std::io::Cursor::new(listing(3)));
    assert_complete(&report(&mut log), 3);
}

#[test]
fn a_million_empty_lines() {
    let mut empty = std::io::repeat(b'\n').take(1_000_000);
    assert_problem(&report(&mut empty), InputStatus::Unrecognized, "nothing was recognised");
    let mut within = listing(2).replace("Issuer", &format!("{}Issuer", "\n".repeat(200_000))).into_bytes();
    within.extend(vec![b'\n'; 200_000]);
    assert_complete(&report(&mut within.as_slice()), 2);
}

#[test]
fn very_many_headers() {
    let headers: String = (0..20_000).map(|i| format!("================ Certificate {i} ================\n")).collect();
    let report = report(&mut headers.as_bytes());
    assert_problem(&report, InputStatus::Partial, "nothing follows the header of certificate 0");
    assert!(report.inputs[0].problems.len() <= 201);
}

#[test]
fn a_block_with_too_many_lines() {
    let junk: String = (0..150_000).map(|i| format!("line {i}\n")).collect();
    let log = listing(2).replace("Non-root", &format!("{junk}Non-root"));
    let report = report(&mut log.as_bytes());
    assert_problem(&report, InputStatus::Partial, "more than 100000 lines");
    assert_eq!(report.credentials.len(), 2);
}

#[test]
fn an_empty_input_and_one_that_breaks_off() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the disk is gone"))
        }
    }
    let log = listing(1);
    let part = &log.as_bytes()[..log.len() - 60];
    assert_problem(&report(&mut std::io::empty()), InputStatus::Unrecognized, "empty");
    let broken = report(&mut part.chain(Broken));
    assert_problem(&broken, InputStatus::Partial, "the disk is gone");
    assert_eq!(broken.credentials.len(), 1);
    assert_problem(&report(&mut Broken), InputStatus::Failed, "the disk is gone");
}

#[test]
fn bytes_that_are_no_text() {
    let mut zeros = std::io::repeat(0).take(100_000);
    assert_problem(&report(&mut zeros), InputStatus::Unrecognized, "binary");
    let noise: Vec<u8> = (0_u32..100_000).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    assert_problem(&report(&mut noise.as_slice()), InputStatus::Unrecognized, "binary");
}

/// The same store, listed again and again in one log: one credential, and only so many of its places are kept.
#[test]
fn one_store_listed_five_hundred_times() {
    let one = listing(1);
    let log = vec![one.as_str(); 500].join("\n");
    let report = report(&mut log.as_bytes());
    assert_complete(&report, 1);
    assert_eq!(report.credentials[0].sources.len(), 64);
    assert_eq!(report.inputs[0].details.as_ref().unwrap()["runs"].as_array().unwrap().len(), 500);
}
