//! A request whose own attribute says that the key can only sign.

use super::prelude::*;
use crate::model::{fact::Fact, key_request::attribute};

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
    standing: Standing::Plain,
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
        // What a vendor's provider can hold is not known.
        let software = |name: &&Fact<String>| {
            let known = provider::find(&name.value);
            known.is_some_and(|p| p.kind() == ProviderKind::Csp && p.class == ProviderClass::Software)
        };
        let csp = request::provider(key).filter(software);
        if let Some(name) = csp.filter(|_| request::is_ec(key) || spec.value == 0) {
            return contradicts(asked, spec, name, out);
        }
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
            verify: Some(Verify::new("certutil -dump request.req").shows("KeySpec = 1")),
        });
        if let Some(name) = request::provider(key) {
            draft = draft.evidence(request::evidence(asked, name.place, &name.value, "a CryptoAPI provider", false));
        }
        let sure = if request::kind(key).is_none() { sure.max(Confidence::Likely) } else { sure };
        out.fail(request::for_purpose(draft, sure).conditions(2));
    }
}

/// The attribute names a key that its provider cannot hold: an elliptic-curve key, or one in neither place of the container.
fn contradicts(asked: &Asked<'_>, spec: &Fact<u32>, name: &Fact<String>, out: &mut Checks) {
    let (title, message) = if request::is_ec(asked.request) {
        (
            "the request names an RSA provider for an elliptic-curve key",
            "The request's key is an elliptic-curve key, and its attribute names a provider of CryptoAPI, which holds none. \
             The key is somewhere else, and the key link that is made from the attribute opens nothing.",
        )
    } else {
        (
            "the request names KeySpec 0 for a CryptoAPI key",
            "A CryptoAPI container has a place for an exchange key (1) and one for a signature key (2); 0 is for keys of a \
             key storage provider. A key link that is made from this attribute names no key.",
        )
    };
    let draft = FindingDraft::new(&META, title, message)
        .confidence(Confidence::Possible)
        .evidence(request::evidence(asked, spec.place, "KeySpec", "does not fit the provider", true))
        .evidence(request::evidence(asked, name.place, &name.value, "a CryptoAPI provider", false))
        .remedy(Remedy {
            title: "Look where the key is before the request is sent",
            steps: vec![Step::cmd("certutil -v -store request").place("requesting-server")],
            caution: None,
            verify: None,
        });
    out.fail(draft);
}
