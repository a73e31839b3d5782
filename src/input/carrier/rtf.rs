//! The text of a document in RTF, as Word, WordPad and Outlook save it.
//!
//! Control words and symbols: Rich Text Format Specification 1.9.1, "Special Characters", "Unicode RTF", "Font Table",
//! "Destinations". Code pages of `\fcharset`: the same, and the constants of `CreateFont` in wingdi.h.

use super::carried::{Carried, Cursor, Spot};
use super::{Form, Take, Unread, after};
use crate::input::decode::PageDecoder;
use crate::input::encoding::CodePage;
use crate::limits::{RTF_DEPTH, RTF_FONTS};
use crate::model::hex;
use memchr::memchr3;
use std::collections::BTreeMap;

/// The longest control word: the specification allows 32 letters.
const WORD: usize = 32;
/// The longest number behind one.
const DIGITS: usize = 10;

/// Destinations that are no text of the document. Those that begin with `\*` are none either.
const HIDDEN: [&str; 25] = [
    "author",
    "colortbl",
    "datastore",
    "falt",
    "filetbl",
    "fldinst",
    "fonttbl",
    "footer",
    "footerf",
    "footerl",
    "footerr",
    "generator",
    "header",
    "headerf",
    "headerl",
    "headerr",
    "info",
    "listoverridetable",
    "listtable",
    "listtext",
    "nonshppict",
    "objdata",
    "pict",
    "pntext",
    "stylesheet",
];

/// What holds up to the end of a group.
#[derive(Debug, Clone, Copy)]
struct Group {
    hidden: bool,
    /// In the font table.
    fonts: bool,
    font: u32,
    /// Characters that follow each `\u` for readers that don't know it.
    stand_ins: u32,
}

/// Reads a document.
pub(super) struct Rtf {
    group: Group,
    outer: Vec<Group>,
    /// Groups beyond those that are kept.
    deeper: u64,
    /// The code page of the document.
    page: u16,
    /// The code pages of fonts.
    fonts: BTreeMap<u32, u16>,
    /// It is said that there are more fonts than are kept.
    more_fonts: bool,
    /// What decodes the pages that were met.
    decoders: BTreeMap<u16, PageDecoder>,
    /// The first byte of a character of two bytes, and where it stands.
    lead: Option<(u8, Spot)>,
    /// The first half of a character of two `\u`.
    high: Option<(u16, Spot)>,
    /// Characters to be left out behind a `\u`.
    skip: u32,
    /// The original offset up to which bytes of a picture stand.
    binary: u64,
    /// The group just began: `\*` is its first mark.
    begins: bool,
    unread: Vec<Unread>,
}

impl Default for Rtf {
    fn default() -> Self {
        Self {
            group: Group { hidden: false, fonts: false, font: 0, stand_ins: 1 },
            outer: Vec::new(),
            deeper: 0,
            page: CodePage::WINDOWS_1252.number(),
            fonts: BTreeMap::new(),
            more_fonts: false,
            decoders: BTreeMap::new(),
            lead: None,
            high: None,
            skip: 0,
            binary: 0,
            begins: false,
            unread: Vec::new(),
        }
    }
}

impl Form for Rtf {
    fn line(&mut self, cursor: &mut Cursor<'_>, stop: usize, ends: bool, out: &mut Carried, take: &mut Take<'_>) {
        while cursor.index() < stop {
            if self.binary > 0 {
                cursor.skip_to_original(self.binary);
                if cursor.original() < self.binary {
                    return;
                }
                self.binary = 0;
                continue;
            }
            let rest = cursor.rest();
            match rest.as_bytes().first() {
                Some(b'{') => {
                    cursor.by(1);
                    self.open(cursor);
                }
                Some(b'}') => {
                    cursor.by(1);
                    self.close();
                }
                Some(b'\\') => self.control(cursor, ends, out, take),
                Some(b'\r') => cursor.by(1),
                _ => {
                    let len = memchr3(b'{', b'}', b'\\', rest.as_bytes()).unwrap_or(rest.len());
                    let end = cursor.index().saturating_add(len).min(stop);
                    self.text(cursor, boundary(cursor.text(), end), out, take);
                }
            }
        }
    }

    fn finish(&mut self, out: &mut Carried, take: &mut Take<'_>) {
        self.settle(out, take);
    }

    fn take_unread(&mut self) -> Vec<Unread> {
        std::mem::take(&mut self.unread)
    }
}

impl Rtf {
    fn open(&mut self, cursor: &Cursor<'_>) {
        self.begins = true;
        self.skip = 0;
        if self.outer.len() >= RTF_DEPTH {
            if self.deeper == 0 {
                let spot = cursor.spot();
                let message = format!("groups of RTF inside more than {RTF_DEPTH} others: they are read as one");
                self.unread.push((message, spot.line, spot.original));
            }
            self.deeper = self.deeper.saturating_add(1);
        } else {
            self.outer.push(self.group);
        }
    }

    fn close(&mut self) {
        self.skip = 0;
        self.begins = false;
        if self.deeper > 0 {
            self.deeper = self.deeper.saturating_sub(1);
        } else if let Some(group) = self.outer.pop() {
            self.group = group;
        }
    }

    fn text(&mut self, cursor: &mut Cursor<'_>, end: usize, out: &mut Carried, take: &mut Take<'_>) {
        self.begins = false;
        while self.skip > 0 && cursor.index() < end {
            self.skip = self.skip.saturating_sub(1);
            cursor.by(cursor.rest().chars().next().map_or(1, char::len_utf8));
        }
        if self.group.hidden {
            return cursor.to(end);
        }
        // The second byte of a character may be a letter.
        if let (Some((_, spot)), Some(byte)) = (self.lead, cursor.rest().bytes().next().filter(u8::is_ascii))
            && cursor.index() < end
        {
            cursor.by(1);
            self.byte(byte, spot, cursor.original(), out, take);
        }
        if cursor.index() < end {
            self.settle(out, take);
            out.copy(cursor, end, take);
        }
    }

    /// A control word or symbol.
    fn control(&mut self, cursor: &mut Cursor<'_>, ends: bool, out: &mut Carried, take: &mut Take<'_>) {
        let spot = cursor.spot();
        let inner = cursor.rest().get(1..).unwrap_or_default();
        let letters = inner.bytes().take(WORD).take_while(u8::is_ascii_alphabetic).count();
        let begins = std::mem::take(&mut self.begins);
        if letters > 0 {
            let (word, rest) = inner.split_at_checked(letters).unwrap_or((inner, ""));
            let minus = usize::from(rest.starts_with('-') && rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit));
            let digits = rest.bytes().skip(minus).take(DIGITS).take_while(u8::is_ascii_digit).count();
            let number = minus.saturating_add(digits);
            let value: Option<i64> = rest.get(..number).and_then(|number| number.parse().ok());
            let blank = usize::from(rest.as_bytes().get(number) == Some(&b' '));
            cursor.by(1_usize.saturating_add(letters).saturating_add(number).saturating_add(blank));
            return self.word(word, value, (spot, cursor), out, take);
        }
        let Some(symbol) = inner.chars().next() else {
            // A line end behind the sign is the end of a paragraph.
            cursor.by(1);
            if ends && !self.group.hidden {
                self.end_line(spot, out, take);
            }
            return;
        };
        cursor.by(1_usize.saturating_add(symbol.len_utf8()));
        let end = cursor.original();
        match symbol {
            '*' if begins => self.group.hidden = true,
            '\'' => {
                let digits = inner.as_bytes().get(1..3).and_then(|digits| digits.first_chunk::<2>());
                let Some([byte]) = digits.and_then(hex::bytes) else { return };
                cursor.by(2);
                if self.left_out() || self.group.hidden {
                    return;
                }
                let spot = self.lead.map_or(spot, |(_, first)| first);
                self.byte(byte, spot, cursor.original(), out, take);
            }
            '\\' | '{' | '}' => self.character(symbol, spot, end, out, take),
            '~' => self.character(' ', spot, end, out, take),
            '_' => self.character('-', spot, end, out, take),
            '\t' => self.character('\t', spot, end, out, take),
            '\r' if !self.group.hidden => self.end_line(spot, out, take),
            _ => {}
        }
    }

    fn word(
        &mut self,
        word: &str,
        value: Option<i64>,
        (spot, cursor): (Spot, &Cursor<'_>),
        out: &mut Carried,
        take: &mut Take<'_>,
    ) {
        let end = cursor.original();
        let small = |value: Option<i64>| value.and_then(|value| u32::try_from(value).ok());
        match word {
            "ansicpg" => self.page = small(value).and_then(|page| u16::try_from(page).ok()).unwrap_or(self.page),
            "pc" => self.page = 437,
            "pca" => self.page = 850,
            "fonttbl" => (self.group.hidden, self.group.fonts) = (true, true),
            "f" => self.group.font = small(value).unwrap_or(0),
            "fcharset" if self.group.fonts => self.font(small(value).unwrap_or(0), spot),
            "uc" => self.group.stand_ins = small(value).unwrap_or(1),
            "bin" => self.binary = after(end, usize::try_from(value.unwrap_or(0)).unwrap_or(0)),
            "u" => {
                if !self.group.hidden {
                    self.unicode(value.unwrap_or(0), spot, end, out, take);
                }
                self.skip = self.group.stand_ins;
            }
            _ if HIDDEN.contains(&word) => self.group.hidden = true,
            _ if self.group.hidden => {}
            "par" | "line" | "sect" | "page" | "column" | "row" | "nestrow" | "softline" | "softpage" => {
                self.end_line(spot, out, take);
            }
            "tab" | "cell" | "nestcell" => self.character('\t', spot, end, out, take),
            "emdash" => self.character('\u{2014}', spot, end, out, take),
            "endash" => self.character('\u{2013}', spot, end, out, take),
            "lquote" => self.character('\u{2018}', spot, end, out, take),
            "rquote" => self.character('\u{2019}', spot, end, out, take),
            "ldblquote" => self.character('\u{201c}', spot, end, out, take),
            "rdblquote" => self.character('\u{201d}', spot, end, out, take),
            "bullet" => self.character('\u{2022}', spot, end, out, take),
            "emspace" | "enspace" | "qmspace" => self.character(' ', spot, end, out, take),
            _ => {}
        }
    }

    /// A font of the table has a character set.
    fn font(&mut self, set: u32, spot: Spot) {
        let page = match set {
            0 => 1252,
            128 => 932,
            129 => 949,
            134 => 936,
            136 => 950,
            161 => 1253,
            162 => 1254,
            163 => 1258,
            177 => 1255,
            178 => 1256,
            186 => 1257,
            204 => 1251,
            222 => 874,
            238 => 1250,
            255 => 437,
            // The default, symbols, and those of other systems.
            _ => return,
        };
        if self.fonts.len() < RTF_FONTS {
            self.fonts.insert(self.group.font, page);
        } else if !std::mem::replace(&mut self.more_fonts, true) {
            let message =
                format!("more than {RTF_FONTS} fonts in RTF: letters beyond ASCII in the others may be wrong");
            self.unread.push((message, spot.line, spot.original));
        }
    }

    /// One of the characters that stand in for a `\u` is left out.
    fn left_out(&mut self) -> bool {
        let left_out = self.skip > 0;
        self.skip = self.skip.saturating_sub(1);
        left_out
    }

    fn character(&mut self, c: char, spot: Spot, end: u64, out: &mut Carried, take: &mut Take<'_>) {
        if !self.left_out() && !self.group.hidden {
            self.settle(out, take);
            out.push(c, spot, end, take);
        }
    }

    /// A byte in the code page of its font.
    fn byte(&mut self, byte: u8, spot: Spot, end: u64, out: &mut Carried, take: &mut Take<'_>) {
        let font = self.fonts.get(&self.group.font).copied();
        let page = CodePage::new(font.unwrap_or(self.page)).unwrap_or(CodePage::WINDOWS_1252);
        self.half(out, take);
        let decoder = self.decoders.entry(page.number()).or_insert_with(|| page.decoder());
        let mut bytes = Vec::with_capacity(2);
        match self.lead.take() {
            Some((lead, _)) => bytes.extend([lead, byte]),
            None if decoder.is_lead(byte) => {
                self.lead = Some((byte, spot));
                return;
            }
            None => bytes.push(byte),
        }
        let (mut text, mut breaks) = (String::new(), Vec::new());
        decoder.decode_line(&bytes, &mut text, &mut breaks);
        for c in text.chars() {
            let c = if c == '\u{a0}' { ' ' } else { c };
            out.push(c, spot, end, take);
        }
    }

    /// A unit of UTF-16, as a signed number of 16 bits.
    fn unicode(&mut self, value: i64, spot: Spot, end: u64, out: &mut Carried, take: &mut Take<'_>) {
        let unit = i16::try_from(value).map(i16::cast_unsigned).or_else(|_| u16::try_from(value));
        let Ok(unit) = unit else { return };
        let high = self.high.take();
        self.settle(out, take);
        if (0xD800..0xDC00).contains(&unit) {
            self.high = Some((unit, spot));
            return;
        }
        let units = high.map(|(first, _)| first).into_iter().chain([unit]);
        let spot = high.map_or(spot, |(_, first)| first);
        for c in char::decode_utf16(units) {
            let c = c.unwrap_or(char::REPLACEMENT_CHARACTER);
            if !matches!(c, '\0' | '\r' | '\n') {
                out.push(if c == '\u{a0}' { ' ' } else { c }, spot, end, take);
            }
        }
    }

    /// A half of a character that nothing completed.
    fn half(&mut self, out: &mut Carried, take: &mut Take<'_>) {
        if let Some((_, spot)) = self.high.take() {
            out.push(char::REPLACEMENT_CHARACTER, spot, after(spot.original, 1), take);
        }
    }

    /// Something else follows: halves of characters are broken ones.
    fn settle(&mut self, out: &mut Carried, take: &mut Take<'_>) {
        self.half(out, take);
        if let Some((_, spot)) = self.lead.take() {
            out.push(char::REPLACEMENT_CHARACTER, spot, after(spot.original, 1), take);
        }
    }

    fn end_line(&mut self, spot: Spot, out: &mut Carried, take: &mut Take<'_>) {
        self.skip = 0;
        self.settle(out, take);
        out.end_line(spot, take);
    }
}

/// The first character boundary from an index on.
fn boundary(text: &str, index: usize) -> usize {
    (index..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}
