//! PrivateKeyArchive without a CMC request.

use super::prelude::*;

/// The rule.
pub(super) struct InfPrivateKeyArchiveNeedsCmc;

static META: RuleMeta = RuleMeta {
    name: "inf-private-key-archive-needs-cmc",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "PrivateKeyArchive works only in a CMC request",
    sources: &[sources::CERTREQ],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/inf-private-key-archive-needs-cmc.md"),
};

impl RequestRule for InfPrivateKeyArchiveNeedsCmc {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, asked: &Asked<'_>, cx: &Context<'_>, out: &mut Checks) {
        let key = asked.request;
        if !matches!(key.form, RequestForm::Inf | RequestForm::Script) {
            return out.not_applicable(request::NOT_AN_INF);
        }
        let _ = cx;
        let Some(archive) = key.private_key_archive.as_ref().filter(|archive| archive.value) else {
            return out.not_applicable("no private key is to be archived");
        };
        let kind = key.request_type.as_ref();
        if kind.is_some_and(|kind| kind.value == "CMC") {
            return out.pass("the request is a CMC message");
        }
        let mut draft = FindingDraft::new(
            &META,
            META.summary,
            "The encrypted key travels in an attribute of the CMC message; certreq documents the setting for RequestType = CMC \
             alone, and the default is PKCS10.",
        )
        .evidence(request::evidence(asked, archive.place, "", "the key is to be archived", true))
        .remedy(request::write("RequestType = CMC"));
        if let Some(kind) = kind {
            draft = draft.evidence(request::evidence(asked, kind.place, &kind.value, "no CMC request", false));
        }
        out.fail(draft);
    }
}
