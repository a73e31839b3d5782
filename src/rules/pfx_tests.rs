//! Each condition of the rules about PFX files counts, on files made by hand; tests/pfx_rules.rs has real ones.

use super::testing::{case_of, certificate, fact, failed, linked, run, run_case, words};
use crate::case::credential::{Credential, CredentialId, Origin, SourceRange, TestOutcome};
use crate::case::pfx::{Algorithm, PfxFile, PfxPart, Support};
use crate::formats::pfx::PasswordState;
use crate::model::fact::{Place, SourceId};
use crate::model::judgement::{Confidence, Role, Severity};
use crate::model::thumbprint::Sha1;
use crate::model::windows::WindowsVersion;
use std::sync::Arc;

const STRONG: &str = "Microsoft Strong Cryptographic Provider";
const SOFTWARE_KSP: &str = "Microsoft Software Key Storage Provider";

fn at(line: u32) -> Place {
    Place { line, ..Place::default() }
}

/// A file with one key and its certificate, for this provider.
fn pfx(provider: &str, kind: u32, spec: u32) -> Credential {
    let mut c = linked(provider, kind, spec);
    c.origin = Origin::Pfx;
    c.key.encryption_test = TestOutcome::NotShown;
    c.key.signature_test = TestOutcome::NotShown;
    c.key.test_places.clear();
    let file = PfxFile {
        name: None,
        password: PasswordState::Given(0),
        locked: false,
        incomplete: false,
        cut: false,
        keys: vec![at(31)],
        end_entities: vec![at(32)],
        algorithms: Vec::new(),
        mac: None,
        whole: at(30),
        shown: Vec::new(),
    };
    c.pfx = Some(PfxPart {
        file: Arc::new(file),
        first: true,
        key_bag: Some(at(31)),
        certificate_bag: Some(at(32)),
        key_locked: false,
        key_usage: None,
        imports: Vec::new(),
    });
    c
}

fn but(c: &Credential, change: impl FnOnce(&mut Credential)) -> Credential {
    let mut c = c.clone();
    change(&mut c);
    c
}

fn part(c: &Credential, change: impl FnOnce(&mut PfxPart)) -> Credential {
    but(c, |c| {
        if let Some(part) = &mut c.pfx {
            change(part);
        }
    })
}

fn file(c: &Credential, change: impl FnOnce(&mut PfxFile)) -> Credential {
    part(c, |part| change(Arc::make_mut(&mut part.file)))
}

fn says(rule: &str, c: &Credential, asked: &[&str]) -> String {
    words(&run(c, asked, &[]), rule)
}

#[test]
fn the_provider_that_a_file_names() {
    let rule = "pfx-csp-name-attribute";
    // SHIR takes no CNG keys, guarded hosts take no others; IIS takes both.
    assert_eq!(says(rule, &pfx(STRONG, 1, 1), &["iis"]), "passes");
    assert_eq!(says(rule, &pfx(SOFTWARE_KSP, 0, 0), &["iis"]), "passes");
    let run_of = |c: &Credential, asked: &str| {
        let draft = &failed(&run(c, &[asked], &[]), rule)[0];
        (draft.remedies[0].steps[0].run.contains("-csp \"Microsoft Software Key"), draft.remedies[0].caution.is_some())
    };
    let open = |c: Credential| but(&c, |c| certificate(c).extended_key_usage = None);
    assert_eq!(run_of(&open(pfx(SOFTWARE_KSP, 0, 0)), "shir"), (false, false));
    assert_eq!(run_of(&open(pfx(STRONG, 1, 1)), "hgs"), (true, false));
    // The KeySpec is another rule's matter.
    assert_eq!(says(rule, &pfx(STRONG, 1, 2), &["iis"]), "passes");
    // A provider that nobody knows.
    let unknown = &failed(&run(&pfx("Contoso Provider", 1, 1), &["iis"], &[]), rule)[0];
    assert_eq!((unknown.severity, unknown.confidence), (Severity::Note, Confidence::Possible));
    // Configuration Manager takes CNG keys, but only RSA.
    let keyed = |algorithm: &str| {
        but(&open(pfx(SOFTWARE_KSP, 0, 0)), |c| c.key.algorithm = Some(fact(algorithm.to_owned(), 33)))
    };
    assert_eq!(says(rule, &keyed("RSA"), &["configmgr"]), "passes");
    assert_eq!(says(rule, &keyed("ECC"), &["configmgr"]), "fails");
    assert_eq!(says(rule, &keyed("ECC"), &["iis"]), "passes");
    let curve = &failed(&run(&keyed("ECC"), &["configmgr"], &[]), rule)[0];
    assert!(!curve.remedies[0].steps[0].run.contains("-importpfx"));
    // No provider of CryptoAPI holds an elliptic-curve key.
    let impossible = but(&open(pfx(STRONG, 1, 1)), |c| c.key.algorithm = Some(fact("ECC".to_owned(), 33)));
    let found = &failed(&run(&impossible, &["iis"], &[]), rule)[0];
    assert_eq!((found.severity, found.confidence), (Severity::Warning, Confidence::Possible));
    assert!(found.remedies[0].steps[0].run.ends_with("-importpfx my file.pfx"));
    assert_eq!(says(rule, &but(&pfx(STRONG, 1, 1), |c| c.key.provider = None), &["iis"]), "passes");
    assert_eq!(says(rule, &linked(STRONG, 1, 1), &["iis"]), "silent");
}

#[test]
fn signing_bits_of_a_key_bag() {
    let rule = "pfx-keybag-keyusage-signature";
    let signs = pfx(STRONG, 1, 2);
    assert_eq!(says(rule, &signs, &["iis"]), "fails");
    assert_eq!(says(rule, &pfx(STRONG, 1, 1), &["iis"]), "passes");
    assert_eq!(says(rule, &pfx(SOFTWARE_KSP, 0, 0), &["iis"]), "silent");
    let signer = but(&signs, |c| certificate(c).extended_key_usage = None);
    assert_eq!(says(rule, &signer, &["code-signing"]), "silent");
    assert_eq!(says(rule, &part(&signs, |p| p.key_bag = None), &["iis"]), "silent");
    // Without a certificate the key serves nothing, unless one may be in the part that is locked.
    let alone = but(&signs, |c| c.certificate = None);
    assert_eq!(says(rule, &alone, &["iis"]), "silent");
    let locked = part(&signs, |p| p.key_locked = true);
    assert_eq!(says(rule, &locked, &["iis"]), "unknown");
    assert_eq!(says(rule, &file(&part(&alone, |p| p.key_locked = true), |f| f.locked = true), &["iis"]), "unknown");
    // No provider is named: the bag has to be opened, or nothing can be told.
    let unnamed = |c: &Credential| but(c, |c| (c.key.provider, c.key.provider_type) = (None, None));
    assert_eq!(says(rule, &unnamed(&locked), &["iis"]), "unknown");
    assert_eq!(says(rule, &unnamed(&signs), &["iis"]), "silent");
    assert_eq!(says(rule, &but(&signs, |c| c.key.key_spec = None), &["iis"]), "unknown");
}

#[test]
fn whose_keyset_an_import_takes() {
    let rule = "pfx-local-keyset-attribute";
    let marked = pfx(STRONG, 1, 1);
    let plain = but(&marked, |c| c.key.flags = None);
    let open = |c: &Credential| but(c, |c| certificate(c).extended_key_usage = None);
    assert_eq!(says(rule, &marked, &["iis"]), "passes");
    assert_eq!(says(rule, &plain, &["iis"]), "fails");
    assert_eq!(says(rule, &open(&marked), &["code-signing"]), "fails");
    assert_eq!(says(rule, &open(&plain), &["code-signing"]), "passes");
    assert_eq!(says(rule, &open(&marked), &["code-signing", "iis"]), "passes");
    assert_eq!(says(rule, &open(&plain), &["code-signing", "iis"]), "fails");
    // A server of any kind may keep its key with the machine or with its account.
    assert_eq!(says(rule, &marked, &["generic"]), "passes");
    assert_eq!(says(rule, &plain, &["generic"]), "passes");
    assert_eq!(says(rule, &part(&plain, |p| p.key_bag = None), &["iis"]), "silent");
    assert_eq!(says(rule, &but(&plain, |c| c.certificate = None), &["iis"]), "silent");
    assert_eq!(says(rule, &linked(STRONG, 1, 1), &["iis"]), "silent");
}

#[test]
fn what_a_file_holds() {
    let whole = pfx(STRONG, 1, 1);
    let locked = |c: &Credential| file(c, |f| f.locked = true);
    let torn = |c: &Credential| file(c, |f| f.incomplete = true);
    let of = |rule: &str, c: &Credential| says(rule, c, &["iis"]);

    let rule = "pfx-leaf-missing";
    let alone = but(&whole, |c| c.certificate = None);
    assert_eq!((of(rule, &whole).as_str(), of(rule, &alone).as_str()), ("passes", "fails"));
    assert_eq!((of(rule, &locked(&alone)).as_str(), of(rule, &torn(&alone)).as_str()), ("unknown", "unknown"));
    assert_eq!(of(rule, &part(&alone, |p| p.key_locked = true)), "unknown");
    assert_eq!(of(rule, &part(&alone, |p| p.key_bag = None)), "silent");

    let rule = "pfx-no-private-key";
    let keyless = part(&whole, |p| p.key_bag = None);
    assert_eq!((of(rule, &whole).as_str(), of(rule, &keyless).as_str()), ("passes", "fails"));
    assert_eq!((of(rule, &locked(&keyless)).as_str(), of(rule, &torn(&keyless)).as_str()), ("unknown", "unknown"));
    assert_eq!(of(rule, &part(&keyless, |p| p.certificate_bag = None)), "silent");

    let rule = "pfx-key-cert-mismatch";
    let paired = |same: bool| but(&whole, |c| c.key.matches_certificate = Some(fact(same, 34)));
    assert_eq!((of(rule, &paired(true)).as_str(), of(rule, &paired(false)).as_str()), ("passes", "fails"));
    assert_eq!(of(rule, &whole), "unknown");
    assert_eq!(of(rule, &part(&paired(false), |p| p.key_locked = true)), "unknown");
    assert_eq!(of(rule, &but(&paired(false), |c| c.certificate = None)), "silent");

    let rule = "pfx-multiple-keys";
    let two = file(&whole, |f| f.keys.push(at(35)));
    assert_eq!((of(rule, &whole).as_str(), of(rule, &two).as_str()), ("passes", "fails"));
    assert_eq!(of(rule, &part(&two, |p| p.first = false)), "silent");

    let rule = "pfx-empty-vs-null-password";
    for (password, word) in [
        (PasswordState::Empty, "fails"),
        (PasswordState::Null, "fails"),
        (PasswordState::Missing, "unknown"),
        (PasswordState::Wrong, "unknown"),
        (PasswordState::Untried, "unknown"),
        (PasswordState::NoneNeeded, "passes"),
        (PasswordState::Given(0), "passes"),
    ] {
        let c = file(&whole, |f| f.password = password);
        assert_eq!(of(rule, &c), word, "{password:?}");
        assert_eq!(of(rule, &part(&c, |p| p.first = false)), "silent");
    }
}

#[test]
fn which_windows_opens_a_file() {
    let rule = "pfx-modern-encryption-old-windows";
    let with = |list: &[(&'static str, &str, Support)]| {
        let algorithm = |(use_of, name, support): &(&'static str, &str, Support)| {
            fact(Algorithm { use_of, name: (*name).to_owned(), support: *support }, 36)
        };
        file(&pfx(STRONG, 1, 1), |f| f.algorithms = list.iter().map(algorithm).collect())
    };
    let on = |c: &Credential, build: u32| {
        but(c, |c| c.surroundings.windows = Some(fact(WindowsVersion { major: 10, minor: 0, build }, 1)))
    };
    let aes = with(&[("part", "PBES2 AES-256, 2048", Support::Since1709)]);
    let told = |c: &Credential| {
        let draft = &failed(&run(c, &["iis"], &[]), rule)[0];
        (draft.severity, draft.role, draft.confidence)
    };
    let (sure, open) = (
        (Severity::Error, Role::RootCause, Confidence::Certain),
        (Severity::Warning, Role::Contributing, Confidence::Possible),
    );
    assert_eq!((told(&aes), told(&on(&aes, 14393))), (open, sure));
    assert_eq!(says(rule, &on(&aes, 16299), &["iis"]), "passes");
    let title = |c: &Credential| failed(&run(c, &["iis"], &[]), rule)[0].title.clone();
    assert!(title(&on(&aes, 14393)).starts_with("the target can not open the file"));
    // What no document tells is open on a new Windows too.
    let odd = with(&[("MAC", "SHA3-256, 2048", Support::NotDocumented)]);
    assert_eq!((told(&odd), told(&on(&odd, 26100)), told(&on(&odd, 14393))), (open, open, sure));
    assert!(title(&odd).starts_with("no document says"));
    assert!(!title(&aes).starts_with("no document says"));
    assert_eq!(says(rule, &with(&[("part", "PBE-SHA1-3DES", Support::Every)]), &["iis"]), "passes");
    assert_eq!(says(rule, &part(&aes, |p| p.first = false), &["iis"]), "silent");
    // Each name once, and only of those that decide.
    let many = with(&[
        ("part", "PBES2 AES-256, 2048", Support::Since1709),
        ("key", "PBES2 AES-256, 600000", Support::Since1709),
        ("MAC", "sha256, 2048", Support::Since1709),
        ("part", "PBE-SHA1-3DES", Support::Every),
    ]);
    let draft = &failed(&run(&many, &["iis"], &[]), rule)[0];
    assert!(draft.message.contains("read PBES2 AES-256 and a MAC with SHA256."), "{}", draft.message);
    assert_eq!(draft.evidence.iter().map(|e| e.primary).collect::<Vec<_>>(), [true, false, false]);
}

#[test]
fn friendly_names_that_became_container_names() {
    let rule = "pfx-friendlyname-container-collision";
    let named =
        |name: &str| but(&linked(SOFTWARE_KSP, 0, 0), |c| c.key.stored_container = Some(fact(name.to_owned(), 20)));
    let coded = |c: &Credential, code: u32| but(c, |c| c.key.codes.push(fact(code, 40)));
    let role = |c: &Credential| failed(&run(c, &["iis"], &[]), rule).first().map(|d| d.role);
    let (odd, plain) = (named("Fabrikam web (new)"), named("FabrikamWeb"));
    // The name alone does no harm; with blanks and an error of CNG, or with failures now and then, it does.
    assert_eq!((role(&odd), role(&plain)), (None, None));
    for code in [0x8009_0027, 0x8007_0057] {
        assert_eq!((role(&coded(&odd, code)), role(&coded(&plain, code))), (Some(Role::RootCause), None), "{code:08x}");
    }
    let fails_at_times = |c: &Credential| but(c, |c| c.surroundings.symptoms.push(fact(0x8009_030D, 50)));
    assert_eq!(role(&fails_at_times(&plain)), Some(Role::RootCause));
    assert_eq!(role(&but(&fails_at_times(&plain), |c| c.key.encryption_test = TestOutcome::NotShown)), None);
    // A GUID is Windows' own name; the name in a PFX is told before the import.
    assert_eq!(role(&fails_at_times(&linked(SOFTWARE_KSP, 0, 0))), None);
    let brought = |c: &Credential| but(c, |c| c.origin = Origin::Pfx);
    assert_eq!((role(&brought(&odd)), role(&brought(&plain))), (Some(Role::Contributing), None));
}

#[test]
fn one_friendly_name_for_two_certificates() {
    let rule = "pfx-friendlyname-container-collision";
    let one = |id: u32, container: &str, friendly: Option<&str>| {
        but(&linked(SOFTWARE_KSP, 0, 0), |c| {
            c.id = CredentialId(id);
            c.sources = vec![SourceRange { source: SourceId(1), line: 1, start: 0, end: 1 }];
            c.key.stored_container = Some(fact(container.to_owned(), 20));
            let certificate = certificate(c);
            certificate.sha1 = Some(fact(Sha1([u8::try_from(id).unwrap_or(0); 20]), 2));
            certificate.friendly_name = friendly.map(|name| fact(name.to_owned(), 12));
        })
    };
    let of = |list: Vec<Credential>| {
        let found = failed(&run_case(&case_of(list, Vec::new()), &["iis"]), rule);
        found.into_iter().map(|d| d.related).collect::<Vec<_>>()
    };
    let pair = |name: &str, friendly: Option<&str>| of(vec![one(1, name, None), one(2, name, friendly)]);
    assert_eq!(pair("fabrikam web", Some("fabrikam web ")), [[CredentialId(1)]]);
    assert!(pair("fabrikam web", Some("Fabrikam")).is_empty());
    assert!(pair("fabrikam web", None).is_empty());
    assert!(pair("{11111111-2222-4333-8444-555555555555}", Some("{11111111-2222-4333-8444-555555555555}")).is_empty());
    assert!(of(vec![one(1, "fabrikam web", None), one(2, "fabrikam mail", Some("fabrikam mail"))]).is_empty());
}

#[test]
fn the_command_that_opens_a_locked_file() {
    use super::remedy::{open_pfx, show_command};
    let c = file(&pfx(STRONG, 1, 1), |f| f.name = Some("C:\\certs\\web server.pfx".to_owned()));
    assert_eq!(open_pfx(&c), "keyspect --passin file:password.txt \"web server.pfx\"");
    assert_eq!(show_command(&part(&c, |p| p.key_locked = true)), open_pfx(&c));
    assert_ne!(show_command(&c), open_pfx(&c));
}

#[test]
fn a_file_whose_end_is_missing() {
    let cut = |c: &Credential| file(c, |f| f.cut = true);
    let unknown = pfx("PfxProvider", 1, 1);
    assert_eq!(says("pfx-file-cut", &unknown, &["iis"]), "passes");
    assert_eq!(says("pfx-file-cut", &cut(&unknown), &["iis"]), "fails");
    assert_eq!(says("pfx-file-cut", &linked(STRONG, 1, 1), &["iis"]), "silent");
    // What an attribute says is not held against a file that lost others.
    let signing = part(&pfx(STRONG, 1, 2), |p| p.key_usage = Some(fact(0x80, 31)));
    let rule = "pfx-keybag-keyusage-signature";
    assert_eq!((&*says(rule, &signing, &["iis"]), &*says(rule, &cut(&signing), &["iis"])), ("fails", "unknown"));
}
