//! A request made on another machine, or in a user's context.

use super::prelude::*;
use crate::model::key_request::attribute;

/// The rule.
pub(super) struct CsrKeyNotOnTarget;

static META: RuleMeta = RuleMeta {
    name: "csr-key-not-on-target",
    kind: Kind::Fault,
    severity: Severity::Warning,
    role: Role::RootCause,
    confidence: Confidence::Likely,
    summary: "the key of this request is not where the certificate is needed",
    sources: &[sources::WCCE, sources::IIS7_STOPS],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/csr-key-not-on-target.md"),
};

impl RequestRule for CsrKeyNotOnTarget {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, asked: &Asked<'_>, cx: &Context<'_>, out: &mut Checks) {
        let key = asked.request;
        if !matches!(key.form, RequestForm::Pkcs10 | RequestForm::Cmc) {
            return out.not_applicable(request::NOT_A_REQUEST);
        }
        let unprinted = key.is_unprinted(attribute::CLIENT_INFO);
        if key.client_machine.is_none() && key.client_process.is_none() && !unprinted {
            return out.not_applicable("the request does not say where it was made");
        }
        if request::server(key).is_none() {
            return out.not_applicable(request::NOT_A_SERVER);
        }
        let workloads = request::machine_servers(cx);
        if workloads.is_empty() {
            return out.not_applicable(subject::NO_WORKLOAD);
        }
        if unprinted {
            return out.unknown(
                "where the request was made: its text does not print the attribute that says so",
                "certutil -dump request.req",
            );
        }
        let computers = asked.case.system_facts().filter_map(|(_, fact)| match fact {
            SystemFact::Computer(name) => Some(name),
            _ => None,
        });
        let mut computers = computers.peekable();
        let short =
            |name: &str| name.split('.').next().unwrap_or_default().trim_start_matches('\\').to_ascii_lowercase();
        let machine = key.client_machine.as_ref().filter(|machine| !machine.value.is_empty());
        if let (Some(machine), Some(computer)) = (machine, computers.peek().copied())
            && !computers.any(|other| short(&other.value) == short(&machine.value))
        {
            return out.fail(
                    FindingDraft::new(
                        &META,
                        "the request was made on another machine than the one these artifacts come from",
                        "The private key stays on the machine that makes the request. Accept the certificate there (certreq -accept), \
                         export it with its key, and import the PFX on the server.",
                    )
                    .evidence(request::evidence(asked, machine.place, &machine.value, "where the key was made", true))
                    .evidence(request::evidence(asked, computer.place, &computer.value, "the computer of the artifacts", false))
                    .workloads(workloads),
                );
        }
        let process = key.client_process.as_ref().map(|process| process.value.to_ascii_lowercase()).unwrap_or_default();
        let process = process.rsplit(['\\', '/']).next().unwrap_or_default().trim_end_matches(".exe").to_owned();
        let person = key.client_user.as_ref().is_some_and(|user| !user.value.is_empty() && !user.value.ends_with('$'));
        // A web page enrolls for its visitor; the tasks of autoenrollment run as the user or as the machine.
        let browser = matches!(process.as_str(), "iexplore" | "chrome" | "msedge" | "firefox");
        let autoenrolled = matches!(process.as_str(), "taskhost" | "taskhostw" | "taskhostex" | "taskeng") && person;
        if !browser && !autoenrolled {
            return match machine {
                Some(_) if asked.case.system_facts().any(|(_, fact)| matches!(fact, SystemFact::Computer(_))) => {
                    out.pass("the request was made on this machine, and not in a user's context")
                }
                _ => out.not_applicable("which machine the certificate is for is not shown"),
            };
        }
        let place = key.client_process.as_ref().map_or(asked.observed.place, |process| process.place);
        let mut draft = FindingDraft::new(
            &META,
            "the request was made in a user's context: the key is in a profile",
            "A server's key must be a machine key. Make the request with certreq -new and MachineKeySet = TRUE.",
        )
        .evidence(request::evidence(asked, place, &process, "a program that makes keys for its user", true))
        .workloads(workloads);
        if let Some(user) = &key.client_user {
            draft = draft.evidence(request::evidence(asked, user.place, &user.value, "whose profile", false));
        }
        out.fail(draft);
    }
}
