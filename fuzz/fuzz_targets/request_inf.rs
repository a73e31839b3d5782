//! Any text in any encoding: the reader of request INFs ends without a panic, and the words at a value's place are the
//! value's.
#![no_main]

use keyspect::formats::request_inf;
use keyspect::limits::Limits;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    for bytes in [data.to_vec(), [b"[NewRequest]\n", data].concat()] {
        let Ok(inf) = request_inf::parse(&bytes, &Limits::default()) else { continue };
        for value in &inf.values {
            assert!(value.value.start <= value.value.end && value.value.end <= bytes.len());
        }
        if let Some(spec) = &inf.key_spec {
            assert!(spec.start <= spec.end && spec.end <= bytes.len());
        }
    }
});
