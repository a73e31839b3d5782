//! The outcomes of checks, kept in little room, and counted where they are not listed one by one.

use crate::case::credential::CredentialId;
use crate::model::hash::BuildQuick;
use crate::report::model::{Check, CheckOutcome, Summary};
use crate::rules::{Outcome, Recorded, RuleMeta};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// The outcomes about one credential, in the order of the rules.
#[derive(Clone, Default)]
pub(super) struct Outcomes {
    /// Numbers of a [`Tally`], for those whose reason is a constant; [`OTHER`]: the next one of the others.
    numbers: Box<[u16]>,
    others: Vec<Recorded>,
}

const OTHER: u16 = u16::MAX;

impl Outcomes {
    /// In the order of the rules: a number for [`Tally::outcome`], or the outcome itself.
    pub(super) fn iter(&self) -> impl Iterator<Item = Result<u16, &Recorded>> {
        let mut others = self.others.iter();
        self.numbers
            .iter()
            .filter_map(move |number| if *number == OTHER { others.next().map(Err) } else { Some(Ok(*number)) })
    }

    /// The same outcomes about another credential that states the same; `None`: some failed, and name places.
    pub(super) fn shared(&self, credential: CredentialId) -> Option<Self> {
        if self.failed().next().is_some() {
            return None;
        }
        let others = self.others.iter().map(|other| Recorded { credential: Some(credential), ..other.clone() });
        Some(Self { numbers: self.numbers.clone(), others: others.collect() })
    }

    /// Whether other outcomes say the same, whatever credential, places and commands they name.
    pub(super) fn say_the_same(&self, other: &Self) -> bool {
        let same = |(own, other): (&Recorded, &Recorded)| {
            std::ptr::eq(own.rule, other.rule)
                && match (&own.outcome, &other.outcome) {
                    (Outcome::Fail(_), Outcome::Fail(_)) => true,
                    (Outcome::Unknown { missing: own, .. }, Outcome::Unknown { missing: other, .. }) => own == other,
                    (own, other) => own == other,
                }
        };
        self.numbers == other.numbers
            && self.others.len() == other.others.len()
            && self.others.iter().zip(&other.others).all(same)
    }

    /// Those whose reason is not a constant.
    pub(super) fn others(&self) -> &[Recorded] {
        &self.others
    }

    /// Those that failed.
    pub(super) fn failed(&self) -> impl Iterator<Item = &Recorded> + Clone {
        self.others.iter().filter(|recorded| matches!(recorded.outcome, Outcome::Fail(_)))
    }
}

/// What the outcomes of a group have in common.
type Group = (CheckOutcome, &'static str, Cow<'static, str>);

/// An outcome whose reason is a constant, by where the words stand in the program: the rule's name, and the reason with
/// its length.
type Address = (CheckOutcome, [usize; 3]);

/// How many, and of those that are not listed one by one the first one's place among all and its command: it stands as an
/// example for all.
#[derive(Default)]
struct Count {
    listed: u64,
    many: u64,
    first: u64,
    obtain: Option<String>,
}

/// An outcome that many credentials have in common.
struct Constant {
    address: Address,
    outcome: CheckOutcome,
    rule: &'static RuleMeta,
    reason: &'static str,
    count: Count,
    /// The one that came after it the last time: credentials much alike have the same outcomes in turn.
    next: usize,
}

/// Counts outcomes by rule, outcome and reason.
#[derive(Default)]
pub(super) struct Tally {
    /// Groups whose reason is a constant.
    constants: Vec<Constant>,
    /// Their places by address.
    places: HashMap<Address, usize, BuildQuick>,
    /// The one that came last.
    last: usize,
    /// Groups whose reason holds words of an input.
    worded: BTreeMap<Group, Count>,
    seen: u64,
}

impl Tally {
    /// Takes the outcomes about a credential to keep them; `recorded` is empty afterwards and has its room still.
    pub(super) fn keep(&mut self, recorded: &mut Vec<Recorded>) -> Outcomes {
        let mut others = Vec::new();
        let mut numbers = Vec::with_capacity(recorded.len());
        for Recorded { rule, outcome, .. } in &*recorded {
            let place = match outcome {
                Outcome::Pass(Cow::Borrowed(reason)) => self.constant(CheckOutcome::Pass, rule, reason),
                Outcome::NotApplicable(Cow::Borrowed(reason)) => {
                    self.constant(CheckOutcome::NotApplicable, rule, reason)
                }
                _ => None,
            };
            numbers.push(place.and_then(|place| u16::try_from(place).ok()).unwrap_or(OTHER));
        }
        if numbers.contains(&OTHER) {
            let all = recorded.drain(..).zip(&numbers);
            others.extend(all.filter(|(_, number)| **number == OTHER).map(|(recorded, _)| recorded));
        }
        recorded.clear();
        Outcomes { numbers: numbers.into_boxed_slice(), others }
    }

    /// The outcome with a constant reason that a number stands for.
    pub(super) fn outcome(&self, number: u16, credential: CredentialId) -> Option<Recorded> {
        let Constant { outcome, rule, reason, .. } = self.constants.get(usize::from(number))?;
        let reason = Cow::Borrowed(*reason);
        let outcome = match outcome {
            CheckOutcome::Pass => Outcome::Pass(reason),
            _ => Outcome::NotApplicable(reason),
        };
        Some(Recorded { rule, credential: Some(credential), outcome })
    }

    /// Counts those of the outcomes about a credential that have a constant reason; none of them is listed.
    pub(super) fn count_constants(&mut self, outcomes: &Outcomes) {
        for number in &outcomes.numbers {
            if let Some(constant) = self.constants.get_mut(usize::from(*number)) {
                constant.count.many = constant.count.many.saturating_add(1);
            }
        }
    }

    /// Counts the outcomes about so many credentials, none of which is listed, or an example for its group.
    pub(super) fn count_many(&mut self, outcomes: &Outcomes, many: u64) {
        for number in &outcomes.numbers {
            if let Some(constant) = self.constants.get_mut(usize::from(*number)) {
                constant.count.many = constant.count.many.saturating_add(many);
            }
        }
        for recorded in &outcomes.others {
            if let Some(count) = self.group(recorded) {
                count.many = count.many.saturating_add(many);
            }
        }
    }

    /// Counts an outcome; `listed`: it is in the report already.
    pub(super) fn count(&mut self, recorded: &Recorded, listed: bool) {
        let first = self.seen;
        let Some(count) = self.group(recorded) else { return };
        if listed {
            count.listed = count.listed.saturating_add(1);
        } else {
            if count.many == 0 {
                let obtain = if let Outcome::Unknown { obtain, .. } = &recorded.outcome { Some(obtain) } else { None };
                (count.first, count.obtain) = (first, obtain.cloned());
            }
            count.many = count.many.saturating_add(1);
        }
        self.seen = first.saturating_add(1);
    }

    /// Whether each of the outcomes was counted before without being listed: then it is no example for its group.
    pub(super) fn has_examples_of(&mut self, outcomes: &Outcomes) -> bool {
        let has_example = |recorded: &Recorded| match recorded.outcome {
            Outcome::Pass(_) | Outcome::Unknown { .. } => self.group(recorded).is_some_and(|count| count.many > 0),
            Outcome::NotApplicable(_) | Outcome::Fail(_) => true,
        };
        outcomes.others.iter().all(has_example)
    }

    /// The group of an outcome; what failed is in none.
    fn group(&mut self, recorded: &Recorded) -> Option<&mut Count> {
        let rule = recorded.rule;
        let (outcome, reason) = match &recorded.outcome {
            Outcome::Pass(reason) => (CheckOutcome::Pass, reason),
            Outcome::Unknown { missing, .. } => (CheckOutcome::Unknown, missing),
            // Only the rule counts.
            Outcome::NotApplicable(_) => (CheckOutcome::NotApplicable, &Cow::Borrowed("")),
            Outcome::Fail(_) => return None,
        };
        match reason {
            Cow::Borrowed(words) => {
                let place = self.constant(outcome, rule, words)?;
                self.constants.get_mut(place).map(|constant| &mut constant.count)
            }
            Cow::Owned(_) => Some(self.worded.entry((outcome, rule.name, reason.clone())).or_default()),
        }
    }

    /// The place of a group with a constant reason.
    fn constant(&mut self, outcome: CheckOutcome, rule: &'static RuleMeta, reason: &'static str) -> Option<usize> {
        let address = (outcome, [rule.name.as_ptr().addr(), reason.as_ptr().addr(), reason.len()]);
        let next = self.constants.get(self.last).map_or(0, |constant| constant.next);
        let mut place = next;
        if self.constants.get(next).is_none_or(|constant| constant.address != address) {
            place = *self.places.entry(address).or_insert(self.constants.len());
            if place == self.constants.len() {
                self.constants.push(Constant { address, outcome, rule, reason, count: Count::default(), next: 0 });
            }
            self.constants.get_mut(self.last)?.next = place;
        }
        self.last = place;
        Some(place)
    }

    /// Adds the counts to the summary; gives a check for each group of what is not listed already.
    pub(super) fn checks(self, summary: &mut Summary) -> Vec<Check> {
        let mut groups = self.worded;
        for Constant { outcome, rule, reason, count, .. } in self.constants {
            let reason = if outcome == CheckOutcome::NotApplicable { "" } else { reason };
            // Two places of the program can hold the same words.
            let known = groups.entry((outcome, rule.name, Cow::Borrowed(reason))).or_default();
            if count.many > 0 && (known.many == 0 || count.first < known.first) {
                (known.first, known.obtain) = (count.first, count.obtain);
            }
            known.many = known.many.saturating_add(count.many);
            known.listed = known.listed.saturating_add(count.listed);
        }
        let mut checks = Vec::new();
        for ((outcome, rule, reason), count) in groups {
            let counter = match outcome {
                CheckOutcome::Pass => &mut summary.passed,
                CheckOutcome::NotApplicable => &mut summary.not_applicable,
                CheckOutcome::Unknown => &mut summary.unknown,
                CheckOutcome::Fail => continue,
            };
            let all = count.many.saturating_add(count.listed);
            if all > 0 {
                *counter.entry(rule.to_owned()).or_insert(0) += all;
            }
            if count.many == 0 || outcome == CheckOutcome::NotApplicable {
                continue;
            }
            checks.push(Check {
                rule: rule.to_owned(),
                credential: None,
                outcome,
                reason: reason.into_owned(),
                obtain: count.obtain,
                count: Some(count.many),
                not_the_cause: false,
            });
        }
        checks
    }
}
