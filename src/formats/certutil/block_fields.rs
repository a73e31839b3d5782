//! The fields of a certificate block one by one: the places of all, and the values that are texts.

use super::values::{self, PrintedDate};
use super::{CertificateBlock, DateLine};
use crate::model::fact::{Fact, Place};
use crate::model::thumbprint::Sha1;

/// What stands at a place of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// Nothing but the place counts.
    Place,
    /// A value that is told from words or small numbers.
    Value,
    /// A value that follows from a text of any content.
    Text(TextField),
}

/// A value that follows from a text of any content: a number, a hash, a name, a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextField {
    /// The serial number.
    Serial,
    /// The issuer, its parts joined.
    Issuer,
    /// The subject, its parts joined.
    Subject,
    /// The beginning of the validity.
    NotBefore,
    /// The end of the validity.
    NotAfter,
    /// The thumbprint.
    Sha1,
    /// SHA-256 of the certificate.
    Sha256,
    /// `Key Id Hash(rfc-sha1)`.
    KeyId,
    /// Property 25.
    PublicKeyMd5,
    /// The friendly name.
    FriendlyName,
    /// The container as the key link stores it.
    StoredContainer,
    /// The name of the key's file.
    UniqueName,
    /// The container's own name.
    SimpleName,
    /// The alternative name of this index.
    AlternativeName(usize),
}

impl TextField {
    /// Whether its value is what hexadecimal digits say.
    pub fn is_digits(self) -> bool {
        matches!(self, Self::Serial | Self::Sha1 | Self::Sha256 | Self::KeyId | Self::PublicKeyMd5)
    }
}

impl CertificateBlock {
    /// Every place of the block but those of its own extent, its index and its kept lines, in an order that depends only
    /// on which fields are set.
    pub(super) fn each_place(&mut self, each: &mut impl FnMut(Field, &mut Place)) {
        let Self {
            index: _,
            first_line: _,
            start: _,
            end: _,
            nested: _,
            smart_card: _,
            verbose: _,
            complete: _,
            archived,
            serial,
            issuer,
            subject,
            not_before,
            not_after,
            sha1,
            sha256,
            key_id,
            public_key_md5,
            public_key_algorithm,
            public_key_bits,
            public_key_sha1,
            signature_algorithm,
            extensions_shown: _,
            extensions_missing: _,
            names_hidden: _,
            key_usage,
            extended_key_usage,
            alternative_names,
            is_ca,
            self_signed,
            template,
            friendly_name,
            access_state,
            properties_shown: _,
            key_link,
            stored_container,
            unique_name,
            simple_name,
            provider,
            provider_type,
            flags,
            key_spec,
            key_spec_witness,
            details,
            key_algorithm,
            key_usage_property,
            ui_policy,
            export_policy,
            permissions,
            sddl,
            acl,
            tests,
            remarks,
            unread_closing: _,
            unread_test: _,
            codes,
            excerpts: _,
            damage,
        } = self;
        let mut at = |field, place: Option<&mut Place>| {
            if let Some(place) = place {
                each(field, place);
            }
        };
        for place in [archived, key_link, details] {
            at(Field::Place, place.as_mut());
        }
        at(Field::Place, spot(public_key_sha1));
        for (field, text) in [
            (TextField::Serial, serial),
            (TextField::Issuer, issuer),
            (TextField::Subject, subject),
            (TextField::Sha256, sha256),
            (TextField::PublicKeyMd5, public_key_md5),
            (TextField::FriendlyName, friendly_name),
            (TextField::StoredContainer, stored_container),
            (TextField::UniqueName, unique_name),
            (TextField::SimpleName, simple_name),
        ] {
            at(Field::Text(field), spot(text));
        }
        for (field, date) in [(TextField::NotBefore, not_before), (TextField::NotAfter, not_after)] {
            at(Field::Text(field), date.as_mut().map(|d| &mut d.text.place));
        }
        at(Field::Text(TextField::Sha1), spot(sha1));
        at(Field::Text(TextField::KeyId), spot(key_id));
        for (index, name) in alternative_names.iter_mut().enumerate() {
            at(Field::Text(TextField::AlternativeName(index)), Some(&mut name.place));
        }
        for text in [public_key_algorithm, signature_algorithm, template, provider, key_algorithm, sddl] {
            at(Field::Value, spot(text));
        }
        for number in [
            public_key_bits,
            access_state,
            provider_type,
            flags,
            key_usage_property,
            ui_policy,
            export_policy,
            permissions,
        ] {
            at(Field::Value, spot(number));
        }
        at(Field::Value, spot(key_usage));
        at(Field::Value, spot(extended_key_usage));
        at(Field::Value, spot(is_ca));
        at(Field::Value, spot(self_signed));
        at(Field::Value, spot(key_spec));
        at(Field::Value, spot(key_spec_witness));
        acl.iter_mut().for_each(|line| at(Field::Value, Some(&mut line.place)));
        tests.iter_mut().for_each(|test| at(Field::Value, Some(&mut test.place)));
        remarks.iter_mut().for_each(|remark| at(Field::Value, Some(&mut remark.place)));
        codes.iter_mut().for_each(|code| at(Field::Value, Some(&mut code.place)));
        damage.iter_mut().for_each(|(_, place)| at(Field::Value, Some(place)));
    }

    /// Gives a field that is set the value that follows from a text. `None`: the text is no such value, or the field is
    /// not set.
    pub(super) fn set_text(&mut self, field: TextField, text: &str) -> Option<()> {
        match field {
            TextField::Serial => set_hex(&mut self.serial, text),
            TextField::Sha256 => set_hex(&mut self.sha256, text),
            TextField::PublicKeyMd5 => set_hex(&mut self.public_key_md5, text),
            TextField::Sha1 => set_sha1(&mut self.sha1, text),
            TextField::KeyId => set_sha1(&mut self.key_id, text),
            TextField::Issuer => set_words(&mut self.issuer, text),
            TextField::Subject => set_words(&mut self.subject, text),
            TextField::FriendlyName => set_words(&mut self.friendly_name, text),
            TextField::StoredContainer => set_words(&mut self.stored_container, text),
            TextField::UniqueName => set_words(&mut self.unique_name, text),
            TextField::SimpleName => set_words(&mut self.simple_name, text),
            TextField::NotBefore => set_date(&mut self.not_before, text),
            TextField::NotAfter => set_date(&mut self.not_after, text),
            TextField::AlternativeName(index) => {
                text.clone_into(&mut self.alternative_names.get_mut(index)?.value);
                Some(())
            }
        }
    }
}

fn spot<T>(fact: &mut Option<Fact<T>>) -> Option<&mut Place> {
    fact.as_mut().map(|fact| &mut fact.place)
}

fn set_hex(slot: &mut Option<Fact<String>>, text: &str) -> Option<()> {
    slot.as_mut()?.value = values::hex(text)?;
    Some(())
}

fn set_sha1(slot: &mut Option<Fact<Sha1>>, text: &str) -> Option<()> {
    slot.as_mut()?.value = Sha1::parse(text)?;
    Some(())
}

fn set_words(slot: &mut Option<Fact<String>>, text: &str) -> Option<()> {
    text.clone_into(&mut slot.as_mut()?.value);
    Some(())
}

fn set_date(slot: &mut Option<DateLine>, text: &str) -> Option<()> {
    let line = slot.as_mut()?;
    let date = PrintedDate::parse(text);
    if date.is_some() != line.date.is_some() {
        return None;
    }
    line.date = date;
    text.clone_into(&mut line.text.value);
    Some(())
}
