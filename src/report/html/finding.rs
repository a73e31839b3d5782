//! One finding: the lines that prove it, why, how sure, what repairs it, what shows that it is repaired.

use super::page::Page;
use super::severity_class;
use crate::report::model::{EvidenceReport, Finding, RemedyReport, Report, StepReport};
use crate::report::overview::{known_address, one_place};
use crate::report::text::finding::{Line, Run, SHOWN_LINES, place_words, runs};
use crate::report::text::name_and_id;
use crate::report::words;

/// Where a finding stands among the headings.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// Under a credential or an input.
    Under,
    /// By itself.
    Alone,
}

/// A command with room for the script's button.
pub(super) fn command(page: &mut Page, command: &str) {
    page.element("<div class=\"run\"><pre><code>", command, "</code></pre></div>");
}

/// The lines of a file to copy.
fn file(page: &mut Page, text: &str) {
    page.raw("<div class=\"run\"><pre><code>");
    for (i, line) in text.lines().enumerate() {
        page.raw(if i > 0 { "\n" } else { "" }).text(line);
    }
    page.raw("</code></pre></div>");
}

/// One line with its marked parts and their labels.
fn line(page: &mut Page, number: u32, line: &Line<'_>) {
    page.raw("<span class=\"line\"><span class=\"no\">").number(number.into()).raw("</span>");
    let mut marks: Vec<_> = line.marks.iter().collect();
    marks.sort_by_key(|(range, e)| (range.start, !e.primary));
    let mut done = 0usize;
    for (range, e) in &marks {
        let start = range.start.max(done);
        let (Some(before), Some(marked)) = (line.text.get(done..start), line.text.get(start..range.end)) else {
            continue;
        };
        page.text(before);
        if !marked.is_empty() {
            page.raw(if e.primary { "<mark class=\"first\">" } else { "<mark>" }).text(marked).raw("</mark>");
        }
        done = start.max(range.end);
    }
    page.text(line.text.get(done..).unwrap_or_default());
    let mut labels: Vec<&str> = Vec::new();
    for (_, e) in &marks {
        if !e.label.is_empty() && !labels.contains(&e.label.as_str()) {
            labels.push(&e.label);
        }
    }
    if !labels.is_empty() {
        page.element("<span class=\"label\">← ", &labels.join("; "), "</span>");
    }
    page.raw("\n</span>");
}

/// Lines of one input that stand near each other.
fn snippet(page: &mut Page, path: &str, run: &Run<'_>) {
    let (Some((first, _)), Some((last, _))) = (run.first_key_value(), run.last_key_value()) else { return };
    let marks = || run.iter().flat_map(|(n, l)| l.marks.iter().map(move |(_, e)| (n, e)));
    let at = marks().find(|(_, e)| e.primary).or_else(|| marks().next());
    let place = match at.map(|(n, e)| (n, e.column)) {
        Some((n, Some(column))) => format!("{path}:{n}:{column}"),
        Some((n, None)) => format!("{path}:{n}"),
        None => path.to_owned(),
    };
    page.element("<figure class=\"snippet\">\n<figcaption>", &place, "</figcaption>\n");
    page.raw("<div class=\"lines\" role=\"group\" tabindex=\"0\" aria-label=\"Lines of ").text(path).raw("\"><pre>");
    let span = usize::try_from(last.saturating_sub(*first)).unwrap_or(usize::MAX).saturating_add(1);
    let complete = run.len() == span && span <= SHOWN_LINES;
    let mut before: Option<u32> = None;
    for (number, text) in run {
        if !complete && text.marks.is_empty() {
            continue;
        }
        if before.is_some_and(|b| number.saturating_sub(b) > 1) {
            page.raw("<span class=\"line\"><span class=\"no\">⋮</span>\n</span>");
        }
        before = Some(*number);
        line(page, *number, text);
    }
    page.raw("</pre></div>\n</figure>\n");
}

/// All places that prove a finding.
fn evidence(page: &mut Page, report: &Report, finding: &Finding) {
    let mut inputs: Vec<u32> = Vec::new();
    let ordered = finding.evidence.iter().filter(|e| e.primary).chain(&finding.evidence);
    for e in ordered.filter(|e| e.line_text.is_some() && e.line.is_some()) {
        if !inputs.contains(&e.input) {
            inputs.push(e.input);
        }
    }
    for input in inputs {
        let here: Vec<&EvidenceReport> = finding.evidence.iter().filter(|e| e.input == input).collect();
        let path = words::input_path(report, input);
        for run in runs(&here, false) {
            snippet(page, &path, &run);
        }
    }
    let others: Vec<_> = finding.evidence.iter().filter(|e| e.line_text.is_none() || e.line.is_none()).collect();
    if others.is_empty() {
        return;
    }
    page.raw("<ul class=\"plain\">\n");
    for e in others {
        page.element("<li><code>", &words::place(report, e), "</code>");
        if let Some(path) = &e.path {
            page.element(" ", path, "");
        }
        if !e.excerpt.is_empty() {
            page.element(": <mark class=\"first\">", &e.excerpt, "</mark>");
        }
        if !e.label.is_empty() {
            page.element(" <span class=\"label\">← ", &e.label, "</span>");
        }
        page.raw("</li>\n");
    }
    page.raw("</ul>\n");
}

fn step(page: &mut Page, step: &StepReport, place: bool) {
    page.raw("<li>");
    if place {
        page.element("<span class=\"dim\">", place_words(&step.place), ":</span> ");
    }
    match step.shell.as_str() {
        "text" => {
            let (first, rest) = step.run.split_once('\n').unwrap_or((&step.run, ""));
            page.text(first);
            if !rest.is_empty() {
                file(page, rest);
            }
        }
        "inf" => file(page, &step.run),
        _ => command(page, &step.run),
    }
    if let Some(note) = step.note.as_deref().filter(|n| !n.is_empty()) {
        page.element("<p class=\"meta\">", note, "</p>");
    }
    page.raw("</li>\n");
}

fn remedy(page: &mut Page, remedy: &RemedyReport, first: bool, level: Level) {
    let (open, close) = match level {
        Level::Under => ("<h5>", "</h5>\n"),
        Level::Alone => ("<h4>", "</h4>\n"),
    };
    page.raw(open).raw(if first { "Repair" } else { "Or" });
    let place = one_place(remedy);
    if let Some(place) = place {
        page.raw(", ").raw(place);
    }
    page.element(": ", remedy.title.trim_end_matches('.'), close);
    if !remedy.steps.is_empty() {
        page.raw("<ol class=\"steps\">\n");
        for s in &remedy.steps {
            step(page, s, place.is_none());
        }
        page.raw("</ol>\n");
    }
    if let Some(caution) = &remedy.caution {
        page.element("<p class=\"caution\"><strong>Mind:</strong> ", caution, "</p>\n");
    }
    if let Some(verify) = &remedy.verify {
        page.raw("<p><strong>Verify:</strong></p>\n");
        command(page, verify);
        if let Some(shows) = &remedy.verify_shows {
            page.element("<p class=\"meta\">It must show: <code>", shows, "</code></p>\n");
        }
    }
}

/// A finding in full. `told` collects the remedies that this part of the page has already.
pub(super) fn full<'a>(
    page: &mut Page,
    report: &Report,
    finding: &'a Finding,
    told: &mut Vec<&'a RemedyReport>,
    level: Level,
) {
    page.raw("<div class=\"finding ").raw(severity_class(finding.severity)).raw("\">\n");
    page.raw(if level == Level::Under { "<h4>" } else { "<h3>" });
    page.raw("<span class=\"tag ").raw(severity_class(finding.severity)).raw("\">");
    page.raw(words::severity(finding.severity)).raw("</span> ").text(&finding.title);
    page.raw(if level == Level::Under { "</h4>\n" } else { "</h3>\n" });
    page.element("<p class=\"meta\"><code>", &finding.rule, "</code> · ").raw(words::role(finding.role)).raw(" · ");
    page.raw(words::confidence(finding.confidence)).raw("</p>\n");
    evidence(page, report, finding);
    if !finding.message.is_empty() {
        page.element("<p><strong>Why:</strong> ", &finding.message, "</p>\n");
    }
    let owner = finding.credential.and_then(|id| words::credential(report, id));
    let failing = owner.map(|c| c.verdicts.iter().filter(|v| v.because.contains(&finding.rule)).count());
    if finding.workloads.len() > 1 && failing != Some(finding.workloads.len()) {
        let names: Vec<_> = finding.workloads.iter().map(|w| words::workload(w)).collect();
        page.element("<p><strong>For:</strong> ", &names.join(", "), "</p>\n");
    }
    if !finding.related.is_empty() {
        let names: Vec<_> =
            finding.related.iter().take(20).filter_map(|id| words::credential(report, *id)).map(name_and_id).collect();
        page.element("<p><strong>Also about:</strong> ", &names.join(", "), "</p>\n");
    }
    let mut first = true;
    for r in &finding.remedies {
        if !told.contains(&r) {
            remedy(page, r, first, level);
            told.push(r);
            first = false;
        }
    }
    if !finding.references.is_empty() {
        page.raw("<p class=\"meta\">Sources: ");
        for (i, r) in finding.references.iter().enumerate() {
            page.raw(if i > 0 { "; " } else { "" });
            match known_address(&r.url) {
                Some(url) => {
                    page.raw("<a rel=\"noopener noreferrer\" href=\"").raw(url).raw("\">").text(&r.title).raw("</a>");
                }
                None => {
                    page.text(&r.title);
                }
            }
        }
        page.raw("</p>\n");
    }
    page.raw("</div>\n");
}

/// Other places of the same finding.
pub(super) fn places(page: &mut Page, places: &[String], limit: usize) {
    if places.is_empty() {
        return;
    }
    let count = words::count(places.len() as u64, "other place", "other places");
    page.element("<details>\n<summary>The same at ", &count, "</summary>\n<ul class=\"plain\">\n");
    for place in places.iter().take(limit) {
        page.element("<li><code>", place, "</code></li>\n");
    }
    page.raw("</ul>\n");
    super::more(page, places.len(), places.len().min(limit));
    page.raw("</details>\n");
}
