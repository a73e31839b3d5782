//! Blocks that are compared with known shapes ahead of the state machine, without its state: it takes them when it comes to
//! their place in the state for which the shapes are good.

use super::compare::{Fit, Shape, find};
use super::moved::Moved;
use super::shaped::{Header, ShapedBlock};
use super::*;
use crate::input::{Ahead, PlainPiece};
use memchr::memmem;
use std::sync::Arc;

/// The sign at the beginning of a header: a piece that ends behind it gives the next one a block to begin with.
pub const HEADER_MARK: &str = "================ ";

/// What is known of a log's blocks so far.
#[derive(Clone)]
pub struct Known {
    pub(super) shapes: Vec<Arc<Shape>>,
    /// The state for which they are good.
    pub(super) mode: Mode,
    /// The word of the headers.
    pub(super) word: String,
    pub(super) source: SourceId,
}

/// The blocks of some lines that fit a shape, in their order.
#[derive(Default)]
pub struct ReadyBlocks {
    /// The word of the headers behind them.
    pub(super) word: String,
    pub(super) blocks: VecDeque<Ready>,
}

impl ReadyBlocks {
    /// How many they are.
    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// The block at an offset of the original, if it was compared and the headers have this word; those before it are of no
    /// use any more.
    pub(super) fn at(&mut self, start: u64, word: &str) -> Option<Ready> {
        while self.blocks.front().is_some_and(|ready| ready.block.start < start) {
            self.blocks.pop_front();
        }
        let is_here = self.word == word && self.blocks.front().is_some_and(|ready| ready.block.start == start);
        if is_here { self.blocks.pop_front() } else { None }
    }
}

/// A block that fits a shape, and the header behind it.
pub(super) struct Ready {
    /// It lacks what its own header gave, and the number of its line.
    pub(super) block: Box<ShapedBlock>,
    /// Its bytes in the text.
    pub(super) text: usize,
    /// Its bytes in the original.
    pub(super) original: u64,
    pub(super) next: NextHeader,
}

/// The header of a certificate, as it stands at the beginning of a text.
pub(super) struct NextHeader {
    /// The number in it.
    pub(super) number: Option<u32>,
    /// Where that stands.
    pub(super) digits: Range<usize>,
    /// The bytes of the line.
    pub(super) text: usize,
    /// The same with its end.
    pub(super) whole: usize,
}

impl Ready {
    /// Of lines that fit a shape up to their header. It takes the room of a block that is no longer used.
    pub(super) fn new(
        shape: &Arc<Shape>,
        (ahead, positions): (&Ahead<'_>, &[usize]),
        word: &str,
        source: SourceId,
        used: &mut UsedBlocks,
    ) -> Result<Self, Reached> {
        let text = positions.last().copied().unwrap_or(0);
        let rest = ahead.text.get(text..).ok_or(Reached::Line)?;
        if rest.is_empty() {
            return Err(Reached::Cut);
        }
        let next = next_header(rest, word).ok_or(Reached::Line)?;
        let moved = Moved::of(shape, positions, *ahead);
        let dates = moved.dates().ok_or(Reached::Line)?;
        let original = moved.original(shape.original, shape.runs.len());
        let block = ShapedBlock::new(shape, (ahead, positions), dates, Header::default(), source, used.pop());
        Ok(Self { block, text, original, next })
    }
}

/// Compares the blocks of a piece with what is known; those that fit get the room of blocks that are no longer used.
pub fn blocks_of(piece: &PlainPiece, known: &Known, used: &mut UsedBlocks) -> ReadyBlocks {
    let mut shapes = known.shapes.clone();
    let mut positions = Vec::new();
    let mut blocks = VecDeque::new();
    let batch = piece.batch(1);
    let mut lines = batch.lines();
    let mut at_header = piece.is_after_mark();
    while let Some(ahead) = lines.ahead().filter(|ahead| !ahead.text.is_empty()) {
        if !at_header {
            let Some(header) = next_mark(ahead.text) else { break };
            lines.step_over_text(header);
            at_header = lines.next().is_some();
            continue;
        }
        at_header = false;
        let Fit::Whole(index) = find(&shapes, known.mode, ahead.text.as_bytes(), &mut positions) else { continue };
        let Some(shape) = shapes.get(index) else { continue };
        let ready = Ready::new(shape, (&ahead, &positions), &known.word, known.source, used);
        let Ok(ready) = ready else { continue };
        if index > 0 {
            shapes.get_mut(..=index).into_iter().for_each(|first| first.rotate_right(1));
        }
        lines.step_over(ready.text, 0, ready.original);
        lines.step_over_text(ready.next.whole);
        at_header = true;
        blocks.push_back(ready);
    }
    ReadyBlocks { word: known.word.clone(), blocks }
}

/// Where the next line begins that may be a header.
fn next_mark(text: &str) -> Option<usize> {
    let begins_line = |at: &usize| at.checked_sub(1).is_none_or(|before| text.as_bytes().get(before) == Some(&b'\n'));
    memmem::find_iter(text.as_bytes(), HEADER_MARK).find(begins_line)
}
