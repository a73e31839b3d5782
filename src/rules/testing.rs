//! Credentials made by hand, for tests of rules.

use super::check::{Outcome, Recorded};
use super::{Context, judge};
use crate::case::credential::{
    Access, Association, Bound, Certificate, Credential, CredentialId, Key, Origin, Scope, Store, TestKind, TestOutcome,
};
use crate::case::index::{CaseIndex, IndexEntry};
use crate::limits::Limits;
use crate::model::fact::{Excerpts, Fact, Place};
use crate::model::key_request::KeyRequest;
use crate::model::observation::{Observation, Observed, SystemFact};
use crate::model::service_setting::ServiceUse;
use crate::model::{key_spec::KeySpec, key_usage::KeyUsage, oid};
use crate::workloads::{self, Target};
use time::macros::datetime;

/// A fact on a line of its own.
pub(crate) fn fact<T>(value: T, line: u32) -> Fact<T> {
    Fact::stated(value, Place { line, column: 1, ..Place::default() })
}

/// The workloads of these names.
pub(crate) fn targets(names: &[&str]) -> Vec<Target> {
    names.iter().flat_map(|n| workloads::parse(n).unwrap_or_default()).collect()
}

/// A server's certificate in the machine's My, linked to a key of this provider that passed its test.
pub(crate) fn linked(provider: &str, provider_type: u32, key_spec: u32) -> Credential {
    let test = if key_spec == 2 { TestKind::Signature } else { TestKind::Encryption };
    let mut key = Key {
        association: Association::Linked,
        access: Access::Opened,
        stored_container: Some(fact("{11111111-2222-4333-8444-555555555555}".to_owned(), 20)),
        provider: Some(fact(provider.to_owned(), 21)),
        provider_type: Some(fact(provider_type, 22)),
        flags: Some(fact(0x20, 23)),
        key_spec: Some(fact(KeySpec(key_spec), 24)),
        test_places: vec![fact((test, TestOutcome::Passed), 25)],
        ..Key::default()
    };
    match test {
        TestKind::Encryption => key.encryption_test = TestOutcome::Passed,
        TestKind::Signature => key.signature_test = TestOutcome::Passed,
    }
    let mut certificate = Certificate {
        subject: Some(fact("CN=www.fabrikam.example".to_owned(), 3)),
        extensions_shown: true,
        is_ca: Some(fact(false, 4)),
        key_usage: Some(fact(KeyUsage(0xA0), 5)),
        extended_key_usage: Some(fact(vec![oid::SERVER_AUTH.to_owned()], 6)),
        alternative_names: vec![fact("DNS Name=www.fabrikam.example".to_owned(), 7)],
        ..Certificate::default()
    };
    certificate.public_key.algorithm = Some(fact("RSA".to_owned(), 8));
    certificate.public_key.bits = Some(fact(2048, 9));
    Credential {
        id: CredentialId(1),
        origin: Origin::StoreDump,
        certificate: Some(certificate),
        store: Some(Store { name: Some(fact("My".to_owned(), 1)), scope: Some(fact(Scope::Machine, 1)) }),
        key,
        ..Credential::default()
    }
}

/// The certificate of a credential that has one.
pub(crate) fn certificate(c: &mut Credential) -> &mut Certificate {
    c.certificate.get_or_insert_with(Certificate::default)
}

/// A question about these workloads.
fn with_context<R>(asked: &[&str], question: impl FnOnce(&Context<'_>) -> R) -> R {
    question(&Context {
        workloads: &targets(asked),
        bound: &[],
        at: datetime!(2026-11-01 12:00 UTC),
        windows: None,
        limits: &Limits::default(),
        stop: &|| false,
    })
}

/// A setting that names a certificate for a workload.
pub(crate) fn bound(workload: &'static str) -> Bound {
    Bound {
        workload,
        endpoint: None,
        place: Place::default(),
        observed: 0,
        service_use: ServiceUse::Set,
        other_store: false,
    }
}

/// Runs the rules about one credential.
pub(crate) fn run(c: &Credential, asked: &[&str], used_by: &[&str]) -> Vec<Recorded> {
    let mut c = c.clone();
    for target in targets(used_by) {
        c.bound.push(bound(target.workload.name));
    }
    with_context(asked, |cx| judge::run_credential(&c, cx))
}

/// A record of an artifact, from its line on.
pub(crate) fn observed(line: u32, what: Observation) -> Observed {
    let place = Place { line, column: 1, ..Place::default() };
    Observed { kind: "icacls", place, fields: Vec::new(), excerpts: Excerpts::default(), what }
}

/// A case of these credentials and records.
pub(crate) fn case_of(kept: Vec<Credential>, observed: Vec<Observed>) -> CaseIndex {
    CaseIndex { entries: kept.iter().map(IndexEntry::from).collect(), kept, observed, ..CaseIndex::default() }
}

/// Runs the rules about the whole case.
pub(crate) fn run_case(case: &CaseIndex, asked: &[&str]) -> Vec<Recorded> {
    with_context(asked, |cx| judge::run_case(case, cx))
}

/// What a rule says: of several outcomes each.
pub(crate) fn words(recorded: &[Recorded], rule: &str) -> String {
    let words = recorded.iter().filter(|r| r.rule.name == rule).map(|r| match r.outcome {
        Outcome::Fail(_) => "fails",
        Outcome::Pass(_) => "passes",
        Outcome::Unknown { .. } => "unknown",
        Outcome::NotApplicable(_) => "silent",
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The failed checks of one rule.
pub(crate) fn failed(recorded: &[Recorded], rule: &str) -> Vec<super::FindingDraft> {
    let drafts = recorded.iter().filter(|r| r.rule.name == rule).filter_map(|r| match &r.outcome {
        Outcome::Fail(draft) => Some((**draft).clone()),
        _ => None,
    });
    drafts.collect()
}

/// Runs the rules about one intended key, in a case that knows this computer.
pub(crate) fn run_request(request: &KeyRequest, asked: &[&str], computer: Option<&str>) -> Vec<Recorded> {
    let name = computer.map(|name| Observation::System(SystemFact::Computer(fact(name.to_owned(), 9))));
    let case = case_of(Vec::new(), name.into_iter().map(|name| observed(1, name)).collect());
    let observed = observed(1, Observation::Request(Box::new(request.clone())));
    with_context(asked, |cx| judge::run_request(&super::Asked { request, observed: &observed, case: &case }, cx))
}
