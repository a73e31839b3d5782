//! A certificate template that gives server certificates signature keys.

use super::prelude::*;

/// The rule.
pub(super) struct TemplateKeyspecSignatureTls;

static META: RuleMeta = RuleMeta {
    name: "template-keyspec-signature-tls",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "every request from this template gets a key that can only sign",
    sources: &[sources::ARTICLE, sources::CRTD],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/template-keyspec-signature-tls.md"),
};

impl RequestRule for TemplateKeyspecSignatureTls {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, asked: &Asked<'_>, cx: &Context<'_>, out: &mut Checks) {
        let key = asked.request;
        if key.form != RequestForm::Template {
            return out.not_applicable("no certificate template");
        }
        let Some(spec) = &key.key_spec else {
            return out.unknown("pKIDefaultKeySpec of the template", "certutil -v -dstemplate <template>");
        };
        if spec.value != 2 {
            return out.pass("pKIDefaultKeySpec is not AT_SIGNATURE");
        }
        match request::purpose(key) {
            Purpose::Server(Confidence::Certain) => {}
            Purpose::Other => return out.pass("signing is all that certificates of this template are for"),
            _ => return out.not_applicable(request::NOT_A_SERVER),
        }
        let kinds = || key.providers.iter().map(|name| provider::kind_of_name(&name.value));
        let csp = key.providers.iter().find(|name| provider::kind_of_name(&name.value) == Some(ProviderKind::Csp));
        if csp.is_none() && !key.providers.is_empty() && kinds().all(|kind| kind == Some(ProviderKind::Ksp)) {
            return out.pass("the template names KSPs alone: KeySpec does not limit their keys");
        }
        let workloads = request::no_signature_keys(cx);
        if workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        let mut draft = FindingDraft::new(
            &META,
            META.summary,
            "The template asks for serverAuth and for a signature key of a CryptoAPI provider. Certificates made from it fail on \
             a TLS server, whatever the request says.",
        )
        .evidence(request::evidence(asked, spec.place, "pKIDefaultKeySpec = 2", "signing only", true))
        .workloads(workloads)
        .remedy(
            remedy::advice(
                "Correct the template",
                "In the template's Request Handling choose the purpose `Signature and encryption`, or set pKIDefaultKeySpec to \
                 1; then enroll again: issued certificates keep their keys.",
            )
            .verified(Verify::new("certutil -v -store my").shows("the new certificate: KeySpec = 1 -- AT_KEYEXCHANGE")),
        );
        if let Some(csp) = csp {
            draft = draft.evidence(request::evidence(asked, csp.place, &csp.value, "a CryptoAPI provider", false));
        } else {
            draft = draft.confidence(Confidence::Possible);
        }
        if let Some(usage) = key.extended_key_usage.first() {
            draft = draft.evidence(request::evidence(asked, usage.place, &usage.value, "for TLS servers", false));
        }
        out.fail(draft.conditions(2));
    }
}
