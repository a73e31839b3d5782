//! A log in a page or document gives what the log gives: the texts of the corpus, put into each kind of carrier.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod below;

use below::files_below;
use keyspect::analyze::{Analysis, Options};
use keyspect::limits::Limits;
use keyspect::redact::Redactor;
use keyspect::report::model::Report;
use serde_json::Value;
use std::fs;
use std::path::Path;
use time::macros::datetime;

fn read(bytes: &[u8]) -> Report {
    let mut analysis = Analysis::new(Options::new(datetime!(2026-01-01 0:00 UTC)));
    analysis.read("ticket", None, &mut &*bytes).unwrap();
    analysis.finish().unwrap()
}

/// What a report says, without the places, which are those of the file, and without what numbers findings by them.
fn said(report: &Report) -> Value {
    fn without_places(value: &mut Value) {
        const PLACES: [&str; 12] = [
            "line",
            "column",
            "bytes",
            "sha256",
            "path",
            "encoding",
            "sources",
            "segments",
            "fingerprint",
            "evidence",
            "context",
            "line_text",
        ];
        match value {
            Value::Object(map) => {
                map.retain(|name, _| !PLACES.contains(&name.as_str()));
                map.values_mut().for_each(without_places);
            }
            Value::Array(list) => list.iter_mut().for_each(without_places),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(report).unwrap();
    without_places(&mut value);
    value
}

fn escaped(line: &str) -> String {
    line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// As Word saves a page: tags and text go on in the next line where there is a blank.
fn page(lines: &[&str]) -> String {
    let mut out = "<html xmlns:o=\"urn:x\">\r\n<body lang=EN-US>\r\n".to_owned();
    for line in lines {
        let text = escaped(line);
        let words = text.trim_start_matches(' ');
        let indent = "&nbsp;".repeat(text.len() - words.len());
        // A single blank can be a line end.
        let mut wrapped = String::new();
        let letters: Vec<char> = words.chars().collect();
        for (at, c) in letters.iter().enumerate() {
            let near = |to: Option<usize>| to.and_then(|to| letters.get(to)).is_none_or(|c| c.is_whitespace());
            let single = *c == ' ' && !near(at.checked_sub(1)) && !near(at.checked_add(1));
            if single && at % 3 == 0 {
                wrapped.push_str("\r\n");
            } else {
                wrapped.push(*c);
            }
        }
        let text = if line.is_empty() { "&nbsp;".to_owned() } else { format!("{indent}{wrapped}") };
        out.push_str(&format!(
            "<p class=MsoNormal><span\r\nstyle='font-family:\"Courier\r\nNew\"'>{text}<o:p></o:p></span></p>\r\n\r\n"
        ));
    }
    out + "</body>\r\n</html>\r\n"
}

fn preformatted(lines: &[&str]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| escaped(line)).collect();
    format!("<!DOCTYPE html>\n<body><pre\nclass=x>{}\n</pre></body>", lines.join("\n"))
}

fn document(lines: &[&str]) -> String {
    let paragraph = |line: &&str| {
        let (first, second) = line.split_at(line.char_indices().nth(line.chars().count() / 2).map_or(0, |(at, _)| at));
        let run = |text: &str| format!("<w:r><w:t xml:space=\"preserve\">{}</w:t></w:r>", escaped(text));
        format!("<w:p w:rsidR=\"00A70001\">{}<w:proofErr w:type=\"spellEnd\"/>{}</w:p>", run(first), run(second))
    };
    let body: String = lines.iter().map(paragraph).collect();
    format!("<?xml version=\"1.0\"?>\r\n<w:document xmlns:w=\"x\"><w:body>{body}</w:body></w:document>")
}

fn open_document(lines: &[&str]) -> String {
    let paragraph = |line: &&str| {
        let mut out = "<text:p text:style-name=\"P1\">".to_owned();
        let mut rest = *line;
        while let Some(c) = rest.chars().next() {
            let same = rest.chars().take_while(|other| *other == c).count();
            match c {
                ' ' if same > 1 || out.ends_with('>') => {
                    out.push_str(&format!("<text:s text:c=\"{same}\"/>"));
                    rest = &rest[same..];
                }
                '\t' => {
                    out.push_str("<text:tab/>");
                    rest = &rest[1..];
                }
                c => {
                    out.push_str(&escaped(&rest[..c.len_utf8()]));
                    rest = &rest[c.len_utf8()..];
                }
            }
        }
        out + "</text:p>"
    };
    let body: String = lines.iter().map(paragraph).collect();
    format!(
        "<?xml version=\"1.0\"?>\n<office:document-content xmlns:text=\"x\"><office:body>{body}</office:body></office:document-content>"
    )
}

/// A workbook with the whole text in one cell.
fn workbook(lines: &[&str]) -> String {
    let cell = escaped(&lines.join("\n"));
    format!(
        "<?xml version=\"1.0\"?>\r\n<sst xmlns=\"x\" count=\"1\"><si><t xml:space=\"preserve\">{cell}\n</t></si></sst>"
    )
}

fn rtf(lines: &[&str]) -> String {
    let mut out = "{\\rtf1\\ansi\\ansicpg1252{\\fonttbl{\\f0 Consolas;}}\\uc1\\f0\r\n".to_owned();
    for line in lines {
        for c in line.chars() {
            match c {
                '\\' | '{' | '}' => out.extend(['\\', c]),
                '\t' => out.push_str("\\tab "),
                c if c.is_ascii() => out.push(c),
                c => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                    out.push_str(&format!("\\u{}?", unit.cast_signed()));
                }),
            }
        }
        out.push_str("\\par\r\n");
    }
    out + "}"
}

/// A text of the corpus: its name and its lines.
/// As the answer of an agent, where the text is a string.
fn answer(lines: &[&str]) -> String {
    let text = serde_json::to_string(&(lines.join("\r\n") + "\r\n")).unwrap();
    format!(
        "{{\n  \"value\": [\n    {{\n      \"code\": \"StdOut\",\n      \"message\": {text},\n      \"time\": null\n    }},\n    {{\n      \
         \"code\": \"StdErr\",\n      \"message\": \"\"\n    }}\n  ]\n}}\n"
    )
}

/// As a container engine keeps it: an object for each line.
fn objects(lines: &[&str]) -> String {
    let object = |line: &&str| {
        let text = serde_json::to_string(&format!("{line}\n")).unwrap();
        format!("{{\"log\":{text},\"stream\":\"stdout\",\"time\":\"2026-10-12T14:03:22.123456789Z\"}}\n")
    };
    lines.iter().map(object).collect()
}

/// As a terminal shows it in colour.
fn coloured(lines: &[&str]) -> String {
    lines.iter().map(|line| format!("\u{1b}[36;1m{line}\u{1b}[0m\n")).collect()
}

struct Text {
    name: String,
    lines: Vec<String>,
}

/// The texts that are the same text in a carrier.
fn texts() -> Vec<Text> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut paths = Vec::new();
    for folder in ["certutil", "sslcert-bindings", "icacls", "event-text", "powershell-certificates", "system-info"] {
        let texts = files_below(&root.join(folder)).into_iter();
        paths.extend(texts.filter(|path| path.extension().is_some_and(|e| e == "txt")));
    }
    let mut texts = Vec::new();
    for path in paths {
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        // What is damaged in its bytes or lines is another text once it is put into a page.
        if ["certutil/damage-", "certutil/bad-input-"].iter().any(|prefix| name.starts_with(prefix)) {
            continue;
        }
        let Ok(text) = String::from_utf8(fs::read(&path).unwrap()) else { continue };
        let text = text.trim_start_matches('\u{feff}');
        let marks = ["<", "&nbsp;", "&#", "&lt;", "\\u"];
        if marks.iter().any(|mark| text.contains(mark)) || text.starts_with('{') {
            continue;
        }
        let lines = text.lines().map(|line| line.trim_end_matches('\r').to_owned()).collect();
        texts.push(Text { name, lines });
    }
    assert!(texts.len() > 150, "{}", texts.len());
    texts
}

/// Where a text gives something else in one of its carriers.
fn differences(text: &Text, carriers: &[(&str, String)]) -> Vec<String> {
    let name = &text.name;
    let plain = said(&read((text.lines.join("\n") + "\n").as_bytes()));
    let mut wrong = Vec::new();
    for (kind, carried) in carriers {
        let report = read(carried.as_bytes());
        let found = said(&report);
        for part in ["credentials", "findings", "inputs"] {
            if found[part] != plain[part] {
                wrong.push(format!("{name} {kind}: {part}"));
            }
        }
        for evidence in report.findings.iter().flat_map(|finding| &finding.evidence) {
            let [start, end] = evidence.bytes;
            assert!(start <= end && end <= carried.len() as u64, "{name} {kind}");
        }
    }
    wrong
}

#[test]
fn a_text_in_a_carrier_gives_what_the_text_gives() {
    let mut wrong = Vec::new();
    for text in texts() {
        let lines: Vec<&str> = text.lines.iter().map(String::as_str).collect();
        let mut carriers = vec![
            ("page", page(&lines)),
            ("pre", preformatted(&lines)),
            ("document", document(&lines)),
            ("open document", open_document(&lines)),
            ("workbook", workbook(&lines)),
            ("rtf", rtf(&lines)),
            ("terminal", coloured(&lines)),
        ];
        // Fewer lines are no text of several.
        if lines.len() > 2 {
            carriers.extend([("answer", answer(&lines)), ("objects", objects(&lines))]);
        }
        wrong.extend(differences(&text, &carriers));
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

/// What stands in front of a line: a kind of log, and its prefix of a line with this number.
type Prefix = (&'static str, fn(usize) -> String);

/// Prefixes that begin with a time as pipelines and containers write it.
const TIMED: [Prefix; 4] = [
    ("pipeline", |n| format!("2026-10-12T14:{:02}:{:02}.{:03}4567Z ", n / 60 % 60, n % 60, n * 37 % 1000)),
    ("job and step", |n| format!("build\tRun certutil {}\t2026-10-12T14:03:{:02}.1234567Z ", n / 9, n % 60)),
    ("container", |n| format!("2026-10-12T14:03:{:02}.123456789+02:00 stdout F ", n % 60)),
    ("timestamper", |n| format!("[2026-10-12T14:03:{:02}.{:03}Z] ", n % 60, n % 1000)),
];

/// Prefixes that a header of certutil shows.
const OTHER: [Prefix; 9] = [
    ("logger", |n| format!("2026-10-12 14:03:{:02},{:03} [{:3}] INFO  Deploy.Cert - ", n % 60, n % 1000, n % 12)),
    ("clock", |n| format!("[{:2}:{:02}:{:02}] ", 9 + n / 100, n / 60 % 60, n % 60)),
    ("syslog", |n| format!("Oct {:2} 14:03:{:02} web01 certcheck[123]: ", 9 + n / 50, n % 60)),
    ("compose", |_| "web01_1  | ".to_owned()),
    ("server", |_| "WEB01: ".to_owned()),
    ("cat -n", |n| format!("{n:6}\t")),
    ("numbers", |n| format!("{n:4}  ")),
    ("grep -n", |n| format!("{n}:")),
    ("file and number", |n| format!("C:\\temp\\dump.txt:{n}:")),
];

#[test]
fn a_text_behind_a_prefix_gives_what_the_text_gives() {
    let mut wrong = Vec::new();
    let mut headers = 0;
    for text in texts() {
        let lines = &text.lines;
        let many = lines.iter().filter(|line| !line.trim().is_empty()).count();
        let is_indented = lines.iter().any(|line| line.is_empty() || line.starts_with(' '));
        let header =
            lines.iter().position(|line| line.starts_with("================ ") && line.ends_with(" ================"));
        let has_header =
            header.is_some_and(|at| lines[at + 1..].iter().filter(|line| !line.trim().is_empty()).count() > 3);
        headers += usize::from(has_header);
        let timed = TIMED.iter().filter(|_| many > 3 && is_indented);
        let carriers: Vec<(&str, String)> = timed
            .chain(OTHER.iter().filter(|_| has_header))
            .map(|(kind, prefix)| {
                let line = |(at, line): (usize, &String)| format!("{}{line}\n", prefix(at + 1));
                (*kind, lines.iter().enumerate().map(line).collect())
            })
            .collect();
        wrong.extend(differences(&text, &carriers));
    }
    assert!(headers > 100, "{headers}");
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

/// The place of a value leads to its bytes in the file, with the marks inside it.
#[test]
fn places_are_those_of_the_file() {
    let log = "my \"Personal\"\n================ Certificate 0 ================\nSerial Number: 01\nIssuer: CN=Fabrikam CA\n\
        Subject: CN=web.fabrikam.com\nCert Hash(sha1): 00112233445566778899aabbccddeeff00112233\n  Key Container = key\n  \
        Provider = Microsoft Strong Cryptographic Provider\n  KeySpec = 2 -- AT_SIGNATURE\nSignature test passed\n\
        CertUtil: -store command completed successfully.";
    let lines: Vec<&str> = log.lines().collect();
    let numbered = lines.iter().zip(8..).map(|(line, n)| format!("{n:2}: {line}\n")).collect();
    let many = [page(&lines), preformatted(&lines), document(&lines), rtf(&lines), answer(&lines), coloured(&lines)];
    for carried in many.into_iter().chain([numbered]) {
        let report = read(carried.as_bytes());
        let evidence: Vec<_> = report.findings.iter().flat_map(|finding| &finding.evidence).collect();
        assert!(!evidence.is_empty());
        let mut seen = false;
        for evidence in evidence {
            let (start, end) =
                (usize::try_from(evidence.bytes[0]).unwrap(), usize::try_from(evidence.bytes[1]).unwrap());
            let before = &carried[..start];
            assert_eq!(evidence.line.unwrap() as usize, before.matches('\n').count() + 1);
            let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
            assert_eq!(evidence.column.unwrap() as usize, column);
            let bytes = &carried[start..end];
            seen |= bytes.starts_with('2') || bytes.contains("AT_SIGNATURE") || bytes.contains("AT_S");
        }
        assert!(seen, "{carried}");
    }
}

/// A name between marks is hidden in a copy, too.
#[test]
fn a_redacted_copy_is_the_text() {
    let carried = "<html><body>\r\n<p>Subject: CN=<b>web</b>.con<i>toso</i>.com</p>\r\n<!-- contoso --></body></html>";
    let mut redactor = Redactor::new([7; 32]);
    redactor.learn(&read(carried.as_bytes()));
    let copy = redactor.copy(carried.as_bytes(), "certutil-dump", None, &Limits::default()).unwrap();
    assert_eq!(copy.trim(), "Subject: CN=host-1.example");
}
