//! Events 36869, 36886, 1057 and 1058: a server has no certificate that it can use.

use super::prelude::*;
use super::schannel::{self, Teller};
use crate::model::event_record::EventRecord;
use crate::model::observation::{Observation, Observed};

/// The rule.
pub(super) struct ServiceCertificateEvents;

static META: RuleMeta = RuleMeta {
    name: "service-certificate-events",
    kind: Kind::Dispatch,
    severity: Severity::Note,
    role: Role::Symptom,
    confidence: Confidence::Likely,
    summary: "a server has no certificate that it can use (events 36869, 36886, 1057, 1058)",
    sources: &[
        sources::KB824035,
        sources::SCHANNEL_EVENTS,
        sources::LDAPS_DOC,
        sources::AZURE_RDP,
        sources::POSHACME_DEPLOY12,
    ],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/service-certificate-events.md"),
};

/// The events.
const EVENTS: [u32; 4] = [36_869, 36_886, 1057, 1058];

/// What an event says, and the rules that decide.
fn says(event: &EventRecord) -> String {
    match event.number() {
        36_869 => "Schannel was given a certificate without a link to a private key. Candidates: key-prov-info-missing, \
                   key-association-repairable, ephemeral-key-0x8009030e. The record does not show which certificate."
            .to_owned(),
        36_886 => "A server that chooses its certificate by itself found none: LDAPS on a domain controller, Remote Desktop. \
                   Servers with a certificate of their own, such as IIS, are not concerned, and where none of them runs it \
                   means nothing. Candidates: ldaps-dc-cert, eku-missing-serverauth, key-prov-info-missing, cert-expired."
            .to_owned(),
        number => {
            let what = if number == 1057 { "make itself a certificate" } else { "replace its own expired certificate" };
            let why = match event.code.as_ref().map(|code| code.value) {
                Some(code) => match hresult::find(code) {
                    Some(known) => format!("The status is 0x{code:08X} {}: {}", known.name, known.meaning),
                    None => format!("The status is 0x{code:08X}."),
                },
                None => "Its last words are the status.".to_owned(),
            };
            format!(
                "Remote Desktop could not {what}. {why} Candidates: machinekeys-folder-acl-broken, \
                 rdp-key-no-network-service, key-file-corrupt. A certificate that is bound to the listener is another one."
            )
        }
    }
}

impl CaseRule for ServiceCertificateEvents {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, _cx: &Context<'_>, out: &mut Checks) {
        let mut groups: BTreeMap<(u32, Option<u32>, Teller), (usize, &Observed)> = BTreeMap::new();
        for (observed, event) in schannel::events(case, &EVENTS) {
            let rdp = event.is_from("TerminalServices-RemoteConnectionManager");
            // Other providers have events with the small numbers, too.
            if schannel::of_client(event) || event.number() < 30_000 && !rdp {
                continue;
            }
            let key = (event.number(), event.code.as_ref().map(|code| code.value), schannel::teller(event));
            groups.entry(key).or_insert((0, observed)).0 += 1;
        }
        if groups.is_empty() {
            return out.not_applicable("no event 36869, 36886, 1057 or 1058 is among the inputs");
        }
        for ((number, code, teller), (count, observed)) in groups {
            let Observation::Event(event) = &observed.what else { continue };
            let who = match number {
                36_869 if !teller.words.is_empty() => format!(" It is used by {}.", teller.words),
                _ => String::new(),
            };
            let mut draft = FindingDraft::new(
                &META,
                META.summary,
                format!("A symptom, not a cause. {}{who}{}", says(event), schannel::times(count)),
            )
            .subject(format!("{number} {:08x} {}", code.unwrap_or(0), teller.words))
            .evidence(schannel::shown(observed, event, "the event"));
            if let Some(code) = &event.code {
                draft = draft.evidence(observed.evidence(code.place, "the status", false));
            }
            out.fail(draft);
        }
    }
}
