//! KeySpec: which of a CryptoAPI container's two keys is meant.

/// `dwKeySpec` of `CRYPT_KEY_PROV_INFO` (wincrypt.h; Microsoft Learn, "CRYPT_KEY_PROV_INFO structure").
///
/// It lives in a store property or in a key's slot, never in the certificate. For a CNG key storage provider 0 is the
/// right value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeySpec(pub u32);

impl KeySpec {
    /// 0: a CNG key, or not identified (`XCN_AT_NONE`).
    pub const NONE: Self = Self(0);
    /// 1: the key can be used for key exchange and for signing.
    pub const KEYEXCHANGE: Self = Self(1);
    /// 2: the key can only sign.
    pub const SIGNATURE: Self = Self(2);
    /// 0xFFFFFFFF: a CNG handle in memory (`CERT_NCRYPT_KEY_SPEC`).
    pub const NCRYPT: Self = Self(0xFFFF_FFFF);

    /// The constant's name, when the value has one.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::NONE => Some("AT_NONE"),
            Self::KEYEXCHANGE => Some("AT_KEYEXCHANGE"),
            Self::SIGNATURE => Some("AT_SIGNATURE"),
            Self::NCRYPT => Some("CERT_NCRYPT_KEY_SPEC"),
            _ => None,
        }
    }

    /// The value of a constant, with or without the `XCN_` of the certificate enrollment interfaces, or of a number
    /// (decimal, or hexadecimal with `0x`). Letters are compared without case.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let upper = text.to_ascii_uppercase();
        match upper.strip_prefix("XCN_").unwrap_or(&upper) {
            "AT_NONE" => return Some(Self::NONE),
            "AT_KEYEXCHANGE" => return Some(Self::KEYEXCHANGE),
            "AT_SIGNATURE" => return Some(Self::SIGNATURE),
            "CERT_NCRYPT_KEY_SPEC" => return Some(Self::NCRYPT),
            _ => {}
        }
        let value = match upper.strip_prefix("0X") {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => upper.parse().ok()?,
        };
        Some(Self(value))
    }

    /// The KeySpec that an `aiKeyAlg` (ALG_ID) of a CryptoAPI key blob stands for: `CALG_RSA_KEYX` 0xA400 and the
    /// Diffie-Hellman ids are exchange keys, `CALG_RSA_SIGN` 0x2400, `CALG_DSS_SIGN` 0x2200 signature keys
    /// (wincrypt.h; Microsoft Learn, "ALG_ID").
    pub fn from_alg_id(alg_id: u32) -> Option<Self> {
        match alg_id & 0xE000 {
            0xA000 => Some(Self::KEYEXCHANGE),
            0x2000 => Some(Self::SIGNATURE),
            _ => None,
        }
    }
}

impl std::fmt::Display for KeySpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{} {name}", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_with_and_without_prefix() {
        assert_eq!(KeySpec::parse("XCN_AT_NONE"), Some(KeySpec::NONE));
        assert_eq!(KeySpec::parse("at_keyexchange"), Some(KeySpec::KEYEXCHANGE));
        assert_eq!(KeySpec::parse("0x2"), Some(KeySpec::SIGNATURE));
        assert_eq!(KeySpec::parse("two"), None);
    }

    #[test]
    fn alg_ids() {
        assert_eq!(KeySpec::from_alg_id(0xA400), Some(KeySpec::KEYEXCHANGE));
        assert_eq!(KeySpec::from_alg_id(0x2400), Some(KeySpec::SIGNATURE));
        assert_eq!(KeySpec::from_alg_id(0xAA02), Some(KeySpec::KEYEXCHANGE));
        assert_eq!(KeySpec::from_alg_id(0x2200), Some(KeySpec::SIGNATURE));
        assert_eq!(KeySpec::from_alg_id(0x6601), None);
    }

    #[test]
    fn every_constant_has_its_name() {
        for (value, name) in
            [(0, "AT_NONE"), (1, "AT_KEYEXCHANGE"), (2, "AT_SIGNATURE"), (0xFFFF_FFFF, "CERT_NCRYPT_KEY_SPEC")]
        {
            assert_eq!(KeySpec(value).name(), Some(name));
            assert_eq!(KeySpec::parse(name), Some(KeySpec(value)));
            assert_eq!(KeySpec::parse(&format!("xcn_{name}")), Some(KeySpec(value)));
            assert_eq!(KeySpec(value).to_string(), format!("{value} {name}"));
        }
        assert_eq!((KeySpec(3).name(), KeySpec(3).to_string()), (None, "3".to_owned()));
        assert_eq!((KeySpec::parse(" 7 "), KeySpec::parse("0x")), (Some(KeySpec(7)), None));
    }
}
