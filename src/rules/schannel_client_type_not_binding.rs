//! Events about a client's key say nothing of a binding.

use super::prelude::*;
use super::schannel;

/// The rule.
pub(super) struct SchannelClientTypeNotBinding;

static META: RuleMeta = RuleMeta {
    name: "schannel-client-type-not-binding",
    kind: Kind::Suppressor,
    severity: Severity::Note,
    role: Role::Symptom,
    confidence: Confidence::Certain,
    summary: "events about a client's credential are not about the server's binding",
    sources: &[sources::SCHANNEL_EVENTS],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/schannel-client-type-not-binding.md"),
};

impl CaseRule for SchannelClientTypeNotBinding {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        let mut counts: BTreeMap<(u32, String), usize> = BTreeMap::new();
        for (_, event) in schannel::events(case, &[36_870, 36_871]).filter(|(_, e)| schannel::of_client(e)) {
            let process = event.process.as_ref().map_or_else(String::new, |p| format!(" of {}", p.value));
            let count = counts.entry((event.number(), process)).or_default();
            *count = count.saturating_add(1);
        }
        if counts.is_empty() {
            return out.not_applicable("no event 36870 or 36871 about a client is among the inputs");
        }
        // Told at the certificates for which somebody could take it for the cause.
        let (concerned, cut) = schannel::concerned(case, cx, None);
        for ((number, process), count) in counts {
            let times = if count > 1 { format!(", {count} times,") } else { String::new() };
            let reason = format!(
                "event {number}{process}{times} is about a client's credential, not about a server's certificate"
            );
            if concerned.is_empty() {
                out.pass(reason);
                continue;
            }
            for id in &concerned {
                out.about(Some(*id)).pass(reason.clone());
            }
        }
        schannel::tell_cut(cut, out);
    }
}
