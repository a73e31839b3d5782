//! Each condition of the rules about bindings counts: which entry of HTTP.sys serves a binding of IIS, in which store it
//! looks, what the events about it say.

use super::check::FindingDraft;
use super::testing;
use super::testing::{case_of, certificate, fact, failed, linked, observed, run_case, words};
use super::{bindings, iis_httpsys_drift};
use crate::case::credential::{Access, Bound, Credential, CredentialId, Origin, Scope, Store, ValidityDate};
use crate::case::from_certutil::StoreListing;
use crate::case::index::CaseIndex;
use crate::limits::PORT_ENTRIES;
use crate::model::binding::{Binding, BindingHash, BindingListing, BindingOrigin, Endpoint};
use crate::model::date::Moment;
use crate::model::event_record::EventRecord;
use crate::model::fact::{Place, SourceId};
use crate::model::judgement::Role;
use crate::model::observation::{ErrorContext, ErrorText, Observation, Observed, SystemFact};
use crate::model::thumbprint::Sha1;

const STRONG: &str = "Microsoft Strong Cryptographic Provider";
const ZERO: &str = "{00000000-0000-0000-0000-000000000000}";
const ONE: Sha1 = Sha1([1; 20]);
const OTHER: Sha1 = Sha1([2; 20]);

fn ip(ip: &str, port: u16) -> Endpoint {
    Endpoint::IpPort { ip: ip.to_owned(), port }
}

fn host(host: &str, port: u16) -> Endpoint {
    Endpoint::HostPort { host: host.to_owned(), port }
}

/// A binding that names this certificate; an entry without one has `(null)` for its hash.
fn binding(origin: BindingOrigin, endpoint: Endpoint, hash: Option<Sha1>) -> Binding {
    Binding {
        origin,
        endpoint: fact(endpoint, 2),
        protocol: "https".to_owned(),
        hash: Some(fact(hash.map_or(BindingHash::Null, BindingHash::Sha1), 3)),
        app_id: None,
        store: None,
        ssl_flags: None,
        site: None,
        stopped: false,
        succeeded: None,
    }
}

fn entry(endpoint: Endpoint) -> Binding {
    binding(BindingOrigin::HttpSys, endpoint, Some(ONE))
}

/// What IIS wants; `appcmd` prints no flags.
fn wanted(endpoint: Endpoint, flags: Option<u32>) -> Binding {
    Binding { ssl_flags: flags.map(|f| fact(f, 4)), ..binding(BindingOrigin::IisConfig, endpoint, Some(ONE)) }
}

fn seen(b: Binding) -> Observed {
    observed(2, Observation::Binding(b))
}

/// A listing of HTTP.sys that shows all of its entries.
fn complete() -> Observed {
    observed(90, Observation::BindingListing(BindingListing { heading: None, records: 1, complete: true, all: true }))
}

/// A listing of certutil that shows all certificates of a store.
fn listed(mut case: CaseIndex, store: &str, scope: Scope) -> CaseIndex {
    let place = Place { line: 1, ..Place::default() };
    case.stores.push(StoreListing { store: store.to_owned(), scope, complete: true, machine: None, place });
    case
}

/// A certificate with this thumbprint in a store.
fn stored(sha1: Sha1, store: &str, scope: Scope) -> Credential {
    let mut c = linked(STRONG, 1, 1);
    certificate(&mut c).sha1 = Some(fact(sha1, 2));
    c.store = Some(Store { name: Some(fact(store.to_owned(), 1)), scope: Some(fact(scope, 1)) });
    c
}

fn event(number: u32, provider: &str, endpoint: &str) -> EventRecord {
    EventRecord {
        id: Some(fact(number, 5)),
        provider: Some(fact(provider.to_owned(), 4)),
        endpoint: Some(fact(endpoint.to_owned(), 6)),
        ..EventRecord::default()
    }
}

fn logged(e: EventRecord) -> Observed {
    observed(5, Observation::Event(Box::new(e)))
}

fn said(case: &CaseIndex, rule: &str, asked: &[&str]) -> String {
    words(&run_case(case, asked), rule)
}

fn found(seen: Vec<Observed>, rule: &str, asked: &[&str]) -> Vec<FindingDraft> {
    failed(&run_case(&case_of(Vec::new(), seen), asked), rule)
}

#[test]
fn the_entry_of_http_sys_that_serves_a_binding_of_iis() {
    let serves = |iis: &Binding, http: Endpoint| iis_httpsys_drift::serves(&seen(iis.clone()), iis, &entry(http));
    // Without SNI: the same address, or both are all addresses; what answers for a name on another port is no matter.
    let address = wanted(ip("10.0.0.5", 443), Some(0));
    assert!(serves(&address, ip("10.0.0.5", 443)));
    assert!(!serves(&address, ip("10.0.0.5", 8443)));
    assert!(!serves(&address, ip("10.0.0.6", 443)));
    assert!(!serves(&address, ip("0.0.0.0", 443)));
    assert!(!serves(&address, host("www.contoso.com", 443)));
    let all = wanted(ip("*", 443), Some(0));
    assert!(serves(&all, ip("0.0.0.0", 443)) && serves(&all, ip("[::]", 443)));
    assert!(!serves(&all, ip("0.0.0.0", 8443)) && !serves(&all, ip("10.0.0.5", 443)));
    // With SNI: the name and the port.
    let named = wanted(host("www.contoso.com", 443), Some(1));
    assert!(serves(&named, host("WWW.contoso.com", 443)));
    assert!(!serves(&named, host("www.contoso.com", 8443)));
    assert!(!serves(&named, host("mail.contoso.com", 443)));
    assert!(!serves(&named, ip("0.0.0.0", 443)));
    // The flag is off: the name is IIS's own matter, HTTP.sys knows the address.
    let unnamed = wanted(host("www.contoso.com", 443), Some(0));
    assert!(serves(&unnamed, ip("0.0.0.0", 443)));
    assert!(!serves(&unnamed, ip("0.0.0.0", 8443)));
    assert!(!serves(&unnamed, host("www.contoso.com", 443)));
}

#[test]
fn a_binding_without_flags_may_be_either_kind() {
    let iis = wanted(ip("*", 443), None);
    let serves = |information: &str, http: Endpoint| {
        let mut record = seen(iis.clone());
        record.fields.push(("binding_information".into(), fact(information.to_owned(), 2)));
        iis_httpsys_drift::serves(&record, &iis, &entry(http))
    };
    assert!(serves("*:443:www.contoso.com", host("www.contoso.com", 443)));
    assert!(serves("*:443:www.contoso.com", ip("0.0.0.0", 443)));
    assert!(!serves("*:443:www.contoso.com", host("www.contoso.com", 8443)));
    assert!(!serves("*:443:www.contoso.com", host("mail.contoso.com", 443)));
    assert!(!serves("*:443:", host("www.contoso.com", 443)));
}

#[test]
fn the_central_store_serves_by_port_and_names_no_certificate() {
    for flags in [2, 3] {
        let central = wanted(Endpoint::CentralStore { port: 443 }, Some(flags));
        let serves = |http: &Binding| iis_httpsys_drift::serves(&seen(central.clone()), &central, http);
        assert!(serves(&entry(Endpoint::CentralStore { port: 443 })));
        assert!(!serves(&entry(Endpoint::CentralStore { port: 8443 })));
        assert!(serves(&binding(BindingOrigin::HttpSys, ip("0.0.0.0", 443), None)));
        assert!(!serves(&binding(BindingOrigin::HttpSys, ip("0.0.0.0", 8443), None)));
        assert!(!serves(&entry(ip("0.0.0.0", 443))));
    }
}

#[test]
fn iis_and_http_sys_part() {
    let rule = "iis-httpsys-drift";
    let said = |seen, asked| said(&case_of(Vec::new(), seen), rule, &[asked]);
    let named = || seen(wanted(host("www.contoso.com", 443), Some(1)));
    assert_eq!(said(vec![named(), seen(entry(host("www.contoso.com", 443)))], "iis"), "passes");
    assert_eq!(said(vec![named(), complete()], "rdp"), "silent");
    assert_eq!(said(vec![complete()], "iis"), "silent");
    assert_eq!(said(vec![named()], "iis"), "unknown");
    let title = |seen| found(seen, rule, &["iis"])[0].title.clone();
    let none = "HTTP.sys has no certificate for a binding of IIS";
    assert_eq!(title(vec![named(), complete()]), none);
    // Only the entry for all addresses of the same port answers in its place.
    let beside = |http| title(vec![named(), complete(), seen(entry(http))]);
    assert_eq!(beside(ip("0.0.0.0", 443)), "HTTP.sys has no entry of its own for a binding of IIS");
    assert_eq!(beside(ip("0.0.0.0", 8443)), none);
    assert_eq!(beside(ip("10.0.0.5", 443)), none);
    assert_eq!(beside(host("mail.contoso.com", 443)), none);
    // A name without a hash refers to the central store of its port.
    let central = || seen(wanted(Endpoint::CentralStore { port: 443 }, Some(3)));
    let by_name =
        |hash| vec![central(), complete(), seen(binding(BindingOrigin::HttpSys, host("www.contoso.com", 443), hash))];
    assert_eq!(
        (said(by_name(None), "iis"), said(by_name(Some(ONE)), "iis")),
        ("passes".to_owned(), "fails".to_owned())
    );
    let other = binding(BindingOrigin::HttpSys, host("www.contoso.com", 443), Some(OTHER));
    let draft = &found(vec![named(), seen(other)], rule, &["iis"])[0];
    assert!(draft.remedies[0].steps[1].run.contains(&format!("certhash={ONE}")));
}

/// Of more entries than are compared, the one that is missing may be among those that were not.
#[test]
fn a_listing_with_more_entries_than_are_compared() {
    let of = |entries: usize| {
        let shared = (0..entries).map(|n| seen(entry(ip(&format!("10.1.{}.{}", n / 250, n % 250), 443))));
        let mut list: Vec<Observed> = shared.collect();
        list.extend([complete(), seen(wanted(ip("10.0.0.5", 443), Some(0)))]);
        said(&case_of(Vec::new(), list), "iis-httpsys-drift", &["iis"])
    };
    assert_eq!((of(PORT_ENTRIES).as_str(), of(PORT_ENTRIES + 1).as_str()), ("fails", "unknown unknown"));
}

#[test]
fn the_store_in_which_http_sys_looks() {
    let rule = "http-binding-store-name-mismatch";
    let case = |c: Credential, b: Binding| listed(case_of(vec![c], vec![seen(b)]), "my", Scope::Machine);
    let bound = || entry(ip("0.0.0.0", 443));
    let hosting = || stored(ONE, "WebHosting", Scope::Machine);
    assert_eq!(said(&case(hosting(), bound()), rule, &["iis"]), "fails");
    assert_eq!(said(&case(hosting(), bound()), rule, &["code-signing"]), "silent");
    assert_eq!(said(&case(stored(OTHER, "WebHosting", Scope::Machine), bound()), rule, &["iis"]), "passes");
    assert_eq!(said(&case(stored(ONE, "My", Scope::Machine), bound()), rule, &["iis"]), "passes");
    let named = || Binding { store: Some(fact(Some("WebHosting".to_owned()), 4)), ..bound() };
    assert_eq!(said(&case(hosting(), named()), rule, &["iis"]), "passes");
    // A user's My is another store than the machine's.
    assert_eq!(said(&case(stored(ONE, "My", Scope::User), bound()), rule, &["iis"]), "fails");
    // The machine's other store is named in the command, a user's certificate has to be imported anew.
    let title = |c| failed(&run_case(&case(c, bound()), &["iis"]), rule)[0].remedies[0].title;
    assert_ne!(title(hosting()), title(stored(ONE, "My", Scope::User)));
    assert!(title(stored(ONE, "My", Scope::User)).starts_with("Import"));
    // An archived certificate, and a copy among the roots, are not what the binding means.
    let mut archived = hosting();
    certificate(&mut archived).archived = Some(fact(true, 9));
    assert_eq!(said(&case(archived, bound()), rule, &["iis"]), "passes");
    assert_eq!(said(&case(stored(ONE, "Root", Scope::Machine), bound()), rule, &["iis"]), "passes");
    // The complete listing has to be that of the machine's store.
    let half = |store, scope| listed(case_of(vec![hosting()], vec![seen(bound())]), store, scope);
    assert_eq!(said(&half("my", Scope::User), rule, &["iis"]), "unknown");
    assert_eq!(said(&half("webhosting", Scope::Machine), rule, &["iis"]), "unknown");
    assert_eq!(said(&half("my", Scope::Unknown), rule, &["iis"]), "fails");
    assert_eq!(said(&case_of(Vec::new(), vec![seen(wanted(ip("*", 443), None))]), rule, &["iis"]), "silent");
}

#[test]
fn a_command_with_an_invisible_character() {
    let rule = "http-binding-store-name-mismatch";
    let typed = |origin, mark: &str, succeeded| {
        let b = binding(origin, ip("0.0.0.0", 443), None);
        let mut record = seen(Binding { succeeded, ..b });
        record.fields.push(("certhash".into(), fact(format!("{mark}0102"), 2)));
        said(&case_of(Vec::new(), vec![record]), rule, &["iis"])
    };
    // U+200E is the one that the certificate dialog copies; the others are its kind.
    for mark in ["\u{200e}", "\u{200b}", "\u{202c}", "\u{feff}"] {
        assert_eq!(typed(BindingOrigin::Command, mark, None), "fails", "{mark:?}");
    }
    assert_eq!(typed(BindingOrigin::Command, "\u{200e}", Some(false)), "fails");
    assert_eq!(typed(BindingOrigin::Command, "\u{200e}", Some(true)), "silent");
    assert_eq!(typed(BindingOrigin::HttpSys, "\u{200e}", None), "silent");
    assert_eq!(typed(BindingOrigin::Command, "", None), "silent");
}

#[test]
fn a_binding_without_certificate_or_application() {
    let rule = "http-binding-null-appid-or-hash";
    let said = |list: &[&Binding], asked| {
        let list = list.iter().map(|b| seen((*b).clone())).collect();
        said(&case_of(Vec::new(), list), rule, &[asked])
    };
    let null = binding(BindingOrigin::HttpSys, ip("0.0.0.0", 443), None);
    assert_eq!(said(&[&null], "iis"), "fails");
    assert_eq!(said(&[&null], "code-signing"), "silent");
    assert_eq!(said(&[&entry(ip("0.0.0.0", 443))], "iis"), "passes");
    assert_eq!(said(&[], "iis"), "silent");
    // The central certificate store has no hash, by the binding itself or by IIS's on the same port.
    let central = |port| wanted(Endpoint::CentralStore { port }, Some(2));
    assert_eq!(said(&[&null, &central(443)], "iis"), "passes");
    assert_eq!(said(&[&null, &central(8443)], "iis"), "fails");
    assert_eq!(said(&[&null, &wanted(ip("*", 443), Some(0))], "iis"), "fails");
    let own = binding(BindingOrigin::HttpSys, Endpoint::CentralStore { port: 443 }, None);
    assert_eq!(said(&[&own], "iis"), "passes");
    // An application id of zeros works and is nobody's; on port 8172 it is usual.
    let app = |id: &str, port| Binding { app_id: Some(fact(Some(id.to_owned()), 4)), ..entry(ip("0.0.0.0", port)) };
    assert_eq!(said(&[&app(ZERO, 443)], "iis"), "fails");
    assert_eq!(said(&[&app(ZERO, 8172)], "iis"), "passes");
    assert_eq!(said(&[&app("{4dc3e181-e14b-4a21-b022-59fc669b0914}", 443)], "iis"), "passes");
    let draft = &found(vec![seen(app(ZERO, 443))], rule, &["iis"])[0];
    assert_eq!(draft.role, Role::Contributing);
}

#[test]
fn a_binding_whose_certificate_is_gone() {
    let rule = "http-binding-hash-not-in-store";
    let gone = |c: Vec<Credential>, scope| listed(case_of(c, vec![seen(entry(ip("0.0.0.0", 443)))]), "my", scope);
    assert_eq!(said(&gone(Vec::new(), Scope::Machine), rule, &["iis"]), "fails");
    assert_eq!(said(&gone(Vec::new(), Scope::Unknown), rule, &["iis"]), "fails");
    assert_eq!(said(&gone(Vec::new(), Scope::User), rule, &["iis"]), "unknown");
    assert_eq!(said(&gone(Vec::new(), Scope::Machine), rule, &["code-signing"]), "silent");
    assert_eq!(said(&gone(vec![stored(ONE, "My", Scope::Machine)], Scope::Machine), rule, &["iis"]), "passes");
    // In another store, or in a user's, it is another rule's; a copy among the roots is not the one to bind.
    for (store, scope, word) in
        [("WebHosting", Scope::Machine, "silent"), ("My", Scope::User, "silent"), ("Root", Scope::Machine, "fails")]
    {
        assert_eq!(said(&gone(vec![stored(ONE, store, scope)], Scope::Machine), rule, &["iis"]), word, "{store}");
    }
    let null = binding(BindingOrigin::HttpSys, ip("0.0.0.0", 443), None);
    assert_eq!(said(&case_of(Vec::new(), vec![seen(null)]), rule, &["iis"]), "silent");
}

#[test]
fn the_back_end_of_exchange() {
    let rule = "exchange-backend-15021";
    let lost = || logged(event(15_021, "Microsoft-Windows-HttpEvent", "0.0.0.0:444"));
    let said = |seen, asked| said(&case_of(Vec::new(), seen), rule, &[asked]);
    assert_eq!(said(vec![lost()], "exchange"), "fails");
    assert_eq!(said(vec![lost()], "iis"), "silent");
    let site = |name: &str| {
        let b = wanted(ip("*", 444), Some(0));
        seen(Binding { site: Some(fact(name.to_owned(), 3)), ..b })
    };
    assert_eq!(said(vec![lost(), site("exchange back end")], "iis"), "fails");
    assert_eq!(said(vec![lost(), site("Default Web Site")], "iis"), "silent");
    let other = |number, endpoint| vec![logged(event(number, "Microsoft-Windows-HttpEvent", endpoint))];
    assert_eq!(said(other(15_021, "0.0.0.0:443"), "exchange"), "silent");
    assert_eq!(said(other(15_300, "0.0.0.0:444"), "exchange"), "silent");
    assert_eq!(said(other(15_021, "[::]:444."), "exchange"), "fails");
    // What is bound to the port now is shown.
    let bound = |port| found(vec![lost(), seen(entry(ip("0.0.0.0", port)))], rule, &["exchange"])[0].evidence.len();
    assert_eq!((bound(444), bound(443)), (2, 1));
    // A name that can't be repeated in a command hides no finding.
    assert_eq!(said(vec![lost(), seen(entry(host("back_end", 444)))], "exchange"), "fails");
    let times = |seen| found(seen, rule, &["exchange"])[0].message.clone();
    assert!(times(vec![lost(), lost()]).contains("logged 2 times") && !times(vec![lost()]).contains("logged"));
    let conditions = |seen| found(seen, rule, &["exchange"])[0].conditions;
    assert_eq!((conditions(vec![lost()]), conditions(vec![lost(), site("Exchange Back End")])), (1, 2));
    // A certificate whose key works is bound there: the event is older.
    let case = |endpoint: &str| {
        let mut c = stored(ONE, "My", Scope::Machine);
        let endpoint = Some(endpoint.to_owned());
        c.bound.push(Bound { endpoint, ..testing::bound("exchange") });
        case_of(vec![c], vec![lost()])
    };
    assert_eq!(words(&run_case(&case("0.0.0.0:444"), &["exchange"]), rule), "passes");
    assert_eq!(words(&run_case(&case("0.0.0.0:443"), &["exchange"]), rule), "fails");
}

#[test]
fn what_an_entry_of_http_sys_met() {
    let rule = "http-15021-status";
    for (number, provider, word) in [
        (15_021, "Microsoft-Windows-HttpEvent", "fails"),
        (15_021, "HTTP", "fails"),
        (15_021, "Contoso", "silent"),
        (15_300, "Microsoft-Windows-HttpEvent", "silent"),
    ] {
        let case = case_of(Vec::new(), vec![logged(event(number, provider, "0.0.0.0:443"))]);
        assert_eq!(said(&case, rule, &["iis"]), word, "{number} {provider}");
    }
    let bare = EventRecord { provider: None, ..event(15_021, "", "0.0.0.0:443") };
    assert_eq!(said(&case_of(Vec::new(), vec![logged(bare)]), rule, &["iis"]), "fails");
    // The certificates that are bound to it.
    let bound = |endpoint: &str| {
        let mut c = stored(ONE, "My", Scope::Machine);
        let endpoint = Some(endpoint.to_owned());
        c.bound.push(Bound { endpoint, ..testing::bound("iis") });
        let case = case_of(vec![c], vec![logged(event(15_021, "HttpEvent", "0.0.0.0:443"))]);
        failed(&run_case(&case, &["iis"]), rule)[0].related.clone()
    };
    assert_eq!(bound("0.0.0.0:443"), [CredentialId(1)]);
    assert!(bound("0.0.0.0:444").is_empty());
    // Once for each endpoint and status, with their number.
    let one = |endpoint: &str, status| {
        let e = event(15_021, "HttpEvent", endpoint);
        logged(EventRecord { code: Some(fact(status, 7)), ..e })
    };
    let all = vec![
        one("0.0.0.0:443", 0xC000_005F),
        one("0.0.0.0:443", 0xC000_005F),
        one("0.0.0.0:443", 0xC000_000F),
        one("0.0.0.0:444", 0xC000_005F),
    ];
    let drafts = found(all, rule, &["iis"]);
    assert_eq!(drafts.len(), 3);
    let told: Vec<(bool, bool)> =
        drafts.iter().map(|d| (d.message.contains("logged 2 times"), d.message.contains("logged"))).collect();
    assert_eq!(told, [(true, true), (false, false), (false, false)]);
    let unusable: Vec<bool> = drafts.iter().map(|d| d.message.contains("1312 of netsh")).collect();
    assert_eq!(unusable, [true, false, true]);
}

#[test]
fn when_bindings_were_changed() {
    let rule = "http-15300-15301-timeline";
    let change = |number| logged(event(number, "Microsoft-Windows-HttpEvent", "0.0.0.0:443"));
    let title = |seen| found(seen, rule, &["iis"])[0].title.clone();
    let lost = "a binding was deleted, and no event shows that it was made again";
    assert_eq!(title(vec![change(15_300)]), lost);
    assert_ne!(title(vec![change(15_300), change(15_301)]), lost);
    assert_ne!(title(vec![change(15_301)]), lost);
    // A listing shows the entry, or that of another port.
    assert_ne!(title(vec![change(15_300), seen(entry(ip("0.0.0.0", 443)))]), lost);
    assert_eq!(title(vec![change(15_300), seen(entry(ip("0.0.0.0", 444)))]), lost);
    let message = &found(vec![change(15_300), change(15_300), change(15_301)], rule, &["iis"])[0].message;
    assert!(message.contains("deleted 2 times and made 1 times"));
    for (number, provider, word) in
        [(15_300, "Contoso", "silent"), (15_021, "HttpEvent", "silent"), (15_301, "HTTP", "fails")]
    {
        let case = case_of(Vec::new(), vec![logged(event(number, provider, "0.0.0.0:443"))]);
        assert_eq!(said(&case, rule, &["iis"]), word, "{number} {provider}");
    }
    let bare = EventRecord { provider: None, ..event(15_300, "", "0.0.0.0:443") };
    assert_eq!(said(&case_of(Vec::new(), vec![logged(bare)]), rule, &["iis"]), "fails");
}

#[test]
fn the_certificate_names_the_host_of_its_binding() {
    let rule = "name-mismatch";
    let with = |change: fn(&mut Credential), b: Vec<Observed>| {
        let mut c = stored(ONE, "My", Scope::Machine);
        change(&mut c);
        said(&case_of(vec![c], b), rule, &["iis"])
    };
    let of = |b: Vec<Observed>| with(|_| (), b);
    let at = |name: &str| vec![seen(entry(host(name, 443)))];
    assert_eq!(of(at("www.fabrikam.example")), "passes");
    assert_eq!(of(at("mail.fabrikam.example")), "fails");
    assert_eq!(of([at("www.fabrikam.example"), at("mail.fabrikam.example")].concat()), "fails");
    // Names that no client on the network uses, or that can be printed in two ways.
    for name in ["localhost", "web01", "b\u{fc}cher.example"] {
        assert_eq!(of(at(name)), "silent", "{name}");
    }
    // Without alternative names the common name counts, as far as the dump shows that there are none.
    assert_eq!(with(|c| certificate(c).alternative_names.clear(), at("www.fabrikam.example")), "passes");
    assert_eq!(with(|c| certificate(c).alternative_names.clear(), at("mail.fabrikam.example")), "fails");
    let cut: [fn(&mut Credential); 2] = [
        |c| {
            certificate(c).alternative_names.clear();
            certificate(c).extensions_shown = false;
        },
        |c| {
            certificate(c).alternative_names.clear();
            c.incomplete = true;
        },
    ];
    for cut in cut {
        assert_eq!(with(cut, at("mail.fabrikam.example")), "unknown");
    }
    // IIS keeps the host, HTTP.sys the certificate of the address.
    let iis = |protocol: &str, flags: u32, information: &str| {
        let endpoint = if flags == 2 { Endpoint::CentralStore { port: 443 } } else { ip("*", 443) };
        let b = Binding { protocol: protocol.to_owned(), hash: None, ..wanted(endpoint, Some(flags)) };
        let mut record = seen(b);
        record.fields.push(("binding_information".into(), fact(information.to_owned(), 2)));
        of(vec![record, seen(entry(ip("0.0.0.0", 443)))])
    };
    assert_eq!(iis("https", 0, "*:443:www.fabrikam.example"), "passes");
    assert_eq!(iis("https", 0, "*:443:mail.fabrikam.example"), "fails");
    assert_eq!(iis("https", 0, "*:443:"), "silent");
    assert_eq!(iis("http", 0, "*:443:mail.fabrikam.example"), "silent");
    assert_eq!(iis("https", 2, "*:443:mail.fabrikam.example"), "silent");
}

#[test]
fn adding_a_binding_failed() {
    let rule = "netsh-1312-context";
    let failed_with = |code: Option<u32>, context, line: u32, named: Option<Sha1>| {
        let error = ErrorText {
            subject: None,
            instance: None,
            code: code.map(|c| fact(c, line)),
            text: fact("failed".to_owned(), line),
            context,
            thumbprint: named.map(|t| fact(t, line)),
        };
        observed(line, Observation::Error(error))
    };
    let of = |seen: Vec<Observed>| said(&case_of(Vec::new(), seen), rule, &["iis"]);
    let netsh = |code| failed_with(code, ErrorContext::NetshAdd, 9, None);
    assert_eq!(of(vec![netsh(Some(0x8007_0520))]), "fails");
    assert_eq!(of(vec![netsh(Some(1312))]), "fails");
    assert_eq!(of(vec![netsh(None)]), "fails");
    assert_eq!(of(vec![netsh(Some(0x8007_0005))]), "silent");
    assert_eq!(of(vec![failed_with(Some(1312), ErrorContext::Unrelated, 9, None)]), "silent");
    // An error without its words is the reply to the command some lines above it.
    let reply = |origin, line| {
        of(vec![
            seen(binding(origin, ip("0.0.0.0", 443), None)),
            failed_with(Some(1312), ErrorContext::Unknown, line, None),
        ])
    };
    assert_eq!(reply(BindingOrigin::Command, 8), "fails");
    assert_eq!(reply(BindingOrigin::Command, 9), "silent");
    assert_eq!(reply(BindingOrigin::Command, 1), "silent");
    assert_eq!(reply(BindingOrigin::HttpSys, 8), "silent");
    let mut elsewhere = failed_with(Some(1312), ErrorContext::Unknown, 8, None);
    elsewhere.place.source = SourceId(7);
    assert_eq!(of(vec![seen(binding(BindingOrigin::Command, ip("0.0.0.0", 443), None)), elsewhere]), "silent");
    // netsh has causes of its own, which IIS Manager has not.
    let message = |seen| found(seen, rule, &["iis"])[0].message.clone();
    assert!(message(vec![netsh(None)]).contains("With netsh"));
    assert!(!message(vec![failed_with(None, ErrorContext::IisBinding, 9, None)]).contains("With netsh"));
    assert!(message(vec![netsh(None), netsh(None)]).contains("shown 2 times"));
    assert!(!message(vec![netsh(None)]).contains(" times."));
    let kept = [stored(ONE, "My", Scope::Machine), stored(OTHER, "My", Scope::Machine)];
    let kept = kept.into_iter().zip(1..).map(|(c, id)| Credential { id: CredentialId(id), ..c }).collect();
    let case = case_of(kept, vec![failed_with(None, ErrorContext::NetshAdd, 9, Some(OTHER))]);
    assert_eq!(failed(&run_case(&case, &["iis"]), rule)[0].related, [CredentialId(2)]);
}

#[test]
fn an_address_that_hides_host_names() {
    let rule = "sslcert-ipport-overrides-sni";
    let hashed = |endpoint, hash| seen(binding(BindingOrigin::HttpSys, endpoint, Some(hash)));
    let of = |seen, asked| said(&case_of(Vec::new(), seen), rule, &[asked]);
    let beside =
        |endpoint: Endpoint, hash| of(vec![hashed(endpoint, hash), hashed(host("www.contoso.com", 443), ONE)], "iis");
    // The exact address goes first; the addresses that stand for all come last.
    assert_eq!(beside(ip("10.0.0.5", 443), OTHER), "fails");
    assert_eq!(beside(ip("[2001:db8::5]", 443), OTHER), "fails");
    for (address, port) in [("0.0.0.0", 443), ("[::]", 443), ("127.0.0.1", 443), ("[::1]", 443), ("10.0.0.5", 444)] {
        assert_eq!(beside(ip(address, port), OTHER), "passes", "{address}:{port}");
    }
    assert_eq!(beside(ip("10.0.0.5", 443), ONE), "passes");
    assert_eq!(of(vec![hashed(ip("10.0.0.5", 443), OTHER)], "iis"), "silent");
    let both = vec![hashed(ip("10.0.0.5", 443), OTHER), hashed(host("www.contoso.com", 443), ONE)];
    assert_eq!(of(both, "code-signing"), "silent");
}

#[test]
fn addresses_that_are_listened_on() {
    let rule = "iplisten-restricts";
    let list = |addresses: &[&str]| {
        let addresses = addresses.iter().map(|a| fact((*a).to_owned(), 3)).collect();
        observed(3, Observation::IpListen(addresses))
    };
    let of = |addresses: &[&str], endpoint: Endpoint| {
        said(&case_of(Vec::new(), vec![list(addresses), seen(entry(endpoint))]), rule, &["iis"])
    };
    assert_eq!(of(&["10.0.0.5"], ip("10.0.0.6", 443)), "fails");
    assert_eq!(of(&["10.0.0.5"], ip("10.0.0.5", 443)), "passes");
    assert_eq!(of(&["2001:DB8::5"], ip("[2001:db8::5]", 443)), "passes");
    // Without an entry, or with one for all, it listens everywhere.
    for all in ["0.0.0.0", "::", "[::]", "*"] {
        assert_eq!(of(&["10.0.0.5", all], ip("10.0.0.6", 443)), "passes", "{all}");
    }
    assert_eq!(of(&[], ip("10.0.0.6", 443)), "passes");
    // What stands for all addresses is cut off only where the machine's own ones alone are listened on.
    for endpoint in [ip("0.0.0.0", 443), host("www.contoso.com", 443), Endpoint::CentralStore { port: 443 }] {
        assert_eq!(of(&["127.0.0.1", "::1"], endpoint.clone()), "fails", "{endpoint}");
        assert_eq!(of(&["127.0.0.1", "10.0.0.5"], endpoint.clone()), "passes", "{endpoint}");
    }
    let alone = |seen: Vec<Observed>, asked| said(&case_of(Vec::new(), seen), rule, &[asked]);
    assert_eq!(alone(vec![seen(entry(ip("10.0.0.6", 443)))], "iis"), "silent");
    assert_eq!(alone(vec![list(&["10.0.0.5"]), seen(entry(ip("10.0.0.6", 443)))], "code-signing"), "silent");
}

#[test]
fn two_machines_whose_artifacts_stand_together() {
    let rule = "http-binding-hash-not-in-store";
    let guid = |guid: &str| observed(8, Observation::System(SystemFact::MachineGuid(fact(guid.to_owned(), 8))));
    let of = |facts: Vec<Observed>, source: u32| {
        let mut record = seen(entry(ip("0.0.0.0", 443)));
        record.place.source = SourceId(source);
        let seen = facts.into_iter().chain([record]).collect();
        said(&listed(case_of(Vec::new(), seen), "my", Scope::Machine), rule, &["iis"])
    };
    let (here, there) = ("0f8fad5b-d9cb-469f-a165-70867728950e", "7c9e6679-7425-40de-944b-e07fc1f90ae7");
    assert_eq!(of(vec![guid(here)], 7), "fails");
    assert_eq!(of(vec![guid(here), guid(here)], 7), "fails");
    assert_eq!(of(vec![guid(here), guid(there)], 7), "unknown");
    // In one input listing and binding are of one machine.
    assert_eq!(of(vec![guid(here), guid(there)], 0), "fails");
}

#[test]
fn endpoints_in_commands() {
    for (endpoint, shown) in [
        (ip("*", 443), Some("ipport=0.0.0.0:443")),
        (ip("", 443), Some("ipport=0.0.0.0:443")),
        (ip("10.0.0.5", 443), Some("ipport=10.0.0.5:443")),
        (ip("[2001:db8::5]", 443), Some("ipport=[2001:db8::5]:443")),
        (ip("10.0.0.5 & calc", 443), None),
        (host("web-1.contoso.com", 443), Some("hostnameport=web-1.contoso.com:443")),
        (host("", 443), None),
        (host("a&b", 443), None),
        (Endpoint::CentralStore { port: 443 }, Some("ccs=443")),
    ] {
        assert_eq!(bindings::argument(&endpoint).as_deref(), shown, "{endpoint}");
    }
    // The application that has the endpoint keeps it; nobody's, and one that can't be repeated, become IIS.
    let app = |id: &str| {
        let b = Binding { app_id: Some(fact(Some(id.to_owned()), 4)), ..entry(ip("0.0.0.0", 443)) };
        bindings::bind_again(&b, "<thumbprint>", "my").steps[1].run.to_string()
    };
    assert!(app("{5d89a20c-beab-4389-9447-324788eb944a}").contains("appid={5d89a20c-beab-4389-9447-324788eb944a}"));
    for id in [ZERO, "{5d89a20c}", "{5d89a20c-beab-4389-9447-324788eb944&}"] {
        assert!(app(id).contains("appid={4dc3e181-e14b-4a21-b022-59fc669b0914}"), "{id}");
    }
}

#[test]
fn the_binding_of_ad_fs_names_an_old_certificate() {
    const AD_FS: &str = "{5d89a20c-beab-4389-9447-324788eb944a}";
    let rule = "adfs-ssl-cert-not-set";
    let until = |mut c: Credential, year: i32| {
        let at = time::macros::datetime!(2027-01-01 0:00).replace_year(year).ok().map(Moment::Local);
        certificate(&mut c).not_after =
            Some(ValidityDate { text: fact("a date".to_owned(), 9), value: at, readings: Vec::new() });
        c
    };
    let of = |kept: Vec<Credential>, stores: &[(&str, Scope)], number: u32| {
        let b = Binding { app_id: Some(fact(Some(AD_FS.to_owned()), 4)), ..entry(host("sts.contoso.com", 443)) };
        let seen = vec![seen(b), logged(event(number, "HttpEvent", "sts.contoso.com:443"))];
        let case = stores.iter().fold(case_of(kept, seen), |case, (store, scope)| listed(case, store, *scope));
        said(&case, rule, &["ad-fs"])
    };
    // The complete listing of the machine's store does not hold it.
    let my = [("my", Scope::Machine)];
    assert_eq!(of(Vec::new(), &my, 15_021), "fails");
    assert_eq!(of(Vec::new(), &my, 15_300), "silent");
    for other in [&[][..], &[("webhosting", Scope::Machine)], &[("my", Scope::User)]] {
        assert_eq!(of(Vec::new(), other, 15_021), "unknown");
    }
    assert_eq!(of(vec![stored(ONE, "My", Scope::User)], &my, 15_021), "fails");
    // A newer one of its name is there, and its key is not known to be closed.
    let own = || until(stored(ONE, "My", Scope::Machine), 2027);
    let newer = || until(stored(OTHER, "My", Scope::Machine), 2028);
    let beside = |change: fn(&mut Credential)| {
        let mut c = newer();
        change(&mut c);
        of(vec![own(), c], &my, 15_021)
    };
    assert_eq!(beside(|_| ()), "fails");
    assert_eq!(of(vec![own(), until(newer(), 2027)], &my, 15_021), "passes");
    let others: [fn(&mut Credential); 5] = [
        |c| c.origin = Origin::FileDump,
        |c| c.store = Some(Store { name: Some(fact("My".to_owned(), 1)), scope: Some(fact(Scope::User, 1)) }),
        |c| certificate(c).subject = Some(fact("CN=mail.contoso.com".to_owned(), 3)),
        |c| certificate(c).not_after = None,
        |c| c.key.access = Access::NotOpened,
    ];
    for (n, other) in others.into_iter().enumerate() {
        assert_eq!(beside(other), "passes", "{n}");
    }
    let nameless = |mut c: Credential| {
        certificate(&mut c).subject = None;
        c
    };
    assert_eq!(of(vec![nameless(own()), nameless(newer())], &my, 15_021), "passes");
}
