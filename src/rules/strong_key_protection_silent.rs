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
        let (store, id) = (remedy::store_argument(c), c.certutil_id());
        out.fail(
            FindingDraft::new(
                &META,
                META.summary,
                "The provider wanted to show a prompt and was not allowed to (NTE_SILENT_CONTEXT). The key \
                 was imported with strong private key protection, or it is behind a PIN. Services run without \
                 anyone to answer.",
            )
            .evidence(c.evidence(code.place, "a prompt that could not be shown", true))
            .remedy(Remedy {
                title: "Import again without strong protection",
                steps: vec![
                    Step::cmd("certutil -p <password> -dump key.pfx")
                        .note("stop here unless it says that a test passed: delete nothing before"),
                    Step::cmd(format!("certutil -delstore {store} {id}")),
                    Step::cmd(format!("certutil -f -p <password> -importpfx {store} key.pfx NoProtect,AT_KEYEXCHANGE")),
                    Step::text(remedy::PERMISSIONS_AGAIN),
                ],
                caution: Some(
                    "See the policy \"System cryptography: Force strong key protection for user keys stored on \
                 the computer\".",
                ),
                verify: None,
            }),
        );
    }
}
