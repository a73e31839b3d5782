//! Tests about the rules themselves: registered, documented, sourced, as section 6 of the knowledge base says, and with
//! examples that really trigger them.

#![allow(clippy::panic)]

use keyspect::analyze::{Analysis, Options};
use keyspect::report::model::{CheckOutcome, Confidence, Report, Role, Severity};
use keyspect::rules::{Grade, Kind, RULES, RuleEntry, RuleMeta};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use time::macros::datetime;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn metas() -> BTreeMap<&'static str, &'static RuleMeta> {
    RULES.iter().map(|r| (r.meta().name, r.meta())).collect()
}

/// Runs the analysis over these texts, each an input of its own, for these workloads (separated by commas; empty: the
/// default).
fn analyze(texts: &[String], workloads: &str) -> Report {
    let mut options = Options::new(datetime!(2026-11-01 12:00 UTC));
    if !workloads.is_empty() {
        options.targets = workloads
            .split(',')
            .flat_map(|w| keyspect::workloads::parse(w.trim()).expect("a known workload"))
            .collect();
    }
    let mut analysis = Analysis::new(options);
    for text in texts {
        analysis.read("example.txt", None, &mut text.as_bytes()).expect("nothing is written");
    }
    analysis.finish().expect("nothing is written")
}

/// Severity, role and confidence of each rule as the table gives them; where it gives two, the first.
const TABLE: &[(&str, &str)] = &[
    ("key-prov-info-missing", "fault error root-cause certain"),
    ("http-binding-hash-not-in-store", "fault error root-cause certain"),
    ("http-binding-null-appid-or-hash", "fault error root-cause certain"),
    ("http-binding-store-name-mismatch", "fault error root-cause likely"),
    ("iis-httpsys-drift", "fault warning contributing possible"),
    ("sslcert-ipport-overrides-sni", "fault warning contributing likely"),
    ("iplisten-restricts", "fault warning contributing likely"),
    ("http-15021-status", "dispatch"),
    ("http-15300-15301-timeline", "dispatch"),
    ("netsh-1312-context", "dispatch"),
    ("schannel-36870-dispatch", "dispatch"),
    ("key-exchange-refused", "dispatch"),
    ("schannel-36871-10013-not-key", "fault warning root-cause likely"),
    ("schannel-36874-36888-40", "dispatch"),
    ("schannel-36887-alert", "dispatch"),
    ("service-certificate-events", "dispatch"),
    ("failed-command", "dispatch"),
    ("schannel-36868-crosscheck", "fault warning contributing likely"),
    ("schannel-client-type-not-binding", "suppressor"),
    ("ephemeral-key-0x8009030e", "fault error root-cause certain"),
    ("adfs-ssl-cert-not-set", "fault error root-cause likely"),
    ("exchange-backend-15021", "fault error root-cause likely"),
    ("scom-inf", "fault warning contributing likely"),
    ("scom-repairstore", "fault error root-cause likely"),
    ("name-mismatch", "fault warning hygiene likely"),
    ("key-association-repairable", "fault error root-cause certain"),
    ("keyset-missing", "fault error root-cause likely"),
    ("dump-taken-unelevated", "fault warning root-cause likely"),
    ("user-keyset-in-machine-store", "fault error root-cause certain"),
    ("machine-keyset-in-user-store", "fault warning contributing possible"),
    ("key-file-corrupt", "fault error root-cause likely"),
    ("pfx-import-not-persisted", "fault error root-cause likely"),
    ("container-name-inconsistent", "fault error root-cause certain"),
    ("key-file-absent", "fault error root-cause certain"),
    ("key-file-wrong-directory-for-provider", "fault note contributing likely"),
    ("machineguid-mismatch", "fault warning root-cause possible"),
    ("request-pending-key-elsewhere", "fault error root-cause likely"),
    ("chain-incomplete-or-untrusted", "fault warning hygiene likely"),
    ("dpapi-key-not-valid-for-state", "fault warning root-cause possible"),
    ("shared-key-container", "fault warning contributing possible"),
    ("pfx-friendlyname-container-collision", "fault warning contributing possible"),
    ("cert-key-mismatch", "fault error root-cause certain"),
    ("duplicate-certificates-wrong-one-chosen", "fault warning contributing possible"),
    ("archived-or-moved-certificate", "fault error root-cause likely"),
    ("keyspec-signature-on-csp", "fault error root-cause certain"),
    ("keyspec-zero-ksp-ok", "suppressor"),
    ("keyspec-nonzero-on-ksp", "fault warning contributing likely"),
    ("keyspec-zero-on-csp", "fault error root-cause likely"),
    ("provider-type-name-mismatch", "fault error root-cause likely"),
    ("provider-unknown", "fault warning contributing possible"),
    ("provider-third-party", "fault note contributing likely"),
    ("provider-signature-only", "fault error root-cause certain"),
    ("provider-schannel-type12-signature", "fault error root-cause likely"),
    ("provider-base-export-grade", "fault note hygiene likely"),
    ("csp-no-sha2", "fault error root-cause likely"),
    ("csp-handle-sha1-only-tls", "fault warning root-cause possible"),
    ("tpm-rsa-pss", "fault error root-cause likely"),
    ("tpm-key-size-limit", "fault error root-cause likely"),
    ("smartcard-csp-to-ksp-2025", "fault error root-cause likely"),
    ("smartcard-or-token-absent", "fault error root-cause likely"),
    ("strong-key-protection-silent", "fault error root-cause certain"),
    ("vbs-isolated-key-lost", "fault warning root-cause possible"),
    ("ecdsa-key-on-rsa-workload", "fault error root-cause likely"),
    ("machinekeys-folder-acl-broken", "fault error root-cause likely"),
    ("key-file-no-system-access", "fault error root-cause certain"),
    ("key-file-service-account-no-read", "fault error root-cause likely"),
    ("acl-applied-to-wrong-directory", "fault error root-cause likely"),
    ("iiswaskey-localservice", "fault error root-cause likely"),
    ("procmon-key-access-denied", "fault error root-cause likely"),
    ("acl-deny-or-orphan-sid", "fault warning root-cause possible"),
    ("machinekeys-overbroad", "fault warning hygiene certain"),
    ("sql-service-no-key-read", "fault error root-cause likely"),
    ("exchange-setup-key-acl-fails", "fault warning root-cause likely"),
    ("app-code-no-key-read", "fault error root-cause likely"),
    ("shir-service-acl", "fault error root-cause likely"),
    ("rdp-key-no-network-service", "fault error root-cause likely"),
    ("wac-cng-acl", "fault error root-cause likely"),
    ("sql-ksp-documented-unsupported", "fault warning contributing likely"),
    ("sql-keyspec-signature", "fault error root-cause certain"),
    ("exchange-cng-fba-loop", "fault error root-cause likely"),
    ("exo-app-only-cng", "fault error root-cause certain"),
    ("adfs-keyspec", "fault error root-cause certain"),
    ("adfs-2012r2-cng-ssl", "fault error root-cause likely"),
    ("dotnet-privatekey-cng", "fault error root-cause likely"),
    ("shir-cng-unsupported", "fault error root-cause certain"),
    ("shir-keyspec", "fault error root-cause certain"),
    ("dpm-cng", "fault error root-cause certain"),
    ("azurestack-csp-required", "fault error root-cause certain"),
    ("hgs-ksp-required", "fault error root-cause certain"),
    ("configmgr-cng-roles", "fault error root-cause certain"),
    ("servicefabric-cng", "fault error root-cause likely"),
    ("ldaps-dc-cert", "fault warning root-cause likely"),
    ("code-signing-keyspec2-normal", "suppressor"),
    ("adfs-token-signing-keyspec2-normal", "suppressor"),
    ("iis-import-nonexportable-bug", "fault warning root-cause possible"),
    ("nonexportable-not-a-cause", "suppressor"),
    ("eku-missing-serverauth", "fault error root-cause certain"),
    ("ku-missing-digital-signature", "fault warning root-cause possible"),
    ("ku-digital-signature-only-rsa-kx", "fault warning contributing possible"),
    ("keyspec-vs-keyusage", "fault warning contributing likely"),
    ("cert-expired", "fault warning root-cause certain"),
    ("cert-not-yet-valid", "fault warning root-cause certain"),
    ("san-missing", "fault warning hygiene likely"),
    ("weak-key-or-hash", "fault warning hygiene certain"),
    ("pfx-keybag-keyusage-signature", "fault error root-cause likely"),
    ("pfx-csp-name-attribute", "fault warning contributing likely"),
    ("pfx-local-keyset-attribute", "fault note contributing possible"),
    ("pfx-no-private-key", "fault error root-cause certain"),
    ("pfx-key-cert-mismatch", "fault error root-cause certain"),
    ("pfx-multiple-keys", "fault warning contributing certain"),
    ("pfx-leaf-missing", "fault error root-cause certain"),
    ("pfx-empty-vs-null-password", "fault note contributing likely"),
    ("rsassa-pss-signed-cert", "fault warning hygiene likely"),
    ("inf-keyspec-missing", "fault warning root-cause likely"),
    ("inf-keyspec-signature-tls", "fault error root-cause certain"),
    ("inf-machinekeyset-missing", "fault error root-cause certain"),
    ("inf-provider-type-mismatch", "fault error root-cause likely"),
    ("inf-keyusage-insufficient", "fault warning contributing likely"),
    ("inf-keyusageproperty-conflict", "fault error root-cause likely"),
    ("inf-no-eku", "fault warning contributing likely"),
    ("inf-no-san", "fault warning hygiene likely"),
    ("inf-keylength", "fault warning hygiene likely"),
    ("inf-unquoted-pipe", "fault error root-cause certain"),
    ("inf-private-key-archive-needs-cmc", "fault error root-cause certain"),
    ("inf-exportable-false-warning", "fault note hygiene certain"),
    ("inf-requesttype-cert-self-signed", "fault note hygiene certain"),
    ("inf-securitydescriptor", "fault error root-cause likely"),
    ("csr-enrollment-csp-attribute", "fault error root-cause certain"),
    ("csr-key-not-on-target", "fault warning root-cause likely"),
    ("inf-hash-unsupported-by-csp", "fault warning contributing likely"),
    ("template-keyspec-signature-tls", "fault error root-cause likely"),
];

fn words(meta: &RuleMeta) -> String {
    let kind = match meta.kind {
        Kind::Fault => "fault",
        Kind::Suppressor => return "suppressor".to_owned(),
        Kind::Dispatch => return "dispatch".to_owned(),
    };
    let severity = match meta.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let role = match meta.role {
        Role::RootCause => "root-cause",
        Role::Contributing => "contributing",
        Role::Symptom => "symptom",
        Role::Hygiene => "hygiene",
    };
    let confidence = match meta.confidence {
        Confidence::Certain => "certain",
        Confidence::Likely => "likely",
        Confidence::Possible => "possible",
    };
    format!("{kind} {severity} {role} {confidence}")
}

#[test]
fn the_table_holds() {
    let metas = metas();
    for (name, expected) in TABLE {
        let meta = metas.get(name).unwrap_or_else(|| panic!("{name} is not registered"));
        assert_eq!(words(meta), *expected, "{name}");
    }
}

#[test]
fn every_file_is_registered_once_for_each_kind_of_rule() {
    let metas = metas();
    let mut files = BTreeSet::new();
    for entry in std::fs::read_dir(root().join("src/rules")).expect("the folder") {
        let path = entry.expect("an entry").path();
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        if text.contains("static META: RuleMeta") {
            let stem = path.file_stem().expect("a name").to_string_lossy().replace('_', "-");
            assert!(metas.contains_key(stem.as_str()), "{stem} is not registered under its file's name");
            assert!(text.contains(&format!("name: \"{stem}\"")), "{stem} is not the name of its rule");
            let kinds = ["impl CredentialRule for", "impl CaseRule for", "impl RequestRule for"];
            let kinds: usize = kinds.iter().map(|kind| text.matches(kind).count()).sum();
            let entries = || RULES.iter().filter(|r| r.meta().name == stem);
            // A rule about stored keys may be asked of intended ones besides.
            let asked = |r: &&RuleEntry| matches!(r, RuleEntry::Request(_)) && !text.contains("impl RequestRule for");
            let besides = entries().filter(asked).count();
            assert!(besides <= 1 && (besides == 0 || text.contains("impl CredentialRule for")), "{stem}");
            assert_eq!(kinds, entries().count() - besides, "{stem}");
            files.insert(stem);
        }
    }
    let names: BTreeSet<String> = metas.keys().map(|n| (*n).to_owned()).collect();
    assert_eq!(names, files);
}

const HEADINGS: &[&str] =
    &["## What it means", "## Why it fails", "## Evidence", "## Repair", "## When this is wrong", "## Sources"];

#[test]
fn every_rule_has_its_page() {
    let metas = metas();
    for (name, meta) in &metas {
        let text = std::fs::read_to_string(root().join(format!("docs/rules/{name}.md"))).expect(name);
        assert_eq!(text, meta.doc, "{name}");
        let headings: Vec<&str> = text.lines().filter(|l| l.starts_with('#')).collect();
        assert_eq!(headings[0], format!("# {name}"), "{name}");
        assert_eq!(&headings[1..], HEADINGS, "{name}");
        for source in meta.sources {
            assert!(text.contains(source.title), "{name}: {}", source.title);
        }
        let lead = text.lines().nth(2).unwrap_or_default();
        assert!(lead.len() > 10 && !lead.starts_with('#'), "{name} says nothing first");
    }
    for entry in std::fs::read_dir(root().join("docs/rules")).expect("the folder") {
        let path = entry.expect("an entry").path();
        let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
        // The table of all of them.
        if stem == "README" {
            continue;
        }
        assert!(metas.contains_key(stem.as_str()), "docs/rules/{stem}.md has no rule");
    }
}

#[test]
fn every_rule_has_sources_and_an_inference_alone_is_a_possibility() {
    let metas = metas();
    for (name, meta) in &metas {
        assert!(!meta.sources.is_empty(), "{name}");
        if meta.kind == Kind::Fault && meta.sources.iter().all(|s| s.grade == Grade::D) {
            assert_eq!(meta.confidence, Confidence::Possible, "{name}");
        }
        for explained in meta.explains {
            assert_ne!(explained, name);
            assert!(metas.contains_key(explained), "{name} explains {explained}");
        }
    }
}

/// The artifacts that are an example of their own, by the word of the block.
const ARTIFACTS: &[&str] = &["certutil", "inf", "csr", "template"];
/// Further artifacts: on a page that has one, all blocks together are one example, each an input of its own.
const FURTHER: &[&str] =
    &["text", "icacls", "acl", "procmon", "listing", "registry", "event", "netsh", "error", "script"];

/// The examples of a page: the workloads after `for=`, and the texts.
fn examples(page: &str) -> Vec<(String, Vec<String>)> {
    let mut blocks: Vec<(&str, &str, String)> = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let text: Vec<&str> = lines.by_ref().take_while(|l| !l.starts_with("```")).collect();
        let (kind, workloads) = info.trim().split_once(' ').unwrap_or((info.trim(), ""));
        if ARTIFACTS.contains(&kind) || FURTHER.contains(&kind) {
            blocks.push((kind, workloads.trim().trim_start_matches("for="), text.join("\n") + "\n"));
        }
    }
    // A text alone only illustrates.
    if blocks.iter().all(|(kind, ..)| *kind == "text") {
        return Vec::new();
    }
    if blocks.iter().any(|(kind, ..)| FURTHER.contains(kind)) {
        let workloads = blocks.iter().map(|(_, workloads, _)| *workloads).find(|w| !w.is_empty()).unwrap_or("");
        return vec![(workloads.to_owned(), blocks.into_iter().map(|(.., text)| text).collect())];
    }
    blocks.into_iter().map(|(_, workloads, text)| (workloads.to_owned(), vec![text])).collect()
}

#[test]
fn examples_trigger_their_rule() {
    let mut wrong = Vec::new();
    for (name, meta) in metas() {
        for (workloads, texts) in examples(meta.doc) {
            let report = analyze(&texts, &workloads);
            let fired = if meta.kind == Kind::Suppressor {
                report.checks.iter().any(|c| c.rule == name && c.outcome == CheckOutcome::Pass && c.not_the_cause)
            } else {
                report.findings.iter().any(|f| f.rule == name)
            };
            if !fired {
                let found: Vec<&str> = report.findings.iter().map(|f| f.rule.as_str()).collect();
                let checks: Vec<String> = report
                    .checks
                    .iter()
                    .filter(|c| c.rule == name)
                    .map(|c| format!("{:?} {}", c.outcome, c.reason))
                    .collect();
                wrong.push(format!("{name}: found {found:?}; checks {checks:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
