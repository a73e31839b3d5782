//! The key file is there, but its protection can't be opened.

use super::key_use_refused;
use super::prelude::*;

/// The rule.
pub(super) struct DpapiKeyNotValidForState;

static META: RuleMeta = RuleMeta {
    name: "dpapi-key-not-valid-for-state",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::RootCause,
    confidence: Confidence::Possible,
    summary: "the key file is there, but its protection can't be opened",
    sources: &[sources::WINERROR, sources::ADAL1083],
    explains: &["keyset-missing"],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/dpapi-key-not-valid-for-state.md"),
};

impl CredentialRule for DpapiKeyNotValidForState {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let Some(code) = subject::code(c, 0x8009_000B) else {
            return out.not_applicable("0x8009000B is not shown for this key");
        };
        if !matches!(subject::class(c), Some(ProviderClass::Software) | None) {
            return out.not_applicable("the key is not in a file that DPAPI protects");
        }
        if cx.workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        let command = c.surroundings.command.as_ref().map(|f| f.value.to_ascii_lowercase());
        let export = command.as_ref().is_some_and(|v| v.contains("export") || v.contains("mergepfx"));
        // On the line of a failed test it is a use, whatever else was tried.
        let use_failed = subject::failed_test(c).is_some_and(|test| subject::is_of_test(code, test));
        if !use_failed && (export || c.key.remark(KeyRemark::NotExportable).is_some()) {
            return out.pass("0x8009000B on an export says only that the key may not be exported");
        }
        if command.is_none() && !use_failed {
            return out.unknown("whether 0x8009000B came from a use or from an export", remedy::show_command(c));
        }
        out.fail(closed(c.evidence(code.place, USE, true), c));
    }
}

/// What 0x8009000B is about.
const USE: &str = "on a use of the key";

fn closed(evidence: Evidence, c: &Credential) -> FindingDraft {
    FindingDraft::new(
        &META,
        META.summary,
        "0x8009000B on a use of the key, not on an export, is what a key file gives whose DPAPI protection cannot be opened: \
         after a restore of the key files alone, a move of the disk, or a reset of the owner's password.",
    )
    .evidence(evidence)
    .remedy(remedy::import_from_backup(c, "Import the key again from a PFX"))
}

impl CaseRule for DpapiKeyNotValidForState {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        for refusal in key_use_refused::refusals_by(case, cx, 0x8009_000B) {
            let c = refusal.credential;
            let told = subject::code(c, 0x8009_000B).is_some() || c.key.any_test_passed();
            let software = matches!(subject::class(c), Some(ProviderClass::Software) | None);
            if let Some(reason) = refusal.reason(0x8009_000B, USE).filter(|_| software && !told) {
                out.about(Some(c.id)).fail(closed(reason, c).workloads(refusal.targets));
            }
        }
    }
}
