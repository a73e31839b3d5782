//! Judges files with the library and writes one line per credential and workload:
//!
//! ```text
//! cargo run --example judge -- sql-server dump.txt server.pfx
//! ```
//!
//! The first argument names the workload (as `--for` does), the others are files. It ends with 1 if anything fails.

use keyspect::report::model::VerdictOutcome;
use keyspect::{Analysis, Options, workloads};
use std::fs::File;
use std::io::{self, Write as _};
use std::process::ExitCode;
use time::OffsetDateTime;

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut options = Options::new(OffsetDateTime::now_utc());
    options.targets = workloads::parse(&arguments.next().unwrap_or_else(|| "iis".to_owned()))?;

    let mut analysis = Analysis::new(options);
    for path in arguments {
        match File::open(&path) {
            Ok(mut file) => analysis.read(&path, None, &mut file)?,
            Err(error) => analysis.unreadable(&path, &error.to_string())?,
        }
    }
    let report = analysis.finish()?;

    let mut out = io::stdout().lock();
    let mut broken = false;
    for credential in &report.credentials {
        for verdict in &credential.verdicts {
            let word = match verdict.outcome {
                VerdictOutcome::Fails => "fails",
                VerdictOutcome::AtRisk => "at risk",
                VerdictOutcome::Unknown => "unknown",
                VerdictOutcome::Works => "works",
            };
            broken |= verdict.outcome == VerdictOutcome::Fails;
            // A name comes from the artifact: nothing in it may reach the terminal unescaped.
            let name = keyspect::report::escape::escape(&credential.display_name);
            writeln!(out, "{name}\t{}\t{word}\t{}", verdict.workload, verdict.because.join(", "))?;
        }
    }
    Ok(ExitCode::from(u8::from(broken)))
}
