//! AD FS does not take this KeySpec or provider for the certificate's purpose.

use super::prelude::*;
use crate::model::service_setting::ServiceUse;

/// The rule.
pub(super) struct AdfsKeyspec;

static META: RuleMeta = RuleMeta {
    name: "adfs-keyspec",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "AD FS does not take this KeySpec or provider for the certificate's purpose",
    sources: &[sources::KEYSPEC_DOC],
    explains: &["keyspec-signature-on-csp", "keyspec-vs-keyusage", "keyset-missing", "adfs-2012r2-cng-ssl"],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/adfs-keyspec.md"),
};

impl CredentialRule for AdfsKeyspec {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let Some(kind) = c.key.kind() else {
            return out.not_applicable("no provider is shown");
        };
        let tokens = subject::named(cx, &["ad-fs-token-signing", "ad-fs-token-decrypting"]);
        let ssl = subject::named(cx, &["ad-fs"]);
        if tokens.is_empty() && ssl.is_empty() {
            return out.not_applicable("AD FS was not asked for");
        }
        let spec = subject::key_spec(c);
        let Some((place, workloads, message)) = (match kind {
            ProviderKind::Ksp => subject::kind_place(c).map(|place| {
                // A CNG key is valid for SSL alone.
                let communicates = c.bound.iter().any(|b| b.service_use == ServiceUse::ServiceCommunication);
                let mut workloads = tokens;
                workloads.extend(ssl.into_iter().filter(|_| communicates));
                let message = if communicates {
                    "AD FS does not support CNG certificates for service communication and for tokens, whatever the \
                     KeySpec: only SSL takes them, and Get-AdfsCertificate names this one for service communication."
                } else {
                    "AD FS does not support CNG certificates for signing or decrypting tokens, whatever the KeySpec."
                };
                (place, workloads, message)
            }),
            ProviderKind::Csp => {
                let Some(spec) = spec else {
                    return out.unknown("the KeySpec of this CSP key", remedy::show_command(c));
                };
                let signature = spec.value == KeySpec::SIGNATURE;
                let mut workloads = ssl;
                workloads.extend(tokens.into_iter().filter(|t| t.workload.name == "ad-fs-token-decrypting"));
                let message = "AD FS needs KeySpec 1 for SSL, service communication and token decryption; only token \
                 signing takes 2. With 2 the handshake fails with events 36888 and 36874.";
                signature.then_some((spec.place, workloads, message))
            }
        }) else {
            return out.pass("the KeySpec is valid for AD FS");
        };
        if workloads.is_empty() {
            return out.pass("the KeySpec and provider are valid for this purpose");
        }
        let remedy = if kind == ProviderKind::Ksp {
            remedy::reimport_into(c, provider::RSA_AES_CSP, "Import the key into a CryptoAPI provider")
        } else {
            remedy::reimport_as_exchange(c)
        };
        let label = if kind == ProviderKind::Ksp { "a CNG provider" } else { "signing only" };
        let draft = FindingDraft::new(&META, META.summary, message)
            .conditions(3)
            .workloads(workloads)
            .evidence(c.evidence(place, label, true))
            .remedy(remedy);
        out.fail(subject::predicted(c, draft));
    }
}
