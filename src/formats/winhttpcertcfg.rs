//! What `winhttpcertcfg -l` prints: the accounts with access to the private key of a certificate.
//!
//! ```text
//! Matching certificate:
//! CN=www.contoso.com
//! O=Contoso
//!
//! Additional accounts and groups with access to the private key include:
//!     BUILTIN\Administrators
//!     CONTOSO\svc_web
//! ```
//!
//! The tool has no translations. It does not say which access an account has, nor whether it shows all of them, nor the key
//! file, and it names the certificate by its subject, which another one may have as well: the record is shown, and nothing
//! is concluded from it.
//!
//! Source: Microsoft Learn, "WinHttpCertCfg.exe, a Certificate Configuration Tool".

use super::get_acl::KIND;
use super::glance::Glance;
use super::piece::Piece;
use super::text_reader::{Reached, TextReader, joined_place, keep_line};
use super::text_shapes::prompted;
use crate::limits::Limits;
use crate::model::access::{AccessList, Ace, AceKind, KeyPath};
use crate::model::fact::{Excerpts, Fact, Place, SourceId};
use crate::model::observation::{Observation, Observed};
use crate::model::principal;
use std::borrow::Cow;

/// The tool's words in front of the subject.
const CERTIFICATE: &str = "Matching certificate:";

/// The tool's words in front of the accounts.
const ACCOUNTS: &str = "Additional accounts and groups with access to the private key include:";

/// A longer line is no part of a subject and no account (bytes).
const LINE: usize = 400;

/// A record that is open.
struct Open {
    subject: Vec<Fact<String>>,
    /// The accounts, once their heading came.
    accounts: Option<Vec<Fact<String>>>,
    first: Place,
    last: Place,
    excerpts: Excerpts,
}

/// Reads the outputs of the tool.
pub struct WinHttpCertCfgReader {
    source: SourceId,
    limits: Limits,
    open: Option<Open>,
    records: Vec<Observed>,
    reached: Reached,
}

impl WinHttpCertCfgReader {
    /// A reader for an input.
    pub fn new(source: SourceId, limits: &Limits) -> Self {
        Self { source, limits: limits.clone(), open: None, records: Vec::new(), reached: Reached::default() }
    }

    fn finish(&mut self) {
        let Some(open) = self.open.take() else { return };
        let Some(accounts) = open.accounts.filter(|accounts| !accounts.is_empty()) else { return };
        let place = joined_place(open.first, open.last);
        let entry = |account: &Fact<String>| {
            let principal = account.clone().map(|name| principal::of_name(&name));
            Ace::new(principal, account.value.clone(), AceKind::Allow, None)
        };
        let list = AccessList {
            path: Fact::derived(String::new(), place, "the tool names a certificate and no file"),
            target: KeyPath::Other,
            owner: None,
            protected: None,
            entries: accounts.iter().map(entry).collect(),
            complete: false,
            by_sid: false,
            refused: None,
            place,
        };
        let subject = open.subject.into_iter().map(|part| (Cow::Borrowed("matching_certificate"), part));
        let accounts = accounts.into_iter().map(|account| (Cow::Borrowed("accounts"), account));
        self.records.push(Observed {
            kind: KIND,
            place,
            fields: subject.chain(accounts).collect(),
            excerpts: open.excerpts,
            what: Observation::AccessList(list),
        });
    }

    /// A line of the open record; false: it is none.
    fn goes_on(&mut self, piece: Piece<'_>) -> bool {
        let place = piece.place(self.source);
        let Some(open) = &mut self.open else { return false };
        let fact = piece.text_fact(self.source, piece.text);
        match &mut open.accounts {
            None if piece.text == ACCOUNTS && !open.subject.is_empty() => open.accounts = Some(Vec::new()),
            None if is_name_part(piece.text) && open.subject.len() < self.limits.record_values => {
                open.subject.push(fact);
            }
            Some(accounts) if is_account(piece.text) => {
                if accounts.len() < self.limits.record_values {
                    accounts.push(fact);
                } else {
                    self.reached.say("accounts beyond those of one list that are kept are not read".to_owned(), place);
                }
            }
            _ => return false,
        }
        open.last = place;
        let (lines, columns) = (self.limits.excerpt_lines, self.limits.excerpt_columns);
        keep_line(&mut open.excerpts, place, piece, lines, columns);
        true
    }
}

impl TextReader for WinHttpCertCfgReader {
    fn line(&mut self, piece: Piece<'_>) -> bool {
        let piece = piece.trim();
        let text = piece.text;
        if text.is_empty() {
            return self.open.is_some();
        }
        if self.open.is_some() {
            if text.len() <= LINE && self.goes_on(piece) {
                return true;
            }
            self.finish();
        }
        if text != CERTIFICATE {
            return false;
        }
        let place = piece.place(self.source);
        self.open = Some(Open {
            subject: Vec::new(),
            accounts: None,
            first: place,
            last: place,
            excerpts: Excerpts::default(),
        });
        true
    }

    fn words(&self) -> Vec<&'static str> {
        vec![CERTIFICATE]
    }

    fn passes_over(&self, _piece: Piece<'_>, _glance: &Glance<'_>) -> bool {
        self.open.is_none()
    }

    fn is_open(&self) -> bool {
        self.open.is_some()
    }

    fn close(&mut self) {
        self.finish();
    }

    fn take(&mut self) -> Vec<Observed> {
        std::mem::take(&mut self.records)
    }

    fn problems(&mut self) -> Vec<(String, Place)> {
        self.reached.take()
    }
}

/// A part of a name: a type in letters, digits and dots, and a value.
fn is_name_part(text: &str) -> bool {
    text.split_once('=').is_some_and(|(kind, value)| {
        let shaped = kind.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
        shaped && !kind.is_empty() && !value.trim().is_empty()
    })
}

/// An account with its domain, a SID, or one of the accounts that have no domain.
fn is_account(text: &str) -> bool {
    let named = text.split_once('\\').is_some_and(|(domain, name)| {
        !domain.is_empty() && !name.is_empty() && !text.contains([':', '/', '>', '"', '='])
    });
    named || principal::of_name(text).sid().is_some() && prompted(text).is_none()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use crate::formats::reader_testing::{SOURCE, read, words};

    const OUTPUT: &str = "Microsoft (R) WinHTTP Certificate Configuration Tool\n\n\
        Matching certificate:\nCN=www.contoso.com\nOU=IT\nC=US\n\n\
        Additional accounts and groups with access to the private key include:\n    BUILTIN\\Administrators\n    \
        NT AUTHORITY\\SYSTEM\n    CONTOSO\\svc_web\n\n";

    fn lists(text: &str) -> Vec<AccessList> {
        let records = read(&mut WinHttpCertCfgReader::new(SOURCE, &Limits::default()), text).records;
        let of = |record: Observed| match record.what {
            Observation::AccessList(list) => list,
            other => panic!("{other:?}"),
        };
        records.into_iter().map(of).collect()
    }

    #[test]
    fn accounts_without_rights() {
        let [list] = &lists(OUTPUT)[..] else { panic!() };
        let printed: Vec<&str> = list.entries.iter().map(|entry| entry.printed.as_str()).collect();
        assert_eq!(printed, ["BUILTIN\\Administrators", "NT AUTHORITY\\SYSTEM", "CONTOSO\\svc_web"]);
        assert_eq!(words(OUTPUT, list.entries[2].principal.place), "CONTOSO\\svc_web");
        assert!(!list.complete && list.target == KeyPath::Other);
        // Nothing follows from it.
        assert_eq!(list.grants_account("S-1-5-18", 1), None);
        assert_eq!(list.grants_account("S-1-5-20", 1), None);
        assert_eq!(lists(&OUTPUT.repeat(2)).len(), 2);
        let prompt = format!("{OUTPUT}C:\\>whoami\nCONTOSO\\admin\n");
        assert_eq!(lists(&prompt)[0].entries.len(), 3);
    }

    #[test]
    fn look_alikes() {
        for text in [
            OUTPUT.replace("Matching certificate:", "Certificate:"),
            OUTPUT.replace("Additional accounts", "Accounts"),
            OUTPUT.replace("CN=www.contoso.com\nOU=IT\nC=US\n", ""),
            OUTPUT[..OUTPUT.find("    BUILTIN").unwrap()].to_owned(),
        ] {
            assert!(lists(&text).is_empty(), "{text}");
        }
    }

    #[test]
    fn more_accounts_than_are_kept() {
        let limits = Limits { record_values: 3, ..Limits::default() };
        let text = OUTPUT.replace("svc_web\n", "svc_web\n    CONTOSO\\svc_app\n");
        let mut reader = WinHttpCertCfgReader::new(SOURCE, &limits);
        let out = read(&mut reader, &text);
        assert_eq!((out.records.len(), out.problems.len()), (1, 1));
    }
}
