//! The scripts that gather on a server what keyspect reads: for cmd and for PowerShell 5.1.
//!
//! They read only, and only what the diagnosis needs: no private key, no password, no configuration file that holds one.
//! Sources of the commands: Microsoft Learn, "certutil", "netsh http", "icacls", "wevtutil", "Appcmd.exe", "reg query",
//! "Get-AdfsCertificate"; "Obtain a certificate for use with Windows Servers and System Center Operations Manager" (the registry
//! values and the log).

mod cmd;
mod powershell;

use crate::case::credential::Origin;
use crate::case::index::CaseIndex;
use crate::case::ties;
use crate::model::access::KeyPath;
use crate::model::binding::BindingOrigin;
use crate::model::observation::{Observation, Observed, SystemFact};
use crate::model::{event, service_setting};
use crate::workloads::{self, Target};
use std::collections::BTreeSet;

pub use cmd::script as cmd_script;
pub use powershell::script as powershell_script;

/// What every script says of itself.
const NOT_RUN: &str = "Its makers have not run this script on Windows; read it before you run it.";

/// Where a path of a command begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// `%ProgramData%`.
    ProgramData,
    /// `%windir%`.
    Windows,
}

/// One argument of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// A word as it is.
    Word(&'static str),
    /// A path under a folder of the machine.
    Path(Base, &'static str),
    /// A query with blanks, brackets and single quotes.
    Query(&'static str),
}

/// What a step brings, as far as a run can tell that it is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Brings {
    /// The version of Windows.
    Windows,
    /// The machine's GUID.
    MachineGuid,
    /// A listing of a machine store.
    Store(&'static str),
    /// The bindings of HTTP.sys.
    Bindings,
    /// The addresses that HTTP.sys listens on.
    ListenList,
    /// The bindings of IIS.
    Sites,
    /// The permissions of the machine's CryptoAPI keys.
    MachineKeysPermissions,
    /// The permissions of the machine's CNG keys.
    CngKeysPermissions,
    /// The names of the machine's CryptoAPI keys.
    MachineKeysNames,
    /// The names of the machine's CNG keys.
    CngKeysNames,
    /// Events of a provider.
    Events(&'static str),
    /// The certificates that a service is set to, by its workload.
    Setting(&'static str),
}

/// One command and the file that takes its output.
#[derive(Debug)]
pub struct Step {
    /// The file's name.
    pub file: &'static str,
    /// What it tells, for a comment.
    pub tells: &'static str,
    /// A command of cmd itself (`dir`, `ver`) instead of a program.
    pub builtin: bool,
    /// The program and its arguments.
    pub command: &'static [Argument],
    brings: Brings,
    /// The workloads it is for; empty: all.
    workloads: &'static [&'static str],
}

use Argument::{Path, Query, Word};
use Base::{ProgramData, Windows};

const RSA: &str = "Microsoft\\Crypto\\RSA\\MachineKeys";
const CNG: &str = "Microsoft\\Crypto\\Keys";
const HTTP_SYS: &[&str] = &["iis", "exchange", "ad-fs", "wap", "winrm", "rd-gateway", "rras", "configmgr", "wac"];

/// Every step, in the order of the scripts.
static STEPS: &[Step] = &[
    Step {
        file: "windows-version.txt",
        tells: "the version of Windows",
        builtin: true,
        command: &[Word("ver")],
        brings: Brings::Windows,
        workloads: &[],
    },
    Step {
        file: "machine-guid.txt",
        tells: "the GUID at the end of this machine's key files",
        builtin: false,
        command: &[
            Word("reg"),
            Word("query"),
            Word("HKLM\\SOFTWARE\\Microsoft\\Cryptography"),
            Word("/v"),
            Word("MachineGuid"),
        ],
        brings: Brings::MachineGuid,
        workloads: &[],
    },
    Step {
        file: "store-my.txt",
        tells: "the certificates of the machine and their key links",
        builtin: false,
        command: &[Word("certutil"), Word("-v"), Word("-store"), Word("my")],
        brings: Brings::Store("my"),
        workloads: &[],
    },
    Step {
        file: "store-webhosting.txt",
        tells: "the same of the store for many sites",
        builtin: false,
        command: &[Word("certutil"), Word("-v"), Word("-store"), Word("WebHosting")],
        brings: Brings::Store("webhosting"),
        workloads: HTTP_SYS,
    },
    Step {
        file: "store-remote-desktop.txt",
        tells: "the same of Remote Desktop's own certificate",
        builtin: false,
        command: &[Word("certutil"), Word("-v"), Word("-store"), Word("Remote Desktop")],
        brings: Brings::Store("remote desktop"),
        workloads: &["rdp"],
    },
    Step {
        file: "store-request.txt",
        tells: "requests whose key still waits for its certificate",
        builtin: false,
        command: &[Word("certutil"), Word("-v"), Word("-store"), Word("REQUEST")],
        brings: Brings::Store("request"),
        workloads: &[],
    },
    Step {
        file: "bindings.txt",
        tells: "which endpoint uses which certificate",
        builtin: false,
        command: &[Word("netsh"), Word("http"), Word("show"), Word("sslcert")],
        brings: Brings::Bindings,
        workloads: HTTP_SYS,
    },
    Step {
        file: "iplisten.txt",
        tells: "the addresses that HTTP.sys listens on",
        builtin: false,
        command: &[Word("netsh"), Word("http"), Word("show"), Word("iplisten")],
        brings: Brings::ListenList,
        workloads: HTTP_SYS,
    },
    Step {
        file: "iis-sites.txt",
        tells: "the bindings of IIS",
        builtin: false,
        command: &[Path(Windows, "System32\\inetsrv\\appcmd.exe"), Word("list"), Word("site")],
        brings: Brings::Sites,
        workloads: HTTP_SYS,
    },
    Step {
        file: "acl-machinekeys.txt",
        tells: "who may read the machine's CryptoAPI keys (names and permissions, no content)",
        builtin: false,
        command: &[Word("icacls"), Path(ProgramData, RSA), Word("/t"), Word("/c")],
        brings: Brings::MachineKeysPermissions,
        workloads: &[],
    },
    Step {
        file: "acl-cng-keys.txt",
        tells: "who may read the machine's CNG keys (names and permissions, no content)",
        builtin: false,
        command: &[Word("icacls"), Path(ProgramData, CNG), Word("/t"), Word("/c")],
        brings: Brings::CngKeysPermissions,
        workloads: &[],
    },
    Step {
        file: "files-machinekeys.txt",
        tells: "the names of the machine's CryptoAPI key files",
        builtin: true,
        command: &[Word("dir"), Word("/a"), Path(ProgramData, RSA)],
        brings: Brings::MachineKeysNames,
        workloads: &[],
    },
    Step {
        file: "files-cng-keys.txt",
        tells: "the names of the machine's CNG key files",
        builtin: true,
        command: &[Word("dir"), Word("/a"), Path(ProgramData, CNG)],
        brings: Brings::CngKeysNames,
        workloads: &[],
    },
    Step {
        file: "events-schannel.xml",
        tells: "the last events of Schannel",
        builtin: false,
        command: &[
            Word("wevtutil"),
            Word("qe"),
            Word("System"),
            Query("/q:*[System[Provider[@Name='Schannel']]]"),
            Word("/c:200"),
            Word("/rd:true"),
            Word("/f:xml"),
        ],
        brings: Brings::Events("Schannel"),
        workloads: &[],
    },
    Step {
        file: "events-http.xml",
        tells: "the last events of HTTP.sys",
        builtin: false,
        command: &[
            Word("wevtutil"),
            Word("qe"),
            Word("System"),
            Query("/q:*[System[Provider[@Name='Microsoft-Windows-HttpEvent']]]"),
            Word("/c:200"),
            Word("/rd:true"),
            Word("/f:xml"),
        ],
        brings: Brings::Events("HttpEvent"),
        workloads: HTTP_SYS,
    },
    Step {
        file: "events-remote-desktop.xml",
        tells: "the last events of Remote Desktop",
        builtin: false,
        command: &[
            Word("wevtutil"),
            Word("qe"),
            Word("System"),
            Query("/q:*[System[Provider[@Name='Microsoft-Windows-TerminalServices-RemoteConnectionManager']]]"),
            Word("/c:100"),
            Word("/rd:true"),
            Word("/f:xml"),
        ],
        brings: Brings::Events("TerminalServices-RemoteConnectionManager"),
        workloads: &["rdp"],
    },
    Step {
        file: "events-sql-server.xml",
        tells: "the last events of SQL Server about its certificate",
        builtin: false,
        command: &[
            Word("wevtutil"),
            Word("qe"),
            Word("Application"),
            Query(
                "/q:*[System[(EventID=26010 or EventID=26011 or EventID=26012 or EventID=26013 or EventID=26014 or \
                 EventID=26015 or EventID=26017 or EventID=17182 or EventID=17826)]]",
            ),
            Word("/c:100"),
            Word("/rd:true"),
            Word("/f:xml"),
        ],
        brings: Brings::Events("MSSQLSERVER"),
        workloads: &["sql-server"],
    },
    Step {
        file: "operations-manager-serial.txt",
        tells: "the serial number of the certificate that Operations Manager is set to",
        builtin: false,
        command: &[
            Word("reg"),
            Word("query"),
            Word(service_setting::OPS_MGR_KEY),
            Word("/v"),
            Word(service_setting::OPS_MGR_SERIAL.value),
        ],
        brings: Brings::Setting("scom"),
        workloads: &["scom"],
    },
    Step {
        file: "operations-manager-hash.txt",
        tells: "its thumbprint, which newer versions write besides",
        builtin: false,
        command: &[
            Word("reg"),
            Word("query"),
            Word(service_setting::OPS_MGR_KEY),
            Word("/v"),
            Word(service_setting::OPS_MGR_HASH.value),
        ],
        brings: Brings::Setting("scom"),
        workloads: &["scom"],
    },
    Step {
        file: "events-operations-manager.xml",
        tells: "the last events of Operations Manager about its certificate and its connections",
        builtin: false,
        command: &[
            Word("wevtutil"),
            Word("qe"),
            Word("Operations Manager"),
            Query("/q:*[System[Provider[@Name='OpsMgr Connector']]]"),
            Word("/c:200"),
            Word("/rd:true"),
            Word("/f:xml"),
        ],
        brings: Brings::Events(event::OPS_MGR),
        workloads: &["scom"],
    },
    Step {
        file: "ad-fs-certificates.txt",
        tells: "which certificates AD FS uses for its service and for tokens",
        builtin: false,
        command: &[
            Word("powershell.exe"),
            Word("-NoProfile"),
            Word("-Command"),
            Query(
                "Get-AdfsCertificate | Format-List -Property CertificateType, IsPrimary, StoreLocation, StoreName, \
                 Thumbprint",
            ),
        ],
        brings: Brings::Setting("ad-fs"),
        workloads: &["ad-fs"],
    },
];

/// The steps for these workloads.
pub fn steps(targets: &[Target]) -> Vec<&'static Step> {
    let wanted = |s: &&Step| s.workloads.is_empty() || targets.iter().any(|t| s.workloads.contains(&t.workload.name));
    STEPS.iter().filter(wanted).collect()
}

/// Workloads that no one asks for by default and whose artifacts show that a machine has them.
const SHOWN: &[&str] = &["scom", "ad-fs"];

/// These workloads, and those that the artifacts of a case show to be on the machine.
pub fn with_shown(mut targets: Vec<Target>, case: &CaseIndex) -> Vec<Target> {
    let mut shown: BTreeSet<&'static str> =
        case.kept.iter().flat_map(|c| c.bound.iter().map(|bound| bound.workload)).collect();
    for Observed { what, .. } in &case.observed {
        shown.extend(match what {
            Observation::Event(event) => event.workload(),
            Observation::System(SystemFact::ServiceCertificate(setting)) => Some(setting.workload),
            Observation::Binding(binding) => {
                let app = binding.app_id.as_ref().and_then(|app| app.value.as_deref());
                app.filter(|app| app.eq_ignore_ascii_case(ties::AD_FS)).map(|_| "ad-fs")
            }
            _ => None,
        });
    }
    for name in SHOWN.iter().filter(|name| shown.contains(*name)) {
        let new = |target: &Target| !targets.iter().any(|known| known.workload.name == target.workload.name);
        let more: Vec<Target> = workloads::parse(name).unwrap_or_default().into_iter().filter(new).collect();
        targets.extend(more);
    }
    targets
}

/// Those of the steps whose answer is not among the artifacts of a case.
pub fn missing(steps: Vec<&'static Step>, case: &CaseIndex) -> Vec<&'static Step> {
    steps.into_iter().filter(|step| !is_there(step.brings, case)).collect()
}

fn is_there(brings: Brings, case: &CaseIndex) -> bool {
    let observed = |test: &dyn Fn(&Observation) -> bool| case.observed.iter().any(|o| test(&o.what));
    let shown = |folder: KeyPath| {
        move |path: &KeyPath| match path {
            KeyPath::KeyFile { folder: of, .. } => **of == folder,
            path => *path == folder,
        }
    };
    let permissions = |folder: KeyPath| {
        let shown = shown(folder);
        observed(&|o| matches!(o, Observation::AccessList(list) if shown(&list.target)))
    };
    let names = |folder: KeyPath| {
        let shown = shown(folder);
        observed(&|o| matches!(o, Observation::FolderListing(list) if list.complete && shown(&list.target)))
    };
    match brings {
        Brings::Windows => {
            observed(&|o| matches!(o, Observation::System(SystemFact::Windows(_))))
                || case.kept.iter().any(|c| c.surroundings.windows.is_some())
        }
        Brings::MachineGuid => observed(&|o| matches!(o, Observation::System(SystemFact::MachineGuid(_)))),
        Brings::Store(name) => case
            .kept
            .iter()
            .any(|c| c.origin == Origin::StoreDump && c.store_name().is_some_and(|n| n == name) && !c.incomplete),
        Brings::Bindings => observed(&|o| match o {
            Observation::Binding(binding) => binding.origin == BindingOrigin::HttpSys,
            Observation::BindingListing(_) => true,
            _ => false,
        }),
        Brings::ListenList => observed(&|o| matches!(o, Observation::IpListen(_))),
        Brings::Sites => observed(&|o| match o {
            Observation::Binding(binding) => {
                !matches!(binding.origin, BindingOrigin::HttpSys | BindingOrigin::Command | BindingOrigin::Deletion)
            }
            _ => false,
        }),
        Brings::MachineKeysPermissions => permissions(KeyPath::MachineKeys),
        Brings::CngKeysPermissions => permissions(KeyPath::CngMachineKeys),
        Brings::MachineKeysNames => names(KeyPath::MachineKeys),
        Brings::CngKeysNames => names(KeyPath::CngMachineKeys),
        // A binding names AD FS's certificate for an endpoint; those for its service and for tokens have none.
        Brings::Setting(workload) => observed(&|o| match o {
            Observation::System(SystemFact::ServiceCertificate(setting)) => {
                setting.workload == workload && setting.endpoint.is_none()
            }
            _ => false,
        }),
        Brings::Events(provider) => observed(&|o| matches!(o, Observation::Event(event) if event.is_from(provider))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(asked: &str) -> Vec<&'static str> {
        steps(&workloads::parse(asked).unwrap_or_default()).iter().map(|s| s.file).collect()
    }

    #[test]
    fn a_workload_gets_what_it_needs() {
        let iis = files("iis");
        assert!(iis.contains(&"bindings.txt") && iis.contains(&"store-my.txt"));
        assert!(!iis.contains(&"store-remote-desktop.txt"));
        let rdp = files("rdp");
        assert!(rdp.contains(&"store-remote-desktop.txt") && !rdp.contains(&"bindings.txt"));
        assert_eq!(files("all").len(), STEPS.len());
        // The names of workloads in the table of steps are those of `--for`.
        for name in STEPS.iter().flat_map(|s| s.workloads) {
            assert!(workloads::parse(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn what_the_artifacts_show_is_asked_for() {
        let asked = |text: &str, brought: &str| {
            let options = crate::analyze::Options::new(time::OffsetDateTime::UNIX_EPOCH);
            let mut analysis = crate::analyze::Analysis::new(options);
            for input in [text, brought].into_iter().filter(|input| !input.is_empty()) {
                assert!(analysis.read("a", None, &mut input.as_bytes()).is_ok());
            }
            let case = analysis.case();
            let targets = with_shown(vec![workloads::default_target()], case);
            missing(steps(&targets), case).into_iter().map(|s| s.file).collect::<Vec<_>>()
        };
        let of_ops_mgr =
            ["operations-manager-serial.txt", "operations-manager-hash.txt", "events-operations-manager.xml"];
        let event = include_str!("../../corpus/cases/scom-serial-keyspec/3-event.txt");
        let setting = include_str!("../../corpus/cases/scom-serial-keyspec/2-reg.txt");
        let files = asked(event, "");
        assert!(files.contains(&of_ops_mgr[0]) && files.contains(&of_ops_mgr[1]) && !files.contains(&of_ops_mgr[2]));
        let files = asked(setting, "");
        assert!(files.contains(&of_ops_mgr[2]) && !files.contains(&of_ops_mgr[0]) && !files.contains(&of_ops_mgr[1]));
        let binding = "    Hostname:port                : sts.contoso.com:443\n    Certificate Hash             : \
                       a1b2c3d4e5f60718293a4b5c6d7e8f9001122334\n    Application ID               : \
                       {5d89a20c-beab-4389-9447-324788eb944a}\n    Certificate Store Name       : MY\n";
        assert!(asked(binding, "").contains(&"ad-fs-certificates.txt"));
        let list = include_str!("../../corpus/system-info/adfs-certificates/artifact.txt");
        assert!(!asked(binding, list).contains(&"ad-fs-certificates.txt"));
        // Nothing shows them.
        let files = asked("Site Binding: error 0x80070520\n", "");
        assert!(!files.iter().any(|file| of_ops_mgr.contains(file) || file.starts_with("ad-fs")));
    }

    #[test]
    fn nothing_is_changed_on_the_server() {
        let reading =
            ["ver", "dir", "reg query", "certutil -v -store", "netsh http show", "icacls", "wevtutil qe", AD_FS];
        const AD_FS: &str = "powershell.exe -NoProfile -Command Get-AdfsCertificate | Format-List ";
        for step in STEPS {
            let words: Vec<&str> = step
                .command
                .iter()
                .map(|a| match a {
                    Word(text) | Query(text) | Path(_, text) => *text,
                })
                .collect();
            let line = words.join(" ");
            let harmless = reading.iter().any(|r| line.starts_with(r)) || line.ends_with("appcmd.exe list site");
            assert!(harmless, "{line}");
            for word in ["grant", "setowner", "reset", "export", "import", "delete", "add", "repair", "-p "] {
                assert!(!line.contains(word), "{line}");
            }
        }
    }
}
