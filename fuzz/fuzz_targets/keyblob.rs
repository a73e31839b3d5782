//! Any bytes: every reader of key blobs, containers and key files ends without a panic, what is recognised stays
//! recognised, and every place lies inside the bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| keyspect_fuzz::keyblob(data));
