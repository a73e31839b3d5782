//! The text of a web page, as mail programs, Word and browsers save it.

use super::carried::{Carried, Cursor, Spot};
use super::markup::{Markup, Token};
use super::{Form, Take, Unread};

/// Elements inside each other whose line ends count.
const PREFORMATTED: usize = 32;

/// The elements that end a line of text (section 15.3 of the standard: those that are shown as blocks).
const BLOCKS: [&str; 49] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "caption",
    "center",
    "dd",
    "details",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "legend",
    "li",
    "listing",
    "main",
    "menu",
    "nav",
    "ol",
    "optgroup",
    "option",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "tbody",
    "textarea",
    "tfoot",
    "thead",
    "title",
    "tr",
    "ul",
];

/// The other elements whose tags are taken off. `<data>` is left out: events have such elements, too.
const OTHERS: [&str; 55] = [
    "a", "abbr", "acronym", "audio", "b", "base", "basefont", "bdi", "bdo", "big", "br", "button", "canvas", "cite",
    "code", "col", "colgroup", "del", "dfn", "em", "font", "i", "iframe", "img", "input", "ins", "kbd", "label",
    "link", "mark", "meta", "nobr", "noscript", "output", "picture", "q", "s", "samp", "script", "select", "small",
    "span", "strike", "strong", "style", "sub", "sup", "svg", "td", "th", "time", "tt", "u", "var", "wbr",
];

/// Elements whose text is a paragraph: a line end in it is a blank.
const PARAGRAPHS: [&str; 11] = ["address", "caption", "dd", "dt", "h1", "h2", "h3", "h4", "h5", "li", "p"];

/// Elements in which line ends count.
const LINES: [&str; 3] = ["listing", "pre", "textarea"];

/// Elements whose content is not shown.
const HIDDEN: [&str; 3] = ["script", "style", "svg"];

/// Reads a page.
#[derive(Default)]
pub(super) struct Page {
    markup: Markup,
    /// The elements that are open in which line ends count, with how many of the same name are open in each.
    preformatted: Vec<(String, u32)>,
    /// In a paragraph.
    paragraph: bool,
    /// Nothing of the paragraph was shown.
    fresh: bool,
    /// The page ends lines by `<br>`.
    breaks: bool,
    /// Nothing but blanks stands in the line of the file so far.
    indent: bool,
    /// A line end of the file was the last to end a line.
    raw: bool,
    /// A line end that may turn out to be a blank.
    wrapped: Option<Spot>,
}

/// Whether a tag of this name is mark-up of a page. Office has names of its own with a prefix.
fn is_element(name: &str) -> bool {
    let office = |(prefix, _): (&str, &str)| matches!(prefix, "o" | "v" | "w" | "m" | "x" | "st1");
    BLOCKS.binary_search(&name).is_ok()
        || OTHERS.binary_search(&name).is_ok()
        || name.split_once(':').is_some_and(office)
}

impl Form for Page {
    fn line(&mut self, cursor: &mut Cursor<'_>, stop: usize, ends: bool, out: &mut Carried, take: &mut Take<'_>) {
        self.indent |= cursor.begins_line();
        while cursor.index() < stop {
            let spot = cursor.spot();
            let token = self.markup.next(cursor, stop, is_element);
            let indent = self.indent;
            self.indent &= matches!(token, Token::Text(_));
            match token {
                Token::Text(end) => self.text(cursor, end, indent, out, take),
                Token::Character(c, end) => {
                    self.blank(spot, out, take);
                    cursor.to(end);
                    out.push(c, spot, cursor.original(), take);
                }
                Token::Tag { opens, closes } => self.tag(opens, closes, (spot, cursor), out, take),
                Token::Nothing => {}
            }
        }
        if !ends {
            return;
        }
        let blank = std::mem::take(&mut self.indent);
        if !self.markup.in_text() {
            return;
        }
        if !self.preformatted.is_empty() {
            out.end_line(cursor.spot(), take);
        } else if self.paragraph || self.breaks {
            self.wrapped = Some(cursor.spot()).filter(|_| !out.is_empty());
        } else if blank && self.raw || !out.is_empty() {
            out.end_line(cursor.spot(), take);
            self.raw = true;
        }
    }

    fn finish(&mut self, _: &mut Carried, _: &mut Take<'_>) {
        self.markup.finish();
    }

    fn take_unread(&mut self) -> Vec<Unread> {
        self.markup.take_unread()
    }
}

impl Page {
    fn text(&mut self, cursor: &mut Cursor<'_>, end: usize, indent: bool, out: &mut Carried, take: &mut Take<'_>) {
        let text = cursor.text().get(cursor.index()..end).unwrap_or_default();
        let blanks = text.len().saturating_sub(text.trim_start().len());
        self.indent &= blanks == text.len();
        // The indentation of the page's own lines is none of the text's.
        if indent && self.preformatted.is_empty() && (self.paragraph || self.breaks) {
            cursor.by(blanks);
        }
        if cursor.index() < end {
            self.blank(cursor.spot(), out, take);
            out.copy(cursor, end, take);
        }
    }

    /// Text follows: the line end before it was a blank.
    fn blank(&mut self, next: Spot, out: &mut Carried, take: &mut Take<'_>) {
        self.fresh = false;
        if let Some(spot) = self.wrapped.take() {
            out.push(' ', spot, next.original, take);
        }
    }

    fn tag(
        &mut self,
        opens: bool,
        closes: bool,
        (spot, cursor): (Spot, &Cursor<'_>),
        out: &mut Carried,
        take: &mut Take<'_>,
    ) {
        let name = self.markup.name().to_owned();
        let name = name.as_str();
        if name == "br" {
            self.breaks |= self.preformatted.is_empty();
            return self.end_line(spot, out, take);
        }
        if matches!(name, "td" | "th") && opens && !out.is_empty() {
            self.wrapped = None;
            out.push('\t', spot, cursor.original(), take);
        }
        if BLOCKS.binary_search(&name).is_ok() {
            let empty = name == "p" && closes && self.fresh;
            if empty || !out.is_empty() {
                self.end_line(spot, out, take);
            }
            self.wrapped = None;
            self.raw = false;
            self.paragraph = opens && PARAGRAPHS.contains(&name);
            self.fresh = opens && name == "p";
        }
        let hidden = HIDDEN.iter().find(|own| **own == name);
        if let Some(hidden) = hidden.filter(|_| opens && !closes) {
            return self.markup.skip_to_end_of(hidden);
        }
        self.preformatted(name, opens, closes);
    }

    /// Notes where elements begin and end in which line ends count.
    fn preformatted(&mut self, name: &str, opens: bool, closes: bool) {
        if let Some((own, depth)) = self.preformatted.last_mut().filter(|(own, _)| own == name) {
            match (opens, closes) {
                (true, false) => *depth = depth.saturating_add(1),
                (false, _) if *depth > 1 => *depth = depth.saturating_sub(1),
                (false, _) => {
                    own.clear();
                    self.preformatted.pop();
                }
                (true, true) => {}
            }
            return;
        }
        let styled = || {
            let after = self.markup.attributes().split_once("white-space:").map(|(_, value)| value.trim_start());
            after.is_some_and(|value| value.starts_with("pre"))
        };
        if opens && !closes && self.preformatted.len() < PREFORMATTED && (LINES.contains(&name) || styled()) {
            self.preformatted.push((name.to_owned(), 1));
        }
    }

    fn end_line(&mut self, spot: Spot, out: &mut Carried, take: &mut Take<'_>) {
        self.wrapped = None;
        self.fresh = false;
        out.end_line(spot, take);
    }
}
