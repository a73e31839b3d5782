//! The report is the same for any number of threads, and however the reader portions its answers.
#![allow(clippy::unwrap_used)]

use keyspect::analyze::{Analysis, Options};
use keyspect::report::jsonl::JsonLines;
use std::io::{self, Read};
use time::OffsetDateTime;

/// A log that is longer than what is read before its kind is known: blocks of the corpus, each certificate with a
/// thumbprint of its own, one of them seen twice.
fn log() -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/certutil/article-scenario-3/input.txt");
    let block = std::fs::read_to_string(path).unwrap();
    let thumbprint = "ba8278f161740479635e61bdc1b8dfd5139c9b52";
    let mut text = String::new();
    for number in 0..600_u32 {
        text.push_str(&block.replace(thumbprint, &format!("{:040x}", number % 590)));
        if number % 100 == 7 {
            text.push_str("\nsome words of a ticket\nSystem error 0x80090016\n\n");
        }
    }
    assert!(text.len() > 4 * 256 * 1024);
    text.into_bytes()
}

/// Gives at most so many bytes at once.
struct Portions<'a>(&'a [u8], usize);

impl Read for Portions<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(self.1);
        self.0.read(&mut buffer[..most])
    }
}

/// The lines of a streamed report, and the whole report.
fn reports(bytes: &[u8], threads: usize, portion: usize) -> (Vec<u8>, String) {
    let options = || {
        let mut options = Options::new(OffsetDateTime::UNIX_EPOCH);
        options.threads = threads;
        options
    };
    let mut streamed = Vec::new();
    let mut sink = JsonLines::new(&mut streamed);
    let mut analysis = Analysis::new(options()).with_sink(&mut sink);
    analysis.read("log.txt", None, &mut Portions(bytes, portion)).unwrap();
    analysis.finish().unwrap();
    let mut analysis = Analysis::new(options());
    analysis.read("log.txt", None, &mut Portions(bytes, portion)).unwrap();
    (streamed, serde_json::to_string(&analysis.finish().unwrap()).unwrap())
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let log = log();
    let one = reports(&log, 1, usize::MAX);
    assert!(one.0.len() > 100_000);
    for (threads, portion) in [(1, 7_001), (2, usize::MAX), (2, 7_001), (4, usize::MAX)] {
        assert!(reports(&log, threads, portion) == one, "{threads} threads, {portion} bytes at once");
    }
}

/// A listing whose blocks are alike, but for some.
fn listing() -> String {
    let log = String::from_utf8(log()).unwrap();
    let from = log.find("================ Certificate 0").unwrap();
    let block = &log[from..][..log[from..].find("CertUtil:").unwrap()];
    let thumbprint = &block[block.find("CERT_SHA1_HASH_PROP_ID(3):").unwrap()..][..74];
    let thumbprint = thumbprint.split_whitespace().nth(1).unwrap();
    let mut text = "my \"Personal\"\r\n".to_owned();
    for number in 0..350_u32 {
        let block = block.replace("Certificate 0 =", &format!("Certificate {number} ="));
        let block = block.replace(thumbprint, &format!("{number:040x}"));
        text.push_str(&if number % 50 == 3 {
            block.replace("KeySpec = 2 -- AT_SIGNATURE", "KeySpec = 1")
        } else {
            block
        });
        if number % 100 == 7 {
            text.push_str("some words of a ticket\nSystem error 0x80090016\n\n");
        }
    }
    text + "CertUtil: -store command completed successfully.\r\n"
}

/// A long listing is read in pieces by several threads, until it is no plain text any more.
#[test]
fn a_listing_that_is_read_in_pieces_is_read_as_a_whole() {
    let listing = listing();
    let middle = listing.len() / 3 * 2;
    let middle = middle + listing[middle..].find('\n').unwrap() + 1;
    let (front, behind) = listing.split_at(middle);
    let with = |between: &[u8]| [front.as_bytes(), between, behind.as_bytes()].concat();
    let wide = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let big: Vec<u8> = listing.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let texts = [
        with(b""),
        with(b"not UTF-8: \xE4\xFC\r\n"),
        with(b"a zero \0 in a line\r\n"),
        with("x".repeat(300_000).as_bytes()),
        with(&wide("\r\nSystem error 0x80090016\r\n")),
        with("Gr\u{fc}\u{df}e\r\n".as_bytes()),
        listing.replace("\r\n", "\n").into_bytes(),
        wide(&listing),
        wide(&listing.replace("ticket", "t\u{1F511}cket")),
        [wide(front), behind.as_bytes().to_vec()].concat(),
        [b"\xFE\xFF".as_slice(), &big].concat(),
        front.as_bytes().to_vec(),
    ];
    for (at, text) in texts.iter().enumerate() {
        let one = reports(text, 1, usize::MAX);
        for (threads, portion) in [(2, usize::MAX), (3, 50_001)] {
            assert!(reports(text, threads, portion) == one, "text {at}, {threads} threads, {portion} bytes at once");
        }
    }
}

#[test]
fn an_error_of_the_sink_ends_the_run() {
    struct Full;
    impl io::Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    for threads in [1, 2] {
        let mut options = Options::new(OffsetDateTime::UNIX_EPOCH);
        options.threads = threads;
        let mut sink = JsonLines::new(Full);
        let mut analysis = Analysis::new(options).with_sink(&mut sink);
        let error = analysis.read("log.txt", None, &mut log().as_slice()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}

#[test]
fn a_stopped_run_says_where() {
    for threads in [1, 2] {
        let mut options = Options::new(OffsetDateTime::UNIX_EPOCH);
        options.threads = threads;
        let mut analysis = Analysis::new(options).with_stop(&|| true);
        analysis.read("log.txt", None, &mut log().as_slice()).unwrap();
        let report = analysis.finish().unwrap();
        assert!(report.inputs[0].problems.iter().any(|p| p.message.starts_with("stopped after line ")));
    }
}

/// The whole corpus with its archives and PFX files, between a long log, files that are cut off, and one that is empty: the
/// report is the same with these numbers of threads as with one.
#[cfg(all(feature = "cli", feature = "decrypt", feature = "zip"))]
fn a_mixed_folder_gives_the_same(format: &str, numbers: &[&str]) {
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    let pfx = std::fs::read(corpus.join("pfx/openssl-default/file.pfx")).unwrap();
    put("a.pfx", &pfx);
    put("b-long.txt", &log()[..400_000]);
    put("c-cut.pfx", &pfx[..pfx.len() / 2]);
    put("d-empty.txt", b"");
    put("e-noise.bin", &[0xa5; 4096]);
    put("f-short.txt", &log()[..9_000]);
    put("g-again.pfx", &pfx);
    let run = |threads: &str| {
        let mut command = assert_cmd::Command::cargo_bin("keyspect").unwrap();
        command.env_clear().env("PASSWORD", "corpus-Password1").arg("check").arg(folder.path()).arg(&corpus);
        command.args(["--passin", "env:PASSWORD", "--at", "2026-01-01T00:00:00Z", "--no-config", "--fail-on", "never"]);
        let output = command.args(["--format", format, "--threads", threads]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    let one = run("1");
    assert!(one.len() > 100_000, "{} bytes", one.len());
    for threads in numbers {
        assert!(run(threads) == one, "{threads} threads");
    }
}

#[cfg(all(feature = "cli", feature = "decrypt", feature = "zip"))]
#[test]
fn what_is_written_while_inputs_are_read_is_the_same_with_any_number_of_threads() {
    a_mixed_folder_gives_the_same("jsonl", &["2", "4", "8"]);
}

/// The other formats are written of the same report.
#[cfg(all(feature = "cli", feature = "decrypt", feature = "zip"))]
#[test]
fn what_is_written_at_the_end_is_the_same_with_any_number_of_threads() {
    a_mixed_folder_gives_the_same("json", &["2", "4"]);
}
