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
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(SPREAD);
    }
}

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let mut last = [0_u8; 8];
            for (to, from) in last.iter_mut().zip(rest) {
                *to = *from;
            }
            self.word(u64::from_le_bytes(last));
        }
    }
    fn write_u8(&mut self, n: u8) {
        self.word(u64::from(n));
    }
    fn write_usize(&mut self, n: usize) {
        self.word(n as u64);
    }
    fn finish(&self) -> u64 {
        // The upper bits of a product are the better ones; a table looks at the lower and the uppermost ones.
        self.0 ^ (self.0 >> 32)
    }
}

/// The hash of some bytes, their number included.
pub fn of(bytes: &[u8]) -> u64 {
    let mut hasher = Quick::default();
    hasher.write(bytes);
    hasher.write_usize(bytes.len());
    hasher.finish()
}
