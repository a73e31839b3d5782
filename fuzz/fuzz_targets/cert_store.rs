//! Any bytes: readers of certificate elements, stores, registry exports and PKCS #7 end without a panic, and every record
//! lies inside the bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| keyspect_fuzz::cert_store(data));
