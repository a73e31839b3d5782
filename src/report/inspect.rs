//! The facts alone, as a tree with their places: nothing is judged.

use super::escape::{escape, escape_ascii};
use super::model::{CredentialReport, Input, Report, SourceReport};
use super::words;
use crate::model::oid;
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// The report without what a judge adds: for `inspect --format json`.
pub fn facts(report: &Report) -> Value {
    let credentials: Vec<Value> = report
        .credentials
        .iter()
        .map(|c| {
            let mut value = serde_json::to_value(c).unwrap_or(Value::Null);
            if let Some(map) = value.as_object_mut() {
                map.remove("verdicts");
            }
            value
        })
        .collect();
    let inputs: Vec<Value> = report
        .inputs
        .iter()
        .map(|i| {
            let mut value = serde_json::to_value(i).unwrap_or(Value::Null);
            if let Some(map) = value.as_object_mut() {
                map.remove("verdicts");
            }
            value
        })
        .collect();
    json!({ "schema": "keyspect.facts/1", "tool": report.tool, "inputs": inputs, "credentials": credentials })
}

/// `lines`, `bytes`, or where a credential's facts stand.
fn place(source: &SourceReport) -> String {
    match source.line {
        Some(line) => format!("from line {line}, bytes {}..{}", source.bytes[0], source.bytes[1]),
        None => format!("bytes {:#x}..{:#x}", source.bytes[0], source.bytes[1]),
    }
}

/// Draws trees.
struct Tree<'a> {
    out: &'a mut dyn Write,
    ascii: bool,
}

impl Tree<'_> {
    fn show(&self, text: &str) -> String {
        if self.ascii { escape_ascii(text).into_owned() } else { escape(text).into_owned() }
    }
    /// The branch before a node, and the one before what hangs under it.
    fn branch(&self, last: bool) -> (&'static str, &'static str) {
        match (self.ascii, last) {
            (false, false) => ("├─ ", "│  "),
            (false, true) => ("└─ ", "   "),
            (true, false) => ("|- ", "|  "),
            (true, true) => ("`- ", "   "),
        }
    }
    /// Nodes under one indentation, empty ones left out; `more`: others follow them.
    fn rows<'v>(
        &mut self,
        rows: impl IntoIterator<Item = (&'v str, &'v Value)>,
        indent: &str,
        more: bool,
    ) -> io::Result<()> {
        let rows: Vec<_> = rows.into_iter().filter(|(_, v)| !is_empty(v)).collect();
        for (i, (name, value)) in rows.iter().enumerate() {
            self.node(&name.replace('_', " "), value, indent, !more && i.saturating_add(1) == rows.len())?;
        }
        Ok(())
    }
    fn object(&mut self, map: &Map<String, Value>, indent: &str) -> io::Result<()> {
        self.rows(map.iter().map(|(k, v)| (k.as_str(), v)), indent, false)
    }
    fn node(&mut self, name: &str, value: &Value, indent: &str, last: bool) -> io::Result<()> {
        let (here, under) = self.branch(last);
        let name = self.show(name);
        match value {
            Value::Object(map) => {
                writeln!(self.out, "{indent}{here}{name}")?;
                self.object(map, &format!("{indent}{under}"))
            }
            Value::Array(items) if items.iter().any(|v| v.is_object() || v.is_array()) => {
                writeln!(self.out, "{indent}{here}{name}")?;
                let indent = format!("{indent}{under}");
                for (i, item) in items.iter().enumerate() {
                    self.node(&format!("[{i}]"), item, &indent, i.saturating_add(1) == items.len())?;
                }
                Ok(())
            }
            Value::Array(items) => {
                let words: Vec<_> = items.iter().map(|v| self.show(&scalar(v))).collect();
                writeln!(self.out, "{indent}{here}{name}: {}", words.join(", "))
            }
            other => {
                let shown = self.show(&scalar(other));
                writeln!(self.out, "{indent}{here}{name}: {shown}")
            }
        }
    }
}

/// Whether a value says nothing: null, or a list or object of such.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().all(is_empty),
        Value::Object(map) => map.values().all(is_empty),
        _ => false,
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(s) if s.is_empty() => "(empty)".to_owned(),
        Value::String(s) => s.clone(),
        Value::Null => "not shown".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        other => other.to_string(),
    }
}

/// What is shown of an input, in reading order.
fn input_rows(input: &Input) -> Vec<(&'static str, Value)> {
    let problems: Vec<String> = input
        .problems
        .iter()
        .map(|p| match (p.line, p.bytes) {
            (Some(line), _) => format!("line {line}: {}", p.message),
            (None, Some([start, _])) => format!("offset {start:#x}: {}", p.message),
            (None, None) => p.message.clone(),
        })
        .map(|text| text.replace('\n', " "))
        .collect();
    let segments: Option<Vec<String>> = input.segments.as_ref().map(|list| {
        list.iter().map(|s| format!("{} from line {}, bytes {}..{}", s.kind, s.line, s.bytes[0], s.bytes[1])).collect()
    });
    vec![
        ("kind", json!(input.kind)),
        ("status", json!(words::status(input.status))),
        ("encoding", json!(input.encoding)),
        ("language", json!(input.language)),
        ("bytes", json!(input.bytes)),
        ("sha256", json!(input.sha256)),
        ("parts", json!(segments)),
        ("problems", json!(problems)),
        ("details", json!(input.details)),
    ]
}

/// What is shown of a credential, in reading order.
fn credential_rows(credential: &CredentialReport) -> Vec<(&'static str, Value)> {
    let flags = credential.key.flags.as_ref().map(|f| format!("{:#x} {}", f.value, f.names.join(" | ")));
    let key_spec = credential.key.key_spec.as_ref().map(|k| {
        let name = k.name.as_deref().unwrap_or("without a name");
        format!("{} {name} ({})", k.value, k.basis)
    });
    let mut key = serde_json::to_value(&credential.key).unwrap_or(Value::Null);
    if let Some(map) = key.as_object_mut() {
        map.insert("flags".to_owned(), json!(flags.map(|f| f.trim_end().to_owned())));
        map.insert("key_spec".to_owned(), json!(key_spec));
    }
    let mut certificate = serde_json::to_value(&credential.certificate).unwrap_or(Value::Null);
    if let (Some(map), Some(c)) = (certificate.as_object_mut(), &credential.certificate) {
        let named = |o: &String| oid::eku_name(o).map_or_else(|| o.clone(), |n| format!("{o} {n}"));
        let list = c.extended_key_usage.as_ref().map(|l| l.iter().map(named).collect::<Vec<_>>());
        map.insert("extended_key_usage".to_owned(), json!(list));
    }
    vec![
        ("from", json!(credential.origin)),
        ("places", json!(credential.sources.iter().map(place).collect::<Vec<_>>())),
        ("store", json!(credential.store)),
        ("certificate", certificate),
        ("key", key),
    ]
}

/// Writes the facts of each input as a tree: the input itself, then the credentials that begin in it.
///
/// # Errors
/// Whatever the writer answers.
pub fn render(report: &Report, ascii: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut by_input: std::collections::HashMap<u32, Vec<&CredentialReport>> = std::collections::HashMap::new();
    for c in &report.credentials {
        by_input.entry(c.sources.first().map_or(0, |s| s.input)).or_default().push(c);
    }
    for (i, input) in report.inputs.iter().enumerate() {
        let credentials = by_input.get(&input.id).map_or(&[][..], Vec::as_slice);
        let mut tree = Tree { out: &mut *out, ascii };
        if i > 0 {
            writeln!(tree.out)?;
        }
        let path = tree.show(&words::path(input));
        writeln!(tree.out, "{path}")?;
        let facts = input_rows(input);
        tree.rows(facts.iter().map(|(k, v)| (*k, v)), "", !credentials.is_empty())?;
        for (i, credential) in credentials.iter().enumerate() {
            let (here, under) = tree.branch(i.saturating_add(1) == credentials.len());
            let name = tree.show(&credential.display_name);
            writeln!(tree.out, "{here}credential {}: {name}", credential.id)?;
            let facts = credential_rows(credential);
            tree.rows(facts.iter().map(|(k, v)| (*k, v)), under, false)?;
        }
    }
    Ok(())
}
