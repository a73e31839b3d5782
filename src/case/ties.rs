//! What other artifacts say about a credential: the bindings and errors that name it, the machine it is on.
//!
//! The chain goes binding → thumbprint → certificate → key link → container → key file → permissions. The last steps are
//! asked by the rules that need them (`case::key_file_link`).

use super::credential::{Bound, Credential, CredentialId};
use super::index::CaseIndex;
use crate::model::binding::{BindingHash, BindingOrigin};
use crate::model::event_record::Side;
use crate::model::fact::{Fact, Place};
use crate::model::observation::{ErrorContext, Observation, Observed, SystemFact};
use crate::model::thumbprint::Sha1;
use crate::model::windows::WindowsVersion;
use std::collections::{BTreeMap, BTreeSet};

/// The application id of AD FS in a binding (`netsh http show sslcert` on AD FS servers).
const AD_FS: &str = "{5d89a20c-beab-4389-9447-324788eb944a}";
/// The application id of SSTP (RRAS).
const SSTP: &str = "{ba195980-cd49-458b-9e23-c84ee0adcd75}";

/// Symptoms that are kept for one credential.
const SYMPTOMS: usize = 16;

/// Ties what was observed to the credentials that are kept; gives the credentials that changed, in ascending order.
pub fn tie(case: &mut CaseIndex) -> BTreeSet<CredentialId> {
    let mut changed = BTreeSet::new();
    if case.observed.is_empty() {
        return changed;
    }
    let named = named(&case.observed);
    let version = version(&case.observed);
    let symptoms = symptoms(&case.observed);
    let present: BTreeSet<Sha1> = case.kept.iter().filter_map(Credential::thumbprint).collect();
    // A certificate that a binding names stands for all others only when no attempt to bind another one failed.
    let attempt_failed = case.observed.iter().any(|o| match &o.what {
        Observation::Error(e) => {
            e.thumbprint.is_none() && matches!(e.context, ErrorContext::IisBinding | ErrorContext::NetshAdd)
        }
        _ => false,
    });
    let mut taken: BTreeSet<&'static str> = BTreeSet::new();
    for (sha1, list) in &named {
        if present.contains(sha1) {
            taken.extend(list.iter().map(|b| b.workload));
        }
    }
    for credential in &mut case.kept {
        let sha1 = credential.thumbprint();
        let before = (credential.bound.len(), credential.passed_over.len(), credential.surroundings.clone());
        if let Some(list) = sha1.as_ref().and_then(|s| named.get(s)) {
            for bound in list {
                if !credential.bound.contains(bound) {
                    credential.bound.push(bound.clone());
                    keep_line(credential, bound.place, &case.observed, bound.observed);
                }
            }
        }
        credential.passed_over = match attempt_failed {
            true => Vec::new(),
            false => taken.iter().filter(|w| !credential.bound.iter().any(|b| b.workload == **w)).copied().collect(),
        };
        if credential.surroundings.windows.is_none() {
            credential.surroundings.windows.clone_from(&version);
        }
        for (code, of, observed) in &symptoms {
            let own = of.is_none() || *of == sha1;
            let known = credential.surroundings.symptoms.iter().any(|s| s.place == code.place);
            if own && !known && credential.surroundings.symptoms.len() < SYMPTOMS {
                credential.surroundings.symptoms.push(code.clone());
                keep_line(credential, code.place, &case.observed, *observed);
            }
        }
        let after = (credential.bound.len(), credential.passed_over.len(), credential.surroundings.clone());
        if before != after {
            changed.insert(credential.id);
        }
    }
    changed
}

/// Keeps the line of a place that another artifact states, so that a finding can show it.
fn keep_line(credential: &mut Credential, place: Place, observed: &[Observed], index: usize) {
    if let Some(line) = observed.get(index).and_then(|o| o.excerpts.at(place)) {
        credential.excerpts.push(line.source, line.number, line.column, line.start, &line.text);
    }
}

/// The certificates that artifacts name, and for what.
fn named(observed: &[Observed]) -> BTreeMap<Sha1, Vec<Bound>> {
    let mut out: BTreeMap<Sha1, Vec<Bound>> = BTreeMap::new();
    for (index, item) in observed.iter().enumerate() {
        let mut name = |sha1: Sha1, workload: &'static str, endpoint: Option<String>, place: Place| {
            out.entry(sha1).or_default().push(Bound { workload, endpoint, place, observed: index });
        };
        match &item.what {
            Observation::Binding(binding) => {
                let Some(Fact { value: BindingHash::Sha1(sha1), place, .. }) = &binding.hash else { continue };
                let endpoint = Some(binding.endpoint.value.to_string());
                name(*sha1, "iis", endpoint.clone(), *place);
                let app = binding.app_id.as_ref().and_then(|a| a.value.as_deref()).unwrap_or("");
                if binding.origin == BindingOrigin::HttpSys && app.eq_ignore_ascii_case(AD_FS) {
                    name(*sha1, "ad-fs", endpoint, *place);
                } else if binding.origin == BindingOrigin::HttpSys && app.eq_ignore_ascii_case(SSTP) {
                    name(*sha1, "rras", endpoint, *place);
                }
            }
            Observation::Error(error) => {
                let workload = match error.context {
                    ErrorContext::SqlServer => "sql-server",
                    ErrorContext::IisBinding | ErrorContext::NetshAdd => "iis",
                    _ => continue,
                };
                if let Some(sha1) = &error.thumbprint {
                    name(sha1.value, workload, None, sha1.place);
                }
            }
            Observation::Event(event) => {
                if let Some(sha1) = event.thumbprint.as_ref().filter(|_| event.is_from("RemoteConnectionManager")) {
                    name(sha1.value, "rdp", None, sha1.place);
                }
            }
            _ => {}
        }
    }
    out
}

/// The version of Windows, when all artifacts that state one agree.
fn version(observed: &[Observed]) -> Option<Fact<WindowsVersion>> {
    let mut versions = observed.iter().filter_map(|o| match &o.what {
        Observation::System(SystemFact::Windows(version)) => Some(version),
        _ => None,
    });
    let first = versions.next()?;
    versions.all(|v| v.value == first.value).then(|| first.clone())
}

/// The error codes of the case: (code, the certificate that it names, which observation).
fn symptoms(observed: &[Observed]) -> Vec<(Fact<u32>, Option<Sha1>, usize)> {
    let mut out = Vec::new();
    for (index, item) in observed.iter().enumerate() {
        match &item.what {
            Observation::Error(e) if e.context != ErrorContext::Unrelated => {
                if let Some(code) = &e.code {
                    out.push((code.clone(), e.thumbprint.as_ref().map(|t| t.value), index));
                }
            }
            // What fails on the client's side is no symptom of a server's key.
            Observation::Event(e) if e.side.as_ref().is_none_or(|s| s.value == Side::Server) => {
                if let Some(code) = &e.code {
                    out.push((code.clone(), e.thumbprint.as_ref().map(|t| t.value), index));
                }
            }
            _ => {}
        }
        if out.len() >= SYMPTOMS.saturating_mul(4) {
            break;
        }
    }
    out
}
