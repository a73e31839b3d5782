//! `NCRYPT_OPAQUETRANSPORT_BLOB` of the Microsoft Software Key Storage Provider ("MIB1"), as Active Directory's credential
//! roaming stores it.
//!
//! Source: the published reverse engineering in DSInternals (M. Grafnetter), confirmed on a real value. All integers are
//! little-endian. It holds a complete CNG key file.

use super::bytes::{Reader, ansi_z, check_size, size, utf16le};
use super::cng_key_file::{self, CngKeyFile};
use super::{FormatError, Spanned};
use crate::limits::Limits;

/// The transport form of a CNG key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CngKeyTransport {
    /// `cchName`: characters of the name.
    pub cch_name: Spanned<u32>,
    /// Bytes of the file name.
    pub cb_file_name: Spanned<u32>,
    /// Bytes of the key file.
    pub cb_private_key_file: Spanned<u32>,
    /// Bytes of the legacy file name.
    pub cb_legacy_file_name: Spanned<u32>,
    /// Bytes of the legacy key.
    pub cb_legacy_key: Spanned<u32>,
    /// Flags.
    pub flags: Spanned<u32>,
    /// The key's name.
    pub name: Spanned<String>,
    /// The key file's name, empty when absent.
    pub file_name: Spanned<String>,
    /// The key file.
    pub key_file: Option<CngKeyFile>,
    /// The legacy file name, empty when absent.
    pub legacy_file_name: Spanned<String>,
    /// GUIDs of the master key files that travel along.
    pub master_keys: Vec<Spanned<String>>,
}

/// True for the magic of a transport blob.
pub fn recognise(bytes: &[u8]) -> bool {
    bytes.starts_with(b"MIB1") && bytes.len() >= 68
}

/// Reads a transport blob.
///
/// # Errors
/// Another magic, a cut blob, bytes after its end, or a key file inside that can't be read.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<CngKeyTransport, FormatError> {
    check_size(bytes, limits.key_blob_bytes, "CNG transport blob")?;
    parse_at(bytes, 0)
}

/// Reads a transport blob inside another artifact, where it starts at the offset `base`.
///
/// # Errors
/// As [`parse`].
pub fn parse_at(bytes: &[u8], base: usize) -> Result<CngKeyTransport, FormatError> {
    let mut reader = Reader::at(bytes, base);
    let magic = reader.take(4, "magic")?;
    if magic.value != b"MIB1" {
        return Err(FormatError::new("no magic MIB1", base));
    }
    let cch_name = reader.u32("cchName")?;
    let cb_file_name = reader.u32("cbFileName")?;
    let cb_private_key_file = reader.u32("cbPrivateKeyFile")?;
    let cb_legacy_file_name = reader.u32("cbLegacyFileName")?;
    let cb_legacy_key = reader.u32("cbLegacyKey")?;
    let mut master_key_lengths = [0_usize; 8];
    for length in &mut master_key_lengths {
        *length = size(reader.u32("cbMasterKeyFile")?.value);
    }
    reader.u32("reserved")?;
    reader.u32("reserved")?;
    let flags = reader.u32("flags")?;
    let name = reader.take(size(cch_name.value).saturating_mul(2), "name")?.map(utf16le);
    let file_name = reader.take_u32(cb_file_name.value, "file name")?.map(ansi_z);
    let key_file = reader.take_u32(cb_private_key_file.value, "key file")?;
    let legacy_file_name = reader.take_u32(cb_legacy_file_name.value, "legacy file name")?.map(ansi_z);
    reader.take_u32(cb_legacy_key.value, "legacy key")?;
    let mut master_keys = Vec::new();
    for length in master_key_lengths.into_iter().filter(|length| *length > 0) {
        master_keys.push(reader.guid("master key GUID")?);
        reader.take(length, "master key file")?;
    }
    reader.finish("CNG transport blob")?;
    let key_file =
        if key_file.value.is_empty() { None } else { Some(cng_key_file::parse_at(key_file.value, key_file.start)?) };
    Ok(CngKeyTransport {
        cch_name,
        cb_file_name,
        cb_private_key_file,
        cb_legacy_file_name,
        cb_legacy_key,
        flags,
        name,
        file_name,
        key_file,
        legacy_file_name,
        master_keys,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::as_conversions)]
mod tests {
    use super::super::cng_key_file::tests::write as key_file;
    use super::*;
    use proptest::prelude::*;

    fn write(name: &str, masters: &[usize]) -> Vec<u8> {
        let key = key_file(name, 5, None);
        let mut bytes = b"MIB1".to_vec();
        let mut words = vec![name.encode_utf16().count(), 0, key.len(), 4, 3];
        words.extend((0..8).map(|index| masters.get(index).copied().unwrap_or(0)));
        words.extend([0, 0, 1]);
        bytes.extend(words.iter().flat_map(|word| (*word as u32).to_le_bytes()));
        bytes.extend(name.encode_utf16().flat_map(u16::to_le_bytes));
        bytes.extend(key);
        bytes.extend(b"old\0");
        bytes.extend([9; 3]);
        for length in masters {
            bytes.extend([0xAB; 16]);
            bytes.extend(vec![1; *length]);
        }
        bytes
    }

    proptest! {
        #[test]
        fn blobs_round_trip(name in "[a-z0-9-]{1,40}", masters in proptest::collection::vec(1_usize..50, 0..8)) {
            let bytes = write(&name, &masters);
            prop_assert!(recognise(&bytes));
            let record = parse(&bytes, &Limits::default()).unwrap();
            prop_assert_eq!(&record.name.value, &name);
            prop_assert_eq!(record.legacy_file_name.value, "old");
            prop_assert_eq!(record.master_keys.len(), masters.len());
            let inner = record.key_file.unwrap();
            prop_assert_eq!(&inner.name.value, &name);
            prop_assert_eq!(inner.version.start, 68 + 2 * name.len());
        }
    }

    #[test]
    fn a_cut_blob_is_an_error_at_every_offset() {
        let bytes = write("te", &[20]);
        for cut in 0..bytes.len() {
            assert!(parse(&bytes[..cut], &Limits::default()).is_err());
        }
    }
}
