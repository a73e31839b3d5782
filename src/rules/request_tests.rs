//! Tests of rules about intended keys on facts that no artifact of the corpus shows.

use super::testing::{fact, failed, run_request, targets};
use super::{judge, request};
use crate::model::judgement::{Confidence, Severity, VerdictOutcome};
use crate::model::key_request::{KeyRequest, RequestForm};
use crate::model::oid;

const SCHANNEL: &str = "Microsoft RSA SChannel Cryptographic Provider";

fn template(key_spec: u32, provider: &str, usage: &str) -> KeyRequest {
    let mut template = KeyRequest::new(RequestForm::Template);
    template.name = Some(fact("ContosoWeb".to_owned(), 1));
    template.key_spec = Some(fact(key_spec, 2));
    template.providers = vec![fact(provider.to_owned(), 3)];
    template.extended_key_usage = vec![fact(usage.to_owned(), 4)];
    template.usages_shown = true;
    template
}

fn verdict(request: &KeyRequest, asked: &str) -> Option<VerdictOutcome> {
    let all = targets(&[asked]);
    let target = *judge::request_candidates(request, &all).first()?;
    let findings = judge::rank(None, run_request(request, &[asked], None), &all).findings;
    Some(judge::request_verdict(request, target, &findings, None).outcome)
}

#[test]
fn templates() {
    let rule = "template-keyspec-signature-tls";
    let of = |t: &KeyRequest| failed(&run_request(t, &["iis"], None), rule);
    let wrong = template(2, SCHANNEL, oid::SERVER_AUTH);
    let found = of(&wrong);
    assert_eq!((found[0].severity, found[0].confidence), (Severity::Error, Confidence::Likely));
    assert_eq!(verdict(&wrong, "iis"), Some(VerdictOutcome::Fails));
    assert!(of(&template(1, SCHANNEL, oid::SERVER_AUTH)).is_empty());
    assert_eq!(verdict(&template(1, SCHANNEL, oid::SERVER_AUTH), "iis"), Some(VerdictOutcome::Works));
    assert!(of(&template(2, SCHANNEL, oid::CODE_SIGNING)).is_empty());
    assert_eq!(verdict(&template(2, SCHANNEL, oid::CODE_SIGNING), "iis"), None);
    assert_eq!(verdict(&template(2, SCHANNEL, oid::CODE_SIGNING), "code-signing"), Some(VerdictOutcome::Works));
    assert!(of(&template(2, "Microsoft Software Key Storage Provider", oid::SERVER_AUTH)).is_empty());
    let mut any = template(2, SCHANNEL, oid::SERVER_AUTH);
    any.providers.clear();
    assert_eq!((of(&any)[0].severity, of(&any)[0].confidence), (Severity::Warning, Confidence::Possible));
}

#[test]
fn a_script_is_a_possibility() {
    let mut script = template(2, SCHANNEL, oid::SERVER_AUTH);
    script.form = RequestForm::Script;
    script.machine_keyset = Some(fact(false, 5));
    let recorded = run_request(&script, &["iis"], None);
    for rule in ["inf-keyspec-signature-tls", "inf-machinekeyset-missing"] {
        let found = failed(&recorded, rule);
        assert_eq!((found[0].severity, found[0].confidence), (Severity::Warning, Confidence::Possible), "{rule}");
    }
    assert_eq!(verdict(&script, "iis"), Some(VerdictOutcome::AtRisk));
}

#[test]
fn a_request_from_another_machine() {
    let rule = "csr-key-not-on-target";
    let mut csr = template(1, SCHANNEL, oid::SERVER_AUTH);
    csr.form = RequestForm::Pkcs10;
    csr.client_machine = Some(fact("WEB01.contoso.com".to_owned(), 6));
    csr.client_process = Some(fact("certreq.exe".to_owned(), 7));
    let of = |computer: Option<&str>| failed(&run_request(&csr, &["iis"], computer), rule);
    assert!(of(None).is_empty());
    assert!(of(Some("web01")).is_empty());
    assert!(of(Some("web01.fabrikam.com")).is_empty());
    let found = of(Some("WEB02"));
    assert_eq!((found[0].severity, found[0].confidence), (Severity::Warning, Confidence::Likely));
    csr.extended_key_usage = vec![fact(oid::CODE_SIGNING.to_owned(), 4)];
    assert!(failed(&run_request(&csr, &["iis"], Some("WEB02")), rule).is_empty());
}

#[test]
fn names_of_hosts() {
    let host = |subject: &str| {
        let mut key = KeyRequest::new(RequestForm::Inf);
        key.subject = Some(fact(subject.to_owned(), 1));
        request::host(&key)
    };
    for (subject, name) in [
        ("CN=www.contoso.com", "www.contoso.com"),
        ("cn=www.contoso.com,o=Contoso", "www.contoso.com"),
        ("O=Contoso, CN=*.contoso.com", "*.contoso.com"),
        ("CN=web-01.contoso.com;O=Contoso", "web-01.contoso.com"),
    ] {
        assert_eq!(host(subject).as_deref(), Some(name), "{subject}");
    }
    for subject in
        ["CN=Erika Muster", "CN=AD FS Signing - sts.contoso.com", "CN=10.0.0.1", "CN=<fqdn>", "CN=web01", "O=a.b"]
    {
        assert_eq!(host(subject), None, "{subject}");
    }
}

#[test]
fn a_signature_key_of_unknown_purpose() {
    let rule = "inf-keyspec-signature-tls";
    let of = |usage: Option<u32>| {
        let mut inf = template(2, SCHANNEL, oid::SERVER_AUTH);
        inf.form = RequestForm::Inf;
        inf.extended_key_usage.clear();
        inf.usages_shown = false;
        inf.machine_keyset = Some(fact(true, 6));
        inf.key_usage = usage.map(|bits| fact(bits, 5));
        failed(&run_request(&inf, &["iis"], None), rule)
    };
    // A signature key can't do what keyEncipherment allows.
    assert_eq!(of(Some(0xA0))[0].confidence, Confidence::Possible);
    assert!(of(Some(0x80)).is_empty() && of(Some(0)).is_empty() && of(None).is_empty());
}

#[test]
fn the_table_alone_for_a_request() {
    let outcome = |request: &KeyRequest, asked: &str| {
        let target = targets(&[asked])[0];
        judge::request_verdict(request, target, &[], None).outcome
    };
    let wrong = template(2, SCHANNEL, oid::SERVER_AUTH);
    assert_eq!(outcome(&wrong, "iis"), VerdictOutcome::Fails);
    assert_eq!(outcome(&template(1, SCHANNEL, oid::SERVER_AUTH), "iis"), VerdictOutcome::Works);
    // It may never have run; the provider is not known; it may be for another server.
    let changed = |change: &dyn Fn(&mut KeyRequest)| {
        let mut request = wrong.clone();
        change(&mut request);
        outcome(&request, "iis")
    };
    assert_eq!(changed(&|r| r.form = RequestForm::Script), VerdictOutcome::AtRisk);
    assert_eq!(changed(&|r| r.providers.clear()), VerdictOutcome::AtRisk);
    assert_eq!(changed(&|r| r.extended_key_usage.clear()), VerdictOutcome::AtRisk);
    // An inference alone.
    assert_eq!(outcome(&wrong, "kestrel"), VerdictOutcome::AtRisk);
    // What is no TLS server is meant whatever the purpose.
    let ksp = template(0, "Microsoft Software Key Storage Provider", oid::CLIENT_AUTH);
    assert!(!targets(&["ad-fs-token-signing"])[0].workload.server);
    assert_eq!(outcome(&ksp, "ad-fs-token-signing"), VerdictOutcome::Fails);
    // Neither a KeySpec nor a provider is stated.
    assert_eq!(changed(&|r| (r.key_spec, r.providers) = (None, Vec::new())), VerdictOutcome::Unknown);
}
