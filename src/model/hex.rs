//! Bytes as hexadecimal digits.

/// The two lower-case digits of a byte.
pub fn digits(byte: u8) -> [u8; 2] {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0');
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

#[cfg(test)]
mod tests {
    #[test]
    fn digits_of_bytes() {
        assert_eq!(super::lower(&[0x00, 0x1f, 0xa0, 0xff]), "001fa0ff");
    }
}
