//! Key files of the Microsoft Software Key Storage Provider: `Microsoft\Crypto\Keys\*`, `Crypto\SystemKeys\*`.
//!
//! Source: the published reverse engineering of the file layout (B. Delpy, mimikatz, "kull_m_key.h"; M. Grafnetter,
//! DSInternals), confirmed on real files. All integers are little-endian. That `type` is `class << 16 | algorithm` is
//! inferred from files of three algorithms.
//!
//! The export policy, the key usage and the UI policy are in the DPAPI-protected part: they are never "no", only unknown
//! without the master key. A CNG key has no KeySpec.

use time::OffsetDateTime;

use super::bytes::{Reader, check_size, filetime, peek_u32, size, utf16le, utf16le_z};
use super::cng_key_blob;
use super::dpapi_blob::{self, DpapiBlob};
use super::key_facts::KeyFacts;
use super::{FormatError, Readable, Spanned};
use crate::limits::Limits;

const HEADER: usize = 44;
const MAX_NAME: u32 = 1_024;
/// Property type of "Modified".
const MODIFIED: u32 = 0;
/// Property type of the public key.
const PUBLIC_KEY: u32 = 10;
/// Property type of "CreatorProcessName".
const CREATOR_PROCESS: u32 = 0x20;

/// A CNG key file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CngKeyFile {
    /// Version, 1.
    pub version: Spanned<u32>,
    /// Unknown, 0 in every known file.
    pub unknown: Spanned<u32>,
    /// `class << 16 | algorithm`; class 1 symmetric, 3 asymmetric.
    pub key_type: Spanned<u32>,
    /// Bytes of the name.
    pub cb_name: Spanned<u32>,
    /// Bytes of the public properties.
    pub cb_public_properties: Spanned<u32>,
    /// Bytes of the protected properties.
    pub cb_private_properties: Spanned<u32>,
    /// Bytes of the protected key.
    pub cb_private_key: Spanned<u32>,
    /// The key's name (container).
    pub name: Spanned<String>,
    /// The algorithm that `type` tells, for example `ECDSA_P256`.
    pub algorithm: Option<&'static str>,
    /// The public properties.
    pub public_properties: Vec<Property>,
    /// The property "Modified", UTC.
    pub modified: Option<Spanned<OffsetDateTime>>,
    /// The property "CreatorProcessName": the program that made the key.
    pub creator_process: Option<Spanned<String>>,
    /// The key, from its public property, else from `type`.
    pub key: Option<KeyFacts>,
    /// The bytes of the public key blob.
    pub public_key: Option<(usize, usize)>,
    /// The protected properties.
    pub private_properties: Option<DpapiBlob>,
    /// The protected key.
    pub private_key: Option<DpapiBlob>,
    /// The export policy: only inside the protected properties.
    pub export_policy: Readable<u32>,
    /// What could not be read inside the parts.
    pub problems: Vec<FormatError>,
}

/// One public property: its place and size, and no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// The property's type.
    pub property_type: u32,
    /// The property's name, empty for unnamed ones.
    pub name: String,
    /// Bytes of the value.
    pub cb_value: u32,
    /// The bytes of the whole record.
    pub bytes: (usize, usize),
}

fn algorithm(key_type: u32) -> Option<(&'static str, &'static str, Option<u32>)> {
    Some(match key_type {
        0x0001_0001 => ("RC4", "RC4", None),
        0x0001_0002 => ("AES", "AES", None),
        0x0001_0003 => ("DES", "DES", None),
        0x0001_0004 => ("DESX", "DESX", None),
        0x0001_0005 => ("3DES", "3DES", None),
        0x0001_0006 => ("3DES_112", "3DES_112", None),
        0x0001_0007 => ("RC2", "RC2", None),
        0x0003_0001 => ("RSA", "RSA", None),
        0x0003_0002 => ("DH", "DH", None),
        0x0003_0003 => ("DSA", "DSA", None),
        0x0003_0004 => ("ECDSA_P256", "ECC", Some(256)),
        0x0003_0005 => ("ECDSA_P384", "ECC", Some(384)),
        0x0003_0006 => ("ECDSA_P521", "ECC", Some(521)),
        0x0003_0007 => ("ECDH_P256", "ECC", Some(256)),
        0x0003_0008 => ("ECDH_P384", "ECC", Some(384)),
        0x0003_0009 => ("ECDH_P521", "ECC", Some(521)),
        0x0003_000A => ("ECDH", "ECC", None),
        0x0003_000B => ("ECDSA", "ECC", None),
        _ => return None,
    })
}

fn header(bytes: &[u8]) -> Option<usize> {
    if peek_u32(bytes, 0)? != 1 || peek_u32(bytes, 4)? != 0 {
        return None;
    }
    let name = peek_u32(bytes, 8)?;
    let class = peek_u32(bytes, 12)?.checked_shr(16)?;
    let zeros = bytes.get(28..HEADER)?.iter().all(|byte| *byte == 0);
    if name == 0 || name > MAX_NAME || !name.is_multiple_of(2) || !(1..=8).contains(&class) || !zeros {
        return None;
    }
    let mut total = HEADER.checked_add(size(name))?;
    for at in [16, 20, 24] {
        total = total.checked_add(size(peek_u32(bytes, at)?))?;
    }
    Some(total)
}

/// True when the bytes are a CNG key file of exactly the size that its lengths ask for.
pub fn recognise(bytes: &[u8]) -> bool {
    header(bytes) == Some(bytes.len())
}

/// True for a CNG key file whose header and name are whole, but which is cut or has bytes after its end.
pub fn starts_like(bytes: &[u8]) -> bool {
    let name = peek_u32(bytes, 8).map_or(usize::MAX, size).saturating_add(HEADER);
    header(bytes).is_some_and(|total| total <= 1 << 20) && bytes.get(HEADER..name).is_some_and(|text| !text.is_empty())
}

/// Reads a CNG key file.
///
/// # Errors
/// Another version, lengths that do not add up to the size of the file.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<CngKeyFile, FormatError> {
    check_size(bytes, limits.key_blob_bytes, "CNG key file")?;
    parse_at(bytes, 0)
}

/// Reads a CNG key file inside another artifact, where it starts at the offset `base`.
///
/// # Errors
/// As [`parse`].
pub fn parse_at(bytes: &[u8], base: usize) -> Result<CngKeyFile, FormatError> {
    let mut reader = Reader::at(bytes, base);
    let version = reader.u32("version")?;
    if version.value != 1 {
        return Err(FormatError::new(format!("a CNG key file of version {}, not 1", version.value), base));
    }
    let unknown = reader.u32("second field")?;
    let cb_name = reader.u32("cbName")?;
    let key_type = reader.u32("type")?;
    let cb_public_properties = reader.u32("cbPublicProperties")?;
    let cb_private_properties = reader.u32("cbPrivateProperties")?;
    let cb_private_key = reader.u32("cbPrivateKey")?;
    reader.take(16, "reserved bytes")?;
    let total = [&cb_name, &cb_public_properties, &cb_private_properties, &cb_private_key]
        .iter()
        .fold(HEADER, |total, length| total.saturating_add(size(length.value)));
    if total != bytes.len() {
        let message = format!("the lengths of the key file ask for {total} bytes, the file has {}", bytes.len());
        return Err(FormatError::new(message, base.saturating_add(bytes.len().min(total))));
    }
    let name = reader.take_u32(cb_name.value, "name")?.map(utf16le);
    let public = reader.take_u32(cb_public_properties.value, "public properties")?;
    let private_properties = reader.take_u32(cb_private_properties.value, "private properties")?;
    let private_key = reader.take_u32(cb_private_key.value, "private key")?;

    let mut problems = Vec::new();
    let known = algorithm(key_type.value);
    let mut file = CngKeyFile {
        version,
        unknown,
        key_type,
        cb_name,
        cb_public_properties,
        cb_private_properties,
        cb_private_key,
        name,
        algorithm: known.map(|(name, _, _)| name),
        public_properties: Vec::new(),
        modified: None,
        creator_process: None,
        key: known.map(|(_, name, bits)| KeyFacts::named(name, bits, !private_key.value.is_empty())),
        public_key: None,
        private_properties: None,
        private_key: None,
        export_policy: Readable::Protected("dpapi"),
        problems: Vec::new(),
    };
    if let Err(error) = properties(&public, !private_key.value.is_empty(), &mut file) {
        problems.push(error);
    }
    if private_properties.value.is_empty() {
        file.export_policy = Readable::Absent;
    }
    for (part, target) in [(private_properties, &mut file.private_properties), (private_key, &mut file.private_key)] {
        if part.value.is_empty() {
            continue;
        }
        match dpapi_blob::parse_at(part.value, part.start) {
            Ok(blob) => *target = Some(blob),
            Err(error) => problems.push(error),
        }
    }
    file.problems.append(&mut problems);
    Ok(file)
}

/// The public property list: records of cbStruct, type, unknown, cbName, cbValue, name, value, without padding.
fn properties(part: &Spanned<&[u8]>, has_private: bool, file: &mut CngKeyFile) -> Result<(), FormatError> {
    let mut reader = Reader::at(part.value, part.start);
    while !reader.is_empty() {
        let start = reader.position();
        let cb_struct = reader.u32("property cbStruct")?;
        let property_type = reader.u32("property type")?.value;
        reader.u32("property field")?;
        let cb_name = reader.u32("property cbName")?.value;
        let cb_value = reader.u32("property cbValue")?.value;
        let expected = size(cb_name).saturating_add(size(cb_value)).saturating_add(20);
        if size(cb_struct.value) != expected {
            let message = format!("a property of {} bytes says it has {expected}", cb_struct.value);
            return Err(FormatError::new(message, start));
        }
        let name = utf16le(reader.take_u32(cb_name, "property name")?.value);
        let value = reader.take_u32(cb_value, "property value")?;
        match property_type {
            MODIFIED if name == "Modified" && value.value.len() == 8 => {
                let ticks = Reader::at(value.value, value.start).u64("Modified")?;
                file.modified = filetime(ticks.value).map(|time| Spanned::new(time, value.start, value.end));
            }
            CREATOR_PROCESS if name == "CreatorProcessName" => {
                file.creator_process = Some(Spanned::new(utf16le_z(value.value), value.start, value.end));
            }
            PUBLIC_KEY => match cng_key_blob::parse_at(value.value, value.start) {
                Ok(blob) => {
                    if let Some(mut key) = blob.key {
                        key.has_private = has_private;
                        file.key = Some(key);
                    }
                    file.public_key = Some((value.start, value.end));
                }
                Err(error) => file.problems.push(error),
            },
            _ => {}
        }
        file.public_properties.push(Property { property_type, name, cb_value, bytes: (start, value.end) });
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::as_conversions)]
    use super::super::dpapi_blob::tests::write as dpapi;
    use super::*;
    use proptest::prelude::*;

    fn utf16(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn property(property_type: u32, name: &str, value: &[u8]) -> Vec<u8> {
        let name = utf16(name);
        let mut bytes = Vec::new();
        for word in [20 + name.len() + value.len(), property_type as usize, 0, name.len(), value.len()] {
            bytes.extend((word as u32).to_le_bytes());
        }
        bytes.extend(name);
        bytes.extend(value);
        bytes
    }

    /// A writer after the layout: a P-256 key; also for the transport blob's tests.
    pub(crate) fn write(name: &str, modified: u64, creator: Option<&str>) -> Vec<u8> {
        let mut public = property(0, "Modified", &modified.to_le_bytes());
        let mut key = b"ECS1\x20\0\0\0".to_vec();
        key.extend([0x42; 64]);
        public.extend(property(10, "", &key));
        if let Some(creator) = creator {
            public.extend(property(0x20, "CreatorProcessName", &[utf16(creator), vec![0, 0]].concat()));
        }
        let private_properties = dpapi("Private Key Properties", 0, 64);
        let private_key = dpapi("Private Key", 0, 104);
        let name = utf16(name);
        let mut bytes = Vec::new();
        let words = [1, 0, name.len(), 0x0003_0004, public.len(), private_properties.len(), private_key.len()];
        for word in words {
            bytes.extend((word as u32).to_le_bytes());
        }
        bytes.extend([0; 16]);
        for part in [name, public, private_properties, private_key] {
            bytes.extend(part);
        }
        bytes
    }

    proptest! {
        #[test]
        fn files_round_trip(name in "[a-zA-Zé0-9 -]{1,60}", time in 1_u64..0x7FFF_FFFF_FFFF, creator in proptest::option::of("[a-z:.]{1,40}")) {
            let ticks = 116_444_736_000_000_000 + time;
            let bytes = write(&name, ticks, creator.as_deref());
            prop_assert!(recognise(&bytes));
            let record = parse(&bytes, &Limits::default()).unwrap();
            prop_assert!(record.problems.is_empty());
            prop_assert_eq!(record.name.value, name);
            prop_assert_eq!(record.algorithm, Some("ECDSA_P256"));
            prop_assert_eq!(record.modified.unwrap().value, filetime(ticks).unwrap());
            prop_assert_eq!(record.creator_process.map(|text| text.value), creator);
            prop_assert_eq!(record.export_policy, Readable::Protected("dpapi"));
            prop_assert_eq!(record.key.unwrap(), KeyFacts::ec(Some("P-256"), 256, &[0x42; 32], &[0x42; 32], true));
            prop_assert_eq!(record.private_key.unwrap().description.value, "Private Key");
        }
    }

    #[test]
    fn a_cut_file_is_named_and_refused() {
        let bytes = write("te-WebServer", 1, None);
        for cut in 0..bytes.len() {
            assert!(parse(&bytes[..cut], &Limits::default()).is_err());
            assert!(!recognise(&bytes[..cut]));
        }
        assert!(starts_like(&bytes[..200]));
        assert!(!starts_like(&[1; 100]));
    }

    #[test]
    fn a_property_that_lies_is_a_problem() {
        let mut bytes = write("a", 1, None);
        bytes[46] = 0xFF;
        let record = parse(&bytes, &Limits::default()).unwrap();
        assert_eq!(record.problems.len(), 1);
        // The algorithm still shows in the type.
        assert_eq!(record.key.unwrap().bits, Some(256));
    }
}
