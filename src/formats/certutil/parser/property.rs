//! Certificate properties and the details of an opened key.

use super::*;

impl Parser {
    /// `CERT_KEY_PROV_INFO_PROP_ID(2):`, `Unknown Property(98):`.
    pub(super) fn property_title(&mut self, piece: Piece<'_>, marked: bool) -> bool {
        let text = piece.text;
        let (id, end) = if marked && let Some(at) = text.find("_PROP_ID(") {
            let digits_start = at.saturating_add("_PROP_ID(".len());
            let name = text.get(..at).unwrap_or("");
            let title = name.len() <= 100 && name.split_whitespace().count() <= 3;
            let Some(digits) = number_until(text, digits_start, ')').filter(|_| title) else { return false };
            (digits, digits_start)
        } else {
            let Some(open) = text.strip_suffix("):").and_then(|t| t.rfind('(')) else { return false };
            let plausible = text.get(..open).is_some_and(|t| {
                let words = t.split_whitespace().count();
                !t.contains(':') && !t.contains('=') && (1..=4).contains(&words)
            }) && text.to_ascii_lowercase().contains("prop");
            let Some(digits) = number_until(text, open.saturating_add(1), ')').filter(|_| plausible) else {
                return false;
            };
            (digits, open)
        };
        if self.section == Section::Chain {
            self.section = Section::Head;
        }
        self.touch(piece);
        self.claim();
        self.block().properties_shown = true;
        self.block().verbose = true;
        self.section = Section::Property(id);
        self.link_values = 0;
        if id == property_id::KEY_PROV_INFO {
            self.keep(piece);
            let place = piece.place(self.source);
            self.block().key_link = Some(place);
        }
        if id == property_id::ARCHIVED {
            let place = piece.place(self.source);
            self.keep(piece);
            self.block().archived = Some(place);
        }
        // A flattened page can hold the values behind the title: `…(2): Key Container = …`.
        let rest = text.get(end..).and_then(|t| t.find(':').map(|c| end.saturating_add(c).saturating_add(1)));
        if let Some(start) = rest {
            let tail = piece.from(start).trim();
            if !tail.text.is_empty() {
                for part in split::split_at_anchors(tail) {
                    self.piece(part, 2);
                }
            }
        }
        true
    }

    pub(super) fn detail(&mut self, piece: Piece<'_>) {
        self.keep(piece);
        let place = piece.place(self.source);
        let block = self.block();
        if block.details.is_none() {
            block.details = Some(place);
        }
        self.section = Section::Details;
    }

    /// A line of another property.
    pub(super) fn property_line(&mut self, id: u32, piece: Piece<'_>, value: Piece<'_>, equals: bool) -> bool {
        if id == property_id::ACCESS_STATE
            && equals
            && let Some(n) = values::hex_first(value.text)
        {
            self.keep(piece);
            let fact = self.stated(n.value, piece);
            self.block().access_state = Some(fact);
            return true;
        }
        if equals && provider::find(value.text).is_some() {
            self.provider(piece, value);
            return true;
        }
        if !equals && container_name::is_file_name(value.text) {
            self.unique(piece, value);
            return true;
        }
        self.property_value(id, piece);
        true
    }

    /// The value of a property that is a line of its own.
    pub(super) fn property_value(&mut self, id: u32, piece: Piece<'_>) {
        let text = piece.text;
        match id {
            property_id::SHA1_HASH => {
                if let Some(sha1) = Sha1::parse(text) {
                    self.keep(piece);
                    let fact = self.stated(sha1, piece);
                    let block = self.block();
                    if block.sha1.is_none() {
                        block.sha1 = Some(fact);
                    }
                }
            }
            property_id::SHA256_HASH => {
                if let Some(hex) = values::hex(text).filter(|h| h.len() == 64) {
                    self.claim();
                    let fact = self.stated(hex, piece);
                    let block = self.block();
                    if block.sha256.is_none() {
                        block.sha256 = Some(fact);
                    }
                }
            }
            property_id::SUBJECT_PUBLIC_KEY_MD5_HASH => {
                if let Some(hex) = values::hex(text).filter(|h| h.len() == 32) {
                    self.keep(piece);
                    let fact = self.stated(hex, piece);
                    self.block().public_key_md5 = Some(fact);
                }
            }
            property_id::FRIENDLY_NAME => {
                let fact = self.stated(text.to_owned(), piece);
                let block = self.block();
                if block.friendly_name.is_none() {
                    block.friendly_name = Some(fact);
                    self.keep(piece);
                }
            }
            property_id::SUBJECT_PUB_KEY_BIT_LENGTH => {
                if let Some(n) = values::hex_first(text) {
                    self.keep(piece);
                    let fact = self.stated(n.value, piece);
                    let block = self.block();
                    if block.public_key_bits.is_none() {
                        block.public_key_bits = Some(fact);
                    }
                }
            }
            _ => {}
        }
    }

    pub(super) fn sddl(&mut self, piece: Piece<'_>) -> bool {
        let text = piece.text;
        let descriptor =
            (text.starts_with("D:") || text.starts_with("O:")) && text.contains("(A;") && text.ends_with(')');
        if descriptor {
            self.detail(piece);
            let fact = self.stated(text.to_owned(), piece);
            self.block().sddl = Some(fact);
            self.sddl_open = true;
        }
        descriptor
    }
}
