//! Listings of key folders: `dir` in any language, PowerShell's `Get-ChildItem`, `attrib`, `ls`, bare names.
//!
//! Words and dates are localized; what is recognised is the path of the folder, the shape of a row, the names of key
//! files (`<32 hex>_<GUID>`) and the shape of the closing count. Listings of folders that concern no key are left.
//!
//! A listing is complete only when nothing was hidden and its end is shown: machine key files have the attribute System,
//! and `dir` without `/a` and `Get-ChildItem` without `-Force` leave such files out.
//!
//! Sources: Microsoft Learn, "dir", "attrib", "Get-ChildItem" (parameters, `Mode`); "[MS-FSCC] 2.6" for the attributes'
//! letters; POSIX, "ls" for its long format.

use super::glance::{self, Glance};
use super::piece::Piece;
use super::text_reader::{TextReader, joined_place, keep_line};
use super::text_shapes::fills_a_console;
use crate::limits::Limits;
use crate::model::access::KeyPath;
use crate::model::container_name::split_file_name;
use crate::model::fact::{Excerpts, Fact, Place, SourceId};
use crate::model::observation::{FolderListing, Observation, Observed};
use std::borrow::Cow;

/// The report's word.
pub const KIND: &str = "key-folder-listing";

/// What prints the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tool {
    /// `dir`.
    Dir,
    /// `Get-ChildItem`.
    ChildItem,
    /// `ls -l`.
    Ls,
    /// `attrib`: every row has its path.
    Attrib,
    /// Names or paths alone: `dir /b`, `ls`.
    Bare,
}

/// One file or folder of a listing.
struct Row<'t> {
    tool: Tool,
    /// The folder, when the row shows it.
    folder: &'t str,
    name: &'t str,
    size: Option<u64>,
    is_folder: bool,
}

/// A folder whose rows may follow.
struct Pending {
    folder: Fact<String>,
    target: KeyPath,
    /// The line that names it, for the excerpts.
    line: String,
    line_place: Place,
    /// Lines that came since.
    age: u32,
}

/// The last command line that lists files.
#[derive(Clone)]
struct Command {
    /// It shows hidden and system files and filters nothing.
    shows_all: bool,
    /// Its names come alone.
    bare: bool,
    /// The folder that it names or stands in.
    folder: Option<Fact<String>>,
    text: Fact<String>,
    age: u32,
}

/// The listing that is open.
struct Listing {
    tool: Tool,
    folder: Fact<String>,
    target: KeyPath,
    files: Vec<(Fact<String>, Option<u64>)>,
    /// Files and bytes that were shown, kept or not.
    shown: u64,
    bytes: u64,
    sized: bool,
    key_files: u64,
    cut: bool,
    command: Option<Command>,
    count: Option<(Fact<String>, bool)>,
    /// The last row fills the lines of a console: the rest of its name may stand in the next one.
    wide: bool,
    /// Empty lines stand between the rows, so that one after them does not show the end.
    gaps: bool,
    ended: bool,
    first: Place,
    last: Place,
    excerpts: Excerpts,
    empty: u32,
}

/// Reads listings of key folders.
pub struct FolderListingReader {
    source: SourceId,
    limits: Limits,
    pending: Option<Pending>,
    command: Option<Command>,
    /// A name alone: only a second one makes a listing of it.
    name: Option<(Fact<String>, String)>,
    open: Option<Listing>,
    records: Vec<Observed>,
    problems: Vec<(String, Place)>,
}

impl FolderListingReader {
    /// A reader for an input.
    pub fn new(source: SourceId, limits: &Limits) -> Self {
        Self {
            source,
            limits: limits.clone(),
            pending: None,
            command: None,
            name: None,
            open: None,
            records: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// Remembers a command line that lists files: what it shows and what it leaves out.
    fn note_command(&mut self, piece: Piece<'_>) -> bool {
        let Some((folder, command)) = command_line(piece.text) else { return false };
        let mut words = command.split_whitespace();
        let verb = words.next().unwrap_or("").to_ascii_lowercase();
        let rest: Vec<String> = words.map(str::to_ascii_lowercase).collect();
        let filtered = command.contains(['|', '>', '?'])
            || rest.iter().any(|w| {
                w.trim_matches('"').trim_end_matches("\\*").contains('*')
                    || ["-filter", "-include", "-exclude", "-file", "-attributes", "-hidden", "-system", "-readonly"]
                        .iter()
                        .any(|p| w.len() > 2 && (p.starts_with(w.as_str()) || w.starts_with(p)))
            });
        let all_of_cmd = rest.iter().any(|w| w == "/a" || w == "/a:") && verb == "dir";
        let forced = rest.iter().any(|w| w.len() > 1 && "-force".starts_with(w.as_str()) && w.starts_with("-fo"));
        let bare = rest.iter().any(|w| w == "/b" || w == "-name")
            || verb == "ls" && !rest.iter().any(|w| w.starts_with('-') && w.contains('l'));
        // The path that is listed: an argument, or the folder of the prompt.
        let argument = argument_path(command);
        let named = argument.or(folder).filter(|f| KeyPath::of(f) != KeyPath::Other);
        self.command = Some(Command {
            shows_all: !filtered && (all_of_cmd || forced),
            bare,
            folder: named.map(|f| piece.text_fact(self.source, f)),
            text: piece.text_fact(self.source, command),
            age: 0,
        });
        true
    }

    /// Opens a listing with its first row; `false`: it concerns no key.
    fn begin(&mut self, piece: Piece<'_>, row: &Row<'_>) -> bool {
        let place = piece.place(self.source);
        let is_key = split_file_name(row.name).is_some();
        let pending = self.pending.take();
        let own = (!row.folder.is_empty()).then(|| piece.text_fact(self.source, row.folder));
        let of_command = self.command.as_ref().and_then(|c| c.folder.clone());
        let (folder, target, head) = match (own, pending) {
            (Some(own), _) => {
                let target = KeyPath::of(&own.value);
                (Some(own), target, None)
            }
            (None, Some(p)) => (Some(p.folder), p.target, Some((p.line, p.line_place))),
            (None, None) => {
                let target = of_command.as_ref().map_or(KeyPath::Other, |f| KeyPath::of(&f.value));
                (of_command, target, None)
            }
        };
        if target == KeyPath::Other && !is_key {
            return false;
        }
        let folder =
            folder.unwrap_or_else(|| Fact::derived(String::new(), place, "the listing does not name its folder"));
        let mut excerpts = Excerpts::default();
        if let Some(command) = &self.command {
            let text: String = command.text.value.chars().take(self.limits.excerpt_columns).collect();
            let at = command.text.place;
            excerpts.push(at.source, at.line, at.column, at.start, &text);
        }
        let first = head.as_ref().map_or(place, |(_, p)| *p);
        if let Some((text, at)) = head {
            let text: String = text.chars().take(self.limits.excerpt_columns).collect();
            excerpts.push(at.source, at.line, at.column, at.start, &text);
        }
        self.open = Some(Listing {
            tool: row.tool,
            folder,
            target,
            files: Vec::new(),
            shown: 0,
            bytes: 0,
            sized: true,
            key_files: 0,
            cut: false,
            command: self.command.clone(),
            count: None,
            wide: false,
            gaps: false,
            ended: false,
            first,
            last: place,
            excerpts,
            empty: 0,
        });
        self.add(piece, row);
        true
    }

    fn add(&mut self, piece: Piece<'_>, row: &Row<'_>) {
        let Some(listing) = &mut self.open else { return };
        let place = piece.place(self.source);
        listing.last = place;
        listing.gaps |= listing.empty > 0;
        listing.empty = 0;
        listing.wide = !row.is_folder && (row.name.is_empty() || fills_a_console(piece.text));
        if row.is_folder {
            return;
        }
        listing.shown = listing.shown.saturating_add(1);
        match row.size {
            Some(size) => listing.bytes = listing.bytes.saturating_add(size),
            None => listing.sized = false,
        }
        if split_file_name(row.name).is_some() {
            listing.key_files = listing.key_files.saturating_add(1);
            keep_line(&mut listing.excerpts, place, piece, self.limits.excerpt_lines, self.limits.excerpt_columns);
        }
        if listing.files.len() < self.limits.record_values {
            listing.files.push((piece.text_fact(self.source, row.name), row.size));
        } else {
            listing.cut = true;
        }
    }

    /// The rest of the last row's name, which stands in a line of its own.
    fn add_rest(&mut self, piece: Piece<'_>, rest: &str) {
        let Some(listing) = &mut self.open else { return };
        let Some((name, _)) = listing.files.last_mut() else { return };
        let place = piece.part(rest).place(self.source);
        name.place = if name.value.is_empty() { place } else { joined_place(name.place, place) };
        name.value.push_str(rest);
        listing.last = place;
        if split_file_name(&name.value).is_some() {
            listing.key_files = listing.key_files.saturating_add(1);
            keep_line(&mut listing.excerpts, place, piece, self.limits.excerpt_lines, self.limits.excerpt_columns);
        }
    }

    fn finish(&mut self) {
        let Some(mut listing) = self.open.take() else { return };
        let rows = listing.files.len();
        listing.files.retain(|(name, _)| !name.value.is_empty());
        let all_named = listing.files.len() == rows;
        if listing.target == KeyPath::Other && listing.key_files == 0 {
            return;
        }
        if listing.cut && self.problems.len() < self.limits.problems {
            self.problems.push(("more files in a folder than are kept".to_owned(), listing.first));
        }
        let shows_all = listing.command.as_ref().is_some_and(|c| c.shows_all);
        let agrees = listing.count.as_ref().is_some_and(|(_, agrees)| *agrees);
        let complete = shows_all
            && !listing.cut
            && all_named
            && match listing.tool {
                Tool::Dir => agrees,
                // The view writes empty lines behind its last row.
                Tool::ChildItem => listing.ended || listing.empty > 0 && !listing.gaps,
                Tool::Ls | Tool::Attrib | Tool::Bare => false,
            };
        let mut fields: Vec<(Cow<'static, str>, Fact<String>)> = Vec::new();
        if !listing.folder.value.is_empty() {
            fields.push(("folder".into(), listing.folder.clone()));
        }
        if let Some(command) = &listing.command {
            fields.push(("command".into(), command.text.clone()));
        }
        if let Some((count, _)) = &listing.count {
            fields.push(("count".into(), count.clone()));
        }
        self.records.push(Observed {
            kind: KIND,
            place: joined_place(listing.first, listing.last),
            fields,
            excerpts: listing.excerpts,
            what: Observation::FolderListing(FolderListing {
                folder: listing.folder,
                target: listing.target,
                files: listing.files,
                complete,
            }),
        });
    }

    /// A line while a listing is open; `None`: the listing has ended and the line is looked at anew.
    fn continued(&mut self, piece: Piece<'_>) -> Option<bool> {
        let listing = self.open.as_mut()?;
        let trimmed = piece.text.trim();
        if trimmed.is_empty() {
            listing.empty = listing.empty.saturating_add(1);
            if listing.empty > 2 {
                self.finish();
                return None;
            }
            return Some(true);
        }
        if std::mem::take(&mut listing.wide)
            && listing.empty == 0
            && piece.indent() == 0
            && let Some((name, _)) = listing.files.last()
            && (listing.tool == Tool::Dir || name.value.is_empty())
            && split_file_name(&format!("{}{trimmed}", name.value)).is_some()
        {
            self.add_rest(piece, trimmed);
            return Some(true);
        }
        if let Some(row) = row(piece.text) {
            let same_folder = row.folder.is_empty() || row.folder == listing.folder.value;
            if row.tool == listing.tool && same_folder {
                self.add(piece, &row);
                return Some(true);
            }
            self.finish();
            return None;
        }
        if let Some(row) = nameless_row(piece.text).filter(|row| row.tool == listing.tool) {
            self.add(piece, &row);
            return Some(true);
        }
        if listing.tool == Tool::ChildItem && is_column_line(trimmed) {
            return Some(true);
        }
        if listing.tool == Tool::ChildItem
            && piece.indent() > 20
            && listing.empty == 0
            && !trimmed.contains(char::is_whitespace)
            && !listing.files.is_empty()
        {
            // The view wraps a name that is wider than the console.
            self.add_rest(piece, trimmed);
            return Some(true);
        }
        if listing.tool == Tool::Dir
            && let Some((count, bytes)) = count_line(trimmed)
        {
            let agrees = count == listing.shown && listing.sized && bytes == listing.bytes;
            listing.count = Some((piece.text_fact(self.source, trimmed), agrees));
            let place = piece.place(self.source);
            listing.last = place;
            // The count is what completeness stands on: it is kept even after many files.
            keep_line(
                &mut listing.excerpts,
                place,
                piece,
                self.limits.excerpt_lines.saturating_add(1),
                self.limits.excerpt_columns,
            );
            self.finish();
            return Some(true);
        }
        listing.ended = listing.tool == Tool::ChildItem && (is_prompt(trimmed) || folder_line(piece.text).is_some());
        self.finish();
        None
    }
}

impl TextReader for FolderListingReader {
    fn line(&mut self, piece: Piece<'_>) -> bool {
        if let Some(taken) = self.continued(piece) {
            return taken;
        }
        let text = piece.text;
        for age in
            [self.pending.as_mut().map(|p| &mut p.age), self.command.as_mut().map(|c| &mut c.age)].into_iter().flatten()
        {
            *age = age.saturating_add(1);
        }
        if self.pending.as_ref().is_some_and(|p| p.age > 6) {
            self.pending = None;
        }
        // A `dir /s` prints other folders for long before it comes to one with keys.
        if self.command.as_ref().is_some_and(|c| c.age > 10_000) {
            self.command = None;
        }
        let Some(first) = text.trim_start().bytes().next() else { return false };
        let row = if first.is_ascii_alphanumeric() || matches!(first, b'-' | b'\\') {
            // Under the heading of a folder the first name may stand on the next line.
            row(text).or_else(|| nameless_row(text).filter(|_| self.pending.is_some()))
        } else {
            None
        };
        if let Some(row) = row {
            if row.tool != Tool::Bare {
                self.name = None;
                return self.begin(piece, &row);
            }
            // Names or paths alone: after a command that lists them, or when a second one follows. certreq prints one alone,
            // too, and a path stands above the permissions of its file.
            let asked = self.command.as_ref().is_some_and(|c| c.age < 4 || c.bare) || self.pending.is_some();
            if asked {
                self.name = None;
                return self.begin(piece, &row);
            }
            let fact = piece.text_fact(self.source, row.name);
            if let Some((before, line)) = self.name.take() {
                let place = before.place;
                if !self.begin(piece, &row) {
                    return false;
                }
                if let Some(listing) = &mut self.open {
                    listing.first = place;
                    let mut excerpts = Excerpts::default();
                    excerpts.push(place.source, place.line, place.column, place.start, &line);
                    excerpts.extend(std::mem::take(&mut listing.excerpts));
                    listing.excerpts = excerpts;
                    listing.files.insert(0, (before, None));
                    listing.shown = listing.shown.saturating_add(1);
                    listing.key_files = listing.key_files.saturating_add(1);
                    listing.folder.place = place;
                }
                return true;
            }
            let line = row.name.to_owned();
            self.name = Some((fact, line));
            return false;
        }
        self.name = None;
        if !(text.contains('\\') || text.contains('/')) {
            return self.pending.is_some() && is_column_line(text.trim());
        }
        if self.note_command(piece) {
            self.pending = None;
            return false;
        }
        if let Some(folder) = folder_line(text) {
            let target = KeyPath::of(folder);
            self.pending = Some(Pending {
                folder: piece.text_fact(self.source, folder),
                target,
                line: piece.text.trim_end().to_owned(),
                line_place: piece.place(self.source),
                age: 0,
            });
        }
        false
    }

    fn words(&self) -> Vec<&'static str> {
        // Every folder of keys has one of them in its path.
        vec!["MachineKeys", "Crypto"]
    }

    fn passes_over(&self, _piece: Piece<'_>, glance: &Glance<'_>) -> bool {
        let waits = self.open.is_some() || self.pending.is_some() || self.command.is_some() || self.name.is_some();
        !waits && glance.last != b':' && !glance.has(glance::PROMPT | glance::PATH) && !may_hold_file_name(glance.text)
    }

    fn is_open(&self) -> bool {
        self.open.is_some()
    }

    fn close(&mut self) {
        self.finish();
        self.pending = None;
        self.command = None;
        self.name = None;
    }

    fn take(&mut self) -> Vec<Observed> {
        std::mem::take(&mut self.records)
    }

    fn problems(&mut self) -> Vec<(String, Place)> {
        std::mem::take(&mut self.problems)
    }
}

/// Whether a text may hold the name of a key file: an underscore with a GUID behind it.
fn may_hold_file_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'_', bytes).any(|at| bytes.get(at.saturating_add(9)) == Some(&b'-'))
}

/// The words of a line with the rest behind each.
fn words(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let (word, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        rest = after;
        Some((word, after))
    })
}

/// A row of any of the tools.
fn row(text: &str) -> Option<Row<'_>> {
    let first = words(text).next()?.0;
    if split_file_name(first).is_some() && first.len() == text.trim().len() {
        return Some(Row { tool: Tool::Bare, folder: "", name: first, size: None, is_folder: false });
    }
    if is_mode(first) {
        return child_item_row(text);
    }
    if is_unix_mode(first) {
        return ls_row(text);
    }
    if first.starts_with(|c: char| c.is_ascii_digit()) && first.contains(['.', '/', '-']) {
        return dir_row(text);
    }
    path_row(text)
}

/// A row whose name a mail program moved to the next line: of `dir` and `Get-ChildItem`, with its size.
fn nameless_row(text: &str) -> Option<Row<'_>> {
    let end = text.trim_end();
    let whole = format!("{end} x");
    let row = row(&whole).filter(|row| row.name == "x" && !row.is_folder && row.size.is_some())?;
    Some(Row { tool: row.tool, folder: "", name: text.get(end.len()..end.len())?, size: row.size, is_folder: false })
}

/// `-a-hs-`: five characters, six in PowerShell 5.1.
fn is_mode(word: &str) -> bool {
    let letters: [&[u8]; 6] = [b"-dl", b"-a", b"-r", b"-h", b"-s", b"-l"];
    matches!(word.len(), 5 | 6) && word.bytes().zip(letters).all(|(b, allowed)| allowed.contains(&b))
}

fn is_unix_mode(word: &str) -> bool {
    let bytes = word.as_bytes();
    matches!(bytes.len(), 10 | 11)
        && bytes.first().is_some_and(|b| b"-dl".contains(b))
        && bytes.get(1..10).is_some_and(|m| m.iter().all(|b| b"rwxsStT-".contains(b)))
}

/// Mode, date, time (with AM or PM), length, name.
fn child_item_row(text: &str) -> Option<Row<'_>> {
    let mut all = words(text);
    let (mode, _) = all.next()?;
    let is_folder = mode.starts_with('d');
    let mut size = None;
    let mut after = None;
    for (index, (word, rest)) in all.by_ref().take(8).enumerate() {
        if after.is_some() && size.is_none() && word.bytes().all(|b| b.is_ascii_digit()) {
            size = word.parse().ok();
            after = Some(rest);
            break;
        }
        if index < 3 && is_time(word) {
            after = Some(rest);
        }
    }
    let rest = after?.trim();
    let name = if is_folder || size.is_none() { last_column(rest) } else { rest };
    (!name.is_empty()).then_some(Row {
        tool: Tool::ChildItem,
        folder: "",
        name,
        size,
        is_folder: is_folder || size.is_none(),
    })
}

/// What stands behind the blanks of an empty column.
fn last_column(text: &str) -> &str {
    text.rsplit_once("  ").map_or(text, |(_, last)| last).trim()
}

/// Mode, links, owner, group, size, three words of the date, name.
fn ls_row(text: &str) -> Option<Row<'_>> {
    let mode = words(text).next()?.0;
    let size = words(text).nth(4)?.0.parse().ok();
    let name = words(text).nth(7)?.1.trim();
    let name = if name.is_empty() { words(text).nth(7)?.0 } else { name };
    let (folder, name) = split_path(name);
    Some(Row { tool: Tool::Ls, folder, name, size, is_folder: mode.starts_with('d') })
}

/// Date, time, `<DIR>` or the size with its separators, name. The owner of `dir /q` stands before the name.
fn dir_row(text: &str) -> Option<Row<'_>> {
    let (_, mut rest) = words(text).take(6).find(|(w, _)| is_time(w))?;
    // `AM`, `오전`, `a. m.`: words without digits.
    while let Some((word, after)) = words(rest).next() {
        if word.starts_with('<') || word.starts_with(|c: char| c.is_ascii_digit()) {
            break;
        }
        rest = after;
    }
    let (word, mut after) = words(rest).next()?;
    if word.starts_with('<') && word.ends_with('>') {
        return Some(Row { tool: Tool::Dir, folder: "", name: after.trim(), size: None, is_folder: true });
    }
    let mut size = grouped(word)?;
    // Groups of thousands that a blank divides.
    if word.len() <= 3 {
        while let Some((next, behind)) = words(after).next() {
            if next.len() != 3 || !next.bytes().all(|b| b.is_ascii_digit()) {
                break;
            }
            size = size.checked_mul(1000)?.checked_add(next.parse().ok()?)?;
            after = behind;
        }
    }
    let rest = after.trim();
    let last = rest.rsplit(char::is_whitespace).next().unwrap_or(rest);
    let name = if split_file_name(last).is_some() { last } else { rest };
    (!name.is_empty()).then_some(Row { tool: Tool::Dir, folder: "", name, size: Some(size), is_folder: false })
}

/// A path of a key file alone, or after the letters of its attributes.
fn path_row(text: &str) -> Option<Row<'_>> {
    let trimmed = text.trim_end();
    let after = memchr::memrchr2(b'\\', b'/', trimmed.as_bytes()).map_or(0, |at| at.saturating_add(1));
    split_file_name(trimmed.get(after..)?)?;
    let (front, path) = match trimmed.find(":\\").and_then(|colon| colon.checked_sub(1)) {
        Some(at) => trimmed.split_at_checked(at)?,
        None => {
            let at = trimmed.find("\\\\").or_else(|| trimmed.find('/'))?;
            trimmed.split_at_checked(at)?
        }
    };
    let letters = front.trim();
    let attributes =
        !letters.is_empty() && letters.len() < 20 && letters.chars().all(|c| " ASHRIOXPUVBNCE".contains(c));
    if !letters.is_empty() && !attributes {
        return None;
    }
    let (folder, name) = split_path(path);
    let tool = if attributes { Tool::Attrib } else { Tool::Bare };
    Some(Row { tool, folder, name, size: None, is_folder: false })
}

fn split_path(path: &str) -> (&str, &str) {
    path.rfind(['\\', '/']).map_or(("", path), |at| {
        let (folder, name) = path.split_at_checked(at).unwrap_or(("", path));
        (folder, name.get(1..).unwrap_or(""))
    })
}

/// `09:12`, `9.12`, `09:12:33`.
fn is_time(word: &str) -> bool {
    let mut parts = word.split([':', '.']);
    let two = |p: Option<&str>, least: usize| {
        p.is_some_and(|p| (least..=2).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()))
    };
    let minutes = |p: Option<&str>| two(p.map(|p| p.trim_end_matches(['a', 'p', 'm', 'A', 'P', 'M'])), 2);
    let (first, second) = (parts.next(), parts.next());
    two(first, 1)
        && minutes(second)
        && match (parts.next(), parts.next()) {
            (None, _) => true,
            // Three groups with periods are a date.
            (third, None) => word.contains(':') && minutes(third),
            _ => false,
        }
}

/// A number with separators of thousands.
fn grouped(word: &str) -> Option<u64> {
    let mut value = 0u64;
    let mut digits = 0u32;
    for c in word.chars() {
        match c {
            '0'..='9' => {
                let digit = u64::from(c.to_digit(10)?);
                value = value.checked_mul(10)?.checked_add(digit)?;
                digits = digits.checked_add(1)?;
            }
            '.' | ',' | '\'' | '\u{2019}' | '\u{a0}' | '\u{202f}' | '\u{fffd}' | '\u{ff}' => {}
            _ => return None,
        }
    }
    (digits > 0).then_some(value)
}

/// The count of files and their bytes: a number, words, a number, words. `None` for any other line.
fn count_line(text: &str) -> Option<(u64, u64)> {
    let first = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',' | '\u{2019}')))?;
    let (count, rest) = text.split_at_checked(first)?;
    let count = grouped(count)?;
    // The words for files, up to the next digit.
    let at = rest.find(|c: char| c.is_ascii_digit())?;
    let (label, numbers) = rest.split_at_checked(at)?;
    if !label.chars().any(char::is_alphabetic) || label.contains([':', '\\', '<']) {
        return None;
    }
    let end = numbers.rfind(|c: char| c.is_ascii_digit())?.checked_add(1)?;
    let (size, unit) = numbers.split_at_checked(end)?;
    if !unit.chars().any(char::is_alphabetic) {
        return None;
    }
    let size: String = size.chars().filter(|c| !c.is_whitespace()).collect();
    Some((count, grouped(&size)?))
}

/// The heading of PowerShell's table: `Mode  LastWriteTime  Length Name`, and the line under it.
fn is_column_line(text: &str) -> bool {
    text.starts_with("Mode ") && text.ends_with("Name")
        || text.starts_with("---") && text.bytes().all(|b| matches!(b, b'-' | b' '))
}

/// Whether a line is a prompt, with or without a command.
fn is_prompt(text: &str) -> bool {
    let Some(at) = text.find('>') else { return false };
    let head = text.get(..at).unwrap_or("");
    head.ends_with('\\') || head.starts_with("PS") || head.get(1..3) == Some(":\\")
}

/// The folder of a prompt and the command after it, when the command lists files.
fn command_line(text: &str) -> Option<(Option<&str>, &str)> {
    let text = text.trim();
    let at = text.find(['>', '$'])?;
    let head = text.get(..at)?;
    let command = text.get(at.checked_add(1)?..)?.trim_start_matches('>').trim();
    let verb = command.split(|c: char| c.is_whitespace() || c == '/').next()?;
    let lists = ["dir", "gci", "ls", "get-childitem", "attrib"].iter().any(|v| verb.eq_ignore_ascii_case(v));
    if !lists {
        return None;
    }
    let folder = head.find(":\\").and_then(|colon| colon.checked_sub(1)).and_then(|at| head.get(at..));
    Some((folder, command))
}

/// The path among the arguments of a command: quoted, or up to a blank.
fn argument_path(command: &str) -> Option<&str> {
    let at = command
        .find(":\\")
        .and_then(|colon| colon.checked_sub(1))
        .or_else(|| command.find(" /c/").and_then(|b| b.checked_add(1)))?;
    let path = command.get(at..)?;
    let quote = command.get(..at)?.chars().next_back().filter(|c| matches!(c, '"' | '\''));
    let end = match quote {
        Some(quote) => path.find(quote),
        None => path.find(char::is_whitespace),
    };
    path.get(..end.unwrap_or(path.len()))
}

/// The folder of a heading: the path reaches to the end of the line, after a few words; or words of a language that
/// puts them behind follow the path after one blank.
fn folder_line(text: &str) -> Option<&str> {
    let trimmed = text.trim();
    let colon = trimmed.find(":\\").or_else(|| trimmed.find(":/"));
    let at = match colon {
        Some(colon) => colon.checked_sub(1)?,
        None if trimmed.ends_with(':') && trimmed.starts_with(['/', '.']) => return trimmed.strip_suffix(':'),
        None => return None,
    };
    let (head, path) = trimmed.split_at_checked(at)?;
    if head.contains(['>', '=', '"', '\'', '$', '(', '|', '\\'])
        || head.len() > 60
        || path.contains(['>', '"', '|', '<', '*'])
    {
        return None;
    }
    if KeyPath::of(path) != KeyPath::Other || !head.is_empty() {
        return Some(path);
    }
    let (path, _) = path.rsplit_once(' ')?;
    Some(path)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use crate::formats::reader_testing::{SOURCE, read, words as words_at};
    use proptest::prelude::*;

    const FOLDER: &str = "C:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys";
    const A: &str = "6de9cb26d2b98c01ec4e9e8b34824aa2_0ef7ae28-3cf4-4ec1-a36d-7a0fa4d2a2a1";
    const B: &str = "99247943bd018ca78ef945b82652598d_0ef7ae28-3cf4-4ec1-a36d-7a0fa4d2a2a1";

    fn listings(text: &str) -> Vec<FolderListing> {
        let mut reader = FolderListingReader::new(SOURCE, &Limits::default());
        let out = read(&mut reader, text);
        out.records
            .into_iter()
            .map(|r| match r.what {
                Observation::FolderListing(l) => l,
                other => panic!("{other:?}"),
            })
            .collect()
    }
    fn names(listing: &FolderListing) -> Vec<(&str, Option<u64>)> {
        listing.files.iter().map(|(f, s)| (f.value.as_str(), *s)).collect()
    }

    #[test]
    fn dir_in_english_with_all_files() {
        let text = format!(
            "C:\\>dir /a {FOLDER}\r\n Volume in drive C has no label.\r\n\r\n Directory of {FOLDER}\r\n\r\n01/15/2024  09:12 AM    <DIR>          .\r\n01/15/2024  09:12 AM    <DIR>          ..\r\n01/15/2024  09:12 AM             2,270 {A}\r\n01/15/2024  09:12 AM             1,000 {B}\r\n               2 File(s)          3,270 bytes\r\n               2 Dir(s)  51,234,567,890 bytes free\r\n"
        );
        let all = listings(&text);
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].folder.value, FOLDER);
        assert_eq!(names(&all[0]), [(A, Some(2270)), (B, Some(1000))]);
        assert!(all[0].complete);
        assert_eq!(words_at(&text, all[0].files[1].0.place), B);
        // A count that does not agree, a plain dir, a filter.
        assert!(!listings(&text.replace("2 File(s)", "3 File(s)"))[0].complete);
        assert!(!listings(&text.replace("dir /a", "dir"))[0].complete);
        assert!(!listings(&text.replace("MachineKeys\r\n Vol", "MachineKeys\\6*\r\n Vol"))[0].complete);
    }

    /// As a mail program breaks the lines: the name on a line of its own.
    #[test]
    fn names_that_were_moved_to_the_next_line() {
        let (one, other) = (
            "6de9cb26d2b98c01ec4e9e8b34824aa2_0f8fad5b-d9cb-469f-a165-70867728950e",
            "76944fb33636aeddb9590521c2e8815a_0f8fad5b-d9cb-469f-a165-70867728950e",
        );
        let dir = format!(
            "C:\\>dir /a C:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys\n Directory of \
             C:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys\n\n03/14/2026  09:20 AM    <DIR>          .\n03/14/2026  09:20 \
             AM    <DIR>          ..\n03/14/2026  09:20 AM             2,304\n{one}\n03/14/2026  09:20 AM             \
             2,317\n{other}\n               2 File(s)          4,621 bytes\n               2 Dir(s)  84,213,506,048 bytes free\n"
        );
        let child_item = format!(
            "    Directory: C:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys\n\n\nMode                LastWriteTime         Length \
             Name\n----                -------------         ------ ----\n-a-hs-         3/14/2026   9:20 AM           \
             2304\n{one}\n-a-hs-         3/14/2026   9:20 AM           2317\n{other}\n\n"
        );
        for text in [&dir, &child_item] {
            let listings = listings(text);
            assert_eq!(names(&listings[0]), [(one, Some(2304)), (other, Some(2317))], "{text}");
            let place = listings[0].files[0].0.place;
            assert_eq!(place.start, u64::try_from(text.find(one).unwrap()).unwrap());
        }
        assert!(listings(&dir)[0].complete);
        // A row without a name is none, and then the list is not whole.
        let cut = dir.replace(&format!("{other}\n"), "");
        assert_eq!(names(&listings(&cut)[0]), [(one, Some(2304))]);
        assert!(!listings(&cut)[0].complete);
    }

    #[test]
    fn dir_in_other_languages() {
        for (head, row, count) in [
            (
                " Verzeichnis von {}",
                "15.01.2024  09:12             2.270 ",
                "               1 Datei(en),          2.270 Bytes",
            ),
            (
                " Répertoire de {}",
                "15/01/2024  09:12             2\u{a0}270 ",
                "               1 fichier(s)            2\u{a0}270 octets",
            ),
            (
                " {} のディレクトリ",
                "2024/01/15  09:12             2,270 ",
                "               1 個のファイル               2,270 バイト",
            ),
            (" {} 的目录", "2024/01/15  09:12             2,270 ", "               1 个文件          2,270 字节"),
            (
                " {} 디렉터리",
                "2024-01-15  오전 09:12             2,270 ",
                "               1개 파일               2,270 바이트",
            ),
            (
                " Содержимое папки {}",
                "15.01.2024  09:12             2 270 ",
                "               1 файлов          2 270 байт",
            ),
            (" {} könyvtára", "2024. 01. 15.  09:12             2 270 ", "               1 fájl            2 270 bájt"),
            (
                " Kansio: {}",
                "15.01.2024  09.12             2 270 ",
                "               1 tiedosto(a)           2 270 tavua",
            ),
        ] {
            let text = format!("C:\\>dir /a {FOLDER}\n\n{}\n\n{row}{A}\n{count}\n", head.replace("{}", FOLDER));
            let all = listings(&text);
            assert_eq!(all.len(), 1, "{text}");
            assert_eq!(all[0].target, KeyPath::MachineKeys, "{text}");
            assert_eq!(names(&all[0]), [(A, Some(2270))], "{text}");
            assert!(all[0].complete, "{text}");
        }
    }

    #[test]
    fn other_folders_are_left() {
        let text = " Directory of C:\\inetpub\n\n01/15/2024  09:12 AM             2,270 a.txt\n               1 File(s)          2,270 bytes\n";
        let mut reader = FolderListingReader::new(SOURCE, &Limits::default());
        let out = read(&mut reader, text);
        assert!(out.records.is_empty());
        assert_eq!(out.left.len(), 4);
    }

    #[test]
    fn an_empty_key_folder() {
        let text = format!(
            "C:\\>dir /a {FOLDER}\n Directory of {FOLDER}\n\n01/15/2024  09:12 AM    <DIR>          .\n01/15/2024  09:12 AM    <DIR>          ..\n               0 File(s)              0 bytes\n"
        );
        let all = listings(&text);
        assert_eq!((all.len(), all[0].files.len(), all[0].complete), (1, 0, true));
    }

    #[test]
    fn child_item_of_both_powershells() {
        let text = format!(
            "PS C:\\> Get-ChildItem -Force {FOLDER}\n\n\n    Directory: {FOLDER}\n\n\nMode                 LastWriteTime         Length Name\n----                 -------------         ------ ----\n-a-hs-        15.01.2024     09:12           2270 {A}\n-a--s-        15.01.2024     09:12           1000 99247943bd018ca78ef945b8265259\n                                                  8d_0ef7ae28-3cf4-4ec1-a36d-7a0fa4d2a2a1\n\n\nPS C:\\> \n"
        );
        let all = listings(&text);
        assert_eq!(names(&all[0]), [(A, Some(2270)), (B, Some(1000))]);
        assert!(all[0].complete);
        assert!(!listings(&text.replace("-Force ", ""))[0].complete);
        assert!(!listings(&text.replace("\n\n\nPS C:\\> \n", "\n"))[0].complete);
        let core = format!(
            "    Verzeichnis: {FOLDER}\n\nMode                 LastWriteTime         Length Name\n----                 -------------         ------ ----\n-a-hs          1/15/2024  9:12 AM           2270 {A}\n"
        );
        assert_eq!(names(&listings(&core)[0]), [(A, Some(2270))]);
    }

    #[test]
    fn attrib_ls_and_bare_names() {
        let text = format!("A  S    I            {FOLDER}\\{A}\nA  S    I            {FOLDER}\\{B}\n");
        let all = listings(&text);
        assert_eq!((all.len(), all[0].folder.value.as_str()), (1, FOLDER));
        assert_eq!(names(&all[0]), [(A, None), (B, None)]);
        let text = format!(
            "$ ls -la /c/ProgramData/Microsoft/Crypto/RSA/MachineKeys\ntotal 8\n-rw-r--r-- 1 root root 2270 Jan 15 09:12 {A}\n"
        );
        let all = listings(&text);
        assert_eq!((all[0].target.clone(), names(&all[0])), (KeyPath::MachineKeys, vec![(A, Some(2270))]));
        // One name alone is what certreq prints.
        assert!(listings(&format!("x\n{A}\ny\n")).is_empty());
        let all = listings(&format!("x\n{A}\n{B}\n"));
        assert_eq!(names(&all[0]), [(A, None), (B, None)]);
        let all = listings(&format!("C:\\>dir /b {FOLDER}\n{A}\n\n"));
        assert_eq!((all[0].target.clone(), all[0].complete), (KeyPath::MachineKeys, false));
    }

    proptest! {
        #[test]
        fn never_panics(text in "([a-z0-9:.,\\-\\\\/<>\u{a0}ä \n]|C:\\\\ProgramData\\\\Microsoft\\\\Crypto\\\\Keys|-a---- |15.01.2024  09:12  |2 Fi 3 b|6de9cb26d2b98c01ec4e9e8b34824aa2_0ef7ae28-3cf4-4ec1-a36d-7a0fa4d2a2a1|dir /a |    Directory: ){0,60}") {
            listings(&text);
        }
    }
}
