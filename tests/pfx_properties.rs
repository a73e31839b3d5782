//! Generated PFX structures, in DER and in BER, are read back as they were made; mutants of the corpus do no harm.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../fuzz/seed.rs"]
#[allow(dead_code, unreachable_pub, missing_docs, clippy::indexing_slicing)]
mod seed;

#[path = "../fuzz/pfx_structure.rs"]
#[allow(dead_code, unreachable_pub, missing_docs, clippy::expect_used, clippy::indexing_slicing)]
mod pfx_structure;

use std::path::Path;

use keyspect::formats::pfx::walk;
use keyspect::limits::Limits;
use pfx_structure::{Made, MadeBag, is_read_back};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

fn made() -> impl Strategy<Value = Made> {
    let text = || proptest::option::of("[A-Za-z0-9{}\u{e4}\u{416} -]{0,40}");
    let bag = (
        prop_oneof![Just(2_u8), Just(4), Just(5)],
        text(),
        proptest::option::of(proptest::collection::vec(any::<u8>(), 1..24)),
        text(),
        any::<bool>(),
        proptest::option::of(1..100_u8),
    )
        .prop_map(|(kind, friendly_name, local_key_id, provider, machine, property)| MadeBag {
            kind,
            friendly_name,
            local_key_id,
            provider,
            machine,
            property,
        });
    (
        proptest::collection::vec(proptest::collection::vec(bag, 0..4), 0..4),
        proptest::option::of(1..u16::MAX),
        0..9_usize,
        prop_oneof![Just(Vec::new()), proptest::collection::vec(any::<bool>(), 0..120)],
    )
        .prop_map(|(safes, iterations, trailing, forms)| Made { safes, iterations, trailing, forms })
}

/// Fixed seeds: a plain run is the same on every machine.
fn runner(cases: u32) -> TestRunner {
    TestRunner::new_with_rng(Config::with_cases(cases), TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]))
}

#[test]
fn what_is_generated_is_read_back() {
    let check = |made: Made| {
        is_read_back(&made);
        Ok(())
    };
    runner(400).run(&made(), check).unwrap();
}

#[test]
fn mutants_of_the_corpus_do_no_harm() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/pfx");
    let file = |case: &str| std::fs::read(folder.join(case).join("file.pfx")).unwrap();
    let files: Vec<Vec<u8>> = ["windows-like", "nss", "sid-protected", "scrypt", "nested-safe"].map(file).to_vec();
    let strategy = (0..files.len(), proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12));
    let check = |(file, changes): (usize, Vec<(prop::sample::Index, u8)>)| {
        let mut bytes = files[file].clone();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let Ok(pfx) = walk(&bytes, &Limits::default()) else { return Ok(()) };
        for bag in pfx.bags() {
            prop_assert!(bag.start <= bag.end && bag.end <= bytes.len());
        }
        for problem in &pfx.problems {
            prop_assert!(problem.offset <= bytes.len());
        }
        Ok(())
    };
    runner(2000).run(&strategy, check).unwrap();
}
