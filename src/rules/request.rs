//! Questions that several rules ask of an intended key.

use super::{Asked, Context, FindingDraft, Grade, remedy, subject};
use crate::case::credential::common_name;
use crate::model::fact::{Evidence, Fact, Place};
use crate::model::judgement::{Confidence, Role};
use crate::model::key_request::{KeyRequest, RequestForm};
use crate::model::{
    oid,
    provider::{self, ProviderKind},
};
use crate::workloads::{CellOutcome, Target};
use std::borrow::Cow;

/// Why a rule has nothing to say about another kind of artifact.
pub(super) const NOT_AN_INF: &str = "no request INF";
/// What tells what an INF states of which lines are missing.
pub(super) const WHOLE_INF: &str = "the INF with all its lines";
/// Why a rule about certificate requests has nothing to say.
pub(super) const NOT_A_REQUEST: &str = "no certificate request";
/// Why a rule about TLS servers has nothing to say.
pub(super) const NOT_A_SERVER: &str = "nothing asks for a TLS server's certificate";
/// Why a rule about a new key has nothing to say.
pub(super) const EXISTING_KEY: &str = "it renews a certificate or uses a key that is already there";

/// What a request asks of a TLS server's key: how sure it is that it is a server's, the key usage, and the servers that it could
/// serve; or why there is nothing to judge.
pub(super) fn usage_for_server<'a>(
    key: &'a KeyRequest,
    cx: &Context<'_>,
) -> Result<(Confidence, &'a Fact<u32>, Vec<Target>), &'static str> {
    let sure = server(key).ok_or(NOT_A_SERVER)?;
    let usage = key.key_usage.as_ref().ok_or("no key usage is asked for")?;
    let workloads = subject::servers(cx);
    if workloads.is_empty() { Err(subject::NO_WORKLOAD) } else { Ok((sure, usage, workloads)) }
}

/// What the certificate will be for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A TLS server, and how sure: certain when serverAuth is asked for, likely by a template of that purpose or by DNS
    /// names over a machine key, possible by a host name as common name over a machine key.
    Server(Confidence),
    /// Something else: another purpose, a CA.
    Other,
    /// Not shown: the template or the CA decides.
    Open,
}

/// Microsoft's default templates with serverAuth, by name and by the object identifier's absence of a meaning: version 1
/// templates travel by name (Microsoft Learn, "Certificate templates", default templates).
const SERVER_TEMPLATES: &[&str] = &["WebServer"];
/// Default templates for users, CAs and other purposes than a server.
const OTHER_TEMPLATES: &[&str] = &[
    "User",
    "UserSignature",
    "SmartcardUser",
    "SmartcardLogon",
    "ClientAuth",
    "CodeSigning",
    "EFS",
    "EFSRecovery",
    "CA",
    "SubCA",
    "CrossCA",
    "CAExchange",
    "CEPEncryption",
    "EnrollmentAgent",
    "MachineEnrollmentAgent",
    "OCSPResponseSigning",
    "Administrator",
    "CTLSigning",
    "ExchangeUser",
    "ExchangeUserSignature",
    "KeyRecoveryAgent",
    "OfflineRouter",
    "IPSECIntermediateOnline",
    "IPSECIntermediateOffline",
    "Workstation",
];

/// What the certificate will be for.
pub(super) fn purpose(request: &KeyRequest) -> Purpose {
    let ca_usage = request.key_usage.as_ref().is_some_and(|usage| usage.value & 0x06 != 0);
    if request.is_ca.as_ref().is_some_and(|ca| ca.value) || ca_usage {
        return Purpose::Other;
    }
    if !request.extended_key_usage.is_empty() {
        let server = |usage: &Fact<String>| usage.value == oid::SERVER_AUTH || usage.value == oid::ANY_EKU;
        let known = request.extended_key_usage.iter().any(|usage| oid::is_oid(&usage.value));
        return match (request.extended_key_usage.iter().any(server), known) {
            (true, _) => Purpose::Server(Confidence::Certain),
            (false, true) => Purpose::Other,
            // A placeholder of a script or template.
            (false, false) => Purpose::Open,
        };
    }
    if let Some(template) = &request.template {
        let named = |list: &[&str]| list.iter().any(|name| name.eq_ignore_ascii_case(template.value.trim()));
        if named(SERVER_TEMPLATES) {
            return Purpose::Server(Confidence::Likely);
        }
        if named(OTHER_TEMPLATES) {
            return Purpose::Other;
        }
    }
    if !request.usages_shown || request.existing.is_some() {
        return Purpose::Open;
    }
    // A request in DER does not say where its key is; an INF and a script do.
    let machine = match request.form {
        RequestForm::Pkcs10 | RequestForm::Cmc => true,
        _ => request.machine_keyset.as_ref().is_some_and(|machine| machine.value),
    };
    if machine && request.alternative_names.iter().any(|name| dns_name(&name.value).is_some()) {
        Purpose::Server(Confidence::Likely)
    } else if machine && request.alternative_names.is_empty() && host(request).is_some() {
        Purpose::Server(Confidence::Possible)
    } else {
        Purpose::Open
    }
}

/// How sure it is that the certificate is a TLS server's; `None`: it is not, or nothing says so.
pub(super) fn server(request: &KeyRequest) -> Option<Confidence> {
    match purpose(request) {
        Purpose::Server(confidence) => Some(confidence),
        Purpose::Other | Purpose::Open => None,
    }
}

/// The DNS name of a subject alternative name in any notation: `dns=a.b`, `DNS Name=a.b`.
fn dns_name(name: &str) -> Option<&str> {
    let (kind, value) = name.split_once('=')?;
    let kind = kind.trim();
    (kind.eq_ignore_ascii_case("dns") || kind.eq_ignore_ascii_case("dns name")).then_some(value.trim())
}

/// The common name of the subject when it looks like a host's: letters, digits, hyphens and at least one dot, perhaps a
/// wildcard in front.
pub(super) fn host(request: &KeyRequest) -> Option<String> {
    let subject = &request.subject.as_ref()?.value;
    let name = common_name(subject).or_else(|| {
        let parts = subject.split([',', '+', ';', '/']).map(str::trim);
        let mut names =
            parts.filter_map(|part| part.split_once('=')).filter(|(key, _)| key.trim().eq_ignore_ascii_case("cn"));
        names.next().map(|(_, name)| name.trim().trim_matches('"'))
    })?;
    // In an INF a comma needs no blank behind it.
    let name = name.split([',', ';']).next().unwrap_or_default().trim().to_owned();
    let labels = name.strip_prefix("*.").unwrap_or(&name);
    let label = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !part.starts_with('-')
    };
    let numbers = labels.split('.').all(|part| part.bytes().all(|b| b.is_ascii_digit()));
    (labels.contains('.') && labels.split('.').all(label) && !numbers).then_some(name)
}

/// Whether the key is an elliptic-curve key.
pub(super) fn is_ec(request: &KeyRequest) -> bool {
    request.key_algorithm.as_ref().is_some_and(|algorithm| algorithm.value.to_ascii_uppercase().starts_with("EC"))
}

/// The provider that is asked for first.
pub(super) fn provider(request: &KeyRequest) -> Option<&Fact<String>> {
    request.providers.first()
}

/// CSP or KSP. A known provider's name decides; else the type; else what the name or an algorithm of CNG suggests.
pub(super) fn kind(request: &KeyRequest) -> Option<ProviderKind> {
    let name = provider(request).map(|name| name.value.as_str());
    let known = name.and_then(provider::find).map(provider::Provider::kind);
    let typed = request.provider_type.as_ref().map(|kind| provider::kind_of_type(kind.value));
    // certreq's KeyAlgorithm other than RSA is a name of CNG.
    let stated = matches!(request.form, RequestForm::Inf | RequestForm::Script);
    let algorithm = (is_ec(request) && stated).then_some(ProviderKind::Ksp);
    known.or(typed).or_else(|| name.and_then(provider::kind_of_name)).or(algorithm)
}

/// The place that shows whether the provider is a CSP or a KSP.
pub(super) fn kind_place(request: &KeyRequest) -> Option<Place> {
    provider(request).map(|name| name.place).or_else(|| request.provider_type.as_ref().map(|kind| kind.place))
}

/// The workloads that a certificate made from it could serve: those among `asked` that its extended key usage allows or
/// that an absent one leaves open. A user's key of unknown purpose serves no machine.
pub(super) fn candidates(request: &KeyRequest, asked: &[Target]) -> Vec<Target> {
    let purpose = purpose(request);
    let ca = request.is_ca.as_ref().is_some_and(|ca| ca.value);
    let machine = request.machine_keyset.as_ref().map(|machine| machine.value);
    let states_scope = matches!(request.form, RequestForm::Inf | RequestForm::Script);
    let personal = states_scope && machine != Some(true) && !matches!(purpose, Purpose::Server(_));
    // A script that says nothing of a key's provider or kind is judged for nothing: it may only import one.
    let silent = provider(request).is_none()
        && request.provider_type.is_none()
        && request.key_spec.is_none()
        && request.key_algorithm.is_none();
    if request.form == RequestForm::Script && silent && !matches!(purpose, Purpose::Server(_)) {
        return Vec::new();
    }
    let allows = |target: &&Target| {
        let workload = target.workload;
        if workload.name == "adcs" {
            return ca;
        }
        if ca || personal && !workload.user_store {
            return false;
        }
        let allowed = workload.extended_key_usages;
        if allowed.is_empty() {
            return true;
        }
        let usages = &request.extended_key_usage;
        if usages.iter().any(|usage| oid::is_oid(&usage.value)) {
            return usages.iter().any(|usage| usage.value == oid::ANY_EKU || allowed.contains(&usage.value.as_str()));
        }
        // A template of another purpose, a key that signs certificates.
        !(workload.server && purpose == Purpose::Other)
    };
    asked.iter().filter(allows).copied().collect()
}

/// The servers among the workloads whose keys are the machine's.
pub(super) fn machine_servers(cx: &Context<'_>) -> Vec<Target> {
    cx.workloads.iter().filter(|target| target.workload.server && !target.workload.user_store).copied().collect()
}

/// Those of the workloads whose cell of the table says, from a document, that a CryptoAPI key with KeySpec 2 fails.
pub(super) fn no_signature_keys(cx: &Context<'_>) -> Vec<Target> {
    let fails = |target: &&Target| {
        let cell = target.cell(ProviderKind::Csp, Some(2), false);
        let documented = cell.is_some_and(|(_, cell)| cell.outcome == CellOutcome::Fail && cell.grade <= Grade::C);
        target.workload.server && documented
    };
    cx.workloads.iter().filter(fails).copied().collect()
}

/// At most this sure.
pub(super) fn at_most(draft: FindingDraft, confidence: Confidence) -> FindingDraft {
    let own = draft.confidence;
    draft.confidence(own.max(confidence))
}

/// A place of the record, with the words that stand there, else with the value as `shown`.
pub(super) fn evidence(
    asked: &Asked<'_>,
    place: Place,
    shown: &str,
    label: impl Into<Cow<'static, str>>,
    primary: bool,
) -> Evidence {
    let mut evidence = asked.observed.evidence(place, label, primary);
    if evidence.line_text.is_empty() {
        shown.clone_into(&mut evidence.excerpt);
    }
    evidence
}

/// The section's heading, where something is missing.
pub(super) fn missing(asked: &Asked<'_>, label: &'static str) -> Evidence {
    let heading = asked.request.heading.as_ref();
    let (place, shown) = heading.map_or((asked.observed.place, ""), |heading| (heading.place, heading.value.as_str()));
    evidence(asked, place, shown, label, true)
}

/// A line to write.
pub(super) fn write(line: impl AsRef<str>) -> remedy::Remedy {
    remedy::Remedy {
        title: "Change the INF before the request is made",
        steps: vec![remedy::Step::text(line.as_ref()).place("requesting-server")],
        caution: None,
        verify: None,
    }
}

/// A root cause that is only likely or possible when the purpose is guessed; hygiene and notes stay what they are.
pub(super) fn for_purpose(draft: FindingDraft, confidence: Confidence) -> FindingDraft {
    if draft.role == Role::Hygiene { draft } else { at_most(draft, confidence) }
}
