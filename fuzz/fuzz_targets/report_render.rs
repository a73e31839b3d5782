//! Any bytes as an input, through every renderer: JSON that reads back equal, HTML whose elements close and that holds no
//! character that hides, Markdown whose fences close, text without control characters.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| keyspect_fuzz::report_render(data));
