//! What OpenSSL prints of a PFX (`openssl pkcs12 -in file.pfx`, with or without `-info`): the attributes of each bag in
//! words, in front of its PEM block.
//!
//! Among them are the ones that decide what a Windows import makes of a key: the provider, the machine mark, the
//! container's name, and the key's own key usage, which becomes the KeySpec.
//!
//! Source: OpenSSL, openssl-pkcs12(1), and its output: `Bag Attributes`, `Key Attributes`, the long names of the
//! attributes (`Microsoft CSP Name` is 1.3.6.1.4.1.311.17.1, `Microsoft Local Key set` 1.3.6.1.4.1.311.17.2), and with
//! `-info` `MAC: sha256, Iteration 2048`, `PKCS7 Encrypted data: …`, `Shrouded Keybag: …`.

use super::Spanned;
use super::pem::PemBlock;
use super::text_lines::{Line, lines};

/// What stands on a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// The value, with the bytes of its line.
    pub value: Spanned<T>,
    /// The number of the line, from 1.
    pub line: usize,
    /// The column at which it begins, from 1.
    pub column: usize,
    /// The words of the line.
    pub text: String,
}

/// A bag.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListedBag {
    /// The index of its block among those of the text.
    pub block: usize,
    /// The friendlyName: of a key's bag the container's name.
    pub friendly_name: Option<Listed<String>>,
    /// The localKeyID.
    pub local_key_id: Option<Vec<u8>>,
    /// The provider.
    pub provider: Option<Listed<String>>,
    /// The mark of a machine key.
    pub machine_keyset: Option<Listed<()>>,
    /// Whether the attributes of a key are listed: what is not among them is not there.
    pub has_key_attributes: bool,
    /// The byte of the key's own key usage, 2.5.29.15.
    pub key_usage: Option<Listed<u8>>,
}

impl ListedBag {
    /// Whether it says what only a PFX says of a key.
    fn is_of_windows(&self) -> bool {
        self.provider.is_some() || self.machine_keyset.is_some() || self.key_usage.is_some()
    }
}

/// What an algorithm is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// The integrity of the file.
    Mac,
    /// A part of the file.
    Part,
    /// A key.
    Key,
}

/// The listing of a PFX.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PfxListing {
    /// The bags whose content is printed, in the order of the text.
    pub bags: Vec<ListedBag>,
    /// The algorithms, in OpenSSL's words without counts: `sha256`, `pbeWithSHA1And3-KeyTripleDES-CBC`,
    /// `PBES2, PBKDF2, AES-256-CBC, PRF hmacWithSHA256`.
    pub algorithms: Vec<(Use, Listed<String>)>,
}

/// Reads the listing among whose bags these blocks are. `None`: the text is none, or it says of no key what a PFX says.
pub fn read(bytes: &[u8], blocks: &[PemBlock]) -> Option<PfxListing> {
    let mut listing = PfxListing::default();
    let mut bag: Option<ListedBag> = None;
    let mut begins = blocks.iter().enumerate().peekable();
    for line in lines(bytes) {
        let text = line.text.trim();
        while begins.next_if(|(_, block)| block.line < line.number).is_some() {}
        if let Some((block, _)) = begins.next_if(|(_, block)| block.line == line.number) {
            listing.bags.extend(bag.take().map(|bag| ListedBag { block, ..bag }));
        } else if begins_bag(text) {
            bag = Some(ListedBag::default());
        } else if let Some(bag) = bag.as_mut().filter(|_| is_heading(text, "Key Attributes")) {
            bag.has_key_attributes = true;
        } else if let Some((used, name)) = algorithm(text) {
            let known = listing.algorithms.iter().any(|(other, own)| *other == used && own.value.value == name);
            if !known && listing.algorithms.len() < MOST_ALGORITHMS {
                listing.algorithms.push((used, listed(&line, name)));
            }
        } else if let (Some(bag), Some((name, value))) = (&mut bag, text.split_once(':')) {
            bag.attribute(name, value.trim(), &line);
        }
    }
    listing.bags.iter().any(ListedBag::is_of_windows).then_some(listing)
}

/// No PFX has more ways of encryption; OpenSSL prints one line for each part.
const MOST_ALGORITHMS: usize = 32;

/// `Bag Attributes`, `Bag Attributes: <Empty Attributes>`. What `-info` writes beside it may run into the same line.
fn is_heading(text: &str, heading: &str) -> bool {
    let rest = text.rfind(heading).and_then(|at| text.get(at.saturating_add(heading.len())..));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(": <"))
}

/// Whether a line begins the attributes of a bag.
fn begins_bag(text: &str) -> bool {
    is_heading(text, "Bag Attributes")
}

/// Whether a listing begins with a line, among others of a text.
pub fn begins(text: &str) -> bool {
    text.starts_with("Bag Attributes") && begins_bag(text) || text.starts_with("MAC: ") && text.contains(", Iteration ")
}

/// Whether a line can belong to a listing, besides the lines of its PEM blocks.
pub fn goes_on(text: &str) -> bool {
    const WORDS: [&str; 19] = [
        "-----BEGIN ",
        "MAC length: ",
        "MAC verified OK",
        "Key Attributes",
        "subject=",
        "issuer=",
        "PKCS7 ",
        "Shrouded Keybag: ",
        "Certificate bag",
        "Key bag",
        "friendlyName:",
        "localKeyID:",
        "Microsoft CSP Name:",
        "Microsoft Local Key set:",
        "X509v3 Key Usage:",
        "1.3.6.1.4.1.311.17.",
        "2.5.29.15:",
        "2.16.840.1.113894.",
        "<No Attributes>",
    ];
    begins_bag(text) || WORDS.iter().any(|word| text.starts_with(word))
}

fn listed<T>(line: &Line, value: T) -> Listed<T> {
    let text = line.text.trim();
    Listed {
        value: line.span_of(value, text),
        line: line.number,
        column: line.text.find(text).unwrap_or(0).saturating_add(1),
        text: text.to_owned(),
    }
}

impl ListedBag {
    /// An attribute of the bag or of its key. Of one that stands twice the first counts, as Windows takes it.
    fn attribute(&mut self, name: &str, value: &str, line: &Line) {
        match name.trim() {
            "friendlyName" if self.friendly_name.is_none() => {
                self.friendly_name = Some(listed(line, value.to_owned()));
            }
            "localKeyID" if self.local_key_id.is_none() => self.local_key_id = bytes(value),
            "Microsoft CSP Name" | "1.3.6.1.4.1.311.17.1" if self.provider.is_none() => {
                self.provider = Some(listed(line, value.to_owned()));
            }
            "Microsoft Local Key set" | "1.3.6.1.4.1.311.17.2" if self.machine_keyset.is_none() => {
                self.machine_keyset = Some(listed(line, ()));
            }
            "X509v3 Key Usage" | "2.5.29.15" if self.has_key_attributes && self.key_usage.is_none() => {
                let first = bytes(value).and_then(|bytes| bytes.first().copied());
                self.key_usage = first.map(|byte| listed(line, byte));
            }
            _ => {}
        }
    }
}

/// Bytes in hexadecimal with blanks between them: `01 00 00 00`.
fn bytes(text: &str) -> Option<Vec<u8>> {
    text.split_whitespace().map(|pair| u8::from_str_radix(pair, 16).ok().filter(|_| pair.len() == 2)).collect()
}

/// A line of `-info` that names an algorithm, without the counts in it.
fn algorithm(text: &str) -> Option<(Use, String)> {
    const NAMED: [(&str, Use); 3] =
        [("MAC: ", Use::Mac), ("PKCS7 Encrypted data: ", Use::Part), ("Shrouded Keybag: ", Use::Key)];
    let (rest, used) = NAMED.iter().find_map(|(heading, used)| Some((text.strip_prefix(heading)?, *used)))?;
    let counts = |part: &&str| !part.starts_with("Iteration ") && !part.starts_with("Cost ");
    let name = rest.split(", ").filter(counts).collect::<Vec<_>>().join(", ");
    (!name.is_empty()).then_some((used, name))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::formats::pem;
    use crate::limits::Limits;

    const LISTING: &str = "MAC: sha1, Iteration 2000\nMAC length: 20, salt length: 20\nPKCS7 Data\n\
        Shrouded Keybag: pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2000\nBag Attributes\n\
        \x20   Microsoft Local Key set: <No Values>\n    localKeyID: 01 00 00 00 \n    friendlyName: le-Web: 1\n\
        \x20   Microsoft CSP Name: Microsoft Strong Cryptographic Provider\nKey Attributes\n    X509v3 Key Usage: 80 \n\
        -----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n\
        PKCS7 Encrypted data: PBES2, PBKDF2, AES-256-CBC, Iteration 2048, PRF hmacWithSHA256\nCertificate bag\n\
        Bag Attributes\n    localKeyID: 01 00 00 00 \nsubject=CN = a\n\nissuer=CN = b\n\n\
        -----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";

    fn read(text: &str) -> Option<PfxListing> {
        let pem = pem::parse(text.as_bytes(), &Limits::default()).ok()?;
        super::read(text.as_bytes(), &pem.blocks)
    }

    #[test]
    fn attributes_of_a_key() {
        let listing = read(LISTING).unwrap();
        let [key, certificate] = listing.bags.as_slice() else { panic!("{listing:?}") };
        assert_eq!((key.block, certificate.block), (0, 1));
        assert_eq!(key.friendly_name.as_ref().unwrap().value.value, "le-Web: 1");
        let provider = key.provider.as_ref().unwrap();
        assert_eq!(provider.value.value, "Microsoft Strong Cryptographic Provider");
        assert_eq!((provider.line, provider.column), (9, 5));
        let (start, end) = (provider.value.start, provider.value.end);
        assert_eq!(&LISTING[start..end], "Microsoft CSP Name: Microsoft Strong Cryptographic Provider");
        assert!(key.machine_keyset.is_some() && key.has_key_attributes);
        assert_eq!(key.key_usage.as_ref().unwrap().value.value, 0x80);
        assert_eq!(key.local_key_id, Some(vec![1, 0, 0, 0]));
        assert_eq!(certificate.local_key_id, key.local_key_id);
        assert!(!certificate.has_key_attributes && certificate.key_usage.is_none());
    }

    #[test]
    fn algorithms_without_counts() {
        let listing = read(LISTING).unwrap();
        let names: Vec<(Use, &str)> = listing.algorithms.iter().map(|(u, n)| (*u, n.value.value.as_str())).collect();
        let part = "PBES2, PBKDF2, AES-256-CBC, PRF hmacWithSHA256";
        assert_eq!(names, [(Use::Mac, "sha1"), (Use::Key, "pbeWithSHA1And3-KeyTripleDES-CBC"), (Use::Part, part)]);
        let twice = format!("{LISTING}{LISTING}");
        assert_eq!(read(&twice).unwrap().algorithms.len(), 3);
    }

    #[test]
    fn a_heading_that_another_line_ran_into() {
        let listing = read(&LISTING.replace("2000\nBag Attributes", "2000Bag Attributes")).unwrap();
        assert_eq!(listing.bags[0].key_usage.as_ref().unwrap().value.value, 0x80);
    }

    #[test]
    fn what_says_nothing_of_a_pfx_is_none() {
        let plain = "Bag Attributes\n    localKeyID: 01 \nKey Attributes: <No Attributes>\n\
            -----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n";
        assert_eq!(read(plain), None);
        let usage = plain.replace(": <No Attributes>\n", "\n    X509v3 Key Usage: 10 \n");
        assert_eq!(read(&usage).unwrap().bags[0].key_usage.as_ref().unwrap().value.value, 0x10);
        // The key usage of a certificate, as `openssl x509 -text` prints it, is no attribute of a key.
        assert_eq!(read(&plain.replace("localKeyID: 01", "X509v3 Key Usage: 10")), None);
    }
}
