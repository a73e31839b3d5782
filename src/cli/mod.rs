//! The command line: arguments, files, the terminal, the exit status. What a library user would miss is in the library.

mod args;
mod output;
mod passwords;
mod redact;
mod rules;
mod run;

use args::{
    CheckArgs, Cli, CollectArgs, Command, ExplainArgs, Format, InputArgs, InspectArgs, ListFormat, PageFormat,
    RulesArgs, Shell,
};
use clap::Parser as _;
use clap::error::ErrorKind;
use keyspect::collect;
use keyspect::explain::{self, PageOptions, closest};
use keyspect::report::escape::escape;
use keyspect::report::jsonl::JsonLines;
use keyspect::report::model::Report;
use keyspect::report::text::{self, TextOptions};
use keyspect::report::{inspect, json, short, summary};
use output::{Content, Look, Output};
use std::io::{self, IsTerminal as _, Write};
use std::process::ExitCode;

/// Wrong usage.
const USAGE: u8 = 2;
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
    for line in message.lines() {
        let _ = writeln!(stderr, "keyspect: {}", escape(line));
    }
}

/// Runs the program.
pub(crate) fn main() -> ExitCode {
    // The panic's own message may hold a part of an input: only its place is told.
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(String::new, |l| format!(" at {}:{}", l.file(), l.line()));
        let input = run::current_input().map_or_else(String::new, |name| format!(" while reading {name}"));
        complain(&format!(
            "a fault of keyspect itself{place}{input}. Please report it with this line, the version {} and the command's \
             options; look through an artifact for secrets before you attach it.",
            env!("CARGO_PKG_VERSION")
        ));
    }));
    let status = std::panic::catch_unwind(|| match Cli::try_parse() {
        Ok(cli) => dispatch(cli),
        Err(error) => {
            let _ = error.print();
            match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => 0,
                _ => USAGE,
            }
        }
    });
    ExitCode::from(status.unwrap_or(FAULT))
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

/// Says what a path that does not exist may have been meant for.
fn hint(args: &InputArgs) {
    for path in args.paths.iter().filter(|p| !p.exists()) {
        let Some(name) = path.to_str().filter(|n| *n != "-" && !n.contains(['/', '\\'])) else { continue };
        let commands = ["check", "inspect", "explain", "rules", "collect", "redact", "help"];
        if commands.contains(&name) {
            complain(&format!("`{name}` was taken for a path: a command's name comes before all options"));
        } else if explain::explain(name).is_ok() {
            complain(&format!("`{name}` is not a file; did you mean `keyspect explain {name}`?"));
        } else if let Some(near) = closest(name, commands, 1).first() {
            complain(&format!("`{name}` is not a file; did you mean `keyspect {near}`?"));
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
    let mut options = run::options(&args.input, args.at).map_err(Failure::Usage)?;
    options.windows = args.windows;
    options.all_checks = args.all_checks || (args.verbose && args.format == Format::Text);
    if !args.targets.is_empty() {
        options.targets.clear();
        for target in args.targets.iter().flat_map(|t| &t.0) {
            if !options.targets.contains(target) {
                options.targets.push(*target);
            }
        }
    }
    let mut redactor = redact::redactor(&args.redaction).map_err(Failure::Usage)?;
    let json = matches!(args.format, Format::Json | Format::Jsonl);
    let content = if json { Content::Json } else { Content::Text };
    let mut output = Output::open(&args.output, content).map_err(Failure::Usage)?;
    hint(&args.input);
    if let (Some(redactor), Format::Jsonl) = (&mut redactor, args.format) {
        // What the last input names may stand in the first one: nothing is written before all is read.
        let report = run::run(&args.input, options, None).map_err(|e| Failure::Output(e, FAULT))?;
        let status = run::status(&report, args.input.strict, args.fail_on);
        return write(output, status, |out| redact::items(redactor.report(&report), out));
    }
    if args.format == Format::Jsonl {
        let mut sink = JsonLines::new(&mut output);
        let report = run::run(&args.input, options, Some(&mut sink)).map_err(|e| Failure::Output(e, 0))?;
        return write(output, run::status(&report, args.input.strict, args.fail_on), |_| Ok(()));
    }
    let mut report = run::run(&args.input, options, None).map_err(|e| Failure::Output(e, FAULT))?;
    let status = run::status(&report, args.input.strict, args.fail_on);
    if let Some(redactor) = &mut redactor {
        report = redactor.report(&report);
    }
    write(output, status, |out| render(&report, args, out))
}

fn render(report: &Report, args: &CheckArgs, out: &mut Output) -> io::Result<()> {
    let look = Look::of(&args.output);
    match args.format {
        Format::Text => {
            let mut options = TextOptions::default();
            options.color = look.color;
            options.ascii = look.ascii;
            options.width = look.width;
            options.verbose = args.verbose;
            options.quiet = args.quiet;
            text::render(report, &options, out)
        }
        Format::Short => short::render(report, look.ascii, out),
        Format::Summary => summary::render(report, look.ascii, out),
        Format::Json | Format::Jsonl => json::render(report, out),
    }
}

fn show_facts(args: &InspectArgs) -> Result<u8, Failure> {
    need_paths(&args.input)?;
    let options = run::options(&args.input, None).map_err(Failure::Usage)?;
    let redactor = redact::redactor(&args.redaction).map_err(Failure::Usage)?;
    let output = Output::open(&args.output, Content::Text).map_err(Failure::Usage)?;
    hint(&args.input);
    let mut report = run::run(&args.input, options, None).map_err(|e| Failure::Output(e, FAULT))?;
    let status = run::status(&report, args.input.strict, args::FailOn::Never);
    if let Some(mut redactor) = redactor {
        report = redactor.report(&report);
    }
    write(output, status, |out| match args.format {
        ListFormat::Text => inspect::render(&report, Look::of(&args.output).ascii, out),
        ListFormat::Json => {
            serde_json::to_writer_pretty(&mut *out, &inspect::facts(&report))?;
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
    let output = Output::open(&args.output, Content::Text).map_err(Failure::Usage)?;
    write(output, 0, |out| {
        let look = Look::of(&args.output);
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
    if !args.targets.is_empty() {
        options.targets = args.targets.iter().flat_map(|t| &t.0).copied().collect();
    }
    let mut steps = collect::steps(&options.targets);
    let output = Output::open(&args.output, Content::Text).map_err(Failure::Usage)?;
    if !args.input.paths.is_empty() {
        hint(&args.input);
        steps = run::read_then(&args.input, options, None, |analysis| Ok(collect::missing(steps, analysis.case())))
            .map_err(|e| Failure::Output(e, FAULT))?;
        if steps.is_empty() {
            complain("nothing is missing: every artifact that keyspect would ask for is there");
        }
    }
    write(output, 0, |out| {
        let script = match args.shell {
            Shell::Cmd => collect::cmd_script(&steps),
            Shell::Powershell => collect::powershell_script(&steps),
        };
        out.write_all(script.as_bytes())
    })
}

fn list_rules(args: &RulesArgs) -> Result<u8, Failure> {
    let output = Output::open(&args.output, Content::Text).map_err(Failure::Usage)?;
    write(output, 0, |out| match args.format {
        ListFormat::Text => rules::text(Look::of(&args.output), out),
        ListFormat::Json => rules::json(out),
    })
}
