//! Through this CryptoAPI provider Schannel may sign with SHA-1 only.

use super::prelude::*;

/// The rule.
pub(super) struct CspHandleSha1OnlyTls;

static META: RuleMeta = RuleMeta {
    name: "csp-handle-sha1-only-tls",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::RootCause,
    confidence: Confidence::Possible,
    summary: "through this CryptoAPI provider Schannel may sign with SHA-1 only",
    sources: &[sources::AZUREC699, sources::OPENSSL12859],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/csp-handle-sha1-only-tls.md"),
};

impl CredentialRule for CspHandleSha1OnlyTls {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let hardware = matches!(subject::class(c), Some(ProviderClass::SmartCard | ProviderClass::ThirdParty));
        if !subject::kind_is(c, ProviderKind::Csp) || !hardware {
            return out.not_applicable("not a CryptoAPI key in a device: Schannel reaches software keys through CNG");
        }
        if cx.workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        let Some((code, place)) = subject::symptom(c, 0x8009_0331).zip(subject::kind_place(c)) else {
            return out.not_applicable("no sign of a handshake without a common algorithm");
        };
        out.fail(
            FindingDraft::new(
                &META,
                META.summary,
                "With a key that is only a CryptoAPI handle Schannel can offer signatures with SHA-1 alone. \
                 Peers that dropped SHA-1 then find no common algorithm.",
            )
            .conditions(2)
            .evidence(c.evidence(place, "a CryptoAPI provider of a device", true))
            .evidence(c.evidence(code.place, "no common algorithm", false))
            .remedy(remedy::advice(
                "Use the vendor's key storage provider for this key",
                "Import or link the key through the vendor's KSP instead of its CSP.",
            )),
        );
    }
}
