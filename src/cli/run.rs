//! From the arguments to a report: the only place that opens inputs and reads the clock.

use super::args::{FailOn, InputArgs};
use super::passwords;
use super::progress::{Counted, Progress};
use keyspect::analyze::{Analysis, Options, TakeBytes};
use keyspect::input::{Opened, Place, walk};
use keyspect::limits::Limits;
use keyspect::report::jsonl::Sink;
use keyspect::report::model::{InputStatus, Report};
use std::cell::Cell;
use std::io;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use time::OffsetDateTime;

/// Threads without `--threads`.
const MOST_THREADS: usize = 8;

/// The input that is being read, for the message about a fault of the program itself.
static CURRENT: Mutex<Option<String>> = Mutex::new(None);

/// The input that was being read when something went wrong.
pub(crate) fn current_input() -> Option<String> {
    CURRENT.try_lock().ok().and_then(|name| name.clone())
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
    for found in inputs {
        let name = &found.name;
        progress.next(&name.to_string());
        match &found.place {
            Place::Failed(message) | Place::Skipped(message) => analysis.unreadable(&name.path, message)?,
            Place::Stdin | Place::File(_) => match found.open() {
                Some(Ok(opened)) => {
                    reading(Some(name.to_string()));
                    deadline.set(args.timeout.and_then(|s| Instant::now().checked_add(Duration::from_secs(s))));
                    match opened {
                        Opened::File(file) => {
                            let mut reader = Counted { inner: file, progress: &progress };
                            analysis.read_seekable(&name.path, None, &mut reader)?;
                        }
                        Opened::Stream(stream) => {
                            let mut reader = Counted { inner: stream, progress: &progress };
                            analysis.read(&name.path, None, &mut reader)?;
                        }
                    }
                }
                Some(Err(error)) => analysis.unreadable(&name.path, &format!("can't be read: {error}"))?,
                None => {}
            },
        }
    }
    reading(None);
    deadline.set(None);
    progress.judging();
    end(analysis)
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
