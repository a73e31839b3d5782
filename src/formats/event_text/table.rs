//! Tables of `Get-WinEvent` and `Get-EventLog`: one record per row, the message cut at the end of the line.

use crate::formats::event_fields::{event_number, is_known_provider};
use crate::formats::piece::Piece;

/// The columns of a table whose header was seen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    /// The column (characters) after the right-aligned number.
    id_end: usize,
    /// `Get-EventLog`: the level and the source stand before the number.
    event_log: bool,
}

/// The values of a row.
pub(super) struct Row<'a> {
    /// The number of the event, with severity bits in `Get-EventLog`.
    pub(super) id: Piece<'a>,
    /// Date and time.
    pub(super) time: Piece<'a>,
    /// The level.
    pub(super) level: Option<Piece<'a>>,
    /// The source.
    pub(super) source: Option<Piece<'a>>,
    /// The message.
    pub(super) message: Piece<'a>,
}

/// The header of a table: property names, never translated.
pub(super) fn header(text: &str) -> Option<Columns> {
    let trimmed = text.trim_start();
    let (name, event_log) = if trimmed.starts_with("TimeCreated") && trimmed.contains("LevelDisplayName") {
        (" Id ", false)
    } else if trimmed.starts_with("Index") && trimmed.contains("EntryType") {
        if trimmed.contains("InstanceID") { ("InstanceID", true) } else { ("InstanceId", true) }
    } else {
        return None;
    };
    let at = text.find(name)?;
    let end = at.saturating_add(name.trim_end().len());
    Some(Columns { id_end: text.get(..end)?.chars().count(), event_log })
}

/// The `ProviderName: X` line above the rows of a provider.
pub(super) fn group(text: &str) -> Option<&str> {
    let name = text.trim().strip_prefix("ProviderName: ")?.trim();
    (!name.is_empty()).then_some(name)
}

impl Columns {
    /// The values of a row; `None` for any other line.
    pub(super) fn row<'a>(&self, piece: Piece<'a>) -> Option<Row<'a>> {
        let text = piece.text;
        let mut tokens = Vec::new();
        let mut at = 0_usize;
        for token in text.split(' ') {
            if !token.is_empty() {
                tokens.push((at, token));
            }
            at = at.saturating_add(token.len()).saturating_add(1);
            if tokens.len() >= 16 {
                break;
            }
        }
        let is_id = |(start, token): &(usize, &str)| {
            let end = start.saturating_add(token.len());
            token.bytes().all(|b| b.is_ascii_digit() || b == b'-')
                && event_number(token).is_some()
                && text.get(..end).is_some_and(|head| head.chars().count() == self.id_end)
        };
        let aligned = tokens.iter().position(is_id);
        // Where a copy lost the columns: the number behind a time, or behind a source.
        let loose = || {
            let clock = tokens.iter().position(|(_, token)| token.contains(':'))?;
            let rest = tokens.get(clock.saturating_add(1)..)?;
            let found = rest.iter().position(|(_, t)| t.len() > 2 && t.bytes().all(|b| b.is_ascii_digit()))?;
            Some(clock.saturating_add(1).saturating_add(found))
        };
        let index = aligned.or_else(loose)?;
        let (start, token) = tokens.get(index).copied()?;
        let before = tokens.get(..index)?;
        if !before.iter().any(|(_, token)| token.contains(':')) {
            return None;
        }
        let end = start.saturating_add(token.len());
        let id = piece.slice(start..end);
        if self.event_log {
            let clock = before.iter().position(|(_, token)| token.contains(':'))?;
            let (at, last) = before.get(clock)?;
            let level_at = clock.saturating_add(1);
            let level = before.get(level_at)?;
            let source_start = before.get(level_at.saturating_add(1)).map(|(at, _)| *at)?;
            let first = before.get(1).map_or(0, |(at, _)| *at);
            return Some(Row {
                id,
                time: piece.slice(first..at.saturating_add(last.len())).trim(),
                level: Some(piece.slice(level.0..level.0.saturating_add(level.1.len()))),
                source: Some(piece.slice(source_start..start).trim()),
                message: piece.from(end).trim(),
            });
        }
        let rest = piece.from(end).trim();
        let (level, message) = match rest.text.split_once(' ') {
            Some((level, message)) => (Some(rest.part(level)), rest.part(message).trim()),
            None => (None, rest),
        };
        Some(Row { id, time: piece.slice(0..start).trim(), level, source: None, message })
    }
}

/// Whether a table's group is about events that matter.
pub(super) fn is_of_keys(provider: &str) -> bool {
    is_known_provider(provider)
}
