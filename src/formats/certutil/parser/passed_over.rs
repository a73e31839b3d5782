//! Lines of other programs, which are none of certutil's.

use super::labelled::{has_known_label, is_attribute, is_of_chain};
use super::*;
use crate::formats::glance::{self, Glance};

impl Parser {
    /// Words, whatever their case, with which a line is never passed over.
    pub fn words() -> Vec<String> {
        let others = ["certutil", "Cannot open the ", "Microsoft Windows [", "0x"];
        split::anchors_and_marks().into_iter().chain(others.map(str::to_owned)).collect()
    }

    /// Whether a line in which none of the words stand is nothing to the parser as it is: [`Parser::line`] would not take
    /// it, and the parser would be as it is. The line is no window of a longer one.
    pub fn passes_over(&self, glance: &Glance<'_>) -> bool {
        let text = glance.text;
        let moved = bare_digits(text).is_some();
        let begins = moved || matches!(glance.first, b'=' | b'-') || is_bare_store(text) || is_of_chain(text);
        let titled = matches!(glance.last, b':' | b'"')
            || glance.has(glance::EQUALS) && extension::titled(text).is_some()
            || glance.has(glance::BRACKET) && is_attribute(text);
        let labelled = glance.has(glance::LABEL | glance::EQUALS) && has_known_label(text);
        self.is_idle() && !begins && !titled && !labelled && !glance.has(glance::PROMPT) && !closing::is_phrase(text)
    }

    /// Whether a line of another program changes nothing: no block and no list is open, and nothing is awaited.
    fn is_idle(&self) -> bool {
        let listed = self.listed_provider.is_some() || self.listed_key.is_some() || self.pending_provider.is_some();
        let awaits = self.last_was_header || self.sddl_open || self.open.is_some() || self.asks_account;
        // Lines behind a block are noted with it until the next one begins.
        let learns = self.shapes.is_begun();
        self.block.is_none() && self.section == Section::Head && !listed && !awaits && !learns
    }
}
