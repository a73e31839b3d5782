//! Generated PFX structures, in DER and in BER, and the proof that the walk reads them back as they were made. Shared by
//! the fuzz target `pfx_struct` and `tests/pfx_properties.rs`.

use super::seed::Seed;
use keyspect::formats::pfx::{BagKind, looks_like, walk};
use keyspect::limits::Limits;

/// A bag as it is generated: what its attributes say.
#[derive(Debug, Clone)]
pub struct MadeBag {
    /// The last arc of the bag's type: 2 a shrouded key, 4 a CRL, 5 a secret.
    pub kind: u8,
    pub friendly_name: Option<String>,
    pub local_key_id: Option<Vec<u8>>,
    pub provider: Option<String>,
    pub machine: bool,
    pub property: Option<u8>,
}

/// A file as it is generated.
#[derive(Debug, Clone)]
pub struct Made {
    pub safes: Vec<Vec<MadeBag>>,
    pub iterations: Option<u16>,
    pub trailing: usize,
    /// One choice after the other: whether the next constructed value has an indefinite length, and whether the next
    /// octet string stands in pieces.
    pub forms: Vec<bool>,
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
            length @ 0..0x80 => value.push(u8::try_from(length).expect("less than 128")),
            length => {
                value.push(0x82);
                value.extend(u16::try_from(length).expect("made things are small").to_be_bytes());
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

fn text(seed: &mut Seed<'_>) -> Option<String> {
    const LETTERS: [char; 12] = ['A', 'z', '0', '9', '{', '}', '-', ' ', '\u{e4}', '\u{416}', '\u{5bc6}', '\u{1f511}'];
    seed.yes().then(|| (0..seed.below(41)).map(|_| LETTERS[seed.below(LETTERS.len())]).collect())
}

fn bag(seed: &mut Seed<'_>) -> MadeBag {
    MadeBag {
        kind: [2, 4, 5][seed.below(3)],
        friendly_name: text(seed),
        local_key_id: seed.yes().then(|| (0..=seed.below(23)).map(|_| seed.byte()).collect()),
        provider: text(seed),
        machine: seed.yes(),
        property: seed.yes().then(|| seed.byte() % 99 + 1),
    }
}

impl Made {
    /// The structure that some bytes choose.
    pub fn from_seed(bytes: &[u8]) -> Self {
        let mut seed = Seed(bytes);
        let iterations = seed.yes().then(|| u16::from_be_bytes([seed.byte(), seed.byte()]).max(1));
        let trailing = seed.below(9);
        let safes = (0..seed.below(4)).map(|_| (0..seed.below(4)).map(|_| bag(&mut seed)).collect()).collect();
        let forms = seed.0.iter().take(64).flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1)).collect();
        Self { safes, iterations, trailing, forms }
    }
}

/// Writes a structure, reads it, and compares.
pub fn is_read_back(made: &Made) {
    let mut writer = Writer { forms: made.forms.clone().into_iter(), ber: false };
    let bytes = writer.file(made);
    assert!(looks_like(&bytes));
    let pfx = walk(&bytes, &Limits::default()).expect("what is made is a PFX");
    assert!(pfx.problems.is_empty(), "{:?}", pfx.problems);
    assert_eq!(pfx.trailing.as_ref().map_or(0, |trailing| trailing.value), made.trailing);
    assert_eq!(pfx.mac.as_ref().map(|mac| mac.iterations.value), made.iterations.map(u64::from));
    assert_eq!(pfx.safes.len(), made.safes.len());
    if pfx.ber {
        assert!(writer.ber);
    }
    for (safe, wanted) in pfx.safes.iter().zip(&made.safes) {
        assert_eq!(safe.bags.len(), wanted.len());
        for (bag, wanted) in safe.bags.iter().zip(wanted) {
            let kind = match wanted.kind {
                2 => BagKind::ShroudedKey,
                4 => BagKind::Crl,
                _ => BagKind::Secret,
            };
            assert_eq!(&bag.kind, &kind);
            let attributes = &bag.attributes;
            assert_eq!(attributes.friendly_name.as_ref().map(|n| &n.value), wanted.friendly_name.as_ref());
            assert_eq!(attributes.local_key_id.as_ref().map(|n| &n.value), wanted.local_key_id.as_ref());
            assert_eq!(attributes.provider.as_ref().map(|n| &n.value), wanted.provider.as_ref());
            assert_eq!(attributes.machine_keyset.is_some(), wanted.machine);
            let property = attributes.properties.first().map(|property| property.value.id);
            assert_eq!(property, wanted.property.map(u32::from));
            // The place of a text in one piece holds its bytes.
            if let (Some(name), false) = (&attributes.provider, writer.ber) {
                let text: Vec<u8> = name.value.encode_utf16().flat_map(u16::to_be_bytes).collect();
                assert!(bytes[name.start..name.end].ends_with(&text));
            }
            assert!(bag.start <= bag.end && bag.end <= bytes.len());
        }
    }
}
