//! Pieces of a log that are read ahead of their turn, by whichever thread has nothing else to do.
//!
//! What reads a log in order, and what judges its credentials, are one thread each; most of the time goes into comparing
//! blocks with shapes, which needs neither. So the file is read in pieces, and each piece is decoded and compared by the
//! thread that read it: the bytes stay in that core's cache. The reader in order then takes the blocks that were compared,
//! and reads the other lines itself.

use super::text::Portion;
use crate::formats::certutil::{Known, ReadyBlocks, UsedBlocks, blocks_of};
use crate::input::{Piece, Pieces, PlainPiece};
use crate::limits::{BATCH_RECORDS, PIECES_AHEAD, PORTIONS_AHEAD};
use std::collections::VecDeque;
use std::io::Read;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// A piece, and the blocks in it that fit a known shape.
pub(super) enum Made {
    /// It is plain.
    Plain(PlainPiece, ReadyBlocks),
    /// It is not: whoever reads in order reads it, and all that follows, in the other way.
    Other(Piece),
    /// There is no further one.
    End,
}

/// What threads that read one text have in common.
pub(super) struct PiecesAhead<R> {
    /// The pieces that are not cut off yet. It is asked for before the state is.
    source: Mutex<Option<Pieces<R>>>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Pieces can be asked for.
    open: bool,
    /// The pieces that were cut off, in order; none while somebody is at it.
    pieces: VecDeque<Option<Made>>,
    /// The number of the first of them.
    first: u64,
    known: Option<Arc<Known>>,
    portions: VecDeque<Portion>,
    /// No more portions come.
    read: bool,
    /// Nobody takes portions any more.
    stopped: bool,
    used: UsedBlocks,
    /// Buffers that are no longer used.
    buffers: Vec<Vec<u8>>,
}

impl<R: Read> PiecesAhead<R> {
    pub(super) fn new() -> Self {
        Self { source: Mutex::new(None), state: Mutex::default(), changed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A thread that panics ends the reading in any case.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'s>(&self, state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// From here on the text is read in pieces.
    pub(super) fn open(&self, pieces: Pieces<R>) {
        *self.source.lock().unwrap_or_else(PoisonError::into_inner) = Some(pieces);
        self.state().open = true;
        self.changed.notify_all();
    }

    /// The text is no longer read in pieces: what is not cut off, and the bytes of what was and is not taken, in order.
    pub(super) fn close(&self) -> Option<(Pieces<R>, Vec<Vec<u8>>)> {
        let pieces = self.source.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        let mut state = self.state();
        state.open = false;
        while state.pieces.iter().any(Option::is_none) && !state.stopped {
            state = self.wait(state);
        }
        let made = state.pieces.drain(..).flatten();
        let back = made.filter_map(|made| match made {
            Made::Plain(piece, _) => Some(piece.into_bytes().0),
            Made::Other(piece) => Some(piece.into_bytes()),
            Made::End => None,
        });
        Some((pieces, back.collect()))
    }

    /// Tells with what blocks can be compared.
    pub(super) fn tell(&self, known: Option<Known>) {
        self.state().known = known.map(Arc::new);
    }

    /// Makes a piece, or waits until something changes.
    fn pass_time<'s>(&'s self, state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        if !state.has_room() {
            return self.wait(state);
        }
        drop(state);
        self.make();
        self.state()
    }

    /// The next piece in order; others are made while somebody is at it. None: the reading is stopped.
    pub(super) fn next(&self) -> Option<Made> {
        let mut state = self.state();
        while !state.stopped {
            if let Some(made) = state.pieces.front_mut().and_then(Option::take) {
                state.pieces.pop_front();
                state.first = state.first.saturating_add(1);
                self.changed.notify_all();
                return Some(made);
            }
            state = self.pass_time(state);
        }
        None
    }

    /// Makes the next piece, if it is still wanted.
    fn make(&self) {
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(pieces) = source.as_mut() else { return };
        let (number, known, mut used, buffer, room) = {
            let mut state = self.state();
            if !state.has_room() {
                return;
            }
            let number = state.first.saturating_add(u64::try_from(state.pieces.len()).unwrap_or(u64::MAX));
            state.pieces.push_back(None);
            let buffer = state.buffers.pop().unwrap_or_default();
            let room = if pieces.is_wide() { state.buffers.pop() } else { None };
            let kept = state.used.len().saturating_sub(BATCH_RECORDS);
            (number, state.known.clone(), state.used.split_off(kept), buffer, room.unwrap_or_default())
        };
        let piece = pieces.next_piece(buffer);
        drop(source);
        let made = match piece.map(|piece| piece.plain(room)) {
            None => Made::End,
            Some(Err(piece)) => Made::Other(piece),
            Some(Ok(piece)) => {
                let blocks = known.map(|known| blocks_of(&piece, &known, &mut used)).unwrap_or_default();
                Made::Plain(piece, blocks)
            }
        };
        let mut state = self.state();
        state.used.append(&mut used);
        state.open &= matches!(made, Made::Plain(..));
        let at = number.checked_sub(state.first).and_then(|at| usize::try_from(at).ok());
        if let Some(slot) = at.and_then(|at| state.pieces.get_mut(at)) {
            *slot = Some(made);
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Takes the room of a piece that was read.
    pub(super) fn give_back(&self, piece: PlainPiece) {
        let (bytes, text) = piece.into_bytes();
        let mut state = self.state();
        state.buffers.extend([text, bytes].into_iter().filter(|buffer| buffer.capacity() > 0));
    }

    /// Hands a portion to whoever judges; others are made while there are many. Whether anybody takes it.
    pub(super) fn hand_over(&self, portion: Portion) -> bool {
        let mut state = self.state();
        while !state.stopped && state.portions.len() >= PORTIONS_AHEAD {
            state = self.pass_time(state);
        }
        let taken = !state.stopped;
        if taken {
            state.portions.push_back(portion);
            self.changed.notify_all();
        }
        taken
    }

    /// The next portion; pieces are made while there is none. None: there are no more.
    pub(super) fn portion(&self) -> Option<Portion> {
        let mut state = self.state();
        while state.portions.is_empty() && !state.read {
            state = self.pass_time(state);
        }
        self.changed.notify_all();
        state.portions.pop_front()
    }

    /// Makes pieces until the text is read.
    pub(super) fn help(&self) {
        let mut state = self.state();
        while !state.read && !state.stopped {
            state = self.pass_time(state);
        }
    }

    /// Takes the room of blocks.
    pub(super) fn reuse(&self, mut blocks: UsedBlocks) {
        if !blocks.is_empty() {
            self.state().used.append(&mut blocks);
        }
    }

    /// Gives it, unless pieces need it.
    pub(super) fn take_used(&self) -> UsedBlocks {
        let mut state = self.state();
        if state.open { UsedBlocks::new() } else { std::mem::take(&mut state.used) }
    }

    /// What tells the others when a thread ends, also by a panic.
    pub(super) fn leaves(&self, role: Role) -> Leaves<'_, R> {
        Leaves { ahead: self, role }
    }
}

/// What a thread does that others wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It reads in order.
    Reads,
    /// It takes portions.
    Judges,
}

/// Tells the others when a thread ends.
pub(super) struct Leaves<'a, R> {
    ahead: &'a PiecesAhead<R>,
    role: Role,
}

impl<R> Drop for Leaves<'_, R> {
    fn drop(&mut self) {
        let mut state = self.ahead.state.lock().unwrap_or_else(PoisonError::into_inner);
        match self.role {
            Role::Reads => state.read = true,
            Role::Judges => state.stopped = true,
        }
        drop(state);
        self.ahead.changed.notify_all();
    }
}

impl State {
    /// Whether another piece may be begun.
    fn has_room(&self) -> bool {
        self.open && !self.stopped && self.pieces.len() < PIECES_AHEAD
    }
}
