//! Which key belongs to which certificate, across all artifacts of a run.
//!
//! The same public key is proof: a certificate and a key file, blob or container that have it become one credential. The
//! same container or key-file name is a hint: it never joins two credentials, but when both public keys are known and
//! differ it proves that the key in the container is not the certificate's, and a container with one slot is a second
//! witness for the KeySpec. Where a tool shows of a key nothing but its file (FindPrivateKey.exe), a certificate whose
//! container has that file's whole name takes it: there is no other key that it could be.

use super::credential::{Access, Association, Credential, CredentialId, Key, Origin};
use crate::model::container_name;
use crate::model::fact::{Fact, Place};
use crate::model::thumbprint::Sha1;
use std::collections::{BTreeSet, HashMap, HashSet};

/// How a certificate and a key were found to belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkBasis {
    /// The public keys are the same: proof.
    PublicKey,
    /// The names of the containers or key files are the same: a hint.
    Name,
}

/// One link between a certificate's credential and a key's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The position of the certificate's credential in the list that was linked.
    pub certificate: usize,
    /// The position of the key's credential in the same list.
    pub key: usize,
    /// How it was found.
    pub basis: LinkBasis,
    /// The certificate's key link names the key's container.
    pub named: bool,
    /// Whether the public keys are the same; `None` when one is not known.
    pub same_key: Option<bool>,
}

/// All the names under which a key's container can be known, lower case: its own name, its file's name, and the first
/// part of the file name that either rule gives for the own name.
fn names(key: &Key) -> HashSet<String> {
    let mut names = HashSet::new();
    if let Some(name) = &key.unique_name {
        names.insert(name.value.to_lowercase());
        names.extend(container_name::split_file_name(&name.value).map(|(prefix, _)| prefix));
    }
    for name in [&key.container, &key.stored_container].into_iter().flatten().filter(|name| !name.value.is_empty()) {
        if let Some((prefix, _)) = container_name::split_file_name(&name.value) {
            names.insert(prefix);
        } else {
            names.extend(container_name::capi_file_prefix(&name.value));
            names.insert(container_name::cng_file_prefix(&name.value));
        }
        names.insert(name.value.to_lowercase());
    }
    names
}

/// Whether a container or its file is named.
fn names_a_container(key: &Key) -> bool {
    [&key.unique_name, &key.container, &key.stored_container].into_iter().flatten().any(|name| !name.value.is_empty())
}

/// Two keys that can't be the same container although a name is the same: their files are of two machines.
pub(crate) fn two_machines(a: &Key, b: &Key) -> bool {
    matches!((a.machine_guid(), b.machine_guid()), (Some(a), Some(b)) if a != b)
}

fn certificate_key(credential: &Credential) -> Option<Sha1> {
    credential.certificate.as_ref()?.public_key.sha1.as_ref().map(|sha1| sha1.value)
}

fn own_key(credential: &Credential) -> Option<Sha1> {
    credential.key.public_key_sha1.as_ref().map(|sha1| sha1.value)
}

/// Runs a step about a credential; false: it ended in a fault.
pub type Guard<'g> = &'g dyn Fn(CredentialId, &mut dyn FnMut()) -> bool;

/// Finds the links between the credentials that have a certificate and those that are a key alone.
pub fn find(credentials: &[Credential]) -> Vec<Link> {
    find_by(credentials, &unguarded, &mut Vec::new())
}

fn unguarded(_: CredentialId, step: &mut dyn FnMut()) -> bool {
    step();
    true
}

/// The same by `guard`; those in which a fault showed have no links.
fn find_by(credentials: &[Credential], guard: Guard<'_>, faulty: &mut Vec<CredentialId>) -> Vec<Link> {
    let mut by_key: HashMap<Sha1, Vec<usize>> = HashMap::new();
    let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
    let is_key = |credential: &Credential| credential.certificate.is_none() && !credential.key.public_only;
    for (at, key) in credentials.iter().enumerate().filter(|(_, credential)| is_key(credential)) {
        if let Some(sha1) = own_key(key) {
            by_key.entry(sha1).or_default().push(at);
        }
        let mut own = HashSet::new();
        if !guard(key.id, &mut || own = names(&key.key)) {
            faulty.push(key.id);
            continue;
        }
        for name in own {
            by_name.entry(name).or_default().push(at);
        }
    }
    let mut links = Vec::new();
    if by_key.is_empty() && by_name.is_empty() {
        return links;
    }
    for (at, credential) in credentials.iter().enumerate().filter(|(_, c)| c.certificate.is_some()) {
        let wanted = certificate_key(credential);
        let mut own = HashSet::new();
        if !guard(credential.id, &mut || own = names(&credential.key)) {
            faulty.push(credential.id);
            continue;
        }
        let in_container = |key: &usize| {
            // A PFX file names the container that an import would make.
            let key = credentials.get(*key).filter(|key| ![credential.origin, key.origin].contains(&Origin::Pfx));
            key.is_some_and(|key| !two_machines(&credential.key, &key.key))
        };
        let of_names = own.iter().filter_map(|name| by_name.get(name)).flatten().copied();
        let named: BTreeSet<usize> = of_names.filter(in_container).collect();
        let same: BTreeSet<usize> = wanted.and_then(|sha1| by_key.get(&sha1)).into_iter().flatten().copied().collect();
        for key in &same {
            let (basis, named) = (LinkBasis::PublicKey, named.contains(key));
            links.push(Link { certificate: at, key: *key, basis, named, same_key: Some(true) });
        }
        for key in named.difference(&same) {
            let Some(other) = credentials.get(*key) else { continue };
            let same_key = wanted.zip(own_key(other)).map(|(a, b)| a == b);
            links.push(Link { certificate: at, key: *key, basis: LinkBasis::Name, named: true, same_key });
        }
    }
    links
}

/// Whether the certificate's key link and the key name two different containers.
fn other_container(credential: &Credential, key: &Credential) -> bool {
    let (a, b) = (names(&credential.key), names(&key.key));
    !a.is_empty() && !b.is_empty() && a.is_disjoint(&b)
}

/// What [`join`] did, by the numbers of the credentials.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Joined {
    /// Certificates that know more of their key now.
    pub changed: Vec<CredentialId>,
    /// Keys that are part of a certificate's credential now.
    pub removed: Vec<CredentialId>,
    /// Those in which a fault showed: what is known of them may be half of it.
    pub faulty: Vec<CredentialId>,
}

/// Joins what belongs together by proof, and notes on each certificate what its container shows. Keys that were joined
/// are removed; the order of the rest stays.
pub fn join(credentials: &mut Vec<Credential>) -> Joined {
    join_by(credentials, &unguarded)
}

/// The same, with `guard` that runs the step about each credential: a fault costs what it would have been linked with.
pub fn join_by(credentials: &mut Vec<Credential>, guard: Guard<'_>) -> Joined {
    let mut outcome = Joined::default();
    let mut joined = loose_certificates(credentials, guard, &mut outcome);
    joined.extend(key_files(credentials, guard, &mut outcome));
    // What a loose certificate gave to others is known now; it gets no key of its own.
    let links = find_by(credentials, guard, &mut outcome.faulty)
        .into_iter()
        .filter(|link| !joined.contains(&link.certificate))
        .collect::<Vec<_>>();
    let mut by_certificate: HashMap<usize, Vec<Link>> = HashMap::new();
    for link in links {
        by_certificate.entry(link.certificate).or_default().push(link);
    }
    // A key goes to the certificate whose key link names its container before it goes to one that only has its public key.
    let mut order: Vec<(bool, usize)> = by_certificate
        .keys()
        .map(|at| (!credentials.get(*at).is_some_and(|credential| names_a_container(&credential.key)), *at))
        .collect();
    order.sort_unstable();
    for (_, at) in order {
        let Some(links) = by_certificate.remove(&at) else { continue };
        let Some(id) = credentials.get(at).map(|credential| credential.id) else { continue };
        if !guard(id, &mut || join_one(credentials, at, &links, &mut joined, &mut outcome)) {
            outcome.faulty.push(id);
        }
    }
    let mut at = 0_usize;
    credentials.retain(|_| {
        let keep = !joined.contains(&at);
        at = at.saturating_add(1);
        keep
    });
    outcome
}

/// Joins one certificate with the key that is its own, or notes what its container shows.
///
/// Where the key link names a container, that container's key decides: another key with the certificate's public key shows
/// that somebody has the key, and nothing of the container.
fn join_one(
    credentials: &mut [Credential],
    at: usize,
    links: &[Link],
    joined: &mut HashSet<usize>,
    outcome: &mut Joined,
) {
    let Some(own) = credentials.get(at) else { return };
    let (id, names_one) = (own.id, own.origin == Origin::Pfx || names_a_container(&own.key));
    let named: Vec<Link> = links.iter().filter(|link| link.named).copied().collect();
    let may_be_own = |link: &&Link| {
        link.same_key == Some(true)
            && !joined.contains(&link.key)
            && credentials.get(link.key).is_some_and(|key| may_have(own, key))
    };
    let proof = if names_one {
        named.iter().find(|link| link.same_key == Some(true)).copied()
    } else {
        links.iter().find(may_be_own).copied()
    };
    // Files with the same key and no name of their own are further sightings of it.
    let copies: Vec<usize> = links
        .iter()
        .filter(may_be_own)
        .filter(|link| proof.is_none_or(|proof| proof.key != link.key))
        .filter(|link| credentials.get(link.key).is_some_and(nameless_file))
        .map(|link| link.key)
        .collect();
    let mut removed: Vec<usize> = copies;
    if let Some(link) = proof {
        let Some(key) = credentials.get(link.key).cloned() else { return };
        if let Some(credential) = credentials.get_mut(at) {
            absorb(credential, key);
            outcome.changed.push(id);
        }
        removed.push(link.key);
    } else {
        note_container(credentials, at, &named, outcome);
    }
    for key in removed {
        let Some(known) = credentials.get(key).map(|key| (key.id, key.sources.clone())) else { continue };
        if joined.insert(key) {
            outcome.removed.push(known.0);
        }
        if let Some(credential) = credentials.get_mut(at).filter(|_| proof.is_none_or(|proof| proof.key != key)) {
            credential.sources.extend(known.1);
            outcome.changed.push(id);
        }
    }
}

/// Notes on a certificate what is known of the keys in the container that its key link names.
fn note_container(credentials: &mut [Credential], at: usize, named: &[Link], outcome: &mut Joined) {
    // Every key of the container is known, and none is the certificate's.
    if let (Some(first), true) = (named.first(), named.iter().all(|link| link.same_key == Some(false))) {
        let sha1 = credentials.get(first.key).and_then(|key| key.key.public_key_sha1.as_ref());
        let place = sha1.map_or(Place::default(), |sha1| sha1.place);
        if let Some(credential) = credentials.get_mut(at) {
            outcome.changed.push(credential.id);
            credential.key.matches_certificate.get_or_insert(Fact::stated(false, place));
        }
    }
    if let [only] = named
        && only.same_key.is_none()
    {
        let witness = credentials.get(only.key).and_then(|key| key.key.key_spec.clone());
        if let Some(credential) = credentials.get_mut(at) {
            outcome.changed.push(credential.id);
            let own = &mut credential.key;
            own.key_spec_witness = own.key_spec_witness.take().or(witness);
        }
    }
}

/// Whether a key with the certificate's public key may be the one that a credential without a named container has. A PFX file is an import of its own:
/// only a certificate file gets its key from one.
fn may_have(credential: &Credential, key: &Credential) -> bool {
    let loose = credential.origin == Origin::CertificateFile && credential.store.is_none();
    key.origin != Origin::Pfx || loose
}

/// Whether a key is a file that names no container.
fn nameless_file(key: &Credential) -> bool {
    key.origin == Origin::KeyFile && !names_a_container(&key.key)
}

/// Two values that contradict each other.
pub(crate) fn differ<T: PartialEq>(a: Option<&Fact<T>>, b: Option<&Fact<T>>) -> bool {
    a.zip(b).is_some_and(|(a, b)| a.value != b.value)
}

/// Whether all that a list tells of a certificate's key is that there is one: `Get-ExchangeCertificate` names neither its
/// store nor its key.
fn only_listed(c: &Credential) -> bool {
    let key = &c.key;
    c.origin == Origin::StoreDump
        && c.thumbprint().is_some()
        && matches!(key.association, Association::Unknown | Association::Linked)
        && key.provider.is_none()
        && key.provider_type.is_none()
        && key.key_spec.is_none()
        && key.flags.is_none()
        && key.access == Access::Unknown
        && names(key).is_empty()
}

/// Certificates without a store, from files (`.cer`, `.sst`, a raw registry value) and lists, are further sightings of the
/// same certificate in a store, when nothing that they say of the key contradicts it. Gives the positions of those files.
fn loose_certificates(credentials: &mut [Credential], guard: Guard<'_>, outcome: &mut Joined) -> HashSet<usize> {
    let loose = |c: &Credential| c.store.is_none() && (c.origin == Origin::CertificateFile || only_listed(c));
    let mut stored: HashMap<Sha1, Vec<usize>> = HashMap::new();
    // A printed certificate may lack its thumbprint; it can be a sighting of a file, too.
    let mut issued: HashMap<(String, String), Vec<usize>> = HashMap::new();
    let nameless = |c: &Credential| loose(c) && c.thumbprint().is_none();
    let any_nameless = credentials.iter().any(nameless);
    for (at, credential) in credentials.iter().enumerate().filter(|(_, c)| !nameless(c)) {
        let is_loose = loose(credential);
        if let Some(sha1) = credential.thumbprint().filter(|_| !is_loose && credential.store.is_some()) {
            stored.entry(sha1).or_default().push(at);
        }
        if let Some(key) =
            serial_and_issuer(credential).filter(|_| any_nameless && (is_loose || credential.store.is_some()))
        {
            issued.entry(key).or_default().push(at);
        }
    }
    let mut joined = HashSet::new();
    for at in 0..credentials.len() {
        let Some(file) = credentials.get(at).filter(|c| loose(c)).cloned() else { continue };
        let homes = match file.thumbprint() {
            Some(sha1) => stored.get(&sha1),
            None => serial_and_issuer(&file).and_then(|key| issued.get(&key)),
        };
        let Some(homes) = homes else { continue };
        let taken = taken_in(&file, (credentials, homes), guard, outcome, |own| {
            let (a, b) = (&own.key, &file.key);
            // A list may be of a store with the key, and this be a copy in another one.
            let copy = file.origin == Origin::StoreDump
                && b.association == Association::Linked
                && !matches!(a.association, Association::Linked | Association::FoundBySearch);
            let contradiction = copy
                || differ(a.key_spec.as_ref(), b.key_spec.as_ref())
                || differ(a.provider.as_ref(), b.provider.as_ref())
                || differ(a.provider_type.as_ref(), b.provider_type.as_ref())
                || differ(a.flags.as_ref(), b.flags.as_ref())
                || other_container(own, &file);
            if !contradiction {
                complete(own, &file);
            }
            !contradiction
        });
        if taken {
            joined.insert(at);
        }
    }
    joined
}

/// Offers a sighting to the credentials that may be what it shows; `take` tells of each whether it took it. Whether one did:
/// then the sighting is no credential of its own.
fn taken_in(
    sighting: &Credential,
    (credentials, homes): (&mut [Credential], &[usize]),
    guard: Guard<'_>,
    outcome: &mut Joined,
    take: impl Fn(&mut Credential) -> bool,
) -> bool {
    let mut taken = false;
    for home in homes {
        let Some(own) = credentials.get_mut(*home) else { continue };
        let id = own.id;
        let unharmed = guard(id, &mut || {
            if take(own) {
                outcome.changed.push(id);
                taken = true;
            }
        });
        if !unharmed {
            outcome.faulty.push(id);
        }
    }
    if taken {
        outcome.removed.push(sighting.id);
    }
    taken
}

/// The whole name of a key file, when that and its folder are all that is known of a key.
fn only_a_file(credential: &Credential) -> Option<String> {
    let key = &credential.key;
    let silent = credential.certificate.is_none()
        && credential.pfx.is_none()
        && key.container.is_none()
        && key.stored_container.is_none()
        && key.provider.is_none()
        && key.key_spec.is_none()
        && key.public_key_sha1.is_none()
        && key.algorithm.is_none();
    key.family.as_ref().filter(|_| silent).and(file_name(key))
}

fn file_name(key: &Key) -> Option<String> {
    let name = &key.unique_name.as_ref()?.value;
    container_name::split_file_name(name).map(|(prefix, machine)| format!("{prefix}_{machine}").to_ascii_lowercase())
}

/// Gives what is known of key files alone to the certificates whose containers have these files, when the folder is one in
/// which the container can be. Gives the positions of those files.
fn key_files(credentials: &mut [Credential], guard: Guard<'_>, outcome: &mut Joined) -> HashSet<usize> {
    let files: Vec<(usize, String)> =
        credentials.iter().enumerate().filter_map(|(at, file)| Some((at, only_a_file(file)?))).collect();
    let mut joined = HashSet::new();
    if files.is_empty() {
        return joined;
    }
    let mut homes: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, credential) in credentials.iter().enumerate().filter(|(_, c)| c.certificate.is_some()) {
        if let Some(name) = file_name(&credential.key) {
            homes.entry(name).or_default().push(at);
        }
    }
    // The same file may be shown many times.
    let mut known: HashMap<(String, Option<bool>), bool> = HashMap::new();
    for (at, name) in files {
        let Some(file) = credentials.get(at).cloned() else { continue };
        let shown = (name.clone(), file.key.machine_keyset());
        if let Some(taken) = known.get(&shown) {
            if *taken {
                joined.insert(at);
                outcome.removed.push(file.id);
            }
            continue;
        }
        let homes = homes.get(&name).map(Vec::as_slice).unwrap_or_default();
        let taken = taken_in(&file, (credentials, homes), guard, outcome, |own| {
            let machine = own.key.machine_keyset().zip(file.key.machine_keyset());
            let same = machine.is_none_or(|(own, file)| own == file);
            if same {
                let (key, other) = (&mut own.key, &file.key);
                key.flags = key.flags.take().or_else(|| other.flags.clone());
                key.family = key.family.take().or_else(|| other.family.clone());
                own.sources.extend(file.sources.iter().copied());
                own.excerpts.extend(file.excerpts.clone());
            }
            same
        });
        if taken {
            joined.insert(at);
        }
        known.insert(shown, taken);
    }
    joined
}

/// What names a certificate whose thumbprint is not shown (RFC 5280 section 4.1.2.2). Tools differ about which values they
/// put in quotes.
fn serial_and_issuer(credential: &Credential) -> Option<(String, String)> {
    let certificate = credential.certificate.as_ref()?;
    Some((certificate.serial.as_ref()?.value.clone(), certificate.issuer.as_ref()?.value.replace('"', "")))
}

/// Fills what a sighting in a store does not show from the certificate's own bytes.
fn complete(own: &mut Credential, file: &Credential) {
    if let (Some(certificate), Some(other)) = (&mut own.certificate, &file.certificate) {
        macro_rules! fill {
            ($($field:ident),*) => { $( if certificate.$field.is_none() { certificate.$field.clone_from(&other.$field); } )* };
        }
        fill!(sha256, serial, subject, issuer, key_usage, extended_key_usage, is_ca, self_signed, signature_algorithm);
        fill!(template, friendly_name);
        // Dates with their zone are better than dates without.
        for (date, exact) in
            [(&mut certificate.not_before, &other.not_before), (&mut certificate.not_after, &other.not_after)]
        {
            let settled = date.as_ref().is_some_and(|date| date.value.is_some());
            if !settled && exact.is_some() {
                date.clone_from(exact);
            }
        }
        let (key, exact) = (&mut certificate.public_key, &other.public_key);
        key.algorithm = key.algorithm.take().or_else(|| exact.algorithm.clone());
        key.bits = key.bits.take().or_else(|| exact.bits.clone());
        key.sha1 = key.sha1.take().or_else(|| exact.sha1.clone());
        if !certificate.extensions_shown && other.extensions_shown {
            certificate.extensions_shown = true;
            certificate.names_hidden = other.names_hidden;
            certificate.alternative_names.clone_from(&other.alternative_names);
        }
    }
    let (key, other) = (&mut own.key, &file.key);
    // A link that one sighting shows is there; one that the other does not show may only not have been printed.
    if key.association == Association::Unknown && other.association == Association::Linked {
        key.association = other.association;
        key.association_place = other.association_place;
    }
    macro_rules! fill {
        ($($field:ident),*) => { $( if key.$field.is_none() { key.$field.clone_from(&other.$field); } )* };
    }
    fill!(stored_container, container, unique_name, provider, provider_type, flags, key_spec);
    own.sources.extend(file.sources.iter().copied());
}

/// Gives a certificate the key that is proved to be its own. What the key link states stays; the key's own bytes fill
/// the rest and bear witness to the KeySpec.
fn absorb(credential: &mut Credential, key: Credential) {
    let place = key.key.public_key_sha1.as_ref().map_or(Place::default(), |sha1| sha1.place);
    let (own, other) = (&mut credential.key, key.key);
    own.matches_certificate = Some(Fact::stated(true, place));
    if own.key_spec.is_some() {
        own.key_spec_witness = own.key_spec_witness.take().or(other.key_spec);
    } else {
        own.key_spec = other.key_spec;
        own.key_spec_witness = own.key_spec_witness.take().or(other.key_spec_witness);
    }
    macro_rules! fill {
        ($($field:ident),*) => { $( if own.$field.is_none() { own.$field = other.$field; } )* };
    }
    fill!(container, unique_name, algorithm, bits, public_key_sha1, usage, ui_policy, export_policy, permissions);
    // A provider type without a name is only a default: it never stands beside another provider's name.
    if own.provider.is_none() && own.provider_type.is_none() {
        own.provider = other.provider;
        own.provider_type = other.provider_type;
    }
    if own.exportable == super::credential::Exportable::Unknown {
        own.exportable = other.exportable;
    }
    credential.sources.extend(key.sources);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::credential::{Certificate, PublicKey};
    use crate::model::key_spec::KeySpec;
    use crate::model::provider::ProviderKind;

    fn fact<T>(value: T) -> Option<Fact<T>> {
        Some(Fact::stated(value, Place::default()))
    }

    fn certificate(key: Option<u8>, container: &str) -> Credential {
        let public_key = PublicKey { sha1: key.and_then(|k| fact(Sha1([k; 20]))), ..PublicKey::default() };
        let certificate = Certificate { public_key, ..Certificate::default() };
        let mut credential = Credential { certificate: Some(certificate), ..Credential::default() };
        if !container.is_empty() {
            credential.key.stored_container = fact(container.to_owned());
            credential.key.key_spec = fact(KeySpec::KEYEXCHANGE);
        }
        credential
    }

    fn key(key: u8, container: &str, spec: KeySpec) -> Credential {
        let mut credential = Credential::default();
        credential.key.public_key_sha1 = fact(Sha1([key; 20]));
        credential.key.container = (!container.is_empty()).then(|| fact(container.to_owned())).flatten();
        credential.key.key_spec = fact(spec);
        credential
    }

    #[test]
    fn the_same_public_key_joins() {
        let mut all = vec![key(1, "te-1", KeySpec::SIGNATURE), certificate(Some(1), ""), key(2, "x", KeySpec::NONE)];
        assert_eq!(join(&mut all).removed.len(), 1);
        assert_eq!(all.len(), 2);
        let own = all.first().map(|c| &c.key);
        assert_eq!(own.and_then(|k| k.matches_certificate.as_ref()).map(|m| m.value), Some(true));
        assert_eq!(own.and_then(|k| k.key_spec.as_ref()).map(|s| s.value), Some(KeySpec::SIGNATURE));
        assert_eq!(own.and_then(|k| k.container.as_ref()).map(|c| c.value.as_str()), Some("te-1"));
    }

    #[test]
    fn the_slot_bears_witness_against_the_key_link() {
        let mut all = vec![certificate(Some(1), "TE-1"), key(1, "te-1", KeySpec::SIGNATURE)];
        assert_eq!(join(&mut all).removed.len(), 1);
        let own = all.first().map(|c| &c.key);
        assert_eq!(own.and_then(|k| k.key_spec.as_ref()).map(|s| s.value), Some(KeySpec::KEYEXCHANGE));
        assert_eq!(own.and_then(|k| k.key_spec_witness.as_ref()).map(|s| s.value), Some(KeySpec::SIGNATURE));
    }

    #[test]
    fn a_name_alone_joins_nothing_but_shows_a_wrong_key() {
        let mut all = vec![certificate(Some(1), "te-1"), key(2, "te-1", KeySpec::KEYEXCHANGE)];
        assert_eq!(join(&mut all).removed.len(), 0);
        let own = all.first().map(|c| &c.key);
        assert_eq!(own.and_then(|k| k.matches_certificate.as_ref()).map(|m| m.value), Some(false));
        // With both slots known, one of them may be the certificate's.
        let mut all = vec![
            certificate(Some(1), "te-1"),
            key(2, "te-1", KeySpec::SIGNATURE),
            key(1, "te-1", KeySpec::KEYEXCHANGE),
        ];
        assert_eq!(join(&mut all).removed.len(), 1);
        let own = all.first().map(|c| &c.key);
        assert_eq!(own.and_then(|k| k.matches_certificate.as_ref()).map(|m| m.value), Some(true));
    }

    #[test]
    fn the_computed_file_name_is_a_name() {
        // The pair of the article: {00F81886-…} and 99247943….
        let file = "99247943bd018ca78ef945b82652598d_3ade29bb-f050-41f3-b0db-f2b69957a1d7";
        let mut named = key(1, "", KeySpec::KEYEXCHANGE);
        named.key.unique_name = fact(file.to_owned());
        let all = vec![certificate(None, "{00F81886-5F70-430A-939C-BB7DD58ECE2A}"), named.clone()];
        assert_eq!(find(&all).first().map(|link| (link.basis, link.same_key)), Some((LinkBasis::Name, None)));
        // The same container on another machine is another key.
        let mut other = certificate(None, "");
        other.key.unique_name =
            fact("99247943bd018ca78ef945b82652598d_00000000-0000-0000-0000-000000000001".to_owned());
        assert!(find(&[other, named]).is_empty());
    }

    #[test]
    fn a_key_file_alone_goes_to_the_certificate_whose_container_has_it() {
        let name = "99247943bd018ca78ef945b82652598d_3ade29bb-f050-41f3-b0db-f2b69957a1d7";
        let mut shown = Credential::default();
        shown.key.unique_name = fact(name.to_owned());
        shown.key.family = fact(ProviderKind::Csp);
        shown.key.flags = fact(0x20);
        let mut own = certificate(None, "te-1");
        own.key.unique_name = fact(name.to_ascii_uppercase());
        let mut all = vec![shown.clone(), own.clone(), shown.clone()];
        assert_eq!(join(&mut all).removed.len(), 2);
        let key = all.first().map(|c| &c.key);
        assert_eq!(key.and_then(Key::kind), Some(ProviderKind::Csp));
        assert_eq!(key.and_then(Key::machine_keyset), Some(true));
        // A file of a user's folder, of another machine, with a key of its own; a certificate whose link names a user's key.
        let mut other = own.clone();
        other.key.unique_name =
            fact("99247943bd018ca78ef945b82652598d_00000000-0000-0000-0000-000000000001".to_owned());
        let mut with_key = shown.clone();
        with_key.key.public_key_sha1 = fact(Sha1([3; 20]));
        let mut of_user = own.clone();
        of_user.key.flags = fact(0);
        for (shown, own) in [(&shown, &other), (&with_key, &own), (&shown, &of_user)] {
            assert_eq!(join(&mut vec![shown.clone(), own.clone()]).removed.len(), 0);
        }
    }

    #[test]
    fn a_loose_certificate_is_a_sighting_of_the_stored_one() {
        use crate::case::credential::Store;
        let stored = |container: &str| {
            let mut stored = certificate(None, container);
            stored.store = Some(Store::default());
            stored
        };
        let named = |mut credential: Credential| {
            if let Some(certificate) = &mut credential.certificate {
                certificate.sha1 = fact(Sha1([9; 20]));
            }
            credential
        };
        let mut file = named(certificate(Some(1), ""));
        file.origin = Origin::CertificateFile;
        // The file tells the public key of the log's certificate, and so its key is found.
        let mut all = vec![file.clone(), named(stored("te-1")), key(1, "te-1", KeySpec::KEYEXCHANGE)];
        assert_eq!(join(&mut all).removed.len(), 2);
        let own = all.first().map(|c| &c.key);
        assert_eq!(all.len(), 1);
        assert_eq!(own.and_then(|k| k.matches_certificate.as_ref()).map(|m| m.value), Some(true));
        // A contradiction keeps them apart.
        file.key.key_spec = fact(KeySpec::SIGNATURE);
        let mut all = vec![file, named(stored("te-1"))];
        assert!(join(&mut all).removed.is_empty());
    }

    #[test]
    fn another_file_with_the_key_says_nothing_of_the_container() {
        let matches = |own: &Credential| own.key.matches_certificate.as_ref().map(|m| m.value);
        let mut stray = key(1, "", KeySpec::KEYEXCHANGE);
        stray.origin = Origin::KeyFile;
        let other = key(2, "te-1", KeySpec::KEYEXCHANGE);
        for all in [[&stray, &other], [&other, &stray]] {
            let mut all: Vec<Credential> = all.into_iter().cloned().chain([certificate(Some(1), "te-1")]).collect();
            assert_eq!(join(&mut all).removed.len(), 1);
            assert_eq!(all.last().and_then(matches), Some(false));
            assert_eq!(all.len(), 2);
        }
        // Without the container's key nothing is known of it.
        let mut all = vec![certificate(Some(1), "te-1"), stray.clone()];
        join(&mut all);
        assert_eq!((all.len(), all.first().and_then(matches)), (1, None));
        // A public key is no key.
        stray.key.public_only = true;
        let mut all = vec![certificate(Some(1), ""), stray];
        join(&mut all);
        assert_eq!((all.len(), all.first().and_then(matches)), (2, None));
    }

    #[test]
    fn a_key_goes_to_the_certificate_that_names_its_container() {
        let matches = |own: &Credential| own.key.matches_certificate.as_ref().map(|m| m.value);
        for name_first in [false, true] {
            let mut all = vec![certificate(Some(1), ""), certificate(Some(1), "te-1")];
            if name_first {
                all.reverse();
            }
            all.push(key(1, "te-1", KeySpec::KEYEXCHANGE));
            join(&mut all);
            let own: Vec<_> = all.iter().map(matches).collect();
            assert_eq!(own, if name_first { [Some(true), None] } else { [None, Some(true)] });
        }
        // Two certificates of one container.
        let mut all =
            vec![certificate(Some(1), "te-1"), certificate(Some(1), "te-1"), key(1, "te-1", KeySpec::KEYEXCHANGE)];
        assert_eq!(join(&mut all).removed.len(), 1);
        assert!(all.iter().all(|own| matches(own) == Some(true)));
    }

    #[test]
    fn the_same_key_in_another_container_stays_apart() {
        let mut all = vec![certificate(Some(1), "te-1"), key(1, "te-2", KeySpec::KEYEXCHANGE)];
        assert_eq!(join(&mut all).removed.len(), 0);
        assert_eq!(all.len(), 2);
    }
}
