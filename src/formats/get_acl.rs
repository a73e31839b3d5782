//! What PowerShell prints of permissions: `Get-Acl` as a list and as a table, its `Access` as a list and as a table, its
//! `Sddl`, and the files of `icacls /save`.
//!
//! Sources: Microsoft Learn, "Get-Acl", "FileSystemRights Enum", "FileSystemAccessRule Class"; MS-DTYP 2.5.1 for SDDL;
//! real output. Labels are names of properties and are not translated. A console wraps a value inside words: continued
//! lines of `Path` and `Sddl` belong together without a blank.

use super::glance::Glance;
use super::joined_lines::JoinedLines;
use super::piece::Piece;
use super::sddl;
use super::text_reader::{TextReader, joined_place, keep_line};
use super::text_shapes::{is_elision, is_path};
use crate::limits::Limits;
use crate::model::access::{AccessList, AccessMask, Ace, AceKind, KeyPath, Principal};
use crate::model::fact::{Excerpts, Fact, Place, SourceId};
use crate::model::observation::{Observation, Observed};
use crate::model::principal;
use memchr::memmem::Finder;
use std::borrow::Cow;
use std::sync::LazyLock;

/// The report's word for the format.
pub const KIND: &str = "acl-listing";

/// Names of rights in .NET (FileSystemRights; the values of the enumeration).
pub static RIGHTS: [(&str, u32); 26] = [
    ("FullControl", 0x001f_01ff),
    ("Modify", 0x0003_01bf),
    ("ReadAndExecute", 0x0002_00a9),
    ("Read", 0x0002_0089),
    ("Write", 0x0000_0116),
    ("Synchronize", 0x0010_0000),
    ("TakeOwnership", 0x0008_0000),
    ("ChangePermissions", 0x0004_0000),
    ("ReadPermissions", 0x0002_0000),
    ("Delete", 0x0001_0000),
    ("ReadData", 0x1),
    ("ListDirectory", 0x1),
    ("WriteData", 0x2),
    ("CreateFiles", 0x2),
    ("AppendData", 0x4),
    ("CreateDirectories", 0x4),
    ("ReadExtendedAttributes", 0x8),
    ("WriteExtendedAttributes", 0x10),
    ("ExecuteFile", 0x20),
    ("Traverse", 0x20),
    ("DeleteSubdirectoriesAndFiles", 0x40),
    ("ReadAttributes", 0x80),
    ("WriteAttributes", 0x100),
    ("GenericAll", 0x1000_0000),
    ("GenericRead", 0x8000_0000),
    ("GenericWrite", 0x4000_0000),
];

/// The labels that are read; others of the same record are passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Label {
    Path,
    Owner,
    Group,
    Access,
    Protected,
    Sddl,
    Rights,
    Kind,
    Identity,
    Inherited,
    Inheritance,
    Propagation,
    Other,
}

impl Label {
    fn of(name: &str) -> Self {
        match name {
            "Path" | "PSPath" => Self::Path,
            "Owner" => Self::Owner,
            "Group" => Self::Group,
            "Access" | "AccessToString" => Self::Access,
            "AreAccessRulesProtected" => Self::Protected,
            "Sddl" => Self::Sddl,
            "FileSystemRights" => Self::Rights,
            "AccessControlType" => Self::Kind,
            "IdentityReference" => Self::Identity,
            "IsInherited" => Self::Inherited,
            "InheritanceFlags" => Self::Inheritance,
            "PropagationFlags" => Self::Propagation,
            _ => Self::Other,
        }
    }
}

/// The columns of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Table {
    /// `Path Owner Access`, with the columns of owner and access.
    Files(usize, usize),
    /// `FileSystemRights AccessControlType IdentityReference …`.
    Rules,
    /// The same three in another order, then those of the other columns that were chosen.
    Chosen([Label; 3], [Option<Label>; 3]),
}

impl Table {
    /// Whether its rows are entries of one list.
    fn is_of_rules(self) -> bool {
        matches!(self, Self::Rules | Self::Chosen(..))
    }
}

/// The record that is being read.
#[derive(Debug)]
struct Open {
    /// A record of rules only (`.Access`), without path and owner.
    rules: bool,
    path: JoinedLines,
    owner: Option<Fact<String>>,
    group: Option<Fact<String>>,
    protected: Option<bool>,
    access: Vec<JoinedLines>,
    /// The access lines come a second time under another label.
    access_label: bool,
    sddl: JoinedLines,
    entries: Vec<Ace>,
    rule: Rule,
    label: Label,
    /// The column of the values.
    column: usize,
    blank: bool,
    /// Empty lines since the last line.
    blanks: u32,
    /// Empty lines stand between the properties.
    gaps: bool,
    /// An empty line between the rows of a spaced table.
    row_gap: bool,
    full: bool,
    bytes: usize,
    first: Place,
    last: Place,
    fields: Vec<(Cow<'static, str>, Fact<String>)>,
    excerpts: Excerpts,
}

/// An entry of `.Access` whose lines come one by one.
#[derive(Debug, Default)]
struct Rule {
    rights: Option<String>,
    deny: Option<bool>,
    identity: Option<Fact<String>>,
    inherited: bool,
    inheritance: String,
    propagation: String,
}

/// Reads what PowerShell prints of permissions.
#[derive(Debug)]
pub struct GetAclReader {
    source: SourceId,
    limits: Limits,
    open: Option<Open>,
    /// The header of a table was seen, and which.
    header: Option<Table>,
    table: Option<Table>,
    /// There is an empty line between the lines of the table: one is not its end.
    spaced: bool,
    /// `    Directory: C:\…`.
    directory: Option<String>,
    /// The path that a command named, or "" after a command without one.
    command: Option<String>,
    /// The line before: perhaps the path of a security descriptor.
    before: JoinedLines,
    done: Vec<Observed>,
    problems: Vec<(String, Place)>,
}

impl GetAclReader {
    /// A reader for one input.
    pub fn new(source: SourceId, limits: &Limits) -> Self {
        Self {
            source,
            limits: limits.clone(),
            open: None,
            header: None,
            table: None,
            spaced: false,
            directory: None,
            command: None,
            before: JoinedLines::new(source),
            done: Vec::new(),
            problems: Vec::new(),
        }
    }

    fn start(&self, place: Place, rules: bool, label: Label, column: usize) -> Open {
        Open {
            rules,
            path: JoinedLines::new(self.source),
            owner: None,
            group: None,
            protected: None,
            access: Vec::new(),
            access_label: false,
            sddl: JoinedLines::new(self.source),
            entries: Vec::new(),
            rule: Rule::default(),
            label,
            column,
            blank: false,
            blanks: 0,
            gaps: false,
            row_gap: false,
            full: false,
            bytes: 0,
            first: place,
            last: place,
            fields: Vec::new(),
            excerpts: Excerpts::default(),
        }
    }

    /// A line `Label : value` while nothing is open.
    fn begin(&mut self, piece: Piece<'_>) -> bool {
        let Some((name, column)) = label(piece.text) else { return false };
        let value = piece.text.get(column..).unwrap_or("").trim();
        let which = Label::of(name);
        let begins = match which {
            // Every item that PowerShell lists has a path: that of a registry key has other values beside it.
            Label::Path if name == "PSPath" && value.contains("Registry::") => false,
            Label::Path => value.contains("FileSystem::") || is_path(value),
            Label::Rights => rights(value).is_some(),
            _ => false,
        };
        if !begins {
            return false;
        }
        let open = self.start(piece.trim().place(self.source), which == Label::Rights, which, column);
        self.open = Some(open);
        self.labelled(piece, which, name, column);
        true
    }

    /// A line with a label in the open record.
    fn labelled(&mut self, piece: Piece<'_>, which: Label, name: &str, column: usize) {
        let source = self.source;
        let (lines, columns, most) =
            (self.limits.excerpt_lines, self.limits.excerpt_columns, self.limits.record_values);
        let Some(open) = self.open.as_mut() else { return };
        open.label = which;
        open.column = column;
        (open.blank, open.blanks) = (false, 0);
        open.last = piece.trim().place(source);
        open.bytes = open.bytes.saturating_add(piece.text.len());
        open.full |= open.bytes > self.limits.record_bytes || open.entries.len() >= most || open.access.len() >= most;
        if open.full {
            return;
        }
        let value = piece.from(column).trim();
        let fact = value.text_fact(source, value.text);
        if which != Label::Other {
            keep_line(&mut open.excerpts, piece.place(source), piece, lines, columns);
            open.fields.push((Cow::Owned(snake(name)), fact.clone()));
        }
        match which {
            Label::Path if open.path.is_empty() => open.path.push(value),
            Label::Path => open.label = Label::Other,
            Label::Owner => open.owner = Some(fact),
            Label::Group => open.group = Some(fact),
            Label::Protected => open.protected = Some(value.text.eq_ignore_ascii_case("true")),
            Label::Access => {
                // The collection of `select *`, or the same entries as text: once is enough.
                let collection = value.text.starts_with('{') || value.text.starts_with("System.");
                if collection || open.access_label {
                    open.label = Label::Other;
                } else if !value.text.is_empty() {
                    open.access_label = true;
                    let mut joined = JoinedLines::new(source);
                    joined.push(value);
                    open.access.push(joined);
                }
            }
            Label::Sddl if open.sddl.is_empty() => open.sddl.push(value),
            Label::Sddl => open.label = Label::Other,
            Label::Rights => {
                flush_rule(open);
                open.rule.rights = Some(value.text.to_owned());
            }
            Label::Kind => open.rule.deny = Some(value.text.eq_ignore_ascii_case("Deny")),
            Label::Identity => open.rule.identity = Some(fact),
            Label::Inherited => open.rule.inherited = value.text.eq_ignore_ascii_case("True"),
            Label::Inheritance => open.rule.inheritance = value.text.to_owned(),
            Label::Propagation => open.rule.propagation = value.text.to_owned(),
            Label::Other => {}
        }
    }

    /// A line while a record is open. `false`: it is not the record's, which is then over.
    fn go_on(&mut self, piece: Piece<'_>) -> bool {
        let source = self.source;
        let text = piece.text.trim_end();
        let Some(open) = self.open.as_mut() else { return false };
        if text.is_empty() {
            open.blank = true;
            open.blanks = open.blanks.saturating_add(1);
            return true;
        }
        if is_elision(text) {
            self.finish(false);
            return true;
        }
        let indent = piece.indent();
        if let Some((name, column)) = label(text).filter(|_| indent < open.column.saturating_sub(1)) {
            let which = Label::of(name);
            let again = which == Label::Path && open.blank;
            // A page can put an empty line between all lines: a property that is missing yet goes on with the record.
            let next = open.blanks == 1
                && !open.fields.iter().any(|(known, _)| *known == snake(name))
                && (open.gaps || matches!(which, Label::Owner | Label::Group | Label::Access | Label::Sddl));
            open.gaps |= next && !again;
            let other_kind = open.rules
                != matches!(
                    which,
                    Label::Rights
                        | Label::Kind
                        | Label::Identity
                        | Label::Inherited
                        | Label::Inheritance
                        | Label::Propagation
                );
            if again || other_kind && which != Label::Other || open.blank && !open.rules && !next {
                let ended = open.blank;
                self.finish(ended || again);
                return false;
            }
            self.labelled(piece, which, name, column);
            return true;
        }
        // A value goes on below its own column.
        let gap = open.gaps && open.blanks == 1;
        // Tabs or no blanks at all may stand for the indentation of an entry.
        let entry = open.label == Label::Access && rule_of_line(text).is_some();
        if open.blank && !gap || indent.saturating_add(1) < open.column && !entry {
            let ended = open.blank;
            self.finish(ended);
            return false;
        }
        open.bytes = open.bytes.saturating_add(text.len());
        open.full |= open.bytes > self.limits.record_bytes || open.access.len() >= self.limits.record_values;
        open.last = piece.trim().place(source);
        (open.blank, open.blanks) = (false, 0);
        if open.full {
            return true;
        }
        let value = piece.trim();
        match open.label {
            Label::Path => open.path.extend(value),
            Label::Sddl => open.sddl.extend(value),
            Label::Access => {
                let whole = rule_of_line(value.text).is_some();
                match open.access.last_mut() {
                    // A line without a word for allow or deny belongs to the entry before it.
                    Some(last) if !whole => last.push(value),
                    _ => {
                        let mut joined = JoinedLines::new(source);
                        joined.push(value);
                        open.access.push(joined);
                    }
                }
                let (lines, columns) = (self.limits.excerpt_lines, self.limits.excerpt_columns);
                keep_line(&mut open.excerpts, piece.place(source), piece, lines, columns);
            }
            Label::Rights => {
                if let Some(rights) = &mut open.rule.rights {
                    rights.push_str(value.text);
                }
            }
            Label::Inheritance => open.rule.inheritance.push_str(value.text),
            _ => {}
        }
        true
    }

    fn finish(&mut self, ended: bool) {
        let Some(mut open) = self.open.take() else { return };
        flush_rule(&mut open);
        // Where empty lines stand between all lines, one of them is no end.
        let mut complete = ended && !open.full && !(open.gaps && open.blanks < 2);
        if open.full && self.problems.len() < self.limits.problems {
            let place = joined_place(open.first, open.last);
            self.problems.push(("more entries of the permissions than are kept".to_owned(), place));
        }
        let mut owner = open.owner.take().map(|o| o.map(|name| principal::of_name(&name)));
        let mut protected = open.protected;
        let mut entries = std::mem::take(&mut open.entries);
        let descriptor = sddl::parse(open.sddl.text());
        let cut = descriptor.as_ref().is_some_and(|d| d.cut);
        let only = open.access.is_empty() && entries.is_empty();
        let of_sddl = descriptor.as_ref().filter(|_| !cut || only).and_then(|d| d.dacl.as_ref());
        // Beside the descriptor the names stand, of the accounts that have one.
        let nameless =
            |line: &JoinedLines| rule_of_line(line.text()).is_some_and(|(who, ..)| who.starts_with("S-1-5-"));
        let by_sid = of_sddl.is_some() && (open.access.is_empty() || !open.access.iter().all(nameless));
        if let Some(dacl) = of_sddl {
            // The descriptor has the flags that the entries' words lack.
            entries = entries_of(dacl, &open.sddl);
            protected = Some(dacl.protected);
            complete = !open.full && !cut;
            open.access.clear();
            if owner.is_none() {
                let alias = descriptor.as_ref().and_then(|d| d.owner);
                owner = alias.map(|o| open.sddl.fact(principal::of_sddl(o), o));
            }
        }
        for line in &open.access {
            let text = line.text();
            match rule_of_line(text) {
                Some((who, deny, words)) => {
                    let cut = words.ends_with("...") || words.ends_with('\u{2026}');
                    let flat = words.trim_end_matches(['.', '\u{2026}']).replace('\n', " ");
                    let mask = rights(&flat).filter(|_| !cut || flat == "FullControl");
                    complete &= !cut && mask.is_some();
                    let kind = if deny { AceKind::Deny } else { AceKind::Allow };
                    entries.push(ace(line.fact(principal::of_name(who), who), who, kind, mask));
                }
                None => {
                    complete = false;
                    let who: String = text.chars().take(200).collect();
                    let place = line.whole();
                    let fact = Fact::stated(Principal::Name(who.clone()), place);
                    entries.push(ace(fact, &who, AceKind::Allow, None));
                }
            }
        }
        if entries.is_empty() && of_sddl.is_none() && owner.is_none() {
            return;
        }
        if entries.is_empty() && of_sddl.is_none() {
            complete = false;
        }
        complete &= entries.iter().all(|e| e.mask.is_some());
        let path = self.path_of(&open);
        let place = joined_place(open.first, open.last);
        let list = AccessList {
            target: KeyPath::of(&path.value),
            path,
            owner,
            protected,
            entries,
            complete,
            by_sid,
            refused: None,
            place,
        };
        self.done.push(Observed {
            kind: KIND,
            place,
            fields: open.fields,
            excerpts: open.excerpts,
            what: Observation::AccessList(list),
        });
    }

    fn path_of(&self, open: &Open) -> Fact<String> {
        let text = open.path.text();
        if text.is_empty() {
            let named = self.command.clone().unwrap_or_default();
            return Fact::derived(named, open.first, "named by the command before");
        }
        let shown = text.rsplit_once("FileSystem::").map_or(text, |(_, path)| path);
        open.path.text_fact(shown)
    }

    /// A security descriptor alone on its line, or behind `Sddl`-like words.
    fn descriptor(&mut self, piece: Piece<'_>) -> bool {
        let value = piece.trim();
        if !sddl::recognise(value.text) || value.text.len() > self.limits.record_bytes {
            return false;
        }
        let near = self.before.text().trim();
        let named = is_path(near) || KeyPath::of(near) != KeyPath::Other;
        if !named && self.command.is_none() {
            return false;
        }
        let mut joined = JoinedLines::new(self.source);
        joined.push(value);
        let place = joined.whole();
        let mut open = self.start(place, false, Label::Sddl, 1);
        if named {
            open.path = std::mem::replace(&mut self.before, JoinedLines::new(self.source));
            open.first = open.path.whole();
        }
        open.fields.push(("sddl".into(), joined.text_fact(value.text)));
        open.sddl = joined;
        open.last = place;
        let (lines, columns) = (self.limits.excerpt_lines, self.limits.excerpt_columns);
        keep_line(&mut open.excerpts, piece.place(self.source), piece, lines, columns);
        // The console may have broken it: then it goes on in the first column.
        let whole = sddl::parse(open.sddl.text()).is_some_and(|d| !d.cut);
        self.open = Some(open);
        if whole {
            self.finish(true);
        }
        true
    }

    /// A row of a table.
    fn row(&mut self, table: Table, piece: Piece<'_>) -> bool {
        let text = piece.text.trim_end();
        let source = self.source;
        let (lines, columns) = (self.limits.excerpt_lines, self.limits.excerpt_columns);
        match table {
            Table::Files(owner_at, access_at) => {
                let cell = |from: usize, to: usize| -> Option<Piece<'_>> {
                    let index = |column: usize| text.char_indices().nth(column).map(|(at, _)| at);
                    let start = index(from)?;
                    let end = index(to).unwrap_or(text.len());
                    Some(piece.slice(start..end).trim())
                };
                let (Some(path), Some(owner), Some(access)) =
                    (cell(0, owner_at), cell(owner_at, access_at), cell(access_at, usize::MAX))
                else {
                    return false;
                };
                if rule_of_line(access.text).is_none() {
                    return false;
                }
                let mut open = self.start(piece.trim().place(source), false, Label::Other, 0);
                let mut joined = JoinedLines::new(source);
                joined.push(access);
                open.access.push(joined);
                open.path.push(path);
                open.fields = vec![
                    ("path".into(), path.text_fact(source, path.text)),
                    ("owner".into(), owner.text_fact(source, owner.text)),
                    ("access".into(), access.text_fact(source, access.text)),
                ];
                open.owner = (!owner.text.ends_with("...")).then(|| owner.text_fact(source, owner.text));
                keep_line(&mut open.excerpts, piece.place(source), piece, lines, columns);
                let directory = self.directory.clone();
                self.open = Some(open);
                // The table shows as many entries as fit: more may follow.
                self.finish(false);
                if let (Some(directory), Some(Observed { what: Observation::AccessList(list), .. })) =
                    (directory, self.done.last_mut())
                {
                    list.path.value = format!("{}\\{}", directory.trim_end_matches('\\'), list.path.value);
                    list.target = KeyPath::of(&list.path.value);
                }
                true
            }
            Table::Rules | Table::Chosen(..) => {
                let row = match table {
                    Table::Chosen(order, more) => self.chosen_row(piece, order, more),
                    _ => self.rule_row(piece),
                };
                let Some((ace, words)) = row else { return false };
                if self.open.is_none() {
                    self.open = Some(self.start(piece.trim().place(source), true, Label::Other, 0));
                }
                let most = self.limits.record_values;
                let Some(open) = self.open.as_mut() else { return false };
                (open.blank, open.row_gap) = (false, false);
                open.last = piece.trim().place(source);
                open.full |= open.entries.len() >= most;
                if !open.full {
                    keep_line(&mut open.excerpts, piece.place(source), piece, lines, columns);
                    open.fields.push(("access".into(), words));
                    open.entries.push(ace);
                }
                true
            }
        }
    }

    /// `FullControl Allow BUILTIN\Administrators False None None`.
    fn rule_row(&self, piece: Piece<'_>) -> Option<(Ace, Fact<String>)> {
        let text = piece.text.trim_end();
        let (at, word) = [" Allow ", " Deny "].iter().find_map(|w| text.find(w).map(|at| (at, *w)))?;
        let words = text.get(..at)?.trim();
        let rest = text.get(at.checked_add(word.len())?..)?;
        let (end, inherited) = [(" True ", true), (" False ", false)]
            .iter()
            .find_map(|(w, value)| rest.rfind(w).map(|at| (at, *value)))
            .or_else(|| {
                [" True", " False"]
                    .iter()
                    .find(|w| rest.ends_with(**w))
                    .map(|w| (rest.len().saturating_sub(w.len()), *w == " True"))
            })?;
        let who = rest.get(..end)?.trim();
        let flags = rest.get(end..)?;
        let mask = rights(words);
        let kind = if word == " Deny " { AceKind::Deny } else { AceKind::Allow };
        let mut ace = ace(piece.fact(self.source, principal::of_name(who), who), who, kind, mask);
        ace.inherited = inherited;
        set_flags(&mut ace, flags, flags);
        // A name that the column cut is no name.
        if who.ends_with("...") || who.ends_with('\u{2026}') || who.is_empty() {
            ace.mask = None;
        }
        Some((ace, piece.trim().text_fact(self.source, text.trim())))
    }

    /// `BUILTIN\IIS_IUSRS Read, Synchronize Allow`: the values have their own shapes, for a column's edges are those of its
    /// longest value and not of its heading.
    fn chosen_row(&self, piece: Piece<'_>, order: [Label; 3], more: [Option<Label>; 3]) -> Option<(Ace, Fact<String>)> {
        let text = piece.text.trim();
        let mut rest = text;
        let mut rule = Rule::default();
        for label in more.into_iter().flatten().collect::<Vec<_>>().into_iter().rev() {
            let (before, value) = last_value(rest)?;
            match label {
                Label::Inherited => rule.inherited = value == "True",
                Label::Inheritance => rule.inheritance = value.to_owned(),
                _ => rule.propagation = value.to_owned(),
            }
            rest = before;
        }
        let (words, kind, who) = in_order(rest, order)?;
        let mask = rights(words);
        let kind = if kind == "Deny" { AceKind::Deny } else { AceKind::Allow };
        let mut ace = ace(piece.fact(self.source, principal::of_name(who), who), who, kind, mask);
        ace.inherited = rule.inherited;
        set_flags(&mut ace, &rule.inheritance, &rule.propagation);
        if who.ends_with("...") || who.ends_with('\u{2026}') || who.is_empty() {
            ace.mask = None;
        }
        Some((ace, piece.trim().text_fact(self.source, text)))
    }

    /// Remembers what a command names.
    fn note_command(&mut self, text: &str) {
        if ACL.find(text.as_bytes()).is_none() {
            return;
        }
        let Some(at) = text.find("Get-Acl").or_else(|| text.find("get-acl")) else { return };
        let rest = text.get(at..).unwrap_or("").get("Get-Acl".len()..).unwrap_or("").trim_start();
        let rest =
            ["-Path ", "-LiteralPath ", "-path "].iter().find_map(|p| rest.strip_prefix(p)).unwrap_or(rest).trim();
        let path = match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => rest.get(1..).unwrap_or("").split(quote).next().unwrap_or(""),
            _ => rest.split([' ', ')', '|']).next().unwrap_or(""),
        };
        self.command =
            Some(if is_path(path) && path.len() <= self.limits.string_bytes { path.to_owned() } else { String::new() });
    }
}

impl TextReader for GetAclReader {
    fn line(&mut self, piece: Piece<'_>) -> bool {
        if piece.line().window.is_some() {
            self.close();
            return false;
        }
        let text = piece.text.trim_end();
        if let Some(table) = self.table.filter(|table| table.is_of_rules())
            && self.open.is_some()
        {
            if text.is_empty() {
                if let Some(open) = &mut self.open {
                    let gap = std::mem::replace(&mut open.row_gap, true);
                    open.blank = gap || !self.spaced;
                }
                return true;
            }
            let blank = self.open.as_ref().is_some_and(|o| o.blank) && !is_elision(text);
            if !blank && self.row(table, piece) {
                return true;
            }
            self.table = None;
            self.finish(blank);
            return false;
        }
        if self.open.is_some() {
            // A descriptor that the console broke goes on in the first column.
            if let Some(open) = self.open.as_mut().filter(|o| o.column == 1 && o.label == Label::Sddl) {
                let fits = !text.is_empty() && !text.contains(' ') && !is_path(text) && open.bytes < 65_536;
                if fits {
                    open.sddl.extend(piece.trim());
                    open.bytes = open.bytes.saturating_add(text.len());
                    open.last = piece.trim().place(self.source);
                    if sddl::parse(open.sddl.text()).is_some_and(|d| !d.cut) {
                        self.finish(true);
                    }
                    return true;
                }
                self.finish(false);
            } else if self.go_on(piece) {
                return true;
            }
        }
        if text.is_empty() {
            self.spaced |= self.header.is_some();
            return false;
        }
        if let Some(table) = self.header.take() {
            let body = text.trim();
            if body.bytes().all(|b| b == b'-' || b == b' ') && body.starts_with("--") {
                self.table = Some(table);
                return true;
            }
        }
        if let Some(table) = self.table {
            if self.row(table, piece) {
                return true;
            }
            self.table = None;
        }
        if let Some(table) = header(text) {
            (self.header, self.spaced) = (Some(table), false);
            return true;
        }
        if let Some(directory) = text.trim_start().strip_prefix("Directory: ").filter(|d| is_path(d)) {
            // Listings of files have the same line: it is nobody's.
            self.directory = Some(directory.trim().to_owned());
            return false;
        }
        if self.begin(piece) || self.descriptor(piece) {
            return true;
        }
        self.note_command(text);
        self.before.clear();
        if piece.text.len() <= self.limits.string_bytes && (is_path(text) || !text.trim().contains(' ')) {
            self.before.push(piece.trim());
        }
        false
    }

    fn words(&self) -> Vec<&'static str> {
        vec!["Path", "FileSystemRights", "Directory: ", "Get-Acl", ";;;"]
    }

    fn passes_over(&self, _piece: Piece<'_>, glance: &Glance<'_>) -> bool {
        let waits = self.open.is_some() || self.header.is_some() || self.table.is_some() || !self.before.is_empty();
        !waits && glance.text.contains(' ') && !is_path(glance.text)
    }

    fn is_open(&self) -> bool {
        self.open.is_some() || self.header.is_some() || self.table.is_some()
    }

    fn close(&mut self) {
        let blank = self.open.as_ref().is_some_and(|o| o.blank);
        self.finish(blank);
        self.header = None;
        self.table = None;
    }

    fn take(&mut self) -> Vec<Observed> {
        std::mem::take(&mut self.done)
    }

    fn problems(&mut self) -> Vec<(String, Place)> {
        std::mem::take(&mut self.problems)
    }
}

/// Puts the rule of a list together.
fn flush_rule(open: &mut Open) {
    let rule = std::mem::take(&mut open.rule);
    let (Some(words), Some(identity)) = (rule.rights, rule.identity) else { return };
    let who = identity.value.clone();
    let kind = if rule.deny == Some(true) { AceKind::Deny } else { AceKind::Allow };
    let mask = rights(&words).filter(|_| rule.deny.is_some());
    let mut entry = ace(identity.map(|name| principal::of_name(&name)), &who, kind, mask);
    entry.inherited = rule.inherited;
    set_flags(&mut entry, &rule.inheritance, &rule.propagation);
    open.entries.push(entry);
}

/// InheritanceFlags and PropagationFlags by their words; a table cuts the first on the left: `...erit, ObjectInherit`.
fn set_flags(ace: &mut Ace, inheritance: &str, propagation: &str) {
    ace.object_inherit = inheritance.contains("ObjectInherit");
    ace.container_inherit = inheritance.contains("ContainerInherit") || inheritance.contains("erit, ObjectInherit");
    ace.inherit_only = propagation.contains("InheritOnly");
    ace.no_propagate = propagation.contains("NoPropagate");
}

fn ace(principal: Fact<Principal>, printed: &str, kind: AceKind, mask: Option<u32>) -> Ace {
    Ace::new(principal, printed.to_owned(), kind, mask.map(AccessMask))
}

/// The entries of a descriptor; without a list everybody may do everything (MS-DTYP 2.4.5).
fn entries_of(dacl: &sddl::Dacl<'_>, joined: &JoinedLines) -> Vec<Ace> {
    if let Some(word) = dacl.absent {
        let everyone = Fact::derived(
            Principal::Sid(principal::EVERYONE.to_owned()),
            joined.place_of(word),
            "a descriptor without a list grants everything to everyone",
        );
        return vec![ace(everyone, word, AceKind::Allow, Some(AccessMask::FULL.0))];
    }
    let of = |entry: &sddl::SddlAce<'_>| Ace {
        principal: joined.fact(principal::of_sddl(entry.trustee), entry.trustee),
        printed: entry.trustee.to_owned(),
        kind: entry.kind,
        mask: entry.mask,
        inherited: entry.inherited,
        object_inherit: entry.object_inherit,
        container_inherit: entry.container_inherit,
        inherit_only: entry.inherit_only,
        no_propagate: entry.no_propagate,
    };
    dacl.entries.iter().map(of).collect()
}

/// The name of a label at the beginning of a line and the column of its value: `Path   : `.
fn label(text: &str) -> Option<(&str, usize)> {
    let colon = text.get(..48.min(text.len())).unwrap_or_else(|| text.get(..24).unwrap_or("")).find(':')?;
    let name = text.get(..colon)?;
    let blank = name.ends_with(' ');
    let name = name.trim();
    let word = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric()) && name.len() > 2;
    let after = text.get(colon..)?.strip_prefix(':')?;
    let spaced = after.is_empty() || after.starts_with(' ');
    (word && blank && spaced).then(|| (name, colon.saturating_add(2).min(text.len())))
}

/// A part of the command's name, in either case of its first letters.
static ACL: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("et-"));

/// The header of a table.
fn header(text: &str) -> Option<Table> {
    let mut words = text.split_ascii_whitespace();
    match words.next()? {
        "Path" if words.by_ref().eq(["Owner", "Access"]) => {
            Some(Table::Files(text.find("Owner")?, text.find("Access")?))
        }
        "FileSystemRights" if words.clone().take(2).eq(["AccessControlType", "IdentityReference"]) => {
            Some(Table::Rules)
        }
        "FileSystemRights" | "AccessControlType" | "IdentityReference" => chosen(text),
        _ => None,
    }
}

/// The columns of a table whose columns were chosen: the three that make an entry, then others.
fn chosen(text: &str) -> Option<Table> {
    let mut columns = text.split_ascii_whitespace().map(Label::of);
    let order = [columns.next()?, columns.next()?, columns.next()?];
    let has = |wanted: Label| order.contains(&wanted);
    let more = [columns.next(), columns.next(), columns.next()];
    let known =
        more.iter().flatten().all(|label| matches!(label, Label::Inherited | Label::Inheritance | Label::Propagation));
    let whole = columns.next().is_none() && known && has(Label::Rights) && has(Label::Kind) && has(Label::Identity);
    whole.then_some(Table::Chosen(order, more))
}

/// A row's last value, and what stands before it: `None`, `ContainerInherit, ObjectInherit`, `True`.
fn last_value(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_end();
    let mut start = text.rfind(' ')?.saturating_add(1);
    while let Some(before) = text.get(..start).map(str::trim_end).filter(|before| before.ends_with(',')) {
        start = before.rfind(' ').map_or(0, |at| at.saturating_add(1));
    }
    Some((text.get(..start)?.trim_end(), text.get(start..)?))
}

/// A row's first value, and what stands behind it.
fn first_value(text: &str) -> Option<(&str, &str)> {
    let mut end = text.find(' ')?;
    while text.get(..end).is_some_and(|value| value.ends_with(',')) {
        let rest = text.get(end..)?;
        let word = end.saturating_add(rest.len().saturating_sub(rest.trim_start().len()));
        end = text.get(word..)?.find(' ').map_or(text.len(), |at| word.saturating_add(at));
    }
    Some((text.get(..end)?, text.get(end..)?.trim_start()))
}

/// The rights, the word for allow or deny, and the account of a row with these columns.
fn in_order(text: &str, order: [Label; 3]) -> Option<(&str, &str, &str)> {
    let edge = |text: &str| text.is_empty() || text.starts_with(' ') || text.ends_with(' ');
    let (before, kind, after) = ["Allow", "Deny"].into_iter().find_map(|kind| {
        let at = match order {
            [Label::Kind, ..] => text.starts_with(kind).then_some(0)?,
            [.., Label::Kind] => text.len().checked_sub(kind.len()).filter(|_| text.ends_with(kind))?,
            _ => text.find(&format!(" {kind} "))?.saturating_add(1),
        };
        let (before, rest) = text.split_at_checked(at)?;
        let after = rest.strip_prefix(kind)?;
        (edge(before) && edge(after)).then_some((before.trim(), kind, after.trim()))
    })?;
    let both = if before.is_empty() { after } else { before };
    let (words, who) = match order.iter().position(|label| *label == Label::Identity)? {
        _ if !before.is_empty() && !after.is_empty() => match order {
            [Label::Rights, ..] => (before, after),
            _ => (after, before),
        },
        first if order.get(first.saturating_add(1)) == Some(&Label::Rights) => {
            last_value(both).map(|(who, words)| (words, who))?
        }
        _ => first_value(both)?,
    };
    Some((words, kind, who))
}

/// `<principal> Allow  <rights>`: who, whether it denies and the rights.
fn rule_of_line(text: &str) -> Option<(&str, bool, &str)> {
    for (word, deny) in [(" Allow", false), (" Deny", true)] {
        if let Some(at) = text.rfind(word) {
            let rest = text.get(at.saturating_add(word.len())..)?;
            if rest.is_empty() || rest.starts_with([' ', '\n']) {
                let who = text.get(..at)?.trim();
                return (!who.is_empty()).then_some((who, deny, rest.trim()));
            }
        }
    }
    None
}

/// The rights of .NET words or a number, which may be negative.
fn rights(words: &str) -> Option<u32> {
    let words = words.trim();
    if let Ok(number) = words.parse::<i64>() {
        return i32::try_from(number).ok().map(i32::cast_unsigned).or_else(|| u32::try_from(number).ok());
    }
    if words.is_empty() {
        return None;
    }
    words.split(',').try_fold(0u32, |sum, word| {
        let (_, bits) = RIGHTS.iter().find(|(name, _)| *name == word.trim())?;
        Some(sum | bits)
    })
}

/// `AccessToString` as `access_to_string`.
fn snake(name: &str) -> String {
    let mut out = String::new();
    for (at, c) in name.char_indices() {
        if c.is_ascii_uppercase() && at > 0 && !out.ends_with('_') {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::as_conversions)]
mod tests {
    use super::*;
    use crate::formats::piece::Cleaned;
    use crate::input::{LineReader, TextEncoding};

    fn lists(text: &str) -> Vec<AccessList> {
        let mut reader = GetAclReader::new(SourceId(0), &Limits::default());
        let mut lines = LineReader::new(text.as_bytes(), TextEncoding::Utf8, &Limits::default());
        while let Some(batch) = lines.next_batch().unwrap() {
            for line in batch.lines() {
                let cleaned = Cleaned::new(line);
                for piece in cleaned.pieces() {
                    if !reader.line(piece) && reader.is_open() {
                        reader.close();
                    }
                }
            }
        }
        reader.close();
        let list = |o: Observed| match o.what {
            Observation::AccessList(list) => list,
            _ => panic!(),
        };
        reader.take().into_iter().map(list).collect()
    }
    fn names(list: &AccessList) -> Vec<(&str, u32)> {
        list.entries
            .iter()
            .map(|e| (e.principal.value.sid().unwrap_or(&e.printed), e.mask.map_or(0, |m| m.0)))
            .collect()
    }

    #[test]
    fn a_list_with_a_broken_descriptor() {
        let text = "\nPath   : Microsoft.PowerShell.Core\\FileSystem::C:\\ProgramData\\Microsoft\\Crypto\\RSA\\Mac\n         hineKeys\nOwner  : BUILTIN\\Administrators\nGroup  : NT AUTHORITY\\SYSTEM\nAccess : Everyone Allow  Write, Read, Synchronize\n         BUILTIN\\Administrators Allow  FullControl\nAudit  : \nSddl   : O:BAG:SYD:PAI(A;;0x1201\n         9f;;;WD)(A;;F\n         A;;;BA)\n\n";
        let found = lists(text);
        assert_eq!(found.len(), 1);
        let list = &found[0];
        assert_eq!(list.path.value, "C:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys");
        assert_eq!(list.target, KeyPath::MachineKeys);
        assert_eq!((list.protected, list.complete), (Some(true), true));
        assert_eq!(names(list), [("S-1-1-0", 0x0012_019f), ("S-1-5-32-544", 0x001f_01ff)]);
        assert_eq!(list.owner.as_ref().unwrap().value.sid(), Some("S-1-5-32-544"));
    }

    #[test]
    fn words_without_a_descriptor() {
        let text = "Path   : Microsoft.PowerShell.Core\\FileSystem::C:\\k\nOwner  : NT instans\\SYSTEM\nAccess : NT instans\\SYSTEM Allow  FullControl\n         CREATOR OWNER Allow  268435456\n         CONTOSO\\web Deny  -536805376\n         BUILTIN\\Användare Allow  ReadAndExecute, Synchronize\n\n";
        let list = &lists(text)[0];
        assert_eq!(
            names(list),
            [
                ("S-1-5-18", 0x001f_01ff),
                ("S-1-3-0", 0x1000_0000),
                ("CONTOSO\\web", 0xe001_0000),
                ("S-1-5-32-545", 0x0012_00a9)
            ]
        );
        assert!(list.complete);
        assert_eq!(list.entries[2].kind, AceKind::Deny);
    }

    #[test]
    fn rules_as_list_and_as_table() {
        let rule = "FileSystemRights  : Read, Synchronize\nAccessControlType : Allow\nIdentityReference : NT AUTHORITY\\NETWORK SERVICE\nIsInherited       : False\nInheritanceFlags  : ContainerInherit, ObjectInherit\nPropagationFlags  : InheritOnly\n\n";
        let found = lists(&format!("PS C:\\> (Get-Acl C:\\k).Access\n\n{rule}{rule}"));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].path.value, "C:\\k");
        assert_eq!(names(&found[0]), [("S-1-5-20", 0x0012_0089), ("S-1-5-20", 0x0012_0089)]);
        assert!(found[0].entries[0].inherit_only && found[0].entries[0].container_inherit && found[0].complete);
        let table = "           FileSystemRights AccessControlType IdentityReference      IsInherited InheritanceFlags PropagationFlags\n           ---------------- ----------------- -----------------      ----------- ---------------- ----------------\n                FullControl             Allow BUILTIN\\Administrators       False             None             None\nReadAndExecute, Synchronize             Allow BUILTIN\\Users                 True ...erit, ObjectInherit      None\n\n";
        let found = lists(table);
        assert_eq!(names(&found[0]), [("S-1-5-32-544", 0x001f_01ff), ("S-1-5-32-545", 0x0012_00a9)]);
        assert!(found[0].entries[1].inherited && found[0].entries[1].object_inherit && found[0].complete);
    }

    #[test]
    fn the_default_table() {
        let text = "    Directory: C:\\ProgramData\\Microsoft\\Crypto\\RSA\n\n\nPath        Owner                  Access\n----        -----                  ------\nMachineKeys BUILTIN\\Administrators Everyone Allow  Write, Read, Synchronize...\n\n";
        let list = &lists(text)[0];
        assert_eq!(list.target, KeyPath::MachineKeys);
        assert!(!list.complete);
        assert_eq!(list.owner.as_ref().unwrap().value.sid(), Some("S-1-5-32-544"));
    }

    #[test]
    fn descriptors_with_a_path_near() {
        let found =
            lists("C:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys\nD:PAI(A;;0x12019f;;;WD)(A;;FA;;;BA)\n");
        assert_eq!(found[0].target, KeyPath::MachineKeys);
        assert!(found[0].complete);
        assert!(lists("hello\nD:PAI(A;;0x12019f;;;WD)(A;;FA;;;BA)\n").is_empty());
        let found = lists("PS C:\\> (Get-Acl .).Sddl\nO:BAG:SYD:PAI(A;;FA;;;SY)\n");
        assert_eq!(found[0].path.value, "");
    }

    proptest::proptest! {
        #[test]
        fn never_panics_and_places_are_inside(lines in proptest::collection::vec(
            "(Path   : C:\\\\|Access : |Sddl   : |         |FileSystemRights : |Path Owner Access)?[ -:()A-Zé;]{0,20}(Everyone Allow  Read|D:\\(A;;FA;;;SY\\)|---)?", 0..12)) {
            let text = lines.join("\n");
            for list in lists(&text) {
                proptest::prop_assert!(list.place.end() <= text.len() as u64);
                for e in &list.entries {
                    proptest::prop_assert!(e.principal.place.end() <= text.len() as u64);
                }
            }
        }
    }
}
