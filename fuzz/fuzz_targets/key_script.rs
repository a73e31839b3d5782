//! Any text: the reader of scripts ends without a panic, and every place lies in the text.
#![no_main]

#[path = "../bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| bodies::listings::key_script(data));
