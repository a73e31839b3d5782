//! The few DER values that are written: to hash a public key as a certificate would hold it, and to hand a part of an
//! artifact to another reader.
//!
//! Source: ITU-T X.690 section 10 (DER).

/// A value with a one-byte tag, X.690 section 10.1.
pub fn encoded(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut value = vec![tag];
    match u8::try_from(content.len()) {
        Ok(length) if length < 0x80 => value.push(length),
        _ => {
            let length = content.len().to_be_bytes();
            let digits = without_zeros(&length);
            value.push(0x80 | u8::try_from(digits.len()).unwrap_or(0));
            value.extend_from_slice(digits);
        }
    }
    value.extend_from_slice(content);
    value
}

/// A non-negative INTEGER from its big-endian bytes; leading zero bytes don't matter.
pub fn integer(number: &[u8]) -> Vec<u8> {
    let digits = without_zeros(number);
    let mut content = Vec::new();
    if digits.first().is_none_or(|first| first & 0x80 != 0) {
        content.push(0);
    }
    content.extend_from_slice(digits);
    encoded(2, &content)
}

/// The PKCS#1 RSAPublicKey (RFC 8017 appendix A.1.1), from the two numbers in big-endian order.
pub fn rsa_public_key(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    encoded(0x30, &[integer(modulus), integer(exponent)].concat())
}

/// A big-endian number without its leading zero bytes.
pub fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_encoded_as_der_asks() {
        assert_eq!(rsa_public_key(&[0, 0, 0x80], &[1, 0, 1]), [0x30, 9, 2, 2, 0, 0x80, 2, 3, 1, 0, 1]);
        assert_eq!(integer(&[0]), [2, 1, 0]);
        assert_eq!(encoded(4, &[0; 200]).get(..3), Some(&[4, 0x81, 200][..]));
        assert_eq!(encoded(4, &[0; 300]).get(..4), Some(&[4, 0x82, 1, 44][..]));
    }
}
