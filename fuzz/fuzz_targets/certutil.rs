//! Any bytes as a text input: the whole way to a report and every renderer, and every place lies within its bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| keyspect_fuzz::certutil(data));
