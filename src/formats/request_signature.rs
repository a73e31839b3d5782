//! The signature of a PKCS #10 over its own content: proof that the requester holds the private key.
//!
//! Sources: RFC 2986 section 4.2; RFC 8017 sections 8.1.2 (RSASSA-PSS), 8.2.2 and 9.2 (RSASSA-PKCS1-v1_5), 9.1.2 (EMSA-PSS),
//! B.2.1 (MGF1), A.2.3 (parameters of PSS); RFC 3279 section 2.2.3, RFC 5758 and SEC 1 version 2.0 section 4.1.4 (ECDSA).
//! Everything here is public: nothing has to run in constant time.

use super::der::{Element, Reader, tag};
use crate::limits::SIGNATURE_MODULUS_BYTES;
use num_bigint::BigUint;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

/// The largest public exponent; larger ones are not used and cost time.
const EXPONENT: u64 = 1 << 33;

/// Whether the signature over `info` fits the public key (a SubjectPublicKeyInfo). `None`: an algorithm, curve or size that
/// is not checked here, or a structure that can't be read.
pub(crate) fn verify(info: &[u8], algorithm: &Element<'_>, signature: &[u8], key: &Element<'_>) -> Option<bool> {
    let mut fields = algorithm.children();
    let oid = fields.read().ok()??.oid("the signature algorithm").ok()?;
    let parameters = fields.read().ok()?;
    let mut fields = key.children();
    let mut key_algorithm = fields.read().ok()??.children();
    let key_oid = key_algorithm.read().ok()??.oid("the algorithm of the key").ok()?;
    let public = fields.read().ok()??;
    let (_, public) = public.bits("the public key").ok()?;
    match key_oid.as_str() {
        "1.2.840.113549.1.1.1" => {
            let hash = match oid.as_str() {
                "1.2.840.113549.1.1.10" => {
                    let (hash, salt) = pss_parameters(parameters.as_ref()?)?;
                    return pss(&hash.of(info), hash, salt, signature, public);
                }
                "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => Hash::Sha1,
                "1.2.840.113549.1.1.11" => Hash::Sha256,
                "1.2.840.113549.1.1.12" => Hash::Sha384,
                "1.2.840.113549.1.1.13" => Hash::Sha512,
                _ => return None,
            };
            pkcs1(&hash.of(info), hash, signature, public)
        }
        "1.2.840.10045.2.1" => {
            let hash = match oid.as_str() {
                "1.2.840.10045.4.1" => Hash::Sha1,
                "1.2.840.10045.4.3.2" => Hash::Sha256,
                "1.2.840.10045.4.3.3" => Hash::Sha384,
                "1.2.840.10045.4.3.4" => Hash::Sha512,
                // Windows before 10 names the hash in the parameters (ecdsa-with-Specified).
                "1.2.840.10045.4.3" => Hash::find(&parameters?.children().read().ok()??.oid("the hash").ok()?)?,
                _ => return None,
            };
            let curve = key_algorithm.read().ok()??.oid("the curve").ok()?;
            ecdsa(&curve, &hash.of(info), signature, public)
        }
        _ => None,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    fn find(oid: &str) -> Option<Self> {
        Some(match oid {
            "1.3.14.3.2.26" => Self::Sha1,
            "2.16.840.1.101.3.4.2.1" => Self::Sha256,
            "2.16.840.1.101.3.4.2.2" => Self::Sha384,
            "2.16.840.1.101.3.4.2.3" => Self::Sha512,
            _ => return None,
        })
    }

    fn of(self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(data).to_vec(),
            Self::Sha256 => Sha256::digest(data).to_vec(),
            Self::Sha384 => Sha384::digest(data).to_vec(),
            Self::Sha512 => Sha512::digest(data).to_vec(),
        }
    }

    /// DigestInfo up to the digest itself, RFC 8017 section 9.2 note 1.
    fn prefix(self) -> &'static [u8] {
        match self {
            Self::Sha1 => b"\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14",
            Self::Sha256 => b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20",
            Self::Sha384 => b"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30",
            Self::Sha512 => b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40",
        }
    }
}

/// The signature to the power of the public exponent, with as many bytes as the modulus, and the modulus' bits.
/// `None`: a key that is not computed with; `Some(None)`: the signature is no number below the modulus.
fn rsa(signature: &[u8], public: &[u8]) -> Option<Option<(Vec<u8>, u64)>> {
    let key = Reader::new(public, 4).universal(tag::SEQUENCE, "RSAPublicKey").ok()?;
    let mut fields = key.children();
    let modulus = fields.universal(tag::INTEGER, "the modulus").ok()?;
    let exponent = fields.read().ok()??.unsigned("the public exponent").ok().filter(|e| *e <= EXPONENT)?;
    let bytes = modulus.integer_bits().div_ceil(8);
    // An even modulus is none.
    if !(64..=SIGNATURE_MODULUS_BYTES).contains(&bytes) || modulus.content().last()? & 1 == 0 {
        return None;
    }
    let modulus = BigUint::from_bytes_be(modulus.content());
    let number = BigUint::from_bytes_be(signature);
    if signature.len() != bytes || number >= modulus {
        return Some(None);
    }
    let short = number.modpow(&BigUint::from(exponent), &modulus).to_bytes_be();
    let mut message = vec![0; bytes.saturating_sub(short.len())];
    message.extend(short);
    Some(Some((message, modulus.bits())))
}

fn pkcs1(digest: &[u8], hash: Hash, signature: &[u8], public: &[u8]) -> Option<bool> {
    let Some((message, _)) = rsa(signature, public)? else { return Some(false) };
    let tail = [&[0], hash.prefix(), digest].concat();
    let padding = message.len().checked_sub(tail.len())?.checked_sub(2)?;
    let mut expected = vec![0, 1];
    expected.resize(padding.saturating_add(2), 0xFF);
    expected.extend(tail);
    Some(padding >= 8 && message == expected)
}

/// The hash and the length of the salt; `None`: MGF1 with another hash, or what isn't known.
fn pss_parameters(parameters: &Element<'_>) -> Option<(Hash, usize)> {
    let (mut hash, mut mask, mut salt) = (Hash::Sha1, Hash::Sha1, 20);
    let mut all = parameters.children();
    while let Some(field) = all.read().ok()? {
        let value = field.children().read().ok()??;
        if field.is_context(0) {
            hash = Hash::find(&value.children().read().ok()??.oid("the hash").ok()?)?;
        } else if field.is_context(1) {
            let mut generator = value.children();
            generator.read().ok()?;
            mask = Hash::find(&generator.read().ok()??.children().read().ok()??.oid("the hash of MGF1").ok()?)?;
        } else if field.is_context(2) {
            salt = usize::try_from(value.unsigned("the length of the salt").ok()?).ok()?;
        }
    }
    (hash == mask).then_some((hash, salt))
}

fn pss(digest: &[u8], hash: Hash, salt: usize, signature: &[u8], public: &[u8]) -> Option<bool> {
    let Some((message, bits)) = rsa(signature, public)? else { return Some(false) };
    // The encoded message has one bit less than the modulus: with 8k + 1 bits of modulus one byte less.
    let bits = usize::try_from(bits).ok()?.saturating_sub(1);
    let (front, message) = message.split_at_checked(message.len().saturating_sub(bits.div_ceil(8)))?;
    let unused = bits.div_ceil(8).saturating_mul(8).saturating_sub(bits);
    let Some((body, [0xBC])) = message.split_last_chunk::<1>().filter(|_| front.iter().all(|b| *b == 0)) else {
        return Some(false);
    };
    let Some((masked, tag)) = body.split_at_checked(body.len().saturating_sub(digest.len())) else {
        return Some(false);
    };
    let first_mask = 0xFF_u8.checked_shr(u32::try_from(unused).ok()?)?;
    if masked.first().is_some_and(|first| first & !first_mask != 0) {
        return Some(false);
    }
    let mut block: Vec<u8> = masked.iter().zip(mgf1(tag, hash, masked.len())).map(|(a, b)| a ^ b).collect();
    if let Some(first) = block.first_mut() {
        *first &= first_mask;
    }
    let Some((padding, salted)) = block.split_at_checked(block.len().saturating_sub(salt)) else { return Some(false) };
    let Some(([1], zeros)) = padding.split_last_chunk::<1>().map(|(zeros, one)| (one, zeros)) else {
        return Some(false);
    };
    let again = hash.of(&[&[0; 8], digest, salted].concat());
    Some(salted.len() == salt && zeros.iter().all(|b| *b == 0) && again == tag)
}

/// MGF1, as many bytes as the masked block has.
fn mgf1(seed: &[u8], hash: Hash, length: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut counter = 0_u32;
    while out.len() < length {
        out.extend(hash.of(&[seed, &counter.to_be_bytes()].concat()));
        counter = counter.saturating_add(1);
    }
    out.truncate(length);
    out
}

#[cfg(not(feature = "decrypt"))]
fn ecdsa(_curve: &str, _digest: &[u8], _signature: &[u8], _public: &[u8]) -> Option<bool> {
    None
}

#[cfg(feature = "decrypt")]
fn ecdsa(curve: &str, digest: &[u8], signature: &[u8], public: &[u8]) -> Option<bool> {
    match curve {
        "1.2.840.10045.3.1.7" => curves::verify::<p256::NistP256>(digest, signature, public),
        "1.3.132.0.34" => curves::verify::<p384::NistP384>(digest, signature, public),
        "1.3.132.0.35" => curves::verify::<p521::NistP521>(digest, signature, public),
        _ => None,
    }
}

#[cfg(feature = "decrypt")]
mod curves {
    use super::{Reader, tag};
    use p256::elliptic_curve::array::Array;
    use p256::elliptic_curve::array::typenum::Unsigned;
    use p256::elliptic_curve::ff::{Field, PrimeField};
    use p256::elliptic_curve::group::Group;
    use p256::elliptic_curve::ops::{LinearCombination, Reduce};
    use p256::elliptic_curve::point::AffineCoordinates;
    use p256::elliptic_curve::sec1::{FromSec1Point, ModulusSize, ToSec1Point};
    use p256::elliptic_curve::{AffinePoint, CurveArithmetic, FieldBytes, FieldBytesSize, PublicKey};
    use std::ops::Mul;

    /// The last bytes of a number, filled with zeros in front; `None`: it is longer.
    fn field<C: CurveArithmetic>(number: &[u8]) -> Option<FieldBytes<C>> {
        let start = number.iter().position(|byte| *byte != 0).unwrap_or(number.len());
        let number = number.get(start..)?;
        let missing = FieldBytesSize::<C>::USIZE.checked_sub(number.len())?;
        let mut out = Array::<u8, FieldBytesSize<C>>::default();
        out.get_mut(missing..)?.copy_from_slice(number);
        Some(out)
    }

    /// A number between 1 and the order of the curve.
    fn scalar<C: CurveArithmetic>(number: &[u8]) -> Option<C::Scalar> {
        let scalar = Option::<C::Scalar>::from(C::Scalar::from_repr(field::<C>(number)?))?;
        (!bool::from(scalar.is_zero())).then_some(scalar)
    }

    pub(super) fn verify<C>(digest: &[u8], signature: &[u8], public: &[u8]) -> Option<bool>
    where
        C: CurveArithmetic,
        FieldBytesSize<C>: ModulusSize,
        AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    {
        let key = PublicKey::<C>::from_sec1_bytes(public).ok()?;
        let pair = Reader::new(signature, 4).universal(tag::SEQUENCE, "the signature").ok()?;
        let mut numbers = pair.children();
        let r = numbers.universal(tag::INTEGER, "r").ok()?;
        let s = numbers.universal(tag::INTEGER, "s").ok()?;
        let (Some(r), Some(s)) = (scalar::<C>(r.content()), scalar::<C>(s.content())) else { return Some(false) };
        // The leftmost bits of the digest; the orders of the three curves fill their bytes or are longer than any digest.
        let z = digest.get(..FieldBytesSize::<C>::USIZE).unwrap_or(digest);
        let z = <C::Scalar as Reduce<FieldBytes<C>>>::reduce(&field::<C>(z)?);
        let inverse = Option::<C::Scalar>::from(Field::invert(&s))?;
        let terms = [
            (C::ProjectivePoint::generator(), Mul::mul(z, inverse)),
            (C::ProjectivePoint::from(*key.as_affine()), Mul::mul(r, inverse)),
        ];
        let point = C::ProjectivePoint::lincomb(&terms);
        if bool::from(point.is_identity()) {
            return Some(false);
        }
        let affine: C::AffinePoint = point.into();
        Some(<C::Scalar as Reduce<FieldBytes<C>>>::reduce(&affine.x()) == r)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use super::super::certificate_request;
    use crate::limits::Limits;

    fn case(name: &str) -> Vec<u8> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/preflight");
        std::fs::read(format!("{folder}/{name}/request.req")).unwrap()
    }

    #[test]
    #[cfg_attr(miri, ignore = "RSA: longer than 8 minutes there")]
    fn a_changed_content_does_not_fit_the_signature() {
        let curves = ["csr-ec-p256", "csr-ec-p521"].into_iter().filter(|_| cfg!(feature = "decrypt"));
        for name in ["csr-keyspec-1", "csr-rsa-pss"].into_iter().chain(curves) {
            let good = case(name);
            assert_eq!(certificate_request::parse(&good, &Limits::default()).unwrap().signature_valid, Some(true));
            let at = good.windows(15).position(|w| w == b"www.contoso.com").unwrap();
            let mut changed = good.clone();
            changed[at] = b'x';
            let request = certificate_request::parse(&changed, &Limits::default()).unwrap();
            assert_eq!(request.signature_valid, Some(false), "{name}");
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "RSA: longer than 8 minutes there")]
    fn damage_anywhere_is_survived() {
        for name in ["csr-keyspec-1", "csr-ec-p384", "csr-rsa-pss"] {
            let good = case(name);
            for at in 0..good.len() {
                let mut changed = good.clone();
                changed[at] ^= 0x41;
                let _ = certificate_request::parse(&changed, &Limits::default());
            }
        }
    }
}
