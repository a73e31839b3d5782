//! Questions that rules ask of bindings.

use super::prelude::*;
use crate::case::from_certutil::StoreListing;
use crate::case::machines::are_two;
use crate::limits::PORT_ENTRIES;
use crate::model::binding::{Binding, BindingHash, BindingOrigin, Endpoint};
use crate::model::fact::{Fact, Place, SourceId};
use crate::model::observation::{Observation, Observed};
use crate::model::thumbprint::Sha1;
use std::cell::LazyCell;
use std::collections::BTreeSet;

/// The bindings of HTTP.sys.
pub(super) fn of_http_sys(case: &CaseIndex) -> impl Iterator<Item = (&Observed, &Binding)> {
    case.bindings().filter(|(_, b)| b.origin == BindingOrigin::HttpSys)
}

/// The https bindings that IIS wants.
pub(super) fn of_iis(case: &CaseIndex) -> impl Iterator<Item = (&Observed, &Binding)> {
    let iis =
        |o: BindingOrigin| matches!(o, BindingOrigin::IisConfig | BindingOrigin::AppCmd | BindingOrigin::PowerShell);
    case.bindings().filter(move |(_, b)| iis(b.origin) && b.protocol.eq_ignore_ascii_case("https"))
}

/// The thumbprint that a binding names, with its place.
pub(super) fn thumbprint(binding: &Binding) -> Option<Fact<Sha1>> {
    match binding.hash.as_ref()? {
        Fact { value: BindingHash::Sha1(sha1), place, basis } => {
            Some(Fact { value: *sha1, place: *place, basis: *basis })
        }
        _ => None,
    }
}

/// The store in which HTTP.sys looks, lower case: MY when the binding names none (Microsoft Learn,
/// HTTP_SERVICE_CONFIG_SSL_PARAM).
pub(super) fn store(binding: &Binding) -> String {
    let named = binding.store.as_ref().and_then(|s| s.value.as_deref()).unwrap_or("my");
    named.to_lowercase()
}

/// Whether a binding takes its certificate from the central certificate store.
pub(super) fn is_central(binding: &Binding) -> bool {
    let flagged = binding.ssl_flags.as_ref().is_some_and(|f| f.value & 2 != 0);
    flagged || matches!(binding.endpoint.value, Endpoint::CentralStore { .. })
}

/// Whether copies of certificates without their keys commonly lie in a store (hash of its name): one there is not the one to
/// bind.
pub(super) fn holds_copies(store: u64) -> bool {
    let names = ["root", "ca", "authroot", "trust", "trustedpeople", "trustedpublisher", "disallowed", "request"];
    names.iter().any(|name| fold(name) == store)
}

/// Whether an address stands for all of them.
pub(super) fn is_wildcard(ip: &str) -> bool {
    matches!(ip, "" | "*" | "0.0.0.0" | "[::]")
}

/// Whether an address is reached from the machine itself only.
pub(super) fn is_loopback(ip: &str) -> bool {
    let ip = ip.trim_matches(['[', ']']);
    ip.starts_with("127.") || ip == "::1"
}

/// The index entries of the certificates that bindings name, in the order of the case: looked up for each binding.
pub(super) fn entries_by_thumbprint(case: &CaseIndex) -> BTreeMap<Sha1, Vec<&IndexEntry>> {
    let named = case.bindings().filter_map(|(_, binding)| Some((thumbprint(binding)?.value, Vec::new())));
    let mut out: BTreeMap<Sha1, Vec<&IndexEntry>> = named.collect();
    if out.is_empty() {
        return out;
    }
    for entry in &case.entries {
        if let Some(list) = entry.sha1.and_then(|sha1| out.get_mut(&sha1)) {
            list.push(entry);
        }
    }
    out
}

/// Whether the artifacts name more than one machine: then the certificates of a store and a binding in another input may be
/// of two.
pub(super) fn two_machines(case: &CaseIndex) -> bool {
    let keys = case.entries.iter().filter_map(|e| e.machine_guid);
    let facts = case.system_facts().filter_map(|(_, fact)| match fact {
        SystemFact::MachineGuid(guid) => u128::from_str_radix(&guid.value.replace('-', ""), 16).ok(),
        _ => None,
    });
    let guids: BTreeSet<u128> = keys.chain(facts).collect();
    guids.len() > 1
}

/// The complete listing of a store of the machine on which an artifact was made. One in another input counts unless the
/// artifacts are of several machines and nothing tells that these two are of one.
pub(super) fn listing<'a>(case: &'a CaseIndex, observed: &Observed, store: &str) -> Option<&'a StoreListing> {
    let machine = case.machine_of(observed);
    let of_machine = |l: &&StoreListing| matches!(l.scope, Scope::Machine | Scope::Unknown) && l.store == store;
    let mut lists = case.stores.iter().filter(|l| l.complete).filter(of_machine);
    let two = LazyCell::new(|| two_machines(case));
    lists.find(|l| {
        let other = l.machine.as_deref();
        let same = machine.zip(other).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b));
        !are_two(machine, other) && (same || l.place.source == observed.place.source || !*two)
    })
}

/// The endpoint for a netsh command: `ipport=0.0.0.0:443`, `hostnameport=www.contoso.com:443`, `ccs=443`; `None` when its name
/// can't be repeated in a command.
pub(super) fn argument(endpoint: &Endpoint) -> Option<String> {
    match endpoint {
        Endpoint::IpPort { ip, port } => {
            let ip = if matches!(ip.as_str(), "*" | "") { "0.0.0.0" } else { ip };
            let safe = ip.bytes().all(|b| b.is_ascii_hexdigit() || b".:[]".contains(&b));
            safe.then(|| format!("ipport={ip}:{port}"))
        }
        Endpoint::HostPort { host, port } => {
            let safe = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-".contains(&b));
            safe.then(|| format!("hostnameport={host}:{port}"))
        }
        Endpoint::CentralStore { port } => Some(format!("ccs={port}")),
    }
}

/// The commands that bind anew: what is there is deleted, then the certificate is bound in its store.
pub(super) fn bind_again(binding: &Binding, thumbprint: &str, store: &str) -> Remedy {
    let endpoint = argument(&binding.endpoint.value).unwrap_or_else(|| "ipport=<address:port>".to_owned());
    let app = binding.app_id.as_ref().and_then(|a| a.value.clone());
    let guid = |text: &str| text.len() == 38 && text.bytes().all(|b| b.is_ascii_hexdigit() || b"{}-".contains(&b));
    let zero = "{00000000-0000-0000-0000-000000000000}";
    // The application id of IIS.
    let app =
        app.filter(|a| guid(a) && a != zero).unwrap_or_else(|| "{4dc3e181-e14b-4a21-b022-59fc669b0914}".to_owned());
    let store = remedy::quoted(store).unwrap_or_else(|| "MY".to_owned());
    Remedy {
        title: "Bind the certificate again",
        steps: vec![
            Step::cmd(format!("netsh http delete sslcert {endpoint}")),
            Step::cmd(format!(
                "netsh http add sslcert {endpoint} certhash={thumbprint} appid={app} certstorename={store}"
            ))
            .note("in PowerShell the appid stands in quotes"),
        ],
        caution: Some("Sites on this endpoint do not answer between the two commands."),
        verify: Some(
            Verify::new(format!("netsh http show sslcert {endpoint}"))
                .shows(format!("the hash {thumbprint} and the store {store}")),
        ),
    }
}

/// Whether a listing of HTTP.sys's bindings is complete.
pub(super) fn listing_is_complete(case: &CaseIndex) -> bool {
    case.observed.iter().any(|o| matches!(&o.what, Observation::BindingListing(l) if l.complete))
}

/// The reply to a command stands within this many lines.
const REPLY: u32 = 6;

/// Errors by the source and line of the command that they answer, with the place of the code.
pub(super) type Replies<'a> = BTreeMap<(SourceId, u32), (&'a Observed, Place)>;

/// The replies with 1312 to commands that add a binding.
pub(super) fn refused_commands(case: &CaseIndex) -> Replies<'_> {
    let commands: BTreeSet<(SourceId, u32)> = case
        .bindings()
        .filter(|(_, b)| b.origin == BindingOrigin::Command)
        .map(|(o, _)| (o.place.source, o.place.line))
        .collect();
    let mut out = BTreeMap::new();
    for (observed, error) in case.errors() {
        let Some(code) = error.code.as_ref().filter(|code| subject::same_code(code.value, 0x8007_0520)) else {
            continue;
        };
        let (source, line) = (observed.place.source, observed.place.line);
        if let Some(command) = commands.range((source, line.saturating_sub(REPLY))..=(source, line)).next_back() {
            out.insert(*command, (observed, code.place));
        }
    }
    out
}

/// The certificates that bindings name and the case holds, by the endpoint as an event prints it (`0.0.0.0:443`), ASCII in
/// lower case.
pub(super) fn credentials_by_endpoint(case: &CaseIndex) -> BTreeMap<String, Vec<CredentialId>> {
    let mut out: BTreeMap<String, Vec<CredentialId>> = BTreeMap::new();
    for credential in &case.kept {
        for endpoint in credential.bound.iter().filter_map(|bound| bound.endpoint.as_deref()) {
            let ids = out.entry(endpoint.to_ascii_lowercase()).or_default();
            if ids.last() != Some(&credential.id) {
                ids.push(credential.id);
            }
        }
    }
    out
}

/// The entries of HTTP.sys by what they listen on, so that a binding of IIS is compared with a few of them.
pub(super) struct HttpSysEntries<'a> {
    named: BTreeMap<(String, u16), Vec<(&'a Observed, &'a Binding)>>,
    shared: BTreeMap<u16, Vec<(&'a Observed, &'a Binding)>>,
    /// The ports that have more entries than each binding is compared with.
    cut: BTreeSet<u16>,
}

impl<'a> HttpSysEntries<'a> {
    /// Sorts the entries of a case.
    pub(super) fn of(case: &'a CaseIndex) -> Self {
        let mut out = Self { named: BTreeMap::new(), shared: BTreeMap::new(), cut: BTreeSet::new() };
        for (observed, binding) in of_http_sys(case) {
            let endpoint = &binding.endpoint.value;
            let null = binding.hash.as_ref().is_some_and(|h| h.value == BindingHash::Null);
            let name = match endpoint {
                Endpoint::HostPort { host, .. } => Some(host),
                Endpoint::IpPort { ip, .. } => Some(ip),
                Endpoint::CentralStore { .. } => None,
            };
            if let Some(name) = name {
                out.named.entry((name.to_lowercase(), endpoint.port())).or_default().push((observed, binding));
            }
            if null || !matches!(endpoint, Endpoint::HostPort { .. }) {
                let shared = out.shared.entry(endpoint.port()).or_default();
                if shared.len() < PORT_ENTRIES {
                    shared.push((observed, binding));
                } else {
                    out.cut.insert(endpoint.port());
                }
            }
        }
        out
    }

    /// Whether a port has entries that not each binding is compared with.
    pub(super) fn is_cut(&self, port: u16) -> bool {
        self.cut.contains(&port)
    }

    /// Says of each such port that its bindings may have an entry that was not looked at.
    pub(super) fn tell_cut(&self, out: &mut Checks) {
        for port in &self.cut {
            out.about(None).unknown(
                format!("what the entries of HTTP.sys after the first {PORT_ENTRIES} on port {port} are for"),
                "netsh http show sslcert",
            );
        }
    }

    /// Those that can be the entry of a binding of IIS.
    pub(super) fn near(&self, observed: &Observed, wanted: &Binding) -> Vec<(&'a Observed, &'a Binding)> {
        let endpoint = &wanted.endpoint.value;
        let of_endpoint = match endpoint {
            Endpoint::HostPort { host, .. } => Some(host.as_str()),
            Endpoint::IpPort { ip, .. } => Some(ip.as_str()),
            Endpoint::CentralStore { .. } => None,
        };
        let information = observed.fields.iter().find(|(name, _)| name == "binding_information");
        let host = information.and_then(|(_, value)| value.value.rsplit(':').next()).map(str::trim);
        let mut names: Vec<String> = of_endpoint.into_iter().chain(host).map(str::to_lowercase).collect();
        names.sort_unstable();
        names.dedup();
        let named = names.into_iter().filter_map(|name| self.named.get(&(name, endpoint.port()))).flatten();
        let mut out: Vec<(&Observed, &Binding)> = named.copied().collect();
        for entry in self.shared.get(&endpoint.port()).into_iter().flatten() {
            if !out.iter().any(|(o, _)| std::ptr::eq(*o, entry.0)) {
                out.push(*entry);
            }
        }
        out.sort_by_key(|(o, _)| o.place);
        out
    }
}
