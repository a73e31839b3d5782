//! PEM, bare Base64 and hexadecimal armour around binary artifacts.
//!
//! Sources: RFC 7468 (textual encodings, lax parsing), RFC 1421 (`Proc-Type`, `DEK-Info` headers of encrypted keys).
//! What a block holds is decided by its content: the labels of Windows tools do not tell (a CMC request is labelled
//! "NEW CERTIFICATE REQUEST", a `.cer` may hold PKCS #7).

use zeroize::Zeroizing;

use super::FormatError;
use super::bytes::check_size;
use super::detect_binary::detect_armoured;
use super::hex_dump;
use super::text_lines::lines;
use crate::limits::{Limits, PEM_BLOCKS};

/// One armoured block. No `Debug`: it may hold a private key.
pub struct PemBlock {
    /// The label, `CERTIFICATE`; empty for bare Base64.
    pub label: String,
    /// The decoded content.
    pub content: Zeroizing<Vec<u8>>,
    /// True when `Proc-Type` says that the content is encrypted.
    pub encrypted: bool,
    /// The line of the first armour line, from 1.
    pub line: usize,
    /// The original bytes, armour lines included.
    pub bytes: (usize, usize),
}

/// The blocks of a text, and what could not be read.
pub struct Pem {
    /// The blocks in file order.
    pub blocks: Vec<PemBlock>,
    /// Damaged blocks.
    pub problems: Vec<FormatError>,
    /// Their labels, where the text holds more of a block than words in its place (`(cut)`).
    pub damaged: Vec<String>,
}

/// The shortest Base64 that is more than words in its place, in bytes.
const BODY: usize = 40;

/// True when the bytes have an armour line near their start, in 8-bit text or UTF-16.
pub fn recognise(bytes: &[u8]) -> bool {
    let start = bytes.get(..16 << 10).unwrap_or(bytes);
    memchr::memmem::find(start, b"-----BEGIN ").is_some()
        || memchr::memmem::find(start, b"-\0-\0-\0-\0-\0B\0E\0G\0I\0N\0").is_some()
}

fn six_bits(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => byte.checked_sub(b'A'),
        b'a'..=b'z' => byte.checked_sub(b'a')?.checked_add(26),
        b'0'..=b'9' => byte.checked_sub(b'0')?.checked_add(52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

/// Decodes Base64, blanks ignored. `None` for other characters or a wrong length.
pub fn base64(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    // One allocation, so that no copy of a key stays behind when the vector grows.
    let mut out = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut bits = 0_u32;
    let mut count = 0_u32;
    let mut padding = 0_usize;
    for byte in text.bytes() {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {}
            b'=' => padding = padding.checked_add(1)?,
            _ if padding > 0 => return None,
            _ => {
                bits = (bits << 6) | u32::from(six_bits(byte)?);
                count = count.checked_add(1)?;
                if count == 4 {
                    let [_, a, b, c] = bits.to_be_bytes();
                    out.extend([a, b, c]);
                    (bits, count) = (0, 0);
                }
            }
        }
    }
    match count {
        0 => {}
        2 => out.push(u8::try_from((bits >> 4) & 0xFF).ok()?),
        3 => {
            let [_, _, a, b] = (bits >> 2).to_be_bytes();
            out.extend([a, b]);
        }
        _ => return None,
    }
    (padding <= 2).then_some(out)
}

/// A block whose END line was not read yet.
struct Open {
    block: PemBlock,
    body: Zeroizing<String>,
    /// The first character that is none of Base64, and where its line starts.
    stranger: Option<(char, usize)>,
}

impl Pem {
    /// Takes a block without its END line.
    fn cut(&mut self, open: Open) {
        let (label, start) = (open.block.label, open.block.bytes.0);
        self.problems.push(FormatError::new(format!("the PEM block {label} is cut: it has no END line"), start));
        if open.body.len() >= BODY {
            self.damaged.push(label);
        }
    }

    /// Takes a block that is over.
    fn close(&mut self, open: Open) {
        let Open { mut block, body, stranger } = open;
        if let Some(content) = base64(&body) {
            block.content = content;
            return self.blocks.push(block);
        }
        let label = &block.label;
        let (what, at) = match stranger {
            Some((c, at)) => (format!("the character {c:?} is none of Base64"), at),
            None => ("the Base64 has a wrong length".to_owned(), block.bytes.0),
        };
        self.problems.push(FormatError::new(format!("the PEM block {label} is damaged: {what}"), at));
        if body.len() >= BODY {
            self.damaged.push(block.label);
        }
    }
}

impl Open {
    /// Adds a line of the content, or a part of one.
    fn push(&mut self, text: &str, start: usize, limits: &Limits, problems: &mut Vec<FormatError>) {
        if self.body.len() > limits.armor_bytes {
            return;
        }
        let of_base64 =
            |c: char| u8::try_from(c).is_ok_and(|b| six_bits(b).is_some() || matches!(b, b'=' | b' ' | b'\t'));
        if self.stranger.is_none() {
            self.stranger = text.chars().find(|c| !of_base64(*c)).map(|c| (c, start));
        }
        self.body.push_str(text);
        if self.body.len() > limits.armor_bytes {
            let message = format!("{} is longer than {} bytes", self.block.label, limits.armor_bytes);
            problems.push(FormatError::new(message, self.block.bytes.0));
        }
    }
}

/// Reads the armoured blocks of a text; text between them is skipped, and a block may stand on one line, as a field of a form
/// leaves it. Without any armour line the whole text may be bare Base64.
///
/// # Errors
/// Over the size limit.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Pem, FormatError> {
    check_size(bytes, limits.binary_bytes, "PEM file")?;
    let mut pem = Pem { blocks: Vec::new(), problems: Vec::new(), damaged: Vec::new() };
    let mut open: Option<Open> = None;
    for line in lines(bytes) {
        let end = line.span((), 0, line.text.len()).end;
        let mut text = line.text.trim();
        while let Some((label, rest)) = text.strip_prefix("-----BEGIN ").and_then(|rest| rest.split_once("-----")) {
            if let Some(before) = open.take() {
                pem.cut(before);
            }
            if pem.blocks.len() >= PEM_BLOCKS {
                pem.problems.push(FormatError::new(format!("more than {PEM_BLOCKS} PEM blocks"), line.start));
                return Ok(pem);
            }
            let block = PemBlock {
                label: label.to_owned(),
                content: Zeroizing::default(),
                encrypted: false,
                line: line.number,
                bytes: (line.start, end),
            };
            let mut opened = Open { block, body: Zeroizing::default(), stranger: None };
            let (body, behind) = rest.split_once("-----END ").map_or((rest, None), |(body, end)| (body, Some(end)));
            opened.push(body, line.start, limits, &mut pem.problems);
            text = behind.and_then(|end| end.split_once("-----")).map_or("", |(_, next)| next.trim());
            if behind.is_some() {
                pem.close(opened);
            } else {
                open = Some(opened);
            }
        }
        if text.starts_with("-----END ") {
            let Some(mut open) = open.take() else { continue };
            open.block.bytes.1 = end;
            if !text.ends_with("-----") || text.len() < "-----END X-----".len() {
                // The content is whole; that the file is cut must not go unsaid.
                let message = format!("the END line of {} is cut", open.block.label);
                pem.problems.push(FormatError::new(message, line.start));
            }
            pem.close(open);
        } else if let Some(open) = &mut open {
            if let Some((name, value)) = text.split_once(':') {
                open.block.encrypted |= name == "Proc-Type" && value.contains("ENCRYPTED");
                continue;
            }
            open.push(text, line.start, limits, &mut pem.problems);
        }
    }
    if let Some(open) = open {
        pem.cut(open);
    }
    if pem.blocks.is_empty() && pem.problems.is_empty() {
        pem.blocks.extend(bare(bytes, limits));
    }
    Ok(pem)
}

/// A text that is nothing but the Base64 of something that starts like DER, or like another artifact
/// ([`detect_armoured`]), or a hexadecimal dump of one.
pub fn bare(bytes: &[u8], limits: &Limits) -> Option<PemBlock> {
    let block =
        |content| PemBlock { label: String::new(), content, encrypted: false, line: 1, bytes: (0, bytes.len()) };
    if let Some(content) = hex_dump::read(bytes, limits) {
        return detect_armoured(&content).is_some().then(|| block(content));
    }
    if bytes.len() < 64 || bytes.len() > limits.armor_bytes {
        return None;
    }
    let plausible = |byte: &u8| six_bits(*byte).is_some() || matches!(byte, b'=' | b'\r' | b'\n' | b' ' | 0);
    if !bytes.get(..64)?.iter().skip(3).all(plausible) {
        return None;
    }
    let mut body = Zeroizing::new(String::with_capacity(bytes.len()));
    for line in lines(bytes) {
        body.push_str(line.text.trim());
    }
    let block = block(base64(&body)?);
    (block.content.first() == Some(&0x30) || detect_armoured(&block.content).is_some()).then_some(block)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn base64_vectors() {
        // RFC 4648, section 10.
        for (text, value) in
            [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob"), ("Zm9vYmFy", "foobar")]
        {
            assert_eq!(base64(text).unwrap().as_slice(), value.as_bytes());
        }
        for text in ["Z", "Zg=v", "Z!==", "Zg==="] {
            assert!(base64(text).is_none(), "{text}");
        }
    }

    #[test]
    fn several_blocks_with_text_between() {
        let text = "Bag Attributes\r\n-----BEGIN CERTIFICATE-----\r\nMAA=\r\n-----END CERTIFICATE-----\r\nsubject=x\r\n-----BEGIN RSA PRIVATE KEY-----\r\nProc-Type: 4,ENCRYPTED\r\nDEK-Info: AES-256-CBC,00\r\n\r\nAAAA\r\n-----END RSA PRIVATE KEY-----\r\n-----BEGIN X-----\r\n!!\r\n-----END X-----\r\n-----BEGIN Y-----\r\nAA";
        let pem = parse(text.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(pem.blocks.len(), 2);
        assert_eq!(pem.blocks[0].content.as_slice(), [0x30, 0]);
        assert_eq!(pem.blocks[0].line, 2);
        assert!(pem.blocks[1].encrypted);
        assert_eq!(pem.problems.len(), 2);
        assert_eq!(
            &text[pem.blocks[0].bytes.0..pem.blocks[0].bytes.1].len(),
            &"-----BEGIN CERTIFICATE-----\r\nMAA=\r\n-----END CERTIFICATE-----".len()
        );
    }

    #[test]
    fn blocks_on_one_line_and_damaged_ones() {
        let body = "MAA=".to_owned() + &" ".repeat(40);
        for text in
            [format!("-----BEGIN X-----{body}-----END X-----"), format!("-----BEGIN X----- {body} -----END X-----\n")]
        {
            let pem = parse(text.as_bytes(), &Limits::default()).unwrap();
            assert_eq!(pem.blocks[0].content.as_slice(), [0x30, 0]);
            assert!(pem.problems.is_empty());
        }
        let line = "A".repeat(64);
        let text = format!("-----BEGIN X-----\n{line}\nAA\u{2026}A\n-----END X-----\n-----BEGIN Y-----\n(cut)\n");
        let pem = parse(text.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(pem.damaged, ["X"]);
        assert_eq!(pem.problems[0].message, "the PEM block X is damaged: the character '\u{2026}' is none of Base64");
        assert_eq!(pem.problems[0].offset, 18 + 65);
        assert_eq!(pem.problems[1].message, "the PEM block Y is cut: it has no END line");
    }

    #[test]
    fn bare_base64_of_der() {
        let text = format!("MIIB{}", "A".repeat(96));
        assert!(bare(text.as_bytes(), &Limits::default()).is_some());
        assert!(
            bare(b"plain words are not Base64 of DER, even when they are long enough for it", &Limits::default())
                .is_none()
        );
    }
}
