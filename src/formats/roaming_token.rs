//! Credential roaming tokens: the values of `ms-PKI-DPAPIMasterKeys`, `ms-PKI-AccountCredentials` in Active Directory.
//!
//! Source: the published reverse engineering in DSInternals (M. Grafnetter), confirmed on real values. All integers are
//! little-endian. A token wraps one whole file of the user's profile.

use time::OffsetDateTime;

use super::bytes::{Reader, ansi_z, check_size, filetime, hex, size};
use super::key_facts::sha1;
use super::{FormatError, Spanned};
use crate::limits::Limits;

const HEADER: usize = 132;
/// Flag: the client could not read the credential when it wrote the token.
pub const UNREADABLE: u16 = 2;

/// A credential roaming token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoamingToken {
    /// 0 master key, 1 RSA key, 2 DSA key, 3/4 CryptoAPI certificate/request, 7/8 CNG certificate/request, 9 CNG key.
    pub token_type: Spanned<u8>,
    /// The name of the wrapped file.
    pub id: Spanned<String>,
    /// When the client last changed it, UTC.
    pub modified: Option<Spanned<OffsetDateTime>>,
    /// Flags; 2 = unreadable.
    pub flags: Spanned<u16>,
    /// Bytes of extra data.
    pub cb_extra: Spanned<u16>,
    /// SHA-1 of the wrapped file, hexadecimal.
    pub sha1: Spanned<String>,
    /// True when that SHA-1 is the one of the wrapped file; `None` when there is no file.
    pub sha1_matches: Option<bool>,
    /// Bytes of the wrapped file.
    pub cb_data: Spanned<u32>,
    /// The bytes of the wrapped file.
    pub data: (usize, usize),
}

/// The documented meaning of a token type.
pub fn type_name(token_type: u8) -> &'static str {
    match token_type {
        0 => "DPAPI master key",
        1 => "CryptoAPI RSA key",
        2 => "CryptoAPI DSA key",
        3 => "CryptoAPI certificate",
        4 => "CryptoAPI request",
        7 => "CNG certificate",
        8 => "CNG request",
        9 => "CNG key",
        _ => "unknown token type",
    }
}

/// True when the bytes are a token of exactly the size that its lengths ask for.
pub fn recognise(bytes: &[u8]) -> bool {
    matches!(bytes, [b'%', b'0'..=b'9', b'\\', ..]) && bytes.len() <= 1 << 20 && read(bytes).is_ok()
}

/// Reads a token.
///
/// # Errors
/// Another start, a cut token, bytes after its end.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<RoamingToken, FormatError> {
    check_size(bytes, limits.key_blob_bytes.saturating_add(HEADER), "roaming token")?;
    read(bytes)
}

fn read(bytes: &[u8]) -> Result<RoamingToken, FormatError> {
    let mut reader = Reader::new(bytes);
    let start = reader.take(3, "token type")?;
    let [b'%', digit @ b'0'..=b'9', b'\\'] = start.value else {
        return Err(FormatError::new("no credential roaming token", 0));
    };
    let token_type = Spanned::new(digit.saturating_sub(b'0'), 1, 2);
    let id = reader.take(93, "id")?.map(ansi_z);
    let time = reader.u64("last modified")?;
    let flags = reader.u16("flags")?;
    let cb_extra = reader.u16("length of extra data")?;
    let hash = reader.take(20, "SHA-1")?;
    let cb_data = reader.u32("length of the data")?;
    let data = reader.take(size(cb_data.value), "data")?;
    reader.take(usize::from(cb_extra.value), "extra data")?;
    reader.finish("roaming token")?;
    let sha1_matches = (!data.value.is_empty()).then(|| sha1(data.value) == hash.value);
    Ok(RoamingToken {
        token_type,
        id,
        modified: filetime(time.value).map(|value| Spanned::new(value, time.start, time.end)),
        flags,
        cb_extra,
        sha1: hash.map(hex),
        sha1_matches,
        cb_data,
        data: (data.start, data.end),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::as_conversions)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn write(kind: u8, id: &str, flags: u16, data: &[u8]) -> Vec<u8> {
        let mut bytes = vec![b'%', b'0' | kind, b'\\'];
        bytes.extend(id.as_bytes());
        bytes.resize(96, 0);
        bytes.extend(132_000_000_000_000_000_u64.to_le_bytes());
        bytes.extend(flags.to_le_bytes());
        bytes.extend([0, 0]);
        bytes.extend(sha1(data));
        bytes.extend((data.len() as u32).to_le_bytes());
        bytes.extend(data);
        bytes
    }

    proptest! {
        #[test]
        fn tokens_round_trip(kind in 0_u8..10, id in "[a-f0-9_-]{1,93}", flags: u16, data in proptest::collection::vec(any::<u8>(), 0..300)) {
            let bytes = write(kind, &id, flags, &data);
            prop_assert!(recognise(&bytes));
            let record = parse(&bytes, &Limits::default()).unwrap();
            prop_assert_eq!(record.token_type.value, kind);
            prop_assert_eq!(record.id.value, id);
            prop_assert_eq!(record.flags.value, flags);
            prop_assert_eq!(record.data, (HEADER, bytes.len()));
            prop_assert_eq!(record.sha1_matches, (!data.is_empty()).then_some(true));
        }
    }

    #[test]
    fn a_cut_token_is_an_error_and_damage_shows() {
        let mut bytes = write(9, "ab", 0, &[1, 2, 3]);
        for cut in 0..bytes.len() {
            assert!(parse(&bytes[..cut], &Limits::default()).is_err());
        }
        *bytes.last_mut().unwrap() = 9;
        assert_eq!(parse(&bytes, &Limits::default()).unwrap().sha1_matches, Some(false));
    }

    /// The kinds of the published reverse engineering (DSInternals, `RoamedCredentialType`).
    #[test]
    fn kinds_of_tokens() {
        for (kind, name) in [
            (0, "DPAPI master key"),
            (1, "CryptoAPI RSA key"),
            (2, "CryptoAPI DSA key"),
            (3, "CryptoAPI certificate"),
            (4, "CryptoAPI request"),
            (7, "CNG certificate"),
            (8, "CNG request"),
            (9, "CNG key"),
        ] {
            assert_eq!(type_name(kind), name);
        }
        assert_eq!([5, 6, 10].map(type_name), ["unknown token type"; 3]);
    }
}
