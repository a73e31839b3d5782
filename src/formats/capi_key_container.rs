//! CryptoAPI key container files: `Crypto\RSA\<SID>\*`, `Crypto\RSA\MachineKeys\*`, `Crypto\DSS\…`.
//!
//! Source: the published reverse engineering of the file layout (B. Delpy, mimikatz, "kull_m_key.h"; J.-M. Picod,
//! dpapick, "certificate.py"), confirmed on a real file. All integers are little-endian. The data follows the header in
//! another order than the lengths.
//!
//! The file has no KeySpec field: the filled slot tells it. The two "Export Flag" parts are DPAPI blobs; that they exist
//! says nothing about exportability.

use super::bytes::{Reader, ansi_z, check_size, hex, peek_u32, size};
use super::capi_key_blob;
use super::dpapi_blob::{self, DpapiBlob};
use super::key_facts::{AT_KEYEXCHANGE, AT_SIGNATURE, KeyFacts, KeySpecFact, KeySpecSource};
use super::{FormatError, Readable, Spanned};
use crate::limits::Limits;

const HEADER: usize = 40;
/// A container name is at most MAX_PATH characters, and its NUL.
const MAX_NAME: u32 = 261;

/// A key container file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapiKeyContainer {
    /// `dwVersion`, 2.
    pub version: Spanned<u32>,
    /// Unknown, 0 in every known file.
    pub unknown: Spanned<u32>,
    /// The eight lengths of the header in file order, under their names.
    pub lengths: Vec<(&'static str, Spanned<u32>)>,
    /// The container's name, without its NUL.
    pub name: Spanned<String>,
    /// The hash field, hexadecimal; zeros in known files, so it can't be checked.
    pub hash: Spanned<String>,
    /// The `AT_SIGNATURE` key.
    pub signature: Option<KeySlot>,
    /// The `AT_KEYEXCHANGE` key.
    pub exchange: Option<KeySlot>,
    /// What could not be read inside the parts.
    pub problems: Vec<FormatError>,
}

/// One of the two keys that a container can hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySlot {
    /// KeySpec, derived from the slot; its bytes are the length fields that are not zero.
    pub key_spec: Spanned<KeySpecFact>,
    /// The public part.
    pub public: Option<Spanned<SlotPublicKey>>,
    /// The key, from the public part.
    pub key: Option<KeyFacts>,
    /// The protected private part.
    pub private: Option<DpapiBlob>,
    /// The protected export flag.
    pub export_flag: Option<DpapiBlob>,
    /// Whether the key may be exported: only inside the protected export flag.
    pub exportable: Readable<bool>,
}

/// The header of the public part of a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlotPublicKey {
    /// The RSA form: a bare public key without BLOBHEADER.
    Rsa {
        /// Length of the modulus field in bytes: bits / 8 + 8 bytes of padding.
        keylen: u32,
        /// Bits of the modulus.
        bitlen: u32,
        /// The longest message in bytes: bits / 8 - 1.
        datalen: u32,
        /// The public exponent.
        pubexp: u32,
    },
    /// A complete key blob with BLOBHEADER, as DSS containers have it.
    Blob {
        /// `aiKeyAlg` of the BLOBHEADER.
        ai_key_alg: u32,
    },
}

const NAMES: [&str; 8] = [
    "cbName",
    "cbSigPublic",
    "cbSigPrivate",
    "cbExchPublic",
    "cbExchPrivate",
    "cbHash",
    "cbSigExportFlag",
    "cbExchExportFlag",
];

fn header(bytes: &[u8]) -> Option<([u32; 8], usize)> {
    if peek_u32(bytes, 0)? != 2 || peek_u32(bytes, 4)? != 0 {
        return None;
    }
    let mut lengths = [0_u32; 8];
    let mut total = HEADER;
    for (index, length) in lengths.iter_mut().enumerate() {
        let at = index.checked_mul(4)?.checked_add(8)?;
        *length = peek_u32(bytes, at)?;
        total = total.checked_add(size(*length))?;
    }
    let [name, _, _, _, _, hash, _, _] = lengths;
    let text = bytes.get(HEADER..HEADER.checked_add(size(name))?)?;
    let (nul, text) = text.split_last()?;
    let plausible =
        name <= MAX_NAME && *nul == 0 && hash <= 64 && !text.is_empty() && text.iter().all(|byte| *byte >= 0x20);
    plausible.then_some((lengths, total))
}

/// True when the bytes are a key container of exactly the size that its lengths ask for.
pub fn recognise(bytes: &[u8]) -> bool {
    header(bytes).is_some_and(|(_, total)| total == bytes.len())
}

/// True for a container whose header and name are whole, but which is cut or has bytes after its end.
pub fn starts_like(bytes: &[u8]) -> bool {
    header(bytes).is_some_and(|(lengths, total)| {
        let [_, _, sig, _, exch, hash, _, _] = lengths;
        total <= 1 << 20 && hash == 20 && (sig > 0 || exch > 0)
    })
}

/// Reads a key container file.
///
/// # Errors
/// Another version, lengths that do not add up to the size of the file.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<CapiKeyContainer, FormatError> {
    check_size(bytes, limits.key_blob_bytes, "key container")?;
    let mut reader = Reader::new(bytes);
    let version = reader.u32("dwVersion")?;
    if version.value != 2 {
        return Err(FormatError::new(format!("a key container of version {}, not 2", version.value), 0));
    }
    let unknown = reader.u32("second field")?;
    let mut lengths = Vec::new();
    let mut total = HEADER;
    for name in NAMES {
        let length = reader.u32(name)?;
        total = total.saturating_add(size(length.value));
        lengths.push((name, length));
    }
    if total != bytes.len() {
        let message = format!("the lengths of the container ask for {total} bytes, the file has {}", bytes.len());
        return Err(FormatError::new(message, bytes.len().min(total)));
    }
    let length = |index: usize| lengths.get(index).map_or(Spanned::new(0, 0, 0), |(_, field)| field.clone());
    let name = reader.take_u32(length(0).value, "name")?.map(ansi_z);
    let hash = reader.take_u32(length(5).value, "hash")?.map(hex);
    let mut problems = Vec::new();
    let mut slot =
        |public: usize, private: usize, flag: usize, key_spec: u32| -> Result<Option<KeySlot>, FormatError> {
            let public_part = reader.take_u32(length(public).value, "public key")?;
            let private_part = reader.take_u32(length(private).value, "private key")?;
            let flag_part = reader.take_u32(length(flag).value, "export flag")?;
            if public_part.value.is_empty() && private_part.value.is_empty() {
                return Ok(None);
            }
            let mut blob = |part: &Spanned<&[u8]>| {
                if part.value.is_empty() {
                    return None;
                }
                dpapi_blob::parse_at(part.value, part.start).map_err(|error| problems.push(error)).ok()
            };
            let private_blob = blob(&private_part);
            let export_flag = blob(&flag_part);
            let exportable = if flag_part.value.is_empty() { Readable::Absent } else { Readable::Protected("dpapi") };
            let (public_key, key) = match public_key(&public_part) {
                Ok(Some((public, mut key))) => {
                    key.has_private = !private_part.value.is_empty();
                    (Some(Spanned::new(public, public_part.start, public_part.end)), Some(key))
                }
                Ok(None) => (None, None),
                Err(error) => {
                    problems.push(error);
                    (None, None)
                }
            };
            let fact = KeySpecFact { value: key_spec, source: KeySpecSource::Slot };
            let shown = if public_part.value.is_empty() { length(private) } else { length(public) };
            let key_spec = Spanned::new(fact, shown.start, shown.end);
            Ok(Some(KeySlot { key_spec, public: public_key, key, private: private_blob, export_flag, exportable }))
        };
    let signature = slot(1, 2, 6, AT_SIGNATURE)?;
    let exchange = slot(3, 4, 7, AT_KEYEXCHANGE)?;
    Ok(CapiKeyContainer { version, unknown, lengths, name, hash, signature, exchange, problems })
}

fn public_key(part: &Spanned<&[u8]>) -> Result<Option<(SlotPublicKey, KeyFacts)>, FormatError> {
    if part.value.is_empty() {
        return Ok(None);
    }
    if !part.value.starts_with(b"RSA1") {
        let blob = capi_key_blob::parse_at(part.value, part.start)?;
        let public = SlotPublicKey::Blob { ai_key_alg: blob.ai_key_alg.value };
        return Ok(blob.key.map(|key| (public, key)));
    }
    let mut reader = Reader::at(part.value, part.start);
    reader.u32("magic")?;
    let keylen = reader.u32("keylen")?;
    let bitlen = reader.u32("bitlen")?;
    let datalen = reader.u32("datalen")?;
    let pubexp = reader.u32("pubexp")?;
    let modulus = reader.take_u32(keylen.value, "modulus")?;
    reader.finish("public key")?;
    let mut number = modulus.value.to_vec();
    number.reverse();
    let mut key = KeyFacts::rsa(&number, &pubexp.value.to_be_bytes(), true);
    if key.bits.is_none_or(|bits| bits > bitlen.value) {
        return Err(FormatError::new(format!("the modulus is longer than its bitlen {}", bitlen.value), bitlen.start));
    }
    key.bits = Some(bitlen.value);
    let public =
        SlotPublicKey::Rsa { keylen: keylen.value, bitlen: bitlen.value, datalen: datalen.value, pubexp: pubexp.value };
    Ok(Some((public, key)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::as_conversions)]
mod tests {
    use super::super::dpapi_blob::tests::write as dpapi;
    use super::*;
    use proptest::prelude::*;

    fn public(fill: u8) -> Vec<u8> {
        let mut part = b"RSA1".to_vec();
        for word in [0x108_u32, 2048, 255, 65537] {
            part.extend(word.to_le_bytes());
        }
        part.extend([fill | 0x80; 256]);
        part.extend([0; 8]);
        part
    }

    fn container(name: &str, signature: bool, exchange: bool) -> Vec<u8> {
        let name = [name.as_bytes(), &[0]].concat();
        let slot = |filled: bool, fill: u8| {
            if filled {
                (public(fill), dpapi("CryptoAPI Private Key", 0, 400), dpapi("Export Flag", 0, 16))
            } else {
                Default::default()
            }
        };
        let (sig, exch) = (slot(signature, 1), slot(exchange, 2));
        let mut bytes = [2_u32.to_le_bytes(), 0_u32.to_le_bytes()].concat();
        let lengths = [name.len(), sig.0.len(), sig.1.len(), exch.0.len(), exch.1.len(), 20, sig.2.len(), exch.2.len()];
        bytes.extend(lengths.iter().flat_map(|length| (*length as u32).to_le_bytes()));
        for part in [&name, &vec![0; 20], &sig.0, &sig.1, &sig.2, &exch.0, &exch.1, &exch.2] {
            bytes.extend(part);
        }
        bytes
    }

    proptest! {
        #[test]
        fn containers_round_trip(name in "[a-zA-Z0-9{}-]{1,60}", signature: bool, exchange: bool) {
            let bytes = container(&name, signature, exchange);
            prop_assert!(recognise(&bytes));
            let record = parse(&bytes, &Limits::default()).unwrap();
            prop_assert_eq!(&record.name.value, &name);
            prop_assert!(record.problems.is_empty());
            prop_assert_eq!(record.signature.is_some(), signature);
            prop_assert_eq!(record.exchange.is_some(), exchange);
            for (slot, key_spec) in [(record.signature, 2), (record.exchange, 1)] {
                let Some(slot) = slot else { continue };
                prop_assert_eq!(slot.key_spec.value, KeySpecFact { value: key_spec, source: KeySpecSource::Slot });
                prop_assert_eq!(slot.exportable, Readable::Protected("dpapi"));
                prop_assert_eq!(slot.private.unwrap().description.value, "CryptoAPI Private Key");
                prop_assert_eq!(slot.export_flag.unwrap().description.value, "Export Flag");
                prop_assert_eq!(slot.key.unwrap().bits, Some(2048));
            }
        }
    }

    #[test]
    fn a_cut_container_is_named_and_refused() {
        let bytes = container("tq-WebServer", true, true);
        for cut in 0..bytes.len() {
            assert!(parse(&bytes[..cut], &Limits::default()).is_err());
            assert!(!recognise(&bytes[..cut]));
        }
        assert!(starts_like(&bytes[..300]));
        assert!(!starts_like(&[0; 100]));
    }

    #[test]
    fn a_damaged_part_leaves_the_rest() {
        let mut bytes = container("a", false, true);
        // The provider GUID of the private part.
        let at = bytes.windows(4).position(|w| w == [0xD0, 0x8C, 0x9D, 0xDF]).unwrap();
        bytes[at] = 0;
        let record = parse(&bytes, &Limits::default()).unwrap();
        assert_eq!(record.problems.len(), 1);
        let slot = record.exchange.unwrap();
        assert!(slot.private.is_none() && slot.key.is_some());
    }
}
