//! Text or binary, by the first bytes.

use super::decode::is_printable_ascii;
use super::encoding::TextEncoding;
use super::encoding::utf16_by_nuls;
use super::mixed::{begins_narrow, narrow_lines};

/// Whether the first bytes of an input are those of a text, in any encoding this program reads.
///
/// A binary file shows by its NULs and control characters: more than one in 32 characters. A NUL between two printable
/// characters doesn't count, nor does a line of UTF-16, since a log can have UTF-16 in the middle of other text. An empty window
/// is text.
pub fn looks_like_text(window: &[u8]) -> bool {
    let wide = match window {
        [0xFF, 0xFE, ..] => Some(TextEncoding::Utf16Le),
        [0xFE, 0xFF, ..] => Some(TextEncoding::Utf16Be),
        _ if begins_narrow(window) => None,
        _ => utf16_by_nuls(window),
    };
    let (strange, all) = match wide {
        Some(TextEncoding::Utf16Be) => wide_strangers(window, u16::from_be_bytes),
        Some(_) => wide_strangers(window, u16::from_le_bytes),
        None => {
            let narrow = narrow_lines(window);
            (strangers(&narrow), narrow.len())
        }
    };
    strange.saturating_mul(32) <= all
}

/// Control characters that text doesn't have. Backspace, form feed, the end-of-file mark of DOS and escape it has.
fn is_strange(byte: u8) -> bool {
    matches!(byte, 0..=0x07 | 0x0B | 0x0E..=0x19 | 0x1C..=0x1F | 0x7F)
}

fn strangers(window: &[u8]) -> usize {
    // Most texts have none, and to count the bytes alone takes vectors.
    if window.iter().filter(|byte| is_strange(**byte)).count() == 0 {
        return 0;
    }
    let printable = |at: Option<usize>| at.and_then(|at| window.get(at)).is_some_and(|byte| is_printable_ascii(*byte));
    let strange = window.iter().enumerate().filter(|(_, byte)| is_strange(**byte));
    strange.filter(|(at, byte)| **byte != 0 || !printable(at.checked_sub(1)) || !printable(at.checked_add(1))).count()
}

/// The strange code units, and all of them.
fn wide_strangers(window: &[u8], unit: fn([u8; 2]) -> u16) -> (usize, usize) {
    let (pairs, _) = window.as_chunks::<2>();
    let decoded = char::decode_utf16(pairs.iter().map(|pair| unit(*pair)));
    let strange = decoded.filter(|c| match c {
        Ok(c) => {
            u8::try_from(*c).is_ok_and(is_strange)
                || matches!(*c, '\u{e000}'..='\u{f8ff}' | '\u{fff0}'..='\u{fffb}' | '\u{ffff}')
        }
        Err(_) => true,
    });
    (strange.count(), pairs.len())
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::as_conversions)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        for text in [
            &b""[..],
            b"my \"Personal\"\r\n",
            b"\x1b[31mred\x1b[0m\x08\n",
            "证书哈希(sha1)".as_bytes(),
            b"\xd6\xa4\xca\xe9\xb9\xfe\xcf\xa3(sha1): 00",
            b"\xff\xfem\0y\0\r\0\n\0",
            b"m\0y\0 \0\r\0\n\0",
            b"\0m\0y\0 \0\r\0\n",
            b"cmd output\r\nP\0S\0 \0o\0u\0t\0p\0u\0t\0",
            b"a text of some length with one \0\0 stray pair of NUL characters in it, long enough to bear it",
        ] {
            assert!(looks_like_text(text), "{text:?}");
        }
    }

    #[test]
    fn binaries() {
        let noise: Vec<u8> = (0..4096_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        for bytes in [
            // The start of a PFX file, of a registry hive, of an event log; a run of NUL; noise.
            &b"\x30\x82\x0a\x41\x02\x01\x03\x30\x82\x0a\x07\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"[..],
            b"regf\x01\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0",
            b"ElfFile\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0",
            &[0; 512],
            &noise,
        ] {
            assert!(!looks_like_text(bytes), "{:?}", &bytes[..8]);
        }
    }
}
