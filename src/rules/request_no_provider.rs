//! The request does not say which provider will hold the key, and the workload takes keys of one kind only.

use super::intended;
use super::prelude::*;

/// The rule.
pub(super) struct RequestNoProvider;

static META: RuleMeta = RuleMeta {
    name: "request-no-provider",
    kind: Kind::Fault,
    severity: Severity::Note,
    role: Role::Contributing,
    confidence: Confidence::Certain,
    summary: "the request does not say which provider will hold the key, and the workload takes keys of one kind only",
    sources: &[sources::CERTREQ, sources::WCCE],
    explains: &[],
    standing: Standing::LeavesOpen,
    doc: include_str!("../../docs/rules/request-no-provider.md"),
};

impl RequestRule for RequestNoProvider {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, asked: &Asked<'_>, cx: &Context<'_>, out: &mut Checks) {
        let key = asked.request;
        if key.form == RequestForm::Script {
            return out.not_applicable("a script: what it leaves out the program decides");
        }
        if request::kind(key).is_some() {
            return out.pass("the request says which kind of provider holds the key");
        }
        // No provider of CryptoAPI holds such a key.
        if request::is_ec(key) {
            return out.not_applicable("an elliptic-curve key: only key storage providers hold it");
        }
        let takes = |target: &Target, kind, spec| {
            target.cell(kind, spec, false).is_some_and(|(_, cell)| cell.outcome == CellOutcome::Ok)
        };
        let one_kind =
            |target: &&Target| takes(target, ProviderKind::Csp, Some(1)) != takes(target, ProviderKind::Ksp, Some(0));
        let workloads: Vec<Target> = cx.workloads.iter().filter(one_kind).copied().collect();
        if workloads.is_empty() {
            return out.not_applicable("the workloads take keys of both kinds");
        }
        let names: Vec<&str> = workloads.iter().map(|t| t.workload.title).collect();
        let instead = match workloads.iter().all(|t| takes(t, ProviderKind::Ksp, Some(0))) {
            true => intended::CNG_KEY,
            false => intended::EXCHANGE_KEY,
        };
        let message = format!(
            "Keys of CryptoAPI's providers and of key storage providers are not alike for {}. The request names neither: what \
             makes it, a template, or for a renewal the key that is there decides.",
            names.join(", ")
        );
        let remedy = match key.form {
            RequestForm::Inf => request::write(instead),
            _ => Remedy {
                title: "See which provider holds the key",
                steps: vec![Step::cmd("certutil -v -store request").place("requesting-server")],
                caution: None,
                verify: None,
            },
        };
        out.fail(
            FindingDraft::new(&META, META.summary, message)
                .workloads(workloads)
                .evidence(request::missing(asked, "names no provider"))
                .remedy(remedy),
        );
    }
}
