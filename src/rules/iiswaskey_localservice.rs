//! LOCAL SERVICE may not read the key that encrypts application pools' passwords.

use super::key_access::{self, Reach};
use super::prelude::*;
use crate::case::key_file_link::{self, KeyFileArtifacts};
use crate::model::access::KeyPath;

/// The rule.
pub(super) struct IiswaskeyLocalservice;

static META: RuleMeta = RuleMeta {
    name: "iiswaskey-localservice",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "LOCAL SERVICE may not read the key file of iisWasKey",
    sources: &[sources::KB977754],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/iiswaskey-localservice.md"),
};

/// NTE_BAD_KEYSET.
const BAD_KEYSET: u32 = 0x8009_0016;

impl CaseRule for IiswaskeyLocalservice {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        let artifacts = KeyFileArtifacts::of(case);
        let own = |target: &KeyPath| {
            matches!(target, KeyPath::KeyFile { prefix, .. }
                if container_name::system_container(prefix) == Some("iisWasKey"))
        };
        let lists: Vec<_> = artifacts.lists().filter(|(_, list)| own(&list.target)).collect();
        let Some((observed, list, reach)) = key_access::agreed(&lists, &key_access::LOCAL_SERVICE) else {
            return out.not_applicable("the permissions of iisWasKey's key file are not among the inputs");
        };
        let path = key_file_link::whole_path(&list.path.value).unwrap_or_else(|| {
            "%ProgramData%\\Microsoft\\Crypto\\RSA\\MachineKeys\\76944fb33636aeddb9590521c2e8815a_<machine GUID>"
                .to_owned()
        });
        match reach {
            Reach::Allowed => return out.pass("LOCAL SERVICE may read the key file of iisWasKey"),
            Reach::Unclear(why) => {
                return out.unknown(
                    format!("whether LOCAL SERVICE may read the key file of iisWasKey: {why}"),
                    format!("icacls \"{path}\""),
                );
            }
            Reach::Denied(_) | Reach::Missing | Reach::Elsewhere => {}
        }
        // Without the error nobody needs the entry: it matters when an identity is changed from a remote IIS Manager.
        let Some(symptom) = key_access::symptom(case, &[BAD_KEYSET], "the keyset does not exist, says the service")
        else {
            return out.not_applicable("no error 0x80090016 is among the inputs");
        };
        let draft = FindingDraft::new(
            &META,
            META.summary,
            "The identity of an application pool is encrypted with the key iisWasKey. The remote management service of IIS \
             runs as LOCAL SERVICE, and no entry of the key file lets it read: changing an identity from a remote IIS \
             Manager ends with 0x80090016. No certificate is concerned.",
        )
        .subject("iisWasKey")
        .conditions(2)
        .evidence(observed.evidence(list.path.place, "LOCAL SERVICE is not among these", true));
        let mut draft = key_access::with_entries(draft, observed, list, cx);
        draft = draft.evidence(symptom);
        out.fail(draft.remedy(key_access::grant(&path, &key_access::LOCAL_SERVICE)));
    }
}
