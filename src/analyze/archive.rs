//! Archives: an input of their own, and one for every member.

use super::Analysis;
#[cfg(feature = "zip")]
use super::ahead::Ahead;
use super::contained::Position;
#[cfg(feature = "zip")]
use super::in_order::{InOrder, in_order};
use super::measured::Measured;
use crate::input::archive;
#[cfg(feature = "zip")]
use crate::limits::{AHEAD_BYTES, AHEAD_INPUTS};
use crate::report::model::{Input, InputStatus, Problem};
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use zeroize::Zeroizing;

/// Where the run stands in archives.
#[derive(Clone, Default)]
pub(super) struct Archives {
    /// The archives around the input that is read.
    #[cfg(feature = "zip")]
    pub(super) depth: usize,
    /// The bytes of the archives that are held in memory.
    pub(super) held: usize,
    /// The input is in a package: it is reported only if it is recognised.
    pub(super) package: bool,
    #[cfg(feature = "zip")]
    pub(super) budget: archive::Budget,
}

impl Archives {
    /// Whether an input is left out of the report.
    pub(super) fn hides(&self, input: &Input) -> bool {
        self.package && input.status == InputStatus::Unrecognized
    }
}

pub(super) fn problem(message: impl Into<String>) -> Problem {
    Problem { message: message.into(), line: None, bytes: None }
}

/// The bytes of an input whose first ones are `head`, up to one more than there is room for; and the error that ended them.
pub(super) fn into_memory(
    head: Vec<u8>,
    rest: &mut Measured<'_>,
    room: usize,
) -> (Zeroizing<Vec<u8>>, Option<io::Error>) {
    let mut data = Zeroizing::new(head);
    let more = u64::try_from(room.saturating_sub(data.len()).saturating_add(1)).unwrap_or(u64::MAX);
    let failure = rest.by_ref().take(more).read_to_end(&mut data).err();
    (data, failure)
}

/// The hash of all that comes, if that is no more than so many bytes.
fn hashed<R: Read + Send>(reader: &mut R, length: u64) -> Option<String> {
    let mut measured = Measured::new(reader, length);
    io::copy(&mut measured, &mut io::sink()).ok().and_then(|_| measured.sha256())
}

impl Analysis<'_> {
    /// Reads one input that can be read at any place, such as a file. An archive is then not held in memory; anything
    /// else is read as by [`Analysis::read`].
    ///
    /// # Errors
    /// Only what the sink answers.
    pub fn read_seekable<R: Read + Seek + Send>(
        &mut self,
        path: &str,
        member: Option<&str>,
        reader: &mut R,
    ) -> io::Result<()> {
        let position = Position::default();
        let mut watched = position.watch(reader);
        self.contained((path, member), &position, |analysis| analysis.read_seekable_one(path, member, &mut watched))
    }

    fn read_seekable_one<R: Read + Seek + Send>(
        &mut self,
        path: &str,
        member: Option<&str>,
        reader: &mut R,
    ) -> io::Result<()> {
        let mut head = Vec::new();
        let length = reader.seek(SeekFrom::End(0)).ok();
        let peeked = reader.seek(SeekFrom::Start(0)).and_then(|_| reader.by_ref().take(8).read_to_end(&mut head));
        let peeked = peeked.and_then(|_| reader.seek(SeekFrom::Start(0)));
        if !archive::is_zip(&head) {
            return match peeked {
                Err(e) => self.unreadable(path, &format!("it can't be read: {e}")),
                Ok(_) => {
                    if let Some(length) = length.filter(|length| self.may_be_long_copy(*length)) {
                        self.ready.sha256 = hashed(reader, length);
                        reader.seek(SeekFrom::Start(0))?;
                    }
                    self.read_one(path, member, reader, length)
                }
            };
        }
        let mut input = self.input(path, member);
        input.bytes = reader.seek(SeekFrom::End(0)).unwrap_or(0);
        if (self.options.hash || input.bytes <= self.options.limits.hash_bytes)
            && reader.seek(SeekFrom::Start(0)).is_ok()
        {
            input.sha256 = hashed(reader, input.bytes);
        }
        let sha256 = input.sha256.clone();
        if self.is_copy(&mut input, sha256.as_deref()) {
            return self.end_input(input);
        }
        self.archive(input, reader)
    }

    /// Whether an input that is longer than what is read to see what it is has as many bytes as one before, so that it is
    /// worth being hashed before it is read.
    fn may_be_long_copy(&self, length: u64) -> bool {
        let limits = &self.options.limits;
        length >= limits.detect_bytes as u64 && length <= limits.hash_bytes && self.copies.had_length(length)
    }

    /// An archive that comes as a stream is held in memory, up to the bound of binary artifacts.
    pub(super) fn streamed_archive(
        &mut self,
        mut input: Input,
        head: Vec<u8>,
        rest: &mut Measured<'_>,
    ) -> io::Result<()> {
        let limit = self.options.limits.binary_bytes;
        let room = limit.saturating_sub(self.archives.held);
        let (data, failure) = into_memory(head, rest, room);
        input.bytes = rest.bytes;
        if data.len() > room {
            "zip".clone_into(&mut input.kind);
            input.status = InputStatus::Failed;
            input.problems.push(problem(format!(
                "an archive that comes as a stream or inside others is held in memory, and these are more than {limit} \
                 bytes: not read"
            )));
            return self.end_input(input);
        }
        input.sha256 = rest.sha256();
        if let Some(e) = failure {
            input.problems.push(problem(format!("it could not be read to its end: {e}")));
        }
        self.archives.held = self.archives.held.saturating_add(data.len());
        let held = data.len();
        let result = self.archive(input, Cursor::new(data.as_slice()));
        self.archives.held = self.archives.held.saturating_sub(held);
        result
    }

    #[cfg(not(feature = "zip"))]
    fn archive<R: Read + Seek + Send>(&mut self, mut input: Input, _: R) -> io::Result<()> {
        "zip".clone_into(&mut input.kind);
        input.status = InputStatus::Failed;
        input.problems.push(problem("this build of the program does not read zip archives"));
        self.end_input(input)
    }

    /// Reads the members. The archive stands before them in the report and is written after them in a streamed one.
    #[cfg(feature = "zip")]
    fn archive<R: Read + Seek + Send>(&mut self, mut input: Input, mut reader: R) -> io::Result<()> {
        "zip".clone_into(&mut input.kind);
        let limits = self.options.limits.clone();
        if self.archives.depth >= limits.archive_depth {
            input.status = InputStatus::Failed;
            input.problems.push(problem(format!("an archive inside {} others: not read", self.archives.depth)));
            return self.end_input(input);
        }
        let package_around = self.archives.package;
        if self.archives.depth == 0 {
            self.archives.budget = archive::Budget::new(input.bytes, &limits);
        }
        let budget = self.archives.budget.clone();
        let passwords = self.passwords_of(&input, &mut reader);
        let place = self.inputs.len();
        self.inputs.push(input.clone());
        self.archives.depth = self.archives.depth.saturating_add(1);
        let mut tally = Tally::default();
        let forerunner = self.forerunner();
        let outer_path = input.path.clone();
        let work = |job: MemberJob| {
            let ahead = forerunner.read(&outer_path, Some(&job.inside), job.number, job.data);
            (job.inside, ahead)
        };
        let threads = self.options.threads.min(AHEAD_INPUTS);
        let walked = in_order(threads, work, |queue| {
            let walked = archive::walk(reader, &passwords, &limits, &budget, &mut |member, package, body| {
                let package = package_around || package;
                // Members of packages that are not recognised get no number.
                let body = match body {
                    Ok(body) if !package && member.kind == archive::MemberKind::File => {
                        return self.member_ahead(&mut input, member, body, &mut tally, queue);
                    }
                    body => body,
                };
                self.take_members(&input.path, &mut tally, queue, 0)?;
                self.archives.package = package;
                self.member(&mut input, member, body, &mut tally)
            });
            self.archives.package = package_around;
            let rest = if walked.is_ok() { self.take_members(&input.path, &mut tally, queue, 0) } else { Ok(()) };
            rest.and(walked)
        });
        self.archives.depth = self.archives.depth.saturating_sub(1);
        self.archives.package = package_around;
        let walked = walked?;
        if walked.package {
            input.problems.push(problem(format!(
                "the container of a document or a program: {} members that are none of the artifacts are not listed",
                tally.unrecognized
            )));
        }
        let damaged = !walked.problems.is_empty();
        input.problems.extend(walked.problems.into_iter().map(problem));
        if walked.members == 0 {
            input.problems.push(problem("an archive without members"));
        } else if tally.recognized == 0 && tally.failed == 0 && tally.locked == 0 {
            input.problems.push(problem("no member is one of the artifacts that are read"));
        }
        input.status = tally.status(damaged);
        let skipped = walked.members.saturating_sub(tally.read).saturating_sub(tally.folders);
        input.details = Some(serde_json::json!({
            "members": walked.members,
            "folders": tally.folders,
            "read": tally.read,
            "skipped": skipped,
        }));
        self.end_archive(place, input)
    }

    /// The passwords for the members of an archive; a person is asked for one that is missing.
    #[cfg(feature = "zip")]
    fn passwords_of<R: Read + Seek + Send>(&mut self, input: &Input, reader: &mut R) -> Vec<Zeroizing<String>> {
        let path = input.member.as_ref().unwrap_or(&input.path);
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let mut passwords = self.options.passwords.for_file(name);
        if let Some(ask) = &mut self.ask {
            let mut tries = 0_u32;
            while archive::is_locked(&mut *reader, &passwords, &self.options.limits) {
                tries = tries.saturating_add(1);
                let Some(password) = ask(path, tries) else { break };
                passwords.push(password);
            }
        }
        passwords
    }

    /// One member; false ends the walk.
    #[cfg(feature = "zip")]
    fn member(
        &mut self,
        outer: &mut Input,
        member: &archive::Member,
        body: archive::Body<'_>,
        tally: &mut Tally,
    ) -> io::Result<bool> {
        if (self.stop)() {
            outer.problems.push(problem(format!("stopped before `{}`: the time for this input is over", member.name)));
            tally.stopped = true;
            return Ok(false);
        }
        let inside = inside(outer, &member.name);
        let before = self.inputs.len();
        match (member.kind, body) {
            (archive::MemberKind::Folder, _) => {
                tally.folders = tally.folders.saturating_add(1);
                return Ok(true);
            }
            (archive::MemberKind::Link, _) => {
                outer.problems.push(problem(format!("`{}` is a symbolic link: not followed", member.name)));
                return Ok(true);
            }
            (archive::MemberKind::File, Ok(reader)) => {
                tally.read = tally.read.saturating_add(1);
                self.read(&outer.path, Some(&inside), reader)?;
            }
            (archive::MemberKind::File, Err(unread)) => {
                let mut input = self.input(&outer.path, Some(&inside));
                let message = match unread {
                    archive::Unread::Locked(message) => {
                        input.status = InputStatus::Locked;
                        tally.locked = tally.locked.saturating_add(1);
                        message
                    }
                    archive::Unread::Failed(message) => {
                        input.status = InputStatus::Failed;
                        tally.failed = tally.failed.saturating_add(1);
                        message
                    }
                };
                input.problems.push(problem(message));
                self.end_input(input)?;
                return Ok(true);
            }
        }
        tally.count(self.inputs.get(before).map(|input| input.status));
        Ok(true)
    }

    /// A member that is a file: read ahead of its turn if it is small.
    #[cfg(feature = "zip")]
    fn member_ahead(
        &mut self,
        outer: &mut Input,
        member: &archive::Member,
        body: &mut (dyn Read + Send),
        tally: &mut Tally,
        queue: &mut InOrder<'_, MemberJob, (String, Ahead)>,
    ) -> io::Result<bool> {
        let mut data = Zeroizing::new(Vec::new());
        let mut failure = None;
        if !(self.stop)() {
            failure = Read::take(&mut *body, AHEAD_BYTES as u64 + 1).read_to_end(&mut data).err();
            if failure.is_none() && data.len() <= AHEAD_BYTES && !archive::is_zip(&data) {
                let at_once = self.options.threads.saturating_mul(4).clamp(1, AHEAD_INPUTS);
                self.take_members(&outer.path, tally, queue, at_once.saturating_sub(1))?;
                tally.read = tally.read.saturating_add(1);
                let number = self.inputs.len().saturating_add(queue.outstanding());
                queue.give(MemberJob { inside: inside(outer, &member.name), number, data });
                return Ok(true);
            }
        }
        self.take_members(&outer.path, tally, queue, 0)?;
        let mut whole = data.as_slice().chain(Resumed { failure, body });
        self.member(outer, member, Ok(&mut whole), tally)
    }

    /// Takes members that were read ahead, until so many are left.
    #[cfg(feature = "zip")]
    fn take_members(
        &mut self,
        path: &str,
        tally: &mut Tally,
        queue: &mut InOrder<'_, MemberJob, (String, Ahead)>,
        left: usize,
    ) -> io::Result<()> {
        while queue.outstanding() > left {
            let Some((inside, ahead)) = queue.take() else { break };
            let before = self.inputs.len();
            self.read_ahead(path, Some(&inside), ahead)?;
            tally.count(self.inputs.get(before).map(|input| input.status));
        }
        Ok(())
    }
}

/// A member that is read ahead of its turn.
#[cfg(feature = "zip")]
struct MemberJob {
    inside: String,
    number: usize,
    data: Zeroizing<Vec<u8>>,
}

/// The rest of a member after its reader answered, possibly with an error.
#[cfg(feature = "zip")]
struct Resumed<'b> {
    failure: Option<io::Error>,
    body: &'b mut (dyn Read + Send),
}

#[cfg(feature = "zip")]
impl Read for Resumed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.failure.take().map_or_else(|| self.body.read(buffer), Err)
    }
}

/// The path of a member, through the archives around it.
#[cfg(feature = "zip")]
pub(super) fn inside(outer: &Input, member: &str) -> String {
    match &outer.member {
        Some(around) => format!("{around}/{member}"),
        None => member.to_owned(),
    }
}

/// What became of the members of one archive.
#[cfg(feature = "zip")]
#[derive(Default)]
pub(super) struct Tally {
    pub(super) read: u64,
    folders: u64,
    recognized: u64,
    partial: u64,
    /// Members that no password opens.
    locked: u64,
    failed: u64,
    unrecognized: u64,
    pub(super) stopped: bool,
}

#[cfg(feature = "zip")]
impl Tally {
    /// What becomes of the archive; `damaged`: something is wrong with itself.
    pub(super) fn status(&self, damaged: bool) -> InputStatus {
        let cut = damaged || self.stopped || self.failed > 0 || self.partial > 0;
        match (self.recognized > 0, cut, self.locked > 0) {
            (true, false, false) => InputStatus::Analyzed,
            (true, _, _) => InputStatus::Partial,
            (false, true, _) => InputStatus::Failed,
            (false, false, true) => InputStatus::Locked,
            (false, false, false) => InputStatus::Unrecognized,
        }
    }

    /// Counts a member with what became of it.
    pub(super) fn count(&mut self, status: Option<InputStatus>) {
        let count = match status.unwrap_or(InputStatus::Unrecognized) {
            InputStatus::Analyzed | InputStatus::Locked => &mut self.recognized,
            InputStatus::Partial => {
                self.partial = self.partial.saturating_add(1);
                &mut self.recognized
            }
            InputStatus::Failed => &mut self.failed,
            InputStatus::Unrecognized => &mut self.unrecognized,
        };
        *count = count.saturating_add(1);
    }
}
