//! The certificate is not valid yet.

use super::prelude::*;

/// The rule.
pub(super) struct CertNotYetValid;

static META: RuleMeta = RuleMeta {
    name: "cert-not-yet-valid",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "the certificate is not valid yet",
    sources: &[sources::RFC5280_VALIDITY],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/cert-not-yet-valid.md"),
};

/// Workloads that refuse such a certificate themselves.
const REFUSING: &[&str] = &["tls-client", "smart-card", "code-signing", "sql-server", "ldaps"];

impl CredentialRule for CertNotYetValid {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        if c.certificate.is_none() && !c.in_locked_part() {
            return out.not_applicable("a key without a certificate");
        }
        let Some(date) = c.certificate.as_ref().and_then(|c| c.not_before.as_ref()).filter(|d| !d.readings.is_empty())
        else {
            return out.unknown("the start of the validity", remedy::show_command(c));
        };
        if !date.readings.iter().any(|m| m.surely_after(cx.at)) {
            return out.pass("the validity has begun");
        }
        if !date.readings.iter().all(|m| m.surely_after(cx.at)) {
            return out.unknown("the order of day and month in the dates", remedy::show_command(c));
        }
        if cx.workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        let (refusing, others): (Vec<Target>, Vec<Target>) =
            cx.workloads.iter().partition(|t| REFUSING.contains(&t.workload.name));
        let draft = || {
            FindingDraft::new(
                &META,
                META.summary,
                "Its validity begins later than the time of judgement. Clients refuse it until then; see \
                 whether a clock is wrong.",
            )
            .evidence(c.evidence(date.text.place, "the start of the validity", true))
            .remedy(remedy::advice(
                "Wait, or correct the clock",
                "Compare the clocks of the authority and of this machine.",
            ))
        };
        if !refusing.is_empty() {
            out.fail(draft().workloads(refusing));
        }
        if !others.is_empty() {
            out.fail(draft().role(Role::Contributing).workloads(others));
        }
    }
}
