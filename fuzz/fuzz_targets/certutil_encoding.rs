//! Any text: the facts don't depend on its encoding and line ends.
#![no_main]

#[path = "../bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| bodies::certutil_encoding(data));
