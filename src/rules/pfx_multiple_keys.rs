//! A PFX with several private keys.

use super::remedy::{self, Remedy, Step};
use super::{Checks, Context, CredentialRule, FindingDraft, Grade, Kind, RuleMeta, Source, Standing, pfx};
use crate::case::credential::Credential;
use crate::model::judgement::{Confidence, Role, Severity};

/// The rule.
pub(super) struct PfxMultipleKeys;

static META: RuleMeta = RuleMeta {
    name: "pfx-multiple-keys",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::Contributing,
    confidence: Confidence::Certain,
    summary: "the file holds more than one private key: an import stores them all",
    sources: &[
        Source {
            title: "RFC 7292, PKCS #12: Personal Information Exchange Syntax v1.1",
            url: "https://www.rfc-editor.org/rfc/rfc7292",
            grade: Grade::A,
        },
        Source { title: ".NET, Pkcs12LoaderLimits.cs", url: "https://github.com/dotnet/runtime", grade: Grade::A },
    ],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/pfx-multiple-keys.md"),
};

impl CredentialRule for PfxMultipleKeys {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, _: &Context<'_>, out: &mut Checks) {
        let Some(part) = &c.pfx else {
            return out.not_applicable(pfx::NOT_A_PFX);
        };
        if !part.first {
            return out.not_applicable("said with the first key of the file");
        }
        let keys = &part.file.keys;
        let (Some(first), true) = (keys.first(), keys.len() > 1) else {
            return out.pass("the file holds one private key at most");
        };
        let mut draft = FindingDraft::new(
            &META,
            META.summary,
            format!(
                "The file holds {} private keys. What takes \"the\" certificate of a file takes the first or any of them, \
                 and a binding may end up with the wrong one.",
                keys.len()
            ),
        )
        .evidence(c.evidence(*first, "a private key", true));
        for bag in keys.iter().skip(1).take(7) {
            draft = draft.evidence(c.evidence(*bag, "another private key", false));
        }
        let draft = draft.remedy(Remedy {
            title: "Make one file for each key",
            steps: vec![
                Step::here(format!("openssl pkcs12 -in {} -out all.pem", remedy::pfx_argument(c))),
                Step::here("openssl pkcs12 -export -inkey one-key.pem -in its-certificate.pem -certfile chain.pem -out one.pfx")
                    .note("cut all.pem into one key and its certificate before"),
            ],
            caution: Some("all.pem holds the private keys, encrypted with the password that is asked for: delete it afterwards."),
            verify: None,
        });
        out.fail(draft);
    }
}
