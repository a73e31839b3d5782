//! Which family of binary artifacts some bytes belong to.
//!
//! Families with a magic come first, then those that are known by their exact size, then ASN.1, then damaged files whose
//! header is still whole. Random bytes are none of them.

use super::der::{Reader, tag};
use super::{
    capi_key_blob, capi_key_container, cert_element, cert_store, certificate_request, cng_key_blob, cng_key_file,
    cng_key_transport, dpapi_blob, dpapi_master_key, key_algorithm, pem, pkcs7, private_key, pvk, reg_export,
    registry_hive, request_inf, roaming_token, tpm_key_blob,
};
use crate::limits::Limits;

/// A family of artifacts, under the name of the report's `kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryKind {
    /// CryptoAPI key blob, `.snk`, domain backup key.
    CapiKeyBlob,
    /// `.pvk`.
    Pvk,
    /// CNG key blob.
    CngKeyBlob,
    /// CryptoAPI key container file.
    CapiKeyContainer,
    /// CNG key file.
    CngKeyFile,
    /// CNG transport blob.
    CngKeyTransport,
    /// Key of the Platform Crypto Provider.
    TpmKeyBlob,
    /// DPAPI blob.
    DpapiBlob,
    /// DPAPI master key file.
    DpapiMasterKey,
    /// Credential roaming token.
    RoamingToken,
    /// Serialized store.
    CertStore,
    /// Serialized certificate element, registry `Blob`.
    RegistryCertBlob,
    /// Registry export.
    RegExport,
    /// Registry hive: recognised only.
    RegistryHive,
    /// Binary event log.
    EventLog,
    /// X.509 certificate.
    Certificate,
    /// PKCS#7 certificates.
    Pkcs7,
    /// Certificate request.
    CertificateRequest,
    /// INF of a certificate request.
    RequestInf,
    /// Private key.
    PrivateKey,
    /// PKCS#12.
    Pfx,
}

impl BinaryKind {
    /// The word of the JSON report.
    pub fn word(self) -> &'static str {
        match self {
            Self::CapiKeyBlob => "capi-key-blob",
            Self::Pvk => "pvk",
            Self::CngKeyBlob => "cng-key-blob",
            Self::CapiKeyContainer => "capi-key-container",
            Self::CngKeyFile => "cng-key-file",
            Self::CngKeyTransport => "cng-key-transport",
            Self::TpmKeyBlob => "tpm-key-blob",
            Self::DpapiBlob => "dpapi-blob",
            Self::DpapiMasterKey => "dpapi-master-key",
            Self::RoamingToken => "roaming-token",
            Self::CertStore => "cert-store",
            Self::RegistryCertBlob => "registry-cert-blob",
            Self::RegExport => "reg-export",
            Self::RegistryHive => "registry-hive",
            Self::EventLog => "evtx",
            Self::Certificate => "certificate",
            Self::Pkcs7 => "pkcs7",
            Self::CertificateRequest => "certificate-request",
            Self::RequestInf => "request-inf",
            Self::PrivateKey => "private-key",
            Self::Pfx => "pfx",
        }
    }
}

type Recogniser = fn(&[u8]) -> bool;

/// Families with a magic or a form of their own.
static FORMS: &[(Recogniser, BinaryKind)] = &[
    (pvk::recognise, BinaryKind::Pvk),
    (cng_key_transport::recognise, BinaryKind::CngKeyTransport),
    (tpm_key_blob::recognise, BinaryKind::TpmKeyBlob),
    (cert_store::recognise, BinaryKind::CertStore),
    (reg_export::recognise, BinaryKind::RegExport),
    (registry_hive::recognise, BinaryKind::RegistryHive),
    (|bytes| bytes.starts_with(b"ElfFile\0"), BinaryKind::EventLog),
    (roaming_token::recognise, BinaryKind::RoamingToken),
    (dpapi_blob::recognise, BinaryKind::DpapiBlob),
    (dpapi_master_key::recognise, BinaryKind::DpapiMasterKey),
    (cng_key_blob::recognise, BinaryKind::CngKeyBlob),
    (capi_key_container::recognise, BinaryKind::CapiKeyContainer),
    (cng_key_file::recognise, BinaryKind::CngKeyFile),
    (capi_key_blob::recognise, BinaryKind::CapiKeyBlob),
    (cert_element::recognise, BinaryKind::RegistryCertBlob),
    (dpapi_blob::starts_like, BinaryKind::DpapiBlob),
    (capi_key_container::starts_like, BinaryKind::CapiKeyContainer),
    (cng_key_file::starts_like, BinaryKind::CngKeyFile),
    (cert_element::starts_like, BinaryKind::RegistryCertBlob),
    (cng_key_blob::starts_like, BinaryKind::CngKeyBlob),
    (dpapi_master_key::starts_like, BinaryKind::DpapiMasterKey),
];

/// The family of some bytes; `None` when they are none of these. Text in PEM armour is judged by its first block.
pub fn detect(bytes: &[u8]) -> Option<BinaryKind> {
    detect_with_armour(bytes).map(|(kind, _)| kind)
}

/// The family of some bytes, and whether they are text armour around it.
pub fn detect_with_armour(bytes: &[u8]) -> Option<(BinaryKind, bool)> {
    if let Some((_, kind)) = FORMS.iter().find(|(recognise, _)| recognise(bytes)) {
        return Some((*kind, false));
    }
    // A text may begin with the digit that is the tag of a SEQUENCE.
    let encoded = if bytes.first() == Some(&0x30) { asn1(bytes) } else { None };
    encoded.map(|kind| (kind, false)).or_else(|| detect_text(bytes))
}

/// The family of what text armour holds: no text, and nothing that is only recognised.
pub fn detect_armoured(content: &[u8]) -> Option<BinaryKind> {
    let form = FORMS.iter().find(|(recognise, _)| recognise(content)).map(|(_, kind)| *kind);
    let inside =
        |kind: &BinaryKind| !matches!(kind, BinaryKind::RegExport | BinaryKind::RegistryHive | BinaryKind::EventLog);
    form.filter(inside).or_else(|| asn1(content))
}

/// The family of a text that is an INF, or of what stands in its first block of PEM armour or bare Base64; of a damaged block
/// what its label says.
fn detect_text(bytes: &[u8]) -> Option<(BinaryKind, bool)> {
    if bytes.get(..4096).unwrap_or(bytes).contains(&0) && !bytes.starts_with(&[0xFF, 0xFE]) && !utf16_ascii(bytes) {
        return None;
    }
    let limits = Limits::default();
    if pem::recognise(bytes) {
        let pem = pem::parse(bytes, &limits).ok()?;
        let kind = pem.blocks.iter().find_map(|block| {
            if block.encrypted || block.label == "ENCRYPTED PRIVATE KEY" {
                return Some(BinaryKind::PrivateKey);
            }
            detect_armoured(&block.content)
        });
        return kind.or_else(|| pem.damaged.iter().find_map(|label| of_label(label))).map(|kind| (kind, true));
    }
    if request_inf::recognise(bytes) {
        return Some((BinaryKind::RequestInf, false));
    }
    pem::bare(bytes, &limits).and_then(|block| detect_armoured(&block.content)).map(|kind| (kind, true))
}

/// What a block with this label should hold (RFC 7468, section 4 and the following ones; OpenSSL's pem.h).
fn of_label(label: &str) -> Option<BinaryKind> {
    match label {
        "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => Some(BinaryKind::Certificate),
        "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => Some(BinaryKind::CertificateRequest),
        "PKCS7" | "CMS" => Some(BinaryKind::Pkcs7),
        "PRIVATE KEY" | "ENCRYPTED PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY" => Some(BinaryKind::PrivateKey),
        _ => None,
    }
}

fn utf16_ascii(bytes: &[u8]) -> bool {
    matches!(bytes, [first, 0, second, 0, ..] if first.is_ascii_graphic() && second.is_ascii_graphic())
}

/// The family of a DER or BER value.
pub fn asn1(bytes: &[u8]) -> Option<BinaryKind> {
    let outer = Reader::new(bytes, 32).tolerant().read().ok()??;
    if !outer.is_universal(tag::SEQUENCE) {
        return None;
    }
    let mut inner = outer.children();
    let first = inner.read().ok()??;
    if first.is_universal(tag::INTEGER) {
        let version = first.unsigned("version").ok()?;
        let second = inner.read().ok()??;
        let content = second.children().read().ok().flatten();
        let authenticated =
            content.and_then(|oid| oid.oid("type").ok()).is_some_and(|oid| oid.starts_with("1.2.840.113549.1.7."));
        if version == 3 && authenticated {
            return Some(BinaryKind::Pfx);
        }
        let key = private_key::recognise(bytes) || outer.cut && cut_key(&second, &mut inner);
        return key.then_some(BinaryKind::PrivateKey);
    }
    if first.is_universal(tag::OID) {
        let signed = || first.oid("type").is_ok_and(|oid| oid == pkcs7::SIGNED_DATA);
        if certificate_request::recognise(bytes) {
            return Some(BinaryKind::CertificateRequest);
        }
        return (pkcs7::recognise(bytes) || outer.cut && signed()).then_some(BinaryKind::Pkcs7);
    }
    if private_key::recognise(bytes) {
        return Some(BinaryKind::PrivateKey);
    }
    if certificate_request::recognise(bytes) {
        return Some(BinaryKind::CertificateRequest);
    }
    if outer.cut && cut_request(&first) {
        return Some(BinaryKind::CertificateRequest);
    }
    certificate(&first, &mut inner).then_some(BinaryKind::Certificate)
}

/// CertificationRequestInfo of which the end is missing: version 0, and a name, which begins with a SET (RFC 2986, section 4).
fn cut_request(info: &super::der::Element<'_>) -> bool {
    let mut fields = info.children();
    let mut next = || fields.read().ok().flatten();
    next().is_some_and(|version| version.unsigned("version").is_ok_and(|version| version == 0))
        && next()
            .is_some_and(|name| name.children().read().ok().flatten().is_some_and(|part| part.is_universal(tag::SET)))
}

/// A private key of which the end is missing: the algorithm and an OCTET STRING of PKCS #8 (RFC 5958, section 2), or the numbers
/// of PKCS #1.
fn cut_key(second: &super::der::Element<'_>, rest: &mut Reader<'_>) -> bool {
    let third = rest.read().ok().flatten();
    if second.is_universal(tag::SEQUENCE) {
        let algorithm = second.children().read().ok().flatten().and_then(|oid| oid.oid("algorithm").ok());
        return algorithm.is_some_and(|oid| key_algorithm::name(&oid).is_some())
            && third.is_some_and(|key| key.is_universal(tag::OCTET_STRING));
    }
    second.is_universal(tag::INTEGER)
        && second.integer_bits() >= 512
        && third.is_some_and(|e| e.is_universal(tag::INTEGER))
}

/// TBSCertificate: an optional version `[0]`, a serial number, an algorithm, a name, a validity of two times.
fn certificate(tbs: &super::der::Element<'_>, rest: &mut Reader<'_>) -> bool {
    let mut fields = tbs.children();
    let mut next = || fields.read().ok().flatten();
    let Some(mut serial) = next() else { return false };
    if serial.is_context(0) {
        let Some(element) = next() else { return false };
        serial = element;
    }
    let sequence = |element: Option<super::der::Element<'_>>| element.is_some_and(|e| e.is_universal(tag::SEQUENCE));
    serial.is_universal(tag::INTEGER)
        && sequence(next())
        && sequence(next())
        && next().is_some_and(|validity| {
            let time = |e: super::der::Element<'_>| e.is_universal(23) || e.is_universal(24);
            validity.children().read().ok().flatten().is_some_and(time)
        })
        && rest.read().ok().flatten().is_none_or(|e| e.is_universal(tag::SEQUENCE))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 2_000 }))]
        #[test]
        fn random_bytes_are_nothing(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            prop_assert_eq!(detect(&bytes), None);
        }

        #[test]
        fn records_of_small_numbers_are_nothing(start in 0_u32..40, words in proptest::collection::vec(0_u32..40, 4..40)) {
            // What looks most like property records: id, 1, length.
            let all = [start, 1, 4].into_iter().chain(words);
            let bytes: Vec<u8> = all.flat_map(u32::to_le_bytes).collect();
            prop_assert_eq!(detect(&bytes), None);
        }

        #[test]
        fn random_words_are_nothing(text in "[ -~\r\n]{0,400}") {
            prop_assert_eq!(detect(text.as_bytes()), None);
        }

        #[test]
        fn small_numbers_are_nothing(words in proptest::collection::vec(0_u32..40, 0..60)) {
            let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
            prop_assert_eq!(detect(&bytes), None);
        }
    }

    /// What a file begins with is enough for these, whole or not.
    #[test]
    fn magics_and_their_words() {
        for (bytes, word) in [
            (&b"ElfFile\0"[..], "evtx"),
            (b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n", "private-key"),
            (b"-----BEGIN CERTIFICATE-----\nMIIBMzCB5qADAgECAhRzZWUgUkZDIDc0NjggZm9yIHRoaXMgbGluZQ==\n", "certificate"),
            (b"Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE]\r\n", "reg-export"),
        ] {
            assert_eq!(detect(bytes).map(BinaryKind::word), Some(word));
        }
        assert_eq!(detect(b"ElfFile"), None);
        assert_eq!(detect(b"-----BEGIN CERTIFICATE-----\n(cut)\n-----END CERTIFICATE-----\n"), None);
    }
}
