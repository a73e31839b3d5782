//! The command line of keyspect.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
