//! X.509 key usage, and what it says about a private key.

/// The key-usage bits of RFC 5280 section 4.2.1.3, in the numbering that Windows uses: the first octet of the BIT STRING
/// in the low byte, `decipherOnly` as 0x8000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct KeyUsage(pub u16);

/// The bits with their names of RFC 5280 and the names that English certutil prints.
pub static KEY_USAGE_BITS: &[(u16, &str, &str)] = &[
    (0x80, "digitalSignature", "Digital Signature"),
    (0x40, "nonRepudiation", "Non-Repudiation"),
    (0x20, "keyEncipherment", "Key Encipherment"),
    (0x10, "dataEncipherment", "Data Encipherment"),
    (0x08, "keyAgreement", "Key Agreement"),
    (0x04, "keyCertSign", "Certificate Signing"),
    (0x02, "cRLSign", "CRL Signing"),
    (0x01, "encipherOnly", "Encipher Only"),
    (0x8000, "decipherOnly", "Decipher Only"),
];

impl KeyUsage {
    /// digitalSignature.
    pub const DIGITAL_SIGNATURE: u16 = 0x80;
    /// keyEncipherment.
    pub const KEY_ENCIPHERMENT: u16 = 0x20;
    /// dataEncipherment.
    pub const DATA_ENCIPHERMENT: u16 = 0x10;
    /// keyAgreement.
    pub const KEY_AGREEMENT: u16 = 0x08;
    /// keyCertSign.
    pub const KEY_CERT_SIGN: u16 = 0x04;

    /// Whether any of these bits is set.
    pub fn has(self, bits: u16) -> bool {
        self.0 & bits != 0
    }
    /// The names of RFC 5280, most significant bit of the encoding first.
    pub fn names(self) -> Vec<&'static str> {
        KEY_USAGE_BITS.iter().filter(|(b, ..)| self.0 & b != 0).map(|(_, n, _)| *n).collect()
    }
    /// The KeySpec to which a PFX import turns these bits for a CryptoAPI key, after "PFXImportCertStore function",
    /// remarks: encipherment bits give AT_KEYEXCHANGE, signing bits AT_SIGNATURE. With both kinds set the order is not
    /// documented; exchange is taken (possible). `None` when neither kind is set.
    pub fn key_spec_on_import(self) -> Option<super::key_spec::KeySpec> {
        use super::key_spec::KeySpec;
        if self.has(0x30) {
            Some(KeySpec::KEYEXCHANGE)
        } else if self.has(0x86) {
            Some(KeySpec::SIGNATURE)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_bits() {
        assert_eq!(KeyUsage(0xA0).names(), ["digitalSignature", "keyEncipherment"]);
        assert_eq!(KeyUsage(0x8006).names(), ["keyCertSign", "cRLSign", "decipherOnly"]);
        assert!(KeyUsage(0).names().is_empty());
    }

    /// "PFXImportCertStore function", remarks.
    #[test]
    fn the_key_spec_of_an_import() {
        use crate::model::key_spec::KeySpec;
        for (bits, spec) in [
            (0x20, Some(KeySpec::KEYEXCHANGE)),
            (0x10, Some(KeySpec::KEYEXCHANGE)),
            (0xA0, Some(KeySpec::KEYEXCHANGE)),
            (0x80, Some(KeySpec::SIGNATURE)),
            (0x04, Some(KeySpec::SIGNATURE)),
            (0x02, Some(KeySpec::SIGNATURE)),
            (0x08, None),
            (0, None),
        ] {
            assert_eq!(KeyUsage(bits).key_spec_on_import(), spec, "{bits:x}");
        }
    }
}
