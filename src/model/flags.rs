//! Bit fields that certutil prints: flags of the key link, KP_PERMISSIONS, export policy, CNG key usage, access state.

/// One named bit of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bit {
    /// The value.
    pub value: u32,
    /// The constant's name.
    pub name: &'static str,
    /// What it means here, in one sentence.
    pub meaning: &'static str,
}

const fn bit(value: u32, name: &'static str, meaning: &'static str) -> Bit {
    Bit { value, name, meaning }
}

/// `CRYPT_MACHINE_KEYSET` / `NCRYPT_MACHINE_KEY_FLAG`: the key is the machine's, not a user's.
pub const CRYPT_MACHINE_KEYSET: u32 = 0x20;
/// `NCRYPT_USE_VIRTUAL_ISOLATION_FLAG`: the key is isolated by virtualization-based security.
pub const NCRYPT_USE_VIRTUAL_ISOLATION: u32 = 0x2_0000;

/// `dwFlags` of `CRYPT_KEY_PROV_INFO` (Microsoft Learn, "CRYPT_KEY_PROV_INFO structure"; the isolation bit is
/// an inference from ncrypt.h).
pub static KEY_PROV_FLAGS: &[Bit] = &[
    bit(0x1, "CERT_SET_KEY_PROV_HANDLE_PROP_ID", "Keep the key's handle open; harmless."),
    bit(CRYPT_MACHINE_KEYSET, "CRYPT_MACHINE_KEYSET", "The key is in the machine's keyset; without it, in a user's."),
    bit(0x40, "CRYPT_SILENT", "No user interface; a key that wants a PIN or a prompt fails with NTE_SILENT_CONTEXT."),
    bit(
        NCRYPT_USE_VIRTUAL_ISOLATION,
        "NCRYPT_USE_VIRTUAL_ISOLATION_FLAG",
        "The key is isolated by virtualization-based security.",
    ),
    bit(0xF000_0000, "CRYPT_VERIFYCONTEXT", "In memory only; must never be stored for a server's key."),
];

/// `KP_PERMISSIONS` of a CryptoAPI key (Microsoft Learn, "CryptGetKeyParam function").
pub static KEY_PERMISSIONS: &[Bit] = &[
    bit(0x1, "CRYPT_ENCRYPT", "May encrypt."),
    bit(0x2, "CRYPT_DECRYPT", "May decrypt."),
    bit(0x4, "CRYPT_EXPORT", "May be exported."),
    bit(0x8, "CRYPT_READ", "Its values may be read."),
    bit(0x10, "CRYPT_WRITE", "Its values may be set."),
    bit(0x20, "CRYPT_MAC", "May be used with MACs."),
    bit(0x40, "CRYPT_EXPORT_KEY", "May export other keys."),
    bit(0x80, "CRYPT_IMPORT_KEY", "May import other keys."),
    bit(0x100, "CRYPT_ARCHIVE", "May be exported once, for archiving."),
];

/// Export policy of a CNG key (Microsoft Learn, "Key Storage Property Identifiers", NCRYPT_EXPORT_POLICY_PROPERTY).
pub static EXPORT_POLICY: &[Bit] = &[
    bit(0x1, "NCRYPT_ALLOW_EXPORT_FLAG", "May be exported, encrypted."),
    bit(0x2, "NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG", "May be exported in plain text."),
    bit(0x4, "NCRYPT_ALLOW_ARCHIVING_FLAG", "May be exported once, for archiving."),
    bit(0x8, "NCRYPT_ALLOW_PLAINTEXT_ARCHIVING_FLAG", "May be exported once in plain text, for archiving."),
];

/// Usage of a CNG key (Microsoft Learn, "Key Storage Property Identifiers", NCRYPT_KEY_USAGE_PROPERTY).
pub static KEY_USAGE_PROPERTY: &[Bit] = &[
    bit(0x1, "NCRYPT_ALLOW_DECRYPT_FLAG", "May decrypt."),
    bit(0x2, "NCRYPT_ALLOW_SIGNING_FLAG", "May sign."),
    bit(0x4, "NCRYPT_ALLOW_KEY_AGREEMENT_FLAG", "May agree on secrets."),
    bit(0x10, "NCRYPT_ALLOW_KEY_ATTESTATION_FLAG", "May attest other keys."),
];

/// `CERT_ACCESS_STATE_PROP_ID` (wincrypt.h; the meaning of the store bits after published dumps).
pub static ACCESS_STATE: &[Bit] = &[
    bit(0x1, "CERT_ACCESS_STATE_WRITE_PERSIST_FLAG", "Changes are written."),
    bit(0x2, "CERT_ACCESS_STATE_SYSTEM_STORE_FLAG", "A system store."),
    bit(0x4, "CERT_ACCESS_STATE_LM_SYSTEM_STORE_FLAG", "The machine's store."),
    bit(0x8, "CERT_ACCESS_STATE_GP_SYSTEM_STORE_FLAG", "A group-policy store."),
];

/// The names of the bits that are set, in the table's order; bits without a name are left out.
pub fn names(value: u32, table: &'static [Bit]) -> Vec<&'static str> {
    table.iter().filter(|b| value & b.value == b.value).map(|b| b.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_bits_that_are_set() {
        assert_eq!(names(0x3, EXPORT_POLICY), ["NCRYPT_ALLOW_EXPORT_FLAG", "NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG"]);
        assert_eq!(names(0x8, EXPORT_POLICY), ["NCRYPT_ALLOW_PLAINTEXT_ARCHIVING_FLAG"]);
        assert!(names(0, EXPORT_POLICY).is_empty() && names(0x10, EXPORT_POLICY).is_empty());
    }
}
