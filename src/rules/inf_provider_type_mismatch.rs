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
        let (Some(name), Some(stated)) = (request::provider(key), &key.provider_type) else {
            return out.not_applicable("provider and provider type are not both stated");
        };
        let known = provider::find(&name.value);
        let class = known.map(|known| known.class);
        let expected = match known {
            // The types of vendors' CSPs are not confirmed; that they are CSPs is.
            Some(known) if class != Some(ProviderClass::ThirdParty) || known.provider_type == 0 => known.provider_type,
            _ => match provider::kind_of_name(&name.value) {
                Some(ProviderKind::Ksp) => 0,
                _ if known.is_some() && stated.value == 0 => known.map_or(1, |known| known.provider_type),
                _ => return out.not_applicable("the provider's type is not known"),
            },
        };
        if stated.value == expected {
            return out.pass("the type is the provider's");
        }
        let what = provider::type_name(expected).unwrap_or("another type");
        let draft = FindingDraft::new(
            &META,
            META.summary,
            format!(
                "`{}` has the type {expected} ({what}). With another type the provider is not found (0x8009001B), or another one \
                 is taken.",
                name.value
            ),
        )
        .evidence(request::evidence(asked, stated.place, "", format!("the provider's type is {expected}"), true))
        .evidence(request::evidence(asked, name.place, &name.value, "the provider", false))
        .remedy(request::write(format!("ProviderType = {expected}")));
        // The software providers of the types 1 and 24 are one library and open each other's containers.
        let close = matches!((stated.value, expected), (1, 24) | (24, 1));
        out.fail(if close { draft.severity(Severity::Note).confidence(Confidence::Possible) } else { draft });
    }
}
