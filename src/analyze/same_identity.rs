//! The credentials of one identity: mostly one, else told apart by the names of their containers.

use super::sighting::{imported_since, may_be_one, names};
use crate::case::credential::{Credential, CredentialId, Origin};
use std::collections::{BTreeMap, BTreeSet};

/// The credentials that are kept and may be one, of which only the containers tell them apart.
///
/// A certificate may come with ever new containers, so what is looked for is found by its names, not by comparing.
#[derive(Default)]
pub(super) struct SameIdentity {
    first: Option<CredentialId>,
    /// All of them, once there is more than one.
    many: Option<Box<Many>>,
}

#[derive(Default)]
struct Many {
    all: Ids,
    /// The first credential with each name, lower case.
    named: BTreeMap<String, CredentialId>,
    /// Those of which no name is shown.
    nameless: Ids,
}

/// Credentials, and which of them are no PFX file: each of those is an import of its own.
#[derive(Default)]
struct Ids {
    all: BTreeSet<CredentialId>,
    not_pfx: BTreeSet<CredentialId>,
}

impl Ids {
    fn add(&mut self, id: CredentialId, credential: &Credential) {
        self.all.insert(id);
        if credential.origin == Origin::Pfx {
            self.not_pfx.remove(&id);
        } else {
            self.not_pfx.insert(id);
        }
    }

    fn remove(&mut self, id: CredentialId) {
        self.all.remove(&id);
        self.not_pfx.remove(&id);
    }

    /// The first one, the first that is no PFX file, and the last one.
    fn asked(&self) -> impl Iterator<Item = &CredentialId> {
        [self.all.first(), self.not_pfx.first(), self.all.last()].into_iter().flatten()
    }
}

impl SameIdentity {
    /// The first one, before anything else is seen of it.
    pub(super) fn of(id: CredentialId) -> Self {
        Self { first: Some(id), many: None }
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// The first credential that is not told apart from a sighting: by its container, when both show a name and have none
    /// in common, or as an import of its own ([`may_be_one`]). Of many the first one, the first that is no PFX file and the
    /// last one are asked.
    pub(super) fn find<'c>(
        &self,
        sighting: &Credential,
        of: impl Fn(CredentialId) -> Option<&'c Credential>,
    ) -> Option<CredentialId> {
        let own = names(sighting);
        let same = |id: &&CredentialId| of(**id).is_some_and(|other| may_be_one(other, sighting));
        let Some(many) = &self.many else {
            let first = self.first.as_ref().filter(same)?;
            let others = names(of(*first)?);
            let since = of(*first).is_some_and(|other| imported_since(other, sighting));
            return (since || own.is_empty() || others.is_empty() || others.iter().any(|name| own.contains(name)))
                .then_some(*first);
        };
        if own.is_empty() {
            return many.all.asked().find(same).copied();
        }
        let named = own.iter().filter_map(|name| many.named.get(name)).filter(same);
        let since = |id: &&CredentialId| of(**id).is_some_and(|other| imported_since(other, sighting));
        let before = many.all.asked().filter(|id| since(id)).find(same);
        named.chain(many.nameless.asked().find(same)).chain(before).min().copied()
    }

    /// Adds a credential that is none of them.
    pub(super) fn push<'c>(
        &mut self,
        id: CredentialId,
        own: &Credential,
        of: impl Fn(CredentialId) -> Option<&'c Credential>,
    ) {
        let Some(first) = self.first else {
            self.first = Some(id);
            return;
        };
        let many = self.many.get_or_insert_with(|| {
            let mut many = Box::<Many>::default();
            if let Some(credential) = of(first) {
                many.add(first, credential);
            }
            many
        });
        many.add(id, own);
    }

    /// More is known of one of them.
    pub(super) fn update(&mut self, id: CredentialId, own: &Credential) {
        if let Some(many) = &mut self.many {
            many.nameless.remove(id);
            many.add(id, own);
        }
    }

    /// One of them is no longer kept.
    pub(super) fn remove(&mut self, id: CredentialId) {
        if let Some(many) = &mut self.many {
            many.all.remove(id);
            many.nameless.remove(id);
            many.named.retain(|_, named| *named != id);
        }
        if self.first == Some(id) {
            self.first = self.many.as_ref().and_then(|many| many.all.all.first().copied());
        }
    }
}

impl Many {
    fn add(&mut self, id: CredentialId, credential: &Credential) {
        let names = names(credential);
        self.all.add(id, credential);
        if names.is_empty() {
            self.nameless.add(id, credential);
        }
        for name in names {
            let first = self.named.entry(name).or_insert(id);
            *first = (*first).min(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::credential::Key;
    use crate::model::fact::{Fact, Place};

    fn credential(id: u32, names: &[&str]) -> Credential {
        let name = |at: usize| names.get(at).map(|name| Fact::stated((*name).to_owned(), Place::default()));
        let key = Key { container: name(0), unique_name: name(1), ..Key::default() };
        Credential { id: CredentialId(id), key, ..Credential::default() }
    }

    /// What comparing with one after the other would find.
    fn compared(kept: &[Credential], sighting: &Credential) -> Option<CredentialId> {
        let own = names(sighting);
        let same = |c: &&Credential| {
            let others = names(c);
            own.is_empty() || others.is_empty() || others.iter().any(|name| own.contains(name))
        };
        kept.iter().find(same).map(|c| c.id)
    }

    #[test]
    fn the_first_that_may_be_the_same_is_found() {
        let sightings: [&[&str]; 12] = [
            &["a"],
            &["b"],
            &["A", "file"],
            &["c"],
            &[],
            &["d"],
            &["x", "FILE"],
            &["b", "c"],
            &["e"],
            &["e", "f"],
            &["g"],
            &["f"],
        ];
        // With one that shows no name in front, and without.
        for skipped in 0..sightings.len() {
            let mut kept: Vec<Credential> = Vec::new();
            let mut same = SameIdentity::default();
            let mut merged = 0;
            for (id, names) in (0..).zip(sightings.iter().skip(skipped).chain(sightings.iter())) {
                let sighting = credential(id, names);
                let of = |id: CredentialId| kept.iter().find(|c| c.id == id);
                let found = same.find(&sighting, of);
                assert_eq!(found, compared(&kept, &sighting), "{skipped} {names:?}");
                match found {
                    None => {
                        same.push(sighting.id, &sighting, of);
                        kept.push(sighting);
                    }
                    Some(found) => {
                        merged += 1;
                        let known = kept.iter_mut().find(|c| c.id == found).unwrap();
                        known.key.container = known.key.container.take().or(sighting.key.container);
                        known.key.unique_name = known.key.unique_name.take().or(sighting.key.unique_name);
                        let known = known.clone();
                        same.update(found, &known);
                    }
                }
            }
            assert!(merged > 3, "{skipped}");
        }
    }

    #[test]
    fn what_is_no_longer_kept_is_not_found() {
        let kept = [credential(0, &["a"]), credential(1, &["b"]), credential(2, &["c"])];
        let of = |id: CredentialId| kept.iter().find(|c| c.id == id);
        let mut same = SameIdentity::of(kept[0].id);
        kept.iter().skip(1).for_each(|c| same.push(c.id, c, of));
        same.remove(CredentialId(0));
        assert_eq!(same.find(&credential(3, &["a"]), of), None);
        assert_eq!(same.find(&credential(3, &["b"]), of), Some(CredentialId(1)));
        assert_eq!(same.find(&credential(3, &[]), of), Some(CredentialId(1)));
        same.remove(CredentialId(1));
        assert!(!same.is_empty());
        same.remove(CredentialId(2));
        assert!(same.is_empty());
    }
}
