//! One credential, for itself and those that are broken in the same way.

use super::page::Page;
use super::{HtmlOptions, class, finding, more, not_checked, state, verdict};
use crate::limits::HTML_ROWS;
use crate::report::chain::chain;
use crate::report::model::{CheckOutcome, CredentialReport, Finding, Report, Role, Severity, Verdict};
use crate::report::text::{View, facts};
use crate::report::words;

/// The verdict for each workload.
pub(super) fn verdicts(page: &mut Page, verdicts: &[Verdict]) {
    if verdicts.is_empty() {
        page.raw("<p class=\"dim\">No verdict asked.</p>\n");
        return;
    }
    let mut sorted: Vec<_> = verdicts.iter().collect();
    sorted.sort_by_key(|v| words::rank(v.outcome));
    page.raw("<ul class=\"verdicts\" aria-label=\"Verdict for each workload\">\n");
    for v in sorted {
        page.raw("<li class=\"tag ").raw(class(v.outcome)).raw("\">").raw(verdict(v.outcome)).raw(" · ");
        page.text(&words::workload(&v.workload)).raw("</li>\n");
    }
    page.raw("</ul>\n");
}

/// The drawing of the chain.
fn drawing(page: &mut Page, view: &View<'_>, credential: &CredentialReport) {
    let links = chain(credential, view.findings(credential), view.checks(credential));
    page.raw("<ol class=\"chain\" aria-label=\"The chain from the binding to the key file's permissions\">\n");
    for link in &links {
        let (class, words) = state(link.state);
        page.raw("<li class=\"")
            .raw(class)
            .raw("\"><div class=\"box\"><b>")
            .raw(link.link.title())
            .raw("</b><span class=\"state\">");
        page.raw(words).raw("</span>");
        if link.fact != "not shown" {
            page.element("<span class=\"fact\">", &link.fact, "</span>");
        }
        page.raw("</div></li>\n");
    }
    page.raw("</ol>\n");
}

/// The facts as a list of pairs.
fn facts_of(page: &mut Page, report: &Report, credential: &CredentialReport) {
    page.raw("<dl class=\"facts\">\n");
    for (name, value) in facts::pairs(report, credential) {
        let wide = !matches!(name, "KeySpec" | "Flags" | "Valid until" | "Store" | "Tests" | "Key usage");
        page.raw(if wide { "<dt class=\"wide\">" } else { "<dt>" }).raw(name).raw(if wide {
            "</dt><dd class=\"wide\">"
        } else {
            "</dt><dd>"
        });
        page.text(&value).raw("</dd>\n");
    }
    page.raw("</dl>\n");
}

/// The others that are broken in the same way.
fn same(page: &mut Page, report: &Report, view: &View<'_>, others: &[&CredentialReport], options: &HtmlOptions) {
    let count = words::count(others.len() as u64, "other credential", "other credentials");
    page.raw(if others.len() <= 10 { "<details open=\"\">\n" } else { "<details class=\"far\">\n" });
    page.element("<summary>The same with ", &count, "</summary>\n");
    page.raw("<p class=\"meta\">In the commands above put the other thumbprint.</p>\n<div class=\"scroll\"><table>\n<thead><tr>");
    page.raw("<th scope=\"col\">Name</th><th scope=\"col\">Thumbprint</th><th scope=\"col\">Place</th></tr></thead>\n<tbody>\n");
    for c in others.iter().take(options.bound(HTML_ROWS)) {
        let id = c.certificate.as_ref().and_then(|c| c.sha1.as_deref().or(c.serial.as_deref())).unwrap_or("–");
        let first = view.findings(c).first().and_then(|f| words::primary(&f.evidence));
        page.element("<tr><th scope=\"row\">", &c.display_name, "</th>").element("<td><code>", id, "</code></td>");
        page.element("<td>", &first.map_or_else(String::new, |e| words::place(report, e)), "</td></tr>\n");
    }
    page.raw("</tbody>\n</table></div>\n");
    more(page, others.len(), others.len().min(options.bound(HTML_ROWS)));
    page.raw("</details>\n");
}

/// Where a credential's facts come from.
fn sources(page: &mut Page, report: &Report, credential: &CredentialReport) {
    if credential.sources.is_empty() {
        return;
    }
    page.raw("<p class=\"meta\">Facts from ");
    for (i, s) in credential.sources.iter().take(10).enumerate() {
        let path = words::input_path(report, s.input);
        let place = s.line.map_or_else(|| path.clone(), |line| format!("{path}:{line}"));
        page.raw(if i > 0 { ", " } else { "" }).element("<code>", &place, "</code>");
    }
    if credential.sources.len() > 10 {
        page.raw(" and ").number(credential.sources.len().saturating_sub(10) as u64).raw(" more places");
    }
    page.raw("</p>\n");
}

/// The article of one credential.
pub(super) fn article(
    page: &mut Page,
    report: &Report,
    view: &View<'_>,
    credential: &CredentialReport,
    others: &[&CredentialReport],
    folded: bool,
    options: &HtmlOptions,
) {
    page.raw("<article class=\"").raw(class(view.outcome(credential))).raw("\" id=\"c").number(credential.id.into());
    page.raw("\">\n").element("<h3>", &credential.display_name, "</h3>\n");
    verdicts(page, &credential.verdicts);
    drawing(page, view, credential);
    if folded {
        let what = view.findings(credential).first().map_or("The facts and the findings", |f| f.title.as_str());
        page.element("<details class=\"far\">\n<summary>", what, "</summary>\n");
    }
    facts_of(page, report, credential);
    let findings = view.findings(credential);
    let aside = |f: &&&Finding| f.severity == Severity::Note || f.role == Role::Hygiene;
    let mut told = Vec::new();
    for f in findings.iter().filter(|f| !aside(f)) {
        finding::full(page, report, f, &mut told, finding::Level::Under);
    }
    let unexplained = view.unexplained(credential);
    if !unexplained.is_empty() {
        page.raw(
            "<p><strong>Why:</strong> what a workload makes of this kind of key stands in its table, with the source: ",
        );
        for (i, name) in unexplained.iter().enumerate() {
            page.raw(if i > 0 { ", " } else { "" }).element("<code>keyspect explain ", name, "</code>");
        }
        page.raw("</p>\n");
    }
    let set_aside = view.rules_aside(credential);
    if !set_aside.is_empty() {
        page.raw("<p><strong>Set aside:</strong> ");
        for (i, (rule, why)) in set_aside.iter().enumerate() {
            page.raw(if i > 0 { ", " } else { "" }).element("<code>", rule, "</code>").element(" (", why, ")");
        }
        page.raw("</p>\n");
    }
    let beside: Vec<_> = findings.iter().filter(aside).collect();
    if !beside.is_empty() {
        page.raw("<details>\n<summary>Beside it: ").text(&words::count(beside.len() as u64, "remark", "remarks"));
        page.raw("</summary>\n");
        for f in beside {
            finding::full(page, report, f, &mut told, finding::Level::Under);
        }
        page.raw("</details>\n");
    }
    let not_the_cause = view.exonerated(credential);
    if !not_the_cause.is_empty() {
        page.raw("<h4>Not the cause</h4>\n<ul class=\"plain\">\n");
        for reason in &not_the_cause {
            page.element("<li>", reason, "</li>\n");
        }
        page.raw("</ul>\n");
    }
    let unknown = view.unknown(credential);
    if !unknown.is_empty() {
        page.raw("<h4>Not checked, and the command that tells</h4>\n");
        not_checked(page, &unknown, options);
    }
    let passed = view.checks(credential).iter().filter(|c| c.outcome == CheckOutcome::Pass).count();
    if passed > 0 {
        page.raw("<details class=\"far\">\n<summary>")
            .text(&words::count(passed as u64, "check", "checks"))
            .raw(" passed</summary>\n<ul class=\"plain\">\n");
        for c in view.checks(credential).iter().filter(|c| c.outcome == CheckOutcome::Pass) {
            page.element("<li><code>", &c.rule, "</code>: ").element("", &c.reason, "</li>\n");
        }
        page.raw("</ul>\n</details>\n");
    }
    sources(page, report, credential);
    if folded {
        page.raw("</details>\n");
    }
    if !others.is_empty() {
        same(page, report, view, others, options);
    }
    page.raw("</article>\n");
}
