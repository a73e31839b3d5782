//! What the listings of `icacls` and `cacls` have in common: `<path> <principal>:<rights>`, further entries below the first
//! principal, an empty line, and at the end of `icacls` a line with two numbers.
//!
//! Sources: Microsoft Learn, "icacls" and "cacls"; output of both tools in several languages. Principals and the closing
//! line are translated, so that only shapes count: the groups in parentheses, the indentation, two numbers.

use super::glance::Glance;
use super::joined_lines::JoinedLines;
use super::piece::Piece;
use super::text_reader::{joined_place, keep_line};
use super::text_shapes::is_elision;
use crate::limits::Limits;
use crate::model::access::{AccessList, AccessMask, Ace, AceKind, KeyPath, Principal};
use crate::model::container_name::is_file_name;
use crate::model::fact::{Excerpts, Fact, Place, SourceId};
use crate::model::observation::{Observation, Observed};
use crate::model::principal;
use aho_corasick::packed;
use std::borrow::Cow;
use std::sync::LazyLock;

/// The end of an entry's line: what stands behind the principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tail<'a> {
    /// What stands before the colon: the principal, on the first line the path in front of it.
    pub head: &'a str,
    /// Allows or denies.
    pub kind: AceKind,
    /// The rights; `None` when a group is unknown.
    pub mask: Option<u32>,
    /// `(I)`.
    pub inherited: bool,
    /// `(OI)`.
    pub object_inherit: bool,
    /// `(CI)`.
    pub container_inherit: bool,
    /// `(IO)`.
    pub inherit_only: bool,
    /// `(NP)`.
    pub no_propagate: bool,
    /// A mandatory label: no permission.
    pub label: bool,
    /// The names of the rights follow, one on each line.
    pub names_follow: bool,
}

impl<'a> Tail<'a> {
    /// Before the groups are read.
    pub(super) fn of(head: &'a str) -> Self {
        Self {
            head,
            kind: AceKind::Allow,
            mask: None,
            inherited: false,
            object_inherit: false,
            container_inherit: false,
            inherit_only: false,
            no_propagate: false,
            label: false,
            names_follow: false,
        }
    }
}

/// Lines that a console may have made of one.
const WRAPPED_LINES: u32 = 4;

/// A line of more blanks is none that someone left empty.
const CUT_ENTRY: usize = 8;

/// A path of which the first entry was not yet seen.
#[derive(Debug)]
struct Held {
    text: JoinedLines,
    excerpts: Excerpts,
    lines: u32,
}

/// The record that is being read.
#[derive(Debug)]
struct Open {
    /// The first line: path and principal are told apart at the end, by the column of the second entry.
    first: JoinedLines,
    /// The length of what stands before the colon of the first entry.
    head: usize,
    /// Where the path ends, when the path stood alone on its line.
    path_alone: Option<usize>,
    /// The columns of blanks before the first line.
    indent: usize,
    /// The column of the second entry.
    column: Option<usize>,
    entries: Vec<Ace>,
    /// An entry that is not whole yet.
    part: Option<(JoinedLines, u32)>,
    names_follow: bool,
    blank: bool,
    /// There is an empty line between the entries, too: one is not their end.
    spaced: bool,
    wrapped: bool,
    full: bool,
    last: Place,
    fields: Vec<(Cow<'static, str>, Fact<String>)>,
    excerpts: Excerpts,
    bytes: usize,
}

impl Open {
    /// Whether the empty line behind the entries was seen.
    fn is_ended(&self) -> bool {
        self.blank && !self.spaced
    }
}

/// Reads the listings of one tool.
#[derive(Debug)]
pub(super) struct AclLines {
    source: SourceId,
    limits: Limits,
    kind: &'static str,
    tail: fn(&str) -> Option<Tail<'_>>,
    open: Option<Open>,
    held: Option<Held>,
    /// A refusal that counts only when the closing line counts a failure.
    refused: Option<Observed>,
    /// Records came and no closing line yet.
    listing: bool,
    /// The tool's name was seen: relative paths are to be expected.
    command: bool,
    done: Vec<Observed>,
    problems: Vec<(String, Place)>,
}

impl AclLines {
    pub(super) fn new(
        source: SourceId,
        limits: &Limits,
        kind: &'static str,
        tail: fn(&str) -> Option<Tail<'_>>,
    ) -> Self {
        Self {
            source,
            limits: limits.clone(),
            kind,
            tail,
            open: None,
            held: None,
            refused: None,
            listing: false,
            command: false,
            done: Vec::new(),
            problems: Vec::new(),
        }
    }

    pub(super) fn line(&mut self, piece: Piece<'_>) -> bool {
        if piece.line().window.is_some() {
            self.close();
            return false;
        }
        if self.open.is_some() {
            match self.go_on(piece) {
                Some(taken) => return taken,
                None if self.open.is_some() => self.finish(false),
                None => {}
            }
        }
        self.fresh(piece)
    }

    /// See [`TextReader::passes_over`](super::text_reader::TextReader::passes_over).
    pub(super) fn passes_over(&self, glance: &Glance<'_>) -> bool {
        let waits = self.open.is_some() || self.held.is_some() || self.listing;
        !waits && (self.tail)(glance.text).is_none() && !is_absolute(glance.text)
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    pub(super) fn close(&mut self) {
        self.held = None;
        self.refused = None;
        self.listing = false;
        let ended = self.open.as_ref().is_some_and(Open::is_ended);
        self.finish(ended);
    }

    pub(super) fn take(&mut self) -> Vec<Observed> {
        std::mem::take(&mut self.done)
    }

    pub(super) fn problems(&mut self) -> Vec<(String, Place)> {
        std::mem::take(&mut self.problems)
    }

    /// A line while no record is open.
    fn fresh(&mut self, piece: Piece<'_>) -> bool {
        let text = piece.text.trim_end();
        if text.is_empty() {
            self.held = None;
            return false;
        }
        if self.listing && is_summary(text) {
            self.listing = false;
            if let Some(refused) = self.refused.take() {
                self.done.push(refused);
            }
            return true;
        }
        if let Some(held) = self.held.take()
            && let Some(taken) = self.after_held(held, piece)
        {
            return taken;
        }
        if is_command(text) {
            self.command = true;
            return false;
        }
        if let Some(tail) = (self.tail)(text) {
            let head = tail.head.len();
            if (tail.mask.is_some() || tail.label || tail.names_follow)
                && let Some((path, who)) = split(tail.head.trim_start(), None)
                && self.plausible(path, who)
            {
                let mut first = JoinedLines::new(self.source);
                first.push(piece);
                self.begin(first, head, None, piece.indent(), &tail, false, Excerpts::default(), piece);
                return true;
            }
            return false;
        }
        if !is_absolute(text.trim_start()) {
            return false;
        }
        if let Some(taken) = self.refusal(piece) {
            return taken;
        }
        let mut held = Held { text: JoinedLines::new(self.source), excerpts: Excerpts::default(), lines: 1 };
        if piece.text.len() <= self.limits.string_bytes {
            held.text.push(piece);
            self.keep(&mut held.excerpts, piece);
            self.held = Some(held);
        }
        false
    }

    /// The line after one that began with a path.
    fn after_held(&mut self, mut held: Held, piece: Piece<'_>) -> Option<bool> {
        let text = piece.text.trim_end();
        if is_absolute(text.trim_start()) || is_command(text) {
            return None;
        }
        let indent = held.text.text().len().saturating_sub(held.text.text().trim_start().len());
        // The path stood alone: here is nothing but a principal.
        let alone = (self.tail)(text).filter(|t| t.mask.is_some() || t.names_follow).filter(|t| {
            let who = t.head.trim();
            matches!(principal::of_name(who), Principal::Sid(_))
                || (piece.indent() > 1 || names_key_file(held.text.text())) && who.contains('\\')
        });
        if let Some(tail) = alone {
            let path = held.text.text().len();
            held.text.push(piece);
            let head = path.saturating_add(1).saturating_add(tail.head.len());
            self.begin(held.text, head, Some(path), indent, &tail, true, held.excerpts, piece);
            return Some(true);
        }
        held.text.extend(piece);
        held.lines = held.lines.saturating_add(1);
        let joined = held.text.text().to_owned();
        if let Some(tail) = (self.tail)(joined.trim_end()).filter(|t| t.mask.is_some() || t.names_follow) {
            let (_, who) = split(tail.head.trim_start(), None)?;
            let sure = !matches!(principal::of_name(who), Principal::Name(_)) || who.contains('\\');
            if !sure {
                return None;
            }
            let head = tail.head.len();
            self.begin(held.text, head, None, indent, &tail, true, held.excerpts, piece);
            return Some(true);
        }
        if held.lines < WRAPPED_LINES && joined.len() <= self.limits.string_bytes && text.len() >= 30 {
            self.keep(&mut held.excerpts, piece);
            self.held = Some(held);
            return Some(false);
        }
        None
    }

    #[allow(clippy::too_many_arguments)]
    fn begin(
        &mut self,
        first: JoinedLines,
        head: usize,
        path_alone: Option<usize>,
        indent: usize,
        tail: &Tail<'_>,
        wrapped: bool,
        mut excerpts: Excerpts,
        piece: Piece<'_>,
    ) {
        self.keep(&mut excerpts, piece);
        let last = piece.trim().place(self.source);
        let entries = vec![ace(tail, Fact::stated(Principal::Name(String::new()), last), String::new())];
        self.listing = true;
        self.refused = None;
        self.open = Some(Open {
            bytes: first.len(),
            first,
            head,
            path_alone,
            indent,
            column: None,
            entries,
            part: None,
            names_follow: tail.names_follow,
            blank: false,
            spaced: false,
            wrapped,
            full: false,
            last,
            fields: Vec::new(),
            excerpts,
        });
    }

    /// A line while a record is open. `None`: it is not the record's.
    fn go_on(&mut self, piece: Piece<'_>) -> Option<bool> {
        let text = piece.text.trim_end();
        let (source, limit) = (self.source, self.limits.record_values);
        let open = self.open.as_mut()?;
        if text.is_empty() {
            // Blanks up to the column of the entries: one is cut off behind them. cacls writes them behind the names of rights.
            let cut = !open.names_follow && piece.text.len() > CUT_ENTRY && piece.text.len() < open.first.len();
            // Of two empty lines one is the listing's own.
            open.spaced &= !open.blank;
            open.blank |= !cut;
            return Some(true);
        }
        let indent = piece.indent();
        let body = text.trim_start();
        if is_elision(body) {
            self.finish(false);
            return Some(true);
        }
        if open.names_follow && body.bytes().all(|b| b.is_ascii_uppercase() || b == b'_') && indent > open.indent {
            let entry = open.entries.last_mut()?;
            entry.mask = match (right_by_name(body), entry.mask) {
                (Some(bits), Some(mask)) => Some(AccessMask(mask.0 | bits)),
                _ => None,
            };
            open.last = piece.trim().place(source);
            return Some(true);
        }
        if is_summary(text) && open.part.is_none() && indent <= open.indent {
            self.finish(true);
            self.listing = false;
            return Some(true);
        }
        if is_absolute(body) || is_command(text) {
            self.finish(true);
            return None;
        }
        open.bytes = open.bytes.saturating_add(text.len());
        if open.bytes > self.limits.record_bytes || open.entries.len() >= limit {
            open.full = true;
        }
        if let Some((mut joined, lines)) = open.part.take() {
            joined.extend(piece);
            let whole = joined.text().to_owned();
            if let Some(tail) = (self.tail)(whole.trim_end()) {
                self.entry(&tail, &joined, piece);
            } else if lines < WRAPPED_LINES {
                open.part = Some((joined, lines.saturating_add(1)));
                open.last = piece.trim().place(source);
            } else {
                self.unreadable(&joined);
            }
            return Some(true);
        }
        if let Some(tail) = (self.tail)(text) {
            let who = tail.head.trim();
            let below = indent > open.indent
                || matches!(principal::of_name(who), Principal::Sid(_))
                || open.path_alone.is_some() && is_account(who);
            let relative = split(who, None)
                .is_some_and(|(path, name)| !path.is_empty() && matches!(principal::of_name(name), Principal::Sid(_)));
            if !below && (relative || open.blank || open.column.is_some()) {
                self.finish(true);
                return None;
            }
            if open.column.is_none() && indent > open.indent && !open.wrapped {
                open.column = Some(indent.saturating_sub(open.indent));
            }
            let mut joined = JoinedLines::new(source);
            joined.push(piece);
            self.entry(&tail, &joined, piece);
            return Some(true);
        }
        if indent > open.indent.saturating_add(1) && (!open.blank || open.wrapped) {
            // The console broke the entry, or it can't be read.
            let mut joined = JoinedLines::new(source);
            joined.push(piece);
            open.part = Some((joined, 1));
            open.blank = false;
            open.last = piece.trim().place(source);
            let (lines, columns) = (self.limits.excerpt_lines, self.limits.excerpt_columns);
            keep_line(&mut open.excerpts, piece.place(source), piece, lines, columns);
            return Some(true);
        }
        // Below a name of the first line: an entry that breaks off.
        let first = open.first.text();
        let below = indent > 0 && first.get(..indent).is_some_and(|before| before.ends_with(' '));
        let ended = open.is_ended() && !(below && indent > open.indent.saturating_add(1));
        self.finish(ended);
        None
    }

    fn entry(&mut self, tail: &Tail<'_>, joined: &JoinedLines, piece: Piece<'_>) {
        let (source, lines, columns) = (self.source, self.limits.excerpt_lines, self.limits.excerpt_columns);
        let Some(open) = self.open.as_mut() else { return };
        // cacls has one behind the names of rights.
        open.spaced |= open.blank && !open.names_follow;
        open.blank = false;
        open.last = piece.trim().place(source);
        open.names_follow = tail.names_follow;
        if open.full || tail.label {
            return;
        }
        // The tail may stand on a copy of the joined text: its head begins where the text begins.
        let text = joined.text();
        let head = text.get(..tail.head.len()).unwrap_or(text);
        let who = head.trim();
        let line = text.trim();
        open.fields.push(("access".into(), joined.text_fact(line)));
        open.entries.push(ace(tail, joined.fact(principal::of_name(who), who), who.to_owned()));
        keep_line(&mut open.excerpts, piece.place(source), piece, lines, columns);
    }

    fn unreadable(&mut self, joined: &JoinedLines) {
        let Some(open) = self.open.as_mut() else { return };
        let text = joined.text().trim();
        let place = joined.place_of(text);
        self.problems.push(("an entry of the permissions can't be read".to_owned(), place));
        if open.full {
            return;
        }
        let who: String = text.chars().take(200).collect();
        let tail = Tail::of(text);
        open.entries.push(ace(&tail, Fact::stated(Principal::Name(who.clone()), place), who));
    }

    /// The record is over.
    fn finish(&mut self, ended: bool) {
        let part = self.open.as_mut().and_then(|o| o.part.take());
        let cut = part.is_some();
        if let Some((joined, _)) = part {
            self.unreadable(&joined);
        }
        let Some(mut open) = self.open.take() else { return };
        let text = open.first.text();
        let head = text.get(..open.head).unwrap_or(text);
        let line = text.trim();
        let (path, who) = match open.path_alone {
            Some(end) => (head.get(..end).unwrap_or("").trim(), head.get(end..).unwrap_or("").trim()),
            None => split(head.trim(), open.column).unwrap_or((head.trim(), "")),
        };
        let path_fact = open.first.text_fact(path);
        let first_label = open.entries.first().is_some_and(|e| {
            e.mask.is_none() && principal::of_name(who).sid().is_some_and(|s| s.starts_with("S-1-16-"))
        });
        if let Some(entry) = open.entries.first_mut() {
            entry.principal = open.first.fact(principal::of_name(who), who);
            entry.printed = who.to_owned();
        }
        if first_label {
            open.entries.remove(0);
        }
        let access = line.get(line.len().saturating_sub(text.trim_end().len().saturating_sub(offset(text, who)))..);
        let mut fields: Vec<(Cow<'static, str>, Fact<String>)> = vec![("path".into(), path_fact.clone())];
        if let Some(access) = access {
            fields.push(("access".into(), open.first.text_fact(access)));
        }
        fields.append(&mut open.fields);
        let place = joined_place(open.first.place_of(line), open.last);
        if open.full && self.problems.len() < self.limits.problems {
            self.problems.push(("more entries of the permissions than are kept".to_owned(), place));
        }
        let unread = open.entries.iter().any(|e| e.mask.is_none());
        self.done.push(Observed {
            kind: self.kind,
            place,
            fields,
            excerpts: open.excerpts,
            what: Observation::AccessList(AccessList {
                target: KeyPath::of(path),
                path: path_fact,
                owner: None,
                protected: None,
                entries: open.entries,
                complete: ended && !cut && !open.full && !unread,
                by_sid: false,
                refused: None,
                place,
            }),
        });
    }

    /// `<path>: <words>`: the tool could not read the permissions.
    fn refusal(&mut self, piece: Piece<'_>) -> Option<bool> {
        let text = piece.text.trim();
        let (path, words) = text.split_once(": ")?;
        let words = words.trim();
        let spoken = words.chars().any(char::is_alphabetic) && !words.contains(['\\', '(', '=', '{', '"']);
        if !spoken || words.chars().count() > 100 || path.len() > self.limits.string_bytes {
            return None;
        }
        let target = KeyPath::of(path);
        let sure = target != KeyPath::Other && (self.command || self.listing || is_denied(words))
            || self.listing
            || self.command && is_denied(words);
        let place = piece.trim().place(self.source);
        let mut excerpts = Excerpts::default();
        self.keep(&mut excerpts, piece);
        let path = piece.text_fact(self.source, path);
        let words = piece.text_fact(self.source, words);
        let record = Observed {
            kind: self.kind,
            place,
            fields: vec![("path".into(), path.clone()), ("refused".into(), words.clone())],
            excerpts,
            what: Observation::AccessList(AccessList {
                path,
                target,
                owner: None,
                protected: None,
                entries: Vec::new(),
                complete: false,
                by_sid: false,
                refused: Some(words),
                place,
            }),
        };
        self.listing = true;
        if sure {
            self.done.push(record);
            return Some(true);
        }
        self.refused = Some(record);
        Some(false)
    }

    /// Whether these may be a path and a principal, and not words of a text.
    fn plausible(&self, path: &str, who: &str) -> bool {
        if is_absolute(path) {
            return true;
        }
        let name = principal::of_name(who);
        let known = name.sid().is_some() || who.contains('\\');
        let words = path.split(' ').count();
        let legal = !path.contains(['<', '>', '|', '?', '"', ':', '(', ')']) && path.len() <= 400;
        let like_a_file = path.contains(['.', '\\', '_']) || self.command || self.listing;
        known
            && legal
            && words <= 3
            && (KeyPath::of(path) != KeyPath::Other || like_a_file && path != "*" && path != "-")
    }

    fn keep(&self, excerpts: &mut Excerpts, piece: Piece<'_>) {
        let (lines, columns) = (self.limits.excerpt_lines, self.limits.excerpt_columns);
        keep_line(excerpts, piece.place(self.source), piece, lines, columns);
    }
}

fn ace(tail: &Tail<'_>, principal: Fact<Principal>, printed: String) -> Ace {
    Ace {
        principal,
        printed,
        kind: tail.kind,
        mask: tail.mask.map(AccessMask),
        inherited: tail.inherited,
        object_inherit: tail.object_inherit,
        container_inherit: tail.container_inherit,
        inherit_only: tail.inherit_only,
        no_propagate: tail.no_propagate,
    }
}

/// Where a slice of a text begins in it.
fn offset(text: &str, part: &str) -> usize {
    let at = part.as_ptr().addr().wrapping_sub(text.as_ptr().addr());
    if at <= text.len() { at } else { 0 }
}

/// Tells the path from the first principal: by the column of the next entry, by a known name, by the path of a key
/// folder, else at the last blank before a name with a backslash.
fn split(head: &str, column: Option<usize>) -> Option<(&str, &str)> {
    if let Some(column) = column {
        // The tool counts characters.
        let at = head.char_indices().nth(column).map(|(at, _)| at);
        if let Some((path, who)) = at.and_then(|at| head.split_at_checked(at))
            && path.ends_with(' ')
            && !who.starts_with(' ')
        {
            return Some((path.trim_end(), who));
        }
    }
    let blanks = || head.match_indices(' ').map(|(at, _)| at);
    let pair = |at: usize| {
        let (path, who) = head.split_at_checked(at)?;
        Some((path.trim_end(), who.trim_start()))
    };
    // The longest known name is shorter than this.
    let near = head.len().saturating_sub(160);
    for at in blanks().filter(|at| *at >= near) {
        if let Some((path, who)) = pair(at)
            && (matches!(principal::of_name(who), Principal::Sid(_)) || principal::is_virtual(who))
        {
            return Some((path, who));
        }
    }
    if head.len() <= 1_024 {
        for at in blanks().take(32) {
            if let Some((path, who)) = pair(at).filter(|(path, _)| KeyPath::of(path) != KeyPath::Other) {
                return Some((path, who));
            }
        }
    }
    let last = blanks().next_back()?;
    let (path, who) = pair(last)?;
    if who.contains('\\') {
        // The authority may be two words: `AUTORIDADE NT`.
        if who.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("NT\\"))
            && let Some((before, _)) = path.rsplit_once(' ')
        {
            return pair(before.len());
        }
        return Some((path, who));
    }
    // A name of several words after the backslash: the authority stands after the blank before it.
    let slash = head.rfind('\\')?;
    let before = head.get(..slash)?;
    let after_path = before.rfind(' ').filter(|_| !before.rsplit(' ').next().is_some_and(is_absolute));
    match after_path {
        Some(at) if head.get(at..slash).is_some_and(|authority| !authority.contains(['\\', '/', ':'])) => pair(at),
        _ => Some((path, who)),
    }
}

/// Whether a path is whole: it ends with the name of a key file.
fn names_key_file(path: &str) -> bool {
    is_file_name(path.trim().rsplit('\\').next().unwrap_or(path))
}

/// Whether a text is an account with its domain and nothing else: its only blanks are those of an authority that Windows knows.
fn is_account(text: &str) -> bool {
    text.contains('\\') && !is_absolute(text) && (!text.contains(' ') || principal::is_virtual(text))
}

/// Whether a text begins with a drive or a share.
fn is_absolute(text: &str) -> bool {
    let text = text.trim_start_matches(['"', '\'']);
    let mut bytes = text.bytes();
    match bytes.next() {
        Some(b'\\') => bytes.next().is_some_and(|b| b == b'\\' || b.is_ascii_alphanumeric() || b == b'?'),
        Some(drive) if drive.is_ascii_alphabetic() => {
            bytes.next() == Some(b':') && matches!(bytes.next(), Some(b'\\' | b'/'))
        }
        _ => false,
    }
}

/// Words of the commands, with which a line is never passed over.
pub(super) const WORDS: &[&str] = &["cacls", " /grant", " /deny", " /setowner", " /remove"];

/// One of these stands in every command, and in few other lines.
static COMMAND: LazyLock<Option<packed::Searcher>> =
    LazyLock::new(|| packed::Searcher::new(["cacls", "CACLS", "Cacls", " /"]));

/// Whether a line is a command rather than output.
pub(super) fn is_command(text: &str) -> bool {
    let switch = || [" /grant", " /deny", " /setowner", " /remove"].iter().any(|w| text.contains(w));
    let tool = || ["cacls", "CACLS", "Cacls"].iter().any(|w| text.contains(w));
    let marked = || COMMAND.as_ref().is_none_or(|marks| marks.find(text).is_some());
    text.len() <= 4_096 && marked() && (tool() || switch())
}

/// Whether a line has the shape of the closing line: words and exactly two numbers, how many files were processed and how
/// many failed.
pub(super) fn is_summary(text: &str) -> bool {
    if text.len() > 240 || text.contains(['\\', ':', '(', '=', '/']) {
        return false;
    }
    let numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|n| !n.is_empty()).count();
    numbers == 2 && text.chars().filter(|c| c.is_alphabetic()).count() >= 8 && !text.contains("0x")
}

/// The words for ERROR_ACCESS_DENIED that were seen in real output.
fn is_denied(words: &str) -> bool {
    let words = words.trim_end_matches('.');
    ["Access is denied"].iter().any(|w| principal::same_name(w, words))
}

/// Rights by their names in the C headers, as `cacls` prints special access (Microsoft Learn, "File Security and Access
/// Rights").
pub static RIGHTS_BY_NAME: [(&str, u32); 25] = [
    ("DELETE", 0x0001_0000),
    ("READ_CONTROL", 0x0002_0000),
    ("WRITE_DAC", 0x0004_0000),
    ("WRITE_OWNER", 0x0008_0000),
    ("SYNCHRONIZE", 0x0010_0000),
    ("STANDARD_RIGHTS_ALL", 0x001f_0000),
    ("STANDARD_RIGHTS_REQUIRED", 0x000f_0000),
    ("ACCESS_SYSTEM_SECURITY", 0x0100_0000),
    ("MAXIMUM_ALLOWED", 0x0200_0000),
    ("GENERIC_READ", 0x8000_0000),
    ("GENERIC_WRITE", 0x4000_0000),
    ("GENERIC_EXECUTE", 0x2000_0000),
    ("GENERIC_ALL", 0x1000_0000),
    ("FILE_GENERIC_READ", AccessMask::READ.0),
    ("FILE_GENERIC_WRITE", AccessMask::WRITE.0),
    ("FILE_GENERIC_EXECUTE", AccessMask::EXECUTE.0),
    ("FILE_READ_DATA", 0x1),
    ("FILE_WRITE_DATA", 0x2),
    ("FILE_APPEND_DATA", 0x4),
    ("FILE_READ_EA", 0x8),
    ("FILE_WRITE_EA", 0x10),
    ("FILE_EXECUTE", 0x20),
    ("FILE_DELETE_CHILD", 0x40),
    ("FILE_READ_ATTRIBUTES", 0x80),
    ("FILE_WRITE_ATTRIBUTES", 0x100),
];

/// The access mask of a right by its name.
fn right_by_name(name: &str) -> Option<u32> {
    RIGHTS_BY_NAME.iter().find(|(known, _)| *known == name).map(|(_, mask)| *mask)
}
