//! NETWORK SERVICE may not read the CNG key of Windows Admin Center.

use super::key_access::{self, Reader, ReaderRule};
use super::prelude::*;
use super::{Outcome, schannel};
use crate::case::key_file_link;

/// Schannel could not open a private key.
const KEY_NOT_OPENED: u32 = 36_870;
/// The codes of a refusal or of a key that is not found, which a refusal looks like.
const REFUSED: &[u32] = &[0x8009_030D, 0x8009_0016, 0x8009_0010, 0x8007_0005];

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
    standing: Standing::Plain,
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
        let mut by_permissions = Checks::new(&META, None, Vec::new());
        key_access::check_readers(&ReaderRule { meta: &META, reader, message }, case, cx, &mut by_permissions);
        let mut decided = BTreeSet::new();
        for recorded in by_permissions.into_recorded() {
            if matches!(recorded.outcome, Outcome::Pass(_) | Outcome::Fail(_)) {
                decided.extend(recorded.credential);
            }
            out.take(recorded);
        }
        refused(case, cx, &decided, out);
    }
}

/// Windows Admin Center's own event, where no permissions are shown: the key is a CNG key, and the only one that it can be.
fn refused(case: &CaseIndex, cx: &Context<'_>, decided: &BTreeSet<CredentialId>, out: &mut Checks) {
    let refusal = case.events().find(|(_, event)| {
        event.number() == KEY_NOT_OPENED
            && event.is_from("Schannel")
            && schannel::teller(event).workload == Some("wac")
            && event.code.as_ref().is_none_or(|code| REFUSED.iter().any(|known| subject::same_code(code.value, *known)))
    });
    let Some((observed, event)) = refusal else { return };
    let (concerned, _) = schannel::concerned(case, cx, Some("wac"));
    let [id] = concerned[..] else { return };
    let Some(c) = case.credential(id).filter(|c| subject::kind_is(c, ProviderKind::Ksp)) else { return };
    if decided.contains(&id) {
        return;
    }
    let place = event.process.as_ref().map_or(observed.place, |process| process.place);
    let mut draft = FindingDraft::new(
        &META,
        META.summary,
        "Schannel logs for the process of Windows Admin Center that the private key could not be opened, and the key is a CNG \
         key: Set-WACCertificateAcl does not reach its file. The permissions of the file would prove it.",
    )
    .confidence(Confidence::Possible)
    .workloads(subject::named(cx, &["wac"]))
    .evidence(observed.evidence(place, "Windows Admin Center cannot open the key", true));
    if let Some(place) = subject::kind_place(c) {
        draft = draft.evidence(c.evidence(place, "a CNG provider", false));
    }
    let path = key_file_link::command_path(c, None);
    out.about(Some(id)).fail(draft.remedy(key_access::grant(&path, &key_access::NETWORK_SERVICE)));
}
