//! The key asks for a prompt, and services cannot be asked.

use super::key_use_refused;
use super::prelude::*;
use crate::model::fact::Fact;

/// The rule.
pub(super) struct StrongKeyProtectionSilent;

static META: RuleMeta = RuleMeta {
    name: "strong-key-protection-silent",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "the key asks for a prompt, and services cannot be asked",
    sources: &[sources::STRONG_PROTECTION, sources::LDAPS_DOC, sources::PFX_IMPORT],
    explains: &["keyset-missing", "cert-key-mismatch"],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/strong-key-protection-silent.md"),
};

/// NCRYPT_UI_PROTECT_KEY_FLAG and NCRYPT_UI_FORCE_HIGH_PROTECTION_FLAG.
const ASKS: u32 = 3;

/// Whether certreq's `KeyProtection` asks for a prompt (certreq -new, KeyProtection; X509PrivateKeyProtection).
fn protects(value: &str) -> bool {
    let number = match value.strip_prefix("0x").or_else(|| value.strip_prefix("0X")) {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => value.parse().ok(),
    };
    number.is_some_and(|number: u32| number & ASKS != 0)
        || ["NCRYPT_UI_PROTECT_KEY_FLAG", "NCRYPT_UI_FORCE_HIGH_PROTECTION_FLAG"]
            .iter()
            .any(|name| value.to_ascii_uppercase().contains(name))
}

impl RequestRule for StrongKeyProtectionSilent {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, asked: &Asked<'_>, cx: &Context<'_>, out: &mut Checks) {
        if asked.request.form != RequestForm::Inf {
            return out.not_applicable(request::NOT_AN_INF);
        }
        let workloads: Vec<Target> = cx.workloads.iter().filter(|t| !t.workload.user_store).copied().collect();
        if workloads.is_empty() {
            return out.not_applicable("a person who can answer uses the key");
        }
        let own = |(section, name, _): &&(String, String, Fact<String>)| {
            section.eq_ignore_ascii_case("NewRequest") && name.eq_ignore_ascii_case("KeyProtection")
        };
        let value = asked.request.values.iter().find(own).map(|(.., value)| value);
        let Some(value) = value.filter(|value| protects(value.value.trim())) else {
            return out.pass("the INF asks for no prompt at the use of the key");
        };
        let draft = FindingDraft::new(
            &META,
            META.summary,
            "KeyProtection lets Windows ask the user at each use of the key, or for a password. Services run without anyone to \
             answer: NTE_SILENT_CONTEXT (0x80090022).",
        )
        .confidence(Confidence::Likely)
        .workloads(workloads)
        .evidence(request::evidence(asked, value.place, &value.value, "the user is asked at each use", true))
        .remedy(request::write("KeyProtection = XCN_NCRYPT_UI_NO_PROTECTION_FLAG"));
        out.fail(request::for_purpose(draft, request::server(asked.request).unwrap_or(Confidence::Possible)));
    }
}

impl CredentialRule for StrongKeyProtectionSilent {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        // The administrator who runs certutil can answer; a service has nobody.
        let asks = c.key.ui_policy.as_ref().filter(|policy| policy.value & ASKS != 0);
        let Some(code) = subject::code(c, 0x8009_0022) else {
            let Some(policy) = asks else {
                return out.not_applicable("0x80090022 is not shown for this key, and no policy that asks the user");
            };
            let workloads: Vec<Target> = cx.workloads.iter().filter(|t| !t.workload.user_store).copied().collect();
            if workloads.is_empty() {
                return out.not_applicable("a person who can answer uses the key");
            }
            return out.fail(
                FindingDraft::new(
                    &META,
                    META.summary,
                    "The key's user-interface policy asks the user at each use, or for a password. certutil's test passes \
                     because someone can answer; services run without anyone: NTE_SILENT_CONTEXT (0x80090022).",
                )
                .conditions(2)
                .workloads(workloads)
                .evidence(c.evidence(policy.place, "the user is asked at each use", true))
                .remedy(remedy::new_key(
                    c,
                    provider::SOFTWARE_KSP,
                    "Make a new key without strong protection: the policy of a finished key does not change",
                )),
            );
        };
        if cx.workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        out.fail(
            FindingDraft::new(&META, META.summary, PROMPT)
                .evidence(c.evidence(code.place, "a prompt that could not be shown", true))
                .remedy(remedy::reimport_without_prompt(c)),
        );
    }
}

/// The provider's answer, in words.
const PROMPT: &str = "The provider wanted to show a prompt and was not allowed to (NTE_SILENT_CONTEXT). The key was imported \
                      with strong private key protection, or it is behind a PIN. Services run without anyone to answer.";

impl CaseRule for StrongKeyProtectionSilent {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        for refusal in key_use_refused::refusals_by(case, cx, 0x8009_0022) {
            let c = refusal.credential;
            let workloads: Vec<Target> = refusal.targets.iter().filter(|t| !t.workload.user_store).copied().collect();
            let reason = refusal.reason(0x8009_0022, "a prompt that could not be shown");
            let Some(reason) = reason.filter(|_| !workloads.is_empty() && subject::code(c, 0x8009_0022).is_none())
            else {
                continue;
            };
            // A card's or a module's prompt is not of an import.
            if !matches!(subject::class(c), Some(ProviderClass::Software) | None) {
                continue;
            }
            out.about(Some(c.id)).fail(
                FindingDraft::new(&META, META.summary, PROMPT)
                    .confidence(if refusal.named { Confidence::Certain } else { Confidence::Likely })
                    .conditions(2)
                    .workloads(workloads)
                    .evidence(reason)
                    .remedy(remedy::reimport_without_prompt(c)),
            );
        }
    }
}
