//! The key asks for a prompt, and services cannot be asked.

use super::prelude::*;

/// The rule.
pub(super) struct StrongKeyProtectionSilent;

static META: RuleMeta = RuleMeta {
    name: "strong-key-protection-silent",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "the key asks for a prompt, and services cannot be asked",
    sources: &[sources::STRONG_PROTECTION, sources::LDAPS_DOC, sources::PFX_IMPORT],
    explains: &["keyset-missing", "cert-key-mismatch"],
    doc: include_str!("../../docs/rules/strong-key-protection-silent.md"),
};

impl CredentialRule for StrongKeyProtectionSilent {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let Some(code) = subject::code(c, 0x8009_0022) else {
            return out.not_applicable("0x80090022 is not shown for this key");
        };
        if cx.workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        out.fail(
            FindingDraft::new(
                &META,
                META.summary,
                "The provider wanted to show a prompt and was not allowed to (NTE_SILENT_CONTEXT). The key \
                 was imported with strong private key protection, or it is behind a PIN. Services run without \
                 anyone to answer.",
            )
            .evidence(c.evidence(code.place, "a prompt that could not be shown", true))
            .remedy(remedy::reimport_without_prompt(c)),
        );
    }
}
