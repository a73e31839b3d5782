//! CSV (RFC 4180): a row per credential and workload, and per request and workload, with the facts that people filter on.
//!
//! A spreadsheet runs a cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return as a formula (OWASP, "CSV
//! Injection"). Such a cell gets an apostrophe in front. The same is done after a comma, semicolon or bar inside a cell,
//! because a spreadsheet that was told another separator begins a cell there. Hidden characters, tabs and line ends are
//! written as in the other reports: `\u{202e}`, blanks, `\u{a}`.

use super::escape::escape;
use super::model::{CertificateReport, CredentialReport, Finding, KeyReport, Report, Verdict, VerdictOutcome};
use super::words;
use std::collections::HashMap;
use std::io::{self, Write};

/// How the file is written.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct CsvOptions {
    /// Begin with a byte order mark: without it some versions of Excel take UTF-8 for the machine's code page.
    pub bom: bool,
}

/// Writes a header and the rows, each ended by CR LF.
///
/// # Errors
/// Whatever the writer answers.
pub fn render(report: &Report, options: &CsvOptions, out: &mut dyn Write) -> io::Result<()> {
    if options.bom {
        out.write_all("\u{feff}".as_bytes())?;
    }
    write_line(out, cells(&Row::default()).iter().map(|(name, _)| *name))?;
    // The findings of each credential, and of the inputs, by their rule: those that rank first.
    let mut about: HashMap<(Option<u32>, &str), &Finding> = HashMap::new();
    for finding in &report.findings {
        for id in finding.credential.iter().chain(&finding.related) {
            about.entry((Some(*id), finding.rule.as_str())).or_insert(finding);
        }
    }
    for credential in &report.credentials {
        let source = credential.sources.first();
        let mut row = Row {
            kind: "credential",
            id: credential.id,
            name: credential.display_name.clone(),
            credential: Some(credential),
            input: source.map(|s| words::input_path(report, s.input)).unwrap_or_default(),
            line: source.and_then(|s| s.line),
            ..Row::default()
        };
        if credential.verdicts.is_empty() {
            write_row(out, &row)?;
        }
        for verdict in &credential.verdicts {
            row.verdict = Some(verdict);
            row.finding = verdict.because.iter().find_map(|rule| about.get(&(Some(credential.id), rule)).copied());
            write_row(out, &row)?;
        }
    }
    let mut of_input: HashMap<(u32, &str), &Finding> = HashMap::new();
    for finding in report.findings.iter().filter(|f| f.credential.is_none()) {
        for evidence in &finding.evidence {
            of_input.entry((evidence.input, finding.rule.as_str())).or_insert(finding);
        }
    }
    for input in &report.inputs {
        let path = words::path(input);
        for verdict in &input.verdicts {
            let finding = verdict.because.iter().find_map(|rule| of_input.get(&(input.id, rule)).copied());
            let (name, input_path) = (path.clone(), path.clone());
            let row = Row {
                kind: "request",
                id: input.id,
                name,
                verdict: Some(verdict),
                finding,
                input: input_path,
                ..Row::default()
            };
            write_row(out, &row)?;
        }
    }
    Ok(())
}

/// What a row is made from.
#[derive(Default)]
struct Row<'a> {
    /// `credential` or `request`.
    kind: &'static str,
    /// The number of the credential, or of the request's input.
    id: u32,
    name: String,
    verdict: Option<&'a Verdict>,
    /// The finding that decided the verdict.
    finding: Option<&'a Finding>,
    credential: Option<&'a CredentialReport>,
    input: String,
    line: Option<u32>,
}

/// The columns, each with its name, in their order.
fn cells(row: &Row<'_>) -> Vec<(&'static str, String)> {
    let certificate = row.credential.and_then(|c| c.certificate.as_ref());
    let key = row.credential.map(|c| &c.key);
    let store = row.credential.and_then(|c| c.store.as_ref());
    let of = |read: fn(&CertificateReport) -> Option<String>| certificate.and_then(read).unwrap_or_default();
    let of_key = |read: fn(&KeyReport) -> Option<String>| key.and_then(read).unwrap_or_default();
    let of_finding = |read: fn(&Finding) -> Option<String>| row.finding.and_then(read).unwrap_or_default();
    let joined = |list: &Option<Vec<String>>| list.as_ref().map(|l| l.join(" "));
    let workload = row.verdict.map(|v| v.workload.as_str());
    vec![
        ("type", row.kind.to_owned()),
        ("id", row.id.to_string()),
        ("name", row.name.clone()),
        ("workload", workload.unwrap_or_default().to_owned()),
        ("verdict", row.verdict.map(|v| outcome(v.outcome).to_owned()).unwrap_or_default()),
        ("because", row.verdict.map(|v| v.because.join(" ")).unwrap_or_default()),
        ("severity", of_finding(|f| Some(words::severity(f.severity).to_owned()))),
        ("confidence", of_finding(|f| words::confidence(f.confidence).split(':').next().map(str::to_owned))),
        ("finding", of_finding(|f| Some(f.title.clone()))),
        ("repair", of_finding(|f| f.remedies.first().map(|r| r.title.clone()))),
        ("bound_to", row.credential.map(|c| bound(c, workload)).unwrap_or_default()),
        ("thumbprint", of(|c| c.sha1.clone())),
        ("serial", of(|c| c.serial.clone())),
        ("subject", of(|c| c.subject.clone())),
        ("issuer", of(|c| c.issuer.clone())),
        ("not_before", of(|c| c.not_before.clone())),
        ("not_after", of(|c| c.not_after.clone())),
        ("key_usage", certificate.and_then(|c| joined(&c.key_usage)).unwrap_or_default()),
        ("extended_key_usage", certificate.and_then(|c| joined(&c.extended_key_usage)).unwrap_or_default()),
        ("alternative_names", of(|c| Some(c.alternative_names.join(" ")))),
        ("public_key", of(|c| c.public_key.algorithm.clone())),
        ("public_key_bits", of(|c| c.public_key.bits.map(|n| n.to_string()))),
        ("store", store.and_then(|s| s.name.clone()).unwrap_or_default()),
        ("scope", store.map(|s| s.scope.clone()).unwrap_or_default()),
        ("association", of_key(|k| Some(k.association.clone()))),
        ("access", of_key(|k| Some(k.access.clone()))),
        ("provider", of_key(|k| k.provider.name.clone())),
        ("provider_type", of_key(|k| k.provider.provider_type.map(|n| n.to_string()))),
        ("provider_kind", of_key(|k| Some(k.provider.kind.clone()))),
        ("key_spec", of_key(|k| k.key_spec.as_ref().map(|s| s.value.to_string()))),
        ("key_spec_name", of_key(|k| k.key_spec.as_ref().and_then(|s| s.name.clone()))),
        ("flags", of_key(|k| k.flags.as_ref().map(|f| format!("{:#x}", f.value)))),
        ("container", of_key(|k| k.container.name.clone().or_else(|| k.container.stored.clone()))),
        ("key_file", of_key(|k| k.container.unique_name.clone())),
        ("exportable", of_key(|k| Some(k.exportable.clone()))),
        ("encryption_test", of_key(|k| Some(k.encryption_test.clone()))),
        ("signature_test", of_key(|k| Some(k.signature_test.clone()))),
        ("input", row.input.clone()),
        ("line", row.line.map(|n| n.to_string()).unwrap_or_default()),
    ]
}

/// The word of the JSON report.
fn outcome(outcome: VerdictOutcome) -> &'static str {
    match outcome {
        VerdictOutcome::Fails => "fails",
        VerdictOutcome::AtRisk => "at-risk",
        VerdictOutcome::Unknown => "unknown",
        VerdictOutcome::Works => "works",
    }
}

/// The endpoints that bind a credential to this workload, in any version; without a workload, to any.
fn bound(credential: &CredentialReport, workload: Option<&str>) -> String {
    let head = |name: &str| name.split(':').next().unwrap_or_default().to_owned();
    let endpoints = credential.bound_by.iter().filter(|b| workload.is_none_or(|w| head(w) == head(&b.workload)));
    endpoints.filter_map(|b| b.endpoint.as_deref()).collect::<Vec<_>>().join(" ")
}

fn write_row(out: &mut dyn Write, row: &Row<'_>) -> io::Result<()> {
    let cells = cells(row);
    write_line(out, cells.iter().map(|(_, text)| text.as_str()))
}

fn write_line<'a>(out: &mut dyn Write, cells: impl Iterator<Item = &'a str>) -> io::Result<()> {
    let mut line = String::new();
    for (i, text) in cells.enumerate() {
        if i > 0 {
            line.push(',');
        }
        quote(&cell(text), &mut line);
    }
    line.push_str("\r\n");
    out.write_all(line.as_bytes())
}

/// A text that no spreadsheet takes for a formula.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // A tab or carriage return is gone after escaping; the apostrophe in front tells that something was there.
    if text.starts_with(['\t', '\r', '\n']) {
        out.push('\'');
    }
    let mut begins = true;
    for c in escape(text).chars() {
        // With their full-width forms, which East Asian versions take as well.
        if begins && matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠') && !out.ends_with('\'') {
            out.push('\'');
        }
        begins = matches!(c, ',' | ';' | '|') || (begins && matches!(c, ' ' | '"' | '\''));
        out.push(c);
    }
    out
}

/// RFC 4180, section 2, rules 5 to 7.
fn quote(text: &str, out: &mut String) {
    if !text.contains([',', '"', ';', '|', '\'', ' ']) {
        out.push_str(text);
        return;
    }
    out.push('"');
    out.push_str(&text.replace('"', "\"\""));
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        assert_eq!(cell("=1+1"), "'=1+1");
        assert_eq!(cell("+1"), "'+1");
        assert_eq!(cell("-1"), "'-1");
        assert_eq!(cell("@SUM(A1)"), "'@SUM(A1)");
        assert_eq!(cell("\t=1"), "'    '=1");
        assert_eq!(cell("\r=1"), "'\\u{d}=1");
        assert_eq!(cell("a;=1"), "a;'=1");
        assert_eq!(cell("a, \"@x"), "a, \"'@x");
        assert_eq!(cell("CN=a, O=b-c"), "CN=a, O=b-c");
        assert_eq!(cell("＝1"), "'＝1");
    }
}
