//! IIS and HTTP.sys do not agree about a binding.

use super::bindings;
use super::prelude::*;
use crate::model::binding::{Binding, BindingHash, Endpoint};
use crate::model::observation::Observed;

/// The rule.
pub(super) struct IisHttpsysDrift;

static META: RuleMeta = RuleMeta {
    name: "iis-httpsys-drift",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::Contributing,
    confidence: Confidence::Possible,
    summary: "IIS and HTTP.sys do not agree about a binding",
    sources: &[sources::TWO_HALVES],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/iis-httpsys-drift.md"),
};

/// Whether an entry of HTTP.sys is the one that a binding of IIS needs.
pub(super) fn serves(record: &Observed, iis: &Binding, http: &Binding) -> bool {
    let port = iis.endpoint.value.port();
    if bindings::is_central(iis) {
        // Without SNI the entry of the address refers to the central store: it has no hash.
        let null = http.hash.as_ref().is_some_and(|h| h.value == BindingHash::Null);
        let same = http.endpoint.value.port() == port;
        return same && (null || matches!(http.endpoint.value, Endpoint::CentralStore { .. }));
    }
    // `appcmd list site` prints no flags: with a host name both forms are possible.
    let sni = iis.ssl_flags.as_ref().map(|f| f.value & 1 != 0);
    let name = || record.fields.iter().find(|(field, _)| field == "binding_information").map(|(_, v)| v.value.as_str());
    match (&iis.endpoint.value, &http.endpoint.value) {
        (_, Endpoint::HostPort { host, port: p }) if sni.is_none() && *p == port => name()
            .and_then(|information| information.rsplit(':').next())
            .is_some_and(|name| name.trim().eq_ignore_ascii_case(host)),
        (Endpoint::HostPort { host, .. }, Endpoint::HostPort { host: of, port: p }) if sni != Some(false) => {
            host.eq_ignore_ascii_case(of) && *p == port
        }
        // Without SNI a binding with a host name still uses the entry of the address.
        (Endpoint::IpPort { ip, .. }, Endpoint::IpPort { ip: of, port: p }) => {
            *p == port && (ip == of || bindings::is_wildcard(ip) && bindings::is_wildcard(of))
        }
        (Endpoint::HostPort { .. }, Endpoint::IpPort { port: p, .. }) => *p == port && sni != Some(true),
        _ => false,
    }
}

fn choose_again() -> Remedy {
    remedy::advice(
        "Choose the certificate of the binding again",
        "In IIS Manager edit the https binding and select the certificate; that writes the entry anew.",
    )
}

impl CaseRule for IisHttpsysDrift {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        let iis = subject::named(cx, &["iis"]);
        if iis.is_empty() {
            return out.not_applicable("IIS was not asked for");
        }
        let mut any = false;
        let entries = bindings::HttpSysEntries::of(case);
        let complete = bindings::listing_is_complete(case);
        for (observed, wanted) in bindings::of_iis(case) {
            any = true;
            if wanted.stopped {
                out.pass("the site of this binding is stopped");
                continue;
            }
            let found: Vec<_> =
                entries.near(observed, wanted).into_iter().filter(|(_, http)| serves(observed, wanted, http)).collect();
            let endpoint = wanted.endpoint.value.to_string();
            if found.is_empty() {
                if !complete || entries.is_cut(wanted.endpoint.value.port()) {
                    out.unknown(
                        format!("whether HTTP.sys has a certificate for {endpoint}"),
                        "netsh http show sslcert",
                    );
                    continue;
                }
                let port = wanted.endpoint.value.port();
                let fallback = bindings::of_http_sys(case).find(|(_, b)| match &b.endpoint.value {
                    Endpoint::IpPort { ip, port: p } => *p == port && bindings::is_wildcard(ip),
                    _ => false,
                });
                if let Some((http, other)) = fallback {
                    let text = format!(
                        "IIS has an https binding for {endpoint}, and the complete listing of HTTP.sys has no entry of its own \
                         for it: clients get the certificate of {}.",
                        other.endpoint.value
                    );
                    out.fail(
                        FindingDraft::new(&META, "HTTP.sys has no entry of its own for a binding of IIS", text)
                            .subject(endpoint)
                            .workloads(iis.clone())
                            .evidence(observed.evidence(wanted.endpoint.place, "no entry of its own in HTTP.sys", true))
                            .evidence(http.evidence(other.endpoint.place, "answers in its place", false))
                            .remedy(choose_again()),
                    );
                    continue;
                }
                let text = format!(
                    "IIS has an https binding for {endpoint}, and the complete listing of HTTP.sys has no entry for it: the \
                     certificate was never bound, or the entry was lost. Handshakes on it are reset."
                );
                out.fail(
                    FindingDraft::new(&META, "HTTP.sys has no certificate for a binding of IIS", text)
                        .subject(endpoint)
                        .workloads(iis.clone())
                        .conditions(2)
                        .evidence(observed.evidence(wanted.endpoint.place, "no entry in HTTP.sys", true))
                        .remedy(choose_again()),
                );
                continue;
            }
            let differs = bindings::thumbprint(wanted).and_then(|own| {
                let other = found.iter().find_map(|(o, http)| Some((*o, bindings::thumbprint(http)?)))?;
                (other.1.value != own.value).then_some((own, other))
            });
            let Some((own, (http, other))) = differs else {
                out.pass("HTTP.sys has an entry for each https binding of IIS");
                continue;
            };
            let text = format!(
                "For {endpoint} IIS shows the certificate {}, HTTP.sys uses {}. Clients see the one of HTTP.sys.",
                own.value, other.value
            );
            out.fail(
                FindingDraft::new(&META, META.summary, text)
                    .subject(endpoint)
                    .workloads(iis.clone())
                    .evidence(http.evidence(other.place, "what clients see", true))
                    .evidence(observed.evidence(own.place, "what IIS shows", false))
                    .remedy(bindings::bind_again(wanted, &own.value.to_string(), &bindings::store(wanted))),
            );
        }
        if any {
            entries.tell_cut(out);
        } else {
            out.not_applicable("no https binding of IIS is among the inputs");
        }
    }
}
