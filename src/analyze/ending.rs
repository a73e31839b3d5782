//! The end of a run: what only all inputs together show, the ranking, and the report.

use super::contained::{FAULT, Judged, unharmed};
use super::judging::{Counted, is_early, problem_at};
use super::preflight::{self, Preflight};
use super::{Analysis, context, push_input};
use crate::case::credential::{Credential, CredentialId, SourceRange};
use crate::case::index::CaseIndex;
use crate::case::{key_file_link, link, ties};
use crate::limits::SYMPTOMS;
use crate::report::build;
use crate::report::model::{
    Check, CheckOutcome, CredentialReport, Finding, Input, Item, Problem, Report, Verdict, VerdictOutcome, Withdrawn,
};
use crate::report::words;
use crate::rules::judge::{self, RankedFinding};
use crate::rules::{FindingDraft, Outcome, Recorded, RuleMeta, pointing, suiting};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;

/// What the end of a run has found so far.
#[derive(Default)]
struct Ending {
    /// The findings about the case and about intended keys, in the end all of the report.
    findings: Vec<RankedFinding>,
    /// The findings about each credential that is kept.
    own: BTreeMap<CredentialId, Vec<RankedFinding>>,
    /// The credentials whose lines are written again.
    news: HashSet<CredentialId>,
    /// What is to be told of inputs that are read already.
    late: BTreeMap<u32, Vec<Problem>>,
    /// What a rule about the case says, or what an artifact states, is lost: nothing is said to work.
    in_doubt: bool,
}

impl Analysis<'_> {
    /// Ends the run: compares the credentials, ranks, and gives the report. With a sink the items that the end of the
    /// run changes are written again, then the checks and the summary.
    ///
    /// # Errors
    /// Only what the sink answers.
    pub fn finish(mut self) -> io::Result<Report> {
        let mut ending = Ending::default();
        self.retire_surplus()?;
        self.make_rest()?;
        self.forms.forget(&mut self.counted);
        let gone = self.link()?;
        self.tie(&mut ending)?;

        let of_case = self.judge_case(&mut ending);
        let mut requests = self.judge_requests();
        self.rank_case(&of_case, &mut requests, &mut ending);
        self.count_case(&of_case, &requests);
        self.tell_verdicts(std::mem::take(&mut requests.verdicts))?;
        self.rank_credentials(of_case, &mut ending);

        let credentials = self.report_credentials(&mut ending);
        self.order(&mut ending.findings);
        self.point(&mut ending);
        // What points to a cause may have given up the place of one.
        self.order(&mut ending.findings);
        self.suit(&mut ending);
        self.tell_unjudged(&requests.unjudged)?;
        self.tell_alike(&mut ending);
        self.tell_late(std::mem::take(&mut ending.late))?;
        self.keep_what_findings_are_about(&ending.findings);
        let report = self.report(credentials, ending.findings, &ending.news)?;
        self.write_news(&report)?;
        self.withdraw(&gone, &ending.news, &report)?;
        self.write_end(&report)?;
        Ok(report)
    }

    /// Joins certificates with the keys that are proved to be theirs, and judges anew what that changes. Gives the credentials
    /// that are part of others now.
    fn link(&mut self) -> io::Result<Vec<CredentialId>> {
        let contain = self.contain;
        let guard = |id, step: &mut dyn FnMut()| unharmed(contain, Judged::Linking(id), step);
        let joined = link::join_by(&mut self.case.kept, &guard);
        let removed: HashSet<CredentialId> = joined.removed.into_iter().collect();
        self.case.entries.retain(|entry| !removed.contains(&entry.id));
        for id in &removed {
            self.known.remove(id);
        }
        self.joined = u32::try_from(removed.len()).unwrap_or(u32::MAX);
        self.half_know(joined.faulty)?;
        for id in joined.changed {
            self.update_entry(id);
            self.judge(id)?;
        }
        Ok(removed.into_iter().collect())
    }

    /// Ties what other artifacts state to the credentials, judges anew what that changes, and notes what was lost of it.
    fn tie(&mut self, ending: &mut Ending) -> io::Result<()> {
        let contain = self.contain;
        let guard = |step, check: &mut dyn FnMut()| {
            let what = match step {
                ties::Step::Observed(index) => Judged::Stating(index),
                ties::Step::Credential(id) => Judged::Tying(id),
            };
            unharmed(contain, what, check)
        };
        let tied = ties::tie_by(&mut self.case, &guard);
        self.half_know(tied.faulty)?;
        for id in tied.changed {
            self.judge(id)?;
        }
        ending.in_doubt |= !tied.lost.is_empty();
        for observed in tied.lost.iter().filter_map(|index| self.case.observed.get(*index)) {
            let message = format!("what this {} states of certificates is not used: {FAULT}", observed.kind);
            ending.late(observed.place.source.0, problem_at(message, observed.place));
        }
        let own = self.case.kept.iter().filter_map(key_file_link::permissions_of_key);
        self.case.observed.extend(own);
        for (source, place) in tied.unheard {
            let message = format!(
                "more than {} different error codes concern one certificate: the others are not held against it",
                SYMPTOMS.saturating_mul(2)
            );
            ending.late(source.0, problem_at(message, place));
        }
        Ok(())
    }

    /// Runs the rules about the whole case.
    fn judge_case(&self, ending: &mut Ending) -> Vec<Recorded> {
        let base = context(&self.options, &self.options.targets, self.stop);
        let guard = |rule, check: &mut dyn FnMut()| unharmed(self.contain, Judged::Rule(rule), check);
        let of_case = judge::run_case_by(&self.case, &base, &guard);
        ending.in_doubt |= of_case.iter().any(judge::is_fault);
        of_case
    }

    /// Judges what requests, INF files, templates and scripts ask for.
    fn judge_requests(&self) -> Preflight {
        let base = context(&self.options, &self.options.targets, self.stop);
        preflight::run(&self.case, &base, self.contain, &|input| {
            self.inputs.get(input as usize).and_then(|input| input.sha256.clone()).unwrap_or_default()
        })
    }

    /// Ranks what the rules say of the case itself, and takes the findings about intended keys, which are ranked already.
    fn rank_case(&self, of_case: &[Recorded], requests: &mut Preflight, ending: &mut Ending) {
        let findings = &mut ending.findings;
        let mut rank = || *findings = judge::findings(None, about_case(of_case), &self.options.targets);
        if !unharmed(self.contain, Judged::RankingCase, &mut rank) {
            ending.findings.clear();
            ending.in_doubt = true;
            for recorded in about_case(of_case) {
                if let Outcome::Fail(draft) = &recorded.outcome {
                    let (input, problem) = self.not_in_the_report(recorded.rule, recorded.credential, draft);
                    ending.late(input, problem);
                }
            }
        }
        ending.findings.append(&mut requests.findings);
    }

    /// Counts the outcomes about the case and about intended keys.
    fn count_case(&mut self, of_case: &[Recorded], requests: &Preflight) {
        for recorded in &requests.counted {
            self.counted.outcome(recorded, self.options.all_checks);
        }
        let listed = self.listed();
        about_case(of_case)
            .chain(&requests.checks)
            .for_each(|recorded| self.counted.outcome(recorded, listed(recorded)));
    }

    /// Gives inputs the verdicts on what they ask for.
    fn tell_verdicts(&mut self, verdicts: BTreeMap<u32, Vec<Verdict>>) -> io::Result<()> {
        for (input, verdicts) in verdicts {
            let Some(input) = self.inputs.get_mut(input as usize) else { continue };
            input.verdicts = verdicts;
            push_input(&mut self.sink, &mut self.line, input)?;
        }
        Ok(())
    }

    /// Ranks what fails for each credential, by its own rules and by those about the case, and counts the outcomes. It takes
    /// what the rules about the case say: that may be as long as the report itself.
    fn rank_credentials(&mut self, of_case: Vec<Recorded>, ending: &mut Ending) {
        let concerns = concerns(&of_case);
        let (early_listed, listed) = (self.options.all_checks, self.listed());
        for id in self.ids() {
            let Some(credential) = self.case.credential(id) else { continue };
            let outcomes = self.known.get_mut(&id).map(|known| std::mem::take(&mut known.outcomes)).unwrap_or_default();
            let theirs = concerns.get(&id).map_or(&[][..], Vec::as_slice).iter();
            let theirs: Vec<Recorded> = theirs
                .filter_map(|index| of_case.get(*index))
                .map(
                    |recorded| {
                        if recorded.credential == Some(id) { recorded.clone() } else { weight_of(recorded, id) }
                    },
                )
                .collect();
            let candidates = self.candidates(credential);
            let mut found = Vec::new();
            let mut rank = || found = judge::findings(Some(id), outcomes.failed().chain(&theirs), &candidates);
            if !unharmed(self.contain, Judged::Ranking(id), &mut rank) {
                self.note_unjudged(id);
                ending.news.insert(id);
                continue;
            }
            ending.own.insert(id, found);
            let by_case: Vec<&Recorded> = theirs.iter().filter(|r| r.credential == Some(id)).collect();
            let count = |counted: &mut Counted, recorded: &Recorded| counted.outcome(recorded, listed(recorded));
            // Each one is looked at, unless nothing can stand against it.
            let each = early_listed || is_early(id) || !by_case.is_empty();
            self.counted.checked(id, &outcomes, each, |counted, own| {
                if !by_case.iter().any(|by_case| judge::overrules(by_case, own)) {
                    count(counted, own);
                }
            });
            by_case.iter().for_each(|recorded| count(&mut self.counted, recorded));
        }
        ending.news.extend(concerns.keys());
    }

    /// Gives the credentials of the report their verdicts, and their findings to the report. With a sink only those are made
    /// whose lines are written again.
    fn report_credentials(&mut self, ending: &mut Ending) -> Vec<CredentialReport> {
        let mut named = ending.named();
        ending.news.extend(named.keys());
        let ids = self.ids();
        let mut credentials = Vec::with_capacity(ids.len());
        for id in ids {
            let Some(credential) = self.case.credential(id) else { continue };
            let mut about = ending.own.remove(&id).unwrap_or_default();
            let own = about.len();
            about.extend(named.remove(&id).unwrap_or_default());
            // Without a name of its own its input stands for it, whose hash was not known before.
            if ending.in_doubt || build::identity(credential, None).is_empty() {
                ending.news.insert(id);
            }
            if self.sink.is_some() && !ending.news.contains(&id) {
                about.truncate(own);
                ending.findings.append(&mut about);
                continue;
            }
            let mut made = None;
            let mut make = || {
                let verdicts = self.verdicts(credential, &about, ending.in_doubt);
                made = Some(build::credential(credential, verdicts));
            };
            let unharmed = unharmed(self.contain, Judged::Reporting(id), &mut make);
            let Some(made) = made.filter(|_| unharmed) else {
                if let Some(source) = credential.sources.first() {
                    let message = format!("credential {} is not in the report: {FAULT}", id.0);
                    ending.late(source.source.0, problem_in(message, *source));
                }
                continue;
            };
            credentials.push(made);
            about.truncate(own);
            ending.findings.append(&mut about);
        }
        credentials
    }

    /// The verdicts on a credential, from all findings that concern it; `in_doubt`: it is not said to work.
    fn verdicts(&self, credential: &Credential, about: &[RankedFinding], in_doubt: bool) -> Vec<Verdict> {
        let verdict = |target| judge::verdict(credential, target, about, self.options.windows);
        let mut verdicts: Vec<Verdict> = self.candidates(credential).into_iter().map(verdict).collect();
        if in_doubt {
            let works = |verdict: &&mut Verdict| verdict.outcome == VerdictOutcome::Works;
            verdicts.iter_mut().filter(works).for_each(|verdict| verdict.outcome = VerdictOutcome::Unknown);
        }
        verdicts
    }

    /// Puts the strongest root cause first, of what an artifact binds.
    fn order(&self, findings: &mut [RankedFinding]) {
        let bound = |f: &RankedFinding| {
            f.credential.and_then(|id| self.case.credential(id)).is_some_and(|c| !c.bound.is_empty())
        };
        findings.sort_by_key(|f| {
            let draft = &f.draft;
            (draft.role, !bound(f), draft.severity, draft.confidence, judge::precedence(f.rule), f.credential)
        });
    }

    /// Lets symptoms point to what was decided.
    fn point(&self, ending: &mut Ending) {
        let guard = |rule, point: &mut dyn FnMut()| unharmed(self.contain, Judged::Pointing(rule), point);
        for index in pointing::point_by(&mut ending.findings, &guard) {
            let Some(RankedFinding { rule, credential, draft }) = ending.findings.get(index) else { continue };
            let message = format!("what the finding of the rule {} points to is not told: {FAULT}", rule.name);
            let (input, problem) = self.at_finding(message, *credential, draft);
            ending.late(input, problem);
        }
    }

    /// Gives findings the repairs that the whole case allows.
    fn suit(&self, ending: &mut Ending) {
        let base = context(&self.options, &self.options.targets, self.stop);
        // After a fault the other repairs stay as their rules gave them.
        unharmed(self.contain, Judged::Suiting, &mut || suiting::suit(&self.case, &base, &mut ending.findings));
    }

    /// Tells of each input how many of its credentials are only counted, and which rules found what about them.
    fn tell_alike(&mut self, ending: &mut Ending) {
        for (input, many) in std::mem::take(&mut self.counted.alike) {
            let message = format!(
                "{} like others of this report: only counted; what later inputs state of them is not held against them (-v \
                 keeps all)",
                words::count(many, "credential", "credentials")
            );
            ending.late(input, Problem { message, line: None, bytes: None });
        }
        for (rule, many) in std::mem::take(&mut self.counted.of_alike).into_values() {
            let mut check = Check::new(rule.name, CheckOutcome::Fail, rule.summary);
            check.count = Some(many);
            self.counted.listed.push(check);
        }
    }

    /// The report holds the rest; only what a finding is about is looked at once more.
    fn keep_what_findings_are_about(&mut self, findings: &[RankedFinding]) {
        let about: HashSet<CredentialId> = findings.iter().filter_map(|finding| finding.credential).collect();
        self.case.kept.retain(|credential| about.contains(&credential.id));
    }

    /// Writes the lines that the end of the run changes. Those of the others are written, and stay as they are.
    fn write_news(&mut self, report: &Report) -> io::Result<()> {
        if self.sink.is_none() {
            return Ok(());
        }
        for credential in &report.credentials {
            self.lines.reported(credential)?;
            self.write_lines()?;
        }
        for finding in &report.findings {
            self.lines.found(finding)?;
            self.write_lines()?;
        }
        Ok(())
    }

    /// Withdraws what is written and no longer so: credentials that are part of others now (`gone`), and findings that what
    /// came later, or the whole case, does not bear out.
    fn withdraw(&mut self, gone: &[CredentialId], news: &HashSet<CredentialId>, report: &Report) -> io::Result<()> {
        let Some(sink) = &mut self.sink else { return Ok(()) };
        let of_report: HashSet<(u32, &str)> =
            report.findings.iter().filter_map(|f| Some((f.credential?, f.fingerprint.as_str()))).collect();
        // A list that is full does not tell what else is true.
        let full = report.findings.len() >= self.options.limits.findings;
        let mut withdrawn: Vec<Withdrawn> =
            gone.iter().map(|id| Withdrawn { credential: id.0, fingerprint: None }).collect();
        for (id, known) in &self.known {
            for fingerprint in known.findings_written() {
                let text = fingerprint.to_string();
                let holds = if news.contains(id) {
                    full || of_report.contains(&(id.0, text.as_str()))
                } else {
                    known.finds(fingerprint)
                };
                if !holds {
                    withdrawn.push(Withdrawn { credential: id.0, fingerprint: Some(text) });
                }
            }
        }
        withdrawn.sort();
        withdrawn.into_iter().try_for_each(|item| sink.item(&Item::Withdrawn(item)))
    }

    /// Writes the checks and the summary.
    fn write_end(&mut self, report: &Report) -> io::Result<()> {
        let Some(sink) = self.sink.take() else { return Ok(()) };
        for check in &report.checks {
            sink.item(&Item::Check(check.clone()))?;
        }
        sink.item(&Item::Summary(report.summary.clone()))
    }

    /// The credentials that are kept.
    fn ids(&self) -> Vec<CredentialId> {
        self.case.kept.iter().map(|credential| credential.id).collect()
    }

    /// Tells which outcomes are listed one by one.
    fn listed(&self) -> impl Fn(&Recorded) -> bool + Copy + use<> {
        let (all_checks, streamed) = (self.options.all_checks, self.sink.is_some());
        move |recorded| all_checks || is_listed(recorded, streamed)
    }

    /// The report; with a sink it has those of its findings that are news.
    fn report(
        &mut self,
        credentials: Vec<CredentialReport>,
        findings: Vec<RankedFinding>,
        news: &HashSet<CredentialId>,
    ) -> io::Result<Report> {
        let streamed = self.sink.is_some();
        let is_told = |finding: &RankedFinding| streamed && finding.credential.is_some_and(|id| !news.contains(&id));
        let columns = self.options.limits.excerpt_columns;
        let mut kept_bytes = 0usize;
        let mut list: Vec<Finding> = Vec::new();
        let mut late: BTreeMap<u32, Vec<Problem>> = BTreeMap::new();
        let mut only_counted: Option<(u64, RankedFinding)> = None;
        for finding in findings {
            let mut is_listed = true;
            if !unharmed(self.contain, Judged::Finding(finding.rule.name), &mut || {
                if self.count(&finding) && !is_told(&finding) {
                    is_listed = self.found(&finding, columns, &mut kept_bytes, &mut list);
                }
            }) {
                let (input, problem) = self.not_in_the_report(finding.rule, finding.credential, &finding.draft);
                late.entry(input).or_default().push(problem);
            }
            if !is_listed {
                only_counted.get_or_insert((0, finding)).0 += 1;
            }
        }
        if let Some((many, first)) = only_counted {
            let message = format!(
                "{} from here on {} only counted: the report lists {}",
                words::count(many, "finding", "findings"),
                if many == 1 { "is" } else { "are" },
                self.options.limits.findings
            );
            let (input, problem) = self.at_finding(message, first.credential, &first.draft);
            late.entry(input).or_default().push(problem);
        }
        self.tell_late(late)?;
        let mut summary = std::mem::take(&mut self.counted.summary);
        summary.set_aside = std::mem::take(&mut self.counted.aside).list();
        summary.inputs = self.inputs.len() as u64;
        summary.credentials = u64::from(self.next.saturating_sub(self.joined));
        let mut checks = std::mem::take(&mut self.counted.listed);
        checks.extend(std::mem::take(&mut self.counted.tally).checks(&mut summary));
        Ok(Report {
            inputs: std::mem::take(&mut self.inputs),
            credentials,
            findings: list,
            checks,
            summary,
            ..Report::new()
        })
    }

    /// That a finding is lost, and of which input.
    fn not_in_the_report(
        &self,
        rule: &RuleMeta,
        credential: Option<CredentialId>,
        draft: &FindingDraft,
    ) -> (u32, Problem) {
        let message = format!("a finding of the rule {} is not in the report: {FAULT}", rule.name);
        self.at_finding(message, credential, draft)
    }

    /// A problem at the place of a finding: of its credential, else of its evidence; and of which input.
    fn at_finding(&self, message: String, credential: Option<CredentialId>, draft: &FindingDraft) -> (u32, Problem) {
        let credential = credential.and_then(|id| self.case.credential(id));
        let source = credential.and_then(|credential| credential.sources.first());
        let place = draft.evidence.first().map(|evidence| evidence.place);
        match (source, place) {
            (Some(source), _) => (source.source.0, problem_in(message, *source)),
            (None, Some(place)) => (place.source.0, problem_at(message, place)),
            (None, None) => (0, Problem { message, line: None, bytes: None }),
        }
    }

    /// Counts a finding, and says whether the report shows it.
    fn count(&mut self, finding: &RankedFinding) -> bool {
        let (rule, severity) = (finding.rule, finding.draft.severity);
        let (case, inputs, options) = (&self.case, &self.inputs, &self.options);
        let fingerprint = || build::fingerprint_of(finding, &options.targets, &identity(case, inputs, finding));
        self.counted.finding(rule, severity, fingerprint, &options.triage, options.limits.findings)
    }

    /// Adds a finding to the list; `false`: that is full.
    fn found(&self, finding: &RankedFinding, columns: usize, kept_bytes: &mut usize, list: &mut Vec<Finding>) -> bool {
        if list.len() >= self.options.limits.findings {
            return false;
        }
        let credential = finding.credential.and_then(|id| self.case.credential(id));
        let identity = identity(&self.case, &self.inputs, finding);
        let room = *kept_bytes < self.options.limits.excerpts_bytes;
        let excerpts = credential.map(|c| &c.excerpts).filter(|_| room);
        let mut item = build::finding(finding, &self.options.targets, &identity, excerpts, columns);
        // In a streamed report the lines are written already.
        if !room && self.sink.is_none() {
            item.evidence.iter_mut().for_each(|evidence| evidence.line_text = None);
        }
        self.options.triage.settle(&mut item);
        *kept_bytes +=
            item.evidence.iter().map(|e| e.excerpt.len() + e.line_text.as_ref().map_or(0, String::len)).sum::<usize>();
        list.push(item);
        true
    }
}

impl Ending {
    /// Notes a problem of an input that is read already.
    fn late(&mut self, input: u32, problem: Problem) {
        self.late.entry(input).or_default().push(problem);
    }

    /// The findings of others that name a credential as a related one: its verdict sees them, too.
    fn named(&self) -> HashMap<CredentialId, Vec<RankedFinding>> {
        let mut named: HashMap<CredentialId, Vec<RankedFinding>> = HashMap::new();
        for finding in self.findings.iter().chain(self.own.values().flatten()) {
            for id in finding.draft.related.iter().filter(|id| finding.credential != Some(**id)) {
                let (rule, credential) = (finding.rule, finding.credential);
                let draft = weight(&finding.draft, *id);
                named.entry(*id).or_default().push(RankedFinding { rule, credential, draft });
            }
        }
        named
    }
}

/// What tells a finding from those of the same rule about something else.
fn identity(case: &CaseIndex, inputs: &[Input], finding: &RankedFinding) -> String {
    let Some(credential) = finding.credential.and_then(|id| case.credential(id)) else {
        return finding.draft.subject.clone();
    };
    let source = credential.sources.first();
    let input = source.and_then(|s| inputs.get(s.source.0 as usize)).and_then(|i| i.sha256.as_deref());
    build::identity(credential, input)
}

fn problem_in(message: String, place: SourceRange) -> Problem {
    Problem::at(message, place.line, [place.start, place.end])
}

/// The outcomes about the case itself.
fn about_case(of_case: &[Recorded]) -> impl Iterator<Item = &Recorded> {
    of_case.iter().filter(|recorded| recorded.credential.is_none())
}

/// Which outcomes of rules about the case take part in the ranking of which credential.
fn concerns(of_case: &[Recorded]) -> HashMap<CredentialId, Vec<usize>> {
    let mut concerns: HashMap<CredentialId, Vec<usize>> = HashMap::new();
    for (index, recorded) in of_case.iter().enumerate() {
        let related = match &recorded.outcome {
            Outcome::Fail(draft) => draft.related.as_slice(),
            _ => &[],
        };
        for id in recorded.credential.iter().chain(related) {
            concerns.entry(*id).or_default().push(index);
        }
    }
    concerns
}

/// Whether an outcome is listed in a report that does not list all of them.
fn is_listed(recorded: &Recorded, streamed: bool) -> bool {
    let early = recorded.credential.is_none_or(is_early);
    match recorded.outcome {
        Outcome::Fail(_) => true,
        Outcome::NotApplicable(_) => false,
        Outcome::Unknown { .. } => early && !streamed,
        Outcome::Pass(_) => early,
    }
}

/// A finding as a credential sees it that is only related to it: its weight, without the places and the other credentials,
/// of which there may be as many as there are credentials.
fn weight(draft: &FindingDraft, id: CredentialId) -> FindingDraft {
    FindingDraft {
        severity: draft.severity,
        role: draft.role,
        confidence: draft.confidence,
        title: draft.title.clone(),
        message: String::new(),
        related: vec![id],
        workloads: draft.workloads.clone(),
        evidence: Vec::new(),
        remedies: Vec::new(),
        subject: draft.subject.clone(),
        conditions: draft.conditions,
    }
}

/// The same for an outcome.
fn weight_of(recorded: &Recorded, id: CredentialId) -> Recorded {
    let outcome = match &recorded.outcome {
        Outcome::Fail(draft) => Outcome::Fail(Box::new(weight(draft, id))),
        other => other.clone(),
    };
    Recorded { rule: recorded.rule, credential: recorded.credential, outcome }
}
