//! Lines of a text artifact that is read whole, with a map from the decoded text back to the original bytes.
//!
//! Registry exports, request INFs and PEM files come as UTF-8, UTF-16 with a byte order mark (what Windows tools and
//! PowerShell's `Out-File` write), or 8-bit text, which is read as Windows-1252.

use super::Spanned;
use super::bytes::{utf16be, utf16le};

/// How the bytes of a text stand for its characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without byte order mark.
    Utf8,
    /// UTF-16, little-endian.
    Utf16Le,
    /// UTF-16, big-endian.
    Utf16Be,
    /// 8-bit text.
    Windows1252,
}

impl Encoding {
    /// The name that reports use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Windows1252 => "windows-1252",
        }
    }
}

/// One line without its terminator.
#[derive(Clone)]
pub struct Line {
    /// The decoded text.
    pub text: String,
    /// The number, from 1.
    pub number: usize,
    /// The offset of its first byte in the artifact.
    pub start: usize,
    /// One after its last byte, the terminator left out.
    end: usize,
    encoding: Encoding,
}

impl Line {
    /// The original bytes of a range of the decoded text (byte offsets into `text`), with a value.
    pub fn span<T>(&self, value: T, from: usize, to: usize) -> Spanned<T> {
        // Bytes that are damaged in the encoding became replacement characters of another width.
        let place = |at: usize| self.start.saturating_add(self.width(at)).min(self.end);
        Spanned::new(value, place(from), place(to))
    }

    /// The original bytes of a part of `text` (which must be a slice of it, or its trimmed copy), with a value.
    pub fn span_of<T>(&self, value: T, part: &str) -> Spanned<T> {
        let from = self.text.find(part).unwrap_or(0);
        self.span(value, from, from.saturating_add(part.len()))
    }

    fn width(&self, to: usize) -> usize {
        let before = self.text.get(..to).unwrap_or(&self.text);
        match self.encoding {
            Encoding::Utf8 => before.len(),
            Encoding::Windows1252 => before.chars().count(),
            Encoding::Utf16Le | Encoding::Utf16Be => before.encode_utf16().count().saturating_mul(2),
        }
    }
}

/// The encoding of a text, and the length of its byte order mark.
pub fn encoding(bytes: &[u8]) -> (Encoding, usize) {
    match bytes {
        [0xEF, 0xBB, 0xBF, ..] => (Encoding::Utf8, 3),
        [0xFF, 0xFE, ..] => (Encoding::Utf16Le, 2),
        [0xFE, 0xFF, ..] => (Encoding::Utf16Be, 2),
        // UTF-16 without mark: ASCII text has a zero in every second byte.
        [first, 0, second, 0, ..] if *first != 0 && *second != 0 => (Encoding::Utf16Le, 0),
        _ if std::str::from_utf8(bytes).is_ok() => (Encoding::Utf8, 0),
        _ => (Encoding::Windows1252, 0),
    }
}

/// The lines of a text, one after the other.
pub struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    number: usize,
    encoding: Encoding,
    /// What ends a line.
    end: u8,
}

/// The lines of a text artifact. CR ends a line where there is no LF.
pub fn lines(bytes: &[u8]) -> Lines<'_> {
    let (encoding, mark) = encoding(bytes);
    let end = if memchr::memchr(b'\n', bytes).is_none() { b'\r' } else { b'\n' };
    Lines { bytes, at: mark, number: 0, encoding, end }
}

impl Lines<'_> {
    /// The encoding of the text.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    fn line_length(&self, rest: &[u8]) -> (usize, usize) {
        match self.encoding {
            Encoding::Utf8 | Encoding::Windows1252 => match memchr::memchr(self.end, rest) {
                Some(at) => (at, 1),
                None => (rest.len(), 0),
            },
            Encoding::Utf16Le | Encoding::Utf16Be => {
                let feed = if self.encoding == Encoding::Utf16Le { [self.end, 0] } else { [0, self.end] };
                let (units, _) = rest.as_chunks::<2>();
                match units.iter().position(|unit| *unit == feed) {
                    Some(at) => (at.saturating_mul(2), 2),
                    None => (rest.len(), 0),
                }
            }
        }
    }
}

impl Iterator for Lines<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        let rest = self.bytes.get(self.at..)?;
        if rest.is_empty() {
            return None;
        }
        let (length, terminator) = self.line_length(rest);
        let raw = rest.get(..length).unwrap_or_default();
        let mut text = match self.encoding {
            Encoding::Utf8 => String::from_utf8_lossy(raw).into_owned(),
            Encoding::Windows1252 => encoding_rs::WINDOWS_1252.decode_without_bom_handling(raw).0.into_owned(),
            Encoding::Utf16Le => utf16le(raw),
            Encoding::Utf16Be => utf16be(raw),
        };
        if text.ends_with('\r') {
            text.pop();
        }
        let start = self.at;
        let end = start.saturating_add(length);
        self.at = self.at.saturating_add(length).saturating_add(terminator);
        self.number = self.number.saturating_add(1);
        Some(Line { text, number: self.number, start, end, encoding: self.encoding })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn places_stay_inside_damaged_text() {
        for bytes in [&b"\xEF\xBB\xBF\xFF\xFF=\xFF\xFF"[..], b"\xFF\xFEa\0=\0b\0c"] {
            for line in lines(bytes) {
                let place = line.span((), line.text.find('=').unwrap(), line.text.len());
                assert!(place.start <= place.end && place.end <= bytes.len());
            }
        }
    }

    #[test]
    fn line_ends() {
        for (text, expected) in [("a\rb\r", &["a", "b"][..]), ("a\r\nb\rc", &["a", "b\rc"]), ("\r", &[""]), ("", &[])] {
            let read: Vec<String> = lines(text.as_bytes()).map(|line| line.text).collect();
            assert_eq!(read, expected, "{text:?}");
        }
    }

    #[test]
    fn every_encoding_gives_the_same_lines_and_its_own_places() {
        let text = "[a]\r\nkey=é x\r\n\r\nlast";
        let le: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let be: Vec<u8> = [0xFE, 0xFF].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect();
        let ansi: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        for (bytes, name, x) in [
            (text.as_bytes().to_vec(), "utf-8", 12),
            (le, "utf-16le", 24),
            (be, "utf-16be", 24),
            (ansi, "windows-1252", 11),
        ] {
            assert_eq!(lines(&bytes).encoding().name(), name);
            let all: Vec<Line> = lines(&bytes).collect();
            let texts: Vec<&str> = all.iter().map(|line| line.text.as_str()).collect();
            assert_eq!(texts, ["[a]", "key=é x", "", "last"]);
            assert_eq!(all[3].number, 4);
            let place = all[1].span_of((), "x");
            assert_eq!(place.start, x, "{name}");
            assert!(bytes[place.start..place.end].contains(&b'x'));
        }
    }
}
