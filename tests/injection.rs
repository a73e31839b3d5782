//! Hostile names in artifacts of every kind, followed into every format: nothing of them is read as an escape sequence, as
//! mark-up, as a formula, or as a part of a command.
#![cfg(all(feature = "decrypt", feature = "zip"))]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod below;

use below::files_below;
use keyspect::analyze::{Analysis, Options};
use keyspect::report::csv::CsvOptions;
use keyspect::report::html::HtmlOptions;
use keyspect::report::junit::JunitOptions;
use keyspect::report::markdown::MarkdownOptions;
use keyspect::report::model::Report;
use keyspect::report::sarif::SarifOptions;
use keyspect::report::text::TextOptions;
use keyspect::report::{csv, html, inspect, json, jsonl, junit, markdown, sarif, short, summary, text};
use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use time::macros::datetime;

/// In each of the names, to find them again.
const MARK: &str = "X5calc";

const HOSTILE: [&str; 8] = [
    "\u{1b}[2JX5calc\u{1b}]0;X5calc\u{7}",
    "\u{202e}X5calc\u{2066}\u{200b}\u{feff}",
    "<script>X5calc</script><img src=x onerror=X5calc>",
    "[X5calc](javascript:X5calc) ![x](http://X5calc.example/x) `X5calc` **X5calc** <b>",
    "=cmd|'/c X5calc'!A1",
    "a' & X5calc & ; $(X5calc) `X5calc %X5calc% ^X5calc | X5calc > x",
    "..\\..\\X5calc/../x",
    "X5calc\" X5calc --X5calc '; X5calc #",
];

/// Names that the corpus uses where an attacker would put his own.
const NAMES: [&str; 8] =
    ["www.contoso.com", "web.contoso.com", "contoso.com", "Contoso", "contoso", "CONTOSO", "fabrikam.com", "Fabrikam"];

/// The artifact with hostile names in place of the corpus's, one after the other; `None` where it has none of them.
fn with_hostile_names(text: &str, first: usize) -> Option<String> {
    let mut out = String::new();
    let (mut rest, mut number) = (text, first);
    loop {
        let next = NAMES
            .iter()
            .filter_map(|name| Some((rest.find(name)?, *name)))
            .min_by_key(|(at, n)| (*at, usize::MAX - n.len()));
        let Some((at, name)) = next else { break };
        out.push_str(&rest[..at]);
        out.push_str(HOSTILE[number % HOSTILE.len()]);
        rest = &rest[at + name.len()..];
        number += 1;
    }
    out.push_str(rest);
    (number > first).then_some(out)
}

fn report(inputs: &[(String, Vec<u8>)]) -> Report {
    let mut options = Options::new(datetime!(2026-06-01 0:00 UTC));
    options.targets = keyspect::workloads::parse("all").unwrap();
    options.passwords.add(zeroize::Zeroizing::new("corpus-Password1".to_owned()));
    let mut analysis = Analysis::new(options);
    for (path, bytes) in inputs {
        analysis.read_seekable(path, None, &mut Cursor::new(bytes)).unwrap();
    }
    analysis.finish().unwrap()
}

fn rendered(render: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    render(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Characters that a terminal or a reader takes for more than themselves.
fn is_unseen(c: char) -> bool {
    c.is_control() && c != '\n'
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
}

fn check_for_people(what: &str, name: &str, text: &str) {
    if let Some(at) = text.find(is_unseen) {
        let around: String = text[..at].chars().rev().take(60).collect::<Vec<_>>().into_iter().rev().collect();
        panic!("{what}, {name}: {:?} after {around:?}", text[at..].chars().next());
    }
}

fn check_csv(what: &str, text: &str) {
    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    for record in reader.records() {
        for field in &record.unwrap() {
            let formula = field.starts_with(['=', '+', '-', '@', '\t', '\r']) && field.parse::<f64>().is_err();
            assert!(!formula, "{what}: a spreadsheet computes {field:?}");
        }
    }
}

fn check_markdown(what: &str, text: &str) {
    use pulldown_cmark::{Event, Options, Parser, Tag};
    for event in Parser::new_ext(text, Options::all()) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => assert!(!html.contains(MARK), "{what}: {html}"),
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                assert!(!dest_url.contains(MARK), "{what}: {dest_url}");
            }
            _ => {}
        }
    }
}

fn check_html(what: &str, page: &str) {
    for (at, _) in page.match_indices(MARK) {
        let before = &page[..at];
        let open = before.rfind('<').unwrap_or(0);
        // Inside a tag a name may stand only between the quotation marks of an attribute's value.
        if before[open..].contains('>') {
            continue;
        }
        let quotes = before[open..].matches('"').count();
        let end = open + 60.min(page.len() - open);
        assert!(quotes % 2 == 1, "{what}: {:?}", page.get(open..end));
        assert!(!before[open..].contains("href=\"javascript"), "{what}");
    }
    assert!(!page.contains("<script>X5") && !page.contains("<img src=x"), "{what}");
}

/// No hostile name is a part of a command, and PowerShell's are read by its grammar.
fn check_commands(what: &str, report: &Report) -> usize {
    let mut seen = 0;
    let steps = report.findings.iter().flat_map(|f| &f.remedies).flat_map(|r| &r.steps);
    for step in steps.filter(|step| step.shell != "text" && step.shell != "inf") {
        seen += 1;
        assert!(!step.run.contains(MARK), "{what}: {}", step.run);
        if step.shell == "powershell" {
            let mut parser = tree_sitter::Parser::new();
            parser.set_language(&tree_sitter_powershell::LANGUAGE.into()).unwrap();
            assert!(!parser.parse(&step.run, None).unwrap().root_node().has_error(), "{what}: {}", step.run);
        }
    }
    for verify in report.findings.iter().flat_map(|f| &f.remedies).filter_map(|r| r.verify.as_ref()) {
        assert!(!verify.contains(MARK), "{what}: {verify}");
    }
    for check in report.checks.iter().filter_map(|check| check.obtain.as_ref()) {
        assert!(!check.contains(MARK), "{what}: {check}");
    }
    seen
}

/// Renders a report in every format and checks each; gives how many commands were seen.
fn check(what: &str, report: &Report) -> usize {
    let mut options = TextOptions::default();
    options.verbose = true;
    for (name, text) in [
        ("text", rendered(|out| text::render(report, &options, out))),
        ("short", rendered(|out| short::render(report, false, out))),
        ("summary", rendered(|out| summary::render(report, false, out))),
        ("inspect", rendered(|out| inspect::render(report, false, out))),
    ] {
        check_for_people(what, name, &text);
    }
    let page = rendered(|out| html::render(report, &HtmlOptions::default(), out));
    check_for_people(what, "html", &page);
    check_html(what, &page);
    let ticket = rendered(|out| markdown::render(report, &MarkdownOptions::default(), out));
    check_for_people(what, "markdown", &ticket);
    check_markdown(what, &ticket);
    let table = rendered(|out| csv::render(report, &CsvOptions::default(), out));
    check_csv(what, &table);
    let tests = rendered(|out| junit::render(report, &JunitOptions::default(), out));
    roxmltree::Document::parse(&tests).unwrap();
    for data in [
        rendered(|out| json::render(report, out)),
        rendered(|out| sarif::render(report, &SarifOptions::default(), out)),
        rendered(|out| jsonl::render(report, out)),
    ] {
        assert!(!data.contains(['\u{1b}', '\u{7}']), "{what}");
        for line in if data.starts_with("{\n") { vec![data.as_str()] } else { data.lines().collect() } {
            serde_json::from_str::<serde_json::Value>(line).unwrap();
        }
    }
    check_commands(what, report)
}

#[test]
fn names_in_texts_of_every_kind() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let (mut commands, mut findings) = (0, 0);
    for folder in std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        let files: Vec<PathBuf> =
            files_below(&folder).into_iter().filter(|path| !path.ends_with("case.toml")).collect();
        let step = files.len() / 24 + 1;
        for (number, path) in files.iter().enumerate().filter(|(number, _)| number % step == 0) {
            let bytes = std::fs::read(path).unwrap();
            let Ok(text) = String::from_utf8(bytes) else { continue };
            let Some(hostile) = with_hostile_names(&text, number) else { continue };
            let report = report(&[(format!("{MARK}\u{1b}[31m\u{202e}<b>.txt"), hostile.into_bytes())]);
            *kinds.entry(report.inputs[0].kind.clone()).or_default() += 1;
            findings += report.findings.len();
            commands += check(&path.display().to_string(), &report);
        }
    }
    assert!(kinds.len() >= 12, "{kinds:?}");
    assert!(findings > 50 && commands > 50, "{findings} findings, {commands} commands");
}

/// Names in binary artifacts: a bag's friendly name, a container's, a member of an archive.
#[test]
fn names_in_binary_artifacts_and_archives() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let wide = |text: &str, big: bool| -> Vec<u8> {
        text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    let mut changed = 0;
    for kind in
        ["pfx", "certificate-request", "registry-cert-blob", "cert-store", "cng-key-file", "capi-key-container", "evtx"]
    {
        for path in files_below(&root.join(kind)).into_iter().filter(|path| !path.ends_with("case.toml")) {
            let mut bytes = std::fs::read(&path).unwrap();
            // Of the same length, so that the structure around it stays.
            for name in ["www.contoso.com", "mail.contoso.com", "Contoso Root CA", "web server", "WEB01", "contoso"] {
                let hostile: String = "\u{1b}[2J<b>=X\u{202e}`$(x);&|".chars().cycle().take(name.len()).collect();
                let narrow: String = "\u{1b}[2J<b>=X`$(x);&|'".chars().cycle().take(name.len()).collect();
                for (from, to) in [
                    (name.as_bytes().to_vec(), narrow.into_bytes()),
                    (wide(name, true), wide(&hostile, true)),
                    (wide(name, false), wide(&hostile, false)),
                ] {
                    while let Some(at) = bytes.windows(from.len()).position(|part| part == from) {
                        bytes[at..at + from.len()].copy_from_slice(&to);
                        changed += 1;
                    }
                }
            }
            check(&path.display().to_string(), &report(&[("a.bin".to_owned(), bytes)]));
        }
    }
    assert!(changed > 30, "{changed}");
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for name in HOSTILE {
        writer.start_file(format!("{name}.txt"), zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(b"nothing\n").unwrap();
    }
    let archive = writer.finish().unwrap().into_inner();
    let report = report(&[("a.zip".to_owned(), archive)]);
    assert_eq!(report.inputs.len(), HOSTILE.len() + 1);
    check("a.zip", &report);
}

/// Keys and values of the settings and of a baseline, in messages.
#[cfg(feature = "cli")]
#[test]
fn keys_of_settings_and_baselines() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.txt"), "nothing\n").unwrap();
    for settings in [
        "\"\\u001b[31mX5calc\\u202e\" = 1\n",
        "for = [\"\\u001b[31mX5calc\\u202e\"]\n",
        "fail-on = \"\\u001b[31m\\u202e\"\n",
        "[[ignore]]\nrule = \"\\u001b[31mX5calc\\u202e\"\n",
        "a = \u{1b}[31m\u{202e}\n",
    ] {
        std::fs::write(folder.path().join("keyspect.toml"), settings).unwrap();
        std::fs::write(folder.path().join("baseline.json"), settings).unwrap();
        for arguments in [&["a.txt"][..], &["--no-config", "--baseline", "baseline.json", "a.txt"][..]] {
            let mut command = assert_cmd::Command::cargo_bin("keyspect").unwrap();
            let output = command.current_dir(folder.path()).args(arguments).output().unwrap();
            assert_eq!(output.status.code(), Some(2), "{settings:?} {arguments:?}");
            let said = String::from_utf8(output.stderr).unwrap();
            check_for_people(settings, "errors", &said);
        }
    }
}
