//! Generated PFX structures, in DER and in BER, are read back as they were made; mutants of the corpus do no harm.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;

use keyspect::formats::pfx::{BagKind, looks_like, walk};
use keyspect::limits::Limits;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// A bag as it is generated: what its attributes say.
#[derive(Debug, Clone)]
struct MadeBag {
    /// The last arc of the bag's type: 2 a shrouded key, 4 a CRL, 5 a secret.
    kind: u8,
    friendly_name: Option<String>,
    local_key_id: Option<Vec<u8>>,
    provider: Option<String>,
    machine: bool,
    property: Option<u8>,
}

#[derive(Debug, Clone)]
struct Made {
    safes: Vec<Vec<MadeBag>>,
    iterations: Option<u16>,
    trailing: usize,
    /// One choice after the other: whether the next constructed value has an indefinite length, and whether the next
    /// octet string stands in pieces.
    forms: Vec<bool>,
}

struct Writer {
    forms: std::vec::IntoIter<bool>,
    ber: bool,
}

impl Writer {
    fn choose(&mut self) -> bool {
        let choice = self.forms.next().unwrap_or(false);
        self.ber |= choice;
        choice
    }

    fn primitive(tag: u8, content: &[u8]) -> Vec<u8> {
        let mut value = vec![tag];
        match content.len() {
            length @ 0..0x80 => value.push(length as u8),
            length => {
                value.push(0x82);
                value.extend((length as u16).to_be_bytes());
            }
        }
        value.extend_from_slice(content);
        value
    }

    fn constructed(&mut self, tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
        let content = parts.concat();
        if self.choose() {
            return [&[tag, 0x80][..], &content, &[0, 0]].concat();
        }
        Self::primitive(tag, &content)
    }

    fn octets(&mut self, content: &[u8]) -> Vec<u8> {
        if content.len() > 1 && self.choose() {
            let (first, second) = content.split_at(content.len() / 2);
            return self.constructed(0x24, &[Self::primitive(4, first), Self::primitive(4, second)]);
        }
        Self::primitive(4, content)
    }

    fn sequence(&mut self, parts: &[Vec<u8>]) -> Vec<u8> {
        self.constructed(0x30, parts)
    }

    fn data(&mut self, content: &[u8]) -> Vec<u8> {
        let octets = self.octets(content);
        let wrapped = self.constructed(0xa0, &[octets]);
        let oid = Self::primitive(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1]);
        self.sequence(&[oid, wrapped])
    }

    fn attribute(&mut self, oid: &[u8], values: &[Vec<u8>]) -> Vec<u8> {
        let values = self.constructed(0x31, values);
        self.sequence(&[Self::primitive(6, oid), values])
    }

    fn bag(&mut self, bag: &MadeBag) -> Vec<u8> {
        let bmp = |text: &str| Self::primitive(30, &text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>());
        let mut attributes = Vec::new();
        if let Some(name) = &bag.friendly_name {
            attributes.push(self.attribute(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 20], &[bmp(name)]));
        }
        if let Some(id) = &bag.local_key_id {
            let id = self.octets(id);
            attributes.push(self.attribute(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 21], &[id]));
        }
        let microsoft = [0x2b, 6, 1, 4, 1, 0x82, 0x37, 17];
        if let Some(name) = &bag.provider {
            attributes.push(self.attribute(&[&microsoft[..], &[1]].concat(), &[bmp(name)]));
        }
        if bag.machine {
            attributes.push(self.attribute(&[&microsoft[..], &[2]].concat(), &[]));
        }
        if let Some(id) = bag.property {
            attributes.push(self.attribute(&[&microsoft[..], &[3, id]].concat(), &[Self::primitive(4, &[1])]));
        }
        let value = match bag.kind {
            2 => {
                let salt = Self::primitive(4, &[1; 8]);
                let parameters = self.sequence(&[salt, Self::primitive(2, &[0x07, 0xd0])]);
                let oid = Self::primitive(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1, 3]);
                let algorithm = self.sequence(&[oid, parameters]);
                let encrypted = self.octets(&[7; 24]);
                self.sequence(&[algorithm, encrypted])
            }
            _ => self.sequence(&[Self::primitive(6, &[0x2a, 3])]),
        };
        let oid = Self::primitive(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1, bag.kind]);
        let value = self.constructed(0xa0, &[value]);
        let attributes = self.constructed(0x31, &attributes);
        self.sequence(&[oid, value, attributes])
    }

    fn file(&mut self, made: &Made) -> Vec<u8> {
        let mut safes = Vec::new();
        for bags in &made.safes {
            let bags: Vec<_> = bags.iter().map(|bag| self.bag(bag)).collect();
            let contents = self.sequence(&bags);
            safes.push(self.data(&contents));
        }
        let safes = self.sequence(&safes);
        let mut parts = vec![Self::primitive(2, &[3]), self.data(&safes)];
        if let Some(iterations) = made.iterations {
            let algorithm = self.sequence(&[Self::primitive(6, &[0x2b, 14, 3, 2, 26])]);
            let info = self.sequence(&[algorithm, Self::primitive(4, &[9; 20])]);
            let iterations = Self::primitive(2, &[&[0][..], &iterations.to_be_bytes()].concat());
            parts.push(self.sequence(&[info, Self::primitive(4, &[5; 8]), iterations]));
        }
        let mut file = self.sequence(&parts);
        file.extend(std::iter::repeat_n(0, made.trailing));
        file
    }
}

fn made() -> impl Strategy<Value = Made> {
    let text = || proptest::option::of("[A-Za-z0-9{}\u{e4}\u{416} -]{0,40}");
    let bag = (
        prop_oneof![Just(2_u8), Just(4), Just(5)],
        text(),
        proptest::option::of(proptest::collection::vec(any::<u8>(), 1..24)),
        text(),
        any::<bool>(),
        proptest::option::of(1..100_u8),
    )
        .prop_map(|(kind, friendly_name, local_key_id, provider, machine, property)| MadeBag {
            kind,
            friendly_name,
            local_key_id,
            provider,
            machine,
            property,
        });
    (
        proptest::collection::vec(proptest::collection::vec(bag, 0..4), 0..4),
        proptest::option::of(1..u16::MAX),
        0..9_usize,
        prop_oneof![Just(Vec::new()), proptest::collection::vec(any::<bool>(), 0..120)],
    )
        .prop_map(|(safes, iterations, trailing, forms)| Made { safes, iterations, trailing, forms })
}

/// Fixed seeds: a plain run is the same on every machine.
fn runner(cases: u32) -> TestRunner {
    TestRunner::new_with_rng(Config::with_cases(cases), TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]))
}

#[test]
fn what_is_generated_is_read_back() {
    let check = |made: Made| {
        let mut writer = Writer { forms: made.forms.clone().into_iter(), ber: false };
        let bytes = writer.file(&made);
        prop_assert!(looks_like(&bytes));
        let pfx = walk(&bytes, &Limits::default()).unwrap();
        prop_assert!(pfx.problems.is_empty(), "{:?}", pfx.problems);
        prop_assert_eq!(pfx.trailing.as_ref().map_or(0, |trailing| trailing.value), made.trailing);
        prop_assert_eq!(pfx.mac.as_ref().map(|mac| mac.iterations.value), made.iterations.map(u64::from));
        prop_assert_eq!(pfx.safes.len(), made.safes.len());
        if pfx.ber {
            prop_assert!(writer.ber);
        }
        for (safe, wanted) in pfx.safes.iter().zip(&made.safes) {
            prop_assert_eq!(safe.bags.len(), wanted.len());
            for (bag, wanted) in safe.bags.iter().zip(wanted) {
                let kind = match wanted.kind {
                    2 => BagKind::ShroudedKey,
                    4 => BagKind::Crl,
                    _ => BagKind::Secret,
                };
                prop_assert_eq!(&bag.kind, &kind);
                let attributes = &bag.attributes;
                prop_assert_eq!(attributes.friendly_name.as_ref().map(|n| &n.value), wanted.friendly_name.as_ref());
                prop_assert_eq!(attributes.local_key_id.as_ref().map(|n| &n.value), wanted.local_key_id.as_ref());
                prop_assert_eq!(attributes.provider.as_ref().map(|n| &n.value), wanted.provider.as_ref());
                prop_assert_eq!(attributes.machine_keyset.is_some(), wanted.machine);
                let property = attributes.properties.first().map(|property| property.value.id);
                prop_assert_eq!(property, wanted.property.map(u32::from));
                // The place of a text in one piece holds its bytes.
                if let (Some(name), false) = (&attributes.provider, writer.ber) {
                    let text: Vec<u8> = name.value.encode_utf16().flat_map(u16::to_be_bytes).collect();
                    prop_assert!(bytes[name.start..name.end].ends_with(&text));
                }
                prop_assert!(bag.start <= bag.end && bag.end <= bytes.len());
            }
        }
        Ok(())
    };
    runner(400).run(&made(), check).unwrap();
}

#[test]
fn mutants_of_the_corpus_do_no_harm() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/pfx");
    let file = |case: &str| std::fs::read(folder.join(case).join("file.pfx")).unwrap();
    let files: Vec<Vec<u8>> = ["windows-like", "nss", "sid-protected", "scrypt", "nested-safe"].map(file).to_vec();
    let strategy = (0..files.len(), proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12));
    let check = |(file, changes): (usize, Vec<(prop::sample::Index, u8)>)| {
        let mut bytes = files[file].clone();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let Ok(pfx) = walk(&bytes, &Limits::default()) else { return Ok(()) };
        for bag in pfx.bags() {
            prop_assert!(bag.start <= bag.end && bag.end <= bytes.len());
        }
        for problem in &pfx.problems {
            prop_assert!(problem.offset <= bytes.len());
        }
        Ok(())
    };
    runner(2000).run(&strategy, check).unwrap();
}
