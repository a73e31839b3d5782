//! PFX files on the command line: passwords by every way, and nothing secret in any output.
#![cfg(all(feature = "cli", feature = "decrypt"))]
#![allow(clippy::unwrap_used, clippy::panic)]

mod bytes;

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use bytes::base64;
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/pfx")
}

fn file(case: &str) -> PathBuf {
    folder().join(case).join("file.pfx")
}

fn keyspect() -> Command {
    let mut command = Command::cargo_bin("keyspect").unwrap();
    command.env_clear();
    command
}

fn json(command: &mut Command) -> Value {
    let output = command.args(["--format", "json"]).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

fn word(report: &Value) -> &str {
    report["inputs"][0]["details"]["password"].as_str().unwrap()
}

const PASSWORD: &str = "corpus-Password1";

#[test]
fn every_way_to_give_a_password() {
    let temporary = tempfile::tempdir().unwrap();
    let path = temporary.path().join("password");
    std::fs::write(&path, format!("{PASSWORD}\n")).unwrap();
    let list = temporary.path().join("list");
    std::fs::write(&list, format!("other\nfile*.pfx={PASSWORD}\n")).unwrap();
    let pfx = file("openssl-legacy");
    let from_file = format!("file:{}", path.display());
    assert_eq!(word(&json(keyspect().args(["--passin", &from_file]).arg(&pfx))), "given");
    assert_eq!(word(&json(keyspect().args(["--passin", "env:PW"]).env("PW", PASSWORD).arg(&pfx))), "given");
    assert_eq!(word(&json(keyspect().args(["--passin", "stdin"]).write_stdin(PASSWORD).arg(&pfx))), "given");
    assert_eq!(word(&json(keyspect().arg("--passwords").arg(&list).arg(&pfx))), "given");
    assert_eq!(word(&json(keyspect().args(["--passin", "env:PW"]).env("PW", "wrong").arg(&pfx))), "wrong");
    assert_eq!(word(&json(keyspect().arg(&pfx))), "missing");
    assert_eq!(word(&json(keyspect().arg(file("empty-password")))), "empty");
    assert_eq!(word(&json(keyspect().arg(file("null-password")))), "null");
    let output = keyspect().args(["--passin", &format!("pass:{PASSWORD}")]).arg(&pfx).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("shell's history"));
}

#[test]
fn what_is_wrong_with_a_source_is_said_without_it() {
    for source in ["secret-word", "secret-word:x", "fd:secret-word"] {
        let output = keyspect().args(["--passin", source]).arg(file("openssl-legacy")).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(!String::from_utf8_lossy(&output.stderr).contains("secret-word"), "{source}");
    }
    let output = keyspect().args(["--passin", "stdin", "-"]).write_stdin("x").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn the_exit_status_follows_the_prediction() {
    let status = |case: &str, more: &[&str]| {
        let mut command = keyspect();
        command.args(["--passin", "env:PW"]).env("PW", PASSWORD).args(more).arg(file(case));
        command.output().unwrap().status.code().unwrap()
    };
    assert_eq!(status("strong-csp-keysig", &[]), 1);
    assert_eq!(status("windows-like", &[]), 0);
    assert_eq!(status("openssl-default", &[]), 0);
    assert_eq!(status("openssl-default", &["--windows", "2016"]), 1);
    assert_eq!(status("strong-csp-keysig", &["--for", "code-signing"]), 0);
}

/// Every password and every private number of the corpus, as text, hexadecimal and Base64, in every form of output.
#[test]
fn nothing_secret_is_in_any_output() {
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_dir() {
            continue;
        }
        let case: toml::Table = std::fs::read_to_string(path.join("case.toml")).unwrap().parse().unwrap();
        let password = case["password"].as_str().unwrap();
        let bytes = std::fs::read(path.join("file.pfx")).unwrap();
        let mut secrets: Vec<Vec<u8>> = Vec::new();
        if !password.is_empty() {
            secrets.push(password.as_bytes().to_vec());
        }
        if let Ok(archive) = p12_keystore::Pkcs12Archive::from_pkcs12(&bytes, password) {
            for key in archive.keys {
                // The private numbers: of Ed25519 and EC at the places that OpenSSL's encodings give them, of RSA near
                // the end, with the key's attributes behind them at most.
                let der = key.key.as_der();
                let private = match der.len() {
                    0..60 => &der[16..48],
                    60..300 => &der[36..68],
                    length => &der[length - 96..length - 64],
                };
                for text in [hex(private), base64(&private[..30])] {
                    secrets.push(text.as_bytes()[4..text.len() - 4].to_vec());
                }
            }
        }
        let runs: [&[&str]; 6] = [
            &["--verbose"],
            &["--format", "json"],
            &["--format", "jsonl", "--all-checks"],
            &["--format", "short"],
            &["--format", "summary"],
            &["inspect"],
        ];
        for arguments in runs {
            let mut command = keyspect();
            command.args(arguments).args(["--passin", "env:PW"]).env("PW", password).arg(path.join("file.pfx"));
            let output = command.output().unwrap();
            assert!(output.status.code().unwrap() < 2, "{} {arguments:?}", path.display());
            for secret in &secrets {
                for stream in [&output.stdout, &output.stderr] {
                    let found = stream.windows(secret.len()).any(|window| window.eq_ignore_ascii_case(secret));
                    assert!(!found, "{} {arguments:?}", path.display());
                }
            }
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
