//! The texts of a workbook's cells: the member `xl/sharedStrings.xml` of an `.xlsx`.
//!
//! Source: ECMA-376-1 sections 18.4.8 (`si`: one text, which any number of cells share), 18.4.12 (`t`), 18.4.6 (`rPh`: how
//! it is pronounced). Which cell has which text stands in other members: a log with a cell for each line has every line that
//! comes again once only. That is said.

use super::carried::{Carried, Cursor};
use super::markup::{Markup, Token, any_name};
use super::{Take, Unread};

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

impl Workbook {
    /// Reads a line of the file up to `stop`; `ends`: the line is over there.
    pub(super) fn line(
        &mut self,
        cursor: &mut Cursor<'_>,
        stop: usize,
        ends: bool,
        out: &mut Carried,
        take: &mut Take<'_>,
    ) {
        while cursor.index() < stop {
            let spot = cursor.spot();
            let shown = self.text && !self.again;
            match self.markup.next(cursor, stop, any_name) {
                Token::Text(end) if shown => out.copy(cursor, end, take),
                Token::Text(end) => cursor.to(end),
                Token::Character(c, end) => {
                    cursor.to(end);
                    if shown {
                        out.push(c, spot, cursor.original(), take);
                    }
                }
                Token::Tag { opens, closes } => match self.markup.name() {
                    "t" => self.text = opens && !closes,
                    "rph" => self.again = opens && !closes,
                    "si" if closes => {
                        out.end_line(spot, take);
                        let row = !std::mem::take(&mut self.lines);
                        self.rows = self.rows.saturating_add(u32::from(row));
                        if row && self.rows == ROWS {
                            let message = "a workbook has a text of several cells once only: lines that a log repeats are \
                                           missing here (a sheet saved as text has them)";
                            self.unread.push((message.to_owned(), spot.line, spot.original));
                        }
                    }
                    _ => {}
                },
                Token::Nothing => {}
            }
        }
        // A text of several lines has its line ends as they are.
        if ends && self.text && !self.again {
            out.end_line(cursor.spot(), take);
            self.lines = true;
        }
    }

    pub(super) fn finish(&mut self) {
        self.markup.finish();
    }

    pub(super) fn take_unread(&mut self) -> Vec<Unread> {
        let mut unread = std::mem::take(&mut self.unread);
        unread.append(&mut self.markup.take_unread());
        unread
    }
}
