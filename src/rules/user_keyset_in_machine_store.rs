//! The certificate is in the machine's store, its key in a user's keyset.

use super::prelude::*;

/// The rule.
pub(super) struct UserKeysetInMachineStore;

static META: RuleMeta = RuleMeta {
    name: "user-keyset-in-machine-store",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "the certificate is in the machine's store, its key in a user's keyset",
    sources: &[sources::IIS7_STOPS, sources::CERTREQ, sources::PUPPET74],
    explains: &["keyset-missing", "pfx-import-not-persisted", "dump-taken-unelevated"],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/user-keyset-in-machine-store.md"),
};

/// Workloads that run as the user whose keyset it may be.
const PERSONAL: &[&str] =
    &["code-signing", "smart-card", "document-encryption", "exchange-online", "azure-stack", "always-encrypted"];

impl CredentialRule for UserKeysetInMachineStore {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let key = &c.key;
        // The directory's own store is read by SYSTEM.
        let directory = c.scope() == Scope::Service
            && c.printed_store_name().is_some_and(|name| name.to_ascii_lowercase().starts_with("ntds\\"));
        if !subject::stored(c) || !directory && !matches!(c.scope(), Scope::Machine | Scope::Unknown) {
            return out.not_applicable("not a certificate of a machine's store");
        }
        let hello = subject::class(c) == Some(ProviderClass::Hello) && c.scope() == Scope::Machine;
        if key.provider.is_some() && !subject::software(c) && !hello {
            return out.not_applicable(
                "only keys in files have a user's and a machine's keyset; this provider's flags say nothing",
            );
        }
        let Some(flag) = &key.flags else {
            return out.unknown("the flags of the key link", remedy::show_command(c));
        };
        if key.machine_keyset() == Some(true) {
            return out.pass("the key link names the machine's keyset");
        }
        let workloads: Vec<Target> =
            cx.workloads.iter().filter(|t| !PERSONAL.contains(&t.workload.name)).copied().collect();
        if workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        let known = c.scope() == Scope::Machine;
        let mut draft = FindingDraft::new(
            &META,
            META.summary,
            "Services run as SYSTEM or a service account and look for the key in the machine's keyset. \
                 This key is in the profile of the user who imported or requested it: it works while that user's \
                 keys are loaded, at the latest after a restart it is gone for the service, with 0x80070520 in IIS \
                 and event 36870.",
        )
        .confidence(if known { Confidence::Certain } else { Confidence::Possible })
        .conditions(2 + u8::from(subject::missing_keyset(c).is_some()))
        .workloads(workloads)
        .evidence(c.evidence(flag.place, "without 0x20 the keyset is a user's", true));
        if let Some(scope) = c.store.as_ref().and_then(|s| s.scope.as_ref()).filter(|_| known) {
            draft = draft.evidence(c.evidence(scope.place, "the machine's store", false));
        }
        if hello {
            let title =
                "Make a new key and certificate in the machine's keyset: a key of Windows Hello stays its user's";
            return out.fail(draft.remedy(remedy::new_key(c, provider::SOFTWARE_KSP, title)));
        }
        if directory {
            return out.fail(draft.remedy(remedy::advice(
                "Export from that user's store, and import into the directory's",
                "In the MMC's Certificates snap-in: the user account whose keyset holds the key for the export, then the \
                 service account Active Directory Domain Services, NTDS\\Personal, for the import of the PFX.",
            )));
        }
        if remedy::stays_inside(c) {
            let title = "Make a new key and certificate in the machine's keyset: this key can't be exported";
            return out.fail(draft.remedy(remedy::new_key(c, remedy::own_provider(c), title)));
        }
        let (store, id) = (remedy::store_argument(c), c.certutil_id());
        out.fail(draft.remedy(Remedy {
            title: "Export from that user's store, and import into the machine's",
            steps: vec![
                    Step::cmd(format!("certutil -user -p <password> -exportpfx {store} {id} key.pfx"))
                        .note(
                            "as the user in whose profile the key is; without -user where the certificate is in the \
                             machine's store alone",
                        ),
                    Step::cmd("certutil -p <password> -dump key.pfx")
                        .note("stop here unless it says that a test passed: delete nothing before"),
                    Step::cmd(format!("certutil -delstore {store} {id}")),
                    Step::cmd(format!(
                        "certutil -f -p <password> -importpfx {store} key.pfx{}",
                        remedy::exchange_modifier(c)
                    )),
                    Step::text(remedy::PERMISSIONS_AGAIN),
                ],
            caution: Some("If the key can't be exported, request a new one with MachineKeySet = TRUE."),
            verify: Some(Verify::new(remedy::show_command(c)).shows("CRYPT_MACHINE_KEYSET -- 20 (32)")),
        }));
    }
}
