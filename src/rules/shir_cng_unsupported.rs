//! The self-hosted integration runtime does not take CNG keys.

use super::prelude::*;

/// The rule.
pub(super) struct ShirCngUnsupported;

static META: RuleMeta = RuleMeta {
    name: "shir-cng-unsupported",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "the self-hosted integration runtime does not take CNG keys",
    sources: &[sources::SHIR_DOC],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/shir-cng-unsupported.md"),
};

impl CredentialRule for ShirCngUnsupported {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let Some(place) = subject::kind_place(c).filter(|_| subject::kind_is(c, ProviderKind::Ksp)) else {
            return out.not_applicable("not a CNG key");
        };
        if subject::is_ec(c) {
            return out.not_applicable("an elliptic-curve key: ecdsa-key-on-rsa-workload judges it");
        }
        let asked = subject::named(cx, &["shir"]);
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
            "The documentation of the self-hosted integration runtime says that certificates with CNG \
                 keys are not supported for remote access.",
        )
        .conditions(2)
        .workloads(workloads)
        .evidence(c.evidence(place, "a CNG provider", true))
        .remedy(remedy::reimport_into(c, provider::ENHANCED_CSP, "Import the key into a CryptoAPI provider"));
        out.fail(subject::predicted(c, draft));
    }
}
