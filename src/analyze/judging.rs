//! From credentials to findings: what is judged when, what is kept until the end, what the report says.

use super::contained::{FAULT, Judged, unharmed};
use super::forms::{Form, Told};
use super::judged::{self, Judge, Lines, Mark, Written};
use super::tally::{Outcomes, Tally};
use super::triage::{Aside, Triage};
use super::{Analysis, context, preflight, push_input, sighting};
use crate::case::credential::{Association, Credential, CredentialId, SourceRange};
use crate::case::from_certutil::{Logged, ShapedCredential};
use crate::case::index::IndexEntry;
use crate::case::{link, ties};
use crate::limits::{LISTED_CREDENTIALS, SIGHTINGS, SYMPTOMS};
use crate::model::fact::Place;
use crate::report::build;
use crate::report::model::{
    Check, CredentialReport, Finding, Item, Problem, Report, Severity, Summary, Verdict, VerdictOutcome,
};
use crate::report::words;
use crate::rules::judge::{self, RankedFinding};
use crate::rules::{FindingDraft, Outcome, Recorded, RuleMeta, pointing};
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Outcomes counted so far.
#[derive(Default)]
pub(super) struct Counted {
    summary: Summary,
    aside: Aside,
    pub(super) tally: Tally,
    /// Checks that are listed one by one.
    listed: Vec<Check>,
}

/// What is remembered of a credential that is kept.
#[derive(Default)]
pub(super) struct Known {
    outcomes: Outcomes,
    /// The findings of a streamed report.
    findings: Vec<Written>,
    /// The lines that a streamed report already holds.
    written: Vec<Mark>,
    /// It is said that not all of its sightings are kept.
    cut: bool,
}

/// The credentials that are kept and may be one, of which only the containers tell them apart: mostly one.
#[derive(Default)]
pub(super) struct SameIdentity {
    first: Option<CredentialId>,
    others: Vec<CredentialId>,
}

impl SameIdentity {
    fn push(&mut self, id: CredentialId) {
        match self.first {
            None => self.first = Some(id),
            Some(_) => self.others.push(id),
        }
    }

    fn iter(&self) -> impl Iterator<Item = CredentialId> {
        self.first.into_iter().chain(self.others.iter().copied())
    }

    fn remove(&mut self, id: CredentialId) {
        self.others.retain(|other| *other != id);
        if self.first == Some(id) {
            self.first = if self.others.is_empty() { None } else { Some(self.others.remove(0)) };
        }
    }
}

impl Known {
    /// What was said is no longer so; the lines that are written stay written.
    pub(super) fn forget(&mut self) {
        (self.outcomes, self.findings) = Default::default();
    }

    /// Notes a line; false: the same line was the last one of its kind.
    fn is_new(&mut self, mark: Mark) -> bool {
        match self.written.iter_mut().find(|known| known.finding == mark.finding) {
            Some(known) => std::mem::replace(known, mark) != mark,
            None => {
                self.written.push(mark);
                true
            }
        }
    }
}

impl Analysis<'_> {
    /// Takes a credential of a log.
    pub(super) fn logged(&mut self, logged: Logged) -> io::Result<()> {
        let shaped = match logged {
            Logged::Made(credential) => return self.credential(*credential),
            Logged::Shaped(shaped) => shaped,
        };
        let options = Arc::clone(&self.options);
        let form = if self.sink.is_some() && !options.all_checks && options.triage.is_empty() {
            let (stop, counted, forms) = (self.stop, &mut self.counted, &mut self.forms);
            let mut judge = Judge { options: &options, stop, counted };
            let mut form = AssertUnwindSafe(|| forms.of(&shaped, &mut judge));
            // A fault on the way costs no more than what is made faster.
            if self.contain { catch_unwind(form).unwrap_or_default() } else { form.0() }
        } else {
            None
        };
        match form.and_then(|form| self.forms.take(&form, &shaped).map(|identity| (form, identity))) {
            Some((form, identity)) if !self.seen.contains_key(&identity) => self.tell(shaped, form, identity),
            _ => self.credential(shaped.credential()),
        }
    }

    /// Takes a credential of a known form, of which nothing was seen before: counts it and writes its lines.
    fn tell(&mut self, shaped: ShapedCredential, form: Arc<Form>, identity: u128) -> io::Result<()> {
        let id = CredentialId(self.next);
        self.next = self.next.saturating_add(1);
        self.seen.entry(identity).or_default().push(id);
        let mut line = std::mem::take(&mut self.line);
        let mut answer = Ok(());
        let sink = &mut self.sink;
        let entry = self.forms.tell((&form, &shaped), id, |_, template, filling| {
            line.clear();
            template.push(&mut line, filling);
            if let Some(sink) = sink.as_mut().filter(|_| answer.is_ok()) {
                answer = sink.line(&line);
            }
        });
        self.line = line;
        answer?;
        self.case.entries.push(entry);
        self.told.push(Told { id, shaped, form, identity });
        self.retire_some()
    }

    /// Makes the credentials that were only told: something is about to look at them, or to change them.
    fn make_told(&mut self) -> io::Result<()> {
        let told = std::mem::take(&mut self.told);
        let mut open = Vec::new();
        for Told { id, shaped, form, .. } in told {
            self.case.kept.push(Credential { id, ..shaped.credential() });
            // The same lines are not written again.
            if self.forms.take(&form, &shaped).is_some() {
                self.forms.tell((&form, &shaped), id, |fingerprint, template, filling| {
                    self.lines.told(id, fingerprint, |out| template.push(out, filling));
                });
            }
            let written = self.lines.iter().map(|(mark, _)| mark).collect();
            self.lines.clear();
            let mut known = Known { written, ..Known::default() };
            // What failed names places, and what stands in the report names commands of its own.
            match form.outcomes.shared(id).filter(|_| !is_early(id) && form.has_examples(&mut self.counted.tally)) {
                Some(outcomes) => known.outcomes = outcomes,
                None => open.push(id),
            }
            self.known.insert(id, known);
        }
        self.case.kept.sort_by_key(|credential| credential.id);
        open.into_iter().try_for_each(|id| self.judge(id))
    }

    /// At the end of a log or of the run: makes the credentials that were only told. Where some have left, the surplus
    /// leaves before: how large it is is chance, and to make them is dear.
    pub(super) fn make_rest(&mut self) -> io::Result<()> {
        if self.has_retired {
            self.retire(self.options.limits.kept_credentials)?;
        }
        self.make_told()
    }

    /// Takes a credential: merges it with an earlier sighting, or gives it a number; judges it; writes it.
    pub(super) fn credential(&mut self, mut credential: Credential) -> io::Result<()> {
        if let Some(identity) = sighting::identity(&credential) {
            if self.seen.contains_key(&identity) && self.told.iter().any(|told| told.identity == identity) {
                self.make_told()?;
            }
            let same = self.seen.get(&identity).into_iter().flat_map(SameIdentity::iter).find_map(|id| {
                let at = self.case.kept.binary_search_by_key(&id, |c| c.id).ok()?;
                self.case.kept.get(at).filter(|k| sighting::one_container(k, &credential)).map(|_| at)
            });
            if let Some(at) = same {
                let Some(kept) = self.case.kept.get_mut(at) else { return Ok(()) };
                let (id, sources) = (kept.id, kept.sources.len().saturating_add(credential.sources.len()));
                let beyond = credential.sources.last().copied().filter(|_| sources > SIGHTINGS);
                let told = sighting::merge(kept, credential);
                if let Some(place) = beyond {
                    self.sightings_beyond(id, place);
                }
                let Some(told) = told else { return Ok(()) };
                for difference in told {
                    self.contradiction(&difference);
                }
                self.update_entry(id);
                return self.judge(id);
            }
            self.seen.entry(identity).or_default().push(CredentialId(self.next));
        }
        credential.id = CredentialId(self.next);
        self.next = self.next.saturating_add(1);
        self.case.entries.push(IndexEntry::from(&credential));
        let id = credential.id;
        // Credentials are large, and what they leave behind is wiped: the list moves seldom. Its room is wiped, too, used or
        // not, so a long one has not much more than it needs.
        let many = self.case.kept.len();
        if many == self.case.kept.capacity() {
            let more = if many < 4_096 { many.saturating_mul(3) } else { many / 2 };
            self.case.kept.reserve_exact(more.max(16));
        }
        self.case.kept.push(credential);
        self.judge(id)?;
        self.retire_some()
    }

    /// Two artifacts contradict each other: a remark on the input that is being read tells both values.
    fn contradiction(&mut self, difference: &sighting::Difference) {
        if self.remarks.len() > self.options.limits.problems {
            return;
        }
        let (place, before) = (difference.later, difference.earlier);
        let spot = sighting::spot(before);
        let input = self.inputs.get(usize::try_from(before.source.0).unwrap_or(usize::MAX));
        let there = match input.filter(|_| before.source != place.source) {
            Some(input) => format!("in {}, {spot}", words::path(input)),
            None => format!("at {spot}"),
        };
        let counts = if difference.later_counts { "what stands here counts" } else { "that one counts" };
        self.remarks.push(problem_at(format!("{} {there}: {counts}", difference.message), place));
    }

    /// Says once of a credential that it is seen more often than is kept.
    fn sightings_beyond(&mut self, id: CredentialId, place: SourceRange) {
        let Some(known) = self.known.get_mut(&id) else { return };
        if !std::mem::replace(&mut known.cut, true) && self.remarks.len() <= self.options.limits.problems {
            let message =
                format!("credential {} is seen more than {SIGHTINGS} times: no more of its places are kept", id.0);
            self.remarks.push(Problem::at(message, place.line, [place.start, place.end]));
        }
    }

    fn update_entry(&mut self, id: CredentialId) {
        let entry = self.case.credential(id).map(IndexEntry::from);
        let slot = self.case.entries.binary_search_by_key(&id, |e| e.id).ok();
        if let (Some(entry), Some(slot)) = (entry, slot.and_then(|at| self.case.entries.get_mut(at))) {
            *slot = entry;
        }
    }

    /// Joins certificates with the keys that are proved to be theirs, and judges anew what that changes.
    fn link(&mut self) -> io::Result<()> {
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
        Ok(())
    }

    /// Runs the rules about one credential, and writes it in a streamed report.
    pub(super) fn judge_one(&mut self, id: CredentialId) -> io::Result<()> {
        let Ok(at) = self.case.kept.binary_search_by_key(&id, |c| c.id) else { return Ok(()) };
        let Some(credential) = self.case.kept.get(at) else { return Ok(()) };
        let options = &self.options;
        let candidates = judge::candidates(credential, &options.targets);
        // A log of bare headers says the same again and again.
        let before = at.checked_sub(1).and_then(|at| self.case.kept.get(at));
        let before = before.filter(|before| !self.unjudged.contains_key(&before.id));
        let before = before.filter(|before| judged::same_facts(before, credential));
        let shared = before.and_then(|before| self.known.get(&before.id)?.outcomes.shared(id));
        let outcomes = shared.unwrap_or_else(|| {
            let room = std::mem::take(&mut self.recorded);
            let base = context(options, &options.targets, self.stop);
            self.recorded = judge::run_for(credential, &candidates, &base, room);
            self.counted.tally.keep(&mut self.recorded)
        });
        let known = self.known.entry(id).or_default();
        if self.sink.is_some() {
            known.findings = judged::push(&mut self.lines, credential, &outcomes, &candidates, options);
        }
        known.outcomes = outcomes;
        self.write_lines()
    }

    /// Writes the lines at hand, each unless the same line was the last one with its id or fingerprint.
    pub(super) fn write_lines(&mut self) -> io::Result<()> {
        let Some(sink) = &mut self.sink else { return Ok(()) };
        for (mark, line) in self.lines.iter() {
            // Only what can be written again has to be remembered: the credentials that are still kept.
            let known = mark.credential.and_then(|id| self.known.get_mut(&id));
            if known.is_none_or(|known| known.is_new(mark)) {
                sink.line(line)?;
            }
        }
        self.lines.clear();
        Ok(())
    }

    /// In a streamed report lets go of the oldest credentials without a finding, then of the oldest ones with, once more
    /// are kept than the limit allows. Their lines are written; the rules that compare credentials still see their
    /// index entries. It takes more than `most`.
    fn retire(&mut self, most: usize) -> io::Result<()> {
        let limit = self.options.limits.kept_credentials;
        let many = self.case.kept.len().saturating_add(self.told.len());
        if self.sink.is_none() || many <= most {
            return Ok(());
        }
        self.has_retired = true;
        let mut gone = self.leaving(many.saturating_sub(limit));
        let mut kept = std::mem::take(&mut self.case.kept);
        let mut told = std::mem::take(&mut self.told);
        for id in &gone {
            if let Some(credential) = kept.binary_search_by_key(id, |c| c.id).ok().and_then(|at| kept.get(at)) {
                let Known { outcomes, findings, .. } = self.known.remove(id).unwrap_or_default();
                self.let_go(*id, sighting::identity(credential), &outcomes, &findings);
            } else if let Some(told) = told.binary_search_by_key(id, |t| t.id).ok().and_then(|at| told.get(at)) {
                if told.form.has_examples(&mut self.counted.tally) {
                    told.form.let_go();
                    self.forget(*id, told.identity);
                } else {
                    let credential = Credential { id: *id, ..told.shaped.credential() };
                    let mut judge = Judge { options: &self.options, stop: self.stop, counted: &mut self.counted };
                    let (outcomes, findings) = judge.judge(&credential, &mut Lines::default());
                    self.let_go(*id, Some(told.identity), &outcomes, &findings);
                }
            }
        }
        gone.sort();
        kept.retain(|credential| gone.binary_search(&credential.id).is_err());
        told.retain(|told| gone.binary_search(&told.id).is_err());
        (self.case.kept, self.told) = (kept, told);
        // Of a log of bare headers there would be a list of nothing. Entries far from the end are left where they are.
        let needless = |entry: &IndexEntry| entry.tells_nothing() && gone.binary_search(&entry.id).is_ok();
        let recent = self.case.entries.len().saturating_sub(limit.saturating_mul(4));
        if self.case.entries.get(recent..).unwrap_or_default().iter().any(needless) {
            let entries = self.case.entries.split_off(recent);
            self.case.entries.extend(entries.into_iter().filter(|entry| !needless(entry)));
        }
        Ok(())
    }

    /// The same once twice as many are kept as the limit allows: not for each one anew.
    fn retire_some(&mut self) -> io::Result<()> {
        self.retire(self.options.limits.kept_credentials.saturating_mul(2).saturating_sub(1))
    }

    /// So many of the credentials that leave, in the order in which they leave.
    fn leaving(&self, surplus: usize) -> Vec<CredentialId> {
        let is_healthy = |outcomes: &Outcomes| outcomes.failed().next().is_none();
        // A key alone may still find its certificate.
        let kept = self.case.kept.iter().map(|credential| {
            let healthy = self.known.get(&credential.id).is_none_or(|known| is_healthy(&known.outcomes));
            (healthy && credential.key.association != Association::Unknown, credential.id)
        });
        let told = self.told.iter().map(|told| (told.form.leaves && is_healthy(&told.form.outcomes), told.id));
        let (mut early, mut late) = (Vec::new(), Vec::new());
        for (leaves_early, id) in kept.chain(told) {
            if leaves_early { early.push(id) } else { late.push(id) }
        }
        // Both are made of two parts that are in order, which a stable sort is quick with.
        early.sort();
        late.sort();
        early.into_iter().chain(late).take(surplus).collect()
    }

    /// Counts a credential that is no longer kept.
    fn let_go(&mut self, id: CredentialId, identity: Option<u128>, outcomes: &Outcomes, findings: &[Written]) {
        let (options, counted) = (&self.options, &mut self.counted);
        for Written { rule, severity, fingerprint } in findings {
            let digits = || format!("{fingerprint:016x}");
            counted.finding(rule, *severity, digits, &options.triage, options.limits.findings);
        }
        counted.retire(id, outcomes, options.all_checks);
        if let Some(identity) = identity {
            self.forget(id, identity);
        }
    }

    /// A later sighting can only be merged with a credential that is kept.
    fn forget(&mut self, id: CredentialId, identity: u128) {
        if let Entry::Occupied(mut ids) = self.seen.entry(identity) {
            ids.get_mut().remove(id);
            if ids.get().first.is_none() {
                ids.remove();
            }
        }
    }

    /// Ends the run: compares the credentials, ranks, and gives the report. With a sink the items that the end of the
    /// run changes are written again, then the checks and the summary.
    ///
    /// # Errors
    /// Only what the sink answers.
    pub fn finish(mut self) -> io::Result<Report> {
        self.make_rest()?;
        self.forms.forget(&mut self.counted);
        self.link()?;
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
        let mut late: BTreeMap<u32, Vec<Problem>> = BTreeMap::new();
        for observed in tied.lost.iter().filter_map(|index| self.case.observed.get(*index)) {
            let message = format!("what this {} states of certificates is not used: {FAULT}", observed.kind);
            late.entry(observed.place.source.0).or_default().push(problem_at(message, observed.place));
        }
        for (source, place) in tied.unheard {
            let message = format!(
                "more than {} different error codes concern one certificate: the others are not held against it",
                SYMPTOMS.saturating_mul(2)
            );
            late.entry(source.0).or_default().push(problem_at(message, place));
        }
        let targets = self.options.targets.clone();
        let base = context(&self.options, &targets, self.stop);
        let of_case =
            judge::run_case_by(&self.case, &base, &|rule, check| unharmed(contain, Judged::Rule(rule), check));
        // Without a rule about the case, or without what an artifact states, nothing is said to work.
        let rules_failed = of_case.iter().any(judge::is_fault) || !tied.lost.is_empty();
        // Which outcomes of case rules take part in the ranking of which credential.
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
        let preflight = preflight::run(&self.case, &base, contain, &|input| {
            self.inputs.get(input as usize).and_then(|input| input.sha256.clone()).unwrap_or_default()
        });
        let about_case = of_case.iter().filter(|r| r.credential.is_none());
        let mut findings = judge::findings(None, about_case.clone(), &targets);
        findings.extend(preflight.findings);
        let (all_checks, streamed) = (self.options.all_checks, self.sink.is_some());
        for recorded in &preflight.counted {
            self.counted.outcome(recorded, all_checks);
        }
        let checked = |counted: &mut Counted, recorded: &Recorded| {
            counted.outcome(recorded, all_checks || is_listed(recorded, streamed));
        };
        about_case.chain(&preflight.checks).for_each(|recorded| checked(&mut self.counted, recorded));
        for (input, verdicts) in preflight.verdicts {
            let Some(input) = self.inputs.get_mut(input as usize) else { continue };
            input.verdicts = verdicts;
            push_input(&mut self.sink, &mut self.line, input)?;
        }
        let mut own: BTreeMap<CredentialId, Vec<RankedFinding>> = BTreeMap::new();
        let mut news: HashSet<CredentialId> = HashSet::new();
        let ids: Vec<CredentialId> = self.case.kept.iter().map(|c| c.id).collect();
        for id in &ids {
            let Some(credential) = self.case.credential(*id) else { continue };
            let outcomes = self.known.get_mut(id).map(|known| std::mem::take(&mut known.outcomes)).unwrap_or_default();
            let theirs = concerns.get(id).map_or(&[][..], Vec::as_slice);
            let theirs: Vec<Recorded> = theirs
                .iter()
                .filter_map(|i| of_case.get(*i))
                .map(
                    |recorded| {
                        if recorded.credential == Some(*id) { recorded.clone() } else { weight_of(recorded, *id) }
                    },
                )
                .collect();
            let candidates = self.candidates(credential);
            let mut found = Vec::new();
            let mut rank = || found = judge::findings(Some(*id), outcomes.failed().chain(&theirs), &candidates);
            if !unharmed(contain, Judged::Ranking(*id), &mut rank) {
                self.note_unjudged(*id);
                news.insert(*id);
                continue;
            }
            own.insert(*id, found);
            let listed = all_checks || is_early(*id);
            self.counted.checked(*id, &outcomes, listed, checked);
            theirs.iter().filter(|r| r.credential == Some(*id)).for_each(|r| checked(&mut self.counted, r));
        }
        // What rules say of the whole case may be as long as the report itself.
        drop(of_case);
        // A verdict also sees the findings of others that name the credential as a related one.
        let mut named: HashMap<CredentialId, Vec<RankedFinding>> = HashMap::new();
        for finding in findings.iter().chain(own.values().flatten()) {
            for id in finding.draft.related.iter().filter(|id| finding.credential != Some(**id)) {
                let draft = weight(&finding.draft, *id);
                named.entry(*id).or_default().push(RankedFinding {
                    rule: finding.rule,
                    credential: finding.credential,
                    draft,
                });
            }
        }
        // The lines of the others are written, and stay as they are.
        news.extend(concerns.keys().chain(named.keys()));
        let mut credentials = Vec::with_capacity(ids.len());
        for id in &ids {
            let Some(credential) = self.case.credential(*id) else { continue };
            let mut about = own.get(id).cloned().unwrap_or_default();
            about.extend(named.remove(id).unwrap_or_default());
            let mut made = None;
            let mut make = || {
                let mut verdicts: Vec<Verdict> = self
                    .candidates(credential)
                    .iter()
                    .map(|t| judge::verdict(credential, *t, &about, self.options.windows))
                    .collect();
                if rules_failed {
                    let works = |verdict: &&mut Verdict| verdict.outcome == VerdictOutcome::Works;
                    verdicts.iter_mut().filter(works).for_each(|verdict| verdict.outcome = VerdictOutcome::Unknown);
                }
                made = Some(build::credential(credential, verdicts));
            };
            let unharmed = unharmed(contain, Judged::Reporting(*id), &mut make);
            let Some(made) = made.filter(|_| unharmed) else {
                if let Some(source) = credential.sources.first() {
                    let message = format!("credential {} is not in the report: {FAULT}", id.0);
                    let problem = Problem::at(message, source.line, [source.start, source.end]);
                    late.entry(source.source.0).or_default().push(problem);
                }
                continue;
            };
            if rules_failed {
                news.insert(*id);
            }
            credentials.push(made);
            // Without a name of its own its input stands for it, whose hash was not known before.
            if build::identity(credential, None).is_empty() {
                news.insert(*id);
            }
            findings.extend(own.remove(id).unwrap_or_default());
        }
        let named = |f: &RankedFinding| {
            f.credential.and_then(|id| self.case.credential(id)).is_some_and(|c| !c.bound.is_empty())
        };
        findings.sort_by_key(|f| {
            let draft = &f.draft;
            (draft.role, !named(f), draft.severity, draft.confidence, judge::precedence(f.rule), f.credential)
        });
        pointing::point(&mut findings);
        self.tell_unjudged(&preflight.unjudged)?;
        self.tell_late(late)?;
        // The report holds the rest; only what a finding is about is looked at once more.
        let about: HashSet<CredentialId> = findings.iter().filter_map(|finding| finding.credential).collect();
        self.case.kept.retain(|credential| about.contains(&credential.id));
        let report = self.report(credentials, findings)?;
        if streamed {
            let news = |id: &Option<u32>| id.is_none_or(|id| news.contains(&CredentialId(id)));
            for credential in report.credentials.iter().filter(|credential| news(&Some(credential.id))) {
                self.lines.reported(credential)?;
                self.write_lines()?;
            }
            for finding in report.findings.iter().filter(|finding| news(&finding.credential)) {
                self.lines.found(finding)?;
                self.write_lines()?;
            }
        }
        if let Some(sink) = self.sink.take() {
            for check in &report.checks {
                sink.item(&Item::Check(check.clone()))?;
            }
            sink.item(&Item::Summary(report.summary.clone()))?;
        }
        Ok(report)
    }

    fn report(&mut self, credentials: Vec<CredentialReport>, findings: Vec<RankedFinding>) -> io::Result<Report> {
        let columns = self.options.limits.excerpt_columns;
        let mut kept_bytes = 0usize;
        let mut list: Vec<Finding> = Vec::new();
        let mut late: BTreeMap<u32, Vec<Problem>> = BTreeMap::new();
        for finding in findings {
            if !unharmed(self.contain, Judged::Finding(finding.rule.name), &mut || {
                self.found(&finding, columns, &mut kept_bytes, &mut list);
            }) {
                let credential = finding.credential.and_then(|id| self.case.credential(id));
                let source = credential.and_then(|credential| credential.sources.first());
                let place = finding.draft.evidence.first().map(|evidence| evidence.place);
                let input = source.map(|source| source.source).or(place.map(|place| place.source));
                let message = format!("a finding of the rule {} is not in the report: {FAULT}", finding.rule.name);
                let problem = match (source, place) {
                    (Some(source), _) => Problem::at(message, source.line, [source.start, source.end]),
                    (None, Some(place)) => problem_at(message, place),
                    (None, None) => Problem { message, line: None, bytes: None },
                };
                late.entry(input.map_or(0, |input| input.0)).or_default().push(problem);
            }
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

    /// Counts a finding, and adds it to the list unless that is full.
    fn found(&mut self, finding: &RankedFinding, columns: usize, kept_bytes: &mut usize, list: &mut Vec<Finding>) {
        let credential = finding.credential.and_then(|id| self.case.credential(id));
        let input = credential
            .and_then(|c| c.sources.first())
            .and_then(|s| self.inputs.get(s.source.0 as usize))
            .and_then(|i| i.sha256.clone());
        let identity =
            credential.map_or_else(|| finding.draft.subject.clone(), |c| build::identity(c, input.as_deref()));
        let fingerprint = build::fingerprint_of(finding, &self.options.targets, &identity);
        let limit = self.options.limits.findings;
        let shown = {
            let (rule, severity) = (finding.rule, finding.draft.severity);
            self.counted.finding(rule, severity, || fingerprint.clone(), &self.options.triage, limit)
        };
        if !shown || list.len() >= limit {
            return;
        }
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
    }
}

fn problem_at(message: String, place: Place) -> Problem {
    Problem::at(message, place.line, [place.start, place.end()])
}

impl Counted {
    /// Counts the outcomes and findings that so many credentials have in common which were only told.
    pub(super) fn many(&mut self, outcomes: &Outcomes, findings: impl Iterator<Item = Severity>, many: u64) {
        self.tally.count_many(outcomes, many);
        for severity in findings {
            let counter = match severity {
                Severity::Error => &mut self.summary.errors,
                Severity::Warning => &mut self.summary.warnings,
                Severity::Note => &mut self.summary.notes,
            };
            *counter += many;
        }
    }

    /// Counts a finding, and says whether it stands in the list of findings.
    fn finding(
        &mut self,
        rule: &RuleMeta,
        severity: Severity,
        fingerprint: impl FnOnce() -> String,
        triage: &Triage,
        limit: usize,
    ) -> bool {
        let rule = rule.name;
        let fingerprint = if triage.is_empty() { String::new() } else { fingerprint() };
        let decision = triage.decide(rule, severity, &fingerprint);
        match (decision.why, decision.severity) {
            (Some(why), _) => self.aside.add(why, rule, decision, &fingerprint, limit),
            (None, Severity::Error) => self.summary.errors += 1,
            (None, Severity::Warning) => self.summary.warnings += 1,
            (None, Severity::Note) => self.summary.notes += 1,
        }
        decision.shown
    }

    /// Counts the outcomes about a credential that is no longer kept.
    fn retire(&mut self, id: CredentialId, outcomes: &Outcomes, listed: bool) {
        self.checked(id, outcomes, listed, |counted, recorded| counted.outcome(recorded, listed));
    }

    /// Counts the outcomes about a credential by `checked`; those with a constant reason only when they may be listed.
    fn checked(
        &mut self,
        id: CredentialId,
        outcomes: &Outcomes,
        listed: bool,
        mut checked: impl FnMut(&mut Self, &Recorded),
    ) {
        if !listed {
            self.tally.count_constants(outcomes);
            return outcomes.others().iter().for_each(|recorded| checked(self, recorded));
        }
        for outcome in outcomes.iter() {
            match outcome {
                Ok(number) => {
                    let recorded = self.tally.outcome(number, id);
                    recorded.iter().for_each(|recorded| checked(self, recorded));
                }
                Err(recorded) => checked(self, recorded),
            }
        }
    }

    /// Counts an outcome, and lists it or adds it to its group.
    fn outcome(&mut self, recorded: &Recorded, listed: bool) {
        if listed {
            self.listed.push(build::check(recorded, recorded.credential));
        }
        self.tally.count(recorded, listed);
    }
}

/// Whether the checks of a credential are listed.
fn is_early(id: CredentialId) -> bool {
    (id.0 as usize) < LISTED_CREDENTIALS
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
