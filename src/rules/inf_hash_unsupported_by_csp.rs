//! A hash that the CSP does not know.

use super::prelude::*;

/// The rule.
pub(super) struct InfHashUnsupportedByCsp;

static META: RuleMeta = RuleMeta {
    name: "inf-hash-unsupported-by-csp",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::Contributing,
    confidence: Confidence::Likely,
    summary: "the provider does not list this hash algorithm",
    sources: &[sources::CERTREQ, sources::CSP_TABLE],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/inf-hash-unsupported-by-csp.md"),
};

impl RequestRule for InfHashUnsupportedByCsp {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, asked: &Asked<'_>, cx: &Context<'_>, out: &mut Checks) {
        let key = asked.request;
        if !matches!(key.form, RequestForm::Inf | RequestForm::Script) {
            return out.not_applicable(request::NOT_AN_INF);
        }
        let Some(hash) = &key.hash_algorithm else {
            return out.not_applicable("no HashAlgorithm");
        };
        let _ = cx;
        let plain: String =
            hash.value.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        if !["sha256", "sha384", "sha512"].contains(&plain.as_str()) {
            return out.not_applicable("no SHA-2 hash");
        }
        let known = request::provider(key).and_then(|name| provider::find(&name.value));
        let typed = key.provider_type.as_ref().map(|kind| kind.value);
        let lacks = match known {
            Some(known) => known.sha2 == Some(false),
            None => request::provider(key).is_none() && matches!(typed, Some(1 | 12)),
        };
        if !lacks {
            return out.pass("nothing says that the provider lacks the hash");
        }
        let mut draft = FindingDraft::new(
            &META,
            META.summary,
            "certreq: the provider must support the hash algorithm. This one is documented without SHA-2; certreq may still sign \
             the request through a provider that has it, fall back to SHA-1, or fail with 0x80090008. The certificate is not \
             concerned: its hash is the CA's choice.",
        )
        // It concerns the making of the request, not the key: no threat to what the certificate is for.
        .role(Role::Hygiene)
        .evidence(request::evidence(asked, hash.place, &hash.value, "SHA-2", true))
        .remedy(request::write(format!("ProviderName = \"{}\"\nProviderType = 24", provider::RSA_AES_CSP)));
        if let Some(place) = request::kind_place(key) {
            draft = draft.evidence(request::evidence(asked, place, "", "its table lists no SHA-2", false));
        }
        out.fail(draft);
    }
}
