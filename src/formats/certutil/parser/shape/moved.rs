//! The record of a block that has a known shape.

use super::compare::{Part, Point, Run, Shape};
use super::*;

/// Parts of a distinguished name as one text, for which there is `room`; a single part as it is.
pub(super) fn join<'t>(parts: &[Part], text: impl Fn(&Part) -> &'t str, room: &'t mut String) -> &'t str {
    if let [part] = parts {
        return text(part);
    }
    room.clear();
    for (at, part) in parts.iter().enumerate() {
        room.push_str(if at > 0 { ", " } else { "" });
        room.push_str(text(part));
    }
    room
}

/// A shape where it fits: the way from its own text to the one at hand.
pub(super) struct Moved<'s> {
    pub(super) shape: &'s Shape,
    pub(super) positions: &'s [usize],
    pub(super) ahead: &'s Ahead<'s>,
    /// For each run, by how many bytes of the original it has moved.
    pub(super) by: Vec<i64>,
}

impl<'s> Moved<'s> {
    pub(super) fn new(shape: &'s Shape, positions: &'s [usize], ahead: &'s Ahead<'s>) -> Self {
        let length = shape.text.len();
        let end = Run { from: length, to: length, value: None, spans: (0, 0), id: 0 };
        let to_i64 = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let by = shape.runs.iter().chain([&end]).zip(positions);
        let by = by.map(|(run, at)| to_i64(*at).saturating_sub(to_i64(run.from)).saturating_mul(i64::from(ahead.unit)));
        Self { shape, positions, ahead, by: by.collect() }
    }

    pub(super) fn moved_by(&self, run: usize) -> i64 {
        self.by.get(run).copied().unwrap_or(0)
    }

    /// An offset in the original from the beginning of the block.
    pub(super) fn original(&self, offset: u64, run: usize) -> u64 {
        offset.saturating_add_signed(self.moved_by(run))
    }

    pub(super) fn index(&self, point: Point) -> usize {
        let from = self.shape.runs.get(point.run).map_or(self.shape.text.len(), |run| run.from);
        let position = self.positions.get(point.run).copied().unwrap_or(0);
        point.at.saturating_add(position).saturating_sub(from)
    }

    /// The text that stands for a part of the shape's own.
    pub(super) fn text(&self, part: &Part) -> &'s str {
        self.ahead.text.get(self.index(part.from)..self.index(part.to)).unwrap_or_default()
    }

    /// Gives a copy of the shape's block the places and values of this one. `None`: a value is none.
    pub(super) fn fill(&self, block: &mut CertificateBlock, source: SourceId) -> Option<()> {
        let shape = self.shape;
        let first_line = u32::try_from(self.ahead.number).unwrap_or(u32::MAX);
        let mut moves = shape.moves.iter();
        block.each_place(&mut |_, place| {
            let (from, to) = moves.next().copied().unwrap_or_default();
            let longer = self.moved_by(to).saturating_sub(self.moved_by(from));
            place.line = place.line.saturating_add(first_line);
            place.start = self.ahead.start.saturating_add(self.original(place.start, from));
            place.len = place.len.saturating_add_signed(i32::try_from(longer).unwrap_or(0));
        });
        block.end = self.ahead.start.saturating_add(self.original(block.end, shape.end));
        let mut joined = String::new();
        for (field, parts) in &shape.texts {
            block.set_text(*field, join(parts, |part| self.text(part), &mut joined))?;
        }
        self.key(block)?;
        block.excerpts.reserve(shape.kept.len(), shape.kept_bytes);
        for kept in &shape.kept {
            let start = self.ahead.start.saturating_add(self.original(kept.start, kept.part.from.run));
            let number = kept.number.saturating_add(first_line);
            block.excerpts.push(source, number, kept.column, start, self.text(&kept.part));
        }
        Some(())
    }

    /// The hash of the printed public key. `None`: it is whole where the shape's own was cut, or the other way round.
    pub(super) fn key(&self, block: &mut CertificateBlock) -> Option<()> {
        let shape = self.shape;
        let row = |part: &Part| values::dump_row(self.text(part));
        let head = shape.rows.first().and_then(row).unwrap_or_default();
        let head = head.0.get(..head.1).unwrap_or_default();
        let whole = is_whole_public_key(head, shape.key_bytes);
        match &mut block.public_key_sha1 {
            None => (!whole || block.public_key_algorithm.is_none()).then_some(()),
            Some(fact) if whole => {
                let mut key = Vec::with_capacity(shape.key_bytes);
                for (bytes, length) in shape.rows.iter().filter_map(row) {
                    key.extend(bytes.iter().take(length));
                }
                fact.value = Sha1::of(&key);
                Some(())
            }
            Some(_) => None,
        }
    }
}
