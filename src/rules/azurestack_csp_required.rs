//! Azure Stack Hub asks for a key in a CryptoAPI provider of Microsoft.

use super::prelude::*;

/// The rule.
pub(super) struct AzurestackCspRequired;

static META: RuleMeta = RuleMeta {
    name: "azurestack-csp-required",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "Azure Stack Hub asks for a key in a CryptoAPI provider of Microsoft",
    sources: &[sources::AZURESTACK_DOC],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/azurestack-csp-required.md"),
};

impl CredentialRule for AzurestackCspRequired {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let Some(place) = subject::kind_place(c).filter(|_| subject::kind_is(c, ProviderKind::Ksp)) else {
            return out.not_applicable("not a CNG key");
        };
        let asked = subject::named(cx, &["azure-stack"]);
        if asked.is_empty() {
            return out.not_applicable("the workload was not asked for");
        }
        let workloads = subject::failing(c, cx, &asked);
        if workloads.is_empty() {
            return out.pass(subject::not_failing(c, cx, &asked));
        }
        let draft = FindingDraft::new(
            &META,
            META.summary,
            "The documentation asks for a certificate whose provider is one of Microsoft's legacy \
                 cryptographic service providers.",
        )
        .conditions(2)
        .workloads(workloads)
        .evidence(c.evidence(place, "a CNG provider", true))
        .remedy(remedy::reimport_into(c, provider::RSA_AES_CSP, "Import the key into a CryptoAPI provider"));
        out.fail(subject::predicted(c, draft));
    }
}
