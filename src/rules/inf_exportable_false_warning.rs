//! A key that can never be backed up.

use super::prelude::*;

/// The rule.
pub(super) struct InfExportableFalseWarning;

static META: RuleMeta = RuleMeta {
    name: "inf-exportable-false-warning",
    kind: Kind::Fault,
    severity: Severity::Note,
    role: Role::Hygiene,
    confidence: Confidence::Certain,
    summary: "the key can't be exported: there will be no backup",
    sources: &[sources::CERTREQ],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/inf-exportable-false-warning.md"),
};

impl RequestRule for InfExportableFalseWarning {
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
        let (_, _) = (sure, cx);
        let Some(exportable) = key.exportable.as_ref().filter(|exportable| !exportable.value) else {
            return out.not_applicable("Exportable is not FALSE");
        };
        out.fail(
            FindingDraft::new(
                &META,
                META.summary,
                "That is a good choice for a key that stays on one server. It also means: no PFX for a second server or a \
                 rebuild, and none of the repairs that export the key and import it again.",
            )
            .evidence(request::evidence(asked, exportable.place, "", "no export", true)),
        );
    }
}
