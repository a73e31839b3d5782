//! Error 1312 while a binding is added.

use super::prelude::*;
use crate::model::binding::BindingOrigin;
use crate::model::fact::SourceId;
use crate::model::observation::{ErrorContext, ErrorText, Observed};
use std::collections::BTreeSet;

/// The rule.
pub(super) struct Netsh1312Context;

static META: RuleMeta = RuleMeta {
    name: "netsh-1312-context",
    kind: Kind::Dispatch,
    severity: Severity::Note,
    role: Role::Symptom,
    confidence: Confidence::Likely,
    summary: "adding a binding failed with 1312 (0x80070520)",
    sources: &[sources::ARTICLE, sources::CHEF621_ELEVATION],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/netsh-1312-context.md"),
};

/// The reply to a command stands within this many lines.
const REPLY: u32 = 6;

/// The lines of the commands that add a binding.
fn commands(case: &CaseIndex) -> BTreeSet<(SourceId, u32)> {
    let typed = case.bindings().filter(|(_, b)| b.origin == BindingOrigin::Command);
    typed.map(|(o, _)| (o.place.source, o.place.line)).collect()
}

/// Whether an error is the reply to one of these commands: netsh's own words differ by language.
fn is_reply(error: &Observed, commands: &BTreeSet<(SourceId, u32)>) -> bool {
    let (source, line) = (error.place.source, error.place.line);
    commands.range((source, line.saturating_sub(REPLY))..=(source, line)).next().is_some()
}

impl CaseRule for Netsh1312Context {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, _cx: &Context<'_>, out: &mut Checks) {
        let commands = commands(case);
        let adding = |o: &Observed, e: &ErrorText| match e.context {
            ErrorContext::NetshAdd | ErrorContext::IisBinding => true,
            ErrorContext::Unknown => is_reply(o, &commands),
            _ => false,
        };
        let mut errors = case
            .errors()
            .filter(|(o, e)| adding(o, e) && e.code.as_ref().is_none_or(|c| subject::same_code(c.value, 0x8007_0520)));
        let Some((observed, error)) = errors.next() else {
            return out.not_applicable("no failure to add a binding is among the inputs");
        };
        let times = errors.count().saturating_add(1);
        let place = error.code.as_ref().map_or(error.text.place, |c| c.place);
        let by_netsh = error.context != ErrorContext::IisBinding;
        let more = if by_netsh {
            " With netsh it has causes of its own: a prompt that is not elevated, a certificate that is not in the machine's \
             store, a hash with an invisible character, a store name that is left out while the certificate is not in MY."
        } else {
            ""
        };
        let count = if times > 1 { format!(" It is shown {times} times.") } else { String::new() };
        let mut draft = FindingDraft::new(
            &META,
            META.summary,
            format!(
                "HTTP.sys could not build a credential from the certificate: SYSTEM can't use its key. The error does not say \
                 why; the key link, the key file and its permissions do.{more}{count}"
            ),
        )
        .subject("add")
        .evidence(observed.evidence(place, "the symptom", true));
        if let Some(sha1) = &error.thumbprint {
            draft.related = case.kept.iter().filter(|c| c.thumbprint() == Some(sha1.value)).map(|c| c.id).collect();
        }
        out.fail(draft);
    }
}
