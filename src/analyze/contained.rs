//! A fault of the program itself, or of a crate that it uses, costs the input in which it shows and no other.

use super::Analysis;
use crate::report::model::{InputStatus, Problem};
use std::io::{self, Read, Seek, SeekFrom};
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicU64, Ordering};

/// How far an input has been read.
#[derive(Default)]
pub(super) struct Position(AtomicU64);

impl Position {
    /// The reader, watched.
    pub(super) fn watch<R>(&self, inner: R) -> Watched<'_, R> {
        Watched { inner, position: self }
    }
}

/// A reader whose position is known even when reading it ends in a fault.
pub(super) struct Watched<'p, R> {
    inner: R,
    position: &'p Position,
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.position.0.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl<R: Seek> Seek for Watched<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = self.inner.seek(to)?;
        self.position.0.store(at, Ordering::Relaxed);
        Ok(at)
    }
}

impl Analysis<'_> {
    /// Makes a fault of this crate, or of one that it uses, a problem of the input in which it shows: the other inputs, and
    /// what was known of this one, are still judged. The panic hook of the program sees the fault all the same. Without this
    /// a panic ends the run, as tests and fuzz targets want it.
    #[must_use]
    pub fn with_faults_contained(mut self) -> Self {
        self.contain = true;
        self
    }

    /// Reads one input. What was known before a fault stays.
    pub(super) fn contained(
        &mut self,
        (path, member): (&str, Option<&str>),
        position: &Position,
        read: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<()> {
        if !self.contain {
            return read(self);
        }
        let (inputs, next, observed) = (self.inputs.len(), self.next, self.case.observed.len());
        let archives = self.archives.clone();
        let result = panic::catch_unwind(AssertUnwindSafe(|| read(self)));
        if let Ok(result) = result {
            return result;
        }
        self.archives = archives;
        self.lines.clear();
        self.recorded.clear();
        let something = self.next > next || self.case.observed.len() > observed || self.inputs.len() > inputs;
        let at = position.0.load(Ordering::Relaxed);
        // An archive has its place already, and those of its members that were read come after it.
        let placed = self.inputs.get(inputs).cloned();
        let mut input = placed.clone().unwrap_or_else(|| self.input(path, member));
        input.status = if something { InputStatus::Partial } else { InputStatus::Failed };
        input.bytes = input.bytes.max(at);
        input.problems.push(Problem {
            message: format!("a fault of keyspect itself before byte {at}: the rest of this input is not judged"),
            line: None,
            bytes: Some([at.saturating_sub(1), at]),
        });
        match placed {
            Some(_) => self.end_archive(inputs, input),
            None => self.end_input(input),
        }
    }
}
