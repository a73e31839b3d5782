//! Any bytes as an archive: it ends without a panic, within its bounds, and a stream says what a file says.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| keyspect_fuzz::zip_archive(data));
