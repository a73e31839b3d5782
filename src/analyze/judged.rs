//! The lines of a streamed report about a credential that is judged.

use super::judging::Counted;
use super::tally::Outcomes;
use super::{Options, context};
use crate::case::credential::{Credential, CredentialId};
use crate::model::hash;
use crate::model::judgement::{Severity, Verdict};
use crate::report::build;
use crate::report::credential_line;
use crate::report::finding_line::{self, About};
use crate::report::fingerprint::Fingerprint;
use crate::report::jsonl::{LentItem, push_line};
use crate::report::model::{CredentialReport, Finding};
use crate::rules::judge::{self, RankedFinding};
use crate::rules::{Outcome, Recorded, RuleMeta};
use crate::workloads::Target;
use std::borrow::Cow;
use std::io;

/// Lines of a streamed report.
#[derive(Default)]
pub(super) struct Lines {
    text: Vec<u8>,
    ends: Vec<(Mark, usize)>,
}

/// What tells whether a line was written before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    /// The credential that the line is about.
    pub(super) credential: Option<CredentialId>,
    /// The fingerprint of a finding; `None`: the line of the credential itself.
    pub(super) finding: Option<Fingerprint>,
    /// A hash of the line.
    hash: u64,
}

impl Lines {
    /// Appends a credential.
    pub(super) fn credential(&mut self, credential: &Credential, verdicts: &[Verdict]) {
        credential_line::push(&mut self.text, credential, verdicts);
        self.mark(Some(credential.id), None);
    }

    /// Appends a finding.
    pub(super) fn finding(&mut self, finding: &RankedFinding, about: &About<'_>) {
        finding_line::push(&mut self.text, finding, about);
        self.mark(finding.credential, Some(about.fingerprint));
    }

    /// Appends a credential of the report.
    pub(super) fn reported(&mut self, credential: &CredentialReport) -> io::Result<()> {
        push_line(&mut self.text, &LentItem::Credential(credential))?;
        self.mark(Some(CredentialId(credential.id)), None);
        Ok(())
    }

    /// Appends a finding of the report.
    pub(super) fn found(&mut self, finding: &Finding) -> io::Result<()> {
        push_line(&mut self.text, &LentItem::Finding(finding))?;
        self.mark(finding.credential.map(CredentialId), Fingerprint::parse(&finding.fingerprint));
        Ok(())
    }

    /// Appends what is told of a credential, or of a finding about it.
    pub(super) fn told(&mut self, id: CredentialId, finding: Option<Fingerprint>, line: &[u8]) {
        self.text.extend_from_slice(line);
        self.mark(Some(id), finding);
    }

    /// Ends a line.
    fn mark(&mut self, credential: Option<CredentialId>, finding: Option<Fingerprint>) {
        let start = self.ends.last().map_or(0, |(_, end)| *end);
        let hash = hash::of(self.text.get(start..).unwrap_or_default());
        self.ends.push((Mark { credential, finding, hash }, self.text.len()));
    }

    /// The lines, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Mark, &[u8])> {
        let mut start = 0;
        self.ends.iter().map(move |(mark, end)| {
            let line = self.text.get(start..*end).unwrap_or_default();
            start = *end;
            (*mark, line)
        })
    }

    /// Forgets the lines and keeps the room.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }
}

/// A finding whose line is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written {
    pub(super) rule: &'static RuleMeta,
    /// As the rules give it.
    pub(super) severity: Severity,
    pub(super) fingerprint: Fingerprint,
}

/// Appends the lines of a credential for which the rules about one credential have spoken.
pub(super) fn push(
    lines: &mut Lines,
    credential: &Credential,
    outcomes: &Outcomes,
    candidates: &[Target],
    options: &Options,
) -> Vec<Written> {
    let targets = &options.targets;
    let findings = judge::findings(Some(credential.id), outcomes.failed(), candidates);
    let verdict = |target| judge::verdict(credential, target, &findings, options.windows);
    let verdicts: Vec<Verdict> = candidates.iter().copied().map(verdict).collect();
    lines.credential(credential, &verdicts);
    if findings.is_empty() {
        return Vec::new();
    }
    let identity = build::identity(credential, None);
    let written = |finding: &RankedFinding| {
        let (rule, severity) = (finding.rule, finding.draft.severity);
        let fingerprint = build::fingerprint_of(finding, targets, &identity);
        let decision = options.triage.decide(rule.name, severity, Some(fingerprint));
        if decision.shown {
            let about = About {
                asked: targets,
                severity: decision.severity,
                known: decision.known(),
                fingerprint,
                excerpts: &credential.excerpts,
                columns: options.limits.excerpt_columns,
            };
            lines.finding(finding, &about);
        }
        Written { rule, severity, fingerprint }
    };
    findings.iter().map(written).collect()
}

/// The findings about a credential for which the rules about one credential have spoken, without their lines.
pub(super) fn written(credential: &Credential, outcomes: &Outcomes, options: &Options) -> Vec<Written> {
    let targets = &options.targets;
    let candidates = judge::candidates(credential, targets);
    let identity = build::identity(credential, None);
    let written = |finding: RankedFinding| {
        let fingerprint = build::fingerprint_of(&finding, targets, &identity);
        Written { rule: finding.rule, severity: finding.draft.severity, fingerprint }
    };
    judge::findings(Some(credential.id), outcomes.failed(), &candidates).into_iter().map(written).collect()
}

/// What a check that failed has in common with those about other credentials that fail in the same way.
pub(super) fn weight(failed: &Recorded) -> (&'static str, Cow<'static, str>, Severity) {
    match &failed.outcome {
        Outcome::Fail(draft) => (failed.rule.name, draft.title.clone(), draft.severity),
        _ => (failed.rule.name, Cow::Borrowed(""), failed.rule.severity),
    }
}

/// Judges credentials that are not kept.
pub(super) struct Judge<'a> {
    pub(super) options: &'a Options,
    pub(super) stop: &'a dyn Fn() -> bool,
    pub(super) counted: &'a mut Counted,
}

impl Judge<'_> {
    /// The outcomes of the rules about one credential, and its findings; its lines are appended.
    pub(super) fn judge(&mut self, credential: &Credential, lines: &mut Lines) -> (Outcomes, Vec<Written>) {
        let Self { options, stop, counted } = self;
        let candidates = judge::candidates(credential, &options.targets);
        let base = context(options, &options.targets, *stop);
        let mut recorded = judge::run_for(credential, &candidates, &base, Vec::new());
        let outcomes = counted.tally.keep(&mut recorded);
        let findings = push(lines, credential, &outcomes, &candidates, options);
        (outcomes, findings)
    }
}

/// Whether two credentials state the same, so that no rule about one credential can tell them apart but by where it is
/// stated.
pub(super) fn same_facts(a: &Credential, b: &Credential) -> bool {
    a.certificate == b.certificate
        && a.key == b.key
        && (a.origin, a.incomplete) == (b.origin, b.incomplete)
        && a.store == b.store
        && a.surroundings == b.surroundings
        && a.pfx == b.pfx
        && a.bound == b.bound
        && a.passed_over == b.passed_over
        && a.gone == b.gone
}
