//! Several certificates fit the same name, and the service chooses by itself.

use super::prelude::*;

/// The rule.
pub(super) struct DuplicateCertificatesWrongOneChosen;

static META: RuleMeta = RuleMeta {
    name: "duplicate-certificates-wrong-one-chosen",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::Contributing,
    confidence: Confidence::Possible,
    summary: "several certificates fit the same name, and the service chooses by itself",
    sources: &[sources::LDAPS_DOC],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/duplicate-certificates-wrong-one-chosen.md"),
};

/// Workloads that pick a certificate by its contents instead of a thumbprint.
const CHOOSERS: &[&str] = &["ldaps", "rdp", "sql-server", "winrm", "rras"];

fn overlap(a: &Certificate, b: &Certificate) -> Option<bool> {
    let value = |d: &Option<ValidityDate>| d.as_ref().and_then(|d| d.value);
    let (a_from, a_to) = (value(&a.not_before)?, value(&a.not_after)?);
    let (b_from, b_to) = (value(&b.not_before)?, value(&b.not_after)?);
    let instant = |m: Moment| match m {
        Moment::Utc(t) => t,
        Moment::Local(t) => t.assume_utc(),
    };
    Some(instant(a_from) < instant(b_to) && instant(b_from) < instant(a_to))
}

impl CaseRule for DuplicateCertificatesWrongOneChosen {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        let asked: Vec<Target> = cx.workloads.iter().filter(|t| CHOOSERS.contains(&t.workload.name)).copied().collect();
        if asked.is_empty() {
            return out.not_applicable("none of the workloads chooses a certificate by its name");
        }
        let mut names: BTreeMap<(u32, String), Vec<&Credential>> = BTreeMap::new();
        for c in &case.kept {
            let Some(certificate) = &c.certificate else { continue };
            let archived = certificate.archived.as_ref().is_some_and(|a| a.value);
            let expired = certificate.not_after.as_ref().and_then(|d| d.value).is_some_and(|d| d.surely_before(cx.at));
            let candidate = !judge::candidates(c, &asked).is_empty();
            if c.origin != Origin::StoreDump || archived || expired || !candidate {
                continue;
            }
            if let (Some(subject), Some(source)) = (&certificate.subject, c.sources.first())
                && !subject.value.is_empty()
            {
                names.entry((source.source.0, subject.value.to_ascii_lowercase())).or_default().push(c);
            }
        }
        for group in names.values() {
            let Some((first, others)) = group.split_first() else { continue };
            let Some(certificate) = &first.certificate else { continue };
            let others: Vec<&&Credential> = others
                .iter()
                .filter(|o| {
                    let differs = o.thumbprint().is_some() && o.thumbprint() != first.thumbprint();
                    let same_store = o.store_name() == first.store_name();
                    differs && same_store && o.certificate.as_ref().and_then(|o| overlap(certificate, o)) == Some(true)
                })
                .collect();
            if others.is_empty() {
                continue;
            }
            let mut draft = FindingDraft::new(
                &META,
                META.summary,
                "The service takes one of the certificates that fit its name, not necessarily the one that \
                 was meant. If the one it takes has a broken key, it fails although a good one is there.",
            )
            .workloads(asked.clone())
            .remedy(remedy::advice(
                "Leave one certificate that fits, or name it by its thumbprint",
                "Configure the thumbprint where the service allows it, and remove the broken duplicate. \
                 Name certificates by thumbprint in certutil too: -repairstore with a common name may repair the \
                 wrong one.",
            ));
            draft.related = others.iter().map(|o| o.id).collect();
            for (n, c) in std::iter::once(first).chain(others.iter().copied()).take(cx.limits.excerpt_lines).enumerate()
            {
                if let Some(subject) = c.certificate.as_ref().and_then(|c| c.subject.as_ref()) {
                    let label = if n == 0 { "this name" } else { "the same name" };
                    draft = draft.evidence(c.evidence(subject.place, label, n == 0));
                }
            }
            out.about(Some(first.id)).fail(draft);
        }
        out.about(None).pass("no other name has two valid certificates");
    }
}
