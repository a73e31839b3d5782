//! A value, and the place that states it.

use std::borrow::Cow;

/// The number of an input within one run, in the order in which the inputs were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SourceId(pub u32);

/// Where a value stands in the ORIGINAL input, before any decoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Place {
    /// The input.
    pub source: SourceId,
    /// The line, from 1; 0 in a binary input.
    pub line: u32,
    /// The column, from 1, in characters of the decoded line; 0 in a binary input.
    pub column: u32,
    /// The first byte.
    pub start: u64,
    /// The number of bytes.
    pub len: u32,
}

impl Place {
    /// A place in a binary input.
    pub fn binary(source: SourceId, start: usize, end: usize) -> Self {
        let len = u32::try_from(end.saturating_sub(start)).unwrap_or(u32::MAX);
        Self { source, line: 0, column: 0, start: start as u64, len }
    }
    /// One after the last byte.
    pub fn end(&self) -> u64 {
        self.start.saturating_add(u64::from(self.len))
    }
}

/// How a value is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Basis {
    /// The artifact states it at the place.
    #[default]
    Stated,
    /// It follows from what stands at the place; the text says how.
    Derived(&'static str),
}

/// A value with the place that states it. A value without its place is not a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub place: Place,
    /// Stated or derived.
    pub basis: Basis,
}

impl<T> Fact<T> {
    /// A stated value.
    pub fn stated(value: T, place: Place) -> Self {
        Self { value, place, basis: Basis::Stated }
    }
    /// A derived value, and how.
    pub fn derived(value: T, place: Place, how: &'static str) -> Self {
        Self { value, place, basis: Basis::Derived(how) }
    }
    /// Another value from the same place.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Fact<U> {
        Fact { value: f(self.value), place: self.place, basis: self.basis }
    }
    /// The same fact, borrowed.
    pub fn as_ref(&self) -> Fact<&T> {
        Fact { value: &self.value, place: self.place, basis: self.basis }
    }
}

/// One line of an excerpt, as decoded, without its terminator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExcerptLine<'a> {
    /// The input.
    pub source: SourceId,
    /// The line number, from 1; 0 in a binary input.
    pub number: u32,
    /// The column at which the text begins, from 1: more than 1 where several lines were joined into one.
    pub column: u32,
    /// The original offset of the text's first byte.
    pub start: u64,
    /// The text.
    pub text: &'a str,
}

/// An excerpt longer than this (bytes) is cut to the words at its place.
pub(crate) const LONG_EXCERPT: usize = 160;

/// The lines of an input that a credential's facts stand on, kept so that no renderer has to reopen the input.
///
/// Lines are in input order. A credential keeps only the lines of its key part, its identity and its tests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Excerpts {
    /// The lines' texts one after the other: one allocation, not one for each line.
    texts: String,
    lines: Vec<KeptLine>,
    runs: Vec<KeptRun>,
}

/// Of a text that was taken out of a page or document: from a character on, it stands at another place of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptRun {
    /// The line.
    pub number: u32,
    /// The column, from 1.
    pub column: u32,
    /// The characters of the text before it.
    pub index: u32,
}

/// A line in [`Excerpts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct KeptLine {
    source: SourceId,
    number: u32,
    column: u32,
    start: u64,
    /// Where its text stands in the texts.
    from: usize,
    to: usize,
    /// Its runs; none: its characters stand one after the other in one line.
    first_run: usize,
    end_run: usize,
}

/// A text before and after so many characters.
pub fn split_at_char(text: &str, characters: usize) -> (&str, &str) {
    let at =
        if text.is_ascii() { characters } else { text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at) };
    text.split_at_checked(at).unwrap_or((text, ""))
}

impl Excerpts {
    /// Makes room for so many more lines with so many bytes in all.
    pub fn reserve(&mut self, lines: usize, bytes: usize) {
        self.lines.reserve_exact(lines);
        self.texts.reserve_exact(bytes);
    }
    /// Keeps a line. Lines arrive in input order; one that is already there is not kept twice.
    pub fn push(&mut self, source: SourceId, number: u32, column: u32, start: u64, text: &str) {
        if self.lines.last().is_some_and(|l| l.number == number && l.start == start) {
            return;
        }
        let from = self.texts.len();
        self.texts.push_str(text);
        let runs = self.runs.len();
        let to = self.texts.len();
        self.lines.push(KeptLine { source, number, column, start, from, to, first_run: runs, end_run: runs });
    }
    /// Keeps a line of a page or document, if it is not there already, with where its characters stand.
    pub fn push_runs(&mut self, place: Place, text: &str, runs: impl IntoIterator<Item = KeptRun>) {
        let before = self.lines.len();
        self.push(place.source, place.line, place.column, place.start, text);
        if self.lines.len() > before
            && let Some(line) = self.lines.last_mut()
        {
            self.runs.extend(runs);
            line.end_run = self.runs.len();
        }
    }
    /// Adds another sighting's lines.
    pub fn extend(&mut self, other: Excerpts) {
        let (moved, runs) = (self.texts.len(), self.runs.len());
        self.texts.push_str(&other.texts);
        self.runs.extend(other.runs);
        self.lines.extend(other.lines.into_iter().map(|l| KeptLine {
            from: l.from + moved,
            to: l.to + moved,
            first_run: l.first_run + runs,
            end_run: l.end_run + runs,
            ..l
        }));
    }
    /// The kept text that holds a place: of the texts of its line the last one that begins at or before it.
    pub fn at(&self, place: Place) -> Option<ExcerptLine<'_>> {
        self.find(place).map(|(kept, _)| self.line(kept))
    }
    /// The kept line that holds a place, and the characters of its text before that.
    fn find(&self, place: Place) -> Option<(&KeptLine, u32)> {
        let column = place.column.max(1);
        let of_source = self.lines.iter().filter(|l| l.source == place.source);
        let begins = of_source.flat_map(|l| {
            let runs = self.runs.get(l.first_run..l.end_run).unwrap_or_default();
            let whole = KeptRun { number: l.number, column: l.column, index: 0 };
            let whole = Some(whole).filter(|_| runs.is_empty());
            runs.iter().copied().chain(whole).map(move |run| (l, run))
        });
        let before = begins.filter(|(_, run)| run.number == place.line && run.column <= column);
        let (kept, run) = before.max_by_key(|(_, run)| run.column)?;
        Some((kept, run.index.saturating_add(column.saturating_sub(run.column))))
    }
    /// Evidence for a place: the words at the place and its line, as far as they are kept.
    pub fn evidence(&self, place: Place, label: impl Into<Cow<'static, str>>, primary: bool) -> Evidence {
        let (mut excerpt, mut line_text) = (String::new(), String::new());
        if let Some((kept, skip)) = self.find(place).filter(|_| place.line > 0) {
            let line = self.line(kept);
            let skip = usize::try_from(skip).unwrap_or(0);
            let (before, rest) = split_at_char(line.text, skip);
            let mut words = rest.trim_end();
            let long = usize::try_from(place.len).unwrap_or(usize::MAX).max(1);
            let width = self.width(kept, place, before, words);
            if let Some(characters) = width.and_then(|width| long.checked_div(width)) {
                words = split_at_char(words, characters).0.trim_end();
            }
            // A record on one line: only the words of the place themselves.
            if words.len() > LONG_EXCERPT {
                words = split_at_char(words, long).0;
            }
            words.clone_into(&mut excerpt);
            line.text.clone_into(&mut line_text);
        }
        Evidence { place, label: label.into(), excerpt, line_text, path: None, primary }
    }
    /// How many bytes of the input a character of the words at a place takes, as far as that is the same for all of them and
    /// can be told: by the distance between the line's begin and the place, else by how long both are. The input's encoding
    /// is not known here.
    fn width(&self, kept: &KeptLine, place: Place, before: &str, words: &str) -> Option<usize> {
        if !words.is_ascii() || place.len == 0 || kept.first_run < kept.end_run || kept.number != place.line {
            return None;
        }
        let distance = place.start.checked_sub(kept.start).and_then(|distance| usize::try_from(distance).ok())?;
        let characters = before.chars().count();
        if characters == 0 {
            // What is longer than its line is one of UTF-16.
            let long = usize::try_from(place.len).unwrap_or(usize::MAX);
            return (distance == 0).then_some(if long > words.len() { 2 } else { 1 });
        }
        match distance.checked_div(characters)? {
            // Letters of other alphabets take two bytes in other encodings, too.
            2 if before.is_ascii() && characters.checked_mul(2) == Some(distance) => Some(2),
            1 => Some(1),
            _ => None,
        }
    }
    /// The kept lines, in input order.
    pub fn lines(&self) -> impl ExactSizeIterator<Item = ExcerptLine<'_>> + Clone {
        self.lines.iter().map(|kept| self.line(kept))
    }
    /// The bytes that the kept texts take.
    pub fn bytes(&self) -> usize {
        self.texts.len()
    }
    fn line(&self, kept: &KeptLine) -> ExcerptLine<'_> {
        let text = self.texts.get(kept.from..kept.to).unwrap_or_default();
        ExcerptLine { source: kept.source, number: kept.number, column: kept.column, start: kept.start, text }
    }
}

/// The place that states a value, with its words and a label for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The place.
    pub place: Place,
    /// What this place shows, in a few words: `signing only`.
    pub label: Cow<'static, str>,
    /// The words at the place: `KeySpec = 2 -- AT_SIGNATURE`; empty when they are no longer kept.
    pub excerpt: String,
    /// The whole decoded line that holds the place, cut to the limit; empty in a binary input.
    pub line_text: String,
    /// For a binary input the path of the field: `authSafe[1].bag[0].attribute[cspName]`.
    pub path: Option<String>,
    /// Whether this is the place that proves the finding.
    pub primary: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(source: u32, line: u32, column: u32) -> Place {
        Place { source: SourceId(source), line, column, ..Place::default() }
    }

    #[test]
    fn lines_of_two_sightings() {
        let mut first = Excerpts::default();
        first.push(SourceId(1), 3, 1, 30, "KeySpec = 2");
        // The line that is there already; another line at the same place of another record, and the same line's rest.
        first.push(SourceId(1), 3, 1, 30, "KeySpec = 2");
        first.push(SourceId(1), 4, 1, 30, "Flags = 20");
        first.push(SourceId(1), 4, 9, 38, "20 (32)");
        let mut second = Excerpts::default();
        second.push(SourceId(2), 3, 1, 30, "KeySpec = 1");
        second.push(SourceId(2), 5, 1, 50, "Provider = x");
        first.extend(second);
        let texts: Vec<&str> = first.lines().map(|line| line.text).collect();
        assert_eq!(texts, ["KeySpec = 2", "Flags = 20", "20 (32)", "KeySpec = 1", "Provider = x"]);
        assert_eq!(first.bytes(), texts.concat().len());
        let at = |place| first.at(place).map(|line| line.text);
        assert_eq!((at(place(1, 3, 1)), at(place(2, 3, 1))), (Some("KeySpec = 2"), Some("KeySpec = 1")));
        // The last text of the line that begins at or before the place.
        assert_eq!((at(place(1, 4, 8)), at(place(1, 4, 9))), (Some("Flags = 20"), Some("20 (32)")));
        assert_eq!((at(place(1, 5, 1)), at(place(2, 5, 0))), (None, Some("Provider = x")));
        let shown = first.evidence(place(1, 3, 11), "signing only", true);
        assert_eq!((shown.excerpt.as_str(), shown.line_text.as_str()), ("2", "KeySpec = 2"));
        assert_eq!(first.evidence(place(1, 0, 1), "nowhere", true).line_text, "");
    }

    /// A line that a page shows can stand in several lines of the file.
    #[test]
    fn lines_whose_characters_stand_in_others() {
        let broken = |source, text: &str| {
            let mut kept = Excerpts::default();
            kept.push(SourceId(source), 1, 1, 0, "before");
            let run = |number, column, index| KeptRun { number, column, index };
            let runs = [run(5, 7, 0), run(6, 1, 10), run(7, 1, 25)];
            kept.push_runs(place(source, 5, 7), text, runs.into_iter().take(usize::try_from(source).unwrap_or(0) + 1));
            // The same line again brings no characters.
            kept.push_runs(place(source, 5, 7), text, [run(9, 1, 0)]);
            kept
        };
        let mut both = broken(1, "KeySpec = 2 -- AT_SIGNATURE");
        both.extend(broken(2, "KeySpec = 1 -- AT_KEYEXCHANGE"));
        let excerpt = |source, line, column| both.evidence(place(source, line, column), "", true).excerpt;
        assert_eq!(excerpt(1, 5, 7), "KeySpec = 2 -- AT_SIGNATURE");
        assert_eq!(excerpt(2, 5, 7), "KeySpec = 1 -- AT_KEYEXCHANGE");
        assert_eq!(
            (excerpt(1, 6, 1), excerpt(2, 6, 2)),
            ("2 -- AT_SIGNATURE".to_owned(), " -- AT_KEYEXCHANGE".to_owned())
        );
        assert_eq!((both.at(place(1, 9, 1)), both.at(place(2, 5, 6))), (None, None));
        assert_eq!(both.at(place(2, 1, 1)).map(|line| line.text), Some("before"));
    }
}
