//! An event as a JSON object over several lines, as `ConvertTo-Json` prints `Get-WinEvent`'s.

use crate::formats::event_fields;
use crate::formats::joined_lines::JoinedLines;
use crate::formats::piece::Piece;

/// An object whose end was not read yet. Only a name that says so makes it an event: before that its lines are left to
/// other readers.
pub(super) struct OpenObject {
    pub(super) lines: JoinedLines,
    depth: usize,
    /// It is an event of those that matter.
    pub(super) is_event: bool,
}

/// What a line does to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// It belongs to it.
    Inside,
    /// It ends it.
    Last,
    /// It is none of an object's.
    Foreign,
}

/// Whether a line begins an object that goes on in the next lines.
pub(super) fn begins(text: &str) -> bool {
    matches!(text.trim(), "{" | "[{" | "[ {" | "},{" | "}, {")
}

impl OpenObject {
    /// With the line that begins it.
    pub(super) fn new(mut lines: JoinedLines, first: Piece<'_>) -> Self {
        let at = first.text.find('{').unwrap_or(0);
        lines.push(first.from(at));
        Self { lines, depth: 1, is_event: false }
    }

    /// Takes a line.
    pub(super) fn push(&mut self, piece: Piece<'_>) -> Step {
        let text = piece.text.trim();
        let Some(first) = text.bytes().next() else { return Step::Inside };
        let scalar = text.trim_end_matches(',').bytes().all(|b| b.is_ascii_alphanumeric() || b".-+".contains(&b));
        if !(matches!(first, b'"' | b'{' | b'}' | b'[' | b']') || scalar) {
            return Step::Foreign;
        }
        self.lines.push(piece);
        self.is_event |= names_an_event(text);
        // A value of a string has both signs within its quotes.
        let opens = text.ends_with('{') || text.ends_with('[');
        let closes = matches!(first, b'}' | b']');
        if closes {
            self.depth = self.depth.saturating_sub(1);
        }
        if self.depth == 0 {
            return Step::Last;
        }
        if opens {
            self.depth = self.depth.saturating_add(1);
        }
        Step::Inside
    }
}

/// Whether a line of an object names an event's provider or number.
fn names_an_event(text: &str) -> bool {
    let Some((name, value)) = text.split_once(':') else { return false };
    let value = value.trim().trim_end_matches(',').trim_matches('"');
    match name.trim().trim_matches('"') {
        "ProviderName" | "Source" | "SourceName" => event_fields::is_known_provider(value),
        "Id" | "EventID" | "EventId" => event_fields::event_number(value).is_some_and(event_fields::opens),
        _ => false,
    }
}
