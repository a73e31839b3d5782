//! Any bytes choose the changes of blocks that are alike: they are read at once as they are read line by line.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| keyspect_fuzz::block_shapes::block_shapes(data));
