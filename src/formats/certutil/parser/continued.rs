//! Values that go on in the next line, and lines without a label.

use super::*;

impl Parser {
    /// A line that goes on with the value of the line before: a value on a line of its own, or a hard wrap.
    pub(super) fn continued(&mut self, piece: Piece<'_>, begins_blank: bool) -> bool {
        if let Section::Property(id) = self.section
            && id != property_id::KEY_PROV_INFO
        {
            self.property_value(id, piece);
            if self.sddl(piece) {
                return true;
            }
            return self.open.is_none();
        }
        let text = piece.text;
        // A mail broke the line behind its label, which may be in any language.
        let awaits_name = self.block.as_ref().is_some_and(|block| {
            let stored = block.stored_container.as_ref().is_some_and(|stored| !stored.value.is_empty());
            block.unique_name.is_none() && (stored || self.unknown_value.is_some())
        });
        if awaits_name && self.section != Section::Chain && container_name::is_file_name(text) {
            self.unique(piece, piece);
            self.open = None;
            return true;
        }
        let Some((open, empty)) = self.open else { return false };
        let place = piece.place(self.source);
        // Only a line that reached a console's width was wrapped; a value that is missing stands on the next line.
        let continues = |value: &str| !empty && !value.is_empty() && text.len() <= 200;
        let full_width = !empty && self.open_line.width == self.wrap_width;
        let blank = if begins_blank || self.open_line.ends_blank { " " } else { "" };
        let block = self.block.get_or_insert_with(Box::default);
        let append = |slot: &mut Option<Fact<String>>, separator: &str| -> bool {
            match slot {
                Some(fact) if fact.value.is_empty() || (empty && fact.value.is_empty()) => {
                    *slot = Some(Fact::stated(text.to_owned(), place));
                    true
                }
                Some(fact) if continues(&fact.value) => {
                    fact.value.push_str(separator);
                    fact.value.push_str(text);
                    fact.basis = Basis::Derived("the line was wrapped");
                    true
                }
                None => {
                    *slot = Some(Fact::stated(text.to_owned(), place));
                    true
                }
                _ => false,
            }
        };
        let done = match open {
            Open::Container => {
                // A mail wraps a line behind a hyphen; no name ends with one.
                let hyphen = block.stored_container.as_ref().is_some_and(|c| c.value.ends_with('-'));
                let hyphen = hyphen && !text.contains(char::is_whitespace) && plausible_container(text);
                let blank = if hyphen { "" } else { blank };
                let wraps = block.stored_container.as_ref().is_some_and(|c| {
                    c.value.is_empty() && plausible_container(text)
                        || container_name::is_file_name(&format!("{}{text}", c.value))
                        || full_width && plausible_container(text)
                        || hyphen
                });
                wraps && append(&mut block.stored_container, blank)
            }
            Open::Unique => {
                let joined = block.unique_name.as_ref().map_or(String::new(), |u| u.value.clone());
                container_name::is_file_name(&format!("{joined}{text}")) && append(&mut block.unique_name, "")
            }
            Open::Simple => block.simple_name.is_none() && append(&mut block.simple_name, ""),
            Open::Provider => {
                let joined = block.provider.as_ref().map_or(String::new(), |p| p.value.clone());
                let spaced = format!("{joined} {text}");
                let glued = provider::find(&joined).is_none() && provider::find(&format!("{joined}{text}")).is_some();
                if joined.is_empty() || glued {
                    append(&mut block.provider, "")
                } else if provider::find(&joined).is_none() && provider::find(&spaced).is_some() {
                    append(&mut block.provider, " ")
                } else {
                    false
                }
            }
            Open::Subject if empty => values::is_distinguished_name(text) && append(&mut block.subject, ", "),
            Open::Issuer if empty => values::is_distinguished_name(text) && append(&mut block.issuer, ", "),
            Open::Subject => wrapped_name(text) && append(&mut block.subject, blank),
            Open::Issuer => wrapped_name(text) && append(&mut block.issuer, blank),
            Open::Template => wrapped_name(text) && append(&mut block.template, blank),
            Open::Hash => match Sha1::parse(&format!("{}{text}", self.partial_hash)) {
                Some(sha1) => {
                    block.sha1 = Some(Fact::stated(sha1, place));
                    true
                }
                None => false,
            },
            Open::Sha256 => {
                let hex = values::hex(&format!("{}{text}", self.partial_hash)).filter(|hex| hex.len() == 64);
                hex.is_some_and(|hex| {
                    block.sha256 = Some(Fact::stated(hex, place));
                    true
                })
            }
            Open::Serial => {
                empty
                    && values::hex(text).is_some_and(|hex| {
                        block.serial = Some(Fact::stated(hex, place));
                        true
                    })
            }
        };
        if done {
            self.keep(piece);
            if !empty {
                self.wrap_width = self.open_line.width;
                self.open_line.width = piece.line().text.chars().count();
                self.open_line.ends_blank = false;
            }
            let open = match open {
                Open::Container
                | Open::Unique
                | Open::Simple
                | Open::Provider
                | Open::Hash
                | Open::Sha256
                | Open::Serial => None,
                name => Some((name, false)),
            };
            self.open = open;
        }
        done
    }

    /// A line without a label that is no phrase.
    pub(super) fn loose(&mut self, piece: Piece<'_>) {
        let text = piece.text;
        if let Section::Extension(id) = &self.section {
            let id = *id;
            self.extension_line(id, piece);
            return;
        }
        if self.block.is_some() {
            if self.sddl(piece) {
                return;
            }
            if let Section::Names(of) = self.section
                && values::is_distinguished_name(text)
            {
                self.rdn(of, piece);
                return;
            }
            if matches!(self.section, Section::Details | Section::Property(_)) {
                if matches!(text, "RSA" | "DSA" | "ECDSA" | "ECDH" | "DH")
                    || text.starts_with("ECDSA_P")
                    || text.starts_with("ECDH_P")
                {
                    self.detail(piece);
                    let fact = self.stated(text.to_owned(), piece);
                    self.block().key_algorithm = Some(fact);
                    return;
                }
                let acl = text.contains('\\') || text.contains('\t');
                if acl && self.block().sddl.is_some() {
                    let many = self.block().acl.len();
                    if self.has_room(many, "permissions", piece.place(self.source)) {
                        self.keep(piece);
                        let fact = self.stated(text.to_owned(), piece);
                        self.block().acl.push(fact);
                    }
                    return;
                }
            }
        }
        // `CRYPT_MACHINE_KEYSET -- 20 (32)`: a name of the flags above.
        if self.block.is_some() && values::is_constant(text) && values::dashes(text).is_some() {
            self.claim();
        }
        self.note_unread_closing(piece);
        let codes = codes(piece);
        if codes.len() > LINE_CODES {
            let message = format!("error codes after the first {LINE_CODES} of a line are not read");
            match &self.block {
                Some(_) => self.damage(message, piece),
                None => self.records.push(Record::Problem(message, piece.place(self.source))),
            }
        }
        for (value, part) in codes.into_iter().take(LINE_CODES) {
            let fact = self.stated(value, part);
            if self.block.is_some() {
                self.keep(piece);
                let many = self.block().codes.len();
                if self.has_room(many, "error codes", fact.place) {
                    self.block().codes.push(fact);
                }
            } else {
                let line = text.get(..cut_at(text, self.limits.excerpt_columns)).unwrap_or("").to_owned();
                let whole = Fact::stated(value, piece.place(self.source));
                self.records.push(Record::Code(whole, line));
            }
        }
    }
}

/// What can be the rest of a wrapped name: not a sentence of another tool.
pub(super) fn wrapped_name(text: &str) -> bool {
    text.len() <= 200
        && (text.contains('=')
            || text.contains(", ")
            || text.starts_with(|c: char| c.is_ascii_digit() || c == '.' || c == ','))
}
