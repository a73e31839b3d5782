//! Tests of rules about intended keys on facts that no artifact of the corpus shows.

use super::testing::{fact, failed, run_request, targets, words};
use super::{inf_securitydescriptor, judge, request};
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

/// An INF for a server's key in the machine, on one provider.
fn inf() -> KeyRequest {
    let mut inf = template(1, SCHANNEL, oid::SERVER_AUTH);
    inf.form = RequestForm::Inf;
    inf.machine_keyset = Some(fact(true, 6));
    inf
}

/// What a rule says of an INF after a change.
fn says(rule: &str, change: impl FnOnce(&mut KeyRequest)) -> String {
    let mut key = inf();
    change(&mut key);
    words(&run_request(&key, &["iis"], None), rule)
}

#[test]
fn the_type_of_a_provider() {
    let said = |name: &str, kind: u32| {
        says("inf-provider-type-mismatch", |key| {
            key.providers = vec![fact(name.to_owned(), 3)];
            key.provider_type = Some(fact(kind, 4));
        })
    };
    for (name, kind, word) in [
        (SCHANNEL, 12, "passes"),
        (SCHANNEL, 1, "fails"),
        ("Microsoft Enhanced RSA and AES Cryptographic Provider", 12, "fails"),
        ("Microsoft Software Key Storage Provider", 0, "passes"),
        ("Utimaco CryptoServer Key Storage Provider", 1, "fails"),
        ("Contoso Key Storage Provider", 1, "fails"),
        ("Contoso Key Storage Provider", 0, "passes"),
        // A vendor's CSP: its type is not confirmed, but it is none of CNG.
        ("Luna Cryptographic Services for Microsoft Windows", 12, "silent"),
        ("Luna Cryptographic Services for Microsoft Windows", 0, "fails"),
        ("Contoso Provider", 0, "silent"),
    ] {
        assert_eq!(said(name, kind), word, "{name} {kind}");
    }
    assert_eq!(says("inf-provider-type-mismatch", |_| ()), "silent");
}

#[test]
fn a_hash_that_the_provider_lacks() {
    let said = |name: Option<&str>, kind: Option<u32>, hash: &str| {
        says("inf-hash-unsupported-by-csp", |key| {
            key.providers = name.into_iter().map(|name| fact(name.to_owned(), 3)).collect();
            key.provider_type = kind.map(|kind| fact(kind, 4));
            key.hash_algorithm = Some(fact(hash.to_owned(), 5));
        })
    };
    assert_eq!(said(Some(SCHANNEL), None, "SHA-256"), "fails");
    assert_eq!(said(Some(SCHANNEL), None, "SHA1"), "silent");
    assert_eq!(said(Some("Microsoft Enhanced RSA and AES Cryptographic Provider"), Some(24), "sha256"), "passes");
    // The type alone tells only where no provider is named.
    for (kind, word) in [(1, "fails"), (12, "fails"), (24, "passes")] {
        assert_eq!(said(None, Some(kind), "sha512"), word, "{kind}");
    }
    assert_eq!(said(Some("Contoso Provider"), Some(12), "sha256"), "passes");
    assert_eq!(said(None, None, "sha256"), "passes");
}

#[test]
fn an_inf_without_key_spec() {
    let rule = "inf-keyspec-missing";
    assert_eq!(says(rule, |_| ()), "passes");
    assert_eq!(says(rule, |key| key.key_spec = None), "fails");
    let bare = |key: &mut KeyRequest| (key.key_spec, key.providers) = (None, Vec::new());
    assert_eq!(says(rule, bare), "fails");
    let of_unknown_purpose = |key: &mut KeyRequest| {
        bare(key);
        key.extended_key_usage.clear();
    };
    assert_eq!(says(rule, of_unknown_purpose), "silent");
    // A script may say it elsewhere.
    let script = |key: &mut KeyRequest| {
        bare(key);
        key.form = RequestForm::Script;
    };
    assert_eq!(says(rule, script), "silent");
    assert_eq!(says(rule, |key| (key.key_spec, key.existing) = (None, Some(fact("1".to_owned(), 7)))), "silent");
}

#[test]
fn what_the_new_key_may_do() {
    let rule = "inf-keyusageproperty-conflict";
    let said = |bits: u32| says(rule, |key| key.key_usage_property = Some(fact(bits, 7)));
    // 1 decrypt, 2 sign, 4 agree; 0: nothing is said; 0xFFFFFF: all.
    for (bits, word) in [
        (0, "passes"),
        (1, "fails"),
        (2, "passes"),
        (3, "passes"),
        (4, "fails"),
        (8, "fails"),
        (0xA, "fails"),
        (0x00FF_FFFF, "passes"),
    ] {
        assert_eq!(said(bits), word, "{bits}");
    }
    let for_no_server = |key: &mut KeyRequest| {
        key.key_usage_property = Some(fact(1, 7));
        key.extended_key_usage = vec![fact(oid::CLIENT_AUTH.to_owned(), 4)];
    };
    assert_eq!(says(rule, for_no_server), "passes");
    // Bits without a meaning fail whatever the provider; what a CryptoAPI key may do the property may not decide.
    let sure = |bits: u32, provider: &str| {
        let mut key = inf();
        key.key_usage_property = Some(fact(bits, 7));
        key.providers = vec![fact(provider.to_owned(), 3)];
        failed(&run_request(&key, &["iis"], None), rule)[0].confidence
    };
    let ksp = "Microsoft Software Key Storage Provider";
    assert_eq!((sure(1, SCHANNEL), sure(1, ksp)), (Confidence::Possible, Confidence::Likely));
    assert_eq!(sure(8, SCHANNEL), Confidence::Likely);
}

#[test]
fn an_inf_without_alternative_names() {
    let rule = "inf-no-san";
    let text = |text: &str| Some(fact(text.to_owned(), 7));
    assert_eq!(says(rule, |key| key.subject = text("CN=www.contoso.com")), "fails");
    assert_eq!(says(rule, |key| key.unread_names = true), "passes");
    assert_eq!(says(rule, |key| key.alternative_names = text("dns=www.contoso.com").into_iter().collect()), "passes");
    // The old certificate's names, or the directory's.
    assert_eq!(says(rule, |key| (key.subject, key.existing) = (text("CN=www.contoso.com"), text("1"))), "silent");
    assert_eq!(says(rule, |key| key.template = text("WebServer")), "silent");
    assert_eq!(says(rule, |key| (key.subject, key.template) = (text("CN=a.b"), text("WebServer"))), "fails");
}

#[test]
fn who_may_open_the_new_key() {
    for (sddl, out) in [
        ("D:P(A;;GA;;;SY)(A;;GA;;;BA)", false),
        ("D:P(A;;GA;;;S-1-5-18)", false),
        ("D:(A;;GR;;;WD)", false),
        ("D:P(A;;GA;;;S-1-1-0)", false),
        ("D:P(A;;GA;;;BA)", true),
        ("O:SYG:SYD:P(A;;GA;;;BA)", true),
        // What is denied is not allowed; an entry for auditing lets nobody in.
        ("D:P(D;;GA;;;SY)(A;;GA;;;SY)(A;;GA;;;BA)", true),
        ("D:P(A;;GA;;;BA)S:(AU;SA;GA;;;SY)", true),
        ("D:P(A;;GA;;;BA)S:(A;;GA;;;SY)", true),
        // Not to be read, or nothing about access: nobody is known to be left out.
        ("D:P(A;;GA)", false),
        ("S:(AU;SA;GA;;;WD)", false),
    ] {
        assert_eq!(inf_securitydescriptor::leaves_out_system(sddl), out, "{sddl}");
    }
    let with = |sddl| inf_securitydescriptor::with_entry(sddl, "(A;;GA;;;SY)");
    assert_eq!(with("D:P(A;;GA;;;BA)"), "D:P(A;;GA;;;BA)(A;;GA;;;SY)");
    assert_eq!(with("D:P(A;;GA;;;BA)S:(AU;SA;GA;;;WD)"), "D:P(A;;GA;;;BA)(A;;GA;;;SY)S:(AU;SA;GA;;;WD)");
    // The list of access may come last.
    assert_eq!(with("S:(AU;SA;GA;;;WD)D:P(A;;GA;;;BA)"), "S:(AU;SA;GA;;;WD)D:P(A;;GA;;;BA)(A;;GA;;;SY)");
}
