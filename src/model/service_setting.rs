//! Registry values in which services keep the certificate that they use.
//!
//! Sources: Microsoft Learn, "Configure SQL Server Database Engine for encrypting connections" (Certificate below
//! SuperSocketNetLib), "Remote Desktop listener certificate configurations" (SSLCertificateSHA1Hash below WinStations),
//! "Obtain a certificate for use with Windows Servers and System Center Operations Manager" (ChannelCertificateSerialNumber
//! and ChannelCertificateHash below Machine Settings, as MOMCertImport writes them).

use super::fact::{Fact, Place};
use super::thumbprint::Sha1;

/// How a registry value names a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The digits of its thumbprint, as text.
    HashText,
    /// The 20 bytes of its thumbprint.
    HashBytes,
    /// The bytes of its serial number, the least significant first; see [`serial`].
    SerialBytes,
}

/// What an artifact says of a service's use of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ServiceUse {
    /// The service is set to use it.
    #[default]
    Set,
    /// The service says that it loaded the certificate with its key (SQL Server, message 26013).
    Loaded,
    /// AD FS uses it for service communication, not only for SSL (Get-AdfsCertificate, CertificateType).
    ServiceCommunication,
}

/// A certificate as a setting names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum CertificateName {
    /// By its thumbprint.
    Sha1(Sha1),
    /// By its serial number: lower-case hexadecimal digits, the most significant first, without zeros in front.
    Serial(String),
}

impl CertificateName {
    /// The name that is printed at a place.
    pub fn at(self, place: Place) -> Fact<Self> {
        match self {
            Self::Sha1(_) => Fact::stated(self, place),
            Self::Serial(_) => Fact::derived(self, place, "the bytes of the value in reverse order"),
        }
    }

    /// The digits: of a thumbprint, of a serial number.
    pub fn digits(&self) -> (Option<String>, Option<&str>) {
        match self {
            Self::Sha1(sha1) => (Some(sha1.to_string()), None),
            Self::Serial(serial) => (None, Some(serial)),
        }
    }
}

/// A registry value that names a certificate.
#[derive(Debug, PartialEq, Eq)]
pub struct ServiceSetting {
    /// The value's name.
    pub value: &'static str,
    /// The same for a report: lower case, with underscores.
    pub field: &'static str,
    /// The workload's name.
    pub workload: &'static str,
    /// How it names the certificate.
    pub form: Form,
}

/// The thumbprint that SQL Server's Configuration Manager writes.
pub static SQL_SERVER: ServiceSetting =
    ServiceSetting { value: "Certificate", field: "certificate", workload: "sql-server", form: Form::HashText };
/// The thumbprint of a Remote Desktop listener.
pub static REMOTE_DESKTOP: ServiceSetting = ServiceSetting {
    value: "SSLCertificateSHA1Hash",
    field: "ssl_certificate_sha1_hash",
    workload: "rdp",
    form: Form::HashBytes,
};
/// The registry key in which Operations Manager has its settings.
pub const OPS_MGR_KEY: &str = "HKLM\\SOFTWARE\\Microsoft\\Microsoft Operations Manager\\3.0\\Machine Settings";
/// The serial number of Operations Manager's certificate.
pub static OPS_MGR_SERIAL: ServiceSetting = ServiceSetting {
    value: "ChannelCertificateSerialNumber",
    field: "channel_certificate_serial_number",
    workload: "scom",
    form: Form::SerialBytes,
};
/// The thumbprint of Operations Manager's certificate, which newer versions write besides.
pub static OPS_MGR_HASH: ServiceSetting = ServiceSetting {
    value: "ChannelCertificateHash",
    field: "channel_certificate_hash",
    workload: "scom",
    form: Form::HashText,
};

/// The most bytes of a serial number: 20 (RFC 5280, 4.1.2.2) and one for the sign.
const SERIAL_BYTES: usize = 21;

/// Whether a registry key is that of an instance of SQL Server with its network settings.
pub fn is_sql_server(key: &str) -> bool {
    key.to_ascii_lowercase().ends_with("\\supersocketnetlib")
}

/// The instance of SQL Server whose registry key or path this is: `PAYROLL` of `…\Microsoft SQL Server\MSSQL15.PAYROLL\…`.
/// The keys of SQL Server 2005 (`MSSQL.1`) do not tell it.
///
/// Source: Microsoft Learn, "File locations for default and named instances of SQL Server" (the instance ID).
pub fn sql_instance(key: &str) -> Option<&str> {
    let named = |part: &str| part.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("MSSQL"));
    let (version, name) = key.split('\\').find(|part| named(part) && part.contains('.'))?.split_once('.')?;
    let digits = version.get(5..)?;
    let numbered = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let safe = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b'#');
    // Sixteen characters (Microsoft Learn, "Instance configuration").
    (numbered && (1..=16).contains(&name.len()) && name.bytes().all(safe)).then_some(name)
}

/// The instance of SQL Server whose service has this name: `PAYROLL` of `MSSQL$PAYROLL` (Microsoft Learn, "Configure Windows
/// service accounts and permissions"). It is the source of the instance's events, too.
pub fn sql_service(name: &str) -> Option<&str> {
    if name.eq_ignore_ascii_case("MSSQLSERVER") {
        return Some(name);
    }
    let (service, instance) = name.split_once('$')?;
    let safe = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b'#');
    let named = (1..=16).contains(&instance.len()) && instance.bytes().all(safe);
    (service.eq_ignore_ascii_case("MSSQL") && named).then_some(instance)
}

/// The setting that a value of a registry key is: a key of the machine, and of the control set that is in force.
pub fn find(key: &str, value: &str) -> Option<&'static ServiceSetting> {
    let key = key.to_ascii_lowercase();
    let path = key.strip_prefix("hkey_local_machine\\")?;
    let known: &[&'static ServiceSetting] = if is_sql_server(path) {
        &[&SQL_SERVER]
    } else if path.starts_with("system\\currentcontrolset\\control\\terminal server\\winstations\\") {
        &[&REMOTE_DESKTOP]
    } else if path == "software\\microsoft\\microsoft operations manager\\3.0\\machine settings" {
        &[&OPS_MGR_SERIAL, &OPS_MGR_HASH]
    } else {
        &[]
    };
    known.iter().find(|setting| setting.value.eq_ignore_ascii_case(value)).copied()
}

/// A serial number from its bytes with the least significant one first, as CERT_INFO has them (wincrypt.h): lower-case
/// hexadecimal digits, the most significant first, without zeros in front. `None`: no number, or too long for one.
pub fn serial(bytes: &[u8]) -> Option<String> {
    if bytes.len() > SERIAL_BYTES {
        return None;
    }
    let digits: String = bytes.iter().rev().map(|byte| format!("{byte:02x}")).collect();
    let number = digits.trim_start_matches('0');
    (!number.is_empty()).then(|| number.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_numbers_are_stored_the_other_way_round() {
        assert_eq!(serial(&[0x0b, 0xf2, 0, 0, 0x3f]).as_deref(), Some("3f0000f20b"));
        // A zero before a high bit is the sign, not a digit.
        assert_eq!(serial(&[0x01, 0x9a, 0]).as_deref(), Some("9a01"));
        assert_eq!(serial(&[1; 21]).map(|s| s.len()), Some(42 - 1));
        for none in [&[][..], &[0, 0], &[1; 22]] {
            assert_eq!(serial(none), None, "{none:?}");
        }
    }

    #[test]
    fn services_of_sql_server() {
        let services = [
            ("MSSQL$PAYROLL", Some("PAYROLL")),
            ("mssql$web_2", Some("web_2")),
            ("MSSQLSERVER", Some("MSSQLSERVER")),
            ("MSSQL$", None),
            ("MSSQL$A B", None),
            ("SQLAgent$PAYROLL", None),
            ("MSSQL", None),
        ];
        for (service, instance) in services {
            assert_eq!(sql_service(service), instance, "{service}");
        }
    }

    #[test]
    fn instances_of_sql_server() {
        for (id, name) in [
            ("MSSQL15.PAYROLL", Some("PAYROLL")),
            ("mssql10_50.MSSQLSERVER", Some("MSSQLSERVER")),
            ("MSSQL.1", None),
            ("MSSQL15.", None),
            ("MSSQL15.A&B", None),
            ("MSSQL15.ABCDEFGHIJKLMNOPQ", None),
            ("MSSQLx.A", None),
        ] {
            let key = format!(
                r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Microsoft SQL Server\{id}\MSSQLServer\SuperSocketNetLib"
            );
            assert_eq!(sql_instance(&key), name, "{key}");
        }
    }

    #[test]
    fn settings_by_key_and_value() {
        let sql = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Microsoft SQL Server\MSSQL15.A\MSSQLServer\SuperSocketNetLib";
        let rdp = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Terminal Server\WinStations\RDP-Tcp";
        let scom = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Microsoft Operations Manager\3.0\Machine Settings";
        assert_eq!(find(sql, "Certificate"), Some(&SQL_SERVER));
        assert_eq!(find(&rdp.to_ascii_uppercase(), "sslcertificatesha1hash"), Some(&REMOTE_DESKTOP));
        assert_eq!(find(scom, "ChannelCertificateSerialNumber"), Some(&OPS_MGR_SERIAL));
        assert_eq!(find(scom, "ChannelCertificateHash"), Some(&OPS_MGR_HASH));
        let old = rdp.replace("CurrentControlSet", "ControlSet001");
        for (key, value) in [
            (sql, "ChannelCertificateHash"),
            (scom, "Certificate"),
            (&*old, "SSLCertificateSHA1Hash"),
            (&*format!("-{sql}"), "Certificate"),
            (&*format!("{sql}\\Tcp"), "Certificate"),
        ] {
            assert_eq!(find(key, value), None, "{key} {value}");
        }
    }
}
