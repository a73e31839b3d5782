//! Exchange: the back-end site on port 444 has no usable certificate.

use super::bindings;
use super::prelude::*;

/// The rule.
pub(super) struct ExchangeBackend15021;

static META: RuleMeta = RuleMeta {
    name: "exchange-backend-15021",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "the Exchange back-end site on port 444 has lost its certificate",
    sources: &[sources::EXCHANGE_444_REPORTS, sources::HTTP_EVENT_PACKET],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/exchange-backend-15021.md"),
};

/// The port of the site "Exchange Back End".
const BACK_END: u16 = 444;

/// The port of an endpoint as an event prints it.
fn port(endpoint: &str) -> Option<u16> {
    endpoint.trim().trim_end_matches('.').rsplit(':').next()?.parse().ok()
}

impl CaseRule for ExchangeBackend15021 {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        let workloads = subject::named(cx, &["exchange"]);
        let site = case
            .bindings()
            .any(|(_, b)| b.site.as_ref().is_some_and(|s| s.value.eq_ignore_ascii_case("Exchange Back End")));
        if workloads.is_empty() && !site {
            return out.not_applicable("nothing shows an Exchange server");
        }
        let mut events = case.events().filter_map(|(o, e)| {
            let endpoint = e.endpoint.as_ref().filter(|e| port(&e.value) == Some(BACK_END))?;
            (e.number() == 15_021).then_some((o, endpoint))
        });
        let Some((observed, endpoint)) = events.next() else {
            return out.not_applicable("no event 15021 for port 444 is among the inputs");
        };
        let count = events.count().saturating_add(1);
        let times = if count > 1 { format!(" It is logged {count} times.") } else { String::new() };
        let binding = bindings::of_http_sys(case).find(|(_, b)| b.endpoint.value.port() == BACK_END);
        let bound: Vec<&Credential> = case
            .kept
            .iter()
            .filter(|c| c.bound.iter().any(|b| b.endpoint.as_deref().and_then(port) == Some(BACK_END)))
            .collect();
        if bound.iter().any(|c| c.key.any_test_passed()) {
            return out.pass("the binding of port 444 names a certificate whose key works: the event is older");
        }
        let argument = binding
            .map_or_else(|| Some("ipport=0.0.0.0:444".to_owned()), |(_, b)| bindings::argument(&b.endpoint.value))
            .unwrap_or_else(|| "ipport=<address:port>".to_owned());
        let mut draft = FindingDraft::new(
            &META,
            META.summary,
            format!(
                "HTTP.sys could not use the certificate of {}. On an Exchange server that is the site \"Exchange Back End\", to \
                 which the front end connects: with it gone, OWA and ECP show a blank page.{times}",
                endpoint.value
            ),
        )
        .subject(endpoint.value.clone())
        .workloads(workloads)
        .conditions(1 + u8::from(site))
        .evidence(observed.evidence(endpoint.place, "event 15021 for the back-end site", true))
        .remedy(Remedy {
            title: "Bind the self-signed certificate \"Microsoft Exchange\" to the back-end site again",
            steps: vec![
                Step::cmd("certutil -store my").note("the certificate with the friendly name Microsoft Exchange"),
                Step::cmd(format!("netsh http delete sslcert {argument}")),
                Step::cmd(format!(
                    "netsh http add sslcert {argument} certhash=<thumbprint> \
                     appid={{4dc3e181-e14b-4a21-b022-59fc669b0914}} certstorename=MY"
                ))
                .note("in PowerShell the appid stands in quotes"),
                Step::cmd("iisreset"),
            ],
            caution: Some("OWA and ECP do not answer between the commands."),
            verify: Some(Verify::new(format!("netsh http show sslcert {argument}")).shows("the hash of that certificate")),
        });
        if let Some((listed, binding)) = binding {
            draft = draft.evidence(listed.evidence(binding.endpoint.place, "what is bound now", false));
        }
        draft.related = bound.iter().map(|c| c.id).collect();
        out.fail(draft);
    }
}
