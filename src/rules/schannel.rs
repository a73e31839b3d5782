//! Questions that rules ask of Schannel's events.

use super::prelude::*;
use crate::limits::EVENT_CERTIFICATES;
use crate::model::event_record::{EventRecord, Side};
use crate::model::observation::Observed;

/// The events of Schannel with one of these numbers.
pub(super) fn events<'a>(
    case: &'a CaseIndex,
    numbers: &'a [u32],
) -> impl Iterator<Item = (&'a Observed, &'a EventRecord)> {
    case.events().filter(move |(_, e)| numbers.contains(&e.number()))
}

/// Whether the record is about the key of a client. A record that does not say counts as a server's.
pub(super) fn of_client(event: &EventRecord) -> bool {
    event.side.as_ref().is_some_and(|s| s.value == Side::Client)
}

/// Who uses the key of an event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Teller {
    /// For the message: `lsass, which serves LDAPS on a domain controller`; empty when the record does not name one.
    pub words: String,
    /// The workload's name.
    pub workload: Option<&'static str>,
}

/// The process of an event and what it serves.
pub(super) fn teller(event: &EventRecord) -> Teller {
    let name = event.process.as_ref().map_or("", |p| p.value.as_str());
    let short = name.rsplit(['\\', '/']).next().unwrap_or(name);
    let lower = short.to_ascii_lowercase();
    let base = lower.strip_suffix(".exe").unwrap_or(&lower);
    let (what, workload) = match base {
        _ if event.process_id.as_ref().is_some_and(|p| p.value == 4) => ("HTTP.sys: IIS and other web servers", "iis"),
        "system" => ("HTTP.sys: IIS and other web servers", "iis"),
        "lsass" => ("LDAPS on a domain controller", "ldaps"),
        "svchost" => ("as a rule TermService: Remote Desktop", "rdp"),
        "termservice" | "termsrv" => ("Remote Desktop", "rdp"),
        "sqlservr" => ("SQL Server", "sql-server"),
        "windowsadmincenter" | "sme" => ("Windows Admin Center", "wac"),
        "diahost" | "diahostservice" => ("the self-hosted integration runtime", "shir"),
        "healthservice" | "monitoringhost" => ("Operations Manager", "scom"),
        "microsoft.identityserver.servicehost" => ("AD FS", "ad-fs"),
        "w3wp" => ("code of an application pool", "dotnet"),
        "" => {
            let by = event.user.as_ref().map_or("", |u| u.value.as_str()).to_ascii_uppercase();
            return if by == "S-1-5-20" || by.ends_with("NETWORK SERVICE") {
                let words = "an account NETWORK SERVICE, as a rule Remote Desktop".to_owned();
                Teller { words, workload: Some("rdp") }
            } else {
                Teller { words: String::new(), workload: None }
            };
        }
        _ => return Teller { words: short.to_owned(), workload: None },
    };
    Teller { words: format!("{short} ({what})"), workload: Some(workload) }
}

/// The certificates of each workload, looked up once however many events there are.
#[derive(Default)]
pub(super) struct Concerned {
    found: BTreeMap<Option<&'static str>, Vec<CredentialId>>,
    cut: bool,
}

impl Concerned {
    /// As `concerned`.
    pub(super) fn of(&mut self, case: &CaseIndex, cx: &Context<'_>, teller: &Teller) -> Vec<CredentialId> {
        // Another program's key is none that is judged for a workload of the table.
        if teller.workload.is_none() && !teller.words.is_empty() {
            return Vec::new();
        }
        let found = self.found.entry(teller.workload).or_insert_with(|| {
            let (found, cut) = concerned(case, cx, teller.workload);
            self.cut |= cut;
            found
        });
        found.clone()
    }

    /// Says so when there were more certificates than an event is held against.
    pub(super) fn tell_cut(&self, out: &mut Checks) {
        tell_cut(self.cut, out);
    }
}

/// The stored certificates that an event without a thumbprint can be about: those that are judged for what its process
/// serves, the bound ones alone if there are any. Without a process all that are judged. `true`: there are more than an event
/// is held against.
pub(super) fn concerned(case: &CaseIndex, cx: &Context<'_>, workload: Option<&str>) -> (Vec<CredentialId>, bool) {
    let mut list: Vec<&Credential> = Vec::new();
    for c in case.kept.iter().filter(|c| subject::stored(c) && c.certificate.is_some()) {
        let targets = judge::candidates(c, cx.workloads);
        if targets.iter().any(|t| workload.is_none_or(|w| t.workload.name == w)) {
            list.push(c);
        }
    }
    if list.iter().any(|c| !c.bound.is_empty()) {
        list.retain(|c| c.bound.iter().any(|b| workload.is_none_or(|w| w == b.workload)));
    }
    (list.iter().map(|c| c.id).take(EVENT_CERTIFICATES).collect(), list.len() > EVENT_CERTIFICATES)
}

/// Says that the events may concern certificates that they were not held against.
pub(super) fn tell_cut(cut: bool, out: &mut Checks) {
    if cut {
        out.about(None).unknown(
            format!("whether the events concern certificates after the first {EVENT_CERTIFICATES}"),
            "keyspect, with the event log and the certificates in question alone",
        );
    }
}

/// ` It is logged 7 times.` when it is logged more than once.
pub(super) fn times(count: usize) -> String {
    if count > 1 { format!(" It is logged {count} times.") } else { String::new() }
}

/// The place by which an event is shown: its number.
pub(super) fn shown(observed: &Observed, event: &EventRecord, label: &'static str) -> Evidence {
    let place = event.id.as_ref().map_or(observed.place, |id| id.place);
    observed.evidence(place, label, true)
}

/// The look as SYSTEM that tells a missing key from one that an account may not open, and the file's permissions.
pub(super) fn separate(teller: &Teller) -> Remedy {
    let run = match teller.workload {
        Some("rdp") => "icacls on the key file: NETWORK SERVICE needs (R)",
        Some("sql-server" | "dotnet" | "shir" | "wac") => "icacls on the key file: the service's account needs (R)",
        _ => "icacls on the key file: SYSTEM needs (F)",
    };
    Remedy {
        title: "What separates the candidates",
        steps: vec![
            Step::cmd("psexec -s certutil -v -store my")
                .note("a key that opens for SYSTEM and not for you is a question of context or permissions"),
            Step::text(run),
        ],
        caution: None,
        verify: None,
    }
}
