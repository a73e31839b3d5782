//! The encodings of text inputs: their names, and the choice among them by content.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use encoding_rs::Encoding;
use memchr::memmem;

use super::decode::{PageDecoder, is_printable_ascii};
use super::mixed::{begins_narrow, narrow_lines};
use super::oem_tables;

/// How the bytes of a text input stand for characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextEncoding {
    /// UTF-8 without a byte order mark.
    Utf8,
    /// UTF-8 with a byte order mark.
    Utf8Bom,
    /// UTF-16, low byte first, with or without a byte order mark; what PowerShell 5 writes on `>`.
    Utf16Le,
    /// UTF-16, high byte first, with or without a byte order mark.
    Utf16Be,
    /// An OEM or ANSI code page of Windows.
    CodePage(CodePage),
}

/// A code page this program can read: 437, 850, 852, 866, 874, 932, 936, 949, 950, 1250 to 1258.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CodePage(u16);

/// The code pages in the order in which equal evidence decides between them: the plausible ones first.
const PAGES: [u16; 18] =
    [1252, 850, 437, 1250, 852, 866, 1251, 936, 932, 949, 950, 874, 1253, 1254, 1255, 1256, 1257, 1258];

impl CodePage {
    /// Windows-1252, the page that is assumed when nothing speaks for another one.
    pub const WINDOWS_1252: Self = Self(1252);

    /// The page of a number, if it can be read.
    pub fn new(number: u16) -> Option<Self> {
        PAGES.contains(&number).then_some(Self(number))
    }

    /// Every page, the plausible ones first.
    pub fn all() -> impl Iterator<Item = Self> {
        PAGES.into_iter().map(Self)
    }

    /// The number of the page, as `chcp` prints it.
    pub fn number(self) -> u16 {
        self.0
    }

    /// Its name in reports: `cp850`, `windows-1252`.
    pub fn name(self) -> &'static str {
        match self.0 {
            437 => "cp437",
            850 => "cp850",
            852 => "cp852",
            866 => "cp866",
            874 => "windows-874",
            932 => "cp932",
            936 => "cp936",
            949 => "cp949",
            950 => "cp950",
            1250 => "windows-1250",
            1251 => "windows-1251",
            1253 => "windows-1253",
            1254 => "windows-1254",
            1255 => "windows-1255",
            1256 => "windows-1256",
            1257 => "windows-1257",
            1258 => "windows-1258",
            _ => "windows-1252",
        }
    }

    /// What decodes the page.
    pub(super) fn decoder(self) -> PageDecoder {
        match self.0 {
            437 => PageDecoder::Single(Box::new(oem_tables::CP437)),
            850 => PageDecoder::Single(Box::new(oem_tables::CP850)),
            852 => PageDecoder::Single(Box::new(oem_tables::CP852)),
            866 => PageDecoder::single(encoding_rs::IBM866),
            874 => PageDecoder::single(encoding_rs::WINDOWS_874),
            932 => PageDecoder::Double(encoding_rs::SHIFT_JIS),
            936 => PageDecoder::Double(encoding_rs::GBK),
            949 => PageDecoder::Double(encoding_rs::EUC_KR),
            950 => PageDecoder::Double(encoding_rs::BIG5),
            1250 => PageDecoder::single(encoding_rs::WINDOWS_1250),
            1251 => PageDecoder::single(encoding_rs::WINDOWS_1251),
            1253 => PageDecoder::single(encoding_rs::WINDOWS_1253),
            1254 => PageDecoder::single(encoding_rs::WINDOWS_1254),
            1255 => PageDecoder::single(encoding_rs::WINDOWS_1255),
            1256 => PageDecoder::single(encoding_rs::WINDOWS_1256),
            1257 => PageDecoder::single(encoding_rs::WINDOWS_1257),
            1258 => PageDecoder::single(encoding_rs::WINDOWS_1258),
            _ => PageDecoder::single(encoding_rs::WINDOWS_1252),
        }
    }
}

impl TextEncoding {
    /// Its name in reports: `utf-8`, `utf-16le`, `windows-1252`, `cp850`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 | Self::Utf8Bom => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::CodePage(page) => page.name(),
        }
    }

    /// The bytes of a code unit: 1 or 2.
    pub fn unit(self) -> usize {
        if matches!(self, Self::Utf16Le | Self::Utf16Be) { 2 } else { 1 }
    }
}

impl fmt::Display for TextEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no encoding this program reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown encoding {name:?}: expected utf-8, utf-16le, utf-16be, or one of the code pages 437, 850, 852, 866, 874, 932, 936, 949, 950, 1250 to 1258"
)]
pub struct UnknownEncoding {
    /// The name as given.
    pub name: String,
}

impl FromStr for TextEncoding {
    type Err = UnknownEncoding;

    /// Reads the name of an encoding as people write it: any case, with or without `-` and `_`, code pages by number
    /// alone or after `cp`, `ibm`, `windows`; `ansi` is windows-1252 and `oem` cp850, the Western European pair.
    fn from_str(name: &str) -> Result<Self, UnknownEncoding> {
        let plain: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        let number = match plain.as_str() {
            "utf8" | "65001" | "cp65001" => return Ok(Self::Utf8),
            "utf8bom" | "utf8sig" => return Ok(Self::Utf8Bom),
            "utf16" | "utf16le" | "ucs2" | "unicode" | "1200" | "cp1200" => return Ok(Self::Utf16Le),
            "utf16be" | "unicodefffe" | "bigendianunicode" | "1201" | "cp1201" => return Ok(Self::Utf16Be),
            "ansi" | "latin1" | "iso88591" | "ascii" | "usascii" => 1252,
            "oem" => 850,
            "shiftjis" | "sjis" | "windows31j" | "mskanji" => 932,
            "gbk" | "gb2312" | "gb18030" => 936,
            "euckr" | "uhc" | "ksc5601" => 949,
            "big5" => 950,
            "tis620" => 874,
            other => {
                let digits = ["windows", "codepage", "win", "ibm", "dos", "cp", "ms"]
                    .iter()
                    .find_map(|prefix| other.strip_prefix(prefix))
                    .unwrap_or(other);
                digits.parse().unwrap_or(0)
            }
        };
        CodePage::new(number).map(Self::CodePage).ok_or_else(|| UnknownEncoding { name: name.to_owned() })
    }
}

/// The encoding chosen for an input, and whether anything spoke for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// The encoding.
    pub encoding: TextEncoding,
    /// Nothing spoke for this code page: letters outside ASCII may come out wrong.
    pub guessed: bool,
}

impl Choice {
    fn sure(encoding: TextEncoding) -> Self {
        Self { encoding, guessed: false }
    }
}

/// Chooses the encoding of a text by its first bytes (at most `Limits::detect_bytes` of them).
///
/// In this order: the byte order mark; the NUL pattern of UTF-16; valid UTF-8, also with a few broken bytes, and also
/// cut within a character at the window's end; the code page in which most of `words` occur (labels with letters
/// outside ASCII); windows-1252 as a guess. Of a text whose encoding changes ([`LineReader`](super::LineReader)) the one at its
/// start.
pub fn choose(window: &[u8], words: &[&str]) -> Choice {
    if window.starts_with(b"\xef\xbb\xbf") {
        return Choice::sure(TextEncoding::Utf8Bom);
    }
    if window.starts_with(b"\xff\xfe") {
        return Choice::sure(TextEncoding::Utf16Le);
    }
    if window.starts_with(b"\xfe\xff") {
        return Choice::sure(TextEncoding::Utf16Be);
    }
    if !begins_narrow(window)
        && let Some(encoding) = utf16_by_nuls(window)
    {
        return Choice::sure(encoding);
    }
    choose_narrow(&narrow_lines(window), words)
}

/// Chooses the encoding of a text of 8 bits.
pub(super) fn choose_narrow(window: &[u8], words: &[&str]) -> Choice {
    if is_mostly_utf8(window) {
        return Choice::sure(TextEncoding::Utf8);
    }
    match page_by_words(window, words) {
        Some(page) => Choice::sure(TextEncoding::CodePage(page)),
        None => Choice { encoding: TextEncoding::CodePage(CodePage::WINDOWS_1252), guessed: true },
    }
}

/// UTF-16 without a byte order mark: at least a quarter of the units are ASCII text in one byte order, and hardly any
/// in the other one.
pub(super) fn utf16_by_nuls(window: &[u8]) -> Option<TextEncoding> {
    let (units, _) = window.as_chunks::<2>();
    let little = units.iter().filter(|[low, high]| *high == 0 && is_printable_ascii(*low)).count();
    let big = units.iter().filter(|[high, low]| *high == 0 && is_printable_ascii(*low)).count();
    let enough = |n: usize| n > 0 && n.saturating_mul(4) >= units.len();
    if enough(little) && little > big.saturating_mul(4) {
        Some(TextEncoding::Utf16Le)
    } else if enough(big) && big > little.saturating_mul(4) {
        Some(TextEncoding::Utf16Be)
    } else {
        None
    }
}

/// Whether the window is UTF-8: no broken sequence, or at least two good ones (outside ASCII) for each broken one.
///
/// In text of a code page good sequences come about by chance only.
fn is_mostly_utf8(window: &[u8]) -> bool {
    if simdutf8::basic::from_utf8(window).is_ok() {
        return true;
    }
    let mut good = 0_usize;
    let mut broken = 0_usize;
    let mut chunks = window.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        good = good.saturating_add(chunk.valid().bytes().filter(|b| *b >= 0xC2).count());
        let cut_at_end = chunks.peek().is_none() && is_start_of_character(chunk.invalid());
        if !chunk.invalid().is_empty() && !cut_at_end {
            broken = broken.saturating_add(1);
        }
    }
    broken == 0 || good >= broken.saturating_mul(2)
}

/// Whether these last bytes of a window could go on to a UTF-8 character.
fn is_start_of_character(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|e| e.valid_up_to() == 0 && e.error_len().is_none())
}

/// The code page in which most different words occur; the more plausible one of two equal ones; none without a word.
fn page_by_words(window: &[u8], words: &[&str]) -> Option<CodePage> {
    // In all code pages the bytes of a line end stand for nothing else, so lines can be looked at one by one.
    let mut seen = HashSet::new();
    let lines: Vec<&[u8]> =
        window.split(|b| matches!(b, b'\n' | b'\r')).filter(|l| !l.is_ascii() && seen.insert(*l)).collect();
    let words: Vec<memmem::Finder<'_>> = words
        .iter()
        .filter(|w| !w.is_ascii())
        .collect::<HashSet<_>>()
        .into_iter()
        .map(|w| memmem::Finder::new(w.as_bytes()))
        .collect();
    if words.is_empty() {
        return None;
    }
    let mut best = None;
    let mut most = 0;
    let (mut text, mut breaks) = (String::new(), Vec::new());
    for page in CodePage::all() {
        let decoder = page.decoder();
        text.clear();
        for line in &lines {
            breaks.clear();
            decoder.decode_line(line, &mut text, &mut breaks);
            text.push('\n');
        }
        let found = words.iter().filter(|w| w.find(text.as_bytes()).is_some()).count();
        if found > most {
            most = found;
            best = Some(page);
        }
    }
    best
}

impl PageDecoder {
    /// The table of a page with one byte per character.
    fn single(encoding: &'static Encoding) -> Self {
        let mut table = Box::new(['\u{fffd}'; 128]);
        for (slot, byte) in table.iter_mut().zip(0x80..=0xFF_u8) {
            let (text, _) = encoding.decode_without_bom_handling(std::slice::from_ref(&byte));
            *slot = text.chars().next().unwrap_or('\u{fffd}');
        }
        Self::Single(table)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    const WORDS: [&str; 6] =
        ["Numéro de série", "Émetteur", "Schlüsselcontainer", "Número de Série", "证书哈希", "提供程序"];

    fn chosen(window: &[u8]) -> (&'static str, bool) {
        let choice = choose(window, &WORDS);
        (choice.encoding.name(), choice.guessed)
    }

    #[test]
    fn byte_order_marks_decide() {
        assert_eq!(choose(b"\xef\xbb\xbfabc", &WORDS), Choice::sure(TextEncoding::Utf8Bom));
        assert_eq!(chosen(b"\xff\xfea\0"), ("utf-16le", false));
        assert_eq!(chosen(b"\xfe\xff\0a"), ("utf-16be", false));
    }

    #[test]
    fn nul_pattern_decides() {
        assert_eq!(chosen(b"m\0y\0 \0\"\0P\0"), ("utf-16le", false));
        assert_eq!(chosen(b"\0m\0y\0 \0\"\0P"), ("utf-16be", false));
        let chinese: Vec<u8> = "证书哈希(sha1): 0a 1b".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(chosen(&chinese), ("utf-16le", false));
        assert_eq!(chosen(b""), ("utf-8", false));
        assert_eq!(chosen(b"one \0 NUL in a text"), ("utf-8", false));
    }

    #[test]
    fn utf8_stays_utf8_when_cut_or_slightly_broken() {
        let text = "Numéro de série : 1\nÉmetteur: x\n".as_bytes();
        assert_eq!(chosen(text), ("utf-8", false));
        assert_eq!(chosen(&text[..4]), ("utf-8", false));
        let mut broken = text.to_vec();
        broken.extend(b"stray \xfc byte");
        assert_eq!(chosen(&broken), ("utf-8", false));
        assert_eq!(chosen("Schl\u{fffd}sselcontainer = x".as_bytes()), ("utf-8", false));
    }

    /// Bytes by `printf '...' | iconv -t <page>`, checked with Python's codecs.
    #[test]
    fn words_decide_between_pages() {
        assert_eq!(chosen(b"Schl\xfcsselcontainer = x"), ("windows-1252", false));
        assert_eq!(chosen(b"Schl\x81sselcontainer = x"), ("cp850", false));
        assert_eq!(chosen(b"Num\x82ro de s\x82rie : 1\r\n\x90metteur: x"), ("cp850", false));
        assert_eq!(chosen(b"\xd6\xa4\xca\xe9\xb9\xfe\xcf\xa3(sha1): 00"), ("cp936", false));
        assert_eq!(chosen(b"nothing \xe4 known"), ("windows-1252", true));
    }

    #[test]
    fn names_are_read_as_people_write_them() {
        for (name, expected) in [
            ("UTF-8", "utf-8"),
            ("utf8", "utf-8"),
            ("65001", "utf-8"),
            ("utf-16", "utf-16le"),
            ("Unicode", "utf-16le"),
            ("UTF-16BE", "utf-16be"),
            ("437", "cp437"),
            ("CP437", "cp437"),
            ("ibm850", "cp850"),
            ("oem", "cp850"),
            ("latin1", "windows-1252"),
            ("Windows-1252", "windows-1252"),
            ("cp1251", "windows-1251"),
            ("shift_jis", "cp932"),
            ("GBK", "cp936"),
            ("euc-kr", "cp949"),
            ("Big5", "cp950"),
            ("874", "windows-874"),
        ] {
            assert_eq!(name.parse::<TextEncoding>().unwrap().name(), expected, "{name}");
        }
        for name in ["", "utf-7", "1259", "cp", "99999999"] {
            assert!(name.parse::<TextEncoding>().is_err(), "{name}");
        }
        for page in CodePage::all() {
            assert_eq!(page.name().parse::<TextEncoding>(), Ok(TextEncoding::CodePage(page)));
        }
    }
}
