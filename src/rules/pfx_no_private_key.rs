//! A PFX without a private key.

use super::remedy::{self, Remedy, Step, Verify};
use super::{Checks, Context, CredentialRule, FindingDraft, Grade, Kind, RuleMeta, Source, Standing, pfx};
use crate::case::credential::Credential;
use crate::model::judgement::{Confidence, Role, Severity};

/// The rule.
pub(super) struct PfxNoPrivateKey;

static META: RuleMeta = RuleMeta {
    name: "pfx-no-private-key",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "the file holds certificates but no private key",
    sources: &[Source {
        title: "RFC 7292, PKCS #12: Personal Information Exchange Syntax v1.1",
        url: "https://www.rfc-editor.org/rfc/rfc7292",
        grade: Grade::A,
    }],
    explains: &["key-prov-info-missing", "pfx-leaf-missing"],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/pfx-no-private-key.md"),
};

impl CredentialRule for PfxNoPrivateKey {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, _: &Context<'_>, out: &mut Checks) {
        let Some(part) = &c.pfx else {
            return out.not_applicable(pfx::NOT_A_PFX);
        };
        if part.key_bag.is_some() {
            return out.pass("the file holds a private key");
        }
        if part.file.locked || part.file.incomplete {
            return out.unknown(
                "whether a private key is in the part that is locked or could not be read",
                remedy::open_pfx(c),
            );
        }
        let Some(bag) = part.certificate_bag else {
            return out.not_applicable("no certificate is shown");
        };
        let draft = FindingDraft::new(
            &META,
            META.summary,
            "An import succeeds, but the certificate has no key: IIS does not list it, and a binding to it fails. The key \
             stayed where the request was made, or was left out at the export.",
        )
        .evidence(c.evidence(bag, "a certificate, and no key bag in any part of the file", true))
        .remedy(Remedy {
            title: "Export again with the private key",
            steps: vec![
                Step::cmd("certutil -exportpfx my <thumbprint> new.pfx")
                    .place("requesting-server")
                    .note("on the machine that made the request; it must show the certificate with its key"),
                Step::here("openssl pkcs12 -export -inkey key.pem -in certificate.pem -certfile chain.pem -out new.pfx"),
            ],
            caution: Some("The two steps are alternatives: the key is in a Windows store or in a PEM file."),
            verify: Some(Verify::new("certutil -dump new.pfx").shows("Private key … or a passed test")),
        });
        out.fail(draft);
    }
}
