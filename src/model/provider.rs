//! The catalogue of cryptographic providers: name, type, what its keys can do.
//!
//! Sources: Microsoft Learn, "CryptoAPI Cryptographic Service Providers", "Cryptographic Provider Types",
//! "CNG Key Storage Providers"; the types confirmed by published `certutil -csplist` output.

use std::sync::LazyLock;

/// CSP, KSP, or not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProviderKind {
    /// A legacy CryptoAPI provider: provider type other than 0.
    Csp,
    /// A CNG key storage provider: provider type 0.
    Ksp,
}

impl ProviderKind {
    /// The report's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Csp => "csp",
            Self::Ksp => "ksp",
        }
    }
}

/// What is special about a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProviderClass {
    /// Keys in files on this machine's disk.
    Software,
    /// A smart card.
    SmartCard,
    /// The TPM.
    Tpm,
    /// Windows Hello: bound to a user, never a service's key.
    Hello,
    /// A vendor's HSM, token or cloud key service.
    ThirdParty,
}

/// One known provider.
#[derive(Debug, PartialEq, Eq)]
pub struct Provider {
    /// The name as it is registered.
    pub name: &'static str,
    /// The provider type (`PROV_*`); 0 for a key storage provider.
    pub provider_type: u32,
    /// Where its keys live.
    pub class: ProviderClass,
    /// The largest RSA key-exchange key, in bits; 0: no key exchange; `None`: not documented.
    pub exchange_bits: Option<u32>,
    /// Whether it signs with SHA-2 through CryptoAPI; `None`: not documented or not a CSP.
    pub sha2: Option<bool>,
    /// One sentence for `explain`.
    pub note: &'static str,
}

impl Provider {
    /// CSP or KSP, by type.
    pub fn kind(&self) -> ProviderKind {
        kind_of_type(self.provider_type)
    }
}

/// The kind that a provider type stands for: 0 is a KSP, everything else a CSP
/// (Microsoft Learn, "CRYPT_KEY_PROV_INFO structure", dwProvType).
pub fn kind_of_type(provider_type: u32) -> ProviderKind {
    if provider_type == 0 { ProviderKind::Ksp } else { ProviderKind::Csp }
}

/// Microsoft's own software KSP.
pub const SOFTWARE_KSP: &str = "Microsoft Software Key Storage Provider";
/// The CSP that a PFX import uses for RSA when the file names none ("PFXImportCertStore function", remarks).
pub const ENHANCED_CSP: &str = "Microsoft Enhanced Cryptographic Provider v1.0";
/// The CSP whose keys sign with SHA-2 through CryptoAPI.
pub const RSA_AES_CSP: &str = "Microsoft Enhanced RSA and AES Cryptographic Provider";
/// The CSP that Schannel's own documents ask for.
pub const SCHANNEL_CSP: &str = "Microsoft RSA SChannel Cryptographic Provider";

const fn csp(
    name: &'static str,
    provider_type: u32,
    class: ProviderClass,
    exchange_bits: Option<u32>,
    sha2: Option<bool>,
    note: &'static str,
) -> Provider {
    Provider { name, provider_type, class, exchange_bits, sha2, note }
}

const fn ksp(name: &'static str, class: ProviderClass, note: &'static str) -> Provider {
    Provider { name, provider_type: 0, class, exchange_bits: None, sha2: None, note }
}

use ProviderClass::{Hello, SmartCard, Software, ThirdParty, Tpm};

/// Every provider whose name is known.
pub static PROVIDERS: &[Provider] = &[
    csp(
        "Microsoft Base Cryptographic Provider v1.0",
        1,
        Software,
        Some(1024),
        Some(false),
        "Export-grade by its documentation; on current Windows the same DLL as the Strong and Enhanced providers.",
    ),
    csp(
        "Microsoft Strong Cryptographic Provider",
        1,
        Software,
        Some(16384),
        Some(false),
        "The default PROV_RSA_FULL provider.",
    ),
    csp(
        ENHANCED_CSP,
        1,
        Software,
        Some(16384),
        Some(false),
        "What a PFX import uses for an RSA key when the file names no provider.",
    ),
    csp(
        SCHANNEL_CSP,
        12,
        Software,
        Some(16384),
        Some(false),
        "The provider that Schannel's own documents ask for on domain controllers and Exchange.",
    ),
    csp(RSA_AES_CSP, 24, Software, Some(16384), Some(true), "The CSP that signs with SHA-2 through CryptoAPI."),
    csp(
        "Microsoft Enhanced RSA and AES Cryptographic Provider (Prototype)",
        24,
        Software,
        Some(16384),
        Some(true),
        "The Windows XP name of the RSA and AES provider.",
    ),
    csp(
        "Microsoft RSA Signature Cryptographic Provider",
        2,
        Software,
        Some(0),
        Some(false),
        "Signs only; no key exchange.",
    ),
    csp(
        "Microsoft Base DSS Cryptographic Provider",
        3,
        Software,
        Some(0),
        Some(false),
        "DSA signatures only; not usable for RSA in TLS.",
    ),
    csp(
        "Microsoft Base DSS and Diffie-Hellman Cryptographic Provider",
        13,
        Software,
        None,
        Some(false),
        "DSA and Diffie-Hellman.",
    ),
    csp(
        "Microsoft Enhanced DSS and Diffie-Hellman Cryptographic Provider",
        13,
        Software,
        None,
        Some(false),
        "DSA and Diffie-Hellman, longer keys.",
    ),
    csp(
        "Microsoft DH SChannel Cryptographic Provider",
        18,
        Software,
        None,
        Some(false),
        "Diffie-Hellman for Schannel.",
    ),
    csp(
        "Microsoft Exchange Cryptographic Provider v1.0",
        5,
        Software,
        None,
        None,
        "A provider of old Exchange versions; not documented any more.",
    ),
    csp(
        "Microsoft Base Smart Card Crypto Provider",
        1,
        SmartCard,
        Some(4096),
        Some(true),
        "The key is on a smart card, which must be present.",
    ),
    ksp(SOFTWARE_KSP, Software, "Microsoft's CNG provider for keys in files."),
    ksp("Microsoft Smart Card Key Storage Provider", SmartCard, "The key is on a smart card, which must be present."),
    ksp(
        "Microsoft Platform Crypto Provider",
        Tpm,
        "The key is in the TPM; RSA keys over 2048 bits and RSA-PSS signatures often fail.",
    ),
    ksp(
        "Microsoft Passport Key Storage Provider",
        Hello,
        "Windows Hello: the key belongs to a user and is never a service's TLS key.",
    ),
    ksp("nCipher Security World Key Storage Provider", ThirdParty, "An nCipher/Entrust HSM."),
    ksp("SafeNet Key Storage Provider", ThirdParty, "A SafeNet/Thales HSM or token."),
    ksp("SafeNet Luna Key Storage Provider", ThirdParty, "A Thales Luna HSM."),
    csp(
        "Luna Cryptographic Services for Microsoft Windows",
        1,
        ThirdParty,
        None,
        None,
        "A Thales Luna HSM through CryptoAPI; the provider type is not confirmed by a public artifact.",
    ),
    csp("eToken Base Cryptographic Provider", 1, ThirdParty, None, None, "A SafeNet eToken."),
    ksp("Cavium Key Storage Provider", ThirdParty, "AWS CloudHSM (older client)."),
    ksp("CloudHSM Key Storage Provider", ThirdParty, "AWS CloudHSM."),
    ksp("Utimaco CryptoServer Key Storage Provider", ThirdParty, "A Utimaco HSM."),
    ksp("YubiHSM Key Storage Provider", ThirdParty, "A YubiHSM."),
    ksp("Securosys Primus HSM Key Storage Provider", ThirdParty, "A Securosys Primus HSM."),
    ksp("Google Cloud KMS Provider", ThirdParty, "Google Cloud KMS."),
];

/// The provider of this name; letters are compared without case.
pub fn find(name: &str) -> Option<&'static Provider> {
    /// The providers by the length of their names.
    static BY_LENGTH: LazyLock<Vec<Vec<&Provider>>> = LazyLock::new(|| {
        let longest = PROVIDERS.iter().map(|p| p.name.len()).max().unwrap_or(0);
        (0..=longest).map(|length| PROVIDERS.iter().filter(|p| p.name.len() == length).collect()).collect()
    });
    let name = name.trim();
    let same = BY_LENGTH.get(name.len())?;
    same.iter().find(|p| p.name == name).or_else(|| same.iter().find(|p| p.name.eq_ignore_ascii_case(name))).copied()
}

/// The kind that a name alone suggests: a known provider's, else KSP for names that end so. `None` when the name says
/// nothing (a KSP may have any name: "Google Cloud KMS Provider").
pub fn kind_of_name(name: &str) -> Option<ProviderKind> {
    if let Some(p) = find(name) {
        return Some(p.kind());
    }
    let lower = name.to_ascii_lowercase();
    if lower.contains("key storage provider") {
        Some(ProviderKind::Ksp)
    } else if lower.contains("cryptographic provider") || lower.contains("cryptographic service provider") {
        Some(ProviderKind::Csp)
    } else {
        None
    }
}

/// The type that a provider of this name has; `None`: it is not known, or a vendor's CSP, whose type no public artifact
/// confirms.
pub fn stated_type(name: &str) -> Option<u32> {
    match find(name) {
        Some(known) if known.class == ThirdParty && known.provider_type != 0 => None,
        Some(known) => Some(known.provider_type),
        None => (kind_of_name(name) == Some(ProviderKind::Ksp)).then_some(0),
    }
}

/// The name of a provider type (wincrypt.h), or `None`.
pub fn type_name(provider_type: u32) -> Option<&'static str> {
    Some(match provider_type {
        0 => "CNG key storage provider",
        1 => "PROV_RSA_FULL",
        2 => "PROV_RSA_SIG",
        3 => "PROV_DSS",
        4 => "PROV_FORTEZZA",
        5 => "PROV_MS_EXCHANGE",
        6 => "PROV_SSL",
        12 => "PROV_RSA_SCHANNEL",
        13 => "PROV_DSS_DH",
        14 => "PROV_EC_ECDSA_SIG",
        15 => "PROV_EC_ECNRA_SIG",
        16 => "PROV_EC_ECDSA_FULL",
        17 => "PROV_EC_ECNRA_FULL",
        18 => "PROV_DH_SCHANNEL",
        20 => "PROV_SPYRUS_LYNKS",
        21 => "PROV_RNG",
        22 => "PROV_INTEL_SEC",
        24 => "PROV_RSA_AES",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found_without_case() {
        for (i, p) in PROVIDERS.iter().enumerate() {
            assert!(PROVIDERS[i + 1..].iter().all(|q| !q.name.eq_ignore_ascii_case(p.name)), "{}", p.name);
            assert_eq!(find(&p.name.to_uppercase()).map(|p| p.name), Some(p.name));
        }
    }

    #[test]
    fn kind_by_name() {
        assert_eq!(kind_of_name("Acme HSM Key Storage Provider"), Some(ProviderKind::Ksp));
        assert_eq!(kind_of_name("Google Cloud KMS Provider"), Some(ProviderKind::Ksp));
        assert_eq!(kind_of_name("PfxProvider"), None);
    }

    #[test]
    fn kind_by_the_words_of_a_name() {
        assert_eq!(kind_of_name("Acme Cryptographic Provider"), Some(ProviderKind::Csp));
        assert_eq!(kind_of_name("Acme Cryptographic Service Provider"), Some(ProviderKind::Csp));
        assert_eq!(kind_of_name("Acme Service Provider"), None);
    }

    /// The numbers and names of wincrypt.h.
    #[test]
    fn names_of_types() {
        for (number, name) in [
            (1, "PROV_RSA_FULL"),
            (2, "PROV_RSA_SIG"),
            (3, "PROV_DSS"),
            (4, "PROV_FORTEZZA"),
            (5, "PROV_MS_EXCHANGE"),
            (6, "PROV_SSL"),
            (12, "PROV_RSA_SCHANNEL"),
            (13, "PROV_DSS_DH"),
            (14, "PROV_EC_ECDSA_SIG"),
            (15, "PROV_EC_ECNRA_SIG"),
            (16, "PROV_EC_ECDSA_FULL"),
            (17, "PROV_EC_ECNRA_FULL"),
            (18, "PROV_DH_SCHANNEL"),
            (20, "PROV_SPYRUS_LYNKS"),
            (21, "PROV_RNG"),
            (22, "PROV_INTEL_SEC"),
            (24, "PROV_RSA_AES"),
        ] {
            assert_eq!(type_name(number), Some(name));
        }
        assert!(type_name(0).is_some_and(|name| name.contains("CNG")));
        assert_eq!([7, 11, 19, 23, 25].map(type_name), [None; 5]);
    }
}
