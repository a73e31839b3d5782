//! The outcomes of checks.

use super::RuleMeta;
use super::remedy::Remedy;
use crate::case::credential::CredentialId;
use crate::model::fact::Evidence;
use crate::model::judgement::{Confidence, Role, Severity};
use crate::workloads::Target;
use std::borrow::Cow;

/// A finding as a rule drafts it: before the ranking of root causes.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FindingDraft {
    /// How bad.
    pub severity: Severity,
    /// The role the rule claims.
    pub role: Role,
    /// How sure.
    pub confidence: Confidence,
    /// One line; names no credential (the renderer does).
    pub title: Cow<'static, str>,
    /// Why, in a few sentences.
    pub message: String,
    /// Other credentials it is about, in ascending order once it is recorded.
    pub related: Vec<CredentialId>,
    /// The workloads it matters for; empty: all that were asked for.
    pub workloads: Vec<Target>,
    /// The places that prove it; exactly one is primary, unless there is none at all.
    pub evidence: Vec<Evidence>,
    /// What to do.
    pub remedies: Vec<Remedy>,
    /// What it is about when that is no credential, and stays the same from run to run: an endpoint, a path. Two findings of
    /// a rule are told apart by it.
    pub subject: String,
    /// How many of the rule's conditions hold: decides between candidates of equal severity and confidence.
    pub conditions: u8,
}

impl FindingDraft {
    /// A draft with the rule's own severity, role and confidence.
    pub fn new(meta: &RuleMeta, title: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self {
            severity: meta.severity,
            role: meta.role,
            confidence: meta.confidence,
            title: title.into(),
            message: message.into(),
            related: Vec::new(),
            workloads: Vec::new(),
            evidence: Vec::new(),
            remedies: Vec::new(),
            subject: String::new(),
            conditions: 1,
        }
    }
    /// Whether this credential is among the related ones of a recorded draft.
    pub fn concerns(&self, id: CredentialId) -> bool {
        self.related.binary_search(&id).is_ok()
    }
    /// Lowers the confidence; with `Possible` an error becomes a warning (RULES section 6).
    #[must_use]
    pub fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        if confidence == Confidence::Possible && self.severity == Severity::Error {
            self.severity = Severity::Warning;
        }
        self
    }
    /// Sets the severity.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }
    /// Sets the role.
    #[must_use]
    pub fn role(mut self, role: Role) -> Self {
        self.role = role;
        self
    }
    /// Adds a place that proves it.
    #[must_use]
    pub fn evidence(mut self, evidence: Evidence) -> Self {
        self.evidence.push(evidence);
        self
    }
    /// Adds a remedy.
    #[must_use]
    pub fn remedy(mut self, remedy: Remedy) -> Self {
        self.remedies.push(remedy);
        self
    }
    /// Names what it is about when that is no credential.
    #[must_use]
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = subject.into();
        self
    }
    /// Names the workloads.
    #[must_use]
    pub fn workloads(mut self, workloads: Vec<Target>) -> Self {
        self.workloads = workloads;
        self
    }
    /// Sets the number of conditions that hold.
    #[must_use]
    pub fn conditions(mut self, conditions: u8) -> Self {
        self.conditions = conditions;
        self
    }
}

/// The outcome of one check.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// Does not concern this subject, and why.
    NotApplicable(Cow<'static, str>),
    /// The artifacts don't tell: what is missing, and the command that would tell.
    Unknown {
        /// What is missing.
        missing: Cow<'static, str>,
        /// The command that would tell.
        obtain: String,
    },
    /// Checked and fine, and why; from a suppressor: not the cause, and why.
    Pass(Cow<'static, str>),
    /// Checked and wrong.
    Fail(Box<FindingDraft>),
}

/// An outcome with its rule and subject.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Recorded {
    /// The rule.
    pub rule: &'static RuleMeta,
    /// The credential; `None`: about the case.
    pub credential: Option<CredentialId>,
    /// The outcome.
    pub outcome: Outcome,
}

/// Where a rule puts its outcomes.
pub struct Checks {
    rule: &'static RuleMeta,
    credential: Option<CredentialId>,
    recorded: Vec<Recorded>,
}

impl Checks {
    /// For one rule and subject; `into_recorded` hands the list on.
    pub fn new(rule: &'static RuleMeta, credential: Option<CredentialId>, recorded: Vec<Recorded>) -> Self {
        Self { rule, credential, recorded }
    }
    /// Goes on with another rule about the same subject.
    pub fn of(&mut self, rule: &'static RuleMeta) -> &mut Self {
        self.rule = rule;
        self
    }
    /// For a case rule: the outcomes that follow are about this credential.
    pub fn about(&mut self, credential: Option<CredentialId>) -> &mut Self {
        self.credential = credential;
        self
    }
    fn push(&mut self, outcome: Outcome) {
        self.recorded.push(Recorded { rule: self.rule, credential: self.credential, outcome });
    }
    /// Does not concern this subject.
    pub fn not_applicable(&mut self, reason: impl Into<Cow<'static, str>>) {
        self.push(Outcome::NotApplicable(reason.into()));
    }
    /// The artifacts don't tell.
    pub fn unknown(&mut self, missing: impl Into<Cow<'static, str>>, obtain: impl Into<String>) {
        self.push(Outcome::Unknown { missing: missing.into(), obtain: obtain.into() });
    }
    /// Checked and fine; from a suppressor: not the cause.
    pub fn pass(&mut self, reason: impl Into<Cow<'static, str>>) {
        self.push(Outcome::Pass(reason.into()));
    }
    /// Checked and wrong.
    pub fn fail(&mut self, mut draft: FindingDraft) {
        draft.related.sort_unstable();
        draft.related.dedup();
        self.push(Outcome::Fail(Box::new(draft)));
    }
    /// Takes an outcome that was recorded elsewhere.
    pub(super) fn take(&mut self, recorded: Recorded) {
        self.recorded.push(recorded);
    }
    /// The outcomes.
    pub fn into_recorded(self) -> Vec<Recorded> {
        self.recorded
    }
}
