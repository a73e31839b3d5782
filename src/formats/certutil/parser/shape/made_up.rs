//! Blocks that nobody printed: of the shape of one at hand, with other values.

use super::compare::{Class, DIGIT, Digits, Fit};
use super::moved::Moved;
use super::shaped::{Header, ShapedBlock};
use super::*;
use crate::formats::certutil::block_fields::TextField;
use crate::model::container_name::FileNameRule;

/// What a made-up block has instead of the values of the one at hand.
#[derive(Debug, Clone, Copy)]
pub struct MadeUp {
    /// The number of its first line.
    pub line: u32,
    /// The offset in the original at which that line begins.
    pub start: u64,
    /// What its values are made of.
    pub seed: u64,
    /// Names keep their letters, and get other digits.
    pub keep_letters: bool,
    /// The rule that the container's name and its file's name obey together.
    pub rule: Option<FileNameRule>,
}

/// Letters and digits without a pattern: a linear congruential generator (Knuth, volume 2, 3.3.4).
struct Noise(u64);

impl Noise {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33).checked_rem(end).unwrap_or(0)
    }

    fn one_of(&mut self, signs: &[u8]) -> u8 {
        let at = self.below(u64::try_from(signs.len()).unwrap_or(1));
        usize::try_from(at).ok().and_then(|at| signs.get(at)).copied().unwrap_or(b'0')
    }
}

impl ShapedBlock {
    /// Another block of the same shape, whose values are made up. `None`: there is none such.
    pub fn made_up(&self, with: &MadeUp) -> Option<Box<Self>> {
        let mut noise = Noise(with.seed);
        let mut text = String::from_utf8(self.other_values(with, &mut noise)?).ok()?;
        let made = self.with_text(&text, with)?;
        let block = made.block();
        let container = block.simple_name.or(block.stored_container).map(|name| name.value);
        let prefix = match with.rule {
            Some(FileNameRule::Capi) => container_name::capi_file_prefix(&container?)?,
            Some(FileNameRule::Cng) => container_name::cng_file_prefix(&container?),
            Some(FileNameRule::Mismatch) | None => return Some(made),
        };
        let (_, parts) = made.shape.texts.iter().find(|(field, _)| *field == TextField::UniqueName)?;
        let at = made.moved().index(parts.first()?.from);
        let upper = text.get(at..)?.bytes().take(prefix.len()).any(|b| b.is_ascii_uppercase());
        let prefix = if upper { prefix.to_ascii_uppercase() } else { prefix };
        text.replace_range(at..at.checked_add(prefix.len())?, &prefix);
        self.with_text(&text, with)
    }

    /// The bytes of the block with other values.
    fn other_values(&self, with: &MadeUp, noise: &mut Noise) -> Option<Vec<u8>> {
        let shape = &*self.shape;
        // The first bytes of a key say how long it is.
        let head = shape.rows.first().map_or(0..0, |row| row.from.at..row.to.at);
        let mut text = Vec::new();
        for (at, run) in shape.runs.iter().enumerate() {
            for span in shape.spans_of(run) {
                let digits: &[u8] = match span.digits {
                    Digits::Upper => b"0123456789ABCDEF",
                    Digits::Lower | Digits::Same => b"0123456789abcdef",
                };
                let own =
                    shape.text.as_bytes().get(span.from..span.to)?.iter().zip(shape.pattern.get(span.from..span.to)?);
                for (place, (byte, pattern)) in (span.from..).zip(own) {
                    let other = *pattern == DIGIT && !head.contains(&place);
                    text.push(if other { noise.one_of(digits) } else { *byte });
                }
            }
            let value = self.moved().value(at)?.as_bytes();
            match run.value {
                None => {}
                Some(Class::Date) => text.extend(later(value, with.seed)),
                Some(_) if with.keep_letters => text.extend(value.iter().map(|b| {
                    let digit = b.is_ascii_digit();
                    if digit { noise.one_of(b"0123456789") } else { *b }
                })),
                Some(class) => {
                    let length = noise.below(16).saturating_add(8);
                    // What is said of a container's name depends on its blanks.
                    let blank = class == Class::Container && value.contains(&b' ');
                    let letter = |at| if blank && at == 4 { b' ' } else { noise.one_of(b"ghjkmnqrsuvwxyz") };
                    text.extend((0..length).map(letter));
                }
            }
        }
        Some(text)
    }

    fn with_text(&self, text: &str, with: &MadeUp) -> Option<Box<Self>> {
        let mut positions = Vec::new();
        let fits = matches!(self.shape.compare(text.as_bytes(), 0, &mut positions), Fit::Whole(_));
        let ahead = Ahead { text, start: with.start, number: u64::from(with.line), unit: self.shape.mode.unit };
        let dates = Moved::of(&self.shape, &positions, ahead).dates()?;
        let header = Header {
            line: with.line.saturating_sub(1),
            start: with.start.saturating_sub(HEADER_BYTES),
            ..self.header.clone()
        };
        (fits && positions.last() == Some(&text.len()))
            .then(|| Self::new(&self.shape, (&ahead, &positions), dates, header, self.source, None))
    }
}

/// As long as the header of a made-up block is, about.
const HEADER_BYTES: u64 = 64;

/// A date so many minutes later, within the same ten minutes.
fn later(date: &[u8], minutes: u64) -> Vec<u8> {
    let mut date = date.to_vec();
    let is_minute = |part: &[u8]| matches!(part, [b':', tens, ones] if tens.is_ascii_digit() && ones.is_ascii_digit());
    let at = date.windows(3).position(is_minute);
    if let Some(ones) = at.and_then(|at| date.get_mut(at.checked_add(2)?)) {
        let digit = u64::from(ones.wrapping_sub(b'0')).wrapping_add(minutes).wrapping_rem(10);
        *ones = b'0'.wrapping_add(u8::try_from(digit).unwrap_or(0));
    }
    date
}
