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
    keyspect::report::short::render(&r, &mut out).unwrap();
    insta::assert_snapshot!(String::from_utf8(out).unwrap());
}

#[test]
fn counts_per_rule() {
    let mut out = Vec::new();
    keyspect::report::summary::render(&broken(), &mut out).unwrap();
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
