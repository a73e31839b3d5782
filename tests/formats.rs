//! SARIF, JUnit, CSV, and several outputs in one run: read back with readers and schemas that are not ours.
#![allow(clippy::unwrap_used)]

mod fixture;

use assert_cmd::Command;
use fixture::*;
use keyspect::report::csv::{self, CsvOptions};
use keyspect::report::junit::{self, JunitOptions};
use keyspect::report::model::*;
use keyspect::report::sarif::{self, SarifOptions};
use keyspect::rules::RULES;
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use tempfile::TempDir;

/// What an input may bring into a report: markup, formulas, controls, reordering, links, placeholders.
const HOSTILE: [&str; 9] = [
    "=HYPERLINK(\"http://e.example\",\"x\")",
    "+1;=2",
    "-1\r\n@SUM(A1)",
    "\t=1",
    "</testcase><script>alert('x')</script>]]>&amp;&#0;",
    "\u{0}\u{1b}[2J\u{7}\u{b}\u{fffe}\u{ffff}",
    "\u{202e}moc.elpmaxe\u{2066}\u{200b}",
    "[click](https://e.example) {0} {{1}}",
    "\u{1f511} \"quoted\", and; more",
];

fn sarif(report: &Report) -> Value {
    let mut options = SarifOptions::default();
    options.exit_code = Some(1);
    let mut out = Vec::new();
    sarif::render(report, &options, &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

/// The errors of the schema of OASIS.
fn sarif_errors(log: &Value) -> Vec<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/schemas/sarif-2.1.0.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    validator.iter_errors(log).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

fn junit(report: &Report, options: &JunitOptions) -> String {
    let mut out = Vec::new();
    junit::render(report, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn csv_text(report: &Report, options: &CsvOptions) -> String {
    let mut out = Vec::new();
    csv::render(report, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn csv_rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(|row| row.unwrap()).collect()
}

/// A report with hostile words wherever an input's words can stand.
fn hostile() -> Report {
    let (mut inputs, mut credentials, mut findings, mut checks) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (id, text) in (0u32..).zip(HOSTILE) {
        let mut input = input(id, text);
        input.member = Some(text.to_owned());
        input.status = InputStatus::Partial;
        input.problems = vec![Problem { message: text.to_owned(), line: Some(1), bytes: Some([0, 1]) }];
        inputs.push(input);
        let mut c = credential(id, text, SHA1);
        c.sources[0].input = id;
        c.store.as_mut().unwrap().name = Some(text.to_owned());
        c.key.container.name = Some(text.to_owned());
        c.key.provider.name = Some(text.to_owned());
        c.certificate.as_mut().unwrap().subject = Some(text.to_owned());
        c.certificate.as_mut().unwrap().alternative_names = vec![text.to_owned(), text.to_owned()];
        credentials.push(c);
        let mut f = keyspec_finding(id, SHA1);
        f.title = text.to_owned();
        f.message = text.to_owned();
        f.evidence = vec![evidence(1, 1, text, text, true), evidence(2, 3, text, text, false)];
        f.evidence[0].input = id;
        f.evidence[1].path = Some(text.to_owned());
        f.remedies[0].steps[0].run = text.to_owned();
        f.remedies[0].verify = Some(text.to_owned());
        findings.push(f);
        checks.push(check("shared-key-container", Some(id), CheckOutcome::Unknown, text));
    }
    report(inputs, credentials, findings, checks)
}

#[test]
fn sarif_obeys_the_schema() {
    assert_eq!(sarif_errors(&sarif(&broken())), Vec::<String>::new());
    assert_eq!(sarif_errors(&sarif(&hostile())), Vec::<String>::new());
    assert_eq!(sarif_errors(&sarif(&report(vec![], vec![], vec![], vec![]))), Vec::<String>::new());
    // The schema does refuse what is wrong.
    let mut log = sarif(&broken());
    log["runs"][0]["results"][0]["level"] = "fatal".into();
    assert_eq!(sarif_errors(&log).len(), 1);
}

#[test]
fn a_sarif_result() {
    let log = sarif(&broken());
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    assert_eq!(run["invocations"][0]["exitCode"], 1);
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    let result = &run["results"][0];
    assert_eq!(result["ruleId"], "keyspec-signature-on-csp");
    assert_eq!(run["tool"]["driver"]["rules"][0]["id"], "keyspec-signature-on-csp");
    assert_eq!((&result["ruleIndex"], &result["level"]), (&0.into(), &"error".into()));
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "ticket-4711/certutil.txt");
    assert_eq!(place["artifactLocation"]["uriBaseId"], "%SRCROOT%");
    // "KeySpec = 2 -- AT_SIGNATURE" is 27 characters from column 5 on; SARIF's end column is the one after it.
    let region = &place["region"];
    assert_eq!([&region["startLine"], &region["startColumn"], &region["endColumn"]], [93, 5, 32]);
    assert_eq!(region["snippet"]["text"], "KeySpec = 2 -- AT_SIGNATURE");
    assert_eq!(result["relatedLocations"][0]["physicalLocation"]["region"]["startLine"], 91);
    assert_eq!(result["relatedLocations"].as_array().unwrap().len(), 1);
    assert_eq!(result["partialFingerprints"]["keyspectFingerprint/v1"], "0000000000000000");
    let text = result["message"]["text"].as_str().unwrap();
    assert!(text.starts_with("www.contoso.com: the private key can only sign; "), "{text}");
    assert!(text.contains("certutil -f -p <password> -importpfx my key.pfx AT_KEYEXCHANGE"), "{text}");
}

#[test]
fn two_findings_with_one_fingerprint_stay_two() {
    let mut r = broken();
    r.findings.push(r.findings[0].clone());
    let log = sarif(&r);
    let hash = |i: usize| log["runs"][0]["results"][i]["partialFingerprints"]["primaryLocationLineHash"].clone();
    assert_eq!((hash(0), hash(1)), ("0000000000000000:1".into(), "0000000000000000:2".into()));
}

#[test]
fn sarif_places_in_binary_inputs_and_archives() {
    let mut inputs = vec![input(0, "a b/ticket.zip"), input(1, "a b/ticket.zip"), input(2, "a b/ticket.zip")];
    inputs.extend([input(3, "a b/ticket.zip"), input(4, "../c:d.pfx")]);
    for (input, (kind, member)) in inputs.iter_mut().zip([
        ("zip", None),
        ("certutil-dump", Some("logs/dump.txt")),
        ("zip", Some("inner/more.zip")),
        ("pfx", Some("inner/more.zip/keys/web 1.pfx")),
        ("pfx", None),
    ]) {
        input.kind = kind.to_owned();
        input.member = member.map(str::to_owned);
        if kind != "certutil-dump" {
            input.encoding = None;
        }
    }
    let mut finding = keyspec_finding(0, SHA1);
    finding.evidence.truncate(1);
    finding.evidence[0].input = 3;
    finding.evidence[0].line = None;
    finding.evidence[0].column = None;
    finding.evidence[0].line_text = None;
    finding.evidence[0].bytes = [100, 130];
    finding.evidence[0].path = Some("authSafe[0].bag[1]".to_owned());
    let mut without = keyspec_finding(0, SHA1);
    without.evidence.clear();
    without.credential = None;
    let log = sarif(&report(inputs, vec![credential(0, "a", SHA1)], vec![finding, without], vec![]));
    assert_eq!(sarif_errors(&log), Vec::<String>::new());
    let run = &log["runs"][0];
    let artifacts = run["artifacts"].as_array().unwrap();
    let seen: Vec<_> =
        artifacts.iter().map(|a| (a["location"]["uri"].as_str().unwrap(), a["parentIndex"].as_u64())).collect();
    assert_eq!(
        seen,
        [
            ("a%20b/ticket.zip", None),
            ("logs/dump.txt", Some(0)),
            ("inner/more.zip", Some(0)),
            ("keys/web%201.pfx", Some(2)),
            ("../c%3Ad.pfx", None),
        ]
    );
    assert_eq!(artifacts[4]["location"].get("uriBaseId"), None);
    let place = &run["results"][0]["locations"][0];
    assert_eq!(place["physicalLocation"]["artifactLocation"]["index"], 3);
    assert_eq!(place["physicalLocation"]["region"], serde_json::json!({ "byteOffset": 100, "byteLength": 30 }));
    assert_eq!(place["logicalLocations"][0]["fullyQualifiedName"], "authSafe[0].bag[1]");
    // GitHub refuses a result without a place.
    assert_eq!(run["results"][1]["locations"].as_array().unwrap().len(), 1);
}

#[test]
fn sarif_keeps_the_limits_of_github() {
    let mut r = broken();
    let mut finding = r.findings[0].clone();
    finding.remedies.clear();
    finding.evidence = vec![evidence(1, 1, "x", "y", true); 1_500];
    finding.title = "word ".repeat(5_000);
    r.findings = vec![finding.clone()];
    finding.evidence.truncate(1);
    finding.title = "t".to_owned();
    r.findings.resize(25_007, finding);
    r.summary.errors = 25_007;
    let log = sarif(&r);
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 25_000);
    let first = &results[0];
    assert!(first["relatedLocations"].as_array().unwrap().len() < 1_000);
    assert!(first["message"]["text"].as_str().unwrap().chars().count() <= 4_096);
    let said = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    assert!(
        said.iter().any(|n| n["message"]["text"].as_str().unwrap().starts_with("25007 findings; the 25000 ")),
        "{said:?}"
    );
}

#[test]
fn every_rule_has_what_github_asks_for() {
    let mut names = HashSet::new();
    let findings: Vec<Finding> = RULES
        .iter()
        .map(|r| r.meta())
        .filter(|m| names.insert(m.name))
        .map(|m| Finding { rule: m.name.to_owned(), ..keyspec_finding(0, SHA1) })
        .collect();
    let r = report(vec![input(0, "a.txt")], vec![credential(0, "a", SHA1)], findings, vec![]);
    let log = sarif(&r);
    assert_eq!(sarif_errors(&log), Vec::<String>::new());
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), names.len());
    for rule in rules {
        let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{rule}")).to_owned();
        for key in ["shortDescription", "fullDescription"] {
            let length = text(&rule[key]["text"]).chars().count();
            assert!((10..=1_024).contains(&length), "{rule}");
        }
        assert!(text(&rule["name"]).len() <= 255);
        assert!(text(&rule["help"]["text"]).len() > 100 && text(&rule["help"]["markdown"]).starts_with("# "), "{rule}");
        assert!(["error", "warning", "note"].contains(&text(&rule["defaultConfiguration"]["level"]).as_str()));
        assert!(["very-high", "high", "medium"].contains(&text(&rule["properties"]["precision"]).as_str()));
        assert!(rule["properties"]["tags"].as_array().unwrap().len() <= 10);
        assert_eq!(rule["properties"].get("security-severity"), None);
    }
}

#[test]
fn nothing_hidden_or_linked_gets_into_sarif_messages() {
    let log = sarif(&hostile());
    let run = &log["runs"][0];
    let mut texts: Vec<&str> = Vec::new();
    for result in run["results"].as_array().unwrap() {
        texts.push(result["message"]["text"].as_str().unwrap());
        texts.push(result["relatedLocations"][0]["message"]["text"].as_str().unwrap());
    }
    let said = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    assert_eq!(said.len(), HOSTILE.len());
    texts.extend(said.iter().map(|n| n["message"]["text"].as_str().unwrap()));
    for text in texts {
        assert!(!text.contains(['\u{0}', '\u{1b}', '\u{202e}', '\u{2066}', '\u{200b}']), "{text:?}");
        assert!(!text.contains("[click]("), "{text:?}");
        assert!(!text.replace("{{", "").contains("{0}"), "{text:?}");
    }
}

#[test]
fn junit_is_xml_and_counts_right() {
    for r in [broken(), hostile(), report(vec![], vec![], vec![], vec![])] {
        let xml = junit(&r, &JunitOptions::default());
        let document = roxmltree::Document::parse(&xml).unwrap();
        let root = document.root_element();
        assert_eq!(root.tag_name().name(), "testsuites");
        let count =
            |node: roxmltree::Node<'_, '_>, tag: &str| node.descendants().filter(|n| n.has_tag_name(tag)).count();
        for suite in root.children().filter(|n| n.is_element()).chain([root]) {
            let of = |name: &str| suite.attribute(name).unwrap().parse::<usize>().unwrap();
            assert_eq!(of("tests"), count(suite, "testcase"));
            assert_eq!(of("failures"), count(suite, "failure"));
            assert_eq!(of("errors"), count(suite, "error"));
        }
        // Unique suites: CI servers join those of one name.
        let names: Vec<_> = root.children().filter_map(|n| n.attribute("name")).collect();
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
        // XML 1.0, section 2.2; and no bidirectional control.
        assert!(xml.chars().all(|c| c == '\n' || (c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}' | '\u{202e}'))));
    }
}

#[test]
fn junit_tells_fail_pass_and_skipped() {
    let xml = junit(&broken(), &JunitOptions::default());
    let document = roxmltree::Document::parse(&xml).unwrap();
    let case = |name: &str| {
        let found = document.descendants().find(|n| n.has_tag_name("testcase") && n.attribute("name") == Some(name));
        found.map(|n| {
            n.children().filter(|c| c.is_element()).map(|c| c.tag_name().name().to_owned()).collect::<Vec<_>>()
        })
    };
    assert_eq!(case("keyspec-signature-on-csp").unwrap(), ["failure"]);
    assert_eq!(case("keyspec-zero-on-csp").unwrap(), Vec::<String>::new());
    assert_eq!(case("shared-key-container").unwrap(), ["skipped"]);
    assert_eq!(case("tpm-rsa-pss"), None);
    let failure = document.descendants().find(|n| n.has_tag_name("failure")).unwrap();
    let text = failure.text().unwrap();
    assert!(text.contains("ticket-4711/certutil.txt:93:5: KeySpec = 2 -- AT_SIGNATURE"), "{text}");
    assert_eq!(failure.parent_element().unwrap().attribute("line"), Some("93"));
    assert_eq!(
        failure.parent_element().unwrap().attribute("classname"),
        Some(format!("www.contoso.com {SHA1}").as_str())
    );

    // As with --fail-on: a warning fails only when warnings do.
    let mut r = broken();
    r.findings[0].severity = Severity::Warning;
    let failures = |fail_on| {
        let mut options = JunitOptions::default();
        options.fail_on = fail_on;
        junit(&r, &options).matches("<failure ").count()
    };
    assert_eq!(failures(Some(Severity::Error)), 0);
    assert_eq!(failures(Some(Severity::Warning)), 1);
    assert_eq!(failures(Some(Severity::Note)), 1);
    assert_eq!(failures(None), 0);

    let mut bad = input(1, "broken.pfx");
    bad.status = InputStatus::Failed;
    bad.problems = vec![Problem { message: "cut off".to_owned(), line: None, bytes: None }];
    let xml = junit(&report(vec![bad], vec![], vec![], vec![]), &JunitOptions::default());
    assert!(xml.contains("<error message=\"cut off\""), "{xml}");
}

#[test]
fn csv_has_a_row_per_credential_and_workload() {
    let mut r = broken();
    r.credentials[0].verdicts.push(Verdict {
        workload: "sql-server:2019".to_owned(),
        outcome: VerdictOutcome::AtRisk,
        because: vec!["no-such-rule".to_owned()],
    });
    r.credentials[0].bound_by = vec![BoundReport {
        workload: "iis".to_owned(),
        endpoint: Some("0.0.0.0:443".to_owned()),
        input: 0,
        line: Some(7),
    }];
    let mut loose = healthy(1, "loose.example", SHA1);
    loose.verdicts.clear();
    loose.certificate = None;
    r.credentials.push(loose);
    let mut request = input(1, "new.inf");
    request.verdicts = vec![Verdict { workload: "iis".to_owned(), outcome: VerdictOutcome::Works, because: vec![] }];
    r.inputs.push(request);
    let text = csv_text(&r, &CsvOptions::default());
    let rows = csv_rows(&text);
    let column = |name: &str| rows.iter().map(|r| r[name].as_str()).collect::<Vec<_>>();
    assert_eq!(column("type"), ["credential", "credential", "credential", "request"]);
    assert_eq!(column("name"), ["www.contoso.com", "www.contoso.com", "loose.example", "new.inf"]);
    assert_eq!(column("workload"), ["iis", "sql-server:2019", "", "iis"]);
    assert_eq!(column("verdict"), ["fails", "at-risk", "", "works"]);
    assert_eq!(column("severity"), ["error", "", "", ""]);
    assert_eq!(column("bound_to"), ["0.0.0.0:443", "", "", ""]);
    assert_eq!(column("key_spec"), ["2", "2", "0", ""]);
    assert_eq!(column("provider_kind"), ["csp", "csp", "ksp", ""]);
    assert_eq!(column("flags"), ["0x20", "0x20", "0x20", ""]);
    assert_eq!(column("thumbprint"), [SHA1, SHA1, "", ""]);
    assert_eq!(
        column("input"),
        ["ticket-4711/certutil.txt", "ticket-4711/certutil.txt", "ticket-4711/certutil.txt", "new.inf"]
    );
    assert_eq!(text.matches("\r\n").count(), 5);
    assert_eq!(text.matches('\n').count(), 5);
    assert!(text.starts_with("type,"));
    let mut options = CsvOptions::default();
    options.bom = true;
    assert_eq!(csv_text(&r, &options), format!("\u{feff}{text}"));
}

#[test]
fn no_csv_cell_is_a_formula() {
    let r = hostile();
    let text = csv_text(&r, &CsvOptions::default());
    assert!(!text.contains(['\u{0}', '\u{1b}', '\u{202e}', '\t']));
    let rows = csv_rows(&text);
    assert_eq!(rows.len(), HOSTILE.len());
    for row in &rows {
        for cell in row.values() {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{cell:?}");
        }
    }
    // Words that are no formula come back as they were.
    assert_eq!(rows[8]["name"], HOSTILE[8]);
    // A spreadsheet that was told that cells end at semicolons finds no formula either.
    let mut reader = ::csv::ReaderBuilder::new().delimiter(b';').flexible(true).from_reader(text.as_bytes());
    for record in reader.records() {
        for cell in record.unwrap().iter() {
            assert!(!cell.trim_start_matches([' ', '"']).starts_with(['=', '+', '-', '@']), "{cell:?}");
        }
    }
}

/// The dump of a certificate whose CSP key can only sign, in the short form.
const BROKEN: &str = include_str!("../corpus/certutil/article-scenario-3/input.txt");

fn keyspect(dir: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keyspect"));
    for name in ["LC_ALL", "LC_CTYPE", "LANG", "NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR"] {
        command.env_remove(name);
    }
    let output =
        command.current_dir(dir).args(["dump.txt", "--at", "2028-01-01T00:00:00Z"]).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn folder() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("dump.txt"), BROKEN).unwrap();
    dir
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn several_outputs_of_one_run() {
    let dir = folder();
    let all = ["text", "short", "summary", "json", "jsonl", "sarif", "junit", "csv"];
    let alone: Vec<_> = all.map(|form| keyspect(dir.path(), &["--format", form])).into();
    assert!(alone.iter().all(|(status, _, err)| (*status, err.as_str()) == (1, "")), "{alone:?}");
    let mut arguments = Vec::new();
    for form in all {
        arguments.extend([
            "-o".to_owned(),
            format!("{form}={}", if form == "json" { "-".to_owned() } else { format!("r.{form}") }),
        ]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (status, out, err) = keyspect(dir.path(), &arguments);
    assert_eq!((status, err.as_str()), (1, ""));
    assert_eq!(out, alone[3].1);
    assert_eq!(
        names(dir.path()),
        ["dump.txt", "r.csv", "r.jsonl", "r.junit", "r.sarif", "r.short", "r.summary", "r.text"]
    );
    for (form, (_, expected, _)) in all.iter().zip(&alone).filter(|(form, _)| **form != "json") {
        let written = std::fs::read_to_string(dir.path().join(format!("r.{form}"))).unwrap();
        if *form == "jsonl" {
            let last = |text: &str| text.lines().last().unwrap().to_owned();
            assert_eq!(last(&written), last(expected));
            assert!(written.lines().all(|l| serde_json::from_str::<Value>(l).unwrap()["type"].is_string()));
        } else {
            assert_eq!(&written, expected, "{form}");
        }
    }
    let log: Value = serde_json::from_str(&std::fs::read_to_string(dir.path().join("r.sarif")).unwrap()).unwrap();
    assert_eq!(sarif_errors(&log), Vec::<String>::new());
    assert_eq!(log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"], 107);
}

#[test]
fn an_output_without_a_form_takes_that_of_format() {
    let dir = folder();
    let (status, out, _) = keyspect(dir.path(), &["-f", "short", "-o", "plain", "-o", "csv=-"]);
    assert_eq!(status, 1);
    assert!(out.starts_with("type,"));
    assert!(std::fs::read_to_string(dir.path().join("plain")).unwrap().starts_with("dump.txt:107:5: error["));
    // A name with `=` behind a path is a name.
    assert_eq!(keyspect(dir.path(), &["-o", "./hmtl=x"]).0, 1);
    assert_eq!(names(dir.path()), ["dump.txt", "hmtl=x", "plain"]);
}

#[test]
fn wrong_outputs_are_told_before_anything_is_written() {
    let dir = folder();
    let absolute = format!("csv={}", dir.path().join("x").display());
    for (arguments, words) in [
        (&["-o", "junt=x"][..], "did you mean `junit=x`?"),
        (&["-o", "klingon=x"], "known are text, short, "),
        (&["-o", "json="], "`json=-` is standard output"),
        (&["-o", ""], "no file is named"),
        (&["-o", "json=-", "-o", "csv=-"], "two outputs can't both be written to standard output"),
        (&["-o", "json=x", "-o", "csv=./x"], "two outputs can't both be written to ./x"),
        (&["-o", "json=x", "-o", &absolute], "two outputs can't both be written to /"),
        (&["-f", "text", "-o", "json=x"], "`--output FORMAT=-`"),
        (&["-o", "json=no/such/x", "-o", "csv=no/such/y"], "can't be written"),
    ] {
        let (status, out, err) = keyspect(dir.path(), arguments);
        assert_eq!((status, out.as_str()), (2, ""), "{arguments:?}: {err}");
        assert!(err.contains(words), "{arguments:?}: {err}");
    }
    assert_eq!(names(dir.path()), ["dump.txt"]);
}

#[test]
fn one_output_that_fails_keeps_no_other_back() {
    let dir = folder();
    let (status, out, err) = keyspect(dir.path(), &["-o", "json=no/such/x", "-o", "csv=r.csv", "-o", "short=-"]);
    assert_eq!(status, 4, "{err}");
    assert!(err.contains("no/such/x") && out.starts_with("dump.txt:107:5"), "{err}");
    assert_eq!(names(dir.path()), ["dump.txt", "r.csv"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_and_a_closed_pipe() {
    use std::process::{Command, Stdio};
    let dir = folder();
    // A link to the device, so that a fault in the program can't replace the device itself.
    std::os::unix::fs::symlink("/dev/full", dir.path().join("full")).unwrap();
    let (status, _, err) = keyspect(dir.path(), &["-o", "sarif=full", "-o", "csv=r.csv"]);
    assert_eq!(status, 4);
    assert!(err.contains("full: the output could not be written"), "{err}");
    assert_eq!(names(dir.path()), ["dump.txt", "full", "r.csv"]);
    for form in ["sarif", "junit", "csv"] {
        assert_eq!(keyspect(dir.path(), &["-f", form, "-o", "full"]).0, 4, "{form}");
        for more in [&["--fail-on", "never"][..], &["-o", "short=more", "--fail-on", "error"]] {
            let mut child = Command::new(env!("CARGO_BIN_EXE_keyspect"))
                .current_dir(dir.path())
                .args(["dump.txt", "-o", &format!("{form}=-")])
                .args(more)
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            drop(child.stdout.take());
            let output = child.wait_with_output().unwrap();
            assert_eq!(output.status.code(), Some(i32::from(more.len() > 2)), "{form}");
            assert!(output.stderr.is_empty(), "{form}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
    assert!(dir.path().join("more").exists());
}
