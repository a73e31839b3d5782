//! Any text: the reader of listings of key folders ends without a panic, and every place lies in the text.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| keyspect_fuzz::listings::folder_listing(data));
