//! A request whose own attribute says that the key can only sign.

use super::prelude::*;
use crate::model::key_request::attribute;

/// The rule.
pub(super) struct CsrEnrollmentCspAttribute;

static META: RuleMeta = RuleMeta {
    name: "csr-enrollment-csp-attribute",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "the key of this request can only sign; a TLS server's CSP key must be a key-exchange key",
    sources: &[sources::WCCE, sources::ARTICLE, sources::KEYSPEC_DOC],
    explains: &[],
    doc: include_str!("../../docs/rules/csr-enrollment-csp-attribute.md"),
};

impl RequestRule for CsrEnrollmentCspAttribute {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, asked: &Asked<'_>, cx: &Context<'_>, out: &mut Checks) {
        let key = asked.request;
        if !matches!(key.form, RequestForm::Pkcs10 | RequestForm::Cmc) {
            return out.not_applicable(request::NOT_A_REQUEST);
        }
        let Some(spec) = &key.key_spec else {
            if key.is_unprinted(attribute::CSP_PROVIDER) {
                return out.unknown(
                    "the KeySpec of the key: the text of the request does not print the attribute of the provider",
                    "certutil -dump request.req",
                );
            }
            if key.os_version.is_some() || key.client_machine.is_some() {
                return out.unknown(
                    "the KeySpec of the key: the request has no attribute of the provider",
                    "certutil -v -store request",
                );
            }
            return out.not_applicable("the request has no attribute of the provider: it was not made by Windows");
        };
        if spec.value != 2 {
            return out.pass("the key is no signature key");
        }
        if request::kind(key) == Some(ProviderKind::Ksp) {
            return out.pass("the provider is a KSP: KeySpec does not limit its keys");
        }
        let sure = match request::purpose(key) {
            Purpose::Server(sure) => sure,
            Purpose::Other => return out.pass("signing is all that this certificate is for"),
            Purpose::Open => Confidence::Possible,
        };
        let workloads = request::no_signature_keys(cx);
        if workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        let mut draft = FindingDraft::new(
            &META,
            META.summary,
            "Windows writes into the request which provider holds the key and in which of the container's two places. This one \
             is in the place for signatures: whatever the CA issues, Schannel finds no key-exchange key. Make a new request; \
             once the certificate is there, only an export and import can change it.",
        )
        .evidence(request::evidence(asked, spec.place, "KeySpec = 2", "the attribute of the provider: signing only", true))
        .workloads(workloads)
        .remedy(Remedy {
            title: "Make a new request with a key-exchange key, and don't send this one",
            steps: vec![
                Step::text("KeySpec = AT_KEYEXCHANGE in the INF, or a template whose pKIDefaultKeySpec is 1")
                    .place("requesting-server"),
                Step::cmd("certreq -new request.inf request.req").place("requesting-server"),
            ],
            caution: None,
            verify: Some("certutil -dump request.req      KeySpec = 1".to_owned()),
        });
        if let Some(name) = request::provider(key) {
            draft = draft.evidence(request::evidence(asked, name.place, &name.value, "a CryptoAPI provider", false));
        }
        let sure = if request::kind(key).is_none() { sure.max(Confidence::Likely) } else { sure };
        out.fail(request::for_purpose(draft, sure).conditions(2));
    }
}
