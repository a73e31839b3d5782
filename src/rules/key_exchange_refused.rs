//! A program says that the key of its certificate can't exchange keys.

use super::prelude::*;
use super::schannel;
use crate::case::credential::subject_key;
use crate::limits::EVENT_CERTIFICATES;
use crate::model::event;
use crate::model::event_record::EventRecord;
use crate::model::fact::{Fact, Place};
use crate::model::observation::Observed;
use crate::model::service_setting::OPS_MGR_KEY;

/// The rule.
pub(super) struct KeyExchangeRefused;

static META: RuleMeta = RuleMeta {
    name: "key-exchange-refused",
    kind: Kind::Dispatch,
    severity: Severity::Note,
    role: Role::Symptom,
    confidence: Confidence::Likely,
    summary: "a program says that the key of its certificate can't be used for key exchange",
    sources: &[sources::SHIR_DOC, sources::SCOM_GATEWAY, sources::WCF_KEY_EXCHANGE],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/key-exchange-refused.md"),
};

/// The event of Operations Manager about the KeySpec of its certificate.
const OPS_MGR_KEYSPEC: u32 = 20_069;

/// What a program says, how often.
struct Said<'a> {
    count: usize,
    observed: &'a Observed,
    /// The subject as it is printed.
    subject: &'a Fact<String>,
    /// The code of the inner exception.
    inner: Option<(&'a Observed, Place)>,
}

impl CaseRule for KeyExchangeRefused {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, _: &Context<'_>, out: &mut Checks) {
        let mut said: BTreeMap<String, Said<'_>> = BTreeMap::new();
        for (observed, error) in case.errors() {
            let Some(subject) = &error.subject else { continue };
            let own = Said { count: 0, observed, subject, inner: None };
            let entry = said.entry(subject_key(&subject.value)).or_insert(own);
            // An inner exception in a line of its own has the place of the message that names the subject.
            entry.count += usize::from(subject.place.line == error.text.place.line);
            if entry.inner.is_none() {
                entry.inner = error.code.as_ref().map(|code| (observed, code.place));
            }
        }
        let keyspec = |e: &EventRecord| {
            e.number() == OPS_MGR_KEYSPEC
                && e.provider.as_ref().is_some_and(|p| p.value.eq_ignore_ascii_case(event::OPS_MGR))
        };
        let events: Vec<_> = case.events().filter(|(_, e)| keyspec(e)).collect();
        if said.is_empty() && events.is_empty() {
            return out.not_applicable("no message about a key that can't exchange keys is among the inputs");
        }
        let mut by_subject: BTreeMap<String, Vec<CredentialId>> = BTreeMap::new();
        let mut of_ops_mgr = Vec::new();
        for c in &case.kept {
            if let Some(subject) = c.certificate.as_ref().and_then(|c| c.subject.as_ref()) {
                by_subject.entry(subject_key(&subject.value)).or_default().push(c.id);
            }
            if c.bound.iter().any(|bound| bound.workload == "scom") {
                of_ops_mgr.push(c.id);
            }
        }
        let mut cut = of_ops_mgr.len() > EVENT_CERTIFICATES;
        of_ops_mgr.truncate(EVENT_CERTIFICATES);
        for (key, said) in said {
            let mut related = by_subject.get(&key).cloned().unwrap_or_default();
            cut |= related.len() > EVENT_CERTIFICATES;
            related.truncate(EVENT_CERTIFICATES);
            out.fail(of_wcf(&key, &said, related));
        }
        if let Some((observed, event)) = events.first() {
            let words = if of_ops_mgr.is_empty() {
                "The event names no certificate: the registry does, and is not among the inputs, or names one that is not."
            } else {
                "The event names no certificate: it is the one that the registry names."
            };
            let mut draft = FindingDraft::new(
                &META,
                "Operations Manager does not load its certificate: its KeySpec is not 1 (event 20069)",
                format!(
                    "A symptom, not a cause. The key link of the certificate says another KeySpec than AT_KEYEXCHANGE. {words} \
                     Candidates: keyspec-signature-on-csp, keyspec-zero-on-csp.{}",
                    schannel::times(events.len())
                ),
            )
            .subject("scom")
            .evidence(schannel::shown(observed, event, "event 20069"))
            .remedy(Remedy {
                title: "Which certificate it is, and what its key link says",
                steps: vec![
                    Step::cmd(format!("reg query \"{OPS_MGR_KEY}\""))
                        .note("ChannelCertificateSerialNumber has the bytes of the serial number in reverse order"),
                    Step::cmd("certutil -v -store my").note("the KeySpec under that serial number"),
                ],
                caution: None,
                verify: None,
            });
            draft.related = of_ops_mgr;
            out.fail(draft);
        }
        schannel::tell_cut(cut, out);
    }
}

/// The finding about a certificate that WCF names by its subject.
fn of_wcf(key: &str, said: &Said<'_>, related: Vec<CredentialId>) -> FindingDraft {
    let unknown = if related.is_empty() { " No certificate with this subject is among the inputs." } else { "" };
    let mut draft = FindingDraft::new(
        &META,
        META.summary,
        format!(
            "A symptom, not a cause. WCF asks the key of the certificate for its KeySpec before it opens a port, and did not get \
             AT_KEYEXCHANGE: the key can only sign, it is a CNG key that this version can't ask, there is none, or the account \
             of the program may not open it; the inner exception tells these apart.{unknown} Candidates: \
             keyspec-signature-on-csp, shir-keyspec, shir-cng-unsupported, dotnet-privatekey-cng, key-prov-info-missing, \
             keyset-missing, app-code-no-key-read.{}",
            schannel::times(said.count)
        ),
    )
    .subject(key.to_owned())
    .evidence(said.observed.evidence(said.subject.place, "the certificate", true))
    .remedy(Remedy {
        title: "What separates the candidates",
        steps: vec![
            Step::cmd("certutil -v -store my").note("KeySpec and Provider of the certificate with this subject"),
            Step::text("icacls on the key file: the account of the program needs (R)"),
        ],
        caution: None,
        verify: None,
    });
    if let Some((observed, place)) = said.inner {
        draft = draft.evidence(observed.evidence(place, "the inner exception", false));
    }
    draft.related = related;
    draft
}
