//! An entry for an address hides the entries for host names.

use super::bindings;
use super::prelude::*;
use crate::model::binding::Endpoint;

/// The rule.
pub(super) struct SslcertIpportOverridesSni;

static META: RuleMeta = RuleMeta {
    name: "sslcert-ipport-overrides-sni",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::Contributing,
    confidence: Confidence::Likely,
    summary: "an entry for one address hides the entries for host names on the same port",
    sources: &[sources::IIS_TROUBLESHOOT_HTTP],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/sslcert-ipport-overrides-sni.md"),
};

impl CaseRule for SslcertIpportOverridesSni {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        if cx.workloads.iter().all(|t| !t.workload.server) {
            return out.not_applicable("no server was asked for");
        }
        let mut hosts: BTreeMap<u16, Vec<_>> = BTreeMap::new();
        for (observed, binding) in bindings::of_http_sys(case) {
            if let Endpoint::HostPort { port, .. } = binding.endpoint.value {
                hosts.entry(port).or_default().push((observed, binding));
            }
        }
        if hosts.is_empty() {
            return out.not_applicable("no entry of HTTP.sys for a host name is among the inputs");
        }
        let mut hidden = false;
        for (observed, binding) in bindings::of_http_sys(case) {
            // The addresses that stand for all come after the host names.
            let Endpoint::IpPort { ip, port } = &binding.endpoint.value else { continue };
            // No client comes to the loopback address; Exchange binds it.
            if bindings::is_wildcard(ip) || bindings::is_loopback(ip) {
                continue;
            }
            let own = bindings::thumbprint(binding).map(|t| t.value);
            let others = hosts.get(port).into_iter().flatten();
            let Some((other, host)) = others.copied().find(|(_, b)| bindings::thumbprint(b).map(|t| t.value) != own)
            else {
                continue;
            };
            hidden = true;
            let (endpoint, name) = (binding.endpoint.value.to_string(), host.endpoint.value.to_string());
            let delete =
                bindings::argument(&binding.endpoint.value).unwrap_or_else(|| "ipport=<address:port>".to_owned());
            out.fail(
                FindingDraft::new(
                    &META,
                    META.summary,
                    format!(
                        "HTTP.sys looks for an entry of the exact address first. Clients that reach {endpoint} get its \
                         certificate, whatever name they ask for; the entry of {name} is not used there."
                    ),
                )
                .subject(endpoint)
                .workloads(subject::named(cx, &["iis"]))
                .evidence(observed.evidence(binding.endpoint.place, "the exact address goes first", true))
                .evidence(other.evidence(host.endpoint.place, "never reached on that address", false))
                .remedy(Remedy {
                    title: "Delete the entry of the address if the host names are meant",
                    steps: vec![Step::cmd(format!("netsh http delete sslcert {delete}"))],
                    caution: Some("Clients without SNI then get no certificate on this address."),
                    verify: Some(Verify::new("netsh http show sslcert").shows("no entry of this address")),
                }),
            );
        }
        if !hidden {
            out.pass("no entry of an address hides an entry of a host name");
        }
    }
}
