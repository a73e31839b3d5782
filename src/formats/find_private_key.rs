//! What `FindPrivateKey.exe` prints: in which folder the key file of a certificate is, and the file's name.
//!
//! ```text
//! C:\tools>FindPrivateKey.exe My LocalMachine -t "3d 51 6b …"
//! Private key directory:
//! C:\ProgramData\Microsoft\Crypto\RSA\MachineKeys
//! Private key file name:
//! <32 digits>_<GUID>
//! ```
//!
//! With `-a` it is one path. The tool has no translations. Of which certificate the key is, only the command tells, and only
//! by its thumbprint (`-t`): several certificates can have the subject of `-n`. It does not show the KeySpec. The folder
//! tells whether CryptoAPI or CNG keeps the key, and whether it is the machine's or a user's.
//!
//! Source: Microsoft Learn, "FindPrivateKey" (Windows Communication Foundation samples).

use super::folder_listing::KIND;
use super::glance::Glance;
use super::piece::Piece;
use super::text_reader::{TextReader, joined_place, keep_line};
use super::text_shapes::{fills_a_console, is_path, prompted};
use crate::limits::Limits;
use crate::model::access::{KeyPath, family_of_folder};
use crate::model::container_name::split_file_name;
use crate::model::fact::{Excerpts, Fact, Place, SourceId};
use crate::model::observation::{FolderListing, Observation, Observed, ShownBy, ShownKey};
use crate::model::thumbprint::Sha1;
use std::borrow::Cow;

/// A longer line is none of this tool (bytes): two paths of the longest length (MAX_PATH).
const LINE: usize = 520;

/// The output comes within so many lines after the command.
const NEAR: u32 = 4;

/// The tool's words in front of the folder.
const FOLDER: &str = "Private key directory:";

/// The tool's words in front of the file's name.
const NAME: &str = "Private key file name:";

/// A command that was typed.
struct Asked {
    text: Fact<String>,
    thumbprint: Option<Fact<Sha1>>,
    subject: Option<Fact<String>>,
    store_path: Option<Fact<String>>,
    /// It asks for one path.
    absolute: bool,
    excerpts: Excerpts,
    lines: u32,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// The folder, or the rest of it.
    Folder,
    /// The file's name.
    Name,
    /// The rest of a path that a console wrapped.
    Path,
}

/// An output that is open.
struct Open {
    next: Next,
    first: Place,
    /// What is known of the folder or path.
    path: Option<Fact<String>>,
    /// The last line of it fills a console.
    wraps: bool,
    excerpts: Excerpts,
}

/// Reads the outputs of the tool.
pub struct FindPrivateKeyReader {
    source: SourceId,
    limits: Limits,
    asked: Option<Asked>,
    open: Option<Open>,
    records: Vec<Observed>,
}

impl FindPrivateKeyReader {
    /// A reader for an input.
    pub fn new(source: SourceId, limits: &Limits) -> Self {
        Self { source, limits: limits.clone(), asked: None, open: None, records: Vec::new() }
    }

    fn keep(&self, excerpts: &mut Excerpts, piece: Piece<'_>) {
        keep_line(excerpts, piece.place(self.source), piece, self.limits.excerpt_lines, self.limits.excerpt_columns);
    }

    fn command(&mut self, piece: Piece<'_>, command: &str) {
        let words: Vec<&str> = words(command).take(16).collect();
        let mut asked = Asked {
            text: piece.text_fact(self.source, command),
            thumbprint: None,
            subject: None,
            store_path: None,
            absolute: false,
            excerpts: Excerpts::default(),
            lines: 0,
        };
        self.keep(&mut asked.excerpts, piece);
        let mut plain = Vec::new();
        let mut rest = words.into_iter().skip_while(|word| *word == "&").skip(1);
        while let Some(word) = rest.next() {
            match word.to_ascii_lowercase().as_str() {
                "-t" => {
                    asked.thumbprint =
                        rest.next().and_then(|value| Some(piece.fact(self.source, Sha1::parse(value)?, value)))
                }
                "-n" => asked.subject = rest.next().map(|value| piece.text_fact(self.source, value)),
                "-a" => asked.absolute = true,
                flag if flag.starts_with('-') => {}
                _ => plain.push(word),
            }
        }
        if let [name, location] = plain.as_slice()
            && ["localmachine", "currentuser"].contains(&location.to_ascii_lowercase().as_str())
        {
            let place = joined_place(piece.part(name).place(self.source), piece.part(location).place(self.source));
            asked.store_path = Some(Fact::stated(format!("{location}\\{name}"), place));
        }
        self.asked = Some(asked);
    }

    /// Goes on with a folder or a path, over the lines in which a console shows it; false: the line is none of it.
    fn path(&mut self, piece: Piece<'_>) -> bool {
        let part = piece.text_fact(self.source, piece.text);
        let Some(open) = &mut self.open else { return false };
        match &mut open.path {
            None if is_path(piece.text) => open.path = Some(part),
            Some(path) if open.wraps && path.value.len() < LINE => {
                path.value.push_str(piece.text);
                path.place = joined_place(path.place, part.place);
            }
            _ => return false,
        }
        open.wraps = fills_a_console(piece.text);
        true
    }

    /// One path of the tool's `-a` is whole: gives what it states.
    fn whole_path(&mut self) -> bool {
        let Some(path) = self.open.as_ref().and_then(|open| open.path.clone()) else { return false };
        let KeyPath::KeyFile { folder, .. } = KeyPath::of(&path.value) else { return false };
        let Some((at, name)) = path.value.rsplit_once('\\') else { return false };
        if *folder == KeyPath::Other {
            return false;
        }
        let name = Fact::stated(name.to_owned(), path.place);
        self.record(Fact::stated(at.to_owned(), path.place), *folder, name, path.place);
        true
    }

    fn record(&mut self, folder: Fact<String>, target: KeyPath, name: Fact<String>, last: Place) {
        let Some(open) = self.open.take() else { return };
        let asked = self.asked.take();
        let mut excerpts = Excerpts::default();
        let mut fields: Vec<(Cow<'static, str>, Fact<String>)> = Vec::new();
        let mut key = ShownKey {
            shown_by: ShownBy::KeyFile,
            machine: Some(Fact::derived(target != KeyPath::UserKeys, folder.place, "from the folder of the key file")),
            unique_name: Some(name.clone()),
            family: family_of_folder(&folder.value)
                .map(|family| Fact::derived(family, folder.place, "from the folder of the key file")),
            ..ShownKey::default()
        };
        if let Some(asked) = asked {
            excerpts.extend(asked.excerpts);
            key.command_line = asked.text.place.line;
            fields.push(("command".into(), asked.text));
            fields.extend(asked.subject.map(|subject| ("subject".into(), subject)));
            (key.thumbprint, key.store_path) = (asked.thumbprint, asked.store_path);
        }
        excerpts.extend(open.excerpts);
        fields.push(("private_key_directory".into(), folder.clone()));
        fields.push(("private_key_file_name".into(), name.clone()));
        let listing = FolderListing { folder, target, files: vec![(name, None)], complete: false };
        let place = joined_place(open.first, last);
        // The folder holds the file, whosever key it is.
        for what in [Observation::FolderListing(listing), Observation::Key(Box::new(key))] {
            self.records.push(Observed { kind: KIND, place, fields: fields.clone(), excerpts: excerpts.clone(), what });
        }
    }

    /// A line of an open output; false: it is none.
    fn goes_on(&mut self, piece: Piece<'_>) -> bool {
        let Some(open) = &self.open else { return false };
        match open.next {
            Next::Folder if piece.text == NAME => {
                let folder = open.path.as_ref().map_or(KeyPath::Other, |path| KeyPath::of(&path.value));
                let known = !matches!(folder, KeyPath::Other | KeyPath::KeyFile { .. });
                if let Some(open) = self.open.as_mut().filter(|_| known) {
                    open.next = Next::Name;
                }
                known
            }
            Next::Folder => self.path(piece),
            Next::Name if split_file_name(piece.text).is_some() => {
                let Some(folder) = open.path.clone() else { return false };
                let name = piece.text_fact(self.source, piece.text);
                let (target, last) = (KeyPath::of(&folder.value), name.place);
                self.with_line(piece);
                self.record(folder, target, name, last);
                true
            }
            Next::Name => false,
            Next::Path => {
                self.with_line(piece);
                self.path(piece) && (self.whole_path() || fills_a_console(piece.text))
            }
        }
    }

    fn with_line(&mut self, piece: Piece<'_>) {
        if let Some(mut open) = self.open.take() {
            self.keep(&mut open.excerpts, piece);
            self.open = Some(open);
        }
    }

    fn begin(&mut self, piece: Piece<'_>, next: Next) {
        let first = piece.place(self.source);
        self.open = Some(Open { next, first, path: None, wraps: false, excerpts: Excerpts::default() });
    }
}

impl TextReader for FindPrivateKeyReader {
    fn line(&mut self, piece: Piece<'_>) -> bool {
        let piece = piece.trim();
        let text = piece.text;
        if text.is_empty() {
            return self.open.is_some();
        }
        if text.len() > LINE {
            self.close();
            return false;
        }
        let typed = prompted(text);
        if let Some(command) = typed.or(Some(text)).filter(|command| is_command(command)) {
            self.open = None;
            self.command(piece, command);
            return false;
        }
        if typed.is_some() {
            self.close();
            return false;
        }
        if self.open.is_some() {
            if self.goes_on(piece) {
                if self.open.as_ref().is_some_and(|open| open.next == Next::Folder) {
                    self.with_line(piece);
                }
                return true;
            }
            self.open = None;
        }
        if text == FOLDER {
            self.begin(piece, Next::Folder);
            self.with_line(piece);
            return true;
        }
        let Some(asked) = &mut self.asked else { return false };
        asked.lines = asked.lines.saturating_add(1);
        let (absolute, over) = (asked.absolute && asked.lines == 1, asked.lines > NEAR);
        if absolute && is_path(text) {
            self.begin(piece, Next::Path);
            self.with_line(piece);
            if self.path(piece) && (self.whole_path() || fills_a_console(text)) {
                return true;
            }
            self.open = None;
        }
        if over {
            self.asked = None;
        }
        false
    }

    fn words(&self) -> Vec<&'static str> {
        vec!["FindPrivateKey", FOLDER]
    }

    fn passes_over(&self, _piece: Piece<'_>, _glance: &Glance<'_>) -> bool {
        self.open.is_none() && self.asked.is_none()
    }

    fn is_open(&self) -> bool {
        self.open.is_some()
    }

    fn close(&mut self) {
        self.open = None;
        self.asked = None;
    }

    fn take(&mut self) -> Vec<Observed> {
        std::mem::take(&mut self.records)
    }
}

/// Whether a command runs the tool: its name with or without a path, quotes and ending.
fn is_command(command: &str) -> bool {
    let verb = words(command).find(|word| *word != "&").unwrap_or_default();
    let name = verb.rsplit(['\\', '/']).next().unwrap_or_default();
    ["findprivatekey", "findprivatekey.exe"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// The words of a command line; what stands in quotes is one.
fn words(command: &str) -> impl Iterator<Item = &str> {
    let mut rest = command;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => rest.split_at_checked(rest.find(char::is_whitespace).unwrap_or(rest.len()))?,
        };
        let ends = rest.is_empty();
        rest = after;
        (!ends).then_some(word)
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use crate::formats::reader_testing::{SOURCE, read, words as words_at};
    use crate::model::provider::ProviderKind;

    const FILE: &str = "f686aace6942fb7f7ceb231212eef4a4_c0cc2d9c-1f3a-4e5b-8c6d-7a8b9c0d1e2f";
    const MACHINE: &str = "C:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys";
    const USER: &str =
        "C:\\Users\\svc-web\\AppData\\Roaming\\Microsoft\\Crypto\\RSA\\S-1-5-21-1004336348-1177238915-682003330-1104";
    const HASH: &str = "a1b2c3d4e5f60718293a4b5c6d7e8f9001122334";
    const PAIRS: &str = "a1 b2 c3 d4 e5 f6 07 18 29 3a 4b 5c 6d 7e 8f 90 01 12 23 34";

    fn output(folder: &str) -> String {
        format!("Private key directory:\n{folder}\nPrivate key file name:\n{FILE}\n")
    }

    fn keys(text: &str) -> Vec<ShownKey> {
        let records = read(&mut FindPrivateKeyReader::new(SOURCE, &Limits::default()), text).records;
        let listings = records.iter().filter(|r| matches!(r.what, Observation::FolderListing(_))).count();
        let keys: Vec<ShownKey> = records
            .into_iter()
            .filter_map(|record| match record.what {
                Observation::Key(key) => Some(*key),
                _ => None,
            })
            .collect();
        assert_eq!(listings, keys.len());
        keys
    }

    fn said(key: &ShownKey) -> (Option<String>, Option<&str>, Option<bool>, Option<&str>) {
        (
            key.thumbprint.as_ref().map(|sha1| sha1.value.to_string()),
            key.store_path.as_ref().map(|path| path.value.as_str()),
            key.machine.as_ref().map(|machine| machine.value),
            key.unique_name.as_ref().map(|name| name.value.as_str()),
        )
    }

    #[test]
    fn the_certificate_of_the_command() {
        let text = format!("C:\\tools>FindPrivateKey.exe My LocalMachine -t \"{PAIRS}\"\n\n{}", output(MACHINE));
        let [key] = &keys(&text)[..] else { panic!() };
        assert_eq!(said(key), (Some(HASH.to_owned()), Some("LocalMachine\\My"), Some(true), Some(FILE)));
        assert_eq!(words_at(&text, key.thumbprint.as_ref().unwrap().place), PAIRS);
        assert_eq!(words_at(&text, key.unique_name.as_ref().unwrap().place), FILE);
        assert!(key.key_spec.is_none() && key.provider.is_none() && key.accessible.is_none());
        let family = |text: &str| keys(text)[0].family.as_ref().map(|family| family.value);
        assert_eq!(family(&text), Some(ProviderKind::Csp));
        assert_eq!(family(&output(USER)), Some(ProviderKind::Csp));
        let profile = "C:\\Users\\svc-web\\AppData\\Roaming\\Microsoft\\Crypto\\Keys";
        for (folder, machine) in [("C:\\ProgramData\\Microsoft\\Crypto\\Keys", true), (profile, false)] {
            assert_eq!(
                (family(&output(folder)), said(&keys(&output(folder))[0]).2),
                (Some(ProviderKind::Ksp), Some(machine))
            );
        }
        let text = format!("PS C:\\> & \"C:\\x y\\findprivatekey\" my currentuser -t {HASH}\n{}", output(USER));
        let [key] = &keys(&text)[..] else { panic!() };
        assert_eq!(said(key), (Some(HASH.to_owned()), Some("currentuser\\my"), Some(false), Some(FILE)));
    }

    #[test]
    fn one_path() {
        let command = format!("FindPrivateKey My LocalMachine -t \"\u{200e}{PAIRS}\" -a\n");
        let path = format!("{MACHINE}\\{FILE}");
        for shown in [path.clone(), format!("{}\n{}", &path[..80], &path[80..])] {
            let [key] = &keys(&format!("{command}{shown}\n"))[..] else { panic!("{shown}") };
            assert_eq!(said(key), (Some(HASH.to_owned()), Some("LocalMachine\\My"), Some(true), Some(FILE)));
        }
        let path_of_user = format!("{USER}\\{FILE}");
        let (first, rest) = path_of_user.split_at(80);
        let wrapped = format!("{command}{first}\n{}\n{}\n", &rest[..80], &rest[80..]);
        assert_eq!(said(&keys(&wrapped)[0]).2, Some(false));
        // Without -a, and behind other lines, it is none of the tool's.
        assert!(keys(&format!("{}{path}\n", command.replace(" -a", ""))).is_empty());
        assert!(keys(&format!("{command}something\n{path}\n")).is_empty());
        assert!(keys(&format!("{command}C:\\temp\\{FILE}\n")).is_empty());
    }

    #[test]
    fn a_key_of_no_known_certificate() {
        let [key] = &keys(&output("C:\\ProgramData\\Microsoft\\Crypto\\Keys"))[..] else { panic!() };
        assert_eq!(said(key), (None, None, Some(true), Some(FILE)));
        let text = format!("C:\\>FindPrivateKey My LocalMachine -n \"CN=www.contoso.com\"\n{}", output(MACHINE));
        let [key] = &keys(&text)[..] else { panic!() };
        assert_eq!(said(key), (None, Some("LocalMachine\\My"), Some(true), Some(FILE)));
        // The command is another one's.
        let text = format!("C:\\>FindPrivateKey My LocalMachine -t {HASH}\nnot found\nC:\\>x\n{}", output(MACHINE));
        assert!(keys(&text)[0].thumbprint.is_none());
        // A folder that a console wrapped.
        let wrapped = format!("{}\n{}", &USER[..80], &USER[80..]);
        assert_eq!(said(&keys(&output(&wrapped))[0]).2, Some(false));
    }

    #[test]
    fn look_alikes() {
        for text in [
            output("C:\\temp"),
            output(""),
            "Private key directory:\nPrivate key file name:\n".to_owned(),
            format!("Private key directory:\n{MACHINE}\n{FILE}\n"),
            format!("Private key directory:\n{MACHINE}\nPrivate key file name:\nx\n{FILE}\n"),
            format!("{MACHINE}\nPrivate key file name:\n{FILE}\n"),
        ] {
            assert!(keys(&text).is_empty(), "{text}");
        }
    }
}
