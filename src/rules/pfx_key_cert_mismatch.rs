//! A PFX whose key and certificate do not belong together.

use super::remedy::{self, Remedy, Step, Verify};
use super::{Checks, Context, CredentialRule, FindingDraft, Grade, Kind, RuleMeta, Source, Standing, pfx};
use crate::case::credential::Credential;
use crate::model::judgement::{Confidence, Role, Severity};

/// The rule.
pub(super) struct PfxKeyCertMismatch;

static META: RuleMeta = RuleMeta {
    name: "pfx-key-cert-mismatch",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "the private key does not belong to the certificate: their public keys differ",
    sources: &[
        Source {
            title: "RFC 7292, PKCS #12: Personal Information Exchange Syntax v1.1",
            url: "https://www.rfc-editor.org/rfc/rfc7292",
            grade: Grade::A,
        },
        Source { title: "RFC 5280, section 4.2.1.2", url: "https://www.rfc-editor.org/rfc/rfc5280", grade: Grade::A },
    ],
    explains: &["cert-key-mismatch"],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/pfx-key-cert-mismatch.md"),
};

impl CredentialRule for PfxKeyCertMismatch {
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
        if part.key_locked {
            return out.unknown("the key is locked, so its public half is not shown", remedy::open_pfx(c));
        }
        if c.certificate.is_none() {
            return out.not_applicable("no certificate stands with the key");
        }
        let matches = match &c.key.matches_certificate {
            None => return out.unknown("the key does not hold its public half", "openssl pkey -in key.pem -pubout"),
            Some(matches) => matches.value,
        };
        if matches {
            return out.pass("the public keys of key and certificate are the same");
        }
        let mut draft = FindingDraft::new(
            &META,
            META.summary,
            "A localKeyID, or that there is but one of each, says that they belong together; the bytes say they do not. \
             Windows links what the file calls a pair, and every use of the key with this certificate fails.",
        )
        .evidence(c.evidence(bag, "this key", true))
        .conditions(2);
        if let Some(certificate) = part.certificate_bag {
            draft = draft.evidence(c.evidence(certificate, "has another public key", false));
        }
        let draft = draft.remedy(Remedy {
            title: "Make the file again from the key and the certificate that belong together",
            steps: vec![
                Step::here("openssl x509 -in certificate.pem -noout -pubkey | openssl sha256"),
                Step::here("openssl pkey -in key.pem -pubout | openssl sha256")
                    .note("the two values must be the same; else look for the key of the certificate's own request"),
                Step::here(
                    "openssl pkcs12 -export -inkey key.pem -in certificate.pem -certfile chain.pem -out new.pfx",
                ),
            ],
            caution: None,
            verify: Some(Verify::new("certutil -dump new.pfx").shows("that the key's test passed")),
        });
        out.fail(draft);
    }
}
