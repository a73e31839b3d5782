//! The shape of a block, and whether a text has it.

use super::*;
use crate::formats::certutil::block_fields::TextField;
use fearless_simd::{Level, dispatch};

/// The longest text of a name or date that may differ, in bytes: no bound of the state machine is near.
const VALUE_BYTES: usize = 80;

/// The same of a whole distinguished name.
const NAME_BYTES: usize = 200;

/// What stands in a pattern for a digit that may differ: no byte of a text in UTF-8.
pub(super) const DIGIT: u8 = 0xFF;

/// Which bytes may stand for a digit of a number that may differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Digits {
    /// None but itself.
    Same,
    /// `0` to `9`, `a` to `f`.
    Lower,
    /// `0` to `9`, `A` to `F`.
    Upper,
}

/// What may stand for a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// A name without blanks.
    Name,
    /// A name of a container, which may have blanks.
    Container,
    /// A name, an address or a path without blanks.
    Address,
    /// Words, as in a part of a distinguished name.
    Words,
    /// A distinguished name on one line, without the type of its first part.
    DistinguishedName,
    /// A date and a time.
    Date,
}

impl Class {
    /// How many bytes such a value has at most.
    pub(super) const fn most_bytes(self) -> usize {
        match self {
            Self::DistinguishedName => NAME_BYTES,
            Self::Name | Self::Container | Self::Address | Self::Words | Self::Date => VALUE_BYTES,
        }
    }

    /// The bit in [`ALLOWED`].
    pub(super) const fn bit(self) -> u8 {
        match self {
            Self::Name => 1,
            Self::Address => 2,
            Self::Words => 4,
            Self::Date => 8,
            Self::DistinguishedName => 16,
            Self::Container => 32,
        }
    }

    /// The length of such a value at the beginning of a text. `None`: there is none.
    pub(super) fn measure(self, text: &[u8]) -> Option<usize> {
        let reach = text.get(..self.most_bytes().saturating_add(1)).unwrap_or(text);
        let allowed = |b: &u8| ALLOWED.get(usize::from(*b)).is_some_and(|classes| classes & self.bit() != 0);
        let length = reach.iter().position(|b| !allowed(b)).unwrap_or(reach.len());
        let value = text.get(..length).filter(|_| length <= self.most_bytes())?;
        let edge = |b: Option<&u8>| b.is_none_or(|b| matches!(b, b' ' | b','));
        if edge(value.first()) || edge(value.last()) {
            return None;
        }
        // Whole phrases and the names of constants say something wherever they stand.
        let quiet = self == Self::Date || !value.iter().any(|b| matches!(b, b' ' | b'_' | b'=')) || {
            let words = std::str::from_utf8(value).ok()?;
            !split::may_hold_a_mark(words) && !anchors::is_in(words) && !words.contains("AT_")
        };
        quiet.then_some(length)
    }
}

/// For each byte in the values of which classes it may stand. With none of them a line is quoted, cut, or told from others.
static ALLOWED: [u8; 256] = {
    let mut classes = [0; 256];
    let (mut rest, mut byte) = (classes.as_mut_slice(), 0_u8);
    // A constant can't be made with an iterator.
    while let [class, after @ ..] = rest {
        *class = classes_of(byte);
        (rest, byte) = (after, byte.wrapping_add(1));
    }
    classes
};

/// The classes in whose values a byte may stand.
const fn classes_of(byte: u8) -> u8 {
    let name = byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'*' | b'@' | b'_');
    let address = matches!(byte, b'/' | b':' | b'%' | b'?' | b'+' | b'~');
    let words = matches!(byte, b' ' | b'(' | b')' | b',' | b'\'' | b'/');
    let date = byte.is_ascii_digit() || matches!(byte, b'/' | b'.' | b'-' | b':' | b' ' | b'A' | b'P' | b'M');
    let everywhere = Class::Name.bit()
        | Class::Container.bit()
        | Class::Address.bit()
        | Class::Words.bit()
        | Class::DistinguishedName.bit();
    let mut classes = if name { everywhere } else { 0 };
    if byte == b' ' {
        classes |= Class::Container.bit();
    }
    if address {
        classes |= Class::Address.bit();
    }
    if words {
        classes |= Class::Words.bit() | Class::DistinguishedName.bit();
    }
    if byte == b'=' {
        classes |= Class::DistinguishedName.bit();
    }
    if date {
        classes |= Class::Date.bit();
    }
    classes
}

/// Bytes that are compared, and the value behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) value: Option<Class>,
    /// Its spans.
    pub(super) spans: (usize, usize),
    /// The same for the same run of shapes that are the same up to its end.
    pub(super) id: u64,
}

/// Bytes of a run that are compared in one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) digits: Digits,
}

/// An index in the text of the block that taught a shape, and the run with which it moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) at: usize,
    pub(super) run: usize,
}

/// A part of that text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) from: Point,
    pub(super) to: Point,
    /// The cut that holds it, if it differs between blocks.
    pub(super) cut: Option<usize>,
}

/// A line that is kept for excerpts.
#[derive(Debug, Clone, Copy)]
pub(super) struct KeptLine {
    pub(super) number: u32,
    pub(super) column: u32,
    pub(super) start: u64,
    pub(super) part: Part,
}

/// The shape of a block. Lines and original offsets in it count from the line after the header.
pub(super) struct Shape {
    pub(super) mode: Mode,
    pub(super) text: Box<str>,
    /// The bytes of the text, with [`DIGIT`] where other digits may stand: what is compared is read from one place.
    pub(super) pattern: Vec<u8>,
    pub(super) spans: Vec<Span>,
    pub(super) runs: Vec<Run>,
    pub(super) lines: u32,
    pub(super) block: CertificateBlock,
    /// For each place of the block, in their order, the runs with which its beginning and its end move.
    pub(super) moves: Vec<(usize, usize)>,
    /// The run with which the end of the block moves.
    pub(super) end: usize,
    pub(super) texts: Vec<(TextField, Vec<Part>)>,
    pub(super) kept: Vec<KeptLine>,
    /// About how many bytes they have.
    pub(super) kept_bytes: usize,
    /// How many bytes the longest of those that differ may have.
    pub(super) widest: usize,
    /// The rows of the public key's dump, where its hash is not printed.
    pub(super) rows: Vec<Part>,
    /// The parts of a block that have to be kept of it.
    pub(super) cuts: Vec<Part>,
    /// How many bytes they have.
    pub(super) cut_bytes: usize,
    /// The length of the public key.
    pub(super) key_bytes: usize,
    /// The length of the original.
    pub(super) original: u64,
    pub(super) languages: [u32; 7],
}

/// How a text fits the shapes.
pub(super) enum Fit {
    /// The shape of this index.
    Whole(usize),
    /// The text ends before it is known.
    Cut,
    /// None.
    None,
}

/// Looks for the shape that a text begins with. `positions` then holds where each of its runs begins, and its end.
pub(super) fn find(known: &[Arc<Shape>], mode: Mode, text: &[u8], positions: &mut Vec<usize>) -> Fit {
    positions.clear();
    let mut last: Option<&Shape> = None;
    for (index, shape) in known.iter().enumerate().filter(|(_, shape)| shape.mode == mode) {
        // What fitted of the shape before fits of this one, as far as they are the same.
        let same = last.map_or(0, |last| shape.runs_shared_with(last, positions.len().saturating_sub(1)));
        positions.truncate(same.saturating_add(1));
        match shape.compare(text, same, positions) {
            Fit::None => last = Some(shape),
            Fit::Cut => return Fit::Cut,
            Fit::Whole(_) => return Fit::Whole(index),
        }
    }
    Fit::None
}

/// So many bytes are compared at once: processors with narrower vectors take several for them.
const VECTOR: usize = 32;

/// Whether bytes are those of a pattern, with hexadecimal digits where it has [`DIGIT`]. `A` is the first letter.
#[inline(always)]
pub(super) fn same_but_digits<const A: u8>(pattern: &[u8], text: &[u8]) -> bool {
    let (Some(pattern_last), Some(text_last)) = (pattern.last_chunk(), text.last_chunk()) else {
        let bytes = pattern.iter().zip(text);
        return bytes.fold(0, |differs, (own, byte)| differs | difference::<A>(*own, *byte)) == 0;
    };
    let mut differs = [0_u8; VECTOR];
    for (pattern, text) in pattern.as_chunks().0.iter().zip(text.as_chunks().0) {
        differences::<A>(&mut differs, pattern, text);
    }
    // The bytes that fill no vector are compared together with some before them.
    differences::<A>(&mut differs, pattern_last, text_last);
    differs.iter().fold(0, |any, one| any | one) == 0
}

/// Notes where bytes differ. It has no end before the last one, no branches, and nothing but what vectors of bytes can do:
/// compilers make vector instructions of it, of indexes also where the adapters of iterators stay calls (without link-time
/// optimisation).
#[inline(always)]
fn differences<const A: u8>(differs: &mut [u8; VECTOR], pattern: &[u8; VECTOR], text: &[u8; VECTOR]) {
    for at in 0..VECTOR {
        if let (Some(differs), Some(own), Some(byte)) = (differs.get_mut(at), pattern.get(at), text.get(at)) {
            *differs |= difference::<A>(*own, *byte);
        }
    }
}

/// Not 0 where a byte is none of the pattern's, or no digit where that has one.
#[inline(always)]
fn difference<const A: u8>(own: u8, byte: u8) -> u8 {
    let mask = if own == DIGIT { 0xFF } else { 0 };
    // Both are below 10 for a digit of their kind and nothing else.
    let (number, letter) = (byte.wrapping_sub(b'0'), byte.wrapping_sub(A).saturating_add(4));
    let not_digit = number.min(letter).saturating_sub(9);
    (not_digit & mask) | ((own ^ byte) & !mask)
}

impl Shape {
    /// How many runs at the beginning, of the first `most`, are the same in both.
    pub(super) fn runs_shared_with(&self, other: &Self, most: usize) -> usize {
        self.runs.iter().zip(&other.runs).take(most).take_while(|(own, others)| own.id == others.id).count()
    }

    /// Whether a run of this shape is one of another's, but for its place.
    pub(super) fn has_run_of(&self, own: &Run, other: &Self, others: &Run) -> bool {
        own.value == others.value
            && self.pattern.get(own.from..own.to) == other.pattern.get(others.from..others.to)
            && self.spans_of(own).map(|s| s.digits).eq(other.spans_of(others).map(|s| s.digits))
    }

    pub(super) fn spans_of(&self, run: &Run) -> impl Iterator<Item = &Span> + use<'_> {
        self.spans.get(run.spans.0..run.spans.1).unwrap_or_default().iter()
    }

    /// Gives the runs the numbers of the same ones of known shapes, and new numbers after `next`.
    pub(super) fn number_runs(&mut self, known: &[Arc<Self>], next: &mut u64) {
        let mut alike: Vec<&Self> = known.iter().map(Arc::as_ref).collect();
        for at in 0..self.runs.len() {
            let Some(run) = self.runs.get(at).copied() else { break };
            alike.retain(|other| other.runs.get(at).is_some_and(|others| self.has_run_of(&run, other, others)));
            let known = alike.first().and_then(|other| other.runs.get(at)).map(|run| run.id);
            let id = known.unwrap_or_else(|| {
                *next = next.wrapping_add(1);
                *next
            });
            if let Some(run) = self.runs.get_mut(at) {
                run.id = id;
            }
        }
    }

    /// Whether a text begins with a run, or is the beginning of one.
    #[inline(always)]
    fn begins_with(&self, run: &Run, text: &[u8]) -> bool {
        // A closure would be a function of its own, without these vectors.
        for span in self.spans.get(run.spans.0..run.spans.1).unwrap_or_default() {
            let skipped = span.from.saturating_sub(run.from);
            let part = text.get(skipped..).unwrap_or_default();
            let part = part.get(..span.to.saturating_sub(span.from)).unwrap_or(part);
            let own = span.from..span.from.saturating_add(part.len());
            let own = self.pattern.get(own).unwrap_or_default();
            let same = match span.digits {
                Digits::Same => own == part,
                Digits::Lower => same_but_digits::<b'a'>(own, part),
                Digits::Upper => same_but_digits::<b'A'>(own, part),
            };
            if !same {
                return false;
            }
        }
        true
    }

    /// The length of the shape's own value, if a text has the same one: that it is one was seen.
    fn own_value(&self, own: Range<usize>, text: &[u8]) -> Option<usize> {
        let length = own.len();
        let value = self.text.as_bytes().get(own)?;
        let ended = text.get(length).is_some_and(|end| matches!(end, b'\r' | b'\n'));
        (ended && text.get(..length) == Some(value)).then_some(length)
    }

    /// Compares a text with the runs from the given one on.
    pub(super) fn compare(&self, text: &[u8], from: usize, positions: &mut Vec<usize>) -> Fit {
        dispatch!(Level::new(), _ => self.compare_runs(text, from, positions))
    }

    /// The same with the vectors for which it is compiled: it has to be a part of whoever knows which the processor has.
    #[inline(always)]
    fn compare_runs(&self, text: &[u8], from: usize, positions: &mut Vec<usize>) -> Fit {
        if positions.is_empty() {
            positions.push(0);
        }
        let runs = self.runs.get(from..).unwrap_or_default();
        let behind = runs.iter().skip(1).map(|run| run.from).chain([self.text.len()]);
        for (run, next) in runs.iter().zip(behind) {
            let at = positions.last().copied().unwrap_or(0);
            let rest = text.get(at..).unwrap_or_default();
            let length = run.to.saturating_sub(run.from);
            if !self.begins_with(run, rest) {
                return Fit::None;
            }
            if rest.len() < length {
                return Fit::Cut;
            }
            let mut end = at.saturating_add(length);
            if let Some(class) = run.value {
                let rest = text.get(end..).unwrap_or_default();
                match self.own_value(run.to..next, rest).or_else(|| class.measure(rest)) {
                    Some(length) if length < rest.len() => end = end.saturating_add(length),
                    Some(_) => return Fit::Cut,
                    None if rest.is_empty() => return Fit::Cut,
                    None => return Fit::None,
                }
            }
            positions.push(end);
        }
        Fit::Whole(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reports rely on it (`analyze/forms/values.rs`).
    #[test]
    fn no_value_that_may_differ_holds_what_json_escapes() {
        let escaped = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
        for byte in (0..=u8::MAX).filter(|byte| escaped(*byte)) {
            assert_eq!(classes_of(byte), 0, "{byte:#04x}");
            assert!(!same_but_digits::<b'a'>(&[DIGIT], &[byte]), "{byte:#04x}");
        }
    }

    /// One byte after the other is another one, in texts with and without a whole vector.
    #[test]
    fn every_kind_of_vector_compares_alike() {
        let levels = anchors::every_level();
        for length in [1, 15, 31, 32, 33, 63, 64, 65, 200] {
            let pattern: Vec<u8> = (0..length).map(|at| if at % 3 == 0 { b' ' } else { DIGIT }).collect();
            let text: Vec<u8> = (0..length).map(|at| if at % 3 == 0 { b' ' } else { b"09afb"[at % 5] }).collect();
            for at in (0..length).step_by(if cfg!(miri) { 29 } else { 1 }) {
                for byte in *b" 09af/:`gAF\xC3\xFF" {
                    let mut changed = text.clone();
                    changed[at] = byte;
                    let fits = if pattern[at] == DIGIT { b"09af".contains(&byte) } else { byte == b' ' };
                    for level in &levels {
                        let same = dispatch!(*level, _ => same_but_digits::<b'a'>(&pattern, &changed));
                        assert_eq!(same, fits, "{level:?} {length} {at} {byte:#04x}");
                    }
                }
            }
        }
    }
}
