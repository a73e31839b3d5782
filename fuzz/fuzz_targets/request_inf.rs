//! Any text in any encoding: the reader of request INFs ends without a panic, and the words at a value's place are the
//! value's.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| keyspect_fuzz::request_inf(data));
