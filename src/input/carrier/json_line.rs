//! The strings in a line of JSON: keys, values, and what stands between them.
//!
//! Source: RFC 8259 sections 4 (keys) and 7 (strings).

use crate::input::json_escape::json_escape;
use memchr::{memchr_iter, memchr2};

/// Bytes of the longest escape.
const LONGEST_ESCAPE: usize = 12;

/// The string whose content begins somewhere.
pub(super) struct Found<'l> {
    /// Its length, if it ends in this text.
    pub(super) len: Option<usize>,
    /// Its line ends, none when it has what no string of JSON has.
    pub(super) line_ends: usize,
    /// It is a key: what stands behind its colon.
    pub(super) value: Option<&'l str>,
}

/// The string whose content begins here.
pub(super) fn string(content: &str) -> Found<'_> {
    let (mut at, mut line_ends, mut valid) = (0usize, 0usize, true);
    let mut found = Found { len: None, line_ends: 0, value: None };
    while let Some(rest) = content.get(at..)
        && let Some(next) = memchr2(b'"', b'\\', rest.as_bytes())
    {
        at = at.saturating_add(next);
        let here = content.get(at..).unwrap_or_default();
        if let Some(behind) = here.strip_prefix('"') {
            found.len = Some(at);
            found.value = behind.trim_start().strip_prefix(':').map(str::trim_start);
            break;
        }
        match json_escape(here) {
            Some((c, bytes)) => {
                line_ends = line_ends.saturating_add(usize::from(c == '\n'));
                at = at.saturating_add(bytes);
            }
            None => {
                // One that is cut may be of JSON.
                valid &= here.len() < LONGEST_ESCAPE;
                at = at.saturating_add(1);
            }
        }
    }
    found.line_ends = if valid { line_ends } else { 0 };
    found
}

/// The next quotation mark with which a string may begin. One behind a backslash is in the middle of a text.
pub(super) fn quote_from(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut quotes = memchr_iter(b'"', bytes.get(from..)?).map(|at| from.saturating_add(at));
    quotes.find(|at| at.checked_sub(1).and_then(|before| bytes.get(before)) != Some(&b'\\'))
}

/// A string of a line.
pub(super) struct JsonString<'l> {
    /// What stands between the one before and this one.
    before: &'l str,
    pub(super) content: &'l str,
    pub(super) line_ends: usize,
    is_key: bool,
    /// The key that a value has; elements of arrays have none.
    pub(super) key: Option<&'l str>,
}

/// The strings of a line.
struct Strings<'l> {
    line: &'l str,
    at: usize,
    key: Option<&'l str>,
}

impl<'l> Iterator for Strings<'l> {
    type Item = JsonString<'l>;

    fn next(&mut self) -> Option<Self::Item> {
        let quote = quote_from(self.line, self.at)?;
        let before = self.line.get(self.at..quote)?;
        let here = self.line.get(quote.saturating_add(1)..)?;
        let found = string(here);
        let content = here.get(..found.len.unwrap_or(here.len()))?;
        self.at = quote.saturating_add(content.len()).saturating_add(2).min(self.line.len());
        let key = self.key.take();
        self.key = found.value.filter(|value| value.starts_with('"')).map(|_| content);
        Some(JsonString { before, content, line_ends: found.line_ends, is_key: found.value.is_some(), key })
    }
}

/// The strings of a line that are no keys.
pub(super) fn values(line: &str) -> impl Iterator<Item = JsonString<'_>> {
    Strings { line, at: 0, key: None }.filter(|string| !string.is_key)
}

/// Whether a key stands in a line that has nothing but signs of JSON, numbers and its words between strings.
pub(super) fn syntax(line: &str) -> Option<bool> {
    let mut strings = Strings { line, at: 0, key: None };
    let mut has_key = false;
    for string in strings.by_ref() {
        if !is_syntax(string.before) {
            return None;
        }
        has_key |= string.is_key;
    }
    line.get(strings.at..).is_some_and(is_syntax).then_some(has_key)
}

fn is_syntax(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '-' | '.'));
    let known = |word: &str| matches!(word, "" | "null" | "true" | "false") || word.parse::<f64>().is_ok();
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b"{}[]:, \t\r+-.".contains(&b)) && words.all(known)
}
