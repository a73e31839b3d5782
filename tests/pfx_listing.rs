//! What OpenSSL prints of each PFX of the corpus is judged like the file itself. Needs openssl; says so when it is not
//! there.

#![allow(clippy::panic)]

use keyspect::analyze::{Analysis, Options};
use keyspect::input::Passwords;
use keyspect::report::model::Report;
use std::path::Path;
use std::process::Command;
use time::macros::datetime;
use zeroize::Zeroizing;

fn report(name: &str, bytes: &[u8], password: &str) -> Report {
    let mut options = Options::new(datetime!(2026-11-01 12:00 UTC));
    options.passwords = Passwords::new();
    options.passwords.add(Zeroizing::new(password.to_owned()));
    let mut analysis = Analysis::new(options);
    analysis.read(name, None, &mut &*bytes).expect("nothing is written");
    analysis.finish().expect("nothing is written")
}

/// What a listing can show of the keys and of what is wrong with them.
fn shown(report: &Report) -> Vec<String> {
    let keys = report.credentials.iter().filter(|credential| credential.key.provider.provider_type.is_some());
    let mut shown: Vec<String> = keys
        .map(|credential| {
            let sha1 = credential.certificate.as_ref().and_then(|certificate| certificate.sha1.clone());
            let key = &credential.key;
            format!(
                "{sha1:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
                key.provider,
                key.container.stored,
                key.flags,
                key.key_spec,
                key.algorithm,
                key.bits,
                key.matches_certificate
            )
        })
        .collect();
    // Options of OpenSSL leave certificates out, and it doesn't say what the password was: of a listing neither is told.
    let findings = report.findings.iter().map(|finding| finding.rule.to_string());
    shown.extend(findings.filter(|rule| !["pfx-leaf-missing", "pfx-empty-vs-null-password"].contains(&rule.as_str())));
    shown
}

#[test]
fn a_listing_says_what_the_file_says() {
    if Command::new("openssl").arg("version").output().is_err() {
        println!("skipped: no openssl");
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/pfx");
    let mut compared = Vec::new();
    for folder in std::fs::read_dir(root).expect("the corpus").map(|entry| entry.expect("an entry").path()) {
        let file = folder.join("file.pfx");
        let Ok(case) = std::fs::read_to_string(folder.join("case.toml")) else { continue };
        let case: toml::Table = case.parse().expect("a case");
        let password = case.get("password").and_then(toml::Value::as_str).unwrap_or_default();
        let list = |legacy: &[&str]| {
            let mut openssl = Command::new("openssl");
            openssl.args(["pkcs12", "-info", "-nodes", "-passin", &format!("pass:{password}"), "-in"]).arg(&file);
            let output = openssl.args(legacy).output().expect("openssl runs");
            output.status.success().then(|| [output.stderr, output.stdout].concat())
        };
        let Some(listing) = list(&[]).or_else(|| list(&["-legacy"])) else { continue };
        let words = String::from_utf8_lossy(&listing);
        let of_windows = ["Microsoft CSP Name", "Microsoft Local Key set", "X509v3 Key Usage"];
        if !of_windows.iter().any(|attribute| words.contains(attribute)) {
            continue;
        }
        let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
        let own = shown(&report("file.pfx", &std::fs::read(&file).expect("the file"), password));
        assert!(!own.is_empty(), "{name}");
        assert_eq!(shown(&report("listing.txt", &listing, password)), own, "{name}\n{words}");
        compared.push(name);
    }
    assert!(compared.len() >= 5, "{compared:?}");
}
