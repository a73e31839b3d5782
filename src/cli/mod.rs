//! The command line: arguments, files, the terminal, the exit status. What a library user would miss is in the library.

mod args;
mod baseline;
mod config;
mod core_dump;
mod manual;
mod output;
mod passwords;
mod progress;
mod redact;
mod rules;
mod run;
mod wanted;

use args::{
    CheckArgs, Cli, CollectArgs, Command, ExplainArgs, FailOn, Format, InputArgs, InspectArgs, ListFormat, OutputArgs,
    PageFormat, RulesArgs, Shell,
};
use baseline::{Collected, Collecting};
use clap::Parser as _;
use clap::error::ErrorKind;
use keyspect::analyze::{Analysis, Options};
use keyspect::collect;
use keyspect::explain::{self, PageOptions, closest};
use keyspect::report::csv::{self, CsvOptions};
use keyspect::report::escape::escape;
use keyspect::report::html::{self, HtmlOptions};
use keyspect::report::jsonl::{self, JsonLines, Sink};
use keyspect::report::junit::{self, JunitOptions};
use keyspect::report::markdown::{self, MarkdownOptions};
use keyspect::report::model::{InputStatus, Report, Severity};
use keyspect::report::sarif::{self, SarifOptions};
use keyspect::report::text::{self, TextOptions};
use keyspect::report::{inspect, json, json_text, short, summary};
use output::{Content, Look, Output};
use progress::Progress;
use std::io::{self, IsTerminal as _, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use wanted::Wanted;

/// Wrong usage.
const USAGE: u8 = 2;

/// No input could be read, or not all of them where that is asked for.
const UNREAD: u8 = 3;
/// A fault of the program itself, or an output that could not be written.
const FAULT: u8 = 4;

/// Why a command ended early.
enum Failure {
    /// Wrong usage: a message for a person.
    Usage(String),
    /// The output could not be written; the status is the one that the run would have had, as far as it is known.
    Output(io::Error, u8),
}

fn complain(message: &str) {
    let mut stderr = io::stderr().lock();
    let _ = stderr.write_all(progress::erase().as_bytes());
    for line in message.lines() {
        let _ = writeln!(stderr, "keyspect: {}", escape(line));
    }
}

/// Whether the program itself was at fault, even where the fault cost only one input.
static FAULTY: AtomicBool = AtomicBool::new(false);

/// Runs the program.
pub(crate) fn main() -> ExitCode {
    core_dump::forbid();
    guarded(|| match Cli::try_parse() {
        Ok(cli) => dispatch(cli),
        Err(error) => {
            let _ = error.print();
            match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => 0,
                _ => USAGE,
            }
        }
    })
}

/// Gives the status of a run; a fault of the program is told and shown by it.
fn guarded(run: impl FnOnce() -> u8 + std::panic::UnwindSafe) -> ExitCode {
    // The panic's own message may hold a part of an input: only its place is told.
    std::panic::set_hook(Box::new(|info| {
        FAULTY.store(true, Ordering::Relaxed);
        let place = info.location().map_or_else(String::new, |l| format!(" at {}:{}", l.file(), l.line()));
        let input = run::current_input().map_or_else(String::new, |name| format!(" while reading {name}"));
        complain(&format!(
            "a fault of keyspect itself{place}{input}. Please report it with this line, the version {} and the command's \
             options; look through an artifact for secrets before you attach it.",
            env!("CARGO_PKG_VERSION")
        ));
    }));
    match std::panic::catch_unwind(run) {
        Ok(status) if !FAULTY.load(Ordering::Relaxed) => ExitCode::from(status),
        _ => ExitCode::from(FAULT),
    }
}

fn dispatch(cli: Cli) -> u8 {
    let result = match cli.command {
        None => check(&cli.check),
        Some(Command::Check(args)) => check(&args),
        Some(Command::Inspect(args)) => show_facts(&args),
        Some(Command::Explain(args)) => explain_name(&args),
        Some(Command::Rules(args)) => list_rules(&args),
        Some(Command::Redact(args)) => redact::copies(&args),
        Some(Command::Collect(args)) => collect_script(&args),
        Some(Command::Completions(args)) => args
            .output
            .open()
            .map_err(Failure::Usage)
            .and_then(|output| write(output, 0, |out| manual::completions(args.shell, out))),
        Some(Command::Man(args)) => manual::man(args.command.as_deref()).map_err(Failure::Usage).and_then(|page| {
            let output = args.output.open().map_err(Failure::Usage)?;
            write(output, 0, |out| out.write_all(&page))
        }),
    };
    match result {
        Ok(status) => status,
        Err(Failure::Usage(message)) => {
            complain(&message);
            USAGE
        }
        Err(Failure::Output(error, status)) if error.kind() == io::ErrorKind::BrokenPipe => status,
        Err(Failure::Output(error, _)) => {
            complain(&format!("the output could not be written: {error}"));
            FAULT
        }
    }
}

fn need_paths(args: &InputArgs) -> Result<(), Failure> {
    if !args.paths.is_empty() {
        if args.paths.iter().any(|p| p.as_os_str() == "-") && io::stdin().is_terminal() {
            complain("reading standard input; end it with Ctrl-D (on Windows with Ctrl-Z and Enter)");
        }
        return Ok(());
    }
    Err(Failure::Usage(if io::stdin().is_terminal() {
        "no artifact given: name files or folders, as in `keyspect dump.txt` (`keyspect --help` tells more)".to_owned()
    } else {
        "no artifact given: name files or folders, or `-` to read standard input, as in `certutil -v -store my | keyspect -`"
            .to_owned()
    }))
}

/// A file of the current folder whose name is close; of a large folder only the first names are looked at.
fn neighbour(name: &str) -> Option<String> {
    let entries = std::fs::read_dir(".").ok()?.take(10_000);
    let names: Vec<String> = entries.filter_map(|e| e.ok()?.file_name().into_string().ok()).collect();
    closest(name, names.iter().map(String::as_str), 1).into_iter().next()
}

/// Says what a path that does not exist may have been meant for.
fn hint(args: &InputArgs) {
    // A link that leads nowhere is there: no other name was meant.
    for path in args.paths.iter().filter(|p| p.symlink_metadata().is_err()) {
        let Some(name) = path.to_str().filter(|n| *n != "-" && !n.contains(['/', '\\'])) else { continue };
        let commands = ["check", "inspect", "explain", "rules", "collect", "redact", "completions", "man", "help"];
        if commands.contains(&name) {
            complain(&format!("`{name}` was taken for a path: a command's name comes before all options"));
        } else if explain::explain(name).is_ok() {
            complain(&format!("`{name}` is not a file; did you mean `keyspect explain {name}`?"));
        } else if let Some(near) = closest(name, commands, 1).first() {
            complain(&format!("`{name}` is not a file; did you mean `keyspect {near}`?"));
        } else if let Some(near) = neighbour(name) {
            complain(&format!("`{name}` is not there; did you mean `{near}`?"));
        }
    }
}

/// Writes an answer and gives the status.
fn write(mut output: Output, status: u8, render: impl FnOnce(&mut Output) -> io::Result<()>) -> Result<u8, Failure> {
    let failed = |error| Failure::Output(error, status);
    render(&mut output).map_err(failed)?;
    output.finish().map_err(failed)?;
    Ok(status)
}

fn check(args: &CheckArgs) -> Result<u8, Failure> {
    need_paths(&args.input)?;
    let wanted = wanted::wanted(args).map_err(Failure::Usage)?;
    let (options, fail_on) = check_options(args, &wanted)?;
    let run = CheckRun { args, fail_on };
    match wanted.as_slice() {
        [one] => run.write_one(options, one),
        several => run.write_several(options, several),
    }
}

/// The options of a run, and from which severity on it fails: the command line goes before the settings.
fn check_options(args: &CheckArgs, wanted: &[Wanted<'_>]) -> Result<(Options, FailOn), Failure> {
    let mut options = run::options(&args.input, args.at).map_err(Failure::Usage)?;
    let settled = &args.settled;
    let (config, found) = config::load(settled.config.as_deref(), settled.no_config).map_err(Failure::Usage)?;
    if let Some(path) = found.filter(|_| settled.config.is_none() && !args.quiet) {
        complain(&format!("settings of {} are used (--no-config leaves them out)", path.display()));
    }
    options.windows = args.windows.or(config.windows);
    options.triage = config.triage;
    options.triage.show_known = settled.show_known;
    for path in &settled.baseline {
        baseline::add(&mut options.triage, path).map_err(Failure::Usage)?;
    }
    let fail_on = args.fail_on.or(config.fail_on).unwrap_or(FailOn::Error);
    let targets = if args.targets.is_empty() { &config.targets } else { &args.targets };
    options.all_checks = args.all_checks || (args.verbose && wanted.iter().any(|w| w.format == Format::Text));
    let text_alone = wanted.iter().all(|w| w.format == Format::Text);
    options.brief = text_alone && !args.verbose && !options.all_checks && settled.write_baseline.is_none();
    if !targets.is_empty() {
        options.targets.clear();
        for target in targets.iter().flat_map(|t| &t.0) {
            if !options.targets.contains(target) {
                options.targets.push(*target);
            }
        }
    }
    Ok((options, fail_on))
}

/// One run of `check`.
#[derive(Clone, Copy)]
struct CheckRun<'a> {
    args: &'a CheckArgs,
    fail_on: FailOn,
}

impl CheckRun<'_> {
    fn write_one(self, options: Options, wanted: &Wanted<'_>) -> Result<u8, Failure> {
        let args = self.args;
        let mut redactor = redact::redactor(&args.redaction).map_err(Failure::Usage)?;
        let mut output = wanted.open(args).map_err(Failure::Usage)?;
        hint(&args.input);
        // What the last input names may stand in the first one: redacted lines are written when all is read.
        let streamed = wanted.format == Format::Jsonl && redactor.is_none();
        let look = Look::of(&args.look, wanted.path);
        let progress = Progress::new(!(args.quiet || streamed && look.terminal), look.ascii);
        let mut collected = Collected::default();
        let (report, status) = if streamed {
            let mut lines = JsonLines::new(&mut output);
            let mut collecting;
            let sink: &mut dyn Sink = if args.settled.write_baseline.is_some() {
                collecting = Collecting { next: &mut lines, collected: &mut collected };
                &mut collecting
            } else {
                &mut lines
            };
            let report = run::run(&args.input, options, Some(sink), progress).map_err(|e| Failure::Output(e, 0))?;
            let status = run::status(&report, args.input.strict, self.fail_on);
            write(output, status, |_| Ok(()))?;
            (report, status)
        } else {
            let mut report = run::run(&args.input, options, None, progress).map_err(|e| Failure::Output(e, FAULT))?;
            let status = run::status(&report, args.input.strict, self.fail_on);
            if let Some(redactor) = &mut redactor {
                report = redactor.report(&report);
            }
            write(output, status, |out| self.render(&report, wanted, status, out))?;
            (report, status)
        };
        self.write_baseline(collected, &report, status)?;
        Ok(status)
    }

    /// Writes the fingerprints of all findings where `--write-baseline` wants them.
    fn write_baseline(self, mut collected: Collected, report: &Report, status: u8) -> Result<(), Failure> {
        let Some(path) = &self.args.settled.write_baseline else { return Ok(()) };
        collected.add(report);
        let named = |message: String| Failure::Usage(message.replacen("--output", "--write-baseline", 1));
        let file = Output::open(&self.args.look, Some(path.as_path()), Content::Data).map_err(named)?;
        write(file, status, |out| out.write_all(collected.to_json().as_bytes())).map(|_| ())
    }

    /// Several outputs: one that fails does not keep the others from being written. Lines of JSON are written when the report
    /// is complete: a report that streams lets go of credentials that the other forms need.
    fn write_several(self, options: Options, wanted: &[Wanted<'_>]) -> Result<u8, Failure> {
        let args = self.args;
        let mut redactor = redact::redactor(&args.redaction).map_err(Failure::Usage)?;
        let mut opened = Vec::new();
        let mut refused = Vec::new();
        for one in wanted {
            match one.open(args) {
                Ok(output) => opened.push((one, output)),
                Err(message) => refused.push(message),
            }
        }
        if opened.is_empty() {
            return Err(Failure::Usage(refused.join("\n")));
        }
        let mut failed = !refused.is_empty();
        refused.iter().for_each(|message| complain(message));
        hint(&args.input);
        let look = Look::of(&args.look, None);
        let progress = Progress::new(!args.quiet, look.ascii);
        let mut report = run::run(&args.input, options, None, progress).map_err(|e| Failure::Output(e, FAULT))?;
        let status = run::status(&report, args.input.strict, self.fail_on);
        if let Some(redactor) = &mut redactor {
            report = redactor.report(&report);
        }
        for (one, output) in opened {
            match write(output, status, |out| self.render(&report, one, status, out)) {
                Err(Failure::Output(error, _)) if error.kind() != io::ErrorKind::BrokenPipe => {
                    complain(&format!("{}: the output could not be written: {error}", one.name()));
                    failed = true;
                }
                Err(Failure::Usage(message)) => return Err(Failure::Usage(message)),
                Ok(_) | Err(Failure::Output(..)) => {}
            }
        }
        self.write_baseline(Collected::default(), &report, status)?;
        Ok(if failed { FAULT } else { status })
    }

    fn render(self, report: &Report, wanted: &Wanted<'_>, status: u8, out: &mut Output) -> io::Result<()> {
        let args = self.args;
        let look = Look::of(&args.look, wanted.path);
        match wanted.format {
            Format::Text => {
                let mut options = TextOptions::default();
                options.color = look.color;
                options.ascii = look.ascii;
                options.width = look.width;
                options.verbose = args.verbose;
                options.quiet = args.quiet;
                if look.links {
                    options.links =
                        std::env::current_dir().ok().and_then(|folder| folder.into_os_string().into_string().ok());
                }
                text::render(report, &options, out)
            }
            Format::Short => short::render(report, look.ascii, out),
            Format::Summary => summary::render(report, look.ascii, out),
            Format::Json => json::render(report, out),
            Format::Jsonl => jsonl::render(report, out),
            Format::Sarif => {
                let mut options = SarifOptions::default();
                options.exit_code = Some(status);
                sarif::render(report, &options, out)
            }
            Format::Junit => {
                let mut options = JunitOptions::default();
                options.fail_on = match self.fail_on {
                    FailOn::Error => Some(Severity::Error),
                    FailOn::Warning => Some(Severity::Warning),
                    FailOn::Note => Some(Severity::Note),
                    FailOn::Never => None,
                };
                junit::render(report, &options, out)
            }
            Format::Csv => {
                let mut options = CsvOptions::default();
                options.bom = args.csv_bom;
                csv::render(report, &options, out)
            }
            Format::Html => {
                let mut options = HtmlOptions::default();
                options.verbose = args.verbose;
                options.quiet = args.quiet;
                html::render(report, &options, out)
            }
            Format::Markdown => {
                let mut options = MarkdownOptions::default();
                options.verbose = args.verbose;
                options.quiet = args.quiet;
                markdown::render(report, &options, out)
            }
        }
    }
}

/// Opens the place for an answer about inputs, which it does not replace.
fn opened(output: &OutputArgs, input: &InputArgs) -> Result<Output, Failure> {
    if let Some(path) = output::file(output.output.as_deref()) {
        wanted::spare(path, &input.paths).map_err(Failure::Usage)?;
    }
    output.open().map_err(Failure::Usage)
}

fn show_facts(args: &InspectArgs) -> Result<u8, Failure> {
    need_paths(&args.input)?;
    let options = run::options(&args.input, None).map_err(Failure::Usage)?;
    let redactor = redact::redactor(&args.redaction).map_err(Failure::Usage)?;
    let output = opened(&args.output, &args.input)?;
    hint(&args.input);
    let progress = Progress::new(true, args.output.look().ascii);
    let mut report = run::run(&args.input, options, None, progress).map_err(|e| Failure::Output(e, FAULT))?;
    let status = run::status(&report, args.input.strict, FailOn::Never);
    if let Some(mut redactor) = redactor {
        report = redactor.report(&report);
    }
    write(output, status, |out| match args.format {
        ListFormat::Text => inspect::render(&report, args.output.look().ascii, out),
        ListFormat::Json => {
            json_text::pretty(&mut *out, &inspect::facts(&report))?;
            out.write_all(b"\n")
        }
    })
}

fn explain_name(args: &ExplainArgs) -> Result<u8, Failure> {
    let query = args.query.join(" ");
    let page = explain::explain(&query).map_err(|unknown| {
        let mut message = format!("{unknown}");
        if unknown.suggestions.is_empty() {
            message.push_str("; `keyspect rules` lists the rules, `keyspect explain --help` what else can be asked");
        } else {
            let names: Vec<_> = unknown.suggestions.iter().map(|s| format!("`{s}`")).collect();
            message.push_str(&format!("; did you mean {}?", names.join(", ")));
        }
        Failure::Usage(message)
    })?;
    let output = args.output.open().map_err(Failure::Usage)?;
    write(output, 0, |out| {
        let look = args.output.look();
        let text = match args.format {
            PageFormat::Markdown => page.markdown,
            PageFormat::Text => explain::to_text(
                &page.markdown,
                &PageOptions { color: look.color, ascii: look.ascii, width: look.width },
            ),
        };
        out.write_all(text.as_bytes())
    })
}

fn collect_script(args: &CollectArgs) -> Result<u8, Failure> {
    let mut options = run::options(&args.input, None).map_err(Failure::Usage)?;
    let is_asked = !args.targets.is_empty();
    if is_asked {
        options.targets = args.targets.iter().flat_map(|t| &t.0).copied().collect();
    }
    let targets = options.targets.clone();
    let mut steps = collect::steps(&targets);
    let output = opened(&args.output, &args.input)?;
    let mut status = 0;
    if !args.input.paths.is_empty() {
        hint(&args.input);
        let progress = Progress::new(true, args.output.look().ascii);
        let missing = |analysis: Analysis<'_>| {
            let unread: Vec<_> = analysis.inputs().iter().filter(|input| input.status == InputStatus::Failed).collect();
            for input in &unread {
                let why = input.problems.first().map_or("it can't be read", |problem| problem.message.as_str());
                complain(&format!("{}: {}", escape(&input.path), escape(why)));
            }
            if !unread.is_empty() && (args.input.strict || unread.len() == analysis.inputs().len()) {
                status = UNREAD;
            }
            let case = analysis.case();
            // Without `--for` the artifacts tell what else the machine has.
            let targets = if is_asked { targets } else { collect::with_shown(targets, case) };
            Ok(collect::missing(collect::steps(&targets), case))
        };
        steps = run::read_then(&args.input, options, None, progress, missing).map_err(|e| Failure::Output(e, FAULT))?;
        if steps.is_empty() {
            complain("nothing is missing: every artifact that keyspect would ask for is there");
        }
    }
    write(output, status, |out| {
        let script = match args.shell {
            Shell::Cmd => collect::cmd_script(&steps),
            Shell::Powershell => collect::powershell_script(&steps),
        };
        out.write_all(script.as_bytes())
    })
}

fn list_rules(args: &RulesArgs) -> Result<u8, Failure> {
    let output = args.output.open().map_err(Failure::Usage)?;
    write(output, 0, |out| match args.format {
        ListFormat::Text => rules::text(args.output.look(), out),
        ListFormat::Json => rules::json(out),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The part of the next test that runs in a process of its own.
    #[test]
    #[ignore = "a fault on purpose"]
    fn a_fault_on_purpose() {
        let status = guarded(|| {
            let _ = std::panic::catch_unwind(|| panic!("C4nary-of-an-input"));
            0
        });
        assert_eq!(format!("{status:?}"), format!("{:?}", ExitCode::from(FAULT)));
        // Told on standard output, which the parent reads.
        println!("status of a fault");
    }

    #[test]
    fn a_fault_is_told_without_its_message_and_shown_by_the_status_even_where_it_was_contained() {
        let program = std::env::current_exe().unwrap();
        let arguments = ["--ignored", "--exact", "cli::tests::a_fault_on_purpose", "--nocapture"];
        let output = std::process::Command::new(program).args(arguments).output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(out.contains("status of a fault"), "{out}{err}");
        assert!(err.contains("a fault of keyspect itself at src/cli/mod.rs:"), "{err}");
        assert!(!out.contains("C4nary") && !err.contains("C4nary"), "{out}{err}");
    }
}
