//! One JSON object per line, written as the run goes.

use super::json_text;
use super::model::{Check, CredentialReport, Finding, Input, Item, Report, Summary};
use serde::Serialize;
use std::io::{self, Write};

/// Takes the items of a report as they come.
///
/// An item may come again with the same `id`, a finding with the same `fingerprint` and `credential`: the last one counts. One
/// that is no longer so is withdrawn. The last item is the summary.
pub trait Sink {
    /// One item as a line of JSON, with its line end.
    ///
    /// # Errors
    /// Whatever the writer answers.
    fn line(&mut self, json: &[u8]) -> io::Result<()>;

    /// One item.
    ///
    /// # Errors
    /// Whatever the writer answers.
    fn item(&mut self, item: &Item) -> io::Result<()> {
        let mut json = Vec::new();
        push_line(&mut json, item)?;
        self.line(&json)
    }
}

/// An [`Item`] that is lent.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub(crate) enum LentItem<'a> {
    /// An input.
    Input(&'a Input),
    /// A credential.
    Credential(&'a CredentialReport),
    /// A finding.
    Finding(&'a Finding),
    /// A check.
    Check(&'a Check),
    /// The end.
    Summary(&'a Summary),
}

/// Appends an item as a line of JSON with its line end.
pub(crate) fn push_line(out: &mut Vec<u8>, item: &impl Serialize) -> io::Result<()> {
    json_text::compact(&mut *out, item)?;
    out.push(b'\n');
    Ok(())
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
    fn line(&mut self, json: &[u8]) -> io::Result<()> {
        self.out.write_all(json)
    }
}

/// Writes a report that is complete already, each item once.
///
/// # Errors
/// Whatever the writer answers.
pub fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let inputs = report.inputs.iter().map(LentItem::Input);
    let credentials = report.credentials.iter().map(LentItem::Credential);
    let findings = report.findings.iter().map(LentItem::Finding);
    let checks = report.checks.iter().map(LentItem::Check);
    let items = inputs.chain(credentials).chain(findings).chain(checks).chain([LentItem::Summary(&report.summary)]);
    let mut line = Vec::new();
    for item in items {
        line.clear();
        push_line(&mut line, &item)?;
        out.write_all(&line)?;
    }
    Ok(())
}
