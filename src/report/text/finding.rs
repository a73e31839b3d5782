//! One finding: what is wrong, the lines that prove it, why, how sure, what repairs it, what shows that it is repaired.

use super::links;
use super::paint::Paint;
use crate::model::columns::char_columns;
use crate::report::escape::{columns, wrap};
use crate::report::model::{CredentialReport, EvidenceReport, Finding, RemedyReport, Report, Severity};
use crate::report::words;
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use std::collections::BTreeMap;

/// Lines between two evidences that are shown in full when all of them are kept.
pub(in crate::report) const SHOWN_LINES: usize = 12;
/// Lines between two evidences for which one snippet still stands.
const FOLDED_LINES: u32 = 500;

/// A marked part of a line, in bytes of its text, and the evidence it stands for.
pub(in crate::report) type Mark<'a> = (std::ops::Range<usize>, &'a EvidenceReport);

/// One line of a snippet: its text in the report, and the marked parts in bytes of that text.
#[derive(Default)]
pub(in crate::report) struct Line<'a> {
    pub(in crate::report) text: String,
    pub(in crate::report) marks: Vec<Mark<'a>>,
}

/// A line of an input made of the parts that its evidences keep: an artifact that was collapsed to one line has several
/// on it. Parts that don't follow each other directly are joined by an ellipsis.
fn composed<'a>(evidence: &[&'a EvidenceReport], ascii: bool) -> Line<'a> {
    let mut parts: BTreeMap<usize, (&str, Vec<Mark<'a>>)> = BTreeMap::new();
    for e in evidence {
        let Some(text) = e.line_text.as_deref() else { continue };
        let range = span(e, text);
        let before = text.get(..range.start).map_or(0, |t| t.chars().count());
        let column = usize::try_from(e.column.unwrap_or(1)).unwrap_or(1).saturating_sub(1);
        let part = parts.entry(column.saturating_sub(before)).or_insert((text, Vec::new()));
        if part.0.len() < text.len() {
            part.0 = text;
        }
        part.1.push((range, e));
    }
    let (mut line, mut end) = (Line::default(), None);
    for (start, (text, marks)) in parts {
        if let Some(end) = end {
            line.text.push_str(match (start.saturating_sub(end), ascii) {
                (0, _) => "",
                (1, _) => " ",
                (_, true) => " ... ",
                (_, false) => " … ",
            });
        }
        let offset = line.text.len();
        line.text.push_str(text);
        end = Some(start.saturating_add(text.chars().count()));
        let moved = |r: std::ops::Range<usize>| r.start.saturating_add(offset)..r.end.saturating_add(offset);
        line.marks.extend(marks.into_iter().map(|(range, e)| (moved(range), e)));
    }
    line
}

/// Where an evidence's words stand in its line: at its column if they are there, else at their first occurrence.
fn span(evidence: &EvidenceReport, text: &str) -> std::ops::Range<usize> {
    let words = evidence.excerpt.trim_end();
    let column = usize::try_from(evidence.column.unwrap_or(1)).unwrap_or(1).saturating_sub(1);
    let at_column = text.char_indices().nth(column).map(|(i, _)| i);
    if !words.is_empty() {
        if let Some(at) = at_column.filter(|i| text.get(*i..).is_some_and(|t| t.starts_with(words))) {
            return at..at.saturating_add(words.len());
        }
        if let Some(at) = text.find(words) {
            return at..at.saturating_add(words.len());
        }
    }
    let start = at_column.unwrap_or(0);
    let end = text.trim_end().len().max(start);
    start..end
}

/// One snippet's lines: consecutive in the input as far as they are kept.
pub(in crate::report) type Run<'a> = BTreeMap<u32, Line<'a>>;

/// The evidences of one input, as runs of lines near each other.
pub(in crate::report) fn runs<'a>(evidence: &[&'a EvidenceReport], ascii: bool) -> Vec<Run<'a>> {
    let mut by_line: BTreeMap<u32, Vec<&'a EvidenceReport>> = BTreeMap::new();
    for e in evidence.iter().filter(|e| e.line_text.is_some()) {
        if let Some(number) = e.line {
            by_line.entry(number).or_default().push(e);
        }
    }
    let mut lines: Run<'a> = by_line.into_iter().map(|(number, list)| (number, composed(&list, ascii))).collect();
    let marked: Vec<u32> = lines.keys().copied().collect();
    let (first, last) = match (marked.first(), marked.last()) {
        (Some(first), Some(last)) => (*first, *last),
        _ => return Vec::new(),
    };
    for context in evidence.iter().flat_map(|e| &e.context).filter(|c| c.line > first && c.line < last) {
        lines.entry(context.line).or_insert_with(|| Line { text: context.text.clone(), marks: Vec::new() });
    }
    let mut out: Vec<Run<'a>> = Vec::new();
    let mut before = None;
    for (number, line) in lines {
        let near = before.is_some_and(|b: u32| number.saturating_sub(b) <= FOLDED_LINES);
        before = Some(number);
        match out.last_mut() {
            Some(run) if near => {
                run.insert(number, line);
            }
            _ => out.push(BTreeMap::from([(number, line)])),
        }
    }
    out
}

/// The place above a snippet as the renderer computes it from the shown text, and as the report states it: they differ
/// where tabs or hidden characters are shown longer than they are, and where a line is a part of a longer one.
fn head(run: &Run<'_>, path: &str, url: Option<&str>, paint: Paint) -> Option<(String, String)> {
    let marks = || run.iter().flat_map(|(n, l)| l.marks.iter().map(move |(range, e)| (n, l, range, e)));
    let (number, line, range, e) = marks().find(|(.., e)| e.primary).or_else(|| marks().next())?;
    let drawn = paint.show(line.text.get(..range.start)?).chars().count().saturating_add(1);
    let stated = e.column.and_then(|c| usize::try_from(c).ok()).unwrap_or(drawn);
    let place = format!("{path}:{number}:{stated}");
    let place = url.map_or_else(|| place.clone(), |url| links::link(url, &place));
    Some((format!("{path}:{number}:{drawn}"), place))
}

/// Draws the title and the snippets; gives the text and the width of its gutter.
fn drawing(report: &Report, finding: &Finding, paint: Paint) -> (String, usize) {
    let mut inputs: Vec<u32> = Vec::new();
    let ordered = finding.evidence.iter().filter(|e| e.primary).chain(&finding.evidence);
    for e in ordered.filter(|e| e.line_text.is_some() && e.line.is_some()) {
        if !inputs.contains(&e.input) {
            inputs.push(e.input);
        }
    }
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = paint.show(&finding.title);
    let mut group = Group::with_title(level.primary_title(title.as_str()).id(finding.rule.as_str()));
    let mut gutter = 0usize;
    let mut heads = Vec::new();
    for input in inputs {
        let evidence: Vec<_> = finding.evidence.iter().filter(|e| e.input == input).collect();
        for run in runs(&evidence, paint.ascii) {
            let (Some((first, _)), Some((last, _))) = (run.first_key_value(), run.last_key_value()) else { continue };
            gutter = gutter.max(last.to_string().len());
            let mut source = String::new();
            let mut annotations = Vec::new();
            for number in *first..=*last {
                if let Some(line) = run.get(&number) {
                    for (range, e) in &line.marks {
                        let shown = |end: usize| paint.show(line.text.get(..end).unwrap_or(&line.text)).len();
                        let start = source.len().saturating_add(shown(range.start));
                        let end = source.len().saturating_add(shown(range.end));
                        let kind = if e.primary { AnnotationKind::Primary } else { AnnotationKind::Context };
                        annotations.push(kind.span(start..end.max(start)).label(paint.show(&e.label)));
                    }
                    source.push_str(&paint.show(&line.text));
                } else if paint.ascii {
                    source.push_str("...");
                } else {
                    source.push('…');
                }
                source.push('\n');
            }
            let span = usize::try_from(last.saturating_sub(*first)).unwrap_or(usize::MAX).saturating_add(1);
            let complete = run.len() == span && span <= SHOWN_LINES;
            let name = paint.show(&words::input_path(report, input));
            let url = file_url(report, input, paint);
            heads.extend(head(&run, &name, url.as_deref(), paint));
            group = group.element(
                Snippet::source(source)
                    .path(name)
                    .line_start(usize::try_from(*first).unwrap_or(1))
                    .fold(!complete)
                    .annotations(annotations),
            );
        }
    }
    let renderer = if paint.color { Renderer::styled() } else { Renderer::plain() };
    let decor = if paint.ascii { DecorStyle::Ascii } else { DecorStyle::Unicode };
    let mut text = renderer.decor_style(decor).term_width(paint.width).render(&[group]);
    for (drawn, stated) in heads {
        if drawn != stated {
            text = links::replace_place(&text, &drawn, &stated);
        }
    }
    (text, gutter)
}

/// The address of an input's file, where the terminal shows links.
fn file_url(report: &Report, input: u32, paint: Paint) -> Option<String> {
    let folder = paint.links?;
    report.inputs.iter().find(|i| i.id == input).and_then(|i| links::file(folder, i))
}

/// `= name  text`, wrapped under itself.
fn note(out: &mut String, gutter: usize, name: &str, text: &str, paint: Paint) {
    note_with_links(out, gutter, name, &[(text.to_owned(), None)], paint);
}

/// The same with parts that lead somewhere.
fn note_with_links(out: &mut String, gutter: usize, name: &str, parts: &[(String, Option<String>)], paint: Paint) {
    let lead = gutter.saturating_add(12);
    let text = parts.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>().join(" ");
    let mut lines = wrap(&text, paint.width.saturating_sub(lead).max(30));
    if paint.links.is_some() && parts.iter().any(|(_, url)| url.is_some()) {
        let words = |text: &str| text.split(' ').filter(|w| !w.is_empty()).count();
        let counted: Vec<_> = parts.iter().map(|(text, url)| (words(text), url.clone())).collect();
        lines = links::over(lines, &counted);
    }
    for (i, line) in lines.iter().enumerate() {
        if i == 0 {
            out.push_str(&" ".repeat(gutter.saturating_add(1)));
            out.push_str(&paint.frame("="));
            out.push_str(&format!(" {}", paint.bold(&format!("{name:<9}"))));
        } else {
            out.push_str(&" ".repeat(lead));
        }
        out.push_str(line);
        out.push('\n');
    }
}

/// A paragraph behind an indentation; the lines after the first are indented by `hang`.
pub(super) fn paragraph(out: &mut String, first: &str, hang: usize, text: &str, width: usize) {
    let lead = columns(first).max(hang);
    for (i, line) in wrap(text, width.saturating_sub(lead).max(30)).iter().enumerate() {
        if i == 0 {
            out.push_str(first);
        } else {
            out.push_str(&" ".repeat(hang));
        }
        out.push_str(line);
        out.push('\n');
    }
}

pub(in crate::report) fn place_words(place: &str) -> &'static str {
    match place {
        "here" => "here",
        "user" => "as that user, not elevated",
        "requesting-server" => "on the server that made the request, elevated",
        _ => "on the server, elevated",
    }
}

fn remedy(out: &mut String, remedy: &RemedyReport, first: bool, paint: Paint) {
    let mut places: Vec<&str> = Vec::new();
    for step in &remedy.steps {
        if !places.contains(&step.place.as_str()) {
            places.push(&step.place);
        }
    }
    let place = match places.as_slice() {
        [one] => format!(", {}", place_words(one)),
        _ => String::new(),
    };
    let head =
        format!("{}{place}: {}.", if first { "Repair" } else { "Or" }, paint.show(remedy.title.trim_end_matches('.')));
    for line in wrap(&head, paint.width) {
        out.push_str(&paint.bold(&line));
        out.push('\n');
    }
    let mut at = "";
    for step in &remedy.steps {
        if places.len() > 1 && at != step.place {
            at = &step.place;
            out.push_str(&format!("  {}:\n", place_words(at)));
        }
        let run = paint.show(&step.run);
        if step.shell == "text" {
            // A sentence, then perhaps the lines of a file to write, as they are.
            let mut lines = step.run.lines();
            paragraph(out, "    ", 4, &paint.show(lines.next().unwrap_or_default()), paint.width);
            for line in lines {
                out.push_str(&format!("        {}\n", paint.show(line)));
            }
        } else if step.shell == "inf" {
            // A file to copy: its lines as they are.
            for line in step.run.lines() {
                out.push_str(format!("    {}", paint.show(line)).trim_end());
                out.push('\n');
            }
        } else {
            out.push_str("    ");
            out.push_str(&run);
            match step.note.as_deref().map(|n| paint.show(n)) {
                Some(note) if columns(&run).saturating_add(columns(&note)).saturating_add(12) <= paint.width => {
                    out.push_str("        ");
                    out.push_str(&paint.dim(&note));
                    out.push('\n');
                }
                Some(note) => {
                    out.push('\n');
                    let mut lines = String::new();
                    paragraph(&mut lines, "        ", 8, &note, paint.width);
                    out.push_str(&paint.dim(lines.trim_end_matches('\n')));
                    out.push('\n');
                }
                None => out.push('\n'),
            }
        }
    }
    if let Some(caution) = &remedy.caution {
        paragraph(out, "  Mind: ", 8, &paint.show(caution), paint.width);
    }
    if let Some(verify) = words::verify(remedy) {
        out.push_str(&paint.bold("Verify:"));
        out.push_str(&format!("\n    {}\n", paint.show(&verify)));
    }
}

/// A finding in full. `told` collects the remedies that were already printed on this screen.
pub(super) fn full<'a>(
    report: &Report,
    finding: &'a Finding,
    told: &mut Vec<&'a RemedyReport>,
    paint: Paint,
) -> String {
    let (mut out, gutter) = drawing(report, finding, paint);
    if !out.ends_with('\n') {
        out.push('\n');
    }
    for e in finding.evidence.iter().filter(|e| e.line_text.is_none() || e.line.is_none()) {
        let mut words = Vec::new();
        words.extend(e.path.clone());
        if !e.excerpt.is_empty() {
            words.push(e.excerpt.clone());
        }
        if !e.label.is_empty() {
            words.push(e.label.clone());
        }
        let colon = if words.is_empty() { "" } else { ":" };
        let place = paint.show(&format!("{}{colon}", words::place(report, e)));
        let rest = (paint.show(&words.join(": ")), None);
        note_with_links(&mut out, gutter, "at", &[(place, file_url(report, e.input, paint)), rest], paint);
    }
    if finding.known {
        note(&mut out, gutter, "known", "an earlier run knew it; it is not counted", paint);
    }
    if !finding.message.is_empty() {
        note(&mut out, gutter, "why", &paint.show(&finding.message), paint);
    }
    let mut sure = vec![(paint.show(words::confidence(finding.confidence)), None)];
    if let Some(last) = finding.references.len().checked_sub(1) {
        sure[0].0.push_str("; sources:");
        sure.extend(finding.references.iter().enumerate().map(|(i, r)| {
            let end = if i < last { ";" } else { "" };
            (paint.show(&format!("{}{end}", r.title)), links::web(&r.url).map(str::to_owned))
        }));
    }
    note_with_links(&mut out, gutter, "sure", &sure, paint);
    let failing = |c: &CredentialReport| c.verdicts.iter().filter(|v| v.because.contains(&finding.rule)).count();
    let owner = finding.credential.and_then(|id| words::credential(report, id));
    if finding.workloads.len() > 1 && owner.is_none_or(|c| failing(c) != finding.workloads.len()) {
        let names: Vec<_> = finding.workloads.iter().map(|w| words::workload(w)).collect();
        note(&mut out, gutter, "for", &paint.show(&names.join(", ")), paint);
    }
    if !finding.related.is_empty() {
        let names: Vec<_> = finding
            .related
            .iter()
            .take(20)
            .filter_map(|id| words::credential(report, *id))
            .map(super::name_and_id)
            .collect();
        note(&mut out, gutter, "also", &paint.show(&names.join(", ")), paint);
    }
    let fresh: Vec<_> = finding.remedies.iter().filter(|r| !told.contains(r)).collect();
    for (i, r) in fresh.iter().enumerate() {
        out.push('\n');
        remedy(&mut out, r, i == 0, paint);
    }
    told.extend(fresh);
    out
}

/// A finding on one line, for a credential that works.
pub(super) fn brief(report: &Report, finding: &Finding, paint: Paint) -> String {
    let severity = words::severity(finding.severity);
    let place =
        words::primary(&finding.evidence).map_or_else(String::new, |e| format!(" ({})", words::place(report, e)));
    let known = if finding.known { " known" } else { "" };
    let head = format!("  {severity}[{}]{known}: ", finding.rule);
    let mut out = String::new();
    paragraph(&mut out, &head, 6, &paint.show(&format!("{}{place}", finding.title)), paint.width);
    out
}

/// A text padded to a width in columns.
pub(super) fn pad(text: &str, width: usize) -> String {
    let used: usize = text.chars().map(char_columns).sum();
    format!("{text}{}", " ".repeat(width.saturating_sub(used)))
}
