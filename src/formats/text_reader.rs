//! What every reader of a kind of text has in common: it is offered the lines of a text one by one, among which other
//! kinds may stand.

use super::glance::Glance;
use super::piece::Piece;
use crate::model::fact::{Excerpts, Place};
use crate::model::observation::Observed;

/// A reader of one kind of text artifact.
///
/// The lines of a text are offered in order. A reader takes what is its own and leaves everything else: a ticket mixes
/// artifacts, and the lines between two records may be anything. It holds no more than one record.
pub trait TextReader {
    /// Offers a line without quoting and mark-up. `true`: it is part of what this reader reads.
    ///
    /// While a record is open, an empty line or one that is not understood may belong to it; a line that surely does not
    /// ends the record and is not taken.
    fn line(&mut self, piece: Piece<'_>) -> bool;

    /// Words, whatever their case (ASCII), with which a line is not passed over.
    fn words(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// Whether a line in which none of its words stand is nothing to this reader as it is: [`TextReader::line`] would not
    /// take it, and this reader would be as it is. `piece` is the whole line, which is no window of a longer one.
    fn passes_over(&self, _piece: Piece<'_>, _glance: &Glance<'_>) -> bool {
        false
    }

    /// Whether a record is open: the next line is then offered to this reader before any other.
    fn is_open(&self) -> bool;

    /// Ends the open record: the text ends, or something else surely begins.
    fn close(&mut self);

    /// The records that are complete, in the order of the text.
    fn take(&mut self) -> Vec<Observed>;

    /// What could not be read, with its place.
    fn problems(&mut self) -> Vec<(String, Place)> {
        Vec::new()
    }
}

/// What a reader says of the bounds it reached: each once, with the place of the first time.
#[derive(Debug, Default)]
pub struct Reached {
    said: Vec<String>,
    waiting: Vec<(String, Place)>,
}

impl Reached {
    /// Says it, unless it is said.
    pub fn say(&mut self, message: String, place: Place) {
        if !self.said.contains(&message) {
            self.said.push(message.clone());
            self.waiting.push((message, place));
        }
    }

    /// What was said since the last time.
    pub fn take(&mut self) -> Vec<(String, Place)> {
        std::mem::take(&mut self.waiting)
    }
}

/// Keeps the line of a piece for excerpts, unless enough are kept: the physical line where the piece is all of it.
pub fn keep_line(excerpts: &mut Excerpts, place: Place, piece: Piece<'_>, most: usize, columns: usize) {
    if excerpts.lines().len() >= most {
        return;
    }
    let cut = |text: &str| text.chars().take(columns).collect::<String>().trim_end().to_owned();
    if piece.is_whole_line() {
        let line = piece.line();
        excerpts.push(place.source, place.line, 1, line.start, &cut(line.text));
    } else {
        excerpts.push_runs(place, &cut(piece.text), piece.runs());
    }
}

/// From the first place to the last one, on the line of the first.
pub fn joined_place(first: Place, last: Place) -> Place {
    let len = u32::try_from(last.end().saturating_sub(first.start)).unwrap_or(u32::MAX);
    Place { len, ..first }
}
