//! Event 36871 with the state 10013: a matter of protocols.

use super::prelude::*;
use super::schannel::{self, Teller};
use crate::model::observation::{Observation, Observed};

/// The rule.
pub(super) struct Schannel3687110013NotKey;

/// The rule's name.
pub(super) const NAME: &str = "schannel-36871-10013-not-key";

static META: RuleMeta = RuleMeta {
    name: "schannel-36871-10013-not-key",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "the protocols or cipher suites of the machine leave Schannel nothing to offer (event 36871, state 10013)",
    sources: &[sources::TLS_REGISTRY, sources::AZURE_RDP, sources::SCHANNEL_EVENTS],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/schannel-36871-10013-not-key.md"),
};

/// The state of a credential without a protocol.
const NO_PROTOCOL: u32 = 10_013;

impl CaseRule for Schannel3687110013NotKey {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, _cx: &Context<'_>, out: &mut Checks) {
        let mut groups: BTreeMap<Teller, (usize, &Observed)> = BTreeMap::new();
        let (mut client, mut other) = (false, false);
        for (observed, event) in schannel::events(case, &[36_871]) {
            if event.state.as_ref().is_none_or(|s| s.value != NO_PROTOCOL) {
                other = true;
            } else if schannel::of_client(event) {
                client = true;
            } else {
                groups.entry(schannel::teller(event)).or_insert((0, observed)).0 += 1;
            }
        }
        if groups.is_empty() {
            return out.not_applicable(match (client, other) {
                (true, _) => "the events 36871 with the state 10013 are about outgoing connections",
                (_, true) => "the events 36871 show another state, of which no meaning is published",
                _ => "no event 36871 is among the inputs",
            });
        }
        for (teller, (count, observed)) in groups {
            let Observation::Event(event) = &observed.what else { continue };
            let who =
                if teller.words.is_empty() { String::new() } else { format!(" It is logged for {}.", teller.words) };
            // A record that does not say whose side it is can be about an outgoing connection.
            let confidence = if event.side.is_some() { Confidence::Likely } else { Confidence::Possible };
            let mut draft = FindingDraft::new(
                &META,
                META.summary,
                format!(
                    "The protocols that the machine allows and those that the program asks for have none in common. The \
                     private key plays no part in it: this event says nothing against a certificate.{who}{}",
                    schannel::times(count)
                ),
            )
            .confidence(confidence)
            .subject(teller.words.clone())
            .evidence(schannel::shown(observed, event, "event 36871"))
            .remedy(Remedy {
                title: "Compare the protocols that are switched off with those that the program needs",
                steps: vec![
                    Step::cmd("reg query HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols /s"),
                    Step::text(
                        "Allow TLS 1.2 for the program (for .NET: SchUseStrongCrypto and SystemDefaultTlsVersions), rather \
                         than an old protocol for the machine.",
                    ),
                ],
                caution: None,
                verify: None,
            });
            if let Some(state) = &event.state {
                draft = draft.evidence(observed.evidence(state.place, "the state", false));
            }
            out.fail(draft);
        }
    }
}
