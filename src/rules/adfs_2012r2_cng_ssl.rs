//! AD FS and the proxy of Windows Server 2012 R2 do not take CNG keys.

use super::prelude::*;

/// The rule.
pub(super) struct Adfs2012r2CngSsl;

static META: RuleMeta = RuleMeta {
    name: "adfs-2012r2-cng-ssl",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "AD FS and the proxy of Windows Server 2012 R2 do not take CNG keys",
    sources: &[sources::ADFS2012R2, sources::WSDOCS1150, sources::KEYSPEC_DOC],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/adfs-2012r2-cng-ssl.md"),
};

impl CredentialRule for Adfs2012r2CngSsl {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let Some(place) = subject::kind_place(c).filter(|_| subject::kind_is(c, ProviderKind::Ksp)) else {
            return out.not_applicable("not a CNG key");
        };
        let asked = subject::named(cx, &["ad-fs", "wap"]);
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
            "The requirements of AD FS 2012 R2 say that it does not support certificates that use CNG \
                 keys; the KeySpec page of the same time lists CNG with KeySpec 0 as valid for SSL. On Windows \
                 Server 2016 and later such a key is right for SSL: say so with --for ad-fs:2016.",
        )
        .conditions(2)
        .workloads(workloads)
        .evidence(c.evidence(place, "a CNG provider", true))
        .remedy(remedy::reimport_into(c, provider::RSA_AES_CSP, "Import the key into a CryptoAPI provider"));
        out.fail(subject::predicted(c, draft));
    }
}
