//! What opening a PFX costs beside the key derivations that the file demands: one for its MAC, one for its certificates and
//! one for its key.
#![allow(clippy::unwrap_used, missing_docs)]

use criterion::{Criterion, criterion_group, criterion_main};
use keyspect::analyze::{Analysis, Options};
use p12_keystore::{KeyStore, Pkcs12ImportPolicy};
use sha2::{Digest, Sha256};
use std::hint::black_box;
use time::OffsetDateTime;
use zeroize::Zeroizing;

const PASSWORD: &str = "corpus-Password1";

/// A file of the corpus, written again with AES-256, SHA-256 and so many iterations for each of its derivations.
fn file(iterations: u32) -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/pfx/openssl-default/file.pfx");
    let store = KeyStore::from_pkcs12(&std::fs::read(path).unwrap(), PASSWORD, Pkcs12ImportPolicy::Relaxed).unwrap();
    store.writer(PASSWORD).encryption_iterations(iterations).mac_iterations(iterations).write().unwrap()
}

/// The same derivations alone (RFC 8018 section 5.2; RFC 7292 appendix B.2, whose 32 bytes are one chain of hashes).
fn derivations(iterations: u32) -> [[u8; 32]; 3] {
    let mut keys = [[0; 32]; 3];
    let [certificates, key, mac] = &mut keys;
    for (derived, salt) in [(certificates, b"salt of one part...."), (key, b"salt of the other...")] {
        pbkdf2::pbkdf2_hmac::<Sha256>(black_box(PASSWORD.as_bytes()), salt, iterations, derived);
    }
    let mut hash = Sha256::digest(black_box([3_u8; 192]));
    for _ in 1..iterations {
        hash = Sha256::digest(hash);
    }
    mac.copy_from_slice(&hash);
    keys
}

fn open(c: &mut Criterion) {
    for iterations in [2_000, 10_000, 100_000] {
        let bytes = file(iterations);
        let mut group = c.benchmark_group(format!("a PFX of {iterations} iterations"));
        group.sample_size(20);
        group.bench_function("its derivations alone", |b| b.iter(|| derivations(iterations)));
        group.bench_function("from its bytes to the report", |b| {
            b.iter(|| {
                let mut options = Options::new(OffsetDateTime::UNIX_EPOCH);
                options.passwords.add(Zeroizing::new(PASSWORD.to_owned()));
                let mut analysis = Analysis::new(options);
                analysis.read("web.pfx", None, &mut black_box(bytes.as_slice())).unwrap();
                let report = analysis.finish().unwrap();
                assert_eq!(report.credentials.len(), 1);
                report
            });
        });
        group.finish();
    }
}

criterion_group!(benches, open);
criterion_main!(benches);
