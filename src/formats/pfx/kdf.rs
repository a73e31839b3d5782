//! Key derivations and MACs of PKCS#12. Every bound is checked by the caller before.
//!
//! Sources: RFC 7292 appendix B (the derivation of PBES1 and of the MAC), RFC 8018 section 5.2 (PBKDF2), RFC 7914
//! (scrypt), RFC 2104 (HMAC).

use hmac::{EagerHash, Hmac, KeyInit, Mac};
use sha1::{Digest, Sha1};
use sha2::{Sha224, Sha256, Sha384, Sha512, Sha512_224, Sha512_256};
use zeroize::Zeroizing;

use super::algorithms::{Hash, Kdf};

/// What a key is derived for, RFC 7292 appendix B.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Purpose {
    /// The key of a cipher.
    Encryption,
    /// An initialisation vector.
    Iv,
    /// The key of the MAC.
    Mac,
}

/// A password in the two encodings that PKCS#12 uses.
pub(super) struct Password {
    /// UTF-16BE with two zero bytes at the end (RFC 7292 appendix B.1); nothing at all for the NULL password.
    pub(super) bmp: Zeroizing<Vec<u8>>,
    /// UTF-8, for PBES2 and PBMAC1.
    pub(super) utf8: Zeroizing<Vec<u8>>,
}

impl Password {
    /// A password that is a text, possibly empty.
    pub(super) fn text(text: &str) -> Self {
        // Sized once: growing would leave copies behind.
        let mut bmp = Zeroizing::new(Vec::with_capacity(text.len().saturating_mul(2).saturating_add(2)));
        bmp.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
        bmp.extend([0, 0]);
        Self { bmp, utf8: Zeroizing::new(text.as_bytes().to_vec()) }
    }

    /// No password at all, which is not the empty one.
    pub(super) fn null() -> Self {
        Self { bmp: Zeroizing::new(Vec::new()), utf8: Zeroizing::new(Vec::new()) }
    }
}

/// RFC 7292 appendix B.2. `None` for an unknown hash.
pub(super) fn pkcs12(
    hash: &Hash,
    password: &Password,
    salt: &[u8],
    iterations: u64,
    purpose: Purpose,
    length: usize,
) -> Option<Zeroizing<Vec<u8>>> {
    let derive = match hash {
        Hash::Sha1 => pkcs12_with::<Sha1>,
        Hash::Sha224 => pkcs12_with::<Sha224>,
        Hash::Sha256 => pkcs12_with::<Sha256>,
        Hash::Sha384 => pkcs12_with::<Sha384>,
        Hash::Sha512 => pkcs12_with::<Sha512>,
        Hash::Sha512Trunc224 => pkcs12_with::<Sha512_224>,
        Hash::Sha512Trunc256 => pkcs12_with::<Sha512_256>,
        Hash::Other(_) => return None,
    };
    let block = match hash {
        Hash::Sha1 | Hash::Sha224 | Hash::Sha256 => 64,
        _ => 128,
    };
    Some(derive(block, &password.bmp, salt, iterations, purpose, length))
}

fn pkcs12_with<D: Digest>(
    block: usize,
    password: &[u8],
    salt: &[u8],
    iterations: u64,
    purpose: Purpose,
    length: usize,
) -> Zeroizing<Vec<u8>> {
    let id = match purpose {
        Purpose::Encryption => 1,
        Purpose::Iv => 2,
        Purpose::Mac => 3,
    };
    let diversifier = vec![id; block];
    let repeated = |bytes: &[u8]| -> Zeroizing<Vec<u8>> {
        let blocks = bytes.len().div_ceil(block.max(1));
        Zeroizing::new(bytes.iter().copied().cycle().take(blocks.saturating_mul(block)).collect())
    };
    let mut input = Zeroizing::new([repeated(salt).as_slice(), repeated(password).as_slice()].concat());
    let mut output = Zeroizing::new(Vec::with_capacity(length.saturating_add(64)));
    while output.len() < length {
        let mut hash = D::new().chain_update(&diversifier).chain_update(input.as_slice()).finalize();
        for _ in 1..iterations {
            hash = D::digest(&hash);
        }
        output.extend_from_slice(&hash);
        let addend: Zeroizing<Vec<u8>> = Zeroizing::new(hash.iter().copied().cycle().take(block).collect());
        for chunk in input.chunks_mut(block) {
            // I_j = (I_j + B + 1) mod 2^v, big-endian.
            let mut carry = 1_u16;
            for (byte, add) in chunk.iter_mut().rev().zip(addend.iter().rev()) {
                let sum = u16::from(*byte).wrapping_add(u16::from(*add)).wrapping_add(carry);
                let [high, low] = sum.to_be_bytes();
                *byte = low;
                carry = u16::from(high);
            }
        }
    }
    output.truncate(length);
    output
}

/// The key of PBES2 or PBMAC1. `None` for a derivation that is not supported.
pub(super) fn pbes2(kdf: &Kdf, password: &Password, length: usize) -> Option<Zeroizing<Vec<u8>>> {
    let mut key = Zeroizing::new(vec![0; length]);
    match kdf {
        Kdf::Pbkdf2 { salt, iterations, prf, .. } => {
            let rounds = u32::try_from(*iterations).ok()?;
            let derive = match prf {
                Hash::Sha1 => pbkdf2::pbkdf2_hmac::<Sha1>,
                Hash::Sha224 => pbkdf2::pbkdf2_hmac::<Sha224>,
                Hash::Sha256 => pbkdf2::pbkdf2_hmac::<Sha256>,
                Hash::Sha384 => pbkdf2::pbkdf2_hmac::<Sha384>,
                Hash::Sha512 => pbkdf2::pbkdf2_hmac::<Sha512>,
                Hash::Sha512Trunc224 => pbkdf2::pbkdf2_hmac::<Sha512_224>,
                Hash::Sha512Trunc256 => pbkdf2::pbkdf2_hmac::<Sha512_256>,
                Hash::Other(_) => return None,
            };
            derive(&password.utf8, salt, rounds, &mut key);
        }
        Kdf::Scrypt { salt, n, r, p, .. } => {
            let log_n = u8::try_from(n.checked_ilog2()?).ok()?;
            if !n.is_power_of_two() {
                return None;
            }
            let params = scrypt::Params::new(log_n, u32::try_from(*r).ok()?, u32::try_from(*p).ok()?).ok()?;
            scrypt::scrypt(&password.utf8, salt, &params, &mut key).ok()?;
        }
        Kdf::Pkcs12 { .. } | Kdf::Other(_) => return None,
    }
    Some(key)
}

/// Whether a MAC over bytes is right. `None` for an unknown hash.
pub(super) fn mac_is_right(hash: &Hash, key: &[u8], bytes: &[u8], expected: &[u8]) -> Option<bool> {
    fn check<D: EagerHash>(key: &[u8], bytes: &[u8], expected: &[u8]) -> bool
    where
        Hmac<D>: KeyInit + Mac,
    {
        let Ok(mac) = <Hmac<D> as KeyInit>::new_from_slice(key) else { return false };
        mac.chain_update(bytes).verify_slice(expected).is_ok()
    }
    Some(match hash {
        Hash::Sha1 => check::<Sha1>(key, bytes, expected),
        Hash::Sha224 => check::<Sha224>(key, bytes, expected),
        Hash::Sha256 => check::<Sha256>(key, bytes, expected),
        Hash::Sha384 => check::<Sha384>(key, bytes, expected),
        Hash::Sha512 => check::<Sha512>(key, bytes, expected),
        Hash::Sha512Trunc224 => check::<Sha512_224>(key, bytes, expected),
        Hash::Sha512Trunc256 => check::<Sha512_256>(key, bytes, expected),
        Hash::Other(_) => return None,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::formats::der::hex;

    /// The vectors that Peter Gutmann published for the derivation of PKCS#12 v1.0.
    #[test]
    fn the_published_vectors_of_the_pkcs12_derivation() {
        let salt = [0x0a, 0x58, 0xcf, 0x64, 0x53, 0x0d, 0x82, 0x3f];
        let smeg = Password::text("smeg");
        let derive = |salt: &[u8], n, purpose, length, password: &Password| {
            hex(&pkcs12(&Hash::Sha1, password, salt, n, purpose, length).unwrap())
        };
        assert_eq!(
            derive(&salt, 1, Purpose::Encryption, 24, &smeg),
            "8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3"
        );
        assert_eq!(derive(&salt, 1, Purpose::Iv, 8, &smeg), "79993dfe048d3b76");
        let salt = [0x05, 0xde, 0xc9, 0x59, 0xac, 0xff, 0x72, 0xf7];
        let queeg = Password::text("queeg");
        assert_eq!(
            derive(&salt, 1000, Purpose::Encryption, 24, &queeg),
            "ed2034e36328830ff09df1e1a07dd357185dac0d4f9eb3d4"
        );
        assert_eq!(derive(&salt, 1000, Purpose::Iv, 8, &queeg), "11dedad7758d4860");
    }

    #[test]
    fn empty_and_null_are_two_passwords() {
        assert_eq!(Password::text("").bmp.as_slice(), [0, 0]);
        assert!(Password::null().bmp.is_empty());
        assert_eq!(Password::text("\u{e9}").bmp.as_slice(), [0, 0xe9, 0, 0]);
    }

    /// RFC 7914 section 12.
    #[test]
    fn the_published_vector_of_scrypt() {
        let kdf = Kdf::Scrypt { salt: b"NaCl".to_vec(), n: 1024, r: 8, p: 16, key_length: None };
        let key = pbes2(&kdf, &Password::text("password"), 16).unwrap();
        assert_eq!(hex(&key), "fdbabe1c9d3472007856e7190d01e9fe");
    }
}
