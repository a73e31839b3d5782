//! A PFX that older versions of Windows cannot open.

use super::remedy::{self, Remedy, Step, Verify};
use super::{Checks, Context, CredentialRule, FindingDraft, Grade, Kind, RuleMeta, Source, Standing, pfx};
use crate::case::credential::Credential;
use crate::case::pfx::{FIRST_WITH_AES, Support};
use crate::model::judgement::{Confidence, Role, Severity};

/// The rule.
pub(super) struct PfxModernEncryptionOldWindows;

static META: RuleMeta = RuleMeta {
    name: "pfx-modern-encryption-old-windows",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "Windows versions before 10 1709 and Server 2019 can not open the file, and call the password wrong",
    sources: &[
        Source {
            title: "Microsoft Learn, Can't import an AES256-SHA256-encrypted PFX certificate",
            url: "https://learn.microsoft.com/troubleshoot/windows-server/certificates-and-public-key-infrastructure-pki/cannot-import-aes256-sha256-encrypted-pfx-certificate",
            grade: Grade::A,
        },
        Source {
            title: "PKCS12_PBES2_EXPORT_PARAMS: Windows 10 version 1709 (Microsoft Learn, PFXExportCertStoreEx function)",
            url: "https://learn.microsoft.com/windows/win32/api/wincrypt/nf-wincrypt-pfxexportcertstoreex",
            grade: Grade::A,
        },
        Source {
            title: "OpenSSL issue 27035: Server 2016 fails, Server 2019 works",
            url: "https://github.com/openssl/openssl/issues/27035",
            grade: Grade::C,
        },
    ],
    explains: &[],
    standing: Standing::Hint,
    doc: include_str!("../../docs/rules/pfx-modern-encryption-old-windows.md"),
};

impl CredentialRule for PfxModernEncryptionOldWindows {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let Some(part) = &c.pfx else {
            return out.not_applicable(pfx::NOT_A_PFX);
        };
        if !part.first {
            return out.not_applicable("said with the first key of the file");
        }
        if part.file.algorithms.is_empty() && part.file.incomplete {
            let command = format!("openssl pkcs12 -info -noout -in {}", remedy::pfx_argument(c));
            return out.unknown("the algorithms of the file, which are not shown", command);
        }
        let support = part.file.support();
        if support == Support::Every {
            return out.pass("every version of Windows reads the algorithms of the file");
        }
        let target = cx.windows.or(c.surroundings.windows.as_ref().map(|version| version.value));
        let newer = part.file.newer_than_pkcs12();
        let older = target.map(|version| version < FIRST_WITH_AES && newer);
        if older == Some(false) && support == Support::Since1709 {
            return out.pass("the target reads the algorithms of the file");
        }
        // What keeps an old target from reading the file, else what no document tells of.
        let decides = |of: Support| match older {
            Some(true) => matches!(of, Support::Since1709 | Support::NotDocumented),
            _ if support == Support::Since1709 => of == support,
            _ => matches!(of, Support::NotDocumented | Support::OldNotDocumented),
        };
        let deciding = || part.file.algorithms.iter().filter(|algorithm| decides(algorithm.value.support));
        let mut names: Vec<String> = Vec::new();
        for algorithm in deciding() {
            let name = algorithm.value.short_name();
            if !names.contains(&name) && names.len() < 4 {
                names.push(name);
            }
        }
        let names = names.join(" and ");
        let says = "The import says \"The password you entered is incorrect\" or \"The specified network password is not \
                    correct\", though the password is right.";
        let (title, message) = match (older, target, support) {
            (Some(true), Some(version), _) => (
                "the target can not open the file, and calls the password wrong",
                format!("{version} does not read {}. {says}", names),
            ),
            (_, _, Support::NotDocumented | Support::OldNotDocumented) => (
                "no document says that Windows opens this file",
                format!("No document says that any version of Windows reads {}. {says}", names),
            ),
            _ => (
                META.summary,
                format!(
                    "Windows Server 2016, 2012 R2 and older and Windows 10 before version 1709 do not read {}. {says} \
                     Windows 10 version 1709, Server 2019 and later read it; name the target with --windows.",
                    names
                ),
            ),
        };
        let mut draft = FindingDraft::new(&META, title, message);
        if older != Some(true) {
            draft = draft.severity(Severity::Warning).role(Role::Contributing).confidence(Confidence::Possible);
        }
        for (index, algorithm) in deciding().take(4).enumerate() {
            let label = format!("{} of the file", algorithm.value.use_of);
            draft = draft.evidence(c.evidence(algorithm.place, label, index == 0));
        }
        let draft = draft.remedy(Remedy {
            title: "Make the file again with 3DES and SHA-1 for the old target",
            steps: vec![
                Step::here(format!("openssl pkcs12 -in {} -out all.pem", remedy::pfx_argument(c))),
                Step::here(
                    "openssl pkcs12 -export -legacy -certpbe PBE-SHA1-3DES -keypbe PBE-SHA1-3DES -macalg sha1 -in all.pem -out old.pfx",
                ),
            ],
            caution: Some(
                "3DES and SHA-1 are weak: a long random password, and delete both files after the import. On a newer Windows \
                 the export wizard offers TripleDES-SHA1 as well.",
            ),
            verify: Some(Verify::new("certutil -dump old.pfx").shows("on the old target: that the key's test passed")),
        });
        out.fail(draft);
    }
}
