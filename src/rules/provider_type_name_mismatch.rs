//! The provider and the provider type of the key link do not belong together.

use super::prelude::*;

/// The rule.
pub(super) struct ProviderTypeNameMismatch;

static META: RuleMeta = RuleMeta {
    name: "provider-type-name-mismatch",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "the provider and the provider type of the key link do not belong together",
    sources: &[sources::CSPLIST, sources::KEY_PROV_INFO_DOC, sources::MSAL1324],
    explains: &["keyset-missing", "keyspec-zero-on-csp", "keyspec-nonzero-on-ksp", "keyspec-signature-on-csp"],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/provider-type-name-mismatch.md"),
};

impl CredentialRule for ProviderTypeNameMismatch {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let key = &c.key;
        let (Some(known), Some(name), Some(stated)) = (key.known_provider(), &key.provider, &key.provider_type) else {
            return out
                .not_applicable("the provider or its type is not shown, or the provider is not in the catalogue");
        };
        if known.class == ProviderClass::ThirdParty {
            return out.not_applicable("a vendor's provider: its type is not documented here");
        }
        if known.provider_type == stated.value {
            return out.pass("the provider has the type that it is registered with");
        }
        if cx.workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        let twins = matches!((known.provider_type, stated.value), (1, 24) | (24, 1));
        let right = known.provider_type;
        let message = if twins {
            format!(
                "{} is registered with type {right}. Types 1 and 24 open the same containers, so the key \
                 works all the same.",
                known.name
            )
        } else {
            format!(
                "{} is registered with type {right}, the key link says {}. Windows looks for a provider \
                 with this name and this type and finds none: 0x8009001B, 0x80090017, 0x80090019 or 0x80090014.",
                known.name, stated.value
            )
        };
        let mut draft = FindingDraft::new(&META, META.summary, message)
            .conditions(2)
            .evidence(c.evidence(stated.place, "not this provider's type", true))
            .evidence(c.evidence(name.place, "the provider", false));
        if twins {
            draft = draft.severity(Severity::Note).role(Role::Contributing);
        } else if key.any_test_passed() {
            // It opened, so the link as it is printed cannot be the whole truth.
            draft = draft.confidence(Confidence::Possible);
        }
        let spec = if right == 0 { 0 } else { key.key_spec.as_ref().map_or(1, |k| k.value.0.max(1)) };
        out.fail(draft.remedy(remedy::write_key_link(c, "Write the key link anew with the right type", right, spec)));
    }
}
