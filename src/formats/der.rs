//! A bounded, tolerant walk over ASN.1 values in BER or DER, with the place of every value.
//!
//! Sources: ITU-T X.690 section 8 (BER: identifier and length octets, indefinite length, constructed strings) and
//! section 10 (what DER leaves out). Private keys and containers in the field use BER that strict DER readers refuse.
//!
//! A value is described by offsets into the bytes that are read; [`Place`] says where those bytes stand in the
//! artifact, so that a value inside an octet string of several pieces, or inside decrypted content, still has a place.

use std::borrow::Cow;

use super::FormatError;

/// Universal tag numbers, X.680 section 8.6.
pub mod tag {
    /// BOOLEAN.
    pub const BOOLEAN: u32 = 1;
    /// INTEGER.
    pub const INTEGER: u32 = 2;
    /// BIT STRING.
    pub const BIT_STRING: u32 = 3;
    /// OCTET STRING.
    pub const OCTET_STRING: u32 = 4;
    /// NULL.
    pub const NULL: u32 = 5;
    /// OBJECT IDENTIFIER.
    pub const OID: u32 = 6;
    /// UTF8String.
    pub const UTF8_STRING: u32 = 12;
    /// SEQUENCE.
    pub const SEQUENCE: u32 = 16;
    /// SET.
    pub const SET: u32 = 17;
    /// PrintableString.
    pub const PRINTABLE_STRING: u32 = 19;
    /// TeletexString (T61String), read as Latin-1 as the field does.
    pub const TELETEX_STRING: u32 = 20;
    /// IA5String.
    pub const IA5_STRING: u32 = 22;
    /// UniversalString, UTF-32 big-endian.
    pub const UNIVERSAL_STRING: u32 = 28;
    /// BMPString, UTF-16 big-endian.
    pub const BMP_STRING: u32 = 30;
}

/// Where a run of bytes stands in the artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In one piece, from this offset on.
    At(usize),
    /// In several pieces: (offset in the run, offset in the artifact) of each, in order.
    Pieces(Vec<(usize, usize)>),
    /// Not byte by byte: the run was decrypted from these bytes, half-open.
    Inside(usize, usize),
}

static BEGINNING: Place = Place::At(0);

impl Place {
    /// The offset in the artifact of an offset in the run.
    pub fn offset(&self, at: usize) -> usize {
        match self {
            Place::At(base) => base.saturating_add(at),
            Place::Inside(start, _) => *start,
            Place::Pieces(pieces) => {
                let next = pieces.partition_point(|(local, _)| *local <= at);
                match next.checked_sub(1).and_then(|i| pieces.get(i)) {
                    Some((local, original)) => original.saturating_add(at.saturating_sub(*local)),
                    None => at,
                }
            }
        }
    }

    /// The half-open bytes of the artifact that hold a half-open range of the run.
    pub fn span(&self, start: usize, end: usize) -> (usize, usize) {
        match self {
            Place::Inside(from, to) => (*from, *to),
            _ => {
                let first = self.offset(start);
                let last = if end > start { self.offset(end.saturating_sub(1)).saturating_add(1) } else { first };
                (first, last.max(first))
            }
        }
    }

    /// The place of a part of the run. Only the pieces of that part are copied, so parts side by side cost no more than
    /// the whole.
    fn part(&self, start: usize, end: usize) -> Place {
        match self {
            Place::At(base) => Place::At(base.saturating_add(start)),
            Place::Inside(from, to) => Place::Inside(*from, *to),
            Place::Pieces(pieces) => {
                let first = pieces.partition_point(|(local, _)| *local <= start);
                let last = pieces.partition_point(|(local, _)| *local < end).max(first);
                let later = pieces.get(first..last).unwrap_or_default().iter();
                let later = later.map(|(local, original)| (local.saturating_sub(start), *original));
                Place::Pieces(std::iter::once((0, self.offset(start))).chain(later).collect())
            }
        }
    }
}

/// The class of a tag, X.690 section 8.1.2.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// A type of X.680 itself.
    Universal,
    /// A type of one application.
    Application,
    /// A type known from where it stands: `[n]`.
    Context,
    /// A type of one organisation.
    Private,
}

/// Bytes taken out of a string value, joined when they stood in pieces, with their place in the artifact.
#[derive(Debug, Clone)]
pub struct Octets<'a> {
    /// The bytes.
    pub bytes: Cow<'a, [u8]>,
    /// Where they stand.
    pub place: Place,
}

impl Octets<'_> {
    /// A reader over these bytes. `depth` is the nesting that is left.
    pub fn reader(&self, depth: usize) -> Reader<'_> {
        Reader::new(&self.bytes, depth).at(&self.place)
    }
    /// The half-open bytes of the artifact that hold the whole run.
    pub fn span(&self) -> (usize, usize) {
        self.place.span(0, self.bytes.len())
    }
}

/// One value: tag, length and the bytes of its content.
#[derive(Debug, Clone, Copy)]
pub struct Element<'a> {
    run: &'a [u8],
    place: &'a Place,
    depth: usize,
    tolerant: bool,
    /// The class of the tag.
    pub class: Class,
    /// Whether the content is made of values.
    pub constructed: bool,
    /// The tag number.
    pub number: u32,
    /// Offset of the tag in the run.
    pub start: usize,
    /// Offset of the first content byte in the run.
    pub content_start: usize,
    /// One after the last content byte in the run.
    pub content_end: usize,
    /// One after the last byte in the run, the end-of-contents octets included.
    pub end: usize,
    /// Whether the length is of the indefinite form.
    pub indefinite: bool,
    /// Whether the value is cut: its length goes past the end of the run. Only a tolerant reader gives such a value.
    pub cut: bool,
}

/// Reads the values of a run of bytes one after the other.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    run: &'a [u8],
    place: &'a Place,
    depth: usize,
    tolerant: bool,
    position: usize,
    end: usize,
}

impl<'a> Reader<'a> {
    /// A reader over an artifact. `depth` bounds the nesting of values below this level.
    pub fn new(run: &'a [u8], depth: usize) -> Self {
        Self { run, place: &BEGINNING, depth, tolerant: false, position: 0, end: run.len() }
    }

    /// The same bytes, standing at another place of the artifact.
    pub fn at(mut self, place: &'a Place) -> Self {
        self.place = place;
        self
    }

    /// Gives a value whose length goes past the end as far as it reaches, marked as cut, instead of an error.
    pub fn tolerant(mut self) -> Self {
        self.tolerant = true;
        self
    }

    /// The place in the artifact of the next value.
    pub fn offset(&self) -> usize {
        self.place.offset(self.position)
    }

    /// How many bytes are left.
    pub fn remaining(&self) -> usize {
        self.end.saturating_sub(self.position)
    }

    /// The next value, without moving on.
    ///
    /// # Errors
    /// As [`Reader::read`].
    pub fn peek(&self) -> Result<Option<Element<'a>>, FormatError> {
        self.clone().read()
    }

    /// The next value; `None` at the end.
    ///
    /// # Errors
    /// A tag or a length that is cut or not allowed, a length past the end (unless tolerant), nesting past the bound.
    pub fn read(&mut self) -> Result<Option<Element<'a>>, FormatError> {
        if self.position >= self.end {
            return Ok(None);
        }
        let element = self.header(self.position)?;
        self.position = element.end;
        Ok(Some(element))
    }

    /// The next value, which must be there.
    ///
    /// # Errors
    /// As [`Reader::read`], and when there is none; `what` names it.
    pub fn require(&mut self, what: &str) -> Result<Element<'a>, FormatError> {
        let offset = self.offset();
        self.read()?.ok_or_else(|| FormatError::new(format!("{what} is missing"), offset))
    }

    /// The next value, which must have this universal tag.
    ///
    /// # Errors
    /// As [`Reader::require`], and when the tag is another one.
    pub fn universal(&mut self, number: u32, what: &str) -> Result<Element<'a>, FormatError> {
        let element = self.require(what)?;
        if element.is_universal(number) {
            Ok(element)
        } else {
            Err(element.error(format!("{what} has tag {}", element.tag_text())))
        }
    }

    fn byte(&self, at: usize) -> Result<u8, FormatError> {
        if at >= self.end {
            return Err(FormatError::new("an ASN.1 tag or length is cut", self.place.offset(self.end)));
        }
        self.run.get(at).copied().ok_or_else(|| FormatError::new("an ASN.1 value is cut", self.place.offset(at)))
    }

    fn header(&self, start: usize) -> Result<Element<'a>, FormatError> {
        let wrong = |message: &str| FormatError::new(message, self.place.offset(start));
        if self.depth == 0 {
            return Err(wrong("ASN.1 values are nested too deep"));
        }
        let mut at = start;
        let mut next = |reader: &Self| {
            let byte = reader.byte(at);
            at = at.saturating_add(1);
            byte
        };
        let first = next(self)?;
        let class = match first >> 6 {
            0 => Class::Universal,
            1 => Class::Application,
            2 => Class::Context,
            _ => Class::Private,
        };
        let constructed = first & 0x20 != 0;
        let mut number = u32::from(first & 0x1f);
        if number == 0x1f {
            number = 0;
            let mut octets = 0_u8;
            loop {
                let byte = next(self)?;
                octets = octets.saturating_add(1);
                if octets > 4 {
                    return Err(wrong("an ASN.1 tag number has more than four octets"));
                }
                number = (number << 7) | u32::from(byte & 0x7f);
                if byte & 0x80 == 0 {
                    break;
                }
            }
        }
        let first = next(self)?;
        let mut length = None;
        if first < 0x80 {
            length = Some(usize::from(first));
        } else if first > 0x80 {
            let mut value = 0_usize;
            for _ in 0..(first & 0x7f) {
                let byte = next(self)?;
                value = value
                    .checked_mul(256)
                    .and_then(|v| v.checked_add(usize::from(byte)))
                    .ok_or_else(|| wrong("an ASN.1 length is too large"))?;
            }
            length = Some(value);
        } else if !constructed {
            return Err(wrong("a primitive ASN.1 value has an indefinite length"));
        }
        let content_start = at;
        let mut element = Element {
            run: self.run,
            place: self.place,
            depth: self.depth,
            tolerant: self.tolerant,
            class,
            constructed,
            number,
            start,
            content_start,
            content_end: self.end,
            end: self.end,
            indefinite: length.is_none(),
            cut: false,
        };
        match length {
            Some(length) => match content_start.checked_add(length).filter(|end| *end <= self.end) {
                Some(end) => {
                    element.content_end = end;
                    element.end = end;
                }
                None if self.tolerant => element.cut = true,
                None => {
                    let left = self.end.saturating_sub(content_start);
                    return Err(wrong(&format!(
                        "an ASN.1 length of {length} goes past the end, {left} bytes are left"
                    )));
                }
            },
            None => self.find_end_of_contents(&mut element)?,
        }
        Ok(element)
    }

    /// Values of indefinite length end with two zero bytes, X.690 section 8.1.5. Each level of nesting looks at a byte
    /// once more, so the work is at most the length times the depth.
    fn find_end_of_contents(&self, element: &mut Element<'a>) -> Result<(), FormatError> {
        let mut inner = Reader {
            run: self.run,
            place: self.place,
            depth: self.depth.saturating_sub(1),
            tolerant: self.tolerant,
            position: element.content_start,
            end: self.end,
        };
        loop {
            if self.run.get(inner.position..inner.position.saturating_add(2)) == Some(&[0, 0])
                && inner.position.saturating_add(2) <= self.end
            {
                element.content_end = inner.position;
                element.end = inner.position.saturating_add(2);
                return Ok(());
            }
            match inner.read() {
                Ok(Some(value)) if !value.cut => {}
                Ok(Some(_)) | Ok(None) if self.tolerant => {
                    element.cut = true;
                    return Ok(());
                }
                Ok(_) => {
                    let offset = self.place.offset(element.start);
                    return Err(FormatError::new("an ASN.1 value of indefinite length has no end", offset));
                }
                Err(_) if self.tolerant && inner.depth > 0 => {
                    element.cut = true;
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl<'a> Element<'a> {
    /// Whether the value has this universal tag.
    pub fn is_universal(&self, number: u32) -> bool {
        self.class == Class::Universal && self.number == number
    }

    /// Whether the value has the tag `[number]`.
    pub fn is_context(&self, number: u32) -> bool {
        self.class == Class::Context && self.number == number
    }

    /// The half-open bytes of the artifact that hold the value, its tag and length included.
    pub fn span(&self) -> (usize, usize) {
        self.place.span(self.start, self.end)
    }

    /// The content: of a primitive value its bytes, of a constructed one the encoded values inside.
    pub fn content(&self) -> &'a [u8] {
        self.run.get(self.content_start..self.content_end).unwrap_or_default()
    }

    /// The encoded value with tag and length.
    pub fn encoded(&self) -> &'a [u8] {
        self.run.get(self.start..self.end).unwrap_or_default()
    }

    /// The encoded value with tag and length, and its place.
    pub fn whole(&self) -> Octets<'a> {
        Octets { bytes: Cow::Borrowed(self.encoded()), place: self.place.part(self.start, self.end) }
    }

    /// A reader over the values inside.
    pub fn children(&self) -> Reader<'a> {
        Reader {
            run: self.run,
            place: self.place,
            depth: self.depth.saturating_sub(1),
            tolerant: self.tolerant,
            position: self.content_start,
            end: self.content_end,
        }
    }

    /// An error at this value.
    pub fn error(&self, message: impl Into<String>) -> FormatError {
        FormatError::new(message, self.place.offset(self.start))
    }

    /// The tag in words, for messages.
    pub fn tag_text(&self) -> String {
        match self.class {
            Class::Universal => format!("{}", self.number),
            Class::Application => format!("[APPLICATION {}]", self.number),
            Class::Context => format!("[{}]", self.number),
            Class::Private => format!("[PRIVATE {}]", self.number),
        }
    }

    /// The bytes of an octet string (or of an implicitly tagged one): the content, or the joined pieces of a
    /// constructed string, X.690 section 8.7.
    ///
    /// # Errors
    /// A piece that is not an octet string, nesting past the bound.
    pub fn octets(&self) -> Result<Octets<'a>, FormatError> {
        if !self.constructed {
            return Ok(Octets {
                bytes: Cow::Borrowed(self.content()),
                place: self.place.part(self.content_start, self.content_end),
            });
        }
        let mut joined = Vec::new();
        let mut pieces = Vec::new();
        self.join(&mut joined, &mut pieces)?;
        let place = match self.place {
            Place::Inside(start, end) => Place::Inside(*start, *end),
            _ if pieces.is_empty() => self.place.part(self.content_start, self.content_end),
            _ => Place::Pieces(pieces),
        };
        Ok(Octets { bytes: Cow::Owned(joined), place })
    }

    fn join(&self, joined: &mut Vec<u8>, pieces: &mut Vec<(usize, usize)>) -> Result<(), FormatError> {
        let mut inner = self.children();
        while let Some(piece) = inner.read()? {
            if !piece.is_universal(tag::OCTET_STRING) {
                return Err(piece.error(format!("a piece of an octet string has tag {}", piece.tag_text())));
            }
            if piece.constructed {
                piece.join(joined, pieces)?;
            } else {
                pieces.push((joined.len(), self.place.offset(piece.content_start)));
                joined.extend_from_slice(piece.content());
            }
        }
        Ok(())
    }

    /// A non-negative INTEGER that fits 64 bits.
    ///
    /// # Errors
    /// Another tag, no content, a negative or a larger number.
    pub fn unsigned(&self, what: &str) -> Result<u64, FormatError> {
        if !self.is_universal(tag::INTEGER) || self.constructed {
            return Err(self.error(format!("{what} has tag {}", self.tag_text())));
        }
        let bytes = self.content();
        match bytes.first() {
            None => return Err(self.error(format!("{what} is an empty number"))),
            Some(first) if first & 0x80 != 0 => return Err(self.error(format!("{what} is negative"))),
            Some(_) => {}
        }
        bytes
            .iter()
            .try_fold(0_u64, |value, byte| value.checked_mul(256)?.checked_add(u64::from(*byte)))
            .ok_or_else(|| self.error(format!("{what} is a number of {} bytes", bytes.len())))
    }

    /// The size in bits of a non-negative INTEGER: the position of its highest one.
    pub fn integer_bits(&self) -> usize {
        let bytes = self.content();
        let leading = bytes.iter().take_while(|byte| **byte == 0).count();
        match bytes.get(leading) {
            None => 0,
            Some(first) => {
                let rest = bytes.len().saturating_sub(leading).saturating_sub(1);
                let top = 8_u32.saturating_sub(first.leading_zeros());
                rest.saturating_mul(8).saturating_add(usize::try_from(top).unwrap_or(0))
            }
        }
    }

    /// An OBJECT IDENTIFIER in dotted form.
    ///
    /// # Errors
    /// Another tag, a cut arc, an arc over 128 bits, more than 64 arcs.
    pub fn oid(&self, what: &str) -> Result<String, FormatError> {
        if !self.is_universal(tag::OID) || self.constructed {
            return Err(self.error(format!("{what} has tag {}", self.tag_text())));
        }
        oid_text(self.content()).ok_or_else(|| self.error(format!("{what} is not an object identifier")))
    }

    /// The content of a BIT STRING: the number of unused bits of the last byte, and the bytes.
    ///
    /// # Errors
    /// Another tag, no content, more than seven unused bits.
    pub fn bits(&self, what: &str) -> Result<(u8, &'a [u8]), FormatError> {
        if !self.is_universal(tag::BIT_STRING) || self.constructed {
            return Err(self.error(format!("{what} has tag {}", self.tag_text())));
        }
        match self.content().split_first() {
            Some((unused, bytes)) if *unused < 8 => Ok((*unused, bytes)),
            _ => Err(self.error(format!("{what} is not a bit string"))),
        }
    }

    /// The text of a character string of any usual type; what it can't show becomes U+FFFD. `None` for other tags.
    pub fn text(&self) -> Option<String> {
        if self.class != Class::Universal || self.constructed {
            return None;
        }
        text_of(self.number, self.content())
    }
}

/// The text of a character string from its universal tag and its content; what it can't show becomes U+FFFD.
pub fn text_of(number: u32, bytes: &[u8]) -> Option<String> {
    match number {
        tag::UTF8_STRING | tag::PRINTABLE_STRING | tag::IA5_STRING | 18 | 26 | 27 => {
            Some(String::from_utf8_lossy(bytes).into_owned())
        }
        tag::TELETEX_STRING => Some(bytes.iter().map(|byte| char::from(*byte)).collect()),
        tag::BMP_STRING => {
            let units = bytes.chunks(2).map(|pair| match pair {
                [high, low] => u16::from_be_bytes([*high, *low]),
                _ => 0xfffd,
            });
            Some(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
        }
        tag::UNIVERSAL_STRING => Some(
            bytes
                .chunks(4)
                .map(|quad| match quad {
                    [a, b, c, d] => {
                        char::from_u32(u32::from_be_bytes([*a, *b, *c, *d])).unwrap_or(char::REPLACEMENT_CHARACTER)
                    }
                    _ => char::REPLACEMENT_CHARACTER,
                })
                .collect(),
        ),
        _ => None,
    }
}

/// The dotted form of an encoded object identifier, X.690 section 8.19; `None` when it is malformed.
pub fn oid_text(bytes: &[u8]) -> Option<String> {
    let mut text = String::new();
    let mut value = 0_u128;
    let mut arcs = 0_usize;
    let mut open = false;
    for byte in bytes {
        // Section 8.19.2: an arc takes as few bytes as it can, so it never begins with seven zero bits.
        if !open && *byte == 0x80 {
            return None;
        }
        value = value.checked_mul(128)?.checked_add(u128::from(byte & 0x7f))?;
        open = byte & 0x80 != 0;
        if open {
            continue;
        }
        if arcs == 0 {
            let first = (value / 40).min(2);
            let second = value.checked_sub(first.checked_mul(40)?)?;
            text.push_str(&format!("{first}.{second}"));
        } else {
            text.push_str(&format!(".{value}"));
        }
        arcs = arcs.checked_add(1)?;
        if arcs > 64 {
            return None;
        }
        value = 0;
    }
    (!open && arcs > 0).then_some(text)
}

/// The bytes as lowercase hexadecimal digits without separators.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0x0f)]).collect()
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn definite_and_long_lengths() {
        let mut reader = Reader::new(&[0x30, 0x03, 0x02, 0x01, 0x05, 0x04, 0x81, 0x01, 0xaa], 8);
        let sequence = reader.universal(tag::SEQUENCE, "x").unwrap();
        assert_eq!(sequence.children().universal(tag::INTEGER, "x").unwrap().unsigned("x").unwrap(), 5);
        let string = reader.universal(tag::OCTET_STRING, "x").unwrap();
        assert_eq!((string.content(), string.span()), (&[0xaa_u8][..], (5, 9)));
        assert!(reader.read().unwrap().is_none());
    }

    #[test]
    fn constructed_string_of_indefinite_length_keeps_the_place_of_each_piece() {
        let bytes = [0x24, 0x80, 0x04, 0x02, 1, 2, 0x24, 0x03, 0x04, 0x01, 3, 0x00, 0x00];
        let string = Reader::new(&bytes, 8).require("x").unwrap();
        assert!(string.indefinite && string.end == bytes.len());
        let octets = string.octets().unwrap();
        assert_eq!(octets.bytes.as_ref(), [1, 2, 3]);
        assert_eq!(octets.place.span(0, 2), (4, 6));
        assert_eq!(octets.place.span(2, 3), (10, 11));
        assert_eq!(octets.span(), (4, 11));
    }

    #[test]
    fn lengths_past_the_end() {
        let bytes = [0x30, 0x10, 0x02, 0x01, 0x05];
        assert_eq!(Reader::new(&bytes, 8).read().unwrap_err().offset, 0);
        let cut = Reader::new(&bytes, 8).tolerant().require("x").unwrap();
        assert!(cut.cut && cut.content() == &bytes[2..]);
        for bytes in [&[0x30_u8, 0x88, 255, 255, 255, 255, 255, 255, 255, 255][..], &[0x1f, 0xff, 0xff, 0xff, 0xff, 1]]
        {
            assert!(Reader::new(bytes, 8).read().is_err());
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = [0x30, 0x80].repeat(100_000);
        assert!(Reader::new(&deep, 32).read().is_err());
        assert!(Reader::new(&deep, 32).tolerant().require("x").unwrap().cut);
    }

    #[test]
    fn object_identifiers() {
        assert_eq!(oid_text(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c]).unwrap(), "1.2.840.113549.1.12");
        assert_eq!(oid_text(&[0x88, 0x37]).unwrap(), "2.999");
        assert_eq!(oid_text(&[0x55, 0x1d, 0x0f]).unwrap(), "2.5.29.15");
        assert!(oid_text(&[]).is_none() && oid_text(&[0x2a, 0x86]).is_none());
    }

    #[test]
    fn numbers_and_texts() {
        let bits = |bytes: &[u8]| Reader::new(bytes, 4).require("x").unwrap().integer_bits();
        assert_eq!((bits(&[2, 2, 0, 0x80]), bits(&[2, 1, 0]), bits(&[2, 1, 1])), (8, 0, 1));
        assert!(Reader::new(&[2, 1, 0x80], 4).require("x").unwrap().unsigned("x").is_err());
        assert_eq!(text_of(tag::BMP_STRING, &[0, 0x41, 0xd8, 0x3d, 0xde, 0x00]).unwrap(), "A\u{1f600}");
        assert_eq!(text_of(tag::TELETEX_STRING, &[0xe9]).unwrap(), "\u{e9}");
    }
}
