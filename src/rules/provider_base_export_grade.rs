//! The provider is documented for keys up to 1024 bits.

use super::prelude::*;

/// The rule.
pub(super) struct ProviderBaseExportGrade;

static META: RuleMeta = RuleMeta {
    name: "provider-base-export-grade",
    kind: Kind::Fault,
    severity: Severity::Note,
    role: Role::Hygiene,
    confidence: Confidence::Likely,
    summary: "the provider is documented for keys up to 1024 bits",
    sources: &[sources::CSP_TABLE],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/provider-base-export-grade.md"),
};

impl CredentialRule for ProviderBaseExportGrade {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let key = &c.key;
        let Some(name) =
            key.provider.as_ref().filter(|_| key.known_provider().is_some_and(|p| p.exchange_bits == Some(1024)))
        else {
            return out.not_applicable("not the Base provider");
        };
        if cx.workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        let Some(bits) = subject::bits(c) else {
            return out.unknown("the length of the key", remedy::show_command(c));
        };
        if bits.value <= 1024 || subject::key_spec(c).is_some_and(|k| k.value != KeySpec::KEYEXCHANGE) {
            return out.pass("the key is within what the provider is documented for");
        }
        out.fail(
            FindingDraft::new(
                &META,
                META.summary,
                "Microsoft's table gives 1024 bits as the longest exchange key of the Base provider. On \
                 current Windows the Base, Strong and Enhanced providers are the same code and longer keys work; \
                 another provider says what is meant.",
            )
            .conditions(2)
            .evidence(c.evidence(name.place, "the Base provider", true))
            .evidence(c.evidence(bits.place, "a longer key", false))
            .remedy(remedy::reimport_into(
                c,
                provider::RSA_AES_CSP,
                "At the next import name a current provider",
            )),
        );
    }
}
