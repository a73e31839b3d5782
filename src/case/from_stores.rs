//! Credentials and details from certificates, serialized elements, serialized stores, registry exports and `reg query`.

use super::artifact::{Artifact, Origin};
use super::credential::{self, Association, Certificate, Credential, Key, Scope, Store};
use super::from_certificate::certificate;
use crate::formats::cert_element::{self, CertElement, Contents};
use crate::formats::{FormatError, Spanned, cert_store, pkcs7, reg_export, reg_query, registry_hive};
use crate::limits::{Limits, STORE_ELEMENTS, STORE_PROPERTIES};
use crate::model::fact::{Excerpts, Fact, Place};
use crate::model::observation::{Observation, Observed, ServiceCertificate, SystemFact};
use crate::model::service_setting::ServiceUse;
use crate::model::{container_name, flags, key_spec::KeySpec, property_id, service_setting};
use serde_json::{Value, json};
use std::ops::Range;

/// The key as a serialized element states it.
fn key(element: &CertElement, origin: &Origin<'_>) -> Key {
    let mut key = Key::default();
    let first = element.records.first().map_or(element.encoded.0, |record| record.value.0.saturating_sub(12));
    key.association = Association::None;
    key.association_place = Some(origin.place(first, element.encoded.1));
    if let Some(spec) = &element.key_context_spec {
        key.association = Association::Linked;
        key.key_spec = Some(origin.stated(spec).map(KeySpec));
    }
    let Some(link) = &element.key_prov_info else { return key };
    key.association = Association::Linked;
    key.association_place = Some(origin.place(link.start, link.end));
    let link = &link.value;
    key.stored_container = link.container.as_ref().map(|name| origin.stated(name));
    // The stored name may be the one of the key file.
    match &key.stored_container {
        Some(name) if container_name::is_file_name(&name.value) => key.unique_name = Some(name.clone()),
        name => key.container.clone_from(name),
    }
    key.provider = link.provider.as_ref().map(|name| origin.stated(name));
    key.provider_type = Some(origin.stated(&link.provider_type));
    key.flags = Some(origin.stated(&link.flags));
    key.key_spec = Some(origin.stated(&link.key_spec).map(KeySpec));
    key
}

/// The credential of one certificate element; `None` for a CRL or CTL.
fn element_credential(
    element: &CertElement,
    data: &[u8],
    origin: &Origin<'_>,
    limits: &Limits,
    problems: &mut Vec<FormatError>,
) -> Option<Credential> {
    if element.contents != Contents::Certificate {
        return None;
    }
    let (start, end) = element.encoded;
    let encoded = data.get(start..end)?;
    let (mut certificate, problem) = certificate(encoded, start, origin, limits);
    problems.extend(problem);
    if let Some(stated) = &element.sha1
        && certificate.sha1.as_ref().is_some_and(|own| own.value.to_string() != stated.value)
    {
        let message = "the SHA-1 property is another certificate's: bytes of this one are damaged or were changed";
        problems.push(FormatError::new(message, stated.start));
        certificate.altered = true;
    }
    certificate.friendly_name = element.friendly_name.as_ref().map(|name| origin.stated(name));
    if element.archived {
        let archived = element.records.iter().find(|record| record.id == property_id::ARCHIVED);
        let place = archived.map_or(Place::default(), |record| origin.place(record.value.0, record.value.1));
        certificate.archived = Some(Fact::stated(true, place));
    }
    let first = element.records.first().map_or(start, |record| record.value.0.saturating_sub(12));
    Some(Credential {
        origin: credential::Origin::CertificateFile,
        certificate: Some(certificate),
        key: key(element, origin),
        sources: vec![origin.range(first, end)],
        ..Credential::default()
    })
}

fn element_json(element: &CertElement) -> Value {
    let properties: Vec<Value> = element
        .records
        .iter()
        .map(|record| {
            let (start, end) = record.value;
            json!({
                "id": record.id,
                "name": property_id::name(record.id),
                "encoding": record.encoding,
                "length": end.saturating_sub(start),
            })
        })
        .collect();
    let link = element.key_prov_info.as_ref().map(|link| {
        let link = &link.value;
        json!({
            "container": link.container.as_ref().map(|name| name.value.clone()),
            "provider": link.provider.as_ref().map(|name| name.value.clone()),
            "dwProvType": link.provider_type.value,
            "dwFlags": link.flags.value,
            "flags": flags::names(link.flags.value, flags::KEY_PROV_FLAGS),
            "cProvParam": link.parameters.value,
            "dwKeySpec": link.key_spec.value,
        })
    });
    json!({
        "contents": match element.contents {
            Contents::Certificate => "certificate",
            Contents::Crl => "crl",
            Contents::Ctl => "ctl",
        },
        "properties": properties,
        "key_prov_info": link,
        "key_context_key_spec": element.key_context_spec.as_ref().map(|spec| spec.value),
        "sha1": element.sha1.as_ref().map(|sha1| sha1.value.clone()),
        "key_identifier": element.key_identifier.as_ref().map(|id| id.value.clone()),
        "friendly_name": element.friendly_name.as_ref().map(|name| name.value.clone()),
        "request_originator": element.request_originator.as_ref().map(|name| name.value.clone()),
        "archived": element.archived,
    })
}

/// A registry hive: what its base block tells, and what to send instead.
pub fn registry_hive(data: &[u8]) -> Artifact {
    let mut artifact = Artifact::failed("registry-hive", FormatError::new(registry_hive::INSTEAD, 0));
    artifact.details = registry_hive::header(data)
        .map(|hive| json!({ "version": format!("{}.{}", hive.major, hive.minor), "file_name": hive.file_name }));
    artifact
}

/// A registry `Blob` or a file of `SystemCertificates`.
pub fn registry_blob(data: &[u8], origin: &Origin<'_>, limits: &Limits) -> Artifact {
    let element = match cert_element::parse(data, limits) {
        Ok(element) => element,
        Err(error) => return Artifact::failed("registry-cert-blob", error),
    };
    let mut artifact = Artifact::new("registry-cert-blob");
    artifact.details = Some(element_json(&element));
    let mut problems = Vec::new();
    artifact.credentials.extend(element_credential(&element, data, origin, limits, &mut problems));
    artifact.add_problems(element.problems.into_iter().chain(problems));
    artifact
}

/// A serialized store.
pub fn cert_store(data: &[u8], origin: &Origin<'_>, limits: &Limits) -> Artifact {
    let store = match cert_store::parse(data, limits) {
        Ok(store) => store,
        Err(error) => return Artifact::failed("cert-store", error),
    };
    let mut artifact = Artifact::new("cert-store");
    let count = |kind: Contents| store.elements.iter().filter(|element| element.contents == kind).count();
    // Only elements with a key link are listed one by one: a root store has hundreds without.
    let linked: Vec<Value> = store
        .elements
        .iter()
        .filter(|element| element.key_prov_info.is_some() || element.key_context_spec.is_some())
        .map(element_json)
        .collect();
    artifact.details = Some(json!({
        "certificates": count(Contents::Certificate),
        "crls": count(Contents::Crl),
        "ctls": count(Contents::Ctl),
        "terminated": store.terminated,
        "with_key_link": linked,
    }));
    let mut problems = Vec::new();
    for element in &store.elements {
        artifact.credentials.extend(element_credential(element, data, origin, limits, &mut problems));
        problems.extend(element.problems.iter().cloned());
    }
    artifact.add_problems(problems.into_iter().chain(store.problem));
    artifact
}

fn scope(word: &str) -> Scope {
    match word {
        "machine" => Scope::Machine,
        "user" => Scope::User,
        "service" => Scope::Service,
        "enterprise" => Scope::Enterprise,
        "group-policy" => Scope::GroupPolicy,
        _ => Scope::Unknown,
    }
}

/// The credential of an element in the registry: the path of the key, with its place, gives the store.
fn of_registry(
    element: &CertElement,
    data: &[u8],
    path: Option<(&reg_export::StorePath, Place)>,
    inside: &Origin<'_>,
    limits: &Limits,
    problems: &mut Vec<FormatError>,
) -> Option<Credential> {
    let mut credential = element_credential(element, data, inside, limits, problems)?;
    if let Some((path, place)) = path {
        credential.store = Some(Store {
            name: Some(Fact::stated(path.store.clone(), place)),
            scope: Some(Fact::derived(scope(path.scope), place, "from the path of the registry key")),
        });
        let named = path.thumbprint.as_deref();
        let own = credential.thumbprint().map(|sha1| sha1.to_string());
        if named.is_some() && named != own.as_deref() {
            let message = "the thumbprint in the registry key's name is not the certificate's";
            problems.push(FormatError::new(message, 0));
            if let Some(certificate) = &mut credential.certificate {
                certificate.altered = true;
            }
        }
    }
    Some(credential)
}

/// What `reg query` prints of a certificate's registry key; `None` without its value.
pub fn reg_query(text: &str, origin: &Origin<'_>, limits: &Limits) -> Option<Artifact> {
    const KIND: &str = "registry-cert-blob";
    let query = match reg_query::parse(text, limits) {
        Ok(query) => query?,
        Err(error) => return Some(Artifact::failed(KIND, error)),
    };
    let Spanned { value: data, start, end } = &query.bytes;
    let inside = Origin { block: Some(origin.place(*start, *end)), ..*origin };
    let shift = |error: FormatError| FormatError::new(error.message, *start);
    let element = match cert_element::parse(data, limits) {
        Ok(element) => element,
        Err(error) => return Some(Artifact::failed(KIND, shift(error))),
    };
    let path =
        query.key.as_ref().and_then(|key| Some((reg_export::store_of(&key.value)?, origin.place(key.start, key.end))));
    let mut artifact = Artifact::new(KIND);
    artifact.details = Some(json!({
        "key": query.key.as_ref().map(|key| key.value.clone()),
        "store": path.as_ref().map(|(path, _)| path.store.clone()),
        "scope": path.as_ref().map(|(path, _)| path.scope),
        "element": element_json(&element),
    }));
    let mut problems = Vec::new();
    let path = path.as_ref().map(|(path, place)| (path, *place));
    artifact.credentials.extend(of_registry(&element, data, path, &inside, limits, &mut problems));
    artifact.add_problems(element.problems.into_iter().chain(problems).map(shift));
    Some(artifact)
}

/// A registry export with certificates in it.
pub fn reg_export(data: &[u8], origin: &Origin<'_>, limits: &Limits) -> Artifact {
    let export = match reg_export::parse(data, limits) {
        Ok(export) => export,
        Err(error) => return Artifact::failed("reg-export", error),
    };
    let mut artifact = Artifact::new("reg-export");
    artifact.encoding = Some(export.encoding);
    let mut blobs = Vec::new();
    let mut problems = Vec::new();
    let mut properties = 0_usize;
    for blob in &export.blobs {
        if properties > STORE_PROPERTIES {
            let message = format!("properties after the first {STORE_PROPERTIES} of a registry export are not read");
            problems.insert(0, FormatError::new(message, blob.bytes.start));
            break;
        }
        let mut place = origin.place(blob.bytes.start, blob.bytes.end);
        if origin.lines.is_none() {
            let (line, column) = blob.position;
            place.line = u32::try_from(line).unwrap_or(u32::MAX);
            place.column = u32::try_from(column).unwrap_or(u32::MAX);
        }
        let inside = Origin { block: Some(place), ..*origin };
        let path = reg_export::store_of(&blob.key.value);
        let shift = |error: FormatError| FormatError::new(error.message, blob.bytes.start);
        let element = match cert_element::parse(&blob.bytes.value, limits) {
            Ok(element) => element,
            Err(error) => {
                problems.push(shift(error));
                continue;
            }
        };
        properties = properties.saturating_add(element.records.len());
        blobs.push(json!({
            "key": blob.key.value,
            "store": path.as_ref().map(|path| path.store.clone()),
            "scope": path.as_ref().map(|path| path.scope),
            "element": element_json(&element),
        }));
        let key_place = origin.place(blob.key.start, blob.key.end);
        let path = path.as_ref().map(|path| (path, key_place));
        let mut inner = Vec::new();
        artifact.credentials.extend(of_registry(&element, &blob.bytes.value, path, &inside, limits, &mut inner));
        problems.extend(element.problems.into_iter().chain(inner).map(shift));
    }
    let settings: Vec<Value> = export
        .settings
        .iter()
        .map(|setting| {
            let (thumbprint, serial) = setting.certificate.value.digits();
            json!({
                "key": setting.key,
                "name": setting.setting.value,
                "workload": setting.setting.workload,
                "thumbprint": thumbprint,
                "serial": serial,
            })
        })
        .collect();
    artifact.observed.extend(export.settings.iter().map(|setting| service_certificate(setting, origin)));
    artifact.observed.extend(export.machine_guid.iter().map(|guid| machine_guid(guid, origin)));
    let permissions: Vec<Value> = export
        .permissions
        .iter()
        .map(|value| {
            json!({
                "key": value.key,
                "name": value.name,
                "value": value.value.value,
                "names": flags::names(value.value.value, flags::KEY_PERMISSIONS),
            })
        })
        .collect();
    artifact.details = Some(json!({
        "version": match export.version {
            reg_export::RegVersion::Regedit4 => "REGEDIT4",
            reg_export::RegVersion::Version5 => "Windows Registry Editor Version 5.00",
            reg_export::RegVersion::Wine2 => "WINE REGISTRY Version 2",
        },
        "keys": export.keys,
        "certificates": blobs,
        "settings": settings,
        "permissions": permissions,
    }));
    artifact.add_problems(export.problems.into_iter().chain(problems));
    artifact
}

/// The place of a value on a line of an export, and that line.
fn value_of_line(
    span: Range<usize>,
    (line, column): (usize, usize),
    line_start: usize,
    text: &str,
    origin: &Origin<'_>,
) -> (Place, Excerpts) {
    let mut place = origin.place(span.start, span.end);
    // Inside a longer text the lines are that text's.
    if place.line == 0 {
        place.line = u32::try_from(line).unwrap_or(u32::MAX);
        place.column = u32::try_from(column).unwrap_or(u32::MAX);
    }
    let mut excerpts = Excerpts::default();
    let line = origin.place(line_start, line_start);
    excerpts.push(origin.source, place.line, line.column.max(1), line.start, text);
    (place, excerpts)
}

/// The machine's GUID.
fn machine_guid(guid: &reg_export::RegGuid, origin: &Origin<'_>) -> Observed {
    let span = guid.guid.start..guid.guid.end;
    let (place, excerpts) = value_of_line(span, guid.position, guid.line_start, &guid.text, origin);
    let fact = Fact::stated(guid.guid.value.clone(), place);
    let what = Observation::System(SystemFact::MachineGuid(fact));
    Observed { kind: "reg-export", place, fields: Vec::new(), excerpts, what }
}

/// The certificate that a service is set to use.
fn service_certificate(setting: &reg_export::RegSetting, origin: &Origin<'_>) -> Observed {
    let span = setting.certificate.start..setting.certificate.end;
    let (place, excerpts) = value_of_line(span, setting.position, setting.line_start, &setting.text, origin);
    let certificate = setting.certificate.value.clone().at(place);
    let instance = service_setting::sql_instance(&setting.key).map(str::to_owned);
    let what = ServiceCertificate {
        workload: setting.setting.workload,
        certificate,
        endpoint: None,
        instance,
        service_use: ServiceUse::Set,
    };
    Observed {
        kind: "reg-export",
        place,
        fields: Vec::new(),
        excerpts,
        what: Observation::System(SystemFact::ServiceCertificate(what)),
    }
}

/// A credential for a certificate of which nothing but its bytes is known.
fn bare(certificate: Certificate, range: credential::SourceRange) -> Credential {
    Credential {
        origin: credential::Origin::CertificateFile,
        certificate: Some(certificate),
        sources: vec![range],
        ..Credential::default()
    }
}

/// A certificate file in DER.
pub fn certificate_file(data: &[u8], origin: &Origin<'_>, limits: &Limits) -> Artifact {
    let (facts, problem) = certificate(data, 0, origin, limits);
    if facts.subject.is_none()
        && let Some(error) = problem
    {
        return Artifact::failed("certificate", error);
    }
    let mut artifact = Artifact::new("certificate");
    artifact.credentials.push(bare(facts, origin.range(0, data.len())));
    artifact.add_problems(problem);
    artifact
}

/// The certificates of a PKCS#7 file.
pub fn pkcs7(data: &[u8], origin: &Origin<'_>, limits: &Limits) -> Artifact {
    let record = match pkcs7::parse(data, limits) {
        Ok(record) => record,
        Err(error) => return Artifact::failed("pkcs7", error),
    };
    let mut artifact = Artifact::new("pkcs7");
    artifact.details = Some(json!({
        "content_type": record.content_type,
        "certificates": record.certificates.len(),
        "crls": record.crls,
        "signers": record.signers,
    }));
    let mut problems = Vec::new();
    for (index, (start, end)) in record.certificates.into_iter().enumerate() {
        if index >= STORE_ELEMENTS {
            let message = format!("certificates after the first {STORE_ELEMENTS} of a PKCS #7 file are not read");
            problems.insert(0, FormatError::new(message, start));
            break;
        }
        let Some(encoded) = data.get(start..end) else { continue };
        let (facts, problem) = certificate(encoded, start, origin, limits);
        problems.extend(problem);
        artifact.credentials.push(bare(facts, origin.range(start, end)));
    }
    artifact.add_problems(problems);
    artifact
}
