//! A server's request without subject alternative names.

use super::prelude::*;

/// The rule.
pub(super) struct InfNoSan;

static META: RuleMeta = RuleMeta {
    name: "inf-no-san",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::Hygiene,
    confidence: Confidence::Likely,
    summary: "no subject alternative name is asked for",
    sources: &[sources::RFC2818, sources::CERTREQ],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/inf-no-san.md"),
};

impl RequestRule for InfNoSan {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, asked: &Asked<'_>, cx: &Context<'_>, out: &mut Checks) {
        let key = asked.request;
        if !matches!(key.form, RequestForm::Inf | RequestForm::Script) {
            return out.not_applicable(request::NOT_AN_INF);
        }
        let Some(sure) = request::server(key) else {
            return out.not_applicable(request::NOT_A_SERVER);
        };
        let _ = sure;
        let workloads = subject::servers(cx);
        if workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        if !key.alternative_names.is_empty() || key.unread_names {
            return out.pass("subject alternative names are asked for");
        }
        if key.existing.is_some() || key.template.is_some() && key.subject.is_none() {
            return out.not_applicable("the names come from the old certificate or from the directory");
        }
        if key.left_out {
            return out.unknown("whether names are asked for: lines of the INF were left out", request::WHOLE_INF);
        }
        let mut draft = FindingDraft::new(
            &META,
            META.summary,
            "Browsers compare the host name with the subject alternative names alone. Some CAs copy the common name, some do not.",
        )
        .workloads(workloads)
        .remedy(request::write(
            "[Extensions]\n2.5.29.17 = \"{text}\"\n_continue_ = \"dns=<host name>&\"",
        ));
        draft = match &key.subject {
            Some(subject) => draft.evidence(request::evidence(
                asked,
                subject.place,
                &subject.value,
                "the only place for a name",
                true,
            )),
            None => draft.evidence(request::missing(asked, "no subject and no 2.5.29.17")),
        };
        out.fail(draft);
    }
}
