//! The key was imported only for as long as a program ran.

use super::key_access;
use super::key_file_absent::KeyFiles;
use super::prelude::*;

/// The rule.
pub(super) struct PfxImportNotPersisted;

static META: RuleMeta = RuleMeta {
    name: "pfx-import-not-persisted",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "the key was imported only for as long as a program ran",
    sources: &[sources::BC130, sources::COREFX36542, sources::RUNTIME97121, sources::POSHACME_IMPORT],
    explains: &["keyset-missing"],
    standing: Standing::Withdrawable,
    doc: include_str!("../../docs/rules/pfx-import-not-persisted.md"),
};

impl CredentialRule for PfxImportNotPersisted {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let key = &c.key;
        if c.origin != Origin::StoreDump || key.association != Association::Linked {
            return out.not_applicable("not a stored certificate with a key link");
        }
        let Some(missing) = subject::missing_keyset(c).filter(|_| !key.any_test_passed()) else {
            return out.not_applicable("the keyset is not shown as missing");
        };
        let workloads = subject::servers(cx);
        if workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        let Some(name) = key.stored_container.as_ref().filter(|n| container_name::is_import_name(&n.value)) else {
            return out.pass("the container's name is not one that an import makes");
        };
        if !subject::software(c) {
            return out.not_applicable("the key is not in a file");
        }
        let mut draft = FindingDraft::new(
                &META,
                META.summary,
                if key.unpersisted.is_some() {
                    "A script imports a PFX without PersistKeySet: Windows deletes the container as soon as the program lets go \
                     of the certificate, and the key link stays behind. The container has a name that an import makes."
                } else {
                "A container named by a GUID in braces comes from an import. When a .NET program imports \
                 without PersistKeySet, Windows deletes the container as soon as the program lets go of the \
                 certificate, and the key link stays behind. The dump alone cannot prove it: the log or script of \
                 the import would."
                },
            )
            .confidence(if key.unpersisted.is_some() { Confidence::Likely } else { Confidence::Possible })
            .conditions(2)
            .workloads(workloads)
            .evidence(c.evidence(missing, "the key is gone, or closed to this account", true))
            .evidence(c.evidence(name.place, "a name that an import makes", false))
            .remedy(Remedy {
                title: "Import again in a way that keeps the key",
                steps: vec![
                    Step::text("in .NET: X509KeyStorageFlags.MachineKeySet | X509KeyStorageFlags.PersistKeySet; or:"),
                    Step::cmd(format!(
                        "certutil -f -p <password> -importpfx {} key.pfx{}",
                        remedy::store_argument(c),
                        remedy::exchange_modifier(c)
                    )),
                    Step::text(remedy::PERMISSIONS_AGAIN),
                ],
                caution: Some(
                    "A later program that loads the same PFX without PersistKeySet deletes the container again.",
                ),
                verify: Some(Verify::new(remedy::show_command(c)).shows(remedy::passed_test(c))),
            });
        if let Some(place) = key.unpersisted {
            draft = draft.evidence(c.evidence(place, "the import that keeps no key", false));
        }
        out.fail(draft);
    }
}

/// Another artifact that shows the key takes the suspicion back: a pass about the credential withdraws the finding
/// ([`judge::findings`]).
impl CaseRule for PfxImportNotPersisted {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        let suspect = |c: &Credential| subject::missing_keyset(c).is_some() && subject::software(c);
        let judged = key_access::judged(case, cx);
        if !judged.iter().any(|(c, _)| suspect(c)) {
            return;
        }
        let files = KeyFiles::of(case);
        // The containers that open for another sighting: in a user's store, under another certificate.
        let opened: BTreeSet<String> = case
            .kept
            .iter()
            .filter(|c| c.key.any_test_passed())
            .filter_map(|c| c.key.stored_container.as_ref())
            .map(|name| name.value.to_lowercase())
            .collect();
        for (c, _) in judged.iter().filter(|(c, _)| suspect(c)) {
            let out = out.about(Some(c.id));
            if let Some(why) = files.shown(c) {
                out.pass(why);
            } else if c.key.stored_container.as_ref().is_some_and(|name| opened.contains(&name.value.to_lowercase())) {
                out.pass("the container opens for another account or certificate: it was not deleted");
            }
        }
    }
}
