//! Serialized certificate stores: `.sst`, what `CertSaveStore(CERT_STORE_SAVE_AS_STORE)` and `certutil -generateSSTFromWU`
//! write.
//!
//! Sources: Microsoft Win32 documentation of `CertSaveStore`; Wine 8.0 (`crypt32/serialize.c`), confirmed on real files.
//! A zero word and "CERT", elements, and a terminator of 12 zero bytes.

use super::FormatError;
use super::bytes::{Reader, check_size, peek_u32};
use super::cert_element::{self, CertElement};
use crate::limits::{Limits, STORE_ELEMENTS, STORE_PROPERTIES};

const START: [u8; 8] = [0, 0, 0, 0, b'C', b'E', b'R', b'T'];
/// The terminator: a property record of zeros.
const TERMINATOR: usize = 12;

/// A serialized store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertStore {
    /// The elements in file order.
    pub elements: Vec<CertElement>,
    /// True when the store ends with its terminator.
    pub terminated: bool,
    /// Why reading stopped before the end, when it did: the elements before it stand.
    pub problem: Option<FormatError>,
}

/// True for the start of a serialized store.
pub fn recognise(bytes: &[u8]) -> bool {
    bytes.starts_with(&START)
}

/// Reads a serialized store. A damaged store gives the elements before the damage and a problem.
///
/// # Errors
/// Another start.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<CertStore, FormatError> {
    check_size(bytes, limits.binary_bytes, "certificate store")?;
    if !recognise(bytes) {
        return Err(FormatError::new("no serialized certificate store", 0));
    }
    let mut reader = Reader::new(bytes);
    reader.take(START.len(), "start of the store")?;
    let mut store = CertStore { elements: Vec::new(), terminated: false, problem: None };
    let mut properties = 0_usize;
    loop {
        if reader.is_empty() {
            store.problem = Some(FormatError::new("the store ends without its terminator", reader.position()));
            return Ok(store);
        }
        if peek_u32(reader.rest(), 0) == Some(0) {
            match reader.take(TERMINATOR, "terminator").and_then(|_| reader.finish("certificate store")) {
                Ok(()) => store.terminated = true,
                Err(error) => store.problem = Some(error),
            }
            return Ok(store);
        }
        if store.elements.len() >= STORE_ELEMENTS || properties > STORE_PROPERTIES {
            let message = format!(
                "a store of more than {STORE_ELEMENTS} elements or {STORE_PROPERTIES} properties: the rest is not read"
            );
            store.problem = Some(FormatError::new(message, reader.position()));
            return Ok(store);
        }
        match cert_element::read(&mut reader) {
            Ok(element) => {
                properties = properties.saturating_add(element.records.len());
                store.elements.push(element);
            }
            Err(error) => {
                store.problem = Some(error);
                return Ok(store);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use super::super::cert_element::tests::write as element;
    use super::*;

    fn store(count: usize) -> Vec<u8> {
        let one = element(&[(11, b"a\0\0\0".to_vec()), (32, vec![0x30, 0])]);
        [&START[..], &one.repeat(count), &[0; TERMINATOR]].concat()
    }

    #[test]
    fn stores_round_trip() {
        for count in [0, 1, 5] {
            let bytes = store(count);
            assert!(recognise(&bytes));
            let record = parse(&bytes, &Limits::default()).unwrap();
            assert_eq!(record.elements.len(), count);
            assert!(record.terminated && record.problem.is_none());
        }
    }

    #[test]
    fn a_cut_store_keeps_what_it_has_and_says_so() {
        let bytes = store(3);
        for cut in 8..bytes.len() {
            let record = parse(&bytes[..cut], &Limits::default()).unwrap();
            assert!(record.problem.is_some(), "cut at {cut}");
            assert!(!record.terminated);
        }
        for cut in 0..8 {
            assert!(parse(&bytes[..cut], &Limits::default()).is_err());
        }
    }
}
