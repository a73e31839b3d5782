//! Several certificates share one key container.

use super::prelude::*;

/// The rule.
pub(super) struct SharedKeyContainer;

static META: RuleMeta = RuleMeta {
    name: "shared-key-container",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::Contributing,
    confidence: Confidence::Possible,
    summary: "several certificates share one key container",
    sources: &[sources::DBATOOLS10724, sources::MSAL6020],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/shared-key-container.md"),
};

impl CaseRule for SharedKeyContainer {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        for group in subject::sharing(case, cx) {
            let Some(first) = group.first() else { continue };
            let mut draft = FindingDraft::new(
                &META,
                META.summary,
                "Deleting one of these certificates together with its key takes the key from the others as \
                 well, as a clean-up after a renewal does.",
            )
            .conditions(1);
            draft.related = group.iter().skip(1).map(|e| e.id).collect();
            for (n, entry) in group.iter().take(cx.limits.excerpt_lines).enumerate() {
                if let Some(c) = case.credential(entry.id)
                    && let Some(name) = c.key.stored_container.as_ref().or(c.key.unique_name.as_ref())
                {
                    let label = if n == 0 { "this container" } else { "the same container" };
                    draft = draft.evidence(c.evidence(name.place, label, n == 0));
                }
            }
            out.about(Some(first.id)).fail(draft.remedy(remedy::advice(
                "Never delete the key with one of them",
                "Delete the old certificate without its key (certutil -delstore leaves the key), or import \
                 each certificate from its own PFX so that each has its own container.",
            )));
        }
        out.about(None).pass("no other container is shared");
    }
}
