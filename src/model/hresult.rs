//! Error codes of the field: what each says about a private key.
//!
//! Sources: winerror.h texts; KB238187; the Schannel and IIS troubleshooting documents.

/// A code that is known here.
#[derive(Debug, PartialEq, Eq)]
pub struct KnownCode {
    /// The HRESULT.
    pub value: u32,
    /// The symbol.
    pub name: &'static str,
    /// The system's English text.
    pub text: &'static str,
    /// What it means for a private key.
    pub meaning: &'static str,
    /// Other numbers under which the same error appears (Win32 codes, NTSTATUS).
    pub also: &'static [u32],
}

const fn code(
    value: u32,
    name: &'static str,
    text: &'static str,
    meaning: &'static str,
    also: &'static [u32],
) -> KnownCode {
    KnownCode { value, name, text, meaning, also }
}

/// 0x80070520: `HRESULT_FROM_WIN32(ERROR_NO_SUCH_LOGON_SESSION)`.
pub const NO_SUCH_LOGON_SESSION: u32 = 0x8007_0520;

/// Every known code.
pub static CODES: &[KnownCode] = &[
    code(
        NO_SUCH_LOGON_SESSION,
        "ERROR_NO_SUCH_LOGON_SESSION",
        "A specified logon session does not exist. It may already have been terminated.",
        "http.sys could not build a Schannel credential: the key is not usable by SYSTEM (missing, in a user's keyset, not persisted, not readable, wrong store name). A symptom, never a cause.",
        &[1312, 0xC000_005F],
    ),
    code(
        0x8007_0002,
        "ERROR_FILE_NOT_FOUND",
        "The system cannot find the file specified.",
        "The store, file or binding that was asked for does not exist.",
        &[2, 0xC000_0034],
    ),
    code(
        0x8007_0005,
        "E_ACCESSDENIED",
        "Access is denied.",
        "The permissions of the folder or the key file, or a prompt that is not elevated.",
        &[5, 0xC000_0022],
    ),
    code(
        0x8007_0056,
        "ERROR_INVALID_PASSWORD",
        "The specified network password is not correct.",
        "A wrong PFX password, or a PFX encryption that this Windows does not know.",
        &[86],
    ),
    code(
        0x8007_0057,
        "E_INVALIDARG",
        "The parameter is incorrect.",
        "A parameter was refused; for a key, often a container name with special characters.",
        &[87],
    ),
    code(
        0x8009_0005,
        "NTE_BAD_DATA",
        "Bad Data.",
        "A key blob or key file is damaged, or was decrypted with the wrong secret.",
        &[],
    ),
    code(
        0x8009_0006,
        "NTE_BAD_SIGNATURE",
        "Invalid Signature.",
        "A signature does not verify: the key is not the certificate's, or the data changed.",
        &[],
    ),
    code(
        0x8009_0008,
        "NTE_BAD_ALGID",
        "Invalid algorithm specified.",
        "SHA-2 asked of a provider of type 1 or 12.",
        &[],
    ),
    code(
        0x8009_000B,
        "NTE_BAD_KEY_STATE",
        "Key not valid for use in specified state.",
        "On export: the key is not exportable. On use: the key's DPAPI protection can't be opened (a migrated or restored file).",
        &[],
    ),
    code(
        0x8009_000D,
        "NTE_NO_KEY",
        "Key does not exist.",
        "The container opened, but has no key of that KeySpec: the stored KeySpec is wrong.",
        &[],
    ),
    code(
        0x8009_000F,
        "NTE_EXISTS",
        "Object already exists.",
        "The container exists but the caller may not open it (KB238187).",
        &[],
    ),
    code(
        0x8009_0010,
        "NTE_PERM",
        "Access denied.",
        "Not elevated, a TPM or Windows Hello key, or a policy value that CNG refuses.",
        &[],
    ),
    code(0x8009_0011, "NTE_NOT_FOUND", "Object was not found.", "The CNG key or provider does not exist.", &[]),
    code(0x8009_0013, "NTE_BAD_PROVIDER", "Invalid provider specified.", "The provider is not installed.", &[]),
    code(
        0x8009_0014,
        "NTE_BAD_PROV_TYPE",
        "Invalid provider type specified.",
        "An application that only knows CryptoAPI met a CNG key (provider type 0).",
        &[],
    ),
    code(
        0x8009_0016,
        "NTE_BAD_KEYSET",
        "Keyset does not exist",
        "The container is missing, or the caller may not open it, or protected storage is down (KB238187 lists all three).",
        &[],
    ),
    code(
        0x8009_0017,
        "NTE_PROV_TYPE_NOT_DEF",
        "Provider type not defined.",
        "A wrong provider type in the key link or the INF.",
        &[],
    ),
    code(
        0x8009_0019,
        "NTE_KEYSET_NOT_DEF",
        "The keyset is not defined.",
        "The provider is not registered correctly, or name and type don't belong together.",
        &[],
    ),
    code(0x8009_001A, "NTE_KEYSET_ENTRY_BAD", "Keyset as registered is invalid.", "The key file is damaged.", &[]),
    code(
        0x8009_001B,
        "NTE_PROV_TYPE_NO_MATCH",
        "Provider type does not match registered value.",
        "The key link's provider type is not the provider's.",
        &[],
    ),
    code(
        0x8009_001D,
        "NTE_PROVIDER_DLL_FAIL",
        "Provider DLL failed to initialize correctly.",
        "A vendor's provider is broken or of the wrong bitness.",
        &[],
    ),
    code(
        0x8009_001E,
        "NTE_PROV_DLL_NOT_FOUND",
        "Provider DLL could not be found.",
        "A vendor's provider is not installed here.",
        &[],
    ),
    code(0x8009_0020, "NTE_FAIL", "An internal error occurred.", "The provider failed without saying why.", &[]),
    code(
        0x8009_0022,
        "NTE_SILENT_CONTEXT",
        "Provider could not perform the action since the context was acquired as silent.",
        "The key wants a prompt (strong key protection, a PIN); services run without one.",
        &[],
    ),
    code(
        0x8009_0026,
        "NTE_INVALID_HANDLE",
        "The supplied handle is invalid.",
        "A handle that is closed or of another kind.",
        &[],
    ),
    code(
        0x8009_0027,
        "NTE_INVALID_PARAMETER",
        "The parameter is incorrect.",
        "A KSP refused the KeySpec or a flag, or a container name with special characters.",
        &[],
    ),
    code(
        0x8009_0029,
        "NTE_NOT_SUPPORTED",
        "The requested operation is not supported.",
        "The TPM can't do RSA-PSS or this key size.",
        &[],
    ),
    code(
        0x8009_002D,
        "NTE_INTERNAL_ERROR",
        "An internal error occurred.",
        "The provider failed without saying why.",
        &[],
    ),
    code(
        0x8009_0030,
        "NTE_DEVICE_NOT_READY",
        "The device that is required by this cryptographic provider is not ready for use.",
        "The TPM, HSM or isolated key environment is not available.",
        &[],
    ),
    code(
        0x8009_030D,
        "SEC_E_UNKNOWN_CREDENTIALS",
        "The credentials supplied to the package were not recognized",
        "Schannel could not use the key; says nothing of the reason.",
        &[],
    ),
    code(
        0x8009_030E,
        "SEC_E_NO_CREDENTIALS",
        "No credentials are available in the security package",
        "An ephemeral key of .NET, or no usable certificate.",
        &[],
    ),
    code(
        0x8009_0308,
        "SEC_E_INVALID_TOKEN",
        "The token supplied to the function is invalid",
        "A handshake message that could not be read.",
        &[],
    ),
    code(
        0x8009_0322,
        "SEC_E_WRONG_PRINCIPAL",
        "The target principal name is incorrect.",
        "The certificate's name is not the one that was called; not a key problem.",
        &[],
    ),
    code(
        0x8009_0325,
        "SEC_E_UNTRUSTED_ROOT",
        "The certificate chain was issued by an authority that is not trusted.",
        "The chain, not the key.",
        &[],
    ),
    code(
        0x8009_0326,
        "SEC_E_ILLEGAL_MESSAGE",
        "The message received was unexpected or badly formatted.",
        "A handshake message that the peer refused.",
        &[],
    ),
    code(
        0x8009_0328,
        "SEC_E_CERT_EXPIRED",
        "The received certificate has expired.",
        "The certificate, not the key.",
        &[],
    ),
    code(
        0x8009_0331,
        "SEC_E_ALGORITHM_MISMATCH",
        "The client and server cannot communicate, because they do not possess a common algorithm.",
        "Protocols, cipher suites or signature algorithms; also a CryptoAPI key handle that only signs with SHA-1.",
        &[],
    ),
    code(
        0x8009_2004,
        "CRYPT_E_NOT_FOUND",
        "Cannot find object or property.",
        "The certificate or a property of it does not exist.",
        &[],
    ),
    code(
        0x8009_2007,
        "CRYPT_E_SELF_SIGNED",
        "The specified certificate is self signed.",
        "The certificate is a root; not a key problem.",
        &[],
    ),
    code(
        0x8009_200A,
        "CRYPT_E_UNEXPECTED_MSG_TYPE",
        "The certificate does not have a property that references a private key.",
        "No key link (the system's text is offset by one from the symbol).",
        &[],
    ),
    code(
        0x8009_200B,
        "CRYPT_E_NO_KEY_PROPERTY",
        "Cannot find the certificate and private key for decryption.",
        "No key link.",
        &[],
    ),
    code(
        0x8009_200C,
        "CRYPT_E_NO_DECRYPT_CERT",
        "Cannot find the certificate and private key to use for decryption.",
        "No key link, or no key that can decrypt.",
        &[],
    ),
    code(
        0x8010_0001,
        "SCARD_F_INTERNAL_ERROR",
        "An internal consistency check failed.",
        "The smart card or its driver.",
        &[],
    ),
    code(
        0x8010_000C,
        "SCARD_E_NO_SMARTCARD",
        "The operation requires a Smart Card, but no Smart Card is currently in the device.",
        "The card is not in the reader.",
        &[],
    ),
    code(0x8010_002E, "SCARD_E_NO_READERS_AVAILABLE", "Cannot find a smart card reader.", "No reader.", &[]),
    code(
        0x8010_0030,
        "SCARD_E_NO_KEY_CONTAINER",
        "The requested key container does not exist on the smart card.",
        "The card has no such key.",
        &[],
    ),
    code(
        0x8010_0069,
        "SCARD_W_REMOVED_CARD",
        "The smart card has been removed, so that further communication is not possible.",
        "The card was removed.",
        &[],
    ),
    code(
        0x800B_0109,
        "CERT_E_UNTRUSTEDROOT",
        "A certificate chain processed, but terminated in a root certificate which is not trusted by the trust provider.",
        "The chain, not the key.",
        &[],
    ),
    code(
        0x800B_010A,
        "CERT_E_CHAINING",
        "A certificate chain could not be built to a trusted root authority.",
        "The chain, not the key.",
        &[],
    ),
    code(
        0x800B_0110,
        "CERT_E_WRONG_USAGE",
        "The certificate is not valid for the requested usage.",
        "The extended key usage does not allow this.",
        &[],
    ),
];

/// The known code with this value, as HRESULT, Win32 code or NTSTATUS.
pub fn find(value: u32) -> Option<&'static KnownCode> {
    CODES.iter().find(|c| c.value == value || c.also.contains(&value))
}

/// A code as people write it: `0x80070520`, `80070520`, `-2147023584`, `2147943712`, `1312`.
pub fn parse(text: &str) -> Option<u32> {
    let text = text.trim();
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return (hex.len() <= 8).then(|| u32::from_str_radix(hex, 16).ok()).flatten();
    }
    if let Some(negative) = text.strip_prefix('-') {
        let value: u32 = negative.parse().ok()?;
        return Some(0u32.wrapping_sub(value));
    }
    if text.len() == 8
        && (text.starts_with('8') || text.starts_with('C') || text.starts_with('c'))
        && let Ok(value) = u32::from_str_radix(text, 16)
    {
        return Some(value);
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_notation_of_the_same_error() {
        for text in ["0x80070520", "80070520", "-2147023584", "2147943712"] {
            assert_eq!(parse(text), Some(NO_SUCH_LOGON_SESSION), "{text}");
        }
        for text in ["0xC000005F", "C000005F", "c000005f", " 0Xc000005f "] {
            assert_eq!(parse(text), Some(0xC000_005F), "{text}");
        }
        // Eight digits are hexadecimal only where a failure's code begins so.
        assert_eq!((parse("12345678"), parse("0x000000001"), parse("8007052G")), (Some(12_345_678), None, None));
        assert_eq!(find(1312).map(|c| c.name), Some("ERROR_NO_SUCH_LOGON_SESSION"));
        assert_eq!(find(0xC000_005F).map(|c| c.value), Some(NO_SUCH_LOGON_SESSION));
    }

    #[test]
    fn values_are_unique() {
        for (i, c) in CODES.iter().enumerate() {
            assert!(CODES[i + 1..].iter().all(|d| d.value != c.value), "{}", c.name);
        }
    }
}
