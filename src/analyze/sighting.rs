//! Several sightings of one credential: in one log before and after, by two accounts, in two files.

use crate::case::credential::{Access, Association, Credential};
use crate::case::index::fold;

/// What makes two sightings the same credential: a hash of the thumbprint (or of serial number and issuer) with the
/// store and its scope. `None`: a sighting without either is never merged.
pub(super) fn identity(c: &Credential) -> Option<u128> {
    let certificate = c.certificate.as_ref()?;
    let name = match (&certificate.sha1, &certificate.serial, &certificate.issuer) {
        (Some(sha1), ..) => sha1.value.to_string(),
        (None, Some(serial), Some(issuer)) => format!("{}\n{}", serial.value, issuer.value),
        _ => return None,
    };
    let store = c.store_name().unwrap_or_default();
    let place = format!("{store}\n{}", c.scope().word());
    Some((u128::from(fold(&name)) << 64) | u128::from(fold(&format!("{place}\n{name}"))))
}

/// Whether two sightings don't name two different containers.
pub(super) fn one_container(a: &Credential, b: &Credential) -> bool {
    let names = |c: &Credential| {
        [&c.key.unique_name, &c.key.container, &c.key.stored_container]
            .into_iter()
            .flatten()
            .map(|n| n.value.to_lowercase())
            .filter(|n| !n.is_empty())
            .collect::<Vec<_>>()
    };
    let (a, b) = (names(a), names(b));
    a.is_empty() || b.is_empty() || a.iter().any(|n| b.contains(n))
}

/// How much a sighting shows of the key.
fn weight(c: &Credential) -> (bool, bool, bool, bool) {
    let linked = matches!(c.key.association, Association::Linked | Association::FoundBySearch);
    (linked, c.key.access == Access::Opened, c.key.key_spec.is_some(), c.key.association != Association::Unknown)
}

/// Two sightings of one credential: the better-privileged, else the later one, gives the values; the other fills what
/// that one does not show.
pub(super) fn merge(kept: &mut Credential, later: Credential) {
    let later_wins = weight(&later) >= weight(kept);
    let id = kept.id;
    let (mut winner, loser) = if later_wins { (later, std::mem::take(kept)) } else { (std::mem::take(kept), later) };
    winner.id = id;
    winner.sources = match later_wins {
        true => loser.sources.iter().chain(&winner.sources).copied().collect(),
        false => winner.sources.iter().chain(&loser.sources).copied().collect(),
    };
    winner.excerpts.extend(loser.excerpts);
    if let Some(other) = loser.certificate {
        match &mut winner.certificate {
            None => winner.certificate = Some(other),
            Some(own) => {
                macro_rules! fill {
                    ($($field:ident),*) => { $( if own.$field.is_none() { own.$field = other.$field; } )* };
                }
                fill!(
                    sha1,
                    sha256,
                    serial,
                    subject,
                    issuer,
                    not_before,
                    not_after,
                    key_usage,
                    extended_key_usage,
                    is_ca,
                    self_signed,
                    signature_algorithm,
                    template,
                    friendly_name
                );
                if own.alternative_names.is_empty() {
                    own.alternative_names = other.alternative_names;
                }
                own.extensions_shown |= other.extensions_shown;
                let key = other.public_key;
                if own.public_key.algorithm.is_none() {
                    own.public_key.algorithm = key.algorithm;
                }
                if own.public_key.bits.is_none() {
                    own.public_key.bits = key.bits;
                }
                if own.public_key.sha1.is_none() {
                    own.public_key.sha1 = key.sha1;
                }
                if own.public_key.md5.is_none() {
                    own.public_key.md5 = key.md5;
                }
            }
        }
    }
    let (own, other) = (&mut winner.key, loser.key);
    macro_rules! fill_key {
        ($($field:ident),*) => { $( if own.$field.is_none() { own.$field = other.$field; } )* };
    }
    fill_key!(
        stored_container,
        container,
        unique_name,
        provider,
        provider_type,
        flags,
        key_spec,
        key_spec_witness,
        algorithm,
        bits,
        usage,
        export_policy,
        permissions,
        sddl
    );
    if winner.store.as_ref().is_none_or(|s| s.scope.is_none()) && loser.store.is_some() {
        winner.store = loser.store;
    }
    *kept = winner;
}
