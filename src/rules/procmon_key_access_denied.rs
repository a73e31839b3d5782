//! A trace shows that a process was denied a key file.

use super::key_access::{self, Reader};
use super::prelude::*;
use crate::case::key_file_link::{self, KeyFileArtifacts, KeyFileName};
use crate::model::{
    access::{AccessList, AccessMask, AceKind, KeyPath, Principal},
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
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/procmon-key-access-denied.md"),
};

/// Processes that run as SYSTEM: what they ask for without impersonating anyone they ask as SYSTEM.
const AS_SYSTEM: &[&str] = &["system", "lsass.exe", "inetinfo.exe"];

/// The workloads that a process itself is, whatever its account.
fn own_workloads(process: &str) -> &'static [&'static str] {
    match process {
        "svchost.exe" => &["rdp", "rd-gateway", "rras", "nps"],
        "w3wp.exe" => &["dotnet", "kestrel", "exchange"],
        "dotnet.exe" => &["dotnet", "kestrel", "generic"],
        "sqlservr.exe" => &["sql-server"],
        "microsoft.identityserver.servicehost.exe" => &["ad-fs", "ad-fs-token-signing", "ad-fs-token-decrypting"],
        "smesvc.exe" => &["wac"],
        "diahost.exe" => &["shir"],
        "edgetransport.exe" => &["exchange"],
        _ => &[],
    }
}

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

/// What a refusal means for a workload.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stop {
    /// The account with which the workload reads.
    reader: &'static Reader,
    /// How sure it is that the workload's own use of the key was refused.
    sure: Confidence,
    /// The refused account is the workload's by its name or by its process; else the workload can only have been set to run
    /// under it.
    proved: bool,
}

/// A refusal that counts.
struct Refusal<'a> {
    observed: &'a Observed,
    row: &'a TraceRow,
    wanted: Wanted,
}

impl Refusal<'_> {
    /// The account that was refused; `None`: the trace does not show it.
    fn who(&self) -> Option<Principal> {
        let shown = account(self.observed, self.row).map(principal::of_name);
        // Only the column of details would show an impersonation.
        let itself = || self.row.desired_access.is_some() && AS_SYSTEM.contains(&process(self.row).as_str());
        shown.or_else(|| itself().then(|| Principal::Sid(principal::SYSTEM.to_owned())))
    }

    /// How sure it is that the key was to be used: reading alone, by a process that serves.
    fn sure(&self, serving: bool) -> Confidence {
        if serving && self.wanted == Wanted::Read { Confidence::Likely } else { Confidence::Possible }
    }

    /// Whether it keeps a workload from its key, and how sure that is: the account is one that the workload reads with.
    fn stops(&self, target: &Target) -> Option<Stop> {
        let process = process(self.row);
        let own = own_workloads(&process).contains(&target.workload.name);
        let serving = own || AS_SYSTEM.contains(&process.as_str()) || process == "svchost.exe";
        let readers = key_access::readers(target.workload.name);
        let Some(who) = self.who() else {
            return readers.first().filter(|_| own).map(|reader| Stop { reader, sure: self.sure(true), proved: true });
        };
        let named = |reader: &&&'static Reader| {
            let same = |account: &&str| match &who {
                Principal::Sid(sid) => sid == *account || principal::virtual_sid(account).as_ref() == Some(sid),
                Principal::Name(name) => name.eq_ignore_ascii_case(account),
            };
            let text = match &who {
                Principal::Sid(text) | Principal::Name(text) => text.to_ascii_lowercase(),
            };
            reader.accounts.iter().any(same) || reader.begins.iter().any(|begin| text.starts_with(begin))
        };
        if let Some(reader) = readers.iter().find(named) {
            return Some(Stop { reader, sure: self.sure(serving), proved: true });
        }
        // A service can be set to run under another account; its own process proves it.
        let any = readers.iter().find(|reader| reader.any_account)?;
        let set = match &who {
            Principal::Sid(sid) => sid.starts_with("S-1-5-21-") || sid == principal::NETWORK_SERVICE,
            Principal::Name(name) => !principal::is_virtual(name),
        };
        (own || set).then(|| Stop { reader: any, sure: self.sure(own), proved: own })
    }

    /// The account for a person.
    fn words(&self) -> String {
        let name = self.row.process.as_ref().map_or("a process", |p| p.value.as_str());
        match account(self.observed, self.row) {
            Some(who) => format!("{name} on behalf of {who}"),
            None => name.to_owned(),
        }
    }
}

/// Whether a list of permissions lets the account read.
fn may_read(list: &AccessList, who: &Principal) -> bool {
    match who {
        Principal::Sid(sid) => list.grants_account(sid, AccessMask::READ_DATA) == Some(true),
        Principal::Name(name) => list.entries.iter().any(|ace| {
            ace.kind == AceKind::Allow
                && ace.mask.is_some_and(AccessMask::can_read)
                && matches!(&ace.principal.value, Principal::Name(own) if own.eq_ignore_ascii_case(name))
        }),
    }
}

/// The denials of one file.
#[derive(Default)]
struct Denials<'a> {
    rows: Vec<Refusal<'a>>,
    /// The processes that read it after all.
    readers: BTreeSet<String>,
}

impl Denials<'_> {
    /// Those that count: a refused probe before a read that works is how Windows opens many files.
    fn counting(&self) -> impl Iterator<Item = &Refusal<'_>> {
        self.rows.iter().filter(|r| !self.readers.contains(&process(r.row)))
    }

    /// For each workload the surest refusal that keeps it from the key.
    fn surest(&self, targets: &[Target]) -> Vec<(Target, &Refusal<'_>, Stop)> {
        let best = |target: &Target| {
            let stops = self.counting().filter_map(|refusal| Some((*target, refusal, refusal.stops(target)?)));
            stops.min_by_key(|(.., stop)| stop.sure)
        };
        targets.iter().filter_map(best).collect()
    }
}

/// Those of the workloads that a refusal stops, by what is said of them.
fn stopped<'d>(
    surest: &[(Target, &'d Refusal<'d>, Stop)],
    targets: &[Target],
) -> Vec<(&'d Refusal<'d>, Stop, Vec<Target>)> {
    let mut out: Vec<(&Refusal<'_>, Stop, Vec<Target>)> = Vec::new();
    for (target, refusal, stop) in surest.iter().filter(|(target, ..)| targets.contains(target)) {
        let same = |(r, s, _): &&mut (&Refusal<'_>, Stop, Vec<Target>)| std::ptr::eq(*r, *refusal) && s == stop;
        match out.iter_mut().find(same) {
            Some((.., own)) => own.push(*target),
            None => out.push((refusal, *stop, vec![*target])),
        }
    }
    out
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
                file.rows.push(Refusal { observed, row, wanted });
            } else if result_is(row, "SUCCESS") && wanted != Wanted::Other {
                file.readers.insert(process(row));
            }
        }
        if !any {
            return out.not_applicable("no trace of accesses to key files is among the inputs");
        }
        let judged = key_access::judged(case, cx);
        let names = key_access::Owners::of(&judged);
        let targets_of: BTreeMap<CredentialId, &[Target]> =
            judged.iter().map(|(c, targets)| (c.id, targets.as_slice())).collect();
        let artifacts = KeyFileArtifacts::of(case);
        for denials in files.values() {
            let Some(first) = denials.rows.first() else { continue };
            let owners = names.of_file(&first.row.target);
            let system = match &first.row.target {
                KeyPath::KeyFile { prefix, .. } => container_name::system_container(prefix),
                _ => None,
            };
            if owners.is_empty() && !names.is_empty() && system.is_none() {
                // A key of no certificate in question.
                out.about(None).pass("the denied key file belongs to none of the certificates");
                continue;
            }
            if let Some(system) = system.filter(|_| owners.is_empty()) {
                // Windows' own services read its own keys, whichever workload is asked for.
                let services = [principal::SYSTEM, principal::NETWORK_SERVICE, principal::LOCAL_SERVICE];
                let own =
                    |r: &&Refusal<'_>| r.who().is_some_and(|who| who.sid().is_some_and(|s| services.contains(&s)));
                if let Some(refusal) = denials.counting().find(own) {
                    let stop = Stop { reader: &key_access::SYSTEM, sure: refusal.sure(true), proved: true };
                    out.about(None).fail(draft(refusal, stop, Some(system)));
                }
                continue;
            }
            if owners.is_empty() {
                // No certificate tells whose key it is: every workload in question may be meant.
                for (refusal, stop, targets) in stopped(&denials.surest(cx.workloads), cx.workloads) {
                    out.about(None).fail(draft(refusal, stop, None).workloads(targets));
                }
                continue;
            }
            let surest = denials.surest(cx.workloads);
            for owner in owners {
                let targets = targets_of.get(&owner.id).copied().unwrap_or_default();
                let stopping = stopped(&surest, targets);
                let out = out.about(Some(owner.id));
                if stopping.is_empty() {
                    out.pass(format!(
                        "{} was refused the key file, which is no account that these workloads read it with",
                        first.words()
                    ));
                }
                for (refusal, stop, targets) in stopping {
                    let lists = artifacts.lists_of(owner);
                    if refusal.who().is_some_and(|who| lists.iter().any(|(_, list)| may_read(list, &who))) {
                        out.unknown(
                            format!(
                                "why {} was refused the key file, whose permissions let that account read",
                                refusal.words()
                            ),
                            key_access::show_permissions(owner),
                        );
                        continue;
                    }
                    let mut draft = draft(refusal, stop, system).workloads(targets);
                    if let Some(name) = KeyFileName::of(owner) {
                        draft = draft.evidence(owner.evidence(name.place, "the key of this certificate", false));
                    }
                    out.fail(draft);
                }
            }
        }
        out.about(None).pass("no other read of a key file was denied");
    }
}

/// What is said of a refusal.
fn draft(refusal: &Refusal<'_>, stop: Stop, system: Option<&str>) -> FindingDraft {
    let Refusal { observed, row, .. } = refusal;
    let mut message = format!(
        "{} asked for the key file and was refused. The permissions of this file decide, whatever those of its folder \
         are. lsass opens keys for other services: then the account on whose behalf it asked is the one that needs the \
         permission.",
        refusal.words()
    );
    if let Some(system) = system {
        message.push_str(&format!(" The file belongs to Windows itself: the container {system}."));
    }
    let path = key_file_link::whole_path(&row.path.value).unwrap_or_else(|| "<key file>".to_owned());
    let account = refusal.who().and_then(|who| match who {
        Principal::Sid(sid) if sid == principal::SYSTEM => Some("*S-1-5-18:(F)".to_owned()),
        Principal::Sid(sid) => Some(format!("*{sid}:(R)")),
        Principal::Name(name) => key_access::account_name(&name).map(|name| format!("{name}:(R)")),
    });
    let grant = account.unwrap_or_else(|| stop.reader.grant.to_owned());
    let place = row.result.as_ref().map_or(row.path.place, |r| r.place);
    let draft = FindingDraft::new(&META, META.summary, message)
        .subject(row.path.value.to_ascii_lowercase())
        .confidence(stop.sure)
        .conditions(2)
        .evidence(observed.evidence(place, "denied", true));
    let look = Step::cmd(format!("icacls \"{path}\"")).note("shows who has which rights now");
    if !stop.proved {
        return draft.remedy(Remedy {
            title: "See under which account the service runs: only that one gets permission",
            steps: vec![
                look,
                Step::text(
                    "Compare the account that was refused with the one of the service. If they are the same, give it (R) on this \
                     one file; an account of a user gets none, for who reads the file has the server's key.",
                ),
            ],
            caution: None,
            verify: None,
        });
    }
    draft.remedy(Remedy {
        title: "Give the account that was refused permission on this one key file",
        steps: vec![
            look,
            Step::cmd(format!("icacls \"{path}\" /grant {grant}"))
                .note("if this is denied, first: takeown /a /f with the same path"),
        ],
        caution: Some(
            "Not on the whole folder: that opens every key of the machine. After any later import the key has a new file: \
             give the permission again.",
        ),
        verify: Some(Verify::new(format!("icacls \"{path}\"")).shows("the account with (R) or (F)")),
    })
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
