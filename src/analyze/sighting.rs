//! Several sightings of one credential: in one log before and after, by two accounts, in two files.

use crate::case::credential::{Access, Association, Credential, Key, KeyRemark, Origin, Scope, TestOutcome};
use crate::case::index::fold_all;
use crate::case::link::{differ, two_machines};
use crate::case::machines::are_two;
use crate::limits::SIGHTINGS;
use crate::model::fact::Place;

/// What makes two sightings the same credential: a hash of the thumbprint (or of serial number and issuer) with the
/// store and its scope. `None`: a sighting without either is never merged.
pub(super) fn identity(c: &Credential) -> Option<u128> {
    let certificate = c.certificate.as_ref()?;
    let digits;
    let name: [&[u8]; 3] = match (&certificate.sha1, &certificate.serial, &certificate.issuer) {
        (Some(sha1), ..) => {
            digits = sha1.value.digits();
            [&digits, b"", b""]
        }
        (None, Some(serial), Some(issuer)) => [serial.value.as_bytes(), b"\n", issuer.value.as_bytes()],
        _ => return None,
    };
    Some(placed(name, place(c.printed_store_name().unwrap_or_default(), c.scope())))
}

/// Whether two sightings of one certificate may be one credential. What two computers show are two, by their names or by the
/// GUIDs in the names of key files. Each PFX file is an import of its own: it takes up a
/// certificate file that says nothing of a key, and a dump of it that does not contradict it, and no other input.
pub(super) fn may_be_one(a: &Credential, b: &Credential) -> bool {
    let computers = are_two(a.surroundings.machine.as_deref(), b.surroundings.machine.as_deref());
    if computers || two_machines(&a.key, &b.key) {
        return false;
    }
    let (pfx, other) = match (a.origin, b.origin) {
        (Origin::Pfx, Origin::Pfx) => return a.sources.iter().any(|s| b.sources.iter().any(|o| o.source == s.source)),
        (Origin::Pfx, _) => (&a.key, b),
        (_, Origin::Pfx) => (&b.key, a),
        _ => return true,
    };
    let key = &other.key;
    if other.origin == Origin::CertificateFile {
        return key.tells_nothing();
    }
    !differ(pfx.key_spec.as_ref(), key.key_spec.as_ref())
        && !differ(pfx.provider_type.as_ref(), key.provider_type.as_ref())
        && pfx.provider.as_ref().zip(key.provider.as_ref()).is_none_or(|(a, b)| a.value.eq_ignore_ascii_case(&b.value))
}

/// A hash of a store and its scope.
pub(super) fn place(store: &str, scope: Scope) -> u64 {
    fold_all([store.as_bytes(), scope.word().as_bytes()])
}

/// The identity of the credential with a thumbprint of these digits, in a [`place`].
pub(super) fn identity_of(sha1: &[u8], place: u64) -> u128 {
    placed([sha1, b"", b""], place)
}

fn placed(name: [&[u8]; 3], place: u64) -> u128 {
    (u128::from(fold_all(name)) << 64) | u128::from(place)
}

/// What sightings of one credential have in common, lower case: the names of the container, and of a machine's store, which
/// holds a certificate once, the GUID of the machine in the name of the key file.
pub(super) fn names(c: &Credential) -> Vec<String> {
    let mut names = containers(c);
    let masked = c.thumbprint().is_some_and(|sha1| sha1.is_masked());
    let once =
        !masked && c.origin == Origin::StoreDump && c.scope() == Scope::Machine && c.printed_store_name().is_some();
    names.extend(c.key.machine_guid().filter(|_| once).map(|guid| format!("machine {guid}")));
    names
}

/// The names of the container that a sighting shows, lower case.
fn containers(c: &Credential) -> Vec<String> {
    let shown = [&c.key.unique_name, &c.key.container, &c.key.stored_container];
    shown.into_iter().flatten().map(|n| n.value.to_lowercase()).filter(|n| !n.is_empty()).collect()
}

/// Whether a text shows a certificate, an import, and then the certificate again in the same store.
pub(super) fn imported_since(before: &Credential, after: &Credential) -> bool {
    let Some(source) = after.sources.first().map(|s| s.source) else { return false };
    let stored = [before, after].iter().all(|c| c.origin == Origin::StoreDump && c.printed_store_name().is_some());
    let last = before.sources.iter().filter(|s| s.source == source).map(|s| s.start).max();
    stored && last.zip(after.surroundings.imported).is_some_and(|(shown, imported)| shown < imported)
}

/// How much a sighting shows of the key.
fn weight(c: &Credential) -> (bool, bool, bool, bool) {
    let linked = matches!(c.key.association, Association::Linked | Association::FoundBySearch);
    (linked, c.key.access == Access::Opened, c.key.key_spec.is_some(), c.key.association != Association::Unknown)
}

/// Whether it is known that the account could open no key of the machine: then a key that it shows as missing may be there.
fn unelevated(c: &Credential) -> bool {
    c.surroundings.unelevated.is_some() || c.key.remark(KeyRemark::AccessDenied).is_some()
}

/// How much the account's view counts: SYSTEM's is that of http.sys.
fn rights(c: &Credential) -> u8 {
    match (&c.surroundings.system, &c.surroundings.elevated) {
        (Some(_), _) => 3,
        (None, Some(_)) => 2,
        (None, None) if !unelevated(c) => 1,
        (None, None) => 0,
    }
}

/// Where a sighting shows the key link and whether the key opens.
fn shown_at(c: &Credential) -> Place {
    c.key.access_place.or(c.key.association_place).unwrap_or_else(|| begin(c))
}

/// Whether one sighting opened the key that the other shows as missing.
fn denies(a: &Credential, b: &Credential) -> bool {
    matches!((a.key.access, b.key.access), (Access::Opened, Access::NotOpened) | (Access::NotOpened, Access::Opened))
}

/// Whether the sighting that is read later gives the values.
///
/// The key link is the same for whoever looks, so within one text the later state counts. Whether the key opens depends on
/// the account: SYSTEM's look counts before any other, then within one text the later one, unless it was made without the
/// rights to open the key. Of two texts nothing tells which was made later: the one that shows more counts. Files, and a card
/// that is shown through each provider in turn, have no state that changes.
fn later_counts(kept: &Credential, later: &Credential) -> bool {
    if [kept, later].iter().any(|c| c.origin != Origin::StoreDump) {
        return weight(later) >= weight(kept);
    }
    let (before, after) = (shown_at(kept), shown_at(later));
    let one_text = before.source == after.source;
    let is_newer = after.start >= before.start;
    let known = |c: &Credential| c.key.association != Association::Unknown;
    let relinked = known(kept) && known(later) && kept.key.association != later.key.association;
    if (relinked || imported_since(kept, later)) && one_text {
        return is_newer;
    }
    if denies(kept, later) {
        let system = |c: &Credential| c.surroundings.system.is_some();
        if system(kept) != system(later) {
            return system(later);
        }
        if one_text {
            let (newer, older) = if is_newer { (later, kept) } else { (kept, later) };
            let proves_nothing = newer.key.access == Access::NotOpened && unelevated(newer) && !unelevated(older);
            return is_newer != proves_nothing;
        }
    }
    weight(later) >= weight(kept)
}

/// A fact about which two sightings of one credential differ.
pub(super) struct Difference {
    /// What is said of it: both values.
    pub message: String,
    /// Where the later sighting says it.
    pub later: Place,
    /// Where the earlier one says it.
    pub earlier: Place,
    /// The later one's value counts.
    pub later_counts: bool,
}

/// The line, else the first byte, of a place.
pub(super) fn spot(place: Place) -> String {
    if place.line > 0 { format!("line {}", place.line) } else { format!("offset {:#x}", place.start) }
}

/// Where a sighting begins.
fn begin(c: &Credential) -> Place {
    c.sources.last().map_or(Place::default(), |s| Place {
        source: s.source,
        line: s.line,
        start: s.start,
        ..Place::default()
    })
}

/// What two sightings say differently: KeySpec, provider, key link, access and tests. A value that one of them does not show
/// is no difference.
fn differences(later: &Credential, earlier: &Credential, later_counts: bool) -> Vec<Difference> {
    let mut out = Vec::new();
    // A card is shown through each provider in turn.
    if later.origin == Origin::SmartCardDump || earlier.origin == Origin::SmartCardDump {
        return out;
    }
    // The whole hash: a redacted report has another one in its place.
    let sha1 = later.certificate.as_ref().and_then(|c| c.sha1.as_ref());
    let name = sha1.map_or_else(|| "this certificate".to_owned(), |sha1| sha1.value.to_string());
    // What an import or a repair between them changed is no contradiction.
    let said = match imported_since(earlier, later) {
        true => "the log shows a change of",
        false => "the artifacts contradict each other about",
    };
    let mut tell = |what: &str, own: (String, Place), other: (String, Place)| {
        if own.0 != other.0 {
            let message = format!("{said} {name}: {what} {} here, {}", own.0, other.0);
            out.push(Difference { message, later: own.1, earlier: other.1, later_counts });
        }
    };
    if let (Some(a), Some(b)) = (&later.key.key_spec, &earlier.key.key_spec) {
        tell("KeySpec", (a.value.to_string(), a.place), (b.value.to_string(), b.place));
    }
    if let (Some(a), Some(b)) = (&later.key.provider, &earlier.key.provider)
        && !a.value.eq_ignore_ascii_case(&b.value)
    {
        tell("provider", (a.value.clone(), a.place), (b.value.clone(), b.place));
    }
    let link = |c: &Credential| match c.key.association {
        Association::Linked => Some(("present".to_owned(), c.key.association_place.unwrap_or_else(|| begin(c)))),
        Association::None => Some(("absent".to_owned(), c.key.association_place.unwrap_or_else(|| begin(c)))),
        _ => None,
    };
    if let (Some(a), Some(b)) = (link(later), link(earlier)) {
        tell("key link", a, b);
    }
    let access = |c: &Credential| match c.key.access {
        Access::Unknown => None,
        access => Some((access.word().to_owned(), c.key.access_place.unwrap_or_else(|| begin(c)))),
    };
    if let (Some(a), Some(b)) = (access(later), access(earlier)) {
        tell("the key is", a, b);
    }
    for (what, later_test, earlier_test) in [
        ("encryption test", later.key.encryption_test, earlier.key.encryption_test),
        ("signature test", later.key.signature_test, earlier.key.signature_test),
    ] {
        let word = |test: TestOutcome| match test {
            TestOutcome::Passed => Some("passed"),
            TestOutcome::Failed => Some("failed"),
            TestOutcome::NotShown => None,
        };
        if let (Some(a), Some(b)) = (word(later_test), word(earlier_test)) {
            let place = |c: &Credential| c.key.test_places.last().map_or_else(|| begin(c), |t| t.place);
            tell(what, (a.to_owned(), place(later)), (b.to_owned(), place(earlier)));
        }
    }
    out
}

/// Where the sighting that does not count shows as missing a key of the machine which the other one opened, although nothing
/// tells which of the two artifacts is the newer one.
fn missing_elsewhere(winner: &Credential, loser: &Credential) -> Option<Place> {
    let (opened, missing) = (shown_at(winner), shown_at(loser));
    let doubted = denies(winner, loser)
        && winner.key.access == Access::Opened
        && opened.source != missing.source
        && [winner, loser].iter().all(|c| c.scope() == Scope::Machine)
        && winner.surroundings.system.is_none()
        && !unelevated(loser);
    if doubted {
        return Some(missing);
    }
    let known = loser.key.missing_elsewhere.filter(|_| winner.key.access == loser.key.access);
    winner.key.missing_elsewhere.or(known).filter(|_| winner.surroundings.system.is_none())
}

/// Two sightings of one credential: one gives the values ([`later_counts`]), and the other fills what that one does not show.
/// What they say differently is told: nothing is lost in silence. `None`: nothing new.
pub(super) fn merge(kept: &mut Credential, later: Credential) -> Option<Vec<Difference>> {
    let later_wins = later_counts(kept, &later);
    let told = differences(&later, kept, later_wins);
    // Of a credential that is seen again and again only what is new counts, and only its own lines are kept.
    let full = kept.sources.len() >= SIGHTINGS;
    if full && told.is_empty() && weight(&later) == weight(kept) {
        return None;
    }
    let id = kept.id;
    let (mut winner, loser) = if later_wins { (later, std::mem::take(kept)) } else { (std::mem::take(kept), later) };
    winner.id = id;
    let (own_names, others) = (containers(&winner), containers(&loser));
    let another = !own_names.is_empty() && !others.is_empty() && !others.iter().any(|name| own_names.contains(name));
    if winner.key.access == loser.key.access && rights(&loser) > rights(&winner) {
        let (own, other) = (&mut winner.surroundings, &loser.surroundings);
        (own.system, own.elevated, own.unelevated) =
            (other.system.clone(), other.elevated.clone(), other.unelevated.clone());
    }
    winner.key.missing_elsewhere = missing_elsewhere(&winner, &loser);
    let (earlier, last) = if later_wins { (&loser, &winner) } else { (&winner, &loser) };
    winner.sources = earlier.sources.iter().take(SIGHTINGS).chain(&last.sources).copied().take(SIGHTINGS).collect();
    if !full {
        winner.excerpts.extend(loser.excerpts);
    }
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
    // The link that was there is no longer, and with it goes what it said.
    let unlinked = own.association == Association::None && other.association != Association::Unknown;
    // Of another container nothing is this one's.
    let other = if unlinked || another { Key::default() } else { other };
    macro_rules! fill_key {
        ($($field:ident),*) => { $( if own.$field.is_none() { own.$field = other.$field; } )* };
    }
    fill_key!(
        stored_container,
        container,
        unique_name,
        provider,
        provider_type,
        family,
        flags,
        key_spec,
        key_spec_witness,
        algorithm,
        bits,
        usage,
        ui_policy,
        export_policy,
        permissions,
        sddl
    );
    if winner.store.as_ref().is_none_or(|s| s.scope.is_none()) && loser.store.is_some() {
        winner.store = loser.store;
    }
    *kept = winner;
    Some(told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::credential::Surroundings;
    use crate::model::fact::{Fact, SourceId};

    fn seen(input: u32, start: u64, association: Association, access: Access) -> Credential {
        let place = Some(Place { source: SourceId(input), start, ..Place::default() });
        let key = Key { association, access, association_place: place, access_place: place, ..Key::default() };
        Credential { key, ..Credential::default() }
    }

    fn opened(input: u32, start: u64) -> Credential {
        seen(input, start, Association::Linked, Access::Opened)
    }

    fn missing(input: u32, start: u64) -> Credential {
        seen(input, start, Association::Linked, Access::NotOpened)
    }

    fn by(credential: Credential, surroundings: Surroundings) -> Credential {
        Credential { surroundings, ..credential }
    }

    #[test]
    fn which_of_two_sightings_counts() {
        let sign = || Some(Fact::stated("C:\\>".to_owned(), Place::default()));
        let system = || Surroundings { system: sign(), ..Surroundings::default() };
        let plain = || Surroundings { unelevated: sign(), ..Surroundings::default() };
        // The later one of a text, in whichever order they are read.
        assert!(later_counts(&opened(0, 1), &missing(0, 2)));
        assert!(!later_counts(&missing(0, 2), &opened(0, 1)));
        // Nothing tells the order of two texts.
        assert!(!later_counts(&opened(0, 1), &missing(1, 2)));
        assert!(later_counts(&missing(0, 1), &opened(1, 2)));
        // SYSTEM's look, wherever it stands.
        assert!(!later_counts(&by(missing(0, 1), system()), &opened(0, 2)));
        assert!(later_counts(&opened(0, 1), &by(missing(1, 2), system())));
        // A plain user's look proves nothing against one that opened the key; that it opened it does.
        assert!(!later_counts(&opened(0, 1), &by(missing(0, 2), plain())));
        assert!(later_counts(&by(opened(0, 1), plain()), &by(missing(0, 2), plain())));
        assert!(later_counts(&missing(0, 1), &by(opened(0, 2), plain())));
        // The key link is the same for everybody.
        let unlinked = |start| seen(0, start, Association::None, Access::Unknown);
        assert!(later_counts(&opened(0, 1), &by(unlinked(2), plain())));
        assert!(later_counts(&unlinked(1), &opened(0, 2)));
        // Neither a file nor a card has a state that changes.
        for origin in [Origin::FileDump, Origin::SmartCardDump] {
            let of = |credential| Credential { origin, ..credential };
            assert!(!later_counts(&of(opened(0, 1)), &of(unlinked(2))));
            assert!(!later_counts(&of(opened(0, 1)), &of(missing(0, 2))));
        }
    }

    #[test]
    fn a_doubt_ends_with_the_look_of_system() {
        let stored = |mut credential: Credential| {
            let scope = Some(Fact::stated(Scope::Machine, Place::default()));
            credential.store = Some(crate::case::credential::Store { name: None, scope });
            credential
        };
        let mut kept = stored(opened(0, 1));
        assert!(merge(&mut kept, stored(missing(1, 1))).is_some());
        assert_eq!((kept.key.access, kept.key.missing_elsewhere.is_some()), (Access::Opened, true));
        let system = Some(Fact::stated("psexec -s".to_owned(), Place::default()));
        let look = by(stored(opened(2, 1)), Surroundings { system, ..Surroundings::default() });
        merge(&mut kept, look);
        assert_eq!((kept.key.access, kept.key.missing_elsewhere.is_some()), (Access::Opened, false));
        // A user's key is not the machine's.
        let mut kept = opened(0, 1);
        merge(&mut kept, missing(1, 1));
        assert!(kept.key.missing_elsewhere.is_none());
    }
}
