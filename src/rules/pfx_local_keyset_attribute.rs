//! The mark of a machine key in a PFX.

use super::remedy::{self, Remedy, Step, Verify};
use super::{Checks, Context, CredentialRule, FindingDraft, Grade, Kind, RuleMeta, Source, Standing, pfx};
use crate::case::credential::Credential;
use crate::model::judgement::{Confidence, Role, Severity};
use crate::workloads::Target;

/// The rule.
pub(super) struct PfxLocalKeysetAttribute;

static META: RuleMeta = RuleMeta {
    name: "pfx-local-keyset-attribute",
    kind: Kind::Fault,
    severity: Severity::Note,
    role: Role::Contributing,
    confidence: Confidence::Possible,
    summary: "the file does not say in which keyset the key belongs, or names the other one",
    sources: &[
        Source {
            title: "Microsoft Learn, PFXImportCertStore function",
            url: "https://learn.microsoft.com/windows/win32/api/wincrypt/nf-wincrypt-pfximportcertstore",
            grade: Grade::A,
        },
        Source {
            title: ".NET, X509CertificateLoader.Pkcs12.cs: a sentinel without a value",
            url: "https://github.com/dotnet/runtime",
            grade: Grade::A,
        },
    ],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/pfx-local-keyset-attribute.md"),
};

impl CredentialRule for PfxLocalKeysetAttribute {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let Some(part) = &c.pfx else {
            return out.not_applicable(pfx::NOT_A_PFX);
        };
        let Some(bag) = part.key_bag else {
            return out.not_applicable("the file holds no private key");
        };
        if c.certificate.is_none() && !part.file.locked {
            return out.not_applicable("no certificate stands with the key");
        }
        let server = cx.workloads.iter().any(|target| target.workload.server && !target.workload.user_store);
        let personal = |target: &Target| target.workload.user_store && !target.workload.server;
        let user = !cx.workloads.is_empty() && cx.workloads.iter().all(personal);
        match &c.key.flags {
            Some(mark) if user => out.fail(
                FindingDraft::new(
                    &META,
                    "the key is marked as a machine key",
                    "Attribute 1.3.6.1.4.1.311.17.2 puts the key into the machine's keyset even when a user imports the \
                     file, unless the importer says otherwise.",
                )
                .evidence(c.evidence(mark.place, "machine key", true))
                .remedy(Remedy {
                    title: "Import for the user",
                    steps: vec![Step::cmd(format!("certutil -user -f -importpfx {}", remedy::pfx_argument(c)))],
                    caution: None,
                    verify: Some(Verify::new("certutil -user -v -store my <thumbprint>").shows("Flags without 20")),
                }),
            ),
            Some(_) => out.pass("the key is marked as a machine key"),
            None if server => out.fail(
                FindingDraft::new(
                    &META,
                    "the key is not marked as a machine key",
                    "The key goes to the keyset of whoever imports the file: after a double click, or in code without \
                     MachineKeySet, to the user's, where a service does not find it.",
                )
                .evidence(c.evidence(bag, "no attribute 1.3.6.1.4.1.311.17.2", true))
                .remedy(Remedy {
                    title: "Import into the machine's store",
                    steps: vec![
                        Step::cmd(format!("certutil -f -importpfx my {}", remedy::pfx_argument(c))).note("in an elevated prompt, without -user"),
                    ],
                    caution: None,
                    verify: Some(Verify::new("certutil -v -store my <thumbprint>").shows("CRYPT_MACHINE_KEYSET -- 20")),
                }),
            ),
            None => out.pass("the key goes to the keyset of whoever imports the file"),
        }
    }
}
