//! The key is in a vendor's provider, which this dump cannot judge.

use super::prelude::*;

/// The rule.
pub(super) struct ProviderThirdParty;

static META: RuleMeta = RuleMeta {
    name: "provider-third-party",
    kind: Kind::Fault,
    severity: Severity::Note,
    role: Role::Contributing,
    confidence: Confidence::Likely,
    summary: "the key is in a vendor's provider, which this dump cannot judge",
    sources: &[sources::KEY_STORAGE],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/provider-third-party.md"),
};

impl CredentialRule for ProviderThirdParty {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let key = &c.key;
        let Some(name) = key.provider.as_ref().filter(|_| subject::class(c) == Some(ProviderClass::ThirdParty)) else {
            return out.not_applicable("not a vendor's provider");
        };
        if cx.workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        let draft = FindingDraft::new(
            &META,
            META.summary,
            "Vendors' key storage providers are not loaded into the key isolation process, and their \
                 keys need the device or service behind them: its network, slot and PIN must be there when the \
                 server starts.",
        )
        .evidence(c.evidence(name.place, "a vendor's provider", true))
        .remedy(remedy::advice(
            "Test the key with the vendor's own tool",
            "As the service's account and after a restart; see that the provider is installed for the \
                 service's bitness.",
        ));
        // An NTE code (facility 9, 0x80090001 to 0x800900FF) printed for this credential: the provider refused.
        let refused = key.codes.iter().find(|f| (0x8009_0001..=0x8009_00FF).contains(&f.value));
        match refused.filter(|_| !key.any_test_passed()) {
            Some(code) => {
                out.fail(draft.severity(Severity::Warning).role(Role::RootCause).conditions(2).evidence(c.evidence(
                    code.place,
                    "the provider refuses",
                    false,
                )))
            }
            None => out.fail(draft),
        }
    }
}
