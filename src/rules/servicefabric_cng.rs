//! Service Fabric expects a CryptoAPI key.

use super::prelude::*;

/// The rule.
pub(super) struct ServicefabricCng;

static META: RuleMeta = RuleMeta {
    name: "servicefabric-cng",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "Service Fabric expects a CryptoAPI key",
    sources: &[sources::SF773, sources::SF_GUIDE],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/servicefabric-cng.md"),
};

impl CredentialRule for ServicefabricCng {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let Some(place) = subject::kind_place(c).filter(|_| subject::kind_is(c, ProviderKind::Ksp)) else {
            return out.not_applicable("not a CNG key");
        };
        let workloads = subject::named(cx, &["service-fabric"]);
        if workloads.is_empty() {
            return out.not_applicable("the workload was not asked for");
        }
        let refused = subject::symptom(c, 0x8009_0014);
        let mut draft = FindingDraft::new(
            &META,
            META.summary,
            "Service Fabric opens the key through CryptoAPI to set its permissions. With a CNG key it \
                 has been seen to fail: \"Failed to ACL folders or certificates\", 0x80090014.",
        )
        .conditions(1 + u8::from(refused.is_some()))
        .workloads(workloads)
        .evidence(c.evidence(place, "a CNG provider", true));
        match refused {
            Some(code) => draft = draft.evidence(c.evidence(code.place, "the provider type is refused", false)),
            None => draft = draft.severity(Severity::Warning),
        }
        out.fail(draft.remedy(remedy::reimport_into(
            c,
            provider::ENHANCED_CSP,
            "Import the key into a CryptoAPI provider",
        )));
    }
}
