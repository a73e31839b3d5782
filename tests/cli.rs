//! The program as a user runs it.
#![allow(clippy::unwrap_used)]

use assert_cmd::Command;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The dump of an IIS server's certificate whose CSP key can only sign: the lines as `certutil -v -store my` of Windows
/// Server 2008 prints them.
const BROKEN: &str = "\
C:\\Windows\\system32>certutil -v -store my 32b5398ed3c9c6f1a350bcd4b514ebb5a45d1fc6
my
================ Certificate 0 ================
X509 Certificate:
Version: 3
Serial Number: 1b5ae1ab000000000012
Issuer:
    CN=Contoso Issuing CA

NotBefore: 4/22/2027 10:00 AM
NotAfter: 4/22/2029 10:00 AM

Subject:
    CN=www.contoso.com

Certificate Extensions: 2
    2.5.29.15: Flags = 1(Critical), Length = 4
    Key Usage
        Digital Signature, Key Encipherment (a0)

    2.5.29.37: Flags = 0, Length = c
    Enhanced Key Usage
        Server Authentication (1.3.6.1.5.5.7.3.1)

Non-root Certificate
Cert Hash(sha1): 32 b5 39 8e d3 c9 c6 f1 a3 50 bc d4 b5 14 eb b5 a4 5d 1f c6

  CERT_KEY_PROV_INFO_PROP_ID(2):
    Key Container = {00F81886-5F70-430A-939C-BB7DD58ECE2A}
  Unique container name: 99247943bd018ca78ef945b82652598d_3ade29bb-f050-41f3-b0db-f2b69957a1d7
    Provider = Microsoft Strong Cryptographic Provider
    ProviderType = 1
  Flags = 20
    KeySpec = 2 -- AT_SIGNATURE

  CERT_SHA1_HASH_PROP_ID(3):
    32 b5 39 8e d3 c9 c6 f1 a3 50 bc d4 b5 14 eb b5 a4 5d 1f c6

Signature test passed
CertUtil: -store command completed successfully.
";

/// The same certificate with a CNG key.
fn healthy() -> String {
    BROKEN
        .replace("Microsoft Strong Cryptographic Provider", "Microsoft Software Key Storage Provider")
        .replace("ProviderType = 1", "ProviderType = 0")
        .replace("KeySpec = 2 -- AT_SIGNATURE", "KeySpec = 0 -- XCN_AT_NONE")
        .replace("Signature test passed", "Encryption test passed")
}

const AT: &str = "2028-01-01T00:00:00Z";

fn keyspect() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keyspect"));
    for name in ["LC_ALL", "LC_CTYPE", "LANG", "NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR"] {
        command.env_remove(name);
    }
    command
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    dir
}

fn run(command: &mut Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

fn in_folder(dir: &Path, arguments: &[&str]) -> (i32, String, String) {
    run(keyspect().current_dir(dir).args(arguments))
}

#[test]
fn a_key_that_can_only_sign() {
    let dir = folder(&[("dump.txt", BROKEN)]);
    let (status, out, err) = in_folder(dir.path(), &["dump.txt", "--at", AT]);
    assert_eq!((status, err.as_str()), (1, ""));
    for expected in [
        "✗ www.contoso.com  fails on IIS",
        "error[keyspec-signature-on-csp]",
        "dump.txt:34:5",
        "KeySpec = 2 -- AT_SIGNATURE",
        "certutil -f -p <password> -importpfx my key.pfx AT_KEYEXCHANGE",
        "certutil -v -store my 32b5398ed3c9c6f1a350bcd4b514ebb5a45d1fc6",
        "name fits the container (CryptoAPI)",
    ] {
        assert!(out.contains(expected), "{expected}\n{out}");
    }
    assert!(!out.contains('\u{1b}'));
}

#[test]
fn check_is_what_happens_without_a_command() {
    let dir = folder(&[("dump.txt", BROKEN), ("check", BROKEN)]);
    let bare = in_folder(dir.path(), &["dump.txt", "--at", AT]);
    assert_eq!(in_folder(dir.path(), &["check", "dump.txt", "--at", AT]), bare);
    assert_eq!(in_folder(dir.path(), &["./check", "--at", AT]).0, 1);
}

#[test]
fn a_healthy_key_is_no_finding() {
    let dir = folder(&[("dump.txt", &healthy())]);
    let (status, out, _) = in_folder(dir.path(), &["dump.txt", "--at", AT]);
    assert_eq!(status, 0, "{out}");
    assert!(out.contains("✓ www.contoso.com  works on IIS"), "{out}");
    assert!(!out.contains("error["));
}

#[test]
fn standard_input() {
    let (status, out, _) = run(keyspect().args(["-", "--format", "short"]).write_stdin(BROKEN));
    assert_eq!(status, 1);
    assert!(out.starts_with("-:34:5: error[keyspec-signature-on-csp] www.contoso.com (32b5398e): "), "{out}");
}

#[test]
fn the_forms_of_the_report() {
    let dir = folder(&[("dump.txt", BROKEN)]);
    let (_, out, _) = in_folder(dir.path(), &["dump.txt", "--format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(value["findings"][0]["rule"], "keyspec-signature-on-csp");
    assert_eq!(value["findings"][0]["evidence"][0]["line"], 34);
    assert_eq!(value["credentials"][0]["key"]["key_spec"]["value"], 2);
    let schema = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/report.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    assert!(validator.is_valid(&value));

    let (status, out, _) = in_folder(dir.path(), &["dump.txt", "--format", "jsonl"]);
    assert_eq!(status, 1);
    let lines: Vec<serde_json::Value> = out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert!(lines.iter().all(|l| validator.is_valid(l)));
    assert_eq!(lines.last().unwrap()["type"], "summary");
    assert_eq!(lines.iter().filter(|l| l["type"] == "summary").count(), 1);
    assert!(lines.iter().any(|l| l["type"] == "finding" && l["rule"] == "keyspec-signature-on-csp"));

    let (_, out, _) = in_folder(dir.path(), &["dump.txt", "--format", "summary"]);
    assert!(out.contains("1  error[keyspec-signature-on-csp]"), "{out}");

    let (status, out, _) = in_folder(dir.path(), &["inspect", "dump.txt"]);
    assert_eq!(status, 0);
    assert!(out.contains("key spec: 2 AT_SIGNATURE (stated)") && !out.contains("fails"), "{out}");
    let (_, out, _) = in_folder(dir.path(), &["inspect", "dump.txt", "--format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert!(value["credentials"][0].get("verdicts").is_none());
}

#[test]
fn other_workloads() {
    let dir = folder(&[("dump.txt", BROKEN)]);
    let (_, out, _) = in_folder(dir.path(), &["dump.txt", "--for", "sql-server:2019", "--for", "iis", "--at", AT]);
    assert!(out.contains("SQL Server 2019") && out.contains("IIS"), "{out}");
    let (status, _, err) = in_folder(dir.path(), &["dump.txt", "--for", "sql-sever"]);
    assert_eq!(status, 2);
    assert!(err.contains("did you mean `sql-server`?") && err.contains("rd-gateway"), "{err}");
}

#[test]
fn the_exit_status() {
    let dir =
        folder(&[("good.txt", &healthy()), ("bad.txt", BROKEN), ("other.txt", "a shopping list\n"), ("empty", "")]);
    let status = |arguments: &[&str]| in_folder(dir.path(), arguments).0;
    assert_eq!(status(&["good.txt", "--at", AT]), 0);
    assert_eq!(status(&["bad.txt", "--at", AT]), 1);
    assert_eq!(status(&["bad.txt", "--at", AT, "--fail-on", "never"]), 0);
    assert_eq!(status(&[]), 2);
    assert_eq!(status(&["--no-such-option", "bad.txt"]), 2);
    assert_eq!(status(&["other.txt"]), 3);
    assert_eq!(status(&["empty"]), 3);
    assert_eq!(status(&["no-such-file"]), 3);
    assert_eq!(status(&["bad.txt", "other.txt", "--at", AT]), 1);
    assert_eq!(status(&["bad.txt", "other.txt", "--at", AT, "--strict"]), 3);
    std::fs::create_dir(dir.path().join("nothing")).unwrap();
    let (code, out, _) = in_folder(dir.path(), &["nothing"]);
    assert_eq!(code, 3);
    assert!(out.contains("no file was found"), "{out}");
    assert_eq!(status(&["inspect", "bad.txt"]), 0);
    assert_eq!(status(&["inspect", "other.txt"]), 3);
    assert_eq!(status(&["--help"]), 0);
    assert_eq!(status(&["--version"]), 0);
}

#[test]
fn one_bad_input_hides_nothing() {
    let dir = folder(&[("bad.txt", BROKEN), ("empty", ""), ("other.txt", "a shopping list\n")]);
    let (status, out, _) = in_folder(dir.path(), &["no-such-file", "other.txt", "empty", "bad.txt", "--at", AT]);
    assert_eq!(status, 1);
    for expected in
        ["no-such-file: could not be read", "other.txt", "empty", "error[keyspec-signature-on-csp]", "keyspect reads"]
    {
        assert!(out.contains(expected), "{expected}\n{out}");
    }
    assert!(out.contains("3 inputs not read."), "{out}");
}

#[test]
fn words_for_wrong_usage() {
    let (status, _, err) = run(keyspect().write_stdin(""));
    assert_eq!(status, 2);
    assert!(err.contains("`-`"), "{err}");
    let (status, _, err) = run(keyspect().arg("0x80070520"));
    assert_eq!(status, 3);
    assert!(err.contains("keyspect explain 0x80070520"), "{err}");
    let (_, _, err) = run(keyspect().arg("explian"));
    assert!(err.contains("did you mean `keyspect explain`?"), "{err}");
    let (status, _, err) = run(keyspect().args(["x", "--at", "yesterday"]));
    assert_eq!(status, 2);
    assert!(err.contains("RFC 3339"), "{err}");
    assert_eq!(run(keyspect().args(["x", "--windows", "2009"])).0, 2);
    assert_eq!(run(keyspect().args(["x", "--encoding", "klingon"])).0, 2);
    assert_eq!(run(keyspect().args(["x", "--verbose", "--quiet"])).0, 2);
}

/// The text alone counts what is like others; every other form, and the text beside one, holds each credential.
#[test]
fn of_ten_thousand_that_are_alike_the_text_tells_the_first() {
    let block = |i: usize| {
        format!(
            "================ Certificate {i} ================\nSerial Number: {:016x}\nSubject: CN=host{i}.contoso.com\n\
             Non-root Certificate\nCert Hash(sha1): {:040x}\n  Provider = Microsoft Strong Cryptographic Provider\n  \
             KeySpec = 2 -- AT_SIGNATURE\nSignature test passed\n",
            i + 1,
            i + 1
        )
    };
    let log =
        format!("my\n{}CertUtil: -store command completed successfully.\n", (0..10_000).map(block).collect::<String>());
    let dir = folder(&[("a.txt", &log)]);
    let (status, text, _) = in_folder(dir.path(), &["a.txt"]);
    assert_eq!(status, 1);
    assert!(text.contains("10000 credentials\n") && text.contains("\n10000 errors."), "{text}");
    assert!(text.contains("host0.contoso.com") && text.contains("5000 times keyspec-signature-on-csp"), "{text}");
    assert!(text.contains("5000 credentials like others of this report: only counted"), "{text}");
    let (status, text, _) = in_folder(dir.path(), &["a.txt", "--output", "text=-", "--output", "json=a.json"]);
    assert_eq!(status, 1);
    assert!(text.contains("The same with 9999 other credentials") && !text.contains("only counted"), "{text}");
    let json: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(dir.path().join("a.json")).unwrap()).unwrap();
    assert_eq!(json["credentials"].as_array().unwrap().len(), 10_000);
    assert_eq!(json["findings"].as_array().unwrap().len(), 10_000);
    assert_eq!(json["inputs"][0]["status"], "analyzed");
}

#[test]
fn colours() {
    let dir = folder(&[("dump.txt", BROKEN)]);
    let shown = |command: &mut Command| run(command.current_dir(dir.path()).args(["dump.txt", "--at", AT])).1;
    let plain = shown(&mut keyspect());
    assert!(!plain.contains('\u{1b}'));
    assert!(shown(keyspect().args(["--color", "always"])).contains('\u{1b}'));
    assert!(shown(keyspect().env("CLICOLOR_FORCE", "1")).contains('\u{1b}'));
    assert_eq!(shown(keyspect().env("NO_COLOR", "1")), plain);
    assert_eq!(shown(keyspect().args(["--color", "never"]).env("CLICOLOR_FORCE", "1")), plain);
    assert!(shown(keyspect().arg("--ascii")).is_ascii());
    assert!(shown(keyspect().env("LC_ALL", "C")).is_ascii());
}

#[test]
fn into_a_file() {
    let dir = folder(&[("dump.txt", BROKEN)]);
    let (status, out, _) = in_folder(dir.path(), &["dump.txt", "--format", "json", "--output", "report.json"]);
    assert_eq!((status, out.as_str()), (1, ""));
    let text = std::fs::read_to_string(dir.path().join("report.json")).unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
    let names: Vec<PathBuf> = std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    let (status, _, err) = in_folder(dir.path(), &["dump.txt", "--output", "no/such/folder/report.json"]);
    assert_eq!(status, 2);
    assert!(err.contains("can't be written"), "{err}");
    let (status, out, _) = in_folder(dir.path(), &["dump.txt", "--format", "short", "--output", "-"]);
    assert_eq!(status, 1);
    assert!(out.starts_with("dump.txt:34:5"));
}

#[cfg(unix)]
#[test]
fn into_a_link_and_a_device() {
    use std::os::unix::fs::{FileTypeExt as _, symlink};
    let dir = folder(&[("dump.txt", BROKEN), ("real.txt", "")]);
    symlink("real.txt", dir.path().join("link.txt")).unwrap();
    let (status, ..) = in_folder(dir.path(), &["dump.txt", "--format", "short", "--output", "link.txt"]);
    assert_eq!(status, 1);
    assert!(dir.path().join("link.txt").is_symlink());
    assert!(std::fs::read_to_string(dir.path().join("real.txt")).unwrap().starts_with("dump.txt:34:5"));
    // A link to a device, so that a fault in the program can't replace the device itself.
    symlink("/dev/null", dir.path().join("null")).unwrap();
    assert_eq!(in_folder(dir.path(), &["dump.txt", "--output", "null"]).0, 1);
    assert!(std::fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    let (status, _, err) = in_folder(dir.path(), &["dump.txt", "--output", "."]);
    assert_eq!(status, 2);
    assert!(err.contains("directory"), "{err}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    use std::process::{Command, Stdio};
    let dir = folder(&[("dump.txt", BROKEN)]);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_keyspect"))
        .current_dir(dir.path())
        .arg("dump.txt")
        .stdout(Stdio::from(full))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&output.stderr).contains("could not be written"));
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_ends_quietly() {
    use std::process::{Command, Stdio};
    let dir = folder(&[("dump.txt", BROKEN)]);
    for format in ["text", "json", "jsonl", "short", "summary"] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_keyspect"))
            .current_dir(dir.path())
            .args(["dump.txt", "--format", format])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 1)), "{format}: {:?}", output.status);
        assert!(output.stderr.is_empty(), "{format}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn hidden_characters_of_an_artifact_never_reach_the_terminal() {
    let dump = BROKEN.replace("CN=www.contoso.com", "CN=www\u{202e}\u{1b}[2Jmoc.example");
    let dir = folder(&[("dump.txt", &dump)]);
    for format in ["text", "short", "summary"] {
        let (_, out, _) = in_folder(dir.path(), &["dump.txt", "-v", "--at", AT, "--format", format]);
        assert!(!out.contains(['\u{202e}', '\u{1b}']), "{format}: {out}");
    }
    let (_, out, _) = in_folder(dir.path(), &["inspect", "dump.txt"]);
    assert!(!out.contains(['\u{202e}', '\u{1b}']));
}

#[test]
fn explain_and_rules_work_offline() {
    let (status, out, _) = run(keyspect().args(["explain", "0x80070520"]));
    assert_eq!(status, 0);
    assert!(out.contains("ERROR_NO_SUCH_LOGON_SESSION") && out.contains("Shown by:"), "{out}");
    assert!(run(keyspect().args(["explain", "-2147023584"])).1.contains("0x80070520"));
    assert!(run(keyspect().args(["explain", "Key", "Container"])).1.contains("Key Container"));
    let (_, out, _) = run(keyspect().args(["explain", "--format", "markdown", "keyspec-signature-on-csp"]));
    assert!(out.starts_with("# keyspec-signature-on-csp"));
    let (status, out, err) = run(keyspect().args(["explain", "keyspec-signature-on-scp"]));
    assert_eq!((status, out.as_str()), (2, ""));
    assert!(err.contains("did you mean `keyspec-signature-on-csp`, `inf-keyspec-signature-tls`?"), "{err}");

    let (status, out, _) = run(keyspect().arg("rules"));
    assert_eq!(status, 0);
    assert!(out.lines().any(|l| l.starts_with("keyspec-signature-on-csp") && l.contains("error")), "{out}");
    let (_, out, _) = run(keyspect().args(["rules", "--format", "json"]));
    let value: serde_json::Value = serde_json::from_str(&out).unwrap();
    let rules = value["rules"].as_array().unwrap();
    let names: std::collections::BTreeSet<_> = keyspect::rules::RULES.iter().map(|r| r.meta().name).collect();
    assert_eq!(rules.len(), names.len());
    assert!(rules.iter().all(|r| !r["sources"].as_array().unwrap().is_empty()));
    assert!(rules.iter().all(|r| r["severity"].is_null() == (r["kind"] == "suppressor")));
}

fn report(dir: &Path, arguments: &[&str]) -> serde_json::Value {
    let (_, out, _) = in_folder(dir, &[arguments, &["--no-config", "--at", AT, "-f", "json"]].concat());
    serde_json::from_str(&out).unwrap()
}

fn corpus(case: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(case)
}

/// A baseline with the one does not hide the other; the one in the store My has the fingerprint that it has alone.
#[test]
fn copies_in_two_stores_have_two_fingerprints() {
    let copy = BROKEN.replacen("my", "WebHosting", 2);
    let dir = folder(&[("1.txt", BROKEN), ("2.txt", &copy)]);
    let prints = |files: &[&str]| -> std::collections::BTreeSet<String> {
        let report = report(dir.path(), files);
        let own = report["findings"].as_array().unwrap().iter().filter(|f| f["rule"] == "keyspec-signature-on-csp");
        own.map(|f| f["fingerprint"].as_str().unwrap().to_owned()).collect()
    };
    let (both, one) = (prints(&["1.txt", "2.txt"]), prints(&["1.txt"]));
    assert_eq!((both.len(), one.len()), (2, 1));
    assert!(both.is_superset(&one));
}

/// Longer than what its kind is told by, and short enough to be read ahead.
#[test]
fn a_longer_text_is_as_long_as_it_is() {
    let text = format!("{BROKEN}{}", "a line of the ticket\n".repeat(5_000));
    let dir = folder(&[("1.txt", &text)]);
    assert_eq!(report(dir.path(), &["1.txt"])["inputs"][0]["bytes"], text.len());
}

#[test]
fn a_locked_file_of_which_nothing_is_known_is_not_said_to_work() {
    let (status, out, _) = in_folder(&corpus("pfx/software-ksp"), &["file.pfx", "--no-config", "--at", AT]);
    assert_eq!(status, 0);
    assert!(out.contains("? a private key whose certificate is locked  not decided for IIS"), "{out}");
    // What is known to be right still works.
    let dir = folder(&[("dump.txt", &healthy())]);
    let (_, out, _) = in_folder(dir.path(), &["dump.txt", "--at", AT]);
    assert!(out.contains("works on IIS"), "{out}");
}

/// What the whole case says of a certificate goes before what its own lines suggest.
#[test]
fn no_check_passes_and_fails() {
    for case in ["cases/pfx-import-not-persisted-listed", "cases/ku-digital-signature-only-rsa-kx-fails"] {
        let report = report(&corpus(case), &["."]);
        let checks = report["checks"].as_array().unwrap();
        let with = |outcome: &str| -> std::collections::BTreeSet<(String, String)> {
            let own = checks.iter().filter(|c| c["outcome"] == outcome && !c["credential"].is_null());
            own.map(|c| (c["rule"].to_string(), c["credential"].to_string())).collect()
        };
        assert!(with("pass").is_disjoint(&with("fail")), "{case}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_in_a_folder_is_named() {
    let dir = folder(&[("dump.txt", BROKEN)]);
    std::fs::create_dir(dir.path().join("ticket")).unwrap();
    std::os::unix::fs::symlink("../dump.txt", dir.path().join("ticket/dump.txt")).unwrap();
    let (status, out, _) = in_folder(dir.path(), &["ticket", "--at", AT]);
    assert_eq!(status, 3);
    assert!(out.contains("ticket/dump.txt") && out.contains("symbolic link"), "{out}");
}

#[test]
fn a_short_report_tells_what_is_set_aside() {
    let dir = folder(&[("dump.txt", BROKEN)]);
    in_folder(dir.path(), &["dump.txt", "--at", AT, "--write-baseline", "base.json"]);
    let (status, out, _) = in_folder(dir.path(), &["dump.txt", "--at", AT, "-f", "short", "--baseline", "base.json"]);
    assert_eq!(status, 0);
    assert!(out.contains("hidden, see --show-known."), "{out}");
}

#[cfg(feature = "decrypt")]
#[test]
fn passwords_of_pfx_files() {
    let pfx = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/pfx/openssl-default/file.pfx");
    let dir = folder(&[("password", "corpus-Password1\n"), ("list", "wrong\n*.pfx=corpus-Password1\n")]);
    let status = |arguments: &[&str]| {
        let mut command = keyspect();
        command.current_dir(dir.path()).arg("inspect").arg(pfx).args(["--format", "json"]).args(arguments);
        let (_, out, err) = run(command.env("KEYSPECT_TEST_PASSWORD", "corpus-Password1"));
        assert!(!out.contains("corpus-Password1") && !err.contains("corpus-Password1"));
        let value: serde_json::Value = serde_json::from_str(&out).unwrap();
        value["inputs"][0]["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(status(&[]), "locked");
    assert_eq!(status(&["--passin", "env:KEYSPECT_TEST_PASSWORD"]), "analyzed");
    assert_eq!(status(&["--passin", "file:password"]), "analyzed");
    assert_eq!(status(&["--passwords", "list"]), "analyzed");
    let (code, _, err) = run(keyspect().args([pfx, "--passin", "env:KEYSPECT_NO_SUCH_VARIABLE"]));
    assert_eq!(code, 2);
    assert!(err.contains("KEYSPECT_NO_SUCH_VARIABLE"), "{err}");
    let (code, _, err) = run(keyspect().args(["-", "--passin", "stdin"]).write_stdin(""));
    assert_eq!(code, 2);
    assert!(err.contains("standard input is an artifact already"), "{err}");
}

/// With `--output *.txt` a shell makes the first artifact the output.
#[test]
fn outputs_replace_no_artifact() {
    let dir = folder(&[("a.txt", BROKEN), ("b.txt", &healthy()), ("empty", "")]);
    let kept = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
    for arguments in [
        &["-o", "a.txt", "b.txt"][..],
        &["-o", "a.txt", "a.txt"],
        &["-o", "markdown=a.txt", "-o", "json=r.json", "b.txt"],
        &["inspect", "a.txt", "-o", "./a.txt"],
        &["collect", "a.txt", "-o", "a.txt"],
        &["b.txt", "--write-baseline", "b.txt"],
    ] {
        let (status, out, err) = in_folder(dir.path(), arguments);
        assert_eq!((status, out.lines().count() > 30), (2, false), "{arguments:?}: {err}");
        assert!(err.contains("a.txt") || err.contains("b.txt"), "{err}");
        assert_eq!((kept("a.txt").as_str(), kept("b.txt")), (BROKEN, healthy()), "{arguments:?}");
        assert!(!dir.path().join("r.json").exists());
    }
    // A report gives way to a later one, in whatever form.
    let formats = ["text", "short", "summary", "json", "jsonl", "csv", "html", "markdown", "sarif", "junit", "text"];
    for (quiet, format) in [false, true].into_iter().flat_map(|quiet| formats.map(|format| (quiet, format))) {
        let more: &[&str] = if quiet { &["-q"] } else { &[] };
        let arguments = [&["a.txt", "--at", AT, "-f", format, "-o", "r"], more].concat();
        assert_eq!(in_folder(dir.path(), &arguments).0, 1, "{format}");
    }
    // So does what is no artifact.
    std::fs::write(dir.path().join("r"), "notes about a certificate\n").unwrap();
    assert_eq!(in_folder(dir.path(), &["a.txt", "--at", AT, "-o", "r"]).0, 1);
    assert_eq!(in_folder(dir.path(), &["a.txt", "--at", AT, "-o", "empty"]).0, 1);
}

#[test]
fn collect_names_what_it_could_not_read() {
    let dir = folder(&[("a.txt", BROKEN)]);
    let (status, out, err) = in_folder(dir.path(), &["collect", "nope.txt"]);
    assert_eq!((status, out.is_empty()), (3, false));
    assert!(err.contains("nope.txt"), "{err}");
    assert_eq!(in_folder(dir.path(), &["collect", "nope.txt", "a.txt"]).0, 0);
    assert_eq!(in_folder(dir.path(), &["collect", "--strict", "nope.txt", "a.txt"]).0, 3);
    assert_eq!(in_folder(dir.path(), &["collect", "a.txt"]).0, 0);
}

/// A name may hold what a terminal obeys (U+009B begins a control sequence) or what turns the direction of text.
#[test]
fn json_shows_no_hidden_character_as_it_is() {
    let dir = folder(&[("a.txt", &BROKEN.replace("CN=www.contoso.com", "CN=www\u{9b}31m\u{202e}.contoso.com"))]);
    for format in ["json", "jsonl", "sarif"] {
        let (_, out, _) = in_folder(dir.path(), &["a.txt", "--at", AT, "-f", format]);
        assert!(!out.contains(['\u{9b}', '\u{202e}']), "{format}");
        assert!(out.contains("www\\u009b31m\\u202e.contoso.com") || format == "sarif", "{format}");
    }
    let (_, out, _) = in_folder(dir.path(), &["a.txt", "--at", AT, "-f", "json"]);
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["credentials"][0]["certificate"]["subject"], "CN=www\u{9b}31m\u{202e}.contoso.com");
}
