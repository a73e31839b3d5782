//! A trace shows that a process was denied a key file.

use super::key_access;
use super::prelude::*;
use crate::case::key_file_link::{self, KeyFileName};
use crate::model::{
    access::KeyPath,
    observation::{Observed, TraceRow},
    principal,
};

/// The rule.
pub(super) struct ProcmonKeyAccessDenied;

static META: RuleMeta = RuleMeta {
    name: "procmon-key-access-denied",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "a process was denied access to the key file",
    sources: &[sources::ARTICLE, sources::PROCMON_INFERENCE],
    explains: &["keyset-missing", "acl-deny-or-orphan-sid"],
    doc: include_str!("../../docs/rules/procmon-key-access-denied.md"),
};

/// Processes that open keys for servers: a denial of theirs is the failure itself.
const SERVERS: &[&str] = &[
    "system",
    "lsass.exe",
    "svchost.exe",
    "w3wp.exe",
    "inetinfo.exe",
    "sqlservr.exe",
    "microsoft.identityserver.servicehost.exe",
    "wmsvc.exe",
    "smesvc.exe",
    "diahost.exe",
    "edgetransport.exe",
    "dotnet.exe",
];

/// What was asked of the file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// Reading alone.
    Read,
    /// Reading among other rights: may be a probe before a plain read.
    More,
    /// Writing, deleting, changing permissions: no use of a key.
    Other,
}

fn wanted(row: &TraceRow) -> Wanted {
    let Some(access) = &row.desired_access else {
        let opens = row
            .operation
            .as_ref()
            .is_none_or(|o| ["createfile", "readfile", "queryopen"].contains(&o.value.to_ascii_lowercase().as_str()));
        return if opens { Wanted::More } else { Wanted::Other };
    };
    let words: Vec<String> = access.value.split(',').map(|w| w.trim().to_ascii_lowercase()).collect();
    let writes =
        |w: &String| ["write", "delete", "take ownership", "all access", "append"].iter().any(|x| w.contains(x));
    // Attributes and permissions are not the content.
    let beside = ["read attributes", "read control", "read ea", "read extended"];
    let reads = words.iter().any(|w| w.contains("read") && !beside.iter().any(|b| w.starts_with(b)));
    if words.iter().any(writes) {
        return if reads || words.iter().any(|w| w.contains("all access")) { Wanted::More } else { Wanted::Other };
    }
    if reads || words.iter().any(|w| w == "maximum allowed") { Wanted::Read } else { Wanted::Other }
}

fn result_is(row: &TraceRow, wanted: &str) -> bool {
    row.result.as_ref().is_some_and(|r| r.value.trim().eq_ignore_ascii_case(wanted))
}

fn process(row: &TraceRow) -> String {
    row.process.as_ref().map_or_else(String::new, |p| p.value.to_ascii_lowercase())
}

/// The account on whose behalf the process asked, where the trace shows it.
fn account<'a>(observed: &'a Observed, row: &'a TraceRow) -> Option<&'a str> {
    let impersonated = observed.fields.iter().find(|(name, _)| name.contains("impersonating")).map(|(_, f)| f);
    impersonated.or(row.user.as_ref()).map(|f| f.value.trim()).filter(|a| !a.is_empty())
}

/// The denials of one file.
#[derive(Default)]
struct Denials<'a> {
    rows: Vec<(&'a Observed, &'a TraceRow, Wanted)>,
    /// The processes that read it after all.
    readers: BTreeSet<String>,
}

impl CaseRule for ProcmonKeyAccessDenied {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        let mut files: BTreeMap<(&str, &str), Denials<'_>> = BTreeMap::new();
        let mut any = false;
        for (observed, row) in case.traces() {
            let KeyPath::KeyFile { prefix, machine_guid, folder } = &row.target else { continue };
            if **folder == KeyPath::Other {
                continue;
            }
            any = true;
            let file = files.entry((prefix, machine_guid)).or_default();
            let wanted = wanted(row);
            if result_is(row, "ACCESS DENIED") && wanted != Wanted::Other {
                file.rows.push((observed, row, wanted));
            } else if result_is(row, "SUCCESS") && wanted != Wanted::Other {
                file.readers.insert(process(row));
            }
        }
        if !any {
            return out.not_applicable("no trace of accesses to key files is among the inputs");
        }
        let judged = key_access::judged(case, cx);
        let names = key_access::Owners::of(&judged);
        for denials in files.values() {
            // A refused probe before a read that works is how Windows opens many files.
            let mut rows = denials.rows.iter().filter(|(_, row, _)| !denials.readers.contains(&process(row)));
            let Some((observed, row, asked)) = rows.clone().find(|(.., w)| *w == Wanted::Read).or_else(|| rows.next())
            else {
                continue;
            };
            let owners = names.of_file(&row.target);
            let system = match &row.target {
                KeyPath::KeyFile { prefix, .. } => container_name::system_container(prefix),
                _ => None,
            };
            if owners.is_empty() && !names.is_empty() && system.is_none() {
                // A key of no certificate in question.
                out.about(None).pass("the denied key file belongs to none of the certificates");
                continue;
            }
            let who = account(observed, row);
            let server = SERVERS.contains(&process(row).as_str());
            let name = row.process.as_ref().map_or("a process", |p| p.value.as_str());
            let mut message = format!("{name} asked for the key file and was refused");
            if let Some(who) = who {
                message.push_str(&format!(", on behalf of {who}"));
            }
            message.push_str(
                ". The permissions of this file decide, whatever those of its folder are. lsass opens keys for other \
                 services: then the account on whose behalf it asked is the one that needs the permission.",
            );
            if let Some(system) = system {
                message.push_str(&format!(" The file belongs to Windows itself: the container {system}."));
            }
            let path = key_file_link::whole_path(&row.path.value).unwrap_or_else(|| "<key file>".to_owned());
            let account = who.and_then(|who| match principal::of_name(who) {
                crate::model::access::Principal::Sid(sid) => Some(format!("*{sid}")),
                crate::model::access::Principal::Name(name) => key_access::account_name(&name),
            });
            let rights = if account.as_deref() == Some("*S-1-5-18") { "(F)" } else { "(R)" };
            let account = account.unwrap_or_else(|| "<account>".to_owned());
            let confidence = if server && *asked == Wanted::Read { Confidence::Likely } else { Confidence::Possible };
            let place = row.result.as_ref().map_or(row.path.place, |r| r.place);
            let mut draft = FindingDraft::new(&META, META.summary, message)
                .subject(row.path.value.to_ascii_lowercase())
                .confidence(confidence)
                .conditions(2)
                .evidence(observed.evidence(place, "denied", true));
            let about = owners.first().copied();
            if let Some(c) = about {
                draft.related = owners.iter().skip(1).map(|c| c.id).collect();
                if let Some(name) = KeyFileName::of(c) {
                    draft = draft.evidence(c.evidence(name.place, "the key of this certificate", false));
                }
            }
            out.about(about.map(|c| c.id)).fail(draft.remedy(Remedy {
                title: "Give the account that was refused permission on this one key file",
                steps: vec![
                    Step::cmd(format!("icacls \"{path}\"")).note("shows who has which rights now"),
                    Step::cmd(format!("icacls \"{path}\" /grant {account}:{rights}"))
                        .note("if this is denied, first: takeown /a /f with the same path"),
                ],
                caution: Some(
                    "Not on the whole folder: that opens every key of the machine. After any later import the key has a \
                     new file: give the permission again.",
                ),
                verify: Some(format!("icacls \"{path}\"      the account with {rights}")),
            }));
        }
        out.about(None).pass("no other read of a key file was denied");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::fact;

    #[test]
    fn only_reading_is_using_a_key() {
        let row = |access: Option<&str>, operation: &str| TraceRow {
            process: None,
            process_id: None,
            user: None,
            operation: Some(fact(operation.to_owned(), 1)),
            path: fact(String::new(), 1),
            target: KeyPath::Other,
            result: None,
            desired_access: access.map(|a| fact(a.to_owned(), 1)),
        };
        let of = |access: &str| wanted(&row(Some(access), "CreateFile"));
        assert!(of("Generic Read") == Wanted::Read);
        assert!(of("Read Data/List Directory, Synchronize") == Wanted::Read);
        assert!(of("Read Attributes") == Wanted::Other);
        assert!(of("Read Control, Write DAC") == Wanted::Other);
        assert!(of("Write DAC") == Wanted::Other);
        assert!(of("Generic Write, Read Attributes") == Wanted::Other);
        assert!(of("Generic Read/Write") == Wanted::More);
        assert!(of("All Access") == Wanted::More);
        assert!(wanted(&row(None, "CreateFile")) == Wanted::More);
        assert!(wanted(&row(None, "SetSecurityFile")) == Wanted::Other);
    }
}
