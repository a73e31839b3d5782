//! The whole way: inputs in, a report out.
//!
//! Nothing here opens a file, reads a clock or an environment variable: the caller hands over readers, the time of
//! judgement and a `stop` callback. An [`Analysis`] collects everything for one [`Report`]; with a [`Sink`] it writes
//! each item as soon as its block ends.

use crate::case::artifact::{Artifact, Origin, ReadStatus};
use crate::case::credential::{Access, Association, Credential, CredentialId};
use crate::case::from_certutil::{LogCredentials, settle_dates};
use crate::case::index::{CaseCode, CaseIndex, IndexEntry};
use crate::case::{from_pfx, key_artifacts, link};
use crate::formats::certutil::{self, Parser};
use crate::formats::pfx;
use crate::input::{Choice, LineReader, Passwords, TextEncoding, choose, looks_like_text};
use crate::limits::Limits;
use crate::model::fact::SourceId;
use crate::model::windows::WindowsVersion;
use crate::report::build;
use crate::report::jsonl::Sink;
use crate::report::model::{
    Check, CheckOutcome, Finding, Input, InputStatus, Item, Problem, Report, SCHEMA, Severity, Summary, Tool, Verdict,
};
use crate::rules::judge::{self, RankedFinding};
use crate::rules::{Context, Outcome, Recorded};
use crate::workloads::{self, Target};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, Cursor, Read};
use time::OffsetDateTime;
use zeroize::Zeroizing;

/// What a run is asked.
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
    /// Passwords for PFX files.
    pub passwords: Passwords,
    /// The bounds.
    pub limits: Limits,
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
            passwords: Passwords::new(),
            limits: Limits::default(),
        }
    }
}

/// The lists of single checks in a report end after this many credentials; then outcomes are counted.
const LISTED_CREDENTIALS: usize = 100;

/// Asks a person for the password of a file, by its path; the second argument counts the tries for this file, from 1.
/// `None`: no password.
pub type AskPassword<'a> = dyn FnMut(&str, u32) -> Option<Zeroizing<String>> + 'a;

/// One run over any number of inputs.
pub struct Analysis<'a> {
    options: Options,
    stop: &'a dyn Fn() -> bool,
    ask: Option<&'a mut AskPassword<'a>>,
    sink: Option<&'a mut dyn Sink>,
    inputs: Vec<Input>,
    case: CaseIndex,
    seen: HashMap<Identity, Vec<CredentialId>>,
    outcomes: HashMap<CredentialId, Vec<Recorded>>,
    next: u32,
    joined: u32,
    counted: Counted,
    stopped: bool,
}

#[derive(Default)]
struct Counted {
    summary: Summary,
    grouped: BTreeMap<(CheckOutcome, &'static str, String, Option<String>), u64>,
    findings: usize,
    dropped_findings: u64,
}

#[derive(PartialEq, Eq, Hash)]
struct Identity {
    name: String,
    store: Option<String>,
    scope: crate::case::credential::Scope,
}

impl<'a> Analysis<'a> {
    /// Collects everything for one report.
    pub fn new(options: Options) -> Self {
        Self {
            options,
            stop: &|| false,
            ask: None,
            sink: None,
            inputs: Vec::new(),
            case: CaseIndex::default(),
            seen: HashMap::new(),
            outcomes: HashMap::new(),
            next: 0,
            joined: 0,
            counted: Counted::default(),
            stopped: false,
        }
    }

    /// Also writes each item as soon as it is known. What changes later is written again with the same id or
    /// fingerprint. Full facts are then kept only for credentials with findings, within the limits.
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
    pub fn read(&mut self, path: &str, member: Option<&str>, reader: &mut dyn Read) -> io::Result<()> {
        let mut input = self.input(path, member);
        let mut measured =
            Measured::new(reader, if self.options.hash { u64::MAX } else { self.options.limits.hash_bytes });
        let mut head = Vec::new();
        let limit = u64::try_from(self.options.limits.detect_bytes).unwrap_or(u64::MAX);
        let failure = measured.by_ref().take(limit).read_to_end(&mut head).err();
        if head.is_empty() {
            input.status = if failure.is_some() { InputStatus::Failed } else { InputStatus::Unrecognized };
            let message =
                failure.as_ref().map_or_else(|| "the input is empty".to_owned(), |e| format!("it can't be read: {e}"));
            input.problems.push(Problem { message, line: None, bytes: None });
        } else if self.options.encoding.is_none() && (!looks_like_text(&head) || key_artifacts::claims_text(&head)) {
            self.binary(&mut input, head, &mut measured)?;
        } else {
            self.text(&mut input, head, &mut measured)?;
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
        input.sha256 = measured.sha256();
        self.end_input(input)
    }

    /// Ends the run: compares the credentials, ranks, and gives the report. With a sink the items that the end of the
    /// run changes are written again, and the summary.
    ///
    /// # Errors
    /// Only what the sink answers.
    pub fn finish(mut self) -> io::Result<Report> {
        self.link()?;
        let targets = self.options.targets.clone();
        let base = context(&self.options, &targets, self.stop);
        let case_outcomes = judge::run_case(&self.case, &base);
        let mut findings: Vec<RankedFinding> = Vec::new();
        let mut verdicts: HashMap<CredentialId, Vec<Verdict>> = HashMap::new();
        let mut checks: Vec<Recorded> = Vec::new();
        let about_case: Vec<Recorded> = case_outcomes.iter().filter(|r| r.credential.is_none()).cloned().collect();
        findings.extend(judge::rank(None, about_case.clone(), &targets).findings);
        checks.extend(about_case);
        let kept = std::mem::take(&mut self.case.kept);
        let streaming = self.sink.is_some();
        for credential in &kept {
            let id = credential.id;
            let mut outcomes = self.outcomes.remove(&id).unwrap_or_default();
            let candidates = judge::candidates(credential, &targets, &[]);
            let concerns = |r: &Recorded| {
                r.credential == Some(id) || matches!(&r.outcome, Outcome::Fail(d) if d.related.contains(&id))
            };
            let of_case: Vec<Recorded> = case_outcomes.iter().filter(|r| concerns(r)).cloned().collect();
            let changed = !streaming || of_case.iter().any(|r| matches!(r.outcome, Outcome::Fail(_)));
            outcomes.extend(of_case);
            let ranked = judge::rank(Some(id), outcomes, &candidates);
            if changed || self.counted.dropped_findings == 0 {
                let mut about: Vec<RankedFinding> = ranked.findings.clone();
                about.extend(findings.iter().filter(|f| f.concerns(id) && f.credential != Some(id)).cloned());
                let list =
                    candidates.iter().map(|t| judge::verdict(credential, *t, &about, self.options.windows)).collect();
                verdicts.insert(id, list);
            }
            checks.extend(ranked.checks.into_iter().filter(|r| r.credential == Some(id)));
            findings.extend(ranked.findings);
        }
        self.case.kept = kept;
        findings.sort_by_key(|f| {
            (f.draft.role, f.draft.severity, f.draft.confidence, judge::precedence(f.rule), f.credential)
        });
        let report = self.report(findings, verdicts, checks);
        if let Some(sink) = self.sink.take() {
            for credential in &report.credentials {
                sink.item(&Item::Credential(Box::new(credential.clone())))?;
            }
            for finding in &report.findings {
                sink.item(&Item::Finding(Box::new(finding.clone())))?;
            }
            for check in &report.checks {
                sink.item(&Item::Check(check.clone()))?;
            }
            sink.item(&Item::Summary(report.summary.clone()))?;
        }
        Ok(report)
    }

    fn input(&self, path: &str, member: Option<&str>) -> Input {
        Input {
            id: u32::try_from(self.inputs.len()).unwrap_or(u32::MAX),
            path: path.to_owned(),
            member: member.map(str::to_owned),
            kind: "unrecognized".to_owned(),
            segments: None,
            encoding: None,
            language: None,
            bytes: 0,
            sha256: None,
            status: InputStatus::Unrecognized,
            problems: Vec::new(),
            details: None,
            verdicts: Vec::new(),
        }
    }

    fn end_input(&mut self, mut input: Input) -> io::Result<()> {
        let limit = self.options.limits.problems;
        if input.problems.len() > limit {
            let more = input.problems.len() - limit;
            input.problems.truncate(limit);
            input.problems.push(Problem { message: format!("and {more} more problems"), line: None, bytes: None });
        }
        if let Some(sink) = &mut self.sink {
            sink.item(&Item::Input(input.clone()))?;
        }
        self.inputs.push(input);
        Ok(())
    }

    /// An artifact that is read whole: keys, stores, requests.
    fn binary(&mut self, input: &mut Input, head: Vec<u8>, rest: &mut Measured<'_>) -> io::Result<()> {
        let limits = self.options.limits.clone();
        let text = looks_like_text(&head);
        let room = limits.binary_bytes.saturating_sub(head.len()).saturating_add(1);
        // It may be a private key: wiped when it is dropped.
        let mut data = Zeroizing::new(head);
        let failure = rest.by_ref().take(u64::try_from(room).unwrap_or(u64::MAX)).read_to_end(&mut data).err();
        let path = input.member.as_ref().unwrap_or(&input.path).clone();
        let name = path.rsplit(['/', '\\']).next();
        let origin = Origin::new(SourceId(input.id), name);
        if pfx::looks_like(&data) {
            let artifact = self.pfx(&data, &path, &origin, &limits);
            self.artifact(input, artifact)?;
        } else if data.len() <= limits.binary_bytes
            && let Some(artifact) = key_artifacts::read(&data, &origin, &limits)
        {
            self.artifact(input, artifact)?;
        } else if text {
            return self.text(input, std::mem::take(&mut data), rest);
        } else {
            input.problems.push(Problem {
                message: if data.len() > limits.binary_bytes {
                    format!("a binary file of more than {} bytes", limits.binary_bytes)
                } else {
                    "a binary file of no known kind".to_owned()
                },
                line: None,
                bytes: None,
            });
        }
        if let Some(e) = failure {
            let message = format!("it could not be read to its end: {e}");
            input.problems.push(Problem { message, line: None, bytes: None });
        }
        Ok(())
    }

    fn pfx(&mut self, data: &[u8], path: &str, origin: &Origin<'_>, limits: &Limits) -> Artifact {
        let passwords = self.options.passwords.for_file(origin.file_name.unwrap_or(path));
        let ask = &mut self.ask;
        let mut tries = 0_u32;
        let mut next = || {
            tries = tries.saturating_add(1);
            ask.as_mut().and_then(|ask| ask(path, tries))
        };
        from_pfx::read(data, &passwords, &mut next, origin, limits)
    }

    /// Takes what an artifact gave.
    fn artifact(&mut self, input: &mut Input, artifact: Artifact) -> io::Result<()> {
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
            let offset = u64::try_from(problem.offset).unwrap_or(u64::MAX);
            Problem { message: problem.message, line: None, bytes: Some([offset, offset.saturating_add(1)]) }
        }));
        artifact.credentials.into_iter().try_for_each(|credential| self.credential(credential))
    }

    /// Joins certificates with the keys that are proved to be theirs, and judges anew what that changes.
    fn link(&mut self) -> io::Result<()> {
        let joined = link::join(&mut self.case.kept);
        if joined.changed.is_empty() && joined.removed.is_empty() {
            return Ok(());
        }
        let removed: HashSet<CredentialId> = joined.removed.into_iter().collect();
        self.case.entries.retain(|entry| !removed.contains(&entry.id));
        for id in &removed {
            self.outcomes.remove(id);
        }
        self.joined = u32::try_from(removed.len()).unwrap_or(u32::MAX);
        for id in joined.changed {
            let entry = self.case.credential(id).map(IndexEntry::from);
            let slot = self.case.entries.binary_search_by_key(&id, |entry| entry.id).ok();
            if let (Some(entry), Some(slot)) = (entry, slot.and_then(|at| self.case.entries.get_mut(at))) {
                *slot = entry;
            }
            self.judge(id)?;
        }
        Ok(())
    }

    fn text(&mut self, input: &mut Input, head: Vec<u8>, rest: &mut Measured<'_>) -> io::Result<()> {
        let choice = match self.options.encoding {
            Some(encoding) => Choice { encoding, guessed: false },
            None => choose(&head, &certutil::words_beyond_ascii()),
        };
        let source = SourceId(input.id);
        let limits = self.options.limits.clone();
        let mut lines = LineReader::new(Cursor::new(head).chain(rest), choice.encoding, &limits);
        let mut parser = Parser::new(source, &limits);
        let mut log = LogCredentials::new(source);
        let first = self.next;
        let mut cut = None;
        loop {
            match lines.next_batch() {
                Ok(Some(batch)) => {
                    let mut line_number = 0;
                    for line in batch.lines() {
                        line_number = line.number;
                        parser.line(line);
                    }
                    for record in parser.take_records() {
                        if let Some(credential) = log.record(record) {
                            self.credential(*credential)?;
                        }
                    }
                    if (self.stop)() {
                        cut = Some(format!("stopped after line {line_number}: the time for this input is over"));
                        self.stopped = true;
                        break;
                    }
                }
                Ok(None) => break,
                Err(e) => {
                    cut = Some(format!("it could not be read to its end: {e}"));
                    break;
                }
            }
        }
        parser.finish();
        for record in parser.take_records() {
            if let Some(credential) = log.record(record) {
                self.credential(*credential)?;
            }
        }
        if let Some(credential) = log.finish() {
            self.credential(*credential)?;
        }
        input.encoding = Some(lines.encoding().name().to_owned());
        let broken = lines.first_broken_line();
        self.end_log(input, &parser, log, first)?;
        if choice.guessed && input.kind != "unrecognized" {
            input.problems.push(Problem {
                message: "code page guessed: letters in names may be wrong; name it with --encoding".to_owned(),
                line: None,
                bytes: None,
            });
        }
        if let Some((line, offset)) = broken {
            input.problems.push(Problem {
                message: "bytes that are not valid in the text's encoding".to_owned(),
                line: u32::try_from(line).ok(),
                bytes: Some([offset, offset.saturating_add(1)]),
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

    /// What a log as a whole says, once its last line is read.
    fn end_log(&mut self, input: &mut Input, parser: &Parser, log: LogCredentials, first: u32) -> io::Result<()> {
        let order = log.date_order();
        let mut changed = Vec::new();
        let mut ambiguous = None;
        for credential in self.case.kept.iter_mut().filter(|c| c.id.0 >= first) {
            if let Some(order) = order {
                if settle_dates(credential, order) {
                    changed.push(credential.id);
                }
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
        if log.blocks > 0 {
            "certutil-dump".clone_into(&mut input.kind);
        } else if !log.runs.is_empty() || !log.providers.is_empty() || !log.requested.is_empty() || log.commands > 0 {
            "certutil-other".clone_into(&mut input.kind);
        } else {
            input.problems.push(Problem {
                message: "a text in which nothing of certutil's output was recognised".to_owned(),
                line: None,
                bytes: None,
            });
            return Ok(());
        }
        input.status = InputStatus::Analyzed;
        input.language = parser.language().map(|l| l.tag().to_owned());
        if let Some((place, text)) = ambiguous {
            input.problems.push(Problem {
                message: format!(
                    "ambiguous date order: `{text}` can be read in two ways; dates are not judged unless both agree"
                ),
                line: Some(place.line),
                bytes: Some([place.start, place.end()]),
            });
        }
        let damaged = !log.problems.is_empty();
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
        if !log.requested.is_empty() {
            let list: Vec<_> =
                log.requested.iter().map(|(k, p)| serde_json::json!({"key_spec": k, "provider": p})).collect();
            details.insert("requested_keys".to_owned(), list.into());
        }
        input.details = Some(details.into());
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

    /// Takes a credential: merges it with an earlier sighting, or gives it a number; judges it; writes it.
    fn credential(&mut self, mut credential: Credential) -> io::Result<()> {
        if let Some(identity) = identity(&credential) {
            let same = self.seen.get(&identity).into_iter().flatten().find_map(|id| {
                let at = self.case.kept.binary_search_by_key(id, |c| c.id).ok()?;
                self.case.kept.get(at).filter(|k| one_container(k, &credential)).map(|_| at)
            });
            if let Some(at) = same {
                let id = {
                    let Some(kept) = self.case.kept.get_mut(at) else { return Ok(()) };
                    merge(kept, credential);
                    kept.id
                };
                if let Some(entry) = self.case.kept.get(at).map(IndexEntry::from) {
                    if let Ok(slot) = self.case.entries.binary_search_by_key(&id, |e| e.id) {
                        self.case.entries[slot] = entry;
                    }
                }
                return self.judge(id);
            }
            self.seen.entry(identity).or_default().push(CredentialId(self.next));
        }
        credential.id = CredentialId(self.next);
        self.next = self.next.saturating_add(1);
        self.case.entries.push(IndexEntry::from(&credential));
        let id = credential.id;
        self.case.kept.push(credential);
        self.judge(id)
    }

    /// Runs the rules about one credential, and writes it in a streamed report.
    fn judge(&mut self, id: CredentialId) -> io::Result<()> {
        let Ok(at) = self.case.kept.binary_search_by_key(&id, |c| c.id) else { return Ok(()) };
        let Some(credential) = self.case.kept.get(at) else { return Ok(()) };
        let targets = self.options.targets.clone();
        let base = context(&self.options, &targets, self.stop);
        let outcomes = judge::run_credential(credential, &base, &[]);
        let Some(sink) = &mut self.sink else {
            self.outcomes.insert(id, outcomes);
            return Ok(());
        };
        let candidates = judge::candidates(credential, &targets, &[]);
        let ranked = judge::rank(Some(id), outcomes.clone(), &candidates);
        let verdicts =
            candidates.iter().map(|t| judge::verdict(credential, *t, &ranked.findings, self.options.windows)).collect();
        sink.item(&Item::Credential(Box::new(build::credential(credential, verdicts))))?;
        let identity = build::identity(credential, None);
        for finding in &ranked.findings {
            let columns = self.options.limits.excerpt_columns;
            let item = build::finding(finding, &targets, &identity, Some(&credential.excerpts), columns);
            sink.item(&Item::Finding(Box::new(item)))?;
        }
        self.outcomes.insert(id, outcomes);
        Ok(())
    }

    fn report(
        &mut self,
        findings: Vec<RankedFinding>,
        mut verdicts: HashMap<CredentialId, Vec<Verdict>>,
        checks: Vec<Recorded>,
    ) -> Report {
        let columns = self.options.limits.excerpt_columns;
        let limit = self.options.limits.findings;
        let mut summary = std::mem::take(&mut self.counted.summary);
        summary.inputs = self.inputs.len() as u64;
        summary.credentials = u64::from(self.next.saturating_sub(self.joined));
        let mut kept_bytes = 0usize;
        let mut list: Vec<Finding> = Vec::new();
        for finding in &findings {
            match finding.draft.severity {
                Severity::Error => summary.errors += 1,
                Severity::Warning => summary.warnings += 1,
                Severity::Note => summary.notes += 1,
            }
            if list.len() >= limit {
                continue;
            }
            let credential = finding.credential.and_then(|id| self.case.credential(id));
            let input = credential
                .and_then(|c| c.sources.first())
                .and_then(|s| self.inputs.get(s.source.0 as usize))
                .and_then(|i| i.sha256.clone());
            let identity = credential.map_or(String::new(), |c| build::identity(c, input.as_deref()));
            let excerpts = credential.map(|c| &c.excerpts).filter(|_| kept_bytes < self.options.limits.excerpts_bytes);
            let item = build::finding(finding, &self.options.targets, &identity, excerpts, columns);
            kept_bytes += item
                .evidence
                .iter()
                .map(|e| e.excerpt.len() + e.line_text.as_ref().map_or(0, String::len))
                .sum::<usize>();
            list.push(item);
        }
        let many = self.case.kept.len() > LISTED_CREDENTIALS;
        let mut single: Vec<Check> = Vec::new();
        for recorded in &checks {
            let name = recorded.rule.name;
            let counter = match recorded.outcome {
                Outcome::Pass(_) => Some(&mut summary.passed),
                Outcome::NotApplicable(_) => Some(&mut summary.not_applicable),
                Outcome::Unknown { .. } => Some(&mut summary.unknown),
                Outcome::Fail(_) => None,
            };
            if let Some(counter) = counter {
                *counter.entry(name.to_owned()).or_default() += 1;
            }
            let item = build::check(recorded, recorded.credential);
            let listed = match item.outcome {
                CheckOutcome::Fail => true,
                CheckOutcome::NotApplicable => self.options.all_checks,
                CheckOutcome::Pass | CheckOutcome::Unknown => {
                    self.options.all_checks || recorded.credential.is_none_or(|c| (c.0 as usize) < LISTED_CREDENTIALS)
                }
            };
            if listed {
                single.push(item);
            } else if many && item.outcome != CheckOutcome::NotApplicable {
                // The command names one credential; for many the rule's first one stands as an example.
                *self.counted.grouped.entry((item.outcome, name, item.reason, None)).or_default() += 1;
            }
        }
        for ((outcome, rule, reason, obtain), count) in std::mem::take(&mut self.counted.grouped) {
            single.push(Check {
                rule: rule.to_owned(),
                credential: None,
                outcome,
                reason,
                obtain,
                count: Some(count),
                not_the_cause: false,
            });
        }
        let credentials =
            self.case.kept.iter().map(|c| build::credential(c, verdicts.remove(&c.id).unwrap_or_default())).collect();
        Report {
            schema: SCHEMA.to_owned(),
            tool: Tool { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
            inputs: std::mem::take(&mut self.inputs),
            credentials,
            findings: list,
            checks: single,
            summary,
        }
    }
}

fn context<'c>(options: &'c Options, targets: &'c [Target], stop: &'c dyn Fn() -> bool) -> Context<'c> {
    Context { workloads: targets, bound: &[], at: options.at, windows: options.windows, limits: &options.limits, stop }
}

/// What makes two sightings the same credential: the thumbprint, or serial number and issuer, in the same store.
fn identity(c: &Credential) -> Option<Identity> {
    let certificate = c.certificate.as_ref()?;
    let name = match (&certificate.sha1, &certificate.serial, &certificate.issuer) {
        (Some(sha1), ..) => sha1.value.to_string(),
        (None, Some(serial), Some(issuer)) => format!("{}\n{}", serial.value, issuer.value),
        _ => return None,
    };
    Some(Identity { name, store: c.store_name(), scope: c.scope() })
}

/// Whether two sightings don't name two different containers.
fn one_container(a: &Credential, b: &Credential) -> bool {
    let names = |c: &Credential| {
        [&c.key.unique_name, &c.key.container, &c.key.stored_container]
            .into_iter()
            .flatten()
            .map(|n| n.value.to_lowercase())
            .filter(|n| !n.is_empty())
            .collect::<Vec<_>>()
    };
    let (a, b) = (names(a), names(b));
    a.is_empty() || b.is_empty() || a.iter().any(|n| b.contains(n))
}

/// How much a sighting shows of the key.
fn weight(c: &Credential) -> (bool, bool, bool) {
    let linked = matches!(c.key.association, Association::Linked | Association::FoundBySearch);
    (linked, c.key.access == Access::Opened, c.key.key_spec.is_some())
}

/// Two sightings of one credential: the better-privileged, else the later one, gives the values; the other fills what
/// that one does not show.
fn merge(kept: &mut Credential, later: Credential) {
    let later_wins = weight(&later) >= weight(kept);
    let id = kept.id;
    let (mut winner, loser) = if later_wins { (later, std::mem::take(kept)) } else { (std::mem::take(kept), later) };
    winner.id = id;
    winner.sources = match later_wins {
        true => loser.sources.iter().chain(&winner.sources).copied().collect(),
        false => winner.sources.iter().chain(&loser.sources).copied().collect(),
    };
    winner.excerpts.extend(loser.excerpts);
    if let Some(other) = loser.certificate {
        match &mut winner.certificate {
            None => winner.certificate = Some(other),
            Some(own) => {
                macro_rules! fill {
                    ($($field:ident),*) => { $( if own.$field.is_none() { own.$field = other.$field; } )* };
                }
                fill!(
                    sha1,
                    sha256,
                    serial,
                    subject,
                    issuer,
                    not_before,
                    not_after,
                    key_usage,
                    extended_key_usage,
                    is_ca,
                    self_signed,
                    signature_algorithm,
                    template,
                    friendly_name
                );
                if own.alternative_names.is_empty() {
                    own.alternative_names = other.alternative_names;
                }
                own.extensions_shown |= other.extensions_shown;
                let key = other.public_key;
                if own.public_key.algorithm.is_none() {
                    own.public_key.algorithm = key.algorithm;
                }
                if own.public_key.bits.is_none() {
                    own.public_key.bits = key.bits;
                }
                if own.public_key.sha1.is_none() {
                    own.public_key.sha1 = key.sha1;
                }
                if own.public_key.md5.is_none() {
                    own.public_key.md5 = key.md5;
                }
            }
        }
    }
    let (own, other) = (&mut winner.key, loser.key);
    macro_rules! fill_key {
        ($($field:ident),*) => { $( if own.$field.is_none() { own.$field = other.$field; } )* };
    }
    fill_key!(
        stored_container,
        container,
        unique_name,
        provider,
        provider_type,
        flags,
        key_spec,
        key_spec_witness,
        algorithm,
        bits,
        usage,
        export_policy,
        permissions,
        sddl
    );
    if winner.store.as_ref().is_none_or(|s| s.scope.is_none()) && loser.store.is_some() {
        winner.store = loser.store;
    }
    *kept = winner;
}

/// Counts and hashes what goes through.
struct Measured<'r> {
    inner: &'r mut dyn Read,
    bytes: u64,
    limit: u64,
    hasher: Option<Sha256>,
}

impl<'r> Measured<'r> {
    fn new(inner: &'r mut dyn Read, limit: u64) -> Self {
        Self { inner, bytes: 0, limit, hasher: Some(Sha256::new()) }
    }
    fn sha256(&mut self) -> Option<String> {
        let digest = self.hasher.take()?.finalize();
        Some(digest.iter().map(|b| format!("{b:02x}")).collect())
    }
}

impl Read for Measured<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes = self.bytes.saturating_add(read as u64);
        if self.bytes > self.limit {
            self.hasher = None;
        }
        if let (Some(hasher), Some(part)) = (&mut self.hasher, buffer.get(..read)) {
            hasher.update(part);
        }
        Ok(read)
    }
}
