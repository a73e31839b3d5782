//! Which certificate a service is set to use, where the service keeps that itself and no binding of HTTP.sys tells: Remote
//! Desktop (`Win32_TSGeneralSetting`, the registry), SQL Server (the registry), WinRM (`winrm enumerate`), AD FS
//! (`Get-AdfsSslCertificate`).
//!
//! All labels are names of properties and registry values, the same in every language.
//!
//! Sources: Microsoft Learn, "Win32_TSGeneralSetting class" (SSLCertificateSHA1Hash), "Remote Desktop listener certificate
//! configurations", "Configure SQL Server Database Engine for encrypting connections" (Certificate below SuperSocketNetLib),
//! "Installation and configuration for Windows Remote Management" (CertificateThumbprint), "Get-AdfsSslCertificate".

use super::piece::Piece;
use super::system_info::KIND;
use super::text_reader::{TextReader, keep_line};
use super::text_shapes::port;
use crate::limits::Limits;
use crate::model::fact::{Excerpts, Fact, SourceId};
use crate::model::observation::{Observation, Observed, ServiceCertificate, SystemFact};
use crate::model::thumbprint::Sha1;
use std::borrow::Cow;

/// A longer line is none of a setting (bytes).
const LINE: usize = 400;

/// Rows of a table and lines of a record are looked for within so many lines after its heading or first line.
const NEAR: u32 = 8;

/// What the lines before say about the next ones.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Within {
    Nothing,
    /// Below the heading of a table with this workload's thumbprints.
    Table(&'static str),
    /// In SQL Server's registry key.
    SqlServer,
    /// In a listener of WinRM.
    Listener,
    /// In a record of AD FS: the host and the port so far.
    AdFs(String, Option<u16>),
}

/// Reads settings of services.
pub struct ServiceCertificateReader {
    source: SourceId,
    excerpt_lines: usize,
    columns: usize,
    within: Within,
    /// Lines since that was said.
    lines: u32,
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
            done: Vec::new(),
        }
    }

    fn set(&mut self, within: Within) {
        (self.within, self.lines) = (within, 0);
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
        let printed = piece.text_fact(self.source, words);
        let mut excerpts = Excerpts::default();
        keep_line(&mut excerpts, printed.place, piece, self.excerpt_lines, self.columns);
        let setting = ServiceCertificate { workload, sha1: Fact::stated(sha1, printed.place), endpoint };
        self.done.push(Observed {
            kind: KIND,
            place: piece.place(self.source),
            fields: vec![(Cow::Borrowed(label), printed)],
            excerpts,
            what: Observation::System(SystemFact::ServiceCertificate(setting)),
        });
        true
    }

    /// A line with a label and a value, or a value of the registry.
    fn labelled(&mut self, piece: Piece<'_>) -> bool {
        let Some((label, value)) = setting(piece.text) else { return false };
        match (label, &mut self.within) {
            ("SSLCertificateSHA1Hash", _) => self.take_hash(piece, value, "ssl_certificate_sha1_hash", "rdp", None),
            ("Certificate", Within::SqlServer) => self.take_hash(piece, value, "certificate", "sql-server", None),
            ("Transport", _) if value.eq_ignore_ascii_case("https") => {
                self.set(Within::Listener);
                false
            }
            ("CertificateThumbprint", Within::Listener) => {
                self.take_hash(piece, value, "certificate_thumbprint", "winrm", None)
            }
            ("HostName", _) if !value.is_empty() => {
                self.set(Within::AdFs(value.to_lowercase(), None));
                false
            }
            ("PortNumber", Within::AdFs(_, number)) => {
                *number = port(value);
                false
            }
            ("CertificateHash", Within::AdFs(host, Some(number))) => {
                let endpoint = Some(format!("{host}:{number}"));
                self.take_hash(piece, value, "certificate_hash", "ad-fs", endpoint)
            }
            _ => false,
        }
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
}

impl TextReader for ServiceCertificateReader {
    fn line(&mut self, piece: Piece<'_>) -> bool {
        let piece = piece.trim();
        let text = piece.text;
        if text.len() > LINE || text.is_empty() {
            return false;
        }
        self.lines = self.lines.saturating_add(1);
        if self.lines > NEAR {
            self.within = Within::Nothing;
        }
        if text.starts_with("HKEY_LOCAL_MACHINE\\") {
            let sql = text.to_ascii_lowercase().ends_with("\\supersocketnetlib");
            self.set(if sql { Within::SqlServer } else { Within::Nothing });
            return false;
        }
        if let Some(workload) = heading(text) {
            self.set(Within::Table(workload));
            return false;
        }
        if let Within::Table(workload) = self.within
            && self.row(piece, workload)
        {
            return true;
        }
        self.labelled(piece)
    }

    fn is_open(&self) -> bool {
        false
    }

    fn close(&mut self) {
        self.within = Within::Nothing;
    }

    fn take(&mut self) -> Vec<Observed> {
        std::mem::take(&mut self.done)
    }
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

/// `Label : value`, `Label = value`, `Label=value`, `Name    REG_SZ    value`.
fn setting(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric())?;
    let (label, rest) = text.split_at_checked(end)?;
    let rest = rest.trim_start();
    let value = match rest.split_once(char::is_whitespace) {
        Some(("REG_SZ" | "REG_BINARY", value)) => value,
        _ => rest.strip_prefix([':', '='])?,
    };
    Some((label, value.trim()))
}

/// A thumbprint: 40 digits, possibly in pairs.
fn thumbprint(words: &str) -> Option<Sha1> {
    let digits = words.bytes().filter(|b| *b != b' ').count();
    (digits == 40).then(|| Sha1::parse(words)).flatten()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::formats::text_shapes::testing::read;

    const HASH: &str = "A1B2C3D4E5F60718293A4B5C6D7E8F9001122334";

    fn settings(text: &str) -> Vec<(&'static str, String, Option<String>, u32)> {
        let mut reader = ServiceCertificateReader::new(SourceId(0), &Limits::default());
        let of = |record: Observed| match record.what {
            Observation::System(SystemFact::ServiceCertificate(s)) => {
                (s.workload, s.sha1.value.to_string().to_uppercase(), s.endpoint, s.sha1.place.column)
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
        let list =
            "HostName               : STS.contoso.com\nPortNumber             : 443\nCertificateHash        : HASH\n";
        one(list, "ad-fs", Some("sts.contoso.com:443"), 26);
        let table = "HostName        PortNumber CertificateHash\n--------        ---------- ---------------\nsts.contoso.com 443        HASH\n";
        one(table, "ad-fs", Some("sts.contoso.com:443"), 28);
    }

    #[test]
    fn what_is_none() {
        for text in [
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
