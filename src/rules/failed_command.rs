//! A command of certutil that failed with a code that is known.

use super::key_access;
use super::prelude::*;

/// The rule.
pub(super) struct FailedCommand;

static META: RuleMeta = RuleMeta {
    name: "failed-command",
    kind: Kind::Dispatch,
    severity: Severity::Note,
    role: Role::Symptom,
    confidence: Confidence::Likely,
    summary: "a command of certutil failed",
    sources: &[sources::WINERROR, sources::KB238187, sources::PFX_IMPORT],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/failed-command.md"),
};

/// Commands whose failure stands for itself. That a store or a key could not be shown, other rules weigh.
const VERBS: [&str; 6] = ["importpfx", "exportpfx", "mergepfx", "repairstore", "dump", "addstore"];

/// HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND).
const NO_FILE: u32 = 0x8007_0002;

/// The rules that decide, by command and code.
fn candidates(verb: &str, code: u32) -> &'static str {
    match (verb, code) {
        ("importpfx" | "dump" | "mergepfx", 0x8007_0056) => {
            " Candidates: pfx-modern-encryption-old-windows, pfx-empty-vs-null-password."
        }
        ("importpfx", 0x8007_0005 | 0x8009_000F) => {
            " Candidates: machinekeys-folder-acl-broken, or the prompt was not elevated."
        }
        ("repairstore", 0x8009_0030) => {
            " Candidates: smartcard-or-token-absent, provider-third-party, vbs-isolated-key-lost."
        }
        ("exportpfx", 0x8009_000B) => " A key that can't be exported is no fault where it stands.",
        _ => "",
    }
}

impl CaseRule for FailedCommand {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, _cx: &Context<'_>, out: &mut Checks) {
        let mut groups: BTreeMap<(String, u32), (usize, Evidence)> = BTreeMap::new();
        for failure in &case.failures {
            let verb = failure.verb.as_deref().unwrap_or_default().to_ascii_lowercase();
            // A file that is not there says nothing of a key.
            let known = hresult::find(failure.code.value).is_some_and(|known| known.value != NO_FILE);
            if !VERBS.contains(&verb.as_str()) || !known {
                continue;
            }
            let evidence = Evidence { primary: true, ..key_access::code_evidence(failure, "the code") };
            groups.entry((verb, failure.code.value)).or_insert((0, evidence)).0 += 1;
        }
        if groups.is_empty() {
            return out.not_applicable("no command that stores, repairs or reads a key failed with a known code");
        }
        for ((verb, code), (count, evidence)) in groups {
            let Some(known) = hresult::find(code) else { continue };
            let times = if count > 1 { format!(" It failed so {count} times.") } else { String::new() };
            let message = format!(
                "A symptom, not a cause. certutil -{verb} failed with 0x{code:08X} {}. {}{}{times}",
                known.name,
                known.meaning,
                candidates(&verb, code)
            );
            out.fail(
                FindingDraft::new(&META, META.summary, message)
                    .subject(format!("{verb} {code:08x}"))
                    .evidence(evidence)
                    .remedy(remedy::advice(
                        "Repeat the command from an elevated prompt, and give keyspect the file that it was about",
                        "Of a PFX keyspect tells whether a password opens it and which Windows reads its encryption.",
                    )),
            );
        }
    }
}
