//! Any bytes: readers of certificate requests and private keys end without a panic, and places lie inside the bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| keyspect_fuzz::request(data));
keyspect_fuzz::der_mutations!();
