//! Any bytes: the walk of a PFX ends, its spans lie inside the bytes, and no key is derived.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| keyspect_fuzz::pfx_walk(data));
keyspect_fuzz::der_mutations!();
