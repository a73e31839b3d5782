//! The certificate is signed with RSASSA-PSS, which many clients do not read.

use super::prelude::*;

/// The rule.
pub(super) struct RsassaPssSignedCert;

static META: RuleMeta = RuleMeta {
    name: "rsassa-pss-signed-cert",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::Hygiene,
    confidence: Confidence::Likely,
    summary: "the certificate is signed with RSASSA-PSS, which many clients do not read",
    sources: &[sources::CERTREQ],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/rsassa-pss-signed-cert.md"),
};

impl CredentialRule for RsassaPssSignedCert {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let algorithm = c.certificate.as_ref().and_then(|c| c.signature_algorithm.as_ref());
        let Some(algorithm) = algorithm.filter(|_| !cx.workloads.is_empty()) else {
            return out.not_applicable("the signature algorithm is not shown, or no workload uses the certificate");
        };
        let text = &algorithm.value;
        let pss = text.split_whitespace().any(|w| w == "1.2.840.113549.1.1.10") || subject::holds(text, "rsassa-pss");
        if !pss {
            return out.pass("not signed with RSASSA-PSS");
        }
        out.fail(
            FindingDraft::new(
                &META,
                META.summary,
                "The authority signs with AlternateSignatureAlgorithm. Older clients and many devices \
                 refuse such certificates. The key has no part in it.",
            )
            .evidence(c.evidence(algorithm.place, "RSASSA-PSS", true))
            .remedy(remedy::advice(
                "Let the authority sign with PKCS #1 v1.5",
                "AlternateSignatureAlgorithm = 0 in CAPolicy.inf and in the request; then issue the \
                 certificate anew.",
            )),
        );
    }
}
