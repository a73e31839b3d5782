//! A quick hash for tables and for comparing lines; not cryptographic, and not for keys that an input chooses.

use std::hash::{BuildHasherDefault, Hasher};

/// Multiplies and rotates eight bytes at a time.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quick(u64);

/// Builds [`Quick`] hashers.
pub type BuildQuick = BuildHasherDefault<Quick>;

/// The odd number nearest to 2^64 divided by the golden ratio: its product spreads neighbours (Knuth, volume 3, 6.4).
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

impl Quick {
    fn word(&mut self, word: u64) {
        let product = (self.0.rotate_left(23) ^ word).wrapping_mul(SPREAD);
        // The upper bits of a product are the better ones. They have to reach the lower ones before the next word comes, or that
        // makes up for what differs at the end of this one: the last digits of names that are counted on.
        self.0 = product ^ (product >> 32);
    }
}

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            self.word(last_word(bytes, rest));
        }
    }
    fn write_u8(&mut self, n: u8) {
        self.word(u64::from(n));
    }
    fn write_usize(&mut self, n: usize) {
        self.word(n as u64);
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

/// The hash of some bytes, their number included.
pub fn of(bytes: &[u8]) -> u64 {
    let mut hasher = Quick::default();
    hasher.write(bytes);
    hasher.write_usize(bytes.len());
    hasher.finish()
}

/// The `rest` of some bytes, fewer than eight, as the lower bytes of a word. It is taken out of the last eight bytes: a word
/// that is put together in memory byte by byte is read late.
fn last_word(bytes: &[u8], rest: &[u8]) -> u64 {
    let bits = u32::try_from(rest.len()).unwrap_or(0).saturating_mul(8);
    match bytes.last_chunk::<8>() {
        Some(last) => u64::from_le_bytes(*last).checked_shr(64 - bits).unwrap_or(0),
        None => rest.iter().rev().fold(0, |word, byte| (word << 8) | u64::from(*byte)),
    }
}

/// The eight bytes of a word with ASCII letters in lower case.
fn lower(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let low = word & (0x7F * EACH);
    // The uppermost bit of each byte says: at least `A`; beyond `Z`.
    let from_a = low + (0x80 - u64::from(b'A')) * EACH;
    let beyond_z = low + (0x7F - u64::from(b'Z')) * EACH;
    let letters = from_a & !beyond_z & !word & (0x80 * EACH);
    word | (letters >> 2)
}

/// A hash of texts that stand one after the other, for which ASCII letters of either case are the same.
pub fn of_lower<'t>(texts: impl IntoIterator<Item = &'t [u8]>) -> u64 {
    // Not from nothing: an empty text in front has to count.
    let mut hasher = Quick(SPREAD);
    for text in texts {
        let (words, rest) = text.as_chunks::<8>();
        for word in words {
            hasher.word(lower(u64::from_le_bytes(*word)));
        }
        hasher.word(lower(last_word(text, rest)));
        hasher.word(text.len() as u64);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lower_case_as_in_the_standard_library() {
        for byte in 0..=u8::MAX {
            let word = [byte, b'A', b'Z', b'a', b'@', b'[', 0xC1, byte];
            assert_eq!(lower(u64::from_le_bytes(word)).to_le_bytes(), word.map(|b| b.to_ascii_lowercase()), "{byte}");
        }
    }

    #[test]
    fn the_rest_of_some_bytes_as_a_word() {
        let bytes = b"0123456789abcdefghi";
        for length in 0..bytes.len() {
            let rest = &bytes[length / 8 * 8..length];
            let mut word = [0; 8];
            word[..rest.len()].copy_from_slice(rest);
            assert_eq!(last_word(&bytes[..length], rest), u64::from_le_bytes(word), "{length}");
        }
    }

    #[test]
    fn bytes_that_differ_have_other_hashes() {
        let others: [&[u8]; 6] = [b"", b"\0", b"a", b"12345678", b"12345678\0", b"123456789"];
        for (index, bytes) in others.iter().enumerate() {
            assert!(others.iter().skip(index + 1).all(|other| of(other) != of(bytes)), "{bytes:?}");
        }
    }

    /// A bit that is mostly set or mostly not tells less of what was hashed.
    #[test]
    fn every_bit_is_set_as_often_as_not() {
        let hashes: Vec<u64> = (0..4_096).map(|i| of(format!("le-{i:040}").as_bytes())).collect();
        for bit in 0..64 {
            let set = hashes.iter().filter(|hash| **hash >> bit & 1 == 1).count();
            assert!((1_600..2_496).contains(&set), "{bit}: {set}");
        }
    }

    /// Containers with the same hash are taken for one.
    #[test]
    fn names_that_are_counted_on_have_other_hashes() {
        for width in 33..=48 {
            let names: Vec<String> = (0..24_000_u32).map(|n| format!("le-{n:0width$x}")).collect();
            let lower = names.iter().map(|name| of_lower([name.as_bytes()]));
            assert_eq!(lower.collect::<std::collections::HashSet<_>>().len(), names.len(), "{width}");
            let plain = names.iter().map(|name| of(name.as_bytes()));
            assert_eq!(plain.collect::<std::collections::HashSet<_>>().len(), names.len(), "{width}");
        }
    }

    #[test]
    fn texts_that_differ_have_other_hashes() {
        let of = |texts: &[&str]| of_lower(texts.iter().map(|text| text.as_bytes()));
        assert_eq!(of(&["MY", "Contoso Web Server"]), of(&["my", "contoso web server"]));
        let others: &[&[&str]] =
            &[&[""], &["a"], &["a", ""], &["", "a"], &["b"], &["12345678"], &["12345678", ""], &["1234567"]];
        for (index, texts) in others.iter().enumerate() {
            assert!(others.iter().skip(index + 1).all(|other| of(other) != of(texts)), "{texts:?}");
        }
    }
}
