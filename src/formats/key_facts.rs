//! What every key artifact states of its key: KeySpec and where it shows, algorithm, size, and the hash of the public key.

use sha1::{Digest, Sha1};

use super::der_write::{integer, rsa_public_key, without_zeros};

/// `AT_KEYEXCHANGE` (wincrypt.h).
pub const AT_KEYEXCHANGE: u32 = 1;
/// `AT_SIGNATURE` (wincrypt.h).
pub const AT_SIGNATURE: u32 = 2;

/// Where a KeySpec was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeySpecSource {
    /// A field that holds the KeySpec itself.
    Stated,
    /// The `aiKeyAlg` of a BLOBHEADER: the exchange and the signature algorithm ids differ.
    AiKeyAlg,
    /// The slot of the key container that is filled.
    Slot,
    /// The key usage attribute (2.5.29.15) that Windows adds to a PKCS#8 key.
    KeyUsageAttribute,
    /// The format is CNG's, which has no KeySpec: 0.
    Cng,
}

impl KeySpecSource {
    /// True when the artifact has a field for the KeySpec; false when it follows from something else.
    pub fn is_stated(self) -> bool {
        matches!(self, Self::Stated)
    }
}

/// A KeySpec and where it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeySpecFact {
    /// 0 none, 1 `AT_KEYEXCHANGE`, 2 `AT_SIGNATURE`, 0xFFFFFFFF `CERT_NCRYPT_KEY_SPEC`.
    pub value: u32,
    /// Where it was read.
    pub source: KeySpecSource,
}

/// What a key artifact tells of its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFacts {
    /// `RSA`, `DSA`, `DH`, `ECC`, or the name of a symmetric or post-quantum algorithm.
    pub algorithm: String,
    /// The named curve or parameter set, where there is one.
    pub parameters: Option<String>,
    /// Bits of the modulus, the prime or the field; `None` where the format does not say.
    pub bits: Option<u32>,
    /// SHA-1 over the content of the subjectPublicKey BIT STRING that a certificate of this key has (RFC 5280, 4.2.1.2,
    /// method 1). `None` when the public half is not in the artifact.
    pub public_key_sha1: Option<[u8; 20]>,
    /// True when the private half is in the artifact, in clear or encrypted.
    pub has_private: bool,
}

impl KeyFacts {
    /// An RSA key from its big-endian modulus and exponent; the BIT STRING holds `RSAPublicKey` (RFC 8017, A.1.1).
    pub fn rsa(modulus: &[u8], exponent: &[u8], has_private: bool) -> Self {
        Self {
            algorithm: "RSA".to_owned(),
            parameters: None,
            bits: Some(bit_length(modulus)),
            public_key_sha1: Some(sha1(&rsa_public_key(modulus, exponent))),
            has_private,
        }
    }

    /// An elliptic-curve key from its coordinates; the BIT STRING holds the uncompressed point (RFC 5480, 2.2).
    pub fn ec(curve: Option<&str>, bits: u32, x: &[u8], y: &[u8], has_private: bool) -> Self {
        let point = [&[4_u8], x, y].concat();
        Self {
            algorithm: "ECC".to_owned(),
            parameters: curve.map(str::to_owned),
            bits: Some(bits),
            public_key_sha1: Some(sha1(&point)),
            has_private,
        }
    }

    /// A DSA or DH key from its big-endian public value; the BIT STRING holds an INTEGER (RFC 3279, 2.3.2 and 2.3.3).
    pub fn discrete_log(algorithm: &str, bits: u32, y: Option<&[u8]>, has_private: bool) -> Self {
        Self {
            algorithm: algorithm.to_owned(),
            parameters: None,
            bits: Some(bits),
            public_key_sha1: y.map(|y| sha1(&integer(y))),
            has_private,
        }
    }

    /// A key of which only the algorithm and perhaps the size show.
    pub fn named(algorithm: &str, bits: Option<u32>, has_private: bool) -> Self {
        Self { algorithm: algorithm.to_owned(), parameters: None, bits, public_key_sha1: None, has_private }
    }
}

/// The SHA-1 of some bytes.
pub fn sha1(bytes: &[u8]) -> [u8; 20] {
    Sha1::digest(bytes).into()
}

/// The bits of a big-endian number, without leading zeros.
pub fn bit_length(number: &[u8]) -> u32 {
    let significant = without_zeros(number);
    let Some((first, rest)) = significant.split_first() else { return 0 };
    let whole = u32::try_from(rest.len()).unwrap_or(u32::MAX).saturating_mul(8);
    whole.saturating_add(8_u32.saturating_sub(first.leading_zeros()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_of_numbers() {
        assert_eq!(bit_length(&[]), 0);
        assert_eq!(bit_length(&[0, 0]), 0);
        assert_eq!(bit_length(&[0, 1, 0, 1]), 17);
        assert_eq!(bit_length(&[0x80, 0]), 16);
    }
}
