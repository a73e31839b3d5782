//! Any bytes behind the header of an event log: no panic, and every record stands inside the log.
#![no_main]

#[path = "../bodies.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|data: &[u8]| bodies::evtx(data));
