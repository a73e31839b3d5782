//! A PFX with a private key and no certificate of it.

use super::remedy::{self, Remedy, Step, Verify};
use super::{Checks, Context, CredentialRule, FindingDraft, Grade, Kind, RuleMeta, Source, Standing, pfx};
use crate::case::credential::Credential;
use crate::model::judgement::{Confidence, Role, Severity};

/// The rule.
pub(super) struct PfxLeafMissing;

static META: RuleMeta = RuleMeta {
    name: "pfx-leaf-missing",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "the file holds a private key, but not the certificate that belongs to it",
    sources: &[Source {
        title: "RFC 7292, PKCS #12: Personal Information Exchange Syntax v1.1",
        url: "https://www.rfc-editor.org/rfc/rfc7292",
        grade: Grade::A,
    }],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/pfx-leaf-missing.md"),
};

impl CredentialRule for PfxLeafMissing {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, _: &Context<'_>, out: &mut Checks) {
        let Some(part) = &c.pfx else {
            return out.not_applicable(pfx::NOT_A_PFX);
        };
        let Some(bag) = part.key_bag else {
            return out.not_applicable("the file holds no private key");
        };
        if c.certificate.is_some() {
            return out.pass("the file holds a certificate for the key");
        }
        if part.key_locked || part.file.locked || part.file.incomplete {
            return out
                .unknown("the certificates in the part that is locked or could not be read", remedy::open_pfx(c));
        }
        let draft = FindingDraft::new(
            &META,
            META.summary,
            "An import has nothing to link the key to: certificates of other keys or of the issuers arrive without a key, \
             and the key is left without a certificate.",
        )
        .evidence(c.evidence(bag, "no certificate of the file has this public key", true))
        .remedy(Remedy {
            title: "Make the file again with the certificate of this key",
            steps: vec![
                Step::here(format!("openssl pkcs12 -in {} -nocerts -out key.pem", remedy::pfx_argument(c))),
                Step::here("openssl pkcs12 -export -inkey key.pem -in certificate.pem -certfile chain.pem -out new.pfx")
                    .note("OpenSSL refuses a certificate that does not belong to the key"),
            ],
            caution: Some("key.pem holds the private key, encrypted with the password that is asked for: delete it afterwards."),
            verify: Some(Verify::new("certutil -dump new.pfx").shows("the certificate, and that its key's test passed")),
        });
        out.fail(draft);
    }
}
