//! Data Protection Manager does not take CNG keys.

use super::prelude::*;

/// The rule.
pub(super) struct DpmCng;

static META: RuleMeta = RuleMeta {
    name: "dpm-cng",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "Data Protection Manager does not take CNG keys",
    sources: &[sources::DPM_DOC],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/dpm-cng.md"),
};

impl CredentialRule for DpmCng {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let Some(place) = subject::kind_place(c).filter(|_| subject::kind_is(c, ProviderKind::Ksp)) else {
            return out.not_applicable("not a CNG key");
        };
        let asked = subject::named(cx, &["dpm"]);
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
            "The documentation says that DPM does not support certificates with CNG keys.",
        )
        .conditions(2)
        .workloads(workloads)
        .evidence(c.evidence(place, "a CNG provider", true))
        .remedy(remedy::reimport_into(c, provider::RSA_AES_CSP, "Import the key into a CryptoAPI provider"));
        out.fail(subject::predicted(c, draft));
    }
}
