//! What other artifacts say about a credential: the bindings and errors that name it, the machine it is on.
//!
//! The chain goes binding → thumbprint → certificate → key link → container → key file → permissions. The last steps are
//! asked by the rules that need them (`case::key_file_link`).

use super::credential::{Bound, Credential, CredentialId, Hearing, KeyRemark, Origin, Scope, hearing, subject_key};
use super::index::CaseIndex;
use super::last_state;
use super::machines::are_two;
use super::removed;
use crate::model::binding::{BindingHash, BindingOrigin};
use crate::model::container_name;
use crate::model::event_record::Side;
use crate::model::fact::{Fact, Place, SourceId};
use crate::model::key_request::RequestForm;
use crate::model::observation::{ErrorContext, Observation, Observed, SystemFact};
use crate::model::service_setting::{CertificateName, ServiceUse};
use crate::model::thumbprint::Sha1;
use crate::model::windows::WindowsVersion;
use std::collections::{BTreeMap, BTreeSet};

/// The application id of AD FS in a binding (`netsh http show sslcert` on AD FS servers).
pub(crate) const AD_FS: &str = "{5d89a20c-beab-4389-9447-324788eb944a}";
/// The workloads to which AD FS gives certificates.
const AD_FS_ROLES: [&str; 3] = ["ad-fs", "ad-fs-token-signing", "ad-fs-token-decrypting"];
/// The application id of SSTP (RRAS).
const SSTP: &str = "{ba195980-cd49-458b-9e23-c84ee0adcd75}";

/// The port of WinRM over HTTPS (Microsoft Learn, "Installation and configuration for Windows Remote Management").
const WINRM_PORT: u16 = 5986;

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
    tied.changed.extend(removed::note(case));
    last_state::permissions(&mut case.observed, &case.machines);
    if case.observed.is_empty() {
        return tied;
    }
    case.past = last_state::past(&case.observed, &case.machines);
    let named = named(case, guard, &mut tied.lost);
    let version = version(&case.observed);
    let symptoms = symptoms(case, guard, &mut tied);
    // A certificate that a binding names stands for all others only when no attempt to bind another one failed.
    let attempt_failed = case.observed.iter().any(|o| match &o.what {
        Observation::Error(e) => {
            e.thumbprint.is_none() && matches!(e.context, ErrorContext::IisBinding | ErrorContext::NetshAdd)
        }
        _ => false,
    });
    let mut taken: BTreeSet<(&'static str, Option<String>)> = BTreeSet::new();
    let mut bound: BTreeMap<CredentialId, Vec<Bound>> = BTreeMap::new();
    let sightings = sightings(&case.kept, &named);
    for (name, list) in &named {
        let sightings = sightings.get(name).map_or(&[][..], Vec::as_slice);
        for tie in list {
            let meant = meant(case, sightings, tie);
            if tie.alone || !meant.is_empty() {
                taken.insert((tie.bound.workload, tie.machine.clone()));
            }
            for credential in meant {
                let store = credential.store_name().filter(|_| credential.origin == Origin::StoreDump);
                let of_http_sys = matches!(case.observed.get(tie.bound.observed).map(|o| &o.what), Some(Observation::Binding(b)) if b.origin == BindingOrigin::HttpSys);
                let wanted = tie.store.as_deref().unwrap_or("my");
                let other_store = of_http_sys && store.is_some_and(|name| !name.eq_ignore_ascii_case(wanted));
                bound.entry(credential.id).or_default().push(Bound { other_store, ..tie.bound.clone() });
            }
        }
    }
    let observed = &case.observed;
    let unpersisted = unpersisted(observed);
    let machines: Vec<Option<String>> = case.kept.iter().map(|c| case.machine_with(c).map(str::to_owned)).collect();
    for (credential, machine) in case.kept.iter_mut().zip(&machines) {
        let (id, machine) = (credential.id, machine.as_deref());
        let unharmed = guard(Step::Credential(id), &mut || {
            let before = (credential.bound.len(), credential.passed_over.len(), credential.surroundings.clone());
            for item in bound.get(&credential.id).into_iter().flatten() {
                if !credential.bound.contains(item) {
                    credential.bound.push(item.clone());
                    keep_line(credential, item.place, observed, item.observed);
                }
            }
            // A file is judged for what its import would give, whatever else is bound.
            let stored = matches!(credential.origin, Origin::StoreDump | Origin::CertificateFile);
            if stored && !attempt_failed {
                credential.passed_over = passed_over(credential, &taken, machine);
            }
            if let Some((place, index)) = unpersisted
                && may_be_unpersisted(credential)
            {
                credential.key.unpersisted = Some(place);
                keep_line(credential, place, observed, index);
                tied.changed.insert(id);
            }
            if credential.surroundings.windows.is_none() {
                credential.surroundings.windows.clone_from(&version);
            }
            for Symptom { code, index, .. } in concerning(&symptoms, credential, machine) {
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

/// The workloads for which a credential is no candidate: those whose artifacts name another one on its computer. A certificate
/// of one role of AD FS has no other role that nothing gives it: each has a certificate of its own (Microsoft Learn,
/// "Get-AdfsCertificate").
fn passed_over(
    credential: &Credential,
    taken: &BTreeSet<(&'static str, Option<String>)>,
    machine: Option<&str>,
) -> Vec<&'static str> {
    let own = |workload: &str| credential.bound.iter().any(|b| b.workload == workload);
    let here = taken.iter().filter(|(_, other)| !are_two(other.as_deref(), machine)).map(|(workload, _)| *workload);
    let roles = AD_FS_ROLES.iter().copied().filter(|_| AD_FS_ROLES.iter().any(|role| own(role)));
    let others: BTreeSet<&'static str> = here.chain(roles).filter(|workload| !own(workload)).collect();
    others.into_iter().collect()
}

/// Keeps the line of a place that another artifact states, so that a finding can show it.
fn keep_line(credential: &mut Credential, place: Place, observed: &[Observed], index: usize) {
    if let Some(line) = observed.get(index).and_then(|o| o.excerpts.at(place)) {
        credential.excerpts.push(line.source, line.number, line.column, line.start, line.text);
    }
}

/// Where a script first imports a PFX into the machine's keyset and names the flags without PersistKeySet.
fn unpersisted(observed: &[Observed]) -> Option<(Place, usize)> {
    observed.iter().enumerate().find_map(|(index, item)| {
        let Observation::Request(request) = &item.what else { return None };
        let machine = request.machine_keyset.as_ref().is_some_and(|machine| machine.value);
        let persisted = request.persisted.as_ref().filter(|p| !p.value && machine)?;
        (request.form == RequestForm::Script).then_some((persisted.place, index))
    })
}

/// Whether a certificate's key is missing from a container that an import made.
fn may_be_unpersisted(c: &Credential) -> bool {
    let name = c.key.stored_container.as_ref().or(c.key.container.as_ref());
    c.origin == Origin::StoreDump
        && c.key.remark(KeyRemark::MissingStoredKeyset).is_some()
        && name.is_some_and(|name| container_name::is_import_name(&name.value))
}

/// The sightings of each certificate that artifacts name, in the order of the case.
///
/// Two issuers may give the same serial number: when certificates with different thumbprints have it, it names none of them.
fn sightings<'c>(
    kept: &'c [Credential],
    named: &BTreeMap<CertificateName, Vec<Tie>>,
) -> BTreeMap<CertificateName, Vec<&'c Credential>> {
    let mut out: BTreeMap<CertificateName, Vec<&Credential>> = BTreeMap::new();
    let by_serial = named.keys().any(|name| matches!(name, CertificateName::Serial(_)));
    for credential in kept {
        if let Some(name) = credential.thumbprint().map(CertificateName::Sha1).filter(|name| named.contains_key(name)) {
            out.entry(name).or_default().push(credential);
        }
        let serial = credential.certificate.as_ref().and_then(|c| c.serial.as_ref()).filter(|_| by_serial);
        let number = serial.map(|serial| CertificateName::Serial(significant(&serial.value)));
        if let Some(name) = number.filter(|name| named.contains_key(name)) {
            out.entry(name).or_default().push(credential);
        }
    }
    out.retain(|name, list| {
        let first = list.iter().find_map(|c| c.thumbprint());
        let others = list.iter().any(|c| c.thumbprint().is_some_and(|sha1| Some(sha1) != first));
        matches!(name, CertificateName::Sha1(_)) || !others
    });
    out
}

/// The digits of a serial number without the zeros in front and without blanks, in lower case.
fn significant(serial: &str) -> String {
    let digits: String = serial.chars().filter(|c| !c.is_whitespace()).collect();
    digits.trim_start_matches('0').to_ascii_lowercase()
}

/// Which of the sightings of one certificate on its own computer an artifact means: the one in the store that it names, else
/// one in a store of the machine, else one in any store, else any.
fn meant<'a>(case: &CaseIndex, sightings: &[&'a Credential], tie: &Tie) -> Vec<&'a Credential> {
    let here = |c: &Credential| !c.gone && !are_two(tie.machine.as_deref(), case.machine_with(c));
    let stored = |c: &Credential| matches!(c.origin, Origin::StoreDump | Origin::CertificateFile);
    let of_machine = |c: &Credential| stored(c) && matches!(c.scope(), Scope::Machine | Scope::Unknown);
    let named = |c: &Credential| {
        of_machine(c) && c.store_name().is_some_and(|n| n.eq_ignore_ascii_case(tie.store.as_deref().unwrap_or("my")))
    };
    for wanted in [&named as &dyn Fn(&Credential) -> bool, &of_machine, &stored, &|_| true] {
        let list: Vec<&Credential> = sightings.iter().copied().filter(|c| here(c) && wanted(c)).collect();
        if !list.is_empty() {
            return list;
        }
    }
    Vec::new()
}

/// What names a certificate.
struct Tie {
    bound: Bound,
    /// The store that it names.
    store: Option<String>,
    /// The computer on which it was printed.
    machine: Option<String>,
    /// The service uses this certificate and no other.
    alone: bool,
}

/// The certificates that artifacts name, and for what.
fn named(case: &CaseIndex, guard: Guard<'_>, lost: &mut BTreeSet<usize>) -> BTreeMap<CertificateName, Vec<Tie>> {
    let mut out: BTreeMap<CertificateName, Vec<Tie>> = BTreeMap::new();
    for (index, item) in case.observed.iter().enumerate().filter(|(index, _)| !case.past.contains(index)) {
        if !guard(Step::Observed(index), &mut || names_of(case, index, item, &mut out)) {
            lost.insert(index);
        }
    }
    out
}

/// SQL Server loaded a certificate for encryption.
const SQL_LOADED: u32 = 26_013;

/// The certificates that one artifact names.
fn names_of(case: &CaseIndex, index: usize, item: &Observed, out: &mut BTreeMap<CertificateName, Vec<Tie>>) {
    let store = match &item.what {
        Observation::Binding(binding) => binding.store.as_ref().and_then(|s| s.value.clone()),
        _ => None,
    };
    let service_use = match &item.what {
        Observation::System(SystemFact::ServiceCertificate(setting)) => setting.service_use,
        Observation::Event(event) if event.number() == SQL_LOADED => ServiceUse::Loaded,
        _ => ServiceUse::Set,
    };
    let mut tie = |certificate: CertificateName, workload: &'static str, endpoint: Option<String>, place: Place| {
        let bound = Bound { workload, endpoint, place, observed: index, service_use, other_store: false };
        let (store, machine) = (store.clone(), case.machine_of(item).map(str::to_owned));
        // A site of IIS may have another certificate than the next one.
        let alone = workload != "iis" && !matches!(item.what, Observation::Binding(_));
        out.entry(certificate).or_default().push(Tie { bound, store, machine, alone });
    };
    if let Observation::System(SystemFact::ServiceCertificate(setting)) = &item.what {
        let certificate = &setting.certificate;
        return tie(certificate.value.clone(), setting.workload, setting.endpoint.clone(), certificate.place);
    }
    let mut name = |sha1: Sha1, workload: &'static str, endpoint: Option<String>, place: Place| {
        tie(CertificateName::Sha1(sha1), workload, endpoint, place);
    };
    match &item.what {
        Observation::Binding(binding) => {
            let Some(Fact { value: BindingHash::Sha1(sha1), place, .. }) = &binding.hash else { return };
            // What an attempt that failed names is meant for the workload, and bound nowhere.
            let endpoint = Some(binding.endpoint.value.to_string()).filter(|_| binding.succeeded != Some(false));
            name(*sha1, "iis", endpoint.clone(), *place);
            let app = binding.app_id.as_ref().and_then(|a| a.value.as_deref()).unwrap_or("");
            if binding.origin == BindingOrigin::HttpSys && app.eq_ignore_ascii_case(AD_FS) {
                name(*sha1, "ad-fs", endpoint, *place);
            } else if binding.origin == BindingOrigin::HttpSys && app.eq_ignore_ascii_case(SSTP) {
                name(*sha1, "rras", endpoint, *place);
            } else if binding.origin == BindingOrigin::HttpSys && binding.endpoint.value.port() == WINRM_PORT {
                name(*sha1, "winrm", endpoint, *place);
            }
        }
        Observation::Certificate(shown) => {
            let used =
                shown.services.as_ref().filter(|s| !s.value.trim().is_empty() && !s.value.eq_ignore_ascii_case("None"));
            if let Some((sha1, services)) = shown.thumbprint.as_ref().zip(used) {
                name(sha1.value, "exchange", None, services.place);
            }
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
            // SQL Server names the certificate that it loaded (26013), or that it is to use and could not load (26014).
            if let Some(sha1) = event.thumbprint.as_ref().filter(|_| matches!(event.number(), SQL_LOADED | 26_014)) {
                name(sha1.value, "sql-server", None, sha1.place);
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
    /// The computer on which it showed.
    machine: Option<String>,
}

/// Whom an error concerns. One that names nothing concerns all; the event logs of a machine also hold the failures of many
/// keys that no certificate of the case has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Named {
    /// The certificate that it names.
    sha1: Option<Sha1>,
    /// The container or key file that it names, lower case.
    key: Option<String>,
    /// The subject of the certificate that it names, as [`subject_key`] gives it.
    subject: Option<String>,
    /// The workload whose program alone writes it.
    workload: Option<&'static str>,
}

/// The events of Operations Manager whose code is about its certificate's key; the others' are about connections.
const OPS_MGR_KEY: [u32; 2] = [20_068, 20_077];

/// The error codes of the case by whom they concern: as many of each as one credential takes.
fn symptoms(case: &CaseIndex, guard: Guard<'_>, tied: &mut Tied) -> BTreeMap<Named, Vec<Symptom>> {
    let mut out: BTreeMap<Named, Vec<Symptom>> = BTreeMap::new();
    for (index, item) in case.observed.iter().enumerate() {
        let mut found = None;
        if !guard(Step::Observed(index), &mut || found = symptom(item)) {
            tied.lost.insert(index);
        }
        let Some((code, named)) = found else { continue };
        let list = out.entry(named).or_default();
        let machine = case.machine_of(item);
        match hearing(list.iter().map(|symptom| &symptom.code), code) {
            Hearing::Taken => list.push(Symptom { code: code.clone(), index, machine: machine.map(str::to_owned) }),
            Hearing::Known => {
                // The one that is kept stands for those of the other computers, too.
                let others = list.iter_mut().filter(|s| s.code.value == code.value && s.machine.as_deref() != machine);
                others.for_each(|symptom| symptom.machine = None);
            }
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
            let sha1 = e.thumbprint.as_ref().map(|t| t.value);
            let subject = e.subject.as_ref().map(|subject| subject_key(&subject.value));
            Some((e.code.as_ref()?, Named { sha1, subject, ..Named::default() }))
        }
        Observation::Event(e) if e.workload().is_some() => {
            let of_key = OPS_MGR_KEY.contains(&e.number());
            Some((e.code.as_ref().filter(|_| of_key)?, Named { workload: e.workload(), ..Named::default() }))
        }
        // What fails on the client's side is no symptom of a server's key.
        Observation::Event(e) if e.side.as_ref().is_none_or(|s| s.value == Side::Server) => {
            let file = e.key_file.as_ref().and_then(|f| f.value.rsplit(['\\', '/']).next());
            let name = e.key_name.as_ref().map(|n| n.value.as_str()).filter(|n| !n.is_empty());
            let key = name.or(file).map(str::to_ascii_lowercase);
            let sha1 = e.thumbprint.as_ref().map(|t| t.value);
            Some((e.code.as_ref()?, Named { sha1, key, ..Named::default() }))
        }
        _ => None,
    }
}

/// Those that concern a credential on a computer, in the order of the case.
fn concerning<'s>(
    symptoms: &'s BTreeMap<Named, Vec<Symptom>>,
    credential: &Credential,
    machine: Option<&str>,
) -> Vec<&'s Symptom> {
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
            if let Some(list) = symptoms.get(&Named { sha1, key: name.clone(), ..Named::default() }) {
                out.extend(list);
            }
            if credential.thumbprint().is_none() {
                break;
            }
        }
    }
    let workloads: BTreeSet<&'static str> = credential.bound.iter().map(|bound| bound.workload).collect();
    for workload in workloads {
        if let Some(list) = symptoms.get(&Named { workload: Some(workload), ..Named::default() }) {
            out.extend(list);
        }
    }
    let subject = credential.certificate.as_ref().and_then(|c| c.subject.as_ref());
    if let Some(subject) = subject.map(|subject| subject_key(&subject.value))
        && let Some(list) = symptoms.get(&Named { subject: Some(subject), ..Named::default() })
    {
        out.extend(list);
    }
    out.retain(|symptom| !are_two(symptom.machine.as_deref(), machine));
    out.sort_by_key(|symptom| symptom.index);
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::case::credential::{Certificate, CredentialId};
    use crate::model::event_record::EventRecord;
    use crate::model::observation::ServiceCertificate;

    fn at(line: u32) -> Place {
        Place { line, column: 1, ..Place::default() }
    }

    fn stored(id: u32, serial: &str, sha1: Option<char>) -> Credential {
        let digits = sha1.map(|digit| Sha1::parse(&digit.to_string().repeat(40)).unwrap());
        let certificate = Certificate {
            serial: Some(Fact::stated(serial.to_owned(), at(id))),
            sha1: digits.map(|sha1| Fact::stated(sha1, at(id))),
            ..Certificate::default()
        };
        let origin = Origin::StoreDump;
        Credential { id: CredentialId(id), origin, certificate: Some(certificate), ..Credential::default() }
    }

    fn observed(line: u32, what: Observation) -> Observed {
        Observed { kind: "system-info", place: at(line), fields: Vec::new(), excerpts: Default::default(), what }
    }

    fn serial(workload: &'static str, digits: &str) -> Observed {
        let certificate = CertificateName::Serial(digits.to_owned()).at(at(90));
        let setting =
            ServiceCertificate { workload, certificate, endpoint: None, instance: None, service_use: ServiceUse::Set };
        observed(90, Observation::System(SystemFact::ServiceCertificate(setting)))
    }

    fn event(provider: &str, id: u32, code: u32) -> Observed {
        let record = EventRecord {
            id: Some(Fact::stated(id, at(id))),
            provider: Some(Fact::stated(provider.to_owned(), at(id))),
            code: Some(Fact::stated(code, at(id))),
            ..EventRecord::default()
        };
        observed(id, Observation::Event(Box::new(record)))
    }

    /// To which workloads each credential is tied, and the codes it hears.
    fn tied(kept: Vec<Credential>, observed: Vec<Observed>) -> Vec<(Vec<&'static str>, Vec<u32>)> {
        let mut case = CaseIndex { kept, observed, ..CaseIndex::default() };
        tie(&mut case);
        let of = |c: &Credential| {
            let codes = c.surroundings.symptoms.iter().map(|code| code.value).collect();
            (c.bound.iter().map(|b| b.workload).collect(), codes)
        };
        case.kept.iter().map(of).collect()
    }

    #[test]
    fn by_serial_number() {
        let both = || vec![stored(1, "00AB 01", Some('1')), stored(2, "ab02", Some('2'))];
        let bound =
            |kept, digits| tied(kept, vec![serial("scom", digits)]).into_iter().map(|(b, _)| b).collect::<Vec<_>>();
        assert_eq!(bound(both(), "ab01"), [vec!["scom"], vec![]]);
        assert_eq!(bound(both(), "b01"), [Vec::<&str>::new(), vec![]]);
        // The same certificate, seen twice.
        let twice = || vec![stored(1, "ab01", Some('1')), stored(2, "ab01", Some('1'))];
        assert_eq!(bound(twice(), "ab01"), [vec!["scom"], vec!["scom"]]);
        // Two issuers gave the number: it names none.
        let two = || vec![stored(1, "ab01", Some('1')), stored(2, "ab01", Some('2'))];
        assert_eq!(bound(two(), "ab01"), [Vec::<&str>::new(), vec![]]);
        assert_eq!(bound(vec![stored(1, "ab01", None)], "ab01"), [vec!["scom"]]);
    }

    #[test]
    fn codes_of_a_program_concern_its_own_certificate() {
        let kept = || vec![stored(1, "ab01", Some('1')), stored(2, "ab02", Some('2'))];
        let codes = |provider: &str, id: u32| {
            let all = tied(kept(), vec![serial("scom", "ab01"), event(provider, id, 0x8009_030E)]);
            all.into_iter().map(|(_, codes)| codes.len()).collect::<Vec<_>>()
        };
        assert_eq!(codes("OpsMgr Connector", 20_068), [1, 0]);
        assert_eq!(codes("OpsMgr Connector", 20_077), [1, 0]);
        // A connection that was not authenticated.
        assert_eq!(codes("OpsMgr Connector", 20_057), [0, 0]);
        assert_eq!(codes("Schannel", 36_870), [1, 1]);
        let untied = tied(kept(), vec![event("OpsMgr Connector", 20_068, 0x8009_030E)]);
        assert!(untied.iter().all(|(_, codes)| codes.is_empty()));
    }
}
