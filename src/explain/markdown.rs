//! The few forms of Markdown that the pages use, for a terminal: headings, paragraphs, lists, tables, code.

use crate::report::escape::{columns, escape, escape_ascii, wrap};
use annotate_snippets::renderer::{AnsiColor, Effects, Style};

/// How a page looks on its terminal.
#[derive(Debug, Clone, Copy)]
pub struct PageOptions {
    /// With ANSI colours.
    pub color: bool,
    /// In ASCII alone.
    pub ascii: bool,
    /// Columns of the terminal.
    pub width: usize,
}

impl Default for PageOptions {
    fn default() -> Self {
        Self { color: false, ascii: false, width: 100 }
    }
}

impl PageOptions {
    fn show(&self, text: &str) -> String {
        if self.ascii { escape_ascii(text).into_owned() } else { escape(text).into_owned() }
    }
    fn styled(&self, style: Style, text: &str) -> String {
        if self.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

fn flush(out: &mut String, paragraph: &mut String, first: &mut String, options: &PageOptions) {
    if paragraph.is_empty() {
        return;
    }
    let lead = columns(first);
    for (i, line) in wrap(&options.show(paragraph), options.width.saturating_sub(lead).max(30)).iter().enumerate() {
        if i == 0 {
            out.push_str(first);
        } else {
            out.push_str(&" ".repeat(lead));
        }
        out.push_str(line);
        out.push('\n');
    }
    paragraph.clear();
    first.clear();
}

fn cells(line: &str) -> Vec<String> {
    let line = line.trim().trim_start_matches('|').trim_end_matches('|');
    line.split('|').map(|c| c.trim().to_owned()).collect()
}

/// A table: as columns when it fits, else each row as a list of its cells.
fn table(out: &mut String, rows: &[Vec<String>], options: &PageOptions) {
    let Some((head, body)) = rows.split_first() else { return };
    let count = head.len();
    let width = |i: usize| rows.iter().filter_map(|r| r.get(i)).map(|c| columns(&options.show(c))).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count).map(width).collect();
    let total = widths.iter().fold(count.saturating_mul(2), |a, b| a.saturating_add(*b));
    let bold = Style::new().effects(Effects::BOLD);
    if total <= options.width.saturating_add(2) {
        for (n, row) in rows.iter().enumerate() {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                let cell = options.show(cell);
                line.push_str(&cell);
                line.push_str(&" ".repeat(width.saturating_add(2).saturating_sub(columns(&cell))));
            }
            let line = line.trim_end();
            out.push_str("  ");
            out.push_str(&if n == 0 { options.styled(bold, line) } else { line.to_owned() });
            out.push('\n');
        }
        return;
    }
    let lead = head.iter().skip(1).map(|c| columns(c)).max().unwrap_or(0).saturating_add(6);
    for row in body {
        let mut cells = row.iter().zip(head);
        if let Some((first, _)) = cells.next() {
            out.push_str(&format!("  {}\n", options.styled(bold, &options.show(first))));
        }
        for (cell, name) in cells.filter(|(c, _)| !c.is_empty()) {
            let mut label = format!("    {name}");
            label.push_str(&" ".repeat(lead.saturating_sub(columns(&label))));
            flush(out, &mut cell.clone(), &mut label, options);
        }
    }
}

/// Renders a page.
pub fn to_text(markdown: &str, options: &PageOptions) -> String {
    let (mut out, mut paragraph, mut first) = (String::new(), String::new(), String::new());
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut code = false;
    // Right after a section's heading no blank line is shown.
    let mut tight = false;
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            flush(&mut out, &mut paragraph, &mut first, options);
            code = !code;
            tight = false;
            continue;
        }
        if code {
            out.push_str(&format!("    {}\n", options.show(line)));
            continue;
        }
        let trimmed = line.trim();
        if trimmed.starts_with('|') {
            flush(&mut out, &mut paragraph, &mut first, options);
            let row = cells(trimmed);
            if !row.iter().all(|c| !c.is_empty() && c.bytes().all(|b| b == b'-' || b == b':')) {
                rows.push(row);
            }
            continue;
        }
        if !rows.is_empty() {
            table(&mut out, &std::mem::take(&mut rows), options);
        }
        let item = trimmed.strip_prefix("- ").map(|rest| ("- ".to_owned(), rest)).or_else(|| {
            let (number, rest) = trimmed.split_once(". ")?;
            let digits = !number.is_empty() && number.len() <= 3 && number.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| (format!("{number:>2}. "), rest))
        });
        if let Some(title) = trimmed.strip_prefix("##") {
            flush(&mut out, &mut paragraph, &mut first, options);
            let title = options.show(title.trim_start_matches('#').trim());
            out.push_str(&options.styled(Style::new().effects(Effects::BOLD), &title));
            out.push('\n');
            tight = true;
            continue;
        }
        if let Some(title) = trimmed.strip_prefix('#') {
            flush(&mut out, &mut paragraph, &mut first, options);
            let title = options.show(title.trim_start_matches('#').trim());
            let style = AnsiColor::BrightBlue.on_default().effects(Effects::BOLD);
            out.push_str(&options.styled(style, &title));
            out.push('\n');
        } else if trimmed.is_empty() {
            flush(&mut out, &mut paragraph, &mut first, options);
            if !tight && !out.is_empty() && !out.ends_with("\n\n") {
                out.push('\n');
            }
        } else if let Some((mark, rest)) = item {
            flush(&mut out, &mut paragraph, &mut first, options);
            let indent = line.len().saturating_sub(line.trim_start().len()).min(12);
            first = format!("  {}{mark}", " ".repeat(indent));
            paragraph.push_str(rest);
        } else {
            if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph.push_str(trimmed);
        }
        tight = false;
    }
    flush(&mut out, &mut paragraph, &mut first, options);
    if !rows.is_empty() {
        table(&mut out, &rows, options);
    }
    while out.ends_with("\n\n") {
        out.pop();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form() {
        let page = "# Title\n\nOne\ntwo.\n\n- a\n- b\n  more\n\n1. first\n\n| x | y |\n|---|---|\n| 1 | 22 |\n\n```text\n  code\n```\n";
        let text = to_text(page, &PageOptions::default());
        assert_eq!(text, "Title\n\nOne two.\n\n  - a\n  - b more\n\n   1. first\n\n  x  y\n  1  22\n\n      code\n");
    }

    #[test]
    fn a_wide_table_becomes_a_list() {
        let wide = "w ".repeat(60);
        let text = to_text(
            &format!("| a | b |\n|---|---|\n| 1 | {wide} |\n"),
            &PageOptions { width: 60, ..Default::default() },
        );
        assert!(text.starts_with("  1\n    b  w w"));
        assert!(text.lines().all(|l| l.len() <= 60));
    }

    #[test]
    fn hidden_characters_are_escaped() {
        assert!(!to_text("a\u{202e}\u{1b}b", &PageOptions::default()).contains(['\u{202e}', '\u{1b}']));
    }
}
