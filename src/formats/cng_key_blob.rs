//! CNG key blobs: what `BCryptExportKey` and `NCryptExportKey` write.
//!
//! Sources: Microsoft Win32 documentation, SecCNG: `BCRYPT_RSAKEY_BLOB`, `BCRYPT_ECCKEY_BLOB`, `BCRYPT_ECCFULLKEY_BLOB`,
//! `BCRYPT_DSA_KEY_BLOB`, `BCRYPT_DSA_KEY_BLOB_V2`, `BCRYPT_DH_KEY_BLOB`, `BCRYPT_DH_PARAMETER_HEADER`,
//! `BCRYPT_KEY_DATA_BLOB_HEADER`, `BCRYPT_MLKEM_KEY_BLOB`, `BCRYPT_PQDSA_KEY_BLOB`. The lengths are little-endian, the
//! numbers of the keys big-endian.
//!
//! The magic is at offset 0; the CryptoAPI blob has it at 8, and the public key inside a CryptoAPI container, which also
//! starts with "RSA1", has its length in bytes where this one has bits. Every blob is recognised by its exact size.

use super::bytes::{Reader, check_size, magic_text, peek_u32, size, utf16le_z};
use super::key_facts::{KeyFacts, bit_length, sha1};
use super::{FormatError, Spanned};
use crate::limits::Limits;

/// The largest key number that is believed, in bytes.
const MAX_NUMBER: u32 = 16_384;

/// A CNG key blob. Holds no private numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CngKeyBlob {
    /// The magic.
    pub magic: Spanned<u32>,
    /// The documented name of the blob, with the algorithm class that the magic tells, for example `ECDSA_P256 private`.
    pub blob: &'static str,
    /// The header fields after the magic, under their documented names.
    pub fields: Vec<(&'static str, Spanned<u32>)>,
    /// The name of the parameter set of a post-quantum key.
    pub parameter_set: Option<Spanned<String>>,
    /// The key; `None` for parameters without a key.
    pub key: Option<KeyFacts>,
    /// Zero bytes after the end of the key.
    pub trailing_zeros: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    Rsa { private: bool, full: bool },
    Ecc { curve: Option<(&'static str, u32, u32)>, private: bool },
    Dsa1 { private: bool },
    Dsa2 { private: bool },
    Dh { private: bool },
    DhParameters,
    KeyData,
    PostQuantum { algorithm: &'static str, private: bool },
}

const P256: (&str, u32, u32) = ("P-256", 256, 32);
const P384: (&str, u32, u32) = ("P-384", 384, 48);
const P521: (&str, u32, u32) = ("P-521", 521, 66);

fn layout(magic: &[u8]) -> Option<(Layout, &'static str)> {
    let ecc = |curve, private| Layout::Ecc { curve: Some(curve), private };
    let pq = |algorithm, private| Layout::PostQuantum { algorithm, private };
    Some(match magic {
        b"RSA1" => (Layout::Rsa { private: false, full: false }, "RSAPUBLICBLOB"),
        b"RSA2" => (Layout::Rsa { private: true, full: false }, "RSAPRIVATEBLOB"),
        b"RSA3" => (Layout::Rsa { private: true, full: true }, "RSAFULLPRIVATEBLOB"),
        b"ECS1" => (ecc(P256, false), "ECDSA_P256 public"),
        b"ECS2" => (ecc(P256, true), "ECDSA_P256 private"),
        b"ECS3" => (ecc(P384, false), "ECDSA_P384 public"),
        b"ECS4" => (ecc(P384, true), "ECDSA_P384 private"),
        b"ECS5" => (ecc(P521, false), "ECDSA_P521 public"),
        b"ECS6" => (ecc(P521, true), "ECDSA_P521 private"),
        b"ECK1" => (ecc(P256, false), "ECDH_P256 public"),
        b"ECK2" => (ecc(P256, true), "ECDH_P256 private"),
        b"ECK3" => (ecc(P384, false), "ECDH_P384 public"),
        b"ECK4" => (ecc(P384, true), "ECDH_P384 private"),
        b"ECK5" => (ecc(P521, false), "ECDH_P521 public"),
        b"ECK6" => (ecc(P521, true), "ECDH_P521 private"),
        b"ECDP" => (Layout::Ecc { curve: None, private: false }, "ECDSA generic public"),
        b"ECDV" => (Layout::Ecc { curve: None, private: true }, "ECDSA generic private"),
        b"ECKP" => (Layout::Ecc { curve: None, private: false }, "ECDH generic public"),
        b"ECKV" => (Layout::Ecc { curve: None, private: true }, "ECDH generic private"),
        b"DSPB" => (Layout::Dsa1 { private: false }, "DSAPUBLICBLOB"),
        b"DSPV" => (Layout::Dsa1 { private: true }, "DSAPRIVATEBLOB"),
        b"DPB2" => (Layout::Dsa2 { private: false }, "DSAPUBLICBLOB version 2"),
        b"DPV2" => (Layout::Dsa2 { private: true }, "DSAPRIVATEBLOB version 2"),
        b"DHPB" => (Layout::Dh { private: false }, "DHPUBLICBLOB"),
        b"DHPV" => (Layout::Dh { private: true }, "DHPRIVATEBLOB"),
        b"KDBM" => (Layout::KeyData, "KeyDataBlob"),
        b"MLKP" => (pq("ML-KEM", false), "MLKEMPUBLICBLOB"),
        b"MLKR" => (pq("ML-KEM", true), "MLKEMPRIVATEBLOB"),
        b"MLKS" => (pq("ML-KEM", true), "MLKEMPRIVATESEEDBLOB"),
        b"CMKP" => (pq("composite ML-KEM", false), "composite ML-KEM public"),
        b"CMKR" => (pq("composite ML-KEM", true), "composite ML-KEM private"),
        b"CMKS" => (pq("composite ML-KEM", true), "composite ML-KEM private seed"),
        b"DSPK" => (pq("ML-DSA", false), "PQDSAPUBLICBLOB"),
        b"DSSK" => (pq("ML-DSA", true), "PQDSAPRIVATEBLOB"),
        b"DSSS" => (pq("ML-DSA", true), "PQDSAPRIVATESEEDBLOB"),
        b"CMPK" => (pq("composite ML-DSA", false), "composite ML-DSA public"),
        b"CMSK" => (pq("composite ML-DSA", true), "composite ML-DSA private"),
        _ => return None,
    })
}

/// True when the bytes are a CNG key blob of exactly the size its header asks for.
pub fn recognise(bytes: &[u8]) -> bool {
    let known = bytes.get(..4).is_some_and(|magic| layout(magic).is_some()) || is_dh_parameters(bytes);
    known && bytes.len() <= 1 << 20 && read(bytes, 0).is_ok()
}

/// True when a blob starts whose header is whole and fits its magic, though it is cut or damaged further on.
pub fn starts_like(bytes: &[u8]) -> bool {
    let field = |at: usize| peek_u32(bytes, at);
    match bytes.get(..4).and_then(layout) {
        Some((Layout::Ecc { curve: Some((_, _, length)), .. }, _)) => field(4) == Some(length),
        Some((Layout::Rsa { .. }, _)) => {
            let (Some(bits), Some(exponent), Some(modulus), Some(_)) = (field(4), field(8), field(12), field(20))
            else {
                return false;
            };
            (384..=MAX_NUMBER.saturating_mul(8)).contains(&bits)
                && (1..=8).contains(&exponent)
                && modulus.checked_mul(8) == Some(bits)
        }
        _ => false,
    }
}

fn is_dh_parameters(bytes: &[u8]) -> bool {
    bytes.get(4..8) == Some(b"DHPM") && peek_u32(bytes, 0).is_some_and(|cb| size(cb) == bytes.len())
}

/// Reads a CNG key blob.
///
/// # Errors
/// An unknown magic, lengths that contradict each other, a cut blob, or other bytes than zeros after its end.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<CngKeyBlob, FormatError> {
    check_size(bytes, limits.key_blob_bytes, "key blob")?;
    read(bytes, 0)
}

/// Reads a CNG key blob inside another artifact, where it starts at the offset `base`.
///
/// # Errors
/// As [`parse`].
pub fn parse_at(bytes: &[u8], base: usize) -> Result<CngKeyBlob, FormatError> {
    read(bytes, base)
}

struct Walk<'a> {
    reader: Reader<'a>,
    fields: Vec<(&'static str, Spanned<u32>)>,
}

impl<'a> Walk<'a> {
    fn field(&mut self, name: &'static str) -> Result<u32, FormatError> {
        let field = self.reader.u32(name)?;
        let value = field.value;
        self.fields.push((name, field));
        Ok(value)
    }

    fn length(&mut self, name: &'static str) -> Result<usize, FormatError> {
        let at = self.reader.position();
        let value = self.field(name)?;
        if value > MAX_NUMBER {
            return Err(FormatError::new(format!("{name} is {value} bytes"), at));
        }
        Ok(size(value))
    }

    fn number(&mut self, length: usize, name: &str) -> Result<&'a [u8], FormatError> {
        Ok(self.reader.take(length, name)?.value)
    }
}

fn read(bytes: &[u8], base: usize) -> Result<CngKeyBlob, FormatError> {
    let mut walk = Walk { reader: Reader::at(bytes, base), fields: Vec::new() };
    let (layout, blob) = match bytes.get(..4).and_then(layout) {
        Some(found) => found,
        None if is_dh_parameters(bytes) => {
            walk.field("cbLength")?;
            (Layout::DhParameters, "DHParameters")
        }
        None => return Err(FormatError::new("no magic of a CNG key blob", base)),
    };
    let magic = walk.reader.u32("dwMagic")?;
    let mut parameter_set = None;
    let key = match layout {
        Layout::Rsa { private, full } => Some(rsa(&mut walk, private, full)?),
        Layout::Ecc { curve: Some(curve), private } => Some(named_curve(&mut walk, curve, private)?),
        Layout::Ecc { curve: None, private } => Some(generic_curve(&mut walk, private)?),
        Layout::Dsa1 { private } => Some(dsa1(&mut walk, private)?),
        Layout::Dsa2 { private } => Some(dsa2(&mut walk, private)?),
        Layout::Dh { private } => {
            let length = walk.length("cbKey")?;
            walk.number(length, "prime")?;
            walk.number(length, "generator")?;
            let y = walk.number(length, "public")?;
            if private {
                walk.number(length, "private")?;
            }
            Some(KeyFacts::discrete_log("DH", bits_of(length), Some(y), private))
        }
        Layout::DhParameters => {
            let length = walk.length("cbKeyLength")?;
            walk.number(length, "prime")?;
            walk.number(length, "generator")?;
            None
        }
        Layout::KeyData => {
            let at = walk.reader.position();
            let version = walk.field("dwVersion")?;
            if version != 1 {
                return Err(FormatError::new(format!("KeyDataBlob of version {version}"), at));
            }
            let length = walk.length("cbKeyData")?;
            walk.number(length, "key")?;
            Some(KeyFacts::named("symmetric", Some(bits_of(length)), true))
        }
        Layout::PostQuantum { algorithm, private } => {
            let name = walk.length("cbParameterSet")?;
            let length = walk.length("cbKey")?;
            if name > 128 || !name.is_multiple_of(2) {
                return Err(FormatError::new(format!("a parameter set name of {name} bytes"), magic.end));
            }
            let set = walk.reader.take(name, "parameter set")?.map(utf16le_z);
            let content = walk.number(length, "key")?;
            let public_key_sha1 = (!private).then(|| sha1(content));
            let parameters = Some(set.value.clone());
            parameter_set = Some(set);
            Some(KeyFacts {
                algorithm: algorithm.to_owned(),
                parameters,
                bits: None,
                public_key_sha1,
                has_private: private,
            })
        }
    };
    let trailing = walk.reader.rest();
    if trailing.len() > 16 || trailing.iter().any(|byte| *byte != 0) {
        walk.reader.finish(&format!("{} blob", magic_text(magic.value)))?;
    }
    Ok(CngKeyBlob { magic, blob, fields: walk.fields, parameter_set, key, trailing_zeros: trailing.len() })
}

fn bits_of(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX).saturating_mul(8)
}

fn rsa(walk: &mut Walk<'_>, private: bool, full: bool) -> Result<KeyFacts, FormatError> {
    let at = walk.reader.position();
    let bits = walk.field("BitLength")?;
    let exponent = walk.length("cbPublicExp")?;
    let modulus = walk.length("cbModulus")?;
    let prime1 = walk.length("cbPrime1")?;
    let prime2 = walk.length("cbPrime2")?;
    // The public key in a CryptoAPI container starts with the same magic, then its length in bytes.
    if bits > bits_of(modulus) || bits_of(modulus).saturating_sub(bits) >= 8 || exponent == 0 {
        return Err(FormatError::new(format!("BitLength {bits} with a modulus of {modulus} bytes"), at));
    }
    let e = walk.number(exponent, "PublicExponent")?;
    let n = walk.number(modulus, "Modulus")?;
    if private {
        walk.number(prime1, "Prime1")?;
        walk.number(prime2, "Prime2")?;
    }
    if full {
        walk.number(prime1, "Exponent1")?;
        walk.number(prime2, "Exponent2")?;
        walk.number(prime1, "Coefficient")?;
        walk.number(modulus, "PrivateExponent")?;
    }
    let mut key = KeyFacts::rsa(n, e, private);
    key.bits = Some(bits);
    Ok(key)
}

fn named_curve(
    walk: &mut Walk<'_>,
    (name, bits, bytes): (&'static str, u32, u32),
    private: bool,
) -> Result<KeyFacts, FormatError> {
    let at = walk.reader.position();
    let length = walk.length("cbKey")?;
    if length != size(bytes) {
        return Err(FormatError::new(format!("cbKey is {length}, {name} has {bytes} bytes"), at));
    }
    coordinates(walk, Some(name), bits, length, length, private)
}

fn coordinates(
    walk: &mut Walk<'_>,
    curve: Option<&str>,
    bits: u32,
    length: usize,
    private_length: usize,
    private: bool,
) -> Result<KeyFacts, FormatError> {
    let x = walk.number(length, "X")?;
    let y = walk.number(length, "Y")?;
    if private {
        walk.number(private_length, "d")?;
    }
    Ok(KeyFacts::ec(curve, bits, x, y, private))
}

fn generic_curve(walk: &mut Walk<'_>, private: bool) -> Result<KeyFacts, FormatError> {
    // BCRYPT_ECCFULLKEY_BLOB has dwVersion 1 where BCRYPT_ECCKEY_BLOB has the length of a coordinate.
    if peek_u32(walk.reader.rest(), 0) != Some(1) {
        let at = walk.reader.position();
        let length = walk.length("cbKey")?;
        if length < 14 {
            return Err(FormatError::new(format!("cbKey is {length}"), at));
        }
        return coordinates(walk, None, bits_of(length), length, length, private);
    }
    walk.field("dwVersion")?;
    walk.field("dwCurveType")?;
    walk.field("dwCurveGenerationAlgId")?;
    let field = walk.length("cbFieldLength")?;
    let order = walk.length("cbSubgroupOrder")?;
    let cofactor = walk.length("cbCofactor")?;
    let seed = walk.length("cbSeed")?;
    let prime = walk.number(field, "Prime")?;
    for name in ["A", "B", "Gx", "Gy"] {
        walk.number(field, name)?;
    }
    walk.number(order, "SubgroupOrder")?;
    walk.number(cofactor, "Cofactor")?;
    walk.number(seed, "Seed")?;
    coordinates(walk, None, bit_length(prime), field, order, private)
}

fn dsa1(walk: &mut Walk<'_>, private: bool) -> Result<KeyFacts, FormatError> {
    let length = walk.length("cbKey")?;
    walk.number(4, "Count")?;
    walk.number(20, "Seed")?;
    walk.number(20, "q")?;
    walk.number(length, "p")?;
    walk.number(length, "g")?;
    let y = walk.number(length, "y")?;
    if private {
        walk.number(20, "x")?;
    }
    Ok(KeyFacts::discrete_log("DSA", bits_of(length), Some(y), private))
}

fn dsa2(walk: &mut Walk<'_>, private: bool) -> Result<KeyFacts, FormatError> {
    let length = walk.length("cbKey")?;
    walk.field("hashAlgorithm")?;
    walk.field("standardVersion")?;
    let seed = walk.length("cbSeedLength")?;
    let group = walk.length("cbGroupSize")?;
    walk.number(4, "Count")?;
    walk.number(seed, "seed")?;
    walk.number(group, "q")?;
    walk.number(length, "p")?;
    walk.number(length, "g")?;
    let y = walk.number(length, "y")?;
    if private {
        walk.number(group, "x")?;
    }
    Ok(KeyFacts::discrete_log("DSA", bits_of(length), Some(y), private))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::as_conversions)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(magic: &[u8; 4], words: &[u32]) -> Vec<u8> {
        let mut bytes = magic.to_vec();
        bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        bytes
    }

    fn cut_everywhere(bytes: &[u8]) {
        for cut in 0..bytes.len() {
            assert!(parse(&bytes[..cut], &Limits::default()).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn every_layout_has_one_exact_size() {
        let mut cases: Vec<(Vec<u8>, &str, Option<u32>)> = Vec::new();
        for (magic, cb, bits) in [(b"ECS1", 32, 256), (b"ECK3", 48, 384), (b"ECS5", 66, 521), (b"ECDP", 32, 256)] {
            let mut blob = words(magic, &[cb]);
            blob.extend(vec![7; cb as usize * 2]);
            cases.push((blob, "ECC", Some(bits)));
        }
        for (magic, parts) in [(b"ECS2", 3), (b"ECKV", 3)] {
            let mut blob = words(magic, &[32]);
            blob.extend(vec![7; 32 * parts]);
            cases.push((blob, "ECC", Some(256)));
        }
        // BCRYPT_ECCFULLKEY_BLOB: 5 field elements, order, cofactor, seed, then the key.
        let mut full = words(b"ECDV", &[1, 1, 0, 32, 32, 1, 20]);
        full.extend(vec![0xFF; 5 * 32 + 32 + 1 + 20 + 2 * 32 + 32]);
        cases.push((full, "ECC", Some(256)));
        let mut dh = words(b"DHPV", &[128]);
        dh.extend([5; 512]);
        cases.push((dh, "DH", Some(1024)));
        let mut kem = words(b"MLKP", &[8, 800]);
        kem.extend(b"5\x001\x002\x00\0\0");
        kem.extend([9; 800]);
        cases.push((kem, "ML-KEM", None));
        for (blob, algorithm, bits) in cases {
            assert!(recognise(&blob), "{algorithm}");
            let record = parse(&blob, &Limits::default()).unwrap();
            let key = record.key.unwrap();
            assert_eq!((key.algorithm.as_str(), key.bits), (algorithm, bits));
            cut_everywhere(&blob);
            let longer = [&blob[..], &[1]].concat();
            assert!(!recognise(&longer));
        }
    }

    #[test]
    fn post_quantum_magics_are_not_dsa() {
        let mut blob = words(b"DSPK", &[6, 1312]);
        blob.extend(b"4\x004\x00\0\0");
        blob.extend([1; 1312]);
        let record = parse(&blob, &Limits::default()).unwrap();
        assert_eq!(record.blob, "PQDSAPUBLICBLOB");
        assert_eq!(record.parameter_set.unwrap().value, "44");
        cut_everywhere(&blob);
    }

    #[test]
    fn parameters_are_no_key() {
        let mut blob = 28_u32.to_le_bytes().to_vec();
        blob.extend(b"DHPM");
        blob.extend(8_u32.to_le_bytes());
        blob.extend([3; 16]);
        assert!(recognise(&blob));
        assert_eq!(parse(&blob, &Limits::default()).unwrap().key, None);
    }

    #[test]
    fn a_container_public_key_is_not_a_cng_blob() {
        // KEYLEN 0x108, bits 0x800, datalen 0xFF as in a CryptoAPI container.
        let mut blob = words(b"RSA1", &[0x108, 0x800, 0xFF, 0x1_0001]);
        blob.extend([1; 0x108]);
        assert!(!recognise(&blob));
    }

    proptest! {
        #[test]
        fn rsa_blobs_round_trip(n in proptest::collection::vec(0x80_u8.., 48..300), e in 1_u8.., kind in 1_u8..4) {
            let half = (n.len() as u32).div_ceil(2);
            let (p, q) = if kind == 1 { (0, 0) } else { (half, half) };
            let mut blob = words(&[b'R', b'S', b'A', b'0' + kind], &[n.len() as u32 * 8, 1, n.len() as u32, p, q]);
            blob.push(e);
            blob.extend(&n);
            blob.extend(vec![0xEE; if kind == 1 { 0 } else { half as usize * 2 }]);
            blob.extend(vec![0xEE; if kind == 3 { half as usize * 3 + n.len() } else { 0 }]);
            prop_assert!(recognise(&blob));
            let key = parse(&blob, &Limits::default()).unwrap().key.unwrap();
            prop_assert_eq!(key, KeyFacts::rsa(&n, &[e], kind != 1));
        }

        #[test]
        fn any_bytes_are_survived(tail in proptest::collection::vec(any::<u8>(), 0..300), magic in 0_usize..8) {
            let start: &[u8] = [&b"RSA1"[..], b"ECS2", b"ECDV", b"DPV2", b"KDBM", b"DSPK", b"DHPB", b""][magic];
            let _ = parse(&[start, &tail].concat(), &Limits::default());
        }
    }
}
