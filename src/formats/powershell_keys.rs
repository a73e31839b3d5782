//! The key of a certificate as PowerShell shows it: the list of `$certificate.PrivateKey.CspKeyContainerInfo` (a CryptoAPI
//! key as .NET Framework sees it) and of a `CngKey` (`….Key` of `RSACertificateExtensions.GetRSAPrivateKey`).
//!
//! The labels are property names and therefore the same in every language. `KeyNumber` is the KeySpec.
//!
//! Which certificate's key it is, the list does not say: the command in front of it may.
//!
//! Sources: Microsoft Learn, "CspKeyContainerInfo Class", "KeyNumber Enum" (Exchange 1, Signature 2), "CngKey Class",
//! "Format-List".

use super::glance::{self, Glance};
use super::piece::Piece;
use super::powershell_certificates::{KIND, property};
use super::text_reader::{TextReader, joined_place, keep_line};
use super::text_shapes::prompted;
use crate::limits::Limits;
use crate::model::fact::{Excerpts, Fact, Place, SourceId};
use crate::model::key_spec::KeySpec;
use crate::model::observation::{Observation, Observed, ShownBy, ShownKey};
use crate::model::thumbprint::Sha1;
use std::borrow::Cow;

/// Properties of the two lists, with their field names.
const PROPERTIES: &[(&str, &str)] = &[
    ("MachineKeyStore", "machine_key_store"),
    ("ProviderName", "provider_name"),
    ("ProviderType", "provider_type"),
    ("KeyContainerName", "key_container_name"),
    ("UniqueKeyContainerName", "unique_key_container_name"),
    ("KeyNumber", "key_number"),
    ("Exportable", "exportable"),
    ("HardwareDevice", "hardware_device"),
    ("Removable", "removable"),
    ("Accessible", "accessible"),
    ("Protected", "protected"),
    ("CryptoKeySecurity", "crypto_key_security"),
    ("RandomlyGenerated", "randomly_generated"),
    ("Algorithm", "algorithm"),
    ("AlgorithmGroup", "algorithm_group"),
    ("ExportPolicy", "export_policy"),
    ("Handle", "handle"),
    ("IsEphemeral", "is_ephemeral"),
    ("IsMachineKey", "is_machine_key"),
    ("KeyName", "key_name"),
    ("KeySize", "key_size"),
    ("KeyUsage", "key_usage"),
    ("ParentWindowHandle", "parent_window_handle"),
    ("Provider", "provider"),
    ("ProviderHandle", "provider_handle"),
    ("UIPolicy", "ui_policy"),
    ("UniqueName", "unique_name"),
];

/// Labels with which a list can begin: only these lists have them, or they are the first of all.
const FIRST: &[&str] = &["MachineKeyStore", "ProviderName", "KeyContainerName", "KeyNumber", "AlgorithmGroup"];

/// Whether a label begins the list of a key.
pub(super) fn begins_key_list(label: &str) -> bool {
    FIRST.contains(&label)
}

/// Properties whose lines are shown.
const SHOWN: &[&str] = &[
    "machine_key_store",
    "provider_name",
    "provider_type",
    "key_container_name",
    "unique_key_container_name",
    "key_number",
    "exportable",
    "accessible",
    "is_machine_key",
    "key_name",
    "provider",
    "unique_name",
];

/// Lines between a command and its output.
const ANSWERS_AFTER: u32 = 8;

/// Variables that are remembered for one certificate.
const VARIABLES: usize = 8;

/// A list that is open.
struct List {
    values: Vec<(&'static str, Fact<String>)>,
    first: Place,
    last: Place,
    excerpts: Excerpts,
    /// The character at which values begin.
    column: usize,
    empty: u32,
}

/// A certificate that a command named.
struct Named {
    sha1: Fact<Sha1>,
    store: Option<Fact<String>>,
    /// The variables that it, or something of it, was given to.
    variables: Vec<String>,
    /// Lines since the last command about it.
    lines: u32,
}

/// Reads lists of keys.
pub struct KeyListReader {
    source: SourceId,
    limits: Limits,
    /// The certificate that a command named.
    named: Option<Named>,
    /// The line of the last command.
    command_line: u32,
    list: Option<List>,
    records: Vec<Observed>,
}

impl KeyListReader {
    /// A reader for an input.
    pub fn new(source: SourceId, limits: &Limits) -> Self {
        Self { source, limits: limits.clone(), named: None, command_line: 0, list: None, records: Vec::new() }
    }

    /// Looks at a command for the certificate that it names: by its path in the certificate drive, by a thumbprint, or by a
    /// variable that an earlier command gave it to.
    fn command(&mut self, piece: Piece<'_>, command: &str) {
        self.command_line = piece.place(self.source).line;
        let assigned = variables(command).next().filter(|name| {
            let rest = command.get(name.len().saturating_add(1)..).unwrap_or_default().trim_start();
            command.starts_with('$') && rest.starts_with('=')
        });
        let before = self.named.take();
        let mut named = match thumbprints(command).as_slice() {
            [digits] => self.by_thumbprint(piece, command, digits),
            [] => before.filter(|named| {
                let mut used = variables(command).skip(usize::from(assigned.is_some()));
                used.any(|name| named.variables.iter().any(|own| own.eq_ignore_ascii_case(name)))
            }),
            // Which of them a list is about it does not say.
            _ => None,
        };
        if let (Some(named), Some(name)) = (&mut named, assigned)
            && named.variables.len() < VARIABLES
        {
            named.variables.push(name.to_owned());
        }
        self.named = named.map(|named| Named { lines: 0, ..named });
    }

    fn by_thumbprint(&self, piece: Piece<'_>, command: &str, digits: &str) -> Option<Named> {
        let before = command.find(digits).and_then(|at| command.get(..at)).unwrap_or_default();
        let path = before.rsplit_once(':').map(|(_, path)| path.trim_matches(['\\', '/'])).filter(|path| {
            let scope = path.split(['\\', '/']).next().unwrap_or_default().to_ascii_lowercase();
            matches!(scope.as_str(), "localmachine" | "currentuser")
        });
        Some(Named {
            sha1: piece.fact(self.source, Sha1::parse(digits)?, digits),
            store: path.map(|path| piece.text_fact(self.source, path)),
            variables: Vec::new(),
            lines: 0,
        })
    }

    fn finish(&mut self) {
        let Some(list) = self.list.take() else { return };
        let mut key = shown(&list.values);
        // Two of the properties by which a key is known; others use some of the labels, too.
        let known =
            [key.provider.is_some(), key.container.is_some(), key.unique_name.is_some(), key.key_spec.is_some()];
        if known.iter().filter(|known| **known).count() < 2 {
            return;
        }
        if let Some(named) = &self.named {
            (key.thumbprint, key.store_path) = (Some(named.sha1.clone()), named.store.clone());
        }
        key.command_line = self.command_line;
        self.records.push(Observed {
            kind: KIND,
            place: joined_place(list.first, list.last),
            fields: list
                .values
                .into_iter()
                .filter(|(_, value)| !value.value.is_empty())
                .map(|(name, value)| (Cow::Borrowed(name), value))
                .collect(),
            excerpts: list.excerpts,
            what: Observation::Key(Box::new(key)),
        });
    }

    fn list_line(&mut self, piece: Piece<'_>) -> bool {
        let trimmed = piece.trim();
        let Some((label, value)) = property(trimmed.text) else { return false };
        let Some((_, name)) = PROPERTIES.iter().find(|(known, _)| *known == label) else { return false };
        if self.list.as_ref().is_some_and(|list| list.values.iter().any(|(own, _)| own == name)) {
            self.finish();
        }
        if self.list.is_none() && !begins_key_list(label) {
            return false;
        }
        let place = trimmed.place(self.source);
        let list = self.list.get_or_insert_with(|| List {
            values: Vec::new(),
            first: place,
            last: place,
            excerpts: Excerpts::default(),
            column: 0,
            empty: 0,
        });
        list.column = piece.text.chars().count().saturating_sub(value.chars().count());
        (list.last, list.empty) = (place, 0);
        list.values.push((name, trimmed.text_fact(self.source, value.trim())));
        if SHOWN.contains(name) {
            keep_line(&mut list.excerpts, place, piece, self.limits.excerpt_lines, self.limits.excerpt_columns);
        }
        true
    }
}

impl KeyListReader {
    /// A line that goes on with the last value: a list is as wide as its console.
    fn continuation(&mut self, piece: Piece<'_>) -> bool {
        let (Some(list), text) = (&mut self.list, piece.text.trim()) else { return false };
        let near = piece.text.chars().take_while(|c| c.is_whitespace()).count();
        let Some((name, fact)) = list.values.last_mut() else { return false };
        let room = self.limits.string_bytes.saturating_sub(fact.value.len());
        if list.empty > 0 || near < 4 || near.abs_diff(list.column) > 2 || text.len() >= room {
            return false;
        }
        if !name.ends_with("name") || name.starts_with("provider") {
            fact.value.push(' ');
        }
        fact.value.push_str(text);
        let place = piece.part(text).place(self.source);
        fact.place = joined_place(fact.place, place);
        list.last = place;
        true
    }
}

impl TextReader for KeyListReader {
    fn line(&mut self, piece: Piece<'_>) -> bool {
        let text = piece.text.trim();
        if text.is_empty() {
            let Some(list) = &mut self.list else { return false };
            list.empty = list.empty.saturating_add(1);
            // A page may have put an empty line after every line.
            if list.empty > 1 {
                self.finish();
            }
            return true;
        }
        if let Some(command) = prompted(text) {
            self.finish();
            self.command(piece, command);
            return false;
        }
        if self.list_line(piece) || self.continuation(piece) {
            return true;
        }
        self.finish();
        if let Some(named) = &mut self.named {
            named.lines = named.lines.saturating_add(1);
            if named.lines > ANSWERS_AFTER {
                self.named = None;
            }
        }
        false
    }

    fn passes_over(&self, _piece: Piece<'_>, glance: &Glance<'_>) -> bool {
        self.list.is_none() && self.named.is_none() && !glance.has(glance::SPACED | glance::PROMPT)
    }

    fn is_open(&self) -> bool {
        self.list.is_some()
    }

    fn close(&mut self) {
        self.finish();
    }

    fn take(&mut self) -> Vec<Observed> {
        std::mem::take(&mut self.records)
    }
}

/// The different thumbprints in a command: words of 40 hexadecimal digits.
fn thumbprints(command: &str) -> Vec<&str> {
    let words = command.split(|c: char| !c.is_ascii_alphanumeric());
    let mut found: Vec<&str> = words.filter(|word| word.len() == 40 && Sha1::parse(word).is_some()).take(8).collect();
    found.dedup_by(|a, b| a.eq_ignore_ascii_case(b));
    found
}

/// The names behind the `$` of a command.
fn variables(command: &str) -> impl Iterator<Item = &str> {
    let name = |rest: &'_ str| rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    command.split('$').skip(1).filter_map(move |rest| rest.get(..name(rest))).filter(|name| !name.is_empty())
}

/// What the values say of the key.
fn shown(values: &[(&'static str, Fact<String>)]) -> ShownKey {
    let of = |name: &str| values.iter().find(|(own, _)| *own == name).map(|(_, fact)| fact);
    let text = |name: &str| of(name).filter(|fact| !fact.value.is_empty()).cloned();
    let truth = |name: &str| {
        let fact = of(name)?;
        let value = match fact.value.as_str() {
            "True" => true,
            "False" => false,
            _ => return None,
        };
        Some(fact.clone().map(|_| value))
    };
    let number = |name: &str| {
        let fact = of(name)?;
        fact.value.parse::<u32>().ok().map(|number| fact.clone().map(|_| number))
    };
    let is_csp = of("key_number").is_some() || of("machine_key_store").is_some();
    ShownKey {
        family: None,
        provider: text(if is_csp { "provider_name" } else { "provider" })
            .filter(|name| !name.value.starts_with("System.")),
        provider_type: number("provider_type"),
        container: text(if is_csp { "key_container_name" } else { "key_name" }),
        unique_name: text(if is_csp { "unique_key_container_name" } else { "unique_name" }),
        machine: truth(if is_csp { "machine_key_store" } else { "is_machine_key" }),
        key_spec: of("key_number").and_then(key_number),
        exportable: truth("exportable"),
        accessible: truth("accessible"),
        bits: number("key_size"),
        shown_by: if is_csp { ShownBy::CspKeyContainerInfo } else { ShownBy::CngKey },
        thumbprint: None,
        store_path: None,
        command_line: 0,
    }
}

/// `Exchange` or `Signature`; what a host prints that does not know the names is the number.
pub(super) fn key_number(fact: &Fact<String>) -> Option<Fact<KeySpec>> {
    let value = match fact.value.as_str() {
        "Exchange" | "1" => KeySpec::KEYEXCHANGE,
        "Signature" | "2" => KeySpec::SIGNATURE,
        _ => return None,
    };
    Some(fact.clone().map(|_| value))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::formats::text_shapes::testing::read;

    const CSP: &str = "MachineKeyStore        : True\nProviderName           : Microsoft Strong Cryptographic Provider\n\
        ProviderType           : 1\nKeyContainerName       : a\nUniqueKeyContainerName : b_\n                         c\n\
        KeyNumber              : Signature\nExportable             : \nAccessible             : False\n\n\n";

    fn keys(text: &str) -> Vec<ShownKey> {
        let mut reader = KeyListReader::new(SourceId(0), &Limits::default());
        let records = read(&mut reader, text);
        let keys = records.into_iter().map(|record| match record.what {
            Observation::Key(key) => *key,
            other => panic!("{other:?}"),
        });
        keys.collect()
    }

    fn value<T: Clone>(fact: &Option<Fact<T>>) -> Option<T> {
        fact.as_ref().map(|fact| fact.value.clone())
    }

    #[test]
    fn a_container() {
        let [key] = &keys(CSP)[..] else { panic!() };
        assert_eq!(value(&key.provider).as_deref(), Some("Microsoft Strong Cryptographic Provider"));
        assert_eq!((value(&key.provider_type), value(&key.machine)), (Some(1), Some(true)));
        assert_eq!((value(&key.container).as_deref(), value(&key.unique_name).as_deref()), (Some("a"), Some("b_c")));
        assert_eq!(value(&key.key_spec), Some(KeySpec::SIGNATURE));
        assert_eq!((value(&key.exportable), value(&key.accessible)), (None, Some(false)));
        let place = key.key_spec.as_ref().unwrap().place;
        assert_eq!((place.line, place.column, place.len), (7, 26, 9));
        assert!(key.shown_by == ShownBy::CspKeyContainerInfo && key.thumbprint.is_none());
        assert_eq!(keys(&format!("{CSP}{CSP}")).len(), 2);
    }

    #[test]
    fn the_certificate_that_a_command_names() {
        let sha1 = "a1b2c3d4e5f60718293a4b5c6d7e8f9001122334";
        let named = |command: &str| {
            let keys = keys(&format!("{command}\n\n{CSP}"));
            (value(&keys[0].thumbprint).map(|sha1| sha1.to_string()), value(&keys[0].store_path))
        };
        let path = format!("PS C:\\> (gi Cert:\\LocalMachine\\My\\{sha1}).PrivateKey.CspKeyContainerInfo");
        let of_store = (Some(sha1.to_owned()), Some("LocalMachine\\My".to_owned()));
        assert_eq!(named(&path), of_store);
        assert_eq!(named(&format!("PS C:\\> $c = dir | ? Thumbprint -eq {sha1}")), (Some(sha1.to_owned()), None));
        let given = format!("PS C:\\> $c = gi Cert:\\LocalMachine\\My\\{sha1}\nPS C:\\> $key = $c.PrivateKey\n");
        assert_eq!(named(&format!("{given}PS C:\\> $Key.CspKeyContainerInfo")), of_store);
        let digits = format!("PS C:\\> $t = '{sha1}'\nPS C:\\> (gi Cert:\\LocalMachine\\My\\$t).PrivateKey");
        assert_eq!(named(&digits), (Some(sha1.to_owned()), None));
        for other in [
            format!("{path}\nPS C:\\> $c.PrivateKey.CspKeyContainerInfo"),
            format!("{given}PS C:\\> $other.PrivateKey.CspKeyContainerInfo"),
            format!("{given}PS C:\\> $c = $other"),
            format!("PS C:\\> gi Cert:\\CurrentUser\\My\\{sha1}, Cert:\\CurrentUser\\My\\{}", sha1.replace('a', "b")),
            format!("{path}\nPS C:\\> Get-Date"),
            format!("{path}\n{}", "words\n".repeat(9)),
        ] {
            assert_eq!(named(&other), (None, None), "{other}");
        }
    }

    #[test]
    fn other_lists_are_none() {
        for text in ["ProviderName : Schannel\nProviderType : x\n", "KeyNumber : 2\nExportable : True\n"] {
            assert_eq!(keys(text), [], "{text}");
        }
    }
}
