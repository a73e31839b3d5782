//! Bindings: which endpoint uses which certificate.

use super::fact::Fact;
use super::thumbprint::Sha1;

/// The application ids of bindings that are known, in lower case: who made the binding. Any other is as good: http.sys only
/// repeats it.
///
/// Source: published `netsh http show sslcert` output of the applications.
pub static APPLICATION_IDS: &[(&str, &str)] = &[
    ("4dc3e181-e14b-4a21-b022-59fc669b0914", "IIS"),
    ("214124cd-d05b-4309-9af9-9caa44b2b74a", "IIS Express"),
    ("5d89a20c-beab-4389-9447-324788eb944a", "AD FS"),
    ("ba195980-cd49-458b-9e23-c84ee0adcd75", "SSTP (Routing and Remote Access)"),
    ("00000000-0000-0000-0000-000000000000", "none: made by hand, or by the Web Management Service (WMSvc)"),
];

/// What a binding listens on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// An address (`0.0.0.0`, `[::]`, `*`, or empty for all) and a port.
    IpPort {
        /// The address as printed; IPv6 in brackets.
        ip: String,
        /// The port.
        port: u16,
    },
    /// A host name and a port: SNI.
    HostPort {
        /// The name, lower case.
        host: String,
        /// The port.
        port: u16,
    },
    /// The central certificate store of a port.
    CentralStore {
        /// The port.
        port: u16,
    },
}

impl Endpoint {
    /// The port.
    pub fn port(&self) -> u16 {
        match self {
            Self::IpPort { port, .. } | Self::HostPort { port, .. } | Self::CentralStore { port } => *port,
        }
    }
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::IpPort { ip, port } => write!(f, "{ip}:{port}"),
            Self::HostPort { host, port } => write!(f, "{host}:{port}"),
            Self::CentralStore { port } => write!(f, "*:{port}"),
        }
    }
}

/// The certificate hash of a binding.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum BindingHash {
    /// A thumbprint.
    Sha1(Sha1),
    /// `(null)` or empty: the binding names no certificate.
    Null,
    /// Something else, as printed: redacted, retyped, a SHA-256.
    Unusable(String),
}

/// Which artifact shows a binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BindingOrigin {
    /// `netsh http show sslcert`, or the provider of IIS for it: what HTTP.sys uses.
    HttpSys,
    /// A typed `netsh http add sslcert` command: intended, and done only when its reply says so.
    Command,
    /// A typed `netsh http delete sslcert` command whose reply says that it succeeded: the endpoint has no binding after it.
    Deletion,
    /// applicationHost.config: what IIS wants; names no certificate.
    IisConfig,
    /// `appcmd list site`, likewise.
    AppCmd,
    /// Get-WebBinding, Get-IISSiteBinding or their Clixml.
    PowerShell,
}

/// One binding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Where it is from.
    pub origin: BindingOrigin,
    /// What it listens on.
    pub endpoint: Fact<Endpoint>,
    /// `https`, `http`, `net.tcp`, …; `https` for HTTP.sys.
    pub protocol: String,
    /// The certificate; `None`: this kind of artifact does not show it, or the record is cut before it.
    pub hash: Option<Fact<BindingHash>>,
    /// The application id with braces, lower case; `Some(None)` in the fact for `(null)`.
    pub app_id: Option<Fact<Option<String>>>,
    /// The store's name as printed; the value `None` for `(null)`: HTTP.sys then uses MY.
    pub store: Option<Fact<Option<String>>>,
    /// The bits of sslFlags of an IIS binding: 1 SNI, 2 central certificate store.
    pub ssl_flags: Option<Fact<u32>>,
    /// The IIS site's name.
    pub site: Option<Fact<String>>,
    /// The site is stopped: nothing listens for it.
    pub stopped: bool,
    /// For `Command` and `Deletion`: whether the reply says that it succeeded, when it is shown.
    pub succeeded: Option<bool>,
}

/// The end of a listing of bindings, and whether it is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindingListing {
    /// The heading.
    pub heading: Option<Fact<String>>,
    /// The bindings in it.
    pub records: u32,
    /// Nothing was cut, as far as it shows.
    pub complete: bool,
    /// The command stands before it and asks for all bindings: the listing of one endpoint looks like that of all.
    pub all: bool,
}
