//! Any bytes: what an input is stays the same, and is decided by its first bytes alone.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| keyspect_fuzz::detect(data));
