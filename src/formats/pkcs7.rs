//! Certificates in PKCS#7 SignedData: `.p7b`, `.p7c`, `.spc`.
//!
//! Source: RFC 5652, section 5.1 (SignedData); section 10.2.3 (certificates are certificates or other choices).

use super::FormatError;
use super::bytes::check_size;
use super::der::{Element, Reader, tag};
use crate::limits::Limits;

/// `signedData`.
pub const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";

/// The certificates of a SignedData.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pkcs7 {
    /// The type of the signed content; `1.2.840.113549.1.7.1` is plain data.
    pub content_type: String,
    /// The bytes of each certificate in the artifact, in file order.
    pub certificates: Vec<(usize, usize)>,
    /// The number of revocation lists.
    pub crls: usize,
    /// The number of signers; 0 for a bundle of certificates.
    pub signers: usize,
}

/// A SignedData, its content still encoded.
pub struct SignedData<'a> {
    /// The type of the content.
    pub content_type: String,
    /// The encapsulated content, when there is one.
    pub content: Option<Element<'a>>,
    /// `certificates [0]`.
    pub certificates: Option<Element<'a>>,
    /// `crls [1]`.
    pub crls: Option<Element<'a>>,
    /// `signerInfos`.
    pub signers: Option<Element<'a>>,
}

/// Opens the outer structures of a ContentInfo with SignedData.
///
/// # Errors
/// Another content type, or a cut or malformed structure.
pub fn signed_data<'a>(reader: &mut Reader<'a>) -> Result<SignedData<'a>, FormatError> {
    let outer = reader.universal(tag::SEQUENCE, "ContentInfo")?;
    let mut inner = outer.children();
    let kind = inner.require("the content type")?;
    if kind.oid("the content type")? != SIGNED_DATA {
        return Err(kind.error("no SignedData"));
    }
    let content = inner.require("the content")?;
    let sequence = content.children().universal(tag::SEQUENCE, "SignedData")?;
    let mut fields = sequence.children();
    fields.universal(tag::INTEGER, "the version")?;
    fields.universal(tag::SET, "the digest algorithms")?;
    let encapsulated = fields.universal(tag::SEQUENCE, "the encapsulated content")?;
    let mut encapsulated = encapsulated.children();
    let content_type = encapsulated.require("the type of the content")?.oid("the type of the content")?;
    let content = match encapsulated.read()? {
        Some(explicit) if explicit.is_context(0) => explicit.children().read()?,
        _ => None,
    };
    let mut data = SignedData { content_type, content, certificates: None, crls: None, signers: None };
    while let Some(field) = fields.read()? {
        if field.is_context(0) {
            data.certificates = Some(field);
        } else if field.is_context(1) {
            data.crls = Some(field);
        } else if field.is_universal(tag::SET) {
            data.signers = Some(field);
        }
    }
    Ok(data)
}

/// True when the bytes are one SignedData.
pub fn recognise(bytes: &[u8]) -> bool {
    let mut reader = Reader::new(bytes, 32);
    bytes.first() == Some(&0x30) && signed_data(&mut reader).is_ok()
}

/// Reads the certificates of a SignedData.
///
/// # Errors
/// No SignedData, or a certificate in it that is cut.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Pkcs7, FormatError> {
    check_size(bytes, limits.binary_bytes, "PKCS #7 file")?;
    let mut reader = Reader::new(bytes, limits.der_depth);
    let data = signed_data(&mut reader)?;
    let mut certificates = Vec::new();
    if let Some(set) = data.certificates {
        let mut all = set.children();
        while let Some(certificate) = all.read()? {
            // Attribute certificates and others have context tags.
            if certificate.is_universal(tag::SEQUENCE) {
                certificates.push(certificate.span());
            }
        }
    }
    let count = |set: Option<Element<'_>>| -> Result<usize, FormatError> {
        let mut all = match set {
            Some(set) => set.children(),
            None => return Ok(0),
        };
        let mut count = 0_usize;
        while all.read()?.is_some() {
            count = count.saturating_add(1);
        }
        Ok(count)
    };
    let (crls, signers) = (count(data.crls)?, count(data.signers)?);
    Ok(Pkcs7 { content_type: data.content_type, certificates, crls, signers })
}
