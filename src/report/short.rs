//! One line per finding, for editors, greps and tickets: `path:line:col: error[rule] name (32b5398e): message`.

use super::escape::{escape, escape_ascii};
use super::model::{InputStatus, Report};
use super::words;
use std::collections::HashMap;
use std::io::{self, Write};

/// Writes the findings, then the inputs that could not be read, then what was set aside.
///
/// # Errors
/// Whatever the writer answers.
pub fn render(report: &Report, ascii: bool, out: &mut dyn Write) -> io::Result<()> {
    let show = if ascii { escape_ascii } else { escape };
    let credentials: HashMap<u32, _> = report.credentials.iter().map(|c| (c.id, c)).collect();
    for finding in &report.findings {
        let place = words::primary(&finding.evidence).map_or_else(
            || {
                finding.credential.and_then(|id| credentials.get(&id)).map_or_else(String::new, |c| {
                    let source = c.sources.first();
                    let path = source.map_or_else(String::new, |s| words::input_path(report, s.input));
                    match source.and_then(|s| s.line) {
                        Some(line) => format!("{path}:{line}"),
                        None => path,
                    }
                })
            },
            |e| words::place(report, e),
        );
        let name = finding.credential.and_then(|id| credentials.get(&id)).map_or_else(String::new, |c| {
            let sha1 = c.certificate.as_ref().and_then(|c| c.sha1.as_deref()).and_then(|s| s.get(..8));
            match sha1 {
                Some(sha1) => format!(" {} ({sha1})", c.display_name),
                None => format!(" {}", c.display_name),
            }
        });
        let severity = words::severity(finding.severity);
        let known = if finding.known { " (known)" } else { "" };
        let line = format!("{place}: {severity}[{}]{name}: {}{known}", finding.rule, finding.title);
        writeln!(out, "{}", show(line.trim_start_matches(": ")))?;
    }
    for input in &report.inputs {
        if matches!(input.status, InputStatus::Failed | InputStatus::Unrecognized | InputStatus::Locked) {
            let path = words::path(input);
            let why = input.problems.first().map_or_else(String::new, |p| format!(": {}", p.message));
            writeln!(out, "{}", show(&format!("{path}: {}{why}", words::status(input.status))))?;
        }
    }
    for line in words::set_aside(report) {
        writeln!(out, "{}", show(&line))?;
    }
    Ok(())
}
