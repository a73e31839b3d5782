//! Who may read a credential's key file: what the rules about permissions share.
//!
//! Source: Microsoft KB238187 (entries of a new container).

use super::prelude::*;
use super::stated_accounts::StatedAccounts;
use crate::case::credential::subject_key;
use crate::case::key_file_link::{self, KeyFileArtifacts, KeyFileName};
use crate::model::{
    access::{AccessList, AccessMask, Ace, AceKind, KeyPath, Principal},
    event_record::Side,
    observation::{ErrorContext, Observation, Observed},
    principal, service_setting,
};

/// An account that must be able to read a key file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reader {
    /// For a person.
    pub words: &'static str,
    /// The accounts by SID or by a name that no language changes: one of them suffices.
    pub accounts: &'static [&'static str],
    /// Names that begin so are its accounts too (lower case): `nt service\\mssql$`.
    pub begins: &'static [&'static str],
    /// It may as well have been set to run under an account of the domain or the machine.
    pub any_account: bool,
    /// What `icacls /grant` takes for it, with the rights.
    pub grant: &'static str,
    /// The command that shows under which account it runs.
    pub shown_by: &'static str,
}

/// SYSTEM: Schannel for http.sys, lsass.
pub(super) static SYSTEM: Reader = Reader {
    words: "SYSTEM",
    accounts: &[principal::SYSTEM],
    begins: &[],
    any_account: false,
    grant: "*S-1-5-18:F",
    shown_by: "sc qc <service>",
};
/// NETWORK SERVICE.
pub(super) static NETWORK_SERVICE: Reader = Reader {
    words: "NETWORK SERVICE",
    accounts: &[principal::NETWORK_SERVICE],
    begins: &[],
    any_account: false,
    grant: "*S-1-5-20:R",
    shown_by: "sc qc <service>",
};
/// Remote Desktop's service, which runs as NETWORK SERVICE and has its own identity beside it.
pub(super) static REMOTE_DESKTOP: Reader =
    Reader { accounts: &[principal::NETWORK_SERVICE, "NT SERVICE\\TermService"], ..NETWORK_SERVICE };
/// LOCAL SERVICE.
pub(super) static LOCAL_SERVICE: Reader = Reader {
    words: "LOCAL SERVICE",
    accounts: &[principal::LOCAL_SERVICE],
    begins: &[],
    any_account: false,
    grant: "*S-1-5-19:R",
    shown_by: "sc qc <service>",
};
/// SQL Server's service.
pub(super) static SQL_SERVICE: Reader = Reader {
    words: "the account of SQL Server (NT SERVICE\\MSSQLSERVER, or NT SERVICE\\MSSQL$ and the instance)",
    accounts: &["NT SERVICE\\MSSQLSERVER"],
    begins: &["nt service\\mssql$"],
    any_account: true,
    grant: "\"NT SERVICE\\MSSQLSERVER:(R)\"",
    shown_by: "sc qc MSSQLSERVER",
};
/// The self-hosted integration runtime's service.
pub(super) static SHIR_SERVICE: Reader = Reader {
    words: "NT SERVICE\\DIAHostService",
    accounts: &["NT SERVICE\\DIAHostService"],
    begins: &[],
    any_account: true,
    grant: "\"NT SERVICE\\DIAHostService:(R)\"",
    shown_by: "sc qc DIAHostService",
};
/// AD FS.
pub(super) static ADFS_SERVICE: Reader = Reader {
    words: "the account of AD FS (NT SERVICE\\adfssrv, or the service account)",
    accounts: &["NT SERVICE\\adfssrv"],
    begins: &[],
    any_account: true,
    grant: "\"NT SERVICE\\adfssrv:(R)\" \"NT SERVICE\\drs:(R)\"",
    shown_by: "sc qc adfssrv",
};
/// Code in an application pool.
pub(super) static APP_POOL: Reader = Reader {
    words: "the application pool's account",
    accounts: &[principal::IIS_IUSRS],
    begins: &["iis apppool\\", "s-1-5-82-"],
    any_account: true,
    grant: "\"IIS AppPool\\<pool>:(R)\"",
    shown_by: "%windir%\\system32\\inetsrv\\appcmd list apppool /config",
};

/// A service or program under an account that the table does not name.
pub(super) static OWN_ACCOUNT: Reader = Reader {
    words: "the service's own account",
    accounts: &[],
    begins: &[],
    any_account: true,
    grant: "\"<account>:(R)\"",
    shown_by: "sc qc <service>",
};

/// The accounts with which a workload reads its key (`WORKLOADS.md`, "Who needs Read on the key").
pub(super) fn readers(workload: &str) -> Vec<&'static Reader> {
    match workload {
        "iis" | "winrm" | "hyper-v-replica" | "rras" | "nps" | "ldaps" | "configmgr" | "scom" | "dpm" | "adcs" => {
            vec![&SYSTEM]
        }
        "rd-gateway" | "exchange" | "wap" => vec![&NETWORK_SERVICE, &SYSTEM],
        "rdp" => vec![&REMOTE_DESKTOP],
        "service-fabric" | "wac" | "ocsp" => vec![&NETWORK_SERVICE],
        "sql-server" => vec![&SQL_SERVICE],
        "shir" => vec![&SHIR_SERVICE],
        "ad-fs" => vec![&ADFS_SERVICE, &SYSTEM],
        "ad-fs-token-signing" | "ad-fs-token-decrypting" => vec![&ADFS_SERVICE],
        "dotnet" => vec![&APP_POOL],
        _ => vec![&OWN_ACCOUNT],
    }
}

/// What permissions say about an account.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reach<'a> {
    /// It may read.
    Allowed,
    /// It may not, by this entry.
    Denied(&'a Ace),
    /// No entry lets it read.
    Missing,
    /// No entry lets it read, but another service account of Windows may, under which it can have been set to run.
    Elsewhere,
    /// The list does not tell, and why.
    Unclear(&'static str),
}

/// Why it is not known whether a service may read: some account may.
const OTHER_ACCOUNT: &str = "another account may read it, and the service may run as that one";
/// The same of a service that has no account of its own.
const NO_ACCOUNT: &str = "it is not known under which account the service runs";

/// What a list of permissions says about an account's reading.
pub(super) fn reach<'a>(list: &'a AccessList, reader: &Reader) -> Reach<'a> {
    if list.refused.is_some() {
        return Reach::Unclear("the permissions were not shown, the tool was refused");
    }
    let answers: Vec<Option<bool>> =
        reader.accounts.iter().map(|account| list.grants_account(account, AccessMask::READ_DATA)).collect();
    let reads = |ace: &&Ace| ace.mask.is_some_and(AccessMask::can_read) && !ace.inherit_only;
    let named = |ace: &Ace| {
        let printed = ace.printed.to_ascii_lowercase();
        reader.begins.iter().any(|begin| printed.starts_with(begin))
    };
    if answers.contains(&Some(true)) || list.entries.iter().filter(reads).any(|a| a.kind == AceKind::Allow && named(a))
    {
        return Reach::Allowed;
    }
    let tokens: Vec<String> = reader.accounts.iter().flat_map(|account| principal::token_of(account)).collect();
    let who: Vec<&str> = tokens.iter().map(String::as_str).collect();
    // A virtual account is printed by its name or its SID.
    let own = |ace: &Ace| reader.accounts.iter().any(|account| principal::same_name(account, &ace.printed));
    let about = |ace: &Ace| ace.principal.value.sid().is_some_and(|sid| who.contains(&sid)) || own(ace) || named(ace);
    let denial = list.entries.iter().filter(reads).find(|ace| ace.kind == AceKind::Deny && about(ace));
    if answers.contains(&None) {
        return Reach::Unclear(match list.complete {
            true => "an entry of the permissions can't be told or read",
            false => "the list of permissions is cut",
        });
    }
    if let Some(ace) = denial {
        return Reach::Denied(ace);
    }
    if *reader == OWN_ACCOUNT && !is_private(list) {
        return Reach::Unclear(NO_ACCOUNT);
    }
    if reader.any_account {
        let mut others = list.entries.iter().filter(reads).filter(|a| a.kind == AceKind::Allow);
        let (mut account, mut service) = (false, false);
        for ace in &mut others {
            match &ace.principal.value {
                Principal::Sid(sid) => {
                    account |= sid.starts_with("S-1-5-21-") || sid.starts_with("S-1-5-80-");
                    service |= [principal::NETWORK_SERVICE, principal::LOCAL_SERVICE].contains(&sid.as_str());
                }
                // A service's own account is that service's alone.
                Principal::Name(name) => account |= !principal::is_virtual(name),
            }
        }
        if account {
            return Reach::Unclear(OTHER_ACCOUNT);
        }
        if service {
            return Reach::Elsewhere;
        }
    }
    Reach::Missing
}

/// What the list says once it is known under which accounts the service runs. Its own identity is in its token, too.
fn reach_as<'a>(reach: Reach<'a>, list: &AccessList, stated: &BTreeSet<&str>) -> Reach<'a> {
    let answers: Vec<Option<bool>> =
        stated.iter().map(|account| list.grants_account(account, AccessMask::READ_DATA)).collect();
    let denied = !answers.is_empty() && answers.iter().all(|answer| *answer == Some(false));
    match reach {
        Reach::Missing | Reach::Elsewhere | Reach::Unclear(_) if answers.contains(&Some(true)) => Reach::Allowed,
        Reach::Elsewhere | Reach::Unclear(OTHER_ACCOUNT) if denied => Reach::Missing,
        reach => reach,
    }
}

/// Whether SYSTEM and administrators alone may read a file.
fn is_private(list: &AccessList) -> bool {
    let reads =
        |ace: &&Ace| ace.kind == AceKind::Allow && ace.mask.is_none_or(AccessMask::can_read) && !ace.inherit_only;
    let of_system = |ace: &Ace| {
        ace.principal.value.sid().is_some_and(|sid| [principal::SYSTEM, principal::ADMINISTRATORS].contains(&sid))
    };
    list.complete && list.refused.is_none() && list.entries.iter().filter(reads).all(of_system)
}

/// What all lists of one file say: agreed, or unclear.
pub(super) fn agreed<'a>(
    lists: &[(&'a Observed, &'a AccessList)],
    reader: &Reader,
) -> Option<(&'a Observed, &'a AccessList, Reach<'a>)> {
    let kind = |r: &Reach<'_>| match r {
        Reach::Allowed => 0,
        Reach::Denied(_) | Reach::Missing | Reach::Elsewhere => 1,
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
        draft = draft.evidence(observed.evidence(place, label, false));
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
        let targets = judge::candidates(c, cx.workloads);
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
    grant_to(path, reader.grant)
}

/// The same for what `icacls /grant` takes.
fn grant_to(path: &str, who: &str) -> Remedy {
    let expected = match who.strip_suffix('F') {
        Some(_) => "the account with (F)",
        None => "the account with (R)",
    };
    let note = match who.contains('$') {
        true => {
            "in PowerShell in single quotes, for $ begins a variable there; if this is denied, first: takeown /a /f with \
                 the same path"
        }
        false => "if this is denied, first: takeown /a /f with the same path",
    };
    Remedy {
        title: "Give the account permission on this one key file",
        steps: vec![Step::cmd(format!("icacls \"{path}\" /grant {who}")).note(note)],
        caution: Some(
            "Not on the whole folder: that opens every key of the machine. After any later import the key has a new file: \
             give the permission again.",
        ),
        verify: Some(Verify::new(format!("icacls \"{path}\"")).shows(expected)),
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
    let accounts_of = StatedAccounts::of(case);
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
            if *reader == SQL_SERVICE && sql_loaded(case, c) {
                out.pass("SQL Server says that it loaded the certificate: its account may read the key");
                continue;
            }
            let Some((observed, list, reach)) = agreed(&lists, reader) else { continue };
            let reach = reach_as(reach, list, &accounts_of.on(case.machine_with(c), &workloads));
            let (place, label) = match reach {
                Reach::Allowed => {
                    out.pass(format!("{} may read the key file", reader.words));
                    continue;
                }
                Reach::Unclear(why) => {
                    let asks = [OTHER_ACCOUNT, NO_ACCOUNT].contains(&why);
                    let send = if asks { reader.shown_by.to_owned() } else { show_permissions(c) };
                    out.unknown(format!("whether {} may read the key file: {why}", reader.words), send);
                    continue;
                }
                Reach::Denied(ace) => (ace.principal.place, "this entry denies reading"),
                Reach::Missing | Reach::Elsewhere => {
                    (list.path.place, "the account is not among those who may read this key file")
                }
            };
            let path = key_file_link::command_path(c, Some(&list.path.value));
            let confidence =
                if matches!(reach, Reach::Elsewhere) { confidence.max(Confidence::Possible) } else { confidence };
            let mut draft =
                FindingDraft::new(rule.meta, rule.meta.summary, rule.message.replace("{account}", reader.words))
                    .confidence(confidence)
                    .workloads(workloads)
                    .conditions(if matches!(reach, Reach::Denied(_)) { 3 } else { 2 })
                    .evidence(observed.evidence(place, label, true));
            draft = with_entries(draft, observed, list, cx);
            if let Some(name) = key_file_link::KeyFileName::of(c) {
                draft = draft.evidence(c.evidence(name.place, "the key of this certificate", false));
            }
            if let Reach::Denied(ace) = reach {
                draft = draft.remedy(remove_denial(&path, ace));
            }
            let instances = if *reader == SQL_SERVICE { sql_instances(case, c) } else { BTreeSet::new() };
            let who: Vec<String> = instances.iter().map(|name| format!("\"{}:(R)\"", sql_account(name))).collect();
            let mut remedy = if who.is_empty() { grant(&path, reader) } else { grant_to(&path, &who.join(" ")) };
            if *reader == SQL_SERVICE && who.is_empty() {
                remedy.caution = Some(
                    "This is the account of the default instance; that of a named one is NT SERVICE\\MSSQL$ and its name. Not \
                     on the whole folder: that opens every key of the machine. After any later import the key has a new file: \
                     give the permission again.",
                );
            }
            out.fail(draft.remedy(remedy));
        }
    }
    out.about(None).pass("no other key file's permissions lack an account that needs them");
}

/// The instances of SQL Server that are set to use a certificate, as far as a setting names them.
fn sql_instances<'a>(case: &'a CaseIndex, c: &Credential) -> BTreeSet<&'a str> {
    let settings = c.bound.iter().filter(|bound| bound.workload == "sql-server");
    let named = settings.filter_map(|bound| match &case.observed.get(bound.observed)?.what {
        Observation::System(SystemFact::ServiceCertificate(setting)) => setting.instance.as_deref(),
        // The source of its events is the service.
        Observation::Event(event) => service_setting::sql_service(&event.provider.as_ref()?.value),
        Observation::Error(error) => error.instance.as_deref(),
        _ => None,
    });
    named.collect()
}

/// Whether SQL Server says that it loaded a certificate, and nowhere that it could not.
fn sql_loaded(case: &CaseIndex, c: &Credential) -> bool {
    let mut loaded = false;
    for bound in c.bound.iter().filter(|bound| bound.workload == "sql-server") {
        let Some(observed) = case.observed.get(bound.observed) else { continue };
        match &observed.what {
            Observation::Error(_) => return false,
            Observation::Event(event) if event.number() == 26_014 => return false,
            Observation::Event(_) => loaded = true,
            // Its error log names what it loaded; the registry names what it is to load.
            _ => loaded |= observed.kind == crate::formats::error_text::KIND,
        }
    }
    loaded
}

/// The account of an instance's service (Microsoft Learn, "Configure Windows service accounts and permissions").
fn sql_account(instance: &str) -> String {
    if instance.eq_ignore_ascii_case("MSSQLSERVER") {
        return "NT SERVICE\\MSSQLSERVER".to_owned();
    }
    format!("NT SERVICE\\MSSQL${instance}")
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
        verify: Some(Verify::new(format!("icacls \"{path}\"")).shows("no (DENY)")),
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

/// Whether a code is the same error as one of these in any notation.
fn one_of(code: u32, wanted: &[u32]) -> bool {
    wanted.iter().any(|w| subject::same_code(code, *w))
}

/// Evidence for a code of the case.
pub(super) fn code_evidence(code: &crate::case::index::CaseCode, label: &'static str) -> Evidence {
    Evidence {
        place: code.code.place,
        label: label.into(),
        excerpt: code.printed().to_owned(),
        line_text: code.excerpt.clone(),
        path: None,
        primary: false,
    }
}

/// Error codes in texts that name the certificate which they concern, by its subject ([`subject_key`]): the first of each.
pub(super) fn named_symptoms(case: &CaseIndex, wanted: &[u32], label: &'static str) -> BTreeMap<String, Evidence> {
    let mut out = BTreeMap::new();
    for (observed, error) in case.errors() {
        if let (Some(subject), Some(code)) = (&error.subject, &error.code)
            && one_of(code.value, wanted)
        {
            out.entry(subject_key(&subject.value)).or_insert_with(|| observed.evidence(code.place, label, false));
        }
    }
    out
}

/// An error code anywhere in the case that names no certificate by its subject: in a text, in an event, in a log.
pub(super) fn symptom(case: &CaseIndex, wanted: &[u32], label: &'static str) -> Option<Evidence> {
    for (observed, error) in case.errors() {
        if error.subject.is_none()
            && error.context != ErrorContext::Unrelated
            && let Some(code) = error.code.as_ref().filter(|c| one_of(c.value, wanted))
        {
            return Some(observed.evidence(code.place, label, false));
        }
    }
    for (observed, event) in case.events() {
        // What a program with a certificate of its own says is about that one.
        if event.workload().is_none()
            && event.side.as_ref().is_none_or(|s| s.value == Side::Server)
            && let Some(code) = event.code.as_ref().filter(|c| one_of(c.value, wanted))
        {
            return Some(observed.evidence(code.place, label, false));
        }
    }
    let code = case.codes.iter().chain(&case.failures).find(|c| one_of(c.code.value, wanted))?;
    Some(code_evidence(code, label))
}

/// An import, a request or a binding that failed.
pub(super) fn failing_step(case: &CaseIndex) -> Option<Evidence> {
    const LABEL: &str = "the step that failed";
    for (observed, error) in case.errors() {
        if matches!(error.context, ErrorContext::IisBinding | ErrorContext::NetshAdd | ErrorContext::Import) {
            return Some(observed.evidence(error.text.place, LABEL, false));
        }
    }
    let steps = ["importpfx", "importcert", "addstore", "new", "accept", "submit", "enroll"];
    let verb = |v: &str| steps.contains(&v.trim_start_matches(['-', '/']).to_ascii_lowercase().as_str());
    if let Some(failure) = case.failures.iter().find(|f| f.verb.as_deref().is_some_and(verb)) {
        return Some(code_evidence(failure, LABEL));
    }
    for (observed, event) in case.events() {
        // Remote Desktop could not make its own certificate.
        if event.is_from("TerminalServices-RemoteConnectionManager") && matches!(event.number(), 1057 | 1058) {
            let place = event.id.as_ref().map_or(observed.place, |id| id.place);
            return Some(observed.evidence(place, LABEL, false));
        }
    }
    // No logon session, access denied, object exists (the answer to creating a container that may not be opened).
    symptom(case, &[0x8007_0520, 0x8007_0005, 0x8009_000F], LABEL)
}

/// Which certificates a key file belongs to, by the first part of its name.
pub(super) struct Owners<'a>(BTreeMap<String, Vec<(&'a Credential, KeyFileName)>>);

impl<'a> Owners<'a> {
    /// Sorts the certificates.
    pub(super) fn of(judged: &[(&'a Credential, Vec<Target>)]) -> Self {
        let mut owners: BTreeMap<String, Vec<(&Credential, KeyFileName)>> = BTreeMap::new();
        for (c, _) in judged {
            let Some(name) = KeyFileName::of(c) else { continue };
            for prefix in &name.prefixes {
                owners.entry(prefix.clone()).or_default().push((c, name.clone()));
            }
        }
        Self(owners)
    }
    /// No certificate leads to a key file.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// The certificates whose key file a path leads to, in input order.
    pub(super) fn of_file(&self, target: &KeyPath) -> Vec<&'a Credential> {
        let KeyPath::KeyFile { prefix, .. } = target else { return Vec::new() };
        let there = self.0.get(prefix).map_or(&[][..], Vec::as_slice);
        there.iter().filter(|(_, name)| name.is(target)).map(|(c, _)| *c).collect()
    }
}
