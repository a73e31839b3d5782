//! Baselines: findings that an earlier run knew.

use keyspect::analyze::Triage;
use keyspect::limits::BASELINE_BYTES;
use keyspect::report::jsonl::Sink;
use keyspect::report::model::{Report, SetAside, WhyAside};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// The name and version of the file's format.
const SCHEMA: &str = "keyspect.baseline/1";

/// What a baseline needs of a report, a baseline, or a line of JSON Lines; all else is passed over.
#[derive(Deserialize)]
struct Known {
    #[serde(default)]
    findings: Vec<Print>,
    #[serde(default)]
    summary: Option<Settled>,
    #[serde(default)]
    set_aside: Vec<SetAside>,
    #[serde(default)]
    fingerprint: Option<String>,
    #[serde(default)]
    schema: Option<String>,
    #[serde(default, rename = "type")]
    item: Option<String>,
}

#[derive(Deserialize)]
struct Print {
    fingerprint: String,
}

#[derive(Deserialize)]
struct Settled {
    #[serde(default)]
    set_aside: Vec<SetAside>,
}

impl Known {
    fn fingerprints(self) -> impl Iterator<Item = String> {
        let aside = self.set_aside.into_iter().chain(self.summary.into_iter().flat_map(|s| s.set_aside));
        let aside = aside.filter(|s| s.why == WhyAside::Known).flat_map(|s| s.fingerprints);
        self.findings.into_iter().map(|f| f.fingerprint).chain(aside).chain(self.fingerprint)
    }
}

/// Adds the findings of a baseline: a JSON report, JSON Lines, what `--write-baseline` wrote, or a list of fingerprints, one
/// per line, with `#` before remarks.
///
/// # Errors
/// A message that names the file and the line.
pub(crate) fn add(triage: &mut Triage, path: &Path) -> Result<(), String> {
    let name = path.display();
    let failed = |what: String| format!("--baseline {name}: {what}");
    let mut text = String::new();
    let file = File::open(path).map_err(|e| failed(format!("can't be read: {e}")))?;
    let read = file.take(BASELINE_BYTES.saturating_add(1)).read_to_string(&mut text);
    read.map_err(|e| failed(format!("can't be read: {e}")))?;
    if text.len() as u64 > BASELINE_BYTES {
        return Err(failed(format!("larger than {BASELINE_BYTES} bytes")));
    }
    let text = text.trim_start_matches('\u{feff}');
    let head = text.trim_start();
    let whole: Option<Result<Known, _>> = head.starts_with('{').then(|| serde_json::from_str(text));
    if let Some(Ok(known)) = whole {
        let told = known.schema.as_deref().is_some_and(|s| s == SCHEMA || s.starts_with("keyspect.report/"));
        if !told && known.item.is_none() {
            return Err(failed("JSON, but neither a report nor a baseline of keyspect".to_owned()));
        }
        for print in known.fingerprints() {
            triage.know(&print).map_err(|e| failed(format!("`{}` is {e}", cut(&print))))?;
        }
        return Ok(());
    }
    for (line, number) in text.lines().zip(1u64..) {
        let line = line.split('#').next().filter(|_| !line.starts_with('{')).unwrap_or(line).trim();
        if line.is_empty() {
            continue;
        }
        if line.starts_with('{') {
            let known: Known = serde_json::from_str(line).map_err(|e| match &whole {
                Some(Err(of_whole)) if number == 1 => failed(format!("not JSON: {of_whole}")),
                _ => failed(format!("line {number} is not JSON: {e}")),
            })?;
            if known.item.as_deref() == Some("withdrawn") {
                known.fingerprints().for_each(|print| triage.unlearn(&print));
                continue;
            }
            for print in known.fingerprints() {
                triage.know(&print).map_err(|e| failed(format!("line {number}: `{}` is {e}", cut(&print))))?;
            }
        } else {
            triage.know(line).map_err(|e| failed(format!("line {number}: `{}` is {e}", cut(line))))?;
        }
    }
    Ok(())
}

/// The beginning of a text, for a message.
fn cut(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Fingerprint and rule of every finding of a run, new or known.
#[derive(Default)]
pub(crate) struct Collected(BTreeMap<String, String>);

impl Collected {
    /// Of a whole report.
    pub(crate) fn add(&mut self, report: &Report) {
        for finding in &report.findings {
            self.0.insert(finding.fingerprint.clone(), finding.rule.clone());
        }
        for group in report.summary.set_aside.iter().filter(|s| s.why == WhyAside::Known) {
            self.0.extend(group.fingerprints.iter().map(|f| (f.clone(), group.rule.clone())));
        }
    }

    /// The file's text.
    pub(crate) fn to_json(&self) -> String {
        let list: Vec<_> = self.0.iter().map(|(f, rule)| json!({ "fingerprint": f, "rule": rule })).collect();
        let value = json!({ "schema": SCHEMA, "findings": list });
        format!("{value:#}\n")
    }
}

/// What is collected of a line of a streamed report.
#[derive(Deserialize)]
struct Told {
    #[serde(rename = "type")]
    item: String,
    #[serde(default)]
    fingerprint: Option<String>,
    #[serde(default)]
    rule: String,
}

/// Hands lines on and collects the findings among them.
pub(crate) struct Collecting<'a> {
    pub(crate) next: &'a mut dyn Sink,
    pub(crate) collected: &'a mut Collected,
}

impl Sink for Collecting<'_> {
    fn line(&mut self, json: &[u8]) -> io::Result<()> {
        if let Ok(Told { item, fingerprint: Some(fingerprint), rule }) = serde_json::from_slice(json) {
            match item.as_str() {
                "finding" => drop(self.collected.0.insert(fingerprint, rule)),
                "withdrawn" => drop(self.collected.0.remove(&fingerprint)),
                _ => {}
            }
        }
        self.next.line(json)
    }
}
