//! Registry hives (`SOFTWARE`, `NTUSER.DAT`): recognised by their base block, not read.
//!
//! Source of the layout: M. Suhanov, "Windows registry file format specification", section "Base block". Why the keys of a
//! hive are not read stands in `docs/formats/registry-hive.md`.

use super::bytes::{peek_u32, utf16le_z};

/// The bytes of the base block that hold the end of the hive's path, UTF-16LE.
const FILE_NAME: std::ops::Range<usize> = 48..112;

/// What a person with a hive can do: keyspect reads the text form of the same keys.
pub const INSTEAD: &str = "a registry hive: its keys are not read. Send a text export instead: on the machine `reg export \
     HKLM\\SOFTWARE\\Microsoft\\SystemCertificates\\MY my.reg` (for a user HKCU instead of HKLM); from a copied SOFTWARE hive \
     `reg load HKLM\\copy SOFTWARE`, then `reg export HKLM\\copy\\Microsoft\\SystemCertificates\\MY my.reg`";

/// What the base block of a hive tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HiveHeader {
    /// The major version; 1 so far.
    pub major: u32,
    /// The minor version, 0 to 6 so far.
    pub minor: u32,
    /// The end of the path under which Windows loaded the hive: `emRoot\System32\Config\SOFTWARE`; empty when it is not
    /// stored.
    pub file_name: String,
}

/// Whether the bytes begin as a hive does: `regf` and major version 1.
pub fn recognise(bytes: &[u8]) -> bool {
    bytes.starts_with(b"regf") && peek_u32(bytes, 20) == Some(1)
}

/// The base block; `None` when the bytes are no hive.
pub fn header(bytes: &[u8]) -> Option<HiveHeader> {
    if !recognise(bytes) {
        return None;
    }
    let file_name = bytes.get(FILE_NAME).map(utf16le_z).unwrap_or_default();
    Some(HiveHeader { major: peek_u32(bytes, 20)?, minor: peek_u32(bytes, 24)?, file_name })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    /// A base block after the specification.
    fn base_block() -> Vec<u8> {
        let mut block = vec![0_u8; 4096];
        block[..4].copy_from_slice(b"regf");
        block[20] = 1;
        block[24] = 5;
        let name = "emRoot\\System32\\Config\\SOFTWARE".encode_utf16().flat_map(u16::to_le_bytes);
        for (to, from) in block[48..].iter_mut().zip(name) {
            *to = from;
        }
        block
    }

    #[test]
    fn the_base_block_names_the_hive() {
        let header = header(&base_block()).unwrap();
        assert_eq!((header.major, header.minor), (1, 5));
        assert_eq!(header.file_name, "emRoot\\System32\\Config\\SOFTWARE");
    }

    #[test]
    #[cfg_attr(miri, ignore = "longer than 8 minutes there")]
    fn cut_at_every_offset() {
        let block = base_block();
        for end in 0..block.len() {
            assert_eq!(recognise(&block[..end]), end >= 24);
            assert_eq!(super::header(&block[..end]).is_some(), end >= 28);
        }
        assert!(!recognise(b"regf is what a hive begins with"));
    }
}
