//! What is asserted of generated listings of certutil: the facts, the redacted copy, every rendering.

use super::certutil_dump::{Certificate, Dump, End, Key, WORDS, read};
use super::{facts, options, report};
use keyspect::limits::Limits;
use keyspect::redact::Redactor;
use keyspect::report::model::{CredentialReport, Report};
use keyspect::report::{csv, html, json, junit, markdown, sarif, short, summary, text};
use serde_json::Value;

/// The facts of a report in the terms of the state machine, in the order of the text.
fn told(report: &Report) -> Vec<Certificate> {
    let one = |(at, credential): (usize, &CredentialReport)| {
        let certificate = credential.certificate.as_ref();
        let of = |value: fn(&keyspect::report::model::CertificateReport) -> Option<&String>| {
            certificate.and_then(value).cloned().unwrap_or_default()
        };
        let (key, container) = (&credential.key, &credential.key.container);
        let end = match (key.encryption_test.as_str(), key.signature_test.as_str(), key.access.as_str()) {
            ("passed", _, _) => End::Encryption(true),
            ("failed", _, _) => End::Encryption(false),
            (_, "passed", _) => End::Signature,
            (_, _, "not-opened") => End::Missing,
            _ => End::Silent,
        };
        let link = container.stored.as_ref().or(container.name.as_ref());
        Certificate {
            index: u32::try_from(at).expect("few"),
            serial: of(|c| c.serial.as_ref()),
            subject: of(|c| c.subject.as_ref()),
            sha1: of(|c| c.sha1.as_ref()),
            key: link.map(|stored| Key {
                container: stored.clone(),
                unique: container.unique_name.clone(),
                provider: key.provider.name.clone().unwrap_or_default(),
                provider_type: key.provider.provider_type,
                flags: key.flags.as_ref().map(|flags| flags.value),
                key_spec: key.key_spec.as_ref().filter(|spec| spec.basis == "stated").map(|spec| spec.value),
                end,
            }),
        }
    };
    report.credentials.iter().enumerate().map(one).collect()
}

/// A generated listing: what was put in is what the state machine reads and what the report says.
pub fn certutil_oracle(data: &[u8]) {
    let dump = Dump::from_seed(data);
    let mut oracle = read(&dump.text);
    assert_eq!(oracle, dump.certificates, "{}", dump.text);
    // A report numbers all credentials of a run.
    for (at, certificate) in oracle.iter_mut().enumerate() {
        certificate.index = u32::try_from(at).expect("few");
    }
    let report = report(&mut dump.text.as_bytes(), options());
    assert_eq!(told(&report), oracle, "{}", dump.text);
}

/// No secret occurs in a text.
fn holds_none(secrets: &[String], text: &str, dump: &Dump) {
    let text = text.to_lowercase();
    for secret in secrets {
        assert!(!text.contains(secret), "{secret} in\n{text}\nof\n{}", dump.text);
    }
}

/// A generated listing: its redacted report and copy hold none of its names, hashes and numbers, and the copy gets the
/// verdicts and findings of the original.
pub fn redact_dump(data: &[u8]) {
    let dump = Dump::from_seed(data);
    let found = report(&mut dump.text.as_bytes(), options());
    let mut redactor = Redactor::new([5; 32]);
    let hidden = redactor.report(&found);
    holds_none(&dump.secrets, &serde_json::to_string(&hidden).expect("a report"), &dump);
    let Some(input) = found.inputs.first().filter(|input| input.kind != "unrecognized") else { return };
    let copy = redactor.copy(dump.text.as_bytes(), &input.kind, None, &Limits::default()).expect("a text has a copy");
    holds_none(&dump.secrets, &copy, &dump);
    let again = report(&mut copy.as_bytes(), options());
    let judged = |report: &Report| -> Vec<Value> {
        let verdicts = report.credentials.iter().map(|c| serde_json::json!([c.verdicts, c.key.key_spec, c.key.flags]));
        verdicts.chain([facts(report)["findings"].clone()]).collect()
    };
    assert_eq!(judged(&found), judged(&again), "{}\nof\n{}", copy, dump.text);
}

/// A terminal text without the sequences that are the renderer's own: colours (SGR) and links (OSC 8).
fn without_own_sequences(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        out.push_str(before);
        let end = match after.as_bytes().first() {
            Some(b'[') => after.find(|c: char| c.is_ascii_alphabetic()).filter(|end| after[*end..].starts_with('m')),
            Some(b']') => after.strip_prefix("]8;").and_then(|_| after.find("\u{1b}\\").map(|end| end + 1)),
            _ => None,
        };
        let end = end.expect("a sequence of its own");
        rest = &after[end + 1..];
    }
    out.push_str(rest);
    out
}

/// A generated listing with names that would break out of HTML, Markdown and terminals, through every renderer.
pub fn render_dump(data: &[u8]) {
    let Dump { text, certificates, .. } = Dump::from_seed(data);
    // Names open an element, end a string, begin a comment.
    let mut hostile = text;
    for (word, by) in
        WORDS.iter().zip(["<zq>", "</script>zq", "\"zq='1'", "<!--zq", "zq\u{202e}", "zq\u{1b}[31m", "&lt;zq", "`zq`"])
    {
        hostile = hostile.replace(word, by);
    }
    let report = report(&mut hostile.as_bytes(), options());
    assert!(certificates.len() >= report.credentials.len());
    let render = |renderer: &dyn Fn(&mut Vec<u8>) -> std::io::Result<()>| {
        let mut out = Vec::new();
        renderer(&mut out).expect("a vector takes everything");
        String::from_utf8(out).expect("UTF-8")
    };
    let back: Report = serde_json::from_str(&render(&|out| json::render(&report, out))).expect("JSON");
    assert!(back == report, "JSON reads back equal");
    let log: Value =
        serde_json::from_str(&render(&|out| sarif::render(&report, &Default::default(), out))).expect("JSON");
    assert_eq!(log["runs"][0]["results"].as_array().map(Vec::len), Some(report.findings.len()));
    let hides = |c: char| c.is_control() && c != '\n' || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let escapes = ["<zq", "</script>zq", "<!--zq"];
    for verbose in [false, true] {
        let mut options = html::HtmlOptions::default();
        options.verbose = verbose;
        let page = render(&|out| html::render(&report, &options, out));
        assert!(!page.contains(hides) && escapes.iter().all(|escape| !page.contains(escape)), "{page}");
        let mut options = markdown::MarkdownOptions::default();
        options.verbose = verbose;
        assert!(!render(&|out| markdown::render(&report, &options, out)).contains(hides));
        let mut options = text::TextOptions::default();
        (options.verbose, options.color, options.links) = (verbose, true, Some("/case".to_owned()));
        let page = without_own_sequences(&render(&|out| text::render(&report, &options, out)));
        assert!(!page.contains(hides), "{page}");
    }
    for ascii in [false, true] {
        assert!(!render(&|out| short::render(&report, ascii, out)).contains(hides));
        assert!(!render(&|out| summary::render(&report, ascii, out)).contains(hides));
    }
    assert!(!render(&|out| junit::render(&report, &Default::default(), out)).contains("<zq"));
    // A field of a table that a spreadsheet opens is no formula.
    for line in render(&|out| csv::render(&report, &Default::default(), out)).lines().skip(1) {
        assert!(!line.starts_with(['=', '@', '\t']), "{line}");
    }
}
