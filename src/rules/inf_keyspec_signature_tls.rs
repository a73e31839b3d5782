//! KeySpec 2 for a TLS server's CSP key.

use super::prelude::*;

/// The rule.
pub(super) struct InfKeyspecSignatureTls;

static META: RuleMeta = RuleMeta {
    name: "inf-keyspec-signature-tls",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "a signature key is asked for; a TLS server's CSP key must be a key-exchange key",
    sources: &[sources::ARTICLE, sources::CERTREQ, sources::KEYSPEC_DOC],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/inf-keyspec-signature-tls.md"),
};

impl RequestRule for InfKeyspecSignatureTls {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, asked: &Asked<'_>, cx: &Context<'_>, out: &mut Checks) {
        let key = asked.request;
        if !matches!(key.form, RequestForm::Inf | RequestForm::Script) {
            return out.not_applicable(request::NOT_AN_INF);
        }
        let Some(spec) = key.key_spec.as_ref().filter(|spec| spec.value == 2) else {
            return out.not_applicable("KeySpec is not AT_SIGNATURE");
        };
        let sure = match request::purpose(key) {
            Purpose::Server(sure) => sure,
            Purpose::Other => return out.pass("signing is all that this certificate is for"),
            // A signature key can't do what keyEncipherment allows.
            Purpose::Open if key.key_usage.as_ref().is_some_and(|usage| usage.value & 0x20 != 0) => {
                Confidence::Possible
            }
            Purpose::Open => return out.not_applicable(request::NOT_A_SERVER),
        };
        let kind = request::kind(key);
        if kind == Some(ProviderKind::Ksp) {
            return out.pass("the provider is a KSP: KeySpec does not limit its keys");
        }
        let workloads = request::no_signature_keys(cx);
        if workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        let mut draft = FindingDraft::new(
            &META,
            META.summary,
            "The certificate made from this request gets a CryptoAPI key that can only sign. Schannel looks for the key-exchange \
             key of the container and finds none: 0x80070520 at the binding, or a failed handshake.",
        )
        .evidence(request::evidence(asked, spec.place, "KeySpec = 2", "signing only", true))
        .remedy(request::write("KeySpec = AT_KEYEXCHANGE"))
        .workloads(workloads);
        if let Some(place) = request::kind_place(key) {
            draft = draft.evidence(request::evidence(asked, place, "", "a CryptoAPI provider", false));
        }
        // Without a provider certreq takes a CryptoAPI provider as a rule.
        let sure = if kind.is_none() { sure.max(Confidence::Likely) } else { sure };
        out.fail(request::for_purpose(draft, sure).conditions(2));
    }
}
