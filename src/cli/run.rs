//! From the arguments to a report: the only place that opens inputs and reads the clock.

use super::args::{FailOn, InputArgs};
use super::passwords;
use super::progress::{Counted, Progress};
use keyspect::analyze::{self, Analysis, Forerunner, Options, TakeBytes, in_order};
use keyspect::input::archive::is_zip;
use keyspect::input::{Found, Opened, Place, walk};
use keyspect::limits::{AHEAD_BYTES, AHEAD_INPUTS, Limits};
use keyspect::report::jsonl::Sink;
use keyspect::report::model::{InputStatus, Report};
use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use time::OffsetDateTime;
use zeroize::Zeroizing;

/// Threads without `--threads`.
const MOST_THREADS: usize = 8;

/// The input that is being read, for the message about a fault of the program itself.
static CURRENT: Mutex<Option<String>> = Mutex::new(None);

thread_local! {
    /// The input that this thread reads ahead of its turn.
    static AHEAD: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// The input that was being read when something went wrong.
pub(crate) fn current_input() -> Option<String> {
    let ahead = AHEAD.try_with(|name| name.try_borrow().ok().and_then(|name| name.clone())).ok().flatten();
    ahead.or_else(|| CURRENT.try_lock().ok().and_then(|name| name.clone()))
}

fn reading(name: Option<String>) {
    if let Ok(mut current) = CURRENT.lock() {
        *current = name;
    }
}

/// The options of a run, with the parts that only `check` has at their defaults.
///
/// # Errors
/// A message about a password that could not be read.
pub(crate) fn options(args: &InputArgs, at: Option<OffsetDateTime>) -> Result<Options, String> {
    let mut options = Options::new(at.unwrap_or_else(OffsetDateTime::now_utc));
    options.encoding = args.encoding;
    options.hash = args.hash;
    let at_once = || std::thread::available_parallelism().map_or(1, |n| n.get().min(MOST_THREADS));
    options.threads = args.threads.map_or_else(at_once, usize::from);
    if let Some(source) = &args.passin {
        if matches!(source.0.as_str(), "stdin" | "fd:0") && stdin_is_input(args) {
            return Err("--passin stdin: standard input is an artifact already".to_owned());
        }
        let (password, warning) = passwords::passin(&source.0)?;
        if let Some(warning) = warning {
            super::complain(warning);
        }
        options.passwords.add(password);
    }
    for list in &args.passwords {
        passwords::add_list(&mut options.passwords, list)?;
    }
    Ok(options)
}

fn stdin_is_input(args: &InputArgs) -> bool {
    args.paths.iter().any(|path| path.as_os_str() == "-")
}

/// Reads every input and ends the run. With a sink the items are also written as they come.
///
/// # Errors
/// Only what the sink answers.
pub(crate) fn run(
    args: &InputArgs,
    options: Options,
    sink: Option<&mut dyn Sink>,
    progress: Progress,
) -> io::Result<Report> {
    read_then(args, options, sink, progress, |analysis| analysis.finish())
}

/// Reads every input, then hands on what is known.
///
/// # Errors
/// Only what the sink answers.
pub(crate) fn read_then<T>(
    args: &InputArgs,
    options: Options,
    sink: Option<&mut dyn Sink>,
    progress: Progress,
    end: impl FnOnce(Analysis<'_>) -> io::Result<T>,
) -> io::Result<T> {
    read_all(args, options, sink, progress, None, end)
}

/// Reads every input and ends the run, and hands on the bytes of each input.
///
/// # Errors
/// None: there is no sink.
pub(crate) fn run_with_bytes<'a>(
    args: &InputArgs,
    options: Options,
    progress: Progress,
    take: &'a mut TakeBytes<'a>,
) -> io::Result<Report> {
    read_all(args, options, None, progress, Some(take), |analysis| analysis.finish())
}

fn read_all<'a, T>(
    args: &InputArgs,
    options: Options,
    sink: Option<&'a mut dyn Sink>,
    progress: Progress,
    take: Option<&'a mut TakeBytes<'a>>,
    end: impl FnOnce(Analysis<'_>) -> io::Result<T>,
) -> io::Result<T> {
    let deadline: Cell<Option<Instant>> = Cell::new(None);
    let stop = || deadline.get().is_some_and(|at| Instant::now() >= at);
    let mut ask = |path: &str, tries: u32| progress.aside(|| passwords::ask(path, tries));
    let threads = options.threads;
    let mut analysis = Analysis::new(options).with_stop(&stop).with_faults_contained();
    if passwords::can_ask(stdin_is_input(args)) {
        analysis = analysis.with_password_prompt(&mut ask);
    }
    if let Some(sink) = sink {
        analysis = analysis.with_sink(sink);
    }
    if let Some(take) = take {
        analysis = analysis.with_bytes(take);
    }
    let inputs = walk(&args.paths, &Limits::default());
    progress.inputs(inputs.len());
    let forerunner = Ahead { forerunner: analysis.forerunner(), progress: &progress, members: AtomicUsize::new(0) };
    let work = |(index, found): (usize, &Found)| forerunner.read(index, found);
    let threads = threads.min(inputs.len());
    in_order(threads, work, |queue| {
        let mut waiting = inputs.iter().enumerate();
        let at_once = threads.saturating_mul(4).clamp(1, AHEAD_INPUTS);
        for found in &inputs {
            let room = at_once.saturating_sub(queue.outstanding());
            waiting.by_ref().take(room).for_each(|job| queue.give(job));
            let name = found.name.to_string();
            progress.next(&name);
            let Some(early) = queue.take() else { break };
            reading(Some(name));
            deadline.set(args.timeout.and_then(|s| Instant::now().checked_add(Duration::from_secs(s))));
            let before = analysis.next_number();
            match early {
                Early::Read(ahead) => analysis.read_ahead(&found.name.path, None, *ahead)?,
                Early::InTurn(opened) => queue.alone(|| in_turn(found, opened, &mut analysis, &progress))?,
            }
            let members = analysis.next_number().saturating_sub(before).saturating_sub(1);
            forerunner.members.fetch_add(members, Ordering::Relaxed);
        }
        Ok::<(), io::Error>(())
    })?;
    reading(None);
    deadline.set(None);
    progress.judging();
    end(analysis)
}

/// Reads inputs ahead of their turn, on any thread.
struct Ahead<'p> {
    forerunner: Forerunner,
    progress: &'p Progress,
    /// The members of archives that came before the input that is read: inputs of their own.
    members: AtomicUsize,
}

/// What became of an input ahead of its turn.
enum Early {
    /// It was read.
    Read(Box<analyze::Ahead>),
    /// It is too large, an archive, a stream, or none: read in its turn. A file that is open already comes with it.
    InTurn(Option<File>),
}

impl Ahead<'_> {
    /// Reads an input that is a small regular file. Nothing else is opened: a FIFO would wait for its writer.
    fn read(&self, index: usize, found: &Found) -> Early {
        let Place::File(path) = &found.place else { return Early::InTurn(None) };
        let size = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
        let Some(size) = size.and_then(|size| usize::try_from(size).ok()).filter(|size| *size <= AHEAD_BYTES) else {
            return Early::InTurn(None);
        };
        AHEAD.with(|name| *name.borrow_mut() = Some(found.name.to_string()));
        let early = match File::open(path) {
            Ok(file) => self.read_file(file, size, index, found),
            Err(_) => Early::InTurn(None),
        };
        AHEAD.with(|name| *name.borrow_mut() = None);
        early
    }

    fn read_file(&self, mut file: File, size: usize, index: usize, found: &Found) -> Early {
        // One byte more tells that the file has not grown since. Sized once: growing would leave copies behind.
        let mut data = Zeroizing::new(Vec::with_capacity(size.saturating_add(1)));
        let read = file.by_ref().take(size as u64 + 1).read_to_end(&mut data);
        if read.is_err() || data.len() != size || is_zip(&data) {
            return Early::InTurn(file.seek(SeekFrom::Start(0)).is_ok().then_some(file));
        }
        self.progress.add(size);
        let number = index.saturating_add(self.members.load(Ordering::Relaxed));
        Early::Read(Box::new(self.forerunner.read(&found.name.path, None, number, data)))
    }
}

/// Reads one input in its turn.
fn in_turn(found: &Found, opened: Option<File>, analysis: &mut Analysis<'_>, progress: &Progress) -> io::Result<()> {
    let path = &found.name.path;
    if let Place::Failed(message) | Place::Skipped(message) = &found.place {
        return analysis.unreadable(path, message);
    }
    match opened.map(|file| Ok(Opened::File(file))).or_else(|| found.open()) {
        Some(Ok(Opened::File(file))) => analysis.read_seekable(path, None, &mut Counted { inner: file, progress }),
        Some(Ok(Opened::Stream(stream))) => analysis.read(path, None, &mut Counted { inner: stream, progress }),
        Some(Err(error)) => analysis.unreadable(path, &format!("can't be read: {error}")),
        None => Ok(()),
    }
}

/// The exit status: 3 when no input could be analysed (with `strict` also when any could not), 1 with findings from this
/// severity on, else 0.
pub(crate) fn status(report: &Report, strict: bool, fail_on: FailOn) -> u8 {
    let read = |s| matches!(s, InputStatus::Analyzed | InputStatus::Partial | InputStatus::Locked);
    let bad = |s| matches!(s, InputStatus::Failed | InputStatus::Unrecognized);
    let nothing = !report.inputs.iter().any(|i| read(i.status));
    if nothing || (strict && report.inputs.iter().any(|i| bad(i.status))) {
        return 3;
    }
    let s = &report.summary;
    let found = match fail_on {
        FailOn::Never => false,
        FailOn::Error => s.errors > 0,
        FailOn::Warning => s.errors > 0 || s.warnings > 0,
        FailOn::Note => s.errors > 0 || s.warnings > 0 || s.notes > 0,
    };
    u8::from(found)
}
