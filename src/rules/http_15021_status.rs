//! Event 15021: HTTP.sys could not use the certificate of an endpoint.

use super::bindings;
use super::prelude::*;

/// The rule.
pub(super) struct Http15021Status;

static META: RuleMeta = RuleMeta {
    name: "http-15021-status",
    kind: Kind::Dispatch,
    severity: Severity::Note,
    role: Role::Symptom,
    confidence: Confidence::Likely,
    summary: "HTTP.sys could not use the certificate of an endpoint (event 15021)",
    sources: &[sources::HTTP_EVENT_PACKET, sources::IIS_TROUBLESHOOT_HTTP],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/http-15021-status.md"),
};

/// STATUS_NO_SUCH_LOGON_SESSION: Win32 1312, HRESULT 0x80070520.
const NO_SUCH_LOGON_SESSION: u32 = 0xc000_005f;

/// Whether a status is that of a key that can't be used: an NTE_* code of its provider, what Schannel answers to its user
/// (SEC_E_UNKNOWN_CREDENTIALS, SEC_E_NO_CREDENTIALS), or CRYPT_E_NO_DECRYPT_CERT (winerror.h).
fn of_key(code: u32) -> bool {
    (0x8009_0001..=0x8009_00ff).contains(&code)
        || [0x8009_030d, 0x8009_030e, 0x8009_200b].contains(&code)
        || subject::same_code(code, 0x8007_0520)
}

impl CaseRule for Http15021Status {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, _cx: &Context<'_>, out: &mut Checks) {
        // One finding per endpoint and status: the event is logged at every start.
        let mut seen: BTreeMap<(String, Option<u32>), usize> = BTreeMap::new();
        let mut drafts: Vec<(String, Option<u32>, FindingDraft)> = Vec::new();
        let bound = bindings::credentials_by_endpoint(case);
        for (observed, event) in case.events() {
            let http = event.provider.is_none() || event.is_from("HttpEvent") || event.is_from("HTTP");
            if event.number() != 15021 || !http {
                continue;
            }
            let endpoint = event.endpoint.as_ref().map_or_else(|| "an endpoint".to_owned(), |e| e.value.clone());
            let code = event.code.as_ref().map(|c| c.value);
            let count = seen.entry((endpoint.clone(), code)).or_default();
            *count = count.saturating_add(1);
            if *count > 1 {
                continue;
            }
            let text = match code {
                Some(NO_SUCH_LOGON_SESSION) => format!(
                    "The status 0xC000005F in the event's data is the 1312 of netsh and the 0x80070520 of IIS Manager: at the \
                     start of HTTP.sys, SYSTEM could not use the key of the certificate of {endpoint}. Why, the key link, the \
                     key file and its permissions tell."
                ),
                Some(code) if of_key(code) => format!(
                    "The status in the event's data is 0x{code:08X}: SYSTEM could not use the key of the certificate of \
                     {endpoint}. Why, the key link, the key file and its permissions tell."
                ),
                Some(code) => format!(
                    "The status in the event's data is 0x{code:08X}, not that of an unusable key (0xC000005F): look at the \
                     binding of {endpoint} and its store first."
                ),
                None => format!(
                    "The event does not show its data, in which the status stands: export it as XML. HTTP.sys could not use \
                     the certificate of {endpoint}."
                ),
            };
            let place = event.id.as_ref().map_or(observed.place, |id| id.place);
            let mut draft = FindingDraft::new(&META, META.summary, text)
                .subject(endpoint.clone())
                .evidence(observed.evidence(place, "event 15021", true));
            if let Some(code) = &event.code {
                draft = draft.evidence(observed.evidence(code.place, "the status", false));
            }
            draft.related = bound.get(&endpoint.to_ascii_lowercase()).cloned().unwrap_or_default();
            drafts.push((endpoint, code, draft));
        }
        if drafts.is_empty() {
            return out.not_applicable("no event 15021 is among the inputs");
        }
        for (endpoint, code, mut draft) in drafts {
            let count = seen.get(&(endpoint, code)).copied().unwrap_or(1);
            if count > 1 {
                draft.message = format!("{} It is logged {count} times.", draft.message);
            }
            out.fail(draft);
        }
    }
}
