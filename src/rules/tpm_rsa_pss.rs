//! An RSA key in the TPM may not sign as TLS 1.3 asks for.

use super::ecdsa_key_on_rsa_workload;
use super::prelude::*;

/// The rule.
pub(super) struct TpmRsaPss;

static META: RuleMeta = RuleMeta {
    name: "tpm-rsa-pss",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "an RSA key in the TPM may not sign as TLS 1.3 asks for",
    sources: &[sources::FIREZONE15026, sources::RUNTIME111251, sources::HICKS3],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/tpm-rsa-pss.md"),
};

impl CredentialRule for TpmRsaPss {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let Some(name) = c.key.provider.as_ref().filter(|_| subject::class(c) == Some(ProviderClass::Tpm)) else {
            return out.not_applicable("not a TPM key");
        };
        if subject::is_ec(c) {
            return out.pass("an elliptic-curve key does not use RSA-PSS");
        }
        if !subject::is_rsa(c) {
            return out.unknown("the algorithm of the key", remedy::show_command(c));
        }
        let workloads: Vec<Target> =
            cx.workloads.iter().filter(|t| t.workload.server || t.workload.name == "tls-client").copied().collect();
        if workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        if subject::windows(c, cx).is_some_and(|w| w.major < 10) {
            return out.pass("this version of Windows does not offer RSA-PSS");
        }
        let refused = subject::code(c, 0x8009_0029);
        // The device answered nothing: what it can sign does not show.
        let other = || c.key.codes.iter().find(|code| !subject::same_code(code.value, 0x8009_0029));
        let unready =
            subject::symptom(c, 0x8009_0030).is_some() || subject::failed_test(c).and_then(|_| other()).is_some();
        if unready && refused.is_none() {
            return out.unknown(
                "whether the TPM signs with RSA-PSS: it could not be used at all",
                "tpmtool getdeviceinformation",
            );
        }
        // Where RSA keys alone are taken, the other way out is closed.
        let (rsa_alone, others): (Vec<Target>, Vec<Target>) =
            workloads.into_iter().partition(|t| ecdsa_key_on_rsa_workload::takes_rsa_alone(t.workload.name));
        let groups = [
            (others, "Use an ECDSA key in the TPM, or a key in the software key storage provider"),
            (rsa_alone, "Use an RSA key in a software provider that this workload takes"),
        ];
        for (workloads, title) in groups.into_iter().filter(|(workloads, _)| !workloads.is_empty()) {
            let mut draft = FindingDraft::new(
                &META,
                META.summary,
                "TLS 1.3, and TLS 1.2 with current peers, sign with RSA-PSS. Many TPMs refuse the salt \
                 length that TLS prescribes: 0x80090029 here, alert 51 (decrypt_error) at the peer.",
            )
            .conditions(1 + u8::from(refused.is_some()))
            .workloads(workloads)
            .evidence(c.evidence(name.place, "the TPM", true));
            match refused {
                Some(code) => draft = draft.evidence(c.evidence(code.place, "the TPM refuses", false)),
                None => draft = draft.severity(Severity::Warning),
            }
            let advice = remedy::advice(
                title,
                "Firmware of the TPM may help too. To switch TLS 1.3 off for this endpoint is the last resort.",
            );
            let shown = "the new certificate: another kind of key, or another provider";
            out.fail(draft.remedy(advice.verified(remedy::show_store(c, shown))));
        }
    }
}
