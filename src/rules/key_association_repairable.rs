//! The private key is on the machine, but the certificate is not linked to it.

use super::prelude::*;

/// The rule.
pub(super) struct KeyAssociationRepairable;

static META: RuleMeta = RuleMeta {
    name: "key-association-repairable",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "the private key is on the machine, but the certificate is not linked to it",
    sources: &[sources::CA_START, sources::CLOUDHSM],
    explains: &["key-prov-info-missing", "keyset-missing"],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/key-association-repairable.md"),
};

impl CredentialRule for KeyAssociationRepairable {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let key = &c.key;
        if subject::unlinked_in_registry(c)
            && let Some(matches) = key.matches_certificate.as_ref().filter(|matches| matches.value)
        {
            let mut draft = FindingDraft::new(
                &META,
                META.summary,
                "The certificate's entry in the registry has no key link, and a key file holds the key with its public key. \
                 Servers do not search: they follow the key link.",
            )
            .conditions(2)
            .evidence(c.evidence(matches.place, "the key of this certificate", true))
            .remedy(remedy::repair_store(c, "Let certutil write the missing key link"));
            if let Some(place) = key.association_place {
                draft = draft.evidence(c.evidence(place, "no key link", false));
            }
            return out.fail(draft);
        }
        if c.origin != Origin::StoreDump {
            return out.not_applicable(subject::NOT_STORED);
        }
        if key.association != Association::FoundBySearch {
            return out.not_applicable("no key was found besides the key link");
        }
        if cx.workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        if c.store_name().is_none() && subject::server_auth(c) != Some(true) {
            // In Root and CA stores this is normal.
            return out.unknown("the store that this is", remedy::show_command(c));
        }
        let missing = key.remark(KeyRemark::MissingKeyAssociation);
        if missing.is_none() && !key.any_test_passed() {
            return out.unknown("whether the key that was found works", remedy::show_command(c));
        }
        let mut draft = FindingDraft::new(
            &META,
            META.summary,
            "certutil searched the machine's containers and found the key that fits this certificate. \
                 Servers do not search: they follow the key link, and there is none.",
        )
        .conditions(2)
        .remedy(remedy::repair_store(c, "Let certutil write the missing key link"));
        if c.store_name().is_none() {
            draft = draft.confidence(Confidence::Possible);
        }
        let none = key.remark(KeyRemark::NoKeyProviderInformation).map(|r| r.place).or(key.association_place);
        if let Some(place) = missing.map(|r| r.place) {
            draft = draft.evidence(c.evidence(place, "a key is there, its link is not", true));
            if let Some(none) = none.filter(|none| *none != place) {
                draft = draft.evidence(c.evidence(none, "no key link", false));
            }
        } else if let Some(place) = none {
            draft = draft.evidence(c.evidence(place, "no key link, although a key was found", true));
        }
        out.fail(draft);
    }
}
