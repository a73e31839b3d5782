//! Any bytes: the reader of this format ends without a panic and answers the same every time.
#![no_main]

#[path = "../bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| bodies::system_info(data));
