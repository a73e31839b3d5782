//! The private key is not the certificate's.

use super::pfx;
use super::prelude::*;
use crate::limits::CONTAINER_CERTIFICATES;
use crate::model::fact::Place;

/// The rule.
pub(super) struct CertKeyMismatch;

static META: RuleMeta = RuleMeta {
    name: "cert-key-mismatch",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "the private key is not the certificate's",
    sources: &[sources::PFX_IMPORT, sources::MSAL6020, sources::MIMIKATZ22],
    explains: &["keyset-missing"],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/cert-key-mismatch.md"),
};

impl CredentialRule for CertKeyMismatch {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let key = &c.key;
        if c.pfx.is_some() {
            return out.not_applicable(pfx::NOT_STORED_YET);
        }
        if cx.workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        let draft = |message: &str, conditions| {
            FindingDraft::new(&META, META.summary, message).conditions(conditions).remedy(remedy::import_from_backup(
                c,
                "Import the certificate together with the key that belongs to it",
            ))
        };
        if let Some(fact) = key.matches_certificate.as_ref().filter(|m| !m.value) {
            return out.fail(
                draft(
                    "The public part of the key is another one than the certificate's: nothing that the key \
                 signs or decrypts fits the certificate. The container was overwritten, or the certificate answers \
                 another request.",
                    3,
                )
                .evidence(c.evidence(fact.place, "another public key than the certificate's", true)),
            );
        }
        if let Some(remark) = key.remark(KeyRemark::PublicKeyDoesNotMatch) {
            return out.fail(
                draft(
                    "certutil compared the container's public key with the certificate's and they differ. The \
                 container was overwritten, or the certificate answers another request.",
                    2,
                )
                .confidence(Confidence::Likely)
                .evidence(c.evidence(remark.place, "certutil compared the two keys", true)),
            );
        }
        // Of a key that is protected by another machine's or account's secret nothing else is known.
        let protected = subject::code(c, 0x8009_000B).is_some() && key.remark(KeyRemark::NotExportable).is_none();
        if let Some((code, why)) = subject::failed_test(c).and_then(|place| told_otherwise(c, place)) {
            return out.unknown(
                format!("whether the key is the certificate's: the test failed with 0x{code:08X}, {why}"),
                remedy::show_command(c),
            );
        }
        if let Some(place) = subject::failed_test(c).filter(|_| subject::missing_keyset(c).is_none() && !protected) {
            return out.fail(
                draft(
                    "The key opened and the test with it failed. A key that is not the certificate's does that; \
                 so does a provider that can't do what the test asks, an absent device, or a refused use.",
                    1,
                )
                .confidence(Confidence::Possible)
                .evidence(c.evidence(place, "opened, but the test failed", true)),
            );
        }
        let shown = key.matches_certificate.is_some()
            || key.any_test_passed()
            || key.remark(KeyRemark::PublicKeyMatches).is_some()
            || key.remark(KeyRemark::PrivateKeyVerifies).is_some();
        if key.unread_test {
            return out.unknown(
                "what the test of the key said: its line is in words that are not known",
                format!("{}, on a console in English", remedy::show_command(c)),
            );
        }
        if shown {
            out.pass("the key is the certificate's");
        } else {
            out.unknown("whether the key is the certificate's", remedy::show_command(c));
        }
    }
}

/// The code on the line of a failed test when it names another cause than a key that does not fit (winerror.h), in words.
fn told_otherwise(c: &Credential, test: Place) -> Option<(u32, &'static str)> {
    c.key.codes.iter().filter(|code| subject::is_of_test(code, test)).find_map(|code| {
        let why = OTHER_CAUSES.iter().find(|(known, _)| subject::same_code(code.value, *known))?.1;
        Some((code.value, why))
    })
}

/// The errors of providers that say that the key was not used at all.
const OTHER_CAUSES: &[(u32, &str)] = &[
    (0x8009_000B, "the key cannot be used in its state (NTE_BAD_KEY_STATE)"),
    (0x8009_000D, "the container holds no key of this KeySpec (NTE_NO_KEY)"),
    (0x8009_0010, "the provider denies the access (NTE_PERM)"),
    (0x8009_0013, "the provider is not one of this machine (NTE_BAD_PROVIDER)"),
    (0x8009_0014, "the provider's type is none that the caller knows (NTE_BAD_PROV_TYPE)"),
    (0x8009_0016, "the container was not found, or is closed to the account (NTE_BAD_KEYSET)"),
    (0x8009_0017, "the provider's type is not defined (NTE_PROV_TYPE_NOT_DEF)"),
    (0x8009_0019, "the provider is not registered rightly (NTE_KEYSET_NOT_DEF)"),
    (0x8009_001A, "the container's contents are invalid (NTE_KEYSET_ENTRY_BAD)"),
    (0x8009_001B, "the provider has another type (NTE_PROV_TYPE_NO_MATCH)"),
    (0x8009_001D, "the provider's library did not load (NTE_PROVIDER_DLL_FAIL)"),
    (0x8009_001E, "the provider's library was not found (NTE_PROVIDER_DLL_NOT_FOUND)"),
    (0x8009_0022, "the provider wanted to ask and was not allowed to (NTE_SILENT_CONTEXT)"),
    (0x8009_0029, "the provider does not support what the test asks (NTE_NOT_SUPPORTED)"),
    (0x8009_0030, "the device that holds the key is not ready (NTE_DEVICE_NOT_READY)"),
];

impl CaseRule for CertKeyMismatch {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        // Two certificates with different public keys cannot both own the key of one container. A CryptoAPI container
        // holds up to two keys, one for each KeySpec.
        let mut cut = false;
        for group in subject::containers(case, cx) {
            for entry in &group {
                let passed = |e: &IndexEntry| {
                    e.encryption_test == TestOutcome::Passed || e.signature_test == TestOutcome::Passed
                };
                if passed(entry) {
                    continue;
                }
                let other = group.iter().take(CONTAINER_CERTIFICATES).find(|o| {
                    o.id != entry.id && o.key_spec == entry.key_spec && subject::same_key(case, o, entry) == Some(false)
                });
                cut |= other.is_none() && group.len() > CONTAINER_CERTIFICATES;
                let (Some(other), Some(c)) = (other, case.credential(entry.id)) else { continue };
                let mut draft = FindingDraft::new(
                    &META,
                    META.summary,
                    "Two certificates with different public keys name the same container. It holds one key, so \
                 it was overwritten for one of them.",
                )
                .confidence(Confidence::Likely)
                .conditions(2)
                .remedy(remedy::import_from_backup(
                    c,
                    "Import the certificate together with the key that belongs to it",
                ));
                draft.related.push(other.id);
                for (c, primary) in [(Some(c), true), (case.credential(other.id), false)] {
                    let Some(c) = c else { continue };
                    if let Some(name) = c.key.unique_name.as_ref().or(c.key.stored_container.as_ref()) {
                        let label =
                            if primary { "this container" } else { "named by another certificate, of another key" };
                        draft = draft.evidence(c.evidence(name.place, label, primary));
                    }
                }
                out.about(Some(entry.id)).fail(draft);
            }
        }
        if cut {
            out.about(None).unknown(
                format!(
                    "whether a certificate after the first {CONTAINER_CERTIFICATES} of one container has another public key"
                ),
                "certutil -v -store my",
            );
        }
        out.about(None).pass("no other container is named by certificates of different keys");
    }
}
