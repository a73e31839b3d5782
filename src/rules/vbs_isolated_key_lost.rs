//! The key is isolated by virtualization-based security and could not be opened.

use super::prelude::*;

/// The rule.
pub(super) struct VbsIsolatedKeyLost;

static META: RuleMeta = RuleMeta {
    name: "vbs-isolated-key-lost",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::RootCause,
    confidence: Confidence::Possible,
    summary: "the key is isolated by virtualization-based security and could not be opened",
    sources: &[sources::MSAL6020],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/vbs-isolated-key-lost.md"),
};

impl CredentialRule for VbsIsolatedKeyLost {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let key = &c.key;
        let flag = key.flags.as_ref().filter(|f| f.value & flags::NCRYPT_USE_VIRTUAL_ISOLATION != 0).map(|f| f.place);
        let Some(mark) = key.remark(KeyRemark::VsmKey).map(|r| r.place).or(flag) else {
            return out.not_applicable("not an isolated key");
        };
        if key.any_test_passed() {
            return out.pass("the isolated key opens");
        }
        let Some(place) = subject::code(c, 0x8009_0030).map(|f| f.place).or_else(|| subject::missing_keyset(c)) else {
            return out.unknown("whether the isolated key opens", remedy::show_command(c));
        };
        if cx.workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        out.fail(
            FindingDraft::new(
                &META,
                META.summary,
                "Such keys can be bound to one start of the machine or to its hardware. After a restart, a \
                 migration or a change of the firmware they are gone.",
            )
            .conditions(2)
            .evidence(c.evidence(place, "the key could not be opened", true))
            .evidence(c.evidence(mark, "an isolated key", false))
            .remedy(remedy::advice(
                "Make a new key, without virtual isolation for a service that must survive a restart",
                "Import the PFX without the VSM modifier, or request a new certificate.",
            )),
        );
    }
}
