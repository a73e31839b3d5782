//! A redacted copy of an artifact.

use super::Redactor;
use crate::formats::detect_binary;
use crate::formats::{openssl_certificate, words_beyond_ascii};
use crate::input::{Carrier, LineReader, TextEncoding, choose, looks_like_text};
use crate::limits::Limits;
use std::io::Cursor;

/// Why there is no redacted copy of an artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Bytes that are not text: names stand inside structures that can't be changed without breaking them.
    #[error("a binary artifact: its names can't be replaced without breaking it; send the redacted report instead")]
    Binary,
    /// Armour or a registry export: text around such bytes.
    #[error("its names stand inside encoded bytes and can't be replaced; send the redacted report instead")]
    Encoded,
    /// Larger than [`Limits::binary_bytes`].
    #[error("it is too large for a redacted copy")]
    TooLarge,
}

impl Redactor {
    /// A redacted copy of a text artifact, in UTF-8. `kind` is what an analysis said that it is
    /// ([`Input::kind`](crate::report::model::Input::kind)); `encoding` is the one that the user forced.
    ///
    /// Dumps and armoured bytes inside a log are removed: they hold names too.
    ///
    /// # Errors
    /// The reason why there can't be one.
    pub fn copy(
        &mut self,
        bytes: &[u8],
        kind: &str,
        encoding: Option<TextEncoding>,
        limits: &Limits,
    ) -> Result<String, Refusal> {
        if bytes.len() > limits.binary_bytes {
            return Err(Refusal::TooLarge);
        }
        if encoding.is_none() && !looks_like_text(bytes) {
            return Err(Refusal::Binary);
        }
        let armoured = ["mail", "pkcs7", "private-key", "reg-export", "cert-store", "pfx"];
        let text = unescaped(&decoded(bytes, encoding, limits));
        // A certificate or a request is armour too, unless it is what OpenSSL prints of one.
        let printed = || text.lines().any(|line| openssl_certificate::is_label(line.trim()));
        if armoured.contains(&kind)
            || matches!(kind, "certificate" | "certificate-request") && (text.contains("-----BEGIN ") || !printed())
            || detect_binary::detect(bytes).is_some_and(|k| k.word() == kind && kind != "request-inf")
        {
            return Err(Refusal::Encoded);
        }
        Ok(self.text(&text))
    }
}

/// The text in Unicode, decoded as an analysis decodes it.
fn decoded(bytes: &[u8], encoding: Option<TextEncoding>, limits: &Limits) -> String {
    let encoding = encoding
        .unwrap_or_else(|| choose(bytes.get(..limits.detect_bytes).unwrap_or(bytes), &words_beyond_ascii()).encoding);
    // A long line is not cut into windows: their overlap would stand there twice.
    let mut limits = limits.clone();
    limits.line_bytes = bytes.len().saturating_mul(2).saturating_add(16);
    let mut reader = LineReader::new(Cursor::new(bytes), encoding, &limits).with_words(words_beyond_ascii);
    let mut text = String::new();
    // A name can stand in several pieces between the marks of a page or document: the copy is what it shows.
    let mut carrier = Carrier::of(bytes, &limits);
    while let Ok(Some(batch)) = reader.next_batch() {
        match &mut carrier {
            Some(carrier) => batch.lines().for_each(|line| carrier.line(line, &mut |line| push(&mut text, line.text))),
            None => text.push_str(batch.text),
        }
    }
    if let Some(carrier) = &mut carrier {
        carrier.finish(&mut |line| push(&mut text, line.text));
    }
    text
}

fn push(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// Lines that are a JSON string with their line ends escaped, without the escapes: names in them are wrapped by `\r\n`.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        // A record of JSON is read as such: it stays one line.
        if line.matches("\\n").take(3).count() < 3 || line.trim_start().starts_with('{') && !line.contains("=====") {
            out.push_str(line);
            continue;
        }
        let mut rest = line;
        while let Some(at) = rest.find('\\') {
            out.push_str(rest.get(..at).unwrap_or_default());
            let after = rest.get(at + 1..).unwrap_or_default();
            let (new, taken) = match after.as_bytes().first() {
                Some(b'n') => ("\n", 1),
                Some(b'r') => ("", 1),
                Some(b't') => ("\t", 1),
                Some(b'"') => ("\"", 1),
                Some(b'\\') => ("\\", 1),
                Some(b'/') => ("/", 1),
                _ => ("\\", 0),
            };
            out.push_str(new);
            rest = after.get(taken..).unwrap_or_default();
        }
        out.push_str(rest);
    }
    out
}
