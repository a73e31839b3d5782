//! The application's account may not read the key.

use super::key_access::{self, Reach};
use super::prelude::*;
use crate::case::credential::subject_key;
use crate::case::key_file_link::{self, KeyFileArtifacts, KeyFileName};

/// The rule.
pub(super) struct AppCodeNoKeyRead;

static META: RuleMeta = RuleMeta {
    name: "app-code-no-key-read",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "the application's account may not read the key file",
    sources: &[sources::ASPNETCORE6840, sources::IDSERVER1190],
    explains: &[
        "keyset-missing",
        "key-file-service-account-no-read",
        "acl-deny-or-orphan-sid",
        "procmon-key-access-denied",
    ],
    doc: include_str!("../../docs/rules/app-code-no-key-read.md"),
};

/// "Keyset does not exist", "Access is denied".
const SYMPTOMS: &[u32] = &[0x8009_0016, 0x8007_0005, 0x8009_0010];

impl CaseRule for AppCodeNoKeyRead {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        if subject::named(cx, &["dotnet"]).is_empty() {
            return out.not_applicable("the workload was not asked for");
        }
        let artifacts = KeyFileArtifacts::of(case);
        const LABEL: &str = "what the application says";
        let of_all = key_access::symptom(case, SYMPTOMS, LABEL);
        let named = key_access::named_symptoms(case, SYMPTOMS, LABEL);
        for (c, targets) in key_access::judged(case, cx) {
            let workloads: Vec<Target> = targets.into_iter().filter(|t| t.workload.name == "dotnet").collect();
            if workloads.is_empty() || c.key.machine_keyset() == Some(false) || c.scope() == Scope::User {
                continue;
            }
            let out = out.about(Some(c.id));
            let own = c.certificate.as_ref().and_then(|c| c.subject.as_ref());
            let symptom = own.and_then(|own| named.get(&subject_key(&own.value))).or(of_all.as_ref());
            let lists = artifacts.lists_of(c);
            let Some((observed, list, reach)) = key_access::agreed(&lists, &key_access::APP_POOL) else {
                if key_file_link::folder(c).is_none() {
                    out.not_applicable("the provider is not one of Microsoft's that keep keys in files");
                } else if symptom.is_some() && c.key.any_test_passed() {
                    out.unknown(
                        "the permissions of the key file: an administrator can open the key, the application can not",
                        key_access::show_permissions(c),
                    );
                } else {
                    out.not_applicable("the permissions of the key file are not among the inputs");
                }
                continue;
            };
            match reach {
                Reach::Allowed => {
                    out.pass("application pools may read the key file");
                    continue;
                }
                Reach::Unclear(why) => {
                    out.unknown(
                        format!("whether the application's account may read the key file: {why}"),
                        key_access::show_permissions(c),
                    );
                    continue;
                }
                Reach::Denied(_) | Reach::Missing | Reach::Elsewhere => {}
            }
            // Without the error the application may as well run as SYSTEM or as an administrator.
            let Some(symptom) = symptom else {
                out.unknown(
                    "the account that the application runs as: no application pool may read the key file",
                    "%windir%\\system32\\inetsrv\\appcmd list apppool /text:processModel.identityType",
                );
                continue;
            };
            let path = key_file_link::command_path(c, Some(&list.path.value));
            let mut draft = FindingDraft::new(
                &META,
                META.summary,
                "TLS of IIS opens the key as SYSTEM; code in an application pool opens it as the pool's account. No entry of \
                 the key file lets such an account read: the code says that the keyset does not exist, while TLS works.",
            )
            .workloads(workloads)
            .conditions(3)
            .evidence(observed.evidence(list.path.place, "no application pool may read this file", true));
            if matches!(reach, Reach::Elsewhere) {
                draft = draft.confidence(Confidence::Possible);
            }
            draft = key_access::with_entries(draft, observed, list, cx).evidence(symptom.clone());
            if let Some(name) = KeyFileName::of(c) {
                draft = draft.evidence(c.evidence(name.place, "the key of this certificate", false));
            }
            out.fail(draft.remedy(key_access::grant(&path, &key_access::APP_POOL)));
        }
        out.about(None).pass("no other key file keeps an application's account out");
    }
}
