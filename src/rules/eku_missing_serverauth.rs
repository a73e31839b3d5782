//! The certificate is bound to a server, but may not be used for one.

use super::prelude::*;

/// The rule.
pub(super) struct EkuMissingServerauth;

static META: RuleMeta = RuleMeta {
    name: "eku-missing-serverauth",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "the certificate is bound to a server, but may not be used for one",
    sources: &[sources::IIS_TROUBLESHOOT, sources::SQL_DOC],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/eku-missing-serverauth.md"),
};

impl CredentialRule for EkuMissingServerauth {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let servers: Vec<Target> = cx.bound.iter().filter(|t| t.workload.server).copied().collect();
        if servers.is_empty() {
            return out.not_applicable("no artifact binds it to a server");
        }
        let Some(certificate) = &c.certificate else {
            return out.not_applicable("a key without a certificate");
        };
        let Some(usages) = &certificate.extended_key_usage else {
            return if certificate.extensions_shown {
                out.pass("without an extended key usage the certificate is for all purposes")
            } else {
                out.unknown("the extended key usage", remedy::show_command(c))
            };
        };
        if subject::server_auth(c) == Some(true) {
            return out.pass("the extended key usage has serverAuth");
        }
        // Remote Desktop takes its own purpose as well (Microsoft Learn, "Remote Desktop listener certificate configurations").
        let desktop = usages.value.iter().any(|usage| usage == oid::REMOTE_DESKTOP);
        let servers: Vec<Target> = servers.into_iter().filter(|t| !(desktop && t.workload.name == "rdp")).collect();
        if servers.is_empty() {
            return out.pass("the extended key usage has Remote Desktop authentication");
        }
        out.fail(
            FindingDraft::new(
                &META,
                META.summary,
                "The extended key usage lists purposes, and server authentication is not among them. IIS \
                 Manager hides the certificate, clients answer 0x800B0110.",
            )
            .workloads(servers)
            .evidence(c.evidence(usages.place, "no Server Authentication", true))
            .remedy(
                remedy::advice(
                    "Request a certificate with serverAuth (1.3.6.1.5.5.7.3.1)",
                    "The usage is part of the certificate: nothing on the server changes it.",
                )
                .verified(remedy::show_store(c, "the new certificate: Server Authentication (1.3.6.1.5.5.7.3.1)")),
            ),
        );
    }
}
