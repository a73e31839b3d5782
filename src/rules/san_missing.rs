//! The certificate names its server only in the common name.

use super::prelude::*;

/// The rule.
pub(super) struct SanMissing;

static META: RuleMeta = RuleMeta {
    name: "san-missing",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::Hygiene,
    confidence: Confidence::Likely,
    summary: "the certificate names its server only in the common name",
    sources: &[sources::RFC2818],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/san-missing.md"),
};

impl CredentialRule for SanMissing {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let workloads = subject::servers(cx);
        let Some(certificate) = c.certificate.as_ref().filter(|_| !workloads.is_empty()) else {
            return out.not_applicable("not a server's certificate");
        };
        if !certificate.alternative_names.is_empty() {
            return out.pass("the certificate has subject alternative names");
        }
        if !certificate.extensions_shown || certificate.names_hidden || c.incomplete {
            return out.unknown("the subject alternative names", remedy::show_command(c));
        }
        if subject::server_auth(c) != Some(true) || c.store_name().as_deref() == Some("remote desktop") {
            return out.not_applicable("not shown to be for a server that clients look up by name");
        }
        let mut draft = FindingDraft::new(
            &META,
            META.summary,
            "Browsers have not looked at the common name since 2017. It is not why a binding fails.",
        )
        .workloads(workloads)
        .remedy(remedy::advice(
            "Request a certificate with subject alternative names",
            "One DNS name for each host name.",
        ));
        let place = certificate.subject.as_ref().map(|s| s.place);
        if let Some(place) = place.or(certificate.extended_key_usage.as_ref().map(|u| u.place)) {
            draft = draft.evidence(c.evidence(place, "the only name", true));
        }
        out.fail(draft);
    }
}
