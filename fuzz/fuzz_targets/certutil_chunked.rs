//! Any bytes: the report doesn't depend on how the bytes arrive.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| keyspect_fuzz::certutil_chunked(data));
