//! HTTP.sys does not listen on the address of a binding.

use super::prelude::*;
use crate::model::binding::Endpoint;
use crate::model::observation::Observation;

/// The rule.
pub(super) struct IplistenRestricts;

static META: RuleMeta = RuleMeta {
    name: "iplisten-restricts",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::Contributing,
    confidence: Confidence::Likely,
    summary: "HTTP.sys listens on listed addresses only, and a binding's address is not among them",
    sources: &[sources::IIS_TROUBLESHOOT_HTTP],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/iplisten-restricts.md"),
};

/// An address without the brackets of IPv6, lower case.
fn plain(address: &str) -> String {
    address.trim().trim_matches(['[', ']']).to_ascii_lowercase()
}

fn is_all(address: &str) -> bool {
    matches!(plain(address).as_str(), "" | "*" | "0.0.0.0" | "::")
}

fn is_loopback(address: &str) -> bool {
    let address = plain(address);
    address.starts_with("127.") || address == "::1"
}

impl CaseRule for IplistenRestricts {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        if cx.workloads.iter().all(|t| !t.workload.server) {
            return out.not_applicable("no server was asked for");
        }
        let mut any = false;
        for observed in &case.observed {
            let Observation::IpListen(addresses) = &observed.what else { continue };
            any = true;
            if addresses.is_empty() || addresses.iter().any(|a| is_all(&a.value)) {
                out.pass("HTTP.sys listens on all addresses");
                continue;
            }
            let listed: Vec<String> = addresses.iter().map(|a| plain(&a.value)).collect();
            let only_local = listed.iter().all(|a| is_loopback(a));
            let outside = case.bindings().find(|(_, b)| match &b.endpoint.value {
                Endpoint::IpPort { ip, .. } if is_all(ip) => only_local,
                Endpoint::IpPort { ip, .. } => !listed.contains(&plain(ip)),
                Endpoint::HostPort { .. } | Endpoint::CentralStore { .. } => only_local,
            });
            let Some((binding_of, binding)) = outside else {
                out.pass("the addresses of the bindings are among those that HTTP.sys listens on");
                continue;
            };
            let place = addresses.first().map_or(observed.place, |a| a.place);
            let endpoint = binding.endpoint.value.to_string();
            out.fail(
                FindingDraft::new(
                    &META,
                    META.summary,
                    format!(
                        "The listen list names {}. Connections to {endpoint} do not reach HTTP.sys from other addresses; no \
                         certificate is to blame for that.",
                        listed.join(", ")
                    ),
                )
                .subject(endpoint)
                .workloads(subject::named(cx, &["iis"]))
                .evidence(observed.evidence(place, "the only addresses that are listened on", true))
                .evidence(binding_of.evidence(binding.endpoint.place, "not among them", false))
                .remedy(remedy::advice(
                    "Add the address, or empty the list",
                    "netsh http add iplisten ipaddress=<address>; without any entry HTTP.sys listens on all addresses.",
                )),
            );
        }
        if !any {
            out.not_applicable("the listen list of HTTP.sys is not among the inputs");
        }
    }
}
