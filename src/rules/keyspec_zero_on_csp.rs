//! A CryptoAPI key needs KeySpec 1 or 2, and the key link says 0.

use super::prelude::*;

/// The rule.
pub(super) struct KeyspecZeroOnCsp;

static META: RuleMeta = RuleMeta {
    name: "keyspec-zero-on-csp",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "a CryptoAPI key needs KeySpec 1 or 2, and the key link says 0",
    sources: &[sources::KEY_PROV_INFO_DOC],
    explains: &["keyset-missing"],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/keyspec-zero-on-csp.md"),
};

impl CredentialRule for KeyspecZeroOnCsp {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let key = &c.key;
        if key.prediction || !subject::kind_is(c, ProviderKind::Csp) {
            return out.not_applicable("not a stored CryptoAPI key");
        }
        let Some(spec) = &key.key_spec else {
            return out.unknown("the KeySpec of this CSP key", remedy::show_command(c));
        };
        if spec.value != KeySpec::NONE {
            return out.pass("the KeySpec names one of the container's keys");
        }
        if cx.workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        let mut draft = FindingDraft::new(
            &META,
            META.summary,
            "A CryptoAPI container has a place for an exchange key (1) and one for a signature key (2). \
                 0 names neither, so whoever follows the link asks for a key that cannot exist and gets 0x8009000D \
                 or 0x80090016. A tool that took the key for a CNG key writes this.",
        )
        .conditions(2)
        .evidence(c.evidence(spec.place, "names no key of a CryptoAPI container", true));
        if let Some(place) = subject::kind_place(c) {
            draft = draft.evidence(c.evidence(place, "a CryptoAPI provider", false));
        }
        out.fail(draft.remedy(remedy::reimport_as_exchange(c)).remedy(remedy::write_key_link(
            c,
            "Or write the key link anew with KeySpec 1",
            key.effective_type().unwrap_or(1),
            1,
        )));
    }
}
