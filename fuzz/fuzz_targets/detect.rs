//! Any bytes: what an input is stays the same, and is decided by its first bytes alone.
#![no_main]

#[path = "../bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| bodies::detect(data));
