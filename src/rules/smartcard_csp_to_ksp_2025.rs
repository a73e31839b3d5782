//! The smart card's certificate now names a CNG provider, and the program knows only CryptoAPI.

use super::prelude::*;

/// The rule.
pub(super) struct SmartcardCspToKsp2025;

static META: RuleMeta = RuleMeta {
    name: "smartcard-csp-to-ksp-2025",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "the smart card's certificate now names a CNG provider, and the program knows only CryptoAPI",
    sources: &[sources::KB5073121, sources::SMARTCARD_SUMMARIES],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/smartcard-csp-to-ksp-2025.md"),
};

impl CredentialRule for SmartcardCspToKsp2025 {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let Some(name) = c
            .key
            .provider
            .as_ref()
            .filter(|p| p.value.eq_ignore_ascii_case("Microsoft Smart Card Key Storage Provider"))
        else {
            return out.not_applicable("not a key of the smart-card key storage provider");
        };
        if cx.workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        let Some(code) = subject::symptom(c, 0x8009_0014) else {
            return out.not_applicable("no \"Invalid provider type specified\" is shown");
        };
        out.fail(
            FindingDraft::new(
                &META,
                META.summary,
                "Since the updates of October 2025 Windows links RSA certificates of smart cards to the key \
                 storage provider instead of the CryptoAPI provider. Programs that open keys through CryptoAPI \
                 alone answer \"Invalid provider type specified\".",
            )
            .conditions(2)
            .evidence(c.evidence(name.place, "the CNG provider", true))
            .evidence(c.evidence(code.place, "the program wants a CryptoAPI provider", false))
            .remedy(Remedy {
                title: "Update the program to one that knows CNG; until then",
                steps: vec![Step::cmd(
                    "reg add HKLM\\SOFTWARE\\Microsoft\\Cryptography\\Calais /v DisableCapiOverrideForRSA /t \
                 REG_DWORD /d 0",
                )],
                caution: Some("Microsoft announced the removal of this switch for April 2026."),
                verify: Some(
                    Verify::new(
                        "reg query HKLM\\SOFTWARE\\Microsoft\\Cryptography\\Calais /v DisableCapiOverrideForRSA",
                    )
                    .shows("0x0"),
                ),
            }),
        );
    }
}
