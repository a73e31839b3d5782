//! Tags, comments and character references of HTML and XML, also over several lines.
//!
//! One reader for both, not one of XML besides (as for events): what customers send is cut and pasted, every character needs its
//! place in the file, and no more than a line may be held.

use super::carried::{Carried, Cursor, Spot};
use super::{Take, Unread};
use crate::input::character_reference::character_reference;
use crate::limits::TAG_BYTES;
use memchr::{memchr, memchr2, memmem};

/// The longest name of an element.
const NAME: usize = 32;
/// Bytes of the attributes of a tag that are kept.
const ATTRIBUTES: usize = 400;

/// What stands at the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// Text up to an index.
    Text(usize),
    /// A reference to a character, up to an index.
    Character(char, usize),
    /// A tag that has just ended: [`Markup::name`]. The cursor is behind it.
    Tag { opens: bool, closes: bool },
    /// Nothing that is shown. The cursor is behind it.
    Nothing,
}

/// Where the reading stands, across lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    Text,
    Tag {
        closing: bool,
        /// Inside of this quote.
        quote: Option<u8>,
        /// `=` came last.
        equals: bool,
        /// `/` came last.
        slash: bool,
        /// The value in quotes is a picture or other data.
        data: bool,
    },
    Comment,
    Declaration,
    /// In an element whose content is no text, up to its end tag.
    Skipped(&'static str),
}

/// Reads mark-up.
#[derive(Default)]
pub(super) struct Markup {
    state: State,
    name: String,
    attributes: String,
    bytes: usize,
    began: Spot,
    unread: Vec<Unread>,
}

impl Markup {
    /// The name of the tag that ended last, in lower case.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The first bytes of its attributes, in lower case.
    pub(super) fn attributes(&self) -> &str {
        &self.attributes
    }

    /// Whether the cursor stands in text.
    pub(super) fn in_text(&self) -> bool {
        self.state == State::Text
    }

    /// Leaves out everything up to the end tag of an element.
    pub(super) fn skip_to_end_of(&mut self, name: &'static str) {
        self.state = State::Skipped(name);
    }

    pub(super) fn take_unread(&mut self) -> Vec<Unread> {
        std::mem::take(&mut self.unread)
    }

    /// The file is over: what has no end has hidden the rest of it.
    pub(super) fn finish(&mut self) {
        let what = match self.state {
            State::Text => return,
            State::Tag { .. } => "a tag",
            State::Comment => "a comment",
            State::Declaration => "a declaration",
            State::Skipped(name) => name,
        };
        self.unread.push((
            format!("{what} without an end: nothing after it is read"),
            self.began.line,
            self.began.original,
        ));
    }

    /// What stands at the cursor, which is before `stop`. `element` tells which names are those of elements: any other `<` is
    /// text.
    pub(super) fn next(&mut self, cursor: &mut Cursor<'_>, stop: usize, element: fn(&str) -> bool) -> Token {
        match self.state {
            State::Text => self.text(cursor, stop, element),
            State::Tag { .. } => self.tag(cursor, stop),
            State::Comment => self.up_to(cursor, stop, b"-->"),
            State::Declaration => self.up_to(cursor, stop, b">"),
            State::Skipped(name) => self.skipped(cursor, stop, name),
        }
    }

    /// What stands at the cursor of an XML document, where every name is one of an element: a tag, as what it opens and
    /// closes; text is given if it is shown.
    pub(super) fn next_tag(
        &mut self,
        cursor: &mut Cursor<'_>,
        stop: usize,
        is_shown: bool,
        out: &mut Carried,
        take: &mut Take<'_>,
    ) -> Option<(bool, bool)> {
        let spot = cursor.spot();
        match self.next(cursor, stop, |_| true) {
            Token::Tag { opens, closes } => return Some((opens, closes)),
            Token::Text(end) if is_shown => out.copy(cursor, end, take),
            Token::Text(end) => cursor.to(end),
            Token::Character(c, end) => {
                cursor.to(end);
                if is_shown {
                    out.push(c, spot, cursor.original(), take);
                }
            }
            Token::Nothing => {}
        }
        None
    }

    fn text(&mut self, cursor: &mut Cursor<'_>, stop: usize, element: fn(&str) -> bool) -> Token {
        let rest = cursor.rest();
        let room = stop.saturating_sub(cursor.index());
        let mut from = 0_usize;
        while let Some(at) = rest.as_bytes().get(from..).and_then(|more| memchr2(b'<', b'&', more)) {
            let at = from.saturating_add(at);
            let Some(mark) = rest.get(at..).filter(|_| at < room) else { break };
            let reference = character_reference(mark);
            if reference.is_none() && !begins(mark, element) {
                from = at.saturating_add(1);
                continue;
            }
            if at > 0 {
                return Token::Text(cursor.index().saturating_add(at));
            }
            if let Some((c, len)) = reference {
                return Token::Character(c, cursor.index().saturating_add(len));
            }
            self.began = cursor.spot();
            self.bytes = 0;
            if mark.starts_with("<!--") {
                self.state = State::Comment;
                // `<!-->` is a whole one.
                cursor.by(2);
            } else if mark.starts_with("<!") || mark.starts_with("<?") {
                self.state = State::Declaration;
                cursor.by(2);
            } else {
                let closing = mark.starts_with("</");
                cursor.by(if closing { 2 } else { 1 });
                self.name = name(cursor.rest()).to_ascii_lowercase();
                self.attributes.clear();
                cursor.by(self.name.len());
                self.state = State::Tag { closing, quote: None, equals: false, slash: false, data: false };
            }
            return Token::Nothing;
        }
        let mut end = room.min(rest.len());
        while !rest.is_char_boundary(end) {
            end = end.saturating_add(1);
        }
        Token::Text(cursor.index().saturating_add(end))
    }

    fn tag(&mut self, cursor: &mut Cursor<'_>, stop: usize) -> Token {
        let State::Tag { closing, mut quote, mut equals, mut slash, mut data } = self.state else {
            return Token::Nothing;
        };
        let rest = cursor.rest();
        let room = stop.saturating_sub(cursor.index());
        let mut at = 0_usize;
        let mut ended = false;
        let mut broken = false;
        while at < room.max(1)
            && let Some(byte) = rest.as_bytes().get(at).copied()
        {
            if let Some(mark) = quote {
                let len = rest.as_bytes().get(at..).and_then(|more| memchr(mark, more));
                let len = len.filter(|len| at.saturating_add(*len) < room.max(1));
                let end = len.map_or(room.clamp(at, rest.len()), |len| at.saturating_add(len).saturating_add(1));
                self.keep(rest.get(at..end).unwrap_or_default());
                at = end;
                if len.is_none() {
                    break;
                }
                quote = None;
                continue;
            }
            at = at.saturating_add(1);
            match byte {
                b'>' => {
                    ended = true;
                    break;
                }
                b'<' => {
                    at = at.saturating_sub(1);
                    broken = true;
                    break;
                }
                b'"' | b'\'' if equals => {
                    quote = Some(byte);
                    data = rest.get(at..).is_some_and(|value| value.starts_with("data:"));
                }
                _ => {}
            }
            self.keep(rest.get(at.saturating_sub(1)..at).unwrap_or_default());
            slash = byte == b'/';
            equals = byte == b'=' || equals && byte.is_ascii_whitespace();
        }
        while !rest.is_char_boundary(at) {
            at = at.saturating_add(1);
        }
        cursor.by(at);
        self.bytes = self.bytes.saturating_add(at);
        if ended || broken {
            self.state = State::Text;
            return Token::Tag { opens: !closing, closes: closing || slash && ended };
        }
        // A picture in its tag may have any length; other tags of such length are text that a quote swallows.
        if self.bytes > TAG_BYTES && !data {
            let message = format!("a tag of more than {TAG_BYTES} bytes: what stands in it is not read");
            self.unread.push((message, self.began.line, self.began.original));
            self.state = State::Text;
            return Token::Nothing;
        }
        self.state = State::Tag { closing, quote, equals, slash, data };
        Token::Nothing
    }

    /// Keeps the beginning of the attributes.
    fn keep(&mut self, part: &str) {
        let room = ATTRIBUTES.saturating_sub(self.attributes.len());
        self.attributes.extend(part.chars().take(room).map(|c| c.to_ascii_lowercase()));
    }

    fn up_to(&mut self, cursor: &mut Cursor<'_>, stop: usize, end: &[u8]) -> Token {
        match memmem::find(cursor.rest().as_bytes(), end) {
            Some(at) => {
                cursor.by(at.saturating_add(end.len()));
                self.state = State::Text;
            }
            None => to_stop(cursor, stop),
        }
        Token::Nothing
    }

    fn skipped(&mut self, cursor: &mut Cursor<'_>, stop: usize, name: &'static str) -> Token {
        let rest = cursor.rest();
        for at in memmem::find_iter(rest.as_bytes(), "</") {
            let after = rest.get(at.saturating_add(2)..).unwrap_or_default();
            if after.get(..name.len()).is_some_and(|own| own.eq_ignore_ascii_case(name)) {
                cursor.by(at);
                self.state = State::Text;
                return Token::Nothing;
            }
        }
        to_stop(cursor, stop);
        Token::Nothing
    }
}

/// Moves to the first character boundary from `stop` on.
fn to_stop(cursor: &mut Cursor<'_>, stop: usize) {
    let text = cursor.text();
    let mut stop = stop.clamp(cursor.index(), text.len());
    while !text.is_char_boundary(stop) {
        stop = stop.saturating_add(1);
    }
    cursor.to(stop);
}

/// The name that a text begins with.
fn name(text: &str) -> &str {
    let len =
        text.bytes().take(NAME).take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b':' | b'-' | b'_')).count();
    text.get(..len).unwrap_or_default()
}

/// Whether mark-up begins at a `<`.
fn begins(text: &str, element: fn(&str) -> bool) -> bool {
    let Some(inner) = text.strip_prefix('<') else { return false };
    let letter = |text: &str| text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '[');
    if let Some(inner) = inner.strip_prefix(['!', '?']) {
        return inner.starts_with("--") && text.starts_with("<!") || letter(inner);
    }
    let inner = inner.strip_prefix('/').unwrap_or(inner);
    let name = name(inner);
    let after = inner.get(name.len()..).unwrap_or_default();
    let ends = after.is_empty() || after.starts_with(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/'));
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && ends && element(&name.to_ascii_lowercase())
}
