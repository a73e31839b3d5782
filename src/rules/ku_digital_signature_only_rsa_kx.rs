//! The certificate allows signatures only, the server offers RSA key exchange only.

use super::prelude::*;

/// Schannel: the client offers no suite that the server supports.
const NO_COMMON_SUITE: u32 = 36_874;

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
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/ku-digital-signature-only-rsa-kx.md"),
};

/// keyEncipherment and dataEncipherment.
const ENCIPHERS: u16 = 0x30;

fn signs_only(c: &Credential) -> bool {
    let usage = c.certificate.as_ref().and_then(|c| c.key_usage.as_ref());
    usage.is_some_and(|u| u.value.has(KeyUsage::DIGITAL_SIGNATURE) && !u.value.has(ENCIPHERS))
}

impl CredentialRule for KuDigitalSignatureOnlyRsaKx {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        if signs_only(c) && !subject::servers(cx).is_empty() {
            out.pass(
                "digitalSignature alone is enough for current cipher suites; nothing shows a server limited \
                 to TLS_RSA_*",
            );
        } else {
            out.not_applicable("not a server's certificate for signatures only");
        }
    }
}

impl CaseRule for KuDigitalSignatureOnlyRsaKx {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        let refused = case.events().find(|(_, e)| e.number() == NO_COMMON_SUITE && e.is_from("Schannel"));
        let Some((observed, event)) = refused else {
            return out.not_applicable("no event 36874 is among the inputs");
        };
        let mut any = false;
        for c in &case.kept {
            let algorithm = c.certificate.as_ref().and_then(|c| c.public_key.algorithm.as_ref());
            let rsa = algorithm.is_some_and(|a| a.value.to_ascii_uppercase().contains("RSA"));
            // A signature key of a CSP fails with every client: that is another rule's.
            let exchanges = c.key.key_spec.as_ref().is_none_or(|s| s.value != KeySpec::SIGNATURE);
            if c.bound.is_empty() || !signs_only(c) || !rsa || !exchanges {
                continue;
            }
            let servers: Vec<Target> = cx
                .workloads
                .iter()
                .filter(|t| t.workload.server && c.bound.iter().any(|b| b.workload == t.workload.name))
                .copied()
                .collect();
            let Some(usage) = c.certificate.as_ref().and_then(|c| c.key_usage.as_ref()) else { continue };
            if servers.is_empty() {
                continue;
            }
            any = true;
            let place = event.id.as_ref().map_or(observed.place, |id| id.place);
            let draft = FindingDraft::new(
                &META,
                META.summary,
                "A client and this server found no cipher suite in common (event 36874), and the bound certificate does not \
                 allow RSA key exchange: possible when the server, or the client, is limited to TLS_RSA_* suites. Scanners and \
                 old clients cause the event on healthy servers too.",
            )
            .workloads(servers)
            .evidence(c.evidence(usage.place, "signatures only", true))
            .evidence(observed.evidence(place, "no common suite", false))
            .remedy(remedy::advice(
                "Compare the suites of both sides",
                "Get-TlsCipherSuite lists the server's. With ECDHE suites the certificate is right; for TLS_RSA_* request one \
                 with keyEncipherment too.",
            ));
            out.about(Some(c.id)).fail(draft);
        }
        if !any {
            out.not_applicable("no bound certificate for signatures only");
        }
    }
}
