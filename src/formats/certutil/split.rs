//! Where one line of a text holds several lines of certutil's output.

use super::{anchors, labels};
use crate::formats::piece::Piece;
use aho_corasick::packed;
use memchr::{memchr_iter, memmem};
use std::sync::LazyLock;

/// A piece that ends with `my "Personal"`: what comes before it, and this.
pub(super) fn split_store_header(piece: Piece<'_>) -> Option<(Piece<'_>, Piece<'_>)> {
    let title = piece.text.strip_suffix('"')?.rfind('"')?;
    let before = piece.text.get(..title)?.trim_end();
    let word = before.rfind([' ', '"']).map_or(0, |at| at.saturating_add(1));
    Some((piece.slice(0..word), piece.from(word)))
}

/// Marks that decide what a line is wherever they stand in it. Most lines hold none.
const MARKS: [&str; 6] =
    ["=====", " test ", ": KeySpec=", "_PROP_ID(", "missing key association property", "Container name inconsistent"];

static MARK_SEARCH: LazyLock<Option<packed::Searcher>> = LazyLock::new(|| packed::Searcher::new(MARKS));

/// Whether a text may hold a rule of equals signs, a test, a property's name or a remark about the key link.
pub(super) fn may_hold_a_mark(text: &str) -> bool {
    MARK_SEARCH.as_ref().is_none_or(|marks| marks.find(text).is_some())
}

/// The anchors and marks.
pub(super) fn anchors_and_marks() -> Vec<String> {
    let marks = MARKS.iter().map(|mark| (*mark).to_owned());
    labels::anchors().into_iter().chain(marks).collect()
}

/// Whether a text is surely one part for [`split_at_anchors`], told by its bytes alone: every anchor, rule and prompt has
/// a letter beyond hexadecimal digits, or an equals sign.
pub(super) fn is_whole(text: &str) -> bool {
    let class = &*WHOLE;
    text.bytes().all(|b| class.get(usize::from(b)) == Some(&true))
}

/// The bytes of [`is_whole`].
static WHOLE: LazyLock<[bool; 256]> = LazyLock::new(|| {
    let digit = |b: u8| b.is_ascii_hexdigit() || matches!(b, b' ' | b'-' | b'{' | b'}' | b'_' | b'.' | b'/' | b':');
    std::array::from_fn(|b| u8::try_from(b).is_ok_and(digit))
});

/// Whether a `====` rule begins after other words: a line that several lines were joined into.
pub(super) fn holds_a_rule(piece: Piece<'_>) -> bool {
    piece.text.find("=====").is_some_and(|at| at > 0)
}

/// What begins with the next thing that ends a block of which no more is read: a rule of equals signs, or a line of
/// certutil's own about the command. So far nothing else is looked for.
pub(super) fn from_next_block(piece: Piece<'_>) -> Option<Piece<'_>> {
    let ends = ["=====", "CertUtil:"].iter().filter_map(|end| memmem::find(piece.text.as_bytes(), end.as_bytes()));
    ends.min().map(|at| piece.from(at))
}

/// The parts that begin at a label, a closing line or a `====` rule inside this piece; one part when there is none
/// beyond its beginning.
pub(super) fn split_at_anchors(piece: Piece<'_>) -> Vec<Piece<'_>> {
    if piece.is_blank() {
        return vec![piece];
    }
    let mut cuts: Vec<usize> = Vec::new();
    anchors::each(piece.text, |start| {
        let before = piece.text.get(..start).and_then(|t| t.chars().next_back());
        // `Algorithm Provider = `: the anchor is the end of other words only when a letter touches it in front
        // of a lower-case one; joined lines touch too, but there a capital begins.
        let inside_word = before.is_some_and(|c| c.is_alphabetic())
            && piece.text.get(start..).is_some_and(|t| t.starts_with(char::is_lowercase));
        if !inside_word {
            cuts.push(start);
        }
    });
    if may_hold_a_mark(piece.text) {
        cut_at_marks(piece.text, &mut cuts);
    }
    cuts.extend(prompts(piece.text));
    cuts.retain(|c| *c > 0 && *c < piece.text.len());
    cuts.sort_unstable();
    cuts.dedup();
    if cuts.is_empty() {
        return vec![piece];
    }
    let mut out = Vec::new();
    let mut start = 0usize;
    for cut in cuts {
        out.push(piece.slice(start..cut));
        start = cut;
    }
    out.push(piece.from(start));
    out
}

/// Where rules of equals signs begin and end, and where the names of properties begin.
fn cut_at_marks(text: &str, cuts: &mut Vec<usize>) {
    let mut from = 0usize;
    while let Some(found) = text.get(from..).and_then(|t| t.find("=====")) {
        let start = from.saturating_add(found);
        let (rule, end) = rule_at(text, start);
        if rule {
            cuts.push(start);
            cuts.push(end);
        }
        from = end.max(start.saturating_add(5));
    }
    for (at, _) in text.match_indices("_PROP_ID(") {
        let name = text.get(..at).unwrap_or("");
        let start = name.trim_end_matches(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_').len();
        cuts.push(start);
    }
}

/// What a command line of certutil begins with.
const COMMAND: &str = "certutil";

/// The longest prompt, in bytes: a path of Windows has 260 characters at most (Microsoft Learn, Maximum Path Length Limitation).
const PROMPT: usize = 260;

/// Where prompts with a certutil command begin: `C:\>certutil …`, `PS C:\> certutil …`.
fn prompts(text: &str) -> Vec<usize> {
    let mut out = Vec::new();
    for at in memchr_iter(b'>', text.as_bytes()) {
        let behind = text.get(at.saturating_add(1)..).unwrap_or("").trim_start();
        if !behind.get(..COMMAND.len()).is_some_and(|word| word.eq_ignore_ascii_case(COMMAND)) {
            continue;
        }
        let command = text.len().saturating_sub(behind.len());
        let from = (command.saturating_sub(PROMPT)..=at).find(|i| text.is_char_boundary(*i)).unwrap_or(at);
        let colon = text.get(from..at).and_then(|prompt| prompt.rfind(":\\"));
        let Some(drive) = colon.and_then(|colon| colon.checked_sub(1)).map(|drive| from.saturating_add(drive)) else {
            continue;
        };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_in_front_of_the_command() {
        let far = format!("C:\\{}>certutil -store my", "x".repeat(300));
        for (text, at) in [
            ("done. C:\\Windows\\system32>certutil -store my", Some(6)),
            ("done. PS C:\\> CertUtil.exe -v -store my", Some(6)),
            ("é C:\\>   certutil", Some(3)),
            ("<b>certutil", None),
            ("C:\\>dir", None),
            ("a > certutil > b", None),
            (&far, None),
        ] {
            assert_eq!(prompts(text).first().copied(), at, "{text}");
        }
        assert_eq!(prompts("C:\\>certutil -store my D:\\x> certutil -store ca"), [0, 23]);
    }

    #[test]
    fn what_is_told_by_its_bytes_holds_no_anchor() {
        for anchor in labels::anchors() {
            assert!(!is_whole(&anchor), "{anchor}");
        }
        for mark in ["=====", "_PROP_ID(", "C:\\>certutil"] {
            assert!(!is_whole(mark), "{mark}");
        }
        assert!(is_whole("c3 86 bb c4 cd 61 3e 30 d8 f1 6a df 91 b7 58 4a 22 65 b1 f5"));
    }
}
