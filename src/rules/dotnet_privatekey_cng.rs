//! Older .NET code cannot open CNG keys.

use super::prelude::*;

/// The rule.
pub(super) struct DotnetPrivatekeyCng;

static META: RuleMeta = RuleMeta {
    name: "dotnet-privatekey-cng",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "older .NET code cannot open CNG keys",
    sources: &[sources::ITFOXTEC1, sources::IDSERVER2859, sources::ADAL650, sources::OIOSAML84],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/dotnet-privatekey-cng.md"),
};

impl CredentialRule for DotnetPrivatekeyCng {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let Some(place) = subject::kind_place(c).filter(|_| subject::kind_is(c, ProviderKind::Ksp)) else {
            return out.not_applicable("not a CNG key");
        };
        let workloads = subject::named(cx, &["dotnet"]);
        if workloads.is_empty() {
            return out.not_applicable("the workload was not asked for");
        }
        let refused = subject::symptom(c, 0x8009_0014);
        let mut draft = FindingDraft::new(
            &META,
            META.summary,
            "X509Certificate2.PrivateKey knows CryptoAPI keys only and answers \"Invalid provider type \
                 specified\" to a CNG key. Code that calls GetRSAPrivateKey() (.NET Framework 4.6 and later) \
                 works. TLS of IIS is not concerned.",
        )
        .conditions(1 + u8::from(refused.is_some()))
        .workloads(workloads)
        .evidence(c.evidence(place, "a CNG provider", true));
        match refused {
            Some(code) => draft = draft.evidence(c.evidence(code.place, "the code wants a CryptoAPI key", false)),
            None => draft = draft.severity(Severity::Warning),
        }
        out.fail(draft.remedy(remedy::reimport_into(
            c,
            provider::RSA_AES_CSP,
            "Import the key into the CryptoAPI provider that signs with SHA-2, or let the code call \
                 GetRSAPrivateKey()",
        )));
    }
}
