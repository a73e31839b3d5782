//! NETWORK SERVICE may not read the key file of Remote Desktop.

use super::key_access::{self, Reader, ReaderRule};
use super::prelude::*;

/// The rule.
pub(super) struct RdpKeyNoNetworkService;

static META: RuleMeta = RuleMeta {
    name: "rdp-key-no-network-service",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "Remote Desktop can not read the key file: NETWORK SERVICE is missing",
    sources: &[sources::KB3042780, sources::AZURE_RDP, sources::POSHACME_DEPLOY12],
    explains: &[
        "key-file-service-account-no-read",
        "keyset-missing",
        "acl-deny-or-orphan-sid",
        "procmon-key-access-denied",
    ],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/rdp-key-no-network-service.md"),
};

fn reader(_: &Credential, target: &Target) -> Option<(&'static Reader, Confidence)> {
    (target.workload.name == "rdp").then_some((&key_access::REMOTE_DESKTOP, Confidence::Likely))
}

impl CaseRule for RdpKeyNoNetworkService {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        let message = "Remote Desktop runs as {account}. No entry of the key file lets it read: the listener logs 1057 or 1058, Schannel \
                       36870, and clients are disconnected.";
        key_access::check_readers(&ReaderRule { meta: &META, reader, message }, case, cx, out);
    }
}
