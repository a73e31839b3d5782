//! What OpenSSL prints of each certificate of the corpus states what the certificate's bytes state. Needs openssl; says so
//! when it is not there.

mod below;
mod made;

use below::files_below;
use keyspect::analyze::{Analysis, Options};
use keyspect::report::model::Report;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use time::macros::datetime;

/// The only certificate that a report has, as JSON.
fn certificate(name: &str, bytes: &[u8]) -> Option<Value> {
    let mut analysis = Analysis::new(Options::new(datetime!(2026-11-01 12:00 UTC)));
    analysis.read(name, None, &mut &*bytes).expect("nothing is written");
    let report: Report = analysis.finish().expect("nothing is written");
    let report = serde_json::to_value(&report).expect("a report is JSON");
    match report["credentials"].as_array()?.as_slice() {
        [one] => Some(one["certificate"].clone()),
        _ => None,
    }
}

/// The endings of files with certificates in the corpus.
const EXTENSIONS: [&str; 4] = ["cer", "crt", "der", "pem"];

/// What OpenSSL prints of a certificate file; `None` when it is none.
fn printed(file: &Path, options: &[&str]) -> Option<Vec<u8>> {
    let mut openssl = Command::new("openssl");
    let output = openssl.args(["x509", "-noout", "-in"]).arg(file).args(options).output().expect("openssl runs");
    output.status.success().then_some(output.stdout)
}

/// Certificates with other keys, names and serial numbers than those of the corpus, made by OpenSSL.
fn made(folder: &Path) -> Vec<PathBuf> {
    std::fs::create_dir_all(folder).expect("a folder");
    let curve = "ec -pkeyopt ec_paramgen_curve:P-384";
    let pss = "rsa-pss -pkeyopt rsa_keygen_bits:1024";
    let kinds: [(&str, &str, &str, &[&str]); 6] = [
        (curve, "/C=SE/ST=Skåne/L=Malmö/O=Contoso AB/CN=måltavla", "0x80", &[]),
        ("ed25519", "/emailAddress=a@contoso.com/CN=a \\\"b\\\" \\+ c", "0x0123", &["keyUsage=keyCertSign,cRLSign"]),
        (pss, "/DC=com/DC=contoso/OU=a\\/b/CN=c", "1", &["extendedKeyUsage=codeSigning,emailProtection,timeStamping"]),
        (
            "rsa:1024",
            "/O=Contoso/CN=one+OU=two",
            "0xFEDCBA9876543210",
            &["keyUsage=nonRepudiation,decipherOnly,keyAgreement"],
        ),
        (
            "rsa:1024",
            "/serialNumber=42/GN=A/SN=B/title=C/CN=",
            "0x7FFFFFFFFFFFFFFF",
            &["extendedKeyUsage=msSmartcardLogin"],
        ),
        (
            "rsa:1024",
            "/CN=a, b; c=d#e",
            "0x00112233445566778899",
            &["subjectAltName=IP:fe80::1,URI:https://a/b,email:c@d"],
        ),
    ];
    let make = |(n, (kind, subject, serial, extensions))| {
        made::made(folder, &format!("{n}.pem"), &["-x509", "-set_serial", serial], kind, subject, extensions)
    };
    kinds.into_iter().enumerate().map(make).collect()
}

#[test]
fn a_text_says_what_the_certificate_says() {
    if Command::new("openssl").arg("version").output().is_err() {
        println!("skipped: no openssl");
        return;
    }
    let mut paths = files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus"));
    paths.retain(|path| path.extension().is_some_and(|e| EXTENSIONS.iter().any(|own| e == *own)));
    let folder = std::env::temp_dir().join(format!("keyspect-openssl-text-{}", std::process::id()));
    paths.extend(made(&folder));
    let all = ["sha1", "serial", "subject", "issuer", "not_before", "not_after", "key_usage", "extended_key_usage"];
    let mut compared = 0;
    let mut different = Vec::new();
    for file in paths {
        // Two certificates in one file: OpenSSL prints the first.
        let Some(own) = certificate("own.cer", &std::fs::read(&file).expect("the file")) else { continue };
        for (options, fields, is_text) in [
            (&["-text", "-fingerprint"][..], &all[..], true),
            (&["-text", "-fingerprint", "-nameopt", "RFC2253"], &all, true),
            (&["-text", "-fingerprint", "-nameopt", "compat"], &all, true),
            (&["-text"], &all[1..], true),
            (&["-sha256", "-fingerprint", "-subject", "-serial"], &["sha256", "serial", "subject"], false),
            (&["-subject", "-issuer", "-serial", "-dates", "-fingerprint"], &all[..6], false),
        ] {
            let Some(text) = printed(&file, options) else { continue };
            let words = String::from_utf8_lossy(&text).into_owned();
            let read = certificate("text.txt", &text).unwrap_or_else(|| panic!("{}: {words}", file.display()));
            let of_texts: &[&str] = if is_text { &["public_key", "alternative_names", "ca"] } else { &[] };
            for field in fields.iter().chain(of_texts) {
                // OpenSSL prints the bytes of an extension that it can't read.
                let unread = *field == "extended_key_usage"
                    && read[field].is_null()
                    && words.contains("Usage: \n                0 ..");
                if read[field] != own[field] && !unread {
                    different.push(format!(
                        "{field} of {}, {options:?}: {} {}",
                        file.display(),
                        read[field],
                        own[field]
                    ));
                }
            }
            compared += 1;
        }
    }
    std::fs::remove_dir_all(&folder).expect("the folder was made");
    assert!(different.is_empty(), "{}", different.join("\n"));
    println!("{compared} texts compared");
    assert!(compared >= 60, "{compared}");
}
