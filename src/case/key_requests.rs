//! From a certificate request or an INF to the key that it asks for.

use super::artifact::Origin;
use super::from_certificate::{key_usage, printed_name};
use crate::formats::Spanned;
use crate::formats::certificate_request::CertificateRequest;
use crate::formats::request_inf::RequestInf;
use crate::formats::text_lines::lines;
use crate::limits::{BLOCK_VALUES, Limits};
use crate::model::fact::{Excerpts, Fact, Place};
use crate::model::key_request::{KeyRequest, RequestForm};
use crate::model::observation::{Observation, Observed, SystemFact};
use crate::model::thumbprint::Sha1;
use crate::model::windows::WindowsVersion;

/// The key that a request in DER asks for, and the version of Windows that the request states.
pub fn of_request(request: &CertificateRequest, length: usize, origin: &Origin<'_>) -> Vec<Observed> {
    let whole = origin.place(0, length);
    let text = |value: Option<&Spanned<String>>| value.map(|value| origin.stated(value));
    let place_of = |oid: &str| {
        let extension = request.extensions.iter().find(|extension| extension.value == oid);
        extension.map_or(whole, |extension| origin.place(extension.start, extension.end))
    };
    let form = if matches!(request.format, "cmc" | "pkcs7") { RequestForm::Cmc } else { RequestForm::Pkcs10 };
    let mut key = KeyRequest::new(form);
    key.subject = text(request.subject.as_ref()).filter(|subject| !subject.value.is_empty());
    key.key_spec = request.key_spec.as_ref().map(|spec| origin.stated(spec));
    // The attribute of a CNG request names the KSP as well; its own attribute goes before.
    key.providers.extend(text(request.ksp_name.as_ref().or(request.provider.as_ref())));
    if request.ksp_name.is_some() && key.key_spec.is_none() {
        key.provider_type = text(request.ksp_name.as_ref()).map(|name| Fact::derived(0, name.place, "it names a KSP"));
    }
    key.template = request.template.clone().map(|name| {
        let place = ["1.3.6.1.4.1.311.20.2", "1.3.6.1.4.1.311.21.7"].map(place_of);
        Fact::stated(name, place.into_iter().find(|place| *place != whole).unwrap_or(whole))
    });
    key.is_ca = request.ca.map(|ca| Fact::stated(ca, place_of("2.5.29.19")));
    key.key_usage =
        request.key_usage.as_ref().map(|names| Fact::stated(u32::from(key_usage(names).0), place_of("2.5.29.15")));
    let usages = request.extended_key_usage.iter().flatten();
    key.extended_key_usage = usages.map(|oid| Fact::stated(oid.clone(), place_of("2.5.29.37"))).collect();
    key.usages_shown = true;
    let names = request.alternative_names.iter();
    key.alternative_names = names.map(|name| Fact::stated(printed_name(name), place_of("2.5.29.17"))).collect();
    if let Some(public) = &request.public_key {
        let place = origin.place(public.start, public.end);
        key.key_algorithm = Some(Fact::stated(public.value.algorithm.clone(), place));
        key.key_length = public.value.bits.map(|bits| Fact::stated(bits, place));
        key.public_key_sha1 = Sha1::parse(&public.value.sha1).map(|sha1| Fact::stated(sha1, place));
    }
    if let Some(client) = &request.client {
        key.client_machine = text(client.machine.as_ref());
        key.client_user = text(client.user.as_ref());
        key.client_process = text(client.process.as_ref());
    }
    key.os_version = text(request.os_version.as_ref());
    key.signature_valid = request.signature_valid;
    let windows = key.os_version.as_ref().and_then(|version| {
        let parsed = WindowsVersion::parse(&version.value)?;
        Some(Fact { value: parsed, place: version.place, basis: version.basis })
    });
    let observed = |what| Observed {
        kind: "certificate-request",
        place: whole,
        fields: Vec::new(),
        excerpts: Excerpts::default(),
        what,
    };
    let mut out = vec![observed(Observation::Request(Box::new(key)))];
    out.extend(windows.map(|windows| observed(Observation::System(SystemFact::Windows(windows)))));
    out
}

/// The key that an INF asks for.
pub fn of_inf(inf: &RequestInf, data: &[u8], origin: &Origin<'_>, limits: &Limits) -> Observed {
    let at = |start: usize, end: usize, line: usize, column: usize| {
        let mut place = origin.place(start, end);
        // Inside a longer text the lines are that text's.
        if origin.lines.is_none() {
            place.line = u32::try_from(line).unwrap_or(u32::MAX);
            place.column = u32::try_from(column).unwrap_or(u32::MAX);
        }
        place
    };
    // Values stand in file order; a fact begins where its value begins.
    let place_of = |start: usize, end: usize| {
        let index = inf.values.partition_point(|value| value.value.start < start);
        inf.values.get(index).map_or_else(Place::default, |value| at(start, end, value.line, value.column))
    };
    let text = |value: &Option<Spanned<String>>| {
        value.as_ref().map(|value| Fact::stated(value.value.clone(), place_of(value.start, value.end)))
    };
    let number = |value: &Option<Spanned<u32>>| {
        value.as_ref().map(|value| Fact::stated(value.value, place_of(value.start, value.end)))
    };
    let truth = |value: &Option<Spanned<bool>>| {
        value.as_ref().map(|value| Fact::stated(value.value, place_of(value.start, value.end)))
    };
    let list = |values: &[Spanned<String>]| {
        let facts = values.iter().map(|value| Fact::stated(value.value.clone(), place_of(value.start, value.end)));
        facts.collect::<Vec<_>>()
    };
    let mut key = KeyRequest::new(RequestForm::Inf);
    key.heading = inf.heading.as_ref().map(|heading| {
        Fact::stated(heading.text.value.clone(), at(heading.text.start, heading.text.end, heading.line, heading.column))
    });
    key.left_out = inf.left_out;
    key.template = text(&inf.certificate_template).filter(|name| !name.value.is_empty());
    key.is_ca = truth(&inf.ca);
    key.existing = text(&inf.renewal_cert).or_else(|| {
        let existing = truth(&inf.use_existing_keyset).filter(|existing| existing.value)?;
        Some(existing.map(|_| "UseExistingKeySet".to_owned()))
    });
    key.subject = text(&inf.subject).filter(|subject| !subject.value.is_empty());
    key.key_spec = number(&inf.key_spec);
    key.providers.extend(text(&inf.provider).filter(|name| !name.value.is_empty()));
    key.provider_type = number(&inf.provider_type);
    key.machine_keyset = truth(&inf.machine_keyset);
    key.exportable = truth(&inf.exportable);
    key.key_usage = number(&inf.key_usage);
    key.key_usage_property = number(&inf.key_usage_property);
    key.key_length = number(&inf.key_length);
    key.key_algorithm = text(&inf.key_algorithm);
    key.request_type = text(&inf.request_type);
    key.hash_algorithm = text(&inf.hash_algorithm);
    key.extended_key_usage = list(&inf.extended_key_usage);
    key.usages_shown = !inf.encoded_usages;
    key.alternative_names = list(&inf.alternative_names);
    key.unread_names = inf.encoded_names;
    key.security_descriptor = text(&inf.security_descriptor);
    key.private_key_archive = truth(&inf.private_key_archive);
    key.key_container = text(&inf.key_container);
    key.unquoted_pipes = inf
        .unquoted_pipes
        .iter()
        .filter_map(|index| inf.values.get(*index))
        .map(|value| {
            let place = at(value.value.start, value.value.end, value.line, value.column);
            (value.written.1.clone(), Fact::stated(value.value.value.clone(), place))
        })
        .collect();
    key.values = inf
        .values
        .iter()
        .map(|value| {
            let place = at(value.value.start, value.value.end, value.line, value.column);
            let (section, name) = value.written.clone();
            (section, name, Fact::stated(value.value.value.clone(), place))
        })
        .collect();
    Observed {
        kind: "request-inf",
        place: at(0, data.len(), 1, 1),
        fields: Vec::new(),
        excerpts: excerpts(inf, data, origin, limits),
        what: Observation::Request(Box::new(key)),
    }
}

/// The lines that facts stand on: the heading and the values.
fn excerpts(inf: &RequestInf, data: &[u8], origin: &Origin<'_>, limits: &Limits) -> Excerpts {
    let heading = inf.heading.as_ref().map_or(0, |heading| heading.line);
    let mut stated = inf.values.iter().map(|value| value.line).peekable();
    let mut out = Excerpts::default();
    for line in lines(data) {
        if out.lines().len() >= BLOCK_VALUES {
            break;
        }
        let value = stated.next_if_eq(&line.number).is_some();
        if value || line.number == heading {
            let mut place = origin.place(line.start, line.start);
            if origin.lines.is_none() {
                place.line = u32::try_from(line.number).unwrap_or(u32::MAX);
                place.column = 1;
            }
            let text: String = line.text.chars().take(limits.excerpt_columns).collect();
            out.push(place.source, place.line, place.column, place.start, text.trim_end());
        }
    }
    out
}
