//! PFX files: what `openssl pkcs12` shows of them.

use super::certificate::{compare_certificate, public_key_of_pem};
use super::command::{openssl, pem_blocks, plain_hex};
use super::score::Score;
use keyspect::formats::der::hex;
use keyspect::formats::pfx::algorithms::{Encryption, Kdf, MacAlgorithm};
use keyspect::formats::pfx::open::open;
use keyspect::formats::pfx::{Bag, PasswordState, Pfx, SafeKind, walk};
use keyspect::limits::Limits;
use zeroize::Zeroizing;

const SHOW_ALL: [&str; 6] = ["pkcs12", "-legacy", "-info", "-nodes", "-passin", "env:KEYSPECT_TEST_PASSWORD"];

/// A bag as openssl prints it.
struct Printed<'a> {
    attributes: Vec<(&'a str, &'a str)>,
    /// Label and block of the certificate or key.
    block: Option<(&'a str, &'a str)>,
}

impl Printed<'_> {
    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(found, _)| *found == name).map(|(_, value)| *value)
    }
}

fn printed(text: &str) -> Vec<Printed<'_>> {
    let mut bags = Vec::new();
    for part in text.split("Bag Attributes").skip(1) {
        let end = part.find("Key Attributes").or_else(|| part.find("\nsubject=")).unwrap_or(part.len());
        let lines = part[..end].lines().skip(1).filter_map(|line| line.strip_prefix("    ")?.split_once(": "));
        bags.push(Printed { attributes: lines.collect(), block: pem_blocks(part).into_iter().next() });
    }
    // Secrets and nested safes have attributes, too.
    bags.retain(|bag: &Printed<'_>| bag.block.is_some());
    bags
}

/// The encryption as `-info` names it: iterations, or the costs of scrypt.
fn encryption(one: &Encryption) -> String {
    match &one.kdf {
        Some(Kdf::Pkcs12 { iterations, .. } | Kdf::Pbkdf2 { iterations, .. }) => format!("Iteration {iterations}"),
        Some(Kdf::Scrypt { n, r, p, .. }) => format!("scrypt {n} {r} {p}"),
        _ => one.oid.clone(),
    }
}

/// Safes and bags in file order, as in what `-info` prints.
fn outline(pfx: &Pfx) -> Vec<String> {
    let mut all = Vec::new();
    for safe in &pfx.safes {
        all.push(match &safe.kind {
            SafeKind::Data => "data".to_owned(),
            SafeKind::Encrypted(one) => format!("encrypted {}", encryption(one)),
            other => format!("{other:?}"),
        });
        for bag in &safe.bags {
            let encryption = bag.encryption.as_ref().map(encryption);
            all.push(format!("{} {}", bag.kind.name(), encryption.unwrap_or_default()).trim_end().to_owned());
        }
    }
    all
}

fn outline_of_openssl(said: &str) -> Vec<String> {
    let number = |text: &str, label: &str| -> Option<u64> {
        let rest = text.split(label).nth(1)?.trim_start();
        rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    };
    let encryption = |text: &str| match number(text, "Cost(N):") {
        Some(n) => {
            let of = |label| number(text, label).unwrap_or_default();
            format!("scrypt {n} {} {}", of("Block size(r):"), of("Parallelism(p):"))
        }
        None => format!("Iteration {}", number(text, "Iteration ").unwrap_or_default()),
    };
    let line = |line: &str| {
        let kinds = [
            ("PKCS7 Data", "data"),
            ("Certificate bag", "certBag"),
            ("Key bag", "keyBag"),
            ("Secret bag", "secretBag"),
            ("Safe Contents bag", "safeContentsBag"),
        ];
        if let Some((_, kind)) = kinds.iter().find(|(said, _)| line == *said) {
            return Some((*kind).to_owned());
        }
        match line.split_once(": ")? {
            ("PKCS7 Encrypted data", how) => Some(format!("encrypted {}", encryption(how))),
            ("Shrouded Keybag", how) => Some(format!("shroudedKeyBag {}", encryption(how))),
            ("Warning unsupported bag type", what) if what.contains("pkcs8") => None,
            ("Warning unsupported bag type", _) => Some("other".to_owned()),
            _ => None,
        }
    };
    said.lines().filter_map(line).collect()
}

fn compare_bag(score: &mut Score, what: &str, theirs: &Printed<'_>, own: &Bag, sent: &mut usize) {
    // openssl prints the low byte of each UTF-16 unit.
    let narrowed = |name: &str| -> String {
        let narrow: Vec<u8> =
            name.encode_utf16().map(|unit| unit.to_le_bytes()[0]).take_while(|byte| *byte != 0).collect();
        String::from_utf8_lossy(&narrow).into_owned()
    };
    let attributes = &own.attributes;
    let name = attributes.friendly_name.as_ref().map(|name| narrowed(&name.value));
    score.fact(&format!("{what} friendlyName"), theirs.attribute("friendlyName").map(str::to_owned), name);
    let id = attributes.local_key_id.as_ref().map(|id| hex(&id.value));
    score.fact(&format!("{what} localKeyID"), theirs.attribute("localKeyID").map(plain_hex), id);
    let provider = attributes.provider.as_ref().map(|name| narrowed(&name.value));
    score.fact(&format!("{what} provider"), theirs.attribute("Microsoft CSP Name").map(str::to_owned), provider);
    let machine = theirs.attribute("Microsoft Local Key set").is_some();
    score.fact(&format!("{what} machine key"), machine, attributes.machine_keyset.is_some());
    match (theirs.block, own.certificate(), own.key()) {
        (Some(("CERTIFICATE", block)), Some(certificate), _) => {
            compare_certificate(score, what, "PEM", block.as_bytes(), certificate);
        }
        (Some((_, block)), _, Some(key)) => {
            *sent += 1;
            let answer = openssl(&["pkey", "-pubout"], block.as_bytes(), "");
            let theirs = public_key_of_pem(&answer.out);
            // A key of a kind whose public half is not computed says nothing, which contradicts nothing.
            if key.public_key_sha1.is_some() || !NOT_COMPUTED.contains(&key.algorithm.as_str()) {
                score.fact(&format!("{what} public key"), theirs, key.public_key_sha1.clone());
            }
        }
        (theirs, _, _) => {
            score.fact(&format!("{what} content"), theirs.map(|(label, _)| label), None);
        }
    }
}

/// Keys that often stand without their public half, and for which none is computed.
const NOT_COMPUTED: [&str; 5] = ["DSA", "DH", "X25519", "Ed448", "X448"];

/// One file with the password that it is known to have.
pub fn compare(score: &mut Score, bytes: &[u8], password: &str, keys: &mut usize) {
    let limits = Limits::default();
    let answer = openssl(&SHOW_ALL, bytes, password);
    let given = [Zeroizing::new(password.to_owned())];
    let mut pfx = match walk(bytes, &limits) {
        Ok(pfx) => pfx,
        Err(_) => return score.fact("is read", answer.ok, false),
    };
    let state = open(&mut pfx, &given, &limits);
    let opened = matches!(state, PasswordState::Given(_) | PasswordState::NoneNeeded)
        || password.is_empty() && matches!(state, PasswordState::Null | PasswordState::Empty);
    score.fact("the password opens it", answer.ok, opened);
    if !answer.ok || !opened {
        return;
    }
    if let Some(mac) = &pfx.mac {
        let own = match &mac.algorithm.value {
            MacAlgorithm::Hmac(hash) => format!("MAC: {}, Iteration {}", hash.name(), mac.iterations.value),
            MacAlgorithm::Pbmac1 { .. } => "MAC: PBMAC1".to_owned(),
        };
        let theirs = answer.err.lines().find(|line| line.starts_with("MAC: ")).unwrap_or_default();
        score.fact("MAC", theirs.to_owned(), own);
        let lengths = format!("MAC length: {}, salt length: {}", mac.digest.len(), mac.salt.len());
        score.fact("MAC lengths", answer.err.lines().any(|line| line == lengths), true);
    }
    score.fact("outline", outline_of_openssl(&answer.err), outline(&pfx));
    let theirs = printed(&answer.out);
    let own: Vec<&Bag> = pfx.bags().filter(|bag| bag.certificate().is_some() || bag.is_key()).collect();
    score.fact("number of certificates and keys", theirs.len(), own.len());
    for (index, (theirs, own)) in theirs.iter().zip(own).enumerate() {
        compare_bag(score, &format!("bag {index}"), theirs, own, keys);
    }
}

/// One file with a password that is wrong: who opens it all the same?
pub fn compare_wrong(score: &mut Score, bytes: &[u8], password: &str) {
    let limits = Limits::default();
    let wrong = format!("not {password}");
    let Ok(mut pfx) = walk(bytes, &limits) else { return };
    let state = open(&mut pfx, &[Zeroizing::new(wrong.clone())], &limits);
    let opened = matches!(state, PasswordState::Given(_) | PasswordState::NoneNeeded);
    score.fact("a wrong password opens it", openssl(&SHOW_ALL, bytes, &wrong).ok, opened);
}
