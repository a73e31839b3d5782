//! The text of an OpenDocument text: the member `content.xml` of an `.odt`, or a flat document (`.fodt`).
//!
//! Source: OASIS OpenDocument 1.2 part 1, sections 5.1 (`text:h`, `text:p`) and 6.1 (`text:s`, `text:tab`,
//! `text:line-break`; blanks in a paragraph count once).

use super::carried::{Carried, Cursor};
use super::markup::Markup;
use super::{Form, Take, Unread};

/// Reads a document.
#[derive(Default)]
pub(super) struct OpenDocument {
    markup: Markup,
    /// In a paragraph or heading.
    text: bool,
}

/// The blanks that `text:s` stands for: `text:c`, else one. No line of text is indented deeper than some of them.
fn blanks(attributes: &str) -> u8 {
    let count = attributes.split_once("text:c=").map_or("", |(_, value)| value.trim_start_matches(['"', '\'']));
    count.split(|c: char| !c.is_ascii_digit()).next().and_then(|digits| digits.parse().ok()).unwrap_or(1)
}

impl Form for OpenDocument {
    fn line(&mut self, cursor: &mut Cursor<'_>, stop: usize, _: bool, out: &mut Carried, take: &mut Take<'_>) {
        while cursor.index() < stop {
            let spot = cursor.spot();
            let Some((opens, closes)) = self.markup.next_tag(cursor, stop, self.text, out, take) else { continue };
            let end = cursor.original();
            match self.markup.name() {
                "text:p" | "text:h" => {
                    self.text = opens && !closes;
                    if closes {
                        out.end_line(spot, take);
                    }
                }
                "text:line-break" if opens => out.end_line(spot, take),
                "text:tab" if opens => out.push('\t', spot, end, take),
                "text:s" if opens => {
                    for _ in 0..blanks(self.markup.attributes()) {
                        out.push(' ', spot, end, take);
                    }
                }
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
