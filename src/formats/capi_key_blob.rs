//! CryptoAPI key blobs: `BLOBHEADER` and what follows it, also as `.snk` and inside a domain backup key.
//!
//! Sources: Microsoft Win32 documentation, SecCrypto: "PUBLICKEYSTRUC", "Base Provider Key BLOBs" (RSA, SIMPLE),
//! "DSS Provider Key BLOBs" and "Diffie-Hellman Version 3 ... Key BLOBs" (DSS1 to DSS4, DH1 to DH4), "PLAINTEXTKEYBLOB";
//! ECMA-335 II.6.2.1.3 (the public-key header of an assembly, which is a public `.snk`); MS-BKRP 2.2.5 (client-side
//! wrapping key pair of the domain backup key). All integers are little-endian, the numbers of the keys too.
//!
//! A key blob has no KeySpec field: only `aiKeyAlg` tells it (`CALG_RSA_KEYX` or `CALG_RSA_SIGN`).

use super::bytes::{Reader, check_size, count, peek_u32, size};
use super::key_facts::{AT_KEYEXCHANGE, AT_SIGNATURE, KeyFacts, KeySpecFact, KeySpecSource};
use super::{FormatError, Spanned};
use crate::limits::Limits;

/// `SIMPLEBLOB`: a session key under another key.
pub const SIMPLEBLOB: u8 = 1;
/// `PUBLICKEYBLOB`.
pub const PUBLICKEYBLOB: u8 = 6;
/// `PRIVATEKEYBLOB`.
pub const PRIVATEKEYBLOB: u8 = 7;
/// `PLAINTEXTKEYBLOB`.
pub const PLAINTEXTKEYBLOB: u8 = 8;
/// `OPAQUEKEYBLOB`.
pub const OPAQUEKEYBLOB: u8 = 9;

/// `CALG_RSA_KEYX`.
pub const CALG_RSA_KEYX: u32 = 0xA400;
/// `CALG_RSA_SIGN`.
pub const CALG_RSA_SIGN: u32 = 0x2400;
/// `CALG_DSS_SIGN`.
pub const CALG_DSS_SIGN: u32 = 0x2200;
/// `CALG_DH_SF`.
pub const CALG_DH_SF: u32 = 0xAA01;
/// `CALG_DH_EPHEM`.
pub const CALG_DH_EPHEM: u32 = 0xAA02;

const RSA1: u32 = 0x3141_5352;
const RSA2: u32 = 0x3241_5352;
const DSS1: u32 = 0x3153_5344;
const DSS2: u32 = 0x3253_5344;
const DSS3: u32 = 0x3353_5344;
const DSS4: u32 = 0x3453_5344;
// NUL first: the documentation gives 0x31484400, so the bytes are 00 'D' 'H' '1'.
const DH1: u32 = 0x3148_4400;
const DH2: u32 = 0x3248_4400;
const DH3: u32 = 0x3348_4400;
const DH4: u32 = 0x3448_4400;

/// The largest key that is believed, in bits; a larger number is damage.
const MAX_BITS: u32 = 65_536;
/// The smallest encrypted private key: the numbers of a 384-bit RSA key.
const MIN_ENCRYPTED: usize = 200;

/// A CryptoAPI key blob. Holds no private numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapiKeyBlob {
    /// The 12 bytes before the blob in a public-only `.snk` or an assembly's public key.
    pub strong_name: Option<StrongNameHeader>,
    /// The 12 bytes before the blob in a domain DPAPI backup key.
    pub backup_key: Option<BackupKeyHeader>,
    /// `bType`: 1 SIMPLE, 6 PUBLIC, 7 PRIVATE, 8 PLAINTEXT, 9 OPAQUE.
    pub b_type: Spanned<u8>,
    /// `bVersion`: 2, or 3 for DSS3, DSS4, DH3 and DH4.
    pub b_version: Spanned<u8>,
    /// `reserved`, 0.
    pub reserved: Spanned<u16>,
    /// `aiKeyAlg`, an ALG_ID.
    pub ai_key_alg: Spanned<u32>,
    /// What follows the BLOBHEADER.
    pub body: CapiKeyBody,
    /// KeySpec after `aiKeyAlg`; `None` for symmetric keys.
    pub key_spec: Option<Spanned<KeySpecFact>>,
    /// The key; `None` for symmetric keys.
    pub key: Option<KeyFacts>,
    /// Zero bytes after the end of the key.
    pub trailing_zeros: usize,
}

/// `PublicKeyBlob` of a strong name: algorithm ids and a length before the blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrongNameHeader {
    /// `SigAlgId`, 0x2400.
    pub sig_alg_id: Spanned<u32>,
    /// `HashAlgId`, 0x8004 for SHA-1, 0x800C for SHA-256.
    pub hash_alg_id: Spanned<u32>,
    /// `cbPublicKey`.
    pub cb_public_key: Spanned<u32>,
}

/// The lengths before the private key blob and the certificate of a domain DPAPI backup key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupKeyHeader {
    /// Version, 2.
    pub version: Spanned<u32>,
    /// Length of the key blob.
    pub cb_key: Spanned<u32>,
    /// Length of the certificate.
    pub cb_certificate: Spanned<u32>,
    /// The bytes of the certificate (DER).
    pub certificate: (usize, usize),
}

/// What follows a BLOBHEADER.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CapiKeyBody {
    /// `RSAPUBKEY` and the numbers.
    Rsa {
        /// "RSA1" public, "RSA2" private.
        magic: Spanned<u32>,
        /// Bits of the modulus.
        bitlen: Spanned<u32>,
        /// The public exponent.
        pubexp: Spanned<u32>,
    },
    /// DSS or Diffie-Hellman, version 2 or 3.
    DiscreteLog {
        /// "DSS1" to "DSS4", "\0DH1" to "\0DH4".
        magic: Spanned<u32>,
        /// `bitlen` or `bitlenP`: bits of the prime.
        bitlen: Spanned<u32>,
        /// `bitlenQ`, version 3.
        bitlen_q: Option<Spanned<u32>>,
        /// `bitlenJ`, version 3.
        bitlen_j: Option<Spanned<u32>>,
        /// `bitlenX`, version 3 private.
        bitlen_x: Option<Spanned<u32>>,
        /// `DSSSEED.counter`; 0xFFFFFFFF means that there is no seed. `None` when the structure is missing.
        seed_counter: Option<Spanned<u32>>,
    },
    /// A session key, encrypted with another key.
    Simple {
        /// The algorithm of the key that encrypts it.
        wrapping_alg: Spanned<u32>,
        /// Bytes of the encrypted key.
        cb_encrypted: u32,
    },
    /// A session key in clear; it is not kept.
    PlainText {
        /// `dwKeySize`, in bytes.
        key_size: Spanned<u32>,
    },
    /// Bytes only the provider understands.
    Opaque {
        /// How many.
        cb: u32,
    },
    /// A private key encrypted with a session key: nothing but the header is readable.
    Encrypted {
        /// Bytes of the ciphertext.
        cb: u32,
    },
}

fn key_spec_of(alg: u32) -> Option<u32> {
    match alg {
        CALG_RSA_KEYX | CALG_DH_SF | CALG_DH_EPHEM => Some(AT_KEYEXCHANGE),
        CALG_RSA_SIGN | CALG_DSS_SIGN => Some(AT_SIGNATURE),
        _ => None,
    }
}

/// The documented name of an ALG_ID, for messages and reports.
pub fn alg_name(alg: u32) -> Option<&'static str> {
    Some(match alg {
        CALG_RSA_KEYX => "CALG_RSA_KEYX",
        CALG_RSA_SIGN => "CALG_RSA_SIGN",
        CALG_DSS_SIGN => "CALG_DSS_SIGN",
        CALG_DH_SF => "CALG_DH_SF",
        CALG_DH_EPHEM => "CALG_DH_EPHEM",
        0x2203 => "CALG_ECDSA",
        0xAA05 => "CALG_ECDH",
        0x4C01 => "CALG_SSL3_MASTER",
        0x4C04 => "CALG_PCT1_MASTER",
        0x4C05 => "CALG_SSL2_MASTER",
        0x4C06 => "CALG_TLS1_MASTER",
        0x6601 => "CALG_DES",
        0x6602 => "CALG_RC2",
        0x6603 => "CALG_3DES",
        0x6604 => "CALG_DESX",
        0x6609 => "CALG_3DES_112",
        0x660D => "CALG_RC5",
        0x660E => "CALG_AES_128",
        0x660F => "CALG_AES_192",
        0x6610 => "CALG_AES_256",
        0x6611 => "CALG_AES",
        0x6801 => "CALG_RC4",
        0x8003 => "CALG_MD5",
        0x8004 => "CALG_SHA1",
        0x8009 => "CALG_HMAC",
        0x800C => "CALG_SHA_256",
        0x800D => "CALG_SHA_384",
        0x800E => "CALG_SHA_512",
        _ => return None,
    })
}

/// The documented name of a `bType`.
pub fn blob_type_name(b_type: u8) -> &'static str {
    match b_type {
        SIMPLEBLOB => "SIMPLEBLOB",
        PUBLICKEYBLOB => "PUBLICKEYBLOB",
        PRIVATEKEYBLOB => "PRIVATEKEYBLOB",
        PLAINTEXTKEYBLOB => "PLAINTEXTKEYBLOB",
        OPAQUEKEYBLOB => "OPAQUEKEYBLOB",
        _ => "unknown blob type",
    }
}

fn strong_name_blob(bytes: &[u8]) -> bool {
    peek_u32(bytes, 0) == Some(CALG_RSA_SIGN)
        && peek_u32(bytes, 4).is_some_and(|hash| hash & 0xFFFF_FF00 == 0x8000)
        && peek_u32(bytes, 8).is_some_and(|cb| size(cb).checked_add(12) == Some(bytes.len()))
        && bytes.get(12) == Some(&PUBLICKEYBLOB)
}

fn backup_key(bytes: &[u8]) -> bool {
    let (Some(2), Some(key), Some(certificate)) = (peek_u32(bytes, 0), peek_u32(bytes, 4), peek_u32(bytes, 8)) else {
        return false;
    };
    size(key).checked_add(size(certificate)).and_then(|n| n.checked_add(12)) == Some(bytes.len())
        && bytes.get(12..16) == Some(&[PRIVATEKEYBLOB, 2, 0, 0])
}

/// True when the bytes start with a BLOBHEADER and the rest has the size that it asks for. A private or public key
/// blob that is cut but says its magic at offset 8 is recognised too, so that its damage can be reported.
pub fn recognise(bytes: &[u8]) -> bool {
    if strong_name_blob(bytes) || backup_key(bytes) {
        return true;
    }
    let (Some([b_type, version, 0, 0]), Some(alg)) = (bytes.get(..4), peek_u32(bytes, 4)) else { return false };
    let length = bytes.len();
    match (*b_type, *version) {
        (PUBLICKEYBLOB, 2) => matches!(peek_u32(bytes, 8), Some(RSA1 | DSS1 | DH1)) && key_spec_of(alg).is_some(),
        (PRIVATEKEYBLOB, 2) => {
            key_spec_of(alg).is_some()
                && (matches!(peek_u32(bytes, 8), Some(RSA2 | DSS2 | DH2)) || encrypted_size(length.saturating_sub(8)))
        }
        (PUBLICKEYBLOB | PRIVATEKEYBLOB, 3) => {
            matches!(peek_u32(bytes, 8), Some(DSS3 | DSS4 | DH3 | DH4)) && key_spec_of(alg).is_some()
        }
        (SIMPLEBLOB, 2) => {
            alg_name(alg).is_some()
                && peek_u32(bytes, 8).is_some_and(|wrapping| alg_name(wrapping).is_some())
                && simple_size(length.saturating_sub(12))
        }
        (PLAINTEXTKEYBLOB, 2) => {
            alg_name(alg).is_some()
                && peek_u32(bytes, 8).is_some_and(|cb| cb > 0 && size(cb).checked_add(12) == Some(length))
        }
        (OPAQUEKEYBLOB, 2) => alg_name(alg).is_some() && length > 32,
        _ => false,
    }
}

/// An encrypted private key is as long as the clear one (RC4), or the next multiple of a cipher block.
fn encrypted_size(length: usize) -> bool {
    length >= MIN_ENCRYPTED && length.is_multiple_of(4)
}

/// The encrypted session key has the size of an RSA modulus, or of a symmetric key with its padding.
fn simple_size(length: usize) -> bool {
    (16..=2_048).contains(&length) && length.is_multiple_of(8)
}

/// Reads a key blob, with the `.snk` or backup-key header when it has one.
///
/// # Errors
/// The header is not a BLOBHEADER, or the rest is shorter or longer than the key it announces.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<CapiKeyBlob, FormatError> {
    check_size(bytes, limits.key_blob_bytes, "key blob")?;
    if strong_name_blob(bytes) {
        let mut reader = Reader::new(bytes);
        let header = StrongNameHeader {
            sig_alg_id: reader.u32("SigAlgId")?,
            hash_alg_id: reader.u32("HashAlgId")?,
            cb_public_key: reader.u32("cbPublicKey")?,
        };
        let mut blob = parse_at(reader.rest(), reader.position())?;
        blob.strong_name = Some(header);
        return Ok(blob);
    }
    if backup_key(bytes) {
        let mut reader = Reader::new(bytes);
        let version = reader.u32("version")?;
        let cb_key = reader.u32("cbKey")?;
        let cb_certificate = reader.u32("cbCertificate")?;
        let key = reader.take_u32(cb_key.value, "key")?;
        let certificate = reader.take_u32(cb_certificate.value, "certificate")?;
        let mut blob = parse_at(key.value, key.start)?;
        let certificate = (certificate.start, certificate.end);
        blob.backup_key = Some(BackupKeyHeader { version, cb_key, cb_certificate, certificate });
        return Ok(blob);
    }
    parse_at(bytes, 0)
}

/// Reads a bare key blob that starts at the offset `base` of its artifact.
///
/// # Errors
/// As [`parse`].
pub fn parse_at(bytes: &[u8], base: usize) -> Result<CapiKeyBlob, FormatError> {
    let mut reader = Reader::at(bytes, base);
    let (b_type, b_version, reserved, ai_key_alg) = blob_header(&mut reader)?;
    let (body, key) = match (b_type.value, b_version.value) {
        (PUBLICKEYBLOB | PRIVATEKEYBLOB, 2 | 3) => {
            key_body(&mut reader, b_type.value, b_version.value, ai_key_alg.value)?
        }
        (SIMPLEBLOB, 2) => {
            let wrapping_alg = reader.u32("algorithm of the wrapping key")?;
            let encrypted = rest(&mut reader)?;
            if !simple_size(encrypted) {
                return Err(FormatError::new("the encrypted key of a SIMPLEBLOB is cut", reader.position()));
            }
            (CapiKeyBody::Simple { wrapping_alg, cb_encrypted: count(encrypted) }, None)
        }
        (PLAINTEXTKEYBLOB, 2) => {
            let key_size = reader.u32("dwKeySize")?;
            reader.take_u32(key_size.value, "key")?;
            (CapiKeyBody::PlainText { key_size }, None)
        }
        (OPAQUEKEYBLOB, 2) => {
            let cb = rest(&mut reader)?;
            let key = asymmetric_name(ai_key_alg.value).map(|name| KeyFacts::named(name, None, true));
            (CapiKeyBody::Opaque { cb: count(cb) }, key)
        }
        (other, version) => {
            return Err(FormatError::new(format!("no BLOBHEADER: bType {other}, bVersion {version}"), b_type.start));
        }
    };
    let trailing = reader.rest();
    if trailing.iter().any(|byte| *byte != 0) {
        reader.finish("key blob")?;
    }
    let source = KeySpecSource::AiKeyAlg;
    let key_spec = key.as_ref().and_then(|_| key_spec_of(ai_key_alg.value));
    let key_spec = key_spec.map(|value| Spanned::new(KeySpecFact { value, source }, ai_key_alg.start, ai_key_alg.end));
    Ok(CapiKeyBlob {
        strong_name: None,
        backup_key: None,
        b_type,
        b_version,
        reserved,
        ai_key_alg,
        body,
        key_spec,
        key,
        trailing_zeros: trailing.len(),
    })
}

type Header = (Spanned<u8>, Spanned<u8>, Spanned<u16>, Spanned<u32>);

fn blob_header(reader: &mut Reader<'_>) -> Result<Header, FormatError> {
    Ok((reader.u8("bType")?, reader.u8("bVersion")?, reader.u16("reserved")?, reader.u32("aiKeyAlg")?))
}

/// Reads only the BLOBHEADER and takes what follows as ciphertext: the form inside an encrypted `.pvk`.
///
/// # Errors
/// The header is cut or is not one of a private key.
pub fn parse_encrypted_at(bytes: &[u8], base: usize) -> Result<CapiKeyBlob, FormatError> {
    let mut reader = Reader::at(bytes, base);
    let (b_type, b_version, reserved, ai_key_alg) = blob_header(&mut reader)?;
    if b_type.value != PRIVATEKEYBLOB {
        return Err(FormatError::new(format!("no PRIVATEKEYBLOB: bType {}", b_type.value), b_type.start));
    }
    let source = KeySpecSource::AiKeyAlg;
    let key_spec = key_spec_of(ai_key_alg.value)
        .map(|value| Spanned::new(KeySpecFact { value, source }, ai_key_alg.start, ai_key_alg.end));
    let cb = rest(&mut reader)?;
    let key = asymmetric_name(ai_key_alg.value).map(|name| KeyFacts::named(name, encrypted_bits(name, cb), true));
    Ok(CapiKeyBlob {
        strong_name: None,
        backup_key: None,
        b_type,
        b_version,
        reserved,
        ai_key_alg,
        body: CapiKeyBody::Encrypted { cb: count(cb) },
        key_spec,
        key,
        trailing_zeros: 0,
    })
}

/// An RSA key's ciphertext of 12 + 9/16 bits bytes tells the size of the key when no padding was added.
fn encrypted_bits(algorithm: &str, cb: usize) -> Option<u32> {
    let bits = count(cb).checked_sub(12)?.checked_mul(16)?;
    (algorithm == "RSA" && bits.is_multiple_of(9 * 128)).then(|| bits.checked_div(9)).flatten()
}

fn asymmetric_name(alg: u32) -> Option<&'static str> {
    match alg {
        CALG_RSA_KEYX | CALG_RSA_SIGN => Some("RSA"),
        CALG_DSS_SIGN => Some("DSA"),
        CALG_DH_SF | CALG_DH_EPHEM => Some("DH"),
        _ => None,
    }
}

fn rest(reader: &mut Reader<'_>) -> Result<usize, FormatError> {
    let left = reader.remaining();
    reader.take(left, "key")?;
    Ok(left)
}

fn key_body(
    reader: &mut Reader<'_>,
    b_type: u8,
    version: u8,
    alg: u32,
) -> Result<(CapiKeyBody, Option<KeyFacts>), FormatError> {
    let private = b_type == PRIVATEKEYBLOB;
    let mut ahead = reader.clone();
    let magic = ahead.u32("magic")?;
    match (magic.value, version) {
        (RSA1, 2) if !private => rsa_body(reader, false),
        (RSA2, 2) if private => rsa_body(reader, true),
        (DSS1 | DH1, 2) if !private => discrete_log_2(reader, false),
        (DSS2 | DH2, 2) if private => discrete_log_2(reader, true),
        // A container file keeps the version-3 public key under bType 7 too, so bType does not decide here.
        (DSS3 | DH3, 3) => discrete_log_3(reader, false),
        (DSS4 | DH4, 3) => discrete_log_3(reader, true),
        (_, 2) if private && encrypted_size(reader.remaining()) => {
            let cb = rest(reader)?;
            let key = asymmetric_name(alg).map(|name| KeyFacts::named(name, encrypted_bits(name, cb), true));
            Ok((CapiKeyBody::Encrypted { cb: count(cb) }, key))
        }
        _ => Err(FormatError::new(
            format!(
                "magic \"{}\" does not belong to a {}",
                super::bytes::magic_text(magic.value),
                blob_type_name(b_type)
            ),
            magic.start,
        )),
    }
}

fn bits_field(reader: &mut Reader<'_>, name: &str) -> Result<Spanned<u32>, FormatError> {
    let bits = reader.u32(name)?;
    if bits.value == 0 || bits.value > MAX_BITS || !bits.value.is_multiple_of(8) {
        return Err(FormatError::new(
            format!("{name} {} is no multiple of 8 up to {MAX_BITS}", bits.value),
            bits.start,
        ));
    }
    Ok(bits)
}

fn bytes_of(bits: u32) -> usize {
    size(bits.checked_div(8).unwrap_or(0))
}

fn number(reader: &mut Reader<'_>, length: usize, name: &str) -> Result<Vec<u8>, FormatError> {
    let mut big_endian = reader.take(length, name)?.value.to_vec();
    big_endian.reverse();
    Ok(big_endian)
}

fn rsa_body(reader: &mut Reader<'_>, private: bool) -> Result<(CapiKeyBody, Option<KeyFacts>), FormatError> {
    let magic = reader.u32("magic")?;
    let bitlen = bits_field(reader, "bitlen")?;
    let pubexp = reader.u32("pubexp")?;
    let modulus = number(reader, bytes_of(bitlen.value), "modulus")?;
    if private {
        // Half a modulus, rounded up: OpenSSL writes (bits + 15) / 16 bytes.
        let half = size(bitlen.value.saturating_add(15).checked_div(16).unwrap_or(0));
        for name in ["prime1", "prime2", "exponent1", "exponent2", "coefficient"] {
            reader.take(half, name)?;
        }
        reader.take(bytes_of(bitlen.value), "privateExponent")?;
    }
    let mut key = KeyFacts::rsa(&modulus, &pubexp.value.to_be_bytes(), private);
    // The stated size: a modulus may have leading zero bits.
    key.bits = Some(bitlen.value);
    Ok((CapiKeyBody::Rsa { magic, bitlen, pubexp }, Some(key)))
}

fn family(magic: u32) -> &'static str {
    if matches!(magic, DSS1 | DSS2 | DSS3 | DSS4) { "DSA" } else { "DH" }
}

fn discrete_log_2(reader: &mut Reader<'_>, private: bool) -> Result<(CapiKeyBody, Option<KeyFacts>), FormatError> {
    let magic = reader.u32("magic")?;
    let bitlen = bits_field(reader, "bitlen")?;
    let length = bytes_of(bitlen.value);
    let family = family(magic.value);
    let mut y = None;
    let mut seed_counter = None;
    if family == "DSA" {
        reader.take(length, "p")?;
        reader.take(20, "q")?;
        reader.take(length, "g")?;
        if private {
            reader.take(20, "x")?;
        } else {
            y = Some(number(reader, length, "y")?);
        }
        // Some writers leave the DSSSEED out.
        if !reader.is_empty() {
            seed_counter = Some(reader.u32("DSSSEED.counter")?);
            reader.take(20, "DSSSEED.seed")?;
        }
    } else if private {
        reader.take(length, "prime")?;
        reader.take(length, "generator")?;
        reader.take(length, "secret")?;
    } else {
        y = Some(number(reader, length, "y")?);
    }
    let key = KeyFacts::discrete_log(family, bitlen.value, y.as_deref(), private);
    let body = CapiKeyBody::DiscreteLog { magic, bitlen, bitlen_q: None, bitlen_j: None, bitlen_x: None, seed_counter };
    Ok((body, Some(key)))
}

fn discrete_log_3(reader: &mut Reader<'_>, private: bool) -> Result<(CapiKeyBody, Option<KeyFacts>), FormatError> {
    let magic = reader.u32("magic")?;
    let bitlen = bits_field(reader, "bitlenP")?;
    let optional = |reader: &mut Reader<'_>, name: &str| -> Result<Spanned<u32>, FormatError> {
        if peek_u32(reader.rest(), 0) == Some(0) { reader.u32(name) } else { bits_field(reader, name) }
    };
    let bitlen_q = optional(reader, "bitlenQ")?;
    let bitlen_j = optional(reader, "bitlenJ")?;
    let bitlen_x = if private { Some(optional(reader, "bitlenX")?) } else { None };
    let seed_counter = reader.u32("DSSSEED.counter")?;
    reader.take(20, "DSSSEED.seed")?;
    reader.take(bytes_of(bitlen.value), "p")?;
    reader.take(bytes_of(bitlen_q.value), "q")?;
    reader.take(bytes_of(bitlen.value), "g")?;
    reader.take(bytes_of(bitlen_j.value), "j")?;
    let y = number(reader, bytes_of(bitlen.value), "y")?;
    if let Some(bits) = &bitlen_x {
        reader.take(bytes_of(bits.value), "x")?;
    }
    let key = KeyFacts::discrete_log(family(magic.value), bitlen.value, Some(&y), private);
    let body = CapiKeyBody::DiscreteLog {
        magic,
        bitlen,
        bitlen_q: Some(bitlen_q),
        bitlen_j: Some(bitlen_j),
        bitlen_x,
        seed_counter: Some(seed_counter),
    };
    Ok((body, Some(key)))
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A writer after the documentation, for the tests.
    fn header(b_type: u8, version: u8, alg: u32) -> Vec<u8> {
        [&[b_type, version, 0, 0][..], &alg.to_le_bytes()].concat()
    }

    fn rsa(private: bool, alg: u32, exponent: u32, modulus_le: &[u8]) -> Vec<u8> {
        let bits = modulus_le.len() as u32 * 8;
        let mut blob = header(if private { PRIVATEKEYBLOB } else { PUBLICKEYBLOB }, 2, alg);
        blob.extend(if private { b"RSA2" } else { b"RSA1" });
        blob.extend(bits.to_le_bytes());
        blob.extend(exponent.to_le_bytes());
        blob.extend(modulus_le);
        if private {
            blob.extend(vec![0x5A; modulus_le.len() / 2 * 5 + modulus_le.len()]);
        }
        blob
    }

    fn dss3(private: bool, bits: u32, q: u32, j: u32, x: u32, magic: &[u8; 4]) -> Vec<u8> {
        let mut blob = header(if private { 7 } else { 6 }, 3, CALG_DSS_SIGN);
        blob.extend(magic);
        blob.extend(bits.to_le_bytes());
        blob.extend(q.to_le_bytes());
        blob.extend(j.to_le_bytes());
        if private {
            blob.extend(x.to_le_bytes());
        }
        blob.extend([0xFF; 24]);
        let length = bits * 3 + q + j + if private { x } else { 0 };
        blob.extend(vec![1; length as usize / 8]);
        blob
    }

    #[test]
    fn version_3_and_diffie_hellman() {
        let limits = Limits::default();
        for (private, magic) in [(false, b"DSS3"), (true, b"DSS4"), (false, b"\0DH3"), (true, b"\0DH4")] {
            let blob = dss3(private, 2048, 256, 0, 256, magic);
            assert!(recognise(&blob));
            let record = parse(&blob, &limits).unwrap();
            let key = record.key.unwrap();
            assert_eq!(key.bits, Some(2048));
            assert_eq!(key.has_private, private);
            assert!(key.public_key_sha1.is_some());
            assert_eq!(key.algorithm, if magic[0] == 0 { "DH" } else { "DSA" });
            for cut in 0..blob.len() {
                assert!(parse(&blob[..cut], &limits).is_err());
            }
        }
        // DHPUBKEY of version 2: magic with its NUL first, then bitlen and y.
        let mut blob = header(PUBLICKEYBLOB, 2, CALG_DH_SF);
        blob.extend(b"\0DH1");
        blob.extend(512_u32.to_le_bytes());
        blob.extend([3; 64]);
        assert!(recognise(&blob));
        assert_eq!(parse(&blob, &limits).unwrap().key_spec.unwrap().value.value, AT_KEYEXCHANGE);
    }

    #[test]
    fn encrypted_private_keys_keep_their_header() {
        let mut blob = header(PRIVATEKEYBLOB, 2, CALG_RSA_SIGN);
        blob.extend(vec![0xA7; 12 + 9 * 64]);
        assert!(recognise(&blob));
        let record = parse(&blob, &Limits::default()).unwrap();
        assert!(matches!(record.body, CapiKeyBody::Encrypted { cb: 588 }));
        assert_eq!(record.key_spec.unwrap().value.value, AT_SIGNATURE);
        assert_eq!(record.key.unwrap().bits, Some(1024));
    }

    #[test]
    fn foreign_headers_are_refused() {
        let limits = Limits::default();
        for bytes in
            [&b""[..], b"RSA1", &[7, 2, 0, 0], &[6, 2, 0, 0, 0, 0xA4, 0, 0, b'R', b'S', b'A', b'2', 0, 0, 0, 0]]
        {
            assert!(!recognise(bytes));
            assert!(parse(bytes, &limits).is_err());
        }
        // A public key may not say 0 or 2^31 bits.
        for bits in [0_u32, 0x8000_0000, 1023] {
            let mut blob = header(PUBLICKEYBLOB, 2, CALG_RSA_KEYX);
            blob.extend(b"RSA1");
            blob.extend(bits.to_le_bytes());
            blob.extend([1; 8]);
            assert!(parse(&blob, &limits).is_err());
        }
    }

    #[test]
    fn opaque_blobs_show_their_header_only() {
        let mut blob = header(OPAQUEKEYBLOB, 2, CALG_RSA_KEYX);
        blob.extend([9; 100]);
        assert!(recognise(&blob));
        let record = parse(&blob, &Limits::default()).unwrap();
        assert!(matches!(record.body, CapiKeyBody::Opaque { cb: 100 }));
        assert_eq!(record.key.unwrap().bits, None);
    }

    #[test]
    fn a_backup_key_has_lengths_before_the_blob() {
        let key = rsa(true, CALG_RSA_KEYX, 65537, &[0xC1; 256]);
        let mut blob = 2_u32.to_le_bytes().to_vec();
        blob.extend((key.len() as u32).to_le_bytes());
        blob.extend(5_u32.to_le_bytes());
        blob.extend(&key);
        blob.extend([0x30, 3, 2, 1, 0]);
        assert!(recognise(&blob));
        let record = parse(&blob, &Limits::default()).unwrap();
        assert_eq!(record.backup_key.unwrap().certificate, (blob.len() - 5, blob.len()));
        assert_eq!(record.ai_key_alg.start, 16);
    }

    proptest! {
        #[test]
        fn rsa_blobs_round_trip(private: bool, sign: bool, exponent in 3_u32.., words in 6_usize..40, fill in 1_u8..) {
            let mut modulus = vec![fill; words * 16];
            *modulus.last_mut().unwrap() = 0x80;
            let alg = if sign { CALG_RSA_SIGN } else { CALG_RSA_KEYX };
            let blob = rsa(private, alg, exponent, &modulus);
            prop_assert!(recognise(&blob));
            let record = parse(&blob, &Limits::default()).unwrap();
            let CapiKeyBody::Rsa { pubexp, bitlen, .. } = &record.body else { panic!() };
            prop_assert_eq!(pubexp.value, exponent);
            prop_assert_eq!(bitlen.value as usize, modulus.len() * 8);
            prop_assert_eq!(record.key_spec.unwrap().value.value, if sign { 2 } else { 1 });
            let big_endian: Vec<u8> = modulus.iter().rev().copied().collect();
            prop_assert_eq!(record.key.unwrap(), KeyFacts::rsa(&big_endian, &exponent.to_be_bytes(), private));
        }

        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = parse(&bytes, &Limits::default());
            let _ = recognise(&bytes);
        }
    }
}
