//! What is behind a symptom: the causes, each with the artifact that shows it and the command that gets the artifact.

/// One cause behind a symptom.
#[derive(Debug, PartialEq, Eq)]
pub struct Cause {
    /// What is wrong.
    pub what: &'static str,
    /// The artifact that shows it, and the line to look for.
    pub shown_by: &'static str,
    /// The command that gets the artifact.
    pub obtain: &'static str,
    /// The rule that decides it.
    pub rule: &'static str,
}

const fn cause(what: &'static str, shown_by: &'static str, obtain: &'static str, rule: &'static str) -> Cause {
    Cause { what, shown_by, obtain, rule }
}

const SHOW: &str = "certutil -v -store my <thumbprint>";

/// Behind 0x80070520, event 15021 with 0xC000005F and event 36870 of a server: the key is not usable by SYSTEM. The order
/// is that of published reports as far as they tell; nobody has counted.
pub static KEY_NOT_USABLE: &[Cause] = &[
    cause(
        "The certificate was installed without its private key: only the .cer, .crt or .p7b, or the request was made on another machine.",
        "The dump has no CERT_KEY_PROV_INFO_PROP_ID(2), or says `No key provider information`; event 36869.",
        SHOW,
        "key-prov-info-missing",
    ),
    cause(
        "The key is in a user's keyset: the certificate was dragged from Current User to Local Computer, or imported in a user's context.",
        "A certificate of a machine store whose Flags lack 0x20 (CRYPT_MACHINE_KEYSET).",
        SHOW,
        "user-keyset-in-machine-store",
    ),
    cause(
        "The key is gone: never persisted by the program that imported it, deleted with another certificate, or its file removed.",
        "`Missing stored keyset` in an elevated dump; the key file is not in the folder's listing.",
        "certutil -v -store my <thumbprint>   and   dir /a %ProgramData%\\Microsoft\\Crypto\\RSA\\MachineKeys",
        "keyset-missing",
    ),
    cause(
        "IIS Manager of Windows Server 2008 or 2008 R2 imported the PFX with \"Allow this certificate to be exported\" unchecked.",
        "`Private key is NOT exportable` together with `Missing stored keyset` or a failed test, on Windows 6.0 or 6.1. An export flag alone never breaks a key.",
        "certutil -v -store my <thumbprint>   and   ver",
        "iis-import-nonexportable-bug",
    ),
    cause(
        "SYSTEM may not read the key's file.",
        "The key file's access list has no entry for SYSTEM (S-1-5-18).",
        "icacls %ProgramData%\\Microsoft\\Crypto\\RSA\\MachineKeys\\<unique container name>",
        "key-file-no-system-access",
    ),
    cause(
        "The permissions of the MachineKeys folder are broken, so that keys can't be made or imported.",
        "The folder's access list lacks Administrators (F) or Everyone (R,W).",
        "icacls %ProgramData%\\Microsoft\\Crypto\\RSA\\MachineKeys",
        "machinekeys-folder-acl-broken",
    ),
    cause(
        "The key can only sign: a CSP key (provider type other than 0) with KeySpec 2. With a CNG provider (type 0) KeySpec 0 is right and no cause.",
        "`KeySpec = 2 -- AT_SIGNATURE` under `ProviderType = 1`, 12 or 24.",
        SHOW,
        "keyspec-signature-on-csp",
    ),
    cause(
        "The key link names an empty or another container, so that SYSTEM opens a different key than the administrator.",
        "`Key Container =` is empty, or `ERROR: Container name inconsistent`.",
        SHOW,
        "container-name-inconsistent",
    ),
    cause(
        "The key link is missing although the key is there.",
        "`No key provider information`, and yet a provider, a container and `test passed`.",
        SHOW,
        "key-association-repairable",
    ),
    cause(
        "The binding names a certificate that is not in the store it names.",
        "The `Certificate Hash` of the binding is not among the store's thumbprints, or `Certificate Store Name` is another store.",
        "netsh http show sslcert   and   certutil -store my",
        "http-binding-hash-not-in-store",
    ),
    cause(
        "The key wants a prompt or a PIN (strong key protection, a smart card): services run without one.",
        "0x80090022 in event 36870; a smart-card provider in the dump.",
        SHOW,
        "strong-key-protection-silent",
    ),
    cause(
        "The key file is damaged, or was copied from another machine, so that its protection can't be opened.",
        "Event 36870 with 0x8009001A, or 0x8009000B on use; the GUID at the end of the file's name is not this machine's.",
        "reg query HKLM\\SOFTWARE\\Microsoft\\Cryptography /v MachineGuid",
        "key-file-corrupt",
    ),
    cause(
        "netsh was run without elevation.",
        "The prompt of the log stands under C:\\Users; the same command works in an elevated prompt.",
        "netsh http show sslcert",
        "netsh-1312-context",
    ),
];

/// Behind event 36874, 36888 with alert 40 and 0x80090331: no common cipher suite.
pub static NO_COMMON_SUITE: &[Cause] = &[
    cause(
        "The key can only sign: a CSP key with KeySpec 2 can't serve RSA key exchange.",
        "`KeySpec = 2 -- AT_SIGNATURE` under a provider type other than 0.",
        SHOW,
        "keyspec-signature-on-csp",
    ),
    cause(
        "The certificate's algorithm does not fit the cipher suites: an EC key where only RSA suites are allowed, or the reverse.",
        "The public key algorithm in the dump, and the list of suites.",
        "powershell Get-TlsCipherSuite",
        "ecdsa-key-on-rsa-workload",
    ),
    cause(
        "The key usage lacks digitalSignature, which ECDHE and TLS 1.3 need, or has nothing else where only RSA key exchange is allowed.",
        "The Key Usage lines of the dump.",
        SHOW,
        "ku-missing-digital-signature",
    ),
    cause(
        "The protocols don't meet: one side allows only versions that the other has disabled.",
        "The registry under SCHANNEL\\Protocols.",
        "reg query HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols /s",
        "schannel-36871-10013-not-key",
    ),
];

/// Behind 0x80090016 and `Missing stored keyset`: the container can't be opened.
pub static KEYSET_NOT_FOUND: &[Cause] = &[
    cause(
        "The dump was taken without elevation: access denied looks the same as missing.",
        "Every machine key of the log says `Missing stored keyset`, or the prompt stands under C:\\Users.",
        "psexec -s certutil -v -store my",
        "dump-taken-unelevated",
    ),
    cause(
        "The key is in a user's keyset while the certificate is in a machine store.",
        "Flags without 0x20.",
        SHOW,
        "user-keyset-in-machine-store",
    ),
    cause(
        "The key was never persisted, or deleted.",
        "The key file is not in a complete listing of its folder.",
        "dir /a %ProgramData%\\Microsoft\\Crypto\\RSA\\MachineKeys %ProgramData%\\Microsoft\\Crypto\\Keys",
        "key-file-absent",
    ),
    cause(
        "The account may not read the key file.",
        "The file's access list.",
        "icacls %ProgramData%\\Microsoft\\Crypto\\RSA\\MachineKeys\\<unique container name>",
        "key-file-service-account-no-read",
    ),
    cause(
        "The provider and its type don't belong together, or the device (card, HSM, TPM) is not there.",
        "Provider and ProviderType in the dump against `certutil -csplist`.",
        "certutil -csplist",
        "provider-type-name-mismatch",
    ),
];

/// The causes behind an error code.
pub fn behind_code(value: u32) -> &'static [Cause] {
    match value {
        0x8007_0520 | 0x8009_030D => KEY_NOT_USABLE,
        0x8009_0331 => NO_COMMON_SUITE,
        0x8009_0016 => KEYSET_NOT_FOUND,
        _ => &[],
    }
}

/// The causes behind an event.
pub fn behind_event(id: u32) -> &'static [Cause] {
    match id {
        36870 | 15021 | 36886 | 20068 => KEY_NOT_USABLE,
        36874 | 36888 => NO_COMMON_SUITE,
        _ => &[],
    }
}
