//! The algorithm identifiers of PKCS#12: encryption schemes, key derivations, MACs, with their parameters.
//!
//! Sources: RFC 7292 appendix C (PBES1 of PKCS#12), RFC 8018 appendices A and B (PBES2, PBKDF2), RFC 7914 section 7
//! (scrypt), RFC 9579 section 4 (PBMAC1), RFC 2040 and RFC 8018 appendix B.2.3 (RC2 parameters).

use crate::formats::der::{Element, tag};
use crate::formats::{FormatError, Spanned};

/// A hash function.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Hash {
    /// SHA-1.
    Sha1,
    /// SHA-224.
    Sha224,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
    /// SHA-512/224.
    Sha512Trunc224,
    /// SHA-512/256.
    Sha512Trunc256,
    /// Another object identifier.
    Other(String),
}

impl Hash {
    /// The hash of a digest algorithm or of an HMAC of RFC 8018 appendix B.1.
    fn of(oid: &str) -> Hash {
        match oid {
            "1.3.14.3.2.26" | "1.2.840.113549.2.7" => Hash::Sha1,
            "2.16.840.1.101.3.4.2.4" | "1.2.840.113549.2.8" => Hash::Sha224,
            "2.16.840.1.101.3.4.2.1" | "1.2.840.113549.2.9" => Hash::Sha256,
            "2.16.840.1.101.3.4.2.2" | "1.2.840.113549.2.10" => Hash::Sha384,
            "2.16.840.1.101.3.4.2.3" | "1.2.840.113549.2.11" => Hash::Sha512,
            "2.16.840.1.101.3.4.2.5" | "1.2.840.113549.2.12" => Hash::Sha512Trunc224,
            "2.16.840.1.101.3.4.2.6" | "1.2.840.113549.2.13" => Hash::Sha512Trunc256,
            _ => Hash::Other(oid.to_owned()),
        }
    }

    /// The name in lowercase, as `sha256`; the object identifier of an unknown one.
    pub fn name(&self) -> &str {
        match self {
            Hash::Sha1 => "sha1",
            Hash::Sha224 => "sha224",
            Hash::Sha256 => "sha256",
            Hash::Sha384 => "sha384",
            Hash::Sha512 => "sha512",
            Hash::Sha512Trunc224 => "sha512-224",
            Hash::Sha512Trunc256 => "sha512-256",
            Hash::Other(oid) => oid,
        }
    }

    /// The length of a digest in bytes; `None` for an unknown hash.
    pub fn length(&self) -> Option<usize> {
        Some(match self {
            Hash::Sha1 => 20,
            Hash::Sha224 | Hash::Sha512Trunc224 => 28,
            Hash::Sha256 | Hash::Sha512Trunc256 => 32,
            Hash::Sha384 => 48,
            Hash::Sha512 => 64,
            Hash::Other(_) => return None,
        })
    }
}

/// A cipher and the length of its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cipher {
    /// RC4 with a key of so many bits.
    Rc4(usize),
    /// DES in CBC mode.
    Des,
    /// Triple DES in CBC mode with two or three keys.
    TripleDes(u8),
    /// RC2 in CBC mode: length of the key in bytes, effective bits.
    Rc2(usize, usize),
    /// AES in CBC mode with a key of so many bits.
    Aes(usize),
    /// Another object identifier.
    Other(String),
}

impl Cipher {
    /// The name that the report uses.
    pub fn name(&self) -> String {
        match self {
            Cipher::Rc4(bits) => format!("RC4-{bits}"),
            Cipher::Des => "DES".to_owned(),
            Cipher::TripleDes(3) => "3DES".to_owned(),
            Cipher::TripleDes(_) => "2DES".to_owned(),
            Cipher::Rc2(_, bits) => format!("RC2-{bits}"),
            Cipher::Aes(bits) => format!("AES-{bits}"),
            Cipher::Other(oid) => oid.clone(),
        }
    }

    /// The length of the key in bytes; `None` for an unknown cipher.
    pub fn key_length(&self) -> Option<usize> {
        match self {
            Cipher::Rc4(bits) | Cipher::Aes(bits) => Some(bits / 8),
            Cipher::Des => Some(8),
            Cipher::TripleDes(keys) => Some(usize::from(*keys).saturating_mul(8)),
            Cipher::Rc2(bytes, _) => Some(*bytes),
            Cipher::Other(_) => None,
        }
    }
}

/// The encryption scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// The schemes of RFC 7292 appendix C, with the key derivation of its appendix B.
    Pbes1,
    /// RFC 8018 section 6.2.
    Pbes2,
    /// Another one.
    Unknown,
}

/// How a key is derived from a password.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Kdf {
    /// RFC 7292 appendix B.
    Pkcs12 {
        /// The salt.
        salt: Vec<u8>,
        /// The iterations.
        iterations: u64,
    },
    /// RFC 8018 section 5.2.
    Pbkdf2 {
        /// The salt.
        salt: Vec<u8>,
        /// The iterations.
        iterations: u64,
        /// The length of the derived key in bytes, where it is stated.
        key_length: Option<u64>,
        /// The hash of the HMAC.
        prf: Hash,
    },
    /// RFC 7914.
    Scrypt {
        /// The salt.
        salt: Vec<u8>,
        /// The CPU and memory cost.
        n: u64,
        /// The block size.
        r: u64,
        /// The parallelism.
        p: u64,
        /// The length of the derived key in bytes, where it is stated.
        key_length: Option<u64>,
    },
    /// Another object identifier.
    Other(String),
}

impl Kdf {
    /// The name that the report uses; `None` for PBES1, whose derivation has no name of its own.
    pub fn name(&self) -> Option<&str> {
        match self {
            Kdf::Pkcs12 { .. } => None,
            Kdf::Pbkdf2 { .. } => Some("PBKDF2"),
            Kdf::Scrypt { .. } => Some("scrypt"),
            Kdf::Other(oid) => Some(oid),
        }
    }

    /// The iterations, where the derivation counts them.
    pub fn iterations(&self) -> Option<u64> {
        match self {
            Kdf::Pkcs12 { iterations, .. } | Kdf::Pbkdf2 { iterations, .. } => Some(*iterations),
            Kdf::Scrypt { .. } | Kdf::Other(_) => None,
        }
    }

    /// The length of the salt in bytes.
    pub fn salt_length(&self) -> usize {
        match self {
            Kdf::Pkcs12 { salt, .. } | Kdf::Pbkdf2 { salt, .. } | Kdf::Scrypt { salt, .. } => salt.len(),
            Kdf::Other(_) => 0,
        }
    }
}

/// How a part or a key is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encryption {
    /// The object identifier of the scheme.
    pub oid: String,
    /// The scheme.
    pub scheme: Scheme,
    /// The cipher; `None` for an unknown scheme.
    pub cipher: Option<Cipher>,
    /// The key derivation; `None` for an unknown scheme.
    pub kdf: Option<Kdf>,
    /// The initialisation vector of PBES2.
    pub iv: Vec<u8>,
    /// The first byte of the algorithm identifier.
    pub start: usize,
    /// One after its last byte.
    pub end: usize,
}

impl Encryption {
    /// The name of the scheme, the object identifier of an unknown one.
    pub fn scheme_name(&self) -> &str {
        match self.scheme {
            Scheme::Pbes1 => "PBES1",
            Scheme::Pbes2 => "PBES2",
            Scheme::Unknown => &self.oid,
        }
    }

    /// Whether a Windows older than 10 version 1709 or Server 2019 can't open it: PBES2 came with those.
    pub fn is_pbes2(&self) -> bool {
        self.scheme == Scheme::Pbes2
    }
}

/// The algorithm of the MAC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MacAlgorithm {
    /// HMAC with a key after RFC 7292 appendix B.
    Hmac(Hash),
    /// RFC 9579: HMAC with a key after RFC 8018.
    Pbmac1 {
        /// The hash of the HMAC.
        hash: Hash,
        /// The key derivation.
        kdf: Kdf,
    },
}

impl MacAlgorithm {
    /// The name that the report uses: `sha1`, `sha256`, …, `PBMAC1`, or the object identifier.
    pub fn name(&self) -> &str {
        match self {
            MacAlgorithm::Hmac(hash) => hash.name(),
            MacAlgorithm::Pbmac1 { .. } => "PBMAC1",
        }
    }
}

/// Reads the AlgorithmIdentifier of an encryption. What is unknown is kept by its object identifier.
///
/// # Errors
/// Malformed parameters of a known scheme.
pub fn read_encryption(identifier: &Element<'_>) -> Result<Encryption, FormatError> {
    let (start, end) = identifier.span();
    let mut inner = identifier.children();
    let oid = inner.require("the encryption scheme")?.oid("the encryption scheme")?;
    let mut encryption =
        Encryption { oid, scheme: Scheme::Unknown, cipher: None, kdf: None, iv: Vec::new(), start, end };
    if encryption.oid == "1.2.840.113549.1.5.13" {
        let mut parameters = inner.universal(tag::SEQUENCE, "the parameters of PBES2")?.children();
        encryption.scheme = Scheme::Pbes2;
        encryption.kdf = Some(read_kdf(&parameters.universal(tag::SEQUENCE, "the key derivation of PBES2")?)?);
        let (cipher, iv) = read_cipher(&parameters.universal(tag::SEQUENCE, "the cipher of PBES2")?)?;
        encryption.cipher = Some(cipher);
        encryption.iv = iv;
        return Ok(encryption);
    }
    let cipher = match encryption.oid.as_str() {
        "1.2.840.113549.1.12.1.1" => Cipher::Rc4(128),
        "1.2.840.113549.1.12.1.2" => Cipher::Rc4(40),
        "1.2.840.113549.1.12.1.3" => Cipher::TripleDes(3),
        "1.2.840.113549.1.12.1.4" => Cipher::TripleDes(2),
        "1.2.840.113549.1.12.1.5" => Cipher::Rc2(16, 128),
        "1.2.840.113549.1.12.1.6" => Cipher::Rc2(5, 40),
        _ => return Ok(encryption),
    };
    let mut parameters = inner.universal(tag::SEQUENCE, "the parameters of PBES1")?.children();
    let salt = parameters.universal(tag::OCTET_STRING, "the salt of PBES1")?.octets()?.bytes.into_owned();
    let iterations = parameters.require("the iterations of PBES1")?.unsigned("the iterations of PBES1")?;
    encryption.scheme = Scheme::Pbes1;
    encryption.cipher = Some(cipher);
    encryption.kdf = Some(Kdf::Pkcs12 { salt, iterations });
    Ok(encryption)
}

fn read_kdf(identifier: &Element<'_>) -> Result<Kdf, FormatError> {
    let mut inner = identifier.children();
    let oid = inner.require("the key derivation")?.oid("the key derivation")?;
    match oid.as_str() {
        "1.2.840.113549.1.5.12" => {
            let mut parameters = inner.universal(tag::SEQUENCE, "the parameters of PBKDF2")?.children();
            let salt = parameters.universal(tag::OCTET_STRING, "the salt of PBKDF2")?.octets()?.bytes.into_owned();
            let iterations = parameters.require("the iterations of PBKDF2")?.unsigned("the iterations of PBKDF2")?;
            let mut key_length = None;
            let mut prf = Hash::Sha1;
            while let Some(next) = parameters.read()? {
                if next.is_universal(tag::INTEGER) {
                    key_length = Some(next.unsigned("the key length of PBKDF2")?);
                } else {
                    prf = Hash::of(&next.children().require("the PRF of PBKDF2")?.oid("the PRF of PBKDF2")?);
                }
            }
            Ok(Kdf::Pbkdf2 { salt, iterations, key_length, prf })
        }
        "1.3.6.1.4.1.11591.4.11" => {
            let mut parameters = inner.universal(tag::SEQUENCE, "the parameters of scrypt")?.children();
            let salt = parameters.universal(tag::OCTET_STRING, "the salt of scrypt")?.octets()?.bytes.into_owned();
            let n = parameters.require("the cost of scrypt")?.unsigned("the cost of scrypt")?;
            let r = parameters.require("the block size of scrypt")?.unsigned("the block size of scrypt")?;
            let p = parameters.require("the parallelism of scrypt")?.unsigned("the parallelism of scrypt")?;
            let key_length = match parameters.read()? {
                Some(length) => Some(length.unsigned("the key length of scrypt")?),
                None => None,
            };
            Ok(Kdf::Scrypt { salt, n, r, p, key_length })
        }
        _ => Ok(Kdf::Other(oid)),
    }
}

fn read_cipher(identifier: &Element<'_>) -> Result<(Cipher, Vec<u8>), FormatError> {
    let mut inner = identifier.children();
    let oid = inner.require("the cipher")?.oid("the cipher")?;
    let parameters = inner.read()?;
    let iv = |element: Option<Element<'_>>| match element {
        Some(value) if value.is_universal(tag::OCTET_STRING) => Ok(value.octets()?.bytes.into_owned()),
        Some(value) => Err(value.error("the initialisation vector is not an octet string")),
        None => Err(identifier.error("the initialisation vector is missing")),
    };
    let cipher = match oid.as_str() {
        "2.16.840.1.101.3.4.1.2" => Cipher::Aes(128),
        "2.16.840.1.101.3.4.1.22" => Cipher::Aes(192),
        "2.16.840.1.101.3.4.1.42" => Cipher::Aes(256),
        "1.2.840.113549.3.7" => Cipher::TripleDes(3),
        "1.3.14.3.2.7" => Cipher::Des,
        "1.2.840.113549.3.2" => {
            let Some(value) = parameters else { return Err(identifier.error("the parameters of RC2 are missing")) };
            if value.is_universal(tag::OCTET_STRING) {
                return Ok((Cipher::Rc2(4, 32), iv(Some(value))?));
            }
            let mut inner = value.children();
            let version = inner.require("the version of RC2")?.unsigned("the version of RC2")?;
            // RFC 8018 appendix B.2.3: the version encodes the effective key bits through a table.
            let cipher = match version {
                160 => Cipher::Rc2(5, 40),
                120 => Cipher::Rc2(8, 64),
                58 => Cipher::Rc2(16, 128),
                _ => Cipher::Other(oid),
            };
            return Ok((cipher, iv(inner.read()?)?));
        }
        _ => return Ok((Cipher::Other(oid), Vec::new())),
    };
    Ok((cipher, iv(parameters)?))
}

/// Reads the AlgorithmIdentifier of a MAC.
///
/// # Errors
/// Malformed parameters of PBMAC1.
pub fn read_mac_algorithm(identifier: &Element<'_>) -> Result<Spanned<MacAlgorithm>, FormatError> {
    let (start, end) = identifier.span();
    let mut inner = identifier.children();
    let oid = inner.require("the algorithm of the MAC")?.oid("the algorithm of the MAC")?;
    let algorithm = if oid == "1.2.840.113549.1.5.14" {
        let mut parameters = inner.universal(tag::SEQUENCE, "the parameters of PBMAC1")?.children();
        let kdf = read_kdf(&parameters.universal(tag::SEQUENCE, "the key derivation of PBMAC1")?)?;
        let scheme = parameters.universal(tag::SEQUENCE, "the MAC of PBMAC1")?;
        let hash = Hash::of(&scheme.children().require("the MAC of PBMAC1")?.oid("the MAC of PBMAC1")?);
        MacAlgorithm::Pbmac1 { hash, kdf }
    } else {
        MacAlgorithm::Hmac(Hash::of(&oid))
    };
    Ok(Spanned::new(algorithm, start, end))
}
