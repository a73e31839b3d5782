//! The key link names a key that could not be opened.

use super::prelude::*;

/// The rule.
pub(super) struct KeysetMissing;

static META: RuleMeta = RuleMeta {
    name: "keyset-missing",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "the key link names a key that could not be opened",
    sources: &[sources::KB238187, sources::CERTIFY319, sources::ACL_DUMPS],
    explains: &[],
    standing: Standing::Doubted,
    doc: include_str!("../../docs/rules/keyset-missing.md"),
};

impl CredentialRule for KeysetMissing {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        if c.origin != Origin::StoreDump {
            return out.not_applicable(subject::NOT_STORED);
        }
        let key = &c.key;
        if key.association != Association::Linked {
            return out.not_applicable("the certificate has no key link");
        }
        if key.missing_elsewhere.is_some() {
            return out.unknown(
                "whether the key still opens: one artifact opened it, another shows it as missing",
                remedy::show_as_system(c),
            );
        }
        if key.any_test_passed() {
            return out.pass("the key was opened and a test passed");
        }
        let code = subject::code(c, 0x8009_0016);
        let Some(place) = subject::missing_keyset(c).or(code.map(|f| f.place)) else {
            return if key.access == Access::Opened {
                out.pass("the key was opened")
            } else {
                out.unknown("whether the key can be opened", remedy::show_command(c))
            };
        };
        if cx.workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        let both = subject::missing_keyset(c).is_some() && code.is_some();
        let why = match subject::class(c) {
            Some(ProviderClass::ThirdParty | ProviderClass::SmartCard) => {
                "The key did not open for the account that ran certutil. It is in a device: that it is not reached, that its \
                 client or PIN is missing, and that the key is gone look the same here."
            }
            _ if c.scope() == Scope::User => {
                "The container that the key link names did not open for the account that ran certutil. The key may be deleted or \
                 never stored, or may be another user's: the words are the same, so delete nothing before that user's own \
                 look at it."
            }
            _ => {
                "The container that the key link names did not open for the account that ran certutil. The key may be deleted \
                 or never stored, may belong to another account, or may be closed to this one: the words are the same for \
                 all three, so delete nothing before SYSTEM's own look at it."
            }
        };
        let mut draft = FindingDraft::new(&META, META.summary, why)
            .conditions(1 + u8::from(both))
            .evidence(c.evidence(place, "the key could not be opened", true));
        if let Some(name) = key.stored_container.as_ref().or(key.container.as_ref()) {
            draft = draft.evidence(c.evidence(name.place, "the container that is named", false));
        }
        draft.remedies = remedy::missing_key(c);
        out.fail(draft);
    }
}
