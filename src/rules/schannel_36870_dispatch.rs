//! Event 36870: Schannel could not access a private key.

use super::prelude::*;
use super::schannel::{self, Teller};
use crate::model::observation::Observed;

/// The rule.
pub(super) struct Schannel36870Dispatch;

static META: RuleMeta = RuleMeta {
    name: "schannel-36870-dispatch",
    kind: Kind::Dispatch,
    severity: Severity::Note,
    role: Role::Symptom,
    confidence: Confidence::Likely,
    summary: "Schannel could not access a private key (event 36870)",
    sources: &[sources::ARTICLE, sources::APPV_DOC, sources::KB238187, sources::SCHANNEL_EVENTS],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/schannel-36870-dispatch.md"),
};

/// What a code says, and the rules that decide.
fn candidates(code: u32) -> (&'static str, &'static str) {
    match code {
        0x8009_0016 => (
            "the keyset does not exist, or the account may not open it",
            "keyset-missing, user-keyset-in-machine-store, key-file-absent, key-file-no-system-access",
        ),
        0x8009_000D => ("the container holds no key of that KeySpec", "keyspec-signature-on-csp, keyspec-zero-on-csp"),
        0x8009_001A => ("the key file is damaged", "key-file-corrupt"),
        0x8009_0022 => {
            ("the key asks for a password or a consent, and a service can't answer", "strong-key-protection-silent")
        }
        0x8009_0014 => (
            "the provider type is invalid: a CNG key for a caller of CryptoAPI",
            "provider-type-name-mismatch, keyspec-nonzero-on-ksp, dotnet-privatekey-cng",
        ),
        0x8009_0013 | 0x8009_001D | 0x8009_001E => (
            "the provider is not there or does not load",
            "provider-unknown, provider-third-party, provider-type-name-mismatch",
        ),
        0x8009_0030 => (
            "the device of the key is not ready: a TPM, an HSM, an isolated key",
            "vbs-isolated-key-lost, provider-third-party, tpm-key-size-limit",
        ),
        0x8009_000B => (
            "the key is protected by another machine's or account's secret",
            "dpapi-key-not-valid-for-state, machineguid-mismatch",
        ),
        0x8009_0010 | 0x8007_0005 => (
            "access is denied",
            "key-file-no-system-access, key-file-service-account-no-read, procmon-key-access-denied",
        ),
        0x8009_030E => {
            ("there is no credential: as a rule a key that only the memory holds", "ephemeral-key-0x8009030e")
        }
        0x8009_0027 => (
            "a parameter is refused: by a vendor's provider the KeySpec or a flag of the key link, or a container's name",
            "keyspec-nonzero-on-ksp, provider-third-party, pfx-friendlyname-container-collision",
        ),
        0x8009_0029 => ("the provider does not support it", "tpm-rsa-pss, tpm-key-size-limit"),
        0x8010_0000..=0x8010_FFFF => ("a smart card or its reader is not there", "smartcard-or-token-absent"),
        0x8009_030D => (
            "the key can't be used, and the code does not say why",
            "key-prov-info-missing, user-keyset-in-machine-store, keyset-missing, key-file-absent, \
             key-file-no-system-access, key-file-service-account-no-read, keyspec-signature-on-csp",
        ),
        _ => ("no rule of its own", "keyset-missing, key-file-no-system-access"),
    }
}

impl CaseRule for Schannel36870Dispatch {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        // One finding per code and process: the event is logged at every attempt.
        let mut groups: BTreeMap<(Option<u32>, Teller), (usize, &Observed)> = BTreeMap::new();
        let mut any = false;
        for (observed, event) in schannel::events(case, &[36_870]) {
            any = true;
            if schannel::of_client(event) {
                continue;
            }
            let key = (event.code.as_ref().map(|c| c.value), schannel::teller(event));
            groups.entry(key).or_insert((0, observed)).0 += 1;
        }
        if groups.is_empty() {
            return out.not_applicable(if any {
                "the events 36870 are all about a client's key"
            } else {
                "no event 36870 is among the inputs"
            });
        }
        let mut concerned = schannel::Concerned::default();
        for ((code, teller), (count, observed)) in groups {
            let crate::model::observation::Observation::Event(event) = &observed.what else { continue };
            let what = match code {
                Some(code) => {
                    let (says, rules) = candidates(code);
                    let own = if teller.workload == Some("wac") { ", wac-cng-acl" } else { "" };
                    format!("The code 0x{code:08X} says: {says}. Candidates: {rules}{own}.")
                }
                None => {
                    "The record shows no code: without it nothing chooses between a key that is missing, denied or of \
                         the wrong kind."
                        .to_owned()
                }
            };
            let who = if teller.words.is_empty() {
                " The record names no process: any Schannel server of the machine can be meant.".to_owned()
            } else {
                format!(" The key is used by {}.", teller.words)
            };
            let side = if event.side.is_none() {
                " It does not show whether a server's or a client's key is meant."
            } else {
                ""
            };
            let mut draft = FindingDraft::new(
                &META,
                META.summary,
                format!("A symptom, not a cause. {what}{who}{side}{}", schannel::times(count)),
            )
            .subject(format!("{:08x} {}", code.unwrap_or(0), teller.words))
            .evidence(schannel::shown(observed, event, "event 36870"))
            .remedy(schannel::separate(&teller));
            if let Some(code) = &event.code {
                draft = draft.evidence(observed.evidence(code.place, "the code", false));
            }
            if let Some(process) = &event.process {
                draft = draft.evidence(observed.evidence(process.place, "whose key it is", false));
            }
            draft.related = concerned.of(case, cx, &teller);
            out.fail(draft);
        }
        concerned.tell_cut(out);
    }
}
