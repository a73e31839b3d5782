//! Certificates and requests that openssl makes for a test.
#![allow(unreachable_pub, clippy::expect_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

/// Makes one with a new key, in a folder that is there: `what` is `-x509` with its options, or nothing for a request; `key` is
/// what `-newkey` takes and the options of the key.
pub fn made(folder: &Path, name: &str, what: &[&str], key: &str, subject: &str, extensions: &[&str]) -> PathBuf {
    let file = folder.join(name);
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-new", "-utf8", "-nodes", "-newkey"]).args(key.split(' ')).args(["-subj", subject]);
    openssl.args(what).args(extensions.iter().flat_map(|extension| ["-addext", extension]));
    openssl.arg("-out").arg(&file).arg("-keyout").arg(folder.join("key.pem"));
    let output = openssl.output().expect("openssl runs");
    assert!(output.status.success(), "{subject}: {}", String::from_utf8_lossy(&output.stderr));
    file
}
