//! The certificate properties that link a certificate to its key: `CERT_KEY_PROV_INFO_PROP_ID` and
//! `CERT_KEY_CONTEXT_PROP_ID`, as they are serialized.
//!
//! Sources: MS-GPEF 2.2.1.1.1.1.1 (the serialized form, with offsets in place of pointers); Microsoft Win32 documentation
//! of `CRYPT_KEY_PROV_INFO` and `CERT_KEY_CONTEXT`; Wine 8.0 (`crypt32/serialize.c`). All integers are little-endian.
//!
//! The serialized form always has the 28-byte header. A 48-byte header with 64-bit pointers exists in memory only; it is
//! recognised so that it can be named instead of being misread.

use super::bytes::{Reader, peek_u32, size, utf16le};
use super::{FormatError, Spanned};

const HEADER: usize = 28;
const HEADER_64: u32 = 48;
const PARAMETER: usize = 16;

/// `CRYPT_KEY_PROV_INFO`: the stored key link of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyProvInfo {
    /// `pwszContainerName`: the container, or the name of its key file.
    pub container: Option<Spanned<String>>,
    /// `pwszProvName`.
    pub provider: Option<Spanned<String>>,
    /// `dwProvType`; 0 = CNG key storage provider.
    pub provider_type: Spanned<u32>,
    /// `dwFlags`; 0x20 = machine keyset.
    pub flags: Spanned<u32>,
    /// `cProvParam`.
    pub parameters: Spanned<u32>,
    /// `dwKeySpec`.
    pub key_spec: Spanned<u32>,
}

fn string(
    bytes: &[u8],
    base: usize,
    offset: &Spanned<u32>,
    name: &str,
) -> Result<Option<Spanned<String>>, FormatError> {
    if offset.value == 0 {
        return Ok(None);
    }
    let start = size(offset.value);
    let rest = bytes.get(start..).filter(|_| start >= HEADER);
    let Some(rest) = rest else {
        return Err(FormatError::new(
            format!("the offset {start} of the {name} is outside the property"),
            offset.start,
        ));
    };
    let (units, _) = rest.as_chunks::<2>();
    let Some(length) = units.iter().position(|unit| *unit == [0, 0]) else {
        return Err(FormatError::new(format!("the {name} has no end"), base.saturating_add(start)));
    };
    let length = length.saturating_mul(2);
    let text = utf16le(rest.get(..length).unwrap_or_default());
    let start = base.saturating_add(start);
    Ok(Some(Spanned::new(text, start, start.saturating_add(length))))
}

/// True for the in-memory form with 64-bit pointers.
pub fn looks_64_bit(bytes: &[u8]) -> bool {
    peek_u32(bytes, 0).is_some_and(|first| first >= HEADER_64)
        && peek_u32(bytes, 4) == Some(0)
        && peek_u32(bytes, 12) == Some(0)
        && bytes.len() >= size(HEADER_64)
}

/// Reads the value of property 2 that starts at the offset `base` of its artifact.
///
/// # Errors
/// A cut header, the 64-bit form, or an offset or a string that leaves the value.
pub fn parse_at(bytes: &[u8], base: usize) -> Result<KeyProvInfo, FormatError> {
    if looks_64_bit(bytes) {
        let message = "CRYPT_KEY_PROV_INFO has the 64-bit form that exists in memory only";
        return Err(FormatError::new(message, base));
    }
    let mut reader = Reader::at(bytes, base);
    let container = reader.u32("offset of the container name")?;
    let provider = reader.u32("offset of the provider name")?;
    let provider_type = reader.u32("dwProvType")?;
    let flags = reader.u32("dwFlags")?;
    let parameters = reader.u32("cProvParam")?;
    let parameter_offset = reader.u32("offset of the parameters")?;
    let key_spec = reader.u32("dwKeySpec")?;
    if parameters.value > 0 {
        let end = size(parameters.value)
            .checked_mul(PARAMETER)
            .and_then(|length| length.checked_add(size(parameter_offset.value)));
        if end.is_none_or(|end| end > bytes.len()) || size(parameter_offset.value) < HEADER {
            let message = format!("{} provider parameters leave the property", parameters.value);
            return Err(FormatError::new(message, parameters.start));
        }
    }
    let container = string(bytes, base, &container, "container name")?;
    let provider = string(bytes, base, &provider, "provider name")?;
    Ok(KeyProvInfo { container, provider, provider_type, flags, parameters, key_spec })
}

/// `CERT_KEY_CONTEXT`: the KeySpec beside a handle. The 12-byte form of 32-bit and the 24-byte form of 64-bit programs.
///
/// # Errors
/// Another size.
pub fn key_context_spec(bytes: &[u8], base: usize) -> Result<Spanned<u32>, FormatError> {
    let mut reader = Reader::at(bytes, base);
    let cb_size = reader.u32("cbSize")?;
    match (cb_size.value, bytes.len()) {
        (12, 12) => reader.take(4, "handle")?,
        (24, 24) => reader.take(12, "handle")?,
        (other, length) => {
            let message = format!("CERT_KEY_CONTEXT of {length} bytes says cbSize {other}");
            return Err(FormatError::new(message, base));
        }
    };
    reader.u32("dwKeySpec")
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::as_conversions)]
    use super::*;
    use proptest::prelude::*;

    fn utf16(text: &str) -> Vec<u8> {
        text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
    }

    /// A writer after MS-GPEF, also for the tests of the element.
    pub(crate) fn write(container: &str, provider: &str, numbers: [u32; 3], gap: usize) -> Vec<u8> {
        let [provider_type, flags, key_spec] = numbers;
        let (container, provider) = (utf16(container), utf16(provider));
        let start = HEADER + gap;
        let words = [start as u32, (start + container.len()) as u32, provider_type, flags, 0, 0, key_spec];
        let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        bytes.resize(start, 0xCC);
        bytes.extend(container);
        bytes.extend(provider);
        bytes
    }

    proptest! {
        #[test]
        fn values_round_trip(container in "[^\u{0}]{0,30}", provider in "[^\u{0}]{0,30}", kind: u32, flags: u32, spec: u32, gap in 0_usize..9) {
            let bytes = write(&container, &provider, [kind, flags, spec], gap);
            let record = parse_at(&bytes, 100).unwrap();
            prop_assert_eq!(record.container.unwrap().value, container);
            prop_assert_eq!(record.provider.unwrap().value, provider);
            prop_assert_eq!((record.provider_type.value, record.flags.value, record.key_spec.value), (kind, flags, spec));
            prop_assert_eq!(record.key_spec.start, 124);
        }

        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            let _ = parse_at(&bytes, 0);
        }
    }

    #[test]
    fn offsets_stay_inside() {
        let good = write("a", "b", [1, 32, 1], 0);
        for cut in 0..good.len() {
            assert!(parse_at(&good[..cut], 0).is_err(), "cut at {cut}");
        }
        for (at, value) in [(0, 8_u32), (0, 0xFFFF_FFFF), (4, 60), (16, 0x1000_0000), (16, 1)] {
            let mut bytes = good.clone();
            bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
            assert!(parse_at(&bytes, 0).is_err());
        }
        let mut absent = good;
        absent[..4].fill(0);
        assert_eq!(parse_at(&absent, 0).unwrap().container, None);
    }

    #[test]
    fn the_64_bit_form_is_named() {
        let mut bytes = 0x7FF0_1234_u64.to_le_bytes()[..4].to_vec();
        bytes.extend([0; 4]);
        bytes.extend([0x40, 0, 0, 0, 0, 0, 0, 0]);
        bytes.resize(48, 0);
        assert!(looks_64_bit(&bytes));
        assert!(parse_at(&bytes, 0).unwrap_err().message.contains("64-bit"));
    }

    #[test]
    fn key_contexts_of_both_widths() {
        let mut narrow = 12_u32.to_le_bytes().to_vec();
        narrow.extend([0, 0, 0, 0, 2, 0, 0, 0]);
        assert_eq!(key_context_spec(&narrow, 0).unwrap().value, 2);
        let mut wide = 24_u32.to_le_bytes().to_vec();
        wide.extend([0; 12]);
        wide.extend([1, 0, 0, 0, 0, 0, 0, 0]);
        let spec = key_context_spec(&wide, 10).unwrap();
        assert_eq!((spec.value, spec.start), (1, 26));
        assert!(key_context_spec(&narrow[..8], 0).is_err());
    }
}
