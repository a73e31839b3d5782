//! Exchange Online PowerShell does not take CNG certificates for app-only logon.

use super::prelude::*;

/// The rule.
pub(super) struct ExoAppOnlyCng;

static META: RuleMeta = RuleMeta {
    name: "exo-app-only-cng",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "Exchange Online PowerShell does not take CNG certificates for app-only logon",
    sources: &[sources::EXO_DOC],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/exo-app-only-cng.md"),
};

impl CredentialRule for ExoAppOnlyCng {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let Some(place) = subject::kind_place(c).filter(|_| subject::kind_is(c, ProviderKind::Ksp)) else {
            return out.not_applicable("not a CNG key");
        };
        let asked = subject::named(cx, &["exchange-online"]);
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
            "Connect-ExchangeOnline with a certificate refuses it: CNG certificates are not supported \
                 for app-only authentication.",
        )
        .conditions(2)
        .workloads(workloads)
        .evidence(c.evidence(place, "a CNG provider", true))
        .remedy(remedy::reimport_into(c, provider::RSA_AES_CSP, "Import the key into a CryptoAPI provider"));
        out.fail(subject::predicted(c, draft));
    }
}
