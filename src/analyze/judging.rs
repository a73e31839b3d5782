//! From credentials to findings: what is judged when, and what is kept until the end of the run.

use super::contained::{Judged, unharmed};
use super::forms::{Form, Told};
use super::judged::{self, Judge, Lines, Mark, Written};
use super::same_identity::SameIdentity;
use super::tally::{Outcomes, Tally};
use super::triage::{Aside, Triage};
use super::{Analysis, context, sighting};
use crate::case::credential::{Association, Credential, CredentialId, SourceRange};
use crate::case::from_certutil::{Logged, ShapedCredential};
use crate::case::index::IndexEntry;
use crate::limits::{LISTED_CREDENTIALS, SIGHTINGS};
use crate::model::fact::Place;
use crate::report::build;
use crate::report::fingerprint::Fingerprint;
use crate::report::model::{Check, Problem, Severity, Summary};
use crate::report::words;
use crate::rules::judge;
use crate::rules::{Recorded, RuleMeta};
use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Outcomes counted so far.
#[derive(Default)]
pub(super) struct Counted {
    pub(super) summary: Summary,
    pub(super) aside: Aside,
    pub(super) tally: Tally,
    /// Checks that are listed one by one.
    pub(super) listed: Vec<Check>,
    /// Credentials that a brief report only counts, by input.
    pub(super) alike: BTreeMap<u32, u64>,
    /// The findings about them, by rule.
    pub(super) of_alike: BTreeMap<&'static str, (&'static RuleMeta, u64)>,
}

/// What is remembered of a credential that is kept.
#[derive(Default)]
pub(super) struct Known {
    pub(super) outcomes: Outcomes,
    /// The findings of a streamed report.
    findings: Vec<Written>,
    /// The lines that a streamed report already holds.
    written: Vec<Mark>,
    /// It is said that not all of its sightings are kept.
    cut: bool,
}

impl Known {
    /// What was said is no longer so; the lines that are written stay written.
    pub(super) fn forget(&mut self) {
        (self.outcomes, self.findings) = Default::default();
    }

    /// The findings whose lines are written.
    pub(super) fn findings_written(&self) -> impl Iterator<Item = Fingerprint> {
        self.written.iter().filter_map(|mark| mark.finding)
    }

    /// Whether a finding was made when the credential was judged last.
    pub(super) fn finds(&self, finding: Fingerprint) -> bool {
        self.findings.iter().any(|written| written.fingerprint == finding)
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
            let mut form = AssertUnwindSafe(|| {
                let form = forms.of(&shaped, &mut judge)?;
                forms.take(&form, &shaped).map(|identity| (form, identity))
            });
            // A fault on the way costs no more than what is made faster.
            if self.contain { catch_unwind(form).unwrap_or_default() } else { form.0() }
        } else {
            None
        };
        if let Some((form, identity)) = form
            && let Entry::Vacant(first) = self.seen.entry(identity)
        {
            first.insert(SameIdentity::of(CredentialId(self.next)));
            return self.tell(shaped, form, identity);
        }
        self.credential(shaped.credential())
    }

    /// Takes a credential of a known form, of which nothing was seen before: counts it and writes its lines.
    fn tell(&mut self, shaped: ShapedCredential, form: Arc<Form>, identity: u128) -> io::Result<()> {
        let id = CredentialId(self.next);
        let (sink, forms) = (&mut self.sink, &mut self.forms);
        let (mut answer, mut entry) = (Ok(()), None);
        let unharmed = unharmed(self.contain, Judged::Telling(id), &mut || {
            entry = Some(forms.tell((&form, &shaped), id, |_, line| {
                if let Some(sink) = sink.as_mut().filter(|_| answer.is_ok()) {
                    answer = sink.line(line);
                }
            }));
        });
        answer?;
        // Lines that are written already are written again under the same number.
        let Some(entry) = entry.filter(|_| unharmed) else {
            self.seen.remove(&identity);
            return self.credential(shaped.credential());
        };
        self.next = self.next.saturating_add(1);
        self.case.entries.push(entry);
        self.told.push(Told { id, shaped, form, identity });
        self.retire_some()
    }

    /// Makes the credentials that were only told: something is about to look at them, or to change them.
    fn make_told(&mut self) -> io::Result<()> {
        let told = std::mem::take(&mut self.told);
        if told.is_empty() {
            return Ok(());
        }
        let (mut open, mut faulty) = (Vec::new(), Vec::new());
        // Credentials are large: they are moved only where they have to be.
        self.case.kept.reserve_exact(told.len());
        for told in told {
            let mut made = None;
            let unharmed = unharmed(self.contain, Judged::Making(told.id), &mut || made = Some(self.made(&told)));
            self.lines.clear();
            if let Some((credential, known, is_judged)) = made.filter(|_| unharmed) {
                self.case.kept.push(credential);
                self.known.insert(told.id, known);
                open.extend((!is_judged).then_some(told.id));
            } else {
                self.case.kept.push(self.remains(&told));
                faulty.push(told.id);
            }
        }
        if !self.case.kept.is_sorted_by_key(|credential| credential.id) {
            self.case.kept.sort_unstable_by_key(|credential| credential.id);
        }
        self.half_know(faulty)?;
        open.into_iter().try_for_each(|id| self.judge_told(id))
    }

    /// A credential that was only told, what is remembered of it, and whether it is judged by that.
    fn made(&mut self, told: &Told) -> (Credential, Known, bool) {
        let Told { id, shaped, form, .. } = told;
        // The same lines are not written again.
        if self.forms.take(form, shaped).is_some() {
            self.forms.tell((form, shaped), *id, |finding, line| self.lines.told(*id, finding, line));
        }
        let written: Vec<Mark> = self.lines.iter().map(|(mark, _)| mark).collect();
        let findings = form.written(written.iter().filter_map(|mark| mark.finding)).collect();
        // What failed names places, and what stands in the report names commands of its own.
        let outcomes = form.outcomes.shared(*id);
        let outcomes = outcomes.filter(|_| !is_early(*id) && form.has_examples(&mut self.counted.tally));
        let is_judged = outcomes.is_some();
        let known = Known { written, findings, outcomes: outcomes.unwrap_or_default(), ..Known::default() };
        (Credential { id: *id, ..shaped.credential() }, known, is_judged)
    }

    /// At the end of a log or of the run: makes the credentials that were only told. Where some have left, the surplus
    /// leaves before: how large it is is chance, and to make them is dear.
    pub(super) fn make_rest(&mut self) -> io::Result<()> {
        // In a brief report nothing is to be made.
        if self.sink.is_some() {
            self.retire_surplus()?;
        }
        self.make_told()
    }

    /// Where some have left, lets go of as many as were not to be kept.
    pub(super) fn retire_surplus(&mut self) -> io::Result<()> {
        let most = self.most_kept().filter(|_| self.has_retired);
        self.retire(most.unwrap_or(usize::MAX))
    }

    /// Takes a credential: merges it with an earlier sighting, or gives it a number; judges it; writes it.
    pub(super) fn credential(&mut self, mut credential: Credential) -> io::Result<()> {
        if let Some(identity) = sighting::identity(&credential) {
            if self.seen.contains_key(&identity) && self.told.iter().any(|told| told.identity == identity) {
                self.make_told()?;
            }
            let same = self.seen.get(&identity).and_then(|same| same.find(&credential, |id| self.case.credential(id)));
            if let Some(at) = same.and_then(|id| self.case.kept.binary_search_by_key(&id, |c| c.id).ok()) {
                let Some(kept) = self.case.kept.get_mut(at) else { return Ok(()) };
                let (id, sources) = (kept.id, kept.sources.len().saturating_add(credential.sources.len()));
                let beyond = credential.sources.last().copied().filter(|_| sources > SIGHTINGS);
                let told = sighting::merge(kept, credential);
                if let Some(same) = self.seen.get_mut(&identity) {
                    same.update(id, kept);
                }
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
            let same = self.seen.entry(identity).or_default();
            same.push(CredentialId(self.next), &credential, |id| self.case.credential(id));
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

    pub(super) fn update_entry(&mut self, id: CredentialId) {
        let entry = self.case.credential(id).map(IndexEntry::from);
        if let (Some(entry), Some(slot)) = (entry, self.case.entries.get_mut(id)) {
            *slot = entry;
        }
    }

    /// Runs the rules about one credential, and writes it in a streamed report unless its lines are `told` already.
    pub(super) fn judge_one(&mut self, id: CredentialId, told: bool) -> io::Result<()> {
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
        if self.sink.is_some() && !told {
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

    /// How many credentials are kept until the end; `None`: all.
    fn most_kept(&self) -> Option<usize> {
        let limits = &self.options.limits;
        let brief = self.options.brief.then_some(limits.brief_credentials);
        if self.sink.is_some() { Some(limits.kept_credentials) } else { brief }
    }

    /// Lets go of credentials once more are kept than the limit allows: in a streamed report, where their lines are written,
    /// of the oldest without a finding, then of the oldest ones with; in a brief one of those that are like many others. The
    /// rules that compare credentials still see their index entries. It takes more than `most`.
    fn retire(&mut self, most: usize) -> io::Result<()> {
        let Some(limit) = self.most_kept() else { return Ok(()) };
        let many = self.case.kept.len().saturating_add(self.told.len());
        if many <= most {
            return Ok(());
        }
        self.has_retired = true;
        let surplus = many.saturating_sub(limit);
        let mut gone = if self.sink.is_some() { self.leaving(surplus) } else { self.alike(surplus) };
        let mut kept = std::mem::take(&mut self.case.kept);
        let mut told = std::mem::take(&mut self.told);
        let mut needless = false;
        for id in &gone {
            // They are close together, and most of those that leave; whole credentials are far apart.
            if let Some(told) = told.binary_search_by_key(id, |t| t.id).ok().and_then(|at| told.get(at)) {
                if told.form.has_examples(&mut self.counted.tally) {
                    told.form.let_go();
                    self.forget(*id, told.identity);
                } else {
                    self.make_to_let_go(told)?;
                }
            } else if let Some(credential) = kept.binary_search_by_key(id, |c| c.id).ok().and_then(|at| kept.get(at)) {
                let Known { outcomes, mut findings, .. } = self.known.remove(id).unwrap_or_default();
                if self.sink.is_none() {
                    findings = self.only_count(credential, &outcomes);
                }
                self.let_go(*id, sighting::identity(credential), &outcomes, &findings);
                needless |= self.case.entries.get(*id).is_some_and(IndexEntry::tells_nothing);
            }
        }
        gone.sort();
        kept.retain(|credential| gone.binary_search(&credential.id).is_err());
        let left = told.extract_if(.., |told| gone.binary_search(&told.id).is_ok());
        self.used.extend(left.map(|told| told.shaped.block));
        (self.case.kept, self.told) = (kept, told);
        // Of a log of bare headers there would be a list of nothing. Entries far from the end are left where they are.
        if needless {
            let goes = |entry: &IndexEntry| entry.tells_nothing() && gone.binary_search(&entry.id).is_ok();
            self.case.entries.retain_last(limit.saturating_mul(8), |entry| !goes(entry));
        }
        Ok(())
    }

    /// Judges a credential that was only told, to count it, and lets go of it.
    fn make_to_let_go(&mut self, told: &Told) -> io::Result<()> {
        let mut judge = Judge { options: &self.options, stop: self.stop, counted: &mut self.counted };
        let mut spoken = None;
        let unharmed = unharmed(self.contain, Judged::Making(told.id), &mut || {
            let credential = Credential { id: told.id, ..told.shaped.credential() };
            spoken = Some(judge.judge(&credential, &mut Lines::default()));
        });
        if let Some((outcomes, findings)) = spoken.filter(|_| unharmed) {
            self.let_go(told.id, Some(told.identity), &outcomes, &findings);
            return Ok(());
        }
        let remains = self.remains(told);
        self.unjudged.insert(told.id, remains.sources.first().copied());
        self.forget(told.id, told.identity);
        self.lines.credential(&remains, &[]);
        self.write_lines()
    }

    /// The same once twice as many are kept as the limit allows: not for each one anew. Of a streamed run with less than four
    /// times as many none leave.
    fn retire_some(&mut self) -> io::Result<()> {
        let times = if self.has_retired || self.sink.is_none() { 2 } else { 4 };
        self.retire(self.most_kept().unwrap_or(usize::MAX).saturating_mul(times).saturating_sub(1))
    }

    /// So many of the credentials that are like others: the last ones of the most. A key alone may still find its certificate.
    fn alike(&self, surplus: usize) -> Vec<CredentialId> {
        let mut seen: HashMap<_, usize> = HashMap::new();
        let rank = |credential: &Credential| {
            let key = &credential.key;
            let outcomes = self.known.get(&credential.id).map(|known| &known.outcomes);
            let failed: Vec<_> = outcomes.into_iter().flat_map(Outcomes::failed).map(judged::weight).collect();
            let healthy = failed.is_empty();
            let like = (failed, credential.origin, key.kind(), key.association, key.access, credential.scope());
            let before = seen.entry(like).or_default();
            *before = before.saturating_add(1);
            (credential.certificate.is_none(), Reverse(*before), !healthy, credential.id)
        };
        let mut all: Vec<_> = self.case.kept.iter().map(rank).collect();
        all.sort_unstable();
        all.truncate(surplus);
        all.into_iter().map(|(.., id)| id).collect()
    }

    /// The findings about a credential of which a brief report says no more than that it is one of so many.
    fn only_count(&mut self, credential: &Credential, outcomes: &Outcomes) -> Vec<Written> {
        if self.unjudged.contains_key(&credential.id) {
            return Vec::new();
        }
        let mut findings = Vec::new();
        let id = credential.id;
        let mut rank = || findings = judged::written(credential, outcomes, &self.options);
        if !unharmed(self.contain, Judged::Ranking(id), &mut rank) {
            self.unjudged.insert(id, credential.sources.first().copied());
            return Vec::new();
        }
        let input = credential.sources.first().map_or(0, |source| source.source.0);
        let many = self.counted.alike.entry(input).or_default();
        *many = many.saturating_add(1);
        findings
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
            let shown = counted.finding(rule, *severity, || *fingerprint, &options.triage, options.limits.findings);
            if shown && self.sink.is_none() {
                let (_, many) = counted.of_alike.entry(rule.name).or_insert((rule, 0));
                *many = many.saturating_add(1);
            }
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
            if ids.get().is_empty() {
                ids.remove();
            }
        }
    }
}

pub(super) fn problem_at(message: String, place: Place) -> Problem {
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
    pub(super) fn finding(
        &mut self,
        rule: &RuleMeta,
        severity: Severity,
        fingerprint: impl FnOnce() -> Fingerprint,
        triage: &Triage,
        limit: usize,
    ) -> bool {
        let rule = rule.name;
        let fingerprint = (!triage.is_empty()).then(fingerprint);
        let decision = triage.decide(rule, severity, fingerprint);
        match (decision.why, decision.severity) {
            (Some(why), _) => self.aside.add(why, rule, decision, fingerprint, limit),
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
    pub(super) fn checked(
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
    pub(super) fn outcome(&mut self, recorded: &Recorded, listed: bool) {
        if listed {
            self.listed.push(build::check(recorded, recorded.credential));
        }
        self.tally.count(recorded, listed);
    }
}

/// Whether the checks of a credential are listed.
pub(super) fn is_early(id: CredentialId) -> bool {
    (id.0 as usize) < LISTED_CREDENTIALS
}
