//! Where the labels, closing lines and remarks stand at which a line is cut that several lines were joined into.
//!
//! There are many, in several languages: one automaton knows them all, and costs the same for each byte of any text. Most
//! texts hold none. So it runs only where one may be: around a separator behind the end of a label, and around rare parts
//! of the others. Both are looked for with the vectors of the processor.

use super::labels;
use crate::formats::word_search::WordSearch;
use aho_corasick::{MatchKind, packed};
use fearless_simd::{Level, Simd, SimdBase as _, SimdMask as _, dispatch, u8x64};
use std::ops::Range;
use std::sync::LazyLock;

static ANCHORS: WordSearch = WordSearch::new(labels::anchors, |builder| {
    builder.match_kind(MatchKind::LeftmostLongest);
});

/// One is part of each anchor without a separator and without letters beyond ASCII. In other texts they are rare, and so are
/// their first letters (counted in English prose and documentation).
const STEMS: [&str; 15] = [
    "st FAI", "rueba ", "is NOT", "Kein S", "Falta ", "sinatu", "a VSM ", "ey ver", "Cannot", "No key", "cceede",
    "Missin", "es Pub", " passe", "n-root",
];

static STEM_SEARCH: LazyLock<Option<packed::Searcher>> = LazyLock::new(|| packed::Searcher::new(STEMS));

/// The same of those with letters beyond ASCII.
const STEMS_BEYOND_ASCII: [&str; 16] = [
    "公钥匹",
    "iffrement",
    "ação",
    "eur de clé",
    "dor de chave",
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

/// No anchor reaches further from its separator or stem, in bytes, nor from a stem that covers a part of it.
const REACH: usize = 96;

/// So many bytes are looked at together for a separator.
const BLOCK: usize = 64;

/// A text of at most so many bytes is not cut into regions: each of them would be nearly as long.
const SHORT: usize = 3 * REACH;

/// Tells where each anchor begins; of those that overlap, the first and longest.
pub(super) fn each(text: &str, mut found: impl FnMut(usize)) {
    let regions = regions(text);
    if regions.is_empty() {
        return;
    }
    let Some(anchors) = ANCHORS.in_text(text) else { return };
    for region in regions {
        let part = text.get(region.clone()).unwrap_or_default();
        anchors.find_iter(part).for_each(|anchor| found(region.start.saturating_add(anchor.start())));
    }
}

/// Whether there may be one: surely not, or most likely.
pub(super) fn may_be_in(text: &str) -> bool {
    let regions = regions(text);
    !regions.is_empty()
        && ANCHORS.in_text(text).is_none_or(|anchors| {
            regions.into_iter().any(|region| text.get(region).is_some_and(|part| anchors.is_match(part)))
        })
}

/// The parts of a text outside of which there is no anchor. They neither touch nor overlap, and no anchor is in two of them.
fn regions(text: &str) -> Vec<Range<usize>> {
    let whole = || std::iter::once(0..text.len()).collect();
    let (Some(stems), Some(stems_beyond)) = (&*STEM_SEARCH, &*STEM_SEARCH_BEYOND_ASCII) else { return whole() };
    let (bytes, short) = (text.as_bytes(), text.len() <= SHORT);
    let mut marks: Vec<usize> = stems.find_iter(text).map(|stem| stem.start()).collect();
    if !text.is_ascii() {
        marks.extend(stems_beyond.find_iter(text).map(|stem| stem.start()));
    }
    // Of a short text one is enough.
    if marks.is_empty() || !short {
        dispatch!(Level::new(), simd => separators(simd, bytes, &mut |at| { marks.push(at); !short }));
    }
    if short && !marks.is_empty() {
        return whole();
    }
    marks.sort_unstable();
    let mut regions: Vec<Range<usize>> = Vec::new();
    for mark in marks {
        let from = (0..=mark.saturating_sub(REACH)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let to = (mark.saturating_add(REACH)..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
        match regions.last_mut() {
            Some(last) if from <= last.end => last.end = to,
            _ => regions.push(from..to),
        }
    }
    regions
}

/// Tells where separators stand behind what may be the end of a label, until `take` answers that it is enough.
#[inline(always)]
fn separators<S: Simd>(simd: S, bytes: &[u8], take: &mut impl FnMut(usize) -> bool) {
    let mut from = 0_usize;
    // Each byte with the one before it: what a text begins with is behind no label.
    while let Some(rest) = bytes.get(from..).filter(|rest| rest.len() > 1) {
        let behind = rest.get(1..).unwrap_or_default();
        let mut candidates = match (rest.first_chunk::<BLOCK>(), behind.first_chunk::<BLOCK>()) {
            (Some(before), Some(block)) => candidates(simd, before, block),
            _ => {
                let (mut before, mut block) = ([0; BLOCK], [0; BLOCK]);
                before.iter_mut().zip(rest).for_each(|(slot, byte)| *slot = *byte);
                block.iter_mut().zip(behind).for_each(|(slot, byte)| *slot = *byte);
                candidates(simd, &before, &block)
            }
        };
        while candidates != 0 {
            let at = usize::try_from(candidates.trailing_zeros()).unwrap_or(0);
            let separator = from.saturating_add(1).saturating_add(at);
            if is_behind_an_end(bytes, separator) && !take(separator) {
                return;
            }
            candidates &= candidates.wrapping_sub(1);
        }
        from = from.saturating_add(BLOCK);
    }
}

/// A bit for each byte of a block, from the lowest on: it is a separator, and the byte before it of a letter, a digit, a
/// blank or a dot.
#[inline(always)]
fn candidates<S: Simd>(simd: S, before: &[u8; BLOCK], block: &[u8; BLOCK]) -> u64 {
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
    let before = bytes.get(..separator).unwrap_or_default();
    let label = before.strip_suffix(b" ").unwrap_or(before);
    label.last_chunk::<2>().is_some_and(|end| LABEL_ENDS.get(end_index(*end)) == Some(&true))
}

/// Where two bytes stand in [`LABEL_ENDS`].
fn end_index([first, second]: [u8; 2]) -> usize {
    (usize::from(first & 0x3F) << 6) | usize::from(second & 0x3F)
}

/// The ends of all labels, by the lower six bits of the two bytes.
static LABEL_ENDS: LazyLock<[bool; 1 << 12]> = LazyLock::new(|| {
    let mut ends = [false; 1 << 12];
    for anchor in labels::anchors() {
        let label = anchor.split([':', '=', '(']).next().unwrap_or_default();
        let label = label.strip_suffix(' ').unwrap_or(label);
        if let Some(slot) = label.as_bytes().last_chunk().and_then(|end| ends.get_mut(end_index(*end))) {
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
    use proptest::prelude::*;

    /// Of many cases each so-and-so-many-th, where they take too long.
    const STEP: usize = if cfg!(miri) { 37 } else { 1 };

    /// The automaton over the whole text.
    fn by_the_automaton(text: &str) -> Vec<usize> {
        ANCHORS.in_text(text).unwrap().find_iter(text).map(|anchor| anchor.start()).collect()
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
                assert!(by_the_automaton(&text).contains(&before), "{text}");
                assert_eq!(found(&text), by_the_automaton(&text), "{text}");
                assert!(may_be_in(&text), "{text}");
            }
        }
        assert!(!may_be_in(&"the server was restarted. ".repeat(90)));
        assert!(!may_be_in(""));
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
                    let text = format!("{}{text}{}", "z".repeat(one.len()), "y".repeat(SHORT));
                    assert_eq!(found(&text), by_the_automaton(&text), "{text}");
                }
            }
        }
    }

    #[test]
    fn none_reaches_too_far() {
        let longest = labels::anchors().iter().map(String::len).max().unwrap();
        let stem = STEMS.iter().chain(&STEMS_BEYOND_ASCII).map(|stem| stem.len()).max().unwrap();
        assert!(longest + stem < REACH, "{longest} {stem}");
    }

    #[test]
    fn letters_of_several_bytes_around() {
        for before in 0..8 {
            for after in (60..130).step_by(STEP) {
                let (before, after) = ("é".repeat(before * 40 + 3), "ü签".repeat(after));
                let text = format!(
                    "{before}签名与公钥匹配{after}Key Container = {after}Êxito no teste de criptografia{after}"
                );
                assert_eq!(found(&text), by_the_automaton(&text));
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
                assert_eq!(dispatch!(*level, simd => candidates(simd, before, block)), expected, "{level:?} {from}");
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
            prop_assert_eq!(found(&text), by_the_automaton(&text));
        }
    }
}
