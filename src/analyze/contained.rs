//! A fault of the program itself, or of a crate that it uses, costs the input in which it shows and no other; while
//! judging, the credential, the rule about the whole case or the intended key.

use super::forms::Told;
use super::{Analysis, push_input};
use crate::case::credential::{Certificate, Credential, CredentialId, SourceRange};
use crate::model::fact::{Fact, Place};
use crate::report::model::{InputStatus, Problem};
use crate::rules::judge;
use crate::workloads::Target;
use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicU64, Ordering};

/// How far an input has been read.
#[derive(Default)]
pub(super) struct Position(AtomicU64);

impl Position {
    /// The reader, watched.
    pub(super) fn watch<R>(&self, inner: R) -> Watched<'_, R> {
        Watched { inner, position: self }
    }
}

/// A reader whose position is known even when reading it ends in a fault.
pub(super) struct Watched<'p, R> {
    inner: R,
    position: &'p Position,
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.position.0.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl<R: Seek> Seek for Watched<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = self.inner.seek(to)?;
        self.position.0.store(at, Ordering::Relaxed);
        Ok(at)
    }
}

/// What is judged, for the tests that provoke a fault in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judged {
    Credential(CredentialId),
    /// A rule about the whole case, by its name.
    Rule(&'static str),
    /// An intended key, by its number.
    Request(usize),
    /// Which key belongs to a credential.
    Linking(CredentialId),
    /// What other artifacts say about a credential.
    Tying(CredentialId),
    /// What an observation states about credentials, by its number.
    Stating(usize),
    /// A credential whose lines are told by its form.
    Telling(CredentialId),
    /// A whole credential of which only lines were told.
    Making(CredentialId),
    /// The root cause of what is wrong with a credential.
    Ranking(CredentialId),
    /// What is wrong with the case itself.
    RankingCase,
    /// What a symptom points to, by its rule.
    Pointing(&'static str),
    /// Which repairs the whole case allows.
    Suiting,
    /// A credential in the report.
    Reporting(CredentialId),
    /// A finding in the report, by its rule.
    Finding(&'static str),
}

/// What is said of what a fault of keyspect itself has cost.
pub(super) const FAULT: &str = "a fault of keyspect itself";

/// Judges; false: it ended in a fault. Without `contain` a fault ends the run.
pub(super) fn unharmed(contain: bool, what: Judged, check: &mut dyn FnMut()) -> bool {
    let mut judge = AssertUnwindSafe(|| {
        provoke(what);
        check();
    });
    if contain {
        return panic::catch_unwind(judge).is_ok();
    }
    judge.0();
    true
}

#[cfg(not(test))]
fn provoke(_: Judged) {}

#[cfg(test)]
use tests::provoke;

impl Analysis<'_> {
    /// Makes a fault of this crate, or of one that it uses, a problem of the input in which it shows: the other inputs, and
    /// what was known of this one, are still judged. The panic hook of the program sees the fault all the same. Without this
    /// a panic ends the run, as tests and fuzz targets want it.
    #[must_use]
    pub fn with_faults_contained(mut self) -> Self {
        self.contain = true;
        self
    }

    /// Judges one credential. After a fault nothing is said of it, neither that it works nor that it fails.
    pub(super) fn judge(&mut self, id: CredentialId) -> io::Result<()> {
        self.judge_unless_faulty(id, false)
    }

    /// The same for one whose lines are told already.
    pub(super) fn judge_told(&mut self, id: CredentialId) -> io::Result<()> {
        self.judge_unless_faulty(id, true)
    }

    fn judge_unless_faulty(&mut self, id: CredentialId, told: bool) -> io::Result<()> {
        if self.half_known.contains(&id) {
            return Ok(());
        }
        self.unjudged.remove(&id);
        let mut result = Ok(());
        let contain = self.contain;
        if unharmed(contain, Judged::Credential(id), &mut || result = self.judge_one(id, told)) {
            return result;
        }
        self.unjudge(id)
    }

    /// Takes back what was said of credentials in which a fault showed while they were linked with others: what is known of
    /// them may be half of it, so they are not judged again either.
    pub(super) fn half_know(&mut self, faulty: Vec<CredentialId>) -> io::Result<()> {
        for id in faulty {
            if self.half_known.insert(id) && self.case.credential(id).is_some() {
                self.unjudge(id)?;
            }
        }
        Ok(())
    }

    /// Notes that nothing can be said of a credential.
    pub(super) fn note_unjudged(&mut self, id: CredentialId) {
        let credential = self.case.credential(id);
        let place = credential.and_then(|credential| credential.sources.first()).copied();
        self.unjudged.insert(id, place);
    }

    fn unjudge(&mut self, id: CredentialId) -> io::Result<()> {
        self.recorded.clear();
        self.lines.clear();
        let known = self.known.entry(id).or_default();
        known.forget();
        self.note_unjudged(id);
        let credential = self.case.credential(id);
        if self.sink.is_some()
            && let Some(credential) = credential
        {
            self.lines.credential(credential, &[]);
        }
        self.write_lines()
    }

    /// What is left of a credential that was only told and can't be made: its thumbprint, and where it stands.
    pub(super) fn remains(&self, told: &Told) -> Credential {
        let source = told.shaped.source();
        let SourceRange { line, start, end, .. } = source;
        let len = u32::try_from(end.saturating_sub(start)).unwrap_or(u32::MAX);
        let place = Place { source: source.source, line, column: 1, start, len };
        let entry = self.case.entries.get(told.id);
        let sha1 = entry.and_then(|entry| entry.sha1).map(|sha1| Fact::stated(sha1, place));
        Credential {
            id: told.id,
            origin: entry.map(|entry| entry.origin).unwrap_or_default(),
            certificate: Some(Certificate { sha1, ..Certificate::default() }),
            sources: vec![source],
            incomplete: true,
            ..Credential::default()
        }
    }

    /// The workloads for which a credential is judged.
    pub(super) fn candidates(&self, credential: &Credential) -> Vec<Target> {
        if self.unjudged.contains_key(&credential.id) {
            return Vec::new();
        }
        judge::candidates(credential, &self.options.targets)
    }

    /// Makes a problem of its input of each credential, and of each intended key, that could not be judged.
    pub(super) fn tell_unjudged(&mut self, requests: &[SourceRange]) -> io::Result<()> {
        let of = |what: String, place: SourceRange| {
            let message = format!("{what} could not be judged: {FAULT}");
            (place.source.0, Problem::at(message, place.line, [place.start, place.end]))
        };
        let credentials = std::mem::take(&mut self.unjudged);
        let mut problems: BTreeMap<u32, Vec<Problem>> = BTreeMap::new();
        let told = credentials.iter().filter_map(|(id, place)| Some(of(format!("credential {}", id.0), (*place)?)));
        for (input, problem) in told.chain(requests.iter().map(|place| of("what it asks for".to_owned(), *place))) {
            problems.entry(input).or_default().push(problem);
        }
        self.unjudged = credentials;
        self.tell_late(problems)
    }

    /// Adds problems to inputs that are read already, by their numbers: what only the end of the run shows.
    pub(super) fn tell_late(&mut self, problems: BTreeMap<u32, Vec<Problem>>) -> io::Result<()> {
        for (input, problems) in problems {
            let Some(input) = self.inputs.get_mut(input as usize) else { continue };
            if input.status == InputStatus::Analyzed {
                input.status = InputStatus::Partial;
            }
            // Before those of the input itself, of which there may be as many as a report takes.
            input.problems.splice(0..0, problems.into_iter().take(self.options.limits.problems));
            push_input(&mut self.sink, &mut self.line, input)?;
        }
        Ok(())
    }

    /// Reads one input. What was known before a fault stays.
    pub(super) fn contained(
        &mut self,
        (path, member): (&str, Option<&str>),
        position: &Position,
        read: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<()> {
        if !self.contain {
            return read(self);
        }
        let (inputs, next, observed) = (self.inputs.len(), self.next, self.case.observed.len());
        let archives = self.archives.clone();
        let result = panic::catch_unwind(AssertUnwindSafe(|| read(self)));
        if let Ok(result) = result {
            return result;
        }
        self.archives = archives;
        self.lines.clear();
        self.recorded.clear();
        let something = self.next > next || self.case.observed.len() > observed || self.inputs.len() > inputs;
        let at = position.0.load(Ordering::Relaxed);
        // An archive has its place already, and those of its members that were read come after it.
        let placed = self.inputs.get(inputs).cloned();
        let mut input = placed.clone().unwrap_or_else(|| self.input(path, member));
        input.status = if something { InputStatus::Partial } else { InputStatus::Failed };
        input.bytes = input.bytes.max(at);
        input.problems.push(Problem {
            message: format!("{FAULT} before byte {at}: the rest of this input is not judged"),
            line: None,
            bytes: Some([at.saturating_sub(1), at]),
        });
        match placed {
            Some(_) => self.end_archive(inputs, input),
            None => self.end_input(input),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::Options;
    use crate::model::judgement::VerdictOutcome;
    use crate::report::jsonl::Sink;
    use crate::report::model::{CheckOutcome, Report};
    use crate::report::text::{self, TextOptions};
    use std::cell::Cell;

    thread_local! {
        static FAULT: Cell<Option<Judged>> = const { Cell::new(None) };
    }

    /// The fault that a test wants in what is judged.
    pub(super) fn provoke(what: Judged) {
        assert!(FAULT.get() != Some(what), "C4nary of a fault");
    }

    /// Takes the lines of a streamed report.
    #[derive(Default)]
    struct Written(Vec<u8>);

    impl Written {
        /// The verdicts in the last line about each credential, by its number.
        fn outcomes(&self) -> Vec<Vec<String>> {
            let mut last = BTreeMap::new();
            for line in std::str::from_utf8(&self.0).unwrap().lines() {
                let line: serde_json::Value = serde_json::from_str(line).unwrap();
                if line["type"] == "credential" {
                    let of = |verdict: &serde_json::Value| verdict["outcome"].as_str().unwrap().to_owned();
                    last.insert(line["id"].as_u64(), line["verdicts"].as_array().unwrap().iter().map(of).collect());
                }
            }
            last.into_values().collect()
        }
    }

    impl Sink for Written {
        fn line(&mut self, line: &[u8]) -> io::Result<()> {
            self.0.extend_from_slice(line);
            Ok(())
        }
    }

    /// Two credentials that work.
    fn log() -> String {
        let one = |number: u8| {
            format!(
                "my \"Personal\"\n================ Certificate {number} ================\nSerial Number: 0{number}\n\
                 Issuer: CN=Fabrikam CA\n NotBefore: 1/13/2024 10:00 AM\n NotAfter: 1/13/2034 10:00 AM\n\
                 Subject: CN=web{number}.fabrikam.com\nNon-root Certificate\n\
                 Cert Hash(sha1): 00112233445566778899aabbccddeeff0011220{number}\n  Key Container = key {number}\n  \
                 Provider = Microsoft Software Key Storage Provider\nEncryption test passed\n"
            )
        };
        format!("{}{}CertUtil: -store command completed successfully.\n", one(1), one(2))
    }

    /// A key of CryptoAPI alone: what certificates are linked with.
    const KEY: &[u8] = include_bytes!("../../corpus/capi-key-blob/rsa-private-exchange/key.blob");

    /// The report over the log and a request file, with a fault in one of what is judged.
    fn report(fault: Option<Judged>, sink: Option<&mut Written>) -> Report {
        report_with(fault, sink, &log(), &[])
    }

    /// The same over another log, and with a key.
    fn report_with(fault: Option<Judged>, sink: Option<&mut Written>, log: &str, key: &[u8]) -> Report {
        FAULT.set(fault);
        let at = time::OffsetDateTime::from_unix_timestamp(1_750_000_000).unwrap();
        let mut options = Options::new(at);
        options.all_checks = true;
        let mut analysis = Analysis::new(options).with_faults_contained();
        if let Some(sink) = sink {
            analysis = analysis.with_sink(sink);
        }
        analysis.read("a.txt", None, &mut log.as_bytes()).unwrap();
        let inf = "[Version]\nSignature=\"$Windows NT$\"\n[NewRequest]\nSubject=\"CN=a\"\nKeyLength=2048\nKeySpec=1\n\
            ProviderName=\"Microsoft RSA SChannel Cryptographic Provider\"\nMachineKeySet=TRUE\nRequestType=PKCS10\n\
            [EnhancedKeyUsageExtension]\nOID=1.3.6.1.5.5.7.3.1\n";
        analysis.read("b.inf", None, &mut inf.as_bytes()).unwrap();
        if !key.is_empty() {
            analysis.read("c.key", None, &mut &key[..]).unwrap();
        }
        let report = analysis.finish().unwrap();
        FAULT.set(None);
        assert!(!serde_json::to_string(&report).unwrap().contains("C4nary"));
        report
    }

    fn outcomes(report: &Report) -> Vec<Vec<VerdictOutcome>> {
        report.credentials.iter().map(|c| c.verdicts.iter().map(|v| v.outcome).collect()).collect()
    }

    #[test]
    fn without_a_fault_everything_is_judged() {
        let report = report(None, None);
        assert_eq!(outcomes(&report), [[VerdictOutcome::Works], [VerdictOutcome::Works]]);
        assert!(report.inputs.iter().all(|i| i.status == InputStatus::Analyzed && i.problems.is_empty()));
        assert_eq!(report.inputs[1].verdicts.len(), 1);
    }

    #[test]
    fn a_fault_in_a_credential_costs_its_verdict_and_no_other() {
        let fault = Some(Judged::Credential(CredentialId(1)));
        let mut written = Written::default();
        for streamed in [false, true] {
            let report = report(fault, streamed.then_some(&mut written));
            if !streamed {
                assert_eq!(outcomes(&report), [vec![VerdictOutcome::Works], vec![]]);
            }
            let input = &report.inputs[0];
            assert_eq!((input.status, input.problems.len()), (InputStatus::Partial, 1));
            assert_eq!(input.problems[0].message, "credential 1 could not be judged: a fault of keyspect itself");
            // The block of the second certificate.
            let start = log().find("================ Certificate 2").unwrap() as u64;
            assert_eq!(input.problems[0].bytes.unwrap()[0], start);
            assert!(report.checks.iter().all(|check| check.credential != Some(1)));
            assert_eq!(report.inputs[1].status, InputStatus::Analyzed);
        }
        assert_eq!(written.outcomes()[..2], [vec!["works".to_owned()], vec![]]);
        let written = String::from_utf8(written.0).unwrap();
        assert!(written.contains("credential 1 could not be judged"), "{written}");
        assert!(!written.contains("C4nary"));
    }

    #[test]
    fn a_fault_in_a_rule_about_the_case_is_told_and_nothing_is_said_to_work() {
        let report = report(Some(Judged::Rule("shared-key-container")), None);
        assert_eq!(outcomes(&report), [[VerdictOutcome::Unknown], [VerdictOutcome::Unknown]]);
        let of = |rule: &str| report.checks.iter().filter(|c| c.rule == rule).collect::<Vec<_>>();
        let checks = of("shared-key-container");
        assert_eq!((checks.len(), checks[0].outcome), (1, CheckOutcome::Unknown));
        assert_eq!(checks[0].reason, "this rule could not be judged: a fault of keyspect itself");
        assert!(!of("name-mismatch").is_empty(), "the rules after it are still judged");
        let mut text = Vec::new();
        text::render(&report, &TextOptions::default(), &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.contains("this rule could not be judged"), "{text}");
    }

    #[test]
    fn a_fault_in_an_intended_key_costs_its_verdict() {
        let report = report(Some(Judged::Request(0)), None);
        assert_eq!(outcomes(&report), [[VerdictOutcome::Works], [VerdictOutcome::Works]]);
        let input = &report.inputs[1];
        assert_eq!((input.status, input.verdicts.len()), (InputStatus::Partial, 0));
        assert_eq!(input.problems[0].message, "what it asks for could not be judged: a fault of keyspect itself");
    }

    /// Where the block of the second certificate begins.
    fn second() -> u64 {
        log().find("================ Certificate 2").unwrap() as u64
    }

    #[test]
    fn a_fault_while_a_credential_is_linked_or_ranked_costs_its_verdict() {
        let id = CredentialId(1);
        for fault in [Judged::Linking(id), Judged::Tying(id), Judged::Ranking(id)] {
            let mut written = Written::default();
            for streamed in [false, true] {
                let report = report_with(Some(fault), streamed.then_some(&mut written), &log(), KEY);
                if !streamed {
                    assert_eq!(outcomes(&report)[..2], [vec![VerdictOutcome::Works], vec![]], "{fault:?}");
                }
                let input = &report.inputs[0];
                assert_eq!((input.status, input.problems.len()), (InputStatus::Partial, 1), "{fault:?}");
                assert_eq!(input.problems[0].message, "credential 1 could not be judged: a fault of keyspect itself");
                assert_eq!(input.problems[0].bytes.unwrap()[0], second());
                assert!(report.inputs[1..].iter().all(|input| input.problems.is_empty()), "{fault:?}");
            }
            assert_eq!(written.outcomes()[..2], [vec!["works".to_owned()], vec![]], "{fault:?}");
        }
    }

    #[test]
    fn a_fault_in_what_an_artifact_states_is_told_and_nothing_is_said_to_work() {
        let report = report(Some(Judged::Stating(0)), None);
        assert_eq!(outcomes(&report), [[VerdictOutcome::Unknown], [VerdictOutcome::Unknown]]);
        assert!(report.inputs[0].problems.is_empty());
        let input = &report.inputs[1];
        assert_eq!((input.status, input.problems.len()), (InputStatus::Partial, 1));
        let words = "what this request-inf states of certificates is not used: a fault of keyspect itself";
        assert_eq!(input.problems[0].message, words);
    }

    /// What can be meant by an event about a key that only signs.
    fn log_with_an_event() -> String {
        let signing = log().replace("Encryption test passed", "  KeySpec = 2 -- AT_SIGNATURE\nEncryption test passed");
        let signing =
            signing.replace("Microsoft Software Key Storage Provider", "Microsoft Strong Cryptographic Provider");
        format!(
            "{signing}\n{{\"Id\":36870,\"ProviderName\":\"Schannel\",\"Message\":\"A fatal error occurred when attempting to \
             access the TLS server credential private key. The error code returned from the cryptographic module is \
             0x8009030D.\"}}\n"
        )
    }

    const EVENT_RULE: &str = "schannel-36870-dispatch";

    #[test]
    fn a_fault_while_the_case_is_ranked_costs_its_findings_which_are_named() {
        let log = log_with_an_event();
        let of = |report: &Report| report.findings.iter().filter(|f| f.rule == EVENT_RULE).count();
        assert_eq!(of(&report_with(None, None, &log, &[])), 1);
        let report = report_with(Some(Judged::RankingCase), None, &log, &[]);
        assert_eq!(of(&report), 0);
        let signing = report.findings.iter().filter(|f| f.rule == "keyspec-signature-on-csp").count();
        assert_eq!(signing, 2, "what fails for a credential is still ranked");
        assert_eq!(outcomes(&report), [[VerdictOutcome::Fails], [VerdictOutcome::Fails]]);
        let input = &report.inputs[0];
        let words = "a finding of the rule schannel-36870-dispatch is not in the report: a fault of keyspect itself";
        let problem = input.problems.iter().find(|problem| problem.message == words).unwrap();
        let event = log.find("{\"Id\"").unwrap() as u64;
        assert!(problem.bytes.unwrap()[0] >= event, "{problem:?}");
        assert_eq!(input.status, InputStatus::Partial);
        // Without what the case suffers from nothing is said to work; what is asked for is another matter.
        let report = self::report(Some(Judged::RankingCase), None);
        assert_eq!(outcomes(&report), [[VerdictOutcome::Unknown], [VerdictOutcome::Unknown]]);
        assert_eq!(report.inputs[1].verdicts.len(), 1);
    }

    #[test]
    fn a_fault_while_a_symptom_is_pointed_costs_what_it_points_to() {
        let log = log_with_an_event();
        let told = |report: &Report| {
            let finding = report.findings.iter().find(|f| f.rule == EVENT_RULE).unwrap();
            finding.message.contains("the cause is told by: keyspec-signature-on-csp")
        };
        assert!(told(&report_with(None, None, &log, &[])));
        let report = report_with(Some(Judged::Pointing(EVENT_RULE)), None, &log, &[]);
        assert!(!told(&report));
        let words =
            "what the finding of the rule schannel-36870-dispatch points to is not told: a fault of keyspect itself";
        let of = |problem: &&Problem| problem.message == words;
        assert_eq!(report.inputs[0].problems.iter().filter(of).count(), 1);
        assert_eq!(report.inputs[0].status, InputStatus::Partial);
        assert_eq!(outcomes(&report), [[VerdictOutcome::Fails], [VerdictOutcome::Fails]]);
    }

    /// A streamed report over so many credentials that are alike, of which the later ones are told by their form: the last
    /// line about each, by number, and the report.
    fn told(fault: Option<Judged>, many: usize, kept: usize) -> (BTreeMap<usize, String>, Report) {
        let block = include_str!("../../corpus/certutil/verb-verifystore/input.txt");
        let block = block.lines().skip(2).take(12).collect::<Vec<_>>().join("\n");
        let mut log = "My \"Personal\"\n".to_owned();
        for number in 0..many {
            let sha1 = format!("00112233445566778899aabbccddeeff{number:08x}");
            log.push_str(&block.replace("cf0551883c1c8afe825ddb62274bec5c1b49288a", &sha1));
            log.push('\n');
        }
        log.push_str("CertUtil: -store command completed successfully.\n");
        let mut written = Written::default();
        let mut options = Options::new(time::OffsetDateTime::from_unix_timestamp(1_750_000_000).unwrap());
        options.limits.kept_credentials = kept;
        let mut analysis = Analysis::new(options).with_faults_contained().with_sink(&mut written);
        FAULT.set(fault);
        analysis.read("a.txt", None, &mut log.as_bytes()).unwrap();
        let report = analysis.finish().unwrap();
        FAULT.set(None);
        let mut lines = BTreeMap::new();
        for line in String::from_utf8(written.0).unwrap().lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            if line["type"] == "credential" {
                lines.insert(line["id"].as_u64().unwrap() as usize, line.to_string());
            }
        }
        assert_eq!(lines.len(), many);
        (lines, report)
    }

    #[test]
    fn a_fault_while_a_told_credential_is_made_costs_its_verdict_and_no_other() {
        let (many, id) = (12, 8);
        let (without, _) = told(None, many, 500);
        let (lines, report) = told(Some(Judged::Making(CredentialId(8))), many, 500);
        let input = &report.inputs[0];
        let messages: Vec<&str> = input.problems.iter().map(|p| p.message.as_str()).collect();
        assert_eq!(messages, ["credential 8 could not be judged: a fault of keyspect itself"]);
        assert_eq!((input.status, report.credentials.len()), (InputStatus::Partial, many));
        assert_eq!(report.credentials[id].sources[0].bytes, input.problems[0].bytes.unwrap());
        for (number, line) in &lines {
            assert_eq!(line.contains("\"outcome\""), *number != id, "{line}");
            assert!(*number == id || *line == without[number]);
        }
        // It is still known which one it is, and where it stands.
        let sha1 = "00112233445566778899aabbccddeeff00000008";
        assert!(lines[&id].contains(sha1), "{}", lines[&id]);
        let place = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["sources"].clone();
        assert_eq!(place(&lines[&id]), place(&without[&id]));
    }

    #[test]
    fn a_fault_while_a_told_credential_is_made_to_be_let_go_costs_its_verdict_and_no_other() {
        let (many, kept) = (40, 4);
        let faulty = |id: usize| {
            let (lines, report) = told(Some(Judged::Making(CredentialId(u32::try_from(id).unwrap()))), many, kept);
            let words = format!("credential {id} could not be judged: a fault of keyspect itself");
            let named = report.inputs[0].problems.iter().any(|problem| problem.message == words);
            for (number, line) in &lines {
                assert_eq!(line.contains("\"outcome\""), !(named && *number == id), "{line}");
            }
            assert_eq!((report.summary.credentials, lines.len()), (40, many));
            report.credentials.len() < many && named
        };
        assert!((0..many).any(faulty), "some are made to be let go");
    }

    #[test]
    fn a_fault_while_a_credential_is_only_counted_is_told() {
        let mut options = Options::new(time::OffsetDateTime::from_unix_timestamp(1_750_000_000).unwrap());
        (options.brief, options.limits.brief_credentials) = (true, 1);
        let mut analysis = Analysis::new(options).with_faults_contained();
        FAULT.set(Some(Judged::Ranking(CredentialId(1))));
        analysis.read("a.txt", None, &mut log().as_bytes()).unwrap();
        let report = analysis.finish().unwrap();
        FAULT.set(None);
        assert_eq!(report.credentials.iter().map(|c| c.id).collect::<Vec<_>>(), [0]);
        let messages: Vec<&str> = report.inputs[0].problems.iter().map(|p| p.message.as_str()).collect();
        assert_eq!(messages, ["credential 1 could not be judged: a fault of keyspect itself"]);
        assert_eq!(report.inputs[0].problems[0].bytes.unwrap()[0], second());
    }

    #[test]
    fn a_fault_while_a_credential_is_told_by_its_form_costs_nothing() {
        let (without, clean) = told(None, 12, 500);
        let (lines, report) = told(Some(Judged::Telling(CredentialId(8))), 12, 500);
        assert_eq!(lines, without);
        assert_eq!(report.summary, clean.summary);
        assert!(report.inputs[0].problems.is_empty());
    }

    #[test]
    fn a_fault_while_the_report_is_built_costs_the_credential_or_the_finding() {
        let report = report(Some(Judged::Reporting(CredentialId(1))), None);
        assert_eq!(report.credentials.iter().map(|c| c.id).collect::<Vec<_>>(), [0]);
        let problem = &report.inputs[0].problems[0];
        assert_eq!(problem.message, "credential 1 is not in the report: a fault of keyspect itself");
        assert_eq!(problem.bytes.unwrap()[0], second());
        assert_eq!(report.inputs[0].status, InputStatus::Partial);
        let mut text = Vec::new();
        text::render(&report, &TextOptions::default(), &mut text).unwrap();

        let signing = log().replace("Encryption test passed", "  KeySpec = 2 -- AT_SIGNATURE\nEncryption test passed");
        let signing =
            signing.replace("Microsoft Software Key Storage Provider", "Microsoft Strong Cryptographic Provider");
        let rule = "keyspec-signature-on-csp";
        let of = |report: &Report| report.findings.iter().filter(|f| f.rule == rule).count();
        assert_eq!(of(&report_with(None, None, &signing, &[])), 2);
        let report = report_with(Some(Judged::Finding(rule)), None, &signing, &[]);
        assert_eq!(of(&report), 0);
        assert_eq!(outcomes(&report), [[VerdictOutcome::Fails], [VerdictOutcome::Fails]]);
        let words = "a finding of the rule keyspec-signature-on-csp is not in the report: a fault of keyspect itself";
        assert!(report.inputs[0].problems.iter().filter(|p| p.message == words).count() == 2);
        assert_eq!(report.inputs[0].status, InputStatus::Partial);
    }
}
