//! The provider that a PFX names.

use super::remedy::{self, Remedy, Step, Verify};
use super::{Checks, Context, CredentialRule, FindingDraft, Grade, Kind, RuleMeta, Source, Standing, pfx, subject};
use crate::case::credential::Credential;
use crate::model::judgement::{Confidence, Role, Severity};
use crate::model::provider::{self, ProviderKind};
use crate::workloads::CellOutcome;

/// The rule.
pub(super) struct PfxCspNameAttribute;

static META: RuleMeta = RuleMeta {
    name: "pfx-csp-name-attribute",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::Contributing,
    confidence: Confidence::Likely,
    summary: "the provider that the file names does not fit the workload, or is not known",
    sources: &[
        Source {
            title: "Microsoft Learn, PFXImportCertStore function",
            url: "https://learn.microsoft.com/windows/win32/api/wincrypt/nf-wincrypt-pfximportcertstore",
            grade: Grade::A,
        },
        Source {
            title: ".NET, X509CertificateLoader.Pkcs12.cs",
            url: "https://github.com/dotnet/runtime",
            grade: Grade::A,
        },
    ],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/pfx-csp-name-attribute.md"),
};

impl CredentialRule for PfxCspNameAttribute {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let Some(part) = &c.pfx else {
            return out.not_applicable(pfx::NOT_A_PFX);
        };
        let Some(named) = &c.key.provider else {
            return out.pass(match part.key_bag {
                Some(_) => "the file names no provider: the importer chooses",
                None => "the file holds no private key",
            });
        };
        let Some(kind) = c.key.kind() else {
            return out.unknown("the type of the provider that the file names", "certutil -csplist");
        };
        let ec = c.key.algorithm.as_ref().map_or_else(|| subject::is_ec(c), |algorithm| algorithm.value == "ECC");
        if ec && subject::in_rsa_provider(c) {
            let draft = FindingDraft::new(
                &META,
                "the file names an RSA provider for an elliptic-curve key",
                "Attribute 1.3.6.1.4.1.311.17.1 of the key's bag names a provider of CryptoAPI. None of them holds \
                 elliptic-curve keys: what the import makes of it is not documented.",
            )
            .confidence(Confidence::Possible)
            .evidence(c.evidence(named.place, "holds no elliptic-curve keys", true))
            .remedy(other_provider(c, provider::SOFTWARE_KSP));
            return out.fail(draft);
        }
        // The KeySpec is the matter of pfx-keybag-keyusage-signature: here a CSP key counts as one for exchange.
        let spec = (kind == ProviderKind::Csp).then_some(1);
        let conflicts = |target: &&crate::workloads::Target| {
            let cell = target.cell(kind, spec, ec);
            cell.is_some_and(|(_, cell)| matches!(cell.outcome, CellOutcome::Fail | CellOutcome::Warn))
        };
        let failing: Vec<_> = cx.workloads.iter().filter(conflicts).copied().collect();
        let unknown = provider::find(&named.value).is_none();
        if failing.is_empty() && !unknown {
            return out.pass("the provider that the file names fits");
        }
        let evidence =
            c.evidence(named.place, "the provider that every importer takes, except the .NET 9 loader", true);
        if failing.is_empty() {
            let draft = FindingDraft::new(
                &META,
                "the file names a provider that is not known",
                "Windows looks a provider up by its type when no provider of the named one is registered, so the key lands \
                 elsewhere than the file says.",
            )
            .severity(Severity::Note)
            .confidence(Confidence::Possible)
            .evidence(evidence);
            return out.fail(draft);
        }
        let wanted = if kind == ProviderKind::Ksp { provider::RSA_AES_CSP } else { provider::SOFTWARE_KSP };
        let draft = FindingDraft::new(
            &META,
            "the provider that the file names does not fit the workload",
            "The import puts the key where attribute 1.3.6.1.4.1.311.17.1 of the key's bag says, and the workload does not \
             work with keys of that kind.",
        )
        .workloads(failing)
        .evidence(evidence)
        .remedy(if ec {
            // The providers of CryptoAPI that these workloads ask for hold no elliptic-curve key.
            remedy::advice(
                "Request a certificate with an RSA key",
                "The algorithm belongs to the key: no import and no property changes it.",
            )
        } else {
            other_provider(c, wanted)
        });
        out.fail(draft);
    }
}

/// The import into another provider; the KeySpec of a key storage provider's key stays 0.
fn other_provider(c: &Credential, wanted: &str) -> Remedy {
    let modifier = if provider::kind_of_name(wanted) == Some(ProviderKind::Ksp) { "" } else { " AT_KEYEXCHANGE" };
    let file = remedy::pfx_argument(c);
    Remedy {
        title: "Import with another provider",
        steps: vec![Step::cmd(format!("certutil -f -csp \"{wanted}\" -importpfx my {file}{modifier}"))],
        caution: None,
        verify: Some(Verify::new("certutil -v -store my <thumbprint>").shows(format!("Provider = {wanted}"))),
    }
}
