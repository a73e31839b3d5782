//! The members of zip archives, read where they stand: nothing is written to disk, no name of a member is used as a path.
//!
//! Source of the layout: PKWARE, APPNOTE.TXT 6.3.10 (4.3 general format, 4.4.4 flags, 4.4.5 methods).

/// Whether an input is a zip archive, by its first bytes: a local header, the end of an empty directory, or the marker
/// of a split archive before a local header (APPNOTE 4.3.7, 4.3.16, 8.5.3 and 8.5.5).
pub fn is_zip(head: &[u8]) -> bool {
    [&b"PK\x03\x04"[..], b"PK\x05\x06", b"PK\x07\x08PK\x03\x04", b"PK00PK\x03\x04"].iter().any(|m| head.starts_with(m))
}

#[cfg(feature = "zip")]
pub use members::{Body, Budget, Member, MemberKind, Unread, Walked, is_locked, walk};

#[cfg(feature = "zip")]
mod members {
    use crate::limits::{ARCHIVE_PASSWORD_TRIES, Limits};
    use std::io::{self, BufReader, Read, Seek, SeekFrom};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
    use zeroize::Zeroizing;
    use zip::read::{Config, OwnedZipFileEntry, read_zipfile_from_stream};
    use zip::result::ZipError;
    use zip::unstable::read::ZipIterable;
    use zip::{CompressionMethod, ZipReadOptions};

    /// What the members of an archive and of the archives in it may cost together.
    #[derive(Debug, Clone, Default)]
    pub struct Budget {
        members: Arc<AtomicUsize>,
        bytes: Arc<AtomicU64>,
        /// All of `bytes`, for messages.
        all: u64,
    }

    impl Budget {
        /// The whole budget of one outermost archive of this length in bytes. The bound of what a member expands to holds
        /// for all of them together as well: many small members are no way around it.
        pub fn new(length: u64, limits: &Limits) -> Self {
            let by_ratio = length.saturating_mul(limits.archive_ratio).saturating_add(limits.archive_ratio_from);
            let all = by_ratio.min(limits.archive_bytes);
            Self {
                members: Arc::new(AtomicUsize::new(limits.archive_members)),
                bytes: Arc::new(AtomicU64::new(all)),
                all,
            }
        }

        /// One member less; false if none is left.
        fn take_member(&self) -> bool {
            let left = self.members.load(Ordering::Relaxed).checked_sub(1);
            self.members.store(left.unwrap_or(0), Ordering::Relaxed);
            left.is_some()
        }
    }

    /// What a member is.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum MemberKind {
        /// A file.
        File,
        /// A folder: it has no content.
        Folder,
        /// A symbolic link; its content is the path it points to and is not followed.
        Link,
    }

    /// One entry of an archive.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Member {
        /// The path inside the archive, as it is written there, for display: control characters and those that change
        /// the direction of text are escaped, a very long name is cut. It is never a path of this machine.
        pub name: String,
        /// What it is.
        pub kind: MemberKind,
        /// Its size as the archive states it, in bytes.
        pub size: u64,
    }

    /// Why a member can't be read.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub enum Unread {
        /// It is encrypted, and no password opens it.
        Locked(String),
        /// It is damaged, or of a kind that is not read.
        Failed(String),
    }

    /// The content of a member, or why it can't be read.
    pub type Body<'b> = Result<&'b mut (dyn Read + Send), Unread>;

    /// The passwords of an archive. The one that opened a member is tried first on the next one.
    struct Passwords<'p> {
        list: Vec<&'p [u8]>,
        /// Wrong tries so far.
        wrong: usize,
    }

    impl<'p> Passwords<'p> {
        fn new(list: &'p [Zeroizing<String>]) -> Self {
            Self { list: list.iter().map(|password| password.as_bytes()).collect(), wrong: 0 }
        }

        /// The password that opens a member. Each is tried on the whole of it: what stands at its head to check a password
        /// fits a wrong one once in 256 or 65,536 times (APPNOTE 6.1.6; WinZip, AES encryption information, III.D).
        fn of<R: Read + Seek + Send>(
            &mut self,
            entry: &OwnedZipFileEntry,
            reader: &mut R,
            limits: &Limits,
        ) -> Result<&'p [u8], String> {
            let packed = entry.compressed_size();
            let Self { list, wrong } = self;
            let fits = |password: &&[u8]| {
                if *wrong >= ARCHIVE_PASSWORD_TRIES {
                    return false;
                }
                let options = ZipReadOptions::new().password(Some(*password));
                let fits = entry.as_ref().with_reader(&mut *reader, options).is_ok_and(|mut file| {
                    let mut bounded = Bounded::new(&mut file, packed, limits, &Budget::new(packed, limits));
                    // What is too large is so with the right one: of another only noise comes out.
                    io::copy(&mut bounded, &mut io::sink()).is_ok() || bounded.stopped.is_some()
                });
                *wrong = wrong.saturating_add(usize::from(!fits));
                fits
            };
            match list.iter().position(fits) {
                Some(at) => {
                    list.swap(0, at);
                    list.first().copied().ok_or_else(String::new)
                }
                None if list.is_empty() => {
                    Err("the member is encrypted: it needs a password (`--passin`, `--passwords`)".to_owned())
                }
                None if *wrong >= ARCHIVE_PASSWORD_TRIES => Err(format!(
                    "the member is encrypted, and after {ARCHIVE_PASSWORD_TRIES} wrong passwords no more are tried on \
                     this archive"
                )),
                None => {
                    Err("the member is encrypted, and no password that was given opens it, or it is damaged".to_owned())
                }
            }
        }
    }

    /// Whether none of the passwords opens the first encrypted member of an archive.
    pub fn is_locked<R: Read + Seek + Send>(reader: R, passwords: &[Zeroizing<String>], limits: &Limits) -> bool {
        let Ok(mut archive) = ZipIterable::try_new(reader, Config::default()) else { return false };
        let Ok(entries) = archive.files() else { return false };
        for entry in entries.by_ref().take(limits.archive_members) {
            let Ok(entry) = entry.map(OwnedZipFileEntry::from) else { return false };
            if entry.encrypted() {
                return Passwords::new(passwords).of(&entry, entries.reader_mut(), limits).is_err();
            }
        }
        false
    }

    /// How the walk over an archive went.
    #[derive(Debug, Clone, Default, PartialEq, Eq)]
    pub struct Walked {
        /// The entries that the directory states, or those found without a directory.
        pub members: u64,
        /// The entries that were offered.
        pub offered: u64,
        /// Whether the archive is the container of an office document or of a program.
        pub package: bool,
        /// What keeps the archive as a whole from being read to its end.
        pub problems: Vec<String>,
    }

    /// Offers every member to `visit` in the order of the directory, until it answers `false`.
    ///
    /// `visit` gets whether the archive is a package (an office document, a program) with each member. An archive without
    /// a directory (cut off) is read from the front as far as its local headers state sizes. Memory does not depend on
    /// the number of members that the archive states. Encrypted members are opened by the first of `passwords` that fits.
    ///
    /// # Errors
    /// Only what `visit` answers; the archive's own are in [`Walked::problems`], those of a member come with its body or
    /// from its reader.
    pub fn walk<R: Read + Seek + Send>(
        mut reader: R,
        passwords: &[Zeroizing<String>],
        limits: &Limits,
        budget: &Budget,
        visit: &mut dyn FnMut(&Member, bool, Body<'_>) -> io::Result<bool>,
    ) -> io::Result<Walked> {
        let mut walked = Walked::default();
        let length = match reader.seek(SeekFrom::End(0)) {
            Ok(length) => length,
            Err(e) => {
                walked.problems.push(format!("it can't be read: {e}"));
                return Ok(walked);
            }
        };
        let archive = match ZipIterable::try_new(&mut reader, Config::default()) {
            Ok(archive) => Ok(archive),
            Err(e) => {
                Err(format!("no usable directory at its end ({}): the archive is cut off or damaged", reason(&e)))
            }
        };
        match archive {
            Ok(archive) => {
                by_directory(archive, length, &mut Passwords::new(passwords), limits, budget, visit, &mut walked)?
            }
            Err(problem) => {
                walked.problems.push(problem);
                if reader.seek(SeekFrom::Start(0)).is_ok() {
                    from_the_front(BufReader::new(reader), limits, budget, visit, &mut walked)?;
                }
            }
        }
        Ok(walked)
    }

    fn by_directory<R: Read + Seek + Send>(
        mut archive: ZipIterable<R>,
        length: u64,
        passwords: &mut Passwords<'_>,
        limits: &Limits,
        budget: &Budget,
        visit: &mut dyn FnMut(&Member, bool, Body<'_>) -> io::Result<bool>,
        walked: &mut Walked,
    ) -> io::Result<()> {
        walked.members = u64::try_from(archive.len()).unwrap_or(u64::MAX);
        if let Ok(entries) = archive.files() {
            walked.package =
                entries.take(limits.archive_members).map_while(Result::ok).any(|entry| is_package(entry.name_raw()));
        }
        let entries = match archive.files() {
            Ok(entries) => entries,
            Err(e) => {
                walked.problems.push(format!("the directory can't be read: {}", reason(&e)));
                return Ok(());
            }
        };
        // What no member has claimed yet: honest members don't share bytes.
        let mut unclaimed = length;
        while let Some(entry) = entries.next() {
            let entry = match entry {
                Ok(entry) => OwnedZipFileEntry::from(entry),
                Err(e) => {
                    walked.problems.push(format!("the directory is damaged: {}", reason(&e)));
                    break;
                }
            };
            if !budget.take_member() {
                walked.problems.push(too_many(walked, limits));
                break;
            }
            walked.offered = walked.offered.saturating_add(1);
            let kind = kind(entry.is_dir(), entry.is_symlink());
            let name = shown(entry.name_raw(), || entry.name().ok().map(Into::into), limits.string_bytes);
            let member = Member { name, kind, size: entry.size() };
            let packed = entry.compressed_size();
            let go_on = if kind != MemberKind::File {
                visit(&member, walked.package, Ok(&mut io::empty()))?
            } else if let Some(problem) = unread_method(entry.compression()) {
                visit(&member, walked.package, Err(Unread::Failed(problem)))?
            } else if let Some(rest) = unclaimed.checked_sub(packed) {
                unclaimed = rest;
                let password = match entry.encrypted() {
                    true => passwords.of(&entry, entries.reader_mut(), limits).map(Some),
                    false => Ok(None),
                };
                match password {
                    // A borrowed entry: the crate reads an owned one to its end when it is dropped.
                    Ok(password) => {
                        match entry.as_ref().with_reader(entries.reader_mut(), ZipReadOptions::new().password(password))
                        {
                            Ok(mut file) => {
                                let mut bounded = Bounded::new(&mut file, packed, limits, budget);
                                visit(&member, walked.package, Ok(&mut bounded))?
                            }
                            Err(e) => {
                                let problem = format!("the member can't be read: {}", reason(&e));
                                visit(&member, walked.package, Err(Unread::Failed(problem)))?
                            }
                        }
                    }
                    Err(problem) => visit(&member, walked.package, Err(Unread::Locked(problem)))?,
                }
            } else {
                let problem = format!(
                    "the member claims {packed} bytes of the archive, more than other members leave of it: overlapping \
                     members are not read"
                );
                visit(&member, walked.package, Err(Unread::Failed(problem)))?
            };
            if !go_on {
                break;
            }
            if budget.bytes.load(Ordering::Relaxed) == 0 {
                walked.problems.push(too_large(budget));
                break;
            }
        }
        Ok(())
    }

    /// Reads local headers one after the other, up to the first that does not state its sizes.
    fn from_the_front<R: Read + Send>(
        mut reader: R,
        limits: &Limits,
        budget: &Budget,
        visit: &mut dyn FnMut(&Member, bool, Body<'_>) -> io::Result<bool>,
        walked: &mut Walked,
    ) -> io::Result<()> {
        loop {
            let mut file = match read_zipfile_from_stream(&mut reader) {
                Ok(Some(file)) => file,
                Ok(None) => return Ok(()),
                Err(e) => {
                    let after = walked.offered;
                    walked
                        .problems
                        .push(format!("reading without a directory ends after {after} members: {}", reason(&e)));
                    return Ok(());
                }
            };
            if !budget.take_member() {
                walked.problems.push(too_many(walked, limits));
                return Ok(());
            }
            walked.offered = walked.offered.saturating_add(1);
            walked.members = walked.offered;
            let kind = kind(file.is_dir(), false);
            let name = shown(file.name_raw(), || file.name().ok().map(Into::into), limits.string_bytes);
            walked.package |= is_package(file.name_raw());
            let member = Member { name, kind, size: file.size() };
            let packed = file.compressed_size();
            let mut bounded = Bounded::new(&mut file, packed, limits, budget);
            if !visit(&member, walked.package, Ok(&mut bounded))? {
                return Ok(());
            }
            if budget.bytes.load(Ordering::Relaxed) == 0 {
                walked.problems.push(too_large(budget));
                return Ok(());
            }
        }
    }

    fn kind(folder: bool, link: bool) -> MemberKind {
        match (folder, link) {
            (true, _) => MemberKind::Folder,
            (false, true) => MemberKind::Link,
            (false, false) => MemberKind::File,
        }
    }

    /// Why members of this method can't be read (APPNOTE 4.4.5).
    fn unread_method(method: CompressionMethod) -> Option<String> {
        if matches!(method, CompressionMethod::Stored | CompressionMethod::Deflated | CompressionMethod::Deflate64) {
            return None;
        }
        #[expect(deprecated, reason = "the number has no other way out of the crate")]
        let number = method.to_u16();
        let name = CompressionMethod::name_from_u16(number);
        Some(format!(
            "the member is compressed by method {number} ({name}): only stored, deflate and deflate64 are read"
        ))
    }

    fn too_many(walked: &Walked, limits: &Limits) -> String {
        let left = walked.members.saturating_sub(walked.offered);
        format!(
            "more than {} members in this archive and those in it: the last {left} are not read",
            limits.archive_members
        )
    }

    fn too_large(budget: &Budget) -> String {
        format!("the members expand to more than {} bytes together: the rest is not read", budget.all)
    }

    /// Office Open XML and other Open Packaging containers (ECMA-376 part 2, 10.1.2), Java archives.
    fn is_package(name: &[u8]) -> bool {
        name == b"[Content_Types].xml" || name.starts_with(b"META-INF/")
    }

    /// A name for display. Names that are UTF-8 are read so, whatever the flag says: many programs write it without.
    fn shown(raw: &[u8], by_flag: impl FnOnce() -> Option<String>, limit: usize) -> String {
        let name = match std::str::from_utf8(raw) {
            Ok(name) => name.to_owned(),
            Err(_) => by_flag().unwrap_or_else(|| String::from_utf8_lossy(raw).into_owned()),
        };
        let mut shown = String::new();
        for c in name.chars() {
            if shown.len() > limit {
                shown.push('…');
                break;
            }
            if c.is_control() || is_invisible(c) {
                shown.extend(c.escape_unicode());
            } else {
                shown.push(c);
            }
        }
        if shown.is_empty() { "(no name)".to_owned() } else { shown }
    }

    /// Characters that are not seen, or change the direction of what stands around them.
    fn is_invisible(c: char) -> bool {
        matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    }

    /// What the crate says, in few words.
    fn reason(error: &ZipError) -> String {
        match error {
            ZipError::Io(e) if e.kind() == io::ErrorKind::UnexpectedEof => "it ends too early".to_owned(),
            ZipError::Io(e) => e.to_string(),
            ZipError::InvalidArchive(text) => text.to_string(),
            ZipError::UnsupportedArchive(text) if *text == ZipError::PASSWORD_REQUIRED => "it is encrypted".to_owned(),
            ZipError::UnsupportedArchive(text) => (*text).to_owned(),
            other => other.to_string(),
        }
    }

    /// A member's content up to the bounds.
    struct Bounded<'r> {
        inner: &'r mut (dyn Read + Send),
        packed: u64,
        given: u64,
        free: u64,
        ratio: u64,
        all: u64,
        left: Arc<AtomicU64>,
        stopped: Option<String>,
    }

    impl<'r> Bounded<'r> {
        fn new(inner: &'r mut (dyn Read + Send), packed: u64, limits: &Limits, budget: &Budget) -> Self {
            Self {
                inner,
                packed,
                given: 0,
                free: limits.archive_ratio_from,
                ratio: limits.archive_ratio,
                all: budget.all,
                left: Arc::clone(&budget.bytes),
                stopped: None,
            }
        }
    }

    impl Read for Bounded<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if let Some(reason) = &self.stopped {
                return Err(io::Error::other(reason.clone()));
            }
            let read = self.inner.read(buffer).map_err(|e| {
                let checksum = e.kind() == io::ErrorKind::InvalidData && e.to_string() == "Invalid checksum";
                if checksum { io::Error::other("its checksum (CRC-32) does not agree with its content") } else { e }
            })?;
            let more = u64::try_from(read).unwrap_or(u64::MAX);
            self.given = self.given.saturating_add(more);
            let left = self.left.load(Ordering::Relaxed).checked_sub(more);
            self.left.store(left.unwrap_or(0), Ordering::Relaxed);
            let stopped = if left.is_none() {
                Some(format!("the members of the archive expand to more than {} bytes together", self.all))
            } else if self.given > self.free && self.given > self.packed.saturating_mul(self.ratio) {
                Some(format!(
                    "its {} bytes in the archive expand to {} and more, over {} times as much",
                    self.packed, self.given, self.ratio
                ))
            } else {
                None
            };
            if let Some(reason) = stopped {
                self.stopped = Some(reason.clone());
                return Err(io::Error::other(reason));
            }
            Ok(read)
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn names_are_shown_as_they_are_but_harmless() {
            let show = |raw: &[u8]| shown(raw, || None, 40);
            assert_eq!(show(b"../../etc/passwd"), "../../etc/passwd");
            assert_eq!(show(b"C:\\keys\\a.pfx"), "C:\\keys\\a.pfx");
            assert_eq!(show(b"a\x1b[31m\r\nb"), "a\\u{1b}[31m\\u{d}\\u{a}b");
            assert_eq!(show("a\u{202e}fxp.txt".as_bytes()), "a\\u{202e}fxp.txt");
            assert_eq!(show(b""), "(no name)");
            assert!(show(&[b'x'; 70_000]).len() < 50);
        }
    }
}
