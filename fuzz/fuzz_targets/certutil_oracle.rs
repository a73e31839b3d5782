//! A generated listing of certutil: the report says what was put in and what a small state machine reads.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| keyspect_fuzz::dumps::certutil_oracle(data));
