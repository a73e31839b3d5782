//! KeySpec 0 is right for a CNG key.

use super::prelude::*;

/// The rule.
pub(super) struct KeyspecZeroKspOk;

static META: RuleMeta = RuleMeta {
    name: "keyspec-zero-ksp-ok",
    kind: Kind::Suppressor,
    severity: Severity::Note,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "KeySpec 0 is right for a CNG key",
    sources: &[sources::X509KEYSPEC, sources::KEYSPEC_DOC, sources::KEY_PROV_INFO_DOC],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/keyspec-zero-ksp-ok.md"),
};

impl CredentialRule for KeyspecZeroKspOk {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, _: &Context<'_>, out: &mut Checks) {
        match (c.key.kind(), &c.key.key_spec) {
            (Some(ProviderKind::Ksp), Some(spec)) if spec.value == KeySpec::NONE => {
                out.pass("KeySpec 0 is correct for a CNG key (provider type 0): it is not the cause");
            }
            _ => out.not_applicable("not a CNG key with KeySpec 0"),
        }
    }
}
