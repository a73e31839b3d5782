//! The command line of keyspect.

mod cli;

use std::process::ExitCode;

/// Wipes what is freed: the crate that opens PFX keys does not wipe its own copies of them.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> = zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    cli::main()
}
