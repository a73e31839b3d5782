//! The host name of a binding against the names of its certificate.

use super::bindings;
use super::iis_httpsys_drift;
use super::prelude::*;
use crate::case::credential::common_name;
use crate::model::binding::{Binding, BindingOrigin, Endpoint};
use crate::model::observation::Observed;
use crate::model::thumbprint::Sha1;

/// The rule.
pub(super) struct NameMismatch;

static META: RuleMeta = RuleMeta {
    name: "name-mismatch",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::Hygiene,
    confidence: Confidence::Likely,
    summary: "the certificate does not name the host of its binding",
    sources: &[sources::RFC6125, sources::RFC2818],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/name-mismatch.md"),
};

/// Whether a name of a certificate covers a host (RFC 6125 section 6.4.3: a wildcard is the whole left-most label and
/// stands for one label).
pub(super) fn covers(name: &str, host: &str) -> bool {
    let (name, host) = (name.trim_end_matches('.'), host.trim_end_matches('.'));
    if name.eq_ignore_ascii_case(host) {
        return true;
    }
    let Some(parent) = name.strip_prefix("*.") else { return false };
    // `*.com` covers nothing that a server is named by.
    let Some((first, rest)) = host.split_once('.') else { return false };
    parent.contains('.') && !first.is_empty() && !parent.contains('*') && rest.eq_ignore_ascii_case(parent)
}

/// A DNS name: letters, digits, hyphens and dots, perhaps a wildcard in front.
fn is_dns(name: &str) -> bool {
    let labels = name.strip_prefix("*.").unwrap_or(name);
    !labels.is_empty() && labels.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
}

/// The DNS names: the subject alternative names, only without any the common name. `None`: they are not shown.
fn names(c: &Credential) -> Option<Vec<String>> {
    let certificate = c.certificate.as_ref()?;
    let alternative: Vec<String> = certificate
        .alternative_names
        .iter()
        .filter_map(|n| {
            let value = n.value.split_once('=').map_or(n.value.as_str(), |(_, value)| value).trim();
            is_dns(value).then(|| value.to_owned())
        })
        .collect();
    if !certificate.alternative_names.is_empty() {
        return Some(alternative);
    }
    if !certificate.extensions_shown || c.incomplete {
        return None;
    }
    let name = common_name(&certificate.subject.as_ref()?.value)?;
    is_dns(name).then(|| vec![name.to_owned()])
}

/// The host in `bindingInformation` of an IIS binding: `*:443:www.contoso.com`.
fn of_iis(observed: &Observed) -> Option<&str> {
    let (_, information) = observed.fields.iter().find(|(name, _)| name == "binding_information")?;
    let host = information.value.rsplit(':').next()?.trim();
    (!host.is_empty() && !host.contains(']')).then_some(host)
}

/// The host names of bindings, each with the certificate that HTTP.sys or IIS shows for it.
fn hosts(case: &CaseIndex) -> Vec<(&Observed, &Binding, &str, Sha1)> {
    let mut out = Vec::new();
    let entries = bindings::HttpSysEntries::of(case);
    for (observed, binding) in case.bindings().filter(|(_, b)| b.origin != BindingOrigin::Command) {
        let host = match &binding.endpoint.value {
            Endpoint::HostPort { host, .. } => Some(host.as_str()),
            // IIS keeps the host also where the certificate goes by the address.
            _ => of_iis(observed),
        };
        let Some(host) = host else { continue };
        if let Some(own) = bindings::thumbprint(binding) {
            out.push((observed, binding, host, own.value));
        } else if binding.protocol.eq_ignore_ascii_case("https") && !bindings::is_central(binding) {
            // IIS's configuration names the host, HTTP.sys the certificate.
            let serving = entries
                .near(observed, binding)
                .into_iter()
                .filter(|(_, http)| iis_httpsys_drift::serves(observed, binding, http));
            let used = serving.filter_map(|(_, http)| bindings::thumbprint(http)).next();
            out.extend(used.map(|used| (observed, binding, host, used.value)));
        }
    }
    out
}

impl CaseRule for NameMismatch {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        let workloads = subject::servers(cx);
        if workloads.is_empty() {
            return out.not_applicable("no server was asked for");
        }
        let (mut any, mut passed) = (false, false);
        let mut seen: BTreeSet<(CredentialId, String)> = BTreeSet::new();
        let certificates: BTreeMap<Sha1, &Credential> =
            case.kept.iter().rev().filter_map(|c| Some((c.thumbprint()?, c))).collect();
        for (observed, binding, host, sha1) in hosts(case) {
            // Names that clients on the machine itself use, and names with letters that a dump may print in two ways.
            if host.eq_ignore_ascii_case("localhost") || !host.contains('.') || !is_dns(host) {
                continue;
            }
            let Some(c) = certificates.get(&sha1).copied() else { continue };
            any = true;
            let Some(names) = names(c) else {
                out.unknown(format!("whether the certificate names {host}"), remedy::show_command(c));
                continue;
            };
            if names.iter().any(|name| covers(name, host)) {
                passed = true;
                continue;
            }
            if !seen.insert((c.id, host.to_owned())) {
                continue;
            }
            let listed = if names.is_empty() { "no DNS name".to_owned() } else { names.join(", ") };
            let certificate = c.certificate.as_ref();
            let place = certificate
                .and_then(|c| c.alternative_names.first().map(|n| n.place).or(c.subject.as_ref().map(|s| s.place)));
            let mut draft = FindingDraft::new(
                &META,
                META.summary,
                format!(
                    "The binding is for {host}, the certificate names {listed}. Browsers warn; it is not why a binding fails or \
                     a handshake breaks on the server."
                ),
            )
            .subject(format!("{host} {sha1}"))
            .workloads(workloads.clone())
            .evidence(observed.evidence(binding.endpoint.place, "the host of the binding", true))
            .remedy(remedy::advice(
                "Request a certificate that names the host",
                format!("One with {host} among its subject alternative names."),
            ));
            if let Some(place) = place {
                draft = draft.evidence(c.evidence(place, "the names of the certificate", false));
            }
            draft.related = vec![c.id];
            out.fail(draft);
        }
        if passed && seen.is_empty() {
            out.pass("the certificates name the hosts of their bindings");
        } else if !any {
            out.not_applicable("no binding with a host name and a certificate of the inputs");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_wildcard_stands_for_one_label() {
        assert!(covers("*.contoso.com", "www.contoso.com"));
        assert!(covers("WWW.contoso.com", "www.CONTOSO.com"));
        assert!(!covers("*.contoso.com", "contoso.com"));
        assert!(!covers("*.contoso.com", "a.b.contoso.com"));
        assert!(!covers("*.com", "contoso.com"));
        assert!(!covers("w*.contoso.com", "www.contoso.com"));
        assert!(!covers("*.*.com", "a.b.com"));
    }
}
