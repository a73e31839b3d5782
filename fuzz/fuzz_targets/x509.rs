//! Any bytes: the facts of a certificate are those of x509-parser.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| keyspect_fuzz::x509_facts::x509(data));
keyspect_fuzz::der_mutations!();
