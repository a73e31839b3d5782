//! Any bytes as what a password opens in a PFX: its bags, or a private key.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| keyspect_fuzz::pfx_sealed(data));
keyspect_fuzz::der_mutations!(1);
