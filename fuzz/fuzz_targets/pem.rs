//! Any bytes: the reader of this format ends without a panic and answers the same every time.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| keyspect_fuzz::formats::pem(data));
