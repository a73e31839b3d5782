//! The lines of a certutil dump that are about a private key: what each one says.

/// One field.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    /// As English certutil prints it.
    pub name: &'static str,
    /// Other names: of structures, tools, other builds.
    pub also: &'static [&'static str],
    /// What it says.
    pub meaning: &'static str,
    /// What to look out for.
    pub mind: &'static str,
}

const fn field(name: &'static str, also: &'static [&'static str], meaning: &'static str, mind: &'static str) -> Field {
    Field { name, also, meaning, mind }
}

/// Every known field.
pub static FIELDS: &[Field] = &[
    field(
        "KeySpec",
        &["dwKeySpec", "Key Spec", "X509KeySpec", "key_spec", "pKIDefaultKeySpec"],
        "Which of a CryptoAPI container's two keys the certificate uses: 1 AT_KEYEXCHANGE may exchange keys, decrypt and sign; 2 AT_SIGNATURE may only sign. For a CNG key (ProviderType 0) the value is 0 and means nothing more.",
        "It is a property of the store, not a part of the certificate: importing the PFX again with AT_KEYEXCHANGE changes it, without a new certificate. KeySpec 0 is wrong only for a CSP.",
    ),
    field(
        "ProviderType",
        &["dwProvType", "Provider Type", "provider_type"],
        "0: a CNG key storage provider (KSP). Anything else: a CryptoAPI provider (CSP) of that type: 1 PROV_RSA_FULL, 12 PROV_RSA_SCHANNEL, 24 PROV_RSA_AES, 3 and 13 DSS, 18 Diffie-Hellman.",
        "The type, not the name, tells CSP from KSP; certutil prints it in hexadecimal on newer builds with the decimal number in parentheses.",
    ),
    field(
        "Provider",
        &["pwszProvName", "Provider Name", "CSP", "KSP"],
        "The module that keeps the key: a CSP of CryptoAPI or a KSP of CNG. `keyspect explain \"<its name>\"` tells what its keys can do.",
        "A name that no machine knows (`PfxProvider`) comes from PFX files of Java or .NET libraries; Windows then goes by the type.",
    ),
    field(
        "Flags",
        &["dwFlags", "Key Flags"],
        "The flags of the key link. 0x20 CRYPT_MACHINE_KEYSET: the key is in the machine's keyset. Without it the key is in a user's, which a service can't open.",
        "certutil prints hexadecimal: `20 (32)` is 0x20, and old builds print `20` alone. HSM and TPM providers may leave 0x20 out and work.",
    ),
    field(
        "Key Container",
        &["pwszContainerName", "Container", "container"],
        "The name of the key's container as the certificate's key link stores it.",
        "When it is empty each caller opens its own default container: an administrator's test passes and SYSTEM finds another key or none.",
    ),
    field(
        "Unique container name",
        &["unique name", "key file", "UniqueContainerName"],
        "The name of the file that holds the key: 32 hexadecimal digits, which are a hash of the container's name, and the machine's GUID. CSP keys of the machine are in %ProgramData%\\Microsoft\\Crypto\\RSA\\MachineKeys, CNG keys in %ProgramData%\\Microsoft\\Crypto\\Keys.",
        "It is printed only when the provider could open the container: a block without it is a key that certutil could not open.",
    ),
    field(
        "Simple container name",
        &["simple name"],
        "The container's own name, printed when the key link stores another form of it.",
        "`DefaultKeys` means that the key link's container name is empty.",
    ),
    field(
        "Encryption test passed",
        &["Encryption test FAILED", "encryption test"],
        "certutil opened the key and a round trip of encryption and decryption worked.",
        "For the account that ran certutil, not for SYSTEM or a service account.",
    ),
    field(
        "Signature test passed",
        &["Signature test FAILED", "signature test"],
        "certutil opened the key and a signature worked; made instead of the encryption test when the key can only sign.",
        "On a TLS server's certificate with a CSP it supports KeySpec 2 as the cause. For a CA or an EC key it is the normal test.",
    ),
    field(
        "Missing stored keyset",
        &["keyset missing"],
        "The key link is there, but its container could not be opened by the account that ran certutil.",
        "Access denied looks the same as missing: run it again in an elevated prompt, best as SYSTEM.",
    ),
    field(
        "No key provider information",
        &["no key link"],
        "The certificate has no key link. Without any other line the store holds the public certificate only.",
        "If a provider, a container and a passed test follow, the key exists and `certutil -repairstore my <serial>` restores the link.",
    ),
    field(
        "Private key is NOT exportable",
        &["Private key is NOT plain text exportable", "exportable", "not exportable"],
        "The key's policy forbids its export, or forbids it in plain text.",
        "A policy, never a fault: a key that is not exportable works.",
    ),
    field(
        "Cert Hash(sha1)",
        &["thumbprint", "Certificate Hash", "fingerprint"],
        "SHA-1 over the whole certificate: the name under which commands, bindings and logs mean it. Windows computes it; the certificate does not contain it.",
        "A thumbprint copied from the certificate dialog may begin with an invisible U+200E, which makes commands fail.",
    ),
    field(
        "Key Id Hash(rfc-sha1)",
        &["Key Id Hash", "Subject Key Id"],
        "SHA-1 over the public key (RFC 5280 section 4.2.1.2, method 1): two certificates of the same key have the same value.",
        "",
    ),
    field(
        "Serial Number",
        &["serial"],
        "The number the CA gave the certificate; unique for one CA only. `certutil -repairstore` wants it.",
        "",
    ),
    field(
        "Key Usage",
        &["keyUsage", "KU"],
        "What the certificate's public key may be used for (RFC 5280 section 4.2.1.3). It is signed by the CA and says nothing of the private key's KeySpec.",
        "A TLS server needs digitalSignature for ECDHE and TLS 1.3, and keyEncipherment only for RSA key exchange.",
    ),
    field(
        "Enhanced Key Usage",
        &["Extended Key Usage", "EKU", "ExtKeyUsage"],
        "The purposes the certificate is for. A TLS server needs 1.3.6.1.5.5.7.3.1 (Server Authentication), or no such extension at all.",
        "",
    ),
    field(
        "Export policy",
        &["NCRYPT_EXPORT_POLICY_PROPERTY", "X509PrivateKeyExportFlags", "NCRYPT_ALLOW_EXPORT_NONE"],
        "What a CNG key's owner may export: NCRYPT_ALLOW_EXPORT_FLAG, NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG and their like.",
        "A policy, never a fault.",
    ),
    field(
        "Key usage property",
        &[
            "NCRYPT_KEY_USAGE_PROPERTY",
            "X509PrivateKeyUsageFlags",
            "NCRYPT_ALLOW_USAGES_NONE",
            "NCRYPT_ALLOW_ALL_USAGES",
        ],
        "What a CNG key may do: decrypt, sign, agree on secrets. Not the certificate's key usage.",
        "",
    ),
    field(
        "KP_PERMISSIONS",
        &["permissions"],
        "What a CryptoAPI key may do and whether it may be exported: CRYPT_EXPORT is 0x4.",
        "",
    ),
    field(
        "aiKeyAlg",
        &["ALG_ID", "CALG_RSA_KEYX", "CALG_RSA_SIGN"],
        "The algorithm id in a CryptoAPI key blob: CALG_RSA_KEYX (0xA400) is an exchange key, KeySpec 1; CALG_RSA_SIGN (0x2400) is a signature key, KeySpec 2.",
        "",
    ),
];
