//! The certificate has expired.

use super::prelude::*;

/// The rule.
pub(super) struct CertExpired;

static META: RuleMeta = RuleMeta {
    name: "cert-expired",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "the certificate has expired",
    sources: &[sources::RFC5280_VALIDITY, sources::SQL_DOC],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/cert-expired.md"),
};

/// Workloads that refuse an expired certificate themselves; the other servers go on and their clients refuse.
const REFUSING: &[&str] = &["tls-client", "smart-card", "code-signing", "sql-server", "ldaps"];

impl CredentialRule for CertExpired {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        if c.certificate.is_none() && !c.in_locked_part() {
            return out.not_applicable("a key without a certificate");
        }
        let Some(date) = c.certificate.as_ref().and_then(|c| c.not_after.as_ref()) else {
            return out.unknown("the end of the validity", remedy::show_command(c));
        };
        if date.readings.is_empty() {
            return out.unknown("the end of the validity", remedy::show_command(c));
        }
        if !date.readings.iter().any(|m| m.surely_before(cx.at)) {
            return out.pass("the certificate has not expired");
        }
        if !date.readings.iter().all(|m| m.surely_before(cx.at)) {
            return out.unknown("the order of day and month in the dates", remedy::show_command(c));
        }
        if cx.workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        // A self-signed certificate of Remote Desktop is renewed by Windows; that it was not is the cause.
        let own = subject::own_of_remote_desktop(c);
        let (refusing, others): (Vec<Target>, Vec<Target>) =
            cx.workloads.iter().partition(|t| REFUSING.contains(&t.workload.name) || (own && t.workload.name == "rdp"));
        let served = cx.workloads.iter().any(|t| t.workload.server);
        let bind = if served { "The key may stay; the new certificate must be bound." } else { "The key may stay." };
        let draft = |message: &str| {
            FindingDraft::new(&META, META.summary, message)
                .evidence(c.evidence(date.text.place, "the end of the validity", true))
                .remedy(remedy::advice("Renew the certificate", bind))
        };
        if !refusing.is_empty() {
            out.fail(draft("The workload itself refuses an expired certificate.").workloads(refusing));
        }
        // What is encrypted with it stays readable, so its key is still needed.
        let encrypts = |t: &Target| ["document-encryption", "always-encrypted"].contains(&t.workload.name);
        let (encrypting, others): (Vec<Target>, Vec<Target>) = others.into_iter().partition(encrypts);
        let (servers, others): (Vec<Target>, Vec<Target>) = others.into_iter().partition(|t| t.workload.server);
        for (workloads, why) in [
            (servers, "Windows binds and serves expired certificates; the clients refuse them."),
            (
                encrypting,
                "Programs no longer encrypt to an expired certificate; what is encrypted with it already still opens with its key: \
                 keep both.",
            ),
            (others, "Who checks the certificate refuses it."),
        ] {
            if !workloads.is_empty() {
                out.fail(draft(why).role(Role::Contributing).workloads(workloads));
            }
        }
    }
}
