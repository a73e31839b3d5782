//! Writes compact JSON straight from what is at hand, byte for byte as `json_text` writes the types of the report.
//!
//! A streamed report has a line for each credential: there the way over values that are made for the report, and then
//! through a serializer's maps, is most of the time.

use super::escape::is_hidden;
use super::json_text::push_escape;
use crate::model::date::Moment;
use crate::model::fact::Fact;
use crate::model::judgement::{Confidence, Role, Severity, VerdictOutcome};
use crate::model::thumbprint::Sha1;
use std::borrow::Cow;

/// What has a form in JSON.
pub(super) trait Json {
    /// Appends it.
    fn json(&self, out: &mut Vec<u8>);

    /// Whether an object has no such member, not even with `null`.
    #[inline]
    fn is_left_out(&self) -> bool {
        false
    }
}

/// Appends an object: the names of its members as they stand in the contract, and their values.
macro_rules! object {
    ($out:expr, { $first:literal: $value:expr $(, $name:literal: $next:expr)* $(,)? }) => {{
        let out: &mut Vec<u8> = $out;
        out.extend_from_slice(concat!("{\"", $first, "\":").as_bytes());
        Json::json(&$value, out);
        $(
            match &$next {
                value if Json::is_left_out(value) => {}
                value => {
                    out.extend_from_slice(concat!(",\"", $name, "\":").as_bytes());
                    Json::json(value, out);
                }
            }
        )*
        out.push(b'}');
    }};
}
pub(super) use object;

/// A word of the contract: it holds nothing that has to be escaped.
pub(super) struct Word(pub(super) &'static str);

impl Json for Word {
    #[inline]
    fn json(&self, out: &mut Vec<u8>) {
        out.push(b'"');
        out.extend_from_slice(self.0.as_bytes());
        out.push(b'"');
    }
}

/// ASCII text in lower case: letters, digits and signs that are not escaped.
pub(super) struct Lower<'a>(pub(super) &'a str);

impl Json for Lower<'_> {
    #[inline]
    fn json(&self, out: &mut Vec<u8>) {
        out.push(b'"');
        out.extend(self.0.bytes().map(|byte| byte.to_ascii_lowercase()));
        out.push(b'"');
    }
}

/// A member that is left out when there is nothing.
pub(super) struct Present<T>(pub(super) Option<T>);

impl<T: Json> Json for Present<T> {
    #[inline]
    fn json(&self, out: &mut Vec<u8>) {
        self.0.json(out);
    }

    #[inline]
    fn is_left_out(&self) -> bool {
        self.0.is_none()
    }
}

/// A list whose members are made as they are written.
pub(super) struct List<I>(pub(super) I);

impl<I: Iterator<Item: Json> + Clone> Json for List<I> {
    #[inline]
    fn json(&self, out: &mut Vec<u8>) {
        out.push(b'[');
        for (index, item) in self.0.clone().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            item.json(out);
        }
        out.push(b']');
    }
}

impl<T: Json> Json for [T] {
    #[inline]
    fn json(&self, out: &mut Vec<u8>) {
        List(self.iter()).json(out);
    }
}

impl<T: Json> Json for Vec<T> {
    #[inline]
    fn json(&self, out: &mut Vec<u8>) {
        self.as_slice().json(out);
    }
}

impl<T: Json, const N: usize> Json for [T; N] {
    #[inline]
    fn json(&self, out: &mut Vec<u8>) {
        self.as_slice().json(out);
    }
}

impl<T: Json + ?Sized> Json for &T {
    #[inline]
    fn json(&self, out: &mut Vec<u8>) {
        (**self).json(out);
    }
}

impl<T: Json> Json for Option<T> {
    #[inline]
    fn json(&self, out: &mut Vec<u8>) {
        match self {
            Some(value) => value.json(out),
            None => out.extend_from_slice(b"null"),
        }
    }
}

impl<T: Json> Json for Fact<T> {
    #[inline]
    fn json(&self, out: &mut Vec<u8>) {
        self.value.json(out);
    }
}

impl Json for bool {
    #[inline]
    fn json(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if *self { b"true" } else { b"false" });
    }
}

impl Json for u64 {
    #[inline]
    fn json(&self, out: &mut Vec<u8>) {
        push_number(out, *self);
    }
}

/// Appends a number.
pub(crate) fn push_number(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

impl Json for u32 {
    #[inline]
    fn json(&self, out: &mut Vec<u8>) {
        u64::from(*self).json(out);
    }
}

impl Json for Sha1 {
    #[inline]
    fn json(&self, out: &mut Vec<u8>) {
        out.push(b'"');
        out.extend_from_slice(&self.digits());
        out.push(b'"');
    }
}

impl Json for Moment {
    #[inline]
    fn json(&self, out: &mut Vec<u8>) {
        out.push(b'"');
        self.push_rfc3339(out);
        out.push(b'"');
    }
}

impl Json for String {
    #[inline]
    fn json(&self, out: &mut Vec<u8>) {
        self.as_str().json(out);
    }
}

impl<T: Json + ToOwned + ?Sized> Json for Cow<'_, T> {
    #[inline]
    fn json(&self, out: &mut Vec<u8>) {
        (**self).json(out);
    }
}

impl Json for str {
    fn json(&self, out: &mut Vec<u8>) {
        out.push(b'"');
        push_inner(out, self);
        out.push(b'"');
    }
}

/// Appends what stands between the quotes of a string.
pub(crate) fn push_inner(out: &mut Vec<u8>, text: &str) {
    if holds_escaped(text) {
        push_escaped(out, text);
    } else {
        out.extend_from_slice(text.as_bytes());
    }
}

/// Whether a text does not stand in a string as it is.
pub(crate) fn holds_escaped(text: &str) -> bool {
    let escaped = |byte: u8| byte < 0x20 || matches!(byte, b'"' | b'\\' | 0x7F);
    let (found, beyond) =
        text.bytes().fold((false, false), |(found, beyond), byte| (found | escaped(byte), beyond | !byte.is_ascii()));
    found || (beyond && text.contains(is_hidden))
}

fn push_escaped(out: &mut Vec<u8>, text: &str) {
    let mut rest = text;
    let is_escaped = |c: &char| matches!(c, '"' | '\\') || is_hidden(*c);
    while let Some((at, c)) = rest.char_indices().find(|(_, c)| is_escaped(c)) {
        let (before, from) = rest.split_at(at);
        out.extend_from_slice(before.as_bytes());
        match c {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\u{8}' => out.extend_from_slice(b"\\b"),
            '\t' => out.extend_from_slice(b"\\t"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\u{c}' => out.extend_from_slice(b"\\f"),
            '\r' => out.extend_from_slice(b"\\r"),
            c => push_escape(out, c),
        }
        rest = from.get(c.len_utf8()..).unwrap_or_default();
    }
    out.extend_from_slice(rest.as_bytes());
}

/// The words that a type of the report is written with.
macro_rules! words {
    ($($type:ty { $($variant:ident = $word:literal),* $(,)? })*) => { $(
        impl Json for $type {
            #[inline]
    fn json(&self, out: &mut Vec<u8>) {
                Word(match self { $(Self::$variant => $word),* }).json(out);
            }
        }
    )* };
}

words! {
    Severity { Error = "error", Warning = "warning", Note = "note" }
    Role { RootCause = "root-cause", Contributing = "contributing", Symptom = "symptom", Hygiene = "hygiene" }
    Confidence { Certain = "certain", Likely = "likely", Possible = "possible" }
    VerdictOutcome { Fails = "fails", AtRisk = "at-risk", Unknown = "unknown", Works = "works" }
}

#[cfg(test)]
mod tests {
    use super::super::json_text;
    use super::*;

    fn written(value: &(impl Json + ?Sized)) -> String {
        let mut out = Vec::new();
        value.json(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn texts_are_escaped_as_by_the_serializer() {
        let hidden = [0x34f, 0x61c, 0x200b, 0x202e, 0x2069, 0xfe0f, 0xfeff, 0xe0041];
        for c in (0..0x250).chain(hidden).filter_map(char::from_u32) {
            for text in [c.to_string(), format!("a{c}"), format!("{c}{c}b"), format!("0123456789abcdef{c}\u{1f511}")] {
                let mut expected = Vec::new();
                json_text::compact(&mut expected, &text).unwrap();
                assert_eq!(written(text.as_str()), String::from_utf8(expected).unwrap());
            }
        }
        assert_eq!(written(""), "\"\"");
    }

    #[test]
    fn numbers() {
        for number in [0, 1, 9, 10, 99, 100, 4_294_967_295, 10_000_000_000_000_000_000, u64::MAX] {
            assert_eq!(written(&number), number.to_string());
        }
    }

    #[test]
    fn words_are_those_of_the_report() {
        macro_rules! same {
            ($($value:expr),*) => { $( assert_eq!(written(&$value), serde_json::to_string(&$value).unwrap()); )* };
        }
        same!(Severity::Error, Severity::Warning, Severity::Note);
        same!(Role::RootCause, Role::Contributing, Role::Symptom, Role::Hygiene);
        same!(Confidence::Certain, Confidence::Likely, Confidence::Possible);
        same!(VerdictOutcome::Fails, VerdictOutcome::AtRisk, VerdictOutcome::Unknown, VerdictOutcome::Works);
    }

    #[test]
    fn lists_and_objects() {
        let mut out = Vec::new();
        object!(&mut out, { "a": Some(1_u32), "b": None::<u32>, "c": [true, false], "d": List(["x", "y"].iter()),
            "e": Present(None::<u32>), "f": Present(Some(2_u32)) });
        let wanted = r#"{"a":1,"b":null,"c":[true,false],"d":["x","y"],"f":2}"#;
        assert_eq!(String::from_utf8(out).unwrap(), wanted);
        assert_eq!(written(&Vec::<u32>::new()), "[]");
    }
}
