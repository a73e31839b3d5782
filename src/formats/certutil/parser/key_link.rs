//! The key link: container, provider, type, flags, KeySpec.

use super::*;

impl Parser {
    /// The first line of a key part.
    pub(super) fn link(&mut self, piece: Piece<'_>) {
        self.keep(piece);
        let place = piece.place(self.source);
        let block = self.block();
        if block.key_link.is_none() {
            block.key_link = Some(place);
        }
    }

    pub(super) fn container(&mut self, piece: Piece<'_>, value: Piece<'_>) {
        self.link(piece);
        let name = without_default_mark(value.text);
        if name == "(null)" {
            return;
        }
        let fact = self.stated(name.to_owned(), piece);
        let block = self.block();
        if block.stored_container.as_ref().is_none_or(|c| c.value.is_empty()) {
            block.stored_container = Some(fact);
        }
        self.open = Some((Open::Container, name.is_empty()));
    }

    pub(super) fn unique(&mut self, piece: Piece<'_>, value: Piece<'_>) {
        self.keep(piece);
        let text = value.text;
        // A console leaves the tail of an older line behind a shorter one: the name has 69 characters.
        let cut = text.get(..69).filter(|t| container_name::is_file_name(t));
        let fact = match cut {
            Some(name) if name.len() < text.len() => {
                Fact::derived(name.to_owned(), piece.place(self.source), "the line keeps the tail of an older one")
            }
            _ => self.stated(text.to_owned(), piece),
        };
        if !text.is_empty() {
            let block = self.block();
            if block.unique_name.is_none() {
                block.unique_name = Some(fact);
            }
        }
        self.open = Some((Open::Unique, text.is_empty()));
    }

    pub(super) fn simple(&mut self, piece: Piece<'_>, value: Piece<'_>) {
        self.keep(piece);
        if !value.text.is_empty() {
            let place = piece.place(self.source);
            let block = self.block();
            // On a collapsed line other words follow; the key link has the same name.
            let stored = block.stored_container.as_ref().map(|c| c.value.as_str());
            let fact = match stored.filter(|s| !s.is_empty() && goes_on_after(value.text, s)) {
                Some(name) => Fact::derived(name.to_owned(), place, "the line goes on after the name"),
                None => Fact::stated(value.text.to_owned(), place),
            };
            if block.simple_name.is_none() {
                block.simple_name = Some(fact);
            }
        }
        self.open = Some((Open::Simple, value.text.is_empty()));
    }

    /// The value of an unknown label between the thumbprint and the provider is the container.
    pub(super) fn adopt_container(&mut self) {
        let Some(container) = self.unknown_value.take() else { return };
        let block = self.block();
        if block.stored_container.is_none() {
            block.key_link = block.key_link.or(Some(container.place));
            block.stored_container = Some(container);
        }
    }

    pub(super) fn provider(&mut self, piece: Piece<'_>, value: Piece<'_>) {
        self.adopt_container();
        self.keep(piece);
        let text = value.text;
        let second = self.block().provider.is_some() && !self.block().smart_card;
        if second {
            let place = piece.place(self.source);
            let in_link = self.section == Section::Property(property_id::KEY_PROV_INFO) && self.link_values < 2;
            if !in_link && self.block().details.is_none() && !self.block().nested {
                self.block().details = Some(place);
                self.section = Section::Details;
            }
            return;
        }
        if text.is_empty() {
            self.open = Some((Open::Provider, true));
            return;
        }
        let fact = match overprinted_provider(text) {
            Some(name) => {
                Fact::derived(name.to_owned(), piece.place(self.source), "the line keeps the tail of an older one")
            }
            None => self.stated(text.to_owned(), piece),
        };
        let block = self.block();
        if block.provider.is_none() {
            block.provider = Some(fact);
        }
        self.link_values = self.link_values.max(1);
        self.link_line = piece.line().order;
        self.open = Some((Open::Provider, false));
    }

    pub(super) fn provider_type(&mut self, piece: Piece<'_>, value: Piece<'_>) {
        self.keep(piece);
        self.link_values = self.link_values.max(2);
        self.link_line = piece.line().order;
        if self.block().provider_type.is_some() {
            return;
        }
        let place = piece.place(self.source);
        let expected = self.block().provider.as_ref().and_then(|p| provider::find(&p.value)).map(|p| p.provider_type);
        let fact = match values::hex_first(value.text) {
            Some(n) => match (expected, n.decimal) {
                (Some(e), Some(d)) if d == e && n.value != e && !n.confirmed => {
                    Some(Fact::derived(d, place, "read as decimal: only so does it fit the provider"))
                }
                _ if n.value <= 0xFF => Some(Fact::stated(n.value, place)),
                _ => overprinted_number(value.text, expected, place),
            },
            None => overprinted_number(value.text, expected, place),
        };
        match fact {
            Some(f) => self.block().provider_type = Some(f),
            None => self.damage("the provider type can't be read", piece),
        }
    }

    pub(super) fn flags(&mut self, piece: Piece<'_>, value: Piece<'_>) {
        let in_link = matches!(self.section, Section::Property(2) | Section::Head | Section::Details);
        let Some(n) = values::hex_first(value.text).filter(|_| in_link) else { return };
        self.keep(piece);
        self.link_values = self.link_values.max(3);
        let fact = self.stated(n.value, piece);
        let block = self.block();
        if block.flags.is_none() {
            block.flags = Some(fact);
        }
    }

    pub(super) fn key_spec(&mut self, piece: Piece<'_>, value: Piece<'_>) {
        self.keep(piece);
        self.link_values = self.link_values.max(4);
        match values::key_spec(value.text) {
            Some(spec) => {
                let fact = self.stated(KeySpec(spec), piece);
                let block = self.block();
                if block.key_spec.is_none() {
                    block.key_spec = Some(fact);
                }
            }
            None => self.damage("the KeySpec can't be read, or its number and its name contradict each other", piece),
        }
    }

    /// A line of property 2, by its place: container, second name, provider, type, flags, KeySpec.
    pub(super) fn link_line(&mut self, piece: Piece<'_>, value: Piece<'_>, equals: bool) -> bool {
        let text = value.text;
        if !equals {
            if container_name::is_file_name(text) {
                self.unique(piece, value);
            } else {
                self.simple(piece, value);
            }
            return true;
        }
        if text.contains("AT_KEYEXCHANGE") || text.contains("AT_SIGNATURE") || text.contains("AT_NONE") {
            self.key_spec(piece, value);
            return true;
        }
        if self.block().stored_container.is_none() && self.link_values == 0 {
            self.container(piece, value);
            return true;
        }
        match self.link_values {
            0 => self.provider(piece, value),
            // The line of the type is lost: no type is so high (wincrypt.h, PROV_RSA_AES is 24), and flags are.
            1 if values::hex_first(text).is_some_and(|n| n.value >= 0x20 && n.confirmed) => self.flags(piece, value),
            1 => self.provider_type(piece, value),
            2 => self.flags(piece, value),
            3 => self.key_spec(piece, value),
            _ => return false,
        }
        true
    }

    /// A number on the line after the provider or its type, in a language whose labels are not known: where a ticket lost
    /// the heading of the property, the place tells what it is.
    pub(super) fn next_link_value(&mut self, piece: Piece<'_>, value: Piece<'_>) -> bool {
        let next = piece.line().order == self.link_line.saturating_add(1);
        if self.section != Section::Head || !next || values::hex_first(value.text).is_none() {
            return false;
        }
        match self.link_values {
            1 => self.provider_type(piece, value),
            2 => self.flags(piece, value),
            _ => return false,
        }
        true
    }
}

/// Without `[Default Container]` in any language.
pub(super) fn without_default_mark(text: &str) -> &str {
    match text.strip_suffix(']').and_then(|t| t.rsplit_once(" [")) {
        Some((name, _)) => name.trim_end(),
        None => text,
    }
}

/// A known provider whose name begins a text that goes on without a blank.
pub(super) fn overprinted_provider(text: &str) -> Option<&'static str> {
    if provider::find(text).is_some() {
        return None;
    }
    provider::PROVIDERS
        .iter()
        .map(|p| p.name)
        .filter(|name| {
            text.get(name.len()..).is_some_and(|rest| text.starts_with(name) && !rest.starts_with([' ', '(']))
        })
        .max_by_key(|name| name.len())
}

/// A number behind which a console left the tail of an older line: only when the provider's type confirms it.
pub(super) fn overprinted_number(text: &str, expected: Option<u32>, place: Place) -> Option<Fact<u32>> {
    let expected = expected?;
    let printed = format!("{expected:x}");
    text.starts_with(&printed).then(|| Fact::derived(expected, place, "the line keeps the tail of an older one"))
}
