//! Each condition of the rules about Schannel's events counts.

use super::check::{FindingDraft, Outcome};
use super::schannel::{self, Teller};
use super::testing;
use super::testing::{case_of, certificate, fact, failed, linked, observed, run_case, words};
use crate::case::credential::{Association, Credential, CredentialId, Origin, ValidityDate};
use crate::limits::EVENT_CERTIFICATES;
use crate::model::date::Moment;
use crate::model::event;
use crate::model::event_record::{EventRecord, Side};
use crate::model::judgement::Confidence;
use crate::model::observation::{ErrorContext, ErrorText, Observation, Observed};
use crate::model::thumbprint::Sha1;
use time::macros::datetime;

const STRONG: &str = "Microsoft Strong Cryptographic Provider";
const CONTAINER: &str = "{11111111-2222-4333-8444-555555555555}";

fn event(number: u32) -> EventRecord {
    let provider = Some(fact("Schannel".to_owned(), 4));
    EventRecord { id: Some(fact(number, 5)), provider, side: Some(fact(Side::Server, 6)), ..EventRecord::default() }
}

fn client(e: EventRecord) -> EventRecord {
    EventRecord { side: Some(fact(Side::Client, 6)), ..e }
}

fn by(process: &str, e: EventRecord) -> EventRecord {
    EventRecord { process: Some(fact(process.to_owned(), 7)), ..e }
}

fn logged(list: Vec<EventRecord>) -> Vec<Observed> {
    list.into_iter().map(|e| observed(5, Observation::Event(Box::new(e)))).collect()
}

fn said(kept: Vec<Credential>, events: Vec<EventRecord>, rule: &str, asked: &[&str]) -> String {
    words(&run_case(&case_of(kept, logged(events)), asked), rule)
}

fn found(kept: Vec<Credential>, events: Vec<EventRecord>, rule: &str, asked: &[&str]) -> Vec<FindingDraft> {
    failed(&run_case(&case_of(kept, logged(events)), asked), rule)
}

/// What a rule says when it has no finding.
fn reason(kept: Vec<Credential>, events: Vec<EventRecord>, rule: &str) -> String {
    let recorded = run_case(&case_of(kept, logged(events)), &["iis"]);
    let own = recorded.into_iter().find(|r| r.rule.name == rule).map(|r| r.outcome);
    match own {
        Some(Outcome::Pass(reason) | Outcome::NotApplicable(reason)) => reason.to_string(),
        _ => String::new(),
    }
}

fn numbered(id: u32) -> Credential {
    Credential { id: CredentialId(id), ..linked(STRONG, 1, 1) }
}

#[test]
fn who_used_a_key() {
    let of = |e: EventRecord| schannel::teller(&e).workload;
    for (process, workload) in [
        ("SYSTEM", Some("iis")),
        ("lsass", Some("ldaps")),
        ("C:\\Windows\\System32\\lsass.exe", Some("ldaps")),
        ("svchost.exe", Some("rdp")),
        ("TermService", Some("rdp")),
        ("sqlservr", Some("sql-server")),
        ("WindowsAdminCenter", Some("wac")),
        ("diahost.exe", Some("shir")),
        ("HealthService", Some("scom")),
        ("MonitoringHost.exe", Some("scom")),
        ("Microsoft.IdentityServer.ServiceHost.exe", Some("ad-fs")),
        ("w3wp.exe", Some("dotnet")),
        ("contoso.exe", None),
    ] {
        assert_eq!(of(by(process, event(36_870))), workload, "{process}");
    }
    let number = |id| EventRecord { process_id: Some(fact(id, 8)), ..event(36_870) };
    assert_eq!((of(number(4)), of(number(5))), (Some("iis"), None));
    let user = |name: &str| EventRecord { user: Some(fact(name.to_owned(), 8)), ..event(36_870) };
    assert_eq!(of(user("S-1-5-20")), Some("rdp"));
    assert_eq!(of(user("NT AUTHORITY\\Network Service")), Some("rdp"));
    assert_eq!((of(user("S-1-5-18")), of(event(36_870))), (None, None));
    assert!(!schannel::teller(&by("contoso.exe", event(36_870))).words.is_empty());
    // What separates the candidates: whose right to look at.
    let look = |workload| schannel::separate(&Teller { words: String::new(), workload }).steps[1].run.clone();
    assert!(look(Some("rdp")).contains("NETWORK SERVICE"));
    for workload in ["sql-server", "dotnet", "shir", "wac"] {
        assert!(look(Some(workload)).contains("service's account"), "{workload}");
    }
    assert!(look(Some("iis")).contains("SYSTEM") && look(None).contains("SYSTEM"));
}

#[test]
fn the_certificates_that_an_event_can_be_about() {
    let related = |kept: &[&Credential], e: EventRecord| {
        let kept = kept.iter().map(|c| (*c).clone()).collect();
        let related = &found(kept, vec![e], "schannel-36870-dispatch", &["iis", "rdp"])[0].related;
        related.iter().map(|id| id.0).collect::<Vec<_>>()
    };
    let of_iis = || by("SYSTEM", event(36_870));
    let (one, two) = (numbered(1), numbered(2));
    assert_eq!(related(&[&one, &two], of_iis()), [1, 2]);
    assert_eq!(related(&[&one, &two], event(36_870)), [1, 2]);
    // Those that are bound, if there are any, and to that workload.
    let bound = |c: &Credential, workload| {
        let mut c = c.clone();
        c.bound.push(testing::bound(workload));
        c
    };
    assert_eq!(related(&[&one, &bound(&two, "iis")], of_iis()), [2]);
    assert_eq!(related(&[&bound(&one, "rdp"), &bound(&two, "iis")], of_iis()), [2]);
    assert_eq!(related(&[&bound(&one, "rdp"), &bound(&two, "iis")], event(36_870)), [1, 2]);
    // No stored certificate, none for that purpose, another program's key.
    let mut file = numbered(3);
    file.origin = Origin::FileDump;
    let mut signer = numbered(4);
    certificate(&mut signer).extended_key_usage = Some(fact(vec![crate::model::oid::CODE_SIGNING.to_owned()], 6));
    assert_eq!(related(&[&one, &file, &signer], of_iis()), [1]);
    assert!(related(&[&one], by("contoso.exe", event(36_870))).is_empty());
    assert!(related(&[&one], by("sqlservr", event(36_870))).is_empty());
}

#[test]
fn a_key_that_could_not_be_opened() {
    let rule = "schannel-36870-dispatch";
    let coded = |code| EventRecord { code: Some(fact(code, 9)), ..event(36_870) };
    let message = |list| found(Vec::new(), list, rule, &["iis"])[0].message.clone();
    for (code, decides) in [
        (0x8009_0016, "keyset-missing"),
        (0x8009_000D, "keyspec-signature-on-csp"),
        (0x8009_001A, "key-file-corrupt"),
        (0x8009_0022, "strong-key-protection-silent"),
        (0x8009_0014, "provider-type-name-mismatch"),
        (0x8009_0013, "provider-unknown"),
        (0x8009_0030, "vbs-isolated-key-lost"),
        (0x8009_000B, "dpapi-key-not-valid-for-state"),
        (0x8009_0010, "key-file-no-system-access"),
        (0x8007_0005, "key-file-no-system-access"),
        (0x8009_030E, "ephemeral-key-0x8009030e"),
        (0x8009_0029, "tpm-rsa-pss"),
        (0x8010_0069, "smartcard-or-token-absent"),
        // The code that says nothing: every candidate.
        (0x8009_030D, "key-file-absent"),
    ] {
        let message = message(vec![coded(code)]);
        assert!(message.contains(decides) && !message.contains("no rule of its own"), "{code:08x}");
    }
    assert!(message(vec![coded(0x8007_1234)]).contains("no rule of its own"));
    assert!(message(vec![event(36_870)]).contains("shows no code"));
    // One finding for each code and process.
    let list = vec![coded(0x8009_0016), coded(0x8009_0016), coded(0x8009_030D), by("lsass", coded(0x8009_0016))];
    let all = found(Vec::new(), list, rule, &["iis"]);
    assert_eq!(all.iter().filter(|d| d.message.contains("logged 2 times")).count(), 1);
    assert_eq!(all.len(), 3);
    assert!(message(vec![by("lsass", event(36_870))]).contains("LDAPS"));
    assert!(!message(vec![event(36_870)]).contains("logged"));
    assert!(message(vec![event(36_870)]).contains("names no process"));
    let open = EventRecord { side: None, ..event(36_870) };
    assert!(message(vec![open]).contains("whether a server's or a client's"));
    assert!(!message(vec![event(36_870)]).contains("whether a server's or a client's"));
    assert_eq!(said(Vec::new(), vec![client(event(36_870))], rule, &["iis"]), "silent");
    assert_eq!(said(Vec::new(), vec![event(36_871)], rule, &["iis"]), "silent");
}

#[test]
fn the_key_that_schannel_opened() {
    let rule = "schannel-36868-crosscheck";
    let text = |text: &str| Some(fact(text.to_owned(), 9));
    let opened = || EventRecord {
        key_name: text(CONTAINER),
        key_provider: text(STRONG),
        key_provider_type: Some(fact(1, 9)),
        key_spec: Some(fact(1, 9)),
        ..event(36_868)
    };
    let of = |c: Credential, e: EventRecord| said(vec![c], vec![e], rule, &["iis"]);
    assert_eq!(of(numbered(1), opened()), "passes");
    let differs = |e: EventRecord, words: &str| {
        let all = found(vec![numbered(1)], vec![e], rule, &["iis"]);
        all.len() == 1 && all[0].message.contains(words)
    };
    assert!(differs(
        EventRecord { key_provider: text("Microsoft Software Key Storage Provider"), ..opened() },
        "the provider is"
    ));
    assert!(differs(
        EventRecord { key_provider_type: Some(fact(12, 9)), ..opened() },
        "the provider type is 12, not 1"
    ));
    assert!(differs(EventRecord { key_spec: Some(fact(2, 9)), ..opened() }, "the KeySpec is 2, not 1"));
    assert_eq!(of(numbered(1), EventRecord { key_provider: text(&STRONG.to_uppercase()), ..opened() }), "passes");
    // A link without KeySpec leaves it to the provider.
    let mut none = numbered(1);
    none.key.key_spec = Some(fact(crate::model::key_spec::KeySpec::NONE, 24));
    assert_eq!(of(none, EventRecord { key_spec: Some(fact(2, 9)), ..opened() }), "passes");
    // Another program's container belongs to none of them; the certificate that the event holds tells too.
    assert_eq!(of(numbered(1), EventRecord { key_name: text("other"), ..opened() }), "silent");
    let encoded = |hex: &str, name: &str| EventRecord {
        data: vec![("EncodedCert".to_owned(), fact(hex.to_owned(), 9))],
        key_name: text(name),
        ..opened()
    };
    // Its thumbprint is SHA-1 of its bytes, as sha1sum prints it.
    let sha1 = Sha1::parse("d9fd265b5329c7cab7e13ab0ba721accac8b9fc7");
    let own = || {
        let mut c = numbered(1);
        certificate(&mut c).sha1 = sha1.map(|sha1| fact(sha1, 2));
        c
    };
    assert_eq!(of(own(), encoded("3082000100", CONTAINER)), "passes");
    let other = found(vec![own()], vec![encoded("3082000100", "other")], rule, &["iis"]);
    assert!(other[0].message.contains("the container is other"));
    assert_eq!(of(own(), encoded("3082000101", CONTAINER)), "silent");
    // What is no certificate is not compared; the container decides.
    assert_eq!(of(own(), encoded("0082000100", CONTAINER)), "passes");
    assert_eq!(said(vec![numbered(1)], vec![client(opened())], rule, &["iis"]), "silent");
    let unlinked = || {
        let mut c = numbered(1);
        c.key.association = Association::FoundBySearch;
        c
    };
    assert_eq!(of(unlinked(), opened()), "silent");
    let mut file = numbered(1);
    file.origin = Origin::FileDump;
    assert_eq!(of(file, opened()), "silent");
    // Once for each certificate.
    let twice = vec![EventRecord { key_spec: Some(fact(2, 9)), ..opened() }; 2];
    assert_eq!(found(vec![numbered(1)], twice, rule, &["iis"]).len(), 1);
}

#[test]
fn events_that_say_nothing_of_a_key() {
    let rule = "schannel-36871-10013-not-key";
    let state = |state| EventRecord { state: Some(fact(state, 9)), ..event(36_871) };
    let of = |list| said(Vec::new(), list, rule, &["iis"]);
    assert_eq!(of(vec![state(10_013)]), "fails");
    assert_eq!(of(vec![state(10_001)]), "silent");
    assert_eq!(of(vec![event(36_871)]), "silent");
    assert_eq!(of(vec![client(state(10_013))]), "silent");
    let why = |list| reason(Vec::new(), list, rule);
    assert!(why(vec![client(state(10_013)), state(10_001)]).contains("outgoing connections"));
    assert!(why(vec![state(10_001)]).contains("another state"));
    assert!(why(Vec::new()).contains("no event 36871"));
    let sure = |e| found(Vec::new(), vec![e], rule, &["iis"])[0].confidence;
    assert_eq!(sure(state(10_013)), Confidence::Likely);
    assert_eq!(sure(EventRecord { side: None, ..state(10_013) }), Confidence::Possible);
    let list = found(Vec::new(), vec![state(10_013), state(10_013), by("lsass", state(10_013))], rule, &["iis"]);
    let told: Vec<(bool, bool)> =
        list.iter().map(|d| (d.message.contains("logged 2 times"), d.message.contains("LDAPS"))).collect();
    assert_eq!(told, [(true, false), (false, true)]);

    let rule = "schannel-36874-36888-40";
    let alert = |number, alert| EventRecord { alert: Some(fact(alert, 9)), ..event(number) };
    let of = |list| said(Vec::new(), list, rule, &["iis"]);
    assert_eq!(of(vec![event(36_874)]), "fails");
    assert_eq!(of(vec![alert(36_888, 40)]), "fails");
    assert_eq!((of(vec![alert(36_888, 20)]), of(vec![event(36_888)])), ("silent".to_owned(), "silent".to_owned()));
    assert_eq!(of(vec![event(36_874), event(36_874), alert(36_888, 40)]), "fails fails");
    let drafts = found(vec![numbered(1)], vec![alert(36_888, 40)], rule, &["iis"]);
    assert_eq!((&*drafts[0].evidence[0].label, drafts[0].related.len()), ("event 36888", 1));
    let drafts = found(Vec::new(), vec![by("lsass", event(36_874))], rule, &["iis"]);
    assert_eq!((&*drafts[0].evidence[0].label, drafts[0].message.contains("LDAPS")), ("event 36874", true));

    let rule = "schannel-36887-alert";
    for (number, words) in [
        (51, "decrypt_error"),
        (42, "bad_certificate"),
        (43, "unsupported_certificate"),
        (44, "certificate_revoked"),
        (45, "certificate_expired"),
        (46, "certificate_unknown"),
        (48, "unknown_ca"),
    ] {
        let draft = &found(vec![numbered(1)], vec![alert(36_887, number)], rule, &["iis"])[0];
        assert!(draft.message.contains(words), "{number}");
        // Only what could not be verified is about the key.
        assert_eq!(draft.related.len(), usize::from(number == 51), "{number}");
    }
    for number in [0, 20, 40, 47, 70] {
        assert_eq!(said(Vec::new(), vec![alert(36_887, number)], rule, &["iis"]), "silent", "{number}");
    }
    let drafts = found(Vec::new(), vec![by("lsass", alert(36_887, 48)); 2], rule, &["iis"]);
    assert!(drafts[0].message.contains("LDAPS") && drafts[0].message.contains("logged 2 times"));
}

#[test]
fn a_clients_credential_is_no_servers() {
    let rule = "schannel-client-type-not-binding";
    let of = |list| said(Vec::new(), list, rule, &["iis"]);
    assert_eq!(of(vec![client(event(36_870))]), "passes");
    assert_eq!(of(vec![client(event(36_871))]), "passes");
    assert_eq!(of(vec![client(event(36_874))]), "silent");
    assert_eq!(of(vec![event(36_870)]), "silent");
    let told = |count| reason(Vec::new(), vec![client(event(36_870)); count], rule);
    assert!(told(2).contains("36870, 2 times, is about") && told(1).contains("36870 is about"));
    // Told at each certificate that somebody could take it for.
    let both = vec![client(event(36_870)), client(event(36_870)), client(event(36_871))];
    assert_eq!(said(vec![numbered(1), numbered(2)], both, rule, &["iis"]), "passes passes passes passes");
}

#[test]
fn a_key_for_signatures_where_suites_exchange_keys() {
    let rule = "ku-digital-signature-only-rsa-kx";
    let signs = |workload| {
        let mut c = numbered(1);
        certificate(&mut c).key_usage = Some(fact(crate::model::key_usage::KeyUsage(0x80), 5));
        c.bound.push(testing::bound(workload));
        c
    };
    let of = |c: Credential, e: EventRecord| said(vec![c], vec![e], rule, &["iis", "rdp"]);
    assert_eq!(of(signs("iis"), event(36_874)), "fails");
    let workloads = &found(vec![signs("iis")], vec![event(36_874)], rule, &["iis", "rdp"])[0].workloads;
    assert_eq!(workloads.iter().map(|t| t.workload.name).collect::<Vec<_>>(), ["iis"]);
    assert_eq!(of(signs("winrm"), event(36_874)), "silent");
    assert_eq!(of(signs("iis"), event(36_888)), "silent");
    let foreign = EventRecord { provider: Some(fact("Contoso".to_owned(), 4)), ..event(36_874) };
    assert_eq!(of(signs("iis"), foreign), "silent");
    assert_eq!(of(numbered(1), event(36_874)), "silent");
    let with = |change: fn(&mut Credential)| {
        let mut c = signs("iis");
        change(&mut c);
        of(c, event(36_874))
    };
    assert_eq!(with(|c| certificate(c).key_usage = Some(fact(crate::model::key_usage::KeyUsage(0xA0), 5))), "silent");
    assert_eq!(with(|c| certificate(c).public_key.algorithm = Some(fact("ECC".to_owned(), 8))), "silent");
    assert_eq!(with(|c| c.key.key_spec = Some(fact(crate::model::key_spec::KeySpec(2), 24))), "silent");
}

/// A message of WCF about the certificate of a subject, and its code, in these lines.
fn of_wcf(subject: &str, line: u32, code: Option<(u32, u32)>) -> Observed {
    let words = ErrorText {
        code: code.map(|(code, line)| fact(code, line)),
        text: fact(
            "may not have a private key that is capable of key exchange".to_owned(),
            code.map_or(line, |(_, at)| at),
        ),
        context: ErrorContext::Unknown,
        thumbprint: None,
        subject: Some(fact(subject.to_owned(), line)),
        instance: None,
    };
    observed(line, Observation::Error(words))
}

#[test]
fn how_often_a_program_refuses_a_key() {
    let rule = "key-exchange-refused";
    let message =
        |list: Vec<Observed>| failed(&run_case(&case_of(Vec::new(), list), &["iis"]), rule)[0].message.clone();
    let twice = [of_wcf("CN=a", 5, None), of_wcf("CN=a", 15, None)];
    assert!(!message(twice[..1].to_vec()).contains("logged"));
    assert!(message(twice.to_vec()).ends_with(" It is logged 2 times."));
    // The inner exception below is no message of its own.
    let inner = of_wcf("CN=a", 15, Some((0x8009_0016, 16)));
    assert!(message([twice.as_slice(), &[inner]].concat()).ends_with(" It is logged 2 times."));
}

#[test]
fn the_event_of_operations_manager() {
    let rule = "key-exchange-refused";
    let of = |number, provider: &str| {
        let provider = Some(fact(provider.to_owned(), 4));
        said(vec![numbered(1)], vec![EventRecord { provider, ..event(number) }], rule, &["iis"])
    };
    assert_eq!(of(20_069, event::OPS_MGR), "fails");
    assert_eq!(of(20_070, event::OPS_MGR), "silent");
    assert_eq!(of(20_069, "Schannel"), "silent");
}

#[test]
fn more_certificates_than_a_refusal_is_held_against() {
    let rule = "key-exchange-refused";
    let many = |count: usize, change: fn(&mut Credential)| -> Vec<Credential> {
        let numbers = (0..count).filter_map(|n| u32::try_from(n).ok());
        numbers
            .map(numbered)
            .map(|mut c| {
                change(&mut c);
                c
            })
            .collect()
    };
    let of = |kept: Vec<Credential>, said: Vec<Observed>| words(&run_case(&case_of(kept, said), &["iis"]), rule);
    let same_subject = |c: &mut Credential| certificate(c).subject = Some(fact("CN=a".to_owned(), 3));
    let named = |c: &mut Credential| {
        c.bound = vec![testing::bound("scom")];
    };
    let refused = || vec![of_wcf("CN=a", 5, None)];
    let ops_mgr = || {
        let provider = Some(fact(event::OPS_MGR.to_owned(), 4));
        logged(vec![EventRecord { provider, ..event(20_069) }])
    };
    assert_eq!(of(many(EVENT_CERTIFICATES, same_subject), refused()), "fails");
    assert_eq!(of(many(EVENT_CERTIFICATES + 1, same_subject), refused()), "fails unknown");
    assert_eq!(of(many(EVENT_CERTIFICATES, named), ops_mgr()), "fails");
    assert_eq!(of(many(EVENT_CERTIFICATES + 1, named), ops_mgr()), "fails unknown");
    // What is cut for one subject stays cut when another one fits.
    let both = || vec![of_wcf("CN=a", 5, None), of_wcf("CN=b", 9, None)];
    assert_eq!(of(many(EVENT_CERTIFICATES + 1, same_subject), both()), "fails fails unknown");
}

#[test]
fn what_a_log_says_of_this_very_key() {
    let rule = "key-use-refused";
    let says = |kept: Vec<Credential>, events| said(kept, events, rule, &["iis"]);
    let at = |hour| Some(Moment::Utc(datetime!(2026-10-20 0:00 UTC).saturating_add(time::Duration::hours(hour))));
    let used = |name: &str, code, hour| EventRecord {
        id: Some(fact(5061, 5)),
        key_name: Some(fact(name.to_owned(), 6)),
        code: Some(fact(code, 7)),
        moment: at(hour),
        ..EventRecord::default()
    };
    let one = || vec![numbered(1)];
    let refused = |hour| used(CONTAINER, 0x8009_0016, hour);
    assert_eq!(says(one(), vec![refused(1)]), "fails");
    assert_eq!(said(one(), vec![refused(1)], rule, &["code-signing"]), "silent");
    assert_eq!(says(one(), vec![used("another key", 0x8009_0016, 1)]), "silent");
    // A name that exists already says nothing of the key.
    assert_eq!(says(one(), vec![used(CONTAINER, 0x8009_000F, 1)]), "silent");
    // What was used later is no longer held against it; what was used before is.
    assert_eq!(says(one(), vec![refused(1), used(CONTAINER, 0, 2)]), "silent");
    assert_eq!(says(one(), vec![used(CONTAINER, 0, 2), refused(1)]), "silent");
    assert_eq!(says(one(), vec![used(CONTAINER, 0, 1), refused(2)]), "fails");
    // Events without a time may stand in either order.
    let timeless = |e: EventRecord| EventRecord { moment: None, ..e };
    assert_eq!(says(one(), vec![timeless(used(CONTAINER, 0, 1)), timeless(refused(2))]), "silent");
    // The certificate is younger than the event.
    let mut young = numbered(1);
    let from = Moment::Utc(datetime!(2026-10-25 0:00 UTC));
    certificate(&mut young).not_before =
        Some(ValidityDate { text: fact("a date".to_owned(), 10), value: Some(from), readings: vec![from] });
    assert_eq!(says(vec![young], vec![refused(1)]), "silent");
    // An event that names no certificate is about the only one that is bound.
    let bound = |id| {
        let mut c = numbered(id);
        certificate(&mut c).sha1 = Some(fact(Sha1([u8::try_from(id).unwrap_or(0); 20]), 2));
        c.bound.push(testing::bound("iis"));
        c
    };
    let of_iis = || by("SYSTEM", event(36_870));
    assert_eq!(says(vec![bound(1)], vec![of_iis()]), "fails");
    assert_eq!(says(vec![bound(1), bound(2)], vec![of_iis()]), "silent");
    assert_eq!(says(one(), vec![of_iis()]), "silent");
    assert_eq!(says(vec![bound(1)], vec![client(of_iis())]), "silent");
    assert_eq!(says(vec![bound(1)], vec![by("contoso.exe", event(36_870))]), "silent");
    // Remote Desktop's 1055 names the certificate; 1056 tells of a new one.
    let of_rdp = |number, provider: &str| EventRecord {
        id: Some(fact(number, 5)),
        provider: Some(fact(provider.to_owned(), 4)),
        thumbprint: Some(fact(Sha1([1; 20]), 6)),
        ..EventRecord::default()
    };
    let rdp = |e| said(vec![bound(1)], vec![e], rule, &["rdp"]);
    let manager = "Microsoft-Windows-TerminalServices-RemoteConnectionManager";
    assert_eq!(rdp(of_rdp(1055, manager)), "fails");
    assert_eq!(rdp(of_rdp(1056, manager)), "silent");
    assert_eq!(rdp(of_rdp(1055, "contoso")), "silent");
}
