//! Credentials from what OpenSSL prints of a PFX: what the default import of that file would store.

use super::artifact::Origin;
use super::credential::{self, Association, Certificate, Credential, Key, SourceRange};
use super::pfx::{Algorithm, PfxFile, PfxPart, Shown, Support};
use super::pfx_import::KeyOfFile;
use crate::formats::pem::PemBlock;
use crate::formats::pfx::PasswordState;
use crate::formats::pfx_listing::{Listed, ListedBag, PfxListing, Use};
use crate::model::fact::{Fact, Place};
use crate::model::flags::CRYPT_MACHINE_KEYSET;
use crate::model::judgement::Confidence;
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
    let (mut keys, mut rest): (Vec<_>, Vec<_>) = credentials.into_iter().partition(|(_, c)| c.certificate.is_none());
    let of_keys: Vec<&ListedBag> = listing.bags.iter().filter(|bag| case.is_key(bag)).collect();
    let file = Arc::new(case.file(&of_keys, &rest));
    let mut out: Vec<Credential> = Vec::new();
    for bag in &of_keys {
        let at = keys.iter().position(|(block, _)| Some(*block) == bag.block);
        let key = at.map(|at| keys.remove(at).1);
        let found = case.certificate_of(bag, key.as_ref(), &rest, of_keys.len());
        let certificate = found.map(|(at, matches)| (rest.remove(at), matches));
        out.push(case.credential(bag, key, certificate, &file));
    }
    if let Some(part) = out.first_mut().and_then(|credential| credential.pfx.as_mut()) {
        part.first = true;
    }
    out.extend(rest.into_iter().chain(keys).map(|(_, credential)| credential));
    out
}

struct Case<'a> {
    listing: &'a PfxListing,
    blocks: &'a [PemBlock],
    origin: &'a Origin<'a>,
}

impl Case<'_> {
    fn block(&self, bag: &ListedBag) -> Option<&PemBlock> {
        self.blocks.get(bag.block?)
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

    /// The certificate of a key among those that are left: by public key, by localKeyID, or because there is but one of
    /// each; and whether their public keys are the same, where both are shown.
    fn certificate_of(
        &self,
        bag: &ListedBag,
        key: Option<&Credential>,
        certificates: &[(usize, Credential)],
        keys: usize,
    ) -> Option<(usize, Option<bool>)> {
        let own = key.and_then(|key| key.key.public_key_sha1.as_ref()).map(|sha1| sha1.value);
        let public_key = |c: &Credential| {
            c.certificate.as_ref().and_then(|certificate| certificate.public_key.sha1.as_ref()).map(|sha1| sha1.value)
        };
        let same_key = certificates.iter().position(|(_, c)| own.is_some() && public_key(c) == own);
        if let Some(at) = same_key {
            return Some((at, Some(true)));
        }
        let same_id = bag.local_key_id.as_ref().and_then(|id| {
            let others = self.listing.bags.iter().filter(|other| other.local_key_id.as_ref() == Some(id));
            let blocks: Vec<usize> = others.filter_map(|other| other.block).collect();
            certificates.iter().position(|(block, _)| blocks.contains(block))
        });
        let is_end = |certificate: &Certificate| certificate.is_ca.as_ref().is_none_or(|ca| !ca.value);
        let ends = || {
            let ends = certificates.iter().enumerate();
            ends.filter(|(_, (_, c))| c.certificate.as_ref().is_some_and(is_end)).map(|(at, _)| at)
        };
        let only = || ends().next().filter(|_| keys == 1 && ends().count() == 1);
        let at = same_id.or_else(only)?;
        let shown = own.is_some() && certificates.get(at).is_some_and(|(_, c)| public_key(c).is_some());
        Some((at, shown.then_some(false)))
    }

    fn file(&self, keys: &[&ListedBag], certificates: &[(usize, Credential)]) -> PfxFile {
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
            keys: keys.iter().map(|bag| self.block_place(bag)).collect(),
            end_entities: certificates
                .iter()
                .filter(|(_, c)| c.certificate.as_ref().is_some_and(|c| c.is_ca.as_ref().is_none_or(|ca| !ca.value)))
                .filter_map(|(block, _)| self.blocks.get(*block))
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
        certificate: Option<((usize, Credential), Option<bool>)>,
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
        let matches = certificate.as_ref().and_then(|(_, matches)| *matches);
        let linked = certificate.is_some();
        if let Some(((block, other), _)) = certificate {
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
        let how = match (&bag.key_usage, confidence) {
            (_, Confidence::Possible) => "what the default import would store; the documents leave it open",
            (Some(_), _) => "what the default import makes of the key's own key usage",
            (None, _) => "what the default import stores when the key has no key usage",
        };
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
        _ => Support::NotDocumented,
    }
}
