//! Any bytes choose the changes of blocks that are alike: a streamed report tells them as a whole report makes them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| keyspect_fuzz::told::told(data));
