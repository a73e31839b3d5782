//! The certificate is in a user's store, its key in the machine's keyset.

use super::prelude::*;

/// The rule.
pub(super) struct MachineKeysetInUserStore;

static META: RuleMeta = RuleMeta {
    name: "machine-keyset-in-user-store",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::Contributing,
    confidence: Confidence::Possible,
    summary: "the certificate is in a user's store, its key in the machine's keyset",
    sources: &[sources::DOTNET25],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/machine-keyset-in-user-store.md"),
};

impl CredentialRule for MachineKeysetInUserStore {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let key = &c.key;
        if !subject::stored(c) || c.scope() != Scope::User {
            return out.not_applicable("not a certificate of a user's store");
        }
        if !subject::software(c) {
            return out.not_applicable("only keys in files have a user's and a machine's keyset");
        }
        let Some(flag) = &key.flags else {
            return out.unknown("the flags of the key link", remedy::show_command(c));
        };
        if key.machine_keyset() != Some(true) {
            return out.pass("the key link names the user's keyset");
        }
        if cx.workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        out.fail(
            FindingDraft::new(
                &META,
                META.summary,
                "Administrators can open such a key, plain users usually cannot: it works for the one who \
                 imported it and fails for the one who needs it.",
            )
            .evidence(c.evidence(flag.place, "the machine's keyset", true))
            .remedy(repair(c, cx)),
        );
    }
}

/// What a service is bound to belongs into the machine's store, where the key already points; anything else into the user's
/// own keyset.
fn repair(c: &Credential, cx: &Context<'_>) -> Remedy {
    if cx.bound.iter().any(|target| target.workload.server) {
        return remedy::into_machine_store(c, "my", None);
    }
    let (store, id) = (remedy::store_argument(c), c.certutil_id());
    Remedy {
        title: "Import into the user's keyset, from a PFX without the LocalKeySet mark",
        steps: vec![
            Step::cmd(format!("certutil -user -p <password> -exportpfx {store} {id} key.pfx"))
                .place("user")
                .note("if this is denied to the user: as an administrator, who may open the machine's keys"),
            Step::cmd(format!("certutil -user -f -p <password> -importpfx {store} key.pfx")).place("user"),
        ],
        caution: Some("A PFX with the LocalKeySet attribute goes to the machine's keyset again: make it anew without."),
        verify: Some(Verify::new(remedy::show_command(c)).shows("Flags = 0")),
    }
}
