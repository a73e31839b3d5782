//! A PFX of which the end is missing.

use super::remedy::{Remedy, Step, Verify};
use super::{Checks, Context, CredentialRule, FindingDraft, Grade, Kind, RuleMeta, Source, Standing, pfx};
use crate::case::credential::Credential;
use crate::model::judgement::{Confidence, Role, Severity};

/// The rule.
pub(super) struct PfxFileCut;

static META: RuleMeta = RuleMeta {
    name: "pfx-file-cut",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "the file is cut: its end is missing, and no program imports it",
    sources: &[Source {
        title: "RFC 7292, PKCS #12: Personal Information Exchange Syntax v1.1",
        url: "https://www.rfc-editor.org/rfc/rfc7292",
        grade: Grade::A,
    }],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/pfx-file-cut.md"),
};

/// The rule's name.
pub(super) const NAME: &str = META.name;
/// Why the other rules do not judge a file whose end is missing.
pub(super) const LOST: &str = "the file is cut: what it says further on is lost";
/// What would tell.
pub(super) const WHOLE: &str = "the whole file, copied again";

/// Whether a credential comes from a PFX whose end is missing.
pub(super) fn is_cut(c: &Credential) -> bool {
    c.pfx.as_ref().is_some_and(|part| part.file.cut)
}

impl CredentialRule for PfxFileCut {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, _: &Context<'_>, out: &mut Checks) {
        let Some(part) = &c.pfx else {
            return out.not_applicable(pfx::NOT_A_PFX);
        };
        if !part.file.cut {
            return out.pass("the file is as long as it says");
        }
        let draft = FindingDraft::new(
            &META,
            META.summary,
            "A PFX states its length at the beginning, and the file ends before. The certificate or the key may still be \
             readable in it, but importers refuse the file as a whole. Copies over FTP in text mode, interrupted transfers \
             and pasted Base64 that lost its last lines do this.",
        )
        .evidence(c.evidence(part.file.whole, "the file ends before the length that it states", true))
        .remedy(Remedy {
            title: "Copy the file again from where it was made, and compare the two",
            steps: vec![
                Step::cmd("certutil -hashfile file.pfx SHA256").place("requesting-server"),
                Step::cmd("certutil -hashfile file.pfx SHA256").note("on the server: both must be the same"),
            ],
            caution: Some("If the original is cut as well, export it again."),
            verify: Some(Verify::new("certutil -dump file.pfx").shows("no error, and the key's test passed")),
        });
        out.fail(draft);
    }
}
