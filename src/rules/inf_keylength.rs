//! A short RSA key.

use super::prelude::*;

/// The rule.
pub(super) struct InfKeylength;

static META: RuleMeta = RuleMeta {
    name: "inf-keylength",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::Hygiene,
    confidence: Confidence::Likely,
    summary: "the RSA key is shorter than 2048 bits",
    sources: &[sources::SP80057, sources::ADVISORY2661254],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/inf-keylength.md"),
};

impl RequestRule for InfKeylength {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, asked: &Asked<'_>, cx: &Context<'_>, out: &mut Checks) {
        let key = asked.request;
        if !matches!(key.form, RequestForm::Inf | RequestForm::Script) {
            return out.not_applicable(request::NOT_AN_INF);
        }
        let _ = cx;
        let Some(length) = &key.key_length else {
            return out.not_applicable("no KeyLength");
        };
        let algorithm = key.key_algorithm.as_ref().map(|a| a.value.to_ascii_uppercase());
        if algorithm.is_some_and(|algorithm| algorithm != "RSA") {
            return out.not_applicable("no RSA key");
        }
        if length.value >= 2048 {
            return out.pass("2048 bits or more");
        }
        out.fail(
            FindingDraft::new(
                &META,
                META.summary,
                "Windows blocks RSA keys under 1024 bits, and CAs and browsers refuse those under 2048.",
            )
            .evidence(request::evidence(asked, length.place, "", "2048 or more", true))
            .remedy(request::write("KeyLength = 2048")),
        );
    }
}
