//! One line on a terminal while work lasts: what was read so far, and which file is being read.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use keyspect::report::escape::{escape, escape_ascii};
use std::cell::{Cell, RefCell};
use std::io::{self, IsTerminal as _, Read, Seek, SeekFrom};
use std::sync::atomic::{AtomicBool, Ordering};
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

/// The line. Nothing is shown before a second has passed; it is erased when this is dropped.
pub(crate) struct Progress {
    wanted: bool,
    ascii: bool,
    start: Instant,
    files: Cell<u64>,
    of: Cell<usize>,
    bytes: Cell<u64>,
    name: RefCell<String>,
    bar: RefCell<Option<ProgressBar>>,
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
            files: Cell::new(0),
            of: Cell::new(0),
            bytes: Cell::new(0),
            name: RefCell::new(String::new()),
            bar: RefCell::new(None),
        }
    }

    /// How many inputs there are.
    pub(crate) fn inputs(&self, of: usize) {
        self.of.set(of);
    }

    /// The next input; its name is escaped here.
    pub(crate) fn next(&self, name: &str) {
        self.files.set(self.files.get().saturating_add(1));
        self.name.replace(self.shown(name));
        self.draw();
    }

    /// All is read, and what was read is compared.
    pub(crate) fn judging(&self) {
        self.name.replace("comparing what was read".to_owned());
        self.draw();
    }

    fn shown(&self, name: &str) -> String {
        if self.ascii { escape_ascii(name) } else { escape(name) }.into_owned()
    }

    fn add(&self, bytes: usize) {
        self.bytes.set(self.bytes.get().saturating_add(bytes as u64));
        self.draw();
    }

    /// Draws the line if it is time; indicatif draws at most 20 times a second.
    fn draw(&self) {
        if !self.wanted || self.start.elapsed() < PATIENCE {
            return;
        }
        let mut bar = self.bar.borrow_mut();
        let bar = bar.get_or_insert_with(|| {
            SHOWN.store(true, Ordering::Relaxed);
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            match ProgressStyle::with_template("{wide_msg}") {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            }
        });
        let read = indicatif::BinaryBytes(self.bytes.get());
        bar.set_message(format!(
            "{read} read, input {} of {}: {}",
            self.files.get(),
            self.of.get(),
            self.name.borrow()
        ));
    }

    /// Erases the line while a person is asked something.
    pub(crate) fn aside<T>(&self, ask: impl FnOnce() -> T) -> T {
        self.clear();
        ask()
    }

    fn clear(&self) {
        if let Some(bar) = self.bar.borrow_mut().take() {
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
