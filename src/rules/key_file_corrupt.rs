//! The key's container is there but damaged.

use super::prelude::*;

/// The rule.
pub(super) struct KeyFileCorrupt;

static META: RuleMeta = RuleMeta {
    name: "key-file-corrupt",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "the key's container is there but damaged",
    sources: &[sources::IIS_TROUBLESHOOT, sources::WINERROR],
    explains: &["keyset-missing", "cert-key-mismatch"],
    doc: include_str!("../../docs/rules/key-file-corrupt.md"),
};

impl CredentialRule for KeyFileCorrupt {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let Some(code) = subject::code(c, 0x8009_001A) else {
            return out.not_applicable("no error says that the container is damaged");
        };
        if c.key.any_test_passed() {
            return out.pass("the key was opened and a test passed");
        }
        if cx.workloads.is_empty() && c.origin != Origin::KeyFile {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        out.fail(
            FindingDraft::new(
                &META,
                META.summary,
                "The provider found the container and could not read what is in it (NTE_KEYSET_ENTRY_BAD). \
                 The file is cut, empty or overwritten; no permission and no key link repairs that.",
            )
            .evidence(c.evidence(code.place, "the container's contents are invalid", true))
            .remedy(remedy::import_from_backup(c, "Replace the damaged key: import it from a PFX")),
        );
    }
}
