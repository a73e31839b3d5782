//! A binding without a certificate, or without the application that owns it.

use super::bindings;
use super::prelude::*;
use crate::model::binding::BindingHash;
use std::collections::BTreeSet;

/// The rule.
pub(super) struct HttpBindingNullAppidOrHash;

static META: RuleMeta = RuleMeta {
    name: "http-binding-null-appid-or-hash",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "a binding of HTTP.sys names no certificate, or no application",
    sources: &[sources::IIS_TROUBLESHOOT_HTTP],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/http-binding-null-appid-or-hash.md"),
};

/// The application id of nobody.
const ZERO: &str = "{00000000-0000-0000-0000-000000000000}";
/// The port of the Web Management Service, whose bindings have no application id of their own.
const MANAGEMENT_PORT: u16 = 8172;

impl CaseRule for HttpBindingNullAppidOrHash {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        if cx.workloads.iter().all(|t| !t.workload.server) {
            return out.not_applicable("no server was asked for");
        }
        let mut any = false;
        let by_thumbprint = bindings::entries_by_thumbprint(case);
        let central_ports: BTreeSet<u16> = bindings::of_iis(case)
            .filter(|(_, binding)| bindings::is_central(binding))
            .map(|(_, binding)| binding.endpoint.value.port())
            .collect();
        for (observed, binding) in bindings::of_http_sys(case) {
            any = true;
            let null_hash = binding.hash.as_ref().filter(|h| h.value == BindingHash::Null);
            let null_app = binding.app_id.as_ref().filter(|a| a.value.as_deref() == Some(ZERO));
            let endpoint = &binding.endpoint.value;
            // A site that uses the central certificate store without SNI has an entry of the address without a hash.
            let central = bindings::is_central(binding) || central_ports.contains(&endpoint.port());
            let draft = match (null_hash, null_app) {
                (Some(hash), _) if !central => FindingDraft::new(
                    &META,
                    "a binding of HTTP.sys names no certificate",
                    format!("The entry of {endpoint} has no certificate hash: no handshake on it can succeed."),
                )
                .evidence(observed.evidence(hash.place, "no certificate", true)),
                (None, Some(app)) if endpoint.port() != MANAGEMENT_PORT => FindingDraft::new(
                    &META,
                    "a binding of HTTP.sys names no application",
                    format!(
                        "The entry of {endpoint} has an application id of zeros. It was made by hand or is a remainder; IIS \
                         Manager does not own it and may not replace it. The certificate may still work."
                    ),
                )
                .confidence(Confidence::Possible)
                .role(Role::Contributing)
                .evidence(observed.evidence(app.place, "an application id of zeros", true)),
                _ => {
                    out.pass("the bindings name a certificate and an application");
                    continue;
                }
            };
            let store = bindings::store(binding);
            let sha1 = bindings::thumbprint(binding).map(|sha1| sha1.value);
            let hash = sha1.map_or_else(|| "<thumbprint>".to_owned(), |sha1| sha1.to_string());
            let mut draft = draft
                .subject(endpoint.to_string())
                .workloads(subject::named(cx, &["iis"]))
                .remedy(bindings::bind_again(binding, &hash, &store));
            let held = sha1.and_then(|sha1| by_thumbprint.get(&sha1)).into_iter().flatten();
            draft.related = held.filter(|entry| entry.store == fold(&store)).map(|entry| entry.id).collect();
            out.fail(draft);
        }
        if !any {
            out.not_applicable("no binding of HTTP.sys is among the inputs");
        }
    }
}
