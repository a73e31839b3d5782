//! Any bytes behind the header of an event log: no panic, and every record stands inside the log.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| keyspect_fuzz::evtx(data));
