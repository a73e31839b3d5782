//! Generated PFX structures, in DER and in BER, are read back as they were made.
#![no_main]

#[path = "../bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| bodies::pfx_struct(data));
