//! The outputs that one run is asked for.

use super::args::{CheckArgs, Format};
use super::output::{Content, Output, file};
use keyspect::analyze::{Analysis, Options};
use keyspect::report::model::{Input, InputStatus};
use std::fs::File;
use std::path::{Path, PathBuf};
use time::OffsetDateTime;

/// One form of the report and where it goes; without a path, to standard output.
pub(super) struct Wanted<'a> {
    pub(super) format: Format,
    pub(super) path: Option<&'a Path>,
}

impl Wanted<'_> {
    /// Opens its place.
    ///
    /// # Errors
    /// As [`Output::open`].
    pub(super) fn open(&self, args: &CheckArgs) -> Result<Output, String> {
        let content = match self.format {
            Format::Text | Format::Short | Format::Summary => Content::Text,
            Format::Json
            | Format::Jsonl
            | Format::Html
            | Format::Markdown
            | Format::Sarif
            | Format::Junit
            | Format::Csv => Content::Data,
        };
        Output::open(&args.look, self.path, content)
    }

    /// For a message.
    pub(super) fn name(&self) -> String {
        self.path.map_or_else(|| "standard output".to_owned(), |path| path.display().to_string())
    }
}

/// What is asked for, in its order; never empty.
///
/// # Errors
/// Two outputs to one place, or a `--format` that nothing uses.
pub(super) fn wanted(args: &CheckArgs) -> Result<Vec<Wanted<'_>>, String> {
    let default = args.format.unwrap_or(Format::Text);
    if let Some(path) = &args.settled.write_baseline {
        // `--write-baseline *.txt` means the first artifact, as `--output *.txt` does.
        spare(path, &args.input.paths)
            .and_then(|()| keep_evidence(path))
            .map_err(|message| message.replacen("--output", "--write-baseline", 1))?;
    }
    if args.output.is_empty() {
        return Ok(vec![Wanted { format: default, path: None }]);
    }
    let list: Vec<Wanted<'_>> =
        args.output.iter().map(|d| Wanted { format: d.format.unwrap_or(default), path: file(Some(&d.path)) }).collect();
    if args.format.is_some() && args.output.iter().all(|d| d.format.is_some()) {
        return Err(
            "--format is for an output that names no form, and every --output names its own; for standard output as well add \
             `--output FORMAT=-`"
                .to_owned(),
        );
    }
    let mut files: Vec<Option<PathBuf>> = Vec::new();
    for output in &list {
        let same = output.path.map(resolved);
        if files.contains(&same) {
            return Err(format!("two outputs can't both be written to {}", output.name()));
        }
        files.push(same);
    }
    if let Some(path) = &args.settled.write_baseline
        && files.contains(&Some(resolved(path)))
    {
        return Err(format!("a report and the baseline can't both be written to {}", path.display()));
    }
    for path in list.iter().filter_map(|output| output.path) {
        spare(path, &args.input.paths)?;
        keep_evidence(path)?;
    }
    Ok(list)
}

/// Sees to it that an output replaces none of the inputs.
///
/// # Errors
/// A message for a person: it would.
pub(super) fn spare(output: &Path, inputs: &[PathBuf]) -> Result<(), String> {
    let output_file = resolved(output);
    let is_input = |input: &&PathBuf| input.as_os_str() != "-" && input.is_file() && resolved(input) == output_file;
    match inputs.iter().find(is_input) {
        Some(_) => Err(format!("--output {}: that is one of the inputs, which are only read", output.display())),
        None => Ok(()),
    }
}

/// Sees to it that a report replaces no artifact: with `--output *.txt` the first one is the output.
///
/// # Errors
/// A message for a person: one is there.
fn keep_evidence(output: &Path) -> Result<(), String> {
    let Some(mut file) = File::open(output).ok().filter(|file| file.metadata().is_ok_and(|it| it.is_file())) else {
        return Ok(());
    };
    let mut analysis = Analysis::new(Options::new(OffsetDateTime::UNIX_EPOCH)).with_faults_contained();
    let read = analysis.read("output", None, &mut file);
    let recognised = |input: &Input| !matches!(input.status, InputStatus::Unrecognized | InputStatus::Failed);
    if read.is_err() || !analysis.inputs().iter().any(recognised) {
        return Ok(());
    }
    Err(format!(
        "--output {}: an artifact is there, which is only read and not replaced; name another file",
        output.display()
    ))
}

/// The file that a path means, however it is written and whether it is there or not.
fn resolved(path: &Path) -> PathBuf {
    let of_folder = || {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(std::fs::canonicalize(folder).ok()?.join(path.file_name()?))
    };
    std::fs::canonicalize(path).ok().or_else(of_folder).unwrap_or_else(|| path.to_owned())
}
