//! Which values of a report name somebody or something: the words that are hidden wherever they stand.

use super::names::{Class, SHORTEST_LABEL};
use crate::model::service_setting::OPS_MGR_SERIAL;
use crate::report::model::Report;
use serde_json::Value;

/// A name that a report states, with what it is the name of.
pub(super) type Known<'a> = &'a mut dyn FnMut(Class, &str);

/// Every name that a report states.
pub(super) fn names(report: &Report, take: Known<'_>) {
    for input in &report.inputs {
        for path in std::iter::once(&input.path).chain(&input.member) {
            path_parts(path, take);
        }
        if let Some(details) = &input.details {
            details_of("", details, take);
        }
    }
    for credential in &report.credentials {
        let key = &credential.key.container;
        for name in [&key.stored, &key.name, &key.unique_name].into_iter().flatten() {
            take(Class::Container, name);
        }
        for bound in credential.bound_by.iter().filter_map(|b| b.endpoint.as_deref()) {
            endpoint(bound, take);
        }
        take(Class::Name, &credential.display_name);
        let Some(certificate) = &credential.certificate else { continue };
        let hashes = [&certificate.sha1, &certificate.sha256, &certificate.serial, &certificate.public_key.sha1];
        hashes.into_iter().flatten().for_each(|hash| take(Class::Hex, hash));
        for name in [&certificate.subject, &certificate.issuer].into_iter().flatten() {
            distinguished(name, take);
        }
        certificate.alternative_names.iter().for_each(|name| alternative(name, take));
        if let Some(template) = &certificate.template {
            take(Class::Template, template.split('(').next().unwrap_or_default().trim());
        }
        if let Some(name) = &certificate.friendly_name {
            take(Class::Name, name);
        }
    }
}

/// The serial numbers that settings of services print with their least significant byte first.
pub(super) fn reversed_serials(report: &Report) -> impl Iterator<Item = &str> {
    let records = report.inputs.iter().filter_map(|input| input.details.as_ref()?.get("records")?.as_array());
    records.flatten().filter_map(|record| record.get(OPS_MGR_SERIAL.field)?.as_str())
}

/// The values of a distinguished name, each on its own.
fn distinguished(name: &str, take: Known<'_>) {
    let (mut start, mut quoted) = (0usize, false);
    let mut parts = Vec::new();
    for (at, c) in name.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ',' | '+' | '\n' | ';' if !quoted && !name.get(..at).is_some_and(|n| n.ends_with('\\')) => {
                parts.push(name.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(name.get(start..).unwrap_or_default());
    for part in parts {
        match part.split_once('=') {
            Some((key, _)) if key.trim().eq_ignore_ascii_case("C") => {}
            Some((_, value)) => host_or_name(value.trim().trim_matches('"'), take),
            None => host_or_name(part.trim(), take),
        }
    }
}

/// A name; the labels of a host are names too: they come again in paths and accounts.
fn host_or_name(name: &str, take: Known<'_>) {
    if name.contains('"') && name.contains(',') {
        // A list as a script writes it.
        name.split([',', '"', '\'']).map(str::trim).filter(|n| !n.is_empty()).for_each(|n| host_or_name(n, take));
        return;
    }
    if name.starts_with("{text}") || crate::model::oid::is_oid(name) {
        return;
    }
    if super::names::is_host_shaped(name) {
        take(Class::Host, name);
        let labels: Vec<&str> = name.split('.').collect();
        let inner = labels.len().saturating_sub(1);
        for label in labels.iter().take(inner).filter(|l| l.chars().count() >= SHORTEST_LABEL) {
            take(Class::Name, label);
        }
    } else {
        take(Class::Name, name);
    }
}

/// `DNS Name=www.contoso.com`, `DNS:www.contoso.com`, `URL=https://…`.
fn alternative(name: &str, take: Known<'_>) {
    let value = name.split_once('=').map_or(name, |(_, v)| v);
    let value = match value.split_once(':') {
        Some((kind, rest)) if kind.chars().all(|c| c.is_alphanumeric() || c == ' ') && kind.len() > 1 => rest,
        _ => value,
    };
    if value.contains('/') || value.contains('@') {
        return;
    }
    take(Class::Host, value.trim());
    host_or_name(value.trim().trim_start_matches("*."), take);
}

/// The host of an endpoint.
fn endpoint(text: &str, take: Known<'_>) {
    let host = text.rsplit_once(':').map_or(text, |(host, _)| host);
    let host = host.trim_matches(['[', ']', '*', '.']);
    if host.parse::<std::net::IpAddr>().is_ok() {
        take(Class::Host, host);
    } else {
        host_or_name(host, take);
    }
}

fn path_parts(path: &str, take: Known<'_>) {
    // A drive or a provider of PowerShell in front is no name: `FileSystem::C:`.
    for part in path.split(['/', '\\']).filter(|part| !part.ends_with(':')) {
        let stem = part.rsplit_once('.').filter(|(_, e)| super::keep::EXTENSIONS.contains(&e.to_lowercase().as_str()));
        take(Class::File, part);
        if let Some((stem, _)) = stem {
            take(Class::File, stem);
        }
    }
}

/// An account: its domain and its name.
fn account(text: &str, take: Known<'_>) {
    if text.starts_with("O:") || text.contains("D:") {
        return;
    }
    take(Class::User, text);
    if let Some((domain, name)) = text.split_once('\\') {
        if super::keep::may_be_authority(domain) {
            return;
        }
        take(Class::Domain, domain);
        take(Class::User, name.trim_end_matches('$'));
    }
}

/// What the name of a field says of its value.
fn details_of(key: &str, value: &Value, take: Known<'_>) {
    match value {
        Value::Array(list) => list.iter().for_each(|v| details_of(key, v, take)),
        Value::Object(map) => map.iter().for_each(|(k, v)| details_of(k, v, take)),
        Value::String(text) => field(&key.to_lowercase(), text.trim(), take),
        _ => {}
    }
}

fn field(key: &str, text: &str, take: Known<'_>) {
    let has = |words: &[&str]| words.iter().any(|w| key.contains(w));
    if text.len() < 2 || text.len() > 4096 || has(&["provider", "algorithm", "store_name", "kind", "usage", "verb"]) {
        return;
    }
    if has(&["subject", "issuer", "dn"]) && text.contains('=') {
        distinguished(text, take);
    } else if has(&["thumbprint", "hash", "serial", "sha1", "sha256", "fingerprint"]) {
        if text.chars().filter(char::is_ascii_hexdigit).count() >= 6 {
            take(Class::Hex, text);
        }
    } else if has(&[
        "endpoint",
        "ip_port",
        "hostname",
        "host_name",
        "hostheader",
        "host_header",
        "hostname_port",
        "addresses",
    ]) {
        endpoint(text, take);
    } else if has(&[
        "computer",
        "machine_name",
        "machinename",
        "workstation",
        "dns_name",
        "alternative_name",
        "servername",
    ]) {
        // PowerShell puts a list in braces.
        let list = text.strip_prefix('{').and_then(|list| list.strip_suffix('}'));
        // The short name comes first: the one with the domain is made of it.
        if let Some((first, _)) = list.unwrap_or(text).split_once('.') {
            take(Class::Computer, first);
        }
        match list {
            Some(list) => list.split(", ").for_each(|one| host_or_name(one.trim_start_matches("*."), take)),
            None => host_or_name(text.trim_start_matches("*."), take),
        }
    } else if has(&["domain"]) {
        take(Class::Domain, text);
    } else if key != "printed" && has(&["user", "principal", "owner", "account", "identity"])
        || key == "printed" && text.contains('\\')
    {
        account(text, take);
    } else if has(&["container", "key_name", "keyname", "key_file", "keyfile", "unique_name"]) {
        if text.contains(['\\', '/']) { path_parts(text, take) } else { take(Class::Container, text) }
    } else if has(&["path", "folder", "files", "file_name", "directory"]) {
        path_parts(text, take);
    } else if has(&["template"]) {
        take(Class::Template, text);
    } else if matches!(key, "name" | "cn" | "displayname" | "subject" | "issuer" | "site" | "friendly_name" | "reader")
        || has(&["friendly", "site_name", "sitename", "subject", "issuer", "pool", "card"])
    {
        host_or_name(text, take);
    }
}
