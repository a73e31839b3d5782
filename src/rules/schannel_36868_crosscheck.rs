//! Event 36868 against the key link that a dump shows.

use super::prelude::*;
use super::schannel;
use crate::model::event_record::EventRecord;
use crate::model::fact::Place;
use crate::model::thumbprint::Sha1;
use sha1::{Digest, Sha1 as Hasher};

/// The rule.
pub(super) struct Schannel36868Crosscheck;

static META: RuleMeta = RuleMeta {
    name: "schannel-36868-crosscheck",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::Contributing,
    confidence: Confidence::Likely,
    summary: "Schannel used another key than the dump's key link says",
    sources: &[sources::SCHANNEL_EVENTS],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/schannel-36868-crosscheck.md"),
};

/// The certificate that the event holds: `EncodedCert`, its DER encoding in hexadecimal digits.
fn certificate(event: &EventRecord) -> Option<Sha1> {
    let bytes = crate::formats::event_fields::hex_bytes(&event.value("EncodedCert")?.value)?;
    // A certificate is a SEQUENCE with a long length.
    (bytes.starts_with(&[0x30, 0x82])).then(|| Sha1(Hasher::digest(&bytes).into()))
}

/// Whether the event's key name is the credential's container or key file.
fn same_container(event: &EventRecord, c: &Credential) -> bool {
    let Some(name) = event.key_name.as_ref().map(|n| n.value.as_str()) else { return false };
    let names = [&c.key.container, &c.key.stored_container, &c.key.unique_name];
    !name.is_empty() && names.into_iter().flatten().any(|n| n.value.eq_ignore_ascii_case(name))
}

/// What differs: in words, with the event's place and the dump's.
fn difference(event: &EventRecord, c: &Credential) -> Option<(String, Place, Place)> {
    let key = &c.key;
    if let (Some(seen), Some(own)) = (&event.key_provider, &key.provider)
        && !seen.value.eq_ignore_ascii_case(&own.value)
    {
        return Some((format!("the provider is {}, not {}", seen.value, own.value), seen.place, own.place));
    }
    if let (Some(seen), Some(own)) = (&event.key_provider_type, &key.provider_type)
        && seen.value != own.value
    {
        return Some((format!("the provider type is {}, not {}", seen.value, own.value), seen.place, own.place));
    }
    if let (Some(seen), Some(own)) = (&event.key_spec, &key.key_spec)
        && own.value != KeySpec::NONE
        && seen.value != own.value.0
    {
        return Some((format!("the KeySpec is {}, not {}", seen.value, own.value.0), seen.place, own.place));
    }
    let own = key.container.as_ref().or(key.stored_container.as_ref())?;
    let seen = event.key_name.as_ref().filter(|n| !n.value.is_empty())?;
    (!same_container(event, c) && !own.value.is_empty())
        .then(|| (format!("the container is {}, not {}", seen.value, own.value), seen.place, own.place))
}

impl CaseRule for Schannel36868Crosscheck {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, _cx: &Context<'_>, out: &mut Checks) {
        let mut reported: BTreeSet<CredentialId> = BTreeSet::new();
        let (mut any, mut agrees) = (false, false);
        let mut by_thumbprint: BTreeMap<Sha1, Vec<&Credential>> = BTreeMap::new();
        let mut by_name: BTreeMap<String, Vec<&Credential>> = BTreeMap::new();
        for c in case.kept.iter().filter(|c| subject::stored(c) && c.key.association == Association::Linked) {
            if let Some(sha1) = c.thumbprint() {
                by_thumbprint.entry(sha1).or_default().push(c);
            }
            let names = [&c.key.container, &c.key.stored_container, &c.key.unique_name].into_iter().flatten();
            let names: BTreeSet<String> =
                names.map(|n| n.value.to_ascii_lowercase()).filter(|n| !n.is_empty()).collect();
            for name in names {
                by_name.entry(name).or_default().push(c);
            }
        }
        for (observed, event) in schannel::events(case, &[36_868]).filter(|(_, e)| !schannel::of_client(e)) {
            any = true;
            let sha1 = certificate(event);
            // Other programs log their own keys: only the same certificate, or the same container, can be compared.
            let same = match sha1 {
                Some(sha1) => by_thumbprint.get(&sha1),
                None => event.key_name.as_ref().and_then(|n| by_name.get(&n.value.to_ascii_lowercase())),
            };
            for c in same.into_iter().flatten().copied() {
                let Some((what, seen, own)) = difference(event, c) else {
                    agrees = true;
                    continue;
                };
                if !reported.insert(c.id) {
                    continue;
                }
                let text = format!(
                    "Event 36868 tells which key a process opened for this certificate; against the dump {what}. Either the \
                     key link was changed after one of the two was made, or the process took another sighting of the \
                     certificate: look for it in other stores."
                );
                let mut draft = FindingDraft::new(&META, META.summary, text)
                    .subject(c.thumbprint().map_or_else(String::new, |t| t.to_string()))
                    .evidence(observed.evidence(seen, "what the process used", true))
                    .evidence(c.evidence(own, "what the dump shows", false))
                    .remedy(remedy::advice(
                        "Restart the service, then compare again",
                        "A service keeps the key that it opened at its start. If the two still differ, dump the certificate \
                         from every store (My, WebHosting, the service's own).",
                    ));
                draft.related = vec![c.id];
                out.fail(draft);
            }
        }
        if !any {
            out.not_applicable("no event 36868 about a server's key is among the inputs");
        } else if agrees && reported.is_empty() {
            out.pass("the key that Schannel opened is the one that the key link names");
        } else if reported.is_empty() {
            out.not_applicable("the keys of the events 36868 belong to none of the certificates");
        }
    }
}
