//! The SChannel provider is not for signing with SHA-2.

use super::prelude::*;

/// The rule.
pub(super) struct ProviderSchannelType12Signature;

static META: RuleMeta = RuleMeta {
    name: "provider-schannel-type12-signature",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "the SChannel provider is not for signing with SHA-2",
    sources: &[sources::CSP_TABLE, sources::IDENTITYMODEL246, sources::MSAL1324],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/provider-schannel-type12-signature.md"),
};

impl CredentialRule for ProviderSchannelType12Signature {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        if c.key.effective_type() != Some(12) {
            return out.not_applicable("the provider type is not 12");
        }
        let signature = subject::key_spec(c).is_some_and(|k| k.value == KeySpec::SIGNATURE);
        let refused = subject::symptom(c, 0x8009_0008);
        let mut workloads = subject::named(cx, &["ad-fs-token-signing", "code-signing"]);
        if signature || refused.is_some() {
            workloads.extend(subject::named(cx, &["dotnet", "ocsp", "adcs"]));
        }
        let Some(place) = subject::kind_place(c).filter(|_| !workloads.is_empty()) else {
            return out.not_applicable("the key is not used for signing documents or tokens");
        };
        let mut draft = FindingDraft::new(
            &META,
            META.summary,
            "Provider type 12 is made for the handshake of TLS. Microsoft's table lists no SHA-2 for \
                 it, and programs that sign tokens or documents through it get \"Invalid algorithm specified\".",
        )
        .conditions(1 + u8::from(signature) + u8::from(refused.is_some()))
        .workloads(workloads)
        .evidence(c.evidence(place, "the provider of TLS servers", true));
        if let Some(code) = refused {
            draft = draft.evidence(c.evidence(code.place, "the algorithm is refused", false));
        }
        let draft = draft.remedy(remedy::reimport_into(
            c,
            provider::RSA_AES_CSP,
            "Import the key into the provider that signs with SHA-2 (type 24)",
        ));
        out.fail(subject::predicted(c, draft));
    }
}
