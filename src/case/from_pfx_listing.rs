//! Credentials from what OpenSSL prints of a PFX: what the default import of that file would store.

use super::artifact::Origin;
use super::credential::{self, Association, Certificate, Credential, Key, SourceRange};
use super::pfx::{Algorithm, PfxFile, PfxPart, Shown, Support};
use super::pfx_import::{KeyOfFile, why_key_spec};
use crate::formats::pem::PemBlock;
use crate::formats::pfx::PasswordState;
use crate::formats::pfx_listing::{Listed, ListedBag, PfxListing, Use};
use crate::model::fact::{Fact, Place};
use crate::model::flags::CRYPT_MACHINE_KEYSET;
use crate::model::thumbprint::Sha1;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Gives the keys of a listing what it says of them, each with its certificate. `credentials` are those of the blocks,
/// with the index of each; blocks that are no part of a key's pair are left as they are.
pub fn credentials(
    listing: &PfxListing,
    blocks: &[PemBlock],
    credentials: Vec<(usize, Credential)>,
    origin: &Origin<'_>,
) -> Vec<Credential> {
    let case = Case { listing, blocks, origin };
    let numbered = credentials.into_iter().enumerate().map(|(n, (block, credential))| ((block, n), credential));
    let (mut keys, certificates): (ByBlock, ByBlock) = numbered.partition(|(_, c)| c.certificate.is_none());
    let of_keys: Vec<&ListedBag> = listing.bags.iter().filter(|bag| case.is_key(bag)).collect();
    let file = Arc::new(case.file(&of_keys, &certificates));
    let mut certificates = Certificates::new(listing, certificates);
    let mut out: Vec<Credential> = Vec::new();
    for bag in &of_keys {
        let key = of_block(&mut keys, bag.block);
        let certificate = certificates.take(bag, key.as_ref(), of_keys.len() == 1);
        out.push(case.credential(bag, key, certificate, &file));
    }
    if let Some(part) = out.first_mut().and_then(|credential| credential.pfx.as_mut()) {
        part.first = true;
    }
    out.extend(certificates.left.into_values());
    out.extend(keys.into_values());
    out
}

/// A certificate: its block, and its number in it.
type At = (usize, usize);

/// Credentials by their blocks; a block may have several.
type ByBlock = BTreeMap<At, Credential>;

/// Takes the first credential of a block.
fn of_block(left: &mut ByBlock, block: usize) -> Option<Credential> {
    let at = left.range((block, 0)..=(block, usize::MAX)).next().map(|(at, _)| *at)?;
    left.remove(&at)
}

/// The certificates that no key has taken yet.
struct Certificates<'l> {
    left: ByBlock,
    /// Those with each public key, the first one last.
    by_key: HashMap<Sha1, Vec<At>>,
    /// Likewise, with each public key and localKeyID: a renewal leaves several certificates with one key.
    by_both: HashMap<(Sha1, &'l [u8]), Vec<At>>,
    /// The blocks with each localKeyID, the first one last.
    by_id: HashMap<&'l [u8], Vec<usize>>,
}

impl<'l> Certificates<'l> {
    fn new(listing: &'l PfxListing, left: ByBlock) -> Self {
        let ids: HashMap<usize, &[u8]> =
            listing.bags.iter().filter_map(|bag| Some((bag.block, bag.local_key_id.as_deref()?))).collect();
        let mut by_key: HashMap<Sha1, Vec<At>> = HashMap::new();
        let mut by_both: HashMap<(Sha1, &[u8]), Vec<At>> = HashMap::new();
        for (at, credential) in left.iter().rev() {
            let Some(sha1) = public_key(credential) else { continue };
            by_key.entry(sha1).or_default().push(*at);
            if let Some(id) = ids.get(&at.0) {
                by_both.entry((sha1, id)).or_default().push(*at);
            }
        }
        let mut by_id: HashMap<&[u8], Vec<usize>> = HashMap::new();
        for bag in listing.bags.iter().rev() {
            if let Some(id) = &bag.local_key_id {
                by_id.entry(id).or_default().push(bag.block);
            }
        }
        Self { left, by_key, by_both, by_id }
    }

    /// Takes the certificate of a key: by public key, by localKeyID, or because there is but one of each; with its block, and
    /// whether the public keys are the same, where both are shown.
    fn take(
        &mut self,
        bag: &'l ListedBag,
        key: Option<&Credential>,
        only_key: bool,
    ) -> Option<(usize, Credential, Option<bool>)> {
        let Self { left, by_key, by_both, by_id } = self;
        let own = key.and_then(|key| key.key.public_key_sha1.as_ref()).map(|sha1| sha1.value);
        let id = bag.local_key_id.as_deref();
        let with_id = own.zip(id).and_then(|both| by_both.get_mut(&both));
        for same in [with_id, own.and_then(|own| by_key.get_mut(&own))].into_iter().flatten() {
            if let Some((block, credential)) =
                std::iter::from_fn(|| same.pop()).find_map(|at| Some((at.0, left.remove(&at)?)))
            {
                return Some((block, credential, Some(true)));
            }
        }
        let same_id = bag.local_key_id.as_ref().and_then(|id| by_id.get_mut(id.as_slice())).and_then(|blocks| {
            std::iter::from_fn(|| blocks.pop()).find_map(|block| Some((block, of_block(left, block)?)))
        });
        let (block, credential) = same_id.or_else(|| {
            let mut ends = left.iter().filter(|(_, c)| is_end(c)).map(|(at, _)| *at);
            let at = ends.next().filter(|_| only_key && ends.next().is_none())?;
            Some((at.0, left.remove(&at)?))
        })?;
        let shown = own.is_some() && public_key(&credential).is_some();
        Some((block, credential, shown.then_some(false)))
    }
}

fn public_key(credential: &Credential) -> Option<Sha1> {
    credential.certificate.as_ref()?.public_key.sha1.as_ref().map(|sha1| sha1.value)
}

/// Whether it is a certificate that is not a CA's.
fn is_end(credential: &Credential) -> bool {
    let is_end = |certificate: &Certificate| certificate.is_ca.as_ref().is_none_or(|ca| !ca.value);
    credential.certificate.as_ref().is_some_and(is_end)
}

struct Case<'a> {
    listing: &'a PfxListing,
    blocks: &'a [PemBlock],
    origin: &'a Origin<'a>,
}

impl Case<'_> {
    fn block(&self, bag: &ListedBag) -> Option<&PemBlock> {
        self.blocks.get(bag.block)
    }

    fn is_key(&self, bag: &ListedBag) -> bool {
        self.block(bag).is_some_and(|block| block.label.ends_with("PRIVATE KEY"))
    }

    fn block_place(&self, bag: &ListedBag) -> Place {
        self.block(bag).map_or(Place::default(), |block| self.line_place(block.bytes.0, block.bytes.1, block.line, 1))
    }

    fn place<T>(&self, listed: &Listed<T>) -> Place {
        self.line_place(listed.value.start, listed.value.end, listed.line, listed.column)
    }

    fn line_place(&self, start: usize, end: usize, line: usize, column: usize) -> Place {
        let mut place = self.origin.place(start, end);
        if self.origin.lines.is_none() {
            place.line = u32::try_from(line).unwrap_or(u32::MAX);
            place.column = u32::try_from(column).unwrap_or(u32::MAX);
        }
        place
    }

    fn file(&self, keys: &[&ListedBag], certificates: &ByBlock) -> PfxFile {
        let mut shown = Vec::new();
        let mut show = |place: Place, path: &str, text: &str| {
            shown.push(Shown { place, path: path.to_owned(), text: text.to_owned() });
        };
        let mut algorithms = Vec::new();
        let mut mac = None;
        for (used, name) in &self.listing.algorithms {
            let place = self.place(name);
            let (use_of, path) = match used {
                Use::Mac => ("MAC", "macData"),
                Use::Part => ("part", "authSafe.encryption"),
                Use::Key => ("key", "authSafe.bag.encryption"),
            };
            if *used == Use::Mac {
                mac = Some(place);
            }
            show(place, path, &name.text);
            let algorithm =
                Algorithm { use_of, name: name.value.value.clone(), support: support(*used, &name.value.value) };
            algorithms.push(Fact::stated(algorithm, place));
        }
        for bag in keys {
            if let Some(name) = &bag.provider {
                show(self.place(name), "attribute[cspName]", &name.text);
            }
            if let Some(mark) = &bag.machine_keyset {
                show(self.place(mark), "attribute[localMachineKeyset]", &mark.text);
            }
            if let Some(name) = &bag.friendly_name {
                show(self.place(name), "attribute[friendlyName]", &name.text);
            }
            if let Some(usage) = &bag.key_usage {
                show(self.place(usage), "attribute[keyUsage]", &usage.text);
            }
        }
        for block in self.blocks {
            let place = self.line_place(block.bytes.0, block.bytes.1, block.line, 1);
            show(place, "bag", &format!("-----BEGIN {}-----", block.label));
        }
        PfxFile {
            // The file's own name is not known: this is what was printed of it.
            name: None,
            password: PasswordState::Missing,
            locked: false,
            // Options leave out keys, certificates or both.
            incomplete: true,
            cut: false,
            keys: keys.iter().map(|bag| self.block_place(bag)).collect(),
            end_entities: certificates
                .iter()
                .filter(|(_, credential)| is_end(credential))
                .filter_map(|((block, _), _)| self.blocks.get(*block))
                .map(|block| self.line_place(block.bytes.0, block.bytes.1, block.line, 1))
                .collect(),
            algorithms,
            mac,
            whole: self.origin.place(0, 0),
            shown,
        }
    }

    fn credential(
        &self,
        bag: &ListedBag,
        key: Option<Credential>,
        certificate: Option<(usize, Credential, Option<bool>)>,
        file: &Arc<PfxFile>,
    ) -> Credential {
        let place = self.block_place(bag);
        let own = key.map(|key| key.key).unwrap_or_default();
        let mut credential = Credential {
            origin: credential::Origin::Pfx,
            sources: vec![SourceRange {
                source: self.origin.source,
                line: place.line,
                start: place.start,
                end: place.end(),
            }],
            ..Credential::default()
        };
        let mut part = PfxPart {
            file: Arc::clone(file),
            first: false,
            key_bag: Some(place),
            certificate_bag: None,
            key_locked: false,
            key_usage: bag.key_usage.as_ref().map(|usage| Fact::stated(usage.value.value, self.place(usage))),
            imports: Vec::new(),
        };
        let matches = certificate.as_ref().and_then(|(_, _, matches)| *matches);
        let linked = certificate.is_some();
        if let Some((block, other, _)) = certificate {
            part.certificate_bag =
                self.blocks.get(block).map(|block| self.line_place(block.bytes.0, block.bytes.1, block.line, 1));
            credential.certificate = other.certificate;
            credential.sources.extend(other.sources);
        }
        let algorithm = own.algorithm.as_ref().map(|algorithm| algorithm.value.as_str());
        let of_file = KeyOfFile {
            provider: bag.provider.as_ref().map(|name| name.value.value.as_str()),
            container: bag.friendly_name.as_ref().map(|name| name.value.value.as_str()),
            machine: bag.machine_keyset.is_some(),
            algorithm,
            usage: bag.has_key_attributes.then(|| bag.key_usage.as_ref().map(|usage| usage.value.value)),
        };
        let (provider_type, key_spec, confidence) = of_file.default_import();
        let how = why_key_spec(bag.key_usage.is_some(), confidence);
        let stated = |listed: &Listed<String>| Fact::stated(listed.value.value.clone(), self.place(listed));
        let spec_place = bag.key_usage.as_ref().map_or(place, |usage| self.place(usage));
        let type_place = bag.provider.as_ref().map_or(place, |name| self.place(name));
        credential.key = Key {
            association: if linked { Association::Linked } else { Association::Unknown },
            association_place: linked.then_some(place),
            stored_container: bag.friendly_name.as_ref().map(stated),
            provider: bag.provider.as_ref().map(stated),
            provider_type: provider_type
                .map(|value| Fact::derived(value, type_place, "what the default import would store")),
            flags: bag
                .machine_keyset
                .as_ref()
                .map(|mark| Fact::derived(CRYPT_MACHINE_KEYSET, self.place(mark), "the mark of a machine key")),
            key_spec: key_spec.map(|value| Fact::derived(value, spec_place, how)),
            algorithm: own.algorithm.clone(),
            bits: own.bits.clone(),
            public_key_sha1: own.public_key_sha1.clone(),
            matches_certificate: matches.map(|matches| Fact::stated(matches, place)),
            prediction: true,
            ..Key::default()
        };
        part.imports = of_file.predictions();
        credential.pfx = Some(part);
        credential
    }
}

/// Which Windows reads an algorithm that OpenSSL names, as for the file itself.
fn support(used: Use, name: &str) -> Support {
    match (used, name) {
        (Use::Mac, "sha1") | (_, "pbeWithSHA1And3-KeyTripleDES-CBC" | "pbeWithSHA1And40BitRC2-CBC") => Support::Every,
        (Use::Mac, "sha256") | (_, "PBES2, PBKDF2, AES-256-CBC, PRF hmacWithSHA256") => Support::Since1709,
        (_, name) if name.starts_with("pbeWithSHA1And") => Support::OldNotDocumented,
        _ => Support::NotDocumented,
    }
}
