//! Where the labels, closing lines and remarks stand at which a line is cut that several lines were joined into.
//!
//! There are many, in several languages. Most texts hold none. Each has a mark: the separator behind its label, or a rare
//! part of its words. Marks are looked for with the vectors of the processor, and what stands around one is compared.

use super::labels;
use aho_corasick::packed;
use fearless_simd::{Level, Simd, SimdBase as _, SimdMask as _, dispatch, u8x64};
use std::ops::Range;
use std::sync::LazyLock;

/// One is part of each anchor without a separator and without letters beyond ASCII. In other texts they are rare, and so are
/// their first letters (counted in English prose and documentation).
const STEMS: [&str; 15] = [
    "st FAI", "rueba ", "is NOT", "Kein S", "Falta ", "sinatu", "a VSM ", "ey ver", "Cannot", "No key", "cceede",
    "Missin", "es Pub", " passe", "n-root",
];

static STEM_SEARCH: LazyLock<Option<packed::Searcher>> = LazyLock::new(|| packed::Searcher::new(STEMS));

/// The same of those with letters beyond ASCII.
const STEMS_BEYOND_ASCII: [&str; 15] = [
    "公钥匹",
    "iffrement",
    "ação",
    "eur de clé",
    "de cripto",
    "La signat",
    " ne s’a",
    "o não ra",
    "非根证",
    "没有密",
    "到解密",
    " ist NICH",
    "a NÃO é",
    "无法以",
    "selungste",
];

static STEM_SEARCH_BEYOND_ASCII: LazyLock<Option<packed::Searcher>> =
    LazyLock::new(|| packed::Searcher::new(STEMS_BEYOND_ASCII));

/// So many bytes are looked at together for a separator.
const BLOCK: usize = 64;

/// What an anchor is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    /// A separator behind a label with this end ([`end_index`]).
    Separator(usize),
    /// One of [`STEMS`].
    Stem(usize),
    /// One of [`STEMS_BEYOND_ASCII`].
    StemBeyondAscii(usize),
}

/// An anchor, and where in it its mark begins.
struct Anchor {
    mark: Mark,
    at: usize,
    words: String,
}

/// All anchors, by their marks.
static ANCHORS: LazyLock<Vec<Anchor>> = LazyLock::new(|| {
    let mut all: Vec<Anchor> = labels::anchors().into_iter().filter_map(Anchor::of).collect();
    all.sort_unstable_by_key(|anchor| anchor.mark);
    all
});

impl Anchor {
    /// `None` for one that nothing would find; a test sees to it that there is none.
    fn of(words: String) -> Option<Self> {
        let separator = words.find([':', '=', '(']).and_then(|at| Some((Mark::Separator(end_before(&words, at)?), at)));
        let stem = || {
            let mut stems = STEMS.iter().enumerate();
            stems.find_map(|(index, stem)| Some((Mark::Stem(index), words.find(stem)?)))
        };
        let beyond_ascii = || {
            let mut stems = STEMS_BEYOND_ASCII.iter().enumerate();
            stems.find_map(|(index, stem)| Some((Mark::StemBeyondAscii(index), words.find(stem)?)))
        };
        let (mark, at) = separator.or_else(stem).or_else(beyond_ascii)?;
        Some(Self { mark, at, words })
    }

    /// Where it stands in a text that has its mark here.
    fn around(&self, text: &str, mark: usize) -> Option<Range<usize>> {
        let start = mark.checked_sub(self.at)?;
        let behind = text.as_bytes().get(start..)?;
        behind.starts_with(self.words.as_bytes()).then(|| start..start.saturating_add(self.words.len()))
    }
}

/// The anchors with a mark.
fn with_mark(mark: Mark) -> impl Iterator<Item = &'static Anchor> {
    let from = ANCHORS.partition_point(|anchor| anchor.mark < mark);
    ANCHORS.get(from..).unwrap_or_default().iter().take_while(move |anchor| anchor.mark == mark)
}

/// Tells where each anchor begins; of those that overlap, the first and longest.
pub(super) fn each(text: &str, mut found: impl FnMut(usize)) {
    let mut all: Vec<Range<usize>> = Vec::new();
    candidates(text, |anchor| {
        all.push(anchor);
        true
    });
    all.sort_unstable_by_key(|anchor| (anchor.start, std::cmp::Reverse(anchor.end)));
    let mut behind = 0_usize;
    for anchor in all {
        if anchor.start >= behind {
            behind = anchor.end;
            found(anchor.start);
        }
    }
}

/// Whether there is one.
pub(super) fn is_in(text: &str) -> bool {
    let mut any = false;
    candidates(text, |_| {
        any = true;
        false
    });
    any
}

/// Tells of all anchors, also of those that overlap, until `take` answers that it is enough.
fn candidates(text: &str, mut take: impl FnMut(Range<usize>) -> bool) {
    let mut tell = |mark: Mark, at: usize| with_mark(mark).filter_map(|anchor| anchor.around(text, at)).all(&mut take);
    let goes_on = stems(text, &STEMS, STEM_SEARCH.as_ref(), |stem, at| tell(Mark::Stem(stem), at))
        && (text.is_ascii()
            || stems(text, &STEMS_BEYOND_ASCII, STEM_SEARCH_BEYOND_ASCII.as_ref(), |stem, at| {
                tell(Mark::StemBeyondAscii(stem), at)
            }));
    if goes_on {
        dispatch!(Level::new(), simd => separators(simd, text.as_bytes(), &mut |at| {
            end_before(text, at).is_none_or(|end| tell(Mark::Separator(end), at))
        }));
    }
}

/// Tells which stems stand where, until `take` answers that it is enough; whether it never did. Without a search that knows
/// them all (there is none for each processor) one after the other is looked for.
fn stems(
    text: &str,
    stems: &[&str],
    search: Option<&packed::Searcher>,
    mut take: impl FnMut(usize, usize) -> bool,
) -> bool {
    let Some(search) = search else {
        return stems.iter().enumerate().all(|(index, stem)| text.match_indices(stem).all(|(at, _)| take(index, at)));
    };
    let mut from = 0_usize;
    while let Some(stem) = search.find_in(text, (from..text.len()).into()) {
        if !take(stem.pattern().as_usize(), stem.start()) {
            return false;
        }
        // Two of them may overlap.
        from = stem.start().saturating_add(1);
    }
    true
}

/// Tells where separators stand behind what may be the end of a label, until `take` answers that it is enough.
#[inline(always)]
fn separators<S: Simd>(simd: S, bytes: &[u8], take: &mut impl FnMut(usize) -> bool) {
    let mut from = 0_usize;
    // Each byte with the one before it: what a text begins with is behind no label.
    while let Some(rest) = bytes.get(from..).filter(|rest| rest.len() > 1) {
        let behind = rest.get(1..).unwrap_or_default();
        let mut ends = match (rest.first_chunk::<BLOCK>(), behind.first_chunk::<BLOCK>()) {
            (Some(before), Some(block)) => behind_an_end(simd, before, block),
            _ => {
                let (mut before, mut block) = ([0; BLOCK], [0; BLOCK]);
                before.iter_mut().zip(rest).for_each(|(slot, byte)| *slot = *byte);
                block.iter_mut().zip(behind).for_each(|(slot, byte)| *slot = *byte);
                behind_an_end(simd, &before, &block)
            }
        };
        while ends != 0 {
            let at = usize::try_from(ends.trailing_zeros()).unwrap_or(0);
            let separator = from.saturating_add(1).saturating_add(at);
            if is_behind_an_end(bytes, separator) && !take(separator) {
                return;
            }
            ends &= ends.wrapping_sub(1);
        }
        from = from.saturating_add(BLOCK);
    }
}

/// A bit for each byte of a block, from the lowest on: it is a separator, and the byte before it of a letter, a digit, a
/// blank or a dot.
#[inline(always)]
fn behind_an_end<S: Simd>(simd: S, before: &[u8; BLOCK], block: &[u8; BLOCK]) -> u64 {
    let (before, block) = (u8x64::from_slice(simd, before), u8x64::from_slice(simd, block));
    let separator = block.simd_eq(b':') | block.simd_eq(b'=') | block.simd_eq(b'(');
    let lower = before | 0x20;
    let letter = lower.simd_ge(b'a') & lower.simd_le(b'z');
    let digit = before.simd_ge(b'0') & before.simd_le(b'9');
    let ends = letter | digit | before.simd_ge(0x80) | before.simd_eq(b' ') | before.simd_eq(b'.');
    (separator & ends).to_bitmask()
}

/// Whether two bytes before a separator, one blank left out, are the last ones of a label; others may be taken for them.
fn is_behind_an_end(bytes: &[u8], separator: usize) -> bool {
    end_before(bytes, separator).is_some_and(|end| LABEL_ENDS.get(end) == Some(&true))
}

/// The two bytes before a separator, one blank left out, as in [`LABEL_ENDS`].
fn end_before(text: impl AsRef<[u8]>, separator: usize) -> Option<usize> {
    let before = text.as_ref().get(..separator)?;
    let label = before.strip_suffix(b" ").unwrap_or(before);
    label.last_chunk::<2>().map(|end| end_index(*end))
}

/// Where two bytes stand in [`LABEL_ENDS`].
fn end_index([first, second]: [u8; 2]) -> usize {
    (usize::from(first & 0x3F) << 6) | usize::from(second & 0x3F)
}

/// The ends of all labels, by the lower six bits of the two bytes.
static LABEL_ENDS: LazyLock<[bool; 1 << 12]> = LazyLock::new(|| {
    let mut ends = [false; 1 << 12];
    for anchor in &*ANCHORS {
        if let Mark::Separator(end) = anchor.mark
            && let Some(slot) = ends.get_mut(end)
        {
            *slot = true;
        }
    }
    ends
});

/// Each kind of vector that the processor has.
#[cfg(test)]
pub(super) fn every_level() -> Vec<Level> {
    let best = Level::new();
    let mut levels = vec![best, Level::baseline()];
    #[cfg(target_arch = "x86_64")]
    {
        let lower =
            [best.as_sse2().map(Simd::level), best.as_sse4_2().map(Simd::level), best.as_avx2().map(Simd::level)];
        levels.extend(lower.into_iter().flatten());
    }
    levels
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use aho_corasick::{AhoCorasick, MatchKind};
    use proptest::prelude::*;

    /// Of many cases each so-and-so-many-th, where they take too long.
    const STEP: usize = if cfg!(miri) { 37 } else { 1 };

    /// What an automaton of all anchors finds.
    fn by_an_automaton(text: &str) -> Vec<usize> {
        static AUTOMATON: LazyLock<AhoCorasick> = LazyLock::new(|| {
            AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(labels::anchors()).unwrap()
        });
        AUTOMATON.find_iter(text).map(|anchor| anchor.start()).collect()
    }

    fn found(text: &str) -> Vec<usize> {
        let mut all = Vec::new();
        each(text, |start| all.push(start));
        all
    }

    #[test]
    fn each_anchor_is_found_wherever_it_stands() {
        for anchor in labels::anchors().into_iter().step_by(STEP) {
            for (before, after) in [(0, 0), (0, 1), (1, 0), (59, 70), (62, 3), (63, 200), (64, 0), (700, 900)] {
                let text = format!("{}{anchor}{}", "x".repeat(before), "y".repeat(after));
                assert!(by_an_automaton(&text).contains(&before), "{text}");
                assert_eq!(found(&text), by_an_automaton(&text), "{text}");
                assert!(is_in(&text), "{text}");
            }
        }
        assert!(!is_in(&"the server was restarted. ".repeat(90)));
        assert!(!is_in(""));
    }

    #[test]
    fn anchors_that_touch_or_overlap() {
        let all = labels::anchors();
        for one in all.iter().step_by(STEP) {
            for other in all.iter().step_by(STEP) {
                let mut overlapping = one.clone();
                overlapping.pop();
                overlapping.pop();
                for text in [format!("{one}{other}"), format!("{overlapping}{other}"), format!("{one} x {other}")] {
                    let text = format!("{}{text}{}", "z".repeat(one.len()), "y".repeat(300));
                    assert_eq!(found(&text), by_an_automaton(&text), "{text}");
                }
            }
        }
    }

    #[test]
    fn each_anchor_has_a_mark_and_each_stem_an_anchor() {
        assert_eq!(ANCHORS.len(), labels::anchors().len());
        let mut stems: Vec<Mark> = (0..STEMS.len()).map(Mark::Stem).collect();
        stems.extend((0..STEMS_BEYOND_ASCII.len()).map(Mark::StemBeyondAscii));
        for stem in stems {
            assert!(with_mark(stem).next().is_some(), "{stem:?}");
        }
    }

    /// As on a processor without a search that knows them all.
    #[test]
    fn stems_one_after_the_other() {
        for anchor in labels::anchors().into_iter().step_by(STEP) {
            for (all, search) in [(&STEMS[..], &STEM_SEARCH), (&STEMS_BEYOND_ASCII[..], &STEM_SEARCH_BEYOND_ASCII)] {
                let told = |search: Option<&packed::Searcher>| {
                    let mut told = Vec::new();
                    assert!(stems(&anchor, all, search, |stem, at| {
                        told.push((at, stem));
                        true
                    }));
                    told.sort_unstable();
                    told
                };
                assert_eq!(told(None), told(search.as_ref()), "{anchor}");
            }
        }
    }

    #[test]
    fn letters_of_several_bytes_around() {
        for before in 0..8 {
            for after in (60..130).step_by(STEP) {
                let (before, after) = ("é".repeat(before * 40 + 3), "ü签".repeat(after));
                let text = format!(
                    "{before}签名与公钥匹配{after}Key Container = {after}Êxito no teste de criptografia{after}"
                );
                assert_eq!(found(&text), by_an_automaton(&text));
                assert_eq!(found(&text).len(), 3);
            }
        }
    }

    /// Of each two bytes there are.
    #[test]
    fn every_kind_of_vector_tells_the_same() {
        let levels = every_level();
        let bytes: Vec<u8> = (0..=u8::MAX).flat_map(|one| (0..=u8::MAX).flat_map(move |other| [one, other])).collect();
        for from in (0..bytes.len() - BLOCK).step_by(BLOCK - 1).step_by(STEP) {
            let before: &[u8; BLOCK] = bytes[from..].first_chunk().unwrap();
            let block: &[u8; BLOCK] = bytes[from + 1..].first_chunk().unwrap();
            let expected = before.iter().zip(block).enumerate().fold(0, |bits, (at, (before, byte))| {
                let end = before.is_ascii_alphanumeric() || !before.is_ascii() || b" .".contains(before);
                bits | u64::from(end && b":=(".contains(byte)) << at
            });
            for level in &levels {
                assert_eq!(dispatch!(*level, simd => behind_an_end(simd, before, block)), expected, "{level:?} {from}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 1024 }))]

        #[test]
        fn anchors_among_others_and_parts_of_them(
            pieces in prop::collection::vec((any::<prop::sample::Index>(), 0..90_usize, "[ a-zé:=(.]{0,3}", 0..120_usize), 0..12)
        ) {
            let all = labels::anchors();
            let text: String = pieces.iter().map(|(which, letters, between, far)| {
                let part: String = which.get(&all).chars().take(*letters).collect();
                format!("{part}{between}{}", "x ".repeat(*far))
            }).collect();
            prop_assert_eq!(found(&text), by_an_automaton(&text));
        }
    }
}
