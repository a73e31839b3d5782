//! The readers of text artifacts, one line each.

use crate::formats::text_reader::TextReader;
use crate::limits::Limits;
use crate::model::fact::SourceId;

/// Readers in the order in which they are asked.
pub(super) type Readers = Vec<Box<dyn TextReader>>;

/// The readers of one text: those that are asked before certutil's parser (outside its blocks), and those that are asked
/// about what nobody else took. In each list the more specific one goes first.
pub(super) fn text_readers(_source: SourceId, _limits: &Limits) -> (Readers, Readers) {
    let first: Readers = vec![];
    let last: Readers = vec![];
    (first, last)
}
