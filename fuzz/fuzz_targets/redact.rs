//! Any bytes as an input: its redacted report and copy keep the verdicts and hold no identifier of the original.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| keyspect_fuzz::redact(data));
