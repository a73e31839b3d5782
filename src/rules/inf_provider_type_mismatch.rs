//! ProviderType and ProviderName that do not belong together.

use super::prelude::*;

/// The rule.
pub(super) struct InfProviderTypeMismatch;

static META: RuleMeta = RuleMeta {
    name: "inf-provider-type-mismatch",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "ProviderName and ProviderType do not belong together",
    sources: &[sources::CSPLIST, sources::CERTREQ, sources::PUBLIC_INFS],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/inf-provider-type-mismatch.md"),
};

impl RequestRule for InfProviderTypeMismatch {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, asked: &Asked<'_>, cx: &Context<'_>, out: &mut Checks) {
        let key = asked.request;
        if !matches!(key.form, RequestForm::Inf | RequestForm::Script) {
            return out.not_applicable(request::NOT_AN_INF);
        }
        let _ = cx;
        if let (Some(name), Some(algorithm)) = (request::provider(key), &key.key_algorithm)
            && request::is_ec(key)
            && provider::find(&name.value)
                .is_some_and(|p| p.kind() == ProviderKind::Csp && p.class == ProviderClass::Software)
        {
            let draft = FindingDraft::new(
                &META,
                "the provider holds no elliptic-curve keys",
                format!(
                    "`{}` is a provider of CryptoAPI, and KeyAlgorithm asks for an elliptic-curve key. Only key storage \
                     providers hold such keys: no request comes of this INF, or one with another key.",
                    name.value
                ),
            )
            .evidence(request::evidence(asked, name.place, &name.value, "a CryptoAPI provider", true))
            .evidence(request::evidence(asked, algorithm.place, &algorithm.value, "an elliptic curve", false))
            .remedy(request::write("ProviderName = \"Microsoft Software Key Storage Provider\", without KeySpec"));
            return out.fail(draft);
        }
        let (Some(name), Some(stated)) = (request::provider(key), &key.provider_type) else {
            return out.not_applicable("provider and provider type are not both stated");
        };
        let expected = provider::stated_type(&name.value);
        // The types of vendors' CSPs are not confirmed; that they are CSPs is.
        let csp = provider::find(&name.value).is_some_and(|known| known.kind() == ProviderKind::Csp);
        if expected.is_none() && !(csp && stated.value == 0) {
            return out.not_applicable("the provider's type is not known");
        }
        if expected == Some(stated.value) {
            return out.pass("the type is the provider's");
        }
        let (what, label, remedy) = match expected {
            Some(expected) => (
                format!("has the type {expected} ({})", provider::type_name(expected).unwrap_or("another type")),
                format!("the provider's type is {expected}"),
                request::write(format!("ProviderType = {expected}")),
            ),
            None => (
                "is a provider of CryptoAPI, 0 the type of CNG's".to_owned(),
                "the type of another API's providers".to_owned(),
                remedy::advice(
                    "Write the provider's own type, or leave ProviderType out",
                    "certutil -csplist shows the type of each provider.",
                ),
            ),
        };
        let draft = FindingDraft::new(
            &META,
            META.summary,
            format!(
                "`{}` {what}. With another type the provider is not found (0x8009001B), or another one is taken.",
                name.value
            ),
        )
        .evidence(request::evidence(asked, stated.place, "", label, true))
        .evidence(request::evidence(asked, name.place, &name.value, "the provider", false))
        .remedy(remedy);
        // The software providers of the types 1 and 24 are one library and open each other's containers.
        let close = matches!((stated.value, expected), (1, Some(24)) | (24, Some(1)));
        out.fail(if close { draft.severity(Severity::Note).confidence(Confidence::Possible) } else { draft });
    }
}
