//! Keys of the Microsoft Platform Crypto Provider: `.PCPKEY` files ("PKSP") and `PCP_20_KEY_BLOB` ("PCPM").
//!
//! Sources: Microsoft TPM Platform Crypto-Provider Toolkit (`PCP_KEY_BLOB_WIN8`, `PCP_20_KEY_BLOB`) as published in the
//! Python package scapy and in Samba; TCG TPM 2.0 Library, Part 2 (TPMT_PUBLIC, TPMA_OBJECT); the PKSP envelope after
//! mimikatz only. PCPM's lengths are little-endian, the TPM structures big-endian.
//!
//! The header has had several sizes, so what follows is found by its own `cbHeader`.

use super::bytes::{Reader, check_size, count, peek_u32, size, utf16le_z};
use super::dpapi_blob::{self, DpapiBlob};
use super::key_facts::KeyFacts;
use super::{FormatError, Spanned};
use crate::limits::Limits;

const TAG_KEY: u32 = 0x0100_0003;
const TAG_UNIQUE_NAME: u32 = 0x0200_0000;
const TAG_KEY_TYPE: u32 = 0x0200_0004;

/// A key of the Platform Crypto Provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TpmKeyBlob {
    /// `PCP_KEY_BLOB`.
    Pcpm(PcpKeyBlob),
    /// A `.PCPKEY` file.
    Pksp(PcpKeyFile),
}

/// `PCP_KEY_BLOB`: the sealed key as the TPM loads it. The private half is encrypted by the TPM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PcpKeyBlob {
    /// `cbHeader`: where the public part starts.
    pub cb_header: Spanned<u32>,
    /// 1 TPM 1.2, 2 TPM 2.0.
    pub pcp_type: Spanned<u32>,
    /// 1 = a PIN or password is required.
    pub flags: Spanned<u32>,
    /// The length fields after `flags`, under their documented names.
    pub lengths: Vec<(&'static str, Spanned<u32>)>,
    /// The algorithm of the PCR digests, where the header is long enough to have it.
    pub pcr_alg_id: Option<Spanned<u16>>,
    /// The public part of a TPM 2.0 key.
    pub public: Option<TpmPublic>,
    /// The key, where the public part could be read.
    pub key: Option<KeyFacts>,
}

/// The parts of TPM2B_PUBLIC that matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TpmPublic {
    /// 1 RSA, 0x23 ECC.
    pub algorithm: Spanned<u16>,
    /// TPMA_OBJECT.
    pub attributes: Spanned<u32>,
}

impl TpmPublic {
    /// `fixedTPM`: the key can't leave this TPM.
    pub fn fixed_tpm(&self) -> bool {
        self.attributes.value & 0x2 != 0
    }
    /// `decrypt`: the key may decrypt (or agree on keys).
    pub fn decrypt(&self) -> bool {
        self.attributes.value & 0x2_0000 != 0
    }
    /// `sign`: the key may sign (or encrypt, for symmetric keys).
    pub fn sign(&self) -> bool {
        self.attributes.value & 0x4_0000 != 0
    }
}

/// A `.PCPKEY` file: tagged values around a protected `PCP_KEY_BLOB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PcpKeyFile {
    /// The unique container name, in clear.
    pub unique_name: Option<Spanned<String>>,
    /// The key type, in clear.
    pub key_type: Option<Spanned<String>>,
    /// The protected key.
    pub key: Option<DpapiBlob>,
    /// Tags and sizes of all values.
    pub entries: Vec<(u32, Spanned<u32>)>,
    /// What could not be read inside the values.
    pub problems: Vec<FormatError>,
}

/// True for the magics "PCPM" and "PKSP" with a plausible header.
pub fn recognise(bytes: &[u8]) -> bool {
    if bytes.starts_with(b"PCPM") {
        return peek_u32(bytes, 4).is_some_and(|cb| (16..=128).contains(&cb))
            && matches!(peek_u32(bytes, 8), Some(1 | 2));
    }
    bytes.starts_with(b"PKSP") && bytes.len() >= 12
}

/// Reads a key of the Platform Crypto Provider.
///
/// # Errors
/// Another magic, or a cut blob.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<TpmKeyBlob, FormatError> {
    check_size(bytes, limits.key_blob_bytes, "TPM key blob")?;
    if bytes.starts_with(b"PKSP") {
        return pksp(bytes).map(TpmKeyBlob::Pksp);
    }
    pcpm(bytes).map(TpmKeyBlob::Pcpm)
}

fn pksp(bytes: &[u8]) -> Result<PcpKeyFile, FormatError> {
    let mut reader = Reader::new(bytes);
    reader.take(4, "magic")?;
    let mut file =
        PcpKeyFile { unique_name: None, key_type: None, key: None, entries: Vec::new(), problems: Vec::new() };
    loop {
        if reader.rest() == b"PKSP" {
            return Ok(file);
        }
        let tag = reader.u32("tag")?.value;
        let length = reader.u32("length")?;
        let value = reader.take_u32(length.value, "value")?;
        match tag {
            TAG_UNIQUE_NAME => file.unique_name = Some(value.map(utf16le_z)),
            TAG_KEY_TYPE => file.key_type = Some(value.map(utf16le_z)),
            TAG_KEY => match dpapi_blob::parse_at(value.value, value.start) {
                Ok(blob) => file.key = Some(blob),
                Err(error) => file.problems.push(error),
            },
            _ => {}
        }
        file.entries.push((tag, length));
    }
}

fn pcpm(bytes: &[u8]) -> Result<PcpKeyBlob, FormatError> {
    let mut reader = Reader::new(bytes);
    if reader.take(4, "magic")?.value != b"PCPM" {
        return Err(FormatError::new("no magic PCPM or PKSP", 0));
    }
    let cb_header = reader.u32("cbHeader")?;
    let pcp_type = reader.u32("pcpType")?;
    let flags = reader.u32("flags")?;
    let names: &[&'static str] = match pcp_type.value {
        1 => &["cbTpmKey"],
        2 => &[
            "cbPublic",
            "cbPrivate",
            "cbMigrationPublic",
            "cbMigrationPrivate",
            "cbPolicyDigestList",
            "cbPCRBinding",
            "cbPCRDigest",
            "cbEncryptedSecret",
            "cbTpm12HostageBlob",
        ],
        other => return Err(FormatError::new(format!("pcpType {other}"), pcp_type.start)),
    };
    let mut lengths = Vec::new();
    let mut total = size(cb_header.value);
    for name in names {
        let length = reader.u32(name)?;
        total = total.saturating_add(size(length.value));
        lengths.push((*name, length));
    }
    let header_left = size(cb_header.value).checked_sub(reader.position());
    // Samba's test vectors say 0x2E, less than their own fields: the fields are then the header.
    let start = if header_left.is_some() { size(cb_header.value) } else { reader.position() };
    let pcr_alg_id = if header_left.is_some_and(|left| left >= 2) { Some(reader.u16("pcrAlgId")?) } else { None };
    if total != bytes.len() && start == size(cb_header.value) {
        let message = format!("the lengths of the TPM key ask for {total} bytes, the blob has {}", bytes.len());
        return Err(FormatError::new(message, bytes.len().min(total)));
    }
    let mut public = None;
    let mut key = None;
    if pcp_type.value == 2 {
        let part = bytes.get(start..).unwrap_or_default();
        let (tpm_public, facts) = tpm2b_public(&mut Reader::at(part, start))?;
        public = Some(tpm_public);
        key = facts;
    }
    Ok(PcpKeyBlob { cb_header, pcp_type, flags, lengths, pcr_alg_id, public, key })
}

const TPM_ALG_RSA: u16 = 1;
const TPM_ALG_NULL: u16 = 0x10;
const TPM_ALG_RSAES: u16 = 0x15;
const TPM_ALG_ECC: u16 = 0x23;

fn tpm2b_public(outer: &mut Reader<'_>) -> Result<(TpmPublic, Option<KeyFacts>), FormatError> {
    let length = outer.u16_be("TPM2B_PUBLIC.size")?;
    let part = outer.take(usize::from(length.value), "TPM2B_PUBLIC")?;
    let mut reader = Reader::at(part.value, part.start);
    let algorithm = reader.u16_be("type")?;
    reader.u16_be("nameAlg")?;
    let attributes = reader.u32_be("objectAttributes")?;
    tpm2b(&mut reader, "authPolicy")?;
    let key = match algorithm.value {
        TPM_ALG_RSA => {
            symmetric_and_scheme(&mut reader)?;
            let bits = reader.u16_be("keyBits")?;
            let exponent = reader.u32_be("exponent")?.value;
            // Zero stands for the default exponent.
            let exponent = if exponent == 0 { 65_537 } else { exponent };
            let modulus = tpm2b(&mut reader, "unique")?;
            let mut key = KeyFacts::rsa(modulus, &exponent.to_be_bytes(), true);
            key.bits = Some(u32::from(bits.value));
            Some(key)
        }
        TPM_ALG_ECC => {
            symmetric_and_scheme(&mut reader)?;
            let curve = reader.u16_be("curveID")?;
            scheme(&mut reader)?;
            let x = tpm2b(&mut reader, "x")?;
            let y = tpm2b(&mut reader, "y")?;
            let (name, bits) = match curve.value {
                3 => (Some("P-256"), 256),
                4 => (Some("P-384"), 384),
                5 => (Some("P-521"), 521),
                _ => (None, count(x.len()).saturating_mul(8)),
            };
            Some(KeyFacts::ec(name, bits, x, y, true))
        }
        _ => None,
    };
    Ok((TpmPublic { algorithm, attributes }, key))
}

fn tpm2b<'a>(reader: &mut Reader<'a>, name: &str) -> Result<&'a [u8], FormatError> {
    let length = reader.u16_be(name)?;
    Ok(reader.take(usize::from(length.value), name)?.value)
}

fn symmetric_and_scheme(reader: &mut Reader<'_>) -> Result<(), FormatError> {
    if reader.u16_be("symmetric.algorithm")?.value != TPM_ALG_NULL {
        reader.u16_be("symmetric.keyBits")?;
        reader.u16_be("symmetric.mode")?;
    }
    scheme(reader)
}

fn scheme(reader: &mut Reader<'_>) -> Result<(), FormatError> {
    let scheme = reader.u16_be("scheme")?.value;
    if scheme != TPM_ALG_NULL && scheme != TPM_ALG_RSAES {
        reader.u16_be("scheme.hashAlg")?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]
mod tests {
    use super::*;

    fn ecc_public() -> Vec<u8> {
        let mut inner = vec![0, 0x23, 0, 0x0B, 0, 4, 0, 0x72, 0, 0, 0, 0x10, 0, 0x18, 0, 0x0B, 0, 3, 0, 0x10];
        for fill in [0x31, 0x32] {
            inner.extend([0, 32]);
            inner.extend([fill; 32]);
        }
        [&(inner.len() as u16).to_be_bytes()[..], &inner].concat()
    }

    fn pcpm(cb_header: u32) -> Vec<u8> {
        let public = ecc_public();
        let mut bytes = b"PCPM".to_vec();
        for word in [cb_header, 2, 1, public.len() as u32, 10, 0, 0, 0, 0, 0, 0, 0] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.resize(cb_header as usize, 0);
        bytes.extend(public);
        bytes.extend([7; 10]);
        bytes
    }

    #[test]
    fn headers_of_both_sizes() {
        for cb_header in [52, 56] {
            let bytes = pcpm(cb_header);
            assert!(recognise(&bytes));
            let TpmKeyBlob::Pcpm(record) = parse(&bytes, &Limits::default()).unwrap() else { panic!() };
            assert_eq!(record.key.unwrap(), KeyFacts::ec(Some("P-256"), 256, &[0x31; 32], &[0x32; 32], true));
            let public = record.public.unwrap();
            assert!(public.sign() && public.fixed_tpm() && !public.decrypt());
            for cut in 0..bytes.len() {
                assert!(parse(&bytes[..cut], &Limits::default()).is_err());
            }
        }
    }

    #[test]
    fn key_files_show_their_name() {
        let utf16 = |text: &str| -> Vec<u8> { text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect() };
        let mut bytes = b"PKSP".to_vec();
        for (tag, value) in [
            (TAG_UNIQUE_NAME, utf16("tq-1")),
            (TAG_KEY_TYPE, utf16("RSA")),
            (TAG_KEY, dpapi_blob::tests::write("", 0, 64)),
            (0x77, vec![1, 2, 3]),
        ] {
            bytes.extend(tag.to_le_bytes());
            bytes.extend((value.len() as u32).to_le_bytes());
            bytes.extend(value);
        }
        bytes.extend(b"PKSP");
        assert!(recognise(&bytes));
        let TpmKeyBlob::Pksp(record) = parse(&bytes, &Limits::default()).unwrap() else { panic!() };
        assert_eq!(record.unique_name.unwrap().value, "tq-1");
        assert_eq!(record.entries.len(), 4);
        assert!(record.key.is_some() && record.problems.is_empty());
        for cut in 0..bytes.len() {
            assert!(parse(&bytes[..cut], &Limits::default()).is_err());
        }
    }
}
