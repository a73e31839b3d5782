//! Opening below the MAC. Mutants rarely keep a MAC, so the first byte chooses the password,
//! the rest is a PFX whose MAC is left out of account for half of them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| keyspect_fuzz::pfx_open(data));
keyspect_fuzz::der_mutations!(1);
