//! The report as one HTML file: nothing is fetched, nothing needs a script, and a Content-Security-Policy lets nothing run but
//! the program's own few lines, by their hash.

mod credential;
mod finding;
mod page;

use super::chain::State;
use super::escape::escape;
use super::model::{
    Check, CheckOutcome, CredentialReport, Finding, Input, InputStatus, Report, Severity, VerdictOutcome,
};
use super::overview::{Counts, headline, problems};
use super::text::{TextOptions, View, case_findings, facts, is_unread, lists, requests, sort, worst};
use super::words;
use crate::limits::{HTML_CASE_FINDINGS, HTML_GROUPS, HTML_OPEN_GROUPS, HTML_OVERVIEW_ROWS, HTML_ROWS, HTML_UNDECIDED};
use page::{Page, base64};
use sha2::{Digest, Sha256};
use std::io::{self, Write};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// How the page is made.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct HtmlOptions {
    /// Every row of every table, and every group in full.
    pub verbose: bool,
    /// Only what is broken.
    pub quiet: bool,
}

impl HtmlOptions {
    fn bound(&self, n: usize) -> usize {
        if self.verbose { usize::MAX } else { n }
    }
}

/// The class that gives an element a verdict's colours.
fn class(outcome: VerdictOutcome) -> &'static str {
    match outcome {
        VerdictOutcome::Fails => "fails",
        VerdictOutcome::AtRisk => "risk",
        VerdictOutcome::Unknown => "unknown",
        VerdictOutcome::Works => "works",
    }
}

/// A verdict's mark and words.
fn verdict(outcome: VerdictOutcome) -> &'static str {
    match outcome {
        VerdictOutcome::Fails => "✗ fails",
        VerdictOutcome::AtRisk => "! at risk",
        VerdictOutcome::Unknown => "? not decided",
        VerdictOutcome::Works => "✓ works",
    }
}

/// A severity's class.
fn severity_class(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "fails",
        Severity::Warning => "risk",
        Severity::Note => "unknown",
    }
}

/// A link's class, mark and words.
fn state(state: State) -> (&'static str, &'static str) {
    match state {
        State::Broken => ("fails", "✗ breaks here"),
        State::AtRisk => ("risk", "! at risk"),
        State::Fine => ("works", "✓ seen"),
        State::NotShown => ("none", "? not shown"),
    }
}

/// The `sha256-…` that a Content-Security-Policy wants for an inline element (CSP Level 3, 6.7.2.1 and 8.3).
fn policy_hash(content: &str) -> String {
    format!("sha256-{}", base64(&Sha256::digest(content.as_bytes())))
}

fn head(page: &mut Page, report: &Report, sentence: &str) {
    page.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '");
    page.text(&policy_hash(STYLE)).raw("'; script-src '").text(&policy_hash(SCRIPT));
    page.raw("'; base-uri 'none'; form-action 'none'\">\n");
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.raw("<meta name=\"referrer\" content=\"no-referrer\">\n");
    page.raw("<meta name=\"color-scheme\" content=\"light dark\">\n<title>").text(sentence);
    page.raw(" – ").text(&report.tool.name).raw("</title>\n<style>").raw(STYLE).raw("</style>\n</head>\n<body>\n");
}

/// What a manager reads.
fn summary(page: &mut Page, report: &Report, view: &View<'_>, parts: &super::text::Sorted<'_>, options: &HtmlOptions) {
    let (_, sentence) = headline(report);
    let counts = Counts::of(report);
    page.raw("<header>\n<h1>Certificate and private-key report</h1>\n");
    page.element("<p class=\"headline\">", &sentence, "</p>\n");
    page.raw("<ul class=\"counts\" aria-label=\"Certificates by verdict\">\n");
    for (n, outcome, words) in [
        (counts.fails, VerdictOutcome::Fails, "✗ fail"),
        (counts.at_risk, VerdictOutcome::AtRisk, "! at risk"),
        (counts.unknown, VerdictOutcome::Unknown, "? not decided"),
        (counts.works, VerdictOutcome::Works, "✓ work"),
    ] {
        page.raw("<li class=\"").raw(class(outcome)).raw(if n == 0 { " zero" } else { "" }).raw("\"><strong>");
        page.number(n).raw("</strong> ").raw(words).raw("</li>\n");
    }
    page.raw("</ul>\n<p class=\"dim\">Made by ")
        .text(&report.tool.name)
        .raw(" ")
        .text(&report.tool.version)
        .raw(" from ");
    page.text(&words::count(report.summary.inputs, "artifact", "artifacts")).raw(" with ");
    page.text(&words::count(report.summary.credentials, "credential", "credentials")).raw(": ");
    page.text(&words::count(report.summary.errors, "error", "errors")).raw(", ");
    page.text(&words::count(report.summary.warnings, "warning", "warnings")).raw(", ");
    page.text(&words::count(report.summary.notes, "note", "notes"));
    if counts.not_judged > 0 {
        page.raw("; ").number(counts.not_judged).raw(" without a verdict");
    }
    let unread = report.inputs.iter().filter(|i| is_unread(i)).count();
    if unread > 0 {
        page.raw("; ").text(&words::count(unread as u64, "artifact", "artifacts")).raw(" not read");
    }
    page.raw(".</p>\n");
    for said in words::set_aside(report) {
        page.element("<p class=\"dim\">", &said, "</p>\n");
    }
    page.raw("</header>\n<main>\n");
    let rows = problems(view, parts);
    if rows.is_empty() {
        return;
    }
    page.raw("<section aria-labelledby=\"wrong\">\n<h2 id=\"wrong\">What is wrong, and what repairs it</h2>\n");
    page.raw(
        "<div class=\"scroll\"><table class=\"overview\">\n<thead><tr><th scope=\"col\">Certificate</th><th scope=\"col\">Verdict</th>",
    );
    page.raw("<th scope=\"col\">Cause</th><th scope=\"col\">Repair</th></tr></thead>\n<tbody>\n");
    let told = options.bound(HTML_GROUPS);
    for (i, row) in rows.iter().take(options.bound(HTML_OVERVIEW_ROWS)).enumerate() {
        page.raw("<tr><th scope=\"row\">");
        if i < told {
            page.raw("<a href=\"#c").number(row.credential.id.into()).raw("\">").text(&row.name).raw("</a>");
        } else {
            page.text(&row.name);
        }
        if row.others > 0 {
            page.raw(" and ").text(&words::count(row.others as u64, "other", "others"));
        }
        page.raw("</th><td><span class=\"tag ").raw(class(row.outcome)).raw("\">").raw(verdict(row.outcome));
        page.raw("</span></td><td>").text(row.cause).raw("</td><td>").text(row.repair).raw("</td></tr>\n");
    }
    page.raw("</tbody>\n</table></div>\n");
    more(page, rows.len(), rows.len().min(options.bound(HTML_OVERVIEW_ROWS)));
    page.raw("</section>\n");
}

/// That a list is longer than what is shown of it.
fn more(page: &mut Page, all: usize, shown: usize) {
    if all > shown {
        page.raw("<p class=\"dim\">and ").number(all.saturating_sub(shown) as u64);
        page.raw(" more; <code>--verbose</code> or <code>--format json</code> lists them all</p>\n");
    }
}

/// A table of credentials.
fn table(page: &mut Page, credentials: &[&CredentialReport], caption: &str, options: &HtmlOptions) {
    page.raw("<div class=\"scroll\"><table>\n<caption>").text(caption).raw("</caption>\n<thead><tr>");
    page.raw("<th scope=\"col\">Name</th><th scope=\"col\">Thumbprint</th><th scope=\"col\">Store</th>");
    page.raw("<th scope=\"col\">Key</th><th scope=\"col\">Verdict</th></tr></thead>\n<tbody>\n");
    for c in credentials.iter().take(options.bound(HTML_ROWS)) {
        page.element("<tr><th scope=\"row\">", &c.display_name, "</th>");
        let sha1 = c.certificate.as_ref().and_then(|c| c.sha1.as_deref().or(c.serial.as_deref()));
        page.element("<td><code>", sha1.unwrap_or("–"), "</code></td>");
        page.element("<td>", &facts::short_store(c), "</td>");
        page.element("<td>", &lists::key_words(c), "</td>");
        match worst(c) {
            Some(outcome) => {
                page.raw("<td><span class=\"tag ").raw(class(outcome)).raw("\">").raw(verdict(outcome));
                page.raw("</span></td></tr>\n");
            }
            None => {
                page.raw("<td class=\"dim\">none asked</td></tr>\n");
            }
        }
    }
    page.raw("</tbody>\n</table></div>\n");
    more(page, credentials.len(), credentials.len().min(options.bound(HTML_ROWS)));
}

/// What could not be checked, with the commands that tell.
fn not_checked(page: &mut Page, checks: &[&Check], options: &HtmlOptions) {
    let groups = lists::open_questions(checks);
    page.raw("<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">Not checked</th>");
    page.raw("<th scope=\"col\">What tells</th></tr></thead>\n<tbody>\n");
    for (obtain, reasons) in groups.iter().take(options.bound(HTML_ROWS)) {
        page.element("<tr><td>", &reasons.join("; "), "</td><td>");
        match obtain {
            Some(command) => finding::command(page, command),
            None => {
                page.raw("–");
            }
        }
        page.raw("</td></tr>\n");
    }
    page.raw("</tbody>\n</table></div>\n");
    more(page, groups.len(), groups.len().min(options.bound(HTML_ROWS)));
}

/// Requests, INF files, templates and scripts: what a certificate made from them would be worth.
fn asked(page: &mut Page, report: &Report, about: &[&Finding], input: &Input) {
    let worst = input.verdicts.iter().map(|v| v.outcome).min_by_key(|o| words::rank(*o));
    page.raw("<article class=\"").raw(class(worst.unwrap_or(VerdictOutcome::Unknown))).raw("\" id=\"i");
    page.number(input.id.into()).raw("\">\n<h3>").text(&words::path(input)).raw("</h3>\n");
    credential::verdicts(page, &input.verdicts);
    if let Some(facts) = requests::facts(input) {
        page.element("<p>It asks for ", &facts, ".</p>\n");
    }
    let mut told = Vec::new();
    for f in about {
        finding::full(page, report, f, &mut told, finding::Level::Under);
    }
    page.raw("</article>\n");
}

/// Inputs that need attention, grouped by what is said of them.
fn odd_inputs(page: &mut Page, report: &Report, options: &HtmlOptions) {
    let odd: Vec<&Input> =
        report.inputs.iter().filter(|i| i.status != InputStatus::Analyzed || !i.problems.is_empty()).collect();
    if odd.is_empty() {
        return;
    }
    page.raw("<section aria-labelledby=\"inputs\">\n<h2 id=\"inputs\">Inputs with problems</h2>\n");
    page.raw("<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">Input</th><th scope=\"col\">State</th>");
    page.raw("<th scope=\"col\">What was met</th></tr></thead>\n<tbody>\n");
    let limit = options.bound(20);
    let groups = lists::input_groups(&odd, limit);
    for group in groups.iter().take(options.bound(HTML_ROWS)) {
        let Some(first) = group.first() else { continue };
        let (outcome, words) = lists::status(first.status);
        page.raw("<tr><th scope=\"row\">");
        for (i, input) in group.iter().take(limit).enumerate() {
            page.raw(if i > 0 { "<br>" } else { "" }).text(&words::path(input));
        }
        if group.len() > limit {
            page.raw("<br>and ").number(group.len().saturating_sub(limit) as u64).raw(" more");
        }
        page.raw("</th><td><span class=\"tag ").raw(class(outcome)).raw("\">").raw(words).raw("</span></td><td>");
        for (i, problem) in first.problems.iter().take(limit).enumerate() {
            page.raw(if i > 0 { "<br>" } else { "" }).text(&lists::problem(problem));
        }
        if first.problems.len() > limit {
            page.raw("<br>and ").number(first.problems.len().saturating_sub(limit) as u64).raw(" more");
        }
        page.raw("</td></tr>\n");
    }
    page.raw("</tbody>\n</table></div>\n");
    more(page, groups.len(), groups.len().min(options.bound(HTML_ROWS)));
    if odd.iter().any(|i| i.status == InputStatus::Unrecognized) {
        page.element("<p class=\"dim\">keyspect reads ", words::READS, ".</p>\n");
    }
    page.raw("</section>\n");
}

/// Every input, as a list of sources.
fn sources(page: &mut Page, report: &Report, options: &HtmlOptions) {
    if report.inputs.is_empty() {
        return;
    }
    page.raw("<section aria-labelledby=\"sources\">\n<h2 id=\"sources\">What was read</h2>\n<details class=\"far\">\n<summary>");
    page.text(&words::count(report.inputs.len() as u64, "artifact", "artifacts")).raw("</summary>\n");
    page.raw("<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">Artifact</th><th scope=\"col\">Kind</th>");
    page.raw("<th scope=\"col\">State</th><th scope=\"col\">Bytes</th><th scope=\"col\">SHA-256</th></tr></thead>\n<tbody>\n");
    for input in report.inputs.iter().take(options.bound(HTML_ROWS)) {
        page.element("<tr><th scope=\"row\">", &words::path(input), "</th>");
        let read = lists::records_of(input).map_or_else(String::new, |what| format!(": {what}"));
        page.element("<td>", &format!("{}{read}", input.kind), "</td>").element(
            "<td>",
            words::status(input.status),
            "</td><td>",
        );
        page.number(input.bytes).raw("</td>");
        page.element("<td><code>", input.sha256.as_deref().unwrap_or("–"), "</code></td></tr>\n");
    }
    page.raw("</tbody>\n</table></div>\n");
    more(page, report.inputs.len(), report.inputs.len().min(options.bound(HTML_ROWS)));
    page.raw("</details>\n</section>\n");
}

/// Writes the page.
///
/// # Errors
/// Whatever the writer answers.
pub fn render(report: &Report, options: &HtmlOptions, out: &mut dyn Write) -> io::Result<()> {
    let as_text = TextOptions { verbose: options.verbose, ..TextOptions::default() };
    let view = View::new(report, &as_text);
    let parts = sort(&view, report);
    let mut page = Page::default();
    head(&mut page, report, &headline(report).1);
    summary(&mut page, report, &view, &parts, options);
    out.write_all(page.take().as_bytes())?;

    if !parts.broken.is_empty() {
        page.raw("<section aria-labelledby=\"broken\">\n<h2 id=\"broken\">Broken or at risk</h2>\n");
        let shown = options.bound(HTML_GROUPS);
        for (i, (first, same)) in parts.broken.iter().take(shown).enumerate() {
            let folded = i >= HTML_OPEN_GROUPS;
            credential::article(&mut page, report, &view, first, same, folded, options);
            out.write_all(page.take().as_bytes())?;
        }
        if parts.broken.len() > shown {
            let rest: Vec<_> = parts.broken.iter().skip(shown).map(|(c, _)| *c).collect();
            page.raw("<details class=\"far\">\n<summary>")
                .number(rest.len() as u64)
                .raw(" further kinds of fault, one row each</summary>\n");
            table(&mut page, &rest, "One certificate of each further kind", options);
            page.raw("</details>\n");
        }
        page.raw("</section>\n");
    }

    let of_requests = requests::findings(report);
    let good = |i: &Input| i.verdicts.iter().all(|v| v.outcome == VerdictOutcome::Works);
    let judged: Vec<_> =
        report.inputs.iter().filter(|i| !i.verdicts.is_empty()).filter(|i| !options.quiet || !good(i)).collect();
    if !judged.is_empty() {
        page.raw("<section aria-labelledby=\"asked\">\n<h2 id=\"asked\">Before the certificate is made</h2>\n");
        for input in judged.iter().take(options.bound(HTML_GROUPS)) {
            asked(&mut page, report, of_requests.get(&input.id).map_or(&[][..], Vec::as_slice), input);
            out.write_all(page.take().as_bytes())?;
        }
        more(&mut page, judged.len(), judged.len().min(options.bound(HTML_GROUPS)));
        page.raw("</section>\n");
    }

    let case: Vec<_> = case_findings(report, &of_requests)
        .into_iter()
        .filter(|(f, _)| !options.quiet || f.severity < Severity::Note)
        .collect();
    if !case.is_empty() {
        page.raw("<section aria-labelledby=\"case\">\n<h2 id=\"case\">Beside the certificates</h2>\n");
        for (f, places) in case.iter().take(options.bound(HTML_CASE_FINDINGS)) {
            page.raw("<article class=\"").raw(severity_class(f.severity)).raw("\">\n");
            finding::full(&mut page, report, f, &mut Vec::new(), finding::Level::Alone);
            finding::places(&mut page, places, options.bound(20));
            page.raw("</article>\n");
            out.write_all(page.take().as_bytes())?;
        }
        more(&mut page, case.len(), case.len().min(options.bound(HTML_CASE_FINDINGS)));
        page.raw("</section>\n");
    }

    if !options.quiet {
        let in_full = parts.undecided.len() <= HTML_UNDECIDED || options.verbose;
        if !parts.undecided.is_empty() {
            page.raw("<section aria-labelledby=\"undecided\">\n<h2 id=\"undecided\">Not decided</h2>\n");
            if in_full {
                for c in &parts.undecided {
                    credential::article(&mut page, report, &view, c, &[], false, options);
                    out.write_all(page.take().as_bytes())?;
                }
            } else {
                table(&mut page, &parts.undecided, "What the artifacts show does not decide these", options);
            }
            page.raw("</section>\n");
        }
        folded(
            &mut page,
            "healthy",
            "Healthy",
            "Nothing that was checked speaks against these",
            &parts.healthy,
            options,
        );
        let words = "A CA's certificate, a user's store, another purpose, deleted since, or a key alone";
        folded(&mut page, "others", "No verdict asked", words, &parts.not_judged, options);
        let mut open: Vec<&Check> = parts.healthy.iter().flat_map(|c| view.unknown(c)).collect();
        if !in_full {
            open.extend(parts.undecided.iter().flat_map(|c| view.unknown(c)));
        }
        open.extend(report.checks.iter().filter(|c| c.credential.is_none() && c.outcome == CheckOutcome::Unknown));
        if !open.is_empty() {
            page.raw("<section aria-labelledby=\"open\">\n<h2 id=\"open\">What was not checked</h2>\n");
            not_checked(&mut page, &open, options);
            page.raw("</section>\n");
        }
        out.write_all(page.take().as_bytes())?;
    }
    odd_inputs(&mut page, report, options);
    sources(&mut page, report, options);
    page.raw("</main>\n<footer>\n<p>Everything here follows from the artifacts named above; nothing was changed on any server, and ");
    page.raw("nothing in this file is loaded from elsewhere. “At risk” means that it works and something threatens it; “not ");
    page.raw("decided” means that the artifacts do not show enough. Characters that could hide or reorder words are shown as ");
    page.element("<code>", &escape("\u{202e}"), "</code>. Each rule is explained by ");
    page.raw("<code>keyspect explain</code> and its name.</p>\n</footer>\n<div id=\"said\" class=\"hidden\" role=\"status\"></div>\n");
    page.raw("<script>").raw(SCRIPT).raw("</script>\n</body>\n</html>\n");
    out.write_all(page.take().as_bytes())
}

/// A table that opens on demand.
fn folded(
    page: &mut Page,
    id: &'static str,
    title: &'static str,
    caption: &str,
    credentials: &[&CredentialReport],
    options: &HtmlOptions,
) {
    if credentials.is_empty() {
        return;
    }
    page.raw("<section aria-labelledby=\"").raw(id).raw("\">\n<h2 id=\"").raw(id).raw("\">").raw(title).raw("</h2>\n");
    let open = credentials.len() <= 20;
    page.raw(if open { "<details open=\"\">\n" } else { "<details class=\"far\">\n" }).raw("<summary>");
    page.text(&words::count(credentials.len() as u64, "credential", "credentials")).raw("</summary>\n");
    table(page, credentials, caption, options);
    page.raw("</details>\n</section>\n");
}
