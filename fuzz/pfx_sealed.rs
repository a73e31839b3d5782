//! PFX files whose encrypted parts hold any bytes: what is read after a password has opened them. A mutation of an
//! encrypted file never gets there.

use aes::cipher::{BlockModeEncrypt, KeyIvInit, block_padding::Pkcs7};
use keyspect::formats::der_write::encoded;

/// PBKDF2 with HMAC-SHA-256 of `corpus-Password1`, salt 8 times 01, one iteration (computed with Python's hashlib).
const KEY: [u8; 32] = [
    0xf7, 0xb1, 0x1a, 0xf0, 0xe4, 0x7c, 0x8f, 0xcd, 0x05, 0xce, 0xc1, 0xb0, 0xa1, 0x98, 0x3b, 0xa5, 0x35, 0xd4, 0x54,
    0xf8, 0x3c, 0xba, 0x95, 0x00, 0xf1, 0x0a, 0xc0, 0x92, 0x85, 0xee, 0x4a, 0xbd,
];

const PKCS7: [u8; 8] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7];
const PKCS5: [u8; 8] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5];
const SHROUDED_KEY_BAG: [u8; 11] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 10, 1, 2];

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    encoded(0x30, &parts.concat())
}

fn oid(arcs: &[u8], last: &[u8]) -> Vec<u8> {
    encoded(6, &[arcs, last].concat())
}

/// PBES2 with PBKDF2, HMAC-SHA-256 and AES-256 in CBC mode.
fn algorithm() -> Vec<u8> {
    let prf = sequence(&[oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2], &[9]), encoded(5, &[])]);
    let parameters = sequence(&[encoded(4, &[1; 8]), encoded(2, &[1]), prf]);
    let kdf = sequence(&[oid(&PKCS5, &[12]), parameters]);
    let cipher = sequence(&[oid(&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1], &[42]), encoded(4, &[0; 16])]);
    sequence(&[oid(&PKCS5, &[13]), sequence(&[kdf, cipher])])
}

fn sealed(plain: &[u8]) -> Vec<u8> {
    let mut bytes = [plain, &[0; 16]].concat();
    let encryptor = cbc::Encryptor::<aes::Aes256>::new(&KEY.into(), &[0; 16].into());
    encryptor.encrypt_padded::<Pkcs7>(&mut bytes, plain.len()).expect("there is room for a block").to_vec()
}

fn file(safe: Vec<u8>) -> Vec<u8> {
    let safes = encoded(4, &sequence(&[safe]));
    let authenticated = sequence(&[oid(&PKCS7, &[1]), encoded(0xa0, &safes)]);
    sequence(&[encoded(2, &[3]), authenticated])
}

/// A file without MAC whose only part is encrypted and holds these bytes as its bags.
pub fn with_contents(contents: &[u8]) -> Vec<u8> {
    let info = sequence(&[oid(&PKCS7, &[1]), algorithm(), encoded(0x80, &sealed(contents))]);
    let encrypted = sequence(&[encoded(2, &[0]), info]);
    file(sequence(&[oid(&PKCS7, &[6]), encoded(0xa0, &encrypted)]))
}

/// A file without MAC whose only bag is an encrypted key that holds these bytes as its PKCS #8 structure.
pub fn with_key(key: &[u8]) -> Vec<u8> {
    let shrouded = sequence(&[algorithm(), encoded(4, &sealed(key))]);
    let bag = sequence(&[oid(&SHROUDED_KEY_BAG, &[]), encoded(0xa0, &shrouded)]);
    let contents = encoded(4, &sequence(&[bag]));
    file(sequence(&[oid(&PKCS7, &[1]), encoded(0xa0, &contents)]))
}
