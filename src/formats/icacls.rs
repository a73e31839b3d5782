//! Listings of `icacls`: `C:\ProgramData\…\MachineKeys Everyone:(R,W)`.
//!
//! Source: Microsoft Learn, "icacls" (groups and rights); real output for their order and case (`Rc`, `(DENY)` behind the
//! inheritance flags).

use super::acl_lines::{self, AclLines, Tail};
use super::glance::Glance;
use super::piece::Piece;
use super::text_reader::{TextReader, keep_line};
use super::text_shapes::{behind_prompt, prompted};
use crate::limits::Limits;
use crate::model::access::{AccessChange, AccessMask, Ace, AceKind, Edit, KeyPath};
use crate::model::fact::{Excerpts, Fact, Place, SourceId};
use crate::model::observation::{FolderListing, Observation, Observed};
use crate::model::principal;

/// The report's word for the format.
pub const KIND: &str = "icacls";

pub use super::acl_lines::RIGHTS_BY_NAME;

/// Rights as `icacls` prints them, without case. `W` holds no READ_CONTROL: real lists print `W` and `Rc` together.
pub static RIGHTS: [(&str, u32); 26] = [
    ("F", 0x001f_01ff),
    ("M", 0x0013_01bf),
    ("RX", 0x0012_00a9),
    ("R", 0x0012_0089),
    ("W", 0x0010_0116),
    ("D", 0x0001_0000),
    ("DE", 0x0001_0000),
    ("RC", 0x0002_0000),
    ("WDAC", 0x0004_0000),
    ("WO", 0x0008_0000),
    ("S", 0x0010_0000),
    ("AS", 0x0100_0000),
    ("MA", 0x0200_0000),
    ("GA", 0x1000_0000),
    ("GE", 0x2000_0000),
    ("GW", 0x4000_0000),
    ("GR", 0x8000_0000),
    ("RD", 0x1),
    ("WD", 0x2),
    ("AD", 0x4),
    ("REA", 0x8),
    ("WEA", 0x10),
    ("X", 0x20),
    ("DC", 0x40),
    ("RA", 0x80),
    ("WA", 0x100),
];

/// Reads listings of `icacls`, and its commands that change permissions.
#[derive(Debug)]
pub struct IcaclsReader {
    lines: AclLines,
    /// A command whose reply has not come.
    command: Option<Observed>,
    /// A look at all files of a folder that goes on.
    look: Option<Look>,
    done: Vec<Observed>,
    source: SourceId,
    limits: Limits,
}

/// `icacls C:\ProgramData\…\MachineKeys\*`: it names every file of the folder.
#[derive(Debug)]
struct Look {
    folder: Fact<String>,
    files: Vec<Fact<String>>,
    place: Place,
    excerpts: Excerpts,
}

impl Look {
    /// The files of one list of permissions more.
    fn take(&mut self, shown: &[Observed], most: usize) {
        let path = |item: &Observed| match &item.what {
            Observation::AccessList(list) => Some(list.path.clone()),
            _ => None,
        };
        self.files.extend(shown.iter().filter_map(path).take(most.saturating_sub(self.files.len())));
    }

    /// The folder's listing, once the closing line counts as many files as were named, and none that failed.
    fn end(self, summary: &str) -> Option<Observed> {
        let (done, failed) = counts(summary)?;
        let whole = failed == 0 && u64::try_from(self.files.len()).is_ok_and(|named| named == done);
        let name = |path: &Fact<String>| {
            let (folder, name) = path.value.rsplit_once('\\')?;
            folder.eq_ignore_ascii_case(&self.folder.value).then(|| (path.clone().map(|_| name.to_owned()), None))
        };
        let files: Vec<(Fact<String>, Option<u64>)> = self.files.iter().map(name).collect::<Option<_>>()?;
        let listing = FolderListing {
            target: KeyPath::of(&self.folder.value),
            folder: self.folder.clone(),
            files,
            complete: true,
        };
        whole.then(|| Observed {
            kind: KIND,
            place: self.place,
            fields: vec![("folder".into(), self.folder)],
            excerpts: self.excerpts,
            what: Observation::FolderListing(listing),
        })
    }
}

impl IcaclsReader {
    /// A reader for one input.
    pub fn new(source: SourceId, limits: &Limits) -> Self {
        let lines = AclLines::new(source, limits, KIND, tail);
        Self { lines, command: None, look: None, done: Vec::new(), source, limits: limits.clone() }
    }

    /// Gives a line to the lists of permissions, and those that it ends to the look at their folder.
    fn of_lists(&mut self, piece: Piece<'_>) -> bool {
        let taken = self.lines.line(piece);
        let mut shown = self.lines.take();
        if let Some(look) = &mut self.look {
            look.take(&shown, self.limits.record_values);
        }
        self.done.append(&mut shown);
        taken
    }
}

impl TextReader for IcaclsReader {
    fn line(&mut self, piece: Piece<'_>) -> bool {
        let text = piece.text.trim_end();
        if let Some(change) = command(piece, self.source) {
            let mut excerpts = Excerpts::default();
            let place = piece.trim().place(self.source);
            keep_line(&mut excerpts, place, piece, self.limits.excerpt_lines, self.limits.excerpt_columns);
            let fields = vec![("path".into(), change.path.clone())];
            let what = Observation::AccessChange(Box::new(change));
            (self.command, self.look) = (Some(Observed { kind: KIND, place, fields, excerpts, what }), None);
            return self.of_lists(piece);
        }
        if acl_lines::is_command(text) || prompted(text).is_some() {
            self.command = None;
            self.look = look(piece, self.source).map(|folder| {
                let (mut excerpts, place) = (Excerpts::default(), piece.trim().place(self.source));
                keep_line(&mut excerpts, place, piece, self.limits.excerpt_lines, self.limits.excerpt_columns);
                Look { folder, files: Vec::new(), place, excerpts }
            });
        } else if acl_lines::is_summary(text) && (self.command.is_some() || self.look.is_some()) {
            let mut taken = self.of_lists(piece);
            if let Some(command) = self.command.take().filter(|_| succeeded(text)) {
                self.done.push(command);
                taken = true;
            }
            self.done.extend(self.look.take().and_then(|look| look.end(text)));
            return taken;
        }
        self.of_lists(piece)
    }
    fn words(&self) -> Vec<&'static str> {
        acl_lines::WORDS.to_vec()
    }
    fn passes_over(&self, _piece: Piece<'_>, glance: &Glance<'_>) -> bool {
        self.command.is_none() && self.look.is_none() && self.lines.passes_over(glance)
    }

    fn is_open(&self) -> bool {
        self.lines.is_open()
    }
    fn close(&mut self) {
        self.lines.close();
    }
    fn take(&mut self) -> Vec<Observed> {
        let mut done = std::mem::take(&mut self.done);
        done.append(&mut self.lines.take());
        done
    }
    fn problems(&mut self) -> Vec<(String, Place)> {
        self.lines.problems()
    }
}

/// The groups at the end of a line: `:(I)(OI)(CI)(RX,W)`.
fn tail(text: &str) -> Option<Tail<'_>> {
    if !text.ends_with(')') {
        return None;
    }
    let start = text.rfind(":(")?;
    let (head, groups) = text.split_at_checked(start)?;
    let groups = groups.strip_prefix(":(")?.strip_suffix(')')?;
    if head.trim().is_empty() || groups.contains([' ', ':']) {
        return None;
    }
    let mut tail = Tail::of(head);
    let mut rights = None;
    for group in groups.split(")(") {
        if group.contains(['(', ')']) || rights.is_some() {
            return None;
        }
        match group.to_ascii_uppercase().as_str() {
            "I" => tail.inherited = true,
            "OI" => tail.object_inherit = true,
            "CI" => tail.container_inherit = true,
            "IO" => tail.inherit_only = true,
            "NP" => tail.no_propagate = true,
            "DENY" => tail.kind = AceKind::Deny,
            "N" => {
                // No access: a denial of everything.
                tail.kind = AceKind::Deny;
                rights = Some(Some(AccessMask::FULL.0));
            }
            "NW" | "NR" | "NX" => {
                tail.label = true;
                rights = Some(None);
            }
            other => rights = Some(mask(other)),
        }
    }
    // The rights are always there: without them the line goes on.
    tail.mask = rights?;
    Some(tail)
}

/// How many files a closing line counts, and how many failed.
fn counts(text: &str) -> Option<(u64, u64)> {
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok());
    numbers.next().zip(numbers.next())
}

/// Whether a closing line counts files, and none that failed.
fn succeeded(text: &str) -> bool {
    counts(text).is_some_and(|(done, failed)| done > 0 && failed == 0)
}

/// The folder of which a command shows all files: `icacls <folder>\*`.
fn look(piece: Piece<'_>, source: SourceId) -> Option<Fact<String>> {
    let text = piece.text;
    if !acl_lines::is_command(text) {
        return None;
    }
    let mut words = words(behind_prompt(text)).into_iter();
    let tool = plain(words.next()?).rsplit('\\').next()?;
    let path = plain(words.next()?);
    // A switch chooses among the files, or changes them.
    let alone = words.all(|word| ["/c", "/q", "/l"].iter().any(|quiet| word.eq_ignore_ascii_case(quiet)));
    let named = ["icacls", "icacls.exe"].iter().any(|name| tool.eq_ignore_ascii_case(name));
    // Where the text is quoted, the backslash in front of an asterisk is taken for a mark of quoting.
    let folder = path.strip_suffix('*').map(|folder| folder.trim_end_matches('\\'));
    let folder = folder.filter(|folder| named && alone && !folder.contains(['%', '$', '*', '?']))?;
    matches!(KeyPath::of(folder), KeyPath::MachineKeys | KeyPath::CngMachineKeys)
        .then(|| piece.fact(source, folder.to_owned(), folder))
}

/// The words of a command line, quotes included: blanks in quotes part none.
fn words(text: &str) -> Vec<&str> {
    let mut quote = None;
    let parts = |c: char| {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
        quote.is_none() && c.is_whitespace()
    };
    text.split(parts).filter(|word| !word.is_empty()).collect()
}

/// A word without its quotes.
fn plain(word: &str) -> &str {
    word.trim_matches(['"', '\''])
}

/// `icacls <path> /grant <account>:<rights> …`; `None`: another line, or a command that changes no permissions.
fn command(piece: Piece<'_>, source: SourceId) -> Option<AccessChange> {
    let text = piece.text;
    if !acl_lines::is_command(text) {
        return None;
    }
    let words = words(behind_prompt(text));
    let mut words = words.into_iter();
    let tool = plain(words.next()?).rsplit('\\').next()?;
    if !["icacls", "icacls.exe"].iter().any(|name| tool.eq_ignore_ascii_case(name)) {
        return None;
    }
    let path = plain(words.next()?);
    if path.is_empty() || path.contains(['%', '$']) {
        return None;
    }
    let mut change = AccessChange {
        path: piece.fact(source, path.to_owned(), path),
        target: KeyPath::of(path),
        edits: Vec::new(),
        drops_inherited: false,
        unread: false,
        place: piece.trim().place(source),
    };
    let mut edit = None;
    for word in words {
        if let Some(switch) = word.strip_prefix('/') {
            edit = None;
            match switch.to_ascii_lowercase().as_str() {
                "grant" => edit = Some(Edit::Grant),
                "grant:r" => edit = Some(Edit::Replace),
                "deny" => edit = Some(Edit::Deny),
                "remove" => edit = Some(Edit::Remove),
                "remove:g" => edit = Some(Edit::RemoveGrants),
                "remove:d" => edit = Some(Edit::RemoveDenials),
                "inheritance:r" => change.drops_inherited = true,
                // Inherited entries become the file's own.
                "inheritance:d" | "t" | "c" | "l" | "q" => {}
                _ => change.unread = true,
            }
            continue;
        }
        let Some(edit) = edit else {
            change.unread = true;
            continue;
        };
        match entry(piece, source, edit, plain(word)) {
            Some(ace) => change.edits.push((edit, ace)),
            None => change.unread = true,
        }
    }
    let changes = !change.edits.is_empty() || change.drops_inherited || change.unread;
    changes.then_some(change)
}

/// `<account>:<rights>`, of a removal the account alone.
fn entry(piece: Piece<'_>, source: SourceId, edit: Edit, word: &str) -> Option<Ace> {
    let removes = matches!(edit, Edit::Remove | Edit::RemoveGrants | Edit::RemoveDenials);
    let (who, rights) =
        if removes { (word, None) } else { word.rsplit_once(':').map(|(who, rights)| (who, Some(rights)))? };
    let who = plain(who);
    // Windows finds its own accounts without the authority in front of them.
    let known = ["", "NT AUTHORITY\\", "BUILTIN\\", "NT SERVICE\\"].iter().find_map(|authority| {
        let found = principal::of_name(&format!("{authority}{who}"));
        found.sid().is_some().then_some(found)
    });
    let principal = known.unwrap_or_else(|| principal::of_name(who));
    let kind = if edit == Edit::Deny { AceKind::Deny } else { AceKind::Allow };
    let mut ace = Ace::new(piece.fact(source, principal, who), who.trim_start_matches('*').to_owned(), kind, None);
    if let Some(rights) = rights {
        // Simple rights stand without parentheses, also behind those of the inheritance.
        let (groups, simple) = rights.rfind(')').map_or(("", rights), |end| rights.split_at(end.saturating_add(1)));
        let simple = if simple.is_empty() { String::new() } else { format!("({simple})") };
        let printed = format!("x:{groups}{simple}");
        let tail = tail(&printed)?;
        ace.mask = Some(AccessMask(tail.mask?));
        (ace.object_inherit, ace.container_inherit) = (tail.object_inherit, tail.container_inherit);
        (ace.inherit_only, ace.no_propagate) = (tail.inherit_only, tail.no_propagate);
    }
    Some(ace)
}

/// `RX,W`.
fn mask(list: &str) -> Option<u32> {
    list.split(',').try_fold(0u32, |sum, word| {
        let word = word.trim();
        let (_, bits) = RIGHTS.iter().find(|(name, _)| *name == word)?;
        Some(sum | bits)
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::as_conversions)]
mod tests {
    use super::*;
    use crate::formats::cacls::CaclsReader;
    use crate::formats::piece::Cleaned;
    use crate::input::{LineReader, TextEncoding};
    use crate::model::access::AccessList;

    fn read(mut reader: impl TextReader, text: &str) -> Vec<Observed> {
        let mut lines = LineReader::new(text.as_bytes(), TextEncoding::Utf8, &Limits::default());
        while let Some(batch) = lines.next_batch().unwrap() {
            for line in batch.lines() {
                let cleaned = Cleaned::new(line);
                for piece in cleaned.pieces() {
                    reader.line(piece);
                }
            }
        }
        reader.close();
        reader.take()
    }
    fn lists(text: &str) -> Vec<AccessList> {
        let reader = IcaclsReader::new(SourceId(0), &Limits::default());
        let list = |o: Observed| match o.what {
            Observation::AccessList(list) => list,
            _ => panic!(),
        };
        read(reader, text).into_iter().map(list).collect()
    }
    fn names(list: &AccessList) -> Vec<(&str, u32)> {
        list.entries
            .iter()
            .map(|e| (e.principal.value.sid().unwrap_or(&e.printed), e.mask.map_or(0, |m| m.0)))
            .collect()
    }

    const FOLDER: &str = "C:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys";
    const FILE: &str = "C:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys\\99247943bd018ca78ef945b82652598d_0ef7ae28-3cf4-4ec1-a36d-7a0fa4d2a2a1";

    #[test]
    fn the_default_folder() {
        let pad = " ".repeat(FOLDER.len() + 1);
        let text = format!(
            "{FOLDER} Everyone:(R,W)\r\n{pad}BUILTIN\\Administrators:(F)\r\n\r\nSuccessfully processed 1 files; Failed processing 0 files\r\n"
        );
        let found = lists(&text);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].target, KeyPath::MachineKeys);
        assert!(found[0].complete);
        assert_eq!(names(&found[0]), [("S-1-1-0", 0x0012_019f), ("S-1-5-32-544", 0x001f_01ff)]);
        let place = found[0].entries[1].principal.place;
        assert_eq!(&text[place.start as usize..place.end() as usize], "BUILTIN\\Administrators");
        assert_eq!(place.line, 2);
        let path = found[0].path.place;
        assert_eq!(&text[path.start as usize..path.end() as usize], FOLDER);
    }

    #[test]
    fn a_listing_that_a_console_wrapped() {
        let pad = " ".repeat(FILE.len() + 1);
        let whole = format!("{FILE} NT AUTHORITY\\SYSTEM:(F)\n{pad}BUILTIN\\Administrators:(F)\n");
        for width in [80usize, 100, 120] {
            let mut text = String::new();
            for line in whole.lines() {
                for part in line.as_bytes().chunks(width) {
                    text.push_str(std::str::from_utf8(part).unwrap().trim_end_matches(' '));
                    text.push('\n');
                }
            }
            text.push_str("\nSuccessfully processed 1 files; Failed processing 0 files\n");
            let found = lists(&text);
            assert_eq!(found.len(), 1, "{width}\n{text}");
            assert_eq!(names(&found[0]), [("S-1-5-18", 0x001f_01ff), ("S-1-5-32-544", 0x001f_01ff)], "{width}\n{text}");
            assert_eq!(found[0].path.value, FILE);
            assert!(found[0].complete, "{width}");
        }
    }

    #[test]
    fn the_second_line_tells_path_and_principal() {
        let found =
            lists("arquivo 2.txt AUTORIDADE NT\\SISTEMA:(I)(F)\n              BUILTIN\\Administradores:(I)(F)\n\n");
        assert_eq!(found[0].path.value, "arquivo 2.txt");
        assert_eq!(names(&found[0])[0].0, "S-1-5-18");
        let found = lists(
            "C:\\key data\\x ZORYA\\Отдел 11 - все:(OI)(CI)(IO)(DENY)(W,D,Rc,GW,DC)\n              S-1-5-21-1-2-3-1105:(Rc,S,RD,REA,X,RA)\n\n",
        );
        assert_eq!(found[0].path.value, "C:\\key data\\x");
        assert_eq!(found[0].entries[0].printed, "ZORYA\\Отдел 11 - все");
        assert_eq!(found[0].entries[0].kind, AceKind::Deny);
        assert!(found[0].entries[0].inherit_only);
        assert_eq!(found[0].entries[1].mask.unwrap().0, 0x0012_00a9);
    }

    #[test]
    fn refusals() {
        let text = format!("{FOLDER}: Access is denied.\nSuccessfully processed 0 files; Failed processing 1 files\n");
        let found = lists(&text);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].refused.as_ref().unwrap().value, "Access is denied.");
        // Any language, when the closing line counts it.
        let found = lists("C:\\x\\y: Hozzáférés megtagadva.\n0 fájl, 1 hiba a feldolgozásban\n");
        assert_eq!(found.len(), 1);
        assert!(lists("C:\\x\\y.c: warning about something\nhello\n").is_empty());
    }

    #[test]
    fn what_is_no_listing() {
        for text in [
            "icacls C:\\x /grant \"NT AUTHORITY\\SYSTEM:(F)\"\n",
            "C:\\> icacls C:\\x /grant Everyone:(F)\n",
            "please set BUILTIN\\Administrators:(F)\n",
            "  at System.Foo:(Bar)\n",
            "- Everyone:(R,W)\n",
        ] {
            assert!(lists(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn commands_that_change_permissions() {
        let change = |command: &str, reply: &str| -> Option<AccessChange> {
            let text = format!("C:\\Windows\\system32>{command}\nprocessed file: {FILE}\n{reply}\n");
            let found = read(IcaclsReader::new(SourceId(0), &Limits::default()), &text);
            found.into_iter().find_map(|o| match o.what {
                Observation::AccessChange(change) => Some(*change),
                _ => None,
            })
        };
        const DONE: &str = "Successfully processed 1 files; Failed processing 0 files";
        let granted = change(&format!("icacls \"{FILE}\" /grant \"NETWORK SERVICE\":(R) *S-1-5-18:F"), DONE).unwrap();
        assert_eq!(granted.path.value, FILE);
        assert!(!granted.unread);
        let of = |c: &AccessChange| -> Vec<(Edit, String, u32)> {
            let sid = |ace: &Ace| ace.principal.value.sid().unwrap_or(&ace.printed).to_owned();
            c.edits.iter().map(|(edit, ace)| (*edit, sid(ace), ace.mask.map_or(0, |m| m.0))).collect()
        };
        assert_eq!(
            of(&granted),
            [
                (Edit::Grant, "S-1-5-20".to_owned(), AccessMask::READ.0),
                (Edit::Grant, "S-1-5-18".to_owned(), AccessMask::FULL.0)
            ]
        );
        let after = granted.after(None);
        assert_eq!((after.entries.len(), after.complete), (2, false));
        let removed = change(&format!("icacls {FILE} /remove:g \"NT AUTHORITY\\NETWORK SERVICE\" /t"), DONE).unwrap();
        let mut whole = after.clone();
        whole.complete = true;
        let left = removed.after(Some(&whole));
        assert_eq!((left.entries.len(), left.complete), (1, true));
        assert_eq!(left.entries[0].principal.value.sid(), Some("S-1-5-18"));
        // What fails changes nothing, and neither does a look.
        let failed = "Successfully processed 0 files; Failed processing 1 files";
        assert!(change(&format!("icacls {FILE} /grant Everyone:(R)"), failed).is_none());
        assert!(change(&format!("icacls {FILE}"), DONE).is_none());
        assert!(change(&format!("icacls {FILE} /reset"), DONE).unwrap().unread);
    }

    #[test]
    fn a_look_at_all_files_of_a_folder() {
        let listing = |command: &str, summary: &str| -> Option<FolderListing> {
            let pad = " ".repeat(FILE.len() + 1);
            let text = format!(
                "C:\\Windows\\system32>{command}\n{FILE} NT AUTHORITY\\SYSTEM:(F)\n{pad}BUILTIN\\Administrators:(F)\n\n{summary}\n"
            );
            let found = read(IcaclsReader::new(SourceId(0), &Limits::default()), &text);
            assert!(matches!(found[0].what, Observation::AccessList(_)));
            found.into_iter().find_map(|o| match o.what {
                Observation::FolderListing(listing) => Some(listing),
                _ => None,
            })
        };
        const ONE: &str = "Successfully processed 1 files; Failed processing 0 files";
        let whole = listing(&format!("icacls \"{FOLDER}\\*\""), ONE).unwrap();
        assert_eq!((whole.target, whole.folder.value.as_str(), whole.complete), (KeyPath::MachineKeys, FOLDER, true));
        let names: Vec<&str> = whole.files.iter().map(|(name, _)| name.value.as_str()).collect();
        assert_eq!(names, ["99247943bd018ca78ef945b82652598d_0ef7ae28-3cf4-4ec1-a36d-7a0fa4d2a2a1"]);
        assert!(listing(&format!("icacls {FOLDER}\\* /c"), ONE).is_some());
        // One was refused, or left out of the paste; another pattern, another tool, another folder.
        let refused = "Successfully processed 1 files; Failed processing 1 files";
        assert!(listing(&format!("icacls {FOLDER}\\*"), refused).is_none());
        assert!(listing(&format!("icacls {FOLDER}\\*"), &ONE.replacen('1', "2", 1)).is_none());
        for command in [
            format!("icacls {FILE}"),
            format!("icacls {FOLDER}\\9*"),
            format!("cacls {FOLDER}\\*"),
            "icacls C:\\keys\\*".to_owned(),
        ] {
            assert!(listing(&command, ONE).is_none(), "{command}");
        }
    }

    #[test]
    fn cut_and_damaged() {
        let pad = " ".repeat(FOLDER.len() + 1);
        let found = lists(&format!("{FOLDER} Everyone:(R,W)\n{pad}BUILTIN\\Adm"));
        assert!(!found[0].complete);
        assert_eq!(found[0].entries.len(), 2);
        assert_eq!(found[0].entries[1].mask, None);
        let found = lists(&format!("{FOLDER} Everyone:(R,W)\n"));
        assert!(!found[0].complete);
    }

    #[test]
    fn older_tool() {
        let text = "C:\\key BUILTIN\\Administrators:(OI)(CI)F \n       Jeder:(OI)(CI)(special access:)\n              READ_CONTROL\n              FILE_READ_DATA\n \n       CONTOSO\\web:R \n\n";
        let found = read(CaclsReader::new(SourceId(0), &Limits::default()), text);
        let Observation::AccessList(list) = &found[0].what else { panic!() };
        assert_eq!(
            names(list),
            [("S-1-5-32-544", 0x001f_01ff), ("S-1-1-0", 0x0002_0001), ("CONTOSO\\web", 0x0012_00a9)]
        );
        assert!(list.complete && list.entries[0].object_inherit);
    }

    proptest::proptest! {
        #[test]
        fn never_panics_and_places_are_inside(lines in proptest::collection::vec("(C:\\\\a b )?[ A-Z\\\\:()é]{0,20}(Everyone:\\(F\\)|:\\(R,W\\)|:F| 1 2)?", 0..12)) {
            let text = lines.join("\n");
            for found in [
                read(IcaclsReader::new(SourceId(0), &Limits::default()), &text),
                read(CaclsReader::new(SourceId(0), &Limits::default()), &text),
            ] {
                for o in found {
                    proptest::prop_assert!(o.place.end() <= text.len() as u64);
                    let Observation::AccessList(list) = o.what else { continue };
                    for e in &list.entries {
                        proptest::prop_assert!(e.principal.place.end() <= text.len() as u64);
                    }
                }
            }
        }
    }
}
