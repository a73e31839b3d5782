//! A request, an INF, a template or a script: what a certificate made from it would be worth.

use super::paint::Paint;
use super::{finding, verdict_words};
use crate::report::escape::columns;
use crate::report::model::{Finding, Input, Report, Role, Severity, VerdictOutcome};
use crate::report::words;
use std::collections::HashMap;

/// The findings about what inputs with verdicts ask for, by input.
pub(in crate::report) fn findings(report: &Report) -> HashMap<u32, Vec<&Finding>> {
    let judged = report.inputs.iter().filter(|input| !input.verdicts.is_empty());
    let mut out: HashMap<u32, Vec<&Finding>> = judged.map(|input| (input.id, Vec::new())).collect();
    for finding in report.findings.iter().filter(|finding| finding.credential.is_none()) {
        if let Some(list) = words::primary(&finding.evidence).and_then(|e| out.get_mut(&e.input)) {
            list.push(finding);
        }
    }
    out
}

/// The screen of one input that has verdicts.
pub(super) fn screen(report: &Report, input: &Input, about: &[&Finding], verbose: bool, paint: Paint) -> String {
    let worst = input.verdicts.iter().map(|v| v.outcome).min_by_key(|o| words::rank(*o));
    let name = paint.show(&words::input_path(report, input.id));
    let mark = paint.mark(worst.unwrap_or(VerdictOutcome::Unknown));
    let used = columns(&name).saturating_add(4);
    let mut out = format!("{mark} {}{}\n", paint.bold(&name), verdict_words(&input.verdicts, verbose, used, paint));
    if let Some(facts) = facts(input) {
        finding::paragraph(&mut out, "  asks for ", 11, &paint.show(&facts), paint.width);
    }
    let mut told = Vec::new();
    let is_aside = |f: &Finding| !verbose && (f.severity == Severity::Note || f.role == Role::Hygiene);
    for f in about.iter().filter(|f| !is_aside(f)) {
        out.push('\n');
        out.push_str(&finding::full(report, f, &mut told, paint));
    }
    let asides: String = about.iter().filter(|f| is_aside(f)).map(|f| finding::brief(report, f, paint)).collect();
    if !asides.is_empty() {
        out.push_str(&format!("\n{}\n{asides}", paint.bold("Beside it (-v tells more):")));
    }
    out
}

/// What it asks for, from the details of a request or an INF.
pub(in crate::report) fn facts(input: &Input) -> Option<String> {
    let details = input.details.as_ref()?;
    let text = |name: &str| details.get(name).and_then(serde_json::Value::as_str).filter(|t| !t.is_empty());
    let number = |name: &str| details.get(name).and_then(serde_json::Value::as_u64);
    let mut parts = Vec::new();
    parts.extend(text("subject").map(str::to_owned));
    if let Some(spec) = number("key_spec") {
        parts.push(format!("KeySpec {spec}"));
    } else if details.get("key_spec").is_some() {
        parts.push("no KeySpec".to_owned());
    }
    let provider = text("ksp_name").or(text("provider"));
    parts.extend(provider.map(|name| match number("provider_type") {
        Some(kind) => format!("{name} (type {kind})"),
        None => name.to_owned(),
    }));
    match details.get("machine_keyset").map(serde_json::Value::as_bool) {
        Some(Some(true)) => parts.push("a machine key".to_owned()),
        Some(_) => parts.push("a user's key".to_owned()),
        None => {}
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}
