//! Links of a terminal: OSC 8, "Hyperlinks (a.k.a. HTML-like anchors) in terminal emulators" (the specification that
//! terminals share): `ESC ] 8 ; parameters ; URI ST text ESC ] 8 ; ; ST`, the URI in ASCII from 32 to 126, percent-encoded.

use crate::report::model::Input;
use std::fmt::Write as _;

/// A text that leads to an address. The text is escaped already; an address that is not a plain one gives the text alone.
pub(super) fn link(url: &str, text: &str) -> String {
    if !url.bytes().all(|b| b.is_ascii_graphic()) || url.is_empty() {
        return text.to_owned();
    }
    format!("\u{1b}]8;;{url}\u{1b}\\{text}\u{1b}]8;;\u{1b}\\")
}

/// The address of a document, if it is one of the web.
pub(super) fn web(url: &str) -> Option<&str> {
    (url.starts_with("https://") || url.starts_with("http://")).then_some(url)
}

/// The address of an input's file, of an archive for what is in it. `folder` is the absolute path from which relative
/// paths go. None for standard input, and for names that the report could not keep as they are.
pub(super) fn file(folder: &str, input: &Input) -> Option<String> {
    let path = input.path.as_str();
    if path == "-" || !folder.starts_with('/') || path.contains('\u{fffd}') {
        return None;
    }
    let mut out = String::from("file://");
    let parts = if path.starts_with('/') { ["", "", path] } else { [folder.trim_end_matches('/'), "/", path] };
    for byte in parts.concat().bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    Some(out)
}

/// Lines that were broken at blanks, with links laid over their words: `words` are runs of as many words as the number
/// says, in order.
pub(super) fn over(lines: Vec<String>, words: &[(usize, Option<String>)]) -> Vec<String> {
    let mut each = words.iter().flat_map(|(count, url)| std::iter::repeat_n(url.as_deref(), *count));
    let mut out = Vec::new();
    for line in lines {
        let mut runs: Vec<(Option<&str>, Vec<&str>)> = Vec::new();
        for word in line.split(' ').filter(|w| !w.is_empty()) {
            let url = each.next().flatten();
            match runs.last_mut() {
                Some((last, run)) if *last == url => run.push(word),
                _ => runs.push((url, vec![word])),
            }
        }
        let shown: Vec<_> = runs
            .into_iter()
            .map(|(url, run)| url.map_or_else(|| run.join(" "), |url| link(url, &run.join(" "))))
            .collect();
        out.push(shown.join(" "));
    }
    out
}

/// A text with the first place in it that is not the beginning of a longer number replaced.
pub(super) fn replace_place(text: &str, place: &str, by: &str) -> String {
    let whole = |(at, _): &(usize, &str)| {
        let behind = text.get(at.saturating_add(place.len())..).and_then(|t| t.chars().next());
        behind.is_none_or(|c| !c.is_ascii_digit())
    };
    match text.match_indices(place).find(whole) {
        Some((at, _)) => {
            let (before, rest) = text.split_at(at);
            format!("{before}{by}{}", rest.get(place.len()..).unwrap_or_default())
        }
        None => text.to_owned(),
    }
}
