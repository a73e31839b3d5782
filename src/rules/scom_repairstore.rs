//! Operations Manager: the certificate is there, its key is not linked.

use super::prelude::*;

/// The rule.
pub(super) struct ScomRepairstore;

static META: RuleMeta = RuleMeta {
    name: "scom-repairstore",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "the certificate for Operations Manager has no key link",
    sources: &[sources::SCOM_GATEWAY],
    explains: &["key-prov-info-missing", "key-association-repairable"],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/scom-repairstore.md"),
};

impl CredentialRule for ScomRepairstore {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let workloads = subject::named(cx, &["scom"]);
        if workloads.is_empty() || !subject::stored(c) {
            return out.not_applicable("not a stored certificate for Operations Manager");
        }
        if c.scope() == Scope::User || c.is_authority() {
            return out.not_applicable("Operations Manager takes its certificate from the machine's store");
        }
        match c.key.association {
            Association::Linked => return out.pass("the certificate has a key link"),
            Association::Unknown => {
                return out.unknown("whether the certificate has a key link", remedy::show_command(c));
            }
            Association::None | Association::FoundBySearch => {}
        }
        let usages = c.certificate.as_ref().and_then(|c| c.extended_key_usage.as_ref());
        let both =
            usages.is_some_and(|u| [oid::SERVER_AUTH, oid::CLIENT_AUTH].iter().all(|w| u.value.iter().any(|v| v == w)));
        let Some(usages) = usages.filter(|_| both) else {
            return out.not_applicable(
                "the certificate is not for server and client authentication, as that of Operations Manager",
            );
        };
        let place = c.key.association_place.or_else(|| c.key.remarks.first().map(|r| r.place));
        let mut draft = FindingDraft::new(
            &META,
            META.summary,
            "Operations Manager can't load the certificate. If the request was made on this machine, the key is still here and \
             certutil finds it by the certificate's public key.",
        )
        // The missing link is shown, and the purpose is.
        .confidence(Confidence::Certain)
        .conditions(2)
        .workloads(workloads);
        draft = match place {
            Some(place) => draft.evidence(c.evidence(place, "no key link", true)).evidence(c.evidence(
                usages.place,
                "for server and client authentication",
                false,
            )),
            None => draft.evidence(c.evidence(
                usages.place,
                "for server and client authentication, without a key link",
                true,
            )),
        };
        out.fail(draft.remedy(remedy::repair_store(c, "Write the key link anew from the key that is on the machine")));
    }
}
