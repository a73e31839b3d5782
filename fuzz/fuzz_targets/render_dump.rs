//! A generated listing with hostile names, through every renderer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| keyspect_fuzz::dumps::render_dump(data));
