//! Any text: the reader of events ends without a panic, and every fact stands inside the text.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| keyspect_fuzz::events(data));
