//! The facts of one credential, in two columns.

use super::paint::Paint;
use crate::limits::TEXT_ENDPOINTS;
use crate::model::flags::CRYPT_MACHINE_KEYSET;
use crate::model::oid;
use crate::model::provider::{self, ProviderClass};
use crate::report::escape::{columns, wrap};
use crate::report::model::{CertificateReport, CredentialReport, Finding, KeyReport, Report, Severity, VerdictOutcome};
use crate::report::words;

/// The width of the names on the left.
const LABEL: usize = 12;
/// Where the second column begins, counted from the first value.
const SECOND: usize = 47;

/// A short form of the provider: name, type, CSP or KSP.
pub(in crate::report) fn provider(key: &KeyReport) -> String {
    let kind = match key.provider.kind.as_str() {
        "csp" => " (CSP)",
        "ksp" => " (KSP)",
        _ => "",
    };
    match (&key.provider.name, key.provider.provider_type) {
        (Some(name), Some(t)) => format!("{name}, type {t}{kind}"),
        (Some(name), None) => format!("{name}{kind}"),
        (None, Some(t)) => match provider::type_name(t) {
            Some(word) => format!("type {t} {word}{kind}"),
            None => format!("type {t}{kind}"),
        },
        (None, None) => "not shown".to_owned(),
    }
}

/// `2 AT_SIGNATURE`.
pub(in crate::report) fn key_spec(key: &KeyReport) -> String {
    match &key.key_spec {
        None => "not shown".to_owned(),
        Some(spec) => {
            let name = spec.name.as_ref().map_or_else(String::new, |n| format!(" {n}"));
            let basis = if spec.basis == "derived" { " (derived)" } else { "" };
            format!("{}{name}{basis}", spec.value)
        }
    }
}

/// `encryption test passed`.
pub(in crate::report) fn tests(key: &KeyReport) -> String {
    let mut words = Vec::new();
    for (name, outcome) in [("encryption", &key.encryption_test), ("signature", &key.signature_test)] {
        match outcome.as_str() {
            "passed" => words.push(format!("{name} test passed")),
            "failed" => words.push(format!("{name} test FAILED")),
            _ => {}
        }
    }
    if words.is_empty() { "not shown".to_owned() } else { words.join(", ") }
}

/// `machine, My`.
pub(in crate::report) fn store(credential: &CredentialReport) -> String {
    match &credential.store {
        None => credential.origin.clone(),
        Some(store) => match (&store.name, store.scope.as_str()) {
            (Some(name), "unknown") => format!("{name}; machine or user is not shown"),
            (Some(name), scope) => format!("{scope}, {name}"),
            (None, "unknown") => "not shown".to_owned(),
            (None, scope) => scope.to_owned(),
        },
    }
}

/// As [`store`], for a table: without the words about what is not shown.
pub(in crate::report) fn short_store(credential: &CredentialReport) -> String {
    match &credential.store {
        Some(store) if store.scope == "unknown" => store.name.clone().unwrap_or_default(),
        _ => store(credential),
    }
}

/// The day until which a certificate is valid.
pub(in crate::report) fn valid_until(certificate: &CertificateReport) -> String {
    if let Some(moment) = &certificate.not_after {
        return words::day(moment).to_owned();
    }
    match &certificate.validity_text {
        Some([_, Some(text)]) => format!("{text} (as printed)"),
        _ => "not shown".to_owned(),
    }
}

fn flags(key: &KeyReport) -> String {
    let Some(flags) = &key.flags else {
        return "not shown".to_owned();
    };
    let mut words = vec![if flags.value & CRYPT_MACHINE_KEYSET != 0 { "machine keyset" } else { "user keyset" }];
    words.extend(flags.names.iter().map(String::as_str).filter(|n| *n != "CRYPT_MACHINE_KEYSET"));
    format!("{:#x} {}", flags.value, words.join(", "))
}

/// The folder of the key file, where it follows from the facts: software providers, the machine's keyset.
fn folder(key: &KeyReport) -> &'static str {
    let software =
        key.provider.name.as_deref().and_then(provider::find).is_some_and(|p| p.class == ProviderClass::Software);
    let machine = key.flags.as_ref().is_some_and(|f| f.value & CRYPT_MACHINE_KEYSET != 0);
    if !software || !machine {
        return "";
    }
    match (key.provider.kind.as_str(), key.container.file_name_rule.as_str()) {
        ("csp", _) | ("ksp", "capi") => r"RSA\MachineKeys\",
        ("ksp", "cng") => r"Keys\",
        _ => "",
    }
}

fn key_file(key: &KeyReport) -> Option<(String, &'static str)> {
    let name = key.container.unique_name.as_ref()?;
    let fits = match key.container.file_name_rule.as_str() {
        "capi" => "name fits the container (CryptoAPI)",
        "cng" => "name fits the container (CNG)",
        "mismatch" => "name does not fit the container's name",
        _ => "",
    };
    Some((format!("{}{name}", folder(key)), fits))
}

/// The mark that a KeySpec gets from the findings about it.
fn key_spec_mark(findings: &[&Finding]) -> Option<VerdictOutcome> {
    let about = findings.iter().filter(|f| f.rule.contains("keyspec")).map(|f| f.severity).min()?;
    match about {
        Severity::Error => Some(VerdictOutcome::Fails),
        Severity::Warning => Some(VerdictOutcome::AtRisk),
        Severity::Note => None,
    }
}

struct Rows<'a> {
    paint: Paint<'a>,
    out: String,
}

impl Rows<'_> {
    fn label(&self, label: &str) -> String {
        format!("  {}", self.paint.dim(&format!("{label:<LABEL$}")))
    }
    /// One row; a second pair joins it when it fits.
    fn pair(&mut self, label: &str, value: &str, mark: Option<VerdictOutcome>, second: Option<(&str, &str)>) {
        let value = self.paint.show(value);
        let mut used = columns(&value);
        self.out.push_str(&self.label(label));
        let room = self.paint.width.saturating_sub(LABEL.saturating_add(2)).max(30);
        for (i, line) in wrap(&value, room).iter().enumerate() {
            if i > 0 {
                self.out.push('\n');
                self.out.push_str(&" ".repeat(LABEL.saturating_add(2)));
            }
            self.out.push_str(line);
        }
        if let Some(outcome) = mark {
            self.out.push_str("  ");
            self.out.push_str(&self.paint.mark(outcome));
            used = used.saturating_add(3);
        }
        if let Some((label, value)) = second {
            let value = self.paint.show(value);
            let need =
                SECOND.saturating_add(LABEL).saturating_add(2).saturating_add(LABEL).saturating_add(columns(&value));
            if used < SECOND && need <= self.paint.width {
                self.out.push_str(&" ".repeat(SECOND.saturating_sub(used)));
                self.out.push_str(&self.paint.dim(&format!("{label:<LABEL$}")));
            } else {
                self.out.push('\n');
                self.out.push_str(&self.label(label));
            }
            self.out.push_str(&value);
        }
        self.out.push('\n');
    }
}

/// The block of facts.
pub(super) fn block(report: &Report, credential: &CredentialReport, findings: &[&Finding], paint: Paint) -> String {
    let key = &credential.key;
    let mut rows = Rows { paint, out: String::new() };
    let certificate = credential.certificate.as_ref();
    if let Some(c) = certificate {
        let until = valid_until(c);
        match (&c.sha1, &c.serial) {
            (Some(sha1), _) => rows.pair("thumbprint", sha1, None, Some(("valid until", &until))),
            (None, Some(serial)) => rows.pair("serial", serial, None, Some(("valid until", &until))),
            (None, None) => rows.pair("valid until", &until, None, None),
        }
        if let Some(name) = c.friendly_name.as_deref().filter(|n| !n.is_empty()) {
            rows.pair("known as", name, None, None);
        }
    }
    let from = if credential.store.is_some() { "store" } else { "from" };
    rows.pair(from, &store(credential), None, None);
    let no_key = key.association == "none";
    let link = match key.association.as_str() {
        "none" => Some("none: no key link and no key"),
        "found-by-search" => Some("no key link; certutil found the key by itself"),
        _ => None,
    };
    let access = match key.access.as_str() {
        "not-opened" => Some("could not be opened"),
        _ => None,
    };
    for words in [link, access].into_iter().flatten() {
        rows.pair("key", words, None, None);
    }
    if key.matches_certificate == Some(false) {
        rows.pair("key", "is not the certificate's, by its bytes", None, None);
    }
    if !no_key {
        rows.pair("provider", &provider(key), None, None);
        rows.pair("KeySpec", &key_spec(key), key_spec_mark(findings), Some(("flags", &flags(key))));
    }
    let usage = certificate.and_then(|c| c.key_usage.as_ref()).map_or_else(|| "not shown".to_owned(), |u| u.join(", "));
    let tests = tests(key);
    let second = (!no_key).then_some(("tests", tests.as_str()));
    if certificate.is_some() {
        rows.pair("key usage", &usage, None, second);
    } else if let Some((label, value)) = second {
        rows.pair(label, value, None, None);
    }
    if let Some(list) = certificate.and_then(|c| c.extended_key_usage.as_ref()) {
        let names: Vec<_> = list.iter().map(|o| oid::eku_name(o).unwrap_or(o)).collect();
        rows.pair("made for", &names.join(", "), None, None);
    }
    if let Some(list) = &key.usage {
        rows.pair("CNG usage", &list.join(", "), None, None);
    }
    if !no_key {
        let container = &key.container;
        match (&container.stored, &container.name) {
            (Some(stored), Some(name)) if stored != name => {
                rows.pair("container", name, None, None);
                let stored = if stored.is_empty() { "(empty)" } else { stored };
                rows.pair("stored as", stored, None, None);
            }
            (Some(name), _) | (None, Some(name)) => {
                rows.pair("container", if name.is_empty() { "(empty)" } else { name }, None, None);
            }
            (None, None) => {}
        }
        if let Some((file, fits)) = key_file(key) {
            let one = format!("{file}   {fits}");
            if columns(&one).saturating_add(LABEL).saturating_add(2) <= paint.width {
                rows.pair("key file", one.trim_end(), None, None);
            } else {
                rows.pair("key file", &file, None, None);
                if !fits.is_empty() {
                    rows.pair("", fits, None, None);
                }
            }
        }
    }
    if let Some(text) = bound(report, credential) {
        rows.pair("bound to", &text, None, None);
    }
    rows.out
}

/// The facts as pairs of a name and a value, for a document; not escaped.
pub(in crate::report) fn pairs(report: &Report, credential: &CredentialReport) -> Vec<(&'static str, String)> {
    let key = &credential.key;
    let mut out = Vec::new();
    if let Some(c) = &credential.certificate {
        let given = |name, value: &Option<String>| value.clone().filter(|v| !v.is_empty()).map(|v| (name, v));
        out.extend(given("Subject", &c.subject));
        out.extend(given("Issuer", &c.issuer));
        out.extend(given("Thumbprint", &c.sha1).or_else(|| given("Serial", &c.serial)));
        out.push(("Valid until", valid_until(c)));
        out.extend(given("Known as", &c.friendly_name));
    }
    out.push((if credential.store.is_some() { "Store" } else { "From" }, store(credential)));
    out.extend(bound(report, credential).map(|by| ("Bound by", by)));
    match key.association.as_str() {
        "none" => {
            out.push(("Key", "none: no key link and no key".to_owned()));
            return out;
        }
        "found-by-search" => out.push(("Key", "no key link; certutil found the key by itself".to_owned())),
        _ => {}
    }
    if key.access == "not-opened" {
        out.push(("Key", "could not be opened".to_owned()));
    }
    if key.matches_certificate == Some(false) {
        out.push(("Key", "is not the certificate's, by its bytes".to_owned()));
    }
    out.push(("Provider", provider(key)));
    out.push(("KeySpec", key_spec(key)));
    out.push(("Flags", flags(key)));
    if let Some(c) = &credential.certificate {
        out.push(("Key usage", c.key_usage.as_ref().map_or_else(|| "not shown".to_owned(), |u| u.join(", "))));
        if let Some(list) = &c.extended_key_usage {
            let names: Vec<_> = list.iter().map(|o| oid::eku_name(o).unwrap_or(o)).collect();
            out.push(("Made for", names.join(", ")));
        }
    }
    out.push(("Tests", tests(key)));
    if let Some(list) = &key.usage {
        out.push(("CNG usage", list.join(", ")));
    }
    let container = &key.container;
    let named = |name: &str| if name.is_empty() { "(empty)".to_owned() } else { name.to_owned() };
    if let Some(name) = container.name.as_ref().or(container.stored.as_ref()) {
        out.push(("Container", named(name)));
    }
    if let (Some(stored), Some(name)) = (&container.stored, &container.name)
        && stored != name
    {
        out.push(("Stored as", named(stored)));
    }
    if let Some((file, fits)) = key_file(key) {
        out.push(("Key file", if fits.is_empty() { file } else { format!("{file} ({fits})") }));
    }
    out
}

/// What binds it: `0.0.0.0:443 (bindings.txt:5)`; each endpoint once. An error, an event or a setting
/// that names it has no endpoint; where its workload was not asked for, that is said.
fn bound(report: &Report, credential: &CredentialReport) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut told: Vec<&str> = Vec::new();
    let mut more = 0_usize;
    // `ad-fs:2016` is a version of `ad-fs`.
    let judged = |workload: &str| {
        let names = credential.verdicts.iter().map(|verdict| verdict.workload.as_str());
        names.map(|name| name.split(':').next().unwrap_or(name)).any(|name| name == workload)
    };
    for by in &credential.bound_by {
        let what = by.endpoint.as_deref().unwrap_or(by.workload.as_str());
        if told.contains(&what) {
            continue;
        }
        if told.len() >= TEXT_ENDPOINTS {
            more = more.saturating_add(1);
            continue;
        }
        told.push(what);
        let input = words::input_path(report, by.input);
        let place = by.line.map_or_else(|| input.clone(), |line| format!("{input}:{line}"));
        parts.push(match &by.endpoint {
            Some(endpoint) => format!("{endpoint} ({place})"),
            None if judged(&by.workload) => format!("{}, which names it ({place})", words::workload(&by.workload)),
            None => format!(
                "{}, which names it ({place}) and is not judged: --for {}",
                words::workload(&by.workload),
                by.workload
            ),
        });
    }
    if more > 0 {
        parts.push(format!("and {more} more"));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// The two lines under a healthy credential's name.
pub(super) fn brief(report: &Report, credential: &CredentialReport, paint: Paint) -> String {
    let key = &credential.key;
    let mut rows = Rows { paint, out: String::new() };
    match &credential.certificate {
        Some(c) => {
            let id = c.sha1.as_ref().or(c.serial.as_ref()).map_or("not shown", String::as_str);
            let until = valid_until(c);
            rows.pair("thumbprint", id, None, Some(("valid until", &until)));
        }
        None => rows.pair("container", key.container.name.as_deref().unwrap_or("not shown"), None, None),
    }
    let mut words = vec![provider(key), format!("KeySpec {}", key_spec(key))];
    if key.encryption_test != "not-shown" || key.signature_test != "not-shown" {
        words.push(tests(key));
    }
    words.push(store(credential));
    rows.pair("key", &words.join("; "), None, None);
    if let Some(text) = bound(report, credential) {
        rows.pair("bound to", &text, None, None);
    }
    rows.out
}
