//! Bytes that a tool wrote as hexadecimal digits: `certutil -encodehex` in each of its forms, PowerShell's `Format-Hex`, `xxd`,
//! `hexdump -C`.
//!
//! Sources: Microsoft Learn, "CryptBinaryToStringA function" (CRYPT_STRING_HEX, HEXASCII, HEXADDR, HEXASCIIADDR, HEXRAW), of
//! which `certutil -encodehex` writes HEXASCIIADDR unless a type is named; the manual pages of xxd and hexdump.
//!
//! A row is an offset, the bytes in groups and a column of characters; offset and characters may be left out. The characters
//! may look like digits, so the bytes are read from the columns that they have in the first row.

use zeroize::Zeroizing;

use super::text_lines::lines;
use crate::limits::{HEX_DUMP_HEADING_LINES, Limits};

/// The least number of bytes in a dump: fewer may be a thumbprint or a serial number.
const LEAST: usize = 40;

/// The bytes at the start of a text in which the first row stands.
const HEAD: usize = 4096;

/// How the rows of a dump are laid out.
#[derive(Clone, Copy)]
struct Layout {
    /// Each row begins with the offset of its first byte.
    has_offset: bool,
    /// The column behind the last byte of a whole row, in characters.
    end: usize,
    /// The bytes of a whole row.
    width: usize,
}

/// The bytes of a text that is a hexadecimal dump and nothing else; `None` for other texts. A last row that is cut ends it:
/// what the bytes are tells that they are too few.
pub fn read(bytes: &[u8], limits: &Limits) -> Option<Zeroizing<Vec<u8>>> {
    if bytes.len() < LEAST || bytes.len() > limits.armor_bytes {
        return None;
    }
    // Most texts are none: their first lines tell.
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    lines(head).take(HEX_DUMP_HEADING_LINES).find_map(|line| first_row(&line.text, &mut Vec::new()))?;
    // One allocation, so that no copy of a key stays behind when the vector grows.
    let mut out = Zeroizing::new(Vec::with_capacity(bytes.len() / 2));
    let mut layout: Option<Layout> = None;
    let mut heading = 0_usize;
    let mut ended = false;
    for line in lines(bytes) {
        let text = line.text.trim_end();
        if text.trim_start().is_empty() {
            continue;
        }
        if ended {
            // hexdump closes with the number of bytes.
            if layout.is_some_and(|known| known.has_offset) && offset(text.trim_start()) == Some(out.len()) {
                continue;
            }
            return None;
        }
        let Some(known) = layout else {
            match first_row(text, &mut out) {
                Some(found) => layout = Some(found),
                None if heading >= HEX_DUMP_HEADING_LINES => return None,
                None => heading = heading.saturating_add(1),
            }
            continue;
        };
        // Only the last row may be short, or be cut.
        ended = next_row(text, known, &mut out).is_none_or(|count| count < known.width);
    }
    (out.len() >= LEAST).then_some(out)
}

/// The words of a line with the columns where they start and end, in characters.
fn words(text: &str) -> impl Iterator<Item = (&str, usize, usize)> {
    let mut column = 0_usize;
    text.split([' ', '\t']).filter_map(move |word| {
        let start = column;
        let end = start.saturating_add(word.chars().count());
        column = end.saturating_add(1);
        (!word.is_empty()).then_some((word, start, end))
    })
}

/// The offset that a word states: at least four digits, or any with a colon behind them.
fn offset(word: &str) -> Option<usize> {
    let digits = word.strip_suffix(':').unwrap_or(word);
    if digits.len() < 4 || digits.len() > 16 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    usize::from_str_radix(digits, 16).ok()
}

/// Adds the bytes of a word of hexadecimal digits.
fn push(word: &str, out: &mut Vec<u8>) -> Option<usize> {
    if !word.len().is_multiple_of(2) || !word.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let before = out.len();
    for pair in word.as_bytes().chunks_exact(2) {
        let digits = std::str::from_utf8(pair).ok()?;
        out.push(u8::from_str_radix(digits, 16).ok()?);
    }
    Some(out.len().saturating_sub(before))
}

/// The first row: it sets the layout. With an offset it is the row of offset zero, which no heading is.
fn first_row(text: &str, out: &mut Vec<u8>) -> Option<Layout> {
    let mut all = words(text).peekable();
    let has_offset =
        all.peek().is_some_and(|(word, ..)| offset(word) == Some(0)) && text.trim_start().contains([' ', '\t']);
    if has_offset {
        all.next();
    }
    let (mut width, mut end) = (0_usize, 0_usize);
    for (word, _, word_end) in all {
        // Sixteen bytes are a row of every tool that writes characters beside them.
        if width >= 16 {
            break;
        }
        let Some(count) = push(word, out) else { break };
        width = width.saturating_add(count);
        end = word_end;
    }
    // Without an offset a word may look like digits: a row has many of them. The heading of Format-Hex numbers the columns.
    let numbers = !has_offset && out.iter().copied().eq(0..16);
    if numbers {
        out.clear();
        return None;
    }
    if width >= 16 || has_offset && width > 0 {
        return Some(Layout { has_offset, end, width });
    }
    out.clear();
    None
}

/// A further row: the number of its bytes. `None`: it is none, or cut.
fn next_row(text: &str, layout: Layout, out: &mut Vec<u8>) -> Option<usize> {
    let before = out.len();
    let mut all = words(text);
    if layout.has_offset && offset(all.next()?.0)? != before {
        return None;
    }
    let mut count = 0_usize;
    for (word, start, _) in all {
        if start >= layout.end {
            break;
        }
        match push(word, out) {
            Some(bytes) => count = count.saturating_add(bytes),
            None => {
                out.truncate(before);
                return None;
            }
        }
    }
    Some(count)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;
    use std::fmt::Write;

    /// Bytes whose characters look like digits: `0a`, `12 34`.
    fn sample() -> Vec<u8> {
        b"0\x82 0a 12 34 ab cd 00000010 ef: and then more than two rows of it, \xff\x00\x80.".to_vec()
    }

    fn shown(byte: u8) -> char {
        if (0x20..0x7F).contains(&byte) { char::from(byte) } else { '.' }
    }

    /// A dump with each row as `row` writes it: offset, digits of each byte, characters.
    fn dump(row: impl Fn(usize, &[String], &str) -> String) -> String {
        let mut text = String::new();
        for (index, bytes) in sample().chunks(16).enumerate() {
            let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let characters: String = bytes.iter().map(|byte| shown(*byte)).collect();
            let _ = writeln!(text, "{}", row(index * 16, &digits, &characters));
        }
        text
    }

    fn halves(digits: &[String]) -> String {
        let (first, second) = digits.split_at(digits.len().min(8));
        format!("{}  {}", first.join(" "), second.join(" "))
    }

    #[test]
    fn every_tool() {
        let read = |text: &str| read(text.as_bytes(), &Limits::default()).map(|bytes| bytes.to_vec());
        let whole = Some(sample());
        let pairs = |digits: &[String]| digits.chunks(2).map(<[String]>::concat).collect::<Vec<_>>().join(" ");
        // certutil -encodehex, and its types 4, 5, 10, 12.
        assert_eq!(read(&dump(|at, d, c| format!("{at:04x}  {:<49}   {c}", halves(d)))), whole);
        assert_eq!(read(&dump(|_, d, _| format!("\t{}", halves(d)))), whole);
        assert_eq!(read(&dump(|_, d, c| format!("\t{:<49}\t{c}", halves(d)))), whole);
        assert_eq!(read(&dump(|at, d, _| format!("{at:04x}\t{}", halves(d)))), whole);
        assert_eq!(read(&dump(|_, d, _| d.concat()).replace('\n', "")), whole);
        // xxd, xxd -p, hexdump -C.
        assert_eq!(read(&dump(|at, d, c| format!("{at:08x}: {:<39}  {c}", pairs(d)))), whole);
        assert_eq!(read(&dump(|_, d, _| d.concat())), whole);
        let closed =
            format!("{}{:08x}\n", dump(|at, d, c| format!("{at:08x}  {:<48}  |{c}|", halves(d))), sample().len());
        assert_eq!(read(&closed), whole);
        // Format-Hex.
        let heading =
            "\n\n           Path: C:\\tmp\\web.pfx\n\n           00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F\n\n";
        let rows = dump(|at, d, c| format!("{at:08X}   {:<47}  {c}", d.join(" ").to_uppercase()));
        assert_eq!(read(&format!("{heading}{rows}")), whole);
        let utf16: Vec<u8> = format!("\u{feff}{heading}{rows}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(super::read(&utf16, &Limits::default()).map(|bytes| bytes.to_vec()), whole);
    }

    #[test]
    fn what_is_no_dump() {
        let read = |text: &str| read(text.as_bytes(), &Limits::default()).map(|bytes| bytes.len());
        let rows = dump(|at, d, c| format!("{at:04x}  {:<49}   {c}", halves(d)));
        // A row is missing, words follow, the text ends within a row.
        let lines: Vec<&str> = rows.lines().collect();
        assert_eq!(read(&[lines[0], lines[2], lines[3]].join("\n")), None);
        assert_eq!(read(&format!("{rows}CertUtil: -dump command completed successfully.")), None);
        assert_eq!(read(&format!("{}\n0030  6", lines[..3].join("\n"))), Some(48));
        assert_eq!(read("a1b2c3d4e5f60718293a4b5c6d7e8f9001122334"), None);
        assert_eq!(read("no row of a dump stands among these words, though they are as long as one of them"), None);
    }
}
