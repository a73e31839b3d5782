//! DPAPI master key files: `Microsoft\Protect\<SID>\<GUID>`. Described, never decrypted.
//!
//! Source: the published reverse engineering of the layout (Bursztein and Picod, WOOT 2010; dpapick; impacket). All
//! integers are little-endian. The file's name is the GUID that DPAPI blobs name.

use super::bytes::{Reader, check_size, utf16le};
use super::{FormatError, Spanned};
use crate::limits::Limits;

const HEADER: usize = 128;

/// The header of a master key file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DpapiMasterKey {
    /// `dwVersion`, 2.
    pub version: Spanned<u32>,
    /// The GUID of the master key.
    pub guid: Spanned<String>,
    /// Flags (policy).
    pub flags: Spanned<u32>,
    /// Bytes of the master key.
    pub cb_master_key: Spanned<u64>,
    /// Bytes of the backup key.
    pub cb_backup_key: Spanned<u64>,
    /// Bytes of the credential-history part.
    pub cb_cred_hist: Spanned<u64>,
    /// Bytes of the part for the domain controller.
    pub cb_domain_key: Spanned<u64>,
}

/// True when the bytes are a master key file of exactly the size that its lengths ask for.
pub fn recognise(bytes: &[u8]) -> bool {
    bytes.starts_with(&[2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]) && bytes.len() >= HEADER && read(bytes).is_ok()
}

/// True when a file starts with a version and the GUID of a master key, though it is cut or damaged further on.
pub fn starts_like(bytes: &[u8]) -> bool {
    bytes.starts_with(&[2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
        && bytes.get(12..84).is_some_and(|guid| is_guid(&utf16le(guid)))
}

/// Reads the header of a master key file.
///
/// # Errors
/// Another version, no GUID, or lengths that do not add up to the size of the file.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<DpapiMasterKey, FormatError> {
    check_size(bytes, limits.key_blob_bytes, "DPAPI master key file")?;
    read(bytes)
}

fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if matches!(at, 8 | 13 | 18 | 23) { byte == b'-' } else { byte.is_ascii_hexdigit() })
}

fn read(bytes: &[u8]) -> Result<DpapiMasterKey, FormatError> {
    let mut reader = Reader::new(bytes);
    let version = reader.u32("dwVersion")?;
    if version.value != 2 {
        return Err(FormatError::new(format!("a master key file of version {}, not 2", version.value), 0));
    }
    reader.u64("reserved")?;
    let guid = reader.take(72, "GUID")?.map(utf16le);
    if !is_guid(&guid.value) {
        return Err(FormatError::new("no GUID in the master key file", guid.start));
    }
    reader.u64("reserved")?;
    let flags = reader.u32("dwPolicy")?;
    let cb_master_key = reader.u64("length of the master key")?;
    let cb_backup_key = reader.u64("length of the backup key")?;
    let cb_cred_hist = reader.u64("length of the credential history")?;
    let cb_domain_key = reader.u64("length of the domain key")?;
    for part in [&cb_master_key, &cb_backup_key, &cb_cred_hist, &cb_domain_key] {
        reader.take(usize::try_from(part.value).unwrap_or(usize::MAX), "part of the master key file")?;
    }
    reader.finish("master key file")?;
    Ok(DpapiMasterKey { version, guid, flags, cb_master_key, cb_backup_key, cb_cred_hist, cb_domain_key })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_whole_or_refused() {
        let mut bytes = vec![2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        bytes.extend("7fc19508-7b85-4a7c-9e5d-15f9e00e7ce5".encode_utf16().flat_map(u16::to_le_bytes));
        bytes.extend([0; 8]);
        bytes.extend(5_u32.to_le_bytes());
        for length in [10_u64, 4, 0, 6] {
            bytes.extend(length.to_le_bytes());
        }
        bytes.extend([1; 20]);
        assert_eq!(bytes.len(), HEADER + 20);
        assert!(recognise(&bytes));
        let record = parse(&bytes, &Limits::default()).unwrap();
        assert_eq!((record.flags.value, record.cb_domain_key.value), (5, 6));
        for cut in 0..bytes.len() {
            assert!(parse(&bytes[..cut], &Limits::default()).is_err());
        }
        bytes[96..104].copy_from_slice(&u64::MAX.to_le_bytes());
        assert!(parse(&bytes, &Limits::default()).is_err());
    }
}
