//! Event 36887: the other side ended a handshake with an alert.

use super::prelude::*;
use super::schannel::{self, Teller};
use crate::model::observation::{Observation, Observed};

/// The rule.
pub(super) struct Schannel36887Alert;

static META: RuleMeta = RuleMeta {
    name: "schannel-36887-alert",
    kind: Kind::Dispatch,
    severity: Severity::Note,
    role: Role::Symptom,
    confidence: Confidence::Likely,
    summary: "the other side ended a handshake with an alert (event 36887)",
    sources: &[sources::TLS_ALERTS, sources::CERTIFY73, sources::RUNTIME111251, sources::SCHANNEL_EVENTS],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/schannel-36887-alert.md"),
};

/// What an alert about a certificate or a signature means; `None`: it says nothing of a key.
fn meaning(alert: u32) -> Option<&'static str> {
    Some(match alert {
        51 => {
            "51 decrypt_error: the other side could not verify a signature made with the key. Candidates: cert-key-mismatch, \
             duplicate-certificates-wrong-one-chosen, tpm-rsa-pss, csp-handle-sha1-only-tls."
        }
        42 => {
            "42 bad_certificate: the other side can't read or verify the certificate. It is not about the private key."
        }
        43 => "43 unsupported_certificate: see eku-missing-serverauth. It is not about the private key.",
        44 => "44 certificate_revoked: the certificate is revoked. It is not about the private key.",
        45 => "45 certificate_expired: see cert-expired. It is not about the private key.",
        46 => {
            "46 certificate_unknown: the other side does not accept the certificate, as a rule its issuer or its name; see \
             chain-incomplete-or-untrusted and name-mismatch. It is not about the private key."
        }
        48 => {
            "48 unknown_ca: the other side does not trust the issuer, or the chain is incomplete; see \
             chain-incomplete-or-untrusted. It is not about the private key."
        }
        _ => return None,
    })
}

impl CaseRule for Schannel36887Alert {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        let mut groups: BTreeMap<(u32, Teller), (usize, &Observed)> = BTreeMap::new();
        let mut any = false;
        for (observed, event) in schannel::events(case, &[36_887]) {
            any = true;
            let Some(alert) = event.alert.as_ref().map(|a| a.value).filter(|a| meaning(*a).is_some()) else { continue };
            groups.entry((alert, schannel::teller(event))).or_insert((0, observed)).0 += 1;
        }
        if groups.is_empty() {
            return out.not_applicable(if any {
                "the alerts of the events 36887 say nothing of a certificate or a key"
            } else {
                "no event 36887 is among the inputs"
            });
        }
        let mut concerned = schannel::Concerned::default();
        for ((alert, teller), (count, observed)) in groups {
            let (Observation::Event(event), Some(text)) = (&observed.what, meaning(alert)) else { continue };
            let who =
                if teller.words.is_empty() { String::new() } else { format!(" It is logged for {}.", teller.words) };
            let mut draft = FindingDraft::new(
                &META,
                META.summary,
                format!(
                    "A symptom. Alert {text} The event is logged for outgoing connections as well.{who}{}",
                    schannel::times(count)
                ),
            )
            .subject(format!("{alert} {}", teller.words))
            .evidence(schannel::shown(observed, event, "event 36887"));
            if let Some(place) = event.alert.as_ref().map(|a| a.place) {
                draft = draft.evidence(observed.evidence(place, "the alert", false));
            }
            if alert == 51 {
                draft.related = concerned.of(case, cx, &teller);
            }
            out.fail(draft);
        }
        concerned.tell_cut(out);
    }
}
