//! The certificate is not quite what the LDAPS document asks for.

use super::bindings;
use super::prelude::*;
use super::schannel;
use crate::case::credential::common_name;
use crate::model::fact::Place;

/// The rule.
pub(super) struct LdapsDcCert;

static META: RuleMeta = RuleMeta {
    name: "ldaps-dc-cert",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "the certificate is not quite what the LDAPS document asks for",
    sources: &[sources::LDAPS_DOC],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/ldaps-dc-cert.md"),
};

impl CredentialRule for LdapsDcCert {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let workloads = subject::named(cx, &["ldaps"]);
        if workloads.is_empty() {
            return out.not_applicable("LDAPS was not asked for");
        }
        let usage = c.certificate.as_ref().and_then(|c| c.extended_key_usage.as_ref());
        let closed = usage.filter(|_| subject::server_auth(c) == Some(false));
        let cng = subject::kind_place(c).filter(|_| subject::kind_is(c, ProviderKind::Ksp));
        let draft = |message: &str| FindingDraft::new(&META, META.summary, message).workloads(workloads.clone());
        if let Some(usage) = closed {
            return out.fail(
                draft(
                    "LDAPS needs server authentication in the extended key usage. Without a certificate that \
                 has it the domain controller logs event 36886.",
                )
                .conditions(2)
                .evidence(c.evidence(usage.place, "no Server Authentication", true))
                .remedy(remedy::advice(
                    "Request a certificate with serverAuth and the controller's full name",
                    "The templates Kerberos Authentication and Domain Controller Authentication have it.",
                )),
            );
        }
        if let Some(name) = single_label(c) {
            return out.fail(
                draft(
                    "LDAPS asks for the controller's full name (its Active Directory name, such as dc01.contoso.com) in the \
                     common name or as a DNS name. Every name of this certificate is a single label: clients that check names \
                     refuse it.",
                )
                .conditions(2)
                .evidence(c.evidence(name, "not a full name", true))
                .remedy(remedy::advice(
                    "Request a certificate with the controller's full name",
                    "The templates Kerberos Authentication and Domain Controller Authentication take it from the directory.",
                )),
            );
        }
        if let Some(place) = cng {
            return out.fail(
                draft(
                    "The document asks for the Schannel CSP; it is older than CNG, and keys in a key storage \
                 provider work in the field.",
                )
                .evidence(c.evidence(place, "a CNG provider", true))
                .remedy(remedy::reimport_into(
                    c,
                    provider::SCHANNEL_CSP,
                    "If LDAPS fails: import the key into the SChannel provider",
                )),
            );
        }
        out.pass("the provider, the names and the extended key usage are what the document asks for");
    }
}

/// The place of a name when all names of the certificate are shown and none is a full one.
fn single_label(c: &Credential) -> Option<Place> {
    let certificate = c.certificate.as_ref().filter(|c| c.extensions_shown)?;
    let subject = certificate.subject.as_ref();
    let common = subject.and_then(|subject| Some((common_name(&subject.value)?, subject.place)));
    let others = certificate.alternative_names.iter().filter_map(|name| {
        let (_, value) = name.value.split_once('=').filter(|(kind, _)| kind.trim().eq_ignore_ascii_case("dns name"))?;
        Some((value.trim(), name.place))
    });
    let names: Vec<(&str, Place)> = common.into_iter().chain(others).collect();
    let label =
        |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    let only_labels = names.iter().all(|(name, _)| label(name));
    names.last().filter(|_| only_labels).map(|(_, place)| *place)
}

/// Event 36886, and a complete store in which no certificate can be the controller's.
impl CaseRule for LdapsDcCert {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        let workloads = subject::named(cx, &["ldaps"]);
        let mut events = schannel::events(case, &[36_886]).filter(|(_, event)| !schannel::of_client(event));
        let Some((observed, event)) = events.next().filter(|_| !workloads.is_empty()) else { return };
        // Of certificates that are no longer kept the purpose is not known.
        let whole = case.kept.len() == case.entries.len();
        if !whole || bindings::listing(case, observed, "my").is_none() {
            return;
        }
        let may_serve = |c: &Credential| {
            let store = c.printed_store_name().is_none_or(judge::is_server_store);
            store && subject::stored(c) && !c.gone && subject::server_auth(c) != Some(false) && !c.is_authority()
        };
        if case.kept.iter().any(|c| may_serve(c) && !case.elsewhere(observed, c)) {
            return;
        }
        out.fail(
            FindingDraft::new(
                &META,
                "no certificate of the store is one for LDAPS",
                "LDAPS needs a certificate with server authentication in the extended key usage in the computer's personal store. \
                 The complete listing holds none, and the domain controller logs event 36886.",
            )
            .subject("36886")
            .conditions(2)
            .workloads(workloads)
            .evidence(schannel::shown(observed, event, "no certificate to serve with"))
            .remedy(remedy::advice(
                "Request a certificate with serverAuth and the controller's full name",
                "The templates Kerberos Authentication and Domain Controller Authentication have it.",
            )),
        );
    }
}
