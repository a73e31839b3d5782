//! The whole way: inputs in, a report out.
//!
//! Nothing here opens a file, reads a clock or an environment variable: the caller hands over readers, the time of
//! judgement and a `stop` callback. An [`Analysis`] collects everything for one [`Report`](crate::report::model::Report); with a [`Sink`] it writes
//! each item as soon as its block ends.

mod ahead;
mod archive;
mod contained;
mod copies;
mod embedded;
mod ending;
mod forms;
mod in_order;
mod judged;
mod judging;
#[cfg(feature = "mail")]
mod mail;
mod measured;
mod own_report;
mod pieces_ahead;
mod preflight;
mod readers;
mod same_identity;
mod segments;
mod sighting;
mod tally;
mod text;
mod triage;

use crate::case::artifact::{Artifact, Origin, ReadStatus};
use crate::case::credential::{CredentialId, Hearing, SourceRange, hearing};
use crate::case::from_certutil::{LogCredentials, listed_key_specs, settle_dates, take_listed_key_spec};
use crate::case::index::{CaseCode, CaseIndex, DamagedKeyFile};
use crate::case::{from_pfx, from_printed, from_shown, key_artifacts};
use crate::formats::certutil::{self, Language};
use crate::formats::detect_binary::BinaryKind;
use crate::formats::{FormatError, foreign};
use crate::input::archive::is_zip;
#[cfg(feature = "mail")]
use crate::input::mail::is_mail;
use crate::input::{Passwords, TextEncoding, looks_like_text};
use crate::limits::Limits;
use crate::model::container_name;
use crate::model::fact::{Excerpts, Fact, Place, SourceId};
use crate::model::flags;
use crate::model::hash::BuildQuick;
use crate::model::observation::{Observation, Observed, SystemFact};
use crate::model::windows::WindowsVersion;
use crate::report::jsonl::{LentItem, Sink, push_line};
use crate::report::model::{Input, InputStatus, Problem, Segment};
use crate::report::records;
use crate::rules::{Context, Recorded};
use crate::workloads::{self, Target};
pub use ahead::{Ahead, Forerunner};
use ahead::{Ready, Whole, is_one_artifact, whole_artifact};
use archive::Archives;
use contained::Position;
use copies::Copies;
use forms::{Forms, Told};
pub use in_order::{InOrder, in_order};
use judged::Lines;
use judging::{Counted, Known};
use measured::Measured;
use own_report::is_own_report;
use same_identity::SameIdentity;
use segments::Part;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, Read};
use std::sync::Arc;
use text::{Next, Portion, Used};
use time::OffsetDateTime;
pub use triage::{NotAFingerprint, Triage};
use zeroize::Zeroizing;

/// What a run is asked.
#[non_exhaustive]
pub struct Options {
    /// The workloads to judge for; never empty.
    pub targets: Vec<Target>,
    /// The time of judgement.
    pub at: OffsetDateTime,
    /// The Windows version of the target, if the user named one.
    pub windows: Option<WindowsVersion>,
    /// The encoding of texts, if the user forced one.
    pub encoding: Option<TextEncoding>,
    /// Hash text inputs of any size.
    pub hash: bool,
    /// Every outcome of every check, also those that did not apply.
    pub all_checks: bool,
    /// The report is for a person, who reads a few of many credentials that are alike: once more than
    /// `Limits::brief_credentials` are kept, those that are like many others are only counted, and their inputs say so.
    pub brief: bool,
    /// Passwords for PFX files.
    pub passwords: Passwords,
    /// What is settled about findings.
    pub triage: Triage,
    /// The bounds.
    pub limits: Limits,
    /// How many threads the run may use, the caller's included. The report is the same for any number.
    pub threads: usize,
}

impl Options {
    /// For IIS, at a time of judgement.
    pub fn new(at: OffsetDateTime) -> Self {
        Self {
            targets: vec![workloads::default_target()],
            at,
            windows: None,
            encoding: None,
            hash: false,
            all_checks: false,
            brief: false,
            passwords: Passwords::new(),
            triage: Triage::default(),
            limits: Limits::default(),
            threads: 1,
        }
    }
}

/// Asks a person for the password of a file, by its path; the second argument counts the tries for this file, from 1.
/// `None`: no password.
pub type AskPassword<'a> = dyn FnMut(&str, u32) -> Option<Zeroizing<String>> + 'a;

/// Takes each input with its bytes once it is read; `None`: more than [`Limits::binary_bytes`].
pub type TakeBytes<'a> = dyn FnMut(&Input, Option<Vec<u8>>) + 'a;

/// One run over any number of inputs.
pub struct Analysis<'a> {
    options: Arc<Options>,
    stop: &'a dyn Fn() -> bool,
    ask: Option<&'a mut AskPassword<'a>>,
    sink: Option<&'a mut dyn Sink>,
    bytes: Option<&'a mut TakeBytes<'a>>,
    inputs: Vec<Input>,
    case: CaseIndex,
    seen: HashMap<u128, SameIdentity, BuildQuick>,
    /// What is remembered of the credentials that are still kept.
    known: HashMap<CredentialId, Known, BuildQuick>,
    next: u32,
    joined: u32,
    /// What the input that is being read says otherwise than an earlier one, or than itself before.
    remarks: Vec<Problem>,
    counted: Counted,
    forms: Forms,
    /// The credentials that are written and were not made, by number.
    told: Vec<Told>,
    /// The blocks of those that were let go, until the reader of their log takes them back.
    used: Used,
    /// Whether credentials have left the run before its end.
    has_retired: bool,
    /// Room for a line.
    line: Vec<u8>,
    /// The lines of the credential that is judged.
    lines: Lines,
    /// Room for its outcomes.
    recorded: Vec<Recorded>,
    archives: Archives,
    copies: Copies,
    /// What was found ahead of its turn in the input that is read.
    ready: Ready,
    /// What the records that are kept weigh.
    records_bytes: usize,
    /// No more of them are kept.
    records_full: bool,
    /// A panic costs only the input, credential or rule in which it shows.
    contain: bool,
    /// The credentials that could not be judged for a fault of keyspect itself, with their places.
    unjudged: BTreeMap<CredentialId, Option<SourceRange>>,
    /// Those of them that may be half linked with others.
    half_known: BTreeSet<CredentialId>,
}

impl<'a> Analysis<'a> {
    /// Collects everything for one report.
    pub fn new(options: Options) -> Self {
        Self {
            options: Arc::new(options),
            stop: &|| false,
            ask: None,
            sink: None,
            bytes: None,
            inputs: Vec::new(),
            case: CaseIndex::default(),
            seen: HashMap::default(),
            known: HashMap::default(),
            next: 0,
            joined: 0,
            remarks: Vec::new(),
            counted: Counted::default(),
            forms: Forms::default(),
            told: Vec::new(),
            used: Used::new(),
            has_retired: false,
            line: Vec::new(),
            lines: Lines::default(),
            recorded: Vec::new(),
            archives: Archives::default(),
            copies: Copies::default(),
            ready: Ready::default(),
            records_bytes: 0,
            records_full: false,
            contain: false,
            unjudged: BTreeMap::new(),
            half_known: BTreeSet::new(),
        }
    }

    /// Also writes each item as soon as it is known. What changes later is written again with the same id or
    /// fingerprint. Full facts are then kept only for credentials with findings, within the limits, and the report that
    /// [`Analysis::finish`] gives has only those credentials and findings that it wrote last.
    #[must_use]
    pub fn with_sink(mut self, sink: &'a mut dyn Sink) -> Self {
        self.sink = Some(sink);
        self
    }

    /// Asks this at block boundaries; true ends the reading of the current input, whose status becomes `partial`.
    #[must_use]
    pub fn with_stop(mut self, stop: &'a dyn Fn() -> bool) -> Self {
        self.stop = stop;
        self
    }

    /// Asks a person for the password of a PFX that stays locked. What it gives is tried until it gives none.
    #[must_use]
    pub fn with_password_prompt(mut self, ask: &'a mut AskPassword<'a>) -> Self {
        self.ask = Some(ask);
        self
    }

    /// Hands on the bytes of every input that is no archive, for a copy of it.
    #[must_use]
    pub fn with_bytes(mut self, take: &'a mut TakeBytes<'a>) -> Self {
        self.bytes = Some(take);
        self
    }

    /// The inputs that were read so far, in their order.
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    /// What is known so far.
    pub fn case(&self) -> &CaseIndex {
        &self.case
    }

    /// Notes an input that could not be opened.
    ///
    /// # Errors
    /// Only what the sink answers.
    pub fn unreadable(&mut self, path: &str, message: &str) -> io::Result<()> {
        let mut input = self.input(path, None);
        input.status = InputStatus::Failed;
        input.problems.push(Problem { message: message.to_owned(), line: None, bytes: None });
        self.end_input(input)
    }

    /// Reads one input to its end. An error of the reader is a problem of the input, not of the run.
    ///
    /// # Errors
    /// Only what the sink answers.
    pub fn read(&mut self, path: &str, member: Option<&str>, reader: &mut (dyn Read + Send)) -> io::Result<()> {
        let position = Position::default();
        let mut watched = position.watch(reader);
        self.contained((path, member), &position, |analysis| analysis.read_one(path, member, &mut watched, None))
    }

    /// `length`: how many bytes come, where that is known.
    fn read_one(
        &mut self,
        path: &str,
        member: Option<&str>,
        reader: &mut (dyn Read + Send),
        length: Option<u64>,
    ) -> io::Result<()> {
        let mut input = self.input(path, member);
        let sha256 = self.ready.sha256.take();
        let limit = if self.options.hash { u64::MAX } else { self.options.limits.hash_bytes };
        // What is too long for a hash is not hashed up to there either.
        let unhashed = sha256.is_some() || length.is_some_and(|length| length > limit);
        let mut measured = Measured::new(reader, if unhashed { 0 } else { limit });
        if self.bytes.is_some() {
            measured = measured.keeping(u64::try_from(self.options.limits.binary_bytes).unwrap_or(u64::MAX));
        }
        let mut head = Vec::new();
        let limit = u64::try_from(self.options.limits.detect_bytes).unwrap_or(u64::MAX);
        let failure = measured.by_ref().take(limit).read_to_end(&mut head).err();
        // The bytes are known where they are all here, or were read ahead.
        let all_here = failure.is_none() && (head.len() as u64) < limit;
        let hash = sha256.clone().or_else(|| measured.sha256_so_far().filter(|_| all_here));
        if is_zip(&head) {
            if let Some(e) = failure {
                input.problems.push(Problem {
                    message: format!("it could not be read to its end: {e}"),
                    line: None,
                    bytes: None,
                });
            }
            return self.streamed_archive(input, head, &mut measured);
        }
        let is_copy = self.is_copy(&mut input, hash.as_deref());
        #[cfg(feature = "mail")]
        if self.options.encoding.is_none() && !is_copy && is_mail(&head) {
            input.sha256 = sha256;
            return self.mail(input, head, &mut measured);
        }
        let is_text = self.ready.is_text.take().unwrap_or_else(|| looks_like_text(&head));
        if head.is_empty() {
            input.status = if failure.is_some() { InputStatus::Failed } else { InputStatus::Unrecognized };
            let message =
                failure.as_ref().map_or_else(|| "the input is empty".to_owned(), |e| format!("it can't be read: {e}"));
            input.problems.push(Problem { message, line: None, bytes: None });
        } else if is_text && is_own_report(&head) {
            io::copy(&mut measured, &mut io::sink())?;
            input.problems.push(Problem { message: own_report::REMARK.to_owned(), line: None, bytes: None });
        } else if is_copy {
            io::copy(&mut measured, &mut io::sink())?;
        } else {
            if self.options.encoding.is_none() && (!is_text || self.is_one_artifact(&head)) {
                self.binary(&mut input, (head, is_text), &mut measured)?;
            } else {
                self.text(&mut input, head, &mut measured)?;
            }
        }
        if let Some(e) = failure.filter(|_| measured.bytes > 0) {
            input.problems.push(Problem {
                message: format!("it could not be read to its end: {e}"),
                line: None,
                bytes: None,
            });
            if input.status == InputStatus::Analyzed {
                input.status = InputStatus::Partial;
            }
        }
        input.bytes = measured.bytes;
        input.sha256 = sha256.or_else(|| measured.sha256());
        if let Some(take) = &mut self.bytes {
            take(&input, measured.take_bytes());
        }
        self.end_input(input)
    }

    /// Whether an input is a copy of one before, as what it is then reported.
    fn is_copy(&self, input: &mut Input, sha256: Option<&str>) -> bool {
        let original = sha256.and_then(|sha256| self.copies.original(input, sha256, &self.inputs));
        let Some(original) = original else { return false };
        input.kind.clone_from(&original.kind);
        input.encoding.clone_from(&original.encoding);
        input.language.clone_from(&original.language);
        input.status = original.status;
        if input.status != InputStatus::Analyzed {
            input.problems.clone_from(&original.problems);
        }
        input.details = Some(serde_json::json!({ "copy_of": original.id }));
        true
    }

    fn is_one_artifact(&mut self, head: &[u8]) -> bool {
        self.ready.one_artifact.take().unwrap_or_else(|| is_one_artifact(head, &self.options.limits))
    }

    fn input(&self, path: &str, member: Option<&str>) -> Input {
        let mut input = Input::new(u32::try_from(self.inputs.len()).unwrap_or(u32::MAX), path);
        input.member = member.map(str::to_owned);
        input
    }

    fn end_input(&mut self, mut input: Input) -> io::Result<()> {
        let path = input.member.as_ref().unwrap_or(&input.path);
        let key_file = path.rsplit(['/', '\\']).next().and_then(container_name::split_file_name);
        if let Some((prefix, machine)) = key_file.clone()
            && let Some(problem) = no_key(&input)
        {
            let place = Place { source: SourceId(input.id), ..Place::default() };
            self.case.damaged_key_files.push(DamagedKeyFile { prefix, machine, place, problem });
        }
        self.case.key_files.extend(key_file);
        input.problems.append(&mut self.remarks);
        if self.archives.hides(&input) {
            return Ok(());
        }
        self.write_input(&mut input)?;
        self.copies.note(self.inputs.len(), &input);
        self.inputs.push(input);
        Ok(())
    }

    /// Ends an input that has its place already, since those inside it came after it.
    fn end_archive(&mut self, place: usize, mut input: Input) -> io::Result<()> {
        self.write_input(&mut input)?;
        self.copies.note(place, &input);
        if let Some(kept) = self.inputs.get_mut(place) {
            *kept = input;
        }
        Ok(())
    }

    fn write_input(&mut self, input: &mut Input) -> io::Result<()> {
        let limit = self.options.limits.problems;
        if input.problems.len() > limit {
            let more = input.problems.len() - limit;
            input.problems.truncate(limit);
            input.problems.push(Problem { message: format!("and {more} more problems"), line: None, bytes: None });
        }
        push_input(&mut self.sink, &mut self.line, input)
    }

    /// An artifact that is read whole: keys, stores, requests.
    fn binary(&mut self, input: &mut Input, (head, text): (Vec<u8>, bool), rest: &mut Measured<'_>) -> io::Result<()> {
        let limits = self.options.limits.clone();
        let room = limits.binary_bytes.saturating_sub(head.len()).saturating_add(1);
        // It may be a private key: wiped when it is dropped.
        let mut data = Zeroizing::new(head);
        let failure = rest.by_ref().take(u64::try_from(room).unwrap_or(u64::MAX)).read_to_end(&mut data).err();
        let path = input.member.as_ref().unwrap_or(&input.path).clone();
        let source = SourceId(input.id);
        let whole = self.ready.whole.take().unwrap_or_else(|| whole_artifact(&data, &path, source, &self.options));
        let artifact = match whole {
            Whole::Pfx(opened) => {
                let origin = Origin::new(source, path.rsplit(['/', '\\']).next());
                Some(self.pfx(*opened, &path, &origin, &limits))
            }
            Whole::Artifact(artifact) => Some(*artifact),
            Whole::Other => None,
        };
        if let Some(artifact) = artifact {
            self.artifact(input, artifact, data.len())?;
        } else if text {
            return self.text(input, std::mem::take(&mut data), rest);
        } else {
            input.problems.push(Problem {
                message: if data.len() > limits.binary_bytes {
                    format!("a binary file of more than {} bytes", limits.binary_bytes)
                } else {
                    foreign::what_it_is(&data).unwrap_or("a binary file of no known kind").to_owned()
                },
                line: None,
                bytes: None,
            });
        }
        if let Some(e) = failure {
            let message = format!("it could not be read to its end: {e}");
            input.problems.push(Problem { message, line: None, bytes: None });
            if input.status == InputStatus::Analyzed {
                input.status = InputStatus::Partial;
            }
        }
        Ok(())
    }

    fn pfx(
        &mut self,
        opened: Result<from_pfx::Opened, FormatError>,
        path: &str,
        origin: &Origin<'_>,
        limits: &Limits,
    ) -> Artifact {
        let ask = &mut self.ask;
        let mut tries = 0_u32;
        let mut next = || {
            tries = tries.saturating_add(1);
            ask.as_mut().and_then(|ask| ask(path, tries))
        };
        match opened {
            Ok(opened) => from_pfx::read(opened, &mut next, origin, limits),
            Err(error) => Artifact::failed("pfx", error),
        }
    }

    /// Takes what an artifact of so many bytes gave.
    fn artifact(&mut self, input: &mut Input, artifact: Artifact, length: usize) -> io::Result<()> {
        artifact.kind.clone_into(&mut input.kind);
        input.encoding = artifact.encoding.map(str::to_owned);
        input.details = artifact.details;
        input.status = match artifact.status {
            ReadStatus::Analyzed => InputStatus::Analyzed,
            ReadStatus::Partial => InputStatus::Partial,
            ReadStatus::Locked => InputStatus::Locked,
            ReadStatus::Failed => InputStatus::Failed,
        };
        input.problems.extend(artifact.problems.into_iter().map(|problem| {
            // What is missing behind the end is told at the last byte.
            let offset = problem.offset.min(length.saturating_sub(1));
            let offset = u64::try_from(offset).unwrap_or(u64::MAX);
            Problem { message: problem.message, line: None, bytes: Some([offset, offset.saturating_add(1)]) }
        }));
        let (kept, beyond) = self.observe(artifact.observed);
        // An event log has records as texts have them.
        if let (true, Some(Value::Object(details))) = (artifact.kind == BinaryKind::EventLog.word(), &mut input.details)
        {
            details.insert("records".to_owned(), kept.into());
        }
        if beyond > 0 {
            let message = format!("{beyond} more records are not kept");
            input.problems.push(Problem { message, line: None, bytes: None });
            input.status = InputStatus::Partial;
        }
        artifact.credentials.into_iter().try_for_each(|credential| self.credential(credential))
    }

    fn text(&mut self, input: &mut Input, head: Vec<u8>, rest: &mut Measured<'_>) -> io::Result<()> {
        let source = SourceId(input.id);
        let limits = self.options.limits.clone();
        let mut records = Records::default();
        let first = self.next;
        let mut cut = None;
        let threads = self.options.threads;
        let ready = self.ready.text.take();
        let options = Arc::clone(&self.options);
        let take = |portion: Portion, used: &mut Used| {
            let line = portion.line;
            self.portion(input, portion, &mut records)?;
            *used = std::mem::take(&mut self.used);
            if cut.is_none() && (self.stop)() {
                cut = Some(format!("stopped after line {line}: the time for this input is over"));
                return Ok(Next::Stop);
            }
            Ok(Next::Read)
        };
        let (choice, end) = match ready {
            Some((choice, portions, end)) => {
                let end = ahead::hand_over(portions, end, take)?;
                // Its lines were read before; its length is what goes through here.
                io::copy(rest, &mut io::sink())?;
                (choice, end)
            }
            None => {
                let choice = ahead::encoding(&head, &options);
                (choice, text::read((head, rest), choice.encoding, source, &limits, threads, take)?)
            }
        };
        let mut log = end.log;
        if let Some(logged) = log.finish() {
            self.logged(logged)?;
        }
        self.make_rest()?;
        self.used = Used::new();
        if let Some(e) = end.error {
            cut = Some(format!("it could not be read to its end: {e}"));
        }
        input.encoding = Some(end.encoding.name().to_owned());
        let banner = log.windows().filter(|version| version.value.build > 0).cloned();
        self.end_log(input, end.language, log, first)?;
        if let Some(version) = banner {
            self.banner(input, version, &mut records);
        }
        end_segments(input, end.parts, records);
        if choice.guessed && input.kind != "unrecognized" {
            input.problems.push(Problem {
                message: "code page guessed: letters in names may be wrong; name it with --encoding".to_owned(),
                line: None,
                bytes: None,
            });
        }
        if let Some((line, offset)) = end.broken {
            input.problems.push(Problem {
                message: "bytes that are not valid in the text's encoding".to_owned(),
                line: u32::try_from(line).ok(),
                bytes: Some([offset, offset.saturating_add(1)]),
            });
        }
        if let Some(change) = end.change {
            input.problems.push(Problem {
                message: format!("the encoding changes to {} here; both parts are read", change.to),
                line: u32::try_from(change.line).ok(),
                bytes: Some([change.start, change.start.saturating_add(1)]),
            });
        }
        if let Some(message) = cut {
            input.problems.push(Problem { message, line: None, bytes: None });
            if input.status == InputStatus::Analyzed {
                input.status = InputStatus::Partial;
            }
        }
        Ok(())
    }

    /// Takes what some lines of a text gave: credentials, records of other kinds, artifacts that stand inside it.
    fn portion(&mut self, input: &mut Input, portion: Portion, records: &mut Records) -> io::Result<()> {
        for logged in portion.credentials {
            self.logged(logged)?;
        }
        for (message, place) in portion.problems {
            records.damaged = true;
            let bytes = Some([place.start, place.end()]);
            input.problems.push(Problem { message, line: Some(place.line), bytes });
        }
        for observed in portion.observed {
            let Some(record) = self.keep(observed) else {
                records.beyond = records.beyond.saturating_add(1);
                continue;
            };
            records.list.push(record);
            let mut latest = self.case.observed.iter().rev();
            let shown = latest.next().and_then(|observed| match &observed.what {
                Observation::Certificate(shown) => from_shown::credential(observed, shown),
                Observation::Key(key) => Some(from_shown::of_key(observed, key, latest.next())),
                Observation::Printed(printed) => Some(from_printed::credential(observed, printed)),
                _ => None,
            });
            if let Some(credential) = shown {
                self.credential(credential)?;
            }
        }
        for embedded in portion.embedded {
            let place = embedded.lines.whole();
            let options = Arc::clone(&self.options);
            let origin = Origin {
                lines: Some(&embedded.lines),
                passwords: Some(&options.passwords),
                ..Origin::new(SourceId(input.id), None)
            };
            let limits = self.options.limits.clone();
            let Some(artifact) = key_artifacts::read_embedded(embedded.lines.text(), &origin, &limits) else {
                continue;
            };
            records.parts.push(Part::new(artifact.kind, place));
            records.damaged |= embedded.cut || artifact.status != ReadStatus::Analyzed;
            for problem in &artifact.problems {
                let at = embedded.lines.place(problem.offset..problem.offset);
                let bytes = Some([at.start, at.end()]);
                input.problems.push(Problem { message: problem.message.clone(), line: Some(at.line), bytes });
            }
            if embedded.cut {
                let message = format!("an artifact in the text has more than {} bytes", limits.armor_bytes);
                let bytes = Some([place.start, place.end()]);
                input.problems.push(Problem { message, line: Some(place.line), bytes });
            }
            let mut details = serde_json::Map::new();
            details.insert("kind".to_owned(), artifact.kind.into());
            details.insert("line".to_owned(), place.line.into());
            if let Some(serde_json::Value::Object(own)) = artifact.details {
                details.extend(own);
            }
            let details = details.into();
            if self.has_room(&details) {
                records.embedded.push(details);
            } else {
                records.beyond = records.beyond.saturating_add(1);
            }
            records.beyond = records.beyond.saturating_add(self.observe(artifact.observed).1);
            for credential in artifact.credentials {
                self.credential(credential)?;
            }
        }
        Ok(())
    }

    /// The banner of a console names the version of Windows; alone it is an artifact of its own.
    fn banner(&mut self, input: &Input, version: Fact<WindowsVersion>, records: &mut Records) {
        let place = version.place;
        let observed = Observed {
            kind: "system-info",
            place,
            fields: Vec::new(),
            excerpts: Excerpts::default(),
            what: Observation::System(SystemFact::Windows(version)),
        };
        if input.kind == "unrecognized" {
            records.parts.push(Part::new(observed.kind, place));
            records.list.push(records::record(&observed));
        }
        records.beyond = records.beyond.saturating_add(self.observe(vec![observed]).1);
    }

    /// Keeps what an artifact states besides its credentials; gives the records, and how many are beyond the limits.
    fn observe(&mut self, observed: Vec<Observed>) -> (Vec<Value>, u64) {
        let many = observed.len();
        let kept: Vec<Value> = observed.into_iter().map_while(|observed| self.keep(observed)).collect();
        let beyond = many.saturating_sub(kept.len()) as u64;
        (kept, beyond)
    }

    /// Keeps one observation and gives its record; `None`: enough are kept.
    fn keep(&mut self, observed: Observed) -> Option<Value> {
        if self.case.observed.len() >= self.options.limits.observations || self.records_full {
            return None;
        }
        let record = records::record(&observed);
        if !self.has_room(&record) {
            return None;
        }
        self.case.observed.push(observed);
        Some(record)
    }

    /// Whether a record may be kept; after the first one that may not, none may.
    fn has_room(&mut self, record: &Value) -> bool {
        let bytes = self.records_bytes.saturating_add(records::weight(record));
        self.records_full |= bytes > self.options.limits.records_bytes;
        if !self.records_full {
            self.records_bytes = bytes;
        }
        !self.records_full
    }

    /// What a log as a whole says, once its last line is read.
    fn end_log(
        &mut self,
        input: &mut Input,
        language: Option<Language>,
        log: LogCredentials,
        first: u32,
    ) -> io::Result<()> {
        let order = log.date_order();
        let mut changed = Vec::new();
        let mut ambiguous = None;
        // Errors of other tools often stand behind the dump that explains them.
        let mut symptoms: Vec<Fact<u32>> = Vec::new();
        let mut lines = Vec::new();
        let mut unheard = None;
        for (code, line) in &log.codes {
            match hearing(symptoms.iter(), code) {
                Hearing::Taken => {
                    symptoms.push(code.clone());
                    lines.push(line);
                }
                Hearing::Known => {}
                Hearing::Full => {
                    unheard.get_or_insert(code.place);
                }
            }
        }
        let unheard = unheard.filter(|_| log.blocks > 0);
        let listed = listed_key_specs(&log.keys);
        // Of a folder of many logs each has only its own: they come last.
        let own = self.case.kept.partition_point(|credential| credential.id.0 < first);
        for credential in self.case.kept.iter_mut().skip(own) {
            let is_own = credential.sources.iter().any(|s| s.source.0 == input.id);
            if is_own && credential.surroundings.symptoms.len() < symptoms.len() {
                credential.surroundings.symptoms.clone_from(&symptoms);
                for (code, line) in symptoms.iter().zip(&lines) {
                    let place = code.place;
                    credential.excerpts.push(place.source, place.line, place.column, place.start, line);
                }
                changed.push(credential.id);
            }
            if is_own && take_listed_key_spec(credential, &listed) && changed.last() != Some(&credential.id) {
                changed.push(credential.id);
            }
            if let Some(order) = order
                && settle_dates(credential, order)
                && changed.last() != Some(&credential.id)
            {
                changed.push(credential.id);
            }
            let dates = credential.certificate.as_ref().map(|c| [&c.not_before, &c.not_after]);
            let open = dates.into_iter().flatten().flatten().find(|d| d.value.is_none() && d.readings.len() > 1);
            if ambiguous.is_none() {
                ambiguous = open.map(|d| (d.text.place, d.text.value.clone()));
            }
        }
        for id in changed {
            self.judge(id)?;
        }
        self.case.machines.add(SourceId(input.id), log.machines);
        self.case.removals.extend(log.removals);
        self.case.additions.extend(log.additions);
        if log.blocks > 0 {
            "certutil-dump".clone_into(&mut input.kind);
        } else if !log.runs.is_empty()
            || !log.providers.is_empty()
            || !log.keys.is_empty()
            || !log.requested.is_empty()
            || log.commands > 0
        {
            "certutil-other".clone_into(&mut input.kind);
        } else {
            return Ok(());
        }
        input.status = InputStatus::Analyzed;
        input.language = language.map(|l| l.tag().to_owned());
        if let Some((place, text)) = ambiguous {
            input.problems.push(Problem {
                message: format!(
                    "ambiguous date order: `{text}` can be read in two ways; dates are not judged unless both agree"
                ),
                line: Some(place.line),
                bytes: Some([place.start, place.end()]),
            });
        }
        if let Some(place) = unheard {
            input.problems.push(Problem {
                message: format!(
                    "more than {} different error codes: the others are not held against the certificates of this log",
                    symptoms.len()
                ),
                line: Some(place.line),
                bytes: Some([place.start, place.end()]),
            });
        }
        let damaged = !log.problems.is_empty() || log.beyond > 0 || unheard.is_some();
        if log.beyond > 0 {
            let message = format!("{} more runs, codes, keys or problems of this log are not kept", log.beyond);
            input.problems.push(Problem { message, line: None, bytes: None });
        }
        if log.bare > 0 {
            let message = format!("{} more headers of certificates with nothing under them are only counted", log.bare);
            input.problems.push(Problem { message, line: None, bytes: None });
        }
        for (message, place) in &log.problems {
            input.problems.push(Problem {
                message: message.clone(),
                line: place.map(|p| p.line),
                bytes: place.map(|p| [p.start, p.end()]),
            });
        }
        if damaged {
            input.status = InputStatus::Partial;
        }
        let unfinished = log.runs.is_empty() && log.blocks > 0;
        if unfinished {
            input.problems.push(Problem {
                message: "no closing line of certutil: the log may be cut".to_owned(),
                line: None,
                bytes: None,
            });
        }
        let runs: Vec<serde_json::Value> = log
            .runs
            .iter()
            .map(|r| {
                let code = r.failed.as_ref().map(|c| c.as_ref().map(|c| format!("0x{:08x}", c.value)));
                serde_json::json!({
                    "verb": r.verb,
                    "outcome": if r.failed.is_some() { "failed" } else { "success" },
                    "hresult": code.flatten(),
                })
            })
            .collect();
        let mut details = serde_json::Map::new();
        details.insert("runs".to_owned(), runs.into());
        if !log.providers.is_empty() {
            let list: Vec<_> = log
                .providers
                .iter()
                .map(|(n, t)| serde_json::json!({"name": n.value, "type": t.unwrap_or(0)}))
                .collect();
            details.insert("providers".to_owned(), list.into());
        }
        if !log.keys.is_empty() {
            let list: Vec<_> = log.keys.iter().map(listed_key).collect();
            let names = log.keys.iter().filter_map(|key| key.unique_name.as_ref());
            self.case.listed_keys.extend(names.filter_map(|name| container_name::split_file_name(&name.value)));
            details.insert("keys".to_owned(), list.into());
        }
        if !log.requested.is_empty() {
            let list: Vec<_> =
                log.requested.iter().map(|(k, p)| serde_json::json!({"key_spec": k, "provider": p})).collect();
            details.insert("requested_keys".to_owned(), list.into());
        }
        input.details = Some(details.into());
        self.case.stores.extend(log.listings);
        for (code, line) in log.codes {
            self.case.codes.push(CaseCode { code, excerpt: line, verb: None });
        }
        for run in log.runs {
            if let Some(Some(code)) = run.failed {
                self.case.failures.push(CaseCode { code, excerpt: run.line, verb: Some(run.verb) });
            }
        }
        Ok(())
    }
}

/// The records of one text, for its details.
#[derive(Default)]
struct Records {
    /// The records of text artifacts.
    list: Vec<serde_json::Value>,
    /// The details of artifacts that stand inside the text.
    embedded: Vec<serde_json::Value>,
    /// Where those artifacts stand.
    parts: Vec<Part>,
    /// Records beyond the limit.
    beyond: u64,
    /// Something could not be read.
    damaged: bool,
}

/// Writes an input in a streamed report; `line` gives room for it.
fn push_input(sink: &mut Option<&mut dyn Sink>, line: &mut Vec<u8>, input: &Input) -> io::Result<()> {
    let Some(sink) = sink else { return Ok(()) };
    line.clear();
    push_line(line, &LentItem::Input(input))?;
    sink.line(line)
}

/// What the parts of a text come to: the kind, the segments of a mixed one, the details.
fn end_segments(input: &mut Input, parts: Vec<Part>, mut records: Records) {
    records.parts.extend(parts);
    let parts = segments::ordered(std::mem::take(&mut records.parts));
    let of_certutil = input.kind.clone();
    let recognized = of_certutil != "unrecognized";
    // Without anything of certutil's own what its parser took for labels is none of its output.
    let parts: Vec<Segment> = parts
        .iter()
        .filter(|part| recognized || part.kind != segments::CERTUTIL)
        .map(|part| Segment {
            kind: if part.kind == segments::CERTUTIL { of_certutil.clone() } else { part.kind.to_owned() },
            line: part.line,
            bytes: [part.start, part.end],
        })
        .collect();
    if of_certutil != "certutil-dump"
        && let Some(first) = parts.first()
    {
        input.kind.clone_from(&first.kind);
    }
    if parts.is_empty() && !recognized {
        let message = "a text in which nothing was recognised".to_owned();
        input.problems.push(Problem { message, line: None, bytes: None });
        return;
    }
    if input.status == InputStatus::Unrecognized {
        input.status = InputStatus::Analyzed;
    }
    if records.damaged && input.status == InputStatus::Analyzed {
        input.status = InputStatus::Partial;
    }
    if records.beyond > 0 {
        let message = format!("{} more records are not kept", records.beyond);
        input.problems.push(Problem { message, line: None, bytes: None });
        input.status = InputStatus::Partial;
    }
    if parts.iter().any(|part| part.kind != input.kind) {
        input.segments = Some(parts);
    }
    let mut details = match input.details.take() {
        Some(serde_json::Value::Object(details)) => details,
        _ => serde_json::Map::new(),
    };
    if !records.list.is_empty() {
        details.insert("records".to_owned(), records.list.into());
    }
    if !records.embedded.is_empty() {
        details.insert("embedded".to_owned(), records.embedded.into());
    }
    input.details = Some(details.into());
}

fn context<'c>(options: &'c Options, targets: &'c [Target], stop: &'c dyn Fn() -> bool) -> Context<'c> {
    Context { workloads: targets, bound: &[], at: options.at, windows: options.windows, limits: &options.limits, stop }
}

/// A key of `certutil -key` for the report's details.
/// What is wrong with an input that has the name of a key file: it is empty, or a key container that breaks off.
fn no_key(input: &Input) -> Option<String> {
    let empty = input.status == InputStatus::Unrecognized && input.bytes == 0;
    let kinds = [BinaryKind::CapiKeyContainer, BinaryKind::CngKeyFile].map(BinaryKind::word);
    let broken = input.status == InputStatus::Failed && kinds.contains(&input.kind.as_str());
    input.problems.first().filter(|_| empty || broken).map(|problem| problem.message.clone())
}

fn listed_key(key: &certutil::ListedKey) -> serde_json::Value {
    let names = |value: Option<u32>, table| value.map(|v| flags::names(v, table));
    serde_json::json!({
        "provider": key.provider.value,
        "container": key.container.value,
        "unique_name": key.unique_name.as_ref().map(|n| &n.value),
        "key_specs": key.key_specs.iter().map(|s| s.value.name()).collect::<Vec<_>>(),
        "algorithm": key.algorithm.as_ref().map(|a| &a.value),
        "export_policy": names(key.export_policy.as_ref().map(|p| p.value), flags::EXPORT_POLICY),
        "usage": names(key.usage.as_ref().map(|u| u.value), flags::KEY_USAGE_PROPERTY),
        "isolated": key.isolated,
        "line": key.container.place.line,
    })
}
