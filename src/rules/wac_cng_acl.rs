//! NETWORK SERVICE may not read the CNG key of Windows Admin Center.

use super::key_access::{self, Reader, ReaderRule};
use super::prelude::*;

/// The rule.
pub(super) struct WacCngAcl;

static META: RuleMeta = RuleMeta {
    name: "wac-cng-acl",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "Windows Admin Center can not read the CNG key: NETWORK SERVICE is missing",
    sources: &[sources::WAC418],
    explains: &[
        "key-file-service-account-no-read",
        "keyset-missing",
        "acl-deny-or-orphan-sid",
        "procmon-key-access-denied",
    ],
    doc: include_str!("../../docs/rules/wac-cng-acl.md"),
};

fn reader(c: &Credential, target: &Target) -> Option<(&'static Reader, Confidence)> {
    let cng = subject::kind_is(c, ProviderKind::Ksp);
    (cng && target.workload.name == "wac").then_some((&key_access::NETWORK_SERVICE, Confidence::Likely))
}

impl CaseRule for WacCngAcl {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        let message = "Windows Admin Center opens the key as {account}. Its Set-WACCertificateAcl does not reach the file of a CNG key, and \
                       no entry of this one lets the account read: Schannel logs 36870 for the process WindowsAdminCenter.";
        key_access::check_readers(&ReaderRule { meta: &META, reader, message }, case, cx, out);
    }
}
