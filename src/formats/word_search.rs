//! Looks for many words at once, in texts of which nobody knows beforehand how much there is of them.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// From so many bytes on the automaton is worth its making that takes longer to make and a fraction of the time to run.
const MANY: usize = 256 << 10;

/// A longer text is worth it by itself: no line of a dump is so long.
const LONG_TEXT: usize = 16 << 10;

/// Words to look for; both automata find the same.
pub(super) struct WordSearch {
    words: fn() -> Vec<String>,
    options: fn(&mut AhoCorasickBuilder),
    /// Soon made.
    small: OnceLock<Option<AhoCorasick>>,
    /// Soon run.
    fast: OnceLock<Option<AhoCorasick>>,
    /// The bytes of the texts so far.
    seen: AtomicUsize,
}

impl WordSearch {
    /// For words that are asked for once, and how they are to be matched.
    pub(super) const fn new(words: fn() -> Vec<String>, options: fn(&mut AhoCorasickBuilder)) -> Self {
        Self { words, options, small: OnceLock::new(), fast: OnceLock::new(), seen: AtomicUsize::new(0) }
    }

    /// What looks for the words in a text; `None` when there is no automaton of so many words.
    pub(super) fn in_text(&self, text: &str) -> Option<&AhoCorasick> {
        let seen = self.seen.load(Ordering::Relaxed);
        if seen < MANY && text.len() < LONG_TEXT {
            // Two threads may count one text only: it is but a measure.
            self.seen.store(seen.saturating_add(text.len()), Ordering::Relaxed);
            return self.small.get_or_init(|| self.make(AhoCorasickKind::ContiguousNFA)).as_ref();
        }
        self.fast.get_or_init(|| self.make(AhoCorasickKind::DFA)).as_ref()
    }

    fn make(&self, kind: AhoCorasickKind) -> Option<AhoCorasick> {
        let mut builder = AhoCorasick::builder();
        (self.options)(&mut builder);
        builder.kind(Some(kind)).build((self.words)()).ok()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn both_automata_find_the_same() {
        static WORDS: WordSearch = WordSearch::new(
            || ["error", "Schannel", "0x"].map(str::to_owned).to_vec(),
            |builder| {
                builder.ascii_case_insensitive(true);
            },
        );
        let text = "SCHANNEL: an Error 0x80070520";
        let found = || -> Vec<(usize, usize)> {
            let search = WORDS.in_text(text).unwrap();
            search.find_iter(text).map(|m| (m.pattern().as_usize(), m.start())).collect()
        };
        assert_eq!(found(), [(1, 0), (0, 13), (2, 19)]);
        assert!(WORDS.fast.get().is_none());
        // An automaton for what is long, and for all that follows much.
        assert!(WORDS.in_text(&"x".repeat(LONG_TEXT)).is_some() && WORDS.fast.get().is_some());
        WORDS.seen.store(MANY, Ordering::Relaxed);
        assert!(std::ptr::eq(WORDS.in_text(text).unwrap(), WORDS.fast.get().unwrap().as_ref().unwrap()));
        assert_eq!(found(), [(1, 0), (0, 13), (2, 19)]);
    }
}
