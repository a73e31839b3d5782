//! What uses a credential, and which keys it can use: one table, each cell with its grade and source.

mod table;

use crate::model::judgement::Grade;
use crate::model::provider::ProviderKind;
pub use table::ROWS;

/// What a workload makes of a kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellOutcome {
    /// It works.
    Ok,
    /// It does not work.
    Fail,
    /// Documented as unsupported, but seen working.
    Warn,
    /// No source was found.
    Unknown,
    /// No verdict from the table; rules decide.
    NoVerdict,
}

/// One cell of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// What the workload makes of it.
    pub outcome: CellOutcome,
    /// How good the source is.
    pub grade: Grade,
    /// The source, or what it says.
    pub note: &'static str,
}

/// One row: a workload, or one version of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// The workload's name for `--for`.
    pub workload: &'static str,
    /// The version this row holds for (`2016`); empty: every version.
    pub version: &'static str,
    /// For a person: `IIS (http.sys)`.
    pub title: &'static str,
    /// A CSP key with KeySpec 1.
    pub csp_exchange: Cell,
    /// A CSP key with KeySpec 2.
    pub csp_signature: Cell,
    /// An RSA key in a KSP.
    pub ksp_rsa: Cell,
    /// An EC key in a KSP.
    pub ksp_ec: Cell,
    /// Who must be able to read the key file.
    pub reader: &'static str,
    /// What is seen when the key is wrong.
    pub symptom: &'static str,
}

/// A workload of `--for`.
#[derive(Debug, PartialEq, Eq)]
pub struct Workload {
    /// Its name.
    pub name: &'static str,
    /// For a person.
    pub title: &'static str,
    /// The extended key usages that allow it; empty: any.
    pub extended_key_usages: &'static [&'static str],
    /// Whether a certificate in a user's store is a candidate.
    pub user_store: bool,
    /// Whether it is a TLS server.
    pub server: bool,
}

/// A workload that was asked for, perhaps with a version.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// The workload.
    pub workload: &'static Workload,
    /// The version, as in `sql-server:2016`; must be one of the table's, or one for which a row of it holds.
    pub version: Option<&'static str>,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.version {
            Some(v) => write!(f, "{}:{v}", self.workload.name),
            None => f.write_str(self.workload.name),
        }
    }
}

use crate::model::oid::{
    CLIENT_AUTH, CODE_SIGNING, DOCUMENT_ENCRYPTION, EFS, EMAIL_PROTECTION, KDC_AUTH, OCSP_SIGNING, REMOTE_DESKTOP,
    SERVER_AUTH, SMART_CARD_LOGON,
};

const fn server(name: &'static str, title: &'static str) -> Workload {
    Workload { name, title, extended_key_usages: &[SERVER_AUTH], user_store: false, server: true }
}

const fn other(
    name: &'static str,
    title: &'static str,
    extended_key_usages: &'static [&'static str],
    user_store: bool,
) -> Workload {
    Workload { name, title, extended_key_usages, user_store, server: false }
}

/// Every workload of `--for`.
pub static WORKLOADS: &[Workload] = &[
    server("iis", "IIS and every other http.sys server"),
    Workload {
        name: "rdp",
        title: "Remote Desktop",
        extended_key_usages: &[SERVER_AUTH, REMOTE_DESKTOP],
        user_store: false,
        server: true,
    },
    server("rd-gateway", "Remote Desktop Gateway, Web Access, Broker"),
    server("winrm", "WinRM over HTTPS"),
    server("hyper-v-replica", "Hyper-V Replica"),
    server("rras", "RRAS and SSTP"),
    server("nps", "NPS (RADIUS, EAP)"),
    Workload {
        name: "ldaps",
        title: "LDAPS on a domain controller",
        extended_key_usages: &[SERVER_AUTH, KDC_AUTH],
        user_store: false,
        server: true,
    },
    server("sql-server", "SQL Server"),
    server("exchange", "Exchange Server"),
    other("exchange-online", "Exchange Online PowerShell, app-only", &[], true),
    server("ad-fs", "AD FS (SSL and service communication)"),
    other("ad-fs-token-signing", "AD FS token signing", &[], false),
    other("ad-fs-token-decrypting", "AD FS token decrypting", &[], false),
    server("wap", "Web Application Proxy"),
    other("dotnet", ".NET Framework code that reads the key", &[], true),
    server("kestrel", "Kestrel and SslStream"),
    Workload {
        name: "configmgr",
        title: "Configuration Manager",
        extended_key_usages: &[SERVER_AUTH, CLIENT_AUTH],
        user_store: false,
        server: true,
    },
    Workload {
        name: "scom",
        title: "Operations Manager",
        extended_key_usages: &[SERVER_AUTH, CLIENT_AUTH],
        user_store: false,
        server: true,
    },
    server("dpm", "Data Protection Manager"),
    server("shir", "Azure Data Factory self-hosted integration runtime"),
    other("azure-stack", "Azure Stack Hub service principal", &[], true),
    Workload {
        name: "service-fabric",
        title: "Service Fabric",
        extended_key_usages: &[SERVER_AUTH, CLIENT_AUTH],
        user_store: false,
        server: true,
    },
    other("hgs", "Host Guardian Service", &[], false),
    other("adcs", "AD CS certification authority", &[], false),
    other("ocsp", "OCSP responder", &[OCSP_SIGNING], false),
    other("code-signing", "Code signing", &[CODE_SIGNING], true),
    other("smart-card", "Smart-card logon", &[SMART_CARD_LOGON, CLIENT_AUTH], true),
    other("always-encrypted", "SQL Server Always Encrypted column master key", &[], true),
    other(
        "document-encryption",
        "Document, file and mail encryption",
        &[DOCUMENT_ENCRYPTION, EFS, EMAIL_PROTECTION],
        true,
    ),
    server("wac", "Windows Admin Center"),
    other("tls-client", "TLS client authentication", &[CLIENT_AUTH], true),
    other("enrollment", "A certificate request", &[], false),
    other("pfx-import", "A PFX import", &[], false),
    Workload {
        name: "generic",
        title: "Another Schannel server",
        extended_key_usages: &[SERVER_AUTH],
        user_store: true,
        server: true,
    },
];

/// Versions without a row of their own, each with the row that holds for it.
const SAME_ROW: &[(&str, &str, &str)] = &[
    ("exchange", "se", "2019"),
    ("sql-server", "2008", "2016"),
    ("sql-server", "2008r2", "2016"),
    ("sql-server", "2012", "2016"),
    ("sql-server", "2014", "2016"),
    ("ad-fs", "2019", "2016"),
    ("ad-fs", "2022", "2016"),
    ("ad-fs", "2025", "2016"),
    ("wap", "2019", "2016"),
    ("wap", "2022", "2016"),
    ("wap", "2025", "2016"),
];

/// "Versions" of the table that are roles of a workload.
const ROLES: &[&str] = &["enrollment"];

/// The default of `--for`.
pub fn default_target() -> Target {
    Target { workload: &WORKLOADS[0], version: None }
}

/// Parses one `--for` argument; `all` gives every workload.
///
/// # Errors
/// An unknown name or version; the message lists what is known.
pub fn parse(argument: &str) -> Result<Vec<Target>, String> {
    let (name, version) = match argument.split_once(':') {
        Some((n, v)) => (n.trim(), Some(v.trim())),
        None => (argument.trim(), None),
    };
    if name == "all" && version.is_none() {
        return Ok(WORKLOADS.iter().map(|workload| Target { workload, version: None }).collect());
    }
    let Some(workload) = WORKLOADS.iter().find(|w| w.name.eq_ignore_ascii_case(name)) else {
        let names: Vec<_> = WORKLOADS.iter().map(|w| w.name).collect();
        return Err(format!("unknown workload `{name}`; known are: {}, all", names.join(", ")));
    };
    let version = match version {
        None => None,
        Some(v) => {
            let known: Vec<_> = ROWS
                .iter()
                .filter(|r| r.workload == workload.name && !r.version.is_empty())
                .map(|r| r.version)
                .chain(SAME_ROW.iter().filter(|(name, ..)| *name == workload.name).map(|(_, version, _)| *version))
                .collect();
            match known.iter().find(|k| k.eq_ignore_ascii_case(v)) {
                Some(v) => Some(*v),
                None if known.is_empty() => return Err(format!("the workload `{name}` has no versions")),
                None => {
                    return Err(format!("unknown version `{v}` of `{name}`; known are: {}", known.join(", ")));
                }
            }
        }
    };
    Ok(vec![Target { workload, version }])
}

impl Target {
    /// The rows of the table that this target means: one with a version, else every version of the workload. A row for
    /// a special role (`configmgr:enrollment`) is meant only when it is named.
    pub fn rows(&self) -> impl Iterator<Item = &'static Row> + use<> {
        let name = self.workload.name;
        let same = |v| SAME_ROW.iter().find(|(n, version, _)| *n == name && *version == v).map_or(v, |(.., row)| *row);
        let version = self.version.map(same);
        ROWS.iter()
            .filter(move |r| r.workload == name && version.map_or(!ROLES.contains(&r.version), |v| r.version == v))
    }

    /// The cell that decides for a key, with its row: the worst of the rows that are meant.
    ///
    /// `None`: the table says nothing (no row, or the key's kind or KeySpec is not known).
    pub fn cell(&self, kind: ProviderKind, key_spec: Option<u32>, ec: bool) -> Option<(&'static Row, Cell)> {
        let pick = |r: &'static Row| match (kind, key_spec) {
            (ProviderKind::Csp, Some(1)) => Some(r.csp_exchange),
            (ProviderKind::Csp, Some(2)) => Some(r.csp_signature),
            (ProviderKind::Csp, _) => None,
            (ProviderKind::Ksp, _) => Some(if ec { r.ksp_ec } else { r.ksp_rsa }),
        };
        let badness = |c: &Cell| match (c.outcome, c.grade) {
            (CellOutcome::Fail, Grade::A | Grade::B | Grade::C) => 0,
            (CellOutcome::Fail, Grade::D) => 1,
            (CellOutcome::Warn, _) => 2,
            (CellOutcome::Unknown, _) => 3,
            (CellOutcome::Ok, _) => 4,
            (CellOutcome::NoVerdict, _) => 5,
        };
        self.rows().filter_map(|r| pick(r).map(|c| (r, c))).min_by_key(|(_, c)| badness(c))
    }
}
