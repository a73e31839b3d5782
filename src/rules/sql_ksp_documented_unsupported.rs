//! SQL Server's documentation asks for a CryptoAPI key.

use super::prelude::*;
use crate::model::service_setting::ServiceUse;

/// The rule.
pub(super) struct SqlKspDocumentedUnsupported;

static META: RuleMeta = RuleMeta {
    name: "sql-ksp-documented-unsupported",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::Contributing,
    confidence: Confidence::Likely,
    summary: "SQL Server's documentation asks for a CryptoAPI key",
    sources: &[sources::SQL_DOC, sources::SQL_LAB, sources::SQLDOCS5934],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/sql-ksp-documented-unsupported.md"),
};

impl CredentialRule for SqlKspDocumentedUnsupported {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let Some(place) = subject::kind_place(c).filter(|_| subject::kind_is(c, ProviderKind::Ksp)) else {
            return out.not_applicable("not a CNG key");
        };
        let workloads = subject::named(cx, &["sql-server"]);
        if workloads.is_empty() {
            return out.not_applicable("the workload was not asked for");
        }
        if c.bound.iter().any(|b| b.workload == "sql-server" && b.service_use == ServiceUse::Loaded) {
            return out.pass("SQL Server says that it loaded this certificate with its key (message 26013)");
        }
        let (kind, ec) = (ProviderKind::Ksp, subject::is_ec(c));
        let workloads: Vec<Target> = workloads
            .into_iter()
            .filter(|t| t.cell(kind, None, ec).is_none_or(|(_, cell)| cell.outcome != CellOutcome::Unknown))
            .collect();
        if workloads.is_empty() {
            return out.pass("no source says that this version refuses such a key");
        }
        // A root cause as long as the ranking finds no other for this workload.
        let draft = FindingDraft::new(
            &META,
            META.summary,
            "The requirements name a legacy provider. SQL Server 2019, 2022 and 2025 were seen to load \
                 a CNG key and serve TLS when the thumbprint is set in the registry; 2016 and older do not list \
                 it. The Configuration Manager may hide it.",
        )
        .role(Role::RootCause)
        .workloads(workloads)
        .evidence(c.evidence(place, "a CNG provider", true))
        .remedy(remedy::reimport_into(
            c,
            provider::SCHANNEL_CSP,
            "If it is not accepted: import the key into the SChannel provider",
        ));
        out.fail(subject::predicted(c, draft));
    }
}
