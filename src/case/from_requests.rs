//! Details of certificate requests and of the INF files that describe them. They give no credential: the key is only
//! intended.

use super::artifact::{Artifact, Origin};
use super::from_certificate::{key_usage, printed_name};
use super::key_requests;
use crate::formats::{certificate_request, request_inf, x509};
use crate::limits::Limits;
use crate::model::flags;
use crate::model::key_usage::KeyUsage;
use serde_json::{Value, json};

/// The report's details of a request.
pub fn request_json(request: &certificate_request::CertificateRequest) -> Value {
    let text = |value: Option<&crate::formats::Spanned<String>>| value.map(|text| text.value.clone());
    let public_key = request.public_key.as_ref().map(|key| {
        let x509::PublicKey { algorithm, bits, curve, sha1 } = &key.value;
        json!({ "algorithm": algorithm, "bits": bits, "curve": curve, "sha1": sha1 })
    });
    let client = request.client.as_ref().map(|client| {
        json!({
            "client_id": client.client_id.as_ref().map(|id| id.value),
            "machine": text(client.machine.as_ref()),
            "user": text(client.user.as_ref()),
            "process": text(client.process.as_ref()),
        })
    });
    let names: Vec<String> = request.alternative_names.iter().map(printed_name).collect();
    json!({
        "format": request.format,
        "subject": text(request.subject.as_ref()),
        "public_key": public_key,
        "key_spec": request.key_spec.as_ref().map(|spec| spec.value),
        "provider": text(request.provider.as_ref()),
        "ksp_name": text(request.ksp_name.as_ref()),
        "client": client,
        "os_version": text(request.os_version.as_ref()),
        "key_usage": request.key_usage.as_ref().map(|names| key_usage(names).names()),
        "extended_key_usage": request.extended_key_usage,
        "subject_alternative_names": names,
        "template": request.template,
        "archived_key": request.archived_key,
        "renewal": request.renewal,
        "attributes": request.attributes,
        "extensions": request.extensions.iter().map(|extension| &extension.value).collect::<Vec<_>>(),
        "ca": request.ca,
        // Null: an algorithm that is not checked.
        "signature_valid": request.signature_valid,
    })
}

/// A certificate request in DER.
pub fn certificate_request(data: &[u8], origin: &Origin<'_>, limits: &Limits) -> Artifact {
    match certificate_request::parse(data, limits) {
        Ok(request) => {
            let mut artifact = Artifact::new("certificate-request");
            artifact.details = Some(request_json(&request));
            artifact.observed = key_requests::of_request(&request, data.len(), origin);
            artifact.add_problems(request.problems);
            artifact
        }
        Err(error) => Artifact::failed("certificate-request", error),
    }
}

/// A request INF.
pub fn request_inf(data: &[u8], origin: &Origin<'_>, limits: &Limits) -> Artifact {
    let inf = match request_inf::parse(data, limits) {
        Ok(inf) => inf,
        Err(error) => return Artifact::failed("request-inf", error),
    };
    let mut artifact = Artifact::new("request-inf");
    artifact.encoding = Some(inf.encoding);
    artifact.observed.push(key_requests::of_inf(&inf, data, origin, limits));
    let text = |value: &Option<crate::formats::Spanned<String>>| value.as_ref().map(|text| text.value.clone());
    let number = |value: &Option<crate::formats::Spanned<u32>>| value.as_ref().map(|number| number.value);
    let truth = |value: &Option<crate::formats::Spanned<bool>>| value.as_ref().map(|truth| truth.value);
    let usage = inf.key_usage.as_ref().map(|usage| KeyUsage(u16::try_from(usage.value).unwrap_or(u16::MAX)).names());
    let property = inf.key_usage_property.as_ref();
    let property = property.map(|bits| flags::names(bits.value, flags::KEY_USAGE_PROPERTY));
    let values = |list: &[crate::formats::Spanned<String>]| -> Vec<String> {
        list.iter().map(|text| text.value.clone()).collect()
    };
    artifact.details = Some(json!({
        "key_spec": number(&inf.key_spec),
        "provider": text(&inf.provider),
        "provider_type": number(&inf.provider_type),
        "machine_keyset": truth(&inf.machine_keyset),
        "exportable": truth(&inf.exportable),
        "exportable_encrypted": truth(&inf.exportable_encrypted),
        "key_usage": usage,
        "key_usage_property": property,
        "key_length": number(&inf.key_length),
        "key_algorithm": text(&inf.key_algorithm),
        "hash_algorithm": text(&inf.hash_algorithm),
        "request_type": text(&inf.request_type),
        "subject": text(&inf.subject),
        "key_container": text(&inf.key_container),
        "use_existing_key_set": truth(&inf.use_existing_keyset),
        "friendly_name": text(&inf.friendly_name),
        "certificate_template": text(&inf.certificate_template),
        "security_descriptor": text(&inf.security_descriptor),
        "private_key_archive": truth(&inf.private_key_archive),
        "silent": truth(&inf.silent),
        "user_protected": truth(&inf.user_protected),
        "renewal_cert": text(&inf.renewal_cert),
        "ca": truth(&inf.ca),
        "extended_key_usage": values(&inf.extended_key_usage),
        "subject_alternative_names": values(&inf.alternative_names),
    }));
    artifact.add_problems(inf.problems);
    artifact
}
