//! What the key may do does not fit what the certificate is for.

use super::pfx;
use super::prelude::*;
use crate::model::fact::Fact;

/// The rule.
pub(super) struct KeyspecVsKeyusage;

static META: RuleMeta = RuleMeta {
    name: "keyspec-vs-keyusage",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::Contributing,
    confidence: Confidence::Likely,
    summary: "what the key may do does not fit what the certificate is for",
    sources: &[sources::KEYUSAGE_FLAGS, sources::X509KEYSPEC],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/keyspec-vs-keyusage.md"),
};

impl CredentialRule for KeyspecVsKeyusage {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        if c.pfx.is_some() {
            return out.not_applicable(pfx::NOT_STORED_YET);
        }
        if let Some(allowed) = c.key.usage.as_ref().filter(|allowed| !decrypts(allowed.value)) {
            let workloads = subject::named(cx, DECRYPTING);
            if subject::kind_is(c, ProviderKind::Ksp) && subject::is_rsa(c) && !workloads.is_empty() {
                return out.fail(only_signs(c, allowed, workloads));
            }
        }
        let Some(usage) = c.certificate.as_ref().and_then(|c| c.key_usage.as_ref()) else {
            return out.not_applicable("no key usage is shown");
        };
        match c.key.kind() {
            Some(ProviderKind::Csp) => {
                let Some(spec) = subject::key_spec(c) else {
                    return out.unknown("the KeySpec of this CSP key", remedy::show_command(c));
                };
                if spec.value != KeySpec::SIGNATURE || !usage.value.has(KeyUsage::KEY_ENCIPHERMENT) {
                    return out.pass("the KeySpec allows what the key usage asks for: an exchange key may sign too");
                }
                let workloads: Vec<Target> = cx
                    .workloads
                    .iter()
                    .filter(|t| {
                        t.cell(ProviderKind::Csp, Some(2), false)
                            .is_some_and(|(_, cell)| cell.outcome == CellOutcome::Fail)
                    })
                    .copied()
                    .collect();
                if workloads.is_empty() {
                    return out.not_applicable("a key that only signs is enough here");
                }
                out.fail(
                    FindingDraft::new(
                        &META,
                        META.summary,
                        "The certificate says keyEncipherment, and a signature key cannot decipher: the key was \
                 made with the wrong KeySpec for this certificate.",
                    )
                    .conditions(2)
                    .workloads(workloads)
                    .evidence(c.evidence(usage.place, "asks for deciphering", true))
                    .evidence(c.evidence(spec.place, "signing only", false))
                    .remedy(remedy::reimport_as_exchange(c)),
                );
            }
            Some(ProviderKind::Ksp) => {
                let Some(allowed) = &c.key.usage else {
                    return out.not_applicable("the usage of the CNG key is not shown");
                };
                // NCRYPT_ALLOW_SIGNING_FLAG; 0 is the provider's default, not a prohibition.
                let closed = allowed.value != 0 && allowed.value & 2 == 0;
                if !closed || !usage.value.has(KeyUsage::DIGITAL_SIGNATURE) {
                    return out.pass("the CNG key's usage allows what the key usage asks for");
                }
                if cx.workloads.is_empty() {
                    return out.not_applicable(subject::NO_WORKLOAD);
                }
                out.fail(
                    FindingDraft::new(
                        &META,
                        META.summary,
                        "The certificate says digitalSignature, but the CNG key's own usage does not allow signing: \
                 TLS 1.3 and ECDHE suites cannot use it.",
                    )
                    .conditions(2)
                    .evidence(c.evidence(allowed.place, "no signing", true))
                    .evidence(c.evidence(usage.place, "asks for signatures", false))
                    .remedy(remedy::advice(
                        "Make a new key whose usage allows signing",
                        "KeyUsageProperty = NCRYPT_ALLOW_ALL_USAGES in the request; the usage of a finished key \
                 does not change.",
                    )),
                );
            }
            None => out.not_applicable("no provider is shown"),
        }
    }
}

/// The workloads whose RSA key decrypts.
const DECRYPTING: &[&str] = &["document-encryption", "always-encrypted", "ad-fs-token-decrypting"];

/// Whether the usage of a CNG key allows decrypting: NCRYPT_ALLOW_DECRYPT_FLAG, or 0, the provider's default.
fn decrypts(usage: u32) -> bool {
    usage == 0 || usage & 1 != 0
}

/// A CNG key that may not decrypt, for what decrypts with it.
fn only_signs(c: &Credential, allowed: &Fact<u32>, workloads: Vec<Target>) -> FindingDraft {
    FindingDraft::new(
        &META,
        META.summary,
        "This workload decrypts with the private key, and the CNG key's own usage does not allow it \
         (NCRYPT_ALLOW_DECRYPT_FLAG is missing): what is encrypted for the certificate can not be read.",
    )
    .role(Role::RootCause)
    .conditions(2)
    .workloads(workloads)
    .evidence(c.evidence(allowed.place, "no decrypting", true))
    .remedy(remedy::advice(
        "Make a new key whose usage allows decrypting",
        "KeyUsageProperty = NCRYPT_ALLOW_ALL_USAGES in the request; the usage of a finished key does not change.",
    ))
}
