//! Credentials from a PFX file: what the default import would store.

use super::artifact::{Artifact, Origin, ReadStatus};
use super::credential::{self, Association, Credential, Key, SourceRange};
use super::from_certificate;
use super::pfx::Pair;
use super::pfx::{Algorithm, PfxFile, PfxPart, Shown, Support};
use super::pfx_details;
use super::pfx_import::{KeyOfFile, why_key_spec};
use crate::formats::FormatError;
use crate::formats::pfx::algorithms::{Cipher, Encryption, Hash, Kdf, MacAlgorithm, Scheme};
use crate::formats::pfx::{self, Bag, BagValue, PasswordState, Pfx, SafeKind};
use crate::limits::{CHAIN_CERTIFICATES, Limits};
use crate::model::fact::{Fact, Place};
use crate::model::flags::CRYPT_MACHINE_KEYSET;
use crate::model::oid;
use crate::model::thumbprint::Sha1;
use std::sync::Arc;
use zeroize::Zeroizing;

/// A PFX file, opened as far as the passwords at hand go.
pub struct Opened {
    pfx: Pfx,
    password: PasswordState,
    /// How many passwords were at hand.
    given: usize,
    /// The length of the file in bytes.
    length: usize,
}

/// Reads a PFX file and opens it with the first of the passwords that is right. What stands in clear is there with or
/// without a password.
///
/// # Errors
/// Not a PFX, or one of which nothing can be read.
pub fn open(bytes: &[u8], passwords: &[Zeroizing<String>], limits: &Limits) -> Result<Opened, FormatError> {
    let mut pfx = pfx::walk(bytes, limits)?;
    let password = open_with(&mut pfx, passwords, limits);
    Ok(Opened { pfx, password, given: passwords.len(), length: bytes.len() })
}

/// What an opened PFX gives to the case. `ask` is called when the file stays locked: it gives another password, or `None`
/// to go on.
pub fn read(
    opened: Opened,
    ask: &mut dyn FnMut() -> Option<Zeroizing<String>>,
    origin: &Origin<'_>,
    limits: &Limits,
) -> Artifact {
    let Opened { mut pfx, password, given, length } = opened;
    let password = ask_further(&mut pfx, password, given, ask, limits);
    let case = Case { pfx: &pfx, origin: *origin, bags: located_bags(&pfx) };
    let pairs = case.pairs();
    let file = Arc::new(case.file(password, origin.place(0, length)));
    let mut artifact = Artifact::new("pfx");
    artifact.credentials = case.credentials(&file, &pairs);
    let leaves = pairs.iter().filter_map(|pair| pair.certificate);
    let chains: Vec<(usize, (Vec<usize>, bool))> = leaves.map(|leaf| (leaf, pfx::chain(&pfx, leaf))).collect();
    for (leaf, _) in chains.iter().filter(|(_, (_, cut))| *cut) {
        let message = format!("a chain of more than {CHAIN_CERTIFICATES} certificates: the rest of it is not listed");
        let start = pfx.bags().nth(*leaf).map_or(0, |bag| bag.start);
        artifact.add_problems([FormatError::new(message, start)]);
    }
    let chains: Vec<&[usize]> = chains.iter().map(|(_, (chain, _))| chain.as_slice()).collect();
    artifact.details = Some(pfx_details::details(&pfx, &file, &pairs, &chains, &artifact.credentials));
    artifact.add_problems(pfx.problems.iter().cloned());
    if password == PasswordState::Wrong {
        let start = pfx.mac.as_ref().map_or(0, |mac| mac.start);
        artifact.problems.push(FormatError::new(
            "none of the passwords that were given opens the file: it has another one, or its bytes are damaged",
            start,
        ));
    }
    // Parts for holders of keys stay locked with the right password, too.
    let opened = matches!(password, PasswordState::Given(_) | PasswordState::Empty | PasswordState::Null);
    if pfx.locked() && !opened {
        artifact.status = ReadStatus::Locked;
    }
    artifact
}

#[cfg(feature = "decrypt")]
fn open_with(pfx: &mut Pfx, passwords: &[Zeroizing<String>], limits: &Limits) -> PasswordState {
    pfx::open::open(pfx, passwords, limits)
}

#[cfg(not(feature = "decrypt"))]
fn open_with(pfx: &mut Pfx, _: &[Zeroizing<String>], _: &Limits) -> PasswordState {
    if pfx.locked() || pfx.mac.is_some() { PasswordState::Missing } else { PasswordState::NoneNeeded }
}

#[cfg(feature = "decrypt")]
fn ask_further(
    pfx: &mut Pfx,
    mut state: PasswordState,
    given: usize,
    ask: &mut dyn FnMut() -> Option<Zeroizing<String>>,
    limits: &Limits,
) -> PasswordState {
    let mut asked = given;
    while matches!(state, PasswordState::Missing | PasswordState::Wrong) && pfx.locked() {
        let Some(password) = ask() else { break };
        state = match pfx::open::open_with_only(pfx, &[password], limits) {
            PasswordState::Given(_) => PasswordState::Given(asked),
            other => other,
        };
        asked = asked.saturating_add(1);
    }
    state
}

#[cfg(not(feature = "decrypt"))]
fn ask_further(
    _: &mut Pfx,
    state: PasswordState,
    _: usize,
    _: &mut dyn FnMut() -> Option<Zeroizing<String>>,
    _: &Limits,
) -> PasswordState {
    state
}

/// A bag with the numbers of its path.
pub(super) struct Located<'p> {
    pub(super) bag: &'p Bag,
    safe: usize,
    number: usize,
}

fn located_bags(pfx: &Pfx) -> Vec<Located<'_>> {
    pfx.safes
        .iter()
        .enumerate()
        .flat_map(|(safe, part)| part.bags.iter().enumerate().map(move |(number, bag)| Located { bag, safe, number }))
        .collect()
}

struct Case<'p> {
    pfx: &'p Pfx,
    origin: Origin<'p>,
    bags: Vec<Located<'p>>,
}

impl Case<'_> {
    fn place(&self, start: usize, end: usize) -> Place {
        self.origin.place(start, end)
    }

    fn bag_place(&self, bag: &Bag) -> Place {
        self.place(bag.start, bag.end)
    }

    /// Keys with their certificates: by public key; else, to show what does not match, by localKeyID, or when there is
    /// but one key and one certificate that is not a CA's.
    fn pairs(&self) -> Vec<Pair> {
        let ends: Vec<usize> = (0..self.bags.len()).filter(|i| self.is_end_entity(*i)).collect();
        let keys: Vec<usize> =
            self.bags.iter().enumerate().filter(|(_, b)| b.bag.is_key()).map(|(index, _)| index).collect();
        let mut pairs = Vec::new();
        for key in &keys {
            let Some(bag) = self.bags.get(*key).map(|located| located.bag) else { continue };
            if let Some(found) = pfx::certificate_of_key(self.pfx, bag) {
                let matches = found.by_public_key.then_some(true);
                pairs.push(Pair { key: *key, certificate: Some(found.bag), matches });
                continue;
            }
            let id = bag.attributes.local_key_id.as_ref().map(|id| &id.value);
            let same_id = self.bags.iter().position(|other| {
                let other_id = other.bag.attributes.local_key_id.as_ref().map(|id| &id.value);
                other.bag.certificate().is_some() && id.is_some() && other_id == id
            });
            let only = match (keys.as_slice(), ends.as_slice()) {
                ([_], [end]) => Some(*end),
                _ => None,
            };
            let certificate = same_id.or(only);
            let shown = bag.key().is_some_and(|key| key.public_key_sha1.is_some());
            let matches = (shown && certificate.is_some()).then_some(false);
            pairs.push(Pair { key: *key, certificate, matches });
        }
        pairs
    }

    /// Whether the certificate is none of a CA: one that a server issued to itself isn't, though `openssl req -x509` marks
    /// every certificate as a CA's.
    fn is_end_entity(&self, index: usize) -> bool {
        self.bags.get(index).and_then(|b| b.bag.certificate()).is_some_and(|certificate| {
            let usages = certificate.extended_key_usage.as_deref().unwrap_or_default();
            let own = certificate.self_issued && usages.iter().any(|usage| usage == oid::SERVER_AUTH);
            certificate.ca != Some(true) || own
        })
    }

    fn file(&self, password: PasswordState, whole: Place) -> PfxFile {
        let mut shown = Vec::new();
        let mut algorithms = Vec::new();
        let mut mac_place = None;
        if let Some(mac) = &self.pfx.mac {
            let place = self.place(mac.start, mac.end);
            mac_place = Some(place);
            let text = format!("MAC {}, {} iterations", mac.algorithm.value.name(), mac.iterations.value);
            shown.push(Shown { place, path: "macData".to_owned(), text });
            let name = mac.algorithm.value.name().to_owned();
            let support = mac_support(&mac.algorithm.value);
            algorithms.push(Fact::stated(Algorithm { use_of: "MAC", name, support }, place));
        }
        for (number, safe) in self.pfx.safes.iter().enumerate() {
            if let SafeKind::Encrypted(encryption) = &safe.kind {
                self.encryption("part", format!("authSafe[{number}]"), encryption, &mut algorithms, &mut shown);
            }
        }
        for located in &self.bags {
            let path = format!("authSafe[{}].bag[{}]", located.safe, located.number);
            let bag = located.bag;
            if let Some(encryption) = &bag.encryption {
                self.encryption("key", path.clone(), encryption, &mut algorithms, &mut shown);
            }
            let mut field = |start: usize, end: usize, name: &str, text: String| {
                let path = format!("{path}.attribute[{name}]");
                shown.push(Shown { place: self.place(start, end), path, text });
            };
            let attributes = &bag.attributes;
            if let Some(name) = &attributes.provider {
                field(name.start, name.end, "cspName", format!("provider (1.3.6.1.4.1.311.17.1): {}", name.value));
            }
            if let Some(mark) = &attributes.machine_keyset {
                let text = "machine key (1.3.6.1.4.1.311.17.2)".to_owned();
                field(mark.start, mark.end, "localMachineKeyset", text);
            }
            if let Some(name) = &attributes.friendly_name {
                field(name.start, name.end, "friendlyName", format!("friendlyName: {}", name.value));
            }
            for duplicate in &attributes.duplicates {
                let text = format!("a second attribute {}", duplicate.value);
                field(duplicate.start, duplicate.end, &duplicate.value, text);
            }
            let text = self.bag_text(bag);
            shown.push(Shown { place: self.bag_place(bag), path, text });
        }
        let ends = (0..self.bags.len()).filter(|index| self.is_end_entity(*index));
        let place_of = |index: usize| self.bags.get(index).map(|located| self.bag_place(located.bag));
        PfxFile {
            name: self.origin.file_name.map(str::to_owned),
            password,
            locked: self.pfx.locked(),
            incomplete: !self.pfx.problems.is_empty(),
            cut: self.pfx.cut,
            keys: self.bags.iter().filter(|b| b.bag.is_key()).map(|b| self.bag_place(b.bag)).collect(),
            end_entities: ends.filter_map(place_of).collect(),
            algorithms,
            mac: mac_place,
            whole,
            shown,
        }
    }

    /// A bag in words. Bags of one encrypted part share its place, so the words name what matters for a finding.
    fn bag_text(&self, bag: &Bag) -> String {
        match &bag.value {
            BagValue::Key(key) => {
                let bits = key.bits.map(|bits| format!(" {bits}")).unwrap_or_default();
                let usage = match &key.key_usage {
                    Some(usage) => format!("key usage (2.5.29.15) = {:02x}", usage.value.bits),
                    None => "no key usage (2.5.29.15)".to_owned(),
                };
                format!("{}: {}{bits}, {usage}", bag.kind.name(), key.algorithm)
            }
            BagValue::LockedKey => format!("{}: locked", bag.kind.name()),
            BagValue::Certificate(certificate) => format!("{}: {}", bag.kind.name(), certificate.subject),
            BagValue::Other(_) | BagValue::Unreadable(_) => bag.kind.name().to_owned(),
        }
    }

    fn encryption(
        &self,
        use_of: &'static str,
        path: String,
        encryption: &Encryption,
        algorithms: &mut Vec<Fact<Algorithm>>,
        shown: &mut Vec<Shown>,
    ) {
        let place = self.place(encryption.start, encryption.end);
        let name = encryption_name(encryption);
        shown.push(Shown { place, path: format!("{path}.encryption"), text: name.clone() });
        let support = encryption_support(encryption);
        algorithms.push(Fact::stated(Algorithm { use_of, name, support }, place));
    }

    fn credentials(&self, file: &Arc<PfxFile>, pairs: &[Pair]) -> Vec<Credential> {
        let mut credentials: Vec<Credential> = pairs.iter().map(|pair| self.of_key(file, pair)).collect();
        if pairs.is_empty() {
            let certificates = (0..self.bags.len()).filter(|index| self.is_end_entity(*index));
            credentials.extend(certificates.filter_map(|index| self.of_certificate(file, index)));
        }
        if credentials.is_empty() && self.pfx.cut {
            credentials.push(self.of_cut_file(file));
        }
        if let Some(part) = credentials.first_mut().and_then(|credential| credential.pfx.as_mut()) {
            part.first = true;
        }
        credentials
    }

    fn part(&self, file: &Arc<PfxFile>) -> PfxPart {
        PfxPart {
            file: Arc::clone(file),
            first: false,
            key_bag: None,
            certificate_bag: None,
            key_locked: false,
            key_usage: None,
            imports: Vec::new(),
        }
    }

    /// What stands for a file that was cut before its first key and its first certificate: neither is known.
    fn of_cut_file(&self, file: &Arc<PfxFile>) -> Credential {
        Credential {
            origin: credential::Origin::Pfx,
            sources: vec![self.source_range(file.whole)],
            incomplete: true,
            pfx: Some(self.part(file)),
            ..Credential::default()
        }
    }

    fn source_range(&self, place: Place) -> SourceRange {
        SourceRange { source: self.origin.source, line: place.line, start: place.start, end: place.end() }
    }

    fn of_certificate(&self, file: &Arc<PfxFile>, index: usize) -> Option<Credential> {
        let bag = self.bags.get(index)?.bag;
        let place = self.bag_place(bag);
        let mut part = self.part(file);
        part.certificate_bag = Some(place);
        let association = if file.locked || file.incomplete { Association::Unknown } else { Association::None };
        Some(Credential {
            origin: credential::Origin::Pfx,
            certificate: Some(self.certificate(bag)?),
            key: Key { association, ..Key::default() },
            sources: vec![self.source_range(place)],
            incomplete: file.incomplete,
            pfx: Some(part),
            ..Credential::default()
        })
    }

    fn certificate(&self, bag: &Bag) -> Option<credential::Certificate> {
        let mut certificate = from_certificate::of_facts(bag.certificate()?, self.bag_place(bag));
        let name = bag.attributes.friendly_name.as_ref();
        certificate.friendly_name = name.map(|name| Fact::stated(name.value.clone(), self.place(name.start, name.end)));
        Some(certificate)
    }

    fn of_key(&self, file: &Arc<PfxFile>, pair: &Pair) -> Credential {
        let mut credential =
            Credential { origin: credential::Origin::Pfx, incomplete: file.incomplete, ..Credential::default() };
        let mut part = self.part(file);
        let Some(bag) = self.bags.get(pair.key).map(|located| located.bag) else { return credential };
        let place = self.bag_place(bag);
        part.key_bag = Some(place);
        part.key_locked = matches!(bag.value, BagValue::LockedKey | BagValue::Unreadable(_));
        credential.sources.push(self.source_range(place));
        if let Some(certificate) = pair.certificate.and_then(|index| self.bags.get(index)) {
            credential.certificate = self.certificate(certificate.bag);
            let place = self.bag_place(certificate.bag);
            part.certificate_bag = Some(place);
            credential.sources.push(self.source_range(place));
        }
        let attributes = &bag.attributes;
        let open = bag.key();
        let of_file = KeyOfFile {
            provider: attributes.provider.as_ref().map(|name| name.value.as_str()),
            container: attributes.friendly_name.as_ref().map(|name| name.value.as_str()),
            machine: attributes.machine_keyset.is_some(),
            algorithm: open.map(|key| key.algorithm.as_str()),
            usage: open.map(|key| key.key_usage.as_ref().map(|usage| usage.value.bits)),
        };
        let (mut provider_type, mut key_spec, confidence) = of_file.default_import();
        // The attribute that names a provider may have stood behind the end of what is left.
        if file.cut && of_file.provider.is_none() {
            (provider_type, key_spec) = (None, None);
        }
        let provider = attributes.provider.as_ref();
        let type_place = provider.map_or(place, |name| self.place(name.start, name.end));
        let usage = open.and_then(|key| key.key_usage.as_ref());
        part.key_usage = usage.map(|usage| Fact::stated(usage.value.bits, self.place(usage.start, usage.end)));
        let how = why_key_spec(part.key_usage.is_some(), confidence);
        let stated = |text: &str, start, end| Some(Fact::stated(text.to_owned(), self.place(start, end)));
        credential.key = Key {
            association: if pair.certificate.is_some() { Association::Linked } else { Association::Unknown },
            association_place: pair.certificate.map(|_| place),
            stored_container: attributes.friendly_name.as_ref().and_then(|n| stated(&n.value, n.start, n.end)),
            provider: provider.and_then(|name| stated(&name.value, name.start, name.end)),
            provider_type: provider_type
                .map(|value| Fact::derived(value, type_place, "what the default import would store")),
            flags: attributes.machine_keyset.as_ref().map(|mark| {
                Fact::derived(CRYPT_MACHINE_KEYSET, self.place(mark.start, mark.end), "the mark of a machine key")
            }),
            key_spec: key_spec.map(|value| Fact::derived(value, place, how)),
            algorithm: open.map(|key| Fact::stated(key.algorithm.clone(), place)),
            bits: open.and_then(|key| key.bits).map(|bits| Fact::stated(bits, place)),
            public_key_sha1: open
                .and_then(|key| Sha1::parse(key.public_key_sha1.as_deref()?))
                .map(|sha1| Fact::stated(sha1, place)),
            matches_certificate: pair.matches.map(|matches| Fact::stated(matches, place)),
            prediction: true,
            ..Key::default()
        };
        // No program imports a file whose end is missing.
        if !file.cut {
            part.imports = of_file.predictions();
        }
        credential.pfx = Some(part);
        credential
    }
}

/// The encryption in one line: `PBES2 AES-256 PBKDF2-sha256 2048`.
pub(super) fn encryption_name(encryption: &Encryption) -> String {
    let mut name = encryption.scheme_name().to_owned();
    if let Some(cipher) = &encryption.cipher {
        name.push_str(&format!(" {}", cipher.name()));
    }
    match &encryption.kdf {
        Some(Kdf::Pkcs12 { iterations, .. }) => name.push_str(&format!(", {iterations} iterations")),
        Some(Kdf::Pbkdf2 { iterations, prf, .. }) => {
            name.push_str(&format!(", PBKDF2 with HMAC-{}, {iterations} iterations", prf.name()));
        }
        Some(Kdf::Scrypt { n, r, p, .. }) => name.push_str(&format!(", scrypt with N={n}, r={r}, p={p}")),
        Some(Kdf::Other(oid)) => name.push_str(&format!(", key derivation {oid}")),
        None => {}
    }
    name
}

/// Windows writes and reads the schemes of PKCS#12 since long, AES-256 with SHA-256 since 1709; about other ones no
/// document was found.
fn encryption_support(encryption: &Encryption) -> Support {
    match (encryption.scheme, &encryption.cipher, &encryption.kdf) {
        (Scheme::Pbes1, Some(Cipher::TripleDes(3) | Cipher::Rc2(5, 40)), _) => Support::Every,
        (Scheme::Pbes2, Some(Cipher::Aes(256)), Some(Kdf::Pbkdf2 { prf: Hash::Sha256, .. })) => Support::Since1709,
        (Scheme::Pbes1, Some(_), _) => Support::OldNotDocumented,
        _ => Support::NotDocumented,
    }
}

fn mac_support(algorithm: &MacAlgorithm) -> Support {
    match algorithm {
        MacAlgorithm::Hmac(Hash::Sha1) => Support::Every,
        MacAlgorithm::Hmac(Hash::Sha256) => Support::Since1709,
        _ => Support::NotDocumented,
    }
}
