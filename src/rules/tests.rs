//! Tests of the ranking, of the verdicts, and of rules on facts that a certutil log does not show.

use super::check::{FindingDraft, Outcome, Recorded};
use super::testing;
use super::testing::{certificate, fact, failed, linked, run, targets};
use super::{RULES, RuleMeta, judge};
use crate::case::credential::{
    Access, Association, Credential, CredentialId, KeyRemark, Origin, Scope, Store, TestOutcome,
};
use crate::model::judgement::{Confidence, Role, Severity, VerdictOutcome};
use crate::model::{key_usage::KeyUsage, oid, windows::WindowsVersion};

const STRONG: &str = "Microsoft Strong Cryptographic Provider";
const SOFTWARE_KSP: &str = "Microsoft Software Key Storage Provider";

fn meta(name: &str) -> &'static RuleMeta {
    super::find(name).map_or_else(|| RULES[0].meta(), |r| r.meta())
}

fn recorded(name: &str, edit: impl FnOnce(FindingDraft) -> FindingDraft) -> Recorded {
    let rule = meta(name);
    let draft = edit(FindingDraft::new(rule, rule.summary, "It is so."));
    Recorded { rule, credential: Some(CredentialId(1)), outcome: Outcome::Fail(Box::new(draft)) }
}

fn ranked(list: Vec<Recorded>) -> Vec<(&'static str, Role, Severity, Confidence)> {
    let ranked = judge::rank(Some(CredentialId(1)), list, &targets(&["iis"]));
    ranked.findings.iter().map(|f| (f.rule.name, f.draft.role, f.draft.severity, f.draft.confidence)).collect()
}

fn names(found: Vec<crate::workloads::Target>) -> Vec<String> {
    found.iter().map(ToString::to_string).collect()
}

fn verdict_of(c: &Credential, asked: &str, windows: Option<WindowsVersion>) -> (VerdictOutcome, Vec<String>) {
    let list = targets(&[asked]);
    let findings = judge::rank(Some(c.id), run(c, &[asked], &[]), &list).findings;
    let verdict = judge::verdict(c, list[0], &findings, windows);
    (verdict.outcome, verdict.because)
}

#[test]
fn what_the_root_cause_explains_contributes_and_warns() {
    let found = ranked(vec![recorded("keyset-missing", |d| d), recorded("user-keyset-in-machine-store", |d| d)]);
    assert_eq!(
        found,
        [
            ("user-keyset-in-machine-store", Role::RootCause, Severity::Error, Confidence::Certain),
            ("keyset-missing", Role::Contributing, Severity::Warning, Confidence::Likely),
        ]
    );
}

#[test]
fn what_it_does_not_explain_stays_an_error_and_says_also() {
    let list = vec![recorded("keyspec-signature-on-csp", |d| d), recorded("user-keyset-in-machine-store", |d| d)];
    let ranked = judge::rank(Some(CredentialId(1)), list, &targets(&["iis"]));
    let roles: Vec<_> = ranked.findings.iter().map(|f| (f.rule.name, f.draft.role, f.draft.severity)).collect();
    assert_eq!(
        roles,
        [
            ("user-keyset-in-machine-store", Role::RootCause, Severity::Error),
            ("keyspec-signature-on-csp", Role::Contributing, Severity::Error),
        ]
    );
    assert!(ranked.findings[1].draft.message.contains("also"));
    assert!(!ranked.findings[0].draft.message.contains("also"));
}

#[test]
fn more_conditions_win_between_equals_and_the_more_specific_rule_before_that() {
    let possible = |d: FindingDraft| d.confidence(Confidence::Possible);
    let found = ranked(vec![
        recorded("cert-key-mismatch", possible),
        recorded("iis-import-nonexportable-bug", |d| d.conditions(3)),
        recorded("keyset-missing", possible),
    ]);
    assert_eq!(found[0].0, "iis-import-nonexportable-bug");
    assert!(found[1..].iter().all(|f| f.1 == Role::Contributing));
    // The general rule has more conditions; the workload's own rule explains it.
    let found = ranked(vec![
        recorded("keyspec-signature-on-csp", |d| d.conditions(9)),
        recorded("shir-keyspec", |d| d.conditions(1)),
    ]);
    assert_eq!((found[0].0, found[0].1), ("shir-keyspec", Role::RootCause));
    assert_eq!((found[1].1, found[1].2), (Role::Contributing, Severity::Warning));
}

#[test]
fn symptoms_and_contributing_findings_never_become_root_causes() {
    let found = ranked(vec![
        recorded("provider-unknown", |d| d),
        recorded("keyset-missing", |d| d.role(Role::Symptom).severity(Severity::Note)),
    ]);
    assert!(found.iter().all(|f| f.1 != Role::RootCause));
}

#[test]
fn an_unelevated_dump_takes_the_weight_from_missing_keysets() {
    let mut dump = recorded("dump-taken-unelevated", |mut d| {
        d.related = vec![CredentialId(1), CredentialId(2)];
        d
    });
    dump.credential = None;
    let missing = recorded("keyset-missing", |d| d);
    let ranked = judge::rank(Some(CredentialId(1)), vec![dump.clone(), missing.clone()], &targets(&["iis"]));
    // The finding about the dump is given out once, with the case.
    assert_eq!(ranked.findings.len(), 1);
    let found = &ranked.findings[0];
    assert_eq!(found.rule.name, "keyset-missing");
    assert_eq!(
        (found.draft.role, found.draft.severity, found.draft.confidence),
        (Role::Contributing, Severity::Warning, Confidence::Possible)
    );
    let case = judge::rank(None, vec![dump], &targets(&["iis"])).findings;
    assert_eq!(case[0].draft.role, Role::RootCause);

    let mut c = linked(SOFTWARE_KSP, 0, 0);
    c.key.access = Access::NotOpened;
    c.key.encryption_test = TestOutcome::NotShown;
    let all: Vec<_> = case.into_iter().chain(ranked.findings).collect();
    let verdict = judge::verdict(&c, targets(&["iis"])[0], &all, None);
    assert_eq!(verdict.outcome, VerdictOutcome::Unknown);
    assert!(verdict.because.iter().any(|r| r == "dump-taken-unelevated"));
}

#[test]
fn another_credentials_root_cause_is_not_this_ones() {
    let mut other = recorded("cert-key-mismatch", |mut d| {
        d.related = vec![CredentialId(1)];
        d
    });
    other.credential = Some(CredentialId(2));
    let findings = judge::rank(Some(CredentialId(2)), vec![other], &targets(&["iis"])).findings;
    assert_eq!(findings.len(), 1);
    let c = linked(STRONG, 1, 1);
    assert_eq!(judge::verdict(&c, targets(&["iis"])[0], &findings, None).outcome, VerdictOutcome::Works);
}

#[test]
fn one_finding_for_all_workloads_with_the_same_place() {
    let list = vec![
        recorded("keyspec-signature-on-csp", |d| d.workloads(targets(&["iis", "rdp", "shir"]))),
        recorded("shir-keyspec", |d| d.workloads(targets(&["shir"]))),
    ];
    let ranked = judge::rank(Some(CredentialId(1)), list, &targets(&["iis", "rdp", "shir"]));
    let found: Vec<_> =
        ranked.findings.iter().map(|f| (f.rule.name, f.draft.role, names(f.draft.workloads.clone()))).collect();
    assert_eq!(found.len(), 3);
    let words = |list: &[&str]| list.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
    assert!(found.contains(&("keyspec-signature-on-csp", Role::RootCause, words(&["iis", "rdp"]))));
    assert!(found.contains(&("keyspec-signature-on-csp", Role::Contributing, words(&["shir"]))));
    assert!(found.contains(&("shir-keyspec", Role::RootCause, words(&["shir"]))));
}

#[test]
fn who_is_judged() {
    let asked = targets(&["iis", "adcs", "code-signing", "tls-client"]);
    let of = |c: &Credential| names(judge::candidates(c, &asked));
    let server = linked(STRONG, 1, 1);
    assert_eq!(of(&server), ["iis"]);
    let mut plain = server.clone();
    certificate(&mut plain).extended_key_usage = None;
    assert_eq!(of(&plain), ["iis", "code-signing", "tls-client"]);
    let mut ca = server.clone();
    certificate(&mut ca).is_ca = Some(fact(true, 4));
    assert_eq!(of(&ca), ["adcs"]);
    let mut user = plain.clone();
    user.store = Some(Store { name: Some(fact("My".to_owned(), 1)), scope: Some(fact(Scope::User, 1)) });
    assert_eq!(of(&user), ["code-signing", "tls-client"]);
    for store in ["Root", "CA", "TrustedPeople", "REQUEST"] {
        let mut peer = server.clone();
        peer.store = Some(Store { name: Some(fact(store.to_owned(), 1)), scope: Some(fact(Scope::Machine, 1)) });
        assert!(of(&peer).is_empty(), "{store}");
    }
    let mut file = server.clone();
    file.origin = Origin::CertificateFile;
    file.store = None;
    file.key.association = Association::None;
    assert!(of(&file).is_empty());
    let mut key = server.clone();
    key.origin = Origin::KeyFile;
    key.certificate = None;
    assert!(of(&key).is_empty());
    // What an artifact binds is judged, whatever else is known.
    ca.bound = vec![testing::bound("iis")];
    assert_eq!(of(&ca), ["iis", "adcs"]);
    // Where an artifact binds another one, only that one is judged.
    let mut other = server.clone();
    other.passed_over = vec!["iis"];
    assert!(of(&other).is_empty());
}

#[test]
fn verdicts_of_the_table() {
    let ksp = linked(SOFTWARE_KSP, 0, 0);
    let csp = linked(STRONG, 1, 1);
    let outcome = |c: &Credential, asked: &str| verdict_of(c, asked, None).0;
    assert_eq!(outcome(&ksp, "iis"), VerdictOutcome::Works);
    assert_eq!(outcome(&csp, "iis"), VerdictOutcome::Works);
    assert_eq!(outcome(&ksp, "sql-server:2022"), VerdictOutcome::AtRisk);
    assert_eq!(outcome(&ksp, "exchange:2019"), VerdictOutcome::Unknown);
    assert_eq!(outcome(&ksp, "dpm"), VerdictOutcome::Fails);
    assert_eq!(outcome(&csp, "hgs"), VerdictOutcome::Fails);
    // Kestrel's cell is an inference.
    assert_eq!(outcome(&linked(STRONG, 1, 2), "kestrel"), VerdictOutcome::AtRisk);
    // Without a version the worst row counts; the version of Windows settles it.
    assert_eq!(outcome(&ksp, "ad-fs"), VerdictOutcome::Fails);
    let mut stated = ksp;
    stated.surroundings.windows = WindowsVersion::parse("2019").map(|w| fact(w, 1));
    assert_eq!(outcome(&stated, "ad-fs"), VerdictOutcome::Works);
}

#[test]
fn what_is_not_shown_is_not_decided() {
    let mut c = linked(STRONG, 1, 1);
    c.key.key_spec = None;
    assert_eq!(verdict_of(&c, "iis", None).0, VerdictOutcome::Works, "a test passed");
    c.key.encryption_test = TestOutcome::NotShown;
    assert_eq!(verdict_of(&c, "iis", None).0, VerdictOutcome::Unknown);
    let mut c = linked(STRONG, 1, 1);
    c.key = Default::default();
    assert_eq!(verdict_of(&c, "iis", None).0, VerdictOutcome::Unknown);
}

#[test]
fn a_bound_certificate_weighs_more() {
    let mut c = linked(STRONG, 1, 1);
    certificate(&mut c).archived = Some(fact(true, 2));
    let found = failed(&run(&c, &["iis"], &["iis"]), "archived-or-moved-certificate");
    assert_eq!((found[0].severity, found[0].role), (Severity::Error, Role::RootCause));
    let found = failed(&run(&c, &["iis"], &[]), "archived-or-moved-certificate");
    assert_eq!((found[0].severity, found[0].role), (Severity::Warning, Role::Contributing));

    let mut c = linked(STRONG, 1, 1);
    certificate(&mut c).extended_key_usage = Some(fact(vec![oid::CLIENT_AUTH.to_owned()], 6));
    assert!(failed(&run(&c, &["iis"], &[]), "eku-missing-serverauth").is_empty());
    let found = failed(&run(&c, &["iis"], &["iis"]), "eku-missing-serverauth");
    assert_eq!((found[0].severity, found[0].confidence), (Severity::Error, Confidence::Certain));
    certificate(&mut c).extended_key_usage = Some(fact(vec![oid::ANY_EKU.to_owned()], 6));
    assert!(failed(&run(&c, &["iis"], &["iis"]), "eku-missing-serverauth").is_empty());

    let mut c = linked(STRONG, 1, 1);
    c.key = Default::default();
    c.key.association = Association::None;
    certificate(&mut c).extended_key_usage = None;
    let one = |bound: &[&str]| failed(&run(&c, &["iis"], bound), "key-prov-info-missing")[0].clone();
    assert_eq!((one(&[]).severity, one(&[]).confidence), (Severity::Warning, Confidence::Possible));
    assert_eq!((one(&["iis"]).severity, one(&["iis"]).confidence), (Severity::Error, Confidence::Certain));
}

#[test]
fn byte_proof_of_another_key_is_certain() {
    let mut c = linked(STRONG, 1, 1);
    c.key.matches_certificate = Some(fact(false, 30));
    let found = failed(&run(&c, &["iis"], &[]), "cert-key-mismatch");
    assert_eq!((found[0].severity, found[0].confidence), (Severity::Error, Confidence::Certain));
    c.key.matches_certificate = None;
    c.key.remarks.push(fact(KeyRemark::PublicKeyDoesNotMatch, 31));
    assert_eq!(failed(&run(&c, &["iis"], &[]), "cert-key-mismatch")[0].confidence, Confidence::Likely);
}

#[test]
fn a_cng_key_that_may_not_sign_contradicts_the_key_usage() {
    let mut c = linked(SOFTWARE_KSP, 0, 0);
    for (usage, wrong) in [(1, true), (2, false), (3, false), (0, false), (0x00FF_FFFF, false)] {
        c.key.usage = Some(fact(usage, 30));
        assert_eq!(!failed(&run(&c, &["iis"], &[]), "keyspec-vs-keyusage").is_empty(), wrong, "{usage:x}");
    }
    c.key.usage = Some(fact(1, 30));
    certificate(&mut c).key_usage = Some(fact(KeyUsage(0x20), 5));
    assert!(failed(&run(&c, &["iis"], &[]), "keyspec-vs-keyusage").is_empty());
}

#[test]
fn predictions_warn_at_most() {
    let mut c = linked(SOFTWARE_KSP, 0, 0);
    c.origin = Origin::FileDump;
    c.store = None;
    let found = failed(&run(&c, &["shir"], &[]), "shir-cng-unsupported");
    assert_eq!((found[0].severity, found[0].confidence), (Severity::Warning, Confidence::Likely));
}

#[test]
fn every_error_is_certain_or_likely_and_every_failure_names_one_primary_place() {
    let mut faulty = linked(STRONG, 1, 2);
    faulty.key.flags = Some(fact(0, 23));
    faulty.key.codes.extend([0x8009_001A, 0x8009_0022, 0x8009_000B].map(|c| fact(c, 40)));
    faulty.key.remarks.extend([KeyRemark::MissingStoredKeyset, KeyRemark::NotExportable].map(|r| fact(r, 41)));
    faulty.key.signature_test = TestOutcome::NotShown;
    faulty.key.test_places.clear();
    faulty.surroundings.command = Some(fact("certutil -v -store my".to_owned(), 1));
    let all: Vec<&str> = crate::workloads::WORKLOADS.iter().map(|w| w.name).collect();
    let mut checked = 0;
    for provider in crate::model::provider::PROVIDERS {
        for spec in [0, 1, 2] {
            let mut c = faulty.clone();
            c.key.provider = Some(fact(provider.name.to_owned(), 21));
            c.key.provider_type = Some(fact(provider.provider_type, 22));
            c.key.key_spec = Some(fact(crate::model::key_spec::KeySpec(spec), 24));
            for r in run(&c, &all, &[]) {
                let Outcome::Fail(draft) = &r.outcome else { continue };
                checked += 1;
                let name = r.rule.name;
                assert!(draft.severity != Severity::Error || draft.confidence <= Confidence::Likely, "{name}");
                assert_eq!(draft.evidence.iter().filter(|e| e.primary).count(), 1, "{name}");
                assert!(!draft.remedies.is_empty(), "{name} says nothing to do");
            }
        }
    }
    assert!(checked > 500);
}

#[test]
fn a_place_decides_who_is_judged() {
    let asked = targets(&["iis", "adcs", "tls-client"]);
    let of = |c: &Credential| names(judge::candidates(c, &asked));
    let mut root = linked(STRONG, 1, 1);
    root.store = None;
    root.key = Default::default();
    root.key.association = Association::None;
    certificate(&mut root).self_signed = Some(fact(true, 4));
    assert!(of(&root).is_empty(), "a root from a store that is not named");
    let mut issued = root.clone();
    certificate(&mut issued).self_signed = Some(fact(false, 4));
    assert_eq!(of(&issued), ["iis"]);
    let mut own = root.clone();
    own.key.association = Association::Linked;
    assert_eq!(of(&own), ["iis"]);
    let mut placed = root.clone();
    placed.store = Some(Store { name: Some(fact("My".to_owned(), 1)), scope: Some(fact(Scope::Machine, 1)) });
    assert_eq!(of(&placed), ["iis"]);

    let mut pfx = linked(STRONG, 1, 1);
    pfx.origin = Origin::Pfx;
    assert_eq!(of(&pfx), ["iis"]);
    pfx.certificate = None;
    assert!(of(&pfx).is_empty(), "a key without its certificate");

    let stored = |store: &str, scope| {
        let mut c = linked(STRONG, 1, 1);
        c.origin = Origin::CertificateFile;
        c.store = Some(Store { name: Some(fact(store.to_owned(), 1)), scope: Some(fact(scope, 1)) });
        certificate(&mut c).extended_key_usage = None;
        c
    };
    assert_eq!(of(&stored("My", Scope::Machine)), ["iis", "tls-client"]);
    assert_eq!(of(&stored("My", Scope::User)), ["tls-client"]);
    assert!(of(&stored("Root", Scope::Machine)).is_empty());

    // An authority, as far as an excerpt shows it.
    let authority = |usages: bool, shown: bool| {
        let mut c = linked(STRONG, 1, 1);
        let certificate = certificate(&mut c);
        (certificate.is_ca, certificate.extensions_shown) = (None, shown);
        if !usages {
            certificate.extended_key_usage = None;
        }
        of(&c).contains(&"adcs".to_owned())
    };
    assert_eq!([authority(false, false), authority(false, true), authority(true, false)], [true, false, false]);
}

#[test]
fn nobody_is_sent_to_look_for_what_no_workload_needs() {
    let unknown = |c: &Credential, asked: &str| {
        let recorded = run(c, &[asked], &[]);
        let own = recorded.iter().find(|r| r.rule.name == "keyspec-zero-on-csp").map(|r| r.outcome.clone());
        matches!(own, Some(Outcome::Unknown { .. }))
    };
    let mut c = linked(STRONG, 1, 1);
    c.key.key_spec = None;
    assert!(unknown(&c, "iis"));
    assert!(!unknown(&c, "code-signing"), "the extended key usage allows servers alone");
    let mut old = c.clone();
    certificate(&mut old).archived = Some(fact(true, 2));
    assert!(!unknown(&old, "iis"));
    for origin in [Origin::KeyFile, Origin::Pfx] {
        c.origin = origin;
        assert!(unknown(&c, "code-signing"), "{origin:?}");
    }
}

/// Findings of rules named so, with what is changed about them, as the ranking gives them out for another credential.
fn of_another(name: &str, edit: impl FnOnce(FindingDraft) -> FindingDraft) -> judge::RankedFinding {
    let Recorded { rule, outcome: Outcome::Fail(draft), .. } = recorded(name, edit) else { unreachable!() };
    judge::RankedFinding { rule, credential: Some(CredentialId(2)), draft: *draft }
}

#[test]
fn what_another_credential_suffers_from() {
    let c = linked(STRONG, 1, 1);
    let verdict = |finding| judge::verdict(&c, targets(&["iis"])[0], &[finding], None).outcome;
    let related = |mut d: FindingDraft, role| {
        d.related = vec![CredentialId(1)];
        d.role(role).severity(Severity::Warning)
    };
    assert_eq!(verdict(of_another("provider-unknown", |d| related(d, Role::Contributing))), VerdictOutcome::AtRisk);
    assert_eq!(verdict(of_another("provider-unknown", |d| related(d, Role::RootCause))), VerdictOutcome::Works);
    assert_eq!(verdict(of_another("provider-unknown", |d| d.role(Role::Contributing))), VerdictOutcome::Works);
}

#[test]
fn the_table_alone() {
    let verdict = |c: &Credential, asked: &str| judge::verdict(c, targets(&[asked])[0], &[], None).outcome;
    // Documented, and an inference.
    assert_eq!(verdict(&linked(STRONG, 1, 2), "iis"), VerdictOutcome::Fails);
    assert_eq!(verdict(&linked(STRONG, 1, 2), "kestrel"), VerdictOutcome::AtRisk);
    assert_eq!(verdict(&linked(STRONG, 1, 1), "iis"), VerdictOutcome::Works);
    // An archived certificate is judged for being archived alone.
    let mut old = linked(STRONG, 1, 2);
    certificate(&mut old).archived = Some(fact(true, 2));
    assert_ne!(verdict(&old, "iis"), VerdictOutcome::Fails);
}

#[test]
fn what_explains_a_key_that_is_absent_or_shut() {
    let verdict = |c: &Credential, name: &str| {
        let rule = meta(name);
        let draft = FindingDraft::new(rule, "", "").role(Role::RootCause).severity(Severity::Warning);
        let finding = judge::RankedFinding { rule, credential: Some(c.id), draft };
        judge::verdict(c, targets(&["iis"])[0], &[finding], None).outcome
    };
    let mut absent = linked(STRONG, 1, 1);
    absent.key.association = Association::None;
    let mut shut = linked(STRONG, 1, 1);
    shut.key.access = Access::NotOpened;
    for c in [absent, shut] {
        assert_eq!(verdict(&c, "keyset-missing"), VerdictOutcome::Unknown);
        assert_eq!(verdict(&c, "dump-taken-unelevated"), VerdictOutcome::Unknown);
        assert_eq!(verdict(&c, "provider-unknown"), VerdictOutcome::AtRisk);
    }
}

#[test]
fn a_cause_beside_the_root_explains_too() {
    // The second cause is apart from the root; the third follows from the second.
    let found = ranked(vec![
        recorded("user-keyset-in-machine-store", |d| d.conditions(9)),
        recorded("shir-keyspec", |d| d.conditions(5)),
        recorded("keyspec-signature-on-csp", |d| d),
    ]);
    let of = |name: &str| found.iter().find(|f| f.0 == name).map(|f| (f.1, f.2));
    assert_eq!(of("user-keyset-in-machine-store"), Some((Role::RootCause, Severity::Error)));
    assert_eq!(of("shir-keyspec"), Some((Role::Contributing, Severity::Error)));
    assert_eq!(of("keyspec-signature-on-csp"), Some((Role::Contributing, Severity::Warning)));
}

#[test]
fn only_what_names_the_credential_takes_part() {
    let weight = |credential, related: &[u32]| {
        let mut dump = recorded("dump-taken-unelevated", |mut d| {
            d.related = related.iter().copied().map(CredentialId).collect();
            d
        });
        dump.credential = credential;
        let list = vec![dump, recorded("keyset-missing", |d| d)];
        let found = judge::rank(Some(CredentialId(1)), list, &targets(&["iis"])).findings;
        assert_eq!(found.len(), 1);
        found[0].draft.role
    };
    assert_eq!(weight(None, &[1]), Role::Contributing);
    assert_eq!(weight(None, &[2]), Role::RootCause);
    assert_eq!(weight(None, &[]), Role::RootCause);
    assert_eq!(weight(Some(CredentialId(2)), &[1]), Role::RootCause);
}

#[test]
fn symptoms_point_to_what_was_decided() {
    let about = |rule: &str, role| {
        let draft = |mut d: FindingDraft| {
            d.related = vec![CredentialId(1)];
            d.role(role).severity(Severity::Note)
        };
        Recorded { credential: None, ..recorded(rule, draft) }
    };
    let mut cause = recorded("keyset-missing", |d| d);
    cause.credential = Some(CredentialId(1));
    let list = vec![
        about("http-15021-status", Role::Symptom),
        about("keyspec-vs-keyusage", Role::Symptom),
        about("schannel-36871-10013-not-key", Role::RootCause),
    ];
    let mut findings = judge::rank(None, list, &targets(&["iis"])).findings;
    findings.extend(judge::rank(Some(CredentialId(1)), vec![cause], &targets(&["iis"])).findings);
    super::pointing::point(&mut findings);
    let told = |rule: &str| {
        findings
            .iter()
            .find(|f| f.rule.name == rule)
            .map(|f| (f.draft.role, f.draft.message.contains("keyset-missing")))
    };
    // Only a record of a symptom names the causes; the protocols are a minor matter beside a broken key.
    assert_eq!(told("http-15021-status"), Some((Role::Symptom, true)));
    assert_eq!(told("keyspec-vs-keyusage").map(|(_, named)| named), Some(false));
    assert_eq!(told("schannel-36871-10013-not-key"), Some((Role::Contributing, false)));
}

#[test]
fn a_symptom_names_a_possible_cause_that_is_among_its_candidates() {
    let told = |rule: &str| {
        let symptom = recorded("schannel-36870-dispatch", |mut d| {
            d.related = vec![CredentialId(1)];
            d.message = "Candidates: tpm-rsa-pss, tpm-key-size-limit.".to_owned();
            d.role(Role::Symptom).severity(Severity::Note)
        });
        let mut warning = recorded(rule, |d| d.severity(Severity::Warning));
        warning.credential = Some(CredentialId(1));
        let symptom = Recorded { credential: None, ..symptom };
        let mut findings = judge::rank(None, vec![symptom], &targets(&["iis"])).findings;
        findings.extend(judge::rank(Some(CredentialId(1)), vec![warning], &targets(&["iis"])).findings);
        super::pointing::point(&mut findings);
        findings.iter().find(|f| f.rule.name == "schannel-36870-dispatch").map(|f| f.draft.message.clone())
    };
    assert!(told("tpm-rsa-pss").is_some_and(|message| message.ends_with("a possible cause is told by: tpm-rsa-pss.")));
    assert!(told("cert-expired").is_some_and(|message| message.contains("No rule finds a cause")));
}

#[test]
fn another_artifact_takes_a_suspicion_back() {
    let id = Some(CredentialId(1));
    let of = |rule: &str, credential| {
        let suspicion = Recorded { credential: id, ..recorded("pfx-import-not-persisted", |d| d) };
        let pass = Recorded { credential, outcome: Outcome::Pass("it is there".into()), ..recorded(rule, |d| d) };
        judge::rank(id, vec![suspicion, pass], &targets(&["iis"])).findings.len()
    };
    assert_eq!(of("pfx-import-not-persisted", id), 0);
    assert_eq!(of("pfx-import-not-persisted", Some(CredentialId(2))), 1);
    assert_eq!(of("pfx-import-not-persisted", None), 1);
    assert_eq!(of("key-file-absent", id), 1);
}

#[test]
fn a_likely_error_that_explains_a_certain_one_is_the_cause() {
    let found = ranked(vec![
        recorded("key-prov-info-missing", |d| d.confidence(Confidence::Certain)),
        recorded("request-pending-key-elsewhere", |d| d.confidence(Confidence::Likely)),
    ]);
    let of = |name: &str| found.iter().find(|f| f.0 == name).map(|f| (f.1, f.2));
    assert_eq!(of("request-pending-key-elsewhere"), Some((Role::RootCause, Severity::Error)));
    assert_eq!(of("key-prov-info-missing"), Some((Role::Contributing, Severity::Warning)));
    // A possibility explains nothing that is certain.
    let found = ranked(vec![
        recorded("key-prov-info-missing", |d| d.confidence(Confidence::Certain)),
        recorded("request-pending-key-elsewhere", |d| d.confidence(Confidence::Possible)),
    ]);
    let root = found.iter().find(|f| f.1 == Role::RootCause).map(|f| f.0);
    assert_eq!(root, Some("key-prov-info-missing"));
}

#[test]
fn a_services_store_serves_that_service() {
    let of = |store: &str| {
        let mut c = linked("Microsoft Strong Cryptographic Provider", 1, 1);
        c.store = Some(Store { name: Some(fact(store.to_owned(), 1)), scope: Some(fact(Scope::Service, 1)) });
        judge::candidates(&c, &targets(&["iis", "ldaps", "generic"]))
            .iter()
            .map(|t| t.workload.name)
            .collect::<Vec<_>>()
    };
    assert_eq!(of("NTDS\\My"), ["ldaps"]);
    assert_eq!(of("My"), ["generic"]);
}

#[test]
fn a_verdict_names_each_rule_once() {
    let threat = |rule| recorded(rule, |d| d.role(Role::Contributing).severity(Severity::Warning));
    let list = vec![threat("provider-unknown"), threat("provider-unknown"), threat("cert-expired")];
    let all = targets(&["iis"]);
    let findings = judge::rank(Some(CredentialId(1)), list, &all).findings;
    let mut because = judge::verdict(&linked(STRONG, 1, 1), all[0], &findings, None).because;
    because.sort_unstable();
    assert_eq!(because, ["cert-expired", "provider-unknown"]);
    let key = crate::model::key_request::KeyRequest::new(crate::model::key_request::RequestForm::Inf);
    let mut because = judge::request_verdict(&key, all[0], &findings, None).because;
    because.sort_unstable();
    assert_eq!(because, ["cert-expired", "provider-unknown"]);
}

#[test]
fn a_certificate_for_tokens_is_no_servers() {
    let of = |bound: &[&'static str]| {
        let mut c = linked("Microsoft Strong Cryptographic Provider", 1, 2);
        for workload in bound {
            c.bound.push(testing::bound(workload));
        }
        let asked = targets(&["iis", "ad-fs", "ad-fs-token-signing", "adcs", "hgs"]);
        judge::candidates(&c, &asked).iter().map(|t| t.workload.name).collect::<Vec<_>>()
    };
    assert_eq!(of(&[]), ["iis", "ad-fs", "ad-fs-token-signing", "hgs"]);
    assert_eq!(of(&["ad-fs-token-signing"]), ["ad-fs-token-signing", "hgs"]);
    assert_eq!(of(&["ad-fs-token-decrypting"]), ["ad-fs-token-signing", "hgs"]);
    // One certificate for all that AD FS does.
    assert_eq!(of(&["ad-fs-token-signing", "ad-fs"]), ["iis", "ad-fs", "ad-fs-token-signing", "hgs"]);
}

#[test]
fn no_cell_is_for_a_key_that_cannot_be() {
    let of = |algorithm: &str| {
        let mut c = linked(STRONG, 1, 2);
        c.origin = Origin::Pfx;
        certificate(&mut c).public_key.algorithm = Some(fact(algorithm.to_owned(), 8));
        let target = targets(&["iis"])[0];
        judge::verdict(&c, target, &[], None).outcome
    };
    assert_eq!(of("RSA"), VerdictOutcome::Fails);
    // No provider of CryptoAPI holds an elliptic-curve key.
    assert_eq!(of("ECC"), VerdictOutcome::Unknown);
}
