//! The key link names no container of its own, so every account gets another key.

use super::prelude::*;

/// The rule.
pub(super) struct ContainerNameInconsistent;

static META: RuleMeta = RuleMeta {
    name: "container-name-inconsistent",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "the key link names no container of its own, so every account gets another key",
    sources: &[sources::POSHACME157, sources::FILE_NAMES],
    explains: &["keyset-missing", "cert-key-mismatch"],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/container-name-inconsistent.md"),
};

impl CredentialRule for ContainerNameInconsistent {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        if !subject::stored(c) {
            return out.not_applicable(subject::NOT_STORED);
        }
        let key = &c.key;
        let remark = key.remark(KeyRemark::ContainerNameInconsistent);
        let empty = key.stored_container.as_ref().filter(|n| n.value.trim().is_empty());
        let default = key.container.as_ref().is_some_and(|n| n.value.eq_ignore_ascii_case("DefaultKeys"))
            || key.unique_name.as_ref().is_some_and(|n| {
                container_name::file_prefix(&n.value)
                    .is_some_and(|prefix| container_name::system_container(prefix) == Some("DefaultKeys"))
            });
        let place = match (remark, empty) {
            (Some(remark), _) => remark.place,
            (None, Some(name)) if default => name.place,
            _ if key.association == Association::Linked => return out.pass("the key link names its container"),
            _ => return out.not_applicable("the certificate has no key link"),
        };
        if cx.workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        let mut draft = FindingDraft::new(
            &META,
            META.summary,
            "The stored container name is not that of the container that opens. With an empty name each \
                 account opens its own default container: certutil tests one key, SYSTEM gets another or none. A \
                 passed test is no comfort here, and netsh fails now and then with 1312.",
        )
        .conditions(1 + u8::from(remark.is_some() && empty.is_some()))
        .evidence(c.evidence(place, "not the name of the container that was opened", true));
        if let Some(name) = key.container.as_ref().or(key.unique_name.as_ref()) {
            draft = draft.evidence(c.evidence(name.place, "what was opened instead", false));
        }
        out.fail(
            draft.remedy(remedy::Remedy {
                verify: Some(
                    Verify::new(remedy::show_command(c))
                        .shows("Key Container = a name of its own, and no line Container name inconsistent"),
                ),
                ..remedy::import_from_backup(c, "Import again into a container with a name of its own")
            }),
        );
    }
}
