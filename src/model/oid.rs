//! Object identifiers of the field, by number and by the names that English Windows shows.

/// serverAuth.
pub const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
/// clientAuth.
pub const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";
/// codeSigning.
pub const CODE_SIGNING: &str = "1.3.6.1.5.5.7.3.3";
/// emailProtection.
pub const EMAIL_PROTECTION: &str = "1.3.6.1.5.5.7.3.4";
/// OCSPSigning.
pub const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";
/// anyExtendedKeyUsage.
pub const ANY_EKU: &str = "2.5.29.37.0";
/// Microsoft smart-card logon.
pub const SMART_CARD_LOGON: &str = "1.3.6.1.4.1.311.20.2.2";
/// KDC authentication.
pub const KDC_AUTH: &str = "1.3.6.1.5.2.3.5";
/// Microsoft remote desktop authentication.
pub const REMOTE_DESKTOP: &str = "1.3.6.1.4.1.311.54.1.2";
/// Microsoft document encryption.
pub const DOCUMENT_ENCRYPTION: &str = "1.3.6.1.4.1.311.80.1";
/// Microsoft encrypting file system.
pub const EFS: &str = "1.3.6.1.4.1.311.10.3.4";

/// Extended key usages: OID and English name.
pub static EXTENDED_KEY_USAGES: &[(&str, &str)] = &[
    (SERVER_AUTH, "Server Authentication"),
    (CLIENT_AUTH, "Client Authentication"),
    (CODE_SIGNING, "Code Signing"),
    (EMAIL_PROTECTION, "Secure Email"),
    ("1.3.6.1.5.5.7.3.5", "IP security end system"),
    ("1.3.6.1.5.5.7.3.6", "IP security tunnel termination"),
    ("1.3.6.1.5.5.7.3.7", "IP security user"),
    ("1.3.6.1.5.5.7.3.8", "Time Stamping"),
    (OCSP_SIGNING, "OCSP Signing"),
    ("1.3.6.1.5.5.8.2.2", "IP security IKE intermediate"),
    (ANY_EKU, "Any Purpose"),
    (SMART_CARD_LOGON, "Smart Card Logon"),
    (KDC_AUTH, "KDC Authentication"),
    (REMOTE_DESKTOP, "Remote Desktop Authentication"),
    (DOCUMENT_ENCRYPTION, "Document Encryption"),
    (EFS, "Encrypting File System"),
    ("1.3.6.1.4.1.311.10.3.4.1", "File Recovery"),
    ("1.3.6.1.4.1.311.10.3.12", "Document Signing"),
    ("1.3.6.1.4.1.311.20.2.1", "Certificate Request Agent"),
    ("1.3.6.1.4.1.311.21.5", "Private Key Archival"),
    ("1.3.6.1.4.1.311.21.6", "Key Recovery Agent"),
    ("1.3.6.1.4.1.311.67.1.1", "BitLocker Drive Encryption"),
    ("2.16.840.1.113730.4.1", "Netscape Server Gated Crypto"),
    ("1.3.6.1.4.1.311.10.3.3", "Microsoft Server Gated Crypto"),
];

/// The English name of an extended key usage.
pub fn eku_name(oid: &str) -> Option<&'static str> {
    EXTENDED_KEY_USAGES.iter().find(|(o, _)| *o == oid).map(|(_, n)| *n)
}

/// Whether a text is a dotted OID: two or more numbers.
pub fn is_oid(text: &str) -> bool {
    let (mut dots, mut before) = (false, b'.');
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' => {}
            b'.' if before != b'.' => dots = true,
            _ => return false,
        }
        before = byte;
    }
    dots && before != b'.'
}

/// The name of a public-key algorithm by its OID (RFC 3279, RFC 5480, RFC 8410, NIST CSOR): `RSA`, `ECC`, ….
pub fn public_key_algorithm(oid: &str) -> Option<&'static str> {
    Some(match oid {
        "1.2.840.113549.1.1.1" | "1.2.840.113549.1.1.10" | "1.2.840.113549.1.1.7" => "RSA",
        "1.2.840.10045.2.1" => "ECC",
        "1.2.840.10040.4.1" => "DSA",
        "1.2.840.10046.2.1" | "1.2.840.113549.1.3.1" => "DH",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        "1.3.101.110" => "X25519",
        "2.16.840.1.101.3.4.3.17" => "ML-DSA-44",
        "2.16.840.1.101.3.4.3.18" => "ML-DSA-65",
        "2.16.840.1.101.3.4.3.19" => "ML-DSA-87",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_an_object_identifier() {
        for text in ["1.2", "2.5.29.37.0", "1.3.6.1.5.5.7.3.1"] {
            assert!(is_oid(text), "{text}");
        }
        for text in ["", "1", ".1", "1.", "1..2", "1.2a", "a.b", "."] {
            assert!(!is_oid(text), "{text}");
        }
    }

    /// RFC 3279, RFC 5480, RFC 8410, NIST CSOR.
    #[test]
    fn names_by_number() {
        for (oid, name) in [
            ("1.2.840.113549.1.1.1", "RSA"),
            ("1.2.840.113549.1.1.10", "RSA"),
            ("1.2.840.10045.2.1", "ECC"),
            ("1.2.840.10040.4.1", "DSA"),
            ("1.2.840.10046.2.1", "DH"),
            ("1.2.840.113549.1.3.1", "DH"),
            ("1.3.101.110", "X25519"),
            ("1.3.101.112", "Ed25519"),
            ("1.3.101.113", "Ed448"),
            ("2.16.840.1.101.3.4.3.17", "ML-DSA-44"),
            ("2.16.840.1.101.3.4.3.18", "ML-DSA-65"),
            ("2.16.840.1.101.3.4.3.19", "ML-DSA-87"),
        ] {
            assert_eq!(public_key_algorithm(oid), Some(name));
        }
        assert_eq!(public_key_algorithm("1.3.101.111"), None);
        assert_eq!(eku_name("1.3.6.1.5.5.7.3.1"), Some("Server Authentication"));
        assert_eq!(eku_name("1.3.6.1.5.5.7.3.3"), Some("Code Signing"));
        assert_eq!(eku_name("1.2.3"), None);
    }
}
