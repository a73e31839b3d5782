//! Bytes in the encodings that several tests need.
#![allow(dead_code, unreachable_pub)]

/// Tag, content and rest of the first DER value.
pub fn der_value(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let first = usize::from(*der.get(1)?);
    let (size, length) = if first < 0x80 {
        (2, first)
    } else {
        let digits = der.get(2..2 + (first & 0x7f))?;
        (2 + digits.len(), digits.iter().fold(0, |value, digit| value << 8 | usize::from(*digit)))
    };
    Some((der[0], der.get(size..size + length)?, der.get(size + length..)?))
}

/// Base64 of whole groups of three bytes; what is left over is left out.
pub fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |chunk: &[u8]| {
        let value = chunk.iter().fold(0_usize, |value, byte| value << 8 | usize::from(*byte));
        [18, 12, 6, 0].map(|shift| char::from(LETTERS[value >> shift & 63]))
    };
    bytes.chunks_exact(3).flat_map(group).collect()
}
