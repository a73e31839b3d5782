//! A signature key is right for signing code, certificates and OCSP answers.

use super::prelude::*;

/// The rule.
pub(super) struct CodeSigningKeyspec2Normal;

static META: RuleMeta = RuleMeta {
    name: "code-signing-keyspec2-normal",
    kind: Kind::Suppressor,
    severity: Severity::Note,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "a signature key is right for signing code, certificates and OCSP answers",
    sources: &[sources::ARTICLE, sources::X509KEYSPEC],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/code-signing-keyspec2-normal.md"),
};

impl CredentialRule for CodeSigningKeyspec2Normal {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let signature = subject::key_spec(c).is_some_and(|k| k.value == KeySpec::SIGNATURE);
        let usages = c.certificate.as_ref().and_then(|c| c.extended_key_usage.as_ref());
        let signer = usages.is_some_and(|u| {
            !u.value.is_empty() && u.value.iter().all(|u| u == oid::CODE_SIGNING || u == oid::OCSP_SIGNING)
        });
        let asked = !subject::named(cx, &["code-signing", "adcs", "ocsp"]).is_empty();
        if signature && subject::kind_is(c, ProviderKind::Csp) && (asked || signer || c.is_authority()) {
            out.pass("KeySpec 2 is expected for code signing, authorities and OCSP: it is not the cause");
        } else {
            out.not_applicable("not a signature key of a code signer, an authority or an OCSP responder");
        }
    }
}
