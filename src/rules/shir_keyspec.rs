//! The self-hosted integration runtime needs a key-exchange key.

use super::prelude::*;

/// The rule.
pub(super) struct ShirKeyspec;

static META: RuleMeta = RuleMeta {
    name: "shir-keyspec",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "the self-hosted integration runtime needs a key-exchange key",
    sources: &[sources::SHIR_DOC],
    explains: &["keyspec-signature-on-csp", "keyspec-vs-keyusage", "keyset-missing"],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/shir-keyspec.md"),
};

impl CredentialRule for ShirKeyspec {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let Some(place) = subject::kind_place(c).filter(|_| subject::kind_is(c, ProviderKind::Csp)) else {
            return out.not_applicable("not a CryptoAPI key");
        };
        let Some(spec) = subject::key_spec(c) else {
            return out.unknown("the KeySpec of this CSP key", remedy::show_command(c));
        };
        if spec.value != KeySpec::SIGNATURE {
            return out.pass("the key is an exchange key");
        }
        let asked = subject::named(cx, &["shir"]);
        if asked.is_empty() {
            return out.not_applicable("the workload was not asked for");
        }
        let workloads = subject::failing(c, cx, &asked);
        if workloads.is_empty() {
            return out.pass(subject::not_failing(c, cx, &asked));
        }
        let draft = FindingDraft::new(
            &META,
            META.summary,
            "The runtime says that the certificate may not have a private key that is capable of key \
                 exchange: KeySpec 2 is a key that only signs.",
        )
        .conditions(3)
        .workloads(workloads)
        .evidence(c.evidence(spec.place, "signing only", true))
        .evidence(c.evidence(place, "a CryptoAPI provider: KeySpec decides what the key may do", false))
        .remedy(remedy::reimport_as_exchange(c));
        out.fail(subject::predicted(c, draft));
    }
}
