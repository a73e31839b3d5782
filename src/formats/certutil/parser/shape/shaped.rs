//! A block that was compared with the shape of an earlier one: its record is made when it is asked for.

use super::compare::Shape;
use super::moved::{Moved, push_joined};
use super::*;
use crate::formats::certutil::block_fields::TextField;

/// By so many bytes a block's values may be longer than those of its shape without a second allocation.
const RESERVE_BYTES: usize = 160;

/// A certificate block that has the shape of an earlier one: what differs between them, as far as it is read.
#[derive(Clone)]
pub struct ShapedBlock {
    pub(super) shape: Arc<Shape>,
    /// The cuts of the shape, one after the other, and the fields that are made of several parts.
    text: String,
    places: Places,
    /// The number of the first line after the header, and its offset in the original.
    pub(super) number: u64,
    pub(super) start: u64,
    pub(super) header: Header,
    dates: [Option<PrintedDate>; 2],
    pub(super) source: SourceId,
}

/// Blocks that are no longer used: others get their room, which is then not wiped and asked for again. The boxes come out of
/// records, and go into others.
pub type UsedBlocks = Vec<Box<ShapedBlock>>;

/// Where things stand, in one list: each run of the shape in the block, and its end; each cut in the text that is kept;
/// beginning and end of each field there.
#[derive(Clone, Default)]
struct Places {
    all: Vec<usize>,
    runs: usize,
    cuts: usize,
}

impl Places {
    /// The runs, the cuts, the fields.
    fn split(&self) -> (&[usize], &[usize], &[usize]) {
        let (runs, rest) = self.all.split_at_checked(self.runs).unwrap_or_default();
        let (cuts, fields) = rest.split_at_checked(self.cuts).unwrap_or_default();
        (runs, cuts, fields)
    }
}

/// What the header gave. Nothing, until it is read.
#[derive(Debug, Clone, Default)]
pub(super) struct Header {
    pub(super) index: Option<Fact<u32>>,
    pub(super) line: u32,
    pub(super) start: u64,
    pub(super) nested: bool,
    pub(super) smart_card: bool,
}

impl Header {
    /// Of a block of which nothing else was read.
    pub(super) fn of(block: &CertificateBlock) -> Self {
        Self {
            index: block.index.clone(),
            line: block.first_line,
            start: block.start,
            nested: block.nested,
            smart_card: block.smart_card,
        }
    }
}

impl ShapedBlock {
    /// The block whose header was read, and whose lines begin a text. It takes the room of one that is no longer used.
    pub(super) fn new(
        shape: &Arc<Shape>,
        (ahead, positions): (&Ahead<'_>, &[usize]),
        dates: [Option<PrintedDate>; 2],
        header: Header,
        source: SourceId,
        mut used: Option<Box<Self>>,
    ) -> Box<Self> {
        let moved = Moved::of(shape, positions, *ahead);
        let room = used.as_mut().map(|used| (std::mem::take(&mut used.text), std::mem::take(&mut used.places.all)));
        let (mut text, mut places) = room.unwrap_or_default();
        text.clear();
        places.clear();
        text.reserve(shape.cut_bytes.saturating_add(RESERVE_BYTES));
        let fields = shape.texts.len().saturating_mul(2);
        places.reserve_exact(positions.len().saturating_add(shape.cuts.len()).saturating_add(fields));
        places.extend_from_slice(positions);
        for cut in &shape.cuts {
            places.push(text.len());
            text.push_str(moved.text(cut));
        }
        for (_, parts) in &shape.texts {
            let kept = match parts.as_slice() {
                [part] => part.cut.and_then(|cut| {
                    let start = *places.get(positions.len().checked_add(cut)?)?;
                    let (begin, from) = (moved.index(shape.cuts.get(cut)?.from), moved.index(part.from));
                    let from = start.checked_add(from.checked_sub(begin)?)?;
                    Some((from, start.checked_add(moved.index(part.to).checked_sub(begin)?)?))
                }),
                _ => None,
            };
            let (from, to) = kept.unwrap_or_else(|| {
                let from = text.len();
                push_joined(parts, |part| moved.text(part), &mut text);
                (from, text.len())
            });
            places.extend_from_slice(&[from, to]);
        }
        let block = Self {
            shape: Arc::clone(shape),
            text,
            places: Places { all: places, runs: positions.len(), cuts: shape.cuts.len() },
            number: ahead.number,
            start: ahead.start,
            header,
            dates,
            source,
        };
        match used {
            Some(mut used) => {
                *used = block;
                used
            }
            None => Box::new(block),
        }
    }

    pub(super) fn moved(&self) -> Moved<'_> {
        let unit = self.shape.mode.unit;
        let ahead = Ahead { text: &self.text, start: self.start, number: self.number, unit };
        let (runs, cuts, _) = self.places.split();
        Moved::of(&self.shape, runs, ahead).cut(cuts)
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

    /// Where it stands: the line of its header, the first byte, one after the last.
    pub fn range(&self) -> (u32, u64, u64) {
        let end = Spot { at: self.shape.block.end, run: self.shape.end };
        (self.header.line, self.header.start, self.offset(end))
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

    /// What stands for the field of this index; the parts of a name are joined.
    pub fn text(&self, index: usize) -> &str {
        self.text.get(self.text_range(index)).unwrap_or_default()
    }

    /// Where it stands in what is kept of the block.
    pub fn text_range(&self, index: usize) -> Range<usize> {
        let (_, _, fields) = self.places.split();
        fields.as_chunks::<2>().0.get(index).map_or(0..0, |[from, to]| *from..*to)
    }

    /// A part of what is kept of the block.
    pub fn kept(&self, range: Range<usize>) -> &[u8] {
        self.text.as_bytes().get(range).unwrap_or_default()
    }

    /// What the block says in a field of words, whether its blocks differ there or not.
    pub fn words(&self, field: TextField) -> Option<&str> {
        if let Some(at) = self.shape.texts.iter().position(|(own, _)| *own == field) {
            return Some(self.text(at));
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
        let subject = self.words(TextField::Subject);
        subject.is_some() && subject == self.words(TextField::Issuer)
    }

    /// The hash of the printed public key, where certutil prints none.
    pub fn public_key_sha1(&self) -> Option<Sha1> {
        self.shape.block.public_key_sha1.as_ref().map(|_| self.moved().public_key_sha1())
    }

    /// Whether a value makes a kept line longer than so many bytes.
    pub fn is_wider_than(&self, bytes: usize) -> bool {
        if self.shape.widest <= bytes {
            return false;
        }
        let moved = self.moved();
        let mut varying = self.shape.kept.iter().filter(|kept| kept.part.from.run != kept.part.to.run);
        varying.any(|kept| moved.index(kept.part.to).saturating_sub(moved.index(kept.part.from)) > bytes)
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
