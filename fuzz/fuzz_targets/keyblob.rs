//! Any bytes: every reader of key blobs, containers and key files ends without a panic, what is recognised stays
//! recognised, and every place lies inside the bytes.
#![no_main]

#[path = "../bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| bodies::keyblob(data));
