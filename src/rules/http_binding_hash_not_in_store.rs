//! A binding names a certificate that is in none of the machine's stores.

use super::bindings;
use super::prelude::*;
use crate::case::machines::are_two;
use crate::limits::PORT_ENTRIES;
use crate::model::binding::{Binding, BindingOrigin, Endpoint};
use crate::model::observation::Observed;
use crate::model::thumbprint::Sha1;
use std::collections::HashMap;

/// The rule.
pub(super) struct HttpBindingHashNotInStore;

static META: RuleMeta = RuleMeta {
    name: "http-binding-hash-not-in-store",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "a binding names a certificate that is not in its store",
    sources: &[sources::IIS_TROUBLESHOOT_HTTP, sources::SSL_PARAM],
    explains: &["netsh-1312-context"],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/http-binding-hash-not-in-store.md"),
};

/// What a binding says, and how it is known to be in force.
#[derive(Clone, Copy)]
enum State {
    /// HTTP.sys lists it.
    Listed,
    /// IIS lists it, and no listing of HTTP.sys is at hand.
    OfIis,
    /// netsh was to add it, and answered 1312.
    Refused,
}

/// Where the case holds certificates.
struct Stores<'a> {
    case: &'a CaseIndex,
    by_thumbprint: BTreeMap<Sha1, Vec<&'a IndexEntry>>,
    /// The entries of HTTP.sys by what they listen on.
    by_endpoint: HashMap<&'a Endpoint, Vec<(&'a Observed, &'a Binding)>>,
}

impl<'a> Stores<'a> {
    fn of(case: &'a CaseIndex) -> Self {
        let mut by_endpoint: HashMap<_, Vec<_>> = HashMap::new();
        for (observed, binding) in bindings::of_http_sys(case) {
            let list = by_endpoint.entry(&binding.endpoint.value).or_default();
            if list.len() < PORT_ENTRIES {
                list.push((observed, binding));
            }
        }
        Self { case, by_thumbprint: bindings::entries_by_thumbprint(case), by_endpoint }
    }

    /// The sightings of a certificate that can be on the computer of an artifact.
    fn sightings<'s>(&'s self, sha1: Sha1, observed: &'s Observed) -> impl Iterator<Item = &'a IndexEntry> + 's {
        let (case, machine) = (self.case, self.case.machine_of(observed));
        let all = self.by_thumbprint.get(&sha1).map_or(&[][..], Vec::as_slice).iter().copied();
        all.filter(move |entry| !case.is_gone(entry) && !are_two(machine, case.machine_of_entry(entry)))
    }

    /// Whether the store that a binding names holds its certificate.
    fn hold(&self, observed: &Observed, binding: &Binding) -> bool {
        let store = fold(&bindings::store(binding));
        let there = |e: &IndexEntry| matches!(e.scope, Scope::Machine | Scope::Unknown) && e.store == store;
        bindings::thumbprint(binding).is_some_and(|sha1| self.sightings(sha1.value, observed).any(there))
    }

    /// Another input's listing with a certificate that is there: which of the two is the newer one is not shown.
    fn contested(&self, observed: &Observed, binding: &Binding) -> bool {
        let machine = self.case.machine_of(observed);
        self.by_endpoint.get(&binding.endpoint.value).into_iter().flatten().any(|(other, own)| {
            other.place.source != observed.place.source
                && !are_two(machine, self.case.machine_of(other))
                && self.hold(other, own)
        })
    }
}

/// The bindings that tell what an endpoint uses, or was to use.
fn named(case: &CaseIndex) -> impl Iterator<Item = (&Observed, &Binding, State)> {
    let listed = bindings::of_http_sys(case).next().is_some();
    let replies = bindings::refused_commands(case);
    case.bindings().filter_map(move |(observed, binding)| {
        let state = match binding.origin {
            BindingOrigin::HttpSys => State::Listed,
            BindingOrigin::PowerShell if !listed && binding.protocol.eq_ignore_ascii_case("https") => State::OfIis,
            // In a language whose reply is not known the code alone tells that the command failed.
            BindingOrigin::Command if binding.succeeded != Some(true) => {
                replies.get(&(observed.place.source, observed.place.line))?;
                State::Refused
            }
            _ => return None,
        };
        Some((observed, binding, state))
    })
}

impl CaseRule for HttpBindingHashNotInStore {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        if cx.workloads.iter().all(|t| !t.workload.server) {
            return out.not_applicable("no server was asked for");
        }
        let mut any = false;
        let stores = Stores::of(case);
        for (observed, binding, state) in named(case) {
            let Some(sha1) = bindings::thumbprint(binding) else { continue };
            any = true;
            let store = bindings::store(binding);
            if stores.hold(observed, binding) {
                out.pass("the certificates that bindings name are in their stores");
                continue;
            }
            // In another store, or in a user's, it is another fault; a copy among the roots or requests has no key to bind.
            let elsewhere = |e: &IndexEntry| match e.scope {
                Scope::Machine | Scope::Unknown => e.store != 0 && !bindings::holds_copies(e.store),
                Scope::User => e.store != 0,
                _ => false,
            };
            if stores.sightings(sha1.value, observed).any(elsewhere) {
                out.not_applicable("the certificate is in another store than the binding names");
                continue;
            }
            let endpoint = &binding.endpoint.value;
            let Some(listing) = bindings::listing(case, observed, &store) else {
                let name = remedy::quoted(&store).unwrap_or_else(|| "my".to_owned());
                out.unknown(
                    format!("whether the certificate {} of {endpoint} is in the store {store}", sha1.value),
                    format!("certutil -store {name}"),
                );
                continue;
            };
            if stores.contested(observed, binding) {
                let show = bindings::argument(endpoint).map_or_else(String::new, |argument| format!(" {argument}"));
                out.unknown(
                    format!("which of two listings that disagree about {endpoint} is the newer one"),
                    format!("netsh http show sslcert{show}"),
                );
                continue;
            }
            let mut again = bindings::bind_again(binding, "<thumbprint>", &store);
            if matches!(state, State::Refused) {
                // There is no entry to delete.
                (again.caution, again.title) = (None, "Bind a certificate that is in the store");
                again.steps.retain(|step| step.run.contains(" add "));
            }
            let (who, then) = match state {
                State::Listed => {
                    ("HTTP.sys is to use", "Connections to this endpoint are reset, and event 15021 is logged.")
                }
                State::OfIis => ("IIS is to use", "Connections to this endpoint are reset, and event 15021 is logged."),
                State::Refused => ("netsh was to bind", "That is what 1312 says here: nothing was bound."),
            };
            let draft = FindingDraft::new(
                &META,
                META.summary,
                format!(
                    "{who} the certificate {} for {endpoint}, and the complete listing of the store {} does not hold it. {then}",
                    sha1.value, listing.store
                ),
            )
            .subject(endpoint.to_string())
            .workloads(subject::named(cx, &["iis"]))
            .evidence(observed.evidence(sha1.place, "not among the certificates of the store", true))
            .remedy(again);
            // The listing may be older than the command.
            out.fail(if matches!(state, State::Refused) { draft.confidence(Confidence::Likely) } else { draft });
        }
        if !any {
            out.not_applicable("no binding of HTTP.sys with a certificate is among the inputs");
        }
    }
}
