//! Bounds-checked primitives for binary layouts, on nom.
//!
//! A [`Reader`] walks one artifact from front to back. Every value it hands out carries its bytes, every failure says
//! what was being read and where. Nothing here allocates more than the bytes that are there.

use std::fmt::Write as _;

use nom::IResult;
use nom::bytes::complete::take;
use nom::number::complete::{be_u16, be_u32, le_u16, le_u32, le_u64, u8 as nom_u8};
use time::OffsetDateTime;

use super::{FormatError, Spanned};
use crate::model::hex;

/// Walks bytes; offsets count from the start of the artifact.
///
/// No `Debug`: the bytes may hold private keys.
#[derive(Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// A reader over a whole artifact.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, at: 0 }
    }

    /// A reader over a part of an artifact that starts at the offset `base`.
    pub fn at(bytes: &'a [u8], base: usize) -> Self {
        Self { rest: bytes, at: base }
    }

    /// The offset of the next byte in the artifact.
    pub fn position(&self) -> usize {
        self.at
    }

    /// The number of bytes left.
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// True when nothing is left.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// What is left, without reading it.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    fn apply<T>(
        &mut self,
        what: &str,
        parser: impl FnOnce(&'a [u8]) -> IResult<&'a [u8], T>,
    ) -> Result<Spanned<T>, FormatError> {
        let start = self.at;
        match parser(self.rest) {
            Ok((rest, value)) => {
                let used = self.rest.len().saturating_sub(rest.len());
                self.at = start.saturating_add(used);
                self.rest = rest;
                Ok(Spanned::new(value, start, self.at))
            }
            Err(_) => Err(FormatError::new(format!("{what} is cut: only {} bytes are left", self.rest.len()), start)),
        }
    }

    /// One byte.
    pub fn u8(&mut self, what: &str) -> Result<Spanned<u8>, FormatError> {
        self.apply(what, nom_u8)
    }

    /// A little-endian 16-bit number.
    pub fn u16(&mut self, what: &str) -> Result<Spanned<u16>, FormatError> {
        self.apply(what, le_u16)
    }

    /// A little-endian 32-bit number.
    pub fn u32(&mut self, what: &str) -> Result<Spanned<u32>, FormatError> {
        self.apply(what, le_u32)
    }

    /// A little-endian 64-bit number.
    pub fn u64(&mut self, what: &str) -> Result<Spanned<u64>, FormatError> {
        self.apply(what, le_u64)
    }

    /// A big-endian 16-bit number.
    pub fn u16_be(&mut self, what: &str) -> Result<Spanned<u16>, FormatError> {
        self.apply(what, be_u16)
    }

    /// A big-endian 32-bit number.
    pub fn u32_be(&mut self, what: &str) -> Result<Spanned<u32>, FormatError> {
        self.apply(what, be_u32)
    }

    /// The next `count` bytes.
    pub fn take(&mut self, count: usize, what: &str) -> Result<Spanned<&'a [u8]>, FormatError> {
        if count > self.rest.len() {
            return Err(FormatError::new(
                format!("{what} needs {count} bytes, only {} are left", self.rest.len()),
                self.at,
            ));
        }
        self.apply(what, |input| take(count)(input))
    }

    /// The next `count` bytes, where `count` is a length field of the artifact.
    pub fn take_u32(&mut self, count: u32, what: &str) -> Result<Spanned<&'a [u8]>, FormatError> {
        self.take(size(count), what)
    }

    /// A GUID in the byte order of Windows, as text.
    pub fn guid(&mut self, what: &str) -> Result<Spanned<String>, FormatError> {
        let bytes = self.take(16, what)?;
        Ok(bytes.map(guid_text))
    }

    /// Succeeds only at the end of the artifact.
    pub fn finish(&self, what: &str) -> Result<(), FormatError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(FormatError::new(format!("{} bytes follow the end of the {what}", self.rest.len()), self.at))
        }
    }
}

/// A 32-bit length as a `usize`. Saturates, so a too-large length fails its bounds check on any platform.
pub fn size(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// The little-endian 32-bit number at an offset, if it is there. For recognition only.
pub fn peek_u32(bytes: &[u8], at: usize) -> Option<u32> {
    let end = at.checked_add(4)?;
    let four: [u8; 4] = bytes.get(at..end)?.try_into().ok()?;
    Some(u32::from_le_bytes(four))
}

/// A length as the number in a report.
pub fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// UTF-16LE text; an unpaired surrogate or a lone last byte becomes U+FFFD.
pub fn utf16le(bytes: &[u8]) -> String {
    utf16(bytes, u16::from_le_bytes)
}

/// UTF-16BE text, ASN.1's BMPString.
pub fn utf16be(bytes: &[u8]) -> String {
    utf16(bytes, u16::from_be_bytes)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let mut text: String = char::decode_utf16(pairs.iter().map(|pair| unit(*pair)))
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    if !odd.is_empty() {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    text
}

/// UTF-16LE text up to, and without, its NUL.
pub fn utf16le_z(bytes: &[u8]) -> String {
    let text = utf16le(bytes);
    match text.split_once('\0') {
        Some((before, _)) => before.to_owned(),
        None => text,
    }
}

/// Single-byte text up to, and without, its NUL. Bytes over 0x7F are read as Windows-1252, the most likely code page.
pub fn ansi_z(bytes: &[u8]) -> String {
    let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
    let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes.get(..end).unwrap_or_default());
    text.into_owned()
}

/// The text of a GUID from its bytes in memory order: the first three groups are little-endian (MS-DTYP 2.3.4.2).
/// Empty for anything but 16 bytes.
pub fn guid_text(bytes: &[u8]) -> String {
    let Ok(all) = <[u8; 16]>::try_from(bytes) else { return String::new() };
    let [a0, a1, a2, a3, b0, b1, c0, c1, d0, d1, e0, e1, e2, e3, e4, e5] = all;
    let a = u32::from_le_bytes([a0, a1, a2, a3]);
    let b = u16::from_le_bytes([b0, b1]);
    let c = u16::from_le_bytes([c0, c1]);
    format!("{a:08x}-{b:04x}-{c:04x}-{d0:02x}{d1:02x}-{e0:02x}{e1:02x}{e2:02x}{e3:02x}{e4:02x}{e5:02x}")
}

/// Lowercase hexadecimal without separators.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The 20 bytes of a SHA-1 from its forty hexadecimal digits.
pub fn sha1_of_hex(digits: &str) -> Option<[u8; 20]> {
    hex::bytes(<&[u8; 40]>::try_from(digits.as_bytes()).ok()?)
}

/// A FILETIME (100 ns since 1601-01-01, UTC; MS-DTYP 2.3.3). `None` for zero and for dates after the year 9999.
pub fn filetime(ticks: u64) -> Option<OffsetDateTime> {
    const TO_UNIX_EPOCH: i128 = 116_444_736_000_000_000;
    if ticks == 0 {
        return None;
    }
    let nanoseconds = i128::from(ticks).checked_sub(TO_UNIX_EPOCH)?.checked_mul(100)?;
    OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok()
}

/// Four bytes of a magic as text, for messages.
pub fn magic_text(magic: u32) -> String {
    magic.to_le_bytes().iter().map(|b| b.escape_ascii().to_string()).collect()
}

/// Fails when an artifact is larger than its limit.
pub fn check_size(bytes: &[u8], limit: usize, what: &str) -> Result<(), FormatError> {
    if bytes.len() > limit {
        return Err(FormatError::new(
            format!("the {what} has {} bytes, more than the limit of {limit}", bytes.len()),
            limit,
        ));
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn numbers_carry_their_bytes() {
        let mut reader = Reader::at(&[1, 0, 0, 0, 0x12, 0x34], 100);
        let first = reader.u32("version").unwrap();
        assert_eq!((first.value, first.start, first.end), (1, 100, 104));
        assert_eq!(reader.clone().u16_be("x").unwrap().value, 0x1234);
        let error = reader.u32("length").unwrap_err();
        assert_eq!(error.offset, 104);
        assert!(error.message.contains("length"));
        assert_eq!(reader.remaining(), 2);
    }

    #[test]
    fn a_length_past_the_end_is_an_error() {
        let mut reader = Reader::new(&[0; 8]);
        assert!(reader.take_u32(u32::MAX, "name").is_err());
        assert!(reader.take(8, "name").is_ok());
        assert!(reader.finish("blob").is_ok());
    }

    #[test]
    fn a_guid_is_read_in_memory_order() {
        // The provider GUID of every DPAPI blob, as bytes and as text in public documents.
        let bytes = [0xD0, 0x8C, 0x9D, 0xDF, 0x01, 0x15, 0xD1, 0x11, 0x8C, 0x7A, 0x00, 0xC0, 0x4F, 0xC2, 0x97, 0xEB];
        assert_eq!(guid_text(&bytes), "df9d8cd0-1501-11d1-8c7a-00c04fc297eb");
        assert_eq!(guid_text(&bytes[1..]), "");
    }

    #[test]
    fn filetimes() {
        // MS-DTYP's epoch and the start of Unix time.
        assert_eq!(filetime(0), None);
        assert_eq!(filetime(116_444_736_000_000_000), Some(OffsetDateTime::UNIX_EPOCH));
        assert_eq!(filetime(u64::MAX), None);
    }

    #[test]
    fn texts() {
        assert_eq!(utf16le(b"a\0b\0"), "a\u{0062}");
        assert_eq!(utf16be(b"\0a\0b"), "ab");
        assert_eq!(utf16le(&[0x00, 0xD8]), "\u{FFFD}");
        assert_eq!(utf16le(b"a\0b"), "a\u{FFFD}");
        assert_eq!(utf16le_z(b"a\0\0\0b\0"), "a");
        assert_eq!(ansi_z(b"caf\xE9\0x"), "café");
        assert_eq!(hex(&[0, 0xAB]), "00ab");
        assert_eq!(sha1_of_hex(&"0a".repeat(20)), Some([10; 20]));
        assert_eq!(sha1_of_hex(&"0a".repeat(19)), None);
        assert_eq!(magic_text(0x3241_5352), "RSA2");
    }
}
