//! The password of a PFX, protected for Active Directory principals (`PKCS12_PROTECT_TO_DOMAIN_SIDS`).
//!
//! Windows stores the password as a CMS EnvelopedData in a secretBag of type 1.3.6.1.4.1.311.17.4. Sources: RFC 5652
//! section 6 (EnvelopedData, KEKRecipientInfo), [MS-GKDI] section 2.2.4 (the key identifier), Microsoft's documentation
//! of protection descriptors (`SID=S-1-…`). Everything here stands in clear; the password needs the domain's KDS root key.

use crate::formats::der::{Element, Octets, tag};
use crate::formats::{FormatError, Spanned};
use crate::limits::Limits;

/// The object identifier of the bag's secret.
pub const SECRET_TYPE: &str = "1.3.6.1.4.1.311.17.4";

/// Who can open the file without its password.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SidProtection {
    /// One per recipient.
    pub recipients: Vec<Recipient>,
}

/// One recipient of the password.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recipient {
    /// The protection descriptors, as (`SID`, `S-1-5-21-…-519`).
    pub descriptors: Vec<Spanned<(String, String)>>,
    /// The key that wraps the password's key.
    pub key: Option<Spanned<KeyIdentifier>>,
}

/// The key identifier of [MS-GKDI], signature `KDSK`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyIdentifier {
    /// The KDS root key.
    pub root_key: String,
    /// The indexes L0, L1 and L2 of the group key.
    pub indexes: [u32; 3],
    /// The DNS name of the domain.
    pub domain: String,
    /// The DNS name of the forest.
    pub forest: String,
}

/// Reads the EnvelopedData of the secret.
///
/// # Errors
/// Not a ContentInfo with EnvelopedData.
pub fn read(secret: &Octets<'_>, limits: &Limits) -> Result<SidProtection, FormatError> {
    let mut reader = secret.reader(limits.der_depth);
    let mut info = reader.universal(tag::SEQUENCE, "the protected password")?.children();
    let oid = info.require("the content type")?.oid("the content type")?;
    let wrapped = info.require("the enveloped data")?;
    if oid != "1.2.840.113549.1.7.3" {
        return Err(wrapped.error(format!("the protected password has content type {oid}")));
    }
    let mut enveloped = wrapped.children().universal(tag::SEQUENCE, "the enveloped data")?.children();
    enveloped.require("the version of the enveloped data")?;
    let mut recipients = enveloped.universal(tag::SET, "the recipients")?.children();
    let mut protection = SidProtection::default();
    while let Some(info) = recipients.read()? {
        if protection.recipients.len() >= limits.bag_attributes {
            return Err(info.error("more recipients than are read"));
        }
        if info.is_context(2) {
            protection.recipients.push(read_recipient(&info, limits)?);
        }
    }
    Ok(protection)
}

fn read_recipient(info: &Element<'_>, limits: &Limits) -> Result<Recipient, FormatError> {
    let mut inner = info.children();
    inner.require("the version of the recipient")?;
    let mut identifier = inner.universal(tag::SEQUENCE, "the recipient's key identifier")?.children();
    let key = identifier.universal(tag::OCTET_STRING, "the key identifier")?;
    let octets = key.octets()?;
    let (start, end) = octets.span();
    let mut recipient = Recipient {
        key: read_key_identifier(&octets.bytes).map(|id| Spanned::new(id, start, end)),
        descriptors: Vec::new(),
    };
    while let Some(other) = identifier.read()? {
        collect_descriptors(&other, &mut recipient.descriptors, limits)?;
    }
    Ok(recipient)
}

/// A descriptor is a SEQUENCE of two UTF8Strings, name and value, inside the nested sequences of the attribute.
fn collect_descriptors(
    element: &Element<'_>,
    found: &mut Vec<Spanned<(String, String)>>,
    limits: &Limits,
) -> Result<(), FormatError> {
    if !element.constructed {
        return Ok(());
    }
    if found.len() >= limits.bag_attributes {
        return Err(element.error("more descriptors than are read"));
    }
    let mut inner = element.children();
    let mut texts = Vec::new();
    while let Some(value) = inner.read()? {
        if value.is_universal(tag::UTF8_STRING) {
            texts.extend(value.text());
        } else {
            collect_descriptors(&value, found, limits)?;
        }
    }
    if let [name, value, ..] = texts.as_slice() {
        let (start, end) = element.span();
        found.push(Spanned::new((name.clone(), value.clone()), start, end));
    }
    Ok(())
}

fn read_key_identifier(bytes: &[u8]) -> Option<KeyIdentifier> {
    let number = |at: usize| -> Option<u32> {
        let four = bytes.get(at..at.checked_add(4)?)?;
        Some(u32::from_le_bytes(four.try_into().ok()?))
    };
    if bytes.get(4..8)? != b"KDSK" {
        return None;
    }
    let root_key = guid(bytes.get(24..40)?)?;
    let length = |at: usize| number(at).and_then(|value| usize::try_from(value).ok());
    let (unknown, domain, forest) = (length(40)?, length(44)?, length(48)?);
    let (_, rest) = bytes.get(52..)?.split_at_checked(unknown)?;
    let (domain, rest) = rest.split_at_checked(domain)?;
    let (forest, _) = rest.split_at_checked(forest)?;
    Some(KeyIdentifier {
        root_key,
        indexes: [number(12)?, number(16)?, number(20)?],
        domain: utf16(domain),
        forest: utf16(forest),
    })
}

fn utf16(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).map(|pair| match pair {
        [low, high] => u16::from_le_bytes([*low, *high]),
        _ => 0xfffd,
    });
    char::decode_utf16(units)
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .take_while(|c| *c != '\0')
        .take(256)
        .collect()
}

/// A GUID in its text form without braces, [MS-DTYP] section 2.3.4: the first three fields are little-endian.
fn guid(bytes: &[u8]) -> Option<String> {
    let &[a, b, c, d, e, f, g, h, ref rest @ ..] = bytes else { return None };
    let (first, last) = rest.split_at_checked(2)?;
    let hex = crate::formats::der::hex;
    Some(format!("{}-{}-{}-{}-{}", hex(&[d, c, b, a]), hex(&[f, e]), hex(&[h, g]), hex(first), hex(last)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_key_identifier_after_ms_gkdi() {
        let text = |s: &str| -> Vec<u8> { s.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect() };
        let (domain, forest) = (text("corp.contoso.com"), text("contoso.com"));
        let mut bytes = vec![1, 0, 0, 0];
        bytes.extend(b"KDSK");
        bytes.extend([0; 4]);
        bytes.extend([0x69, 1, 0, 0, 0x10, 0, 0, 0, 0x03, 0, 0, 0]);
        bytes.extend((0..16).collect::<Vec<u8>>());
        bytes.extend([0; 4]);
        bytes.extend(u32::try_from(domain.len()).unwrap().to_le_bytes());
        bytes.extend(u32::try_from(forest.len()).unwrap().to_le_bytes());
        bytes.extend(domain);
        bytes.extend(forest);
        let id = read_key_identifier(&bytes).unwrap();
        assert_eq!(id.root_key, "03020100-0504-0706-0809-0a0b0c0d0e0f");
        assert_eq!(id.indexes, [0x169, 0x10, 3]);
        assert_eq!((id.domain.as_str(), id.forest.as_str()), ("corp.contoso.com", "contoso.com"));
        for end in 0..bytes.len() {
            assert!(read_key_identifier(bytes.get(..end).unwrap()).is_none());
        }
    }
}
