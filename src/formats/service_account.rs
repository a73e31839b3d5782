//! Under which account a service runs: `sc qc`, PowerShell's list of `Win32_Service`, and SQL Server's error log.
//!
//! The labels and the names of services are the same in every language; the error log's sentence is read in English. Only
//! services that use certificates are taken.
//!
//! Sources: Microsoft Learn, "sc.exe qc", "Win32_Service class" (StartName), "View the SQL Server error log"; names of services:
//! "Configure Windows service accounts and permissions" (SQL Server), WORKLOADS.md.

use super::glance::Glance;
use super::piece::Piece;
use super::system_info::KIND;
use super::text_reader::{TextReader, keep_line};
use super::text_shapes::{find_ignoring_case, label_value};
use crate::limits::Limits;
use crate::model::fact::{Excerpts, SourceId};
use crate::model::observation::{Observation, Observed, ServiceAccount, SystemFact};
use crate::model::service_setting;
use std::borrow::Cow;

/// A longer line is none of a service (bytes).
const LINE: usize = 400;
/// The account stands within this many lines after the service's name.
const NEAR: u32 = 32;
/// What SQL Server's error log says before the account, lower case.
const LOGGED: &str = "the service account is '";

/// Reads accounts of services.
pub struct ServiceAccountReader {
    source: SourceId,
    excerpt_lines: usize,
    columns: usize,
    /// The workload of the service that was named last, and the line.
    named: Option<(u32, &'static str)>,
    done: Vec<Observed>,
}

impl ServiceAccountReader {
    /// A reader for one input.
    pub fn new(source: SourceId, limits: &Limits) -> Self {
        let (excerpt_lines, columns) = (limits.excerpt_lines, limits.excerpt_columns);
        Self { source, excerpt_lines, columns, named: None, done: Vec::new() }
    }

    fn account(&mut self, piece: Piece<'_>, workload: &'static str, account: &str) -> bool {
        if account.is_empty() {
            return false;
        }
        let printed = piece.text_fact(self.source, account);
        let mut excerpts = Excerpts::default();
        keep_line(&mut excerpts, printed.place, piece, self.excerpt_lines, self.columns);
        let what = SystemFact::ServiceAccount(ServiceAccount { workload, account: printed.clone() });
        self.done.push(Observed {
            kind: KIND,
            place: piece.place(self.source),
            fields: vec![(Cow::Borrowed("service_account"), printed)],
            excerpts,
            what: Observation::System(what),
        });
        true
    }
}

impl TextReader for ServiceAccountReader {
    fn line(&mut self, piece: Piece<'_>) -> bool {
        let text = piece.text.trim();
        if text.len() > LINE {
            return false;
        }
        if let Some(at) = find_ignoring_case(text, LOGGED) {
            let account = text.get(at.saturating_add(LOGGED.len())..).and_then(|rest| rest.split_once('\''));
            return account.is_some_and(|(account, _)| self.account(piece, "sql-server", account));
        }
        let number = u32::try_from(piece.line().order).unwrap_or(u32::MAX);
        match label_value(text) {
            Some(("SERVICE_NAME" | "Name", value)) => {
                if let Some(workload) = workload_of(value) {
                    self.named = Some((number, workload));
                }
                false
            }
            Some(("SERVICE_START_NAME" | "StartName", account)) => match self.named.take() {
                Some((line, workload)) if line.saturating_add(NEAR) >= number => self.account(piece, workload, account),
                _ => false,
            },
            _ => false,
        }
    }

    fn words(&self) -> Vec<&'static str> {
        vec![
            LOGGED,
            "SERVICE_NAME",
            "SERVICE_START_NAME",
            "StartName",
            "MSSQL",
            "adfssrv",
            "DIAHostService",
            "TermService",
        ]
    }

    fn passes_over(&self, _piece: Piece<'_>, _glance: &Glance<'_>) -> bool {
        true
    }

    fn is_open(&self) -> bool {
        false
    }

    fn close(&mut self) {
        self.named = None;
    }

    fn take(&mut self) -> Vec<Observed> {
        std::mem::take(&mut self.done)
    }
}

/// The workload that a service serves.
fn workload_of(service: &str) -> Option<&'static str> {
    let known = [("adfssrv", "ad-fs"), ("DIAHostService", "shir"), ("TermService", "rdp")];
    let named = known.iter().find(|(name, _)| name.eq_ignore_ascii_case(service)).map(|(_, workload)| *workload);
    named.or_else(|| service_setting::sql_service(service).map(|_| "sql-server"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::formats::text_shapes::testing::read;

    fn all(text: &str) -> Vec<(&'static str, String)> {
        let found = read(&mut ServiceAccountReader::new(SourceId(0), &Limits::default()), text);
        let of = |observed: Observed| match observed.what {
            Observation::System(SystemFact::ServiceAccount(it)) => Some((it.workload, it.account.value)),
            _ => None,
        };
        found.into_iter().filter_map(of).collect()
    }

    #[test]
    fn accounts() {
        let one = |workload, account: &str| vec![(workload, account.to_owned())];
        let qc = "SERVICE_NAME: MSSQL$PROD\n        TYPE : 10\n        SERVICE_START_NAME : CONTOSO\\svc-sql";
        assert_eq!(all(qc), one("sql-server", "CONTOSO\\svc-sql"));
        assert_eq!(all("Name      : adfssrv\nStartName : CONTOSO\\gmsa$"), one("ad-fs", "CONTOSO\\gmsa$"));
        let log = "2026-10-20 09:00:01.10 Server      The service account is 'NT Service\\MSSQLSERVER'. This is an informational message";
        assert_eq!(all(log), one("sql-server", "NT Service\\MSSQLSERVER"));
        for text in [
            "SERVICE_NAME: spooler\nSERVICE_START_NAME : LocalSystem",
            "SERVICE_START_NAME : LocalSystem",
            "The service account is 'a",
            "Name : MSSQLSERVER",
        ] {
            assert_eq!(all(text), vec![], "{text}");
        }
    }
}
