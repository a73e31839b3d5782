//! Verdicts before a certificate is issued: what requests, INF files, templates and scripts ask for.

use super::contained::{Judged, unharmed};
use crate::case::credential::SourceRange;
use crate::case::index::CaseIndex;
use crate::limits::LISTED_CREDENTIALS;
use crate::model::judgement::{Severity, Verdict, VerdictOutcome};

use crate::model::key_request::{KeyRequest, RequestForm};
use crate::model::observation::Observed;
use crate::model::thumbprint::Sha1;
use crate::rules::judge::{self, RankedFinding};
use crate::rules::{Asked, Context, Outcome, Recorded, corrected_inf};
use std::collections::{BTreeMap, HashSet};

/// What the intended keys of a run are worth.
#[derive(Default)]
pub(super) struct Preflight {
    /// The findings, credential by none.
    pub findings: Vec<RankedFinding>,
    /// The outcomes that a report may list one by one.
    pub checks: Vec<Recorded>,
    /// Those of the intended keys after the first hundred: only counted.
    pub counted: Vec<Recorded>,
    /// By input: of several intended keys in one input the worst verdict counts.
    pub verdicts: BTreeMap<u32, Vec<Verdict>>,
    /// The places of those that could not be judged for a fault of keyspect itself.
    pub unjudged: Vec<SourceRange>,
}

/// Judges every intended key. `base.workloads` are the workloads that were asked for; `hash` gives an input's hash, by which
/// findings about it are the same in every run. With `contain` a fault costs the intended key in which it shows.
pub(super) fn run(case: &CaseIndex, base: &Context<'_>, contain: bool, hash: &dyn Fn(u32) -> String) -> Preflight {
    let mut out = Preflight::default();
    // The requests whose bytes are there: what a tool printed of one is not judged besides.
    let whole: HashSet<(Sha1, &str)> = case
        .requests()
        .filter(|(_, request)| !request.is_printed)
        .filter_map(|(_, request)| identity(request))
        .collect();
    for (index, (observed, request)) in case.requests().enumerate() {
        if (base.stop)() {
            break;
        }
        if request.is_printed && identity(request).is_some_and(|own| whole.contains(&own)) {
            continue;
        }
        let mut of_one = Preflight::default();
        let place = observed.place;
        let mut check = || of_one = one(case, base, (index, observed, request), hash);
        if !unharmed(contain, Judged::Request(index), &mut check) {
            let (source, line) = (place.source, place.line);
            out.unjudged.push(SourceRange { source, line, start: place.start, end: place.end() });
            continue;
        }
        out.findings.append(&mut of_one.findings);
        out.checks.append(&mut of_one.checks);
        out.counted.append(&mut of_one.counted);
        let verdicts = out.verdicts.entry(place.source.0).or_default();
        of_one.verdicts.into_values().flatten().for_each(|verdict| worst(verdicts, verdict));
    }
    out.verdicts.retain(|_, verdicts| !verdicts.is_empty());
    out
}

/// What tells a certificate request from others: its public key and its subject.
fn identity(request: &KeyRequest) -> Option<(Sha1, &str)> {
    let subject = request.subject.as_ref().map_or("", |subject| subject.value.as_str());
    request.public_key_sha1.as_ref().map(|key| (key.value, subject))
}

/// Judges one intended key.
fn one(
    case: &CaseIndex,
    base: &Context<'_>,
    (index, observed, request): (usize, &Observed, &KeyRequest),
    hash: &dyn Fn(u32) -> String,
) -> Preflight {
    let mut out = Preflight::default();
    let recorded = judge::run_request(&Asked { request, observed, case }, base);
    let targets = judge::request_candidates(request, base.workloads);
    let ranked = judge::rank(None, recorded, &targets);
    let verdicts = out.verdicts.entry(observed.place.source.0).or_default();
    // Whether a script ever ran is not known: its findings are possibilities, and nothing follows from it.
    let judged = if request.form == RequestForm::Script { &[][..] } else { &targets };
    for target in judged {
        worst(verdicts, judge::request_verdict(request, *target, &ranked.findings, base.windows));
    }
    let mut findings = ranked.findings;
    let named = request.name.as_ref().or(request.subject.as_ref()).map_or("", |name| name.value.as_str());
    let subject = format!("{}\n{named}", hash(observed.place.source.0));
    for finding in &mut findings {
        finding.draft.subject.clone_from(&subject);
    }
    if request.form == RequestForm::Inf {
        let faulty = |f: &&RankedFinding| f.draft.severity < Severity::Note;
        let failed: Vec<&str> = findings.iter().filter(faulty).map(|f| f.rule.name).collect();
        let corrected = corrected_inf::corrected(request, &failed);
        if let (Some(text), Some(first)) = (corrected, findings.iter_mut().find(|f| faulty(&&**f))) {
            first.draft.remedies = vec![corrected_inf::remedy(text)];
        }
    }
    out.findings.extend(findings);
    let (listed, counted): (Vec<_>, Vec<_>) =
        ranked.checks.into_iter().partition(|r| index < LISTED_CREDENTIALS || matches!(r.outcome, Outcome::Fail(_)));
    out.checks.extend(listed);
    out.counted.extend(counted);
    out
}

/// Keeps the worse one of two verdicts for a workload.
fn worst(verdicts: &mut Vec<Verdict>, verdict: Verdict) {
    let rank = |outcome| match outcome {
        VerdictOutcome::Fails => 0,
        VerdictOutcome::AtRisk => 1,
        VerdictOutcome::Unknown => 2,
        VerdictOutcome::Works => 3,
    };
    match verdicts.iter_mut().find(|known| known.workload == verdict.workload) {
        Some(known) if rank(verdict.outcome) < rank(known.outcome) => *known = verdict,
        Some(_) => {}
        None => verdicts.push(verdict),
    }
}
