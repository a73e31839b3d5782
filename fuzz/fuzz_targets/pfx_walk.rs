//! Any bytes: the walk of a PFX ends, its spans lie inside the bytes, and no key is derived.
#![no_main]

use keyspect::formats::pfx::{chain, looks_like, walk};
use keyspect::limits::Limits;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = looks_like(data);
    let Ok(pfx) = walk(data, &Limits::default()) else { return };
    let inside = |start: usize, end: usize| assert!(start <= end && end <= data.len());
    for safe in &pfx.safes {
        inside(safe.start, safe.end);
    }
    for (index, bag) in pfx.bags().enumerate() {
        inside(bag.start, bag.end);
        for provider in &bag.attributes.provider {
            inside(provider.start, provider.end);
        }
        if bag.certificate().is_some() {
            assert!(!chain(&pfx, index).is_empty());
        }
    }
    for problem in &pfx.problems {
        assert!(problem.offset <= data.len());
    }
    if let Some(mac) = &pfx.mac {
        inside(mac.start, mac.end);
    }
});
