//! A CryptoAPI key without a stated KeySpec.

use super::prelude::*;

/// The rule.
pub(super) struct InfKeyspecMissing;

static META: RuleMeta = RuleMeta {
    name: "inf-keyspec-missing",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "no KeySpec is stated for a CryptoAPI key",
    sources: &[sources::ARTICLE, sources::CERTREQ],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/inf-keyspec-missing.md"),
};

impl RequestRule for InfKeyspecMissing {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, asked: &Asked<'_>, cx: &Context<'_>, out: &mut Checks) {
        let key = asked.request;
        if !matches!(key.form, RequestForm::Inf | RequestForm::Script) {
            return out.not_applicable(request::NOT_AN_INF);
        }
        if key.key_spec.is_some() {
            return out.pass("KeySpec is stated");
        }
        if key.existing.is_some() {
            return out.not_applicable(request::EXISTING_KEY);
        }
        let kind = request::kind(key);
        if kind == Some(ProviderKind::Ksp) {
            return out.pass("the provider is a KSP: its keys need no KeySpec");
        }
        let server = match request::purpose(key) {
            Purpose::Server(sure) => Some(sure),
            Purpose::Other => return out.not_applicable("for this purpose a key that only signs is enough"),
            Purpose::Open => None,
        };
        if kind.is_none() && (server.is_none() || key.form != RequestForm::Inf) {
            return out.not_applicable("no provider is stated");
        }
        if key.left_out {
            return out.unknown("whether KeySpec is stated: lines of the INF were left out", request::WHOLE_INF);
        }
        let workloads = request::no_signature_keys(cx);
        if workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        let mut draft = FindingDraft::new(
            &META,
            META.summary,
            "Without KeySpec a CryptoAPI key is likely made as AT_SIGNATURE (2), the default that XEnroll documents and that the \
             article on 0x80070520 found: a key that can only sign. State what the server needs.",
        )
        .evidence(request::missing(asked, "KeySpec is not among these settings"))
        .remedy(request::write("KeySpec = AT_KEYEXCHANGE"))
        .workloads(workloads);
        if let Some(place) = request::kind_place(key) {
            draft = draft.evidence(request::evidence(asked, place, "", "a CryptoAPI provider", false)).conditions(2);
        }
        let sure = match (server, kind) {
            (Some(sure), Some(_)) => {
                draft = draft.severity(Severity::Error);
                sure
            }
            // Which provider certreq takes when none is named is not documented.
            _ => Confidence::Possible,
        };
        out.fail(request::for_purpose(draft, sure));
    }
}
