//! The arguments of the command line.

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{Args, Parser, Subcommand, ValueEnum};
use keyspect::explain::closest;
use keyspect::input::TextEncoding;
use keyspect::model::windows::{self, WindowsVersion};
use keyspect::workloads::{self, Target, WORKLOADS};
use std::ffi::OsString;
use std::path::PathBuf;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

pub(crate) const EXAMPLES: &str = "\
Examples:
  keyspect ticket-4711/                     every artifact in a folder, judged for IIS
  keyspect ticket-4711.zip                  the same of an archive; nothing is unpacked to disk
  certutil -v -store my | keyspect -        standard input
  keyspect --for sql-server:2019 dump.txt   for another workload
  keyspect explain 0x80070520               what a code, event, field, provider or rule means

Exit status:
  0  nothing found            2  wrong usage                    4  a fault of keyspect itself
  1  findings (--fail-on)     3  no input could be analysed";

/// An offline doctor for the private keys behind Windows certificates
///
/// Give it what a server's administrator sent: certutil logs, PFX files, key files, certificate stores, a folder or a zip of all of it.
/// It says which private key is broken, which line proves it, what repairs it and what shows that it is repaired.
/// Nothing is changed and nothing is sent anywhere.
#[derive(Debug, Parser)]
#[command(
    name = "keyspect",
    version,
    after_help = EXAMPLES,
    args_conflicts_with_subcommands = true,
    max_term_width = 100
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) check: CheckArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Judge what the artifacts show (what keyspect does without a command's name)
    Check(CheckArgs),
    /// Show the facts alone, as a tree, without judging
    Inspect(InspectArgs),
    /// Explain a rule, an error code, an event, a field, a provider, a flag, a property or a workload
    Explain(ExplainArgs),
    /// List the rules
    Rules(RulesArgs),
    /// Write a copy of text artifacts in which pseudonyms stand for names; the report on it stays the same
    Redact(RedactArgs),
    /// Print a script that gathers on a server what keyspect reads; with paths, only what is missing among them
    Collect(CollectArgs),
    /// Print the completions of a shell
    Completions(CompletionsArgs),
    /// Print the manual page of keyspect or of one of its commands: `keyspect man | man -l -`
    Man(ManArgs),
}

/// Where the artifacts come from.
#[derive(Debug, Args)]
pub(crate) struct InputArgs {
    /// Files, folders and zip archives with artifacts; `-` is standard input. A file named like a command needs `./`
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// The encoding of texts (utf-8, utf-16le, 850, windows-1252, …) instead of the detected one
    #[arg(long, value_name = "NAME", value_parser = encoding)]
    pub(crate) encoding: Option<TextEncoding>,
    /// Hash every input, also texts over 16 MiB
    #[arg(long)]
    pub(crate) hash: bool,
    /// The password of PFX files and zip archives: env:NAME, file:PATH (its first line), fd:NUMBER, stdin, or pass:PASSWORD (seen by others)
    #[arg(long, value_name = "SOURCE", value_parser = password_source)]
    pub(crate) passin: Option<PasswordSource>,
    /// A list of passwords, one per line; NAME=PASSWORD is for files of that name (`*` and `?` allowed); may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) passwords: Vec<PathBuf>,
    /// Stop reading an input after this many seconds; what was read so far is judged
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) timeout: Option<u64>,
    /// The number of threads [default: as many as the machine runs at once, at most 8]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(crate) threads: Option<u8>,
    /// Exit with 3 when any input could not be read or recognized
    #[arg(long)]
    pub(crate) strict: bool,
}

/// What is hidden.
#[derive(Debug, Args)]
pub(crate) struct RedactionArgs {
    /// Write pseudonyms instead of names, hosts, hashes, GUIDs, SIDs, paths and addresses; the same value has the same one
    #[arg(long)]
    pub(crate) redact: bool,
    /// A secret file that makes identifiers' pseudonyms the same in every run with it [default: a new key each run]
    #[arg(long, value_name = "FILE")]
    pub(crate) redact_key: Option<PathBuf>,
}

/// How the answer looks.
#[derive(Debug, Args)]
pub(crate) struct LookArgs {
    /// When to use colours
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
    /// Write what is for a terminal in ASCII alone: text, short, summary, pages and lists (other forms are UTF-8)
    #[arg(long)]
    pub(crate) ascii: bool,
}

/// How the answer is written.
#[derive(Debug, Args)]
pub(crate) struct OutputArgs {
    #[command(flatten)]
    pub(crate) look: LookArgs,
    /// Write to a file instead of standard output; it appears when it is complete
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// The workload to judge for, with a version if need be (iis, sql-server:2019, all); may be repeated [default: iis]
    #[arg(long = "for", value_name = "WORKLOAD", value_parser = targets)]
    pub(crate) targets: Vec<Targets>,
    /// The form of the report [default: text]
    #[arg(long, short, value_enum)]
    pub(crate) format: Option<Format>,
    /// Write to a file, which appears when it is complete and replaces no artifact; FORMAT=FILE, as in json=report.json, may be repeated for several forms of one run; `-` is standard output
    #[arg(long, short, value_name = "[FORMAT=]FILE", value_parser = OsStringValueParser::new().try_map(destination))]
    pub(crate) output: Vec<Destination>,
    /// Begin a CSV file with a byte order mark, for Excel
    #[arg(long)]
    pub(crate) csv_bom: bool,
    /// The time of judgement, as in 2026-11-22T21:00:00Z [default: now]
    #[arg(long, value_name = "RFC3339", value_parser = moment)]
    pub(crate) at: Option<OffsetDateTime>,
    /// The Windows version of the server (2008r2, 2016, 10.0.17763, …), where no artifact states it
    #[arg(long, value_name = "NAME", value_parser = windows_version)]
    pub(crate) windows: Option<WindowsVersion>,
    /// Exit with 1 from this severity on [default: error]
    #[arg(long, value_name = "SEVERITY", value_enum)]
    pub(crate) fail_on: Option<FailOn>,
    /// List every check of every credential, also those that do not apply
    #[arg(long)]
    pub(crate) all_checks: bool,
    /// Show every check and every row
    #[arg(long, short, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
    /// Show only what is broken
    #[arg(long, short)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) redaction: RedactionArgs,
    #[command(flatten)]
    pub(crate) settled: SettledArgs,
    #[command(flatten)]
    pub(crate) look: LookArgs,
}

/// What is settled beforehand.
#[derive(Debug, Args)]
pub(crate) struct SettledArgs {
    /// Settings: default workloads, severities of rules, ignored findings [default: keyspect.toml of the current folder]
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    pub(crate) config: Option<PathBuf>,
    /// Read no settings
    #[arg(long)]
    pub(crate) no_config: bool,
    /// Findings that are known: an earlier JSON report or a list of fingerprints; only new ones count. May be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Vec<PathBuf>,
    /// Show known findings too, marked; they still don't count
    #[arg(long)]
    pub(crate) show_known: bool,
    /// Write the fingerprints of all findings to a file, for --baseline
    #[arg(long, value_name = "FILE")]
    pub(crate) write_baseline: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: CompletionShell,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// A command of keyspect
    #[arg(value_name = "COMMAND")]
    pub(crate) command: Option<String>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// The shells with completions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompletionShell {
    /// Bash
    Bash,
    /// Z shell
    Zsh,
    /// fish
    Fish,
    /// PowerShell
    Powershell,
    /// Elvish
    Elvish,
}

#[derive(Debug, Args)]
pub(crate) struct RedactArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// A secret file that makes identifiers' pseudonyms the same in every run with it [default: a new key each run]
    #[arg(long, value_name = "FILE")]
    pub(crate) redact_key: Option<PathBuf>,
    /// The file of the copy; the folder of the copies when there is more than one. Nothing is overwritten
    #[arg(long, short, value_name = "PATH")]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    #[command(flatten)]
    pub(crate) redaction: RedactionArgs,
    /// The form of the facts
    #[arg(long, short, value_enum, default_value_t = ListFormat::Text)]
    pub(crate) format: ListFormat,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// What to explain: keyspec-signature-on-csp, 0x80070520, 36870, KeySpec, "Microsoft Strong Cryptographic Provider", …
    #[arg(value_name = "NAME", required = true, num_args = 1.., allow_negative_numbers = true)]
    pub(crate) query: Vec<String>,
    /// The form of the page
    #[arg(long, short, value_enum, default_value_t = PageFormat::Text)]
    pub(crate) format: PageFormat,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RulesArgs {
    /// The form of the list
    #[arg(long, short, value_enum, default_value_t = ListFormat::Text)]
    pub(crate) format: ListFormat,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CollectArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// The workload to gather for, with a version if need be; may be repeated [default: iis]
    #[arg(long = "for", value_name = "WORKLOAD", value_parser = targets)]
    pub(crate) targets: Vec<Targets>,
    /// The language of the script
    #[arg(long, value_enum, default_value_t = Shell::Cmd)]
    pub(crate) shell: Shell,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// The languages of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    /// A batch file
    Cmd,
    /// PowerShell 5.1
    Powershell,
}

/// The forms of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For a person at a terminal
    Text,
    /// One line per finding
    Short,
    /// Counts
    Summary,
    /// One JSON object
    Json,
    /// One JSON object per line, written as the run goes
    Jsonl,
    /// One page for a browser: to forward, to print
    Html,
    /// For a ticket
    Markdown,
    /// SARIF 2.1.0, for GitHub code scanning and other viewers of findings
    Sarif,
    /// JUnit XML, for CI servers
    Junit,
    /// A row per credential and workload, for spreadsheets
    Csv,
}

/// One `--output`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Destination {
    /// Its own form; none: that of `--format`.
    pub(crate) format: Option<Format>,
    /// `-` is standard output.
    pub(crate) path: PathBuf,
}

/// The forms of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// For a person at a terminal
    Text,
    /// JSON
    Json,
}

/// The forms of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PageFormat {
    /// For a person at a terminal
    Text,
    /// Markdown, for a ticket
    Markdown,
}

/// When colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal that shows them; NO_COLOR and CLICOLOR_FORCE are obeyed
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// From which severity on the exit status is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Errors
    Error,
    /// Errors and warnings
    Warning,
    /// Every finding
    Note,
    /// Never
    Never,
}

/// Where a password comes from. It may hold the password itself, so it is never shown.
#[derive(Clone)]
pub(crate) struct PasswordSource(pub(crate) Zeroizing<String>);

impl std::fmt::Debug for PasswordSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordSource")
    }
}

/// Every text is taken here: a message of the argument parser would repeat it. What is wrong with it is said later.
fn password_source(text: &str) -> Result<PasswordSource, std::convert::Infallible> {
    Ok(PasswordSource(Zeroizing::new(text.to_owned())))
}

/// What one `--for` asks for: one workload, or all.
#[derive(Debug, Clone)]
pub(crate) struct Targets(pub(crate) Vec<Target>);

pub(crate) fn targets(text: &str) -> Result<Targets, String> {
    workloads::parse(text).map(Targets).map_err(|message| {
        let name = text.split(':').next().unwrap_or(text);
        match closest(name, WORKLOADS.iter().map(|w| w.name), 1).first() {
            Some(near) if !near.eq_ignore_ascii_case(name) => format!("{message}; did you mean `{near}`?"),
            _ => message,
        }
    })
}

/// `FORMAT=FILE`, or a file alone. A name with `=` whose head looks like a form that does not exist is refused.
fn destination(text: OsString) -> Result<Destination, String> {
    if text.is_empty() {
        return Err("no file is named".to_owned());
    }
    let shown = text.to_string_lossy().into_owned();
    let Some((name, path)) = shown.split_once('=').filter(|(name, _)| !name.contains(['/', '\\', '.'])) else {
        return Ok(Destination { format: None, path: text.into() });
    };
    if text.to_str().is_none() {
        return Err("a name that is not UTF-8 can't follow `FORMAT=`; write it as `./NAME` with --format".to_owned());
    }
    match Format::from_str(name, true) {
        Ok(_) if path.is_empty() => Err(format!("no file is named after `{name}=`; `{name}=-` is standard output")),
        Ok(format) => Ok(Destination { format: Some(format), path: path.into() }),
        Err(_) => {
            let known: Vec<_> = Format::value_variants().iter().filter_map(ValueEnum::to_possible_value).collect();
            let names: Vec<&str> = known.iter().map(|v| v.get_name()).collect();
            let meant = match closest(name, names.iter().copied(), 1).first() {
                Some(near) => format!("did you mean `{near}={path}`?"),
                None => format!("known are {}.", names.join(", ")),
            };
            Err(format!("there is no form `{name}`; {meant} A file of that name is written `./{shown}`"))
        }
    }
}

fn encoding(text: &str) -> Result<TextEncoding, String> {
    text.parse().map_err(|_| {
        "not an encoding keyspect knows; known are utf-8, utf-16le, utf-16be and the code pages 437, 850, 852, 866, 874, 932, \
         936, 949, 950 and 1250 to 1258"
            .to_owned()
    })
}

fn moment(text: &str) -> Result<OffsetDateTime, String> {
    OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|_| "not a time in RFC 3339 with its zone, as in 2026-11-22T21:00:00Z".to_owned())
}

pub(crate) fn windows_version(text: &str) -> Result<WindowsVersion, String> {
    WindowsVersion::parse(text).ok_or_else(|| {
        let names: Vec<_> = windows::NAMES.iter().map(|(name, _)| *name).collect();
        format!("not a Windows version keyspect knows; known are {}, and numbers such as 10.0.17763", names.join(", "))
    })
}
