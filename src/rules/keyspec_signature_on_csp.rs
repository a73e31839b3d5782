//! KeySpec 2 on a CSP key: the key can only sign.

use super::{
    Checks, Context, CredentialRule, FindingDraft, Grade, Kind, RuleMeta, Source, Standing, pfx, remedy, subject,
};
use crate::case::credential::{Credential, Origin, TestKind, TestOutcome};
use crate::model::judgement::{Confidence, Role, Severity};
use crate::model::key_usage::KeyUsage;
use crate::model::provider::{ProviderClass, ProviderKind};
use crate::model::{fact::Fact, key_spec::KeySpec};
use crate::workloads::{CellOutcome, Target};

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
    standing: Standing::Plain,
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
            return match only_signed(c, cx) {
                Some(draft) => out.fail(draft),
                None => out.unknown("the KeySpec of this CSP key", remedy::show_command(c)),
            };
        };
        // A key that is not the certificate's is replaced by the one that is, whatever its own KeySpec: importing it once more
        // would repair nothing.
        let foreign = key.matches_certificate.as_ref().is_some_and(|matches| !matches.value);
        if let Some(slot) = key.contradicting_slot().filter(|_| !foreign) {
            return container_disagrees(c, cx, slot, out);
        }
        if spec.value != KeySpec::SIGNATURE {
            return out.pass("the KeySpec is not AT_SIGNATURE");
        }
        let failing = subject::failing(c, cx, cx.workloads);
        if failing.is_empty() {
            return out.pass("a key that only signs is enough for what this certificate is for");
        }
        // A workload whose cell is an inference gets a possibility, whatever the others get; one that is no TLS server has its
        // own reason.
        let documented =
            |t: &Target| t.cell(ProviderKind::Csp, Some(2), false).is_some_and(|(_, cell)| cell.grade <= Grade::C);
        for (server, sure) in [(true, true), (true, false), (false, true), (false, false)] {
            let of = |t: &&Target| t.workload.server == server && documented(t) == sure;
            let workloads: Vec<Target> = failing.iter().filter(of).copied().collect();
            if workloads.is_empty() {
                continue;
            }
            let confidence = if sure { Confidence::Certain } else { Confidence::Possible };
            let title =
                if server { META.summary } else { "the private key can only sign, and this workload needs more" };
            let why = if server {
                "Schannel looks for the key-exchange key of this container and finds none: event 36870 with 0x8009030D at the \
                 binding, which IIS shows as 0x80070520, or events 36874 and 36888 at the handshake, depending on the Windows \
                 version."
            } else {
                "The key is in the container's place for signatures (AT_SIGNATURE): it signs and does not decrypt, and this \
                 workload decrypts with its key."
            };
            let mut draft = FindingDraft::new(&META, title, why)
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
            if foreign {
                draft = draft.severity(Severity::Warning).role(Role::Contributing);
            } else if c.origin != Origin::KeyFile {
                draft = draft.remedy(remedy::reimport_as_exchange(c));
            }
            out.fail(draft.conditions(conditions));
        }
    }
}

/// The KeySpec is not shown, and certutil made the signature test alone: it encrypts with a key-exchange key, unless the
/// certificate does not allow that. Why nothing more is said than that it may be so: a listing without `-v` shows neither.
fn only_signed(c: &Credential, cx: &Context<'_>) -> Option<FindingDraft> {
    let key = &c.key;
    let test = key.test_line(TestKind::Signature, TestOutcome::Passed)?;
    let usage = c.certificate.as_ref().and_then(|certificate| certificate.key_usage.as_ref());
    let deciphers = usage.map(|usage| usage.value.has(KeyUsage::KEY_ENCIPHERMENT));
    if key.encryption_test != TestOutcome::NotShown
        || deciphers == Some(false)
        || subject::class(c) != Some(ProviderClass::Software)
        || subject::other_than_rsa(c)
    {
        return None;
    }
    let fails = |t: &&Target| {
        let cell = t.cell(ProviderKind::Csp, Some(2), false);
        t.workload.server && cell.is_some_and(|(_, cell)| cell.outcome == CellOutcome::Fail && cell.grade <= Grade::C)
    };
    let workloads: Vec<Target> = cx.workloads.iter().filter(fails).copied().collect();
    if workloads.is_empty() {
        return None;
    }
    let mut remedy = remedy::reimport_as_exchange(c);
    let look = remedy::Step::cmd(remedy::show_command(c)).note("stop here unless it says KeySpec = 2 -- AT_SIGNATURE");
    remedy.steps.insert(0, look);
    let confidence = if deciphers.is_some() { Confidence::Likely } else { Confidence::Possible };
    let mut draft = FindingDraft::new(
        &META,
        "the private key may be one that can only sign",
        "certutil tests a key-exchange key by encrypting, and makes the signature test alone with a key that can only sign \
         (AT_SIGNATURE) or whose certificate does not allow encipherment. The KeySpec, which decides it, is not shown.",
    )
    .severity(Severity::Warning)
    .confidence(confidence)
    .workloads(workloads)
    .evidence(c.evidence(test.place, "the signature test alone", true))
    .remedy(remedy);
    if let Some(place) = subject::kind_place(c) {
        draft = draft.evidence(c.evidence(place, "a CryptoAPI provider: KeySpec decides what the key may do", false));
    }
    if let Some(usage) = usage {
        draft = draft.evidence(c.evidence(usage.place, "the certificate allows encipherment", false));
    }
    Some(draft.conditions(if usage.is_some() { 2 } else { 1 }))
}

/// The key link names one slot of the container and only the other one is filled: what opens the key by its link finds no
/// key, whatever it wants to do with it.
fn container_disagrees(c: &Credential, cx: &Context<'_>, slot: &Fact<KeySpec>, out: &mut Checks) {
    if cx.workloads.is_empty() {
        return out.not_applicable(subject::NO_WORKLOAD);
    }
    // The same public key proves that it is the certificate's container; the same name is a hint.
    let proved = c.key.matches_certificate.as_ref().is_some_and(|m| m.value);
    let confidence = if proved { Confidence::Certain } else { Confidence::Likely };
    // What a key that only signs is enough for, and what it is not.
    let needs_exchange = |t: &&Target| {
        t.cell(ProviderKind::Csp, Some(2), false).is_some_and(|(_, cell)| cell.outcome == CellOutcome::Fail)
    };
    let (exchange, signing): (Vec<&Target>, Vec<&Target>) = cx.workloads.iter().partition(needs_exchange);
    let groups: [(Vec<&Target>, bool); 2] = [(exchange, true), (signing, false)];
    for (workloads, exchange) in groups {
        if workloads.is_empty() {
            continue;
        }
        let draft = if slot.value == KeySpec::SIGNATURE {
            let draft = FindingDraft::new(
                &META,
                if exchange { META.summary } else { "the key link names an exchange key, the container holds none" },
                "The key link says KeySpec 1, the container's own bytes show a signature key alone. What opens the key by \
                 its link asks for the exchange key and gets 0x8009000D (NTE_NO_KEY).",
            )
            .confidence(confidence)
            .evidence(c.evidence(slot.place, "the container holds only a signature key", true));
            if exchange {
                let title = "Import the certificate and key again as a key-exchange key";
                draft.remedy(remedy::Remedy {
                    caution: Some(
                        "Never repair the number in the key link alone: 1 finds no key, and with 2 the key only signs. \
                         Without a PFX, let certutil -repairstore link the signature key and export it first.",
                    ),
                    ..remedy::import_from_backup(c, title)
                })
            } else {
                let provider_type = c.key.effective_type().unwrap_or(1);
                let title = "Write KeySpec 2 into the key link: signing is all that this workload needs";
                draft.remedy(remedy::write_key_link(c, title, provider_type, 2))
            }
        } else {
            // That a link to an empty signature slot fails is inferred from the other direction; that a link with
            // KeySpec 2 is refused where an exchange key is needed is documented.
            FindingDraft::new(
                &META,
                "the key link says that the key only signs, the container holds a key-exchange key",
                "The key link says KeySpec 2, the container's own bytes show an exchange key alone. The key is the right \
                 kind and needs no new import: the number in the key link is wrong.",
            )
            .confidence(if exchange { confidence } else { Confidence::Possible })
            .evidence(c.evidence(slot.place, "the container holds only a key-exchange key", true))
            .remedy(remedy::link_to_exchange(c))
        };
        let mut draft = draft.conditions(3).workloads(workloads.into_iter().copied().collect());
        if let Some(link) = &c.key.key_spec {
            draft = draft.evidence(c.evidence(link.place, "the key link names the other key", false));
        }
        if let Some(place) = subject::kind_place(c) {
            draft =
                draft.evidence(c.evidence(place, "a CryptoAPI provider: KeySpec decides which key is opened", false));
        }
        out.fail(draft);
    }
}
