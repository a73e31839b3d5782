//! The short parts of the report: tables of credentials, inputs with problems, checks.

use super::finding::{pad, paragraph};
use super::paint::Paint;
use super::{facts, worst};
use crate::limits::TEXT_ROWS;
use crate::report::escape::{columns, cut};
use crate::report::model::{
    Check, CheckOutcome, CredentialReport, Input, InputStatus, Problem, Report, VerdictOutcome,
};
use crate::report::words;
use std::collections::{BTreeMap, BTreeSet};

/// The longest name in a table, in columns.
const NAME: usize = 32;
/// The longest store in a table, in columns.
const STORE: usize = 20;

fn rows(verbose: bool) -> usize {
    if verbose { usize::MAX } else { TEXT_ROWS }
}

fn more(out: &mut String, all: usize, shown: usize, paint: Paint) {
    if all > shown {
        out.push_str(&paint.dim(&format!("  and {} more; -v lists them all\n", all.saturating_sub(shown))));
    }
}

/// The first eight digits of a thumbprint.
pub(in crate::report) fn thumb(credential: &CredentialReport) -> String {
    credential.certificate.as_ref().and_then(|c| c.sha1.as_deref()).unwrap_or("").chars().take(8).collect()
}

/// The provider and the KeySpec, or that there is no key.
pub(in crate::report) fn key_words(credential: &CredentialReport) -> String {
    let key = &credential.key;
    if key.association == "none" {
        return "no key".to_owned();
    }
    if key.provider.name.is_none() && key.provider.provider_type.is_none() && key.key_spec.is_none() {
        return "key not shown".to_owned();
    }
    let kind = match key.provider.kind.as_str() {
        "csp" => "CSP ",
        "ksp" => "KSP ",
        _ => "",
    };
    let spec = key.key_spec.as_ref().map_or("not shown".to_owned(), |s| s.value.to_string());
    format!("{kind}KeySpec {spec}  {}", key.provider.name.as_deref().unwrap_or("provider not shown"))
}

/// What was found about credentials that are only counted.
pub(super) fn only_counted(report: &Report, paint: Paint) -> String {
    let counted = |check: &&Check| check.outcome == CheckOutcome::Fail && check.count.is_some();
    let mut out = String::new();
    for check in report.checks.iter().filter(counted) {
        let times = words::count(check.count.unwrap_or_default(), "time", "times");
        let line = format!("{times} {}: {}", check.rule, check.reason);
        paragraph(&mut out, "  ", 4, &paint.show(&line), paint.width);
    }
    if out.is_empty() { out } else { format!("{}\n{out}", paint.bold("Only counted, like others above:")) }
}

/// One line per credential: mark, name, thumbprint, store, key.
pub(super) fn table(credentials: &[&CredentialReport], verbose: bool, paint: Paint) -> String {
    let shown: Vec<_> = credentials.iter().take(rows(verbose)).collect();
    let cells: Vec<[String; 4]> = shown
        .iter()
        .map(|c| {
            [
                cut(&paint.show(&c.display_name), NAME, paint.ascii),
                thumb(c),
                cut(&paint.show(&facts::short_store(c)), STORE, paint.ascii),
                paint.show(&key_words(c)),
            ]
        })
        .collect();
    let width = |i: usize| cells.iter().filter_map(|r| r.get(i)).map(|t| columns(t)).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    let mut out = String::new();
    for (credential, cell) in shown.iter().zip(&cells) {
        let mark = worst(credential).map_or_else(|| " ".to_owned(), |o| paint.mark(o));
        let [name, thumb, store, key] = cell;
        let line = format!("{}  {}  {}  {key}", pad(name, widths[0]), pad(thumb, widths[1]), pad(store, widths[2]));
        let line = cut(line.trim_end(), paint.width.saturating_sub(4), paint.ascii);
        out.push_str(&format!("  {mark} {line}\n"));
    }
    more(&mut out, credentials.len(), shown.len(), paint);
    out
}

/// The credentials that share another one's findings.
///
/// `commands`: the first one's screen has commands with its thumbprint.
pub(super) fn same(credentials: &[(&CredentialReport, String)], commands: bool, verbose: bool, paint: Paint) -> String {
    let count = words::count(credentials.len() as u64, "other credential", "other credentials");
    let commands = if commands { "; the commands are the same with the other thumbprint" } else { "" };
    let mut out = format!("{}\n", paint.bold(&format!("The same with {count}{commands}:")));
    let shown: Vec<_> = credentials.iter().take(rows(verbose)).collect();
    let name = |c: &CredentialReport| cut(&paint.show(&c.display_name), NAME, paint.ascii);
    let width = shown.iter().map(|(c, _)| columns(&name(c))).max().unwrap_or(0);
    for (credential, place) in &shown {
        let id = credential.certificate.as_ref().and_then(|c| c.sha1.as_deref().or(c.serial.as_deref())).unwrap_or("");
        let mark = worst(credential).map_or_else(|| " ".to_owned(), |o| paint.mark(o));
        let line = format!("{}  {}  {}", pad(&name(credential), width), paint.show(id), paint.show(place));
        out.push_str(&format!("  {mark} {}\n", line.trim_end()));
    }
    more(&mut out, credentials.len(), shown.len(), paint);
    out
}

/// Other places of a finding.
pub(super) fn places(places: &[String], verbose: bool, paint: Paint) -> String {
    let count = words::count(places.len() as u64, "other place", "other places");
    let mut out = format!("{}\n", paint.bold(&format!("The same at {count}:")));
    let shown = places.len().min(rows(verbose));
    for place in places.iter().take(shown) {
        out.push_str(&format!("    {}\n", paint.show(place)));
    }
    more(&mut out, places.len(), shown, paint);
    out
}

/// Inputs about which the same is said, together; at most `limit` of their problems are compared.
pub(in crate::report) fn input_groups<'a>(inputs: &[&'a Input], limit: usize) -> Vec<Vec<&'a Input>> {
    let mut groups: Vec<Vec<&Input>> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for input in inputs {
        let words: Vec<_> = input.problems.iter().take(limit).map(problem).collect();
        let key = format!("{}\n{}", words::status(input.status), words.join("\n"));
        match known.get(&key).and_then(|i| groups.get_mut(*i)) {
            Some(list) => list.push(input),
            None => {
                known.insert(key, groups.len());
                groups.push(vec![input]);
            }
        }
    }
    groups
}

/// What became of an input, in words, and the verdict whose mark it gets.
pub(in crate::report) fn status(status: InputStatus) -> (VerdictOutcome, &'static str) {
    match status {
        InputStatus::Failed => (VerdictOutcome::Fails, "could not be read"),
        InputStatus::Unrecognized => (VerdictOutcome::AtRisk, "not recognized"),
        InputStatus::Locked => (VerdictOutcome::AtRisk, "needs a password"),
        InputStatus::Partial => (VerdictOutcome::AtRisk, "read in part"),
        InputStatus::Analyzed => (VerdictOutcome::Unknown, "read, with a remark"),
    }
}

/// Inputs with what became of them, and where; inputs about which the same is said come together.
pub(super) fn inputs(inputs: &[&Input], verbose: bool, paint: Paint) -> String {
    let limit = rows(verbose);
    let groups = input_groups(inputs, limit);
    let mut out = String::new();
    for list in groups.iter().take(limit) {
        let Some(first) = list.first() else { continue };
        let (outcome, what) = status(first.status);
        let shown = if list.len() > 3 && !verbose { 2 } else { list.len() };
        let mut names: Vec<_> = list.iter().take(shown).map(|i| paint.show(&words::path(i))).collect();
        if list.len() > shown {
            names.push(format!("and {} more", list.len().saturating_sub(shown)));
        }
        let mut head = String::new();
        paragraph(&mut head, "  ", 4, &format!("{}: {what}", names.join(", ")), paint.width);
        out.push_str(&format!("{} {}", paint.mark(outcome), head.trim_start()));
        for text in first.problems.iter().take(limit).map(problem) {
            paragraph(&mut out, "    ", 4, &paint.show(&text), paint.width);
        }
        if first.problems.len() > limit {
            let more = first.problems.len().saturating_sub(limit);
            out.push_str(&format!("    and {more} more problems; -v lists them\n"));
        }
    }
    more(&mut out, groups.len(), groups.len().min(limit), paint);
    if inputs.iter().any(|i| i.status == InputStatus::Unrecognized) {
        paragraph(&mut out, "  ", 2, &format!("keyspect reads {}.", words::READS), paint.width);
    }
    out
}

/// What the records of a kind of artifact are called.
fn records(kind: &str) -> (&'static str, &'static str) {
    match kind {
        "sslcert-bindings" => ("binding", "bindings"),
        "iis-config" => ("binding of IIS", "bindings of IIS"),
        "schannel-event" | "event-text" | "event-xml" | "event-json" | "evtx" => ("event", "events"),
        "icacls" | "acl-listing" => ("permissions of 1 file or folder", "permissions of files and folders"),
        "procmon-csv" => ("file access", "file accesses"),
        "key-folder-listing" => ("folder", "folders"),
        "powershell-certificates" => ("certificate of a list", "certificates of lists"),
        "certificate" => ("certificate", "certificates"),
        "certificate-request" => ("certificate request", "certificate requests"),
        "error-text" => ("error message", "error messages"),
        "system-info" => ("fact about the machine", "facts about the machine"),
        _ => ("record", "records"),
    }
}

/// What was read in an input that is not certutil's: `3 bindings`.
pub(in crate::report) fn records_of(input: &Input) -> Option<String> {
    let list = input.details.as_ref().and_then(|d| d.get("records")).and_then(serde_json::Value::as_array);
    let list = list.filter(|_| input.verdicts.is_empty())?;
    // The line that ends a listing is no record of its own, nor is a command that deletes a binding.
    // Nor is a key of which a folder's record tells already.
    let counts = |r: &&serde_json::Value| match input.kind.as_str() {
        "key-folder-listing" => r.get("folder").is_some(),
        _ => r.get("listing").is_none() && r.get("origin").is_none_or(|origin| origin != "delete-command"),
    };
    let count = list.iter().filter(counts).count() as u64;
    if count == 0 || input.kind.starts_with("certutil") {
        return None;
    }
    let (one, many) = records(&input.kind);
    Some(match (input.kind.as_str(), count) {
        ("icacls" | "acl-listing", 1) => one.to_owned(),
        ("icacls" | "acl-listing", n) => format!("permissions of {n} files and folders"),
        _ => words::count(count, one, many),
    })
}

/// What was read in inputs that are not certutil's: `bindings.txt: 3 bindings`; and which inputs are there twice.
pub(super) fn read(report: &Report, verbose: bool, paint: Paint) -> String {
    let read = |input: &Input| records_of(input).map(|what| format!("{}: {what}", words::path(input)));
    let copy = |input: &Input| {
        let original = input.details.as_ref()?.get("copy_of")?.as_u64().and_then(|id| u32::try_from(id).ok())?;
        Some(format!("{} is {}", words::path(input), words::input_path(report, original)))
    };
    let mut out = String::new();
    for (label, mut parts) in [
        ("Also read:", report.inputs.iter().filter_map(read).collect::<Vec<String>>()),
        ("Read once:", report.inputs.iter().filter_map(copy).collect()),
    ] {
        if parts.is_empty() {
            continue;
        }
        let shown = parts.len().min(rows(verbose));
        let hidden = parts.len().saturating_sub(shown);
        parts.truncate(shown);
        if hidden > 0 {
            parts.push(format!("and {hidden} more"));
        }
        let mut lines = String::new();
        let text = paint.show(&format!("{}.", parts.join("; ")));
        paragraph(&mut lines, &format!("{label}     "), 15, &text, paint.width);
        out.push_str(&lines.replacen(label, &paint.bold(label), 1));
    }
    out
}

pub(in crate::report) fn problem(problem: &Problem) -> String {
    match (problem.line, problem.bytes) {
        (Some(line), _) => format!("line {line}: {}", problem.message),
        (None, Some([start, _])) => format!("offset {start:#x}: {}", problem.message),
        (None, None) => problem.message.clone(),
    }
}

/// What could not be checked, and the command that would tell; what one command tells comes together. A reason counts
/// once per credential: several rules may want the same fact.
pub(in crate::report) fn open_questions<'a>(checks: &[&'a Check]) -> Vec<(Option<&'a str>, Vec<String>)> {
    let mut reasons: Vec<(&str, u64, Option<&str>)> = Vec::new();
    let mut last: BTreeMap<&str, Option<u32>> = BTreeMap::new();
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    for check in checks {
        let again = check.credential.is_some() && last.get(check.reason.as_str()) == Some(&check.credential);
        last.insert(&check.reason, check.credential);
        let count = if again { 0 } else { check.count.unwrap_or(1) };
        let obtain = check.obtain.as_deref().filter(|o| !o.is_empty());
        match known.get(check.reason.as_str()).and_then(|i| reasons.get_mut(*i)) {
            Some((_, total, command)) => {
                *total = total.saturating_add(count);
                *command = command.or(obtain);
            }
            None => {
                known.insert(&check.reason, reasons.len());
                reasons.push((&check.reason, count, obtain));
            }
        }
    }
    let mut groups: Vec<(Option<&str>, Vec<String>)> = Vec::new();
    let mut by_command: BTreeMap<Option<&str>, usize> = BTreeMap::new();
    for (reason, count, obtain) in reasons {
        let text = if count > 1 { format!("{reason} ({count} times)") } else { reason.to_owned() };
        match by_command.get(&obtain).and_then(|i| groups.get_mut(*i)) {
            Some((_, list)) => list.push(text),
            None => {
                by_command.insert(obtain, groups.len());
                groups.push((obtain, vec![text]));
            }
        }
    }
    groups
}

/// What could not be checked, with the commands that would tell.
pub(super) fn not_checked(checks: &[&Check], verbose: bool, paint: Paint) -> String {
    let groups = open_questions(checks);
    let mut out = String::new();
    let shown = groups.len().min(rows(verbose));
    for (i, (obtain, list)) in groups.iter().take(shown).enumerate() {
        let lead = if i == 0 { "Not checked:   " } else { "               " };
        let mut text = String::new();
        paragraph(&mut text, lead, 15, &paint.show(&list.join("; ")), paint.width);
        if let Some(obtain) = obtain {
            let obtain = paint.show(obtain);
            let last = text.trim_end_matches('\n');
            let used = columns(last).saturating_add(columns(&obtain)).saturating_add(12);
            text = if !last.contains('\n') && used <= paint.width {
                format!("{last}      send: {obtain}\n")
            } else {
                format!("{text}                 send: {obtain}\n")
            };
        }
        if i == 0 {
            text = text.replacen("Not checked:", &paint.bold("Not checked:"), 1);
        }
        out.push_str(&text);
    }
    more(&mut out, groups.len(), shown, paint);
    out
}

/// How to get all of it at once: two missing artifacts or more deserve a script.
pub(super) fn collect(report: &Report, paint: Paint) -> String {
    let open = report.checks.iter().filter(|c| c.outcome == CheckOutcome::Unknown);
    let wanted: BTreeSet<&str> = open.filter_map(|c| c.obtain.as_deref()).filter(|o| !o.is_empty()).collect();
    if wanted.len() < 2 {
        return String::new();
    }
    let inputs: BTreeSet<&str> = report.inputs.iter().map(|i| i.path.as_str()).collect();
    let paths = match (inputs.first(), inputs.len()) {
        (Some(path), 1) if !path.contains([' ', '"', '\'']) => (*path).to_owned(),
        _ => "<the same paths>".to_owned(),
    };
    let mut out = String::new();
    let text = format!("keyspect collect {paths}   prints one read-only script that gathers what could not be checked");
    paragraph(&mut out, "All at once:   ", 15, &paint.show(&text), paint.width);
    out.replacen("All at once:", &paint.bold("All at once:"), 1)
}

/// Every check of a credential, or of the case.
pub(super) fn checks(checks: &[&Check], paint: Paint) -> String {
    let mut out = format!("{}\n", paint.bold("Checks:"));
    for check in checks {
        let (mark, word) = match check.outcome {
            CheckOutcome::Fail => (paint.mark(VerdictOutcome::Fails), "fail"),
            CheckOutcome::Unknown => (paint.mark(VerdictOutcome::Unknown), "unknown"),
            CheckOutcome::Pass => (paint.mark(VerdictOutcome::Works), "pass"),
            CheckOutcome::NotApplicable => (paint.dim("-"), "not applicable"),
        };
        let times = check.count.filter(|n| *n > 1).map_or_else(String::new, |n| format!(" ({n} times)"));
        let mut text = String::new();
        let shown = paint.show(&format!("{}: {word}, {}{times}", check.rule, check.reason));
        paragraph(&mut text, "    ", 6, &shown, paint.width);
        out.push_str(&format!("  {mark} {}", text.get(4..).unwrap_or_default()));
    }
    out
}

/// Credentials for which no verdict was asked.
pub(super) fn not_judged(credentials: &[&CredentialReport], verbose: bool, paint: Paint) -> String {
    let head = format!("No verdict asked of {}", words::count(credentials.len() as u64, "credential", "credentials"));
    let mut out = format!(
        "{}\n",
        paint.bold(&format!("{head} (of a CA, a user, another purpose, deleted since, or a key alone):"))
    );
    out.push_str(&table(credentials, verbose, paint));
    out
}
