//! What artifacts other than certificates and keys state: bindings, permissions, events, listings, errors.

use super::access::{AccessChange, AccessList, KeyPath};
use super::binding::{Binding, BindingListing};
use super::date::Moment;
use super::event_record::EventRecord;
use super::fact::{Evidence, Excerpts, Fact, Place};
use super::key_request::KeyRequest;
use super::key_spec::KeySpec;
use super::key_usage::KeyUsage;
use super::provider::ProviderKind;
use super::service_setting::{CertificateName, ServiceUse};
use super::thumbprint::Sha1;
use super::windows::WindowsVersion;
use std::borrow::Cow;

/// The files of one key folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderListing {
    /// The folder as printed.
    pub folder: Fact<String>,
    /// What it is.
    pub target: KeyPath,
    /// The names of its files, with their length in bytes where it is shown.
    pub files: Vec<(Fact<String>, Option<u64>)>,
    /// The listing's own end was shown and agrees with the number of files, and nothing was filtered or refused.
    pub complete: bool,
}

/// One row of a trace of file accesses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceRow {
    /// The process: `lsass.exe`.
    pub process: Option<Fact<String>>,
    /// Its number.
    pub process_id: Option<Fact<u32>>,
    /// The account.
    pub user: Option<Fact<String>>,
    /// The operation: `CreateFile`.
    pub operation: Option<Fact<String>>,
    /// The path.
    pub path: Fact<String>,
    /// What it leads to.
    pub target: KeyPath,
    /// The result: `ACCESS DENIED`.
    pub result: Option<Fact<String>>,
    /// The access that was asked for, as printed: `Generic Read`.
    pub desired_access: Option<Fact<String>>,
}

/// Where an error was printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorContext {
    /// IIS Manager or its API while a binding is added.
    IisBinding,
    /// `netsh http add sslcert`.
    NetshAdd,
    /// SQL Server's error log.
    SqlServer,
    /// An import of a certificate.
    Import,
    /// A TLS handshake or credential of some program.
    Tls,
    /// Another place that has nothing to do with a certificate (file shares, credential manager, token broker).
    Unrelated,
    /// Not shown.
    Unknown,
}

/// An error code or a known message in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorText {
    /// The code as HRESULT; `None` for a message without a code of its own.
    pub code: Option<Fact<u32>>,
    /// The words.
    pub text: Fact<String>,
    /// Where it was printed.
    pub context: ErrorContext,
    /// The certificate that the text names.
    pub thumbprint: Option<Fact<Sha1>>,
    /// The subject of the certificate whose key the text says can't exchange keys, as .NET writes names.
    pub subject: Option<Fact<String>>,
    /// The instance of SQL Server whose error log it stands in, where that is said.
    pub instance: Option<String>,
}

/// A fact about the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SystemFact {
    /// The version of Windows.
    Windows(Fact<WindowsVersion>),
    /// MachineGuid of `HKLM\SOFTWARE\Microsoft\Cryptography`, lower case, without braces.
    MachineGuid(Fact<String>),
    /// The computer's name.
    Computer(Fact<String>),
    /// Which certificate a service is set to use.
    ServiceCertificate(ServiceCertificate),
    /// Under which account a service runs.
    ServiceAccount(ServiceAccount),
}

/// Under which account a service runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAccount {
    /// The workload that the service serves: `sql-server`.
    pub workload: &'static str,
    /// The account as printed: `LocalSystem`, `CONTOSO\svc-sql`.
    pub account: Fact<String>,
}

/// Which certificate a service is set to use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceCertificate {
    /// The workload's name: `rdp`.
    pub workload: &'static str,
    /// The certificate.
    pub certificate: Fact<CertificateName>,
    /// The host and port for which it is set, where that is said.
    pub endpoint: Option<String>,
    /// The instance of SQL Server, where that is said.
    pub instance: Option<String>,
    /// What is said of its use.
    pub service_use: ServiceUse,
}

/// A certificate as PowerShell lists it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShownCertificate {
    /// The provider path as printed: `LocalMachine\My`.
    pub store_path: Option<Fact<String>>,
    /// The thumbprint.
    pub thumbprint: Option<Fact<Sha1>>,
    /// The subject; a cut one is only a beginning.
    pub subject: Option<Fact<String>>,
    /// The subject is cut.
    pub subject_cut: bool,
    /// The issuer.
    pub issuer: Option<Fact<String>>,
    /// The serial number, lower case.
    pub serial: Option<Fact<String>>,
    /// Valid from, as printed.
    pub not_before: Option<Fact<String>>,
    /// Valid until, as printed.
    pub not_after: Option<Fact<String>>,
    /// The friendly name.
    pub friendly_name: Option<Fact<String>>,
    /// Archived: the certificate is marked as replaced.
    pub archived: Option<Fact<bool>>,
    /// HasPrivateKey: only that the property exists.
    pub has_private_key: Option<Fact<bool>>,
    /// The class that PrivateKey shows: `System.Security.Cryptography.RSACng`; the value `None` when it is empty.
    pub private_key: Option<Fact<Option<String>>>,
    /// The extended key usages, as OIDs where they are shown.
    pub extended_key_usage: Vec<Fact<String>>,
    /// Subject alternative names (DnsNameList).
    pub alternative_names: Vec<Fact<String>>,
    /// The services of Exchange that use it (`IIS, SMTP`), as Get-ExchangeCertificate lists them.
    pub services: Option<Fact<String>>,
}

/// A date as printed, with its zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZonedDate {
    /// As printed.
    pub text: Fact<String>,
    /// What it says.
    pub value: Moment,
}

/// A certificate whose fields a tool printed, without anything of its key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PrintedCertificate {
    /// The thumbprint.
    pub sha1: Option<Fact<Sha1>>,
    /// SHA-256 of the certificate, lower-case hexadecimal.
    pub sha256: Option<Fact<String>>,
    /// The serial number, lower-case hexadecimal.
    pub serial: Option<Fact<String>>,
    /// The subject as Windows writes it.
    pub subject: Option<Fact<String>>,
    /// The issuer, likewise.
    pub issuer: Option<Fact<String>>,
    /// Valid from.
    pub not_before: Option<ZonedDate>,
    /// Valid until.
    pub not_after: Option<ZonedDate>,
    /// The key usage.
    pub key_usage: Option<Fact<KeyUsage>>,
    /// The extended key usages as OIDs; `None` also when one of them is not known.
    pub extended_key_usage: Option<Fact<Vec<String>>>,
    /// Alternative names as certutil prints them: `DNS Name=www.contoso.com`.
    pub alternative_names: Vec<Fact<String>>,
    /// Whether all extensions are shown.
    pub extensions_shown: bool,
    /// Whether it is a CA's.
    pub is_ca: Option<Fact<bool>>,
    /// The signature algorithm by its name.
    pub signature_algorithm: Option<Fact<String>>,
    /// The algorithm of the public key: `RSA`, `ECC`.
    pub key_algorithm: Option<Fact<String>>,
    /// Its length in bits.
    pub key_bits: Option<Fact<u32>>,
    /// SHA-1 of the public key (RFC 5280 section 4.2.1.2, method 1).
    pub public_key_sha1: Option<Fact<Sha1>>,
}

/// What shows a certificate's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ShownBy {
    /// .NET's `CspKeyContainerInfo`: a CryptoAPI key.
    #[default]
    CspKeyContainerInfo,
    /// .NET's `CngKey`: there is one only of a key that was opened.
    CngKey,
    /// The text of an `X509Certificate2`, of which the key is a part.
    CertificateText,
    /// FindPrivateKey.exe: the key file alone.
    KeyFile,
}

/// A certificate's key as PowerShell or a tool shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ShownKey {
    /// The thumbprint of the certificate that the command in front of the key, or the text that it is part of, names.
    pub thumbprint: Option<Fact<Sha1>>,
    /// The store's path in that command: `LocalMachine\My`.
    pub store_path: Option<Fact<String>>,
    /// The line of the last command before the list; 0 without one.
    pub command_line: u32,
    /// What shows it.
    pub shown_by: ShownBy,
    /// The provider.
    pub provider: Option<Fact<String>>,
    /// The provider type.
    pub provider_type: Option<Fact<u32>>,
    /// CSP or KSP by the folder of the key file.
    pub family: Option<Fact<ProviderKind>>,
    /// The container's name, of a CNG key its name.
    pub container: Option<Fact<String>>,
    /// The key file's name.
    pub unique_name: Option<Fact<String>>,
    /// Whether the key is in the machine's keyset.
    pub machine: Option<Fact<bool>>,
    /// The KeySpec.
    pub key_spec: Option<Fact<KeySpec>>,
    /// Whether it may be exported.
    pub exportable: Option<Fact<bool>>,
    /// Whether a key was found in the container.
    pub accessible: Option<Fact<bool>>,
    /// The length in bits.
    pub bits: Option<Fact<u32>>,
}

/// One of these.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Observation {
    /// A binding.
    Binding(Binding),
    /// The end of a listing of bindings.
    BindingListing(BindingListing),
    /// The addresses that HTTP.sys listens on (`netsh http show iplisten`).
    IpListen(Vec<Fact<String>>),
    /// The permissions of a file or folder.
    AccessList(AccessList),
    /// A command that changed them.
    AccessChange(Box<AccessChange>),
    /// An event.
    Event(Box<EventRecord>),
    /// The files of a key folder.
    FolderListing(FolderListing),
    /// A file access.
    Trace(TraceRow),
    /// An error.
    Error(ErrorText),
    /// A fact about the machine.
    System(SystemFact),
    /// An intended key.
    Request(Box<KeyRequest>),
    /// A certificate in a PowerShell listing.
    Certificate(Box<ShownCertificate>),
    /// A certificate's key as PowerShell or a tool shows it.
    Key(Box<ShownKey>),
    /// A certificate whose fields are printed.
    Printed(Box<PrintedCertificate>),
}

impl Observed {
    /// Evidence for a place of this record: where its line is not kept, the words of the field that stands there.
    pub fn evidence(&self, place: Place, label: impl Into<Cow<'static, str>>, primary: bool) -> Evidence {
        let mut evidence = self.excerpts.evidence(place, label, primary);
        if evidence.excerpt.is_empty() && place.line > 0 {
            let data: &[(String, Fact<String>)] = match &self.what {
                Observation::Event(event) => &event.data,
                _ => &[],
            };
            let mut fields = self.fields.iter().map(|(_, field)| field).chain(data.iter().map(|(_, value)| value));
            let field = fields.find(|field| field.place == place);
            if let Some(first) = field.and_then(|field| field.value.lines().next()) {
                first.clone_into(&mut evidence.excerpt);
                evidence.line_text.clone_from(&evidence.excerpt);
            }
        }
        evidence
    }
}

/// An observation with what a report needs to show it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Observed {
    /// The report's word for the kind of artifact: `icacls`.
    pub kind: &'static str,
    /// The lines, from the first to the last.
    pub place: Place,
    /// The values under the tool's own field names in snake_case, for the report's `details`.
    pub fields: Vec<(Cow<'static, str>, Fact<String>)>,
    /// The lines that the facts stand on, for evidence.
    pub excerpts: Excerpts,
    /// What it states.
    pub what: Observation,
}
