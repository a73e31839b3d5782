//! A server key that would land in the requester's profile.

use super::prelude::*;

/// The rule.
pub(super) struct InfMachinekeysetMissing;

static META: RuleMeta = RuleMeta {
    name: "inf-machinekeyset-missing",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "the key will be made in the profile of the person who runs certreq",
    sources: &[sources::CERTREQ, sources::IIS7_STOPS],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/inf-machinekeyset-missing.md"),
};

impl RequestRule for InfMachinekeysetMissing {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, asked: &Asked<'_>, cx: &Context<'_>, out: &mut Checks) {
        let key = asked.request;
        if !matches!(key.form, RequestForm::Inf | RequestForm::Script) {
            return out.not_applicable(request::NOT_AN_INF);
        }
        let Some(sure) = request::server(key) else {
            return out.not_applicable(request::NOT_A_SERVER);
        };
        if key.existing.is_some() {
            return out.not_applicable(request::EXISTING_KEY);
        }
        if key.machine_keyset.as_ref().is_some_and(|machine| machine.value) {
            return out.pass("the key is a machine key");
        }
        if key.left_out && key.machine_keyset.is_none() {
            return out.unknown("whether MachineKeySet is stated: lines of the INF were left out", request::WHOLE_INF);
        }
        let workloads = request::machine_servers(cx);
        if workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        let evidence = match &key.machine_keyset {
            Some(machine) => request::evidence(asked, machine.place, "", "a user's key", true),
            None => request::missing(asked, "MachineKeySet is not among these settings; its default is FALSE"),
        };
        let draft = FindingDraft::new(
            &META,
            META.summary,
            "certreq makes a machine key only with MachineKeySet = TRUE. A service can't open a key of somebody's profile, \
             and http.sys answers 0x80070520 even when the certificate is in the machine's store.",
        )
        .evidence(evidence)
        .remedy(request::write("MachineKeySet = TRUE"))
        .workloads(workloads);
        out.fail(request::for_purpose(draft, sure));
    }
}
