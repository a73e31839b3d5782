//! Properties of the line reader over all encodings, and known bytes of code pages.
#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

use std::io::{self, Read};
use std::ops::Range;

use proptest::prelude::*;

use super::*;
use crate::limits::Limits;

/// A reader that answers with a given number of bytes at a time, in turn.
struct Portions<'a> {
    bytes: &'a [u8],
    sizes: &'a [usize],
    turn: usize,
}

impl Read for Portions<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let size = self.sizes[self.turn % self.sizes.len()].min(out.len()).min(self.bytes.len());
        self.turn += 1;
        let (now, later) = self.bytes.split_at(size);
        out[..size].copy_from_slice(now);
        self.bytes = later;
        Ok(size)
    }
}

/// What one line says, owned.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    text: String,
    number: u64,
    range: Range<u64>,
    window: Option<Window>,
    /// The original offset of every character, and of the end of the text.
    places: Vec<u64>,
}

fn small() -> Limits {
    Limits { line_bytes: 64, line_overlap: 16, detect_bytes: 256, ..Limits::default() }
}

fn read_all<R: Read>(mut reader: LineReader<R>) -> Vec<Seen> {
    let mut seen = Vec::new();
    while let Some(batch) = reader.next_batch().unwrap() {
        for line in batch.lines() {
            let mut places: Vec<u64> = line.text.char_indices().map(|(at, _)| line.original(at)).collect();
            places.push(line.original(line.text.len()));
            seen.push(Seen {
                text: line.text.to_owned(),
                number: line.number,
                range: line.start..line.end,
                window: line.window,
                places,
            });
        }
    }
    seen
}

fn read(bytes: &[u8], encoding: TextEncoding, limits: &Limits) -> Vec<Seen> {
    read_all(LineReader::new(bytes, encoding, limits))
}

fn texts(bytes: &[u8], encoding: TextEncoding) -> Vec<String> {
    read(bytes, encoding, &Limits::default()).into_iter().map(|s| s.text).collect()
}

fn page(number: u16) -> TextEncoding {
    TextEncoding::CodePage(CodePage::new(number).unwrap())
}

fn all_encodings() -> Vec<TextEncoding> {
    let mut all = vec![TextEncoding::Utf8, TextEncoding::Utf8Bom, TextEncoding::Utf16Le, TextEncoding::Utf16Be];
    all.extend(CodePage::all().map(TextEncoding::CodePage));
    all
}

/// Encodes a character independently of the decoder; none if the encoding does not have it.
fn encode(c: char, encoding: TextEncoding) -> Option<Vec<u8>> {
    let mut utf8 = [0; 4];
    let mut utf16 = [0; 2];
    match encoding {
        TextEncoding::Utf8 | TextEncoding::Utf8Bom => Some(c.encode_utf8(&mut utf8).as_bytes().to_vec()),
        TextEncoding::Utf16Le => Some(c.encode_utf16(&mut utf16).iter().flat_map(|u| u.to_le_bytes()).collect()),
        TextEncoding::Utf16Be => Some(c.encode_utf16(&mut utf16).iter().flat_map(|u| u.to_be_bytes()).collect()),
        TextEncoding::CodePage(page) => {
            if c.is_ascii() {
                return Some(vec![c as u8]);
            }
            let oem = |table: &[char; 128]| table.iter().position(|t| *t == c).map(|i| vec![0x80 + i as u8]);
            let known = match page.number() {
                437 => return oem(&oem_tables::CP437),
                850 => return oem(&oem_tables::CP850),
                852 => return oem(&oem_tables::CP852),
                866 => encoding_rs::IBM866,
                874 => encoding_rs::WINDOWS_874,
                932 => encoding_rs::SHIFT_JIS,
                936 => encoding_rs::GBK,
                949 => encoding_rs::EUC_KR,
                950 => encoding_rs::BIG5,
                n => encoding_rs::Encoding::for_label(format!("windows-{n}").as_bytes()).unwrap(),
            };
            let text = c.to_string();
            let (bytes, _, unmappable) = known.encode(&text);
            let (back, _) = known.decode_without_bom_handling(&bytes);
            (!unmappable && back == text).then(|| bytes.to_vec())
        }
    }
}

/// Characters that certutil's languages use, and others.
fn characters() -> impl Strategy<Value = char> {
    prop_oneof![
        6 => proptest::char::range(' ', '~'),
        2 => prop::sample::select("äöüßéèêçñóãÉÜ\u{a0}’—…€".chars().collect::<Vec<_>>()),
        2 => prop::sample::select("证书哈希提供程序密钥容器受信任的根ключСертификат証明書キー인증서".chars().collect::<Vec<_>>()),
        1 => Just('\u{feff}'),
        1 => Just('\0'),
        1 => Just('\t'),
        1 => Just('\u{1f511}'),
        1 => any::<char>().prop_filter("no line end", |c| !matches!(c, '\r' | '\n')),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// What was encoded comes back, whatever the line end, and every character's place is where it was put.
    #[test]
    fn encoded_text_comes_back(
        lines in prop::collection::vec(prop::collection::vec(characters(), 0..30), 1..12),
        end in prop::sample::select(vec!["\n", "\r\n", "\r\r\n", "\r"]),
        bom in any::<bool>(),
    ) {
        for encoding in all_encodings() {
            let mut bytes = Vec::new();
            let mark = encoding == TextEncoding::Utf8Bom || bom && matches!(encoding, TextEncoding::Utf16Le | TextEncoding::Utf16Be);
            if mark {
                bytes.extend(encode('\u{feff}', encoding).unwrap());
            }
            let mut expected = Vec::new();
            for (i, line) in lines.iter().enumerate() {
                let (mut text, mut places) = (String::new(), Vec::new());
                let start = bytes.len() as u64;
                for c in line {
                    // At the very start it would be a byte order mark. Zeros in a text of 8 bits may be those of UTF-16.
                    let wide = matches!(encoding, TextEncoding::Utf16Le | TextEncoding::Utf16Be);
                    if *c == '\u{feff}' && i == 0 && text.is_empty() || *c == '\0' && !wide {
                        continue;
                    }
                    if let Some(encoded) = encode(*c, encoding) {
                        text.push(*c);
                        places.push(bytes.len() as u64);
                        bytes.extend(encoded);
                    }
                }
                places.push(bytes.len() as u64);
                for c in end.chars() {
                    bytes.extend(encode(c, encoding).unwrap());
                }
                let number = i as u64 + 1;
                expected.push(Seen { text, number, range: start..bytes.len() as u64, window: None, places });
            }
            prop_assert_eq!(read(&bytes, encoding, &Limits::default()), expected, "{}", encoding);
        }
    }

    /// Any bytes at all: the lines don't depend on the reader's portions, nor on the size of the buffer.
    #[test]
    fn lines_do_not_depend_on_portions(
        pieces in prop::collection::vec(prop_oneof![
            prop::collection::vec(any::<u8>(), 0..40),
            prop::collection::vec(prop::sample::select(b"\r\n\0 a\xc3\xa4\x81\xff\xd8\xdc".to_vec()), 0..80),
            "[ -~]{0,100}\r?\n".prop_map(String::into_bytes),
            "[ -~é证]{0,60}\n".prop_map(|s| s.encode_utf16().flat_map(u16::to_le_bytes).collect()),
            "[ -~é证]{0,60}\n".prop_map(|s| s.encode_utf16().flat_map(u16::to_be_bytes).collect()),
            "[é证\u{1f511}]{0,200}".prop_map(String::into_bytes),
        ], 0..8),
        sizes in prop::collection::vec(1_usize..50, 1..5),
    ) {
        let bytes: Vec<u8> = pieces.concat();
        for encoding in all_encodings() {
            let whole = read(&bytes, encoding, &small());
            let portions = Portions { bytes: &bytes, sizes: &sizes, turn: 0 };
            let chunked = read_all(LineReader::with_chunk(portions, encoding, &small(), 0));
            prop_assert_eq!(&whole, &chunked, "{}", encoding);

            // Numbers and places rise, nothing is left out, every place is within its line.
            let (mut at, mut number) = (None, 0);
            for line in &whole {
                let continues = line.window.is_some_and(|w| w.index > 0);
                prop_assert_eq!(line.number, number + u64::from(!continues));
                number = line.number;
                if let Some(at) = at {
                    let joins = if continues { line.range.start <= at } else { line.range.start == at };
                    prop_assert!(joins);
                }
                at = Some(line.range.end);
                prop_assert!(line.range.start < line.range.end);
                prop_assert!(line.places.is_sorted());
                // A line of UTF-16 among others can begin with the rest of a line end.
                prop_assert!((line.range.start..line.range.start + 4).contains(&line.places[0]));
                prop_assert!(*line.places.last().unwrap() <= line.range.end);
            }
            if let Some(at) = at {
                // The rest of a line end of UTF-16 is no line.
                prop_assert!(at == bytes.len() as u64 || at + 1 == bytes.len() as u64 && bytes.ends_with(b"\n\0"));
            }
        }
    }

    /// A page's line decoder says what the encoding says of the whole line.
    #[test]
    fn byte_wise_decoding_is_the_same(bytes in prop::collection::vec(prop_oneof![
        any::<u8>(), 0x80..=0xFF_u8, 0x30..=0x39_u8, Just(0x81)], 0..60)) {
        let line: Vec<u8> = bytes.into_iter().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
        // A line of UTF-16 in a text of 8 bits is read as such.
        prop_assume!(super::mixed::wide_line(&line).is_none());
        for (number, encoding) in [(932, encoding_rs::SHIFT_JIS), (936, encoding_rs::GBK), (949, encoding_rs::EUC_KR),
                                   (950, encoding_rs::BIG5), (1252, encoding_rs::WINDOWS_1252), (874, encoding_rs::WINDOWS_874)] {
            let (expected, _) = encoding.decode_without_bom_handling(&line);
            prop_assert_eq!(texts(&line, page(number)).concat(), expected, "{}", number);
        }
        prop_assert_eq!(texts(&line, TextEncoding::Utf8).concat(), String::from_utf8_lossy(line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line)));
    }

    /// The windows of a long line, without their overlaps, are the line.
    #[test]
    fn windows_make_up_the_line(text in "[ -~äé证]{60,600}", lead in 0_usize..3) {
        for encoding in all_encodings() {
            let text: String = text.chars().filter(|c| encode(*c, encoding).is_some()).collect();
            let mut bytes: Vec<u8> = "\n".repeat(lead).chars().flat_map(|c| encode(c, encoding).unwrap()).collect();
            bytes.extend(text.chars().flat_map(|c| encode(c, encoding).unwrap()));
            bytes.extend("\r\nnext".chars().flat_map(|c| encode(c, encoding).unwrap()));
            let seen = read(&bytes, encoding, &small());
            let mut whole = String::new();
            for line in seen.iter().filter(|s| s.number == lead as u64 + 1) {
                let overlap = line.window.map_or(0, |w| w.overlap as usize);
                if let Some(w) = line.window {
                    let total = whole.chars().count();
                    let repeated = line.text[..overlap].chars().count();
                    prop_assert_eq!(w.characters_before as usize, total - repeated);
                    prop_assert!(whole.ends_with(&line.text[..overlap]));
                }
                whole.push_str(&line.text[overlap..]);
            }
            prop_assert_eq!(whole, text, "{}", encoding);
            prop_assert_eq!(seen.last().unwrap().text.as_str(), "next");
        }
    }
}

/// Made by Python: `"...".encode("cp850")` and so on for each page.
#[test]
fn known_bytes_of_code_pages() {
    let golden: &[(u16, &[u8], &str)] = &include!("golden_pages.in");
    for (number, bytes, text) in golden {
        assert_eq!(texts(bytes, page(*number)), [*text], "{number}");
    }
}

#[test]
fn line_ends() {
    for (bytes, expected) in [
        (&b""[..], &[][..]),
        (b"a", &["a"]),
        (b"a\n", &["a"]),
        (b"a\r\n\r\nb", &["a", "", "b"]),
        (b"a\r\r\nb\r\r\n", &["a", "b"]),
        (b"a\rb\rc", &["a", "b", "c"]),
        (b"a\rb\r", &["a", "b"]),
        (b"10%\r20%\r\nend\n", &["10%\r20%", "end"]),
        (b"a\0b\n\0\0", &["a\0b", "\0\0"]),
    ] {
        assert_eq!(texts(bytes, TextEncoding::Utf8), expected, "{bytes:?}");
        let wide: Vec<u8> = bytes.iter().flat_map(|b| [*b, 0]).collect();
        assert_eq!(texts(&wide, TextEncoding::Utf16Le), expected, "{bytes:?}");
    }
}

/// What was read, and where the encoding changes.
fn read_mixed(bytes: &[u8], encoding: TextEncoding) -> (Vec<Seen>, Option<Change>) {
    let mut reader = LineReader::new(bytes, encoding, &Limits::default()).with_words(|| vec!["Schlüsselcontainer"]);
    let mut seen = Vec::new();
    while let Some(batch) = reader.next_batch().unwrap() {
        seen.extend(batch.lines().map(|line| Seen {
            text: line.text.to_owned(),
            number: line.number,
            range: line.start..line.end,
            window: line.window,
            places: line.text.char_indices().map(|(at, _)| line.original(at)).collect(),
        }));
    }
    (seen, reader.change())
}

#[test]
fn utf16_appended_to_a_text_of_8_bits() {
    let wide: Vec<u8> = "my é\r\n\r\nключ x\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (first, encoding) in [(&b"one\r\n"[..], TextEncoding::Utf8), (b"\xfc\r\n", page(850)), (b"", page(1252))] {
        let bytes = [first, &wide, b"last\r\n"].concat();
        let (seen, change) = read_mixed(&bytes, encoding);
        let at = seen.len() - 4;
        let texts: Vec<&str> = seen[at..].iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts, ["my é", "", "ключ x", "last"]);
        let start = first.len() as u64;
        assert_eq!(seen[at].places, [start, start + 2, start + 4, start + 6]);
        assert_eq!(seen[at + 2].places[..2], [start + 16, start + 18]);
        assert!(seen.iter().zip(1..).all(|(line, number)| line.number == number));
        assert_eq!(change, Some(Change { line: at as u64 + 1, start, to: TextEncoding::Utf16Le }));
    }
    let (seen, change) = read_mixed(b"one \0 NUL\n\0\0\0\n", TextEncoding::Utf8);
    assert_eq!((seen[0].text.as_str(), seen[1].text.as_str(), change), ("one \0 NUL", "\0\0\0", None));
}

#[test]
fn eight_bits_appended_to_utf16() {
    let wide: Vec<u8> = "\u{feff}é 1\r\n证书\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let narrow = b"================ Zertifikat 0 ================\r\n  Schl\x81sselcontainer = x\r\n";
    let bytes = [&wide[..], narrow, &wide].concat();
    let (seen, change) = read_mixed(&bytes, TextEncoding::Utf16Le);
    let texts: Vec<&str> = seen.iter().map(|line| line.text.as_str()).collect();
    let rule = "================ Zertifikat 0 ================";
    assert_eq!(texts[..4], ["é 1", "证书", rule, "  Schlüsselcontainer = x"]);
    assert_eq!(texts[4..6], ["é 1", "证书"]);
    assert_eq!(seen[2].range.start, wide.len() as u64);
    assert_eq!(change, Some(Change { line: 3, start: wide.len() as u64, to: page(850) }));
}

#[test]
fn wide_text_with_line_feed_bytes_in_other_characters() {
    let text = "\u{0a0a}\u{0a00}\u{000d}x\u{0a0d}\n\u{0d0a}";
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let expected = ["\u{0a0a}\u{0a00}\rx\u{0a0d}", "\u{0d0a}"];
    assert_eq!(texts(&little, TextEncoding::Utf16Le), expected);
    assert_eq!(texts(&big, TextEncoding::Utf16Be), expected);
}

#[test]
fn broken_wide_text() {
    // A lone low surrogate, and an odd byte at the end.
    let seen = read(b"a\0\0\xdcb\0\n\0c\0d", TextEncoding::Utf16Le, &Limits::default());
    assert_eq!(seen[0].text, "a\u{fffd}b");
    assert_eq!(seen[0].places, [0, 2, 4, 6]);
    assert_eq!(seen[1].text, "c\u{fffd}");
    assert_eq!(seen[1].places, [8, 10, 11]);
}

#[test]
fn broken_utf8_keeps_its_places() {
    let seen = read(b"ok\nx\xe4\xf6y\xe2\x82z\n\xc3\xa4\n", TextEncoding::Utf8, &Limits::default());
    assert_eq!(seen[1].text, "x\u{fffd}\u{fffd}y\u{fffd}z");
    assert_eq!(seen[1].places, [3, 4, 5, 6, 7, 9, 10]);
    assert_eq!((seen[2].text.as_str(), seen[2].range.clone()), ("ä", 11..14));
}

#[test]
fn the_first_broken_line_is_known() {
    let mut reader = LineReader::new(&b"ok\n\xc3\xa4\nx\xe4\n\xe4\n"[..], TextEncoding::Utf8, &Limits::default());
    assert_eq!(reader.first_broken_line(), None);
    while reader.next_batch().unwrap().is_some() {}
    assert_eq!(reader.first_broken_line(), Some((3, 6)));
}

#[test]
fn byte_order_mark_decides_the_byte_order() {
    let mut reader = LineReader::new(&b"\xfe\xff\0a"[..], TextEncoding::Utf16Le, &Limits::default());
    let batch = reader.next_batch().unwrap().unwrap();
    assert_eq!((batch.text, batch.base, batch.encoding), ("a", 2, TextEncoding::Utf16Be));
    assert!(reader.next_batch().unwrap().is_none());
    assert!(read(b"\xef\xbb\xbf", TextEncoding::Utf8, &Limits::default()).is_empty());
}

#[test]
fn an_error_comes_after_the_lines_before_it() {
    struct Failing(bool);
    impl Read for Failing {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            if std::mem::replace(&mut self.0, true) {
                return Err(io::Error::other("gone"));
            }
            out[..3].copy_from_slice(b"a\nb");
            Ok(3)
        }
    }
    let mut reader = LineReader::new(Failing(false), TextEncoding::Utf8, &Limits::default());
    let lines: Vec<String> = reader.next_batch().unwrap().unwrap().lines().map(|l| l.text.to_owned()).collect();
    assert_eq!(lines, ["a", "b"]);
    assert_eq!(reader.next_batch().unwrap_err().to_string(), "gone");
    assert!(reader.next_batch().unwrap().is_none());
}

#[test]
fn one_huge_line_is_read_in_windows_in_linear_time() {
    let size = 20 << 20;
    let limits = Limits::default();
    let mut reader = LineReader::new(io::repeat(b'x').take(size), TextEncoding::Utf8, &limits);
    let (mut end, mut windows) = (0, 0);
    while let Some(batch) = reader.next_batch().unwrap() {
        for line in batch.lines() {
            assert_eq!(line.number, 1);
            assert!(line.text.len() <= limits.line_bytes);
            assert_eq!(line.window.unwrap().index, windows);
            windows += 1;
            end = line.end;
        }
    }
    assert_eq!(end, size);
    assert_eq!(u64::from(windows), (size - 65_536).div_ceil(61_440) + 1);
}
