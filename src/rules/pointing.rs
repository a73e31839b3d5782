//! Symptoms point to what was decided: which rule found the root cause of the case.

use super::judge::RankedFinding;
use super::{Kind, schannel_36871_10013_not_key};
use crate::model::judgement::{Role, Severity};
use std::collections::BTreeSet;

/// The most rules that are named.
const NAMED: usize = 4;

/// Adds to each symptom the rules that decided, and makes the protocol policy a minor matter where a key is at fault.
pub fn point(findings: &mut [RankedFinding]) {
    let causes: Vec<(Vec<u32>, &'static str)> = findings
        .iter()
        .filter(|f| f.draft.role == Role::RootCause && f.draft.severity == Severity::Error)
        .map(|f| {
            let mut about: Vec<u32> = f.draft.related.iter().map(|id| id.0).collect();
            about.extend(f.credential.map(|id| id.0));
            (about, f.rule.name)
        })
        .collect();
    for finding in findings.iter_mut() {
        if finding.rule.name == schannel_36871_10013_not_key::NAME && !causes.is_empty() {
            finding.draft.role = Role::Contributing;
        }
        if finding.rule.kind != Kind::Dispatch || finding.draft.role != Role::Symptom {
            continue;
        }
        let related = &finding.draft.related;
        if related.is_empty() {
            continue;
        }
        let own = |about: &[u32]| related.iter().any(|id| about.contains(&id.0));
        let names: BTreeSet<&str> = causes.iter().filter(|(about, _)| own(about)).map(|(_, name)| *name).collect();
        let list: Vec<&str> = names.into_iter().take(NAMED).collect();
        let text = if list.is_empty() {
            " No rule finds a cause at the certificates that it can be about.".to_owned()
        } else {
            format!(" For the certificates that it can be about, the cause is told by: {}.", list.join(", "))
        };
        finding.draft.message.push_str(&text);
    }
}
