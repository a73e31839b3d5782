//! A binding names a certificate that is in none of the machine's stores.

use super::bindings;
use super::prelude::*;
use std::cell::LazyCell;

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
    explains: &[],
    doc: include_str!("../../docs/rules/http-binding-hash-not-in-store.md"),
};

impl CaseRule for HttpBindingHashNotInStore {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        if cx.workloads.iter().all(|t| !t.workload.server) {
            return out.not_applicable("no server was asked for");
        }
        let mut any = false;
        let by_thumbprint = bindings::entries_by_thumbprint(case);
        let two_machines = LazyCell::new(|| bindings::two_machines(case));
        for (observed, binding) in bindings::of_http_sys(case) {
            let Some(sha1) = bindings::thumbprint(binding) else { continue };
            any = true;
            let store = bindings::store(binding);
            let folded = fold(&store);
            let machine = |e: &&IndexEntry| matches!(e.scope, Scope::Machine | Scope::Unknown);
            let all = by_thumbprint.get(&sha1.value).map_or(&[][..], Vec::as_slice);
            let sightings: Vec<&IndexEntry> = all.iter().copied().filter(machine).collect();
            if sightings.iter().any(|e| e.store == folded) {
                out.pass("the certificates that bindings name are in their stores");
                continue;
            }
            // In another store, or in a user's, it is another fault; a copy among the roots or requests has no key to bind.
            let of_user = |e: &&IndexEntry| e.scope == Scope::User && e.store != 0;
            let elsewhere = sightings.iter().any(|e| e.store != 0 && !bindings::holds_copies(e.store));
            if elsewhere || all.iter().any(of_user) {
                out.not_applicable("the certificate is in another store than the binding names");
                continue;
            }
            let listing = case
                .stores
                .iter()
                .find(|l| l.complete && l.store == store && matches!(l.scope, Scope::Machine | Scope::Unknown));
            let Some(listing) = listing.filter(|l| l.place.source == observed.place.source || !*two_machines) else {
                let name = remedy::quoted(&store).unwrap_or_else(|| "my".to_owned());
                out.unknown(
                    format!(
                        "whether the certificate {} of {} is in the store {store}",
                        sha1.value, binding.endpoint.value
                    ),
                    format!("certutil -store {name}"),
                );
                continue;
            };
            let draft = FindingDraft::new(
                &META,
                META.summary,
                format!(
                    "HTTP.sys is to use the certificate {} for {}, and the complete listing of the store {} does not hold it. \
                     Connections to this endpoint are reset, and event 15021 is logged.",
                    sha1.value, binding.endpoint.value, listing.store
                ),
            )
            .subject(binding.endpoint.value.to_string())
            .workloads(subject::named(cx, &["iis"]))
            .evidence(observed.evidence(sha1.place, "not among the certificates of the store", true))
            .remedy(bindings::bind_again(binding, "<thumbprint>", &store));
            out.fail(draft);
        }
        if !any {
            out.not_applicable("no binding of HTTP.sys with a certificate is among the inputs");
        }
    }
}
