//! Which certificate a service is set to use, where the service keeps that itself and no binding of HTTP.sys tells: Remote
//! Desktop (`Win32_TSGeneralSetting`, the registry), SQL Server (the registry), Operations Manager (the registry), WinRM
//! (`winrm enumerate`), AD FS (`Get-AdfsSslCertificate`, `Get-AdfsCertificate`).
//!
//! All labels are names of properties and registry values, the same in every language.
//!
//! Sources: Microsoft Learn, "Win32_TSGeneralSetting class" (SSLCertificateSHA1Hash), "Installation and configuration for
//! Windows Remote Management" (CertificateThumbprint), "Get-AdfsSslCertificate", "Get-AdfsCertificate" and "Add-AdfsCertificate"
//! (the types; a second certificate that is not primary decrypts and does not sign), "Get-ItemProperty"; `model::service_setting`
//! for the registry.

use super::glance::Glance;
use super::piece::Piece;
use super::system_info::KIND;
use super::text_reader::{TextReader, keep_line};
use super::text_shapes::port;
use crate::limits::Limits;
use crate::model::fact::{Excerpts, SourceId};
use crate::model::hex;
use crate::model::observation::{Observation, Observed, ServiceCertificate, SystemFact};
use crate::model::service_setting::{
    self, CertificateName, OPS_MGR_HASH, OPS_MGR_SERIAL, REMOTE_DESKTOP, SQL_SERVER, ServiceSetting, ServiceUse,
};
use crate::model::thumbprint::Sha1;
use memchr::memmem::Finder;
use std::borrow::Cow;
use std::sync::LazyLock;

/// A longer line is none of a setting (bytes).
const LINE: usize = 400;

/// Rows of a table and lines of a record are looked for within so many lines after its heading or first line.
const NEAR: u32 = 8;

/// The name of the registry key stands within so many lines after a value of PowerShell's list.
const LIST: u32 = 24;

/// A part of every heading.
static CERTIFICATE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("Certificate"));

/// What the lines before say about the next ones.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Within {
    Nothing,
    /// Below the heading of a table with this workload's thumbprints.
    Table(&'static str),
    /// Below the heading of a table of AD FS's certificates.
    Types,
    /// In SQL Server's registry key, of this instance.
    SqlServer(Option<String>),
    /// In a listener of WinRM.
    Listener,
    /// In a record of AD FS's bindings: the host and the port so far.
    AdFs(String, Option<u16>),
    /// In a record of AD FS's certificates: the workload, and whether AD FS uses the certificate for it, once that is said.
    AdFsType(&'static str, Option<bool>),
}

/// Reads settings of services.
pub struct ServiceCertificateReader {
    source: SourceId,
    excerpt_lines: usize,
    columns: usize,
    within: Within,
    /// Lines since that was said.
    lines: u32,
    /// A value of PowerShell's list whose registry key has not come, and the lines since.
    held: Option<(Observed, u32)>,
    done: Vec<Observed>,
}

impl ServiceCertificateReader {
    /// A reader for one input.
    pub fn new(source: SourceId, limits: &Limits) -> Self {
        Self {
            source,
            excerpt_lines: limits.excerpt_lines,
            columns: limits.excerpt_columns,
            within: Within::Nothing,
            lines: 0,
            held: None,
            done: Vec::new(),
        }
    }

    fn set(&mut self, within: Within) {
        (self.within, self.lines) = (within, 0);
    }

    /// What words state that stand for a certificate; `label` names the field.
    fn observed(
        &self,
        piece: Piece<'_>,
        words: &str,
        label: &'static str,
        workload: &'static str,
        (name, endpoint): (CertificateName, Option<String>),
    ) -> Observed {
        let printed = piece.text_fact(self.source, words);
        let mut excerpts = Excerpts::default();
        keep_line(&mut excerpts, printed.place, piece, self.excerpt_lines, self.columns);
        let certificate = name.at(printed.place);
        // Of AD FS's settings only those with a type call the certificate a thumbprint.
        let service_use = match (workload, label) {
            ("ad-fs", "thumbprint") => ServiceUse::ServiceCommunication,
            _ => ServiceUse::Set,
        };
        let setting = ServiceCertificate { workload, certificate, endpoint, instance: None, service_use };
        Observed {
            kind: KIND,
            place: piece.place(self.source),
            fields: vec![(Cow::Borrowed(label), printed)],
            excerpts,
            what: Observation::System(SystemFact::ServiceCertificate(setting)),
        }
    }

    /// Takes a thumbprint, if the words are one; `label` names the field.
    fn take_hash(
        &mut self,
        piece: Piece<'_>,
        words: &str,
        label: &'static str,
        workload: &'static str,
        endpoint: Option<String>,
    ) -> bool {
        let Some(sha1) = thumbprint(words) else { return false };
        let observed = self.observed(piece, words, label, workload, (CertificateName::Sha1(sha1), endpoint));
        self.done.push(observed);
        true
    }

    /// Takes a value of the registry.
    fn take_setting(&mut self, piece: Piece<'_>, words: &str, setting: &ServiceSetting) -> bool {
        self.take_hash(piece, words, setting.field, setting.workload, None)
    }

    /// Takes the bytes of a serial number.
    fn take_serial(&mut self, piece: Piece<'_>, value: &Value<'_>) -> bool {
        let bytes = if value.kind == Kind::Binary { hex::decode(value.text) } else { listed(value.text) };
        let Some(serial) = bytes.as_deref().and_then(service_setting::serial) else { return false };
        let (field, workload) = (OPS_MGR_SERIAL.field, OPS_MGR_SERIAL.workload);
        let observed = self.observed(piece, value.text, field, workload, (CertificateName::Serial(serial), None));
        self.done.push(observed);
        true
    }

    /// A line with a label and a value, or a value of the registry.
    fn labelled(&mut self, piece: Piece<'_>) -> bool {
        let Some((label, value)) = setting(piece.text) else { return false };
        let words = value.text;
        match (label, &mut self.within) {
            ("SSLCertificateSHA1Hash", _) if words.starts_with('{') => self.take_listed(piece, words, &REMOTE_DESKTOP),
            ("SSLCertificateSHA1Hash", _) => self.take_setting(piece, words, &REMOTE_DESKTOP),
            ("Certificate", Within::SqlServer(instance)) => {
                let instance = instance.clone();
                let taken = self.take_setting(piece, words, &SQL_SERVER);
                if let Some(observed) = self.done.last_mut().filter(|_| taken) {
                    set_instance(observed, instance);
                }
                taken
            }
            // Before the name of the registry key come its paths.
            ("PSPath" | "PSParentPath", _) => {
                if let (Some((observed, _)), Some(instance)) = (&mut self.held, service_setting::sql_instance(words)) {
                    set_instance(observed, Some(instance.to_owned()));
                }
                false
            }
            ("Certificate", _) if value.kind == Kind::Property => {
                self.held = thumbprint(words).map(|sha1| {
                    let named = (CertificateName::Sha1(sha1), None);
                    (self.observed(piece, words, SQL_SERVER.field, SQL_SERVER.workload, named), 0)
                });
                false
            }
            ("PSChildName", _) if words.eq_ignore_ascii_case("SuperSocketNetLib") => {
                let held = self.held.take();
                let taken = held.is_some();
                self.done.extend(held.map(|(observed, _)| observed));
                taken
            }
            ("ChannelCertificateHash", _) => self.take_setting(piece, words, &OPS_MGR_HASH),
            ("ChannelCertificateSerialNumber", _) => self.take_serial(piece, &value),
            ("Transport", _) if words.eq_ignore_ascii_case("https") => {
                self.set(Within::Listener);
                false
            }
            ("CertificateThumbprint", Within::Listener) => {
                self.take_hash(piece, words, "certificate_thumbprint", "winrm", None)
            }
            ("HostName", _) if !words.is_empty() => {
                self.set(Within::AdFs(words.to_lowercase(), None));
                false
            }
            ("PortNumber", Within::AdFs(_, number)) => {
                *number = port(words);
                false
            }
            ("CertificateHash", Within::AdFs(host, Some(number))) => {
                let endpoint = Some(format!("{host}:{number}"));
                self.take_hash(piece, words, "certificate_hash", "ad-fs", endpoint)
            }
            ("CertificateType", _) => {
                self.set(type_of(words).map_or(Within::Nothing, |workload| Within::AdFsType(workload, None)));
                false
            }
            ("IsPrimary", Within::AdFsType(workload, used)) => {
                *used = is_used(workload, words);
                false
            }
            ("Thumbprint", Within::AdFsType(workload, Some(used))) => {
                let (workload, used) = (*workload, *used);
                self.set(Within::Nothing);
                // A certificate that AD FS holds ready is named, and not used.
                thumbprint(words).is_some() && (!used || self.take_hash(piece, words, "thumbprint", workload, None))
            }
            _ => false,
        }
    }

    /// Takes a thumbprint that is listed byte by byte.
    fn take_listed(&mut self, piece: Piece<'_>, words: &str, setting: &ServiceSetting) -> bool {
        let sha1 = listed(words).and_then(|bytes| <[u8; 20]>::try_from(bytes).ok());
        let Some(sha1) = sha1 else { return false };
        let named = (CertificateName::Sha1(Sha1(sha1)), None);
        let observed = self.observed(piece, words, setting.field, setting.workload, named);
        self.done.push(observed);
        true
    }

    /// A row of a table.
    fn row(&mut self, piece: Piece<'_>, workload: &'static str) -> bool {
        let words: Vec<&str> = piece.text.split_whitespace().take(8).collect();
        let Some(hash) = words.iter().copied().find(|word| thumbprint(word).is_some()) else { return false };
        let endpoint = match words.as_slice() {
            [host, number, ..] => port(number).map(|number| format!("{}:{number}", host.to_lowercase())),
            _ => None,
        };
        self.take_hash(piece, hash, "certificate_hash", workload, endpoint.filter(|_| workload == "ad-fs"))
    }

    /// A row of a table of AD FS's certificates.
    fn type_row(&mut self, piece: Piece<'_>) -> bool {
        let words: Vec<&str> = piece.text.split_whitespace().take(8).collect();
        let hash = words.iter().copied().find(|word| thumbprint(word).is_some());
        let workload = words.iter().find_map(|word| type_of(word));
        let Some((hash, workload)) = hash.zip(workload) else { return false };
        let Some(used) = words.iter().find_map(|word| is_used(workload, word)) else { return false };
        !used || self.take_hash(piece, hash, "thumbprint", workload, None)
    }
}

impl TextReader for ServiceCertificateReader {
    fn line(&mut self, piece: Piece<'_>) -> bool {
        let piece = piece.trim();
        let text = piece.text;
        if text.is_empty() {
            // A list ends with an empty line.
            self.held = None;
            return false;
        }
        if text.len() > LINE {
            return false;
        }
        self.lines = self.lines.saturating_add(1);
        if self.lines > NEAR {
            self.within = Within::Nothing;
        }
        self.held = self.held.take().map(|(held, lines)| (held, lines.saturating_add(1))).filter(|(_, n)| *n <= LIST);
        if text.starts_with("HKEY_LOCAL_MACHINE\\") {
            let instance = || service_setting::sql_instance(text).map(str::to_owned);
            let sql = service_setting::is_sql_server(text).then(|| Within::SqlServer(instance()));
            self.set(sql.unwrap_or(Within::Nothing));
            return false;
        }
        // Each heading has the word, and most lines don't.
        if CERTIFICATE.find(text.as_bytes()).is_some() {
            if is_heading_of_types(text) {
                self.set(Within::Types);
                return true;
            }
            if let Some(workload) = heading(text) {
                self.set(Within::Table(workload));
                return false;
            }
        }
        let is_row = match self.within {
            Within::Table(workload) => self.row(piece, workload),
            Within::Types => self.type_row(piece),
            _ => false,
        };
        is_row || self.labelled(piece)
    }

    fn words(&self) -> Vec<&'static str> {
        // One of them stands in every line that means something outside a list or table.
        vec!["Certificate", "HKEY_LOCAL_MACHINE\\", "PSChildName", "Transport", "HostName"]
    }

    fn passes_over(&self, _piece: Piece<'_>, _glance: &Glance<'_>) -> bool {
        // The lines since something was said count only as long as it holds.
        self.within == Within::Nothing && self.held.is_none()
    }

    fn is_open(&self) -> bool {
        false
    }

    fn close(&mut self) {
        self.within = Within::Nothing;
        self.held = None;
    }

    fn take(&mut self) -> Vec<Observed> {
        std::mem::take(&mut self.done)
    }
}

/// Says of which instance of SQL Server a setting is.
fn set_instance(observed: &mut Observed, of: Option<String>) {
    if let Observation::System(SystemFact::ServiceCertificate(setting)) = &mut observed.what {
        setting.instance = of;
    }
}

/// The workload of a type of AD FS's certificates.
fn type_of(word: &str) -> Option<&'static str> {
    Some(match word {
        "Token-Signing" => "ad-fs-token-signing",
        "Token-Decrypting" => "ad-fs-token-decrypting",
        "Service-Communications" => "ad-fs",
        _ => return None,
    })
}

/// Whether AD FS uses a certificate for a workload, by what `IsPrimary` says; `None`: another word.
fn is_used(workload: &str, is_primary: &str) -> Option<bool> {
    match is_primary {
        "True" => Some(true),
        "False" => Some(workload == "ad-fs-token-decrypting"),
        _ => None,
    }
}

/// The heading of a table of AD FS's certificates: `CertificateType  IsPrimary  Thumbprint`, in any order.
fn is_heading_of_types(text: &str) -> bool {
    let has = |name: &str| text.split_whitespace().any(|word| word == name);
    has("CertificateType") && has("IsPrimary") && has("Thumbprint")
}

/// The workload of a table with thumbprints: `SSLCertificateSHA1Hash  TerminalName`, `HostName  PortNumber  CertificateHash`.
fn heading(text: &str) -> Option<&'static str> {
    let has = |name: &str| text.split_whitespace().any(|word| word == name);
    if has("CertificateHash") && has("HostName") && has("PortNumber") {
        return Some("ad-fs");
    }
    (text.starts_with("SSLCertificateSHA1Hash") || has("SSLCertificateSHA1Hash"))
        .then_some("rdp")
        .filter(|_| text.split_whitespace().all(|word| word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')))
        .filter(|_| !text.contains("REG_"))
}

/// How a value is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `Label : value`.
    Property,
    /// `Label = value`.
    Assigned,
    /// `Name    REG_SZ    value`.
    Text,
    /// `Name    REG_BINARY    value`.
    Binary,
}

/// A value with its kind.
struct Value<'a> {
    text: &'a str,
    kind: Kind,
}

/// `System.String   CertificateThumbprint      0123…`: a row of the WSMan: drive, of which the column between name and value is
/// empty for a value of this machine's own.
fn drive_row(text: &str) -> Option<(&str, Value<'_>)> {
    let mut words = text.strip_prefix("System.")?.split_whitespace().skip(1);
    let (label, value) = (words.next()?, words.next()?);
    words.next().is_none().then_some((label, Value { text: value, kind: Kind::Assigned }))
}

/// `Label : value`, `Label = value`, `Label=value`, `Name    REG_SZ    value`.
fn setting(text: &str) -> Option<(&str, Value<'_>)> {
    if let Some(row) = drive_row(text) {
        return Some(row);
    }
    let end = text.find(|c: char| !c.is_ascii_alphanumeric())?;
    let (label, rest) = text.split_at_checked(end)?;
    let rest = rest.trim_start();
    let (value, kind) = match (rest.split_once(char::is_whitespace), rest.chars().next()) {
        (Some(("REG_SZ", value)), _) => (value, Kind::Text),
        (Some(("REG_BINARY", value)), _) => (value, Kind::Binary),
        (_, Some(':')) => (rest.get(1..)?, Kind::Property),
        (_, Some('=')) => (rest.get(1..)?, Kind::Assigned),
        _ => return None,
    };
    Some((label, Value { text: value.trim(), kind }))
}

/// A thumbprint: 40 digits, possibly in pairs.
fn thumbprint(words: &str) -> Option<Sha1> {
    let digits = words.bytes().filter(|b| *b != b' ').count();
    (digits == 40).then(|| Sha1::parse(words)).flatten()
}

/// Bytes as PowerShell lists them: `{11, 242, 227, 3}`. A list that is cut (`...`) gives none.
fn listed(words: &str) -> Option<Vec<u8>> {
    let inner = words.strip_prefix('{')?.strip_suffix('}')?;
    inner.split(',').map(|number| number.trim().parse().ok()).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::formats::text_shapes::testing::read;

    const HASH: &str = "A1B2C3D4E5F60718293A4B5C6D7E8F9001122334";

    /// Workload, thumbprint or serial number, endpoint, column.
    type Read = (&'static str, String, Option<String>, u32);

    fn settings(text: &str) -> Vec<Read> {
        let mut reader = ServiceCertificateReader::new(SourceId(0), &Limits::default());
        let of = |record: Observed| match record.what {
            Observation::System(SystemFact::ServiceCertificate(s)) => {
                let name = match &s.certificate.value {
                    CertificateName::Sha1(sha1) => sha1.to_string().to_uppercase(),
                    CertificateName::Serial(serial) => serial.clone(),
                };
                (s.workload, name, s.endpoint, s.certificate.place.column)
            }
            other => panic!("{other:?}"),
        };
        read(&mut reader, &text.replace("HASH", HASH)).into_iter().map(of).collect()
    }

    fn one(text: &str, workload: &'static str, endpoint: Option<&str>, column: u32) {
        assert_eq!(settings(text), [(workload, HASH.to_owned(), endpoint.map(str::to_owned), column)], "{text}");
    }

    #[test]
    fn remote_desktop() {
        one("SSLCertificateSHA1Hash                    TerminalName\nHASH  RDP-Tcp\n", "rdp", None, 1);
        one("SSLCertificateSHA1Hash           : HASH\n", "rdp", None, 36);
        one("SSLCertificateSHA1Hash=HASH\n", "rdp", None, 24);
        let key = "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\WinStations\\RDP-Tcp";
        one(&format!("{key}\n    SSLCertificateSHA1Hash    REG_BINARY    HASH\n"), "rdp", None, 45);
    }

    #[test]
    fn other_services() {
        let sql =
            "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Microsoft SQL Server\\MSSQL15.A\\MSSQLServer\\SuperSocketNetLib";
        one(&format!("{sql}\n    Certificate    REG_SZ    HASH\n"), "sql-server", None, 30);
        let pairs = HASH.as_bytes().chunks(2).map(|p| std::str::from_utf8(p).unwrap()).collect::<Vec<_>>().join(" ");
        let listener = format!(
            "Listener\n    Address = *\n    Transport = HTTPS\n    Port = 5986\n    CertificateThumbprint = {pairs}\n"
        );
        one(&listener, "winrm", None, 29);
        let drive = "System.String   Transport                                      HTTPS\nSystem.String   Port                                           5986\nSystem.String   CertificateThumbprint                          HASH\n";
        one(drive, "winrm", None, 64);
        let list =
            "HostName               : STS.contoso.com\nPortNumber             : 443\nCertificateHash        : HASH\n";
        one(list, "ad-fs", Some("sts.contoso.com:443"), 26);
        let table = "HostName        PortNumber CertificateHash\n--------        ---------- ---------------\nsts.contoso.com 443        HASH\n";
        one(table, "ad-fs", Some("sts.contoso.com:443"), 28);
    }

    #[test]
    fn operations_manager() {
        let key = "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Microsoft Operations Manager\\3.0\\Machine Settings";
        let text = format!(
            "{key}\n    ChannelCertificateSerialNumber    REG_BINARY    0BF2E300A71C0000003F\n    ChannelCertificateHash    REG_SZ    HASH\n"
        );
        let serial = "3f0000001ca700e3f20b".to_owned();
        assert_eq!(
            settings(&text),
            [("scom", serial.clone(), None, 53), ("scom", HASH.to_owned(), None, 41)],
            "{text}"
        );
        let list = "ChannelCertificateSerialNumber : {11, 242, 227, 0, 167, 28, 0, 0, 0, 63}\nChannelCertificateHash         : HASH\n";
        assert_eq!(settings(list), [("scom", serial, None, 34), ("scom", HASH.to_owned(), None, 34)]);
    }

    const TOKEN: &str = "Certificate     : [Subject]\n                    CN=ADFS Signing - sts.contoso.com\n\n                  [Issuer]\n                    CN=ADFS Signing - sts.contoso.com\n\n                  [Thumbprint]\n                    HASH\n\nCertificateType : TYPE\nIsPrimary       : PRIMARY\nStoreLocation   : CurrentUser\nStoreName       : My\nThumbprint      : HASH\n\n";

    #[test]
    fn certificates_of_ad_fs() {
        let record = |name: &str, primary: &str| TOKEN.replace("TYPE", name).replace("PRIMARY", primary);
        one(&record("Token-Signing", "True"), "ad-fs-token-signing", None, 19);
        one(&record("Token-Decrypting", "True"), "ad-fs-token-decrypting", None, 19);
        one(&record("Token-Decrypting", "False"), "ad-fs-token-decrypting", None, 19);
        one(&record("Service-Communications", "True"), "ad-fs", None, 19);
        for (name, primary) in [("Token-Signing", "False"), ("Service-Communications", "False"), ("Other", "True")] {
            assert_eq!(settings(&record(name, primary)), [], "{name} {primary}");
        }
        let table = "CertificateType        IsPrimary Thumbprint\n---------------        --------- ----------\nService-Communications      True HASH\nToken-Signing              False HASH\n";
        one(table, "ad-fs", None, 34);
    }

    #[test]
    fn lists_of_powershell() {
        let list = "Certificate     : HASH\nForceEncryption : 1\nPSPath          : Microsoft.PowerShell.Core\\Registry::HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Microsoft SQL Server\\MSS\n                  QL15.A\\MSSQLServer\\SuperSocketNetLib\nPSChildName     : SuperSocketNetLib\n";
        one(list, "sql-server", None, 19);
        assert_eq!(settings(&list.replace("PSChildName     : Super", "PSChildName     : ")), []);
        assert_eq!(settings(&list.replace("\nForce", "\n\nForce")), []);
        let hash = "SSLCertificateSHA1Hash : {161, 178, 195, 212, 229, 246, 7, 24, 41, 58, 75, 92, 109, 126, 143, 144, 1, 18, 35, 52}\n";
        one(hash, "rdp", None, 26);
    }

    #[test]
    fn what_is_none() {
        for text in [
            "SSLCertificateSHA1Hash : {161, 178, 195, 212...}\n",
            "SSLCertificateSHA1Hash : {161, 178, 195, 212}\n",
            "ChannelCertificateSerialNumber : {11, 242, 227, 0...}\n",
            "ChannelCertificateSerialNumber : 0BF2E300A71C0000003F\n",
            "ChannelCertificateSerialNumber    REG_BINARY    0BF2E300A71C0000003\n",
            "ChannelCertificateSerialNumber    REG_BINARY    +1\n",
            "ChannelCertificateSerialNumber    REG_BINARY    \n",
            "ChannelCertificateHash    REG_SZ    \n",
            "Certificate : HASH\n",
            "CertificateType : Token-Signing\nThumbprint : HASH\n",
            "IsPrimary : True\nThumbprint : HASH\n",
            "Certificate    REG_SZ    HASH\n",
            "CertificateThumbprint = HASH\n",
            "Transport = HTTP\nCertificateThumbprint = HASH\n",
            "CertificateHash : HASH\n",
            "SSLCertificateSHA1Hash : \n",
            "SSLCertificateSHA1Hash : 0\n",
            "HKEY_LOCAL_MACHINE\\A\\SuperSocketNetLib\nHKEY_LOCAL_MACHINE\\A\\Other\n    Certificate    REG_SZ    HASH\n",
        ] {
            assert_eq!(settings(text), [], "{text}");
        }
    }
}
