//! The text of a Word document in WordprocessingML: the members of a `.docx`, or an XML document that Word saved.

use super::carried::{Carried, Cursor};
use super::markup::{Markup, Token, any_name};
use super::{Take, Unread};

/// Reads a document.
#[derive(Default)]
pub(super) struct Word {
    markup: Markup,
    /// In `w:t`.
    text: bool,
    /// In the properties of a paragraph, where `w:tab` is a tab stop.
    properties: bool,
    /// Elements of `mc:Fallback` that are open: they say again what stands before them.
    again: u32,
}

impl Word {
    /// Reads a line of the file up to `stop`.
    pub(super) fn line(&mut self, cursor: &mut Cursor<'_>, stop: usize, out: &mut Carried, take: &mut Take<'_>) {
        while cursor.index() < stop {
            let spot = cursor.spot();
            let shown = self.text && self.again == 0;
            match self.markup.next(cursor, stop, any_name) {
                Token::Text(end) if shown => out.copy(cursor, end, take),
                Token::Text(end) | Token::Character(_, end) if !shown => cursor.to(end),
                Token::Text(end) => cursor.to(end),
                Token::Character(c, end) => {
                    cursor.to(end);
                    out.push(c, spot, cursor.original(), take);
                }
                Token::Tag { opens, closes } => {
                    let end = cursor.original();
                    let (begins, whole) = (opens && !closes, opens && closes);
                    match self.markup.name() {
                        "w:t" => self.text = begins,
                        "w:ppr" => self.properties = begins,
                        "mc:fallback" if begins => self.again = self.again.saturating_add(1),
                        "mc:fallback" if !opens => self.again = self.again.saturating_sub(1),
                        _ if self.again > 0 => {}
                        "w:p" if closes => out.end_line(spot, take),
                        "w:br" | "w:cr" if opens => out.end_line(spot, take),
                        "w:tab" | "w:ptab" if opens && !self.properties => out.push('\t', spot, end, take),
                        "w:nobreakhyphen" if whole => out.push('-', spot, end, take),
                        _ => {}
                    }
                }
                Token::Nothing => {}
            }
        }
    }

    pub(super) fn finish(&mut self) {
        self.markup.finish();
    }

    pub(super) fn take_unread(&mut self) -> Vec<Unread> {
        self.markup.take_unread()
    }
}
