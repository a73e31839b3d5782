//! Credentials that state the same but for their values.
//!
//! Most certificates of a long log come in a few forms: blocks of one shape, in the same surroundings, about whose values
//! rules can tell the same ([`Traits`]). The rules answer alike for all of them, and the lines of a streamed report differ
//! only where the values stand. Both are learned from two credentials that are made up for it, with values that occur
//! nowhere else, and hold only if a third one, the one at hand, is told by them to the letter. From then on a credential of
//! this form is counted and written without being made. It is made after all when something may change it: another
//! sighting, the end of its log.

mod template;
mod values;

use super::judged::{Judge, Lines, Written};
use super::judging::Counted;
use super::sighting;
use super::tally::{Outcomes, Tally};
use crate::case::credential::{Association, Credential, CredentialId};
use crate::case::from_certutil::ShapedCredential;
use crate::case::index::{IndexEntry, fold, fold_all};
use crate::formats::certutil::{MadeUp, Spot};
use crate::limits::FORMS;
use crate::model::container_name;
use crate::model::fact::Place;
use crate::model::hash::BuildQuick;
use crate::model::judgement::Severity;
use crate::model::thumbprint::Sha1;
use crate::report::build;
use crate::report::fingerprint::{Fingerprint, Fingerprints};
use crate::rules::RuleMeta;
use crate::rules::judge;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use template::{Filling, Gaps, LOWEST, Template};
use values::{Kind, Traits, Values, differ, kinds};

/// So many credentials of a form are judged before it is learned: a short log has no use for it.
const JUDGED: u32 = 3;

/// So many forms in a row are learned at once without one that is used; then more and more have to be judged before.
const UNUSED_FORMS: u32 = 16;

/// The forms of the credentials so far.
#[derive(Default)]
pub(super) struct Forms {
    /// By shape and surroundings.
    remembered: HashMap<(usize, usize), Vec<Remembered>, BuildQuick>,
    many: usize,
    /// Forms that were learned since one was used.
    unused: u32,
    values: Values,
    fingerprints: Vec<Fingerprint>,
}

/// What is known of the credentials with one shape, surroundings and traits.
struct Remembered {
    traits: Traits,
    judged: u32,
    /// Keeps shape and surroundings where they are.
    _example: ShapedCredential,
    /// Once it is learned; `Some(None)`: it can't be.
    form: Option<Option<Arc<Form>>>,
}

/// What all credentials of a form have in common.
pub(super) struct Form {
    kinds: Vec<Kind>,
    /// The line of the credential, and one for each finding.
    lines: Vec<Template>,
    findings: Vec<FormFinding>,
    pub(super) outcomes: Outcomes,
    entry: EntryForm,
    /// A hash of its store and scope.
    place: u64,
    /// What stands behind the thumbprint in the identity of a finding's subject.
    store: String,
    /// Whether a credential may leave a run before its end.
    pub(super) leaves: bool,
    /// Whether each of the outcomes has an example in the report.
    has_examples: AtomicBool,
    /// Credentials that were let go and not counted yet.
    gone: AtomicU64,
}

/// A finding about each credential of a form.
struct FormFinding {
    rule: &'static RuleMeta,
    severity: Severity,
    fingerprints: Fingerprints,
}

/// The index entry of each credential of a form: the same but for these values.
struct EntryForm {
    same: IndexEntry,
    /// Its digits.
    sha1: usize,
    public_key: Option<usize>,
    container: Option<usize>,
    machine_guid: Option<usize>,
    line: u32,
    start: Spot,
    end: Spot,
}

/// A credential that is told and not made.
pub(super) struct Told {
    pub(super) id: CredentialId,
    pub(super) shaped: ShapedCredential,
    pub(super) form: Arc<Form>,
    pub(super) identity: u128,
}

impl Forms {
    /// The form of a credential, once enough of its kind were judged.
    pub(super) fn of(&mut self, shaped: &ShapedCredential, judge: &mut Judge<'_>) -> Option<Arc<Form>> {
        let traits = Traits::of(shaped, judge.options)?;
        let key = (shaped.block.shape(), Arc::as_ptr(&shaped.around).addr());
        let kin = self.remembered.get_mut(&key).map(Vec::as_mut_slice).unwrap_or_default();
        if let Some(known) = kin.iter_mut().find(|known| known.traits == traits) {
            known.judged = known.judged.saturating_add(1);
            match &known.form {
                Some(form) => {
                    if form.is_some() {
                        self.unused = 0;
                    }
                    return form.clone();
                }
                None if known.judged >= JUDGED << (self.unused / UNUSED_FORMS).min(9) => {
                    self.unused = self.unused.saturating_add(1);
                    return known.form.insert(learn(shaped, &traits, judge).map(Arc::new)).clone();
                }
                None => return None,
            }
        }
        if self.many >= FORMS {
            self.forget(judge.counted);
        }
        self.many = self.many.saturating_add(1);
        let known = Remembered { traits, judged: 1, _example: shaped.clone(), form: None };
        self.remembered.entry(key).or_default().push(known);
        None
    }

    /// Takes up the values of a credential; gives what makes another sighting the same credential.
    pub(super) fn take(&mut self, form: &Form, shaped: &ShapedCredential) -> Option<u128> {
        self.values.fill(&form.kinds, shaped);
        let digits = self.values.get(form.entry.sha1, &shaped.block);
        (digits.len() == 40).then(|| sighting::identity_of(digits, form.place))
    }

    /// Gives the lines of the credential that was taken up, its own first, each with the fingerprint of its finding;
    /// answers with its index entry.
    pub(super) fn tell(
        &mut self,
        (form, shaped): (&Form, &ShapedCredential),
        id: CredentialId,
        mut line: impl FnMut(Option<Fingerprint>, &[u8]),
    ) -> IndexEntry {
        let entry = form.entry.entry(id, shaped, &self.values);
        let sha1 = std::str::from_utf8(self.values.get(form.entry.sha1, &shaped.block)).unwrap_or_default();
        let identity =
            &*if form.store.is_empty() { Cow::Borrowed(sha1) } else { format!("{sha1}{}", form.store).into() };
        self.fingerprints.clear();
        self.fingerprints.extend(form.findings.iter().map(|finding| finding.fingerprints.about(identity)));
        let (values, fingerprints) = (&self.values, self.fingerprints.as_slice());
        let filling = Filling { id: id.0, shaped, values, fingerprints };
        let about = std::iter::once(None).chain(fingerprints.iter().copied().map(Some));
        for (template, fingerprint) in form.lines.iter().zip(about) {
            template.fill(&filling, |json| line(fingerprint, json));
        }
        entry
    }

    /// Counts the credentials that were let go, and forgets the forms.
    pub(super) fn forget(&mut self, counted: &mut Counted) {
        for form in self.remembered.values().flatten().filter_map(|known| known.form.as_ref()?.as_deref()) {
            let severities = form.findings.iter().map(|finding| finding.severity);
            counted.many(&form.outcomes, severities, form.gone.swap(0, Ordering::Relaxed));
        }
        self.remembered.clear();
        self.many = 0;
    }
}

impl EntryForm {
    fn entry(&self, id: CredentialId, shaped: &ShapedCredential, values: &Values) -> IndexEntry {
        let block = &*shaped.block;
        let text = |index: usize| std::str::from_utf8(values.get(index, block)).unwrap_or_default();
        let (start, end) = (block.offset(self.start), block.offset(self.end));
        let line = block.first_line().saturating_add(u64::from(self.line));
        IndexEntry {
            id,
            sha1: Sha1::parse(text(self.sha1)),
            public_key: self.public_key.map_or(self.same.public_key, |index| fold_all([values.get(index, block)])),
            container: self.container.map_or(self.same.container, |index| fold_all([values.get(index, block)])),
            machine_guid: match self.machine_guid {
                Some(index) => Some(container_name::guid_number(text(index))),
                None => self.same.machine_guid,
            },
            place: Place {
                line: u32::try_from(line).unwrap_or(u32::MAX),
                start,
                len: u32::try_from(end.saturating_sub(start)).unwrap_or(u32::MAX),
                ..self.same.place
            },
            ..self.same.clone()
        }
    }

    /// Learns from a made-up credential which of its values stand where.
    fn learn(spoken: &Spoken, shaped: &ShapedCredential, values: &Values, many: usize) -> Option<Self> {
        let same = IndexEntry::from(&spoken.credential);
        let find = |is: &dyn Fn(&str) -> bool| {
            (0..many).find(|index| {
                let value = std::str::from_utf8(values.get(*index, &shaped.block));
                value.is_ok_and(|text| !text.is_empty() && is(text))
            })
        };
        let sha1 = same.sha1?.to_string();
        let guid = same.machine_guid;
        let spots = shaped.block.spots();
        let spot = |offset| spots.iter().find(|(known, _)| *known == offset).map(|(_, spot)| *spot);
        Some(Self {
            sha1: find(&|text| text == sha1)?,
            public_key: find(&|text| fold(text) == same.public_key),
            container: find(&|text| fold(text) == same.container),
            machine_guid: find(&|text| {
                container_name::is_guid(text) && Some(container_name::guid_number(text)) == guid
            }),
            line: same.place.line.checked_sub(u32::try_from(shaped.block.first_line()).ok()?)?,
            start: spot(same.place.start)?,
            end: spot(same.place.end())?,
            same,
        })
    }
}

/// What is said of a credential.
struct Spoken {
    credential: Credential,
    outcomes: Outcomes,
    findings: Vec<FormFinding>,
    fingerprints: Vec<Fingerprint>,
    lines: Vec<Vec<u8>>,
}

/// What the rules say of a credential, as a streamed report says it.
fn speak(shaped: &ShapedCredential, id: u32, judge: &mut Judge<'_>) -> Spoken {
    let mut credential = shaped.credential();
    credential.id = CredentialId(id);
    let mut lines = Lines::default();
    let (outcomes, written) = judge.judge(&credential, &mut lines);
    let targets = &judge.options.targets;
    let candidates = judge::candidates(&credential, targets);
    let ranked = judge::findings(Some(credential.id), outcomes.failed(), &candidates);
    let workloads = ranked.iter().map(|finding| build::workloads(finding, targets));
    let of = |(written, workloads): (&Written, String)| FormFinding {
        rule: written.rule,
        severity: written.severity,
        fingerprints: Fingerprints::of(written.rule.name, &workloads),
    };
    let findings = written.iter().zip(workloads).map(of).collect();
    let fingerprints = written.iter().map(|written| written.fingerprint).collect();
    let lines = lines.iter().map(|(_, line)| line.to_vec()).collect();
    Spoken { credential, outcomes, findings, fingerprints, lines }
}

/// The numbers of a made-up credential, its first line and the offset of that: none is in a line by chance.
struct Numbers {
    id: u32,
    line: u32,
    start: u64,
    seed: u64,
}

const MADE_UP: [Numbers; 2] = [
    Numbers { id: 4_200_000_000, line: 4_100_000_000, start: LOWEST << 21, seed: 1 },
    Numbers { id: 4_250_000_000, line: 4_150_000_000, start: LOWEST << 20, seed: 2 },
];

/// Two credentials with these traits that are made up. `None`: there are none such.
fn made_up(shaped: &ShapedCredential, traits: &Traits, judge: &Judge<'_>) -> Option<[ShapedCredential; 2]> {
    [false, true].into_iter().find_map(|keep_letters| {
        let made = |Numbers { line, start, seed, .. }: &Numbers| {
            let with = MadeUp { line: *line, start: *start, seed: *seed, keep_letters, rule: traits.rule };
            let block = shaped.block.made_up(&with)?;
            let made = ShapedCredential { block, around: Arc::clone(&shaped.around) };
            (Traits::of(&made, judge.options).as_ref() == Some(traits)).then_some(made)
        };
        let [one, other] = MADE_UP.each_ref().map(made);
        Some([one?, other?])
    })
}

/// Learns the form of a credential. `None`: it has none that holds.
fn learn(shaped: &ShapedCredential, traits: &Traits, judge: &mut Judge<'_>) -> Option<Form> {
    let kinds = kinds(shaped);
    let [one, other] = made_up(shaped, traits, judge)?;
    let [Numbers { id, .. }, Numbers { id: other_id, .. }] = MADE_UP;
    let spoken = speak(&one, id, judge);
    let own = speak(shaped, OWN_ID, judge);
    let (mut values, mut others) = (Values::default(), Values::default());
    values.fill(&kinds, &one);
    others.fill(&kinds, &other);
    // Each made-up value stands for itself alone.
    if !differ((&values, &one.block), (&others, &other.block), &kinds) {
        return None;
    }
    let filling = Filling { id, shaped: &one, values: &values, fingerprints: &spoken.fingerprints };
    let gaps = Gaps::of(&kinds, &filling)?;
    let lines = spoken.lines.iter().map(|line| Template::learn(line, &gaps)).collect::<Option<Vec<_>>>()?;
    let store = own.credential.printed_store_name().unwrap_or_default();
    let form = Form {
        lines,
        entry: EntryForm::learn(&spoken, &one, &values, kinds.len())?,
        place: sighting::place(store, own.credential.scope()),
        store: build::identity_store(&own.credential),
        leaves: own.credential.key.association != Association::Unknown,
        // Of the one that is there: whatever they name stands in the log.
        outcomes: own.outcomes.clone(),
        findings: spoken.findings,
        kinds,
        has_examples: AtomicBool::new(false),
        gone: AtomicU64::new(0),
    };
    let holds = spoken.outcomes.say_the_same(&form.outcomes)
        && form.holds(&other, &speak(&other, other_id, judge))
        && form.holds(shaped, &own);
    holds.then(|| form.lean())
}

/// The number of the credential at hand, while its form is learned.
const OWN_ID: u32 = 7;

impl Form {
    /// Whether what is told of a credential by this form is what is said of it.
    fn holds(&self, shaped: &ShapedCredential, said: &Spoken) -> bool {
        let mut forms = Forms::default();
        let mut lines: Vec<Vec<u8>> = Vec::new();
        let identity = forms.take(self, shaped);
        let entry = forms.tell((self, shaped), said.credential.id, |_, line| lines.push(line.to_vec()));
        identity.is_some()
            && identity == sighting::identity(&said.credential)
            && entry == IndexEntry::from(&said.credential)
            && said.outcomes.say_the_same(&self.outcomes)
            && said.lines == lines
            && said.fingerprints == forms.fingerprints
    }

    /// The findings about a credential, by their fingerprints.
    pub(super) fn written(&self, fingerprints: impl Iterator<Item = Fingerprint>) -> impl Iterator<Item = Written> {
        let of = |(finding, fingerprint): (&FormFinding, Fingerprint)| Written {
            rule: finding.rule,
            severity: finding.severity,
            fingerprint,
        };
        self.findings.iter().zip(fingerprints).map(of)
    }

    /// Whether each of the outcomes has an example in the report already. Else the next credential has to be counted by
    /// itself: its outcomes name commands of its own.
    pub(super) fn has_examples(&self, tally: &mut Tally) -> bool {
        let has_examples = self.has_examples.load(Ordering::Relaxed) || tally.has_examples_of(&self.outcomes);
        self.has_examples.store(has_examples, Ordering::Relaxed);
        has_examples
    }

    /// Lets go of a credential, which is later counted with the others.
    pub(super) fn let_go(&self) {
        self.gone.fetch_add(1, Ordering::Relaxed);
    }

    /// The same with nothing but the values that it has gaps for.
    fn lean(mut self) -> Self {
        let entry = &mut self.entry;
        let mut used: Vec<usize> = self.lines.iter().flat_map(Template::values).collect();
        used.extend([Some(entry.sha1), entry.public_key, entry.container, entry.machine_guid].into_iter().flatten());
        used.sort_unstable();
        used.dedup();
        let place = |index: usize| used.binary_search(&index).unwrap_or(usize::MAX);
        for index in [&mut entry.public_key, &mut entry.container, &mut entry.machine_guid] {
            *index = index.map(place);
        }
        entry.sha1 = place(entry.sha1);
        self.lines = self.lines.into_iter().map(|line| line.renumbered(place)).collect();
        self.kinds = used.iter().filter_map(|index| self.kinds.get(*index).copied()).collect();
        self
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::analyze::{Analysis, Options};
    use crate::report::jsonl::JsonLines;
    use time::macros::datetime;

    /// Without this the comparison of both ways in `tests/properties.rs` could compare one with itself.
    #[test]
    fn forms_of_blocks_that_come_again_are_learned_and_used() {
        let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/certutil");
        let mut learned = Vec::new();
        for case in std::fs::read_dir(corpus).unwrap().flatten() {
            let Ok(log) = std::fs::read_to_string(case.path().join("input.txt")) else { continue };
            let blocks =
                log.find("================ ").zip(log.rfind("CertUtil:")).and_then(|(from, to)| log.get(from..to));
            let thumbprint = log.split_once("Cert Hash(sha1): ").and_then(|(_, from)| from.get(..40));
            let Some((blocks, thumbprint)) = blocks.zip(thumbprint) else { continue };
            let copies: String = (0..8).map(|copy| blocks.replace(thumbprint, &format!("{copy:040x}"))).collect();
            let mut lines = Vec::new();
            let mut sink = JsonLines::new(&mut lines);
            let mut analysis = Analysis::new(Options::new(datetime!(2026-01-01 0:00 UTC))).with_sink(&mut sink);
            analysis.read("log.txt", None, &mut copies.as_bytes()).unwrap();
            let used = |known: &&super::Remembered| matches!(known.form, Some(Some(_))) && known.judged > super::JUDGED;
            if analysis.forms.remembered.values().flatten().any(|known| used(&known)) {
                learned.push(case.file_name());
            }
        }
        assert!(learned.len() > 80, "{learned:?}");
    }
}
