//! Bytes as hexadecimal digits.

/// The two lower-case digits of a byte.
#[inline]
pub fn digits(byte: u8) -> [u8; 2] {
    let digit = |nibble: u8| nibble.wrapping_add(if nibble < 10 { b'0' } else { b'a' - 10 });
    [digit(byte >> 4), digit(byte & 0xF)]
}

/// Appends bytes as lower-case digits without blanks.
pub fn push<'b>(out: &mut String, bytes: impl IntoIterator<Item = &'b u8>) {
    out.extend(bytes.into_iter().flat_map(|b| digits(*b)).map(char::from));
}

/// Bytes as lower-case digits without blanks.
pub fn lower<'b>(bytes: impl IntoIterator<Item = &'b u8>) -> String {
    let mut out = String::new();
    push(&mut out, bytes);
    out
}

/// The bytes that digits of either case stand for; `None` when there is another character.
pub fn bytes<const DIGITS: usize, const BYTES: usize>(digits: &[u8; DIGITS]) -> Option<[u8; BYTES]> {
    let mut out = [0_u8; BYTES];
    let mut good = DIGITS == 2 * BYTES;
    for ([high, low], byte) in digits.as_chunks::<2>().0.iter().zip(&mut out) {
        let (high, low) = (value(*high), value(*low));
        good &= (high | low) < 0x10;
        *byte = (high << 4) | (low & 0xF);
    }
    good.then_some(out)
}

/// The bytes that any even number of digits of either case stands for; `None` when there is another character.
pub fn decode(digits: &str) -> Option<Vec<u8>> {
    let (pairs, odd) = digits.as_bytes().as_chunks::<2>();
    let bytes = pairs.iter().map(|pair| bytes::<2, 1>(pair).map(|[byte]| byte));
    odd.is_empty().then(|| bytes.collect()).flatten()
}

/// Bytes with a colon between each two, and possibly one at the end, as OpenSSL prints a line of them: `00:e8:14:`.
pub fn colon_pairs(text: &str) -> Option<Vec<u8>> {
    let pairs = text.strip_suffix(':').unwrap_or(text).split(':');
    pairs.map(|pair| bytes::<2, 1>(pair.as_bytes().try_into().ok()?).map(|[byte]| byte)).collect()
}

/// The value of a digit; 0xFF for any other byte.
fn value(digit: u8) -> u8 {
    let (number, letter) = (digit.wrapping_sub(b'0'), (digit | 0x20).wrapping_sub(b'a'));
    if number < 10 {
        number
    } else if letter < 6 {
        letter + 10
    } else {
        0xFF
    }
}

/// Appends the hexadecimal digits of a text in lower case, without what stands between them.
pub fn push_digits(out: &mut Vec<u8>, text: &str) {
    // Most are printed so; a loop without a way out is run over many bytes at once.
    if text.bytes().fold(true, |all, byte| all & matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        out.extend_from_slice(text.as_bytes());
    } else {
        out.extend(text.bytes().filter(u8::is_ascii_hexdigit).map(|digit| digit.to_ascii_lowercase()));
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn bytes_of_digits() {
        assert_eq!(super::decode("00fFa0"), Some(vec![0, 0xff, 0xa0]));
        assert_eq!(super::decode(""), Some(vec![]));
        assert_eq!(super::colon_pairs("00:fF:a0"), Some(vec![0, 0xff, 0xa0]));
        assert_eq!(super::colon_pairs("7f:"), Some(vec![0x7f]));
        for other in ["0", "0g", "+1", " 01", "é"] {
            assert_eq!(super::decode(other), None, "{other}");
        }
        for other in ["", ":", "0:", "00:1", "00::01", "0001", "00 01", "x:00"] {
            assert_eq!(super::colon_pairs(other), None, "{other}");
        }
    }

    #[test]
    fn digits_of_bytes() {
        assert_eq!(super::lower(&[0x00, 0x1f, 0xa0, 0xff]), "001fa0ff");
        assert_eq!(super::bytes(b"001fA0fF"), Some([0x00, 0x1f, 0xa0, 0xff]));
        for other in [b"1g00", b"1G00", b"/000", b":000", b"@000", b"`000", b"\xB0000", b"g100", b"00:1"] {
            assert_eq!(super::bytes::<4, 2>(other), None, "{other:?}");
        }
        assert_eq!(super::bytes::<4, 1>(b"0011"), None);
    }

    #[test]
    fn digits_of_a_text() {
        for text in ["00 1F:a0-ff", "001fa0ff", " 001FA0FF\u{200e}"] {
            let mut out = Vec::new();
            super::push_digits(&mut out, text);
            assert_eq!(out, b"001fa0ff", "{text:?}");
        }
    }
}
