//! The whole report as one JSON object.

use super::json_text;
use super::model::Report;
use std::io::{self, Write};

/// Writes the report, indented, with a final line end.
///
/// # Errors
/// Whatever the writer answers.
pub fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    json_text::pretty(&mut *out, report)?;
    out.write_all(b"\n")
}
