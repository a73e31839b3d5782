//! A signature key is right for AD FS token signing.

use super::prelude::*;

/// The rule.
pub(super) struct AdfsTokenSigningKeyspec2Normal;

static META: RuleMeta = RuleMeta {
    name: "adfs-token-signing-keyspec2-normal",
    kind: Kind::Suppressor,
    severity: Severity::Note,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "a signature key is right for AD FS token signing",
    sources: &[sources::KEYSPEC_DOC],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/adfs-token-signing-keyspec2-normal.md"),
};

impl CredentialRule for AdfsTokenSigningKeyspec2Normal {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let signature = subject::key_spec(c).is_some_and(|k| k.value == KeySpec::SIGNATURE);
        let asked = !subject::named(cx, &["ad-fs-token-signing"]).is_empty();
        if asked && signature && subject::kind_is(c, ProviderKind::Csp) {
            out.pass("AD FS takes KeySpec 1 and 2 for token signing: KeySpec 2 is not the cause");
        } else {
            out.not_applicable("not a signature key for AD FS token signing");
        }
    }
}
