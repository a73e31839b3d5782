//! The record of a block that has a known shape.

use super::compare::{Part, Point, Shape};
use super::*;
use crate::formats::certutil::block_fields::TextField;

/// Parts of a distinguished name as one text, for which there is `room`; a single part as it is.
pub(super) fn join<'t>(parts: &[Part], text: impl Fn(&Part) -> &'t str, room: &'t mut String) -> &'t str {
    if let [part] = parts {
        return text(part);
    }
    room.clear();
    push_joined(parts, text, room);
    room
}

/// Appends the parts of a distinguished name.
pub(super) fn push_joined<'t>(parts: &[Part], text: impl Fn(&Part) -> &'t str, out: &mut String) {
    for (at, part) in parts.iter().enumerate() {
        out.push_str(if at > 0 { ", " } else { "" });
        out.push_str(text(part));
    }
}

/// A shape where it fits: the way from its own text to the one at hand.
pub(super) struct Moved<'s> {
    pub(super) shape: &'s Shape,
    pub(super) positions: &'s [usize],
    pub(super) ahead: Ahead<'s>,
    /// Where each cut of the shape begins, if the text is nothing but them.
    cuts: Option<&'s [usize]>,
}

impl<'s> Moved<'s> {
    /// To lines that fit a shape.
    pub(super) fn of(shape: &'s Shape, positions: &'s [usize], ahead: Ahead<'s>) -> Self {
        Self { shape, positions, ahead, cuts: None }
    }

    /// To what was cut out of such lines.
    pub(super) fn cut(self, cuts: &'s [usize]) -> Self {
        Self { cuts: Some(cuts), ..self }
    }

    /// Where a run begins in the shape's own text. Behind the last one: the end.
    fn begin(&self, run: usize) -> usize {
        self.shape.runs.get(run).map_or(self.shape.text.len(), |run| run.from)
    }

    /// By how many bytes of the original a run has moved.
    fn moved_by(&self, run: usize) -> i64 {
        let to_i64 = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let Some(at) = self.positions.get(run) else { return 0 };
        to_i64(*at).saturating_sub(to_i64(self.begin(run))).saturating_mul(i64::from(self.ahead.unit))
    }

    /// An offset in the original from the beginning of the block.
    pub(super) fn original(&self, offset: u64, run: usize) -> u64 {
        offset.saturating_add_signed(self.moved_by(run))
    }

    pub(super) fn index(&self, point: Point) -> usize {
        let position = self.positions.get(point.run).copied().unwrap_or(0);
        point.at.saturating_add(position).saturating_sub(self.begin(point.run))
    }

    /// The text that stands for a part of the shape's own.
    pub(super) fn text(&self, part: &Part) -> &'s str {
        let (from, to) = (self.index(part.from), self.index(part.to));
        let Some(starts) = self.cuts else { return self.ahead.text.get(from..to).unwrap_or_default() };
        let Some(cut) = part.cut else { return self.shape.own(part) };
        let cut = self.shape.cuts.get(cut).zip(starts.get(cut));
        let Some((cut, start)) = cut else { return "" };
        let start = start.saturating_add(from).saturating_sub(self.index(cut.from));
        self.ahead.text.get(start..start.saturating_add(to.saturating_sub(from))).unwrap_or_default()
    }

    /// The text that stands for the value behind a run: the shape's own when it is not kept.
    pub(super) fn value(&self, run: usize) -> Option<&'s str> {
        let next = run.checked_add(1)?;
        let from = Point { at: self.shape.runs.get(run)?.to, run };
        let to = Point { at: self.begin(next), run: next };
        let cut = self.shape.cuts.iter().position(|cut| cut.from.at <= from.at && to.at <= cut.to.at);
        Some(self.text(&Part { from, to, cut }))
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

    /// Gives the block the hash of the printed public key. `None`: it is whole where the shape's own was cut, or the other
    /// way round.
    fn key(&self, block: &mut CertificateBlock) -> Option<()> {
        if block.key_id.is_some() {
            return Some(());
        }
        match (&mut block.public_key_sha1, self.is_key_whole()) {
            (None, whole) => (!whole || block.public_key_algorithm.is_none()).then_some(()),
            (Some(fact), true) => {
                fact.value = self.public_key_sha1();
                Some(())
            }
            (Some(_), false) => None,
        }
    }

    fn rows(&self) -> impl Iterator<Item = ([u8; 16], usize)> {
        self.shape.rows.iter().filter_map(|part| values::dump_row(self.text(part)))
    }

    fn is_key_whole(&self) -> bool {
        let head = self.shape.rows.first().and_then(|part| values::dump_row(self.text(part))).unwrap_or_default();
        is_whole_public_key(head.0.get(..head.1).unwrap_or_default(), self.shape.key_bytes)
    }

    /// The hash of the printed public key.
    pub(super) fn public_key_sha1(&self) -> Sha1 {
        let mut key = Vec::with_capacity(self.shape.key_bytes);
        for (bytes, length) in self.rows() {
            key.extend(bytes.iter().take(length));
        }
        Sha1::of(&key)
    }

    /// The dates, if [`Moved::fill`] gives a record: what else stands where a value may differ is one.
    pub(super) fn dates(&self) -> Option<[Option<PrintedDate>; 2]> {
        let own = &self.shape.block;
        let mut dates = [&own.not_before, &own.not_after].map(|line| line.as_ref().and_then(|line| line.date));
        for (field, parts) in &self.shape.texts {
            let at = match field {
                TextField::NotBefore => 0,
                TextField::NotAfter => 1,
                _ => continue,
            };
            let [part] = parts.as_slice() else { return None };
            let slot = dates.get_mut(at)?;
            let text = self.text(part);
            // Certificates of one day, or of one CA, often have the same.
            if text == self.shape.own(part) {
                continue;
            }
            let date = PrintedDate::parse(text);
            if slot.is_some() != date.is_some() {
                return None;
            }
            *slot = date;
        }
        let fits = || match own.public_key_sha1 {
            None => own.public_key_algorithm.is_none() || !self.is_key_whole(),
            Some(_) => self.is_key_whole(),
        };
        (own.key_id.is_some() || fits()).then_some(dates)
    }
}
