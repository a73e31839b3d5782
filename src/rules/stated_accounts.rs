//! Under which accounts services run, as artifacts state it: looked up by service and computer.

use super::prelude::*;
use crate::case::machines;
use crate::limits::SERVICE_ACCOUNTS;
use crate::model::principal;

/// The accounts of the services of one workload on the computers of one name: the computer and the account.
type Accounts<'a> = BTreeSet<(Option<&'a str>, &'a str)>;

/// The accounts of a case.
pub(super) struct StatedAccounts<'a> {
    /// By workload and by what the names of one computer share; `None`: the computer is not known.
    of: BTreeMap<(&'static str, Option<String>), Accounts<'a>>,
    /// By workload, of all computers.
    all: BTreeMap<&'static str, BTreeSet<&'a str>>,
}

impl<'a> StatedAccounts<'a> {
    pub(super) fn of(case: &'a CaseIndex) -> Self {
        let mut stated = Self { of: BTreeMap::new(), all: BTreeMap::new() };
        for (observed, fact) in case.system_facts() {
            let SystemFact::ServiceAccount(it) = fact else { continue };
            let (machine, account) = (case.machine_of(observed), own_name(&it.account.value));
            let own = stated.of.entry((it.workload, machine.map(machines::shared_part))).or_default();
            // One more than counts shows that there are too many.
            if own.len() <= SERVICE_ACCOUNTS {
                own.insert((machine, account));
            }
            let all = stated.all.entry(it.workload).or_default();
            if all.len() <= SERVICE_ACCOUNTS {
                all.insert(account);
            }
        }
        stated
    }

    /// Those of the services of some workloads on a computer; none where too many are stated: no service has so many.
    pub(super) fn on(&self, machine: Option<&str>, workloads: &[Target]) -> BTreeSet<&'a str> {
        let mut names = BTreeSet::new();
        for workload in workloads.iter().map(|target| target.workload.name) {
            let Some(machine) = machine else {
                names.extend(self.all.get(workload).into_iter().flatten());
                continue;
            };
            for key in [Some(machines::shared_part(machine)), None] {
                let stated = self.of.get(&(workload, key)).into_iter().flatten();
                names.extend(
                    stated.filter(|(on, _)| !machines::are_two(*on, Some(machine))).map(|(_, account)| account),
                );
            }
        }
        if names.len() > SERVICE_ACCOUNTS { BTreeSet::new() } else { names }
    }
}

/// The name that lists of permissions have for an account of the service manager.
fn own_name(account: &str) -> &str {
    let mut known = principal::SERVICE_ACCOUNTS.iter();
    known.find(|(_, name)| name.eq_ignore_ascii_case(account)).map_or(account, |(sid, _)| sid)
}
