//! Differential tests: the facts that keyspect reads, and those that openssl reads from the same bytes.
//!
//! Skipped with a message where there is no openssl 3. The samples beside the project are taken where they are, every tenth PFX;
//! with `KEYSPECT_OPENSSL=all` each of them. Where the two disagree, `explained.rs` says why, one by one.
#![cfg(feature = "decrypt")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, missing_docs, unreachable_pub)]

#[path = "../below/mod.rs"]
mod below;
#[path = "../bytes/mod.rs"]
mod bytes;
mod certificate;
mod command;
mod explained;
mod keys;
mod pfx;
mod score;

use below::files_below;
use keyspect::formats::{cert_element, cert_store, pkcs7, x509};
use keyspect::limits::Limits;
use score::Score;
use serde_json::Value;
use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

fn samples(kind: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("KEYSPECT_SAMPLES")
        .map(PathBuf::from)
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/samples"))
        .join(kind);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: the samples are not at {}", folder.display());
    None
}

fn complete() -> bool {
    std::env::var_os("KEYSPECT_OPENSSL").is_some_and(|value| value == "all")
}

/// The artifacts of a kind in the corpus, without their `case.toml`.
fn cases(kind: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let folders = fs::read_dir(corpus().join(kind)).unwrap().map(|case| case.unwrap().path());
    for case in folders.filter(|path| path.is_dir()) {
        let files = fs::read_dir(case).unwrap().map(|file| file.unwrap().path());
        found.extend(files.filter(|file| file.file_name().unwrap() != "case.toml"));
    }
    found.sort();
    found
}

#[test]
fn pfx_files() {
    if !command::there() {
        return;
    }
    let (mut score, mut keys, files) = (Score::default(), 0, Cell::new(0));
    let mut one = |score: &mut Score, path: &Path, password: &str, wrong: bool| {
        let bytes = fs::read(path).unwrap();
        score.file(&path.display().to_string());
        pfx::compare(score, &bytes, password, &mut keys);
        if wrong {
            pfx::compare_wrong(score, &bytes, password);
        }
        files.set(files.get() + 1);
    };
    for path in cases("pfx") {
        let case: toml::Table = fs::read_to_string(path.with_file_name("case.toml")).unwrap().parse().unwrap();
        let password = case.get("password").and_then(|p| p.as_str()).unwrap_or_default();
        one(&mut score, &path, password, true);
    }
    assert!(files.get() > 35);
    if let Some(folder) = samples("pfx") {
        let index: Vec<Value> = serde_json::from_slice(&fs::read(folder.join("index.json")).unwrap()).unwrap();
        for (number, entry) in index.iter().enumerate().filter(|(number, _)| complete() || number % 10 == 0) {
            let known = ["known", "null"].contains(&entry["password_state"].as_str().unwrap());
            let password = entry["password"].as_str().unwrap_or_default();
            if known {
                one(&mut score, &folder.join(entry["file"].as_str().unwrap()), password, number % 50 == 0);
            }
        }
    }
    let files = files.get();
    eprintln!("{files} files, {keys} keys, {} facts, {} disagreements", score.facts, score.misses.len());
    score.settle(explained::PFX, complete() && files > 400);
    assert!(score.facts > 1_000 && keys > 35);
}

#[test]
fn certificates() {
    if !command::there() {
        return;
    }
    let (mut score, limits) = (Score::default(), Limits::default());
    let mut compared = 0;
    let mut one = |score: &mut Score, path: &Path, bytes: &[u8]| {
        score.file(&path.display().to_string());
        let own = x509::read(bytes, &limits).unwrap();
        certificate::compare_certificate(score, "certificate", "DER", bytes, &own);
        compared += 1;
    };
    // What OpenSSL itself prints has a test of its own.
    let encoded = cases("certificate").into_iter().filter(|path| !path.ends_with("openssl-text/input.txt"));
    // Of what is damaged there is no certificate to compare; openssl reads none that stands in another text or in a hexadecimal dump.
    let damaged = [
        "armour-cut",
        "armour-damaged",
        "der-cut",
        "encodehex",
        "encodehex-row-lost",
        "on-one-line",
        "with-its-key-quoted",
    ];
    let encoded = encoded.filter(|path| !path.iter().any(|part| damaged.iter().any(|name| part == *name)));
    for path in encoded.chain(cases("x509")) {
        one(&mut score, &path, &keys::plain(&fs::read(&path).unwrap()));
    }
    let below = |kind: &str| samples("keyblobs").map(|folder| files_below(&folder.join(kind))).unwrap_or_default();
    for path in cases("cert-store").into_iter().chain(below("sst")) {
        let bytes = fs::read(&path).unwrap();
        let Ok(store) = cert_store::parse(&bytes, &limits) else { continue };
        for element in store.elements.iter().take(if complete() { usize::MAX } else { 20 }) {
            let encoded = &bytes[element.encoded.0..element.encoded.1];
            if x509::read(encoded, &limits).is_ok() {
                one(&mut score, &path, encoded);
            }
        }
    }
    for path in cases("registry-cert-blob").into_iter().chain(below("cert_element")).chain(below("registry_blob")) {
        let bytes = fs::read(&path).unwrap();
        if let Ok(element) = cert_element::parse(&bytes, &limits) {
            let encoded = &bytes[element.encoded.0..element.encoded.1];
            if x509::read(encoded, &limits).is_ok() {
                one(&mut score, &path, encoded);
            }
        }
    }
    for path in cases("pkcs7").into_iter().filter(|path| !path.iter().any(|part| part == "two-certificates-cut")) {
        let bytes = keys::plain(&fs::read(&path).unwrap());
        let blocks = keys::certificates_of_pkcs7(&bytes);
        let own = pkcs7::parse(&bytes, &limits).unwrap().certificates;
        score.fact("number of certificates", blocks.len(), own.len());
        for (start, end) in own {
            one(&mut score, &path, &bytes[start..end]);
        }
    }
    eprintln!("{compared} certificates, {} facts, {} disagreements", score.facts, score.misses.len());
    score.settle(explained::CERTIFICATES, complete() && compared > 50);
    assert!(compared >= 15);
}

#[test]
fn keys_and_requests() {
    if !command::there() {
        return;
    }
    let mut score = Score::default();
    let below = |kind: &str| samples("keyblobs").map(|folder| files_below(&folder.join(kind))).unwrap_or_default();
    let mut each = |paths: Vec<PathBuf>, compare: fn(&mut Score, &[u8])| {
        for path in paths {
            score.file(&path.display().to_string());
            compare(&mut score, &fs::read(&path).unwrap());
        }
    };
    each(cases("private-key"), keys::compare_private_key);
    each(cases("capi-key-blob"), keys::compare_capi_blob);
    each([below("capi_blob"), below("snk")].concat(), keys::compare_capi_blob);
    each([cases("pvk"), below("pvk")].concat(), keys::compare_pvk);
    each([cases("certificate-request"), below("csr")].concat(), keys::compare_request);
    eprintln!("{} facts, {} disagreements", score.facts, score.misses.len());
    score.settle(explained::KEYS, complete() && score.facts > 120);
    assert!(score.facts > 40);
}
