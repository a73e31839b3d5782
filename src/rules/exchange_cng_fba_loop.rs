//! Exchange cannot use a CNG key for its forms logon.

use super::prelude::*;

/// The rule.
pub(super) struct ExchangeCngFbaLoop;

static META: RuleMeta = RuleMeta {
    name: "exchange-cng-fba-loop",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "Exchange cannot use a CNG key for its forms logon",
    sources: &[sources::WINACME420, sources::CERTIFY112],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/exchange-cng-fba-loop.md"),
};

impl CredentialRule for ExchangeCngFbaLoop {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let Some(place) = subject::kind_place(c).filter(|_| subject::kind_is(c, ProviderKind::Ksp)) else {
            return out.not_applicable("not a CNG key");
        };
        let asked = subject::named(cx, &["exchange"]);
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
            "Forms-based authentication of Exchange 2013 and, by user reports, 2016 does not support \
                 CNG certificates: OWA and ECP send the user back to the logon page again and again, without any \
                 TLS error. Exchange 2019 and SE have no such report.",
        )
        .conditions(2)
        .workloads(workloads)
        .evidence(c.evidence(place, "a CNG provider", true))
        .remedy(remedy::reimport_into(c, provider::SCHANNEL_CSP, "Import the key into the SChannel provider"));
        out.fail(subject::predicted(c, draft));
    }
}
