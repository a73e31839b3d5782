//! Private and public key files, and certificate requests.

use super::certificate::{Extensions, compare_extensions, compare_public_key, name};
use super::command::{openssl, pem_blocks};
use super::score::Score;
use keyspect::formats::der::hex;
use keyspect::formats::key_facts::KeyFacts;
use keyspect::formats::{capi_key_blob, certificate_request, pem, private_key, pvk};
use keyspect::limits::Limits;

/// The bytes of an artifact, armour taken off.
pub fn plain(bytes: &[u8]) -> Vec<u8> {
    if bytes.first() == Some(&0x30) {
        return bytes.to_vec();
    }
    let pem = pem::parse(bytes, &Limits::default()).unwrap();
    let certificate = pem.blocks.iter().find(|block| block.label == "CERTIFICATE");
    certificate
        .or(pem.blocks.iter().find(|block| !block.label.ends_with(" PARAMETERS")))
        .map(|block| block.content.to_vec())
        .unwrap_or_default()
}

fn compare_key(score: &mut Score, arguments: &[&str], bytes: &[u8], key: &KeyFacts) {
    match key.public_key_sha1 {
        Some(sha1) => compare_public_key(score, "", arguments, bytes, &hex(&sha1)),
        None => score.fact("has a public half", false, openssl(arguments, bytes, "").ok && key.algorithm != "DSA"),
    }
}

/// A private key in PEM or DER.
pub fn compare_private_key(score: &mut Score, bytes: &[u8]) {
    let own = private_key::parse(&plain(bytes), &Limits::default());
    let form = if pem::recognise(bytes) { "PEM" } else { "DER" };
    match own.map(|own| (own.key, own.form)) {
        Ok((Some(key), _)) => compare_key(score, &["pkey", "-inform", form, "-pubout"], bytes, &key),
        Ok((None, _)) => {
            let answer = openssl(&["pkey", "-inform", form, "-noout", "-passin", "pass:"], bytes, "");
            score.fact("opens without a password", answer.ok, false);
        }
        Err(_) => score.fact("is read", openssl(&["pkey", "-inform", form, "-noout"], bytes, "").ok, false),
    }
}

/// A key BLOB of CryptoAPI, which openssl calls MSBLOB; what stands before the BLOB is left out.
pub fn compare_capi_blob(score: &mut Score, bytes: &[u8]) {
    let Ok(own) = capi_key_blob::parse(bytes, &Limits::default()) else { return };
    let Some(key) = own.key.as_ref().filter(|_| own.backup_key.is_none()) else { return };
    let at = if own.strong_name.is_some() { 12 } else { 0 };
    let program = if key.algorithm == "DSA" { "dsa" } else { "rsa" };
    let public: &[&str] = if key.has_private { &[] } else { &["-pubin"] };
    compare_key(score, &[&[program, "-inform", "MSBLOB", "-pubout"], public].concat(), &bytes[at..], key);
}

/// A PVK file that is not encrypted.
pub fn compare_pvk(score: &mut Score, bytes: &[u8]) {
    let Ok(own) = pvk::parse(bytes, &Limits::default()) else { return };
    let Some(key) = own.blob.key.as_ref().filter(|_| !own.is_encrypted()) else { return };
    compare_key(score, &["rsa", "-inform", "PVK", "-pvk-none", "-pubout"], bytes, key);
}

/// The PKCS #10 inside any form of request: openssl reads only that. Its first fields tell it: two SEQUENCEs and version 0.
fn innermost(bytes: &[u8]) -> &[u8] {
    let starts = |w: &[u8]| {
        matches!(
            w,
            [0x30, 0x82, _, _, 0x30, 0x82, _, _, 2, 1, 0, 0x30, ..]
                | [0x30, 0x82, _, _, 0x30, 0x81, _, 2, 1, 0, 0x30, ..]
        )
    };
    let at = (0..bytes.len()).rev().find(|at| starts(&bytes[*at..]));
    &bytes[at.unwrap_or(0)..]
}

/// A certificate request.
pub fn compare_request(score: &mut Score, bytes: &[u8]) {
    let bytes = plain(bytes);
    let inner = innermost(&bytes);
    let arguments = ["req", "-inform", "DER", "-noout", "-text", "-subject", "-nameopt", "sep_multiline,oid,utf8"];
    let answer = openssl(&arguments, inner, "");
    let own = match certificate_request::parse(&bytes, &Limits::default()) {
        Ok(own) if own.format != "spkac" => own,
        Ok(_) => return,
        Err(_) => return score.fact("is read", answer.ok, false),
    };
    score.fact("is read", answer.ok, true);
    score.fact("subject", Some(name(&answer, "subject=")), own.subject.as_ref().map(|subject| subject.value.clone()));
    let names = &own.alternative_names;
    let extensions = Extensions {
        key_usage: own.key_usage.as_deref(),
        extended_key_usage: own.extended_key_usage.as_deref(),
        alternative_names: names,
    };
    compare_extensions(score, "request", &answer.out, &extensions);
    let key = own.public_key.as_ref().map(|key| key.value.sha1.clone()).unwrap_or_default();
    compare_public_key(score, "", &["req", "-inform", "DER", "-noout", "-pubkey"], inner, &key);
    if let Some(valid) = own.signature_valid {
        let verified = openssl(&["req", "-inform", "DER", "-noout", "-verify"], inner, "");
        score.fact("signature", verified.ok && verified.err.contains("verify OK"), valid);
    }
}

/// The certificates of a PKCS #7 file, in its order.
pub fn certificates_of_pkcs7(bytes: &[u8]) -> Vec<String> {
    let answer = openssl(&["pkcs7", "-inform", "DER", "-print_certs"], bytes, "");
    pem_blocks(&answer.out).into_iter().map(|(_, block)| block.to_owned()).collect()
}
