//! One line on a terminal while work lasts: what was read so far, and which file is being read.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use keyspect::report::escape::{escape, escape_ascii};
use std::io::{self, IsTerminal as _, Read, Seek, SeekFrom};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Work that is shorter shows nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// Whether the line stands on the terminal, for the message about a fault of the program itself.
static SHOWN: AtomicBool = AtomicBool::new(false);

/// What has to be written before a message when the line stands on the terminal: back to its start, and erase it
/// (ECMA-48, CR and EL).
pub(crate) fn erase() -> &'static str {
    if SHOWN.swap(false, Ordering::Relaxed) { "\r\u{1b}[K" } else { "" }
}

/// What stands on the line, once it is shown.
#[derive(Default)]
struct Line {
    name: String,
    bar: Option<ProgressBar>,
}

/// The line. Nothing is shown before a second has passed; it is erased when this is dropped.
pub(crate) struct Progress {
    wanted: bool,
    ascii: bool,
    start: Instant,
    files: AtomicUsize,
    of: AtomicUsize,
    bytes: AtomicU64,
    /// A person is being asked something.
    aside: AtomicBool,
    line: Mutex<Line>,
}

impl Progress {
    /// `wanted`: the user did not ask for quiet, and nothing else is written to the terminal meanwhile. Standard error that
    /// is no terminal, or one without cursor movements, gets no line either.
    pub(crate) fn new(wanted: bool, ascii: bool) -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            wanted: wanted && !dumb && io::stderr().is_terminal(),
            ascii,
            start: Instant::now(),
            files: AtomicUsize::new(0),
            of: AtomicUsize::new(0),
            bytes: AtomicU64::new(0),
            aside: AtomicBool::new(false),
            line: Mutex::default(),
        }
    }

    /// How many inputs there are.
    pub(crate) fn inputs(&self, of: usize) {
        self.of.store(of, Ordering::Relaxed);
    }

    /// The next input; its name is escaped here.
    pub(crate) fn next(&self, name: &str) {
        self.files.fetch_add(1, Ordering::Relaxed);
        self.draw(Some(self.shown(name)));
    }

    /// All is read, and what was read is compared.
    pub(crate) fn judging(&self) {
        self.draw(Some("comparing what was read".to_owned()));
    }

    fn shown(&self, name: &str) -> String {
        if self.ascii { escape_ascii(name) } else { escape(name) }.into_owned()
    }

    /// So many more bytes were read.
    pub(crate) fn add(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        self.draw(None);
    }

    /// Draws the line if it is time; indicatif draws at most 20 times a second.
    fn draw(&self, name: Option<String>) {
        if !self.wanted {
            return;
        }
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        let Line { name: current, bar } = &mut *line;
        if let Some(name) = name {
            *current = name;
        }
        if self.start.elapsed() < PATIENCE || self.aside.load(Ordering::Relaxed) {
            return;
        }
        let bar = bar.get_or_insert_with(|| {
            SHOWN.store(true, Ordering::Relaxed);
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            match ProgressStyle::with_template("{wide_msg}") {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            }
        });
        let read = indicatif::BinaryBytes(self.bytes.load(Ordering::Relaxed));
        let [file, of] = [&self.files, &self.of].map(|n| n.load(Ordering::Relaxed));
        bar.set_message(format!("{read} read, input {file} of {of}: {current}"));
    }

    /// Erases the line while a person is asked something.
    pub(crate) fn aside<T>(&self, ask: impl FnOnce() -> T) -> T {
        // Other threads may go on reading meanwhile.
        self.aside.store(true, Ordering::Relaxed);
        self.clear();
        let answer = ask();
        self.aside.store(false, Ordering::Relaxed);
        answer
    }

    fn clear(&self) {
        if let Some(bar) = self.line.lock().unwrap_or_else(PoisonError::into_inner).bar.take() {
            bar.finish_and_clear();
            SHOWN.store(false, Ordering::Relaxed);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

/// A reader whose bytes are counted.
pub(crate) struct Counted<'a, R> {
    pub(crate) inner: R,
    pub(crate) progress: &'a Progress,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.progress.add(read);
        Ok(read)
    }
}

impl<R: Seek> Seek for Counted<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}
