//! A bit mask with `|` outside quotes.

use super::prelude::*;

/// The rule.
pub(super) struct InfUnquotedPipe;

static META: RuleMeta = RuleMeta {
    name: "inf-unquoted-pipe",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "several values joined by | stand without quotes",
    sources: &[sources::CERTREQ],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/inf-unquoted-pipe.md"),
};

impl RequestRule for InfUnquotedPipe {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, asked: &Asked<'_>, cx: &Context<'_>, out: &mut Checks) {
        let key = asked.request;
        if !matches!(key.form, RequestForm::Inf | RequestForm::Script) {
            return out.not_applicable(request::NOT_AN_INF);
        }
        let _ = cx;
        let Some((name, first)) = key.unquoted_pipes.first() else {
            return out.pass("every value with several parts is in quotes");
        };
        let mut draft = FindingDraft::new(
            &META,
            META.summary,
            format!("certreq wants double quotes round a value with several parts; without them {name} is not read as it is meant."),
        )
        .remedy(request::write(format!("{name} = \"{}\"", first.value)));
        for (index, (_, value)) in key.unquoted_pipes.iter().enumerate() {
            draft =
                draft.evidence(request::evidence(asked, value.place, &value.value, "quotes are missing", index == 0));
        }
        out.fail(draft);
    }
}
