//! Pieces of lines: what is left of a physical line after quoting, mark-up and escapes are taken off, each with its way
//! back to the original bytes.

use super::labels;
use crate::input::Line;
use crate::model::fact::{Place, SourceId};
use aho_corasick::{AhoCorasick, MatchKind};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

/// A physical line without quoting and mark-up, and the way back.
#[derive(Debug)]
pub(super) struct Cleaned<'a> {
    text: Cow<'a, str>,
    /// (index in `text`, index in the physical line): between two points both rise together.
    breaks: Vec<(usize, usize)>,
    line: Line<'a>,
    /// Whether each character stands in the column of the physical line.
    same_columns: bool,
}

/// Blanks that a web page or a French label puts where others have a space.
const NO_BREAK: [char; 2] = ['\u{a0}', '\u{202f}'];

/// Whether a line is a text with its line ends escaped, as JSON writes it.
fn is_json_string(text: &str) -> bool {
    let of_certutil = text.contains("=====") || text.contains("CertUtil:");
    text.matches("\\r\\n").take(2).count() == 2 || of_certutil && text.matches("\\n").take(3).count() == 3
}

impl<'a> Cleaned<'a> {
    /// Takes off what web pages, tickets and escapes put into a line: HTML entities, backslash-escaped underscores and
    /// quotes, `\u2019`, `<b>`-like tags, no-break spaces, the line ends of a JSON string. A line without any is borrowed.
    pub(super) fn new(line: Line<'a>) -> Self {
        let text = line.text;
        let special = |b| matches!(b, b'&' | b'\\' | b'<');
        if !text.bytes().any(special) && (text.is_ascii() || !text.contains(NO_BREAK)) {
            return Self { text: Cow::Borrowed(text), breaks: Vec::new(), line, same_columns: true };
        }
        let json = is_json_string(text);
        let mut same_columns = true;
        let mut out = String::new();
        let mut breaks = Vec::new();
        let mut rest = text;
        let mut changed = false;
        while let Some(at) = rest.find(['&', '\\', '<', '\u{a0}', '\u{202f}']) {
            let (same, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
            out.push_str(same);
            let Some((new, taken)) = replacement(tail, json) else {
                let step = tail.chars().next().map_or(1, char::len_utf8);
                let (one, after) = tail.split_at_checked(step).unwrap_or((tail, ""));
                out.push_str(one);
                rest = after;
                continue;
            };
            changed = true;
            same_columns = same_columns && tail.starts_with(NO_BREAK);
            out.push_str(&new);
            rest = tail.get(taken..).unwrap_or("");
            breaks.push((out.len(), text.len().saturating_sub(rest.len())));
        }
        if !changed {
            return Self { text: Cow::Borrowed(text), breaks: Vec::new(), line, same_columns: true };
        }
        out.push_str(rest);
        Self { text: Cow::Owned(out), breaks, line, same_columns }
    }

    /// The whole line as pieces: cut at `<br>` marks, quoting taken off.
    pub(super) fn pieces(&self) -> impl Iterator<Item = Piece<'_>> {
        let whole = Piece { text: &self.text, at: 0, cleaned: self };
        let mut start = 0usize;
        let mut ended = false;
        std::iter::from_fn(move || {
            if ended {
                return None;
            }
            let rest = whole.text.get(start..)?;
            // `<br>` and an escaped line end become U+2028 in `replacement`.
            let (range, next) = match rest.find('\u{2028}') {
                Some(at) => {
                    let end = start.saturating_add(at);
                    (start..end, end.saturating_add('\u{2028}'.len_utf8()))
                }
                None => {
                    ended = true;
                    (start..whole.text.len(), whole.text.len())
                }
            };
            start = next;
            Some(whole.slice(range).unquoted().list_item())
        })
    }

    fn physical(&self, index: usize) -> usize {
        let after = self.breaks.partition_point(|(i, _)| *i <= index);
        let (cleaned, physical) = after.checked_sub(1).and_then(|i| self.breaks.get(i)).copied().unwrap_or((0, 0));
        physical.saturating_add(index.saturating_sub(cleaned))
    }
}

/// What stands for an escape at the beginning of a text, and how many bytes it takes.
fn replacement(text: &str, json: bool) -> Option<(Cow<'static, str>, usize)> {
    if let Some(blank) = text.chars().next().filter(|c| NO_BREAK.contains(c)) {
        return Some((" ".into(), blank.len_utf8()));
    }
    if let Some(rest) = text.strip_prefix('\\') {
        if let Some(hex) = rest.strip_prefix('u') {
            let digits = hex.get(..4)?;
            let c = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
            return Some((c.to_string().into(), 6));
        }
        return match rest.chars().next()? {
            'n' if json => Some(("\u{2028}".into(), 2)),
            'r' if json => Some(("".into(), 2)),
            't' if json => Some(("\t".into(), 2)),
            c @ ('_' | '*' | '[' | ']' | '#' | '-' | '`' | '"' | '\\' | '|') => {
                Some((c.to_string().into(), c.len_utf8().saturating_add(1)))
            }
            _ => None,
        };
    }
    if text.starts_with('&') {
        let end = text.get(..10.min(text.len())).unwrap_or(text).find(';')?;
        let name = text.get(1..end)?;
        let c = match name {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            "apos" => '\'',
            "nbsp" => '\u{a0}',
            "ndash" => '\u{2013}',
            "mdash" => '\u{2014}',
            "hellip" => '\u{2026}',
            "rsquo" => '\u{2019}',
            _ => {
                let number = name.strip_prefix('#')?;
                let value = match number.strip_prefix(['x', 'X']) {
                    Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                    None => number.parse().ok()?,
                };
                char::from_u32(value)?
            }
        };
        return Some((c.to_string().into(), end.saturating_add(1)));
    }
    let end = text.get(..24.min(text.len())).unwrap_or("").find('>')?;
    let tag = text.get(1..end)?.trim_end_matches('/').trim().to_ascii_lowercase();
    let tag = tag.strip_prefix('/').unwrap_or(&tag);
    match tag.split(' ').next()? {
        "br" | "p" | "div" | "li" | "tr" => Some(("\u{2028}".into(), end.saturating_add(1))),
        "b" | "i" | "strong" | "em" | "code" | "pre" | "span" | "td" | "font" => {
            Some(("".into(), end.saturating_add(1)))
        }
        _ => None,
    }
}

/// A part of a cleaned line.
#[derive(Clone, Copy)]
pub(super) struct Piece<'a> {
    /// The words.
    pub(super) text: &'a str,
    at: usize,
    cleaned: &'a Cleaned<'a>,
}

static ANCHORS: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(labels::anchors()).ok());

impl<'a> Piece<'a> {
    /// A part of this piece; a range outside the text gives an empty piece.
    pub(super) fn slice(self, range: Range<usize>) -> Self {
        let at = self.at.saturating_add(range.start.min(self.text.len()));
        Self { text: self.text.get(range).unwrap_or(""), at, cleaned: self.cleaned }
    }
    /// From an index to the end.
    pub(super) fn from(self, start: usize) -> Self {
        self.slice(start..self.text.len())
    }
    /// Without blanks (of any kind) on either side.
    pub(super) fn trim(self) -> Self {
        let tail = self.text.trim_start();
        let start = self.text.len().saturating_sub(tail.len());
        let end = start.saturating_add(tail.trim_end().len());
        self.slice(start..end)
    }
    /// The columns of blanks before the first letter.
    pub(super) fn indent(self) -> usize {
        self.text.len().saturating_sub(self.text.trim_start().len())
    }
    /// Takes off the marks of quoted text: `> `, `>> `, `% `, `# `, `| `, `+ `.
    pub(super) fn unquoted(self) -> Self {
        let mut out = self;
        for _ in 0..8 {
            let trimmed = out.text.trim_start_matches([' ', '\t']);
            let start = out.text.len().saturating_sub(trimmed.len());
            let mut chars = trimmed.chars();
            let (first, second) = (chars.next(), chars.next());
            let marked = matches!(first, Some('>' | '%' | '#' | '|' | '+' | '\u{2502}'))
                && matches!(second, None | Some(' ' | '\t' | '>'));
            if !marked {
                break;
            }
            let width = first.map_or(0, char::len_utf8);
            out = out.from(start.saturating_add(width));
            if let Some(rest) = out.text.strip_prefix(' ') {
                out = out.from(out.text.len().saturating_sub(rest.len()));
            }
        }
        out
    }
    /// Takes off the quotes and the comma of a line that is an item of a JSON list.
    fn list_item(self) -> Self {
        let item = self.trim();
        let inner = item.text.strip_prefix('"').and_then(|t| t.strip_suffix("\",").or_else(|| t.strip_suffix('"')));
        match inner {
            Some(inner) => item.slice(1..inner.len().saturating_add(1)),
            None => self,
        }
    }
    /// The physical line.
    pub(super) fn line(self) -> &'a Line<'a> {
        &self.cleaned.line
    }
    /// The original offset of the first byte.
    pub(super) fn start(self) -> u64 {
        self.cleaned.line.original(self.cleaned.physical(self.at))
    }
    /// A piece that ends with `my "Personal"`: what comes before it, and this.
    pub(super) fn split_store_header(self) -> Option<(Self, Self)> {
        let title = self.text.strip_suffix('"')?.rfind('"')?;
        let before = self.text.get(..title)?.trim_end();
        let word = before.rfind([' ', '"']).map_or(0, |at| at.saturating_add(1));
        Some((self.slice(0..word), self.from(word)))
    }
    /// The place in the original input.
    pub(super) fn place(self, source: SourceId) -> Place {
        let line = &self.cleaned.line;
        let start = self.cleaned.physical(self.at);
        let end = self.cleaned.physical(self.at.saturating_add(self.text.len()));
        let bytes = line.original_range(start..end.max(start));
        Place {
            source,
            line: u32::try_from(line.number).unwrap_or(u32::MAX),
            column: line.column(start),
            start: bytes.start,
            len: u32::try_from(bytes.end.saturating_sub(bytes.start)).unwrap_or(u32::MAX),
        }
    }
    /// Whether a `====` rule begins after other words: a line that several lines were joined into.
    pub(super) fn holds_a_rule(self) -> bool {
        self.text.find("=====").is_some_and(|at| at > 0)
    }
    /// Whether the piece is its whole physical line, so that the line itself can be shown.
    pub(super) fn is_whole_line(self) -> bool {
        self.cleaned.same_columns && self.text.trim().len() == self.cleaned.text.trim().len()
    }
    /// The parts that begin at a label, a closing line or a `====` rule inside this piece; one part when there is none
    /// beyond its beginning.
    pub(super) fn split_at_anchors(self) -> Vec<Self> {
        let mut cuts: Vec<usize> = Vec::new();
        if let Some(anchors) = ANCHORS.as_ref() {
            for m in anchors.find_iter(self.text) {
                let before = self.text.get(..m.start()).and_then(|t| t.chars().next_back());
                // `Algorithm Provider = `: the anchor is the end of other words only when a letter touches it in front
                // of a lower-case one; joined lines touch too, but there a capital begins.
                let inside_word = before.is_some_and(|c| c.is_alphabetic())
                    && self.text.get(m.start()..).is_some_and(|t| t.starts_with(char::is_lowercase));
                if !inside_word {
                    cuts.push(m.start());
                }
            }
        }
        let mut from = 0usize;
        while let Some(found) = self.text.get(from..).and_then(|t| t.find("=====")) {
            let start = from.saturating_add(found);
            let (rule, end) = rule_at(self.text, start);
            if rule {
                cuts.push(start);
                cuts.push(end);
            }
            from = end.max(start.saturating_add(5));
        }
        for (at, _) in self.text.match_indices("_PROP_ID(") {
            let name = self.text.get(..at).unwrap_or("");
            let start = name.trim_end_matches(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_').len();
            cuts.push(start);
        }
        cuts.extend(prompts(self.text));
        cuts.retain(|c| *c > 0 && *c < self.text.len());
        cuts.sort_unstable();
        cuts.dedup();
        let mut out = Vec::new();
        let mut start = 0usize;
        for cut in cuts {
            out.push(self.slice(start..cut));
            start = cut;
        }
        out.push(self.from(start));
        out
    }
}

/// Where prompts with a certutil command begin: `C:\>certutil …`, `PS C:\> certutil …`.
fn prompts(text: &str) -> Vec<usize> {
    let lower = text.to_ascii_lowercase();
    let mut out = Vec::new();
    for (at, _) in lower.match_indices("certutil") {
        let Some(prompt) = text.get(..at).and_then(|t| t.trim_end().strip_suffix('>')) else { continue };
        let drive = prompt.rfind(":\\").and_then(|colon| colon.checked_sub(1));
        let Some(drive) = drive.filter(|d| at.saturating_sub(*d) <= 260) else { continue };
        let before = text.get(..drive).unwrap_or("");
        out.push(before.strip_suffix("PS ").unwrap_or(before).len());
    }
    out
}

/// Whether a rule (`==== words ====`) begins at an index of `=` signs, and where it ends.
fn rule_at(text: &str, start: usize) -> (bool, usize) {
    let Some(tail) = text.get(start..) else { return (false, text.len()) };
    let signs = tail.len().saturating_sub(tail.trim_start_matches('=').len());
    let middle_start = start.saturating_add(signs);
    let Some(middle) = text.get(middle_start..) else { return (false, text.len()) };
    match middle.find("=====") {
        Some(at) if at <= 80 => {
            let closing = middle_start.saturating_add(at);
            let rest = text.get(closing..).unwrap_or("");
            let end = text.len().saturating_sub(rest.trim_start_matches('=').len());
            (true, end)
        }
        _ => (true, middle_start.max(start.saturating_add(5))),
    }
}
