//! Opening a PFX with a password.
//!
//! The MAC decides whether a password is right before any bag is opened; without a MAC the first encrypted part or key
//! does. Every bound is checked before a key is derived, and no key is derived twice: [`p12_keystore`] opens the
//! encrypted keys that it accepts, the ciphers of RustCrypto open what it refuses, and the choice between the two is
//! made from the algorithm before either begins.
//!
//! `p12_keystore` does not wipe what it allocates. A program that opens keys with this module should use a global
//! allocator that wipes freed memory; the command line does. Copies made here are wiped.

use aes::cipher::{BlockCipherDecrypt, BlockModeDecrypt, KeyInit, StreamCipher, block_padding::Pkcs7};
use zeroize::Zeroizing;

use super::algorithms::{Cipher, Encryption, Hash, Kdf, MacAlgorithm, Scheme};
use super::derived_keys::DerivedKeys;
use super::kdf::{self, Password, Purpose};
use super::private_key;
use super::{Bag, BagValue, Engine, Mac, PasswordState, Pfx, Safe, SafeKind, Shrouded, walk};
use crate::formats::FormatError;
use crate::formats::der::{Place, Reader, tag};
use crate::formats::der_write::encoded;
use crate::limits::Limits;
use std::collections::HashSet;

/// What a wrong key leaves: bytes that end in no padding, or in one by chance.
const WRONG_PADDING: &str = "the padding is wrong, so the password is, or the bytes are damaged";

/// Why something did not open.
enum Failure {
    /// The password is wrong, or the bytes are damaged.
    Wrong(String),
    /// It can't be tried.
    Unsupported(String),
}

struct Candidate<'p> {
    outcome: PasswordState,
    text: Option<&'p str>,
    password: Password,
}

/// Opens what the passwords open, and adds what they show to the record. The given passwords are tried first, in their
/// order; the empty one and then none at all only after them.
pub fn open(pfx: &mut Pfx, given: &[Zeroizing<String>], limits: &Limits) -> PasswordState {
    open_with(pfx, given, true, limits)
}

/// As [`open`], but tries the given passwords alone: for another try after the empty one and none were wrong.
pub fn open_with_only(pfx: &mut Pfx, given: &[Zeroizing<String>], limits: &Limits) -> PasswordState {
    open_with(pfx, given, false, limits)
}

fn open_with(pfx: &mut Pfx, given: &[Zeroizing<String>], empty_too: bool, limits: &Limits) -> PasswordState {
    let mut opening = Opening { limits, spent: 0, tried: 0, keys: DerivedKeys::default(), problems: Vec::new() };
    let outcome = opening.open(pfx, given, empty_too);
    let room = limits.problems.saturating_sub(pfx.problems.len());
    pfx.problems.extend(opening.problems.into_iter().take(room));
    outcome
}

struct Opening<'l> {
    limits: &'l Limits,
    /// Iterations of derivations for parts and keys.
    spent: u64,
    /// Iterations of derivations for passwords that were tried against the MAC.
    tried: u64,
    /// Keys derived from the password that is tried.
    keys: DerivedKeys,
    problems: Vec<FormatError>,
}

/// Something encrypted, in file order.
#[derive(Clone, Copy)]
enum Item {
    Safe(usize),
    Key(usize, usize),
}

impl Opening<'_> {
    fn open(&mut self, pfx: &mut Pfx, given: &[Zeroizing<String>], empty_too: bool) -> PasswordState {
        let encrypted = first_item(pfx);
        if encrypted.is_none() && pfx.mac.is_none() {
            return PasswordState::NoneNeeded;
        }
        let none = if given.is_empty() { PasswordState::Missing } else { PasswordState::Wrong };
        let candidates =
            given.iter().enumerate().map(|(index, text)| (PasswordState::Given(index), Some(text.as_str()))).chain(
                [(PasswordState::Empty, Some("")), (PasswordState::Null, None)].into_iter().filter(|_| empty_too),
            );
        let decides = match &pfx.mac {
            Some(mac) => match self.mac_is_usable(mac) {
                Ok(()) => true,
                Err(problem) => {
                    self.problems.push(FormatError::new(problem, mac.algorithm.start));
                    false
                }
            },
            None => false,
        };
        let mut seen = HashSet::new();
        let null_is_empty = null_is_empty(pfx, encrypted);
        for (outcome, text) in candidates {
            let text = if null_is_empty { Some(text.unwrap_or_default()) } else { text };
            if !seen.insert(text) {
                continue;
            }
            self.keys = DerivedKeys::default();
            let password = text.map_or_else(Password::null, Password::text);
            let candidate = Candidate { outcome, text, password };
            if decides {
                let Some(mac) = &pfx.mac else { return none };
                match self.mac_is_right(mac, &pfx.authenticated, &candidate.password) {
                    Some(true) => {
                        self.open_all(pfx, &candidate);
                        return candidate.outcome;
                    }
                    Some(false) => continue,
                    None => return none,
                }
            }
            let Some(item) = encrypted else { return PasswordState::Untried };
            match self.open_item(pfx, item, &candidate) {
                Ok(()) => {
                    self.open_all(pfx, &candidate);
                    return candidate.outcome;
                }
                Err(Failure::Wrong(_)) => {}
                Err(Failure::Unsupported(reason)) => {
                    self.problem_at(pfx, item, &reason);
                    // Another item may still be of a kind that can be tried.
                    return if self.open_all(pfx, &candidate) { candidate.outcome } else { PasswordState::Untried };
                }
            }
        }
        none
    }

    /// Checks the bounds of the MAC before anything is derived.
    fn mac_is_usable(&self, mac: &Mac) -> Result<(), String> {
        let (hash, iterations) = match &mac.algorithm.value {
            MacAlgorithm::Hmac(hash) => (hash, mac.iterations.value),
            MacAlgorithm::Pbmac1 { hash, kdf } => {
                self.check_kdf(kdf)?;
                if matches!(kdf, Kdf::Pbkdf2 { key_length: None, .. }) {
                    return Err("PBMAC1 states no key length, which RFC 9579 asks for".to_owned());
                }
                if !matches!(kdf, Kdf::Pbkdf2 { prf, .. } if prf.length().is_some()) {
                    return Err("the key derivation of PBMAC1 is not supported".to_owned());
                }
                (hash, mac.iterations.value)
            }
        };
        let Some(length) = hash.length() else {
            return Err(format!("the MAC's hash {} is not supported, so the MAC is not checked", hash.name()));
        };
        if mac.digest.len() != length {
            return Err(format!(
                "the MAC has {} bytes where {} gives {length}: no password can match it",
                mac.digest.len(),
                hash.name()
            ));
        }
        if iterations == 0 || iterations > self.limits.mac_iterations {
            return Err(format!(
                "the MAC asks for {iterations} iterations, the limit is {}",
                self.limits.mac_iterations
            ));
        }
        Ok(())
    }

    /// `None` when the bound of all tries is reached or the MAC can't be computed.
    fn mac_is_right(&mut self, mac: &Mac, authenticated: &[u8], password: &Password) -> Option<bool> {
        let tried = self.tried.saturating_add(mac.iterations.value);
        if tried > self.limits.kdf_iterations_total {
            let message = format!(
                "the limit of {} iterations for trying passwords is reached, the rest is not tried",
                self.limits.kdf_iterations_total
            );
            self.problems.push(FormatError::new(message, mac.iterations.start));
            return None;
        }
        self.tried = tried;
        match &mac.algorithm.value {
            MacAlgorithm::Hmac(hash) => {
                let length = hash.length()?;
                let key = kdf::pkcs12(hash, password, &mac.salt, mac.iterations.value, Purpose::Mac, length)?;
                kdf::mac_is_right(hash, &key, authenticated, &mac.digest)
            }
            MacAlgorithm::Pbmac1 { hash, kdf } => {
                let Kdf::Pbkdf2 { key_length: Some(length), .. } = kdf else { return None };
                let key = kdf::pbes2(kdf, password, usize::try_from(*length).ok().filter(|length| *length <= 1024)?)?;
                kdf::mac_is_right(hash, &key, authenticated, &mac.digest)
            }
        }
    }

    /// Opens everything with a password that is known to be right. Whether anything opened.
    fn open_all(&mut self, pfx: &mut Pfx, candidate: &Candidate<'_>) -> bool {
        let mut opened = false;
        pfx.safes.iter().for_each(|safe| self.expect(safe));
        for index in 0..pfx.safes.len() {
            let is_locked = pfx.safes.get(index).is_some_and(|safe| safe.locked);
            let encrypted = pfx.safes.get(index).is_some_and(|safe| matches!(safe.kind, SafeKind::Encrypted(_)));
            if is_locked && encrypted {
                opened |= self.open_or_report(pfx, Item::Safe(index), candidate);
                pfx.safes.get(index).into_iter().for_each(|safe| self.expect(safe));
            }
            let count = pfx.safes.get(index).map_or(0, |safe| safe.bags.len());
            for bag in 0..count {
                let locked = |bag: &Bag| matches!(bag.value, BagValue::LockedKey);
                if pfx.safes.get(index).and_then(|safe| safe.bags.get(bag)).is_some_and(locked) {
                    opened |= self.open_or_report(pfx, Item::Key(index, bag), candidate);
                }
            }
        }
        opened
    }

    /// Notes the derivations of a part, or those of its keys once it is open.
    fn expect(&mut self, safe: &Safe) {
        match &safe.kind {
            SafeKind::Encrypted(encryption) if safe.locked => {
                encryption.kdf.iter().for_each(|kdf| self.keys.expect(kdf))
            }
            _ => {
                let locked = safe.bags.iter().filter(|bag| matches!(bag.value, BagValue::LockedKey));
                let derivations = locked.filter_map(|bag| bag.encryption.as_ref()?.kdf.as_ref());
                derivations.for_each(|kdf| self.keys.expect(kdf));
            }
        }
    }

    fn open_or_report(&mut self, pfx: &mut Pfx, item: Item, candidate: &Candidate<'_>) -> bool {
        match self.open_item(pfx, item, candidate) {
            Ok(()) => true,
            Err(Failure::Wrong(reason) | Failure::Unsupported(reason)) => {
                self.problem_at(pfx, item, &reason);
                false
            }
        }
    }

    fn problem_at(&mut self, pfx: &Pfx, item: Item, reason: &str) {
        let (what, offset) = match item {
            Item::Safe(safe) => ("a part", pfx.safes.get(safe).map_or(0, |safe| safe.start)),
            Item::Key(safe, bag) => {
                ("a key", pfx.safes.get(safe).and_then(|safe| safe.bags.get(bag)).map_or(0, |bag| bag.start))
            }
        };
        let problem = FormatError::new(format!("{what} is not opened: {reason}"), offset);
        if !self.problems.contains(&problem) && self.problems.len() < self.limits.problems {
            self.problems.push(problem);
        }
    }

    fn open_item(&mut self, pfx: &mut Pfx, item: Item, candidate: &Candidate<'_>) -> Result<(), Failure> {
        let seen = pfx.bags().count();
        match item {
            Item::Safe(index) => {
                let Some(safe) = pfx.safes.get_mut(index) else { return Ok(()) };
                let SafeKind::Encrypted(encryption) = &safe.kind else { return Ok(()) };
                let plaintext = self.decrypt(encryption, &safe.ciphertext, candidate)?;
                let place = Place::Inside(safe.start, safe.end);
                let (bags, problems) =
                    walk::decrypted_bags(&plaintext, &place, self.limits, seen).map_err(|error| {
                        Failure::Wrong(format!("what is decrypted is not a SafeContents ({})", error.message))
                    })?;
                safe.bags = bags;
                safe.locked = false;
                self.problems.extend(problems);
            }
            Item::Key(safe, index) => {
                let Some(bag) = pfx.safes.get_mut(safe).and_then(|safe| safe.bags.get_mut(index)) else {
                    return Ok(());
                };
                let Some(encryption) = &bag.encryption else { return Ok(()) };
                // p12-keystore keeps no keys: what several ask for is derived here.
                let shared = encryption.kdf.as_ref().is_some_and(|kdf| self.keys.shares(kdf));
                let accepted = !shared && p12_keystore_accepts(encryption, &bag.shrouded, candidate);
                let (plaintext, engine) = if accepted {
                    self.spend(encryption)?;
                    let text = candidate.text.unwrap_or_default();
                    (open_with_p12_keystore(&bag.shrouded.encoded, text)?, Engine::P12Keystore)
                } else {
                    (self.decrypt(encryption, &bag.shrouded.ciphertext, candidate)?, Engine::Own)
                };
                let compute = seen <= self.limits.pfx_public_half_bags;
                let mut key = private_key::read(&plaintext, &Place::Inside(bag.start, bag.end), self.limits, compute)
                    .map_err(|error| {
                    Failure::Wrong(format!("what is decrypted is not a key ({})", error.message))
                })?;
                self.problems.extend(key.problem.take());
                bag.value = BagValue::Key(Box::new(key));
                bag.opened_by = Some(engine);
                bag.shrouded = Shrouded::default();
            }
        }
        Ok(())
    }

    /// Checks the bounds of one derivation.
    fn check_kdf(&self, kdf: &Kdf) -> Result<(), String> {
        match kdf {
            Kdf::Pkcs12 { iterations, .. } | Kdf::Pbkdf2 { iterations, .. } => {
                if *iterations == 0 || *iterations > self.limits.kdf_iterations {
                    return Err(format!(
                        "the key derivation asks for {iterations} iterations, the limit is {}",
                        self.limits.kdf_iterations
                    ));
                }
            }
            Kdf::Scrypt { n, r, p, .. } => {
                let bytes = 128_u64.checked_mul(*n).and_then(|bytes| bytes.checked_mul(*r));
                let fits = bytes.is_some_and(|bytes| bytes <= self.limits.scrypt_bytes);
                if !fits || *p > u64::from(self.limits.scrypt_p) || *n < 2 || *r == 0 || *p == 0 {
                    return Err(format!(
                        "scrypt with N={n}, r={r}, p={p} is over the limits of {} bytes and p={}",
                        self.limits.scrypt_bytes, self.limits.scrypt_p
                    ));
                }
            }
            Kdf::Other(oid) => return Err(format!("the key derivation {oid} is not supported")),
        }
        Ok(())
    }

    /// Checks the bounds of an encryption and counts its iterations against those of the file.
    fn spend(&mut self, encryption: &Encryption) -> Result<(), Failure> {
        let unsupported = || Failure::Unsupported(format!("the encryption {} is not supported", encryption.oid));
        let kdf = encryption.kdf.as_ref().ok_or_else(unsupported)?;
        self.check_kdf(kdf).map_err(Failure::Unsupported)?;
        let work = match kdf {
            // One block of scrypt costs about what an iteration of PBKDF2 does.
            Kdf::Scrypt { n, r, p, .. } => n.saturating_mul(*r).saturating_mul(*p),
            _ => kdf.iterations().unwrap_or(0),
        };
        let spent = self.spent.saturating_add(work);
        if spent > self.limits.kdf_iterations_total {
            return Err(Failure::Unsupported(format!(
                "the key derivations of the file are over the limit of {} iterations",
                self.limits.kdf_iterations_total
            )));
        }
        self.spent = spent;
        Ok(())
    }

    fn decrypt(
        &mut self,
        encryption: &Encryption,
        ciphertext: &[u8],
        candidate: &Candidate<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let unsupported = |what: &str| Failure::Unsupported(format!("{what} is not supported"));
        let Some(cipher) = &encryption.cipher else {
            return Err(unsupported(&format!("encryption {}", encryption.oid)));
        };
        let Some(length) = cipher.key_length() else { return Err(unsupported(&format!("cipher {}", cipher.name()))) };
        let Some(kdf) = &encryption.kdf else { return Err(unsupported("the key derivation")) };
        if let Kdf::Pbkdf2 { prf: Hash::Other(oid), .. } = kdf {
            return Err(unsupported(&format!("the PRF {oid} of PBKDF2")));
        }
        if !self.keys.has(kdf, Purpose::Encryption, length) {
            self.spend(encryption)?;
        }
        let password = &candidate.password;
        let key = self.keys.key(kdf, password, Purpose::Encryption, length);
        let key = key.ok_or_else(|| unsupported("the key derivation"))?;
        let iv = match (encryption.scheme, cipher) {
            (Scheme::Pbes1, Cipher::Rc4(_)) => Vec::new(),
            (Scheme::Pbes1, _) => {
                self.keys.key(kdf, password, Purpose::Iv, 8).map(|iv| iv.to_vec()).unwrap_or_default()
            }
            _ => encryption.iv.clone(),
        };
        decrypt_with(cipher, &key, &iv, ciphertext)
    }
}

fn first_item(pfx: &Pfx) -> Option<Item> {
    for (index, safe) in pfx.safes.iter().enumerate() {
        if safe.locked && matches!(safe.kind, SafeKind::Encrypted(_)) {
            return Some(Item::Safe(index));
        }
        if let Some(bag) = safe.bags.iter().position(|bag| matches!(bag.value, BagValue::LockedKey)) {
            return Some(Item::Key(index, bag));
        }
    }
    None
}

/// Whether what decides about a password reads it as UTF-8, where no password at all is the empty one.
fn null_is_empty(pfx: &Pfx, encrypted: Option<Item>) -> bool {
    let pbes2 = |encryption: &Encryption| encryption.scheme == Scheme::Pbes2;
    match (&pfx.mac, encrypted) {
        (Some(mac), _) => matches!(mac.algorithm.value, MacAlgorithm::Pbmac1 { .. }),
        (None, Some(Item::Safe(index))) => {
            matches!(pfx.safes.get(index).map(|safe| &safe.kind), Some(SafeKind::Encrypted(e)) if pbes2(e))
        }
        (None, Some(Item::Key(safe, index))) => {
            let bag = pfx.safes.get(safe).and_then(|safe| safe.bags.get(index));
            bag.and_then(|bag| bag.encryption.as_ref()).is_some_and(pbes2)
        }
        (None, None) => false,
    }
}

fn decrypt_with(cipher: &Cipher, key: &[u8], iv: &[u8], ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut buffer = Zeroizing::new(ciphertext.to_vec());
    match cipher {
        Cipher::Rc4(_) => {
            let mut stream = rc4::Rc4::new_from_slice(key).map_err(|_| wrong_length())?;
            stream.apply_keystream(&mut buffer);
            Ok(buffer)
        }
        Cipher::Des => cbc_decrypt(des::Des::new_from_slice(key).map_err(|_| wrong_length())?, iv, buffer),
        Cipher::TripleDes(3) => {
            cbc_decrypt(des::TdesEde3::new_from_slice(key).map_err(|_| wrong_length())?, iv, buffer)
        }
        Cipher::TripleDes(_) => {
            cbc_decrypt(des::TdesEde2::new_from_slice(key).map_err(|_| wrong_length())?, iv, buffer)
        }
        Cipher::Rc2(_, bits) => cbc_decrypt(rc2::Rc2::new_with_eff_key_len(key, *bits), iv, buffer),
        Cipher::Aes(128) => cbc_decrypt(aes::Aes128::new_from_slice(key).map_err(|_| wrong_length())?, iv, buffer),
        Cipher::Aes(192) => cbc_decrypt(aes::Aes192::new_from_slice(key).map_err(|_| wrong_length())?, iv, buffer),
        Cipher::Aes(_) => cbc_decrypt(aes::Aes256::new_from_slice(key).map_err(|_| wrong_length())?, iv, buffer),
        Cipher::Other(oid) => Err(Failure::Unsupported(format!("cipher {oid} is not supported"))),
    }
}

fn wrong_length() -> Failure {
    Failure::Unsupported("the key or the initialisation vector has a wrong length".to_owned())
}

fn cbc_decrypt<C: BlockCipherDecrypt>(
    cipher: C,
    iv: &[u8],
    mut buffer: Zeroizing<Vec<u8>>,
) -> Result<Zeroizing<Vec<u8>>, Failure>
where
    cbc::Decryptor<C>: BlockModeDecrypt + aes::cipher::InnerIvInit<Inner = C>,
{
    use aes::cipher::InnerIvInit;
    let decryptor = cbc::Decryptor::<C>::inner_iv_slice_init(cipher, iv).map_err(|_| wrong_length())?;
    let length =
        decryptor.decrypt_padded::<Pkcs7>(&mut buffer).map_err(|_| Failure::Wrong(WRONG_PADDING.to_owned()))?.len();
    buffer.truncate(length);
    Ok(buffer)
}

/// Whether p12-keystore 0.4 opens a key of this encryption: DER throughout, PBES1 with 3DES or RC2-40, or PBES2 with AES
/// and PBKDF2 with SHA-2 or scrypt; a password that is a text of the Basic Multilingual Plane.
fn p12_keystore_accepts(encryption: &Encryption, shrouded: &Shrouded, candidate: &Candidate<'_>) -> bool {
    let kdf = match &encryption.kdf {
        Some(Kdf::Pkcs12 { iterations, .. }) => i32::try_from(*iterations).is_ok(),
        Some(Kdf::Pbkdf2 { prf, key_length, .. }) => {
            let key = encryption.cipher.as_ref().and_then(Cipher::key_length);
            let stated = key_length.map(|length| usize::try_from(length).ok());
            matches!(prf, Hash::Sha224 | Hash::Sha256 | Hash::Sha384 | Hash::Sha512)
                && stated.is_none_or(|length| length == key)
        }
        Some(Kdf::Scrypt { n, r, p, key_length, .. }) => {
            n.is_power_of_two() && *r <= 0xffff && *p <= 0xffff && key_length.is_none()
        }
        _ => false,
    };
    let cipher = match (encryption.scheme, &encryption.cipher) {
        (Scheme::Pbes1, Some(Cipher::TripleDes(3) | Cipher::Rc2(5, 40))) => true,
        (Scheme::Pbes2, Some(Cipher::Aes(_))) => encryption.iv.len() == 16,
        _ => false,
    };
    let salt = encryption.kdf.as_ref().map_or(0, Kdf::salt_length);
    let text = candidate.text.is_some_and(|text| text.chars().all(|c| u32::from(c) <= 0xffff));
    kdf && cipher && text && (1..=32).contains(&salt) && is_der(&shrouded.encoded)
}

/// Whether an EncryptedPrivateKeyInfo is in DER as far as its structure goes: definite lengths in their shortest form,
/// no strings in pieces.
fn is_der(encoded: &[u8]) -> bool {
    fn check(reader: &mut Reader<'_>) -> Result<bool, FormatError> {
        while let Some(element) = reader.read()? {
            let string = element.is_universal(tag::OCTET_STRING) && element.constructed;
            let length = element.content_end.saturating_sub(element.content_start);
            let header = element.content_start.saturating_sub(element.start);
            let shortest = match length {
                0..0x80 => 2,
                0x80..0x100 => 3,
                0x100..0x1_0000 => 4,
                0x1_0000..0x100_0000 => 5,
                _ => 6,
            };
            if element.indefinite || string || header != shortest {
                return Ok(false);
            }
            if element.constructed && !check(&mut element.children())? {
                return Ok(false);
            }
        }
        Ok(true)
    }
    check(&mut Reader::new(encoded, 16)).unwrap_or(false)
}

/// The PKCS#8 key of an EncryptedPrivateKeyInfo. p12-keystore opens whole files, so the key is given to it as a file of
/// one bag without a MAC: the MAC was checked over the whole before, and no other key is derived again.
fn open_with_p12_keystore(encrypted_key: &[u8], password: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    const SHROUDED_KEY_BAG: [u8; 13] = [6, 11, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1, 2];
    const DATA: [u8; 11] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
    let sequence = |content: &[u8]| encoded(0x30, content);
    let explicit = |content: &[u8]| encoded(0xa0, content);
    let data = |content: &[u8]| sequence(&[DATA.as_slice(), &explicit(&encoded(4, content))].concat());
    let bag = sequence(&[SHROUDED_KEY_BAG.as_slice(), &explicit(encrypted_key)].concat());
    let file = sequence(&[[2, 1, 3].as_slice(), &data(&sequence(&data(&sequence(&bag))))].concat());
    match p12_keystore::Pkcs12Archive::from_pkcs12(&file, password) {
        Ok(archive) => match archive.keys.first() {
            Some(bag) => Ok(Zeroizing::new(bag.key.as_der().to_vec())),
            None => Err(Failure::Unsupported("no key was found in the bag".to_owned())),
        },
        Err(_) => Err(Failure::Wrong(WRONG_PADDING.to_owned())),
    }
}
