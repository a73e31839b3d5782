//! Generated PFX structures, in DER and in BER, are read back as they were made.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| keyspect_fuzz::pfx_struct(data));
