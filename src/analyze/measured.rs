//! A reader that counts and hashes what goes through.

use crate::model::hex;
use sha2::{Digest, Sha256};
use std::io::{self, Read};

/// Counts and hashes what goes through.
pub(super) struct Measured<'r> {
    inner: &'r mut (dyn Read + Send),
    pub(super) bytes: u64,
    limit: u64,
    hasher: Option<Sha256>,
    /// The bytes themselves, and how many at most.
    kept: Option<(Vec<u8>, u64)>,
}

impl<'r> Measured<'r> {
    pub(super) fn new(inner: &'r mut (dyn Read + Send), limit: u64) -> Self {
        Self { inner, bytes: 0, limit, hasher: Some(Sha256::new()), kept: None }
    }
    /// Also keeps the bytes, unless they are more than this.
    pub(super) fn keeping(mut self, most: u64) -> Self {
        self.kept = Some((Vec::new(), most));
        self
    }
    /// The bytes, when they were kept and not too many.
    pub(super) fn take_bytes(&mut self) -> Option<Vec<u8>> {
        self.kept.take().map(|(bytes, _)| bytes)
    }
    /// The hash of what went through so far.
    pub(super) fn sha256_so_far(&self) -> Option<String> {
        self.hasher.as_ref().map(|hasher| hex::lower(&hasher.clone().finalize()))
    }
    pub(super) fn sha256(&mut self) -> Option<String> {
        let digest = self.hasher.take()?.finalize();
        Some(hex::lower(&digest))
    }
}

impl Read for Measured<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes = self.bytes.saturating_add(read as u64);
        if self.bytes > self.limit {
            self.hasher = None;
        }
        if let (Some((bytes, most)), Some(part)) = (&mut self.kept, buffer.get(..read)) {
            bytes.extend_from_slice(part);
            if self.bytes > *most {
                self.kept = None;
            }
        }
        if let (Some(hasher), Some(part)) = (&mut self.hasher, buffer.get(..read)) {
            hasher.update(part);
        }
        Ok(read)
    }
}
