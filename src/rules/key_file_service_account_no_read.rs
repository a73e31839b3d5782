//! The account of the service may not read the key file.

use super::key_access::{self, Reader, ReaderRule};
use super::prelude::*;

/// The rule.
pub(super) struct KeyFileServiceAccountNoRead;

static META: RuleMeta = RuleMeta {
    name: "key-file-service-account-no-read",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "the account of the service may not read the key file",
    sources: &[sources::KB3042780, sources::APPV_DOC, sources::SF_GUIDE, sources::SHIR_DOC, sources::ASPNETCORE6840],
    explains: &["keyset-missing", "acl-deny-or-orphan-sid", "procmon-key-access-denied"],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/key-file-service-account-no-read.md"),
};

/// The account that opens the key, for workloads that do not run as SYSTEM.
pub(super) fn reader(_: &Credential, target: &Target) -> Option<(&'static Reader, Confidence)> {
    Some(match target.workload.name {
        "rdp" => (&key_access::REMOTE_DESKTOP, Confidence::Likely),
        "exchange" | "wap" | "service-fabric" | "wac" => (&key_access::NETWORK_SERVICE, Confidence::Likely),
        "rd-gateway" | "ocsp" => (&key_access::NETWORK_SERVICE, Confidence::Possible),
        "sql-server" => (&key_access::SQL_SERVICE, Confidence::Likely),
        "shir" => (&key_access::SHIR_SERVICE, Confidence::Likely),
        "ad-fs" | "ad-fs-token-signing" | "ad-fs-token-decrypting" => (&key_access::ADFS_SERVICE, Confidence::Likely),
        _ => return None,
    })
}

impl CaseRule for KeyFileServiceAccountNoRead {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        let message = "This service opens the key under its own account: {account}. A new key file lets in SYSTEM and Administrators only, \
                       and no entry of this one lets that account read. Schannel then logs 36870 with 0x8009030d, and \
                       programs say that the keyset does not exist.";
        key_access::check_readers(&ReaderRule { meta: &META, reader, message }, case, cx, out);
    }
}
