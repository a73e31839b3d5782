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
            // Section 6 of the RFC: a power of two that is larger than 1; openssl refuses 1 too.
            if *n < 2 || !n.is_power_of_two() {
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
    #[cfg_attr(miri, ignore = "longer than 15 minutes there")]
    fn the_published_vector_of_scrypt() {
        let kdf = Kdf::Scrypt { salt: b"NaCl".to_vec(), n: 1024, r: 8, p: 16, key_length: None };
        let key = pbes2(&kdf, &Password::text("password"), 16).unwrap();
        assert_eq!(hex(&key), "fdbabe1c9d3472007856e7190d01e9fe");
    }

    /// The PKCS#12 derivation and PBKDF2 by `openssl kdf`, the MACs by Python's hmac (those of RFC 4231 among them).
    #[test]
    fn every_hash_by_openssl_and_python() {
        let password = Password::text("password");
        let salt = b"NaCl-salt".to_vec();
        for (hash, pkcs12_key, pbkdf2_key, mac) in [
            (
                Hash::Sha1,
                "7867e0f6790b92c03663d544902b6df02ad193ba",
                "123fafe547e3b00f555be18008a88179ba7cae4a",
                "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
            ),
            (
                Hash::Sha224,
                "9b95ba0fe76cd56f27e6e181131a03a40ff383da",
                "6f9987977688125a9e98476776db65c36a7ff09e",
                "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44",
            ),
            (
                Hash::Sha256,
                "0f25ebf65618e721b41831d062e1951b79a73e6a",
                "d6a0c666cdf6fbc0f3458e141f189818025e7516",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                Hash::Sha384,
                "cf2c228f19e847a5d971f0be905c17a874487333",
                "da3b3a11ba8be71f764471853230ffdff460d7d7",
                "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
            ),
            (
                Hash::Sha512,
                "8b254d17561d5e521963d1b1125eecaa22200017",
                "52fd443ab9dc19455f82f90101076437515dee2c",
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
            ),
            (
                Hash::Sha512Trunc224,
                "f627b3ffc4e084eb4d2dd5200271d7167563ca97",
                "e8ebe60be0fc2eb27f748233fed4733740455570",
                "4a530b31a79ebcce36916546317c45f247d83241dfb818fd37254bde",
            ),
            (
                Hash::Sha512Trunc256,
                "1e6cf1ee1289f9066d648cce3bd78531df0671eb",
                "907566c385aa8e8694bed1dbedd64275a161a9e5",
                "6df7b24630d5ccb2ee335407081a87188c221489768fa2020513b2d593359456",
            ),
        ] {
            let derived = pkcs12(&hash, &password, &salt, 3, Purpose::Mac, 20).unwrap();
            assert_eq!(hex(&derived), pkcs12_key, "{hash:?}");
            let kdf = Kdf::Pbkdf2 { salt: salt.clone(), iterations: 3, prf: hash.clone(), key_length: None };
            assert_eq!(hex(&pbes2(&kdf, &password, 20).unwrap()), pbkdf2_key, "{hash:?}");
            let bytes: Vec<u8> = mac
                .as_bytes()
                .chunks(2)
                .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
                .collect();
            let is_right = |text: &[u8]| mac_is_right(&hash, b"Jefe", text, &bytes);
            assert_eq!(is_right(b"what do ya want for nothing?"), Some(true), "{hash:?}");
            assert_eq!(is_right(b"what do ya want for nothing!"), Some(false), "{hash:?}");
        }
    }

    #[test]
    fn what_is_not_supported_gives_no_key() {
        let password = Password::text("password");
        let other = Hash::Other("1.2.3".to_owned());
        assert!(pkcs12(&other, &password, b"salt", 1, Purpose::Mac, 20).is_none());
        assert!(mac_is_right(&other, b"key", b"bytes", b"mac").is_none());
        let pbkdf2 = |iterations, prf| Kdf::Pbkdf2 { salt: b"salt".to_vec(), iterations, prf, key_length: None };
        assert!(pbes2(&pbkdf2(1, other), &password, 20).is_none());
        assert!(pbes2(&pbkdf2(1 << 32, Hash::Sha1), &password, 20).is_none());
        let scrypt = |n| Kdf::Scrypt { salt: b"salt".to_vec(), n, r: 1, p: 1, key_length: None };
        assert!(pbes2(&scrypt(16), &password, 20).is_some());
        for n in [0, 1, 15, 17] {
            assert!(pbes2(&scrypt(n), &password, 20).is_none(), "{n}");
        }
        assert!(pbes2(&Kdf::Other("1.2.3".to_owned()), &password, 20).is_none());
    }
}
