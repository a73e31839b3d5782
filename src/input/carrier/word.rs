//! The text of a Word document in WordprocessingML: the members of a `.docx`, or an XML document that Word saved.

use super::carried::{Carried, Cursor};
use super::markup::Markup;
use super::{Form, Take, Unread};

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

impl Form for Word {
    fn line(&mut self, cursor: &mut Cursor<'_>, stop: usize, _: bool, out: &mut Carried, take: &mut Take<'_>) {
        while cursor.index() < stop {
            let spot = cursor.spot();
            let is_shown = self.text && self.again == 0;
            let Some((opens, closes)) = self.markup.next_tag(cursor, stop, is_shown, out, take) else { continue };
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
    }

    fn finish(&mut self, _: &mut Carried, _: &mut Take<'_>) {
        self.markup.finish();
    }

    fn take_unread(&mut self) -> Vec<Unread> {
        self.markup.take_unread()
    }
}
