//! Counts: inputs by status, verdicts, findings and open checks by rule.

use super::escape::{escape, escape_ascii};
use super::model::{InputStatus, Report, Severity, VerdictOutcome};
use super::words;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Writes the counts.
///
/// # Errors
/// Whatever the writer answers.
pub fn render(report: &Report, ascii: bool, out: &mut dyn Write) -> io::Result<()> {
    let show = if ascii { escape_ascii } else { escape };
    let s = &report.summary;
    writeln!(
        out,
        "{}, {}",
        words::count(s.inputs, "artifact", "artifacts"),
        words::count(s.credentials, "credential", "credentials")
    )?;
    let statuses = [InputStatus::Partial, InputStatus::Locked, InputStatus::Unrecognized, InputStatus::Failed];
    for status in statuses {
        let n = report.inputs.iter().filter(|i| i.status == status).count();
        if n > 0 {
            writeln!(out, "{n:>8}  {}", words::status(status))?;
        }
    }
    let mut verdicts: BTreeMap<(&str, u8), (VerdictOutcome, u64)> = BTreeMap::new();
    let of_requests = report.inputs.iter().flat_map(|i| &i.verdicts);
    for v in report.credentials.iter().flat_map(|c| &c.verdicts).chain(of_requests) {
        let entry = verdicts.entry((v.workload.as_str(), words::rank(v.outcome))).or_insert((v.outcome, 0));
        entry.1 = entry.1.saturating_add(1);
    }
    if !verdicts.is_empty() {
        writeln!(out, "Verdicts")?;
        for ((workload, _), (outcome, n)) in &verdicts {
            writeln!(out, "{n:>8}  {} {}", words::outcome(*outcome), show(&words::workload(workload)))?;
        }
    }
    let mut rules: BTreeMap<(Severity, &str), u64> = BTreeMap::new();
    for f in &report.findings {
        let entry = rules.entry((f.severity, f.rule.as_str())).or_default();
        *entry = entry.saturating_add(1);
    }
    if !rules.is_empty() {
        writeln!(out, "Findings")?;
        let mut rows: Vec<_> = rules.into_iter().collect();
        rows.sort_by_key(|((severity, rule), n)| (*severity, std::cmp::Reverse(*n), *rule));
        for ((severity, rule), n) in rows {
            writeln!(out, "{n:>8}  {}[{}]", words::severity(severity), show(rule))?;
        }
    }
    if !s.unknown.is_empty() {
        writeln!(out, "Checks that could not be made")?;
        for (rule, n) in &s.unknown {
            writeln!(out, "{n:>8}  {}", show(rule))?;
        }
    }
    let sum = |map: &BTreeMap<String, u64>| map.values().fold(0u64, |a, b| a.saturating_add(*b));
    writeln!(
        out,
        "{}, {}, {}; {} passed, {} not applicable, {} could not be made",
        words::count(s.errors, "error", "errors"),
        words::count(s.warnings, "warning", "warnings"),
        words::count(s.notes, "note", "notes"),
        words::count(sum(&s.passed), "check", "checks"),
        sum(&s.not_applicable),
        sum(&s.unknown)
    )?;
    for line in words::set_aside(report) {
        writeln!(out, "{}", show(&line))?;
    }
    Ok(())
}
