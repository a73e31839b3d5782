//! The certificate allows signatures only, the server offers RSA key exchange only.

use super::prelude::*;

/// The rule.
pub(super) struct KuDigitalSignatureOnlyRsaKx;

static META: RuleMeta = RuleMeta {
    name: "ku-digital-signature-only-rsa-kx",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::Contributing,
    confidence: Confidence::Possible,
    summary: "the certificate allows signatures only, the server offers RSA key exchange only",
    sources: &[sources::SQL_DOC, sources::KU_INFERENCE],
    explains: &[],
    doc: include_str!("../../docs/rules/ku-digital-signature-only-rsa-kx.md"),
};

impl CredentialRule for KuDigitalSignatureOnlyRsaKx {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let usage = c.certificate.as_ref().and_then(|c| c.key_usage.as_ref());
        let signs_only = usage.is_some_and(|u| u.value.has(KeyUsage::DIGITAL_SIGNATURE) && !u.value.has(0x30));
        if signs_only && !subject::servers(cx).is_empty() {
            out.pass(
                "digitalSignature alone is enough for current cipher suites; nothing shows a server limited \
                 to TLS_RSA_*",
            );
        } else {
            out.not_applicable("not a server's certificate for signatures only");
        }
    }
}
