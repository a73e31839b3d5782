//! The certificate's chain does not end at a trusted root.

use super::prelude::*;

/// The rule.
pub(super) struct ChainIncompleteOrUntrusted;

static META: RuleMeta = RuleMeta {
    name: "chain-incomplete-or-untrusted",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::Hygiene,
    confidence: Confidence::Likely,
    summary: "the certificate's chain is incomplete or not trusted on this machine",
    sources: &[sources::IIS_TROUBLESHOOT],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/chain-incomplete-or-untrusted.md"),
};

/// CERT_E_UNTRUSTEDROOT and CERT_E_CHAINING (winerror.h).
const CHAIN_CODES: [u32; 2] = [0x800B_0109, 0x800B_010A];

impl CredentialRule for ChainIncompleteOrUntrusted {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        if cx.workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        let Some(code) = CHAIN_CODES.into_iter().find_map(|code| subject::code(c, code)) else {
            return out.not_applicable("no chain was verified here (certutil -verifystore)");
        };
        out.fail(
            FindingDraft::new(
                &META,
                META.summary,
                "certutil could not build the chain to a trusted root. Clients may refuse the certificate; the private \
                 key has no part in it.",
            )
            .evidence(c.evidence(code.place, "the chain does not end at a trusted root", true))
            .remedy(remedy::advice(
                "Install the missing authorities' certificates",
                "put the issuing authority into the Intermediate Certification Authorities of the machine, and the root \
                 where it belongs to be trusted.",
            )),
        );
    }
}
