//! Any bytes as an archive: it ends without a panic, within its bounds, and a stream says what a file says.
#![no_main]

#[path = "../bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| bodies::zip_archive(data));
