//! What tells a finding from every other one, in this run and in the next.

use crate::model::hex;
use sha2::{Digest, Sha256};
use std::fmt;

/// The first eight bytes of SHA-256 over rule, workloads and subject of a finding; in a report 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// Of a finding of a rule that matters for workloads, about a subject.
    pub fn of(rule: &str, workloads: &str, subject: &str) -> Self {
        Fingerprints::of(rule, workloads).about(subject)
    }

    /// Sixteen hexadecimal digits of either case; `None` for any other text.
    pub fn parse(digits: &str) -> Option<Self> {
        let digits: &[u8; 16] = digits.as_bytes().try_into().ok()?;
        hex::bytes(digits).map(u64::from_be_bytes).map(Self)
    }

    /// The digits, in lower case.
    pub fn digits(self) -> [u8; 16] {
        let mut digits = [0; 16];
        for (pair, byte) in digits.as_chunks_mut::<2>().0.iter_mut().zip(self.0.to_be_bytes()) {
            *pair = hex::digits(byte);
        }
        digits
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The fingerprints of the findings of one rule for the same workloads: what they have in common is hashed once.
#[derive(Debug, Clone)]
pub(crate) struct Fingerprints(Sha256);

impl Fingerprints {
    pub(crate) fn of(rule: &str, workloads: &str) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(rule);
        hasher.update("\n");
        hasher.update(workloads);
        hasher.update("\n");
        Self(hasher)
    }

    /// The one of the finding about a subject.
    pub(crate) fn about(&self, subject: &str) -> Fingerprint {
        let hash = self.0.clone().chain_update(subject).finalize();
        Fingerprint(hash.iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf 'a-rule\niis,sql\nabc' | sha256sum`
    #[test]
    fn the_first_digits_of_a_hash() {
        let fingerprint = Fingerprint::of("a-rule", "iis,sql", "abc");
        assert_eq!(fingerprint.to_string(), "e3c68a54fb6a6559");
        assert_eq!(fingerprint.digits(), *b"e3c68a54fb6a6559");
    }

    #[test]
    fn sixteen_digits() {
        assert_eq!(Fingerprint::parse("00000000000000fF"), Some(Fingerprint(255)));
        for wrong in ["", "ff", "+0000000000000ff", "00000000000000fg", "00000000000000ff0", "ｆ0000000000000"] {
            assert_eq!(Fingerprint::parse(wrong), None, "{wrong}");
        }
    }
}
