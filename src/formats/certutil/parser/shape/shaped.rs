//! A block that was compared with the shape of an earlier one: its record is made when it is asked for.

use super::compare::Shape;
use super::moved::{Moved, join};
use super::*;
use crate::formats::certutil::block_fields::TextField;

/// A certificate block that has the shape of an earlier one: a copy of its lines.
#[derive(Clone)]
pub struct ShapedBlock {
    pub(super) shape: Arc<Shape>,
    pub(super) text: Box<str>,
    /// Where each run of the shape stands in the text, and its end.
    pub(super) positions: Box<[usize]>,
    /// The number of the first line after the header, and its offset in the original.
    pub(super) number: u64,
    pub(super) start: u64,
    pub(super) header: Header,
    pub(super) dates: [Option<PrintedDate>; 2],
    pub(super) source: SourceId,
}

/// What the header gave.
#[derive(Debug, Clone)]
pub(super) struct Header {
    pub(super) index: Option<Fact<u32>>,
    pub(super) line: u32,
    pub(super) start: u64,
    pub(super) nested: bool,
    pub(super) smart_card: bool,
}

impl ShapedBlock {
    /// The block whose header was read, and whose lines begin a text.
    pub(super) fn new(
        shape: &Arc<Shape>,
        (ahead, positions): (&Ahead<'_>, &[usize]),
        dates: [Option<PrintedDate>; 2],
        opened: &mut CertificateBlock,
        source: SourceId,
    ) -> Self {
        let text = ahead.text.get(..positions.last().copied().unwrap_or(0)).unwrap_or_default();
        let header = Header {
            index: opened.index.take(),
            line: opened.first_line,
            start: opened.start,
            nested: opened.nested,
            smart_card: opened.smart_card,
        };
        Self {
            shape: Arc::clone(shape),
            text: text.into(),
            positions: positions.into(),
            number: ahead.number,
            start: ahead.start,
            header,
            dates,
            source,
        }
    }

    pub(super) fn moved(&self) -> Moved<'_> {
        let unit = self.shape.mode.unit;
        let ahead = Ahead { text: &self.text, start: self.start, number: self.number, unit };
        Moved { shape: &self.shape, positions: &self.positions, ahead }
    }

    /// The record of the block, as if its lines had been read one by one.
    pub fn block(&self) -> CertificateBlock {
        let mut block = self.shape.block.clone();
        block.index.clone_from(&self.header.index);
        (block.first_line, block.start) = (self.header.line, self.header.start);
        (block.nested, block.smart_card) = (self.header.nested, self.header.smart_card);
        // That it fits was seen when it was compared.
        self.moved().fill(&mut block, self.source).unwrap_or_default();
        block
    }

    /// The number in its header.
    pub fn index(&self) -> Option<u32> {
        self.header.index.as_ref().map(|index| index.value)
    }

    /// The dates of its validity, as printed.
    pub fn dates(&self) -> [Option<PrintedDate>; 2] {
        self.dates
    }

    /// The same number for every block of one shape, as long as one of them is kept.
    pub fn shape(&self) -> usize {
        Arc::as_ptr(&self.shape).addr()
    }

    /// The number of the first line after the header.
    pub fn first_line(&self) -> u64 {
        self.number
    }

    /// The offset in the original at which the header begins.
    pub fn header_start(&self) -> u64 {
        self.header.start
    }

    /// The values that may differ between the blocks of its shape: what each of [`ShapedBlock::text`] is.
    pub fn fields(&self) -> impl Iterator<Item = TextField> {
        self.shape.texts.iter().map(|(field, _)| *field)
    }

    /// What stands for the field of this index; parts of a name are joined in `room`.
    pub fn text<'t>(&'t self, index: usize, room: &'t mut String) -> &'t str {
        let moved = self.moved();
        let parts = self.shape.texts.get(index).map(|(_, parts)| parts.as_slice()).unwrap_or_default();
        join(parts, |part| moved.text(part), room)
    }

    /// What the block says in a field of words, whether its blocks differ there or not.
    pub fn words<'t>(&'t self, field: TextField, room: &'t mut String) -> Option<&'t str> {
        if let Some(at) = self.shape.texts.iter().position(|(own, _)| *own == field) {
            return Some(self.text(at, room));
        }
        let block = &self.shape.block;
        let fact = match field {
            TextField::Subject => &block.subject,
            TextField::Issuer => &block.issuer,
            TextField::StoredContainer => &block.stored_container,
            TextField::SimpleName => &block.simple_name,
            TextField::UniqueName => &block.unique_name,
            _ => &None,
        };
        fact.as_ref().map(|fact| fact.value.as_str())
    }

    /// Whether subject and issuer are the same words.
    pub fn is_self_issued(&self) -> bool {
        let moved = self.moved();
        let length = |field| {
            let (_, parts) = self.shape.texts.iter().find(|(own, _)| *own == field)?;
            Some(parts.iter().map(|part| moved.text(part).len().saturating_add(2)).fold(0, usize::saturating_add))
        };
        if let (Some(subject), Some(issuer)) = (length(TextField::Subject), length(TextField::Issuer))
            && subject != issuer
        {
            return false;
        }
        let (mut subject, mut issuer) = (String::new(), String::new());
        let subject = self.words(TextField::Subject, &mut subject);
        subject.is_some() && subject == self.words(TextField::Issuer, &mut issuer)
    }

    /// The hash of the printed public key, if the block shows the key.
    pub fn public_key_sha1(&self) -> Option<Sha1> {
        self.shape.block.public_key_sha1.as_ref().map(|_| self.moved().public_key_sha1())
    }

    /// Whether the same SHA-1 of the key is printed.
    pub fn shows_key_id(&self) -> bool {
        self.shape.block.key_id.is_some()
    }

    /// Whether a value makes a kept line longer than so many bytes.
    pub fn is_wider_than(&self, bytes: usize) -> bool {
        let moved = self.moved();
        let mut varying = self.shape.kept.iter().filter(|kept| kept.part.from.run != kept.part.to.run);
        varying.any(|kept| moved.text(&kept.part).len() > bytes)
    }

    /// The offset in the original of a place in its lines.
    pub fn offset(&self, spot: Spot) -> u64 {
        self.start.saturating_add(self.moved().original(spot.at, spot.run))
    }

    /// Where the places of the record begin and end: their offsets in the original.
    pub fn spots(&self) -> Vec<(u64, Spot)> {
        let shape = &*self.shape;
        let mut spots = vec![Spot { at: shape.block.end, run: shape.end }];
        let mut moves = shape.moves.iter();
        shape.block.clone().each_place(&mut |_, place| {
            let (from, to) = moves.next().copied().unwrap_or_default();
            spots.extend([Spot { at: place.start, run: from }, Spot { at: place.end(), run: to }]);
        });
        spots.extend(shape.kept.iter().map(|kept| Spot { at: kept.start, run: kept.part.from.run }));
        spots.into_iter().map(|spot| (self.offset(spot), spot)).collect()
    }
}

/// A place in the lines of all blocks of a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// The offset from the first line in the block that taught the shape.
    at: u64,
    /// The run with which it moves.
    run: usize,
}

impl PartialEq for ShapedBlock {
    fn eq(&self, other: &Self) -> bool {
        self.block() == other.block()
    }
}

impl std::fmt::Debug for ShapedBlock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.block().fmt(f)
    }
}
