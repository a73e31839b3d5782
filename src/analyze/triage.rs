//! What a user has settled beforehand about findings: rules whose findings weigh less, more or nothing, findings that are
//! ignored for a reason, findings that an earlier run knew already.
//!
//! Only findings are set aside. A verdict says what Windows does with a key, and stays as it is.

use crate::report::fingerprint::Fingerprint;
use crate::report::model::{Finding, SetAside, Severity, WhyAside};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A text is not a fingerprint: 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a fingerprint: 16 hexadecimal digits")]
pub struct NotAFingerprint;

/// What is settled about findings. Empty by default.
#[derive(Debug, Clone, Default)]
pub struct Triage {
    severities: HashMap<String, Option<Severity>>,
    ignored: HashMap<Fingerprint, String>,
    known: HashSet<Fingerprint>,
    /// Known findings stay in the list, marked as known. They are counted apart in any case.
    pub show_known: bool,
}

/// What becomes of one finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decision<'a> {
    pub(super) severity: Severity,
    pub(super) why: Option<WhyAside>,
    pub(super) reason: Option<&'a str>,
    /// Whether it stands in the list of findings.
    pub(super) shown: bool,
}

impl Decision<'_> {
    /// An earlier run knew the finding.
    pub(super) fn known(&self) -> bool {
        self.why == Some(WhyAside::Known)
    }
}

impl Triage {
    /// Gives the findings of a rule another severity; `None` sets them aside.
    pub fn set_severity(&mut self, rule: &str, severity: Option<Severity>) {
        self.severities.insert(rule.to_owned(), severity);
    }

    /// Sets a finding aside, for a reason that the report repeats.
    ///
    /// # Errors
    /// The text is not a fingerprint.
    pub fn ignore(&mut self, fingerprint: &str, reason: &str) -> Result<(), NotAFingerprint> {
        self.ignored.insert(Fingerprint::parse(fingerprint).ok_or(NotAFingerprint)?, reason.to_owned());
        Ok(())
    }

    /// Notes a finding of an earlier run.
    ///
    /// # Errors
    /// The text is not a fingerprint.
    pub fn know(&mut self, fingerprint: &str) -> Result<(), NotAFingerprint> {
        self.known.insert(Fingerprint::parse(fingerprint).ok_or(NotAFingerprint)?);
        Ok(())
    }

    /// A finding that was known is withdrawn further down in what told of it.
    pub fn unlearn(&mut self, fingerprint: &str) {
        if let Some(fingerprint) = Fingerprint::parse(fingerprint) {
            self.known.remove(&fingerprint);
        }
    }

    /// Whether nothing is settled.
    pub(super) fn is_empty(&self) -> bool {
        self.severities.is_empty() && self.ignored.is_empty() && self.known.is_empty()
    }

    /// Gives a finding what is settled about it; false: it does not stand in the list of findings.
    pub(super) fn settle(&self, finding: &mut Finding) -> bool {
        let decision = self.decide(&finding.rule, finding.severity, Fingerprint::parse(&finding.fingerprint));
        finding.severity = decision.severity;
        finding.known = decision.known();
        decision.shown
    }

    /// Without a fingerprint the rule alone decides.
    pub(super) fn decide(&self, rule: &str, severity: Severity, fingerprint: Option<Fingerprint>) -> Decision<'_> {
        let mut decision = Decision { severity, why: None, reason: None, shown: true };
        match self.severities.get(rule) {
            Some(None) => decision.why = Some(WhyAside::Off),
            Some(Some(severity)) => decision.severity = *severity,
            None => {}
        }
        if decision.why.is_none() {
            decision.reason = fingerprint.and_then(|print| self.ignored.get(&print)).map(String::as_str);
            decision.why = match decision.reason {
                Some(_) => Some(WhyAside::Ignored),
                None => fingerprint.filter(|print| self.known.contains(print)).map(|_| WhyAside::Known),
            };
        }
        decision.shown = decision.why.is_none() || decision.why == Some(WhyAside::Known) && self.show_known;
        decision
    }
}

/// What the findings of a group have in common: why, rule, severity, reason.
type Group = (WhyAside, String, Severity, Option<String>);

/// Findings that were set aside so far, by why, rule, severity and reason: their number and fingerprints.
#[derive(Default)]
pub(super) struct Aside(BTreeMap<Group, (u64, Vec<String>)>);

impl Aside {
    /// Counts one; the first `limit` fingerprints of a group are kept.
    pub(super) fn add(
        &mut self,
        why: WhyAside,
        rule: &str,
        decision: Decision<'_>,
        fingerprint: Option<Fingerprint>,
        limit: usize,
    ) {
        let key = (why, rule.to_owned(), decision.severity, decision.reason.map(str::to_owned));
        let (count, fingerprints) = self.0.entry(key).or_default();
        *count = count.saturating_add(1);
        if fingerprints.len() < limit {
            fingerprints.extend(fingerprint.map(|print| print.to_string()));
        }
    }

    pub(super) fn list(self) -> Vec<SetAside> {
        let group = |((why, rule, severity, reason), (count, mut fingerprints)): (Group, (u64, Vec<String>))| {
            fingerprints.sort();
            fingerprints.dedup();
            SetAside { why, rule, severity, count, reason, fingerprints }
        };
        self.0.into_iter().map(group).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn off_goes_before_ignored_before_known() {
        let mut triage = Triage::default();
        let print = "00000000000000ff";
        triage.know(print).unwrap();
        assert_eq!(triage.decide("a", Severity::Error, Fingerprint::parse(print)).why, Some(WhyAside::Known));
        triage.ignore(print, "because").unwrap();
        let ignored = triage.decide("a", Severity::Error, Fingerprint::parse(print));
        assert_eq!((ignored.why, ignored.reason, ignored.shown), (Some(WhyAside::Ignored), Some("because"), false));
        triage.set_severity("a", None);
        assert_eq!(triage.decide("a", Severity::Error, Fingerprint::parse(print)).why, Some(WhyAside::Off));
        triage.set_severity("b", Some(Severity::Note));
        let other = triage.decide("b", Severity::Error, Fingerprint::parse("0000000000000001"));
        assert_eq!((other.severity, other.why, other.shown), (Severity::Note, None, true));
    }
}
