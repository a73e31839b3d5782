//! The header of a DPAPI blob (`CryptProtectData`). Described, never decrypted.
//!
//! Sources: the published reverse engineering of the layout (Bursztein and Picod, "Recovering Windows secrets and EFS
//! certificates offline", WOOT 2010; Microsoft Win32 documentation of `CryptProtectData` for the flags). All integers
//! are little-endian.

use super::bytes::{Reader, check_size, utf16le_z};
use super::{FormatError, Spanned};
use crate::limits::Limits;

/// Version 1 and the provider GUID df9d8cd0-1501-11d1-8c7a-00c04fc297eb, as they start every blob.
pub const START: [u8; 20] =
    [1, 0, 0, 0, 0xD0, 0x8C, 0x9D, 0xDF, 0x01, 0x15, 0xD1, 0x11, 0x8C, 0x7A, 0x00, 0xC0, 0x4F, 0xC2, 0x97, 0xEB];

/// `CRYPTPROTECT_LOCAL_MACHINE`: any account of the machine can decrypt.
pub const CRYPTPROTECT_LOCAL_MACHINE: u32 = 4;

/// The header of a DPAPI blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DpapiBlob {
    /// The first byte of the blob in its artifact.
    pub start: usize,
    /// One after its last byte.
    pub end: usize,
    /// `dwVersion`, 1.
    pub version: Spanned<u32>,
    /// The provider's GUID.
    pub provider: Spanned<String>,
    /// Version of the master key, 1.
    pub master_key_version: Spanned<u32>,
    /// The GUID of the master key; the file of this name holds it.
    pub master_key_guid: Spanned<String>,
    /// Flags of `CryptProtectData`.
    pub flags: Spanned<u32>,
    /// The description, in clear.
    pub description: Spanned<String>,
    /// ALG_ID of the cipher.
    pub alg_crypt: Spanned<u32>,
    /// Bits of the cipher key.
    pub alg_crypt_bits: Spanned<u32>,
    /// Bytes of the salt.
    pub cb_salt: u32,
    /// Bytes of the first HMAC key, usually 0.
    pub cb_hmac_key: u32,
    /// ALG_ID of the hash.
    pub alg_hash: Spanned<u32>,
    /// Bits of the hash.
    pub alg_hash_bits: Spanned<u32>,
    /// Bytes of the second HMAC key.
    pub cb_hmac: u32,
    /// Bytes of the ciphertext.
    pub cb_data: u32,
    /// Bytes of the signature.
    pub cb_sign: u32,
}

impl DpapiBlob {
    /// True when the blob says that the machine, not a user, protects it. False is no proof of a user: services protect
    /// with the master keys of their own account without this flag.
    pub fn is_local_machine(&self) -> bool {
        self.flags.value & CRYPTPROTECT_LOCAL_MACHINE != 0
    }
}

/// True when the bytes are one whole DPAPI blob.
pub fn recognise(bytes: &[u8]) -> bool {
    bytes.starts_with(&START) && bytes.len() <= 64 << 20 && parse_at(bytes, 0).is_ok()
}

/// True when the bytes start like a DPAPI blob, whole or cut.
pub fn starts_like(bytes: &[u8]) -> bool {
    bytes.starts_with(&START)
}

/// Reads the header of a DPAPI blob.
///
/// # Errors
/// Another version or provider, a cut blob, or bytes after its end.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<DpapiBlob, FormatError> {
    check_size(bytes, limits.binary_bytes, "DPAPI blob")?;
    parse_at(bytes, 0)
}

/// Reads a DPAPI blob inside another artifact, where it starts at the offset `base`; it must fill `bytes`.
///
/// # Errors
/// As [`parse`].
pub fn parse_at(bytes: &[u8], base: usize) -> Result<DpapiBlob, FormatError> {
    let mut reader = Reader::at(bytes, base);
    if !bytes.starts_with(&START) {
        return Err(FormatError::new("no DPAPI blob: version and provider GUID differ", base));
    }
    let version = reader.u32("dwVersion")?;
    let provider = reader.guid("provider GUID")?;
    let master_key_version = reader.u32("master key version")?;
    let master_key_guid = reader.guid("master key GUID")?;
    let flags = reader.u32("flags")?;
    let cb_description = reader.u32("length of the description")?;
    let description = reader.take_u32(cb_description.value, "description")?.map(utf16le_z);
    let alg_crypt = reader.u32("algCrypt")?;
    let alg_crypt_bits = reader.u32("cipher key bits")?;
    let mut part = |name: &str| -> Result<u32, FormatError> {
        let length = reader.u32(name)?;
        reader.take_u32(length.value, name)?;
        Ok(length.value)
    };
    let cb_salt = part("salt")?;
    let cb_hmac_key = part("HMAC key")?;
    let alg_hash = reader.u32("algHash")?;
    let alg_hash_bits = reader.u32("hash bits")?;
    let mut part = |name: &str| -> Result<u32, FormatError> {
        let length = reader.u32(name)?;
        reader.take_u32(length.value, name)?;
        Ok(length.value)
    };
    let cb_hmac = part("second HMAC key")?;
    let cb_data = part("data")?;
    let cb_sign = part("signature")?;
    reader.finish("DPAPI blob")?;
    Ok(DpapiBlob {
        start: base,
        end: reader.position(),
        version,
        provider,
        master_key_version,
        master_key_guid,
        flags,
        description,
        alg_crypt,
        alg_crypt_bits,
        cb_salt,
        cb_hmac_key,
        alg_hash,
        alg_hash_bits,
        cb_hmac,
        cb_data,
        cb_sign,
    })
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::as_conversions)]
    use super::*;
    use proptest::prelude::*;

    /// A writer after the layout, with ciphertext of the given length; also for the tests of the formats around it.
    pub(crate) fn write(description: &str, flags: u32, cb_data: usize) -> Vec<u8> {
        let mut bytes = START.to_vec();
        bytes.extend(1_u32.to_le_bytes());
        bytes.extend([0x11; 16]);
        bytes.extend(flags.to_le_bytes());
        let text: Vec<u8> = description.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
        bytes.extend((text.len() as u32).to_le_bytes());
        bytes.extend(text);
        let mut part = |words: &[u32], length: usize| {
            bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
            bytes.extend((length as u32).to_le_bytes());
            bytes.extend(vec![0x22; length]);
        };
        part(&[0x6610, 256], 32);
        part(&[], 0);
        part(&[0x800E, 512], 32);
        part(&[], cb_data);
        part(&[], 64);
        bytes
    }

    proptest! {
        #[test]
        fn blobs_round_trip(description in "[a-zA-Z ]{0,30}", flags: u32, cb_data in 0_usize..200) {
            let bytes = write(&description, flags, cb_data);
            prop_assert!(recognise(&bytes));
            let record = parse(&bytes, &Limits::default()).unwrap();
            prop_assert_eq!(record.description.value, description);
            prop_assert_eq!(record.flags.value, flags);
            prop_assert_eq!(record.cb_data as usize, cb_data);
            prop_assert_eq!(record.provider.value, "df9d8cd0-1501-11d1-8c7a-00c04fc297eb");
            prop_assert_eq!(record.end, bytes.len());
        }
    }

    #[test]
    fn a_cut_blob_is_an_error_at_every_offset() {
        let bytes = write("Private Key", 4, 48);
        for cut in 0..bytes.len() {
            assert!(parse(&bytes[..cut], &Limits::default()).is_err());
        }
        assert!(parse(&[&bytes[..], &[0]].concat(), &Limits::default()).is_err());
    }

    #[test]
    fn another_provider_is_not_dpapi() {
        let mut bytes = write("", 0, 16);
        bytes[4] ^= 1;
        assert!(!recognise(&bytes));
        assert!(parse(&bytes, &Limits::default()).is_err());
    }
}
