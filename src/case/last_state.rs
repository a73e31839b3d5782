//! Which bindings of HTTP.sys a transcript shows as they were before it changed them.
//!
//! A transcript of a repair holds the old state, the commands and often the new state. Within one input the last state of an
//! endpoint counts, as with permissions (`case::key_file_link`); a complete listing of all bindings tells also what is no
//! longer there. A command that failed, or whose reply is not shown, changes nothing. Where an input names two computers, its
//! listings may be of two machines, and all of them count.
//!
//! Source: Microsoft Learn, "netsh http": an endpoint has one binding; `delete` takes it away, `add` makes it, `update` puts
//! another in its place.

use crate::model::binding::{Binding, BindingOrigin, Endpoint};
use crate::model::fact::SourceId;
use crate::model::observation::{Observation, Observed, SystemFact};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The numbers of the observations whose binding is no longer there at the end of their input.
pub(super) fn past(observed: &[Observed]) -> HashSet<usize> {
    let several = several_machines(observed);
    let mut past = HashSet::new();
    // What is bound so far, by input and endpoint.
    let mut bound: BTreeMap<SourceId, HashMap<&Endpoint, usize>> = BTreeMap::new();
    for (index, item) in observed.iter().enumerate().filter(|(_, o)| !several.contains(&o.place.source)) {
        match &item.what {
            Observation::Binding(binding) if changes(binding) => {
                let entries = bound.entry(item.place.source).or_default();
                past.extend(entries.remove(&binding.endpoint.value));
                if binding.origin != BindingOrigin::Deletion {
                    entries.insert(&binding.endpoint.value, index);
                }
            }
            Observation::BindingListing(listing) if listing.complete && listing.all => {
                let listed = |index: usize| observed.get(index).is_some_and(|o| o.place.start >= item.place.start);
                let entries = bound.entry(item.place.source).or_default();
                past.extend(entries.values().copied().filter(|index| !listed(*index)));
                entries.retain(|_, index| listed(*index));
            }
            _ => {}
        }
    }
    past
}

/// Whether a binding tells the state of its endpoint from there on.
fn changes(binding: &Binding) -> bool {
    match binding.origin {
        BindingOrigin::HttpSys => true,
        BindingOrigin::Command | BindingOrigin::Deletion => binding.succeeded == Some(true),
        BindingOrigin::IisConfig | BindingOrigin::AppCmd | BindingOrigin::PowerShell => false,
    }
}

/// The inputs that name more than one computer.
fn several_machines(observed: &[Observed]) -> BTreeSet<SourceId> {
    let mut named: BTreeMap<SourceId, BTreeSet<String>> = BTreeMap::new();
    for item in observed {
        if let Observation::System(SystemFact::Computer(name)) = &item.what {
            named.entry(item.place.source).or_default().insert(name.value.to_lowercase());
        }
    }
    named.into_iter().filter(|(_, names)| names.len() > 1).map(|(source, _)| source).collect()
}
