//! The chain from a workload's binding to the permissions of the key file, and the link at which it breaks: what the drawing
//! of a report shows.

use super::model::{Check, CheckOutcome, CredentialReport, Finding, Role, Severity};
use super::text::facts;

/// One link of the chain, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Link {
    /// What a service is told to use: a binding, a configuration.
    Binding,
    /// The certificate in its store.
    Certificate,
    /// CERT_KEY_PROV_INFO: the provider, container and KeySpec that the store keeps beside the certificate.
    KeyLink,
    /// The key container, its provider, and the kind of key in it.
    Container,
    /// The file, token or TPM in which the key is kept.
    KeyFile,
    /// Who may read the key.
    Permissions,
}

impl Link {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Binding, Self::Certificate, Self::KeyLink, Self::Container, Self::KeyFile, Self::Permissions];

    /// The name for a person.
    pub fn title(self) -> &'static str {
        match self {
            Self::Binding => "Binding",
            Self::Certificate => "Certificate",
            Self::KeyLink => "Key link",
            Self::Container => "Key container",
            Self::KeyFile => "Key file",
            Self::Permissions => "Permissions",
        }
    }
}

/// How a link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// A finding of severity error is about it.
    Broken,
    /// A warning is about it.
    AtRisk,
    /// The artifacts show it, and nothing speaks against it.
    Fine,
    /// The artifacts don't show it.
    NotShown,
}

/// One link with its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkState<'a> {
    /// Which.
    pub link: Link,
    /// How it stands.
    pub state: State,
    /// What is known of it, in a few words; not escaped.
    pub fact: String,
    /// The rule that speaks against it.
    pub rule: Option<&'a str>,
}

/// The link that a rule is about; `None`: about no link of the chain (what a request asks for, how a dump was taken, an
/// aside).
pub fn link_of(rule: &str) -> Option<Link> {
    Some(match rule {
        "adfs-ssl-cert-not-set"
        | "exchange-backend-15021"
        | "http-15021-status"
        | "http-15300-15301-timeline"
        | "http-binding-hash-not-in-store"
        | "service-certificate-not-in-store"
        | "http-binding-null-appid-or-hash"
        | "http-binding-store-name-mismatch"
        | "iis-httpsys-drift"
        | "iplisten-restricts"
        | "key-use-refused"
        | "netsh-1312-context"
        | "sslcert-ipport-overrides-sni" => Link::Binding,
        "archived-or-moved-certificate"
        | "cert-expired"
        | "cert-not-yet-valid"
        | "chain-incomplete-or-untrusted"
        | "duplicate-certificates-wrong-one-chosen"
        | "ecdsa-key-on-rsa-workload"
        | "eku-missing-serverauth"
        | "ku-digital-signature-only-rsa-kx"
        | "ku-missing-digital-signature"
        | "ldaps-dc-cert"
        | "name-mismatch"
        | "pfx-leaf-missing"
        | "rsassa-pss-signed-cert"
        | "san-missing"
        | "weak-key-or-hash" => Link::Certificate,
        "cert-key-mismatch"
        | "container-name-inconsistent"
        | "csr-key-not-on-target"
        | "iis-import-nonexportable-bug"
        | "key-association-repairable"
        | "key-prov-info-missing"
        | "keyspec-nonzero-on-ksp"
        | "keyspec-zero-on-csp"
        | "machine-keyset-in-user-store"
        | "pfx-file-cut"
        | "pfx-key-cert-mismatch"
        | "provider-type-name-mismatch"
        | "provider-unknown"
        | "request-pending-key-elsewhere"
        | "schannel-36868-crosscheck"
        | "scom-repairstore"
        | "user-keyset-in-machine-store" => Link::KeyLink,
        "adfs-2012r2-cng-ssl"
        | "adfs-keyspec"
        | "azurestack-csp-required"
        | "configmgr-cng-roles"
        | "csp-handle-sha1-only-tls"
        | "csp-no-sha2"
        | "dotnet-privatekey-cng"
        | "dpm-cng"
        | "exchange-cng-fba-loop"
        | "exo-app-only-cng"
        | "hgs-ksp-required"
        | "keyspec-signature-on-csp"
        | "keyspec-vs-keyusage"
        | "pfx-csp-name-attribute"
        | "pfx-friendlyname-container-collision"
        | "pfx-keybag-keyusage-signature"
        | "pfx-local-keyset-attribute"
        | "provider-base-export-grade"
        | "provider-schannel-type12-signature"
        | "provider-signature-only"
        | "provider-third-party"
        | "servicefabric-cng"
        | "shared-key-container"
        | "shir-cng-unsupported"
        | "shir-keyspec"
        | "sql-keyspec-signature"
        | "sql-ksp-documented-unsupported"
        | "strong-key-protection-silent"
        | "tpm-key-size-limit"
        | "tpm-rsa-pss" => Link::Container,
        "dpapi-key-not-valid-for-state"
        | "ephemeral-key-0x8009030e"
        | "key-file-absent"
        | "key-file-corrupt"
        | "key-file-wrong-directory-for-provider"
        | "keyset-missing"
        | "machineguid-mismatch"
        | "pfx-empty-vs-null-password"
        | "pfx-import-not-persisted"
        | "pfx-modern-encryption-old-windows"
        | "pfx-multiple-keys"
        | "pfx-no-private-key"
        | "smartcard-csp-to-ksp-2025"
        | "smartcard-or-token-absent"
        | "vbs-isolated-key-lost" => Link::KeyFile,
        "acl-applied-to-wrong-directory"
        | "acl-deny-or-orphan-sid"
        | "app-code-no-key-read"
        | "exchange-setup-key-acl-fails"
        | "iiswaskey-localservice"
        | "key-file-no-system-access"
        | "key-file-service-account-no-read"
        | "machinekeys-folder-acl-broken"
        | "machinekeys-overbroad"
        | "procmon-key-access-denied"
        | "rdp-key-no-network-service"
        | "shir-service-acl"
        | "sql-service-no-key-read"
        | "wac-cng-acl" => Link::Permissions,
        _ => return None,
    })
}

/// The chain of one credential. `findings` are those about it, strongest first; `checks` its checks.
///
/// Hygiene and notes mark no link. A symptom marks one only when nothing else does: it shows where it hurts, not what is
/// broken.
pub fn chain<'a>(credential: &CredentialReport, findings: &[&'a Finding], checks: &[&Check]) -> [LinkState<'a>; 6] {
    let serious = |f: &&&'a Finding| f.severity < Severity::Note && f.role != Role::Hygiene;
    let causes = findings.iter().filter(serious).any(|f| f.role != Role::Symptom && link_of(&f.rule).is_some());
    let mark = |link: Link| {
        findings
            .iter()
            .filter(serious)
            .filter(|f| !causes || f.role != Role::Symptom)
            .filter(|f| link_of(&f.rule) == Some(link))
            .min_by_key(|f| f.severity)
    };
    Link::ALL.map(|link| {
        let (shown, fact) = fact(link, credential, checks);
        let against = mark(link);
        let state = match against.map(|f| f.severity) {
            Some(Severity::Error) => State::Broken,
            Some(_) => State::AtRisk,
            None if shown => State::Fine,
            None => State::NotShown,
        };
        LinkState { link, state, fact, rule: against.map(|f| f.rule.as_str()) }
    })
}

/// Whether the artifacts show a link whole, and what they show.
fn fact(link: Link, credential: &CredentialReport, checks: &[&Check]) -> (bool, String) {
    let key = &credential.key;
    let opened = key.access == "opened";
    match link {
        Link::Binding => match credential.bound_by.first() {
            Some(bound) => (true, bound.endpoint.clone().unwrap_or_else(|| "named by an event or error".to_owned())),
            None => (false, "not shown".to_owned()),
        },
        Link::Certificate => match &credential.certificate {
            Some(c) => (true, format!("valid until {}", facts::valid_until(c))),
            None => (false, "none: a key alone".to_owned()),
        },
        Link::KeyLink => match key.association.as_str() {
            "linked" => (true, "names provider and container".to_owned()),
            "found-by-search" => (false, "none; certutil found the key by itself".to_owned()),
            "none" => (false, "none".to_owned()),
            _ => (false, "not shown".to_owned()),
        },
        Link::Container => {
            let kind = match key.provider.kind.as_str() {
                "csp" => "CSP, ",
                "ksp" => "KSP, ",
                _ => "",
            };
            match &key.key_spec {
                Some(_) => (opened, format!("{kind}KeySpec {}", facts::key_spec(key))),
                None if opened => (true, format!("{kind}opened")),
                None => (false, "not shown".to_owned()),
            }
        }
        Link::KeyFile => match (opened, key.access.as_str()) {
            (true, _) => (true, "the key opened".to_owned()),
            (false, "not-opened") => (false, "the key could not be opened".to_owned()),
            _ => (false, "not shown".to_owned()),
        },
        Link::Permissions => {
            let read = checks.iter().any(|c| {
                c.outcome == CheckOutcome::Pass
                    && matches!(c.rule.as_str(), "key-file-no-system-access" | "key-file-service-account-no-read")
            });
            if read { (true, "the account may read it".to_owned()) } else { (false, "not shown".to_owned()) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{Kind, RULES};

    /// Rules that stand beside the chain: what a request asks for, how a dump was taken, the protocols of the machine, and
    /// events and commands that only lead to other rules.
    const BESIDE: [&str; 13] = [
        "csr-enrollment-csp-attribute",
        "dump-taken-unelevated",
        "failed-command",
        "key-exchange-refused",
        "no-source-for-key",
        "request-no-provider",
        "schannel-36870-dispatch",
        "schannel-36871-10013-not-key",
        "schannel-36874-36888-40",
        "schannel-36887-alert",
        "scom-inf",
        "service-certificate-events",
        "template-keyspec-signature-tls",
    ];

    #[test]
    fn every_fault_has_its_link_or_stands_beside_the_chain() {
        for rule in RULES {
            let meta = rule.meta();
            let beside = BESIDE.contains(&meta.name) || meta.name.starts_with("inf-") || meta.kind == Kind::Suppressor;
            let name = meta.name;
            assert_eq!(link_of(name).is_none(), beside, "give `{name}` its link in link_of, or name it in BESIDE");
        }
    }
}
