//! The binary data of an event in a copy of its text: Event Viewer's rows `0000: …`, in words or in bytes, and the numbers of
//! `Format-List`.
//!
//! ```text
//! In Words
//! 0000: 00040000 00300002 00000000 C0003AAD
//! In Bytes
//! 0000: 00 00 04 00 02 00 30 00   ........
//! ```
//!
//! A word is a little-endian number of four bytes, with an `h` behind it in some versions.

use std::ops::Range;

/// The bytes that the rows of a message show, and where these stand. What begins anew at 0000 shows the same bytes in the
/// other form.
pub(super) fn of_rows(message: &str) -> Option<(Vec<u8>, Range<usize>)> {
    let mut bytes = Vec::new();
    let mut range: Option<Range<usize>> = None;
    let mut at = 0_usize;
    for line in message.split('\n') {
        let start = at;
        at = at.saturating_add(line.len()).saturating_add(1);
        let Some((offset, values)) = line.trim().split_once(": ") else { continue };
        let offset = match usize::from_str_radix(offset, 16) {
            Ok(number) if offset.len() == 4 => number,
            _ => continue,
        };
        if offset != bytes.len() {
            break;
        }
        if !push_row(values, &mut bytes) {
            break;
        }
        let first = range.map_or(start, |range| range.start);
        range = Some(first..start.saturating_add(line.trim_end().len()));
    }
    Some((bytes, range?))
}

/// Adds the values of a row; `false` when it has none.
fn push_row(values: &str, bytes: &mut Vec<u8>) -> bool {
    let mut tokens = values.split_whitespace().peekable();
    let word = |token: &str| {
        let digits = token.strip_suffix(['h', 'H']).unwrap_or(token);
        u32::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 8)
    };
    let byte = |token: &str| u8::from_str_radix(token, 16).ok().filter(|_| token.len() == 2);
    let before = bytes.len();
    if tokens.peek().copied().and_then(word).is_some() {
        tokens.map_while(word).take(4).for_each(|value| bytes.extend(value.to_le_bytes()));
    } else {
        // The characters stand behind the bytes.
        bytes.extend(tokens.map_while(byte).take(8));
    }
    bytes.len() > before
}

/// The bytes of `{0, 0, 4, 0}`; none when the list is cut.
pub(super) fn of_list(value: &str) -> Option<Vec<u8>> {
    let numbers = value.trim().strip_prefix('{')?.strip_suffix('}')?;
    numbers.split(',').map(|number| number.trim().parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_bytes_are_the_same() {
        let wanted: Vec<u8> = vec![0, 0, 4, 0, 2, 0, 0x30, 0, 0x5F, 0, 0, 0xC0];
        let words = "text\n\nIn Words\n\n0000: 00040000 00300002 C000005F\n\n\nIn Bytes\n\n0000: 00 00 04 00 02 00 30 00   ......0.";
        let marked = "0000: 00040000h 00300002h C000005Fh";
        let rows = "0000: 00 00 04 00 02 00 30 00   ......0.\n0008: 5f 00 00 c0   _...";
        for text in [words, marked, rows] {
            assert_eq!(of_rows(text).map(|(bytes, _)| bytes), Some(wanted.clone()), "{text}");
        }
        assert_eq!(
            of_rows(words).map(|(_, range)| words.get(range).unwrap_or("")),
            Some("0000: 00040000 00300002 C000005F")
        );
        // A row is missing.
        assert_eq!(of_rows("0000: 00 01\n0008: 02").map(|(bytes, _)| bytes), Some(vec![0, 1]));
        for text in ["", "no data", "0010: 00 01", "0000: words behind it"] {
            assert_eq!(of_rows(text), None, "{text}");
        }
        assert_eq!(of_list("{0, 0, 4, 192}"), Some(vec![0, 0, 4, 192]));
        for text in ["{0, 0, 4, 0...}", "{}", "{256}", "0, 0"] {
            assert_eq!(of_list(text), None, "{text}");
        }
    }
}
