//! Any bytes: the report doesn't depend on how the bytes arrive.
#![no_main]

#[path = "../bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| bodies::certutil_chunked(data));
