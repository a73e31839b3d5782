//! The scripts that gather artifacts: a grammar reads them, they only read, and they ask for what keyspect can read.
#![allow(clippy::unwrap_used, missing_docs)]

use assert_cmd::Command;
use std::fs;

fn script(arguments: &[&str]) -> String {
    let output = Command::cargo_bin("keyspect").unwrap().arg("collect").args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The places that the grammar could not read.
fn errors(source: &str) -> Vec<String> {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_powershell::LANGUAGE.into()).unwrap();
    let tree = parser.parse(source, None).unwrap();
    let mut out = Vec::new();
    let mut nodes = vec![tree.root_node()];
    while let Some(node) = nodes.pop() {
        if node.is_error() || node.is_missing() {
            out.push(format!("line {}: {}", node.start_position().row + 1, &source[node.byte_range()]));
        }
        let mut cursor = node.walk();
        nodes.extend(node.children(&mut cursor));
    }
    out
}

#[test]
fn the_grammar_finds_what_is_wrong() {
    assert!(!errors("if ($x) { Write-Output 'a' ").is_empty());
    assert!(errors("Write-Output 'a'\n").is_empty());
}

#[test]
fn the_powershell_script_is_powershell() {
    for workload in ["iis", "rdp", "sql-server", "all"] {
        let script = script(&["--shell", "powershell", "--for", workload]);
        assert_eq!(errors(&script), Vec::<String>::new(), "{workload}");
        assert!(script.contains("have not run this script on Windows"));
        assert!(script.contains("'certutil' '-v' '-store' 'my'"));
    }
}

#[test]
fn the_batch_file_has_windows_lines_and_quotes_what_needs_it() {
    let script = script(&["--for", "all"]);
    assert!(script.lines().count() > 40 && script.split('\n').all(|l| l.is_empty() || l.ends_with('\r')));
    assert!(script.contains("certutil -v -store \"Remote Desktop\" > \"%OUT%\\store-remote-desktop.txt\" 2>&1\r\n"));
    assert!(script.contains("icacls \"%ProgramData%\\Microsoft\\Crypto\\RSA\\MachineKeys\" /t /c > "));
    assert!(
        script.contains("wevtutil qe System \"/q:*[System[Provider[@Name='Schannel']]]\" /c:200 /rd:true /f:xml > ")
    );
    assert!(script.contains("have not run this script on Windows"));
    // An odd number of quotes would join a redirection to a path.
    for line in script.lines().filter(|l| l.contains("%OUT%")) {
        assert_eq!(line.matches('"').count() % 2, 0, "{line}");
    }
}

#[test]
fn only_what_is_missing_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let log = "C:\\Windows\\system32>certutil -v -store my\nmy \"Personal\"\n================ Certificate 0 ================\n\
               Serial Number: 0a1b\nIssuer: CN=Contoso CA\nSubject: CN=www.contoso.com\n\
               Cert Hash(sha1): 32b5398ed3c9c6f1a350bcd4b514ebb5a45d1fc6\n  Key Container = x\n  Provider = Microsoft \
               Strong Cryptographic Provider\nEncryption test passed\nCertUtil: -store command completed successfully.\n";
    fs::write(folder.path().join("store.txt"), log).unwrap();
    let all = script(&["--for", "iis"]);
    assert!(all.contains("certutil -v -store my "));
    let rest = script(&["--for", "iis", folder.path().to_str().unwrap()]);
    assert!(!rest.contains("certutil -v -store my "), "{rest}");
    assert!(rest.contains("netsh http show sslcert"));
}
