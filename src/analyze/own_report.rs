//! Reports that this program wrote: saved beside the artifacts they are about, they would be read as evidence, with the
//! commands and results that a repair is to have.

use crate::input::{LineReader, choose, without_terminal_sequences};
use crate::limits::{Limits, OWN_REPORT_BYTES};
use crate::report::model::{Severity, VerdictOutcome};
use crate::report::words;
use crate::rules;
use std::io::Cursor;

/// What the input says of such a report.
pub(super) const REMARK: &str = "a report of keyspect: it is no evidence, and was not read";

/// Whether a text begins as a report of this program does, in any of its formats.
pub(super) fn is_own_report(head: &[u8]) -> bool {
    let text = beginning(head);
    let text = text.trim_start_matches('\u{feff}');
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    is_text(first)
        || is_quiet_text(text, first)
        || is_summary(first)
        || is_json(text)
        || is_markdown(text, first)
        || is_short(first)
        || first.starts_with("type,id,name,workload,verdict,because,")
        || (first == "<!DOCTYPE html>" && text.contains(" – keyspect</title>"))
        || (text.starts_with("<?xml") && text.contains("<testsuites name=\"keyspect\""))
}

/// The first lines, without the control sequences of colours.
fn beginning(head: &[u8]) -> String {
    let head = head.get(..OWN_REPORT_BYTES).unwrap_or(head);
    let mut lines = LineReader::new(Cursor::new(head), choose(head, &[]).encoding, &Limits::default());
    let mut text = String::new();
    while let Ok(Some(batch)) = lines.next_batch() {
        for line in batch.lines() {
            text.push_str(line.text);
            text.push('\n');
        }
    }
    String::from_utf8_lossy(&without_terminal_sequences(text.as_bytes())).into_owned()
}

/// `keyspect 0.1.0   5 artifacts, 1 credential`.
fn is_text(first: &str) -> bool {
    let Some((version, counts)) = first.strip_prefix("keyspect ").and_then(|rest| rest.split_once("   ")) else {
        return false;
    };
    version.starts_with(|c: char| c.is_ascii_digit()) && counts.contains(" artifact") && counts.contains(" credential")
}

/// Text without that line: a credential or a request with its verdict, or an input that was not read.
fn is_quiet_text(text: &str, first: &str) -> bool {
    let marked = ["✗ ", "x ", "! ", "? ", "✓ ", "+ "].iter().any(|mark| first.starts_with(mark));
    let next = text.split_once(first).map_or("", |(_, after)| after.trim_start_matches(['\r', '\n']));
    let judged =
        ["  fails on ", "  at risk on ", "  works on ", "  not decided "].iter().any(|words| first.contains(words));
    let unread = [": could not be read", ": not recognized"].iter().any(|state| first.ends_with(state));
    marked && next.starts_with("  ") && (judged || unread)
}

/// `5 artifacts, 1 credential`, of a summary.
fn is_summary(first: &str) -> bool {
    let counts = |text: &str, one: &str| {
        let (number, word) = text.split_once(' ')?;
        (number.bytes().all(|b| b.is_ascii_digit()) && word.strip_suffix('s').unwrap_or(word) == one).then_some(())
    };
    let parts = first.split_once(", ");
    parts.is_some_and(|(left, right)| counts(left, "artifact").and(counts(right, "credential")).is_some())
}

/// JSON, its lines, and SARIF, whose first object says whose it is.
fn is_json(text: &str) -> bool {
    let is_line = || {
        let Some((item, id)) = text.strip_prefix("{\"type\":\"").and_then(|rest| rest.split_once("\",\"")) else {
            return false;
        };
        let behind_number = |name: &str| {
            let digits = id.strip_prefix("id\":").map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
            digits.is_some_and(|rest| rest.strip_prefix(",\"").is_some_and(|rest| rest.starts_with(name)))
        };
        match item {
            "credential" => behind_number("certificate\":"),
            "input" => behind_number("path\":"),
            "finding" => {
                let rule = id.strip_prefix("rule\":\"").and_then(|rest| rest.split_once('"'));
                rule.is_some_and(|(rule, _)| rules::find(rule).is_some())
            }
            _ => false,
        }
    };
    let named = || {
        let squeezed: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        squeezed.starts_with("{\"schema\":\"keyspect.report/")
            || (squeezed.starts_with("{\"$schema\":")
                && squeezed.contains("sarif")
                && squeezed.contains("\"driver\":{\"name\":\"keyspect\""))
    };
    text.starts_with('{') && (is_line() || named())
}

/// A headline with a mark, and what only such a report has under it.
fn is_markdown(text: &str, first: &str) -> bool {
    let parts = ["\n| Thumbprint | ", "\n| | Certificate | Cause | Repair |", "\nkeyspect "];
    first.strip_prefix("# ").and_then(behind_a_mark).is_some()
        && (parts.iter().any(|part| text.contains(part)) || text.lines().any(is_markdown_verdict))
}

/// What stands behind the mark of an outcome.
fn behind_a_mark(line: &str) -> Option<&str> {
    ["❌ ", "⚠️ ", "❔ ", "✅ "].iter().find_map(|mark| line.strip_prefix(mark))
}

/// `❌ **fails on** IIS, SQL Server`, under the name of a credential or of a request.
fn is_markdown_verdict(line: &str) -> bool {
    let verdict = behind_a_mark(line).and_then(|line| line.strip_prefix("**")).and_then(|rest| rest.split_once("** "));
    let outcomes = [VerdictOutcome::Fails, VerdictOutcome::AtRisk, VerdictOutcome::Unknown, VerdictOutcome::Works];
    verdict.is_some_and(|(verdict, _)| outcomes.into_iter().any(|outcome| verdict == words::outcome(outcome)))
}

/// `logs/dump.txt:12:3: error[keyset-missing] name: …`, `key.pfx@0xdb0: …`.
fn is_short(first: &str) -> bool {
    let rule = [Severity::Error, Severity::Warning, Severity::Note].into_iter().find_map(|severity| {
        let (place, rule) = first.split_once(&format!(": {}[", words::severity(severity)))?;
        let of_text = place.rsplit(':').take(2).all(|part| part.parse::<u64>().is_ok());
        let of_bytes = place.rsplit_once("@0x").is_some_and(|(_, at)| u64::from_str_radix(at, 16).is_ok());
        (of_text || of_bytes).then_some(rule)
    });
    rule.and_then(|rule| rule.split_once(']')).is_some_and(|(rule, _)| rules::find(rule).is_some())
}
