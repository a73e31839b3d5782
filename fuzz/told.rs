//! A streamed report tells most credentials of a long log without making them: its lines must be those of one that makes
//! each of them.
#![allow(dead_code, unreachable_pub, missing_docs, clippy::unwrap_used)]

use super::block_shapes::{blocks, changes_and_blocks, repeated};
use keyspect::analyze::{Analysis, Options};
use keyspect::report::jsonl::JsonLines;
use keyspect::workloads;
use time::macros::datetime;

/// Gives every number of 16 and more hexadecimal digits other digits: the same for the same number.
pub fn renumbered(text: &str, copy: u64) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let words = rest.find(|c: char| c.is_ascii_hexdigit()).unwrap_or(rest.len());
        let (before, from) = rest.split_at(words);
        let digits = from.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(from.len());
        let (number, after) = from.split_at(digits);
        out += before;
        rest = after;
        if number.len() < 16 {
            out += number;
            continue;
        }
        // FNV-1a, then a linear congruential generator (Knuth, volume 2, 3.3.4).
        let mut seed = number
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325 ^ copy, |seed, b| (seed ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        let upper = number.bytes().any(|b| b.is_ascii_uppercase());
        for _ in number.chars() {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let signs: &[u8; 16] = if upper { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
            out.push(signs[usize::try_from(seed >> 60).unwrap_or(0)].into());
        }
    }
    out
}

/// Gives the certificate of a block another thumbprint, and leaves all other values.
pub fn thumbprinted(block: &str, copy: u64) -> String {
    let Some((_, from)) = block.split_once("Cert Hash(sha1): ") else { return block.to_owned() };
    let thumbprint = from.get(..40).unwrap_or_default();
    block.replace(thumbprint, &format!("{copy:040x}"))
}

/// A log of so many copies of some blocks, each with numbers of its own.
pub fn numbered(blocks: &str, copies: u64) -> String {
    let copies = (0..copies).map(|copy| renumbered(blocks, copy));
    format!("my \"Personal\"\r\n{}CertUtil: -store command completed successfully.\r\n", copies.collect::<String>())
}

/// The lines of a streamed report. With `make` each credential is made: something is settled about a finding that there is not.
fn lines(text: &str, every: bool, make: bool) -> String {
    let mut options = Options::new(datetime!(2026-01-01 0:00 UTC));
    if every {
        options.targets = workloads::parse("all").unwrap_or_default();
    }
    options.limits.kept_credentials = 6;
    if make {
        options.triage.know("0000000000000000").unwrap();
    }
    let mut lines = Vec::new();
    let mut sink = JsonLines::new(&mut lines);
    let mut analysis = Analysis::new(options).with_sink(&mut sink);
    analysis.read("log.txt", None, &mut text.as_bytes()).unwrap();
    analysis.finish().unwrap();
    String::from_utf8(lines).unwrap()
}

/// Panics when the lines differ; gives them.
pub fn same_lines(text: &str, every: bool) -> String {
    let (told, made) = (lines(text, every, false), lines(text, every, true));
    if let Some((told, made)) = told.lines().zip(made.lines()).find(|(told, made)| told != made) {
        assert_eq!(told, made);
    }
    assert_eq!(told.len(), made.len());
    told
}

/// The fuzz target: the first bytes are changes, the rest is a log.
pub fn told(data: &[u8]) {
    if let Some((changes, own)) = changes_and_blocks(data)
        && let Some(blocks) = blocks(&repeated(own, &changes, 4))
    {
        same_lines(&numbered(blocks, 12), data.first().is_some_and(|first| first & 1 == 1));
    }
}
