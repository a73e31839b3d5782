//! Tests of rules about intended keys on facts that no artifact of the corpus shows.

use super::testing::{fact, failed, run_request, targets, words};
use super::{inf_securitydescriptor, judge, request};
use crate::limits::{BLOCK_VALUES, WRITTEN_INF_BYTES};
use crate::model::judgement::{Confidence, Severity, VerdictOutcome};
use crate::model::key_request::{KeyRequest, RequestForm, attribute};
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
    // No provider of CryptoAPI holds an elliptic-curve key.
    let curve = |name: &str| {
        says("inf-provider-type-mismatch", |key| {
            key.providers = vec![fact(name.to_owned(), 3)];
            key.key_algorithm = Some(fact("ECDSA_P256".to_owned(), 5));
        })
    };
    assert_eq!(curve(SCHANNEL), "fails");
    assert_eq!(curve("Microsoft Software Key Storage Provider"), "silent");
    // What is not confirmed is not written into an INF.
    let mut luna = inf();
    luna.providers = vec![fact("Luna Cryptographic Services for Microsoft Windows".to_owned(), 3)];
    luna.provider_type = Some(fact(0, 4));
    let draft = &failed(&run_request(&luna, &["iis"], None), "inf-provider-type-mismatch")[0];
    assert!(!draft.message.contains("type 1") && !draft.remedies[0].steps[0].run.contains("ProviderType = 1"));
    // The software providers of the types 1 and 24 are one library.
    let mut close = inf();
    close.providers = vec![fact("Microsoft Enhanced RSA and AES Cryptographic Provider".to_owned(), 3)];
    let severity = |key: &mut KeyRequest, kind: u32| {
        key.provider_type = Some(fact(kind, 4));
        failed(&run_request(key, &["iis"], None), "inf-provider-type-mismatch")[0].severity
    };
    assert_eq!((severity(&mut close, 1), severity(&mut close, 12)), (Severity::Note, Severity::Error));
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
    // A user's key of unknown purpose is no server's.
    let personal = |key: &mut KeyRequest| {
        (key.key_spec, key.machine_keyset) = (None, Some(fact(false, 6)));
        key.extended_key_usage.clear();
    };
    assert_eq!(says(rule, personal), "silent");
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

#[test]
fn what_a_request_is_for() {
    let of = |form, change: &dyn Fn(&mut KeyRequest)| {
        let mut key = KeyRequest::new(form);
        (key.usages_shown, key.machine_keyset) = (true, Some(fact(true, 6)));
        key.subject = Some(fact("CN=www.contoso.com".to_owned(), 1));
        change(&mut key);
        request::server(&key)
    };
    let names = |names: &[&str]| names.iter().map(|n| fact((*n).to_owned(), 2)).collect::<Vec<_>>();
    let text = |text: &str| Some(fact(text.to_owned(), 3));
    use RequestForm::{Cmc, Inf, Pkcs10};
    let (sure, likely, possible) = (Some(Confidence::Certain), Some(Confidence::Likely), Some(Confidence::Possible));
    // A host's name alone makes it possible, a DNS name among the alternative ones likely, the purpose certain.
    assert_eq!(of(Inf, &|_| ()), possible);
    for name in ["dns=www.contoso.com", "DNS Name=www.contoso.com"] {
        assert_eq!(of(Inf, &|key| key.alternative_names = names(&[name])), likely, "{name}");
    }
    assert_eq!(of(Inf, &|key| key.alternative_names = names(&["email=dana@contoso.com"])), None);
    assert_eq!(of(Inf, &|key| key.extended_key_usage = names(&[oid::SERVER_AUTH])), sure);
    assert_eq!(of(Inf, &|key| key.extended_key_usage = names(&[oid::ANY_EKU])), sure);
    assert_eq!(of(Inf, &|key| key.extended_key_usage = names(&[oid::CLIENT_AUTH])), None);
    assert_eq!(of(Inf, &|key| key.extended_key_usage = names(&["<usage>"])), None);
    // The old certificate's purpose holds; an artifact that shows no purposes tells nothing.
    assert_eq!(of(Inf, &|key| key.existing = text("1")), None);
    assert_eq!(of(Inf, &|key| key.usages_shown = false), None);
    // A request in DER does not say where its key is.
    let nowhere = |key: &mut KeyRequest| key.machine_keyset = None;
    assert_eq!((of(Inf, &nowhere), of(Pkcs10, &nowhere), of(Cmc, &nowhere)), (None, possible, possible));
    // The template's name; an authority's certificate.
    assert_eq!(of(Inf, &|key| key.template = text("WebServer")), likely);
    assert_eq!(of(Inf, &|key| key.template = text("Workstation")), None);
    assert_eq!(of(Inf, &|key| key.template = text("Contoso")), possible);
    assert_eq!(of(Inf, &|key| key.is_ca = Some(fact(true, 4))), None);
    assert_eq!(of(Inf, &|key| key.key_usage = Some(fact(0x06, 4))), None);
}

#[test]
fn a_script_that_makes_a_key_is_judged() {
    let all = targets(&["iis"]);
    let judged = |change: &dyn Fn(&mut KeyRequest)| {
        let mut key = KeyRequest::new(RequestForm::Script);
        key.machine_keyset = Some(fact(true, 6));
        change(&mut key);
        !judge::request_candidates(&key, &all).is_empty()
    };
    let text = |text: &str| fact(text.to_owned(), 3);
    assert!(!judged(&|_| ()), "it may only import one");
    assert!(judged(&|key| key.providers = vec![text(SCHANNEL)]));
    assert!(judged(&|key| key.provider_type = Some(fact(12, 3))));
    assert!(judged(&|key| key.key_spec = Some(fact(1, 3))));
    assert!(judged(&|key| key.key_algorithm = Some(text("RSA"))));
    assert!(judged(&|key| key.extended_key_usage = vec![text(oid::SERVER_AUTH)]));
    // A user's key of unknown purpose serves no machine.
    assert!(!judged(&|key| (key.machine_keyset, key.key_spec) = (Some(fact(false, 6)), Some(fact(1, 3)))));
}

#[test]
fn where_a_request_names_its_provider() {
    let line = |change: &dyn Fn(&mut KeyRequest)| {
        let mut key = inf();
        change(&mut key);
        request::kind_place(&key).map(|place| place.line)
    };
    assert_eq!(line(&|_| ()), Some(3));
    assert_eq!(line(&|key| key.provider_type = Some(fact(12, 8))), Some(3));
    assert_eq!(line(&|key| (key.providers, key.provider_type) = (Vec::new(), Some(fact(12, 8)))), Some(8));
    assert_eq!(line(&|key| key.providers.clear()), None);
}

#[test]
fn whose_requests_a_rule_is_about() {
    let of = |key: &KeyRequest, rule: &str, asked: &str| words(&run_request(key, &[asked], None), rule);
    // A key in the user's profile is no matter for what keeps keys there, nor for what is no server.
    let mut personal = inf();
    personal.machine_keyset = None;
    let rule = "inf-machinekeyset-missing";
    assert_eq!(of(&personal, rule, "iis"), "fails");
    for asked in ["generic", "pfx-import"] {
        assert_eq!(of(&personal, rule, asked), "silent", "{asked}");
    }
    // A document says of IIS that a signature key fails, none says so of Kestrel; token decryption is no server.
    let rule = "template-keyspec-signature-tls";
    let wrong = template(2, SCHANNEL, oid::SERVER_AUTH);
    assert_eq!(of(&wrong, rule, "iis"), "fails");
    for asked in ["kestrel", "ad-fs-token-decrypting"] {
        assert_eq!(of(&wrong, rule, asked), "silent", "{asked}");
    }
    assert_eq!(of(&template(2, SCHANNEL, oid::CODE_SIGNING), rule, "iis"), "passes");
}

#[test]
fn what_operations_manager_asks_of_an_inf() {
    let rule = "scom-inf";
    let good = || {
        let mut key = inf();
        key.key_usage = Some(fact(0xF0, 5));
        key.extended_key_usage = [oid::SERVER_AUTH, oid::CLIENT_AUTH].map(|u| fact(u.to_owned(), 4)).to_vec();
        key
    };
    let said = |change: &dyn Fn(&mut KeyRequest)| {
        let mut key = good();
        change(&mut key);
        words(&run_request(&key, &["scom"], None), rule)
    };
    let usages = |list: &[&str]| list.iter().map(|u| fact((*u).to_owned(), 4)).collect::<Vec<_>>();
    assert_eq!(said(&|_| ()), "passes");
    assert_eq!(said(&|key| key.key_usage = Some(fact(0xA0, 5))), "passes");
    assert_eq!(said(&|key| key.key_usage = Some(fact(0x80, 5))), "fails");
    assert_eq!(said(&|key| key.key_usage = None), "fails");
    assert_eq!(said(&|key| key.key_spec = Some(fact(2, 2))), "fails");
    assert_eq!(said(&|key| key.key_spec = None), "fails");
    assert_eq!(said(&|key| key.machine_keyset = Some(fact(false, 6))), "fails");
    assert_eq!(said(&|key| key.extended_key_usage = usages(&[oid::SERVER_AUTH])), "fails");
    assert_eq!(said(&|key| key.extended_key_usage = usages(&[oid::SERVER_AUTH, oid::CODE_SIGNING])), "fails");
    assert_eq!(said(&|key| key.extended_key_usage = usages(&[oid::ANY_EKU])), "passes");
    // The template's purposes; a key storage provider has no KeySpec.
    let by_template = |key: &mut KeyRequest| {
        key.extended_key_usage = usages(&[oid::SERVER_AUTH]);
        key.template = Some(fact("OperationsManager".to_owned(), 3));
    };
    assert_eq!(said(&by_template), "passes");
    let ksp = |key: &mut KeyRequest| {
        key.providers = vec![fact("Microsoft Software Key Storage Provider".to_owned(), 3)];
        key.key_spec = None;
    };
    assert_eq!(said(&ksp), "passes");
    assert_eq!(said(&|key| key.existing = Some(fact("1".to_owned(), 7))), "silent");
    assert_eq!(words(&run_request(&good(), &["iis"], None), rule), "silent");
}

/// A request in DER that says how and where its key was made.
fn csr(machine: Option<&str>, process: Option<&str>) -> KeyRequest {
    let mut csr = template(2, SCHANNEL, oid::SERVER_AUTH);
    csr.form = RequestForm::Pkcs10;
    csr.client_machine = machine.map(|machine| fact(machine.to_owned(), 6));
    csr.client_process = process.map(|process| fact(process.to_owned(), 7));
    csr
}

#[test]
fn the_provider_that_a_request_states() {
    let rule = "csr-enrollment-csp-attribute";
    let of = |key: &KeyRequest| words(&run_request(key, &["iis"], None), rule);
    assert_eq!(of(&csr(None, None)), "fails");
    // Windows writes its version or the client's machine: without the attribute the KeySpec is open.
    let bare = |key: KeyRequest| KeyRequest { key_spec: None, ..key };
    assert_eq!(of(&bare(csr(None, None))), "silent");
    assert_eq!(of(&bare(csr(Some("WEB01"), None))), "unknown");
    let of_windows = KeyRequest { os_version: Some(fact("10.0.14393".to_owned(), 8)), ..bare(csr(None, None)) };
    assert_eq!(of(&of_windows), "unknown");
    assert_eq!(of(&KeyRequest { key_spec: Some(fact(1, 2)), ..csr(None, None) }), "passes");
    // What the provider cannot hold: a key in neither place of its containers, an elliptic-curve key.
    let none = KeyRequest { key_spec: Some(fact(0, 2)), ..csr(None, None) };
    let curve =
        KeyRequest { key_spec: Some(fact(1, 2)), key_algorithm: Some(fact("ECC".to_owned(), 3)), ..csr(None, None) };
    for key in [&none, &curve] {
        let found = run_request(key, &["iis"], None);
        assert_eq!(failed(&found, rule)[0].confidence, Confidence::Possible);
    }
    let cng = |key: &KeyRequest| KeyRequest {
        providers: vec![fact("Microsoft Software Key Storage Provider".to_owned(), 3)],
        ..key.clone()
    };
    assert_eq!([of(&cng(&none)), of(&cng(&curve))], ["passes", "passes"]);
}

#[test]
fn who_made_a_request() {
    let rule = "csr-key-not-on-target";
    let of = |key: &KeyRequest, computer| words(&run_request(key, &["iis"], computer), rule);
    assert_eq!(of(&csr(None, None), Some("WEB01")), "silent");
    assert_eq!(of(&csr(Some("WEB01"), Some("certreq.exe")), Some("WEB01")), "passes");
    assert_eq!(of(&csr(Some("WEB01"), None), Some("WEB01")), "passes");
    // Which machine it is for is not shown, or not where it was made.
    assert_eq!(of(&csr(Some("WEB01"), None), None), "silent");
    assert_eq!(of(&csr(None, Some("certreq.exe")), Some("WEB01")), "silent");
    // A browser, and autoenrollment for a person, make keys in a profile.
    assert_eq!(of(&csr(None, Some("C:\\Program Files\\msedge.exe")), None), "fails");
    let by =
        |user: &str| KeyRequest { client_user: Some(fact(user.to_owned(), 8)), ..csr(None, Some("taskhostw.exe")) };
    assert_eq!(of(&by("CONTOSO\\dana"), None), "fails");
    assert_eq!(of(&by("CONTOSO\\WEB01$"), None), "silent");
    assert_eq!(of(&by(""), None), "silent");
    assert_eq!(of(&csr(None, Some("taskhostw.exe")), None), "silent");
    // A text that names the attribute and not its value.
    let unprinted = vec![fact(attribute::CLIENT_INFO.to_owned(), 9)];
    assert_eq!(of(&KeyRequest { unprinted, ..csr(None, None) }, Some("WEB01")), "unknown");
}

#[test]
fn an_inf_put_right() {
    use super::corrected_inf::corrected;
    let with = |values: &[(&str, &str, &str)]| {
        let mut key = inf();
        let value = |(section, name, value): &(&str, &str, &str)| {
            ((*section).to_owned(), (*name).to_owned(), fact((*value).to_owned(), 3))
        };
        key.values = values.iter().map(value).collect();
        key
    };
    let plain = with(&[("Version", "Signature", "$Windows NT$"), ("NewRequest", "KeySpec", "2")]);
    assert_eq!(
        corrected(&plain, &["inf-keyspec-signature-tls"]).as_deref(),
        Some(
            "; corrected.inf: what changed is said behind the line\n[Version]\nSignature = \"$Windows NT$\"\n\n\
             [NewRequest]\nKeySpec = AT_KEYEXCHANGE ; was 2\n"
        )
    );
    assert_eq!(corrected(&plain, &["cert-expired"]), None);
    assert_eq!(corrected(&with(&[]), &["inf-keyspec-missing"]), None);
    // As many lines and bytes as are written, and not one more.
    let lines = |count| corrected(&with(&vec![("NewRequest", "A", "b"); count]), &["inf-keyspec-missing"]).is_some();
    assert!(lines(BLOCK_VALUES) && !lines(BLOCK_VALUES + 1));
    let bytes =
        |count| corrected(&with(&[("NewRequest", "A", &"b".repeat(count))]), &["inf-keyspec-missing"]).is_some();
    let room = WRITTEN_INF_BYTES - "NewRequest".len() - "A".len();
    assert!(bytes(room) && !bytes(room + 1));
    // What an elliptic-curve key can do; the type of a KSP that is not in the catalogue; the value that lacks its quotes.
    let has = |key: &KeyRequest, rule: &str, text: &str| corrected(key, &[rule]).is_some_and(|inf| inf.contains(text));
    let mut ec = plain.clone();
    ec.key_algorithm = Some(fact("ECDSA_P256".to_owned(), 4));
    let both = "\"NCRYPT_ALLOW_DECRYPT_FLAG | NCRYPT_ALLOW_SIGNING_FLAG\"";
    assert!(has(&plain, "inf-keyusageproperty-conflict", both));
    assert!(has(&ec, "inf-keyusageproperty-conflict", "KeyUsageProperty = NCRYPT_ALLOW_SIGNING_FLAG"));
    // What several rules found together: an elliptic-curve key goes to a provider that holds such keys, without KeySpec and
    // type.
    let lines = [
        ("ProviderName", "Microsoft RSA SChannel Cryptographic Provider"),
        ("ProviderType", "12"),
        ("KeySpec", "2"),
        ("KeyAlgorithm", "ECDSA_P256"),
    ];
    let mut curve = with(&lines.map(|(name, value)| ("NewRequest", name, value)));
    curve.key_algorithm = Some(fact("ECDSA_P256".to_owned(), 4));
    let all = ["inf-keyspec-signature-tls", "inf-provider-type-mismatch"];
    for rules in [&all[..], &all[1..], &[all[1], all[0]]] {
        let text = corrected(&curve, rules).unwrap_or_default();
        assert!(text.contains("ProviderName = \"Microsoft Software Key Storage Provider\" ; was "), "{text}");
        assert!(!text.contains("KeySpec") && !text.contains("ProviderType"), "{text}");
    }
    // One that is to be an RSA key after all stays one.
    let text = corrected(&curve, &["dpm-cng", all[1]]).unwrap_or_default();
    assert!(text.contains("KeyAlgorithm = RSA") && text.contains("ProviderType = 24"), "{text}");
    let on = |provider: &str| {
        let mut key = plain.clone();
        key.providers = vec![fact(provider.to_owned(), 5)];
        key
    };
    assert!(has(&on("Contoso Key Storage Provider"), "inf-provider-type-mismatch", "ProviderType = 0"));
    for unknown in ["Contoso Provider", "Luna Cryptographic Services for Microsoft Windows"] {
        assert_eq!(corrected(&on(unknown), &["inf-provider-type-mismatch"]), None, "{unknown}");
    }
    let mut pipes = with(&[("NewRequest", "KeyUsage", "A | B"), ("NewRequest", "KeySpec", "1")]);
    pipes.unquoted_pipes = vec![("KeyUsage".to_owned(), fact("A | B".to_owned(), 3))];
    let text = corrected(&pipes, &["inf-unquoted-pipe"]).unwrap_or_default();
    assert!(text.contains("KeyUsage = \"A | B\" ; quotes added\nKeySpec = 1\n"), "{text}");
}
