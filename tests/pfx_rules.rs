//! What the rules about PFX files say of the corpus, and what the imports are predicted to store.
#![cfg(feature = "decrypt")]
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};

use keyspect::case::artifact::{Artifact, Origin, ReadStatus};
use keyspect::case::from_pfx;
use keyspect::limits::Limits;
use keyspect::model::fact::SourceId;
use keyspect::model::windows::WindowsVersion;
use keyspect::report::model::{Confidence, Severity};
use keyspect::rules::check::{FindingDraft, Outcome};
use keyspect::rules::{Context, judge};
use keyspect::workloads::{self, Target};
use serde_json::json;
use zeroize::Zeroizing;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/pfx")
}

fn artifact(case: &str, with_password: bool) -> (Artifact, toml::Table) {
    artifact_named(case, with_password, None)
}

fn artifact_named(case: &str, with_password: bool, file_name: Option<&str>) -> (Artifact, toml::Table) {
    let folder = folder().join(case);
    let case: toml::Table = std::fs::read_to_string(folder.join("case.toml")).unwrap().parse().unwrap();
    let password = case["password"].as_str().unwrap().to_owned();
    let passwords = if with_password && !password.is_empty() { vec![Zeroizing::new(password)] } else { vec![] };
    let bytes = std::fs::read(folder.join("file.pfx")).unwrap();
    let limits = Limits::default();
    let opened = from_pfx::open(&bytes, &passwords, &limits).unwrap();
    (from_pfx::read(opened, &mut || None, &Origin::new(SourceId(0), file_name), &limits), case)
}

fn failures(artifact: &Artifact, target: Target, windows: Option<&str>) -> Vec<(&'static str, FindingDraft)> {
    let limits = Limits::default();
    let targets = [target];
    let base = Context {
        workloads: &targets,
        bound: &[],
        at: time::OffsetDateTime::UNIX_EPOCH,
        windows: windows.map(|name| WindowsVersion::parse(name).unwrap()),
        limits: &limits,
        stop: &|| false,
    };
    let recorded = artifact.credentials.iter().flat_map(|credential| judge::run_credential(credential, &base));
    recorded
        .filter_map(|recorded| match recorded.outcome {
            Outcome::Fail(draft) if recorded.rule.name.starts_with("pfx-") => Some((recorded.rule.name, *draft)),
            _ => None,
        })
        .collect()
}

fn iis() -> Target {
    workloads::default_target()
}

#[test]
fn the_corpus_fails_the_rules_that_its_cases_name() {
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_dir() {
            continue;
        }
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let (artifact, case) = artifact(&name, true);
        let mut found: Vec<&str> = failures(&artifact, iis(), None).into_iter().map(|(rule, _)| rule).collect();
        found.sort_unstable();
        found.dedup();
        let wanted: Vec<&str> =
            case["expect"]["rules"].as_array().unwrap().iter().map(|r| r.as_str().unwrap()).collect();
        if found != wanted {
            wrong.push(format!("{name}: want {wanted:?}, got {found:?}"));
        }
        for (rule, draft) in failures(&artifact, iis(), None) {
            assert_eq!(draft.evidence.iter().filter(|evidence| evidence.primary).count(), 1, "{name} {rule}");
            assert!(
                draft.evidence.iter().all(|evidence| evidence.path.is_some()),
                "{name} {rule}: {:?}",
                draft.evidence
            );
            assert!(!draft.remedies.is_empty() || draft.severity == Severity::Note, "{name} {rule}");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn commands_name_the_file_if_its_name_is_safe() {
    for (name, shown) in [
        (Some("web.pfx"), "web.pfx"),
        (Some("web server (1).pfx"), "\"web server (1).pfx\""),
        (Some("C:\\certs\\web.pfx"), "web.pfx"),
        (Some("certs/web.pfx"), "web.pfx"),
        (Some("a&calc.pfx"), "file.pfx"),
        (Some("$(x).pfx"), "file.pfx"),
        (Some("\"x.pfx"), "file.pfx"),
        (Some("-user"), "file.pfx"),
        (None, "file.pfx"),
    ] {
        let (artifact, _) = artifact_named("strong-csp-keysig", true, name);
        let failed = failures(&artifact, iis(), None);
        let (_, draft) = failed.iter().find(|(rule, _)| *rule == "pfx-keybag-keyusage-signature").unwrap();
        let run = &draft.remedies[0].steps[0].run;
        assert_eq!(*run, format!("certutil -f -importpfx my {shown} AT_KEYEXCHANGE"), "{name:?}");
        let run = &draft.remedies[1].steps[0].run;
        assert_eq!(*run, format!("openssl pkcs12 -in {shown} -out all.pem"), "{name:?}");
    }
}

#[test]
fn a_keysig_file_with_a_strong_csp_will_fail_for_iis() {
    let (artifact, _) = artifact("strong-csp-keysig", true);
    let failed = failures(&artifact, iis(), None);
    let (_, draft) = failed.iter().find(|(rule, _)| *rule == "pfx-keybag-keyusage-signature").unwrap();
    assert_eq!((draft.severity, draft.confidence), (Severity::Error, Confidence::Likely));
    assert_eq!(draft.remedies[0].steps[0].run, "certutil -f -importpfx my file.pfx AT_KEYEXCHANGE");
    assert!(draft.evidence[0].excerpt.contains("key usage (2.5.29.15) = 80"), "{}", draft.evidence[0].excerpt);
    let signing = workloads::parse("code-signing").unwrap()[0];
    assert!(failures(&artifact, signing, None).iter().all(|(rule, _)| *rule != "pfx-keybag-keyusage-signature"));
}

#[test]
fn the_target_decides_about_new_encryption() {
    let (artifact, _) = artifact("openssl-default", true);
    let of = |windows: Option<&str>| {
        let failed = failures(&artifact, iis(), windows);
        failed
            .into_iter()
            .find(|(rule, _)| *rule == "pfx-modern-encryption-old-windows")
            .map(|(_, draft)| draft.severity)
    };
    assert_eq!(of(None), Some(Severity::Warning));
    for old in ["2008r2", "2012r2", "2016", "10-1607", "10-1703"] {
        assert_eq!(of(Some(old)), Some(Severity::Error), "{old}");
    }
    for new in ["2019", "2022", "2025", "10-1709"] {
        assert_eq!(of(Some(new)), None, "{new}");
    }
    assert_eq!(
        artifact.details.unwrap()["opens_on"],
        "Windows 10 version 1709, Windows 11, Windows Server 2019 and later"
    );
}

#[test]
fn a_locked_file_gives_what_stands_in_clear() {
    let (artifact, _) = artifact("strong-csp-keysig", false);
    assert_eq!(artifact.status, ReadStatus::Locked);
    let details = artifact.details.unwrap();
    assert_eq!(details["password"], "missing");
    assert_eq!(details["bags"][0]["provider"], "Microsoft Strong Cryptographic Provider");
    assert_eq!(details["bags"][0]["machine_keyset"], true);
    assert_eq!(details["bags"][0]["key_usage"], serde_json::Value::Null);
    let key = &artifact.credentials[0].key;
    assert_eq!(key.provider_type.as_ref().unwrap().value, 1);
    assert!(key.key_spec.is_none());
    assert_eq!(key.flags.as_ref().unwrap().value, 0x20);
}

#[test]
fn details_are_those_of_the_contract() {
    let (artifact, _) = artifact("windows-like", true);
    assert_eq!(artifact.status, ReadStatus::Analyzed, "{:?}", artifact.problems);
    let details = artifact.details.unwrap();
    assert_eq!(details["mac"]["algorithm"], "sha1");
    assert_eq!(details["mac"]["iterations"], 2000);
    assert_eq!(details["password"], "given");
    assert_eq!(details["sid_protected"], false);
    let bag = &details["bags"][0];
    assert_eq!(bag["type"], "shroudedKeyBag");
    assert_eq!(bag["encryption"]["scheme"], "PBES1");
    assert_eq!(bag["encryption"]["cipher"], "3DES");
    assert_eq!(bag["encryption"]["kdf"], serde_json::Value::Null);
    assert_eq!(bag["local_key_id"], "01000000");
    assert_eq!(bag["key_usage"], "10");
    assert_eq!((&bag["algorithm"], &bag["bits"], &bag["matches_bag"]), (&json!("RSA"), &json!(2048), &json!(1)));
    assert_eq!(details["bags"][1]["properties"][1], json!({"id": 71, "host_name": "WEB01.corp.contoso.com"}));
    assert_eq!(details["chain"], json!([[1, 2]]));
    let import = &details["imports"][0];
    assert_eq!(import["importer"], "certutil -importPFX");
    assert_eq!(
        (&import["provider_type"], &import["key_spec"], &import["scope"]),
        (&json!(1), &json!(1), &json!("machine"))
    );
    assert_eq!(import["key_file"].as_str().unwrap().len(), 32);
}

#[test]
fn who_can_open_a_protected_file_is_in_the_details() {
    let (artifact, _) = artifact("sid-protected", false);
    let details = artifact.details.unwrap();
    assert_eq!(details["sid_protected"], true);
    let first = &details["sid_protection"][0];
    assert_eq!(first["descriptors"][0], "SID=S-1-5-21-1004336348-1177238915-682003330-512");
    assert_eq!(first["domain"], "corp.contoso.com");
}

#[test]
fn a_pair_is_two_public_keys_that_are_the_same() {
    let matches = |name: &str| {
        let (artifact, _) = artifact(name, true);
        let key = &artifact.credentials[0];
        (key.certificate.is_some(), key.key.matches_certificate.as_ref().map(|matches| matches.value))
    };
    assert_eq!(matches("windows-like"), (true, Some(true)));
    assert_eq!(matches("mismatch"), (true, Some(false)));
    assert_eq!(matches("leaf-missing"), (false, None));
    assert_eq!(matches("key-only"), (false, None));
    // The public half is not in the file.
    assert_eq!(matches("openssl-ed25519"), (true, Some(true)));
    let (artifact, _) = artifact("keytool-two-keys", true);
    assert_eq!(artifact.credentials.len(), 2);
    assert!(artifact.credentials.iter().all(|c| c.key.matches_certificate.as_ref().is_some_and(|m| m.value)));
}

#[test]
fn no_remedy_holds_a_password() {
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_dir() {
            continue;
        }
        let (artifact, case) = artifact(path.file_name().unwrap().to_str().unwrap(), true);
        let password = case["password"].as_str().unwrap();
        if password.is_empty() {
            continue;
        }
        let text = format!("{:?} {artifact:?}", failures(&artifact, iis(), None));
        assert!(!text.contains(password), "{}", path.display());
    }
}

/// Base64 by RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let of = |group: &[u8]| -> String {
        let bits = group.iter().chain([&0, &0]).take(3).fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        let letter = |at: usize| if at > group.len() { '=' } else { char::from(LETTERS[bits >> (18 - 6 * at) & 63]) };
        (0..4).map(letter).collect()
    };
    bytes.chunks(3).map(of).collect()
}

/// In armour of any label, in none, in a Kubernetes secret, and within a line of JSON or of a script a PFX is read as the file
/// is.
#[test]
fn a_pfx_in_base64_is_read_as_the_file() {
    let body = base64(&std::fs::read(folder().join("mismatch/file.pfx")).unwrap());
    let lines: String = body.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line) + "\r\n").collect();
    let armour = |label| format!("-----BEGIN {label}-----\r\n{lines}-----END {label}-----\r\n");
    for text in [
        lines.clone(),
        armour("PKCS12"),
        armour("CERTIFICATE"),
        format!("Please look at this:\r\n\r\n{}\r\nThanks\r\n", armour("CERTIFICATE")),
        format!("apiVersion: v1\nkind: Secret\ndata:\n  tls.pfx: {body}\n"),
        format!(
            "{{\"attributes\":{{\"enabled\":true}},\"value\":\"{body}\",\"contentType\":\"application/x-pkcs12\"}}"
        ),
        format!("set PFX={body}\r\necho %PFX% > web.b64\r\n"),
        format!("$bytes = [Convert]::FromBase64String('{body}')\n"),
    ] {
        for (password, status) in [(None, "locked"), (Some("corpus-Password1"), "analyzed")] {
            let mut options = keyspect::analyze::Options::new(time::macros::datetime!(2026-01-01 00:00 UTC));
            if let Some(password) = password {
                options.passwords.add(Zeroizing::new(password.to_owned()));
            }
            let mut analysis = keyspect::analyze::Analysis::new(options);
            analysis.read("file.txt", None, &mut text.as_bytes()).unwrap();
            let report = serde_json::to_value(analysis.finish().unwrap()).unwrap();
            let input = &report["inputs"][0];
            assert_eq!(input["kind"], "pfx", "{text}");
            let found = report["findings"].as_array().unwrap().iter().any(|f| f["rule"] == "pfx-key-cert-mismatch");
            assert_eq!(found, password.is_some(), "{text}");
            assert!(input["status"] == status || status == "locked" && input["status"] == "partial", "{input}");
        }
    }
}

/// Each certificate of federation metadata that is one line is read at its place; Base64 that a line cuts is none.
#[test]
fn certificates_within_a_line_are_read_at_their_places() {
    let certificate = |case: &str| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/certificate");
        base64(&std::fs::read(format!("{folder}/{case}/www.cer")).unwrap())
    };
    let (one, other) = (&certificate("der"), &certificate("template-name"));
    let cut = one.get(..400).unwrap_or_default();
    let text = format!(
        "<EntityDescriptor><X509Certificate>{one}</X509Certificate><X509Certificate>{other}</X509Certificate>\
         <X509Certificate>{cut}</X509Certificate></EntityDescriptor>"
    );
    let options = keyspect::analyze::Options::new(time::macros::datetime!(2026-01-01 00:00 UTC));
    let mut analysis = keyspect::analyze::Analysis::new(options);
    analysis.read("metadata.xml", None, &mut text.as_bytes()).unwrap();
    let report = analysis.finish().unwrap();
    let places: Vec<_> = report.credentials.iter().flat_map(|c| &c.sources).map(|source| source.bytes).collect();
    let place = |base64: &str| text.find(base64).map(|at| [at as u64, (at + base64.len()) as u64]);
    assert_eq!(places.into_iter().map(Some).collect::<Vec<_>>(), [place(one), place(other)]);
}

/// That a password was given and is wrong is said.
#[test]
fn a_wrong_password_is_told_from_none() {
    let bytes = std::fs::read(folder().join("mismatch/file.pfx")).unwrap();
    for (passwords, said) in [(vec![], false), (vec![Zeroizing::new("wrong".to_owned())], true)] {
        let limits = Limits::default();
        let opened = from_pfx::open(&bytes, &passwords, &limits).unwrap();
        let artifact = from_pfx::read(opened, &mut || None, &Origin::new(SourceId(0), None), &limits);
        assert_eq!(artifact.status, ReadStatus::Locked);
        assert_eq!(
            artifact.problems.iter().any(|p| p.message.contains("it has another one, or its bytes are damaged")),
            said
        );
    }
}
