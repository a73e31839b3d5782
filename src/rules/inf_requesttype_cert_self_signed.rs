//! A certificate instead of a request.

use super::prelude::*;

/// The rule.
pub(super) struct InfRequesttypeCertSelfSigned;

static META: RuleMeta = RuleMeta {
    name: "inf-requesttype-cert-self-signed",
    kind: Kind::Fault,
    severity: Severity::Note,
    role: Role::Hygiene,
    confidence: Confidence::Certain,
    summary: "RequestType = Cert makes a self-signed certificate, no request",
    sources: &[sources::CERTREQ],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/inf-requesttype-cert-self-signed.md"),
};

impl RequestRule for InfRequesttypeCertSelfSigned {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, asked: &Asked<'_>, cx: &Context<'_>, out: &mut Checks) {
        let key = asked.request;
        if !matches!(key.form, RequestForm::Inf | RequestForm::Script) {
            return out.not_applicable(request::NOT_AN_INF);
        }
        let _ = cx;
        let Some(kind) = key.request_type.as_ref().filter(|kind| kind.value == "CERT") else {
            return out.not_applicable("a request is made");
        };
        out.fail(
            FindingDraft::new(
                &META,
                META.summary,
                "Nothing is sent to a CA; clients trust the certificate only when it is installed among their roots.",
            )
            .evidence(request::evidence(asked, kind.place, &kind.value, "self-signed", true)),
        );
    }
}
