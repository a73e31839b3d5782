//! The HTML page and the Markdown ticket: their structure, and that nothing of an input becomes markup.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod fixture;

use fixture::*;
use keyspect::report::chain::{Link, State, chain};
use keyspect::report::html::{self, HtmlOptions};
use keyspect::report::markdown::{self, MarkdownOptions};
use keyspect::report::model::*;
use pulldown_cmark::{Event, Options, Parser, Tag};
use quick_xml::events::Event as Xml;
use sha2::{Digest, Sha256};

/// Texts that would break out of HTML, of an attribute, of a code span, of a fence, of a table's cell.
const HOSTILE: [&str; 8] = [
    "<script>alert(1)</script>",
    "\"' onload=alert(1) x=\"",
    "</title></style></script><img src=https://evil.example/x.png>",
    "`` ```\n```\n# heading <img src=x> \\` [a](https://evil.example)",
    "a | b \\| <img src=x> | `c` https://evil.example www.evil.example @everyone #1 !1",
    "\u{202e}gnp.exe\u{200b}\u{1b}[31m\u{0}",
    "--><!-- ]]> &lt;b&gt; &#60;b&#62;",
    "- [x] *bold* _it_ ~~gone~~ $x$ ![i](https://evil.example/i.png)",
];

/// A report in which every text that may come from an input is hostile.
fn hostile() -> Report {
    let mut r = broken();
    let all = HOSTILE.join(" ");
    for (i, bad) in HOSTILE.iter().enumerate() {
        let id = u32::try_from(i).unwrap() + 1;
        let mut c = if i % 2 == 0 { credential(id, bad, &all) } else { healthy(id, bad, bad) };
        let certificate = c.certificate.as_mut().unwrap();
        certificate.subject = Some(bad.to_string());
        certificate.issuer = Some(bad.to_string());
        certificate.friendly_name = Some(bad.to_string());
        certificate.not_after = Some(bad.to_string());
        certificate.extended_key_usage = Some(vec![bad.to_string()]);
        certificate.key_usage = Some(vec![bad.to_string()]);
        c.store = Some(StoreReport { name: Some(bad.to_string()), scope: bad.to_string() });
        c.key.container.name = Some(bad.to_string());
        c.key.container.stored = Some(all.clone());
        c.key.container.unique_name = Some(bad.to_string());
        c.key.provider.name = Some(bad.to_string());
        c.bound_by =
            vec![BoundReport { workload: bad.to_string(), endpoint: Some(bad.to_string()), input: 0, line: None }];
        c.verdicts.push(Verdict { workload: bad.to_string(), outcome: VerdictOutcome::AtRisk, because: Vec::new() });
        r.credentials.push(c);
        let mut f = keyspec_finding(id, bad);
        f.title = bad.to_string();
        f.message = bad.to_string();
        f.rule = bad.to_string();
        f.workloads = vec![bad.to_string(), all.clone()];
        f.evidence = vec![evidence(7, 1, bad, bad, true), evidence(9, 3, &format!("x {bad}"), bad, false), {
            let mut binary = evidence(7, 1, bad, bad, false);
            binary.line = None;
            binary.line_text = None;
            binary.path = Some(bad.to_string());
            binary
        }];
        f.evidence[0].context = vec![ContextLine { line: 8, text: bad.to_string() }];
        for step in &mut f.remedies[0].steps {
            step.run = bad.to_string();
            step.note = Some(bad.to_string());
        }
        f.remedies[0].title = bad.to_string();
        f.remedies[0].caution = Some(bad.to_string());
        f.remedies[0].verify = Some(bad.to_string());
        f.remedies[0].verify_shows = Some(bad.to_string());
        f.references = vec![
            Reference { title: bad.to_string(), url: "https://evil.example/".to_owned() },
            Reference { title: bad.to_string(), url: "javascript:alert(1)".to_owned() },
        ];
        if i % 3 == 0 {
            f.credential = None;
        }
        r.findings.push(f);
        let mut open = check(bad, Some(id), CheckOutcome::Unknown, bad);
        open.obtain = Some(bad.to_string());
        r.checks.push(open.clone());
        open.credential = None;
        r.checks.push(open);
        let mut pass = check(bad, Some(id), CheckOutcome::Pass, bad);
        pass.not_the_cause = true;
        r.checks.push(pass);
        let mut odd = input(id, bad);
        odd.member = Some(all.clone());
        odd.kind = bad.to_string();
        odd.sha256 = Some(bad.to_string());
        odd.status = [InputStatus::Failed, InputStatus::Unrecognized, InputStatus::Partial][i % 3];
        odd.problems = vec![Problem { message: bad.to_string(), line: Some(3), bytes: None }];
        odd.details = Some(serde_json::json!({ "subject": bad, "key_spec": null, "provider": bad }));
        odd.verdicts =
            vec![Verdict { workload: bad.to_string(), outcome: VerdictOutcome::Fails, because: vec![bad.to_string()] }];
        r.inputs.push(odd);
    }
    r.tool.version = HOSTILE[0].to_owned();
    report_with(r)
}

fn report_with(r: Report) -> Report {
    let tool = r.tool.clone();
    let mut out = report(r.inputs, r.credentials, r.findings, r.checks);
    out.tool = tool;
    out
}

fn page_with(report: &Report, verbose: bool, quiet: bool) -> String {
    let mut options = HtmlOptions::default();
    options.verbose = verbose;
    options.quiet = quiet;
    let mut out = Vec::new();
    html::render(report, &options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn page(report: &Report) -> String {
    page_with(report, false, false)
}

/// Leaves the pages for `tests/browser/check.py` in the folder that KEYSPECT_PAGES names.
#[test]
fn pages_for_the_browser() {
    let Some(folder) = std::env::var_os("KEYSPECT_PAGES").map(std::path::PathBuf::from) else {
        println!("skipped: KEYSPECT_PAGES names no folder");
        return;
    };
    std::fs::create_dir_all(&folder).unwrap();
    for (name, report) in [("broken", broken()), ("hostile", hostile())] {
        std::fs::write(folder.join(format!("{name}.html")), page(&report)).unwrap();
    }
}

fn ticket_with(report: &Report, verbose: bool) -> String {
    let mut options = MarkdownOptions::default();
    options.verbose = verbose;
    let mut out = Vec::new();
    markdown::render(report, &options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn ticket(report: &Report) -> String {
    ticket_with(report, false)
}

/// One element as an XML parser sees it: its name, its attributes, and the text directly behind its start.
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
}

/// The elements of a page, read strictly: every one closed in order, every attribute quoted and unique.
fn elements(page: &str) -> Vec<Element> {
    // What HTML does not parse as markup is taken out before.
    let (before, style) = page.split_once("<style>").unwrap();
    let (style, rest) = style.split_once("</style>").unwrap();
    let (middle, script) = rest.split_once("<script>").unwrap();
    let (script, after) = script.split_once("</script>").unwrap();
    assert!(!style.contains('<') && !script.contains("</"));
    let mut out = vec![
        Element { name: "style".to_owned(), attributes: Vec::new(), text: style.to_owned() },
        Element { name: "script".to_owned(), attributes: Vec::new(), text: script.to_owned() },
    ];
    let markup = format!("{before}{middle}{after}");
    let mut reader = quick_xml::Reader::from_str(&markup);
    reader.config_mut().check_end_names = false;
    reader.config_mut().allow_unmatched_ends = true;
    let mut open: Vec<String> = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Xml::Start(e) => {
                let name = e.name().as_ref().to_owned();
                let attributes = e
                    .attributes()
                    .map(|a| {
                        let a = a.unwrap();
                        (a.key.as_ref().to_owned(), a.value.to_string())
                    })
                    .collect();
                if !["meta", "br"].contains(&name.as_str()) {
                    open.push(name.clone());
                }
                out.push(Element { name, attributes, text: String::new() });
            }
            Xml::End(e) => {
                assert_eq!(open.pop().unwrap(), e.name().as_ref());
            }
            Xml::Text(_) if open.is_empty() => {}
            Xml::Text(t) => out.last_mut().unwrap().text.push_str(&t),
            Xml::GeneralRef(_) | Xml::DocType(_) => {}
            Xml::Eof => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(open.is_empty(), "{open:?}");
    out
}

/// Base64 by another way than the renderer's: bit by bit.
fn base64(bytes: &[u8]) -> String {
    let bits: String = bytes.iter().map(|b| format!("{b:08b}")).collect();
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".as_bytes();
    let mut out: String = bits
        .as_bytes()
        .chunks(6)
        .map(|c| {
            let text = format!("{:0<6}", std::str::from_utf8(c).unwrap());
            char::from(digits[usize::from_str_radix(&text, 2).unwrap()])
        })
        .collect();
    while !out.len().is_multiple_of(4) {
        out.push('=');
    }
    out
}

#[test]
fn the_page_is_well_formed_and_holds_only_its_own_markup() {
    for (r, verbose, quiet) in
        [(broken(), false, false), (hostile(), false, false), (hostile(), true, false), (hostile(), false, true)]
    {
        let page = page_with(&r, verbose, quiet);
        let known = [
            "html",
            "head",
            "meta",
            "title",
            "style",
            "script",
            "body",
            "header",
            "main",
            "footer",
            "section",
            "article",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "p",
            "ul",
            "ol",
            "li",
            "dl",
            "dt",
            "dd",
            "div",
            "span",
            "strong",
            "b",
            "code",
            "pre",
            "mark",
            "figure",
            "figcaption",
            "table",
            "caption",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "details",
            "summary",
            "a",
            "br",
        ];
        let allowed = [
            "lang",
            "charset",
            "http-equiv",
            "content",
            "name",
            "class",
            "id",
            "href",
            "rel",
            "role",
            "tabindex",
            "scope",
            "open",
            "aria-label",
            "aria-labelledby",
        ];
        for e in elements(&page) {
            assert!(known.contains(&e.name.as_str()), "{}", e.name);
            for (name, value) in &e.attributes {
                assert!(allowed.contains(&name.as_str()), "{name}");
                assert!(!value.contains('<'));
                if name == "href" {
                    let inside = value.strip_prefix("#c").is_some_and(|n| n.parse::<u32>().is_ok());
                    assert!(inside || value.starts_with("https://learn.microsoft.com/"), "{value}");
                }
            }
        }
        assert!(
            !page.contains("src=\"") && !page.contains("url(") && !page.contains("@import") && !page.contains("<link")
        );
    }
}

#[test]
fn nothing_that_hides_is_in_a_document() {
    for text in [page(&hostile()), ticket(&hostile())] {
        let hidden = |c: char| {
            (c.is_control() && c != '\n')
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        assert_eq!(text.chars().find(|c| hidden(*c)), None);
        assert!(text.contains("\\u{202e}gnp.exe\\u{200b}"));
    }
    assert!(page(&hostile()).contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
}

#[test]
fn the_policy_lets_only_this_style_and_this_script_in() {
    let page = page(&hostile());
    let all = elements(&page);
    let hash = |name: &str| {
        let mut of_name = all.iter().filter(|e| e.name == name);
        let e = of_name.next().unwrap();
        assert!(of_name.next().is_none());
        format!("'sha256-{}'", base64(&Sha256::digest(e.text.as_bytes())))
    };
    let policy = all
        .iter()
        .find(|e| e.attributes.iter().any(|(_, v)| v == "Content-Security-Policy"))
        .map(|e| e.attributes.iter().find(|(n, _)| n == "content").unwrap().1.clone())
        .unwrap();
    let want = format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        hash("style"),
        hash("script")
    );
    assert_eq!(policy, want);
}

#[test]
fn headings_have_no_gaps_and_every_label_is_there() {
    for r in [broken(), hostile()] {
        let all = elements(&page(&r));
        let mut last = 0;
        for e in &all {
            let level = e.name.strip_prefix('h').and_then(|n| n.parse::<u32>().ok());
            if let Some(level) = level {
                assert!(level <= last + 1, "{} after h{last}", e.name);
                last = level;
            }
        }
        let ids: Vec<_> = all.iter().flat_map(|e| &e.attributes).filter(|(n, _)| n == "id").map(|(_, v)| v).collect();
        let mut unique = ids.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(ids.len(), unique.len());
        for (name, value) in all.iter().flat_map(|e| &e.attributes) {
            let target = if name == "aria-labelledby" { Some(value.as_str()) } else { value.strip_prefix('#') };
            if let Some(target) = target.filter(|_| name != "content") {
                assert!(ids.iter().any(|id| *id == target), "{target}");
            }
        }
    }
}

#[test]
fn a_manager_and_an_engineer_find_theirs() {
    let page = page(&broken());
    for words in [
        "The certificate fails.",
        "✗ fails · IIS",
        "<b>Key container</b><span class=\"state\">✗ breaks here</span><span class=\"fact\">CSP, KeySpec 2 AT_SIGNATURE",
        "<b>Certificate</b><span class=\"state\">✓ seen</span>",
        "<b>Permissions</b><span class=\"state\">? not shown</span>",
        "ticket-4711/certutil.txt:93:5",
        "<mark class=\"first\">KeySpec = 2 -- AT_SIGNATURE</mark><span class=\"label\">← signing only",
        "<code>certutil -f -p &lt;password&gt; -importpfx my key.pfx AT_KEYEXCHANGE</code>",
        "the export policy: it never breaks a key",
        "It must show: <code>KeySpec = 1 -- AT_KEYEXCHANGE",
        "whether other certificates share the container",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert_eq!(page.matches("breaks here").count(), 1);
}

#[test]
fn thousands_of_credentials_stay_readable() {
    let mut credentials = Vec::new();
    let mut findings = Vec::new();
    for id in 0..3000 {
        credentials.push(credential(id, &format!("www{id}.contoso.com"), SHA1));
        findings.push(keyspec_finding(id, SHA1));
    }
    for id in 3000..6000 {
        credentials.push(healthy(id, &format!("ok{id}.contoso.com"), SHA1));
    }
    let r = report(vec![input(0, "all.txt")], credentials, findings, Vec::new());
    let text = page(&r);
    assert!(text.contains("3000 of 6000 certificates fail."));
    assert!(text.contains("The same with 2999 other credentials"));
    assert!(text.len() < 300_000, "{}", text.len());
    assert!(ticket(&r).len() < 20_000, "{}", ticket(&r).len());
    assert!(page_with(&r, true, false).contains("ok5999.contoso.com"));
    let many: Vec<_> = (0..3000)
        .map(|id| {
            let mut finding = keyspec_finding(id, SHA1);
            finding.title = format!("fault number {id}");
            finding
        })
        .collect();
    let credentials = (0..3000).map(|id| credential(id, "www.contoso.com", SHA1)).collect();
    let kinds = report(vec![input(0, "all.txt")], credentials, many, Vec::new());
    assert!(page(&kinds).len() < 1_000_000);
    assert!(page(&kinds).contains("2940 further kinds of fault"));
}

/// What a Markdown reader makes of a ticket.
struct Read {
    text: String,
    code: Vec<String>,
    blocks: Vec<String>,
    headings: usize,
    rows: Vec<usize>,
}

fn read(ticket: &str) -> Read {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_MATH
        | Options::ENABLE_FOOTNOTES;
    let mut out = Read { text: String::new(), code: Vec::new(), blocks: Vec::new(), headings: 0, rows: Vec::new() };
    let (mut in_block, mut cells, mut columns) = (false, 0usize, 0usize);
    for event in Parser::new_ext(ticket, options) {
        match event {
            Event::Html(h) | Event::InlineHtml(h) => panic!("HTML: {h}"),
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => panic!("a link: {dest_url}"),
            Event::Start(Tag::Strikethrough) | Event::TaskListMarker(_) | Event::FootnoteReference(_) => {
                panic!("{event:?}")
            }
            Event::InlineMath(m) | Event::DisplayMath(m) => panic!("a formula: {m}"),
            Event::Start(Tag::CodeBlock(kind)) => {
                assert!(matches!(kind, pulldown_cmark::CodeBlockKind::Fenced(_)), "an indented block");
                in_block = true;
                out.blocks.push(String::new());
            }
            Event::End(pulldown_cmark::TagEnd::CodeBlock) => in_block = false,
            Event::Start(Tag::Heading { .. }) => out.headings += 1,
            Event::Start(Tag::Table(alignments)) => columns = alignments.len(),
            Event::Start(Tag::TableRow) => cells = 0,
            Event::Start(Tag::TableCell) => cells += 1,
            Event::End(pulldown_cmark::TagEnd::TableRow) => {
                assert_eq!(cells, columns);
                out.rows.push(cells);
            }
            Event::Text(t) if in_block => out.blocks.last_mut().unwrap().push_str(&t),
            Event::Text(t) => out.text.push_str(&t),
            Event::Code(c) => out.code.push(c.to_string()),
            _ => {}
        }
    }
    out
}

#[test]
fn a_ticket_holds_hostile_words_as_words() {
    for verbose in [false, true] {
        let r = hostile();
        let text = ticket_with(&r, verbose);
        let seen = read(&text);
        // A link that a ticket system would make by itself stands in no running text.
        for bad in ["https://", "www.", "@everyone", "evil.example", "<img", "<script"] {
            assert!(!seen.text.contains(bad), "{bad} in {}", seen.text);
        }
        assert!(seen.code.iter().any(|c| c == "<script>alert(1)</script>"));
        // Every heading is the program's own: those of a report without hostile words are as many.
        let plain: Vec<_> = text.lines().filter(|l| l.starts_with('#')).collect();
        assert!(seen.headings <= plain.len());
        for line in plain {
            assert!(["# ", "## ", "### "].iter().any(|p| line.starts_with(p)));
        }
        // A command comes out as it is, but for what hides.
        let command = "`` ```\\u{a}```\\u{a}# heading <img src=x> \\` [a](https://evil.example)";
        assert!(seen.blocks.iter().any(|b| b.lines().any(|l| l == command)), "{:#?}", seen.blocks);
    }
}

#[test]
fn a_ticket_is_short_and_tells_the_story() {
    let text = ticket(&broken());
    insta::assert_snapshot!(text);
    let seen = read(&text);
    assert!(seen.blocks.iter().any(|b| b.contains("93 |     KeySpec = 2 -- AT_SIGNATURE")));
    assert!(seen.blocks.iter().any(|b| b == &format!("certutil -v -store my {SHA1}\n")));
    assert!(text.lines().count() < 80);
}

#[test]
fn the_chain_breaks_where_the_cause_is() {
    let c = credential(0, "www.contoso.com", SHA1);
    let finding = |rule: &str, severity, role| {
        let mut finding = keyspec_finding(0, SHA1);
        rule.clone_into(&mut finding.rule);
        (finding.severity, finding.role) = (severity, role);
        finding
    };
    let states = |findings: &[Finding]| {
        let findings: Vec<_> = findings.iter().collect();
        chain(&c, &findings, &[]).map(|l| l.state)
    };
    let fine = [State::NotShown, State::Fine, State::Fine, State::Fine, State::Fine, State::NotShown];
    assert_eq!(states(&[]), fine);
    let cause = finding("key-file-no-system-access", Severity::Error, Role::RootCause);
    let symptom = finding("http-15021-status", Severity::Error, Role::Symptom);
    let hygiene = finding("weak-key-or-hash", Severity::Warning, Role::Hygiene);
    let note = finding("san-missing", Severity::Note, Role::Contributing);
    let all = states(&[cause.clone(), symptom.clone(), hygiene, note]);
    assert_eq!(all[..5], fine[..5]);
    assert_eq!(all[5], State::Broken);
    // A symptom alone shows where it hurts.
    assert_eq!(states(std::slice::from_ref(&symptom))[0], State::Broken);
    let warning = finding("key-prov-info-missing", Severity::Warning, Role::RootCause);
    let both = [warning, finding("key-association-repairable", Severity::Error, Role::Contributing), cause];
    let links: Vec<_> = both.iter().collect();
    let links = chain(&c, &links, &[]);
    assert_eq!(links[2].link, Link::KeyLink);
    assert_eq!((links[2].state, links[2].rule), (State::Broken, Some("key-association-repairable")));
    assert_eq!(links[5].state, State::Broken);
}
