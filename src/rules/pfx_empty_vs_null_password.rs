//! A PFX with the empty password, or with none.

use super::remedy::{self, Remedy, Step};
use super::{Checks, Context, CredentialRule, FindingDraft, Grade, Kind, RuleMeta, Source, Standing, pfx};
use crate::case::credential::Credential;
use crate::formats::pfx::PasswordState;
use crate::model::judgement::{Confidence, Role, Severity};

/// The rule.
pub(super) struct PfxEmptyVsNullPassword;

static META: RuleMeta = RuleMeta {
    name: "pfx-empty-vs-null-password",
    kind: Kind::Fault,
    severity: Severity::Note,
    role: Role::Contributing,
    confidence: Confidence::Likely,
    summary: "the empty password and no password are two different ones",
    sources: &[Source {
        title: "Microsoft Learn, PFXImportCertStore function",
        url: "https://learn.microsoft.com/windows/win32/api/wincrypt/nf-wincrypt-pfximportcertstore",
        grade: Grade::A,
    }],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/pfx-empty-vs-null-password.md"),
};

impl CredentialRule for PfxEmptyVsNullPassword {
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
        let (title, message) = match part.file.password {
            PasswordState::Empty => (
                "the file has the empty password",
                "PFXImportCertStore tells the empty text from no text at all: a caller that passes NULL is told that the \
                 password is wrong, one that passes \"\" is not.",
            ),
            PasswordState::Null => (
                "the file was made without a password",
                "PFXImportCertStore tells the empty text from no text at all: a caller that passes \"\" is told that the \
                 password is wrong, one that passes NULL is not.",
            ),
            PasswordState::Missing | PasswordState::Untried | PasswordState::Wrong => {
                return out.unknown("the password", remedy::open_pfx(c));
            }
            PasswordState::NoneNeeded | PasswordState::Given(_) => {
                return out.pass("the file has a password, or needs none");
            }
        };
        let place = part.file.mac.unwrap_or(part.file.whole);
        let draft = FindingDraft::new(&META, title, message)
            .evidence(c.evidence(place, "what this password was checked with", true))
            .remedy(Remedy {
                title: "Make the file again with a password",
                steps: vec![
                    Step::here(format!("openssl pkcs12 -in {} -out all.pem", remedy::pfx_argument(c))),
                    Step::here("openssl pkcs12 -export -in all.pem -out new.pfx"),
                ],
                caution: Some("all.pem holds the private key, encrypted with the password that is asked for: delete it afterwards."),
                verify: None,
            });
        out.fail(draft);
    }
}
