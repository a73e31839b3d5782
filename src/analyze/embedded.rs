//! Artifacts that stand inside a text and are read whole: PEM blocks, Base64 behind a name or within a line of a script, of
//! JSON or of XML, INF files, registry exports and what `reg query` prints of a certificate, pasted into a ticket.

use crate::formats::joined_lines::JoinedLines;
use crate::formats::pem;
use crate::formats::pfx_listing;
use crate::formats::piece::Piece;
use crate::formats::reg_query;
use crate::limits::Limits;
use crate::model::fact::SourceId;
use zeroize::Zeroize;

/// The text of one such artifact. It may be a private key: wiped when it is dropped.
pub(super) struct EmbeddedText {
    /// The lines.
    pub(super) lines: JoinedLines,
    /// It was cut at the limit.
    pub(super) cut: bool,
}

impl Drop for EmbeddedText {
    fn drop(&mut self) {
        self.lines.zeroize();
    }
}

/// What is being collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `-----BEGIN …-----` to `-----END …-----`, and further blocks right behind it: a certificate and its key.
    Pem,
    /// What OpenSSL prints of a PFX: `Bag Attributes`, attributes, PEM blocks, to the first line that is none of these.
    Bags,
    /// `[Version]` or `[NewRequest]` to the first line that is none of an INF.
    Inf,
    /// `Windows Registry Editor Version 5.00` to the first line that is none of a registry export.
    Registry,
    /// The path of a certificate's registry key, as `reg query` prints it, up to its first value.
    RegistryKey,
    /// The values of that key, to the first line that is none.
    RegistryValues,
    /// A name and Base64 on one line, as the secrets of Kubernetes have them: `tls.pfx: MII…`.
    Value,
}

/// The shortest Base64 of an artifact on one line, in bytes.
const VALUE: usize = 256;

/// Collects them.
pub(super) struct Embedded {
    source: SourceId,
    limit: usize,
    open: Option<(Form, EmbeddedText)>,
    /// The open PEM block is over; another one behind it belongs to the same file.
    between: bool,
    done: Vec<EmbeddedText>,
}

impl Embedded {
    /// For one input.
    pub(super) fn new(source: SourceId, limits: &Limits) -> Self {
        Self { source, limit: limits.armor_bytes, open: None, between: false, done: Vec::new() }
    }

    /// Offers a line; `true`: it is part of such an artifact.
    pub(super) fn line(&mut self, piece: Piece<'_>) -> bool {
        let text = piece.text.trim();
        let Some((form, open)) = &mut self.open else {
            let Some(form) = begins(text) else {
                // The line itself may be one of a script or an event.
                for value in values_within(text) {
                    self.done.push(self.whole(piece.part(value)));
                }
                return false;
            };
            let mut lines = JoinedLines::new(self.source);
            lines.push(if form == Form::Value { piece.part(value(text).unwrap_or(text)) } else { piece });
            self.open = Some((form, EmbeddedText { lines, cut: false }));
            self.between = form == Form::Pem && text.contains("-----END ");
            if form == Form::Value {
                self.close();
            }
            return true;
        };
        let room = open.lines.len().saturating_add(text.len()) <= self.limit;
        if self.between && text.is_empty() {
            return true;
        }
        let belongs = if self.between { room && begins(text) == Some(Form::Pem) } else { goes_on(*form, text) };
        if !belongs {
            self.close();
            return begins(text).is_some() && self.line(piece);
        }
        if *form == Form::RegistryKey && reg_query::is_value(text) {
            *form = Form::RegistryValues;
        }
        if room {
            // A window of a very long line begins with what the one before ended with.
            let again = piece.line().window.map_or(0, |window| window.overlap);
            open.lines.push(piece.from(usize::try_from(again).unwrap_or(0)));
        } else {
            open.cut = true;
        }
        self.between = *form == Form::Pem && text.contains("-----END ");
        true
    }

    /// One that is complete with this piece.
    fn whole(&self, piece: Piece<'_>) -> EmbeddedText {
        let mut lines = JoinedLines::new(self.source);
        lines.push(piece);
        EmbeddedText { lines, cut: false }
    }

    /// Whether one is open.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Ends the open one.
    pub(super) fn close(&mut self) {
        self.done.extend(self.open.take().map(|(_, text)| text));
    }

    /// Those that are complete.
    pub(super) fn take(&mut self) -> Vec<EmbeddedText> {
        std::mem::take(&mut self.done)
    }
}

fn begins(text: &str) -> Option<Form> {
    match text.as_bytes().first()? {
        b'-' if text.starts_with("-----BEGIN ") && text.ends_with("-----") => Some(Form::Pem),
        b'[' if is_section(text, &["version", "newrequest", "strings"]) => Some(Form::Inf),
        b'B' | b'M' if pfx_listing::begins(text) => Some(Form::Bags),
        b'W' if text.starts_with("Windows Registry Editor Version") => Some(Form::Registry),
        b'R' if text == "REGEDIT4" => Some(Form::Registry),
        b'H' | b'B' | b'b' => reg_query::begins(text).map(|begin| match begin {
            reg_query::Begin::Key => Form::RegistryKey,
            reg_query::Begin::Value => Form::RegistryValues,
        }),
        _ => value(text).map(|_| Form::Value),
    }
}

/// The Base64 of a DER value or of PEM armour behind a name: `tls.crt: LS0tLS1CRUdJTi…`.
fn value(text: &str) -> Option<&str> {
    if text.len() < VALUE {
        return None;
    }
    let (name, value) = text.split_once(": ")?;
    let value = value.trim_start().trim_matches('"');
    let named = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.\"' ".contains(&b));
    let is = (value.starts_with("MII") || value.starts_with("LS0tLS1CRUdJTi")) && value.len() >= VALUE;
    (is && named && value.bytes().all(is_base64)).then_some(value)
}

/// Whether a byte is one of Base64.
fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// What stands in Base64 within a line of something else: `"value":"MII…"`, `<X509Certificate>MII…</X509Certificate>`,
/// `FromBase64String("MII…")`. Only whole DER values and PEM armour: a word of a log may begin like them.
fn values_within(text: &str) -> impl Iterator<Item = &str> {
    let long = if text.len() < VALUE { "" } else { text };
    let runs = long.split(|c: char| !u8::try_from(c).is_ok_and(is_base64));
    // Behind a sign of equality that is no padding something begins: `pfx=MII…`.
    let values = runs.filter_map(|run| match run.trim_end_matches('=').rfind('=') {
        Some(at) => run.get(at.saturating_add(1)..),
        None => Some(run),
    });
    values.filter(|value| {
        value.len() >= VALUE && (value.starts_with("LS0tLS1CRUdJTi") || value.starts_with("MI") && is_whole_der(value))
    })
}

/// Whether the Base64 is of as many bytes as the DER value states whose header it begins with.
fn is_whole_der(base64: &str) -> bool {
    let padding = base64.bytes().rev().take_while(|b| *b == b'=').count();
    let bytes = (base64.len() / 4 * 3).checked_sub(padding);
    let stated = base64.get(..8).and_then(pem::base64).and_then(|head| match *head.as_slice() {
        [0x30, 0x82, high, low, ..] => Some(usize::from(u16::from_be_bytes([high, low])).saturating_add(4)),
        _ => None,
    });
    base64.len().is_multiple_of(4) && bytes.is_some() && bytes == stated
}

fn is_section(text: &str, names: &[&str]) -> bool {
    let name = text.strip_prefix('[').and_then(|t| t.split_once(']')).map(|(name, _)| name.trim());
    name.is_some_and(|name| names.iter().any(|n| n.eq_ignore_ascii_case(name)))
}

/// Whether a line can belong to the artifact.
fn goes_on(form: Form, text: &str) -> bool {
    match form {
        // Base64, headers of old private keys, or the end.
        Form::Pem => {
            text.is_empty()
                || text.starts_with("-----END ")
                || text.starts_with("Proc-Type:")
                || text.starts_with("DEK-Info:")
                || text.bytes().all(is_base64)
        }
        Form::Bags => pfx_listing::goes_on(text) || goes_on(Form::Pem, text),
        Form::Inf => {
            // certutil prints templates in the form of an INF.
            text.is_empty()
                || text.starts_with([';', '#', '"'])
                || text.starts_with('[') && text.contains(']')
                || key_and_value(text) && !text.contains("pKICertificateTemplate")
        }
        Form::Registry => {
            text.is_empty()
                || text.starts_with(['[', '"', '@', ';'])
                || text.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b',' | b'\\' | b' '))
        }
        Form::RegistryKey => text.is_empty() || reg_query::goes_on_key(text) || reg_query::is_value(text),
        Form::RegistryValues => reg_query::goes_on_value(text) || reg_query::is_value(text),
        Form::Value => false,
    }
}

/// `Key = value`: a name of an INF (letters, digits, dots, `_`, `%`) before the sign.
fn key_and_value(text: &str) -> bool {
    text.split_once('=').is_some_and(|(key, _)| {
        let key = key.trim();
        let key = key.strip_prefix("echo ").unwrap_or(key);
        !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'%' | b'-'))
    })
}
