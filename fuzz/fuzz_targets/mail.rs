//! Any bytes as a mail: it ends without a panic, within its bounds, the same way with one thread and with two.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| keyspect_fuzz::mail(data));
