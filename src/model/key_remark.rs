//! What certutil says about a key in a line of its own.

/// What certutil says about a key besides its properties and tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyRemark {
    /// `Missing stored keyset`: the container could not be opened by the caller.
    MissingStoredKeyset,
    /// `No key provider information`.
    NoKeyProviderInformation,
    /// `Cannot find the certificate and private key for decryption.`
    NoKeyForDecryption,
    /// `ERROR: missing key association property: CERT_KEY_IDENTIFIER_PROP_ID`.
    MissingKeyAssociation,
    /// `ERROR: Container name inconsistent:`.
    ContainerNameInconsistent,
    /// `Private key is NOT exportable`.
    NotExportable,
    /// `Private key is NOT plain text exportable`.
    NotPlainTextExportable,
    /// `Private key is a VSM key`.
    VsmKey,
    /// `Private key verifies`.
    PrivateKeyVerifies,
    /// `Public key matching test succeeded`.
    PublicKeyMatches,
    /// `Public key matching test FAILED`, `Certificate public key does NOT match stored keyset`.
    PublicKeyDoesNotMatch,
    /// `Cannot open the … key for reader`.
    CannotOpenKey,
    /// `Access denied!`, `Access is denied`.
    AccessDenied,
}
