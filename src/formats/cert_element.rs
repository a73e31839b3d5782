//! Serialized certificate elements: a registry `Blob` value, a file of `SystemCertificates\My\Certificates`, one element
//! of a serialized store.
//!
//! Sources: MS-GPEF 2.2.1.1.1.1, MS-BPAU 2.2.2.1 (the property records); Microsoft's `wincrypt.h` as published in
//! win32metadata and mingw-w64 (the property ids); Wine 8.0 (`crypt32/serialize.c`). All integers are little-endian.
//!
//! An element is a list of property records; the record with id 32, 33 or 34 holds the certificate, CRL or CTL and ends it.

use time::OffsetDateTime;

use super::bytes::{Reader, check_size, filetime, hex, peek_u32, size, utf16le_z};
use super::key_prov_info::{self, KeyProvInfo};
use super::{FormatError, Spanned};
use crate::limits::{ELEMENT_RECORDS, Limits};
use crate::model::property_id;

/// `CERT_CERT_PROP_ID`: the certificate.
pub const CERT_CERT_PROP_ID: u32 = 32;
/// `CERT_CRL_PROP_ID`.
pub const CERT_CRL_PROP_ID: u32 = 33;
/// `CERT_CTL_PROP_ID`.
pub const CERT_CTL_PROP_ID: u32 = 34;
/// `CERT_KEY_PROV_INFO_PROP_ID`: the key link.
pub const CERT_KEY_PROV_INFO_PROP_ID: u32 = 2;
const CERT_SHA1_HASH_PROP_ID: u32 = 3;
const CERT_KEY_CONTEXT_PROP_ID: u32 = 5;
const CERT_KEY_SPEC_PROP_ID: u32 = 6;
const CERT_FRIENDLY_NAME_PROP_ID: u32 = 11;
const CERT_ARCHIVED_PROP_ID: u32 = 19;
const CERT_KEY_IDENTIFIER_PROP_ID: u32 = 20;
const CERT_DATE_STAMP_PROP_ID: u32 = 27;
const CERT_REQUEST_ORIGINATOR_PROP_ID: u32 = 71;
/// What an element holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contents {
    /// A certificate (DER).
    Certificate,
    /// A certificate revocation list.
    Crl,
    /// A certificate trust list.
    Ctl,
}

/// A serialized element: its properties and what they describe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertElement {
    /// What the element holds.
    pub contents: Contents,
    /// The bytes of the certificate, CRL or CTL in the artifact.
    pub encoded: (usize, usize),
    /// All property records, the contents too.
    pub records: Vec<PropertyRecord>,
    /// The key link.
    pub key_prov_info: Option<Spanned<KeyProvInfo>>,
    /// The KeySpec of `CERT_KEY_CONTEXT` or `CERT_KEY_SPEC`, which Windows does not serialize but other writers do.
    pub key_context_spec: Option<Spanned<u32>>,
    /// The SHA-1 thumbprint as the property states it, hexadecimal.
    pub sha1: Option<Spanned<String>>,
    /// The key identifier as the property states it, hexadecimal; normally the SHA-1 of the public key.
    pub key_identifier: Option<Spanned<String>>,
    /// The friendly name.
    pub friendly_name: Option<Spanned<String>>,
    /// The name of the machine that made the request.
    pub request_originator: Option<Spanned<String>>,
    /// When the certificate was put into the store, UTC.
    pub date_stamp: Option<Spanned<OffsetDateTime>>,
    /// True when the certificate is archived.
    pub archived: bool,
    /// What could not be read inside the properties.
    pub problems: Vec<FormatError>,
}

/// The place of one property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropertyRecord {
    /// The property id.
    pub id: u32,
    /// The reserved word, 1 in every known file; wincrypt.h calls it the encoding type.
    pub encoding: u32,
    /// The bytes of the value.
    pub value: (usize, usize),
}

/// True when the bytes are one whole element and nothing more.
pub fn recognise(bytes: &[u8]) -> bool {
    let mut at = 0_usize;
    // Also one with more records than are read: it is told that it has.
    loop {
        let (Some(id), Some(_)) = (peek_u32(bytes, at), peek_u32(bytes, at.saturating_add(4))) else { return false };
        let Some(length) = peek_u32(bytes, at.saturating_add(8)) else { return false };
        if id == 0 || id > 0xFFFF {
            return false;
        }
        let start = at.saturating_add(12);
        let end = start.saturating_add(size(length));
        if matches!(id, CERT_CERT_PROP_ID..=CERT_CTL_PROP_ID) {
            return end == bytes.len() && bytes.get(start) == Some(&0x30);
        }
        if end >= bytes.len() {
            return false;
        }
        at = end;
    }
}

/// True for a list of property records that is cut before its contents end: whole records, one of which can't be chance
/// (a hash of the right size, a key link that can be read), then a certificate or another known record.
pub fn starts_like(bytes: &[u8]) -> bool {
    let mut reader = Reader::new(bytes);
    let mut sure = false;
    for _ in 0..ELEMENT_RECORDS {
        let (Ok(id), Ok(reserved), Ok(length)) = (reader.u32("id"), reader.u32("reserved"), reader.u32("length"))
        else {
            return false;
        };
        if reserved.value != 1 || property_id::name(id.value).is_none() {
            return false;
        }
        if id.value == CERT_CERT_PROP_ID {
            return matches!(reader.rest(), [0x30, long, ..] if *long >= 0x80);
        }
        if sure {
            return true;
        }
        let Ok(value) = reader.take_u32(length.value, "value") else { return false };
        sure |= match (id.value, value.value.len()) {
            (CERT_SHA1_HASH_PROP_ID | CERT_KEY_IDENTIFIER_PROP_ID, 20) | (4 | 24 | 25, 16) => varied(value.value),
            (CERT_KEY_PROV_INFO_PROP_ID, 60..) => key_prov_info::parse_at(value.value, 0).is_ok(),
            _ => false,
        };
    }
    false
}

/// Whether bytes look like those of a hash: many different ones.
fn varied(bytes: &[u8]) -> bool {
    bytes.iter().collect::<std::collections::HashSet<_>>().len() >= 8
}

/// Reads an artifact that is one element.
///
/// # Errors
/// A cut record, too many records, or bytes after the contents.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<CertElement, FormatError> {
    check_size(bytes, limits.binary_bytes, "certificate blob")?;
    let mut reader = Reader::new(bytes);
    let element = read(&mut reader)?;
    reader.finish("certificate element")?;
    Ok(element)
}

/// Reads one element and leaves the reader after it.
///
/// # Errors
/// A cut record, or too many records.
pub fn read(reader: &mut Reader<'_>) -> Result<CertElement, FormatError> {
    let mut element = CertElement {
        contents: Contents::Certificate,
        encoded: (0, 0),
        records: Vec::new(),
        key_prov_info: None,
        key_context_spec: None,
        sha1: None,
        key_identifier: None,
        friendly_name: None,
        request_originator: None,
        date_stamp: None,
        archived: false,
        problems: Vec::new(),
    };
    while element.records.len() < ELEMENT_RECORDS {
        let id = reader.u32("property id")?;
        let encoding = reader.u32("reserved word of the property")?;
        let length = reader.u32("length of the property")?;
        if id.value == 0 {
            return Err(FormatError::new("the element ends without certificate, CRL or CTL", id.start));
        }
        let value = reader.take_u32(length.value, property_id::name(id.value).unwrap_or("property"))?;
        let bytes = (value.start, value.end);
        element.records.push(PropertyRecord { id: id.value, encoding: encoding.value, value: bytes });
        let text = |value: Spanned<&[u8]>| Some(value.map(utf16le_z));
        match id.value {
            CERT_CERT_PROP_ID..=CERT_CTL_PROP_ID => {
                element.contents = match id.value {
                    CERT_CERT_PROP_ID => Contents::Certificate,
                    CERT_CRL_PROP_ID => Contents::Crl,
                    _ => Contents::Ctl,
                };
                element.encoded = bytes;
                return Ok(element);
            }
            CERT_KEY_PROV_INFO_PROP_ID => match key_prov_info::parse_at(value.value, value.start) {
                Ok(info) => element.key_prov_info = Some(Spanned::new(info, value.start, value.end)),
                Err(error) => element.problems.push(error),
            },
            CERT_KEY_CONTEXT_PROP_ID => match key_prov_info::key_context_spec(value.value, value.start) {
                Ok(spec) => element.key_context_spec = Some(spec),
                Err(error) => element.problems.push(error),
            },
            CERT_KEY_SPEC_PROP_ID => match Reader::at(value.value, value.start).u32("KEY_SPEC") {
                Ok(spec) => element.key_context_spec = Some(spec),
                Err(error) => element.problems.push(error),
            },
            CERT_SHA1_HASH_PROP_ID => element.sha1 = Some(value.map(hex)),
            CERT_KEY_IDENTIFIER_PROP_ID => element.key_identifier = Some(value.map(hex)),
            CERT_FRIENDLY_NAME_PROP_ID => element.friendly_name = text(value),
            CERT_REQUEST_ORIGINATOR_PROP_ID => element.request_originator = text(value),
            CERT_ARCHIVED_PROP_ID => element.archived = true,
            CERT_DATE_STAMP_PROP_ID => {
                if let Ok(ticks) = Reader::at(value.value, value.start).u64("DATE_STAMP") {
                    element.date_stamp = filetime(ticks.value).map(|time| Spanned::new(time, value.start, value.end));
                }
            }
            _ => {}
        }
    }
    Err(FormatError::new(format!("an element with more than {ELEMENT_RECORDS} properties"), reader.position()))
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::as_conversions)]
    use super::super::key_prov_info::tests::write as key_prov_info;
    use super::*;
    use proptest::prelude::*;

    /// A writer after MS-GPEF, also for the tests of the store.
    pub(crate) fn write(records: &[(u32, Vec<u8>)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (id, value) in records {
            for word in [*id, 1, value.len() as u32] {
                bytes.extend(word.to_le_bytes());
            }
            bytes.extend(value);
        }
        bytes
    }

    fn sample(container: &str, spec: u32) -> Vec<u8> {
        write(&[
            (
                CERT_KEY_PROV_INFO_PROP_ID,
                key_prov_info(container, "Microsoft Strong Cryptographic Provider", [1, 32, spec], 0),
            ),
            (CERT_SHA1_HASH_PROP_ID, (0xA0..0xB4).collect()),
            (CERT_FRIENDLY_NAME_PROP_ID, "Web\0".encode_utf16().flat_map(u16::to_le_bytes).collect()),
            (CERT_ARCHIVED_PROP_ID, vec![]),
            (777, vec![1]),
            (CERT_CERT_PROP_ID, vec![0x30, 1, 0]),
        ])
    }

    proptest! {
        #[test]
        fn elements_round_trip(container in "[a-zA-Z0-9{}-]{1,40}", spec: u32) {
            let bytes = sample(&container, spec);
            prop_assert!(recognise(&bytes));
            let record = parse(&bytes, &Limits::default()).unwrap();
            let info = record.key_prov_info.unwrap().value;
            prop_assert_eq!(info.container.unwrap().value, container);
            prop_assert_eq!(info.key_spec.value, spec);
            prop_assert_eq!(record.friendly_name.unwrap().value, "Web");
            prop_assert!(record.archived);
            prop_assert_eq!(record.records.len(), 6);
            prop_assert_eq!(record.encoded, (bytes.len() - 3, bytes.len()));
        }
    }

    #[test]
    fn a_cut_element_is_an_error_at_every_offset() {
        let bytes = sample("te-1", 1);
        for cut in 0..bytes.len() {
            assert!(parse(&bytes[..cut], &Limits::default()).is_err());
            assert!(!recognise(&bytes[..cut]));
        }
        assert!(starts_like(&bytes[..bytes.len() - 1]));
    }

    #[test]
    fn a_broken_key_link_leaves_the_certificate() {
        let mut bytes = sample("te-1", 1);
        bytes[12..16].copy_from_slice(&9999_u32.to_le_bytes());
        let record = parse(&bytes, &Limits::default()).unwrap();
        assert!(record.key_prov_info.is_none());
        assert_eq!(record.problems.len(), 1);
        assert_eq!(record.contents, Contents::Certificate);
    }

    #[test]
    fn endless_records_are_bounded() {
        let records: Vec<(u32, Vec<u8>)> = (0..2_000).map(|_| (3, vec![])).collect();
        assert!(parse(&write(&records), &Limits::default()).is_err());
        assert!(!recognise(&write(&records)));
    }
}
