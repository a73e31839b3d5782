//! A reader's bytes in a buffer of fixed size.

use std::io::{self, Read};

use super::line::to_u64;
use super::pieces::Rest;

/// Bytes asked for at once.
pub(super) const CHUNK: usize = 256 << 10;

/// The room at first: most inputs are shorter, and each page of memory costs more than what stands in it.
const FIRST: usize = 64 << 10;

/// A window over a stream: the bytes at hand, and where they stand in it.
///
/// The buffer is filled until it is full or the stream ends, so what is at hand doesn't depend on how the reader
/// portions its answers.
#[derive(Debug)]
pub(super) struct Chunked<R> {
    /// None while it is lent.
    reader: Option<R>,
    /// As much of the window as was needed so far.
    buffer: Vec<u8>,
    /// The size of the window.
    size: usize,
    start: usize,
    end: usize,
    base: u64,
    done: bool,
    error: Option<io::Error>,
}

impl<R: Read> Chunked<R> {
    /// A window of at most `size` bytes.
    pub(super) fn new(reader: R, size: usize) -> Self {
        let buffer = vec![0; size.min(FIRST)];
        Self { reader: Some(reader), buffer, size, start: 0, end: 0, base: 0, done: false, error: None }
    }

    /// The bytes at hand.
    pub(super) fn bytes(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// The offset in the stream of the first byte at hand.
    pub(super) fn base(&self) -> u64 {
        self.base
    }

    /// Whether the bytes at hand are the last ones.
    pub(super) fn done(&self) -> bool {
        self.done
    }

    /// The error that ended the stream, once.
    pub(super) fn take_error(&mut self) -> Option<io::Error> {
        self.error.take()
    }

    /// Gives up the first `n` bytes at hand.
    pub(super) fn consume(&mut self, n: usize) {
        let n = n.min(self.bytes().len());
        self.start = self.start.saturating_add(n);
        self.base = self.base.saturating_add(to_u64(n));
    }

    /// Sees to it that more than `wanted` bytes are at hand, or all there are.
    ///
    /// An error of the reader ends the stream; what was read before it stays at hand.
    pub(super) fn fill(&mut self, wanted: usize) {
        if self.done || self.bytes().len() > wanted {
            return;
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.end = self.bytes().len();
        self.start = 0;
        while !self.done && self.end < self.size.max(self.buffer.len()) {
            if self.end == self.buffer.len() {
                self.buffer.resize(self.size, 0);
            }
            let Some((free, reader)) = self.buffer.get_mut(self.end..).zip(self.reader.as_mut()) else { break };
            match reader.read(free) {
                Ok(0) => self.done = true,
                Ok(n) => self.end = self.end.saturating_add(n).min(self.buffer.len()),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    self.error = Some(e);
                    self.done = true;
                }
            }
        }
    }

    /// Lends the reader, with what is at hand.
    pub(super) fn lend(&mut self) -> Option<(R, Rest)> {
        let reader = self.reader.take()?;
        let rest = Rest { bytes: self.bytes().to_vec(), base: self.base, done: self.done, error: self.error.take() };
        (self.start, self.end) = (0, 0);
        Some((reader, rest))
    }

    /// Goes on with a reader that was lent, behind some bytes that it gave.
    pub(super) fn take_back(&mut self, reader: R, rest: Rest) {
        let Rest { bytes, base, done, error } = rest;
        self.reader = Some(reader);
        self.end = bytes.len();
        if self.buffer.len() < self.end {
            self.buffer.resize(self.end, 0);
        }
        if let Some(room) = self.buffer.get_mut(..self.end) {
            room.copy_from_slice(&bytes);
        }
        (self.start, self.base, self.done, self.error) = (0, base, done, error);
    }
}
