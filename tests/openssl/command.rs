//! Runs openssl, and reads the shapes of its output that several tests need.

use super::bytes::der_value;
use std::io::Write;
use std::process::{Command, Stdio};

/// What one call of openssl answered.
pub struct Answer {
    pub ok: bool,
    pub out: String,
    pub err: String,
}

/// Runs openssl over some bytes. The password is handed over in the environment.
pub fn openssl(arguments: &[&str], input: &[u8], password: &str) -> Answer {
    let mut child = Command::new("openssl")
        .args(arguments)
        .env("KEYSPECT_TEST_PASSWORD", password)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // openssl may end before it has read everything.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    Answer {
        ok: output.status.success(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Whether there is an openssl of generation 3, whose output the tests read.
pub fn there() -> bool {
    let version = Command::new("openssl").arg("version").output();
    let found = version.is_ok_and(|output| output.stdout.starts_with(b"OpenSSL 3."));
    if !found {
        eprintln!("skipped: there is no openssl 3");
    }
    found
}

/// The PEM blocks of a text: label, and the whole block.
pub fn pem_blocks(text: &str) -> Vec<(&str, &str)> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("-----BEGIN ") {
        let label = rest[start + 11..].split("-----").next().unwrap();
        let last = format!("-----END {label}-----");
        let Some(end) = rest[start..].find(&last) else { break };
        let end = start + end + last.len();
        blocks.push((label, &rest[start..end]));
        rest = &rest[end..];
    }
    blocks
}

/// The content of the subjectPublicKey BIT STRING: the last value of a SubjectPublicKeyInfo in DER, after its count of unused
/// bits.
pub fn subject_public_key(info: &[u8]) -> Option<&[u8]> {
    let (_, fields, _) = der_value(info)?;
    let (_, _, after) = der_value(fields)?;
    let (_, bits, _) = der_value(after)?;
    bits.get(1..)
}

/// Bytes as openssl prints them: pairs of digits with colons or blanks between them.
pub fn plain_hex(text: &str) -> String {
    text.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_ascii_lowercase()
}
