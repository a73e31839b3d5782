//! JSON whose strings hold no character that a terminal obeys or does not show: those stand as `\u202e`, which is the same
//! value to whoever reads it (RFC 8259, section 7).

use super::escape::is_hidden;
use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};
use std::io::{self, Write};

/// Writes a value on one line.
///
/// # Errors
/// Whatever the writer answers.
pub fn compact(out: impl Write, value: &impl Serialize) -> io::Result<()> {
    Ok(value.serialize(&mut Serializer::with_formatter(out, Shown(CompactFormatter)))?)
}

/// Writes a value, indented.
///
/// # Errors
/// Whatever the writer answers.
pub fn pretty(out: impl Write, value: &impl Serialize) -> io::Result<()> {
    Ok(value.serialize(&mut Serializer::with_formatter(out, Shown(PrettyFormatter::new())))?)
}

/// Appends the escape of a character: one for each unit of its UTF-16.
pub(super) fn push_escape(out: &mut Vec<u8>, c: char) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        out.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
    }
}

/// A formatter that writes hidden characters as escapes.
struct Shown<F>(F);

/// Hands on to the formatter inside.
macro_rules! hand_on {
    ($($name:ident($($argument:ident: $kind:ty),*);)*) => { $(
        fn $name<W: ?Sized + Write>(&mut self, writer: &mut W $(, $argument: $kind)*) -> io::Result<()> {
            self.0.$name(writer $(, $argument)*)
        }
    )* };
}

impl<F: Formatter> Formatter for Shown<F> {
    hand_on! {
        begin_array();
        end_array();
        begin_array_value(first: bool);
        end_array_value();
        begin_object();
        end_object();
        begin_object_key(first: bool);
        end_object_key();
        begin_object_value();
        end_object_value();
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        // Nearly all; the sum of all bytes is taken with vectors, the first one that matters is not.
        if fragment.bytes().fold(true, |shown, byte| shown & matches!(byte, b' '..=b'~')) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| is_hidden(*c)) {
            let (before, from) = rest.split_at(at);
            writer.write_all(before.as_bytes())?;
            let mut escape = Vec::new();
            push_escape(&mut escape, c);
            writer.write_all(&escape)?;
            rest = from.get(c.len_utf8()..).unwrap_or_default();
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_escapes_and_the_same_value() {
        let value = vec!["a\u{9b}b\u{202e}c\u{7f}\u{e0041}", "M\u{fc}ller \u{1f511}", "\t\"\\", ""];
        let (mut one_line, mut indented) = (Vec::new(), Vec::new());
        compact(&mut one_line, &value).unwrap();
        pretty(&mut indented, &value).unwrap();
        let expected = "[\"a\\u009bb\\u202ec\\u007f\\udb40\\udc41\",\"M\u{fc}ller \u{1f511}\",\"\\t\\\"\\\\\",\"\"]";
        assert_eq!(String::from_utf8(one_line.clone()).unwrap(), expected);
        for text in [one_line, indented] {
            assert_eq!(serde_json::from_slice::<Vec<String>>(&text).unwrap(), value);
        }
    }
}
