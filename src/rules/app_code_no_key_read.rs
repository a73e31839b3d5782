//! The application's account may not read the key.

use super::key_access::{self, Reach, Reader};
use super::prelude::*;
use super::schannel;
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
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/app-code-no-key-read.md"),
};

/// "Keyset does not exist", "Access is denied".
const SYMPTOMS: &[u32] = &[0x8009_0016, 0x8007_0005, 0x8009_0010];

/// The account under which the code of a workload opens its key.
fn reader(workload: &str) -> Option<&'static Reader> {
    match workload {
        "dotnet" => Some(&key_access::APP_POOL),
        "kestrel" | "generic" => Some(&key_access::OWN_ACCOUNT),
        _ => None,
    }
}

/// An event 36870 of a program that is no part of Windows: its own account could not use the key.
fn of_program(case: &CaseIndex) -> Option<Evidence> {
    let own = |e: &crate::model::event_record::EventRecord| {
        e.process.is_some() && schannel::teller(e).workload.is_none() && !schannel::of_client(e)
    };
    let (observed, event) = schannel::events(case, &[36_870]).find(|(_, e)| own(e))?;
    Some(observed.evidence(event.process.as_ref()?.place, "the program that could not use its key", false))
}

impl CaseRule for AppCodeNoKeyRead {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        if subject::named(cx, &["dotnet", "kestrel", "generic"]).is_empty() {
            return out.not_applicable("the workload was not asked for");
        }
        let artifacts = KeyFileArtifacts::of(case);
        const LABEL: &str = "what the application says";
        let of_all = key_access::symptom(case, SYMPTOMS, LABEL);
        let named = key_access::named_symptoms(case, SYMPTOMS, LABEL);
        let of_program = of_program(case);
        for (c, targets) in key_access::judged(case, cx) {
            let mut workloads = targets.into_iter().filter_map(|t| Some((t, reader(t.workload.name)?))).peekable();
            let Some((_, reader)) = workloads.peek().copied() else { continue };
            let workloads: Vec<Target> = workloads.filter(|(_, other)| *other == reader).map(|(t, _)| t).collect();
            if c.key.machine_keyset() == Some(false) || c.scope() == Scope::User {
                continue;
            }
            let out = out.about(Some(c.id));
            let own = c.certificate.as_ref().and_then(|c| c.subject.as_ref());
            let symptom = own.and_then(|own| named.get(&subject_key(&own.value))).or(of_all.as_ref());
            let alone = *reader == key_access::OWN_ACCOUNT;
            let symptom = symptom.or(of_program.as_ref().filter(|_| alone));
            let lists = artifacts.lists_of(c);
            let Some((observed, list, reach)) = key_access::agreed(&lists, reader) else {
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
                    out.pass(format!("{} may read the key file", reader.words));
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
                let (missing, obtain) = if alone {
                    (
                        "the account that the service runs as: SYSTEM and administrators alone may read the key file",
                        "sc qc <service>",
                    )
                } else {
                    (
                        "the account that the application runs as: no application pool may read the key file",
                        "%windir%\\system32\\inetsrv\\appcmd list apppool /text:processModel.identityType",
                    )
                };
                out.unknown(missing, obtain);
                continue;
            };
            let path = key_file_link::command_path(c, Some(&list.path.value));
            let mut draft = FindingDraft::new(
                &META,
                META.summary,
                if alone {
                    "A service that serves TLS itself opens the key under the account that it runs as. SYSTEM and \
                     administrators alone may read the key file: another account finds no keyset."
                } else {
                    "TLS of IIS opens the key as SYSTEM; code in an application pool opens it as the pool's account. No entry of \
                     the key file lets such an account read: the code says that the keyset does not exist, while TLS works."
                },
            )
            .workloads(workloads)
            .conditions(3)
            .evidence(observed.evidence(
                list.path.place,
                if alone { "administrators and SYSTEM alone may read this file" } else { "no application pool may read this file" },
                true,
            ));
            if matches!(reach, Reach::Elsewhere) {
                draft = draft.confidence(Confidence::Possible);
            }
            draft = key_access::with_entries(draft, observed, list, cx).evidence(symptom.clone());
            if let Some(name) = KeyFileName::of(c) {
                draft = draft.evidence(c.evidence(name.place, "the key of this certificate", false));
            }
            out.fail(draft.remedy(key_access::grant(&path, reader)));
        }
        out.about(None).pass("no other key file keeps an application's account out");
    }
}
