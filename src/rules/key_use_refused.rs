//! A log of the machine says that this very certificate or its key could not be used.

use super::bindings::{self, Replies};
use super::prelude::*;
use super::{key_access, schannel};
use crate::case::credential::subject_key;
use crate::formats::certutil::PrintedDate;
use crate::model::binding::{Binding, BindingHash, BindingOrigin};
use crate::model::event_record::EventRecord;
use crate::model::fact::{Fact, Place};
use crate::model::observation::{ErrorContext, Observation, Observed};
use crate::model::principal;
use crate::model::service_setting::CertificateName;
use crate::model::thumbprint::Sha1;
use time::OffsetDateTime;

/// The rule.
pub(super) struct KeyUseRefused;

static META: RuleMeta = RuleMeta {
    name: "key-use-refused",
    kind: Kind::Dispatch,
    severity: Severity::Note,
    role: Role::Symptom,
    confidence: Confidence::Likely,
    summary: "a log of the machine says that this certificate or its key could not be used",
    sources: &[
        sources::KB238187,
        sources::HTTP_EVENT_PACKET,
        sources::KB3042780,
        sources::IIS7_STOPS,
        sources::REFUSED_IN_USE,
    ],
    explains: &[],
    standing: Standing::LeavesOpen,
    doc: include_str!("../../docs/rules/key-use-refused.md"),
};

/// What the reader of error texts calls its records; of loaded certificates it knows those of SQL Server's error log.
const ERROR_LOG: &str = crate::formats::error_text::KIND;

/// What the type of a user's key is called in the security log.
const USER_KEY: &str = "User key";

/// What a use of a key fails with when the key is missing, damaged, closed to the account, without the wanted slot, or behind a
/// prompt. Another code, such as one for a name that exists already, says nothing of the key.
const KEY_CODES: &[u32] = &[
    0x8009_0016,
    0x8009_000d,
    0x8009_0010,
    0x8009_030d,
    0x8007_0005,
    0x8009_0030,
    0x8009_000b,
    0x8009_001a,
    0x8009_0022,
];

/// One use of a certificate or key that a log tells of.
#[derive(Clone)]
struct Use<'a> {
    observed: &'a Observed,
    place: Place,
    code: Option<&'a Fact<u32>>,
    failed: bool,
    workload: Option<&'static str>,
    /// A handshake that succeeded, of whichever program.
    handshake: bool,
    label: &'static str,
    moment: Option<OffsetDateTime>,
    /// No reading of its time is later, where one is printed without a zone.
    latest: Option<OffsetDateTime>,
    account: Account,
}

/// The account that used a key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Account {
    /// It is not told, or no table knows the name.
    Unknown,
    System,
    NetworkService,
    LocalService,
    /// A person's, or that of one service.
    Other,
}

impl Account {
    /// The one that an event names.
    fn of(event: &EventRecord) -> Self {
        let sid = event.value("SubjectUserSid").map(|sid| sid.value.trim());
        let printed = sid.or_else(|| event.user.as_ref().map(|user| user.value.trim())).unwrap_or_default();
        match principal::of_name(printed).sid() {
            Some(principal::SYSTEM) => Self::System,
            Some(principal::NETWORK_SERVICE) => Self::NetworkService,
            Some(principal::LOCAL_SERVICE) => Self::LocalService,
            Some(sid) if sid.starts_with("S-1-5-21-") || principal::is_virtual(sid) => Self::Other,
            // The machine's own account is SYSTEM's or NETWORK SERVICE's name. The authorities of Windows have translated
            // names, which may be those of services.
            None if !printed.ends_with('$') && !principal::may_be_well_known(printed, true) => Self::Other,
            _ => Self::Unknown,
        }
    }

    /// Whether what fails for this account can fail for the workload: what SYSTEM may not open is open to nobody, and
    /// another account's failure is one of those workloads alone that can read the key as that account.
    fn concerns(self, workload: &str) -> bool {
        let sid = match self {
            Self::Unknown | Self::System => return true,
            Self::NetworkService => principal::NETWORK_SERVICE,
            Self::LocalService => principal::LOCAL_SERVICE,
            Self::Other => "",
        };
        key_access::readers(workload).iter().any(|reader| reader.any_account || reader.accounts.contains(&sid))
    }
}

impl Use<'_> {
    /// Whether the key was used after this failure, as far as the logs tell: what has no time, or stands in another log,
    /// may be later.
    fn may_be_before(&self, other: &Use<'_>) -> bool {
        match (self.moment, other.moment) {
            (Some(own), Some(others)) => own <= others,
            _ if self.place.source != other.place.source => true,
            // Logs of events are printed in either order.
            _ => matches!(self.observed.what, Observation::Event(_)) || self.place.line <= other.place.line,
        }
    }
}

/// By what a log calls a certificate or its key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Called {
    Sha1(Sha1),
    /// The container or the key file, lower case.
    Key(String),
    /// The same of a user's key: a machine's key can have the same name.
    UserKey(String),
    /// The endpoint that it is bound to, lower case.
    Endpoint(String),
    /// The workload that it is bound to.
    Workload(&'static str),
    /// The certificate's subject, as [`subject_key`] gives it.
    Subject(String),
}

impl Called {
    /// Everything that a credential is called by.
    fn of(c: &Credential) -> BTreeSet<Self> {
        let key = &c.key;
        let own = [&key.container, &key.stored_container, &key.unique_name].into_iter().flatten();
        let own = own.map(|name| name.value.to_ascii_lowercase()).filter(|name| !name.is_empty());
        let own = own.flat_map(|name| {
            let user = (key.machine_keyset() != Some(true)).then(|| Self::UserKey(name.clone()));
            std::iter::once(Self::Key(name)).chain(user)
        });
        let endpoints = c.bound.iter().filter_map(|b| b.endpoint.as_deref()).map(str::to_ascii_lowercase);
        let workloads = c.bound.iter().map(|b| b.workload);
        let subject =
            c.certificate.as_ref().and_then(|c| c.subject.as_ref()).map(|s| Self::Subject(subject_key(&s.value)));
        let names = c.thumbprint().map(Self::Sha1).into_iter().chain(own).chain(subject);
        names.chain(endpoints.map(Self::Endpoint)).chain(workloads.map(Self::Workload)).collect()
    }

    /// Whether it can call several certificates, of which one is meant.
    fn is_shared(&self) -> bool {
        matches!(self, Self::Endpoint(_) | Self::Workload(_) | Self::Subject(_))
    }
}

/// What an event tells, and of whom.
fn of_event<'a>(observed: &'a Observed, event: &'a EventRecord) -> Option<(Called, Use<'a>)> {
    let moment = match event.moment {
        Some(Moment::Utc(moment)) => Some(moment),
        _ => None,
    };
    let latest = moment.or_else(|| latest(&event.time.as_ref()?.value));
    let place = event.id.as_ref().map_or(observed.place, |id| id.place);
    let by = |account, failed, workload, label| Use {
        observed,
        place,
        code: event.code.as_ref(),
        failed,
        workload,
        handshake: event.number() == HANDSHAKE,
        label,
        moment,
        latest,
        account,
    };
    let told = |failed, workload, label| by(Account::Unknown, failed, workload, label);
    let code = event.code.as_ref().map(|code| code.value);
    let (called, told) = match event.number() {
        1055 if event.is_from("RemoteConnectionManager") => match &event.thumbprint {
            Some(sha1) => (Called::Sha1(sha1.value), told(true, Some("rdp"), "event 1055 names the certificate")),
            // The message says that the thumbprint is in the data, which a copy of the text does not have.
            None => {
                let label = "event 1055 of Remote Desktop, which is set to this certificate";
                (Called::Workload("rdp"), told(true, Some("rdp"), label))
            }
        },
        number @ (15021 | 15301) if event.is_from("HttpEvent") || event.is_from("HTTP") => {
            let endpoint = event.endpoint.as_ref()?.value.to_ascii_lowercase();
            let label = "event 15021 on the endpoint that it is bound to";
            (Called::Endpoint(endpoint), told(number == 15021, Some("iis"), label))
        }
        36870 if !schannel::of_client(event) => {
            let workload = schannel::teller(event).workload?;
            let label = "event 36870 of the program that only this one is bound to";
            (Called::Workload(workload), told(true, Some(workload), label))
        }
        HANDSHAKE if event.is_from("Schannel") && !schannel::of_client(event) => {
            let label = "event 36880 on a handshake with this certificate";
            (Called::Subject(subject_key(own_subject(event)?)), told(false, None, label))
        }
        number @ (26013 | 26014) if is_sql_server(event) => {
            let sha1 = event.thumbprint.as_ref()?.value;
            let label = "event 26014 names the certificate";
            (Called::Sha1(sha1), told(number == 26014, Some("sql-server"), label))
        }
        number @ (5058 | 5061) => {
            let label = if number == 5061 { "event 5061 on this key" } else { "event 5058 on this key's file" };
            (key_of(event)?, by(Account::of(event), outcome(code?)?, None, label))
        }
        70 if event.is_from("CAPI2") => {
            let sha1 = event.thumbprint.as_ref()?.value;
            let workload = program(event)?;
            (
                Called::Sha1(sha1),
                by(Account::of(event), outcome(code?)?, workload, "event 70 on this certificate's key"),
            )
        }
        1..=4 if event.is_from("Crypto-NCrypt") => {
            let workload = program(event)?;
            let label = "an event of the key storage on this key";
            (key_of(event)?, by(Account::of(event), outcome(code?)?, workload, label))
        }
        _ => return None,
    };
    Some((called, told))
}

/// Schannel: a handshake succeeded.
const HANDSHAKE: u32 = 36_880;

/// The subject of the certificate that this side of a handshake showed.
fn own_subject(event: &EventRecord) -> Option<&str> {
    let named = event.value("LocalCertSubjectName").map(|subject| subject.value.as_str());
    let printed = || {
        let (_, rest) = event.message.as_ref()?.value.split_once("Local certificate subject name:")?;
        let end = rest.find("Remote certificate subject name").unwrap_or(rest.len());
        rest.get(..end)?.lines().next()
    };
    named.or_else(printed).map(str::trim).filter(|subject| !subject.is_empty())
}

/// Whether a key's use failed for want of the key, or succeeded; `None`: it failed in another way, which says nothing of it.
fn outcome(code: u32) -> Option<bool> {
    let failed = KEY_CODES.iter().any(|known| subject::same_code(code, *known));
    (failed || code == 0).then_some(failed)
}

/// The key that an event names, by its container or else its file.
fn key_of(event: &EventRecord) -> Option<Called> {
    let file = || event.key_file.as_ref().and_then(|path| path.value.rsplit(['\\', '/']).next());
    let name = event.key_name.as_ref().map(|name| name.value.as_str()).or_else(file)?.to_ascii_lowercase();
    let of_user = event.value("KeyType").is_some_and(|kind| kind.value == USER_KEY);
    Some(if of_user { Called::UserKey(name) } else { Called::Key(name) })
}

/// The workload that the program of an event serves: `Some(None)` for every one, as of lsass, which opens the keys of all
/// that use Schannel. `None`: it is a program that serves none, run by a person.
fn program(event: &EventRecord) -> Option<Option<&'static str>> {
    let teller = schannel::teller(event);
    match teller.workload {
        Some("ldaps") => Some(None),
        Some(workload) => Some(Some(workload)),
        None => (teller.words.is_empty() || Account::of(event) == Account::System).then_some(None),
    }
}

/// The latest time that a printed one without a zone can mean.
fn latest(printed: &str) -> Option<OffsetDateTime> {
    let readings = PrintedDate::parse(printed)?.readings();
    let late = |moment: Moment| match moment {
        Moment::Utc(at) => at,
        Moment::Local(at) => at.assume_utc().saturating_add(time::Duration::hours(14)),
    };
    readings.into_iter().map(late).max()
}

/// What SQL Server's error log tells, and of whom.
fn of_error_log(observed: &Observed) -> Option<(Called, Use<'_>)> {
    let (sha1, place, failed) = match &observed.what {
        Observation::Error(error) if error.context == ErrorContext::SqlServer => {
            let sha1 = error.thumbprint.as_ref()?;
            (sha1.value, sha1.place, true)
        }
        Observation::System(SystemFact::ServiceCertificate(used)) if observed.kind == ERROR_LOG => {
            let CertificateName::Sha1(sha1) = used.certificate.value else { return None };
            (sha1, used.certificate.place, false)
        }
        _ => return None,
    };
    let label = "SQL Server could not load this certificate";
    let told = Use {
        observed,
        place,
        code: None,
        failed,
        workload: Some("sql-server"),
        handshake: false,
        label,
        moment: None,
        latest: None,
        account: Account::Unknown,
    };
    Some((Called::Sha1(sha1), told))
}

/// What the reply to a command tells, and of whom.
fn of_command<'a>(observed: &'a Observed, binding: &Binding, replies: &Replies<'a>) -> Option<(Called, Use<'a>)> {
    let Some(BindingHash::Sha1(sha1)) = binding.hash.as_ref().map(|hash| &hash.value) else { return None };
    let reply = replies.get(&(observed.place.source, observed.place.line)).copied();
    // A command that failed in another way neither used the key nor was refused it.
    if reply.is_none() && binding.succeeded == Some(false) {
        return None;
    }
    let (observed, place) = reply.unwrap_or((observed, observed.place));
    let label = "the reply to a command that binds this certificate";
    let told = Use {
        observed,
        place,
        code: None,
        failed: reply.is_some(),
        workload: Some("iis"),
        handshake: false,
        label,
        moment: None,
        latest: None,
        account: Account::Unknown,
    };
    Some((Called::Sha1(*sha1), told))
}

/// Whether an event is SQL Server's, whose source is the instance: `MSSQLSERVER`, `MSSQL$SALES`.
fn is_sql_server(event: &EventRecord) -> bool {
    event.provider.as_ref().is_some_and(|p| p.value.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("MSSQL")))
}

/// Keeps the last use of each kind: the last failure and the last success of each workload tell all.
fn note<'a>(uses: &mut Vec<Use<'a>>, told: Use<'a>) {
    let same = |other: &&mut Use<'_>| {
        other.failed == told.failed && other.workload == told.workload && other.account == told.account
    };
    match uses.iter_mut().find(same) {
        Some(other) if other.moment <= told.moment => *other = told,
        Some(_) => {}
        None => uses.push(told),
    }
}

/// The failures among these uses after which none is known to have succeeded.
fn open<'u, 'a>(uses: &'u [Use<'a>]) -> impl Iterator<Item = &'u Use<'a>> {
    uses.iter().filter(|refusal| {
        let since = |told: &Use<'_>| {
            // What a person can use may still be closed to the service.
            let alike = told.account == refusal.account || told.account == Account::Unknown;
            let same = told.workload == refusal.workload || told.handshake;
            !told.failed && alike && same && refusal.may_be_before(told)
        };
        refusal.failed && !uses.iter().any(since)
    })
}

/// A failure of which a log tells, and the certificate that it is about.
pub(super) struct Refusal<'a> {
    /// The certificate with its key link.
    pub(super) credential: &'a Credential,
    /// What it failed for.
    pub(super) targets: Vec<Target>,
    /// The log names the certificate or its key, not only what it is bound to.
    pub(super) named: bool,
    told: Use<'a>,
}

impl Refusal<'_> {
    /// The place of this code, as evidence, where the log gives it as the reason.
    pub(super) fn reason(&self, code: u32, label: &'static str) -> Option<Evidence> {
        let stated = self.told.code.filter(|stated| subject::same_code(stated.value, code))?;
        Some(self.told.observed.evidence(stated.place, label, true))
    }
}

/// The failures after which no success is known, each with the certificate that it is about.
fn refusals<'a>(case: &'a CaseIndex, cx: &Context<'_>) -> Vec<Refusal<'a>> {
    let replies = bindings::refused_commands(case);
    let mut uses: BTreeMap<Called, Vec<Use<'_>>> = BTreeMap::new();
    for observed in &case.observed {
        let told = match &observed.what {
            Observation::Event(event) => of_event(observed, event),
            Observation::Binding(b) if b.origin == BindingOrigin::Command => of_command(observed, b, &replies),
            _ => of_error_log(observed),
        };
        if let Some((called, told)) = told {
            note(uses.entry(called).or_default(), told);
        }
    }
    let mut out = Vec::new();
    if !uses.values().flatten().any(|told| told.failed) {
        return out;
    }
    let stored = || case.kept.iter().filter(|c| subject::stored(c) && c.certificate.is_some());
    // An endpoint or a program names a certificate only when all that are bound to it are sightings of one.
    let mut meant: BTreeMap<Called, (Option<Sha1>, bool)> = BTreeMap::new();
    for c in stored() {
        for called in Called::of(c).into_iter().filter(|called| called.is_shared() && uses.contains_key(called)) {
            let (first, alone) = meant.entry(called).or_insert((c.thumbprint(), true));
            *alone &= *first == c.thumbprint();
        }
    }
    for c in stored() {
        let mut own = Vec::new();
        let mut named = BTreeSet::new();
        for called in Called::of(c) {
            let Some(told) = uses.get(&called) else { continue };
            let told: Vec<Use<'_>> = told.iter().filter(|told| !case.elsewhere(told.observed, c)).cloned().collect();
            if called.is_shared() {
                // A new binding of one endpoint says nothing of another one.
                let alone = meant.get(&called).is_some_and(|(_, alone)| *alone);
                open(&told).filter(|_| alone).for_each(|told| note(&mut own, told.clone()));
                let handshakes = told.iter().filter(|told| alone && told.handshake);
                handshakes.for_each(|told| note(&mut own, told.clone()));
            } else {
                named.extend(told.iter().map(|told| (told.place.source, told.place.start)));
                told.iter().for_each(|told| note(&mut own, told.clone()));
            }
        }
        let made = c.certificate.as_ref().and_then(|c| c.not_before.as_ref()).and_then(|date| date.value);
        // What is older than the certificate was about the one before it.
        let older = |told: &Use<'_>| told.latest.zip(made).is_some_and(|(at, made)| made.surely_after(at));
        for refusal in open(&own).filter(|told| !older(told)) {
            let targets: Vec<Target> = judge::candidates(c, cx.workloads)
                .into_iter()
                .filter(|t| refusal.workload.is_none_or(|workload| t.workload.name == workload))
                .filter(|t| refusal.account.concerns(t.workload.name))
                .collect();
            if !targets.is_empty() {
                let named = named.contains(&(refusal.place.source, refusal.place.start));
                out.push(Refusal { credential: c, targets, named, told: refusal.clone() });
            }
        }
    }
    out
}

/// The same for one reason, without a look at the certificates where no event gives it.
pub(super) fn refusals_by<'a>(case: &'a CaseIndex, cx: &Context<'_>, reason: u32) -> Vec<Refusal<'a>> {
    let gives = |observed: &Observed| match &observed.what {
        Observation::Event(event) => event.code.as_ref().is_some_and(|code| subject::same_code(code.value, reason)),
        _ => false,
    };
    if case.observed.iter().any(gives) { refusals(case, cx) } else { Vec::new() }
}

impl CaseRule for KeyUseRefused {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        let refusals = refusals(case, cx);
        if refusals.is_empty() {
            return out.about(None).not_applicable("no log says that the use of a certificate of the case failed");
        }
        for refusal in refusals {
            out.about(Some(refusal.credential.id)).fail(draft(&refusal.told, refusal.targets));
        }
    }
}

fn draft(refusal: &Use<'_>, targets: Vec<Target>) -> FindingDraft {
    FindingDraft::new(
        &META,
        META.summary,
        "A symptom, not a cause: the log names this certificate, its key or its endpoint, and no later entry shows that it was \
         used since. If no finding names the cause, the artifacts do not hold it: the account that the program runs as, the \
         permissions of the key file, and what changed at that time tell more.",
    )
    .subject(refusal.workload.unwrap_or("key"))
    .workloads(targets)
    .evidence(refusal.observed.evidence(refusal.place, refusal.label, true))
    .remedy(schannel::separate(&schannel::Teller { words: String::new(), workload: refusal.workload }))
}
