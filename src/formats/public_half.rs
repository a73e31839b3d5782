//! The public half of an elliptic-curve key that is written without it, as Java (EC) and OpenSSL (Ed25519) do.
//!
//! Sources: SEC 1 version 2.0, sections 2.3.3 (points as octets), 2.3.7 (numbers as octets) and 3.2.1 (key pairs); RFC 8032
//! section 5.1.5 (Ed25519).

use p256::elliptic_curve::array::Array;
use p256::elliptic_curve::array::typenum::Unsigned;
use p256::elliptic_curve::sec1::{FromSec1Point, ModulusSize, ToSec1Point};
use p256::elliptic_curve::{AffinePoint, CurveArithmetic, FieldBytesSize, SecretKey};
use zeroize::Zeroizing;

/// The uncompressed point of a private number on a curve, named as in [`super::key_algorithm::Curve`]; `None` for a curve
/// that isn't known here.
///
/// # Errors
/// The number isn't one between 1 and the order of the curve.
pub(crate) fn point(curve: &str, scalar: &[u8]) -> Option<Result<Vec<u8>, &'static str>> {
    Some(match curve {
        "P-256" => on_curve::<p256::NistP256>(scalar),
        "P-384" => on_curve::<p384::NistP384>(scalar),
        "P-521" => on_curve::<p521::NistP521>(scalar),
        _ => return None,
    })
}

fn on_curve<C>(scalar: &[u8]) -> Result<Vec<u8>, &'static str>
where
    C: CurveArithmetic,
    FieldBytesSize<C>: ModulusSize,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
{
    const OUT_OF_RANGE: &str = "the private number is not between 1 and the order of the curve";
    // Some writers leave out leading zeros, others write one more.
    let start = scalar.iter().position(|byte| *byte != 0).ok_or(OUT_OF_RANGE)?;
    let number = scalar.get(start..).unwrap_or_default();
    let missing = FieldBytesSize::<C>::USIZE.checked_sub(number.len()).ok_or(OUT_OF_RANGE)?;
    let mut field = Zeroizing::new(Array::<u8, FieldBytesSize<C>>::default());
    field.get_mut(missing..).ok_or(OUT_OF_RANGE)?.copy_from_slice(number);
    let key = SecretKey::<C>::from_bytes(&field).map_err(|_| OUT_OF_RANGE)?;
    Ok(key.public_key().to_sec1_point(false).as_bytes().to_vec())
}

/// The public key of an Ed25519 private key.
///
/// # Errors
/// The private key doesn't have 32 bytes.
pub(crate) fn ed25519(private: &[u8]) -> Result<Vec<u8>, &'static str> {
    let seed = <&[u8; 32]>::try_from(private).map_err(|_| "the private key of Ed25519 does not have 32 bytes")?;
    Ok(ed25519_dalek::SigningKey::from_bytes(seed).verifying_key().to_bytes().to_vec())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    #[test]
    fn points_are_those_of_openssl() {
        for (curve, scalar, public) in KEYS {
            assert_eq!(point(curve, &bytes(scalar)).unwrap().unwrap(), bytes(public), "{curve}");
            let longer = [&[0, 0], bytes(scalar).as_slice()].concat();
            assert_eq!(point(curve, &longer).unwrap().unwrap(), bytes(public), "{curve}");
        }
    }

    #[test]
    fn a_number_without_its_leading_zeros_counts() {
        // The private number 1: the point is the generator, SEC 2 version 2.0 section 2.4.2.
        let x = bytes("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296");
        assert_eq!(point("P-256", &[1]).unwrap().unwrap()[1..33], x);
    }

    #[test]
    fn numbers_out_of_range_are_errors() {
        // The order of P-256, SEC 2 version 2.0 section 2.4.2.
        let order = bytes("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
        for curve in ["P-256", "P-384", "P-521"] {
            for scalar in [&[][..], &[0; 32], &[0xff; 66], &[1; 67]] {
                assert!(point(curve, scalar).unwrap().is_err(), "{curve} {scalar:x?}");
            }
        }
        assert!(point("P-256", &order).unwrap().is_err());
        assert!(point("P-384", &order).unwrap().is_ok());
        assert!(point("secp256k1", &[1; 32]).is_none());
    }

    #[test]
    fn an_ed25519_key_is_that_of_rfc_8410() {
        // Section 10.3 of the RFC and its public key of section 10.1.
        let private = bytes("d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842");
        let public = bytes("19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1");
        assert_eq!(ed25519(&private).unwrap(), public);
        assert!(ed25519(&private[1..]).is_err());
    }

    /// `openssl ecparam -genkey`; the private number and the point after `openssl pkey -text` and `-pubout`.
    const KEYS: [(&str, &str, &str); 3] = [
        (
            "P-256",
            "9e820aa377e196f4d6e8008743de1353310296f42682597acb5275a034b4d14d",
            "04b06cdee10b9647168860092e86c60bf28f344a736e2ea621b47720b27e85798fc2150eacae5c0d858cc5b52e3bd4cd\
             35ebe17773a50272c502f46ca71018af72",
        ),
        (
            "P-384",
            "8c7f6b9b6411c4b4b0692f051cd28f1a0f7f68cfca5b3085d6f77e8e2a46fe86ffe13b4686df167552fcc8f43becb046",
            "045a47059b2db238b81f4670bfc7a158ccf6bc450c796702e06ce963ee47bcbc4f8f273eed9fdcf0a0ce08d0b71c3f98\
             4af1e667f93b4c98b61be452c0f30f9212369802a00423f5310be94eca696db3c135d76c297f31922d86bd23a8eeb134\
             91",
        ),
        (
            "P-521",
            "01a9a5b0767f93f1f1e892c43726404182bdf806f342df5bb7cab6d14b99ae2152cf807aaef60b92ebf9d069232ae163\
             ddb718efd87845961e804ed3c0d899ad2798",
            "040069210c28221dbee4b1035d5e7ce2a69c476db0b1fa0f7ac9cab855c1910a2faaa69467fd43ae842b91dab8364733\
             7adc4a3a479a686be8d4371d7e457bf004515a00ccf03b04aca6134b3614fe70487ea646c81f78da125766fe0d91f19b\
             386829e4016a29bae97949512bfcf717757728d790f6ef8614e1c72758d89c852decc783a2",
        ),
    ];
}
