//! Which bindings of HTTP.sys a transcript shows as they were before it changed them.
//!
//! A transcript of a repair holds the old state, the commands and often the new state. Within one input the last state of an
//! endpoint counts, as with permissions (`case::key_file_link`); a complete listing of all bindings tells also what is no
//! longer there. A command that failed, or whose reply is not shown, changes nothing. Each of the computers that an input
//! names has its own state.
//!
//! Source: Microsoft Learn, "netsh http": an endpoint has one binding; `delete` takes it away, `add` makes it, `update` puts
//! another in its place.

use super::machines::Machines;
use crate::model::binding::{Binding, BindingOrigin, Endpoint};
use crate::model::fact::SourceId;
use crate::model::observation::{Observation, Observed};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The numbers of the observations whose binding is no longer there at the end of their input.
pub(super) fn past(observed: &[Observed], machines: &Machines) -> HashSet<usize> {
    let mut past = HashSet::new();
    // What is bound so far, by input, computer and endpoint.
    let mut bound: BTreeMap<(SourceId, Option<&str>), HashMap<&Endpoint, usize>> = BTreeMap::new();
    for (index, item) in observed.iter().enumerate() {
        let machine = (item.place.source, machines.at(item.place));
        match &item.what {
            Observation::Binding(binding) if changes(binding) => {
                let entries = bound.entry(machine).or_default();
                past.extend(entries.remove(&binding.endpoint.value));
                if binding.origin != BindingOrigin::Deletion {
                    entries.insert(&binding.endpoint.value, index);
                }
            }
            Observation::BindingListing(listing) if listing.complete && listing.all => {
                let listed = |index: usize| observed.get(index).is_some_and(|o| o.place.start >= item.place.start);
                let entries = bound.entry(machine).or_default();
                past.extend(entries.values().copied().filter(|index| !listed(*index)));
                entries.retain(|_, index| listed(*index));
            }
            _ => {}
        }
    }
    past
}

/// Puts in the place of each command that changed permissions what they are after it: the last list of the same path in its
/// input and on its computer, with the change.
pub(super) fn permissions(observed: &mut [Observed], machines: &Machines) {
    let mut last: HashMap<(SourceId, Option<String>, String), usize> = HashMap::new();
    for index in 0..observed.len() {
        let Some(item) = observed.get(index) else { break };
        let path = match &item.what {
            Observation::AccessList(list) => &list.path.value,
            Observation::AccessChange(change) => &change.path.value,
            _ => continue,
        };
        let key = (item.place.source, machines.at(item.place).map(str::to_owned), path.to_lowercase());
        if let Observation::AccessChange(change) = &item.what {
            let before = last.get(&key).and_then(|index| observed.get(*index));
            let excerpts = before.map(|before| before.excerpts.clone());
            let list = change.after(before.and_then(|before| match &before.what {
                Observation::AccessList(list) => Some(list),
                _ => None,
            }));
            if let Some(item) = observed.get_mut(index) {
                item.excerpts.extend(excerpts.unwrap_or_default());
                item.what = Observation::AccessList(list);
            }
        }
        last.insert(key, index);
    }
}

/// Whether a binding tells the state of its endpoint from there on.
fn changes(binding: &Binding) -> bool {
    match binding.origin {
        BindingOrigin::HttpSys => true,
        BindingOrigin::Command | BindingOrigin::Deletion => binding.succeeded == Some(true),
        BindingOrigin::IisConfig | BindingOrigin::AppCmd | BindingOrigin::PowerShell => false,
    }
}
