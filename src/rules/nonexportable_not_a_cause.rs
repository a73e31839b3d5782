//! A key that is not exportable works like any other.

use super::prelude::*;

/// The rule.
pub(super) struct NonexportableNotACause;

static META: RuleMeta = RuleMeta {
    name: "nonexportable-not-a-cause",
    kind: Kind::Suppressor,
    severity: Severity::Note,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "a key that is not exportable works like any other",
    sources: &[sources::ARTICLE, sources::CHEF621],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/nonexportable-not-a-cause.md"),
};

impl CredentialRule for NonexportableNotACause {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, _: &Context<'_>, out: &mut Checks) {
        let key = &c.key;
        let closed = key.remark(KeyRemark::NotExportable).or_else(|| key.remark(KeyRemark::NotPlainTextExportable));
        let marked = closed.is_some() || matches!(key.exportable, Exportable::No | Exportable::EncryptedOnly);
        if marked && key.any_test_passed() {
            out.pass("the key is not exportable and a test passed: the export flag is not the cause");
        } else {
            out.not_applicable("not a key that is closed to export and works");
        }
    }
}
