//! Which certificates and keys a log shows and then takes away: by a command that completed, or by a later complete listing
//! of the same store that does not hold the certificate any more.
//!
//! Two listings in one text may be of two machines. They are known to be of one when the text names the computer, when a
//! certificate stands in both with the same key file, or when a certificate was deleted between them.
//!
//! Source: Microsoft Learn, "certutil": `-delstore` takes a certificate out of a store and leaves its key, `-delkey` takes a
//! container.

use super::credential::{Access, Credential, CredentialId, Origin, Scope, TestOutcome};
use super::from_certutil::StoreListing;
use super::index::CaseIndex;
use crate::limits::SIGHTINGS;
use crate::model::fact::{Place, SourceId};
use std::collections::{BTreeMap, BTreeSet};

/// What one completed command takes away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// `-delstore`: the store, lower case, and whose; `None`: `-delkey`.
    pub store: Option<(String, Scope)>,
    /// What names the certificate or container, lower case.
    pub name: String,
    /// The computer, lower case.
    pub machine: Option<String>,
    /// The closing line.
    pub place: Place,
}

/// A command that completed and put a certificate into a store: which one it was, its output does not tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addition {
    /// The store, lower case.
    pub store: String,
    /// Whose it is.
    pub scope: Scope,
    /// The computer, lower case.
    pub machine: Option<String>,
    /// The closing line.
    pub place: Place,
}

/// A store of one computer as one text shows it: the text, the store's name and the computer, both lower case.
type StoreOf = (SourceId, String, Option<String>);

/// Whether two scopes can be one.
fn same_scope(a: Scope, b: Scope) -> bool {
    a == b || a == Scope::Unknown || b == Scope::Unknown
}

/// The last byte at which a text shows a credential; `None` when not every sighting is kept.
fn last_shown(c: &Credential, source: SourceId) -> Option<u64> {
    let own = c.sources.iter().filter(|s| s.source == source).map(|s| s.start).max()?;
    (c.sources.len() < SIGHTINGS).then_some(own)
}

/// Whether a removal names a credential.
fn names(removal: &Removal, c: &Credential) -> bool {
    let name = removal.name.as_str();
    let is = |text: &str| text.eq_ignore_ascii_case(name);
    if removal.store.is_none() {
        let own = [&c.key.container, &c.key.stored_container, &c.key.unique_name];
        return own.into_iter().flatten().any(|own| is(&own.value));
    }
    let serial = c.certificate.as_ref().and_then(|c| c.serial.as_ref());
    c.thumbprint().is_some_and(|sha1| is(&sha1.to_string())) || serial.is_some_and(|serial| is(&serial.value))
}

/// Notes which credentials are gone at the end of their text, and which keys. Gives those that changed.
pub(super) fn note(case: &mut CaseIndex) -> Vec<CredentialId> {
    let mut changed = Vec::new();
    if case.stores.is_empty() && case.removals.is_empty() {
        return changed;
    }
    note_gone(case, &mut changed);
    // What was added since may be any certificate, also one that was deleted before.
    let mut added: BTreeMap<StoreOf, Vec<(Scope, u64)>> = BTreeMap::new();
    for addition in std::mem::take(&mut case.additions) {
        let scopes = added.entry((addition.place.source, addition.store, addition.machine)).or_default();
        match scopes.iter_mut().find(|(scope, _)| *scope == addition.scope) {
            Some((_, last)) => *last = (*last).max(addition.place.start),
            None => scopes.push((addition.scope, addition.place.start)),
        }
    }
    for listing in case.stores.iter_mut().filter(|l| l.complete) {
        let key = (listing.place.source, listing.store.clone(), listing.machine.clone());
        let later = |(scope, start): &(Scope, u64)| *start > listing.place.start && same_scope(*scope, listing.scope);
        listing.complete = !added.get(&key).is_some_and(|scopes| scopes.iter().any(later));
    }
    changed
}

/// Notes what is gone by commands and by later listings.
fn note_gone(case: &mut CaseIndex, changed: &mut Vec<CredentialId>) {
    let mut removals: BTreeMap<SourceId, Vec<&Removal>> = BTreeMap::new();
    for removal in &case.removals {
        removals.entry(removal.place.source).or_default().push(removal);
    }
    // The last complete listing of each store in each text.
    let mut last: BTreeMap<(SourceId, String), &StoreListing> = BTreeMap::new();
    for listing in case.stores.iter().filter(|l| l.complete) {
        last.insert((listing.place.source, listing.store.clone()), listing);
    }
    let proved = one_machine(case, &last);
    for c in case.kept.iter_mut().filter(|c| c.origin == Origin::StoreDump) {
        let Some(source) = c.sources.last().map(|s| s.source) else { continue };
        // What another text shows may be newer.
        if c.sources.iter().any(|s| s.source != source) {
            continue;
        }
        let Some(shown) = last_shown(c, source) else { continue };
        let store = c.printed_store_name().map(str::to_ascii_lowercase).unwrap_or_default();
        let of_text = removals.get(&source).map_or(&[][..], Vec::as_slice);
        let mut since = of_text.iter().filter(|r| r.place.start > shown && r.machine == c.surroundings.machine);
        let here =
            |r: &Removal| r.store.as_ref().is_none_or(|(own, scope)| *own == store && same_scope(*scope, c.scope()));
        let named = since.clone().find(|r| here(r) && names(r, c));
        match named {
            Some(removal) if removal.store.is_none() => {
                let key = &mut c.key;
                (key.access, key.access_place) = (Access::NotOpened, Some(removal.place));
                (key.encryption_test, key.signature_test) = (TestOutcome::NotShown, TestOutcome::NotShown);
                changed.push(c.id);
            }
            Some(_) => {
                c.gone = true;
                changed.push(c.id);
            }
            None => {
                let key = (source, store.clone());
                let Some(listing) = last.get(&key) else { continue };
                let later = listing.place.start > shown
                    && same_scope(listing.scope, c.scope())
                    && listing.machine == c.surroundings.machine;
                let deleted = since.any(|r| r.store.is_some() && here(r) && r.place.start < listing.place.start);
                let one = listing.machine.is_some() || deleted || proved.contains(&key);
                if later && one {
                    c.gone = true;
                    changed.push(c.id);
                }
            }
        }
    }
}

/// The stores whose last complete listing holds a certificate that the text also shows before it, with one key file.
fn one_machine(case: &CaseIndex, last: &BTreeMap<(SourceId, String), &StoreListing>) -> BTreeSet<(SourceId, String)> {
    let mut out = BTreeSet::new();
    for c in case.kept.iter().filter(|c| c.origin == Origin::StoreDump && c.key.machine_guid().is_some()) {
        let (Some(first), Some(end)) = (c.sources.first(), c.sources.last()) else { continue };
        let store = c.printed_store_name().map(str::to_ascii_lowercase).unwrap_or_default();
        let key = (first.source, store);
        let Some(listing) = last.get(&key).filter(|_| first.source == end.source) else { continue };
        if first.start < listing.place.start && end.start > listing.place.start {
            out.insert(key);
        }
    }
    out
}
