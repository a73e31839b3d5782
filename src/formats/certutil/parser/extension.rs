//! The extensions of a verbose block.

use super::*;

impl Parser {
    /// `2.5.29.15: Flags = 1(Critical), Length = 4`.
    pub(super) fn extension_title(&mut self, piece: Piece<'_>) -> bool {
        let Some(id) = titled(piece.text) else { return false };
        self.claim();
        self.touch(piece);
        let block = self.block();
        block.extensions_shown = true;
        block.extensions_missing = block.extensions_missing.saturating_sub(1);
        block.names_hidden |= id == "2.5.29.17" && block.alternative_names.is_empty();
        block.verbose = true;
        self.section = Section::Extension(match id {
            "2.5.29.15" => Extension::KeyUsage,
            "2.5.29.17" => Extension::AlternativeNames,
            "2.5.29.19" => Extension::BasicConstraints,
            "2.5.29.37" => Extension::ExtendedKeyUsage,
            _ => Extension::Other,
        });
        true
    }

    /// A line of an extension.
    pub(super) fn extension_line(&mut self, id: Extension, piece: Piece<'_>) -> bool {
        let text = piece.text;
        match id {
            Extension::KeyUsage => {
                if let Some(bits) = key_usage_bits(text) {
                    self.keep(piece);
                    let fact = self.stated(KeyUsage(bits), piece);
                    self.block().key_usage = Some(fact);
                }
            }
            Extension::ExtendedKeyUsage => {
                let id = text.strip_suffix(')').and_then(|t| t.rsplit_once('(')).map_or(text, |(_, id)| id);
                if oid::is_oid(id) {
                    self.keep(piece);
                    let first = self.stated(Vec::new(), piece);
                    let many = self.block().extended_key_usage.get_or_insert(first).value.len();
                    if self.has_room(many, "purposes", piece.place(self.source))
                        && let Some(list) = &mut self.block().extended_key_usage
                    {
                        list.value.push(id.to_owned());
                    }
                }
            }
            Extension::AlternativeNames if text.contains('=') => {
                let many = self.block().alternative_names.len();
                self.block().names_hidden = false;
                if self.has_room(many, "names", piece.place(self.source)) {
                    self.keep(piece);
                    let fact = self.stated(text.to_owned(), piece);
                    self.block().alternative_names.push(fact);
                }
            }
            Extension::BasicConstraints => {
                let value = text.split_once('=').map(|(_, v)| v.trim());
                let first = self.block().is_ca.is_none();
                match value {
                    Some("CA") => {
                        self.keep(piece);
                        let fact = self.stated(true, piece);
                        self.block().is_ca = Some(fact);
                    }
                    Some("End Entity") if first => {
                        self.keep(piece);
                        let fact = self.stated(false, piece);
                        self.block().is_ca = Some(fact);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
        true
    }
}

/// The extension that a line is the title of.
pub(super) fn titled(text: &str) -> Option<&str> {
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (id, rest) = text.split_once(':')?;
    (oid::is_oid(id.trim()) && rest.contains('=')).then_some(id.trim())
}

/// `Digital Signature, Key Encipherment (a0)`, `… (80 80)`: the bits.
pub(super) fn key_usage_bits(text: &str) -> Option<u16> {
    let inner = text.strip_suffix(')')?.rsplit_once('(')?.1;
    let mut bytes = inner
        .split([' ', ','])
        .filter(|p| !p.is_empty())
        .map(|p| u8::from_str_radix(p, 16).ok().filter(|_| p.len() <= 2));
    let low = bytes.next()??;
    let high = match bytes.next() {
        None => 0,
        Some(byte) => byte?,
    };
    if bytes.next().is_some() {
        return None;
    }
    Some(u16::from_le_bytes([low, high]))
}
