//! What other artifacts say about a credential: the bindings and errors that name it, the machine it is on.
//!
//! The chain goes binding → thumbprint → certificate → key link → container → key file → permissions. The last steps are
//! asked by the rules that need them (`case::key_file_link`).

use super::credential::{Bound, Credential, CredentialId, Hearing, Origin, Scope, hearing};
use super::index::CaseIndex;
use crate::model::binding::{BindingHash, BindingOrigin};
use crate::model::event_record::Side;
use crate::model::fact::{Fact, Place, SourceId};
use crate::model::observation::{ErrorContext, Observation, Observed, SystemFact};
use crate::model::thumbprint::Sha1;
use crate::model::windows::WindowsVersion;
use std::collections::{BTreeMap, BTreeSet};

/// The application id of AD FS in a binding (`netsh http show sslcert` on AD FS servers).
const AD_FS: &str = "{5d89a20c-beab-4389-9447-324788eb944a}";
/// The application id of SSTP (RRAS).
const SSTP: &str = "{ba195980-cd49-458b-9e23-c84ee0adcd75}";

/// What tying gives.
#[derive(Debug, Default)]
pub struct Tied {
    /// The credentials that changed.
    pub changed: BTreeSet<CredentialId>,
    /// The first error code of each input that is held against no credential, since enough others are.
    pub unheard: BTreeMap<SourceId, Place>,
    /// The credentials in which a fault showed.
    pub faulty: Vec<CredentialId>,
    /// The numbers of the observations in which one showed: what they state is tied to no credential.
    pub lost: BTreeSet<usize>,
}

/// What a step of tying is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// What an observation states, by its number.
    Observed(usize),
    /// What is known of a credential.
    Credential(CredentialId),
}

/// Runs a step; false: it ended in a fault.
pub type Guard<'g> = &'g dyn Fn(Step, &mut dyn FnMut()) -> bool;

/// Ties what was observed to the credentials that are kept.
pub fn tie(case: &mut CaseIndex) -> Tied {
    tie_by(case, &|_, step| {
        step();
        true
    })
}

/// The same, with `guard` that runs each step: a fault costs what one observation states, or one credential.
pub fn tie_by(case: &mut CaseIndex, guard: Guard<'_>) -> Tied {
    let mut tied = Tied::default();
    if case.observed.is_empty() {
        return tied;
    }
    let named = named(&case.observed, guard, &mut tied.lost);
    let version = version(&case.observed);
    let symptoms = symptoms(&case.observed, guard, &mut tied);
    // A certificate that a binding names stands for all others only when no attempt to bind another one failed.
    let attempt_failed = case.observed.iter().any(|o| match &o.what {
        Observation::Error(e) => {
            e.thumbprint.is_none() && matches!(e.context, ErrorContext::IisBinding | ErrorContext::NetshAdd)
        }
        _ => false,
    });
    let mut taken: BTreeSet<&'static str> = BTreeSet::new();
    let mut bound: BTreeMap<CredentialId, Vec<&Bound>> = BTreeMap::new();
    let sightings = sightings(&case.kept, &named);
    for (sha1, list) in &named {
        let sightings = sightings.get(sha1).map_or(&[][..], Vec::as_slice);
        for (item, store) in list {
            for credential in meant(sightings, store.as_deref()) {
                taken.insert(item.workload);
                bound.entry(credential.id).or_default().push(item);
            }
        }
    }
    let observed = &case.observed;
    for credential in &mut case.kept {
        let id = credential.id;
        let unharmed = guard(Step::Credential(id), &mut || {
            let before = (credential.bound.len(), credential.passed_over.len(), credential.surroundings.clone());
            for item in bound.get(&credential.id).into_iter().flatten().copied() {
                if !credential.bound.contains(item) {
                    credential.bound.push(item.clone());
                    keep_line(credential, item.place, observed, item.observed);
                }
            }
            // A file is judged for what its import would give, whatever else is bound.
            let stored = matches!(credential.origin, Origin::StoreDump | Origin::CertificateFile);
            if stored && !attempt_failed {
                let own = |w: &&'static str| credential.bound.iter().any(|b| b.workload == *w);
                credential.passed_over = taken.iter().filter(|w| !own(w)).copied().collect();
            }
            if credential.surroundings.windows.is_none() {
                credential.surroundings.windows.clone_from(&version);
            }
            for Symptom { code, index } in concerning(&symptoms, credential) {
                let heard = &credential.surroundings.symptoms;
                if heard.iter().any(|s| s.place == code.place) {
                    continue;
                }
                match hearing(heard.iter(), code) {
                    Hearing::Taken => {
                        credential.surroundings.symptoms.push(code.clone());
                        keep_line(credential, code.place, observed, *index);
                    }
                    Hearing::Known => {}
                    Hearing::Full => {
                        tied.unheard.entry(code.place.source).or_insert(code.place);
                    }
                }
            }
            let after = (credential.bound.len(), credential.passed_over.len(), credential.surroundings.clone());
            if before != after {
                tied.changed.insert(credential.id);
            }
        });
        if !unharmed {
            tied.faulty.push(id);
        }
    }
    tied
}

/// Keeps the line of a place that another artifact states, so that a finding can show it.
fn keep_line(credential: &mut Credential, place: Place, observed: &[Observed], index: usize) {
    if let Some(line) = observed.get(index).and_then(|o| o.excerpts.at(place)) {
        credential.excerpts.push(line.source, line.number, line.column, line.start, line.text);
    }
}

/// The sightings of each certificate that artifacts name, in the order of the case.
fn sightings<'c>(kept: &'c [Credential], named: &BTreeMap<Sha1, Vec<Tie>>) -> BTreeMap<Sha1, Vec<&'c Credential>> {
    let mut out: BTreeMap<Sha1, Vec<&Credential>> = BTreeMap::new();
    for credential in kept {
        if let Some(sha1) = credential.thumbprint().filter(|sha1| named.contains_key(sha1)) {
            out.entry(sha1).or_default().push(credential);
        }
    }
    out
}

/// Which of the sightings of one certificate an artifact means: the one in the store that it names, else one in a store
/// of the machine, else one in any store, else any.
fn meant<'a>(sightings: &[&'a Credential], store: Option<&str>) -> Vec<&'a Credential> {
    let stored = |c: &Credential| matches!(c.origin, Origin::StoreDump | Origin::CertificateFile);
    let of_machine = |c: &Credential| stored(c) && matches!(c.scope(), Scope::Machine | Scope::Unknown);
    let named =
        |c: &Credential| of_machine(c) && c.store_name().is_some_and(|n| n.eq_ignore_ascii_case(store.unwrap_or("my")));
    for wanted in [&named as &dyn Fn(&Credential) -> bool, &of_machine, &stored, &|_| true] {
        let list: Vec<&Credential> = sightings.iter().copied().filter(|c| wanted(c)).collect();
        if !list.is_empty() {
            return list;
        }
    }
    Vec::new()
}

/// What names a certificate, with the store that it names.
type Tie = (Bound, Option<String>);

/// The certificates that artifacts name, and for what.
fn named(observed: &[Observed], guard: Guard<'_>, lost: &mut BTreeSet<usize>) -> BTreeMap<Sha1, Vec<Tie>> {
    let mut out: BTreeMap<Sha1, Vec<Tie>> = BTreeMap::new();
    for (index, item) in observed.iter().enumerate() {
        if !guard(Step::Observed(index), &mut || names_of(index, item, &mut out)) {
            lost.insert(index);
        }
    }
    out
}

/// The certificates that one artifact names.
fn names_of(index: usize, item: &Observed, out: &mut BTreeMap<Sha1, Vec<Tie>>) {
    let store = match &item.what {
        Observation::Binding(binding) => binding.store.as_ref().and_then(|s| s.value.clone()),
        _ => None,
    };
    let mut name = |sha1: Sha1, workload: &'static str, endpoint: Option<String>, place: Place| {
        let bound = Bound { workload, endpoint, place, observed: index };
        out.entry(sha1).or_default().push((bound, store.clone()));
    };
    match &item.what {
        Observation::Binding(binding) => {
            let Some(Fact { value: BindingHash::Sha1(sha1), place, .. }) = &binding.hash else { return };
            let endpoint = Some(binding.endpoint.value.to_string());
            name(*sha1, "iis", endpoint.clone(), *place);
            let app = binding.app_id.as_ref().and_then(|a| a.value.as_deref()).unwrap_or("");
            if binding.origin == BindingOrigin::HttpSys && app.eq_ignore_ascii_case(AD_FS) {
                name(*sha1, "ad-fs", endpoint, *place);
            } else if binding.origin == BindingOrigin::HttpSys && app.eq_ignore_ascii_case(SSTP) {
                name(*sha1, "rras", endpoint, *place);
            }
        }
        Observation::System(SystemFact::ServiceCertificate(setting)) => {
            name(setting.sha1.value, setting.workload, setting.endpoint.clone(), setting.sha1.place);
        }
        Observation::Error(error) => {
            let workload = match error.context {
                ErrorContext::SqlServer => "sql-server",
                ErrorContext::IisBinding | ErrorContext::NetshAdd => "iis",
                _ => return,
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

/// The version of Windows, when all artifacts that state one agree.
fn version(observed: &[Observed]) -> Option<Fact<WindowsVersion>> {
    let mut versions = observed.iter().filter_map(|o| match &o.what {
        Observation::System(SystemFact::Windows(version)) => Some(version),
        _ => None,
    });
    let first = versions.next()?;
    versions.all(|v| v.value == first.value).then(|| first.clone())
}

/// An error code of the case.
struct Symptom {
    code: Fact<u32>,
    /// Which observation it is.
    index: usize,
}

/// Whom an error concerns: the certificate that it names, the container or key file that it names (lower case). An error
/// that names neither concerns all. The event logs of a machine also hold the failures of many keys that no certificate of
/// the case has.
type Named = (Option<Sha1>, Option<String>);

/// The error codes of the case by whom they concern: as many of each as one credential takes.
fn symptoms(observed: &[Observed], guard: Guard<'_>, tied: &mut Tied) -> BTreeMap<Named, Vec<Symptom>> {
    let mut out: BTreeMap<Named, Vec<Symptom>> = BTreeMap::new();
    for (index, item) in observed.iter().enumerate() {
        let mut found = None;
        if !guard(Step::Observed(index), &mut || found = symptom(item)) {
            tied.lost.insert(index);
        }
        let Some((code, named)) = found else { continue };
        let list = out.entry(named).or_default();
        match hearing(list.iter().map(|symptom| &symptom.code), code) {
            Hearing::Taken => list.push(Symptom { code: code.clone(), index }),
            Hearing::Known => {}
            Hearing::Full => {
                tied.unheard.entry(code.place.source).or_insert(code.place);
            }
        }
    }
    out
}

/// The error code that an artifact states, and whom it concerns.
fn symptom(item: &Observed) -> Option<(&Fact<u32>, Named)> {
    match &item.what {
        Observation::Error(e) if e.context != ErrorContext::Unrelated => {
            Some((e.code.as_ref()?, (e.thumbprint.as_ref().map(|t| t.value), None)))
        }
        // What fails on the client's side is no symptom of a server's key.
        Observation::Event(e) if e.side.as_ref().is_none_or(|s| s.value == Side::Server) => {
            let file = e.key_file.as_ref().and_then(|f| f.value.rsplit(['\\', '/']).next());
            let name = e.key_name.as_ref().map(|n| n.value.as_str()).filter(|n| !n.is_empty());
            let name = name.or(file).map(str::to_ascii_lowercase);
            Some((e.code.as_ref()?, (e.thumbprint.as_ref().map(|t| t.value), name)))
        }
        _ => None,
    }
}

/// Those that concern a credential, in the order of the case.
fn concerning<'s>(symptoms: &'s BTreeMap<Named, Vec<Symptom>>, credential: &Credential) -> Vec<&'s Symptom> {
    if symptoms.is_empty() {
        return Vec::new();
    }
    let key = &credential.key;
    let mut names: BTreeSet<Option<String>> = BTreeSet::from([None]);
    let own = [&key.container, &key.stored_container, &key.unique_name];
    names.extend(own.into_iter().flatten().map(|name| Some(name.value.to_ascii_lowercase())));
    let mut out = Vec::new();
    for name in names {
        for sha1 in [None, credential.thumbprint()] {
            if let Some(list) = symptoms.get(&(sha1, name.clone())) {
                out.extend(list);
            }
            if credential.thumbprint().is_none() {
                break;
            }
        }
    }
    out.sort_by_key(|symptom| symptom.index);
    out
}
