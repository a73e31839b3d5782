//! The provider can only sign: its keys cannot serve TLS.

use super::prelude::*;

/// The rule.
pub(super) struct ProviderSignatureOnly;

static META: RuleMeta = RuleMeta {
    name: "provider-signature-only",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "the provider can only sign: its keys cannot serve TLS",
    sources: &[sources::PROV_RSA_SIG, sources::CSP_TABLE],
    explains: &["keyspec-signature-on-csp", "keyset-missing", "keyspec-vs-keyusage", "inf-keyspec-signature-tls"],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/provider-signature-only.md"),
};

impl CredentialRule for ProviderSignatureOnly {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let key = &c.key;
        let Some(kind) = key.effective_type() else {
            return out.not_applicable("the provider type is not shown");
        };
        let dss = key.provider.as_ref().is_some_and(|p| p.value.contains(" DSS "));
        if !matches!(kind, 2 | 3) && !dss {
            return out.pass("the provider has a key exchange");
        }
        let workloads = subject::servers(cx);
        let Some(place) = subject::kind_place(c).filter(|_| !workloads.is_empty()) else {
            return out.not_applicable("not a server's certificate");
        };
        out.fail(
            FindingDraft::new(
                &META,
                META.summary,
                "Providers of type 2 (RSA signature) and of the DSS family have no RSA key exchange. A TLS \
                 server that is given such a key finds no exchange key.",
            )
            .conditions(2)
            .workloads(workloads)
            .evidence(c.evidence(place, "signs only", true))
            .remedy(remedy::reimport_into(
                c,
                provider::RSA_AES_CSP,
                "Import the key into a provider that has a key exchange (an RSA key; a DSA key must be \
                 replaced)",
            )),
        );
    }
}
