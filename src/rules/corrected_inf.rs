//! An INF with what the rules found put right, to copy.
//!
//! The same keys and values, as few changes as possible, each with a comment that says what changed. A name that the INF
//! does not hold is never made up.

use super::inf_securitydescriptor::{leaves_out_system, with_entry};
use super::remedy::{Remedy, Shell, Step, Verify};
use super::request;
use crate::limits::{BLOCK_VALUES, WRITTEN_INF_BYTES};
use crate::model::key_request::KeyRequest;
use crate::model::oid;
use crate::model::provider::{self, ProviderClass, ProviderKind};
use std::fmt::Write as _;

/// One `key = value` line.
struct Entry {
    name: String,
    value: String,
    comment: Option<String>,
}

/// The sections in the order of the file.
struct Draft {
    sections: Vec<(String, Vec<Entry>)>,
}

impl Draft {
    fn section(&mut self, name: &str) -> &mut Vec<Entry> {
        let at = self.sections.iter().position(|(known, _)| known.eq_ignore_ascii_case(name)).unwrap_or_else(|| {
            self.sections.push((name.to_owned(), Vec::new()));
            self.sections.len().saturating_sub(1)
        });
        &mut self.sections[at].1
    }

    /// Sets a key of `[NewRequest]`, wherever it stands, or adds it.
    fn set(&mut self, name: &str, value: &str) {
        let entries = self.section("NewRequest");
        let mut found = false;
        for entry in entries.iter_mut().filter(|entry| entry.name.eq_ignore_ascii_case(name)) {
            found = true;
            if entry.value != value {
                entry.comment = Some(format!("was {}", entry.value));
                value.clone_into(&mut entry.value);
            }
        }
        if !found {
            self.add("NewRequest", name, value);
        }
    }

    /// The value of a key of `[NewRequest]` as it is now.
    fn value(&self, name: &str) -> Option<&str> {
        let own = self.sections.iter().filter(|(section, _)| section.eq_ignore_ascii_case("NewRequest"));
        let found = own.flat_map(|(_, entries)| entries).find(|entry| entry.name.eq_ignore_ascii_case(name));
        found.map(|entry| entry.value.trim().trim_matches('"'))
    }

    /// Whether a key of an elliptic curve is asked for now: a correction may have made it an RSA key.
    fn is_ec(&self, key: &KeyRequest) -> bool {
        request::is_ec(key) && !self.value("KeyAlgorithm").is_some_and(|value| value.eq_ignore_ascii_case("RSA"))
    }

    /// Asks for a key of an elliptic curve where such keys are.
    fn ask_for_ec_provider(&mut self) {
        if self.value("ProviderName").and_then(provider::kind_of_name) != Some(ProviderKind::Ksp) {
            self.set("ProviderName", provider::SOFTWARE_KSP);
        }
        self.remove("ProviderType");
        self.remove("KeySpec");
    }

    /// Takes a key of `[NewRequest]` out.
    fn remove(&mut self, name: &str) {
        self.section("NewRequest").retain(|entry| !entry.name.eq_ignore_ascii_case(name));
    }

    /// Asks for a key-exchange key of CryptoAPI's provider for RSA and SHA-2.
    fn ask_for_exchange_key(&mut self, ec: bool) {
        self.set("ProviderName", provider::RSA_AES_CSP);
        self.set("ProviderType", "24");
        self.set("KeySpec", "AT_KEYEXCHANGE");
        // What only a key storage provider takes.
        self.remove("KeyUsageProperty");
        if ec {
            self.ask_for_rsa();
        }
    }

    fn ask_for_rsa(&mut self) {
        self.set("KeyAlgorithm", "RSA");
        self.set("KeyLength", "2048");
    }

    fn add(&mut self, section: &str, name: &str, value: &str) {
        let comment = Some("added".to_owned());
        self.section(section).push(Entry { name: name.to_owned(), value: value.to_owned(), comment });
    }

    fn text(&self) -> String {
        let mut out = String::from("; corrected.inf: what changed is said behind the line\n");
        for (index, (section, entries)) in self.sections.iter().enumerate() {
            let blank = if index > 0 { "\n" } else { "" };
            // Values before the first section belong to none.
            if !section.is_empty() {
                let _ = writeln!(out, "{blank}[{section}]");
            }
            for Entry { name, value, comment } in entries {
                // What stands behind a semicolon is a comment; quotes in a comment would open a value.
                let comment = comment.as_ref().map(|words| format!(" ; {}", words.replace(['"', ';'], "'")));
                let _ = writeln!(out, "{name} = {}{}", quoted(value), comment.unwrap_or_default());
            }
        }
        out
    }
}

/// A value in quotes unless it is one plain word.
fn quoted(value: &str) -> String {
    let plain = !value.is_empty() && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    if plain { value.to_owned() } else { format!("\"{value}\"") }
}

/// The INF with what these rules found put right; `None`: there is nothing to change, or it is too long to copy.
pub fn corrected(key: &KeyRequest, failed: &[&str]) -> Option<String> {
    let bytes: usize =
        key.values.iter().map(|(section, name, value)| section.len() + name.len() + value.value.len()).sum();
    if key.values.is_empty() || key.values.len() > BLOCK_VALUES || bytes > WRITTEN_INF_BYTES {
        return None;
    }
    let mut draft = Draft { sections: Vec::new() };
    for (section, name, value) in &key.values {
        let entry = Entry { name: name.clone(), value: value.value.clone(), comment: None };
        draft.section(section).push(entry);
    }
    let mut changed = false;
    for rule in failed {
        changed |= correct(&mut draft, key, rule);
    }
    changed.then(|| draft.text())
}

/// Puts right what one rule found; false: nothing in the INF can do that.
fn correct(draft: &mut Draft, key: &KeyRequest, rule: &str) -> bool {
    let ec = draft.is_ec(key);
    match rule {
        // Only a key storage provider holds such keys, and it takes no KeySpec.
        "inf-keyspec-missing" | "inf-keyspec-signature-tls" if ec => draft.ask_for_ec_provider(),
        "inf-keyspec-missing" | "inf-keyspec-signature-tls" => draft.set("KeySpec", "AT_KEYEXCHANGE"),
        "inf-machinekeyset-missing" => draft.set("MachineKeySet", "TRUE"),
        "shir-cng-unsupported"
        | "adfs-keyspec"
        | "adfs-2012r2-cng-ssl"
        | "exo-app-only-cng"
        | "dpm-cng"
        | "azurestack-csp-required"
        | "configmgr-cng-roles"
        | "exchange-cng-fba-loop"
        | "provider-signature-only"
        | "dotnet-privatekey-cng"
        | "servicefabric-cng"
        | "sql-ksp-documented-unsupported"
        | "ldaps-dc-cert" => draft.ask_for_exchange_key(ec),
        "shir-keyspec" | "sql-keyspec-signature" | "keyspec-signature-on-csp" => draft.set("KeySpec", "AT_KEYEXCHANGE"),
        "hgs-ksp-required" => {
            draft.set("ProviderName", provider::SOFTWARE_KSP);
            draft.remove("ProviderType");
            draft.remove("KeySpec");
        }
        "ecdsa-key-on-rsa-workload" => draft.ask_for_rsa(),
        "tpm-key-size-limit" => draft.set("KeyLength", "2048"),
        "strong-key-protection-silent" => draft.set("KeyProtection", "XCN_NCRYPT_UI_NO_PROTECTION_FLAG"),
        "inf-keylength" => draft.set("KeyLength", "2048"),
        "inf-private-key-archive-needs-cmc" => draft.set("RequestType", "CMC"),
        "inf-keyusage-insufficient" => draft.set("KeyUsage", if ec { "0x80" } else { "0xA0" }),
        "inf-keyusageproperty-conflict" if ec => draft.set("KeyUsageProperty", "NCRYPT_ALLOW_SIGNING_FLAG"),
        "inf-keyusageproperty-conflict" => {
            draft.set("KeyUsageProperty", "NCRYPT_ALLOW_DECRYPT_FLAG | NCRYPT_ALLOW_SIGNING_FLAG");
        }
        "inf-provider-type-mismatch" => {
            let stated = || request::provider(key).map(|name| name.value.clone());
            let Some(name) = draft.value("ProviderName").map(str::to_owned).or_else(stated) else { return false };
            let class = provider::find(&name);
            if ec && class.is_some_and(|p| p.kind() == ProviderKind::Csp && p.class == ProviderClass::Software) {
                draft.ask_for_ec_provider();
                return true;
            }
            // Another rule has put it right already.
            if ec && draft.value("ProviderType").is_none() {
                return true;
            }
            let Some(right) = provider::stated_type(&name) else { return false };
            draft.set("ProviderType", &right.to_string());
        }
        "inf-securitydescriptor" => {
            let Some(descriptor) = &key.security_descriptor else { return false };
            let entry = if leaves_out_system(&descriptor.value) { "(A;;GA;;;SY)" } else { "(A;;GR;;;NS)" };
            draft.set("SecurityDescriptor", &with_entry(&descriptor.value, entry));
        }
        "inf-no-eku" => draft.add("EnhancedKeyUsageExtension", "OID", oid::SERVER_AUTH),
        "inf-no-san" => {
            let Some(host) = request::host(key) else { return false };
            draft.add("Extensions", "2.5.29.17", "{text}");
            draft.add("Extensions", "_continue_", &format!("dns={host}&"));
        }
        // Every value with several parts is written in quotes.
        "inf-unquoted-pipe" => {
            for (name, _) in &key.unquoted_pipes {
                for entry in draft.section("NewRequest").iter_mut().filter(|entry| entry.name == *name) {
                    entry.comment.get_or_insert_with(|| "quotes added".to_owned());
                }
            }
        }
        _ => return false,
    }
    true
}

/// The corrected INF as something to do.
pub fn remedy(text: String) -> Remedy {
    Remedy {
        title: "Make the request with this corrected INF",
        steps: vec![
            Step { run: text, shell: Shell::Inf, place: "requesting-server", note: None },
            Step::cmd("certreq -new corrected.inf request.req").place("requesting-server"),
        ],
        caution: None,
        verify: Some(Verify::new("keyspect request.req").shows("works, for the workload that is meant")),
    }
}
