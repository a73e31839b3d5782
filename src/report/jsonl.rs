//! One JSON object per line, written as the run goes.

use super::model::Item;
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
