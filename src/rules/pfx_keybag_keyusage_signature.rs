//! A PFX key that an import will store for signing only.

use super::remedy::{self, Remedy, Step};
use super::{Checks, Context, CredentialRule, FindingDraft, Grade, Kind, RuleMeta, Source, Standing, pfx, subject};
use crate::case::credential::Credential;
use crate::model::judgement::{Confidence, Role, Severity};
use crate::model::{key_spec::KeySpec, provider::ProviderKind};
use crate::workloads::CellOutcome;

/// The rule.
pub(super) struct PfxKeybagKeyusageSignature;

static META: RuleMeta = RuleMeta {
    name: "pfx-keybag-keyusage-signature",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "the import will store the key for signing only (AT_SIGNATURE); a TLS server needs AT_KEYEXCHANGE",
    sources: &[
        Source {
            title: "Microsoft Learn, PFXImportCertStore function",
            url: "https://learn.microsoft.com/windows/win32/api/wincrypt/nf-wincrypt-pfximportcertstore",
            grade: Grade::A,
        },
        Source {
            title: "OpenSSL, openssl-pkcs12: options -keyex and -keysig",
            url: "https://docs.openssl.org/3.0/man1/openssl-pkcs12/",
            grade: Grade::A,
        },
        Source {
            title: "Microsoft Learn, Schannel: CryptoAPI 2.0 Private Keys",
            url: "https://learn.microsoft.com/windows/win32/secauthn/cryptoapi-2-0-private-keys",
            grade: Grade::A,
        },
    ],
    explains: &["keyspec-signature-on-csp", "keyspec-vs-keyusage", "pfx-csp-name-attribute"],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/pfx-keybag-keyusage-signature.md"),
};

impl CredentialRule for PfxKeybagKeyusageSignature {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let Some(part) = &c.pfx else {
            return out.not_applicable(pfx::NOT_A_PFX);
        };
        if part.key_bag.is_none() {
            return out.not_applicable("the file holds no private key");
        }
        if c.certificate.is_none() && !part.file.locked {
            return out.not_applicable("no certificate stands with the key");
        }
        match c.key.kind() {
            Some(ProviderKind::Ksp) => {
                return out.not_applicable("the key goes to a KSP: its key usage does not become a KeySpec");
            }
            None if !part.key_locked => return out.not_applicable("no provider can be predicted"),
            _ => {}
        }
        let Some(spec) = c.key.key_spec.as_ref().filter(|_| !part.key_locked) else {
            return out.unknown("the key's own key usage, which is encrypted with it", remedy::open_pfx(c));
        };
        if subject::other_than_rsa(c) {
            return out.not_applicable("no RSA key: no KeySpec makes it a key-exchange key of an RSA provider");
        }
        if spec.value != KeySpec::SIGNATURE {
            return out.pass("the import stores the key for exchange and signing (AT_KEYEXCHANGE)");
        }
        let cell = |target: &crate::workloads::Target| target.cell(ProviderKind::Csp, Some(2), false);
        let refuses =
            |cell: Option<(_, crate::workloads::Cell)>| cell.is_some_and(|(_, cell)| cell.outcome == CellOutcome::Fail);
        // Where an exchange key fails as well, the provider is the cause.
        let fails = |target: &&crate::workloads::Target| {
            refuses(cell(target)) && !refuses(target.cell(ProviderKind::Csp, Some(1), false))
        };
        let failing: Vec<_> = cx.workloads.iter().filter(fails).copied().collect();
        if failing.is_empty() {
            return out.not_applicable("a key that only signs is enough for what this certificate is for");
        }
        let documented = failing.iter().any(|target| cell(target).is_some_and(|(_, cell)| cell.grade <= Grade::C));
        let byte = part.key_usage.as_ref().map_or_else(String::new, |usage| format!(" (byte {:02x})", usage.value));
        let mut draft = FindingDraft::new(
            &META,
            META.summary,
            format!(
                "The key's own key usage, attribute 2.5.29.15 of the PKCS#8 key{byte}, has signing bits only. \
                 PFXImportCertStore makes AT_SIGNATURE of them for a CSP key; Schannel then finds no key-exchange key, \
                 which IIS shows as 0x80070520. `openssl pkcs12 -export -keysig` writes such files."
            ),
        )
        .confidence(if documented { Confidence::Likely } else { Confidence::Possible })
        .workloads(failing)
        .evidence(c.evidence(spec.place, "signing bits only", true))
        .conditions(2);
        if let Some(provider) = &c.key.provider {
            draft = draft.evidence(c.evidence(provider.place, "a CryptoAPI provider: KeySpec decides", false));
        }
        let draft = draft.remedy(remedy::reimport_as_exchange(c)).remedy(Remedy {
            title: "Make the file again with a key for exchange",
            steps: vec![
                Step::here(format!("openssl pkcs12 -in {} -out all.pem", remedy::pfx_argument(c))),
                Step::here("openssl pkcs12 -export -in all.pem -keyex -out new.pfx"),
            ],
            caution: Some(
                "all.pem holds the private key, encrypted with the password that is asked for: delete it afterwards.",
            ),
            verify: None,
        });
        out.fail(draft);
    }
}
