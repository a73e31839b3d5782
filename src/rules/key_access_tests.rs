//! Tests of the rules about permissions, on records made by hand.

use super::check::{Outcome, Recorded};
use super::testing::{case_of, certificate, fact, failed, linked, run_case};
use super::{RULES, RuleEntry};
use crate::case::credential::{Access, Association, Credential, Origin, Scope, Store, TestOutcome};
use crate::case::index::{CaseCode, CaseIndex};
use crate::model::access::{AccessList, AccessMask, Ace, AceKind, KeyPath};
use crate::model::event_record::{EventRecord, Side};
use crate::model::fact::{Excerpts, Fact, Place, SourceId};
use crate::model::judgement::{Confidence, Role, Severity};
use crate::model::observation::{ErrorContext, ErrorText, FolderListing, Observation, Observed, SystemFact, TraceRow};
use crate::model::principal;

const GUID: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";
const SCHANNEL: &str = "Microsoft RSA SChannel Cryptographic Provider";
const SOFTWARE_KSP: &str = "Microsoft Software Key Storage Provider";
/// The pair that the article publishes.
const CONTAINER: &str = "{00F81886-5F70-430A-939C-BB7DD58ECE2A}";
const PREFIX: &str = "99247943bd018ca78ef945b82652598d";
/// A published pair of CNG.
const CNG_NAME: &str = "te-0125d557-d02e-41dc-8476-36f189060ce9";
const CNG_PREFIX: &str = "b59b1bf435f36edf92e0609b0f6826a0";
const CAPI_FOLDER: &str = "C:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys";
const CNG_FOLDER: &str = "C:\\ProgramData\\Microsoft\\Crypto\\Keys";

const FULL: Option<u32> = Some(0x001f_01ff);
const READ: Option<u32> = Some(0x0012_0089);
const READ_WRITE: Option<u32> = Some(0x0012_019f);
const SYSTEM: (&str, AceKind, Option<u32>) = ("NT AUTHORITY\\SYSTEM", AceKind::Allow, FULL);
const ADMINS: (&str, AceKind, Option<u32>) = ("BUILTIN\\Administrators", AceKind::Allow, FULL);
const NETWORK: (&str, AceKind, Option<u32>) = ("NT AUTHORITY\\NETWORK SERVICE", AceKind::Allow, READ);
const EVERYONE: (&str, AceKind, Option<u32>) = ("Everyone", AceKind::Allow, READ_WRITE);

type Entry<'a> = (&'a str, AceKind, Option<u32>);

fn observed(source: u32, what: Observation) -> Observed {
    let place = Place { source: SourceId(source), line: 1, column: 1, ..Place::default() };
    Observed { kind: "icacls", place, fields: Vec::new(), excerpts: Excerpts::default(), what }
}

fn acl(source: u32, path: &str, entries: &[Entry<'_>]) -> Observed {
    let at = |line| Place { source: SourceId(source), line, column: 1, ..Place::default() };
    let entries = entries.iter().zip(2..).map(|((printed, kind, mask), line)| {
        let principal = Fact::stated(principal::of_name(printed), at(line));
        Ace::new(principal, (*printed).to_owned(), *kind, mask.map(AccessMask))
    });
    let list = AccessList {
        path: Fact::stated(path.to_owned(), at(1)),
        target: KeyPath::of(path),
        owner: None,
        protected: None,
        entries: entries.collect(),
        complete: true,
        by_sid: false,
        refused: None,
        place: at(1),
    };
    observed(source, Observation::AccessList(list))
}

fn cut(mut o: Observed) -> Observed {
    if let Observation::AccessList(list) = &mut o.what {
        list.complete = false;
    }
    o
}

fn file() -> String {
    format!("{CAPI_FOLDER}\\{PREFIX}_{GUID}")
}

fn cng_file() -> String {
    format!("{CNG_FOLDER}\\{CNG_PREFIX}_{GUID}")
}

fn csp() -> Credential {
    let mut c = linked(SCHANNEL, 12, 1);
    c.key.stored_container = Some(fact(CONTAINER.to_owned(), 20));
    c.key.container = Some(fact(CONTAINER.to_owned(), 20));
    c.key.unique_name = Some(fact(format!("{PREFIX}_{GUID}"), 26));
    c
}

fn ksp() -> Credential {
    let mut c = linked(SOFTWARE_KSP, 0, 0);
    c.key.stored_container = Some(fact(CNG_NAME.to_owned(), 20));
    c.key.container = Some(fact(CNG_NAME.to_owned(), 20));
    c.key.unique_name = Some(fact(format!("{CNG_PREFIX}_{GUID}"), 26));
    c
}

/// The key does not open, as its file shows no name then.
fn shut(mut c: Credential) -> Credential {
    c.key.access = Access::NotOpened;
    c.key.encryption_test = TestOutcome::NotShown;
    c.key.test_places.clear();
    c.key.unique_name = None;
    c.key.container = None;
    c
}

fn case(c: Credential, seen: Vec<Observed>) -> CaseIndex {
    case_of(vec![c], seen)
}

fn check(case: &CaseIndex, asked: &str) -> Vec<Recorded> {
    run_case(case, &asked.split(',').collect::<Vec<_>>())
}

fn outcomes<'a>(recorded: &'a [Recorded], rule: &str) -> Vec<&'a Outcome> {
    recorded.iter().filter(|r| r.rule.name == rule && r.credential.is_some()).map(|r| &r.outcome).collect()
}

fn unknown(recorded: &[Recorded], rule: &str) -> Option<String> {
    outcomes(recorded, rule).into_iter().find_map(|o| match o {
        Outcome::Unknown { obtain, .. } => Some(obtain.clone()),
        _ => None,
    })
}

fn passes(recorded: &[Recorded], rule: &str) -> bool {
    outcomes(recorded, rule).iter().all(|o| matches!(o, Outcome::Pass(_))) && !outcomes(recorded, rule).is_empty()
}

fn all_failed(recorded: &[Recorded]) -> Vec<&'static str> {
    recorded.iter().filter(|r| matches!(r.outcome, Outcome::Fail(_))).map(|r| r.rule.name).collect()
}

fn error(code: Option<u32>, text: &str, context: ErrorContext) -> Observed {
    let at = Place { source: SourceId(9), line: 1, column: 1, ..Place::default() };
    let what = ErrorText {
        code: code.map(|c| Fact::stated(c, at)),
        text: Fact::stated(text.to_owned(), at),
        context,
        thumbprint: None,
        subject: None,
        instance: None,
    };
    observed(9, Observation::Error(what))
}

#[test]
fn a_new_machine_key_is_healthy_for_iis_and_not_for_services() {
    let seen = || vec![acl(1, &file(), &[SYSTEM, ADMINS])];
    let found = check(&case(csp(), seen()), "iis");
    assert!(passes(&found, "key-file-no-system-access"));
    assert!(all_failed(&found).is_empty(), "{:?}", all_failed(&found));
    for (asked, rule) in [
        ("rdp", "rdp-key-no-network-service"),
        ("sql-server", "sql-service-no-key-read"),
        ("shir", "shir-service-acl"),
        ("exchange", "key-file-service-account-no-read"),
    ] {
        let found = check(&case(csp(), seen()), asked);
        let own = failed(&found, rule);
        assert_eq!(own.len(), 1, "{asked}");
        assert_eq!((own[0].severity, own[0].role), (Severity::Error, Role::RootCause), "{asked}");
        assert_eq!(own[0].confidence, Confidence::Likely, "{asked}");
        assert_eq!(own[0].evidence.iter().filter(|e| e.primary).count(), 1);
        assert_eq!(failed(&found, "key-file-service-account-no-read").len(), 1, "{asked}");
        assert!(failed(&found, "wac-cng-acl").is_empty());
    }
}

#[test]
fn system_without_a_right_to_read_is_certain() {
    let seen = vec![acl(1, &file(), &[("CONTOSO\\svc-web", AceKind::Allow, FULL), NETWORK])];
    let found = check(&case(csp(), seen), "iis,ldaps,rras");
    let own = failed(&found, "key-file-no-system-access");
    assert_eq!(own.len(), 2);
    assert_eq!((own[0].severity, own[0].confidence), (Severity::Error, Confidence::Certain));
    // What no document says of a workload is a possibility.
    assert_eq!((own[1].severity, own[1].confidence), (Severity::Warning, Confidence::Possible));
    let run = &own[0].remedies[0].steps[0].run;
    assert_eq!(*run, format!("icacls \"{}\" /grant *S-1-5-18:F", file()));
}

#[test]
fn system_comes_in_through_administrators() {
    let found = check(&case(csp(), vec![acl(1, &file(), &[ADMINS])]), "iis");
    assert!(passes(&found, "key-file-no-system-access"));
}

#[test]
fn what_is_cut_or_unreadable_is_unknown_with_the_command() {
    let command = format!("icacls \"%ProgramData%\\Microsoft\\Crypto\\RSA\\MachineKeys\\{PREFIX}_{GUID}\"");
    let found = check(&case(csp(), vec![cut(acl(1, &file(), &[NETWORK]))]), "iis");
    assert_eq!(unknown(&found, "key-file-no-system-access"), Some(command.clone()));
    let unreadable = ("NT AUTHORITY\\SYSTEM", AceKind::Allow, None);
    let found =
        check(&case(csp(), vec![acl(1, &file(), &[unreadable, ("BUILTIN\\Guests", AceKind::Allow, READ)])]), "iis");
    assert_eq!(unknown(&found, "key-file-no-system-access"), Some(command.clone()));
    // The folder alone says nothing about the file.
    let found = check(&case(csp(), vec![acl(1, CAPI_FOLDER, &[EVERYONE, ADMINS])]), "iis");
    assert_eq!(unknown(&found, "key-file-no-system-access"), Some(command.clone()));
    // Two inputs that contradict each other.
    let both = vec![acl(1, &file(), &[NETWORK]), acl(2, &file(), &[SYSTEM])];
    assert_eq!(unknown(&check(&case(csp(), both), "iis"), "key-file-no-system-access"), Some(command));
    // Within one transcript the later state counts.
    let repaired = vec![acl(1, &file(), &[NETWORK]), acl(1, &file(), &[NETWORK, SYSTEM])];
    assert!(passes(&check(&case(csp(), repaired), "iis"), "key-file-no-system-access"));
}

#[test]
fn another_file_says_nothing() {
    let other = format!("{CAPI_FOLDER}\\{PREFIX}_11111111-2222-4333-8444-555555555555");
    let found = check(&case(csp(), vec![acl(1, &other, &[NETWORK])]), "iis");
    assert!(failed(&found, "key-file-no-system-access").is_empty());
    let profile =
        format!("C:\\Users\\a\\AppData\\Roaming\\Microsoft\\Crypto\\RSA\\S-1-5-21-1-2-3-1001\\{PREFIX}_{GUID}");
    let found = check(&case(csp(), vec![acl(1, &profile, &[NETWORK])]), "iis");
    assert!(failed(&found, "key-file-no-system-access").is_empty());
}

#[test]
fn the_file_of_a_key_that_does_not_open_is_computed() {
    let found = check(&case(shut(csp()), vec![acl(1, &file(), &[NETWORK])]), "iis");
    assert_eq!(failed(&found, "key-file-no-system-access").len(), 1);
    let found = check(&case(shut(ksp()), vec![acl(1, &cng_file(), &[NETWORK])]), "iis");
    assert_eq!(failed(&found, "key-file-no-system-access").len(), 1);
}

#[test]
fn a_service_may_run_under_another_account() {
    let domain = ("CONTOSO\\svc-sql", AceKind::Allow, READ);
    let found = check(&case(csp(), vec![acl(1, &file(), &[SYSTEM, ADMINS, domain])]), "sql-server");
    assert!(failed(&found, "sql-service-no-key-read").is_empty());
    assert!(unknown(&found, "sql-service-no-key-read").is_some());
    let instance = ("NT SERVICE\\MSSQL$PAYROLL", AceKind::Allow, READ);
    let found = check(&case(csp(), vec![acl(1, &file(), &[SYSTEM, ADMINS, instance])]), "sql-server");
    assert!(passes(&found, "sql-service-no-key-read"));
    let sid = ("S-1-5-80-3880718306-3832830129-1677859214-2598158968-1052248003", AceKind::Allow, READ);
    let found = check(&case(csp(), vec![acl(1, &file(), &[SYSTEM, ADMINS, sid])]), "sql-server");
    assert!(passes(&found, "sql-service-no-key-read"));
    let found = check(&case(csp(), vec![acl(1, &file(), &[SYSTEM, ADMINS, NETWORK])]), "sql-server");
    assert_eq!(failed(&found, "sql-service-no-key-read")[0].confidence, Confidence::Possible);
    let other = ("NT SERVICE\\W3SVC", AceKind::Allow, READ);
    let found = check(&case(csp(), vec![acl(1, &file(), &[SYSTEM, ADMINS, other])]), "sql-server");
    assert_eq!(failed(&found, "sql-service-no-key-read")[0].confidence, Confidence::Likely);
}

#[test]
fn services_are_judged_only_when_asked_for() {
    let found = check(&case(csp(), vec![acl(1, &file(), &[SYSTEM, ADMINS])]), "iis");
    for rule in ["rdp-key-no-network-service", "sql-service-no-key-read", "shir-service-acl", "wac-cng-acl"] {
        assert!(outcomes(&found, rule).is_empty(), "{rule}");
    }
}

#[test]
fn windows_admin_center_is_about_cng_keys() {
    let found = check(&case(ksp(), vec![acl(1, &cng_file(), &[SYSTEM, ADMINS])]), "wac");
    assert_eq!(failed(&found, "wac-cng-acl").len(), 1);
    let found = check(&case(ksp(), vec![acl(1, &cng_file(), &[SYSTEM, ADMINS, NETWORK])]), "wac");
    assert!(passes(&found, "wac-cng-acl"));
    assert!(outcomes(&check(&case(csp(), vec![acl(1, &file(), &[SYSTEM])]), "wac"), "wac-cng-acl").is_empty());
    assert!(outcomes(&check(&case(ksp(), vec![acl(1, &cng_file(), &[SYSTEM])]), "rdp"), "wac-cng-acl").is_empty());
}

#[test]
fn both_defaults_of_the_folder_are_healthy() {
    let users = ("BUILTIN\\Users", AceKind::Allow, READ);
    for entries in [vec![EVERYONE, ADMINS], vec![EVERYONE, ADMINS, SYSTEM], vec![SYSTEM, ADMINS, users, EVERYONE]] {
        let found = check(&case(csp(), vec![acl(1, CAPI_FOLDER, &entries)]), "iis,pfx-import");
        assert!(failed(&found, "machinekeys-folder-acl-broken").is_empty());
        assert!(failed(&found, "machinekeys-overbroad").is_empty());
    }
}

#[test]
fn a_broken_folder_is_an_error_where_something_fails() {
    let broken = || acl(1, CAPI_FOLDER, &[EVERYONE, ("BUILTIN\\Users", AceKind::Allow, FULL)]);
    let found = check(&case(csp(), vec![broken()]), "iis");
    let own = failed(&found, "machinekeys-folder-acl-broken");
    assert_eq!((own[0].severity, own[0].confidence), (Severity::Warning, Confidence::Likely));
    // The key opens: it needs no folder.
    assert!(own[0].related.is_empty());
    assert_eq!(failed(&found, "machinekeys-overbroad").len(), 1);
    let refused = || error(Some(0x8007_0520), "A specified logon session does not exist.", ErrorContext::IisBinding);
    let found = check(&case(shut(csp()), vec![broken(), refused()]), "iis");
    let own = failed(&found, "machinekeys-folder-acl-broken");
    assert_eq!((own[0].severity, own[0].related.len()), (Severity::Error, 1));
    let found = check(&case(shut(ksp()), vec![broken(), refused()]), "iis");
    assert!(failed(&found, "machinekeys-folder-acl-broken")[0].related.is_empty(), "CNG keys are elsewhere");
    let denied = acl(1, CAPI_FOLDER, &[("BUILTIN\\Users", AceKind::Deny, READ), EVERYONE, ADMINS]);
    assert_eq!(failed(&check(&case(csp(), vec![denied]), "iis"), "machinekeys-folder-acl-broken").len(), 1);
    let guests = acl(1, CAPI_FOLDER, &[("BUILTIN\\Guests", AceKind::Deny, READ), EVERYONE, ADMINS]);
    assert!(failed(&check(&case(csp(), vec![guests]), "iis"), "machinekeys-folder-acl-broken").is_empty());
    let cut = cut(acl(1, CAPI_FOLDER, &[EVERYONE]));
    assert!(failed(&check(&case(csp(), vec![cut]), "iis"), "machinekeys-folder-acl-broken").is_empty());
}

#[test]
fn open_key_files_are_a_weakness_alone() {
    let seen = vec![acl(1, &file(), &[SYSTEM, ADMINS, ("Everyone", AceKind::Allow, READ)])];
    let found = check(&case(csp(), seen), "iis");
    let own = failed(&found, "machinekeys-overbroad");
    assert_eq!(
        (own[0].severity, own[0].role, own[0].confidence),
        (Severity::Warning, Role::Hygiene, Confidence::Certain)
    );
    assert_eq!(all_failed(&found), ["machinekeys-overbroad"]);
    // Windows' own containers are left out.
    let system = format!("{CAPI_FOLDER}\\6de9cb26d2b98c01ec4e9e8b34824aa2_{GUID}");
    let found = check(&case(csp(), vec![acl(1, &system, &[("Everyone", AceKind::Allow, READ)])]), "iis");
    assert!(failed(&found, "machinekeys-overbroad").is_empty());
}

#[test]
fn denials_and_orphans() {
    let seen = vec![acl(1, &file(), &[("Everyone", AceKind::Deny, READ), SYSTEM, ADMINS])];
    let found = check(&case(csp(), seen), "iis");
    assert_eq!(failed(&found, "acl-deny-or-orphan-sid")[0].confidence, Confidence::Possible);
    let own = failed(&found, "key-file-no-system-access");
    assert_eq!(own[0].confidence, Confidence::Certain);
    assert!(own[0].remedies[0].steps[0].run.contains("/remove:d *S-1-1-0"));
    let seen = vec![acl(1, &file(), &[("S-1-5-21-1-2-3-1104", AceKind::Allow, FULL)])];
    let found = check(&case(csp(), seen), "iis");
    assert_eq!(failed(&found, "acl-deny-or-orphan-sid").len(), 1);
    // A logon session's SID beside the usual entries is harmless.
    let seen = vec![acl(1, &file(), &[SYSTEM, ADMINS, ("S-1-5-5-0-123456", AceKind::Allow, FULL)])];
    assert!(all_failed(&check(&case(csp(), seen), "iis")).is_empty());
}

#[test]
fn permissions_in_the_other_folder() {
    let folder = || acl(1, CAPI_FOLDER, &[EVERYONE, ADMINS, NETWORK]);
    let found = check(&case(ksp(), vec![folder(), acl(2, &cng_file(), &[SYSTEM, ADMINS])]), "rdp");
    let own = failed(&found, "acl-applied-to-wrong-directory");
    assert_eq!((own[0].severity, own[0].confidence), (Severity::Error, Confidence::Likely));
    let found = check(&case(ksp(), vec![folder()]), "rdp");
    assert_eq!(failed(&found, "acl-applied-to-wrong-directory")[0].confidence, Confidence::Possible);
    for (c, seen, asked) in [
        (ksp(), vec![folder(), acl(2, &cng_file(), &[SYSTEM, ADMINS, NETWORK])], "rdp"),
        (ksp(), vec![acl(1, CAPI_FOLDER, &[EVERYONE, ADMINS]), acl(2, &cng_file(), &[SYSTEM, ADMINS])], "rdp"),
        (csp(), vec![folder(), acl(2, &file(), &[SYSTEM, ADMINS])], "rdp"),
        (ksp(), vec![folder(), acl(2, &cng_file(), &[SYSTEM, ADMINS])], "iis"),
    ] {
        assert!(failed(&check(&case(c, seen), asked), "acl-applied-to-wrong-directory").is_empty());
    }
}

#[test]
fn the_key_of_application_pools_matters_with_its_error_alone() {
    let was = format!("{CAPI_FOLDER}\\76944fb33636aeddb9590521c2e8815a_{GUID}");
    let said = || error(Some(0x8009_0016), "Keyset does not exist", ErrorContext::Unknown);
    let rule = "iiswaskey-localservice";
    let run = |seen| failed(&check(&case(csp(), seen), "iis"), rule).len();
    assert_eq!(run(vec![acl(1, &was, &[SYSTEM, ADMINS]), said()]), 1);
    assert_eq!(run(vec![acl(1, &was, &[SYSTEM, ADMINS])]), 0);
    assert_eq!(
        run(vec![acl(1, &was, &[SYSTEM, ADMINS, ("NT AUTHORITY\\LOCAL SERVICE", AceKind::Allow, READ)]), said()]),
        0
    );
}

#[test]
fn application_code_matters_with_its_error_alone() {
    let said = || error(Some(0x8009_0016), "Keyset does not exist", ErrorContext::Unknown);
    let plain = || acl(1, &file(), &[SYSTEM, ADMINS]);
    let rule = "app-code-no-key-read";
    assert_eq!(failed(&check(&case(csp(), vec![plain(), said()]), "dotnet"), rule).len(), 1);
    assert!(unknown(&check(&case(csp(), vec![plain()]), "dotnet"), rule).is_some());
    // An error that names its certificate is about that one alone.
    let named = |subject: &str| {
        let mut named = said();
        if let Observation::Error(error) = &mut named.what {
            error.subject = Some(fact(subject.to_owned(), 9));
        }
        check(&case(csp(), vec![plain(), named]), "dotnet")
    };
    assert_eq!(failed(&named("CN=WWW.fabrikam.example"), rule).len(), 1);
    assert!(failed(&named("CN=other"), rule).is_empty() && unknown(&named("CN=other"), rule).is_some());
    assert!(failed(&check(&case(csp(), vec![plain(), said()]), "iis"), rule).is_empty());
    let pool = ("IIS APPPOOL\\shop", AceKind::Allow, READ);
    assert!(passes(&check(&case(csp(), vec![acl(1, &file(), &[SYSTEM, ADMINS, pool]), said()]), "dotnet"), rule));
}

fn trace(process: &str, path: &str, result: &str, access: &str) -> Observed {
    let at = Place { source: SourceId(3), line: 2, column: 1, ..Place::default() };
    let row = TraceRow {
        process: Some(Fact::stated(process.to_owned(), at)),
        process_id: None,
        user: Some(Fact::stated("NT AUTHORITY\\NETWORK SERVICE".to_owned(), at)),
        operation: Some(Fact::stated("CreateFile".to_owned(), at)),
        path: Fact::stated(path.to_owned(), at),
        target: KeyPath::of(path),
        result: Some(Fact::stated(result.to_owned(), at)),
        desired_access: Some(Fact::stated(access.to_owned(), at)),
    };
    observed(3, Observation::Trace(row))
}

#[test]
fn a_denied_read_in_a_trace() {
    let rule = "procmon-key-access-denied";
    let denied = |process: &str, access: &str| trace(process, &file(), "ACCESS DENIED", access);
    let found = check(&case(csp(), vec![denied("lsass.exe", "Generic Read")]), "rdp");
    let own = failed(&found, rule);
    assert_eq!((own[0].severity, own[0].confidence), (Severity::Error, Confidence::Likely));
    assert!(own[0].remedies[0].steps[1].run.contains("/grant *S-1-5-20:(R)"));
    let found = check(&case(csp(), vec![denied("notepad.exe", "Generic Read")]), "rdp");
    assert_eq!(failed(&found, rule)[0].confidence, Confidence::Possible);
    // A refusal to write is no sign that reading works, and the plain read tells the most.
    for rows in [
        vec![denied("lsass.exe", "Write DAC"), denied("lsass.exe", "Generic Read")],
        vec![denied("lsass.exe", "All Access"), denied("lsass.exe", "Generic Read")],
    ] {
        assert_eq!(failed(&check(&case(csp(), rows), "rdp"), rule)[0].confidence, Confidence::Likely);
    }
    // Looking at the attributes is no reading either.
    let looked = trace("lsass.exe", &file(), "SUCCESS", "Read Attributes");
    let rows = vec![denied("lsass.exe", "Generic Read"), looked];
    assert_eq!(failed(&check(&case(csp(), rows), "rdp"), rule).len(), 1);
    // A container of Windows itself is told though no certificate leads to it.
    let was = format!("{CAPI_FOLDER}\\76944fb33636aeddb9590521c2e8815a_{GUID}");
    let own =
        failed(&check(&case(csp(), vec![trace("lsass.exe", &was, "ACCESS DENIED", "Generic Read")]), "iis"), rule);
    assert!(own[0].message.contains("iisWasKey"));
    // Without any certificate whose key file is known every denial counts.
    let alone = case_of(Vec::new(), vec![denied("lsass.exe", "Generic Read")]);
    assert_eq!(failed(&check(&alone, "rdp"), rule).len(), 1);
    for quiet in [
        vec![denied("lsass.exe", "Write DAC")],
        vec![denied("lsass.exe", "Generic Read/Write"), trace("lsass.exe", &file(), "SUCCESS", "Generic Read")],
        vec![trace("lsass.exe", &file(), "SUCCESS", "Generic Read")],
        vec![trace(
            "lsass.exe",
            &format!("{CAPI_FOLDER}\\aaaa7943bd018ca78ef945b82652598d_{GUID}"),
            "ACCESS DENIED",
            "Generic Read",
        )],
        vec![trace("lsass.exe", "C:\\inetpub\\x", "ACCESS DENIED", "Generic Read")],
    ] {
        assert!(failed(&check(&case(csp(), quiet), "rdp"), rule).is_empty());
    }
}

fn listing(folder: &str, files: &[String], complete: bool) -> Observed {
    let at = Place { source: SourceId(4), line: 1, column: 1, ..Place::default() };
    let files = files.iter().map(|f| (Fact::stated(f.clone(), at), Some(2304))).collect();
    let folder = Fact::stated(folder.to_owned(), at);
    let target = KeyPath::of(&folder.value);
    observed(4, Observation::FolderListing(FolderListing { folder, target, files, complete }))
}

#[test]
fn an_absent_key_file() {
    let rule = "key-file-absent";
    let others =
        || vec![format!("6de9cb26d2b98c01ec4e9e8b34824aa2_{GUID}"), format!("76944fb33636aeddb9590521c2e8815a_{GUID}")];
    let found = check(&case(shut(csp()), vec![listing(CAPI_FOLDER, &others(), true)]), "iis");
    let own = failed(&found, rule);
    assert_eq!(
        (own[0].severity, own[0].role, own[0].confidence),
        (Severity::Error, Role::RootCause, Confidence::Certain)
    );
    // A cut listing, and one of another folder.
    for (c, folder, complete) in [
        (csp(), CAPI_FOLDER, false),
        (ksp(), CAPI_FOLDER, true),
        (csp(), "C:\\ProgramData\\Microsoft\\Crypto\\DSS\\MachineKeys", true),
    ] {
        let found = check(&case(shut(c), vec![listing(folder, &others(), complete)]), "iis");
        assert!(failed(&found, rule).is_empty());
        assert!(unknown(&found, rule).is_some_and(|command| command.starts_with("dir /a ")), "{folder}");
    }
    let there = [others(), vec![format!("{PREFIX}_{GUID}")]].concat();
    assert!(passes(&check(&case(shut(csp()), vec![listing(CAPI_FOLDER, &there, true)]), "iis"), rule));
    // A key that opens is there, whatever a listing says.
    assert!(failed(&check(&case(csp(), vec![listing(CAPI_FOLDER, &others(), true)]), "iis"), rule).is_empty());
    // CNG falls back to the other folder for a name that is computed.
    let cng = |seen| check(&case(shut(ksp()), seen), "iis");
    let alone = cng(vec![listing(CNG_FOLDER, &[], true)]);
    assert!(failed(&alone, rule).is_empty());
    assert!(unknown(&alone, rule).is_some_and(|command| command.contains("MachineKeys")));
    let both = cng(vec![listing(CNG_FOLDER, &[], true), listing(CAPI_FOLDER, &others(), true)]);
    assert_eq!(failed(&both, rule)[0].confidence, Confidence::Certain);
    // A trace that never finds it.
    let looked = trace("lsass.exe", &file(), "NAME NOT FOUND", "Generic Read");
    let found = check(&case(shut(csp()), vec![looked.clone()]), "iis");
    assert_eq!(failed(&found, rule)[0].confidence, Confidence::Likely);
    let read = trace("lsass.exe", &file(), "SUCCESS", "Generic Read");
    assert!(failed(&check(&case(shut(csp()), vec![looked, read]), "iis"), rule).is_empty());
}

#[test]
fn the_machines_own_guid() {
    let rule = "machineguid-mismatch";
    let stated = |guid: &str| {
        let at = Place { source: SourceId(5), line: 3, column: 1, ..Place::default() };
        observed(5, Observation::System(SystemFact::MachineGuid(Fact::stated(guid.to_owned(), at))))
    };
    let named = || {
        let mut c = shut(csp());
        c.key.stored_container = Some(fact(format!("{PREFIX}_{GUID}"), 20));
        c
    };
    let other = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
    let own = failed(&check(&case(named(), vec![stated(other)]), "iis"), rule);
    assert_eq!((own[0].severity, own[0].confidence), (Severity::Warning, Confidence::Possible));
    assert!(passes(&check(&case(named(), vec![stated(GUID)]), "iis"), rule));
    assert!(passes(&check(&case(csp(), vec![stated(other)]), "iis"), rule), "it opens");
    let files = |n: usize| -> Vec<String> {
        let many = [
            "6de9cb26d2b98c01ec4e9e8b34824aa2",
            "76944fb33636aeddb9590521c2e8815a",
            "f686aace6942fb7f7ceb231212eef4a4",
        ];
        many.iter().take(n).map(|p| format!("{p}_{other}")).chain([format!("{PREFIX}_{GUID}")]).collect()
    };
    assert_eq!(failed(&check(&case(named(), vec![listing(CAPI_FOLDER, &files(3), true)]), "iis"), rule).len(), 1);
    assert!(failed(&check(&case(named(), vec![listing(CAPI_FOLDER, &files(2), true)]), "iis"), rule).is_empty());
    // Half of the files is not most of them.
    let own = ["6de9cb26d2b98c01ec4e9e8b34824aa2", "76944fb33636aeddb9590521c2e8815a"].map(|p| format!("{p}_{GUID}"));
    let half = [files(3), own.to_vec()].concat();
    assert!(failed(&check(&case(named(), vec![listing(CAPI_FOLDER, &half, true)]), "iis"), rule).is_empty());
}

#[test]
fn exchange_says_so_itself() {
    let text = "Insufficient rights to grant Network Service access to the certificate with thumbprint 5D41402ABC4B2A76B9719D911017C592AA10F3CE.";
    let found = check(&case(csp(), vec![error(None, text, ErrorContext::Unknown)]), "exchange");
    let own = failed(&found, "exchange-setup-key-acl-fails");
    assert_eq!((own[0].severity, own[0].confidence), (Severity::Warning, Confidence::Likely));
    assert!(failed(&check(&case(csp(), Vec::new()), "exchange"), "exchange-setup-key-acl-fails").is_empty());
}

#[test]
fn every_failure_about_permissions_names_one_primary_place_and_a_remedy() {
    let seen = vec![
        acl(1, CAPI_FOLDER, &[("BUILTIN\\Users", AceKind::Allow, FULL), NETWORK]),
        acl(2, &file(), &[("Everyone", AceKind::Deny, READ), ("S-1-5-21-1-2-3-1104", AceKind::Allow, FULL)]),
        error(Some(0x8009_0016), "Keyset does not exist", ErrorContext::Import),
        trace("lsass.exe", &file(), "ACCESS DENIED", "Generic Read"),
        listing(CAPI_FOLDER, &[], true),
    ];
    let mut all = case(csp(), seen);
    all.failures.push(CaseCode {
        code: fact(0x8009_000F, 4),
        excerpt: "failed".to_owned(),
        verb: Some("importPFX".to_owned()),
    });
    let found = check(&all, "iis,rdp,sql-server,dotnet,wac,exchange");
    let mut failures = 0;
    for r in &found {
        let Outcome::Fail(draft) = &r.outcome else { continue };
        failures += 1;
        assert_eq!(draft.evidence.iter().filter(|e| e.primary).count(), 1, "{}", r.rule.name);
        assert!(!draft.remedies.is_empty(), "{}", r.rule.name);
        assert!(draft.severity != Severity::Error || draft.confidence <= Confidence::Likely, "{}", r.rule.name);
    }
    assert!(failures > 5, "{:?}", all_failed(&found));
    assert!(RULES.iter().any(|r| matches!(r, RuleEntry::Case(c) if c.meta().name == "key-file-no-system-access")));
}

fn list(entries: &[Entry<'_>]) -> AccessList {
    let Observation::AccessList(list) = acl(1, &file(), entries).what else { unreachable!() };
    list
}

#[test]
fn how_far_an_account_reaches() {
    use super::key_access::{APP_POOL, Reach, Reader, SQL_SERVICE, SYSTEM as SYSTEM_READER, reach};
    let word = |entries: &[Entry<'_>], reader: &Reader| match reach(&list(entries), reader) {
        Reach::Allowed => "allowed",
        Reach::Denied(_) => "denied",
        Reach::Missing => "missing",
        Reach::Elsewhere => "elsewhere",
        Reach::Unclear(_) => "unclear",
    };
    use AceKind::{Allow, Deny};
    assert_eq!(word(&[SYSTEM], &SYSTEM_READER), "allowed");
    assert_eq!(word(&[NETWORK], &SYSTEM_READER), "missing");
    assert_eq!(word(&[("Everyone", Deny, READ), SYSTEM], &SYSTEM_READER), "denied");
    // A denial for somebody else, of something else, or an entry that allows, denies nothing.
    assert_eq!(word(&[("BUILTIN\\Guests", Deny, READ), NETWORK], &SYSTEM_READER), "missing");
    assert_eq!(word(&[("Everyone", Deny, Some(AccessMask::DELETE)), NETWORK], &SYSTEM_READER), "missing");
    assert_eq!(word(&[("Everyone", Allow, Some(AccessMask::DELETE)), NETWORK], &SYSTEM_READER), "missing");
    // Names that begin as the service's do.
    assert_eq!(word(&[("IIS APPPOOL\\shop", Allow, READ)], &APP_POOL), "allowed");
    assert_eq!(word(&[("IIS APPPOOL\\shop", Deny, READ)], &APP_POOL), "denied");
    assert_eq!(word(&[("IIS APPPOOL\\shop", Allow, Some(AccessMask::DELETE))], &APP_POOL), "missing");
    let mut children = list(&[("IIS APPPOOL\\shop", Allow, READ)]);
    children.entries[0].inherit_only = true;
    assert!(matches!(reach(&children, &APP_POOL), Reach::Missing));
    // Under whom the service may run instead.
    for account in ["S-1-5-21-1-2-3-1001", "S-1-5-80-1-2-3-4-5", "CONTOSO\\svc"] {
        assert_eq!(word(&[SYSTEM, (account, Allow, READ)], &SQL_SERVICE), "unclear", "{account}");
        assert_eq!(word(&[(account, Allow, READ), SYSTEM], &SQL_SERVICE), "unclear", "{account}");
    }
    assert_eq!(word(&[SYSTEM, NETWORK], &SQL_SERVICE), "elsewhere");
    assert_eq!(word(&[NETWORK, SYSTEM], &SQL_SERVICE), "elsewhere");
    assert_eq!(word(&[SYSTEM, ("NT SERVICE\\W3SVC", Allow, READ)], &SQL_SERVICE), "missing");
    assert_eq!(word(&[SYSTEM, ("S-1-5-21-1-2-3-1001", Deny, READ)], &SQL_SERVICE), "missing");
    let mut shut = list(&[SYSTEM]);
    shut.refused = Some(fact("Access is denied.".to_owned(), 1));
    assert!(matches!(reach(&shut, &SYSTEM_READER), Reach::Unclear(_)));
}

#[test]
fn lists_of_one_file_agree_or_leave_it_open() {
    use super::key_access::{Reach, SYSTEM as SYSTEM_READER, agreed};
    let (reads, none) = (acl(1, &file(), &[SYSTEM]), acl(2, &file(), &[NETWORK]));
    let open = cut(acl(3, &file(), &[NETWORK]));
    let of = |seen: &[&Observed]| {
        let mut lists = Vec::new();
        for observed in seen {
            let Observation::AccessList(list) = &observed.what else { unreachable!() };
            lists.push((*observed, list));
        }
        agreed(&lists, &SYSTEM_READER).map(|(observed, _, reach)| {
            let word = match reach {
                Reach::Allowed => "allowed",
                Reach::Missing => "missing",
                Reach::Unclear(_) => "unclear",
                _ => "other",
            };
            (observed.place.source.0, word)
        })
    };
    assert_eq!(of(&[]), None);
    assert_eq!(of(&[&reads, &reads]), Some((1, "allowed")));
    // What can't be told gives way to what can, in either order.
    assert_eq!(of(&[&open, &reads]), Some((1, "allowed")));
    assert_eq!(of(&[&reads, &open]), Some((1, "allowed")));
    assert_eq!(of(&[&none, &open]), Some((2, "missing")));
    assert_eq!(of(&[&reads, &none]), Some((1, "unclear")));
    assert_eq!(of(&[&none, &reads, &open]), Some((2, "unclear")));
}

#[test]
fn the_entries_of_a_list_are_shown_with_what_they_give() {
    use AceKind::{Allow, Audit, Deny};
    let rule = "key-file-no-system-access";
    let labels = |seen: Observed| -> Vec<String> {
        let draft = &failed(&check(&case(csp(), vec![seen]), "iis"), rule)[0];
        draft.evidence.iter().filter(|e| e.place.source.0 == 1).map(|e| e.label.to_string()).collect()
    };
    let entries = [
        ("NT AUTHORITY\\LOCAL SERVICE", Allow, FULL),
        NETWORK,
        ("BUILTIN\\Users", Allow, Some(AccessMask::DELETE)),
        ("BUILTIN\\Guests", Deny, FULL),
        ("Everyone", Audit, FULL),
    ];
    let first = "the account is not among those who may read this key file";
    assert_eq!(labels(acl(1, &file(), &entries)), [first, "full control", "may read", "may not read", "denied"]);
    // The entry that proves it is not shown twice; nor are the entries of one line, nor more than eight.
    let denied = [("Everyone", Deny, READ), SYSTEM];
    assert_eq!(labels(acl(1, &file(), &denied)), ["this entry denies reading", "full control"]);
    let mut sddl = acl(1, &file(), &[NETWORK, NETWORK]);
    if let Observation::AccessList(list) = &mut sddl.what {
        list.entries[1].principal.place.column = 30;
        list.entries[1].principal.place.line = 2;
    }
    assert_eq!(labels(sddl), [first, "may read"]);
    assert_eq!(labels(acl(1, &file(), &[NETWORK; 20])).len(), 8);
}

#[test]
fn certificates_whose_keys_are_looked_at() {
    let found = |change: fn(&mut Credential)| {
        let mut c = csp();
        change(&mut c);
        !failed(&check(&case(c, vec![acl(1, &file(), &[NETWORK])]), "iis"), "key-file-no-system-access").is_empty()
    };
    assert!(found(|_| ()));
    assert!(found(|c| c.key.association = Association::FoundBySearch));
    assert!(!found(|c| c.key.association = Association::None));
    assert!(!found(|c| c.certificate = None));
    assert!(!found(|c| c.origin = Origin::FileDump));
    assert!(!found(|c| certificate(c).archived = Some(fact(true, 9))));
}

#[test]
fn names_in_commands() {
    use super::key_access::account_name;
    assert_eq!(account_name("IIS AppPool\\shop").as_deref(), Some("\"IIS AppPool\\shop\""));
    assert_eq!(account_name("svc_web$@contoso-1.com").as_deref(), Some("\"svc_web$@contoso-1.com\""));
    assert!(account_name(&"a".repeat(128)).is_some());
    for name in ["", "a\"b", "a & b", "%PATH%", "a;b", "a'b", "a\nb", "Benutzer für", &"a".repeat(129)] {
        assert_eq!(account_name(name), None, "{name}");
    }
    // A local account is named, one that can't be repeated is left to be filled in.
    let run = |account: &str| {
        let seen = vec![acl(1, &file(), &[(account, AceKind::Deny, READ), ("Everyone", AceKind::Allow, FULL)])];
        let found = failed(&check(&case(csp(), seen), "iis"), "machinekeys-overbroad");
        assert_eq!(found.len(), 1);
        super::key_access::account_argument(&list(&[(account, AceKind::Deny, READ)]).entries[0])
    };
    assert_eq!(run("WEB01\\dana"), "\"WEB01\\dana\"");
    assert_eq!(run("WEB01\\a & b"), "<account>");
    assert_eq!(run("Everyone"), "*S-1-1-0");
}

#[test]
fn the_step_that_failed() {
    use super::key_access::failing_step;
    let event = |number: u32, provider: &str| {
        let (id, provider) = (Some(fact(number, 5)), Some(fact(provider.to_owned(), 4)));
        observed(9, Observation::Event(Box::new(EventRecord { id, provider, ..EventRecord::default() })))
    };
    let step = |seen: Observed| failing_step(&case(csp(), vec![seen])).is_some();
    let rdp = "Microsoft-Windows-TerminalServices-RemoteConnectionManager";
    assert!(step(event(1057, rdp)) && step(event(1058, rdp)));
    assert!(!step(event(1059, rdp)) && !step(event(1057, "Microsoft-Windows-HttpEvent")));
    assert!(step(error(None, "failed", ErrorContext::Import)));
    assert!(!step(error(None, "failed", ErrorContext::SqlServer)));
    for (code, fails) in [(0x8007_0520, true), (0x8007_0005, true), (0x8009_000F, true), (0x8009_0016, false)] {
        assert_eq!(step(error(Some(code), "failed", ErrorContext::Unknown)), fails, "{code:08x}");
    }
    let by_verb = |verb: &str| {
        let code = CaseCode { code: fact(0x8009_0016, 4), excerpt: String::new(), verb: Some(verb.to_owned()) };
        failing_step(&CaseIndex { failures: vec![code], ..case(csp(), Vec::new()) }).is_some()
    };
    assert!(by_verb("-importPFX") && by_verb("/addstore") && !by_verb("-dump"));
}

#[test]
fn the_symptom_of_a_client_is_none_of_a_servers_key() {
    use super::key_access::symptom;
    let seen = |side: Option<Side>| {
        let event =
            EventRecord { side: side.map(|s| fact(s, 5)), code: Some(fact(0x8009_0016, 6)), ..EventRecord::default() };
        symptom(&case(csp(), vec![observed(9, Observation::Event(Box::new(event)))]), &[0x8009_0016], "seen").is_some()
    };
    assert!(seen(None) && seen(Some(Side::Server)) && !seen(Some(Side::Client)));
    let by = |provider: &str| {
        let provider = Some(fact(provider.to_owned(), 5));
        let event = EventRecord { provider, code: Some(fact(0x8009_0016, 6)), ..EventRecord::default() };
        symptom(&case(csp(), vec![observed(9, Observation::Event(Box::new(event)))]), &[0x8009_0016], "seen").is_some()
    };
    assert!(by("Schannel") && !by("OpsMgr Connector"));
}

#[test]
fn services_and_the_accounts_they_run_under() {
    let rule = "key-file-service-account-no-read";
    let mut open = csp();
    certificate(&mut open).extended_key_usage = None;
    let of = |asked: &str, entries: &[Entry<'_>]| check(&case(open.clone(), vec![acl(1, &file(), entries)]), asked);
    let sure = |asked: &str| failed(&of(asked, &[SYSTEM, ADMINS]), rule)[0].confidence;
    // For the gateway and the responder there is an inference alone.
    for (asked, confidence) in [
        ("rdp", Confidence::Likely),
        ("wap", Confidence::Likely),
        ("rd-gateway", Confidence::Possible),
        ("ocsp", Confidence::Possible),
    ] {
        assert_eq!(sure(asked), confidence, "{asked}");
        assert!(passes(&of(asked, &[SYSTEM, ADMINS, NETWORK]), rule), "{asked}");
    }
    let adfs = ("NT SERVICE\\adfssrv", AceKind::Allow, READ);
    for asked in ["ad-fs", "ad-fs-token-signing", "ad-fs-token-decrypting"] {
        assert_eq!(sure(asked), Confidence::Likely, "{asked}");
        assert!(passes(&of(asked, &[SYSTEM, ADMINS, adfs]), rule), "{asked}");
    }
}

#[test]
fn which_key_files_can_be_missed() {
    let rule = "key-file-absent";
    let prefix = "6de9cb26d2b98c01ec4e9e8b34824aa2";
    let other = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
    let here = || vec![format!("{prefix}_{GUID}")];
    let named = || {
        let mut c = shut(csp());
        c.key.unique_name = Some(fact(format!("{PREFIX}_{GUID}"), 26));
        c
    };
    let said = |c: Credential, seen: Vec<Observed>| super::testing::words(&check(&case(c, seen), "iis"), rule);
    let complete = |files: &[String]| vec![listing(CAPI_FOLDER, files, true)];
    assert_eq!(said(named(), complete(&here())), "fails passes");
    assert_eq!(said(named(), complete(&[])), "fails passes");
    // Another machine's listing says nothing.
    assert_eq!(said(named(), complete(&[format!("{prefix}_{other}")])), "silent passes");
    // A link without flags may lead into a profile.
    let sure = |c: Credential, seen| failed(&check(&case(c, seen), "iis"), rule)[0].confidence;
    let mut open = named();
    open.key.flags = None;
    assert_eq!(
        (sure(named(), complete(&here())), sure(open, complete(&here()))),
        (Confidence::Certain, Confidence::Likely)
    );
    // A name that the link states needs no look at the folder to which CNG falls back.
    let mut stated = shut(ksp());
    stated.key.unique_name = Some(fact(format!("{CNG_PREFIX}_{GUID}"), 26));
    assert_eq!(sure(stated, vec![listing(CNG_FOLDER, &here(), true)]), Confidence::Certain);
    // Who is not looked for: without a link, archived, of a file, of no workload that was asked for.
    let others: [fn(&mut Credential); 5] = [
        |c| c.key.association = Association::FoundBySearch,
        |c| c.certificate = None,
        |c| certificate(c).archived = Some(fact(true, 9)),
        |c| c.origin = Origin::FileDump,
        |c| certificate(c).extended_key_usage = Some(fact(vec![crate::model::oid::CODE_SIGNING.to_owned()], 6)),
    ];
    for (n, change) in others.into_iter().enumerate() {
        let mut c = named();
        change(&mut c);
        assert_eq!(said(c, complete(&here())), "passes", "{n}");
    }
    // The last row that looked in a folder of the machine tells; one without a result tells nothing.
    let row = |path: &str, result: &str| trace("lsass.exe", path, result, "Generic Read");
    let profile =
        format!("C:\\Users\\a\\AppData\\Roaming\\Microsoft\\Crypto\\RSA\\S-1-5-21-1-2-3-1001\\{PREFIX}_{GUID}");
    assert_eq!(said(named(), vec![row(&file(), "NAME NOT FOUND")]), "fails passes");
    assert_eq!(said(named(), vec![row(&file(), "PATH NOT FOUND")]), "silent passes");
    assert_eq!(said(named(), vec![row(&profile, "NAME NOT FOUND")]), "silent passes");
}

#[test]
fn what_breaks_the_folder() {
    use AceKind::{Allow, Deny};
    let rule = "machinekeys-folder-acl-broken";
    let of = |entries: &[Entry<'_>]| failed(&check(&case(csp(), vec![acl(1, CAPI_FOLDER, entries)]), "iis"), rule);
    // Everyone needs to list it and to create files; a denial of something else breaks nothing.
    assert!(of(&[("BUILTIN\\Users", Deny, Some(AccessMask::DELETE)), EVERYONE, ADMINS]).is_empty());
    assert_eq!(of(&[ADMINS, SYSTEM])[0].confidence, Confidence::Likely);
    let group = ("NT AUTHORITY\\Authenticated Users", Allow, READ_WRITE);
    assert_eq!(of(&[ADMINS, group])[0].confidence, Confidence::Possible);
    assert_eq!(of(&[ADMINS, ("BUILTIN\\Users", Allow, READ_WRITE)])[0].confidence, Confidence::Possible);
    assert_eq!(of(&[ADMINS, ("BUILTIN\\Users", Allow, READ)])[0].confidence, Confidence::Likely);
    // Who is concerned: a key that does not open, and once a step failed also one that nobody tried.
    let related = |access: Access, asked: &str| {
        let mut c = shut(csp());
        c.key.access = access;
        let found = check(&case(c, vec![acl(1, CAPI_FOLDER, &[ADMINS])]), asked);
        failed(&found, rule)[0].related.len()
    };
    for (access, alone, tried) in [(Access::NotOpened, 1, 1), (Access::Unknown, 0, 1), (Access::Opened, 0, 0)] {
        assert_eq!((related(access, "iis"), related(access, "iis,pfx-import")), (alone, tried), "{access:?}");
    }
}

#[test]
fn a_folder_that_is_open_gets_its_default_back() {
    let rule = "machinekeys-overbroad";
    let steps = |folder: &str, entries: &[Entry<'_>]| -> Vec<String> {
        let found = failed(&check(&case(csp(), vec![acl(1, folder, entries)]), "iis"), rule);
        found[0].remedies[0].steps.iter().map(|s| s.run.to_string()).collect()
    };
    let everyone = ("Everyone", AceKind::Allow, FULL);
    let users = ("BUILTIN\\Users", AceKind::Allow, FULL);
    let default = format!("icacls \"{CAPI_FOLDER}\" /grant:r *S-1-1-0:(R,W) /grant *S-1-5-32-544:F");
    assert_eq!(steps(CAPI_FOLDER, &[everyone, ADMINS]), [default.as_str()]);
    let remove = format!("icacls \"{CAPI_FOLDER}\" /remove:g *S-1-5-32-545");
    assert_eq!(steps(CAPI_FOLDER, &[users, ADMINS]), [default, remove]);
    // CNG's folder has no entry for Everyone.
    assert_eq!(steps(CNG_FOLDER, &[everyone, ADMINS]), [format!("icacls \"{CNG_FOLDER}\" /remove:g *S-1-1-0")]);
}

#[test]
fn permissions_in_the_folder_that_the_provider_does_not_use() {
    let rule = "acl-applied-to-wrong-directory";
    let folder = || acl(1, CAPI_FOLDER, &[EVERYONE, ADMINS, NETWORK]);
    let of = |c: Credential, seen: Vec<Observed>, asked: &str| {
        let seen = [vec![folder()], seen].concat();
        let found = check(&case(c, seen), asked);
        failed(&found, rule).iter().map(|d| d.workloads.len()).collect::<Vec<_>>()
    };
    let none: [usize; 0] = [];
    // Services of one account make one finding; another service's account has no permission there.
    assert_eq!(of(ksp(), Vec::new(), "wap,exchange,sql-server"), [2]);
    // Remote Desktop's service has an identity of its own, too.
    assert_eq!(of(ksp(), Vec::new(), "rdp,exchange"), [1, 1]);
    // The key file is in CryptoAPI's folder after all: its permissions, or a listing, show it there.
    let there = format!("{CAPI_FOLDER}\\{CNG_PREFIX}_{GUID}");
    assert_eq!(of(ksp(), vec![acl(2, &there, &[SYSTEM, ADMINS])], "rdp"), none);
    let files = |prefix: &str| [format!("{prefix}_{GUID}")];
    for c in [ksp(), shut(ksp())] {
        assert_eq!(of(c.clone(), vec![listing(CAPI_FOLDER, &files(CNG_PREFIX), true)], "rdp"), none);
        assert_eq!(of(c.clone(), vec![listing(CNG_FOLDER, &files(CNG_PREFIX), true)], "rdp"), [1]);
        for other in ["a59b1bf435f36edf92e0609b0f6826a0", "c59b1bf435f36edf92e0609b0f6826a0"] {
            assert_eq!(of(c.clone(), vec![listing(CAPI_FOLDER, &files(other), true)], "rdp"), [1], "{other}");
        }
    }
}

#[test]
fn entries_that_deny_or_belong_to_nobody() {
    use AceKind::{Allow, Deny};
    let rule = "acl-deny-or-orphan-sid";
    let of = |seen: Observed| failed(&check(&case(csp(), vec![seen]), "iis"), rule);
    let denied = &of(acl(1, &file(), &[SYSTEM, ADMINS, ("Everyone", Deny, READ)]))[0];
    assert!(denied.message.contains("to Everyone"));
    let orphan = ("S-1-5-21-1-2-3-1104", Allow, FULL);
    assert_eq!(of(acl(1, &file(), &[orphan])).len(), 1);
    // Not all of them, a list that is cut, without entries, or that shows SIDs for every name.
    assert!(of(acl(1, &file(), &[orphan, SYSTEM])).is_empty());
    assert!(of(acl(1, &file(), &[])).is_empty());
    assert!(of(cut(acl(1, &file(), &[orphan]))).is_empty());
    let mut by_sid = acl(1, &file(), &[orphan]);
    if let Observation::AccessList(list) = &mut by_sid.what {
        list.by_sid = true;
    }
    assert!(of(by_sid).is_empty());
    let mut named = acl(1, &file(), &[orphan]);
    if let Observation::AccessList(list) = &mut named.what {
        "CONTOSO\\svc".clone_into(&mut list.entries[0].printed);
    }
    assert!(of(named).is_empty());
    // The folder's own list is another matter.
    assert!(of(acl(1, CAPI_FOLDER, &[orphan])).is_empty());
}

#[test]
fn code_that_cannot_read_a_key_that_opens() {
    let rule = "app-code-no-key-read";
    let said = || error(Some(0x8009_0016), "Keyset does not exist", ErrorContext::Unknown);
    let of = |change: fn(&mut Credential), seen| {
        let mut c = csp();
        change(&mut c);
        let found = check(&case(c, seen), "dotnet,adcs");
        let word = |o: &&Outcome| matches!(o, Outcome::Unknown { .. });
        (outcomes(&found, rule).len(), outcomes(&found, rule).iter().any(word))
    };
    let untested: fn(&mut Credential) = |c| c.key.encryption_test = TestOutcome::NotShown;
    // An administrator opens it and the application does not: the permissions would tell.
    assert_eq!(of(|_| (), vec![said()]), (1, true));
    assert_eq!(of(|_| (), Vec::new()), (1, false));
    assert_eq!(of(untested, vec![said()]), (1, false));
    // A user's keyset or store is the application's own, an authority's key none of it.
    let others: [fn(&mut Credential); 3] = [
        |c| c.key.flags = Some(fact(0, 23)),
        |c| {
            c.store = Some(Store { name: Some(fact("My".to_owned(), 1)), scope: Some(fact(Scope::User, 1)) });
            certificate(c).extended_key_usage = None;
        },
        |c| certificate(c).is_ca = Some(fact(true, 4)),
    ];
    for (n, other) in others.into_iter().enumerate() {
        assert_eq!(of(other, vec![said()]), (0, false), "{n}");
    }
}
