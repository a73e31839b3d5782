//! SQL Server's account may not read the key file.

use super::key_access::{self, Reader, ReaderRule};
use super::prelude::*;

/// The rule.
pub(super) struct SqlServiceNoKeyRead;

static META: RuleMeta = RuleMeta {
    name: "sql-service-no-key-read",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "SQL Server's account may not read the key file",
    sources: &[sources::SQL_DOC, sources::DBATOOLS10586],
    explains: &[
        "key-file-service-account-no-read",
        "keyset-missing",
        "acl-deny-or-orphan-sid",
        "procmon-key-access-denied",
    ],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/sql-service-no-key-read.md"),
};

fn reader(_: &Credential, target: &Target) -> Option<(&'static Reader, Confidence)> {
    (target.workload.name == "sql-server").then_some((&key_access::SQL_SERVICE, Confidence::Likely))
}

impl CaseRule for SqlServiceNoKeyRead {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        let message = "SQL Server opens the key under its service's account, and no entry of the key file lets {account} read. The service \
                       then does not find the certificate (26014, 17182) or does not start. The service's own SID stays \
                       in its token when it is set to run under another account.";
        key_access::check_readers(&ReaderRule { meta: &META, reader, message }, case, cx, out);
    }
}
