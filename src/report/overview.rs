//! What a whole report comes to: the sentence on top of a document, the counts, and one row per thing that is wrong.

use super::model::{CredentialReport, Finding, InputStatus, Report, Role, Severity, VerdictOutcome};
use super::text::{Sorted, View, name_and_id, worst};
use super::words;

/// How many credentials have which worst verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) fails: u64,
    pub(super) at_risk: u64,
    pub(super) unknown: u64,
    pub(super) works: u64,
    /// Without a verdict.
    pub(super) not_judged: u64,
}

impl Counts {
    pub(super) fn of(report: &Report) -> Self {
        let mut out = Self::default();
        for credential in &report.credentials {
            let counter = match worst(credential) {
                Some(VerdictOutcome::Fails) => &mut out.fails,
                Some(VerdictOutcome::AtRisk) => &mut out.at_risk,
                Some(VerdictOutcome::Unknown) => &mut out.unknown,
                Some(VerdictOutcome::Works) => &mut out.works,
                None => &mut out.not_judged,
            };
            *counter = counter.saturating_add(1);
        }
        out
    }

    fn judged(self) -> u64 {
        [self.fails, self.at_risk, self.unknown, self.works].into_iter().fold(0, u64::saturating_add)
    }
}

/// The whole report in one sentence, and the verdict whose colour it gets.
pub(super) fn headline(report: &Report) -> (VerdictOutcome, String) {
    let counts = Counts::of(report);
    let judged = counts.judged();
    let keys_alone = report.credentials.iter().any(|c| c.certificate.is_none() && worst(c).is_some());
    let of = |n: u64| match (n, judged) {
        (1, 1) if keys_alone => "The key".to_owned(),
        (1, 1) => "The certificate".to_owned(),
        (n, all) => {
            let things = if keys_alone { "certificates and keys" } else { "certificates" };
            if n == all && n == 2 {
                format!("Both {things}")
            } else if n == all {
                format!("All {n} {things}")
            } else {
                format!("{n} of {all} {things}")
            }
        }
    };
    let verb = |n: u64, one: &'static str, many: &'static str| if n == 1 { one } else { many };
    let asked = report.inputs.iter().flat_map(|i| &i.verdicts).map(|v| v.outcome).min_by_key(|o| words::rank(*o));
    let unread = |s| matches!(s, InputStatus::Failed | InputStatus::Unrecognized);
    if counts.fails > 0 {
        let (n, f) = (of(counts.fails), verb(counts.fails, "fails", "fail"));
        let rest = match counts.at_risk {
            0 => String::new(),
            r => format!(", and {r} {} at risk", verb(r, "is", "are")),
        };
        return (VerdictOutcome::Fails, format!("{n} {f}{rest}."));
    }
    let faults = report.summary.errors;
    if judged == 0 || asked == Some(VerdictOutcome::Fails) {
        return match asked {
            Some(VerdictOutcome::Fails) => {
                (VerdictOutcome::Fails, "A certificate made as these files ask would fail.".to_owned())
            }
            Some(VerdictOutcome::AtRisk) => {
                (VerdictOutcome::AtRisk, "A certificate made as these files ask would be at risk.".to_owned())
            }
            _ if faults > 0 => {
                (VerdictOutcome::Fails, format!("{} found.", words::count(faults, "error was", "errors were")))
            }
            _ if report.inputs.iter().all(|i| unread(i.status)) => {
                (VerdictOutcome::Unknown, "Nothing could be analysed.".to_owned())
            }
            Some(VerdictOutcome::Works) => {
                (VerdictOutcome::Works, "A certificate made as these files ask would work.".to_owned())
            }
            _ => (VerdictOutcome::Unknown, "No certificate was there to be judged.".to_owned()),
        };
    }
    if counts.at_risk > 0 {
        let (n, is) = (of(counts.at_risk), verb(counts.at_risk, "is", "are"));
        let rest = if counts.at_risk == judged { "" } else { "; none fails" };
        return (VerdictOutcome::AtRisk, format!("{n} {is} at risk{rest}."));
    }
    if faults > 0 {
        let errors = words::count(faults, "error was", "errors were");
        return (VerdictOutcome::Fails, format!("{errors} found beside the certificates."));
    }
    if counts.unknown > 0 {
        let n = of(counts.unknown);
        let rest = if counts.unknown == judged { "" } else { "; nothing speaks against the others" };
        return (VerdictOutcome::Unknown, format!("{n} could not be decided{rest}."));
    }
    let (n, works) = (of(counts.works), verb(counts.works, "works", "work"));
    let text = format!("{n} {works}, as far as the artifacts show");
    match warnings_beside(report) {
        0 => (VerdictOutcome::Works, format!("{text}.")),
        warnings => {
            let warnings = words::count(warnings, "warning was", "warnings were");
            (VerdictOutcome::AtRisk, format!("{text}; {warnings} found beside the certificates."))
        }
    }
}

/// The causes of severity warning that are about no certificate: a binding, a folder, the protocols.
fn warnings_beside(report: &Report) -> u64 {
    let of_request = |f: &Finding| {
        words::primary(&f.evidence)
            .is_some_and(|e| report.inputs.iter().any(|i| i.id == e.input && !i.verdicts.is_empty()))
    };
    let cause = |f: &&Finding| {
        f.credential.is_none()
            && !f.known
            && f.severity == Severity::Warning
            && matches!(f.role, Role::RootCause | Role::Contributing)
            && !of_request(f)
    };
    u64::try_from(report.findings.iter().filter(cause).count()).unwrap_or(u64::MAX)
}

/// One thing that is wrong.
pub(super) struct Problem<'a> {
    /// The credential that stands for its group.
    pub(super) credential: &'a CredentialReport,
    /// How many others it is the same with.
    pub(super) others: usize,
    /// `www.contoso.com (32b5398e)`; not escaped.
    pub(super) name: String,
    pub(super) outcome: VerdictOutcome,
    /// The title of the strongest finding; not escaped.
    pub(super) cause: &'a str,
    /// The title of its first remedy; not escaped.
    pub(super) repair: &'a str,
}

/// One row per group of credentials that are broken in the same way.
pub(super) fn problems<'a>(view: &View<'a>, sorted: &Sorted<'a>) -> Vec<Problem<'a>> {
    let row = |(credential, same): &(&'a CredentialReport, Vec<&'a CredentialReport>)| {
        let first = view.findings(credential).first();
        let repair = view.findings(credential).iter().find_map(|f| f.remedies.first());
        Problem {
            credential,
            others: same.len(),
            name: name_and_id(credential),
            outcome: view.outcome(credential),
            cause: first.map_or("this kind of key is not fit for the workload", |f| f.title.as_str()),
            repair: repair.map_or("", |r| r.title.as_str()),
        }
    };
    sorted.broken.iter().map(row).collect()
}

/// The address of a document that a rule cites; `None` for every other: no address of an input becomes a link.
pub(super) fn known_address(url: &str) -> Option<&'static str> {
    let sources = crate::rules::RULES.iter().flat_map(|r| r.meta().sources);
    sources.map(|s| s.url).find(|known| *known == url && known.starts_with("https://"))
}

/// `on the server, elevated`, when all steps of a remedy are made at one place.
pub(super) fn one_place(remedy: &super::model::RemedyReport) -> Option<&'static str> {
    let first = remedy.steps.first()?;
    remedy.steps.iter().all(|s| s.place == first.place).then(|| super::text::finding::place_words(&first.place))
}
