//! A binding looks for its certificate in another store than the one that holds it.

use super::bindings;
use super::prelude::*;
use crate::model::binding::BindingOrigin;

/// The rule.
pub(super) struct HttpBindingStoreNameMismatch;

static META: RuleMeta = RuleMeta {
    name: "http-binding-store-name-mismatch",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "a binding looks for its certificate in another store than the one that holds it",
    sources: &[sources::SSL_PARAM, sources::THUMBPRINT_CHARACTER, sources::CERTES224],
    explains: &["netsh-1312-context"],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/http-binding-store-name-mismatch.md"),
};

/// The invisible marks that a copy from the certificate dialog brings (U+200E and its kind).
fn invisible(text: &str) -> bool {
    text.chars().any(|c| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{feff}'))
}

impl CaseRule for HttpBindingStoreNameMismatch {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        if cx.workloads.iter().all(|t| !t.workload.server) {
            return out.not_applicable("no server was asked for");
        }
        let mut any = false;
        let shown = |o: BindingOrigin| matches!(o, BindingOrigin::HttpSys | BindingOrigin::Command);
        let by_thumbprint = bindings::entries_by_thumbprint(case);
        for (observed, binding) in case.bindings().filter(|(_, b)| shown(b.origin)) {
            let endpoint = binding.endpoint.value.to_string();
            let marked = observed.fields.iter().find(|(_, value)| invisible(&value.value));
            if let Some((_, value)) =
                marked.filter(|_| binding.origin == BindingOrigin::Command && binding.succeeded != Some(true))
            {
                any = true;
                let text = "The command holds a character that can't be seen, which a copy from the certificate dialog brings. \
                            netsh takes it for a part of the hash and answers 1312 or \"The parameter is incorrect\".";
                out.fail(
                    FindingDraft::new(&META, "the command holds an invisible character", text)
                        .subject(endpoint)
                        .evidence(observed.evidence(value.place, "an invisible character", true))
                        .remedy(
                            remedy::advice(
                                "Type the hash anew",
                                "Copy the thumbprint from `certutil -store my` instead of the certificate dialog.",
                            )
                            .verified(Verify::new("netsh http show sslcert").shows("the endpoint with this hash")),
                        ),
                );
                continue;
            }
            let Some(sha1) = bindings::thumbprint(binding) else { continue };
            any = true;
            let store = bindings::store(binding);
            let folded = fold(&store);
            let stored = |e: &&IndexEntry| {
                e.store != 0
                    && !e.archived
                    && !case.is_gone(e)
                    && (e.store == folded || !bindings::holds_copies(e.store))
            };
            let all = by_thumbprint.get(&sha1.value).into_iter().flatten().copied();
            let sightings: Vec<&IndexEntry> = all.filter(stored).collect();
            let machine = |e: &&&IndexEntry| matches!(e.scope, Scope::Machine | Scope::Unknown);
            if sightings.is_empty() || sightings.iter().filter(machine).any(|e| e.store == folded) {
                out.pass("no binding looks in another store than the one that holds its certificate");
                continue;
            }
            // The store that it names may hold the certificate as well, unless its listing is complete.
            let complete = case.stores.iter().any(|l| l.complete && l.store == store && l.scope != Scope::User);
            let Some(elsewhere) = sightings.iter().find_map(|e| case.credential(e.id)) else { continue };
            let holder = elsewhere.store_name().unwrap_or_default();
            let of_user = elsewhere.scope() == Scope::User;
            if !complete {
                let name = remedy::quoted(&store).unwrap_or_else(|| "my".to_owned());
                out.unknown(
                    format!("whether the store {store} holds the certificate of {endpoint} too"),
                    format!("certutil -store {name} {}", sha1.value),
                );
                continue;
            }
            let place = binding.store.as_ref().map_or(sha1.place, |s| s.place);
            let owner = if of_user { "a user's store" } else { "the machine's store" };
            let mut draft = FindingDraft::new(
                &META,
                META.summary,
                format!(
                    "HTTP.sys looks for the certificate of {endpoint} in the machine's store {store}; it is in {owner} {holder}. \
                     Adding such a binding fails with 1312, an existing one with event 15021."
                ),
            )
            .subject(endpoint)
            .workloads(subject::named(cx, &["iis"]))
            .evidence(observed.evidence(place, "the store in which HTTP.sys looks", true));
            if let Some(place) = elsewhere.store.as_ref().and_then(|s| s.name.as_ref()).map(|n| n.place) {
                draft = draft.evidence(elsewhere.evidence(place, "the store that holds it", false));
            }
            draft.related = vec![elsewhere.id];
            draft = if of_user {
                let bind = bindings::bind_again(binding, &sha1.value.to_string(), &store);
                draft.remedy(remedy::into_machine_store(elsewhere, &store, Some(bind)))
            } else {
                draft.remedy(bindings::bind_again(binding, &sha1.value.to_string(), &holder))
            };
            out.fail(draft);
        }
        if !any {
            out.not_applicable("no binding of HTTP.sys with a certificate is among the inputs");
        }
    }
}
