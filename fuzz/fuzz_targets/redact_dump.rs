//! A generated listing: its redacted report and copy hold none of its names, and keep its verdicts.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| keyspect_fuzz::dumps::redact_dump(data));
