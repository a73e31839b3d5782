//! The facts of a private key in PKCS#8, never its private numbers.
//!
//! Sources: RFC 5958 (OneAsymmetricKey), RFC 8017 appendix A.1.2 (RSAPrivateKey), RFC 5915 (ECPrivateKey), RFC 8410
//! section 7 (Edwards curves), RFC 3279 section 2.3.2 (DSA parameters). Windows and OpenSSL's `-keyex` and `-keysig`
//! write the key usage as attribute 2.5.29.15 among the key's own attributes.

use sha1::{Digest, Sha1};
use zeroize::Zeroizing;

use crate::formats::der::{self, Element, Place, Reader, hex, tag};
use crate::formats::der_write::rsa_public_key;
use crate::formats::{FormatError, Spanned, key_algorithm, x509};
use crate::limits::Limits;

/// What a private key says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrivateKey {
    /// `RSA`, `ECC`, `DSA`, …; the object identifier of an unknown algorithm.
    pub algorithm: String,
    /// The size in bits.
    pub bits: Option<u32>,
    /// The curve of an elliptic-curve key.
    pub curve: Option<&'static str>,
    /// SHA-1 over the content that the subjectPublicKey BIT STRING of this key has: of the public half that stands with
    /// the key, else of the one computed from it (P-256, P-384, P-521, Ed25519; with the feature `decrypt`).
    pub public_key_sha1: Option<String>,
    /// The key's own attribute 2.5.29.15.
    pub key_usage: Option<Spanned<KeyUsage>>,
    /// Other attributes of the key, by their object identifiers.
    pub attributes: Vec<String>,
    /// Why a public half could not be computed.
    pub problem: Option<FormatError>,
}

/// The BIT STRING of a key's own key usage. Windows writes 0 unused bits, OpenSSL the smallest encoding; only the bits
/// count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyUsage {
    /// The first byte, digitalSignature highest (0x80), dataEncipherment 0x10.
    pub bits: u8,
    /// The stated number of unused bits.
    pub unused: u8,
}

/// Reads a PKCS#8 PrivateKeyInfo or OneAsymmetricKey; `compute` tells whether a missing public half is computed.
///
/// # Errors
/// Not such a structure. A key that is damaged below that gives what can be read.
pub fn read(bytes: &[u8], place: &Place, limits: &Limits, compute: bool) -> Result<PrivateKey, FormatError> {
    let outer = Reader::new(bytes, limits.der_depth).at(place).universal(tag::SEQUENCE, "the private key")?;
    let mut inner = outer.children();
    inner.require("the version of the private key")?.unsigned("the version of the private key")?;
    let identifier = inner.universal(tag::SEQUENCE, "the algorithm of the private key")?;
    let mut algorithm = identifier.children();
    let oid = algorithm.require("the algorithm of the private key")?.oid("the algorithm of the private key")?;
    let parameters = algorithm.read().ok().flatten();
    let private = inner.universal(tag::OCTET_STRING, "the private key's octets")?;
    let name = key_algorithm::name(&oid);
    let mut key = PrivateKey {
        algorithm: name.map_or_else(|| oid.clone(), str::to_owned),
        bits: key_algorithm::fixed_bits(&oid),
        curve: None,
        public_key_sha1: None,
        key_usage: None,
        attributes: Vec::new(),
        problem: None,
    };
    let mut scalar = None;
    let octets = private.octets()?;
    let bytes = Zeroizing::new(octets.bytes.into_owned());
    match name {
        Some("RSA" | "RSA-PSS" | "RSA-OAEP") => read_rsa(&bytes, &mut key),
        Some("ECC") => scalar = read_ec(&bytes, parameters, &mut key),
        // RFC 8410 section 7: CurvePrivateKey is an octet string of its own.
        Some("Ed25519") => {
            let inner = Reader::new(&bytes, 2).universal(tag::OCTET_STRING, "the Ed25519 private key");
            scalar = inner.ok().map(|inner| Zeroizing::new(inner.content().to_vec()));
        }
        Some("DSA" | "DH") => key.bits = parameters.and_then(|sequence| first_bits(&sequence)),
        _ => {}
    }
    while let Ok(Some(element)) = inner.read() {
        if element.is_context(0) {
            read_attributes(&element, limits, &mut key);
        } else if element.is_context(1) {
            // RFC 5958: publicKey [1] IMPLICIT BIT STRING; some writers give it an explicit tag.
            let public = if element.constructed {
                element.children().read().ok().flatten().and_then(|bits| bits.bits("the public key").ok())
            } else {
                element.content().split_first().map(|(unused, key)| (*unused, key))
            };
            if let (Some((_, public)), None) = (public, &key.public_key_sha1) {
                key.public_key_sha1 = Some(hex(&Sha1::digest(public)));
            }
        }
    }
    if let (Some(scalar), true) = (scalar, compute) {
        add_public_half(&mut key, &scalar, &private);
    }
    Ok(key)
}

/// Computes the public half of a key that is written without it.
#[cfg(feature = "decrypt")]
pub(crate) fn add_public_half(key: &mut PrivateKey, scalar: &[u8], place: &Element<'_>) {
    use crate::formats::public_half;
    if key.public_key_sha1.is_some() {
        return;
    }
    let computed = match key.curve {
        Some(curve) => public_half::point(curve, scalar),
        None if key.algorithm == "Ed25519" => Some(public_half::ed25519(scalar)),
        None => None,
    };
    match computed {
        Some(Ok(public)) => key.public_key_sha1 = Some(hex(&Sha1::digest(public))),
        Some(Err(reason)) => key.problem = Some(place.error(format!("the key has no public half: {reason}"))),
        None => {}
    }
}

/// A build without decryption has no arithmetic of curves.
#[cfg(not(feature = "decrypt"))]
pub(crate) fn add_public_half(_: &mut PrivateKey, _: &[u8], _: &Element<'_>) {}

fn first_bits(sequence: &Element<'_>) -> Option<u32> {
    let first = sequence.children().universal(tag::INTEGER, "the prime").ok()?;
    u32::try_from(first.integer_bits()).ok()
}

/// Fills in what a PKCS#1 RSAPrivateKey says.
pub(crate) fn read_rsa(bytes: &[u8], key: &mut PrivateKey) {
    let Ok(outer) = Reader::new(bytes, 4).universal(tag::SEQUENCE, "the RSA private key") else { return };
    let mut numbers = outer.children();
    let _version = numbers.read();
    let (Ok(modulus), Ok(exponent)) =
        (numbers.universal(tag::INTEGER, "the modulus"), numbers.universal(tag::INTEGER, "the exponent"))
    else {
        return;
    };
    key.bits = u32::try_from(modulus.integer_bits()).ok();
    key.public_key_sha1 = Some(hex(&Sha1::digest(rsa_public_key(modulus.content(), exponent.content()))));
}

/// Fills in what a SEC1 ECPrivateKey says; the parameters are those of the surrounding structure. Gives the private
/// number.
pub(crate) fn read_ec(
    bytes: &[u8],
    parameters: Option<Element<'_>>,
    key: &mut PrivateKey,
) -> Option<Zeroizing<Vec<u8>>> {
    let curve_of = |element: Element<'_>| element.oid("the curve").ok().and_then(|oid| key_algorithm::curve(&oid));
    let mut curve = parameters.and_then(curve_of);
    let mut point_bits = None;
    let mut scalar = None;
    if let Ok(outer) = Reader::new(bytes, 6).universal(tag::SEQUENCE, "the EC private key") {
        let mut inner = outer.children();
        while let Ok(Some(element)) = inner.read() {
            if element.is_universal(tag::OCTET_STRING) && scalar.is_none() {
                scalar = Some(Zeroizing::new(element.content().to_vec()));
                continue;
            }
            let Ok(Some(value)) = element.children().read() else { continue };
            if element.is_context(0) && curve.is_none() {
                curve = curve_of(value);
            } else if element.is_context(1)
                && let Ok((_, point)) = value.bits("the public point")
            {
                key.public_key_sha1 = Some(hex(&Sha1::digest(point)));
                point_bits = x509::field_bits(point);
            }
        }
    }
    key.curve = curve.map(|curve| curve.name);
    key.bits = curve.map(|curve| curve.bits).or(point_bits);
    scalar
}

fn read_attributes(set: &Element<'_>, limits: &Limits, key: &mut PrivateKey) {
    let mut attributes = set.children();
    for _ in 0..limits.bag_attributes {
        let Ok(Some(attribute)) = attributes.read() else { return };
        let mut inner = attribute.children();
        let Some(oid) = inner.read().ok().flatten().and_then(|oid| oid.oid("the attribute").ok()) else { continue };
        if oid != "2.5.29.15" {
            key.attributes.push(oid);
            continue;
        }
        let value = inner.read().ok().flatten().and_then(|values| values.children().read().ok().flatten());
        let content = value.filter(|bits| bits.is_universal(der::tag::BIT_STRING)).map(|bits| bits.content());
        if let (Some([unused, bits, ..]), None) = (content, &key.key_usage) {
            let (start, end) = attribute.span();
            key.key_usage = Some(Spanned::new(KeyUsage { bits: *bits, unused: *unused }, start, end));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_key_is_an_error() {
        let limits = Limits::default();
        assert!(read(&[0x30, 0], &Place::At(0), &limits, true).is_err());
        assert!(read(&[1, 2, 3], &Place::At(0), &limits, true).is_err());
    }
}
