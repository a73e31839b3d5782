//! The list of rules.

use super::output::Look;
use keyspect::report::escape::{escape_ascii, wrap};
use keyspect::report::words;
use keyspect::rules::{Kind, RULES, RuleMeta};
use serde_json::json;
use std::io::{self, Write};

fn kind(meta: &RuleMeta) -> &'static str {
    match meta.kind {
        Kind::Fault => "fault",
        Kind::Suppressor => "suppressor",
        Kind::Dispatch => "dispatch",
    }
}

/// Every rule by its name, once: one that sees credentials and the case is registered for each.
fn all() -> Vec<&'static RuleMeta> {
    let mut rules: Vec<_> = RULES.iter().map(|r| r.meta()).collect();
    rules.sort_by_key(|m| m.name);
    rules.dedup_by_key(|m| m.name);
    rules
}

/// Name, severity or kind, and summary of every rule, by name.
pub(crate) fn text(look: Look, out: &mut dyn Write) -> io::Result<()> {
    let rules = all();
    let width = rules.iter().map(|m| m.name.len()).max().unwrap_or(0);
    let lead = width.saturating_add(14);
    for meta in rules {
        let word = match meta.kind {
            Kind::Fault => words::severity(meta.severity),
            Kind::Suppressor | Kind::Dispatch => kind(meta),
        };
        let summary = if look.ascii { escape_ascii(meta.summary) } else { meta.summary.into() };
        for (i, line) in wrap(&summary, look.width.saturating_sub(lead).max(30)).iter().enumerate() {
            if i == 0 {
                writeln!(out, "{:<width$}  {word:<10}  {line}", meta.name)?;
            } else {
                writeln!(out, "{}{line}", " ".repeat(lead))?;
            }
        }
    }
    Ok(())
}

/// Everything that is known of every rule without running it, but for its page.
pub(crate) fn json(out: &mut dyn Write) -> io::Result<()> {
    let rules: Vec<_> = all()
        .into_iter()
        .map(|m| {
            let sources: Vec<_> = m
                .sources
                .iter()
                .map(|s| json!({ "title": s.title, "url": s.url, "grade": format!("{:?}", s.grade) }))
                .collect();
            // Only a finding has them.
            let finds = m.kind != Kind::Suppressor;
            json!({
                "name": m.name,
                "kind": kind(m),
                "severity": finds.then_some(m.severity),
                "role": finds.then_some(m.role),
                "confidence": finds.then_some(m.confidence),
                "summary": m.summary,
                "explains": m.explains,
                "sources": sources,
            })
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &json!({ "schema": "keyspect.rules/1", "rules": rules }))?;
    out.write_all(b"\n")
}
