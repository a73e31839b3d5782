//! Credentials made by hand, for tests of rules.

use super::check::{Outcome, Recorded};
use super::{Context, judge};
use crate::case::credential::{
    Access, Association, Bound, Certificate, Credential, CredentialId, Key, Origin, Scope, Store, TestKind, TestOutcome,
};
use crate::limits::Limits;
use crate::model::{
    fact::{Fact, Place},
    key_spec::KeySpec,
    key_usage::KeyUsage,
    oid,
};
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

/// Runs the rules about one credential.
pub(crate) fn run(c: &Credential, asked: &[&str], bound: &[&str]) -> Vec<Recorded> {
    let asked = targets(asked);
    let mut c = c.clone();
    for target in targets(bound) {
        c.bound.push(Bound { workload: target.workload.name, endpoint: None, place: Place::default(), observed: 0 });
    }
    let limits = Limits::default();
    let base = Context {
        workloads: &asked,
        bound: &[],
        at: datetime!(2026-11-01 12:00 UTC),
        windows: None,
        limits: &limits,
        stop: &|| false,
    };
    judge::run_credential(&c, &base)
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
pub(crate) fn run_request(
    request: &crate::model::key_request::KeyRequest,
    asked: &[&str],
    computer: Option<&str>,
) -> Vec<Recorded> {
    use crate::case::index::CaseIndex;
    use crate::model::observation::{Observation, Observed, SystemFact};
    let asked = targets(asked);
    let limits = Limits::default();
    let base = Context {
        workloads: &asked,
        bound: &[],
        at: datetime!(2026-11-01 12:00 UTC),
        windows: None,
        limits: &limits,
        stop: &|| false,
    };
    let observed = |what| Observed {
        kind: "certificate-template",
        place: Place { line: 1, column: 1, ..Place::default() },
        fields: Vec::new(),
        excerpts: Default::default(),
        what,
    };
    let mut case = CaseIndex::default();
    let name = computer.map(|name| SystemFact::Computer(fact(name.to_owned(), 9)));
    case.observed.extend(name.map(|name| observed(Observation::System(name))));
    let observed = observed(Observation::Request(Box::new(request.clone())));
    judge::run_request(&super::Asked { request, observed: &observed, case: &case }, &base)
}
