//! The command line of keyspect.

fn main() {}
