//! Serial number, names, dates, hashes and algorithms of a certificate.

use super::*;

impl Parser {
    pub(super) fn serial(&mut self, piece: Piece<'_>, value: Piece<'_>) {
        let starts_anew = self
            .block
            .as_ref()
            .is_some_and(|b| !b.smart_card && (b.serial.is_some() || b.sha1.is_some() || !b.tests.is_empty()));
        if starts_anew {
            self.end_block(true);
        }
        self.keep(piece);
        self.section = Section::Head;
        match values::hex(value.text) {
            Some(serial) => {
                let fact = self.stated(serial, piece);
                let block = self.block();
                if block.serial.is_none() {
                    block.serial = Some(fact);
                }
                self.open = Some((Open::Serial, false));
            }
            None if value.text.is_empty() => self.open = Some((Open::Serial, true)),
            None => {
                let digits = values::leading_hex(value.text);
                if digits.len() >= 8 && digits.len().is_multiple_of(2) {
                    let place = piece.place(self.source);
                    self.block().serial = Some(Fact::derived(digits, place, "the line goes on after the number"));
                } else {
                    self.damage("the serial number can't be read", piece);
                }
            }
        }
    }

    pub(super) fn name(&mut self, of: NameOf, piece: Piece<'_>, value: Piece<'_>) {
        if of == NameOf::Issuer
            && self
                .block
                .as_ref()
                .is_some_and(|b| !b.smart_card && (b.sha1.is_some() || b.key_link.is_some()) && b.issuer.is_some())
        {
            self.end_block(true);
        }
        self.keep(piece);
        if value.text.is_empty() {
            self.section = Section::Names(of);
            self.open = Some((if of == NameOf::Issuer { Open::Issuer } else { Open::Subject }, true));
            return;
        }
        self.section = Section::Head;
        let fact = self.stated(value.text.to_owned(), piece);
        let block = self.block();
        match of {
            NameOf::Issuer if block.issuer.is_none() => block.issuer = Some(fact),
            NameOf::Subject if block.subject.is_none() => block.subject = Some(fact),
            _ => {}
        }
        self.open = Some((if of == NameOf::Issuer { Open::Issuer } else { Open::Subject }, false));
    }

    pub(super) fn date(&mut self, from: bool, piece: Piece<'_>, value: Piece<'_>) {
        self.keep(piece);
        self.section = Section::Head;
        if value.text.is_empty() {
            return;
        }
        let line = DateLine { text: self.stated(value.text.to_owned(), piece), date: PrintedDate::parse(value.text) };
        let block = self.block();
        let slot = if from { &mut block.not_before } else { &mut block.not_after };
        if slot.is_none() {
            *slot = Some(line);
        }
    }

    pub(super) fn hash_line(
        &mut self,
        piece: Piece<'_>,
        label: Option<Label>,
        algorithm: Option<&str>,
        value: Piece<'_>,
    ) -> bool {
        let Some(algorithm) = algorithm else {
            // `Signature Hash: …`
            if self.block.is_some() {
                self.claim();
            }
            return true;
        };
        if self.block.is_none() && Sha1::parse(value.text).is_none() {
            return true;
        }
        self.claim();
        match (label, algorithm) {
            (Some(Label::NameHash), _) => {}
            (Some(Label::KeyIdHash), "rfc-sha1") | (None, "rfc-sha1") => {
                self.section = Section::Head;
                if let Some(sha1) = Sha1::parse(value.text) {
                    self.keep(piece);
                    let fact = self.stated(sha1, piece);
                    self.block().key_id = Some(fact);
                }
            }
            (Some(Label::KeyIdHash), _) => self.section = Section::Head,
            (label, "sha1") => {
                // In a language without table the last `(sha1)` line before the key part is the certificate's.
                let certain = label == Some(Label::CertHash);
                if self.section == Section::Chain || (!certain && matches!(self.section, Section::Names(_))) {
                    return true;
                }
                self.section = Section::Head;
                let digits = values::leading_hex(value.text);
                let cut: String = digits.chars().take(40).collect();
                self.keep(piece);
                match Sha1::parse(&cut) {
                    Some(sha1) => {
                        let fact = self.stated(sha1, piece);
                        let block = self.block();
                        if certain || block.key_link.is_none() {
                            block.sha1 = Some(fact);
                        }
                        let tail = value.text.get(leading_length(value.text, 40)..).unwrap_or("").trim();
                        if !tail.is_empty() {
                            let start = value.text.len().saturating_sub(tail.len());
                            for part in split::split_at_anchors(value.from(start)) {
                                self.piece(part, 2);
                            }
                        }
                    }
                    None => {
                        self.open = Some((Open::Hash, value.text.is_empty()));
                        self.partial_hash = cut;
                    }
                }
            }
            (label, "sha256") if label != Some(Label::KeyIdHash) => {
                if let Some(hex) = values::hex(value.text).filter(|h| h.len() == 64) {
                    self.keep(piece);
                    let fact = self.stated(hex, piece);
                    self.block().sha256 = Some(fact);
                } else if fills_a_console(piece.line().text) {
                    self.open = Some((Open::Sha256, false));
                    self.partial_hash = value.text.to_owned();
                }
            }
            _ => {}
        }
        true
    }

    pub(super) fn algorithm(&mut self, piece: Piece<'_>, value: Piece<'_>) {
        let mut words = value.text.splitn(2, ' ');
        let id = words.next().unwrap_or("");
        let name = words.next().unwrap_or("").trim();
        if !oid::is_oid(id) {
            return;
        }
        if self.section == Section::Names(NameOf::Next) {
            self.section = Section::Head;
        }
        self.keep(piece);
        let place = piece.place(self.source);
        let key = oid::public_key_algorithm(id);
        let for_key = self.algorithm_of_key || (key.is_some() && self.block().subject.is_some());
        if for_key {
            if let Some(algorithm) = key {
                self.block().public_key_algorithm = Some(Fact::stated(algorithm.to_owned(), place));
            }
        } else {
            let text = if name.is_empty() { id.to_owned() } else { format!("{id} {name}") };
            self.block().signature_algorithm = Some(Fact::stated(text, place));
        }
    }

    pub(super) fn key_length(&mut self, piece: Piece<'_>, value: Piece<'_>) {
        let digits: String = value.text.chars().take_while(char::is_ascii_digit).collect();
        if let Ok(bits) = digits.parse::<u32>() {
            self.keep(piece);
            let fact = self.stated(bits, piece);
            self.block().public_key_bits = Some(fact);
        }
    }

    /// One RDN of a verbose name.
    pub(super) fn rdn(&mut self, of: NameOf, piece: Piece<'_>) {
        self.keep(piece);
        let source = self.source;
        let block = self.block();
        let of = match of {
            NameOf::Next if block.issuer.is_none() => NameOf::Issuer,
            NameOf::Next if block.subject.is_none() => NameOf::Subject,
            NameOf::Next => return,
            other => other,
        };
        let slot = if of == NameOf::Issuer { &mut block.issuer } else { &mut block.subject };
        match slot {
            Some(name) if name.value.len() < 4096 => {
                name.value.push_str(", ");
                name.value.push_str(piece.text);
            }
            Some(_) => {}
            None => *slot = Some(Fact::stated(piece.text.to_owned(), piece.place(source))),
        }
        self.open = None;
        self.section = Section::Names(of);
    }
}

pub(super) fn is_hash_name(text: &str) -> bool {
    matches!(
        text,
        "sha1"
            | "md5"
            | "sha256"
            | "sha384"
            | "sha512"
            | "rfc-sha1"
            | "bcrypt-sha1"
            | "bcrypt-sha256"
            | "pin-sha256"
            | "pin-sha256-hex"
    )
}

/// How many bytes of a text hold its first `digits` hexadecimal digits.
pub(super) fn leading_length(text: &str, digits: usize) -> usize {
    let mut seen = 0usize;
    for (at, c) in text.char_indices() {
        if seen == digits {
            return at;
        }
        if c.is_ascii_hexdigit() {
            seen = seen.saturating_add(1);
        } else if c != ' ' && c != '\t' {
            return at;
        }
    }
    text.len()
}
