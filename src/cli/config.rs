//! `keyspect.toml`: what a team has settled once, so that nobody types it again.

use super::args::{FailOn, Targets};
use clap::ValueEnum as _;
use keyspect::analyze::Triage;
use keyspect::explain::closest;
use keyspect::limits::SETTINGS_BYTES;
use keyspect::model::windows::WindowsVersion;
use keyspect::report::model::Severity;
use keyspect::rules::{self, RULES};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The name under which the file is found in the current folder.
pub(crate) const NAME: &str = "keyspect.toml";
/// Keys at the top.
const KEYS: [&str; 5] = ["for", "fail_on", "windows", "rules", "ignore"];
/// Keys of an entry of `[[ignore]]`.
const IGNORE_KEYS: [&str; 2] = ["fingerprint", "reason"];
/// What a rule can be set to.
const SEVERITIES: [(&str, Option<Severity>); 4] = [
    ("error", Some(Severity::Error)),
    ("warning", Some(Severity::Warning)),
    ("note", Some(Severity::Note)),
    ("off", None),
];

/// What the file says.
#[derive(Debug, Default)]
pub(crate) struct Config {
    /// The workloads, when `--for` names none.
    pub(crate) targets: Vec<Targets>,
    /// When `--fail-on` is not given.
    pub(crate) fail_on: Option<FailOn>,
    /// When `--windows` is not given.
    pub(crate) windows: Option<WindowsVersion>,
    /// Severities and ignored findings.
    pub(crate) triage: Triage,
}

/// Reads the file that was named, else the one in the current folder if there is one; gives its path too.
///
/// # Errors
/// A message that names the file, the line and what was meant perhaps.
pub(crate) fn load(named: Option<&Path>, none: bool) -> Result<(Config, Option<PathBuf>), String> {
    if none {
        return Ok((Config::default(), None));
    }
    let path = named.unwrap_or(Path::new(NAME));
    let shown = path.display();
    let mut text = String::new();
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => {
            return Ok((Config::default(), None));
        }
        Err(error) => return Err(format!("{shown} can't be read: {error}")),
    };
    let read = file.take(SETTINGS_BYTES.saturating_add(1)).read_to_string(&mut text);
    read.map_err(|error| format!("{shown} can't be read: {error}"))?;
    if text.len() as u64 > SETTINGS_BYTES {
        return Err(format!("{shown} is larger than {SETTINGS_BYTES} bytes"));
    }
    let config = parse(&text).map_err(|wrong| {
        let line = text.get(..wrong.at).map_or(1, |head| head.matches('\n').count().saturating_add(1));
        format!("{shown}:{line}: {}", wrong.message)
    })?;
    Ok((config, Some(path.to_owned())))
}

/// What is wrong, and at which byte.
struct Wrong {
    at: usize,
    message: String,
}

fn wrong<T>(place: &Spanned<T>, message: impl Into<String>) -> Wrong {
    Wrong { at: place.span().start, message: message.into() }
}

/// A word that is not one of some others, for a message: cut, with what was meant perhaps.
fn unknown<'a>(what: &str, word: &str, names: impl IntoIterator<Item = &'a str> + Clone) -> String {
    let word: String = word.chars().take(80).collect();
    match closest(&word, names.clone(), 1).first() {
        Some(near) => format!("unknown {what} `{word}`; did you mean `{near}`?"),
        None => {
            let names: Vec<_> = names.into_iter().collect();
            let list = if names.len() <= 10 { format!("; known are {}", names.join(", ")) } else { String::new() };
            format!("unknown {what} `{word}`{list}")
        }
    }
}

fn string<'a>(key: &str, value: &'a Spanned<DeValue<'_>>) -> Result<&'a str, Wrong> {
    value.get_ref().as_str().ok_or_else(|| wrong(value, format!("`{key}` takes a text in quotes")))
}

fn parse(text: &str) -> Result<Config, Wrong> {
    let table = DeTable::parse(text).map_err(|error| Wrong {
        at: error.span().map_or(0, |span| span.start),
        message: format!("not TOML: {}", error.message()),
    })?;
    let mut config = Config::default();
    for (key, value) in table.get_ref() {
        match key.get_ref().as_ref() {
            "for" => {
                let one = std::slice::from_ref(value);
                let list = match value.get_ref() {
                    DeValue::Array(list) => list.iter().as_slice(),
                    _ => one,
                };
                for item in list {
                    let targets = super::args::targets(string("for", item)?).map_err(|m| wrong(item, m))?;
                    config.targets.push(targets);
                }
            }
            "fail_on" => {
                let word = string("fail_on", value)?;
                let known = ["error", "warning", "note", "never"];
                let found = FailOn::from_str(word, false);
                config.fail_on = Some(found.map_err(|_| wrong(value, unknown("severity of `fail_on`", word, known)))?);
            }
            "windows" => {
                let version = super::args::windows_version(string("windows", value)?);
                config.windows = Some(version.map_err(|message| wrong(value, format!("`windows`: {message}")))?);
            }
            "rules" => {
                let Some(rules) = value.get_ref().as_table() else {
                    return Err(wrong(
                        value,
                        "`rules` is a table: [rules], then a line such as cert-expired = \"note\"",
                    ));
                };
                severities(rules, &mut config.triage)?;
            }
            "ignore" => {
                let form = "`ignore` is a list of tables: [[ignore]], then fingerprint = \"…\" and reason = \"…\"";
                let list = value.get_ref().as_array().ok_or_else(|| wrong(value, form))?;
                for entry in list.iter() {
                    let table = entry.get_ref().as_table().ok_or_else(|| wrong(entry, form))?;
                    ignore(entry, table, &mut config.triage)?;
                }
            }
            other => return Err(wrong(key, unknown("key", other, KEYS))),
        }
    }
    Ok(config)
}

fn severities(table: &DeTable<'_>, triage: &mut Triage) -> Result<(), Wrong> {
    for (name, value) in table {
        let rule = name.get_ref().as_ref();
        if rules::find(rule).is_none() {
            return Err(wrong(name, unknown("rule", rule, RULES.iter().map(|r| r.meta().name))));
        }
        let word = string(rule, value)?;
        let Some((_, severity)) = SEVERITIES.iter().find(|(known, _)| *known == word) else {
            return Err(wrong(value, unknown("severity", word, SEVERITIES.map(|(known, _)| known))));
        };
        triage.set_severity(rule, *severity);
    }
    Ok(())
}

fn ignore(entry: &Spanned<DeValue<'_>>, table: &DeTable<'_>, triage: &mut Triage) -> Result<(), Wrong> {
    let (mut fingerprint, mut reason) = (None, None);
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "fingerprint" => fingerprint = Some((string("fingerprint", value)?, value)),
            "reason" => reason = Some(string("reason", value)?).filter(|r| !r.trim().is_empty()),
            other => return Err(wrong(key, unknown("key of `ignore`", other, IGNORE_KEYS))),
        }
    }
    let (fingerprint, at) = fingerprint.ok_or_else(|| wrong(entry, "an `ignore` without its `fingerprint`"))?;
    let reason =
        reason.ok_or_else(|| wrong(entry, "an `ignore` without its `reason`: say why, for those who come after"))?;
    triage.ignore(fingerprint, reason).map_err(|error| wrong(at, format!("`fingerprint` is {error}")))
}
