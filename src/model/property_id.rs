//! Numbers and names of certificate properties (`CERT_*_PROP_ID`, wincrypt.h; Microsoft Learn,
//! "CertSetCertificateContextProperty function").

/// `CERT_KEY_PROV_INFO_PROP_ID`: the key link.
pub const KEY_PROV_INFO: u32 = 2;
/// `CERT_SHA1_HASH_PROP_ID`.
pub const SHA1_HASH: u32 = 3;
/// `CERT_MD5_HASH_PROP_ID`.
pub const MD5_HASH: u32 = 4;
/// `CERT_KEY_CONTEXT_PROP_ID`.
pub const KEY_CONTEXT: u32 = 5;
/// `CERT_KEY_SPEC_PROP_ID`.
pub const KEY_SPEC: u32 = 6;
/// `CERT_ENHKEY_USAGE_PROP_ID`.
pub const ENHKEY_USAGE: u32 = 9;
/// `CERT_FRIENDLY_NAME_PROP_ID`.
pub const FRIENDLY_NAME: u32 = 11;
/// `CERT_ACCESS_STATE_PROP_ID`.
pub const ACCESS_STATE: u32 = 14;
/// `CERT_ARCHIVED_PROP_ID`.
pub const ARCHIVED: u32 = 19;
/// `CERT_KEY_IDENTIFIER_PROP_ID`.
pub const KEY_IDENTIFIER: u32 = 20;
/// `CERT_SUBJECT_PUBLIC_KEY_MD5_HASH_PROP_ID`.
pub const SUBJECT_PUBLIC_KEY_MD5_HASH: u32 = 25;
/// `CERT_REQUEST_ORIGINATOR_PROP_ID`.
pub const REQUEST_ORIGINATOR: u32 = 71;
/// `CERT_SUBJECT_PUB_KEY_BIT_LENGTH_PROP_ID`.
pub const SUBJECT_PUB_KEY_BIT_LENGTH: u32 = 92;
/// `CERT_SHA256_HASH_PROP_ID`.
pub const SHA256_HASH: u32 = 107;

/// Numbers and names (without `CERT_` and `_PROP_ID`).
pub static NAMES: &[(u32, &str)] = &[
    (1, "KEY_PROV_HANDLE"),
    (2, "KEY_PROV_INFO"),
    (3, "SHA1_HASH"),
    (4, "MD5_HASH"),
    (5, "KEY_CONTEXT"),
    (6, "KEY_SPEC"),
    (9, "ENHKEY_USAGE"),
    (10, "NEXT_UPDATE_LOCATION"),
    (11, "FRIENDLY_NAME"),
    (12, "PVK_FILE"),
    (13, "DESCRIPTION"),
    (14, "ACCESS_STATE"),
    (15, "SIGNATURE_HASH"),
    (16, "SMART_CARD_DATA"),
    (17, "EFS"),
    (18, "FORTEZZA_DATA"),
    (19, "ARCHIVED"),
    (20, "KEY_IDENTIFIER"),
    (21, "AUTO_ENROLL"),
    (22, "PUBKEY_ALG_PARA"),
    (23, "CROSS_CERT_DIST_POINTS"),
    (24, "ISSUER_PUBLIC_KEY_MD5_HASH"),
    (25, "SUBJECT_PUBLIC_KEY_MD5_HASH"),
    (26, "ENROLLMENT"),
    (27, "DATE_STAMP"),
    (28, "ISSUER_SERIAL_NUMBER_MD5_HASH"),
    (29, "SUBJECT_NAME_MD5_HASH"),
    (30, "EXTENDED_ERROR_INFO"),
    (32, "CERT"),
    (33, "CRL"),
    (34, "CTL"),
    (35, "KEYID"),
    (64, "RENEWAL"),
    (65, "ARCHIVED_KEY_HASH"),
    (66, "AUTO_ENROLL_RETRY"),
    (67, "AIA_URL_RETRIEVED"),
    (68, "AUTHORITY_INFO_ACCESS"),
    (69, "BACKED_UP"),
    (70, "OCSP_RESPONSE"),
    (71, "REQUEST_ORIGINATOR"),
    (72, "SOURCE_LOCATION"),
    (73, "SOURCE_URL"),
    (74, "NEW_KEY"),
    (75, "OCSP_CACHE_PREFIX"),
    (76, "SMART_CARD_ROOT_INFO"),
    (77, "NO_AUTO_EXPIRE_CHECK"),
    (78, "NCRYPT_KEY_HANDLE"),
    (79, "HCRYPTPROV_OR_NCRYPT_KEY_HANDLE"),
    (80, "SUBJECT_INFO_ACCESS"),
    (81, "CA_OCSP_AUTHORITY_INFO_ACCESS"),
    (82, "CA_DISABLE_CRL"),
    (83, "ROOT_PROGRAM_CERT_POLICIES"),
    (84, "ROOT_PROGRAM_NAME_CONSTRAINTS"),
    (85, "SUBJECT_OCSP_AUTHORITY_INFO_ACCESS"),
    (86, "SUBJECT_DISABLE_CRL"),
    (87, "CEP"),
    (89, "SIGN_HASH_CNG_ALG"),
    (90, "SCARD_PIN_ID"),
    (91, "SCARD_PIN_INFO"),
    (92, "SUBJECT_PUB_KEY_BIT_LENGTH"),
    (93, "PUB_KEY_CNG_ALG_BIT_LENGTH"),
    (94, "ISSUER_PUB_KEY_BIT_LENGTH"),
    (95, "ISSUER_CHAIN_SIGN_HASH_CNG_ALG"),
    (96, "ISSUER_CHAIN_PUB_KEY_CNG_ALG_BIT_LENGTH"),
    (97, "NO_EXPIRE_NOTIFICATION"),
    (98, "AUTH_ROOT_SHA256_HASH"),
    (99, "NCRYPT_KEY_HANDLE_TRANSFER"),
    (100, "HCRYPTPROV_TRANSFER"),
    (101, "SMART_CARD_READER"),
    (102, "SEND_AS_TRUSTED_ISSUER"),
    (103, "KEY_REPAIR_ATTEMPTED"),
    (104, "DISALLOWED_FILETIME"),
    (105, "ROOT_PROGRAM_CHAIN_POLICIES"),
    (106, "SMART_CARD_READER_NON_REMOVABLE"),
    (107, "SHA256_HASH"),
    (108, "SCEP_SERVER_CERTS"),
    (109, "SCEP_RA_SIGNATURE_CERT"),
    (110, "SCEP_RA_ENCRYPTION_CERT"),
    (111, "SCEP_CA_CERT"),
    (112, "SCEP_SIGNER_CERT"),
    (113, "SCEP_NONCE"),
    (114, "SCEP_ENCRYPT_HASH_CNG_ALG"),
    (115, "SCEP_FLAGS"),
    (116, "SCEP_GUID"),
    (117, "SERIALIZABLE_KEY_CONTEXT"),
    (118, "ISOLATED_KEY"),
    (119, "SERIAL_CHAIN"),
    (120, "KEY_CLASSIFICATION"),
    (121, "OCSP_MUST_STAPLE"),
    (122, "DISALLOWED_ENHKEY_USAGE"),
    (123, "NONCOMPLIANT_ROOT_URL"),
    (124, "PIN_SHA256_HASH"),
    (125, "CLR_DELETE_KEY"),
    (126, "NOT_BEFORE_FILETIME"),
    (127, "NOT_BEFORE_ENHKEY_USAGE"),
    (128, "DISALLOWED_CA_FILETIME"),
    (129, "SHA1_SHA256_HASH"),
];

/// The name of a property, without `CERT_` and `_PROP_ID`.
pub fn name(id: u32) -> Option<&'static str> {
    NAMES.iter().find(|(n, _)| *n == id).map(|(_, s)| *s)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CERT_KEY_PROV_INFO_PROP_ID and CERT_FRIENDLY_NAME_PROP_ID of wincrypt.h.
    #[test]
    fn names_of_properties() {
        assert_eq!((name(2), name(11), name(0)), (Some("KEY_PROV_INFO"), Some("FRIENDLY_NAME"), None));
    }
}
