//! Any bytes: the walk of a PFX ends, its spans lie inside the bytes, and no key is derived.
#![no_main]

#[path = "../bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| bodies::pfx_walk(data));
