//! The listing of `certutil -key`: the containers of a provider, each with its file name, algorithm and key places.

use super::*;
use crate::formats::certutil::ListedKey;
use crate::formats::text_shapes::is_elision;

/// Algorithms that stand on a line of their own.
const ALGORITHMS: &[&str] = &["RSA", "DSA", "DH", "ECDSA", "ECDH", "AES", "RC4", "3DES"];

impl Parser {
    /// A line of the listing: `<provider>:` begins it, the closing line or the next command ends it.
    pub(super) fn key_list(&mut self, piece: Piece<'_>) -> bool {
        let text = piece.text;
        if self.block.is_none()
            && let Some(name) = text.strip_suffix(':').map(str::trim_end)
            && (provider::find(name).is_some()
                || (name.ends_with("Provider") && provider::kind_of_name(name).is_some()))
        {
            self.end_listed_key(true);
            self.claim();
            let name = piece.slice(0..name.len());
            self.listed_provider = Some(self.stated(name.text.to_owned(), name));
            return true;
        }
        let Some(provider) = self.listed_provider.clone() else { return false };
        if CommandLine::parse(text).is_some() {
            self.end_key_list(true);
            return false;
        }
        self.claim();
        // The pager's line; an author's says that lines are missing.
        if is_pager(text) {
            return true;
        }
        if is_elision(text) || is_cut_place(text) {
            self.listed_cut = true;
            return true;
        }
        let fact = self.stated(text.to_owned(), piece);
        let Some(key) = &mut self.listed_key else {
            let key = ListedKey { provider, container: fact, ..ListedKey::empty() };
            self.listed_key = Some(Box::new(key));
            return true;
        };
        if container_name::is_file_name(text) {
            key.unique_name = Some(fact);
        } else if let Some(spec) = key_place(text) {
            match key.key_specs.len() {
                many if many < BLOCK_VALUES => key.key_specs.push(Fact::stated(spec, fact.place)),
                _ => {
                    let message = format!("keys after the first {BLOCK_VALUES} of one container are not kept");
                    if !self.records.iter().any(|r| matches!(r, Record::Problem(said, _) if *said == message)) {
                        self.records.push(Record::Problem(message, fact.place));
                    }
                }
            }
        } else if let Some((label, value)) = text.split_once(": ") {
            let number = values::hex_first(value).map(|n| Fact::stated(n.value, fact.place));
            match label {
                "Export Policy" => key.export_policy = number,
                "Key Usage" => key.usage = number,
                _ => {}
            }
        } else if ALGORITHMS.iter().any(|a| text.starts_with(a)) && !text.contains(' ') {
            key.algorithm = Some(fact);
        } else if text == "Private key is a VSM key" {
            key.isolated = true;
        } else if !key.key_specs.is_empty() && !text.starts_with('(') && !text.contains(" -- ") {
            // The empty line between two keys was lost.
            self.end_listed_key(true);
            self.listed_key = Some(Box::new(ListedKey { provider, container: fact, ..ListedKey::empty() }));
        }
        true
    }

    /// An empty line: the end of an entry, unless there is one between all lines.
    pub(super) fn blank_in_key_list(&mut self) {
        match &self.listed_key {
            Some(key) if key.key_specs.is_empty() => self.listed_spaced = true,
            Some(_) if !self.listed_spaced => self.end_listed_key(true),
            _ => {}
        }
    }

    /// Ends the entry of one key. `seen`: what ends an entry was there.
    fn end_listed_key(&mut self, seen: bool) {
        let cut = std::mem::take(&mut self.listed_cut);
        if let Some(mut key) = self.listed_key.take() {
            key.complete = seen && !cut;
            self.records.push(Record::ListedKey(key));
        }
    }

    /// Ends the listing.
    pub(super) fn end_key_list(&mut self, seen: bool) {
        self.end_listed_key(seen);
        self.listed_provider = None;
        self.listed_spaced = false;
    }
}

/// `-- More  --`, `--More--`: the pager waited, no line is missing.
fn is_pager(text: &str) -> bool {
    let words = text.trim_matches(['-', ' ', '<', '>']);
    text.starts_with(['-', '<']) && words.len() < text.len() && words.eq_ignore_ascii_case("more")
}

/// The beginning of a place's name, at which the text breaks off: `AT_KEYEX`.
fn is_cut_place(text: &str) -> bool {
    let begins = |name: &&str| text.len() < name.len() && name.starts_with(text);
    text.starts_with("AT_") && ["AT_KEYEXCHANGE", "AT_SIGNATURE"].iter().any(begins)
}

/// `AT_KEYEXCHANGE`, `AT_SIGNATURE:`, `AD(AT_NONE): <sha1>`: the place of the key.
fn key_place(text: &str) -> Option<KeySpec> {
    let name = text.split_once(':').map_or(text, |(name, _)| name);
    let name = name.rsplit_once('(').map_or(name, |(_, inner)| inner.trim_end_matches(')'));
    match name.trim().trim_start_matches("XCN_") {
        "AT_NONE" => Some(KeySpec::NONE),
        "AT_KEYEXCHANGE" => Some(KeySpec::KEYEXCHANGE),
        "AT_SIGNATURE" => Some(KeySpec::SIGNATURE),
        _ => None,
    }
}
