//! Private keys as ASN.1: PKCS#8 in clear and encrypted, PKCS#1, SEC1.
//!
//! Sources: RFC 5958 (OneAsymmetricKey, EncryptedPrivateKeyInfo), RFC 8017 A.1.2 (RSAPrivateKey), RFC 5915 (ECPrivateKey),
//! RFC 3279 2.3.2 (DSA parameters). Windows adds the key's purpose as attribute 2.5.29.15 (key usage): 0x80 for a
//! signature key, 0x10 for an exchange key.

use super::der::{Element, Octets, Reader, tag};
use super::key_facts::{AT_KEYEXCHANGE, AT_SIGNATURE, KeyFacts, KeySpecFact, KeySpecSource, sha1};
use super::{FormatError, Spanned, key_algorithm, x509};
use crate::limits::Limits;

/// The object identifier of the key usage attribute.
const KEY_USAGE: &str = "2.5.29.15";

/// Which structure holds the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrivateKeyForm {
    /// PKCS#8 PrivateKeyInfo or OneAsymmetricKey.
    Pkcs8,
    /// PKCS#8 EncryptedPrivateKeyInfo.
    EncryptedPkcs8,
    /// PKCS#1 RSAPrivateKey.
    Pkcs1,
    /// SEC1 ECPrivateKey.
    Sec1,
    /// OpenSSL's DSAPrivateKey: version, p, q, g, y, x.
    Dsa,
}

impl PrivateKeyForm {
    /// The word for reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pkcs8 => "PKCS#8",
            Self::EncryptedPkcs8 => "encrypted PKCS#8",
            Self::Pkcs1 => "PKCS#1",
            Self::Sec1 => "SEC1",
            Self::Dsa => "DSA",
        }
    }
}

/// What a private key file says of its key. Holds no private numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrivateKeyFile {
    /// The structure.
    pub form: PrivateKeyForm,
    /// The name of the key's algorithm, else its object identifier; `None` when it is encrypted.
    pub algorithm: Option<String>,
    /// The key; `None` when it is encrypted or of an unknown algorithm.
    pub key: Option<KeyFacts>,
    /// The first byte of the key's own key usage, digitalSignature highest.
    pub key_usage: Option<Spanned<u8>>,
    /// KeySpec after that attribute.
    pub key_spec: Option<Spanned<KeySpecFact>>,
    /// The object identifier of the encryption scheme.
    pub encryption: Option<String>,
}

/// True when the bytes are one DER value that is a private key.
pub fn recognise(bytes: &[u8]) -> bool {
    bytes.first() == Some(&0x30) && bytes.len() <= 1 << 20 && read(bytes, 32).is_ok()
}

/// Reads a private key in DER.
///
/// # Errors
/// None of the known structures, a cut key, or bytes after it.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<PrivateKeyFile, FormatError> {
    super::bytes::check_size(bytes, limits.key_blob_bytes, "private key")?;
    read(bytes, limits.der_depth)
}

fn read(bytes: &[u8], depth: usize) -> Result<PrivateKeyFile, FormatError> {
    let mut file = Reader::new(bytes, depth);
    let outer = file.universal(tag::SEQUENCE, "the private key")?;
    if file.remaining() > 0 {
        return Err(FormatError::new(format!("{} bytes follow the private key", file.remaining()), file.offset()));
    }
    let mut inner = outer.children();
    let first = inner.require("the first value of the private key")?;
    if first.is_universal(tag::SEQUENCE) {
        return encrypted(&first, &mut inner);
    }
    let version = first.unsigned("the version of the private key")?;
    let second = inner.require("the second value of the private key")?;
    if second.is_universal(tag::SEQUENCE) {
        return pkcs8(&second, inner, depth);
    }
    if second.is_universal(tag::OCTET_STRING) && version == 1 {
        let (key, _) = sec1(&outer, None);
        return Ok(plain(PrivateKeyForm::Sec1, key));
    }
    if second.is_universal(tag::INTEGER) && version <= 1 {
        let count = integers(&outer)?;
        return match count {
            9.. => Ok(plain(PrivateKeyForm::Pkcs1, pkcs1(&outer)?)),
            6 => Ok(plain(PrivateKeyForm::Dsa, dsa(&outer)?)),
            _ => Err(second.error(format!("a private key of {count} numbers"))),
        };
    }
    Err(second.error("no private key"))
}

fn plain(form: PrivateKeyForm, key: KeyFacts) -> PrivateKeyFile {
    let algorithm = Some(key.algorithm.to_owned());
    PrivateKeyFile { form, algorithm, key: Some(key), key_usage: None, key_spec: None, encryption: None }
}

/// EncryptedPrivateKeyInfo: the algorithm, and an octet string that ends it.
fn encrypted(scheme: &Element<'_>, inner: &mut Reader<'_>) -> Result<PrivateKeyFile, FormatError> {
    let oid = scheme.children().require("the encryption scheme")?.oid("the encryption scheme")?;
    inner.universal(tag::OCTET_STRING, "the encrypted key")?;
    if inner.read()?.is_some() || !(oid.starts_with("1.2.840.113549.1.5.") || oid.starts_with("1.2.840.113549.1.12.1."))
    {
        return Err(scheme.error("no EncryptedPrivateKeyInfo"));
    }
    Ok(PrivateKeyFile {
        form: PrivateKeyForm::EncryptedPkcs8,
        algorithm: None,
        key: None,
        key_usage: None,
        key_spec: None,
        encryption: Some(oid),
    })
}

fn integers(outer: &Element<'_>) -> Result<usize, FormatError> {
    let mut inner = outer.children();
    let mut count = 0_usize;
    while let Some(element) = inner.read()? {
        // A multi-prime key ends with a sequence.
        if element.is_universal(tag::INTEGER) {
            count = count.saturating_add(1);
        }
    }
    Ok(count)
}

fn number<'a>(inner: &mut Reader<'a>, what: &str) -> Result<&'a [u8], FormatError> {
    Ok(inner.universal(tag::INTEGER, what)?.content())
}

fn pkcs1(outer: &Element<'_>) -> Result<KeyFacts, FormatError> {
    let mut inner = outer.children();
    number(&mut inner, "the version")?;
    let modulus = number(&mut inner, "the modulus")?;
    Ok(KeyFacts::rsa(modulus, number(&mut inner, "the public exponent")?, true))
}

fn dsa(outer: &Element<'_>) -> Result<KeyFacts, FormatError> {
    let mut inner = outer.children();
    number(&mut inner, "the version")?;
    let p = super::key_facts::bit_length(number(&mut inner, "p")?);
    number(&mut inner, "q")?;
    number(&mut inner, "g")?;
    Ok(KeyFacts::discrete_log("DSA", p, Some(number(&mut inner, "y")?), true))
}

/// ECPrivateKey: the curve and the public point stand in `[0]` and `[1]`, both optional.
fn sec1(outer: &Element<'_>, curve: Option<key_algorithm::Curve>) -> (KeyFacts, bool) {
    let mut curve = curve;
    let mut point = None;
    let mut inner = outer.children();
    while let Ok(Some(element)) = inner.read() {
        if let (true, Ok(Some(value))) = (element.is_context(0), element.children().read()) {
            curve = curve.or(value.oid("the curve").ok().and_then(|oid| key_algorithm::curve(&oid)));
        }
        if let (true, Ok(Some(value))) = (element.is_context(1), element.children().read()) {
            point = value.bits("the public point").ok().map(|(_, bytes)| bytes);
        }
    }
    let bits = curve.map(|curve| curve.bits).or_else(|| point.and_then(x509::field_bits));
    let mut key = KeyFacts::named("ECC", bits, true);
    key.parameters = curve.map(|curve| curve.name.to_owned());
    key.public_key_sha1 = point.map(sha1);
    (key, point.is_some())
}

fn pkcs8(identifier: &Element<'_>, mut inner: Reader<'_>, depth: usize) -> Result<PrivateKeyFile, FormatError> {
    let mut algorithm = identifier.children();
    let oid = algorithm.require("the algorithm of the private key")?.oid("the algorithm of the private key")?;
    let parameters = algorithm.read()?;
    let octets = inner.universal(tag::OCTET_STRING, "the private key")?.octets()?;
    let name = key_algorithm::name(&oid);
    let mut key = inner_key(name, &oid, parameters, &octets, depth)?;
    let mut file = PrivateKeyFile {
        form: PrivateKeyForm::Pkcs8,
        algorithm: Some(name.map_or(oid, str::to_owned)),
        key: None,
        key_usage: None,
        key_spec: None,
        encryption: None,
    };
    while let Some(element) = inner.read()? {
        if element.is_context(0) {
            attributes(&element, &mut file);
        } else if element.is_context(1) {
            // publicKey [1] IMPLICIT BIT STRING: the content starts with the number of unused bits.
            let public = element.content().split_first().map(|(_, bytes)| bytes);
            if let (Some(key), Some(public)) = (&mut key, public.filter(|_| !element.constructed)) {
                key.public_key_sha1 = key.public_key_sha1.or(Some(sha1(public)));
            }
        }
    }
    file.key = key;
    Ok(file)
}

fn inner_key(
    name: Option<&'static str>,
    oid: &str,
    parameters: Option<Element<'_>>,
    octets: &Octets<'_>,
    depth: usize,
) -> Result<Option<KeyFacts>, FormatError> {
    let mut reader = octets.reader(depth);
    Ok(match name {
        Some(rsa @ ("RSA" | "RSA-PSS" | "RSA-OAEP")) => {
            let mut key = pkcs1(&reader.universal(tag::SEQUENCE, "the RSA key")?)?;
            key.algorithm = rsa;
            Some(key)
        }
        Some("ECC") => {
            let curve = parameters.and_then(|curve| curve.oid("the curve").ok());
            let curve = curve.and_then(|oid| key_algorithm::curve(&oid));
            Some(sec1(&reader.universal(tag::SEQUENCE, "the EC key")?, curve).0)
        }
        Some(other @ ("DSA" | "DH")) => {
            let prime = parameters.and_then(|sequence| sequence.children().read().ok().flatten());
            let bits = prime.and_then(|prime| u32::try_from(prime.integer_bits()).ok());
            Some(KeyFacts::named(other, bits, true))
        }
        Some(other) => Some(KeyFacts::named(other, key_algorithm::fixed_bits(oid), true)),
        None => None,
    })
}

fn attributes(set: &Element<'_>, file: &mut PrivateKeyFile) {
    let mut all = set.children();
    while let Ok(Some(attribute)) = all.read() {
        let mut inner = attribute.children();
        let oid = inner.read().ok().flatten().and_then(|oid| oid.oid("the attribute").ok());
        if oid.as_deref() != Some(KEY_USAGE) {
            continue;
        }
        let value = inner.read().ok().flatten().and_then(|values| values.children().read().ok().flatten());
        let Some(Ok((_, [bits, ..]))) = value.map(|value| value.bits("the key usage")) else { continue };
        let (start, end) = attribute.span();
        file.key_usage = Some(Spanned::new(*bits, start, end));
        // Encipherment bits make an exchange key, signing bits alone a signature key.
        let value = match (bits & 0x38, bits & 0xC6) {
            (1.., _) => AT_KEYEXCHANGE,
            (0, 1..) => AT_SIGNATURE,
            _ => continue,
        };
        let fact = KeySpecFact { value, source: KeySpecSource::KeyUsageAttribute };
        file.key_spec = Some(Spanned::new(fact, start, end));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
mod tests {
    use super::*;

    /// An Ed25519 key after RFC 8410, section 10.3, without attributes.
    const ED25519: &str =
        "302e020100300506032b657004220420d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842";

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    #[test]
    fn keys_of_rfc_8410() {
        let file = parse(&bytes(ED25519), &Limits::default()).unwrap();
        assert_eq!(file.form, PrivateKeyForm::Pkcs8);
        assert_eq!(file.key.unwrap().algorithm, "Ed25519");
        assert_eq!(file.key_spec, None);
    }

    #[test]
    fn the_attribute_of_windows_tells_the_key_spec() {
        // The same key with [0] { 2.5.29.15 = BIT STRING }.
        for (usage, spec) in [("80", Some(2)), ("10", Some(1)), ("b0", Some(1)), ("00", None)] {
            let tail = format!("a00d300b0603551d0f3104030200{usage}");
            let hex = format!("{}{}{tail}", "303d", &ED25519[4..]);
            let file = parse(&bytes(&hex), &Limits::default()).unwrap();
            assert_eq!(file.key_spec.map(|spec| spec.value.value), spec, "{usage}");
        }
    }

    #[test]
    fn other_structures_are_no_private_keys() {
        for hex in ["3000", "3003020100", "30060201003000", "0500", "300602010002010130"] {
            assert!(!recognise(&bytes(hex)), "{hex}");
        }
    }
}
