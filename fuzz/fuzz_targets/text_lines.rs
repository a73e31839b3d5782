//! Any bytes in any encoding: the lines don't depend on how the bytes arrive, nothing is left out, and every place lies
//! within its line.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| keyspect_fuzz::text_lines(data));
