//! The structure of a PFX without a password: everything that stands in clear.
//!
//! Source: RFC 7292 section 4. The walk is tolerant: a file that is cut gives what it still holds.

use super::algorithms::{self, Encryption};
use super::private_key;
use super::sid_protection;
use super::{Attributes, Bag, BagKind, BagValue, CertificateProperty, Held, Mac, Pfx, Safe, SafeKind, Shrouded};
use crate::formats::der::{Element, Octets, Reader, tag};
use crate::formats::{FormatError, Spanned, x509};
use crate::limits::Limits;

const DATA: &str = "1.2.840.113549.1.7.1";
const ENVELOPED_DATA: &str = "1.2.840.113549.1.7.3";
const ENCRYPTED_DATA: &str = "1.2.840.113549.1.7.6";
const PROPERTY_PREFIX: &str = "1.3.6.1.4.1.311.17.3.";

/// Whether bytes begin like a PFX: a SEQUENCE of a version and of a ContentInfo with a PKCS#7 content type. The first
/// 64 bytes are enough.
pub fn looks_like(bytes: &[u8]) -> bool {
    let head = bytes.get(..64).unwrap_or(bytes);
    let begins = || {
        let outer = Reader::new(head, 8).tolerant().universal(tag::SEQUENCE, "PFX")?;
        let mut inner = outer.children();
        let version = inner.universal(tag::INTEGER, "the version")?.unsigned("the version")?;
        let info = inner.universal(tag::SEQUENCE, "the AuthenticatedSafe")?;
        let oid = info.children().require("the content type")?.oid("the content type")?;
        Ok::<_, FormatError>(version <= 3 && oid.starts_with("1.2.840.113549.1.7."))
    };
    begins().unwrap_or(false)
}

/// Reads the structure of a PFX.
///
/// # Errors
/// Over the size limit, or not a PFX: no SEQUENCE with a version and a ContentInfo. Everything below that is a problem
/// of the record, and the rest goes on.
pub fn walk(bytes: &[u8], limits: &Limits) -> Result<Pfx, FormatError> {
    if bytes.len() > limits.pfx_bytes {
        let message = format!("a PFX of {} bytes is over the limit of {}", bytes.len(), limits.pfx_bytes);
        return Err(FormatError::new(message, 0));
    }
    let mut file = Reader::new(bytes, limits.der_depth).tolerant();
    let outer = file.universal(tag::SEQUENCE, "the PFX")?;
    let mut inner = outer.children();
    let version = inner.universal(tag::INTEGER, "the version of the PFX")?;
    let (start, end) = version.span();
    let version = Spanned::new(version.unsigned("the version of the PFX")?, start, end);
    let info = inner.universal(tag::SEQUENCE, "the AuthenticatedSafe")?;
    let mut content = info.children();
    let content_type = content.require("the content type of the AuthenticatedSafe")?;
    let (start, end) = content_type.span();
    let oid = content_type.oid("the content type of the AuthenticatedSafe")?;
    let mut walk = Walk { limits, ber: false, problems: Vec::new(), sid_protection: None, bags: 0 };
    if version.value != 3 {
        walk.problem(FormatError::new(format!("the PFX has version {}, not 3", version.value), version.start));
    }
    if outer.cut {
        walk.problem(FormatError::new("the file is cut: its outer length goes past its end", bytes.len()));
    }
    walk.note(&outer);
    walk.note(&info);
    let mut pfx = Pfx {
        version,
        ber: false,
        cut: outer.cut,
        trailing: None,
        content_type: Spanned::new(oid, start, end),
        mac: None,
        safes: Vec::new(),
        sid_protection: None,
        problems: Vec::new(),
        authenticated: Held::default(),
    };
    if !outer.cut && outer.end < bytes.len() {
        pfx.trailing = Some(Spanned::new(bytes.len().saturating_sub(outer.end), outer.end, bytes.len()));
    }
    walk.authenticated_safe(&mut content, &mut pfx);
    match inner.read() {
        Ok(Some(mac)) => match walk.mac(&mac) {
            Ok(mac) => pfx.mac = Some(mac),
            Err(error) => walk.problem(error),
        },
        Ok(None) => {}
        Err(error) => walk.problem(error),
    }
    pfx.ber = walk.ber;
    pfx.sid_protection = walk.sid_protection;
    pfx.problems = walk.problems;
    Ok(pfx)
}

/// The bags of a SafeContents that was decrypted from the bytes of `place`.
#[cfg(feature = "decrypt")]
pub(super) fn decrypted_bags(
    plaintext: &[u8],
    place: &crate::formats::der::Place,
    limits: &Limits,
    seen: usize,
) -> Result<(Vec<Bag>, Vec<FormatError>), FormatError> {
    let mut walk = Walk { limits, ber: false, problems: Vec::new(), sid_protection: None, bags: seen };
    let mut bags = Vec::new();
    let mut reader = Reader::new(plaintext, limits.der_depth).at(place);
    let contents = reader.universal(tag::SEQUENCE, "the decrypted SafeContents")?;
    walk.bags(&contents, &mut bags)?;
    Ok((bags, walk.problems))
}

struct Walk<'l> {
    limits: &'l Limits,
    ber: bool,
    problems: Vec<FormatError>,
    sid_protection: Option<Spanned<sid_protection::SidProtection>>,
    bags: usize,
}

impl Walk<'_> {
    fn problem(&mut self, error: FormatError) {
        if self.problems.len() < self.limits.problems {
            self.problems.push(error);
        }
    }

    fn note(&mut self, element: &Element<'_>) {
        let string = element.is_universal(tag::OCTET_STRING) && element.constructed;
        self.ber |= element.indefinite || string;
    }

    fn authenticated_safe(&mut self, content: &mut Reader<'_>, pfx: &mut Pfx) {
        if pfx.content_type.value != DATA {
            let message = format!("the AuthenticatedSafe has content type {}, not data", pfx.content_type.value);
            self.problem(FormatError::new(message, pfx.content_type.start));
            return;
        }
        let mut read = || {
            let wrapped = content.require("the content of the AuthenticatedSafe")?;
            let octets = wrapped.children().universal(tag::OCTET_STRING, "the AuthenticatedSafe")?;
            Ok::<_, FormatError>((wrapped, octets))
        };
        let (wrapped, string) = match read() {
            Ok(found) => found,
            Err(error) => return self.problem(error),
        };
        self.note(&wrapped);
        self.note(&string);
        let octets = match string.octets() {
            Ok(octets) => octets,
            Err(error) => return self.problem(error),
        };
        pfx.authenticated = Held::new(octets.bytes.to_vec());
        // The bytes of an octet string don't count towards the nesting of the values around it.
        let mut reader = octets.reader(self.limits.der_depth).tolerant();
        let safes = match reader.universal(tag::SEQUENCE, "the AuthenticatedSafe's sequence") {
            Ok(safes) => safes,
            Err(error) => return self.problem(error),
        };
        self.note(&safes);
        let mut inner = safes.children();
        loop {
            match inner.read() {
                Ok(Some(info)) if pfx.safes.len() < self.limits.pfx_bags => match self.safe(&info) {
                    Ok(safe) => pfx.safes.push(safe),
                    Err(error) => self.problem(error),
                },
                Ok(Some(info)) => {
                    let message = format!("more than {} parts, the rest is not read", self.limits.pfx_bags);
                    return self.problem(info.error(message));
                }
                Ok(None) => return,
                Err(error) => return self.problem(error),
            }
        }
    }

    fn safe(&mut self, info: &Element<'_>) -> Result<Safe, FormatError> {
        self.note(info);
        let (start, end) = info.span();
        let mut inner = info.children();
        let oid = inner.universal(tag::OID, "the content type of a part")?.oid("the content type of a part")?;
        let mut safe =
            Safe { kind: SafeKind::Data, start, end, bags: Vec::new(), locked: false, ciphertext: Held::default() };
        match oid.as_str() {
            DATA => {
                let wrapped = inner.require("the content of a part")?;
                self.note(&wrapped);
                let string = wrapped.children().universal(tag::OCTET_STRING, "the content of a part")?;
                self.note(&string);
                let octets = string.octets()?;
                self.safe_contents(&octets, &mut safe.bags)?;
            }
            ENCRYPTED_DATA => {
                let wrapped = inner.require("the encrypted data")?;
                self.note(&wrapped);
                let data = wrapped.children().universal(tag::SEQUENCE, "the encrypted data")?;
                self.note(&data);
                let mut data = data.children();
                data.require("the version of the encrypted data")?;
                let info = data.universal(tag::SEQUENCE, "the encrypted content")?;
                self.note(&info);
                let mut info = info.children();
                info.require("the type of the encrypted content")?;
                let identifier = info.universal(tag::SEQUENCE, "the encryption of a part")?;
                safe.kind = SafeKind::Encrypted(self.encryption(&identifier)?);
                safe.locked = true;
                if let Some(content) = info.read()? {
                    self.note(&content);
                    self.ber |= content.constructed;
                    safe.ciphertext = Held::new(content.octets()?.bytes.into_owned());
                }
            }
            ENVELOPED_DATA => {
                safe.kind = SafeKind::Enveloped;
                safe.locked = true;
            }
            _ => safe.kind = SafeKind::Other(oid),
        }
        Ok(safe)
    }

    /// Parameters that can't be read leave an unknown encryption of that scheme: the rest of the bag still stands.
    fn encryption(&mut self, identifier: &Element<'_>) -> Result<Encryption, FormatError> {
        match algorithms::read_encryption(identifier) {
            Ok(encryption) => Ok(encryption),
            Err(error) => {
                let oid = identifier.children().require("the encryption scheme")?.oid("the encryption scheme")?;
                self.problem(error);
                let (start, end) = identifier.span();
                let scheme = algorithms::Scheme::Unknown;
                Ok(Encryption { oid, scheme, cipher: None, kdf: None, iv: Vec::new(), start, end })
            }
        }
    }

    fn safe_contents(&mut self, octets: &Octets<'_>, bags: &mut Vec<Bag>) -> Result<(), FormatError> {
        let mut reader = octets.reader(self.limits.der_depth).tolerant();
        let Some(contents) = reader.read()? else { return Ok(()) };
        if !contents.is_universal(tag::SEQUENCE) {
            return Err(contents.error(format!("the SafeContents has tag {}", contents.tag_text())));
        }
        self.bags(&contents, bags)
    }

    fn bags(&mut self, contents: &Element<'_>, bags: &mut Vec<Bag>) -> Result<(), FormatError> {
        self.note(contents);
        let mut inner = contents.children();
        while let Some(element) = inner.read()? {
            self.bags = self.bags.saturating_add(1);
            if self.bags > self.limits.pfx_bags {
                return Err(element.error(format!("more than {} bags, the rest is not read", self.limits.pfx_bags)));
            }
            self.note(&element);
            self.bag(&element, bags)?;
        }
        Ok(())
    }

    fn bag(&mut self, element: &Element<'_>, bags: &mut Vec<Bag>) -> Result<(), FormatError> {
        let (start, end) = element.span();
        let mut inner = element.children();
        let oid = inner.universal(tag::OID, "the type of a bag")?.oid("the type of a bag")?;
        let kind = match oid.as_str() {
            "1.2.840.113549.1.12.10.1.1" => BagKind::Key,
            "1.2.840.113549.1.12.10.1.2" => BagKind::ShroudedKey,
            "1.2.840.113549.1.12.10.1.3" => BagKind::Certificate,
            "1.2.840.113549.1.12.10.1.4" => BagKind::Crl,
            "1.2.840.113549.1.12.10.1.5" => BagKind::Secret,
            "1.2.840.113549.1.12.10.1.6" => BagKind::SafeContents,
            _ => BagKind::Other(oid),
        };
        let mut bag = Bag {
            kind,
            start,
            end,
            encryption: None,
            attributes: Attributes::default(),
            value: BagValue::Other(None),
            opened_by: None,
            shrouded: Shrouded::default(),
        };
        let wrapped = inner.read();
        match inner.read() {
            Ok(Some(attributes)) => self.attributes(&attributes, &mut bag),
            Ok(None) => {}
            Err(error) => self.problem(error),
        }
        let value = wrapped.and_then(|wrapped| {
            let wrapped = wrapped.ok_or_else(|| element.error("the value of a bag is missing"))?;
            self.note(&wrapped);
            wrapped.children().require("the value of a bag")
        });
        let value = match value {
            Ok(value) => value,
            Err(error) => {
                self.problem(error.clone());
                bag.value = BagValue::Unreadable(error);
                bags.push(bag);
                return Ok(());
            }
        };
        self.note(&value);
        if bag.kind == BagKind::SafeContents {
            bags.push(bag);
            return self.bags(&value, bags);
        }
        match self.bag_value(&value, &mut bag) {
            Ok(read) => bag.value = read,
            Err(error) => {
                self.problem(error.clone());
                bag.value = BagValue::Unreadable(error);
            }
        }
        bags.push(bag);
        Ok(())
    }

    fn bag_value(&mut self, value: &Element<'_>, bag: &mut Bag) -> Result<BagValue, FormatError> {
        match bag.kind {
            BagKind::Key => {
                let whole = value.whole();
                let compute = self.bags <= self.limits.pfx_public_half_bags;
                let mut key = private_key::read(&whole.bytes, &whole.place, self.limits, compute)?;
                if let Some(problem) = key.problem.take() {
                    self.problem(problem);
                }
                Ok(BagValue::Key(Box::new(key)))
            }
            BagKind::ShroudedKey => {
                let mut inner = value.children();
                let identifier = inner.universal(tag::SEQUENCE, "the encryption of a key")?;
                bag.encryption = Some(self.encryption(&identifier)?);
                let string = inner.universal(tag::OCTET_STRING, "the encrypted key")?;
                self.note(&string);
                bag.shrouded.ciphertext = Held::new(string.octets()?.bytes.into_owned());
                bag.shrouded.encoded = Held::new(value.encoded().to_vec());
                Ok(BagValue::LockedKey)
            }
            BagKind::Certificate => {
                let mut inner = value.children();
                let oid = inner.require("the type of a certificate")?.oid("the type of a certificate")?;
                if oid != "1.2.840.113549.1.9.22.1" {
                    return Ok(BagValue::Other(Some(oid)));
                }
                let wrapped = inner.require("the certificate")?;
                let string = wrapped.children().universal(tag::OCTET_STRING, "the certificate")?;
                self.note(&string);
                let octets = string.octets()?;
                match x509::read(&octets.bytes, self.limits) {
                    Ok(certificate) => {
                        if let Some(message) = certificate.problems.first() {
                            self.problem(FormatError::new(message.clone(), octets.place.offset(0)));
                        }
                        Ok(BagValue::Certificate(Box::new(certificate)))
                    }
                    Err(error) => Err(FormatError::new(error.message, octets.place.offset(error.offset))),
                }
            }
            BagKind::Secret => {
                let mut inner = value.children();
                let oid = inner.require("the type of a secret")?.oid("the type of a secret")?;
                if oid == sid_protection::SECRET_TYPE && self.sid_protection.is_none() {
                    let wrapped = inner.require("the protected password")?;
                    let string = wrapped.children().universal(tag::OCTET_STRING, "the protected password")?;
                    let octets = string.octets()?;
                    let (start, end) = octets.span();
                    match sid_protection::read(&octets, self.limits) {
                        Ok(protection) => self.sid_protection = Some(Spanned::new(protection, start, end)),
                        Err(error) => {
                            self.sid_protection = Some(Spanned::new(Default::default(), start, end));
                            self.problem(error);
                        }
                    }
                }
                Ok(BagValue::Other(Some(oid)))
            }
            BagKind::Crl => {
                let oid = value.children().require("the type of a CRL")?.oid("the type of a CRL")?;
                Ok(BagValue::Other(Some(oid)))
            }
            BagKind::SafeContents | BagKind::Other(_) => Ok(BagValue::Other(None)),
        }
    }

    fn attributes(&mut self, set: &Element<'_>, bag: &mut Bag) {
        self.note(set);
        let mut inner = set.children();
        let mut seen = std::collections::BTreeSet::new();
        let mut count = 0_usize;
        loop {
            let attribute = match inner.read() {
                Ok(Some(attribute)) => attribute,
                Ok(None) => return,
                Err(error) => return self.problem(error),
            };
            count = count.saturating_add(1);
            if count > self.limits.bag_attributes {
                let message = format!("more than {} attributes, the rest is not read", self.limits.bag_attributes);
                return self.problem(attribute.error(message));
            }
            self.note(&attribute);
            let mut parts = attribute.children();
            let oid = match parts.require("the type of an attribute").and_then(|oid| oid.oid("the attribute's type")) {
                Ok(oid) => oid,
                Err(error) => {
                    self.problem(error);
                    continue;
                }
            };
            let value = match parts.read() {
                Ok(values) => values.and_then(|values| {
                    self.note(&values);
                    values.children().read().ok().flatten()
                }),
                Err(error) => {
                    self.problem(error);
                    None
                }
            };
            let (start, end) = attribute.span();
            if !seen.insert(oid.clone()) {
                bag.attributes.duplicates.push(Spanned::new(oid, start, end));
                continue;
            }
            self.attribute(oid, value, &mut bag.attributes, start, end);
        }
    }

    fn attribute(&mut self, oid: String, value: Option<Element<'_>>, found: &mut Attributes, start: usize, end: usize) {
        // Half a name is another name.
        let value = value.filter(|value| !value.cut);
        match oid.as_str() {
            "1.2.840.113549.1.9.20" => {
                // Windows writes a trailing U+0000 in a part of its exports.
                let text = value.and_then(|value| self.text(&value));
                let text = text.map(|text| text.strip_suffix('\0').map(str::to_owned).unwrap_or(text));
                found.friendly_name = text.map(|text| Spanned::new(text, start, end));
            }
            "1.2.840.113549.1.9.21" => {
                let id = value.filter(|value| value.is_universal(tag::OCTET_STRING)).and_then(|v| v.octets().ok());
                let id = id.filter(|id| id.bytes.len() <= self.limits.string_bytes);
                found.local_key_id = id.map(|id| Spanned::new(id.bytes.into_owned(), start, end));
            }
            "1.3.6.1.4.1.311.17.1" => {
                let text = value.and_then(|value| self.text(&value));
                let text = text.map(|text| text.trim_end_matches('\0').to_owned());
                found.provider = text.map(|text| Spanned::new(text, start, end));
            }
            "1.3.6.1.4.1.311.17.2" => found.machine_keyset = Some(Spanned::new((), start, end)),
            "2.16.840.1.113894.746875.1.1" => found.java_trusted = true,
            _ => match oid.strip_prefix(PROPERTY_PREFIX).and_then(|id| id.parse::<u32>().ok()) {
                Some(id) => {
                    let host_name = (id == 71).then(|| value.and_then(|value| host_name(&value))).flatten();
                    found.properties.push(Spanned::new(CertificateProperty { id, host_name }, start, end));
                }
                None => found.unknown.push(Spanned::new(oid, start, end)),
            },
        }
    }

    fn text(&mut self, value: &Element<'_>) -> Option<String> {
        if value.content().len() > self.limits.string_bytes {
            self.problem(value.error(format!("a text is longer than {} bytes", self.limits.string_bytes)));
            return None;
        }
        value.text()
    }

    fn mac(&mut self, element: &Element<'_>) -> Result<Mac, FormatError> {
        self.note(element);
        let (start, end) = element.span();
        if element.cut {
            return Err(element.error("the MAC is cut"));
        }
        let mut inner = element.children();
        let mut info = inner.universal(tag::SEQUENCE, "the MAC's digest info")?.children();
        let algorithm = algorithms::read_mac_algorithm(&info.universal(tag::SEQUENCE, "the MAC's algorithm")?)?;
        let digest = info.universal(tag::OCTET_STRING, "the MAC's value")?.octets()?.bytes.into_owned();
        let salt = inner.universal(tag::OCTET_STRING, "the MAC's salt")?.octets()?.bytes.into_owned();
        let iterations = match inner.read()? {
            Some(value) => {
                let (start, end) = value.span();
                Spanned::new(value.unsigned("the MAC's iterations")?, start, end)
            }
            None => Spanned::new(1, start, end),
        };
        let iterations = match &algorithm.value {
            algorithms::MacAlgorithm::Pbmac1 { kdf, .. } => {
                Spanned::new(kdf.iterations().unwrap_or(iterations.value), algorithm.start, algorithm.end)
            }
            algorithms::MacAlgorithm::Hmac(_) => iterations,
        };
        Ok(Mac { algorithm, salt, iterations, digest, start, end })
    }
}

/// Property 71 is an OCTET STRING with a NUL-terminated UTF-16LE text.
fn host_name(value: &Element<'_>) -> Option<String> {
    let octets = value.octets().ok()?;
    let units = octets.bytes.chunks_exact(2).take(256).map(|pair| match pair {
        [low, high] => u16::from_le_bytes([*low, *high]),
        _ => 0xfffd,
    });
    let text: String = char::decode_utf16(units)
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .take_while(|c| *c != '\0')
        .collect();
    (!text.is_empty()).then_some(text)
}
