//! The certificate is archived, so Windows passes over it.

use super::prelude::*;

/// The rule.
pub(super) struct ArchivedOrMovedCertificate;

static META: RuleMeta = RuleMeta {
    name: "archived-or-moved-certificate",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "the certificate is archived, so Windows passes over it",
    sources: &[sources::PROPERTIES_DOC],
    explains: &["cert-expired"],
    standing: Standing::OfHistory,
    doc: include_str!("../../docs/rules/archived-or-moved-certificate.md"),
};

impl CredentialRule for ArchivedOrMovedCertificate {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let Some(certificate) = c.certificate.as_ref().filter(|_| subject::stored(c)) else {
            return out.not_applicable(subject::NOT_STORED);
        };
        let Some(mark) = certificate.archived.as_ref().filter(|a| a.value) else {
            return out.pass("the certificate is not marked as archived");
        };
        if cx.workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        let draft = FindingDraft::new(
            &META,
            META.summary,
            "Programs that list or search a store do not see archived certificates: IIS Manager does \
                 not offer it. Windows archives a certificate when it is renewed; the renewed one is to be bound.",
        )
        .evidence(c.evidence(mark.place, "an archived certificate", true))
        .remedy(
            remedy::advice(
                "Bind the certificate that replaced it",
                "The newer certificate is in the same store, if it is here.",
            )
            .verified(remedy::show_store(c, "the newer certificate, which is to be bound")),
        );
        if cx.bound.is_empty() {
            out.fail(draft.severity(Severity::Warning).role(Role::Contributing));
        } else {
            out.fail(draft.conditions(2));
        }
    }
}
