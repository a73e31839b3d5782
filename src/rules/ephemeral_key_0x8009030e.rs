//! A key that only the memory of a process holds.

use super::prelude::*;
use crate::model::fact::{Fact, Place};
use crate::model::observation::{ErrorContext, Observed};

/// The rule.
pub(super) struct EphemeralKey0x8009030e;

static META: RuleMeta = RuleMeta {
    name: "ephemeral-key-0x8009030e",
    kind: Kind::Fault,
    severity: Severity::Error,
    role: Role::RootCause,
    confidence: Confidence::Certain,
    summary: "the program's key is only in its memory, where Schannel can't reach it",
    sources: &[sources::SSLSTREAM, sources::RUNTIME23749],
    explains: &[],
    standing: Standing::Plain,
    doc: include_str!("../../docs/rules/ephemeral-key-0x8009030e.md"),
};

/// SEC_E_NO_CREDENTIALS.
const NO_CREDENTIALS: u32 = 0x8009_030E;

/// The failures with this code: with the place, and whether a TLS call of a program printed them.
fn failures(case: &CaseIndex) -> Vec<(&Observed, Place, bool)> {
    let wanted = |code: &Fact<u32>| subject::same_code(code.value, NO_CREDENTIALS);
    let errors = case.errors().filter(|(_, e)| e.context != ErrorContext::Unrelated).filter_map(|(o, e)| {
        let code = e.code.as_ref().filter(|c| wanted(c))?;
        Some((o, code.place, e.context == ErrorContext::Tls))
    });
    let events = case.events().filter_map(|(o, e)| {
        let code = e.code.as_ref().filter(|c| wanted(c))?;
        // HTTP.sys takes its certificates from a store, and so does Operations Manager.
        let by_http = e.process_id.as_ref().is_some_and(|p| p.value == 4);
        (!by_http && e.workload().is_none()).then_some((o, code.place, false))
    });
    errors.chain(events).collect()
}

impl CaseRule for EphemeralKey0x8009030e {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, case: &CaseIndex, cx: &Context<'_>, out: &mut Checks) {
        let found = failures(case);
        let Some((observed, place, tls)) = found.iter().find(|f| f.2).or(found.first()) else {
            return out.not_applicable("no error 0x8009030E is among the inputs");
        };
        let flags = case.requests().find_map(|(o, _)| {
            let named = |(name, value): &&(std::borrow::Cow<'static, str>, Fact<String>)| {
                name == "key_storage_flags" && value.value.contains("EphemeralKeySet")
            };
            o.fields.iter().find(named).map(|(_, value)| (o, value.place))
        });
        let times = if found.len() > 1 { format!(" It is shown {} times.", found.len()) } else { String::new() };
        let workloads = subject::named(cx, &["kestrel", "generic", "dotnet"]);
        let repair = Remedy {
            title: "Give Schannel a key that is stored",
            steps: vec![
                Step::text("Load the PFX without EphemeralKeySet (MachineKeySet or UserKeySet instead)."),
                Step::text(
                    "For a certificate made from PEM or with CopyWithPrivateKey: new \
                     X509Certificate2(certificate.Export(X509ContentType.Pkcs12)).",
                ),
            ],
            caution: None,
            verify: None,
        };
        match flags {
            Some((script, flag)) => out.fail(
                FindingDraft::new(
                    &META,
                    META.summary,
                    format!(
                        "The program loads its certificate with EphemeralKeySet. Schannel runs in another process and opens \
                         keys by their container; this one has none, and the call ends with 0x8009030E.{times} Certificates \
                         of a store (IIS, HTTP.sys) are not concerned."
                    ),
                )
                .subject("ephemeral")
                .conditions(2)
                .workloads(workloads)
                .evidence(script.evidence(flag, "the key goes to memory only", true))
                .evidence(observed.evidence(*place, "what Schannel answers", false))
                .remedy(repair),
            ),
            None if *tls => out.fail(
                FindingDraft::new(
                    &META,
                    "the program has no credential that Schannel can use (0x8009030E)",
                    format!(
                        "A program's own TLS call ended with 0x8009030E. The usual reason is a key that only the memory \
                         holds: a certificate from PEM, CopyWithPrivateKey or EphemeralKeySet. How the program loads it is \
                         not among the inputs.{times}"
                    ),
                )
                .confidence(Confidence::Possible)
                .subject("ephemeral")
                .workloads(workloads)
                .evidence(observed.evidence(*place, "what Schannel answers", true))
                .remedy(repair),
            ),
            None => out.unknown(
                "whose credential 0x8009030E is about, and how that program loads its key",
                "the program's own log with the stack of the failure",
            ),
        }
    }
}
