//! Texts in which the encoding changes: cmd's `>` writes the console's code page, PowerShell 5.1's `>>` appends UTF-16 to
//! whatever stands there.
//!
//! In a text of 8 bits a line of UTF-16 shows by its zeros; it is decoded as such. In UTF-16 a line of 8 bits shows by a run of
//! printable pairs that no language writes.
//!
//! Source: Microsoft Learn, "about_Character_Encoding": the redirection operators of Windows PowerShell write UTF-16LE, `>>`
//! without a look at what the file has.

use super::decode::is_printable_ascii;
use super::encoding::{TextEncoding, utf16_by_nuls};
use memchr::{memchr, memchr_iter, memrchr};
use std::borrow::Cow;

/// Printable bytes in UTF-16 that make a part of 8 bits. Of the bytes of a Chinese text every third one is printable: as many
/// one after the other don't come about by chance.
const NARROW: usize = 48;

/// A line of UTF-16LE between line ends of 8 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WideLine<'a> {
    /// The bytes of 8-bit text in front, which had no line end.
    pub(super) narrow: &'a [u8],
    /// The bytes in front of the code units: the second half of the line end before, a byte order mark.
    pub(super) skipped: usize,
    /// The code units, without the line end.
    pub(super) units: &'a [u8],
    /// ASCII text, if the line has 8 bits again and only the line end before it is UTF-16.
    pub(super) behind: &'a [u8],
    /// The line end is there.
    pub(super) ends: bool,
}

/// Reads a line, its line end included, as UTF-16LE, if it is that: cut at the byte of LF, it begins with the zero of the LF
/// before it, or with its own first unit.
pub(super) fn wide_line(line: &[u8]) -> Option<WideLine<'_>> {
    let ends = line.last() == Some(&b'\n');
    let body = line.strip_suffix(b"\n").unwrap_or(line);
    let first = memchr(0, body)?;
    if let [0, behind @ ..] = body
        && behind.is_ascii()
        && memchr(0, behind).is_none()
    {
        return Some(WideLine { narrow: &[], skipped: 1, units: &[], behind, ends });
    }
    let (narrow, rest) = body.split_at_checked(first.saturating_sub(1))?;
    let (narrow, skipped, rest) = match (first, narrow.strip_suffix(b"\xff\xfe")) {
        (0, _) => match rest.get(1..)? {
            [0xFF, 0xFE, units @ ..] => (narrow, 3, units),
            units => (narrow, 1, units),
        },
        (_, Some(narrow)) => (narrow, 2, rest),
        (_, None) => (narrow, 0, rest),
    };
    let (pairs, odd) = rest.as_chunks::<2>();
    if !odd.is_empty() || !narrow.is_ascii() {
        return None;
    }
    // The unit before an LF is CR; and of one unit alone its zero is not enough.
    let closed = ends && matches!(pairs.last(), Some([b'\r', 0]));
    (closed || pairs.len() >= 4 && utf16_by_nuls(rest) == Some(TextEncoding::Utf16Le)).then_some(WideLine {
        narrow,
        skipped,
        units: rest,
        behind: &[],
        ends,
    })
}

/// Whether a text of 8 bits holds lines of UTF-16. A text without a zero has none.
pub(super) fn holds_wide_lines(bytes: &[u8]) -> bool {
    let mut looked = 0_usize;
    memchr_iter(0, bytes).any(|at| {
        if at < looked {
            return false;
        }
        let start = bytes.get(..at).and_then(|before| memrchr(b'\n', before)).map_or(0, |n| n.saturating_add(1));
        let rest = bytes.get(start..).unwrap_or_default();
        let line = memchr(b'\n', rest).and_then(|end| rest.get(..=end)).unwrap_or(rest);
        looked = start.saturating_add(line.len());
        wide_line(line).is_some()
    })
}

/// A text of 8 bits without its lines of UTF-16.
pub(super) fn narrow_lines(bytes: &[u8]) -> Cow<'_, [u8]> {
    if memchr(0, bytes).is_none() || !holds_wide_lines(bytes) {
        return Cow::Borrowed(bytes);
    }
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    Cow::Owned(lines.filter(|line| wide_line(line).is_none()).flatten().copied().collect())
}

/// Whether the first bytes are a text of 8 bits, whatever comes behind them.
pub(super) fn begins_narrow(bytes: &[u8]) -> bool {
    bytes.get(..NARROW).is_some_and(|first| first.iter().copied().all(is_printable_ascii))
}

/// Where text of 8 bits begins in one of UTF-16: at the start of a line, if one ends before it.
///
/// A long run of printable pairs has one at every so many bytes: the others are looked at only beside such a one.
pub(super) fn narrow_part(bytes: &[u8], line_end: [u8; 2]) -> Option<usize> {
    let (units, _) = bytes.as_chunks::<2>();
    let printable = |unit: &[u8; 2]| unit.iter().copied().all(is_printable_ascii);
    for middle in (0..units.len()).step_by(NARROW >> 2) {
        if !units.get(middle).is_some_and(printable) {
            continue;
        }
        let (before, behind) = units.split_at_checked(middle)?;
        let before = before.get(middle.saturating_sub(NARROW >> 2)..).unwrap_or_default();
        let before = before.iter().rev().take_while(|unit| printable(unit)).count();
        let behind = behind.iter().take(NARROW).take_while(|unit| printable(unit)).count();
        if before.saturating_add(behind) < NARROW >> 1 {
            continue;
        }
        let start = middle.saturating_sub(before);
        let line = units.get(..start)?.iter().rposition(|unit| *unit == line_end).map_or(0, |at| at.saturating_add(1));
        // Letters of a code page can stand in front of the run; a zero is the rest of a line of UTF-16.
        let in_front = units.get(line..start)?.iter().flatten().any(|byte| *byte == 0);
        return Some(if in_front { start } else { line }.saturating_mul(2));
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn lines_of_utf16_between_others() {
        let bytes =
            [b"abc\r\n".as_slice(), &wide("\u{feff}m\u{e9}\r\n\r\n  \u{43a}\u{43b}\u{44e}\u{447}\r\n"), b"end\r\n"]
                .concat();
        let lines: Vec<_> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
        let read: Vec<_> = lines.iter().map(|line| wide_line(line).map(|w| (w.skipped, w.units.len()))).collect();
        assert_eq!(read, [None, Some((2, 6)), Some((1, 2)), Some((1, 14)), Some((1, 0))]);
        assert!(holds_wide_lines(&bytes));
        assert_eq!(narrow_lines(&bytes), b"abc\r\n".as_slice());
        for quiet in [&b"one \0 NUL in a text\n"[..], b"\0\0\0\0\n", b"a\0\n", b"a\0b\0\n", b"plain\n"] {
            assert!(!holds_wide_lines(quiet), "{quiet:?}");
        }
    }

    #[test]
    fn eight_bits_behind_utf16() {
        let narrow = b"================ Certificate 0 ================\r\nSerial";
        let before = wide("my\r\n");
        assert_eq!(narrow_part(&[&before[..], narrow].concat(), [b'\n', 0]), Some(before.len()));
        let chinese =
            "\u{4e0a}\u{8bc1}\u{4e66}\u{54c8}\u{5e0c}\u{7b7e}\u{540d}\u{6d4b}\u{8bd5}\u{901a}\u{8fc7}".repeat(99);
        assert_eq!(narrow_part(&wide(&chinese), [b'\n', 0]), None);
        assert!(begins_narrow(narrow));
        assert!(!begins_narrow(&wide("my \"Personal\" store with many words in one line\r\n")));
    }
}
