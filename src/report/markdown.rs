//! The report in Markdown, for a ticket: CommonMark with the tables of GitHub and GitLab. Words of an input stand in code spans
//! and fences that no content can close; what stands in prose is escaped.

use super::escape::escape;
use super::model::{Check, CheckOutcome, CredentialReport, Finding, Input, InputStatus, RemedyReport, Report, Role};
use super::model::{Severity, Verdict, VerdictOutcome};
use super::overview::{headline, one_place, problems};
use super::text::finding::{Run, SHOWN_LINES, place_words, runs};
use super::text::{TextOptions, View, case_findings, facts, lists, requests, sort, worst};
use super::words;
use crate::limits::{MARKDOWN_GROUPS, MARKDOWN_ROWS};
use std::io::{self, Write};

/// How the text is made.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct MarkdownOptions {
    /// Every row of every table, and every group in full.
    pub verbose: bool,
    /// Only what is broken.
    pub quiet: bool,
}

impl MarkdownOptions {
    fn bound(&self, n: usize) -> usize {
        if self.verbose { usize::MAX } else { n }
    }
}

/// The longest run of backticks in a text.
fn backticks(text: &str) -> usize {
    let mut longest = 0usize;
    let mut run = 0usize;
    for c in text.chars() {
        run = if c == '`' { run.saturating_add(1) } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// A code span (CommonMark 0.31, 6.1) that its content can't end: its delimiters are longer than any run of backticks in it.
fn code(text: &str) -> String {
    let text = escape(text);
    if text.trim().is_empty() {
        return if text.is_empty() { "–".to_owned() } else { "(blank)".to_owned() };
    }
    let delimiter = "`".repeat(backticks(&text).saturating_add(1));
    // One blank on each side is taken away again; it keeps a backtick at the edge apart from the delimiter.
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{delimiter}{pad}{text}{pad}{delimiter}")
}

/// The bar that ends a cell of a table, as hidden characters are shown. An escape is no way out: where a backslash stands
/// before the bar, readers of tables differ about which of them counts.
fn without_bars(text: &str) -> String {
    text.replace('|', "\\u{7c}")
}

/// A code span in a cell of a table.
fn cell_code(text: &str) -> String {
    code(&without_bars(text))
}

/// Whether a word would become a link, a mention, a reference or a formula somewhere (autolinks of GitHub and GitLab,
/// `@name`, `#1`, `!1`, `~label`, `$x$`, an address).
fn is_special(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    word.contains(['@', '#', '!', '~', '$', '%', '^', '{', '}', '<', '>', '`', '&', '|', '\\', '*', '_', '[', ']'])
        || lower.contains("://")
        || lower.contains("www.")
        || lower.contains("mailto:")
        || lower.contains("xmpp:")
}

/// Prose: words with a meaning in Markdown become code spans, so that a reader sees them as they are.
fn prose(text: &str) -> String {
    let mut out = String::new();
    for word in escape(text).split(' ') {
        if !out.is_empty() {
            out.push(' ');
        }
        if word.is_empty() {
            continue;
        }
        let body = word.trim_matches(['"', '\'', ',', ';', ':', '.', '(', ')', '“', '”']);
        match word.split_once(body).filter(|_| is_special(body)) {
            Some((before, after)) => {
                out.push_str(before);
                out.push_str(&code(body));
                out.push_str(after);
            }
            None => out.push_str(word),
        }
    }
    out
}

/// Prose in a cell of a table.
fn cell(text: &str) -> String {
    prose(&without_bars(text))
}

/// A fence (CommonMark 0.31, 4.5) that its content can't close.
fn fence(out: &mut String, language: &'static str, content: &str) {
    let delimiter = "`".repeat(backticks(content).saturating_add(1).max(3));
    out.push_str(&format!("{delimiter}{language}\n"));
    for line in content.lines() {
        out.push_str(escape(line).trim_end());
        out.push('\n');
    }
    out.push_str(&format!("{delimiter}\n"));
}

fn mark(outcome: VerdictOutcome) -> &'static str {
    match outcome {
        VerdictOutcome::Fails => "❌",
        VerdictOutcome::AtRisk => "⚠️",
        VerdictOutcome::Unknown => "❔",
        VerdictOutcome::Works => "✅",
    }
}

/// `**fails on** IIS, SQL Server; **works on** RDP`.
fn verdicts(verdicts: &[Verdict]) -> String {
    let outcomes = [VerdictOutcome::Fails, VerdictOutcome::AtRisk, VerdictOutcome::Unknown, VerdictOutcome::Works];
    let mut parts = Vec::new();
    for outcome in outcomes {
        let names: Vec<_> =
            verdicts.iter().filter(|v| v.outcome == outcome).map(|v| prose(&words::workload(&v.workload))).collect();
        if !names.is_empty() {
            parts.push(format!("{} **{}** {}", mark(outcome), words::outcome(outcome), names.join(", ")));
        }
    }
    if parts.is_empty() { "no verdict asked".to_owned() } else { parts.join("; ") }
}

fn more(out: &mut String, all: usize, shown: usize) {
    if all > shown {
        let rest = all.saturating_sub(shown);
        out.push_str(&format!("\nand {rest} more; `--verbose` or `--format json` lists them all\n"));
    }
}

/// The lines of one snippet, with a row of carets under what is marked.
fn snippet(run: &Run<'_>) -> String {
    let (Some((first, _)), Some((last, _))) = (run.first_key_value(), run.last_key_value()) else {
        return String::new();
    };
    let span = usize::try_from(last.saturating_sub(*first)).unwrap_or(usize::MAX).saturating_add(1);
    let complete = run.len() == span && span <= SHOWN_LINES;
    let width = last.to_string().len();
    let mut out = String::new();
    let mut before: Option<u32> = None;
    for (number, line) in run {
        if !complete && line.marks.is_empty() {
            continue;
        }
        if before.is_some_and(|b| number.saturating_sub(b) > 1) {
            out.push_str(&format!("{:>width$} ...\n", ""));
        }
        before = Some(*number);
        out.push_str(&format!("{number:>width$} | {}\n", escape(&line.text)));
        for (range, e) in &line.marks {
            let columns = |end: usize| super::escape::columns(&escape(line.text.get(..end).unwrap_or(&line.text)));
            let (start, end) = (columns(range.start), columns(range.end));
            let caret = if e.primary { "^" } else { "-" };
            let under = caret.repeat(end.saturating_sub(start).max(1));
            out.push_str(&format!("{:>width$} | {}{under} {}\n", "", " ".repeat(start), escape(&e.label)));
        }
    }
    out
}

fn evidence(out: &mut String, report: &Report, finding: &Finding) {
    let mut inputs: Vec<u32> = Vec::new();
    let ordered = finding.evidence.iter().filter(|e| e.primary).chain(&finding.evidence);
    for e in ordered.filter(|e| e.line_text.is_some() && e.line.is_some()) {
        if !inputs.contains(&e.input) {
            inputs.push(e.input);
        }
    }
    for input in inputs {
        let here: Vec<_> = finding.evidence.iter().filter(|e| e.input == input).collect();
        let path = words::input_path(report, input);
        for run in runs(&here, false) {
            let marks = || run.iter().flat_map(|(n, l)| l.marks.iter().map(move |(_, e)| (n, e)));
            let at = marks().find(|(_, e)| e.primary).or_else(|| marks().next());
            let place = match at.map(|(n, e)| (n, e.column)) {
                Some((n, Some(column))) => format!("{path}:{n}:{column}"),
                Some((n, None)) => format!("{path}:{n}"),
                None => path.clone(),
            };
            out.push_str(&format!("\nEvidence, {}:\n\n", code(&place)));
            fence(out, "text", &snippet(&run));
        }
    }
    let others: Vec<_> = finding.evidence.iter().filter(|e| e.line_text.is_none() || e.line.is_none()).collect();
    if !others.is_empty() {
        out.push_str("\nEvidence:\n\n");
    }
    for e in others {
        out.push_str(&format!("- {}", code(&words::place(report, e))));
        if let Some(path) = &e.path {
            out.push_str(&format!(" {}", code(path)));
        }
        if !e.excerpt.is_empty() {
            out.push_str(&format!(": {}", code(&e.excerpt)));
        }
        if !e.label.is_empty() {
            out.push_str(&format!(" – {}", prose(&e.label)));
        }
        out.push('\n');
    }
}

/// The language of a fence: GitHub and GitLab colour it.
fn language(shell: &str) -> &'static str {
    match shell {
        "powershell" => "powershell",
        "sh" => "sh",
        "inf" => "ini",
        "cmd" => "bat",
        _ => "text",
    }
}

fn remedy(out: &mut String, remedy: &RemedyReport, first: bool) {
    let place = one_place(remedy);
    let at = place.map_or_else(String::new, |p| format!(", {p}"));
    let title = prose(remedy.title.trim_end_matches('.'));
    out.push_str(&format!("\n**{}{at}:** {title}.\n", if first { "Repair" } else { "Or" }));
    // Commands that follow each other stand in one block, to be read as one piece of work.
    let mut block: Option<(&'static str, String)> = None;
    let flush = |out: &mut String, block: &mut Option<(&'static str, String)>| {
        if let Some((language, text)) = block.take() {
            out.push('\n');
            fence(out, language, &text);
        }
    };
    let mut before = "";
    for step in &remedy.steps {
        if place.is_none() && before != step.place {
            flush(out, &mut block);
            before = &step.place;
            out.push_str(&format!("\nThen {}:\n", place_words(before)));
        }
        if step.shell == "text" {
            flush(out, &mut block);
            let (sentence, rest) = step.run.split_once('\n').unwrap_or((&step.run, ""));
            out.push_str(&format!("\n{}\n", line(sentence)));
            if !rest.is_empty() {
                out.push('\n');
                fence(out, "text", rest);
            }
        } else {
            let this = language(&step.shell);
            if block.as_ref().is_some_and(|(language, _)| *language != this) || step.shell == "inf" {
                flush(out, &mut block);
            }
            let (_, text) = block.get_or_insert_with(|| (this, String::new()));
            let run = if step.shell == "inf" { step.run.clone() } else { escape(&step.run).into_owned() };
            text.push_str(&run);
            text.push('\n');
        }
        if let Some(note) = step.note.as_deref().filter(|n| !n.is_empty()) {
            flush(out, &mut block);
            out.push_str(&format!("\n{}\n", line(note)));
        }
    }
    flush(out, &mut block);
    if let Some(caution) = &remedy.caution {
        out.push_str(&format!("\n**Mind:** {}\n", prose(caution)));
    }
    if let Some(verify) = &remedy.verify {
        out.push_str("\n**Verify:**\n\n");
        fence(out, "bat", &escape(verify));
        if let Some(shows) = &remedy.verify_shows {
            out.push_str(&format!("\nIt must show: {}\n", code(shows)));
        }
    }
}

/// Prose at the beginning of a line or an item, where a mark, a number or a blank would begin something else.
fn line(text: &str) -> String {
    if text.starts_with(char::is_alphabetic) { prose(text) } else { code(text) }
}

fn full<'a>(
    out: &mut String,
    report: &Report,
    finding: &'a Finding,
    told: &mut Vec<&'a RemedyReport>,
    level: &'static str,
) {
    let severity = words::severity(finding.severity);
    out.push_str(&format!("\n{level} {severity}: {} ({})\n", prose(&finding.title), code(&finding.rule)));
    evidence(out, report, finding);
    if !finding.message.is_empty() {
        out.push_str(&format!("\n**Why:** {}\n", prose(&finding.message)));
    }
    let sure = words::confidence(finding.confidence);
    let titles: Vec<_> = finding.references.iter().map(|r| prose(&r.title)).collect();
    out.push_str(&format!("\n**Sure:** {sure}"));
    if !titles.is_empty() {
        out.push_str(&format!("; sources: {}", titles.join("; ")));
    }
    out.push('\n');
    let mut first = true;
    for r in &finding.remedies {
        if !told.contains(&r) {
            remedy(out, r, first);
            told.push(r);
            first = false;
        }
    }
}

fn brief(out: &mut String, report: &Report, finding: &Finding) {
    let place = words::primary(&finding.evidence)
        .map_or_else(String::new, |e| format!(" ({})", code(&words::place(report, e))));
    let severity = words::severity(finding.severity);
    out.push_str(&format!("- {severity} {}: {}{place}\n", code(&finding.rule), prose(&finding.title)));
}

fn not_checked(out: &mut String, lead: &'static str, checks: &[&Check], options: &MarkdownOptions) {
    let groups = lists::open_questions(checks);
    if groups.is_empty() {
        return;
    }
    out.push_str(lead);
    for (obtain, reasons) in groups.iter().take(options.bound(MARKDOWN_ROWS)) {
        let command = obtain.map_or_else(String::new, |c| format!("; send: {}", code(c)));
        out.push_str(&format!("- {}{command}\n", line(&reasons.join("; "))));
    }
    more(out, groups.len(), groups.len().min(options.bound(MARKDOWN_ROWS)));
}

fn thumbprint(credential: &CredentialReport) -> String {
    let id = credential.certificate.as_ref().and_then(|c| c.sha1.as_deref().or(c.serial.as_deref()));
    cell_code(id.unwrap_or_default())
}

fn table(out: &mut String, credentials: &[&CredentialReport], options: &MarkdownOptions) {
    out.push_str("\n| | Name | Thumbprint | Store | Key |\n| --- | --- | --- | --- | --- |\n");
    for c in credentials.iter().take(options.bound(MARKDOWN_ROWS)) {
        out.push_str(&format!(
            "| {} | {} | {} | {} | {} |\n",
            worst(c).map_or("", mark),
            cell_code(&c.display_name),
            thumbprint(c),
            cell(&facts::short_store(c)),
            cell(&lists::key_words(c)),
        ));
    }
    more(out, credentials.len(), credentials.len().min(options.bound(MARKDOWN_ROWS)));
}

fn same(out: &mut String, report: &Report, view: &View<'_>, others: &[&CredentialReport], options: &MarkdownOptions) {
    let count = words::count(others.len() as u64, "other credential", "other credentials");
    out.push_str(&format!("\n**The same with {count}** (in the commands put the other thumbprint):\n"));
    out.push_str("\n| Name | Thumbprint | Place |\n| --- | --- | --- |\n");
    for c in others.iter().take(options.bound(MARKDOWN_ROWS)) {
        let first = view.findings(c).first().and_then(|f| words::primary(&f.evidence));
        let place = first.map_or_else(String::new, |e| words::place(report, e));
        out.push_str(&format!("| {} | {} | {} |\n", cell_code(&c.display_name), thumbprint(c), cell_code(&place)));
    }
    more(out, others.len(), others.len().min(options.bound(MARKDOWN_ROWS)));
}

/// One credential.
fn section(
    out: &mut String,
    report: &Report,
    view: &View<'_>,
    credential: &CredentialReport,
    others: &[&CredentialReport],
    options: &MarkdownOptions,
) {
    out.push_str(&format!("\n## {}\n\n{}\n", code(&credential.display_name), verdicts(&credential.verdicts)));
    out.push_str("\n| | |\n| --- | --- |\n");
    for (name, value) in facts::pairs(report, credential) {
        out.push_str(&format!("| {name} | {} |\n", cell_code(&value)));
    }
    let findings = view.findings(credential);
    let aside = |f: &&&Finding| !options.verbose && (f.severity == Severity::Note || f.role == Role::Hygiene);
    let mut told = Vec::new();
    for f in findings.iter().filter(|f| !aside(f)) {
        full(out, report, f, &mut told, "###");
    }
    let unexplained = view.unexplained(credential);
    if !unexplained.is_empty() {
        let names: Vec<_> = unexplained.iter().map(|name| code(&format!("keyspect explain {name}"))).collect();
        out.push_str(&format!(
            "\n**Why:** what a workload makes of this kind of key stands in its table: {}\n",
            names.join(", ")
        ));
    }
    let set_aside = view.rules_aside(credential);
    if !set_aside.is_empty() {
        let named: Vec<_> = set_aside.iter().map(|(rule, why)| format!("{} ({why})", code(rule))).collect();
        out.push_str(&format!("\n**Set aside:** {}\n", named.join(", ")));
    }
    if findings.iter().any(|f| aside(&f)) {
        out.push_str("\n**Beside it:**\n\n");
        for f in findings.iter().filter(aside) {
            brief(out, report, f);
        }
    }
    let not_the_cause = view.exonerated(credential);
    if !not_the_cause.is_empty() {
        out.push_str(&format!("\n**Not the cause:** {}.\n", prose(not_the_cause.join("; ").trim_end_matches('.'))));
    }
    not_checked(out, "\n**Not checked:**\n\n", &view.unknown(credential), options);
    if !others.is_empty() {
        same(out, report, view, others, options);
    }
}

fn asked(out: &mut String, report: &Report, input: &Input, about: &[&Finding]) {
    out.push_str(&format!("\n## {}\n\n{}\n", code(&words::path(input)), verdicts(&input.verdicts)));
    if let Some(facts) = requests::facts(input) {
        out.push_str(&format!("\nIt asks for {}\n", code(&facts)));
    }
    let mut told = Vec::new();
    for f in about {
        full(out, report, f, &mut told, "###");
    }
}

fn odd_inputs(out: &mut String, report: &Report, options: &MarkdownOptions) {
    let odd: Vec<&Input> =
        report.inputs.iter().filter(|i| i.status != InputStatus::Analyzed || !i.problems.is_empty()).collect();
    if odd.is_empty() {
        return;
    }
    out.push_str("\n## Inputs with problems\n\n| Input | State | What was met |\n| --- | --- | --- |\n");
    let groups = lists::input_groups(&odd, options.bound(5));
    for group in groups.iter().take(options.bound(MARKDOWN_ROWS)) {
        let Some(first) = group.first() else { continue };
        let (_, state) = lists::status(first.status);
        let shown = options.bound(3);
        let mut names: Vec<_> = group.iter().take(shown).map(|i| cell_code(&words::path(i))).collect();
        if group.len() > shown {
            names.push(format!("and {} more", group.len().saturating_sub(shown)));
        }
        let met: Vec<_> = first.problems.iter().take(options.bound(5)).map(|p| cell(&lists::problem(p))).collect();
        out.push_str(&format!("| {} | {state} | {} |\n", names.join(", "), met.join("; ")));
    }
    more(out, groups.len(), groups.len().min(options.bound(MARKDOWN_ROWS)));
}

/// Writes the report.
///
/// # Errors
/// Whatever the writer answers.
pub fn render(report: &Report, options: &MarkdownOptions, out: &mut dyn Write) -> io::Result<()> {
    let as_text = TextOptions { verbose: options.verbose, ..TextOptions::default() };
    let view = View::new(report, &as_text);
    let parts = sort(&view, report);
    let (outcome, sentence) = headline(report);
    let mut text = format!("# {} {sentence}\n", mark(outcome));
    let rows = problems(&view, &parts);
    if rows.len() > 1 {
        text.push_str("\n| | Certificate | Cause | Repair |\n| --- | --- | --- | --- |\n");
        for row in rows.iter().take(options.bound(MARKDOWN_ROWS)) {
            let others = if row.others > 0 { format!(" and {} more", row.others) } else { String::new() };
            text.push_str(&format!(
                "| {} | {}{others} | {} | {} |\n",
                mark(row.outcome),
                cell_code(&row.name),
                cell(row.cause),
                cell(row.repair)
            ));
        }
        more(&mut text, rows.len(), rows.len().min(options.bound(MARKDOWN_ROWS)));
    }
    let shown = options.bound(MARKDOWN_GROUPS);
    for (credential, same) in parts.broken.iter().take(shown) {
        section(&mut text, report, &view, credential, same, options);
        out.write_all(std::mem::take(&mut text).as_bytes())?;
    }
    if parts.broken.len() > shown {
        text.push_str("\n## Further kinds of fault, one row each\n");
        let rest: Vec<_> = parts.broken.iter().skip(shown).map(|(c, _)| *c).collect();
        table(&mut text, &rest, options);
    }
    let of_requests = requests::findings(report);
    let good = |i: &Input| i.verdicts.iter().all(|v| v.outcome == VerdictOutcome::Works);
    let judged: Vec<_> =
        report.inputs.iter().filter(|i| !i.verdicts.is_empty()).filter(|i| !options.quiet || !good(i)).collect();
    for input in judged.iter().take(shown) {
        asked(&mut text, report, input, of_requests.get(&input.id).map_or(&[][..], Vec::as_slice));
        out.write_all(std::mem::take(&mut text).as_bytes())?;
    }
    more(&mut text, judged.len(), judged.len().min(shown));
    let case: Vec<_> = case_findings(report, &of_requests)
        .into_iter()
        .filter(|(f, _)| !options.quiet || f.severity < Severity::Note)
        .collect();
    for (f, places) in case.iter().take(shown) {
        full(&mut text, report, f, &mut Vec::new(), "##");
        if !places.is_empty() {
            text.push_str("\n**The same at:**\n\n");
            for place in places.iter().take(options.bound(MARKDOWN_ROWS)) {
                text.push_str(&format!("- {}\n", code(place)));
            }
            more(&mut text, places.len(), places.len().min(options.bound(MARKDOWN_ROWS)));
        }
        out.write_all(std::mem::take(&mut text).as_bytes())?;
    }
    more(&mut text, case.len(), case.len().min(shown));
    if !options.quiet {
        for (title, list) in
            [("Not decided", &parts.undecided), ("Healthy", &parts.healthy), ("No verdict asked", &parts.not_judged)]
        {
            if !list.is_empty() {
                text.push_str(&format!("\n## {title}\n"));
                table(&mut text, list, options);
            }
        }
        let mut open: Vec<&Check> =
            parts.healthy.iter().chain(&parts.undecided).flat_map(|c| view.unknown(c)).collect();
        open.extend(report.checks.iter().filter(|c| c.credential.is_none() && c.outcome == CheckOutcome::Unknown));
        if !open.is_empty() {
            not_checked(&mut text, "\n## What was not checked\n\n", &open, options);
        }
    }
    odd_inputs(&mut text, report, options);
    let s = &report.summary;
    text.push_str(&format!(
        "\n---\n\n{} {}: {}, {}; {}, {}, {}.\n",
        prose(&report.tool.name),
        prose(&report.tool.version),
        words::count(s.inputs, "artifact", "artifacts"),
        words::count(s.credentials, "credential", "credentials"),
        words::count(s.errors, "error", "errors"),
        words::count(s.warnings, "warning", "warnings"),
        words::count(s.notes, "note", "notes"),
    ));
    for said in words::set_aside(report) {
        text.push_str(&format!("\n{}\n", prose(&said)));
    }
    out.write_all(text.as_bytes())
}
