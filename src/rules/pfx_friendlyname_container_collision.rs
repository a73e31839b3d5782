//! The container has a name that a PFX brought along.

use super::prelude::*;

/// The rule.
pub(super) struct PfxFriendlynameContainerCollision;

static META: RuleMeta = RuleMeta {
    name: "pfx-friendlyname-container-collision",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::Contributing,
    confidence: Confidence::Possible,
    summary: "the container has a name that a PFX brought along",
    sources: &[sources::ICE5973, sources::OCTOPUS, sources::PFX_IMPORT],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/pfx-friendlyname-container-collision.md"),
};

impl CredentialRule for PfxFriendlynameContainerCollision {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let key = &c.key;
        let Some(name) = key.container.as_ref().or(key.stored_container.as_ref()) else {
            return out.not_applicable("no container name is shown");
        };
        if cx.workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        if !matches!(c.origin, Origin::StoreDump | Origin::CertificateFile | Origin::Pfx)
            || !container_name::is_brought(&name.value)
        {
            return out.pass("the container's name is one that Windows makes");
        }
        if c.origin != Origin::Pfx && !subject::software(c) {
            return out.not_applicable("the key is not in a file");
        }
        let odd = name.value.chars().any(|ch| !ch.is_ascii_alphanumeric() && !"-_.{}".contains(ch));
        let refused = [0x8009_0027, 0x8007_0057].into_iter().find_map(|code| subject::code(c, code));
        let failing = subject::symptom(c, 0x8009_030D).filter(|_| key.any_test_passed());
        let draft = FindingDraft::new(
            &META,
            META.summary,
            "Windows takes the friendly name in a PFX as the name of the container. Two imports with \
                 the same name share or overwrite one container, and names with blanks or special characters break \
                 some callers of CNG.",
        )
        .evidence(c.evidence(name.place, "not a name that Windows makes", true))
        .remedy(remedy::advice(
            "Make the PFX without a friendly name for the key",
            "openssl pkcs12 -export without -name writes none; then import again.",
        ));
        match (refused, failing) {
            (Some(code), _) if odd => out.fail(draft.role(Role::RootCause).conditions(2).evidence(c.evidence(
                code.place,
                "what callers of CNG answer to such a name",
                false,
            ))),
            (_, Some(code)) => out.fail(draft.role(Role::RootCause).conditions(2).evidence(c.evidence(
                code.place,
                "fails now and then, although the key opens",
                false,
            ))),
            _ if c.origin == Origin::Pfx && odd => out.fail(draft),
            _ => out.pass("the name alone does no harm here"),
        }
    }
}

impl CaseRule for PfxFriendlynameContainerCollision {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        // Several certificates on one container that is named like a friendly name.
        for group in subject::sharing(case, cx) {
            let named = |e: &&IndexEntry| {
                let c = case.credential(e.id)?;
                let name = c.key.container.as_ref().or(c.key.stored_container.as_ref())?;
                let friendly = c.certificate.as_ref()?.friendly_name.as_ref()?;
                (container_name::is_brought(&name.value) && friendly.value.trim() == name.value.trim())
                    .then_some((c, name))
            };
            let Some((c, name)) = group.iter().find_map(named) else { continue };
            let mut draft = FindingDraft::new(
                &META,
                META.summary,
                "Windows takes the friendly name in a PFX as the name of the container. Several \
                 certificates share this one container because their PFX files had the same friendly name: the \
                 next import overwrites the key, and deleting one takes it from the others.",
            )
            .conditions(2)
            .evidence(c.evidence(name.place, "the friendly name as container name", true))
            .remedy(remedy::advice(
                "Make each PFX without a friendly name for the key",
                "openssl pkcs12 -export without -name writes none; then import again.",
            ));
            draft.related = group.iter().map(|e| e.id).filter(|id| *id != c.id).collect();
            out.about(Some(c.id)).fail(draft);
        }
        out.about(None).pass("no other container is shared under a friendly name");
    }
}
