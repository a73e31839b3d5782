//! Private key files: PKCS#8 in clear and encrypted, PKCS#1, SEC1.
//!
//! Sources: RFC 5958 (OneAsymmetricKey, EncryptedPrivateKeyInfo), RFC 8017 A.1.2 (RSAPrivateKey), RFC 5915 (ECPrivateKey),
//! OpenSSL's DSA form. The keys themselves are read as those of a PFX file are. Windows adds the key's purpose as attribute
//! 2.5.29.15 (key usage): 0x80 for a signature key, 0x10 for an exchange key.

use super::der::{Element, Place, Reader, tag};
use super::key_facts::{AT_KEYEXCHANGE, AT_SIGNATURE, KeyFacts, KeySpecFact, KeySpecSource, bit_length};
use super::pfx::private_key::{self as pkcs8, PrivateKey};
use super::{FormatError, Spanned};
use crate::limits::Limits;

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
    /// The key; `None` when it is encrypted.
    pub key: Option<KeyFacts>,
    /// The first byte of the key's own key usage, digitalSignature highest.
    pub key_usage: Option<Spanned<u8>>,
    /// KeySpec after that attribute.
    pub key_spec: Option<Spanned<KeySpecFact>>,
    /// The object identifier of the encryption scheme.
    pub encryption: Option<String>,
    /// Why the public half of the key could not be computed.
    pub problem: Option<FormatError>,
}

/// True when the bytes are one DER value that is a private key.
pub fn recognise(bytes: &[u8]) -> bool {
    bytes.first() == Some(&0x30) && bytes.len() <= 1 << 20 && read(bytes, &Limits::default(), false).is_ok()
}

/// Reads a private key in DER.
///
/// # Errors
/// None of the known structures, a cut key, or bytes after it.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<PrivateKeyFile, FormatError> {
    super::bytes::check_size(bytes, limits.key_blob_bytes, "private key")?;
    read(bytes, limits, true)
}

fn read(bytes: &[u8], limits: &Limits, compute: bool) -> Result<PrivateKeyFile, FormatError> {
    let mut file = Reader::new(bytes, limits.der_depth);
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
        return Ok(described(PrivateKeyForm::Pkcs8, pkcs8::read(bytes, &Place::At(0), limits, compute)?));
    }
    let mut key = PrivateKey {
        algorithm: "RSA".to_owned(),
        bits: None,
        curve: None,
        public_key_sha1: None,
        key_usage: None,
        attributes: Vec::new(),
        problem: None,
    };
    if second.is_universal(tag::OCTET_STRING) && version == 1 {
        "ECC".clone_into(&mut key.algorithm);
        let scalar = pkcs8::read_ec(bytes, None, &mut key);
        if let (Some(scalar), true) = (scalar, compute) {
            pkcs8::add_public_half(&mut key, &scalar, &second);
        }
        return Ok(described(PrivateKeyForm::Sec1, key));
    }
    if second.is_universal(tag::INTEGER) && version <= 1 {
        return match integers(&outer)? {
            9.. => {
                pkcs8::read_rsa(bytes, &mut key);
                Ok(described(PrivateKeyForm::Pkcs1, key))
            }
            6 => dsa(&outer),
            count => Err(second.error(format!("a private key of {count} numbers"))),
        };
    }
    Err(second.error("no private key"))
}

fn described(form: PrivateKeyForm, key: PrivateKey) -> PrivateKeyFile {
    let key_usage = key.key_usage.map(|usage| usage.map(|usage| usage.bits));
    let key_spec = key_usage.as_ref().and_then(|usage| {
        // Encipherment bits make an exchange key, signing bits alone a signature key.
        let value = match (usage.value & 0x38, usage.value & 0xC6) {
            (1.., _) => AT_KEYEXCHANGE,
            (0, 1..) => AT_SIGNATURE,
            _ => return None,
        };
        let fact = KeySpecFact { value, source: KeySpecSource::KeyUsageAttribute };
        Some(Spanned::new(fact, usage.start, usage.end))
    });
    let facts = KeyFacts {
        algorithm: key.algorithm,
        parameters: key.curve.map(str::to_owned),
        bits: key.bits,
        public_key_sha1: key.public_key_sha1.as_deref().and_then(super::bytes::sha1_of_hex),
        has_private: true,
    };
    PrivateKeyFile { form, key: Some(facts), key_usage, key_spec, encryption: None, problem: key.problem }
}

/// EncryptedPrivateKeyInfo: the algorithm, and an octet string that ends it.
fn encrypted(scheme: &Element<'_>, inner: &mut Reader<'_>) -> Result<PrivateKeyFile, FormatError> {
    let oid = scheme.children().require("the encryption scheme")?.oid("the encryption scheme")?;
    inner.universal(tag::OCTET_STRING, "the encrypted key")?;
    if inner.read()?.is_some() || !(oid.starts_with("1.2.840.113549.1.5.") || oid.starts_with("1.2.840.113549.1.12.1."))
    {
        return Err(scheme.error("no EncryptedPrivateKeyInfo"));
    }
    let form = PrivateKeyForm::EncryptedPkcs8;
    Ok(PrivateKeyFile { form, key: None, key_usage: None, key_spec: None, encryption: Some(oid), problem: None })
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

/// OpenSSL's DSAPrivateKey: version, p, q, g, y, x.
fn dsa(outer: &Element<'_>) -> Result<PrivateKeyFile, FormatError> {
    let mut inner = outer.children();
    let mut number = |what: &str| inner.universal(tag::INTEGER, what).map(|number| number.content());
    number("the version")?;
    let bits = bit_length(number("p")?);
    number("q")?;
    number("g")?;
    let key = KeyFacts::discrete_log("DSA", bits, Some(number("y")?), true);
    let form = PrivateKeyForm::Dsa;
    Ok(PrivateKeyFile { form, key: Some(key), key_usage: None, key_spec: None, encryption: None, problem: None })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
mod tests {
    use super::*;

    /// An Ed25519 key after RFC 8410, section 10.3, without attributes.
    const ED25519: &str =
        "302e020100300506032b657004220420d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842";

    fn bytes(hex: &str) -> Vec<u8> {
        hex.as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
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

    /// DER values of less than 128 bytes of content.
    #[cfg(feature = "decrypt")]
    fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let content = parts.concat();
        [&[tag, u8::try_from(content.len()).unwrap()][..], &content].concat()
    }

    /// The SEC1 key of a curve without its public point, and the same in PKCS#8.
    #[cfg(feature = "decrypt")]
    fn ec_keys(curve: &str, scalar: &[u8]) -> [Vec<u8>; 2] {
        let curve = der(6, &[&bytes(curve)]);
        let (number, algorithm) = (der(4, &[scalar]), der(6, &[&bytes("2a8648ce3d0201")]));
        let inner = der(0x30, &[&[2, 1, 1], &number]);
        let sec1 = der(0x30, &[&[2, 1, 1], &number, &der(0xa0, &[&curve])]);
        [sec1, der(0x30, &[&[2, 1, 0], &der(0x30, &[&algorithm, &curve]), &der(4, &[&inner])])]
    }

    #[test]
    #[cfg(feature = "decrypt")]
    fn a_missing_public_half_is_computed() {
        // `openssl pkey -inform DER -pubout -outform DER`, the last 65, 97, 133 and 32 bytes, through `sha1sum`.
        for (curve, size, public) in [
            ("2a8648ce3d030107", 32, "78402e07be66115a7f0236c99800d3e07db0c3b7"),
            ("2b81040022", 48, "92c5247ec0a3b4ce8efa000f24a28c7dc034b3c0"),
            ("2b81040023", 66, "963f719d06ed190da04c7bc8c1dc7361e8e97afe"),
        ] {
            let mut scalar = vec![0; size];
            scalar[size - 2..].copy_from_slice(&[0x12, 0x34]);
            for key in ec_keys(curve, &scalar) {
                let file = parse(&key, &Limits::default()).unwrap();
                assert_eq!(file.key.unwrap().public_key_sha1.unwrap().to_vec(), bytes(public));
                assert_eq!(file.problem, None);
            }
            for wrong in [vec![0; size], vec![0xff; size], vec![1; size + 1], Vec::new()] {
                for key in ec_keys(curve, &wrong) {
                    let file = parse(&key, &Limits::default()).unwrap();
                    assert_eq!(file.key.unwrap().public_key_sha1, None);
                    let problem = file.problem.unwrap();
                    assert!(problem.message.contains("between 1 and the order"), "{problem:?}");
                    assert!(problem.offset < key.len());
                }
            }
        }
        let file = parse(&bytes(ED25519), &Limits::default()).unwrap();
        let public = bytes("a28cc1f86e5960d3e03ae75c962c97a8d448293c");
        assert_eq!(file.key.unwrap().public_key_sha1.unwrap().to_vec(), public);
    }

    #[test]
    fn other_structures_are_no_private_keys() {
        for hex in ["3000", "3003020100", "30060201003000", "0500", "300602010002010130"] {
            assert!(!recognise(&bytes(hex)), "{hex}");
        }
    }
}
