//! The certificate's key still belongs to its pending request.

use super::prelude::*;

/// The rule.
pub(super) struct RequestPendingKeyElsewhere;

static META: RuleMeta = RuleMeta {
    name: "request-pending-key-elsewhere",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "the private key still belongs to the pending request of this certificate",
    sources: &[sources::IIS_TROUBLESHOOT],
    explains: &["key-prov-info-missing"],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/request-pending-key-elsewhere.md"),
};

impl CaseRule for RequestPendingKeyElsewhere {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        let request = fold("request");
        let (mut pending, mut unlinked) = (BTreeMap::new(), Vec::new());
        for entry in &case.entries {
            if entry.store == request {
                if entry.public_key != 0 && entry.association == Association::Linked {
                    pending.insert(entry.public_key, entry);
                }
            } else if matches!(entry.origin, Origin::StoreDump | Origin::CertificateFile)
                && entry.association == Association::None
            {
                unlinked.push(entry);
            }
        }
        let mut judged = false;
        for entry in unlinked {
            let Some(c) = case.credential(entry.id) else { continue };
            let file = c.origin == Origin::CertificateFile && !subject::unlinked_in_registry(c);
            if file || judge::candidates(c, cx.workloads).is_empty() {
                continue;
            }
            judged = true;
            let out = out.about(Some(entry.id));
            let Some(request) = pending.get(&entry.public_key).filter(|_| entry.public_key != 0) else {
                out.unknown("whether a pending request on the server holds the key", "certutil -v -store REQUEST");
                continue;
            };
            let mut draft = FindingDraft::new(
                &META,
                META.summary,
                "The REQUEST store holds a request with the public key of this certificate, and its key link names the \
                 key. The certificate was installed past the request: nothing connected it with the key that waits \
                 for it.",
            )
            .conditions(3);
            draft.related.push(request.id);
            if let Some(place) = c.key.association_place {
                draft = draft.evidence(c.evidence(place, "no key link", true));
            }
            if let Some(waiting) = case.credential(request.id)
                && let Some(place) = waiting.key.association_place
            {
                let primary = draft.evidence.is_empty();
                draft = draft.evidence(waiting.evidence(place, "the key that waits for it", primary));
            }
            out.fail(draft.remedy(Remedy {
                title: "Complete the request with the certificate, on the server that made the request",
                steps: vec![
                    Step::cmd("certreq -accept -machine certificate.cer"),
                    Step::text("then bind the certificate; its key stays in the file that the request made, with its permissions"),
                ],
                caution: Some("Do not delete the entry in the REQUEST store before: its key would go with it."),
                verify: Some(Verify::new(remedy::show_command(c)).shows("CERT_KEY_PROV_INFO_PROP_ID(2)")),
            }));
        }
        if !judged {
            out.about(None).not_applicable("no server certificate lacks its key link");
        }
    }
}
