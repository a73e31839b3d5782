//! What a whole run knows: a few bytes for each credential, for the rules that compare them.

use super::credential::{Access, Association, Credential, CredentialId, Origin, Scope, TestOutcome};
use super::from_certutil::StoreListing;
use super::from_shown;
use super::machines::{self, Machines};
use super::removed::{Addition, Removal};
use crate::model::hash::BuildQuick;
use crate::model::{
    access::AccessList,
    binding::{Binding, BindingOrigin},
    event_record::EventRecord,
    key_request::KeyRequest,
    observation::{ErrorText, FolderListing, Observation, Observed, SystemFact, TraceRow},
};
use crate::model::{
    container_name, fact::Fact, fact::Place, fact::SourceId, hash, key_spec::KeySpec, thumbprint::Sha1,
};
use std::collections::{BTreeSet, HashSet};
use std::sync::OnceLock;

/// What is kept of every credential until the end of the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexEntry {
    /// The credential.
    pub id: CredentialId,
    /// The kind of artifact.
    pub origin: Origin,
    /// The thumbprint.
    pub sha1: Option<Sha1>,
    /// A hash of the serial number and issuer; 0 when the thumbprint is shown, or no serial number.
    pub serial_issuer: u64,
    /// SHA-1 or MD5 of the public key, folded; 0 when it is not shown.
    pub public_key: u64,
    /// A hash of the key file's name, else of the container's name, lower case; 0 when neither is shown.
    pub container: u64,
    /// The machine's GUID in the key file's name.
    pub machine_guid: Option<u128>,
    /// A hash of the provider's name.
    pub provider: u64,
    /// The provider type.
    pub provider_type: Option<u32>,
    /// The flags.
    pub flags: Option<u32>,
    /// The KeySpec.
    pub key_spec: Option<KeySpec>,
    /// How the key belongs to the certificate.
    pub association: Association,
    /// Whether it was opened.
    pub access: Access,
    /// The encryption test.
    pub encryption_test: TestOutcome,
    /// The signature test.
    pub signature_test: TestOutcome,
    /// Machine, user, ….
    pub scope: Scope,
    /// A hash of the store's name, lower case; 0 when it is not shown.
    pub store: u64,
    /// `Missing stored keyset` was printed.
    pub keyset_missing: bool,
    /// Whether it is an authority's certificate.
    pub is_ca: bool,
    /// Whether it is archived.
    pub archived: bool,
    /// The input.
    pub source: SourceId,
    /// The place of the container's line, else of the first line.
    pub place: Place,
}

/// The index entries of a run, in the order of their numbers. They stand in pieces of a fixed size: a list that grows in one
/// piece is copied again and again, and takes three times its size while that lasts.
#[derive(Debug, Clone, Default)]
pub struct Entries {
    /// None is empty, and all but the last one are full.
    pieces: Vec<Vec<IndexEntry>>,
    /// What [`Entries::repeated_containers`] answers, until they change.
    repeated: OnceLock<HashSet<u64, BuildQuick>>,
}

impl Entries {
    /// The entries of one piece: below the size (128 KiB) from which on allocators ask the system for each piece by itself.
    const PIECE: usize = 512;

    /// How many there are.
    pub fn len(&self) -> usize {
        self.pieces.iter().map(Vec::len).sum()
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }
    /// All of them.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &IndexEntry> + Clone {
        self.pieces.iter().flatten()
    }
    /// The containers that more than one entry names.
    pub fn repeated_containers(&self) -> &HashSet<u64, BuildQuick> {
        self.repeated.get_or_init(|| {
            let mut named = HashSet::with_capacity_and_hasher(self.len(), BuildQuick::default());
            let shown = self.iter().map(|entry| entry.container).filter(|container| *container != 0);
            shown.filter(|container| !named.insert(*container)).collect()
        })
    }
    /// Adds one whose number is higher than those of the others.
    pub fn push(&mut self, entry: IndexEntry) {
        self.repeated.take();
        match self.pieces.last_mut().filter(|piece| piece.len() < Self::PIECE) {
            Some(piece) => piece.push(entry),
            None => {
                let mut piece = if self.pieces.is_empty() { Vec::new() } else { Vec::with_capacity(Self::PIECE) };
                piece.push(entry);
                self.pieces.push(piece);
            }
        }
    }
    /// The entry of a credential.
    pub fn get(&self, id: CredentialId) -> Option<&IndexEntry> {
        let (piece, at) = self.position(id)?;
        self.pieces.get(piece)?.get(at)
    }
    /// The same, to be changed.
    pub fn get_mut(&mut self, id: CredentialId) -> Option<&mut IndexEntry> {
        let (piece, at) = self.position(id)?;
        self.repeated.take();
        self.pieces.get_mut(piece)?.get_mut(at)
    }
    /// Takes out those that are not to be kept.
    pub fn retain(&mut self, keep: impl Fn(&IndexEntry) -> bool) {
        self.retain_last(usize::MAX, keep);
    }
    /// The same among the last ones, at least `many` of them if there are so many: those before are not looked at.
    pub fn retain_last(&mut self, many: usize, keep: impl Fn(&IndexEntry) -> bool) {
        let from = self.pieces.len().saturating_sub(many.div_ceil(Self::PIECE).saturating_add(1));
        let recent = self.pieces.get(from..).unwrap_or_default();
        if recent.iter().flatten().all(&keep) {
            return;
        }
        self.repeated.take();
        let recent = self.pieces.split_off(from);
        recent.into_iter().flatten().filter(keep).for_each(|entry| self.push(entry));
    }
    fn position(&self, id: CredentialId) -> Option<(usize, usize)> {
        let piece = self.pieces.partition_point(|piece| piece.last().is_some_and(|last| last.id < id));
        let at = self.pieces.get(piece)?.binary_search_by_key(&id, |entry| entry.id).ok()?;
        Some((piece, at))
    }
}

impl<'e> IntoIterator for &'e Entries {
    type Item = &'e IndexEntry;
    type IntoIter = std::iter::Flatten<std::slice::Iter<'e, Vec<IndexEntry>>>;

    fn into_iter(self) -> Self::IntoIter {
        self.pieces.iter().flatten()
    }
}

impl FromIterator<IndexEntry> for Entries {
    fn from_iter<I: IntoIterator<Item = IndexEntry>>(entries: I) -> Self {
        let mut out = Self::default();
        entries.into_iter().for_each(|entry| out.push(entry));
        out
    }
}

/// What the rules about the whole case see.
#[derive(Debug, Default)]
pub struct CaseIndex {
    /// One entry per credential, in input order.
    pub entries: Entries,
    /// The full facts of the credentials that are still kept, in input order.
    pub kept: Vec<Credential>,
    /// Error codes of the run that are symptoms or causes, each with its place and the words of its line.
    pub codes: Vec<CaseCode>,
    /// The two parts, lower case, of the names of all inputs that are named as key files (`<32 hex>_<GUID>`), whatever is
    /// in them.
    pub key_files: BTreeSet<(String, String)>,
    /// The same of the keys that `certutil -key` lists.
    pub listed_keys: BTreeSet<(String, String)>,
    /// Inputs that are named as key files and hold no key.
    pub damaged_key_files: Vec<DamagedKeyFile>,
    /// Runs of certutil that failed.
    pub failures: Vec<CaseCode>,
    /// The stores that logs of certutil list, in input order.
    pub stores: Vec<StoreListing>,
    /// What commands of certutil took away, in input order.
    pub removals: Vec<Removal>,
    /// What commands of certutil put into stores, in input order.
    pub additions: Vec<Addition>,
    /// What other artifacts state, in input order, within `Limits::observations`.
    pub observed: Vec<Observed>,
    /// On which computers the texts were printed.
    pub machines: Machines,
    /// The numbers of those whose binding is no longer there at the end of their input: known once all is tied.
    pub past: HashSet<usize>,
}

/// An input that has the name of a key file, and whose bytes are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DamagedKeyFile {
    /// The first part of its name, lower case.
    pub prefix: String,
    /// The machine's GUID in its name, lower case.
    pub machine: String,
    /// The whole input.
    pub place: Place,
    /// What is wrong with it.
    pub problem: String,
}

/// An error code somewhere in an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseCode {
    /// The code.
    pub code: Fact<u32>,
    /// The line's words.
    pub excerpt: String,
    /// The verb of the certutil run that printed it.
    pub verb: Option<String>,
}

impl CaseCode {
    /// The code as the line prints it, where it prints it in hexadecimal; else the line.
    pub fn printed(&self) -> &str {
        let digits = format!("{:08x}", self.code.value);
        let code = self.excerpt.match_indices("0x").find_map(|(at, _)| {
            let end = at.checked_add(digits.len())?.checked_add(2)?;
            self.excerpt.get(at..end).filter(|code| code.to_ascii_lowercase().ends_with(&digits))
        });
        code.unwrap_or(&self.excerpt)
    }
}

impl CaseIndex {
    /// The bindings, without those that their own input shows to be replaced or deleted.
    pub fn bindings(&self) -> impl Iterator<Item = (&Observed, &Binding)> {
        let there = self.observed.iter().enumerate().filter(|(index, _)| !self.past.contains(index));
        there.filter_map(|(_, o)| match &o.what {
            Observation::Binding(b) if b.origin != BindingOrigin::Deletion => Some((o, b)),
            _ => None,
        })
    }
    /// The permissions of files and folders.
    pub fn access_lists(&self) -> impl Iterator<Item = (&Observed, &AccessList)> {
        self.observed.iter().filter_map(|o| if let Observation::AccessList(a) = &o.what { Some((o, a)) } else { None })
    }
    /// The events.
    pub fn events(&self) -> impl Iterator<Item = (&Observed, &EventRecord)> {
        self.observed.iter().filter_map(|o| if let Observation::Event(e) = &o.what { Some((o, &**e)) } else { None })
    }
    /// The listings of key folders.
    pub fn folder_listings(&self) -> impl Iterator<Item = (&Observed, &FolderListing)> {
        self.observed
            .iter()
            .filter_map(|o| if let Observation::FolderListing(f) = &o.what { Some((o, f)) } else { None })
    }
    /// The file accesses of traces.
    pub fn traces(&self) -> impl Iterator<Item = (&Observed, &TraceRow)> {
        self.observed.iter().filter_map(|o| if let Observation::Trace(t) = &o.what { Some((o, t)) } else { None })
    }
    /// The errors that texts show.
    pub fn errors(&self) -> impl Iterator<Item = (&Observed, &ErrorText)> {
        self.observed.iter().filter_map(|o| if let Observation::Error(e) = &o.what { Some((o, e)) } else { None })
    }
    /// The facts about the machine.
    pub fn system_facts(&self) -> impl Iterator<Item = (&Observed, &SystemFact)> {
        self.observed.iter().filter_map(|o| if let Observation::System(s) = &o.what { Some((o, s)) } else { None })
    }
    /// The intended keys of requests, INF files, templates and scripts.
    pub fn requests(&self) -> impl Iterator<Item = (&Observed, &KeyRequest)> {
        self.observed.iter().filter_map(|o| if let Observation::Request(r) = &o.what { Some((o, &**r)) } else { None })
    }
    /// The computer on which an artifact was made, as far as it or its text names one.
    pub fn machine_of<'a>(&'a self, observed: &'a Observed) -> Option<&'a str> {
        let named = match &observed.what {
            Observation::Event(event) => event.computer.as_ref().map(|name| name.value.as_str()),
            Observation::Certificate(_) => from_shown::computer(observed),
            _ => None,
        };
        named.or_else(|| self.machines.at(observed.place))
    }
    /// The computer that holds a credential, lower case.
    pub fn machine_with<'a>(&'a self, c: &'a Credential) -> Option<&'a str> {
        c.surroundings.machine.as_deref().or_else(|| {
            let range = c.sources.first()?;
            self.machines.at(Place { source: range.source, start: range.start, ..Place::default() })
        })
    }
    /// The same of one that may no longer be kept.
    pub fn machine_of_entry<'a>(&'a self, entry: &'a IndexEntry) -> Option<&'a str> {
        let place = Place { source: entry.source, start: entry.place.start, ..Place::default() };
        self.credential(entry.id).map_or_else(|| self.machines.at(place), |c| self.machine_with(c))
    }
    /// Whether a certificate is no longer in its store, as its own text shows.
    pub fn is_gone(&self, entry: &IndexEntry) -> bool {
        self.credential(entry.id).is_some_and(|c| c.gone)
    }
    /// Whether an artifact is known to be of another computer than a credential.
    pub fn elsewhere(&self, observed: &Observed, c: &Credential) -> bool {
        machines::are_two(self.machine_of(observed), self.machine_with(c))
    }
    /// The full facts of a credential, if they are still kept.
    pub fn credential(&self, id: CredentialId) -> Option<&Credential> {
        self.kept.binary_search_by_key(&id, |c| c.id).ok().and_then(|i| self.kept.get(i))
    }
}

/// A hash of a text without regard to case: stable within a run, not cryptographic. 0 is kept for "not shown".
pub fn fold(text: &str) -> u64 {
    fold_all([text.as_bytes()])
}

/// The same over several texts.
pub fn fold_all<'t>(texts: impl IntoIterator<Item = &'t [u8]>) -> u64 {
    hash::of_lower(texts).max(1)
}

impl IndexEntry {
    /// Whether no rule has use for it once the full facts are gone: it names no certificate, key, container or machine.
    pub fn tells_nothing(&self) -> bool {
        let named = self.sha1.is_some() || self.public_key != 0 || self.container != 0 || self.machine_guid.is_some();
        !named && self.association != Association::Linked
    }
}

impl From<&Credential> for IndexEntry {
    fn from(c: &Credential) -> Self {
        let key = &c.key;
        let certificate = c.certificate.as_ref();
        let text = |f: Option<&Fact<String>>| f.map_or(0, |f| fold(&f.value));
        let container = match (&key.unique_name, &key.container, &key.stored_container) {
            (Some(name), ..) | (None, Some(name), _) | (None, None, Some(name)) if !name.value.is_empty() => {
                fold(&name.value)
            }
            _ => 0,
        };
        let public_key = certificate
            .and_then(|c| c.public_key.sha1.as_ref().map(|s| fold_all([&s.value.digits()[..]])))
            .or_else(|| certificate.and_then(|c| c.public_key.md5.as_ref().map(|s| fold(&s.value))))
            .unwrap_or(0);
        let nameless = certificate.filter(|c| c.sha1.is_none());
        let serial_issuer = nameless.and_then(|c| c.serial.as_ref()).map_or(0, |serial| {
            let issuer = certificate.and_then(|c| c.issuer.as_ref()).map_or("", |i| i.value.as_str());
            fold_all([serial.value.as_bytes(), b"\n", issuer.as_bytes()])
        });
        Self {
            id: c.id,
            origin: c.origin,
            sha1: c.thumbprint(),
            serial_issuer,
            public_key,
            container,
            machine_guid: key.printed_machine_guid().map(container_name::guid_number),
            provider: text(key.provider.as_ref()),
            provider_type: key.provider_type.as_ref().map(|t| t.value),
            flags: key.flags.as_ref().map(|f| f.value),
            key_spec: key.key_spec.as_ref().map(|k| k.value),
            association: key.association,
            access: key.access,
            encryption_test: key.encryption_test,
            signature_test: key.signature_test,
            scope: c.scope(),
            store: c.printed_store_name().map_or(0, fold),
            keyset_missing: key.remark(super::credential::KeyRemark::MissingStoredKeyset).is_some(),
            is_ca: c.is_authority(),
            archived: certificate.and_then(|c| c.archived.as_ref()).is_some_and(|a| a.value),
            source: c.sources.first().map_or(SourceId(0), |s| s.source),
            place: key
                .stored_container
                .as_ref()
                .map(|n| n.place)
                .or_else(|| certificate.and_then(|c| c.sha1.as_ref().map(|s| s.place)))
                .unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: u32) -> IndexEntry {
        IndexEntry::from(&Credential { id: CredentialId(id), ..Credential::default() })
    }

    fn ids(entries: &Entries) -> Vec<u32> {
        entries.iter().map(|entry| entry.id.0).collect()
    }

    #[test]
    fn entries_are_found_and_taken_out_across_pieces() {
        let mut entries: Entries = (0..5_000).map(|n| entry(n * 2)).collect();
        assert_eq!(entries.len(), 5_000);
        for id in [0, 2_046, 2_048, 9_998] {
            assert_eq!(entries.get(CredentialId(id)).map(|entry| entry.id), Some(CredentialId(id)));
        }
        assert!([1, 2_047, 10_000].iter().all(|id| entries.get(CredentialId(*id)).is_none()));

        entries.get_mut(CredentialId(4_000)).unwrap().public_key = 7;
        assert_eq!(entries.repeated_containers().len(), 0);
        for id in [0, 4_000] {
            entries.get_mut(CredentialId(id)).unwrap().container = 5;
        }
        assert!(entries.repeated_containers().contains(&5));
        entries.retain(|entry| entry.id.0 % 4 == 0);
        assert_eq!(ids(&entries), (0..2_500).map(|n| n * 4).collect::<Vec<_>>());
        assert_eq!(entries.get(CredentialId(4_000)).unwrap().public_key, 7);
        assert!(entries.pieces.len() == 5 && entries.pieces[..4].iter().all(|piece| piece.len() == Entries::PIECE));

        entries.retain_last(10, |entry| entry.id.0 < 9_000 && entry.id.0 != 0);
        assert_eq!(ids(&entries), (0..2_250).map(|n| n * 4).collect::<Vec<_>>(), "the first ones are not looked at");
        entries.push(entry(20_000));
        assert_eq!(entries.iter().next_back().map(|entry| entry.id.0), Some(20_000));
        entries.get_mut(CredentialId(0)).unwrap().container = 6;
        assert_eq!(entries.repeated_containers().len(), 0);
        entries.retain(|_| false);
        assert!(entries.is_empty() && entries.iter().next().is_none());
    }
}
