//! Closing lines, tests and remarks.

use super::*;

/// Lines behind that of a failed test in which its code may stand.
const TEST_LINES: u8 = 2;

/// The phrase that a whole line is, and its language.
fn known_phrase(text: &str) -> Option<(Phrase, Language)> {
    if text.len() > 140 {
        return None;
    }
    let bare = text.strip_suffix(" (CNG)").unwrap_or(text);
    labels::find_phrase(bare).or_else(|| {
        let prompt = ["Enter PFX password:", "Enter new password", "Confirm new password:"];
        prompt.iter().any(|p| text.starts_with(p)).then_some((Phrase::PasswordPrompt, Language::En))
    })
}

/// Whether a whole line is a known phrase.
pub(super) fn is_phrase(text: &str) -> bool {
    known_phrase(text).is_some()
}

impl Parser {
    /// A whole line that is a known phrase.
    pub(super) fn phrase(&mut self, piece: Piece<'_>) -> bool {
        let text = piece.text;
        let Some((phrase, language)) = known_phrase(text) else { return false };
        if phrase != Phrase::PasswordPrompt {
            self.saw(language);
        }
        if self.section == Section::Chain && phrase != Phrase::PasswordPrompt {
            return true;
        }
        match phrase {
            Phrase::PasswordPrompt => {
                self.claim();
                let place = piece.place(self.source);
                self.records.push(Record::PasswordPrompt(place));
                return true;
            }
            _ => self.keep(piece),
        }
        if !matches!(phrase, Phrase::Archived) {
            self.section = Section::Head;
        }
        let place = piece.place(self.source);
        let remark = |r| Some(Fact::stated(r, place));
        let mut new_remark = None;
        match phrase {
            Phrase::SignatureMatchesPublicKey | Phrase::RootCertificate => {
                self.block().self_signed = Some(Fact::stated(true, place));
            }
            Phrase::NonRootCertificate => self.block().self_signed = Some(Fact::stated(false, place)),
            Phrase::Archived => self.block().archived = Some(place),
            Phrase::NoKeyProviderInformation => new_remark = remark(KeyRemark::NoKeyProviderInformation),
            Phrase::NoKeyForDecryption => new_remark = remark(KeyRemark::NoKeyForDecryption),
            Phrase::MissingStoredKeyset => new_remark = remark(KeyRemark::MissingStoredKeyset),
            Phrase::NotExportable => new_remark = remark(KeyRemark::NotExportable),
            Phrase::NotPlainTextExportable => new_remark = remark(KeyRemark::NotPlainTextExportable),
            Phrase::VsmKey => new_remark = remark(KeyRemark::VsmKey),
            Phrase::PrivateKeyVerifies => new_remark = remark(KeyRemark::PrivateKeyVerifies),
            Phrase::PublicKeyMatches => new_remark = remark(KeyRemark::PublicKeyMatches),
            Phrase::PublicKeyDoesNotMatch => new_remark = remark(KeyRemark::PublicKeyDoesNotMatch),
            Phrase::AccessDenied => new_remark = remark(KeyRemark::AccessDenied),
            Phrase::EncryptionTestPassed => self.test(Test::Encryption, true, place),
            Phrase::EncryptionTestFailed => self.test(Test::Encryption, false, place),
            Phrase::SignatureTestPassed => self.test(Test::Signature, true, place),
            Phrase::SignatureTestFailed => self.test(Test::Signature, false, place),
            Phrase::PasswordPrompt => {}
        }
        if let Some(r) = new_remark {
            self.remark(r);
        }
        true
    }

    pub(super) fn remark(&mut self, remark: Fact<KeyRemark>) {
        let many = self.block().remarks.len();
        if self.has_room(many, "remarks", remark.place) {
            self.block().remarks.push(remark);
        }
    }

    pub(super) fn test(&mut self, test: Test, passed: bool, place: Place) {
        let many = self.block().tests.len();
        if self.has_room(many, "tests", place) {
            self.block().tests.push(Fact::stated((test, passed), place));
        }
    }

    /// `AES256+RSAES_OAEP(RSA:AT_KEYEXCHANGE) test passed`, `… test FAILED: … 0x…`, `<provider>: KeySpec=1`,
    /// `Performing AT_SIGNATURE public key matching test...`.
    pub(super) fn test_line(&mut self, piece: Piece<'_>, marked: bool) -> bool {
        let text = piece.text;
        if self.section == Section::Chain || text.len() > ONE_LINE {
            return false;
        }
        if self.code_of_test > 0 {
            self.code_of_test = self.code_of_test.saturating_sub(1);
            let found = if text.starts_with("CertUtil:") { Vec::new() } else { codes(piece) };
            if !found.is_empty() {
                self.code_of_test = 0;
                self.keep(piece);
                // The code is a part of the words of the test.
                let end = piece.place(self.source).end();
                if let Some(test) = self.block().tests.last_mut() {
                    test.place.len = u32::try_from(end.saturating_sub(test.place.start)).unwrap_or(u32::MAX);
                }
                for (value, part) in found {
                    let fact = self.stated(value, part);
                    self.block().codes.push(fact);
                }
                return true;
            }
        }
        if marked
            && let Some((before, spec)) = text.rsplit_once(": KeySpec=")
            && !before.contains('=')
            && let Some(value) = values::key_spec(spec)
        {
            self.keep(piece);
            let fact = self.stated(KeySpec(value), piece);
            let block = self.block();
            if block.key_spec.is_none() {
                block.key_spec = Some(fact);
            }
            return true;
        }
        if marked && let Some(at) = text.find(" test ") {
            let (what, outcome) = (text.get(..at).unwrap_or(""), text.get(at.saturating_add(6)..).unwrap_or(""));
            let passed = outcome.starts_with("passed");
            let failed = outcome.starts_with("FAILED");
            let technical = what.contains("RSA")
                || what.contains("AES")
                || what.contains("EC")
                || what == "Encryption"
                || what == "Signature";
            if technical && (passed || failed || outcome.starts_with("skipped")) {
                self.keep(piece);
                let place = piece.place(self.source);
                let found = codes(piece);
                // A window or a mail broke the sentence of the system before its code.
                self.code_of_test = if failed && found.is_empty() { TEST_LINES } else { 0 };
                for (value, part) in found {
                    let fact = self.stated(value, part);
                    self.block().codes.push(fact);
                }
                let signature = what.contains("RSASSA") || what.contains("ECDSA") || what.contains("Sign");
                let test = if signature { Test::Signature } else { Test::Encryption };
                if passed || failed {
                    self.test(test, passed, place);
                }
                let witness = if what.contains("AT_KEYEXCHANGE") {
                    Some(KeySpec::KEYEXCHANGE)
                } else if what.contains("AT_SIGNATURE") {
                    Some(KeySpec::SIGNATURE)
                } else {
                    None
                };
                if let Some(w) = witness {
                    self.block().key_spec_witness = Some(Fact::derived(w, place, "from the test's name"));
                }
                return true;
            }
        }
        if !text.ends_with("...") || self.block.is_none() {
            return false;
        }
        let witness = if text.contains("AT_KEYEXCHANGE") {
            KeySpec::KEYEXCHANGE
        } else if text.contains("AT_SIGNATURE") {
            KeySpec::SIGNATURE
        } else {
            return false;
        };
        // `Performing AT_KEYEXCHANGE public key matching test...`, in any language.
        self.keep(piece);
        let place = piece.place(self.source);
        self.block().key_spec_witness = Some(Fact::derived(witness, place, "from the test's name"));
        true
    }

    pub(super) fn error_line(&mut self, piece: Piece<'_>, marked: bool) -> bool {
        let text = piece.text;
        if text.len() > ONE_LINE {
            return false;
        }
        let remark = if marked && text.contains("missing key association property") {
            KeyRemark::MissingKeyAssociation
        } else if marked && text.contains("Container name inconsistent") {
            KeyRemark::ContainerNameInconsistent
        } else if text.starts_with("Cannot open the ") && text.contains("key for reader") {
            KeyRemark::CannotOpenKey
        } else {
            return false;
        };
        self.keep(piece);
        let fact = self.stated(remark, piece);
        self.remark(fact);
        true
    }

    /// A closing line in a language whose closing lines are not all known may say that the key can't be exported, or that a
    /// test failed: those of tests begin at the first column.
    pub(super) fn note_unread_closing(&mut self, piece: Piece<'_>) {
        let text = piece.text.trim();
        let translated = self.language() != Some(Language::En);
        let plain = !text.contains(['=', ':']) && text.len() <= ONE_LINE;
        let Some(block) = self.block.as_mut().filter(|b| plain && b.provider.is_some()) else { return };
        block.unread_closing |= translated;
        let is_value = !text.contains(char::is_alphabetic) || values::is_constant(text) || is_hex(text);
        // Words that nobody knows say mostly that all is well: a key that does not open has no unique name.
        block.unread_test |= piece.indent() == 0 && !is_value && labels::tells_of_failure(text);
    }
}

/// Whether a text is nothing but hexadecimal digits and blanks: the value of a property.
fn is_hex(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_hexdigit() || b == b' ')
}
