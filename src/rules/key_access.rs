//! Who may read a credential's key file: what the rules about permissions share.
//!
//! Sources: Microsoft KB238187 (entries of a new container), Microsoft Learn, "How AccessCheck Works" (entries count in
//! order), MS-DTYP 2.4.2.4 (well-known SIDs).

use super::prelude::*;
use crate::case::key_file_link::{self, KeyFileArtifacts};
use crate::model::{
    access::{AccessList, AccessMask, Ace, AceKind, Principal},
    observation::Observed,
};

/// What a service's account may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// One of the accounts that every Windows has: nothing but its SID names it.
    WellKnown,
    /// A service's own account `NT SERVICE\<name>`; a name that ends with `*` stands for all that begin so. The service
    /// may as well be set to run under another account.
    Service(&'static [&'static str]),
    /// The application pools of IIS, or whichever account the application was given.
    Pool,
}

/// An account that must be able to read a key file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reader {
    /// For a person.
    pub words: &'static str,
    /// Its SID, when it is the same everywhere.
    pub sid: &'static str,
    /// What else names it.
    pub names: Names,
    /// The groups that every process of this account is in, by SID.
    pub groups: &'static [&'static str],
    /// What `icacls /grant` takes for it, with the rights.
    pub grant: &'static str,
}

/// Everyone, Authenticated Users, BUILTIN\Users, SERVICE: groups of every service.
const SERVICE_GROUPS: &[&str] = &["S-1-1-0", "S-1-5-11", "S-1-5-32-545", "S-1-5-6"];

/// SYSTEM: Schannel for http.sys, lsass.
pub(super) static SYSTEM: Reader = Reader {
    words: "SYSTEM",
    sid: "S-1-5-18",
    names: Names::WellKnown,
    groups: &["S-1-5-32-544", "S-1-1-0", "S-1-5-11"],
    grant: "*S-1-5-18:F",
};
/// NETWORK SERVICE.
pub(super) static NETWORK_SERVICE: Reader = Reader {
    words: "NETWORK SERVICE",
    sid: "S-1-5-20",
    names: Names::WellKnown,
    groups: SERVICE_GROUPS,
    grant: "*S-1-5-20:R",
};
/// LOCAL SERVICE.
pub(super) static LOCAL_SERVICE: Reader = Reader {
    words: "LOCAL SERVICE",
    sid: "S-1-5-19",
    names: Names::WellKnown,
    groups: SERVICE_GROUPS,
    grant: "*S-1-5-19:R",
};
/// SQL Server's service.
pub(super) static SQL_SERVICE: Reader = Reader {
    words: "the account of SQL Server (NT SERVICE\\MSSQLSERVER, or NT SERVICE\\MSSQL$ and the instance)",
    sid: "",
    names: Names::Service(&["MSSQLSERVER", "MSSQL$*"]),
    groups: &["S-1-1-0", "S-1-5-11", "S-1-5-32-545", "S-1-5-6", "S-1-5-80-0"],
    grant: "\"NT SERVICE\\MSSQLSERVER:(R)\"",
};
/// The self-hosted integration runtime's service.
pub(super) static SHIR_SERVICE: Reader = Reader {
    words: "NT SERVICE\\DIAHostService",
    sid: "",
    names: Names::Service(&["DIAHostService"]),
    groups: &["S-1-1-0", "S-1-5-11", "S-1-5-32-545", "S-1-5-6", "S-1-5-80-0"],
    grant: "\"NT SERVICE\\DIAHostService:(R)\"",
};
/// AD FS.
pub(super) static ADFS_SERVICE: Reader = Reader {
    words: "the account of AD FS (NT SERVICE\\adfssrv, or the service account)",
    sid: "",
    names: Names::Service(&["adfssrv", "drs"]),
    groups: &["S-1-1-0", "S-1-5-11", "S-1-5-32-545", "S-1-5-6", "S-1-5-80-0"],
    grant: "\"NT SERVICE\\adfssrv:(R)\" \"NT SERVICE\\drs:(R)\"",
};
/// Code in an application pool.
pub(super) static APP_POOL: Reader = Reader {
    words: "the application pool's account",
    sid: "S-1-5-32-568",
    names: Names::Pool,
    groups: &["S-1-1-0", "S-1-5-11", "S-1-5-32-545", "S-1-5-6", "S-1-5-82-0"],
    grant: "\"IIS AppPool\\<pool>:(R)\"",
};

/// Whether an entry is about an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Yes,
    No,
    /// A name or SID that may stand for the account, or for a group that it is in.
    Perhaps,
}

impl Reader {
    fn about(&self, ace: &Ace) -> About {
        let name = ace.printed.trim().rsplit('\\').next().unwrap_or("").to_ascii_lowercase();
        let own = match self.names {
            Names::WellKnown => false,
            Names::Service(names) => names.iter().any(|n| {
                let n = n.to_ascii_lowercase();
                n.strip_suffix('*').map_or(name == n, |begin| name.starts_with(begin))
            }),
            Names::Pool => {
                let printed = ace.printed.to_ascii_lowercase();
                printed.starts_with("iis apppool\\") || name == "iis_iusrs"
            }
        };
        if own {
            return About::Yes;
        }
        match &ace.principal.value {
            Principal::Sid(sid) if sid == self.sid || self.groups.contains(&sid.as_str()) => About::Yes,
            Principal::Sid(sid) => match self.names {
                Names::WellKnown => About::No,
                // A service or pool may run under any account of the machine or the domain, and its own SID is a hash.
                Names::Service(_) if sid.starts_with("S-1-5-80-") => About::Perhaps,
                Names::Pool if sid.starts_with("S-1-5-82-") => About::Yes,
                _ if ["S-1-5-19", "S-1-5-20"].contains(&sid.as_str()) || sid.starts_with("S-1-5-21-") => About::Perhaps,
                _ => About::No,
            },
            Principal::Name(name) => match self.names {
                // `CONTOSO\svc-web` is no account that every Windows has; a name in a language that no table proves may be.
                Names::WellKnown if ordinary(name) => About::No,
                _ => About::Perhaps,
            },
        }
    }
}

/// Whether a name is that of an ordinary account or group: it has an authority that can be a computer or a domain.
fn ordinary(name: &str) -> bool {
    let Some((authority, _)) = name.split_once('\\') else { return name.contains('@') };
    let nt = authority.eq_ignore_ascii_case("NT") || authority.to_ascii_uppercase().starts_with("NT-");
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    let service = ["NT SERVICE", "IIS APPPOOL"].iter().any(|s| authority.eq_ignore_ascii_case(s));
    service || (!nt && !authority.is_empty() && authority.bytes().all(plain))
}

/// What permissions say about an account.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reach<'a> {
    /// It may read, by this entry.
    Allowed(&'a Ace),
    /// It may not, by this entry.
    Denied(&'a Ace),
    /// No entry is about it.
    Missing,
    /// The list does not tell, and why.
    Unclear(&'static str),
}

/// What a list of permissions says about an account's reading. Entries count in order, as Windows reads them.
pub(super) fn reach<'a>(list: &'a AccessList, reader: &Reader) -> Reach<'a> {
    if list.refused.is_some() {
        return Reach::Unclear("the permissions were not shown: the tool was refused");
    }
    let mut perhaps = false;
    for ace in list.entries.iter().filter(|a| !a.inherit_only && a.kind != AceKind::Audit) {
        let about = reader.about(ace);
        if about == About::No {
            continue;
        }
        let Some(mask) = ace.mask else {
            perhaps = true;
            continue;
        };
        let reads = mask.can_read();
        match (about, ace.kind) {
            (About::Yes, AceKind::Allow) if reads => return Reach::Allowed(ace),
            (About::Yes, AceKind::Deny) if reads => return Reach::Denied(ace),
            (About::Perhaps, AceKind::Allow) if reads => perhaps = true,
            _ => {}
        }
    }
    if perhaps {
        return Reach::Unclear("an entry of the permissions may stand for the account");
    }
    if !list.complete {
        return Reach::Unclear("the list of permissions is cut");
    }
    Reach::Missing
}

/// What all lists of one file say: agreed, or unclear.
pub(super) fn agreed<'a>(
    lists: &[(&'a Observed, &'a AccessList)],
    reader: &Reader,
) -> Option<(&'a Observed, &'a AccessList, Reach<'a>)> {
    let kind = |r: &Reach<'_>| match r {
        Reach::Allowed(_) => 0,
        Reach::Denied(_) | Reach::Missing => 1,
        Reach::Unclear(_) => 2,
    };
    let mut found: Option<(&Observed, &AccessList, Reach<'_>)> = None;
    for (observed, list) in lists {
        let next = reach(list, reader);
        found = match found {
            None => Some((observed, list, next)),
            Some(old) if kind(&old.2) == 2 => Some((observed, list, next)),
            Some(old) if kind(&next) == 2 || kind(&old.2) == kind(&next) => Some(old),
            Some((o, l, _)) => {
                return Some((o, l, Reach::Unclear("the inputs show different permissions of this file")));
            }
        };
    }
    found
}

/// Evidence for a place of an observation: the words at the place and its line, from the kept lines.
pub(super) fn evidence(
    observed: &Observed,
    place: crate::model::fact::Place,
    label: &'static str,
    primary: bool,
) -> Evidence {
    let (mut excerpt, mut line_text) = (String::new(), String::new());
    if let Some(line) = observed.excerpts.at(place).filter(|_| place.line > 0) {
        let skip = usize::try_from(place.column.saturating_sub(line.column)).unwrap_or(0);
        let tail: String = line.text.chars().skip(skip).collect();
        excerpt = tail.trim_end().to_owned();
        line_text.clone_from(&line.text);
    }
    Evidence { place, label: label.into(), excerpt, line_text, path: None, primary }
}

/// The entries of a list as evidence after the primary place: as many as an excerpt may have lines.
pub(super) fn with_entries(
    mut draft: FindingDraft,
    observed: &Observed,
    list: &AccessList,
    cx: &Context<'_>,
) -> FindingDraft {
    let mut lines = BTreeSet::new();
    for ace in list.entries.iter().filter(|a| a.kind != AceKind::Audit) {
        let place = ace.principal.place;
        if draft.evidence.iter().any(|e| e.place == place) || !lines.insert((place.line, place.start)) {
            continue;
        }
        if draft.evidence.len() >= cx.limits.excerpt_lines.min(8) {
            break;
        }
        let label = match (ace.kind, ace.mask) {
            (AceKind::Deny, _) => "denied",
            (_, Some(mask)) if mask.is_full() => "full control",
            (_, Some(mask)) if mask.can_read() => "may read",
            (_, Some(_)) => "may not read",
            (_, None) => "rights that can't be read",
        };
        draft = draft.evidence(evidence(observed, place, label, false));
    }
    draft
}

/// The stored, linked certificates with the workloads they are judged for.
pub(super) fn judged<'a>(case: &'a CaseIndex, cx: &Context<'_>) -> Vec<(&'a Credential, Vec<Target>)> {
    let mut out = Vec::new();
    for c in &case.kept {
        let linked = matches!(c.key.association, Association::Linked | Association::FoundBySearch);
        let archived = c.certificate.as_ref().and_then(|c| c.archived.as_ref()).is_some_and(|a| a.value);
        if c.certificate.is_none() || !linked || !subject::stored(c) || archived {
            continue;
        }
        let targets = judge::candidates(c, cx.workloads, &[]);
        if !targets.is_empty() {
            out.push((c, targets));
        }
    }
    out
}

/// The command that shows the permissions of a credential's key file.
pub(super) fn show_permissions(c: &Credential) -> String {
    format!("icacls \"{}\"", key_file_link::command_path(c, None))
}

/// Gives an account read permission on one key file.
pub(super) fn grant(path: &str, reader: &Reader) -> Remedy {
    let expected = match reader.grant.strip_suffix('F') {
        Some(_) => "the account with (F)",
        None => "the account with (R)",
    };
    Remedy {
        title: "Give the account permission on this one key file",
        steps: vec![
            Step::cmd(format!("icacls \"{path}\" /grant {}", reader.grant))
                .note("if this is denied, first: takeown /a /f with the same path"),
        ],
        caution: Some(
            "Not on the whole folder: that opens every key of the machine. After any later import the key has a new file: \
             give the permission again.",
        ),
        verify: Some(format!("icacls \"{path}\"      {expected}")),
    }
}

/// One rule of the form "this account must be able to read the key file".
pub(super) struct ReaderRule {
    /// The rule.
    pub meta: &'static RuleMeta,
    /// Which account a workload needs, and how sure that is.
    pub reader: fn(&Credential, &Target) -> Option<(&'static Reader, Confidence)>,
    /// Why it fails.
    pub message: &'static str,
}

/// Checks every judged certificate whose key file's permissions are shown.
pub(super) fn check_readers(rule: &ReaderRule, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
    let artifacts = KeyFileArtifacts::of(case);
    if !artifacts.shows_permissions() {
        return out.not_applicable("no permissions of key files are among the inputs");
    }
    for (c, targets) in judged(case, cx) {
        // Workloads of one account make one finding.
        let mut accounts: Vec<(&'static Reader, Confidence, Vec<Target>)> = Vec::new();
        for target in targets {
            let Some((reader, confidence)) = (rule.reader)(c, &target) else { continue };
            match accounts.iter_mut().find(|(r, sure, _)| *r == reader && *sure == confidence) {
                Some((.., list)) => list.push(target),
                None => accounts.push((reader, confidence, vec![target])),
            }
        }
        if accounts.is_empty() {
            continue;
        }
        let out = out.about(Some(c.id));
        let lists = artifacts.lists_of(c);
        if lists.is_empty() {
            if key_file_link::folder(c).is_none() {
                out.not_applicable("the provider is not one of Microsoft's that keep keys in files");
            } else {
                out.unknown("the permissions of this certificate's key file", show_permissions(c));
            }
            continue;
        }
        for (reader, confidence, workloads) in accounts {
            let Some((observed, list, reach)) = agreed(&lists, reader) else { continue };
            let (place, label) = match reach {
                Reach::Allowed(_) => {
                    out.pass(format!("{} may read the key file", reader.words));
                    continue;
                }
                Reach::Unclear(why) => {
                    out.unknown(format!("whether {} may read the key file: {why}", reader.words), show_permissions(c));
                    continue;
                }
                Reach::Denied(ace) => (ace.principal.place, "this entry denies reading"),
                Reach::Missing => (list.path.place, "the account is not among those who may read this key file"),
            };
            let path = key_file_link::command_path(c, Some(&list.path.value));
            let mut draft =
                FindingDraft::new(rule.meta, rule.meta.summary, rule.message.replace("{account}", reader.words))
                    .confidence(confidence)
                    .workloads(workloads)
                    .conditions(if matches!(reach, Reach::Denied(_)) { 3 } else { 2 })
                    .evidence(evidence(observed, place, label, true));
            draft = with_entries(draft, observed, list, cx);
            if let Some(name) = key_file_link::KeyFileName::of(c) {
                draft = draft.evidence(c.evidence(name.place, "the key of this certificate", false));
            }
            if let Reach::Denied(ace) = reach {
                draft = draft.remedy(remove_denial(&path, ace));
            }
            out.fail(draft.remedy(grant(&path, reader)));
        }
    }
    out.about(None).pass("no other key file's permissions lack an account that needs them");
}

/// Takes a denial away.
pub(super) fn remove_denial(path: &str, ace: &Ace) -> Remedy {
    let account = account_argument(ace);
    Remedy {
        title: "Remove the entry that denies",
        steps: vec![
            Step::cmd(format!("icacls \"{path}\" /remove:d {account}"))
                .note("find out first who set it: a policy sets it again"),
        ],
        caution: None,
        verify: Some(format!("icacls \"{path}\"      no (DENY)")),
    }
}

/// An entry's account for icacls: its SID, else its name when it is safe to repeat.
pub(super) fn account_argument(ace: &Ace) -> String {
    match &ace.principal.value {
        Principal::Sid(sid) => format!("*{sid}"),
        Principal::Name(name) => account_name(name).unwrap_or_else(|| "<account>".to_owned()),
    }
}

/// A name for a command, in quotes, when nothing in it is read otherwise by a shell.
pub(super) fn account_name(name: &str) -> Option<String> {
    let safe = !name.is_empty()
        && name.len() <= 128
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b" \\._@$-".contains(&b));
    safe.then(|| format!("\"{name}\""))
}

/// The rights that entries for one SID give together on the object itself.
pub(super) fn rights_of(list: &AccessList, sid: &str) -> AccessMask {
    let own = list.entries.iter().filter(|a| a.kind == AceKind::Allow && !a.inherit_only);
    let masks = own.filter(|a| a.principal.value.sid() == Some(sid)).filter_map(|a| a.mask);
    masks.fold(AccessMask(0), |sum, mask| AccessMask(sum.0 | mask.of_file().0))
}
