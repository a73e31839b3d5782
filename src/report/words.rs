//! Words that several renderers share.

use super::model::{
    Confidence, CredentialReport, EvidenceReport, Input, InputStatus, RemedyReport, Report, Role, SetAside, Severity,
    VerdictOutcome, WhyAside,
};
use crate::workloads;

/// What keyspect can read, for the message about an input that it can't.
pub const READS: &str = "output of certutil (-store, -dump, -scinfo, -key, -csplist and its failures), PFX files, key blobs, key containers and \
     key files, PVK files, certificates, stores and registry exports of them, certificate requests and INF files, events, \
     bindings, permissions, listings of keys and certificates, templates, scripts, error texts, and zips and mails with any of it";

/// `1 error`, `2 errors`.
pub fn count(n: u64, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}

/// The word of the JSON report.
pub fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// The word of the JSON report.
pub fn role(role: Role) -> &'static str {
    match role {
        Role::RootCause => "root-cause",
        Role::Contributing => "contributing",
        Role::Symptom => "symptom",
        Role::Hygiene => "hygiene",
    }
}

/// How sure a finding is, in words.
pub fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Certain => "certain",
        Confidence::Likely => "likely: the best explanation of what the artifacts show",
        Confidence::Possible => "possible: one explanation among others",
    }
}

/// The word of the JSON report.
pub fn status(status: InputStatus) -> &'static str {
    match status {
        InputStatus::Analyzed => "analyzed",
        InputStatus::Partial => "partial",
        InputStatus::Locked => "locked",
        InputStatus::Unrecognized => "unrecognized",
        InputStatus::Failed => "failed",
    }
}

/// From the worst: 0 fails, 1 at risk, 2 unknown, 3 works.
pub fn rank(outcome: VerdictOutcome) -> u8 {
    match outcome {
        VerdictOutcome::Fails => 0,
        VerdictOutcome::AtRisk => 1,
        VerdictOutcome::Unknown => 2,
        VerdictOutcome::Works => 3,
    }
}

/// `fails on`, before the workload's name.
pub fn outcome(outcome: VerdictOutcome) -> &'static str {
    match outcome {
        VerdictOutcome::Fails => "fails on",
        VerdictOutcome::AtRisk => "at risk on",
        VerdictOutcome::Unknown => "not decided for",
        VerdictOutcome::Works => "works on",
    }
}

/// A workload for a person: `iis` is `IIS`, `sql-server:2016` is `SQL Server 2016 and older`. A name that is not known is
/// given back.
pub fn workload(argument: &str) -> String {
    let Ok(targets) = workloads::parse(argument) else {
        return argument.to_owned();
    };
    let [target] = targets.as_slice() else {
        return argument.to_owned();
    };
    let mut rows = target.rows();
    let title = match (rows.next(), rows.next()) {
        (Some(row), None) => row.title,
        _ => target.workload.title,
    };
    let title = title.split_once(" (").map_or(title, |(head, _)| head);
    match title.strip_prefix("A ") {
        Some(rest) => format!("a {rest}"),
        None => title.to_owned(),
    }
}

/// The path of an input, with its member: `ticket.zip!logs/certutil.txt`. Not escaped.
pub fn path(input: &Input) -> String {
    match &input.member {
        Some(member) => format!("{}!{member}", input.path),
        None => input.path.clone(),
    }
}

/// The path of the input with this number. Not escaped.
pub fn input_path(report: &Report, id: u32) -> String {
    let by_index = usize::try_from(id).ok().and_then(|i| report.inputs.get(i)).filter(|i| i.id == id);
    by_index.or_else(|| report.inputs.iter().find(|i| i.id == id)).map_or_else(String::new, path)
}

/// The credential with this number: credentials are in the order of their numbers.
pub fn credential(report: &Report, id: u32) -> Option<&CredentialReport> {
    let by_index = usize::try_from(id).ok().and_then(|i| report.credentials.get(i)).filter(|c| c.id == id);
    by_index.or_else(|| {
        let at = report.credentials.binary_search_by_key(&id, |c| c.id).ok()?;
        report.credentials.get(at)
    })
}

/// `certutil.txt:93:5` in a text, `key.pfx@0x1f4` in a binary input. Not escaped.
pub fn place(report: &Report, evidence: &EvidenceReport) -> String {
    let name = input_path(report, evidence.input);
    match (evidence.line, evidence.column) {
        (Some(line), Some(column)) => format!("{name}:{line}:{column}"),
        (Some(line), None) => format!("{name}:{line}"),
        (None, _) => format!("{name}@{:#x}", evidence.bytes[0]),
    }
}

/// The place that proves a finding: the primary one, else the first.
pub fn primary(evidence: &[EvidenceReport]) -> Option<&EvidenceReport> {
    evidence.iter().find(|e| e.primary).or_else(|| evidence.first())
}

/// What was set aside, one sentence per line: known findings, ignored ones with each reason, rules that are off. Not
/// escaped.
pub fn set_aside(report: &Report) -> Vec<String> {
    let of = |why: WhyAside| report.summary.set_aside.iter().filter(move |s| s.why == why);
    let total = |why| of(why).fold(0u64, |n, s| n.saturating_add(s.count));
    let mut out = Vec::new();
    match (total(WhyAside::Known), report.findings.iter().any(|f| f.known)) {
        (0, _) => {}
        (n, false) => out.push(format!("{} hidden, see --show-known.", count(n, "known finding", "known findings"))),
        (n, true) => out.push(format!("{} shown, not counted.", count(n, "known finding", "known findings"))),
    }
    let ignored = |s: &SetAside| {
        let reason = s.reason.as_deref().unwrap_or_default();
        format!("{} of {} ignored: {reason}", count(s.count, "finding", "findings"), s.rule)
    };
    out.extend(of(WhyAside::Ignored).map(ignored));
    let off = total(WhyAside::Off);
    if off > 0 {
        let mut rules: Vec<_> = of(WhyAside::Off).map(|s| s.rule.as_str()).collect();
        rules.dedup();
        let found = count(off, "finding", "findings");
        out.push(format!("{found} of rules that are off: {}.", rules.join(", ")));
    }
    out
}

/// The day of a moment in RFC 3339.
pub fn day(moment: &str) -> &str {
    moment.split('T').next().unwrap_or(moment)
}

/// A verifying command and what it must show, on one line.
pub(in crate::report) fn verify(remedy: &RemedyReport) -> Option<String> {
    let run = remedy.verify.as_deref()?;
    Some(remedy.verify_shows.as_ref().map_or_else(|| run.to_owned(), |shows| format!("{run}      {shows}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workloads_for_a_person() {
        assert_eq!(workload("iis"), "IIS");
        assert_eq!(workload("sql-server"), "SQL Server");
        assert_eq!(workload("sql-server:2016"), "SQL Server 2016 and older");
        assert_eq!(workload("ad-fs"), "AD FS");
        assert_eq!(workload("generic"), "a Schannel server");
        assert_eq!(workload("no-such"), "no-such");
    }

    #[test]
    fn counts() {
        assert_eq!(count(1, "error", "errors"), "1 error");
        assert_eq!(count(0, "error", "errors"), "0 errors");
    }
}
