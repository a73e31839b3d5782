//! The TPM does not hold RSA keys of this length.

use super::prelude::*;

/// The rule.
pub(super) struct TpmKeySizeLimit;

static META: RuleMeta = RuleMeta {
    name: "tpm-key-size-limit",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "the TPM does not hold RSA keys of this length",
    sources: &[sources::TPMIMPORT22],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/tpm-key-size-limit.md"),
};

impl CredentialRule for TpmKeySizeLimit {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let Some(name) = c.key.provider.as_ref().filter(|_| subject::class(c) == Some(ProviderClass::Tpm)) else {
            return out.not_applicable("not a TPM key");
        };
        let Some(bits) = subject::bits(c) else {
            return out.unknown("the length of the key", remedy::show_command(c));
        };
        if subject::is_ec(c) || bits.value <= 2048 {
            return out.pass("a length that TPMs hold");
        }
        if c.key.any_test_passed() {
            return out.pass("this TPM holds the key: a test passed");
        }
        if cx.workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        let refused = subject::code(c, 0x8009_0029);
        let mut draft = FindingDraft::new(
            &META,
            META.summary,
            "TPMs take RSA keys of up to 2048 bits as a rule and answer 0x80090029 to longer ones.",
        )
        .conditions(2 + u8::from(refused.is_some()))
        .evidence(c.evidence(bits.place, "longer than the TPM takes", true))
        .evidence(c.evidence(name.place, "the TPM", false));
        if let Some(code) = refused {
            draft = draft.evidence(c.evidence(code.place, "the TPM refuses", false));
        }
        out.fail(
            draft.remedy(
                remedy::advice(
                    "Request a key that the TPM takes",
                    "RSA with 2048 bits or ECDSA P-256; or a longer key in the software key storage provider.",
                )
                .verified(remedy::show_store(c, "the new certificate: a test passed")),
            ),
        );
    }
}
