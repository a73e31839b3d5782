//! Any bytes: the reader of the headers of registry hives ends without a panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| keyspect_fuzz::registry_hive(data));
