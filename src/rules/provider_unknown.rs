//! The provider is not a known one.

use super::prelude::*;

/// The rule.
pub(super) struct ProviderUnknown;

static META: RuleMeta = RuleMeta {
    name: "provider-unknown",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::Contributing,
    confidence: Confidence::Possible,
    summary: "the provider is not a known one",
    sources: &[sources::WINACME1232, sources::CSPLIST],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/provider-unknown.md"),
};

/// Whether a provider's name is only the beginning of a known one, behind which the log shows nothing of the key.
fn name_is_cut(key: &crate::case::credential::Key, name: &str) -> bool {
    let name = name.trim();
    let last = key.provider_type.is_none() && key.flags.is_none() && key.key_spec.is_none();
    let begins = |known: &provider::Provider| {
        known.name.len() > name.len() && known.name.get(..name.len()).is_some_and(|n| n.eq_ignore_ascii_case(name))
    };
    last && provider::PROVIDERS.iter().any(begins)
}

impl CredentialRule for ProviderUnknown {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let key = &c.key;
        let Some(name) = key.provider.as_ref().filter(|n| !n.value.trim().is_empty()) else {
            return out.not_applicable("no provider is shown");
        };
        if key.known_provider().is_some() {
            return out.pass("the provider is in the catalogue");
        }
        if name_is_cut(key, &name.value) {
            return out.not_applicable("the log ends within the provider's name");
        }
        if cx.workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        if key.any_test_passed() {
            return out.pass("the provider is not in the catalogue, but it is installed: a test passed");
        }
        let invented = name.value.trim().eq_ignore_ascii_case("PfxProvider");
        let message = if invented {
            "No machine has a provider of this name: a library wrote it into the PFX. Windows then \
                 looks for a provider by type alone, and other programs find none."
        } else {
            "The name is neither one of Microsoft's providers nor of a vendor that is known here. If no \
                 such provider is installed on the server, the key cannot be opened there."
        };
        out.fail(
            FindingDraft::new(&META, META.summary, message)
                .conditions(1 + u8::from(invented))
                .evidence(c.evidence(name.place, "not in the catalogue of providers", true))
                .remedy(Remedy {
                    title: "See whether the server has this provider",
                    steps: vec![Step::cmd("certutil -csplist")],
                    caution: None,
                    verify: None,
                }),
        );
    }
}
