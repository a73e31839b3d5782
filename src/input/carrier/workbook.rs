//! The texts of a workbook's cells: the member `xl/sharedStrings.xml` of an `.xlsx`.
//!
//! Source: ECMA-376-1 sections 18.4.8 (`si`: one text, which any number of cells share), 18.4.12 (`t`), 18.4.6 (`rPh`: how
//! it is pronounced). Which cell has which text stands in other members: a log with a cell for each line has every line that
//! comes again once only. That is said.

use super::carried::{Carried, Cursor};
use super::markup::Markup;
use super::{Form, Take, Unread};

/// Texts of one line that may be a log with a cell for each line: fewer are headings.
const ROWS: u32 = 8;

/// Reads the texts.
#[derive(Default)]
pub(super) struct Workbook {
    markup: Markup,
    /// In `t`.
    text: bool,
    /// In `rPh`, which says again what stands before it.
    again: bool,
    /// The text at hand has a line end.
    lines: bool,
    /// Texts of one line that are over.
    rows: u32,
    unread: Vec<Unread>,
}

impl Form for Workbook {
    fn line(&mut self, cursor: &mut Cursor<'_>, stop: usize, ends: bool, out: &mut Carried, take: &mut Take<'_>) {
        while cursor.index() < stop {
            let spot = cursor.spot();
            let is_shown = self.text && !self.again;
            let Some((opens, closes)) = self.markup.next_tag(cursor, stop, is_shown, out, take) else { continue };
            match self.markup.name() {
                "t" => self.text = opens && !closes,
                "rph" => self.again = opens && !closes,
                "si" if closes => {
                    out.end_line(spot, take);
                    let row = !std::mem::take(&mut self.lines);
                    self.rows = self.rows.saturating_add(u32::from(row));
                    if row && self.rows == ROWS {
                        let message = "a workbook has a text of several cells once only: lines that a log repeats are missing \
                                       here (a sheet saved as text has them)";
                        self.unread.push((message.to_owned(), spot.line, spot.original));
                    }
                }
                _ => {}
            }
        }
        // A text of several lines has its line ends as they are.
        if ends && self.text && !self.again {
            out.end_line(cursor.spot(), take);
            self.lines = true;
        }
    }

    fn finish(&mut self, _: &mut Carried, _: &mut Take<'_>) {
        self.markup.finish();
    }

    fn take_unread(&mut self) -> Vec<Unread> {
        let mut unread = std::mem::take(&mut self.unread);
        unread.append(&mut self.markup.take_unread());
        unread
    }
}
