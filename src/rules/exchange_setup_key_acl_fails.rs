//! Exchange can not give NETWORK SERVICE access to the key.

use super::key_access;
use super::prelude::*;

/// The rule.
pub(super) struct ExchangeSetupKeyAclFails;

static META: RuleMeta = RuleMeta {
    name: "exchange-setup-key-acl-fails",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "Exchange can not give NETWORK SERVICE access to the certificate's key",
    sources: &[sources::WINACME1286],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/exchange-setup-key-acl-fails.md"),
};

/// The message, as far as it is fixed; a thumbprint follows.
const MESSAGE: &str = "insufficient rights to grant network service access to the certificate";

impl CaseRule for ExchangeSetupKeyAclFails {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        let said = case.errors().find(|(_, e)| e.text.value.to_ascii_lowercase().contains(MESSAGE));
        let (evidence, thumbprint) = match said {
            Some((observed, error)) => {
                let named = error.thumbprint.as_ref().map(|t| t.value);
                (observed.evidence(error.text.place, "Exchange says so", true), named)
            }
            None => return out.not_applicable("Exchange's message is not among the inputs"),
        };
        let judged = key_access::judged(case, cx);
        let owner = judged.iter().map(|(c, _)| *c).find(|c| thumbprint.is_some() && c.thumbprint() == thumbprint);
        let mut draft = FindingDraft::new(
            &META,
            META.summary,
            "Exchange adds NETWORK SERVICE to the permissions of the key and could not: the key does not open, or it is in a \
             provider whose permissions Exchange does not set (CNG).",
        )
        .subject(thumbprint.map(|t| t.to_string()).unwrap_or_default())
        .conditions(1)
        .evidence(evidence);
        let remedy = match owner {
            Some(c) => {
                if let Some(place) = subject::kind_place(c) {
                    let label = if subject::kind_is(c, ProviderKind::Ksp) { "a CNG key" } else { "the provider" };
                    draft = draft.evidence(c.evidence(place, label, false));
                }
                if subject::kind_is(c, ProviderKind::Ksp) {
                    remedy::reimport_into(c, provider::SCHANNEL_CSP, "Import into the provider that Exchange knows")
                } else {
                    remedy::look_as_owner(c)
                }
            }
            None => remedy::advice(
                "See whether the key opens",
                "Run certutil -v -store my with the thumbprint that the message names, from an elevated prompt: a test must \
                 pass, and Provider should be a CryptoAPI one.",
            ),
        };
        let exchange = subject::named(cx, &["exchange"]);
        out.about(owner.map(|c| c.id)).fail(draft.workloads(exchange).remedy(remedy));
    }
}
