//! Each condition of the rules about the whole case counts, on credentials made by hand.

use super::testing;
use super::testing::{case_of, certificate, fact, failed, linked, observed, run_case, words};
use crate::case::credential::{
    Access, Association, Credential, CredentialId, KeyRemark, Origin, Scope, SourceRange, Store, TestOutcome,
    ValidityDate,
};
use crate::case::index::{CaseCode, CaseIndex};
use crate::model::date::Moment;
use crate::model::event_record::EventRecord;
use crate::model::fact::{Fact, Place, SourceId};
use crate::model::judgement::Confidence;
use crate::model::key_request::{KeyRequest, RequestForm};
use crate::model::observation::{ErrorContext, ErrorText, Observation, Observed};
use crate::model::thumbprint::Sha1;
use time::macros::datetime;

const STRONG: &str = "Microsoft Strong Cryptographic Provider";
const SOFTWARE_KSP: &str = "Microsoft Software Key Storage Provider";
const CARD_CSP: &str = "Microsoft Base Smart Card Crypto Provider";

/// The certificate of this number in a dump: its thumbprint, and the input that it is in.
fn numbered(id: u32, source: u32) -> Credential {
    let mut c = linked(STRONG, 1, 1);
    c.id = CredentialId(id);
    c.sources = vec![SourceRange { source: SourceId(source), line: 1, start: 0, end: 1 }];
    certificate(&mut c).sha1 = Some(fact(Sha1([u8::try_from(id).unwrap_or(0); 20]), 2));
    c
}

fn but(mut c: Credential, change: impl FnOnce(&mut Credential)) -> Credential {
    change(&mut c);
    c
}

fn missing(id: u32) -> Credential {
    but(numbered(id, 1), |c| c.key.remarks.push(fact(KeyRemark::MissingStoredKeyset, 41)))
}

fn said(case: &CaseIndex, rule: &str, asked: &str) -> String {
    words(&run_case(case, &[asked]), rule)
}

#[test]
fn a_dump_that_could_not_open_keys() {
    let rule = "dump-taken-unelevated";
    let of = |list: Vec<Credential>| said(&case_of(list, Vec::new()), rule, "iis");
    // Two keys of the machine and all are missing; one alone, or one that opens, shows nothing.
    assert_eq!(of(vec![missing(1), missing(2)]), "fails");
    assert_eq!(of(vec![missing(1)]), "passes");
    assert_eq!(of(vec![missing(1), numbered(2, 1)]), "passes");
    assert_eq!(of(vec![numbered(1, 1), numbered(2, 1)]), "passes");
    assert_eq!(of(vec![missing(1), but(missing(2), |c| c.sources[0].source = SourceId(2))]), "passes passes");
    // Keys of users, of cards, of files, and certificates without a key link, are none of it.
    let others: [fn(&mut Credential); 5] = [
        |c| c.key.flags = Some(fact(0, 23)),
        |c| {
            c.key.flags = None;
            c.store = Some(Store { name: Some(fact("My".to_owned(), 1)), scope: Some(fact(Scope::User, 1)) });
        },
        |c| c.key.provider = Some(fact(CARD_CSP.to_owned(), 21)),
        |c| c.key.association = Association::None,
        |c| c.origin = Origin::FileDump,
    ];
    for other in others {
        assert_eq!(of(vec![but(missing(1), other), but(missing(2), other)]), "silent");
        assert_eq!(of(vec![but(missing(1), other), missing(2)]), "passes");
    }
    assert_eq!(of(vec![but(missing(1), |c| c.key.flags = None), missing(2)]), "fails");
    // The prompt says more than the number.
    let line = || Some(fact("C:\\Users\\dana>certutil -store my".to_owned(), 1));
    assert_eq!(of(vec![but(missing(1), |c| c.surroundings.unelevated = line())]), "fails");
    assert_eq!(of(vec![but(missing(1), |c| c.surroundings.elevated = line()), missing(2)]), "passes");
    assert_eq!(of(vec![but(missing(1), |c| c.key.remarks.push(fact(KeyRemark::AccessDenied, 42)))]), "fails");
}

#[test]
fn a_denial_beside_a_missing_key() {
    let denied = |source, code, list: Vec<Credential>| {
        let place = Place { source: SourceId(source), line: 9, ..Place::default() };
        let code = CaseCode { code: Fact::stated(code, place), excerpt: String::new(), verb: None };
        CaseIndex { failures: vec![code], ..case_of(list, Vec::new()) }
    };
    let rule = "dump-taken-unelevated";
    // ERROR_ACCESS_DENIED, in the same input.
    assert_eq!(said(&denied(1, 0x8007_0005, vec![missing(1)]), rule, "iis"), "fails");
    assert_eq!(said(&denied(2, 0x8007_0005, vec![missing(1)]), rule, "iis"), "passes");
    assert_eq!(said(&denied(1, 0x8007_0002, vec![missing(1)]), rule, "iis"), "passes");
    let conditions = |case: &CaseIndex| failed(&run_case(case, &["iis"]), rule)[0].conditions;
    assert_eq!(conditions(&denied(1, 0x8007_0005, vec![missing(1)])), 1);
    assert_eq!(conditions(&denied(2, 0x8007_0005, vec![missing(1), missing(2)])), 1);
    assert_eq!(conditions(&denied(1, 0x8007_0005, vec![missing(1), missing(2)])), 2);
}

/// Valid on the days of one March, from noon to noon.
fn valid(c: Credential, from: u8, to: u8) -> Credential {
    let day = |day: u8| {
        let date = datetime!(2027-03-01 12:00).replace_day(day).unwrap_or(datetime!(2027-03-01 12:00));
        Some(ValidityDate {
            text: fact("a date".to_owned(), 10),
            value: Some(Moment::Local(date)),
            readings: Vec::new(),
        })
    };
    but(c, |c| {
        certificate(c).not_before = day(from);
        certificate(c).not_after = day(to);
    })
}

#[test]
fn two_certificates_for_one_name() {
    let rule = "duplicate-certificates-wrong-one-chosen";
    let first = || valid(numbered(1, 1), 2, 10);
    let case = |second: Credential| case_of(vec![first(), second], Vec::new());
    let of = |second: Credential| said(&case(second), rule, "ldaps");
    let second = |change: fn(&mut Credential)| of(but(valid(numbered(2, 1), 5, 20), change));
    assert_eq!(second(|_| ()), "fails passes");
    assert_eq!(said(&case(valid(numbered(2, 1), 5, 20)), rule, "iis"), "silent");
    // Both are valid at one time: not only one after the other, on either side, nor when the dates are not shown.
    for (from, to, word) in
        [(1, 30, "fails passes"), (10, 20, "passes"), (1, 2, "passes"), (12, 20, "passes"), (1, 3, "fails passes")]
    {
        assert_eq!(of(valid(numbered(2, 1), from, to)), word, "{from} {to}");
    }
    assert_eq!(of(numbered(2, 1)), "passes");
    // The same name in the same store of the same dump, and another certificate that is a candidate.
    assert_eq!(
        second(|c| certificate(c).subject = Some(fact("cn=WWW.fabrikam.example".to_owned(), 3))),
        "fails passes"
    );
    let others: [fn(&mut Credential); 9] = [
        |c| certificate(c).subject = Some(fact("CN=mail.fabrikam.example".to_owned(), 3)),
        |c| certificate(c).subject = None,
        |c| certificate(c).sha1 = Some(fact(Sha1([1; 20]), 2)),
        |c| certificate(c).sha1 = None,
        |c| c.store = Some(Store { name: Some(fact("NTDS".to_owned(), 1)), scope: Some(fact(Scope::Machine, 1)) }),
        |c| c.sources[0].source = SourceId(2),
        |c| c.origin = Origin::FileDump,
        |c| certificate(c).archived = Some(fact(true, 9)),
        |c| certificate(c).extended_key_usage = Some(fact(vec![crate::model::oid::CODE_SIGNING.to_owned()], 6)),
    ];
    for (n, other) in others.into_iter().enumerate() {
        assert_eq!(second(other), "passes", "{n}");
    }
    // One that has ended is no candidate, though the two overlapped once.
    let ended = |c: Credential| {
        but(c, |c| {
            let past = Moment::Utc(datetime!(2026-10-31 12:00 UTC));
            let text = fact("a date".to_owned(), 10);
            certificate(c).not_after = Some(ValidityDate { text, value: Some(past), readings: Vec::new() });
            certificate(c).not_before = None;
        })
    };
    assert_eq!(of(ended(numbered(2, 1))), "passes");
    let unnamed = |c: Credential| but(c, |c| certificate(c).subject = Some(fact(String::new(), 3)));
    let two = vec![unnamed(first()), unnamed(valid(numbered(2, 1), 5, 20))];
    assert_eq!(said(&case_of(two, Vec::new()), rule, "ldaps"), "passes");
    // The first is the one that is shown first.
    let three = vec![first(), valid(numbered(2, 1), 5, 20), valid(numbered(3, 1), 6, 20)];
    let draft = &failed(&run_case(&case_of(three, Vec::new()), &["ldaps"]), rule)[0];
    let primary: Vec<(bool, &str)> = draft.evidence.iter().map(|e| (e.primary, &*e.label)).collect();
    assert_eq!(primary, [(true, "this name"), (false, "the same name"), (false, "the same name")]);
    assert_eq!(draft.related, [CredentialId(2), CredentialId(3)]);
}

fn error(code: Option<u32>, text: &str, context: ErrorContext) -> ErrorText {
    ErrorText {
        code: code.map(|c| fact(c, 7)),
        text: fact(text.to_owned(), 7),
        context,
        thumbprint: None,
        subject: None,
        instance: None,
    }
}

#[test]
fn a_key_that_only_the_memory_holds() {
    let rule = "ephemeral-key-0x8009030e";
    let printed = |context| observed(7, Observation::Error(error(Some(0x8009_030E), "No credentials", context)));
    let logged = |code, process: Option<u32>| {
        let event = EventRecord {
            code: Some(fact(code, 5)),
            process_id: process.map(|p| fact(p, 6)),
            ..EventRecord::default()
        };
        observed(5, Observation::Event(Box::new(event)))
    };
    let script = |field: &'static str, value: &str| {
        let mut record = observed(2, Observation::Request(Box::new(KeyRequest::new(RequestForm::Script))));
        record.fields.push((field.into(), fact(value.to_owned(), 2)));
        record
    };
    let found = |seen| failed(&run_case(&case_of(Vec::new(), seen), &["kestrel"]), rule);
    let of = |seen| said(&case_of(Vec::new(), seen), rule, "kestrel");
    assert_eq!(of(vec![printed(ErrorContext::Tls)]), "fails");
    assert_eq!(found(vec![printed(ErrorContext::Tls)])[0].confidence, Confidence::Possible);
    assert_eq!(of(vec![printed(ErrorContext::Unknown)]), "unknown");
    assert_eq!(of(vec![printed(ErrorContext::Unrelated)]), "silent");
    let other = error(Some(0x8009_030D), "The credentials were not recognized", ErrorContext::Tls);
    assert_eq!(of(vec![observed(7, Observation::Error(other))]), "silent");
    // An event does not say how a program loads its key; process 4 is HTTP.sys, which takes keys from stores.
    assert_eq!(of(vec![logged(0x8009_030E, Some(1234))]), "unknown");
    assert_eq!(of(vec![logged(0x8009_030E, None)]), "unknown");
    assert_eq!(of(vec![logged(0x8009_030E, Some(4))]), "silent");
    assert_eq!(of(vec![logged(0x8009_030D, None)]), "silent");
    // The program's own TLS call goes before what some place says.
    let both = found(vec![printed(ErrorContext::Unknown), printed(ErrorContext::Tls)]);
    assert!(both[0].message.contains("shown 2 times"));
    assert!(!found(vec![printed(ErrorContext::Tls)])[0].message.contains("times"));
    // The script that loads it.
    let flags = |field, value| vec![script(field, value), logged(0x8009_030E, None)];
    let sure = &found(flags("key_storage_flags", "MachineKeySet, EphemeralKeySet"))[0];
    assert_eq!((sure.confidence, sure.evidence.len()), (Confidence::Certain, 2));
    assert_eq!(of(flags("key_storage_flags", "MachineKeySet")), "unknown");
    assert_eq!(of(flags("path", "EphemeralKeySet")), "unknown");
    assert_eq!(of(vec![script("key_storage_flags", "EphemeralKeySet")]), "silent");
}

#[test]
fn exchange_names_the_certificate_whose_key_it_could_not_open() {
    let rule = "exchange-setup-key-acl-fails";
    let message = "Insufficient rights to grant Network Service access to the certificate with thumbprint";
    let says = |text: &str, named: Option<u8>| {
        let thumbprint = named.map(|n| fact(Sha1([n; 20]), 7));
        observed(7, Observation::Error(ErrorText { thumbprint, ..error(None, text, ErrorContext::Unknown) }))
    };
    let cng = but(numbered(2, 1), |c| {
        c.key.provider = Some(fact(SOFTWARE_KSP.to_owned(), 21));
        c.key.provider_type = Some(fact(0, 22));
    });
    let bare = but(numbered(3, 1), |c| certificate(c).sha1 = None);
    let owner = |seen: Observed| {
        let recorded = run_case(&case_of(vec![numbered(1, 1), cng.clone(), bare.clone()], vec![seen]), &["exchange"]);
        let title = failed(&recorded, rule).first().map(|d| d.remedies[0].title);
        (recorded.into_iter().find(|r| r.rule.name == rule).and_then(|r| r.credential), title)
    };
    assert_eq!(
        owner(says(message, Some(2))),
        (Some(CredentialId(2)), Some("Import into the provider that Exchange knows"))
    );
    assert_eq!(owner(says(message, Some(1))).0, Some(CredentialId(1)));
    assert_ne!(owner(says(message, Some(1))).1, owner(says(message, Some(2))).1);
    assert_eq!(owner(says(message, Some(9))), (None, Some("See whether the key opens")));
    assert_eq!(owner(says(message, None)).0, None);
    assert_eq!(owner(says("Insufficient rights", Some(2))).1, None);
}

#[test]
fn the_request_that_waits_for_a_certificate() {
    let rule = "request-pending-key-elsewhere";
    let keyed = |c: Credential, key: u8| but(c, |c| certificate(c).public_key.sha1 = Some(fact(Sha1([key; 20]), 9)));
    let alone = |key| {
        but(keyed(numbered(1, 1), key), |c| {
            c.key = Default::default();
            c.key.association = Association::None;
        })
    };
    let waiting = |key| {
        but(keyed(numbered(2, 1), key), |c| {
            c.store = Some(Store { name: Some(fact("REQUEST".to_owned(), 1)), scope: Some(fact(Scope::Machine, 1)) });
        })
    };
    let of = |list| said(&case_of(list, Vec::new()), rule, "iis");
    assert_eq!(of(vec![alone(7), waiting(7)]), "fails");
    assert_eq!(of(vec![alone(7), waiting(8)]), "unknown");
    assert_eq!(of(vec![alone(7)]), "unknown");
    assert_eq!(said(&case_of(vec![alone(7), waiting(7)], Vec::new()), rule, "code-signing"), "silent");
    // Without the public key nothing connects the two; a request without a key link holds no key.
    let keyless = |c: Credential| but(c, |c| certificate(c).public_key.sha1 = None);
    assert_eq!(of(vec![keyless(alone(7)), keyless(waiting(7))]), "unknown");
    assert_eq!(of(vec![alone(7), but(waiting(7), |c| c.key.association = Association::None)]), "unknown");
    assert_eq!(of(vec![alone(7), but(waiting(7), |c| c.store = None)]), "unknown");
    assert_eq!(of(vec![keyed(numbered(1, 1), 7), waiting(7)]), "silent");
    // A registry's store is as good as certutil's; a file is none.
    let stored = but(alone(7), |c| c.origin = Origin::CertificateFile);
    assert_eq!(of(vec![stored, waiting(7)]), "fails");
    for origin in [Origin::FileDump, Origin::CertificateFile] {
        let file = but(alone(7), |c| {
            c.origin = origin;
            c.store = None;
            c.bound.push(testing::bound("iis"));
        });
        assert_eq!(of(vec![file, waiting(7)]), "silent", "{origin:?}");
    }
}

#[test]
fn a_key_file_of_another_machine_beside_keys_that_open() {
    let rule = "machineguid-mismatch";
    const HERE: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";
    const THERE: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
    let key = |id: u32, guid: &str, access: Access| {
        but(numbered(id, 1), |c| {
            c.key.unique_name = Some(fact(format!("{id:032x}_{guid}"), 26));
            c.key.access = access;
        })
    };
    let foreign = || key(3, THERE, Access::NotOpened);
    let of = |list| said(&case_of(list, Vec::new()), rule, "iis");
    let two = |third| of(vec![key(1, HERE, Access::Opened), key(2, HERE, Access::Opened), third]);
    assert_eq!(two(foreign()), "fails passes");
    assert_eq!(two(key(3, HERE, Access::NotOpened)), "passes");
    // Two keys that open tell the machine's GUID, one does not, nor do two GUIDs. Where all open, nothing asks for it.
    assert_eq!(of(vec![key(1, HERE, Access::Opened), foreign()]), "unknown");
    assert_eq!(of(vec![key(1, HERE, Access::Opened), key(2, THERE, Access::Opened), foreign()]), "unknown");
    assert_eq!(two(key(3, THERE, Access::Opened)), "passes");
    assert_eq!(of(vec![key(1, HERE, Access::Opened)]), "passes");
    assert_eq!(of(vec![numbered(1, 1), numbered(2, 1)]), "silent");
    // An archived certificate and an authority's own are not looked at.
    assert_eq!(two(but(foreign(), |c| certificate(c).archived = Some(fact(true, 9)))), "silent passes");
    assert_eq!(two(but(foreign(), |c| certificate(c).is_ca = Some(fact(true, 9)))), "passes");
    assert_eq!(two(but(foreign(), |c| c.origin = Origin::FileDump)), "passes");
}

#[test]
fn certificates_on_one_container() {
    let rule = "shared-key-container";
    let of = |list: Vec<Credential>| {
        let found = failed(&run_case(&case_of(list, Vec::new()), &["iis"]), rule);
        found.iter().map(|d| d.related.iter().map(|id| id.0).collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    let pair = |change: fn(&mut Credential)| of(vec![numbered(1, 1), but(numbered(2, 1), change)]);
    let none: [Vec<u32>; 0] = [];
    assert_eq!(pair(|_| ()), [[2]]);
    assert_eq!(of(vec![numbered(1, 1), numbered(2, 1), numbered(3, 1)]), [[2, 3]]);
    let shown = &failed(&run_case(&case_of(vec![numbered(1, 1), numbered(2, 1)], Vec::new()), &["iis"]), rule)[0];
    let shown: Vec<(bool, &str)> = shown.evidence.iter().map(|e| (e.primary, &*e.label)).collect();
    assert_eq!(shown, [(true, "this container"), (false, "the same container")]);
    // A container's name alone is the same one within a dump, a provider and a kind of keyset.
    let others: [fn(&mut Credential); 9] = [
        |c| c.key.stored_container = Some(fact("other".to_owned(), 20)),
        |c| c.key.stored_container = None,
        |c| c.sources[0].source = SourceId(2),
        |c| c.key.provider = Some(fact("Microsoft Enhanced Cryptographic Provider v1.0".to_owned(), 21)),
        |c| c.store = Some(Store { name: Some(fact("My".to_owned(), 1)), scope: Some(fact(Scope::User, 1)) }),
        |c| c.key.association = Association::None,
        |c| c.origin = Origin::FileDump,
        |c| certificate(c).is_ca = Some(fact(true, 4)),
        |c| certificate(c).sha1 = Some(fact(Sha1([1; 20]), 2)),
    ];
    for (n, other) in others.into_iter().enumerate() {
        assert_eq!(pair(other), none, "{n}");
    }
    // The file's name holds the machine: one file, whatever the provider and the dump.
    let file = |c: Credential| {
        but(c, |c| c.key.unique_name = Some(fact(format!("{:032x}_0f8fad5b-d9cb-469f-a165-70867728950e", 7), 26)))
    };
    let far = but(file(numbered(2, 2)), |c| c.key.provider = Some(fact(SOFTWARE_KSP.to_owned(), 21)));
    assert_eq!(of(vec![file(numbered(1, 1)), far]), [[2]]);
    // Cards hold their keys in one container each; archived certificates alone are nobody's matter.
    let card = |c: Credential| but(c, |c| c.key.provider = Some(fact(CARD_CSP.to_owned(), 21)));
    assert_eq!(of(vec![card(numbered(1, 1)), card(numbered(2, 1))]), none);
    let archived = |c: Credential| but(c, |c| certificate(c).archived = Some(fact(true, 9)));
    assert_eq!(of(vec![archived(numbered(1, 1)), archived(numbered(2, 1))]), none);
    assert_eq!(of(vec![archived(numbered(1, 1)), numbered(2, 1)]), [[2]]);
    // Two keys in one container are another rule's; hashes of one kind tell.
    let keyed = |c: Credential, key: u8| but(c, |c| certificate(c).public_key.sha1 = Some(fact(Sha1([key; 20]), 9)));
    assert_eq!(of(vec![keyed(numbered(1, 1), 7), keyed(numbered(2, 1), 8)]), none);
    assert_eq!(of(vec![keyed(numbered(1, 1), 7), keyed(numbered(2, 1), 7)]), [[2]]);
    let md5 = |c: Credential, key: &str| but(c, |c| certificate(c).public_key.md5 = Some(fact(key.to_owned(), 9)));
    assert_eq!(of(vec![md5(numbered(1, 1), "aa"), md5(numbered(2, 1), "bb")]), none);
    assert_eq!(of(vec![md5(numbered(1, 1), "aa"), md5(numbered(2, 1), "AA")]), [[2]]);
    assert_eq!(of(vec![keyed(numbered(1, 1), 7), md5(numbered(2, 1), "bb")]), [[2]]);
    // Without a thumbprint the serial number tells the certificates apart.
    let serial = |id: u32, serial: &str| {
        but(numbered(id, 1), |c| {
            certificate(c).sha1 = None;
            certificate(c).serial = Some(fact(serial.to_owned(), 2));
        })
    };
    assert_eq!(of(vec![serial(1, "01"), serial(2, "02")]), [[2]]);
    assert_eq!(of(vec![serial(1, "01"), serial(2, "01")]), none);
    assert_eq!(of(vec![but(serial(1, "01"), |c| certificate(c).serial = None), numbered(2, 1)]), none);
    // Keys of users matter where a user's workload was asked for.
    let user = |c: Credential| {
        but(c, |c| {
            c.store = Some(Store { name: Some(fact("My".to_owned(), 1)), scope: Some(fact(Scope::User, 1)) });
            certificate(c).extended_key_usage = None;
        })
    };
    let mine = || case_of(vec![user(numbered(1, 1)), user(numbered(2, 1))], Vec::new());
    assert_eq!(
        (said(&mine(), rule, "code-signing").as_str(), said(&mine(), rule, "iis").as_str()),
        ("fails passes", "passes")
    );
}

/// Containers are compared by a hash; those of these two names had the same one.
#[test]
fn containers_whose_names_differ_in_their_last_digits() {
    let keyed = |id: u32, container: String| {
        but(numbered(id, 1), |c| {
            c.key.stored_container = Some(fact(container, 20));
            c.key.unique_name = None;
            c.key.encryption_test = TestOutcome::NotShown;
            certificate(c).public_key.sha1 = Some(fact(Sha1([u8::try_from(id).unwrap_or(0); 20]), 6));
        })
    };
    let of = |one: u32, other: u32| {
        let list = vec![keyed(1, format!("le-{one:040x}")), keyed(2, format!("le-{other:040x}"))];
        said(&case_of(list, Vec::new()), "cert-key-mismatch", "iis")
    };
    assert!(of(4_107, 4_107).contains("fails"));
    assert!(!of(4_107, 20_488).contains("fails"));
}
