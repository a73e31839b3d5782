//! Facts of one certificate or request, keyspect's and those that openssl prints.

use super::command::{Answer, openssl, pem_blocks, plain_hex, subject_public_key};
use super::score::Score;
use keyspect::formats::der::hex;
use keyspect::formats::pem::base64;
use keyspect::formats::x509::{AlternativeName, Certificate};
use sha1::{Digest, Sha1};
use std::net::Ipv6Addr;

/// Compares a certificate with what openssl says of the same bytes, or of their PEM.
pub fn compare_certificate(score: &mut Score, what: &str, form: &str, encoded: &[u8], own: &Certificate) {
    let arguments =
        ["x509", "-inform", form, "-noout", "-fingerprint", "-sha1", "-serial", "-subject", "-issuer", "-nameopt"];
    let names = "sep_multiline,oid,utf8";
    let extensions = "keyUsage,extendedKeyUsage,subjectAltName,basicConstraints,subjectKeyIdentifier";
    let more = [names, "-dates", "-dateopt", "iso_8601", "-ext", extensions];
    let answer = openssl(&[&arguments[..], &more[..]].concat(), encoded, "");
    score.fact(&format!("{what} is read"), answer.ok, true);
    if !answer.ok {
        return;
    }
    score.fact(
        &format!("{what} thumbprint"),
        value(&answer, "sha1 Fingerprint=").map(|v| plain_hex(&v)),
        Some(own.sha1.clone()),
    );
    score.fact(&format!("{what} serial number"), value(&answer, "serial="), Some(signed_number(&own.serial)));
    score.fact(&format!("{what} subject"), name(&answer, "subject="), own.subject.clone());
    score.fact(&format!("{what} issuer"), name(&answer, "issuer="), own.issuer.clone());
    for (label, own) in [("notBefore=", own.not_before), ("notAfter=", own.not_after)] {
        let (date, time) = (own.date(), own.time());
        let own = format!("{date} {:02}:{:02}:{:02}Z", time.hour(), time.minute(), time.second());
        score.fact(&format!("{what} {label}"), value(&answer, label), Some(own));
    }
    compare_extensions(score, what, &answer.out, &own.extensions());
    let ca = extension(&answer.out, "Basic Constraints").map(|text| text.contains("CA:TRUE"));
    score.fact(&format!("{what} CA"), ca, own.ca);
    let id = extension(&answer.out, "Subject Key Identifier").map(|text| plain_hex(&text));
    score.fact(&format!("{what} key identifier"), id, own.subject_key_id.clone());
    compare_public_key(score, what, &["x509", "-inform", form, "-noout", "-pubkey"], encoded, &own.public_key.sha1);
}

/// The extensions that a certificate has and a request asks for.
pub struct Extensions<'a> {
    pub key_usage: Option<&'a [&'static str]>,
    pub extended_key_usage: Option<&'a [String]>,
    pub alternative_names: &'a [AlternativeName],
}

trait HasExtensions {
    fn extensions(&self) -> Extensions<'_>;
}

impl HasExtensions for Certificate {
    fn extensions(&self) -> Extensions<'_> {
        Extensions {
            key_usage: self.key_usage.as_deref(),
            extended_key_usage: self.extended_key_usage.as_deref(),
            alternative_names: &self.alternative_names,
        }
    }
}

/// Key usage, extended key usage and alternative names of openssl's text.
pub fn compare_extensions(score: &mut Score, what: &str, text: &str, own: &Extensions<'_>) {
    let usage = extension(text, "X509v3 Key Usage").map(|text| text.split(", ").map(usage_name).collect::<Vec<_>>());
    let own_usage = own.key_usage.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
    score.fact(&format!("{what} key usage"), usage, own_usage);
    let purposes = extension(text, "Extended Key Usage").map(|text| sorted(text.split(", ").map(purpose).collect()));
    score.fact(&format!("{what} purposes"), purposes, own.extended_key_usage.map(|own| sorted(own.to_vec())));
    let names = extension(text, "Subject Alternative Name").map(|text| alternative_names(&text)).unwrap_or_default();
    let own = own.alternative_names.iter().map(|name| match name.kind {
        // openssl prints these in forms of its own.
        "directory" | "other" => (name.kind, String::new()),
        kind => (kind, name.value.clone()),
    });
    score.fact(&format!("{what} alternative names"), names, own.collect());
}

/// The SHA-1 of the public key that openssl prints with these arguments.
pub fn compare_public_key(score: &mut Score, what: &str, arguments: &[&str], encoded: &[u8], own: &str) {
    let answer = openssl(arguments, encoded, "");
    score.fact(&format!("{what} public key"), public_key_of_pem(&answer.out), Some(own.to_owned()));
}

/// The SHA-1 of the first public key in PEM.
pub fn public_key_of_pem(text: &str) -> Option<String> {
    let blocks = pem_blocks(text);
    let (_, block) = blocks.iter().find(|(label, _)| *label == "PUBLIC KEY")?;
    let body: String = block.lines().filter(|line| !line.starts_with("-----")).collect();
    let info = base64(&body)?;
    subject_public_key(&info).map(|key| hex(&Sha1::digest(key)))
}

fn value(answer: &Answer, label: &str) -> Option<String> {
    answer.out.lines().find_map(|line| line.strip_prefix(label)).map(str::to_owned)
}

/// A serial number as openssl writes it: a number with its sign, without leading zeros.
fn signed_number(content: &str) -> String {
    let bytes: Vec<u8> =
        (0..content.len() / 2).map(|i| u8::from_str_radix(&content[2 * i..2 * i + 2], 16).unwrap()).collect();
    let negative = bytes.first().is_some_and(|byte| byte & 0x80 != 0);
    let mut magnitude = bytes;
    if negative {
        magnitude.iter_mut().for_each(|byte| *byte = !*byte);
        for byte in magnitude.iter_mut().rev() {
            *byte = byte.wrapping_add(1);
            if *byte != 0 {
                break;
            }
        }
    }
    let start = magnitude.iter().position(|byte| *byte != 0).unwrap_or(magnitude.len().saturating_sub(1));
    format!("{}{}", if negative { "-" } else { "" }, hex(&magnitude[start..]).to_ascii_uppercase())
}

/// A name that openssl printed part by part, as `CertNameToStr` would write it (Microsoft's documentation of that function).
pub fn name(answer: &Answer, label: &str) -> String {
    let lines = answer.out.lines().skip_while(|line| !line.starts_with(label));
    let lines = lines.skip(1).take_while(|line| line.starts_with("    ")).map(str::trim_start);
    let mut parts: Vec<String> = lines.filter(|line| !line.is_empty()).map(part).collect();
    parts.reverse();
    parts.join(", ")
}

/// One part of a name: `2.5.4.3=www + 2.5.4.10=Contoso`.
fn part(line: &str) -> String {
    let mut values: Vec<String> = Vec::new();
    for piece in line.split(" + ") {
        match piece.split_once('=') {
            Some((oid, value)) if !oid.is_empty() && oid.bytes().all(|b| b.is_ascii_digit() || b == b'.') => {
                values.push(format!("{}={value}", attribute(oid)));
            }
            _ => match values.last_mut() {
                Some(value) => value.push_str(&format!(" + {piece}")),
                None => values.push(format!("unread={piece}")),
            },
        }
    }
    let quoted = values.iter().map(|value| {
        let (name, value) = value.split_once('=').unwrap();
        let special = value.contains([',', '+', '=', '"', '\n', '\r', '<', '>', '#', ';']);
        let edge = value.starts_with(char::is_whitespace) || value.ends_with(char::is_whitespace);
        match special || edge || value.is_empty() {
            true => format!("{name}=\"{}\"", value.replace('"', "\"\"")),
            false => format!("{name}={value}"),
        }
    });
    quoted.collect::<Vec<_>>().join(" + ")
}

/// The names of `CERT_X500_NAME_STR` (wincrypt.h).
fn attribute(oid: &str) -> String {
    let known = [
        ("2.5.4.3", "CN"),
        ("2.5.4.4", "SN"),
        ("2.5.4.5", "SERIALNUMBER"),
        ("2.5.4.6", "C"),
        ("2.5.4.7", "L"),
        ("2.5.4.8", "S"),
        ("2.5.4.9", "STREET"),
        ("2.5.4.10", "O"),
        ("2.5.4.11", "OU"),
        ("2.5.4.12", "T"),
        ("2.5.4.13", "Description"),
        ("2.5.4.17", "PostalCode"),
        ("2.5.4.42", "G"),
        ("2.5.4.43", "I"),
        ("2.5.4.46", "dnQualifier"),
        ("1.2.840.113549.1.9.1", "E"),
        ("0.9.2342.19200300.100.1.25", "DC"),
    ];
    known.iter().find(|(known, _)| *known == oid).map_or_else(|| format!("OID.{oid}"), |(_, name)| (*name).to_owned())
}

/// The line after an extension's name.
fn extension(text: &str, name: &str) -> Option<String> {
    let mut lines = text.lines().skip_while(|line| !line.contains(name));
    lines.next()?;
    lines.next().map(|line| line.trim().to_owned())
}

fn usage_name(name: &str) -> String {
    let known = [
        ("Digital Signature", "digitalSignature"),
        ("Non Repudiation", "nonRepudiation"),
        ("Key Encipherment", "keyEncipherment"),
        ("Data Encipherment", "dataEncipherment"),
        ("Key Agreement", "keyAgreement"),
        ("Certificate Sign", "keyCertSign"),
        ("CRL Sign", "cRLSign"),
        ("Encipher Only", "encipherOnly"),
        ("Decipher Only", "decipherOnly"),
    ];
    known.iter().find(|(long, _)| *long == name).map_or(name, |(_, short)| short).to_owned()
}

/// The object identifiers of purposes that openssl has names for (its objects.txt).
fn purpose(name: &str) -> String {
    let known = [
        ("Any Extended Key Usage", "2.5.29.37.0"),
        ("TLS Web Server Authentication", "1.3.6.1.5.5.7.3.1"),
        ("TLS Web Client Authentication", "1.3.6.1.5.5.7.3.2"),
        ("Code Signing", "1.3.6.1.5.5.7.3.3"),
        ("E-mail Protection", "1.3.6.1.5.5.7.3.4"),
        ("IPSec End System", "1.3.6.1.5.5.7.3.5"),
        ("IPSec Tunnel", "1.3.6.1.5.5.7.3.6"),
        ("IPSec User", "1.3.6.1.5.5.7.3.7"),
        ("Time Stamping", "1.3.6.1.5.5.7.3.8"),
        ("OCSP Signing", "1.3.6.1.5.5.7.3.9"),
        ("dvcs", "1.3.6.1.5.5.7.3.10"),
        ("ipsec Internet Key Exchange", "1.3.6.1.5.5.7.3.17"),
        ("Microsoft Individual Code Signing", "1.3.6.1.4.1.311.2.1.21"),
        ("Microsoft Commercial Code Signing", "1.3.6.1.4.1.311.2.1.22"),
        ("Microsoft Trust List Signing", "1.3.6.1.4.1.311.10.3.1"),
        ("Microsoft Server Gated Crypto", "1.3.6.1.4.1.311.10.3.3"),
        ("Microsoft Encrypted File System", "1.3.6.1.4.1.311.10.3.4"),
        ("Microsoft Smartcard Login", "1.3.6.1.4.1.311.20.2.2"),
        ("Netscape Server Gated Crypto", "2.16.840.1.113730.4.1"),
        ("Signing KDC Response", "1.3.6.1.5.2.3.5"),
    ];
    known.iter().find(|(long, _)| *long == name).map_or(name, |(_, oid)| oid).to_owned()
}

fn sorted(mut all: Vec<String>) -> Vec<String> {
    all.sort();
    all
}

/// The names of a line such as `DNS:a, IP Address:192.0.2.1, othername: UPN::a@b`.
fn alternative_names(line: &str) -> Vec<(&'static str, String)> {
    let kinds = [
        ("DNS:", "dns"),
        ("IP Address:", "ip"),
        ("email:", "email"),
        ("URI:", "uri"),
        ("DirName:", "directory"),
        ("Registered ID:", "registered-id"),
        ("othername: UPN::", "upn"),
        ("othername:", "other"),
        ("X400Name:", "other"),
        ("EdiPartyName:", "other"),
    ];
    let mut names: Vec<(&'static str, String)> = Vec::new();
    for piece in line.split(", ") {
        match kinds.iter().find(|(prefix, _)| piece.starts_with(prefix)) {
            Some((prefix, kind)) => names.push((kind, piece[prefix.len()..].to_owned())),
            None => match names.last_mut() {
                Some((_, value)) => value.push_str(&format!(", {piece}")),
                None => names.push(("unread", piece.to_owned())),
            },
        }
    }
    for (kind, value) in &mut names {
        match *kind {
            "directory" | "other" => value.clear(),
            "ip" => {
                if let Ok(address) = value.parse::<Ipv6Addr>() {
                    *value = address.to_string();
                }
            }
            _ => {}
        }
    }
    names
}
