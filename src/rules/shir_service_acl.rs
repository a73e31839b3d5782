//! The self-hosted integration runtime's service may not read the key file.

use super::key_access::{self, Reader, ReaderRule};
use super::prelude::*;

/// The rule.
pub(super) struct ShirServiceAcl;

static META: RuleMeta = RuleMeta {
    name: "shir-service-acl",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "the self-hosted integration runtime's service may not read the key file",
    sources: &[sources::SHIR_DOC],
    explains: &[
        "key-file-service-account-no-read",
        "keyset-missing",
        "acl-deny-or-orphan-sid",
        "procmon-key-access-denied",
    ],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/shir-service-acl.md"),
};

fn reader(_: &Credential, target: &Target) -> Option<(&'static Reader, Confidence)> {
    (target.workload.name == "shir").then_some((&key_access::SHIR_SERVICE, Confidence::Likely))
}

impl CaseRule for ShirServiceAcl {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        let message = "The runtime's service opens the key as {account}, and no entry of the key file lets it read. Schannel logs 36870 \
                       with 0x8009030D and the internal state 10001.";
        key_access::check_readers(&ReaderRule { meta: &META, reader, message }, case, cx, out);
    }
}
