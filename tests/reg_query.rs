//! What `reg query` prints of a certificate's registry key, against the registry export of the same bytes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use keyspect::analyze::{Analysis, Options};
use keyspect::formats::reg_export;
use keyspect::limits::Limits;
use keyspect::report::model::InputStatus;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

fn report(text: &[u8]) -> Value {
    let mut analysis = Analysis::new(Options::new(time::macros::datetime!(2026-01-01 00:00 UTC)));
    analysis.read("ticket.txt", None, &mut &text[..]).unwrap();
    serde_json::to_value(analysis.finish().unwrap()).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn query(key: &str, blob: &[u8]) -> String {
    format!("\r\n{key}\r\n    Blob    REG_BINARY    {}\r\n\r\n", hex(blob))
}

fn export(key: &str, blob: &[u8]) -> String {
    let pairs: Vec<String> = blob.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("Windows Registry Editor Version 5.00\r\n\r\n[{key}]\r\n\"Blob\"=hex:{}\r\n\r\n", pairs.join(","))
}

/// The text in lines of so many columns, as it is copied from a console.
fn wrapped(text: &str, columns: usize) -> String {
    let mut out = String::new();
    for line in text.split("\r\n") {
        let mut rest = line;
        while let Some((now, later)) = rest.split_at_checked(columns).filter(|(_, later)| !later.is_empty()) {
            out.push_str(now);
            out.push_str("\r\n");
            rest = later;
        }
        out.push_str(rest);
        out.push_str("\r\n");
    }
    out
}

/// What a report says but for places.
fn said(report: &Value) -> Value {
    let mut credentials = report["credentials"].clone();
    for credential in credentials.as_array_mut().unwrap() {
        let credential = credential.as_object_mut().unwrap();
        credential.remove("sources");
        credential.remove("evidence");
        without_places(credential.get_mut("key").unwrap());
        without_places(credential.get_mut("certificate").unwrap());
        without_places(credential.get_mut("verdicts").unwrap());
    }
    let rules = |finding: &Value| finding["rule"].clone();
    let findings: Vec<Value> = report["findings"].as_array().unwrap().iter().map(rules).collect();
    serde_json::json!({ "credentials": credentials, "findings": findings })
}

fn without_places(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for name in ["line", "column", "bytes", "evidence", "source"] {
                map.remove(name);
            }
            map.values_mut().for_each(without_places);
        }
        Value::Array(list) => list.iter_mut().for_each(without_places),
        _ => {}
    }
}

/// The blobs of the corpus, each with the registry key that holds it.
fn blobs() -> Vec<(String, String, Vec<u8>)> {
    let mut out = Vec::new();
    let artifact = |folder: &Path| {
        let case: toml::Table = fs::read_to_string(folder.join("case.toml")).unwrap().parse().unwrap();
        fs::read(folder.join(case["artifact"].as_str().unwrap())).unwrap()
    };
    for entry in fs::read_dir(corpus().join("reg-export")).unwrap() {
        let folder = entry.unwrap().path();
        let export = reg_export::parse(&artifact(&folder), &Limits::default()).unwrap();
        // Wine's own files name no root.
        let blobs = export.blobs.into_iter().filter(|blob| blob.key.value.starts_with("HKEY_"));
        out.extend(blobs.map(|blob| (folder.display().to_string(), blob.key.value, blob.bytes.value)));
    }
    for entry in fs::read_dir(corpus().join("registry-cert-blob")).unwrap() {
        let folder = entry.unwrap().path();
        let mut files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        // The others are what reg query prints.
        let Some(sha1) = files.find(|name| name.len() == 40) else { continue };
        let blob = artifact(&folder);
        for store in [
            "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\SystemCertificates\\MY",
            "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\SystemCertificates\\WebHosting",
            "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\EnterpriseCertificates\\NTAuth",
            "HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\SystemCertificates\\EFS",
            "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Cryptography\\Services\\adfssrv\\SystemCertificates\\My",
            "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Cryptography\\Services\\MSExchangeTransportService\\SystemCertificates\\My",
            "HKEY_CURRENT_USER\\Software\\Microsoft\\SystemCertificates\\CA",
            "HKEY_USERS\\S-1-5-21-1004336348-1177238915-682003330-1104\\Software\\Microsoft\\SystemCertificates\\My",
        ] {
            out.push((folder.display().to_string(), format!("{store}\\Certificates\\{sha1}"), blob.clone()));
        }
    }
    assert!(out.len() >= 2 + 6 * 8);
    out
}

#[test]
fn the_credential_is_that_of_the_export() {
    for (case, key, blob) in blobs() {
        let exported = report(export(&key, &blob).as_bytes());
        assert_eq!(exported["credentials"].as_array().unwrap().len(), 1, "{case}");
        let text = query(&key, &blob);
        let copies = [
            text.clone(),
            wrapped(&text, 80),
            wrapped(&text, 120),
            text.lines().map(|line| format!("> {line}\n")).collect(),
            text.replace("REG_BINARY", "REG_BINARY (3)"),
            text.to_lowercase().replace("hkey_", "HKEY_").replace("reg_binary", "REG_BINARY"),
        ];
        for copy in copies {
            let queried = report(copy.as_bytes());
            assert_eq!(queried["inputs"][0]["kind"], "registry-cert-blob", "{case}\n{copy}");
            assert_eq!(queried["inputs"][0]["status"], exported["inputs"][0]["status"], "{case}\n{copy}");
            let (mut left, mut right) = (said(&queried), said(&exported));
            // A copy in small letters has the store's name in small letters.
            for side in [&mut left, &mut right] {
                let name = &mut side["credentials"][0]["store"]["name"];
                *name = name.as_str().unwrap().to_lowercase().into();
            }
            assert_eq!(left, right, "{case} {key}");
        }
    }
}

#[test]
fn its_places_are_those_of_the_text() {
    let (_, key, blob) = blobs().into_iter().find(|(case, ..)| case.ends_with("signature-key")).unwrap();
    let text = format!("The key of the web server:\n\nC:\\>reg query HKLM\\... /v Blob\n{}", query(&key, &blob));
    let report = report(text.as_bytes());
    let spec = &report["credentials"][0]["key"]["key_spec"];
    assert_eq!(spec["value"], 2);
    let line = text.lines().position(|line| line.contains("REG_BINARY")).unwrap() + 1;
    let source = &report["credentials"][0]["sources"][0];
    assert_eq!(source["line"], line);
    let [start, end] = [0, 1].map(|i| usize::try_from(source["bytes"][i].as_u64().unwrap()).unwrap());
    assert_eq!(&text[start..end], hex(&blob));
    let found =
        report["findings"].as_array().unwrap().iter().find(|f| f["rule"] == "keyspec-signature-on-csp").unwrap();
    let evidence = found["evidence"].as_array().unwrap();
    assert!(evidence.iter().any(|e| e["line"] == line && e["column"] == 27), "{evidence:#?}");
}

/// `/s` over a store: each certificate is its own, keys without certificates and the closing line are nobody's.
#[test]
fn a_whole_store() {
    let of = |name: &str| blobs().into_iter().find(|(case, ..)| case.ends_with(name)).unwrap();
    let ((_, first, one), (_, second, two)) = (of("signature-key"), of("archived-ksp-key"));
    let text = format!(
        "C:\\>reg query HKLM\\SOFTWARE\\Microsoft\\SystemCertificates\\MY /s\r\n\r\n\
         HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\SystemCertificates\\MY\\Certificates{}{}\r\n\
         HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\SystemCertificates\\MY\\CRLs\r\n\r\nEnd of search: 2 match(es) found.\r\n",
        query(&first, &one),
        query(&second, &two)
    );
    let all = report(text.as_bytes());
    let hashes: Vec<_> = all["credentials"].as_array().unwrap().iter().map(|c| &c["certificate"]["sha1"]).collect();
    assert_eq!(hashes, ["0d46bddfb65a6caab1d264bbde1a27bca05b5606", "b41890682a2bd267499218f32dbe39344b3208ed"]);
    assert_eq!(all["inputs"][0]["status"], "analyzed");
    assert_eq!(all["inputs"][0]["details"]["embedded"].as_array().unwrap().len(), 2);
    // In the middle of a ticket with a log of certutil.
    let log =
        "my \"Personal\"\n================ Certificate 0 ================\nSerial Number: 01\nSubject: CN=other\n";
    let mixed = report(format!("{log}{}", query(&first, &one)).as_bytes());
    assert_eq!(mixed["credentials"].as_array().unwrap().len(), 2);
}

#[test]
fn the_value_alone_has_no_store() {
    let (_, _, blob) = blobs().into_iter().find(|(case, ..)| case.ends_with("signature-key")).unwrap();
    let report = report(format!("    Blob    REG_BINARY    {}\n", hex(&blob)).as_bytes());
    assert_eq!(report["credentials"][0]["key"]["key_spec"]["value"], 2);
    assert_eq!(report["credentials"][0]["store"]["name"], Value::Null);
}

#[test]
fn what_is_damaged_is_said_and_what_is_none_gives_nothing() {
    let (_, key, blob) = blobs().into_iter().find(|(case, ..)| case.ends_with("signature-key")).unwrap();
    let whole = hex(&blob);
    for digits in [&whole[..whole.len() - 1], &whole[..400], &format!("{}...", &whole[..60])] {
        let report = report(format!("{key}\n    Blob    REG_BINARY    {digits}\n").as_bytes());
        assert!(report["credentials"].as_array().unwrap().is_empty());
        assert_eq!(report["inputs"][0]["status"], "partial", "{digits}");
        assert_eq!(report["inputs"][0]["problems"][0]["line"], 2);
    }
    // Another certificate's key.
    let other = format!("{}0000", &key[..key.len() - 4]);
    let moved = report(query(&other, &blob).as_bytes());
    assert!(moved["inputs"][0]["problems"][0]["message"].as_str().unwrap().contains("is not the certificate's"));
    for nothing in [
        format!("{key}\n\n"),
        format!("{key}\n    Other    REG_SZ    x\n"),
        format!(
            "C:\\>reg query {} /v Blob\nERROR: The system was unable to find the specified registry key or value.\n",
            &key[..72]
        ),
        format!("HKEY_LOCAL_MACHINE\\SOFTWARE\\Contoso\n    Blob    REG_BINARY    {}\n", &whole[8..]),
    ] {
        let report = report(nothing.as_bytes());
        assert!(report["credentials"].as_array().unwrap().is_empty(), "{nothing}");
        assert_eq!(report["inputs"][0]["details"]["embedded"], Value::Null, "{nothing}");
    }
}

/// A line of more than 64 KiB is read in windows that overlap; the value is whole all the same.
#[test]
fn a_value_of_more_than_64_kib() {
    let (_, key, blob) = blobs().into_iter().find(|(case, ..)| case.ends_with("signature-key")).unwrap();
    let property = |id: u32, content: &[u8]| {
        let length = u32::try_from(content.len()).unwrap();
        [&id.to_le_bytes()[..], &1_u32.to_le_bytes(), &length.to_le_bytes(), content].concat()
    };
    // CERT_FIRST_USER_PROP_ID: a program's own.
    let filler: Vec<u8> = (0..150_000_u32).map(|i| u8::try_from(i % 251).unwrap()).collect();
    let long = [property(0x8000, &filler), blob.clone()].concat();
    let text = format!("{}after\n", query(&key, &long));
    let mut analysis = Analysis::new(Options::new(time::macros::datetime!(2026-01-01 00:00 UTC)));
    analysis.read("ticket.txt", None, &mut text.as_bytes()).unwrap();
    let report = analysis.finish().unwrap();
    assert_eq!(report.inputs[0].status, InputStatus::Analyzed, "{:?}", report.inputs[0].problems);
    let report = serde_json::to_value(report).unwrap();
    assert_eq!(report["credentials"][0]["key"]["key_spec"]["value"], 2);
    let bytes = report["credentials"][0]["sources"][0]["bytes"].clone();
    let [start, end] = [0, 1].map(|i| usize::try_from(bytes[i].as_u64().unwrap()).unwrap());
    assert_eq!(&text[start..end], hex(&long));
}

/// A registry export inside a ticket has the lines of the ticket, not its own.
#[test]
fn an_export_inside_a_ticket_has_the_lines_of_the_ticket() {
    let (_, key, blob) = blobs().into_iter().find(|(case, ..)| case.ends_with("signature-key")).unwrap();
    let text = format!("The key of the web server:\n\n{}", export(&key, &blob));
    let line = text.lines().position(|line| line.starts_with("\"Blob\"")).unwrap() + 1;
    assert_eq!(report(text.as_bytes())["credentials"][0]["sources"][0]["line"], line);
}
