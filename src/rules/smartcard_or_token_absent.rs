//! The key is on a card or token that is not there.

use super::prelude::*;

/// The rule.
pub(super) struct SmartcardOrTokenAbsent;

static META: RuleMeta = RuleMeta {
    name: "smartcard-or-token-absent",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "the key is on a card or token that is not there",
    sources: &[sources::WINERROR],
    explains: &["keyset-missing", "cert-key-mismatch", "vbs-isolated-key-lost", "provider-third-party"],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/smartcard-or-token-absent.md"),
};

/// SCARD_W_REMOVED_CARD, SCARD_E_NO_SMARTCARD, SCARD_E_NO_READERS_AVAILABLE, SCARD_E_NO_KEY_CONTAINER.
const ABSENT: &[u32] = &[0x8010_0069, 0x8010_000C, 0x8010_002E, 0x8010_0030];

impl CredentialRule for SmartcardOrTokenAbsent {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let key = &c.key;
        let token = key.provider.as_ref().is_some_and(|p| subject::holds(&p.value, "etoken"));
        let card = token || subject::class(c) == Some(ProviderClass::SmartCard);
        let code = key.codes.iter().find(|f| ABSENT.contains(&f.value));
        if !card && code.is_none() {
            return out.not_applicable("the key is not on a card or token");
        }
        if key.any_test_passed() {
            return out.pass("the card or token was there: a test passed");
        }
        // What `certutil -scinfo` prints of a key that it reached.
        if [KeyRemark::PrivateKeyVerifies, KeyRemark::PublicKeyMatches].iter().any(|r| key.remark(*r).is_some()) {
            return out.pass("the card or token was there: its key was read");
        }
        let Some(place) = code.map(|f| f.place).or_else(|| subject::missing_keyset(c)) else {
            return out.unknown("whether the card or token is there", "certutil -scinfo");
        };
        if cx.workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        let personal = c.scope() == Scope::User;
        let mut draft = FindingDraft::new(
            &META,
            META.summary,
            if personal {
                "The key opens only while its card or token is in the reader and its PIN can be asked for."
            } else {
                "The key opens only while its card or token is in the reader and its PIN can be asked for. A service should \
                 not be bound to a removable key at all."
            },
        )
        .conditions(1 + u8::from(card) + u8::from(code.is_some()))
        .evidence(c.evidence(place, "the key could not be reached", true));
        if let Some(name) = key.provider.as_ref().filter(|_| card) {
            draft = draft.evidence(c.evidence(name.place, "a card or token", false));
        }
        out.fail(draft.remedy(Remedy {
            title: "Insert the card and look again",
            steps: vec![Step::cmd("certutil -scinfo").place(if personal { "user" } else { "server" })],
            caution: (!personal).then_some("For a service use a key on the machine's disk, in its TPM or in an HSM."),
            verify: Some(Verify::new(remedy::show_command(c)).shows(remedy::passed_test(c))),
        }));
    }
}
