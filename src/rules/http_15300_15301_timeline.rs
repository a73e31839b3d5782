//! Events 15300 and 15301: when bindings were deleted and made.

use super::bindings;
use super::prelude::*;

/// The rule.
pub(super) struct Http1530015301Timeline;

static META: RuleMeta = RuleMeta {
    name: "http-15300-15301-timeline",
    kind: Kind::Dispatch,
    severity: Severity::Note,
    role: Role::Symptom,
    confidence: Confidence::Likely,
    summary: "bindings were deleted or made (events 15300, 15301)",
    sources: &[sources::HTTP_EVENTS],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/http-15300-15301-timeline.md"),
};

impl CaseRule for Http1530015301Timeline {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, _cx: &Context<'_>, out: &mut Checks) {
        let mut by_endpoint: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for (observed, event) in case.events() {
            // Id 119 of another provider has the same words.
            if matches!(event.number(), 15300 | 15301)
                && (event.provider.is_none() || event.is_from("HttpEvent") || event.is_from("HTTP"))
            {
                let endpoint = event.endpoint.as_ref().map_or_else(|| "an endpoint".to_owned(), |e| e.value.clone());
                by_endpoint.entry(endpoint).or_default().push((observed, event));
            }
        }
        if by_endpoint.is_empty() {
            return out.not_applicable("no event 15300 or 15301 is among the inputs");
        }
        let bound = bindings::credentials_by_endpoint(case);
        let entries: BTreeSet<String> =
            bindings::of_http_sys(case).map(|(_, b)| b.endpoint.value.to_string().to_ascii_lowercase()).collect();
        for (endpoint, events) in by_endpoint {
            let count = |id: u32| events.iter().filter(|(_, e)| e.number() == id).count();
            let (deleted, made) = (count(15300), count(15301));
            let Some((observed, event)) = events.first() else { continue };
            let times: Vec<&str> =
                events.iter().filter_map(|(_, e)| e.time.as_ref().map(|t| t.value.as_str())).take(4).collect();
            // A listing that shows the entry: the log begins or ends in between.
            let there = entries.contains(&endpoint.to_ascii_lowercase());
            let (title, text) = if made == 0 && !there {
                (
                    "a binding was deleted, and no event shows that it was made again",
                    format!(
                        "The entry of {endpoint} was deleted {deleted} times and never made in these events: it may be lost."
                    ),
                )
            } else {
                let when = if times.is_empty() { String::new() } else { format!(" ({})", times.join(", ")) };
                (
                    META.summary,
                    format!(
                        "The entry of {endpoint} was deleted {deleted} times and made {made} times{when}. What worked before and \
                         fails since was changed then."
                    ),
                )
            };
            let place = event.id.as_ref().map_or(observed.place, |id| id.place);
            let mut draft = FindingDraft::new(&META, title, text)
                .subject(endpoint.clone())
                .evidence(observed.evidence(place, "a change of a binding", true));
            draft.related = bound.get(&endpoint.to_ascii_lowercase()).cloned().unwrap_or_default();
            out.fail(draft);
        }
    }
}
