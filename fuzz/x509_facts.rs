//! The facts of certificates, compared with what x509-parser says itself.

use keyspect::formats::x509;
use keyspect::limits::Limits;
use x509_parser::der_parser::oid::Oid;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::{FromDer, X509Certificate};

/// The bytes of an object identifier whose arcs a text names, X.690 section 8.19. `None`: the text is none, or an arc has more
/// than 128 bits.
fn bytes_of(text: &str) -> Option<Vec<u8>> {
    let arcs = text.split('.').map(|arc| arc.parse::<u128>().ok()).collect::<Option<Vec<u128>>>()?;
    let [first, second, others @ ..] = arcs.as_slice() else { return None };
    let first = first.checked_mul(40)?.checked_add(*second)?;
    let mut bytes = Vec::new();
    for arc in [first].iter().chain(others) {
        let digits = (0..19).rev().map(|place| u8::try_from((arc >> (7 * place)) & 0x7F).expect("seven bits"));
        let digits: Vec<u8> = digits.skip_while(|digit| *digit == 0).collect();
        let (last, before) = digits.split_last().unwrap_or((&0, &[]));
        bytes.extend(before.iter().map(|digit| digit | 0x80));
        bytes.push(*last);
    }
    Some(bytes)
}

/// Whether a text is that of an object identifier. x509-parser's own text is not asked: it reads an arc that is cut, or
/// begins with zeros, as the number that is there, gives the byte 0 one arc where 8.19.4 has two, and has no number for an
/// arc of more than 64 bits.
fn is_text_of(text: &str, oid: &Oid<'_>) -> bool {
    let bytes = oid.as_bytes();
    let begins_with_zeros =
        |at: usize| bytes[at] == 0x80 && at.checked_sub(1).is_none_or(|before| bytes[before] & 0x80 == 0);
    if bytes.last().is_none_or(|last| last & 0x80 != 0) || (0..bytes.len()).any(begins_with_zeros) {
        return text.starts_with('#');
    }
    // The wrapper reads 64 arcs, of 128 bits each.
    let unreadable = bytes.len() > 18 && text.starts_with('#');
    unreadable || bytes_of(text).as_deref() == Some(bytes)
}

/// Any bytes: the wrapper reads what x509-parser reads, says the same of it, and nothing more.
pub fn x509(data: &[u8]) {
    let limits = Limits::default();
    let facts = x509::read(data, &limits);
    let (rest, parsed) = match X509Certificate::from_der(data) {
        Ok(parsed) => parsed,
        Err(_) => {
            assert!(!facts.expect_err("x509-parser refuses it").message.is_empty());
            return;
        }
    };
    let facts = facts.expect("x509-parser reads it");
    let encoded = &data[..data.len() - rest.len()];
    // What stands after a certificate changes nothing.
    assert_eq!(Ok(&facts), x509::read(encoded, &limits).as_ref());
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(facts.serial, hex(parsed.raw_serial()));
    // x509-parser reads a time with another zone as if it were UTC; zones go up to a day and some hours.
    let is_zone = |w: &[u8]| matches!(w, [b'+' | b'-', zone @ ..] if zone.iter().all(u8::is_ascii_digit));
    let most = if encoded.windows(5).any(is_zone) { 26 * 3600 } else { 0 };
    let validity = &parsed.validity;
    for (own, theirs) in [(facts.not_before, &validity.not_before), (facts.not_after, &validity.not_after)] {
        assert!(own.unix_timestamp().abs_diff(theirs.timestamp()) <= most);
    }
    assert_eq!(facts.self_issued, parsed.subject.as_raw() == parsed.issuer.as_raw());
    assert_eq!(facts.subject_hash == facts.issuer_hash, facts.self_issued);
    assert!(is_text_of(&facts.signature_algorithm, &parsed.signature_algorithm.algorithm), "{facts:?}");
    let first = |wanted: fn(&ParsedExtension<'_>) -> bool| {
        parsed.extensions().iter().take(limits.certificate_extensions).map(|e| e.parsed_extension()).find(|e| wanted(e))
    };
    let usage = first(|e| matches!(e, ParsedExtension::KeyUsage(_)));
    assert_eq!(facts.key_usage.is_some(), usage.is_some());
    if let (Some(ParsedExtension::KeyUsage(usage)), Some(names)) = (usage, &facts.key_usage) {
        assert_eq!(names.contains(&"digitalSignature"), usage.digital_signature());
        assert_eq!(names.contains(&"keyEncipherment"), usage.key_encipherment());
        assert_eq!(names.contains(&"keyCertSign"), usage.key_cert_sign());
    }
    let purposes = first(|e| matches!(e, ParsedExtension::ExtendedKeyUsage(_)));
    assert_eq!(facts.extended_key_usage.is_some(), purposes.is_some());
    if let (Some(ParsedExtension::ExtendedKeyUsage(usage)), Some(oids)) = (purposes, &facts.extended_key_usage) {
        assert_eq!(oids.iter().any(|oid| oid == "1.3.6.1.5.5.7.3.1"), usage.server_auth);
        let mut others = usage.other.iter().take(limits.certificate_names);
        assert!(others.all(|other| oids.iter().any(|oid| is_text_of(oid, other))), "{oids:?}");
    }
    let constraints = first(|e| matches!(e, ParsedExtension::BasicConstraints(_)));
    assert_eq!(facts.ca, constraints.map(|e| matches!(e, ParsedExtension::BasicConstraints(c) if c.ca)));
    assert!(facts.alternative_names.len() <= limits.certificate_names);
    let texts = facts.alternative_names.iter().map(|name| &name.value).chain([&facts.subject, &facts.issuer]);
    // One character marks the cut.
    assert!(texts.into_iter().all(|text| text.len() <= limits.string_bytes + 4));
}
