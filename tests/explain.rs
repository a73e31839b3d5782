//! `explain`: every name has its page, and misspelt names get suggestions.
#![allow(clippy::unwrap_used, clippy::panic)]

use keyspect::explain::{PageOptions, closest, distance, explain, names, to_text};

fn page(query: &str) -> String {
    explain(query).unwrap_or_else(|e| panic!("{e}: {:?}", e.suggestions)).markdown
}

#[test]
fn every_known_name_has_a_page() {
    for name in names() {
        let page = page(&name);
        assert!(page.contains("# "), "{name}");
        let text = to_text(&page, &PageOptions { ascii: true, ..PageOptions::default() });
        assert!(text.is_ascii(), "{name}");
    }
}

#[test]
fn the_error_of_the_binding_in_every_notation() {
    let first = page("0x80070520");
    for query in ["80070520", "-2147023584", "2147943712", "1312", "0xC000005F", "ERROR_NO_SUCH_LOGON_SESSION"] {
        let other = page(query);
        assert!(other.contains("# 0x80070520 ERROR_NO_SUCH_LOGON_SESSION"), "{query}");
    }
    assert!(first.contains("HRESULT_FROM_WIN32(1312)"));
    assert!(first.contains("symptom"));
    assert!(first.contains("certutil -v -store my <thumbprint>"));
    assert!(first.find("without its private key").unwrap() < first.find("can only sign").unwrap());
}

#[test]
fn what_people_ask() {
    for (query, expected) in [
        ("keyspec-signature-on-csp", "# keyspec-signature-on-csp"),
        ("36870", "# Event 36870 (Schannel)"),
        ("event 36870", "# Event 36870 (Schannel)"),
        ("0x8009030D", "# 0x8009030d SEC_E_UNKNOWN_CREDENTIALS"),
        ("NTE_BAD_KEYSET", "# 0x80090016 NTE_BAD_KEYSET"),
        ("15021", "0xC000005F"),
        ("KeySpec", "# KeySpec"),
        ("KeySpec = 2 -- AT_SIGNATURE", "# KeySpec 2 AT_SIGNATURE"),
        ("ProviderType", "# ProviderType"),
        ("Key Container", "# Key Container"),
        ("unique container name", "# Unique container name"),
        ("microsoft software key storage provider", "# Microsoft Software Key Storage Provider"),
        ("PROV_RSA_SCHANNEL", "# Provider type 12 PROV_RSA_SCHANNEL"),
        ("CRYPT_MACHINE_KEYSET", "# CRYPT_MACHINE_KEYSET 0x20"),
        ("XCN_AT_NONE", "# KeySpec 0 AT_NONE"),
        ("XCN_NCRYPT_ALLOW_DECRYPT_FLAG", "# NCRYPT_ALLOW_DECRYPT_FLAG 0x1"),
        ("digitalSignature", "# digitalSignature"),
        ("CERT_KEY_PROV_INFO_PROP_ID(2)", "# CERT_KEY_PROV_INFO_PROP_ID(2)"),
        ("property 2", "# CERT_KEY_PROV_INFO_PROP_ID(2)"),
        ("iis", "--for iis"),
        ("sql-server:2016", "--for sql-server:2016"),
        ("1.3.6.1.5.5.7.3.1", "# Server Authentication"),
        ("0x80091234", "# 0x80091234"),
    ] {
        let page = page(query);
        assert!(page.contains(expected), "{query}: {page}");
    }
    assert!(page("12").contains("# Provider type 12"));
    assert!(page("12").contains("PVK_FILE"));
}

#[test]
fn pages_for_a_person() {
    for (name, query) in [
        ("field", "KeySpec"),
        ("event", "36869"),
        ("workload", "iis"),
        ("provider", "Microsoft Strong Cryptographic Provider"),
    ] {
        let text = to_text(&page(query), &PageOptions::default());
        // The list of rules grows with the program.
        let text = text.split("\nRules that name it").next().unwrap();
        insta::assert_snapshot!(name, text);
    }
}

#[test]
fn misspelt_names_get_suggestions() {
    assert_eq!(
        explain("keyspec-signature-on-cps").unwrap_err().suggestions.first().unwrap(),
        "keyspec-signature-on-csp"
    );
    assert!(explain("NTE_BAD_KEYSETT").unwrap_err().suggestions.contains(&"NTE_BAD_KEYSET".to_owned()));
    assert!(explain("Microsoft Strong Cryptografic Provider").unwrap_err().suggestions.len() <= 5);
    assert!(explain("").is_err());
    assert!(explain("\u{202e}").is_err());
    assert!(explain(&"x".repeat(100_000)).is_err());
    assert_eq!(distance("kitten", "sitting"), 3);
    assert_eq!(distance("", "abc"), 3);
    assert_eq!(closest("chekc", ["check", "inspect"], 3), Vec::<String>::new());
    assert_eq!(closest("explan", ["check", "explain"], 3), ["explain"]);
}
