//! `.pvk` private key files of the Authenticode tools.
//!
//! Sources: S. Henson, "PVK file information" (the published description of the format); OpenSSL, `crypto/pem/pvkfmt.c`
//! (limits, and that only the bytes after the BLOBHEADER are encrypted). All integers are little-endian.
//!
//! `keytype` states the KeySpec; it may contradict the `aiKeyAlg` of the BLOBHEADER inside, so both are kept.

use super::bytes::{Reader, check_size, peek_u32, size};
use super::capi_key_blob::{self, CapiKeyBlob};
use super::key_facts::{KeySpecFact, KeySpecSource};
use super::{FormatError, Spanned};
use crate::limits::Limits;

const MAGIC: u32 = 0xB0B5_F11E;
/// OpenSSL's limits for salt and key.
const MAX_SALT: u32 = 10_240;
const MAX_KEY: u32 = 102_400;

/// A PVK file. Holds no private numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PvkFile {
    /// 0xB0B5F11E.
    pub magic: Spanned<u32>,
    /// Reserved (some writers call it version), 0.
    pub reserved: Spanned<u32>,
    /// The KeySpec.
    pub keytype: Spanned<u32>,
    /// 0 in clear, 1 RC4, 2 RC2-CBC.
    pub encrypt_type: Spanned<u32>,
    /// Length of the salt; 16 in encrypted files.
    pub saltlen: Spanned<u32>,
    /// Length of the key blob.
    pub keylen: Spanned<u32>,
    /// KeySpec as `keytype` states it.
    pub key_spec: Spanned<KeySpecFact>,
    /// The key blob; of an encrypted file only its BLOBHEADER.
    pub blob: CapiKeyBlob,
    /// True when `keytype` and the blob's `aiKeyAlg` tell the same KeySpec.
    pub keytype_agrees: bool,
}

impl PvkFile {
    /// True when the key is encrypted with a password.
    pub fn is_encrypted(&self) -> bool {
        self.encrypt_type.value != 0
    }
}

/// True for the magic of a PVK file.
pub fn recognise(bytes: &[u8]) -> bool {
    peek_u32(bytes, 0) == Some(MAGIC) && bytes.len() >= 24
}

/// Reads a PVK file.
///
/// # Errors
/// No PVK magic, a length over the limits of the format, a cut file, or bytes after its end.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<PvkFile, FormatError> {
    check_size(bytes, limits.key_blob_bytes, "PVK file")?;
    let mut reader = Reader::new(bytes);
    let magic = reader.u32("magic")?;
    if magic.value != MAGIC {
        return Err(FormatError::new("no PVK magic", 0));
    }
    let reserved = reader.u32("reserved")?;
    let keytype = reader.u32("keytype")?;
    let encrypt_type = reader.u32("encrypttype")?;
    let saltlen = reader.u32("saltlen")?;
    let keylen = reader.u32("keylen")?;
    if saltlen.value > MAX_SALT {
        return Err(FormatError::new(format!("a salt of {} bytes", saltlen.value), saltlen.start));
    }
    if keylen.value > MAX_KEY {
        return Err(FormatError::new(format!("a key of {} bytes", keylen.value), keylen.start));
    }
    let encrypted = encrypt_type.value != 0;
    if encrypted && saltlen.value == 0 {
        return Err(FormatError::new("encrypted, but without salt", saltlen.start));
    }
    reader.take(size(saltlen.value), "salt")?;
    let key = reader.take_u32(keylen.value, "key")?;
    reader.finish("PVK file")?;
    let blob = if encrypted {
        capi_key_blob::parse_encrypted_at(key.value, key.start)?
    } else {
        capi_key_blob::parse_at(key.value, key.start)?
    };
    let fact = KeySpecFact { value: keytype.value, source: KeySpecSource::Stated };
    let key_spec = Spanned::new(fact, keytype.start, keytype.end);
    let keytype_agrees = blob.key_spec.as_ref().is_none_or(|inner| inner.value.value == keytype.value);
    Ok(PvkFile { magic, reserved, keytype, encrypt_type, saltlen, keylen, key_spec, blob, keytype_agrees })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn file(keytype: u32, encrypt: u32, salt: &[u8], key: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for word in [MAGIC, 0, keytype, encrypt, u32::try_from(salt.len()).unwrap(), u32::try_from(key.len()).unwrap()]
        {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(salt);
        bytes.extend(key);
        bytes
    }

    fn encrypted_blob() -> Vec<u8> {
        let mut key = vec![7, 2, 0, 0, 0, 0xA4, 0, 0];
        key.extend([0x77; 300]);
        key
    }

    #[test]
    fn an_encrypted_file_shows_keytype_and_algorithm() {
        let bytes = file(2, 1, &[1; 16], &encrypted_blob());
        assert!(recognise(&bytes));
        let record = parse(&bytes, &Limits::default()).unwrap();
        assert!(record.is_encrypted());
        assert_eq!(record.key_spec.value.value, 2);
        assert_eq!(record.blob.key_spec.as_ref().unwrap().value.value, 1);
        assert!(!record.keytype_agrees);
        assert_eq!(record.blob.key.as_ref().unwrap().bits, Some(512));
        for cut in 0..bytes.len() {
            assert!(parse(&bytes[..cut], &Limits::default()).is_err());
        }
    }

    #[test]
    fn lengths_are_bounded() {
        let limits = Limits::default();
        let mut bytes = file(1, 1, &[1; 16], &encrypted_blob());
        bytes[20..24].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(parse(&bytes, &limits).is_err());
        bytes[16..20].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(parse(&bytes, &limits).is_err());
        assert!(parse(&file(1, 1, &[], &encrypted_blob()), &limits).is_err());
    }
}
