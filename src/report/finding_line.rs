//! A finding as a line of a streamed report, written straight from the ranked draft: byte for byte the line of the
//! [`Finding`](super::model::Finding) that [`build::finding`](super::build::finding) makes.

use super::build;
use super::fingerprint::Fingerprint;
use super::json_writer::{Json, List, Present, Word, object};
use crate::model::fact::{Evidence, ExcerptLine, Excerpts};
use crate::model::judgement::Severity;
use crate::rules::Source;
use crate::rules::judge::RankedFinding;
use crate::rules::remedy::{Remedy, Step};
use crate::workloads::Target;

/// What a line says of a finding that its draft does not know.
pub(crate) struct About<'a> {
    /// The workloads that were asked for.
    pub(crate) asked: &'a [Target],
    /// The severity that the user gave the rule, else the draft's.
    pub(crate) severity: Severity,
    /// An earlier run knew it.
    pub(crate) known: bool,
    pub(crate) fingerprint: Fingerprint,
    /// The lines of the credential.
    pub(crate) excerpts: &'a Excerpts,
    /// Columns of an excerpt.
    pub(crate) columns: usize,
}

/// Appends the line, with its end.
pub(crate) fn push(out: &mut Vec<u8>, finding: &RankedFinding, about: &About<'_>) {
    let draft = &finding.draft;
    object!(out, {
        "type": Word("finding"),
        "rule": Word(finding.rule.name),
        "severity": about.severity,
        "role": draft.role,
        "confidence": draft.confidence,
        "title": draft.title,
        "message": draft.message,
        "credential": finding.credential.map(|c| c.0),
        "related": List(draft.related.iter().map(|c| c.0)),
        "workloads": build::targets(finding, about.asked),
        "evidence": List(draft.evidence.iter().map(|evidence| Place { evidence, all: &draft.evidence, about })),
        "remedies": draft.remedies,
        "references": finding.rule.sources,
        "fingerprint": about.fingerprint,
        "known": Present(about.known.then_some(true)),
    });
    out.push(b'\n');
}

/// A piece of evidence among all of its finding.
struct Place<'a> {
    evidence: &'a Evidence,
    all: &'a [Evidence],
    about: &'a About<'a>,
}

impl Json for Place<'_> {
    fn json(&self, out: &mut Vec<u8>) {
        let Self { evidence: e, all, about } = self;
        let text = e.place.line > 0;
        let between = build::between(e, all, Some(about.excerpts));
        object!(out, {
            "input": e.place.source.0,
            "line": text.then_some(e.place.line),
            "column": text.then_some(e.place.column),
            "bytes": [e.place.start, e.place.end()],
            "excerpt": build::cut(&e.excerpt, about.columns),
            "label": e.label,
            "primary": e.primary,
            "line_text": (!e.line_text.is_empty()).then(|| build::cut(&e.line_text, about.columns)),
            "path": e.path,
            "context": Present((between.clone().next().is_some()).then(|| List(between))),
        });
    }
}

impl Json for Fingerprint {
    fn json(&self, out: &mut Vec<u8>) {
        out.push(b'"');
        out.extend_from_slice(&self.digits());
        out.push(b'"');
    }
}

impl Json for ExcerptLine<'_> {
    fn json(&self, out: &mut Vec<u8>) {
        object!(out, { "line": self.number, "text": self.text });
    }
}

impl Json for Target {
    fn json(&self, out: &mut Vec<u8>) {
        out.push(b'"');
        out.extend_from_slice(self.workload.name.as_bytes());
        if let Some(version) = self.version {
            out.push(b':');
            out.extend_from_slice(version.as_bytes());
        }
        out.push(b'"');
    }
}

impl Json for Remedy {
    fn json(&self, out: &mut Vec<u8>) {
        let verify = self.verify.as_ref();
        object!(out, {
            "title": self.title,
            "steps": self.steps,
            "caution": self.caution,
            "verify": verify.map(|v| v.run.as_str()),
            "verify_shows": verify.and_then(|v| v.expected()),
        });
    }
}

impl Json for Step {
    fn json(&self, out: &mut Vec<u8>) {
        object!(out, {
            "run": self.run,
            "shell": Word(self.shell.word()),
            "where": Word(self.place),
            "note": Present(self.note),
        });
    }
}

impl Json for Source {
    fn json(&self, out: &mut Vec<u8>) {
        object!(out, { "title": self.title, "url": self.url });
    }
}
