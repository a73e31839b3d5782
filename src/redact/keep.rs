//! What a redacted report keeps: names that are the same on every machine of the world.

use crate::model::container_name::SYSTEM_CONTAINERS;
use crate::model::principal::{self, same_name};
use crate::model::provider::PROVIDERS;
use std::collections::HashSet;
use std::sync::LazyLock;

/// Accounts, services, pools, templates, sites and programs that Windows and Microsoft's products name themselves.
const NAMES: &[&str] = &[
    "ALL SERVICES",
    "MSSQLSERVER",
    "SQLSERVERAGENT",
    "DIAHostService",
    "adfssrv",
    "drs",
    "TrustedInstaller",
    "TermService",
    "WMSVC",
    "W3SVC",
    "DefaultAppPool",
    ".NET v4.5",
    ".NET v4.5 Classic",
    ".NET v2.0",
    "Classic .NET AppPool",
    "Default Web Site",
    "NTDS",
    "New-SelfSignedCertificate",
    "Import-PfxCertificate",
    "Import-Certificate",
    "Get-Certificate",
    "CertEnroll",
    "ADFS",
    "AD FS Signing",
    "ADFS Signing",
    "AD FS Encryption",
    "ADFS Encryption",
    "Exchange Back End",
    "localhost",
    "WebServer",
    "DomainController",
    "DomainControllerAuthentication",
    "KerberosAuthentication",
    "DirectoryEmailReplication",
    "CodeSigning",
    "SmartcardLogon",
    "SmartcardUser",
    "EnrollmentAgent",
    "WebHosting",
    "AuthRoot",
    "TrustedPublisher",
    "TrustedPeople",
    "Remote Desktop",
    "Microsoft Exchange",
    "IIS Express Development Certificate",
];

/// Parts of paths that Windows and its products make, lower case.
const FOLDERS: &[&str] = &[
    "windows",
    "system32",
    "syswow64",
    "system",
    "program files",
    "program files (x86)",
    "programdata",
    "program",
    "files",
    "(x86)",
    "users",
    "public",
    "default",
    "all users",
    "documents and settings",
    "documents",
    "and",
    "settings",
    "all",
    "local settings",
    "localservice",
    "networkservice",
    "serviceprofiles",
    "systemprofile",
    "config",
    "appdata",
    "local",
    "locallow",
    "roaming",
    "application data",
    "application",
    "data",
    "temp",
    "tmp",
    "microsoft",
    "crypto",
    "rsa",
    "dss",
    "keys",
    "systemkeys",
    "machinekeys",
    "machineguid",
    "filesystem",
    "pcpksp",
    "protect",
    "systemcertificates",
    "my",
    "certificates",
    "inetsrv",
    "inetpub",
    "wwwroot",
    "desktop",
    "downloads",
    "microsoft.net",
    "framework",
    "framework64",
    "powershell",
    "windowspowershell",
    "v1.0",
    "software",
    "wow6432node",
    "cryptography",
    "currentcontrolset",
    "services",
    "control",
    "registry",
    "machine",
    "user",
    "hklm",
    "hkcu",
    "hku",
    "hkey_local_machine",
    "hkey_current_user",
    "hkey_users",
    "cert:",
    "cert",
    "localmachine",
    "currentuser",
    "webhosting",
    "root",
    "ca",
    "device",
    "harddiskvolume1",
    "harddiskvolume2",
    "harddiskvolume3",
    "harddiskvolume4",
    "??",
    "filesystem::",
    "microsoft.powershell.core",
    "microsoft.powershell.security",
    "certificate::localmachine",
    "certificate::currentuser",
    "parameters",
    "sslbindinginfo",
    "http",
    "httperr",
    "logs",
    "winevt",
    "logfiles",
    "drivers",
    "etc",
    "lsass.exe",
    "svchost.exe",
    "w3wp.exe",
    "services.exe",
    "sqlservr.exe",
    "netsh.exe",
    "certutil.exe",
    "certreq.exe",
    "psexec.exe",
    "psexec64.exe",
    "paexec.exe",
    "icacls.exe",
    "cacls.exe",
    "mmc.exe",
    "inetmgr.exe",
    "powershell.exe",
    "pwsh.exe",
    "cmd.exe",
    "explorer.exe",
    "appcmd.exe",
    "iisexpress.exe",
    "wmsvc.exe",
    "taskhostw.exe",
    "wmiprvse.exe",
    "microsoft.identityserver.servicehost.exe",
    "diahost.exe",
    "applicationhost.config",
    "web.config",
    "machine.config",
    "administration.config",
    "redirection.config",
    "ntuser.dat",
    "ntdll.dll",
    "rsaenh.dll",
    "ncrypt.dll",
    "schannel.dll",
    "crypt32.dll",
    "microsoft sql server",
    "identitycrl",
    "environment",
    "settings:",
    "policies",
    "policy",
    "currentversion",
    "windows nt",
    "enrollment",
    "enterprise",
    "grouppolicy",
    "trustedpublisher",
    "trustedpeople",
    "disallowed",
    "authroot",
    "addressbook",
    "request",
    "requests",
    "registry::hkey_local_machine",
    "registry::hkey_current_user",
    "supersocketnetlib",
    "sslbindings",
    "apppools",
    "rdp-tcp",
    "securityproviders",
    "schannel",
    "protocols",
];

/// Parts of registry keys in which Windows and Microsoft's products keep settings, where a key's name has blanks: they stay as
/// wholes, and what stands before or behind them does not. The name of an instance or a listener is none of them.
///
/// Sources: those of [`crate::model::service_setting`].
const REGISTRY_KEYS: &[&str] = &[
    "Microsoft\\Microsoft Operations Manager\\3.0",
    "Microsoft\\Microsoft Operations Manager\\3.0\\Machine Settings",
    "Microsoft\\Microsoft SQL Server\\",
    "Control\\Terminal Server\\WinStations\\",
];

/// The same, as they are and with the backslashes of JSON.
static REGISTRY: LazyLock<Vec<String>> = LazyLock::new(|| {
    let escaped = REGISTRY_KEYS.iter().map(|key| key.replace('\\', "\\\\"));
    REGISTRY_KEYS.iter().map(|key| (*key).to_owned()).chain(escaped).collect()
});

/// The endings of files; none of them ends the name of a host here.
pub(super) const EXTENSIONS: &[&str] = &[
    "exe", "dll", "sys", "pfx", "p12", "cer", "crt", "der", "pem", "p7b", "p7c", "txt", "log", "csv", "xml", "json",
    "jsonl", "inf", "req", "csr", "evtx", "evt", "config", "ps1", "psm1", "psd1", "cmd", "bat", "vbs", "cs", "reg",
    "zip", "key", "sst", "hiv", "blob", "dat", "ini", "html", "htm", "md", "pvk", "snk", "bin", "msc", "asc", "ldf",
    "ldif", "eml", "msg", "pml", "sddl", "out", "aspx", "svc", "mib1", "pcpm", "rtf", "docx", "pdf", "7z", "gz",
];

/// GUIDs that are the same everywhere: the application id of IIS, the providers of events, the providers of DPAPI.
const GUIDS: &[&str] = &[
    "4dc3e181-e14b-4a21-b022-59fc669b0914",
    "1f678132-5938-4686-9fdc-c8ff68f15c85",
    "dd5ef90a-6398-47a4-ad34-4dcecdef795f",
    "5bbca4a8-b209-48dc-a8c7-b23d3e5216fb",
    "54849625-5478-4994-a5ba-3e3b0328c30d",
    "df9d8cd0-1501-11d1-8c7a-00c04fc297eb",
    "214124cd-d05b-4309-9af9-9caa44b2b74a",
    "ba195980-cd49-458b-9e23-c84ee0adcd75",
    "5d89a20c-beab-4389-9447-324788eb944a",
];

/// Authorities before the backslash that are not a domain or machine.
const AUTHORITIES: &[&str] = &[
    "NT AUTHORITY",
    "AUTHORITY",
    "NT",
    "BUILTIN",
    "NT-AUTORITÄT",
    "VORDEFINIERT",
    "AUTORITE NT",
    "AUTORIDADE NT",
    "NT instans",
    "APPLICATION PACKAGE AUTHORITY",
    "Mandatory Label",
    "NT SERVICE",
    "SERVICE",
    "IIS APPPOOL",
    "APPPOOL",
    "NT VIRTUAL MACHINE",
    "Window Manager",
    "Font Driver Host",
];

/// Hosts whose names lead to documentation, and names of types and namespaces that have the form of a host.
const HOSTS: &[&str] =
    &["microsoft.com", "windows.com", "w3.org", "ietf.org", "rfc-editor.org", "localhost.localdomain"];

/// Words of more than three letters that artifacts of every machine hold: labels, options, constants. A name that is such a
/// word is hidden only where nothing but the name stands.
static WORDS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let mut words = HashSet::new();
    let mut take = |text: &str| {
        for word in text.split(|c: char| !c.is_alphanumeric()) {
            if !word.is_empty() {
                words.insert(fold(word));
            }
        }
    };
    crate::explain::names().iter().for_each(|name| take(name));
    NAMES.iter().copied().for_each(&mut take);
    FOLDERS.iter().copied().for_each(&mut take);
    EXTENSIONS.iter().copied().for_each(&mut take);
    take(include_str!("words.txt"));
    words
});

/// A text for comparing: lower case, without blanks.
pub(super) fn fold(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// Whether every word of a text is one that artifacts of every machine hold.
pub(super) fn is_vocabulary(text: &str) -> bool {
    let mut any = false;
    text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).all(|word| {
        any = true;
        WORDS.contains(&fold(word)) || word.bytes().all(|b| b.is_ascii_digit()) && word.len() < 6
    }) && any
}

/// The texts that stay wherever they stand, also where a part of them is hidden elsewhere.
pub(super) fn phrases() -> impl Iterator<Item = &'static str> {
    let providers = PROVIDERS.iter().map(|p| p.name);
    let containers = SYSTEM_CONTAINERS.iter().map(|(_, name)| *name);
    let names = providers.chain(containers).chain(principal::known_names()).chain(NAMES.iter().copied());
    names.chain(REGISTRY.iter().map(String::as_str)).filter(|n| n.len() > 3)
}

/// Whether a whole value is the same on every machine.
pub(super) fn is_kept(value: &str) -> bool {
    let value = value.trim();
    value.is_empty()
        || !value.chars().any(char::is_alphanumeric)
        || phrases().any(|phrase| same_name(phrase, value))
        || principal::of_name(value).sid().is_some_and(|sid| principal::name_of(sid).is_some())
        || matches!(value, "My" | "MY" | "my" | "Root" | "CA" | "None" | "null" | "true" | "false" | "N/A" | "-")
}

/// Whether a part of a path is one that Windows or its products make.
pub(super) fn is_folder(part: &str) -> bool {
    let lower = part.to_lowercase();
    FOLDERS.contains(&lower.as_str()) || is_kept(part) || lower.len() == 2 && lower.ends_with(':')
}

/// Whether a GUID is the same on every machine.
pub(super) fn is_guid(lower: &str) -> bool {
    GUIDS.contains(&lower) || lower.bytes().all(|b| matches!(b, b'0' | b'-'))
}

/// Whether the text before a backslash is not a domain or machine.
pub(super) fn is_authority(name: &str) -> bool {
    AUTHORITIES.iter().any(|a| same_name(a, name))
}

/// Whether the text before a backslash may be a well-known authority in another language or after a wrong code page.
pub(super) fn may_be_authority(name: &str) -> bool {
    let damaged = name.contains(['?', '\u{fffd}']) && name.to_uppercase().contains("AUT");
    is_authority(name) || damaged || name.split([' ', '-']).any(|word| word == "NT")
}

/// Whether a host is a public one of documentation.
pub(super) fn is_host(lower: &str) -> bool {
    HOSTS.iter().any(|host| lower == *host || lower.strip_suffix(host).is_some_and(|rest| rest.ends_with('.')))
}
