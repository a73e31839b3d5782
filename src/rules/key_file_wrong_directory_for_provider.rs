//! The key file has the name that the other API gives.

use super::prelude::*;

/// The rule.
pub(super) struct KeyFileWrongDirectoryForProvider;

static META: RuleMeta = RuleMeta {
    name: "key-file-wrong-directory-for-provider",
    kind: Kind::Fault,
    severity: Severity::Note,
    role: Role::Contributing,
    confidence: Confidence::Likely,
    summary: "the key file has the name that the other API gives",
    sources: &[sources::KEY_STORAGE, sources::FILE_NAMES],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/key-file-wrong-directory-for-provider.md"),
};

impl CredentialRule for KeyFileWrongDirectoryForProvider {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let key = &c.key;
        if !subject::stored(c) || !subject::software(c) {
            return out.not_applicable("not a stored key in a file");
        }
        let (Some(kind), Some(file)) = (key.kind(), &key.unique_name) else {
            return out.not_applicable("the key file's name is not shown");
        };
        match (kind, key.file_name_rule()) {
            (ProviderKind::Ksp, Some(FileNameRule::Capi)) | (ProviderKind::Csp, Some(FileNameRule::Cng)) => {}
            (_, Some(FileNameRule::Mismatch) | None) => {
                return out.not_applicable("the file's name does not follow from the container's");
            }
            _ => return out.pass("the key file's name is the one that the provider gives"),
        }
        if cx.workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        let (message, folder) = if kind == ProviderKind::Ksp {
            (
                "The provider is CNG's, but the file was made by CryptoAPI: it is in RSA\\MachineKeys, not \
                 in Crypto\\Keys. CNG opens it all the same; tools that set permissions in Crypto\\Keys miss it.",
                "Look for the file in C:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys.",
            )
        } else {
            (
                "The provider is CryptoAPI's, but the file was made by CNG: it is in Crypto\\Keys, not in \
                 RSA\\MachineKeys. Tools that set permissions in RSA\\MachineKeys miss it.",
                "Look for the file in C:\\ProgramData\\Microsoft\\Crypto\\Keys.",
            )
        };
        let mut draft = FindingDraft::new(&META, META.summary, message)
            .evidence(c.evidence(file.place, "a name made by the other API", true))
            .remedy(remedy::advice("Set permissions where the file really is", folder));
        if let Some(place) = subject::kind_place(c) {
            draft = draft.evidence(c.evidence(place, "the provider", false));
        }
        out.fail(draft);
    }
}
