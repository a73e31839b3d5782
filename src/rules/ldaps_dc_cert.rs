//! The certificate is not quite what the LDAPS document asks for.

use super::prelude::*;

/// The rule.
pub(super) struct LdapsDcCert;

static META: RuleMeta = RuleMeta {
    name: "ldaps-dc-cert",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "the certificate is not quite what the LDAPS document asks for",
    sources: &[sources::LDAPS_DOC],
    explains: &[],
    doc: include_str!("../../docs/rules/ldaps-dc-cert.md"),
};

impl CredentialRule for LdapsDcCert {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let workloads = subject::named(cx, &["ldaps"]);
        if workloads.is_empty() {
            return out.not_applicable("LDAPS was not asked for");
        }
        let usage = c.certificate.as_ref().and_then(|c| c.extended_key_usage.as_ref());
        let closed = usage.filter(|_| subject::server_auth(c) == Some(false));
        let cng = subject::kind_place(c).filter(|_| subject::kind_is(c, ProviderKind::Ksp));
        let draft = |message: &str| FindingDraft::new(&META, META.summary, message).workloads(workloads.clone());
        if let Some(usage) = closed {
            return out.fail(
                draft(
                    "LDAPS needs server authentication in the extended key usage. Without a certificate that \
                 has it the domain controller logs event 36886.",
                )
                .conditions(2)
                .evidence(c.evidence(usage.place, "no Server Authentication", true))
                .remedy(remedy::advice(
                    "Request a certificate with serverAuth and the controller's full name",
                    "The templates Kerberos Authentication and Domain Controller Authentication have it.",
                )),
            );
        }
        if let Some(place) = cng {
            return out.fail(
                draft(
                    "The document asks for the Schannel CSP; it is older than CNG, and keys in a key storage \
                 provider work in the field.",
                )
                .evidence(c.evidence(place, "a CNG provider", true))
                .remedy(remedy::reimport_into(
                    c,
                    provider::SCHANNEL_CSP,
                    "If LDAPS fails: import the key into the SChannel provider",
                )),
            );
        }
        out.pass("the provider and the extended key usage are what the document asks for");
    }
}
