//! Symptoms point to what was decided: which rule found the root cause of the case.

use super::judge::RankedFinding;
use super::{Kind, schannel_36871_10013_not_key};
use crate::model::judgement::{Role, Severity};
use std::collections::BTreeSet;

/// The most rules that are named.
const NAMED: usize = 4;

/// Runs what is said of a finding of the rule with this name; false: it ended in a fault.
pub type Guard<'g> = &'g dyn Fn(&'static str, &mut dyn FnMut()) -> bool;

/// What is added to a finding.
#[derive(Default)]
struct Pointer {
    role: Option<Role>,
    words: String,
}

/// The root causes: which credentials each is about, its rule, and whether it is an error.
type Causes = Vec<(Vec<u32>, &'static str, bool)>;

/// Adds to each symptom the rules that decided, and makes the protocol policy a minor matter where a key is at fault.
pub fn point(findings: &mut [RankedFinding]) {
    point_by(findings, &|_, step| {
        step();
        true
    });
}

/// The same, with `guard` that runs it for each finding. Gives the indices of the findings for which it ended in a fault:
/// they are as they were.
pub fn point_by(findings: &mut [RankedFinding], guard: Guard<'_>) -> Vec<usize> {
    let mut causes = None;
    let mut lost = Vec::new();
    for index in 0..findings.len() {
        let Some(finding) = findings.get(index).filter(|finding| is_pointed(finding)) else { continue };
        let mut pointer = Pointer::default();
        let unharmed = guard(finding.rule.name, &mut || {
            pointer = pointer_of(finding, causes.get_or_insert_with(|| causes_of(findings)));
        });
        if !unharmed {
            lost.push(index);
        } else if let Some(finding) = findings.get_mut(index) {
            finding.draft.role = pointer.role.unwrap_or(finding.draft.role);
            finding.draft.message.push_str(&pointer.words);
        }
    }
    lost
}

/// Whether a finding may get a pointer.
fn is_pointed(finding: &RankedFinding) -> bool {
    finding.rule.name == schannel_36871_10013_not_key::NAME
        || finding.rule.kind == Kind::Dispatch
            && finding.draft.role == Role::Symptom
            && !finding.draft.related.is_empty()
}

fn causes_of(findings: &[RankedFinding]) -> Causes {
    findings
        .iter()
        .filter(|f| f.draft.role == Role::RootCause)
        .map(|f| {
            let mut about: Vec<u32> = f.draft.related.iter().map(|id| id.0).collect();
            about.extend(f.credential.map(|id| id.0));
            (about, f.rule.name, f.draft.severity == Severity::Error)
        })
        .collect()
}

fn pointer_of(finding: &RankedFinding, causes: &Causes) -> Pointer {
    let mut pointer = Pointer::default();
    if finding.rule.name == schannel_36871_10013_not_key::NAME && causes.iter().any(|(.., error)| *error) {
        pointer.role = Some(Role::Contributing);
    }
    let related = &finding.draft.related;
    let role = pointer.role.unwrap_or(finding.draft.role);
    if finding.rule.kind != Kind::Dispatch || role != Role::Symptom || related.is_empty() {
        return pointer;
    }
    let own = |about: &[u32]| related.iter().any(|id| about.contains(&id.0));
    let names = |errors: bool| -> BTreeSet<&str> {
        causes.iter().filter(|(about, _, error)| *error == errors && own(about)).map(|(_, name, _)| *name).collect()
    };
    let list: Vec<&str> = names(true).into_iter().take(NAMED).collect();
    pointer.words = if list.is_empty() {
        // A warning counts when the symptom itself names its rule as a candidate.
        let message = &finding.draft.message;
        let candidate = |name: &&str| message.split([' ', ',', '.', ';', ':']).any(|word| word == *name);
        let possible: Vec<&str> = names(false).into_iter().filter(candidate).take(NAMED).collect();
        if possible.is_empty() {
            " No rule finds a cause at the certificates that it can be about.".to_owned()
        } else {
            format!(" For the certificates that it can be about, a possible cause is told by: {}.", possible.join(", "))
        }
    } else {
        format!(" For the certificates that it can be about, the cause is told by: {}.", list.join(", "))
    };
    pointer
}
