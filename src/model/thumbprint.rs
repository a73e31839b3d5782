//! SHA-1 values: thumbprints and public-key hashes.

use super::hex;
use sha1::{Digest, Sha1 as Hasher};

/// A SHA-1 value: a certificate's thumbprint or a public key's identifier.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha1(pub [u8; 20]);

impl Sha1 {
    /// The hash of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Hasher::digest(bytes).into())
    }

    /// Whether somebody put one digit for all of them: it names no certificate.
    pub fn is_masked(&self) -> bool {
        let [first, rest @ ..] = self.0;
        first >> 4 == first & 0xF && rest.iter().all(|byte| *byte == first)
    }

    /// Forty hexadecimal digits, in any case, with or without blanks or colons between the pairs, and with the
    /// invisible marks that a copy from a dialog brings (U+200E and its kind).
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(digits) = <&[u8; 40]>::try_from(text.as_bytes()) {
            return hex::bytes(digits).map(Self);
        }
        let mut out = [0u8; 20];
        let mut digits = 0usize;
        for c in text.chars() {
            let value = match c {
                ' ' | ':' | '\u{a0}' | '\t' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' => continue,
                _ => c.to_digit(16)?,
            };
            let slot = out.get_mut(digits / 2)?;
            *slot = (*slot << 4) | u8::try_from(value).ok()?;
            digits += 1;
        }
        (digits == 40).then_some(Self(out))
    }
}

impl Sha1 {
    /// The 40 hexadecimal digits, lower case.
    pub fn digits(&self) -> [u8; 40] {
        let mut out = [b'0'; 40];
        for (pair, byte) in out.as_chunks_mut::<2>().0.iter_mut().zip(self.0) {
            *pair = hex::digits(byte);
        }
        out
    }
}

impl std::fmt::Display for Sha1 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(str::from_utf8(&self.digits()).unwrap_or_default())
    }
}

impl std::fmt::Debug for Sha1 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sha1({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaced_and_joined_are_the_same() {
        let a = Sha1::parse("32 b5 39 8e d3 c9 c6 f1 a3 50 bc d4 b5 14 eb b5 a4 5d 1f c6");
        assert_eq!(a, Sha1::parse("32B5398ED3C9C6F1A350BCD4B514EBB5A45D1FC6"));
        assert_eq!(a.map(|s| s.to_string()).as_deref(), Some("32b5398ed3c9c6f1a350bcd4b514ebb5a45d1fc6"));
        assert_eq!(Sha1::parse("\u{200e}32b5398ed3c9c6f1a350bcd4b514ebb5a45d1fc6"), a);
        assert_eq!(Sha1::parse("32b5398ed3c9c6f1a350bcd4b514ebb5a45d1fc"), None);
        assert_eq!(Sha1::parse("32b5398ed3c9c6f1a350bcd4b514ebb5a45d1fc6a"), None);
    }
}
