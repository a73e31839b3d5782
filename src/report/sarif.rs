//! SARIF 2.1.0 (OASIS Standard, 27 March 2020), in the form that GitHub code scanning takes ("SARIF support for code
//! scanning": its limits and the properties it reads). One run; a result per finding.

use super::escape::escape;
use super::json_text;
use super::model::{Confidence, EvidenceReport, Finding, Input, InputStatus, Problem, Report, Severity};
use super::words;
use crate::explain::{PageOptions, to_text};
use crate::limits::{
    SARIF_DESCRIPTION_CHARACTERS, SARIF_LOCATIONS, SARIF_MESSAGE_CHARACTERS, SARIF_NOTIFICATIONS, SARIF_RESULTS,
    SARIF_TAGS,
};
use crate::rules::{self, RuleMeta};
use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, Write};

/// The schema that the output obeys.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// The name of the root that relative addresses start from; the one that GitHub knows.
const ROOT: &str = "%SRCROOT%";

/// What a SARIF log holds besides the report.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct SarifOptions {
    /// The exit status of the program, if there is one.
    pub exit_code: Option<u8>,
}

/// Writes the report as one SARIF log with one run.
///
/// # Errors
/// Whatever the writer answers.
pub fn render(report: &Report, options: &SarifOptions, out: &mut dyn Write) -> io::Result<()> {
    let rules = Rules::of(report);
    let artifacts = Artifacts::of(report);
    let log = Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            tool: json!({ "driver": {
                "name": report.tool.name,
                "version": report.tool.version,
                "semanticVersion": report.tool.version,
                "rules": rules.descriptors,
            }}),
            invocations: [invocation(report, options, &artifacts)],
            original_uri_base_ids: json!({ ROOT: { "description": { "text": "The folder in which the program ran." } } }),
            artifacts: &artifacts.list,
            column_kind: "unicodeCodePoints",
            results: Results { report, rules: &rules, artifacts: &artifacts },
        }],
    };
    json_text::pretty(&mut *out, &log)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Value,
    invocations: [Value; 1],
    original_uri_base_ids: Value,
    artifacts: &'a [Value],
    column_kind: &'static str,
    results: Results<'a>,
}

/// The results, made one at a time while they are written.
struct Results<'a> {
    report: &'a Report,
    rules: &'a Rules<'a>,
    artifacts: &'a Artifacts,
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        let seen = RefCell::new(HashMap::new());
        for finding in self.report.findings.iter().take(SARIF_RESULTS) {
            list.serialize_element(&self.result(finding, &mut seen.borrow_mut()))?;
        }
        list.end()
    }
}

impl Results<'_> {
    fn result<'f>(&self, finding: &'f Finding, seen: &mut HashMap<&'f str, u32>) -> Value {
        let primary = words::primary(&finding.evidence);
        let location = match primary {
            Some(evidence) => Some(self.artifacts.location(evidence)),
            None => self.fallback(finding),
        };
        let related: Vec<Value> = finding
            .evidence
            .iter()
            .filter(|e| primary.is_none_or(|p| !std::ptr::eq(p, *e)))
            .take(SARIF_LOCATIONS.saturating_sub(1))
            .zip(1u32..)
            .map(|(evidence, id)| {
                let mut location = self.artifacts.location(evidence);
                location["id"] = id.into();
                location["message"] = json!({ "text": message(&evidence.label) });
                location
            })
            .collect();
        let count = seen.entry(finding.fingerprint.as_str()).or_insert(0);
        *count = count.saturating_add(1);
        let mut result = json!({ "ruleId": finding.rule });
        if let Some(index) = self.rules.index.get(finding.rule.as_str()) {
            result["ruleIndex"] = (*index).into();
        }
        result["kind"] = "fail".into();
        result["level"] = words::severity(finding.severity).into();
        result["message"] = json!({ "text": self.message(finding) });
        result["locations"] = location.into_iter().collect();
        if !related.is_empty() {
            result["relatedLocations"] = related.into();
        }
        // The one that GitHub compares, in the form "hash:number"; and the fingerprint as it is.
        result["partialFingerprints"] = json!({
            "primaryLocationLineHash": format!("{}:{count}", finding.fingerprint),
            "keyspectFingerprint/v1": finding.fingerprint,
        });
        let name = finding.credential.and_then(|id| words::credential(self.report, id));
        let sha1 = name.and_then(|c| c.certificate.as_ref()).and_then(|c| c.sha1.as_deref());
        result["properties"] = json!({
            "role": words::role(finding.role),
            "confidence": confidence(finding.confidence),
            "workloads": finding.workloads,
            "credential": name.map(|c| escape(&c.display_name)),
            "thumbprint": sha1,
        });
        result
    }

    /// A finding without evidence stands where its credential does, else at the first input: GitHub refuses a result
    /// without a place.
    fn fallback(&self, finding: &Finding) -> Option<Value> {
        let source =
            finding.credential.and_then(|id| words::credential(self.report, id)).and_then(|c| c.sources.first());
        match source {
            Some(source) => Some(self.artifacts.place(source.input, source.line, Some(source.bytes))),
            None => self.report.inputs.first().map(|input| {
                let line = (!self.artifacts.binary.contains(&input.id)).then_some(1);
                self.artifacts.place(input.id, line, Some([0, input.bytes]))
            }),
        }
    }

    fn message(&self, finding: &Finding) -> String {
        let mut text = sentence(&finding.title);
        if let Some(credential) = finding.credential.and_then(|id| words::credential(self.report, id)) {
            text = format!("{}: {text}", credential.display_name);
        }
        if !finding.message.is_empty() {
            text.push(' ');
            text.push_str(&sentence(&finding.message));
        }
        for remedy in &finding.remedies {
            text.push_str(&format!("\n\nRepair: {}", sentence(&remedy.title)));
            for step in &remedy.steps {
                for line in step.run.lines() {
                    text.push_str(&format!("\n    {line}"));
                }
                if let Some(note) = &step.note {
                    text.push_str(&format!("\n        ({note})"));
                }
            }
            if let Some(caution) = &remedy.caution {
                text.push_str(&format!("\nMind: {}", sentence(caution)));
            }
            if let Some(verify) = words::verify(remedy) {
                text.push_str(&format!("\nVerify:\n    {verify}"));
            }
        }
        message(&text)
    }
}

/// The rules that have a result.
struct Rules<'a> {
    descriptors: Vec<Value>,
    index: HashMap<&'a str, usize>,
}

impl<'a> Rules<'a> {
    fn of(report: &'a Report) -> Self {
        let mut found: BTreeMap<&str, &Finding> = BTreeMap::new();
        for finding in report.findings.iter().take(SARIF_RESULTS) {
            found.entry(finding.rule.as_str()).or_insert(finding);
        }
        let index = found.keys().enumerate().map(|(i, name)| (*name, i)).collect();
        let descriptors = found.into_iter().map(|(name, finding)| descriptor(name, finding)).collect();
        Self { descriptors, index }
    }
}

fn descriptor(name: &str, example: &Finding) -> Value {
    let Some(meta) = rules::find(name).map(|rule| rule.meta()) else {
        let text = sentence(&cut(&escape(&example.title), SARIF_DESCRIPTION_CHARACTERS - 1));
        return json!({
            "id": name,
            "shortDescription": { "text": text },
            "fullDescription": { "text": text },
            "help": { "text": text },
            "defaultConfiguration": { "level": words::severity(example.severity) },
        });
    };
    let mut descriptor = json!({
        "id": name,
        "name": pascal(name),
        "shortDescription": { "text": sentence(&cut(meta.summary, SARIF_DESCRIPTION_CHARACTERS - 1)) },
        "fullDescription": { "text": cut(&full_description(meta), SARIF_DESCRIPTION_CHARACTERS) },
        "help": { "text": to_text(meta.doc, &PageOptions::default()), "markdown": meta.doc },
        "defaultConfiguration": { "level": words::severity(meta.severity) },
    });
    if let Some(source) = meta.sources.iter().find(|s| s.url.starts_with("https://")) {
        descriptor["helpUri"] = source.url.into();
    }
    // No `security-severity`: a key that can't be used is an outage, not a weakness with a score.
    let tags: Vec<&str> = ["certificate", "private-key", words::role(meta.role)].into_iter().take(SARIF_TAGS).collect();
    descriptor["properties"] = json!({
        "precision": precision(meta.confidence),
        "problem.severity": match meta.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "recommendation",
        },
        "tags": tags,
    });
    descriptor
}

/// The first paragraph of the rule's page after its headline and summary, on one line; else the summary.
fn full_description(meta: &RuleMeta) -> String {
    let paragraph: Vec<&str> = meta
        .doc
        .lines()
        .skip_while(|line| !line.starts_with("## "))
        .skip(1)
        .skip_while(|line| line.trim().is_empty())
        .take_while(|line| !line.trim().is_empty())
        .map(str::trim)
        .collect();
    if paragraph.is_empty() { sentence(meta.summary) } else { paragraph.join(" ").replace('`', "") }
}

/// CodeQL's words for how often a rule is right: the rule's own confidence, no measurement.
fn precision(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Certain => "very-high",
        Confidence::Likely => "high",
        Confidence::Possible => "medium",
    }
}

fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Certain => "certain",
        Confidence::Likely => "likely",
        Confidence::Possible => "possible",
    }
}

/// `keyspec-signature-on-csp` as `KeyspecSignatureOnCsp`.
fn pascal(name: &str) -> String {
    name.split('-')
        .flat_map(|word| {
            let mut chars = word.chars();
            chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect::<Vec<_>>()
        })
        .collect()
}

/// The inputs as SARIF artifacts.
struct Artifacts {
    list: Vec<Value>,
    /// From an input's number to its index in the list and its location.
    by_input: HashMap<u32, Value>,
    /// The inputs without lines.
    binary: HashSet<u32>,
}

impl Artifacts {
    fn of(report: &Report) -> Self {
        let mut list: Vec<Value> = Vec::with_capacity(report.inputs.len());
        let mut by_input = HashMap::new();
        let mut binary = HashSet::new();
        // Archives by their path and by the member that they are themselves; those of the root have none.
        let mut archives: HashMap<(&str, &str), usize> = HashMap::new();
        for input in &report.inputs {
            let parent = input.member.as_deref().map(|member| {
                let inside = member
                    .char_indices()
                    .rev()
                    .filter(|(_, c)| *c == '/')
                    .filter_map(|(at, _)| member.get(..at))
                    .find_map(|head| Some((head, *archives.get(&(input.path.as_str(), head))?)));
                match inside {
                    Some((head, index)) => (member.get(head.len().saturating_add(1)..).unwrap_or(member), index),
                    None => {
                        let index = *archives.entry((input.path.as_str(), "")).or_insert_with(|| {
                            list.push(json!({ "location": location(&input.path, None, list.len()) }));
                            list.len().saturating_sub(1)
                        });
                        (member, index)
                    }
                }
            });
            let index = list.len();
            let place = location(&input.path, parent.map(|(name, _)| name), index);
            let mut artifact = json!({ "location": place });
            if let Some((_, parent)) = parent {
                artifact["parentIndex"] = parent.into();
            }
            artifact["length"] = input.bytes.into();
            artifact["roles"] = json!(["analysisTarget"]);
            if input.kind == "zip" {
                artifact["mimeType"] = "application/zip".into();
                archives.insert((input.path.as_str(), input.member.as_deref().unwrap_or("")), index);
            }
            if let Some(sha256) = &input.sha256 {
                artifact["hashes"] = json!({ "sha-256": sha256 });
            }
            artifact["properties"] = json!({ "kind": input.kind, "status": words::status(input.status) });
            if input.encoding.is_none() {
                binary.insert(input.id);
            }
            list.push(artifact);
            by_input.insert(input.id, place);
        }
        Self { list, by_input, binary }
    }

    fn location(&self, evidence: &EvidenceReport) -> Value {
        let mut place = self.place(evidence.input, None, None);
        place["physicalLocation"]["region"] = region(evidence);
        if let Some(path) = &evidence.path {
            place["logicalLocations"] = json!([{ "fullyQualifiedName": escape(path), "kind": "element" }]);
        }
        place
    }

    /// A place without words: its first line in a text, its bytes in a binary input.
    fn place(&self, input: u32, line: Option<u32>, bytes: Option<[u64; 2]>) -> Value {
        let artifact = self.by_input.get(&input).cloned().unwrap_or_else(|| json!({ "uri": "." }));
        let mut place = json!({ "physicalLocation": { "artifactLocation": artifact } });
        match (line, bytes) {
            (Some(line), _) => place["physicalLocation"]["region"] = json!({ "startLine": line }),
            (None, Some(bytes)) if self.binary.contains(&input) => {
                place["physicalLocation"]["region"] = bytes_region(bytes);
            }
            _ => {}
        }
        place
    }
}

/// Where an input is: a relative address from the root, or `file:` for an absolute path. A member's address is its path
/// in the archive.
fn location(path: &str, member: Option<&str>, index: usize) -> Value {
    let uri = match member {
        Some(member) => percent_encode(member.trim_start_matches('/')),
        None => uri(path),
    };
    let mut location = json!({ "uri": if uri.is_empty() { ".".to_owned() } else { uri }, "index": index });
    if member.is_none() && is_relative(&location) {
        location["uriBaseId"] = ROOT.into();
    }
    if member.is_none() && path == "-" {
        location["description"] = json!({ "text": "Standard input." });
    }
    location
}

/// Whether an address may stand below a root: SARIF allows no `..` there (section 3.4.4).
fn is_relative(location: &Value) -> bool {
    location["uri"].as_str().is_some_and(|uri| !uri.starts_with("file:") && !uri.split('/').any(|part| part == ".."))
}

fn uri(path: &str) -> String {
    let path = if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() };
    let drive = cfg!(windows) && path.as_bytes().get(1) == Some(&b':');
    if path.starts_with("//") && cfg!(windows) {
        return format!("file:{}", percent_encode(&path));
    }
    if path.starts_with('/') {
        return format!("file://{}", percent_encode(&path));
    }
    if drive {
        let (head, tail) = path.split_at_checked(2).unwrap_or((path.as_str(), ""));
        return format!("file:///{head}{}", percent_encode(tail));
    }
    let mut rest = path.as_str();
    while let Some(tail) = rest.strip_prefix("./") {
        rest = tail.trim_start_matches('/');
    }
    percent_encode(rest)
}

/// RFC 3986, section 2: everything but unreserved characters and the slash as %XX of its UTF-8. A colon too: the first
/// segment of a relative address must not hold one (section 4.2).
fn percent_encode(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

fn bytes_region(bytes: [u64; 2]) -> Value {
    json!({ "byteOffset": bytes[0], "byteLength": bytes[1].saturating_sub(bytes[0]) })
}

/// Lines and columns in a text, bytes in a binary input.
fn region(evidence: &EvidenceReport) -> Value {
    let Some(line) = evidence.line else {
        return bytes_region(evidence.bytes);
    };
    let mut region = Map::new();
    region.insert("startLine".to_owned(), line.into());
    let Some(column) = evidence.column.filter(|c| *c > 0) else {
        return region.into();
    };
    region.insert("startColumn".to_owned(), column.into());
    // The end is known when the words stand in the line as they are: an excerpt may be cut or joined from two lines.
    let skipped = usize::try_from(column.saturating_sub(1)).unwrap_or(usize::MAX);
    let stands = evidence.line_text.as_deref().is_some_and(|text| {
        let mut rest = text.chars().skip(skipped);
        evidence.excerpt.chars().all(|c| rest.next() == Some(c))
    });
    let width = u32::try_from(evidence.excerpt.chars().count()).unwrap_or(u32::MAX);
    if stands && width > 0 {
        region.insert("endLine".to_owned(), line.into());
        region.insert("endColumn".to_owned(), column.saturating_add(width).into());
        region.insert("snippet".to_owned(), json!({ "text": escape(&evidence.excerpt) }));
    }
    region.into()
}

fn invocation(report: &Report, options: &SarifOptions, artifacts: &Artifacts) -> Value {
    let read = |i: &Input| matches!(i.status, InputStatus::Analyzed | InputStatus::Partial | InputStatus::Locked);
    let mut notifications = Vec::new();
    let mut left_out = 0usize;
    for (input, problem) in report.inputs.iter().flat_map(|i| problems(i).into_iter().map(move |p| (i, p))) {
        if notifications.len() < SARIF_NOTIFICATIONS {
            notifications.push(notification(input, &problem, artifacts));
        } else {
            left_out = left_out.saturating_add(1);
        }
    }
    if left_out > 0 {
        let text = format!("{left_out} more problems of inputs were left out; `--format json` has all of them.");
        notifications.push(json!({ "level": "warning", "message": { "text": text } }));
    }
    let s = &report.summary;
    let all = s.errors.saturating_add(s.warnings).saturating_add(s.notes);
    let written = u64::try_from(report.findings.len().min(SARIF_RESULTS)).unwrap_or(u64::MAX);
    if all > written {
        let text = format!("{all} findings; the {written} that rank first are written here.");
        notifications.push(json!({ "level": "warning", "message": { "text": text } }));
    }
    for said in words::set_aside(report) {
        notifications.push(json!({ "level": "note", "message": { "text": message(&sentence(&said)) } }));
    }
    let mut invocation = json!({ "executionSuccessful": report.inputs.iter().any(read) });
    if let Some(code) = options.exit_code {
        invocation["exitCode"] = code.into();
    }
    invocation["toolExecutionNotifications"] = notifications.into();
    invocation
}

/// What is to be said of an input: its problems, or its status when it has none.
fn problems(input: &Input) -> Vec<Problem> {
    if !input.problems.is_empty() || input.status == InputStatus::Analyzed {
        return input.problems.clone();
    }
    let message = match input.status {
        InputStatus::Locked => "needs a password",
        InputStatus::Unrecognized => "is none of the artifacts that are read",
        InputStatus::Failed => "could not be read",
        InputStatus::Partial | InputStatus::Analyzed => "was read in part",
    };
    vec![Problem { message: message.to_owned(), line: None, bytes: None }]
}

fn notification(input: &Input, problem: &Problem, artifacts: &Artifacts) -> Value {
    let level = match input.status {
        InputStatus::Failed => "error",
        InputStatus::Analyzed => "note",
        InputStatus::Partial | InputStatus::Locked | InputStatus::Unrecognized => "warning",
    };
    json!({
        "level": level,
        "message": { "text": message(&sentence(&format!("{}: {}", words::path(input), problem.message))) },
        "locations": [artifacts.place(input.id, problem.line, problem.bytes)],
    })
}

/// A text with a full stop at its end.
fn sentence(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with(['.', '!', '?', ':']) || text.is_empty() { text.to_owned() } else { format!("{text}.") }
}

/// A text cut to this many characters.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// A text of ours and of the input as a plain message: no hidden characters, no embedded link (section 3.11.6) and no
/// placeholder (section 3.11.5) that the input brought.
fn message(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(escape).collect();
    let mut text = cut(&lines.join("\n"), SARIF_MESSAGE_CHARACTERS);
    if text.contains("](") {
        text = text.replace('[', "\\[").replace(']', "\\]");
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        match after.split_at_checked(digits) {
            Some((number, tail)) if digits > 0 && tail.starts_with('}') => {
                out.push_str(&format!("{{{{{number}}}}}"));
                rest = tail.get(1..).unwrap_or("");
            }
            _ => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert_eq!(uri("./logs/dump 1.txt"), "logs/dump%201.txt");
        assert_eq!(uri("a:b/ü#?%.txt"), "a%3Ab/%C3%BC%23%3F%25.txt");
        assert_eq!(uri("../x.txt"), "../x.txt");
        assert_eq!(location("../x.txt", None, 0).get("uriBaseId"), None);
        assert_eq!(location("x.txt", None, 0)["uriBaseId"], ROOT);
        if cfg!(unix) {
            assert_eq!(uri("/srv/a b"), "file:///srv/a%20b");
            assert_eq!(uri("a\\b"), "a%5Cb");
        }
    }

    #[test]
    fn nothing_in_a_message_is_a_link_or_a_placeholder() {
        assert_eq!(message("a [x](https://e.example) b"), "a \\[x\\](https://e.example) b");
        assert_eq!(message("{00F8-1} {0} {12}{"), "{00F8-1} {{0}} {{12}}{");
        assert_eq!(message("a\u{202e}b"), "a\\u{202e}b");
        assert_eq!(message(&"x".repeat(9_999)).chars().count(), SARIF_MESSAGE_CHARACTERS);
    }

    #[test]
    fn names_and_sentences() {
        assert_eq!(pascal("keyspec-signature-on-csp"), "KeyspecSignatureOnCsp");
        assert_eq!(sentence("a"), "a.");
        assert_eq!(sentence("a."), "a.");
    }
}
