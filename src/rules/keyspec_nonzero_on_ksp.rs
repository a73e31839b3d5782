//! A CNG key has a KeySpec other than 0.

use super::prelude::*;

/// The rule.
pub(super) struct KeyspecNonzeroOnKsp;

static META: RuleMeta = RuleMeta {
    name: "keyspec-nonzero-on-ksp",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::Contributing,
    confidence: Confidence::Likely,
    summary: "a CNG key has a KeySpec other than 0",
    sources: &[sources::CA_RENEWAL, sources::SMALLSTEP1062, sources::KMS67],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/keyspec-nonzero-on-ksp.md"),
};

/// AWS documents KeySpec 2 for its own provider.
const PRESCRIBED: &[&str] = &["Cavium Key Storage Provider", "CloudHSM Key Storage Provider"];

/// NTE_INVALID_PARAMETER: what a vendor's provider answers to a KeySpec or flag that it does not take.
const INVALID_PARAMETER: u32 = 0x8009_0027;

impl CredentialRule for KeyspecNonzeroOnKsp {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let key = &c.key;
        if !subject::kind_is(c, ProviderKind::Ksp) {
            return out.not_applicable("not a CNG key");
        }
        let Some(spec) = &key.key_spec else {
            return out.unknown("the KeySpec of this CNG key", remedy::show_command(c));
        };
        if spec.value != KeySpec::KEYEXCHANGE && spec.value != KeySpec::SIGNATURE {
            return out.pass("the KeySpec of the CNG key is 0");
        }
        if cx.workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        if key.provider.as_ref().is_some_and(|p| PRESCRIBED.iter().any(|n| p.value.eq_ignore_ascii_case(n))) {
            return out.pass("the vendor's own documents prescribe this KeySpec");
        }
        if subject::class(c) == Some(ProviderClass::SmartCard) {
            return out.pass("a card's containers keep exchange and signature keys apart");
        }
        let vendor =
            !matches!(subject::class(c), Some(ProviderClass::Software | ProviderClass::Tpm | ProviderClass::Hello));
        // Some vendors' providers refuse 0 (kms-integrations issue 67): a key that opens with its KeySpec is right.
        let refused = subject::symptom(c, INVALID_PARAMETER);
        let authority = cx.workloads.iter().any(|t| t.workload.name == "adcs");
        if vendor && key.any_test_passed() && refused.is_none() && !authority {
            return out.pass("the vendor's provider opens the key with this KeySpec: a test passed");
        }
        let (adcs, others): (Vec<Target>, Vec<Target>) =
            cx.workloads.iter().partition(|t| t.workload.name == "adcs" && !vendor);
        let draft = |message: &str| {
            let draft = FindingDraft::new(&META, META.summary, message).conditions(2).evidence(c.evidence(
                spec.place,
                "0 is the right value for a CNG key",
                true,
            ));
            let draft = if vendor {
                draft.confidence(Confidence::Possible).remedy(remedy::advice(
                    "Ask the vendor's documents which KeySpec its provider takes",
                    "Some refuse 1 and 2, one refuses 0: change the key link only where the vendor says so.",
                ))
            } else {
                draft.remedy(remedy::write_key_link(c, "Write the key link anew with KeySpec 0", 0, 0))
            };
            match subject::kind_place(c) {
                Some(place) => draft.evidence(c.evidence(place, "a CNG provider", false)),
                None => draft,
            }
        };
        if !adcs.is_empty() {
            out.fail(
                draft(
                    "The certification authority passes the value on when it opens the key, and the renewal \
                 with the existing key fails. It comes from a migration from a CryptoAPI provider or from an INF \
                 written by hand.",
                )
                .severity(Severity::Error)
                .role(Role::RootCause)
                .workloads(adcs),
            );
        }
        if !others.is_empty() {
            out.fail(
                draft(
                    "The value is passed on when the key is opened. Microsoft's software provider takes no \
                 notice; other providers and programs may refuse it. It is not why a TLS binding fails.",
                )
                .workloads(others),
            );
        }
    }
}
