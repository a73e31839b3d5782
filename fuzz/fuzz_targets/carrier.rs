//! Any bytes as a page or document: it ends without a panic, every place is inside the bytes, the text is the same for windows of any size.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| keyspect_fuzz::carrier(data));
