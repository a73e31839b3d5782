//! Outcomes that are counted and not listed one by one.

use crate::model::hash::BuildQuick;
use crate::report::model::{Check, CheckOutcome, Summary};
use crate::rules::{Outcome, Recorded};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// What the outcomes of a group have in common, and whether they are listed one by one as well.
type Group = (CheckOutcome, &'static str, bool, Cow<'static, str>);

/// Where the words of a group stand in the program: rule and reason with their lengths.
type Address = (CheckOutcome, bool, [usize; 3]);

/// How many, the first one's place among all, and its command: the first one stands as an example for all.
struct Count {
    many: u64,
    first: u64,
    obtain: Option<String>,
}

/// Counts outcomes by rule, outcome and reason.
#[derive(Default)]
pub(super) struct Tally {
    /// Groups whose reason is a constant: found by its address.
    constant: HashMap<Address, (Group, Count), BuildQuick>,
    /// Groups whose reason holds words of an input.
    worded: BTreeMap<Group, Count>,
    seen: u64,
}

impl Tally {
    /// Counts an outcome; `listed`: it is in the report already.
    pub(super) fn count(&mut self, recorded: Recorded, listed: bool) {
        let rule = recorded.rule.name;
        let (outcome, reason, obtain) = match recorded.outcome {
            Outcome::Pass(reason) => (CheckOutcome::Pass, reason, None),
            Outcome::Unknown { missing, obtain } => (CheckOutcome::Unknown, missing, Some(obtain)),
            // Only the rule counts.
            Outcome::NotApplicable(_) => (CheckOutcome::NotApplicable, Cow::Borrowed(""), None),
            Outcome::Fail(_) => return,
        };
        let first = self.seen;
        self.seen = self.seen.saturating_add(1);
        let count = match reason {
            Cow::Borrowed(words) => {
                let address = (outcome, listed, [rule.as_ptr().addr(), words.as_ptr().addr(), words.len()]);
                let new = || ((outcome, rule, listed, reason), Count { many: 0, first, obtain });
                &mut self.constant.entry(address).or_insert_with(new).1
            }
            Cow::Owned(_) => {
                let new = || Count { many: 0, first, obtain };
                self.worded.entry((outcome, rule, listed, reason)).or_insert_with(new)
            }
        };
        count.many = count.many.saturating_add(1);
    }

    /// Adds the counts to the summary; gives a check for each group of what is not listed already.
    pub(super) fn checks(self, summary: &mut Summary) -> Vec<Check> {
        let mut groups = self.worded;
        for (group, count) in self.constant.into_values() {
            // Two places of the program can hold the same words.
            match groups.get_mut(&group) {
                Some(known) => {
                    known.many = known.many.saturating_add(count.many);
                    if count.first < known.first {
                        (known.first, known.obtain) = (count.first, count.obtain);
                    }
                }
                None => {
                    groups.insert(group, count);
                }
            }
        }
        let mut checks = Vec::new();
        for ((outcome, rule, listed, reason), count) in groups {
            let counter = match outcome {
                CheckOutcome::Pass => &mut summary.passed,
                CheckOutcome::NotApplicable => &mut summary.not_applicable,
                CheckOutcome::Unknown => &mut summary.unknown,
                CheckOutcome::Fail => continue,
            };
            *counter.entry(rule.to_owned()).or_insert(0) += count.many;
            if listed || outcome == CheckOutcome::NotApplicable {
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
