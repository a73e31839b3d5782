//! PKCS#12 files (PFX) as Windows, OpenSSL, Java, NSS and GnuTLS write them.
//!
//! Sources: RFC 7292 (PKCS#12), RFC 9579 (PBMAC1), RFC 8018 (PKCS#5), RFC 5958 (PKCS#8), Microsoft's documentation of
//! `PFXImportCertStore` and `PFXExportCertStoreEx`, and for the attributes of Windows what its exports hold.
//!
//! `walk` gives everything that stands in clear, without a password; `open` adds what a password shows.

pub mod algorithms;
#[cfg(feature = "decrypt")]
mod derived_keys;
#[cfg(feature = "decrypt")]
mod kdf;
#[cfg(feature = "decrypt")]
pub mod open;
pub mod private_key;
pub mod sid_protection;
pub mod walk;

use self::algorithms::{Encryption, MacAlgorithm};
use self::private_key::PrivateKey;
use self::sid_protection::SidProtection;
use super::x509::Certificate;
use super::{FormatError, Spanned};
use crate::limits::CHAIN_CERTIFICATES;
use zeroize::Zeroizing;

pub use self::walk::{looks_like, walk};

/// One PFX file.
#[derive(Debug, Clone)]
pub struct Pfx {
    /// The version; RFC 7292 section 4 knows only 3.
    pub version: Spanned<u64>,
    /// Whether the structure uses what DER leaves out: indefinite lengths, strings in pieces.
    pub ber: bool,
    /// Whether the file ends before the length that it states.
    pub cut: bool,
    /// How many bytes follow the structure. Some Windows exports have eight.
    pub trailing: Option<Spanned<usize>>,
    /// The object identifier of the outer content: data for a password-protected file, signedData for a signed one.
    pub content_type: Spanned<String>,
    /// The MAC; `None` when the file has none.
    pub mac: Option<Mac>,
    /// The parts of the AuthenticatedSafe, in file order.
    pub safes: Vec<Safe>,
    /// The protection of the password by Active Directory principals, if any.
    pub sid_protection: Option<Spanned<SidProtection>>,
    /// What could not be read, and where.
    pub problems: Vec<FormatError>,
    /// The bytes that the MAC covers.
    authenticated: Held,
}

impl Pfx {
    /// The bags that can be seen, in file order. The index of a bag is its place in this order.
    pub fn bags(&self) -> impl Iterator<Item = &Bag> {
        self.safes.iter().flat_map(|safe| safe.bags.iter())
    }

    /// Whether a part or a key is still encrypted.
    pub fn locked(&self) -> bool {
        self.safes.iter().any(|safe| safe.locked) || self.bags().any(|bag| matches!(bag.value, BagValue::LockedKey))
    }
}

/// The integrity check over all safes, RFC 7292 section 4 `MacData`.
#[derive(Debug, Clone)]
pub struct Mac {
    /// The algorithm with its own parameters.
    pub algorithm: Spanned<MacAlgorithm>,
    /// The salt of `MacData`; PBMAC1 has its own.
    pub salt: Vec<u8>,
    /// The iterations that count: of `MacData` (1 when left out), or of PBMAC1's own key derivation.
    pub iterations: Spanned<u64>,
    /// The value of the MAC.
    pub digest: Vec<u8>,
    /// The bytes of `MacData`.
    pub start: usize,
    /// One after the last byte of `MacData`.
    pub end: usize,
}

/// One part of the AuthenticatedSafe.
#[derive(Debug, Clone)]
pub struct Safe {
    /// What it is.
    pub kind: SafeKind,
    /// Its first byte.
    pub start: usize,
    /// One after its last byte.
    pub end: usize,
    /// The bags that can be seen, those of nested safes after their safeContentsBag.
    pub bags: Vec<Bag>,
    /// Whether the content is still encrypted.
    pub locked: bool,
    /// The encrypted bytes.
    ciphertext: Held,
}

/// What a part of the AuthenticatedSafe is, RFC 7292 section 4.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SafeKind {
    /// In clear.
    Data,
    /// Encrypted with a password.
    Encrypted(Encryption),
    /// Encrypted for the holders of keys.
    Enveloped,
    /// Another content type, by its object identifier.
    Other(String),
}

/// The type of a bag, RFC 7292 section 4.2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BagKind {
    /// A private key in clear.
    Key,
    /// A private key encrypted on its own.
    ShroudedKey,
    /// A certificate.
    Certificate,
    /// A revocation list.
    Crl,
    /// Something else that is secret.
    Secret,
    /// More bags.
    SafeContents,
    /// Another object identifier.
    Other(String),
}

impl BagKind {
    /// The name of RFC 7292; the object identifier of an unknown type.
    pub fn name(&self) -> &str {
        match self {
            BagKind::Key => "keyBag",
            BagKind::ShroudedKey => "shroudedKeyBag",
            BagKind::Certificate => "certBag",
            BagKind::Crl => "crlBag",
            BagKind::Secret => "secretBag",
            BagKind::SafeContents => "safeContentsBag",
            BagKind::Other(oid) => oid,
        }
    }
}

/// One bag.
#[derive(Debug, Clone)]
pub struct Bag {
    /// Its type.
    pub kind: BagKind,
    /// Its first byte; of a bag in an encrypted part, the part's.
    pub start: usize,
    /// One after its last byte.
    pub end: usize,
    /// How the key of a shroudedKeyBag is encrypted.
    pub encryption: Option<Encryption>,
    /// Its attributes.
    pub attributes: Attributes,
    /// What it holds.
    pub value: BagValue,
    /// What decrypted its key; `None` for a key in clear or a locked one.
    pub opened_by: Option<Engine>,
    /// The encoded EncryptedPrivateKeyInfo of a key that is still locked.
    shrouded: Shrouded,
}

/// The encrypted key of a bag: the whole EncryptedPrivateKeyInfo and its encryptedData.
#[derive(Debug, Clone, Default)]
struct Shrouded {
    encoded: Held,
    ciphertext: Held,
}

/// Bytes of the file, which may have a key in clear among them: wiped when they are dropped, and never shown.
#[derive(Clone, Default)]
struct Held(Zeroizing<Vec<u8>>);

impl Held {
    fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl std::ops::Deref for Held {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// What became of the passwords.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordState {
    /// Nothing is encrypted and there is no MAC.
    NoneNeeded,
    /// The empty password is right.
    Empty,
    /// No password at all is right, which PBES1 and the MAC tell from the empty one.
    Null,
    /// The given password of this index is right.
    Given(usize),
    /// None was given, and the file has one.
    Missing,
    /// Those that were given are wrong.
    Wrong,
    /// No password could be tried: an algorithm is unknown or over a limit.
    Untried,
}

impl PasswordState {
    /// The word of the JSON report.
    pub fn word(self) -> &'static str {
        match self {
            PasswordState::NoneNeeded => "none-needed",
            PasswordState::Empty => "empty",
            PasswordState::Null => "null",
            PasswordState::Given(_) => "given",
            PasswordState::Missing | PasswordState::Untried => "missing",
            PasswordState::Wrong => "wrong",
        }
    }
}

/// What decrypted a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// The crate p12-keystore.
    P12Keystore,
    /// The ciphers of RustCrypto, with the key derivations of this module.
    Own,
}

/// What a bag holds.
#[derive(Debug, Clone)]
pub enum BagValue {
    /// The facts of a private key.
    Key(Box<PrivateKey>),
    /// An encrypted private key that was not opened.
    LockedKey,
    /// The facts of a certificate.
    Certificate(Box<Certificate>),
    /// Something else, by its object identifier.
    Other(Option<String>),
    /// It could not be read.
    Unreadable(FormatError),
}

impl Bag {
    /// The certificate, if the bag holds one that could be read.
    pub fn certificate(&self) -> Option<&Certificate> {
        match &self.value {
            BagValue::Certificate(certificate) => Some(certificate),
            _ => None,
        }
    }

    /// The private key, if the bag holds one that is open.
    pub fn key(&self) -> Option<&PrivateKey> {
        match &self.value {
            BagValue::Key(key) => Some(key),
            _ => None,
        }
    }

    /// Whether the bag holds a private key, open or not.
    pub fn is_key(&self) -> bool {
        matches!(self.kind, BagKind::Key | BagKind::ShroudedKey)
    }
}

/// The attributes of a bag. Of an attribute that stands twice the first counts, as Windows takes it.
#[derive(Debug, Clone, Default)]
pub struct Attributes {
    /// 1.2.840.113549.1.9.20: on a key bag the container name, on a certificate bag its friendly name. One trailing
    /// U+0000 is left out.
    pub friendly_name: Option<Spanned<String>>,
    /// 1.2.840.113549.1.9.21.
    pub local_key_id: Option<Spanned<Vec<u8>>>,
    /// 1.3.6.1.4.1.311.17.1: the provider that holds the key.
    pub provider: Option<Spanned<String>>,
    /// 1.3.6.1.4.1.311.17.2: the mark of a machine key. That it stands there is what counts.
    pub machine_keyset: Option<Spanned<()>>,
    /// 1.3.6.1.4.1.311.17.3.N: extended properties of the certificate.
    pub properties: Vec<Spanned<CertificateProperty>>,
    /// 2.16.840.1.113894.746875.1.1: Java's mark of a trusted certificate.
    pub java_trusted: bool,
    /// Other attributes, by their object identifiers.
    pub unknown: Vec<Spanned<String>>,
    /// Attributes that stand a second time.
    pub duplicates: Vec<Spanned<String>>,
}

/// An extended property of a certificate, by its property id (`CERT_*_PROP_ID`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateProperty {
    /// The property id, the last arc of the object identifier.
    pub id: u32,
    /// The host name that the property gives away (property 71), as text.
    pub host_name: Option<String>,
}

/// Which certificate a key belongs to, and how that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyMatch {
    /// The index of the certificate's bag.
    pub bag: usize,
    /// Whether the public keys are the same; else only the localKeyID and the algorithm are.
    pub by_public_key: bool,
}

/// The certificate of an open key: by its public key, and of several with this key, as a renewal leaves them, the one with
/// the key's localKeyID, else the first; a key that doesn't hold its public key, by localKeyID, algorithm and size.
pub fn certificate_of_key(pfx: &Pfx, key_bag: &Bag) -> Option<KeyMatch> {
    let key = key_bag.key()?;
    let certificates = || pfx.bags().enumerate().filter_map(|(index, bag)| Some((index, bag, bag.certificate()?)));
    let id = key_bag.attributes.local_key_id.as_ref().map(|id| &id.value);
    let same_id =
        |bag: &Bag| id.is_some_and(|id| bag.attributes.local_key_id.as_ref().is_some_and(|other| other.value == *id));
    if let Some(sha1) = &key.public_key_sha1 {
        let own = || certificates().filter(|(_, _, certificate)| certificate.public_key.sha1 == *sha1);
        return own()
            .find(|(_, bag, _)| same_id(bag))
            .or_else(|| own().next())
            .map(|(bag, _, _)| KeyMatch { bag, by_public_key: true });
    }
    certificates()
        .find(|(_, bag, certificate)| {
            same_id(bag)
                && certificate.public_key.algorithm == key.algorithm
                && (key.bits.is_none() || certificate.public_key.bits == key.bits)
        })
        .map(|(bag, _, _)| KeyMatch { bag, by_public_key: false })
}

/// The bags of the certificates from a leaf up to the last issuer that the file holds, linked by name. `true`: it goes on,
/// and is cut.
pub fn chain(pfx: &Pfx, leaf: usize) -> (Vec<usize>, bool) {
    let certificates: Vec<(usize, &Certificate)> =
        pfx.bags().enumerate().filter_map(|(index, bag)| Some((index, bag.certificate()?))).collect();
    let by_subject: std::collections::BTreeMap<[u8; 20], usize> =
        certificates.iter().rev().map(|(index, certificate)| (certificate.subject_hash, *index)).collect();
    let by_index: std::collections::BTreeMap<usize, &Certificate> = certificates.into_iter().collect();
    let mut chain = Vec::new();
    let mut next = Some(leaf);
    while let Some(index) = next {
        let Some(certificate) = by_index.get(&index) else { break };
        if chain.contains(&index) {
            break;
        }
        if chain.len() >= CHAIN_CERTIFICATES {
            return (chain, true);
        }
        chain.push(index);
        next = if certificate.self_issued { None } else { by_subject.get(&certificate.issuer_hash).copied() };
    }
    (chain, false)
}
