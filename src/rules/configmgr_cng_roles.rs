//! The enrollment points of Configuration Manager do not work with CNG keys.

use super::prelude::*;

/// The rule.
pub(super) struct ConfigmgrCngRoles;

static META: RuleMeta = RuleMeta {
    name: "configmgr-cng-roles",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "the enrollment points of Configuration Manager do not work with CNG keys",
    sources: &[sources::CONFIGMGR_CNG],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/configmgr-cng-roles.md"),
};

impl CredentialRule for ConfigmgrCngRoles {
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
        let asked = subject::named(cx, &["configmgr"]);
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
            "Clients, management and distribution points take CNG certificates; the enrollment point \
                 and the enrollment proxy point are not operational with one.",
        )
        .conditions(2)
        .workloads(workloads)
        .evidence(c.evidence(place, "a CNG provider", true))
        .remedy(remedy::reimport_into(c, provider::RSA_AES_CSP, "Import the key into a CryptoAPI provider"));
        out.fail(subject::predicted(c, draft));
    }
}
