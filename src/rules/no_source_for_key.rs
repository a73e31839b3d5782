//! No source says what the workload makes of such a key.

use super::ecdsa_key_on_rsa_workload;
use super::prelude::*;
use crate::model::service_setting::ServiceUse;

/// The rule.
pub(super) struct NoSourceForKey;

static META: RuleMeta = RuleMeta {
    name: "no-source-for-key",
    kind: Kind::Fault,
    severity: Severity::Note,
    role: Role::Hygiene,
    confidence: Confidence::Possible,
    summary: "no source says whether the workload takes such a key",
    sources: &[sources::NO_SOURCE],
    explains: &[],
    standing: Standing::LeavesOpen,
    doc: include_str!("../../docs/rules/no-source-for-key.md"),
};

impl CredentialRule for NoSourceForKey {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let Some((kind, place)) = c.key.kind().zip(subject::kind_place(c)) else {
            return out.not_applicable("no provider is shown");
        };
        if cx.workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        let (spec, ec, windows) = (subject::key_spec(c), subject::is_ec(c), subject::windows(c, cx));
        let loaded =
            |t: &Target| c.bound.iter().any(|b| b.workload == t.workload.name && b.service_use == ServiceUse::Loaded);
        let open = |t: &&Target| {
            let cell = subject::settled(**t, windows).cell(kind, spec.map(|s| s.value.0), ec);
            // Of elliptic-curve keys there more is known than the table's cells for versions say.
            let told = ec && ecdsa_key_on_rsa_workload::takes_rsa_alone(t.workload.name);
            cell.is_some_and(|(_, cell)| cell.outcome == CellOutcome::Unknown) && !loaded(t) && !told
        };
        let workloads: Vec<Target> = cx.workloads.iter().filter(open).copied().collect();
        if workloads.is_empty() {
            return out.pass("the table of workloads has a source for such a key");
        }
        let names: Vec<&str> = workloads.iter().map(|t| t.workload.title).collect();
        let key = match (kind, spec.map(|s| s.value)) {
            (ProviderKind::Csp, Some(KeySpec::SIGNATURE)) => "a CryptoAPI key that only signs (KeySpec 2)",
            (ProviderKind::Csp, _) => "a CryptoAPI key",
            (ProviderKind::Ksp, _) if ec => "an elliptic-curve key in a key storage provider",
            (ProviderKind::Ksp, _) => "an RSA key in a key storage provider",
        };
        let mut draft = FindingDraft::new(
            &META,
            META.summary,
            format!(
                "No document and no report was found that says what {} makes of {key}: neither that it works nor that it fails. \
                 More artifacts do not decide this.",
                names.join(", ")
            ),
        )
        .workloads(workloads)
        .evidence(c.evidence(place, "the provider", true));
        if let Some(spec) = spec {
            draft = draft.evidence(c.evidence(spec.place, "the KeySpec", false));
        }
        out.fail(draft.remedy(remedy::advice(
            "What would tell: a trial",
            "Use the certificate there on a machine for tests and look for event 36870 of Schannel and the service's own log; \
             for a key of a kind that is documented see keyspect explain and the workload's name.",
        )));
    }
}
