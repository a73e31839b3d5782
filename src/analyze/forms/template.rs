//! A line of a streamed report as a text with gaps for the values of a credential.

use super::values::{Kind, SHORTEST, Values};
use crate::case::from_certutil::ShapedCredential;
use crate::formats::certutil::Spot;
use crate::report::fingerprint::Fingerprint;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// A part of the template's own text.
    Text(Range<usize>),
    /// The value of this index.
    Value(usize),
    /// The fingerprint of the finding of this index.
    Fingerprint(usize),
    /// The number of the credential.
    Id,
    /// The line so many after the first one behind the header.
    Line(i64),
    /// An offset in the original.
    Spot(Spot),
    /// The offset at which the header begins.
    Header,
}

/// A line with gaps.
#[derive(Debug, Default)]
pub(super) struct Template {
    text: Vec<u8>,
    pieces: Vec<Piece>,
    /// The line that was made last: most values of the next one are as long as its own, and take their places.
    last: Mutex<Last>,
}

/// A line, and where the gaps are in it.
#[derive(Debug, Default)]
struct Last {
    /// It was made to its end.
    whole: bool,
    line: Vec<u8>,
    filled: Vec<Range<usize>>,
}

/// What fills the gaps.
pub(super) struct Filling<'a> {
    pub(super) id: u32,
    pub(super) shaped: &'a ShapedCredential,
    pub(super) values: &'a Values,
    /// The fingerprints of the findings.
    pub(super) fingerprints: &'a [Fingerprint],
}

/// Finds the gaps in the lines of a made-up credential.
pub(super) struct Gaps<'a> {
    finder: AhoCorasick,
    pieces: Vec<Piece>,
    spots: Vec<(u64, Spot)>,
    filling: &'a Filling<'a>,
}

impl<'a> Gaps<'a> {
    /// Whatever is one of its values, or a number that only its number, lines and offsets are as high as.
    pub(super) fn of(kinds: &[Kind], filling: &'a Filling<'a>) -> Option<Self> {
        let values = (0..kinds.len())
            .map(|index| (Piece::Value(index), filling.values.get(index, &filling.shaped.block).to_vec()));
        let fingerprints = filling.fingerprints.iter().enumerate();
        let fingerprints = fingerprints.map(|(index, print)| (Piece::Fingerprint(index), print.digits().to_vec()));
        let gaps = values.chain(fingerprints).filter(|(_, words)| words.len() >= SHORTEST);
        let (pieces, words): (Vec<Piece>, Vec<Vec<u8>>) = gaps.unzip();
        // It is used for a few lines: one that is soon built.
        let finder = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::NoncontiguousNFA))
            .prefilter(false)
            .match_kind(MatchKind::LeftmostLongest)
            .build(words)
            .ok()?;
        Some(Self { finder, pieces, spots: filling.shaped.block.spots(), filling })
    }
}

impl Template {
    /// The template of a made-up credential's line. `None`: it holds a number of which it is not known what it counts.
    pub(super) fn learn(line: &[u8], gaps: &Gaps<'_>) -> Option<Self> {
        let mut template = Self::default();
        let mut from = 0;
        for found in gaps.finder.find_iter(line) {
            template.numbers(line.get(from..found.start())?, gaps)?;
            template.pieces.push(gaps.pieces.get(found.pattern().as_usize())?.clone());
            from = found.end();
        }
        template.numbers(line.get(from..)?, gaps)?;
        Some(template)
    }

    /// Takes a part of the line without values.
    fn numbers(&mut self, part: &[u8], Gaps { spots, filling, .. }: &Gaps<'_>) -> Option<()> {
        let block = &filling.shaped.block;
        let mut rest = part;
        while !rest.is_empty() {
            let other = rest.iter().position(u8::is_ascii_digit).unwrap_or(rest.len());
            let (before, from) = rest.split_at(other);
            let digits = from.iter().position(|b| !b.is_ascii_digit()).unwrap_or(from.len());
            let (number, after) = from.split_at(digits);
            self.words(before);
            rest = after;
            let value = std::str::from_utf8(number).ok()?.parse::<u64>().ok().filter(|value| *value >= LOWEST);
            let Some(value) = value else {
                self.words(number);
                continue;
            };
            let line = i64::try_from(value).ok()?.checked_sub(i64::try_from(block.first_line()).ok()?)?;
            let piece = if value == u64::from(filling.id) {
                Piece::Id
            } else if (-1..LINES).contains(&line) {
                Piece::Line(line)
            } else if value == block.header_start() {
                Piece::Header
            } else {
                Piece::Spot(spots.iter().find(|(offset, _)| *offset == value)?.1)
            };
            self.pieces.push(piece);
        }
        Some(())
    }

    fn words(&mut self, words: &[u8]) {
        let from = self.text.len();
        self.text.extend(words);
        match self.pieces.last_mut() {
            Some(Piece::Text(last)) => last.end = self.text.len(),
            _ if words.is_empty() => {}
            _ => self.pieces.push(Piece::Text(from..self.text.len())),
        }
    }

    /// Gives the line of a credential.
    pub(super) fn fill(&self, filling: &Filling<'_>, take: impl FnOnce(&[u8])) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let Last { whole, line, filled } = &mut *last;
        let mut room = Room::default();
        let gaps = self.pieces.iter().filter(|piece| !matches!(piece, Piece::Text(_)));
        let fits = *whole
            && gaps.zip(&*filled).all(|(piece, place)| {
                let value = room.value(piece, filling);
                let slot = line.get_mut(place.clone()).filter(|slot| slot.len() == value.len());
                slot.map(|slot| slot.copy_from_slice(value)).is_some()
            });
        if !fits {
            *whole = false;
            line.clear();
            filled.clear();
            for piece in &self.pieces {
                let from = line.len();
                if let Piece::Text(range) = piece {
                    line.extend_from_slice(self.text.get(range.clone()).unwrap_or_default());
                } else {
                    line.extend_from_slice(room.value(piece, filling));
                    filled.push(from..line.len());
                }
            }
            *whole = true;
        }
        take(line);
    }

    /// The values that it has gaps for.
    pub(super) fn values(&self) -> impl Iterator<Item = usize> {
        self.pieces.iter().filter_map(|piece| if let Piece::Value(index) = piece { Some(*index) } else { None })
    }

    /// The same with values of other indexes.
    pub(super) fn renumbered(mut self, index: impl Fn(usize) -> usize) -> Self {
        for piece in &mut self.pieces {
            if let Piece::Value(at) = piece {
                *at = index(*at);
            }
        }
        self
    }
}

/// Room for a value that stands nowhere yet.
#[derive(Default)]
struct Room {
    number: itoa::Buffer,
    digits: [u8; 16],
}

impl Room {
    /// What stands in a gap.
    #[inline]
    fn value<'v>(&'v mut self, gap: &Piece, filling: &Filling<'v>) -> &'v [u8] {
        let block = &*filling.shaped.block;
        let number = match gap {
            Piece::Text(_) => return &[],
            Piece::Value(index) => return filling.values.get(*index, block),
            Piece::Fingerprint(index) => {
                let Some(print) = filling.fingerprints.get(*index) else { return &[] };
                self.digits = print.digits();
                return &self.digits;
            }
            Piece::Id => u64::from(filling.id),
            Piece::Line(line) => block.first_line().saturating_add_signed(*line),
            Piece::Spot(spot) => block.offset(*spot),
            Piece::Header => block.header_start(),
        };
        self.number.format(number).as_bytes()
    }
}

/// Numbers, lines and offsets of made-up credentials are at least as high as this: no number of a real line is.
pub(super) const LOWEST: u64 = 4_000_000_000;

/// More lines than a block with a shape has.
const LINES: i64 = 1 << 20;
