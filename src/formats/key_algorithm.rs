//! The algorithms of keys, by their object identifiers, under the names that the report uses.

/// What an elliptic curve is called and how large it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Curve {
    /// The name that Windows uses where it has one, else that of SEC 2 or RFC 5639.
    pub name: &'static str,
    /// The size of the field in bits.
    pub bits: u32,
}

/// The name of a key algorithm: `RSA`, `RSA-PSS`, `ECC`, `DSA`, `DH`, `Ed25519`, `ML-DSA-65`, …; `None` when the
/// object identifier is not one of a known key algorithm.
///
/// Sources: RFC 3279 (RSA, DSA, DH), RFC 4055 (RSA-PSS), RFC 5480 (EC), RFC 8410 (Edwards and Montgomery curves),
/// RFC 9881 (ML-DSA), RFC 9909 (SLH-DSA), RFC 9935 (ML-KEM), RFC 9215 (GOST).
pub fn name(oid: &str) -> Option<&'static str> {
    Some(match oid {
        "1.2.840.113549.1.1.1" => "RSA",
        "1.2.840.113549.1.1.7" => "RSA-OAEP",
        "1.2.840.113549.1.1.10" => "RSA-PSS",
        "1.2.840.10045.2.1" | "1.3.132.1.12" | "1.3.132.1.13" => "ECC",
        "1.2.840.10040.4.1" => "DSA",
        "1.2.840.113549.1.3.1" | "1.2.840.10046.2.1" => "DH",
        "1.3.101.110" => "X25519",
        "1.3.101.111" => "X448",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        "2.16.840.1.101.3.4.3.17" => "ML-DSA-44",
        "2.16.840.1.101.3.4.3.18" => "ML-DSA-65",
        "2.16.840.1.101.3.4.3.19" => "ML-DSA-87",
        "2.16.840.1.101.3.4.4.1" => "ML-KEM-512",
        "2.16.840.1.101.3.4.4.2" => "ML-KEM-768",
        "2.16.840.1.101.3.4.4.3" => "ML-KEM-1024",
        "1.2.643.2.2.19" => "GOST R 34.10-2001",
        "1.2.643.7.1.1.1.1" => "GOST R 34.10-2012 256",
        "1.2.643.7.1.1.1.2" => "GOST R 34.10-2012 512",
        _ => {
            let last = oid.strip_prefix("2.16.840.1.101.3.4.3.")?.parse::<u32>().ok()?;
            return (20..=31).contains(&last).then_some("SLH-DSA");
        }
    })
}

/// The size in bits of a key whose algorithm alone fixes it.
pub fn fixed_bits(oid: &str) -> Option<u32> {
    match oid {
        "1.3.101.110" | "1.3.101.112" => Some(256),
        "1.3.101.111" => Some(448),
        "1.3.101.113" => Some(456),
        _ => None,
    }
}

/// A named curve. Sources: SEC 2 version 2.0, RFC 5639, RFC 5480 section 2.1.1.1.
pub fn curve(oid: &str) -> Option<Curve> {
    let (name, bits) = match oid {
        "1.2.840.10045.3.1.1" => ("P-192", 192),
        "1.3.132.0.33" => ("P-224", 224),
        "1.2.840.10045.3.1.7" => ("P-256", 256),
        "1.3.132.0.34" => ("P-384", 384),
        "1.3.132.0.35" => ("P-521", 521),
        "1.3.132.0.10" => ("secp256k1", 256),
        "1.3.36.3.3.2.8.1.1.1" => ("brainpoolP160r1", 160),
        "1.3.36.3.3.2.8.1.1.3" => ("brainpoolP192r1", 192),
        "1.3.36.3.3.2.8.1.1.5" => ("brainpoolP224r1", 224),
        "1.3.36.3.3.2.8.1.1.7" => ("brainpoolP256r1", 256),
        "1.3.36.3.3.2.8.1.1.9" => ("brainpoolP320r1", 320),
        "1.3.36.3.3.2.8.1.1.11" => ("brainpoolP384r1", 384),
        "1.3.36.3.3.2.8.1.1.13" => ("brainpoolP512r1", 512),
        _ => return None,
    };
    Some(Curve { name, bits })
}
