//! The records of text artifacts for `inputs[].details`: the values as the tool printed them, under its own field names in
//! snake_case, and what they were read as.

use crate::model::access::{AccessList, AceKind, KeyPath, Principal};
use crate::model::binding::{Binding, BindingHash, BindingListing, BindingOrigin, Endpoint};
use crate::model::event_record::{EventRecord, Side};
use crate::model::fact::Fact;
use crate::model::key_request::{KeyRequest, RequestForm};
use crate::model::observation::{
    ErrorContext, ErrorText, FolderListing, Observation, Observed, PrintedCertificate, ShownCertificate, ShownKey,
    SystemFact, TraceRow, ZonedDate,
};
use serde_json::{Map, Value, json};

/// One record.
pub fn record(observed: &Observed) -> Value {
    let mut out = Map::new();
    for (name, fact) in &observed.fields {
        let value = Value::from(fact.value.clone());
        match out.get_mut(name.as_ref()) {
            None => {
                out.insert(name.to_string(), value);
            }
            Some(Value::Array(list)) => list.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    let typed = match &observed.what {
        Observation::Binding(binding) => of_binding(binding),
        Observation::BindingListing(listing) => of_binding_listing(listing),
        Observation::IpListen(addresses) => json!({ "addresses": texts(addresses) }),
        Observation::AccessList(list) => of_access_list(list),
        Observation::AccessChange(change) => of_access_list(&change.after(None)),
        Observation::Event(event) => of_event(event),
        Observation::FolderListing(listing) => of_folder_listing(listing),
        Observation::Trace(row) => of_trace(row),
        Observation::Error(error) => of_error(error),
        Observation::System(fact) => of_system(fact),
        Observation::Request(request) => of_request(request),
        Observation::Certificate(certificate) => of_certificate(certificate),
        Observation::Key(key) => of_key(key),
        Observation::Printed(certificate) => of_printed(certificate),
    };
    // What a value was read as goes before how it was printed.
    if let Value::Object(typed) = typed {
        out.extend(typed);
    }
    out.insert("kind".to_owned(), observed.kind.into());
    out.insert("line".to_owned(), if observed.place.line == 0 { Value::Null } else { observed.place.line.into() });
    out.insert("bytes".to_owned(), json!([observed.place.start, observed.place.end()]));
    Value::Object(out)
}

/// What a record takes in memory, in bytes, with what it was made of and its part of the report: an estimate, by what
/// events, rows of traces and lists of permissions were seen to take (2026-11-29).
pub fn weight(record: &Value) -> usize {
    let inner = match record {
        Value::Object(values) => values.values().map(weight).fold(0, usize::saturating_add),
        Value::Array(values) => values.iter().map(weight).fold(0, usize::saturating_add),
        Value::String(text) => text.len().saturating_mul(4),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    };
    inner.saturating_add(256)
}

fn text(fact: &Option<Fact<String>>) -> Option<&str> {
    fact.as_ref().map(|f| f.value.as_str())
}

fn texts(facts: &[Fact<String>]) -> Vec<&str> {
    facts.iter().map(|f| f.value.as_str()).collect()
}

fn value<T: Copy>(fact: &Option<Fact<T>>) -> Option<T> {
    fact.as_ref().map(|f| f.value)
}

fn shown<T: std::fmt::Display>(fact: &Option<Fact<T>>) -> Option<String> {
    fact.as_ref().map(|f| f.value.to_string())
}

fn hex(code: &Option<Fact<u32>>) -> Option<String> {
    code.as_ref().map(|c| format!("0x{:08x}", c.value))
}

fn principal(principal: &Principal) -> &str {
    match principal {
        Principal::Sid(text) | Principal::Name(text) => text,
    }
}

/// The word for what a path leads to.
pub fn key_path(path: &KeyPath) -> &'static str {
    match path {
        KeyPath::MachineKeys => "machine-keys-folder",
        KeyPath::CngMachineKeys => "cng-keys-folder",
        KeyPath::SystemKeys => "system-keys-folder",
        KeyPath::UserKeys => "user-keys-folder",
        KeyPath::KeyFile { .. } => "key-file",
        KeyPath::Other => "other",
    }
}

fn of_binding(binding: &Binding) -> Value {
    let (hash, printed) = match binding.hash.as_ref().map(|h| &h.value) {
        Some(BindingHash::Sha1(sha1)) => (Some(sha1.to_string()), None),
        Some(BindingHash::Unusable(text)) => (None, Some(text.as_str())),
        Some(BindingHash::Null) | None => (None, None),
    };
    json!({
        "endpoint": binding.endpoint.value.to_string(),
        "endpoint_kind": match binding.endpoint.value {
            Endpoint::IpPort { .. } => "ip-port",
            Endpoint::HostPort { .. } => "host-port",
            Endpoint::CentralStore { .. } => "central-store",
        },
        "origin": match binding.origin {
            BindingOrigin::HttpSys => "http-sys",
            BindingOrigin::Command => "command",
            BindingOrigin::Deletion => "delete-command",
            BindingOrigin::IisConfig => "iis-config",
            BindingOrigin::AppCmd => "appcmd",
            BindingOrigin::PowerShell => "powershell",
        },
        "protocol": binding.protocol,
        "hash": hash,
        "hash_printed": printed,
        "app_id": binding.app_id.as_ref().and_then(|a| a.value.as_deref()),
        "store": binding.store.as_ref().and_then(|s| s.value.as_deref()),
        "ssl_flags": value(&binding.ssl_flags),
        "site": text(&binding.site),
        "stopped": binding.stopped,
        "succeeded": binding.succeeded,
    })
}

fn of_binding_listing(listing: &BindingListing) -> Value {
    json!({ "listing": true, "records_listed": listing.records, "complete": listing.complete })
}

fn of_access_list(list: &AccessList) -> Value {
    let entries: Vec<Value> = list
        .entries
        .iter()
        .map(|ace| {
            json!({
                "principal": principal(&ace.principal.value),
                "printed": ace.printed,
                "kind": match ace.kind {
                    AceKind::Allow => "allow",
                    AceKind::Deny => "deny",
                    AceKind::Audit => "audit",
                },
                "mask": ace.mask.map(|m| format!("0x{:08x}", m.0)),
                "inherited": ace.inherited,
                "object_inherit": ace.object_inherit,
                "container_inherit": ace.container_inherit,
                "inherit_only": ace.inherit_only,
                "no_propagate": ace.no_propagate,
            })
        })
        .collect();
    json!({
        "path": list.path.value,
        "target": key_path(&list.target),
        "owner": list.owner.as_ref().map(|o| principal(&o.value)),
        "protected": list.protected,
        "refused": text(&list.refused),
        "complete": list.complete,
        "entries": entries,
    })
}

fn of_event(event: &EventRecord) -> Value {
    let data: Map<String, Value> =
        event.data.iter().map(|(name, value)| (name.clone(), Value::from(value.value.clone()))).collect();
    json!({
        "id": value(&event.id),
        "provider": text(&event.provider),
        "channel": text(&event.channel),
        "level": text(&event.level),
        "time": text(&event.time),
        "computer": text(&event.computer),
        "user": text(&event.user),
        "side": event.side.as_ref().map(|s| match s.value {
            Side::Server => "server",
            Side::Client => "client",
        }),
        "code": hex(&event.code),
        "state": value(&event.state),
        "alert": value(&event.alert),
        "process": text(&event.process),
        "process_id": value(&event.process_id),
        "endpoint": text(&event.endpoint),
        "thumbprint": shown(&event.thumbprint),
        "key_name": text(&event.key_name),
        "key_file": text(&event.key_file),
        "key_provider": text(&event.key_provider),
        "key_provider_type": value(&event.key_provider_type),
        "key_spec": value(&event.key_spec),
        "key_flags": value(&event.key_flags),
        "cut": event.cut,
        "data": data,
    })
}

fn of_folder_listing(listing: &FolderListing) -> Value {
    let files: Vec<&str> = listing.files.iter().map(|(name, _)| name.value.as_str()).collect();
    json!({
        "folder": listing.folder.value,
        "target": key_path(&listing.target),
        "files": files,
        "complete": listing.complete,
    })
}

fn of_trace(row: &TraceRow) -> Value {
    json!({
        "process": text(&row.process),
        "process_id": value(&row.process_id),
        "user": text(&row.user),
        "operation": text(&row.operation),
        "path": row.path.value,
        "target": key_path(&row.target),
        "result": text(&row.result),
        "desired_access": text(&row.desired_access),
    })
}

fn of_error(error: &ErrorText) -> Value {
    json!({
        "code": hex(&error.code),
        "context": match error.context {
            ErrorContext::IisBinding => "iis-binding",
            ErrorContext::NetshAdd => "netsh-add",
            ErrorContext::SqlServer => "sql-server",
            ErrorContext::Import => "import",
            ErrorContext::Tls => "tls",
            ErrorContext::Unrelated => "unrelated",
            ErrorContext::Unknown => "unknown",
        },
        "text": error.text.value,
        "thumbprint": shown(&error.thumbprint),
        "subject": text(&error.subject),
    })
}

fn of_system(fact: &SystemFact) -> Value {
    match fact {
        SystemFact::Windows(v) => {
            json!({ "windows": format!("{}.{}.{}", v.value.major, v.value.minor, v.value.build) })
        }
        SystemFact::MachineGuid(guid) => json!({ "machine_guid": guid.value }),
        SystemFact::Computer(name) => json!({ "computer": name.value }),
        SystemFact::ServiceAccount(it) => json!({ "workload": it.workload, "account": it.account.value }),
        SystemFact::ServiceCertificate(setting) => {
            let (thumbprint, serial) = setting.certificate.value.digits();
            json!({
                "workload": setting.workload,
                "thumbprint": thumbprint,
                "serial": serial,
                "endpoint": setting.endpoint,
            })
        }
    }
}

/// What a request, INF, template or script asks for.
pub fn of_request(request: &KeyRequest) -> Value {
    json!({
        "form": match request.form {
            RequestForm::Pkcs10 => "pkcs10",
            RequestForm::Cmc => "cmc",
            RequestForm::Inf => "inf",
            RequestForm::Template => "template",
            RequestForm::Script => "script",
        },
        "name": text(&request.name),
        "subject": text(&request.subject),
        "key_spec": value(&request.key_spec),
        "providers": texts(&request.providers),
        "provider_type": value(&request.provider_type),
        "machine_keyset": value(&request.machine_keyset),
        "persisted": value(&request.persisted),
        "exportable": value(&request.exportable),
        "key_usage": value(&request.key_usage),
        "key_usage_property": value(&request.key_usage_property),
        "key_length": value(&request.key_length),
        "key_algorithm": text(&request.key_algorithm),
        "public_key_sha1": shown(&request.public_key_sha1),
        "request_type": text(&request.request_type),
        "hash_algorithm": text(&request.hash_algorithm),
        "extended_key_usage": texts(&request.extended_key_usage),
        "alternative_names": texts(&request.alternative_names),
    })
}

fn of_key(key: &ShownKey) -> Value {
    json!({
        "thumbprint": shown(&key.thumbprint),
        "store_path": text(&key.store_path),
        "provider": text(&key.provider),
        "provider_type": value(&key.provider_type),
        "provider_kind": key.family.as_ref().map(|family| family.value.word()),
        "container": text(&key.container),
        "unique_name": text(&key.unique_name),
        "machine": value(&key.machine),
        "key_spec": key.key_spec.as_ref().map(|spec| spec.value.0),
        "exportable": value(&key.exportable),
        "accessible": value(&key.accessible),
        "bits": value(&key.bits),
    })
}

fn of_certificate(certificate: &ShownCertificate) -> Value {
    json!({
        "store_path": text(&certificate.store_path),
        "thumbprint": shown(&certificate.thumbprint),
        "subject": text(&certificate.subject),
        "subject_cut": certificate.subject_cut,
        "issuer": text(&certificate.issuer),
        "serial": text(&certificate.serial),
        "not_before": text(&certificate.not_before),
        "not_after": text(&certificate.not_after),
        "friendly_name": text(&certificate.friendly_name),
        "has_private_key": value(&certificate.has_private_key),
        "private_key": certificate.private_key.as_ref().and_then(|k| k.value.as_deref()),
        "extended_key_usage": texts(&certificate.extended_key_usage),
        "alternative_names": texts(&certificate.alternative_names),
    })
}

fn of_printed(certificate: &PrintedCertificate) -> Value {
    let date = |date: &Option<ZonedDate>| date.as_ref().map(|date| date.value.rfc3339());
    json!({
        "thumbprint": shown(&certificate.sha1),
        "subject": text(&certificate.subject),
        "issuer": text(&certificate.issuer),
        "serial": text(&certificate.serial),
        "not_before": date(&certificate.not_before),
        "not_after": date(&certificate.not_after),
        "key_usage": certificate.key_usage.as_ref().map(|usage| usage.value.names()),
        "extended_key_usage": certificate.extended_key_usage.as_ref().map(|usages| &usages.value),
        "alternative_names": texts(&certificate.alternative_names),
        "public_key": {
            "algorithm": text(&certificate.key_algorithm),
            "bits": value(&certificate.key_bits),
            "sha1": shown(&certificate.public_key_sha1),
        },
    })
}
