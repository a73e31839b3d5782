//! JUnit XML, in the form that Jenkins, GitLab and Azure DevOps read: a test suite per input, per credential and for the
//! whole case; a test case per rule that was checked.
//!
//! A finding at or above the threshold is a failure, a check that could not be made is skipped, an input that could not
//! be read is an error. A finding below the threshold passes and says so in its `system-out`: the file agrees with the
//! exit status.

use super::escape::escape;
use super::model::{Check, CheckOutcome, Finding, Input, InputStatus, Report, Severity};
use super::words;
use crate::limits::JUNIT_SAME_RULE;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

/// What is a failure.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct JunitOptions {
    /// Findings of this severity and above are failures; none: no finding is.
    pub fail_on: Option<Severity>,
}

impl Default for JunitOptions {
    /// Errors are failures.
    fn default() -> Self {
        Self { fail_on: Some(Severity::Error) }
    }
}

/// What became of a test case.
enum Outcome {
    Passed,
    Failure {
        kind: &'static str,
        message: String,
        body: String,
    },
    Error {
        kind: &'static str,
        message: String,
        body: String,
    },
    Skipped(String),
    /// Passed, with something to read.
    Said(String),
}

struct Case {
    name: String,
    /// `file` of GitLab and others: where the proof stands.
    file: Option<String>,
    line: Option<u32>,
    outcome: Outcome,
}

struct Suite {
    name: String,
    cases: Vec<Case>,
}

/// Writes the report as one `testsuites` element.
///
/// # Errors
/// Whatever the writer answers.
pub fn render(report: &Report, options: &JunitOptions, out: &mut dyn Write) -> io::Result<()> {
    let suites = suites(report, options);
    let mut xml = Writer::new_with_indent(&mut *out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let counts = suites.iter().map(Counts::of).fold(Counts::default(), Counts::plus);
    let mut root = BytesStart::new("testsuites");
    root.push_attribute(("name", "keyspect"));
    counts.write(&mut root, false);
    xml.write_event(Event::Start(root))?;
    for suite in &suites {
        write_suite(&mut xml, suite)?;
    }
    xml.write_event(Event::End(BytesEnd::new("testsuites")))?;
    out.write_all(b"\n")
}

#[derive(Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Counts {
    fn of(suite: &Suite) -> Self {
        let count = |f: fn(&Outcome) -> bool| suite.cases.iter().filter(|c| f(&c.outcome)).count();
        Self {
            tests: suite.cases.len(),
            failures: count(|o| matches!(o, Outcome::Failure { .. })),
            errors: count(|o| matches!(o, Outcome::Error { .. })),
            skipped: count(|o| matches!(o, Outcome::Skipped(_))),
        }
    }
    fn plus(self, other: Self) -> Self {
        Self {
            tests: self.tests.saturating_add(other.tests),
            failures: self.failures.saturating_add(other.failures),
            errors: self.errors.saturating_add(other.errors),
            skipped: self.skipped.saturating_add(other.skipped),
        }
    }
    /// `skipped` stands at a suite only: the schema of Jenkins has it nowhere else.
    fn write(&self, element: &mut BytesStart<'_>, skipped: bool) {
        element.push_attribute(("tests", self.tests.to_string().as_str()));
        element.push_attribute(("failures", self.failures.to_string().as_str()));
        element.push_attribute(("errors", self.errors.to_string().as_str()));
        if skipped {
            element.push_attribute(("skipped", self.skipped.to_string().as_str()));
        }
    }
}

fn write_suite<W: Write>(xml: &mut Writer<W>, suite: &Suite) -> io::Result<()> {
    let name = line(&suite.name);
    let mut element = BytesStart::new("testsuite");
    element.push_attribute(("name", name.as_str()));
    Counts::of(suite).write(&mut element, true);
    xml.write_event(Event::Start(element))?;
    for case in &suite.cases {
        let mut element = BytesStart::new("testcase");
        element.push_attribute(("name", line(&case.name).as_str()));
        element.push_attribute(("classname", name.as_str()));
        if let Some(file) = &case.file {
            element.push_attribute(("file", line(file).as_str()));
        }
        if let Some(number) = case.line {
            element.push_attribute(("line", number.to_string().as_str()));
        }
        let (child, kind, message, body) = match &case.outcome {
            Outcome::Passed => {
                xml.write_event(Event::Empty(element))?;
                continue;
            }
            Outcome::Failure { kind, message, body } => ("failure", Some(*kind), Some(message), Some(body)),
            Outcome::Error { kind, message, body } => ("error", Some(*kind), Some(message), Some(body)),
            Outcome::Skipped(message) => ("skipped", None, Some(message), None),
            Outcome::Said(body) => ("system-out", None, None, Some(body)),
        };
        xml.write_event(Event::Start(element))?;
        let mut inner = BytesStart::new(child);
        if let Some(message) = message {
            inner.push_attribute(("message", line(message).as_str()));
        }
        if let Some(kind) = kind {
            inner.push_attribute(("type", kind));
        }
        match body {
            Some(body) => {
                xml.write_event(Event::Start(inner))?;
                xml.write_event(Event::Text(BytesText::new(&lines(body))))?;
                xml.write_event(Event::End(BytesEnd::new(child)))?;
            }
            None => xml.write_event(Event::Empty(inner))?,
        }
        xml.write_event(Event::End(BytesEnd::new("testcase")))?;
    }
    xml.write_event(Event::End(BytesEnd::new("testsuite")))
}

/// A text on one line, with no hidden character and none that XML 1.0 forbids (section 2.2). C0 controls are hidden.
fn line(text: &str) -> String {
    let text = escape(text);
    if !text.contains(['\u{fffe}', '\u{ffff}']) {
        return text.into_owned();
    }
    text.replace('\u{fffe}', "\\u{fffe}").replace('\u{ffff}', "\\u{ffff}")
}

/// The same of several lines.
fn lines(text: &str) -> String {
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The suites: the inputs, then the case, then the credentials.
fn suites(report: &Report, options: &JunitOptions) -> Vec<Suite> {
    let mut inputs: BTreeMap<u32, Suite> = report.inputs.iter().map(|i| (i.id, input_suite(i))).collect();
    let mut of_case = Suite { name: "the whole case".to_owned(), cases: Vec::new() };
    let mut credentials: BTreeMap<u32, Suite> = report
        .credentials
        .iter()
        .map(|c| {
            let sha1 = c.certificate.as_ref().and_then(|c| c.sha1.as_deref());
            let name = sha1.map_or_else(|| c.display_name.clone(), |sha1| format!("{} {sha1}", c.display_name));
            (c.id, Suite { name, cases: Vec::new() })
        })
        .collect();
    unique(&mut credentials);

    let mut counts: HashMap<(Option<u32>, Option<u32>, &str), usize> = HashMap::new();
    for finding in &report.findings {
        let primary = words::primary(&finding.evidence);
        let input = primary.map(|e| e.input).filter(|_| finding.credential.is_none());
        let count = counts.entry((finding.credential, input, finding.rule.as_str())).or_insert(0);
        *count = count.saturating_add(1);
        if *count > JUNIT_SAME_RULE {
            continue;
        }
        let name = if *count > 1 { format!("{} ({count})", finding.rule) } else { finding.rule.clone() };
        let case = Case {
            name,
            file: primary.map(|e| words::input_path(report, e.input)),
            line: primary.and_then(|e| e.line),
            outcome: outcome(report, finding, options),
        };
        let own = finding.credential.and_then(|id| credentials.get_mut(&id));
        let suite = match (own, input) {
            (Some(suite), _) => suite,
            (None, Some(input)) => inputs.get_mut(&input).unwrap_or(&mut of_case),
            (None, None) => &mut of_case,
        };
        suite.cases.push(case);
    }
    for check in &report.checks {
        let Some(outcome) = check_outcome(check) else { continue };
        let name = match check.count {
            Some(n) => format!("{}, {}: {}", check.rule, words::count(n, "credential", "credentials"), check.reason),
            None => check.rule.clone(),
        };
        let suite = check.credential.and_then(|id| credentials.get_mut(&id)).unwrap_or(&mut of_case);
        suite.cases.push(Case { name, file: None, line: None, outcome });
    }
    let written = counts.values().fold(0usize, |sum, n| sum.saturating_add((*n).min(JUNIT_SAME_RULE)));
    let s = &report.summary;
    let all = s.errors.saturating_add(s.warnings).saturating_add(s.notes);
    if all > u64::try_from(written).unwrap_or(u64::MAX) {
        let message = format!("{all} findings; the {written} that rank first are written here");
        let outcome = if s.errors > 0 && options.fail_on.is_some() {
            Outcome::Failure { kind: "error", body: message.clone(), message }
        } else {
            Outcome::Said(message)
        };
        of_case.cases.push(Case { name: "findings that are only counted".to_owned(), file: None, line: None, outcome });
    }
    let aside = words::set_aside(report);
    if !aside.is_empty() {
        let outcome = Outcome::Said(aside.join("\n"));
        of_case.cases.push(Case { name: "findings that are set aside".to_owned(), file: None, line: None, outcome });
    }
    let mut all: Vec<Suite> = inputs.into_values().collect();
    all.extend((!of_case.cases.is_empty()).then_some(of_case));
    all.extend(credentials.into_values().filter(|s| !s.cases.is_empty()));
    all
}

/// Gives each suite a name of its own: one certificate may stand in two stores.
fn unique(suites: &mut BTreeMap<u32, Suite>) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for suite in suites.values_mut() {
        let count = seen.entry(suite.name.clone()).or_insert(0);
        *count = count.saturating_add(1);
        if *count > 1 {
            suite.name = format!("{} ({count})", suite.name);
        }
    }
}

fn input_suite(input: &Input) -> Suite {
    let path = words::path(input);
    let problems: Vec<String> = input
        .problems
        .iter()
        .map(|p| p.line.map_or_else(|| p.message.clone(), |line| format!("line {line}: {}", p.message)))
        .collect();
    let first = problems.first().cloned().unwrap_or_else(|| words::status(input.status).to_owned());
    let body = problems.join("\n");
    let outcome = match input.status {
        InputStatus::Failed => Outcome::Error { kind: "failed", message: first, body },
        InputStatus::Unrecognized | InputStatus::Locked => {
            Outcome::Skipped(format!("{}: {first}", words::status(input.status)))
        }
        InputStatus::Analyzed | InputStatus::Partial if problems.is_empty() => Outcome::Passed,
        InputStatus::Analyzed | InputStatus::Partial => Outcome::Said(body),
    };
    Suite {
        cases: vec![Case { name: format!("read {}", input.kind), file: Some(path.clone()), line: None, outcome }],
        name: path,
    }
}

/// A failed check is there as a finding already; one that does not apply is no test.
fn check_outcome(check: &Check) -> Option<Outcome> {
    match check.outcome {
        CheckOutcome::Fail | CheckOutcome::NotApplicable => None,
        CheckOutcome::Pass => Some(Outcome::Passed),
        CheckOutcome::Unknown => Some(Outcome::Skipped(match &check.obtain {
            Some(command) => format!("{}; to tell: {command}", check.reason),
            None => check.reason.clone(),
        })),
    }
}

fn outcome(report: &Report, finding: &Finding, options: &JunitOptions) -> Outcome {
    let kind = words::severity(finding.severity);
    let mut body = format!("{kind}[{}]: {}\n{}\n", finding.rule, finding.title, finding.message);
    for evidence in &finding.evidence {
        let place = words::place(report, evidence);
        body.push_str(&format!("{place}: {}  <- {}\n", evidence.excerpt, evidence.label));
    }
    for remedy in &finding.remedies {
        body.push_str(&format!("Repair: {}\n", remedy.title));
        for step in &remedy.steps {
            for line in step.run.lines() {
                body.push_str(&format!("    {line}\n"));
            }
            if let Some(note) = &step.note {
                body.push_str(&format!("        ({note})\n"));
            }
        }
        if let Some(caution) = &remedy.caution {
            body.push_str(&format!("Mind: {caution}\n"));
        }
        if let Some(verify) = words::verify(remedy) {
            body.push_str(&format!("Verify: {verify}\n"));
        }
    }
    // `Severity` is ordered from the worst.
    if options.fail_on.is_some_and(|least| finding.severity <= least) {
        Outcome::Failure { kind, message: finding.title.clone(), body }
    } else {
        Outcome::Said(body)
    }
}
