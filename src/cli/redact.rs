//! `--redact` and `keyspect redact`.

use super::args::{RedactArgs, RedactionArgs};
use super::progress::Progress;
use super::{Failure, complain, hint, need_paths, run};
use keyspect::limits::Limits;
use keyspect::redact::Redactor;
use keyspect::report::model::Input;
use sha2::{Digest as _, Sha256};
use std::collections::HashSet;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The key of this run: from a file, else from the system's random numbers.
fn key(file: Option<&Path>) -> Result<[u8; 32], String> {
    let mut key = [0; 32];
    match file {
        Some(path) => {
            let refused = |e: &dyn std::fmt::Display| format!("--redact-key {}: {e}", path.display());
            let content =
                Zeroizing::new(std::fs::read(path).map_err(|e| refused(&format_args!("can't be read: {e}")))?);
            if content.len() < 16 {
                return Err(refused(&"a key has at least 16 bytes"));
            }
            key.copy_from_slice(&Sha256::digest(&*content));
        }
        None => getrandom::fill(&mut key).map_err(|e| format!("no random numbers for pseudonyms: {e}"))?,
    }
    Ok(key)
}

/// What hides names, when that is asked for.
///
/// # Errors
/// A message for a person: the key can't be had.
pub(super) fn redactor(args: &RedactionArgs) -> Result<Option<Redactor>, String> {
    if !args.redact && args.redact_key.is_none() {
        return Ok(None);
    }
    key(args.redact_key.as_deref()).map(|key| Some(Redactor::new(key)))
}

/// Writes the redacted copies. 0: all of them; 3: none; 1: some inputs have none.
///
/// # Errors
/// Wrong usage, or an output that can't be written.
pub(super) fn copies(args: &RedactArgs) -> Result<u8, Failure> {
    need_paths(&args.input)?;
    let options = run::options(&args.input, None).map_err(Failure::Usage)?;
    let mut redactor = Redactor::new(key(args.redact_key.as_deref()).map_err(Failure::Usage)?);
    hint(&args.input);
    let mut texts: Vec<(Input, Option<Vec<u8>>)> = Vec::new();
    let mut take = |input: &Input, bytes: Option<Vec<u8>>| texts.push((input.clone(), bytes));
    let report = run::run_with_bytes(&args.input, options, Progress::new(true, false), &mut take)
        .map_err(|e| Failure::Output(e, super::FAULT))?;
    redactor.learn(&report);
    for input in report.inputs.iter().filter(|i| i.bytes == 0) {
        for problem in &input.problems {
            complain(&format!("{}: {}", input.path, problem.message));
        }
    }
    let several = texts.len() > 1 || args.input.paths.iter().any(|p| p.is_dir());
    if several || args.output.is_dir() {
        std::fs::create_dir_all(&args.output).map_err(|e| Failure::Output(e, super::FAULT))?;
    }
    let (mut written, mut refused) = (0usize, 0usize);
    let mut used: HashSet<PathBuf> = HashSet::new();
    for (input, bytes) in &texts {
        let name =
            input.member.as_ref().map_or_else(|| input.path.clone(), |member| format!("{}!{member}", input.path));
        let Some(bytes) = bytes else {
            complain(&format!("{name}: it is too large for a redacted copy"));
            refused += 1;
            continue;
        };
        let copy = match redactor.copy(bytes, &input.kind, args.input.encoding, &Limits::default()) {
            Ok(copy) => copy,
            Err(reason) => {
                complain(&format!("{name}: {reason}"));
                refused += 1;
                continue;
            }
        };
        let place = if several || args.output.is_dir() {
            free_name(&args.output, &redactor.path(file_name(input)), &mut used)
        } else {
            args.output.clone()
        };
        let result = if place.as_os_str() == "-" {
            io::stdout().lock().write_all(copy.as_bytes())
        } else {
            let file = OpenOptions::new().write(true).create_new(true).open(&place);
            file.and_then(|mut file| file.write_all(copy.as_bytes()).and_then(|()| file.sync_all()))
        };
        if let Err(e) = result {
            return Err(Failure::Usage(format!("{}: can't be written: {e}", place.display())));
        }
        written += 1;
    }
    Ok(match (written, refused) {
        (0, _) => 3,
        (_, 0) => 0,
        _ => 1,
    })
}

/// The last part of an input's path: other folders are not made.
fn file_name(input: &Input) -> &str {
    let path = input.member.as_deref().unwrap_or(&input.path);
    let name = path.rsplit(['/', '\\', ':']).next().unwrap_or_default();
    if matches!(name, "" | "." | ".." | "-") { "input.txt" } else { name }
}

/// A file in the folder that no other copy has.
fn free_name(folder: &Path, name: &str, used: &mut HashSet<PathBuf>) -> PathBuf {
    let (stem, ending) = name.rsplit_once('.').map_or((name, String::new()), |(s, e)| (s, format!(".{e}")));
    let mut place = folder.join(name);
    let mut number = 1u32;
    while !used.insert(place.clone()) {
        number = number.saturating_add(1);
        place = folder.join(format!("{stem}-{number}{ending}"));
    }
    place
}
