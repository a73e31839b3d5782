//! KeySpec 2 on a CSP key: the key can only sign.

use super::{Checks, Context, CredentialRule, FindingDraft, Grade, Kind, RuleMeta, Source, pfx, remedy, subject};
use crate::case::credential::{Credential, Origin, TestKind, TestOutcome};
use crate::model::{key_spec::KeySpec, provider::ProviderKind};
use crate::report::model::{Confidence, Role, Severity};
use crate::workloads::Target;

/// The rule.
pub(super) struct KeySpecSignatureOnCsp;

static META: RuleMeta = RuleMeta {
    name: "keyspec-signature-on-csp",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "the private key can only sign; a TLS server's CSP key must be a key-exchange key",
    sources: &[
        Source {
            title: "Error HRESULT: 0x80070520 when adding SSL binding in IIS, scenario 3",
            url: "",
            grade: Grade::A,
        },
        Source {
            title: "Microsoft Learn, AD FS and certificate KeySpec property information",
            url: "https://learn.microsoft.com/windows-server/identity/ad-fs/technical-reference/ad-fs-and-keyspec-property",
            grade: Grade::A,
        },
        Source {
            title: "Microsoft Learn, Schannel: CryptoAPI 2.0 Private Keys",
            url: "https://learn.microsoft.com/windows/win32/secauthn/cryptoapi-2-0-private-keys",
            grade: Grade::A,
        },
    ],
    explains: &["keyspec-vs-keyusage", "keyset-missing", "cert-key-mismatch"],
    doc: include_str!("../../docs/rules/keyspec-signature-on-csp.md"),
};

impl CredentialRule for KeySpecSignatureOnCsp {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, c: &Credential, cx: &Context<'_>, out: &mut Checks) {
        let key = &c.key;
        if c.origin == Origin::Pfx {
            return out.not_applicable(pfx::NOT_STORED_YET);
        }
        let Some(kind) = key.kind() else {
            return out.not_applicable("no provider is shown");
        };
        if kind == ProviderKind::Ksp {
            return out.not_applicable("the provider is a KSP: KeySpec does not limit its keys");
        }
        if key.prediction {
            return out
                .not_applicable("the key is not stored yet: the rules about the PFX judge what an import makes of it");
        }
        let Some(spec) = subject::key_spec(c) else {
            return out.unknown("the KeySpec of this CSP key", remedy::show_command(c));
        };
        if spec.value != KeySpec::SIGNATURE {
            return out.pass("the KeySpec is not AT_SIGNATURE");
        }
        let failing = subject::failing(c, cx, cx.workloads.to_vec());
        if failing.is_empty() {
            return out.pass("a key that only signs is enough for what this certificate is for");
        }
        // A workload whose cell is an inference gets a possibility, whatever the others get.
        let (documented, inferred): (Vec<Target>, Vec<Target>) = failing
            .into_iter()
            .partition(|t| t.cell(ProviderKind::Csp, Some(2), false).is_some_and(|(_, cell)| cell.grade <= Grade::C));
        for (workloads, confidence) in [(documented, Confidence::Certain), (inferred, Confidence::Possible)] {
            if workloads.is_empty() {
                continue;
            }
            let mut draft = FindingDraft::new(
                &META,
                META.summary,
                "Schannel looks for the key-exchange key of this container and finds none: event 36870 with 0x8009030D at the \
                 binding, which IIS shows as 0x80070520, or events 36874 and 36888 at the handshake, depending on the Windows \
                 version.",
            )
            .confidence(confidence)
            .workloads(workloads)
            .evidence(c.evidence(spec.place, "signing only", true));
            if let Some(place) = subject::kind_place(c) {
                draft = draft.evidence(c.evidence(
                    place,
                    "a CryptoAPI provider: KeySpec decides what the key may do",
                    false,
                ));
            }
            let mut conditions = 2;
            if let Some(test) = key.test_line(TestKind::Signature, TestOutcome::Passed) {
                conditions += 1;
                if key.encryption_test != TestOutcome::Passed {
                    draft = draft.evidence(c.evidence(test.place, "only the signature test was made", false));
                }
            }
            if c.origin != Origin::KeyFile {
                draft = draft.remedy(remedy::reimport_as_exchange(c));
            }
            out.fail(draft.conditions(conditions));
        }
    }
}
