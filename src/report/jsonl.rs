//! One JSON object per line, written as the run goes.

use super::model::{Item, Report};
use std::io::{self, Write};

/// Takes the items of a report as they come.
///
/// An item may come again with the same `id` or `fingerprint`: the last one counts. The last item is the summary.
pub trait Sink {
    /// One item.
    ///
    /// # Errors
    /// Whatever the writer answers.
    fn item(&mut self, item: &Item) -> io::Result<()>;
}

/// Writes each item as one line of JSON.
pub struct JsonLines<W: Write> {
    out: W,
}

impl<W: Write> JsonLines<W> {
    /// On a writer; buffering is the caller's.
    pub fn new(out: W) -> Self {
        Self { out }
    }
}

impl<W: Write> Sink for JsonLines<W> {
    fn item(&mut self, item: &Item) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, item)?;
        self.out.write_all(b"\n")
    }
}

/// Writes a report that is complete already, each item once.
///
/// # Errors
/// Whatever the writer answers.
pub fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut lines = JsonLines::new(out);
    for input in &report.inputs {
        lines.item(&Item::Input(input.clone()))?;
    }
    for credential in &report.credentials {
        lines.item(&Item::Credential(Box::new(credential.clone())))?;
    }
    for finding in &report.findings {
        lines.item(&Item::Finding(Box::new(finding.clone())))?;
    }
    for check in &report.checks {
        lines.item(&Item::Check(check.clone()))?;
    }
    lines.item(&Item::Summary(report.summary.clone()))
}
