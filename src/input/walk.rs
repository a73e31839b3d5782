//! From the arguments of the command line to the list of inputs.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use super::SourceName;
use crate::limits::Limits;

/// An input, found by walking the arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What it is called in reports.
    pub name: SourceName,
    /// Where its bytes come from, or why there are none.
    pub place: Place,
}

/// Where the bytes of an input come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Standard input.
    Stdin,
    /// A regular file; a FIFO or device only if it was named directly.
    File(PathBuf),
    /// It can't be read: a message for a person.
    Failed(String),
    /// It was left out, with the reason: a FIFO, device or socket in a folder, or too many files.
    Skipped(String),
}

/// An input that was opened.
#[derive(Debug)]
pub enum Opened {
    /// A regular file, which can be read at any place.
    File(File),
    /// Standard input, a FIFO or a device.
    Stream(Stream),
}

/// What can be read only once, from front to back.
#[derive(Debug)]
pub enum Stream {
    /// Standard input.
    Stdin(io::Stdin),
    /// A FIFO or a device that was named directly.
    Special(File),
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Stdin(stdin) => stdin.read(buffer),
            Self::Special(file) => file.read(buffer),
        }
    }
}

impl Found {
    /// Opens the input; none if there is nothing to open.
    ///
    /// # Errors
    /// The error of the system: the file is gone, or may not be read. It concerns this input only.
    pub fn open(&self) -> Option<io::Result<Opened>> {
        let opened = |file: File| match file.metadata() {
            Ok(metadata) if metadata.is_file() => Opened::File(file),
            _ => Opened::Stream(Stream::Special(file)),
        };
        match &self.place {
            Place::Stdin => Some(Ok(Opened::Stream(Stream::Stdin(io::stdin())))),
            Place::File(path) => Some(File::open(path).map(opened)),
            Place::Failed(_) | Place::Skipped(_) => None,
        }
    }
}

/// The inputs that the arguments name, in their order: files, folders with all that is in them (sorted by path), and
/// `-` for standard input (once).
///
/// In folders no symbolic link is followed (it is an input with that message), no ignore file is obeyed, hidden files count, and only regular files are
/// read. A link that is named directly is followed; so is a FIFO or device read that is named directly. A path that
/// can't be read is an input with a message, never an error. At most `Limits::walked_files` files come from folders.
pub fn walk<P: AsRef<Path>>(arguments: &[P], limits: &Limits) -> Vec<Found> {
    let mut found = Vec::new();
    let mut left = limits.walked_files;
    let mut stdin_seen = false;
    for argument in arguments {
        let path = argument.as_ref();
        if path.as_os_str() == "-" {
            if !std::mem::replace(&mut stdin_seen, true) {
                found.push(Found { name: SourceName::stdin(), place: Place::Stdin });
            }
            continue;
        }
        match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => walk_folder(path, &mut left, limits, &mut found),
            Ok(_) => found.push(file(path, Place::File(path.to_owned()))),
            Err(error) => found.push(file(path, Place::Failed(format!("can't be read: {error}")))),
        }
    }
    without_repetition(found)
}

fn file(path: &Path, place: Place) -> Found {
    Found { name: SourceName::file(path), place }
}

fn walk_folder(folder: &Path, left: &mut usize, limits: &Limits, found: &mut Vec<Found>) {
    let walk =
        WalkBuilder::new(folder).standard_filters(false).follow_links(false).sort_by_file_name(|a, b| a.cmp(b)).build();
    for entry in walk {
        let input = match entry {
            Ok(entry) => {
                // The folder itself may be a link that was named directly.
                let kind = entry.file_type().filter(|_| entry.depth() > 0);
                match kind {
                    Some(kind) if kind.is_file() => file(entry.path(), Place::File(entry.path().to_owned())),
                    Some(kind) if kind.is_dir() => continue,
                    Some(kind) if kind.is_symlink() => {
                        let reason = "is a symbolic link, which is not followed: name what it leads to".to_owned();
                        file(entry.path(), Place::Skipped(reason))
                    }
                    Some(_) => {
                        let reason = "is not a regular file (FIFO, device or socket)".to_owned();
                        file(entry.path(), Place::Skipped(reason))
                    }
                    None => continue,
                }
            }
            Err(error) => {
                let path = path_of(&error).unwrap_or(folder);
                file(path, Place::Failed(format!("can't be read: {}", reason(&error))))
            }
        };
        let Some(fewer) = left.checked_sub(1) else {
            let reason = format!("has more files than one run reads ({}); the rest is left out", limits.walked_files);
            found.push(file(folder, Place::Skipped(reason)));
            return;
        };
        *left = fewer;
        found.push(input);
    }
}

/// The path that an error of the walk is about.
fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        _ => None,
    }
}

/// What the system said, without the path.
fn reason(error: &ignore::Error) -> String {
    error.io_error().map_or_else(|| error.to_string(), ToString::to_string)
}

/// Leaves out a file that was found before: named twice, or named and found in a folder.
fn without_repetition(found: Vec<Found>) -> Vec<Found> {
    let mut seen = HashSet::new();
    let keep = |input: &Found| match &input.place {
        Place::File(path) => seen.insert(path.clone()),
        _ => true,
    };
    found.into_iter().filter(keep).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn names(found: &[Found], root: &Path) -> Vec<String> {
        let root = format!("{}/", root.display());
        found.iter().map(|f| f.name.path.replace(&root, "")).collect()
    }

    #[test]
    fn folders_are_walked_in_order_with_everything_in_them() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        std::fs::create_dir_all(root.join("b/.hidden")).unwrap();
        for name in ["b/z.txt", "b/.hidden/k", "a.log", ".gitignore", "ignored.txt"] {
            std::fs::write(root.join(name), "*\n").unwrap();
        }
        let found = walk(&[root], &Limits::default());
        assert_eq!(names(&found, root), [".gitignore", "a.log", "b/.hidden/k", "b/z.txt", "ignored.txt"]);
        assert!(found.iter().all(|f| matches!(f.place, Place::File(_))));
        let again = walk(&[root.join("b/z.txt"), root.to_owned(), root.join("a.log")], &Limits::default());
        assert_eq!(names(&again, root), ["b/z.txt", ".gitignore", "a.log", "b/.hidden/k", "ignored.txt"]);
    }

    #[test]
    fn a_missing_path_is_an_input_with_a_message() {
        let found = walk(&["-", "no/such/file", "-"], &Limits::default());
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].place, Place::Stdin);
        assert_eq!(found[1].name.path, "no/such/file");
        assert!(matches!(&found[1].place, Place::Failed(message) if message.starts_with("can't be read: ")));
        assert!(found[1].open().is_none());
    }

    #[test]
    fn the_number_of_walked_files_is_bounded() {
        let dir = tempfile::tempdir().unwrap();
        for i in 0..5 {
            std::fs::write(dir.path().join(format!("{i}")), "").unwrap();
        }
        let limits = Limits { walked_files: 3, ..Limits::default() };
        let found = walk(&[dir.path()], &limits);
        assert_eq!(found.len(), 4);
        assert!(matches!(&found[3].place, Place::Skipped(reason) if reason.contains("(3)")));
    }

    #[cfg(unix)]
    #[test]
    fn links_sockets_and_strange_names() {
        use std::os::unix::ffi::OsStrExt;
        use std::os::unix::fs::symlink;
        use std::os::unix::net::UnixListener;

        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        std::fs::create_dir(root.join("sub")).unwrap();
        std::fs::write(root.join(std::ffi::OsStr::from_bytes(b"sub/\xff.txt")), "").unwrap();
        symlink(root, root.join("sub/loop")).unwrap();
        symlink("/dev/zero", root.join("sub/zero")).unwrap();
        let _socket = UnixListener::bind(root.join("sub/socket")).unwrap();
        let found = walk(&[root.join("sub")], &Limits::default());
        assert_eq!(names(&found, root), ["sub/loop", "sub/socket", "sub/zero", "sub/\u{fffd}.txt"]);
        let link = |place: &Place| matches!(place, Place::Skipped(reason) if reason.contains("symbolic link"));
        assert!(link(&found[0].place) && link(&found[2].place));
        assert!(matches!(&found[1].place, Place::Skipped(reason) if reason.contains("socket")));
        assert!(found[3].open().unwrap().is_ok());

        // Named directly, a link is followed and a device is read.
        symlink(root.join("sub"), root.join("link")).unwrap();
        let below = names(&walk(&[root.join("link")], &Limits::default()), root);
        assert_eq!(below, ["link/loop", "link/socket", "link/zero", "link/\u{fffd}.txt"]);
        let device = walk(&["/dev/null"], &Limits::default());
        let mut bytes = Vec::new();
        let Opened::Stream(mut stream) = device[0].open().unwrap().unwrap() else { panic!("a device is no file") };
        stream.read_to_end(&mut bytes).unwrap();
        assert!(bytes.is_empty());
    }

    /// A folder that can't be listed, by the error that the walk gives for it.
    #[test]
    fn an_error_of_the_walk_names_its_path_and_the_systems_words() {
        let io = || ignore::Error::Io(io::Error::other("the cable is out"));
        let with_path = |err| ignore::Error::WithPath { path: PathBuf::from("a/b"), err: Box::new(err) };
        let deep = ignore::Error::WithDepth { depth: 2, err: Box::new(with_path(io())) };
        assert_eq!(path_of(&deep), Some(Path::new("a/b")));
        assert_eq!(reason(&deep), "the cable is out");
        assert_eq!(path_of(&io()), None);
        let endless = ignore::Error::Loop { ancestor: PathBuf::from("a"), child: PathBuf::from("a/b") };
        assert!(path_of(&endless).is_none() && reason(&endless).contains("a/b"));
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_may_not_be_listed_is_an_input_with_a_message() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let shut = dir.path().join("shut");
        std::fs::create_dir(&shut).unwrap();
        std::fs::write(dir.path().join("a.txt"), "").unwrap();
        std::fs::set_permissions(&shut, std::fs::Permissions::from_mode(0o0)).unwrap();
        let found = walk(&[dir.path()], &Limits::default());
        assert_eq!(names(&found, dir.path())[0], "a.txt");
        // The administrator may list it all the same: then nothing is in it.
        if std::fs::read_dir(&shut).is_err() {
            assert!(matches!(&found[1].place, Place::Failed(message) if message.contains("Permission denied")));
        }
    }
}
