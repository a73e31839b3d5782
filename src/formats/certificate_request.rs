//! Certificate requests: PKCS#10, and CMC, PKCS#7 and SPKAC around one, with Microsoft's attributes.
//!
//! Sources: RFC 2986 (PKCS#10), RFC 5272 (CMC PKIData), MS-WCCE 2.2.2.7 (attributes `szOID_ENROLLMENT_CSP_PROVIDER`,
//! `szOID_OS_VERSION`, `szOID_REQUEST_CLIENT_INFO`, `szOID_CERT_EXTENSIONS`, …), the examples in Microsoft's SecCertEnroll
//! documentation, HTML 4 `keygen` (SignedPublicKeyAndChallenge).
//!
//! Every form may have the label "CERTIFICATE REQUEST", so the structure decides.

use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::{FromDer, X509Extension, X509Name};
use x509_parser::x509::SubjectPublicKeyInfo;

use super::bytes::{check_size, utf16be};
use super::der::{Element, Reader, tag};
use super::pkcs7;
use super::x509::{self, AlternativeName, PublicKey};
use super::{FormatError, Spanned, request_signature};
use crate::limits::{Limits, REQUEST_DEPTH, SIGNATURE_MODULUS_BYTES};
use crate::model::key_request::attribute::{CLIENT_INFO, CSP_PROVIDER, OS_VERSION};

/// `id-cct-PKIData` of CMC.
const PKI_DATA: &str = "1.3.6.1.5.5.7.12.2";
/// `id-data` of PKCS#7.
const DATA: &str = "1.2.840.113549.1.7.1";
/// szOID_CERT_EXTENSIONS, the older form of extensionRequest.
const CERT_EXTENSIONS: &str = "1.3.6.1.4.1.311.2.1.14";
/// extensionRequest of PKCS#9.
const EXTENSION_REQUEST: &str = "1.2.840.113549.1.9.14";
/// szOID_RENEWAL_CERTIFICATE.
const RENEWAL_CERTIFICATE: &str = "1.3.6.1.4.1.311.13.1";
/// szOID_ARCHIVED_KEY_ATTR.
const ARCHIVED_KEY: &str = "1.3.6.1.4.1.311.21.13";
/// szOID_ENROLL_KSP_NAME.
const KSP_NAME: &str = "1.3.6.1.4.1.311.21.25";
/// Microsoft's CMC control that adds attributes.
const ADD_ATTRIBUTES: &str = "1.3.6.1.4.1.311.10.10.1";
/// szOID_ENROLL_CERTTYPE_EXTENSION and szOID_CERTIFICATE_TEMPLATE.
pub(super) const TEMPLATE_NAME: &str = "1.3.6.1.4.1.311.20.2";
pub(super) const TEMPLATE: &str = "1.3.6.1.4.1.311.21.7";

/// What a certificate request asks for, and what it says of the key and of the machine that made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateRequest {
    /// `pkcs10`, `cmc`, `pkcs7` or `spkac`.
    pub format: &'static str,
    /// The subject as certutil prints it; empty for an empty name, `None` for SPKAC.
    pub subject: Option<Spanned<String>>,
    /// The public key.
    pub public_key: Option<Spanned<PublicKey>>,
    /// The KeySpec of the CSP attribute: 0 CNG, 1 `AT_KEYEXCHANGE`, 2 `AT_SIGNATURE`.
    pub key_spec: Option<Spanned<u32>>,
    /// The provider of the CSP attribute.
    pub provider: Option<Spanned<String>>,
    /// The KSP's name, from its own attribute.
    pub ksp_name: Option<Spanned<String>>,
    /// Who made the request.
    pub client: Option<ClientInfo>,
    /// `major.minor.build.platform`.
    pub os_version: Option<Spanned<String>>,
    /// The names of the requested key usage.
    pub key_usage: Option<Vec<&'static str>>,
    /// The requested extended key usages.
    pub extended_key_usage: Option<Vec<String>>,
    /// The requested subject alternative names.
    pub alternative_names: Vec<AlternativeName>,
    /// The certificate template, by name or object identifier.
    pub template: Option<String>,
    /// The object identifiers of the requested extensions, each with its place.
    pub extensions: Vec<Spanned<String>>,
    /// `cA` of the requested basic constraints.
    pub ca: Option<bool>,
    /// Whether the signature of the PKCS #10 is made with its own key; `None`: an algorithm that is not checked.
    pub signature_valid: Option<bool>,
    /// True when the private key travels along for archiving.
    pub archived_key: bool,
    /// True when the request renews a certificate that it carries.
    pub renewal: bool,
    /// The object identifiers of all attributes, in order.
    pub attributes: Vec<String>,
    /// What could not be read.
    pub problems: Vec<FormatError>,
}

/// szOID_REQUEST_CLIENT_INFO.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientInfo {
    /// `RequestClientInfoClientId` of certenroll.h: 5 the default, 9 certreq, ….
    pub client_id: Option<Spanned<u64>>,
    /// The machine's name.
    pub machine: Option<Spanned<String>>,
    /// The user's name.
    pub user: Option<Spanned<String>>,
    /// The process's name.
    pub process: Option<Spanned<String>>,
}

/// True when the bytes are a certificate request of any form.
pub fn recognise(bytes: &[u8]) -> bool {
    bytes.first() == Some(&0x30) && bytes.len() <= 1 << 20 && parse(bytes, &Limits::default()).is_ok()
}

/// Reads a certificate request in DER.
///
/// # Errors
/// None of the known forms, or cut.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<CertificateRequest, FormatError> {
    check_size(bytes, limits.certificate_bytes, "certificate request")?;
    let mut reader = Reader::new(bytes, limits.der_depth);
    let mut request = CertificateRequest {
        format: "pkcs10",
        subject: None,
        public_key: None,
        key_spec: None,
        provider: None,
        ksp_name: None,
        client: None,
        os_version: None,
        key_usage: None,
        extended_key_usage: None,
        alternative_names: Vec::new(),
        template: None,
        extensions: Vec::new(),
        ca: None,
        signature_valid: None,
        archived_key: false,
        renewal: false,
        attributes: Vec::new(),
        problems: Vec::new(),
    };
    any_form(&mut reader, &mut request, limits, REQUEST_DEPTH)?;
    if reader.remaining() > 0 {
        let message = format!("{} bytes follow the certificate request", reader.remaining());
        return Err(FormatError::new(message, reader.offset()));
    }
    Ok(request)
}

fn any_form(
    reader: &mut Reader<'_>,
    request: &mut CertificateRequest,
    limits: &Limits,
    nesting: usize,
) -> Result<(), FormatError> {
    let outer = reader.peek()?.ok_or_else(|| FormatError::new("no certificate request", 0))?;
    if nesting == 0 {
        return Err(outer.error("requests are nested too deep"));
    }
    let first = outer.children().require("the first value of the request")?;
    if first.is_universal(tag::OID) {
        return signed(reader, request, limits, nesting);
    }
    let outer = reader.universal(tag::SEQUENCE, "CertificationRequest")?;
    let mut parts = outer.children();
    let info = parts.universal(tag::SEQUENCE, "CertificationRequestInfo")?;
    let algorithm = parts.universal(tag::SEQUENCE, "the signature algorithm")?;
    let signature = parts.universal(tag::BIT_STRING, "the signature")?;
    let mut fields = info.children();
    let first = fields.require("the first field of the request")?;
    if first.is_universal(tag::INTEGER) {
        first.unsigned("the version")?;
        return pkcs10(fields, request, limits, |key| {
            let (_, signature) = signature.bits("the signature").ok()?;
            request_signature::verify(info.encoded(), &algorithm, signature, key)
        });
    }
    // SPKAC: the public key, then a challenge.
    let challenge = fields.universal(tag::IA5_STRING, "the challenge")?;
    if fields.read()?.is_some() {
        return Err(challenge.error("no certificate request"));
    }
    request.format = "spkac";
    public_key(&first, request)
}

fn signed(
    reader: &mut Reader<'_>,
    request: &mut CertificateRequest,
    limits: &Limits,
    nesting: usize,
) -> Result<(), FormatError> {
    let start = reader.offset();
    let data = pkcs7::signed_data(reader)?;
    let content = data.content.ok_or_else(|| FormatError::new("a SignedData without content", start))?;
    let octets = content.octets()?;
    let mut inner = octets.reader(limits.der_depth.saturating_sub(4));
    // The outer attributes are read first, so that those of the inner request win.
    if let Some(signers) = &data.signers {
        signer_attributes(signers, request, limits);
    }
    match data.content_type.as_str() {
        PKI_DATA => {
            pki_data(&mut inner, request, limits, nesting)?;
            request.format = "cmc";
        }
        DATA => {
            any_form(&mut inner, request, limits, nesting.saturating_sub(1))?;
            request.format = "pkcs7";
        }
        other => return Err(content.error(format!("a SignedData of {other} is no certificate request"))),
    }
    Ok(())
}

/// Unsigned attributes of the signer: the archived key is there.
fn signer_attributes(signers: &Element<'_>, request: &mut CertificateRequest, limits: &Limits) {
    let mut all = signers.children();
    for _ in 0..16 {
        let Ok(Some(signer)) = all.read() else { return };
        let mut fields = signer.children();
        while let Ok(Some(field)) = fields.read() {
            if field.is_context(1) {
                attributes(&field, request, limits);
            }
        }
    }
}

/// PKIData: controls, requests, content infos, other messages.
fn pki_data(
    reader: &mut Reader<'_>,
    request: &mut CertificateRequest,
    limits: &Limits,
    nesting: usize,
) -> Result<(), FormatError> {
    let outer = reader.universal(tag::SEQUENCE, "PKIData")?;
    let mut parts = outer.children();
    let controls = parts.universal(tag::SEQUENCE, "the controls")?;
    let requests = parts.universal(tag::SEQUENCE, "the requests")?;
    let mut all = controls.children();
    while let Some(control) = all.read()? {
        control_attributes(&control, request, limits);
    }
    if let Some(tagged) = requests.children().read()? {
        if !tagged.is_context(0) {
            return Err(tagged.error(format!("a request of the form {} is not PKCS #10", tagged.tag_text())));
        }
        let mut fields = tagged.children();
        fields.universal(tag::INTEGER, "bodyPartID")?;
        return any_form(&mut fields, request, limits, nesting.saturating_sub(1));
    }
    // A renewal may carry its request as an encapsulated message.
    let messages = parts.universal(tag::SEQUENCE, "the content infos")?;
    let Some(tagged) = messages.children().read()? else {
        return Err(messages.error("a CMC message without a request"));
    };
    let mut fields = tagged.children();
    fields.universal(tag::INTEGER, "bodyPartID")?;
    any_form(&mut fields, request, limits, nesting.saturating_sub(1))
}

/// A control of Microsoft: SEQUENCE { data reference, certificate reference, SET OF Attribute } inside a SET.
fn control_attributes(control: &Element<'_>, request: &mut CertificateRequest, limits: &Limits) {
    let mut fields = control.children();
    let (Ok(Some(_)), Ok(Some(kind)), Ok(Some(values))) = (fields.read(), fields.read(), fields.read()) else { return };
    if kind.oid("the control").is_ok_and(|oid| oid == ADD_ATTRIBUTES) {
        let Ok(Some(value)) = values.children().read() else { return };
        let mut inner = value.children();
        while let Ok(Some(field)) = inner.read() {
            if field.is_universal(tag::SET) {
                attributes(&field, request, limits);
            }
        }
    }
}

fn pkcs10(
    mut fields: Reader<'_>,
    request: &mut CertificateRequest,
    limits: &Limits,
    verify: impl FnOnce(&Element<'_>) -> Option<bool>,
) -> Result<(), FormatError> {
    let subject = fields.universal(tag::SEQUENCE, "the subject")?;
    let key = fields.universal(tag::SEQUENCE, "the public key")?;
    match X509Name::from_der(subject.encoded()) {
        Ok((_, name)) => {
            let (start, end) = subject.span();
            request.subject = Some(Spanned::new(x509::name_text(&name, limits), start, end));
        }
        Err(_) => request.problems.push(subject.error("the subject can't be read")),
    }
    public_key(&key, request)?;
    request.signature_valid = verify(&key);
    if request.signature_valid == Some(false) {
        request.problems.push(key.error(
            "the request's signature is not one over its content by this key: the bytes are damaged or were changed, and a \
             CA refuses it",
        ));
    }
    let bits = request.public_key.as_ref().and_then(|key| key.value.bits);
    let most = SIGNATURE_MODULUS_BYTES.saturating_mul(8);
    if bits.is_some_and(|bits| usize::try_from(bits).is_ok_and(|bits| bits > most)) {
        request.problems.push(key.error(format!("the signature is not checked: a key of more than {most} bits")));
    }
    if let Some(set) = fields.read()?.filter(|set| set.is_context(0)) {
        attributes(&set, request, limits);
    }
    Ok(())
}

fn public_key(element: &Element<'_>, request: &mut CertificateRequest) -> Result<(), FormatError> {
    let (_, info) = SubjectPublicKeyInfo::from_der(element.encoded())
        .map_err(|_| element.error("the public key of the request can't be read"))?;
    let (start, end) = element.span();
    request.public_key = Some(Spanned::new(x509::public_key(&info), start, end));
    Ok(())
}

fn attributes(set: &Element<'_>, request: &mut CertificateRequest, limits: &Limits) {
    let mut all = set.children();
    for _ in 0..limits.bag_attributes {
        match all.read() {
            Ok(None) => return,
            Ok(Some(attribute)) => {
                if let Err(error) = one_attribute(&attribute, request, limits) {
                    request.problems.push(error);
                }
            }
            Err(error) => {
                request.problems.push(error);
                return;
            }
        }
    }
    request.problems.push(set.error(format!("more than {} attributes", limits.bag_attributes)));
}

fn one_attribute(
    attribute: &Element<'_>,
    request: &mut CertificateRequest,
    limits: &Limits,
) -> Result<(), FormatError> {
    let mut fields = attribute.children();
    let oid = fields.require("the attribute")?.oid("the attribute")?;
    let values = fields.universal(tag::SET, "the values of the attribute")?;
    request.attributes.push(oid.clone());
    let Some(value) = values.children().read()? else { return Ok(()) };
    match oid.as_str() {
        CSP_PROVIDER => {
            let mut parts = value.children();
            let key_spec = parts.require("the KeySpec")?;
            let number = u32::try_from(key_spec.unsigned("the KeySpec")?).unwrap_or(u32::MAX);
            let (start, end) = key_spec.span();
            request.key_spec = Some(Spanned::new(number, start, end));
            let name = parts.require("the provider's name")?;
            let (start, end) = name.span();
            let text = if name.is_universal(tag::BMP_STRING) {
                utf16be(name.content().get(..limits.string_bytes).unwrap_or(name.content()))
            } else {
                name.text().unwrap_or_default()
            };
            request.provider = Some(Spanned::new(text.trim_end_matches('\0').to_owned(), start, end));
        }
        OS_VERSION => request.os_version = text_of(&value, limits),
        KSP_NAME => request.ksp_name = text_of(&value, limits),
        CLIENT_INFO => {
            let mut parts = value.children();
            let id = parts.require("the client id")?;
            let (start, end) = id.span();
            let client_id = id.unsigned("the client id").ok().map(|id| Spanned::new(id, start, end));
            let mut next = || parts.read().ok().flatten().and_then(|text| text_of(&text, limits));
            request.client = Some(ClientInfo { client_id, machine: next(), user: next(), process: next() });
        }
        CERT_EXTENSIONS | EXTENSION_REQUEST => extensions(&value, request, limits)?,
        RENEWAL_CERTIFICATE => request.renewal = true,
        ARCHIVED_KEY => request.archived_key = true,
        _ => {}
    }
    Ok(())
}

fn text_of(element: &Element<'_>, limits: &Limits) -> Option<Spanned<String>> {
    if element.content().len() > limits.string_bytes {
        return None;
    }
    let (start, end) = element.span();
    element.text().map(|text| Spanned::new(text.trim_end_matches('\0').to_owned(), start, end))
}

fn extensions(sequence: &Element<'_>, request: &mut CertificateRequest, limits: &Limits) -> Result<(), FormatError> {
    let mut all = sequence.children();
    for _ in 0..limits.certificate_extensions {
        let Some(extension) = all.read()? else { return Ok(()) };
        let Ok((_, parsed)) = X509Extension::from_der(extension.encoded()) else {
            request.problems.push(extension.error("a requested extension can't be read"));
            continue;
        };
        let value = || Reader::new(parsed.value, 8).read().ok().flatten();
        let (start, end) = extension.span();
        request.extensions.push(Spanned::new(x509::oid_text(&parsed.oid), start, end));
        match parsed.parsed_extension() {
            ParsedExtension::KeyUsage(usage) => request.key_usage = Some(x509::key_usage_names(usage.flags)),
            ParsedExtension::ExtendedKeyUsage(_) => {
                let mut oids = Vec::new();
                if let Some(mut purposes) = value().map(|sequence| sequence.children()) {
                    while let (Ok(Some(purpose)), true) = (purposes.read(), oids.len() < limits.certificate_names) {
                        oids.extend(purpose.oid("the purpose"));
                    }
                }
                request.extended_key_usage = Some(oids);
            }
            ParsedExtension::BasicConstraints(basic) => request.ca = Some(basic.ca),
            ParsedExtension::SubjectAlternativeName(names) => {
                let names = names.general_names.iter().take(limits.certificate_names);
                request.alternative_names = names.map(|name| x509::alternative_name(name, limits)).collect();
            }
            _ => match x509::oid_text(&parsed.oid).as_str() {
                TEMPLATE_NAME => request.template = value().and_then(|text| text.text()),
                TEMPLATE => {
                    let oid = value().and_then(|template| template.children().read().ok().flatten());
                    request.template = oid.and_then(|oid| oid.oid("the template").ok());
                }
                _ => {}
            },
        }
    }
    Ok(())
}
