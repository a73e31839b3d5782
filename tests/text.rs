//! The report for a person, over reports built by hand.
#![allow(clippy::unwrap_used)]

mod fixture;

use fixture::*;
use keyspect::report::model::*;
use keyspect::report::text::{TextOptions, render};

fn options() -> TextOptions {
    TextOptions::default()
}

fn text(report: &Report, options: &TextOptions) -> String {
    let mut out = Vec::new();
    render(report, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_broken_credential() {
    insta::assert_snapshot!(text(&broken(), &options()));
}

#[test]
fn in_ascii_and_narrow() {
    let mut o = options();
    o.ascii = true;
    o.width = 72;
    let shown = text(&broken(), &o);
    assert!(shown.is_ascii());
    insta::assert_snapshot!(shown);
}

#[test]
fn colours_change_no_word() {
    let mut o = options();
    o.color = true;
    let shown = text(&broken(), &o);
    assert!(shown.contains("\u{1b}["));
    let mut stripped = String::new();
    let mut rest = shown.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        stripped.push_str(before);
        rest = match after.strip_prefix(']') {
            Some(link) => link.split_once("\u{1b}\\").map_or("", |(_, tail)| tail),
            None => after.split_once('m').map_or("", |(_, tail)| tail),
        };
    }
    stripped.push_str(rest);
    assert_eq!(stripped, text(&broken(), &options()));
}

#[test]
fn every_check_with_verbose() {
    let mut o = options();
    o.verbose = true;
    insta::assert_snapshot!(text(&broken(), &o));
}

#[test]
fn a_healthy_credential_gets_three_lines() {
    let r = report(
        vec![input(0, "certutil.txt")],
        vec![healthy(0, "www.fabrikam.com", "aa11223344556677889900aabbccddeeff001122")],
        Vec::new(),
        vec![
            check("keyspec-signature-on-csp", Some(0), CheckOutcome::NotApplicable, "a KSP"),
            check("keyspec-zero-ksp-ok", Some(0), CheckOutcome::Pass, "KeySpec 0 is right for a KSP"),
            check("key-file-no-system-access", Some(0), CheckOutcome::Unknown, "who may read the key file"),
        ],
    );
    insta::assert_snapshot!(text(&r, &options()));
}

#[test]
fn a_setting_of_a_workload_that_was_not_asked_for() {
    let mut c = healthy(0, "www.fabrikam.com", "aa11223344556677889900aabbccddeeff001122");
    let asked = c.verdicts[0].workload.clone();
    let named = |workload: &str| BoundReport { workload: workload.to_owned(), endpoint: None, input: 0, line: Some(3) };
    c.bound_by = vec![named(&asked), named("rdp")];
    let shown = text(&report(vec![input(0, "all.txt")], vec![c], Vec::new(), Vec::new()), &options());
    let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("which names it (all.txt:3), Remote Desktop,"), "{shown}");
    assert!(words.contains("Remote Desktop, which names it (all.txt:3) and is not judged: --for rdp"), "{shown}");
}

#[test]
fn identical_faults_once_and_the_rest_in_a_table() {
    let mut credentials = Vec::new();
    let mut findings = Vec::new();
    for id in 0..4 {
        let sha1 = format!("{id}{}", &SHA1[1..]);
        credentials.push(credential(id, &format!("web{id}.contoso.com"), &sha1));
        findings.push(keyspec_finding(id, &sha1));
    }
    for id in 4..18 {
        credentials.push(healthy(
            id,
            &format!("svc{id}.contoso.com"),
            &format!("{id:02}112233445566778899001122334455667788aa"),
        ));
    }
    let mut root = healthy(18, "Contoso Root CA", "ff112233445566778899001122334455667788aa");
    root.verdicts.clear();
    root.key.association = "none".to_owned();
    credentials.push(root);
    insta::assert_snapshot!(text(&report(vec![input(0, "all.txt")], credentials, findings, Vec::new()), &options()));
}

#[test]
fn inputs_that_were_not_read() {
    let mut failed = input(0, "locked.log");
    failed.status = InputStatus::Failed;
    failed.kind = "unrecognized".to_owned();
    failed.problems = vec![Problem { message: "Permission denied (os error 13)".to_owned(), line: None, bytes: None }];
    let mut odd = input(1, "photo.jpg");
    odd.status = InputStatus::Unrecognized;
    odd.kind = "unrecognized".to_owned();
    odd.problems = vec![Problem { message: "looks like a JPEG image".to_owned(), line: None, bytes: Some([0, 3]) }];
    let mut cut = input(2, "cut.txt");
    cut.status = InputStatus::Partial;
    cut.problems =
        vec![Problem { message: "the log ends inside a certificate".to_owned(), line: Some(412), bytes: None }];
    insta::assert_snapshot!(text(&report(vec![failed, odd, cut], Vec::new(), Vec::new(), Vec::new()), &options()));
}

#[test]
fn evidence_in_several_inputs_and_in_bytes() {
    let mut finding = keyspec_finding(0, SHA1);
    let mut event =
        evidence(11, 1, "The error code returned from the cryptographic module is 0x8009030D.", "the symptom", false);
    event.input = 1;
    let mut far = evidence(4011, 3, "  Signature test passed", "only the signature test was made", false);
    far.context = Vec::new();
    let mut bytes = evidence(1, 1, "KeySpec", "the slot of the signature key", false);
    bytes.input = 2;
    bytes.line = None;
    bytes.column = None;
    bytes.line_text = None;
    bytes.bytes = [0x1f4, 0x204];
    bytes.path = Some("authSafe[1].bag[0].attribute[keyUsage]".to_owned());
    bytes.excerpt = "80".to_owned();
    finding.evidence.extend([event, far, bytes]);
    finding.remedies.clear();
    let r = report(
        vec![input(0, "certutil.txt"), input(1, "events.txt"), input(2, "key.pfx")],
        vec![credential(0, "www.contoso.com", SHA1)],
        vec![finding],
        Vec::new(),
    );
    insta::assert_snapshot!(text(&r, &options()));
}

#[test]
fn a_finding_about_the_case_and_an_undecided_credential() {
    let mut finding = keyspec_finding(0, SHA1);
    finding.rule = "netsh-1312-context".to_owned();
    finding.severity = Severity::Note;
    finding.role = Role::Symptom;
    finding.credential = None;
    finding.title = "netsh answers 1312: http.sys could not use the key".to_owned();
    finding.evidence = vec![evidence(3, 1, "SSL Certificate add failed, Error: 1312", "the symptom", true)];
    finding.remedies.clear();
    finding.references.clear();
    let mut c = healthy(0, "www.contoso.com", SHA1);
    c.key.provider = ProviderReport { name: None, provider_type: None, kind: "unknown".to_owned() };
    c.key.key_spec = None;
    c.key.flags = None;
    c.key.access = "unknown".to_owned();
    c.key.encryption_test = "not-shown".to_owned();
    c.verdicts[0].outcome = VerdictOutcome::Unknown;
    let checks = vec![check("keyspec-signature-on-csp", Some(0), CheckOutcome::Unknown, "the KeySpec of this CSP key")];
    insta::assert_snapshot!(text(&report(vec![input(0, "netsh.txt")], vec![c], vec![finding], checks), &options()));
}

#[test]
fn hidden_characters_of_an_input_are_shown_escaped() {
    let evil = "www\u{202e}moc\u{1b}[2J\u{200b}\u{7}";
    let mut r = broken();
    r.inputs[0].path = format!("dir/{evil}.txt");
    r.credentials[0].display_name = evil.to_owned();
    r.credentials[0].key.provider.name = Some(evil.to_owned());
    r.credentials[0].key.container.stored = Some(evil.to_owned());
    r.credentials[0].store = Some(StoreReport { name: Some(evil.to_owned()), scope: "machine".to_owned() });
    r.findings[0].title = evil.to_owned();
    r.findings[0].message = evil.to_owned();
    r.findings[0].evidence[0].line_text = Some(format!("\t{evil}KeySpec = 2"));
    r.findings[0].evidence[0].excerpt = "KeySpec = 2".to_owned();
    r.findings[0].evidence[0].column = Some(17);
    r.findings[0].evidence[0].label = evil.to_owned();
    r.findings[0].remedies[0].steps[0].run = evil.to_owned();
    r.checks[5].reason = evil.to_owned();
    let mut o = options();
    o.verbose = true;
    let shown = text(&r, &o);
    assert!(!shown.contains(['\u{202e}', '\u{1b}', '\u{200b}', '\u{7}', '\t']));
    assert!(shown.contains("www\\u{202e}moc\\u{1b}[2J\\u{200b}\\u{7}"));
    insta::assert_snapshot!(shown);
}

#[test]
fn a_writer_that_fails_is_told() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    assert!(render(&broken(), &options(), &mut Full).is_err());
}

#[test]
fn one_line_per_finding() {
    let mut failed = input(1, "gone.txt");
    failed.status = InputStatus::Failed;
    failed.problems = vec![Problem { message: "No such file or directory".to_owned(), line: None, bytes: None }];
    let mut r = broken();
    r.inputs.push(failed);
    r.credentials[0].display_name = "www.contoso\u{202e}.com".to_owned();
    let mut out = Vec::new();
    keyspect::report::short::render(&r, false, &mut out).unwrap();
    insta::assert_snapshot!(String::from_utf8(out).unwrap());
}

#[test]
fn counts_per_rule() {
    let mut out = Vec::new();
    keyspect::report::summary::render(&broken(), false, &mut out).unwrap();
    insta::assert_snapshot!(String::from_utf8(out).unwrap());
}

#[test]
fn facts_without_a_judgement() {
    let mut r = broken();
    r.inputs[0].details = Some(serde_json::json!({ "bags": [{ "type": "keyBag", "encryption": null }] }));
    let mut out = Vec::new();
    keyspect::report::inspect::render(&r, false, &mut out).unwrap();
    let shown = String::from_utf8(out).unwrap();
    assert!(!shown.contains("fails"));
    insta::assert_snapshot!(shown);
    let mut out = Vec::new();
    keyspect::report::inspect::render(&r, true, &mut out).unwrap();
    assert!(out.is_ascii());
}

#[test]
fn an_artifact_on_one_line() {
    let mut r = broken();
    let part = |column: u32, text: &str, label: &str, primary| {
        let mut e = evidence(4, 1, text, label, primary);
        e.column = Some(column);
        e
    };
    r.findings[0].evidence = vec![
        part(331, "KeySpec = 2 -- AT_SIGNATURE", "signing only", true),
        part(300, "ProviderType = 1 ", "a CryptoAPI provider", false),
    ];
    insta::assert_snapshot!(text(&r, &options()).split("  = why").next().unwrap().split("error[").nth(1).unwrap());
}

#[test]
fn many_workloads() {
    let mut r = broken();
    let names = ["iis", "rdp", "rd-gateway", "winrm", "hyper-v-replica", "rras", "ldaps", "sql-server"];
    r.credentials[0].verdicts.extend(names.iter().skip(1).map(|w| Verdict {
        workload: (*w).to_owned(),
        outcome: VerdictOutcome::Fails,
        because: vec!["keyspec-signature-on-csp".to_owned()],
    }));
    r.credentials[0].verdicts.push(Verdict {
        workload: "code-signing".to_owned(),
        outcome: VerdictOutcome::Works,
        because: Vec::new(),
    });
    r.findings[0].workloads = names.iter().map(|w| (*w).to_owned()).collect();
    insta::assert_snapshot!(text(&r, &options()).split("error[").next().unwrap());
}

#[test]
fn notes_stand_aside() {
    let mut r = broken();
    let mut note = keyspec_finding(0, SHA1);
    note.rule = "provider-base-export-grade".to_owned();
    note.severity = Severity::Note;
    note.role = Role::Hygiene;
    note.title = "the provider is documented as export-grade".to_owned();
    r.findings.push(note);
    let shown = text(&r, &options());
    insta::assert_snapshot!(shown.split("Verify:").nth(1).unwrap());
    let mut o = options();
    o.verbose = true;
    assert_eq!(text(&r, &o).matches("= sure").count(), 2);
}

#[test]
fn the_same_finding_of_the_case_once() {
    let findings = (0..30)
        .map(|n| {
            let mut finding = keyspec_finding(0, SHA1);
            finding.credential = None;
            finding.rule = "http-binding-hash-not-in-store".to_owned();
            finding.title = "a binding names a certificate that is not in its store".to_owned();
            finding.remedies.clear();
            finding.evidence = vec![evidence(n + 1, 1, "Certificate Hash : 00", "not in the store", true)];
            finding
        })
        .collect();
    let shown = text(&report(vec![input(0, "netsh.txt")], Vec::new(), findings, Vec::new()), &options());
    assert_eq!(shown.matches("= sure").count(), 1);
    assert!(shown.contains("The same at 29 other places:") && shown.contains("and 9 more"), "{shown}");
}

/// A run over a big folder: the time must not grow with the square of the credentials.
#[test]
fn many_credentials_in_little_time() {
    let (mut credentials, mut findings, mut checks) = (Vec::new(), Vec::new(), Vec::new());
    for id in 0..20_000 {
        let sha1 = format!("{id:040x}");
        if id % 2 == 0 {
            credentials.push(credential(id, &format!("web{id}"), &sha1));
            findings.push(keyspec_finding(id, &sha1));
        } else {
            credentials.push(healthy(id, &format!("svc{id}"), &sha1));
        }
        checks.push(check(
            "shared-key-container",
            Some(id),
            CheckOutcome::Unknown,
            "whether others share the container",
        ));
    }
    let r = report(vec![input(0, "all.txt")], credentials, findings, checks);
    let start = std::time::Instant::now();
    let shown = text(&r, &options());
    assert!(start.elapsed().as_secs() < 20);
    assert!(shown.lines().count() < 150, "{}", shown.lines().count());
    let mut out = Vec::new();
    keyspect::report::short::render(&r, false, &mut out).unwrap();
    assert_eq!(out.iter().filter(|b| **b == b'\n').count(), 10_000);
    assert!(start.elapsed().as_secs() < 20);
}

#[test]
fn what_one_command_tells_comes_together() {
    let mut r = broken();
    for reason in ["the end of the validity", "the key usage", "the flags of the key link", "the key usage"] {
        let mut c = check("cert-expired", Some(0), CheckOutcome::Unknown, reason);
        c.obtain = Some("certutil -v -store my 32b5398ed3c9c6f1a350bcd4b514ebb5a45d1fc6".to_owned());
        r.checks.push(c);
    }
    insta::assert_snapshot!(text(&r, &options()).split("Not the cause:").nth(1).unwrap());
}

#[test]
fn a_step_with_a_file_to_write() {
    let mut r = broken();
    let step = &mut r.findings[0].remedies[0].steps[4];
    step.run = "write KeyProv.inf:\n[Properties]\n2 = \"{text}\"".to_owned();
    let shown = text(&r, &options());
    assert!(shown.contains("    write KeyProv.inf:\n        [Properties]\n        2 = \"{text}\"\n"), "{shown}");
}

mod hostile {
    use super::*;
    use proptest::prelude::*;

    /// Texts as hostile inputs have them: controls, bidirectional marks, wide and combining letters, long lines.
    fn words() -> impl Strategy<Value = String> {
        prop_oneof![
            proptest::string::string_regex("(?s).{0,40}").unwrap(),
            proptest::string::string_regex("[ \t\r\n\u{1b}\u{202e}\u{2066}\u{200b}\u{feff}a证\u{301}]{0,200}").unwrap(),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn nothing_hidden_and_no_panic(
            name in words(), title in words(), message in words(), label in words(), excerpt in words(), line in words(),
            context in words(), column in 0u32..60, number in prop_oneof![0u32..4, Just(93), Just(u32::MAX)],
            run in words(), width in 0usize..300, ascii: bool, verbose: bool,
        ) {
            let mut r = broken();
            r.inputs[0].path.clone_from(&name);
            r.inputs[0].problems.push(Problem { message: message.clone(), line: Some(number), bytes: None });
            let c = &mut r.credentials[0];
            c.display_name = name.clone();
            c.origin = label.clone();
            c.key.provider.name = Some(name.clone());
            c.key.container.stored = Some(excerpt.clone());
            c.verdicts[0].workload = label.clone();
            let certificate = c.certificate.as_mut().unwrap();
            certificate.sha1 = Some(name);
            certificate.key_usage = Some(vec![label.clone()]);
            certificate.not_after = Some(line.clone());
            let f = &mut r.findings[0];
            f.title = title;
            f.message = message;
            f.remedies[0].steps[0].run = run;
            f.remedies[0].verify = Some(label.clone());
            f.references[0].title.clone_from(&label);
            let e = &mut f.evidence[0];
            e.label = label;
            e.excerpt = excerpt;
            e.line_text = Some(line);
            e.column = Some(column);
            e.line = Some(number);
            e.context = vec![ContextLine { line: 92, text: context }];
            let mut o = options();
            (o.width, o.ascii, o.verbose) = (width, ascii, verbose);
            let shown = text(&r, &o);
            let hidden = |c: char| c != '\n' && (c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c)
                || ('\u{2066}'..='\u{2069}').contains(&c) || ('\u{200b}'..='\u{200f}').contains(&c) || c == '\u{feff}');
            prop_assert!(!shown.contains(hidden));
            prop_assert!(!ascii || shown.is_ascii());
            let mut lines = Vec::new();
            keyspect::report::short::render(&r, ascii, &mut lines).unwrap();
            keyspect::report::summary::render(&r, ascii, &mut lines).unwrap();
            keyspect::report::inspect::render(&r, ascii, &mut lines).unwrap();
            prop_assert!(!String::from_utf8(lines).unwrap().contains(hidden));
            let mut json = Vec::new();
            keyspect::report::json::render(&r, &mut json).unwrap();
            prop_assert_eq!(serde_json::from_slice::<Report>(&json).unwrap(), r);
        }
    }
}
