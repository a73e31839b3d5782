//! Events 36874 and 36888 with the alert 40: a handshake without a common cipher suite.

use super::prelude::*;
use super::schannel::{self, Teller};
use crate::model::observation::{Observation, Observed};

/// The rule.
pub(super) struct Schannel368743688840;

static META: RuleMeta = RuleMeta {
    name: "schannel-36874-36888-40",
    kind: Kind::Dispatch,
    severity: Severity::Note,
    role: Role::Symptom,
    confidence: Confidence::Likely,
    summary: "a handshake found no common cipher suite (events 36874, 36888)",
    sources: &[sources::KEYSPEC_DOC, sources::TLS_ALERTS, sources::SCHANNEL_EVENTS],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/schannel-36874-36888-40.md"),
};

/// TLS alert handshake_failure.
const HANDSHAKE_FAILURE: u32 = 40;

impl CaseRule for Schannel368743688840 {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        let mut groups: BTreeMap<(u32, Teller), (usize, &Observed)> = BTreeMap::new();
        let mut any = false;
        for (observed, event) in schannel::events(case, &[36_874, 36_888]) {
            any = true;
            let number = event.number();
            if number == 36_888 && event.alert.as_ref().is_none_or(|a| a.value != HANDSHAKE_FAILURE) {
                continue;
            }
            groups.entry((number, schannel::teller(event))).or_insert((0, observed)).0 += 1;
        }
        if groups.is_empty() {
            return out.not_applicable(if any {
                "the events 36888 show another alert than 40"
            } else {
                "no event 36874 or 36888 is among the inputs"
            });
        }
        let mut concerned = schannel::Concerned::default();
        for ((number, teller), (count, observed)) in groups {
            let Observation::Event(event) = &observed.what else { continue };
            let who =
                if teller.words.is_empty() { String::new() } else { format!(" It is logged for {}.", teller.words) };
            let mut draft = FindingDraft::new(
                &META,
                META.summary,
                format!(
                    "A symptom, and by itself no sign against a key: scanners and old clients cause it on healthy servers. \
                     If every client is refused, look first for KeySpec 2 in a CryptoAPI provider \
                     (keyspec-signature-on-csp, adfs-keyspec), then whether the suites fit the certificate \
                     (ecdsa-key-on-rsa-workload, ku-digital-signature-only-rsa-kx), then at the protocols.{who}{}",
                    schannel::times(count)
                ),
            )
            .subject(format!("{number} {}", teller.words))
            .evidence(schannel::shown(observed, event, if number == 36_874 { "event 36874" } else { "event 36888" }));
            if let Some(alert) = &event.alert {
                draft = draft.evidence(observed.evidence(alert.place, "the alert", false));
            }
            draft.related = concerned.of(case, cx, &teller);
            out.fail(draft);
        }
        concerned.tell_cut(out);
    }
}
