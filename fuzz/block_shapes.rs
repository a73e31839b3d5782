//! Blocks of a log are read by the shapes of earlier ones: the records must be those of every line read by itself.
#![allow(dead_code, unreachable_pub, missing_docs)]

use keyspect::formats::certutil::{BatchRead, HEADER_MARK, LineByLine, Parser, Record, blocks_of, read_batch};
use keyspect::input::{Batch, Line, LineReader, Position, TextEncoding};
use keyspect::limits::Limits;
use keyspect::model::fact::SourceId;

/// Reads lines one by one; with `idle` blocks may be read at once.
struct Lines {
    idle: bool,
    /// How many times blocks were read at once.
    passed: usize,
}

impl LineByLine for Lines {
    fn line(&mut self, line: Line<'_>, parser: &mut Parser) {
        parser.line(line);
    }

    fn is_idle(&self) -> bool {
        self.idle
    }

    fn passed(&mut self, _number: u64, _end: u64) {
        self.passed += 1;
    }
}

/// What reads the lines of a log, and the records.
struct Reading {
    parser: Parser,
    lines: Lines,
    records: Vec<Record>,
}

impl Reading {
    fn new(limits: &Limits, at_once: bool) -> Self {
        let parser = Parser::new(SourceId(0), limits);
        Self { parser, lines: Lines { idle: at_once, passed: 0 }, records: Vec::new() }
    }

    fn batch(&mut self, batch: &Batch<'_>) -> Position {
        let mut rest = batch.lines();
        let mut read = BatchRead::Enough;
        while read == BatchRead::Enough {
            read = read_batch(batch, &mut rest, &mut self.parser, &mut self.lines);
            self.records.extend(self.parser.take_records());
        }
        rest.here()
    }

    fn rest(&mut self, reader: &mut LineReader<&[u8]>) {
        while let Ok(Some(batch)) = reader.next_batch() {
            let here = self.batch(&batch);
            reader.go_on_from(here);
        }
    }

    /// The records, the language, and how many times blocks were read at once.
    fn end(mut self) -> (Vec<Record>, Option<&'static str>, usize) {
        self.parser.finish();
        self.records.extend(self.parser.take_records());
        let made = |record| match record {
            Record::Shaped(shaped) => Record::Certificate(Box::new(shaped.block())),
            other => other,
        };
        let language = self.parser.language().map(|l| l.tag());
        (self.records.into_iter().map(made).collect(), language, self.lines.passed)
    }
}

/// The records of a log, its language, and how many times blocks were read at once.
pub fn records(bytes: &[u8], encoding: TextEncoding, at_once: bool) -> (Vec<Record>, Option<&'static str>, usize) {
    let limits = Limits::default();
    let mut reading = Reading::new(&limits, at_once);
    reading.rest(&mut LineReader::new(bytes, encoding, &limits));
    reading.end()
}

/// The records of a log of which all that can be is read as pieces of so many bytes, each compared before the piece in
/// front of it is read; and how many blocks fitted.
pub fn records_of_pieces(bytes: &[u8], encoding: TextEncoding, size: usize) -> (Vec<Record>, usize) {
    let limits = Limits::default();
    let mut reading = Reading::new(&limits, true);
    let mut reader = LineReader::new(bytes, encoding, &limits);
    let Some(mut pieces) = reader.lend_pieces(size, HEADER_MARK) else {
        reading.rest(&mut reader);
        return (reading.end().0, 0);
    };
    let mut number = reader.next_number();
    let (mut waiting, mut back, mut fitted) = (None, Vec::new(), 0);
    loop {
        let piece = pieces.next_piece(Vec::new()).map(|piece| piece.plain(Vec::new()));
        let known = reading.parser.known();
        let ahead = match piece {
            Some(Ok(piece)) => {
                let blocks = known.map(|known| blocks_of(&piece, &known, &mut Vec::new())).unwrap_or_default();
                fitted += blocks.len();
                Some((piece, blocks))
            }
            Some(Err(piece)) => {
                back.push(piece.into_bytes());
                None
            }
            None => None,
        };
        let is_last = ahead.is_none();
        if let Some((piece, blocks)) = std::mem::replace(&mut waiting, ahead) {
            reading.parser.take_ready(blocks);
            number = reading.batch(&piece.batch(number)).number();
        }
        if is_last {
            break;
        }
    }
    reader.take_back(pieces, back, number);
    reading.rest(&mut reader);
    (reading.end().0, fitted)
}

/// What may not be taken for a name's words or a number's digits, or must be.
const TOKENS: [&str; 41] = [
    " test passed",
    "AT_SIGNATURE",
    "=====",
    " Provider = ",
    "CertUtil: -store command completed",
    ":",
    "=",
    " ",
    "&lt;",
    "\\",
    "0x80090016",
    "\u{e9}",
    "CN=",
    "Private key verifies",
    "CERT_SHA1_HASH_PROP_ID(3):",
    "\"",
    ">",
    "certutil -store my",
    "\t",
    "Serial Number: 01",
    "Missing stored keyset",
    "Encryption test passed",
    "abcdef",
    "ABCDEF",
    "0",
    "f",
    "12/31/2024 3:30 PM",
    "31.12.2024 15:30",
    "AM",
    "www.example.com",
    "DNS Name=",
    "{00F8A2D1-1111-2222-3333-444455556666}",
    "<br>",
    "# ",
    "]",
    "a-rather-long-name-that-makes-the-line-as-wide-as-a-console-is-or-wider-than-that.example.com",
    "\r\n",
    "\n\n",
    "================ Certificate 7 ================\r\n",
    "Root Certificate: Subject matches Issuer",
    "\rEncryption test passed",
];

/// A place, an operation and a token.
pub type Change = (u16, u8, u8);

/// A log that repeats some blocks, each time changed: `changes` are a place, an operation and a token.
pub fn repeated(blocks: &str, changes: &[Change], times: usize) -> String {
    let mut out = format!("my \"Personal\"\r\n{blocks}");
    let mut changes = changes.iter();
    for _ in 0..times {
        let mut copy = blocks.to_owned();
        for (place, operation, token) in changes.by_ref().take(3) {
            let mut at = usize::from(*place) % copy.len().max(1);
            while !copy.is_char_boundary(at) {
                at -= 1;
            }
            let next = copy[at..].chars().next();
            let step = next.map_or(0, char::len_utf8);
            let token = TOKENS[usize::from(*token) % TOKENS.len()];
            match operation % 8 {
                // Another digit for a digit: mostly the shape stays.
                0..=3 if next.is_some_and(|c| c.is_ascii_hexdigit()) => {
                    copy.replace_range(at..at + 1, ["0", "7", "a", "F"][usize::from(operation % 4)]);
                }
                0..=3 if next.is_some_and(|c| c.is_ascii_alphanumeric()) => copy.replace_range(at..at + 1, "x"),
                4 => copy.insert_str(at, token),
                5 => copy.replace_range(at..at + step, token),
                6 => copy.replace_range(at..at + step, ""),
                // At the end of a line or of what stands before a label.
                _ => {
                    let end = copy[at..].find(['\r', '\n']).map_or(copy.len(), |n| at + n);
                    copy.insert_str(end, token);
                }
            }
        }
        out += &copy;
    }
    out + "CertUtil: -store command completed successfully.\r\n"
}

/// The certificate blocks of a log, from the first header to the closing line.
pub fn blocks(log: &str) -> Option<&str> {
    let from = log.find("================ ")?;
    let rest = log.get(from..)?;
    let blocks = rest.get(..rest.find("CertUtil:").unwrap_or(rest.len()))?;
    (blocks.len() < 60_000).then_some(blocks)
}

/// Panics when the two ways differ.
pub fn same_both_ways(text: &str) -> usize {
    let (at_once, language, passed) = records(text.as_bytes(), TextEncoding::Utf8, true);
    let (one_by_one, own, _) = records(text.as_bytes(), TextEncoding::Utf8, false);
    assert_eq!(language, own);
    assert_eq!(at_once.len(), one_by_one.len());
    let different = at_once.iter().zip(&one_by_one).position(|(ours, theirs)| ours != theirs);
    assert_eq!(different, None, "the record of this index");
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (at_once, ..) = records(&wide, TextEncoding::Utf16Le, true);
    let (one_by_one, ..) = records(&wide, TextEncoding::Utf16Le, false);
    assert!(at_once == one_by_one);
    for size in [700, 3_000, 20_000] {
        let (in_pieces, _) = records_of_pieces(text.as_bytes(), TextEncoding::Utf8, size);
        let narrow = records(text.as_bytes(), TextEncoding::Utf8, false).0;
        assert!(in_pieces == narrow, "pieces of {size} bytes");
        let (in_pieces, _) = records_of_pieces(&wide, TextEncoding::Utf16Le, size);
        assert!(in_pieces == one_by_one, "pieces of {size} bytes");
    }
    passed
}

/// The changes that the first bytes of an input choose, and the blocks of the log behind them.
pub fn changes_and_blocks(data: &[u8]) -> Option<(Vec<Change>, &str)> {
    let (head, log) = data.split_at(data.len().min(48));
    let change = |[a, b, c, d]: &[u8; 4]| (u16::from_le_bytes([*a, *b]), *c, *d);
    Some((head.as_chunks::<4>().0.iter().map(change).collect(), blocks(std::str::from_utf8(log).ok()?)?))
}

/// The fuzz target: the first bytes are changes, the rest is a log.
pub fn block_shapes(data: &[u8]) {
    if let Some((changes, blocks)) = changes_and_blocks(data) {
        same_both_ways(&repeated(blocks, &changes, 4));
    }
}
