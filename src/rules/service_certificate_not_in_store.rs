//! A service is set to a certificate that is in none of the stores in which it looks.

use super::bindings;
use super::prelude::*;
use crate::case::machines::are_two;
use crate::model::fact::{Fact, SourceId};
use crate::model::observation::{ErrorContext, Observation, Observed};
use crate::model::service_setting::CertificateName;
use crate::model::thumbprint::Sha1;

/// The rule.
pub(super) struct ServiceCertificateNotInStore;

static META: RuleMeta = RuleMeta {
    name: "service-certificate-not-in-store",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "a service is set to a certificate that is not in its store",
    sources: &[
        sources::SQL_DOC,
        sources::RDP_LISTENER,
        sources::WINRM_HTTPS,
        sources::SCOM_GATEWAY,
        sources::SSL_PARAM,
    ],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/service-certificate-not-in-store.md"),
};

/// A service that keeps the name of its certificate itself.
struct Service {
    /// The workload's name.
    workload: &'static str,
    words: &'static str,
    /// The stores of the machine in which it looks, lower case.
    stores: &'static [&'static str],
    /// What follows for it.
    then: &'static str,
}

/// They look in the machine's personal store; SQL Server also in that of its account, Remote Desktop in its own. Of AD FS only
/// the bindings that it shows itself count: its other certificates may be in another account's store.
static SERVICES: [Service; 5] = [
    Service {
        workload: "sql-server",
        words: "SQL Server",
        stores: &["my"],
        then: "SQL Server logs 26014 and does not start.",
    },
    Service {
        workload: "rdp",
        words: "Remote Desktop",
        stores: &["my", "remote desktop"],
        then: "Remote Desktop does not use any other certificate of the store instead.",
    },
    Service {
        workload: "winrm",
        words: "The HTTPS listener of WinRM",
        stores: &["my"],
        then: "No client can connect to it.",
    },
    Service {
        workload: "scom",
        words: "Operations Manager",
        stores: &["my"],
        then: "Event 20068 or 20069 is logged, and the certificate is not used to authenticate.",
    },
    Service {
        workload: "ad-fs",
        words: "AD FS",
        stores: &["my"],
        then: "Connections to its endpoints are reset, and event 15021 is logged.",
    },
];

/// One artifact that names the certificate of a service.
struct Named<'a> {
    observed: &'a Observed,
    service: &'static Service,
    certificate: Fact<CertificateName>,
    instance: Option<&'a str>,
    /// The service says that it could not load it.
    refused: bool,
}

fn named(observed: &Observed) -> Option<Named<'_>> {
    let (workload, certificate, instance, refused) = match &observed.what {
        Observation::System(SystemFact::ServiceCertificate(set)) => {
            if set.workload == "ad-fs" && set.endpoint.is_none() {
                return None;
            }
            (set.workload, set.certificate.clone(), set.instance.as_deref(), false)
        }
        Observation::Error(error) if error.context == ErrorContext::SqlServer => {
            ("sql-server", error.thumbprint.clone()?.map(CertificateName::Sha1), None, true)
        }
        Observation::Event(event) if event.number() == 26_014 => {
            ("sql-server", event.thumbprint.clone()?.map(CertificateName::Sha1), None, true)
        }
        _ => return None,
    };
    let service = SERVICES.iter().find(|service| service.workload == workload)?;
    Some(Named { observed, service, certificate, instance, refused })
}

/// The certificates of the case, by the names that settings give them.
struct Held<'a> {
    case: &'a CaseIndex,
    by_sha1: BTreeMap<String, Vec<&'a IndexEntry>>,
    by_serial: BTreeMap<String, Vec<&'a Credential>>,
}

impl<'a> Held<'a> {
    fn of(case: &'a CaseIndex, all: &[Named<'_>]) -> Self {
        let mut out = Self { case, by_sha1: BTreeMap::new(), by_serial: BTreeMap::new() };
        for one in all {
            match &one.certificate.value {
                CertificateName::Sha1(sha1) => drop(out.by_sha1.entry(sha1.to_string()).or_default()),
                CertificateName::Serial(serial) => drop(out.by_serial.entry(serial.clone()).or_default()),
            }
        }
        if !out.by_sha1.is_empty() {
            for entry in &case.entries {
                let sha1 = entry.sha1.map(|sha1| sha1.to_string());
                if let Some(list) = sha1.and_then(|sha1| out.by_sha1.get_mut(&sha1)) {
                    list.push(entry);
                }
            }
        }
        if !out.by_serial.is_empty() {
            for c in &case.kept {
                let serial = c.certificate.as_ref().and_then(|c| c.serial.as_ref());
                let digits = serial.map(|s| s.value.split_whitespace().collect::<String>().to_ascii_lowercase());
                if let Some(list) = digits.and_then(|d| out.by_serial.get_mut(d.trim_start_matches('0'))) {
                    list.push(c);
                }
            }
        }
        out
    }

    /// Whether a certificate can be on the service's computer, in whichever store.
    fn holds(&self, one: &Named<'_>) -> bool {
        let machine = self.case.machine_of(one.observed);
        match &one.certificate.value {
            CertificateName::Sha1(sha1) => {
                let list = self.by_sha1.get(&sha1.to_string());
                let mut stored =
                    list.into_iter().flatten().filter(|e| e.store == 0 || !bindings::holds_copies(e.store));
                stored.any(|e| !self.case.is_gone(e) && !are_two(machine, self.case.machine_of_entry(e)))
            }
            CertificateName::Serial(serial) => {
                // Of those that are no longer kept the number is not known.
                let list = self.by_serial.get(serial);
                self.case.kept.len() < self.case.entries.len()
                    || list.into_iter().flatten().any(|c| !c.gone && !self.case.elsewhere(one.observed, c))
            }
        }
    }
}

/// A service, its instance and its computer, where they are told apart.
type Key<'a> = (&'static str, Option<&'a str>, Option<String>);

/// The setting with all that is known of it, and what others may know of the same one.
fn keys<'a>(case: &'a CaseIndex, one: &Named<'a>) -> [Key<'a>; 4] {
    let machine = case.machine_of(one.observed).map(str::to_ascii_lowercase);
    let workload = one.service.workload;
    [
        (workload, one.instance, machine.clone()),
        (workload, None, machine),
        (workload, one.instance, None),
        (workload, None, None),
    ]
}

/// How the certificate is called in a message.
fn called(name: &CertificateName) -> String {
    match name {
        CertificateName::Sha1(sha1) => format!("the certificate {sha1}"),
        CertificateName::Serial(serial) => format!("the certificate with the serial number {serial}"),
    }
}

fn set_again(one: &Named<'_>) -> Remedy {
    let title = "Set the service to a certificate that is there";
    let (steps, verify) = match one.service.workload {
        "rdp" => (
            vec![Step::cmd(
                "wmic /namespace:\\\\root\\cimv2\\TerminalServices PATH Win32_TSGeneralSetting Set \
                 SSLCertificateSHA1Hash=\"<thumbprint>\"",
            )],
            Verify::new("wmic /namespace:\\\\root\\cimv2\\TerminalServices PATH Win32_TSGeneralSetting Get SSLCertificateSHA1Hash")
                .shows("the new thumbprint"),
        ),
        "winrm" => (
            vec![Step::cmd(
                "winrm set winrm/config/Listener?Address=*+Transport=HTTPS @{CertificateThumbprint=\"<thumbprint>\"}",
            )],
            Verify::new("winrm enumerate winrm/config/listener").shows("the new CertificateThumbprint"),
        ),
        "scom" => (
            vec![Step::cmd("MOMCertImport.exe /SubjectName <the certificate's subject name>")],
            Verify::new("Get-WinEvent -FilterHashtable @{LogName='Operations Manager'; Id=20053} -MaxEvents 1")
                .shows("event 20053 after the start of the agent: the certificate was loaded"),
        ),
        "ad-fs" => (
            vec![remedy::set_adfs_ssl("<thumbprint>")],
            Verify::new("Get-AdfsSslCertificate").shows("the new hash at every endpoint"),
        ),
        _ => (
            vec![Step::text(
                "Import the certificate with its key, or choose another one in SQL Server Configuration Manager (Protocols of \
                 the instance, Certificate), and start the service.",
            )],
            Verify::new("sqlcmd -Q \"EXEC xp_readerrorlog 0, 1, N'encryption'\"")
                .shows("The certificate [Cert Hash(sha1) …] was successfully loaded for encryption."),
        ),
    };
    Remedy { title, steps, caution: None, verify: Some(verify) }
}

impl CaseRule for ServiceCertificateNotInStore {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        let all: Vec<Named<'_>> = case.observed.iter().filter_map(named).collect();
        if all.is_empty() {
            return out.not_applicable("no setting of a service that names its certificate is among the inputs");
        }
        let held = Held::of(case, &all);
        // Where another artifact of the computer names one that is there, nothing tells which of the two is in force.
        let present: BTreeSet<Key<'_>> =
            all.iter().filter(|one| held.holds(one)).flat_map(|one| keys(case, one)).collect();
        // A log, and what stands in it, is in the order of time; copies of events are in either order.
        let ordered = |one: &Named<'_>| !matches!(one.observed.what, Observation::Event(_));
        let mut since: BTreeMap<(SourceId, Key<'_>), u64> = BTreeMap::new();
        for one in all.iter().filter(|one| !one.refused && ordered(one) && held.holds(one)) {
            let [own, ..] = keys(case, one);
            let last = since.entry((one.observed.place.source, own)).or_default();
            *last = (*last).max(one.certificate.place.start);
        }
        let bound: BTreeSet<Sha1> =
            bindings::of_http_sys(case).filter_map(|(_, b)| bindings::thumbprint(b)).map(|sha1| sha1.value).collect();
        let mut told = BTreeSet::new();
        // What the service says of a certificate proves more than the setting alone.
        let (refused, set): (Vec<&Named<'_>>, Vec<&Named<'_>>) = all.iter().partition(|one| one.refused);
        for one in refused.into_iter().chain(set) {
            let workload = one.service.workload;
            let name = called(&one.certificate.value);
            // The binding itself is at hand.
            if matches!(&one.certificate.value, CertificateName::Sha1(sha1) if workload == "ad-fs" && bound.contains(sha1))
            {
                continue;
            }
            if held.holds(one) {
                out.pass("the certificates to which services are set are among those of the case");
                continue;
            }
            let machine = case.machine_of(one.observed).map(str::to_ascii_lowercase);
            if !told.insert((workload, name.clone(), machine)) {
                continue;
            }
            let missing =
                one.service.stores.iter().find(|store| bindings::listing(case, one.observed, store).is_none());
            if let Some(store) = missing {
                let shown = remedy::quoted(store).unwrap_or_else(|| "my".to_owned());
                out.unknown(
                    format!("whether {name}, to which {} is set, is in the store {store}", one.service.words),
                    format!("certutil -v -store {shown}"),
                );
                continue;
            }
            let own = keys(case, one);
            let own_since = own.first().and_then(|own| since.get(&(one.observed.place.source, own.clone())));
            if ordered(one) && own_since.is_some_and(|last| *last > one.certificate.place.start) {
                out.pass("the same text names another certificate of the service later, which is there");
                continue;
            }
            if own.first().is_some_and(|own| present.contains(own)) {
                out.unknown(
                    format!("whether {} is still set to {name}", one.service.words),
                    "the setting as it is now".to_owned(),
                );
                continue;
            }
            let mut draft = FindingDraft::new(
                &META,
                META.summary,
                format!(
                    "{} is set to {name}, and the complete listing of the store {} does not hold it. {}",
                    one.service.words,
                    one.service.stores.join(" and of "),
                    one.service.then
                ),
            )
            .subject(format!("{workload} {name}"))
            .workloads(subject::named(cx, &[workload]))
            .evidence(one.observed.evidence(one.certificate.place, "the certificate that the service is set to", true))
            .remedy(set_again(one));
            if workload == "sql-server" && !one.refused {
                // The store of the service's account may hold it.
                draft = draft.confidence(Confidence::Likely);
            }
            out.fail(draft);
        }
    }
}
