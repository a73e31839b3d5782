//! The Host Guardian Service takes CNG keys only.

use super::prelude::*;

/// The rule.
pub(super) struct HgsKspRequired;

static META: RuleMeta = RuleMeta {
    name: "hgs-ksp-required",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "the Host Guardian Service takes CNG keys only",
    sources: &[sources::HGS_DOC],
    explains: &["keyspec-signature-on-csp", "keyspec-vs-keyusage"],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/hgs-ksp-required.md"),
};

impl CredentialRule for HgsKspRequired {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let Some(place) = subject::kind_place(c).filter(|_| subject::kind_is(c, ProviderKind::Csp)) else {
            return out.not_applicable("not a CryptoAPI key");
        };
        let asked = subject::named(cx, &["hgs"]);
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
            "For the signing and encryption certificates of a guarded fabric, legacy cryptographic \
                 service providers are not supported: the key must be in a key storage provider.",
        )
        .conditions(2)
        .workloads(workloads)
        .evidence(c.evidence(place, "a CryptoAPI provider", true))
        .remedy(remedy::reimport_into(
            c,
            provider::SOFTWARE_KSP,
            "Import the key into the software key storage provider",
        ));
        out.fail(subject::predicted(c, draft));
    }
}
