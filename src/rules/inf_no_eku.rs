//! A server's request without an extended key usage.

use super::prelude::*;

/// The rule.
pub(super) struct InfNoEku;

static META: RuleMeta = RuleMeta {
    name: "inf-no-eku",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::Contributing,
    confidence: Confidence::Likely,
    summary: "no extended key usage is asked for",
    sources: &[sources::CERTREQ],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/inf-no-eku.md"),
};

impl RequestRule for InfNoEku {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, asked: &Asked<'_>, cx: &Context<'_>, out: &mut Checks) {
        let key = asked.request;
        if !matches!(key.form, RequestForm::Inf | RequestForm::Script) {
            return out.not_applicable(request::NOT_AN_INF);
        }
        if !key.extended_key_usage.is_empty() {
            return out.pass("extended key usages are asked for");
        }
        if !key.usages_shown {
            return out.not_applicable("an encoded extension is asked for");
        }
        if key.template.is_some() {
            return out.not_applicable("the template decides");
        }
        let Some(sure) = request::server(key) else {
            return out.not_applicable(request::NOT_A_SERVER);
        };
        let workloads = subject::servers(cx);
        if workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        if key.left_out {
            return out.unknown("whether usages are asked for: lines of the INF were left out", request::WHOLE_INF);
        }
        let draft = FindingDraft::new(
            &META,
            META.summary,
            "The names and the machine key look like a server's. Unless the CA adds it, the certificate has no serverAuth: tools \
             that filter by purpose do not list it, and a CA may refuse the request.",
        )
        .evidence(request::missing(asked, "no [EnhancedKeyUsageExtension] follows"))
        .remedy(request::write("[EnhancedKeyUsageExtension]\nOID = 1.3.6.1.5.5.7.3.1 ; serverAuth"))
        .workloads(workloads);
        out.fail(request::for_purpose(draft, sure));
    }
}
