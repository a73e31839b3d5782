//! What a line shows at a glance, so that a reader can pass over it.
//!
//! Whoever looks for key containers is also sent the logs of web servers. There every reader would look at every line; but
//! most can tell from a few signs and words that a line is nothing to them. They are looked for once, for all readers.

use super::piece::Piece;
use aho_corasick::automaton::Automaton;
use aho_corasick::dfa::DFA;
use aho_corasick::{Anchored, MatchKind};
use std::sync::LazyLock;

/// Signs of a line, as bits.
pub type Signs = u16;

/// A colon.
pub const COLON: Signs = 1;
/// A colon that a blank follows, or that ends the line.
pub const LABEL: Signs = 1 << 1;
/// A colon that a slash or backslash follows.
pub const PATH: Signs = 1 << 2;
/// `=`.
pub const EQUALS: Signs = 1 << 3;
/// `<`.
pub const LESS: Signs = 1 << 4;
/// `>` or `$`: the end of a prompt.
pub const PROMPT: Signs = 1 << 5;
/// `{`.
pub const BRACE: Signs = 1 << 6;
/// `[`.
pub const BRACKET: Signs = 1 << 7;
/// A tab.
pub const TAB: Signs = 1 << 8;
/// A colon between blanks, or behind one at the end of the line.
pub const SPACED: Signs = 1 << 9;
/// What stands in no line that is told at a glance: another control character, or a byte of UTF-8 with which a sign beyond
/// ASCII may begin that readers take for a blank, a colon, a quotation mark or a mark of writing direction.
const STRANGE: Signs = 1 << 10;

/// The signs of each byte.
static SIGNS: LazyLock<[Signs; 256]> = LazyLock::new(|| {
    let of = |byte: u8| match byte {
        b':' => COLON,
        b'=' => EQUALS,
        b'<' => LESS,
        b'>' | b'$' => PROMPT,
        b'{' => BRACE,
        b'[' => BRACKET,
        b'\t' => TAB,
        // U+0080 to U+00BF, U+1000 to U+1FFF, U+2000 to U+3FFF, U+F000 to U+FFFF.
        0..=0x1F | 0x7F | 0xC2 | 0xE1 | 0xE2 | 0xE3 | 0xEF => STRANGE,
        _ => 0,
    };
    std::array::from_fn(|byte| u8::try_from(byte).map_or(STRANGE, of))
});

/// A line that may be nothing to anybody.
pub struct Glance<'a> {
    /// The words, without blanks around them: at least one.
    pub text: &'a str,
    /// The first byte.
    pub first: u8,
    /// The last byte.
    pub last: u8,
    signs: Signs,
    /// Whose words may stand in it, as bits.
    named: u32,
}

impl<'a> Glance<'a> {
    /// Of a whole line ([`Cleaned::one_piece`](super::piece::Cleaned::one_piece)). `None`: it is empty, or to be read.
    pub fn of(piece: Piece<'a>, words: &Words) -> Option<Self> {
        let text = piece.trim().text;
        let bytes = text.as_bytes();
        let (first, last) = (*bytes.first()?, *bytes.last()?);
        let table = &*SIGNS;
        let sign = |byte: &u8| table.get(usize::from(*byte)).copied().unwrap_or(STRANGE);
        let mut signs = piece.line().text.as_bytes().iter().fold(0, |signs, byte| signs | sign(byte));
        if signs & STRANGE != 0 {
            return None;
        }
        if signs & COLON != 0 {
            for at in memchr::memchr_iter(b':', bytes) {
                let blank = |at: Option<usize>| matches!(at.and_then(|at| bytes.get(at)), Some(b' ' | b'\t'));
                signs |= match bytes.get(at.saturating_add(1)) {
                    None | Some(b' ' | b'\t') if blank(at.checked_sub(1)) => LABEL | SPACED,
                    None | Some(b' ' | b'\t') => LABEL,
                    Some(b'/' | b'\\') => PATH,
                    Some(_) => 0,
                };
            }
        }
        Some(Self { text, first, last, signs, named: words.whose(bytes) })
    }

    /// Whether one of these signs stands in the line.
    pub fn has(&self, signs: Signs) -> bool {
        self.signs & signs != 0
    }

    /// Whether a word of this reader may stand in the line.
    pub fn names(&self, reader: usize) -> bool {
        bit(reader) & self.named != 0
    }
}

/// The bit of a reader. Those after the 32nd share all bits: any word counts as theirs.
fn bit(reader: usize) -> u32 {
    u32::try_from(reader).ok().and_then(|at| 1_u32.checked_shl(at)).unwrap_or(u32::MAX)
}

/// What a word begins with is enough, in bytes: the search stays small.
const BEGINNING: usize = 16;

/// The words of all readers.
pub struct Words {
    finder: DFA,
    /// Whose each word is.
    whose: Vec<u32>,
}

impl Words {
    /// For the words of each reader, which are looked for without case (ASCII). `None`: there are too many.
    pub fn new(of_readers: Vec<Vec<&str>>) -> Option<Self> {
        let beginning = |word: &str| word.as_bytes().iter().copied().take(BEGINNING).collect();
        let of_all = of_readers.into_iter().enumerate();
        let of_all =
            of_all.flat_map(|(reader, words)| words.into_iter().map(move |word| (beginning(word), bit(reader))));
        let (words, whose): (Vec<Vec<u8>>, Vec<u32>) = of_all.unzip();
        let finder = DFA::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            // The words begin with nearly every letter.
            .prefilter(false)
            .build(words)
            .ok()?;
        Some(Self { finder, whose })
    }

    /// Whose words may stand in a text, as bits.
    fn whose(&self, text: &[u8]) -> u32 {
        let finder = &self.finder;
        let Ok(mut state) = finder.start_state(Anchored::No) else { return u32::MAX };
        let mut named = 0;
        for byte in text {
            state = finder.next_state(Anchored::No, state, *byte);
            if finder.is_special(state) && finder.is_match(state) {
                for index in 0..finder.match_len(state) {
                    let word = finder.match_pattern(state, index).as_usize();
                    named |= self.whose.get(word).copied().unwrap_or(u32::MAX);
                }
            }
        }
        named
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::formats::event_fields::is_bidi_mark;
    use crate::formats::piece::Cleaned;
    use crate::input::{Line, LineMap};

    fn glance<R>(text: &str, then: impl FnOnce(Option<Glance<'_>>) -> R) -> R {
        let words = vec![vec!["error", "exception"], vec!["Rror:", "ключ"], vec!["0x", "a word of many letters"]];
        let words = Words::new(words).unwrap();
        let end = u64::try_from(text.len()).unwrap();
        let line = Line { text, number: 1, order: 1, start: 0, end, map: LineMap::Identity, window: None };
        let cleaned = Cleaned::raw(line);
        then(cleaned.pieces().next().and_then(|piece| Glance::of(piece, &words)))
    }

    #[test]
    fn words_are_found_whatever_their_case_and_inside_others() {
        let named = |text| glance(text, |glance| (0..4).map(|reader| glance.as_ref().unwrap().names(reader)).collect());
        let none: Vec<bool> = named("nothing of it");
        assert_eq!(none, [false; 4]);
        assert_eq!(named("an ERROR"), [true, false, false, false]);
        assert_eq!(named("terror: 0X8"), [true, true, true, false]);
        assert_eq!(named("мой ключ"), [false, true, false, false]);
        assert_eq!(named("is A word of many other"), [false, false, false, false]);
        assert_eq!(named("is A word of many letter"), [false, false, true, false]);
    }

    #[test]
    fn signs() {
        let signs = |text| glance(text, |glance| glance.unwrap().signs);
        assert_eq!(signs("  10:00 and "), COLON);
        assert_eq!(signs("\tand "), TAB);
        assert_eq!(signs("Note: a"), COLON | LABEL);
        assert_eq!(signs("Note:\ta"), COLON | LABEL | TAB);
        assert_eq!(signs("Note: "), COLON | LABEL);
        assert_eq!(signs("Note :"), COLON | LABEL | SPACED);
        assert_eq!(signs("Note : a"), COLON | LABEL | SPACED);
        assert_eq!(signs("Größe :1"), COLON);
        assert_eq!(signs("c:\\a d:/b"), COLON | PATH);
        assert_eq!(signs("a=<b>$c{d}[e]"), EQUALS | LESS | PROMPT | BRACE | BRACKET);
        assert_eq!(
            glance("  -a. ", |glance| glance.map(|g| (g.text.to_owned(), g.first, g.last))),
            Some(("-a.".into(), b'-', b'.'))
        );
    }

    /// What readers trim, split at or take for a colon or quotation mark, beyond ASCII.
    #[test]
    fn blanks_and_signs_beyond_ascii_are_strange() {
        let sign = |c: char| c.is_whitespace() || is_bidi_mark(c) || "：“”„‘’‚…–—│".contains(c);
        let all: Vec<char> = ('\u{80}'..=char::MAX).filter(|c| sign(*c)).collect();
        assert!(all.len() > 30);
        for c in all {
            assert!(glance(&format!("a{c}b"), |glance| glance.is_none()), "{c:?}");
        }
    }

    #[test]
    fn lines_that_are_not_told_at_a_glance() {
        let strange =
            ["a\u{b}b", "a\u{7f}", "\u{a0}", "a\u{2028}b", "名前：a", "a\u{3000}b", "\u{201c}a\u{201d}", "\u{200e}a"];
        for text in ["", " "].into_iter().chain(strange) {
            assert!(glance(text, |glance| glance.is_none()), "{text:?}");
        }
    }
}
