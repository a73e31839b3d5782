//! Certificates as PowerShell lists them: the table of `Get-ChildItem Cert:\…` and of `Select-Object`, `Format-List`, and
//! Exchange's `Get-ExchangeCertificate`.
//!
//! The labels are property names and therefore the same in every language; values (names of usages, dates) are not. A
//! certificate is only one with its thumbprint and one more property of `X509Certificate2`; the look-alikes of other
//! tools have labels of their own (`KeyExportable`, `ExpiryDate`) and are left out.
//!
//! Sources: Microsoft Learn, "about_Certificate_Provider", "X509Certificate2 Class", "Get-ExchangeCertificate",
//! "Format-Table" and "Format-List"; published copies for the wrapping and the marks of cut values.

use super::glance::{self, Glance};
use super::piece::Piece;
use super::powershell_keys::begins_key_list;
use super::text_reader::{Reached, TextReader, joined_place, keep_line};
use super::text_shapes::{find_ignoring_case, prompted};
use crate::limits::{LIST_ITEMS, Limits};
use crate::model::fact::{Excerpts, Fact, Place, SourceId};
use crate::model::observation::{Observation, Observed, ShownCertificate};
use crate::model::thumbprint::Sha1;
use memchr::memmem::Finder;
use std::borrow::Cow;
use std::sync::LazyLock;

/// The report's word.
pub const KIND: &str = "powershell-certificates";

/// Properties that a certificate's list shows, with their field names.
const PROPERTIES: &[(&str, &str)] = &[
    ("PSPath", "ps_path"),
    ("PSParentPath", "ps_parent_path"),
    ("PSChildName", "ps_child_name"),
    ("PSDrive", "ps_drive"),
    ("PSProvider", "ps_provider"),
    ("PSIsContainer", "ps_is_container"),
    ("PSComputerName", "ps_computer_name"),
    ("RunspaceId", "runspace_id"),
    ("EnhancedKeyUsageList", "enhanced_key_usage_list"),
    ("DnsNameList", "dns_name_list"),
    ("SendAsTrustedIssuer", "send_as_trusted_issuer"),
    ("EnrollmentPolicyEndPoint", "enrollment_policy_end_point"),
    ("EnrollmentServerEndPoint", "enrollment_server_end_point"),
    ("PolicyId", "policy_id"),
    ("Archived", "archived"),
    ("Extensions", "extensions"),
    ("FriendlyName", "friendly_name"),
    ("IssuerName", "issuer_name"),
    ("NotAfter", "not_after"),
    ("NotBefore", "not_before"),
    ("HasPrivateKey", "has_private_key"),
    ("PrivateKey", "private_key"),
    ("PublicKey", "public_key"),
    ("RawData", "raw_data"),
    ("RawDataMemory", "raw_data_memory"),
    ("SerialNumber", "serial_number"),
    ("SerialNumberBytes", "serial_number_bytes"),
    ("SubjectName", "subject_name"),
    ("SignatureAlgorithm", "signature_algorithm"),
    ("Thumbprint", "thumbprint"),
    ("Version", "version"),
    ("Handle", "handle"),
    ("Issuer", "issuer"),
    ("Subject", "subject"),
    ("AccessRules", "access_rules"),
    ("CertificateDomains", "certificate_domains"),
    ("CertificateRequest", "certificate_request"),
    ("IisServices", "iis_services"),
    ("IsSelfSigned", "is_self_signed"),
    ("KeyIdentifier", "key_identifier"),
    ("PublicKeySize", "public_key_size"),
    ("RootCAType", "root_ca_type"),
    ("Services", "services"),
    ("ServicesStringForm", "services_string_form"),
    ("Status", "status"),
    ("SubjectKeyIdentifier", "subject_key_identifier"),
    ("Identity", "identity"),
    ("WhenChanged", "when_changed"),
];

/// Labels with which a list of certificates can begin.
const FIRST: &[&str] = &[
    "PSPath",
    "Subject",
    "Thumbprint",
    "AccessRules",
    "EnhancedKeyUsageList",
    "FriendlyName",
    "HasPrivateKey",
    "Issuer",
    "NotAfter",
    "NotBefore",
    "SerialNumber",
    "DnsNameList",
    "Archived",
    "RawDataMemory",
    "PSParentPath",
];

/// Labels of other tools' lists of certificates.
const FOREIGN: &[&str] =
    &["StoreLocation", "KeyExportable", "ValidDate", "ExpiryDate", "EnhancedKeyUsages", "Template"];

/// A table or list stands within so many lines below the command that names its store.
const NEAR: u64 = 8;

/// The path of a store, with the line that names it and that line's place.
type StorePath = (Fact<String>, String, Place);

/// A value with the place of its words.
type Value = (&'static str, Fact<String>);

/// What is open.
enum Open {
    Nothing,
    /// The heading of a table; its line of dashes has not come.
    Heading {
        names: Vec<&'static str>,
        columns: Vec<usize>,
    },
    /// A table: the property of each column and the character at which it begins.
    Table {
        names: Vec<&'static str>,
        columns: Vec<usize>,
        empty: u32,
    },
    /// A list.
    List(List),
}

/// A certificate as a list of properties.
struct List {
    values: Vec<Value>,
    /// The character at which values begin.
    column: usize,
    foreign: bool,
    first: Place,
    last: Place,
    excerpts: Excerpts,
    empty: u32,
}

/// Reads listings of certificates.
pub struct CertificateListReader {
    source: SourceId,
    limits: Limits,
    /// The store of the table.
    store: Option<StorePath>,
    /// The store that the last command names, and the last line that was about it.
    command: Option<(StorePath, u64)>,
    open: Open,
    records: Vec<Observed>,
    reached: Reached,
}

impl CertificateListReader {
    /// A reader for an input.
    pub fn new(source: SourceId, limits: &Limits) -> Self {
        Self {
            source,
            limits: limits.clone(),
            store: None,
            command: None,
            open: Open::Nothing,
            records: Vec::new(),
            reached: Reached::default(),
        }
    }

    fn list_line(&mut self, piece: Piece<'_>) -> bool {
        let trimmed = piece.trim();
        let Some((label, value)) = property(trimmed.text) else { return false };
        if begins_key_list(label) {
            return false;
        }
        let place = trimmed.place(self.source);
        let known = PROPERTIES.iter().find(|(n, _)| *n == label);
        // Copies from a console can have blanks behind each line.
        let column = piece.text.trim_end().chars().count().saturating_sub(value.chars().count());
        let list = match &mut self.open {
            Open::List(list) => list,
            _ => {
                if !FIRST.contains(&label) {
                    return false;
                }
                self.open = Open::List(List {
                    values: Vec::new(),
                    column,
                    foreign: false,
                    first: place,
                    last: place,
                    excerpts: Excerpts::default(),
                    empty: 0,
                });
                let Open::List(list) = &mut self.open else { return false };
                list
            }
        };
        list.empty = 0;
        list.last = place;
        list.foreign |= FOREIGN.contains(&label);
        if let Some((_, name)) = known
            && list.values.len() < self.limits.record_values
        {
            list.values.push((name, trimmed.text_fact(self.source, value.trim())));
            let keep = [
                "subject",
                "thumbprint",
                "has_private_key",
                "private_key",
                "ps_parent_path",
                "ps_path",
                "not_after",
                "services",
            ];
            if keep.contains(name) {
                keep_line(&mut list.excerpts, place, piece, self.limits.excerpt_lines, self.limits.excerpt_columns);
            }
        }
        true
    }

    /// A line that goes on with the last value of the list.
    fn continuation(&mut self, piece: Piece<'_>) -> bool {
        let Open::List(list) = &mut self.open else { return false };
        let text = piece.text.trim();
        let near = piece.text.chars().take_while(|c| c.is_whitespace()).count();
        let below = near >= 4 && near.abs_diff(list.column) <= 2;
        let Some((name, fact)) = list.values.last_mut() else { return false };
        // A page can put an empty line between all lines, or take the blanks in front away: a name that ends with a comma goes on.
        let named = matches!(*name, "subject" | "issuer") && fact.value.ends_with(',') && text.contains('=');
        if list.empty > 1 || !(named || below && list.empty == 0) {
            return false;
        }
        list.empty = 0;
        let room = self.limits.string_bytes.saturating_sub(fact.value.len());
        if room > text.len() {
            let joined =
                matches!(*name, "ps_path" | "ps_parent_path" | "ps_child_name" | "thumbprint" | "serial_number");
            if !joined && !fact.value.is_empty() {
                fact.value.push(' ');
            }
            fact.value.push_str(text);
            let place = piece.part(text).place(self.source);
            fact.place = if fact.place.len == 0 { place } else { joined_place(fact.place, place) };
            list.last = place;
        }
        true
    }

    fn finish(&mut self) {
        let Open::List(list) = std::mem::replace(&mut self.open, Open::Nothing) else { return };
        if list.foreign {
            return;
        }
        let named = self.command.as_ref().map(|((path, ..), _)| path);
        let certificate = certificate(&list.values, named);
        if certificate.thumbprint.is_some() && list.values.len() > 1 {
            self.push(certificate, list.values, joined_place(list.first, list.last), list.excerpts);
        }
    }

    fn push(&mut self, certificate: ShownCertificate, values: Vec<Value>, place: Place, excerpts: Excerpts) {
        if certificate.extended_key_usage.len().max(certificate.alternative_names.len()) > LIST_ITEMS {
            self.reached
                .say(format!("items after the first {LIST_ITEMS} of a list of a certificate are not read"), place);
        }
        self.records.push(Observed {
            kind: KIND,
            place,
            fields: values
                .into_iter()
                .filter(|(_, f)| !f.value.is_empty())
                .map(|(n, f)| (Cow::Borrowed(n), f))
                .collect(),
            excerpts,
            what: Observation::Certificate(Box::new(certificate)),
        });
    }

    fn heading(&mut self, piece: Piece<'_>) -> bool {
        let Some((names, columns)) = heading(piece.text) else { return false };
        self.finish();
        self.open = Open::Heading { names, columns };
        true
    }

    /// A row of a table; `false`: the line is none.
    fn row(&mut self, piece: Piece<'_>) -> bool {
        let Open::Table { names, columns, .. } = &self.open else { return false };
        let cells = cells(piece.text, columns);
        let mut values: Vec<Value> = Vec::new();
        for (name, cell) in names.iter().zip(cells) {
            if !name.is_empty() && !cell.is_empty() {
                values.push((name, piece.text_fact(self.source, cell)));
            }
        }
        let named = self.store.as_ref().or(self.command.as_ref().map(|(path, _)| path));
        let certificate = certificate(&values, named.map(|(path, ..)| path));
        if certificate.thumbprint.is_none() {
            return false;
        }
        let place = piece.trim().place(self.source);
        let mut excerpts = Excerpts::default();
        if let Some((_, line, at)) = named {
            excerpts.push(at.source, at.line, at.column, at.start, line);
        }
        keep_line(&mut excerpts, place, piece, self.limits.excerpt_lines, self.limits.excerpt_columns);
        self.push(certificate, values, place, excerpts);
        true
    }

    /// Remembers the store that a command names: `PS C:\> dir Cert:\LocalMachine\My | ft`.
    fn note_command(&mut self, piece: Piece<'_>, text: &str) {
        if prompted(text).is_none() {
            return;
        }
        // What the command before named is not what this one shows.
        (self.store, self.command) = (None, None);
        if let Some(path) = store_path(text) {
            let line: String = piece.text.trim_end().chars().take(self.limits.excerpt_columns).collect();
            let named = (piece.text_fact(self.source, path), line, piece.place(self.source));
            self.command = Some((named, piece.line().number));
        }
    }

    /// A line, whatever command stands above it.
    fn listed(&mut self, piece: Piece<'_>) -> bool {
        let text = piece.text.trim();
        if text.is_empty() {
            match &mut self.open {
                Open::Nothing => return false,
                Open::Table { empty, .. } => *empty = empty.saturating_add(1),
                Open::List(list) => list.empty = list.empty.saturating_add(1),
                Open::Heading { .. } => {}
            }
            // A record ends with an empty line, but a page may have put one after every line.
            let over = match &self.open {
                Open::Table { empty, .. } => *empty > 2,
                Open::List(list) => list.empty > 2,
                Open::Nothing | Open::Heading { .. } => false,
            };
            if over {
                self.close();
            }
            return true;
        }
        match &mut self.open {
            Open::Nothing => {}
            Open::Heading { names, columns } => {
                if text.starts_with("---") && text.bytes().all(|b| matches!(b, b'-' | b' ')) {
                    let names = std::mem::take(names);
                    // The dashes stand under the headings; a page that collapsed blanks keeps the order only.
                    let columns = std::mem::take(columns);
                    self.open = Open::Table { names, columns, empty: 0 };
                    return true;
                }
                self.open = Open::Nothing;
            }
            Open::Table { .. } => {
                if self.row(piece) {
                    if let Open::Table { empty, .. } = &mut self.open {
                        *empty = 0;
                    }
                    return true;
                }
                self.open = Open::Nothing;
            }
            Open::List(list) => {
                let again = property(text).is_some_and(|(label, _)| {
                    PROPERTIES.iter().any(|(n, name)| *n == label && list.values.iter().any(|(v, _)| v == name))
                });
                if again {
                    self.finish();
                } else if self.list_line(piece) || self.continuation(piece) {
                    return true;
                } else {
                    self.finish();
                }
            }
        }
        if !text.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) {
            return false;
        }
        if let Some(path) = text.strip_prefix("PSParentPath:") {
            let path = path.trim();
            let path = path.rsplit_once("::").map_or(path, |(_, p)| p);
            let line: String = piece.text.trim_end().chars().take(self.limits.excerpt_columns).collect();
            self.store = Some((piece.text_fact(self.source, path), line, piece.place(self.source)));
            return true;
        }
        // The same properties of a file or folder, of a registry key, of a binding of IIS.
        let others = ["\\FileSystem", "\\Registry", "WebAdministration::"];
        if text.starts_with("PS") && others.iter().any(|other| text.contains(other)) {
            return false;
        }
        self.heading(piece) || self.list_line(piece)
    }
}

impl TextReader for CertificateListReader {
    fn line(&mut self, piece: Piece<'_>) -> bool {
        // A list in a page can have a TAB in front of each line.
        let piece = piece.from(piece.text.len().saturating_sub(piece.text.trim_start_matches('\t').len()));
        let number = piece.line().number;
        if self.command.as_ref().is_some_and(|(_, at)| at.saturating_add(NEAR) < number) {
            self.command = None;
        }
        let taken = self.listed(piece);
        if !taken {
            self.note_command(piece, piece.text.trim());
        } else if let Some((_, at)) = &mut self.command {
            *at = number;
        }
        taken
    }

    fn words(&self) -> Vec<&'static str> {
        vec!["Thumbprint", "PSParentPath:", "Cert:\\"]
    }

    fn passes_over(&self, _piece: Piece<'_>, glance: &Glance<'_>) -> bool {
        let waits = self.store.is_some() || self.command.is_some();
        matches!(self.open, Open::Nothing) && !waits && !glance.has(glance::SPACED)
    }

    fn is_open(&self) -> bool {
        !matches!(self.open, Open::Nothing)
    }

    fn close(&mut self) {
        self.finish();
        self.open = Open::Nothing;
        (self.store, self.command) = (None, None);
    }

    fn take(&mut self) -> Vec<Observed> {
        std::mem::take(&mut self.records)
    }

    fn problems(&mut self) -> Vec<(String, Place)> {
        self.reached.take()
    }
}

/// The store's path in a command: `LocalMachine\My` of `Cert:\LocalMachine\My\*`. Of more than one store none is named.
fn store_path(text: &str) -> Option<&str> {
    let at = find_ignoring_case(text, "cert:\\")?.saturating_add(6);
    let path = text.get(at..)?;
    let end = path.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '\\' | '-' | '_'))).unwrap_or(path.len());
    let path = path.get(..end)?;
    let (scope, rest) = path.split_once('\\')?;
    let known = scope.eq_ignore_ascii_case("LocalMachine") || scope.eq_ignore_ascii_case("CurrentUser");
    let store = rest.split('\\').next().filter(|store| !store.is_empty())?;
    let length = scope.len().saturating_add(1).saturating_add(store.len());
    known.then(|| path.get(..length)).flatten()
}

/// `Label   : value`: a property name, blanks, a colon, a blank or the end.
pub(super) fn property(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric())?;
    let (label, rest) = text.split_at_checked(end)?;
    let after = rest.trim_start_matches([' ', '\t']);
    if after.len() == rest.len() {
        return None;
    }
    let value = after.strip_prefix(':')?;
    let clear = value.is_empty() || value.starts_with([' ', '\t']);
    (clear && label.starts_with(|c: char| c.is_ascii_uppercase()))
        .then(|| (label, value.strip_prefix(' ').unwrap_or(value)))
}

static THUMBPRINT: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("Thumbprint"));

/// The properties of a table's heading and the characters at which their columns begin: `Thumbprint` and one more.
fn heading(text: &str) -> Option<(Vec<&'static str>, Vec<usize>)> {
    THUMBPRINT.find(text.as_bytes())?;
    let mut names = Vec::new();
    let mut columns = Vec::new();
    let mut at = 0usize;
    for word in text.split(' ') {
        if !word.is_empty() {
            let name = PROPERTIES.iter().find(|(n, _)| *n == word).map(|(_, f)| *f);
            // Calculated columns have names of their own.
            names.push(name.unwrap_or(""));
            columns.push(at);
            if !word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') || names.len() > 16 {
                return None;
            }
        }
        at = at.saturating_add(word.chars().count()).saturating_add(1);
    }
    let known = names.iter().filter(|n| !n.is_empty()).count();
    (known > 1 && names.contains(&"thumbprint")).then_some((names, columns))
}

/// The cells of a row: by their columns, or, where these do not fit, by two blanks between them; the first is one word.
fn cells<'t>(text: &'t str, columns: &[usize]) -> Vec<&'t str> {
    let index = |column: usize| text.char_indices().nth(column).map_or(text.len(), |(i, _)| i);
    let aligned = columns.iter().skip(1).all(|c| {
        let at = index(*c);
        text.get(..at).is_none_or(|before| before.is_empty() || before.ends_with(' ')) || at == text.len()
    });
    if !aligned || text.trim_start().len() < 40 {
        let (first, rest) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), ""));
        let others: Vec<&str> = rest.split("  ").map(str::trim).filter(|c| !c.is_empty()).take(columns.len()).collect();
        let mut out = vec![first];
        if others.len().saturating_add(1) == columns.len() {
            out.extend(others);
        } else if columns.len() == 2 {
            out.push(rest.trim());
        }
        return out;
    }
    let mut out = Vec::new();
    for (i, column) in columns.iter().enumerate() {
        let start = index(*column);
        let end = columns.get(i.saturating_add(1)).map_or(text.len(), |c| index(*c));
        out.push(text.get(start..end).unwrap_or("").trim());
    }
    out
}

/// What a certificate's values say.
fn certificate(values: &[Value], store: Option<&Fact<String>>) -> ShownCertificate {
    let get = |name: &str| values.iter().find(|(n, _)| *n == name).map(|(_, f)| f);
    let filled = |name: &str| get(name).filter(|f| !f.value.is_empty()).cloned();
    let path = filled("ps_parent_path").or_else(|| {
        // The last part of PSPath is the certificate itself.
        filled("ps_path").map(|f| f.map(|v| v.rsplit_once('\\').map_or(v.clone(), |(p, _)| p.to_owned())))
    });
    let of_provider = |f: Fact<String>| f.map(|v| v.rsplit_once("::").map_or(v.clone(), |(_, p)| p.to_owned()));
    let sha1 = |f: &Fact<String>| Sha1::parse(&f.value).map(|s| Fact { value: s, place: f.place, basis: f.basis });
    let of_path = || {
        let path = get("ps_path")?;
        let last = path.value.rsplit('\\').next()?;
        Sha1::parse(last).map(|s| Fact { value: s, place: path.place, basis: path.basis })
    };
    // Get-ExchangeCertificate lists this one store (Microsoft Learn), and no other cmdlet the services.
    let services = get("services");
    let of_exchange = services.map(|services| {
        Fact::derived("LocalMachine\\My".to_owned(), services.place, "the store that Get-ExchangeCertificate lists")
    });
    let subject = filled("subject");
    let cut = |f: &Fact<String>| f.value.ends_with("...") || f.value.ends_with('\u{2026}');
    ShownCertificate {
        store_path: path.map(of_provider).or_else(|| store.cloned()).or(of_exchange),
        thumbprint: get("thumbprint").and_then(sha1).or_else(|| get("ps_child_name").and_then(sha1)).or_else(of_path),
        subject_cut: subject.as_ref().is_some_and(cut),
        subject,
        issuer: filled("issuer"),
        serial: filled("serial_number").map(|f| f.map(|v| v.to_ascii_lowercase())),
        not_before: filled("not_before"),
        not_after: filled("not_after"),
        friendly_name: filled("friendly_name"),
        archived: get("archived").and_then(truth),
        has_private_key: get("has_private_key").and_then(truth),
        private_key: get("private_key").map(|f| f.clone().map(|v| (!v.is_empty()).then_some(v))),
        extended_key_usage: get("enhanced_key_usage_list").map(usages).unwrap_or_default(),
        services: services.cloned(),
        alternative_names: get("dns_name_list").or_else(|| get("certificate_domains")).map(names).unwrap_or_default(),
    }
}

/// `True` or `False`.
fn truth(fact: &Fact<String>) -> Option<Fact<bool>> {
    let value = match fact.value.to_ascii_lowercase().as_str() {
        "true" => true,
        "false" => false,
        _ => return None,
    };
    Some(Fact { value, place: fact.place, basis: fact.basis })
}

/// The items of `{a, b...}` without the mark of a cut list: one more than are read, where there are more.
fn items(value: &str) -> impl Iterator<Item = &str> {
    let inner = value.trim().trim_start_matches('{').trim_end_matches('}');
    inner
        .split(',')
        .map(|item| item.trim().trim_end_matches("...").trim_end_matches('\u{2026}').trim())
        .filter(|item| !item.is_empty())
        .take(LIST_ITEMS.saturating_add(1))
}

/// The OIDs in round brackets behind the localized names of usages.
fn usages(fact: &Fact<String>) -> Vec<Fact<String>> {
    items(&fact.value)
        .filter_map(|item| {
            let oid = item.rsplit_once('(')?.1.strip_suffix(')')?;
            let shape = oid.contains('.') && oid.bytes().all(|b| b.is_ascii_digit() || b == b'.');
            shape.then(|| Fact { value: oid.to_owned(), place: fact.place, basis: fact.basis })
        })
        .collect()
}

fn names(fact: &Fact<String>) -> Vec<Fact<String>> {
    items(&fact.value).map(|item| Fact { value: item.to_owned(), place: fact.place, basis: fact.basis }).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;
    use crate::formats::reader_testing::{SOURCE, read, words};
    use proptest::prelude::*;

    const A: &str = "8D8B1F6A3C5E7092A4B6C8D0E2F40617293B4D5F";
    const B: &str = "0A1B2C3D4E5F60718293A4B5C6D7E8F901234567";

    fn certificates(text: &str) -> Vec<ShownCertificate> {
        let mut reader = CertificateListReader::new(SOURCE, &Limits::default());
        let out = read(&mut reader, text);
        out.records
            .into_iter()
            .map(|r| match r.what {
                Observation::Certificate(c) => *c,
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn the_tables_of_both_powershells() {
        let text = format!(
            "\n\n   PSParentPath: Microsoft.PowerShell.Security\\Certificate::LocalMachine\\My\n\nThumbprint                                Subject\n----------                                -------\n{A}  CN=www.contoso.com, O=Contoso\n{B}  \n\n\n"
        );
        let all = certificates(&text);
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].store_path.as_ref().unwrap().value, "LocalMachine\\My");
        assert_eq!(words(&text, all[0].thumbprint.as_ref().unwrap().place), A);
        assert_eq!(all[0].subject.as_ref().unwrap().value, "CN=www.contoso.com, O=Contoso");
        assert!(all[1].subject.is_none());
        let text = format!(
            "   PSParentPath: Microsoft.PowerShell.Security\\Certificate::LocalMachine\\My\n\nThumbprint                                Subject              EnhancedKeyUsageList\n----------                                -------              --------------------\n{A}  CN=www.contoso.com,… Server Authentication\n"
        );
        let all = certificates(&text);
        assert_eq!(all[0].subject.as_ref().unwrap().value, "CN=www.contoso.com,…");
        assert!(all[0].subject_cut);
    }

    #[test]
    fn lists() {
        let text = format!(
            "Subject      : CN=www.contoso.com, OU=Web,\n               O=Contoso\nIssuer       : CN=Contoso CA\nThumbprint   : {A}\nFriendlyName : \nNotBefore    : 1/1/2024 1:00:00 AM\nNotAfter     : 1/1/2026 1:00:00 AM\nExtensions   : {{System.Security.Cryptography.Oid}}\n\nSubject      : CN=b\nThumbprint   : {B}\n\n"
        );
        let all = certificates(&text);
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].subject.as_ref().unwrap().value, "CN=www.contoso.com, OU=Web, O=Contoso");
        assert_eq!(all[1].thumbprint.as_ref().unwrap().value.to_string(), B.to_ascii_lowercase());
        let text = format!(
            "PSPath                   : Microsoft.PowerShell.Security\\Certificate::LocalMachine\\My\\{}\n                           {}\nEnhancedKeyUsageList     : {{Server Authentication (1.3.6.1.5.5.7.3.1), Clientauthentifizierung (1.3.6.1.5.5.7.3.2)}}\nDnsNameList              : {{www.contoso.com, contoso.com...}}\nHasPrivateKey            : True\nPrivateKey               : \nSerialNumber             : 0AFF\n",
            &A[..20],
            &A[20..]
        );
        let all = certificates(&text);
        let c = &all[0];
        assert_eq!(c.store_path.as_ref().unwrap().value, "LocalMachine\\My");
        assert_eq!(c.thumbprint.as_ref().unwrap().value.to_string(), A.to_ascii_lowercase());
        assert_eq!(c.private_key.as_ref().unwrap().value, None);
        assert_eq!(c.has_private_key.as_ref().map(|f| f.value), Some(true));
        assert_eq!(c.extended_key_usage.len(), 2);
        assert_eq!(
            c.alternative_names.iter().map(|n| n.value.as_str()).collect::<Vec<_>>(),
            ["www.contoso.com", "contoso.com"]
        );
    }

    #[test]
    fn other_tools_lists_are_none() {
        let text = format!(
            "  Issuer             : CN=x\n  Subject            : CN=x\n  ValidDate          : 1/1/2024\n  HasPrivateKey      : True\n  StoreLocation      : CurrentUser\n  KeyExportable      : True\n  Thumbprint         : {A}\n"
        );
        assert!(certificates(&text).is_empty());
        assert!(certificates("Subject: CN=x\nThumbprint: none\n").is_empty());
    }

    proptest! {
        #[test]
        fn never_panics(text in "(PSParentPath: |Thumbprint  Subject\n---  ---\n|PSPath   : |Subject : |Thumbprint : |8D8B1F6A3C5E7092A4B6C8D0E2F40617293B4D5F|[ a{},.(ä…\n]){0,60}") {
            certificates(&text);
        }
    }
}
