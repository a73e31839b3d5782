//! Each condition of a rule about one credential counts: a credential for which the rule says one thing, and the single
//! fact that turns its answer.

use super::check::{Outcome, Recorded};
use super::testing::{case_of, certificate, fact, failed, linked, run, run_case, words};
use crate::case::credential::{
    Access, Association, Credential, CredentialId, Exportable, KeyRemark, ONLY_SLOT, Origin, Scope, Store, TestKind,
    TestOutcome, ValidityDate,
};
use crate::model::date::Moment;
use crate::model::fact::Fact;
use crate::model::judgement::{Confidence, Role, Severity};
use crate::model::thumbprint::Sha1;
use crate::model::{key_spec::KeySpec, key_usage::KeyUsage, oid, windows::WindowsVersion};
use time::macros::datetime;

const STRONG: &str = "Microsoft Strong Cryptographic Provider";
const SCHANNEL: &str = "Microsoft RSA SChannel Cryptographic Provider";
const BASE: &str = "Microsoft Base Cryptographic Provider v1.0";
const SOFTWARE_KSP: &str = "Microsoft Software Key Storage Provider";
const CARD_CSP: &str = "Microsoft Base Smart Card Crypto Provider";
const CARD_KSP: &str = "Microsoft Smart Card Key Storage Provider";
const LUNA_CSP: &str = "Luna Cryptographic Services for Microsoft Windows";
const SAFENET_KSP: &str = "SafeNet Key Storage Provider";

/// What the rule about one credential says: of several outcomes each.
fn says(rule: &str, c: &Credential, asked: &[&str]) -> String {
    words(&run(c, asked, &[]), rule)
}

/// A credential after a change.
fn but(c: &Credential, change: impl FnOnce(&mut Credential)) -> Credential {
    let mut c = c.clone();
    change(&mut c);
    c
}

fn remarked(c: &Credential, remark: KeyRemark) -> Credential {
    but(c, |c| c.key.remarks.push(fact(remark, 41)))
}

/// The key opens and no test was made.
fn untested(c: &Credential) -> Credential {
    but(c, |c| {
        (c.key.encryption_test, c.key.signature_test) = (TestOutcome::NotShown, TestOutcome::NotShown);
        c.key.test_places.clear();
    })
}

fn day(readings: Vec<Moment>) -> Option<ValidityDate> {
    Some(ValidityDate { text: fact("a date".to_owned(), 10), value: None, readings })
}

#[test]
fn the_end_of_the_validity() {
    let rule = "cert-expired";
    let (past, future) = (Moment::Utc(datetime!(2026-10-31 12:00 UTC)), Moment::Utc(datetime!(2026-11-02 12:00 UTC)));
    let ended = |readings| but(&linked(STRONG, 1, 1), |c| certificate(c).not_after = day(readings));
    assert_eq!(says(rule, &ended(vec![past]), &["iis"]), "fails");
    assert_eq!(says(rule, &ended(vec![future]), &["iis"]), "passes");
    assert_eq!(says(rule, &ended(vec![past, future]), &["iis"]), "unknown");
    assert_eq!(says(rule, &ended(vec![]), &["iis"]), "unknown");
    // 14 hours either way of a local time.
    let local =
        |hour| ended(vec![Moment::Local(time::PrimitiveDateTime::new(datetime!(2026-10-31 0:00).date(), hour))]);
    assert_eq!(says(rule, &local(time::macros::time!(21:59)), &["iis"]), "fails");
    assert_eq!(says(rule, &local(time::macros::time!(22:01)), &["iis"]), "passes");
    // SQL Server refuses it, IIS serves it: two findings.
    let both = failed(&run(&ended(vec![past]), &["iis", "sql-server"], &[]), rule);
    let roles: Vec<_> = both.iter().map(|d| (d.role, d.workloads[0].workload.name)).collect();
    assert_eq!(roles, [(Role::RootCause, "sql-server"), (Role::Contributing, "iis")]);
    // Remote Desktop refuses only its own certificate: in its own store, and self-signed.
    let role = |store: &str, own: bool, asked: &str| {
        let c = but(&ended(vec![past]), |c| {
            c.store = Some(Store { name: Some(fact(store.to_owned(), 1)), scope: Some(fact(Scope::Machine, 1)) });
            certificate(c).self_signed = Some(fact(own, 4));
        });
        failed(&run(&c, &[asked], &[]), rule)[0].role
    };
    assert_eq!(role("Remote Desktop", true, "rdp"), Role::RootCause);
    assert_eq!(role("Remote Desktop", false, "rdp"), Role::Contributing);
    assert_eq!(role("My", true, "rdp"), Role::Contributing);
    assert_eq!(role("Remote Desktop", true, "iis"), Role::Contributing);
}

#[test]
fn the_start_of_the_validity() {
    let rule = "cert-not-yet-valid";
    let (past, future) = (Moment::Utc(datetime!(2026-10-31 12:00 UTC)), Moment::Utc(datetime!(2026-11-02 12:00 UTC)));
    let begins = |readings| but(&linked(STRONG, 1, 1), |c| certificate(c).not_before = day(readings));
    assert_eq!(says(rule, &begins(vec![past]), &["iis"]), "passes");
    assert_eq!(says(rule, &begins(vec![past, future]), &["iis"]), "unknown");
    assert_eq!(says(rule, &begins(vec![]), &["iis"]), "unknown");
    let both = failed(&run(&begins(vec![future]), &["iis", "sql-server"], &[]), rule);
    let roles: Vec<_> = both.iter().map(|d| (d.role, d.workloads[0].workload.name)).collect();
    assert_eq!(roles, [(Role::RootCause, "sql-server"), (Role::Contributing, "iis")]);
    assert_eq!(failed(&run(&begins(vec![future]), &["iis"], &[]), rule).len(), 1);
    assert_eq!(failed(&run(&begins(vec![future]), &["sql-server"], &[]), rule).len(), 1);
}

#[test]
fn whether_the_key_is_the_certificates() {
    let rule = "cert-key-mismatch";
    let plain = untested(&linked(STRONG, 1, 1));
    assert_eq!(says(rule, &plain, &["iis"]), "unknown");
    assert_eq!(says(rule, &linked(STRONG, 1, 1), &["iis"]), "passes");
    assert_eq!(says(rule, &but(&plain, |c| c.key.matches_certificate = Some(fact(true, 9))), &["iis"]), "passes");
    assert_eq!(says(rule, &remarked(&plain, KeyRemark::PublicKeyMatches), &["iis"]), "passes");
    assert_eq!(says(rule, &remarked(&plain, KeyRemark::PrivateKeyVerifies), &["iis"]), "passes");
    let refused = but(&plain, |c| {
        c.key.encryption_test = TestOutcome::Failed;
        c.key.test_places.push(fact((TestKind::Encryption, TestOutcome::Failed), 25));
    });
    assert_eq!(failed(&run(&refused, &["iis"], &[]), rule)[0].confidence, Confidence::Possible);
    let unsigned = but(&plain, |c| {
        c.key.signature_test = TestOutcome::Failed;
        c.key.test_places.push(fact((TestKind::Signature, TestOutcome::Failed), 25));
    });
    assert_eq!(says(rule, &unsigned, &["iis"]), "fails");
    // A keyset that is missing is another rule's.
    assert_eq!(says(rule, &remarked(&refused, KeyRemark::MissingStoredKeyset), &["iis"]), "unknown");
    // One test that passed speaks for the key.
    assert_eq!(says(rule, &but(&refused, |c| c.key.signature_test = TestOutcome::Passed), &["iis"]), "passes");
}

#[test]
fn one_container_for_two_keys() {
    let rule = "cert-key-mismatch";
    // Two certificates of one log that name one container; `other` is what is changed about the second one.
    let found = |tests: [TestOutcome; 2], other: &dyn Fn(&mut Credential)| {
        let one = |id: u32| {
            but(&untested(&linked(STRONG, 1, 1)), |c| {
                c.id = CredentialId(id);
                let certificate = certificate(c);
                certificate.sha1 = Some(fact(Sha1([u8::try_from(id).unwrap_or(0); 20]), 2));
                certificate.public_key.sha1 = Some(fact(Sha1([u8::try_from(id).unwrap_or(0) + 100; 20]), 9));
            })
        };
        let (mut first, mut second) = (one(1), one(2));
        [first.key.encryption_test, first.key.signature_test] = tests;
        other(&mut second);
        let recorded = run_case(&case_of(vec![first, second], Vec::new()), &["iis"]);
        let failed = |r: &&Recorded| r.rule.name == rule && matches!(r.outcome, Outcome::Fail(_));
        recorded.iter().filter(failed).filter_map(|r| r.credential).map(|id| id.0).collect::<Vec<_>>()
    };
    let untested = [TestOutcome::NotShown; 2];
    assert_eq!(found(untested, &|_| ()), [1, 2]);
    // The key that passed a test is its certificate's: the other one lost its key.
    assert_eq!(found([TestOutcome::Passed, TestOutcome::NotShown], &|_| ()), [2]);
    assert_eq!(found([TestOutcome::NotShown, TestOutcome::Passed], &|_| ()), [2]);
    assert_eq!(found([TestOutcome::Failed; 2], &|_| ()), [1, 2]);
    // A container of CryptoAPI holds one key for each KeySpec.
    assert!(found(untested, &|c| c.key.key_spec = Some(fact(KeySpec(2), 24))).is_empty());
    // One key, renewed; another container; a public key that is not shown.
    assert!(found(untested, &|c| certificate(c).public_key.sha1 = Some(fact(Sha1([101; 20]), 9))).is_empty());
    assert!(found(untested, &|c| c.key.stored_container = Some(fact("other".to_owned(), 20))).is_empty());
    assert!(found(untested, &|c| certificate(c).public_key.sha1 = None).is_empty());
}

#[test]
fn signature_keys_that_are_right() {
    let rule = "code-signing-keyspec2-normal";
    let signer = but(&linked(STRONG, 1, 2), |c| {
        certificate(c).extended_key_usage = Some(fact(vec![oid::CODE_SIGNING.to_owned()], 6));
    });
    assert_eq!(says(rule, &signer, &["iis"]), "passes");
    let with = |usages: &[&str]| {
        let usages = usages.iter().map(|u| (*u).to_owned()).collect();
        but(&signer, |c| certificate(c).extended_key_usage = Some(fact(usages, 6)))
    };
    assert_eq!(says(rule, &with(&[oid::OCSP_SIGNING]), &["iis"]), "passes");
    assert_eq!(says(rule, &with(&[oid::CODE_SIGNING, oid::SERVER_AUTH]), &["iis"]), "silent");
    assert_eq!(says(rule, &with(&[]), &["iis"]), "silent");
    let server = linked(STRONG, 1, 2);
    assert_eq!(says(rule, &server, &["iis"]), "silent");
    assert_eq!(says(rule, &but(&server, |c| certificate(c).is_ca = Some(fact(true, 4))), &["iis"]), "passes");
    assert_eq!(says(rule, &but(&signer, |c| c.key.key_spec = Some(fact(KeySpec(1), 24))), &["iis"]), "silent");
    let ksp = but(&signer, |c| c.key.provider_type = Some(fact(0, 22)));
    assert_eq!(says(rule, &ksp, &["iis"]), "silent");
    let open = but(&server, |c| certificate(c).extended_key_usage = None);
    assert_eq!(says(rule, &open, &["code-signing"]), "passes");
    assert_eq!(says(rule, &open, &["iis"]), "silent");
}

#[test]
fn the_container_that_opens_is_the_one_that_is_named() {
    let rule = "container-name-inconsistent";
    let plain = linked(STRONG, 1, 1);
    assert_eq!(says(rule, &plain, &["iis"]), "passes");
    let marked = remarked(&plain, KeyRemark::ContainerNameInconsistent);
    let conditions = |c: &Credential| failed(&run(c, &["iis"], &[]), rule)[0].conditions;
    assert_eq!(conditions(&marked), 1);
    let empty = but(&plain, |c| c.key.stored_container = Some(fact(" ".to_owned(), 20)));
    assert_eq!(says(rule, &empty, &["iis"]), "passes");
    assert_eq!(conditions(&remarked(&empty, KeyRemark::ContainerNameInconsistent)), 2);
    let default = |c: &Credential| but(c, |c| c.key.container = Some(fact("defaultkeys".to_owned(), 27)));
    assert_eq!(conditions(&default(&empty)), 1);
    assert_eq!(says(rule, &default(&plain), &["iis"]), "passes");
    // The key file of `DefaultKeys`, by its published name, and another one.
    let file = |prefix: &str| {
        let name = format!("{prefix}_0f8fad5b-d9cb-469f-a165-70867728950e");
        but(&empty, |c| c.key.unique_name = Some(fact(name, 26)))
    };
    assert_eq!(says(rule, &file("fc1e3851f429ea606d6ff1e01a5229f1"), &["iis"]), "fails");
    assert_eq!(says(rule, &file("99247943bd018ca78ef945b82652598d"), &["iis"]), "passes");
    let unlinked = but(&plain, |c| c.key.association = Association::None);
    assert_eq!(says(rule, &unlinked, &["iis"]), "silent");
    assert_eq!(says(rule, &but(&marked, |c| c.origin = Origin::Pfx), &["iis"]), "silent");
    assert_eq!(says(rule, &marked, &["code-signing"]), "silent");
}

#[test]
fn algorithms_that_a_provider_refuses() {
    let rule = "csp-handle-sha1-only-tls";
    let heard = |c: Credential| but(&c, |c| c.surroundings.symptoms.push(fact(0x8009_0331, 50)));
    assert_eq!(says(rule, &heard(linked(LUNA_CSP, 1, 1)), &["iis"]), "fails");
    assert_eq!(says(rule, &heard(linked(CARD_CSP, 1, 1)), &["iis"]), "fails");
    assert_eq!(says(rule, &linked(LUNA_CSP, 1, 1), &["iis"]), "silent");
    assert_eq!(says(rule, &heard(linked(STRONG, 1, 1)), &["iis"]), "silent");
    assert_eq!(says(rule, &heard(linked(SAFENET_KSP, 0, 0)), &["iis"]), "silent");

    let rule = "csp-no-sha2";
    let one = |c: &Credential| failed(&run(c, &["dotnet"], &[]), rule)[0].clone();
    let plain = linked(STRONG, 1, 1);
    assert_eq!((one(&plain).conditions, one(&plain).confidence), (1, Confidence::Possible));
    let refused = but(&plain, |c| c.key.codes.push(fact(0x8009_0008, 40)));
    assert_eq!((one(&refused).conditions, one(&refused).confidence), (2, one(&refused).confidence));
    assert_ne!(one(&refused).confidence, Confidence::Possible);
    assert_eq!(says(rule, &linked(SCHANNEL, 12, 1), &["dotnet"]), "fails");
    assert_eq!(says(rule, &plain, &["iis"]), "silent");
    assert_eq!(says(rule, &linked(LUNA_CSP, 1, 1), &["dotnet"]), "silent");

    let rule = "provider-schannel-type12-signature";
    let plain = linked(SCHANNEL, 12, 1);
    assert_eq!(says(rule, &plain, &["dotnet"]), "silent");
    let one = |c: &Credential, asked: &str| failed(&run(c, &[asked], &[]), rule)[0].conditions;
    assert_eq!(one(&but(&plain, |c| c.key.codes.push(fact(0x8009_0008, 40))), "dotnet"), 2);
    assert_eq!(one(&linked(SCHANNEL, 12, 2), "dotnet"), 2);
    let both = but(&linked(SCHANNEL, 12, 2), |c| c.key.codes.push(fact(0x8009_0008, 40)));
    assert_eq!(one(&both, "dotnet"), 3);
    let open = but(&plain, |c| certificate(c).extended_key_usage = None);
    assert_eq!(one(&open, "code-signing"), 1);
    assert_eq!(says(rule, &linked(STRONG, 1, 2), &["dotnet"]), "silent");
}

#[test]
fn a_dpapi_error_on_a_use_of_the_key() {
    let rule = "dpapi-key-not-valid-for-state";
    let plain = but(&linked(STRONG, 1, 1), |c| {
        c.key.codes.push(fact(0x8009_000B, 40));
        c.surroundings.command = Some(fact("certutil -v -store my".to_owned(), 1));
    });
    assert_eq!(says(rule, &plain, &["iis"]), "fails");
    let by = |command: &str| but(&plain, |c| c.surroundings.command = Some(fact(command.to_owned(), 1)));
    assert_eq!(says(rule, &by("certutil -ExportPFX my 0 a.pfx"), &["iis"]), "passes");
    assert_eq!(says(rule, &by("certutil -MergePFX a.pfx b.pfx"), &["iis"]), "passes");
    assert_eq!(says(rule, &remarked(&plain, KeyRemark::NotExportable), &["iis"]), "passes");
    assert_eq!(says(rule, &but(&plain, |c| c.surroundings.command = None), &["iis"]), "unknown");
    assert_eq!(says(rule, &linked(STRONG, 1, 1), &["iis"]), "silent");
}

#[test]
fn elliptic_curves_where_rsa_is_needed() {
    let rule = "ecdsa-key-on-rsa-workload";
    let ec = but(&linked(SOFTWARE_KSP, 0, 0), |c| {
        certificate(c).public_key.algorithm = Some(fact("ECC".to_owned(), 8));
    });
    let found = failed(&run(&ec, &["sql-server", "exchange"], &[]), rule);
    let told: Vec<_> =
        found.iter().map(|d| (d.workloads[0].workload.name, d.confidence == Confidence::Possible)).collect();
    assert_eq!(told, [("sql-server", false), ("exchange", true)]);
    assert_eq!(says(rule, &ec, &["sql-server"]), "fails");
    assert_eq!(says(rule, &ec, &["exchange"]), "fails");
    assert_eq!(says(rule, &ec, &["iis"]), "silent");
    assert_eq!(says(rule, &linked(SOFTWARE_KSP, 0, 0), &["sql-server"]), "passes");
    let hidden = but(&ec, |c| certificate(c).public_key.algorithm = None);
    assert_eq!(says(rule, &hidden, &["sql-server"]), "unknown");
    // Schannel authenticates with RSA and ECDSA keys.
    let edwards = but(&ec, |c| certificate(c).public_key.algorithm = Some(fact("Ed25519".to_owned(), 8)));
    assert_eq!(failed(&run(&edwards, &["iis"], &[]), rule)[0].confidence, Confidence::Possible);
    assert_eq!(says(rule, &edwards, &["code-signing"]), "silent");
}

#[test]
fn the_key_spec_of_a_cng_key() {
    let rule = "keyspec-nonzero-on-ksp";
    for (spec, said) in [(0, "passes"), (1, "fails"), (2, "fails"), (0xFFFF_FFFF, "passes")] {
        assert_eq!(says(rule, &linked(SOFTWARE_KSP, 0, spec), &["iis"]), said, "{spec}");
    }
    assert_eq!(says(rule, &linked("Cavium Key Storage Provider", 0, 2), &["iis"]), "passes");
    assert_eq!(says(rule, &linked("cloudhsm key storage provider", 0, 2), &["iis"]), "passes");
    assert_eq!(says(rule, &linked(CARD_KSP, 0, 1), &["iis"]), "passes");
    assert_eq!(says(rule, &linked(STRONG, 1, 1), &["iis"]), "silent");
    let hidden = but(&linked(SOFTWARE_KSP, 0, 0), |c| c.key.key_spec = None);
    assert_eq!(says(rule, &hidden, &["iis"]), "unknown");
    // An authority's own key: an error with Microsoft's provider, not with a vendor's.
    let authority = |provider: &str| {
        let c = but(&linked(provider, 0, 1), |c| {
            certificate(c).is_ca = Some(fact(true, 4));
            certificate(c).extended_key_usage = None;
        });
        let found = failed(&run(&c, &["adcs", "iis"], &[]), rule);
        found.iter().map(|d| (d.severity, d.role)).collect::<Vec<_>>()
    };
    assert_eq!(authority(SOFTWARE_KSP), [(Severity::Error, Role::RootCause)]);
    assert_ne!(authority(SAFENET_KSP), [(Severity::Error, Role::RootCause)]);
    assert_eq!(authority(SAFENET_KSP).len(), 1);

    let rule = "keyspec-zero-ksp-ok";
    assert_eq!(says(rule, &linked(SOFTWARE_KSP, 0, 0), &["iis"]), "passes");
    assert_eq!(says(rule, &linked(SOFTWARE_KSP, 0, 1), &["iis"]), "silent");
    assert_eq!(says(rule, &linked(STRONG, 1, 0), &["iis"]), "silent");

    let rule = "keyspec-zero-on-csp";
    assert_eq!(says(rule, &linked(STRONG, 1, 0), &["iis"]), "fails");
    assert_eq!(says(rule, &linked(STRONG, 1, 1), &["iis"]), "passes");
    assert_eq!(says(rule, &linked(SOFTWARE_KSP, 0, 0), &["iis"]), "silent");
    assert_eq!(says(rule, &but(&linked(STRONG, 1, 0), |c| c.key.prediction = true), &["iis"]), "silent");
    assert_eq!(says(rule, &but(&linked(STRONG, 1, 0), |c| c.key.key_spec = None), &["iis"]), "unknown");
    assert_eq!(says(rule, &linked(STRONG, 1, 0), &["code-signing"]), "silent");
}

#[test]
fn the_key_spec_of_a_csp_key() {
    let rule = "keyspec-signature-on-csp";
    let wrong = linked(STRONG, 1, 2);
    assert_eq!(says(rule, &wrong, &["iis"]), "fails");
    assert_eq!(says(rule, &linked(STRONG, 1, 1), &["iis"]), "passes");
    assert_eq!(says(rule, &linked(SOFTWARE_KSP, 0, 2), &["iis"]), "silent");
    assert_eq!(says(rule, &but(&wrong, |c| c.key.prediction = true), &["iis"]), "silent");
    assert_eq!(says(rule, &but(&untested(&wrong), |c| c.key.key_spec = None), &["iis"]), "unknown");
    let signer = but(&wrong, |c| certificate(c).extended_key_usage = Some(fact(vec![oid::CODE_SIGNING.to_owned()], 6)));
    assert_eq!(says(rule, &signer, &["code-signing"]), "passes");
    let one = |c: &Credential| failed(&run(c, &["iis"], &[]), rule)[0].clone();
    assert_eq!((one(&wrong).conditions, one(&untested(&wrong)).conditions), (3, 2));
    assert_eq!((one(&wrong).evidence.len(), one(&untested(&wrong)).evidence.len()), (3, 2));
    // With both tests passed the signature test alone tells nothing.
    assert_eq!(one(&but(&wrong, |c| c.key.encryption_test = TestOutcome::Passed)).evidence.len(), 2);
    assert!(!one(&wrong).remedies.is_empty());

    // The KeySpec is not shown: the signature test alone is a sign, unless the certificate does not allow encipherment.
    let untold = but(&wrong, |c| c.key.key_spec = None);
    let usage = |bits| but(&untold, |c| certificate(c).key_usage = Some(fact(KeyUsage(bits), 5)));
    let hidden = but(&untold, |c| certificate(c).key_usage = None);
    let grade = |c: &Credential| (one(c).severity, one(c).confidence);
    assert_eq!(grade(&usage(0xA0)), (Severity::Warning, Confidence::Likely));
    assert_eq!(grade(&hidden), (Severity::Warning, Confidence::Possible));
    assert_eq!(says(rule, &usage(0x80), &["iis"]), "unknown");
    let signer =
        but(&hidden, |c| certificate(c).extended_key_usage = Some(fact(vec![oid::CODE_SIGNING.to_owned()], 6)));
    assert_eq!(says(rule, &signer, &["code-signing"]), "unknown");
    assert_eq!(says(rule, &but(&hidden, |c| c.key.encryption_test = TestOutcome::Failed), &["iis"]), "unknown");
    let steps: Vec<String> = one(&hidden).remedies[0].steps.iter().map(|step| step.run.clone()).collect();
    assert!(steps[0].starts_with("certutil -v -store "), "{steps:?}");

    let rule = "keyspec-vs-keyusage";
    assert_eq!(says(rule, &wrong, &["iis"]), "fails");
    assert_eq!(says(rule, &linked(STRONG, 1, 1), &["iis"]), "passes");
    let signs = but(&wrong, |c| certificate(c).key_usage = Some(fact(KeyUsage(0x80), 5)));
    assert_eq!(says(rule, &signs, &["iis"]), "passes");
    assert_eq!(says(rule, &but(&wrong, |c| certificate(c).key_usage = None), &["iis"]), "silent");
    assert_eq!(says(rule, &but(&wrong, |c| c.key.key_spec = None), &["iis"]), "unknown");
    assert_eq!(says(rule, &signer, &["code-signing"]), "silent");
}

#[test]
fn keys_of_ad_fs() {
    let rule = "adfs-keyspec";
    let named = |c: &Credential, asked: &[&str]| -> Vec<&'static str> {
        failed(&run(c, asked, &[]), rule).iter().flat_map(|d| &d.workloads).map(|t| t.workload.name).collect()
    };
    let all = &["ad-fs", "ad-fs-token-signing", "ad-fs-token-decrypting"];
    let open = |provider, kind, spec| but(&linked(provider, kind, spec), |c| certificate(c).extended_key_usage = None);
    assert_eq!(named(&open(STRONG, 1, 2), all), ["ad-fs", "ad-fs-token-decrypting"]);
    assert!(named(&open(STRONG, 1, 1), all).is_empty());
    assert_eq!(named(&open(SOFTWARE_KSP, 0, 0), all), ["ad-fs-token-signing", "ad-fs-token-decrypting"]);
    assert_eq!(says(rule, &open(STRONG, 1, 2), &["ad-fs-token-signing"]), "passes");
    assert_eq!(says(rule, &open(SOFTWARE_KSP, 0, 0), &["ad-fs"]), "passes");
    assert_eq!(says(rule, &open(STRONG, 1, 2), &["iis"]), "silent");
    let hidden = but(&open(STRONG, 1, 2), |c| c.key.key_spec = None);
    assert_eq!(says(rule, &hidden, &["ad-fs"]), "unknown");
    let told = |c: &Credential, asked: &str| {
        let draft = &failed(&run(c, &[asked], &[]), rule)[0];
        (draft.evidence[0].label.to_string(), draft.remedies[0].steps[3].run.contains("-csp"))
    };
    assert_eq!(told(&open(STRONG, 1, 2), "ad-fs"), ("signing only".to_owned(), false));
    assert_eq!(told(&open(SOFTWARE_KSP, 0, 0), "ad-fs-token-signing"), ("a CNG provider".to_owned(), true));
}

#[test]
fn the_container_holds_the_other_key() {
    let rule = "keyspec-signature-on-csp";
    let holds = |link: u32, slot: u32| {
        let place = fact((), 60).place;
        but(&untested(&linked(STRONG, 1, link)), |c| {
            c.key.key_spec_witness = Some(Fact::derived(KeySpec(slot), place, ONLY_SLOT));
        })
    };
    let one = |c: &Credential, asked: &str| failed(&run(c, &[asked], &[]), rule)[0].clone();
    let signs = holds(1, 2);
    assert_eq!(one(&signs, "iis").confidence, Confidence::Likely);
    let proved = but(&signs, |c| c.key.matches_certificate = Some(fact(true, 30)));
    assert_eq!(one(&proved, "iis").confidence, Confidence::Certain);
    // Another key than the certificate's: its place in the container is not the cause, and a new import of it no repair.
    let refuted = |c: &Credential| but(c, |c| c.key.matches_certificate = Some(fact(false, 30)));
    assert_eq!(says(rule, &refuted(&signs), &["iis"]), "passes");
    let beside = one(&refuted(&holds(2, 1)), "iis");
    assert_eq!((beside.role, beside.severity, beside.remedies.len()), (Role::Contributing, Severity::Warning, 0));
    assert!(one(&signs, "iis").remedies[0].caution.is_some_and(|words| words.contains("1 finds no key")));
    // The certificate of a code signer: an exchange key is named and a signature key would be enough.
    let signer = but(&signs, |c| certificate(c).extended_key_usage = Some(fact(vec![oid::CODE_SIGNING.to_owned()], 6)));
    assert!(one(&signer, "code-signing").title.contains("names an exchange key"));
    assert!(!one(&signs, "iis").title.contains("names an exchange key"));
    assert_ne!(one(&holds(2, 1), "iis").message, one(&signs, "iis").message);
    // The link's own key: nothing contradicts it.
    assert_eq!(says(rule, &holds(1, 1), &["iis"]), "passes");
    // A test passed: the link's key opens, whatever a file shows.
    assert_eq!(says(rule, &but(&signs, |c| c.key.encryption_test = TestOutcome::Passed), &["iis"]), "passes");
    assert_eq!(says(rule, &signs, &["code-signing"]), "silent");
}

#[test]
fn key_usages_of_servers() {
    let rule = "ku-missing-digital-signature";
    let with = |usage: Option<u16>, shown: bool| {
        but(&linked(STRONG, 1, 1), |c| {
            certificate(c).key_usage = usage.map(|bits| fact(KeyUsage(bits), 5));
            certificate(c).extensions_shown = shown;
        })
    };
    for (usage, shown, said) in [
        (Some(0xA0), true, "passes"),
        (Some(0x80), true, "passes"),
        (Some(0x20), true, "fails"),
        (None, true, "passes"),
        (None, false, "unknown"),
    ] {
        assert_eq!(says(rule, &with(usage, shown), &["iis"]), said, "{usage:?} {shown}");
    }
    let rdp = but(&with(Some(0x20), true), |c| {
        c.store =
            Some(Store { name: Some(fact("remote desktop".to_owned(), 1)), scope: Some(fact(Scope::Machine, 1)) });
    });
    assert_eq!(says(rule, &rdp, &["rdp"]), "silent");
    let plain = but(&with(Some(0x20), true), |c| certificate(c).extended_key_usage = None);
    assert_eq!(says(rule, &plain, &["code-signing"]), "silent");

    let rule = "ku-digital-signature-only-rsa-kx";
    let says_first = |c: &Credential, asked: &str| says(rule, c, &[asked]);
    for (usage, said) in [(0x80, "passes"), (0xA0, "silent"), (0x90, "silent"), (0x20, "silent"), (0xC0, "passes")] {
        assert_eq!(says_first(&with(Some(usage), true), "iis"), said, "{usage:x}");
    }
    let plain = but(&with(Some(0x80), true), |c| certificate(c).extended_key_usage = None);
    assert_eq!(says_first(&plain, "code-signing"), "silent");
}

#[test]
fn providers() {
    let rule = "provider-base-export-grade";
    assert_eq!(says(rule, &linked(BASE, 1, 1), &["iis"]), "fails");
    assert_eq!(says(rule, &linked(STRONG, 1, 1), &["iis"]), "silent");
    assert_eq!(says(rule, &linked(BASE, 1, 2), &["iis"]), "passes");
    let bits = |n| but(&linked(BASE, 1, 1), |c| certificate(c).public_key.bits = Some(fact(n, 9)));
    assert_eq!(says(rule, &bits(1024), &["iis"]), "passes");
    assert_eq!(says(rule, &bits(1025), &["iis"]), "fails");
    let hidden = but(&linked(BASE, 1, 1), |c| certificate(c).public_key.bits = None);
    assert_eq!(says(rule, &hidden, &["iis"]), "unknown");

    let rule = "provider-signature-only";
    assert_eq!(says(rule, &linked("Microsoft RSA Signature Cryptographic Provider", 2, 2), &["iis"]), "fails");
    assert_eq!(says(rule, &linked("Acme", 3, 2), &["iis"]), "fails");
    assert_eq!(
        says(rule, &linked("Microsoft Base DSS and Diffie-Hellman Cryptographic Provider", 13, 2), &["iis"]),
        "fails"
    );
    assert_eq!(says(rule, &linked(STRONG, 1, 2), &["iis"]), "passes");
    let open = but(&linked("Acme", 2, 2), |c| certificate(c).extended_key_usage = None);
    assert_eq!(says(rule, &open, &["code-signing"]), "silent");

    let rule = "provider-third-party";
    let one = |c: &Credential| failed(&run(c, &["iis"], &[]), rule)[0].clone();
    let plain = untested(&linked(SAFENET_KSP, 0, 0));
    let with = |c: &Credential, code| but(c, |c| c.key.codes.push(fact(code, 40)));
    assert_eq!((one(&plain).severity, one(&plain).conditions), (Severity::Note, 1));
    for (code, refused) in [(0x8009_0000, false), (0x8009_0001, true), (0x8009_00FF, true), (0x8009_0100, false)] {
        assert_eq!(one(&with(&plain, code)).role == Role::RootCause, refused, "{code:x}");
    }
    assert_ne!(one(&with(&linked(SAFENET_KSP, 0, 0), 0x8009_0001)).role, Role::RootCause);
    assert_eq!(says(rule, &linked(SOFTWARE_KSP, 0, 0), &["iis"]), "silent");

    let rule = "provider-type-name-mismatch";
    let one = |c: &Credential| failed(&run(c, &["iis"], &[]), rule)[0].clone();
    assert_eq!(says(rule, &linked(STRONG, 1, 1), &["iis"]), "passes");
    assert_eq!(says(rule, &linked(LUNA_CSP, 24, 1), &["iis"]), "silent");
    for (name, stated) in [(STRONG, 24), ("Microsoft Enhanced RSA and AES Cryptographic Provider", 1)] {
        assert_eq!(
            (one(&linked(name, stated, 1)).severity, one(&linked(name, stated, 1)).role),
            (Severity::Note, Role::Contributing)
        );
    }
    assert_eq!(one(&linked(STRONG, 12, 1)).confidence, Confidence::Possible);
    assert_ne!(one(&untested(&linked(STRONG, 12, 1))).confidence, Confidence::Possible);
    assert_eq!(one(&untested(&linked(STRONG, 12, 1))).severity, Severity::Error);
    // A KSP has no KeySpec.
    let written = |c: &Credential| one(c).remedies[0].steps[0].run.to_string();
    assert!(written(&linked(SOFTWARE_KSP, 1, 1)).contains("\"KeySpec=0\""));
    assert!(written(&linked(STRONG, 12, 2)).contains("\"KeySpec=2\""));

    let rule = "provider-unknown";
    assert_eq!(says(rule, &untested(&linked("Acme Provider", 1, 1)), &["iis"]), "fails");
    assert_eq!(says(rule, &linked("Acme Provider", 1, 1), &["iis"]), "passes");
    assert_eq!(says(rule, &untested(&linked(STRONG, 1, 1)), &["iis"]), "passes");
    assert_eq!(says(rule, &untested(&linked(" ", 1, 1)), &["iis"]), "silent");
    let conditions = |name: &str| failed(&run(&untested(&linked(name, 1, 1)), &["iis"], &[]), rule)[0].conditions;
    assert_eq!((conditions("Acme Provider"), conditions("PfxProvider")), (1, 2));
}

#[test]
fn keysets_of_users_and_machines() {
    let rule = "user-keyset-in-machine-store";
    let wrong = but(&linked(STRONG, 1, 1), |c| c.key.flags = Some(fact(0, 23)));
    let one = |c: &Credential| failed(&run(c, &["iis"], &[]), rule)[0].clone();
    assert_eq!((one(&wrong).confidence, one(&wrong).conditions), (Confidence::Certain, 2));
    assert_eq!(one(&remarked(&wrong, KeyRemark::MissingStoredKeyset)).conditions, 3);
    let open = but(&wrong, |c| c.store = Some(Store { name: Some(fact("My".to_owned(), 1)), scope: None }));
    assert_eq!(one(&open).confidence, Confidence::Possible);
    assert_eq!((one(&wrong).evidence.len(), one(&open).evidence.len()), (2, 1));
    assert_eq!(says(rule, &linked(STRONG, 1, 1), &["iis"]), "passes");
    assert_eq!(says(rule, &but(&wrong, |c| c.key.flags = None), &["iis"]), "unknown");
    assert_eq!(says(rule, &but(&wrong, |c| c.key.provider = Some(fact(CARD_CSP.to_owned(), 21))), &["iis"]), "silent");
    assert_eq!(says(rule, &but(&wrong, |c| c.key.provider = None), &["iis"]), "fails");

    let rule = "machine-keyset-in-user-store";
    let user = |c: &Credential| {
        but(c, |c| {
            c.store = Some(Store { name: Some(fact("My".to_owned(), 1)), scope: Some(fact(Scope::User, 1)) });
            certificate(c).extended_key_usage = None;
        })
    };
    let asked = &["code-signing"];
    assert_eq!(says(rule, &user(&linked(STRONG, 1, 1)), asked), "fails");
    assert_eq!(says(rule, &user(&wrong), asked), "passes");
    assert_eq!(says(rule, &user(&but(&wrong, |c| c.key.flags = None)), asked), "unknown");
    assert_eq!(says(rule, &user(&linked(CARD_CSP, 1, 1)), asked), "silent");
    assert_eq!(says(rule, &linked(STRONG, 1, 1), asked), "silent");
}

#[test]
fn keys_that_are_missing_or_damaged() {
    let rule = "keyset-missing";
    let plain = but(&untested(&linked(STRONG, 1, 1)), |c| c.key.access = Access::NotOpened);
    assert_eq!(says(rule, &plain, &["iis"]), "unknown");
    assert_eq!(says(rule, &but(&plain, |c| c.key.access = Access::Opened), &["iis"]), "passes");
    assert_eq!(says(rule, &linked(STRONG, 1, 1), &["iis"]), "passes");
    let conditions = |c: &Credential| failed(&run(c, &["iis"], &[]), rule)[0].conditions;
    let missing = remarked(&plain, KeyRemark::MissingStoredKeyset);
    let coded = |c: &Credential| but(c, |c| c.key.codes.push(fact(0x8009_0016, 40)));
    assert_eq!((conditions(&missing), conditions(&coded(&plain)), conditions(&coded(&missing))), (1, 1, 2));
    assert_eq!(says(rule, &but(&missing, |c| c.key.association = Association::FoundBySearch), &["iis"]), "silent");
    assert_eq!(says(rule, &but(&missing, |c| c.origin = Origin::FileDump), &["iis"]), "silent");

    let rule = "key-file-corrupt";
    let damaged = but(&plain, |c| c.key.codes.push(fact(0x8009_001A, 40)));
    assert_eq!(says(rule, &damaged, &["iis"]), "fails");
    assert_eq!(says(rule, &plain, &["iis"]), "silent");
    assert_eq!(says(rule, &but(&damaged, |c| c.key.encryption_test = TestOutcome::Passed), &["iis"]), "passes");
    assert_eq!(says(rule, &damaged, &["code-signing"]), "silent");
    assert_eq!(says(rule, &but(&damaged, |c| c.origin = Origin::KeyFile), &["iis"]), "fails");

    let rule = "nonexportable-not-a-cause";
    let works = linked(STRONG, 1, 1);
    assert_eq!(says(rule, &works, &["iis"]), "silent");
    for remark in [KeyRemark::NotExportable, KeyRemark::NotPlainTextExportable] {
        assert_eq!(says(rule, &remarked(&works, remark), &["iis"]), "passes");
        assert_eq!(says(rule, &remarked(&plain, remark), &["iis"]), "silent");
    }
    assert_eq!(says(rule, &but(&works, |c| c.key.exportable = Exportable::No), &["iis"]), "passes");
    assert_eq!(says(rule, &but(&works, |c| c.key.exportable = Exportable::EncryptedOnly), &["iis"]), "passes");
}

/// A server's certificate in the machine's store, without a key.
fn without_key() -> Credential {
    but(&linked(STRONG, 1, 1), |c| {
        c.key = Default::default();
        c.key.association = Association::None;
    })
}

#[test]
fn key_links_that_are_missing() {
    let rule = "key-prov-info-missing";
    let alone = without_key();
    assert_eq!(says(rule, &alone, &["iis"]), "fails");
    assert_eq!(says(rule, &linked(STRONG, 1, 1), &["iis"]), "passes");
    let association = |a| but(&alone, |c| c.key.association = a);
    assert_eq!(says(rule, &association(Association::FoundBySearch), &["iis"]), "silent");
    assert_eq!(says(rule, &association(Association::Unknown), &["iis"]), "unknown");
    let cut = but(&alone, |c| c.incomplete = true);
    assert_eq!(says(rule, &cut, &["iis"]), "unknown");
    assert_eq!(says(rule, &remarked(&cut, KeyRemark::NoKeyForDecryption), &["iis"]), "fails");
    assert_eq!(says(rule, &remarked(&cut, KeyRemark::NoKeyProviderInformation), &["iis"]), "fails");
    // Without the purpose it may be a root or a peer.
    let open = but(&alone, |c| certificate(c).extended_key_usage = None);
    assert_eq!(says(rule, &open, &["iis"]), "fails");
    assert_eq!(says(rule, &but(&open, |c| certificate(c).self_signed = Some(fact(true, 4))), &["iis"]), "silent");
    assert_eq!(says(rule, &but(&open, |c| c.store = None), &["iis"]), "silent");
    assert_eq!(says(rule, &but(&alone, |c| c.store = None), &["iis"]), "fails");

    let rule = "key-association-repairable";
    let found = association(Association::FoundBySearch);
    assert_eq!(says(rule, &found, &["iis"]), "unknown");
    let missing = remarked(&found, KeyRemark::MissingKeyAssociation);
    assert_eq!(says(rule, &missing, &["iis"]), "fails");
    assert_eq!(says(rule, &but(&found, |c| c.key.encryption_test = TestOutcome::Passed), &["iis"]), "fails");
    assert_eq!(says(rule, &alone, &["iis"]), "silent");
    let nowhere = but(&missing, |c| c.store = None);
    assert_eq!(failed(&run(&nowhere, &["iis"], &[]), rule)[0].confidence, Confidence::Possible);
    let open = but(&nowhere, |c| certificate(c).extended_key_usage = None);
    assert_eq!(says(rule, &open, &["iis"]), "unknown");
}

#[test]
fn a_link_that_is_missing_weighs_by_what_needs_it() {
    let rule = "key-prov-info-missing";
    let alone = without_key();
    let open = but(&alone, |c| certificate(c).extended_key_usage = None);
    let one = |c: &Credential, bound: &[&str]| {
        let draft = &failed(&run(c, &["iis"], bound), rule)[0];
        (draft.conditions, draft.confidence == Confidence::Possible)
    };
    // A binding names it, its purpose is a server's; neither: it may need no key.
    assert_eq!((one(&open, &[]), one(&open, &["iis"])), ((1, true), (2, false)));
    assert_eq!((one(&alone, &[]), one(&alone, &["iis"])), ((2, false), (3, false)));
}

#[test]
fn a_key_file_with_the_other_apis_name() {
    let rule = "key-file-wrong-directory-for-provider";
    let guid = "0f8fad5b-d9cb-469f-a165-70867728950e";
    // Published pairs of a container and its file: CryptoAPI's and CNG's.
    let capi = ("{00F81886-5F70-430A-939C-BB7DD58ECE2A}", "99247943bd018ca78ef945b82652598d");
    let cng = ("te-0125d557-d02e-41dc-8476-36f189060ce9", "b59b1bf435f36edf92e0609b0f6826a0");
    let of = |c: Credential, (container, prefix): (&str, &str)| {
        but(&c, |c| {
            c.key.container = Some(fact(container.to_owned(), 20));
            c.key.stored_container = Some(fact(container.to_owned(), 20));
            c.key.unique_name = Some(fact(format!("{prefix}_{guid}"), 26));
        })
    };
    let (csp, ksp) = (linked(STRONG, 1, 1), linked(SOFTWARE_KSP, 0, 0));
    assert_eq!(says(rule, &of(csp.clone(), capi), &["iis"]), "passes");
    assert_eq!(says(rule, &of(ksp.clone(), cng), &["iis"]), "passes");
    let message = |c| failed(&run(&c, &["iis"], &[]), rule)[0].message.clone();
    assert!(message(of(ksp.clone(), capi)).contains("made by CryptoAPI"));
    assert!(message(of(csp.clone(), cng)).contains("made by CNG"));
    assert_eq!(says(rule, &of(csp.clone(), (cng.0, capi.1)), &["iis"]), "silent");
    assert_eq!(says(rule, &but(&of(ksp.clone(), capi), |c| c.origin = Origin::FileDump), &["iis"]), "silent");
    assert_eq!(says(rule, &of(linked(SAFENET_KSP, 0, 0), capi), &["iis"]), "silent");
    assert_eq!(says(rule, &of(ksp.clone(), capi), &["code-signing"]), "silent");
    assert_eq!(says(rule, &but(&of(ksp, capi), |c| c.key.unique_name = None), &["iis"]), "silent");
}

#[test]
fn what_ldaps_asks_of_a_certificate() {
    let rule = "ldaps-dc-cert";
    assert_eq!(says(rule, &linked(SCHANNEL, 12, 1), &["ldaps"]), "passes");
    assert_eq!(says(rule, &linked(SOFTWARE_KSP, 0, 0), &["ldaps"]), "fails");
    assert_eq!(says(rule, &linked(SOFTWARE_KSP, 0, 0), &["iis"]), "silent");
}

#[test]
fn names_and_strength_of_a_certificate() {
    let server = linked(STRONG, 1, 1);
    let unnamed = but(&server, |c| certificate(c).alternative_names.clear());
    let rule = "san-missing";
    assert_eq!(says(rule, &server, &["iis"]), "passes");
    assert_eq!(says(rule, &unnamed, &["iis"]), "fails");
    assert_eq!(says(rule, &unnamed, &["code-signing"]), "silent");
    assert_eq!(says(rule, &but(&unnamed, |c| certificate(c).extensions_shown = false), &["iis"]), "unknown");
    assert_eq!(says(rule, &but(&unnamed, |c| c.incomplete = true), &["iis"]), "unknown");
    assert_eq!(says(rule, &but(&unnamed, |c| certificate(c).extended_key_usage = None), &["iis"]), "silent");
    let own = |c: &Credential| {
        but(c, |c| {
            c.store =
                Some(Store { name: Some(fact("Remote Desktop".to_owned(), 1)), scope: Some(fact(Scope::Machine, 1)) });
        })
    };
    assert_eq!(says(rule, &own(&unnamed), &["rdp"]), "silent");

    let signed =
        |algorithm: &str| but(&server, |c| certificate(c).signature_algorithm = Some(fact(algorithm.to_owned(), 11)));
    let rule = "rsassa-pss-signed-cert";
    assert_eq!(says(rule, &signed("1.2.840.113549.1.1.10 RSASSA-PSS"), &["iis"]), "fails");
    assert_eq!(says(rule, &signed("1.2.840.113549.1.1.10"), &["iis"]), "fails");
    assert_eq!(says(rule, &signed("RSASSA-PSS"), &["iis"]), "fails");
    assert_eq!(says(rule, &signed("1.2.840.113549.1.1.11 sha256RSA"), &["iis"]), "passes");
    assert_eq!(says(rule, &signed("RSASSA-PSS"), &["code-signing"]), "silent");

    let rule = "weak-key-or-hash";
    let bits = |c: &Credential, bits: u32| but(c, |c| certificate(c).public_key.bits = Some(fact(bits, 9)));
    assert_eq!(says(rule, &bits(&server, 2047), &["iis"]), "fails");
    assert_eq!(says(rule, &bits(&server, 2048), &["iis"]), "passes");
    let ec = but(&bits(&server, 256), |c| certificate(c).public_key.algorithm = Some(fact("ECC".to_owned(), 8)));
    assert_eq!(says(rule, &ec, &["iis"]), "passes");
    for (algorithm, word) in [
        ("1.2.840.113549.1.1.5 sha1RSA", "fails"),
        ("1.2.840.113549.1.1.4", "fails"),
        ("md5RSA", "fails"),
        ("SHA1RSA", "fails"),
        ("1.2.840.113549.1.1.11 sha256RSA", "passes"),
        ("sha512RSA", "passes"),
    ] {
        assert_eq!(says(rule, &signed(algorithm), &["iis"]), word, "{algorithm}");
    }
    // Nobody checks the signature of a self-signed one.
    assert_eq!(
        says(rule, &but(&signed("sha1RSA"), |c| certificate(c).self_signed = Some(fact(true, 4))), &["iis"]),
        "passes"
    );
    let hidden = but(&server, |c| certificate(c).public_key.bits = None);
    assert_eq!(says(rule, &hidden, &["iis"]), "unknown");
    assert_eq!(says(rule, &but(&signed("sha256RSA"), |c| certificate(c).public_key.bits = None), &["iis"]), "passes");
    let one = |c: &Credential| {
        let draft = &failed(&run(c, &["iis"], &[]), rule)[0];
        (draft.conditions, draft.evidence.iter().map(|e| e.primary).collect::<Vec<_>>())
    };
    assert_eq!(one(&bits(&server, 1024)), (1, vec![true]));
    assert_eq!(one(&signed("sha1RSA")), (1, vec![true]));
    assert_eq!(one(&bits(&signed("sha1RSA"), 1024)), (2, vec![true, false]));
}

#[test]
fn keys_in_devices() {
    const TPM: &str = "Microsoft Platform Crypto Provider";
    let coded = |c: &Credential, code: u32| but(c, |c| c.key.codes.push(fact(code, 40)));
    let missing = |c: &Credential| remarked(c, KeyRemark::MissingStoredKeyset);
    let conditions = |rule: &str, c: &Credential, asked: &str| failed(&run(c, &[asked], &[]), rule)[0].conditions;

    let rule = "tpm-key-size-limit";
    let tpm = untested(&linked(TPM, 0, 0));
    let long = but(&tpm, |c| certificate(c).public_key.bits = Some(fact(3072, 9)));
    assert_eq!(says(rule, &tpm, &["iis"]), "passes");
    assert_eq!(says(rule, &long, &["iis"]), "fails");
    assert_eq!(says(rule, &long, &["code-signing"]), "silent");
    assert_eq!(says(rule, &but(&long, |c| c.key.signature_test = TestOutcome::Passed), &["iis"]), "passes");
    assert_eq!(says(rule, &but(&tpm, |c| certificate(c).public_key.bits = None), &["iis"]), "unknown");
    assert_eq!(says(rule, &untested(&linked(SOFTWARE_KSP, 0, 0)), &["iis"]), "silent");
    assert_eq!((conditions(rule, &long, "iis"), conditions(rule, &coded(&long, 0x8009_0029), "iis")), (2, 3));

    let rule = "tpm-rsa-pss";
    assert_eq!((conditions(rule, &tpm, "iis"), conditions(rule, &coded(&tpm, 0x8009_0029), "iis")), (1, 2));
    let severity = |c: &Credential| failed(&run(c, &["iis"], &[]), rule)[0].severity;
    assert_eq!(severity(&tpm), Severity::Warning);
    assert_eq!(severity(&coded(&tpm, 0x8009_0029)), Severity::Error);
    let client = but(&tpm, |c| certificate(c).extended_key_usage = None);
    assert_eq!(says(rule, &client, &["tls-client"]), "fails");
    assert_eq!(says(rule, &client, &["code-signing"]), "silent");
    // TLS signs with RSA-PSS from Windows 10 and Server 2016 on.
    let of =
        |major| but(&tpm, |c| c.surroundings.windows = Some(fact(WindowsVersion { major, minor: 0, build: 1 }, 1)));
    assert_eq!((says(rule, &of(6), &["iis"]).as_str(), says(rule, &of(10), &["iis"]).as_str()), ("passes", "fails"));
    let ec = but(&tpm, |c| certificate(c).public_key.algorithm = Some(fact("ECC".to_owned(), 8)));
    assert_eq!(says(rule, &ec, &["iis"]), "passes");
    assert_eq!(says(rule, &but(&tpm, |c| certificate(c).public_key.algorithm = None), &["iis"]), "unknown");

    let rule = "smartcard-or-token-absent";
    let card = untested(&linked(CARD_CSP, 1, 1));
    assert_eq!(says(rule, &card, &["iis"]), "unknown");
    assert_eq!(says(rule, &linked(CARD_CSP, 1, 1), &["iis"]), "passes");
    assert_eq!(says(rule, &missing(&untested(&linked(STRONG, 1, 1))), &["iis"]), "silent");
    let token = untested(&linked("eToken Base Cryptographic Provider", 1, 1));
    assert_eq!(says(rule, &missing(&token), &["iis"]), "fails");
    assert_eq!(says(rule, &missing(&card), &["code-signing"]), "silent");
    // SCARD_W_REMOVED_CARD and its kind, whatever the provider.
    for code in [0x8010_0069, 0x8010_000C, 0x8010_002E] {
        assert_eq!(conditions(rule, &coded(&untested(&linked(STRONG, 1, 1)), code), "iis"), 2, "{code:08x}");
    }
    assert_eq!((conditions(rule, &missing(&card), "iis"), conditions(rule, &coded(&card, 0x8010_0069), "iis")), (2, 3));

    let rule = "vbs-isolated-key-lost";
    let isolated = untested(&but(&linked(SOFTWARE_KSP, 0, 0), |c| c.key.flags = Some(fact(0x2_0020, 23))));
    assert_eq!(says(rule, &isolated, &["iis"]), "unknown");
    assert_eq!(says(rule, &missing(&isolated), &["iis"]), "fails");
    assert_eq!(says(rule, &coded(&isolated, 0x8009_0030), &["iis"]), "fails");
    assert_eq!(says(rule, &missing(&isolated), &["code-signing"]), "silent");
    assert_eq!(says(rule, &missing(&untested(&linked(SOFTWARE_KSP, 0, 0))), &["iis"]), "silent");
    assert_eq!(
        says(rule, &remarked(&missing(&untested(&linked(SOFTWARE_KSP, 0, 0))), KeyRemark::VsmKey), &["iis"]),
        "fails"
    );
    assert_eq!(
        says(rule, &but(&missing(&isolated), |c| c.key.encryption_test = TestOutcome::Passed), &["iis"]),
        "passes"
    );

    let rule = "strong-key-protection-silent";
    let asks = coded(&untested(&linked(STRONG, 1, 1)), 0x8009_0022);
    assert_eq!(
        (says(rule, &asks, &["iis"]).as_str(), says(rule, &asks, &["code-signing"]).as_str()),
        ("fails", "silent")
    );

    let rule = "smartcard-csp-to-ksp-2025";
    let moved = coded(&linked(CARD_KSP, 0, 0), 0x8009_0014);
    assert_eq!(
        (says(rule, &moved, &["iis"]).as_str(), says(rule, &moved, &["code-signing"]).as_str()),
        ("fails", "silent")
    );
    assert_eq!(says(rule, &linked(CARD_KSP, 0, 0), &["iis"]), "silent");
    assert_eq!(says(rule, &coded(&linked(CARD_CSP, 1, 1), 0x8009_0014), &["iis"]), "silent");

    let rule = "servicefabric-cng";
    let cng = linked(SOFTWARE_KSP, 0, 0);
    assert_eq!(says(rule, &linked(STRONG, 1, 1), &["service-fabric"]), "silent");
    assert_eq!(says(rule, &cng, &["iis"]), "silent");
    // The line of the link that shows the kind.
    assert_eq!(failed(&run(&cng, &["service-fabric"], &[]), rule)[0].evidence[0].place.line, 22);
    let asked = "service-fabric";
    assert_eq!((conditions(rule, &cng, asked), conditions(rule, &coded(&cng, 0x8009_0014), asked)), (1, 2));
}

#[test]
fn the_link_that_operations_manager_lacks() {
    let rule = "scom-repairstore";
    let alone = but(&linked(SCHANNEL, 12, 1), |c| {
        c.key = Default::default();
        c.key.association = Association::None;
        certificate(c).extended_key_usage =
            Some(fact(vec![oid::SERVER_AUTH.to_owned(), oid::CLIENT_AUTH.to_owned()], 6));
    });
    let with = |change: fn(&mut Credential)| says(rule, &but(&alone, change), &["scom"]);
    assert_eq!(with(|_| ()), "fails");
    assert_eq!(says(rule, &alone, &["iis"]), "silent");
    assert_eq!(with(|c| c.key.association = Association::FoundBySearch), "fails");
    assert_eq!(with(|c| c.key.association = Association::Linked), "passes");
    assert_eq!(with(|c| c.key.association = Association::Unknown), "unknown");
    assert_eq!(with(|c| c.origin = Origin::FileDump), "silent");
    assert_eq!(
        with(|c| certificate(c).extended_key_usage = Some(fact(vec![oid::SERVER_AUTH.to_owned()], 6))),
        "silent"
    );
    assert_eq!(with(|c| certificate(c).extended_key_usage = None), "silent");
    // It takes its certificate from the machine's store, whatever names another one; an authority's is none of its own.
    let user = but(&alone, |c| {
        c.store = Some(Store { name: Some(fact("My".to_owned(), 1)), scope: Some(fact(Scope::User, 1)) });
    });
    let authority = but(&alone, |c| certificate(c).is_ca = Some(fact(true, 4)));
    for c in [user, authority] {
        assert_eq!(words(&run(&c, &["scom"], &["scom"]), rule), "silent");
    }
    let other = |c: &mut Credential| {
        certificate(c).extended_key_usage =
            Some(fact(vec![oid::SERVER_AUTH.to_owned(), oid::CODE_SIGNING.to_owned()], 6));
    };
    assert_eq!(with(other), "silent");
}

#[test]
fn imports_that_were_not_kept() {
    let rule = "pfx-import-not-persisted";
    let gone = remarked(&untested(&linked(STRONG, 1, 1)), KeyRemark::MissingStoredKeyset);
    let with = |change: fn(&mut Credential)| says(rule, &but(&gone, change), &["iis"]);
    assert_eq!(with(|_| ()), "fails");
    assert_eq!(with(|c| c.origin = Origin::FileDump), "silent");
    assert_eq!(with(|c| c.key.association = Association::FoundBySearch), "silent");
    assert_eq!(with(|c| c.key.encryption_test = TestOutcome::Passed), "silent");
    assert_eq!(with(|c| c.key.stored_container = Some(fact("te-0125d557".to_owned(), 20))), "passes");
    assert_eq!(with(|c| c.key.provider = Some(fact(LUNA_CSP.to_owned(), 21))), "silent");
    assert_eq!(says(rule, &untested(&linked(STRONG, 1, 1)), &["iis"]), "silent");
}

#[test]
fn commands_of_remedies() {
    use super::remedy::{self, Remedy};
    for (name, shown) in [
        ("my", Some("my")),
        ("Remote Desktop", Some("\"Remote Desktop\"")),
        ("a(1)", Some("\"a(1)\"")),
        ("{11111111-2222-4333-8444-555555555555}", Some("{11111111-2222-4333-8444-555555555555}")),
        ("a_b@c:d.e", Some("a_b@c:d.e")),
    ] {
        assert_eq!(remedy::quoted(name).as_deref(), shown, "{name}");
    }
    assert!(remedy::quoted(&"a".repeat(256)).is_some());
    for name in ["", "-user", "a&b", "a\"b", "%x%", "$x", "a;b", "b\u{fc}cher", &"a".repeat(257)] {
        assert_eq!(remedy::quoted(name), None, "{name}");
    }
    let machine = but(&linked(STRONG, 1, 2), |c| certificate(c).sha1 = Some(fact(Sha1([0xAB; 20]), 2)));
    let id = "ab".repeat(20);
    let user = but(&machine, |c| {
        c.store = Some(Store { name: Some(fact("My".to_owned(), 1)), scope: Some(fact(Scope::User, 1)) });
    });
    assert_eq!(remedy::show_command(&machine), format!("certutil -v -store my {id}"));
    assert_eq!(remedy::show_command(&user), format!("certutil -user -v -store my {id}"));
    let run = |r: Remedy| r.steps.iter().map(|s| s.run.to_string()).collect::<Vec<_>>();
    assert_eq!(run(remedy::repair_store(&machine, "")), [format!("certutil -repairstore my {id}")]);
    assert_eq!(run(remedy::repair_store(&user, "")), [format!("certutil -user -repairstore my {id}")]);
    // A service's own store, with the service's name before it.
    let service = but(&machine, |c| {
        c.store = Some(Store { name: Some(fact("NTDS\\My".to_owned(), 1)), scope: Some(fact(Scope::Service, 1)) });
    });
    assert_eq!(remedy::show_command(&service), format!("certutil -service -v -store ntds\\my {id}"));
    // A vendor's provider is named.
    let hsm = but(&machine, |c| c.key.provider = Some(fact("Cavium Key Storage Provider".to_owned(), 21)));
    let named = format!("certutil -f -csp \"Cavium Key Storage Provider\" -repairstore my {id}");
    assert_eq!(run(remedy::repair_store(&hsm, "")), [named.as_str()]);
    let missing = |c: &Credential| {
        let remedies: Vec<Remedy> = remedy::missing_key(c);
        remedies.iter().flat_map(|r| r.steps.iter().map(|s| s.run.clone())).collect::<Vec<_>>().join("\n")
    };
    assert!(missing(&hsm).ends_with(&named) && !missing(&hsm).contains("-delstore"));
    let tpm = but(&machine, |c| c.key.provider = Some(fact("Microsoft Platform Crypto Provider".to_owned(), 21)));
    assert!(missing(&tpm).contains("certreq -new") && !missing(&tpm).contains("-importpfx"));
    let card = but(&machine, |c| c.key.provider = Some(fact(CARD_KSP.to_owned(), 21)));
    assert!(missing(&card).starts_with("certutil -scinfo") && !missing(&card).contains("-delstore"));
    assert!(missing(&machine).starts_with("psexec -s") && missing(&machine).contains(remedy::PERMISSIONS_AGAIN));
    assert!(missing(&user).starts_with("certutil -user -v -store") && !missing(&user).contains("bind again"));
    assert!(remedy::missing_key(&user).iter().all(|r| r.steps.iter().all(|s| s.place == "user")));
    // No export brings it out, or the provider holds no such key: a new one is made.
    let inside = but(&machine, |c| c.key.remarks.push(fact(KeyRemark::NotExportable, 50)));
    for c in [&inside, &tpm] {
        assert!(run(remedy::reimport_as_exchange(c))[0].contains("KeySpec = AT_KEYEXCHANGE"));
    }
    assert!(run(remedy::reimport_into(&inside, SOFTWARE_KSP, ""))[0].contains(SOFTWARE_KSP));
    let curve = but(&machine, |c| certificate(c).public_key.algorithm = Some(fact("ECC".to_owned(), 8)));
    assert!(run(remedy::reimport_into(&curve, SCHANNEL, ""))[0].contains("KeyAlgorithm = RSA"));
    assert!(run(remedy::reimport_into(&curve, SOFTWARE_KSP, ""))[0].contains("-exportpfx"));
    assert_eq!(remedy::passed_test(&curve), "Signature test passed");
    let into = |csp: &str| run(remedy::reimport_into(&machine, csp, ""))[3].clone();
    assert!(into(SCHANNEL).ends_with("-importpfx my key.pfx AT_KEYEXCHANGE"));
    assert!(into(SOFTWARE_KSP).ends_with("-importpfx my key.pfx"));
    // The container holds an exchange key: the link alone is wrong.
    let holds = |slot| {
        but(&untested(&machine), |c| {
            c.key.key_spec_witness = Some(Fact::derived(KeySpec(slot), fact((), 60).place, ONLY_SLOT));
        })
    };
    assert!(run(remedy::reimport_as_exchange(&holds(1)))[1].ends_with("KeyProv.inf"));
    assert!(run(remedy::reimport_as_exchange(&holds(2)))[0].contains("-exportpfx"));
}

#[test]
fn code_that_knows_cryptoapi_keys_only() {
    let rule = "dotnet-privatekey-cng";
    let cng = linked(SOFTWARE_KSP, 0, 0);
    let one = |c: &Credential| failed(&run(c, &["dotnet"], &[]), rule)[0].clone();
    assert_eq!((one(&cng).conditions, one(&cng).severity), (1, Severity::Warning));
    let refused = one(&but(&cng, |c| c.key.codes.push(fact(0x8009_0014, 40))));
    assert_eq!((refused.conditions, refused.severity), (2, Severity::Error));
    assert_eq!(says(rule, &cng, &["iis"]), "silent");
    assert_eq!(says(rule, &linked(STRONG, 1, 1), &["dotnet"]), "silent");
}

#[test]
fn what_iis_manager_7_broke() {
    let rule = "iis-import-nonexportable-bug";
    let broken = but(&untested(&linked(STRONG, 1, 1)), |c| {
        c.key.remarks = vec![fact(KeyRemark::NotExportable, 41), fact(KeyRemark::MissingStoredKeyset, 42)];
        c.surroundings.windows = Some(fact(WindowsVersion { major: 6, minor: 1, build: 7600 }, 1));
    });
    let with = |change: fn(&mut Credential)| says(rule, &but(&broken, change), &["iis"]);
    assert_eq!(with(|_| ()), "fails");
    assert_eq!(says(rule, &broken, &["rdp"]), "silent");
    assert_eq!(with(|c| c.origin = Origin::CertificateFile), "silent");
    assert_eq!(with(|c| c.key.encryption_test = TestOutcome::Passed), "passes");
    assert_eq!(with(|c| c.surroundings.windows = None), "silent");
    assert_eq!(
        with(|c| c.surroundings.windows = Some(fact(WindowsVersion { major: 6, minor: 2, build: 9200 }, 1))),
        "passes"
    );
    assert_eq!(with(|c| c.key.remarks.truncate(1)), "passes");
    assert_eq!(with(|c| c.key.remarks = vec![fact(KeyRemark::MissingStoredKeyset, 42)]), "silent");
}
