//! Programs cannot sign with SHA-2 through this CryptoAPI provider.

use super::prelude::*;

/// The rule.
pub(super) struct CspNoSha2;

static META: RuleMeta = RuleMeta {
    name: "csp-no-sha2",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "programs cannot sign with SHA-2 through this CryptoAPI provider",
    sources: &[sources::IDSERVER1903, sources::MSAL1324, sources::OIOSAML84, sources::CSP_TABLE],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/csp-no-sha2.md"),
};

impl CredentialRule for CspNoSha2 {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let Some(kind @ (1 | 12)) = c.key.effective_type().filter(|_| subject::software(c)) else {
            return out.not_applicable("not a key of a CryptoAPI provider of type 1 or 12");
        };
        let workloads = subject::named(cx, &["dotnet"]);
        let Some(place) = subject::kind_place(c).filter(|_| !workloads.is_empty()) else {
            return out.not_applicable("the key is not used for signing through CryptoAPI; TLS does not need that");
        };
        let refused = subject::symptom(c, 0x8009_0008);
        let mut draft = FindingDraft::new(
            &META,
            META.summary,
            format!(
                "Providers of type {kind} know no SHA-2. .NET Framework code that signs SAML, JWT or XML \
                 with SHA-256 through RSACryptoServiceProvider gets \"Invalid algorithm specified\". TLS is not \
                 concerned."
            ),
        )
        .conditions(1 + u8::from(refused.is_some()))
        .workloads(workloads)
        .evidence(c.evidence(place, "a provider without SHA-2", true));
        match refused {
            Some(code) => draft = draft.evidence(c.evidence(code.place, "the algorithm is refused", false)),
            None => draft = draft.confidence(Confidence::Possible),
        }
        out.fail(draft.remedy(remedy::reimport_into(
            c,
            provider::RSA_AES_CSP,
            "Import the key into the provider that signs with SHA-2 (type 24)",
        )));
    }
}
