//! Any text: the facts don't depend on its encoding and line ends.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| keyspect_fuzz::certutil_encoding(data));
