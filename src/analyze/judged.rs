//! One credential judged: the outcomes of its rules, and its lines of a streamed report.

use super::{Options, context};
use crate::case::credential::Credential;
use crate::model::hash;
use crate::report::build;
use crate::report::jsonl::{LentItem, push_line};
use crate::report::model::{CredentialReport, Finding};
use crate::rules::{Recorded, judge};
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
    /// A credential or a finding, and its number or fingerprint.
    pub(super) key: (bool, u64),
    /// A hash of the line.
    pub(super) hash: u64,
}

impl Lines {
    /// Appends a credential.
    pub(super) fn credential(&mut self, credential: &CredentialReport) -> io::Result<()> {
        self.push((true, u64::from(credential.id)), &LentItem::Credential(credential))
    }

    /// Appends a finding.
    pub(super) fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        let key = u64::from_str_radix(&finding.fingerprint, 16).unwrap_or(0) ^ finding.credential.map_or(0, u64::from);
        self.push((false, key), &LentItem::Finding(finding))
    }

    fn push(&mut self, key: (bool, u64), item: &LentItem<'_>) -> io::Result<()> {
        let start = self.text.len();
        push_line(&mut self.text, item)?;
        let hash = hash::of(self.text.get(start..).unwrap_or_default());
        self.ends.push((Mark { key, hash }, self.text.len()));
        Ok(())
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

/// Runs the rules about one credential; for a streamed report its lines are appended to `lines`.
pub(super) fn judged(
    credential: &Credential,
    options: &Options,
    stop: &dyn Fn() -> bool,
    lines: Option<&mut Lines>,
) -> io::Result<Vec<Recorded>> {
    let targets = &options.targets;
    let outcomes = judge::run_credential(credential, &context(options, targets, stop));
    let Some(lines) = lines else { return Ok(outcomes) };
    let candidates = judge::candidates(credential, targets);
    let findings = judge::findings(Some(credential.id), &outcomes, &candidates);
    let verdicts = candidates.iter().map(|t| judge::verdict(credential, *t, &findings, options.windows)).collect();
    lines.credential(&build::credential(credential, verdicts))?;
    if !findings.is_empty() {
        let identity = build::identity(credential, None);
        for finding in &findings {
            let columns = options.limits.excerpt_columns;
            lines.finding(&build::finding(finding, targets, &identity, Some(&credential.excerpts), columns))?;
        }
    }
    Ok(outcomes)
}
