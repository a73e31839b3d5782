//! SYSTEM may not read the key file.

use super::key_access::{self, Reader, ReaderRule};
use super::prelude::*;

/// The rule.
pub(super) struct KeyFileNoSystemAccess;

static META: RuleMeta = RuleMeta {
    name: "key-file-no-system-access",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "SYSTEM may not read the key file",
    sources: &[sources::ARTICLE, sources::AZURE_RDP, sources::KB238187],
    explains: &[
        "keyset-missing",
        "acl-deny-or-orphan-sid",
        "procmon-key-access-denied",
        "machinekeys-folder-acl-broken",
        "key-file-service-account-no-read",
    ],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/key-file-no-system-access.md"),
};

/// The servers whose keys SYSTEM opens: HTTP.sys and lsass. What no document says of a workload is a possibility.
pub(super) fn reader(_: &Credential, target: &Target) -> Option<(&'static Reader, Confidence)> {
    let confidence = match target.workload.name {
        "iis" | "winrm" | "ldaps" => Confidence::Certain,
        "hyper-v-replica" | "rras" | "nps" | "rd-gateway" | "exchange" | "ad-fs" | "wap" | "configmgr" | "scom"
        | "dpm" | "adcs" => Confidence::Possible,
        _ => return None,
    };
    Some((&key_access::SYSTEM, confidence))
}

impl CaseRule for KeyFileNoSystemAccess {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        let message = "The permissions of the key file decide who can use the key, not those of its folder. TLS of HTTP.sys (IIS) and of \
                       lsass opens the key as SYSTEM, and no entry lets SYSTEM read this file.";
        key_access::check_readers(&ReaderRule { meta: &META, reader, message }, case, cx, out);
    }
}
